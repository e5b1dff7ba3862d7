//! What an order says it owes, and what it hears of its payment.
//!
//! Law: what is due is a function of the order of now, and told when it changes; an order is
//! satisfied once what is authorized or captured covers its worth; should that not be so any more,
//! its customer is told, and nothing of it is released or shipped ([`unpaid`]).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::command::RecordPayment;
use super::decide::request_allocation;
use super::event::{
    OrderEvent, OrderPaymentDue, OrderPaymentRecorded, PaymentAuthorized, PaymentTerms,
};
use super::refusal::OrderRefusal;
use super::state::{Order, Orders, Payment};
use super::transitions::Status;
use super::{due, evolve, unpaid};
use crate::ids::{LineNumber, OrderId, ReservationNumber};
use crate::owed::{Owed, Standing};
use crate::policy::{CaptureWhen, Collect, PaymentPolicy};
use crate::time::Timestamp;
use crate::units::Amount;

/// The payment tells how it stands; what is told late changes nothing. If no tick has come since
/// the time was over, what is not paid for goes first.
pub(super) fn recorded(command: &RecordPayment, order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let RecordPayment { order: id, standing } = command;
    let known = order.standing.as_ref().map_or(0, |s| s.revision);
    if order.owed.is_none() || standing.revision <= known {
        return vec![];
    }
    let recorded = OrderPaymentRecorded { order: *id, standing: standing.clone() };
    let mut events = unpaid::missed(*id, order, at);
    events.push(OrderEvent::PaymentRecorded(recorded));
    events
}

/// It is known what is owed. What is held beyond that is let go of, so it secures nothing more.
pub(super) fn owe(order: &mut Order, owed: &Owed) {
    order.secured = order.secured.min(owed.authorize.minor);
    order.owed = Some(Box::new(owed.clone()));
    forgive(order);
}

/// It is known how the payment stands. Refunds are no loss: what the staff grants is owed no more,
/// and all else that goes back was never secured.
pub(super) fn stand(order: &mut Order, standing: &Standing) {
    let taken = |s: &Standing| s.authorized.minor.saturating_add(s.captured.minor);
    let (before, now) = (order.standing.as_deref().map_or(0, taken), taken(standing));
    let more = now.saturating_sub(before).max(0);
    let worth = order.owed.as_ref().map_or(0, |owed| owed.authorize.minor);
    order.secured = order.secured.saturating_add(more).min(now).min(worth);
    order.standing = Some(Box::new(standing.clone()));
    forgive(order);
}

/// What is not missing any more is told again, should it be missing once more.
fn forgive(order: &mut Order) {
    order.told_missing = order.told_missing.min(order.missing().minor);
    if order.missing().minor == 0 {
        unpaid::forget(order);
    }
}

/// Refuses while the payment does not cover what the order is worth.
pub(super) fn check(order: &Order) -> Result<(), OrderRefusal> {
    let missing = order.missing();
    match &order.owed {
        Some(owed) if missing.minor > 0 => {
            Err(OrderRefusal::PaymentNotCovered { needed: owed.authorize, missing })
        }
        _ => Ok(()),
    }
}

/// What a decision changes for the payment: what is due, whether it is covered, or not any more.
pub(super) fn follow(
    orders: &Orders,
    (id, known): (OrderId, Option<&Order>),
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) {
    let Some(mut order) = after(id, known, events) else { return };
    tell_due(orders, id, &mut order, events);
    events.extend(unpaid::needed(orders, id, &order, at));
    let waits = matches!((order.status, order.payment), (Status::Pending, Payment::Awaiting(_)))
        && !order.is_set_aside();
    if let Some(owed) = order.owed.as_ref().filter(|_| waits)
        && order.covered() >= owed.authorize.minor
    {
        if due::is_unpaid(&order, at) {
            // No tick has come since its time was over: what came too late revives nothing.
            expire(orders, id, order, at, events);
        } else {
            events.extend(satisfied(id, &order, order.amount(order.covered())));
        }
    }
}

/// As a tick would have done.
fn expire(
    orders: &Orders,
    id: OrderId,
    mut order: Order,
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) {
    let expired = due::expired(id, &order, at);
    if expired.iter().all(|event| evolve::change(&mut order, event).is_ok()) {
        events.extend(expired);
        tell_due(orders, id, &mut order, events);
    }
}

/// Tells what is due, if that is news.
fn tell_due(orders: &Orders, id: OrderId, order: &mut Order, events: &mut Vec<OrderEvent>) {
    if let Some(owed) = due_now(order, orders) {
        owe(order, &owed);
        events.push(OrderEvent::PaymentDue(OrderPaymentDue { order: id, owed }));
    }
}

/// Payment does not stand in the way any more: what is tied softly is made hard.
pub(super) fn satisfied(id: OrderId, order: &Order, amount: Amount) -> Vec<OrderEvent> {
    let authorized = PaymentAuthorized { order: id, amount };
    let mut events = vec![OrderEvent::PaymentAuthorized(authorized)];
    events.extend(hardened(id, order));
    events
}

