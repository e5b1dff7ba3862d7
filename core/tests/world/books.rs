//! The books of stock that a witness keeps: every counter, from events alone.
//!
//! Law: units come in, go out, or move between shelves, conditions and transfers; at any time what
//! came less what went is what lies somewhere.

use std::collections::{BTreeMap, BTreeSet};

use earmark::demand::Portion;
use earmark::flow::Shop;
use earmark::ids::{
    ExpectedNumber, FacilityId, ItemId, OrderId, ReservationNumber, Tier, TransferNumber,
};
use earmark::inventory::{Adjustment, Condition, InventoryEvent as E, StockCounted};
use earmark::laws;

use super::ensure;

type Place = (ItemId, FacilityId, Tier);

/// A shelf by the events.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counters {
    sellable: i64,
    damaged: i64,
    quality_control: i64,
    quarantined: i64,
    promised: i64,
}

/// What was told of a watched item.
#[derive(Debug, Clone, Copy)]
struct Watched {
    threshold: u32,
    is_low: bool,
    is_out: bool,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    shelves: BTreeMap<Place, Counters>,
    safety: BTreeMap<(ItemId, FacilityId), u32>,
    tied: BTreeMap<(OrderId, ReservationNumber), Vec<Portion>>,
    /// What came from outside, less what went.
    balance: BTreeMap<ItemId, i64>,
    transit: BTreeMap<TransferNumber, (ItemId, i64)>,
    expected: BTreeMap<ExpectedNumber, i64>,
    watched: BTreeMap<ItemId, Watched>,
}

impl Books {
    /// Hears an event of the inventory.
    pub(crate) fn hear(&mut self, event: &E) -> Result<(), String> {
        use Condition::{Damaged, Quarantine, Sellable};
        match event {
            E::Received(e) => {
                self.comes((e.item.id, e.facility, e.tier), Sellable, i64::from(e.quantity))
            }
            E::Adjusted(e) => {
                let (place, units) = ((e.item.id, e.facility, e.tier), i64::from(e.quantity));
                match e.adjustment {
                    Adjustment::Found => self.comes(place, Sellable, units),
                    Adjustment::Lost => self.comes(place, Sellable, -units),
                    Adjustment::Damaged => {
                        self.lay(place, Sellable, -units)?;
                        self.lay(place, Damaged, units)
                    }
                }
            }
            E::Moved(e) => {
                let (place, units) = ((e.item.id, e.facility, e.tier), i64::from(e.quantity));
                self.lay(place, e.from, -units)?;
                self.lay(place, e.to, units)
            }
            E::WrittenOff(e) => {
                self.comes((e.item.id, e.facility, e.tier), e.condition, -i64::from(e.quantity))
            }
            E::Counted(e) => self.count(e),
            E::Restocked(e) => e.portions.iter().try_for_each(|p| {
                let condition = if e.sellable { Sellable } else { Quarantine };
                self.comes((p.item, p.facility, p.tier), condition, i64::from(p.quantity))
            }),
            E::Tied(_)
            | E::SafetySet(_)
            | E::Filled(_)
            | E::Stripped(_)
            | E::Released(_)
            | E::Expired(_)
            | E::Shipped(_)
            | E::Unshipped(_) => self.hear_promise(event),
            E::LowStockSet(_) | E::Low(_) | E::Replenished(_) | E::Out(_) | E::Back(_) => {
                self.hear_alert(event)
            }
            E::TransferSent(_)
            | E::TransferReceived(_)
            | E::TransferCancelled(_)
            | E::Expected(_)
            | E::ExpectedReceived(_)
            | E::ExpectedWithdrawn(_) => self.hear_incoming(event),
            E::ItemDefined(_)
            | E::FacilityDefined(_)
            | E::FacilityRulesSet(_)
            | E::ItemRulesSet(_)
            | E::UnitPricesSet(_)
            | E::ParcelsBooked(_)
            | E::Rejected(_)
            | E::Allocated(_)
            | E::KitDefined(_)
            | E::KitsExploded(_)
            | E::ExplosionRejected(_)
            | E::KitsShort(_)
            | E::BackorderLimitSet(_)
            | E::Backordered(_)
            | E::BackorderReleased(_)
            | E::WaitingResumed(_)
            | E::BackordersDue(_)
            | E::Extended(_) => Ok(()),
        }
    }

