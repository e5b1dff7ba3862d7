//! Where an order stands on four axes: payment, stock, fulfilment, returns.
//!
//! Law: nothing here is stored; every axis is a function of the buckets and records of the order.

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::state::{Order, Payment, ReturnState};
use super::transitions::Status;
use crate::owed::{Owed, Standing};

/// How the payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PaymentStatus {
    /// The order does not wait for one.
    NotRequired,
    /// It is awaited.
    Awaiting,
    /// Some of it is authorized.
    PartiallyAuthorized,
    /// It is authorized.
    Authorized,
    /// Some of it is captured.
    PartiallyPaid,
    /// It is captured.
    Paid,
    /// More is captured than is owed: it goes back.
    Overpaid,
    /// The last try was declined.
    Failed,
    /// The order came to nothing, and nothing is held.
    Voided,
    /// Some of what was captured is refunded.
    PartiallyRefunded,
    /// All that was captured is refunded.
    Refunded,
}

/// How the stock stands for what is still to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum StockStatus {
    /// Nothing is left to leave.
    NotRequired,
    /// Nothing is tied.
    Unsourced,
    /// Some is tied, and some is not.
    PartiallyReserved,
    /// All is tied, some of it softly.
    Reserved,
    /// All is tied hard.
    Allocated,
    /// Some waits for stock that is still to come.
    PartiallyBackordered,
    /// All waits for stock that is still to come.
    Backordered,
}

/// How far the warehouses and carriers have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum FulfilmentStatus {
    /// No warehouse has got to work.
    Unfulfilled,
    /// None may get to work: a hold is open.
    OnHold,
    /// Units were handed to a warehouse.
    Released,
    /// Units are picked or packed.
    InProgress,
    /// Some have left.
    PartiallyShipped,
    /// All have left.
    Shipped,
    /// Some have arrived.
    PartiallyDelivered,
    /// All have arrived.
    Delivered,
    /// All have come to their end, and some did not arrive.
    Incomplete,
    /// Nothing is wanted any more.
    Cancelled,
}

/// How far returns have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum ReturnsStatus {
    /// Nobody has announced any.
    None,
    /// They were announced.
    Requested,
    /// Some of what was delivered came back.
    PartiallyReturned,
    /// All of what was delivered came back.
    Returned,
    /// They were announced, and refused.
    Refused,
}

impl Order {
    /// How the payment stands.
    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        let is_dead = matches!(self.status, Status::Rejected | Status::Expired | Status::Cancelled);
        match (self.payment, &self.owed, &self.standing) {
            (Payment::NotRequired, ..) => PaymentStatus::NotRequired,
            (_, Some(owed), Some(standing)) => by_amounts(owed, standing, is_dead),
            (Payment::Authorized(_), ..) => PaymentStatus::Authorized,
            (Payment::Awaiting(_), ..) if is_dead => PaymentStatus::Voided,
            (Payment::Awaiting(_), ..) => PaymentStatus::Awaiting,
        }
    }

    /// How the stock stands for what is still to leave.
    #[must_use]
    pub fn stock_status(&self) -> StockStatus {
        let unsourced = self.sum(|b| b.unsourced);
        let backordered = self.sum(|b| b.backordered);
        let reserved = self.sum(|b| b.reserved);
        let work = self.sum(in_work);
        let tied = self.sum(|b| b.allocated).saturating_add(reserved).saturating_add(work);
        match (unsourced, backordered, tied) {
            (0, 0, 0) => StockStatus::NotRequired,
            (0, _, 0) => StockStatus::Backordered,
            (_, 0, 0) => StockStatus::Unsourced,
            (0, 0, _) if reserved > 0 => StockStatus::Reserved,
            (0, 0, _) => StockStatus::Allocated,
            (_, 0, _) => StockStatus::PartiallyReserved,
            (_, _, _) => StockStatus::PartiallyBackordered,
        }
    }

    /// How far the warehouses and carriers have come.
    #[must_use]
    pub fn fulfilment_status(&self) -> FulfilmentStatus {
        let (wanted, shipped) = (self.sum(Buckets::wanted), self.sum(Buckets::left));
        let delivered = self.sum(|b| b.delivered);
        if wanted == 0 {
            FulfilmentStatus::Cancelled
        } else if delivered == wanted {
            FulfilmentStatus::Delivered
        } else if self.is_settled() {
            FulfilmentStatus::Incomplete
        } else if delivered > 0 {
            FulfilmentStatus::PartiallyDelivered
        } else if shipped == wanted {
            FulfilmentStatus::Shipped
        } else if shipped > 0 {
            FulfilmentStatus::PartiallyShipped
        } else if self.sum(|b| b.picked.saturating_add(b.packed)) > 0 {
            FulfilmentStatus::InProgress
        } else if self.sum(|b| b.released) > 0 {
            FulfilmentStatus::Released
        } else if self.holds.is_empty() {
            FulfilmentStatus::Unfulfilled
        } else {
            FulfilmentStatus::OnHold
        }
    }

    /// How far returns have come.
    #[must_use]
    pub fn returns_status(&self) -> ReturnsStatus {
        let requested = self.sum(|b| b.return_requested);
        let received = self.sum(Buckets::return_received);
        let refused = self.returns.iter().any(|r| r.state == ReturnState::Refused);
        if requested == 0 {
            if refused { ReturnsStatus::Refused } else { ReturnsStatus::None }
        } else if received == 0 {
            ReturnsStatus::Requested
        } else if received == self.sum(|b| b.delivered) {
            ReturnsStatus::Returned
        } else {
            ReturnsStatus::PartiallyReturned
        }
    }

    fn sum(&self, of: fn(&Buckets) -> u32) -> u64 {
        self.lines.iter().map(|l| u64::from(of(&l.buckets))).fold(0, u64::saturating_add)
    }
}

fn by_amounts(owed: &Owed, standing: &Standing, is_dead: bool) -> PaymentStatus {
    let (worth, net) = (owed.authorize.minor, standing.net());
    if standing.captured.minor > 0 {
        return if net == 0 {
            PaymentStatus::Refunded
        } else if net > worth {
            PaymentStatus::Overpaid
        } else if standing.refunded.minor > 0 {
            PaymentStatus::PartiallyRefunded
        } else if net == worth {
            PaymentStatus::Paid
        } else {
            PaymentStatus::PartiallyPaid
        };
    }
    if standing.authorized.minor > 0 {
        let all = standing.authorized.minor >= worth;
        if all { PaymentStatus::Authorized } else { PaymentStatus::PartiallyAuthorized }
    } else if is_dead {
        PaymentStatus::Voided
    } else if standing.declined {
        PaymentStatus::Failed
    } else {
        PaymentStatus::Awaiting
    }
}

fn in_work(buckets: &Buckets) -> u32 {
    buckets.released.saturating_add(buckets.picked).saturating_add(buckets.packed)
}
