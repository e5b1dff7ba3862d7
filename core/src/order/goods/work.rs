//! What warehouses do with an order: release, pick, pack, or refuse it.
//!
//! Law: a hold, or a payment that does not cover the order, keeps units from being released, and
//! nothing else does once they are allocated; what a facility refuses or does not find is cancelled
//! if somebody has asked for that, and else sourced again in the same step, elsewhere. Who refused
//! is asked for nothing of the order again (but what waits, where the policy lets nobody wait any
//! more, goes on waiting for whoever has it); who had too few is passed over once.

use alloc::vec;
use alloc::vec::Vec;

use super::super::command::{
    LineUnits, PackOrder, PickOrder, RecordTimedOut, RejectFulfilment, ReleaseOrder,
};
use super::super::decide::Decision;
use super::super::event::{
    FulfilmentRejected, FulfilmentReleased, ItemsPacked, ItemsPicked, OrderEvent, Resourcing,
};
use super::super::refusal::OrderRefusal;
use super::super::stage::{self, IN_WORK, Stage};
use super::super::state::Order;
use super::super::{backorder, cancel, holds, news, payment};
use super::{Parts, cut, spread};
use crate::demand::{Awaited, Portion};
use crate::ids::{FacilityId, Text};
use crate::policy::BackorderPolicy;
use crate::time::Timestamp;

/// Hands out what is allocated, one event a facility.
pub(in crate::order) fn release(command: &ReleaseOrder, order: &Order, at: Timestamp) -> Decision {
    let mut portions = stage::portions(order, &[Stage::Allocated]);
    portions.retain(|p| command.facility.is_none_or(|only| only == p.facility));
    if portions.is_empty() {
        let known = |f: FacilityId| command.facility.is_none_or(|only| only == f);
        return repeated(order, known, OrderRefusal::NothingToRelease);
    }
    holds::check(order)?;
    payment::check(order)?;
    let id = command.order;
    portions.sort_by_key(|p| (p.facility, p.line, p.tier, p.reservation));
    let of_facility = |parcel: &[Portion]| {
        let facility = parcel.first()?.facility;
        let portions = parcel.to_vec();
        Some(OrderEvent::Released(FulfilmentReleased { order: id, at, facility, portions }))
    };
    Ok(portions.chunk_by(|a, b| a.facility == b.facility).filter_map(of_facility).collect())
}

/// Units picked, and units that were not found: those are sourced again from other facilities.
pub(in crate::order) fn pick(command: &PickOrder, order: &Order, at: Timestamp) -> Decision {
    let PickOrder { order: id, facility, .. } = *command;
    let released = at_facility(order, &[Stage::Released], facility);
    let (lines, missing) = (command.lines.as_deref(), command.missing.as_deref());
    if released.is_empty() && lines.is_none() && missing.is_none() {
        return repeated(order, |f| f == facility, OrderRefusal::NothingReleased);
    }
    let (missing, found) = named(order, &released, missing)?;
    let picked = match lines {
        Some(lines) => named(order, &found, Some(lines))?.0,
        None => found,
    };
    let mut events = Vec::new();
    if !picked.is_empty() {
        events.push(OrderEvent::Picked(ItemsPicked { order: id, facility, portions: picked }));
    }
    if !missing.is_empty() {
        let why = Resourcing::ItemsMissing;
        let met = cancel::met_by_loss(id, order, &missing, at);
        let (again, excluded) = (met.left.clone(), without(order, facility));
        events.extend(news::source_some_again(id, order, why, missing, &again, excluded)?);
        events.extend(met.into_events(id, order, at));
    }
    Ok(events)
}

/// What is picked goes into the parcel.
pub(in crate::order) fn pack(command: &PackOrder, order: &Order) -> Decision {
    let PackOrder { order: id, facility } = *command;
    let portions = at_facility(order, &[Stage::Picked], facility);
    if portions.is_empty() {
        let packed =
            order.tied.iter().any(|t| is_there(t.stage, Stage::Packed, &t.portion, facility));
        let shipped = order.shipments.iter().any(|s| s.facility == facility);
        return if packed || shipped { Ok(vec![]) } else { Err(OrderRefusal::NothingPicked) };
    }
    Ok(vec![OrderEvent::Packed(ItemsPacked { order: id, facility, portions })])
}

