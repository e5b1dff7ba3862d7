//! Requests to cancel what a facility works on: which of them a refusal or a parcel ends.
//! Why: a request that is answered by what happened elsewhere is a lie to the customer.

use crate::support::kits::{LEEDS, cancel, named};
use crate::support::{Desk, names, order, units};
use earmark::ids::{CancellationNumber, FacilityId, LineNumber, Tier};
use earmark::inventory::Adjustment;
use earmark::order::{
    DeclineCancellation, LineRef, LineUnits, OrderCommand as O, PackOrder, PickOrder,
    RejectFulfilment, ReleaseOrder, ShipOrder,
};

const LONDON: FacilityId = FacilityId(0);

/// Mugs in London and pens in Leeds, and both work on them.
fn released(lines: &[(&str, u32)]) -> Desk {
    let mut desk = Desk::open();
    desk.adjust("LDS", Tier::Primary, Adjustment::Lost, 10);
    desk.place(1, lines);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    desk
}

fn told(desk: &mut Desk, command: O) -> Vec<&'static str> {
    names(&desk.order(command).unwrap())
}

/// Which requests nobody has answered.
fn open(desk: &Desk) -> Vec<u16> {
    let requests = desk.at_hand(1).cancellations.iter();
    requests.filter(|c| c.answer.is_none()).map(|c| c.number.0).collect()
}

fn refuse(facility: FacilityId) -> O {
    O::RejectFulfilment(RejectFulfilment { order: order(1), facility, reason: None })
}

/// One mug in London is packed, and leaves.
fn one_leaves(desk: &mut Desk) -> Vec<&'static str> {
    let (order, facility, missing) = (order(1), LONDON, None);
    let line = LineRef::Number(LineNumber(0));
    let lines = Some(vec![LineUnits { line, quantity: units(1) }]);
    told(desk, O::Pick(PickOrder { order, facility, lines, missing }));
    told(desk, O::Pack(PackOrder { order, facility }));
    told(desk, O::Ship(ShipOrder { order, facility: Some(facility) }))
}

#[test]
fn a_facility_that_refuses_meets_its_own_open_requests_only() {
    let mut desk = released(&[("mug", 2), ("pen", 2)]);
    told(&mut desk, cancel(1, Some(named(0, 1))));
    told(&mut desk, cancel(1, Some(named(1, 1))));
    assert_eq!(open(&desk), [1, 2]);
    let told = told(&mut desk, refuse(LEEDS));
    assert_eq!(told.iter().filter(|name| **name == "CancellationAccepted").count(), 1, "{told:?}");
    assert_eq!(open(&desk), [1], "London goes on with its own");
}

#[test]
fn a_request_that_was_declined_is_not_met_by_a_refusal() {
    let mut desk = released(&[("mug", 2)]);
    told(&mut desk, cancel(1, Some(named(0, 1))));
    let (cancellation, reason) = (CancellationNumber(1), None);
    let decline = DeclineCancellation { order: order(1), cancellation, reason };
    told(&mut desk, O::DeclineCancellation(decline));
    let told = told(&mut desk, refuse(LONDON));
    assert!(!told.contains(&"CancellationAccepted"), "{told:?}");
    let line = desk.at_hand(1).buckets_of(LineNumber(0));
    assert_eq!((line.cancelled, line.allocated), (2, 0), "both are asked for elsewhere, in vain");
}

#[test]
fn a_parcel_ends_a_request_only_for_units_that_are_in_it() {
    let mut desk = released(&[("mug", 3)]);
    told(&mut desk, cancel(1, Some(named(0, 2))));
    let told_then = one_leaves(&mut desk);
    assert!(!told_then.contains(&"CancellationDeclined"), "two are still there: {told_then:?}");
    assert_eq!(open(&desk), [1]);
    let mut desk = released(&[("mug", 3)]);
    told(&mut desk, cancel(1, None));
    assert!(one_leaves(&mut desk).contains(&"CancellationDeclined"), "one of the three has left");
    assert_eq!(open(&desk), [0_u16; 0]);
}
