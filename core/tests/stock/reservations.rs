//! The life of reservations, where the inventory is by itself. Why: it must hold for whatever order
//! service asks it, in any order, and each reservation must end exactly once.

use std::collections::BTreeSet;

use crate::support::{START, names, order, place, sku, units};
use crate::world::witness::Witness;
use crate::world::{ensure, steps, stock};
use earmark::decide::{Context, Principal};
use earmark::demand::{Demand, Hold, Portion};
use earmark::flow::{Command, Event, Roles, Shop, Tick};
use earmark::ids::{FacilityId, LineNumber, ReservationNumber};
use earmark::inventory::{
    Allocate, Extend, InventoryCommand as I, InventoryEvent as E, Release, ReservationId, Reserve,
    ShipStock,
};
use earmark::schema::encode_event;
use earmark::time::Timestamp;
use proptest::prelude::{Just, Strategy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use proptest::{collection, option, prop_oneof};

/// An inventory that is asked one thing after another.
struct Store {
    shop: Shop,
    witness: Witness,
    now: u64,
    /// Every reservation that was ever made, and what it tied.
    made: Vec<(u8, ReservationNumber, Vec<Portion>)>,
    met: BTreeSet<&'static str>,
}

impl Store {
    /// The world's opening: 12 mugs in LON, 12 in LDS and 6 in PAR, half of them behind.
    fn open() -> Self {
        let roles = Roles { inventory: true, ..Roles::NONE };
        let (shop, witness) = (Shop::with_roles(roles), Witness::default());
        let mut store = Self { shop, witness, now: START, made: Vec::new(), met: BTreeSet::new() };
        for command in steps::opening() {
            store.ask(&command).unwrap();
        }
        store
    }

    /// Asks, and checks every law.
    fn ask(&mut self, command: &Command) -> Result<Vec<Event>, String> {
        let context = Context { at: Timestamp::from_millis(self.now), by: Principal::System };
        let settled = self.shop.settle(command, &context).map_err(|e| e.to_string())?;
        let events = settled.unwrap_or_default();
        for event in &events {
            let (kind, _) = encode_event(event, Vec::new()).unwrap().unwrap();
            self.met.insert(earmark::schema::EVENTS[usize::from(kind)].name);
            self.witness.hear(event)?;
        }
        let audit = self.shop.audit();
        ensure(audit.broken.is_empty(), || format!("{:?}", audit.broken))?;
        self.witness.agrees(&self.shop)?;
        Ok(events)
    }

    fn reserve(&mut self, n: u8, ask: Asked) -> Result<Vec<Event>, String> {
        let reservation = ReservationNumber(u16::try_from(self.made.len()).unwrap() + 1);
        let Asked { lines, ttl, replaces, excluded, instead_of } = ask;
        let demands: Vec<Demand> = (0..)
            .map(LineNumber)
            .zip(lines)
            .map(|(line, (item, n))| Demand { line, item: sku(item), quantity: units(n) })
            .collect();
        let asked = demands.iter().map(|d| (d.line, u64::from(d.quantity.get()))).collect();
        let hold = ttl.map_or(Hold::Hard, |ttl| Hold::Soft { until: self.after(ttl) });
        self.witness.ask((order(n), reservation), asked)?;
        let destination = place(1, &[]).destination;
        let order = order(n);
        let reserve = Reserve {
            order,
            reservation,
            demands,
            destination,
            hold,
            excluded,
            passed_over: vec![],
            replaces,
            instead_of,
        };
        let events = self.ask(&Command::Inventory(I::Reserve(reserve)))?;
        for event in &events {
            if let Event::Inventory(E::Tied(tied)) = event {
                self.made.push((n, tied.reservation, tied.portions.clone()));
            }
        }
        if !events.iter().any(|e| matches!(e, Event::Inventory(E::Tied(_)))) {
            self.made.push((n, reservation, Vec::new()));
        }
        Ok(events)
    }

    fn after(&self, millis: u64) -> Timestamp {
        Timestamp::from_millis(self.now + millis)
    }

    fn is_open(&self, n: u8, number: u16) -> bool {
        let id = ReservationId { order: order(n), number: ReservationNumber(number) };
        self.shop.inventory().reservation(id).is_some()
    }

    fn pass(&mut self, millis: u64) -> Result<Vec<Event>, String> {
        self.now += millis;
        self.ask(&Command::Tick(Tick {}))
    }

    fn extend(&mut self, n: u8, number: u16, by: u64) -> Result<Vec<Event>, String> {
        let (order, reservation) = (order(n), ReservationNumber(number));
        let until = self.after(by);
        self.ask(&Command::Inventory(I::Extend(Extend { order, reservation, until })))
    }

    /// All that a reservation tied once.
    fn all_of(&self, nth: usize) -> Release {
        let (n, _, portions) = &self.made[nth];
        Release { order: order(*n), portions: portions.clone() }
    }
}

/// What a reservation is asked for.
#[derive(Default)]
struct Asked {
    lines: Vec<(&'static str, u32)>,
    ttl: Option<u64>,
    replaces: Vec<Release>,
    excluded: Vec<FacilityId>,
    instead_of: Option<earmark::ids::OrderId>,
}

fn mugs(n: u32) -> Asked {
    Asked { lines: vec![("mug", n)], ..Asked::default() }
}

#[test]
fn an_extended_reservation_holds_longer_and_an_ended_one_is_not_revived() {
    let mut store = Store::open();
    store.reserve(1, Asked { ttl: Some(1_000), ..mugs(30) }).unwrap();
    assert_eq!(names(&store.extend(1, 1, 5_000).unwrap()), ["InventoryExtended"]);
    assert_eq!(names(&store.extend(1, 1, 5_000).unwrap()), [""; 0], "it holds so long already");
    assert_eq!(names(&store.extend(1, 1, 4_000).unwrap()), [""; 0], "it is never cut short");
    assert_eq!(names(&store.pass(1_000).unwrap()), [""; 0], "its first deadline is no more");
    assert_eq!(names(&store.pass(4_000).unwrap()), ["InventoryExpired"]);
    store.reserve(2, mugs(30)).unwrap();
    let events = store.extend(1, 1, 5_000).unwrap();
    let [Event::Inventory(E::Rejected(rejected))] = &events[..] else { panic!("{events:?}") };
    assert!(rejected.lapsed, "others have its units now");
    assert_eq!(names(&store.extend(2, 2, 9_000).unwrap()), [""; 0], "a hard one holds anyway");
}

#[test]
fn a_reservation_is_made_hard_once() {
    let mut store = Store::open();
    store.reserve(1, Asked { ttl: Some(1_000), ..mugs(1) }).unwrap();
    let allocate = Allocate { order: order(1), reservation: ReservationNumber(1) };
    let allocate = Command::Inventory(I::Allocate(allocate));
    assert_eq!(names(&store.ask(&allocate).unwrap()), ["InventoryAllocated"]);
    assert_eq!(names(&store.ask(&allocate).unwrap()), [""; 0], "asked once more");
}

#[test]
fn a_reservation_that_is_due_is_not_extended_even_before_the_tick() {
    let mut store = Store::open();
    store.reserve(1, Asked { ttl: Some(1_000), ..mugs(1) }).unwrap();
    store.now += 1_000;
    assert_eq!(names(&store.extend(1, 1, 5_000).unwrap()), ["InventoryRejected"]);
    assert_eq!(names(&store.pass(0).unwrap()), ["InventoryExpired"]);
}

#[test]
fn a_retry_of_the_same_cart_counts_its_earlier_units_as_free() {
    let mut store = Store::open();
    store.reserve(1, Asked { ttl: Some(60_000), ..mugs(30) }).unwrap();
    assert_eq!(names(&store.reserve(2, mugs(30)).unwrap()), ["InventoryRejected"]);
    let replaces = vec![store.all_of(0)];
    let again = store.reserve(4, Asked { replaces: replaces.clone(), ..mugs(29) }).unwrap();
    assert_eq!(names(&again), ["InventoryReleased", "InventoryTied"]);
    assert!(!store.is_open(1, 1));
    let late = store.reserve(5, Asked { replaces, ..mugs(1) }).unwrap();
    assert_eq!(names(&late), ["InventoryTied"], "what has ended frees nothing twice");
}

#[test]
fn an_order_in_place_of_another_has_its_units_or_leaves_them() {
    let mut store = Store::open();
    store.reserve(1, Asked { ttl: Some(60_000), ..mugs(20) }).unwrap();
    store.reserve(1, Asked { ttl: Some(60_000), ..mugs(5) }).unwrap();
    let instead_of = Some(order(1));
    let too_many = store.reserve(2, Asked { instead_of, ..mugs(31) }).unwrap();
    assert_eq!(names(&too_many), ["InventoryRejected"]);
    assert!(store.is_open(1, 1) && store.is_open(1, 2), "nothing was lost by asking");
    let events = store.reserve(2, Asked { instead_of, ..mugs(30) }).unwrap();
    assert_eq!(names(&events), ["InventoryReleased", "InventoryTied"]);
    assert!(!store.is_open(1, 1) && !store.is_open(1, 2), "whatever number it had");
}

#[test]
fn units_of_a_facility_that_turned_them_down_move_to_others_in_one_step() {
    let mut store = Store::open();
    store.reserve(1, mugs(10)).unwrap();
    let tied = store.all_of(0);
    let down = tied.portions[0].facility;
    let excluded = vec![down];
    let all = Asked { replaces: vec![tied], excluded: excluded.clone(), ..mugs(10) };
    let events = store.reserve(1, all).unwrap();
    assert_eq!(names(&events), ["InventoryReleased", "InventoryTied"]);
    assert!(store.made[1].2.iter().all(|p| p.facility != down), "{:?}", store.made[1]);
    let back = Asked { replaces: vec![store.all_of(1)], excluded, ..mugs(28) };
    let events = store.reserve(1, back).unwrap();
    assert_eq!(names(&events), ["InventoryReleased", "InventoryRejected"]);
    assert!(!store.is_open(1, 2), "whoever asked has given it up: nothing is left behind");
}

#[test]
fn no_more_units_are_released_than_are_held() {
    let mut store = Store::open();
    store.reserve(1, mugs(2)).unwrap();
    let mut release = store.all_of(0);
    release.portions[0].quantity += 5;
    let events = store.ask(&Command::Inventory(I::Release(release.clone()))).unwrap();
    let [Event::Inventory(E::Released(released))] = &events[..] else { panic!("{events:?}") };
    assert_eq!(released.portions, store.all_of(0).portions);
    assert_eq!(store.ask(&Command::Inventory(I::Release(release))).unwrap(), []);
}

#[test]
fn a_part_of_a_reservation_moves_and_the_rest_stays() {
    let mut store = Store::open();
    store.reserve(1, mugs(10)).unwrap();
    let mut part = store.all_of(0);
    part.portions.truncate(1);
    part.portions[0].quantity = 4;
    let down = part.portions[0].facility;
    let some = Asked { replaces: vec![part], excluded: vec![down], ..mugs(4) };
    let events = store.reserve(1, some).unwrap();
    assert_eq!(names(&events), ["InventoryReleased", "InventoryTied"]);
    assert!(store.is_open(1, 1) && store.is_open(1, 2));
}

/// What may happen to an inventory; a number picks one of the reservations ever made.
#[derive(Debug, Clone)]
enum Op {
    Reserve {
        n: u8,
        mugs: u32,
        pens: u32,
        ttl: Option<u64>,
        replaces: Option<usize>,
        not: Option<u16>,
        instead: Option<u8>,
    },
    Extend(usize, u64),
    Allocate(usize),
    Release(usize, u32),
    Ship(usize, u32),
    Pass(u64),
    Stock(I),
}

fn op() -> impl Strategy<Value = Op> {
    let which = || 0..20_usize;
    let reserve = (
        1..4_u8,
        1..9_u32,
        0..4_u32,
        option::weighted(0.7, 1..90_000_u64),
        option::weighted(0.4, which()),
        option::weighted(0.3, 0..4_u16),
        option::weighted(0.2, 1..4_u8),
    );
    prop_oneof![
        8 => reserve.prop_map(|(n, mugs, pens, ttl, replaces, not, instead)| {
            Op::Reserve { n, mugs, pens, ttl, replaces, not, instead }
        }),
        4 => (which(), 0..90_000_u64).prop_map(|(which, by)| Op::Extend(which, by)),
        3 => which().prop_map(Op::Allocate),
        3 => (which(), 1..5_u32).prop_map(|(which, n)| Op::Release(which, n)),
        3 => (which(), 1..5_u32).prop_map(|(which, n)| Op::Ship(which, n)),
        3 => prop_oneof![Just(0), 1..50_000_u64].prop_map(Op::Pass),
        4 => stock::command().prop_map(Op::Stock),
    ]
}

impl Store {
    fn take(&mut self, op: Op) -> Result<(), String> {
        let known = self.made.len();
        let picked = |which: usize| which.checked_rem(known);
        let command = match op {
            Op::Reserve { n, mugs, pens, ttl, replaces, not, instead } => {
                let mut lines = vec![("mug", mugs)];
                lines.extend((pens > 0).then_some(("pen", pens)));
                // A unit is named once.
                let replaces = replaces.filter(|_| instead.is_none());
                let replaced = replaces.and_then(picked).map(|nth| self.all_of(nth));
                let (replaces, excluded) = (replaced.into_iter().collect(), not.map(FacilityId));
                let excluded = excluded.into_iter().collect();
                let instead_of = instead.map(order);
                let asked = Asked { lines, ttl, replaces, excluded, instead_of };
                return self.reserve(n, asked).map(drop);
            }
            Op::Pass(millis) => return self.pass(millis).map(drop),
            Op::Stock(command) => command,
            Op::Extend(which, by) => {
                let Some((n, number, _)) = picked(which).map(|nth| &self.made[nth]) else {
                    return Ok(());
                };
                return self.extend(*n, number.0, by).map(drop);
            }
            Op::Allocate(which) => {
                let Some(nth) = picked(which) else { return Ok(()) };
                let (order, reservation) = (order(self.made[nth].0), self.made[nth].1);
                I::Allocate(Allocate { order, reservation })
            }
            Op::Release(which, n) | Op::Ship(which, n) => {
                let Some(nth) = picked(which) else { return Ok(()) };
                let mut some = self.all_of(nth);
                some.portions.iter_mut().for_each(|p| p.quantity = p.quantity.min(n));
                let (order, portions) = (some.order, some.portions.clone());
                let shipment = earmark::ids::ShipmentNumber(1);
                match op {
                    Op::Release(..) => I::Release(some),
                    _ => I::Ship(ShipStock { order, shipment, portions }),
                }
            }
        };
        self.ask(&Command::Inventory(command)).map(drop)
    }
}

#[test]
fn whatever_happens_each_reservation_ends_exactly_once() {
    let is_long = std::env::var_os("EARMARK_LONG").is_some();
    let cases = if is_long { 20_000 } else { 600 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let met = std::cell::RefCell::new(BTreeSet::new());
    let ops = collection::vec(op(), 10..60);
    TestRunner::new_with_rng(config, rng)
        .run(&ops, |ops| {
            let mut store = Store::open();
            ops.into_iter().try_for_each(|op| store.take(op)).map_err(TestCaseError::fail)?;
            while let Some(due) = store.shop.next_deadline() {
                let wait = due.as_millis().saturating_sub(store.now);
                store.pass(wait).map_err(TestCaseError::fail)?;
            }
            met.borrow_mut().extend(store.met);
            Ok(())
        })
        .unwrap();
    let met = met.into_inner();
    for ended in [
        "InventoryExtended",
        "InventoryAllocated",
        "InventoryReleased",
        "InventoryExpired",
        "StockShipped",
        "PromiseStripped",
        "InventoryRejected",
        "LowStock",
        "StockReplenished",
    ] {
        assert!(met.contains(ended), "no history led to {ended}");
    }
}