/// The facility gives everything back that it has got to work on.
pub(in crate::order) fn reject(
    command: &RejectFulfilment,
    order: &Order,
    policy: BackorderPolicy,
    at: Timestamp,
) -> Decision {
    let RejectFulfilment { order: id, facility, reason } = command;
    let (id, facility) = (*id, *facility);
    let portions = stage::merge(at_facility(order, &IN_WORK, facility));
    if portions.is_empty() {
        let before = order.refused.contains(&facility);
        return if before { Ok(vec![]) } else { Err(OrderRefusal::NothingReleased) };
    }
    let reason = reason.clone();
    let rejected = FulfilmentRejected { order: id, at, facility, reason };
    let mut events = vec![OrderEvent::FulfilmentRejected(rejected)];
    let mut met = Vec::new();
    let (left, last) = cancel::met_by_refusal(id, order, facility, &portions, at, &mut met);
    let waits = asked_anew(order, facility, policy);
    match last {
        Some(reason) if left.is_empty() && waits.is_empty() => {
            let units = portions.iter().map(|p| u64::from(p.quantity));
            let units = units.fold(0, u64::saturating_add);
            events.append(&mut met);
            events.extend(cut::ending(id, order, units, reason, at));
        }
        _ => {
            let again = news::source_without(id, order, left, waits, without(order, facility))?;
            // Nothing waits for what the facility gives back, before that is free.
            let drops = |event: &OrderEvent| matches!(event, OrderEvent::BackorderDropped(_));
            let (dropped, asked): (Vec<_>, Vec<_>) = again.into_iter().partition(drops);
            events.extend(dropped.into_iter().chain(met).chain(asked));
        }
    }
    Ok(events)
}

/// What waits, and is not to come from the facility either: it is asked for anew without it. Where
/// nobody may wait any more, it would be refused then; so it goes on waiting as it was promised,
/// for whoever has it.
fn asked_anew(order: &Order, facility: FacilityId, policy: BackorderPolicy) -> Vec<Awaited> {
    match policy {
        BackorderPolicy::Accept if !order.refused.contains(&facility) => backorder::all(order),
        BackorderPolicy::Accept | BackorderPolicy::Refuse => Vec::new(),
    }
}

/// The facility did not answer in time: as if it had refused, unless it has begun all the same, or
/// what it was asked for is not there any more.
pub(in crate::order) fn timed_out(
    command: &RecordTimedOut,
    order: &Order,
    policy: BackorderPolicy,
    at: Timestamp,
) -> Vec<OrderEvent> {
    let RecordTimedOut { order: id, facility, portions } = command;
    let (order_id, facility) = (*id, *facility);
    let begun = !at_facility(order, &[Stage::Picked, Stage::Packed], facility).is_empty();
    let released = at_facility(order, &[Stage::Released], facility);
    let asked = released.iter().any(|held| portions.iter().any(|p| stage::is_same(held, p)));
    if begun || !asked {
        return Vec::new();
    }
    let reason = Text::new("no answer in time").ok();
    let refused = RejectFulfilment { order: order_id, facility, reason };
    // An order that can't be sourced once more keeps what it has.
    reject(&refused, order, policy, at).unwrap_or_default()
}

/// Nothing is left to do there: a retry if something was done before, else a refusal.
fn repeated(order: &Order, there: impl Fn(FacilityId) -> bool, refusal: OrderRefusal) -> Decision {
    let in_work = order.tied.iter().any(|t| t.stage.is_in_work() && there(t.portion.facility));
    let shipped = order.shipments.iter().any(|s| there(s.facility));
    if in_work || shipped { Ok(vec![]) } else { Err(refusal) }
}

fn is_there(stage: Stage, wanted: Stage, portion: &Portion, facility: FacilityId) -> bool {
    stage == wanted && portion.facility == facility
}

fn at_facility(order: &Order, stages: &[Stage], facility: FacilityId) -> Vec<Portion> {
    let mut portions = stage::portions(order, stages);
    portions.retain(|p| p.facility == facility);
    portions
}

/// The named units of the portions, and the rest; nothing is named by nothing.
fn named(
    order: &Order,
    portions: &[Portion],
    lines: Option<&[LineUnits]>,
) -> Result<(Vec<Portion>, Vec<Portion>), OrderRefusal> {
    let Some(lines) = lines else { return Ok((Vec::new(), portions.to_vec())) };
    let possible = |line: usize| {
        let of_line = portions.iter().filter(|p| p.line.index() == line);
        of_line.map(|p| p.quantity).fold(0, u32::saturating_add)
    };
    Ok(stage::take(portions, &spread(order, lines, Parts::Named, possible)?))
}

/// The facilities that refused the order, and this one.
fn without(order: &Order, facility: FacilityId) -> Vec<FacilityId> {
    let mut excluded = order.refused.clone();
    if let Err(at) = excluded.binary_search(&facility) {
        excluded.insert(at, facility);
    }
    excluded
}