/// What is tied softly, or waits so, is asked to be made hard.
pub(super) fn hardened(id: OrderId, order: &Order) -> impl Iterator<Item = OrderEvent> {
    soft(order).into_iter().map(move |reservation| request_allocation(id, reservation))
}

/// The reservations that tie or wait softly.
pub(super) fn soft(order: &Order) -> Vec<ReservationNumber> {
    let soft = order.tied.iter().filter(|t| !t.stage.is_hard()).map(|t| t.portion.reservation);
    let late = order.backordered.iter().filter(|b| !b.hard).map(|b| b.units.reservation);
    let mut soft: Vec<ReservationNumber> = soft.chain(late).collect();
    soft.sort_unstable();
    soft.dedup();
    soft
}

/// The order with these events, if it tells a payment what it owes. An order that was placed when
/// there was no payment role never did, and does not begin to.
fn after(id: OrderId, known: Option<&Order>, events: &[OrderEvent]) -> Option<Order> {
    let of_id = || events.iter().filter(|event| event.order() == id);
    // Most shops take no payment here: then nothing is copied.
    let pays = |terms: PaymentTerms| terms != PaymentTerms::NotRequired;
    let mut order = match of_id().next()? {
        OrderEvent::Archived(_) => return None,
        OrderEvent::Placed(placed) => pays(placed.payment).then(|| evolve::placed(placed))?,
        OrderEvent::PlacedInstead(placed) => {
            pays(placed.payment).then(|| evolve::placed_instead(placed))?
        }
        _ => known.filter(|o| o.owed.is_some() && o.payment != Payment::NotRequired)?.clone(),
    };
    let changes = |e: &&OrderEvent| {
        use OrderEvent::{Placed, PlacedInstead, TieReturned};
        !matches!(e, Placed(_) | PlacedInstead(_) | TieReturned(_))
    };
    // An event that does not fit is found where it is folded in.
    of_id().filter(changes).try_for_each(|e| evolve::change(&mut order, e)).ok()?;
    Some(order)
}

/// What is due now, if that is another figure than was said last.
fn due_now(order: &Order, orders: &Orders) -> Option<Owed> {
    let worth = worth(order);
    let owed = match (&order.owed, order.payment) {
        (Some(owed), _) => Owed::clone(owed),
        (None, Payment::Awaiting(pay_until)) => {
            let collect = match orders.policy().payment {
                PaymentPolicy::Required { collect, .. } => collect,
                PaymentPolicy::None => Collect::default(),
            };
            Owed {
                sequence: 0,
                owner: order.owner.clone(),
                pay_until,
                authorize: order.amount(0),
                capture: order.amount(0),
                capture_when: collect.capture,
                authorization_lasts: collect.authorization_lasts,
                answer_within: collect.answer_within,
            }
        }
        (None, Payment::NotRequired | Payment::Authorized(_)) => return None,
    };
    let authorize = order.amount(worth);
    let capture = order.amount(ripe(order, owed.capture_when, worth));
    let pay_until = match order.payment {
        Payment::Awaiting(until) => until,
        Payment::NotRequired | Payment::Authorized(_) => owed.pay_until,
    };
    let told = (owed.authorize, owed.capture, owed.pay_until);
    if owed.sequence > 0 && (authorize, capture, pay_until) == told {
        return None;
    }
    let sequence = owed.sequence.saturating_add(1);
    Some(Owed { sequence, authorize, capture, pay_until, ..owed })
}

/// The worth of what is wanted, as long as the order has not come to nothing.
fn worth(order: &Order) -> i64 {
    if order.is_set_aside() {
        return 0;
    }
    match order.status {
        Status::Pending | Status::Confirmed | Status::Completed => {
            order.wanted_total().unwrap_or(order.total).minor
        }
        Status::Unplaced
        | Status::Draft
        | Status::Rejected
        | Status::Expired
        | Status::Cancelled => 0,
    }
}

/// What of the worth may be captured by now.
fn ripe(order: &Order, when: CaptureWhen, worth: i64) -> i64 {
    if !matches!(order.status, Status::Confirmed | Status::Completed) {
        return 0;
    }
    match when {
        CaptureWhen::OnConfirmation | CaptureWhen::ByHand => worth,
        CaptureWhen::AsParcelsShip => {
            let shipped = |(number, line): (LineNumber, &super::Line)| {
                line.unit_price.times(order.buckets_of(number).left(), order.currency).unwrap_or(0)
            };
            let all = order.named_lines().map(shipped);
            all.fold(0, i64::saturating_add).min(worth)
        }
    }
}

impl Order {
    /// An amount in the currency of the order.
    pub(super) fn amount(&self, minor: i64) -> Amount {
        Amount { currency: self.currency, minor }
    }

    /// What is missing of what the order owes; nothing if it owes no payment.
    #[must_use]
    pub fn missing(&self) -> Amount {
        let owed = self.owed.as_ref().map_or(0, |owed| owed.authorize.minor);
        self.amount(owed.saturating_sub(self.secured).max(0))
    }

    /// What is authorized or was captured and kept, in minor units.
    #[must_use]
    pub fn covered(&self) -> i64 {
        self.standing.as_ref().map_or(0, |standing| standing.covered())
    }
}
