//! The state of the order role: every open order, and the deadlines among them.
//!
//! Law: the state is proportional to open work; a finished order leaves it after the window.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::command::{CancelReason, OrderLine};
use super::event::{HoldKind, PaymentTerms, PlacedBy, Rejection, UnitsOfLine, UnitsOfParcel};
use super::kits::{self, LineKind};
use super::replace;
use super::stage::{self, Stage};
use super::transitions::Status;
use super::{cancel, claims, confirm, unpaid};
use crate::demand::{Awaited, Destination, Hold, Portion};
use crate::ids::{
    CancellationNumber, FacilityId, HoldNumber, ItemRef, LineNumber, OrderId, ReservationNumber,
    ReturnNumber, ShipmentNumber, Text,
};
use crate::laws::{self, Audit};
use crate::owed::{Owed, Standing};
use crate::policy::OrderPolicy;
use crate::time::Timestamp;
use crate::units::{Amount, Currency, UnitPrice};

/// All orders at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    pub(super) policy: OrderPolicy,
    /// In boxes: an order is large, and a tree of large values is half empty.
    pub(super) orders: BTreeMap<OrderId, Box<Order>>,
    /// No archived order has an id made at or after this moment.
    pub(super) horizon: Timestamp,
    /// Derived from the orders; see [`Orders::restore`].
    #[serde(skip)]
    pub(super) deadlines: BTreeSet<(Timestamp, OrderId)>,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Where it stands in its life.
    pub status: Status,
    /// Whose it is.
    pub owner: Option<Text>,
    /// The number people see.
    pub number: Option<Text>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// Why it was rejected, if it was.
    pub rejection: Option<Rejection>,
    /// The currency of its prices.
    pub currency: Currency,
    /// The total as placed.
    pub total: Amount,
    /// Where it goes.
    pub destination: Destination,
    /// How payment stands.
    pub payment: Payment,
    /// Its lines, as placed; then those that were added, and those of the components of kits.
    pub lines: Vec<Line>,
    /// What is tied and not yet shipped.
    pub tied: Vec<Tied>,
    /// What is promised to it, and still to come.
    pub backordered: Vec<Backordered>,
    /// The last reservation made or asked for; counts them.
    pub reservations: ReservationNumber,
    /// The last reservation asked for: answers to earlier ones come too late.
    pub asked: ReservationNumber,
    /// Facilities that were left out when stock was asked for last: those that refused the order,
    /// and the one that had not what it promised, if that was why; ascending.
    pub excluded: Vec<FacilityId>,
    /// Facilities that refused the order; ascending. They are asked for nothing of it again, but
    /// for what waited already when the policy stopped letting anybody wait.
    pub refused: Vec<FacilityId>,
    /// Facilities that were handed units to work on; ascending. They ship what they packed.
    pub staged: Vec<FacilityId>,
    /// Parcels, in order of their numbers.
    pub shipments: Vec<Shipment>,
    /// Returns, in order of their numbers.
    pub returns: Vec<Return>,
    /// Holds that have not ended, in order of their numbers.
    pub holds: Vec<HoldRecord>,
    /// The last hold; counts them.
    pub hold_count: HoldNumber,
    /// Requests to cancel what warehouses work on, in order of their numbers.
    pub cancellations: Vec<CancellationRecord>,
    /// Whether it was taken up again after it had been completed.
    pub reopened: bool,
    /// What it was placed as, if it was amended since.
    pub placed: Option<Box<Placed>>,
    /// The reservation an amendment asked for, as long as no other was asked for.
    pub amending: Option<ReservationNumber>,
    /// Units that amendments asked for, as long as no stock was tied or promised since.
    pub amended: Vec<UnitsOfLine>,
    /// What it told its payment last, if it has one.
    pub owed: Option<Box<Owed>>,
    /// How its payment stands, as that told last.
    pub standing: Option<Box<Standing>>,
    /// The order whose place it takes, or was to take.
    pub replaces: Option<OrderId>,
    /// The order that took its place; or is to take it, as long as this one has not ended.
    pub replaced_by: Option<OrderId>,
    /// How often it was given more time to be paid.
    pub extensions: u16,
    /// Of what it owes: what is authorized or was captured, and is not let go of, minor units.
    /// What was more than it owed is not counted again when it owes more: that is on its way back.
    pub secured: i64,
    /// What its customer was told that is missing, since it was paid for once; minor units.
    pub told_missing: i64,
    /// How many times he was told so.
    pub payments_needed: u16,
    /// Until when he may pay that: then what is not paid for is cancelled.
    pub pay_until: Option<Timestamp>,
    /// How many times units were cancelled since they were not paid for.
    pub payments_missed: u16,
    /// Lines of which amendments have asked for more since all was paid for, the last one last.
    pub lately: Vec<Raised>,
    /// Where it is to go, as long as the stock has not answered whether it can.
    pub moving: Option<Moving>,
    /// How many times units were cancelled since the stock was not there.
    pub shortened: u16,
}