    fn count(&mut self, e: &StockCounted) -> Result<(), String> {
        let place = (e.item.id, e.facility, e.tier);
        let before = self.shelves.get(&place).copied().unwrap_or_default();
        let there = *before.clone().of(e.condition);
        ensure(there == i64::from(e.expected), || format!("{there} for {e:?}"))?;
        let counted = there + e.difference == i64::from(e.counted);
        ensure(counted, || format!("the difference is wrong: {e:?}"))?;
        self.comes(place, e.condition, e.difference)
    }

    fn hear_promise(&mut self, event: &E) -> Result<(), String> {
        match event {
            E::SafetySet(e) => {
                self.safety.insert((e.item.id, e.facility), e.quantity);
                Ok(())
            }
            E::Tied(e) => {
                self.plan(&e.portions)?;
                self.tied.insert((e.order, e.reservation), e.portions.clone());
                Ok(())
            }
            E::Filled(e) => {
                self.plan(&e.portions)?;
                let tied = self.tied.entry((e.order, e.reservation)).or_default();
                for p in &e.portions {
                    let same =
                        |held: &&mut Portion| Portion { quantity: p.quantity, ..**held } == *p;
                    match tied.iter_mut().find(same) {
                        Some(held) => held.quantity += p.quantity,
                        None => tied.push(*p),
                    }
                }
                Ok(())
            }
            E::Stripped(e) => self.free_up(e.order, &e.portions),
            E::Released(e) => self.free_up(e.order, &e.portions),
            E::Expired(e) => {
                let tied = self.tied.get(&(e.order, e.reservation)).cloned().unwrap_or_default();
                self.free_up(e.order, &tied)
            }
            E::Shipped(e) => {
                self.free_up(e.order, &e.portions)?;
                e.portions.iter().try_for_each(|p| {
                    let place = (p.item, p.facility, p.tier);
                    self.comes(place, Condition::Sellable, -i64::from(p.quantity))
                })
            }
            E::Unshipped(e) => {
                for p in &e.portions {
                    let place = (p.item, p.facility, p.tier);
                    self.comes(place, Condition::Sellable, i64::from(p.quantity))?;
                    self.shelf(place).promised += i64::from(p.quantity);
                    self.tied.entry((e.order, p.reservation)).or_default().push(*p);
                }
                Ok(())
            }
            _ => Err(format!("no promise: {event:?}")),
        }
    }

    /// A plan promises units, and leaves the safety stock of the facilities alone.
    fn plan(&mut self, portions: &[Portion]) -> Result<(), String> {
        for p in portions {
            self.shelf((p.item, p.facility, p.tier)).promised += i64::from(p.quantity);
        }
        let places: BTreeSet<_> = portions.iter().map(|p| (p.item, p.facility)).collect();
        for (item, facility) in places {
            let safety = self.safety.get(&(item, facility)).copied().unwrap_or(0);
            let free = u64::try_from(self.free(item, facility));
            let kept = free.is_ok_and(|free| laws::safety_is_kept(safety, free));
            ensure(kept, || format!("{}: {portions:?}", laws::SAFETY_KEPT))?;
        }
        Ok(())
    }

