//! Questions: lists by page and by search, what a customer sees of others, and the view of an order
//! through its life.

use crate::support::{Desk, START, order, place, sku, text};
use earmark::decide::Principal;
use earmark::flow::{
    AlertsQuery, Answer, Command, ItemView, ItemsQuery, OrderQuery, OrderView, OrdersQuery, Query,
    QueryRefusal, SetPolicy, StockQuery, Summary, SummaryQuery,
};
use earmark::ids::OrderId;
use earmark::inventory::{DefineItem, InventoryCommand};
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, OrderCommand, PlaceOrder,
    ShipOrder, Status,
};
use earmark::policy::SourcingPolicy;
use earmark::time::Timestamp;
use earmark::units::{Amount, Currency, UnitPrice};

fn orders(desk: &Desk, by: &Principal, query: OrdersQuery) -> Vec<OrderId> {
    let Ok(Answer::Orders(found)) = desk.shop.query(&Query::Orders(query), by) else { panic!() };
    found.into_iter().map(|order| order.order).collect()
}

fn items(desk: &Desk, query: ItemsQuery) -> Vec<String> {
    let asked = desk.shop.query(&Query::Items(query), &Principal::Staff);
    let Ok(Answer::Items(found)) = asked else { panic!() };
    found.into_iter().map(|item| item.sku.as_str().to_string()).collect()
}

fn view(desk: &Desk, n: u8) -> OrderView {
    let query = Query::Order(OrderQuery { order: order(n) });
    let Ok(Answer::Order(view)) = desk.shop.query(&query, &Principal::Staff) else { panic!() };
    view
}

fn summary(desk: &Desk) -> Summary {
    let asked = desk.shop.query(&Query::Summary(SummaryQuery {}), &Principal::Staff);
    let Ok(Answer::Summary(summary)) = asked else { panic!() };
    summary
}

fn cancel(n: u8) -> OrderCommand {
    let reason = CancelReason::Customer;
    OrderCommand::Cancel(CancelOrder { order: order(n), lines: None, reason })
}

const ALL: OrdersQuery = OrdersQuery { status: None, before: None, limit: None };
const ANY: ItemsQuery = ItemsQuery { search: None, skip: None, limit: None };

#[test]
fn orders_are_listed_the_youngest_first_by_status_and_by_page() {
    let mut desk = Desk::open();
    for n in 1..=4 {
        desk.place(n, &[("mug", 1)]);
    }
    desk.order(cancel(2)).unwrap();
    let of = |query| orders(&desk, &Principal::Staff, query);
    assert_eq!(of(ALL), [4, 3, 2, 1].map(order));
    assert_eq!(of(OrdersQuery { limit: Some(2), ..ALL }), [4, 3].map(order));
    let before = Some(order(3));
    assert_eq!(of(OrdersQuery { before, ..ALL }), [2, 1].map(order), "the page after the third");
    let status = Some(Status::Confirmed);
    assert_eq!(of(OrdersQuery { status, ..ALL }), [4, 3, 1].map(order));
    assert_eq!(of(OrdersQuery { status, before, ..ALL }), [1].map(order));
    assert_eq!(of(OrdersQuery { limit: Some(0), ..ALL }), []);
}

#[test]
fn a_customer_lists_and_sees_his_own_orders_only() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    let bobs = PlaceOrder { customer: Some(text("bob")), ..place(2, &[("mug", 1)]) };
    desk.must(Command::Order(OrderCommand::Place(bobs)));
    let ada = Principal::Customer(text("ada"));
    assert_eq!(orders(&desk, &ada, ALL), [order(1)]);
    let see = |n| desk.shop.query(&Query::Order(OrderQuery { order: order(n) }), &ada);
    assert!(matches!(see(1), Ok(Answer::Order(_))));
    assert_eq!(see(2), Err(QueryRefusal::UnknownOrder { order: order(2) }));
}

#[test]
fn items_are_found_by_a_part_of_their_names_and_by_page() {
    let desk = Desk::open();
    let search = |what: &str| ItemsQuery { search: Some(text(what)), ..ANY };
    assert_eq!(items(&desk, ANY), ["mug", "pen"]);
    assert_eq!(items(&desk, search("U")), ["mug"], "case does not matter");
    assert_eq!(items(&desk, search("cup")), [""; 0]);
    assert_eq!(items(&desk, ItemsQuery { skip: Some(1), ..ANY }), ["pen"]);
    assert_eq!(items(&desk, ItemsQuery { limit: Some(1), ..ANY }), ["mug"]);
}

#[test]
fn an_item_is_found_by_its_number_or_by_its_name() {
    let mut desk = Desk::open();
    desk.must(Command::Inventory(InventoryCommand::DefineItem(DefineItem {
        sku: text("85123A"),
        name: text("Hanging heart"),
        unit_price: UnitPrice(10_000),
    })));
    for what in ["512", "HEART"] {
        let search = ItemsQuery { search: Some(text(what)), ..ANY };
        assert_eq!(items(&desk, search), ["85123A"], "by {what}");
    }
}

