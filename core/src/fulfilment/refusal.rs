//! Why the fulfilment role refuses: one enum, which only grows at its end.
//!
//! Law: only a facility is ever refused; what an order's event asks is carried out as far as there
//! is something to do.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::transitions::WorkState;
use crate::ids::{FacilityId, OrderId};
use crate::time::Timestamp;

/// Why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum FulfilmentRefusal {
    /// Nothing of the order was ever released to the facility.
    UnknownWork {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
    },
    /// The work is not the facility's any more.
    WorkGone {
        /// How it went.
        state: WorkState,
    },
    /// The promise is broken before it is made.
    ShipByPassed {
        /// The moment promised.
        promised: Timestamp,
    },
}

impl FulfilmentRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownWork { .. } => "unknown-work",
            Self::WorkGone { .. } => "work-gone",
            Self::ShipByPassed { .. } => "ship-by-passed",
        }
    }
}

impl fmt::Display for FulfilmentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownWork { order, facility } => write!(
                f,
                "nothing of order `{order}` was released to `{facility}`: look at its \
                 worklist"
            ),
            Self::WorkGone { state } => write!(
                f,
                "the work is {state}, and its units are others' or nobody's: do not pick them, \
                 and look at the worklist"
            ),
            Self::ShipByPassed { promised } => write!(
                f,
                "`{promised}` has passed: promise a later moment, or accept without a promise"
            ),
        }
    }
}

impl core::error::Error for FulfilmentRefusal {}
