//! What changed an order after it was placed, or before.
//!
//! Law: as of all events: everything `evolve` needs is said here.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Disposition, Rejection, UnitsOfLine};
use crate::data::data;
use crate::demand::{Awaited, Demand, Destination, ExplodedKit, Hold, Portion};
use crate::ids::{FacilityId, LineNumber, OrderId, ReservationNumber, ReturnNumber, Text};
use crate::order::command::OrderLine;
use crate::owed::{Owed, Standing};
use crate::time::Timestamp;
use crate::units::{Amount, UnitPrice};

of_order! {
    /// An order was saved that is not placed yet.
    OrderDrafted {
        /// When.
        at: Timestamp,
        /// Whose it is, if anybody's.
        owner: Option<Text>,
        /// The number people see.
        number: Option<Text>,
        /// What is to be ordered.
        lines: Vec<OrderLine>,
        /// Where it goes.
        destination: Destination,
        /// The sum of the line totals.
        total: Amount,
    }
    /// An order was changed. What is more is asked for by an event of its own.
    OrderAmended {
        /// When.
        at: Timestamp,
        /// New prices.
        prices: Vec<PriceOfLine>,
        /// Units less that were not tied.
        unsourced: Vec<UnitsOfLine>,
        /// Units less that were tied, and are free again.
        released: Vec<Portion>,
        /// Units more.
        more: Vec<UnitsOfLine>,
        /// New lines, numbered on.
        added: Vec<OrderLine>,
        /// Where it goes from now on, if elsewhere.
        destination: Option<Destination>,
        /// The total of what is wanted now.
        total: Amount,
    }
    /// An order may be paid until later, and its stock is held as long.
    OrderExtended {
        /// When.
        at: Timestamp,
        /// The first moment that is too late to pay from here on.
        until: Timestamp,
        /// Its soft reservations.
        reservations: Vec<ReservationNumber>,
    }
    /// A completed order is taken up again.
    OrderReopened {
        /// When.
        at: Timestamp,
    }
    /// Lines that name kits were taken apart: their units are those of new lines from here on.
    OrderLinesExploded {
        /// The reservation that ties them.
        reservation: ReservationNumber,
        /// The kits, by line. Of a new line as many units are ordered as of its kit, each times.
        kits: Vec<ExplodedKit>,
    }
    /// Promised stock was not there, some of it in work and some of it not: the units are
    /// unsourced, and stock is asked for again.
    OrderStockLost {
        /// The units that no facility worked on.
        untouched: Vec<Portion>,
        /// The units that one did.
        in_work: Vec<Portion>,
        /// The reservation asked for instead.
        reservation: ReservationNumber,
        /// What it is to tie.
        demands: Vec<Demand>,
        /// Where the order goes.
        destination: Destination,
        /// How firmly it is to tie.
        hold: Hold,
        /// Facilities that are out of the question for this order.
        excluded: Vec<FacilityId>,
    }
    /// Kits were taken apart into lines that the order has given to others meanwhile: stock is
    /// asked for again, and told the number of the next line.
    OrderKitsAskedAgain {
        /// The reservation asked for instead.
        reservation: ReservationNumber,
        /// What it is to tie.
        demands: Vec<Demand>,
        /// Where the order goes.
        destination: Destination,
        /// How firmly it is to tie.
        hold: Hold,
        /// Facilities that are out of the question for this order.
        excluded: Vec<FacilityId>,
        /// The order's next line.
        next: LineNumber,
    }
    /// What the order owes to its payment is another figure now.
    OrderPaymentDue {
        /// What it owes.
        owed: Owed,
    }
    /// The order knows how its payment stands.
    OrderPaymentRecorded {
        /// How it stands.
        standing: Standing,
    }
    /// What the customer was asked to pay has not come in time: units that are not paid for are
    /// cancelled; the events before say which. The customer is told, each time.
    OrderPaymentMissed {
        /// When.
        at: Timestamp,
        /// The how-manieth time, counted from 1.
        number: u16,
        /// What is missing still: warehouses work on units that are not paid for, or those have
        /// left.
        missing: Amount,
    }
    /// The order is to go to another address, and stock is asked for that: what it ties or waits
    /// for counts as free, and stays its own until the stock has answered.
    OrderMoveRequested {
        /// When.
        at: Timestamp,
        /// Where it is to go.
        destination: Destination,
        /// The reservation asked for.
        reservation: ReservationNumber,
        /// What it is to tie.
        demands: Vec<Demand>,
        /// How firmly.
        hold: Hold,
        /// Facilities that are out of the question for this order.
        excluded: Vec<FacilityId>,
        /// The number of its next line.
        next: LineNumber,
    }
    /// The order goes to another address; the stock has freed what it had in the step that serves
    /// that.
    OrderMoved {
        /// When.
        at: Timestamp,
        /// Where it goes.
        destination: Destination,
        /// The reservation that serves it.
        reservation: ReservationNumber,
        /// Units that were tied.
        released: Vec<Portion>,
        /// Units that waited for stock.
        dropped: Vec<Awaited>,
    }
    /// Nobody may serve the other address: the order stays as it was, and its customer is told.
    OrderMoveRefused {
        /// When.
        at: Timestamp,
        /// The reservation that was asked for.
        reservation: ReservationNumber,
        /// Where it was to go.
        destination: Destination,
        /// Why not.
        why: Rejection,
    }
    /// Units of the order are cancelled since stock that was promised, or asked for once more, is
    /// not there; the event before says which. The customer is told, each time.
    OrderShortened {
        /// When.
        at: Timestamp,
        /// The how-manieth time, counted from 1.
        number: u16,
    }
    /// Some units of a return came back, and more may come.
    ReturnPartlyReceived {
        /// The return.
        number: ReturnNumber,
        /// What became of them.
        disposition: Disposition,
        /// Which units, and where they arrived.
        units: Vec<Portion>,
    }
    /// A return was refused, or what of it had not come: the units stay with the customer.
    ReturnRefused {
        /// The return.
        number: ReturnNumber,
        /// Why, for the customer.
        reason: Option<Text>,
        /// The units that had not come.
        units: Vec<UnitsOfLine>,
    }
}

/// The order was paid for, and is not any more: an authorization has lapsed, or the order is worth
/// more than before. The customer is asked to pay what is missing, and nothing leaves until he has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "OrderPaymentNeededV2", rename_all = "camelCase")]
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
    /// The first moment that is too late to pay: then what is not paid for is cancelled. Version 1
    /// did not say; its customer is told once more.
    pub until: Option<Timestamp>,
}

data! {
    /// A price of a line.
    PriceOfLine {
        /// The line.
        line: LineNumber,
        /// The price of one unit.
        unit_price: UnitPrice,
    }
}
