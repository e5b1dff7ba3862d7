//! Terms that a shop sets or a bound that a figure has, each at the very edge: whose prices an
//! order may have, how much can be paid, whose promise breaks first, until when a word is heard.

use crate::support::kits::{amend, cancel, named};
use crate::support::{Desk, START, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::{Command, Event, Refusal, SetPolicy};
use earmark::fulfilment::{AcceptFulfilment, FulfilmentCommand};
use earmark::ids::{FacilityId, FacilityRef, LineNumber, ReturnNumber, Tier};
use earmark::inventory::{AdjustStock, Adjustment, InventoryCommand, InventoryEvent};
use earmark::limits::PAYMENT_AMOUNT;
use earmark::order::{
    AmendOrder, AuthorizePayment, Carriage, DeliverShipment, FulfilmentStatus, HoldKind,
    LineChange, LineRef, LineUnits, OrderCommand as O, PackOrder, PickOrder, PlaceHold, PlaceOrder,
    RefuseReturn, Rejection, ReleaseOrder, RequestReturn, ReturnsStatus, SaveDraft, ShipOrder,
    Status, StockStatus,
};
use earmark::policy::{
    CaptureWhen, Collect, OrderPolicy, PaymentPolicy, Policy, PricePolicy, SourcingPolicy,
};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency, UnitPrice};

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
    assert_eq!(code(desk.order(ship(LEEDS))), "not-packed");
    assert_eq!(code(desk.order(ship(LONDON))), "nothing-to-ship", "it has nothing to pack");
    for (there, elsewhere, refused) in steps {
        assert_ne!(desk.order(there.clone()).unwrap(), [], "{there:?}");
        assert_eq!(desk.order(there.clone()), Ok(vec![]), "{there:?} once more");
        assert_eq!(code(desk.order(elsewhere.clone())), refused, "{elsewhere:?}");
    }
    assert_eq!(desk.order(pack(LEEDS)), Ok(vec![]), "it was packed before it left");
}

#[test]
fn of_several_changes_each_line_has_its_own_and_of_two_of_one_line_the_last_counts() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3), ("pen", 2)]);
    let change = |line, quantity| LineChange {
        line: LineNumber(line),
        quantity: Some(units(quantity)),
        unit_price: None,
    };
    let mut amend = |lines: Vec<LineChange>| {
        let command = AmendOrder { order: order(1), lines, added: vec![], destination: None };
        desk.order(O::Amend(command)).unwrap();
        [0, 1].map(|line: usize| desk.at_hand(1).lines[line].buckets.wanted())
    };
    assert_eq!(amend(vec![change(0, 4), change(1, 3)]), [4, 3]);
    assert_eq!(amend(vec![change(0, 9), change(1, 1), change(0, 2)]), [2, 1]);
}

#[test]
fn an_order_that_is_paid_for_moves_to_another_address_for_the_same_money() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 2)]);
    desk.order(pay(1, 247)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    let mut there = desk.at_hand(1).destination.clone();
    there.location.lat += 10_000;
    let destination = Some(there.clone());
    let amend = AmendOrder { order: order(1), lines: vec![], added: vec![], destination };
    desk.order(O::Amend(amend)).unwrap();
    assert_eq!(desk.at_hand(1).destination, there);
}