#[test]
fn a_customer_sees_the_terms_for_orders_and_not_what_sourcing_weighs() {
    let mut desk = Desk::open_with_payment();
    let mut policy = summary(&desk).policy;
    policy.sourcing = SourcingPolicy { back_unit: 77, ..policy.sourcing };
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    let ada = Principal::Customer(text("ada"));
    let asked = desk.shop.query(&Query::Summary(SummaryQuery {}), &ada);
    let Ok(Answer::Summary(seen)) = asked else { panic!() };
    assert_eq!(seen.policy.orders, policy.orders, "how long he may take to pay is his affair");
    assert_eq!(seen.policy.sourcing, SourcingPolicy::default());
    assert_eq!(summary(&desk).policy, policy);
}

#[test]
fn a_question_that_has_no_answer_is_told_why() {
    let desk = Desk::open();
    let ada = Principal::Customer(text("ada"));
    let told = |query: Query| desk.shop.query(&query, &ada).unwrap_err().to_string();
    let unknown = told(Query::Order(OrderQuery { order: order(1) }));
    assert!(unknown.contains(&order(1).to_string()), "{unknown}");
    assert!(unknown.contains("it is in the journal"), "{unknown}");
    let staff_only = told(Query::Alerts(AlertsQuery { skip: None, limit: None }));
    assert_eq!(staff_only, "only those who work for the shop may ask that");
}

#[test]
fn only_those_who_work_for_the_shop_see_the_shelves() {
    let desk = Desk::open();
    let seen = |by: &Principal| -> ItemView {
        let stock = Query::Stock(StockQuery { items: vec![sku("mug"), sku("no such")] });
        let Ok(Answer::Items(found)) = desk.shop.query(&stock, by) else { panic!() };
        assert_eq!(found.len(), 1, "an item that is not known is left out");
        found.into_iter().next().unwrap()
    };
    let (staff, customer) = (seen(&Principal::Staff), seen(&Principal::Customer(text("ada"))));
    assert_eq!((staff.available, customer.available), (25, 25));
    assert_eq!(staff.shelves.map(|shelves| shelves.len()), Some(3));
    assert_eq!(customer.shelves, None);
}

#[test]
fn the_shop_at_a_glance_counts_what_there_is() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    desk.place(2, &[("mug", 1), ("pen", 1)]);
    desk.order(cancel(2)).unwrap();
    let told = summary(&desk);
    assert_eq!((told.items, told.facilities.len(), told.open_reservations), (2, 2, 1));
    let counts = [(Status::Confirmed, 1), (Status::Cancelled, 1)];
    for count in counts {
        assert!(told.orders_at_hand.contains(&count), "{:?}", told.orders_at_hand);
    }
}

#[test]
fn the_view_of_an_order_follows_it_through_its_life() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 2)]);
    let pending = view(&desk, 1);
    let until = Some(Timestamp::from_millis(START + 3_600_000));
    assert_eq!((pending.status, pending.pay_until), (Status::Pending, until));
    assert!(pending.cancellable && pending.ended_at.is_none());

    let amount = Amount { currency: Currency::GBP, minor: pending.total.minor };
    desk.must(Command::Order(OrderCommand::AuthorizePayment(AuthorizePayment {
        order: order(1),
        amount,
    })));
    let confirmed = view(&desk, 1);
    assert_eq!((confirmed.status, confirmed.pay_until), (Status::Confirmed, None));
    assert!(confirmed.cancellable, "what has not left can be cancelled");

    let ship = ShipOrder { order: order(1), facility: Some(confirmed.tied[0].facility) };
    desk.order(OrderCommand::Ship(ship)).unwrap();
    let sent = view(&desk, 1);
    assert_eq!((sent.shipments.len(), sent.shipments[0].delivered), (1, false));
    assert!(!sent.cancellable, "what has left can't be cancelled");

    let shipment = sent.shipments[0].number;
    let deliver = DeliverShipment { order: order(1), shipment: Some(shipment) };
    desk.order(OrderCommand::Deliver(deliver)).unwrap();
    let done = view(&desk, 1);
    assert_eq!((done.status, done.shipments[0].delivered), (Status::Completed, true));
    assert_eq!(done.ended_at, Some(Timestamp::from_millis(START)));
}

#[test]
fn an_order_that_ended_unpaid_no_longer_waits_for_a_payment() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 2)]);
    desk.order(cancel(1)).unwrap();
    let ended = view(&desk, 1);
    assert_eq!(
        (ended.status, ended.pay_until, ended.cancellable),
        (Status::Cancelled, None, false)
    );
}
