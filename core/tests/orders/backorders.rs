//! Backorders: what is promised before it is there, who gets it when it comes, and how it ends.

use crate::support::{Desk, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::{
    Answer, BackordersQuery, Command, Event, Preview, PreviewLine, PreviewQuery, Query,
    QueryRefusal, Refusal, SetPolicy, Slice, StockQuery,
};
use earmark::ids::{Country, FacilityRef, LineNumber, Tier};
use earmark::inventory::{
    Adjustment, FacilityRules, InventoryCommand, InventoryEvent, InventoryRefusal,
    SetBackorderLimit, SetFacilityRules,
};
use earmark::limits::{BACKORDER_LIMIT, BACKORDERS_PER_DECISION};
use earmark::order::{
    AmendOrder, AuthorizePayment, Buckets, CancelOrder, CancelReason, DeliverShipment, LineChange,
    LineRef, LineUnits, OrderCommand, OrderEvent, RejectFulfilment, Rejection, ReleaseOrder,
    ShipOrder, Status, StockStatus,
};
use earmark::policy::{
    BackorderPolicy, OrderPolicy, PaymentPolicy, Policy, SourcingPolicy, SourcingRules,
};
use earmark::time::Span;
use earmark::units::{Amount, Currency};

const HOUR: u64 = 3_600_000;

/// London has 15 mugs, Leeds 10 mugs and 4 pens; so many pens may be promised beyond that.
fn desk(limit: u32) -> Desk {
    with_policy(Policy::default(), limit)
}

fn with_policy(mut policy: Policy, limit: u32) -> Desk {
    let mut desk = Desk::open();
    policy.orders.backorders = BackorderPolicy::Accept;
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    set_limit(&mut desk, "pen", Some(limit)).unwrap();
    desk
}

fn unpaid() -> Policy {
    let payment = PaymentPolicy::required(Span::from_millis(HOUR));
    Policy { orders: OrderPolicy { payment, ..OrderPolicy::default() }, ..Policy::default() }
}

fn set_limit(desk: &mut Desk, item: &str, limit: Option<u32>) -> Result<Vec<Event>, Refusal> {
    let set = SetBackorderLimit { item: sku(item), limit };
    desk.ask(Command::Inventory(InventoryCommand::SetBackorderLimit(set)))
}

fn rules(desk: &mut Desk, facility: &str, rules: FacilityRules) -> Vec<Event> {
    let facility = FacilityRef::Code(text(facility));
    let set = SetFacilityRules { facility, rules };
    desk.must(Command::Inventory(InventoryCommand::SetFacilityRules(set)))
}

fn come(desk: &mut Desk, facility: &str, quantity: u32) -> Vec<Event> {
    let before = desk.history.len();
    desk.receive("pen", facility, Tier::Primary, quantity);
    desk.history[before..].to_vec()
}

fn buckets(desk: &Desk, n: u8, line: usize) -> Buckets {
    desk.at_hand(n).lines[line].buckets
}

fn waits(desk: &Desk) -> u64 {
    let (pen, _) = desk.shop.inventory().item(&sku("pen")).unwrap();
    desk.shop.inventory().backordered_units(pen)
}

fn cancel(n: u8, lines: Option<Vec<LineUnits>>) -> OrderCommand {
    OrderCommand::Cancel(CancelOrder { order: order(n), lines, reason: CancelReason::Customer })
}

fn pay(n: u8) -> OrderCommand {
    let amount = Amount { currency: Currency::GBP, minor: 10_000_000 };
    OrderCommand::AuthorizePayment(AuthorizePayment { order: order(n), amount })
}

fn ship(n: u8) -> OrderCommand {
    OrderCommand::Ship(ShipOrder { order: order(n), facility: None })
}

fn first(n: u32) -> Vec<LineUnits> {
    vec![LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(n) }]
}

fn amend(n: u8, quantity: u32) -> AmendOrder {
    let line = LineNumber(0);
    let change = LineChange { line, quantity: Some(units(quantity)), unit_price: None };
    AmendOrder { order: order(n), lines: vec![change], added: vec![], destination: None }
}

