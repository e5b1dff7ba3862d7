//! Placing an order in place of an earlier one.
//!
//! Law: as of all commands: the new order is named by the client's id, so that sending it twice is
//! safe.

use serde::{Deserialize, Serialize};

use super::PlaceOrder;
use crate::ids::OrderId;

/// Place an order in place of an earlier one that is not accepted yet, such as when a shopper tries
/// the same cart again: his own hold never stands in his way, and of the two orders one at the most
/// can be paid. If the stock can't serve the new one, the earlier one stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ReplaceOrder {
    /// The new order.
    pub place: PlaceOrder,
    /// The earlier one: a draft or pending, not paid, and of the same customer.
    pub replaces: OrderId,
}
