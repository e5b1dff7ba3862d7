//! An order in the hands of warehouses and carriers, told by its events. Why: what is released is
//! work under way, and every way it can go wrong must leave the books right.

use crate::support::{Desk, order, sku, text, units};
use earmark::flow::{Command, Event, Refusal};
use earmark::ids::{CancellationNumber, FacilityId, HoldNumber, ShipmentNumber, Tier};
use earmark::inventory::{Adjustment, InventoryCommand};
use earmark::order::{
    AcceptCancellation, CancelOrder, CancelReason, DeclineCancellation, DeliverShipment, HoldKind,
    LineRef, LineUnits, LoseShipment, OrderCommand as O, OrderEvent, OrderRefusal, PackOrder,
    PickOrder, PlaceHold, PlacedBy, Putaway, RejectFulfilment, ReleaseHold, ReleaseOrder,
    ReturnToSender, ShipOrder, Stage, Status, VoidShipping,
};
use earmark::time::Span;

const LONDON: FacilityId = FacilityId(0);
const LEEDS: FacilityId = FacilityId(1);
const FIRST: ShipmentNumber = ShipmentNumber(1);

/// The names of what the order's side tells; what the facilities' side makes of it is told in
/// `facilities`.
fn names(events: &[Event]) -> Vec<&'static str> {
    let ours = events.iter().filter(|event| !matches!(event, Event::Fulfilment(_)));
    crate::support::names(&ours.cloned().collect::<Vec<_>>())
}

fn release(n: u8) -> O {
    O::Release(ReleaseOrder { order: order(n), facility: None })
}

fn pick(n: u8, facility: FacilityId) -> O {
    O::Pick(PickOrder { order: order(n), facility, lines: None, missing: None })
}

fn pick_short(n: u8, facility: FacilityId, missing: u32) -> O {
    let missing = Some(mugs(missing));
    O::Pick(PickOrder { order: order(n), facility, lines: None, missing })
}

fn pack(n: u8, facility: FacilityId) -> O {
    O::Pack(PackOrder { order: order(n), facility })
}

fn ship(n: u8) -> O {
    O::Ship(ShipOrder { order: order(n), facility: None })
}

fn deliver(n: u8) -> O {
    O::Deliver(DeliverShipment { order: order(n), shipment: None })
}

fn reject(n: u8, facility: FacilityId) -> O {
    let reason = Some(text("no hands"));
    O::RejectFulfilment(RejectFulfilment { order: order(n), facility, reason })
}

fn mugs(n: u32) -> Vec<LineUnits> {
    vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(n) }]
}

fn refused(refusal: OrderRefusal) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::Order(refusal))
}

fn on_hand(desk: &Desk, facility: FacilityId) -> u32 {
    let (_, mug) = desk.shop.inventory().item(&sku("mug")).unwrap();
    mug.shelf(facility, Tier::Primary).unwrap().on_hand
}

fn stages(desk: &Desk, n: u8) -> Vec<(FacilityId, Stage, u32)> {
    let tied = &desk.at_hand(n).tied;
    tied.iter().map(|t| (t.portion.facility, t.stage, t.portion.quantity)).collect()
}

#[test]
fn a_warehouse_takes_an_order_from_released_to_shipped() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    assert_eq!(names(&desk.order(release(1)).unwrap()), ["FulfilmentReleased"]);
    assert_eq!(desk.order(release(1)), Ok(vec![]), "releasing twice is releasing once");
    assert_eq!(desk.order(ship(1)), refused(OrderRefusal::NotPacked));
    assert_eq!(desk.order(pack(1, LONDON)), refused(OrderRefusal::NothingPicked));
    assert_eq!(names(&desk.order(pick(1, LONDON)).unwrap()), ["ItemsPicked"]);
    assert_eq!(desk.order(pick(1, LONDON)), Ok(vec![]));
    assert_eq!(desk.order(ship(1)), refused(OrderRefusal::NotPacked));
    assert_eq!(names(&desk.order(pack(1, LONDON)).unwrap()), ["ItemsPacked"]);
    assert_eq!(desk.order(pack(1, LONDON)), Ok(vec![]));
    assert_eq!(desk.at_hand(1).lines[0].buckets.packed, 3);
    assert_eq!(on_hand(&desk, LONDON), 10, "nothing has left yet");
    let told = ["ShipmentShipped", "StockShipped", "CustomerNotified"];
    assert_eq!(names(&desk.order(ship(1)).unwrap()), told);
    assert_eq!(on_hand(&desk, LONDON), 7);
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
}

