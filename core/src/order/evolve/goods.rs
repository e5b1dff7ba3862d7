//! Folding in what happened to the goods: in the warehouse, on the road, and back.
//!
//! Law: a parcel has one end, and a return takes back no more than was announced.

use alloc::vec::Vec;

use super::super::buckets::Bucket;
use super::super::claims;
use super::super::event::{Disposition, OrderEvent, OrderResourced, Resourcing, UnitsOfLine};
use super::super::stage::{self, FREE, IN_WORK, Stage};
use super::super::state::{Carriage, Order, Return, ReturnState, Shipment};
use super::NO_LINE;
use crate::decide::CorruptHistory;
use crate::demand::Portion;
use crate::ids::{FacilityId, ReturnNumber, ShipmentNumber};

const NO_RETURN: CorruptHistory =
    CorruptHistory::because("a return arrives that is not on its way");

pub(super) fn change(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::Released(e) => {
            insert(&mut order.staged, e.facility);
            stage::advance(order, &e.portions, Stage::Allocated, Stage::Released)
        }
        OrderEvent::Picked(e) => stage::advance(order, &e.portions, Stage::Released, Stage::Picked),
        OrderEvent::Packed(e) => stage::advance(order, &e.portions, Stage::Picked, Stage::Packed),
        OrderEvent::Resourced(e) => resource(order, e),
        OrderEvent::FulfilmentRejected(e) => {
            insert(&mut order.excluded, e.facility);
            insert(&mut order.refused, e.facility);
            Ok(())
        }
        OrderEvent::Shipped(e) => {
            let from = [Stage::Packed, Stage::Allocated];
            stage::free(order, &e.portions, &from, Bucket::InTransit)?;
            let (number, facility, portions) = (e.shipment, e.facility, e.portions.clone());
            let state = Carriage::UnderWay;
            let delivered_at = None;
            order.shipments.push(Shipment { number, facility, portions, state, delivered_at });
            Ok(())
        }
        OrderEvent::Delivered(e) => {
            arrive(order, e.shipment, Carriage::Delivered, Bucket::Delivered)?;
            let mut shipments = order.shipments.iter_mut();
            if let Some(shipment) = shipments.find(|s| s.number == e.shipment) {
                shipment.delivered_at = Some(e.at);
            }
            Ok(())
        }
        OrderEvent::Lost(e) => arrive(order, e.shipment, Carriage::Lost, Bucket::Lost),
        OrderEvent::ReturnedToSender(e) => {
            let (state, bucket) = (Carriage::ReturnedToSender, Bucket::ReturnedToSender);
            arrive(order, e.shipment, state, bucket)?;
            let (number, state) = (e.number, ReturnState::Received);
            let (units, parcels, received) = (Vec::new(), Vec::new(), Vec::new());
            order.returns.push(Return { number, units, parcels, received, state });
            Ok(())
        }
        OrderEvent::ShippingVoided(e) => {
            arrive(order, e.shipment, Carriage::Voided, Bucket::Allocated)?;
            for &portion in &e.portions {
                order.reservations = order.reservations.max(portion.reservation);
                stage::add(&mut order.tied, portion, Stage::Allocated)?;
            }
            Ok(())
        }
        _ => returned(order, event),
    }
}

/// What the customer sends back.
fn returned(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::ReturnRequested(e) => {
            for &UnitsOfLine { line, quantity } in &e.units {
                let buckets = &mut order.lines.get_mut(line.index()).ok_or(NO_LINE)?.buckets;
                add(&mut buckets.return_requested, quantity)?;
            }
            let parcels = claims::told(order, e)?;
            let (number, units) = (e.number, e.units.clone());
            let (received, state) = (Vec::new(), ReturnState::Requested);
            order.returns.push(Return { number, units, parcels, received, state });
            Ok(())
        }
        OrderEvent::ReturnReceived(e) => {
            take_back(order, e.number, e.disposition, &e.units, ReturnState::Received)
        }
        OrderEvent::ReturnPartlyReceived(e) => {
            take_back(order, e.number, e.disposition, &e.units, ReturnState::PartlyReceived)
        }
        OrderEvent::ReturnRefused(e) => {
            for &UnitsOfLine { line, quantity } in &e.units {
                let buckets = &mut order.lines.get_mut(line.index()).ok_or(NO_LINE)?.buckets;
                let left = buckets.return_requested.checked_sub(quantity);
                buckets.return_requested = left.ok_or(NO_RETURN)?;
            }
            let refused = open_return(order, e.number)?;
            refused.state = ReturnState::Refused;
            claims::keep_what_came(refused);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn insert(facilities: &mut Vec<FacilityId>, facility: FacilityId) {
    if let Err(at) = facilities.binary_search(&facility) {
        facilities.insert(at, facility);
    }
}

fn resource(order: &mut Order, event: &OrderResourced) -> Result<(), CorruptHistory> {
    let from: &[Stage] = match event.why {
        Resourcing::FacilityRefused => &IN_WORK,
        Resourcing::ItemsMissing => &[Stage::Released],
        Resourcing::StockLost => &stage::ALL,
        Resourcing::Amended => &FREE,
    };
    stage::free(order, &event.portions, from, Bucket::Unsourced)?;
    (order.reservations, order.asked) = (event.reservation, event.reservation);
    order.excluded.clone_from(&event.excluded);
    order.amending = (event.why == Resourcing::Amended).then_some(event.reservation);
    Ok(())
}

/// A parcel comes to its end.
fn arrive(
    order: &mut Order,
    number: ShipmentNumber,
    state: Carriage,
    to: Bucket,
) -> Result<(), CorruptHistory> {
    let under_way = |s: &&mut Shipment| s.number == number && s.state == Carriage::UnderWay;
    let missing = CorruptHistory::because("a shipment arrives that is not on its way");
    let shipment = order.shipments.iter_mut().find(under_way).ok_or(missing)?;
    shipment.state = state;
    let portions: Vec<Portion> = shipment.portions.clone();
    portions.into_iter().try_for_each(|p| stage::shift(order, p, Bucket::InTransit, to))
}

fn take_back(
    order: &mut Order,
    number: ReturnNumber,
    disposition: Disposition,
    units: &[Portion],
    state: ReturnState,
) -> Result<(), CorruptHistory> {
    for unit in units {
        let buckets = &mut order.lines.get_mut(unit.line.index()).ok_or(NO_LINE)?.buckets;
        let counter = match disposition {
            Disposition::Restock => &mut buckets.restocked,
            Disposition::Quarantine => &mut buckets.quarantined,
            Disposition::WriteOff => &mut buckets.written_off,
            Disposition::BackToCustomer => &mut buckets.returned_to_customer,
        };
        add(counter, unit.quantity)?;
    }
    let open = open_return(order, number)?;
    open.state = state;
    for unit in units {
        match open.received.iter_mut().find(|u| u.line == unit.line) {
            Some(known) => add(&mut known.quantity, unit.quantity)?,
            None => {
                let (line, quantity) = (unit.line, unit.quantity);
                open.received.push(UnitsOfLine { line, quantity });
            }
        }
    }
    Ok(())
}

fn open_return(order: &mut Order, number: ReturnNumber) -> Result<&mut Return, CorruptHistory> {
    order.returns.iter_mut().find(|r| r.number == number && r.is_open()).ok_or(NO_RETURN)
}

fn add(counter: &mut u32, units: u32) -> Result<(), CorruptHistory> {
    let corrupt = CorruptHistory::because("more units than can be counted");
    *counter = counter.checked_add(units).ok_or(corrupt)?;
    Ok(())
}
