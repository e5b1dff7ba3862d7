//! Folding order events into the state.
//!
//! Law: nothing here decides; an event that does not fit the state is a corrupt history, and the
//! state is then thrown away by whoever holds it.

mod goods;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::backorder;
use super::buckets::{Bucket, Buckets};
use super::command::OrderLine;
use super::event::{
    CancellationMet, OrderAmended, OrderDrafted, OrderEvent, OrderPlaced, OrderSourced,
    ReplacementPlaced, UnitsOfLine,
};
use super::kits::{self, LineKind};
use super::moving;
use super::payment;
use super::stage::{self, FREE, IN_WORK, Stage};
use super::state::{
    CancellationAnswer, CancellationRecord, HoldRecord, Line, Order, Orders, Payment, Placed, Tied,
};
use super::transitions::Status;
use super::unpaid;
use crate::decide::CorruptHistory;
use crate::demand::Hold;
use crate::ids::{CancellationNumber, HoldNumber, LineNumber, OrderId, ReservationNumber};
use crate::time::Timestamp;
use crate::units::Quantity;

const NO_ORDER: CorruptHistory = CorruptHistory::because("an event of an order that is not there");
const NOT_OPEN: CorruptHistory = CorruptHistory::because("a request is answered that is not open");
const NO_LINE: CorruptHistory = CorruptHistory::because("an event of a line that is not there");

/// Folds an event into the state, and keeps the deadlines in step.
pub(super) fn evolve(orders: &mut Orders, event: &OrderEvent) -> Result<(), CorruptHistory> {
    let id = event.order();
    match event {
        OrderEvent::Placed(e) => return insert(orders, id, placed(e)),
        OrderEvent::Drafted(e) => return insert(orders, id, drafted(e)),
        OrderEvent::PlacedInstead(e) => return insert(orders, id, placed_instead(e)),
        OrderEvent::Archived(_) => return archive(orders, id),
        // The tie of an order that was archived meanwhile is returned too.
        OrderEvent::TieReturned(_)
        | OrderEvent::BackorderReturned(_)
        | OrderEvent::StripHeard(_) => return Ok(()),
        _ => {}
    }
    let order = orders.orders.get_mut(&id).ok_or(NO_ORDER)?;
    let before = order.deadline(&orders.policy);
    change(order, event)?;
    let after = order.deadline(&orders.policy);
    if before != after {
        before.map(|at| orders.deadlines.remove(&(at, id)));
        after.map(|at| orders.deadlines.insert((at, id)));
    }
    Ok(())
}

/// An order that is new, or was a draft until now.
fn insert(orders: &mut Orders, id: OrderId, order: Order) -> Result<(), CorruptHistory> {
    if let Some(draft) = orders.orders.get(&id) {
        if draft.status != Status::Draft {
            return Err(CorruptHistory::because("an order is placed twice"));
        }
        if let Some(at) = draft.deadline(&orders.policy) {
            orders.deadlines.remove(&(at, id));
        }
    }
    if let Some(at) = order.deadline(&orders.policy) {
        orders.deadlines.insert((at, id));
    }
    orders.orders.insert(id, Box::new(order));
    Ok(())
}

fn line(line: &OrderLine) -> Line {
    let buckets = Buckets::ordered(line.quantity.get());
    Line { item: line.item.clone(), unit_price: line.unit_price, buckets, kind: LineKind::Plain }
}

fn drafted(draft: &OrderDrafted) -> Order {
    Order {
        status: Status::Draft,
        owner: draft.owner.clone(),
        number: draft.number.clone(),
        placed_at: draft.at,
        ended_at: None,
        rejection: None,
        currency: draft.total.currency,
        total: draft.total,
        destination: draft.destination.clone(),
        payment: Payment::NotRequired,
        lines: draft.lines.iter().map(line).collect(),
        tied: Vec::new(),
        backordered: Vec::new(),
        reservations: ReservationNumber(0),
        asked: ReservationNumber(0),
        excluded: Vec::new(),
        refused: Vec::new(),
        staged: Vec::new(),
        shipments: Vec::new(),
        returns: Vec::new(),
        holds: Vec::new(),
        hold_count: HoldNumber(0),
        cancellations: Vec::new(),
        reopened: false,
        placed: None,
        amending: None,
        amended: Vec::new(),
        owed: None,
        standing: None,
        replaces: None,
        replaced_by: None,
        extensions: 0,
        secured: 0,
        told_missing: 0,
        payments_needed: 0,
        pay_until: None,
        payments_missed: 0,
        lately: Vec::new(),
        moving: None,
        shortened: 0,
    }
}

