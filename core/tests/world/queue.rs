//! The witness's books of those who wait: who joined which queue, and how each left it.
//!
//! Law: as of the witness: events alone, and no code of the reducers.

use std::collections::{BTreeMap, BTreeSet};

use earmark::demand::{Awaited, Destination, Portion};
use earmark::flow::Shop;
use earmark::ids::{FacilityId, ItemId, LineNumber, OrderId, ReservationNumber};
use earmark::inventory::{BackorderFilled, InventoryBackordered, WaitingResumed};
use earmark::laws;

use super::ensure;

type Reservation = (OrderId, ReservationNumber);

/// Those who wait.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    limits: BTreeMap<ItemId, u32>,
    waits: BTreeMap<Reservation, BTreeMap<(LineNumber, ItemId), u64>>,
    to: BTreeMap<Reservation, (Destination, Vec<FacilityId>)>,
    /// When each of them came, and the last that came for each item: the time its id says, and
    /// after all who came for the same.
    turns: BTreeMap<Reservation, u64>,
    last: BTreeMap<ItemId, u64>,
    /// Losses that the order has not said it heard of: nothing of the reservation is filled.
    unheard: BTreeMap<Reservation, u64>,
    /// Units that joined, and those that left, by whatever way.
    joined: u64,
    left: u64,
}

impl Queue {
    pub(crate) fn set_limit(&mut self, item: ItemId, limit: u32) {
        self.limits.insert(item, limit);
    }

    /// Somebody comes for items; whoever has something already has come before.
    pub(crate) fn come(
        &mut self,
        id: Reservation,
        items: &[ItemId],
        has: impl Fn(&Reservation) -> bool,
    ) {
        let first = (id.0, ReservationNumber(0));
        let mut own = self.turns.range(first..).take_while(|(other, _)| other.0 == id.0);
        let kept = own.find(|(other, _)| **other != id && has(other)).map(|(_, turn)| *turn);
        let after = items.iter().filter_map(|item| self.last.get(item)).map(|last| last + 1);
        let made = self.turns.get(&id).copied().unwrap_or(id.0.timestamp().as_millis());
        let turn = kept.unwrap_or_else(|| after.fold(made, u64::max));
        let waits = self.waits.get(&id).into_iter().flat_map(BTreeMap::keys);
        for item in waits.map(|(_, item)| *item).chain(items.iter().copied()) {
            let last = self.last.entry(item).or_default();
            *last = turn.max(*last);
        }
        self.turns.insert(id, turn);
    }

    fn turn(&self, id: Reservation) -> (u64, Reservation) {
        (self.turns.get(&id).copied().unwrap_or_default(), id)
    }

    /// Units may wait within the limit, and no more of a line than was asked for.
    pub(crate) fn join(
        &mut self,
        event: &InventoryBackordered,
        asked: &BTreeMap<LineNumber, u64>,
    ) -> Result<(), String> {
        let id = (event.order, event.reservation);
        let mut more: BTreeMap<ItemId, u64> = BTreeMap::new();
        let entry = self.waits.entry(id).or_default();
        ensure(entry.is_empty() && !event.units.is_empty(), || format!("{id:?} waits twice"))?;
        for units in &event.units {
            let quantity = u64::from(units.quantity);
            let most = asked.get(&units.line).copied().unwrap_or(0);
            ensure(quantity <= most, || format!("{units:?} waits for more than asked"))?;
            *entry.entry((units.line, units.item)).or_default() += quantity;
            *more.entry(units.item).or_default() += quantity;
            self.joined += quantity;
        }
        self.to.insert(id, (event.destination.clone(), event.excluded.clone()));
        for (item, more) in more {
            let limit = self.limits.get(&item).copied().unwrap_or(0);
            let before = self.units(item) - more;
            let within = laws::within_backorder_limit(limit, before, more);
            ensure(within, || format!("{}: {before} + {more} of {limit}", laws::WITHIN_LIMIT))?;
        }
        Ok(())
    }

    /// Units were stripped of reservations.
    pub(crate) fn lose(&mut self, order: OrderId, portions: &[Portion]) {
        let lost: BTreeSet<_> = portions.iter().map(|p| (order, p.reservation)).collect();
        for id in lost.into_iter().filter(|id| self.waits.contains_key(id)) {
            *self.unheard.entry(id).or_default() += 1;
        }
    }

    /// An order has heard of a loss of each of these.
    pub(crate) fn resume(&mut self, event: &WaitingResumed) -> Result<(), String> {
        for &number in &event.reservations {
            let id = (event.order, number);
            let unheard = self.unheard.get_mut(&id).filter(|unheard| **unheard > 0);
            *unheard.ok_or_else(|| format!("{id:?} had heard of all its losses"))? -= 1;
        }
        Ok(())
    }

