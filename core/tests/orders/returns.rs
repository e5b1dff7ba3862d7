//! Which parcels the units came in that are announced to come back. Why: a window is of a delivery,
//! and a request that is looked at alone may claim what an earlier one claimed already.

use crate::support::{Desk, order, units};
use crate::world::mirror::OpenShop;
use earmark::decide::Decide;
use earmark::flow::{Command, Event, Refusal, SetPolicy};
use earmark::ids::{FacilityId, LineNumber, ReturnNumber, ShipmentNumber, Tier};
use earmark::laws;
use earmark::order::{
    DeliverShipment, Disposition, LineRef, LineUnits, OrderCommand, OrderEvent,
    ReceiveReturnedUnits, RefuseReturn, RequestReturn, ReturnRequested, ShipOrder, UnitsOfLine,
    UnitsOfParcel,
};
use earmark::policy::{OrderPolicy, Policy};
use earmark::time::Span;

const DAY: u64 = 86_400_000;

/// A shop that takes back for 14 days; of one order 15 mugs come from London, and so many days
/// later 10 from Leeds.
fn delivered(days: u64) -> Desk {
    let mut desk = Desk::open();
    let orders = OrderPolicy { return_window: Some(Span::from_days(14)), ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk.place(1, &[("mug", 25)]);
    for (facility, later) in [(0, 0), (1, days)] {
        desk.now += later * DAY;
        let facility = Some(FacilityId(facility));
        desk.order(OrderCommand::Ship(ShipOrder { order: order(1), facility })).unwrap();
        let deliver = DeliverShipment { order: order(1), shipment: None };
        desk.order(OrderCommand::Deliver(deliver)).unwrap();
    }
    desk
}

/// Announces units: the parcels they are taken from.
fn announce(desk: &mut Desk, quantity: u32) -> Result<Vec<(u16, u32)>, Refusal> {
    let lines = vec![LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(quantity) }];
    let request = RequestReturn { order: order(1), lines };
    let events = desk.order(OrderCommand::RequestReturn(request))?;
    let [Event::Order(OrderEvent::ReturnRequested(e))] = &events[..] else { panic!("{events:?}") };
    Ok(e.parcels.iter().map(|p| (p.shipment.0, p.quantity)).collect())
}

fn refuse(desk: &mut Desk, number: u16) {
    let number = ReturnNumber(number);
    let refuse = RefuseReturn { order: order(1), number, reason: None };
    desk.order(OrderCommand::RefuseReturn(refuse)).unwrap();
}

#[test]
fn three_requests_of_seven_do_not_stretch_a_window_over_ten_units() {
    let mut desk = delivered(30);
    assert_eq!(announce(&mut desk, 7), Ok(vec![(2, 7)]));
    assert_eq!(announce(&mut desk, 7).unwrap_err().code(), "return-window-closed");
    assert_eq!(announce(&mut desk, 3), Ok(vec![(2, 3)]));
    assert_eq!(announce(&mut desk, 1).unwrap_err().code(), "return-window-closed");
    refuse(&mut desk, 2);
    assert_eq!(desk.at_hand(1).returns[1].parcels, [], "nothing of it had come");
    assert_eq!(announce(&mut desk, 3), Ok(vec![(2, 3)]), "what was refused is free again");
}

#[test]
fn what_may_come_back_is_taken_from_the_parcel_whose_window_closes_first() {
    let mut desk = delivered(10);
    assert_eq!(announce(&mut desk, 13), Ok(vec![(1, 13)]));
    let mut later = delivered(10);
    assert_eq!(announce(&mut desk, 4), Ok(vec![(1, 2), (2, 2)]));
    assert_eq!(announce(&mut later, 13), Ok(vec![(1, 13)]));
    later.now += 10 * DAY;
    assert_eq!(announce(&mut later, 11).unwrap_err().code(), "return-window-closed");
    assert_eq!(announce(&mut later, 10), Ok(vec![(2, 10)]), "nobody took of these too early");
}

/// Whether units can be found for all requests, each within the window at its time: unit by unit,
/// whoever is in the way is moved on.
fn can_be(arrived: &[(u64, u32)], asked: &[(u64, u32)]) -> bool {
    let each = |of: &[(u64, u32)]| -> Vec<u64> {
        of.iter().flat_map(|&(day, n)| vec![day; n as usize]).collect()
    };
    let (there, wanted) = (each(arrived), each(asked));
    let mut has: Vec<Option<usize>> = vec![None; there.len()];
    fn find(
        one: usize,
        wanted: &[u64],
        there: &[u64],
        has: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        (0..there.len()).any(|unit| {
            let fits = there[unit] <= wanted[one] && wanted[one] < there[unit] + 14;
            if !fits || core::mem::replace(&mut seen[unit], true) {
                return false;
            }
            let free = has[unit].is_none_or(|other| find(other, wanted, there, has, seen));
            if free {
                has[unit] = Some(one);
            }
            free
        })
    }
    (0..wanted.len()).all(|one| find(one, &wanted, &there, &mut has, &mut vec![false; there.len()]))
}

#[test]
fn a_request_is_taken_exactly_if_units_can_be_found_for_it_and_for_all_before() {
    let mut seed = 7_u64;
    let mut any = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..60 {
        let later = any(20);
        let mut desk = delivered(later);
        let (mut day, mut asked) = (later, Vec::new());
        for _ in 0..6 {
            day += any(6);
            desk.now += (day - (desk.now - crate::support::START) / DAY) * DAY;
            let quantity = u32::try_from(1 + any(9)).unwrap();
            let with = [&asked[..], &[(day, quantity)]].concat();
            let possible = can_be(&[(0, 15), (later, 10)], &with);
            assert_eq!(announce(&mut desk, quantity).is_ok(), possible, "{later}: {with:?}");
            if possible {
                asked = with;
            }
            *(if possible { &mut taken } else { &mut refused }) += 1;
        }
    }
    assert!(taken > 100 && refused > 50, "{taken} were taken, {refused} refused");
}

