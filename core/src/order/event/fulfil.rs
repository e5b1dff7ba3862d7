//! What happened in warehouses and on the road.
//!
//! Law: as of all events: everything `evolve` needs is said here.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::data::data;
use crate::decide::Principal;
use crate::demand::{Demand, Destination, Hold, Portion};
use crate::ids::{
    CancellationNumber, FacilityId, HoldNumber, OrderId, ReservationNumber, ReturnNumber,
    ShipmentNumber, Text,
};
use crate::order::command::CancelReason;
use crate::time::Timestamp;

of_order! {
    /// Allocated units were handed to a warehouse.
    FulfilmentReleased {
        /// When.
        at: Timestamp,
        /// The facility.
        facility: FacilityId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Released units were taken from the shelf.
    ItemsPicked {
        /// The facility.
        facility: FacilityId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Picked units are in their parcel.
    ItemsPacked {
        /// The facility.
        facility: FacilityId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// A facility refused what was released to it.
    FulfilmentRejected {
        /// When.
        at: Timestamp,
        /// The facility.
        facility: FacilityId,
        /// Why, in its words.
        reason: Option<Text>,
    }
    /// Units are sourced again: they leave where they were, and stock is asked for elsewhere.
    OrderResourced {
        /// Why.
        why: Resourcing,
        /// The units that are unsourced by this.
        portions: Vec<Portion>,
        /// The reservation asked for instead.
        reservation: ReservationNumber,
        /// What it is to tie.
        demands: Vec<Demand>,
        /// Where the order goes.
        destination: Destination,
        /// How firmly it is to tie.
        hold: Hold,
        /// Facilities that are out of the question for this order.
        excluded: Vec<FacilityId>,
    }
    /// A shipment did not leave after all.
    ShippingVoided {
        /// When.
        at: Timestamp,
        /// The shipment.
        shipment: ShipmentNumber,
        /// The units that are allocated again, by a reservation of their own.
        portions: Vec<Portion>,
    }
    /// A shipment was lost on its way.
    ShipmentLost {
        /// When.
        at: Timestamp,
        /// The shipment.
        shipment: ShipmentNumber,
    }
    /// A shipment came back undelivered.
    ShipmentReturnedToSender {
        /// When.
        at: Timestamp,
        /// The shipment.
        shipment: ShipmentNumber,
        /// Counted with the returns.
        number: ReturnNumber,
        /// What becomes of the units.
        putaway: Putaway,
        /// The units, and where they arrived.
        units: Vec<Portion>,
    }
    /// A warehouse is asked to let go of units it works on.
    CancellationRequested {
        /// When.
        at: Timestamp,
        /// The request.
        cancellation: CancellationNumber,
        /// The facility that is to answer.
        facility: FacilityId,
        /// Why.
        reason: CancelReason,
        /// The units.
        portions: Vec<Portion>,
    }
    /// A warehouse let go: its units are cancelled.
    CancellationAccepted {
        /// When.
        at: Timestamp,
        /// The request.
        cancellation: CancellationNumber,
        /// The units it still had.
        portions: Vec<Portion>,
    }
    /// A warehouse had gone too far: its work goes on.
    CancellationDeclined {
        /// When.
        at: Timestamp,
        /// The request.
        cancellation: CancellationNumber,
        /// Why, for people; nothing if the units had left.
        reason: Option<Text>,
    }
    /// Units that a request is about came loose before it was answered, since they were not found
    /// or are gone: they are cancelled, and the request is about so many less. They were unsourced
    /// by the event before.
    CancellationMet {
        /// When.
        at: Timestamp,
        /// The request.
        cancellation: CancellationNumber,
        /// The units, where they were.
        portions: Vec<Portion>,
    }
    /// A hold has ended.
    OrderHoldReleased {
        /// When.
        at: Timestamp,
        /// The hold.
        hold: HoldNumber,
        /// Whether it ended by itself.
        lapsed: bool,
    }
}

/// Why units are sourced again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Resourcing {
    /// The facility refused them.
    FacilityRefused,
    /// They were not found on the shelf.
    ItemsMissing,
    /// The stock that was promised is not there.
    StockLost,
    /// The order was amended.
    Amended,
}

/// What becomes of units that came back undelivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Putaway {
    /// As new: back on the shelf, for sale.
    Restock,
    /// Put aside to be looked at: on hand, and not for sale.
    Quarantine,
    /// Of no use: not on hand.
    WriteOff,
}

/// What a hold is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum HoldKind {
    /// Somebody may mean to cheat.
    Fraud,
    /// The payment is to be looked at.
    Payment,
    /// The address is to be looked at.
    Address,
    /// The customer's credit is to be looked at.
    Credit,
    /// Somebody has to approve.
    Approval,
    /// Export papers are missing.
    Export,
    /// The stock is to be looked at.
    Stock,
    /// Somebody says so.
    Manual,
    /// The goods may be unsafe.
    Recall,
}

/// The order is not to be released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "OrderHoldPlacedV2", rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderHoldPlaced {
    /// The order.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// The hold.
    pub hold: HoldNumber,
    /// What for.
    pub kind: HoldKind,
    /// More of it, for people.
    pub reason: Option<Text>,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Who placed it; version 1 did not say.
    pub placed_by: Option<PlacedBy>,
}

/// Who placed a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PlacedBy {
    /// The shop itself.
    System,
    /// Somebody who works for the shop, or a program of it.
    Staff,
    /// The customer.
    Customer(Text),
}

impl From<&Principal> for PlacedBy {
    fn from(by: &Principal) -> Self {
        match by {
            Principal::System => Self::System,
            Principal::Staff => Self::Staff,
            Principal::Customer(subject) => Self::Customer(subject.clone()),
        }
    }
}