/// The order as it was placed.
pub(super) fn placed(placed: &OrderPlaced) -> Order {
    let first = ReservationNumber(1);
    let draft = OrderDrafted {
        order: placed.order,
        at: placed.at,
        owner: placed.owner.clone(),
        number: placed.number.clone(),
        lines: Vec::new(),
        destination: placed.destination.clone(),
        total: placed.total,
    };
    Order {
        status: Status::Pending,
        payment: Order::terms(placed.payment),
        lines: placed.lines.iter().map(line).collect(),
        reservations: first,
        asked: first,
        ..drafted(&draft)
    }
}

/// The order as it was placed in place of another.
pub(super) fn placed_instead(e: &ReplacementPlaced) -> Order {
    let alone = OrderPlaced {
        order: e.order,
        at: e.at,
        owner: e.owner.clone(),
        number: e.number.clone(),
        lines: e.lines.clone(),
        destination: e.destination.clone(),
        payment: e.payment,
        total: e.total,
    };
    Order { replaces: Some(e.replaces), ..placed(&alone) }
}

fn archive(orders: &mut Orders, id: OrderId) -> Result<(), CorruptHistory> {
    let order = orders.orders.remove(&id).ok_or(NO_ORDER)?;
    if let Some(at) = order.deadline(&orders.policy) {
        orders.deadlines.remove(&(at, id));
    }
    let past = Timestamp::from_millis(id.timestamp().as_millis().saturating_add(1));
    orders.horizon = orders.horizon.max(past);
    Ok(())
}

/// Folds an event into its order.
pub(super) fn change(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::Sourced(e) => source(order, e)?,
        OrderEvent::Allocated(e) => allocate(order, e.reservation)?,
        OrderEvent::Confirmed(_) => order.status = Status::Confirmed,
        OrderEvent::Rejected(e) => {
            stage::free(order, &e.released, &FREE, Bucket::Cancelled)?;
            cancel_unsourced(order)?;
            order.rejection = Some(e.why.clone());
            end(order, Status::Rejected, e.at);
        }
        OrderEvent::Expired(e) => {
            stage::free(order, &e.released, &FREE, Bucket::Cancelled)?;
            cancel_unsourced(order)?;
            end(order, Status::Expired, e.at);
        }
        OrderEvent::LinesCancelled(e) => {
            stage::free(order, &e.released, &FREE, Bucket::Cancelled)?;
            for units in &e.unsourced {
                let line = order.lines.get_mut(units.line.index()).ok_or(NO_LINE)?;
                line.buckets.shift(units.quantity, Bucket::Unsourced, Bucket::Cancelled)?;
            }
            less_amended(order, &e.unsourced);
        }
        OrderEvent::Cancelled(e) => end(order, Status::Cancelled, e.at),
        OrderEvent::Unsourced(e) => {
            stage::free(order, &e.portions, &stage::ALL, Bucket::Unsourced)?;
            order.excluded.clear();
            (order.reservations, order.asked) = (e.reservation, e.reservation);
            order.amending = None;
        }
        OrderEvent::StockLost(e) => {
            stage::free(order, &e.untouched, &FREE, Bucket::Unsourced)?;
            stage::free(order, &e.in_work, &IN_WORK, Bucket::Unsourced)?;
            (order.reservations, order.asked) = (e.reservation, e.reservation);
            order.excluded.clone_from(&e.excluded);
            order.amending = None;
        }
        OrderEvent::Amended(e) => amend(order, e)?,
        OrderEvent::KitsAskedAgain(e) => {
            (order.reservations, order.asked) = (e.reservation, e.reservation);
            order.amending = order.amending.map(|_| e.reservation);
        }
        OrderEvent::LinesExploded(e) => kits::explode(order, &e.kits)?,
        OrderEvent::Reopened(_) => {
            order.status = Status::Confirmed;
            order.ended_at = None;
            order.reopened = true;
        }
        OrderEvent::PaymentAuthorized(e) => order.payment = Payment::Authorized(e.amount),
        OrderEvent::PaymentDue(e) => payment::owe(order, &e.owed),
        OrderEvent::PaymentRecorded(e) => payment::stand(order, &e.standing),
        OrderEvent::PaymentNeeded(e) => {
            // Who was told no deadline is told once more.
            order.told_missing = e.until.map_or(0, |_| e.missing.minor);
            (order.pay_until, order.payments_needed) = (e.until, e.number);
        }
        OrderEvent::PaymentMissed(e) => order.payments_missed = e.number,
        OrderEvent::Shortened(e) => order.shortened = e.number,
        OrderEvent::Completed(e) => end(order, Status::Completed, e.at),
        OrderEvent::MoveRequested(_) | OrderEvent::Moved(_) | OrderEvent::MoveRefused(_) => {
            moving::change(order, event)?;
        }
        OrderEvent::Backordered(_)
        | OrderEvent::BackorderSourced(_)
        | OrderEvent::BackorderDropped(_) => backorder::change(order, event)?,
        _ => record(order, event)?,
    }
    Ok(())
}

