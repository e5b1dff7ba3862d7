//! Kits: taken apart before anything is checked, tied with all other lines as one plan, and changed
//! as a whole. Why: lines that share a stock without saying so are where shops oversell.

use crate::support::kits::{
    LEEDS, amend, cancel, deliver, kit, line, named, open, preview, ship, short, shortfalls,
};
use crate::support::{Desk, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::demand::Portion;
use earmark::flow::{Answer, Command, Event, Preview, Query, Refusal, StockQuery};
use earmark::ids::{FacilityId, FacilityRef, ItemId, LineNumber, Tier};
use earmark::inventory::{
    Condition, CountStock, DefineItem, InventoryCommand, InventoryEvent, InventoryRefusal,
    KitShort, StockReason,
};
use earmark::order::{
    AmendOrder, Buckets, Disposition, LineKind, LineRef, LineUnits, OrderCommand, OrderEvent,
    OrderLine, OrderRefusal, ReceiveReturn, Rejection, RequestReturn, Status,
};
use earmark::units::UnitPrice;

#[test]
fn a_kit_lives_and_dies_with_its_components() {
    let mut desk = open();
    let events = desk.place(1, &[("set", 3), ("pen", 1)]);
    let expected = [
        "OrderPlaced",
        "KitsExploded",
        "InventoryTied",
        "OrderLinesExploded",
        "OrderSourced",
        "OrderConfirmed",
        "CustomerNotified",
    ];
    assert_eq!(names(&events), expected);
    let known = desk.at_hand(1);
    assert_eq!(known.lines.len(), 4);
    assert_eq!(known.lines[0].buckets, Buckets::default(), "its units are those of others");
    let first = LineNumber(2);
    assert_eq!(known.lines[0].kind, LineKind::Kit { first, components: 2 });
    assert_eq!(known.lines[2].item, sku("mug"));
    assert_eq!(known.lines[2].kind, LineKind::Component { kit: LineNumber(0), each: 2 });
    assert_eq!((known.lines[2].buckets.allocated, known.lines[3].buckets.allocated), (6, 3));
    let set = line(&desk, 1, 0);
    assert_eq!((set.ordered, set.allocated), (3, 3));
    assert_eq!((desk.available("mug"), desk.available("pen")), (19, 0));
    // Two sets at 1.2345 and a pen; the components cost nothing by themselves.
    assert_eq!(desk.at_hand(1).wanted_total(), Some(desk.at_hand(1).total));
    desk.order(ship(1, None)).unwrap();
    assert_eq!(line(&desk, 1, 0).in_transit, 3);
    let events = desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
    assert!(names(&events).contains(&"OrderCompleted"));
    assert_eq!(line(&desk, 1, 0).delivered, 3);
}

#[test]
fn the_same_order_again_is_a_retry_and_another_is_not() {
    let mut desk = open();
    desk.place(1, &[("set", 2), ("mug", 1)]);
    assert_eq!(desk.place(1, &[("set", 2), ("mug", 1)]), []);
    let other = desk.order(OrderCommand::Place(place(1, &[("set", 3), ("mug", 1)])));
    assert_eq!(other, Err(Refusal::Order(OrderRefusal::PlacedDifferently { order: order(1) })));
    desk.order(cancel(1, Some(named(0, 1)))).unwrap();
    assert_eq!(desk.place(1, &[("set", 2), ("mug", 1)]), [], "a cancellation changes no order");
    desk.order(amend(1, 0, 2)).unwrap();
    assert_eq!(desk.place(1, &[("set", 2), ("mug", 1)]), [], "nor does an amendment");
}

#[test]
fn a_kit_is_defined_once_and_of_items_that_are_no_kits() {
    let mut desk = open();
    assert_eq!(desk.must(kit("set", &[("pen", 1), ("mug", 1), ("mug", 1)])), [], "added up");
    let refused = |desk: &mut Desk, command| desk.ask(command).unwrap_err();
    let taken = Refusal::Inventory(InventoryRefusal::DefinedDifferently { name: text("set") });
    assert_eq!(refused(&mut desk, kit("set", &[("mug", 2)])), taken);
    let item = DefineItem { sku: text("set"), name: text("set"), unit_price: UnitPrice(50_000) };
    let item = Command::Inventory(InventoryCommand::DefineItem(item));
    assert_eq!(refused(&mut desk, item), taken, "a kit is no item with stock");
    let mug = Refusal::Inventory(InventoryRefusal::DefinedDifferently { name: text("mug") });
    assert_eq!(refused(&mut desk, kit("mug", &[("pen", 1)])), mug);
    let code =
        |desk: &mut Desk, components: &[(&str, u32)]| refused(desk, kit("gift", components)).code();
    assert_eq!(code(&mut desk, &[("set", 1)]), "kit-in-kit");
    assert_eq!(code(&mut desk, &[]), "not-so-many-components");
    assert_eq!(code(&mut desk, &[("mug", 1); 65]), "not-so-many-components");
    assert_eq!(code(&mut desk, &[("mug", 600), ("mug", 401)]), "too-many-in-kit");
    assert_eq!(code(&mut desk, &[("hat", 1)]), "unknown-item");
}

#[test]
fn stock_lies_with_the_components_and_a_kit_says_so() {
    let mut desk = open();
    let (item, facility, tier) = (sku("set"), FacilityRef::Id(LEEDS), Tier::Primary);
    let (condition, reason) = (Condition::Sellable, StockReason::Count);
    let count = CountStock { item, facility, tier, condition, counted: 1, reason };
    let refused = desk.ask(Command::Inventory(InventoryCommand::Count(count))).unwrap_err();
    assert_eq!(refused.code(), "is-a-kit");
    let said = "`set` is a kit: stock lies with its components `mug`, `pen`";
    assert_eq!(refused.to_string(), said);
    let items = vec![sku("set")];
    let answer = desk.shop.query(&Query::Stock(StockQuery { items }), &Principal::Staff).unwrap();
    let Answer::Items(views) = answer else { panic!("{answer:?}") };
    assert_eq!(views[0].available, 4, "as many as the pens last");
    assert_eq!(views[0].kit.as_ref().map(Vec::len), Some(2));
}

/// Bundle lines were each checked against stock that the others had not been taken off.
#[test]
fn medusa_16502_bundle_lines_checked_against_undecremented_stock() {
    let mut desk = open();
    desk.must(kit("pair", &[("pen", 2)]));
    // Three pens for the sets and two for the pair: each by itself could be had of the four.
    let events = desk.place(1, &[("set", 3), ("pair", 1)]);
    assert_eq!(shortfalls(&events), [short(0, "pen", 5, 4)]);
    assert_eq!(desk.at_hand(1).status, Status::Rejected);
    assert_eq!((desk.available("mug"), desk.available("pen")), (25, 4), "nothing is tied");
}

#[test]
fn a_kit_and_a_line_of_its_component_share_one_stock() {
    let mut desk = open();
    let events = desk.place(1, &[("pen", 2), ("set", 3)]);
    assert_eq!(shortfalls(&events), [short(0, "pen", 5, 4)]);
    desk.place(2, &[("pen", 2), ("set", 2)]);
    assert_eq!(desk.at_hand(2).status, Status::Confirmed);
    assert_eq!(desk.available("pen"), 0);
    let events = desk.place(3, &[("set", 1)]);
    assert_eq!(shortfalls(&events), [short(0, "pen", 1, 0)], "the kit's line is named");
}

#[test]
fn two_kits_share_a_component() {
    let mut desk = open();
    desk.must(kit("pair", &[("pen", 2)]));
    desk.place(1, &[("set", 2), ("pair", 1)]);
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    assert_eq!(desk.available("pen"), 0);
    let of_pens = |n: u16| desk.at_hand(1).lines[usize::from(n)].buckets.allocated;
    assert_eq!((of_pens(3), of_pens(4)), (2, 2), "each knows its own");
    desk.order(cancel(1, Some(named(1, 1)))).unwrap();
    assert_eq!((desk.available("pen"), line(&desk, 1, 0).allocated), (2, 2));
}

#[test]
fn the_same_kit_twice_in_one_order_is_added_up() {
    let mut desk = open();
    let events = desk.place(1, &[("set", 3), ("set", 2)]);
    assert_eq!(shortfalls(&events), [short(0, "pen", 5, 4)]);
    desk.place(2, &[("set", 3), ("set", 1)]);
    assert_eq!(desk.at_hand(2).lines.len(), 6);
    let lines = vec![LineUnits { line: LineRef::Item(sku("set")), quantity: units(4) }];
    desk.order(cancel(2, Some(lines))).unwrap();
    assert_eq!(desk.at_hand(2).status, Status::Cancelled);
    assert_eq!((desk.available("mug"), desk.available("pen")), (25, 4));
}

#[test]
fn a_kit_comes_from_two_facilities_and_arrives_with_its_last_part() {
    let mut desk = open();
    desk.receive("pen", "LON", Tier::Primary, 1);
    desk.must(kit("case", &[("pen", 5), ("mug", 20)]));
    desk.place(1, &[("case", 1)]);
    let parcels = |desk: &Desk| {
        let mut all: Vec<FacilityId> =
            desk.at_hand(1).tied.iter().map(|t| t.portion.facility).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    };
    assert_eq!(parcels(&desk), 2);
    desk.order(ship(1, Some(LEEDS))).unwrap();
    assert_eq!(line(&desk, 1, 0).allocated, 1, "it is as far as its last part");
    desk.order(deliver(1)).unwrap();
    assert_eq!(line(&desk, 1, 0).delivered, 0);
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    desk.order(ship(1, None)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(line(&desk, 1, 0).delivered, 1);
    assert_eq!(desk.at_hand(1).status, Status::Completed);
}

#[test]
fn a_preview_is_the_decision_of_kits_too() {
    let mut desk = open();
    let Preview::Served(plan) = preview(&desk, &[("set", 2), ("mug", 1)]) else { panic!() };
    let foreseen: Vec<Portion> = plan.parcels.iter().flat_map(|p| p.portions.clone()).collect();
    let events = desk.place(1, &[("set", 2), ("mug", 1)]);
    let tied = events.iter().find_map(|event| match event {
        Event::Inventory(InventoryEvent::Tied(e)) => Some(e.portions.clone()),
        _ => None,
    });
    let sorted = |mut portions: Vec<Portion>| {
        portions.sort_unstable();
        portions
    };
    assert_eq!(sorted(foreseen), sorted(tied.unwrap()));
    let exploded = events.iter().find_map(|event| match event {
        Event::Order(OrderEvent::LinesExploded(e)) => Some(e.kits.clone()),
        _ => None,
    });
    assert_eq!(Some(plan.kits), exploded);
    let foreseen = preview(&desk, &[("mug", 1), ("set", 3)]);
    let Preview::Short { shortfalls: lacks, kits } = foreseen else { panic!("{foreseen:?}") };
    let set = desk.shop.inventory().name(ItemId(2)).unwrap();
    let (line, asked, available) = (LineNumber(1), 3, 2);
    let expected = vec![KitShort { line, kit: set, asked, available }];
    assert_eq!(kits, expected, "so many can be had");
    let events = desk.place(2, &[("mug", 1), ("set", 3)]);
    assert_eq!(shortfalls(&events), lacks);
    let told = events.iter().find_map(|event| match event {
        Event::Inventory(InventoryEvent::KitsShort(e)) => Some(e.kits.clone()),
        _ => None,
    });
    assert_eq!(told, Some(expected));
}

#[test]
fn an_order_too_large_with_its_components_is_rejected_and_says_so() {
    let mut desk = open();
    desk.must(kit("crate", &[("mug", 1_000)]));
    let why = Rejection::KitsTooLarge { lines: 2, units: 1_001_000 };
    desk.place(1, &[("crate", 1_001)]);
    assert_eq!(desk.at_hand(1).rejection, Some(why));
    let expected = Preview::KitsTooLarge { lines: 2, units: 1_001_000 };
    assert_eq!(preview(&desk, &[("crate", 1_001)]), expected);
    let many: Vec<(&str, u32)> = vec![("set", 1); 700];
    desk.place(2, &many);
    let why = Rejection::KitsTooLarge { lines: 2_100, units: 2 };
    assert_eq!(desk.at_hand(2).rejection, Some(why));
}

#[test]
fn kits_are_cancelled_and_amended_as_a_whole() {
    let mut desk = open();
    desk.place(1, &[("set", 3), ("mug", 1)]);
    let refused = desk.order(cancel(1, Some(named(2, 1)))).unwrap_err();
    assert_eq!(refused.to_string(), "line 2 belongs to the kit in line 0: name that");
    assert_eq!(desk.order(amend(1, 3, 1)).unwrap_err().code(), "part-of-kit");
    let lines = vec![LineUnits { line: LineRef::Item(sku("pen")), quantity: units(1) }];
    assert_eq!(desk.order(cancel(1, Some(lines))).unwrap_err().code(), "part-of-kit");
    let lines = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(2) }];
    let refused = desk.order(cancel(1, Some(lines.clone()))).unwrap_err();
    let (line_ref, asked, possible) = (lines[0].line.clone(), 2, 1);
    let too_many = OrderRefusal::TooManyUnits { line: line_ref, asked, possible };
    assert_eq!(refused, Refusal::Order(too_many), "mugs of sets are no mugs of their own");
    desk.order(cancel(1, Some(named(0, 1)))).unwrap();
    assert_eq!((desk.available("mug"), desk.available("pen")), (20, 2));
    assert_eq!((line(&desk, 1, 0).allocated, line(&desk, 1, 0).cancelled), (2, 1));
    let before = desk.at_hand(1).wanted_total().unwrap().minor;
    desk.order(amend(1, 0, 4)).unwrap();
    assert_eq!((desk.available("mug"), desk.available("pen")), (16, 0));
    assert_eq!(line(&desk, 1, 0).allocated, 4);
    assert_eq!(desk.at_hand(1).total.minor, before + 247, "two sets more at 1.2345");
    assert_eq!(Some(desk.at_hand(1).total), desk.at_hand(1).wanted_total());
    desk.order(amend(1, 0, 1)).unwrap();
    assert_eq!((desk.available("mug"), desk.available("pen")), (22, 3));
    let refused = desk.order(cancel(1, Some(named(0, 2)))).unwrap_err();
    let line = LineRef::Number(LineNumber(0));
    let too_many = OrderRefusal::TooManyUnits { line, asked: 2, possible: 1 };
    assert_eq!(refused, Refusal::Order(too_many), "counted in kits");
}

