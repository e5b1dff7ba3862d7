//! Which units a cancellation takes, and from where.
//!
//! Law: what is not tied goes first, then what was tied last; shipped units are never touched.

use alloc::vec;
use alloc::vec::Vec;

use super::super::command::{CancelReason, LineUnits};
use super::super::event::{OrderCompleted, OrderEvent, OrderLinesCancelled, UnitsOfLine};
use super::super::refusal::OrderRefusal;
use super::super::state::Order;
use super::spread;
use crate::demand::Portion;
use crate::ids::{LineNumber, OrderId};
use crate::time::Timestamp;

/// Units to cancel.
#[derive(Debug, Default)]
pub(in crate::order) struct Cut {
    unsourced: Vec<UnitsOfLine>,
    released: Vec<Portion>,
}

impl Cut {
    /// Whether there is nothing to cancel.
    pub(in crate::order) fn is_empty(&self) -> bool {
        self.unsourced.is_empty() && self.released.is_empty()
    }

    fn units(&self) -> u64 {
        let loose = self.unsourced.iter().map(|u| u64::from(u.quantity));
        let tied = self.released.iter().map(|p| u64::from(p.quantity));
        loose.chain(tied).fold(0, u64::saturating_add)
    }
}

/// Everything that no warehouse has got to work on.
pub(in crate::order) fn everything(order: &Order) -> Cut {
    let released = order.tied.iter().map(|t| t.portion).collect();
    Cut { released, ..unsourced(order) }
}

/// Everything that is not tied.
pub(in crate::order) fn unsourced(order: &Order) -> Cut {
    let units = |(number, line): (usize, &super::super::state::Line)| {
        let (line, quantity) = (LineNumber(u16::try_from(number).ok()?), line.buckets.unsourced);
        (quantity > 0).then_some(UnitsOfLine { line, quantity })
    };
    let unsourced = order.lines.iter().enumerate().filter_map(units).collect();
    Cut { unsourced, released: Vec::new() }
}

/// The units a command names.
pub(in crate::order) fn units(order: &Order, lines: &[LineUnits]) -> Result<Cut, OrderRefusal> {
    let possible = |n: usize| order.lines.get(n).map_or(0, |line| line.buckets.open());
    let mut cut = Cut::default();
    for UnitsOfLine { line, quantity } in spread(order, lines, possible)? {
        let loose = order.line(line).map_or(0, |l| l.buckets.unsourced).min(quantity);
        if loose > 0 {
            cut.unsourced.push(UnitsOfLine { line, quantity: loose });
        }
        let mut rest = quantity.saturating_sub(loose);
        for tied in order.tied.iter().rev().filter(|t| t.portion.line == line) {
            let quantity = rest.min(tied.portion.quantity);
            rest = rest.saturating_sub(quantity);
            if quantity > 0 {
                cut.released.push(Portion { quantity, ..tied.portion });
            }
        }
    }
    Ok(cut)
}

/// The events of a cut: units cancelled, and the end of the order if nothing else is left.
pub(in crate::order) fn into_events(
    id: OrderId,
    order: &Order,
    cut: Cut,
    reason: CancelReason,
    at: Timestamp,
) -> Vec<OrderEvent> {
    let units = cut.units();
    let Cut { unsourced, released } = cut;
    let mut events = vec![OrderEvent::LinesCancelled(OrderLinesCancelled {
        order: id,
        reason,
        unsourced,
        released,
    })];
    let sum = |of: fn(&super::super::Buckets) -> u32| {
        order.lines.iter().map(|l| u64::from(of(&l.buckets))).fold(0, u64::saturating_add)
    };
    let wanted = sum(super::super::Buckets::wanted);
    let settled = sum(super::super::Buckets::settled).saturating_add(units);
    if wanted == units {
        events.push(super::super::decide::cancelled(id, at, reason));
    } else if settled == sum(|b| b.ordered) {
        // The rest had all arrived: with these gone nothing is left to wait for.
        events.push(OrderEvent::Completed(OrderCompleted { order: id, at }));
    }
    events
}
