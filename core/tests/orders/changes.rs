//! Changes of an order, told by its events: drafts, amendments, returns in parts, reopening, and
//! where it stands on each axis. Why: a change must move the difference and nothing else.

use crate::support::{Desk, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::SetPolicy;
use earmark::flow::{Answer, Command, Event, OrderStatusQuery, OrderStatusView, Query, Refusal};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityId, LineNumber, ReturnNumber, Tier};
use earmark::notification::{News, NotificationEvent};
use earmark::order::{
    AmendOrder, AuthorizePayment, CancelOrder, CancelReason, CompleteOrder, DeliverShipment,
    Disposition, FulfilmentStatus, HoldKind, LineChange, LineRef, LineUnits, OrderCommand as O,
    OrderEvent, OrderLine, OrderRefusal, PaymentStatus, PickOrder, PlaceHold, PlaceOrder,
    ReceiveReturn, ReceiveReturnedUnits, RefuseReturn, RejectFulfilment, ReleaseOrder, ReopenOrder,
    RequestReturn, ReturnState, ReturnsStatus, SaveDraft, ShipOrder, Status, StockStatus,
};
use earmark::policy::{OrderPolicy, Policy};
use earmark::units::{Amount, Currency, UnitPrice};

fn draft(n: u8, lines: &[(&str, u32)]) -> O {
    let PlaceOrder { order, number, customer, currency, lines, destination } = place(n, lines);
    O::SaveDraft(SaveDraft { order, number, customer, currency, lines, destination })
}

fn quantity(n: u8, line: u16, quantity: u32) -> O {
    amend(n, vec![change(line, Some(quantity), None)], &[])
}

fn change(line: u16, quantity: Option<u32>, price: Option<u64>) -> LineChange {
    let (line, quantity) = (LineNumber(line), quantity.map(units));
    LineChange { line, quantity, unit_price: price.map(UnitPrice) }
}

fn amend(n: u8, lines: Vec<LineChange>, added: &[(&str, u32)]) -> O {
    let line = |&(item, quantity): &(&str, u32)| OrderLine {
        item: sku(item),
        quantity: units(quantity),
        unit_price: UnitPrice(10_000),
    };
    let added = added.iter().map(line).collect();
    O::Amend(AmendOrder { order: order(n), lines, added, destination: None })
}

fn go_to(n: u8, country: &str, lat: i32, lon: i32) -> O {
    let (country, location) = (Country::new(country).unwrap(), GeoPoint { lat, lon });
    let destination = Some(earmark::demand::Destination { country, location });
    O::Amend(AmendOrder { order: order(n), lines: vec![], added: vec![], destination })
}

fn ship(n: u8) -> O {
    O::Ship(ShipOrder { order: order(n), facility: None })
}

fn deliver(n: u8) -> O {
    O::Deliver(DeliverShipment { order: order(n), shipment: None })
}

fn mugs(n: u32) -> Vec<LineUnits> {
    vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(n) }]
}

fn refused(refusal: OrderRefusal) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::Order(refusal))
}

