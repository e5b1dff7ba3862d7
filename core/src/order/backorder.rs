//! Units that are promised before they are there: what the order makes of them, and how it gives
//! them up.
//!
//! Law: an order is confirmed when all its units are tied or promised; what is promised and not
//! there yet is given up first, always and without asking anybody.

use alloc::vec::Vec;

use super::buckets::Bucket;
use super::command::{RecordBackordered, RecordFilled, RecordStripped};
use super::decide::request_allocation;
use super::event::{
    BackorderDropped, BackorderReturned, BackorderSourced, OrderBackordered, OrderEvent,
    OrderStripHeard, TieReturned, UnitsOfLine,
};
use super::stage::{self, Stage};
use super::state::{Backordered, Order};
use super::transitions::Status;
use crate::decide::CorruptHistory;
use crate::demand::{Awaited, Hold, Portion};
use crate::ids::{OrderId, ReservationNumber};

const NOT_PROMISED: CorruptHistory = CorruptHistory::because("units are awaited that are not");
const NO_LINE: CorruptHistory = CorruptHistory::because("an event of a line that is not there");

/// The promise is taken as far as the order still lacks units; the rest need not come.
pub(super) fn backordered(news: &RecordBackordered, known: Option<&Order>) -> Vec<OrderEvent> {
    let RecordBackordered { order: id, reservation, hold, .. } = *news;
    let awaited = |o: &&Order| is_open(o) && reservation == o.asked;
    let order = known.filter(awaited);
    let lacks = |line: usize| {
        order.and_then(|o| o.lines.get(line)).map_or(0, |line| line.buckets.unsourced)
    };
    let (taken, back) = split(&news.units, lacks);
    let mut events = Vec::new();
    if let (Some(order), false) = (order, taken.is_empty()) {
        let follows = after(news, order);
        let promised = OrderBackordered { order: id, reservation, hold, units: taken };
        events.push(OrderEvent::Backordered(promised));
        events.extend(follows);
    }
    if !back.is_empty() {
        events.push(OrderEvent::BackorderReturned(BackorderReturned { order: id, units: back }));
    }
    events
}

/// A soft promise is made hard at once if no payment stands in the way.
fn after(news: &RecordBackordered, order: &Order) -> Option<OrderEvent> {
    let is_soft = matches!(news.hold, Hold::Soft { .. });
    let hardens = is_soft && order.is_payment_satisfied() && !order.is_set_aside();
    hardens.then(|| request_allocation(news.order, news.reservation))
}

/// Stock came: it is taken as far as the order still waits for it; the rest goes back.
pub(super) fn filled(news: &RecordFilled, known: Option<&Order>) -> Vec<OrderEvent> {
    let RecordFilled { order: id, reservation, hold, .. } = *news;
    let order = known.filter(|o| is_open(o));
    let mut left: Vec<Backordered> = order.map(|o| o.backordered.clone()).unwrap_or_default();
    let (mut taken, mut back) = (Vec::new(), Vec::new());
    for &portion in &news.portions {
        let wait = left.iter_mut().find(|b| is_for(&b.units, &portion));
        let quantity = wait.as_ref().map_or(0, |b| b.units.quantity.min(portion.quantity));
        if let Some(wait) = wait {
            wait.units.quantity = wait.units.quantity.saturating_sub(quantity);
        }
        let rest = portion.quantity.saturating_sub(quantity);
        if quantity > 0 {
            taken.push(Portion { quantity, ..portion });
        }
        if rest > 0 {
            back.push(Portion { quantity: rest, ..portion });
        }
    }
    let mut events = Vec::new();
    if !taken.is_empty() {
        let sourced = BackorderSourced { order: id, reservation, hold, portions: taken };
        events.push(OrderEvent::BackorderSourced(sourced));
    }
    if !back.is_empty() {
        events.push(OrderEvent::TieReturned(TieReturned { order: id, portions: back }));
    }
    events
}

/// The reservations of which units were lost, and for which the order goes on waiting.
pub(super) fn strip_heard(news: &RecordStripped, order: &Order) -> Option<OrderEvent> {
    let waits = |number: &ReservationNumber| {
        order.backordered.iter().any(|b| b.units.reservation == *number)
    };
    let numbers = news.portions.iter().map(|p| p.reservation).filter(waits);
    let mut reservations: Vec<ReservationNumber> = numbers.collect();
    reservations.sort_unstable();
    reservations.dedup();
    let (order, is_any) = (news.order, !reservations.is_empty());
    is_any.then_some(OrderEvent::StripHeard(OrderStripHeard { order, reservations }))
}

/// Gives up all that is promised and not there.
pub(super) fn drop_all(id: OrderId, order: &Order) -> Option<OrderEvent> {
    dropped(id, all(order))
}

