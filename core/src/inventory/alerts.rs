//! Alerts: an item is low, out of stock, back in stock, above its threshold again.
//!
//! Law: an alert is told exactly when what is available to sell over all facilities crosses an
//! edge, whatever makes it cross, and never twice without the opposite in between. Alerts come
//! behind the events of the decision that caused them, in order of the items.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::command::Adjustment;
use super::condition::Condition;
use super::decide::Decision;
use super::event::InventoryEvent;
use super::evolve::NO_ITEM;
use super::ledger::{Inventory, Item, ReservationId, Shelf};
use super::refusal::InventoryRefusal;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::demand::Portion;
use crate::ids::{FacilityId, ItemId, ItemName, ItemRef, Tier};
use crate::laws::{self, Audit};

asks! {
    /// Tell when an item runs low or out, or stop telling.
    SetLowStock {
        /// The item.
        item: ItemRef,
        /// Low is this many units and fewer; 0 tells only of out of stock and back; none tells
        /// nothing.
        threshold: Option<u32>,
    }
}

data! {
    /// From here on it is told when the item runs low or out; or not any more.
    LowStockSet {
        /// The item.
        item: ItemName,
        /// Low is this many units and fewer.
        threshold: Option<u32>,
    }
    /// An item is low: it has come down to its threshold.
    LowStock {
        /// The item.
        item: ItemName,
        /// Units available to sell over all facilities.
        available: u64,
        /// The threshold.
        threshold: u32,
    }
    /// An item that was low is above its threshold again.
    StockReplenished {
        /// The item.
        item: ItemName,
        /// Units available to sell over all facilities.
        available: u64,
        /// The threshold.
        threshold: u32,
    }
    /// Nothing of an item is available to sell any more.
    OutOfStock {
        /// The item.
        item: ItemName,
    }
    /// An item that was out of stock can be sold again.
    BackInStock {
        /// The item.
        item: ItemName,
        /// Units available to sell over all facilities.
        available: u64,
    }
}

/// An item that is watched, and what was told of it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Low is this many units and fewer.
    pub threshold: u32,
    /// It was told that the item is low.
    pub is_low: bool,
    /// It was told that the item is out of stock.
    pub is_out: bool,
}

/// An edge that is crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Low,
    Replenished,
    Out,
    Back,
}

impl Inventory {
    /// The items that are watched, by id, and what was told of each last.
    pub fn alerts(&self) -> impl Iterator<Item = (ItemId, &Alert)> {
        self.alerts.iter().map(|(id, alert)| (*id, alert))
    }
}

pub(super) fn set_low_stock(inventory: &Inventory, command: &SetLowStock) -> Decision {
    let unknown = || InventoryRefusal::UnknownItem { item: command.item.clone() };
    let (id, known) = inventory.item(&command.item).ok_or_else(unknown)?;
    inventory.stocked(id, known)?;
    let threshold = command.threshold;
    if threshold == inventory.alerts.get(&id).map(|alert| alert.threshold) {
        return Ok(vec![]);
    }
    let item = ItemName { id, sku: known.sku.clone() };
    Ok(vec![InventoryEvent::LowStockSet(LowStockSet { item, threshold })])
}

pub(super) fn low_stock_set(
    inventory: &mut Inventory,
    event: &LowStockSet,
) -> Result<(), CorruptHistory> {
    inventory.items.get(event.item.id).ok_or(NO_ITEM)?;
    match event.threshold {
        Some(threshold) => {
            let unwatched = Alert { threshold, is_low: false, is_out: false };
            let alert = inventory.alerts.entry(event.item.id).or_insert(unwatched);
            alert.threshold = threshold;
        }
        None => {
            inventory.alerts.remove(&event.item.id);
        }
    }
    Ok(())
}

