//! An order in place of an earlier one. Why: who tries his cart again must not be kept out
//! by his own hold, must not lose it to a third, and must not come to pay twice for one unit.

use crate::linked::Linked;
use crate::support::alone::{Alone, HARD, portions};
use crate::support::{Desk, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::demand::Hold;
use earmark::flow::{Command, Event, OrderQuery, Query, SetPolicy, Tick, Topology};
use earmark::ids::{ReservationNumber, Tier};
use earmark::inventory::{InventoryCommand, InventoryEvent, SetBackorderLimit};
use earmark::notification::News;
use earmark::order::{
    AmendOrder, AuthorizePayment, CancelOrder, CancelReason, LineChange, OrderCommand, OrderEvent,
    PlaceOrder, RecordRejected, RecordTied, Rejection, ReplaceOrder, SaveDraft, Status,
};
use earmark::policy::{BackorderPolicy, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

const FIRST: ReservationNumber = ReservationNumber(1);

fn instead(new: u8, lines: &[(&str, u32)], old: u8) -> OrderCommand {
    OrderCommand::Replace(ReplaceOrder { place: place(new, lines), replaces: order(old) })
}

fn draft(placed: PlaceOrder) -> OrderCommand {
    let PlaceOrder { order, number, customer, currency, lines, destination } = placed;
    OrderCommand::SaveDraft(SaveDraft { order, number, customer, currency, lines, destination })
}

fn pay(n: u8) -> OrderCommand {
    let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
    OrderCommand::AuthorizePayment(AuthorizePayment { order: order(n), amount })
}

fn status(desk: &Desk, n: u8) -> Status {
    desk.at_hand(n).status
}

#[test]
fn a_cart_that_is_tried_again_has_the_units_of_the_first_try_in_one_step() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 4)]);
    let events = desk.order(instead(2, &[("pen", 3), ("mug", 1)], 1)).unwrap();
    let told = [
        "OrderSetAside",
        "ReplacementPlaced",
        "OrderPaymentDue",
        "OrderPaymentDue",
        "PaymentDueRecorded",
        "PaymentRequested",
        "PaymentDueRecorded",
        "PaymentRequestWithdrawn",
        "InventoryReleased",
        "InventoryTied",
        "OrderSourced",
        "OrderReplaced",
        "CustomerNotified",
    ];
    let mut met = names(&events);
    met.sort_unstable();
    let mut all = told;
    all.sort_unstable();
    assert_eq!(met, all);
    assert_eq!((status(&desk, 1), status(&desk, 2)), (Status::Cancelled, Status::Pending));
    assert_eq!(desk.available("pen"), 1);
    let old = desk.at_hand(1);
    assert_eq!((old.replaced_by, desk.at_hand(2).replaces), (Some(order(2)), Some(order(1))));
    let news = desk.history.iter().any(|event| {
        let news = News::Replaced(order(2));
        matches!(event, Event::Notification(earmark::notification::NotificationEvent::Told(e))
            if e.order == order(1) && e.news == news)
    });
    assert!(news, "who waits for the old order hears of the new one");
    desk.order(pay(2)).unwrap();
    assert_eq!(status(&desk, 2), Status::Confirmed);
    assert!(desk.order(instead(2, &[("pen", 3), ("mug", 1)], 1)).unwrap().is_empty(), "a retry");
}

#[test]
fn what_is_paid_for_the_old_order_goes_back() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 4)]);
    desk.order(instead(2, &[("pen", 4)], 1)).unwrap();
    let late = desk.order(pay(1)).unwrap();
    assert_eq!(names(&late), ["AuthorizationRecorded", "VoidRequested", "OrderPaymentRecorded"]);
    assert_eq!((status(&desk, 1), status(&desk, 2)), (Status::Cancelled, Status::Pending));
}

#[test]
fn if_there_is_too_little_for_the_new_order_the_old_one_stays_as_it_was() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 3)]);
    let before = desk.at_hand(1).tied.clone();
    desk.order(instead(2, &[("pen", 5)], 1)).unwrap();
    assert_eq!((status(&desk, 1), status(&desk, 2)), (Status::Pending, Status::Rejected));
    assert_eq!((desk.at_hand(1).tied.clone(), desk.at_hand(1).replaced_by), (before, None));
    desk.order(pay(1)).unwrap();
    assert_eq!(status(&desk, 1), Status::Confirmed, "it can be paid as before");
}

