//! The life of an order, told by its events. Why: the flow is the product's promise, and every
//! sentence of it is a test here.

use crate::support::{Desk, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::flow::{Command, Event, Refusal, SetPolicy, Shop};
use earmark::ids::{LineNumber, Tier};
use earmark::inventory::Adjustment;
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits,
    OrderCommand, OrderRefusal, ReceiveReturn, RequestReturn, ShipOrder, Status,
};
use earmark::payment::PaymentRefusal;
use earmark::policy::{OrderPolicy, Policy};
use earmark::time::Span;
use earmark::units::{Amount, Currency};

fn cancel(n: u8) -> OrderCommand {
    OrderCommand::Cancel(CancelOrder {
        order: order(n),
        lines: None,
        reason: CancelReason::Customer,
    })
}

fn cancel_units(n: u8, item: &str, quantity: u32) -> OrderCommand {
    let lines = vec![LineUnits { line: LineRef::Item(sku(item)), quantity: units(quantity) }];
    OrderCommand::Cancel(CancelOrder {
        order: order(n),
        lines: Some(lines),
        reason: CancelReason::Customer,
    })
}

fn ship(n: u8) -> OrderCommand {
    OrderCommand::Ship(ShipOrder { order: order(n), facility: None })
}

fn deliver(n: u8) -> OrderCommand {
    OrderCommand::Deliver(DeliverShipment { order: order(n), shipment: None })
}

fn pay(n: u8, minor: i64) -> OrderCommand {
    let amount = Amount { currency: Currency::GBP, minor };
    OrderCommand::AuthorizePayment(AuthorizePayment { order: order(n), amount })
}

#[test]
fn enough_stock_confirms_in_one_turn() {
    let mut desk = Desk::open();
    let events = desk.place(1, &[("mug", 3)]);
    let told =
        ["OrderPlaced", "InventoryTied", "OrderSourced", "OrderConfirmed", "CustomerNotified"];
    assert_eq!(names(&events), told);
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    assert_eq!(desk.available("mug"), 22);
}

#[test]
fn too_little_stock_rejects_and_says_how_many_are_short() {
    let mut desk = Desk::open();
    let events = desk.place(1, &[("mug", 2), ("pen", 5)]);
    let told = ["OrderPlaced", "InventoryRejected", "OrderRejected", "CustomerNotified"];
    assert_eq!(names(&events), told);
    let Event::Inventory(earmark::inventory::InventoryEvent::Rejected(rejected)) = &events[1]
    else {
        panic!("{events:?}");
    };
    let short = &rejected.shortfalls[0];
    assert_eq!((short.line, short.demanded, short.available), (LineNumber(1), 5, Some(4)));
    assert_eq!(desk.available("mug"), 25, "nothing stays tied");
}

#[test]
fn an_unknown_item_is_a_rejection_and_not_a_refusal() {
    let mut desk = Desk::open();
    let events = desk.place(1, &[("mug", 1), ("cup", 1)]);
    assert_eq!(names(&events)[1..3], ["InventoryRejected", "OrderRejected"]);
    assert_eq!(desk.at_hand(1).status, Status::Rejected);
}

#[test]
fn an_item_that_stands_in_two_lines_is_counted_once_per_unit() {
    let mut desk = Desk::open();
    assert_eq!(names(&desk.place(1, &[("pen", 3), ("pen", 3)]))[1], "InventoryRejected");
    assert_eq!(names(&desk.place(2, &[("pen", 2), ("pen", 2)]))[1], "InventoryTied");
    assert_eq!(desk.available("pen"), 0);
}

#[test]
fn primary_stock_goes_before_back_stock_and_near_before_far() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 12)]);
    let mut lain: Vec<_> =
        desk.at_hand(1).tied.iter().map(|t| (t.portion.tier, t.portion.quantity)).collect();
    lain.sort();
    assert_eq!(lain, [(Tier::Primary, 10), (Tier::Back, 2)], "all from London, one parcel");
}

#[test]
fn placing_the_same_order_again_changes_nothing_and_other_contents_clash() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 3)]);
    assert_eq!(desk.place(1, &[("mug", 3)]), []);
    let clash = desk.order(OrderCommand::Place(place(1, &[("mug", 4)])));
    assert_eq!(clash, Err(Refusal::Order(OrderRefusal::PlacedDifferently { order: order(1) })));
}