#[test]
fn more_kits_than_can_be_had_are_not_added() {
    let mut desk = open();
    desk.place(1, &[("set", 3)]);
    desk.order(amend(1, 0, 6)).unwrap();
    let set = line(&desk, 1, 0);
    assert_eq!((set.ordered, set.allocated, set.cancelled), (6, 3, 3), "of mugs there were enough");
    assert_eq!((desk.available("mug"), desk.available("pen")), (19, 1));
}

#[test]
fn a_kit_that_is_added_is_taken_apart_by_its_own_tie() {
    let mut desk = open();
    desk.place(1, &[("set", 1), ("mug", 1)]);
    let (item, quantity, unit_price) = (sku("set"), units(2), UnitPrice(30_000));
    let added = vec![OrderLine { item, quantity, unit_price }];
    let (order_id, destination) = (order(1), None);
    let amend = AmendOrder { order: order_id, lines: vec![], added, destination };
    let events = desk.order(OrderCommand::Amend(amend)).unwrap();
    assert!(names(&events).contains(&"OrderLinesExploded"));
    let known = desk.at_hand(1);
    assert_eq!(known.lines.len(), 7);
    assert_eq!(known.lines[4].kind, LineKind::Kit { first: LineNumber(5), components: 2 });
    assert_eq!(line(&desk, 1, 4).allocated, 2);
    assert_eq!(known.wanted_total(), Some(known.total));
    desk.order(ship(1, None)).unwrap();
    desk.order(deliver(1)).unwrap();
    assert_eq!(desk.at_hand(1).status, Status::Completed);
}

