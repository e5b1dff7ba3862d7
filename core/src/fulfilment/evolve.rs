//! Folding fulfilment events into the state.
//!
//! Law: nothing here decides; an event that does not fit the state is a corrupt history, and the
//! state is then thrown away by whoever holds it.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::event::{FulfilmentEvent, WorkEnded, WorkRequested};
use super::state::{Fulfilments, WorkOrder, WorkStage, WorkUnits};
use super::transitions::WorkState;
use crate::decide::CorruptHistory;
use crate::demand::Portion;
use crate::ids::{FacilityId, OrderId};

const NO_WORK: CorruptHistory = CorruptHistory::because("an event of work that is not under way");
const NO_UNITS: CorruptHistory = CorruptHistory::because("units leave work that they are not in");
const TOO_MANY: CorruptHistory = CorruptHistory::because("more units than can be counted");

/// The keys of all work of an order.
pub(super) fn of_order(order: OrderId) -> RangeInclusive<(OrderId, FacilityId)> {
    (order, FacilityId(0))..=(order, FacilityId(u16::MAX))
}

/// Folds an event into the state, and keeps the queue and the deadlines in step.
pub(super) fn evolve(all: &mut Fulfilments, event: &FulfilmentEvent) -> Result<(), CorruptHistory> {
    let order = event.order();
    let facility = match event {
        FulfilmentEvent::Requested(e) => e.facility,
        FulfilmentEvent::Accepted(e) => e.facility,
        FulfilmentEvent::TimedOut(e) => e.facility,
        FulfilmentEvent::Advanced(e) => e.facility,
        FulfilmentEvent::Shipped(e) => e.facility,
        FulfilmentEvent::Withdrawn(e) => e.facility,
        FulfilmentEvent::Ended(e) => e.facility,
        FulfilmentEvent::Forgotten(_) => return forget(all, order),
    };
    let key = (order, facility);
    let last = all.work.remove(&key);
    if let Some(last) = &last {
        unlist(all, key, last);
    }
    let work = match (event, last) {
        (FulfilmentEvent::Requested(e), last) => requested(e, last)?,
        (_, None) => return Err(NO_WORK),
        (event, Some(work)) if work.state.is_open() => change(work, event)?,
        (_, Some(_)) => return Err(NO_WORK),
    };
    list(all, key, &work);
    all.work.insert(key, work);
    Ok(())
}

fn list(all: &mut Fulfilments, (order, facility): (OrderId, FacilityId), work: &WorkOrder) {
    if work.state.is_open() {
        all.queue.insert((facility, work.asked_at, order));
    }
    if let Some(answer_by) = work.answer_by {
        all.deadlines.insert((answer_by, order, facility));
    }
}

fn unlist(all: &mut Fulfilments, (order, facility): (OrderId, FacilityId), work: &WorkOrder) {
    all.queue.remove(&(facility, work.asked_at, order));
    if let Some(answer_by) = work.answer_by {
        all.deadlines.remove(&(answer_by, order, facility));
    }
}

fn forget(all: &mut Fulfilments, order: OrderId) -> Result<(), CorruptHistory> {
    let known: Vec<_> = all.work.range(of_order(order)).map(|(key, _)| *key).collect();
    if known.is_empty() {
        return Err(CorruptHistory::because("work is forgotten that nobody was asked for"));
    }
    for key in known {
        if let Some(work) = all.work.remove(&key) {
            unlist(all, key, &work);
        }
    }
    Ok(())
}

