//! A client's slice of a shop: what it needs to preview and place orders by itself.
//!
//! Law: a slice says how much is available, never how much is there or promised to others; and the
//! same command on it gives the same events of its orders as on the host, as long as the stock is
//! the same. For that it says what safety stock would take of units that become free. Of those who
//! wait for an item it says how many more may: whose turn it is when units become free, only the
//! host can tell.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::shop::{Roles, Shop};
use crate::decide::Principal;
use crate::demand::{Hold, Portion};
use crate::ids::{FacilityId, ItemId, ItemRef, OrderId, Text, Tier};
use crate::inventory::{
    Component, Facility, Inventory, Item, ItemRules, Reservation, ReservationId, Shelf,
    UnitPriceAt, Waiting,
};
use crate::notification::News;
use crate::order::{Backordered, Order, Tied};
use crate::payment::Account;
use crate::policy::Policy;
use crate::time::Timestamp;
use crate::units::UnitPrice;

/// What a client holds: in binary form only, opaque to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The policy in force.
    pub policy: Policy,
    /// All facilities.
    pub facilities: Vec<Facility>,
    /// The items the client watches, and those his orders tie, by id; with a kit go its components.
    pub items: Vec<SliceItem>,
    /// What the kits among them are made of, by id.
    pub kits: Vec<(ItemId, Vec<Component>)>,
    /// The client's own orders among those he asked for.
    pub orders: Vec<(OrderId, Order)>,
    /// What the client was told of them: nothing is told twice.
    pub told: Vec<(OrderId, Vec<News>)>,
    /// Their payments.
    pub payments: Vec<(OrderId, Account)>,
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
    /// What it may and may not.
    pub rules: ItemRules,
    /// What the caller says a unit costs on top, by facility.
    pub prices: Vec<UnitPriceAt>,
    /// Safety stock that back stock does not cover: by facility, the units of it that lie in
    /// primary stock, and those that are missing.
    pub safety: Vec<(FacilityId, u32, u32)>,
    /// Units that may still be promised without being there; who else waits is not said.
    pub room: u32,
    /// When those who wait are looked at again, if they are: what is free is first theirs.
    pub due: Option<Timestamp>,
}

impl Slice {
    /// The slice of a shop that watches these items and orders. Unknown items and other people's
    /// orders are left out.
    #[must_use]
    pub fn of(shop: &Shop, items: &[ItemRef], orders: &[OrderId], by: &Principal) -> Self {
        let own = |id: &OrderId| {
            let order = shop.orders.get(*id).filter(|o| by.may_touch(o.owner.as_ref()))?;
            let is_customer = matches!(by, Principal::Customer(_));
            Some((*id, if is_customer { order.without_reasons() } else { order.clone() }))
        };
        let mut named = BTreeSet::new();
        let once = orders.iter().filter(|id| named.insert(**id));
        let orders: Vec<(OrderId, Order)> = once.filter_map(own).collect();
        let watched = items.iter().filter_map(|item| shop.inventory.item(item)).map(|(id, _)| id);
        let tied = orders.iter().flat_map(|(_, order)| &order.tied).map(|t| t.portion.item);
        let late = orders.iter().flat_map(|(_, order)| &order.backordered).map(|b| b.units.item);
        let mut ids: Vec<ItemId> = watched.chain(tied).chain(late).collect();
        let kit = |id: &ItemId| Some((*id, shop.inventory.kit(*id)?.to_vec()));
        let mut kits: Vec<(ItemId, Vec<Component>)> = ids.iter().filter_map(kit).collect();
        kits.sort_unstable_by_key(|(id, _)| *id);
        kits.dedup_by_key(|(id, _)| *id);
        ids.extend(kits.iter().flat_map(|(_, kit)| kit).map(|component| component.item));
        ids.sort_unstable();
        ids.dedup();
        let slice = |id: ItemId| {
            let (id, item) = shop.inventory.item(&ItemRef::Id(id))?;
            let shelf = |s: &Shelf| (s.facility, s.tier, item.available_on(s));
            Some(SliceItem {
                id,
                sku: item.sku.clone(),
                name: item.name.clone(),
                unit_price: item.unit_price,
                available: item.shelves.iter().map(shelf).collect(),
                rules: item.rules.clone(),
                prices: item.prices.clone(),
                safety: item.safety_in_front().collect(),
                room: shop.inventory.backorder_room(id),
                due: shop.inventory.backorders_due(id),
            })
        };
        let told = |(id, _): &(OrderId, Order)| (*id, shop.notifications.told(*id).to_vec());
        let told = orders.iter().map(told).filter(|(_, news)| !news.is_empty()).collect();
        let paid = |(id, _): &(OrderId, Order)| Some((*id, shop.payments.get(*id)?.clone()));
        let payments = orders.iter().filter_map(paid).collect();
        Self {
            policy: shop.policy,
            facilities: shop.inventory.facilities().map(|(_, place)| place.clone()).collect(),
            items: ids.into_iter().filter_map(slice).collect(),
            kits,
            orders,
            told,
            payments,
        }
    }

