//! One workload over all four topologies, from the same reducers. Why: `sequential` and
//! `reserve-first` must agree on every order, and what the other two promise too early is counted.

use crate::linked::{Linked, Told};
use crate::support::{Desk, START, order, place, sku, text, units};
use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Hear, PROCESS, Roles, Shop, Topology};
use earmark::ids::{FacilityRef, Tier};
use earmark::inventory::{InventoryCommand, ReceiveStock};
use earmark::order::{
    CancelOrder, CancelReason, DeliverShipment, OrderCommand, ReplaceOrder, ShipOrder, Status,
};
use earmark::time::Timestamp;

const ORDERS: u8 = 60;
/// No lag at all.
const AT_ONCE: u64 = 0;

/// A seeded sequence; the same for every topology.
struct Lot(u64);

impl Lot {
    fn draw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % below
    }
}

/// The shop of the tests, defined in the partition that has the stock.
fn stocked(topology: Topology) -> Linked {
    let mut linked = Linked::new(topology);
    for event in Desk::open().history {
        if let Some(command) = crate::linked::as_command(&event) {
            linked.ask("inventory", command).unwrap();
        }
    }
    linked
}

/// Orders for more than there is; some are shipped, some cancelled. Letters come as late as `lag`
/// says: of so many steps, one brings a letter, or every letter comes before the next step.
fn run(topology: Topology, seed: u64, lag: u64) -> Linked {
    let mut linked = stocked(topology);
    let mut work = Lot(seed);
    let mut post = Lot(seed ^ 0x5eed);
    for n in 1..=ORDERS {
        linked.pass(work.draw(1_000));
        let what = if work.draw(3) == 0 { "pen" } else { "mug" };
        let wanted = u32::try_from(work.draw(3)).unwrap() + 1;
        let cart = place(n, &[(what, wanted)]);
        // The cart before may be tried again, unless its order is accepted already.
        let again = ReplaceOrder { place: cart.clone(), replaces: order(n.saturating_sub(1)) };
        let tried = work.draw(5) == 0
            && linked.ask("order", Command::Order(OrderCommand::Replace(again))).is_ok();
        if !tried {
            linked.ask("order", Command::Order(OrderCommand::Place(cart))).unwrap();
        }
        let earlier = order(u8::try_from(work.draw(u64::from(n))).unwrap() + 1);
        let then = match work.draw(4) {
            0 => OrderCommand::Ship(ShipOrder { order: earlier, facility: None }),
            1 => OrderCommand::Deliver(DeliverShipment { order: earlier, shipment: None }),
            2 => {
                let reason = CancelReason::Customer;
                OrderCommand::Cancel(CancelOrder { order: earlier, lines: None, reason })
            }
            _ => OrderCommand::Place(place(n, &[(what, wanted)])),
        };
        if lag == AT_ONCE {
            linked.quieten();
        }
        // It may be too early or too late for that.
        let _ = linked.ask("order", Command::Order(then));
        if lag == AT_ONCE {
            linked.quieten();
            continue;
        }
        for at in 0..linked.partitions() {
            if post.draw(lag) == 0 {
                linked.deliver(at);
            }
        }
    }
    linked.quieten();
    linked
}

fn statuses(linked: &Linked) -> Vec<Status> {
    let orders = linked.with("order").orders();
    (1..=ORDERS).map(|n| orders.get(order(n)).map_or(Status::Unplaced, |o| o.status)).collect()
}

fn check(linked: &Linked) {
    for shop in linked.shops() {
        assert_eq!(shop.audit().broken, [], "a law is broken");
    }
}

#[test]
fn without_lag_a_split_decides_what_one_partition_decides() {
    for seed in 0..50 {
        let whole = run(Topology::Sequential, seed, AT_ONCE);
        let split = run(Topology::ReserveFirst, seed, AT_ONCE);
        check(&split);
        assert_eq!(statuses(&split), statuses(&whole), "seed {seed}");
        let (one, other) = (whole.with("order").orders(), split.with("order").orders());
        assert!(one.iter().eq(other.iter()), "seed {seed}: the orders differ");
        let (one, other) = (whole.with("inventory"), split.with("inventory"));
        assert_eq!(one.inventory(), other.inventory(), "seed {seed}: the stock differs");
    }
}

