//! What time alone ends: unpaid orders expire, finished ones are archived.
//!
//! Law: expiry is an input (a tick), so it is ordered with all other events; one tick ends at most
//! [`DUE_PER_TICK`] orders, and the next goes on.

use alloc::vec::Vec;

use super::event::{OrderArchived, OrderEvent, OrderExpired};
use super::state::{Order, Orders};
use super::transitions::Status;
use crate::ids::OrderId;
use crate::limits::DUE_PER_TICK;
use crate::time::Timestamp;

/// Ends what is due at `at`: a deadline has passed when the clock shows it.
pub(super) fn tick(orders: &Orders, at: Timestamp) -> Vec<OrderEvent> {
    let due = orders.deadlines.iter().take_while(|(deadline, _)| *deadline <= at);
    let ends = |(_, id): &(Timestamp, OrderId)| Some(end(*id, orders.get(*id)?, at));
    due.take(DUE_PER_TICK).filter_map(ends).collect()
}

fn end(id: OrderId, order: &Order, at: Timestamp) -> OrderEvent {
    if order.status == Status::Pending {
        let released = order.tied.iter().map(|t| t.portion).collect();
        OrderEvent::Expired(OrderExpired { order: id, at, released })
    } else {
        OrderEvent::Archived(OrderArchived { order: id })
    }
}
