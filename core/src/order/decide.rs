//! What a command to the order role causes.
//!
//! Law: the table of `transitions` is asked first; then the guards, in the order of the refusals.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{AuthorizePayment, OrderCommand};
use super::event::{AllocationRequested, OrderCancelled, OrderEvent};
use super::goods::{parcels, returns, work};
use super::refusal::OrderRefusal;
use super::state::{Order, Orders, Payment};
use super::transitions::{CommandKind, Status, Verdict, verdict};
use super::{
    CancelReason, amend, backorder, cancel, confirm, due, evolve, extend, holds, kits, moving,
    news, payment, replace, short,
};
use crate::decide::{Context, CorruptHistory, Decide};
use crate::ids::{OrderId, ReservationNumber};
use crate::time::Timestamp;

pub(super) type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

impl Decide for Orders {
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Refusal = OrderRefusal;

    fn decide(&self, command: &OrderCommand, context: &Context) -> Decision {
        let (Some(id), Some(kind)) = (command.order(), CommandKind::of(command)) else {
            return Ok(due::tick(self, context.at));
        };
        let order = self.get(id);
        if order.is_some_and(|o| !context.by.may_touch(o.owner.as_ref())) {
            return Err(OrderRefusal::UnknownOrder { order: id });
        }
        let status = order.map_or(Status::Unplaced, |o| o.status);
        match verdict(kind, status) {
            Verdict::Decide => {}
            Verdict::Nothing => return Ok(Vec::new()),
            Verdict::Unknown => return Err(OrderRefusal::UnknownOrder { order: id }),
            Verdict::NotWhen => return Err(OrderRefusal::NotWhen { status }),
            Verdict::UseReturn => return Err(OrderRefusal::UseReturn),
        }
        replace::may(self, kind, id, order)?;
        moving::may(kind, order)?;
        let mut events = self.answer(command, id, order, context)?;
        if let Some(order) = order {
            kits::mend(id, order, context.at, &mut events);
            short::tell(id, order, context, &mut events);
        }
        self.follow(id, order, context.at, &mut events);
        Ok(events)
    }

    fn evolve(&mut self, event: &OrderEvent) -> Result<(), CorruptHistory> {
        evolve::evolve(self, event)
    }
}

impl Orders {
    /// What a decision leads to within the role, whatever it was: what becomes of an order whose
    /// place this one takes, what is due, and that the order is confirmed.
    pub(super) fn follow(
        &self,
        id: OrderId,
        order: Option<&Order>,
        at: Timestamp,
        events: &mut Vec<OrderEvent>,
    ) {
        let confirmed = |events: &[OrderEvent]| confirm::due(id, order?, events);
        if let Some(confirmed) = confirmed(events) {
            confirm::tell(confirmed, events);
        }
        let other = replace::follow(self, (id, order), at, events);
        payment::follow(self, (id, order), at, events);
        if let Some(other) = other {
            payment::follow(self, (other, self.get(other)), at, events);
        }
        if let Some(late) = confirmed(events) {
            events.push(late);
            payment::follow(self, (id, order), at, events);
        }
    }

