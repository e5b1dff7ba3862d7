//! A small world for generated histories: a shop, the clock, and a witness that believes nothing
//! but events.
//!
//! Law: after every step all laws are checked, and a law that does not hold is told in words, so
//! that a test can show that it would be.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

pub(crate) mod books;
pub(crate) mod facilities;
pub(crate) mod handshake;
pub(crate) mod kits;
pub(crate) mod loose;
pub(crate) mod mirror;
pub(crate) mod payments;
pub(crate) mod queue;
pub(crate) mod replace;
pub(crate) mod runner;
pub(crate) mod split;
pub(crate) mod steps;
pub(crate) mod stock;
pub(crate) mod witness;
pub(crate) mod work;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use earmark::decide::Context;
use earmark::flow::{Broken, Command, Event, Refusal, Settled, Shop};
use earmark::inventory::InventoryCommand;
use earmark::laws;
use earmark::order::{
    OrderCommand, OrderEvent, OrderLine, OrderRefusal, PlaceOrder, STEPS, Status,
};
use earmark::payment::{PaymentCommand, PaymentEvent, PaymentRefusal};
use earmark::schema::{EVENTS, decode_event, encode_event, from_bytes, to_bytes};
use earmark::time::Timestamp;
use steps::Step;
use witness::Witness;

use crate::support::START;

/// What carries a command out: the shop, or a broken one.
pub(crate) type Settle = fn(&mut Shop, &Command, &Context) -> Result<Settled, Broken>;

/// A shop, what its events say, and the clock.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) settle: Settle,
    pub(crate) shop: Shop,
    /// Built from nothing but the bytes of the events: before a step is heard, the state before it.
    pub(crate) replayed: Shop,
    pub(crate) witness: Witness,
    pub(crate) now: u64,
    /// Names of the events and codes of the refusals so far.
    pub(crate) met: BTreeSet<&'static str>,
    /// Steps that orders have taken in their lives.
    pub(crate) steps: BTreeSet<(Status, &'static str, Status)>,
    /// Steps that work orders have taken in theirs.
    pub(crate) work_steps: BTreeSet<facilities::WorkStep>,
}

/// Fails with words unless something holds.
pub(crate) fn ensure(holds: bool, told: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(told()) }
}

impl World {
    /// The opening: three facilities (one abroad), three items, some stock of each.
    pub(crate) fn open() -> Self {
        static OPEN: OnceLock<World> = OnceLock::new();
        OPEN.get_or_init(Self::opened).clone()
    }

    fn opened() -> Self {
        let mut world = Self {
            settle: Shop::settle,
            shop: Shop::default(),
            replayed: Shop::default(),
            witness: Witness::default(),
            now: START,
            met: BTreeSet::new(),
            steps: BTreeSet::new(),
            work_steps: BTreeSet::new(),
        };
        for command in steps::opening() {
            world.step(&Step::now(command)).unwrap();
        }
        world
    }

    /// Takes a step and checks every law.
    pub(crate) fn step(&mut self, step: &Step) -> Result<(), String> {
        self.now = self.now.saturating_add(step.wait);
        let context = Context { at: Timestamp::from_millis(self.now), by: step.by.clone() };
        let sent = self.sent(&step.command);
        let is_due = self.shop.next_deadline().is_some_and(|due| due <= context.at);
        let settled = (self.settle)(&mut self.shop, &step.command, &context);
        let settled = settled.map_err(|e| e.to_string())?;
        if let (Command::Tick(_), Ok(events)) = (&step.command, &settled) {
            let told = || format!("a tick before any deadline: {events:?}");
            ensure(is_due || events.is_empty(), told)?;
        }
        if is_cancel(&step.command) {
            let on_hold = |r: &Refusal| r.code() == "on-hold";
            let held = settled.as_ref().err().is_some_and(on_hold);
            ensure(!held, || format!("a hold blocks {:?}", step.command))?;
            let same = self.sent(&step.command) == sent;
            ensure(same, || format!("{:?} touched what was shipped", step.command))?;
        }
        if let (Some(place), Ok(events)) = (placing(&step.command), &settled) {
            total_is_right(place, events)?;
        }
        match &settled {
            Ok(events) => self.hear(events)?,
            Err(refusal) => {
                self.met.insert(refusal.code());
                let told = || format!("the refusal `{refusal}` changed something");
                ensure(self.shop == self.replayed, told)?;
            }
        }
        self.ask_again(&step.command, &context, &settled)?;
        if settled.is_ok_and(|events| !events.is_empty()) {
            self.check()?;
        }
        let alike = laws::all_alike(&[&self.replayed, &self.shop]);
        ensure(alike, || laws::EVENTS_TELL_ALL.to_string())
    }

