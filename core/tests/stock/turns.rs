//! Whose turn it is: who is served when stock comes, and who keeps his units when some are lost.
//! Why: a client makes the ids of its orders, and one that says it is old is not served first.

use crate::support::{Desk, START, place, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::{Answer, BackordersQuery, Command, Event, Query, SetPolicy, Shop};
use earmark::ids::{FacilityRef, LineNumber, OrderId, ShipmentNumber, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, InventoryCommand, InventoryEvent, SetBackorderLimit,
};
use earmark::order::{
    AmendOrder, AuthorizePayment, Buckets, CancelOrder, CancelReason, LineChange, OrderCommand,
    PickOrder, PlaceOrder, ReleaseOrder, ShipOrder, VoidShipping,
};
use earmark::policy::{BackorderPolicy, OrderPolicy, Policy};
use earmark::schema::{from_bytes, to_bytes};
use earmark::units::{Amount, Currency};

/// London has 15 mugs, Leeds 10 mugs and 4 pens; ten pens may be promised beyond that.
fn desk() -> Desk {
    let mut desk = Desk::open();
    let orders = OrderPolicy { backorders: BackorderPolicy::Accept, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    let set = SetBackorderLimit { item: sku("pen"), limit: Some(10) };
    desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(set)));
    desk
}

/// An order whose id says that it was made so many milliseconds after the start.
fn made(after: i64, n: u8) -> OrderId {
    let at = START.checked_add_signed(after).unwrap();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at.to_be_bytes()[2..]);
    (bytes[6], bytes[8], bytes[15]) = (0x70, 0x80, n);
    OrderId::from_bytes(bytes).unwrap()
}

fn order(desk: &mut Desk, id: OrderId, lines: &[(&str, u32)]) {
    let place = PlaceOrder { order: id, ..place(0, lines) };
    desk.order(OrderCommand::Place(place)).unwrap();
}

fn buckets(desk: &Desk, id: OrderId, line: usize) -> Buckets {
    desk.shop.orders().get(id).unwrap().lines[line].buckets
}

