//! What becomes of an order that was paid for once and is not any more: it was amended above what
//! is paid, or what was authorized has lapsed.
//!
//! Its customer is told until when he may pay. Then what is not paid for is cancelled, and no more:
//! first what amendments have added since all was paid for, the last first; then, from the last
//! line back, until what is secured covers the rest. A kit counts as a whole. If nothing is
//! secured, or nothing that has a price would be left, everything goes that may. What a warehouse
//! works on, or what has left, stays, and waits for the payment: the staff decides on that. Should
//! a warehouse let go of it, it goes too.
//!
//! Law: nothing is tied without an end because its payment is missing; what is missing has a
//! deadline that nothing puts off, and a payment that comes later revives nothing.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::event::{OrderEvent, OrderPaymentMissed, OrderPaymentNeeded, UnitsOfLine};
use super::goods::cut::{self, Cut};
use super::state::{Order, Orders, Payment, Raised};
use super::transitions::Status;
use super::{Buckets, CancelReason, cancel, evolve, kits};
use crate::ids::{LineNumber, OrderId};
use crate::laws::{self, Audit};
use crate::policy::PaymentPolicy;
use crate::time::{Span, Timestamp};

/// The customer is asked to pay, if more is missing than he was told.
pub(super) fn needed(
    orders: &Orders,
    id: OrderId,
    order: &Order,
    at: Timestamp,
) -> Option<OrderEvent> {
    if !is_untold(order) {
        return None;
    }
    let until = order.pay_until.unwrap_or_else(|| at.after(time_to_pay(orders, order)));
    Some(OrderEvent::PaymentNeeded(OrderPaymentNeeded {
        order: id,
        at,
        number: order.payments_needed.saturating_add(1),
        missing: order.missing(),
        until: Some(until),
    }))
}

/// The time of the policy in force; without one, as long as the order had at first.
fn time_to_pay(orders: &Orders, order: &Order) -> Span {
    match (orders.policy().payment, &order.owed) {
        (PaymentPolicy::Required { deadline, .. }, _) => deadline,
        (PaymentPolicy::None, Some(owed)) => {
            let (from, until) = (order.placed_at.as_millis(), owed.pay_until.as_millis());
            Span::from_millis(until.saturating_sub(from))
        }
        (PaymentPolicy::None, None) => Span::from_millis(0),
    }
}

/// Whether it was paid for once, and may still be.
fn was_paid(order: &Order) -> bool {
    matches!(order.status, Status::Pending | Status::Confirmed)
        && matches!(order.payment, Payment::Authorized(_))
}

/// Whether more is missing than its customer was told.
pub(super) fn is_untold(order: &Order) -> bool {
    was_paid(order) && order.missing().minor > order.told_missing
}

/// When a tick has something to do: to cancel what is not paid for; or to tell that something is
/// missing, since an earlier version told it and said no deadline.
pub(super) fn deadline(order: &Order) -> Option<Timestamp> {
    if is_untold(order) {
        return Some(order.placed_at);
    }
    order.pay_until.filter(|_| was_paid(order) && !to_cancel(order).is_empty())
}

/// Cancels what is not paid for, if it was to be by now.
pub(super) fn missed(id: OrderId, order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let is_late = was_paid(order) && order.pay_until.is_some_and(|until| until <= at);
    let cut = if is_late { to_cancel(order) } else { Cut::default() };
    if cut.is_empty() {
        return Vec::new();
    }
    let mut events = cut::into_events(id, order, cut, CancelReason::Unpaid, at);
    kits::mend(id, order, at, &mut events);
    let mut after = order.clone();
    if events.iter().any(|event| evolve::change(&mut after, event).is_err()) {
        return Vec::new();
    }
    // Of an order that comes to its end by that the customer hears so.
    if after.status != Status::Cancelled {
        let number = order.payments_missed.saturating_add(1);
        let left = worth(&after).saturating_sub(order.secured).max(0);
        let missing = order.amount(left);
        let told = OrderPaymentMissed { order: id, at, number, missing };
        events.push(OrderEvent::PaymentMissed(told));
    }
    events
}

fn worth(order: &Order) -> i64 {
    order.wanted_total().unwrap_or(order.total).minor
}