#[test]
fn a_parcel_may_leave_with_what_is_packed_and_the_rest_follows() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 5)]);
    desk.order(release(1)).unwrap();
    let two = O::Pick(PickOrder {
        order: order(1),
        facility: LONDON,
        lines: Some(mugs(2)),
        missing: None,
    });
    desk.order(two).unwrap();
    desk.order(pack(1, LONDON)).unwrap();
    desk.order(ship(1)).unwrap();
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.in_transit, buckets.released), (2, 3));
    assert_eq!(desk.order(ship(1)), refused(OrderRefusal::NotPacked));
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    desk.order(pick(1, LONDON)).unwrap();
    desk.order(pack(1, LONDON)).unwrap();
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
}

#[test]
fn what_is_not_found_is_booked_out_and_sourced_from_elsewhere_in_one_step() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    desk.order(release(1)).unwrap();
    let told = [
        "ItemsPicked",
        "OrderResourced",
        "InventoryReleased",
        "StockAdjusted",
        "InventoryTied",
        "OrderSourced",
    ];
    assert_eq!(names(&desk.order(pick_short(1, LONDON, 2)).unwrap()), told);
    assert_eq!(on_hand(&desk, LONDON), 8, "two were not there");
    let now = [(LONDON, Stage::Picked, 1), (LEEDS, Stage::Allocated, 2)];
    assert_eq!(stages(&desk, 1), now, "though London has some left, by its books");
    desk.adjust("LDS", Tier::Primary, Adjustment::Lost, 10);
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.picked, buckets.allocated), (1, 2));
    assert_eq!(stages(&desk, 1)[1].0, LONDON, "it was passed over once, and not for ever");
}

#[test]
fn what_nobody_else_has_is_cancelled_and_the_rest_is_sourced_again() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 15)]);
    desk.receive("mug", "LDS", Tier::Back, 1);
    desk.place(2, &[("mug", 10)]);
    desk.order(release(1)).unwrap();
    let events = names(&desk.order(pick_short(1, LONDON, 2)).unwrap());
    let told = [
        "InventoryRejected",
        "OrderLinesCancelled",
        "OrderShortened",
        "OrderResourced",
        "CustomerNotified",
        "InventoryTied",
        "OrderSourced",
    ];
    assert_eq!(events[4..], told);
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.picked, buckets.cancelled, buckets.allocated), (13, 1, 1));
}

#[test]
fn a_facility_refuses_and_another_takes_over_in_one_step() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    assert_eq!(desk.order(reject(1, LONDON)), refused(OrderRefusal::NothingReleased));
    desk.order(release(1)).unwrap();
    let told = [
        "FulfilmentRejected",
        "OrderResourced",
        "InventoryReleased",
        "InventoryTied",
        "OrderSourced",
    ];
    assert_eq!(names(&desk.order(reject(1, LONDON)).unwrap()), told);
    assert_eq!(desk.order(reject(1, LONDON)), Ok(vec![]));
    assert_eq!(stages(&desk, 1), [(LEEDS, Stage::Allocated, 3)]);
    assert_eq!(desk.at_hand(1).excluded, [LONDON]);
    assert_eq!(desk.available("mug"), 22, "what London had is free for others");
    desk.order(release(1)).unwrap();
    let last = names(&desk.order(reject(1, LEEDS)).unwrap());
    let told = ["InventoryRejected", "OrderLinesCancelled", "OrderShortened", "OrderCancelled"];
    assert_eq!(last[3..7], told);
    assert_eq!(desk.at_hand(1).status, Status::Cancelled, "nobody is left to send it");
}

#[test]
fn a_loss_on_the_shelf_strips_what_no_warehouse_has_worked_on_yet() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 10)]);
    desk.order(release(1)).unwrap();
    let lines = Some(mugs(4));
    let missing = None;
    desk.order(O::Pick(PickOrder { order: order(1), facility: LONDON, lines, missing })).unwrap();
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, 3);
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.released, buckets.picked, buckets.allocated), (3, 4, 3));
}

#[test]
fn a_voided_shipment_is_allocated_again_and_ships_anew() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 12)]);
    desk.order(ship(1)).unwrap();
    let void = O::VoidShipping(VoidShipping { order: order(1), shipment: FIRST });
    assert_eq!(names(&desk.order(void.clone()).unwrap()), ["ShippingVoided", "StockUnshipped"]);
    assert_eq!(desk.order(void.clone()), Ok(vec![]));
    assert_eq!(on_hand(&desk, LONDON), 10);
    assert_eq!((desk.at_hand(1).lines[0].buckets.allocated, desk.available("mug")), (12, 13));
    let deliver_it = O::Deliver(DeliverShipment { order: order(1), shipment: Some(FIRST) });
    let state = earmark::order::Carriage::Voided;
    let ended = OrderRefusal::ShipmentEnded { shipment: FIRST, state };
    assert_eq!(desk.order(deliver_it), refused(ended));
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
    assert!(desk.order(void).is_ok_and(|events| events.is_empty()));
    let second = VoidShipping { order: order(1), shipment: ShipmentNumber(2) };
    assert!(desk.order(O::VoidShipping(second)).is_err(), "what arrived is not voided");
}

