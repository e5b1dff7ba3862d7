//! Folding order events into the state.
//!
//! Law: nothing here decides; an event that does not fit the state is a corrupt history, and the
//! state is then thrown away by whoever holds it.

mod goods;

use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

use super::buckets::{Bucket, Buckets};
use super::event::{OrderEvent, OrderPlaced};
use super::stage::{self, FREE, IN_WORK, Stage};
use super::state::{
    CancellationAnswer, CancellationRecord, HoldRecord, Line, Order, Orders, Payment, Tied,
};
use super::transitions::Status;
use crate::decide::CorruptHistory;
use crate::demand::Hold;
use crate::ids::{CancellationNumber, HoldNumber, OrderId, ReservationNumber};
use crate::time::Timestamp;

const NO_ORDER: CorruptHistory = CorruptHistory::because("an event of an order that is not there");
const NO_LINE: CorruptHistory = CorruptHistory::because("an event of a line that is not there");

/// Folds an event into the state, and keeps the deadlines in step.
pub(super) fn evolve(orders: &mut Orders, event: &OrderEvent) -> Result<(), CorruptHistory> {
    let id = event.order();
    match event {
        OrderEvent::Placed(placed) => return insert(orders, placed),
        OrderEvent::Archived(_) => return archive(orders, id),
        // The tie of an order that was archived meanwhile is returned too.
        OrderEvent::TieReturned(_) => return Ok(()),
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

fn insert(orders: &mut Orders, placed: &OrderPlaced) -> Result<(), CorruptHistory> {
    let line = |line: &super::command::OrderLine| Line {
        item: line.item.clone(),
        unit_price: line.unit_price,
        buckets: Buckets::ordered(line.quantity.get()),
    };
    let order = Order {
        status: Status::Pending,
        owner: placed.owner.clone(),
        number: placed.number.clone(),
        placed_at: placed.at,
        ended_at: None,
        rejection: None,
        currency: placed.total.currency,
        total: placed.total,
        destination: placed.destination.clone(),
        payment: Order::terms(placed.payment),
        lines: placed.lines.iter().map(line).collect(),
        tied: Vec::new(),
        reservations: ReservationNumber(1),
        asked: ReservationNumber(1),
        excluded: Vec::new(),
        staged: Vec::new(),
        shipments: Vec::new(),
        returns: Vec::new(),
        holds: Vec::new(),
        hold_count: HoldNumber(0),
        cancellations: Vec::new(),
    };
    let Entry::Vacant(place) = orders.orders.entry(placed.order) else {
        return Err(CorruptHistory::because("an order is placed twice"));
    };
    if let Some(at) = order.deadline(&orders.policy) {
        orders.deadlines.insert((at, placed.order));
    }
    place.insert(order);
    Ok(())
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

fn change(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::Sourced(e) => {
            let hard = e.hold == Hold::Hard;
            let stage = if hard { Stage::Allocated } else { Stage::Reserved };
            for &portion in &e.portions {
                stage::shift(order, portion, Bucket::Unsourced, stage.bucket())?;
                order.tied.push(Tied { portion, stage });
            }
        }
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
        }
        OrderEvent::Cancelled(e) => end(order, Status::Cancelled, e.at),
        OrderEvent::Unsourced(e) => {
            stage::free(order, &e.portions, &stage::ALL, Bucket::Unsourced)?;
            (order.reservations, order.asked) = (e.reservation, e.reservation);
        }
        OrderEvent::PaymentAuthorized(e) => order.payment = Payment::Authorized(e.amount),
        OrderEvent::Completed(e) => end(order, Status::Completed, e.at),
        OrderEvent::HoldPlaced(e) => {
            order.hold_count = e.hold;
            order.holds.push(HoldRecord {
                number: e.hold,
                kind: e.kind,
                reason: e.reason.clone(),
                placed_at: e.at,
                until: e.until,
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
        OrderEvent::CancellationDeclined(e) => {
            answer(order, e.cancellation, CancellationAnswer::Declined)?;
        }
        _ => goods::change(order, event)?,
    }
    Ok(())
}

fn answer(
    order: &mut Order,
    number: CancellationNumber,
    answer: CancellationAnswer,
) -> Result<(), CorruptHistory> {
    let missing = CorruptHistory::because("a request is answered that is not open");
    let open = |c: &&mut CancellationRecord| c.number == number && c.answer.is_none();
    let open = order.cancellations.iter_mut().find(open).ok_or(missing)?;
    open.answer = Some(answer);
    Ok(())
}

fn end(order: &mut Order, status: Status, at: Timestamp) {
    order.status = status;
    order.ended_at = Some(at);
}

fn allocate(order: &mut Order, reservation: ReservationNumber) -> Result<(), CorruptHistory> {
    let soft = |t: &&mut Tied| t.portion.reservation == reservation && !t.stage.is_hard();
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
