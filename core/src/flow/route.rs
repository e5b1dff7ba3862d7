//! Which event of one role is a command to another: the whole conversation on one page.
//!
//! ```text
//! Placed ------------> Reserve --> Tied -------> RecordTied ------> Sourced, Confirmed
//!                              \-> Rejected ---> RecordRejected --> Rejected
//! AllocationRequested> Allocate -> Allocated --> RecordAllocated -> Allocated, Confirmed
//! Unsourced ---------> Reserve     Expired ----> RecordLapsed ----> Expired
//!                                  Stripped ---> RecordStripped --> Unsourced
//! Rejected, Expired, LinesCancelled, TieReturned --> Release
//! Shipped -----------> Ship        ReturnReceived -> Restock
//! ```
//!
//! Law: a route reads nothing but the event, so that it works the same behind a broker.

use alloc::vec::Vec;

use super::shop::{Command, Event};
use crate::demand::{Demand, Hold, Portion};
use crate::ids::{LineNumber, OrderId, ReservationNumber};
use crate::inventory::{
    Allocate, InventoryCommand, InventoryEvent, Release, Reserve, Restock, ShipStock,
};
use crate::notification::{News, NotificationCommand, Tell};
use crate::order::{
    CancelReason, Disposition, OrderCommand, OrderEvent, OrderPlaced, PaymentTerms,
    RecordAllocated, RecordLapsed, RecordRejected, RecordStripped, RecordTied, Rejection,
    ReturnReceived,
};

/// Hands `to` what the event asks of other roles, in order.
pub fn route(event: &Event, mut to: impl FnMut(Command)) {
    match event {
        Event::Order(event) => from_order(event, &mut to),
        Event::Inventory(event) => from_inventory(event, &mut to),
        Event::Policy(_) | Event::Notification(_) => {}
    }
}

fn from_order(event: &OrderEvent, to: &mut impl FnMut(Command)) {
    let order = event.order();
    let inventory = Command::Inventory;
    match event {
        OrderEvent::Placed(e) => to(inventory(InventoryCommand::Reserve(first_reserve(e)))),
        OrderEvent::AllocationRequested(e) => {
            let reservation = e.reservation;
            to(inventory(InventoryCommand::Allocate(Allocate { order, reservation })));
        }
        OrderEvent::Confirmed(_) => to(tell(order, News::Accepted)),
        OrderEvent::Rejected(e) => {
            release(order, &e.released, to);
            to(tell(order, News::Rejected));
        }
        OrderEvent::Expired(e) => {
            release(order, &e.released, to);
            to(tell(order, News::Expired));
        }
        OrderEvent::LinesCancelled(e) => {
            release(order, &e.released, to);
            if e.reason == CancelReason::Inventory {
                to(tell(order, News::Shortened));
            }
        }
        OrderEvent::Cancelled(_) => to(tell(order, News::Cancelled)),
        OrderEvent::Unsourced(e) => to(inventory(InventoryCommand::Reserve(Reserve {
            order,
            reservation: e.reservation,
            demands: e.demands.clone(),
            destination: e.destination.clone(),
            hold: e.hold,
            excluded: Vec::new(),
            replaces: Vec::new(),
        }))),
        OrderEvent::TieReturned(e) => release(order, &e.portions, to),
        OrderEvent::Shipped(e) => {
            let (shipment, portions) = (e.shipment, e.portions.clone());
            to(inventory(InventoryCommand::Ship(ShipStock { order, shipment, portions })));
            to(tell(order, News::Shipped(shipment)));
        }
        OrderEvent::Delivered(e) => to(tell(order, News::Delivered(e.shipment))),
        OrderEvent::ReturnReceived(e) => take_back(e, to),
        OrderEvent::Archived(_) => to(Command::Notification(NotificationCommand::Forget(order))),
        OrderEvent::Sourced(_)
        | OrderEvent::Allocated(_)
        | OrderEvent::PaymentAuthorized(_)
        | OrderEvent::ReturnRequested(_)
        | OrderEvent::Completed(_) => {}
    }
}

