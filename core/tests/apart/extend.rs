//! More time for an order that waits for its payment. Why: it and its stock must wait equally long,
//! and what has expired must not come back when others may have its units.

use crate::linked::Linked;
use crate::support::{Desk, START, names, order, place, text};
use earmark::decide::Principal;
use earmark::flow::{Command, Event, SetPolicy, Tick, Topology};
use earmark::ids::ReservationNumber;
use earmark::order::{AuthorizePayment, ExtendOrder, OrderCommand, OrderEvent, Status};
use earmark::policy::{Extensions, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

const HOUR: u64 = 3_600_000;

/// An hour to pay, and twice half an hour more.
fn policy() -> Policy {
    let payment = PaymentPolicy::required(Span::from_millis(HOUR));
    let extensions = Some(Extensions::new(2, Span::from_millis(HOUR / 2)).unwrap());
    let orders = OrderPolicy { payment, extensions, ..OrderPolicy::default() };
    Policy { orders, ..Policy::default() }
}

fn open() -> Desk {
    let mut desk = Desk::open();
    desk.must(Command::SetPolicy(SetPolicy { policy: policy() }));
    desk.place(1, &[("pen", 4)]);
    desk
}

fn until(later: u64) -> OrderCommand {
    let until = Timestamp::from_millis(START + later);
    OrderCommand::Extend(ExtendOrder { order: order(1), until })
}

fn pay() -> OrderCommand {
    let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
    OrderCommand::AuthorizePayment(AuthorizePayment { order: order(1), amount })
}

#[test]
fn an_order_with_more_time_is_held_and_can_be_paid_as_long() {
    let mut desk = open();
    let ada = Principal::Customer(text("ada"));
    let events = desk.ask_as(ada, Command::Order(until(HOUR * 3 / 2))).unwrap();
    let told = ["OrderExtended", "OrderPaymentDue", "InventoryExtended", "PaymentDueRecorded"];
    assert_eq!(names(&events), told);
    assert!(desk.order(until(HOUR * 3 / 2)).unwrap().is_empty(), "it is so already");
    assert!(desk.order(until(1)).unwrap().is_empty(), "it is never cut short");
    desk.pass(HOUR);
    assert_eq!(desk.at_hand(1).status, Status::Pending, "its first deadline is no more");
    assert_eq!(desk.available("pen"), 0);
    desk.order(pay()).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    assert_eq!(desk.order(until(HOUR * 2)).unwrap_err().code(), "nothing-to-pay");
}

#[test]
fn only_what_is_held_is_held_longer_and_the_payment_hears_of_it() {
    let mut desk = open();
    desk.order(crate::support::kits::amend(1, 0, 6)).unwrap();
    assert_eq!(desk.at_hand(1).lines[0].buckets.wanted(), 4, "there were no more");
    let later = Timestamp::from_millis(START + HOUR * 3 / 2);
    let events = desk.order(until(HOUR * 3 / 2)).unwrap();
    let Event::Order(OrderEvent::Extended(extended)) = &events[0] else { panic!("{events:?}") };
    assert_eq!(extended.reservations, [ReservationNumber(1)], "the second ties nothing");
    let account = desk.shop.payments().get(order(1)).unwrap();
    assert_eq!(account.owed.pay_until, later);
}

#[test]
fn the_policy_bounds_how_often_and_how_much() {
    let mut desk = open();
    let refused = desk.order(until(HOUR * 3 / 2 + 1)).unwrap_err();
    assert_eq!(refused.code(), "too-much-time");
    let latest = Timestamp::from_millis(START + HOUR * 3 / 2).to_string();
    assert!(refused.to_string().contains(&latest), "{refused}");
    desk.order(until(HOUR * 3 / 2)).unwrap();
    desk.order(until(HOUR * 2)).unwrap();
    let refused = desk.order(until(HOUR * 2 + 1)).unwrap_err();
    assert_eq!(refused.code(), "no-more-time");
    assert!(refused.to_string().contains("at most 2 times"), "{refused}");
    let mut strict = Desk::open_with_payment();
    strict.place(1, &[("pen", 4)]);
    let refused = strict.order(until(HOUR + 1)).unwrap_err();
    assert!(refused.to_string().contains("gives orders no more time"), "{refused}");
}

#[test]
fn an_expired_order_is_placed_again_and_never_revived() {
    let mut desk = open();
    // Nobody has noticed yet that its time is over.
    desk.now += HOUR;
    assert_eq!(desk.order(until(HOUR * 3 / 2)).unwrap_err().code(), "time-is-over");
    desk.pass(0);
    assert_eq!(desk.at_hand(1).status, Status::Expired);
    let refused = desk.order(until(HOUR * 3 / 2)).unwrap_err();
    assert_eq!(refused.code(), "time-is-over");
    assert!(refused.to_string().contains("place it again"), "{refused}");
    assert_eq!(desk.available("pen"), 4);
}

/// Two partitions, and an order that the one with the stock has tied, or is still to tie.
fn apart(heard: bool) -> Linked {
    let mut linked = Linked::new(Topology::ReserveFirst);
    for event in Desk::open().history {
        if let Some(command) = crate::linked::as_command(&event) {
            linked.ask("inventory", command).unwrap();
        }
    }
    linked.ask("order", Command::SetPolicy(SetPolicy { policy: policy() })).unwrap();
    let place = OrderCommand::Place(place(1, &[("pen", 4)]));
    linked.ask("order", Command::Order(place)).unwrap();
    if heard {
        linked.quieten();
    }
    linked
}

fn status(linked: &Linked) -> Status {
    linked.with("order").orders().get(order(1)).unwrap().status
}

#[test]
fn in_two_partitions_the_stock_hears_of_it_even_before_it_has_answered() {
    for heard in [true, false] {
        let mut linked = apart(heard);
        linked.ask("order", Command::Order(until(HOUR * 3 / 2))).unwrap();
        linked.quieten();
        linked.pass(HOUR);
        for role in ["inventory", "order"] {
            linked.ask(role, Command::Tick(Tick {})).unwrap();
        }
        linked.quieten();
        assert_eq!(status(&linked), Status::Pending, "heard: {heard}");
        linked.ask("order", Command::Order(pay())).unwrap();
        linked.quieten();
        assert_eq!(status(&linked), Status::Confirmed, "heard: {heard}");
    }
}

#[test]
fn in_two_partitions_stock_that_lapsed_before_it_heard_is_not_revived() {
    let mut linked = apart(true);
    linked.ask("order", Command::Order(until(HOUR * 3 / 2))).unwrap();
    linked.pass(HOUR);
    linked.ask("inventory", Command::Tick(Tick {})).unwrap();
    linked.quieten();
    assert_eq!(status(&linked), Status::Expired, "the stock let go first");
    linked.shops().iter().for_each(|shop| assert_eq!(shop.audit().broken, []));
}
