//! Who is served when something becomes free: by a rule that is lifted, in a later look at a long
//! queue, on a later day; and who is not.

use crate::support::kits::{LEEDS, amend, kit};
use crate::support::{Desk, names, order, place, sku, text};
use earmark::decide::Principal;
use earmark::flow::{Answer, BackordersQuery, Command, Event, Query, SetPolicy};
use earmark::ids::{Country, FacilityRef, OrderId, Tier};
use earmark::inventory::{
    FacilityRules, InventoryCommand, InventoryEvent, ItemRules, SetBackorderLimit,
    SetFacilityRules, SetItemRules, SetSafetyStock,
};
use earmark::limits::BACKORDERS_PER_DECISION;
use earmark::order::{
    OrderCommand, PlaceOrder, RejectFulfilment, ReleaseOrder, ReplaceOrder, Status,
};
use earmark::policy::{BackorderPolicy, OrderPolicy, PaymentPolicy, Policy, SourcingPolicy};
use earmark::time::Span;

const HOUR: u64 = 3_600_000;

/// London has 15 mugs, Leeds 10 mugs and 4 pens; a thousand pens may be promised beyond that.
fn desk() -> Desk {
    with_policy(Policy::default())
}

fn unpaid() -> Desk {
    let payment = PaymentPolicy::required(Span::from_millis(HOUR));
    let orders = OrderPolicy { payment, ..OrderPolicy::default() };
    with_policy(Policy { orders, ..Policy::default() })
}

fn with_policy(policy: Policy) -> Desk {
    let mut desk = Desk::open();
    set_policy(&mut desk, policy);
    let set = SetBackorderLimit { item: sku("pen"), limit: Some(1_000) };
    desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(set)));
    desk
}

fn set_policy(desk: &mut Desk, mut policy: Policy) {
    policy.orders.backorders = BackorderPolicy::Accept;
    desk.must(Command::SetPolicy(SetPolicy { policy }));
}

fn rules(desk: &mut Desk, facility: &str, rules: FacilityRules) -> Vec<Event> {
    let facility = FacilityRef::Code(text(facility));
    let set = SetFacilityRules { facility, rules };
    desk.must(Command::Inventory(InventoryCommand::SetFacilityRules(set)))
}

/// So many parcels a day; none at all with 0.
fn parcels(most: u32) -> FacilityRules {
    FacilityRules { parcels_per_day: Some(most), ..FacilityRules::default() }
}

fn at_home() -> FacilityRules {
    FacilityRules { serves: vec![country("GB")], ..FacilityRules::default() }
}

fn no_export(desk: &mut Desk, to: &[&str]) -> Vec<Event> {
    let no_export_to = to.iter().map(|to| country(to)).collect();
    let rules = ItemRules { no_export_to, ..ItemRules::default() };
    let set = SetItemRules { item: sku("pen"), rules };
    desk.must(Command::Inventory(InventoryCommand::SetItemRules(set)))
}

fn keep_back(desk: &mut Desk, quantity: u32) {
    let facility = FacilityRef::Code(text("LDS"));
    let set = SetSafetyStock { item: sku("pen"), facility, quantity };
    desk.must(Command::Inventory(InventoryCommand::SetSafety(set)));
}

fn country(code: &str) -> Country {
    Country::new(code).unwrap()
}

fn abroad(n: u8, pens: u32) -> PlaceOrder {
    let mut placed = place(n, &[("pen", pens)]);
    placed.destination.country = country("US");
    placed
}

fn instead(new: u8, lines: &[(&str, u32)], old: u8) -> OrderCommand {
    OrderCommand::Replace(ReplaceOrder { place: place(new, lines), replaces: order(old) })
}

/// Units of an order that wait.
fn waits(desk: &Desk, n: u8) -> u32 {
    desk.at_hand(n).lines[0].buckets.backordered
}

/// The orders that were served, in order.
fn served(events: &[Event]) -> Vec<OrderId> {
    let served = |event: &Event| match event {
        Event::Inventory(InventoryEvent::Filled(e)) => Some(e.order),
        _ => None,
    };
    events.iter().filter_map(served).collect()
}

