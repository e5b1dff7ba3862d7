//! Those who look after the stock: conditions, counts, safety stock, alerts, transfers, and what is
//! expected. Why: each is one more way to sell a unit that is not there.

use crate::support::{Desk, START, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::{
    AlertsQuery, Answer, Command, Event, IncomingQuery, LevelsQuery, Preview, PreviewLine,
    PreviewQuery, Query, QueryRefusal, Refusal,
};
use earmark::ids::{ExpectedNumber, FacilityId, FacilityRef, ItemRef, Tier, TransferNumber};
use earmark::inventory::{
    Adjustment, CancelTransfer, Condition, CountStock, ExpectStock, InventoryCommand as I,
    InventoryEvent as E, InventoryRefusal as R, MoveStock, ReceiveExpected, ReceiveTransfer, Rest,
    SendTransfer, SetLowStock, SetSafetyStock, Shelf, StockReason, WithdrawExpected, WriteOffStock,
};
use earmark::limits::UNITS_PER_SHELF;
use earmark::order::{
    CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits, OrderCommand,
    ReceiveReturn, RequestReturn,
};
use earmark::time::{Span, Timestamp};

fn at(code: &str) -> FacilityRef {
    FacilityRef::Code(text(code))
}

fn tell(desk: &mut Desk, command: I) -> Vec<&'static str> {
    names(&desk.must(Command::Inventory(command)))
}

fn refused(desk: &mut Desk, command: I) -> R {
    match desk.ask(Command::Inventory(command)) {
        Err(Refusal::Inventory(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn turn(from: Condition, to: Condition, quantity: u32) -> I {
    let (item, facility, tier) = (sku("mug"), at("LON"), Tier::Primary);
    I::Move(MoveStock { item, facility, tier, from, to, quantity: units(quantity) })
}

fn write_off(condition: Condition, quantity: u32) -> I {
    let (item, facility, tier) = (sku("mug"), at("LON"), Tier::Primary);
    let (quantity, reason) = (units(quantity), StockReason::Stolen);
    I::WriteOff(WriteOffStock { item, facility, tier, condition, quantity, reason })
}

fn count(condition: Condition, counted: u32) -> I {
    let (item, facility, tier) = (sku("mug"), at("LON"), Tier::Primary);
    let reason = StockReason::Count;
    I::Count(CountStock { item, facility, tier, condition, counted, reason })
}

fn safety(code: &str, quantity: u32) -> I {
    I::SetSafety(SetSafetyStock { item: sku("mug"), facility: at(code), quantity })
}

fn low(item: &str, threshold: Option<u32>) -> I {
    I::SetLowStock(SetLowStock { item: sku(item), threshold })
}

fn send(from: (&str, Tier), to: (&str, Tier), quantity: u32) -> I {
    I::SendTransfer(SendTransfer {
        item: sku("mug"),
        from: at(from.0),
        from_tier: from.1,
        to: at(to.0),
        to_tier: to.1,
        quantity: units(quantity),
    })
}

fn arrive(transfer: u32, quantity: u32, rest: Rest) -> I {
    I::ReceiveTransfer(ReceiveTransfer { transfer: TransferNumber(transfer), quantity, rest })
}

fn shelf(desk: &Desk, facility: u16, tier: Tier) -> Shelf {
    let (_, mug) = desk.shop.inventory().item(&sku("mug")).unwrap();
    mug.shelf(FacilityId(facility), tier).copied().unwrap()
}

const LON: (&str, Tier) = ("LON", Tier::Primary);
const LDS: (&str, Tier) = ("LDS", Tier::Primary);

#[test]
fn what_is_set_aside_is_not_sold_until_it_is_fit_for_sale_again() {
    use Condition::{Damaged, QualityControl, Quarantine, Sellable};
    let mut desk = Desk::open();
    for (to, n) in [(Damaged, 1), (QualityControl, 2), (Quarantine, 3)] {
        assert_eq!(tell(&mut desk, turn(Sellable, to, n)), ["StockMoved"]);
    }
    let now = shelf(&desk, 0, Tier::Primary);
    assert_eq!((now.damaged, now.quality_control, now.quarantined), (1, 2, 3));
    assert_eq!((now.on_hand, now.unavailable(), desk.available("mug")), (10, 6, 19));
    tell(&mut desk, turn(QualityControl, Sellable, 2));
    assert_eq!(desk.available("mug"), 21);
    assert_eq!(tell(&mut desk, write_off(Quarantine, 3)), ["StockWrittenOff"]);
    assert_eq!((shelf(&desk, 0, Tier::Primary).on_hand, desk.available("mug")), (7, 21));
    let too_many = refused(&mut desk, turn(Damaged, Sellable, 2));
    assert_eq!(too_many, R::NotInCondition { condition: Damaged, there: 1 });
    assert_eq!(too_many.to_string(), "only 1 units are damaged");
    assert_eq!(refused(&mut desk, turn(Damaged, Damaged, 1)), R::NothingMoves);
}

#[test]
fn a_move_out_of_what_is_sellable_strips_promises_and_the_order_is_sourced_anew() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 10)]);
    let told = tell(&mut desk, turn(Condition::Sellable, Condition::QualityControl, 4));
    assert_eq!(told[..2], ["PromiseStripped", "StockMoved"]);
    assert!(told.contains(&"InventoryTied"), "{told:?}");
    let told = tell(&mut desk, write_off(Condition::Sellable, 2));
    assert_eq!(told[..2], ["PromiseStripped", "StockWrittenOff"]);
    let told = tell(&mut desk, write_off(Condition::QualityControl, 4));
    assert_eq!(told, ["StockWrittenOff"], "what is not for sale is promised to nobody");
}

