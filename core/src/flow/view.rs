//! Answers: what people and programs see of a shop.
//!
//! Law: a view is a function of the state; nothing here is stored.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::payment::PaymentView;
use super::status::OrderStatusView;
use super::stock::{AlertView, BackordersView, IncomingView, ItemLevels};
use super::worklist::{WorkView, WorkloadView};
use crate::data::data;
use crate::demand::{Alternative, Awaited, ExplodedKit, Parcel, Portion, Shortfall};
use crate::geo::GeoPoint;
use crate::ids::{
    Country, FacilityId, FacilityRef, ItemId, ItemRef, LineNumber, OrderId, Text, Tier,
};
use crate::inventory::{
    Component, ComponentOfKit, Explanation, Facility, Inventory, Item, KitShort, Shelf,
};
use crate::order::{Buckets, Carriage, LineKind, Order, Payment, Rejection, Status};
use crate::policy::Policy;
use crate::sourcing::Proof;
use crate::time::Timestamp;
use crate::units::{Amount, UnitPrice};

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "an answer is made once and written out at once")]
pub enum Answer {
    /// What would become of an order.
    Preview(Preview),
    /// One order.
    Order(OrderView),
    /// Some orders.
    Orders(Vec<OrderView>),
    /// Some items.
    Items(Vec<ItemView>),
    /// The shop at a glance.
    Summary(Summary),
    /// Why facilities are in an order's plan, or not.
    Explained(Explanation),
    /// All counters of some items.
    Levels(Vec<ItemLevels>),
    /// What is incoming.
    Incoming(Vec<IncomingView>),
    /// What is watched.
    Alerts(Vec<AlertView>),
    /// How one order stands.
    OrderStatus(OrderStatusView),
    /// What a facility has to do.
    Worklist(Vec<WorkView>),
    /// How much work each facility has.
    Workload(Vec<WorkloadView>),
    /// The payment of one order.
    Payment(PaymentView),
    /// Who waits for an item.
    Backorders(BackordersView),
}

/// What would become of an order, if it were placed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Preview {
    /// It can be served, and so.
    Served(PreviewPlan),
    /// Items are unknown, or there is not enough of them.
    Short {
        /// Which, and how many short.
        shortfalls: Vec<Shortfall>,
        /// The kits among the lines that lack a component, and how many can be had.
        kits: Vec<KitShort>,
    },
    /// There is enough, but not in so few parcels.
    TooManyParcels {
        /// The most parcels allowed.
        allowed: u16,
    },
    /// With the components of its kits the order is too large.
    KitsTooLarge {
        /// Lines that it would have.
        lines: u32,
        /// Units that the largest of them would ask for.
        units: u64,
    },
    /// More lines than an order may have, or a destination that is no point on the globe.
    Malformed,
}

data! {
    /// How an order would be served.
    PreviewPlan {
        /// One parcel per facility.
        parcels: Vec<ParcelView>,
        /// Cost by the sourcing policy, in ten-thousandths of the currency's major unit.
        cost: u64,
        /// Whether that is proven to be the lowest.
        proof: Proof,
        /// The cheapest other choice of facilities that was met.
        runner_up: Option<Alternative>,
        /// The kits among what is asked for: the portions name the lines of their components.
        kits: Vec<ExplodedKit>,
        /// What is not there, and would be promised within the limits of the items.
        backordered: Vec<Awaited>,
    }
    /// One parcel.
    ParcelView {
        /// Where it starts.
        facility: FacilityView,
        /// The export gateway airport, if it leaves the country.
        gateway: Option<Text>,
        /// Great-circle metres on the ground.
        ground_metres: u32,
        /// Great-circle metres in the air.
        air_metres: u32,
        /// What is in it.
        portions: Vec<Portion>,
    }
    /// A facility.
    FacilityView {
        /// Its id.
        id: FacilityId,
        /// Its code.
        code: Text,
        /// What it is.
        name: Text,
        /// Its country.
        country: Country,
        /// Where it lies.
        location: GeoPoint,
    }
    /// An item.
    ItemView {
        /// Its id.
        id: ItemId,
        /// Its SKU.
        sku: Text,
        /// What it is.
        name: Text,
        /// Its list price.
        unit_price: UnitPrice,
        /// Units available to sell, over all facilities; of a kit, as many as they make up.
        available: u64,
        /// What it is made of, if it is a kit: then its components have the stock.
        kit: Option<Vec<ComponentOfKit>>,
        /// Units that may be promised beyond that, before they are there.
        backorder_room: u32,
        /// Its shelves, for those who work for the shop.
        shelves: Option<Vec<ShelfView>>,
    }
    /// A shelf.
    ShelfView {
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// What can be counted there.
        on_hand: u32,
        /// Of that: not fit for sale.
        unavailable: u32,
        /// Promised softly.
        reserved: u32,
        /// Promised hard.
        allocated: u32,
        /// Available to sell.
        available: u32,
    }
    /// An order.
    OrderView {
        /// Its id.
        order: OrderId,
        /// The number people see.
        number: Option<Text>,
        /// Whose it is.
        owner: Option<Text>,
        /// Where it stands in its life.
        status: Status,
        /// Why it was rejected, if it was.
        rejection: Option<Rejection>,
        /// When it was placed.
        placed_at: Timestamp,
        /// When it came to its end.
        ended_at: Option<Timestamp>,
        /// Until when a payment is awaited, or what is missing of it.
        pay_until: Option<Timestamp>,
        /// The order whose place it takes, or was to take.
        replaces: Option<OrderId>,
        /// The order that took its place, or is about to.
        replaced_by: Option<OrderId>,
        /// The total as placed.
        total: Amount,
        /// Whether it can still be cancelled without asking anybody.
        cancellable: bool,
        /// Its lines.
        lines: Vec<LineView>,
        /// What is tied and not yet shipped.
        tied: Vec<Portion>,
        /// Its parcels.
        shipments: Vec<ShipmentView>,
    }
    /// A line of an order.
    LineView {
        /// The item as the order named it.
        item: ItemRef,
        /// What it is called, if the item is known.
        name: Option<Text>,
        /// The price of one unit.
        unit_price: UnitPrice,
        /// Where its units are; of a kit, whole kits.
        buckets: Buckets,
        /// The line of the kit that it belongs to.
        kit: Option<LineNumber>,
        /// Of how many units one kit is: of a line that belongs to one.
        each: Option<u32>,
        /// Whether it is a kit, taken apart into other lines.
        is_kit: bool,
    }
    /// A parcel of an order.
    ShipmentView {
        /// Its number.
        number: crate::ids::ShipmentNumber,
        /// Where it started.
        facility: FacilityId,
        /// Whether it arrived.
        delivered: bool,
        /// What is in it.
        portions: Vec<Portion>,
    }
    /// The shop at a glance.
    Summary {
        /// The policy in force.
        policy: Policy,
        /// Its version.
        policy_version: u64,
        /// All facilities.
        facilities: Vec<FacilityView>,
        /// How many items there are.
        items: u64,
        /// Reservations that have not ended.
        open_reservations: u64,
        /// Orders at hand, by status.
        orders_at_hand: Vec<(Status, u64)>,
    }
}

