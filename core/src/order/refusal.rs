//! Why the order role refuses: one enum, in order of precedence.
//!
//! Law: the first that applies is the one that is answered; codes are stable for ever.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::command::LineRef;
use super::event::{HoldKind, Rejection};
use super::state::Carriage;
use super::transitions::Status;
use crate::ids::{CancellationNumber, HoldNumber, LineNumber, OrderId, ShipmentNumber};
use crate::time::{Span, Timestamp};
use crate::units::Amount;

/// Why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum OrderRefusal {
    /// No such order, or one of somebody else.
    UnknownOrder {
        /// The order asked for.
        order: OrderId,
    },
    /// The id was made before orders that are already archived: it may have been used before.
    StaleId {
        /// The order asked for.
        order: OrderId,
    },
    /// The id claims a moment more than a day ahead.
    IdFromFuture {
        /// The order asked for.
        order: OrderId,
    },
    /// An order for another customer.
    NotYourOrder,
    /// The same id, and other contents.
    PlacedDifferently {
        /// The order that has this id.
        order: OrderId,
    },
    /// An order without lines.
    NoLines,
    /// More lines than an order may have.
    TooManyLines {
        /// Lines given.
        given: u32,
        /// The most allowed.
        allowed: u32,
    },
    /// The destination is no point on the globe.
    NoSuchPlace,
    /// The total does not fit the currency's minor units, or no payment can be so large.
    TotalTooLarge,
    /// The order's status does not allow it.
    NotWhen {
        /// Its status.
        status: Status,
    },
    /// Everything was shipped already: ask for a return.
    UseReturn,
    /// The order does not wait for a payment.
    NothingToPay,
    /// The payment is in another currency, or too small.
    AmountTooSmall {
        /// What is needed.
        needed: Amount,
    },
    /// A command that names lines names none.
    NothingNamed,
    /// No such line in the order.
    NoSuchLine {
        /// The line asked for.
        line: LineRef,
    },
    /// Fewer units of a line can be cancelled or returned than asked.
    TooManyUnits {
        /// The line asked for.
        line: LineRef,
        /// Units asked for.
        asked: u32,
        /// Units that can be.
        possible: u32,
    },
    /// Nothing of the order lies in that facility, or nothing is left to ship.
    NothingToShip,
    /// No such shipment.
    NoSuchShipment,
    /// No such return on its way.
    NoSuchReturn,
    /// The order has had as many shipments, returns or reservations as can be counted.
    TooManyParts,
    /// The units were delivered too long ago to come back.
    ReturnWindowClosed {
        /// How long after a delivery a return may be announced.
        window: Span,
    },
    /// A hold keeps the order from being released.
    OnHold {
        /// The first hold that is open.
        hold: HoldNumber,
        /// What it is for.
        kind: HoldKind,
    },
    /// No such hold.
    NoSuchHold {
        /// The hold asked for.
        hold: HoldNumber,
    },
    /// As many holds as an order may have.
    TooManyHolds {
        /// The most allowed.
        allowed: u16,
    },
    /// Nothing of the order is allocated there.
    NothingToRelease,
    /// Nothing of the order is released to that facility.
    NothingReleased,
    /// Nothing of the order is picked in that facility.
    NothingPicked,
    /// What is there is not packed yet.
    NotPacked,
    /// The shipment has come to an end already.
    ShipmentEnded {
        /// The shipment.
        shipment: ShipmentNumber,
        /// How it ended.
        state: Carriage,
    },
    /// No such request to cancel.
    NoSuchCancellation {
        /// The request asked for.
        cancellation: CancellationNumber,
    },
    /// Part of the order was released or shipped already.
    AlreadyReleased,
    /// A customer says what something costs: he changes a price, adds a line, or places an order
    /// that nobody quoted where the policy wants that.
    PriceIsNotYours,
    /// The policy does not let orders be reopened.
    NoReopening,
    /// Something of the order is still to be done.
    NotSettled,
    /// The line belongs to a kit, which is changed as a whole.
    PartOfKit {
        /// The line asked for.
        line: LineNumber,
        /// The line of the kit.
        kit: LineNumber,
    },
    /// An order that is to take its own place.
    ReplacesItself {
        /// The order.
        order: OrderId,
    },
    /// The order to be replaced is accepted, paid, or has ended.
    NotReplaceable {
        /// The order to be replaced.
        order: OrderId,
        /// Its status.
        status: Status,
    },
    /// The order to be replaced is another customer's.
    OtherCustomer {
        /// The order to be replaced.
        order: OrderId,
    },
    /// An order is being replaced, and the stock has not answered yet.
    BeingReplaced {
        /// The order.
        order: OrderId,
        /// The order that is to take its place.
        by: OrderId,
    },
    /// The time to pay is over.
    TimeIsOver {
        /// Since when.
        since: Timestamp,
    },
    /// The policy gives the order no more time.
    NoMoreTime {
        /// How often it gives an order more time.
        allowed: u16,
    },
    /// More time than the policy gives at once.
    TooMuchTime {
        /// The latest moment that can be asked for.
        latest: Timestamp,
    },
    /// What is authorized or captured does not cover what the order is worth: nothing leaves.
    PaymentNotCovered {
        /// What the order is worth.
        needed: Amount,
        /// What of that is missing.
        missing: Amount,
    },
    /// Nobody may, or can, send the order to the address it was to go to: it stays as it was.
    NotServedThere {
        /// Why not.
        why: Rejection,
    },
    /// The stock has not answered yet whether the order can go to another address.
    BeingMoved,
}