pub(super) fn cross(
    inventory: &mut Inventory,
    item: ItemId,
    edge: Edge,
) -> Result<(), CorruptHistory> {
    let unwatched = CorruptHistory::because("an alert of an item that is not watched");
    let alert = inventory.alerts.get_mut(&item).ok_or(unwatched)?;
    let (side, is) = match edge {
        Edge::Low => (&mut alert.is_low, true),
        Edge::Replenished => (&mut alert.is_low, false),
        Edge::Out => (&mut alert.is_out, true),
        Edge::Back => (&mut alert.is_out, false),
    };
    if *side == is {
        return Err(CorruptHistory::because("the same alert is told twice"));
    }
    *side = is;
    Ok(())
}

/// What is watched is what is told.
pub(super) fn audit(inventory: &Inventory, audit: &mut Audit) {
    for (id, alert) in &inventory.alerts {
        let available = inventory.items.get(*id).map_or(0, Item::available);
        let Alert { threshold, is_low, is_out } = *alert;
        let is_true = laws::alert_is_true(threshold, available, is_low, is_out);
        audit.expect(laws::ALERT_TRUE, is_true, || format!("{id}: {alert:?}, {available}"));
    }
}

/// Appends the alerts that a decision causes.
pub(super) fn append(inventory: &Inventory, events: &mut Vec<InventoryEvent>) {
    let set = |e: &InventoryEvent| matches!(e, InventoryEvent::LowStockSet(_));
    if inventory.alerts.is_empty() && !events.iter().any(set) {
        return;
    }
    let mut touched: BTreeMap<ItemId, Touched> = BTreeMap::new();
    for event in events.iter() {
        touch(inventory, event, &mut touched);
    }
    for (id, touched) in touched {
        tell(id, touched, events);
    }
}

/// A watched item as it is after the decision.
struct Touched {
    item: Item,
    alert: Alert,
    /// By how much what is free on a shelf changes.
    changes: BTreeMap<(FacilityId, Tier), i64>,
}

fn touch(inventory: &Inventory, event: &InventoryEvent, all: &mut BTreeMap<ItemId, Touched>) {
    let watched = |id: &ItemId| {
        let (alert, changes) = (*inventory.alerts.get(id)?, BTreeMap::new());
        Some(Touched { item: inventory.items.get(*id)?.clone(), alert, changes })
    };
    match event {
        InventoryEvent::LowStockSet(e) => {
            let Some(threshold) = e.threshold else { return };
            let fresh = || {
                let alert = Alert { threshold, is_low: false, is_out: false };
                let item = inventory.items.get(e.item.id)?.clone();
                Some(Touched { item, alert, changes: BTreeMap::new() })
            };
            if let Some(mut now) = watched(&e.item.id).or_else(fresh) {
                now.alert.threshold = threshold;
                all.insert(e.item.id, now);
            }
        }
        InventoryEvent::SafetySet(e) => {
            if let Some(mut now) = watched(&e.item.id) {
                now.item.set_safety(e.facility, e.quantity);
                all.insert(e.item.id, now);
            }
        }
        _ => changes(inventory, event, &mut |(id, facility, tier), change| {
            if let alloc::collections::btree_map::Entry::Vacant(entry) = all.entry(id)
                && let Some(now) = watched(&id)
            {
                entry.insert(now);
            }
            if let Some(now) = all.get_mut(&id) {
                let sum = now.changes.entry((facility, tier)).or_default();
                *sum = sum.saturating_add(change);
            }
        }),
    }
}

/// The shelf of an item.
type Place = (ItemId, FacilityId, Tier);

