//! A client's slice of a shop: what it needs to preview and place orders by itself.
//!
//! Law: a slice says how much is available, never how much is there or promised to others; and the
//! same command on it gives the same events as on the host, as long as the stock is the same.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::shop::Shop;
use crate::decide::Principal;
use crate::ids::{FacilityId, ItemId, ItemRef, OrderId, Text, Tier};
use crate::inventory::{Facility, Inventory, Item, Shelf};
use crate::order::Order;
use crate::policy::Policy;
use crate::units::UnitPrice;

/// What a client holds: in binary form only, opaque to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The policy in force.
    pub policy: Policy,
    /// All facilities.
    pub facilities: Vec<Facility>,
    /// The items the client watches, by id.
    pub items: Vec<SliceItem>,
    /// The client's own orders among those he asked for.
    pub orders: Vec<(OrderId, Order)>,
}

/// An item the client watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceItem {
    /// Its id.
    pub id: ItemId,
    /// Its SKU.
    pub sku: Text,
    /// What it is.
    pub name: Text,
    /// Its list price.
    pub unit_price: UnitPrice,
    /// Units available to sell, by facility and tier.
    pub available: Vec<(FacilityId, Tier, u32)>,
}

impl Slice {
    /// The slice of a shop that watches these items and orders. Unknown items and other people's
    /// orders are left out.
    #[must_use]
    pub fn of(shop: &Shop, items: &[ItemRef], orders: &[OrderId], by: &Principal) -> Self {
        let mut ids: Vec<ItemId> =
            items.iter().filter_map(|item| shop.inventory.item(item)).map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        let slice = |id: ItemId| {
            let (id, item) = shop.inventory.item(&ItemRef::Id(id))?;
            let shelf = |s: &Shelf| (s.facility, s.tier, s.available());
            Some(SliceItem {
                id,
                sku: item.sku.clone(),
                name: item.name.clone(),
                unit_price: item.unit_price,
                available: item.shelves.iter().map(shelf).collect(),
            })
        };
        let own = |id: &OrderId| {
            let order = shop.orders.get(*id).filter(|o| by.may_touch(o.owner.as_ref()))?;
            Some((*id, order.clone()))
        };
        Self {
            policy: shop.policy,
            facilities: shop.inventory.facilities().map(|(_, place)| place.clone()).collect(),
            items: ids.into_iter().filter_map(slice).collect(),
            orders: orders.iter().filter_map(own).collect(),
        }
    }

    /// A shop that knows only this; `None` if the slice is not in order.
    #[must_use]
    pub fn into_shop(self) -> Option<Shop> {
        let shelf = |(facility, tier, available)| Shelf {
            on_hand: available,
            ..Shelf::empty(facility, tier)
        };
        let item = |slice: SliceItem| {
            let SliceItem { id, sku, name, unit_price, available } = slice;
            let shelves = available.into_iter().map(shelf).collect();
            (id, Item { sku, name, unit_price, shelves })
        };
        let items = self.items.into_iter().map(item).collect();
        let inventory = Inventory::slice(self.policy.sourcing, self.facilities, items)?;
        let mut shop = Shop { policy: self.policy, inventory, ..Shop::default() };
        shop.orders.set_policy(self.policy.orders);
        shop.orders.adopt(self.orders);
        Some(shop)
    }
}