fn stands(desk: &Desk, n: u8) -> OrderStatusView {
    let query = Query::OrderStatus(OrderStatusQuery { order: order(n) });
    match desk.shop.query(&query, &Principal::Staff) {
        Ok(Answer::OrderStatus(view)) => view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_asks_for_no_stock_until_it_is_placed() {
    let mut desk = Desk::open();
    assert_eq!(names(&desk.order(draft(1, &[("mug", 2)])).unwrap()), ["OrderDrafted"]);
    assert_eq!(desk.order(draft(1, &[("mug", 2)])), Ok(vec![]));
    assert_eq!(names(&desk.order(draft(1, &[("mug", 3)])).unwrap()), ["OrderDrafted"]);
    assert_eq!((desk.at_hand(1).status, desk.available("mug")), (Status::Draft, 25));
    assert_eq!(desk.order(ship(1)), refused(OrderRefusal::NotWhen { status: Status::Draft }));
    assert_eq!(names(&desk.place(1, &[("mug", 4)]))[0], "OrderPlaced");
    assert_eq!((desk.at_hand(1).status, desk.available("mug")), (Status::Confirmed, 21));
    assert!(desk.order(draft(1, &[("mug", 4)])).is_err(), "what is placed is no draft");
}

#[test]
fn a_draft_that_nobody_places_is_forgotten() {
    let mut desk = Desk::open();
    desk.order(draft(1, &[("mug", 2)])).unwrap();
    desk.order(draft(2, &[("mug", 2)])).unwrap();
    let (order_2, reason) = (order(2), CancelReason::Customer);
    desk.order(O::Cancel(CancelOrder { order: order_2, lines: None, reason })).unwrap();
    assert_eq!(desk.at_hand(2).status, Status::Cancelled);
    desk.pass(90 * 86_400_000);
    assert!(desk.shop.orders().get(order(1)).is_none());
}

#[test]
fn a_new_price_touches_no_stock() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    let cheaper = amend(1, vec![change(0, None, Some(10_000))], &[]);
    assert_eq!(names(&desk.order(cheaper.clone()).unwrap()), ["OrderAmended"]);
    assert_eq!(desk.at_hand(1).total.minor, 200);
    assert_eq!(desk.order(cheaper), Ok(vec![]), "the same again changes nothing");
    let by_ada = Principal::Customer(text("ada"));
    let free = Command::Order(amend(1, vec![change(0, None, Some(0))], &[]));
    assert_eq!(desk.ask_as(by_ada, free), refused(OrderRefusal::PriceIsNotYours));
}

#[test]
fn less_is_released_and_more_is_asked_for_and_nothing_else_moves() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 5)]);
    let told = ["OrderAmended", "InventoryReleased"];
    assert_eq!(names(&desk.order(quantity(1, 0, 3)).unwrap()), told);
    assert_eq!(desk.available("mug"), 22);
    let told = ["OrderAmended", "OrderResourced", "InventoryTied", "OrderSourced"];
    let events = desk.order(quantity(1, 0, 7)).unwrap();
    assert_eq!(names(&events), told);
    let Event::Inventory(earmark::inventory::InventoryEvent::Tied(tied)) = &events[2] else {
        panic!("{events:?}")
    };
    let further: u32 = tied.portions.iter().map(|p| p.quantity).sum();
    assert_eq!(further, 4, "only the difference is asked for");
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.ordered, buckets.cancelled, buckets.allocated), (9, 2, 7));
    assert_eq!(desk.place(1, &[("mug", 5)]), [], "placing it again is still a retry");
}

#[test]
fn what_an_amendment_asks_for_in_vain_is_cancelled_and_told() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 5)]);
    let events = names(&desk.order(amend(1, vec![], &[("pen", 9)])).unwrap());
    let told = ["InventoryRejected", "OrderLinesCancelled", "OrderShortened", "CustomerNotified"];
    assert_eq!(events[2..], told);
    assert_eq!(desk.at_hand(1).lines[1].buckets.cancelled, 9);
    desk.order(amend(1, vec![], &[("pen", 9)])).unwrap();
    let news = |event: &Event| match event {
        Event::Notification(NotificationEvent::Told(e)) => Some(e.news),
        _ => None,
    };
    let news: Vec<News> = desk.history.iter().filter_map(news).collect();
    assert_eq!(news, [News::Accepted, News::Shortened, News::ShortenedAgain(2)]);
    assert_eq!(desk.at_hand(1).lines[0].buckets.allocated, 5, "the rest stays as it was");
    let mut unpaid = Desk::open_with_payment();
    unpaid.place(1, &[("mug", 5)]);
    unpaid.order(quantity(1, 0, 100)).unwrap();
    let buckets = unpaid.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.reserved, buckets.cancelled), (5, 95));
    assert_eq!(unpaid.at_hand(1).status, Status::Pending);
}

