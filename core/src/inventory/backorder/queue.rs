//! The queues: who waits for which item, and the limits. The entries themselves are kept by the
//! reservations; this is their order.
//!
//! Law: the index is a function of the reservations; what is rebuilt equals what was kept.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::super::evolve::{ENDED, NO_ITEM, end, promise};
use super::super::ledger::{Inventory, Reservation, ReservationId};
use super::super::turns::Turn;
use super::{
    BackorderFilled, BackorderLimitSet, BackorderReleased, BackordersDue, InventoryBackordered,
    Waiting, is_same,
};
use crate::decide::CorruptHistory;
use crate::demand::{Awaited, Hold, Portion};
use crate::ids::ItemId;
use crate::policy::BackorderPolicy;
use crate::time::Timestamp;

const NOT_WAITING: CorruptHistory = CorruptHistory::because("units are filled that do not wait");

/// What the ledger knows of backorders, the entries aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::inventory) struct Backorders {
    policy: BackorderPolicy,
    limits: BTreeMap<ItemId, u32>,
    /// Queues that are looked at again without new stock.
    due: BTreeMap<ItemId, Due>,
    /// A client's slice knows its own entries only: it can't tell whose turn it is.
    in_part: bool,
    /// Derived; see [`Inventory::restore`].
    #[serde(skip)]
    queues: BTreeMap<ItemId, Queue>,
}

/// The queue of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Queue {
    units: u64,
    waiting: BTreeSet<Turn>,
}

/// When a queue is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Due {
    pub(super) at: Timestamp,
    /// The entries up to here have been looked at.
    pub(super) after: Option<Turn>,
}

impl Due {
    /// At once: nothing has been looked at since more may have come within reach.
    const NOW: Self = Self { at: Timestamp::from_millis(0), after: None };

    /// Whether those who wait have still to be looked at, whatever the time.
    pub(super) fn is_overdue(&self) -> bool {
        self.after.is_some() || *self == Self::NOW
    }
}

impl Backorders {
    pub(super) fn limit(&self, item: ItemId) -> u32 {
        self.limits.get(&item).copied().unwrap_or(0)
    }

    pub(super) fn accepts(&self) -> bool {
        self.policy == BackorderPolicy::Accept
    }

    pub(super) fn set_policy(&mut self, policy: BackorderPolicy) {
        self.policy = policy;
    }

    pub(super) fn units(&self, item: ItemId) -> u64 {
        self.queues.get(&item).map_or(0, |queue| queue.units)
    }

    /// The items that somebody waits for.
    pub(super) fn items(&self) -> impl Iterator<Item = ItemId> {
        self.queues.keys().copied()
    }

    pub(super) fn is_queued(&self, item: ItemId) -> bool {
        self.queues.contains_key(&item)
    }

    /// Those who wait for an item, in order.
    pub(super) fn entries(&self, item: ItemId) -> impl DoubleEndedIterator<Item = &Turn> {
        self.queues.get(&item).into_iter().flat_map(|queue| &queue.waiting)
    }

    pub(super) fn dues(&self) -> impl Iterator<Item = (ItemId, Due)> {
        self.due.iter().map(|(item, due)| (*item, *due))
    }

    /// Whether any queue is looked at again without new stock.
    pub(super) fn is_any_due(&self) -> bool {
        !self.due.is_empty()
    }

    pub(super) fn due(&self, item: ItemId) -> Option<Due> {
        self.due.get(&item).copied()
    }

    pub(super) fn due_at(&self, item: ItemId) -> Option<Timestamp> {
        let at = |due: Due| if due.is_overdue() { Due::NOW.at } else { due.at };
        self.due(item).map(at)
    }

    pub(in crate::inventory) fn next_due(&self) -> Option<Timestamp> {
        if self.in_part { None } else { self.due.values().map(|due| due.at).min() }
    }

    pub(super) fn knows_a_part(&self) -> bool {
        self.in_part
    }

