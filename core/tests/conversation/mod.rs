//! The conversation between an order service and an inventory service, as small as it can be and
//! still go wrong: two orders, two items, two facilities, stock for one of the orders only.
//!
//! Each side has a journal: what it decided survives, and every step begins with a state that is
//! read from its bytes, as after a crash. Letters between the sides are kept until they are
//! delivered, so what can happen to them is delay (a lost letter is sent again), a wrong order, and
//! coming twice (a lost answer, or a restart of whoever sends). A side keeps a cursor, the number
//! of the last letter, in the same record as what the letter caused: so it drops what it has had,
//! and sends back what comes before its turn. Both leave everything as it is, so that no step is
//! needed for them. Without cursors the same faults do harm, and are steps.
//!
//! What the order wants of a [`provider`] of payments has no cursor at all.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod known;
mod provider;

use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Roles, SetPolicy, Shop, Tick, route};
use earmark::ids::{FacilityRef, ItemRef, Tier};
use earmark::inventory::{DefineFacility, DefineItem, InventoryCommand, ReceiveStock};
use earmark::notification::{News, NotificationEvent};
use earmark::order::{
    CancelOrder, CancelReason, DeliverShipment, OrderCommand, OrderEvent, ShipOrder,
};
use earmark::policy::{Collect, OrderPolicy, PaymentPolicy, Policy};
use earmark::schema::{from_bytes, to_bytes};
use earmark::time::{Span, Timestamp};
use earmark::units::UnitPrice;
use known::{CommandId, Known, ShopId};
pub(crate) use provider::Provider;
use provider::{Mail, Till};
use serde::{Deserialize, Serialize};

use crate::explorer::Model;
use crate::support::{START, order, place, sku, text, units};

/// Who does what, and when the customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    /// The order waits for the stock, and then for the payment; only then it is accepted.
    ReserveFirst,
    /// The order is accepted when it is placed; the stock follows.
    OrderFirst,
    /// The order is a letter to everybody, the order service among them; the customer has his
    /// answer when the letter is posted.
    ListenToSelf,
}

/// The world, and how many faults may happen in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conversation {
    pub(crate) topology: Topology,
    pub(crate) orders: usize,
    pub(crate) faults: u8,
    /// Whether the sides know which letter came last.
    pub(crate) cursors: bool,
    pub(crate) provider: Provider,
    /// Payments that the provider may decline.
    pub(crate) declines: u8,
}

impl Conversation {
    /// As it should be, and nothing goes wrong.
    pub(crate) const SOUND: Self = Self {
        topology: Topology::ReserveFirst,
        orders: 2,
        faults: 0,
        cursors: true,
        provider: Provider::Sound,
        declines: 1,
    };
}

const HOUR: u64 = 3_600_000;
const ORDERS: [u8; 2] = [1, 2];

/// A side of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Orders,
    Inventory,
}

use Side::{Inventory, Orders};

