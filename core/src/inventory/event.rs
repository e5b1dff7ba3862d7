//! What happened to stock: facts, in the past tense, for ever.
//!
//! Law: an event says everything `evolve` needs; the order of the variants is the wire form and
//! never changes.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::alerts::{BackInStock, LowStock, LowStockSet, OutOfStock, StockReplenished};
use super::backorder::{
    BackorderFilled, BackorderLimitSet, BackorderReleased, BackordersDue, InventoryBackordered,
    WaitingResumed,
};
use super::command::{Adjustment, GatewaySpec};
use super::condition::{StockMoved, StockWrittenOff};
use super::count::StockCounted;
use super::expected::{ExpectedReceived, ExpectedWithdrawn, StockExpected};
use super::kits::{ExplosionRejected, KitDefined, KitsExploded, KitsShort};
use super::rules::{FacilityRules, ItemRules};
use super::safety::SafetyStockSet;
use super::transfers::{TransferCancelled, TransferReceived, TransferSent};
use crate::data::data;
use crate::demand::{Hold, Portion, Shortfall, Sourced};
use crate::geo::GeoPoint;
use crate::ids::{
    Country, FacilityId, ItemId, ItemName, OrderId, ReservationNumber, ReturnNumber,
    ShipmentNumber, Text, Tier,
};
use crate::time::Timestamp;
use crate::units::UnitPrice;

/// An event of the inventory role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum InventoryEvent {
    ItemDefined(ItemDefined),
    FacilityDefined(FacilityDefined),
    Received(StockReceived),
    Adjusted(StockAdjusted),
    Stripped(PromiseStripped),
    Tied(InventoryTied),
    Rejected(InventoryRejected),
    Allocated(InventoryAllocated),
    Released(InventoryReleased),
    Expired(InventoryExpired),
    Shipped(StockShipped),
    Restocked(StockRestocked),
    FacilityRulesSet(FacilityRulesSet),
    ItemRulesSet(ItemRulesSet),
    UnitPricesSet(UnitPricesSet),
    ParcelsBooked(ParcelsBooked),
    Moved(StockMoved),
    WrittenOff(StockWrittenOff),
    SafetySet(SafetyStockSet),
    Counted(StockCounted),
    LowStockSet(LowStockSet),
    Low(LowStock),
    Replenished(StockReplenished),
    Out(OutOfStock),
    Back(BackInStock),
    TransferSent(TransferSent),
    TransferReceived(TransferReceived),
    TransferCancelled(TransferCancelled),
    Expected(StockExpected),
    ExpectedReceived(ExpectedReceived),
    ExpectedWithdrawn(ExpectedWithdrawn),
    Extended(InventoryExtended),
    Unshipped(StockUnshipped),
    KitDefined(KitDefined),
    KitsExploded(KitsExploded),
    ExplosionRejected(ExplosionRejected),
    KitsShort(KitsShort),
    BackorderLimitSet(BackorderLimitSet),
    Backordered(InventoryBackordered),
    Filled(BackorderFilled),
    BackorderReleased(BackorderReleased),
    BackordersDue(BackordersDue),
    WaitingResumed(WaitingResumed),
}

