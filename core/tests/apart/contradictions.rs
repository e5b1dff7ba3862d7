//! Histories that contradict themselves, each in one place: whoever folds them in refuses them.
//!
//! No decision writes such a history. Who has one has mixed up two shops, or lost a part of one.

use crate::support::alone::{Alone, HARD, portions};
use crate::support::kits::{LEEDS, cancel, kit, named, release, ship};
use crate::support::payments::authorized;
use crate::support::{Desk, START, names, order, sku, text, units};
use earmark::decide::Decide;
use earmark::flow::{Command, Event, Shop};
use earmark::fulfilment::{AcceptFulfilment, FulfilmentCommand};
use earmark::ids::{CancellationNumber, FacilityRef, ReservationNumber, ShipmentNumber, Tier};
use earmark::inventory::{ExpectStock, InventoryCommand, SendTransfer};
use earmark::order::{
    CancellationMet, DeclineCancellation, DeliverShipment, Disposition, OrderCommand as O,
    OrderEvent, ReceiveReturn, RecordTied, RejectFulfilment, RequestReturn,
};
use earmark::policy::Collect;
use earmark::time::Timestamp;
use serde_json::{Value, json};

/// A shop in which each of the events below has happened. Order 1 has left in two parcels, of which
/// one came back in part; facilities work on order 2, order 3 is tied, and order 4 was refused.
fn lived() -> Desk {
    let mut desk = Desk::open();
    desk.must(kit("set", &[("mug", 2), ("pen", 1)]));
    desk.must(kit("box", &[("mug", 1), ("pen", 1)]));
    let (item, quantity, tier) = (sku("mug"), units(1), Tier::Primary);
    let [from, to] = ["LON", "LDS"].map(|code| FacilityRef::Code(text(code)));
    let (facility, due, reference) = (to.clone(), Timestamp::from_millis(START), None);
    let expect = ExpectStock { item: item.clone(), facility, tier, quantity, due, reference };
    desk.must(Command::Inventory(InventoryCommand::Expect(expect)));
    let send = SendTransfer { item, from, from_tier: tier, to, to_tier: tier, quantity };
    desk.must(Command::Inventory(InventoryCommand::SendTransfer(send)));

    desk.place(1, &[("mug", 16)]);
    desk.order(ship(1, None)).unwrap();
    let shipment = Some(ShipmentNumber(2));
    desk.order(O::Deliver(DeliverShipment { order: order(1), shipment })).unwrap();
    for _ in 0..2 {
        let lines = named(0, 1);
        desk.order(O::RequestReturn(RequestReturn { order: order(1), lines })).unwrap();
    }
    let (number, facility, disposition) = (None, None, Disposition::Restock);
    let back = ReceiveReturn { order: order(1), number, facility, disposition };
    desk.order(O::ReceiveReturn(back)).unwrap();

    desk.place(4, &[("pen", 1)]);
    desk.order(release(4)).unwrap();
    let accept = AcceptFulfilment { order: order(4), facility: LEEDS, ship_by: None };
    desk.must(Command::Fulfilment(FulfilmentCommand::Accept(accept)));
    let reject = RejectFulfilment { order: order(4), facility: LEEDS, reason: None };
    desk.order(O::RejectFulfilment(reject)).unwrap();

    desk.place(2, &[("set", 2)]);
    desk.order(release(2)).unwrap();
    desk.order(cancel(2, Some(named(0, 1)))).unwrap();
    let (cancellation, reason) = (CancellationNumber(1), None);
    let decline = DeclineCancellation { order: order(2), cancellation, reason };
    desk.order(O::DeclineCancellation(decline)).unwrap();
    desk.order(cancel(2, Some(named(0, 1)))).unwrap();
    desk.place(3, &[("mug", 1)]);
    desk
}

/// The last event of a name, and where in the history it is.
fn last(desk: &Desk, name: &str) -> (usize, Event) {
    let of_name = |event: &&Event| names(&[Event::clone(event)])[0] == name;
    let at = desk.history.iter().rposition(|event| of_name(&event)).unwrap();
    (at, desk.history[at].clone())
}

/// The event with other values in some of its fields.
fn damaged(event: &Event, damage: &[(&str, Value)]) -> Event {
    let mut json = serde_json::to_value(event).unwrap();
    let payload = json.as_object_mut().unwrap().values_mut().next().unwrap();
    let payload = payload.as_object_mut().unwrap().values_mut().next().unwrap();
    for (field, value) in damage {
        *payload.pointer_mut(field).unwrap() = value.clone();
    }
    serde_json::from_value(json).unwrap()
}

