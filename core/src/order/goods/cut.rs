//! Which units a cancellation takes, and from where.
//!
//! Law: what is not tied goes first, then what is on backorder, then what was tied last; shipped
//! units are never touched.

use alloc::vec::Vec;

use super::super::backorder;
use super::super::cancel::free_portions;
use super::super::command::CancelReason;
use super::super::event::{OrderCompleted, OrderEvent, OrderLinesCancelled, UnitsOfLine};
use super::super::stage::FREE;
use super::super::state::Order;
use crate::demand::{Awaited, Portion};
use crate::ids::{LineNumber, OrderId};
use crate::time::Timestamp;

/// Units to cancel.
#[derive(Debug, Default)]
pub(in crate::order) struct Cut {
    /// Units that wait for stock: they are unsourced first.
    dropped: Vec<Awaited>,
    /// Units that are not tied, those that waited among them.
    unsourced: Vec<UnitsOfLine>,
    released: Vec<Portion>,
}

impl Cut {
    /// These units, none of which is tied or promised.
    pub(in crate::order) fn of_unsourced(unsourced: Vec<UnitsOfLine>) -> Self {
        Self { unsourced, ..Self::default() }
    }

    /// Whether there is nothing to cancel.
    pub(in crate::order) fn is_empty(&self) -> bool {
        self.unsourced.is_empty() && self.released.is_empty()
    }

    /// The units that waited; all that were not tied; and those that were.
    pub(in crate::order) fn into_parts(self) -> (Vec<Awaited>, Vec<UnitsOfLine>, Vec<Portion>) {
        (self.dropped, self.unsourced, self.released)
    }

    fn units(&self) -> u64 {
        let loose = self.unsourced.iter().map(|u| u64::from(u.quantity));
        let tied = self.released.iter().map(|p| u64::from(p.quantity));
        loose.chain(tied).fold(0, u64::saturating_add)
    }
}

/// Everything that no warehouse has got to work on.
pub(in crate::order) fn everything(order: &Order) -> Cut {
    let (dropped, released) = (backorder::all(order), free_portions(order));
    let unsourced = loose(order, |b| b.unsourced.saturating_add(b.backordered));
    Cut { dropped, unsourced, released }
}

/// Everything that is neither tied nor promised.
pub(in crate::order) fn unsourced(order: &Order) -> Cut {
    Cut { unsourced: loose(order, |b| b.unsourced), ..Cut::default() }
}

fn loose(order: &Order, of: fn(&super::super::Buckets) -> u32) -> Vec<UnitsOfLine> {
    let units = |(number, line): (usize, &super::super::state::Line)| {
        let (line, quantity) = (LineNumber(u16::try_from(number).ok()?), of(&line.buckets));
        (quantity > 0).then_some(UnitsOfLine { line, quantity })
    };
    order.lines.iter().enumerate().filter_map(units).collect()
}

/// The named units, as far as no warehouse works on them; and how many of each are left over.
pub(in crate::order) fn of(order: &Order, units: &[UnitsOfLine]) -> (Cut, Vec<UnitsOfLine>) {
    let (mut cut, mut left) = (Cut::default(), Vec::new());
    for &UnitsOfLine { line, quantity } in units {
        let unsourced = order.line(line).map_or(0, |l| l.buckets.unsourced).min(quantity);
        let rest = UnitsOfLine { line, quantity: quantity.saturating_sub(unsourced) };
        let waits = backorder::of_line(order, rest);
        let waited = waits.iter().map(|w| w.quantity).fold(0, u32::saturating_add);
        cut.dropped.extend(waits);
        let loose = unsourced.saturating_add(waited);
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
    let Cut { dropped, unsourced, released } = cut;
    let cancelled = OrderLinesCancelled { order: id, reason, unsourced, released };
    let mut events: Vec<OrderEvent> = backorder::dropped(id, dropped).into_iter().collect();
    events.push(OrderEvent::LinesCancelled(cancelled));
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
