//! More time for an order that waits for its payment.
//!
//! The order and its stock wait equally long: one event moves the deadline of both. What has
//! expired is not revived, since its units may be another's by then; it is placed anew, with a new
//! id.
//!
//! Law: an order is given more time only before its time is over, only so often, and only so much
//! longer each time as the policy says.

use alloc::vec;
use alloc::vec::Vec;

use super::command::ExtendOrder;
use super::decide::Decision;
use super::event::{OrderEvent, OrderExtended};
use super::payment;
use super::refusal::OrderRefusal;
use super::state::{Order, Payment};
use super::transitions::Status;
use crate::ids::ReservationNumber;
use crate::policy::Extensions;
use crate::time::Timestamp;

/// Lets an order be paid until later.
pub(super) fn extend(
    command: &ExtendOrder,
    order: &Order,
    policy: Option<Extensions>,
    at: Timestamp,
) -> Decision {
    let Payment::Awaiting(since) = order.payment else { return Err(OrderRefusal::NothingToPay) };
    if order.status == Status::Expired || since <= at {
        return Err(OrderRefusal::TimeIsOver { since });
    }
    let until = command.until;
    if until <= since {
        return Ok(vec![]);
    }
    let allowed = policy.map_or(0, Extensions::times);
    let policy = policy.filter(|_| order.extensions < allowed);
    let policy = policy.ok_or(OrderRefusal::NoMoreTime { allowed })?;
    let latest = since.after(policy.by());
    if until > latest {
        return Err(OrderRefusal::TooMuchTime { latest });
    }
    let reservations = waiting(order);
    Ok(vec![OrderEvent::Extended(OrderExtended { order: command.order, at, until, reservations })])
}

/// The soft reservations of an order, the one among them that the stock has not answered yet.
fn waiting(order: &Order) -> Vec<ReservationNumber> {
    let mut soft = payment::soft(order);
    if order.lines.iter().any(|line| line.buckets.unsourced > 0) {
        soft.push(order.asked);
    }
    soft.sort_unstable();
    soft.dedup();
    soft
}