    pub(in crate::inventory) fn restore(
        &mut self,
        reservations: &BTreeMap<ReservationId, Reservation>,
    ) {
        self.queues = BTreeMap::new();
        for (id, open) in reservations {
            for units in open.waiting.iter().flat_map(|waiting| &waiting.units) {
                self.join((open.turn, *id), units);
            }
        }
    }

    fn join(&mut self, turn: Turn, units: &Awaited) {
        let queue = self.queues.entry(units.item).or_default();
        queue.units = queue.units.saturating_add(u64::from(units.quantity));
        queue.waiting.insert(turn);
    }

    /// Units leave a queue; the reservation too, unless other units of it wait there.
    fn leave(&mut self, turn: Turn, item: ItemId, units: u32, stays: bool) {
        let Some(queue) = self.queues.get_mut(&item) else { return };
        queue.units = queue.units.saturating_sub(u64::from(units));
        if !stays {
            queue.waiting.remove(&turn);
        }
        if queue.waiting.is_empty() {
            self.queues.remove(&item);
            self.due.remove(&item);
        }
    }
}

impl Inventory {
    /// What nobody who waits could have may be within reach from here on: all are to be looked at.
    pub(in crate::inventory) fn look_at_all_queues(&mut self) {
        let items = self.backorders.queues.keys().map(|item| (*item, Due::NOW));
        self.backorders.due = items.collect();
    }

    /// A ledger that knows the limits and entries of a client's slice only: of each item the limit,
    /// and when its queue is due.
    pub(crate) fn know_backorders_in_part(
        &mut self,
        policy: BackorderPolicy,
        items: impl IntoIterator<Item = (ItemId, u32, Option<Timestamp>)>,
    ) {
        self.backorders.policy = policy;
        self.backorders.in_part = true;
        for (item, limit, due) in items {
            self.backorders.limits.insert(item, limit);
            if let Some(at) = due {
                self.backorders.due.insert(item, Due { at, after: None });
            }
        }
    }
}

pub(in crate::inventory) fn limit_set(
    inventory: &mut Inventory,
    event: &BackorderLimitSet,
) -> Result<(), CorruptHistory> {
    inventory.items.get(event.item.id).ok_or(NO_ITEM)?;
    match event.limit {
        Some(limit) => inventory.backorders.limits.insert(event.item.id, limit),
        None => inventory.backorders.limits.remove(&event.item.id),
    };
    Ok(())
}

pub(in crate::inventory) fn backordered(
    inventory: &mut Inventory,
    event: &InventoryBackordered,
) -> Result<(), CorruptHistory> {
    let id = ReservationId { order: event.order, number: event.reservation };
    if inventory.reservations.contains_key(&id) {
        return Err(CorruptHistory::because("a reservation is made twice"));
    }
    let turn = inventory.take_turn(id, event.units.iter().map(|units| units.item));
    for units in &event.units {
        inventory.items.get(units.item).ok_or(NO_ITEM)?;
        inventory.backorders.join((turn, id), units);
    }
    if let Hold::Soft { until } = event.hold {
        inventory.deadlines.insert((until, id));
    }
    let waiting = Waiting {
        destination: event.destination.clone(),
        excluded: event.excluded.clone(),
        units: event.units.clone(),
        unheard: 0,
    };
    let mut open = Reservation::of(event.hold, Vec::new());
    (open.waiting, open.turn) = (Some(Box::new(waiting)), turn);
    inventory.reservations.insert(id, open);
    Ok(())
}