fn requested(shipment: Option<u16>, quantity: u32) -> OrderEvent {
    let line = LineNumber(0);
    let of = |shipment| UnitsOfParcel { shipment: ShipmentNumber(shipment), line, quantity };
    OrderEvent::ReturnRequested(ReturnRequested {
        order: order(1),
        number: ReturnNumber(1),
        units: vec![UnitsOfLine { line, quantity }],
        parcels: shipment.into_iter().map(of).collect(),
    })
}

#[test]
fn a_request_of_the_first_version_stands_against_what_came_last() {
    let mut desk = delivered(30);
    desk.shop.apply(&Event::Order(requested(None, 7))).unwrap();
    assert_eq!(announce(&mut desk, 3), Ok(vec![(2, 3)]));
    assert_eq!(announce(&mut desk, 1).unwrap_err().code(), "return-window-closed");
}

#[test]
fn a_request_of_more_than_a_parcel_had_is_no_history() {
    let orders = delivered(30).shop.orders().clone();
    for (parcel, quantity, fits) in [(2, 10, true), (2, 11, false), (1, 15, true), (3, 1, false)] {
        let folded = orders.clone().evolve(&requested(Some(parcel), quantity));
        assert_eq!(folded.is_ok(), fits, "{quantity} of parcel {parcel}");
    }
}

#[test]
fn units_that_come_back_and_stand_against_no_parcel_are_found() {
    let mut desk = delivered(30);
    announce(&mut desk, 7).unwrap();
    let broken = |damage: fn(&mut UnitsOfParcel)| {
        let mut open = OpenShop::of(&desk.shop);
        damage(&mut open.orders.orders.get_mut(&order(1)).unwrap().returns[0].parcels[0]);
        open.shut().audit().broken.iter().map(|b| b.law).collect::<Vec<_>>()
    };
    assert_eq!(broken(|_| {}), [""; 0]);
    assert_eq!(broken(|claim| claim.quantity = 11), [laws::CLAIMS_FIT; 2]);
    assert_eq!(broken(|claim| claim.shipment = ShipmentNumber(9)), [laws::CLAIMS_FIT]);
}

fn of(line: u16, quantity: u32) -> LineUnits {
    LineUnits { line: LineRef::Number(LineNumber(line)), quantity: units(quantity) }
}

/// Order 1 of these lines comes in one parcel from London, and so many units of each are announced.
fn one_parcel(lines: &[(&str, u32)], back: &[LineUnits]) -> Desk {
    let mut desk = Desk::open();
    desk.place(1, lines);
    desk.order(OrderCommand::Ship(ShipOrder { order: order(1), facility: None })).unwrap();
    let deliver = DeliverShipment { order: order(1), shipment: None };
    desk.order(OrderCommand::Deliver(deliver)).unwrap();
    for lines in back.iter().map(|units| vec![units.clone()]) {
        let request = RequestReturn { order: order(1), lines };
        desk.order(OrderCommand::RequestReturn(request)).unwrap();
    }
    desk
}

/// Units of a return come: the line, the tier that they go back to, and how many.
fn come(desk: &mut Desk, number: u16, units: LineUnits) -> Vec<(u16, Tier, u32)> {
    let (number, facility, disposition) = (Some(ReturnNumber(number)), None, Disposition::Restock);
    let (order, lines) = (order(1), vec![units]);
    let part = ReceiveReturnedUnits { order, number, lines, facility, disposition };
    let events = desk.order(OrderCommand::ReceiveReturnedUnits(part)).unwrap();
    let back = match &events[0] {
        Event::Order(OrderEvent::ReturnReceived(e)) => &e.units,
        Event::Order(OrderEvent::ReturnPartlyReceived(e)) => &e.units,
        other => panic!("{other:?}"),
    };
    back.iter().map(|p| (p.line.0, p.tier, p.quantity)).collect()
}

#[test]
fn each_return_brings_back_its_own_units_of_a_parcel_whichever_comes_first() {
    let mut desk = one_parcel(&[("mug", 12)], &[of(0, 10), of(0, 2)]);
    assert_eq!(come(&mut desk, 2, of(0, 2)), [(0, Tier::Back, 2)]);
    assert_eq!(come(&mut desk, 1, of(0, 3)), [(0, Tier::Primary, 3)]);
    assert_eq!(come(&mut desk, 1, of(0, 7)), [(0, Tier::Primary, 7)]);
}

#[test]
fn what_came_of_one_line_is_not_counted_for_another() {
    let mut desk = one_parcel(&[("mug", 10), ("mug", 4)], &[]);
    let lines = vec![of(0, 2), of(1, 2)];
    let request = RequestReturn { order: order(1), lines };
    desk.order(OrderCommand::RequestReturn(request)).unwrap();
    assert_eq!(come(&mut desk, 1, of(0, 2)), [(0, Tier::Primary, 2)]);
    assert_eq!(come(&mut desk, 1, of(1, 2)), [(1, Tier::Back, 2)]);
}

#[test]
fn more_of_a_line_than_a_parcel_had_is_found_though_another_line_had_as_many() {
    let desk = one_parcel(&[("mug", 3), ("mug", 2)], &[of(0, 3)]);
    let mut open = OpenShop::of(&desk.shop);
    open.orders.orders.get_mut(&order(1)).unwrap().returns[0].parcels[0].quantity = 4;
    let laws: Vec<_> = open.shut().audit().broken.iter().map(|b| b.law).collect();
    assert_eq!(laws, [laws::CLAIMS_FIT; 2]);
}