fn source(order: &mut Order, event: &OrderSourced) -> Result<(), CorruptHistory> {
    order.amended.clear();
    let stage = if event.hold == Hold::Hard { Stage::Allocated } else { Stage::Reserved };
    for &portion in &event.portions {
        stage::shift(order, portion, Bucket::Unsourced, stage.bucket())?;
        order.tied.push(Tied { portion, stage });
    }
    Ok(())
}

/// Holds and requests, and what happens to the goods.
fn record(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::Extended(e) => {
            order.payment = Payment::Awaiting(e.until);
            order.extensions = order.extensions.saturating_add(1);
        }
        OrderEvent::SetAside(e) => order.replaced_by = Some(e.by),
        OrderEvent::Kept(_) => order.replaced_by = None,
        OrderEvent::Replaced(e) => {
            stage::free(order, &e.released, &FREE, Bucket::Cancelled)?;
            for units in &e.dropped {
                backorder::give_up(order, units)?;
            }
            cancel_unsourced(order)?;
            end(order, Status::Cancelled, e.at);
            order.replaced_by = Some(e.by);
        }
        OrderEvent::HoldPlaced(e) => {
            order.hold_count = e.hold;
            order.holds.push(HoldRecord {
                number: e.hold,
                kind: e.kind,
                reason: e.reason.clone(),
                placed_at: e.at,
                until: e.until,
                placed_by: e.placed_by.clone(),
            });
        }
        OrderEvent::HoldReleased(e) => {
            let at = order.holds.iter().position(|hold| hold.number == e.hold);
            let missing = CorruptHistory::because("a hold is released that is not there");
            order.holds.remove(at.ok_or(missing)?);
        }
        OrderEvent::CancellationRequested(e) => order.cancellations.push(CancellationRecord {
            number: e.cancellation,
            facility: e.facility,
            reason: e.reason,
            portions: e.portions.clone(),
            answer: None,
        }),
        OrderEvent::CancellationAccepted(e) => {
            stage::free(order, &e.portions, &IN_WORK, Bucket::Cancelled)?;
            answer(order, e.cancellation, CancellationAnswer::Accepted)?;
        }
        OrderEvent::CancellationMet(e) => met(order, e)?,
        OrderEvent::CancellationDeclined(e) => {
            answer(order, e.cancellation, CancellationAnswer::Declined)?;
        }
        _ => goods::change(order, event)?,
    }
    Ok(())
}

/// Before it is changed for the first time: what the order was placed as.
pub(super) fn remember(order: &mut Order) {
    if order.placed.is_none() {
        let line = |(number, line): (LineNumber, &Line)| {
            let quantity = Quantity::new(order.buckets_of(number).ordered)?;
            Some(OrderLine { item: line.item.clone(), quantity, unit_price: line.unit_price })
        };
        let lines = order.named_lines().filter_map(line).collect();
        let destination = order.destination.clone();
        order.placed = Some(Box::new(Placed { lines, destination }));
    }
}

