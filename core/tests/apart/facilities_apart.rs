//! Orders and facilities in partitions of their own. Why: between them lies a broker, and what it
//! delays or brings twice must come to the same end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::support::START;
use crate::world::ensure;
use crate::world::facilities::{WorkStep, states, steps};
use crate::world::steps::{Step, histories, opening, two_mugs};
use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Roles, SetPolicy, Shop, Tick, route};
use earmark::fulfilment::FulfilmentEvent;
use earmark::ids::FacilityId;
use earmark::order::{OrderCommand, PickOrder, ReleaseOrder};
use earmark::policy::{FulfilmentPolicy, Policy};
use earmark::schema::to_bytes;
use earmark::time::{Span, Timestamp};
use proptest::collection;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Both partitions, and the letters between them, each numbered by its place.
struct Apart {
    orders: Shop,
    facilities: Shop,
    to_facilities: Vec<Command>,
    to_orders: Vec<Command>,
    /// The last letter that each has carried out: what came before it is dropped.
    heard: [usize; 2],
    now: u64,
    taken: BTreeSet<WorkStep>,
}

impl Apart {
    fn open() -> Self {
        let none = Roles::NONE;
        let orders = Roles { fulfilment: false, ..Roles::default() };
        let mut apart = Self {
            orders: Shop::with_roles(orders),
            facilities: Shop::with_roles(Roles { fulfilment: true, ..none }),
            to_facilities: Vec::new(),
            to_orders: Vec::new(),
            heard: [0; 2],
            now: START,
            taken: BTreeSet::new(),
        };
        for command in opening() {
            apart.ask_orders(&command, Principal::Staff).unwrap();
        }
        apart
    }

    fn context(&self, by: Principal) -> Context {
        Context { at: Timestamp::from_millis(self.now), by }
    }

    fn ask_orders(&mut self, command: &Command, by: Principal) -> Result<(), String> {
        let context = self.context(by);
        let settled = self.orders.settle(command, &context).map_err(|e| e.to_string())?;
        let letters = &mut self.to_facilities;
        for event in settled.iter().flatten() {
            route(event, |command| {
                letters.extend(matches!(command, Command::Fulfilment(_)).then_some(command));
            });
        }
        Ok(())
    }

    fn ask_facilities(&mut self, command: &Command, by: Principal) -> Result<(), String> {
        let context = self.context(by);
        let before = self.facilities.clone();
        let settled = self.facilities.settle(command, &context).map_err(|e| e.to_string())?;
        let mut replayed = before;
        for event in settled.iter().flatten() {
            let letters = &mut self.to_orders;
            route(event, |command| {
                letters.extend(matches!(command, Command::Order(_)).then_some(command));
            });
            let work = states(&replayed, event);
            replayed.apply(event).map_err(|e| e.to_string())?;
            let Event::Fulfilment(of) = event else { continue };
            self.taken.extend(steps(&replayed, work, name_of(of))?);
        }
        Ok(())
    }

    /// A step goes to whom it concerns; time and policy concern both.
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.command {
            Command::SetPolicy(_) | Command::Tick(_) => {
                self.ask_orders(&step.command, step.by.clone())?;
                self.ask_facilities(&step.command, step.by.clone())
            }
            Command::Fulfilment(_) => self.ask_facilities(&step.command, step.by.clone()),
            _ => self.ask_orders(&step.command, step.by.clone()),
        }
    }

    /// Brings a letter: the next one, or once more the one before, which the cursor drops.
    fn bring(&mut self, to_facilities: bool, again: bool) -> Result<bool, String> {
        let side = usize::from(to_facilities);
        let letters = if to_facilities { &self.to_facilities } else { &self.to_orders };
        let number = if again { self.heard[side].saturating_sub(1) } else { self.heard[side] };
        let Some(letter) = letters.get(number).cloned() else { return Ok(false) };
        if number < self.heard[side] {
            return Ok(true);
        }
        self.heard[side] = number + 1;
        if to_facilities {
            self.ask_facilities(&letter, Principal::System)?;
        } else {
            self.ask_orders(&letter, Principal::System)?;
        }
        Ok(true)
    }

    /// Brings every letter there is, and those that they lead to.
    fn bring_all(&mut self) -> Result<(), String> {
        while self.bring(true, false)? || self.bring(false, false)? {
            self.bring(true, true)?;
        }
        Ok(())
    }

    /// Once all letters have come, both sides know the same.
    fn agrees(&self) -> Result<(), String> {
        crate::world::facilities::roles_agree(self.orders.orders(), self.facilities.fulfilments())?;
        for shop in [&self.orders, &self.facilities] {
            let broken = shop.audit().broken;
            ensure(broken.is_empty(), || format!("{broken:?}"))?;
        }
        Ok(())
    }
}

