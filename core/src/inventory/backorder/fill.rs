//! Filling the queues: what becomes free goes to those who wait, in their order, in the same
//! decision and before any alert.
//!
//! Law: each who waits gets the exact solver's plan for his order's destination, for as many units
//! as he can be served with; whom no facility with stock may serve is passed over and holds up
//! nobody. One decision looks at [`BACKORDERS_PER_DECISION`] entries, and the next tick goes on.
//! The most parcels of the policy bound the plan that was made when the order was accepted; what
//! waits comes as it comes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::super::alerts::changes;
use super::super::event::InventoryEvent;
use super::super::ledger::{Inventory, Item, ReservationId, Shelf};
use super::super::plan::{Ask, Plan};
use super::super::turns::Turn;
use super::queue::Due;
use super::{BackorderFilled, BackordersDue, Waiting, is_same};
use crate::demand::{Awaited, Demand, Destination, Hold, Portion};
use crate::ids::{FacilityId, ItemId, ItemRef, Tier};
use crate::limits::BACKORDERS_PER_DECISION;
use crate::policy::SourcingPolicy;
use crate::time::{Span, Timestamp};
use crate::units::Quantity;

/// Appends what the queues get by a decision.
pub(in crate::inventory) fn append(
    inventory: &Inventory,
    events: &mut Vec<InventoryEvent>,
    at: Timestamp,
) {
    if inventory.backorders.knows_a_part() {
        return;
    }
    let live = live(inventory, events, at);
    if live.is_empty() {
        return;
    }
    let Some(mut round) = Round::begin(inventory, events, live, at) else { return };
    let told = round.run();
    events.extend(told);
}

/// The items whose queues are looked at, and behind whom: those that may have more to give than
/// before, and those that are due.
fn live(
    inventory: &Inventory,
    events: &[InventoryEvent],
    at: Timestamp,
) -> BTreeMap<ItemId, Option<Turn>> {
    let queues = &inventory.backorders;
    let mut live: BTreeMap<ItemId, Option<Turn>> = BTreeMap::new();
    for (item, due) in queues.dues().filter(|(_, due)| due.at <= at) {
        live.insert(item, due.after);
    }
    for event in events {
        match event {
            InventoryEvent::Backordered(e) => {
                live.extend(e.units.iter().map(|units| (units.item, None)));
            }
            InventoryEvent::FacilityRulesSet(_) => {
                live.extend(queues.items().map(|item| (item, None)));
            }
            InventoryEvent::ItemRulesSet(e) if queues.is_queued(e.item.id) => {
                live.insert(e.item.id, None);
            }
            InventoryEvent::SafetySet(e) if queues.is_queued(e.item.id) => {
                live.insert(e.item.id, None);
            }
            InventoryEvent::WaitingResumed(e) => {
                let items = e.reservations.iter().flat_map(|&number| {
                    let open = inventory.reservation(ReservationId { order: e.order, number });
                    open.and_then(|open| open.waiting.as_deref())
                });
                let items = items.flat_map(|waiting| &waiting.units).map(|units| units.item);
                live.extend(items.map(|item| (item, None)));
            }
            _ => changes(inventory, event, &mut |(item, ..), change| {
                if change > 0 && queues.is_queued(item) {
                    live.insert(item, None);
                }
            }),
        }
    }
    live
}

/// One look at the queues of some items.
struct Round<'a> {
    inventory: &'a Inventory,
    events: &'a [InventoryEvent],
    live: BTreeMap<ItemId, Option<Turn>>,
    at: Timestamp,
    /// The live items as they are after the decision, and what was filled.
    ledger: Inventory,
    /// Items that somebody goes on waiting for.
    awaited: BTreeSet<ItemId>,
    told: Vec<InventoryEvent>,
}

impl<'a> Round<'a> {
    fn begin(
        inventory: &'a Inventory,
        events: &'a [InventoryEvent],
        live: BTreeMap<ItemId, Option<Turn>>,
        at: Timestamp,
    ) -> Option<Self> {
        let ledger = after(inventory, events, &live)?;
        let (awaited, told) = (BTreeSet::new(), Vec::new());
        Some(Self { inventory, events, live, at, ledger, awaited, told })
    }

