//! What a queue makes of news on the day on which it is looked at again, where the stock is by
//! itself and no tick came first: each who waits is served as he stands after the news.

use crate::support::{Desk, START, order, place, sku, text, units};
use earmark::decide::{Context, Principal};
use earmark::demand::{Awaited, Demand, Hold, Portion};
use earmark::flow::{Command, Event, Roles, SetPolicy, Shop};
use earmark::ids::{FacilityId, FacilityRef, ItemId, LineNumber, ReservationNumber, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, Allocate, Extend, FacilityRules, InventoryCommand as I,
    InventoryEvent as E, ReceiveStock, Release, ReleaseAwaited, Reserve, ResumeWaiting,
    SetBackorderLimit, SetFacilityRules,
};
use earmark::laws::Audit;
use earmark::policy::{BackorderPolicy, OrderPolicy, Policy};
use earmark::time::Timestamp;

const DAY: u64 = 86_400_000;
const FIRST: ReservationNumber = ReservationNumber(1);
const PEN: ItemId = ItemId(1);

/// Units per line, of pens all of them.
type Lines = Vec<(u16, u32)>;

/// Six pens lie free in Leeds, which is full for today: order 7 has two there, 8 and 9 have one
/// each. Orders 1 and 2 wait softly, for two days, for a pen in each of two lines.
struct Store {
    shop: Shop,
    now: u64,
}

impl Store {
    fn open() -> Self {
        let shop = Shop::with_roles(Roles { inventory: true, ..Roles::NONE });
        let mut store = Self { shop, now: START };
        Desk::open().history.iter().for_each(|event| store.shop.apply(event).unwrap());
        store.receive("LDS", 6);
        let orders = OrderPolicy { backorders: BackorderPolicy::Accept, ..OrderPolicy::default() };
        let policy = Policy { orders, ..Policy::default() };
        store.settle(&Command::SetPolicy(SetPolicy { policy }));
        store.hear(I::SetBackorderLimit(SetBackorderLimit { item: sku("pen"), limit: Some(99) }));
        let rules = FacilityRules { parcels_per_day: Some(3), ..FacilityRules::default() };
        let facility = FacilityRef::Code(text("LDS"));
        store.hear(I::SetFacilityRules(SetFacilityRules { facility, rules }));
        for (n, quantity) in [(7, 2), (8, 1), (9, 1)] {
            store.hear(reserve(n, &[(0, quantity)], Hold::Hard));
        }
        for n in [1, 2] {
            let told = store.hear(reserve(n, &[(0, 1), (1, 1)], soft(2)));
            assert!(matches!(told[..], [E::Backordered(_), ..]), "{told:?}");
        }
        store.now += DAY;
        store
    }

    fn settle(&mut self, command: &Command) -> Vec<Event> {
        let context = Context { at: Timestamp::from_millis(self.now), by: Principal::System };
        let events = self.shop.settle(command, &context).unwrap().unwrap();
        let mut audit = Audit::default();
        self.shop.inventory().audit(&mut audit);
        assert!(audit.broken.is_empty(), "after {command:?}: {:?}", audit.broken);
        events
    }

    fn receive(&mut self, facility: &str, quantity: u32) {
        let (item, facility) = (sku("pen"), FacilityRef::Code(text(facility)));
        let (tier, quantity) = (Tier::Primary, units(quantity));
        self.hear(I::Receive(ReceiveStock { item, facility, tier, quantity }));
    }

    fn hear(&mut self, command: I) -> Vec<E> {
        let of_stock = |event| match event {
            Event::Inventory(event) => event,
            other => panic!("{other:?}"),
        };
        self.settle(&Command::Inventory(command)).into_iter().map(of_stock).collect()
    }

    /// Who is served, how firmly, and with what.
    fn served(&mut self, command: I) -> Vec<(u8, Hold, Lines)> {
        let served = |event| match event {
            E::Filled(e) => {
                let lines = e.portions.iter().map(|p| (p.line.0, p.quantity)).collect();
                Some((e.order.to_bytes()[15], e.hold, lines))
            }
            _ => None,
        };
        self.hear(command).into_iter().filter_map(served).collect()
    }
}

/// So many days after the beginning.
fn soft(days: u64) -> Hold {
    Hold::Soft { until: Timestamp::from_millis(START + days * DAY) }
}

fn both() -> Lines {
    vec![(0, 1), (1, 1)]
}

fn reserve(n: u8, lines: &[(u16, u32)], hold: Hold) -> I {
    let demand = |&(line, quantity): &(u16, u32)| Demand {
        line: LineNumber(line),
        item: sku("pen"),
        quantity: units(quantity),
    };
    let demands = lines.iter().map(demand).collect();
    I::Reserve(Reserve::anywhere(order(n), FIRST, demands, place(n, &[]).destination, hold))
}

