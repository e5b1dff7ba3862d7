//! Changing an order after it was placed, and what leads back into its life: amend, reopen, close.
//!
//! Law: an amendment moves the difference only: what is less is released, what is more is asked
//! for by a further reservation, and a new price touches no stock. To another country, or while
//! some of it waits for stock, an order goes only if stock may come to it there (`moving`); within
//! its country what is tied stays where it is.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{AmendOrder, CompleteOrder, LineChange, LineRef, OrderLine, ReopenOrder};
use super::decide::Decision;
use super::event::{
    OrderAmended, OrderCompleted, OrderEvent, OrderReopened, PriceOfLine, Resourcing, UnitsOfLine,
};
use super::goods::cut;
use super::kits::LineKind;
use super::refusal::OrderRefusal;
use super::state::{Order, Payment};
use super::{Buckets, CancelReason, backorder, evolve, moving, news};
use crate::decide::{Context, Principal};
use crate::demand::Destination;
use crate::limits::{ORDER_LINES, PAYMENT_AMOUNT, UNITS_PER_LINE, UNITS_PER_LINE_EVER};
use crate::time::Timestamp;
use crate::units::Amount;

/// What an amendment changes.
#[derive(Default)]
struct Difference {
    prices: Vec<PriceOfLine>,
    less: Vec<UnitsOfLine>,
    more: Vec<UnitsOfLine>,
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.prices.is_empty() && self.less.is_empty() && self.more.is_empty()
    }
}

/// Changes quantities, prices, lines or the destination.
pub(super) fn amend(command: &AmendOrder, order: &Order, context: &Context) -> Decision {
    let (id, at) = (command.order, context.at);
    let added = &command.added;
    let difference = checked(command, order, context)?;
    let destination = command.destination.clone().filter(|new| *new != order.destination);
    if let Some(there) = &destination {
        if !there.location.is_valid() {
            return Err(OrderRefusal::NoSuchPlace);
        }
        if !order.staged.is_empty() || !order.shipments.is_empty() {
            return Err(OrderRefusal::AlreadyReleased);
        }
    }
    if difference.is_empty() && added.is_empty() && destination.is_none() {
        return Ok(vec![]);
    }
    let total = total(order, &difference, added).ok_or(OrderRefusal::TotalTooLarge)?;
    // With an account its customer is asked for the difference, and until then nothing leaves.
    if let Payment::Authorized(paid) = order.payment
        && order.owed.is_none()
        && total.minor > paid.minor
    {
        return Err(OrderRefusal::AmountTooSmall { needed: total });
    }
    // Who waits is to be served there; and not every shelf serves every country.
    let is_far = |new: &Destination| {
        new.country != order.destination.country || !order.backordered.is_empty()
    };
    let far = destination.clone().filter(is_far);
    let near = destination.filter(|new| !is_far(new));
    let changes = !difference.is_empty() || !added.is_empty() || near.is_some();
    let asks = !difference.more.is_empty() || !added.is_empty();
    let less = difference.less.iter().map(|u| u64::from(u.quantity)).fold(0, u64::saturating_add);
    let (dropped, unsourced, released) = cut::of(order, &difference.less).0.into_parts();
    let amended = OrderEvent::Amended(OrderAmended {
        order: id,
        at,
        prices: difference.prices,
        unsourced,
        released,
        more: difference.more,
        added: added.clone(),
        destination: near,
        total,
    });
    let mut events: Vec<OrderEvent> = backorder::dropped(id, dropped).into_iter().collect();
    events.extend(changes.then_some(amended));
    if asks || far.is_some() {
        let mut after = order.clone();
        for event in &events {
            let status = order.status;
            evolve::change(&mut after, event).map_err(|_| OrderRefusal::NotWhen { status })?;
        }
        if let Some(far) = far {
            events.push(moving::request(id, &after, far, at)?);
        } else {
            let (portions, excluded) = (Vec::new(), order.refused.clone());
            events.extend(news::source_again(id, &after, Resourcing::Amended, portions, excluded)?);
        }
    } else if less > 0 {
        events.extend(cut::ending(id, order, less, CancelReason::Customer, at));
    }
    Ok(events)
}

