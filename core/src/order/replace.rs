//! An order in place of an earlier one: a shopper tries the same cart again.
//!
//! The earlier order is set aside at once: it owes nothing and can't be paid. The stock then frees
//! its units and ties those of the new one in one step, so that a shopper's own hold never stands
//! in his way, and nobody can have the units in between; with that the earlier order is replaced
//! for good. If the stock can't serve the new order, it frees nothing, and the earlier order goes
//! on as it was: whoever asks for more than there is has lost nothing by asking. If the new order
//! ends before the stock has answered, because it was cancelled or not paid in time, the earlier
//! one ends with it: it had been given up.
//!
//! Law: of an order and the one that takes its place one at the most owes anything, and one at the
//! most holds units.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::backorder;
use super::command::ReplaceOrder;
use super::decide::Decision;
use super::event::{
    OrderConfirmed, OrderEvent, OrderKept, OrderReplaced, OrderSetAside, ReplacementPlaced,
};
use super::payment;
use super::place::{is_same, owner, placed_before};
use super::refusal::OrderRefusal;
use super::state::{Order, Orders, Payment};
use super::transitions::{CommandKind, Status};
use crate::decide::Context;
use crate::ids::OrderId;
use crate::laws::{self, Audit};
use crate::time::Timestamp;

impl Orders {
    /// Sets an order aside, and records another in its place as pending.
    pub(super) fn replace(
        &self,
        command: &ReplaceOrder,
        known: Option<&Order>,
        context: &Context,
    ) -> Decision {
        let ReplaceOrder { place, replaces } = command;
        let (order, replaces, at) = (place.order, *replaces, context.at);
        let owner = owner(place, context)?;
        if order == replaces {
            return Err(OrderRefusal::ReplacesItself { order });
        }
        if let Some(known) = placed_before(known) {
            let same = is_same(place, owner.as_ref(), known) && known.replaces == Some(replaces);
            return if same { Ok(vec![]) } else { Err(OrderRefusal::PlacedDifferently { order }) };
        }
        let unknown = OrderRefusal::UnknownOrder { order: replaces };
        let own = self.get(replaces).filter(|old| context.by.may_touch(old.owner.as_ref()));
        let old = own.ok_or(unknown)?;
        if old.owner != owner {
            return Err(OrderRefusal::OtherCustomer { order: replaces });
        }
        let is_paid = matches!(old.payment, Payment::Authorized(_));
        if is_paid || !matches!(old.status, Status::Draft | Status::Pending) {
            let status = old.status;
            return Err(OrderRefusal::NotReplaceable { order: replaces, status });
        }
        unanswered(replaces, old)?;
        // An order that is itself to take a place is not given up before that is settled.
        if let Some((first, aside)) = self.aside_for(replaces, old) {
            unanswered(first, aside)?;
        }
        let total = self.check_placed(place, known, context)?;
        let payment = self.terms(context);
        let aside = OrderSetAside { order: replaces, at, by: order };
        let placed = ReplacementPlaced {
            order,
            at,
            replaces,
            owner,
            number: place.number.clone(),
            lines: place.lines.clone(),
            destination: place.destination.clone(),
            payment,
            total,
        };
        Ok(vec![OrderEvent::SetAside(aside), OrderEvent::PlacedInstead(placed)])
    }

    /// The order that is set aside for this one.
    fn aside_for(&self, id: OrderId, order: &Order) -> Option<(OrderId, &Order)> {
        let replaces = order.replaces?;
        let old = self.get(replaces)?;
        (old.is_set_aside() && old.replaced_by == Some(id)).then_some((replaces, old))
    }
}

/// Whether a command can be carried out while an order is set aside, or for another one.
pub(super) fn may(
    orders: &Orders,
    kind: CommandKind,
    id: OrderId,
    order: Option<&Order>,
) -> Result<(), OrderRefusal> {
    let Some(order) = order else { return Ok(()) };
    let changes = match kind {
        CommandKind::AuthorizePayment
        | CommandKind::Amend
        | CommandKind::Extend
        | CommandKind::SaveDraft => true,
        CommandKind::Place | CommandKind::Replace => order.status == Status::Draft,
        _ => false,
    };
    if changes {
        unanswered(id, order)?;
    }
    match orders.aside_for(id, order) {
        Some((old, aside)) if kind == CommandKind::Amend => unanswered(old, aside),
        _ => Ok(()),
    }
}

fn unanswered(order: OrderId, known: &Order) -> Result<(), OrderRefusal> {
    match known.replaced_by.filter(|_| known.is_set_aside()) {
        Some(by) => Err(OrderRefusal::BeingReplaced { order, by }),
        None => Ok(()),
    }
}

/// What a decision on an order means for the one that is set aside for it; and which order else
/// these events are of.
pub(super) fn follow(
    orders: &Orders,
    (id, order): (OrderId, Option<&Order>),
    at: Timestamp,
    events: &mut Vec<OrderEvent>,
) -> Option<OrderId> {
    if let Some(OrderEvent::SetAside(e)) = events.first() {
        return Some(e.order);
    }
    let (old, aside) = orders.aside_for(id, order?)?;
    let of_new = events.iter().filter(|event| event.order() == id);
    let mut answer = of_new.filter_map(|event| match event {
        OrderEvent::Rejected(_) => Some(false),
        OrderEvent::Sourced(_)
        | OrderEvent::Backordered(_)
        | OrderEvent::TieReturned(_)
        | OrderEvent::BackorderReturned(_)
        | OrderEvent::Cancelled(_)
        | OrderEvent::Expired(_) => Some(true),
        _ => None,
    });
    if answer.next_back()? {
        events.push(OrderEvent::Replaced(OrderReplaced {
            order: old,
            at,
            by: id,
            released: aside.tied.iter().map(|t| t.portion).collect(),
            dropped: backorder::all(aside),
        }));
    } else {
        events.push(OrderEvent::Kept(OrderKept { order: old, by: id }));
        events.extend(goes_on(old, aside));
    }
    Some(old)
}

/// What an order that is kept has missed while it was set aside.
fn goes_on(id: OrderId, order: &Order) -> Vec<OrderEvent> {
    if order.status != Status::Pending || !order.is_payment_satisfied() {
        return Vec::new();
    }
    let complete = order.lines.iter().all(|line| line.buckets.unsourced == 0);
    if complete && backorder::is_all_hard(order) {
        return vec![OrderEvent::Confirmed(OrderConfirmed { order: id })];
    }
    payment::hardened(id, order).collect()
}

/// Checks an order that took the place of another against that one.
pub(super) fn audit(orders: &Orders, id: OrderId, order: &Order, audit: &mut Audit) {
    let Some((replaces, old)) = order.replaces.and_then(|old| Some((old, orders.get(old)?))) else {
        return;
    };
    // The order that was kept after all stands by itself, and so does the one that was refused.
    let pair = [old, order];
    let owes = pair.map(|o| o.owed.as_ref().is_some_and(|owed| owed.authorize.minor > 0));
    let holds = pair.map(|o| !o.tied.is_empty() || !o.backordered.is_empty());
    audit.expect(laws::ONE_OF_TWO, laws::one_of_two_stands(owes, holds), || {
        format!("order {id} in place of {replaces}: {owes:?} owe, {holds:?} hold")
    });
}
