//! What the order role makes of news from the inventory: tied, refused, hardened, lapsed, lost.
//!
//! Law: an answer that comes too late changes nothing, and what it tied goes back.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{RecordAllocated, RecordLapsed, RecordRejected, RecordStripped, RecordTied};
use super::decide::{Decision, request_allocation};
use super::event::{
    OrderAllocated, OrderEvent, OrderExpired, OrderRejected, OrderResourced, OrderSourced,
    OrderStockLost, OrderUnsourced, Resourcing, TieReturned,
};
use super::refusal::OrderRefusal;
use super::stage::{self, FREE};
use super::state::{Order, Tied};
use super::transitions::Status;
use super::{backorder, cancel, short};
use crate::decide::Context;
use crate::demand::{Awaited, Demand, Hold, Portion};
use crate::ids::{FacilityId, LineNumber, OrderId, ReservationNumber};
use crate::time::Timestamp;
use crate::units::Quantity;

/// The tie is taken as far as the order still wants it; the rest goes back.
pub(super) fn tied(news: &RecordTied, known: Option<&Order>) -> Vec<OrderEvent> {
    let id = news.order;
    let awaited = |o: &&Order| {
        matches!(o.status, Status::Pending | Status::Confirmed) && news.reservation == o.asked
    };
    let (taken, back) = match known.filter(awaited) {
        Some(order) => split_by_want(&news.portions, order),
        None => (Vec::new(), news.portions.clone()),
    };
    let mut events = Vec::new();
    if !taken.is_empty() {
        let (reservation, hold) = (news.reservation, news.hold);
        let follows = known.and_then(|order| after_tie(news, order));
        let sourced = OrderSourced { order: id, reservation, hold, portions: taken };
        events.push(OrderEvent::Sourced(sourced));
        events.extend(follows);
    }
    if !back.is_empty() {
        events.push(OrderEvent::TieReturned(TieReturned { order: id, portions: back }));
    }
    events
}

