//! What happens to the goods of an order: shipped, delivered, sent back.
//!
//! Law: only allocated units ship, only what is on its way arrives, only what arrived comes back.

pub(super) mod cut;

use alloc::vec;
use alloc::vec::Vec;

use super::command::{
    DeliverShipment, LineRef, LineUnits, ReceiveReturn, RequestReturn, ShipOrder,
};
use super::event::{
    OrderCompleted, OrderEvent, ReturnReceived, ReturnRequested, ShipmentDelivered,
    ShipmentShipped, UnitsOfLine,
};
use super::refusal::OrderRefusal;
use super::state::{Order, Shipment};
use crate::decide::Context;
use crate::demand::Portion;
use crate::ids::{FacilityId, LineNumber, ReturnNumber, ShipmentNumber};
use crate::time::{Span, Timestamp};

type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

/// One shipment per facility, in order of the facilities' ids.
pub(super) fn ship(command: &ShipOrder, order: &Order, context: &Context) -> Decision {
    let wanted = |f: FacilityId| command.facility.is_none_or(|only| only == f);
    let ready = order.tied.iter().filter(|t| t.hard && wanted(t.portion.facility));
    let mut portions: Vec<Portion> = ready.map(|t| t.portion).collect();
    if portions.is_empty() {
        let shipped = order.shipments.iter().any(|s| wanted(s.facility));
        return if shipped { Ok(vec![]) } else { Err(OrderRefusal::NothingToShip) };
    }
    portions.sort_by_key(|p| (p.facility, p.line, p.tier, p.reservation));
    let mut number = last_number(order.shipments.last().map(|s| s.number.0));
    let mut events = Vec::new();
    for parcel in portions.chunk_by(|a, b| a.facility == b.facility) {
        let Some(facility) = parcel.first().map(|p| p.facility) else { continue };
        number = number.checked_add(1).ok_or(OrderRefusal::TooManyParts)?;
        events.push(OrderEvent::Shipped(ShipmentShipped {
            order: command.order,
            at: context.at,
            shipment: ShipmentNumber(number),
            facility,
            portions: parcel.to_vec(),
        }));
    }
    Ok(events)
}

/// Delivers one shipment or all; the last one completes the order.
pub(super) fn deliver(command: &DeliverShipment, order: &Order, context: &Context) -> Decision {
    let named = |s: &&Shipment| command.shipment.is_none_or(|only| only == s.number);
    if !order.shipments.iter().any(|s| named(&s)) {
        return Err(OrderRefusal::NoSuchShipment);
    }
    let (id, at) = (command.order, context.at);
    let under_way = || order.shipments.iter().filter(|s| s.delivered_at.is_none());
    let arriving: Vec<ShipmentNumber> = under_way().filter(named).map(|s| s.number).collect();
    let all_arrive = under_way().count() == arriving.len();
    let mut events: Vec<OrderEvent> = Vec::with_capacity(arriving.len().saturating_add(1));
    for shipment in arriving {
        events.push(OrderEvent::Delivered(ShipmentDelivered { order: id, at, shipment }));
    }
    let on_its_way = |b: &super::Buckets| b.settled().checked_add(b.in_transit);
    let nothing_open =
        order.lines.iter().all(|l| on_its_way(&l.buckets) == Some(l.buckets.ordered));
    if !events.is_empty() && all_arrive && nothing_open {
        events.push(OrderEvent::Completed(OrderCompleted { order: id, at }));
    }
    Ok(events)
}

/// Announces a return of delivered units, within the policy's window.
pub(super) fn request_return(
    command: &RequestReturn,
    order: &Order,
    window: Option<Span>,
    at: Timestamp,
) -> Decision {
    let delivered = |number: usize| {
        let buckets = order.lines.get(number).map(|l| l.buckets).unwrap_or_default();
        buckets.delivered.saturating_sub(buckets.return_requested)
    };
    let units = spread(order, &command.lines, delivered)?;
    if let Some(window) = window {
        let recent =
            |number: usize| delivered(number).min(delivered_since(order, number, window, at));
        spread(order, &command.lines, recent)
            .map_err(|_| OrderRefusal::ReturnWindowClosed { window })?;
    }
    let number = last_number(order.returns.last().map(|r| r.number.0));
    let number = ReturnNumber(number.checked_add(1).ok_or(OrderRefusal::TooManyParts)?);
    Ok(vec![OrderEvent::ReturnRequested(ReturnRequested { order: command.order, number, units })])
}