    /// Units of the order a command names that have left, by line.
    fn sent(&self, command: &Command) -> Vec<u32> {
        let Command::Order(command) = command else { return Vec::new() };
        let order = command.order().and_then(|id| self.shop.orders().get(id));
        let sent = |line: &earmark::order::Line| {
            let b = line.buckets;
            b.in_transit + b.delivered + b.lost + b.returned_to_sender
        };
        order.map_or_else(Vec::new, |order| order.lines.iter().map(sent).collect())
    }

    fn hear(&mut self, events: &[Event]) -> Result<(), String> {
        for event in events {
            let (kind, bytes) =
                encode_event(event, Vec::new()).map_err(|e| e.to_string())?.ok_or("no kind")?;
            let read = decode_event(kind, &bytes).map_err(|e| e.to_string())?;
            ensure(read == *event, || format!("{event:?} was read as {read:?}"))?;
            let name = EVENTS[usize::from(kind)].name;
            self.met.insert(name);
            let status = |shop: &Shop| {
                let order = event.order().and_then(|id| shop.orders().get(id));
                order.map_or(Status::Unplaced, |order| order.status)
            };
            let from = status(&self.replayed);
            let work = facilities::states(&self.replayed, event);
            self.replayed.apply(&read).map_err(|e| e.to_string())?;
            self.work_steps.extend(facilities::steps(&self.replayed, work, name)?);
            let to = status(&self.replayed);
            if from != to || STEPS.iter().any(|(_, event, _)| *event == name) {
                let step = (from, name, to);
                ensure(STEPS.contains(&step), || format!("{step:?} is a step of no order"))?;
                self.steps.insert(step);
            }
            self.witness.lets_go(event)?;
            self.witness.hear(event)?;
        }
        Ok(())
    }

    /// A command that was answered is answered the same again, and nothing more happens.
    fn ask_again(
        &mut self,
        command: &Command,
        context: &Context,
        first: &Result<Vec<Event>, Refusal>,
    ) -> Result<(), String> {
        if first.is_ok() && !is_idempotent(command) {
            return Ok(());
        }
        let again = (self.settle)(&mut self.shop, command, context).map_err(|e| e.to_string())?;
        let same = match (&again, first) {
            (Ok(events), Ok(_)) => events.is_empty(),
            (Err(again), Err(first)) => again == first,
            // What a partial shipment left was cancelled: now all of it is on its way.
            (Err(Refusal::Order(OrderRefusal::UseReturn)), Ok(_)) => is_cancel(command),
            // Units of kits that are cancelled as a whole: with them the order has ended.
            (Err(Refusal::Order(OrderRefusal::NotWhen { .. })), Ok(_)) => {
                matches!(command, Command::Order(OrderCommand::VoidShipping(_)))
            }
            // What is ready has left, and the rest can't yet.
            (Err(Refusal::Order(OrderRefusal::NotPacked | OrderRefusal::OnHold { .. })), Ok(_)) => {
                matches!(command, Command::Order(OrderCommand::Ship(_)))
            }
            // The last answer of an order that had left: now its payment is forgotten too.
            (Err(Refusal::Payment(PaymentRefusal::UnknownOrder { .. })), Ok(events)) => {
                events.iter().any(|e| matches!(e, Event::Payment(PaymentEvent::Forgotten(_))))
            }
            _ => false,
        };
        let events = again.as_ref().map_or(0, Vec::len);
        let nothing = laws::again_is_nothing(events, same);
        let law = laws::AGAIN_NOTHING;
        ensure(nothing, || format!("{law}: {command:?}: {again:?} after {first:?}"))
    }

