//! The laws of orders that are replaced or extended can fail too, and so can a payment's books.
//! Why: as of all laws, one that no damage breaks proves nothing by holding.

use crate::support;
use crate::support::payments::{authorized, captured, open};
use crate::support::{Desk, order};
use crate::world::mirror::OpenShop;
use earmark::decide::{Context, Principal};
use earmark::flow::Command;
use earmark::ids::PaymentNumber;
use earmark::laws;
use earmark::order::{OrderCommand, Payment, ReplaceOrder};
use earmark::payment::{PaymentCommand, RecordVoid, What};
use earmark::policy::Collect;
use earmark::time::{Span, Timestamp};

/// The laws that a damaged state breaks.
fn broken_in(desk: &Desk, damage: impl Fn(&mut OpenShop)) -> Vec<&'static str> {
    assert!(desk.shop.audit().broken.is_empty());
    let mut open = OpenShop::of(&desk.shop);
    damage(&mut open);
    let mut broken: Vec<_> = open.shut().audit().broken.iter().map(|b| b.law).collect();
    broken.dedup();
    broken
}

#[test]
fn books_of_a_payment_that_contradict_themselves_are_called_so() {
    let desk = unpaid();
    let mut open = OpenShop::of(&desk.shop);
    let account = open.payments.get_mut(&order(4)).unwrap();
    // A void is asked for of an authorization that never was.
    account.requests[0].what = What::Void(PaymentNumber(9));
    let mut shop = open.shut();
    let void =
        PaymentCommand::RecordVoid(RecordVoid { order: order(4), request: PaymentNumber(1) });
    let at = Timestamp::from_millis(desk.now);
    let context = Context { at, by: Principal::Staff };
    let refused = shop.settle(&Command::Payment(void), &context).unwrap().unwrap_err();
    assert_eq!(refused.code(), "books-contradict");
    assert!(refused.to_string().contains("rebuild it from its journal"), "{refused}");
}

#[test]
fn stock_that_is_held_longer_than_its_order_waits_is_found() {
    let longer = |shop: &mut OpenShop| {
        let order = shop.orders.orders.get_mut(&order(4)).unwrap();
        let Payment::Awaiting(until) = order.payment else { panic!("{:?}", order.payment) };
        order.payment = Payment::Awaiting(until.after(Span::from_millis(1)));
    };
    assert_eq!(broken_in(&unpaid(), longer), [laws::WAITS_AS_LONG]);
}

/// A shop in which one order waits for its payment.
fn unpaid() -> Desk {
    let mut desk = Desk::open_with_payment();
    desk.place(4, &[("mug", 2)]);
    desk
}

#[test]
fn an_order_that_owes_or_holds_beside_the_one_in_its_place_is_found() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 2)]);
    let place = support::place(2, &[("pen", 2)]);
    desk.order(OrderCommand::Replace(ReplaceOrder { place, replaces: order(1) })).unwrap();
    let owes = |shop: &mut OpenShop| {
        let owed = shop.orders.orders.get(&order(2)).unwrap().owed.clone();
        shop.orders.orders.get_mut(&order(1)).unwrap().owed = owed.clone();
        shop.payments.get_mut(&order(1)).unwrap().owed = *owed.unwrap();
    };
    assert_eq!(broken_in(&desk, owes), [laws::ONE_OF_TWO]);
    let holds = |shop: &mut OpenShop| {
        let tied = shop.orders.orders.get(&order(2)).unwrap().tied.clone();
        shop.orders.orders.get_mut(&order(1)).unwrap().tied = tied;
    };
    assert!(broken_in(&desk, holds).contains(&laws::ONE_OF_TWO));
}

#[test]
fn an_order_that_nobody_ever_cancels_though_it_is_not_paid_for_is_found() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 2)]);
    desk.must(Command::Payment(authorized(1, 247)));
    desk.order(support::kits::amend(1, 0, 3)).unwrap();
    let for_ever = |shop: &mut OpenShop| {
        shop.orders.orders.get_mut(&order(1)).unwrap().pay_until = None;
    };
    assert_eq!(broken_in(&desk, for_ever), [laws::MISSING_ENDS]);
}

#[test]
fn a_capture_of_which_more_went_back_than_it_took_is_found() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    for answer in [authorized(1, 100), authorized(2, 147), captured(3, 100), captured(4, 147)] {
        desk.must(Command::Payment(answer));
    }
    for damage in [[101, 0], [-1, 1]] {
        let refunded = |shop: &mut OpenShop| {
            let captures = &mut shop.payments.get_mut(&order(1)).unwrap().captures;
            (captures[0].refunded, captures[1].refunded) = (damage[0], damage[1]);
        };
        assert!(broken_in(&desk, refunded).contains(&laws::PAYMENT_SUMS), "{damage:?}");
    }
}