fn from_inventory(event: &InventoryEvent, to: &mut impl FnMut(Command)) {
    let command = match event {
        InventoryEvent::Tied(e) => OrderCommand::RecordTied(RecordTied {
            order: e.order,
            reservation: e.reservation,
            hold: e.hold,
            portions: e.portions.clone(),
        }),
        InventoryEvent::Rejected(e) => {
            let why = match (e.lapsed, e.too_many_parcels) {
                (true, _) => Rejection::ReservationLapsed,
                (false, Some(allowed)) => Rejection::TooManyParcels { allowed },
                (false, None) => Rejection::Stock { shortfalls: e.shortfalls.clone() },
            };
            let (order, reservation) = (e.order, e.reservation);
            OrderCommand::RecordRejected(RecordRejected { order, reservation, why })
        }
        InventoryEvent::Allocated(e) => {
            let (order, reservation) = (e.order, e.reservation);
            OrderCommand::RecordAllocated(RecordAllocated { order, reservation })
        }
        InventoryEvent::Expired(e) => {
            let (order, reservation) = (e.order, e.reservation);
            OrderCommand::RecordLapsed(RecordLapsed { order, reservation })
        }
        InventoryEvent::Stripped(e) => {
            let (order, portions) = (e.order, e.portions.clone());
            OrderCommand::RecordStripped(RecordStripped { order, portions })
        }
        InventoryEvent::ItemDefined(_)
        | InventoryEvent::FacilityDefined(_)
        | InventoryEvent::Received(_)
        | InventoryEvent::Adjusted(_)
        | InventoryEvent::Released(_)
        | InventoryEvent::Shipped(_)
        | InventoryEvent::Restocked(_)
        | InventoryEvent::FacilityRulesSet(_)
        | InventoryEvent::ItemRulesSet(_)
        | InventoryEvent::UnitPricesSet(_)
        | InventoryEvent::ParcelsBooked(_)
        | InventoryEvent::Moved(_)
        | InventoryEvent::WrittenOff(_)
        | InventoryEvent::SafetySet(_)
        | InventoryEvent::Counted(_)
        | InventoryEvent::LowStockSet(_)
        | InventoryEvent::Low(_)
        | InventoryEvent::Replenished(_)
        | InventoryEvent::Out(_)
        | InventoryEvent::Back(_)
        | InventoryEvent::TransferSent(_)
        | InventoryEvent::TransferReceived(_)
        | InventoryEvent::TransferCancelled(_)
        | InventoryEvent::Expected(_)
        | InventoryEvent::ExpectedReceived(_)
        | InventoryEvent::ExpectedWithdrawn(_)
        | InventoryEvent::Extended(_) => return,
    };
    to(Command::Order(command));
}

fn first_reserve(placed: &OrderPlaced) -> Reserve {
    let demand = |(number, line): (usize, &crate::order::OrderLine)| Demand {
        line: LineNumber(u16::try_from(number).unwrap_or(u16::MAX)),
        item: line.item.clone(),
        quantity: line.quantity,
    };
    Reserve {
        order: placed.order,
        reservation: ReservationNumber(1),
        demands: placed.lines.iter().enumerate().map(demand).collect(),
        destination: placed.destination.clone(),
        hold: match placed.payment {
            PaymentTerms::NotRequired => Hold::Hard,
            PaymentTerms::Required { deadline } => Hold::Soft { until: deadline },
        },
        excluded: Vec::new(),
        replaces: Vec::new(),
    }
}

fn release(order: OrderId, portions: &[Portion], to: &mut impl FnMut(Command)) {
    if !portions.is_empty() {
        let portions: Vec<Portion> = portions.to_vec();
        to(Command::Inventory(InventoryCommand::Release(Release { order, portions })));
    }
}

/// Only what is kept comes back on hand.
fn take_back(event: &ReturnReceived, to: &mut impl FnMut(Command)) {
    let sellable = match event.disposition {
        Disposition::Restock => true,
        Disposition::Quarantine => false,
        Disposition::WriteOff | Disposition::BackToCustomer => return,
    };
    let (order, number, portions) = (event.order, event.number, event.units.clone());
    let restock = Restock { order, number, sellable, portions };
    to(Command::Inventory(InventoryCommand::Restock(restock)));
}

fn tell(order: OrderId, news: News) -> Command {
    Command::Notification(NotificationCommand::Tell(Tell { order, news }))
}
