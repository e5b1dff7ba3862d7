//! What a command to the order role causes: placing, paying, cancelling, and the news from the
//! inventory.
//!
//! Law: the table of `transitions` is asked first; then the guards, in the order of the refusals.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{
    AuthorizePayment, CancelOrder, OrderCommand, OrderLine, PlaceOrder, RecordAllocated,
    RecordLapsed, RecordRejected, RecordStripped, RecordTied,
};
use super::event::{
    AllocationRequested, OrderAllocated, OrderCancelled, OrderConfirmed, OrderEvent, OrderExpired,
    OrderPlaced, OrderRejected, OrderSourced, OrderUnsourced, PaymentAuthorized, PaymentTerms,
    TieReturned,
};
use super::goods::{self, cut};
use super::refusal::OrderRefusal;
use super::state::{Order, Orders, Payment};
use super::transitions::{CommandKind, Status, Verdict, verdict};
use super::{CancelReason, due, evolve};
use crate::decide::{Context, CorruptHistory, Decide};
use crate::demand::{Demand, Hold, Portion};
use crate::ids::{LineNumber, OrderId, ReservationNumber, Text};
use crate::limits::{ID_FUTURE_MS, ORDER_LINES};
use crate::policy::PaymentPolicy;
use crate::time::{Span, Timestamp};
use crate::units::{Amount, Quantity};

type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

impl Decide for Orders {
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Refusal = OrderRefusal;

    fn decide(&self, command: &OrderCommand, context: &Context) -> Decision {
        let (Some(id), Some(kind)) = (command.order(), CommandKind::of(command)) else {
            return Ok(due::tick(self, context.at));
        };
        let order = self.get(id);
        if order.is_some_and(|o| !context.by.may_touch(o.owner.as_ref())) {
            return Err(OrderRefusal::UnknownOrder { order: id });
        }
        let status = order.map_or(Status::Unplaced, |o| o.status);
        match verdict(kind, status) {
            Verdict::Decide => {}
            Verdict::Nothing => return Ok(Vec::new()),
            Verdict::Unknown => return Err(OrderRefusal::UnknownOrder { order: id }),
            Verdict::NotWhen => return Err(OrderRefusal::NotWhen { status }),
            Verdict::UseReturn => return Err(OrderRefusal::UseReturn),
        }
        match (command, order) {
            (OrderCommand::Place(place), known) => self.place(place, known, context),
            (OrderCommand::RecordTied(news), known) => Ok(tied(news, known)),
            (_, None) => Err(OrderRefusal::UnknownOrder { order: id }),
            (OrderCommand::AuthorizePayment(c), Some(order)) => authorize(c, order),
            (OrderCommand::Cancel(c), Some(order)) => cancel(c, order, context),
            (OrderCommand::Ship(c), Some(order)) => goods::ship(c, order, context),
            (OrderCommand::Deliver(c), Some(order)) => goods::deliver(c, order, context),
            (OrderCommand::RequestReturn(c), Some(order)) => {
                goods::request_return(c, order, self.policy.return_window, context.at)
            }
            (OrderCommand::ReceiveReturn(c), Some(order)) => goods::receive_return(c, order),
            (OrderCommand::RecordRejected(news), Some(order)) => Ok(rejected(news, order, context)),
            (OrderCommand::RecordAllocated(news), Some(order)) => Ok(allocated(news, order)),
            (OrderCommand::RecordLapsed(news), Some(order)) => Ok(lapsed(news, order, context)),
            (OrderCommand::RecordStripped(news), Some(order)) => stripped(news, order),
            (OrderCommand::Tick, Some(_)) => Ok(Vec::new()),
        }
    }

    fn evolve(&mut self, event: &OrderEvent) -> Result<(), CorruptHistory> {
        evolve::evolve(self, event)
    }
}

impl Orders {
    fn place(&self, place: &PlaceOrder, known: Option<&Order>, context: &Context) -> Decision {
        let order = place.order;
        let owner = owner(place, context)?;
        if let Some(known) = known {
            let same = is_same(place, owner.as_ref(), known);
            return if same { Ok(vec![]) } else { Err(OrderRefusal::PlacedDifferently { order }) };
        }
        if order.timestamp() < self.horizon {
            return Err(OrderRefusal::StaleId { order });
        }
        if order.timestamp() > context.at.after(Span::from_millis(ID_FUTURE_MS)) {
            return Err(OrderRefusal::IdFromFuture { order });
        }
        if place.lines.is_empty() {
            return Err(OrderRefusal::NoLines);
        }
        if place.lines.len() > ORDER_LINES {
            let given = u32::try_from(place.lines.len()).unwrap_or(u32::MAX);
            let allowed = u32::try_from(ORDER_LINES).unwrap_or(u32::MAX);
            return Err(OrderRefusal::TooManyLines { given, allowed });
        }
        if !place.destination.location.is_valid() {
            return Err(OrderRefusal::NoSuchPlace);
        }
        let payment = match self.policy.payment {
            PaymentPolicy::None => PaymentTerms::NotRequired,
            PaymentPolicy::Required { deadline } => {
                PaymentTerms::Required { deadline: context.at.after(deadline) }
            }
        };
        Ok(vec![OrderEvent::Placed(OrderPlaced {
            order,
            at: context.at,
            owner,
            number: place.number.clone(),
            lines: place.lines.clone(),
            destination: place.destination.clone(),
            payment,
            total: total(place).ok_or(OrderRefusal::TotalTooLarge)?,
        })])
    }
}

