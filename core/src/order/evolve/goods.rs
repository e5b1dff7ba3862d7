//! Folding in what happened to the goods: in the warehouse, on the road, and back.
//!
//! Law: a parcel has one end, and a return takes back no more than was announced.

use alloc::vec::Vec;

use super::super::buckets::Bucket;
use super::super::event::{
    Disposition, OrderEvent, OrderResourced, Resourcing, ReturnReceived, UnitsOfLine,
};
use super::super::stage::{self, FREE, IN_WORK, Stage};
use super::super::state::{Carriage, Order, Return, Shipment};
use super::NO_LINE;
use crate::decide::CorruptHistory;
use crate::demand::Portion;
use crate::ids::{FacilityId, ShipmentNumber};

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
            let units = Vec::new();
            order.returns.push(Return { number: e.number, units, received: true });
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
        OrderEvent::ReturnRequested(e) => {
            for &UnitsOfLine { line, quantity } in &e.units {
                let buckets = &mut order.lines.get_mut(line.index()).ok_or(NO_LINE)?.buckets;
                add(&mut buckets.return_requested, quantity)?;
            }
            let (number, units) = (e.number, e.units.clone());
            order.returns.push(Return { number, units, received: false });
            Ok(())
        }
        OrderEvent::ReturnReceived(e) => take_back(order, e),
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