#[test]
fn a_count_tells_what_was_expected_and_wins_over_promises() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 10)]);
    let events = desk.must(Command::Inventory(count(Condition::Sellable, 7)));
    let [Event::Inventory(E::Stripped(_)), Event::Inventory(E::Counted(e)), ..] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((e.expected, e.counted, e.difference), (10, 7, -3));
    assert_eq!(tell(&mut desk, count(Condition::Sellable, 7)), ["StockCounted"], "a count is news");
    tell(&mut desk, count(Condition::Damaged, 2));
    let now = shelf(&desk, 0, Tier::Primary);
    assert_eq!((now.on_hand, now.damaged), (9, 2));
    let room = UNITS_PER_SHELF - 9;
    let full = refused(&mut desk, count(Condition::Sellable, u32::MAX));
    assert_eq!(full, R::TooMuchStock { room });
}

fn preview(desk: &Desk, quantity: u32) -> Preview {
    let lines = vec![PreviewLine { item: sku("mug"), quantity: units(quantity) }];
    let destination = place(1, &[]).destination;
    desk.shop.preview(&PreviewQuery { lines, destination, at: None })
}

#[test]
fn safety_stock_is_seen_by_everybody_who_sells_and_lies_in_back_stock_first() {
    let mut desk = Desk::open();
    assert_eq!(tell(&mut desk, safety("LON", 7)), ["SafetyStockSet"]);
    assert_eq!(tell(&mut desk, safety("LON", 7)), [""; 0], "it is kept already");
    let (_, mug) = desk.shop.inventory().item(&sku("mug")).unwrap();
    let on = |tier| mug.available_on(mug.shelf(FacilityId(0), tier).unwrap());
    assert_eq!((on(Tier::Primary), on(Tier::Back)), (8, 0), "5 lie behind, and 2 of 10 before");
    assert_eq!(desk.available("mug"), 18);
    assert!(matches!(preview(&desk, 18), Preview::Served(_)));
    assert!(matches!(preview(&desk, 19), Preview::Short { .. }));
    let slice = earmark::flow::Slice::of(&desk.shop, &[sku("mug")], &[], &Principal::Staff);
    assert_eq!(slice.items[0].available.iter().map(|(_, _, n)| n).sum::<u32>(), 18);
    desk.place(1, &[("mug", 18)]);
    assert_eq!(desk.available("mug"), 0);
    let (lon, back) = (shelf(&desk, 0, Tier::Primary), shelf(&desk, 0, Tier::Back));
    assert_eq!(lon.free() + back.free(), 7);
}

#[test]
fn safety_stock_never_breaks_a_promise_nor_goes_below_nothing() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 20)]);
    assert_eq!(tell(&mut desk, safety("LON", 1_000)), ["SafetyStockSet"]);
    assert_eq!(desk.available("mug"), 0, "5 are left in Leeds or London: none beyond safety");
    let told = names(&desk.order(OrderCommand::Ship(ship(1))).unwrap());
    assert!(told.contains(&"StockShipped"), "{told:?}");
    let too_much = refused(&mut desk, safety("LON", UNITS_PER_SHELF + 1));
    assert_eq!(too_much, R::TooMuchStock { room: UNITS_PER_SHELF });
}

fn ship(n: u8) -> earmark::order::ShipOrder {
    earmark::order::ShipOrder { order: order(n), facility: None }
}