/// Gives up units that are promised and not there.
pub(super) fn dropped(order: OrderId, units: Vec<Awaited>) -> Option<OrderEvent> {
    (!units.is_empty()).then_some(OrderEvent::BackorderDropped(BackorderDropped { order, units }))
}

/// All that is promised and not there.
pub(super) fn all(order: &Order) -> Vec<Awaited> {
    order.backordered.iter().map(|b| b.units).collect()
}

/// Of what a line waits for, so many units: those promised last first.
pub(super) fn of_line(order: &Order, units: UnitsOfLine) -> Vec<Awaited> {
    let mut rest = units.quantity;
    let mut taken = Vec::new();
    for Backordered { units: waits, .. } in order.backordered.iter().rev() {
        let quantity = if waits.line == units.line { rest.min(waits.quantity) } else { 0 };
        rest = rest.saturating_sub(quantity);
        if quantity > 0 {
            taken.push(Awaited { quantity, ..*waits });
        }
    }
    taken
}

/// Whether all that is tied or promised is so hard.
pub(super) fn is_all_hard(order: &Order) -> bool {
    order.tied.iter().all(|t| t.stage.is_hard()) && order.backordered.iter().all(|b| b.hard)
}

/// Whether a reservation waits softly.
pub(super) fn waits_softly(order: &Order, reservation: ReservationNumber) -> bool {
    order.backordered.iter().any(|b| b.units.reservation == reservation && !b.hard)
}

/// Folds an event into its order.
pub(super) fn change(order: &mut Order, event: &OrderEvent) -> Result<(), CorruptHistory> {
    match event {
        OrderEvent::Backordered(e) => {
            order.amended.clear();
            let hard = e.hold == Hold::Hard;
            for &units in &e.units {
                shift(order, &units, Bucket::Unsourced, Bucket::Backordered)?;
                order.backordered.push(Backordered { units, hard });
            }
        }
        OrderEvent::BackorderSourced(e) => {
            let hard = e.hold == Hold::Hard;
            let stage = if hard { Stage::Allocated } else { Stage::Reserved };
            for &portion in &e.portions {
                let Portion { reservation, line, item, quantity, .. } = portion;
                let units = Awaited { reservation, line, item, quantity };
                take(order, &units)?;
                shift(order, &units, Bucket::Backordered, stage.bucket())?;
                stage::add(&mut order.tied, portion, stage)?;
            }
        }
        OrderEvent::BackorderDropped(e) => e.units.iter().try_for_each(|u| give_up(order, u))?,
        _ => {}
    }
    Ok(())
}

/// Units wait no more.
pub(super) fn give_up(order: &mut Order, units: &Awaited) -> Result<(), CorruptHistory> {
    take(order, units)?;
    shift(order, units, Bucket::Backordered, Bucket::Unsourced)
}

fn take(order: &mut Order, units: &Awaited) -> Result<(), CorruptHistory> {
    let same = |b: &Backordered| Awaited { quantity: units.quantity, ..b.units } == *units;
    let at = order.backordered.iter().position(same).ok_or(NOT_PROMISED)?;
    let held = order.backordered.get_mut(at).ok_or(NOT_PROMISED)?;
    let left = held.units.quantity.checked_sub(units.quantity);
    held.units.quantity = left.ok_or(NOT_PROMISED)?;
    if held.units.quantity == 0 {
        order.backordered.remove(at);
    }
    Ok(())
}

fn shift(
    order: &mut Order,
    units: &Awaited,
    from: Bucket,
    to: Bucket,
) -> Result<(), CorruptHistory> {
    let line = order.lines.get_mut(units.line.index()).ok_or(NO_LINE)?;
    line.buckets.shift(units.quantity, from, to)
}

/// Splits a promise into what each line still lacks, and what it does not want any more.
fn split(units: &[Awaited], lacks: impl Fn(usize) -> u32) -> (Vec<Awaited>, Vec<Awaited>) {
    let (mut taken, mut back): (Vec<Awaited>, Vec<Awaited>) = (Vec::new(), Vec::new());
    for &units in units {
        let before = taken.iter().filter(|t| t.line == units.line).map(|t| t.quantity);
        let before = before.fold(0, u32::saturating_add);
        let quantity = units.quantity.min(lacks(units.line.index()).saturating_sub(before));
        let rest = units.quantity.saturating_sub(quantity);
        if quantity > 0 {
            taken.push(Awaited { quantity, ..units });
        }
        if rest > 0 {
            back.push(Awaited { quantity: rest, ..units });
        }
    }
    (taken, back)
}

fn is_open(order: &Order) -> bool {
    matches!(order.status, Status::Pending | Status::Confirmed)
}

fn is_for(units: &Awaited, portion: &Portion) -> bool {
    (units.reservation, units.line, units.item) == (portion.reservation, portion.line, portion.item)
}