    /// A shop that knows only this; `None` if the slice is not in order.
    #[must_use]
    pub fn into_shop(self) -> Option<Shop> {
        let shelf = |(facility, tier, available)| Shelf {
            on_hand: available,
            ..Shelf::empty(facility, tier)
        };
        let own = |id: ItemId| {
            let late = self.orders.iter().flat_map(|(_, order)| &order.backordered);
            let late = late.filter(move |b| b.units.item == id).map(|b| b.units.quantity);
            late.fold(0, u32::saturating_add)
        };
        let limit = |item: &SliceItem| (item.id, item.room.saturating_add(own(item.id)), item.due);
        let limits: Vec<_> = self.items.iter().map(limit).collect();
        let item = |slice: SliceItem| {
            let SliceItem { id, sku, name, unit_price, available, rules, prices, safety, .. } =
                slice;
            let shelves = available.into_iter().map(shelf).collect();
            let (kept, turn) = (safety, 0);
            let safety = Vec::new();
            let mut item = Item { sku, name, unit_price, shelves, rules, prices, safety, turn };
            keep(&mut item, &kept);
            (id, item)
        };
        let mut items: Vec<(ItemId, Item)> = self.items.into_iter().map(item).collect();
        let reservations = tie(&self.orders, &mut items)?;
        let (policy, facilities) = (self.policy.sourcing, self.facilities);
        let kits = self.kits.into_iter().collect();
        let mut inventory = Inventory::slice(policy, facilities, items, kits, reservations)?;
        inventory.know_backorders_in_part(self.policy.orders.backorders, limits);
        // What facilities are asked for is none of a client's business.
        let roles = Roles { fulfilment: false, ..Roles::default() };
        let mut shop = Shop { roles, policy: self.policy, inventory, ..Shop::default() };
        shop.orders.set_policy(self.policy.orders);
        shop.orders.adopt(self.orders);
        shop.notifications.adopt(self.told);
        shop.payments.adopt(self.payments);
        Some(shop)
    }
}

/// Units of safety stock in front are there too, besides what is available; nobody can have them.
fn keep(item: &mut Item, safety: &[(FacilityId, u32, u32)]) {
    for &(facility, kept, missing) in safety {
        if let Some(shelf) = item.shelf_mut(facility, Tier::Primary) {
            shelf.on_hand = shelf.on_hand.saturating_add(kept);
        }
        item.set_safety(facility, kept.saturating_add(missing));
    }
}

/// What the client's own orders tie: those units are there too, besides what is available.
fn tie(
    orders: &[(OrderId, Order)],
    items: &mut [(ItemId, Item)],
) -> Option<BTreeMap<ReservationId, Reservation>> {
    let mut open: BTreeMap<ReservationId, Reservation> = BTreeMap::new();
    for (id, order) in orders {
        for Tied { portion, stage } in &order.tied {
            let hard = stage.is_hard();
            let at = items.binary_search_by_key(&portion.item, |(id, _)| *id).ok()?;
            let (_, item) = items.get_mut(at)?;
            let shelf = item.shelf_mut(portion.facility, portion.tier)?;
            let side = if hard { &mut shelf.allocated } else { &mut shelf.reserved };
            *side = side.checked_add(portion.quantity)?;
            shelf.on_hand = shelf.on_hand.checked_add(portion.quantity)?;
            let hold = if hard { Hold::Hard } else { order.hold() };
            let number = portion.reservation;
            let reservation = open.entry(ReservationId { order: *id, number });
            let reservation = reservation.or_insert(Reservation::of(hold, Vec::new()));
            let mut held = reservation.portions.iter_mut();
            let same = |p: &&mut Portion| Portion { quantity: portion.quantity, ..**p } == *portion;
            match held.find(same) {
                // Units of one kind that stand at several stages of work.
                Some(held) => held.quantity = held.quantity.checked_add(portion.quantity)?,
                None => reservation.portions.push(*portion),
            }
        }
        for Backordered { units, hard } in &order.backordered {
            let hold = if *hard { Hold::Hard } else { order.hold() };
            let reservation = open.entry(ReservationId { order: *id, number: units.reservation });
            let reservation = reservation.or_insert(Reservation::of(hold, Vec::new()));
            let (destination, excluded) = (order.destination.clone(), order.refused.clone());
            let none =
                || Box::new(Waiting { destination, excluded, units: Vec::new(), unheard: 0 });
            reservation.waiting.get_or_insert_with(none).units.push(*units);
        }
    }
    Some(open)
}