impl OrderRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOrder { .. } => "unknown-order",
            Self::StaleId { .. } => "stale-order-id",
            Self::IdFromFuture { .. } => "order-id-from-future",
            Self::NotYourOrder => "not-your-order",
            Self::PlacedDifferently { .. } => "placed-differently",
            Self::NoLines => "no-lines",
            Self::TooManyLines { .. } => "too-many-lines",
            Self::NoSuchPlace => "no-such-place",
            Self::TotalTooLarge => "total-too-large",
            Self::NotWhen { .. } => "not-in-this-status",
            Self::UseReturn => "use-return",
            Self::NothingToPay => "nothing-to-pay",
            Self::AmountTooSmall { .. } => "amount-too-small",
            Self::NothingNamed => "nothing-named",
            Self::NoSuchLine { .. } => "no-such-line",
            Self::TooManyUnits { .. } => "too-many-units",
            Self::NothingToShip => "nothing-to-ship",
            Self::NoSuchShipment => "no-such-shipment",
            Self::NoSuchReturn => "no-such-return",
            Self::TooManyParts => "too-many-parts",
            Self::ReturnWindowClosed { .. } => "return-window-closed",
            Self::OnHold { .. } => "on-hold",
            Self::NoSuchHold { .. } => "no-such-hold",
            Self::TooManyHolds { .. } => "too-many-holds",
            Self::NothingToRelease => "nothing-to-release",
            Self::NothingReleased => "nothing-released",
            Self::NothingPicked => "nothing-picked",
            Self::NotPacked => "not-packed",
            Self::ShipmentEnded { .. } => "shipment-ended",
            Self::AlreadyReleased => "already-released",
            Self::PriceIsNotYours => "price-is-not-yours",
            Self::NoReopening => "no-reopening",
            Self::NotSettled => "not-settled",
            Self::PartOfKit { .. } => "part-of-kit",
            Self::NoSuchCancellation { .. } => "no-such-cancellation",
            Self::ReplacesItself { .. } => "replaces-itself",
            Self::NotReplaceable { .. } => "not-replaceable",
            Self::OtherCustomer { .. } => "other-customer",
            Self::BeingReplaced { .. } => "being-replaced",
            Self::TimeIsOver { .. } => "time-is-over",
            Self::NoMoreTime { .. } => "no-more-time",
            Self::TooMuchTime { .. } => "too-much-time",
            Self::PaymentNotCovered { .. } => "payment-not-covered",
            Self::NotServedThere { .. } => "not-served-there",
            Self::BeingMoved => "being-moved",
        }
    }
}

impl fmt::Display for OrderRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOrder { order } => write!(f, "there is no order `{order}`"),
            Self::StaleId { order } => {
                write!(f, "the order id `{order}` is too old to be new: make a new id")
            }
            Self::IdFromFuture { order } => {
                write!(f, "the order id `{order}` lies more than a day ahead: set the clock right")
            }
            Self::NotYourOrder => f.write_str("an order can't be placed for another customer"),
            Self::PlacedDifferently { order } => write!(
                f,
                "there is an order `{order}` with other contents: make a new id for a new order"
            ),
            Self::NoLines => f.write_str("an order needs at least one line"),
            Self::TooManyLines { given, allowed } => {
                write!(f, "{given} lines are too many: an order has at most {allowed}")
            }
            Self::NoSuchPlace => f.write_str(
                "the destination is no point on the globe: give micro-degrees of latitude \
                 (-90,000,000 to 90,000,000) and longitude (-180,000,000 to 180,000,000)",
            ),
            Self::TotalTooLarge => {
                f.write_str("the total of the order is too large to be counted, or paid")
            }
            Self::NotWhen { status } => {
                write!(f, "that can't be done to an order that is {status}")
            }
            Self::UseReturn => {
                f.write_str("what is shipped can't be cancelled any more: ask for a return")
            }
            Self::NothingToPay => f.write_str("the order does not wait for a payment"),
            Self::AmountTooSmall { needed } => write!(f, "the payment must be at least {needed}"),
            Self::NothingNamed => f.write_str("name at least one line"),
            Self::NoSuchLine { line } => write!(f, "the order has no {line}"),
            Self::TooManyUnits { line, asked, possible } => {
                write!(f, "{asked} units of {line} are too many: {possible} are possible")
            }
            Self::NothingToShip => f.write_str("nothing of the order is left to ship there"),
            Self::NoSuchShipment => f.write_str("the order has no such shipment"),
            Self::NoSuchReturn => f.write_str("the order has no such return on its way"),
            Self::TooManyParts => {
                f.write_str("the order has had too many shipments, returns or reservations")
            }
            Self::ReturnWindowClosed { window } => {
                write!(f, "a return must be announced within {window} of the delivery")
            }
            _ => self.tell_of_work(f),
        }
    }
}