fn filled(events: &[Event]) -> Vec<OrderId> {
    let of = |event: &Event| match event {
        Event::Inventory(InventoryEvent::Filled(e)) => Some(e.order),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn come(desk: &mut Desk, item: &str, quantity: u32) -> Vec<OrderId> {
    let before = desk.history.len();
    desk.receive(item, "LON", Tier::Primary, quantity);
    filled(&desk.history[before..])
}

/// The queue of pens as a page tells it, behind an order.
fn page(shop: &Shop, after: Option<OrderId>) -> Vec<OrderId> {
    let query = Query::Backorders(BackordersQuery { item: sku("pen"), after, limit: None });
    let Ok(Answer::Backorders(list)) = shop.query(&query, &Principal::Staff) else {
        panic!("there is no queue")
    };
    list.entries.iter().map(|entry| entry.order).collect()
}

#[test]
fn a_backdated_id_does_not_jump_the_queue() {
    let mut desk = desk();
    let [first, second, sly] = [made(0, 1), made(5, 2), made(-3_600_000, 3)];
    order(&mut desk, first, &[("pen", 6)]);
    order(&mut desk, second, &[("pen", 2)]);
    order(&mut desk, sly, &[("pen", 2)]);
    assert_eq!(page(&desk.shop, None), [first, second, sly]);
    assert_eq!(page(&desk.shop, Some(first)), [second, sly]);
    assert_eq!(page(&desk.shop, Some(second)), [sly]);
    let mut again: Shop = from_bytes("a snapshot", &to_bytes(&desk.shop).unwrap()).unwrap();
    again.restore();
    assert_eq!(again, desk.shop, "a snapshot keeps the turns");
    assert_eq!(come(&mut desk, "pen", 2), [first]);
    assert_eq!(page(&desk.shop, Some(first)), [second, sly], "who waits no more is still known");
    assert_eq!(come(&mut desk, "pen", 1), [second]);
    assert_eq!(come(&mut desk, "pen", 3), [second, sly]);
}

#[test]
fn an_id_of_a_client_whose_clock_is_late_keeps_its_place_among_honest_ones() {
    let mut desk = desk();
    let [ahead, late, next] = [made(60_000, 1), made(-60_000, 2), made(10, 3)];
    for id in [ahead, late, next] {
        order(&mut desk, id, &[("pen", 4)]);
    }
    assert_eq!(page(&desk.shop, None), [late, next], "the first has the pens that were there");
    assert_eq!(come(&mut desk, "pen", 9), [late, next]);
}

#[test]
fn a_backdated_id_does_not_keep_its_promise_at_the_cost_of_others() {
    let mut desk = desk();
    let [first, sly] = [made(0, 1), made(-3_600_000, 2)];
    order(&mut desk, first, &[("mug", 12)]);
    order(&mut desk, sly, &[("mug", 3)]);
    desk.adjust("LDS", Tier::Primary, Adjustment::Lost, 10);
    assert_eq!((buckets(&desk, first, 0).allocated, buckets(&desk, sly, 0).allocated), (12, 3));
    desk.adjust("LON", Tier::Back, Adjustment::Lost, 3);
    assert_eq!((buckets(&desk, first, 0).allocated, buckets(&desk, sly, 0).allocated), (12, 0));
}

#[test]
fn what_an_order_has_keeps_its_turn_for_what_it_asks_for_again() {
    let mut desk = desk();
    let [first, second] = [made(0, 1), made(5, 2)];
    order(&mut desk, first, &[("pen", 4), ("mug", 1)]);
    order(&mut desk, second, &[("pen", 2)]);
    let release = ReleaseOrder { order: first, facility: None };
    desk.order(OrderCommand::Release(release)).unwrap();
    let facility = desk.shop.orders().get(first).unwrap().tied[0].portion.facility;
    let line = earmark::order::LineRef::Item(sku("pen"));
    let missing = Some(vec![earmark::order::LineUnits { line, quantity: units(1) }]);
    let pick = PickOrder { order: first, facility, lines: None, missing };
    desk.order(OrderCommand::Pick(pick)).unwrap();
    assert_eq!(page(&desk.shop, None), [first, second], "the pen that was not found is his first");
    assert_eq!(come(&mut desk, "pen", 1), [first]);
}

#[test]
fn who_has_nothing_any_more_queues_anew() {
    let mut desk = desk();
    let ids = [made(0, 1), made(3, 2), made(5, 3), made(9, 4)];
    for (id, quantity) in ids.into_iter().zip([6, 2, 2, 4]) {
        order(&mut desk, id, &[("pen", quantity)]);
    }
    let cancel = CancelOrder { order: ids[2], lines: None, reason: CancelReason::Customer };
    desk.order(OrderCommand::Cancel(cancel)).unwrap();
    assert_eq!(page(&desk.shop, Some(ids[1])), [ids[3]]);
    assert_eq!(page(&desk.shop, Some(ids[2])), [ids[3]], "from the time that its id says");
    assert_eq!(come(&mut desk, "pen", 8), [ids[0], ids[1], ids[3]]);
}

/// Mugs are lost that lie in front in London: who loses how many, per line.
fn lose(desk: &mut Desk, quantity: u32) -> Vec<(OrderId, Vec<(u16, u32)>)> {
    let before = desk.history.len();
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, quantity);
    let of = |event: &Event| match event {
        Event::Inventory(InventoryEvent::Stripped(e)) => {
            Some((e.order, e.portions.iter().map(|p| (p.line.0, p.quantity)).collect()))
        }
        _ => None,
    };
    desk.history[before..].iter().filter_map(of).collect()
}

#[test]
fn a_loss_takes_no_more_than_it_has_to_and_tells_each_order_once() {
    let mut desk = Desk::open();
    let [first, second] = [made(0, 1), made(5, 2)];
    order(&mut desk, first, &[("mug", 2), ("mug", 2)]);
    order(&mut desk, second, &[("mug", 1)]);
    let change = LineChange { line: LineNumber(0), quantity: Some(units(3)), unit_price: None };
    let amend = AmendOrder { order: second, lines: vec![change], added: vec![], destination: None };
    desk.order(OrderCommand::Amend(amend)).unwrap();
    let lost = lose(&mut desk, 7);
    assert_eq!(lost, [(second, vec![(0, 2), (0, 1)]), (first, vec![(0, 1)])]);
}

#[test]
fn what_is_tied_has_the_turn_of_what_waits_beside_it() {
    let mut desk = desk();
    let [ahead, first, second] = [made(10_000, 1), made(5, 2), made(6, 3)];
    order(&mut desk, ahead, &[("pen", 6)]);
    // It waits for a pen behind one who says that he came later, and so has a late turn; whoever
    // comes after it for its mugs has a later one.
    order(&mut desk, first, &[("pen", 1), ("mug", 2)]);
    order(&mut desk, second, &[("mug", 10)]);
    assert_eq!(lose(&mut desk, 1), [(second, vec![(0, 1)])]);
}

#[test]
fn what_did_not_leave_after_all_has_one_turn_for_all_its_items() {
    let mut desk = desk();
    let [first, other, sly] = [made(0, 2), made(1_000, 3), made(-3_600_000, 1)];
    order(&mut desk, first, &[("mug", 2), ("pen", 3)]);
    order(&mut desk, other, &[("mug", 1)]);
    desk.order(OrderCommand::Ship(ShipOrder { order: first, facility: None })).unwrap();
    let void = VoidShipping { order: first, shipment: ShipmentNumber(1) };
    desk.order(OrderCommand::VoidShipping(void)).unwrap();
    order(&mut desk, sly, &[("pen", 1)]);
    let item = sku("pen");
    let none = SetBackorderLimit { item: item.clone(), limit: None };
    desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(none)));
    let (facility, tier) = (FacilityRef::Code(text("LDS")), Tier::Primary);
    let (adjustment, quantity) = (Adjustment::Lost, units(1));
    let lost = AdjustStock { item, facility, tier, adjustment, quantity };
    desk.must(Command::Inventory(InventoryCommand::Adjust(lost)));
    assert_eq!((buckets(&desk, first, 1).allocated, buckets(&desk, sly, 0).allocated), (3, 0));
}

#[test]
fn what_is_promised_softly_breaks_first_though_it_came_first() {
    let mut desk = Desk::open_with_payment();
    let [unpaid, paid] = [made(0, 1), made(5, 2)];
    order(&mut desk, unpaid, &[("mug", 3)]);
    order(&mut desk, paid, &[("mug", 3)]);
    let amount = Amount { currency: Currency::GBP, minor: 10_000_000 };
    desk.order(OrderCommand::AuthorizePayment(AuthorizePayment { order: paid, amount })).unwrap();
    assert_eq!(lose(&mut desk, 7), [(unpaid, vec![(0, 3)])]);
}