#[test]
fn only_an_unpaid_order_of_the_same_customer_is_replaced() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 1)]);
    let refused = |desk: &mut Desk, command| desk.order(command).unwrap_err();
    let own = refused(&mut desk, instead(1, &[("mug", 1)], 1));
    assert_eq!(own.code(), "replaces-itself");
    assert_eq!(refused(&mut desk, instead(2, &[("mug", 1)], 9)).code(), "unknown-order");
    let mut of_bob = place(2, &[("mug", 1)]);
    of_bob.customer = Some(text("bob"));
    let of_bob = OrderCommand::Replace(ReplaceOrder { place: of_bob, replaces: order(1) });
    assert_eq!(refused(&mut desk, of_bob.clone()).code(), "other-customer");
    let bob = Principal::Customer(text("bob"));
    let unseen = desk.ask_as(bob, Command::Order(of_bob)).unwrap_err();
    assert_eq!(unseen.code(), "unknown-order", "a customer learns nothing of others' orders");
    desk.order(pay(1)).unwrap();
    let confirmed = refused(&mut desk, instead(2, &[("mug", 1)], 1));
    assert_eq!(confirmed.code(), "not-replaceable");
    assert!(confirmed.to_string().contains("cancel or amend it instead"), "{confirmed}");
    desk.place(3, &[("mug", 1)]);
    desk.pass(3_600_000);
    let expired = refused(&mut desk, instead(4, &[("mug", 1)], 3));
    assert!(expired.to_string().contains("place the new one by itself"), "{expired}");
    desk.place(5, &[("mug", 1)]);
    desk.place(6, &[("mug", 1)]);
    let other = refused(&mut desk, instead(6, &[("mug", 1)], 5));
    assert_eq!(other.code(), "placed-differently", "it was placed by itself");
}

#[test]
fn a_draft_is_replaced_as_well() {
    let mut desk = Desk::open_with_payment();
    desk.order(draft(place(1, &[("mug", 1)]))).unwrap();
    desk.order(instead(2, &[("pen", 9)], 1)).unwrap();
    assert_eq!((status(&desk, 1), status(&desk, 2)), (Status::Draft, Status::Rejected));
    desk.order(instead(3, &[("pen", 1)], 1)).unwrap();
    assert_eq!((status(&desk, 1), status(&desk, 3)), (Status::Cancelled, Status::Pending));
}

#[test]
fn units_that_wait_give_their_room_to_the_next_try() {
    let mut desk = Desk::open();
    let payment = PaymentPolicy::required(Span::from_millis(3_600_000));
    let backorders = BackorderPolicy::Accept;
    let orders = OrderPolicy { payment, backorders, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    let set = SetBackorderLimit { item: sku("pen"), limit: Some(3) };
    desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(set)));
    desk.place(1, &[("pen", 7)]);
    let events = desk.order(instead(2, &[("pen", 7)], 1)).unwrap();
    assert!(names(&events).contains(&"BackorderReleased"));
    assert_eq!((status(&desk, 1), status(&desk, 2)), (Status::Cancelled, Status::Pending));
    assert_eq!(desk.at_hand(2).backordered[0].units.quantity, 3);
    desk.receive("pen", "LDS", Tier::Primary, 3);
    let tied: u32 = desk.at_hand(2).tied.iter().map(|t| t.portion.quantity).sum();
    assert_eq!(tied, 7);
}

/// Two partitions with four pens in the one that has the stock.
fn apart(payment: Option<u64>) -> Linked {
    let mut linked = Linked::new(Topology::ReserveFirst);
    for event in Desk::open().history {
        if let Some(command) = crate::linked::as_command(&event) {
            linked.ask("inventory", command).unwrap();
        }
    }
    if let Some(millis) = payment {
        let payment = PaymentPolicy::required(Span::from_millis(millis));
        let orders = OrderPolicy { payment, ..OrderPolicy::default() };
        let policy = Policy { orders, ..Policy::default() };
        linked.ask("order", Command::SetPolicy(SetPolicy { policy })).unwrap();
        linked.ask("inventory", Command::SetPolicy(SetPolicy { policy })).unwrap();
    }
    linked
}

