//! The world around the core: it does what is due, and sees what comes of it.
//!
//! Law: whoever acts looks at how the order stands first, so that in a shop with enough of
//! everything no command is refused.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context as _, Result};
use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Shop, Tick};
use earmark::ids::OrderId;
use earmark::order::{HoldKind, Order, OrderCommand, OrderEvent, PlaceHold, ReleaseHold, Status};
use earmark::schema;
use earmark::time::{Span, Timestamp};

use super::queue::{Act, GivenUp, Queue};
use super::rules::{self, Trouble};
use super::{Foreseen, add};
use crate::shop::commands::{self, Timely};
use crate::shop::documents::Document;
use crate::shop::plan::{Happening, PlanOptions};
use crate::shop::products::Products;

/// What the world knows of an order.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) document: &'a Document,
    pub(super) country: &'a str,
    pub(super) abroad: bool,
    /// Whether the documents give something of it back.
    pub(super) came_back: bool,
    /// What is still to go wrong.
    pub(super) trouble: Option<Trouble>,
    /// What is to come back as soon as the order is complete.
    pub(super) waiting: Vec<GivenUp<'a>>,
}

/// Everybody who has to do with the orders, and the core that decides.
pub(super) struct World<'a> {
    pub(super) shop: Shop,
    pub(super) products: &'a Products,
    pub(super) options: PlanOptions,
    pub(super) queue: Queue<'a>,
    pub(super) now: u64,
    pub(super) known: HashMap<OrderId, Known<'a>>,
    /// Orders that the desk has on its list to release.
    pub(super) listed: HashSet<OrderId>,
    papers: BTreeMap<&'a str, u32>,
    ticked: u64,
    commands: Vec<Timely>,
    did: blake3::Hasher,
    left_out: BTreeMap<&'static str, (u64, u64)>,
}

impl<'a> World<'a> {
    pub(super) fn new(products: &'a Products, options: PlanOptions, start: u64) -> Self {
        Self {
            shop: Shop::default(),
            products,
            options,
            queue: Queue::default(),
            now: start,
            known: HashMap::new(),
            listed: HashSet::new(),
            papers: BTreeMap::new(),
            ticked: start,
            commands: Vec::new(),
            did: blake3::Hasher::new(),
            left_out: BTreeMap::new(),
        }
    }

    /// Does what is due next; false if nothing is left to do.
    pub(super) fn step(&mut self) -> Result<bool> {
        let Some((at, act)) = self.queue.pop() else { return Ok(false) };
        self.now = at;
        match act {
            Act::Document(Happening::Order { order, destination }) => {
                self.place(&Happening::Order { order, destination }, order)?;
            }
            Act::Document(
                Happening::Cancel { cancel, order, units }
                | Happening::Return { cancel, order, units },
            ) => self.give_up(commands::order_id(order)?, GivenUp { at: cancel.at, units })?,
            Act::Document(other) => {
                for command in commands::of_happening(&other)? {
                    self.issue(&command)?;
                }
            }
            Act::Wake => self.tick()?,
            Act::Provider(order, request, answer) => self.provide(order, request, answer)?,
            Act::EndHold(order, hold) => {
                let open = |o: &Order| o.holds.iter().any(|h| h.number == hold);
                if self.order(order).is_some_and(open) {
                    let release = ReleaseHold { order, hold };
                    self.issue(&Command::Order(OrderCommand::ReleaseHold(release)))?;
                }
            }
            Act::Release(order) => self.release(order)?,
            Act::Pick(job) => self.pick(job)?,
            Act::Pack(job) => self.pack(job)?,
            Act::Leave(job) => self.leave(job)?,
            Act::End(order, shipment, ending) => self.end(order, shipment, ending)?,
            Act::GiveBack(order, given) => self.give_back(order, &given)?,
            Act::Arrive(order, number) => self.arrive(order, number)?,
            Act::SayNo(order, number) => self.say_no(order, number)?,
        }
        Ok(true)
    }

