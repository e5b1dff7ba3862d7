//! Delivered units that come back.
//!
//! Law: no more come back than were announced, and no more are announced than were delivered.

use alloc::vec;
use alloc::vec::Vec;

use super::super::claims;
use super::super::command::{ReceiveReturn, ReceiveReturnedUnits, RefuseReturn, RequestReturn};
use super::super::decide::Decision;
use super::super::event::{
    OrderEvent, ReturnPartlyReceived, ReturnReceived, ReturnRefused, ReturnRequested, UnitsOfLine,
    UnitsOfParcel,
};
use super::super::refusal::OrderRefusal;
use super::super::state::{Order, Return};
use super::{Parts, last_number, spread};
use crate::demand::Portion;
use crate::ids::{FacilityId, LineNumber, OrderId, ReturnNumber, Text};
use crate::time::{Span, Timestamp};

/// Announces a return of delivered units, within the policy's window.
pub(in crate::order) fn request(
    command: &RequestReturn,
    order: &Order,
    window: Option<Span>,
    at: Timestamp,
) -> Decision {
    let delivered = |number: usize| {
        let buckets = order.lines.get(number).map(|l| l.buckets).unwrap_or_default();
        buckets.delivered.saturating_sub(buckets.return_requested)
    };
    let units = spread(order, &command.lines, Parts::Named, delivered)?;
    let open = claims::open(order, window, at);
    if let Some(window) = window {
        let recent = |number: usize| {
            let line = u16::try_from(number).map_or(LineNumber(u16::MAX), LineNumber);
            let left = open.iter().map(|parcel| claims::left(order, parcel, line));
            left.fold(0, u32::saturating_add)
        };
        spread(order, &command.lines, Parts::Named, recent)
            .map_err(|_| OrderRefusal::ReturnWindowClosed { window })?;
    }
    let number = last_number(order.returns.last().map(|r| r.number.0));
    let number = ReturnNumber(number.checked_add(1).ok_or(OrderRefusal::TooManyParts)?);
    let parcels = claims::of(order, open.into_iter(), &units);
    let requested = ReturnRequested { order: command.order, number, units, parcels };
    Ok(vec![OrderEvent::ReturnRequested(requested)])
}

/// Takes in what is left of a return: back to the tier it was picked from, at the facility named,
/// or its own.
pub(in crate::order) fn receive(command: &ReceiveReturn, order: &Order) -> Decision {
    let Some(found) = find(order, command.number)? else { return Ok(vec![]) };
    let units = arrived(order, found, &missing(found), command.facility);
    Ok(vec![OrderEvent::ReturnReceived(ReturnReceived {
        order: command.order,
        number: found.number,
        disposition: command.disposition,
        units,
    })])
}

/// Takes in some units of a return; the last ones end it.
pub(in crate::order) fn receive_some(command: &ReceiveReturnedUnits, order: &Order) -> Decision {
    let Some(found) = find(order, command.number)? else { return Ok(vec![]) };
    let missing = missing(found);
    let possible = |line: usize| {
        let of_line = missing.iter().filter(|u| u.line.index() == line).map(|u| u.quantity);
        of_line.fold(0, u32::saturating_add)
    };
    let named = spread(order, &command.lines, Parts::Named, possible)?;
    let units = arrived(order, found, &named, command.facility);
    let (order, number, disposition) = (command.order, found.number, command.disposition);
    let all = |units: &[UnitsOfLine]| {
        units.iter().map(|u| u64::from(u.quantity)).fold(0, u64::saturating_add)
    };
    Ok(vec![if all(&named) == all(&missing) {
        OrderEvent::ReturnReceived(ReturnReceived { order, number, disposition, units })
    } else {
        let part = ReturnPartlyReceived { order, number, disposition, units };
        OrderEvent::ReturnPartlyReceived(part)
    }])
}

/// Says no to what of a return has not come: its units stay with the customer.
pub(in crate::order) fn refuse(command: &RefuseReturn, order: &Order) -> Decision {
    let Some(found) = find(order, Some(command.number))? else { return Ok(vec![]) };
    let (number, reason) = (found.number, command.reason.clone());
    let refused = ReturnRefused { order: command.order, number, reason, units: missing(found) };
    Ok(vec![OrderEvent::ReturnRefused(refused)])
}

/// A return that has not come for so long that its order leaves.
pub(in crate::order) fn ended(order: OrderId, open: &Return) -> OrderEvent {
    let (number, reason) = (open.number, Text::new("it has not come").ok());
    OrderEvent::ReturnRefused(ReturnRefused { order, number, reason, units: missing(open) })
}

/// The return that is meant; none if it has ended.
fn find(order: &Order, number: Option<ReturnNumber>) -> Result<Option<&Return>, OrderRefusal> {
    let meant = |r: &&Return| match number {
        Some(number) => r.number == number,
        None => r.is_open(),
    };
    let found = order.returns.iter().find(meant).ok_or(OrderRefusal::NoSuchReturn)?;
    Ok(found.is_open().then_some(found))
}

/// What of a return has not come.
fn missing(found: &Return) -> Vec<UnitsOfLine> {
    let left = |u: &UnitsOfLine| {
        let received = found.received.iter().filter(|r| r.line == u.line).map(|r| r.quantity);
        let quantity = received.fold(u.quantity, u32::saturating_sub);
        (quantity > 0).then_some(UnitsOfLine { line: u.line, quantity })
    };
    found.units.iter().filter_map(left).collect()
}

/// Where units go that came back: each to where it was shipped from, unless a facility is named.
fn arrived(
    order: &Order,
    found: &Return,
    units: &[UnitsOfLine],
    facility: Option<FacilityId>,
) -> Vec<Portion> {
    let mut portions = Vec::new();
    for back in units {
        let so_far = found.received.iter().filter(|r| r.line == back.line).map(|r| r.quantity);
        let mut came = so_far.fold(0, u32::saturating_add);
        let mut rest = back.quantity;
        for claim in found.parcels.iter().filter(|claim| claim.line == back.line) {
            let before = came.min(claim.quantity);
            came = came.saturating_sub(before);
            let quantity = rest.min(claim.quantity.saturating_sub(before));
            rest = rest.saturating_sub(quantity);
            take_from(order, found, *claim, before, quantity, &mut portions);
        }
    }
    for portion in &mut portions {
        portion.facility = facility.unwrap_or(portion.facility);
    }
    portions
}

/// Units of a line out of a parcel, behind those that earlier returns claim of it, and those of
/// this one that have come.
fn take_from(
    order: &Order,
    found: &Return,
    claim: UnitsOfParcel,
    before: u32,
    mut rest: u32,
    portions: &mut Vec<Portion>,
) {
    let Some(parcel) = order.shipments.iter().find(|s| s.number == claim.shipment) else { return };
    let at = order.returns.iter().position(|r| r.number == found.number).unwrap_or(0);
    let earlier = order.returns.get(..at).unwrap_or_default();
    let mut gone = claims::claimed(earlier, parcel, claim.line).fold(before, u32::saturating_add);
    for portion in parcel.portions.iter().filter(|p| p.line == claim.line) {
        let skipped = gone.min(portion.quantity);
        gone = gone.saturating_sub(skipped);
        let quantity = rest.min(portion.quantity.saturating_sub(skipped));
        rest = rest.saturating_sub(quantity);
        if quantity > 0 {
            portions.push(Portion { quantity, ..*portion });
        }
    }
}
