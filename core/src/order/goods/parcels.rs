//! Parcels: shipped, delivered, voided, lost, or back to their sender undelivered.
//!
//! Law: a facility that works in stages ships what is packed; one that does not, what is allocated;
//! a parcel has one end, and none leaves that is not paid for where payment is required. Once every
//! unit has arrived, is lost, back or cancelled, the order is completed.

use alloc::vec;
use alloc::vec::Vec;

use super::super::command::{
    DeliverShipment, LoseShipment, ReturnToSender, ShipOrder, VoidShipping,
};
use super::super::decide::Decision;
use super::super::event::{
    OrderCompleted, OrderEvent, ShipmentDelivered, ShipmentLost, ShipmentReturnedToSender,
    ShipmentShipped, ShippingVoided,
};
use super::super::refusal::OrderRefusal;
use super::super::stage::{self, Stage};
use super::super::state::{Carriage, Order, Shipment};
use super::super::{cancel, holds, news, payment};
use super::last_number;
use crate::demand::Portion;
use crate::ids::{FacilityId, OrderId, ReturnNumber, ShipmentNumber};
use crate::time::Timestamp;

/// One shipment per facility, in order of the facilities' ids.
pub(in crate::order) fn ship(
    command: &ShipOrder,
    order: &Order,
    staged: bool,
    at: Timestamp,
) -> Decision {
    let wanted = |f: FacilityId| command.facility.is_none_or(|only| only == f);
    let mut portions = ready(order, staged);
    portions.retain(|p| wanted(p.facility));
    if portions.is_empty() {
        if order.tied.iter().any(|t| t.stage.is_hard() && wanted(t.portion.facility)) {
            holds::check(order)?;
            return Err(OrderRefusal::NotPacked);
        }
        let shipped = order.shipments.iter().any(|s| wanted(s.facility));
        return if shipped { Ok(vec![]) } else { Err(OrderRefusal::NothingToShip) };
    }
    payment::check(order)?;
    portions.sort_by_key(|p| (p.facility, p.line, p.tier, p.reservation));
    let mut number = last_number(order.shipments.last().map(|s| s.number.0));
    let mut events = cancel::overtaken(command.order, order, &portions, at);
    for parcel in portions.chunk_by(|a, b| a.facility == b.facility) {
        let Some(facility) = parcel.first().map(|p| p.facility) else { continue };
        number = number.checked_add(1).ok_or(OrderRefusal::TooManyParts)?;
        events.push(OrderEvent::Shipped(ShipmentShipped {
            order: command.order,
            at,
            shipment: ShipmentNumber(number),
            facility,
            portions: parcel.to_vec(),
        }));
    }
    Ok(events)
}

/// What can leave now: from a facility that was ever handed units of the order, what is packed;
/// else what is allocated, unless a hold or the policy wants it released first.
fn ready(order: &Order, staged: bool) -> Vec<Portion> {
    let direct = !staged && order.holds.is_empty();
    let is_ready = |t: &&super::super::state::Tied| match t.stage {
        Stage::Packed => true,
        Stage::Allocated => direct && order.staged.binary_search(&t.portion.facility).is_err(),
        Stage::Reserved | Stage::Released | Stage::Picked => false,
    };
    order.tied.iter().filter(is_ready).map(|t| t.portion).collect()
}

/// Delivers one shipment or all; the last one completes the order.
pub(in crate::order) fn deliver(
    command: &DeliverShipment,
    order: &Order,
    at: Timestamp,
) -> Decision {
    let id = command.order;
    let named = |s: &&Shipment| command.shipment.is_none_or(|only| only == s.number);
    let mut all = order.shipments.iter().filter(named);
    let first = all.next().ok_or(OrderRefusal::NoSuchShipment)?;
    if command.shipment.is_some() && ended(first, Carriage::Delivered)? {
        return Ok(vec![]);
    }
    let under_way = order.shipments.iter().filter(named).filter(|s| s.state == Carriage::UnderWay);
    let arriving: Vec<&Shipment> = under_way.collect();
    let mut events: Vec<OrderEvent> = Vec::with_capacity(arriving.len().saturating_add(1));
    for shipment in &arriving {
        let shipment = shipment.number;
        events.push(OrderEvent::Delivered(ShipmentDelivered { order: id, at, shipment }));
    }
    events.extend(completed(id, order, &arriving, at));
    Ok(events)
}