#[test]
fn a_pending_order_waits_for_its_payment_and_is_then_confirmed() {
    let mut desk = Desk::open_with_payment();
    let events = desk.place(1, &[("mug", 2)]);
    let told = [
        "OrderPlaced",
        "OrderPaymentDue",
        "InventoryTied",
        "PaymentDueRecorded",
        "PaymentRequested",
        "OrderSourced",
    ];
    assert_eq!(names(&events), told);
    assert_eq!(desk.at_hand(1).status, Status::Pending);
    let refused = desk.order(ship(1));
    let status = Status::Pending;
    assert_eq!(refused, Err(Refusal::Order(OrderRefusal::NotWhen { status })));
    let needed = Amount { currency: Currency::GBP, minor: 247 };
    assert_eq!(
        desk.order(pay(1, 246)),
        Err(Refusal::Payment(PaymentRefusal::AmountTooSmall { needed }))
    );
    let told = [
        "AuthorizationRecorded",
        "OrderPaymentRecorded",
        "PaymentAuthorized",
        "AllocationRequested",
        "InventoryAllocated",
        "OrderAllocated",
        "OrderConfirmed",
        "OrderPaymentDue",
        "CustomerNotified",
        "PaymentDueRecorded",
        "CaptureRequested",
    ];
    assert_eq!(names(&desk.order(pay(1, 247)).unwrap()), told);
    assert_eq!(desk.order(pay(1, 247)), Ok(vec![]), "paying twice is paying once");
}

#[test]
fn an_unpaid_order_expires_at_its_deadline_and_not_before() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 2)]);
    assert_eq!(desk.pass(3_599_999), []);
    assert_eq!(desk.available("mug"), 23);
    let events = desk.pass(1);
    let told = ["OrderExpired", "OrderPaymentDue", "InventoryReleased", "CustomerNotified"];
    assert_eq!(names(&events)[..4], told);
    assert_eq!(names(&events)[4..], ["PaymentDueRecorded", "PaymentRequestWithdrawn"]);
    assert_eq!(desk.available("mug"), 25);
    assert_eq!(desk.pass(1), [], "a reservation ends once");
}

#[test]
fn a_pending_order_is_cancelled_freely() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 2)]);
    let events = desk.order(cancel(1)).unwrap();
    let told = ["OrderLinesCancelled", "OrderCancelled", "OrderPaymentDue", "InventoryReleased"];
    assert_eq!(names(&events)[..4], told);
    let told = ["CustomerNotified", "PaymentDueRecorded", "PaymentRequestWithdrawn"];
    assert_eq!(names(&events)[4..], told);
    assert_eq!(desk.order(cancel(1)), Ok(vec![]), "cancelling twice is cancelling once");
    assert_eq!(desk.available("mug"), 25);
}

#[test]
fn some_units_are_cancelled_and_the_rest_ships_and_arrives() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 12), ("pen", 2)]);
    assert_eq!(names(&desk.order(cancel_units(1, "mug", 3)).unwrap())[0], "OrderLinesCancelled");
    let shipped = desk.order(ship(1)).unwrap();
    assert_eq!(names(&shipped).iter().filter(|n| **n == "ShipmentShipped").count(), 2);
    assert_eq!(desk.order(ship(1)), Ok(vec![]), "shipping twice is shipping once");
    assert_eq!(desk.order(cancel(1)), Err(Refusal::Order(OrderRefusal::UseReturn)));
    let arrived = names(&desk.order(deliver(1)).unwrap());
    assert_eq!(arrived[..3], ["ShipmentDelivered", "ShipmentDelivered", "OrderCompleted"]);
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.cancelled, buckets.delivered), (3, 9));
    assert_eq!(desk.available("mug"), 16);
}

#[test]
fn delivered_units_come_back_by_what_becomes_of_them() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 4)]);
    desk.order(ship(1)).unwrap();
    desk.order(deliver(1)).unwrap();
    for disposition in [Disposition::Restock, Disposition::Quarantine, Disposition::WriteOff] {
        let lines = vec![LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(1) }];
        desk.order(OrderCommand::RequestReturn(RequestReturn { order: order(1), lines })).unwrap();
        let (number, facility) = (None, None);
        let order = order(1);
        let receive = ReceiveReturn { order, number, facility, disposition };
        desk.order(OrderCommand::ReceiveReturn(receive)).unwrap();
    }
    assert_eq!(desk.available("mug"), 22, "only the restocked one is for sale again");
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.restocked, buckets.quarantined, buckets.written_off), (1, 1, 1));
    let lines = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(2) }];
    let refused = desk.order(OrderCommand::RequestReturn(RequestReturn { order: order(1), lines }));
    let line = LineRef::Item(sku("mug"));
    let too_many = OrderRefusal::TooManyUnits { line, asked: 2, possible: 1 };
    assert_eq!(refused, Err(Refusal::Order(too_many)));
}

