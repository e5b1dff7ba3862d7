//! Backorders: units that are promised before they are there, and the queue in which they wait.
//!
//! Law: of an item no more wait than its limit allowed when they were accepted; the queue of an
//! item is ordered by turn (`turns`: who asked first, whatever time an id says), then by order,
//! reservation and line; what waits ends once: filled, released, or expired with its reservation;
//! and nothing waits that every facility has refused which could bring it.
//!
//! Whether units may wait at all is read from the policy here and nowhere else, at the one moment
//! at which they are accepted: so the roles can't differ on it, and a change of policy takes
//! nothing back.

mod fill;
mod part;
mod queue;
mod unheard;

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub(super) use fill::append;
pub use part::Parted;
pub(super) use queue::{Backorders, backordered, due, filled, give_up, later, limit_set, released};
pub(super) use unheard::{reservations, resume, resumed, stripped};

use super::decide::Decision;
use super::event::InventoryEvent;
use super::ledger::{Inventory, ReservationId};
use super::refusal::InventoryRefusal;
use crate::data::{asks, data};
use crate::demand::{Awaited, Destination, Hold, Portion, Sourced};
use crate::ids::{FacilityId, ItemId, ItemName, ItemRef, OrderId, ReservationNumber};
use crate::laws::{self, Audit};
use crate::limits::BACKORDER_LIMIT;
use crate::policy::BackorderPolicy;
use crate::time::Timestamp;

asks! {
    /// Say how many units of an item may be promised that are not there.
    SetBackorderLimit {
        /// The item.
        item: ItemRef,
        /// How many may wait at a time; none and 0 for none. What waits already goes on waiting.
        limit: Option<u32>,
    }
    /// Units are not waited for any more. Never fails: what does not wait is left alone.
    ReleaseAwaited {
        /// The order.
        order: OrderId,
        /// The units.
        units: Vec<Awaited>,
    }
    /// The order has heard what it was stripped of: what it waits for may be filled again. Never
    /// fails: what does not wait is left alone.
    ResumeWaiting {
        /// The order.
        order: OrderId,
        /// The reservations.
        reservations: Vec<ReservationNumber>,
    }
}

data! {
    /// From here on so many units of the item may be promised that are not there.
    BackorderLimitSet {
        /// The item.
        item: ItemName,
        /// How many may wait at a time.
        limit: Option<u32>,
    }
    /// Units were promised to an order that are not there: they wait in the queues of their items.
    /// What of the reservation is there is tied in the same step.
    InventoryBackordered {
        /// The order.
        order: OrderId,
        /// The reservation that is to tie them.
        reservation: ReservationNumber,
        /// How firmly it is to tie them; when it ends, they wait no more.
        hold: Hold,
        /// The units, per line.
        units: Vec<Awaited>,
        /// The items among them, with the SKUs of this moment.
        items: Vec<ItemName>,
        /// Where the order goes.
        destination: Destination,
        /// Facilities that are not to serve it.
        excluded: Vec<FacilityId>,
    }
    /// Stock came for units that waited: it is tied by the reservation that waited for it.
    BackorderFilled {
        /// The order.
        order: OrderId,
        /// The reservation.
        reservation: ReservationNumber,
        /// How firmly.
        hold: Hold,
        /// The units, and where they lie.
        portions: Vec<Portion>,
        /// The items among them, with the SKUs of this moment.
        items: Vec<ItemName>,
        /// What the plan costs, how far it is proven, and what came second.
        sourced: Sourced,
    }
    /// Units left the queues of their items: nobody waits for them any more.
    BackorderReleased {
        /// The order.
        order: OrderId,
        /// The units.
        units: Vec<Awaited>,
    }
    /// The queue of an item is looked at again later: there was more of it than one step takes, or
    /// a facility that has stock takes on no more parcels that day.
    BackordersDue {
        /// The item.
        item: ItemName,
        /// When; `None` if it has been looked through.
        at: Option<Timestamp>,
        /// Behind this order, if the entries up to it have been looked at.
        after: Option<OrderId>,
        /// Behind this reservation of that order.
        after_reservation: Option<ReservationNumber>,
    }
    /// An order has heard that units were stripped of reservations that wait: they may be filled
    /// again, once each such loss has been heard of.
    WaitingResumed {
        /// The order.
        order: OrderId,
        /// The reservations.
        reservations: Vec<ReservationNumber>,
    }
}

/// What of a reservation waits for stock, and what the plan for it has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Where the order goes.
    pub destination: Destination,
    /// Facilities that are not to serve it.
    pub excluded: Vec<FacilityId>,
    /// The units, per line; never none.
    pub units: Vec<Awaited>,
    /// How many times units were stripped of what the reservation ties, and the order has not said
    /// that it heard of it: as long as that is so, nothing is filled.
    pub unheard: u32,
}

pub(super) fn set_limit(inventory: &Inventory, command: &SetBackorderLimit) -> Decision {
    let unknown = || InventoryRefusal::UnknownItem { item: command.item.clone() };
    let (id, known) = inventory.item(&command.item).ok_or_else(unknown)?;
    inventory.stocked(id, known)?;
    let limit = command.limit.filter(|limit| *limit > 0);
    if limit.is_some_and(|limit| limit > BACKORDER_LIMIT) {
        return Err(InventoryRefusal::BackorderLimitTooHigh { allowed: BACKORDER_LIMIT });
    }
    if limit.unwrap_or(0) == inventory.backorder_limit(id) {
        return Ok(vec![]);
    }
    let item = ItemName { id, sku: known.sku.clone() };
    Ok(vec![InventoryEvent::BackorderLimitSet(BackorderLimitSet { item, limit })])
}

