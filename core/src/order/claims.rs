//! Which parcels the units came in that are announced to come back.
//!
//! Law: every unit that is announced stands against one parcel that arrived, and no parcel has more
//! claimed of it than was in it; so a window that has closed on a parcel has closed on its units.

use alloc::format;
use alloc::vec::Vec;

use super::event::{ReturnRequested, UnitsOfLine, UnitsOfParcel};
use super::state::{Carriage, Order, Return, Shipment};
use crate::decide::CorruptHistory;
use crate::ids::{LineNumber, OrderId};
use crate::laws::{self, Audit};
use crate::time::{Span, Timestamp};

const NOT_THERE: CorruptHistory =
    CorruptHistory::because("more units are announced to come back than a parcel had");

/// Parcels of which units may still be announced, those first whose window closes first: so a claim
/// takes nothing that a later one could do without.
pub(super) fn open(order: &Order, window: Option<Span>, at: Timestamp) -> Vec<&Shipment> {
    let is_open = |s: &&Shipment| {
        let within = |window: Span| s.delivered_at.is_some_and(|then| at < then.after(window));
        s.state == Carriage::Delivered && window.is_none_or(within)
    };
    let mut parcels: Vec<&Shipment> = order.shipments.iter().filter(is_open).collect();
    if window.is_some() {
        parcels.sort_by_key(|s| s.delivered_at);
    }
    parcels
}

/// Units of a line in a parcel that are not announced to come back.
pub(super) fn left(order: &Order, parcel: &Shipment, line: LineNumber) -> u32 {
    let there = parcel.portions.iter().filter(|p| p.line == line).map(|p| p.quantity);
    let there = there.fold(0, u32::saturating_add);
    claimed(&order.returns, parcel, line).fold(there, u32::saturating_sub)
}

/// What returns claim of a line in a parcel.
pub(super) fn claimed<'a>(
    returns: &'a [Return],
    parcel: &Shipment,
    line: LineNumber,
) -> impl Iterator<Item = u32> + use<'a> {
    let shipment = parcel.number;
    let all = returns.iter().flat_map(|r| &r.parcels);
    all.filter(move |u| u.shipment == shipment && u.line == line).map(|u| u.quantity)
}

/// Units by the parcels they are taken from, in order; fewer if there are not so many.
pub(super) fn of<'a>(
    order: &Order,
    parcels: impl Iterator<Item = &'a Shipment> + Clone,
    units: &[UnitsOfLine],
) -> Vec<UnitsOfParcel> {
    let mut claims = Vec::new();
    for &UnitsOfLine { line, quantity } in units {
        let mut rest = quantity;
        for parcel in parcels.clone() {
            let quantity = rest.min(left(order, parcel, line));
            rest = rest.saturating_sub(quantity);
            if quantity > 0 {
                claims.push(UnitsOfParcel { shipment: parcel.number, line, quantity });
            }
        }
    }
    claims
}

/// What a return claims. Where the event does not say, that is what came last: when it was
/// announced, its window was open if that of any was.
pub(super) fn told(
    order: &Order,
    event: &ReturnRequested,
) -> Result<Vec<UnitsOfParcel>, CorruptHistory> {
    let mut delivered = open(order, None, Timestamp::default());
    if event.parcels.is_empty() {
        delivered.sort_by_key(|s| core::cmp::Reverse(s.delivered_at));
        return Ok(of(order, delivered.into_iter(), &event.units));
    }
    for claim in &event.parcels {
        let parcel = delivered.iter().find(|s| s.number == claim.shipment).ok_or(NOT_THERE)?;
        if claim.quantity > left(order, parcel, claim.line) {
            return Err(NOT_THERE);
        }
    }
    Ok(event.parcels.clone())
}

/// What a refused return claims still: what of it had come.
pub(super) fn keep_what_came(refused: &mut Return) {
    let mut came = refused.received.clone();
    for claim in &mut refused.parcels {
        let left = came.iter_mut().find(|units| units.line == claim.line);
        claim.quantity = claim.quantity.min(left.as_ref().map_or(0, |units| units.quantity));
        if let Some(units) = left {
            units.quantity = units.quantity.saturating_sub(claim.quantity);
        }
    }
    refused.parcels.retain(|claim| claim.quantity > 0);
}

/// Checks that what is announced to come back stands against parcels that arrived.
pub(super) fn audit(id: OrderId, order: &Order, audit: &mut Audit) {
    if order.returns.iter().all(|r| r.parcels.is_empty()) {
        return;
    }
    let sum =
        |units: &mut dyn Iterator<Item = u32>| units.map(u64::from).fold(0, u64::saturating_add);
    for (number, line) in (0_u16..).map(LineNumber).zip(&order.lines) {
        let mut all = 0_u64;
        for parcel in &order.shipments {
            let arrived = parcel.state == Carriage::Delivered;
            let there = parcel.portions.iter().filter(|p| arrived && p.line == number);
            let there = sum(&mut there.map(|p| p.quantity));
            let claims = sum(&mut claimed(&order.returns, parcel, number));
            all = all.saturating_add(claims);
            let holds = laws::claims_fit(there, claims);
            audit.expect(laws::CLAIMS_FIT, holds, || {
                format!("order {id} {number} {}: {claims} of {there}", parcel.number)
            });
        }
        let announced = u64::from(line.buckets.return_requested);
        audit.expect(laws::CLAIMS_FIT, all == announced, || {
            format!("order {id} {number}: {announced} announced, {all} of parcels")
        });
    }
}
