//! Order and facilities shake hands: released, accepted, begun, done, or given back. Why: released
//! work that nobody does is how an order is lost, and work that two do is how it is sent twice.

use crate::support::{Desk, START, names, order, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::{
    Answer, CancellationView, Command, Event, Query, QueryRefusal, Refusal, SetPolicy, WorkAfter,
    WorkView, WorklistQuery, WorkloadQuery, WorkloadView,
};
use earmark::fulfilment::{
    AcceptFulfilment, FulfilmentCommand, FulfilmentRefusal, WorkStage, WorkState,
};
use earmark::ids::{CancellationNumber, FacilityId, ShipmentNumber, Tier, WorkNumber};
use earmark::inventory::Adjustment;
use earmark::order::{
    AcceptCancellation, CancelOrder, CancelReason, DeliverShipment, LineRef, LineUnits,
    OrderCommand as O, PackOrder, PickOrder, RejectFulfilment, ReleaseOrder, ShipOrder, Status,
    VoidShipping,
};
use earmark::policy::{FulfilmentPolicy, Policy};
use earmark::time::{Span, Timestamp};

const LONDON: FacilityId = FacilityId(0);
const LEEDS: FacilityId = FacilityId(1);
const HOUR: u64 = 3_600_000;

/// A desk whose facilities have an hour to answer.
fn impatient() -> Desk {
    let mut desk = Desk::open();
    let fulfilment = FulfilmentPolicy { answer_within: Some(Span::from_millis(HOUR)) };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { fulfilment, ..Policy::default() } }));
    desk
}

fn release(desk: &mut Desk, n: u8) -> Vec<&'static str> {
    names(&desk.order(O::Release(ReleaseOrder { order: order(n), facility: None })).unwrap())
}

fn accept_by(
    desk: &mut Desk,
    n: u8,
    facility: FacilityId,
    ship_by: Option<u64>,
) -> Result<Vec<Event>, Refusal> {
    let ship_by = ship_by.map(Timestamp::from_millis);
    let accept = AcceptFulfilment { order: order(n), facility, ship_by };
    desk.ask(Command::Fulfilment(FulfilmentCommand::Accept(accept)))
}

fn accept(desk: &mut Desk, n: u8, facility: FacilityId) -> Result<Vec<Event>, Refusal> {
    accept_by(desk, n, facility, None)
}

fn pick(desk: &mut Desk, n: u8, facility: FacilityId, missing: u32) -> Vec<&'static str> {
    let missing = (missing > 0).then(|| mugs(missing));
    let pick = PickOrder { order: order(n), facility, lines: None, missing };
    names(&desk.order(O::Pick(pick)).unwrap())
}

fn pack(desk: &mut Desk, n: u8, facility: FacilityId) -> Vec<&'static str> {
    names(&desk.order(O::Pack(PackOrder { order: order(n), facility })).unwrap())
}

fn ship(desk: &mut Desk, n: u8) -> Vec<&'static str> {
    names(&desk.order(O::Ship(ShipOrder { order: order(n), facility: None })).unwrap())
}

fn mugs(n: u32) -> Vec<LineUnits> {
    vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(n) }]
}

fn gone(state: WorkState) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::Fulfilment(FulfilmentRefusal::WorkGone { state }))
}

fn unknown(n: u8, facility: FacilityId) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::Fulfilment(FulfilmentRefusal::UnknownWork { order: order(n), facility }))
}

fn state(desk: &Desk, n: u8, facility: FacilityId) -> WorkState {
    let work = desk.shop.fulfilments().get(order(n), facility);
    work.map_or(WorkState::Unasked, |work| work.state)
}

fn worklist(desk: &Desk, facility: FacilityId, after: Option<&WorkView>) -> Vec<WorkView> {
    let after = after.map(|w| WorkAfter { asked_at: w.asked_at, order: w.order });
    let query = Query::Worklist(WorklistQuery { facility, after, limit: Some(2) });
    match desk.shop.query(&query, &Principal::Staff) {
        Ok(Answer::Worklist(page)) => page,
        other => panic!("{other:?}"),
    }
}

