//! Holds: records that keep an order from being released.
//!
//! Law: a hold blocks the release (and shipping what was never released), and never a cancellation.

use alloc::vec;

use super::command::{PlaceHold, ReleaseHold};
use super::decide::Decision;
use super::event::{HoldKind, OrderEvent, OrderHoldPlaced, OrderHoldReleased};
use super::refusal::OrderRefusal;
use super::state::{HoldRecord, Order};
use crate::decide::Context;
use crate::ids::{HoldNumber, OrderId};
use crate::limits::HOLDS_PER_ORDER;
use crate::time::Timestamp;

pub(super) fn place(command: &PlaceHold, order: &Order, context: &Context) -> Decision {
    let at = context.at;
    if order.holds.len() >= HOLDS_PER_ORDER {
        let allowed = u16::try_from(HOLDS_PER_ORDER).unwrap_or(u16::MAX);
        return Err(OrderRefusal::TooManyHolds { allowed });
    }
    let number = order.hold_count.0.checked_add(1).ok_or(OrderRefusal::TooManyParts)?;
    Ok(vec![OrderEvent::HoldPlaced(OrderHoldPlaced {
        order: command.order,
        at,
        hold: HoldNumber(number),
        kind: command.kind,
        reason: command.reason.clone(),
        until: command.auto_release.map(|span| at.after(span)),
        placed_by: Some((&context.by).into()),
    })])
}

pub(super) fn release(command: &ReleaseHold, order: &Order, at: Timestamp) -> Decision {
    let ReleaseHold { order: id, hold } = *command;
    if hold.0 == 0 || hold > order.hold_count {
        return Err(OrderRefusal::NoSuchHold { hold });
    }
    if !order.holds.iter().any(|known| known.number == hold) {
        return Ok(vec![]);
    }
    Ok(vec![released(id, hold, at, false)])
}

impl Order {
    /// The order as its customer may see it: that it is held, and not for what.
    #[must_use]
    pub fn without_reasons(&self) -> Self {
        let mut order = self.clone();
        for hold in &mut order.holds {
            (hold.kind, hold.reason) = (HoldKind::Manual, None);
        }
        order
    }
}

/// Holds that have come to their end by themselves.
pub(super) fn lapsed(
    id: OrderId,
    order: &Order,
    at: Timestamp,
) -> impl Iterator<Item = OrderEvent> {
    let due = move |hold: &&HoldRecord| hold.until.is_some_and(|until| until <= at);
    order.holds.iter().filter(due).map(move |hold| released(id, hold.number, at, true))
}

/// Refuses while a hold is open, and names the first.
pub(super) fn check(order: &Order) -> Result<(), OrderRefusal> {
    match order.holds.first() {
        Some(&HoldRecord { number, kind, .. }) => Err(OrderRefusal::OnHold { hold: number, kind }),
        None => Ok(()),
    }
}

fn released(order: OrderId, hold: HoldNumber, at: Timestamp, lapsed: bool) -> OrderEvent {
    OrderEvent::HoldReleased(OrderHoldReleased { order, at, hold, lapsed })
}
