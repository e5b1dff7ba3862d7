//! Which event of one role is a command to another: the conversation on one page. The main steps;
//! all of them, with what a customer is told, are in [`PROCESS`](super::PROCESS).
//!
//! ```text
//! Placed ------------> Reserve --> Tied -------> RecordTied ------> Sourced, Confirmed
//!                              \-> Rejected ---> RecordRejected --> Rejected
//! ReplacementPlaced -> the same, with all that the other order ties or waits for
//! (with kits)          KitsExploded, then Tied -> RecordExploded --> LinesExploded
//!                              \-> Backordered -> RecordBackordered > Backordered, Confirmed
//!                                  Filled -----> RecordFilled ----> BackorderSourced
//! BackorderDropped, BackorderReturned --> ReleaseAwaited
//! StripHeard --------> ResumeWaiting
//! OrderExtended -----> Extend
//! OrderMoveRequested > ReserveFrom, as the first; its Rejected leads to MoveRefused
//! AllocationRequested> Allocate -> Allocated --> RecordAllocated -> Allocated, Confirmed
//! Unsourced, StockLost > Reserve   Expired ----> RecordLapsed ----> Expired
//!                                  Stripped ---> RecordStripped --> Unsourced
//! Rejected, Expired, LinesCancelled, CancellationAccepted, TieReturned --> Release
//! Shipped -----------> Ship        ReturnReceived, ReturnedToSender -> Restock
//! Resourced ---------> Release (refused by a facility) or Miss (not found), then Reserve
//! ShippingVoided ----> Unship
//! OrderPaymentDue ---> Due, then what a provider is asked for: PaymentRequested,
//!                      CaptureRequested, VoidRequested, RefundRequested
//! Payment authorized, declined, lapsed, captured, voided, refunded --> RecordPayment
//! ```
//! What order and facilities tell each other is on a page of its own: [`handshake`].
//!
//! Law: a route reads nothing but the event, so that it works the same behind a broker.

use alloc::vec::Vec;

use super::handshake;
use super::shop::{Command, Event};
use crate::demand::{Awaited, Demand, Destination, Hold, Portion};
use crate::ids::{LineNumber, OrderId, ReservationNumber, ReturnNumber};
use crate::inventory::{
    Allocate, Extend, InventoryCommand, InventoryEvent, InventoryRejected, Miss, Release,
    ReleaseAwaited, Reserve, ReserveFrom, Restock, ResumeWaiting, ShipStock, Unship,
};
use crate::notification::{News, NotificationCommand, Tell};
use crate::order::{
    CancellationDeclined, Disposition, OrderCommand, OrderEvent, OrderExtended,
    OrderKitsAskedAgain, OrderMoveRequested, OrderPaymentDue, OrderPlaced, OrderReplaced,
    OrderResourced, OrderStockLost, OrderUnsourced, PaymentTerms, Putaway, RecordAllocated,
    RecordBackordered, RecordExploded, RecordFilled, RecordLapsed, RecordPayment, RecordRejected,
    RecordStripped, RecordTied, Rejection, ReplacementPlaced, Resourcing,
};
use crate::payment::{PaymentCommand, PaymentEvent, RecordDue};

/// Hands `to` what the event asks of other roles, in order.
pub fn route(event: &Event, mut to: impl FnMut(Command)) {
    match event {
        Event::Order(event) => {
            from_order(event, &mut to);
            handshake::from_order(event, &mut to);
        }
        Event::Inventory(event) => from_inventory(event, &mut to),
        Event::Fulfilment(event) => handshake::from_fulfilment(event, &mut to),
        Event::Payment(event) => from_payment(event, &mut to),
        Event::Policy(_) | Event::Notification(_) => {}
    }
}

