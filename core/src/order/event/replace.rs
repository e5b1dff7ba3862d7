//! An order takes the place of an earlier one.
//!
//! Law: as of all events: everything `evolve` needs is said here.

use alloc::vec::Vec;

use super::PaymentTerms;
use crate::data::data;
use crate::demand::{Awaited, Destination, Portion};
use crate::ids::{OrderId, Text};
use crate::order::command::OrderLine;
use crate::time::Timestamp;
use crate::units::Amount;

of_order! {
    /// Another order is to take the place of this one. Until the stock has answered, this one keeps
    /// its units, can't be paid or changed, and owes nothing.
    OrderSetAside {
        /// When.
        at: Timestamp,
        /// The order that is to take its place.
        by: OrderId,
    }
    /// An order was placed in place of another: it is pending, and stock is asked for as
    /// reservation 1; what the other one ties or waits for counts as free.
    ReplacementPlaced {
        /// When.
        at: Timestamp,
        /// The order whose place it takes.
        replaces: OrderId,
        /// Whose it is, if anybody's.
        owner: Option<Text>,
        /// The number people see.
        number: Option<Text>,
        /// What was ordered.
        lines: Vec<OrderLine>,
        /// Where it goes.
        destination: Destination,
        /// Whether it waits for a payment.
        payment: PaymentTerms,
        /// The sum of the line totals.
        total: Amount,
    }
    /// Another order has taken the place of this one: every unit goes to `cancelled`.
    OrderReplaced {
        /// When.
        at: Timestamp,
        /// The order that took its place.
        by: OrderId,
        /// Units that were tied. The stock has freed them in the step that served the other order,
        /// if it did.
        released: Vec<Portion>,
        /// Units that waited for stock; the same goes for them.
        dropped: Vec<Awaited>,
    }
    /// The order that was to take the place of this one can't be had: this one stays as it was.
    OrderKept {
        /// The order that was to take its place.
        by: OrderId,
    }
}
