//! Folding order events into the state.
//!
//! Law: nothing here decides; an event that does not fit the state is a corrupt history, and the
//! state is then thrown away by whoever holds it.

use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

use super::buckets::{Bucket, Buckets};
use super::event::{Disposition, OrderEvent, OrderPlaced, ReturnReceived, UnitsOfLine};
use super::state::{Line, Order, Orders, Payment, Return, Shipment, Tied};
use super::transitions::Status;
use crate::decide::CorruptHistory;
use crate::demand::{Hold, Portion};
use crate::ids::{OrderId, ReservationNumber};
use crate::time::Timestamp;

const NO_ORDER: CorruptHistory = CorruptHistory::because("an event of an order that is not there");
const NO_LINE: CorruptHistory = CorruptHistory::because("an event of a line that is not there");
const NOT_TIED: CorruptHistory = CorruptHistory::because("units are freed that are not tied");

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
        shipments: Vec::new(),
        returns: Vec::new(),
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
            for &portion in &e.portions {
                shift(order, portion, Bucket::Unsourced, tied_bucket(hard))?;
                order.tied.push(Tied { portion, hard });
            }
        }
        OrderEvent::Allocated(e) => allocate(order, e.reservation)?,
        OrderEvent::Confirmed(_) => order.status = Status::Confirmed,
        OrderEvent::Rejected(e) => {
            free(order, &e.released, Bucket::Cancelled)?;
            cancel_unsourced(order)?;
            order.rejection = Some(e.why.clone());
            end(order, Status::Rejected, e.at);
        }
        OrderEvent::Expired(e) => {
            free(order, &e.released, Bucket::Cancelled)?;
            cancel_unsourced(order)?;
            end(order, Status::Expired, e.at);
        }
        OrderEvent::LinesCancelled(e) => {
            free(order, &e.released, Bucket::Cancelled)?;
            for units in &e.unsourced {
                let line = order.lines.get_mut(units.line.index()).ok_or(NO_LINE)?;
                line.buckets.shift(units.quantity, Bucket::Unsourced, Bucket::Cancelled)?;
            }
        }
        OrderEvent::Cancelled(e) => end(order, Status::Cancelled, e.at),
        OrderEvent::Unsourced(e) => {
            free(order, &e.portions, Bucket::Unsourced)?;
            order.reservations = e.reservation;
        }
        OrderEvent::PaymentAuthorized(e) => order.payment = Payment::Authorized(e.amount),
        OrderEvent::Shipped(e) => {
            free(order, &e.portions, Bucket::InTransit)?;
            let portions = e.portions.clone();
            let (number, facility) = (e.shipment, e.facility);
            order.shipments.push(Shipment { number, facility, portions, delivered_at: None });
        }
        OrderEvent::Delivered(e) => {
            let arriving = |s: &&mut Shipment| s.number == e.shipment && s.delivered_at.is_none();
            let missing = CorruptHistory::because("a shipment arrives that is not on its way");
            let shipment = order.shipments.iter_mut().find(arriving).ok_or(missing)?;
            shipment.delivered_at = Some(e.at);
            for portion in shipment.portions.clone() {
                shift(order, portion, Bucket::InTransit, Bucket::Delivered)?;
            }
        }
        OrderEvent::ReturnRequested(e) => {
            for &UnitsOfLine { line, quantity } in &e.units {
                let buckets = &mut order.lines.get_mut(line.index()).ok_or(NO_LINE)?.buckets;
                add(&mut buckets.return_requested, quantity)?;
            }
            order.returns.push(Return {
                number: e.number,
                units: e.units.clone(),
                received: false,
            });
        }
        OrderEvent::ReturnReceived(e) => take_back(order, e)?,
        OrderEvent::Completed(e) => end(order, Status::Completed, e.at),
        OrderEvent::AllocationRequested(_)
        | OrderEvent::Placed(_)
        | OrderEvent::TieReturned(_)
        | OrderEvent::Archived(_) => {}
    }
    Ok(())
}

fn end(order: &mut Order, status: Status, at: Timestamp) {
    order.status = status;
    order.ended_at = Some(at);
}

fn allocate(order: &mut Order, reservation: ReservationNumber) -> Result<(), CorruptHistory> {
    let soft = |t: &&mut Tied| t.portion.reservation == reservation && !t.hard;
    for tied in order.tied.iter_mut().filter(soft) {
        tied.hard = true;
        let line = order.lines.get_mut(tied.portion.line.index()).ok_or(NO_LINE)?;
        line.buckets.shift(tied.portion.quantity, Bucket::Reserved, Bucket::Allocated)?;
    }
    Ok(())
}

/// Takes units out of what is tied, and moves them to a bucket.
fn free(order: &mut Order, portions: &[Portion], to: Bucket) -> Result<(), CorruptHistory> {
    for &freed in portions {
        let same = |t: &Tied| Portion { quantity: freed.quantity, ..t.portion } == freed;
        let at = order.tied.iter().position(same).ok_or(NOT_TIED)?;
        let tied = order.tied.get_mut(at).ok_or(NOT_TIED)?;
        let hard = tied.hard;
        let rest = tied.portion.quantity.checked_sub(freed.quantity).ok_or(NOT_TIED)?;
        tied.portion.quantity = rest;
        if rest == 0 {
            order.tied.remove(at);
        }
        shift(order, freed, tied_bucket(hard), to)?;
    }
    Ok(())
}

fn cancel_unsourced(order: &mut Order) -> Result<(), CorruptHistory> {
    for line in &mut order.lines {
        line.buckets.shift(line.buckets.unsourced, Bucket::Unsourced, Bucket::Cancelled)?;
    }
    Ok(())
}

fn take_back(order: &mut Order, event: &ReturnReceived) -> Result<(), CorruptHistory> {
    let missing = CorruptHistory::because("a return arrives that is not on its way");
    let mut returns = order.returns.iter_mut();
    let open = returns.find(|r| r.number == event.number && !r.received).ok_or(missing)?;
    open.received = true;
    for unit in &event.units {
        let buckets = &mut order.lines.get_mut(unit.line.index()).ok_or(NO_LINE)?.buckets;
        let counter = match event.disposition {
            Disposition::Restock => &mut buckets.restocked,
            Disposition::Quarantine => &mut buckets.quarantined,
            Disposition::WriteOff => &mut buckets.written_off,
            Disposition::BackToCustomer => &mut buckets.returned_to_customer,
        };
        add(counter, unit.quantity)?;
    }
    Ok(())
}

fn add(counter: &mut u32, units: u32) -> Result<(), CorruptHistory> {
    let corrupt = CorruptHistory::because("more units than can be counted");
    *counter = counter.checked_add(units).ok_or(corrupt)?;
    Ok(())
}

fn shift(
    order: &mut Order,
    portion: Portion,
    from: Bucket,
    to: Bucket,
) -> Result<(), CorruptHistory> {
    let line = order.lines.get_mut(portion.line.index()).ok_or(NO_LINE)?;
    line.buckets.shift(portion.quantity, from, to)
}

fn tied_bucket(hard: bool) -> Bucket {
    if hard { Bucket::Allocated } else { Bucket::Reserved }
}
