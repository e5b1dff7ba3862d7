//! Terms that a shop sets or a bound that a figure has, each at the very edge: whose prices an
//! order may have, how much can be paid, whose promise breaks first, until when a word is heard.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;

use earmark::decide::Principal;
use earmark::flow::{Command, Event, Refusal, SetPolicy};
use earmark::fulfilment::{AcceptFulfilment, FulfilmentCommand};
use earmark::ids::{FacilityId, LineNumber, Tier};
use earmark::inventory::{Adjustment, InventoryEvent};
use earmark::limits::PAYMENT_AMOUNT;
use earmark::order::{
    AmendOrder, AuthorizePayment, HoldKind, LineChange, OrderCommand as O, PackOrder, PickOrder,
    PlaceHold, PlaceOrder, ReleaseOrder, SaveDraft, ShipOrder, Status,
};
use earmark::policy::{CaptureWhen, Collect, OrderPolicy, PaymentPolicy, Policy, PricePolicy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency, UnitPrice};
use support::{Desk, START, names, order, place, text};

const HOUR: u64 = 3_600_000;
const LONDON: FacilityId = FacilityId(0);
const LEEDS: FacilityId = FacilityId(1);

fn with_orders(orders: OrderPolicy) -> Desk {
    let mut desk = Desk::open();
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk
}

fn ada() -> Principal {
    Principal::Customer(text("ada"))
}

fn priced(n: u8, price: u64) -> PlaceOrder {
    let mut placed = place(n, &[("mug", 1)]);
    placed.lines[0].unit_price = UnitPrice(price);
    placed
}

fn draft(placed: PlaceOrder) -> O {
    let PlaceOrder { order, number, customer, currency, lines, destination } = placed;
    O::SaveDraft(SaveDraft { order, number, customer, currency, lines, destination })
}

fn pay(n: u8, minor: i64) -> O {
    let amount = Amount { currency: Currency::GBP, minor };
    O::AuthorizePayment(AuthorizePayment { order: order(n), amount })
}

fn price(n: u8, price: u64) -> O {
    let (line, unit_price) = (LineNumber(0), Some(UnitPrice(price)));
    let lines = vec![LineChange { line, quantity: None, unit_price }];
    O::Amend(AmendOrder { order: order(n), lines, added: vec![], destination: None })
}

fn code(asked: Result<Vec<Event>, Refusal>) -> &'static str {
    asked.map_or_else(|refusal| refusal.code(), |_| "done")
}

#[test]
fn under_prices_of_the_staff_a_customer_places_only_what_the_staff_quoted_him() {
    let mut desk =
        with_orders(OrderPolicy { prices: PricePolicy::Staff, ..OrderPolicy::default() });
    let mut ask = |by: Principal, command: O| code(desk.ask_as(by, Command::Order(command)));
    assert_eq!(ask(ada(), O::Place(priced(1, 10))), "price-is-not-yours");
    assert_eq!(ask(ada(), draft(priced(1, 10))), "price-is-not-yours");
    assert_eq!(ask(Principal::Staff, O::Place(priced(1, 10_000))), "done");
    assert_eq!(ask(Principal::Staff, draft(priced(2, 10_000))), "done");
    assert_eq!(ask(ada(), O::Place(priced(2, 9_999))), "price-is-not-yours");
    assert_eq!(ask(ada(), O::Place(priced(2, 10_000))), "done");
}

#[test]
fn where_payment_is_asked_for_an_order_is_worth_what_can_be_paid_at_the_most() {
    // A minor unit is a hundred of the smallest prices.
    let most = u64::try_from(PAYMENT_AMOUNT).unwrap() * 100;
    let payment = PaymentPolicy::required(Span::from_millis(HOUR));
    for (payment, above) in [(payment, "total-too-large"), (PaymentPolicy::None, "done")] {
        let mut desk = with_orders(OrderPolicy { payment, ..OrderPolicy::default() });
        assert_eq!(code(desk.order(O::Place(priced(1, most)))), "done");
        assert_eq!(code(desk.order(O::Place(priced(2, most + 100)))), above);
        assert_eq!(code(desk.order(O::Place(priced(3, 100)))), "done");
        assert_eq!(code(desk.order(price(3, most + 100))), above);
        assert_eq!(code(desk.order(price(3, most))), "done");
    }
}