/// By how much an event changes what is free on which shelves; the audit holds it against the
/// books.
fn changes(inventory: &Inventory, event: &InventoryEvent, to: &mut impl FnMut(Place, i64)) {
    let less = |units: u32| 0_i64.saturating_sub(i64::from(units));
    let mut freed = |portions: &[Portion]| {
        portions.iter().for_each(|p| to((p.item, p.facility, p.tier), i64::from(p.quantity)));
    };
    let (place, change) = match event {
        InventoryEvent::Received(e) => ((e.item.id, e.facility, e.tier), i64::from(e.quantity)),
        InventoryEvent::Adjusted(e) => {
            let change = match e.adjustment {
                Adjustment::Found => i64::from(e.quantity),
                Adjustment::Lost | Adjustment::Damaged => less(e.quantity),
            };
            ((e.item.id, e.facility, e.tier), change)
        }
        InventoryEvent::Tied(e) => {
            e.portions.iter().for_each(|p| to((p.item, p.facility, p.tier), less(p.quantity)));
            return;
        }
        InventoryEvent::Stripped(e) => return freed(&e.portions),
        InventoryEvent::Released(e) => return freed(&e.portions),
        InventoryEvent::Expired(e) => {
            let id = ReservationId { order: e.order, number: e.reservation };
            return inventory.reservation(id).into_iter().for_each(|open| freed(&open.portions));
        }
        InventoryEvent::Restocked(e) if e.sellable => return freed(&e.portions),
        InventoryEvent::Moved(e) => {
            let change = match (e.from, e.to) {
                (Condition::Sellable, _) => less(e.quantity),
                (_, Condition::Sellable) => i64::from(e.quantity),
                _ => return,
            };
            ((e.item.id, e.facility, e.tier), change)
        }
        InventoryEvent::WrittenOff(e) if e.condition == Condition::Sellable => {
            ((e.item.id, e.facility, e.tier), less(e.quantity))
        }
        InventoryEvent::Counted(e) if e.condition == Condition::Sellable => {
            ((e.item.id, e.facility, e.tier), e.difference)
        }
        InventoryEvent::TransferSent(e) => {
            ((e.item.id, e.from.facility, e.from.tier), less(e.quantity))
        }
        InventoryEvent::TransferReceived(e) => {
            ((e.item.id, e.to.facility, e.to.tier), i64::from(e.received))
        }
        InventoryEvent::TransferCancelled(e) => {
            ((e.item.id, e.from.facility, e.from.tier), i64::from(e.quantity))
        }
        InventoryEvent::ExpectedReceived(e) => {
            ((e.item.id, e.facility, e.tier), i64::from(e.quantity))
        }
        // Goods that are shipped were promised before: nothing of what is free changes.
        _ => return,
    };
    to(place, change);
}

fn tell(id: ItemId, touched: Touched, events: &mut Vec<InventoryEvent>) {
    let Touched { item, alert: Alert { threshold, is_low, is_out }, changes } = touched;
    let name = || ItemName { id, sku: item.sku.clone() };
    let available = available_after(&item, &changes);
    let low = threshold > 0 && available <= u64::from(threshold);
    let out = available == 0;
    if low && !is_low {
        events.push(InventoryEvent::Low(LowStock { item: name(), available, threshold }));
    }
    if out && !is_out {
        events.push(InventoryEvent::Out(OutOfStock { item: name() }));
    }
    if !out && is_out {
        events.push(InventoryEvent::Back(BackInStock { item: name(), available }));
    }
    if !low && is_low {
        let replenished = StockReplenished { item: name(), available, threshold };
        events.push(InventoryEvent::Replenished(replenished));
    }
}

fn available_after(item: &Item, changes: &BTreeMap<(FacilityId, Tier), i64>) -> u64 {
    let free = |shelf: &Shelf| {
        let change = changes.get(&(shelf.facility, shelf.tier)).copied().unwrap_or(0);
        let free = i64::from(shelf.free()).saturating_add(change);
        u32::try_from(free.max(0)).unwrap_or(u32::MAX)
    };
    let new = changes.keys().filter(|(facility, tier)| item.shelf(*facility, *tier).is_none());
    let mut after = item.clone();
    for &(facility, tier) in new {
        let key = (facility, tier);
        let at = after.shelves.partition_point(|s| (s.facility, s.tier) < key);
        after.shelves.insert(at, Shelf::empty(facility, tier));
    }
    let available = |shelf: &Shelf| u64::from(after.available_if(shelf, free));
    after.shelves.iter().map(available).fold(0, u64::saturating_add)
}