#[test]
fn kits_come_back_whole_and_in_parts() {
    let mut desk = open();
    desk.place(1, &[("set", 2)]);
    desk.order(ship(1, None)).unwrap();
    desk.order(deliver(1)).unwrap();
    let back = |lines| OrderCommand::RequestReturn(RequestReturn { order: order(1), lines });
    let receive = |disposition| {
        let (order, number, facility) = (order(1), None, None);
        OrderCommand::ReceiveReturn(ReceiveReturn { order, number, facility, disposition })
    };
    desk.order(back(named(0, 1))).unwrap();
    assert_eq!(line(&desk, 1, 0).return_requested, 1);
    desk.order(receive(Disposition::Restock)).unwrap();
    assert_eq!((desk.available("mug"), desk.available("pen")), (23, 3));
    assert_eq!(line(&desk, 1, 0).restocked, 1);
    // One cup of the other set.
    desk.order(back(named(1, 1))).unwrap();
    desk.order(receive(Disposition::Restock)).unwrap();
    assert_eq!((desk.available("mug"), desk.available("pen")), (24, 3));
    assert_eq!(line(&desk, 1, 0).restocked, 1, "the other set did not come back");
    let refused = desk.order(back(named(0, 1))).unwrap_err();
    assert_eq!(refused.code(), "too-many-units", "it is no whole set any more");
}