fn from_order(event: &OrderEvent, to: &mut impl FnMut(Command)) {
    let order = event.order();
    let inventory = Command::Inventory;
    match event {
        OrderEvent::Placed(e) => reserve(first_reserve(e), to),
        OrderEvent::PlacedInstead(e) => reserve(instead(e), to),
        OrderEvent::Replaced(e) => replaced(e, to),
        OrderEvent::Extended(e) => extended(e, to),
        OrderEvent::AllocationRequested(e) => {
            let allocate = Allocate { order, reservation: e.reservation };
            to(inventory(InventoryCommand::Allocate(allocate)));
        }
        OrderEvent::Confirmed(_) => to(tell(order, News::Accepted)),
        OrderEvent::Rejected(e) => end(order, &e.released, News::Rejected, to),
        OrderEvent::Expired(e) => end(order, &e.released, News::Expired, to),
        OrderEvent::LinesCancelled(e) => release(order, &e.released, to),
        OrderEvent::Shortened(e) => to(tell(order, shortened(e.number))),
        OrderEvent::CancellationAccepted(e) => {
            release(order, &e.portions, to);
            to(tell(order, News::CancellationAccepted(e.cancellation)));
        }
        OrderEvent::CancellationDeclined(e) => declined(e, to),
        OrderEvent::Cancelled(_) => to(tell(order, News::Cancelled)),
        OrderEvent::Unsourced(e) => reserve(reserve_again(e), to),
        OrderEvent::TieReturned(e) => release(order, &e.portions, to),
        OrderEvent::Archived(_) => forget(order, to),
        OrderEvent::PaymentDue(e) => to(Command::Payment(PaymentCommand::Due(due(e)))),
        OrderEvent::Resourced(e) => resource(e, to),
        OrderEvent::StockLost(e) => reserve(reserve_what_was_lost(e), to),
        OrderEvent::KitsAskedAgain(e) => to(inventory(reserve_from(e))),
        OrderEvent::MoveRequested(e) => to(inventory(reserve_elsewhere(e))),
        OrderEvent::MoveRefused(e) => to(tell(order, News::MoveRefused(e.reservation))),
        OrderEvent::Amended(e) => release(order, &e.released, to),
        OrderEvent::Backordered(_) => to(tell(order, News::Backordered)),
        OrderEvent::PaymentNeeded(e) => to(tell(order, News::PaymentNeeded(e.number))),
        OrderEvent::PaymentMissed(e) => to(tell(order, News::PaymentMissed(e.number))),
        OrderEvent::BackorderDropped(e) => stop_waiting(order, &e.units, to),
        OrderEvent::BackorderReturned(e) => stop_waiting(order, &e.units, to),
        OrderEvent::StripHeard(e) => go_on_waiting(order, &e.reservations, to),
        OrderEvent::Shipped(_)
        | OrderEvent::Delivered(_)
        | OrderEvent::ReturnReceived(_)
        | OrderEvent::ReturnPartlyReceived(_)
        | OrderEvent::ReturnRefused(_)
        | OrderEvent::ShippingVoided(_)
        | OrderEvent::Lost(_)
        | OrderEvent::ReturnedToSender(_) => from_goods(event, to),
        OrderEvent::Released(_)
        | OrderEvent::Picked(_)
        | OrderEvent::Packed(_)
        | OrderEvent::FulfilmentRejected(_)
        | OrderEvent::HoldPlaced(_)
        | OrderEvent::HoldReleased(_)
        | OrderEvent::Drafted(_)
        | OrderEvent::Moved(_)
        | OrderEvent::SetAside(_)
        | OrderEvent::Kept(_)
        | OrderEvent::Reopened(_)
        | OrderEvent::LinesExploded(_)
        | OrderEvent::CancellationRequested(_)
        | OrderEvent::CancellationMet(_)
        | OrderEvent::Sourced(_)
        | OrderEvent::BackorderSourced(_)
        | OrderEvent::Allocated(_)
        | OrderEvent::PaymentAuthorized(_)
        | OrderEvent::PaymentRecorded(_)
        | OrderEvent::ReturnRequested(_)
        | OrderEvent::Completed(_) => {}
    }
}

/// The first time has a word of its own, from when it was the only one.
fn shortened(number: u16) -> News {
    if number > 1 { News::ShortenedAgain(number) } else { News::Shortened }
}

