//! The life of a reservation: made soft or hard, extended, made hard, and ended once: consumed by
//! a shipment, released, expired, or stripped.
//!
//! Law: the plan that was checked is the plan that is booked, in one decision; releasing never
//! fails; only a soft reservation runs out (`harden` in `evolve` takes its deadline away); one that
//! has ended is never revived, only made anew.

use alloc::vec;
use alloc::vec::Vec;

use super::backorder::{BackorderReleased, InventoryBackordered, Parted};
use super::command::{Allocate, Extend, Release, Reserve};
use super::event::{
    InventoryAllocated, InventoryEvent, InventoryExpired, InventoryExtended, InventoryRejected,
    InventoryReleased, InventoryTied,
};
use super::evolve::ENDED;
use super::kits::{ExplosionRejected, KitsExploded, KitsShort};
use super::ledger::{Inventory, ReservationId};
use super::plan::{Ask, Unplanned};
use crate::decide::CorruptHistory;
use crate::demand::{Awaited, Hold, Portion};
use crate::ids::{ItemId, LineNumber, OrderId, ReservationNumber};
use crate::limits::DUE_PER_TICK;
use crate::time::Timestamp;

/// Ties stock, and releases what it takes the place of in the same step: whoever asks has given
/// that up, so that it is released even if nothing can be tied instead.
pub(super) fn reserve(
    inventory: &Inventory,
    command: &Reserve,
    next: Option<LineNumber>,
    at: Timestamp,
) -> Vec<InventoryEvent> {
    let Reserve { order, reservation, demands, destination, hold, .. } = command;
    let (order, reservation, hold) = (*order, *reservation, *hold);
    if inventory.reservation(ReservationId { order, number: reservation }).is_some() {
        return vec![];
    }
    let replaces = command.replaces.iter();
    let mut released: Vec<InventoryReleased> =
        replaces.filter_map(|replaced| freed(inventory, replaced)).collect();
    if demands.is_empty() {
        return released.into_iter().map(InventoryEvent::Released).collect();
    }
    let (tied, waits) = inventory.all_of(command.instead_of);
    let of_both = released.iter().flat_map(|r| &r.portions).chain(&tied);
    let free: Vec<Portion> = of_both.copied().collect();
    let left_out = [&command.excluded[..], &command.passed_over[..]].concat();
    let ask = Ask { demands, destination, excluded: &left_out, freed: &free, at: Some(at) };
    let (mut before, mut booked) = (None, None);
    let planned = inventory.plan_in_place(&ask, reservation, next, &command.excluded, &waits);
    let mut gone = None;
    if let (Some(order), true) = (command.instead_of, planned.is_ok()) {
        released.extend((!tied.is_empty()).then_some(InventoryReleased { order, portions: tied }));
        let units = waits;
        gone = (!units.is_empty()).then_some(BackorderReleased { order, units });
    }
    let answer = match planned {
        Ok(Parted { plan, awaited }) => {
            before = queued(inventory, command, awaited);
            plan.map(|plan| {
                if !plan.kits.is_empty() {
                    let kits = plan.kits;
                    let exploded = KitsExploded { order, reservation, kits };
                    before = Some(InventoryEvent::KitsExploded(exploded));
                }
                let (portions, items, sourced) = (plan.portions, plan.items, plan.sourced);
                let parcels = sourced.parcels.iter().map(|parcel| parcel.facility);
                booked = inventory.book(order, parcels, at).map(InventoryEvent::ParcelsBooked);
                let tied = InventoryTied { order, reservation, hold, portions, items, sourced };
                InventoryEvent::Tied(tied)
            })
        }
        Err(Unplanned::Short(shortfalls)) => {
            let kits = inventory.kits_short(demands, &shortfalls);
            if !kits.is_empty() {
                let short = KitsShort { order, reservation, kits };
                before = Some(InventoryEvent::KitsShort(short));
            }
            let why = InventoryRejected { shortfalls, ..rejected(order, reservation) };
            Some(InventoryEvent::Rejected(why))
        }
        Err(Unplanned::TooManyParcels { allowed }) => {
            let too_many_parcels = Some(allowed);
            let why = InventoryRejected { too_many_parcels, ..rejected(order, reservation) };
            Some(InventoryEvent::Rejected(why))
        }
        Err(Unplanned::KitsTooLarge { lines, units }) => {
            let why = ExplosionRejected { order, reservation, lines, units };
            Some(InventoryEvent::ExplosionRejected(why))
        }
    };
    let released = released.into_iter().map(InventoryEvent::Released);
    let gone = gone.map(InventoryEvent::BackorderReleased);
    // Kits do not wait, so that one of the two comes before the tie at the most.
    released.chain(gone).chain(before).chain(answer).chain(booked).collect()
}