#[test]
fn alerts_are_told_at_the_edge_whatever_crosses_it_and_once() {
    let mut desk = Desk::open();
    assert_eq!(tell(&mut desk, low("pen", Some(2))), ["LowStockSet"]);
    assert_eq!(tell(&mut desk, low("pen", Some(2))), [""; 0]);
    let told = names(&desk.place(1, &[("pen", 2)]));
    assert_eq!(told[..3], ["OrderPlaced", "InventoryTied", "LowStock"]);
    let told = names(&desk.place(2, &[("pen", 2)]));
    assert_eq!(told[1..3], ["InventoryTied", "OutOfStock"], "it was low before");
    let cancel = CancelOrder { order: order(2), lines: None, reason: CancelReason::Customer };
    let told = names(&desk.order(OrderCommand::Cancel(cancel)).unwrap());
    assert!(told.contains(&"BackInStock") && !told.contains(&"StockReplenished"), "{told:?}");
    let told = names(&desk.order(OrderCommand::Ship(ship(1))).unwrap());
    assert!(!told.iter().any(|t| t.contains("Stock") && *t != "StockShipped"), "{told:?}");
    let (item, facility) = (sku("pen"), at("LDS"));
    let count = |counted| {
        let (item, facility, tier) = (item.clone(), facility.clone(), Tier::Back);
        let (condition, reason) = (Condition::Sellable, StockReason::Found);
        I::Count(CountStock { item, facility, tier, condition, counted, reason })
    };
    assert_eq!(tell(&mut desk, count(1)), ["StockCounted", "StockReplenished"]);
    assert_eq!(tell(&mut desk, count(0)), ["StockCounted", "LowStock"]);
    let keep = I::SetSafety(SetSafetyStock { item: sku("pen"), facility: at("LDS"), quantity: 9 });
    assert_eq!(tell(&mut desk, keep), ["SafetyStockSet", "OutOfStock"]);
    assert_eq!(tell(&mut desk, low("pen", None)), ["LowStockSet"]);
    assert_eq!(tell(&mut desk, count(20)), ["StockCounted"], "nobody watches any more");
    assert_eq!(tell(&mut desk, low("pen", Some(90))), ["LowStockSet", "LowStock"]);
    assert_eq!(tell(&mut desk, low("pen", Some(1))), ["LowStockSet", "StockReplenished"]);
}

#[test]
fn alerts_of_several_items_come_in_order_of_the_items_and_expiry_brings_stock_back() {
    let mut desk = Desk::open_with_payment();
    for item in ["pen", "mug"] {
        tell(&mut desk, low(item, Some(0)));
    }
    desk.place(1, &[("pen", 4), ("mug", 25)]);
    let out: Vec<_> = desk
        .history
        .iter()
        .filter_map(|event| match event {
            Event::Inventory(E::Out(e)) => Some(e.item.sku.as_str().to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(out, ["mug", "pen"], "the order named the pen first");
    let told = names(&desk.pass(3_600_000));
    assert_eq!(told.iter().filter(|t| **t == "BackInStock").count(), 2, "{told:?}");
}

#[test]
fn units_on_their_way_are_on_no_shelf_and_arrive_are_lost_or_come_back() {
    let mut desk = Desk::open();
    assert_eq!(tell(&mut desk, send(LON, LDS, 6)), ["TransferSent"]);
    assert_eq!((desk.available("mug"), shelf(&desk, 0, Tier::Primary).on_hand), (19, 4));
    assert_eq!(refused(&mut desk, arrive(1, 7, Rest::Lost)), R::MoreThanIncoming { incoming: 6 });
    assert_eq!(refused(&mut desk, arrive(1, 0, Rest::OnItsWay)), R::NothingMoves);
    tell(&mut desk, arrive(1, 2, Rest::OnItsWay));
    assert_eq!((desk.available("mug"), shelf(&desk, 1, Tier::Primary).on_hand), (21, 12));
    tell(&mut desk, arrive(1, 3, Rest::Lost));
    assert_eq!(desk.available("mug"), 24, "one was lost");
    let transfer = TransferNumber(1);
    assert_eq!(refused(&mut desk, arrive(1, 1, Rest::Lost)), R::UnknownTransfer { transfer });
    tell(&mut desk, send(LDS, ("LON", Tier::Back), 1));
    let transfer = TransferNumber(2);
    let cancel = I::CancelTransfer(CancelTransfer { transfer });
    assert_eq!(tell(&mut desk, cancel.clone()), ["TransferCancelled"]);
    assert_eq!(desk.available("mug"), 24);
    assert_eq!(refused(&mut desk, cancel), R::UnknownTransfer { transfer });
}

#[test]
fn only_what_is_available_is_sent_and_safety_stock_stays_in_its_facility() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 8)]);
    assert_eq!(refused(&mut desk, send(LON, LDS, 3)), R::NotAvailable { available: 2 });
    tell(&mut desk, safety("LON", 6));
    let back = ("LON", Tier::Back);
    assert_eq!(refused(&mut desk, send(back, LDS, 1)), R::NotAvailable { available: 0 });
    assert_eq!(tell(&mut desk, send(back, LON, 5)), ["TransferSent"], "from tier to tier");
    assert_eq!(refused(&mut desk, send(LON, LON, 1)), R::NothingMoves);
}

