//! The conversation between an order service and an inventory service, as small as it can be and
//! still go wrong: two orders, two items, two facilities, stock for one of the orders only.
//!
//! Each side has a journal: what it decided survives. Letters between them are kept until they are
//! delivered, so what can happen to them is delay (a lost letter is sent again), a wrong order, and
//! coming twice (a lost answer, or a restart of whoever sends). A side keeps a cursor, the number
//! of the last letter, in the same record as what the letter caused: so it drops what it has had,
//! and sends back what comes before its turn. Without cursors the same faults do harm.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Roles, SetPolicy, Shop, Tick, route};
use earmark::ids::{FacilityRef, ItemRef, Tier};
use earmark::inventory::{DefineFacility, DefineItem, InventoryCommand, ReceiveStock};
use earmark::notification::{News, NotificationEvent};
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, OrderCommand, OrderEvent,
    ShipOrder, Status,
};
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy};
use earmark::schema::{from_bytes, to_bytes};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency, UnitPrice};
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
    pub(crate) faults: u8,
    /// Whether the sides know which letter came last.
    pub(crate) cursors: bool,
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
    shops: [Vec<u8>; 2],
    /// Letters to each side, in the order they were sent.
    letters: [Vec<Letter>; 2],
    /// The hour on each side's clock.
    hours: [u8; 2],
    faults: u8,
    /// What was said to each order's customer.
    told: [Told; 2],
    /// Orders that were placed, as far as the customer knows.
    placed: [bool; 2],
    /// What went wrong on the way here.
    wrong: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Letter {
    command: Vec<u8>,
    delivered: bool,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Told {
    accepted: bool,
    taken_back: bool,
}

impl Model for Conversation {
    fn initial(&self) -> Vec<u8> {
        let mut orders = Shop::with_roles(roles(Orders));
        let mut inventory = Shop::with_roles(roles(Inventory));
        let payment = PaymentPolicy::required(Span::from_millis(HOUR));
        let policy = OrderPolicy { payment, ..OrderPolicy::default() };
        let policy = Policy { orders: policy, ..Policy::default() };
        for shop in [&mut orders, &mut inventory] {
            must(shop, &Command::SetPolicy(SetPolicy { policy }));
        }
        for command in stock() {
            must(&mut inventory, &Command::Inventory(command));
        }
        let shops = [orders, inventory].map(|shop| to_bytes(&shop).unwrap());
        let letters = [Vec::new(), Vec::new()];
        let (hours, told, placed) = ([0; 2], [Told::default(); 2], [false; 2]);
        let world = World { shops, letters, hours, faults: self.faults, told, placed, wrong: None };
        to_bytes(&world).unwrap()
    }

    fn next(&self, state: &[u8], to: &mut dyn FnMut(String, Vec<u8>)) {
        let world: World = from_bytes("a world", state).unwrap();
        if world.wrong.is_some() {
            return;
        }
        let mut go = |what: String, next: World| to(what, to_bytes(&next.tidied()).unwrap());
        self.people(&world, &mut go);
        self.clocks(&world, &mut go);
        self.post(&world, &mut go);
    }

    fn broken(&self, state: &[u8]) -> Option<String> {
        let world: World = from_bytes("a world", state).unwrap();
        let laws = || [Orders, Inventory].into_iter().flat_map(|s| world.shop(s).audit().broken);
        let law = || laws().next().map(|broken| format!("{}: {}", broken.law, broken.found));
        let taken_back = || {
            let at = world.told.iter().position(|told| told.accepted && told.taken_back)?;
            Some(format!("order {}: accepted, and then taken back for want of stock", at + 1))
        };
        world.wrong.clone().or_else(law).or_else(taken_back)
    }

    fn is_end(&self, state: &[u8]) -> bool {
        let world: World = from_bytes("a world", state).unwrap();
        let silent = world.letters.iter().flatten().all(|letter| letter.delivered);
        if !silent || world.placed != [true; 2] {
            return false;
        }
        let orders = world.shop(Orders);
        let over = |n: u8| {
            let status = orders.orders().get(order(n)).map(|order| order.status);
            let ended = [Status::Completed, Status::Rejected, Status::Expired, Status::Cancelled];
            status.is_some_and(|status| ended.contains(&status))
        };
        ORDERS.into_iter().all(over) && world.shop(Inventory).inventory().open_reservations() == 0
    }
}

impl Conversation {
    /// What customers and staff may do.
    fn people(&self, world: &World, go: &mut impl FnMut(String, World)) {
        for n in ORDERS {
            let at = usize::from(n - 1);
            let placing = OrderCommand::Place(place(n, &[("mug", 1), ("pen", 1)]));
            if !world.placed[at] {
                let mut next = world.clone();
                next.placed[at] = true;
                if self.topology == Topology::ListenToSelf {
                    // Everybody hears it from the post; the customer has his answer already.
                    next.send(Orders, &Command::Order(placing.clone()));
                    next.send(Inventory, &first_reserve(&placing));
                } else {
                    next = next.carried_out(self, Orders, &Command::Order(placing), true);
                }
                go(format!("order {n} is placed"), next);
                continue;
            }
            for (what, command) in wishes(n) {
                let before = &world.shops[Orders as usize];
                let next = world.clone().carried_out(self, Orders, &Command::Order(command), false);
                if next.wrong.is_some() || next.shops[Orders as usize] != *before {
                    go(format!("order {n} is {what}"), next);
                }
            }
        }
    }

    /// Time passes on each side by itself: no two clocks show the same.
    fn clocks(&self, world: &World, go: &mut impl FnMut(String, World)) {
        for (at, side) in [Orders, Inventory].into_iter().enumerate() {
            if world.hours[at] < 1 {
                let mut next = world.clone();
                next.hours[at] += 1;
                let next = next.carried_out(self, side, &Command::Tick(Tick {}), true);
                go(format!("{side:?}: an hour passes"), next);
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
                if !in_turn && world.faults == 0 {
                    continue;
                }
                let command: Command = from_bytes("a letter", &letter.command).unwrap();
                let mut next = world.clone();
                next.letters[at][number].delivered = true;
                next.faults -= u8::from(!in_turn);
                let again = letter.delivered;
                if in_turn || !self.cursors {
                    next = next.carried_out(self, side, &command, !again);
                } else {
                    next.letters[at][number].delivered = again;
                }
                let how = match (in_turn, again) {
                    (true, _) => "comes",
                    (false, true) => "comes once more",
                    (false, false) => "comes before its turn",
                };
                go(format!("{side:?}: {} {how}", short(&command)), next);
            }
        }
    }

    /// What the customer learns from an event, and when.
    fn tell(&self, world: &mut World, event: &Event) {
        let told = |world: &mut World, id, tell: fn(&mut Told)| {
            let n = ORDERS.into_iter().position(|n| order(n) == id).unwrap();
            tell(&mut world.told[n]);
        };
        match event {
            Event::Order(OrderEvent::Placed(e)) if self.topology != Topology::ReserveFirst => {
                told(world, e.order, |told| told.accepted = true);
            }
            Event::Notification(NotificationEvent::Told(e)) => match e.news {
                News::Accepted => told(world, e.order, |told| told.accepted = true),
                News::Rejected => told(world, e.order, |told| told.taken_back = true),
                _ => {}
            },
            _ => {}
        }
    }
}

impl World {
    fn shop(&self, side: Side) -> Shop {
        let mut shop: Shop = from_bytes("a shop", &self.shops[side as usize]).unwrap();
        shop.restore();
        shop
    }

    fn send(&mut self, to: Side, command: &Command) {
        let command = to_bytes(command).unwrap();
        self.letters[to as usize].push(Letter { command, delivered: false });
    }

    /// A side carries out a command, and writes letters. What a side hears for the first time from
    /// the other can't be refused.
    fn carried_out(
        mut self,
        how: &Conversation,
        side: Side,
        command: &Command,
        must: bool,
    ) -> Self {
        let at = side as usize;
        let mut shop = self.shop(side);
        let hour = u64::from(self.hours[at]);
        let context = Context {
            at: Timestamp::from_millis(START + hour * HOUR),
            by: if must { Principal::System } else { Principal::Staff },
        };
        let events = match shop.settle(command, &context) {
            Ok(Ok(events)) => events,
            Ok(Err(refusal)) => {
                if must || refusal.code() == "unknown-order" {
                    self.wrong = Some(format!("{} is refused: {refusal}", short(command)));
                }
                return self;
            }
            Err(broken) => {
                self.wrong = Some(broken.to_string());
                return self;
            }
        };
        for event in &events {
            how.tell(&mut self, event);
            let heard = how.topology == Topology::ListenToSelf
                && matches!(event, Event::Order(OrderEvent::Placed(_)));
            route(event, |command| {
                let to = match command {
                    Command::Order(_) => Orders,
                    Command::Inventory(_) => Inventory,
                    _ => return,
                };
                if to != side && !heard {
                    self.send(to, &command);
                }
            });
        }
        self.shops[at] = to_bytes(&shop).unwrap();
        self
    }

    /// Letters that can't come any more are of no interest.
    fn tidied(mut self) -> Self {
        if self.faults == 0 {
            self.letters.iter_mut().for_each(|letters| letters.retain(|l| !l.delivered));
        }
        self
    }
}

fn roles(side: Side) -> Roles {
    let order = side == Orders;
    Roles { order, inventory: !order, notification: order, fulfilment: order, payment: order }
}

/// What may be wished for an order once it is placed.
fn wishes(n: u8) -> [(&'static str, OrderCommand); 4] {
    let order = order(n);
    let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
    let cancel = CancelOrder { order, lines: None, reason: CancelReason::Customer };
    [
        ("paid", OrderCommand::AuthorizePayment(AuthorizePayment { order, amount })),
        ("cancelled", OrderCommand::Cancel(cancel)),
        ("shipped", OrderCommand::Ship(ShipOrder { order, facility: None })),
        ("delivered", OrderCommand::Deliver(DeliverShipment { order, shipment: None })),
    ]
}

/// What the inventory makes of an order that it hears of by itself.
fn first_reserve(placing: &OrderCommand) -> Command {
    let mut shop = Shop::with_roles(roles(Orders));
    let payment = PaymentPolicy::required(Span::from_millis(HOUR));
    let policy = OrderPolicy { payment, ..OrderPolicy::default() };
    let policy = Policy { orders: policy, ..Policy::default() };
    must(&mut shop, &Command::SetPolicy(SetPolicy { policy }));
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