#[test]
fn a_loss_wins_over_promises_and_the_order_is_sourced_again_elsewhere() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 10)]);
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, 4);
    let order = desk.at_hand(1);
    assert_eq!(order.status, Status::Confirmed);
    assert_eq!(order.lines[0].buckets.allocated, 10);
    assert_eq!(desk.available("mug"), 11);
    let told = ["PromiseStripped", "StockAdjusted", "OrderUnsourced", "InventoryTied"];
    let heard = names(&desk.history);
    let at = heard.iter().position(|n| *n == "PromiseStripped").unwrap();
    assert_eq!(heard[at..at + 4], told);
}

#[test]
fn a_loss_that_nothing_replaces_shortens_the_order_and_the_customer_is_told() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 25)]);
    desk.adjust("LDS", Tier::Primary, Adjustment::Damaged, 10);
    let buckets = desk.at_hand(1).lines[0].buckets;
    assert_eq!((buckets.allocated, buckets.cancelled), (15, 10));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    assert_eq!(names(&desk.history).last(), Some(&"CustomerNotified"));
}

#[test]
fn a_customer_touches_only_his_own_orders() {
    let mut desk = Desk::open();
    let own = Principal::Customer(text("ada"));
    let other = Principal::Customer(text("bob"));
    let mine = Command::Order(OrderCommand::Place(place(1, &[("mug", 1)])));
    let refused = desk.ask_as(other.clone(), mine.clone());
    assert_eq!(refused, Err(Refusal::Order(OrderRefusal::NotYourOrder)));
    desk.ask_as(own, mine).unwrap();
    let unknown = OrderRefusal::UnknownOrder { order: order(1) };
    let refused = desk.ask_as(other, Command::Order(cancel(1)));
    assert_eq!(refused, Err(Refusal::Order(unknown)), "and does not hear that it is there");
}

#[test]
fn a_finished_order_is_archived_and_its_id_is_stale_for_ever() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    desk.order(cancel(1)).unwrap();
    let told = ["OrderArchived", "OrderForgotten"];
    assert_eq!(names(&desk.pass(90 * 86_400_000)), told);
    assert!(desk.shop.orders().get(order(1)).is_none());
    let again = desk.order(OrderCommand::Place(place(1, &[("mug", 1)])));
    assert_eq!(again, Err(Refusal::Order(OrderRefusal::StaleId { order: order(1) })));
}

#[test]
fn the_events_alone_rebuild_the_state() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 12), ("pen", 1)]);
    desk.order(pay(1, 10_000)).unwrap();
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, 4);
    desk.order(ship(1)).unwrap();
    desk.place(2, &[("mug", 1)]);
    desk.pass(3_600_000);
    let mut again = Shop::default();
    for event in &desk.history {
        let (kind, bytes) = earmark::schema::encode_event(event, Vec::new()).unwrap().unwrap();
        let read = earmark::schema::decode_event(kind, &bytes).unwrap();
        again.apply(&read).unwrap();
    }
    assert_eq!(again, desk.shop);
    let bytes = earmark::schema::to_bytes(&again).unwrap();
    let mut restored: Shop = earmark::schema::from_bytes("a snapshot", &bytes).unwrap();
    restored.restore();
    assert_eq!(restored, desk.shop);
}

#[test]
fn a_return_is_announced_within_the_window_or_not_at_all() {
    let mut desk = Desk::open();
    let window = Span::from_days(14);
    let orders = OrderPolicy { return_window: Some(window), ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    desk.place(1, &[("mug", 2)]);
    desk.must(Command::Order(ship(1)));
    desk.must(Command::Order(deliver(1)));
    let back = |units_back| {
        let line = LineRef::Number(LineNumber(0));
        let lines = vec![LineUnits { line, quantity: units(units_back) }];
        Command::Order(OrderCommand::RequestReturn(RequestReturn { order: order(1), lines }))
    };
    desk.now += window.as_millis() - 1;
    desk.must(back(1));
    desk.now += 1;
    let late = desk.ask(back(1)).unwrap_err();
    assert_eq!(late, Refusal::Order(OrderRefusal::ReturnWindowClosed { window }));
    let told = "a return must be announced within 14 days of the delivery";
    assert_eq!((late.code(), late.to_string().as_str()), ("return-window-closed", told));
    let never = desk.ask(back(2)).unwrap_err();
    assert_eq!(never.code(), "too-many-units", "what could never come back is told first");
}