    fn is_barred(&self, id: &Reservation) -> bool {
        self.unheard.get(id).is_some_and(|unheard| *unheard > 0)
    }

    /// Whoever is served had his turn: nobody who came before him waits for the same on the same
    /// terms, unless nothing may be filled for him.
    pub(crate) fn fill(&mut self, event: &BackorderFilled) -> Result<(), String> {
        let id = (event.order, event.reservation);
        ensure(!self.is_barred(&id), || format!("{id:?} is filled, and has a loss to hear of"))?;
        let terms = self.to.get(&id).cloned().ok_or("nobody waited")?;
        for p in &event.portions {
            let came_before =
                |other: &Reservation| self.turn(*other) < self.turn(id) && !self.is_barred(other);
            let before = self.waits.iter().filter(|(other, _)| came_before(other));
            let before = before.filter(|(other, _)| self.to[other] == terms);
            let waits = |of: &BTreeMap<(LineNumber, ItemId), u64>| {
                of.keys().any(|(_, item)| *item == p.item)
            };
            let passed = before.clone().find(|(_, of)| waits(of));
            ensure(passed.is_none(), || format!("{id:?} is served before {passed:?}"))?;
            let (reservation, line, item, quantity) = (p.reservation, p.line, p.item, p.quantity);
            self.leave(id, &Awaited { reservation, line, item, quantity })?;
        }
        Ok(())
    }

    pub(crate) fn leave(&mut self, id: Reservation, units: &Awaited) -> Result<(), String> {
        let nobody = || format!("{id:?} does not wait for {units:?}");
        let entry = self.waits.get_mut(&id).ok_or_else(nobody)?;
        let waits = entry.get_mut(&(units.line, units.item)).ok_or_else(nobody)?;
        *waits = waits.checked_sub(u64::from(units.quantity)).ok_or_else(nobody)?;
        entry.retain(|_, waits| *waits > 0);
        self.left += u64::from(units.quantity);
        if entry.is_empty() {
            self.waits.remove(&id);
        }
        Ok(())
    }

    /// Whether anything waited that waits no more.
    pub(crate) fn expire(&mut self, id: Reservation) -> bool {
        self.left += self.of(id);
        self.waits.remove(&id).is_some()
    }

    pub(crate) fn has(&self, id: Reservation) -> bool {
        self.waits.contains_key(&id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &Reservation> {
        self.waits.keys()
    }

    /// Units that a reservation waits for.
    pub(crate) fn of(&self, id: Reservation) -> u64 {
        self.waits.get(&id).map_or(0, |entry| entry.values().sum())
    }

    pub(crate) fn of_line(&self, id: Reservation, line: LineNumber) -> u64 {
        let entry = self.waits.get(&id).into_iter().flatten();
        entry.filter(|((of, _), _)| *of == line).map(|(_, units)| units).sum()
    }

    fn units(&self, item: ItemId) -> u64 {
        let all = self.waits.values().flatten();
        all.filter(|((_, of), _)| *of == item).map(|(_, units)| units).sum()
    }

    /// Holds the shop's queues against these.
    pub(crate) fn agrees(&self, shop: &Shop) -> Result<(), String> {
        let open: u64 = self.waits.keys().map(|id| self.of(*id)).sum();
        let once = laws::each_ends_once(self.joined, self.left, open);
        ensure(once, || format!("{}: {self:?}", laws::ENDS_ONCE))?;
        let mut theirs: BTreeMap<Reservation, BTreeMap<(LineNumber, ItemId), u64>> =
            BTreeMap::new();
        for (order, units) in shop.inventory().waiting() {
            let entry = theirs.entry((order, units.reservation)).or_default();
            *entry.entry((units.line, units.item)).or_default() += u64::from(units.quantity);
        }
        ensure(theirs == self.waits, || {
            format!("{theirs:?} wait, {:?} by the events", self.waits)
        })?;
        for (item, _) in shop.inventory().items() {
            let (ours, theirs) = (self.units(item), shop.inventory().backordered_units(item));
            ensure(ours == theirs, || format!("{theirs} of {item} wait, {ours} by the events"))?;
            let queue: Vec<_> = shop.inventory().backorder_queue(item, None).collect();
            let turn = |order, units: &Awaited| (self.turn((order, units.reservation)), *units);
            let sorted = queue.is_sorted_by_key(|(order, _, units)| turn(*order, units));
            ensure(sorted, || format!("the queue of {item} is in no order: {queue:?}"))?;
        }
        Ok(())
    }
}
