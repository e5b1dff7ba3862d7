//! What happened to the work of facilities: facts, in the past tense, for ever.
//!
//! Law: an event says everything `evolve` needs, moments included; the order of the variants is
//! the wire form and never changes.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::state::WorkStage;
use super::transitions::WorkState;
use crate::data::data;
use crate::demand::Portion;
use crate::ids::{FacilityId, OrderId, ShipmentNumber, WorkNumber};
use crate::time::Timestamp;

/// An event of the fulfilment role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum FulfilmentEvent {
    Requested(WorkRequested),
    Accepted(FulfilmentAccepted),
    TimedOut(FulfilmentTimedOut),
    Advanced(WorkAdvanced),
    Shipped(WorkShipped),
    Withdrawn(WorkWithdrawn),
    Ended(WorkEnded),
    Forgotten(WorkForgotten),
}

data! {
    /// A facility is asked to work on an order, or on more units of it.
    WorkRequested {
        /// The order.
        order: OrderId,
        /// When.
        at: Timestamp,
        /// The facility.
        facility: FacilityId,
        /// The work order: a new one, or the open one that grows.
        work: WorkNumber,
        /// The first moment that is too late for an answer.
        answer_by: Option<Timestamp>,
        /// The units.
        portions: Vec<Portion>,
    }
    /// A facility took the work, or promised another moment.
    FulfilmentAccepted {
        /// The order.
        order: OrderId,
        /// When.
        at: Timestamp,
        /// The facility.
        facility: FacilityId,
        /// When it promises to ship.
        ship_by: Option<Timestamp>,
    }
    /// A facility did not answer in time: the order is to take the units back.
    FulfilmentTimedOut {
        /// The order.
        order: OrderId,
        /// When.
        at: Timestamp,
        /// The facility.
        facility: FacilityId,
        /// The units it was asked for.
        portions: Vec<Portion>,
    }
    /// Units have come a step further.
    WorkAdvanced {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
        /// Where they are now: picked, or packed.
        to: WorkStage,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Units left the facility.
    WorkShipped {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
        /// The shipment they are in.
        shipment: ShipmentNumber,
        /// The units.
        portions: Vec<Portion>,
    }
    /// Units are not to be worked on any more.
    WorkWithdrawn {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
        /// The units.
        portions: Vec<Portion>,
    }
    /// A work order came to its end.
    WorkEnded {
        /// The order.
        order: OrderId,
        /// The facility.
        facility: FacilityId,
        /// The work order.
        work: WorkNumber,
        /// How it ended.
        state: WorkState,
    }
    /// The fulfilment role remembers nothing of the order any more.
    WorkForgotten {
        /// The order.
        order: OrderId,
    }
}

impl FulfilmentEvent {
    /// The order it is about.
    #[must_use]
    pub fn order(&self) -> OrderId {
        match self {
            Self::Requested(e) => e.order,
            Self::Accepted(e) => e.order,
            Self::TimedOut(e) => e.order,
            Self::Advanced(e) => e.order,
            Self::Shipped(e) => e.order,
            Self::Withdrawn(e) => e.order,
            Self::Ended(e) => e.order,
            Self::Forgotten(e) => e.order,
        }
    }
}