/// The parcel did not leave: its units are allocated again, by a reservation of their own.
pub(in crate::order) fn void(command: &VoidShipping, order: &Order, at: Timestamp) -> Decision {
    let VoidShipping { order: id, shipment } = *command;
    let known = find(order, shipment)?;
    if ended(known, Carriage::Voided)? {
        return Ok(vec![]);
    }
    let reservation = news::next_reservation(order)?;
    let again = known.portions.iter().map(|p| Portion { reservation, ..*p });
    let portions = stage::merge(again.collect());
    Ok(vec![OrderEvent::ShippingVoided(ShippingVoided { order: id, at, shipment, portions })])
}

/// The carrier lost the parcel.
pub(in crate::order) fn lose(command: &LoseShipment, order: &Order, at: Timestamp) -> Decision {
    let LoseShipment { order: id, shipment } = *command;
    let known = find(order, shipment)?;
    if ended(known, Carriage::Lost)? {
        return Ok(vec![]);
    }
    let mut events = vec![OrderEvent::Lost(ShipmentLost { order: id, at, shipment })];
    events.extend(completed(id, order, &[known], at));
    Ok(events)
}

/// The parcel came back undelivered.
pub(in crate::order) fn send_back(
    command: &ReturnToSender,
    order: &Order,
    at: Timestamp,
) -> Decision {
    let ReturnToSender { order: id, shipment, facility, putaway } = *command;
    let known = find(order, shipment)?;
    if ended(known, Carriage::ReturnedToSender)? {
        return Ok(vec![]);
    }
    let number = last_number(order.returns.last().map(|r| r.number.0));
    let number = ReturnNumber(number.checked_add(1).ok_or(OrderRefusal::TooManyParts)?);
    let there = |p: &Portion| Portion { facility: facility.unwrap_or(p.facility), ..*p };
    let units = known.portions.iter().map(there).collect();
    let back = ShipmentReturnedToSender { order: id, at, shipment, number, putaway, units };
    let mut events = vec![OrderEvent::ReturnedToSender(back)];
    events.extend(completed(id, order, &[known], at));
    Ok(events)
}

fn find(order: &Order, number: ShipmentNumber) -> Result<&Shipment, OrderRefusal> {
    let found = order.shipments.iter().find(|s| s.number == number);
    found.ok_or(OrderRefusal::NoSuchShipment)
}

/// Whether the parcel has come to that end already; a refusal if it has come to another.
fn ended(shipment: &Shipment, end: Carriage) -> Result<bool, OrderRefusal> {
    match shipment.state {
        Carriage::UnderWay => Ok(false),
        state if state == end => Ok(true),
        state => Err(OrderRefusal::ShipmentEnded { shipment: shipment.number, state }),
    }
}

/// The order is complete once these parcels have come to their end and nothing else is left.
fn completed(
    id: OrderId,
    order: &Order,
    ending: &[&Shipment],
    at: Timestamp,
) -> Option<OrderEvent> {
    let settled = |b: &super::super::Buckets| u64::from(b.settled());
    let so_far = order.lines.iter().map(|l| settled(&l.buckets)).fold(0, u64::saturating_add);
    let in_them = ending.iter().flat_map(|s| &s.portions).map(|p| u64::from(p.quantity));
    let all = order.lines.iter().map(|l| u64::from(l.buckets.ordered)).fold(0, u64::saturating_add);
    let complete = !ending.is_empty() && in_them.fold(so_far, u64::saturating_add) == all;
    complete.then_some(OrderEvent::Completed(OrderCompleted { order: id, at }))
}
