//! What changes an order after it was placed, or before: drafts, amendments, returns, reopening.
//!
//! Law: as of all commands: each names its order first.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::fulfil::of_order;
use super::{LineUnits, OrderLine, PlaceOrder};
use crate::demand::Destination;
use crate::ids::{FacilityId, LineNumber, OrderId, ReturnNumber, Text};
use crate::order::event::Disposition;
use crate::time::Timestamp;
use crate::units::{Currency, Quantity, UnitPrice};

of_order! {
    /// Save an order that is not placed yet: no stock is asked for. Saving it again replaces it,
    /// placing an order of the same id ends it.
    SaveDraft {
        /// The number the shop shows people, if it has one.
        #[serde(default)]
        pub number: Option<Text>,
        /// The customer, if staff saves the draft for one; a customer's own drafts are his.
        #[serde(default)]
        pub customer: Option<Text>,
        /// The currency of all prices.
        pub currency: Currency,
        /// What is to be ordered: 1 to 2,000 lines.
        pub lines: Vec<OrderLine>,
        /// Where it goes.
        pub destination: Destination,
    }
    /// Change an order that was placed: what is more is asked for, what is less is released.
    AmendOrder {
        /// New quantities and prices of its lines.
        #[serde(default)]
        pub lines: Vec<LineChange>,
        /// New lines.
        #[serde(default)]
        pub added: Vec<OrderLine>,
        /// Another destination, as long as nothing was released or shipped.
        #[serde(default)]
        pub destination: Option<Destination>,
    }
    /// Ask that an order may be paid until later. One that has expired is not revived.
    ExtendOrder {
        /// The first moment that is to be too late to pay; an earlier one than now changes nothing.
        pub until: Timestamp,
    }
    /// Take a completed order up again, as long as it is at hand.
    ReopenOrder {}
    /// Tell that a reopened order is done after all.
    CompleteOrder {}
    /// Take in some units of a return that was announced.
    ReceiveReturnedUnits {
        /// Which return; `null` for the oldest that is still on its way.
        #[serde(default)]
        pub number: Option<ReturnNumber>,
        /// Which units came.
        pub lines: Vec<LineUnits>,
        /// Where they arrived; `null` for where each was shipped from.
        #[serde(default)]
        pub facility: Option<FacilityId>,
        /// What becomes of them.
        pub disposition: Disposition,
    }
    /// Say no to a return that was announced, or to what of it has not come.
    RefuseReturn {
        /// Which return.
        pub number: ReturnNumber,
        /// Why, for the customer.
        #[serde(default)]
        pub reason: Option<Text>,
    }
}

/// What changes of a line; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct LineChange {
    /// The line.
    pub line: LineNumber,
    /// Units wanted from now on, those shipped already among them. To drop a line, cancel it.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// The price of one unit.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
}

impl SaveDraft {
    /// The order it would be.
    pub(in crate::order) fn as_placed(&self) -> PlaceOrder {
        PlaceOrder {
            order: self.order,
            number: self.number.clone(),
            customer: self.customer.clone(),
            currency: self.currency,
            lines: self.lines.clone(),
            destination: self.destination.clone(),
        }
    }
}