#[test]
fn what_is_incoming_is_shown_and_never_sold() {
    let mut desk = Desk::open();
    let (due, reference) = (Timestamp::from_millis(START).after(Span::from_days(2)), text("PO-1"));
    let expect = I::Expect(ExpectStock {
        item: sku("mug"),
        facility: at("LDS"),
        tier: Tier::Back,
        quantity: units(50),
        due,
        reference: Some(reference.clone()),
    });
    assert_eq!(tell(&mut desk, expect), ["StockExpected"]);
    tell(&mut desk, send(LON, LDS, 4));
    assert!(matches!(preview(&desk, 22), Preview::Short { .. }), "21 are there");
    let ask = Query::Incoming(IncomingQuery { item: Some(sku("mug")), skip: None, limit: None });
    let Ok(Answer::Incoming(coming)) = desk.shop.query(&ask, &Principal::Staff) else {
        panic!("no answer")
    };
    assert_eq!(
        (coming.len(), coming[0].transfer, coming[0].quantity),
        (2, Some(TransferNumber(1)), 4)
    );
    assert_eq!((coming[1].due, coming[1].reference.as_ref()), (Some(due), Some(&reference)));
    let levels = Query::Levels(LevelsQuery { items: vec![sku("mug")] });
    let Ok(Answer::Levels(levels)) = desk.shop.query(&levels, &Principal::Staff) else {
        panic!("no answer")
    };
    assert_eq!((levels[0].available, levels[0].incoming), (21, 54));
    let of = |n: usize| (levels[0].shelves[n].facility, levels[0].shelves[n].incoming);
    assert_eq!(of(2), (FacilityId(1), 4), "the back shelf in Leeds is not there yet");
    let customer = Principal::Customer(text("ada"));
    assert_eq!(desk.shop.query(&ask, &customer), Err(QueryRefusal::StaffOnly));
}

#[test]
fn what_is_expected_comes_in_parts_or_is_withdrawn() {
    let mut desk = Desk::open();
    let (item, facility, tier, due) = (sku("mug"), at("LDS"), Tier::Back, Timestamp::default());
    let quantity = units(50);
    tell(
        &mut desk,
        I::Expect(ExpectStock { item, facility, tier, quantity, due, reference: None }),
    );
    let expected = ExpectedNumber(1);
    let come = |n| I::ReceiveExpected(ReceiveExpected { expected, quantity: units(n) });
    assert_eq!(tell(&mut desk, come(20)), ["ExpectedReceived"]);
    assert_eq!(desk.available("mug"), 45);
    assert_eq!(refused(&mut desk, come(31)), R::MoreThanIncoming { incoming: 30 });
    let withdraw = I::WithdrawExpected(WithdrawExpected { expected });
    assert_eq!(tell(&mut desk, withdraw.clone()), ["ExpectedWithdrawn"]);
    assert_eq!(refused(&mut desk, withdraw), R::UnknownExpected { expected });
    assert_eq!(refused(&mut desk, come(1)), R::UnknownExpected { expected });
    assert_eq!(desk.shop.inventory().incoming().count(), 0);
}

#[test]
fn the_watched_items_are_listed_with_what_was_told_of_them() {
    let mut desk = Desk::open();
    tell(&mut desk, low("pen", Some(4)));
    tell(&mut desk, low("mug", Some(3)));
    let ask = |skip| Query::Alerts(AlertsQuery { skip, limit: Some(1) });
    let one = |skip| match desk.shop.query(&ask(skip), &Principal::Staff) {
        Ok(Answer::Alerts(alerts)) => (alerts[0].item.sku.to_string(), alerts[0].is_low),
        other => panic!("{other:?}"),
    };
    assert_eq!((one(None), one(Some(1))), (("mug".into(), false), ("pen".into(), true)));
    let unknown = ItemRef::Sku(text("hat"));
    let set = I::SetLowStock(SetLowStock { item: unknown.clone(), threshold: None });
    assert_eq!(refused(&mut desk, set), R::UnknownItem { item: unknown });
}

