//! What happens to units that are promised before they are there.
//!
//! Law: as of all events: everything `evolve` needs is said here.

use alloc::vec::Vec;

use crate::data::data;
use crate::demand::{Awaited, Hold, Portion};
use crate::ids::{OrderId, ReservationNumber};

of_order! {
    /// Units that are not there are promised to the order: they leave `unsourced`.
    OrderBackordered {
        /// The reservation that is to tie them.
        reservation: ReservationNumber,
        /// How firmly it is to tie them.
        hold: Hold,
        /// The units.
        units: Vec<Awaited>,
    }
    /// Stock came for units on backorder: they are reserved or allocated.
    BackorderSourced {
        /// The reservation.
        reservation: ReservationNumber,
        /// How firmly: `Soft` fills `reserved`, `Hard` fills `allocated`.
        hold: Hold,
        /// Where the units lie.
        portions: Vec<Portion>,
    }
    /// Units are not waited for any more: they are unsourced. What becomes of them is told by the
    /// event that follows.
    BackorderDropped {
        /// The units.
        units: Vec<Awaited>,
    }
    /// The order has heard that units were stripped of reservations that it still waits for: what
    /// comes for them from here on it knows to be new.
    OrderStripHeard {
        /// The reservations.
        reservations: Vec<ReservationNumber>,
    }
    /// Units were promised that the order does not want any more.
    BackorderReturned {
        /// The units that need not come.
        units: Vec<Awaited>,
    }
}