fn no_more(n: u8, lines: &[(u16, u32)]) -> I {
    let awaited = |&(line, quantity): &(u16, u32)| Awaited {
        reservation: FIRST,
        line: LineNumber(line),
        item: PEN,
        quantity,
    };
    I::ReleaseAwaited(ReleaseAwaited {
        order: order(n),
        units: lines.iter().map(awaited).collect(),
    })
}

#[test]
fn a_reservation_that_is_made_hard_is_served_hard_and_the_others_as_they_were() {
    let allocate = I::Allocate(Allocate { order: order(1), reservation: FIRST });
    let served = Store::open().served(allocate);
    assert_eq!(served, [(1, Hold::Hard, both()), (2, soft(2), both())]);
}

#[test]
fn a_reservation_that_is_extended_is_served_as_long_and_the_others_as_they_were() {
    let Hold::Soft { until } = soft(3) else { panic!() };
    let extend = I::Extend(Extend { order: order(1), reservation: FIRST, until });
    let served = Store::open().served(extend);
    assert_eq!(served, [(1, soft(3), both()), (2, soft(2), both())]);
}

#[test]
fn a_reservation_that_ends_is_not_served_and_the_others_are() {
    let mut store = Store::open();
    // Order 3 waits for a day longer than the others.
    store.now -= DAY;
    store.hear(reserve(3, &[(0, 1), (1, 1)], soft(3)));
    store.now += 2 * DAY;
    assert_eq!(store.served(I::Tick), [(3, soft(3), both())]);
}

#[test]
fn of_what_is_not_waited_for_any_more_the_rest_is_served() {
    let served = Store::open().served(no_more(1, &[(0, 1)]));
    assert_eq!(served, [(1, soft(2), vec![(1, 1)]), (2, soft(2), both())]);
    let served = Store::open().served(no_more(1, &[(0, 5), (1, 5)]));
    assert_eq!(served, [(2, soft(2), both())], "no more goes than waited");
}

#[test]
fn whoever_comes_on_that_day_is_served_behind_those_who_waited() {
    let mut store = Store::open();
    let served = store.served(reserve(3, &[(0, 6)], Hold::Hard));
    assert_eq!(served, [(1, soft(2), both()), (2, soft(2), both()), (3, Hold::Hard, vec![(0, 2)])]);
}

/// Order 7 gives units of reservations up, of an order each, and asks for a pen by another: who is
/// served in which order.
fn asks_again(gives: &[(u8, u32)]) -> Vec<u8> {
    let give = |&(n, quantity): &(u8, u32)| {
        let (line, facility) = (LineNumber(0), FacilityId(1));
        let (item, tier, reservation) = (PEN, Tier::Primary, FIRST);
        let portion = Portion { reservation, line, item, facility, tier, quantity };
        Release { order: order(n), portions: vec![portion] }
    };
    let I::Reserve(ask) = reserve(7, &[(0, 1)], Hold::Hard) else { panic!() };
    let replaces = gives.iter().map(give).collect();
    let again = Reserve { reservation: ReservationNumber(2), replaces, ..ask };
    Store::open().served(I::Reserve(again)).into_iter().map(|(n, ..)| n).collect()
}

#[test]
fn whoever_asks_again_keeps_his_turn_as_long_as_he_has_something() {
    assert_eq!(asks_again(&[]), [7, 1, 2]);
    assert_eq!(asks_again(&[(7, 1)]), [7, 1, 2], "one of his two");
    assert_eq!(asks_again(&[(8, 1), (9, 1)]), [7, 1, 2], "what is like his, and of others");
    assert_eq!(asks_again(&[(7, 2)]), [1, 2, 7]);
    assert_eq!(asks_again(&[(7, 1), (7, 1)]), [1, 2, 7], "in two parts");
}

#[test]
fn whoever_loses_units_on_that_day_is_served_once_he_has_heard_and_the_others_at_once() {
    let mut store = Store::open();
    store.now -= DAY;
    // A pen comes for order 1, which goes on waiting for another.
    store.receive("LON", 1);
    store.now += DAY;
    let (item, facility) = (sku("pen"), FacilityRef::Code(text("LON")));
    let (tier, adjustment, quantity) = (Tier::Primary, Adjustment::Lost, units(1));
    let lost = AdjustStock { item, facility, tier, adjustment, quantity };
    assert_eq!(store.served(I::Adjust(lost)), [(2, soft(2), both())]);
    let heard = ResumeWaiting { order: order(1), reservations: vec![FIRST] };
    assert_eq!(store.served(I::ResumeWaiting(heard)), [(1, soft(2), vec![(1, 1)])]);
}