#[test]
fn what_is_there_is_tied_and_the_rest_waits_in_one_decision() {
    let mut desk = desk(10);
    let events = desk.place(1, &[("mug", 3), ("pen", 3), ("pen", 4)]);
    assert_eq!(
        names(&events),
        [
            "OrderPlaced",
            "InventoryBackordered",
            "InventoryTied",
            "OrderBackordered",
            "OrderSourced",
            "OrderConfirmed",
            "CustomerNotified",
            "CustomerNotified",
        ]
    );
    // The lines get what is there in their order.
    assert_eq!((buckets(&desk, 1, 1).allocated, buckets(&desk, 1, 1).backordered), (3, 0));
    assert_eq!((buckets(&desk, 1, 2).allocated, buckets(&desk, 1, 2).backordered), (1, 3));
    assert_eq!(desk.at_hand(1).stock_status(), StockStatus::PartiallyBackordered);
    assert_eq!((waits(&desk), desk.available("pen")), (3, 0));
    let events = desk.place(2, &[("pen", 7)]);
    assert!(!names(&events).contains(&"InventoryTied"), "nothing is there");
    assert_eq!(desk.at_hand(2).stock_status(), StockStatus::Backordered);
    assert_eq!(desk.at_hand(2).status, Status::Confirmed);
}

#[test]
fn an_item_without_room_rejects_the_order_as_ever() {
    let mut with_room = desk(2);
    let rejected = |desk: &mut Desk, n: u8, lines: &[(&str, u32)]| {
        desk.place(n, lines);
        assert_eq!(desk.at_hand(n).status, Status::Rejected, "{lines:?}");
        let Some(Rejection::Stock { shortfalls }) = desk.at_hand(n).rejection.clone() else {
            panic!("{lines:?} is short");
        };
        (shortfalls.len(), waits(desk), desk.available("pen"))
    };
    // The demand of all lines counts: 3 + 4 is 3 more than there are.
    assert_eq!(rejected(&mut with_room, 1, &[("pen", 3), ("pen", 4)]), (1, 0, 4));
    let mugs_alone = rejected(&mut with_room, 2, &[("pen", 5), ("mug", 26)]);
    assert_eq!(mugs_alone, (1, 0, 4), "one pen might wait, no mug may");
    with_room.place(3, &[("pen", 5)]);
    assert_eq!(rejected(&mut with_room, 4, &[("pen", 2)]), (1, 1, 0), "one more may wait");
    with_room.place(5, &[("pen", 1)]);
    assert_eq!(waits(&with_room), 2);
    // What waits goes on waiting under a lower limit, and nothing new does.
    set_limit(&mut with_room, "pen", None).unwrap();
    assert_eq!(rejected(&mut with_room, 6, &[("pen", 1)]), (1, 2, 0));
    let mut refusing = desk(2);
    refusing.must(Command::SetPolicy(SetPolicy { policy: Policy::default() }));
    assert_eq!(rejected(&mut refusing, 1, &[("pen", 5)]), (1, 0, 4), "by policy");
}

#[test]
fn a_limit_is_set_within_its_bound_and_set_again_changes_nothing() {
    let mut desk = desk(2);
    assert_eq!(set_limit(&mut desk, "pen", Some(2)), Ok(vec![]));
    assert_eq!(set_limit(&mut desk, "mug", Some(0)), Ok(vec![]), "it has none");
    let refused = set_limit(&mut desk, "pen", Some(BACKORDER_LIMIT + 1));
    let too_high = InventoryRefusal::BackorderLimitTooHigh { allowed: BACKORDER_LIMIT };
    assert_eq!(refused, Err(Refusal::Inventory(too_high)));
    assert_eq!(set_limit(&mut desk, "hat", None).unwrap_err().code(), "unknown-item");
}

#[test]
fn stock_that_comes_goes_to_those_who_wait_in_the_order_they_came() {
    let mut desk = desk(20);
    // The order that was placed first waits first, although the other's id is smaller.
    desk.place(3, &[("pen", 8)]);
    desk.place(2, &[("pen", 3)]);
    let events = come(&mut desk, "LON", 2);
    assert_eq!(names(&events), ["StockReceived", "BackorderFilled", "BackorderSourced"]);
    assert_eq!((buckets(&desk, 3, 0).allocated, buckets(&desk, 3, 0).backordered), (6, 2));
    let events = come(&mut desk, "LDS", 9);
    let filled = events.iter().filter_map(|event| match event {
        Event::Inventory(InventoryEvent::Filled(e)) => Some(e.order),
        _ => None,
    });
    assert_eq!(filled.collect::<Vec<_>>(), [order(3), order(2)]);
    assert_eq!((waits(&desk), desk.available("pen")), (0, 4));
    assert_eq!(desk.at_hand(3).stock_status(), StockStatus::Allocated);
}