#[test]
fn who_amends_above_what_he_paid_is_asked_for_the_difference_at_once() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 4)]);
    let amount = Amount { currency: Currency::GBP, minor: 500 };
    desk.order(O::AuthorizePayment(AuthorizePayment { order: order(1), amount })).unwrap();
    let told = names(&desk.order(quantity(1, 0, 5)).unwrap());
    for asked in ["OrderPaymentNeeded", "PaymentRequested", "CustomerNotified"] {
        assert!(told.contains(&asked), "{asked}: {told:?}");
    }
    assert_eq!(desk.at_hand(1).missing().minor, 123);
    let ship_all = O::Ship(ShipOrder { order: order(1), facility: None });
    assert_eq!(desk.order(ship_all.clone()).unwrap_err().code(), "payment-not-covered");
    let told = names(&desk.order(quantity(1, 0, 4)).unwrap());
    assert!(!told.contains(&"OrderPaymentNeeded"), "nothing is missing any more: {told:?}");
    let price =
        LineChange { line: LineNumber(0), quantity: None, unit_price: Some(UnitPrice(20_000)) };
    let told = names(&desk.order(amend(1, vec![price], &[])).unwrap());
    assert!(told.contains(&"OrderPaymentNeeded"), "a new price is to be paid too: {told:?}");
    let amount = Amount { currency: Currency::GBP, minor: 800 - 494 };
    desk.order(O::AuthorizePayment(AuthorizePayment { order: order(1), amount })).unwrap();
    desk.order(ship_all).unwrap();
}

#[test]
fn no_fewer_units_can_be_wanted_than_a_warehouse_works_on_or_has_sent() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3), ("pen", 1)]);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    let line = LineRef::Number(LineNumber(0));
    let too_many = OrderRefusal::TooManyUnits { line, asked: 1, possible: 0 };
    assert_eq!(desk.order(quantity(1, 0, 2)), refused(too_many));
    assert_eq!(desk.order(go_to(1, "GB", 0, 0)), refused(OrderRefusal::AlreadyReleased));
    let line = LineRef::Number(LineNumber(7));
    assert_eq!(desk.order(quantity(1, 7, 1)), refused(OrderRefusal::NoSuchLine { line }));
    assert_eq!(desk.order(amend(1, vec![], &[])), refused(OrderRefusal::NothingNamed));
}

#[test]
fn another_place_in_the_country_keeps_the_stock_and_another_country_sources_anew() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    let told = names(&desk.order(go_to(1, "GB", 53_000_000, -1_000_000)).unwrap());
    assert_eq!(told, ["OrderAmended"]);
    let told = names(&desk.order(go_to(1, "FR", 48_856_600, 2_352_200)).unwrap());
    let anew =
        ["OrderMoveRequested", "InventoryReleased", "InventoryTied", "OrderMoved", "OrderSourced"];
    assert_eq!(told, anew);
    assert_eq!(desk.at_hand(1).lines[0].buckets.allocated, 3);
}

#[test]
fn a_facility_that_refused_an_order_is_not_asked_for_what_is_added_to_it() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    let london = FacilityId(0);
    let from_london = |desk: &Desk| -> Vec<bool> {
        desk.at_hand(1).tied.iter().map(|t| t.portion.facility == london).collect()
    };
    assert_eq!(from_london(&desk), [true]);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    let reject = RejectFulfilment { order: order(1), facility: london, reason: None };
    desk.order(O::RejectFulfilment(reject)).unwrap();
    desk.order(quantity(1, 0, 3)).unwrap();
    assert_eq!(from_london(&desk), [false, false]);
}