    fn run(&mut self) -> Vec<InventoryEvent> {
        let mut candidates = self.candidates();
        let mut cut = None;
        if candidates.len() > BACKORDERS_PER_DECISION {
            candidates.truncate(BACKORDERS_PER_DECISION);
            cut = candidates.last().copied();
        }
        for (_, id) in candidates {
            if self.live.keys().all(|item| self.free(*item) == 0) {
                break;
            }
            self.serve(id);
        }
        self.put_off(cut);
        core::mem::take(&mut self.told)
    }

    /// Those who wait for a live item, in order, no more of an item than one decision looks at and
    /// one more.
    fn candidates(&self) -> Vec<Turn> {
        let most = BACKORDERS_PER_DECISION.saturating_add(1);
        let mut all: BTreeSet<Turn> = BTreeSet::new();
        for (item, after) in &self.live {
            let behind = |turn: &&Turn| after.is_none_or(|after| **turn > after);
            // By one that ends in this very decision nobody could find his place later.
            let stays = |turn: &&Turn| self.waiting(turn.1).is_some();
            let entries = self.inventory.backorders.entries(*item);
            all.extend(entries.filter(behind).filter(stays).take(most));
        }
        for event in self.events {
            if let InventoryEvent::Backordered(e) = event {
                let id = ReservationId { order: e.order, number: e.reservation };
                all.insert(self.inventory.turn_by(id, self.events));
            }
        }
        all.into_iter().collect()
    }

    /// Gives one who waits what there is for him.
    fn serve(&mut self, id: ReservationId) {
        let Some((hold, waiting)) = self.waiting(id) else { return };
        let wanted = |units: &&Awaited| self.live.contains_key(&units.item);
        let wanted: Vec<Awaited> = waiting.units.iter().filter(wanted).copied().collect();
        let demand = |units: &Awaited| {
            let (item, quantity) = (ItemRef::Id(units.item), Quantity::new(units.quantity)?);
            (self.free(units.item) > 0).then_some(Demand { line: units.line, item, quantity })
        };
        let demands: Vec<Demand> = wanted.iter().filter_map(demand).collect();
        let Waiting { destination, excluded, .. } = &waiting;
        let (freed, at) = (&[][..], Some(self.at));
        let ask = Ask { demands: &demands, destination, excluded, freed, at };
        // As far as nothing is there, it goes on waiting.
        let parted = self.ledger.plan_part(&ask, id.number, None, |_, _| true).ok();
        let plan = parted.filter(|_| !demands.is_empty()).and_then(|parted| parted.plan);
        let portions = plan.as_ref().map_or(&[][..], |plan| &plan.portions);
        for units in wanted {
            let of = |p: &&Portion| p.line == units.line && p.item == units.item;
            let got = portions.iter().filter(of).map(|p| p.quantity).fold(0, u32::saturating_add);
            if got < units.quantity {
                self.awaited.insert(units.item);
            }
        }
        if let Some(plan) = plan {
            self.fill(id, hold, plan);
        }
    }

    fn fill(&mut self, id: ReservationId, hold: Hold, plan: Plan) {
        let Plan { portions, items, sourced, .. } = plan;
        for p in &portions {
            let item = self.ledger.items.get_mut(p.item);
            if let Some(shelf) = item.and_then(|item| item.shelf_mut(p.facility, p.tier)) {
                shelf.allocated = shelf.allocated.saturating_add(p.quantity);
            }
        }
        let parcels = sourced.parcels.iter().map(|parcel| parcel.facility);
        let booked = self.ledger.book(id.order, parcels, self.at);
        let (order, reservation) = (id.order, id.number);
        let filled = BackorderFilled { order, reservation, hold, portions, items, sourced };
        self.told.push(InventoryEvent::Filled(filled));
        if let Some(booked) = booked {
            // A facility that is full was not in the plan.
            let _full = self.ledger.booked(&booked);
            self.told.push(InventoryEvent::ParcelsBooked(booked));
        }
    }