#[test]
fn the_plan_of_a_fill_is_the_best_for_where_its_order_goes() {
    let mut desk = desk(20);
    desk.place(1, &[("pen", 6)]);
    desk.place(2, &[("pen", 9)]);
    desk.order(cancel(1, None)).unwrap();
    assert_eq!(waits(&desk), 5, "what order 1 had went to order 2");
    rules(&mut desk, "LON", FacilityRules { offline: true, ..FacilityRules::default() });
    let events = come(&mut desk, "LON", 9);
    assert_eq!(names(&events), ["StockReceived"], "London ships nothing");
    come(&mut desk, "LDS", 1);
    assert_eq!((waits(&desk), desk.available("pen")), (4, 9));
    // Now it may: nobody has to bring more.
    let events = rules(&mut desk, "LON", FacilityRules::default());
    assert!(names(&events).contains(&"BackorderFilled"));
    assert_eq!((waits(&desk), desk.available("pen")), (0, 5));
}

#[test]
fn an_order_that_nobody_may_serve_holds_up_nobody() {
    let mut desk = desk(20);
    desk.place(9, &[("pen", 4)]);
    let mut abroad = place(1, &[("pen", 2)]);
    abroad.destination.country = Country::new("US").unwrap();
    desk.order(OrderCommand::Place(abroad)).unwrap();
    desk.place(2, &[("pen", 2)]);
    let home = vec![Country::new("GB").unwrap()];
    rules(&mut desk, "LDS", FacilityRules { serves: home, ..FacilityRules::default() });
    let events = come(&mut desk, "LDS", 3);
    assert_eq!(names(&events), ["StockReceived", "BackorderFilled", "BackorderSourced"]);
    assert_eq!((buckets(&desk, 1, 0).backordered, buckets(&desk, 2, 0).allocated), (2, 2));
    // What is left is for whoever comes; the one abroad can't have it.
    desk.place(3, &[("pen", 1)]);
    assert_eq!(buckets(&desk, 3, 0).allocated, 1);
}

#[test]
fn every_way_stock_becomes_free_fills_the_queue() {
    for way in 0..4 {
        let mut desk = desk(20);
        set_limit(&mut desk, "mug", Some(5)).unwrap();
        desk.place(1, &[("mug", 25)]);
        desk.place(2, &[("mug", 2)]);
        match way {
            0 => desk.adjust("LON", Tier::Primary, Adjustment::Found, 2),
            1 => drop(desk.order(cancel(1, Some(first(2)))).unwrap()),
            2 => desk.receive("mug", "LON", Tier::Back, 2),
            _ => drop(desk.order(cancel(1, None)).unwrap()),
        }
        assert_eq!(buckets(&desk, 2, 0).allocated, 2, "way {way}");
    }
}

#[test]
fn what_waits_is_cancelled_freely_and_first() {
    let mut desk = desk(10);
    desk.place(1, &[("pen", 9)]);
    let events = desk.order(cancel(1, Some(first(6)))).unwrap();
    let expected =
        ["BackorderDropped", "OrderLinesCancelled", "BackorderReleased", "InventoryReleased"];
    assert_eq!(names(&events), expected);
    assert_eq!((buckets(&desk, 1, 0).allocated, buckets(&desk, 1, 0).backordered), (3, 0));
    assert_eq!((waits(&desk), desk.available("pen")), (0, 1));
    desk.place(2, &[("pen", 3)]);
    desk.order(cancel(2, None)).unwrap();
    assert_eq!((desk.at_hand(2).status, waits(&desk)), (Status::Cancelled, 0));
}

