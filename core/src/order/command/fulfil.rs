//! What warehouses and carriers tell of an order: released, picked, packed, refused, on its way.
//!
//! Law: each names the facility or the shipment it is about, so that two warehouses never speak
//! for each other.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::LineUnits;
use crate::ids::{CancellationNumber, FacilityId, HoldNumber, OrderId, ShipmentNumber, Text};
use crate::order::event::{HoldKind, Putaway};
use crate::time::Span;

/// Declares payloads of commands, which all name their order first.
macro_rules! of_order {
    ($($(#[$doc:meta])* $name:ident { $($field:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
        pub struct $name {
            /// The order.
            pub order: OrderId,
            $($field)*
        }
    )*};
}

pub(super) use of_order;

of_order! {
    /// Hand what is allocated to the warehouses that have it: they may pick it.
    ReleaseOrder {
        /// Only what lies in this facility; `null` for all.
        #[serde(default)]
        pub facility: Option<FacilityId>,
    }
    /// Tell which released units were taken from the shelf, and which were not found there.
    PickOrder {
        /// The facility.
        pub facility: FacilityId,
        /// Units picked; `null` for all that are released there and not missing.
        #[serde(default)]
        pub lines: Option<Vec<LineUnits>>,
        /// Units looked for and not found: the shelf is corrected, and they are sourced again
        /// from other facilities.
        #[serde(default)]
        pub missing: Option<Vec<LineUnits>>,
    }
    /// Tell that what is picked in a facility is in its parcel.
    PackOrder {
        /// The facility.
        pub facility: FacilityId,
    }
    /// A facility refuses what was released to it: its units are sourced again from others.
    RejectFulfilment {
        /// The facility.
        pub facility: FacilityId,
        /// Why, in its words.
        #[serde(default)]
        pub reason: Option<Text>,
    }
    /// A shipment did not leave after all: its units are allocated as before.
    VoidShipping {
        /// The shipment.
        pub shipment: ShipmentNumber,
    }
    /// A shipment was lost on its way.
    LoseShipment {
        /// The shipment.
        pub shipment: ShipmentNumber,
    }
    /// A shipment came back undelivered.
    ReturnToSender {
        /// The shipment.
        pub shipment: ShipmentNumber,
        /// Where it arrived; `null` for where it started.
        #[serde(default)]
        pub facility: Option<FacilityId>,
        /// What becomes of its units.
        pub putaway: Putaway,
    }
    /// Keep an order from being released, until the hold is released.
    PlaceHold {
        /// What for.
        pub kind: HoldKind,
        /// More of it, for people.
        #[serde(default)]
        pub reason: Option<Text>,
        /// The hold ends by itself after so long; `null` for never.
        #[serde(default)]
        pub auto_release: Option<Span>,
    }
    /// Answer a request to cancel: it is not too late.
    AcceptCancellation {
        /// The request.
        pub cancellation: CancellationNumber,
    }
    /// Answer a request to cancel: it is too late, and the work goes on.
    DeclineCancellation {
        /// The request.
        pub cancellation: CancellationNumber,
        /// Why, for people.
        #[serde(default)]
        pub reason: Option<Text>,
    }
    /// End a hold.
    ReleaseHold {
        /// The hold.
        pub hold: HoldNumber,
    }
}