fn declined(event: &CancellationDeclined, to: &mut impl FnMut(Command)) {
    to(tell(event.order, News::CancellationDeclined(event.cancellation)));
}

fn reserve(stock: Reserve, to: &mut impl FnMut(Command)) {
    to(Command::Inventory(InventoryCommand::Reserve(stock)));
}

/// Each soft reservation holds as long as its order waits.
fn extended(event: &OrderExtended, to: &mut impl FnMut(Command)) {
    let (order, until) = (event.order, event.until);
    for &reservation in &event.reservations {
        let extend = Extend { order, reservation, until };
        to(Command::Inventory(InventoryCommand::Extend(extend)));
    }
}

/// What the stock has not freed already is given back, and the customer told what he has instead.
fn replaced(event: &OrderReplaced, to: &mut impl FnMut(Command)) {
    if !event.dropped.is_empty() {
        stop_waiting(event.order, &event.dropped, to);
    }
    end(event.order, &event.released, News::Replaced(event.by), to);
}

/// What was tied is given back, and the customer told why.
fn end(order: OrderId, released: &[Portion], news: News, to: &mut impl FnMut(Command)) {
    release(order, released, to);
    to(tell(order, news));
}

fn forget(order: OrderId, to: &mut impl FnMut(Command)) {
    to(Command::Notification(NotificationCommand::Forget(order)));
    to(Command::Payment(PaymentCommand::Forget(order)));
}

/// What is on its way, or came back.
fn from_goods(event: &OrderEvent, to: &mut impl FnMut(Command)) {
    let order = event.order();
    let inventory = Command::Inventory;
    match event {
        OrderEvent::Shipped(e) => {
            let (shipment, portions) = (e.shipment, e.portions.clone());
            to(inventory(InventoryCommand::Ship(ShipStock { order, shipment, portions })));
            to(tell(order, News::Shipped(shipment)));
        }
        OrderEvent::Delivered(e) => to(tell(order, News::Delivered(e.shipment))),
        OrderEvent::ReturnReceived(e) => take_back(order, e.number, e.disposition, &e.units, to),
        OrderEvent::ReturnPartlyReceived(e) => {
            take_back(order, e.number, e.disposition, &e.units, to);
        }
        OrderEvent::ReturnRefused(e) => to(tell(order, News::ReturnRefused(e.number))),
        OrderEvent::ShippingVoided(e) => {
            let (shipment, portions) = (e.shipment, e.portions.clone());
            to(inventory(InventoryCommand::Unship(Unship { order, shipment, portions })));
        }
        OrderEvent::Lost(e) => to(tell(order, News::Lost(e.shipment))),
        OrderEvent::ReturnedToSender(e) => {
            let sellable = match e.putaway {
                Putaway::Restock => Some(true),
                Putaway::Quarantine => Some(false),
                Putaway::WriteOff => None,
            };
            if let Some(sellable) = sellable {
                let (number, portions) = (e.number, e.units.clone());
                let restock = Restock { order, number, sellable, portions };
                to(inventory(InventoryCommand::Restock(restock)));
            }
            to(tell(order, News::ReturnedToSender(e.shipment)));
        }
        _ => {}
    }
}

