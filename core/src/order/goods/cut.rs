//! Which units a cancellation takes, and from where.
//!
//! Law: what is not tied goes first, then what was tied last; shipped units are never touched.

use alloc::vec;
use alloc::vec::Vec;

use super::super::cancel::free_portions;
use super::super::command::CancelReason;
use super::super::event::{OrderCompleted, OrderEvent, OrderLinesCancelled, UnitsOfLine};
use super::super::stage::FREE;
use super::super::state::Order;
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

    /// The units that were not tied, and those that were.
    pub(in crate::order) fn into_parts(self) -> (Vec<UnitsOfLine>, Vec<Portion>) {
        (self.unsourced, self.released)
    }

    fn units(&self) -> u64 {
        let loose = self.unsourced.iter().map(|u| u64::from(u.quantity));
        let tied = self.released.iter().map(|p| u64::from(p.quantity));
        loose.chain(tied).fold(0, u64::saturating_add)
    }
}

/// Everything that no warehouse has got to work on.
pub(in crate::order) fn everything(order: &Order) -> Cut {
    let released = free_portions(order);
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

/// The named units, as far as no warehouse works on them; and how many of each are left over.
pub(in crate::order) fn of(order: &Order, units: &[UnitsOfLine]) -> (Cut, Vec<UnitsOfLine>) {
    let (mut cut, mut left) = (Cut::default(), Vec::new());
    for &UnitsOfLine { line, quantity } in units {
        let loose = order.line(line).map_or(0, |l| l.buckets.unsourced).min(quantity);
        if loose > 0 {
            cut.unsourced.push(UnitsOfLine { line, quantity: loose });
        }
        let mut rest = quantity.saturating_sub(loose);
        let free = order.tied.iter().rev().filter(|t| FREE.contains(&t.stage));
        for tied in free.filter(|t| t.portion.line == line) {
            let quantity = rest.min(tied.portion.quantity);
            rest = rest.saturating_sub(quantity);
            if quantity > 0 {
                cut.released.push(Portion { quantity, ..tied.portion });
            }
        }
        left.push(UnitsOfLine { line, quantity: rest });
    }
    (cut, left)
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
    events.extend(ending(id, order, units, reason, at));
    events
}

/// How the order ends with these units cancelled, if it does.
pub(in crate::order) fn ending(
    id: OrderId,
    order: &Order,
    units: u64,
    reason: CancelReason,
    at: Timestamp,
) -> Option<OrderEvent> {
    let sum = |of: fn(&super::super::Buckets) -> u32| {
        order.lines.iter().map(|l| u64::from(of(&l.buckets))).fold(0, u64::saturating_add)
    };
    let wanted = sum(super::super::Buckets::wanted);
    let settled = sum(super::super::Buckets::settled).saturating_add(units);
    if wanted == units {
        Some(super::super::decide::cancelled(id, at, reason))
    } else if settled == sum(|b| b.ordered) {
        // The rest had all arrived: with these gone nothing is left to wait for.
        Some(OrderEvent::Completed(OrderCompleted { order: id, at }))
    } else {
        None
    }
}
