//! The three meanings of a cancellation: free before the release, a request after it, and refused
//! once shipped.
//!
//! Law: what no warehouse works on is cancelled at once, what one works on only with its consent,
//! and what is shipped never; a kit that one has begun on waits whole.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::command::{
    AcceptCancellation, CancelOrder, CancelReason, DeclineCancellation, LineUnits,
};
use super::decide::Decision;
use super::event::{
    CancellationAccepted, CancellationDeclined, CancellationMet, CancellationRequested, OrderEvent,
    UnitsOfLine,
};
use super::goods::cut::{self, Cut};
use super::goods::{Parts, spread};
use super::kits;
use super::refusal::OrderRefusal;
use super::stage::{self, FREE, IN_WORK, Stage};
use super::state::{CancellationRecord, Order};
use crate::demand::Portion;
use crate::ids::{CancellationNumber, FacilityId, OrderId};
use crate::laws::{self, Audit};
use crate::limits::CANCELLATIONS_PER_ORDER;
use crate::time::Timestamp;

/// Cancels what can be, and asks the warehouses for the rest.
pub(super) fn cancel(command: &CancelOrder, order: &Order, at: Timestamp) -> Decision {
    let CancelOrder { order: id, reason, .. } = *command;
    let (cut, asked) = match &command.lines {
        None => (everything(order), unasked(order)),
        Some(lines) => named(order, lines)?,
    };
    if cut.is_empty() && asked.is_empty() {
        // Asked to cancel all, and all that is left is on its way or there, or was asked for.
        let waits = order.cancellations.iter().any(|c| c.answer.is_none());
        return if waits { Ok(vec![]) } else { Err(OrderRefusal::UseReturn) };
    }
    let mut events = Vec::new();
    if !cut.is_empty() {
        events = cut::into_events(id, order, cut, reason, at);
    }
    request(id, order, asked, reason, at, &mut events)?;
    Ok(events)
}

/// The warehouse had not gone too far: what it still has of the request is cancelled.
pub(super) fn accept(command: &AcceptCancellation, order: &Order, at: Timestamp) -> Decision {
    let Some(open) = find(order, command.cancellation)? else { return Ok(vec![]) };
    let (id, portions) = (command.order, still_there(order, open));
    let units = portions.iter().map(|p| u64::from(p.quantity)).fold(0, u64::saturating_add);
    let mut events = vec![accepted(id, open.number, portions, at)];
    events.extend(cut::ending(id, order, units, open.reason, at));
    Ok(events)
}

/// The warehouse has gone too far: its work goes on.
pub(super) fn decline(command: &DeclineCancellation, order: &Order, at: Timestamp) -> Decision {
    let Some(open) = find(order, command.cancellation)? else { return Ok(vec![]) };
    Ok(vec![declined(command.order, open.number, command.reason.clone(), at)])
}

/// Requests that can't be met any more once what is packed in these facilities has left.
pub(super) fn overtaken(
    id: OrderId,
    order: &Order,
    shipping: &[Portion],
    at: Timestamp,
) -> Vec<OrderEvent> {
    let mut left = stage::merge(stage::portions(order, &[Stage::Released, Stage::Picked]));
    let leaves = |p: &Portion| shipping.iter().any(|s| stage::is_same(s, p));
    let mut events = Vec::new();
    for open in order.cancellations.iter().filter(|c| c.answer.is_none()) {
        let mut rest = left.clone();
        let kept = subtract(&mut rest, &open.portions);
        let whole = |p: &Portion| kept.iter().any(|k| k == p);
        if open.portions.iter().any(|p| leaves(p) && !whole(p)) {
            events.push(declined(id, open.number, None, at));
        } else {
            left = rest;
        }
    }
    events
}

/// A facility that gives everything back meets the requests that are open there: what is left of
/// the portions, and why the last of the others are cancelled.
pub(super) fn met_by_refusal(
    id: OrderId,
    order: &Order,
    facility: FacilityId,
    portions: &[Portion],
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) -> (Vec<Portion>, Option<CancelReason>) {
    let (mut left, mut last) = (portions.to_vec(), None);
    let here = |c: &&CancellationRecord| c.answer.is_none() && c.facility == facility;
    for open in order.cancellations.iter().filter(here) {
        let met = subtract(&mut left, &open.portions);
        events.push(accepted(id, open.number, met, at));
        last = Some(open.reason);
    }
    (left, last)
}