#[test]
fn the_states_of_an_order_are_told_from_where_its_units_are() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 11), ("pen", 4)]);
    let states = |desk: &Desk| {
        let order = desk.at_hand(1);
        (order.stock_status(), order.fulfilment_status(), order.returns_status())
    };
    use FulfilmentStatus::{Delivered, PartiallyDelivered, Released, Shipped, Unfulfilled};
    let (allocated, none) = (StockStatus::Allocated, ReturnsStatus::None);
    assert_eq!(states(&desk), (allocated, Unfulfilled, none));
    desk.place(2, &[("mug", 1)]);
    desk.order(O::Release(ReleaseOrder { order: order(2), facility: None })).unwrap();
    let in_work = desk.at_hand(2);
    assert_eq!((in_work.stock_status(), in_work.fulfilment_status()), (allocated, Released));
    desk.order(O::Ship(ShipOrder { order: order(1), facility: None })).unwrap();
    let nothing = StockStatus::NotRequired;
    assert_eq!(states(&desk), (nothing, Shipped, none));
    let deliver = |desk: &mut Desk| {
        let sent = desk.at_hand(1).shipments.iter().find(|s| s.state == Carriage::UnderWay);
        let shipment = Some(sent.unwrap().number);
        desk.order(O::Deliver(DeliverShipment { order: order(1), shipment })).unwrap();
    };
    assert_eq!(desk.at_hand(1).shipments.len(), 2, "from London and from Leeds");
    deliver(&mut desk);
    assert_eq!(states(&desk), (nothing, PartiallyDelivered, none));
    deliver(&mut desk);
    assert_eq!(states(&desk), (nothing, Delivered, none));
    let mug = LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(1) };
    let request = RequestReturn { order: order(1), lines: vec![mug] };
    desk.order(O::RequestReturn(request)).unwrap();
    assert_eq!(states(&desk).2, ReturnsStatus::Requested);
    desk.order(O::RefuseReturn(RefuseReturn {
        order: order(1),
        number: ReturnNumber(1),
        reason: None,
    }))
    .unwrap();
    assert_eq!(states(&desk).2, ReturnsStatus::Refused);
}

#[test]
fn an_order_that_takes_more_parcels_than_it_may_is_told_so() {
    let sourcing = SourcingPolicy { max_parcels: Some(1), ..SourcingPolicy::default() };
    let mut desk = Desk::open();
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { sourcing, ..Policy::default() } }));
    desk.place(1, &[("mug", 16)]);
    assert_eq!(desk.at_hand(1).rejection, Some(Rejection::TooManyParcels { allowed: 1 }));
    desk.place(2, &[("mug", 15)]);
    assert_eq!(desk.at_hand(2).status, Status::Confirmed, "London has as many");
}

#[test]
fn an_order_that_is_worth_nothing_waits_for_no_payment_and_says_so() {
    let payment = PaymentPolicy::required(Span::from_millis(HOUR));
    let mut desk = with_orders(OrderPolicy { payment, ..OrderPolicy::default() });
    let events = desk.order(O::Place(priced(1, 0))).unwrap();
    assert!(names(&events).contains(&"OrderPaymentDue"), "{:?}", names(&events));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
}

#[test]
fn an_order_that_loses_units_of_two_reservations_is_told_once() {
    let mut desk = Desk::open();
    desk.place(1, &[("pen", 2)]);
    desk.order(amend(1, 0, 4)).unwrap();
    let before = desk.history.len();
    desk.must(Command::Inventory(InventoryCommand::Adjust(AdjustStock {
        item: sku("pen"),
        facility: FacilityRef::Id(LEEDS),
        tier: Tier::Primary,
        adjustment: Adjustment::Lost,
        quantity: units(3),
    })));
    let lost = desk.history[before..].iter().filter_map(|event| match event {
        Event::Inventory(InventoryEvent::Stripped(e)) => Some(e),
        _ => None,
    });
    let lost: Vec<Vec<u32>> =
        lost.map(|e| e.portions.iter().map(|p| p.quantity).collect()).collect();
    assert_eq!(lost, [[2, 1]], "the younger reservation first");
}

#[test]
fn units_that_have_left_come_back_by_a_return_and_those_that_never_were_do_not() {
    let mut desk = Desk::open();
    desk.place(1, &[("pen", 3)]);
    desk.order(O::Ship(ShipOrder { order: order(1), facility: None })).unwrap();
    let mut cut = |pens| code(desk.order(cancel(1, Some(named(0, pens)))));
    assert_eq!((cut(3), cut(4)), ("use-return", "too-many-units"));
}