    /// Hands a command to the core, after a tick if there was none for long; what it causes. A
    /// command that is refused causes nothing.
    pub(super) fn issue(&mut self, command: &Command) -> Result<Vec<Event>> {
        if self.now.saturating_sub(self.ticked) >= self.options.tick_every {
            self.tick()?;
        }
        self.settle(command)
    }

    /// An order at hand.
    pub(super) fn order(&self, id: OrderId) -> Option<&Order> {
        self.shop.orders().get(id)
    }

    /// Notes units that nobody can take.
    pub(super) fn leave_out(&mut self, why: &'static str, units: u64) {
        let (entries, sum) = self.left_out.entry(why).or_default();
        *entries += 1;
        *sum += units;
    }

    /// What has come of it all.
    pub(super) fn into_foreseen(mut self) -> Foreseen {
        let waiting: Vec<u64> = self
            .known
            .values()
            .flat_map(|known| &known.waiting)
            .map(|given| given.units.iter().map(|u| u.quantity.unsigned_abs()).sum())
            .collect();
        for units in waiting {
            self.leave_out("given up, but the rest of the order never arrived", units);
        }
        let Self { commands, did, left_out, .. } = self;
        Foreseen { commands, did: did.finalize(), left_out }
    }

    fn tick(&mut self) -> Result<()> {
        self.ticked = self.now;
        self.settle(&Command::Tick(Tick {})).map(|_| ())
    }

    fn settle(&mut self, command: &Command) -> Result<Vec<Event>> {
        self.commands.push(commands::encode(self.now, command)?);
        let context = Context { at: Timestamp::from_millis(self.now), by: Principal::Staff };
        let Ok(events) = self.shop.settle(command, &context)? else { return Ok(Vec::new()) };
        for event in &events {
            let written = schema::encode_event(event, Vec::new())?;
            let (kind, body) = written.context("the event has no kind on the wire")?;
            add(&mut self.did, kind, &body);
        }
        for event in &events {
            match event {
                Event::Order(event) => self.hear(event),
                Event::Payment(event) => self.hear_payment(event),
                _ => {}
            }
        }
        Ok(events)
    }

    /// What follows from an event, whatever brought it about.
    fn hear(&mut self, event: &OrderEvent) {
        let order = event.order();
        match event {
            OrderEvent::Confirmed(_)
            | OrderEvent::Sourced(_)
            | OrderEvent::Allocated(_)
            | OrderEvent::HoldReleased(_)
            | OrderEvent::ShippingVoided(_) => self.list(order),
            OrderEvent::Completed(_) => self.complete(order),
            _ => {}
        }
    }

    fn place(&mut self, happening: &Happening<'a>, document: &'a Document) -> Result<()> {
        for command in commands::of_happening(happening)? {
            self.issue(&command)?;
        }
        let id = commands::order_id(document)?;
        let Some(known) = self.known.get(&id) else { return Ok(()) };
        let country = known.country;
        let mut kinds = Vec::new();
        let alive = |o: &&Order| matches!(o.status, Status::Pending | Status::Confirmed);
        let Some(total) = self.order(id).filter(alive).map(|order| order.total.minor) else {
            return Ok(());
        };
        if total >= rules::LARGE {
            kinds.push(HoldKind::Fraud);
        }
        if rules::needs_papers(country) {
            let so_far = self.papers.entry(country).or_default();
            *so_far += 1;
            if *so_far <= rules::NEW_TO_COUNTRY {
                kinds.push(HoldKind::Export);
            }
        }
        kinds.into_iter().try_for_each(|kind| self.hold(id, document, kind))
    }

    fn hold(&mut self, order: OrderId, document: &Document, kind: HoldKind) -> Result<()> {
        let (length, lapses) = rules::held_for(kind, document);
        let auto_release = lapses.then(|| Span::from_millis(length));
        let place = PlaceHold { order, kind, reason: None, auto_release };
        let events = self.issue(&Command::Order(OrderCommand::PlaceHold(place)))?;
        for event in events {
            if let Event::Order(OrderEvent::HoldPlaced(placed)) = event {
                let act = if lapses { Act::Wake } else { Act::EndHold(order, placed.hold) };
                self.queue.push(self.now + length, act);
            }
        }
        Ok(())
    }
}
