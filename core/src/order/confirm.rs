//! When an order is confirmed: by whatever decision the last thing that stood in the way has gone.
//!
//! Whatever was decided: an answer of the stock, a payment, units that are cancelled. No other
//! place tells a confirmation, but for an order that is kept when the one in its place is refused
//! (`replace`).
//!
//! Law: no order is pending of which every unit is tied hard or promised so, and whose payment does
//! not stand in the way.

use alloc::vec::Vec;

use super::backorder;
use super::event::{OrderConfirmed, OrderEvent};
use super::evolve;
use super::state::Order;
use super::transitions::Status;
use crate::ids::OrderId;

/// The confirmation of a pending order that nothing stands in the way of after these events, if
/// they do not tell it already.
pub(super) fn due(id: OrderId, order: &Order, events: &[OrderEvent]) -> Option<OrderEvent> {
    let is_told = |event: &OrderEvent| matches!(event, OrderEvent::Confirmed(_));
    let pays = |event: &OrderEvent| matches!(event, OrderEvent::PaymentAuthorized(_));
    let is_paid = order.is_payment_satisfied() || events.iter().any(pays);
    if events.is_empty()
        || order.status != Status::Pending
        || !is_paid
        || events.iter().any(is_told)
    {
        return None;
    }
    let mut after = order.clone();
    // An event that does not fit is found where it is folded in.
    let of_order =
        |event: &&OrderEvent| event.order() == id && !matches!(event, OrderEvent::TieReturned(_));
    events.iter().filter(of_order).try_for_each(|e| evolve::change(&mut after, e)).ok()?;
    is_due(&after).then_some(OrderEvent::Confirmed(OrderConfirmed { order: id }))
}

/// Tells that an order is confirmed, before what goes back of the answer that did it.
pub(super) fn tell(confirmed: OrderEvent, events: &mut Vec<OrderEvent>) {
    let goes_back =
        |e: &OrderEvent| matches!(e, OrderEvent::TieReturned(_) | OrderEvent::BackorderReturned(_));
    let last = events.iter().rposition(|event| !goes_back(event));
    events.insert(last.map_or(0, |last| last.saturating_add(1)), confirmed);
}

/// Whether it is pending, and nothing stands in the way.
pub(super) fn is_due(order: &Order) -> bool {
    order.status == Status::Pending
        && !order.is_set_aside()
        && order.is_payment_satisfied()
        && order.lines.iter().all(|line| line.buckets.unsourced == 0)
        && order.lines.iter().any(|line| line.buckets.wanted() > 0)
        && backorder::is_all_hard(order)
}
