//! Why the inventory role refuses: one enum, in order of precedence.
//!
//! Law: a shortage is no refusal but an event, since the order role must hear it.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{FacilityRef, ItemRef, Text};

/// Why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum InventoryRefusal {
    /// No such item.
    UnknownItem {
        /// The item asked for.
        item: ItemRef,
    },
    /// No such facility.
    UnknownFacility {
        /// The facility asked for.
        facility: FacilityRef,
    },
    /// The SKU or code is taken by something else.
    DefinedDifferently {
        /// The SKU or code.
        name: Text,
    },
    /// A location is no point on the globe.
    NoSuchPlace,
    /// More items, facilities or gateways than may be.
    TooManyDefined {
        /// The most allowed.
        allowed: u32,
    },
    /// More units than a shelf may hold.
    TooMuchStock {
        /// Units it could still take.
        room: u32,
    },
    /// More units lost or damaged than are there and fit for sale.
    NotOnHand {
        /// Units there and fit for sale.
        sellable: u32,
    },
    /// Units are shipped that the reservation does not tie.
    NotTied,
    /// A unit price is higher than may be.
    UnitPriceTooHigh {
        /// The highest allowed, in ten-thousandths of the currency's major unit.
        allowed: u32,
    },
}

impl InventoryRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownItem { .. } => "unknown-item",
            Self::UnknownFacility { .. } => "unknown-facility",
            Self::DefinedDifferently { .. } => "defined-differently",
            Self::NoSuchPlace => "no-such-place",
            Self::TooManyDefined { .. } => "too-many-defined",
            Self::TooMuchStock { .. } => "too-much-stock",
            Self::NotOnHand { .. } => "not-on-hand",
            Self::NotTied => "not-tied",
            Self::UnitPriceTooHigh { .. } => "unit-price-too-high",
        }
    }
}

impl fmt::Display for InventoryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownItem { item } => write!(f, "there is no item `{item}`: define it first"),
            Self::UnknownFacility { facility } => {
                write!(f, "there is no facility `{facility}`: define it first")
            }
            Self::DefinedDifferently { name } => {
                write!(f, "`{name}` is defined already, and differently")
            }
            Self::NoSuchPlace => f.write_str("the location is no point on the globe"),
            Self::TooManyDefined { allowed } => write!(f, "at most {allowed} can be defined"),
            Self::TooMuchStock { room } => {
                write!(f, "the shelf can take only {room} more units")
            }
            Self::NotOnHand { sellable } => {
                write!(f, "only {sellable} units are there and fit for sale")
            }
            Self::NotTied => f.write_str("the units are not tied by that reservation"),
            Self::UnitPriceTooHigh { allowed } => {
                write!(f, "a unit may cost {allowed} ten-thousandths on top at the most")
            }
        }
    }
}

impl core::error::Error for InventoryRefusal {}