    /// What of a reservation waits after the decision, and how firmly it ties.
    fn waiting(&self, id: ReservationId) -> Option<(Hold, Waiting)> {
        let is_it = |order, number| ReservationId { order, number } == id;
        let open = self.inventory.reservation(id);
        let open = open.and_then(|open| Some((open.hold, open.waiting.as_deref()?.clone())));
        let mut now = open;
        for event in self.events {
            match event {
                InventoryEvent::Backordered(e) if is_it(e.order, e.reservation) => {
                    let (destination, excluded) = (e.destination.clone(), e.excluded.clone());
                    let units = e.units.clone();
                    now = Some((e.hold, Waiting { destination, excluded, units, unheard: 0 }));
                }
                InventoryEvent::Expired(e) if is_it(e.order, e.reservation) => return None,
                InventoryEvent::Allocated(e) if is_it(e.order, e.reservation) => {
                    now = now.map(|(_, waiting)| (Hold::Hard, waiting));
                }
                InventoryEvent::Extended(e) if is_it(e.order, e.reservation) => {
                    now = now.map(|(_, waiting)| (Hold::Soft { until: e.until }, waiting));
                }
                InventoryEvent::BackorderReleased(e) if e.order == id.order => {
                    if let Some((_, waiting)) = &mut now {
                        e.units.iter().for_each(|units| waiting.lose(units));
                    }
                }
                InventoryEvent::Stripped(e) if e.order == id.order => {
                    if let Some((_, waiting)) = &mut now
                        && e.portions.iter().any(|p| p.reservation == id.number)
                    {
                        waiting.unheard = waiting.unheard.saturating_add(1);
                    }
                }
                InventoryEvent::WaitingResumed(e) if e.order == id.order => {
                    if let Some((_, waiting)) = &mut now
                        && e.reservations.contains(&id.number)
                    {
                        waiting.unheard = waiting.unheard.saturating_sub(1);
                    }
                }
                _ => {}
            }
        }
        now.filter(|(_, waiting)| !waiting.units.is_empty() && waiting.unheard == 0)
    }

    /// Says which queues are looked at again, and when.
    fn put_off(&mut self, cut: Option<Turn>) {
        let at = self.at;
        for (&item, after) in &self.live {
            let before = self.inventory.backorders.due(item);
            let waits = self.awaited.contains(&item) || after.is_some();
            let due = if self.free(item) == 0 {
                None
            } else if cut.is_some() {
                Some(Due { at, after: cut })
            } else if waits && self.is_full_today(item) {
                let after = None;
                next_day(&self.ledger.policy, at).map(|at| Due { at, after })
            } else {
                None
            };
            if due == before {
                continue;
            }
            let Some(name) = self.inventory.name(item) else { continue };
            let after = due.and_then(|due| due.after);
            self.told.push(InventoryEvent::BackordersDue(BackordersDue {
                item: name,
                at: due.map(|due| due.at),
                after: after.map(|(_, id)| id.order),
                after_reservation: after.map(|(_, id)| id.number),
            }));
        }
    }

    fn free(&self, item: ItemId) -> u64 {
        self.ledger.items.get(item).map_or(0, Item::available)
    }

    /// Whether a facility that takes on no more parcels that day, and will on another, has some of
    /// the item.
    fn is_full_today(&self, item: ItemId) -> bool {
        let day = self.ledger.policy.rules.day(self.at);
        let full = self.ledger.facilities().filter(|(_, place)| {
            let most = place.rules.parcels_per_day;
            most.is_some_and(|most| most > 0 && place.parcels_on(day) >= most)
        });
        let Some(item) = self.ledger.items.get(item) else { return false };
        full.into_iter().any(|(id, _)| item.is_stocked_at(id))
    }
}

impl Waiting {
    fn lose(&mut self, units: &Awaited) {
        if let Some(held) = self.units.iter_mut().find(|held| is_same(held, units)) {
            held.quantity = held.quantity.saturating_sub(units.quantity);
        }
        self.units.retain(|held| held.quantity > 0);
    }
}

impl Inventory {
    /// Units of an item that are free where one who waits for it may be served from, whatever the
    /// day.
    pub(super) fn free_for(&self, id: ReservationId, item: ItemId) -> u64 {
        let waiting = self.reservation(id).and_then(|open| open.waiting.as_deref());
        // Nothing is filled while the order has not heard of a loss.
        let waiting = waiting.filter(|waiting| waiting.unheard == 0);
        let (Some(waiting), Some(known)) = (waiting, self.items.get(item)) else { return 0 };
        let Waiting { destination, excluded, .. } = waiting;
        let within = self.within_reach(known, destination, excluded);
        let reach = |shelf: &&Shelf| within.contains(&shelf.facility);
        let free = known.shelves.iter().filter(reach).map(|s| u64::from(known.available_on(s)));
        free.fold(0, u64::saturating_add)
    }

