//! What can be asked of the fulfilment role.
//!
//! Law: a facility says one thing here, that it takes the work; all else it tells the order role,
//! and this role hears of it by the order's events.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::state::WorkStage;
use crate::data::{asks, data};
use crate::demand::Portion;
use crate::ids::{FacilityId, OrderId, ShipmentNumber};
use crate::time::Timestamp;

/// A command to the fulfilment role. All but `Accept` come from the flow, never from people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum FulfilmentCommand {
    Accept(AcceptFulfilment),
    Request(RequestWork),
    Advance(AdvanceWork),
    Ship(ShipWork),
    Withdraw(WithdrawWork),
    Reject(RejectWork),
    Forget(ForgetWork),
    /// Ends what is due: a facility that has not answered in time loses the work.
    Tick,
}

asks! {
    /// A facility takes the work that was released to it.
    AcceptFulfilment {
        /// The order.
        order: OrderId,
        /// The facility that takes it.
        facility: FacilityId,
        /// When it promises to ship; `null` for no promise, or for the one given before.
        #[serde(default)]
        ship_by: Option<Timestamp>,
    }
}

data! {
    /// Units were released to a facility.
    RequestWork {
        /// The order.
        order: OrderId,
        /// When they were released.
        at: Timestamp,
        /// The facility.
        facility: FacilityId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Units have come a step further in a facility.
    AdvanceWork {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
        /// Where they are now: picked, or packed.
        to: WorkStage,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Units left a facility.
    ShipWork {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
        /// The shipment they are in.
        shipment: ShipmentNumber,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Units are not to be worked on any more, wherever somebody does.
    WithdrawWork {
        /// The order.
        order: OrderId,
        /// The units, and where they lie.
        portions: Vec<Portion>,
    }
    /// The work of an order in a facility was given up: refused, or taken back from it.
    RejectWork {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
    }
    /// Nobody will ask for the order any more.
    ForgetWork {
        /// The order.
        order: OrderId,
    }
}

impl FulfilmentCommand {
    /// The order it is about; none for a tick.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        Some(match self {
            Self::Accept(c) => c.order,
            Self::Request(c) => c.order,
            Self::Advance(c) => c.order,
            Self::Ship(c) => c.order,
            Self::Withdraw(c) => c.order,
            Self::Reject(c) => c.order,
            Self::Forget(c) => c.order,
            Self::Tick => return None,
        })
    }
}