#[test]
fn what_is_there_ships_and_the_order_is_complete_once_the_rest_has_come() {
    let mut desk = desk(10);
    desk.place(1, &[("pen", 6)]);
    desk.order(ship(1)).unwrap();
    let deliver = || OrderCommand::Deliver(DeliverShipment { order: order(1), shipment: None });
    desk.order(deliver()).unwrap();
    assert_eq!((desk.at_hand(1).status, waits(&desk)), (Status::Confirmed, 2));
    assert_eq!(desk.order(ship(1)), Ok(vec![]), "what waits can't be shipped");
    // The reservation ties again although all that it had tied has left.
    come(&mut desk, "LON", 2);
    desk.order(ship(1)).unwrap();
    let told = names(&desk.order(deliver()).unwrap());
    assert!(told.contains(&"OrderCompleted"), "{told:?}");
    assert_eq!(desk.shop.inventory().open_reservations(), 0);
}

#[test]
fn an_unpaid_order_waits_as_long_as_its_reservation() {
    let mut desk = with_policy(unpaid(), 10);
    desk.place(1, &[("pen", 6)]);
    desk.place(2, &[("pen", 2)]);
    assert_eq!((desk.at_hand(1).status, waits(&desk)), (Status::Pending, 4));
    let events = desk.order(pay(2)).unwrap();
    assert!(names(&events).contains(&"OrderConfirmed"), "{:?}", names(&events));
    desk.pass(HOUR);
    assert_eq!(
        (desk.at_hand(1).status, desk.at_hand(2).status),
        (Status::Expired, Status::Confirmed)
    );
    // What order 1 gave up is there for order 2, and tied hard.
    assert_eq!((buckets(&desk, 2, 0).allocated, waits(&desk)), (2, 0));
    assert_eq!(desk.available("pen"), 2);
}

#[test]
fn a_soft_promise_is_filled_softly_and_hardens_with_the_payment() {
    let mut desk = with_policy(unpaid(), 10);
    desk.place(1, &[("pen", 6)]);
    come(&mut desk, "LON", 1);
    assert_eq!((buckets(&desk, 1, 0).reserved, buckets(&desk, 1, 0).backordered), (5, 1));
    desk.order(pay(1)).unwrap();
    assert_eq!((buckets(&desk, 1, 0).allocated, buckets(&desk, 1, 0).backordered), (5, 1));
    come(&mut desk, "LON", 1);
    assert_eq!((buckets(&desk, 1, 0).allocated, desk.at_hand(1).status), (6, Status::Confirmed));
}

#[test]
fn an_amendment_moves_the_difference_only() {
    let mut desk = desk(10);
    desk.place(1, &[("pen", 6)]);
    desk.place(2, &[("pen", 1)]);
    desk.order(OrderCommand::Amend(amend(1, 5))).unwrap();
    assert_eq!((buckets(&desk, 1, 0).allocated, buckets(&desk, 1, 0).backordered), (4, 1));
    desk.order(OrderCommand::Amend(amend(1, 8))).unwrap();
    assert_eq!((buckets(&desk, 1, 0).backordered, waits(&desk)), (4, 5));
    // More than may wait: what was there before stays.
    desk.order(OrderCommand::Amend(amend(1, 30))).unwrap();
    assert_eq!((buckets(&desk, 1, 0).wanted(), waits(&desk)), (8, 5));
    let mut elsewhere = amend(1, 8);
    elsewhere.lines.clear();
    let mut there = desk.at_hand(1).destination.clone();
    there.location.lat += 1_000_000;
    elsewhere.destination = Some(there.clone());
    desk.order(OrderCommand::Amend(elsewhere)).unwrap();
    assert_eq!((buckets(&desk, 1, 0).backordered, waits(&desk)), (4, 5));
    come(&mut desk, "LON", 4);
    // For his new address he has asked anew: who was there by then is served before him.
    assert_eq!((buckets(&desk, 1, 0).allocated, buckets(&desk, 2, 0).backordered), (7, 0));
}

