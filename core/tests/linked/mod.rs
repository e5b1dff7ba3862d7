//! Partitions of one topology in one process, with couriers between them: events cross as bytes, in
//! order and once, as late as a seed says.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::VecDeque;

use earmark::decide::{Context, Principal};
use earmark::flow::{Answered, Command, Event, Hear, Refusal, Shop, Topology};
use earmark::ids::{FacilityRef, ItemRef, OrderId};
use earmark::notification::{News, NotificationEvent};
use earmark::order::{OrderCommand, OrderEvent};
use earmark::schema::{EVENTS, decode_event, encode_event};
use earmark::time::Timestamp;

use crate::support::{START, units};

/// What comes to a partition: an event of another one, or what this one has posted to itself.
enum Letter {
    Event(u16, Vec<u8>),
    Command(Box<Command>),
}

/// What the customers of a topology were told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Orders that were accepted towards the customer.
    pub(crate) accepted: Vec<OrderId>,
    /// Orders that were accepted, and then taken back for want of stock.
    pub(crate) taken_back: Vec<OrderId>,
    /// Orders that could not go to another address.
    pub(crate) not_moved: Vec<OrderId>,
    /// Commands for an order that the customer had an answer for, and the order service did not
    /// know.
    pub(crate) unknown: u32,
    /// Letters that went between partitions.
    pub(crate) letters: u32,
}

pub(crate) struct Linked {
    topology: Topology,
    shops: Vec<Shop>,
    letters: Vec<VecDeque<Letter>>,
    now: u64,
    pub(crate) told: Told,
}

/// The command that wrote an event of the shop's opening.
pub(crate) fn as_command(event: &Event) -> Option<Command> {
    use earmark::inventory::{
        DefineFacility, DefineItem, InventoryCommand as C, InventoryEvent as E, ReceiveStock,
    };
    let Event::Inventory(event) = event else { return None };
    let command = match event.clone() {
        E::ItemDefined(e) => {
            C::DefineItem(DefineItem { sku: e.sku, name: e.name, unit_price: e.unit_price })
        }
        E::FacilityDefined(e) => C::DefineFacility(DefineFacility {
            code: e.code,
            name: e.name,
            country: e.country,
            location: e.location,
            gateways: e.gateways,
        }),
        E::Received(e) => C::Receive(ReceiveStock {
            item: ItemRef::Id(e.item.id),
            facility: FacilityRef::Id(e.facility),
            tier: e.tier,
            quantity: units(e.quantity),
        }),
        _ => return None,
    };
    Some(Command::Inventory(command))
}

impl Linked {
    pub(crate) fn new(topology: Topology) -> Self {
        let shops: Vec<Shop> =
            topology.partitions().iter().map(|p| Shop::with_roles(p.roles)).collect();
        let letters = shops.iter().map(|_| VecDeque::new()).collect();
        Self { topology, shops, letters, now: START, told: Told::default() }
    }

    /// The partition that has a role.
    pub(crate) fn with(&self, role: &str) -> &Shop {
        &self.shops[self.at(role)]
    }

    pub(crate) fn shops(&self) -> &[Shop] {
        &self.shops
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        self.now += millis;
    }

    /// Somebody asks the partition that has a role.
    pub(crate) fn ask(&mut self, role: &str, command: Command) -> Result<(), Refusal> {
        let at = self.at(role);
        let unrecorded = |id| self.shops[at].orders().get(id).is_none();
        let placing =
            matches!(&command, Command::Order(OrderCommand::Place(p)) if unrecorded(p.order));
        if placing && self.topology.answered() == Answered::Posted {
            return self.post(at, command);
        }
        let asked_for = match &command {
            Command::Order(c) => c.order(),
            _ => None,
        };
        let answer = self.settle(at, &command, Principal::Staff);
        if let (Err(refusal), Some(order)) = (&answer, asked_for) {
            let answered = self.told.accepted.contains(&order);
            self.told.unknown += u32::from(answered && refusal.code() == "unknown-order");
        }
        answer
    }

    /// The order is announced, and nobody has recorded it yet: not even the order service.
    fn post(&mut self, at: usize, command: Command) -> Result<(), Refusal> {
        let mut draft = self.shops[at].clone();
        let events = draft.settle(&command, &self.context(Principal::Staff)).unwrap()?;
        let placed = |event: &&Event| matches!(event, Event::Order(OrderEvent::Placed(_)));
        for event in events.iter().filter(placed) {
            let known = |id: &OrderId| !self.told.accepted.contains(id);
            self.told.accepted.extend(event.order().filter(known));
            self.send(at, event);
        }
        self.letters[at].push_back(Letter::Command(Box::new(command)));
        Ok(())
    }

    /// The next letter to a partition comes; whether there was one.
    pub(crate) fn deliver(&mut self, at: usize) -> bool {
        let Some(letter) = self.letters[at].pop_front() else { return false };
        match letter {
            Letter::Event(kind, bytes) => {
                let event = Box::new(decode_event(kind, &bytes).unwrap());
                let heard = Command::Hear(Hear { event });
                self.settle(at, &heard, Principal::System).unwrap();
            }
            // Whoever posts an order twice has a refusal now, and nobody hears it any more.
            Letter::Command(command) => {
                let _ = self.settle(at, &command, Principal::Staff);
            }
        }
        true
    }

    /// All letters come.
    pub(crate) fn quieten(&mut self) {
        while (0..self.shops.len()).any(|at| self.deliver(at)) {}
    }

    pub(crate) fn partitions(&self) -> usize {
        self.shops.len()
    }

    pub(crate) fn at(&self, role: &str) -> usize {
        self.topology.partitions().iter().position(|p| p.roles.has(role)).unwrap()
    }

    fn context(&self, by: Principal) -> Context {
        Context { at: Timestamp::from_millis(self.now), by }
    }

    fn settle(&mut self, at: usize, command: &Command, by: Principal) -> Result<(), Refusal> {
        let context = self.context(by);
        let posted = self.topology.answered() == Answered::Posted;
        for event in self.shops[at].settle(command, &context).unwrap()? {
            self.tell(&event);
            // What was announced before it was recorded is not announced again.
            if !(posted && matches!(event, Event::Order(OrderEvent::Placed(_)))) {
                self.send(at, &event);
            }
        }
        Ok(())
    }

    /// A courier takes an event to every partition that is to hear it.
    fn send(&mut self, from: usize, event: &Event) {
        let (kind, bytes) = encode_event(event, Vec::new()).unwrap().unwrap();
        let name = EVENTS[usize::from(kind)].name;
        for (at, partition) in self.topology.partitions().iter().enumerate() {
            if at != from && partition.hears().contains(&name) {
                self.letters[at].push_back(Letter::Event(kind, bytes.clone()));
                self.told.letters += 1;
            }
        }
    }

    fn tell(&mut self, event: &Event) {
        match event {
            Event::Order(OrderEvent::Placed(_) | OrderEvent::PlacedInstead(_))
                if self.topology.answered() == Answered::Placed =>
            {
                self.told.accepted.extend(event.order());
            }
            Event::Notification(NotificationEvent::Told(e)) => match e.news {
                News::MoveRefused(_) => self.told.not_moved.push(e.order),
                News::Accepted if self.topology.answered() == Answered::Settled => {
                    self.told.accepted.push(e.order);
                }
                News::Rejected if self.told.accepted.contains(&e.order) => {
                    self.told.taken_back.push(e.order);
                }
                _ => {}
            },
            _ => {}
        }
    }
}
