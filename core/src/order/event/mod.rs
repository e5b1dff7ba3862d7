//! What happened to orders: facts, in the past tense, for ever.
//!
//! Law: an event says everything `evolve` needs, moments included; the order of the variants is
//! the wire form and never changes.

/// Declares payloads of events, which all name their order first.
macro_rules! of_order {
    ($($(#[$doc:meta])* $name:ident { $($field:tt)* })*) => {
        data! {$(
            $(#[$doc])*
            $name {
                /// The order.
                order: OrderId,
                $($field)*
            }
        )*}
    };
}

mod backorder;
mod change;
mod fulfil;
mod replace;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::command::{CancelReason, OrderLine};
use crate::data::data;
use crate::demand::{Demand, Destination, Hold, Portion, Shortfall};
use crate::ids::{
    FacilityId, LineNumber, OrderId, ReservationNumber, ReturnNumber, ShipmentNumber, Text,
};
use crate::time::Timestamp;
use crate::units::Amount;

pub use backorder::{
    BackorderDropped, BackorderReturned, BackorderSourced, OrderBackordered, OrderStripHeard,
};
pub use change::{
    OrderAmended, OrderDrafted, OrderExtended, OrderKitsAskedAgain, OrderLinesExploded,
    OrderMoveRefused, OrderMoveRequested, OrderMoved, OrderPaymentDue, OrderPaymentMissed,
    OrderPaymentNeeded, OrderPaymentRecorded, OrderReopened, OrderShortened, OrderStockLost,
    PriceOfLine, ReturnPartlyReceived, ReturnRefused,
};
pub use fulfil::{
    CancellationAccepted, CancellationDeclined, CancellationMet, CancellationRequested,
    FulfilmentRejected, FulfilmentReleased, HoldKind, ItemsPacked, ItemsPicked, OrderHoldPlaced,
    OrderHoldReleased, OrderResourced, PlacedBy, Putaway, Resourcing, ShipmentLost,
    ShipmentReturnedToSender, ShippingVoided,
};
pub use replace::{OrderKept, OrderReplaced, OrderSetAside, ReplacementPlaced};

/// An event of the order role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum OrderEvent {
    Placed(OrderPlaced),
    Sourced(OrderSourced),
    AllocationRequested(AllocationRequested),
    Allocated(OrderAllocated),
    Confirmed(OrderConfirmed),
    Rejected(OrderRejected),
    Expired(OrderExpired),
    LinesCancelled(OrderLinesCancelled),
    Cancelled(OrderCancelled),
    Unsourced(OrderUnsourced),
    TieReturned(TieReturned),
    PaymentAuthorized(PaymentAuthorized),
    Shipped(ShipmentShipped),
    Delivered(ShipmentDelivered),
    ReturnRequested(ReturnRequested),
    ReturnReceived(ReturnReceived),
    Completed(OrderCompleted),
    Archived(OrderArchived),
    Released(FulfilmentReleased),
    Picked(ItemsPicked),
    Packed(ItemsPacked),
    FulfilmentRejected(FulfilmentRejected),
    Resourced(OrderResourced),
    ShippingVoided(ShippingVoided),
    Lost(ShipmentLost),
    ReturnedToSender(ShipmentReturnedToSender),
    HoldPlaced(OrderHoldPlaced),
    HoldReleased(OrderHoldReleased),
    CancellationRequested(CancellationRequested),
    CancellationAccepted(CancellationAccepted),
    CancellationDeclined(CancellationDeclined),
    ReturnPartlyReceived(ReturnPartlyReceived),
    ReturnRefused(ReturnRefused),
    Drafted(OrderDrafted),
    Amended(OrderAmended),
    Reopened(OrderReopened),
    LinesExploded(OrderLinesExploded),
    KitsAskedAgain(OrderKitsAskedAgain),
    PaymentDue(OrderPaymentDue),
    PaymentRecorded(OrderPaymentRecorded),
    Backordered(OrderBackordered),
    BackorderSourced(BackorderSourced),
    BackorderDropped(BackorderDropped),
    BackorderReturned(BackorderReturned),
    SetAside(OrderSetAside),
    PlacedInstead(ReplacementPlaced),
    Replaced(OrderReplaced),
    Kept(OrderKept),
    Extended(OrderExtended),
    CancellationMet(CancellationMet),
    StockLost(OrderStockLost),
    PaymentNeeded(OrderPaymentNeeded),
    Shortened(OrderShortened),
    MoveRequested(OrderMoveRequested),
    Moved(OrderMoved),
    MoveRefused(OrderMoveRefused),
    PaymentMissed(OrderPaymentMissed),
    StripHeard(OrderStripHeard),
}

of_order! {
    /// An order was placed: it is pending, and stock is asked for as reservation 1.
    OrderPlaced {
        /// When.
        at: Timestamp,
        /// Whose it is, if anybody's.
        owner: Option<Text>,
        /// The number people see.
        number: Option<Text>,
        /// What was ordered.
        lines: Vec<OrderLine>,
        /// Where it goes.
        destination: Destination,
        /// Whether it waits for a payment.
        payment: PaymentTerms,
        /// The sum of the line totals.
        total: Amount,
    }
    /// Stock was tied for the order: units leave `unsourced`.
    OrderSourced {
        /// The reservation.
        reservation: ReservationNumber,
        /// How firmly: `Soft` fills `reserved`, `Hard` fills `allocated`.
        hold: Hold,
        /// Where the units lie.
        portions: Vec<Portion>,
    }
    /// Nothing more is missing: the inventory is asked to make the reservation hard.
    AllocationRequested {
        /// The reservation.
        reservation: ReservationNumber,
    }
    /// The reservation became hard: its units go from `reserved` to `allocated`.
    OrderAllocated {
        /// The reservation.
        reservation: ReservationNumber,
    }
    /// Stock is allocated and payment is satisfied: fulfilment may see the order.
    OrderConfirmed {}
    /// The order can't be had: every unit goes to `cancelled`.
    OrderRejected {
        /// When.
        at: Timestamp,
        /// Why.
        why: Rejection,
        /// Units that were tied and are free again.
        released: Vec<Portion>,
    }
    /// The payment did not come in time: every unit goes to `cancelled`.
    OrderExpired {
        /// When.
        at: Timestamp,
        /// Units that were tied and are free again.
        released: Vec<Portion>,
    }
    /// Units were cancelled before they were shipped.
    OrderLinesCancelled {
        /// Why.
        reason: CancelReason,
        /// Units that were not tied yet.
        unsourced: Vec<UnitsOfLine>,
        /// Units that were tied and are free again.
        released: Vec<Portion>,
    }
    /// The last unit was cancelled.
    OrderCancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: CancelReason,
    }
    /// Promised stock was not there: its units are unsourced, and stock is asked for again.
    OrderUnsourced {
        /// The units that were promised.
        portions: Vec<Portion>,
        /// The reservation asked for instead.
        reservation: ReservationNumber,
        /// What it is to tie.
        demands: Vec<Demand>,
        /// Where the order goes.
        destination: Destination,
        /// How firmly it is to tie.
        hold: Hold,
    }
    /// Stock was tied that the order does not want any more.
    TieReturned {
        /// The units that are free again.
        portions: Vec<Portion>,
    }
    /// A payment was authorized.
    PaymentAuthorized {
        /// How much.
        amount: Amount,
    }
    /// A parcel left a facility.
    ShipmentShipped {
        /// When.
        at: Timestamp,
        /// The shipment.
        shipment: ShipmentNumber,
        /// The facility.
        facility: FacilityId,
        /// What is in it.
        portions: Vec<Portion>,
    }
    /// A parcel arrived.
    ShipmentDelivered {
        /// When.
        at: Timestamp,
        /// The shipment.
        shipment: ShipmentNumber,
    }
    /// Announced units came back.
    ReturnReceived {
        /// The return.
        number: ReturnNumber,
        /// What became of them.
        disposition: Disposition,
        /// Which units, and where they arrived (back in the tier they were picked from).
        units: Vec<Portion>,
    }
    /// Every unit is delivered, lost or cancelled.
    OrderCompleted {
        /// When.
        at: Timestamp,
    }
    /// The order left the resident state; the journal keeps its story.
    OrderArchived {}
}

/// Whether an order waits for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PaymentTerms {
    /// It does not.
    NotRequired,
    /// It does, until a moment.
    Required {
        /// The first moment that is too late.
        deadline: Timestamp,
    },
}