/// Whether the shop is to look at anything again, and when from now.
fn next_look(desk: &Desk) -> Option<u64> {
    desk.shop.next_deadline().map(|at| at.as_millis().saturating_sub(desk.now))
}

/// When the queue of pens is looked at again, as whoever asks is told: the moment 0 is at once.
fn due(desk: &Desk) -> Option<u64> {
    let stock = desk.shop.inventory();
    let (pen, _) = stock.item(&sku("pen")).unwrap();
    stock.backorders_due(pen).map(|at| at.as_millis())
}

#[test]
fn stock_that_is_kept_back_no_more_goes_to_those_who_wait() {
    let mut desk = desk();
    keep_back(&mut desk, 3);
    desk.place(1, &[("pen", 4)]);
    assert_eq!(waits(&desk, 1), 3);
    keep_back(&mut desk, 2);
    assert_eq!((waits(&desk, 1), desk.available("pen")), (2, 0), "one less is kept back");
    keep_back(&mut desk, 0);
    assert_eq!((waits(&desk, 1), desk.available("pen")), (0, 0));
}

#[test]
fn an_item_that_may_be_exported_again_goes_to_those_who_wait_abroad() {
    let mut desk = desk();
    no_export(&mut desk, &["US", "FR"]);
    desk.order(OrderCommand::Place(abroad(1, 2))).unwrap();
    assert_eq!(served(&no_export(&mut desk, &["US"])), []);
    assert_eq!((waits(&desk, 1), desk.available("pen")), (2, 4));
    assert_eq!(served(&no_export(&mut desk, &["FR"])), [order(1)]);
    assert_eq!((waits(&desk, 1), desk.available("pen")), (0, 2));
    assert_eq!(next_look(&desk), None);
}

#[test]
fn what_waits_comes_in_as_many_parcels_as_it_comes_from_facilities() {
    let sourcing = SourcingPolicy { max_parcels: Some(1), ..SourcingPolicy::default() };
    let mut desk = with_policy(Policy { sourcing, ..Policy::default() });
    desk.receive("pen", "LON", Tier::Primary, 2);
    rules(&mut desk, "LON", parcels(1));
    rules(&mut desk, "LDS", parcels(1));
    // Each sends its one parcel of the day.
    desk.place(2, &[("mug", 1)]);
    desk.place(3, &[("pen", 1)]);
    desk.place(1, &[("pen", 5)]);
    assert_eq!((waits(&desk, 1), desk.available("pen")), (5, 5));
    let wait = next_look(&desk).unwrap();
    assert_eq!(served(&desk.pass(wait)), [order(1)]);
    assert_eq!((waits(&desk, 1), desk.available("pen")), (0, 0));
}

#[test]
fn of_two_lines_of_one_item_the_one_that_got_none_waits_for_the_next_day() {
    let mut desk = desk();
    rules(&mut desk, "LDS", parcels(1));
    desk.place(0, &[("pen", 1)]);
    desk.place(1, &[("pen", 2), ("pen", 2)]);
    // Leeds has three, and is full; what comes to London is enough for the first line.
    desk.receive("pen", "LON", Tier::Primary, 2);
    let of_lines =
        |desk: &Desk| [0, 1].map(|n: usize| desk.at_hand(1).lines[n].buckets.backordered);
    assert_eq!(of_lines(&desk), [0, 2]);
    let wait = next_look(&desk).unwrap();
    desk.pass(wait);
    assert_eq!(of_lines(&desk), [0, 0]);
}

#[test]
fn a_limit_of_no_units_is_no_limit_that_is_kept() {
    let mut desk = desk();
    let mut set = |limit| {
        let set = SetBackorderLimit { item: sku("pen"), limit };
        desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(set)))
    };
    let told = set(Some(0));
    let [Event::Inventory(InventoryEvent::BackorderLimitSet(told))] = &told[..] else { panic!() };
    assert_eq!(told.limit, None);
    assert_eq!(set(None), []);
}