#[test]
fn less_of_what_is_left_completes_an_order_whose_rest_has_arrived() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 12)]);
    desk.place(2, &[("mug", 1)]);
    desk.order(ship(1)).unwrap();
    desk.order(quantity(1, 0, 14)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    desk.order(quantity(1, 0, 12)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
}

fn come(n: u8, quantity: u32, disposition: Disposition) -> O {
    let (order, number, facility) = (order(n), None, None);
    let lines = mugs(quantity);
    O::ReceiveReturnedUnits(ReceiveReturnedUnits { order, number, lines, facility, disposition })
}

#[test]
fn a_return_comes_in_parts_and_each_part_has_its_own_end() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 5)]);
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    desk.order(O::RequestReturn(RequestReturn { order: order(1), lines: mugs(4) })).unwrap();
    assert_eq!(stands(&desk, 1).returns, ReturnsStatus::Requested);
    let told = ["ReturnPartlyReceived", "StockRestocked"];
    assert_eq!(names(&desk.order(come(1, 2, Disposition::Restock)).unwrap()), told);
    assert_eq!(desk.available("mug"), 22);
    let too_many = desk.order(come(1, 3, Disposition::WriteOff));
    assert!(too_many.is_err(), "two are left of it");
    assert_eq!(names(&desk.order(come(1, 1, Disposition::WriteOff)).unwrap()), [told[0]]);
    let (number, reason) = (ReturnNumber(1), Some(text("worn")));
    let no = O::RefuseReturn(RefuseReturn { order: order(1), number, reason });
    assert_eq!(names(&desk.order(no.clone()).unwrap()), ["ReturnRefused", "CustomerNotified"]);
    assert_eq!(desk.order(no), Ok(vec![]), "it is refused once");
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.return_requested, buckets.restocked, buckets.written_off), (3, 2, 1));
    assert_eq!(stands(&desk, 1).returned[0].state, ReturnState::Refused);
    desk.order(O::RequestReturn(RequestReturn { order: order(1), lines: mugs(2) })).unwrap();
    let last = names(&desk.order(come(1, 2, Disposition::Quarantine)).unwrap());
    assert_eq!(last, ["ReturnReceived", "StockRestocked"]);
    assert_eq!(stands(&desk, 1).returns, ReturnsStatus::Returned);
}

#[test]
fn the_lines_of_a_return_come_in_parts_one_after_the_other() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3), ("pen", 2)]);
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    let of = |line, quantity| LineUnits {
        line: LineRef::Number(LineNumber(line)),
        quantity: units(quantity),
    };
    let lines = vec![of(0, 3), of(1, 2)];
    desk.order(O::RequestReturn(RequestReturn { order: order(1), lines })).unwrap();
    let mut come = |line, quantity| {
        let (order, number, facility) = (order(1), None, None);
        let (lines, disposition) = (vec![of(line, quantity)], Disposition::Restock);
        let part = ReceiveReturnedUnits { order, number, lines, facility, disposition };
        names(&desk.order(O::ReceiveReturnedUnits(part)).unwrap())[0]
    };
    for (line, told) in [(0, "Partly"), (1, "Partly"), (0, "Partly"), (0, "Partly"), (1, "")] {
        assert_eq!(come(line, 1), format!("Return{told}Received"), "line {line}");
    }
}

#[test]
fn a_return_that_comes_first_goes_where_the_units_of_an_earlier_one_will_not() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 16)]);
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    let known = desk.at_hand(1);
    let [first, second] = &known.shipments[..] else { panic!("{:?}", known.shipments) };
    let of_first: u32 = first.portions.iter().map(|p| p.quantity).sum();
    let there = second.facility;
    for quantity in [of_first, 1] {
        let lines = mugs(quantity);
        desk.order(O::RequestReturn(RequestReturn { order: order(1), lines })).unwrap();
    }
    let (number, facility, disposition) = (Some(ReturnNumber(2)), None, Disposition::Restock);
    let back = ReceiveReturn { order: order(1), number, facility, disposition };
    let events = desk.order(O::ReceiveReturn(back)).unwrap();
    let Event::Order(OrderEvent::ReturnReceived(back)) = &events[0] else { panic!("{events:?}") };
    assert!(back.units.iter().all(|p| p.facility == there), "{:?}", back.units);
}