/// What an order was placed as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Its lines.
    pub lines: Vec<OrderLine>,
    /// Where it went.
    pub destination: Destination,
}

/// A line of which an amendment asked for more than was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The line; of a kit, that which names it.
    pub line: LineNumber,
    /// Units wanted of it before.
    pub from: u32,
}

/// Another address that an order is to go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// The address.
    pub destination: Destination,
    /// The reservation that is to serve it.
    pub reservation: ReservationNumber,
}

/// A request to cancel what a warehouse works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationRecord {
    /// Its number, from 1.
    pub number: CancellationNumber,
    /// The facility that is to answer.
    pub facility: FacilityId,
    /// Why.
    pub reason: CancelReason,
    /// The units.
    pub portions: Vec<Portion>,
    /// What the facility said.
    pub answer: Option<CancellationAnswer>,
}

/// What a warehouse says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum CancellationAnswer {
    /// It let go.
    Accepted,
    /// It had gone too far.
    Declined,
}

/// A hold that has not ended: it keeps the order from being released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRecord {
    /// Its number, from 1.
    pub number: HoldNumber,
    /// What it is for.
    pub kind: HoldKind,
    /// More of it, for people.
    pub reason: Option<Text>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Who placed it, if that was recorded.
    pub placed_by: Option<PlacedBy>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item as the order named it.
    pub item: ItemRef,
    /// The price of one unit.
    pub unit_price: UnitPrice,
    /// Where its units are; of a kit see [`Order::buckets_of`].
    pub buckets: Buckets,
    /// What it is among the lines: a kit, a component of one, or a line by itself.
    pub kind: LineKind,
}

/// Units that are tied to stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tied {
    /// Where, and how many.
    pub portion: Portion,
    /// How far they have come.
    pub stage: Stage,
}

/// Units that are promised, and still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backordered {
    /// Of which line, and how many.
    pub units: Awaited,
    /// Whether they will be tied hard: then nothing but a cancellation ends the promise.
    pub hard: bool,
}

/// How payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    /// The order does not wait for one.
    NotRequired,
    /// It waits until the deadline.
    Awaiting(Timestamp),
    /// It was authorized.
    Authorized(Amount),
}

/// One parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Its number, from 1.
    pub number: ShipmentNumber,
    /// Where it started.
    pub facility: FacilityId,
    /// What is in it.
    pub portions: Vec<Portion>,
    /// How far it has come.
    pub state: Carriage,
    /// When it arrived, if it did.
    pub delivered_at: Option<Timestamp>,
}

/// How far a parcel has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Carriage {
    /// It is on its way.
    UnderWay,
    /// It arrived.
    Delivered,
    /// It did not leave after all.
    Voided,
    /// It was lost.
    Lost,
    /// It came back undelivered.
    ReturnedToSender,
}

/// One return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Its number, from 1.
    pub number: ReturnNumber,
    /// What was announced.
    pub units: Vec<UnitsOfLine>,
    /// The parcels that it came in; of a return that was refused, what of it had come.
    pub parcels: Vec<UnitsOfParcel>,
    /// What of it has come.
    pub received: Vec<UnitsOfLine>,
    /// How far it has come.
    pub state: ReturnState,
}

/// How far a return has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum ReturnState {
    /// It is on its way.
    Requested,
    /// Some of it came.
    PartlyReceived,
    /// It came.
    Received,
    /// It was refused, or what was left of it.
    Refused,
}

impl Return {
    /// Whether more of it may come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, ReturnState::Requested | ReturnState::PartlyReceived)
    }
}

impl Orders {
    /// An order at hand; archived ones are only in the journal.
    #[must_use]
    pub fn get(&self, order: OrderId) -> Option<&Order> {
        self.orders.get(&order).map(Box::as_ref)
    }

    /// All orders at hand, by id, so by the time they were placed.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&OrderId, &Order)> {
        self.orders.iter().map(|(id, order)| (id, &**order))
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> &OrderPolicy {
        &self.policy
    }

    /// Puts a policy in force. When orders at hand are archived follows it, and so does the window
    /// for their returns; how they are paid stays as it was when they were placed.
    pub fn set_policy(&mut self, policy: OrderPolicy) {
        self.policy = policy;
        self.restore();
    }

    /// The next moment at which a tick has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// Takes over orders as they are, for a client's slice.
    pub(crate) fn adopt(&mut self, orders: impl IntoIterator<Item = (OrderId, Order)>) {
        self.orders.extend(orders.into_iter().map(|(id, order)| (id, Box::new(order))));
        self.restore();
    }

    /// Rebuilds what is derived and not part of a snapshot.
    pub fn restore(&mut self) {
        let due = |(id, order): (&OrderId, &Order)| Some((order.deadline(&self.policy)?, *id));
        self.deadlines = self.iter().filter_map(due).collect();
    }