fn workload(desk: &Desk) -> Vec<WorkloadView> {
    match desk.shop.query(&Query::Workload(WorkloadQuery {}), &Principal::Staff) {
        Ok(Answer::Workload(load)) => load,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_facility_accepts_picks_packs_and_ships() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    assert_eq!(accept(&mut desk, 1, LONDON), unknown(1, LONDON));
    assert_eq!(release(&mut desk, 1), ["FulfilmentReleased", "WorkRequested"]);
    assert_eq!(accept(&mut desk, 1, LEEDS), unknown(1, LEEDS), "it lies in London");
    assert_eq!(names(&accept(&mut desk, 1, LONDON).unwrap()), ["FulfilmentAccepted"]);
    assert_eq!(accept(&mut desk, 1, LONDON), Ok(vec![]), "accepting twice is accepting once");
    assert_eq!(pick(&mut desk, 1, LONDON, 0), ["ItemsPicked", "WorkAdvanced"]);
    assert_eq!(accept(&mut desk, 1, LONDON), Ok(vec![]), "it has begun");
    assert_eq!(pack(&mut desk, 1, LONDON), ["ItemsPacked", "WorkAdvanced"]);
    let left = ["ShipmentShipped", "StockShipped", "CustomerNotified", "WorkShipped", "WorkEnded"];
    assert_eq!(ship(&mut desk, 1), left);
    assert_eq!(state(&desk, 1, LONDON), WorkState::Done);
    assert_eq!(accept(&mut desk, 1, LONDON), Ok(vec![]), "too late to matter");
    let asks = O::Release(ReleaseOrder { order: order(1), facility: None });
    assert_eq!(desk.order(asks), Ok(vec![]));
}

#[test]
fn a_promise_may_change_and_is_never_one_of_the_past() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    release(&mut desk, 1);
    let passed = FulfilmentRefusal::ShipByPassed { promised: Timestamp::from_millis(START - 1) };
    let refused = accept_by(&mut desk, 1, LONDON, Some(START - 1));
    assert_eq!(refused, Err(Refusal::Fulfilment(passed)));
    for (ship_by, events) in [(HOUR, 1), (HOUR, 0), (2 * HOUR, 1)] {
        let said = accept_by(&mut desk, 1, LONDON, Some(START + ship_by)).unwrap();
        assert_eq!(said.len(), events);
    }
    assert_eq!(accept(&mut desk, 1, LONDON), Ok(vec![]), "no word of it changes nothing");
    pick(&mut desk, 1, LONDON, 0);
    let said = accept_by(&mut desk, 1, LONDON, Some(START + 3 * HOUR)).unwrap();
    assert_eq!(names(&said), ["FulfilmentAccepted"]);
    let work = desk.shop.fulfilments().get(order(1), LONDON).unwrap();
    let promised = Some(Timestamp::from_millis(START + 3 * HOUR));
    assert_eq!((work.state, work.ship_by), (WorkState::InProgress, promised));
}

#[test]
fn whoever_is_silent_loses_the_work_to_another_in_one_step() {
    let mut desk = impatient();
    desk.place(1, &[("mug", 3)]);
    release(&mut desk, 1);
    assert_eq!(desk.shop.next_deadline(), Some(Timestamp::from_millis(START + HOUR)));
    assert_eq!(desk.pass(HOUR - 1), vec![]);
    let told = [
        "FulfilmentTimedOut",
        "FulfilmentRejected",
        "OrderResourced",
        "WorkEnded",
        "InventoryReleased",
        "InventoryTied",
        "OrderSourced",
    ];
    assert_eq!(names(&desk.pass(1)), told);
    assert_eq!(desk.at_hand(1).excluded, [LONDON]);
    assert_eq!(state(&desk, 1, LONDON), WorkState::TakenBack);
    assert_eq!(accept(&mut desk, 1, LONDON), gone(WorkState::TakenBack));
    let reject = RejectFulfilment { order: order(1), facility: LONDON, reason: None };
    assert_eq!(desk.order(O::RejectFulfilment(reject)), Ok(vec![]), "it has lost it already");
    assert_eq!(desk.pass(10 * HOUR), vec![], "and it never comes back");
    assert_eq!(release(&mut desk, 1), ["FulfilmentReleased", "WorkRequested"]);
    let leeds = worklist(&desk, LEEDS, None);
    let due = Timestamp::from_millis(desk.now + HOUR);
    assert_eq!((leeds[0].order, leeds[0].answer_by), (order(1), Some(due)));
    assert!(worklist(&desk, LONDON, None).is_empty());
}

#[test]
fn where_nobody_else_has_it_silence_ends_the_order() {
    let mut desk = impatient();
    desk.place(1, &[("pen", 4)]);
    release(&mut desk, 1);
    let told = names(&desk.pass(HOUR));
    assert!(told.contains(&"OrderCancelled") && told.contains(&"CustomerNotified"), "{told:?}");
    assert_eq!(desk.at_hand(1).status, Status::Cancelled);
    assert_eq!(state(&desk, 1, LEEDS), WorkState::TakenBack);
    assert_eq!(desk.available("pen"), 4);
}

