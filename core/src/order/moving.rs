//! An order that is to go to another address, from where its stock may not come to it.
//!
//! The stock is asked before anything is given up: what the order ties or waits for counts as free,
//! and is freed in the step that serves the new address. Until the answer the order keeps its
//! address and its units, and is neither released nor changed. If nobody may serve the new address
//! it stays as it was. Where the stock is local the answer is there at once, and the amendment is
//! refused; apart, the customer is told.
//!
//! Law: an order goes where it went before, with what it had, or to the new address with what was
//! tied for that; never nowhere.

use alloc::vec::Vec;

use super::backorder;
use super::buckets::Bucket;
use super::command::{RecordBackordered, RecordRejected, RecordTied};
use super::event::{OrderEvent, OrderMoveRefused, OrderMoveRequested, OrderMoved, Resourcing};
use super::evolve;
use super::news;
use super::refusal::OrderRefusal;
use super::stage::{self, FREE};
use super::state::{Moving, Order};
use super::transitions::{CommandKind, Status};
use crate::decide::{Context, CorruptHistory};
use crate::demand::{Demand, Destination};
use crate::ids::{LineNumber, OrderId, ReservationNumber};
use crate::time::Timestamp;
use crate::units::Quantity;

/// Asks for all that is open of an order, for another address.
pub(super) fn request(
    id: OrderId,
    order: &Order,
    destination: Destination,
    at: Timestamp,
) -> Result<OrderEvent, OrderRefusal> {
    let numbered = (0_u16..).map(LineNumber).zip(&order.lines);
    let demand = |(line, known): (LineNumber, &super::Line)| {
        let (item, quantity) = (known.item.clone(), Quantity::new(known.buckets.open())?);
        Some(Demand { line, item, quantity })
    };
    let next = u16::try_from(order.lines.len()).map(LineNumber);
    Ok(OrderEvent::MoveRequested(OrderMoveRequested {
        order: id,
        at,
        destination,
        reservation: news::next_reservation(order)?,
        demands: numbered.filter_map(demand).collect(),
        hold: order.hold(),
        excluded: order.refused.clone(),
        next: next.map_err(|_| OrderRefusal::TooManyParts)?,
    }))
}

/// Whether a command can be carried out while the stock is asked whether the order may move.
pub(super) fn may(kind: CommandKind, order: Option<&Order>) -> Result<(), OrderRefusal> {
    let waits = order.is_some_and(|order| order.moving.is_some() && is_open(order));
    match kind {
        CommandKind::Release | CommandKind::Ship | CommandKind::Amend | CommandKind::Extend
            if waits =>
        {
            Err(OrderRefusal::BeingMoved)
        }
        _ => Ok(()),
    }
}

/// Stock is tied; if that is for the new address, the order has moved.
pub(super) fn tied(news: &RecordTied, known: Option<&Order>, at: Timestamp) -> Vec<OrderEvent> {
    let moved = moved(news.order, known, news.reservation, at);
    with(known, moved, |known| news::tied(news, known))
}

/// The same of units that wait for stock.
pub(super) fn backordered(
    news: &RecordBackordered,
    known: Option<&Order>,
    at: Timestamp,
) -> Vec<OrderEvent> {
    let moved = moved(news.order, known, news.reservation, at);
    with(known, moved, |known| backorder::backordered(news, known))
}

/// Stock can't be tied; if that was for the new address, the order stays where it was.
pub(super) fn rejected(news: &RecordRejected, order: &Order, context: &Context) -> Vec<OrderEvent> {
    let stays = stays(news, order, context.at);
    stays.unwrap_or_else(|| news::rejected(news, order, context))
}

/// The stock serves the new address: what it has freed for that is the order's no more.
fn moved(
    id: OrderId,
    order: Option<&Order>,
    answer: ReservationNumber,
    at: Timestamp,
) -> Option<OrderEvent> {
    let order = order.filter(|order| is_open(order))?;
    let moving = order.moving.as_ref().filter(|moving| moving.reservation == answer)?;
    Some(OrderEvent::Moved(OrderMoved {
        order: id,
        at,
        destination: moving.destination.clone(),
        reservation: answer,
        released: super::cancel::free_portions(order),
        dropped: backorder::all(order),
    }))
}

/// What an answer leads to, behind the event that the order has moved, if it has.
fn with(
    order: Option<&Order>,
    moved: Option<OrderEvent>,
    answer: impl FnOnce(Option<&Order>) -> Vec<OrderEvent>,
) -> Vec<OrderEvent> {
    let (Some(order), Some(moved)) = (order, moved) else { return answer(order) };
    let mut after = order.clone();
    if evolve::change(&mut after, &moved).is_err() {
        return answer(Some(order));
    }
    let follows = answer(Some(&after));
    core::iter::once(moved).chain(follows).collect()
}

/// Nobody may serve the new address: the order stays as it was, and what it lacks besides is asked
/// for where it goes.
fn stays(answer: &RecordRejected, order: &Order, at: Timestamp) -> Option<Vec<OrderEvent>> {
    let moving = order.moving.as_ref()?;
    if moving.reservation != answer.reservation || !is_open(order) {
        return None;
    }
    let (id, reservation) = (answer.order, answer.reservation);
    let (destination, why) = (moving.destination.clone(), answer.why.clone());
    let refused = OrderMoveRefused { order: id, at, reservation, destination, why };
    let mut events = alloc::vec![OrderEvent::MoveRefused(refused)];
    let lacks = order.lines.iter().any(|line| line.buckets.unsourced > 0);
    if lacks && order.asked == reservation {
        let (why, excluded) = (Resourcing::Amended, order.refused.clone());
        // So many reservations can't be counted: the units wait until somebody cancels them.
        let again = news::source_again(id, order, why, Vec::new(), excluded);
        events.extend(again.unwrap_or_default());
    }
    Some(events)
}

/// Folds an event into its order.
pub(super) fn change(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::MoveRequested(e) => {
            (order.reservations, order.asked) = (e.reservation, e.reservation);
            order.excluded.clone_from(&e.excluded);
            order.amending = None;
            let (destination, reservation) = (e.destination.clone(), e.reservation);
            order.moving = Some(Moving { destination, reservation });
        }
        OrderEvent::Moved(e) => {
            evolve::remember(order);
            stage::free(order, &e.released, &FREE, Bucket::Unsourced)?;
            e.dropped.iter().try_for_each(|units| backorder::give_up(order, units))?;
            order.destination.clone_from(&e.destination);
            // Whatever else was asked for meanwhile was for the old address.
            (order.asked, order.moving) = (e.reservation, None);
        }
        OrderEvent::MoveRefused(_) => order.moving = None,
        _ => {}
    }
    Ok(())
}

fn is_open(order: &Order) -> bool {
    matches!(order.status, Status::Pending | Status::Confirmed)
}