fn check(part: u8, cases: u32, test: impl Fn(Vec<Step>, Vec<u8>) -> Result<(), String>) {
    let mut bytes = [0; 32];
    let seed = std::env::var("EARMARK_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1_u64);
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = part;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let given = (histories(), collection::vec(any::<u8>(), 200));
    TestRunner::new_with_rng(config, rng)
        .run(&given, |(steps, chance)| test(steps, chance).map_err(TestCaseError::fail))
        .unwrap();
}

/// Two silent facilities in one tick: in one partition the orders hear of both before any has
/// looked for stock, apart they hear of one after the other, and what the first takes the second
/// finds taken. Both are right, and differ. And so are a silent facility and a payment that is due
/// in one tick: which of them is heard first decides what is due.
fn two_silent(events: &[Event]) -> bool {
    let is_silent =
        |event: &&Event| matches!(event, Event::Fulfilment(FulfilmentEvent::TimedOut(_)));
    let silent = events.iter().filter(is_silent).count();
    let pays = events.iter().any(|event| matches!(event, Event::Payment(_)));
    silent > 1 || pays && silent > 0
}

#[test]
fn apart_and_together_come_to_the_same_state() {
    let compared = Cell::new(0);
    check(1, 600, |steps, chance| {
        let mut one = Shop::default();
        let mut apart = Apart::open();
        for command in opening() {
            let context = apart.context(Principal::Staff);
            one.settle(&command, &context).map_err(|e| e.to_string())?.unwrap();
        }
        for (step, chance) in steps.iter().zip(chance.iter().cycle()) {
            // Letters to facilities may wait until somebody asks what the facilities know.
            let asks = matches!(
                step.command,
                Command::Fulfilment(_) | Command::Tick(_) | Command::SetPolicy(_)
            );
            if asks || chance % 3 == 0 {
                apart.bring_all()?;
            }
            apart.now += step.wait;
            let context = apart.context(step.by.clone());
            let settled = one.settle(&step.command, &context).map_err(|e| e.to_string())?;
            if settled.is_ok_and(|events| two_silent(&events)) {
                return Ok(());
            }
            if let Command::Tick(_) = step.command {
                apart.ask_orders(&step.command, step.by.clone())?;
                apart.bring_all()?;
                apart.ask_facilities(&step.command, step.by.clone())?;
            } else {
                apart.step(step)?;
            }
            if asks {
                apart.bring_all()?;
            }
        }
        apart.bring_all()?;
        apart.agrees()?;
        let bytes = |shop: &Shop, other: &Shop| {
            (to_bytes(shop.orders()), to_bytes(shop.inventory()), to_bytes(other.fulfilments()))
        };
        let (ours, theirs) = (bytes(&apart.orders, &apart.facilities), bytes(&one, &one));
        let worked = one.fulfilments().iter().next().is_some();
        compared.set(compared.get() + usize::from(worked));
        ensure(ours == theirs, || {
            format!("{:?}\nagainst\n{:?}", apart.facilities.fulfilments(), one.fulfilments())
        })
    });
    assert!(compared.get() > 200, "{} histories with work were compared", compared.get());
}

/// A pick that is under way while the facility runs out of time.
fn overtaken() -> Result<BTreeSet<WorkStep>, String> {
    let fulfilment = FulfilmentPolicy { answer_within: Some(Span::from_millis(10_000)) };
    let policy = Policy { fulfilment, ..Policy::default() };
    let (order, facility) = (two_mugs().order, FacilityId(0));
    let pick = PickOrder { order, facility, lines: None, missing: None };
    let mut apart = Apart::open();
    apart.step(&Step::now(Command::SetPolicy(SetPolicy { policy })))?;
    for command in [
        OrderCommand::Place(two_mugs()),
        OrderCommand::Release(ReleaseOrder { order, facility: None }),
    ] {
        apart.step(&Step::now(Command::Order(command)))?;
    }
    apart.bring_all()?;
    apart.now += 10_000;
    apart.step(&Step::now(Command::Tick(Tick {})))?;
    apart.step(&Step::now(Command::Order(OrderCommand::Pick(pick))))?;
    apart.bring_all()?;
    apart.agrees()?;
    Ok(apart.taken)
}

#[test]
fn whatever_is_late_or_comes_twice_both_sides_agree_in_the_end() {
    let taken = RefCell::new(overtaken().unwrap());
    check(2, 600, |steps, chance| {
        let mut apart = Apart::open();
        for (step, chance) in steps.iter().zip(chance.iter().cycle()) {
            apart.now += step.wait;
            apart.step(step)?;
            for bit in 0..4 {
                if chance & (1 << bit) != 0 {
                    apart.bring(bit % 2 == 0, chance & 16 != 0)?;
                }
            }
        }
        apart.bring_all()?;
        taken.borrow_mut().append(&mut apart.taken);
        apart.agrees()
    });
    let late = taken.borrow().iter().any(|(from, name, to)| {
        use earmark::fulfilment::WorkState::{InProgress, TimedOut};
        (*from, *name, *to) == (TimedOut, "WorkAdvanced", InProgress)
    });
    assert!(late, "no pick overtook a timeout: {taken:?}");
}

fn name_of(event: &FulfilmentEvent) -> &'static str {
    match event {
        FulfilmentEvent::Requested(_) => "WorkRequested",
        FulfilmentEvent::Accepted(_) => "FulfilmentAccepted",
        FulfilmentEvent::TimedOut(_) => "FulfilmentTimedOut",
        FulfilmentEvent::Advanced(_) => "WorkAdvanced",
        FulfilmentEvent::Shipped(_) => "WorkShipped",
        FulfilmentEvent::Withdrawn(_) => "WorkWithdrawn",
        FulfilmentEvent::Ended(_) => "WorkEnded",
        FulfilmentEvent::Forgotten(_) => "WorkForgotten",
    }
}