impl core::error::Error for OrderRefusal {}

impl OrderRefusal {
    /// What is said of work under way, and of changes.
    fn tell_of_work(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnHold { hold, .. } => {
                write!(f, "the order is on hold: release `{hold}` first")
            }
            Self::NoSuchHold { hold } => write!(f, "the order has never had `{hold}`"),
            Self::TooManyHolds { allowed } => {
                write!(f, "an order has at most {allowed} holds at a time")
            }
            Self::NothingToRelease => f.write_str("nothing of the order is allocated there"),
            Self::NothingReleased => {
                f.write_str("nothing of the order is released to that facility: release it first")
            }
            Self::NothingPicked => {
                f.write_str("nothing of the order is picked in that facility: pick it first")
            }
            Self::NotPacked => f.write_str(
                "what is there is not packed yet: release, pick and pack it before it ships",
            ),
            Self::ShipmentEnded { shipment, state } => {
                write!(f, "`{shipment}` is not on its way any more: {state}")
            }
            Self::AlreadyReleased => f.write_str(
                "part of the order was released or shipped: its destination can't change any more",
            ),
            Self::PriceIsNotYours => {
                f.write_str("only those who work for the shop may say what something costs")
            }
            Self::NoReopening => f.write_str("the policy does not let orders be reopened"),
            Self::NotSettled => {
                f.write_str("units of the order are still to be shipped or to arrive")
            }
            Self::PartOfKit { line, kit } => {
                let (line, kit) = (line.0, kit.0);
                write!(f, "line {line} belongs to the kit in line {kit}: name that")
            }
            Self::PaymentNotCovered { needed, missing } => write!(
                f,
                "of the {needed} that the order is worth, {missing} are not paid: the customer is \
                 asked for them, and until then nothing leaves"
            ),
            Self::NoSuchCancellation { cancellation } => {
                write!(f, "nobody has asked for `{cancellation}` of the order")
            }
            Self::BeingMoved => f.write_str(
                "the stock has not answered yet whether the order can go to another address: ask \
                 again in a moment",
            ),
            Self::NotServedThere { why } => {
                f.write_str("the order stays as it was, since it can't go there: ")?;
                why.tell(f)
            }
            _ => self.tell_of_place(f),
        }
    }

    /// What is said of orders in place of others.
    fn tell_of_place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReplacesItself { order } => {
                write!(f, "the order `{order}` can't take its own place: make a new id")
            }
            Self::NotReplaceable { order, status } => match status {
                Status::Pending | Status::Confirmed | Status::Completed => write!(
                    f,
                    "the order `{order}` is {}: cancel or amend it instead",
                    if *status == Status::Pending { "paid for" } else { "confirmed already" }
                ),
                _ => write!(
                    f,
                    "the order `{order}` has ended ({status}): there is nothing to replace, place \
                     the new one by itself"
                ),
            },
            Self::OtherCustomer { order } => write!(
                f,
                "the order `{order}` is another customer's: an order takes the place of one of \
                 the same customer"
            ),
            Self::BeingReplaced { order, by } => write!(
                f,
                "the order `{by}` is taking the place of `{order}`, and the stock has not answered \
                 yet: ask again in a moment"
            ),
            Self::TimeIsOver { since } => write!(
                f,
                "the time to pay was over at {since}, and its units may be another's: place it \
                 again"
            ),
            Self::NoMoreTime { allowed: 0 } => {
                f.write_str("the policy gives orders no more time to be paid")
            }
            Self::NoMoreTime { allowed } => {
                write!(f, "an order is given more time to be paid at most {allowed} times")
            }
            Self::TooMuchTime { latest } => {
                write!(f, "the order may wait for its payment until {latest} at the most")
            }
            _ => f.write_str(self.code()),
        }
    }
}

impl Rejection {
    /// Why stock can't be tied, in words.
    fn tell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stock { shortfalls } => {
                let Some(short) = shortfalls.first() else {
                    return f.write_str("nothing may be had for that address");
                };
                let (wanted, there) = (short.demanded, short.available.unwrap_or(0));
                write!(
                    f,
                    "of item `{}` {wanted} are wanted, and {there} may be had for that address",
                    short.item
                )
            }
            Self::TooManyParcels { allowed } => {
                write!(f, "it would take more than {allowed} parcels")
            }
            Self::ReservationLapsed => f.write_str("the reservation came to its end"),
            Self::KitsTooLarge { lines, units } => {
                write!(f, "with its kits it has {lines} lines, and asks for {units} units of one")
            }
        }
    }
}

impl fmt::Display for LineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "line {}", number.0),
            Self::Item(item) => write!(f, "line of item `{item}`"),
        }
    }
}

impl fmt::Display for Carriage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnderWay => "it is on its way",
            Self::Delivered => "it was delivered",
            Self::Voided => "its shipping was voided",
            Self::Lost => "it was lost",
            Self::ReturnedToSender => "it came back undelivered",
        })
    }
}