/// What units that came loose by themselves do to the requests that are open for them.
#[derive(Debug)]
pub(super) struct Met {
    /// The units that nobody has asked to cancel.
    pub(super) left: Vec<Portion>,
    /// The others are cancelled.
    events: Vec<OrderEvent>,
    units: u64,
    reason: Option<CancelReason>,
}

/// Units that facilities worked on and have not any more meet the requests that are open for them,
/// before any of them is sourced again.
pub(super) fn met_by_loss(id: OrderId, order: &Order, lost: &[Portion], at: Timestamp) -> Met {
    let left = stage::merge(lost.to_vec());
    let mut met = Met { left, events: Vec::new(), units: 0, reason: None };
    for open in order.cancellations.iter().filter(|c| c.answer.is_none()) {
        let portions = subtract(&mut met.left, &open.portions);
        if portions.is_empty() {
            continue;
        }
        let mut rest = open.portions.clone();
        subtract(&mut rest, &portions);
        let units = portions.iter().map(|p| u64::from(p.quantity));
        met.units = units.fold(met.units, u64::saturating_add);
        met.reason = Some(open.reason);
        let cancellation = open.number;
        let loose = CancellationMet { order: id, at, cancellation, portions };
        met.events.push(OrderEvent::CancellationMet(loose));
        if rest.is_empty() {
            met.events.push(accepted(id, open.number, Vec::new(), at));
        }
    }
    met
}

impl Met {
    /// The cancellations, and the end of the order if nothing else is left of it.
    pub(super) fn into_events(self, id: OrderId, order: &Order, at: Timestamp) -> Vec<OrderEvent> {
        let Self { mut events, units, reason, .. } = self;
        events.extend(reason.and_then(|reason| cut::ending(id, order, units, reason, at)));
        events
    }
}

fn accepted(
    order: OrderId,
    cancellation: CancellationNumber,
    portions: Vec<Portion>,
    at: Timestamp,
) -> OrderEvent {
    let accepted = CancellationAccepted { order, at, cancellation, portions };
    OrderEvent::CancellationAccepted(accepted)
}

fn declined(
    order: OrderId,
    cancellation: CancellationNumber,
    reason: Option<crate::ids::Text>,
    at: Timestamp,
) -> OrderEvent {
    let declined = CancellationDeclined { order, at, cancellation, reason };
    OrderEvent::CancellationDeclined(declined)
}

/// An open request; none if it was answered before.
fn find(
    order: &Order,
    cancellation: CancellationNumber,
) -> Result<Option<&CancellationRecord>, OrderRefusal> {
    let known = order.cancellations.iter().find(|c| c.number == cancellation);
    let known = known.ok_or(OrderRefusal::NoSuchCancellation { cancellation })?;
    Ok(known.answer.is_none().then_some(known))
}

/// What a warehouse still has of a request.
fn still_there(order: &Order, open: &CancellationRecord) -> Vec<Portion> {
    let mut there = in_work(order);
    subtract(&mut there, &open.portions)
}

/// What warehouses work on, one portion a key.
fn in_work(order: &Order) -> Vec<Portion> {
    stage::merge(stage::portions(order, &IN_WORK))
}

/// What warehouses work on and nobody has asked to cancel.
fn unasked(order: &Order) -> Vec<Portion> {
    let mut rest = in_work(order);
    for open in order.cancellations.iter().filter(|c| c.answer.is_none()) {
        subtract(&mut rest, &open.portions);
    }
    rest
}

/// Takes units out of portions, as far as they are there: what was taken.
fn subtract(from: &mut Vec<Portion>, units: &[Portion]) -> Vec<Portion> {
    let mut taken = Vec::new();
    for wanted in units {
        let Some(held) = from.iter_mut().find(|p| stage::is_same(p, wanted)) else { continue };
        let quantity = held.quantity.min(wanted.quantity);
        held.quantity = held.quantity.saturating_sub(quantity);
        if quantity > 0 {
            taken.push(Portion { quantity, ..*wanted });
        }
    }
    from.retain(|p| p.quantity > 0);
    taken
}

/// Whether a warehouse works on units of a portion's key.
pub(super) fn has_in_work(order: &Order, key: &Portion) -> bool {
    order.tied.iter().any(|t| t.stage.is_in_work() && stage::is_same(&t.portion, key))
}