fn of(linked: &Linked, n: u8) -> Status {
    linked.with("order").orders().get(order(n)).map_or(Status::Unplaced, |o| o.status)
}

fn ask(linked: &mut Linked, command: OrderCommand) -> Result<(), earmark::flow::Refusal> {
    linked.ask("order", Command::Order(command))
}

#[test]
fn in_two_partitions_a_third_can_not_have_the_units_in_between() {
    for heard in [false, true] {
        let mut linked = apart(Some(3_600_000));
        ask(&mut linked, OrderCommand::Place(place(1, &[("pen", 4)]))).unwrap();
        // The answer of the stock to the first try may still be on its way.
        if heard {
            linked.quieten();
        }
        ask(&mut linked, instead(2, &[("pen", 4)], 1)).unwrap();
        ask(&mut linked, OrderCommand::Place(place(3, &[("pen", 1)]))).unwrap();
        for command in [pay_role(1), amend(1), instead(4, &[("pen", 1)], 1)] {
            let refused = ask(&mut linked, command).map_err(|refusal| refusal.code());
            assert!(matches!(refused, Ok(()) | Err("being-replaced")), "{refused:?}");
        }
        assert_ne!(of(&linked, 1), Status::Confirmed, "it can't be paid any more");
        linked.quieten();
        assert_eq!(of(&linked, 1), Status::Cancelled, "heard: {heard}");
        assert_eq!((of(&linked, 2), of(&linked, 3)), (Status::Pending, Status::Rejected));
        linked.shops().iter().for_each(|shop| assert_eq!(shop.audit().broken, []));
    }
}

fn pay_role(n: u8) -> OrderCommand {
    pay(n)
}

fn amend(n: u8) -> OrderCommand {
    let (line, quantity) = (earmark::ids::LineNumber(0), Some(units(1)));
    let lines = vec![LineChange { line, quantity, unit_price: None }];
    OrderCommand::Amend(AmendOrder { order: order(n), lines, added: vec![], destination: None })
}

#[test]
fn in_two_partitions_an_order_that_is_kept_goes_on_with_what_it_missed() {
    let mut linked = apart(None);
    ask(&mut linked, OrderCommand::Place(place(1, &[("pen", 3)]))).unwrap();
    ask(&mut linked, instead(2, &[("pen", 5)], 1)).unwrap();
    let refused = ask(&mut linked, amend(1)).unwrap_err();
    assert_eq!(refused.code(), "being-replaced");
    assert!(refused.to_string().contains("ask again"), "{refused}");
    assert_eq!(ask(&mut linked, amend(2)).unwrap_err().code(), "being-replaced");
    linked.quieten();
    assert_eq!((of(&linked, 1), of(&linked, 2)), (Status::Confirmed, Status::Rejected));
}

#[test]
fn whoever_cancels_the_new_order_in_between_has_given_up_the_old_one() {
    for wanted in [3, 5] {
        let mut linked = apart(Some(3_600_000));
        ask(&mut linked, OrderCommand::Place(place(1, &[("pen", 3)]))).unwrap();
        linked.quieten();
        ask(&mut linked, instead(2, &[("pen", wanted)], 1)).unwrap();
        let (lines, reason) = (None, CancelReason::Customer);
        ask(&mut linked, OrderCommand::Cancel(CancelOrder { order: order(2), lines, reason }))
            .unwrap();
        linked.quieten();
        assert_eq!((of(&linked, 1), of(&linked, 2)), (Status::Cancelled, Status::Cancelled));
        let pens = linked.with("inventory").inventory().item(&sku("pen")).unwrap().1.available();
        assert_eq!(pens, 4, "wanted {wanted}");
    }
}

#[test]
fn two_tries_that_are_due_in_one_tick_give_their_units_back_once() {
    let mut linked = apart(Some(3_600_000));
    ask(&mut linked, OrderCommand::Place(place(1, &[("pen", 3)]))).unwrap();
    linked.quieten();
    ask(&mut linked, instead(2, &[("pen", 4)], 1)).unwrap();
    linked.pass(3_600_000);
    linked.ask("order", Command::Tick(Tick {})).unwrap();
    linked.quieten();
    assert_eq!((of(&linked, 1), of(&linked, 2)), (Status::Cancelled, Status::Expired));
    let pens = linked.with("inventory").inventory().item(&sku("pen")).unwrap().1.available();
    assert_eq!(pens, 4);
}