fn amend(order: &mut Order, event: &OrderAmended) -> Result<(), CorruptHistory> {
    remember(order);
    unpaid::raise(order, &event.more, event.added.len());
    stage::free(order, &event.released, &FREE, Bucket::Cancelled)?;
    for &UnitsOfLine { line, quantity } in &event.unsourced {
        let line = order.lines.get_mut(line.index()).ok_or(NO_LINE)?;
        line.buckets.shift(quantity, Bucket::Unsourced, Bucket::Cancelled)?;
    }
    less_amended(order, &event.unsourced);
    for &UnitsOfLine { line, quantity } in &event.more {
        more_amended(order, line, quantity);
        let line = order.lines.get_mut(line.index()).ok_or(NO_LINE)?;
        line.buckets.add(quantity)?;
    }
    for price in &event.prices {
        let line = order.lines.get_mut(price.line.index()).ok_or(NO_LINE)?;
        line.unit_price = price.unit_price;
    }
    for added in &event.added {
        let number = u16::try_from(order.lines.len()).map(LineNumber).map_err(|_| NO_LINE)?;
        more_amended(order, number, added.quantity.get());
        order.lines.push(line(added));
    }
    if let Some(destination) = &event.destination {
        order.destination = destination.clone();
    }
    order.total = event.total;
    Ok(())
}

/// An amendment asks for units.
fn more_amended(order: &mut Order, line: LineNumber, quantity: u32) {
    match order.amended.iter_mut().find(|units| units.line == line) {
        Some(known) => known.quantity = known.quantity.saturating_add(quantity),
        None => order.amended.push(UnitsOfLine { line, quantity }),
    }
}

/// Of what waits for stock, these units do no more: those that an amendment asked for first.
fn less_amended(order: &mut Order, units: &[UnitsOfLine]) {
    for less in units {
        if let Some(known) = order.amended.iter_mut().find(|known| known.line == less.line) {
            known.quantity = known.quantity.saturating_sub(less.quantity);
        }
    }
    order.amended.retain(|known| known.quantity > 0);
}

fn answer(
    order: &mut Order,
    number: CancellationNumber,
    answer: CancellationAnswer,
) -> Result<(), CorruptHistory> {
    let open = |c: &&mut CancellationRecord| c.number == number && c.answer.is_none();
    let open = order.cancellations.iter_mut().find(open).ok_or(NOT_OPEN)?;
    open.answer = Some(answer);
    Ok(())
}

/// Units of a request are cancelled that came loose by themselves.
fn met(order: &mut Order, event: &CancellationMet) -> Result<(), CorruptHistory> {
    let open = |c: &&mut CancellationRecord| c.number == event.cancellation && c.answer.is_none();
    let open = order.cancellations.iter_mut().find(open).ok_or(NOT_OPEN)?;
    for met in &event.portions {
        let asked = open.portions.iter_mut().find(|p| stage::is_same(p, met)).ok_or(NOT_OPEN)?;
        asked.quantity = asked.quantity.checked_sub(met.quantity).ok_or(NOT_OPEN)?;
    }
    open.portions.retain(|p| p.quantity > 0);
    let loose = event.portions.iter();
    loose.copied().try_for_each(|p| stage::shift(order, p, Bucket::Unsourced, Bucket::Cancelled))
}

fn end(order: &mut Order, status: Status, at: Timestamp) {
    order.status = status;
    order.ended_at = Some(at);
    // Whatever was to take its place does so no more, unless that is how it ended.
    (order.replaced_by, order.moving) = (None, None);
    unpaid::forget(order);
}

fn allocate(order: &mut Order, reservation: ReservationNumber) -> Result<(), CorruptHistory> {
    let soft = |t: &&mut Tied| t.portion.reservation == reservation && !t.stage.is_hard();
    for late in order.backordered.iter_mut().filter(|b| b.units.reservation == reservation) {
        late.hard = true;
    }
    for tied in order.tied.iter_mut().filter(soft) {
        tied.stage = Stage::Allocated;
        let line = order.lines.get_mut(tied.portion.line.index()).ok_or(NO_LINE)?;
        line.buckets.shift(tied.portion.quantity, Bucket::Reserved, Bucket::Allocated)?;
    }
    Ok(())
}

fn cancel_unsourced(order: &mut Order) -> Result<(), CorruptHistory> {
    for line in &mut order.lines {
        line.buckets.shift(line.buckets.unsourced, Bucket::Unsourced, Bucket::Cancelled)?;
    }
    Ok(())
}
