//! Settling: a command and all it leads to, in one atomic, bounded step.
//!
//! Law: only the first decision may refuse, and then nothing has changed; what follows from an
//! event can't be refused, and if it is, the state is broken and must be thrown away.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::route::{route, why};
use super::shop::{Command, Event, PolicySet, Refusal, Shop};
use crate::decide::{Context, CorruptHistory, Decide, Principal};
use crate::fulfilment::FulfilmentCommand;
use crate::inventory::{InventoryCommand, InventoryEvent};
use crate::limits::STEPS_PER_SETTLE;
use crate::order::{OrderCommand, OrderEvent, OrderRefusal, Rejection};
use crate::payment::{Authorize, PaymentCommand};

/// What a command led to: all events in order, none if it had been carried out before.
pub type Settled = Result<Vec<Event>, Refusal>;

/// The state does not hold any more: throw it away, and rebuild it from the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What went wrong, for those who look after the shop.
    pub because: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state does not hold any more: {}", self.because)
    }
}

impl core::error::Error for Broken {}

impl From<CorruptHistory> for Broken {
    fn from(corrupt: CorruptHistory) -> Self {
        Self { because: corrupt.to_string() }
    }
}

impl Shop {
    /// Carries out a command and all it leads to among the local roles.
    ///
    /// # Errors
    /// [`Broken`] if the state contradicts itself: it is of no use any more. A refusal is no error
    /// but an answer.
    pub fn settle(&mut self, command: &Command, context: &Context) -> Result<Settled, Broken> {
        if let Command::Tick(_) = command {
            return self.tick(context).map(Ok);
        }
        if let Command::Hear(heard) = command {
            return self.hear(&heard.event, context);
        }
        let payment = self.payment_of(command);
        let command = payment.as_ref().unwrap_or(command);
        let mut events = match self.decide(command, context) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.has_room_for(&events, context) {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.serves(&events, context) {
            return Ok(Err(refusal));
        }
        self.follow(&mut events, context)?;
        // No route: every partition is told the policy itself, and none hears of it from another.
        if matches!(command, Command::SetPolicy(_)) && !events.is_empty() {
            let look = Command::Inventory(InventoryCommand::LookAtQueues);
            events.append(&mut self.tick_of(self.roles.inventory, &look, context)?);
        }
        Ok(Ok(events))
    }

    /// An authorization is for whoever keeps the account: the payment role, unless the order was
    /// placed when there was none.
    fn payment_of(&self, command: &Command) -> Option<Command> {
        let Command::Order(OrderCommand::AuthorizePayment(c)) = command else { return None };
        let owes = self.orders.get(c.order).is_some_and(|order| order.owed.is_some());
        // An account may outlive its order.
        let is_ours = owes || self.payments.get(c.order).is_some() || !self.roles.order;
        let authorize = Authorize { order: c.order, amount: c.amount };
        is_ours.then_some(Command::Payment(PaymentCommand::Authorize(authorize)))
    }

    /// Goods that come back need a known place with room: where the stock is local, it is asked
    /// before anything has changed.
    fn has_room_for(&self, events: &[Event], context: &Context) -> Result<(), Refusal> {
        for event in events {
            let Event::Order(
                OrderEvent::ReturnReceived(_)
                | OrderEvent::ReturnPartlyReceived(_)
                | OrderEvent::ShippingVoided(_)
                | OrderEvent::ReturnedToSender(_),
            ) = event
            else {
                continue;
            };
            let mut asked = Vec::new();
            route(event, |command| asked.push(command));
            let books_in = |c: &&Command| matches!(c, Command::Inventory(_)) && self.is_local(c);
            for command in asked.iter().filter(books_in) {
                self.decide(command, context)?;
            }
        }
        Ok(())
    }

    /// An order goes to another address only if its stock can: where that is local, it is asked
    /// before anything has changed.
    fn serves(&self, events: &[Event], context: &Context) -> Result<(), Refusal> {
        let moves = events.iter().find(|e| matches!(e, Event::Order(OrderEvent::MoveRequested(_))));
        let Some(moves) = moves else { return Ok(()) };
        let mut asked = Vec::new();
        route(moves, |command| asked.push(command));
        for command in asked.iter().filter(|command| self.is_local(command)) {
            for answer in self.decide(command, context)? {
                let why = match answer {
                    Event::Inventory(InventoryEvent::Rejected(e)) => why(&e),
                    Event::Inventory(InventoryEvent::ExplosionRejected(e)) => {
                        Rejection::KitsTooLarge { lines: e.lines, units: e.units }
                    }
                    _ => continue,
                };
                return Err(Refusal::Order(OrderRefusal::NotServedThere { why }));
            }
        }
        Ok(())
    }

    /// Ends what is due: orders first, since an order that expires releases its own stock and does
    /// not want its payment any more; and once more after the facilities, since what one lets go of
    /// may be of an order that should have been paid for by now.
    fn tick(&mut self, context: &Context) -> Result<Vec<Event>, Broken> {
        let orders = Command::Order(OrderCommand::Tick);
        let inventory = Command::Inventory(InventoryCommand::Tick);
        let fulfilment = Command::Fulfilment(FulfilmentCommand::Tick);
        let payments = Command::Payment(PaymentCommand::Tick);
        let roles = self.roles;
        let mut all = self.tick_of(roles.order, &orders, context)?;
        all.append(&mut self.tick_of(roles.inventory, &inventory, context)?);
        let mut late = self.tick_of(roles.fulfilment, &fulfilment, context)?;
        let again = roles.order && !late.is_empty();
        all.append(&mut late);
        all.append(&mut self.tick_of(again, &orders, context)?);
        all.append(&mut self.tick_of(roles.payment, &payments, context)?);
        Ok(all)
    }

    fn tick_of(
        &mut self,
        local: bool,
        command: &Command,
        context: &Context,
    ) -> Result<Vec<Event>, Broken> {
        let refused = |refusal: Refusal| Broken { because: refusal.to_string() };
        if !local {
            return Ok(Vec::new());
        }
        let mut events = self.decide(command, context).map_err(refused)?;
        self.follow(&mut events, context)?;
        Ok(events)
    }

    /// Applies the events, and those that follow from them, until nothing more follows.
    fn follow(&mut self, events: &mut Vec<Event>, context: &Context) -> Result<(), Broken> {
        let within = Context { at: context.at, by: Principal::System };
        let mut commands = VecDeque::new();
        self.fold(events, &mut commands)?;
        self.carry_out(commands, events, &within)
    }

    /// Carries out what is asked, and all that follows from it, until nothing more follows.
    pub(super) fn carry_out(
        &mut self,
        mut commands: VecDeque<Command>,
        events: &mut Vec<Event>,
        within: &Context,
    ) -> Result<(), Broken> {
        let mut steps = 0_usize;
        while let Some(command) = commands.pop_front() {
            steps = steps.saturating_add(1);
            if steps > STEPS_PER_SETTLE {
                return Err(Broken { because: "a command leads to too many others".to_string() });
            }
            if !self.is_local(&command) {
                continue;
            }
            let refused = |refusal: Refusal| Broken { because: refusal.to_string() };
            let mut next = self.decide(&command, within).map_err(refused)?;
            self.fold(&next, &mut commands)?;
            events.append(&mut next);
        }
        Ok(())
    }

    pub(super) fn fold(
        &mut self,
        events: &[Event],
        commands: &mut VecDeque<Command>,
    ) -> Result<(), Broken> {
        for event in events {
            self.apply(event)?;
        }
        for event in events {
            route(event, |command| commands.push_back(command));
        }
        Ok(())
    }

    pub(super) fn is_local(&self, command: &Command) -> bool {
        match command {
            Command::SetPolicy(_) | Command::Tick(_) | Command::Hear(_) => true,
            Command::Order(_) => self.roles.order,
            Command::Inventory(_) => self.roles.inventory,
            Command::Notification(_) => self.roles.notification,
            Command::Fulfilment(_) => self.roles.fulfilment,
            Command::Payment(_) => self.roles.payment,
        }
    }

    pub(super) fn decide(
        &self,
        command: &Command,
        context: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        if !self.is_local(command) {
            let role = match command {
                Command::SetPolicy(_) | Command::Tick(_) | Command::Hear(_) => "policy",
                Command::Order(_) => "order",
                Command::Inventory(_) => "inventory",
                Command::Notification(_) => "notification",
                Command::Fulfilment(_) => "fulfilment",
                Command::Payment(_) => "payment",
            };
            return Err(Refusal::NotHere { role: role.to_string() });
        }
        match command {
            Command::SetPolicy(set) => {
                if set.policy == self.policy && self.policy_version > 0 {
                    return Ok(Vec::new());
                }
                set.policy.check().map_err(|faults| Refusal::PolicyOutOfBounds { faults })?;
                let version = self.policy_version.saturating_add(1);
                Ok(alloc::vec![Event::Policy(PolicySet { version, policy: set.policy })])
            }
            Command::Tick(_) | Command::Hear(_) => Ok(Vec::new()),
            Command::Order(command) => {
                wrap(self.orders.decide(command, context), Event::Order).map_err(Refusal::Order)
            }
            Command::Inventory(command) => {
                wrap(self.inventory.decide(command, context), Event::Inventory)
                    .map_err(Refusal::Inventory)
            }
            Command::Payment(command) => {
                wrap(self.payments.decide(command, context), Event::Payment)
                    .map_err(Refusal::Payment)
            }
            Command::Notification(command) => {
                match wrap(self.notifications.decide(command, context), Event::Notification) {
                    Ok(events) => Ok(events),
                    Err(never) => match never {},
                }
            }
            Command::Fulfilment(command) => {
                wrap(self.fulfilments.decide(command, context), Event::Fulfilment)
                    .map_err(Refusal::Fulfilment)
            }
        }
    }
}

fn wrap<E, R>(decided: Result<Vec<E>, R>, into: fn(E) -> Event) -> Result<Vec<Event>, R> {
    decided.map(|events| events.into_iter().map(into).collect())
}