#[test]
fn a_customer_is_told_once_each_time_that_something_is_still_to_be_paid() {
    let lasts = Some(Span::from_millis(3 * HOUR));
    let capture = CaptureWhen::AsParcelsShip;
    let collect = Collect { capture, authorization_lasts: lasts, ..Collect::default() };
    let payment = PaymentPolicy::Required { deadline: Span::from_millis(HOUR), collect };
    let mut desk = with_orders(OrderPolicy { payment, ..OrderPolicy::default() });
    desk.order(O::Place(priced(1, 20_000))).unwrap();
    desk.order(pay(1, 200)).unwrap();
    let told = |events: &[Event]| {
        names(events).iter().filter(|name| **name == "OrderPaymentNeeded").count()
    };
    let hold =
        PlaceHold { order: order(1), kind: HoldKind::Manual, reason: None, auto_release: None };
    assert_eq!(told(&desk.pass(3 * HOUR)), 1, "what was authorized has lapsed");
    assert_eq!(told(&desk.order(O::PlaceHold(hold)).unwrap()), 0, "nothing more is missing");
    assert_eq!(told(&desk.order(pay(1, 200)).unwrap()), 0);
    assert_eq!(told(&desk.pass(3 * HOUR)), 1, "and lapsed once more");
    assert_eq!(desk.at_hand(1).payments_needed, 2);
}

#[test]
fn a_promise_to_ship_may_be_for_this_very_moment_and_not_for_an_earlier_one() {
    let mut desk = Desk::open();
    desk.place(1, &[("pen", 1)]);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    let mut accept = |at: u64| {
        let ship_by = Some(Timestamp::from_millis(at));
        let accept = AcceptFulfilment { order: order(1), facility: LEEDS, ship_by };
        code(desk.ask(Command::Fulfilment(FulfilmentCommand::Accept(accept))))
    };
    assert_eq!(accept(START - 1), "ship-by-passed");
    assert_eq!(accept(START), "done");
}

#[test]
fn units_that_nobody_has_paid_for_are_lost_before_those_that_are_paid_for() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 5)]);
    desk.place(2, &[("mug", 5)]);
    desk.order(pay(2, 1_000_000)).unwrap();
    let before = desk.history.len();
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, 3);
    let losers = desk.history[before..].iter().filter_map(|event| match event {
        Event::Inventory(InventoryEvent::Stripped(e)) => Some((e.order, e.portions[0].quantity)),
        _ => None,
    });
    assert_eq!(losers.collect::<Vec<_>>(), [(order(1), 3)], "though it came first");
    assert_eq!(desk.at_hand(2).status, Status::Confirmed);
}

#[test]
fn a_word_of_a_warehouse_that_comes_twice_is_heard_once_and_only_where_it_works() {
    let staged = OrderPolicy { staged: true, ..OrderPolicy::default() };
    let mut desk = with_orders(staged);
    desk.place(1, &[("pen", 1)]);
    let release = |facility| O::Release(ReleaseOrder { order: order(1), facility: Some(facility) });
    let pick =
        |facility| O::Pick(PickOrder { order: order(1), facility, lines: None, missing: None });
    let pack = |facility| O::Pack(PackOrder { order: order(1), facility });
    let ship = |facility| O::Ship(ShipOrder { order: order(1), facility: Some(facility) });
    let steps = [
        (release(LEEDS), release(LONDON), "nothing-to-release"),
        (pick(LEEDS), pick(LONDON), "nothing-released"),
        (pack(LEEDS), pack(LONDON), "nothing-picked"),
        (ship(LEEDS), pack(LONDON), "nothing-picked"),
    ];
    for (there, elsewhere, refused) in steps {
        assert_ne!(desk.order(there.clone()).unwrap(), [], "{there:?}");
        assert_eq!(desk.order(there.clone()), Ok(vec![]), "{there:?} once more");
        assert_eq!(code(desk.order(elsewhere.clone())), refused, "{elsewhere:?}");
    }
    assert_eq!(desk.order(pack(LEEDS)), Ok(vec![]), "it was packed before it left");
}