fn requested(event: &WorkRequested, last: Option<WorkOrder>) -> Result<WorkOrder, CorruptHistory> {
    let mut work = match last {
        Some(open) if open.state.is_open() && open.number == event.work => open,
        Some(open) if open.state.is_open() => {
            return Err(CorruptHistory::because("work is asked for before the last has ended"));
        }
        last => WorkOrder {
            number: event.work,
            ended: last.map_or(0, |last| last.ended),
            state: WorkState::Requested,
            asked_at: event.at,
            answer_by: event.answer_by,
            ship_by: None,
            shipped: false,
            units: Vec::new(),
        },
    };
    for portion in &event.portions {
        let units = match work.units.binary_search_by(|units| units.order_to(portion)) {
            Ok(at) => work.units.get_mut(at),
            Err(at) => {
                work.units.insert(at, WorkUnits::none_of(portion));
                work.units.get_mut(at)
            }
        };
        add(units.ok_or(NO_UNITS)?, WorkStage::ToPick, portion.quantity)?;
    }
    Ok(work)
}

fn change(mut work: WorkOrder, event: &FulfilmentEvent) -> Result<WorkOrder, CorruptHistory> {
    match event {
        FulfilmentEvent::Accepted(e) => {
            if work.state == WorkState::Requested {
                work.state = WorkState::Accepted;
            }
            (work.answer_by, work.ship_by) = (None, e.ship_by);
        }
        FulfilmentEvent::TimedOut(_) => {
            (work.answer_by, work.state) = (None, WorkState::TimedOut);
        }
        FulfilmentEvent::Advanced(e) => {
            let from =
                if e.to == WorkStage::Packed { WorkStage::Picked } else { WorkStage::ToPick };
            for portion in &e.portions {
                let units = units_of(&mut work, portion)?;
                take(units, from, portion.quantity)?;
                add(units, e.to, portion.quantity)?;
            }
            (work.answer_by, work.state) = (None, WorkState::InProgress);
        }
        FulfilmentEvent::Shipped(e) => {
            for portion in &e.portions {
                take(units_of(&mut work, portion)?, WorkStage::Packed, portion.quantity)?;
            }
            work.shipped = true;
        }
        FulfilmentEvent::Withdrawn(e) => {
            for portion in &e.portions {
                withdraw(units_of(&mut work, portion)?, portion.quantity)?;
            }
        }
        FulfilmentEvent::Ended(e) => finish(&mut work, e)?,
        FulfilmentEvent::Requested(_) | FulfilmentEvent::Forgotten(_) => {}
    }
    work.units.retain(|units| units.total() > 0);
    Ok(work)
}

fn finish(work: &mut WorkOrder, event: &WorkEnded) -> Result<(), CorruptHistory> {
    if work.number != event.work || event.state.is_open() {
        return Err(NO_WORK);
    }
    work.state = event.state;
    work.answer_by = None;
    work.units = Vec::new();
    work.ended = work.ended.checked_add(1).ok_or(TOO_MANY)?;
    Ok(())
}

fn units_of<'a>(
    work: &'a mut WorkOrder,
    portion: &Portion,
) -> Result<&'a mut WorkUnits, CorruptHistory> {
    let at = work.units.binary_search_by(|units| units.order_to(portion)).map_err(|_| NO_UNITS)?;
    work.units.get_mut(at).ok_or(NO_UNITS)
}

/// What has come least far goes first, as the order role has it.
fn withdraw(units: &mut WorkUnits, quantity: u32) -> Result<(), CorruptHistory> {
    let mut rest = quantity;
    for stage in WorkStage::ALL {
        let taken = rest.min(units.in_stage(stage));
        take(units, stage, taken)?;
        rest = rest.saturating_sub(taken);
    }
    if rest == 0 { Ok(()) } else { Err(NO_UNITS) }
}

fn take(units: &mut WorkUnits, stage: WorkStage, quantity: u32) -> Result<(), CorruptHistory> {
    let of = units.in_stage_mut(stage);
    *of = of.checked_sub(quantity).ok_or(NO_UNITS)?;
    Ok(())
}

fn add(units: &mut WorkUnits, stage: WorkStage, quantity: u32) -> Result<(), CorruptHistory> {
    let of = units.in_stage_mut(stage);
    *of = of.checked_add(quantity).ok_or(TOO_MANY)?;
    Ok(())
}