/// Whose order it will be: a customer's own, or the one staff names.
fn owner(place: &PlaceOrder, context: &Context) -> Result<Option<Text>, OrderRefusal> {
    match &context.by {
        crate::decide::Principal::Customer(subject) => match &place.customer {
            Some(named) if named != subject => Err(OrderRefusal::NotYourOrder),
            Some(_) | None => Ok(Some(subject.clone())),
        },
        crate::decide::Principal::Staff | crate::decide::Principal::System => {
            Ok(place.customer.clone())
        }
    }
}

/// Whether a known order has these contents: then placing it again is a retry.
fn is_same(place: &PlaceOrder, owner: Option<&Text>, known: &Order) -> bool {
    let same_line = |(new, old): (&OrderLine, &super::state::Line)| {
        new.item == old.item
            && new.unit_price == old.unit_price
            && new.quantity.get() == old.buckets.ordered
    };
    owner == known.owner.as_ref()
        && place.number == known.number
        && place.currency == known.currency
        && place.destination == known.destination
        && place.lines.len() == known.lines.len()
        && place.lines.iter().zip(&known.lines).all(same_line)
}

fn total(place: &PlaceOrder) -> Option<Amount> {
    let mut minor = 0_i64;
    for line in &place.lines {
        let line = line.unit_price.times(line.quantity.get(), place.currency)?;
        minor = minor.checked_add(line)?;
    }
    Some(Amount { currency: place.currency, minor })
}

fn authorize(command: &AuthorizePayment, order: &Order) -> Decision {
    let id = command.order;
    match order.payment {
        Payment::NotRequired => return Err(OrderRefusal::NothingToPay),
        Payment::Authorized(_) => return Ok(vec![]),
        Payment::Awaiting(_) => {}
    }
    let needed = order.wanted_total().unwrap_or(order.total);
    let given = command.amount;
    if given.currency != needed.currency || given.minor < needed.minor {
        return Err(OrderRefusal::AmountTooSmall { needed });
    }
    let mut events =
        vec![OrderEvent::PaymentAuthorized(PaymentAuthorized { order: id, amount: given })];
    let soft = order.tied.iter().filter(|t| !t.hard).map(|t| t.portion.reservation);
    let mut soft: Vec<ReservationNumber> = soft.collect();
    soft.sort_unstable();
    soft.dedup();
    events.extend(soft.into_iter().map(|reservation| request_allocation(id, reservation)));
    Ok(events)
}

fn request_allocation(order: OrderId, reservation: ReservationNumber) -> OrderEvent {
    OrderEvent::AllocationRequested(AllocationRequested { order, reservation })
}

fn cancel(command: &CancelOrder, order: &Order, context: &Context) -> Decision {
    let cancelled = match &command.lines {
        None => cut::everything(order),
        Some(lines) => cut::units(order, lines)?,
    };
    if cancelled.is_empty() {
        // Asked to cancel all, and all that is left is on its way or there.
        return Err(OrderRefusal::UseReturn);
    }
    Ok(cut::into_events(command.order, order, cancelled, command.reason, context.at))
}

/// The tie is taken as far as the order still wants it; the rest goes back.
fn tied(news: &RecordTied, known: Option<&Order>) -> Vec<OrderEvent> {
    let id = news.order;
    let awaited = |o: &&Order| {
        matches!(o.status, Status::Pending | Status::Confirmed)
            && news.reservation == o.reservations
    };
    let (taken, back) = match known.filter(awaited) {
        Some(order) => split_by_want(&news.portions, order),
        None => (Vec::new(), news.portions.clone()),
    };
    let mut events = Vec::new();
    if !taken.is_empty() {
        let (reservation, hold) = (news.reservation, news.hold);
        let follows = known.and_then(|order| after_tie(news, order, &taken));
        let sourced = OrderSourced { order: id, reservation, hold, portions: taken };
        events.push(OrderEvent::Sourced(sourced));
        events.extend(follows);
    }
    if !back.is_empty() {
        events.push(OrderEvent::TieReturned(TieReturned { order: id, portions: back }));
    }
    events
}

fn after_tie(news: &RecordTied, order: &Order, taken: &[Portion]) -> Option<OrderEvent> {
    let id = news.order;
    // Each line takes no more than it lacks, so equal sums mean that no line lacks anything.
    let lacking = order.lines.iter().map(|l| u64::from(l.buckets.unsourced));
    let tied = taken.iter().map(|p| u64::from(p.quantity));
    let complete = lacking.fold(0, u64::saturating_add) == tied.fold(0, u64::saturating_add)
        && order.tied.iter().all(|t| t.hard);
    match (news.hold, order.is_payment_satisfied(), order.status) {
        (Hold::Soft { .. }, true, _) => Some(request_allocation(id, news.reservation)),
        (Hold::Hard, true, Status::Pending) if complete => {
            Some(OrderEvent::Confirmed(OrderConfirmed { order: id }))
        }
        (Hold::Soft { .. } | Hold::Hard, _, _) => None,
    }
}

