//! Units that are lost of an order that waits for more of them, while the stock is in another
//! partition. Why: what an order gives back before it has heard of the loss must not be taken from
//! what came for it since.

use crate::linked::Linked;
use crate::support::{order, place, sku, text, units};
use earmark::flow::{Command, SetPolicy, Shop, Topology};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityId, FacilityRef, LineNumber, ReservationNumber, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, InventoryCommand, ReceiveStock,
    ResumeWaiting, SetBackorderLimit,
};
use earmark::order::{
    CancelOrder, CancelReason, LineRef, LineUnits, Order, OrderCommand, PickOrder,
    RejectFulfilment, ReleaseOrder, Status,
};
use earmark::policy::{BackorderPolicy, Policy};
use earmark::units::UnitPrice;

fn london() -> FacilityRef {
    FacilityRef::Code(text("LON"))
}

fn stock(linked: &mut Linked, command: InventoryCommand) {
    linked.ask("inventory", Command::Inventory(command)).unwrap();
}

fn ask(linked: &mut Linked, command: OrderCommand) {
    linked.ask("order", Command::Order(command)).unwrap();
}

fn receive(linked: &mut Linked, quantity: u32) {
    let (item, facility, tier) = (sku("mug"), london(), Tier::Primary);
    let come = ReceiveStock { item, facility, tier, quantity: units(quantity) };
    stock(linked, InventoryCommand::Receive(come));
}

fn lose(linked: &mut Linked, quantity: u32) {
    let (item, facility, tier) = (sku("mug"), london(), Tier::Primary);
    let (adjustment, quantity) = (Adjustment::Lost, units(quantity));
    let lost = AdjustStock { item, facility, tier, adjustment, quantity };
    stock(linked, InventoryCommand::Adjust(lost));
}

fn backorders(linked: &mut Linked, backorders: BackorderPolicy) {
    let mut policy = Policy::default();
    policy.orders.backorders = backorders;
    for role in ["order", "inventory"] {
        linked.ask(role, Command::SetPolicy(SetPolicy { policy })).unwrap();
    }
}

/// Of five mugs London has three, which the order knows to be tied, and two wait; Leeds has none
/// and may have some one day.
fn three_and_two() -> Linked {
    let mut linked = Linked::new(Topology::ReserveFirst);
    for (code, lat) in [("LON", 51_507_400), ("LDS", 53_800_000)] {
        let define = DefineFacility {
            code: text(code),
            name: text(code),
            country: Country::new("GB").unwrap(),
            location: GeoPoint { lat, lon: -127_800 },
            gateways: vec![],
        };
        stock(&mut linked, InventoryCommand::DefineFacility(define));
    }
    let define = DefineItem { sku: text("mug"), name: text("mug"), unit_price: UnitPrice(0) };
    stock(&mut linked, InventoryCommand::DefineItem(define));
    let limit = SetBackorderLimit { item: sku("mug"), limit: Some(10) };
    stock(&mut linked, InventoryCommand::SetBackorderLimit(limit));
    backorders(&mut linked, BackorderPolicy::Accept);
    receive(&mut linked, 3);
    linked.quieten();
    ask(&mut linked, OrderCommand::Place(place(1, &[("mug", 5)])));
    linked.quieten();
    let mugs = at_hand(&linked).lines[0].buckets;
    assert_eq!((mugs.allocated, mugs.backordered), (3, 2));
    linked
}

fn at_hand(linked: &Linked) -> &Order {
    linked.with("order").orders().get(order(1)).unwrap()
}

fn waits(linked: &Linked) -> u32 {
    let stock = linked.with("inventory").inventory();
    stock.waiting().map(|(_, units)| units.quantity).sum()
}

/// All is told: what the order knows of its stock is what the stock knows.
fn agree(linked: &mut Linked) {
    linked.quieten();
    for shop in linked.shops() {
        let broken = Shop::audit(shop).broken;
        assert!(broken.is_empty(), "{broken:?}");
    }
    let known = at_hand(linked);
    let tied: u64 = known.tied.iter().map(|t| u64::from(t.portion.quantity)).sum();
    let awaited: u32 = known.backordered.iter().map(|b| b.units.quantity).sum();
    let stock = linked.with("inventory").inventory();
    let (_, mug) = stock.item(&sku("mug")).unwrap();
    let promised: u64 = mug.shelves.iter().map(|s| u64::from(s.promised())).sum();
    assert_eq!((tied, awaited), (promised, waits(linked)), "{known:?}");
}

/// London has got its three to work on. Two are lost and two come; the order has heard of neither.
fn lost_in_work() -> Linked {
    let mut linked = three_and_two();
    backorders(&mut linked, BackorderPolicy::Refuse);
    ask(&mut linked, OrderCommand::Release(ReleaseOrder { order: order(1), facility: None }));
    lose(&mut linked, 2);
    receive(&mut linked, 2);
    linked
}

#[test]
fn what_a_facility_refuses_of_lost_units_is_not_taken_from_those_that_came_since() {
    let mut linked = lost_in_work();
    let reject = RejectFulfilment { order: order(1), facility: FacilityId(0), reason: None };
    ask(&mut linked, OrderCommand::RejectFulfilment(reject));
    agree(&mut linked);
    assert_eq!(at_hand(&linked).status, Status::Confirmed);
}

#[test]
fn what_is_not_found_of_lost_units_is_not_taken_from_those_that_came_since() {
    let mut linked = lost_in_work();
    let line = LineRef::Number(LineNumber(0));
    let missing = Some(vec![LineUnits { line, quantity: units(3) }]);
    let pick = PickOrder { order: order(1), facility: FacilityId(0), lines: None, missing };
    ask(&mut linked, OrderCommand::Pick(pick));
    agree(&mut linked);
    assert_eq!(at_hand(&linked).status, Status::Confirmed);
}

