//! The policy of version 1, as it was released: frozen, and read as the policy of today.
//!
//! Law: whatever version 1 could say, the version in force says too, with its defaults for the
//! rest; so an old journal goes on as it went.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// The policy of a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Policy {
    /// For the order role.
    pub orders: OrderPolicy,
    /// For the inventory role.
    pub sourcing: SourcingPolicy,
}

/// What the order role could choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderPolicy {
    /// Whether an order waits for a payment.
    pub payment: PaymentPolicy,
    /// How long after its end an order stays at hand.
    pub archive_after: Span,
}

/// Whether an order waited for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PaymentPolicy {
    /// It did not.
    None,
    /// It did.
    Required {
        /// Time to pay, from the moment the order was placed.
        deadline: Span,
    },
}

impl From<PaymentPolicy> for super::PaymentPolicy {
    fn from(old: PaymentPolicy) -> Self {
        match old {
            PaymentPolicy::None => Self::None,
            PaymentPolicy::Required { deadline } => Self::required(deadline),
        }
    }
}

/// What sourcing weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "each field is documented in the version in force")]
pub struct SourcingPolicy {
    pub parcel: u32,
    pub ground_km: u32,
    pub air_km: u32,
    pub export: u32,
    pub primary_unit: u32,
    pub back_unit: u32,
    pub max_parcels: Option<u16>,
}

impl From<Policy> for super::Policy {
    fn from(old: Policy) -> Self {
        let OrderPolicy { payment, archive_after } = old.orders;
        let payment = payment.into();
        let SourcingPolicy {
            parcel,
            ground_km,
            air_km,
            export,
            primary_unit,
            back_unit,
            max_parcels,
        } = old.sourcing;
        Self {
            orders: super::OrderPolicy { payment, archive_after, ..super::OrderPolicy::default() },
            sourcing: super::SourcingPolicy {
                parcel,
                ground_km,
                air_km,
                export,
                primary_unit,
                back_unit,
                max_parcels,
                rules: super::SourcingRules::default(),
            },
            fulfilment: super::FulfilmentPolicy::default(),
        }
    }
}