#[test]
fn whoever_has_answered_or_begun_is_not_silent() {
    let mut desk = impatient();
    desk.place(1, &[("mug", 3)]);
    desk.place(2, &[("mug", 3)]);
    desk.place(3, &[("mug", 3)]);
    (1..=3).for_each(|n| drop(release(&mut desk, n)));
    accept(&mut desk, 1, LONDON).unwrap();
    pick(&mut desk, 2, LONDON, 0);
    let told = desk.pass(HOUR);
    assert!(told.iter().all(|event| event.order().is_none_or(|id| id == order(3))), "{told:?}");
    assert_eq!(state(&desk, 1, LONDON), WorkState::Accepted);
    assert_eq!(state(&desk, 2, LONDON), WorkState::InProgress);
    assert_eq!(state(&desk, 3, LONDON), WorkState::TakenBack);
    assert_eq!(desk.shop.next_deadline(), None);
}

#[test]
fn what_a_facility_refuses_is_not_its_any_more() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    release(&mut desk, 1);
    accept(&mut desk, 1, LONDON).unwrap();
    let reject = RejectFulfilment { order: order(1), facility: LONDON, reason: None };
    let told = names(&desk.order(O::RejectFulfilment(reject)).unwrap());
    assert!(told.contains(&"WorkEnded") && !told.contains(&"WorkWithdrawn"), "{told:?}");
    assert_eq!(accept(&mut desk, 1, LONDON), gone(WorkState::Rejected));
}

#[test]
fn what_is_cancelled_lost_or_not_found_leaves_the_work_by_the_difference() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3), ("pen", 2)]);
    release(&mut desk, 1);
    let work = |desk: &Desk| worklist(desk, LEEDS, None).first().map(|w| w.units.clone());
    let rows = |desk: &Desk| -> Vec<(u32, u32)> {
        work(desk).unwrap_or_default().iter().map(|u| (u.to_pick, u.picked)).collect()
    };
    assert_eq!(rows(&desk), [(3, 0), (2, 0)], "all of it from Leeds, in one parcel");
    pick(&mut desk, 1, LEEDS, 1);
    assert_eq!(rows(&desk), [(0, 2), (0, 2)], "one mug was not found");
    let (lines, reason) = (Some(mugs(2)), CancelReason::Customer);
    // The mug that is sourced elsewhere is free; for the other the facility is asked.
    desk.order(O::Cancel(CancelOrder { order: order(1), lines, reason })).unwrap();
    let cancellation = CancellationNumber(1);
    let asked = |desk: &Desk| -> Vec<(CancellationNumber, u32)> {
        let work = worklist(desk, LEEDS, None);
        let units = |c: &CancellationView| c.portions.iter().map(|p| p.quantity).sum();
        work[0].cancellations.iter().map(|c| (c.number, units(c))).collect()
    };
    assert_eq!(asked(&desk), [(cancellation, 1)], "the facility sees what it is asked for");
    let answer = AcceptCancellation { order: order(1), cancellation };
    let told = names(&desk.order(O::AcceptCancellation(answer)).unwrap());
    assert!(told.contains(&"WorkWithdrawn") && !told.contains(&"WorkEnded"), "{told:?}");
    assert_eq!(rows(&desk), [(0, 1), (0, 2)]);
    assert_eq!(asked(&desk), [], "and not what it has answered");
    desk.adjust("LDS", Tier::Primary, Adjustment::Lost, 9);
    assert_eq!(rows(&desk), [(0, 2)], "what is lost can't be packed");
    assert_eq!(state(&desk, 1, LEEDS), WorkState::InProgress);
}

#[test]
fn work_that_is_cancelled_as_a_whole_is_withdrawn() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    release(&mut desk, 1);
    let reason = CancelReason::Customer;
    desk.order(O::Cancel(CancelOrder { order: order(1), lines: None, reason })).unwrap();
    assert_eq!(state(&desk, 1, LONDON), WorkState::Requested, "the facility has to answer");
    let cancellation = CancellationNumber(1);
    let answer = AcceptCancellation { order: order(1), cancellation };
    desk.order(O::AcceptCancellation(answer)).unwrap();
    assert_eq!(accept(&mut desk, 1, LONDON), gone(WorkState::Withdrawn));
}

