//! Kits of which a part can't be had any more, or is with a warehouse: whole kits, or none. Why: a
//! cup without its saucer is of no use to the customer, and a saucer that waits for ever of none to
//! the shop.

use crate::support::kits::{
    LEEDS, cancel, deliver, kit, line, missing, named, open, release, ship,
};
use crate::support::{Desk, names, order, sku, units};
use earmark::flow::{Command, Event};
use earmark::ids::{CancellationNumber, FacilityId, FacilityRef, ShipmentNumber, Tier};
use earmark::inventory::{AdjustStock, Adjustment, InventoryCommand};
use earmark::order::{
    AcceptCancellation, CancelReason, DeclineCancellation, OrderCommand, OrderEvent, PackOrder,
    PickOrder, RejectFulfilment, ReleaseOrder, Status, VoidShipping,
};

#[test]
fn stock_that_is_lost_for_good_takes_its_kits_with_it() {
    let mut desk = open();
    desk.place(1, &[("set", 3), ("mug", 1)]);
    // Pens lie in Leeds only: two of the four are gone, one of them was promised.
    desk.must(Command::Inventory(InventoryCommand::Adjust(AdjustStock {
        item: sku("pen"),
        facility: FacilityRef::Id(LEEDS),
        tier: Tier::Primary,
        adjustment: Adjustment::Lost,
        quantity: units(2),
    })));
    let set = line(&desk, 1, 0);
    assert_eq!((set.ordered, set.allocated, set.cancelled), (3, 2, 1));
    assert_eq!(desk.at_hand(1).lines[2].buckets.allocated, 4, "its mugs are free again");
    assert_eq!((desk.available("mug"), desk.available("pen")), (20, 0));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
}

#[test]
fn a_part_that_is_not_found_takes_its_kit_with_it() {
    let mut desk = open();
    desk.place(1, &[("set", 1)]);
    desk.order(release(1)).unwrap();
    let pens = named(2, 1);
    let events = desk.order(missing(1, LEEDS, pens)).unwrap();
    // The mugs are in work: the warehouse is asked to let go.
    assert!(names(&events).contains(&"CancellationRequested"), "{:?}", names(&events));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    let cancellation = desk.at_hand(1).cancellations[0].number;
    let accept = AcceptCancellation { order: order(1), cancellation };
    desk.order(OrderCommand::AcceptCancellation(accept)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Cancelled);
    assert_eq!(desk.available("mug"), 25);
}

/// A case of five pens and twenty mugs that lie in two places.
fn in_two_places() -> Desk {
    let mut desk = open();
    desk.receive("pen", "LON", Tier::Primary, 1);
    desk.must(kit("case", &[("pen", 5), ("mug", 20)]));
    desk.place(1, &[("case", 1)]);
    desk
}

/// What lies in Leeds has left, and the rest is cancelled.
fn left_in_part() -> Desk {
    let mut desk = in_two_places();
    desk.order(ship(1, Some(LEEDS))).unwrap();
    desk.order(cancel(1, None)).unwrap();
    desk
}

#[test]
fn a_kit_that_left_in_part_blocks_nothing() {
    let mut desk = left_in_part();
    assert_eq!(line(&desk, 1, 0).cancelled, 1, "it will not be whole");
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
    assert_eq!(desk.at_hand(1).wanted_total().unwrap().minor, 0, "only whole kits are paid for");
}

#[test]
fn a_shipment_that_did_not_leave_ends_with_the_kit_that_can_not_be_whole() {
    let mut desk = left_in_part();
    let (order_id, shipment) = (order(1), ShipmentNumber(1));
    let void = VoidShipping { order: order_id, shipment };
    desk.order(OrderCommand::VoidShipping(void)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Cancelled);
    assert_eq!((desk.available("mug"), desk.available("pen")), (25, 5));
}