/// Units of a line in the parcels whose return window is open.
fn delivered_since(order: &Order, line: usize, window: Span, at: Timestamp) -> u32 {
    let is_open = |s: &&Shipment| s.delivered_at.is_some_and(|then| at < then.after(window));
    let portions = order.shipments.iter().filter(is_open).flat_map(|s| &s.portions);
    let of_line = portions.filter(|p| p.line.index() == line);
    of_line.map(|p| p.quantity).fold(0, u32::saturating_add)
}

/// Takes in a return: back to the tier it was picked from, at the facility named, or its own.
pub(super) fn receive_return(command: &ReceiveReturn, order: &Order) -> Decision {
    let open = |r: &&super::state::Return| match command.number {
        Some(number) => r.number == number,
        None => !r.received,
    };
    let found = order.returns.iter().find(open).ok_or(OrderRefusal::NoSuchReturn)?;
    if found.received {
        return Ok(vec![]);
    }
    let mut units = Vec::new();
    for back in &found.units {
        let mut rest = back.quantity;
        // Units of earlier returns are not sent back twice: they are the first that arrived.
        let earlier = order.returns.iter().take_while(|r| r.number < found.number);
        let of_line = earlier.flat_map(|r| &r.units).filter(|u| u.line == back.line);
        let mut gone = of_line.map(|u| u.quantity).fold(0, u32::saturating_add);
        let arrived = order.shipments.iter().filter(|s| s.delivered_at.is_some());
        let arrived = arrived.flat_map(|s| &s.portions);
        for portion in arrived.filter(|p| p.line == back.line) {
            let skipped = gone.min(portion.quantity);
            gone = gone.saturating_sub(skipped);
            let quantity = rest.min(portion.quantity.saturating_sub(skipped));
            rest = rest.saturating_sub(quantity);
            if quantity > 0 {
                let facility = command.facility.unwrap_or(portion.facility);
                units.push(Portion { quantity, facility, ..*portion });
            }
        }
    }
    Ok(vec![OrderEvent::ReturnReceived(ReturnReceived {
        order: command.order,
        number: found.number,
        disposition: command.disposition,
        units,
    })])
}

/// Spreads the units a command names over the lines it names, in order, within `possible` units
/// a line. Two mentions of one line add up.
pub(super) fn spread(
    order: &Order,
    named: &[LineUnits],
    possible: impl Fn(usize) -> u32,
) -> Result<Vec<UnitsOfLine>, OrderRefusal> {
    if named.is_empty() {
        return Err(OrderRefusal::NothingNamed);
    }
    let mut taken: Vec<u32> = vec![0; order.lines.len()];
    for LineUnits { line, quantity } in named {
        let is_named = |number: usize| match line {
            LineRef::Number(wanted) => wanted.index() == number,
            LineRef::Item(item) => order.lines.get(number).is_some_and(|l| l.item == *item),
        };
        if !(0..order.lines.len()).any(is_named) {
            return Err(OrderRefusal::NoSuchLine { line: line.clone() });
        }
        let mut rest = quantity.get();
        for (number, taken) in taken.iter_mut().enumerate().filter(|(n, _)| is_named(*n)) {
            let take = rest.min(possible(number).saturating_sub(*taken));
            *taken = taken.saturating_add(take);
            rest = rest.saturating_sub(take);
        }
        if rest > 0 {
            let (asked, line) = (quantity.get(), line.clone());
            let possible = asked.saturating_sub(rest);
            return Err(OrderRefusal::TooManyUnits { line, asked, possible });
        }
    }
    let units = |(number, &quantity): (usize, &u32)| {
        let line = LineNumber(u16::try_from(number).ok()?);
        (quantity > 0).then_some(UnitsOfLine { line, quantity })
    };
    Ok(taken.iter().enumerate().filter_map(units).collect())
}

fn last_number(last: Option<u16>) -> u16 {
    last.unwrap_or(0)
}
