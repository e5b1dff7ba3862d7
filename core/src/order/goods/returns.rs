//! Delivered units that come back.
//!
//! Law: no more come back than were announced, and no more are announced than were delivered.

use alloc::vec;
use alloc::vec::Vec;

use super::super::command::{ReceiveReturn, RequestReturn};
use super::super::decide::Decision;
use super::super::event::{OrderEvent, ReturnReceived, ReturnRequested};
use super::super::refusal::OrderRefusal;
use super::super::state::{Carriage, Order, Return, Shipment};
use super::{last_number, spread};
use crate::demand::Portion;
use crate::ids::ReturnNumber;
use crate::time::{Span, Timestamp};

/// Announces a return of delivered units, within the policy's window.
pub(in crate::order) fn request(
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
pub(in crate::order) fn receive(command: &ReceiveReturn, order: &Order) -> Decision {
    let open = |r: &&Return| match command.number {
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
        let arrived = order
            .shipments
            .iter()
            .filter(|s| s.state == Carriage::Delivered)
            .flat_map(|s| &s.portions);
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
