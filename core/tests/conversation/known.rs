//! What is known of the sides: every state that one of them was in, every command that one was
//! given, and what it did with it.
//!
//! Law: a side does the same in the same state at the same hour, so that it is asked once; it is
//! read from its bytes each time, as after a crash. Many states of the world are few of each side.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Shop, route};
use earmark::order::{OrderEvent, Status};
use earmark::payment::RequestState;
use earmark::schema::{from_bytes, to_bytes};
use earmark::time::Timestamp;

use super::provider::Ask;
use super::{Conversation, HOUR, ORDERS, Side, Tells, Topology, short};
use crate::support::{START, order};

/// A state of a side, by its number.
pub(super) type ShopId = u32;
/// A command, by its number.
pub(super) type CommandId = u32;

/// A command to a side in a state, at an hour, which it must carry out or may refuse.
type Given = (ShopId, u8, bool, CommandId);

/// All that is known so far.
#[derive(Debug, Default)]
pub(crate) struct Known {
    shops: RefCell<Table>,
    commands: RefCell<Table>,
    names: RefCell<Vec<Rc<str>>>,
    done: RefCell<BTreeMap<Given, Rc<Done>>>,
    looks: RefCell<BTreeMap<ShopId, Rc<Look>>>,
}

/// Values by their numbers.
#[derive(Debug, Default)]
struct Table {
    numbers: BTreeMap<Rc<[u8]>, u32>,
    values: Vec<Rc<[u8]>>,
}

/// What came of a command.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) to: ShopId,
    pub(super) wrong: Option<String>,
    pub(super) letters: Vec<(Side, CommandId)>,
    pub(super) asks: Vec<Ask>,
    pub(super) told: Vec<(usize, Tells)>,
    pub(super) confirmed: Vec<usize>,
}

/// What can be seen of a side.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) broken: Option<String>,
    /// Orders that have come to their end, and what they are worth if they were completed.
    pub(super) over: [Option<i64>; 2],
    pub(super) reservations: usize,
    /// Whether the provider is to answer something yet.
    pub(super) asks: bool,
}

impl Table {
    fn number(&mut self, bytes: Vec<u8>) -> u32 {
        if let Some(number) = self.numbers.get(&bytes[..]) {
            return *number;
        }
        let (number, value) = (u32::try_from(self.values.len()).unwrap(), Rc::from(bytes));
        self.values.push(Rc::clone(&value));
        self.numbers.insert(value, number);
        number
    }
}

impl Known {
    pub(super) fn shop(&self, shop: &Shop) -> ShopId {
        self.shops.borrow_mut().number(to_bytes(shop).unwrap())
    }

    pub(super) fn command(&self, command: &Command) -> CommandId {
        let number = self.commands.borrow_mut().number(to_bytes(command).unwrap());
        let mut names = self.names.borrow_mut();
        if names.len() == number as usize {
            names.push(short(command).into());
        }
        number
    }

    pub(super) fn name(&self, command: CommandId) -> Rc<str> {
        Rc::clone(&self.names.borrow()[command as usize])
    }

    /// A side as it is after a crash.
    fn open(&self, shop: ShopId) -> Shop {
        let bytes = Rc::clone(&self.shops.borrow().values[shop as usize]);
        let mut shop: Shop = from_bytes("a shop", &bytes).unwrap();
        shop.restore();
        shop
    }

    /// A side carries out a command, and writes letters. What a side hears for the first time from
    /// another (`must`) can't be refused.
    pub(super) fn carried_out(
        &self,
        how: &Conversation,
        side: Side,
        state: (ShopId, u8),
        command: CommandId,
        must: bool,
    ) -> Rc<Done> {
        let key = (state.0, state.1, must, command);
        if let Some(done) = self.done.borrow().get(&key) {
            return Rc::clone(done);
        }
        let done = Rc::new(self.carry_out(how, side, state, command, must));
        self.done.borrow_mut().insert(key, Rc::clone(&done));
        done
    }

    fn carry_out(
        &self,
        how: &Conversation,
        side: Side,
        (from, hour): (ShopId, u8),
        command: CommandId,
        must: bool,
    ) -> Done {
        let bytes = Rc::clone(&self.commands.borrow().values[command as usize]);
        let command: Command = from_bytes("a command", &bytes).unwrap();
        let mut shop = self.open(from);
        let mut done = Done { to: from, ..Done::default() };
        let at = Timestamp::from_millis(START + u64::from(hour) * HOUR);
        let by = if must { Principal::System } else { Principal::Staff };
        let events = match shop.settle(&command, &Context { at, by }) {
            Ok(Ok(events)) => events,
            Ok(Err(refusal)) => {
                if must || refusal.code() == "unknown-order" {
                    done.wrong = Some(format!("{} is refused: {refusal}", short(&command)));
                }
                return done;
            }
            Err(broken) => return Done { wrong: Some(broken.to_string()), ..done },
        };
        for event in &events {
            let of = ORDERS.into_iter().position(|n| Some(order(n)) == event.order());
            if let Some(of) = of {
                done.told.extend(how.tells(event).map(|tells| (of, tells)));
                if let Event::Order(OrderEvent::Confirmed(_)) = event {
                    done.confirmed.push(of);
                }
                if let Event::Payment(event) = event {
                    done.asks.extend(Ask::of(of, event, &shop));
                }
            }
            let heard = how.topology == Topology::ListenToSelf
                && matches!(event, Event::Order(OrderEvent::Placed(_)));
            route(event, |command| {
                let to = match command {
                    Command::Order(_) => Side::Orders,
                    Command::Inventory(_) => Side::Inventory,
                    _ => return,
                };
                if to != side && !heard {
                    done.letters.push((to, self.command(&command)));
                }
            });
        }
        done.to = self.shop(&shop);
        done
    }

    pub(super) fn look(&self, shop: ShopId) -> Rc<Look> {
        if let Some(look) = self.looks.borrow().get(&shop) {
            return Rc::clone(look);
        }
        let side = self.open(shop);
        let broken = side.audit().broken.into_iter().next();
        let over = ORDERS.map(|n| {
            let order = side.orders().get(order(n))?;
            match order.status {
                Status::Completed => Some(order.total.minor),
                Status::Rejected | Status::Expired | Status::Cancelled => Some(0),
                _ => None,
            }
        });
        let broken = broken.map(|broken| format!("{}: {}", broken.law, broken.found));
        let reservations = side.inventory().open_reservations();
        let mut requests = side.payments().iter().flat_map(|(_, account)| &account.requests);
        let asks = requests.any(|request| request.state == RequestState::Asked);
        let look = Rc::new(Look { broken, over, reservations, asks });
        self.looks.borrow_mut().insert(shop, Rc::clone(&look));
        look
    }
}