#[test]
fn a_completed_order_is_taken_up_again_and_closed() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    desk.order(ship(1)).unwrap();
    let close = O::Complete(CompleteOrder { order: order(1) });
    assert_eq!(desk.order(close.clone()), refused(OrderRefusal::NotSettled));
    desk.order(deliver(1)).unwrap();
    let reopen = O::Reopen(ReopenOrder { order: order(1) });
    assert_eq!(names(&desk.order(reopen.clone()).unwrap()), ["OrderReopened"]);
    assert_eq!(desk.order(reopen.clone()), Ok(vec![]));
    assert_eq!(desk.pass(90 * 86_400_000), [], "it is at hand again");
    assert_eq!(names(&desk.order(close.clone()).unwrap()), ["OrderCompleted"]);
    desk.order(reopen.clone()).unwrap();
    desk.order(amend(1, vec![], &[("pen", 1)])).unwrap();
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
    let orders = OrderPolicy { reopen: false, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    assert_eq!(desk.order(reopen), refused(OrderRefusal::NoReopening));
}

#[test]
fn by_policy_nothing_ships_that_was_not_packed() {
    let mut desk = Desk::open();
    let orders = OrderPolicy { staged: true, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk.place(1, &[("mug", 2)]);
    assert_eq!(desk.order(ship(1)), refused(OrderRefusal::NotPacked));
}

#[test]
fn the_axes_follow_an_order_through_its_life() {
    let mut desk = Desk::open_with_payment();
    let axes = |desk: &Desk| {
        let view = stands(desk, 1);
        (view.payment, view.stock, view.fulfilment)
    };
    desk.place(1, &[("mug", 12), ("pen", 1)]);
    let waits = (PaymentStatus::Awaiting, StockStatus::Reserved, FulfilmentStatus::Unfulfilled);
    assert_eq!(axes(&desk), waits);
    let amount = Amount { currency: Currency::GBP, minor: 100_000 };
    desk.order(O::AuthorizePayment(AuthorizePayment { order: order(1), amount })).unwrap();
    let (kind, reason, auto_release) = (HoldKind::Manual, None, None);
    desk.order(O::PlaceHold(PlaceHold { order: order(1), kind, reason, auto_release })).unwrap();
    let paid = PaymentStatus::Authorized;
    assert_eq!(axes(&desk), (paid, StockStatus::Allocated, FulfilmentStatus::OnHold));
    assert_eq!(stands(&desk, 1).holds.len(), 1);
    let hold = earmark::ids::HoldNumber(1);
    desk.order(O::ReleaseHold(earmark::order::ReleaseHold { order: order(1), hold })).unwrap();
    let places: Vec<FacilityId> = desk.at_hand(1).tied.iter().map(|t| t.portion.facility).collect();
    let first = places[0];
    let some = ReleaseOrder { order: order(1), facility: Some(first) };
    desk.order(O::Release(some)).unwrap();
    assert_eq!(axes(&desk).2, FulfilmentStatus::Released);
    let (lines, missing) = (None, None);
    desk.order(O::Pick(PickOrder { order: order(1), facility: first, lines, missing })).unwrap();
    assert_eq!(axes(&desk).2, FulfilmentStatus::InProgress);
    desk.order(O::Pack(earmark::order::PackOrder { order: order(1), facility: first })).unwrap();
    desk.order(O::Ship(ShipOrder { order: order(1), facility: Some(first) })).unwrap();
    let everywhere = places.iter().all(|&f| f == first);
    let partly = (paid, StockStatus::Allocated, FulfilmentStatus::PartiallyShipped);
    let whole = (paid, StockStatus::NotRequired, FulfilmentStatus::Shipped);
    assert_eq!(axes(&desk), if everywhere { whole } else { partly });
    desk.order(ship(1)).unwrap();
    assert_eq!(axes(&desk), whole);
    desk.order(deliver(1)).unwrap();
    assert_eq!(axes(&desk).2, FulfilmentStatus::Delivered);
    desk.receive("mug", "LDS", Tier::Primary, 1);
    let stranger = Principal::Customer(text("bob"));
    let query = Query::OrderStatus(OrderStatusQuery { order: order(1) });
    desk.shop.query(&query, &stranger).unwrap_err();
}