/// The turn of a reservation that waits for some items, and ties others now: after all that was
/// given for those too.
pub(in crate::inventory) fn later(
    inventory: &mut Inventory,
    id: ReservationId,
    portions: &[Portion],
) -> u64 {
    let (before, _) = inventory.turn(id);
    let waiting = inventory.reservation(id).and_then(|open| open.waiting.as_deref());
    let waits: Vec<ItemId> =
        waiting.iter().flat_map(|waiting| &waiting.units).map(|units| units.item).collect();
    let turn = inventory.take_turn(id, portions.iter().map(|p| p.item)).max(before);
    for &item in &waits {
        if let Some(queue) = inventory.backorders.queues.get_mut(&item)
            && queue.waiting.remove(&(before, id))
        {
            queue.waiting.insert((turn, id));
        }
    }
    // Whoever comes later for what it ties comes after it, as for what it waits for.
    for item in waits.into_iter().chain(portions.iter().map(|p| p.item)) {
        if let Some(item) = inventory.items.get_mut(item) {
            item.turn = item.turn.max(turn);
        }
    }
    turn
}

pub(in crate::inventory) fn filled(
    inventory: &mut Inventory,
    event: &BackorderFilled,
) -> Result<(), CorruptHistory> {
    let id = ReservationId { order: event.order, number: event.reservation };
    let hold = inventory.reservations.get(&id).ok_or(ENDED)?.hold;
    if hold != event.hold {
        return Err(CorruptHistory::because("units are tied more or less firmly than asked"));
    }
    promise(inventory, hold, &event.portions)?;
    for p in &event.portions {
        let Portion { reservation, line, item, quantity, .. } = *p;
        stop_waiting(inventory, id, &Awaited { reservation, line, item, quantity })?;
        let open = inventory.reservations.get_mut(&id).ok_or(ENDED)?;
        let same = |held: &&mut Portion| Portion { quantity, ..**held } == *p;
        match open.portions.iter_mut().find(same) {
            Some(held) => {
                held.quantity = held.quantity.checked_add(quantity).ok_or(NOT_WAITING)?;
            }
            None => open.portions.push(*p),
        }
    }
    Ok(())
}

pub(in crate::inventory) fn released(
    inventory: &mut Inventory,
    event: &BackorderReleased,
) -> Result<(), CorruptHistory> {
    for units in &event.units {
        let id = ReservationId { order: event.order, number: units.reservation };
        stop_waiting(inventory, id, units)?;
        end(inventory, id);
    }
    Ok(())
}

/// A reservation comes to its end: nothing of it waits any more.
pub(in crate::inventory) fn give_up(
    inventory: &mut Inventory,
    id: ReservationId,
) -> Result<(), CorruptHistory> {
    let open = inventory.reservations.get(&id).ok_or(ENDED)?;
    let units = open.waiting.as_ref().map(|waiting| waiting.units.clone()).unwrap_or_default();
    units.iter().try_for_each(|units| stop_waiting(inventory, id, units))
}

pub(in crate::inventory) fn due(
    inventory: &mut Inventory,
    event: &BackordersDue,
) -> Result<(), CorruptHistory> {
    inventory.items.get(event.item.id).ok_or(NO_ITEM)?;
    let after = event.after.zip(event.after_reservation);
    let after = after.map(|(order, number)| inventory.turn(ReservationId { order, number }));
    match event.at {
        Some(at) => inventory.backorders.due.insert(event.item.id, Due { at, after }),
        None => inventory.backorders.due.remove(&event.item.id),
    };
    Ok(())
}

fn stop_waiting(
    inventory: &mut Inventory,
    id: ReservationId,
    units: &Awaited,
) -> Result<(), CorruptHistory> {
    let open = inventory.reservations.get_mut(&id).ok_or(ENDED)?;
    let waiting = open.waiting.as_mut().ok_or(NOT_WAITING)?;
    let at = waiting.units.iter().position(|held| is_same(held, units)).ok_or(NOT_WAITING)?;
    let held = waiting.units.get_mut(at).ok_or(NOT_WAITING)?;
    held.quantity = held.quantity.checked_sub(units.quantity).ok_or(NOT_WAITING)?;
    if held.quantity == 0 {
        waiting.units.remove(at);
    }
    let stays = waiting.units.iter().any(|held| held.item == units.item);
    if waiting.units.is_empty() {
        open.waiting = None;
    }
    inventory.backorders.leave((open.turn, id), units.item, units.quantity, stays);
    Ok(())
}