/// What a reservation waits for.
fn queued(inventory: &Inventory, command: &Reserve, units: Vec<Awaited>) -> Option<InventoryEvent> {
    let mut ids: Vec<ItemId> = units.iter().map(|u| u.item).collect();
    ids.sort_unstable();
    ids.dedup();
    let backordered = InventoryBackordered {
        order: command.order,
        reservation: command.reservation,
        hold: command.hold,
        items: ids.into_iter().filter_map(|id| inventory.name(id)).collect(),
        destination: command.destination.clone(),
        excluded: command.excluded.clone(),
        units,
    };
    (!backordered.units.is_empty()).then_some(InventoryEvent::Backordered(backordered))
}

/// Makes a soft reservation hard; one that has ended is a rejection, for the order to hear.
pub(super) fn allocate(inventory: &Inventory, command: &Allocate) -> Vec<InventoryEvent> {
    let (order, reservation) = (command.order, command.reservation);
    match inventory.reservation(ReservationId { order, number: reservation }) {
        Some(open) if open.hold == Hold::Hard => vec![],
        Some(_) => vec![InventoryEvent::Allocated(InventoryAllocated { order, reservation })],
        None => lapsed(order, reservation),
    }
}

/// Lets a soft reservation hold longer; one that has ended or is due is a rejection, for the order
/// to hear. A hard one holds anyway, and none is ever cut short.
pub(super) fn extend(
    inventory: &Inventory,
    command: &Extend,
    at: Timestamp,
) -> Vec<InventoryEvent> {
    let Extend { order, reservation, until } = *command;
    match inventory.reservation(ReservationId { order, number: reservation }).map(|r| r.hold) {
        Some(Hold::Soft { until: now }) if now <= at => lapsed(order, reservation),
        Some(Hold::Soft { until: now }) if now < until => {
            vec![InventoryEvent::Extended(InventoryExtended { order, reservation, until })]
        }
        Some(Hold::Soft { .. } | Hold::Hard) => vec![],
        None => lapsed(order, reservation),
    }
}

/// Frees what is still tied of what is named; none if nothing is.
pub(super) fn release(inventory: &Inventory, command: &Release) -> Option<InventoryEvent> {
    freed(inventory, command).map(InventoryEvent::Released)
}

/// Ends the reservations that are due: soft ones, since no other has a deadline.
pub(super) fn tick(inventory: &Inventory, at: Timestamp) -> Vec<InventoryEvent> {
    let due = inventory.deadlines.iter().take_while(|(until, _)| *until <= at);
    let end = |&(_, ReservationId { order, number }): &(Timestamp, ReservationId)| {
        InventoryEvent::Expired(InventoryExpired { order, reservation: number })
    };
    due.take(DUE_PER_TICK).map(end).collect()
}

fn freed(inventory: &Inventory, command: &Release) -> Option<InventoryReleased> {
    let portions = inventory.held(command.order, &command.portions);
    (!portions.is_empty()).then_some(InventoryReleased { order: command.order, portions })
}

impl Inventory {
    /// As much of the portions as the order's reservations still tie.
    pub(super) fn held(&self, order: OrderId, portions: &[Portion]) -> Vec<Portion> {
        let held = |p: &Portion| {
            let reservation = self.reservation(ReservationId { order, number: p.reservation })?;
            let same = |held: &&Portion| Portion { quantity: p.quantity, ..**held } == *p;
            let held = reservation.portions.iter().find(same)?;
            Some(Portion { quantity: held.quantity.min(p.quantity), ..*p })
        };
        portions.iter().filter_map(held).collect()
    }

    /// All that the reservations of an order tie, and all that they wait for.
    fn all_of(&self, order: Option<OrderId>) -> (Vec<Portion>, Vec<Awaited>) {
        let (mut tied, mut waits) = (Vec::new(), Vec::new());
        let Some(order) = order else { return (tied, waits) };
        let id = |number| ReservationId { order, number: ReservationNumber(number) };
        for open in self.reservations.range(id(0)..=id(u16::MAX)).map(|(_, open)| open) {
            tied.extend(open.portions.iter().copied());
            waits.extend(open.waiting.iter().flat_map(|w| &w.units).copied());
        }
        (tied, waits)
    }
}

fn lapsed(order: OrderId, reservation: ReservationNumber) -> Vec<InventoryEvent> {
    let why = InventoryRejected { lapsed: true, ..rejected(order, reservation) };
    vec![InventoryEvent::Rejected(why)]
}

fn rejected(order: OrderId, reservation: ReservationNumber) -> InventoryRejected {
    let (shortfalls, too_many_parcels, lapsed) = (Vec::new(), None, false);
    InventoryRejected { order, reservation, shortfalls, too_many_parcels, lapsed }
}

pub(super) fn extended(
    inventory: &mut Inventory,
    event: &InventoryExtended,
) -> Result<(), CorruptHistory> {
    let id = ReservationId { order: event.order, number: event.reservation };
    let open = inventory.reservations.get_mut(&id).ok_or(ENDED)?;
    let Hold::Soft { until } = open.hold else {
        return Err(CorruptHistory::because("a hard reservation is extended"));
    };
    open.hold = Hold::Soft { until: event.until };
    inventory.deadlines.remove(&(until, id));
    inventory.deadlines.insert((event.until, id));
    Ok(())
}