    /// Checks the laws of every order.
    pub fn audit(&self, audit: &mut Audit) {
        for (id, order) in &self.orders {
            kits::audit(*id, order, audit);
            cancel::audit(*id, order, audit);
            claims::audit(*id, order, audit);
            unpaid::audit(*id, order, audit);
            let in_the_way = !confirm::is_due(order);
            audit.expect(laws::PENDING_FOR_A_REASON, in_the_way, || format!("order {id}"));
            replace::audit(self, *id, order, audit);
            for (number, line) in order.lines.iter().enumerate() {
                line.buckets.audit(audit);
                let tied = order.tied_units(number);
                let counters = stage::ALL.map(|stage| line.buckets.get(stage.bucket()));
                let same = laws::stages_match(&counters, &tied);
                audit.expect(laws::PROMISES_MATCH, same, || {
                    format!("order {id} line {number}: {counters:?} against {tied:?}")
                });
                let counter = u64::from(line.buckets.backordered);
                let waiting = order.backordered_units(number);
                let same = laws::backorders_match(counter, waiting);
                audit.expect(laws::BACKORDERS_MATCH, same, || {
                    format!("order {id} line {number}: {counter} against {waiting}")
                });
            }
        }
    }
}

impl Order {
    /// The terms it was placed under, as the event told them.
    #[must_use]
    pub fn terms(payment: PaymentTerms) -> Payment {
        match payment {
            PaymentTerms::NotRequired => Payment::NotRequired,
            PaymentTerms::Required { deadline } => Payment::Awaiting(deadline),
        }
    }

    /// Whether it was dropped as a draft: an order that was placed has asked for stock.
    #[must_use]
    pub fn was_never_placed(&self) -> bool {
        self.status == Status::Cancelled && self.asked == ReservationNumber(0)
    }

    /// Whether payment stands in the way of a confirmation.
    #[must_use]
    pub fn is_payment_satisfied(&self) -> bool {
        match self.payment {
            Payment::NotRequired | Payment::Authorized(_) => true,
            Payment::Awaiting(_) => false,
        }
    }

    /// When a tick has something to do for it: an expiry, what is not paid for, or the archive.
    #[must_use]
    pub fn deadline(&self, policy: &OrderPolicy) -> Option<Timestamp> {
        if let Some(ended) = self.ended_at {
            let archived = ended.after(policy.archive_after);
            // What is on its way back finds its order for as long again.
            let comes_back = self.returns.iter().any(Return::is_open);
            return Some(if comes_back { archived.after(policy.archive_after) } else { archived });
        }
        // What becomes of an order that is set aside is told by the one that takes its place.
        let own = match (self.status, self.payment) {
            _ if self.is_set_aside() => None,
            (Status::Draft, _) => Some(self.placed_at.after(policy.archive_after)),
            (Status::Pending, Payment::Awaiting(deadline)) => Some(deadline),
            _ => unpaid::deadline(self),
        };
        let holds = self.holds.iter().filter_map(|hold| hold.until);
        own.into_iter().chain(holds).min()
    }

    /// How firmly stock is to be tied for it: softly while a payment is awaited.
    #[must_use]
    pub fn hold(&self) -> Hold {
        match self.payment {
            Payment::Awaiting(until) => Hold::Soft { until },
            Payment::NotRequired | Payment::Authorized(_) => Hold::Hard,
        }
    }

    /// Whether another order is to take its place, and the stock has not answered yet.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.replaced_by.is_some() && matches!(self.status, Status::Draft | Status::Pending)
    }

    /// A line by its number.
    #[must_use]
    pub fn line(&self, number: LineNumber) -> Option<&Line> {
        self.lines.get(number.index())
    }

    /// Whether every unit is delivered, lost, returned to its sender or cancelled.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.lines.iter().all(|line| line.buckets.settled() == line.buckets.ordered)
    }

    /// The total of what nobody cancelled, kits by whole ones; `None` if it does not fit.
    #[must_use]
    pub fn wanted_total(&self) -> Option<Amount> {
        let mut minor = 0_i64;
        for (number, line) in self.named_lines() {
            let units = self.buckets_of(number).wanted();
            minor = minor.checked_add(line.unit_price.times(units, self.currency)?)?;
        }
        Some(Amount { currency: self.currency, minor })
    }

    /// Units of a line that wait for stock, by the order's own list.
    #[must_use]
    pub fn backordered_units(&self, line: usize) -> u64 {
        let of_line = self.backordered.iter().filter(|b| b.units.line.index() == line);
        of_line.map(|b| u64::from(b.units.quantity)).fold(0, u64::saturating_add)
    }

    /// Units of a line in each stage, by the portions.
    fn tied_units(&self, line: usize) -> [u64; 5] {
        let of_line = |t: &&Tied| t.portion.line.index() == line;
        stage::ALL.map(|stage| {
            let tied = self.tied.iter().filter(|t| t.stage == stage).filter(of_line);
            tied.map(|t| u64::from(t.portion.quantity)).fold(0, u64::saturating_add)
        })
    }
}