/// What is to be cancelled of what is not paid for, of that which no warehouse works on.
fn to_cancel(order: &Order) -> Cut {
    let missing = order.missing().minor;
    if missing <= 0 {
        return Cut::default();
    }
    if order.secured <= 0 {
        return cancel::everything(order);
    }
    let mut plan = Plan { order, missing, gone: 0, taken: vec![0; order.lines.len()] };
    for &Raised { line, from } in order.lately.iter().rev() {
        plan.take(line, wanted(order, line).saturating_sub(from));
    }
    for (line, _) in order.named_lines().collect::<Vec<_>>().into_iter().rev() {
        plan.take(line, u32::MAX);
    }
    if plan.gone >= worth(order) { cancel::everything(order) } else { plan.into_cut() }
}

/// Units to cancel, line by line, until what is missing is nothing.
struct Plan<'a> {
    order: &'a Order,
    missing: i64,
    /// The worth of what is taken.
    gone: i64,
    taken: Vec<u32>,
}

impl Plan<'_> {
    /// Takes as few units of a line as make up for what is missing, so many at the most.
    fn take(&mut self, line: LineNumber, at_most: u32) {
        let order = self.order;
        let (Some(known), Some(taken)) = (order.line(line), self.taken.get_mut(line.index()))
        else {
            return;
        };
        let before = wanted(order, line).saturating_sub(*taken);
        let price = |units: u32| known.unit_price.times(units, order.currency).unwrap_or(0);
        let worth = |units: u32| price(before).saturating_sub(price(before.saturating_sub(units)));
        let free = order.units_of(line, Buckets::open).saturating_sub(*taken);
        let most = free.min(at_most);
        if self.missing <= 0 || worth(most) <= 0 {
            return;
        }
        let (mut least, mut enough) = (0, most);
        while least < enough {
            let middle = least.midpoint(enough);
            if worth(middle) >= self.missing {
                enough = middle;
            } else {
                least = middle.saturating_add(1);
            }
        }
        *taken = taken.saturating_add(least);
        self.missing = self.missing.saturating_sub(worth(least));
        self.gone = self.gone.saturating_add(worth(least));
    }

    fn into_cut(self) -> Cut {
        let Self { order, taken, .. } = self;
        let of_lines = (0_u16..).map(LineNumber).zip(taken);
        let units = of_lines.flat_map(|(line, taken)| order.in_units(line, taken));
        cut::of(order, &units.collect::<Vec<_>>()).0
    }
}

fn wanted(order: &Order, line: LineNumber) -> u32 {
    order.buckets_of(line).wanted()
}

/// Before an amendment asks for more of a line: how much of it the order had. What was paid for
/// since is not counted any more.
pub(super) fn raise(order: &mut Order, more: &[UnitsOfLine], added: usize) {
    if order.owed.is_none() {
        return;
    }
    if order.missing().minor == 0 {
        order.lately.clear();
    }
    let named = |units: &UnitsOfLine| match order.line(units.line).map(|line| line.kind) {
        Some(kits::LineKind::Component { kit, .. }) => kit,
        _ => units.line,
    };
    let mut raised: Vec<LineNumber> = more.iter().map(named).collect();
    raised.dedup();
    let next = order.lines.len();
    let new = (next..next.saturating_add(added)).filter_map(|n| u16::try_from(n).ok());
    raised.extend(new.map(LineNumber));
    for line in raised {
        let known = order.lately.iter().find(|raised| raised.line == line);
        let from = wanted(order, line).min(known.map_or(u32::MAX, |raised| raised.from));
        order.lately.retain(|raised| raised.line != line);
        order.lately.push(Raised { line, from });
    }
}

/// Nothing is missing, or nobody will pay it any more: the customer has no time to keep.
pub(super) fn forget(order: &mut Order) {
    (order.told_missing, order.pay_until) = (0, None);
    order.lately.clear();
}

/// Checks that what is missing has an end.
pub(super) fn audit(id: OrderId, order: &Order, audit: &mut Audit) {
    let (missing, told) = (order.missing().minor, order.told_missing);
    let has_deadline = order.pay_until.is_some();
    let has_end = !was_paid(order) || laws::missing_has_an_end(missing, told, has_deadline);
    audit.expect(laws::MISSING_ENDS, has_end, || {
        format!("order {id}: {missing} is missing, {told} told, until {:?}", order.pay_until)
    });
}