    fn hear_incoming(&mut self, event: &E) -> Result<(), String> {
        use Condition::Sellable;
        match event {
            E::TransferSent(e) => {
                let units = i64::from(e.quantity);
                let before = self.transit.insert(e.transfer, (e.item.id, units));
                ensure(before.is_none(), || format!("{} is sent twice", e.transfer))?;
                self.lay((e.item.id, e.from.facility, e.from.tier), Sellable, -units)
            }
            E::TransferReceived(e) => {
                self.arrive(e.transfer, i64::from(e.received) + i64::from(e.lost))?;
                *self.balance.entry(e.item.id).or_default() -= i64::from(e.lost);
                let place = (e.item.id, e.to.facility, e.to.tier);
                self.lay(place, Sellable, i64::from(e.received))
            }
            E::TransferCancelled(e) => {
                self.arrive(e.transfer, i64::from(e.quantity))?;
                let ended = !self.transit.contains_key(&e.transfer);
                ensure(ended, || format!("{} is cancelled in part", e.transfer))?;
                let place = (e.item.id, e.from.facility, e.from.tier);
                self.lay(place, Sellable, i64::from(e.quantity))
            }
            E::Expected(e) => {
                let before = self.expected.insert(e.expected, i64::from(e.quantity));
                ensure(before.is_none(), || format!("{} is expected twice", e.expected))
            }
            E::ExpectedReceived(e) => {
                let left = self.expected.get_mut(&e.expected).ok_or("it was not expected")?;
                *left -= i64::from(e.quantity);
                ensure(*left == i64::from(e.left), || format!("{left} are left: {e:?}"))?;
                self.expected.retain(|_, left| *left > 0);
                self.comes((e.item.id, e.facility, e.tier), Sellable, i64::from(e.quantity))
            }
            E::ExpectedWithdrawn(e) => {
                let left = self.expected.remove(&e.expected);
                ensure(left == Some(i64::from(e.quantity)), || format!("{left:?} left: {e:?}"))
            }
            _ => Err(format!("nothing incoming: {event:?}")),
        }
    }

    /// An alert says what is, and never twice the same.
    fn hear_alert(&mut self, event: &E) -> Result<(), String> {
        if let E::LowStockSet(e) = event {
            match e.threshold {
                Some(threshold) => {
                    let fresh = Watched { threshold, is_low: false, is_out: false };
                    self.watched.entry(e.item.id).or_insert(fresh).threshold = threshold;
                }
                None => drop(self.watched.remove(&e.item.id)),
            }
            return Ok(());
        }
        let (item, told) = match event {
            E::Low(e) => (e.item.id, e.available),
            E::Replenished(e) => (e.item.id, e.available),
            E::Back(e) => (e.item.id, e.available),
            E::Out(e) => (e.item.id, 0),
            _ => return Err(format!("no alert: {event:?}")),
        };
        let available = self.available(item);
        ensure(told == available, || format!("{available} are available: {event:?}"))?;
        let watched = self.watched.get_mut(&item).ok_or("the item is not watched")?;
        let (side, is) = match event {
            E::Low(_) => (&mut watched.is_low, true),
            E::Replenished(_) => (&mut watched.is_low, false),
            E::Out(_) => (&mut watched.is_out, true),
            _ => (&mut watched.is_out, false),
        };
        ensure(*side != is, || format!("{event:?} is told twice"))?;
        *side = is;
        Ok(())
    }

    fn arrive(&mut self, transfer: TransferNumber, units: i64) -> Result<(), String> {
        let (_, left) = self.transit.get_mut(&transfer).ok_or("a transfer that was not sent")?;
        *left -= units;
        ensure(*left >= 0, || format!("more came by {transfer} than was sent"))?;
        self.transit.retain(|_, (_, left)| *left > 0);
        Ok(())
    }

    fn free_up(&mut self, order: OrderId, portions: &[Portion]) -> Result<(), String> {
        for p in portions {
            let tied = self.tied.get_mut(&(order, p.reservation)).ok_or("nothing was tied")?;
            let same = |held: &&mut Portion| Portion { quantity: p.quantity, ..**held } == *p;
            let held = tied.iter_mut().find(same).ok_or_else(|| format!("{p:?} is not tied"))?;
            held.quantity = held.quantity.checked_sub(p.quantity).ok_or("more than was tied")?;
            self.shelf((p.item, p.facility, p.tier)).promised -= i64::from(p.quantity);
        }
        Ok(())
    }

    /// Units come from outside, or go there.
    fn comes(&mut self, place: Place, condition: Condition, units: i64) -> Result<(), String> {
        *self.balance.entry(place.0).or_default() += units;
        self.lay(place, condition, units)
    }