#[test]
fn an_order_with_a_kit_waits_for_nothing() {
    let mut desk = desk();
    desk.must(kit("pair", &[("mug", 2)]));
    desk.place(1, &[("pair", 1), ("pen", 5)]);
    assert_eq!(desk.at_hand(1).status, Status::Rejected, "though the pair is there");
    desk.place(2, &[("mug", 2), ("pen", 5)]);
    assert_eq!(desk.at_hand(2).lines[1].buckets.backordered, 1);
}

/// The n-th order of a queue that is longer than one decision looks at.
fn queued(n: usize, to: &str) -> PlaceOrder {
    let mut placed = place(0, &[("pen", 1)]);
    let mut bytes = order(0).to_bytes();
    bytes[13..15].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    placed.order = OrderId::from_bytes(bytes).unwrap();
    placed.destination.country = country(to);
    placed
}

#[test]
fn a_look_at_a_long_queue_goes_on_where_the_last_one_ended() {
    let mut desk = desk();
    desk.place(0, &[("pen", 4)]);
    rules(&mut desk, "LDS", at_home());
    // As many as one decision looks at can't be served, and behind them are three who can.
    let home = [1, 2, 3].map(|n| queued(BACKORDERS_PER_DECISION + n, "GB"));
    for n in 1..=BACKORDERS_PER_DECISION {
        desk.order(OrderCommand::Place(queued(n, "US"))).unwrap();
    }
    for placed in &home {
        desk.order(OrderCommand::Place(placed.clone())).unwrap();
    }
    let before = desk.history.len();
    desk.receive("pen", "LDS", Tier::Primary, 3);
    assert_eq!(served(&desk.history[before..]), [], "nobody of the first can be");
    assert_eq!((next_look(&desk), due(&desk)), (Some(0), Some(0)));
    // Somebody comes before the next look: what is free is not for him.
    let late = queued(BACKORDERS_PER_DECISION + 4, "GB");
    let told = desk.order(OrderCommand::Place(late.clone())).unwrap();
    assert!(!names(&told).contains(&"InventoryTied"), "{:?}", names(&told));
    let events = desk.pass(0);
    assert_eq!(served(&events), home.map(|placed| placed.order));
    assert_eq!((desk.available("pen"), next_look(&desk), due(&desk)), (0, None, None));
    // Leeds sends abroad again, and what comes is gone before the queue is.
    rules(&mut desk, "LDS", FacilityRules::default());
    let before = desk.history.len();
    desk.receive("pen", "LDS", Tier::Primary, 3);
    assert_eq!(served(&desk.history[before..]).len(), 3);
    assert_eq!((next_look(&desk), due(&desk)), (None, None), "there is nothing to look for");
}

#[test]
fn a_queue_is_looked_at_the_next_day_only_if_a_full_facility_has_some() {
    let mut desk = desk();
    // Parcels are counted where they are bounded.
    rules(&mut desk, "LDS", parcels(50));
    rules(&mut desk, "LON", parcels(50));
    desk.receive("pen", "LON", Tier::Primary, 1);
    desk.place(0, &[("pen", 5)]);
    let by = |desk: &mut Desk, leeds, london| {
        rules(desk, "LDS", leeds);
        rules(desk, "LON", london);
        next_look(desk).is_some()
    };
    desk.order(OrderCommand::Place(abroad(1, 2))).unwrap();
    desk.place(2, &[("mug", 1)]);
    rules(&mut desk, "LDS", parcels(0));
    desk.receive("pen", "LDS", Tier::Primary, 3);
    assert!(!by(&mut desk, parcels(0), FacilityRules::default()), "Leeds never sends any");
    let roomy = FacilityRules { parcels_per_day: Some(50), ..at_home() };
    assert!(!by(&mut desk, roomy, FacilityRules::default()), "Leeds has room, and it is no help");
    assert!(!by(&mut desk, at_home(), parcels(1)), "London is full, and has none");
    assert!(by(&mut desk, parcels(1), FacilityRules::default()), "Leeds is full, and may tomorrow");
    let wait = next_look(&desk).unwrap();
    assert_eq!(due(&desk), Some(desk.now + wait));
    assert_eq!(served(&desk.pass(wait)), [order(1)]);
    assert_eq!((next_look(&desk), due(&desk)), (None, None));
}

