//! The form of a snapshot with every field open, so that tests can damage a state.
//!
//! Law: it reads and writes the same bytes as the shop itself; a test says so.

use std::collections::BTreeMap;

use earmark::flow::{Roles, Shop};
use earmark::fulfilment::WorkOrder;
use earmark::ids::{ExpectedNumber, FacilityId, ItemId, OrderId, TransferNumber};
use earmark::inventory::{
    Alert, Component, ExpectedStock, Facility, Item, Reservation, ReservationId, Transfer,
};
use earmark::notification::News;
use earmark::order::Order;
use earmark::payment::Account;
use earmark::policy::{BackorderPolicy, FulfilmentPolicy, OrderPolicy, Policy, SourcingPolicy};
use earmark::schema::{from_bytes, to_bytes};
use earmark::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A shop, open to damage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenShop {
    pub(crate) roles: Roles,
    policy: Policy,
    policy_version: u64,
    pub(crate) orders: OpenOrders,
    pub(crate) inventory: OpenInventory,
    pub(crate) told: BTreeMap<OrderId, Vec<News>>,
    pub(crate) fulfilments: OpenFulfilments,
    pub(crate) payments: BTreeMap<OrderId, Account>,
}

/// The fulfilment role, open to damage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenFulfilments {
    policy: FulfilmentPolicy,
    pub(crate) work: BTreeMap<(OrderId, FacilityId), WorkOrder>,
}

/// The order role, open to damage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenOrders {
    policy: OrderPolicy,
    pub(crate) orders: BTreeMap<OrderId, Order>,
    horizon: Timestamp,
}

/// The inventory role, open to damage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenInventory {
    policy: SourcingPolicy,
    ids: Vec<ItemId>,
    pub(crate) items: Vec<Item>,
    pub(crate) facilities: Vec<Facility>,
    pub(crate) reservations: BTreeMap<ReservationId, Reservation>,
    pub(crate) alerts: BTreeMap<ItemId, Alert>,
    pub(crate) kits: BTreeMap<ItemId, Vec<Component>>,
    pub(crate) transfers: BTreeMap<TransferNumber, Transfer>,
    last_transfer: u32,
    pub(crate) expected: BTreeMap<ExpectedNumber, ExpectedStock>,
    last_expected: u32,
    pub(crate) backorders: OpenBackorders,
}

/// What the inventory knows of backorders, open to damage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenBackorders {
    policy: BackorderPolicy,
    pub(crate) limits: BTreeMap<ItemId, u32>,
    pub(crate) due: BTreeMap<ItemId, (Timestamp, Option<ReservationId>)>,
    in_part: bool,
}

impl OpenShop {
    pub(crate) fn of(shop: &Shop) -> Self {
        from_bytes("an open shop", &to_bytes(shop).unwrap()).unwrap()
    }

    /// Where this differs from another shop.
    pub(crate) fn differs(&self, other: &Self) -> String {
        let orders = (&self.orders, &other.orders);
        let stock = (&self.inventory, &other.inventory);
        let payments = (&self.payments, &other.payments);
        let told = (&self.told, &other.told);
        match () {
            () if orders.0 != orders.1 => format!("{orders:#?}"),
            () if stock.0 != stock.1 => format!("{stock:#?}"),
            () if payments.0 != payments.1 => format!("{payments:#?}"),
            () if told.0 != told.1 => format!("{told:#?}"),
            () => format!("{:#?}", (&self.fulfilments, &other.fulfilments)),
        }
    }

    pub(crate) fn shut(&self) -> Shop {
        let mut shop: Shop = from_bytes("a snapshot", &to_bytes(self).unwrap()).unwrap();
        shop.restore();
        shop
    }
}
