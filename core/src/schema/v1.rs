//! Payloads of version 1 that have a newer version: frozen, and read as the payload of today.
//!
//! Law: nothing here changes any more, and nothing is written in these forms.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::flow;
use crate::ids::{HoldNumber, OrderId, ReturnNumber, Text};
use crate::order::{self, HoldKind, UnitsOfLine};
use crate::policy::v1::Policy;
use crate::time::Timestamp;
use crate::units::Amount;

/// Put a policy in force, as version 1 said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SetPolicy {
    /// The whole policy.
    pub policy: Policy,
}

/// A policy is in force, as version 1 said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct PolicySet {
    /// Counts the policies of this shop, from 1.
    pub version: u64,
    /// The whole policy.
    pub policy: Policy,
}

/// The order is not to be released, as version 1 said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
}

impl From<OrderHoldPlaced> for order::OrderHoldPlaced {
    fn from(old: OrderHoldPlaced) -> Self {
        let OrderHoldPlaced { order, at, hold, kind, reason, until } = old;
        Self { order, at, hold, kind, reason, until, placed_by: None }
    }
}

/// Delivered units are announced to come back, as version 1 said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ReturnRequested {
    /// The order.
    pub order: OrderId,
    /// The return.
    pub number: ReturnNumber,
    /// Which units.
    pub units: Vec<UnitsOfLine>,
}

impl From<ReturnRequested> for order::ReturnRequested {
    fn from(old: ReturnRequested) -> Self {
        let ReturnRequested { order, number, units } = old;
        Self { order, number, units, parcels: Vec::new() }
    }
}

/// The order was paid for and is not any more, as version 1 said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderPaymentNeeded {
    /// The order.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// The how-manieth time, counted from 1.
    pub number: u16,
    /// What is missing.
    pub missing: Amount,
}

impl From<OrderPaymentNeeded> for order::OrderPaymentNeeded {
    fn from(old: OrderPaymentNeeded) -> Self {
        let OrderPaymentNeeded { order, at, number, missing } = old;
        Self { order, at, number, missing, until: None }
    }
}

impl From<SetPolicy> for flow::SetPolicy {
    fn from(old: SetPolicy) -> Self {
        Self { policy: old.policy.into() }
    }
}

impl From<PolicySet> for flow::PolicySet {
    fn from(old: PolicySet) -> Self {
        Self { version: old.version, policy: old.policy.into() }
    }
}