/// Why an order can't be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Rejection {
    /// Items are unknown, or there is not enough of them.
    Stock {
        /// Which, and how many short.
        shortfalls: Vec<Shortfall>,
    },
    /// There is enough, but not in so few parcels as the policy allows.
    TooManyParcels {
        /// The most parcels allowed.
        allowed: u16,
    },
    /// The reservation came to its end before it could be made hard.
    ReservationLapsed,
    /// With the components of its kits the order is too large.
    KitsTooLarge {
        /// Lines that it would have.
        lines: u32,
        /// Units that the largest of them would ask for.
        units: u64,
    },
}

/// Units of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct UnitsOfLine {
    /// The line.
    pub line: LineNumber,
    /// How many; never zero.
    pub quantity: u32,
}

/// Delivered units are announced to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "ReturnRequestedV2", rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ReturnRequested {
    /// The order.
    pub order: OrderId,
    /// The return.
    pub number: ReturnNumber,
    /// Which units.
    pub units: Vec<UnitsOfLine>,
    /// The same units by the parcels they came in; version 1 did not say.
    pub parcels: Vec<UnitsOfParcel>,
}

/// Units of a line that came in one parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct UnitsOfParcel {
    /// The parcel.
    pub shipment: ShipmentNumber,
    /// The line.
    pub line: LineNumber,
    /// How many; never zero.
    pub quantity: u32,
}