impl FacilityView {
    pub(super) fn of((id, facility): (FacilityId, &Facility)) -> Self {
        Self {
            id,
            code: facility.code.clone(),
            name: facility.name.clone(),
            country: facility.country,
            location: facility.location,
        }
    }
}

impl ParcelView {
    pub(super) fn of(
        parcel: &Parcel,
        portions: Vec<Portion>,
        inventory: &Inventory,
    ) -> Option<Self> {
        let facility = inventory.facility(&FacilityRef::Id(parcel.facility))?;
        Some(Self {
            facility: FacilityView::of(facility),
            gateway: parcel.gateway.clone(),
            ground_metres: parcel.ground_metres,
            air_metres: parcel.air_metres,
            portions,
        })
    }
}

impl ItemView {
    pub(super) fn of(id: ItemId, item: &Item, inventory: &Inventory, public: bool) -> Self {
        let shelf = |s: &Shelf| ShelfView {
            facility: s.facility,
            tier: s.tier,
            on_hand: s.on_hand,
            unavailable: s.unavailable(),
            reserved: s.reserved,
            allocated: s.allocated,
            available: item.available_on(s),
        };
        let component =
            |c: &Component| Some(ComponentOfKit { item: inventory.name(c.item)?, each: c.each });
        Self {
            id,
            sku: item.sku.clone(),
            name: item.name.clone(),
            unit_price: item.unit_price,
            available: inventory.available(id),
            kit: inventory.kit(id).map(|kit| kit.iter().filter_map(component).collect()),
            backorder_room: inventory.backorder_room(id),
            shelves: (!public).then(|| item.shelves.iter().map(shelf).collect()),
        }
    }
}

impl OrderView {
    pub(super) fn of(id: OrderId, order: &Order, inventory: &Inventory) -> Self {
        let line = |(number, line): (LineNumber, &crate::order::Line)| {
            let (kit, each) = match line.kind {
                LineKind::Component { kit, each } => (Some(kit), Some(each)),
                LineKind::Plain | LineKind::Kit { .. } => (None, None),
            };
            LineView {
                item: line.item.clone(),
                name: inventory.item(&line.item).map(|(_, item)| item.name.clone()),
                unit_price: line.unit_price,
                buckets: order.buckets_of(number),
                kit,
                each,
                is_kit: matches!(line.kind, LineKind::Kit { .. }),
            }
        };
        let lines = (0_u16..).map(LineNumber).zip(&order.lines);
        let shipment = |s: &crate::order::Shipment| ShipmentView {
            number: s.number,
            facility: s.facility,
            delivered: s.state == Carriage::Delivered,
            portions: s.portions.clone(),
        };
        let open = order.lines.iter().any(|line| line.buckets.open() > 0);
        Self {
            order: id,
            number: order.number.clone(),
            owner: order.owner.clone(),
            status: order.status,
            rejection: order.rejection.clone(),
            placed_at: order.placed_at,
            ended_at: order.ended_at,
            pay_until: match order.payment {
                Payment::Awaiting(until) if order.status == Status::Pending => Some(until),
                Payment::Awaiting(_) | Payment::NotRequired | Payment::Authorized(_) => {
                    order.pay_until
                }
            },
            replaces: order.replaces,
            replaced_by: order.replaced_by,
            total: order.total,
            cancellable: open && matches!(order.status, Status::Pending | Status::Confirmed),
            lines: lines.map(line).collect(),
            tied: order.tied.iter().map(|t| t.portion).collect(),
            shipments: order.shipments.iter().map(shipment).collect(),
        }
    }
}