#[test]
fn a_lost_shipment_is_nobodys_stock_and_completes_the_order() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    desk.order(ship(1)).unwrap();
    let lose = O::LoseShipment(LoseShipment { order: order(1), shipment: FIRST });
    let told = ["ShipmentLost", "OrderCompleted", "CustomerNotified"];
    assert_eq!(names(&desk.order(lose.clone()).unwrap()), told);
    assert_eq!(desk.order(lose), Ok(vec![]));
    assert_eq!(desk.at_hand(1).lines[0].buckets.lost, 2);
    assert_eq!(desk.available("mug"), 23);
}

#[test]
fn what_comes_back_undelivered_is_put_away_where_it_arrives() {
    let mut desk = Desk::open();
    for (n, putaway) in [(1, Putaway::Restock), (2, Putaway::Quarantine), (3, Putaway::WriteOff)] {
        desk.place(n, &[("mug", 2)]);
        desk.order(ship(n)).unwrap();
        let facility = Some(LEEDS);
        let back = ReturnToSender { order: order(n), shipment: FIRST, facility, putaway };
        desk.order(O::ReturnToSender(back)).unwrap();
        assert_eq!(desk.at_hand(n).lines[0].buckets.returned_to_sender, 2);
        assert_eq!(desk.at_hand(n).status, Status::Completed);
    }
    assert_eq!(on_hand(&desk, LEEDS), 14, "four came, and two of them are for sale");
    assert_eq!(desk.available("mug"), 21);
    let nowhere = Some(FacilityId(9));
    desk.place(4, &[("mug", 1)]);
    desk.order(ship(4)).unwrap();
    let putaway = Putaway::Restock;
    let back = ReturnToSender { order: order(4), shipment: FIRST, facility: nowhere, putaway };
    assert!(desk.order(O::ReturnToSender(back)).is_err(), "nobody defined that place");
}

fn hold(n: u8, auto_release: Option<Span>) -> O {
    let (kind, reason) = (HoldKind::Fraud, None);
    O::PlaceHold(PlaceHold { order: order(n), kind, reason, auto_release })
}

#[test]
fn a_hold_blocks_release_and_shipping_and_never_a_cancel() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    assert_eq!(names(&desk.order(hold(1, None)).unwrap()), ["OrderHoldPlaced"]);
    assert_eq!(desk.at_hand(1).holds[0].placed_by, Some(PlacedBy::Staff));
    desk.order(hold(1, None)).unwrap();
    let on_hold = || OrderRefusal::OnHold { hold: HoldNumber(1), kind: HoldKind::Fraud };
    assert_eq!(desk.order(release(1)), refused(on_hold()));
    assert_eq!(desk.order(ship(1)), refused(on_hold()));
    for n in [2, 1] {
        let hold = HoldNumber(n);
        let end = O::ReleaseHold(ReleaseHold { order: order(1), hold });
        assert_eq!(names(&desk.order(end.clone()).unwrap()), ["OrderHoldReleased"]);
        assert_eq!(desk.order(end), Ok(vec![]), "a hold ends once");
    }
    let never = O::ReleaseHold(ReleaseHold { order: order(1), hold: HoldNumber(3) });
    assert_eq!(desk.order(never), refused(OrderRefusal::NoSuchHold { hold: HoldNumber(3) }));
    desk.order(ship(1)).unwrap();
    desk.place(2, &[("mug", 2)]);
    desk.order(hold(2, None)).unwrap();
    let reason = CancelReason::Fraud;
    desk.order(O::Cancel(CancelOrder { order: order(2), lines: None, reason })).unwrap();
    assert_eq!(desk.at_hand(2).status, Status::Cancelled);
}

#[test]
fn a_hold_ends_by_itself_at_its_moment_and_not_before() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    desk.order(hold(1, Some(Span::from_millis(5_000)))).unwrap();
    assert_eq!(desk.pass(4_999), []);
    let events = desk.pass(1);
    let [Event::Order(OrderEvent::HoldReleased(released))] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(released.lapsed);
    desk.order(release(1)).unwrap();
}

#[test]
fn an_order_has_no_more_holds_than_anybody_looks_through() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    for _ in 0..64 {
        desk.order(hold(1, None)).unwrap();
    }
    assert_eq!(desk.order(hold(1, None)), refused(OrderRefusal::TooManyHolds { allowed: 64 }));
}