    /// Whether any facility but those may serve an item to a destination, stocked or not.
    pub(super) fn is_in_reach(
        &self,
        item: ItemId,
        destination: &Destination,
        excluded: &[FacilityId],
    ) -> bool {
        let known = self.items.get(item);
        known.is_some_and(|known| !self.within_reach(known, destination, excluded).is_empty())
    }

    /// The facilities that may serve an item to a destination, whatever the day.
    fn within_reach(
        &self,
        item: &Item,
        destination: &Destination,
        excluded: &[FacilityId],
    ) -> BTreeSet<FacilityId> {
        let ask = Ask { demands: &[], destination, excluded, freed: &[], at: None };
        let ways = self.ways(&ask).into_iter().zip(self.facilities());
        let serves = ways.filter_map(|(way, (id, place))| {
            let way = way.ok().filter(|_| place.rules.parcels_per_day != Some(0))?;
            item.barred(place, &way, destination).is_none().then_some(id)
        });
        serves.collect()
    }
}

/// The live items as they are after the events, in a ledger of their own in which a plan may have
/// as many parcels as it needs.
fn after(
    inventory: &Inventory,
    events: &[InventoryEvent],
    live: &BTreeMap<ItemId, Option<Turn>>,
) -> Option<Inventory> {
    let mut sums: BTreeMap<(ItemId, FacilityId, Tier), i64> = BTreeMap::new();
    for event in events {
        changes(inventory, event, &mut |place, change| {
            if live.contains_key(&place.0) {
                let sum = sums.entry(place).or_default();
                *sum = sum.saturating_add(change);
            }
        });
    }
    let item = |id: &ItemId| Some((*id, inventory.items.get(*id)?.clone()));
    let items = live.keys().filter_map(item).collect();
    let policy = SourcingPolicy { max_parcels: None, ..inventory.policy };
    let places = inventory.facilities.clone();
    let mut ledger = Inventory::slice(policy, places, items, BTreeMap::new(), BTreeMap::new())?;
    for ((item, facility, tier), change) in sums {
        if let Some(item) = ledger.items.get_mut(item) {
            lay(item, facility, tier, change);
        }
    }
    for event in events {
        match event {
            InventoryEvent::SafetySet(e) => {
                if let Some(item) = ledger.items.get_mut(e.item.id) {
                    item.set_safety(e.facility, e.quantity);
                }
            }
            InventoryEvent::ItemRulesSet(e) => {
                if let Some(item) = ledger.items.get_mut(e.item.id) {
                    item.rules.clone_from(&e.rules);
                }
            }
            InventoryEvent::FacilityRulesSet(e) => ledger.facility_rules_set(e).ok()?,
            InventoryEvent::ParcelsBooked(e) => ledger.booked(e).ok()?,
            _ => {}
        }
    }
    Some(ledger)
}

/// More or fewer units are free on a shelf.
fn lay(item: &mut Item, facility: FacilityId, tier: Tier, change: i64) {
    let key = (facility, tier);
    if item.shelf(facility, tier).is_none() {
        let at = item.shelves.partition_point(|s| (s.facility, s.tier) < key);
        item.shelves.insert(at, Shelf::empty(facility, tier));
    }
    let Some(shelf) = item.shelf_mut(facility, tier) else { return };
    let units = u32::try_from(change.unsigned_abs()).unwrap_or(u32::MAX);
    let side = if change < 0 { &mut shelf.allocated } else { &mut shelf.on_hand };
    *side = side.saturating_add(units);
}

/// When the day of a moment ends.
fn next_day(policy: &SourcingPolicy, at: Timestamp) -> Option<Timestamp> {
    let day = Span::from_days(1).as_millis();
    let starts = policy.rules.day_starts.as_millis().checked_rem(day)?;
    let begins = policy.rules.day(at).checked_mul(day)?.checked_add(starts)?;
    Some(Timestamp::from_millis(begins))
}