data! {
    /// An item can be stocked and sold.
    ItemDefined {
        /// Its id, for ever.
        id: ItemId,
        /// Its SKU.
        sku: Text,
        /// What it is.
        name: Text,
        /// Its list price.
        unit_price: UnitPrice,
    }
    /// A facility can hold stock.
    FacilityDefined {
        /// Its id, for ever.
        id: FacilityId,
        /// Its code.
        code: Text,
        /// What it is.
        name: Text,
        /// Its country.
        country: Country,
        /// Where it lies.
        location: GeoPoint,
        /// The airports it exports by.
        gateways: Vec<GatewaySpec>,
    }
    /// Stock was taken in.
    StockReceived {
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// Units that came on hand.
        quantity: u32,
    }
    /// Stock was corrected by what was seen. The promises it strips come before it, as events of
    /// their own.
    StockAdjusted {
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// What was seen.
        adjustment: Adjustment,
        /// How many units.
        quantity: u32,
    }
    /// Promised units turned out not to be there: the order must be sourced again.
    PromiseStripped {
        /// The order that loses them.
        order: OrderId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Stock was tied for an order (also: reserved). All its demand, as planned.
    InventoryTied {
        /// The order.
        order: OrderId,
        /// The reservation.
        reservation: ReservationNumber,
        /// How firmly.
        hold: Hold,
        /// The units, and where they lie.
        portions: Vec<Portion>,
        /// The items among them, with the SKUs of this moment.
        items: Vec<ItemName>,
        /// What the plan costs, how far it is proven, and what came second.
        sourced: Sourced,
    }
    /// Stock can't be tied for an order: nothing is.
    InventoryRejected {
        /// The order.
        order: OrderId,
        /// The reservation that was asked for.
        reservation: ReservationNumber,
        /// Items that are unknown or short; empty if stock is not the reason.
        shortfalls: Vec<Shortfall>,
        /// The most parcels allowed, if the plan would need more.
        too_many_parcels: Option<u16>,
        /// The reservation had ended before it could be made hard.
        lapsed: bool,
    }
    /// A soft reservation became hard.
    InventoryAllocated {
        /// The order.
        order: OrderId,
        /// The reservation.
        reservation: ReservationNumber,
    }
    /// Tied units are free again.
    InventoryReleased {
        /// The order.
        order: OrderId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// A soft reservation came to its end: its units are free again.
    InventoryExpired {
        /// The order.
        order: OrderId,
        /// The reservation.
        reservation: ReservationNumber,
    }
    /// A soft reservation holds longer.
    InventoryExtended {
        /// The order.
        order: OrderId,
        /// The reservation.
        reservation: ReservationNumber,
        /// The first moment at which it no longer holds.
        until: Timestamp,
    }
    /// Units left the facility: on hand and promises go down together.
    StockShipped {
        /// The order.
        order: OrderId,
        /// The shipment.
        shipment: ShipmentNumber,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Units came back on hand.
    StockRestocked {
        /// The order.
        order: OrderId,
        /// The return.
        number: ReturnNumber,
        /// Whether they are fit for sale.
        sellable: bool,
        /// The units, and where they are now.
        portions: Vec<Portion>,
    }
    /// A facility's rules are in force from here on.
    FacilityRulesSet {
        /// The facility.
        facility: FacilityId,
        /// All of its rules.
        rules: FacilityRules,
    }
    /// An item's rules are in force from here on.
    ItemRulesSet {
        /// The item.
        item: ItemName,
        /// All of its rules.
        rules: ItemRules,
    }
    /// An item's unit prices are in force from here on.
    UnitPricesSet {
        /// The item.
        item: ItemName,
        /// All of its prices, by facility.
        prices: Vec<UnitPriceAt>,
    }
    /// What one unit of an item costs at a facility, beyond what the policy counts.
    UnitPriceAt {
        /// The facility.
        facility: FacilityId,
        /// In ten-thousandths of the currency's major unit.
        price: u32,
    }
    /// Facilities that take on so many parcels a day were asked for one more each.
    ParcelsBooked {
        /// The order they are for.
        order: OrderId,
        /// The day, counted from the epoch by the policy of then.
        day: u64,
        /// The facilities.
        facilities: Vec<FacilityId>,
    }
    /// Units did not leave after all: on hand and promises go up together.
    StockUnshipped {
        /// The order.
        order: OrderId,
        /// The shipment.
        shipment: ShipmentNumber,
        /// The units, tied hard by a reservation of their own.
        portions: Vec<Portion>,
    }
}

impl InventoryEvent {
    /// The order it is about, if it is about one.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        Some(match self {
            Self::Stripped(e) => e.order,
            Self::Tied(e) => e.order,
            Self::Rejected(e) => e.order,
            Self::Allocated(e) => e.order,
            Self::Released(e) => e.order,
            Self::Expired(e) => e.order,
            Self::Shipped(e) => e.order,
            Self::Restocked(e) => e.order,
            Self::ParcelsBooked(e) => e.order,
            Self::Extended(e) => e.order,
            Self::Unshipped(e) => e.order,
            Self::KitsExploded(e) => e.order,
            Self::ExplosionRejected(e) => e.order,
            Self::KitsShort(e) => e.order,
            Self::Backordered(e) => e.order,
            Self::Filled(e) => e.order,
            Self::BackorderReleased(e) => e.order,
            Self::WaitingResumed(e) => e.order,
            Self::KitDefined(_)
            | Self::ItemDefined(_)
            | Self::FacilityDefined(_)
            | Self::Received(_)
            | Self::Adjusted(_)
            | Self::FacilityRulesSet(_)
            | Self::ItemRulesSet(_)
            | Self::UnitPricesSet(_)
            | Self::Moved(_)
            | Self::WrittenOff(_)
            | Self::SafetySet(_)
            | Self::Counted(_)
            | Self::LowStockSet(_)
            | Self::Low(_)
            | Self::Replenished(_)
            | Self::Out(_)
            | Self::Back(_)
            | Self::TransferSent(_)
            | Self::TransferReceived(_)
            | Self::TransferCancelled(_)
            | Self::Expected(_)
            | Self::ExpectedReceived(_)
            | Self::ExpectedWithdrawn(_)
            | Self::BackorderLimitSet(_)
            | Self::BackordersDue(_) => return None,
        })
    }
}