#[test]
fn what_an_order_that_is_replaced_waited_for_is_not_served() {
    let mut desk = unpaid();
    desk.place(1, &[("pen", 9)]);
    desk.place(3, &[("pen", 2)]);
    let events = desk.order(instead(4, &[("mug", 1)], 1)).unwrap();
    assert_eq!(served(&events), [order(3)]);
    assert_eq!((waits(&desk, 3), desk.available("pen")), (0, 2));
}

#[test]
fn a_facility_that_takes_its_last_parcel_for_the_new_order_serves_nobody_else_that_day() {
    for (most, now) in [(2, 0), (3, 1)] {
        let mut desk = unpaid();
        rules(&mut desk, "LDS", parcels(most));
        desk.place(1, &[("pen", 4)]);
        desk.place(3, &[("pen", 1)]);
        let events = desk.order(instead(4, &[("pen", 2)], 1)).unwrap();
        assert_eq!(served(&events).len(), now, "{most} parcels a day");
    }
}

#[test]
fn what_an_order_that_expires_waited_for_is_not_served() {
    let mut desk = unpaid();
    desk.place(1, &[("pen", 9)]);
    desk.now += HOUR / 2;
    desk.place(3, &[("pen", 2)]);
    let events = desk.pass(HOUR / 2);
    assert_eq!(served(&events), [order(3)]);
    assert_eq!((desk.at_hand(1).status, desk.available("pen")), (Status::Expired, 2));
}

#[test]
fn an_order_waits_only_for_what_may_come() {
    for (london, left) in [(FacilityRules::default(), 4), (parcels(0), 0)] {
        let mut desk = desk();
        rules(&mut desk, "LON", london);
        desk.place(1, &[("pen", 4)]);
        let release = ReleaseOrder { order: order(1), facility: None };
        desk.order(OrderCommand::Release(release)).unwrap();
        let (leeds, _) = desk.shop.inventory().facility(&FacilityRef::Code(text("LDS"))).unwrap();
        let reject = RejectFulfilment { order: order(1), facility: leeds, reason: None };
        desk.order(OrderCommand::RejectFulfilment(reject)).unwrap();
        assert_eq!(waits(&desk, 1), left, "London has no pens, and may get some or never send any");
    }
}

#[test]
fn a_page_of_a_queue_ends_with_an_order_and_not_within_one() {
    let mut desk = desk();
    desk.place(0, &[("pen", 4)]);
    desk.place(1, &[("pen", 1), ("pen", 2)]);
    desk.place(2, &[("pen", 3)]);
    let page = |after| {
        let query = BackordersQuery { item: sku("pen"), after, limit: Some(1) };
        let view = desk.shop.query(&Query::Backorders(query), &Principal::Staff).unwrap();
        let Answer::Backorders(view) = view else { panic!("{view:?}") };
        view.entries.iter().map(|entry| entry.units.quantity).collect::<Vec<_>>()
    };
    assert_eq!(page(None), [1, 2]);
    assert_eq!(page(Some(order(1))), [3]);
}

#[test]
fn what_waits_is_asked_for_anew_by_the_first_refusal_of_a_facility_and_by_no_other() {
    let mut desk = desk();
    desk.place(1, &[("pen", 2)]);
    let release = || OrderCommand::Release(ReleaseOrder { order: order(1), facility: None });
    let facility = LEEDS;
    let reject = || {
        OrderCommand::RejectFulfilment(RejectFulfilment { order: order(1), facility, reason: None })
    };
    desk.order(release()).unwrap();
    desk.order(amend(1, 0, 4)).unwrap();
    desk.order(reject()).unwrap();
    // Two that it was not handed yet are still its own.
    assert_eq!((waits(&desk, 1), desk.at_hand(1).lines[0].buckets.allocated), (2, 2));
    desk.order(release()).unwrap();
    let told = names(&desk.order(reject()).unwrap());
    assert!(!told.contains(&"BackorderDropped"), "{told:?}");
    assert_eq!(waits(&desk, 1), 4);
}