/// Checks that what is asked to be cancelled is in work.
pub(super) fn audit(id: OrderId, order: &Order, audit: &mut Audit) {
    let mut there = in_work(order);
    for open in order.cancellations.iter().filter(|c| c.answer.is_none()) {
        let units = |portions: &[Portion]| {
            portions.iter().map(|p| u64::from(p.quantity)).fold(0, u64::saturating_add)
        };
        let (asked, found) = (units(&open.portions), units(&subtract(&mut there, &open.portions)));
        let holds = laws::request_is_in_work(asked, found);
        audit.expect(laws::REQUEST_IN_WORK, holds, || {
            format!("order {id}, {:?}: {asked} asked for, {found} in work", open.number)
        });
    }
}

/// The units a command names: first what is not tied, then what was tied last, then what
/// warehouses have to be asked for.
fn named(order: &Order, lines: &[LineUnits]) -> Result<(Cut, Vec<Portion>), OrderRefusal> {
    let unasked = unasked(order);
    let of_line = |portions: &[Portion], line: usize| {
        let units = portions.iter().filter(|p| p.line.index() == line).map(|p| p.quantity);
        units.fold(0, u32::saturating_add)
    };
    let possible = |line: usize| {
        let open = order.lines.get(line).map_or(0, |l| l.buckets.open());
        open.saturating_add(of_line(&unasked, line))
    };
    let units = spread(order, lines, Parts::Refused, possible);
    let units = units.map_err(|refusal| has_left(order, lines, possible, refusal))?;
    let (units, later) = kits::at_once(order, units);
    let (cut, rest) = cut::of(order, &units);
    let rest = rest.into_iter().chain(later).filter(|u| u.quantity > 0);
    let rest: Vec<UnitsOfLine> = rest.collect();
    Ok((cut, stage::take(&unasked, &rest).0))
}

/// The same refusal; or, if none of the units are left but as many are shipped, that a return is
/// the way.
fn has_left(
    order: &Order,
    lines: &[LineUnits],
    possible: impl Fn(usize) -> u32,
    refusal: OrderRefusal,
) -> OrderRefusal {
    let shipped = |line: usize| {
        let buckets = order.lines.get(line).map(|l| l.buckets).unwrap_or_default();
        possible(line).saturating_add(buckets.in_transit).saturating_add(buckets.delivered)
    };
    match refusal {
        OrderRefusal::TooManyUnits { possible: 0, .. }
            if spread(order, lines, Parts::Refused, shipped).is_ok() =>
        {
            OrderRefusal::UseReturn
        }
        other => other,
    }
}

/// Everything that can be cancelled at once.
pub(super) fn everything(order: &Order) -> Cut {
    if order.kit_lines().next().is_none() {
        return cut::everything(order);
    }
    cut::of(order, &kits::all_but_begun(order)).0
}

/// Asks the warehouses for units that they work on, as far as nobody has asked, and as far as so
/// many requests can be.
pub(super) fn ask_for(
    id: OrderId,
    order: &Order,
    units: &[UnitsOfLine],
    reason: CancelReason,
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) {
    let asked = stage::take(&unasked(order), units).0;
    let mut requests = Vec::new();
    if request(id, order, asked, reason, at, &mut requests).is_ok() {
        events.append(&mut requests);
    }
}

/// Asks each facility for what it works on.
fn request(
    id: OrderId,
    order: &Order,
    mut asked: Vec<Portion>,
    reason: CancelReason,
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) -> Result<(), OrderRefusal> {
    asked.sort_by_key(|p| (p.facility, p.line, p.tier, p.reservation));
    let mut number = order.cancellations.last().map_or(0, |c| c.number.0);
    for portions in asked.chunk_by(|a, b| a.facility == b.facility) {
        let Some(facility) = portions.first().map(|p| p.facility) else { continue };
        number = number.checked_add(1).ok_or(OrderRefusal::TooManyParts)?;
        if usize::from(number) > CANCELLATIONS_PER_ORDER {
            return Err(OrderRefusal::TooManyParts);
        }
        events.push(OrderEvent::CancellationRequested(CancellationRequested {
            order: id,
            at,
            cancellation: CancellationNumber(number),
            facility,
            reason,
            portions: portions.to_vec(),
        }));
    }
    Ok(())
}

/// What can be cancelled without asking anybody, in the order it was tied.
pub(super) fn free_portions(order: &Order) -> Vec<Portion> {
    order.tied.iter().filter(|t| FREE.contains(&t.stage)).map(|t| t.portion).collect()
}