/// What an amendment changes of the lines, if whoever gives it may.
fn checked(
    command: &AmendOrder,
    order: &Order,
    context: &Context,
) -> Result<Difference, OrderRefusal> {
    let AmendOrder { lines, added, destination, .. } = command;
    if lines.is_empty() && added.is_empty() && destination.is_none() {
        return Err(OrderRefusal::NothingNamed);
    }
    let by_customer = matches!(context.by, Principal::Customer(_));
    // A line that is new has a price that nobody quoted.
    if by_customer && !added.is_empty() {
        return Err(OrderRefusal::PriceIsNotYours);
    }
    let difference = difference(order, lines, by_customer)?;
    let all = order.lines.len().saturating_add(added.len());
    if all > ORDER_LINES {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        return Err(OrderRefusal::TooManyLines { given: count(all), allowed: count(ORDER_LINES) });
    }
    Ok(difference)
}

/// A completed order goes on, by policy.
pub(super) fn reopen(command: &ReopenOrder, may: bool, at: Timestamp) -> Decision {
    if !may {
        return Err(OrderRefusal::NoReopening);
    }
    Ok(vec![OrderEvent::Reopened(OrderReopened { order: command.order, at })])
}

/// A reopened order in which nothing is left to do is complete again.
pub(super) fn complete(command: &CompleteOrder, order: &Order, at: Timestamp) -> Decision {
    if !order.is_settled() {
        return Err(OrderRefusal::NotSettled);
    }
    Ok(vec![OrderEvent::Completed(OrderCompleted { order: command.order, at })])
}

/// Of two mentions of a line, the last one counts.
fn difference(
    order: &Order,
    changes: &[LineChange],
    by_customer: bool,
) -> Result<Difference, OrderRefusal> {
    let mut difference = Difference::default();
    for (at, change) in changes.iter().enumerate() {
        let number = change.line;
        let refused = || LineRef::Number(number);
        let line = order.line(number).ok_or(OrderRefusal::NoSuchLine { line: refused() })?;
        if let LineKind::Component { kit, .. } = line.kind {
            return Err(OrderRefusal::PartOfKit { line: number, kit });
        }
        if changes.iter().skip(at.saturating_add(1)).any(|later| later.line == number) {
            continue;
        }
        if let Some(unit_price) = change.unit_price.filter(|new| *new != line.unit_price) {
            if by_customer {
                return Err(OrderRefusal::PriceIsNotYours);
            }
            difference.prices.push(PriceOfLine { line: number, unit_price });
        }
        let Some(wanted) = change.quantity else { continue };
        let (new, old) = (wanted.get(), order.buckets_of(number).wanted());
        let more = new.saturating_sub(old);
        let room = order.units_of(number, |b| {
            let ever = UNITS_PER_LINE_EVER.saturating_sub(b.ordered);
            UNITS_PER_LINE.saturating_sub(b.wanted()).min(ever)
        });
        let less = old.saturating_sub(new);
        let open = order.units_of(number, Buckets::open);
        if more > room {
            let (line, possible) = (refused(), room);
            return Err(OrderRefusal::TooManyUnits { line, asked: more, possible });
        }
        if less > open {
            let (line, possible) = (refused(), open);
            return Err(OrderRefusal::TooManyUnits { line, asked: less, possible });
        }
        difference.more.extend(order.in_units(number, more));
        difference.less.extend(order.in_units(number, less));
    }
    Ok(difference)
}

/// The total of what is wanted after the amendment; none if it does not fit, or can't be paid.
fn total(order: &Order, difference: &Difference, added: &[OrderLine]) -> Option<Amount> {
    let mut minor = 0_i64;
    for (number, line) in order.named_lines() {
        let (counted, each) = order.components(number).next().map_or((number, 1), |c| (c.0, c.2));
        let of = |units: &[UnitsOfLine]| {
            let units = units.iter().find(|u| u.line == counted).map_or(0, |u| u.quantity);
            units.checked_div(each)
        };
        let units = order.buckets_of(number).wanted().checked_add(of(&difference.more)?)?;
        let units = units.checked_sub(of(&difference.less)?)?;
        let price = difference.prices.iter().find(|p| p.line == number);
        let price = price.map_or(line.unit_price, |p| p.unit_price);
        minor = minor.checked_add(price.times(units, order.currency)?)?;
    }
    for line in added {
        let line = line.unit_price.times(line.quantity.get(), order.currency)?;
        minor = minor.checked_add(line)?;
    }
    if order.payment != Payment::NotRequired && minor > PAYMENT_AMOUNT {
        return None;
    }
    Some(Amount { currency: order.currency, minor })
}