fn from_inventory(event: &InventoryEvent, to: &mut impl FnMut(Command)) {
    let command = match event {
        InventoryEvent::Tied(_) | InventoryEvent::Backordered(_) | InventoryEvent::Filled(_) => {
            return from_promise(event, to);
        }
        InventoryEvent::Rejected(e) => {
            let (order, reservation, why) = (e.order, e.reservation, why(e));
            OrderCommand::RecordRejected(RecordRejected { order, reservation, why })
        }
        InventoryEvent::KitsExploded(e) => OrderCommand::RecordExploded(RecordExploded {
            order: e.order,
            reservation: e.reservation,
            kits: e.kits.clone(),
        }),
        InventoryEvent::ExplosionRejected(e) => {
            let why = Rejection::KitsTooLarge { lines: e.lines, units: e.units };
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
        | InventoryEvent::Extended(_)
        | InventoryEvent::Unshipped(_)
        | InventoryEvent::KitDefined(_)
        | InventoryEvent::KitsShort(_)
        | InventoryEvent::BackorderLimitSet(_)
        | InventoryEvent::BackorderReleased(_)
        | InventoryEvent::WaitingResumed(_)
        | InventoryEvent::BackordersDue(_) => return,
    };
    to(Command::Order(command));
}

/// Why stock can't be tied, as the order is told.
pub(super) fn why(rejected: &InventoryRejected) -> Rejection {
    match (rejected.lapsed, rejected.too_many_parcels) {
        (true, _) => Rejection::ReservationLapsed,
        (false, Some(allowed)) => Rejection::TooManyParcels { allowed },
        (false, None) => Rejection::Stock { shortfalls: rejected.shortfalls.clone() },
    }
}

/// What is tied, or promised before it is there.
fn from_promise(event: &InventoryEvent, to: &mut impl FnMut(Command)) {
    let command = match event {
        InventoryEvent::Tied(e) => OrderCommand::RecordTied(RecordTied {
            order: e.order,
            reservation: e.reservation,
            hold: e.hold,
            portions: e.portions.clone(),
        }),
        InventoryEvent::Backordered(e) => OrderCommand::RecordBackordered(RecordBackordered {
            order: e.order,
            reservation: e.reservation,
            hold: e.hold,
            units: e.units.clone(),
        }),
        InventoryEvent::Filled(e) => OrderCommand::RecordFilled(RecordFilled {
            order: e.order,
            reservation: e.reservation,
            hold: e.hold,
            portions: e.portions.clone(),
        }),
        _ => return,
    };
    to(Command::Order(command));
}

/// The order hears how its payment stands, the customer what he must know of it.
fn from_payment(event: &PaymentEvent, to: &mut impl FnMut(Command)) {
    let order = event.order();
    if let Some(standing) = event.standing() {
        let standing = standing.clone();
        to(Command::Order(OrderCommand::RecordPayment(RecordPayment { order, standing })));
    }
    match event {
        PaymentEvent::Declined(e) => to(tell(order, News::PaymentDeclined(e.request))),
        PaymentEvent::Refunded(e) => to(tell(order, News::Refunded(e.request))),
        // News that came after the order had left are forgotten too.
        PaymentEvent::Forgotten(_) => {
            to(Command::Notification(NotificationCommand::Forget(order)));
        }
        _ => {}
    }
}

fn first_reserve(placed: &OrderPlaced) -> Reserve {
    first(placed.order, &placed.lines, &placed.destination, placed.payment)
}

fn instead(placed: &ReplacementPlaced) -> Reserve {
    let alone = first(placed.order, &placed.lines, &placed.destination, placed.payment);
    Reserve { instead_of: Some(placed.replaces), ..alone }
}

fn first(
    order: OrderId,
    lines: &[crate::order::OrderLine],
    destination: &Destination,
    payment: PaymentTerms,
) -> Reserve {
    let demand = |(number, line): (usize, &crate::order::OrderLine)| Demand {
        line: LineNumber(u16::try_from(number).unwrap_or(u16::MAX)),
        item: line.item.clone(),
        quantity: line.quantity,
    };
    let hold = match payment {
        PaymentTerms::NotRequired => Hold::Hard,
        PaymentTerms::Required { deadline } => Hold::Soft { until: deadline },
    };
    let demands = lines.iter().enumerate().map(demand).collect();
    Reserve::anywhere(order, ReservationNumber(1), demands, destination.clone(), hold)
}

fn reserve_again(lost: &OrderUnsourced) -> Reserve {
    let (order, demands) = (lost.order, lost.demands.clone());
    Reserve::anywhere(order, lost.reservation, demands, lost.destination.clone(), lost.hold)
}

fn reserve_from(again: &OrderKitsAskedAgain) -> InventoryCommand {
    let (order, demands, to) = (again.order, again.demands.clone(), again.destination.clone());
    let anywhere = Reserve::anywhere(order, again.reservation, demands, to, again.hold);
    let reserve = Reserve { excluded: again.excluded.clone(), ..anywhere };
    InventoryCommand::ReserveFrom(ReserveFrom { reserve, next: again.next })
}

/// What the order has is free for its new address, and freed if that can be served.
fn reserve_elsewhere(e: &OrderMoveRequested) -> InventoryCommand {
    let (order, demands, to) = (e.order, e.demands.clone(), e.destination.clone());
    let anywhere = Reserve::anywhere(order, e.reservation, demands, to, e.hold);
    let (excluded, instead_of) = (e.excluded.clone(), Some(order));
    let reserve = Reserve { excluded, instead_of, ..anywhere };
    InventoryCommand::ReserveFrom(ReserveFrom { reserve, next: e.next })
}

fn reserve_what_was_lost(lost: &OrderStockLost) -> Reserve {
    let (order, demands, to) = (lost.order, lost.demands.clone(), lost.destination.clone());
    let anywhere = Reserve::anywhere(order, lost.reservation, demands, to, lost.hold);
    Reserve { excluded: lost.excluded.clone(), ..anywhere }
}

fn due(event: &OrderPaymentDue) -> RecordDue {
    RecordDue { order: event.order, owed: event.owed.clone() }
}

/// What leaves its place is given back, or was never there; then stock is asked for elsewhere.
fn resource(event: &OrderResourced, to: &mut impl FnMut(Command)) {
    let order = event.order;
    match event.why {
        Resourcing::FacilityRefused | Resourcing::Amended => release(order, &event.portions, to),
        Resourcing::ItemsMissing => {
            let portions = event.portions.clone();
            to(Command::Inventory(InventoryCommand::Miss(Miss { order, portions })));
        }
        // The inventory said so itself: it has freed them already.
        Resourcing::StockLost => {}
    }
    // Whose shelf had not what it promised is passed over this time; what comes there later, or
    // is there by the books, may still be had by who waits.
    let short = event.portions.iter().map(|p| p.facility);
    let short = short.filter(|_| event.why == Resourcing::ItemsMissing).collect::<Vec<_>>();
    let (passed_over, excluded) = event.excluded.iter().partition(|f| short.contains(f));
    let (reservation, demands) = (event.reservation, event.demands.clone());
    let anywhere =
        Reserve::anywhere(order, reservation, demands, event.destination.clone(), event.hold);
    reserve(Reserve { excluded, passed_over, ..anywhere }, to);
}

fn release(order: OrderId, portions: &[Portion], to: &mut impl FnMut(Command)) {
    if !portions.is_empty() {
        let portions: Vec<Portion> = portions.to_vec();
        to(Command::Inventory(InventoryCommand::Release(Release { order, portions })));
    }
}

fn stop_waiting(order: OrderId, units: &[Awaited], to: &mut impl FnMut(Command)) {
    let units = units.to_vec();
    to(Command::Inventory(InventoryCommand::ReleaseAwaited(ReleaseAwaited { order, units })));
}

fn go_on_waiting(order: OrderId, reservations: &[ReservationNumber], to: &mut impl FnMut(Command)) {
    let reservations = reservations.to_vec();
    let resume = ResumeWaiting { order, reservations };
    to(Command::Inventory(InventoryCommand::ResumeWaiting(resume)));
}

/// Only what is kept comes back on hand.
fn take_back(
    order: OrderId,
    number: ReturnNumber,
    disposition: Disposition,
    units: &[Portion],
    to: &mut impl FnMut(Command),
) {
    let sellable = match disposition {
        Disposition::Restock => true,
        Disposition::Quarantine => false,
        Disposition::WriteOff | Disposition::BackToCustomer => return,
    };
    let portions = units.to_vec();
    let restock = Restock { order, number, sellable, portions };
    to(Command::Inventory(InventoryCommand::Restock(restock)));
}

fn tell(order: OrderId, news: News) -> Command {
    Command::Notification(NotificationCommand::Tell(Tell { order, news }))
}
