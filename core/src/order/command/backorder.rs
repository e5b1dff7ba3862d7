//! What the inventory says of units that are promised before they are there.
//!
//! Law: as of all commands of the flow: they come from a route, never from people.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::demand::{Awaited, Hold, Portion};
use crate::ids::{OrderId, ReservationNumber};

/// The inventory promised units to the order that are not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordBackordered {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
    /// How firmly.
    pub hold: Hold,
    /// The units.
    pub units: Vec<Awaited>,
}

/// Stock came for units that waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFilled {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
    /// How firmly.
    pub hold: Hold,
    /// Where the units lie.
    pub portions: Vec<Portion>,
}
