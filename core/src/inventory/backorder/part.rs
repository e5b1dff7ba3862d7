//! What of an ask is there, and what may wait: one answer, on one state.
//!
//! Law: demand is added up per item before anything is divided; what is there goes to the lines in
//! their order; either every item that is short has room in its limit, or nothing is promised.
//! What is free is first theirs who wait.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::super::kits::Component;
use super::super::ledger::{Inventory, Item};
use super::super::plan::{Ask, Plan, Unplanned};
use crate::demand::{Awaited, Demand, Destination, Shortfall};
use crate::ids::{FacilityId, ItemId, LineNumber, ReservationNumber};
use crate::units::Quantity;

/// What is there of an ask, and what would wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// The plan for what is there; none if nothing is.
    pub plan: Option<Plan>,
    /// The units that would wait, per line.
    pub awaited: Vec<Awaited>,
}

impl Inventory {
    /// The best plan for what is there of an ask, and what of it waits for stock to come, within
    /// the limits of the items and never from facilities that are barred; for an order whose next
    /// line has this number. Changes nothing: a preview and a reservation ask the same question.
    ///
    /// # Errors
    /// [`Unplanned`], with every item that is short and may not wait, if there is one.
    pub fn plan_or_wait(
        &self,
        ask: &Ask<'_>,
        reservation: ReservationNumber,
        next: Option<LineNumber>,
        barred: &[FacilityId],
    ) -> Result<Parted, Unplanned> {
        self.plan_in_place(ask, reservation, next, barred, &[])
    }

    /// The same for an ask that takes the place of units that wait: their room is free for it.
    ///
    /// # Errors
    /// As [`Inventory::plan_or_wait`].
    pub(in crate::inventory) fn plan_in_place(
        &self,
        ask: &Ask<'_>,
        reservation: ReservationNumber,
        next: Option<LineNumber>,
        barred: &[FacilityId],
        gone: &[Awaited],
    ) -> Result<Parted, Unplanned> {
        let has_room = |item: ItemId, short: u64| {
            let gone =
                gone.iter().filter(|units| units.item == item).map(|u| u64::from(u.quantity));
            short <= self.room_without(item, gone.fold(0, u64::saturating_add))
                && self.may_ever_come(item, ask.destination, barred)
        };
        match self.without_due(ask) {
            Some(ledger) => ledger.plan_part(ask, reservation, next, has_room),
            None => self.plan_part(ask, reservation, next, has_room),
        }
    }

    /// Plans what is there, and lets wait what may.
    pub(super) fn plan_part(
        &self,
        ask: &Ask<'_>,
        reservation: ReservationNumber,
        next: Option<LineNumber>,
        may_wait: impl Fn(ItemId, u64) -> bool,
    ) -> Result<Parted, Unplanned> {
        let shortfalls = match self.plan_from(ask, reservation, next) {
            Ok(plan) => return Ok(Parted { plan: Some(plan), awaited: Vec::new() }),
            // A kit is had as a whole or not at all.
            Err(Unplanned::Short(shortfalls)) if self.names_kits(ask) => {
                return Err(Unplanned::Short(shortfalls));
            }
            Err(Unplanned::Short(shortfalls)) => shortfalls,
            Err(too_many) => return Err(too_many),
        };
        let short = |s: &Shortfall| {
            let (there, (id, _)) = (s.available?, self.item(&s.item)?);
            may_wait(id, s.demanded.saturating_sub(there)).then_some((id, there))
        };
        let there: Option<BTreeMap<ItemId, u64>> = shortfalls.iter().map(short).collect();
        let Some(mut there) = there else {
            let mut shortfalls = shortfalls;
            shortfalls.retain(|s| short(s).is_none());
            return Err(Unplanned::Short(shortfalls));
        };
        let (demands, awaited) = self.divide(ask.demands, reservation, &mut there);
        let rest = Ask { demands: &demands, ..*ask };
        let nothing = demands.is_empty();
        let plan = if nothing { None } else { Some(self.plan(&rest, reservation)?) };
        Ok(Parted { plan, awaited })
    }

    /// Whether an item may come to a destination though some facilities are barred; also if it may
    /// from none of them all, since rules change.
    fn may_ever_come(&self, id: ItemId, destination: &Destination, barred: &[FacilityId]) -> bool {
        barred.is_empty()
            || self.is_in_reach(id, destination, barred)
            || !self.is_in_reach(id, destination, &[])
    }

    fn names_kits(&self, ask: &Ask<'_>) -> bool {
        let is_kit =
            |demand: &Demand| self.item(&demand.item).is_some_and(|(id, _)| self.kit(id).is_some());
        ask.demands.iter().any(is_kit)
    }

    /// Hands what is there to the lines in their order.
    fn divide(
        &self,
        demands: &[Demand],
        reservation: ReservationNumber,
        there: &mut BTreeMap<ItemId, u64>,
    ) -> (Vec<Demand>, Vec<Awaited>) {
        let (mut tied, mut awaited) = (Vec::new(), Vec::new());
        for demand in demands {
            let Some((item, _)) = self.item(&demand.item) else { continue };
            let Some(left) = there.get_mut(&item) else {
                tied.push(demand.clone());
                continue;
            };
            let (line, wanted) = (demand.line, demand.quantity.get());
            let taken = wanted.min(u32::try_from(*left).unwrap_or(u32::MAX));
            *left = left.saturating_sub(u64::from(taken));
            if let Some(quantity) = Quantity::new(taken) {
                tied.push(Demand { quantity, ..demand.clone() });
            }
            let quantity = wanted.saturating_sub(taken);
            if quantity > 0 {
                awaited.push(Awaited { reservation, line, item, quantity });
            }
        }
        (tied, awaited)
    }

    /// A ledger of what is asked for in which nothing of an item is free whose queue has still to
    /// be looked at; `None` if there is no such item. Ticks come before inputs, so that this is
    /// rare.
    fn without_due(&self, ask: &Ask<'_>) -> Option<Self> {
        if !self.backorders.is_any_due() {
            return None;
        }
        let is_due = |item: ItemId| {
            let due = self.backorders.due(item);
            due.is_some_and(|due| due.is_overdue() || ask.at.is_some_and(|at| due.at <= at))
        };
        let known = ask.demands.iter().filter_map(|demand| self.item(&demand.item));
        let mut wanted: BTreeMap<ItemId, &Item> = known.collect();
        let kit = |(id, _): (&ItemId, &&Item)| Some((*id, self.kit(*id)?.to_vec()));
        let kits: BTreeMap<ItemId, Vec<Component>> = wanted.iter().filter_map(kit).collect();
        for Component { item, .. } in kits.values().flatten() {
            wanted.extend(self.items.get(*item).map(|known| (*item, known)));
        }
        if !wanted.keys().any(|item| is_due(*item)) {
            return None;
        }
        let hide = |(id, item): (ItemId, &Item)| {
            let mut item = item.clone();
            if is_due(id) {
                item.shelves.clear();
            }
            (id, item)
        };
        let items = wanted.into_iter().map(hide).collect();
        Self::slice(self.policy, self.facilities.clone(), items, kits, BTreeMap::new())
    }
}
