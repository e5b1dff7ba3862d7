//! Questions of those who look after the stock: every counter, what is incoming, what is watched.
//!
//! Law: what is incoming is shown, and is part of no figure of what can be sold.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::query::{PAGE_MAX, QueryRefusal, page};
use super::shop::Shop;
use crate::data::{asks, data};
use crate::demand::{Awaited, Hold};
use crate::ids::{
    ExpectedNumber, FacilityId, ItemId, ItemName, ItemRef, OrderId, Text, Tier, TransferNumber,
};
use crate::inventory::{Alert, Incoming, IncomingBy, Item, Shelf, ShelfName};
use crate::time::Timestamp;

asks! {
    /// All counters of some items, shelf by shelf.
    LevelsQuery {
        /// The items: at most 1,000.
        items: Vec<ItemRef>,
    }
    /// Transfers under way, and stock that is expected.
    IncomingQuery {
        /// Only those of this item.
        #[serde(default)]
        item: Option<ItemRef>,
        /// Skip so many: for the next page.
        #[serde(default)]
        skip: Option<u32>,
        /// At most so many; 100 if not said, 1,000 at the most.
        #[serde(default)]
        limit: Option<u16>,
    }
    /// Who waits for an item, in order.
    BackordersQuery {
        /// The item.
        item: ItemRef,
        /// Only those behind this order: for the next page.
        #[serde(default)]
        after: Option<OrderId>,
        /// At most so many; 100 if not said, 1,000 at the most.
        #[serde(default)]
        limit: Option<u16>,
    }
    /// The items that are watched.
    AlertsQuery {
        /// Skip so many: for the next page.
        #[serde(default)]
        skip: Option<u32>,
        /// At most so many; 100 if not said, 1,000 at the most.
        #[serde(default)]
        limit: Option<u16>,
    }
}

data! {
    /// All counters of an item.
    ItemLevels {
        /// The item.
        item: ItemName,
        /// Units available to sell, over all facilities.
        available: u64,
        /// On their way to any of its shelves, or expected; also to those that are still empty.
        incoming: u64,
        /// Units that facilities keep back from sale.
        safety: Vec<SafetyView>,
        /// Units that may be promised at a time before they are there.
        backorder_limit: u32,
        /// Units that wait for stock.
        backordered: u64,
        /// Its shelves.
        shelves: Vec<ShelfLevels>,
    }
    /// Units of an item that a facility keeps back from sale.
    SafetyView {
        /// The facility.
        facility: FacilityId,
        /// Units over both tiers.
        quantity: u32,
    }
    /// All counters of a shelf.
    ShelfLevels {
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// What can be counted there.
        on_hand: u32,
        /// Of that: damaged.
        damaged: u32,
        /// Of that: in quality control.
        quality_control: u32,
        /// Of that: in quarantine.
        quarantined: u32,
        /// Promised softly.
        reserved: u32,
        /// Promised hard.
        allocated: u32,
        /// Available to sell, less safety stock.
        available: u32,
        /// On its way there, or expected.
        incoming: u64,
    }
    /// Units that will come to a shelf, by a transfer or from a supplier.
    IncomingView {
        /// The item.
        item: ItemName,
        /// The shelf.
        to: ShelfName,
        /// How many units.
        quantity: u32,
        /// The transfer that brings them.
        transfer: Option<TransferNumber>,
        /// The shelf they left, if a transfer brings them.
        from: Option<ShelfName>,
        /// The number under which they are expected, if a supplier brings them.
        expected: Option<ExpectedNumber>,
        /// When a supplier is due.
        due: Option<Timestamp>,
        /// What people call it.
        reference: Option<Text>,
    }
    /// Who waits for an item.
    BackordersView {
        /// The item.
        item: ItemName,
        /// Units that may wait at a time.
        backorder_limit: u32,
        /// Units that wait.
        backordered: u64,
        /// Units that may still be promised without being there, by the limit and the policy.
        backorder_room: u32,
        /// When the queue is looked at again without new stock, if it is.
        due: Option<Timestamp>,
        /// Those who wait, in order; of one order all or none are on a page.
        entries: Vec<BackorderView>,
    }
    /// Units of a line that wait.
    BackorderView {
        /// The order.
        order: OrderId,
        /// Until when they wait; `None` for as long as nobody cancels them.
        until: Option<Timestamp>,
        /// The units.
        units: Awaited,
    }
    /// An item that is watched.
    AlertView {
        /// The item.
        item: ItemName,
        /// Low is this many units and fewer.
        threshold: u32,
        /// Units available to sell, over all facilities.
        available: u64,
        /// It was told that the item is low.
        is_low: bool,
        /// It was told that the item is out of stock.
        is_out: bool,
    }
}