/// A soft tie is made hard at once if no payment stands in the way.
fn after_tie(news: &RecordTied, order: &Order) -> Option<OrderEvent> {
    // What of it waits has asked for all of it.
    let is_soft = matches!(news.hold, Hold::Soft { .. });
    let hardens = is_soft && order.is_payment_satisfied() && !order.is_set_aside();
    let asked = backorder::waits_softly(order, news.reservation);
    (hardens && !asked).then(|| request_allocation(news.order, news.reservation))
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

/// A pending order is rejected; a confirmed one loses the units that are short, and asks for the
/// others again.
pub(super) fn rejected(news: &RecordRejected, order: &Order, context: &Context) -> Vec<OrderEvent> {
    if news.reservation != order.asked {
        return Vec::new();
    }
    let (id, at) = (news.order, context.at);
    // What an amendment asked for and can't have is cancelled by itself.
    let amended = order.amending == Some(news.reservation) || short::is_amended(order);
    if order.status == Status::Pending && !amended {
        let released = order.tied.iter().map(|t| t.portion).collect();
        let why = news.why.clone();
        let rejected = OrderEvent::Rejected(OrderRejected { order: id, at, why, released });
        return backorder::drop_all(id, order).into_iter().chain([rejected]).collect();
    }
    short::give_up(id, order, &news.why, at)
}

pub(super) fn allocated(news: &RecordAllocated, order: &Order) -> Vec<OrderEvent> {
    let (id, reservation) = (news.order, news.reservation);
    let soft = |t: &Tied| t.portion.reservation == reservation && !t.stage.is_hard();
    if !order.tied.iter().any(soft) && !backorder::waits_softly(order, reservation) {
        return Vec::new();
    }
    vec![OrderEvent::Allocated(OrderAllocated { order: id, reservation })]
}

/// The inventory let go first: the order expires, and there is nothing left to release there.
pub(super) fn lapsed(news: &RecordLapsed, order: &Order, context: &Context) -> Vec<OrderEvent> {
    let of = |t: &Tied| t.portion.reservation == news.reservation && !t.stage.is_hard();
    if !order.tied.iter().any(of) && !backorder::waits_softly(order, news.reservation) {
        return Vec::new();
    }
    let (id, at) = (news.order, context.at);
    let released = order.tied.iter().map(|t| t.portion).collect();
    let expired = OrderEvent::Expired(OrderExpired { order: id, at, released });
    backorder::drop_all(id, order).into_iter().chain([expired]).collect()
}

/// What is still tied of the units is unsourced; some may have been cancelled meanwhile. The stock
/// is told that the loss was heard of where the order waits for more under the same name.
pub(super) fn stripped(news: &RecordStripped, order: &Order, at: Timestamp) -> Decision {
    let mut events = lost_units(news, order, at)?;
    events.extend(backorder::strip_heard(news, order));
    Ok(events)
}

fn lost_units(news: &RecordStripped, order: &Order, at: Timestamp) -> Decision {
    let held = |p: &Portion| {
        let same = order.tied.iter().filter(|t| stage::is_same(&t.portion, p));
        let tied = same.map(|t| t.portion.quantity).fold(0, u32::saturating_add);
        (tied > 0).then_some(Portion { quantity: p.quantity.min(tied), ..*p })
    };
    let portions: Vec<Portion> = news.portions.iter().filter_map(held).collect();
    if portions.is_empty() {
        return Ok(vec![]);
    }
    let id = news.order;
    let (untouched, worked_on) = in_two(order, &portions);
    let met = cancel::met_by_loss(id, order, &worked_on, at);
    let again = [&untouched[..], &met.left[..]].concat();
    let hard_to_tell = |p: &Portion| cancel::has_in_work(order, p);
    let mut events = if untouched.iter().any(hard_to_tell) {
        vec![OrderEvent::StockLost(OrderStockLost {
            order: id,
            reservation: next_reservation(order)?,
            demands: demands(&again, &[], order),
            destination: order.destination.clone(),
            hold: order.hold(),
            excluded: order.refused.clone(),
            untouched,
            in_work: worked_on,
        })]
    } else if order.refused.is_empty() {
        vec![OrderEvent::Unsourced(OrderUnsourced {
            order: id,
            reservation: next_reservation(order)?,
            demands: demands(&again, &[], order),
            destination: order.destination.clone(),
            hold: order.hold(),
            portions,
        })]
    } else {
        let excluded = order.refused.clone();
        source_some_again(id, order, Resourcing::StockLost, portions, &again, excluded)?
    };
    events.extend(met.into_events(id, order, at));
    Ok(events)
}

/// Of units that are tied no more, those that no facility worked on, which are the first to go, and
/// those that one did.
fn in_two(order: &Order, portions: &[Portion]) -> (Vec<Portion>, Vec<Portion>) {
    let mut free = stage::merge(stage::portions(order, &FREE));
    let (mut untouched, mut worked_on) = (Vec::new(), Vec::new());
    for &portion in portions {
        let held = free.iter_mut().find(|p| stage::is_same(p, &portion));
        let quantity = held.as_ref().map_or(0, |held| held.quantity.min(portion.quantity));
        if let Some(held) = held {
            held.quantity = held.quantity.saturating_sub(quantity);
        }
        let rest = portion.quantity.saturating_sub(quantity);
        untouched.extend((quantity > 0).then_some(Portion { quantity, ..portion }));
        worked_on.extend((rest > 0).then_some(Portion { quantity: rest, ..portion }));
    }
    (untouched, worked_on)
}

/// Stock is asked for again: for the units of the portions, and for all that lacks it already.
pub(super) fn source_again(
    id: OrderId,
    order: &Order,
    why: Resourcing,
    portions: Vec<Portion>,
    excluded: Vec<FacilityId>,
) -> Decision {
    let again = portions.clone();
    source_some_again(id, order, why, portions, &again, excluded)
}

/// The same, for only some of the units of the portions: the others are cancelled.
pub(super) fn source_some_again(
    id: OrderId,
    order: &Order,
    why: Resourcing,
    portions: Vec<Portion>,
    again: &[Portion],
    excluded: Vec<FacilityId>,
) -> Decision {
    let demands = demands(again, &[], order);
    Ok(vec![resourced(id, order, why, portions, demands, excluded)?])
}

/// The same as [`source_again`] for what a facility refused, and for units on backorder too: they
/// may come from fewer from now on.
pub(super) fn source_without(
    id: OrderId,
    order: &Order,
    portions: Vec<Portion>,
    waits: Vec<Awaited>,
    excluded: Vec<FacilityId>,
) -> Decision {
    let (why, demands) = (Resourcing::FacilityRefused, demands(&portions, &waits, order));
    let resourced = resourced(id, order, why, portions, demands, excluded)?;
    Ok(backorder::dropped(id, waits).into_iter().chain([resourced]).collect())
}

fn resourced(
    id: OrderId,
    order: &Order,
    why: Resourcing,
    portions: Vec<Portion>,
    demands: Vec<Demand>,
    excluded: Vec<FacilityId>,
) -> Result<OrderEvent, OrderRefusal> {
    Ok(OrderEvent::Resourced(OrderResourced {
        order: id,
        why,
        reservation: next_reservation(order)?,
        demands,
        destination: order.destination.clone(),
        hold: order.hold(),
        excluded,
        portions,
    }))
}

/// The number of the next reservation.
pub(super) fn next_reservation(order: &Order) -> Result<ReservationNumber, OrderRefusal> {
    let next = order.reservations.0.checked_add(1).ok_or(OrderRefusal::TooManyParts)?;
    Ok(ReservationNumber(next))
}

/// What is to be tied again, per line: the units of the portions, those that waited, and those that
/// an earlier reservation was to tie, since its answer comes too late from here on.
pub(super) fn demands(portions: &[Portion], waits: &[Awaited], order: &Order) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    for (number, line) in order.lines.iter().enumerate() {
        let of = |p: &&Portion| p.line.index() == number;
        let lost = portions.iter().filter(of).map(|p| p.quantity);
        let waited = waits.iter().filter(|w| w.line.index() == number).map(|w| w.quantity);
        let lost = lost.chain(waited).fold(line.buckets.unsourced, u32::saturating_add);
        let number = u16::try_from(number).map(LineNumber);
        if let (Ok(number), Some(quantity)) = (number, Quantity::new(lost)) {
            demands.push(Demand { line: number, item: line.item.clone(), quantity });
        }
    }
    demands
}