fn after(history: &[Event]) -> Shop {
    let mut shop = Shop::default();
    history.iter().for_each(|event| shop.apply(event).unwrap());
    shop
}

#[test]
fn an_event_that_does_not_fit_what_came_before_is_refused() {
    let desk = lived();
    let cases = [
        ("StockExpected", "/quantity", json!(0)),
        ("StockExpected", "/facility", json!("facility-9")),
        ("StockExpected", "/expected", json!("expected-7")),
        ("TransferSent", "/quantity", json!(0)),
        ("TransferSent", "/transfer", json!("transfer-7")),
        ("KitDefined", "/components", json!([])),
        ("KitDefined", "/components/0/item/id", json!("item-9")),
        ("KitDefined", "/components/0/item/id", json!("item-2")),
        ("KitDefined", "/components/0/item/id", json!("item-3")),
        ("OrderLinesExploded", "/kits/0/components", json!([])),
        ("OrderLinesExploded", "/kits/0/components/0/each", json!(0)),
        ("OrderLinesExploded", "/kits/0/components/0/line", json!("line-7")),
        ("WorkEnded", "/work", json!("work-7")),
        ("WorkEnded", "/state", json!("inProgress")),
    ];
    for (name, field, value) in cases {
        let (at, event) = last(&desk, name);
        let shop = after(&desk.history[..at]);
        assert_eq!(shop.clone().apply(&event), Ok(()), "{name}");
        let event = damaged(&event, &[(field, value)]);
        assert!(shop.clone().apply(&event).is_err(), "{event:?}");
    }
}

#[test]
fn an_event_that_was_told_is_refused_once_it_is_over() {
    let desk = lived();
    let [first, second] = ["line-3", "line-4"].map(|line| json!(line));
    let third = json!(order(3).to_string());
    let lines = ["/kits/0/components/0/line", "/kits/0/components/1/line"];
    let cases = [
        ("InventoryTied", vec![]),
        ("FulfilmentAccepted", vec![]),
        ("WorkRequested", vec![("/work", json!("work-7"))]),
        ("ShipmentDelivered", vec![]),
        ("ReturnReceived", vec![]),
        ("CancellationDeclined", vec![]),
        // Taken apart once more, with lines that follow; and one that lies on a shelf.
        ("OrderLinesExploded", vec![(lines[0], first), (lines[1], second)]),
        ("OrderLinesExploded", vec![("/order", third)]),
    ];
    for (name, damage) in cases {
        let event = damaged(&last(&desk, name).1, &damage);
        assert!(desk.shop.clone().apply(&event).is_err(), "{event:?}");
    }
}

#[test]
fn sums_of_a_payment_that_are_not_those_of_its_events_are_refused() {
    let mut desk = crate::support::payments::open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    desk.must(Command::Payment(authorized(1, 247)));
    let (at, event) = last(&desk, "AuthorizationRecorded");
    let event = damaged(&event, &[("/standing/authorized/value", json!("2.48"))]);
    assert!(after(&desk.history[..at]).apply(&event).is_err());
}

#[test]
fn a_request_that_was_answered_is_not_met_afterwards() {
    let mut role = Alone::paid();
    role.tied(1, HARD, &[(0, 3), (1, 2)]);
    role.hear(release(1));
    role.cancel(0, 1);
    let (order_id, cancellation, reason) = (order(1), CancellationNumber(1), None);
    let decline = DeclineCancellation { order: order_id, cancellation, reason };
    role.hear(O::DeclineCancellation(decline));
    role.stripped(1, &[(0, 1)]);
    let (at, portions) = (Timestamp::from_millis(START), portions(1, &[(0, 1)]));
    let met = CancellationMet { order: order_id, at, cancellation, portions };
    assert!(role.orders.evolve(&OrderEvent::CancellationMet(met)).is_err());
}

#[test]
fn an_answer_for_an_order_that_has_left_is_given_back() {
    let mut role = Alone::paid();
    let portions = portions(1, &[(0, 1)]);
    let (order, reservation) = (order(9), ReservationNumber(1));
    let tied = RecordTied { order, reservation, hold: HARD, portions };
    assert_eq!(role.hear(O::RecordTied(tied)), ["TieReturned 0:1"]);
}
