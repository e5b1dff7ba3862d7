//! What time alone ends: orders not paid in time expire, what is not paid for any more goes, holds
//! lapse, finished orders and drafts go to the archive and leave memory, together with what was to
//! come back of them and has not.
//!
//! Law: expiry is an input (a tick), so it is ordered with all other events; one tick ends at most
//! [`DUE_PER_TICK`] orders, and the next goes on.

use alloc::vec::Vec;

use super::backorder;
use super::event::{OrderArchived, OrderEvent, OrderExpired};
use super::goods::returns;
use super::holds;
use super::state::{Order, Orders, Payment};
use super::transitions::Status;
use super::unpaid;
use crate::ids::OrderId;
use crate::limits::DUE_PER_TICK;
use crate::time::Timestamp;

/// Ends what is due at `at`: a deadline has passed when the clock shows it.
pub(super) fn tick(orders: &Orders, at: Timestamp) -> Vec<OrderEvent> {
    let due = orders.deadlines.iter().take_while(|(deadline, _)| *deadline <= at);
    let mut events = Vec::new();
    for (_, id) in due.take(DUE_PER_TICK) {
        if let Some(order) = orders.get(*id) {
            let mut ended = Vec::new();
            end(orders, (*id, order), at, &mut ended);
            orders.follow(*id, Some(order), at, &mut ended);
            events.append(&mut ended);
        }
    }
    events
}

fn end(
    orders: &Orders,
    (id, order): (OrderId, &Order),
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) {
    if order.is_set_aside() {
        events.extend(holds::lapsed(id, order, at));
        return;
    }
    if order.ended_at.is_some() || order.status == Status::Draft {
        // What has not come by now is not waited for any more.
        events.extend(order.returns.iter().filter(|r| r.is_open()).map(|r| returns::ended(id, r)));
        events.push(OrderEvent::Archived(OrderArchived { order: id }));
        return;
    }
    if is_unpaid(order, at) {
        events.extend(expired(id, order, at));
    } else {
        events.extend(holds::lapsed(id, order, at));
        events.extend(unpaid::missed(id, order, at));
        events.extend(unpaid::needed(orders, id, order, at));
    }
}

/// Whether an order waits for a payment, and its time is over.
pub(super) fn is_unpaid(order: &Order, at: Timestamp) -> bool {
    let waits = (order.status, order.payment);
    matches!(waits, (Status::Pending, Payment::Awaiting(deadline)) if deadline <= at)
}

/// An order that was not paid in time comes to its end.
pub(super) fn expired(id: OrderId, order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let mut events: Vec<OrderEvent> = backorder::drop_all(id, order).into_iter().collect();
    let released = order.tied.iter().map(|t| t.portion).collect();
    events.push(OrderEvent::Expired(OrderExpired { order: id, at, released }));
    events
}