#[test]
fn a_facility_that_refused_an_order_is_not_asked_for_the_rest_of_it() {
    let mut desk = desk(10);
    desk.place(1, &[("pen", 6)]);
    desk.order(OrderCommand::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    let (leeds, _) = desk.shop.inventory().facility(&FacilityRef::Code(text("LDS"))).unwrap();
    let reject = RejectFulfilment { order: order(1), facility: leeds, reason: None };
    desk.order(OrderCommand::RejectFulfilment(reject)).unwrap();
    assert_eq!((buckets(&desk, 1, 0).backordered, desk.available("pen")), (6, 4));
    come(&mut desk, "LON", 6);
    assert!(desk.at_hand(1).tied.iter().all(|t| t.portion.facility != leeds));
    assert_eq!((buckets(&desk, 1, 0).allocated, waits(&desk)), (6, 0));
}

#[test]
fn a_promise_that_breaks_waits_again_in_its_old_place() {
    let mut desk = desk(10);
    set_limit(&mut desk, "mug", Some(10)).unwrap();
    desk.place(1, &[("mug", 20)]);
    desk.place(2, &[("mug", 7)]);
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, 8);
    let waiting = |desk: &Desk| (buckets(desk, 1, 0).backordered, buckets(desk, 2, 0).backordered);
    let (one, two) = waiting(&desk);
    assert_eq!(one + two, 10, "two waited, and eight are gone");
    desk.receive("mug", "LDS", Tier::Primary, one);
    assert_eq!(waiting(&desk), (0, two), "the first order is served first");
}

#[test]
fn a_facility_that_is_full_serves_those_who_wait_on_the_next_day() {
    let mut desk = desk(10);
    desk.place(1, &[("pen", 5)]);
    rules(&mut desk, "LDS", FacilityRules { parcels_per_day: Some(1), ..FacilityRules::default() });
    desk.place(2, &[("pen", 1)]);
    desk.receive("pen", "LDS", Tier::Primary, 5);
    // Leeds took on one parcel for order 1.
    assert_eq!((waits(&desk), desk.available("pen")), (1, 4));
    let due = desk.shop.next_deadline().expect("the next day");
    let events = desk.pass(due.as_millis() - desk.now);
    assert!(names(&events).contains(&"BackorderFilled"), "{:?}", names(&events));
    assert_eq!((waits(&desk), desk.shop.next_deadline()), (0, None));
}

#[test]
fn a_long_queue_is_served_step_by_step_and_nobody_slips_in_between() {
    let mut desk = desk(1_000);
    desk.place(0, &[("pen", 4)]);
    let many = u16::try_from(BACKORDERS_PER_DECISION).unwrap() + 44;
    let id = |n: u16| {
        let mut bytes = order(0).to_bytes();
        bytes[13..15].copy_from_slice(&n.to_be_bytes());
        earmark::ids::OrderId::from_bytes(bytes).unwrap()
    };
    for n in 1..=many {
        let mut placed = place(0, &[("pen", 1)]);
        placed.order = id(n);
        // Every other one goes where Leeds sends nothing.
        if n % 2 == 0 {
            placed.destination.country = Country::new("US").unwrap();
        }
        desk.order(OrderCommand::Place(placed)).unwrap();
    }
    let home = vec![Country::new("GB").unwrap()];
    rules(&mut desk, "LDS", FacilityRules { serves: home, ..FacilityRules::default() });
    come(&mut desk, "LDS", 200);
    let served = u64::try_from(BACKORDERS_PER_DECISION / 2).unwrap();
    assert_eq!(waits(&desk), u64::from(many) - served);
    assert_eq!(desk.shop.next_deadline().map(|at| at.as_millis() <= desk.now), Some(true));
    // There is stock, and it is first theirs who wait.
    let mut late = place(0, &[("pen", 1)]);
    late.order = id(many + 1);
    desk.order(OrderCommand::Place(late)).unwrap();
    desk.pass(0);
    assert_eq!(waits(&desk), u64::from(many / 2), "only those abroad wait on");
    assert_eq!(desk.shop.next_deadline(), None);
}