/// What becomes of returned units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Disposition {
    /// As new: back on the shelf, for sale.
    Restock,
    /// Put aside to be looked at: on hand, and not for sale.
    Quarantine,
    /// Of no use: not on hand.
    WriteOff,
    /// Refused: goes back to the customer.
    BackToCustomer,
}

impl OrderEvent {
    /// The order it is about.
    #[must_use]
    pub fn order(&self) -> OrderId {
        match self {
            Self::Placed(e) => e.order,
            Self::Sourced(e) => e.order,
            Self::AllocationRequested(e) => e.order,
            Self::Allocated(e) => e.order,
            Self::Confirmed(e) => e.order,
            Self::Rejected(e) => e.order,
            Self::Expired(e) => e.order,
            Self::LinesCancelled(e) => e.order,
            Self::Cancelled(e) => e.order,
            Self::Unsourced(e) => e.order,
            Self::TieReturned(e) => e.order,
            Self::PaymentAuthorized(e) => e.order,
            Self::Shipped(e) => e.order,
            Self::Delivered(e) => e.order,
            Self::ReturnRequested(e) => e.order,
            Self::ReturnReceived(e) => e.order,
            Self::Completed(e) => e.order,
            Self::Archived(e) => e.order,
            Self::Released(e) => e.order,
            Self::Picked(e) => e.order,
            Self::Packed(e) => e.order,
            Self::FulfilmentRejected(e) => e.order,
            Self::Resourced(e) => e.order,
            Self::ShippingVoided(e) => e.order,
            Self::Lost(e) => e.order,
            Self::ReturnedToSender(e) => e.order,
            Self::HoldPlaced(e) => e.order,
            Self::HoldReleased(e) => e.order,
            Self::CancellationRequested(e) => e.order,
            Self::CancellationAccepted(e) => e.order,
            Self::CancellationDeclined(e) => e.order,
            Self::ReturnPartlyReceived(e) => e.order,
            Self::ReturnRefused(e) => e.order,
            Self::Drafted(e) => e.order,
            Self::Amended(e) => e.order,
            Self::Reopened(e) => e.order,
            Self::LinesExploded(e) => e.order,
            Self::KitsAskedAgain(e) => e.order,
            Self::PaymentDue(e) => e.order,
            Self::PaymentRecorded(e) => e.order,
            Self::PaymentNeeded(e) => e.order,
            Self::PaymentMissed(e) => e.order,
            Self::StripHeard(e) => e.order,
            Self::Shortened(e) => e.order,
            Self::MoveRequested(e) => e.order,
            Self::Moved(e) => e.order,
            Self::MoveRefused(e) => e.order,
            Self::Backordered(e) => e.order,
            Self::BackorderSourced(e) => e.order,
            Self::BackorderDropped(e) => e.order,
            Self::BackorderReturned(e) => e.order,
            Self::SetAside(e) => e.order,
            Self::PlacedInstead(e) => e.order,
            Self::Replaced(e) => e.order,
            Self::Kept(e) => e.order,
            Self::Extended(e) => e.order,
            Self::CancellationMet(e) => e.order,
            Self::StockLost(e) => e.order,
        }
    }
}