/// Splits a tie into what each line still lacks, and what it does not want any more.
fn split_by_want(portions: &[Portion], order: &Order) -> (Vec<Portion>, Vec<Portion>) {
    let mut wants: Vec<u32> = order.lines.iter().map(|l| l.buckets.unsourced).collect();
    let (mut taken, mut back) = (Vec::with_capacity(portions.len()), Vec::new());
    for &portion in portions {
        let mut nothing = 0;
        let want = wants.get_mut(portion.line.index()).unwrap_or(&mut nothing);
        let take = portion.quantity.min(*want);
        *want = want.saturating_sub(take);
        let rest = portion.quantity.saturating_sub(take);
        if take > 0 {
            taken.push(Portion { quantity: take, ..portion });
        }
        if rest > 0 {
            back.push(Portion { quantity: rest, ..portion });
        }
    }
    (taken, back)
}

/// A pending order is rejected; a confirmed one loses the units that can't be sourced again.
fn rejected(news: &RecordRejected, order: &Order, context: &Context) -> Vec<OrderEvent> {
    if news.reservation != order.reservations {
        return Vec::new();
    }
    let (id, at) = (news.order, context.at);
    if order.status == Status::Pending {
        let released = order.tied.iter().map(|t| t.portion).collect();
        let why = news.why.clone();
        return vec![OrderEvent::Rejected(OrderRejected { order: id, at, why, released })];
    }
    let lost = cut::unsourced(order);
    if lost.is_empty() {
        return Vec::new();
    }
    cut::into_events(id, order, lost, CancelReason::Inventory, at)
}

fn allocated(news: &RecordAllocated, order: &Order) -> Vec<OrderEvent> {
    let (id, reservation) = (news.order, news.reservation);
    if !order.tied.iter().any(|t| t.portion.reservation == reservation && !t.hard) {
        return Vec::new();
    }
    let mut events = vec![OrderEvent::Allocated(OrderAllocated { order: id, reservation })];
    let others = |t: &super::state::Tied| t.hard || t.portion.reservation == reservation;
    let complete = order.lines.iter().all(|l| l.buckets.unsourced == 0)
        && order.tied.iter().all(others)
        && order.is_payment_satisfied();
    if complete && order.status == Status::Pending {
        events.push(OrderEvent::Confirmed(OrderConfirmed { order: id }));
    }
    events
}

/// The inventory let go first: the order expires, and there is nothing left to release there.
fn lapsed(news: &RecordLapsed, order: &Order, context: &Context) -> Vec<OrderEvent> {
    let of = |t: &super::state::Tied| t.portion.reservation == news.reservation && !t.hard;
    if !order.tied.iter().any(of) {
        return Vec::new();
    }
    let released = order.tied.iter().map(|t| t.portion).collect();
    vec![OrderEvent::Expired(OrderExpired { order: news.order, at: context.at, released })]
}

/// What is still tied of the units is unsourced; some may have been cancelled meanwhile.
fn stripped(news: &RecordStripped, order: &Order) -> Decision {
    let held = |p: &Portion| {
        let same = |t: &&super::state::Tied| Portion { quantity: p.quantity, ..t.portion } == *p;
        let tied = order.tied.iter().find(same)?;
        Some(Portion { quantity: p.quantity.min(tied.portion.quantity), ..*p })
    };
    let portions: Vec<Portion> = news.portions.iter().filter_map(held).collect();
    if portions.is_empty() {
        return Ok(vec![]);
    }
    let next = order.reservations.0.checked_add(1).ok_or(OrderRefusal::TooManyParts)?;
    Ok(vec![OrderEvent::Unsourced(OrderUnsourced {
        order: news.order,
        reservation: ReservationNumber(next),
        demands: demands(&portions, order),
        destination: order.destination.clone(),
        hold: order.hold(),
        portions,
    })])
}

/// What is to be tied again, per line: the units of the portions, and those that an earlier
/// reservation was to tie, since its answer comes too late from here on.
fn demands(portions: &[Portion], order: &Order) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    for (number, line) in order.lines.iter().enumerate() {
        let of = |p: &&Portion| p.line.index() == number;
        let lost = portions.iter().filter(of).map(|p| p.quantity);
        let lost = lost.fold(line.buckets.unsourced, u32::saturating_add);
        let number = u16::try_from(number).map(LineNumber);
        if let (Ok(number), Some(quantity)) = (number, Quantity::new(lost)) {
            demands.push(Demand { line: number, item: line.item.clone(), quantity });
        }
    }
    demands
}

pub(super) fn cancelled(order: OrderId, at: Timestamp, reason: CancelReason) -> OrderEvent {
    OrderEvent::Cancelled(OrderCancelled { order, at, reason })
}