#[test]
fn work_that_is_asked_for_after_the_last_has_ended_is_other_work() {
    let mut desk = impatient();
    desk.place(1, &[("mug", 3)]);
    release(&mut desk, 1);
    pick(&mut desk, 1, LONDON, 0);
    pack(&mut desk, 1, LONDON);
    ship(&mut desk, 1);
    let shipment = ShipmentNumber(1);
    let void = O::VoidShipping(VoidShipping { order: order(1), shipment });
    assert_eq!(names(&desk.order(void).unwrap()), ["ShippingVoided", "StockUnshipped"]);
    assert_eq!(state(&desk, 1, LONDON), WorkState::Done, "it is to be released anew");
    release(&mut desk, 1);
    let work = &worklist(&desk, LONDON, None)[0];
    assert_eq!((work.work, work.state), (WorkNumber(2), WorkState::Requested));
    desk.pass(HOUR);
    assert_eq!(state(&desk, 1, LONDON), WorkState::TakenBack);
}

#[test]
fn what_is_shipped_without_a_release_asks_nobody() {
    let mut desk = impatient();
    desk.place(1, &[("mug", 3)]);
    assert_eq!(ship(&mut desk, 1), ["ShipmentShipped", "StockShipped", "CustomerNotified"]);
    assert_eq!(state(&desk, 1, LONDON), WorkState::Unasked);
    assert!(workload(&desk).is_empty());
}

#[test]
fn an_archived_order_is_forgotten_here_too() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    desk.place(2, &[("mug", 3)]);
    release(&mut desk, 1);
    pick(&mut desk, 1, LONDON, 0);
    pack(&mut desk, 1, LONDON);
    for n in [1, 2] {
        ship(&mut desk, n);
        desk.order(O::Deliver(DeliverShipment { order: order(n), shipment: None })).unwrap();
    }
    let told = names(&desk.pass(Span::from_days(90).as_millis()));
    let forgotten = told.iter().filter(|name| **name == "WorkForgotten").count();
    assert_eq!(forgotten, 1, "nobody was asked for the second order");
    assert_eq!(accept(&mut desk, 1, LONDON), unknown(1, LONDON));
    assert_eq!(desk.shop.fulfilments().iter().count(), 0);
}

#[test]
fn a_worklist_shows_the_oldest_first_page_by_page() {
    let mut desk = impatient();
    for n in 1..=5 {
        desk.place(n, &[("mug", 1)]);
    }
    for n in [4, 1, 5, 2] {
        release(&mut desk, n);
        desk.pass(1_000);
    }
    accept(&mut desk, 1, LONDON).unwrap();
    pick(&mut desk, 5, LONDON, 0);
    let first = worklist(&desk, LONDON, None);
    let second = worklist(&desk, LONDON, first.last());
    let listed: Vec<_> = first.iter().chain(&second).map(|w| (w.order, w.state)).collect();
    let (asked, taken, begun) = (WorkState::Requested, WorkState::Accepted, WorkState::InProgress);
    let expected = [(4, asked), (1, taken), (5, begun), (2, asked)];
    assert_eq!(listed, expected.map(|(n, state)| (order(n), state)));
    assert!(worklist(&desk, LONDON, second.last()).is_empty());
    let row = &first[0].units[0];
    assert_eq!((row.sku.clone(), row.tier, row.to_pick), (Some(text("mug")), Tier::Primary, 1));
    let load = WorkloadView {
        facility: LONDON,
        requested: 2,
        accepted: 1,
        in_progress: 1,
        timed_out: 0,
        oldest_waiting: Some(Timestamp::from_millis(START)),
    };
    assert_eq!(workload(&desk), [load]);
}

#[test]
fn no_customer_sees_or_takes_the_work_of_facilities() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    release(&mut desk, 1);
    let ada = Principal::Customer(text("ada"));
    let query = WorklistQuery { facility: LONDON, after: None, limit: None };
    for query in [Query::Worklist(query), Query::Workload(WorkloadQuery {})] {
        assert_eq!(desk.shop.query(&query, &ada), Err(QueryRefusal::StaffOnly));
    }
    let accept = AcceptFulfilment { order: order(1), facility: LONDON, ship_by: None };
    let accept = Command::Fulfilment(FulfilmentCommand::Accept(accept));
    assert_eq!(desk.ask_as(ada, accept), unknown(1, LONDON));
    let stages = desk.shop.fulfilments().get(order(1), LONDON).unwrap().in_work();
    assert_eq!(stages, [3, 0, 0]);
    assert_eq!(WorkStage::ALL.len(), stages.len());
}