#[test]
fn whatever_the_lag_only_the_two_that_answer_early_take_back() {
    println!("| topology | accepted | taken back | unknown after the answer | letters |");
    for topology in Topology::ALL {
        let (mut sum, mut replaced) = ((0, 0, 0, 0), 0);
        for seed in 0..50 {
            let linked = run(topology, seed, 6);
            check(&linked);
            let Told { accepted, taken_back, unknown, letters, .. } = &linked.told;
            sum.0 += accepted.len();
            sum.1 += taken_back.len();
            sum.2 += unknown;
            sum.3 += letters;
            let orders = linked.with("order").orders().iter();
            replaced += orders.filter(|(_, order)| order.replaced_by.is_some()).count();
        }
        let (accepted, taken_back, unknown, letters) = sum;
        println!("| {topology} | {accepted} | {taken_back} | {unknown} | {letters} |");
        assert!(accepted > 500, "too little happened");
        match topology {
            // An order that waits for no payment is accepted before a second try.
            Topology::Sequential => assert_eq!(replaced, 0),
            // It is seldom recorded before the second try.
            Topology::ListenToSelf => {}
            _ => assert!(replaced > 100, "{replaced} were replaced"),
        }
        match topology {
            Topology::Sequential => assert_eq!((taken_back, unknown, letters), (0, 0, 0)),
            Topology::ReserveFirst => assert_eq!((taken_back, unknown), (0, 0)),
            Topology::OrderFirst => assert!(taken_back > 100 && unknown == 0),
            Topology::ListenToSelf => assert!(taken_back > 100 && unknown > 100),
        }
    }
}

#[test]
fn an_event_of_a_local_role_and_one_told_by_a_customer_are_refused() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    let placed = desk.history.iter().find(|e| matches!(e, Event::Order(_))).unwrap().clone();
    let heard = Command::Hear(Hear { event: Box::new(placed) });
    let before = desk.shop.clone();
    let at = Timestamp::from_millis(START);
    let by = |by| Context { at, by };
    let refused = desk.shop.settle(&heard, &by(Principal::System)).unwrap().unwrap_err();
    assert_eq!(refused.code(), "happened-here");
    assert!(refused.to_string().contains("`order`"), "{refused}");
    let customer = Principal::Customer(text("ada"));
    let mut stock = Shop::with_roles(Roles { inventory: true, ..Roles::NONE });
    assert_eq!(stock.settle(&heard, &by(customer)).unwrap().unwrap_err().code(), "not-a-courier");
    assert_eq!(desk.shop, before, "a refusal changes nothing");
}

#[test]
fn what_is_heard_and_can_not_be_done_is_refused_as_a_whole() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    desk.order(OrderCommand::Ship(ShipOrder { order: order(1), facility: None })).unwrap();
    let shipped = desk
        .history
        .iter()
        .find(|e| matches!(e, Event::Order(earmark::order::OrderEvent::Shipped(_))));
    let heard = Command::Hear(Hear { event: Box::new(shipped.unwrap().clone()) });
    // A stock that has never tied anything for the order.
    let mut stock = Shop::with_roles(Roles { inventory: true, ..Roles::NONE });
    let before = stock.clone();
    let context = Context { at: Timestamp::from_millis(START), by: Principal::System };
    let refused = stock.settle(&heard, &context).unwrap().unwrap_err();
    assert_eq!(refused.code(), "not-tied");
    assert_eq!(stock, before);
    assert!(PROCESS.iter().any(|step| step.event == "ShipmentShipped" && step.to == "inventory"));
    let receive = ReceiveStock {
        item: sku("mug"),
        facility: FacilityRef::Code(text("LON")),
        tier: Tier::Primary,
        quantity: units(1),
    };
    let elsewhere = Command::Inventory(InventoryCommand::Receive(receive));
    let mut orders = Shop::with_roles(Roles { inventory: false, ..Roles::ALL });
    let refused = orders.settle(&elsewhere, &context).unwrap().unwrap_err();
    assert_eq!(refused.code(), "role-not-here");
}