impl Shop {
    pub(super) fn levels(&self, query: &LevelsQuery) -> Vec<ItemLevels> {
        let known = query.items.iter().take(usize::from(PAGE_MAX));
        let known: Vec<_> = known.filter_map(|item| self.inventory.item(item)).collect();
        let mut incoming: BTreeMap<ItemId, BTreeMap<(FacilityId, Tier), u64>> =
            known.iter().map(|(id, _)| (*id, BTreeMap::new())).collect();
        for coming in self.inventory.incoming() {
            let Some(to) = incoming.get_mut(&coming.item) else { continue };
            let sum = to.entry((coming.to.facility, coming.to.tier)).or_default();
            *sum = sum.saturating_add(u64::from(coming.quantity));
        }
        let to = |id, s: &Shelf| incoming.get(&id)?.get(&(s.facility, s.tier)).copied();
        let to_all = |id: &ItemId| incoming.get(id).map_or(0, |to| to.values().sum());
        let shelf = |id, item: &Item, s: &Shelf| ShelfLevels {
            facility: s.facility,
            tier: s.tier,
            on_hand: s.on_hand,
            damaged: s.damaged,
            quality_control: s.quality_control,
            quarantined: s.quarantined,
            reserved: s.reserved,
            allocated: s.allocated,
            available: item.available_on(s),
            incoming: to(id, s).unwrap_or(0),
        };
        let safety = |&(facility, quantity): &(FacilityId, u32)| SafetyView { facility, quantity };
        let levels = |(id, item): &(ItemId, &Item)| ItemLevels {
            item: ItemName { id: *id, sku: item.sku.clone() },
            available: item.available(),
            incoming: to_all(id),
            safety: item.safety.iter().map(safety).collect(),
            backorder_limit: self.inventory.backorder_limit(*id),
            backordered: self.inventory.backordered_units(*id),
            shelves: item.shelves.iter().map(|s| shelf(*id, item, s)).collect(),
        };
        known.iter().map(levels).collect()
    }

    pub(super) fn list_incoming(&self, query: &IncomingQuery) -> Vec<IncomingView> {
        let only = query.item.as_ref().map(|item| self.inventory.item(item).map(|(id, _)| id));
        let wanted = self.inventory.incoming().filter(|i| only.is_none_or(|id| id == Some(i.item)));
        let view = |i: Incoming<'_>| {
            let (transfer, expected) = match i.by {
                IncomingBy::Transfer(number, from) => (Some((number, from)), None),
                IncomingBy::Expected(number, open) => (None, Some((number, open))),
            };
            Some(IncomingView {
                item: self.inventory.name(i.item)?,
                to: i.to.clone(),
                quantity: i.quantity,
                transfer: transfer.map(|(number, _)| number),
                from: transfer.map(|(_, from)| from.clone()),
                expected: expected.map(|(number, _)| number),
                due: expected.map(|(_, open)| open.due),
                reference: expected.and_then(|(_, open)| open.reference.clone()),
            })
        };
        wanted.skip(skip(query.skip)).take(page(query.limit)).filter_map(view).collect()
    }

    pub(super) fn list_backorders(
        &self,
        query: &BackordersQuery,
    ) -> Result<BackordersView, QueryRefusal> {
        let unknown = || QueryRefusal::UnknownItem { item: query.item.clone() };
        let (id, item) = self.inventory.item(&query.item).ok_or_else(unknown)?;
        let view = |(order, hold, units)| {
            let until = match hold {
                Hold::Soft { until } => Some(until),
                Hold::Hard => None,
            };
            BackorderView { order, until, units }
        };
        let mut queue = self.inventory.backorder_queue(id, query.after).map(view);
        let mut entries: Vec<BackorderView> = queue.by_ref().take(page(query.limit)).collect();
        let last = entries.last().map(|entry| entry.order);
        entries.extend(queue.take_while(|entry| Some(entry.order) == last));
        Ok(BackordersView {
            item: ItemName { id, sku: item.sku.clone() },
            backorder_limit: self.inventory.backorder_limit(id),
            backordered: self.inventory.backordered_units(id),
            backorder_room: self.inventory.backorder_room(id),
            due: self.inventory.backorders_due(id),
            entries,
        })
    }

    pub(super) fn list_alerts(&self, query: &AlertsQuery) -> Vec<AlertView> {
        let watched = self.inventory.alerts().skip(skip(query.skip)).take(page(query.limit));
        let view = |(id, alert): (ItemId, &Alert)| {
            let (_, item) = self.inventory.item(&ItemRef::Id(id))?;
            Some(AlertView {
                item: ItemName { id, sku: item.sku.clone() },
                threshold: alert.threshold,
                available: item.available(),
                is_low: alert.is_low,
                is_out: alert.is_out,
            })
        };
        watched.filter_map(view).collect()
    }
}

fn skip(skip: Option<u32>) -> usize {
    usize::try_from(skip.unwrap_or(0)).unwrap_or(usize::MAX)
}