/// One state of the world.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct World {
    /// The states of both sides.
    shops: [ShopId; 2],
    /// Letters to each side, in the order they were sent.
    letters: [Vec<Letter>; 2],
    /// Letters from and to the provider, and its books of each order.
    mail: Mail,
    tills: [Till; 2],
    /// The hour on each side's clock.
    hours: [u8; 2],
    faults: u8,
    /// What was said to each order's customer.
    told: [Told; 2],
    /// Orders that were placed, as far as the customer knows.
    placed: [bool; 2],
    /// Orders that were confirmed.
    confirmed: [bool; 2],
    /// What went wrong on the way here.
    wrong: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Letter {
    command: CommandId,
    delivered: bool,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Told {
    accepted: bool,
    taken_back: bool,
}

/// What the customer learns.
#[derive(Debug, Clone, Copy)]
enum Tells {
    Accepted,
    TakenBack,
}

/// A conversation, and what is known of it so far.
#[derive(Debug)]
pub(crate) struct Walk {
    how: Conversation,
    known: Known,
    tick: CommandId,
    /// What may be wished for each order: first that it is placed.
    placings: [CommandId; 2],
    reserves: [CommandId; 2],
    wishes: [[(&'static str, CommandId); 3]; 2],
}

impl Walk {
    pub(crate) fn new(how: Conversation) -> Self {
        let known = Known::default();
        let placing = |n| OrderCommand::Place(place(n, &[("mug", 1), ("pen", 1)]));
        let wish = |(what, command)| (what, known.command(&Command::Order(command)));
        Self {
            how,
            tick: known.command(&Command::Tick(Tick {})),
            placings: ORDERS.map(|n| known.command(&Command::Order(placing(n)))),
            reserves: ORDERS.map(|n| known.command(&first_reserve(&placing(n)))),
            wishes: ORDERS.map(|n| wishes(n).map(wish)),
            known,
        }
    }
}

impl Model for Walk {
    fn initial(&self) -> Vec<u8> {
        let mut orders = Shop::with_roles(roles(Orders));
        let mut inventory = Shop::with_roles(roles(Inventory));
        for shop in [&mut orders, &mut inventory] {
            must(shop, &Command::SetPolicy(SetPolicy { policy: policy() }));
        }
        for command in stock() {
            must(&mut inventory, &Command::Inventory(command));
        }
        let Conversation { faults, declines, .. } = self.how;
        let world = World {
            shops: [orders, inventory].map(|shop| self.known.shop(&shop)),
            letters: [Vec::new(), Vec::new()],
            mail: Mail { declines, ..Mail::default() },
            tills: Default::default(),
            hours: [0; 2],
            faults,
            told: [Told::default(); 2],
            placed: [false; 2],
            confirmed: [false; 2],
            wrong: None,
        };
        to_bytes(&world).unwrap()
    }

    fn next(&self, state: &[u8], to: &mut dyn FnMut(String, Vec<u8>)) {
        let world: World = from_bytes("a world", state).unwrap();
        if world.wrong.is_some() {
            return;
        }
        let mut end = |what, next: World| to(what, to_bytes(&next.tidied(self.how)).unwrap());
        self.payments(&world, &mut end);
        let mut go = |what: String, next: World| self.heard(what, next, &mut end);
        self.people(&world, &mut go);
        self.clocks(&world, &mut go);
        self.post(&world, &mut go);
    }

    fn broken(&self, state: &[u8]) -> Option<String> {
        let world: World = from_bytes("a world", state).unwrap();
        let law = || world.shops.into_iter().find_map(|shop| self.known.look(shop).broken.clone());
        let taken_back = || {
            let at = world.told.iter().position(|told| told.accepted && told.taken_back)?;
            Some(format!("order {}: accepted, and then taken back for want of stock", at + 1))
        };
        let unpaid = || {
            let worth = self.over(&world)?;
            let mut both = world.tills.iter().zip(worth);
            both.find_map(|(till, worth)| till.at_the_end(worth))
        };
        world.wrong.clone().or_else(law).or_else(taken_back).or_else(unpaid)
    }

    fn is_end(&self, state: &[u8]) -> bool {
        self.over(&from_bytes("a world", state).unwrap()).is_some()
    }
}

impl Walk {
    /// Once everything has come to its end: what was completed of each order, in money.
    fn over(&self, world: &World) -> Option<Vec<i64>> {
        let silent = world.letters.iter().flatten().all(|letter| letter.delivered);
        let placed = world.placed[..self.how.orders].iter().all(|placed| *placed);
        if !silent || !placed || !world.mail.is_silent() {
            return None;
        }
        let [orders, inventory] = world.shops.map(|shop| self.known.look(shop));
        let over = orders.over[..self.how.orders].iter().copied().collect::<Option<Vec<i64>>>()?;
        (inventory.reservations == 0 && !orders.asks).then_some(over)
    }

    /// What customers and staff may do. The orders want the same: the one that is placed first is
    /// the first one.
    fn people(&self, world: &World, go: &mut impl FnMut(String, World)) {
        for n in ORDERS.into_iter().take(self.how.orders) {
            let at = usize::from(n - 1);
            if !world.placed[at] {
                if at > 0 && !world.placed[at - 1] {
                    continue;
                }
                let mut next = world.clone();
                next.placed[at] = true;
                if self.how.topology == Topology::ListenToSelf {
                    // Everybody hears it from the post; the customer has his answer already.
                    next.send(Orders, self.placings[at]);
                    next.send(Inventory, self.reserves[at]);
                } else {
                    next = self.carried_out(next, Orders, self.placings[at], true);
                }
                go(format!("order {n} is placed"), next);
                continue;
            }
            for (what, command) in self.wishes[at] {
                let next = self.carried_out(world.clone(), Orders, command, false);
                if next.wrong.is_some() || next.shops != world.shops {
                    go(format!("order {n} is {what}"), next);
                }
            }
        }
    }

    /// Time passes on each side by itself: no two clocks show the same.
    fn clocks(&self, world: &World, go: &mut impl FnMut(String, World)) {
        for (at, side) in [Orders, Inventory].into_iter().enumerate() {
            // What got no answer is asked for again after two hours.
            let more = if side == Orders { 2 * world.mail.lost } else { 0 };
            let hours = if world.hours[at] < 1 { 1 } else { 2 };
            if world.hours[at] + hours <= 1 + more {
                let mut next = world.clone();
                next.hours[at] += hours;
                let next = self.carried_out(next, side, self.tick, true);
                go(format!("{side:?}: {hours} h pass"), next);
            }
        }
    }

    /// Letters come: the next one, or by a fault another one, or one once more.
    fn post(&self, world: &World, go: &mut impl FnMut(String, World)) {
        for (at, side) in [Orders, Inventory].into_iter().enumerate() {
            let letters = &world.letters[at];
            let first = letters.iter().position(|letter| !letter.delivered);
            for (number, letter) in letters.iter().enumerate() {
                let in_turn = first == Some(number);
                if !in_turn && (world.faults == 0 || self.how.cursors) {
                    continue;
                }
                let mut next = world.clone();
                next.letters[at][number].delivered = true;
                next.faults -= u8::from(!in_turn);
                let again = letter.delivered;
                next = self.carried_out(next, side, letter.command, !again);
                let how = match (in_turn, again) {
                    (true, _) => "comes",
                    (false, true) => "comes once more",
                    (false, false) => "comes before its turn",
                };
                go(format!("{side:?}: {} {how}", self.known.name(letter.command)), next);
            }
        }
    }

    /// A side carries out a command.
    fn carried_out(&self, mut world: World, side: Side, command: CommandId, must: bool) -> World {
        let at = side as usize;
        let state = (world.shops[at], world.hours[at]);
        let done = self.known.carried_out(&self.how, side, state, command, must);
        world.shops[at] = done.to;
        world.wrong.clone_from(&done.wrong);
        done.letters.iter().for_each(|(to, command)| world.send(*to, *command));
        done.confirmed.iter().for_each(|at| world.confirmed[*at] = true);
        for (at, tells) in &done.told {
            match tells {
                Tells::Accepted => world.told[*at].accepted = true,
                Tells::TakenBack => world.told[*at].taken_back = true,
            }
        }
        world.mail.fresh.extend(done.asks.iter().rev());
        world
    }
}

impl Conversation {
    /// What the customer learns from an event.
    fn tells(&self, event: &Event) -> Option<Tells> {
        match event {
            Event::Order(OrderEvent::Placed(_)) if self.topology != Topology::ReserveFirst => {
                Some(Tells::Accepted)
            }
            Event::Notification(NotificationEvent::Told(e)) => match e.news {
                News::Accepted => Some(Tells::Accepted),
                News::Rejected => Some(Tells::TakenBack),
                _ => None,
            },
            _ => None,
        }
    }
}

impl World {
    fn send(&mut self, to: Side, command: CommandId) {
        self.letters[to as usize].push(Letter { command, delivered: false });
    }

    /// Letters that can't come any more are of no interest.
    fn tidied(mut self, how: Conversation) -> Self {
        self.mail.tidy();
        if self.faults == 0 || how.cursors {
            self.letters.iter_mut().for_each(|letters| letters.retain(|l| !l.delivered));
        }
        self
    }
}

/// An hour to pay, two for the provider to answer; captured on confirmation.
fn policy() -> Policy {
    let [deadline, answer_within] = [HOUR, 2 * HOUR].map(Span::from_millis);
    let collect = Collect { answer_within, ..Collect::default() };
    let payment = PaymentPolicy::Required { deadline, collect };
    Policy { orders: OrderPolicy { payment, ..OrderPolicy::default() }, ..Policy::default() }
}

fn roles(side: Side) -> Roles {
    let order = side == Orders;
    Roles { order, inventory: !order, notification: order, fulfilment: order, payment: order }
}

/// What may be wished for an order once it is placed.
fn wishes(n: u8) -> [(&'static str, OrderCommand); 3] {
    let order = order(n);
    let cancel = CancelOrder { order, lines: None, reason: CancelReason::Customer };
    [
        ("cancelled", OrderCommand::Cancel(cancel)),
        ("shipped", OrderCommand::Ship(ShipOrder { order, facility: None })),
        ("delivered", OrderCommand::Deliver(DeliverShipment { order, shipment: None })),
    ]
}

/// What the inventory makes of an order that it hears of by itself.
fn first_reserve(placing: &OrderCommand) -> Command {
    let mut shop = Shop::with_roles(roles(Orders));
    must(&mut shop, &Command::SetPolicy(SetPolicy { policy: policy() }));
    let events = must(&mut shop, &Command::Order(placing.clone()));
    let mut reserve = None;
    events.iter().for_each(|event| route(event, |command| reserve = Some(command)));
    reserve.unwrap()
}

/// One mug in each facility, and one pen for two orders.
fn stock() -> Vec<InventoryCommand> {
    let facility = |(code, lat, lon)| {
        InventoryCommand::DefineFacility(DefineFacility {
            code: text(code),
            name: text(code),
            country: earmark::ids::Country::new("GB").unwrap(),
            location: earmark::geo::GeoPoint { lat, lon },
            gateways: Vec::new(),
        })
    };
    let item = |name| {
        let (sku, name, unit_price) = (text(name), text(name), UnitPrice(10_000));
        InventoryCommand::DefineItem(DefineItem { sku, name, unit_price })
    };
    let receive = |(item, code)| {
        let (item, facility): (ItemRef, _) = (sku(item), FacilityRef::Code(text(code)));
        let (tier, quantity) = (Tier::Primary, units(1));
        InventoryCommand::Receive(ReceiveStock { item, facility, tier, quantity })
    };
    let places = [("LON", 51_507_400, -127_800), ("LDS", 53_801_300, -1_549_100)];
    let goods = [("mug", "LON"), ("mug", "LDS"), ("pen", "LDS")];
    let mut all: Vec<InventoryCommand> = places.into_iter().map(facility).collect();
    all.extend(["mug", "pen"].into_iter().map(item));
    all.extend(goods.into_iter().map(receive));
    all
}

fn must(shop: &mut Shop, command: &Command) -> Vec<Event> {
    let context = Context { at: Timestamp::from_millis(START), by: Principal::Staff };
    shop.settle(command, &context).unwrap().unwrap()
}

/// A command in a word or two.
fn short(command: &Command) -> String {
    let told = format!("{command:?}");
    let inside = told.split_once('(').map_or(told.as_str(), |(_, inside)| inside);
    let end = inside.find(['(', ' ', ')']).unwrap_or(inside.len());
    let n = ORDERS.into_iter().find(|n| told.contains(&order(*n).to_string()));
    match n {
        Some(n) => format!("{} of order {n}", &inside[..end]),
        None => inside[..end].to_string(),
    }
}