#[test]
fn an_order_that_waits_gets_what_came_once_it_has_heard_of_its_loss() {
    let mut linked = three_and_two();
    lose(&mut linked, 2);
    receive(&mut linked, 4);
    assert_eq!(waits(&linked), 2, "the order has not heard of its loss");
    agree(&mut linked);
    let mugs = at_hand(&linked).lines[0].buckets;
    assert_eq!((mugs.allocated, mugs.backordered, mugs.cancelled), (5, 0, 0));
}

#[test]
fn two_losses_are_heard_of_one_by_one() {
    let mut linked = three_and_two();
    lose(&mut linked, 1);
    lose(&mut linked, 1);
    receive(&mut linked, 2);
    let (orders, inventory) = (linked.at("order"), linked.at("inventory"));
    assert!(linked.deliver(orders));
    while linked.deliver(inventory) {}
    assert_eq!(waits(&linked), 2, "one of two losses has been heard of: {:?}", at_hand(&linked));
    agree(&mut linked);
    let mugs = at_hand(&linked).lines[0].buckets;
    assert_eq!((mugs.allocated, mugs.backordered), (3, 2));
}

#[test]
fn an_order_that_gives_up_what_it_waits_for_answers_no_loss() {
    let mut linked = three_and_two();
    lose(&mut linked, 2);
    receive(&mut linked, 2);
    let line = LineRef::Number(LineNumber(0));
    let lines = Some(vec![LineUnits { line, quantity: units(4) }]);
    let cancel = CancelOrder { order: order(1), lines, reason: CancelReason::Customer };
    ask(&mut linked, OrderCommand::Cancel(cancel));
    agree(&mut linked);
    let mugs = at_hand(&linked).lines[0].buckets;
    assert_eq!((mugs.allocated, mugs.backordered, mugs.cancelled), (1, 0, 4));
}

/// One of three is lost, and the order has heard of that.
fn lost_and_heard() -> Linked {
    let mut linked = three_and_two();
    lose(&mut linked, 1);
    agree(&mut linked);
    let mugs = at_hand(&linked).lines[0].buckets;
    assert_eq!((mugs.allocated, mugs.backordered), (2, 3));
    linked
}

/// What comes goes to whoever waits.
fn is_filled(mut linked: Linked) {
    receive(&mut linked, 3);
    agree(&mut linked);
    let mugs = at_hand(&linked).lines[0].buckets;
    assert_eq!((mugs.allocated, mugs.backordered), (5, 0));
}

#[test]
fn what_comes_once_a_loss_has_been_heard_of_goes_to_whoever_waits() {
    is_filled(lost_and_heard());
}

#[test]
fn a_loss_that_was_not_told_is_not_heard_of() {
    let mut linked = lost_and_heard();
    // One that waits, and one that there never was.
    let reservations = vec![ReservationNumber(1), ReservationNumber(9)];
    let heard = ResumeWaiting { order: order(1), reservations };
    stock(&mut linked, InventoryCommand::ResumeWaiting(heard));
    is_filled(linked);
}

#[test]
fn what_one_order_has_heard_of_another_has_not() {
    let mut linked = three_and_two();
    let define = DefineItem { sku: text("pen"), name: text("pen"), unit_price: UnitPrice(0) };
    stock(&mut linked, InventoryCommand::DefineItem(define));
    let (item, facility, tier, quantity) = (sku("pen"), london(), Tier::Primary, units(1));
    let come = ReceiveStock { item, facility, tier, quantity };
    stock(&mut linked, InventoryCommand::Receive(come));
    linked.quieten();
    // A pen is tied, and a mug waits behind those of order 1.
    ask(&mut linked, OrderCommand::Place(place(2, &[("pen", 1), ("mug", 1)])));
    linked.quieten();
    lose(&mut linked, 1);
    let (item, facility, adjustment) = (sku("pen"), london(), Adjustment::Lost);
    let lost = AdjustStock { item, facility, tier, adjustment, quantity };
    stock(&mut linked, InventoryCommand::Adjust(lost));
    receive(&mut linked, 10);
    assert_eq!(waits(&linked), 3);
    let (orders, inventory) = (linked.at("order"), linked.at("inventory"));
    assert!(linked.deliver(orders));
    while linked.deliver(inventory) {}
    assert_eq!(waits(&linked), 1, "order 2 has not heard of its loss");
    linked.quieten();
    let known = linked.with("order").orders().get(order(2)).unwrap();
    assert_eq!(known.lines[1].buckets.allocated, 1);
}

#[test]
fn a_loss_of_two_lines_is_one_loss() {
    let mut linked = three_and_two();
    receive(&mut linked, 4);
    linked.quieten();
    ask(&mut linked, OrderCommand::Place(place(2, &[("mug", 1), ("mug", 3)])));
    linked.quieten();
    let of_second = |linked: &Linked| {
        let known = linked.with("order").orders().get(order(2)).unwrap();
        let [first, second] = [0, 1].map(|line: usize| known.lines[line].buckets);
        [(first.allocated, first.backordered), (second.allocated, second.backordered)]
    };
    assert_eq!(of_second(&linked), [(1, 0), (1, 2)]);
    lose(&mut linked, 7);
    receive(&mut linked, 9);
    assert_eq!(waits(&linked), 2, "nobody has heard of any loss");
    linked.quieten();
    assert_eq!(of_second(&linked), [(1, 0), (3, 0)]);
    assert_eq!(waits(&linked), 0);
}
