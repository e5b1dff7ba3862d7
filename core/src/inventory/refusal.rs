//! Why the inventory role refuses: one enum, which only grows at its end.
//!
//! Law: a shortage is no refusal but an event, since the order role must hear it.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use crate::ids::{ExpectedNumber, FacilityRef, ItemRef, Text, TransferNumber};

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
    /// Fewer units are in that condition.
    NotInCondition {
        /// The condition asked for.
        condition: Condition,
        /// Units in it.
        there: u32,
    },
    /// The command would move nothing.
    NothingMoves,
    /// Fewer units are available to be sent.
    NotAvailable {
        /// Units that are.
        available: u32,
    },
    /// No such transfer is open.
    UnknownTransfer {
        /// The transfer asked for.
        transfer: TransferNumber,
    },
    /// No such stock is expected any more.
    UnknownExpected {
        /// What was asked for.
        expected: ExpectedNumber,
    },
    /// More units came than were on their way.
    MoreThanIncoming {
        /// Units that still were.
        incoming: u32,
    },
    /// More transfers, or more that is expected, than may be open at once.
    TooManyOpen {
        /// The most allowed.
        allowed: u32,
    },
    /// A kit has no stock of its own, and no rules of stock.
    IsKit {
        /// The kit.
        kit: Text,
        /// What it is made of: these have the stock.
        components: Vec<Text>,
    },
    /// A kit in a kit.
    KitInKit {
        /// The kit that is named as a component.
        kit: Text,
    },
    /// A kit of nothing, or of more items than may be.
    NotSoManyComponents {
        /// Components given.
        given: u32,
        /// The most allowed.
        allowed: u32,
    },
    /// More units of an item than may be in a kit.
    TooManyInKit {
        /// The item.
        item: Text,
        /// The most allowed.
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
            Self::NotInCondition { .. } => "not-in-condition",
            Self::NothingMoves => "nothing-moves",
            Self::NotAvailable { .. } => "not-available",
            Self::UnknownTransfer { .. } => "unknown-transfer",
            Self::UnknownExpected { .. } => "unknown-expected",
            Self::MoreThanIncoming { .. } => "more-than-incoming",
            Self::TooManyOpen { .. } => "too-many-open",
            Self::IsKit { .. } => "is-a-kit",
            Self::KitInKit { .. } => "kit-in-kit",
            Self::NotSoManyComponents { .. } => "not-so-many-components",
            Self::TooManyInKit { .. } => "too-many-in-kit",
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
            Self::NotInCondition { condition, there } => {
                write!(f, "only {there} units are {condition}")
            }
            Self::NothingMoves => f.write_str(
                "nothing would move: name two different conditions or shelves, and some units",
            ),
            Self::NotAvailable { available } => {
                write!(
                    f,
                    "only {available} units are available there: the rest is promised or kept"
                )
            }
            Self::UnknownTransfer { transfer } => {
                write!(f, "no transfer `{transfer}` is under way: it has ended, or never was")
            }
            Self::UnknownExpected { expected } => {
                write!(f, "`{expected}` is not expected: it has come, was withdrawn, or never was")
            }
            Self::MoreThanIncoming { incoming } => write!(
                f,
                "only {incoming} units were on their way: receive those, and count what is there"
            ),
            Self::TooManyOpen { allowed } => {
                write!(f, "at most {allowed} can be open: end some first")
            }
            Self::IsKit { kit, components } => {
                write!(f, "`{kit}` is a kit: stock lies with its components")?;
                let mut mark = ' ';
                components.iter().try_for_each(|sku| {
                    let before = core::mem::replace(&mut mark, ',');
                    write!(f, "{before}{}`{sku}`", if before == ',' { " " } else { "" })
                })
            }
            Self::KitInKit { kit } => {
                write!(f, "`{kit}` is a kit, and no part of one: name its components instead")
            }
            Self::NotSoManyComponents { given, allowed } => {
                write!(f, "a kit is made of 1 to {allowed} items, not of {given}")
            }
            Self::TooManyInKit { item, allowed } => {
                write!(f, "a kit has at most {allowed} units of `{item}`")
            }
        }
    }
}

impl core::error::Error for InventoryRefusal {}