    /// Units are laid on a shelf in a condition, or taken from it.
    fn lay(&mut self, place: Place, condition: Condition, units: i64) -> Result<(), String> {
        let of = self.shelf(place).of(condition);
        *of += units;
        let left = *of;
        ensure(left >= 0, || format!("{place:?}: {left} units are {condition}"))
    }

    fn shelf(&mut self, place: Place) -> &mut Counters {
        self.shelves.entry(place).or_default()
    }

    fn free(&self, item: ItemId, facility: FacilityId) -> i64 {
        let here = self.shelves.iter().filter(|((i, f, _), _)| (*i, *f) == (item, facility));
        here.map(|(_, c)| c.sellable - c.promised).sum()
    }

    fn available(&self, item: ItemId) -> u64 {
        let shelves = self.shelves.keys().filter(|(i, ..)| *i == item);
        let facilities: BTreeSet<FacilityId> = shelves.map(|(_, facility, _)| *facility).collect();
        let at = |facility: FacilityId| {
            let safety = self.safety.get(&(item, facility)).copied().unwrap_or(0);
            u64::try_from(self.free(item, facility) - i64::from(safety)).unwrap_or(0)
        };
        facilities.into_iter().map(at).sum()
    }

    /// Holds the shop's books against these.
    pub(crate) fn agrees(&self, shop: &Shop) -> Result<(), String> {
        let inventory = shop.inventory();
        let mut sums: BTreeMap<ItemId, i64> = BTreeMap::new();
        for (id, item) in inventory.items() {
            let there = self.balance.get(&id).and_then(|n| u64::try_from(*n).ok()).unwrap_or(0);
            let real = laws::available_is_physical(item.available(), there);
            ensure(real, || format!("{}: {id}: {there} there", laws::PHYSICAL))?;
            for s in &item.shelves {
                let ours = self.shelves.get(&(id, s.facility, s.tier)).copied();
                let theirs = Counters {
                    sellable: i64::from(s.on_hand) - i64::from(s.unavailable()),
                    damaged: i64::from(s.damaged),
                    quality_control: i64::from(s.quality_control),
                    quarantined: i64::from(s.quarantined),
                    promised: i64::from(s.reserved) + i64::from(s.allocated),
                };
                let same = ours.unwrap_or_default() == theirs;
                let told = || format!("{}: {id}: {s:?}, {ours:?}", laws::STOCK_CONSERVED);
                ensure(same, told)?;
                *sums.entry(id).or_default() += i64::from(s.on_hand);
            }
            let (available, heard) = (item.available(), self.available(id));
            ensure(available == heard, || format!("{id}: {available}, {heard} by the events"))?;
        }
        for (_, open) in inventory.transfers() {
            *sums.entry(open.item).or_default() += i64::from(open.on_its_way);
        }
        for (id, balance) in &self.balance {
            let somewhere = sums.get(id).copied().unwrap_or(0);
            let (came, there) = (u64::try_from(*balance), u64::try_from(somewhere));
            let kept = laws::stock_is_conserved(came.unwrap_or(0), 0, there.unwrap_or(u64::MAX));
            ensure(kept, || format!("{}: {id}: {somewhere} of {balance}", laws::STOCK_CONSERVED))?;
        }
        let incoming: i64 = inventory.incoming().map(|i| i64::from(i.quantity)).sum();
        let heard = self.transit.values().map(|(_, n)| n).chain(self.expected.values());
        ensure(incoming == heard.sum::<i64>(), || format!("{incoming} are incoming: {self:?}"))?;
        ensure(inventory.alerts().count() == self.watched.len(), || "not all are watched".into())?;
        for (id, w) in &self.watched {
            let available = self.available(*id);
            let is_true = laws::alert_is_true(w.threshold, available, w.is_low, w.is_out);
            ensure(is_true, || format!("{}: {id}, {w:?}, {available}", laws::ALERT_TRUE))?;
        }
        Ok(())
    }
}

impl Counters {
    fn of(&mut self, condition: Condition) -> &mut i64 {
        match condition {
            Condition::Sellable => &mut self.sellable,
            Condition::Damaged => &mut self.damaged,
            Condition::QualityControl => &mut self.quality_control,
            Condition::Quarantine => &mut self.quarantined,
        }
    }
}