#[test]
fn a_void_that_finds_its_shelf_full_is_refused_and_the_shop_goes_on() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    desk.order(ship(1)).unwrap();
    let mut room = earmark::limits::UNITS_PER_SHELF - 8;
    while room > 0 {
        let quantity = room.min(1_000_000);
        desk.must(Command::Inventory(InventoryCommand::Receive(
            earmark::inventory::ReceiveStock {
                item: sku("mug"),
                facility: earmark::ids::FacilityRef::Id(LONDON),
                tier: Tier::Primary,
                quantity: units(quantity),
            },
        )));
        room -= quantity;
    }
    let void = O::VoidShipping(VoidShipping { order: order(1), shipment: FIRST });
    assert!(matches!(desk.order(void), Err(Refusal::Inventory(_))));
}

fn cancel(n: u8, quantity: Option<u32>) -> O {
    let (lines, reason) = (quantity.map(mugs), CancelReason::Customer);
    O::Cancel(CancelOrder { order: order(n), lines, reason })
}

fn accept(n: u8, number: u16) -> O {
    let cancellation = CancellationNumber(number);
    O::AcceptCancellation(AcceptCancellation { order: order(n), cancellation })
}

fn decline(n: u8, number: u16) -> O {
    let cancellation = CancellationNumber(number);
    O::DeclineCancellation(DeclineCancellation { order: order(n), cancellation, reason: None })
}

#[test]
fn after_the_release_a_cancel_is_a_request_that_the_facility_answers() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    desk.order(release(1)).unwrap();
    assert_eq!(names(&desk.order(cancel(1, None)).unwrap()), ["CancellationRequested"]);
    assert_eq!(desk.order(cancel(1, None)), Ok(vec![]), "asking twice is asking once");
    assert_eq!(desk.available("mug"), 22, "nothing is free yet");
    let told = [
        "CancellationAccepted",
        "OrderCancelled",
        "InventoryReleased",
        "CustomerNotified",
        "CustomerNotified",
    ];
    assert_eq!(names(&desk.order(accept(1, 1)).unwrap()), told);
    assert_eq!(desk.order(accept(1, 1)), Ok(vec![]));
    assert_eq!(desk.available("mug"), 25);
    let never = accept(2, 1);
    desk.place(2, &[("mug", 3)]);
    let cancellation = CancellationNumber(1);
    assert_eq!(desk.order(never), refused(OrderRefusal::NoSuchCancellation { cancellation }));
}

#[test]
fn a_declined_request_leaves_the_work_as_it_is_and_the_customer_is_told() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    desk.order(release(1)).unwrap();
    desk.order(cancel(1, Some(2))).unwrap();
    let too_many = desk.order(cancel(1, Some(2)));
    assert!(too_many.is_err(), "two are asked for already");
    let told = ["CancellationDeclined", "CustomerNotified"];
    assert_eq!(names(&desk.order(decline(1, 1)).unwrap()), told);
    assert_eq!(desk.at_hand(1).lines[0].buckets.released, 3);
    assert_eq!(names(&desk.order(cancel(1, None)).unwrap()), ["CancellationRequested"]);
}

#[test]
fn one_cancel_takes_what_is_free_and_asks_for_the_rest() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 4), ("pen", 1)]);
    let there = desk.at_hand(1).tied.iter().find(|t| t.portion.line.0 == 0);
    let facility = there.map(|t| t.portion.facility);
    desk.place(2, &[("mug", 20)]);
    let some = ReleaseOrder { order: order(2), facility: Some(LONDON) };
    desk.order(O::Release(some)).unwrap();
    let events = names(&desk.order(cancel(2, None)).unwrap());
    assert_eq!(events[..2], ["OrderLinesCancelled", "CancellationRequested"], "{facility:?}");
    let buckets = desk.at_hand(2).lines[0].buckets;
    assert_eq!(buckets.cancelled + buckets.released, 20);
    assert_eq!(desk.at_hand(2).status, Status::Confirmed);
}

#[test]
fn a_parcel_that_leaves_answers_the_request_by_itself() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    desk.order(release(1)).unwrap();
    desk.order(pick(1, LONDON)).unwrap();
    desk.order(cancel(1, Some(1))).unwrap();
    desk.order(pack(1, LONDON)).unwrap();
    let told = names(&desk.order(ship(1)).unwrap());
    assert_eq!(told[..2], ["CancellationDeclined", "ShipmentShipped"]);
    assert_eq!(desk.order(cancel(1, None)), refused(OrderRefusal::UseReturn));
}

#[test]
fn a_facility_that_refuses_meets_the_requests_that_are_open_there() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    desk.order(release(1)).unwrap();
    desk.order(cancel(1, Some(1))).unwrap();
    let told = names(&desk.order(reject(1, LONDON)).unwrap());
    assert_eq!(told[..3], ["FulfilmentRejected", "CancellationAccepted", "OrderResourced"]);
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.cancelled, buckets.allocated), (1, 2));
    desk.order(release(1)).unwrap();
    desk.order(cancel(1, None)).unwrap();
    desk.order(reject(1, LEEDS)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Cancelled);
}