#[test]
fn the_one_who_asks_for_the_old_order_learns_of_the_new_one() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("pen", 4)]);
    let events = desk.order(instead(2, &[("pen", 4)], 1)).unwrap();
    let ada = Principal::Customer(text("ada"));
    let answer = desk.shop.query(&Query::Order(OrderQuery { order: order(1) }), &ada).unwrap();
    let earmark::flow::Answer::Order(view) = answer else { panic!("{answer:?}") };
    assert_eq!((view.replaced_by, view.replaces), (Some(order(2)), None));
    let released = events.iter().find_map(|event| match event {
        Event::Inventory(InventoryEvent::Released(e)) => Some((e.order, e.portions.clone())),
        _ => None,
    });
    let replaced = events.iter().find_map(|event| match event {
        Event::Order(OrderEvent::Replaced(e)) => Some((e.order, e.released.clone())),
        _ => None,
    });
    assert!(released.is_some() && released == replaced, "both roles tell the same");
}

#[test]
fn an_answer_that_comes_late_for_the_new_order_does_not_end_the_old_one() {
    let mut role = Alone::unpaid();
    let until = Timestamp::from_millis(role.now + 3_600_000);
    let tied = |n: u8, mugs: u32| {
        let (order, reservation, portions) = (order(n), FIRST, portions(1, &[(0, mugs)]));
        let hold = Hold::Soft { until };
        OrderCommand::RecordTied(RecordTied { order, reservation, hold, portions })
    };
    role.hear(instead(2, &[("mug", 9)], 1));
    let why = Rejection::TooManyParcels { allowed: 1 };
    let refused = RecordRejected { order: order(2), reservation: FIRST, why };
    let told = role.hear(OrderCommand::RecordRejected(refused));
    assert!(told.contains(&"OrderKept".to_string()), "{told:?}");
    role.hear(instead(3, &[("mug", 1)], 1));
    assert_eq!(role.hear(tied(2, 9)), ["TieReturned 0:9"], "it was refused");
    let told = role.hear(tied(3, 1));
    assert!(told.contains(&"OrderReplaced".to_string()), "{told:?}");
    assert_eq!(role.hear(tied(3, 1)), ["TieReturned 0:1"], "it comes twice");
}

#[test]
fn an_order_that_is_kept_is_confirmed_only_once_the_stock_has_answered_for_it() {
    let mut role = Alone::paid();
    role.hear(instead(2, &[("mug", 9)], 1));
    let why = Rejection::TooManyParcels { allowed: 1 };
    let refused = RecordRejected { order: order(2), reservation: FIRST, why };
    let told = role.hear(OrderCommand::RecordRejected(refused));
    assert_eq!(told, ["OrderRejected", "OrderKept"]);
    let told = role.tied(1, HARD, &[(0, 3), (1, 2)]);
    assert_eq!(told, ["OrderSourced 0:3 1:2", "OrderConfirmed"]);
}

#[test]
fn whoever_asks_again_for_what_is_being_replaced_hears_the_same_and_a_draft_is_not_placed() {
    let mut role = Alone::unpaid();
    let cart = [("mug", 3), ("pen", 2)];
    role.hear(instead(2, &[("mug", 1)], 1));
    assert_eq!(role.hear(OrderCommand::Place(place(1, &cart))), [""; 0], "it was placed");
    assert_eq!(role.hear(instead(2, &[("mug", 1)], 1)), [""; 0], "and so was the other");
    role.hear(draft(place(3, &cart)));
    role.hear(instead(4, &[("mug", 1)], 3));
    let refused = role.ask(&OrderCommand::Place(place(3, &cart))).unwrap_err();
    assert_eq!(refused.code(), "being-replaced");
}

#[test]
fn the_time_to_pay_of_an_order_that_is_being_replaced_is_that_of_the_other() {
    let mut role = Alone::unpaid();
    role.now += 1_000;
    role.hear(instead(2, &[("mug", 1)], 1));
    let until = Timestamp::from_millis(role.now + 3_600_000);
    assert_eq!(role.orders.next_deadline(), Some(until));
}
