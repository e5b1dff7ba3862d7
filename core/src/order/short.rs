//! What an order gives up when stock that it asked for once more is not all there, and what it goes
//! on asking for.
//!
//! Law: once an order is confirmed, no more of it is cancelled for want of stock than is short; and
//! what an amendment asked for takes nothing with it that the order had before.

use alloc::vec::Vec;

use super::CancelReason;
use super::event::{OrderEvent, OrderShortened, Rejection, Resourcing, UnitsOfLine};
use super::goods::cut::{self, Cut};
use super::state::Order;
use super::transitions::Status;
use super::{Buckets, evolve, kits, news};
use crate::decide::{Context, Principal};
use crate::demand::Shortfall;
use crate::ids::{LineNumber, OrderId};
use crate::time::Timestamp;

/// Cancels what can't be had, and asks for the rest of what waits.
pub(super) fn give_up(
    id: OrderId,
    order: &Order,
    why: &Rejection,
    at: Timestamp,
) -> Vec<OrderEvent> {
    let lost = lost(order, why);
    if lost.is_empty() {
        return Vec::new();
    }
    let mut events = cut::into_events(id, order, lost, CancelReason::Inventory, at);
    // Units that make up no whole kit any more are not to be asked for.
    kits::mend(id, order, at, &mut events);
    events.extend(ask_for_the_rest(id, order, &events));
    events
}

/// The customer is told that units are cancelled for want of stock, unless he gave them up himself.
pub(super) fn tell(id: OrderId, order: &Order, context: &Context, events: &mut Vec<OrderEvent>) {
    let is_short = |event: &OrderEvent| match event {
        OrderEvent::LinesCancelled(e) => e.reason == CancelReason::Inventory,
        _ => false,
    };
    if matches!(context.by, Principal::Customer(_)) {
        return;
    }
    if let Some(last) = events.iter().rposition(is_short) {
        let number = order.shortened.saturating_add(1);
        let told = OrderShortened { order: id, at: context.at, number };
        events.insert(last.saturating_add(1), OrderEvent::Shortened(told));
    }
}

/// Units of a line that an amendment asked for, as far as they wait for stock.
fn amended(order: &Order) -> Vec<UnitsOfLine> {
    let waits = |units: &UnitsOfLine| {
        let unsourced = order.line(units.line).map_or(0, |line| line.buckets.unsourced);
        let quantity = units.quantity.min(unsourced);
        (quantity > 0).then_some(UnitsOfLine { quantity, ..*units })
    };
    order.amended.iter().filter_map(waits).collect()
}

/// Whether an amendment waits for stock that the order had not asked for before.
pub(super) fn is_amended(order: &Order) -> bool {
    !amended(order).is_empty()
}

/// What is given up: what an amendment asked for, as a whole; else what is short.
fn lost(order: &Order, why: &Rejection) -> Cut {
    let amended = amended(order);
    if !amended.is_empty() {
        return Cut::of_unsourced(amended);
    }
    let short = match (order.status, why) {
        (Status::Confirmed, Rejection::Stock { shortfalls }) => short(order, shortfalls),
        _ => Vec::new(),
    };
    // Whatever else stands in the way is not overcome by asking for less.
    if short.is_empty() { cut::unsourced(order) } else { Cut::of_unsourced(short) }
}

/// The units that are short, by line: the last lines lose theirs first.
fn short(order: &Order, shortfalls: &[Shortfall]) -> Vec<UnitsOfLine> {
    let mut left: Vec<u32> = order.lines.iter().map(|line| line.buckets.unsourced).collect();
    let mut short: Vec<UnitsOfLine> = Vec::new();
    for Shortfall { line: first, item, demanded, available } in shortfalls {
        let mut rest = demanded.saturating_sub(available.unwrap_or(0));
        let lines = (0_u16..).map(LineNumber).zip(&order.lines).collect::<Vec<_>>();
        for (line, known) in lines.into_iter().rev() {
            let Some(left) = left.get_mut(line.index()) else { continue };
            if known.item != *item && line != *first {
                continue;
            }
            let quantity = u32::try_from(rest).unwrap_or(u32::MAX).min(*left);
            *left = left.saturating_sub(quantity);
            rest = rest.saturating_sub(u64::from(quantity));
            if quantity > 0 {
                short.push(UnitsOfLine { line, quantity });
            }
        }
    }
    short.sort_by_key(|units| units.line);
    short
}

/// Stock is asked for again, for what still waits after the events; the facilities that were left
/// out are left out again. Each time there are fewer units, so that this comes to its end.
fn ask_for_the_rest(id: OrderId, order: &Order, events: &[OrderEvent]) -> Vec<OrderEvent> {
    let mut after = order.clone();
    if events.iter().any(|event| evolve::change(&mut after, event).is_err()) {
        return Vec::new();
    }
    let waits = |buckets: &Buckets| buckets.unsourced > 0;
    let open = matches!(after.status, Status::Pending | Status::Confirmed);
    if !open || !after.lines.iter().any(|line| waits(&line.buckets)) {
        return Vec::new();
    }
    let excluded = after.excluded.clone();
    let again = news::source_again(id, &after, Resourcing::StockLost, Vec::new(), excluded);
    // So many reservations can't be counted: the units wait until somebody cancels them.
    again.unwrap_or_default()
}