/// What still waits of what is named waits no more.
pub(super) fn release(inventory: &Inventory, command: &ReleaseAwaited) -> Vec<InventoryEvent> {
    let order = command.order;
    let mut left: Vec<Awaited> = inventory.awaited_by(order, &command.units);
    let mut take = |asked: &Awaited| {
        let held = left.iter_mut().find(|held| is_same(held, asked))?;
        let quantity = held.quantity.min(asked.quantity);
        held.quantity = held.quantity.saturating_sub(quantity);
        (quantity > 0).then_some(Awaited { quantity, ..*asked })
    };
    let units: Vec<Awaited> = command.units.iter().filter_map(&mut take).collect();
    if units.is_empty() {
        return vec![];
    }
    vec![InventoryEvent::BackorderReleased(BackorderReleased { order, units })]
}

/// Whether two differ in nothing but their number of units.
pub(super) fn is_same(one: &Awaited, other: &Awaited) -> bool {
    Awaited { quantity: other.quantity, ..*one } == *other
}

impl Inventory {
    /// How many units of an item may be promised that are not there; what waits counts.
    #[must_use]
    pub fn backorder_limit(&self, item: ItemId) -> u32 {
        self.backorders.limit(item)
    }

    /// Units of an item that wait for stock.
    #[must_use]
    pub fn backordered_units(&self, item: ItemId) -> u64 {
        self.backorders.units(item)
    }

    /// Units of an item that may still be promised without being there, by its limit and the
    /// policy.
    #[must_use]
    pub fn backorder_room(&self, item: ItemId) -> u32 {
        u32::try_from(self.room_without(item, 0)).unwrap_or(u32::MAX)
    }

    /// The same, if so many units that wait were gone.
    fn room_without(&self, item: ItemId, gone: u64) -> u64 {
        if !self.backorders.accepts() {
            return 0;
        }
        let queued = self.backordered_units(item).saturating_sub(gone);
        u64::from(self.backorder_limit(item)).saturating_sub(queued)
    }

    /// When the queue of an item is looked at again without new stock, if it is; a moment in the
    /// past if it is now.
    #[must_use]
    pub fn backorders_due(&self, item: ItemId) -> Option<Timestamp> {
        self.backorders.due_at(item)
    }

    /// The queue of an item, in order: who waits, how firmly, and for how many units. From an
    /// order on, if one is named; if it waits no more, from the time that its id says.
    pub fn backorder_queue(
        &self,
        item: ItemId,
        behind: Option<OrderId>,
    ) -> impl Iterator<Item = (OrderId, Hold, Awaited)> {
        let last = behind.map(|order| {
            let mut entries = self.backorders.entries(item).rev();
            let still_there = entries.find(|(_, id)| id.order == order).copied();
            still_there.unwrap_or_else(|| {
                self.turn(ReservationId { order, number: ReservationNumber(u16::MAX) })
            })
        });
        let entries = self.backorders.entries(item).filter(move |turn| Some(**turn) > last);
        entries.flat_map(move |(_, id)| {
            let open = self.reservation(*id);
            let waiting = open.and_then(|open| Some((open.hold, open.waiting.as_ref()?)));
            let of_item = move |(hold, waiting): (Hold, &alloc::boxed::Box<Waiting>)| {
                let units = waiting.units.iter().filter(move |u| u.item == item);
                units.map(move |u| (id.order, hold, *u)).collect::<Vec<_>>()
            };
            waiting.map(of_item).unwrap_or_default()
        })
    }

    /// All that waits, by order and reservation.
    pub fn waiting(&self) -> impl Iterator<Item = (OrderId, &Awaited)> {
        self.reservations.iter().flat_map(|(id, open)| {
            let units = open.waiting.iter().flat_map(|waiting| &waiting.units);
            units.map(|units| (id.order, units))
        })
    }

    /// Whether units may be promised that are not there.
    pub fn set_backorders(&mut self, policy: BackorderPolicy) {
        self.backorders.set_policy(policy);
    }

    /// What the order's reservations still wait for, of what is named.
    fn awaited_by(&self, order: OrderId, units: &[Awaited]) -> Vec<Awaited> {
        let mut numbers: Vec<ReservationNumber> = units.iter().map(|u| u.reservation).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let open = numbers
            .into_iter()
            .filter_map(|number| self.reservation(ReservationId { order, number }));
        open.filter_map(|open| open.waiting.as_ref())
            .flat_map(|w| w.units.iter().copied())
            .collect()
    }
}

/// Nobody waits while what he waits for lies there free; queues that are due are looked at soon.
pub(super) fn audit(inventory: &Inventory, audit: &mut Audit) {
    for item in inventory.backorders.items() {
        if inventory.backorders.due_at(item).is_some() || inventory.backorders.knows_a_part() {
            continue;
        }
        let free = inventory.items.get(item).map_or(0, super::ledger::Item::available);
        let facilities = inventory.facilities().len();
        for (_, id) in inventory.backorders.entries(item) {
            let reach = if free == 0 { 0 } else { inventory.free_for(*id, item) };
            let barred = inventory.reservation(*id).and_then(|open| open.waiting.as_deref());
            let barred = barred.map_or(0, |waiting| waiting.excluded.len());
            audit.expect(laws::WAIT_CAN_END, laws::wait_can_end(facilities, barred), || {
                format!("{item}: no facility may serve {id:?}")
            });
            let holds = laws::waits_for_a_reason(reach);
            audit.expect(laws::WAITS_FOR_A_REASON, holds, || {
                format!("{item}: {reach} units are free for {id:?}")
            });
        }
    }
}