#[test]
fn what_belongs_to_a_kit_in_work_waits_for_the_answer_of_the_warehouse() {
    let begun = || {
        let mut desk = in_two_places();
        let facility = Some(LEEDS);
        desk.order(OrderCommand::Release(ReleaseOrder { order: order(1), facility })).unwrap();
        let events = desk.order(cancel(1, None)).unwrap();
        assert_eq!(names(&events), ["CancellationRequested"], "half a case is of no use");
        desk
    };
    let (order_id, cancellation) = (order(1), CancellationNumber(1));
    let mut desk = begun();
    let accept = AcceptCancellation { order: order_id, cancellation };
    let events = desk.order(OrderCommand::AcceptCancellation(accept)).unwrap();
    assert_eq!(reasons(&events), [CancelReason::Customer; 2], "what London has, and the order");
    assert_eq!(desk.at_hand(1).status, Status::Cancelled);
    assert_eq!((desk.available("mug"), desk.available("pen")), (25, 5));
    let mut desk = begun();
    let events = desk.order(missing(1, LEEDS, named(2, 4))).unwrap();
    assert_eq!(reasons(&events), [CancelReason::Customer], "the pens of Leeds are lost anyway");
    assert_eq!((desk.available("mug"), desk.available("pen")), (15, 1));
    let asked = &desk.at_hand(1).cancellations[0].portions;
    assert!(!asked.is_empty() && asked.iter().all(|p| p.quantity > 0), "{asked:?}");
    let mut desk = begun();
    let decline = DeclineCancellation { order: order_id, cancellation, reason: None };
    desk.order(OrderCommand::DeclineCancellation(decline)).unwrap();
    for facility in [FacilityId(0), LEEDS] {
        let release = ReleaseOrder { order: order_id, facility: Some(facility) };
        desk.order(OrderCommand::Release(release)).unwrap();
        let (lines, missing) = (None, None);
        let pick = PickOrder { order: order_id, facility, lines, missing };
        desk.order(OrderCommand::Pick(pick)).unwrap();
        desk.order(OrderCommand::Pack(PackOrder { order: order_id, facility })).unwrap();
    }
    desk.order(ship(1, None)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(line(&desk, 1, 0).delivered, 1, "the case came whole");
}

#[test]
fn of_kits_that_a_warehouse_has_begun_with_the_others_are_cancelled_at_once() {
    let mut desk = open();
    desk.adjust("LDS", Tier::Primary, Adjustment::Lost, 10);
    desk.receive("pen", "LON", Tier::Primary, 1);
    desk.place(1, &[("set", 5)]);
    // Leeds has four of the five pens, and London all else.
    let release = ReleaseOrder { order: order(1), facility: Some(LEEDS) };
    desk.order(OrderCommand::Release(release)).unwrap();
    let events = desk.order(cancel(1, Some(named(0, 2)))).unwrap();
    assert_eq!(reasons(&events), [CancelReason::Customer; 2]);
    assert_eq!((desk.available("mug"), desk.available("pen")), (7, 1), "one set is free");
    let asked: Vec<u32> =
        desk.at_hand(1).cancellations[0].portions.iter().map(|p| p.quantity).collect();
    assert_eq!(asked, [1], "and Leeds is asked for a pen");
}

#[test]
fn a_warehouse_that_keeps_the_rest_of_a_kit_is_not_asked_for_it_again() {
    let mut desk = open();
    desk.place(1, &[("set", 1)]);
    desk.order(release(1)).unwrap();
    desk.order(missing(1, LEEDS, named(2, 1))).unwrap();
    let (order_id, cancellation, reason) = (order(1), CancellationNumber(1), None);
    let decline = DeclineCancellation { order: order_id, cancellation, reason };
    desk.order(OrderCommand::DeclineCancellation(decline)).unwrap();
    let pack = PackOrder { order: order_id, facility: LEEDS };
    let events = desk.order(OrderCommand::Pack(pack)).unwrap();
    assert_eq!(names(&events), ["ItemsPacked", "WorkAdvanced"]);
    assert_eq!(desk.at_hand(1).cancellations.len(), 1);
}

/// Why units are cancelled, or asked to be.
fn reasons(events: &[Event]) -> Vec<CancelReason> {
    let reason = |event: &Event| match event {
        Event::Order(OrderEvent::LinesCancelled(e)) => Some(e.reason),
        Event::Order(OrderEvent::CancellationRequested(e)) => Some(e.reason),
        Event::Order(OrderEvent::Cancelled(e)) => Some(e.reason),
        _ => None,
    };
    events.iter().filter_map(reason).collect()
}

#[test]
fn a_refusal_by_a_facility_that_nobody_can_make_good_takes_the_rest_of_the_kit() {
    let mut desk = open();
    desk.receive("pen", "LON", Tier::Primary, 1);
    desk.must(kit("case", &[("pen", 5), ("mug", 20)]));
    desk.place(1, &[("mug", 1), ("case", 1)]);
    let (order_id, facility, reason) = (order(1), LEEDS, None);
    let release = ReleaseOrder { order: order_id, facility: Some(LEEDS) };
    desk.order(OrderCommand::Release(release)).unwrap();
    let reject = RejectFulfilment { order: order_id, facility, reason };
    desk.order(OrderCommand::RejectFulfilment(reject)).unwrap();
    // Leeds alone has so many pens: what London would have sent of the case is free again.
    assert_eq!(line(&desk, 1, 1).cancelled, 1);
    assert_eq!(line(&desk, 1, 0).allocated, 1);
    assert_eq!((desk.available("mug"), desk.available("pen")), (24, 5));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
}