    /// Every law over the state of now.
    pub(crate) fn check(&self) -> Result<(), String> {
        let audit = self.shop.audit();
        ensure(audit.checked > 0, || "the audit looked at nothing".to_string())?;
        ensure(audit.broken.is_empty(), || format!("{:?}", audit.broken))?;
        self.witness.agrees(&self.shop)?;
        witness::roles_agree(&self.shop)?;
        let bytes = to_bytes(&self.shop).map_err(|e| e.to_string())?;
        let mut restored: Shop = from_bytes("a snapshot", &bytes).map_err(|e| e.to_string())?;
        restored.restore();
        ensure(restored == self.shop, || "the snapshot restores to something else".to_string())
    }
}

/// Whether the same command again promises to do nothing. What happens to stock and requests for
/// returns have no id of their own: the host tells their retries by the id of the input.
fn is_idempotent(command: &Command) -> bool {
    match command {
        Command::Order(OrderCommand::ReceiveReturn(c)) => c.number.is_some(),
        Command::Order(OrderCommand::Cancel(c)) => c.lines.is_none(),
        Command::Order(
            OrderCommand::RequestReturn(_)
            | OrderCommand::PlaceHold(_)
            | OrderCommand::ReceiveReturnedUnits(_)
            | OrderCommand::Amend(_),
        ) => false,
        Command::Order(OrderCommand::Pick(c)) => c.lines.is_none() && c.missing.is_none(),
        Command::Payment(PaymentCommand::Refund(_)) => false,
        Command::Payment(PaymentCommand::Capture(c)) => c.amount.is_none(),
        Command::Inventory(command) => matches!(
            command,
            InventoryCommand::DefineItem(_)
                | InventoryCommand::DefineKit(_)
                | InventoryCommand::DefineFacility(_)
                | InventoryCommand::SetSafety(_)
                | InventoryCommand::SetLowStock(_)
                | InventoryCommand::SetBackorderLimit(_)
        ),
        _ => true,
    }
}

/// What a command places.
fn placing(command: &Command) -> Option<&PlaceOrder> {
    match command {
        Command::Order(OrderCommand::Place(place)) => Some(place),
        Command::Order(OrderCommand::Replace(replace)) => Some(&replace.place),
        _ => None,
    }
}

fn is_cancel(command: &Command) -> bool {
    let Command::Order(command) = command else { return false };
    matches!(command, OrderCommand::Cancel(_) | OrderCommand::AcceptCancellation(_))
}

/// The total of an order, counted anew in wider numbers. Optimised builds of calling programs have
/// shown totals without a currency.
fn total_is_right(place: &PlaceOrder, events: &[Event]) -> Result<(), String> {
    let total = events.iter().find_map(|event| match event {
        Event::Order(OrderEvent::Placed(placed)) => Some(placed.total),
        Event::Order(OrderEvent::PlacedInstead(placed)) => Some(placed.total),
        _ => None,
    });
    let Some(total) = total else { return Ok(()) };
    let step = 10_i128.pow(4 - place.currency.decimals());
    let of_line = |line: &OrderLine| {
        let parts = i128::from(line.unit_price.0) * i128::from(line.quantity.get());
        let (whole, rest) = (parts / step, parts % step);
        let up = 2 * rest > step || (2 * rest == step && whole % 2 == 1);
        whole + i128::from(up)
    };
    let minor: i128 = place.lines.iter().map(of_line).sum();
    let right = total.currency == place.currency && i128::from(total.minor) == minor;
    ensure(right, || format!("{place:?} has the total {total:?}"))
}