#[test]
fn a_policy_that_reaches_farther_serves_those_who_wait() {
    let near = SourcingRules { max_metres: Some(1_000), ..SourcingRules::default() };
    let sourcing = SourcingPolicy { rules: near, ..SourcingPolicy::default() };
    let mut desk = with_policy(Policy { sourcing, ..Policy::default() }, 10);
    desk.place(1, &[("pen", 2)]);
    assert_eq!((waits(&desk), desk.available("pen")), (2, 4), "Leeds is too far");
    let orders = OrderPolicy { backorders: BackorderPolicy::Accept, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    assert_eq!((waits(&desk), desk.available("pen")), (0, 2), "at once");
}

#[test]
fn those_who_watch_the_stock_see_who_waits_and_a_customer_only_what_he_may_have() {
    let mut desk = desk(5);
    desk.place(1, &[("pen", 5)]);
    desk.place(2, &[("pen", 2)]);
    let ask = |after, limit| Query::Backorders(BackordersQuery { item: sku("pen"), after, limit });
    let Ok(Answer::Backorders(all)) = desk.shop.query(&ask(None, None), &Principal::Staff) else {
        panic!("staff may see it");
    };
    assert_eq!((all.backorder_limit, all.backordered, all.backorder_room), (5, 3, 2));
    let entries: Vec<_> = all.entries.iter().map(|e| (e.order, e.units.quantity)).collect();
    assert_eq!(entries, [(order(1), 1), (order(2), 2)]);
    let page = desk.shop.query(&ask(Some(order(1)), Some(1)), &Principal::Staff).unwrap();
    assert!(matches!(page, Answer::Backorders(page) if page.entries[..] == all.entries[1..]));
    let ada = Principal::Customer(text("ada"));
    assert_eq!(desk.shop.query(&ask(None, None), &ada), Err(QueryRefusal::StaffOnly));
    let unknown = Query::Backorders(BackordersQuery { item: sku("hat"), after: None, limit: None });
    let unknown = desk.shop.query(&unknown, &Principal::Staff);
    assert_eq!(unknown, Err(QueryRefusal::UnknownItem { item: sku("hat") }));
    let stock = Query::Stock(StockQuery { items: vec![sku("pen")] });
    let Ok(Answer::Items(items)) = desk.shop.query(&stock, &ada) else { panic!("his to see") };
    assert_eq!((items[0].available, items[0].backorder_room), (0, 2));
}

#[test]
fn a_preview_shows_what_would_come_later_on_the_host_and_from_a_slice() {
    let mut desk = desk(5);
    let bob = Principal::Customer(text("bob"));
    desk.place(1, &[("pen", 3)]);
    let slice = Slice::of(&desk.shop, &[sku("pen"), sku("mug")], &[], &bob);
    let client = slice.into_shop().unwrap();
    let preview = |quantity| {
        let line = |item, n| PreviewLine { item: sku(item), quantity: units(n) };
        let destination = place(1, &[]).destination;
        let lines = vec![line("mug", 1), line("pen", quantity)];
        let query = PreviewQuery { lines, destination, at: None };
        let (foreseen, told) = (client.preview(&query), desk.shop.preview(&query));
        assert_eq!(foreseen, told);
        told
    };
    let Preview::Served(plan) = preview(4) else { panic!("three of them may wait") };
    assert_eq!((plan.backordered.len(), plan.backordered[0].quantity), (1, 3));
    assert_eq!((plan.backordered[0].line, plan.parcels.len()), (LineNumber(1), 1));
    let Preview::Served(plan) = preview(1) else { panic!("it is there") };
    assert!(plan.backordered.is_empty());
    assert!(matches!(preview(7), Preview::Short { shortfalls, .. } if shortfalls.len() == 1));
}

#[test]
fn an_alert_tells_what_is_left_behind_those_who_wait() {
    let mut desk = desk(10);
    let set = earmark::inventory::SetLowStock { item: sku("pen"), threshold: Some(0) };
    desk.must(Command::Inventory(InventoryCommand::SetLowStock(set)));
    desk.place(1, &[("pen", 6)]);
    let events = come(&mut desk, "LON", 2);
    assert!(!names(&events).contains(&"BackInStock"), "{:?}", names(&events));
    let events = come(&mut desk, "LON", 1);
    assert_eq!(names(&events), ["StockReceived", "BackInStock"]);
}

#[test]
fn a_promise_that_comes_too_late_goes_back() {
    let mut desk = desk(10);
    desk.place(1, &[("pen", 5)]);
    let Some(Event::Inventory(promised)) = desk
        .history
        .iter()
        .find(|event| matches!(event, Event::Inventory(InventoryEvent::Backordered(_))))
    else {
        panic!("it was promised");
    };
    let promised = Event::Inventory(promised.clone());
    desk.order(cancel(1, None)).unwrap();
    let mut late = Vec::new();
    earmark::flow::route(&promised, |command| late.push(command));
    let events = desk.must(late.remove(0));
    assert!(
        matches!(&events[..], [Event::Order(OrderEvent::BackorderReturned(e))]
            if e.units[0].quantity == 1),
        "{events:?}"
    );
}