/// A way in which what is available changes by one.
type Way = (&'static str, Box<dyn Fn(&mut Desk)>);

fn takes() -> Vec<Way> {
    use Condition::{Damaged, Sellable};
    let adjust = |seen| move |desk: &mut Desk| desk.adjust("LON", Tier::Primary, seen, 1);
    let one = |command: I| move |desk: &mut Desk| drop(tell(desk, command.clone()));
    vec![
        ("an order", Box::new(|desk| drop(desk.place(1, &[("mug", 1)])))),
        ("a loss", Box::new(adjust(Adjustment::Lost))),
        ("damage", Box::new(adjust(Adjustment::Damaged))),
        ("a move", Box::new(one(turn(Sellable, Damaged, 1)))),
        ("a write-off", Box::new(one(write_off(Sellable, 1)))),
        ("a count", Box::new(one(count(Sellable, 8)))),
        ("a transfer", Box::new(one(send(LON, LDS, 1)))),
        ("safety stock", Box::new(one(safety("LON", 1)))),
    ]
}

fn brings() -> Vec<Way> {
    use Condition::{Damaged, Sellable};
    let receive = |desk: &mut Desk| desk.receive("mug", "LON", Tier::Primary, 1);
    let adjust = |seen| move |desk: &mut Desk| desk.adjust("LON", Tier::Primary, seen, 1);
    let one = |command: I| move |desk: &mut Desk| drop(tell(desk, command.clone()));
    let cancel = CancelOrder { order: order(8), lines: None, reason: CancelReason::Customer };
    let cancel = OrderCommand::Cancel(cancel);
    vec![
        ("a receipt", Box::new(receive)),
        ("a find", Box::new(adjust(Adjustment::Found))),
        ("a move", Box::new(one(turn(Damaged, Sellable, 1)))),
        ("a count", Box::new(one(count(Sellable, 10)))),
        ("an arrival", Box::new(one(arrive(1, 1, Rest::OnItsWay)))),
        ("a transfer that comes back", {
            let transfer = TransferNumber(1);
            Box::new(one(I::CancelTransfer(CancelTransfer { transfer })))
        }),
        ("what was expected", Box::new(come)),
        ("a release", Box::new(move |desk| drop(desk.order(cancel.clone()).unwrap()))),
        ("a return", Box::new(come_back)),
        ("less safety stock", Box::new(one(safety("LDS", 0)))),
    ]
}

fn come(desk: &mut Desk) {
    let (item, facility, tier, quantity) = (sku("mug"), at("LON"), Tier::Back, units(1));
    let (reference, due) = (None, Timestamp::default());
    tell(desk, I::Expect(ExpectStock { item, facility, tier, quantity, due, reference }));
    let expected = ExpectedNumber(1);
    tell(desk, I::ReceiveExpected(ReceiveExpected { expected, quantity }));
}

fn come_back(desk: &mut Desk) {
    let (order, shipment, number, facility) = (order(9), None, None, None);
    let line = LineRef::Item(sku("mug"));
    let lines = vec![LineUnits { line, quantity: units(1) }];
    desk.order(OrderCommand::Deliver(DeliverShipment { order, shipment })).unwrap();
    desk.order(OrderCommand::RequestReturn(RequestReturn { order, lines })).unwrap();
    let disposition = Disposition::Restock;
    let back = ReceiveReturn { order, number, facility, disposition };
    desk.order(OrderCommand::ReceiveReturn(back)).unwrap();
}

#[test]
fn whatever_takes_or_brings_stock_crosses_the_edge() {
    use Condition::{Damaged, Sellable};
    let (takes, brings) = (takes(), brings());
    let takes = takes.iter().map(|way| ("LowStock", way));
    for (told, (way, how)) in takes.chain(brings.iter().map(|way| ("StockReplenished", way))) {
        let mut desk = Desk::open();
        // One of each way back lies ready: damaged, on its way, kept, reserved, shipped.
        tell(&mut desk, turn(Sellable, Damaged, 1));
        tell(&mut desk, send(LDS, ("LDS", Tier::Back), 2));
        tell(&mut desk, safety("LDS", 1));
        desk.place(9, &[("mug", 1)]);
        desk.order(OrderCommand::Ship(ship(9))).unwrap();
        tell(&mut desk, count(Sellable, 9));
        desk.place(8, &[("mug", 1)]);
        let now = u32::try_from(desk.available("mug")).unwrap();
        let threshold = if told == "LowStock" { now - 1 } else { now };
        tell(&mut desk, low("mug", Some(threshold)));
        let before = desk.history.len();
        how(&mut desk);
        let news = names(&desk.history[before..]);
        assert_eq!(news.iter().filter(|n| **n == told).count(), 1, "{way}: {news:?}");
    }
}