    fn answer(
        &self,
        command: &OrderCommand,
        id: OrderId,
        order: Option<&Order>,
        context: &Context,
    ) -> Decision {
        match (command, order) {
            (OrderCommand::Place(place), known) => self.place(place, known, context),
            (OrderCommand::SaveDraft(draft), known) => self.save(draft, known, context),
            (OrderCommand::Replace(replace), known) => self.replace(replace, known, context),
            (OrderCommand::RecordTied(news), known) => Ok(moving::tied(news, known, context.at)),
            (OrderCommand::RecordBackordered(news), known) => {
                Ok(moving::backordered(news, known, context.at))
            }
            (OrderCommand::RecordFilled(news), known) => Ok(backorder::filled(news, known)),
            (_, None) => Err(OrderRefusal::UnknownOrder { order: id }),
            (OrderCommand::AuthorizePayment(c), Some(order)) => authorize(c, order, context.at),
            (OrderCommand::Cancel(c), Some(order)) => cancel::cancel(c, order, context.at),
            (OrderCommand::Ship(c), Some(order)) => {
                parcels::ship(c, order, self.policy.staged, context.at)
            }
            (OrderCommand::Deliver(c), Some(order)) => parcels::deliver(c, order, context.at),
            (OrderCommand::RequestReturn(c), Some(order)) => {
                returns::request(c, order, self.policy.return_window, context.at)
            }
            (OrderCommand::ReceiveReturn(c), Some(order)) => returns::receive(c, order),
            (OrderCommand::RecordRejected(c), Some(order)) => {
                Ok(moving::rejected(c, order, context))
            }
            (OrderCommand::RecordAllocated(c), Some(order)) => Ok(news::allocated(c, order)),
            (OrderCommand::RecordLapsed(c), Some(order)) => Ok(news::lapsed(c, order, context)),
            (OrderCommand::RecordStripped(c), Some(order)) => news::stripped(c, order, context.at),
            (OrderCommand::Tick, Some(_)) => Ok(Vec::new()),
            (OrderCommand::Release(c), Some(order)) => work::release(c, order, context.at),
            (OrderCommand::Pick(c), Some(order)) => work::pick(c, order, context.at),
            (OrderCommand::Pack(c), Some(order)) => work::pack(c, order),
            (OrderCommand::RejectFulfilment(c), Some(order)) => {
                work::reject(c, order, self.policy.backorders, context.at)
            }
            (OrderCommand::VoidShipping(c), Some(order)) => parcels::void(c, order, context.at),
            (OrderCommand::LoseShipment(c), Some(order)) => parcels::lose(c, order, context.at),
            (OrderCommand::ReturnToSender(c), Some(order)) => {
                parcels::send_back(c, order, context.at)
            }
            (OrderCommand::PlaceHold(c), Some(order)) => holds::place(c, order, context),
            (OrderCommand::ReleaseHold(c), Some(order)) => holds::release(c, order, context.at),
            (OrderCommand::AcceptCancellation(c), Some(order)) => {
                cancel::accept(c, order, context.at)
            }
            (OrderCommand::DeclineCancellation(c), Some(order)) => {
                cancel::decline(c, order, context.at)
            }
            (OrderCommand::ReceiveReturnedUnits(c), Some(order)) => returns::receive_some(c, order),
            (OrderCommand::RefuseReturn(c), Some(order)) => returns::refuse(c, order),
            (OrderCommand::Amend(c), Some(order)) => amend::amend(c, order, context),
            (OrderCommand::Extend(c), Some(order)) => {
                extend::extend(c, order, self.policy.extensions, context.at)
            }
            (OrderCommand::Reopen(c), Some(_)) => amend::reopen(c, self.policy.reopen, context.at),
            (OrderCommand::Complete(c), Some(order)) => amend::complete(c, order, context.at),
            (OrderCommand::RecordExploded(c), Some(order)) => {
                Ok(kits::exploded(c, order, context.at))
            }
            (OrderCommand::RecordTimedOut(c), Some(order)) => {
                Ok(work::timed_out(c, order, self.policy.backorders, context.at))
            }
            (OrderCommand::RecordPayment(c), Some(o)) => Ok(payment::recorded(c, o, context.at)),
        }
    }
}

/// A payment without an account, of an order that was placed when there was no payment role.
fn authorize(command: &AuthorizePayment, order: &Order, at: Timestamp) -> Decision {
    let id = command.order;
    match order.payment {
        Payment::NotRequired => return Err(OrderRefusal::NothingToPay),
        Payment::Authorized(_) => return Ok(vec![]),
        Payment::Awaiting(_) => {}
    }
    if due::is_unpaid(order, at) {
        return Ok(due::expired(id, order, at));
    }
    let needed = order.wanted_total().unwrap_or(order.total);
    let given = command.amount;
    if given.currency != needed.currency || given.minor < needed.minor {
        return Err(OrderRefusal::AmountTooSmall { needed });
    }
    Ok(payment::satisfied(id, order, given))
}

pub(super) fn request_allocation(order: OrderId, reservation: ReservationNumber) -> OrderEvent {
    OrderEvent::AllocationRequested(AllocationRequested { order, reservation })
}

pub(super) fn cancelled(order: OrderId, at: Timestamp, reason: CancelReason) -> OrderEvent {
    OrderEvent::Cancelled(OrderCancelled { order, at, reason })
}
