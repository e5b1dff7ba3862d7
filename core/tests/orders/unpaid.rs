//! What becomes of an order that was paid for once and is not any more.
//! Why: what nobody pays for must not keep stock from others for ever, and no unit that is paid for
//! may go with it.

use crate::support::kits::{self, LEEDS, amend, cancel, line, ship};
use crate::support::payments::{HOUR, authorized, captured, open};
use crate::support::{Desk, START, names, order, sku, units};
use earmark::decide::Principal;
use earmark::flow::{Answer, Command, Event, OrderQuery, Query, SetPolicy, Shop};
use earmark::ids::{FacilityId, ItemRef, LineNumber};
use earmark::notification::{News, NotificationEvent};
use earmark::order::{
    AmendOrder, CancelReason, LineChange, OrderCommand as O, OrderEvent, OrderLine,
    RejectFulfilment, ReleaseOrder, Status,
};
use earmark::policy::{CaptureWhen, Collect, FulfilmentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::UnitPrice;

/// What is captured as parcels ship, and authorized for three hours.
fn lapsing() -> Desk {
    let lasts = Some(Span::from_millis(3 * HOUR));
    let capture = CaptureWhen::AsParcelsShip;
    open(Collect { capture, authorization_lasts: lasts, ..Collect::default() })
}

fn pay(desk: &mut Desk, request: u16, minor: i64) -> Vec<Event> {
    desk.must(Command::Payment(authorized(request, minor)))
}

/// Order 1, of two mugs that are paid for.
fn paid() -> Desk {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    pay(&mut desk, 1, 247);
    desk
}

fn add(item: ItemRef, quantity: u32, price: u64) -> O {
    let line = OrderLine { item, quantity: units(quantity), unit_price: UnitPrice(price) };
    O::Amend(AmendOrder { order: order(1), lines: vec![], added: vec![line], destination: None })
}

fn price(line: u16, price: u64) -> O {
    let (line, quantity, unit_price) = (LineNumber(line), None, Some(UnitPrice(price)));
    let lines = vec![LineChange { line, quantity, unit_price }];
    O::Amend(AmendOrder { order: order(1), lines, added: vec![], destination: None })
}

/// What is told to be missing still, each time something was cancelled.
fn missing(events: &[Event]) -> Vec<i64> {
    let told = events.iter().filter_map(|event| match event {
        Event::Order(OrderEvent::PaymentMissed(e)) => Some(e.missing.minor),
        _ => None,
    });
    told.collect()
}

fn wanted(desk: &Desk) -> Vec<u32> {
    desk.at_hand(1).lines.iter().map(|line| line.buckets.wanted()).collect()
}

fn news(events: &[Event]) -> Vec<News> {
    let told = events.iter().filter_map(|event| match event {
        Event::Notification(NotificationEvent::Told(e)) => Some(e.news),
        _ => None,
    });
    told.collect()
}

/// What a query tells: how the order stands, and until when it may be paid.
fn seen(desk: &Desk) -> (Status, Option<Timestamp>) {
    let query = Query::Order(OrderQuery { order: order(1) });
    match desk.shop.query(&query, &Principal::Staff).unwrap() {
        Answer::Order(view) => (view.status, view.pay_until),
        other => panic!("{other:?}"),
    }
}

fn until(desk: &Desk) -> Option<u64> {
    desk.at_hand(1).pay_until.map(Timestamp::as_millis)
}

#[test]
fn what_was_added_and_never_paid_is_free_again_at_the_deadline_and_the_rest_ships() {
    let mut desk = paid();
    desk.now += HOUR / 2;
    desk.order(amend(1, 0, 5)).unwrap();
    assert_eq!(until(&desk), Some(START + HOUR / 2 + HOUR), "an hour from when it was missing");
    assert_eq!((desk.available("mug"), desk.pass(HOUR - 1)), (20, vec![]));
    let events = desk.pass(1);
    let Some(OrderEvent::LinesCancelled(cut)) = events.iter().find_map(|event| match event {
        Event::Order(event @ OrderEvent::LinesCancelled(_)) => Some(event),
        _ => None,
    }) else {
        panic!("{:?}", names(&events))
    };
    assert_eq!(
        (cut.reason, cut.released.iter().map(|p| p.quantity).sum()),
        (CancelReason::Unpaid, 3)
    );
    assert_eq!(news(&events), [News::PaymentMissed(1)]);
    assert_eq!((desk.available("mug"), until(&desk), wanted(&desk)), (23, None, vec![2]));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    assert_eq!(desk.pass(HOUR), [], "it is told once");
    desk.order(ship(1, None)).unwrap();
    assert_eq!(desk.at_hand(1).lines[0].buckets.in_transit, 2);
}

#[test]
fn who_does_not_pay_once_more_is_told_once_more() {
    let mut desk = paid();
    for time in 1..=2 {
        desk.order(amend(1, 0, 5)).unwrap();
        assert_eq!(news(&desk.pass(HOUR)), [News::PaymentMissed(time)]);
    }
}

#[test]
fn what_is_paid_in_time_stays() {
    let mut desk = paid();
    desk.order(amend(1, 0, 5)).unwrap();
    desk.now += HOUR - 1;
    let asked = names(&pay(&mut desk, 3, 370));
    assert!(asked.contains(&"AuthorizationRecorded"), "{asked:?}");
    assert_eq!((until(&desk), desk.at_hand(1).missing().minor), (None, 0));
    assert!(!names(&desk.pass(30 * HOUR)).contains(&"OrderLinesCancelled"));
    assert_eq!(wanted(&desk), [5]);
}

#[test]
fn what_is_paid_too_late_and_before_any_tick_revives_nothing() {
    let late = |mut desk: Desk, request: u16| {
        desk.order(amend(1, 0, 5)).unwrap();
        desk.now += HOUR;
        let told = pay(&mut desk, request, 370);
        assert_eq!(news(&told), [News::PaymentMissed(1)]);
        assert_eq!((wanted(&desk), until(&desk), desk.at_hand(1).secured), (vec![2], None, 247));
        (desk, told)
    };
    let mut desk = lapsing();
    desk.place(1, &[("mug", 2)]);
    pay(&mut desk, 1, 247);
    let (_, told) = late(desk, 2);
    assert!(names(&told).contains(&"VoidRequested"), "it goes back: {:?}", names(&told));
    // What is captured as it comes goes back once the provider has it.
    let (mut desk, told) = late(paid(), 3);
    assert!(names(&told).contains(&"CaptureRequested"), "{:?}", names(&told));
    let told = names(&desk.must(Command::Payment(captured(4, 370))));
    assert!(told.contains(&"RefundRequested"), "it goes back: {told:?}");
}

#[test]
fn an_order_of_which_nothing_is_authorized_any_more_is_cancelled_at_the_deadline() {
    let mut desk = lapsing();
    desk.place(1, &[("mug", 2), ("pen", 1)]);
    pay(&mut desk, 1, 370);
    desk.pass(3 * HOUR);
    assert_eq!((until(&desk), desk.at_hand(1).status), (Some(START + 4 * HOUR), Status::Confirmed));
    assert_eq!(news(&desk.pass(HOUR)), [News::Cancelled], "which says it all");
    assert_eq!(desk.at_hand(1).status, Status::Cancelled);
    assert_eq!((desk.available("mug"), desk.available("pen")), (25, 4));
}

#[test]
fn what_was_added_last_goes_first_and_no_more_goes_than_is_missing() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2), ("pen", 2)]);
    pay(&mut desk, 1, 494);
    // First pens, then mugs, then one pen less than that again: one pen is more than was paid.
    desk.order(amend(1, 1, 4)).unwrap();
    desk.order(amend(1, 0, 4)).unwrap();
    desk.order(amend(1, 1, 3)).unwrap();
    // All but a mug and a pen of it is paid for meanwhile.
    pay(&mut desk, 5, 123);
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [2, 3], "the pen was added before the mugs");
    let owed = desk.at_hand(1).owed.as_ref().unwrap().authorize.minor;
    assert!(owed <= 494 + 123, "{owed} is owed, and no more is paid");
}

#[test]
fn of_two_lines_that_grew_each_gives_back_what_it_grew_by() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 1), ("pen", 2)]);
    pay(&mut desk, 1, 370);
    desk.order(amend(1, 0, 2)).unwrap();
    desk.order(amend(1, 1, 3)).unwrap();
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [1, 2]);
}

#[test]
fn a_line_that_was_added_last_goes_before_one_that_grew() {
    let mut desk = paid();
    desk.order(amend(1, 0, 3)).unwrap();
    desk.order(add(sku("pen"), 1, 12_345)).unwrap();
    pay(&mut desk, 4, 123);
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [3, 0]);
}

#[test]
fn a_dearer_price_takes_units_from_the_last_line_back_and_gifts_stay() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 3), ("mug", 3)]);
    pay(&mut desk, 1, 740);
    desk.order(add(sku("pen"), 1, 0)).unwrap();
    desk.order(price(0, 20_000)).unwrap();
    assert_eq!(desk.at_hand(1).missing().minor, 230);
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [3, 1, 1]);
}

#[test]
fn a_line_that_grew_twice_gives_back_all_it_grew_by_and_then_the_last_line_is_next() {
    let grown = || {
        let mut desk = open(Collect::default());
        desk.place(1, &[("mug", 3), ("pen", 2)]);
        pay(&mut desk, 1, 617);
        desk.order(amend(1, 0, 5)).unwrap();
        desk.order(amend(1, 0, 6)).unwrap();
        desk
    };
    let mut desk = grown();
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [3, 2]);
    let mut desk = grown();
    desk.order(price(0, 20_000)).unwrap();
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [3, 0], "600 of the 617");
}

#[test]
fn of_a_line_that_grew_and_is_dearer_more_goes_than_it_grew_by() {
    let mut desk = paid();
    desk.order(amend(1, 0, 3)).unwrap();
    desk.order(price(0, 20_000)).unwrap();
    assert_eq!((missing(&desk.pass(HOUR)), wanted(&desk)), (vec![0], vec![1]));
}

#[test]
fn of_what_a_warehouse_works_on_nothing_goes_and_it_is_told_as_missing() {
    let mut desk = paid();
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    desk.order(amend(1, 0, 4)).unwrap();
    desk.order(price(0, 20_000)).unwrap();
    assert_eq!((missing(&desk.pass(HOUR)), wanted(&desk)), (vec![400 - 247], vec![2]));
    assert_eq!(desk.pass(HOUR), [], "the staff decides on that");
}

#[test]
fn in_place_of_what_a_warehouse_works_on_other_lines_go() {
    let mut desk = open(Collect::default());
    // More mugs than Leeds has, which has all the pens.
    desk.place(1, &[("mug", 12), ("pen", 1)]);
    pay(&mut desk, 1, 1_604);
    assert_eq!(desk.at_hand(1).missing().minor, 0);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: Some(LEEDS) })).unwrap();
    desk.order(amend(1, 1, 2)).unwrap();
    desk.order(price(1, 50_000)).unwrap();
    assert_eq!(desk.at_hand(1).missing().minor, 877);
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [8, 1], "a pen, and for the rest of it four mugs");
}

#[test]
fn once_nothing_is_left_that_has_a_price_the_gifts_go_too() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 1), ("pen", 1)]);
    pay(&mut desk, 1, 246);
    desk.order(add(sku("mug"), 1, 0)).unwrap();
    for line in [0, 1] {
        desk.order(price(line, 50_000)).unwrap();
    }
    assert_eq!(news(&desk.pass(HOUR)), [News::Cancelled]);
    assert_eq!((desk.available("mug"), desk.available("pen")), (25, 4));
}

#[test]
fn of_kits_whole_ones_go() {
    let mut desk = kits::open();
    let payment = earmark::policy::PaymentPolicy::required(Span::from_millis(HOUR));
    let orders = earmark::policy::OrderPolicy { payment, ..Default::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk.place(1, &[("set", 1), ("mug", 1)]);
    pay(&mut desk, 1, 246);
    desk.order(amend(1, 0, 3)).unwrap();
    desk.order(add(sku("set"), 1, 12_345)).unwrap();
    assert_eq!(desk.at_hand(1).missing().minor, 370);
    desk.pass(HOUR);
    let kept: Vec<u32> = [0, 1, 2, 3].map(|n| line(&desk, 1, n).wanted()).to_vec();
    assert_eq!(kept, [1, 1, 2, 1], "one set of two mugs and a pen, and a mug");
    assert_eq!((desk.available("mug"), desk.available("pen")), (22, 3));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
}

#[test]
fn what_a_warehouse_works_on_stays_and_goes_once_it_lets_go_of_it() {
    let mut desk = lapsing();
    desk.place(1, &[("mug", 2), ("pen", 1)]);
    pay(&mut desk, 1, 370);
    let leeds = FacilityId(1);
    let facility = Some(leeds);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility })).unwrap();
    let free: u32 = desk.at_hand(1).lines.iter().map(|l| l.buckets.allocated).sum();
    desk.pass(3 * HOUR);
    let events = desk.pass(HOUR);
    let in_work: u32 = desk.at_hand(1).lines.iter().map(|l| l.buckets.released).sum();
    assert_eq!((free + in_work, in_work > 0), (3, true));
    assert_eq!(wanted(&desk).iter().sum::<u32>(), in_work);
    assert_eq!(news(&events), if free > 0 { vec![News::PaymentMissed(1)] } else { vec![] });
    let next = desk.shop.next_deadline().unwrap().as_millis();
    assert!(next > desk.now, "nothing more is due now: {next}");
    assert_eq!(desk.order(ship(1, None)).unwrap_err().code(), "not-packed");
    desk.order(O::RejectFulfilment(RejectFulfilment {
        order: order(1),
        facility: leeds,
        reason: None,
    }))
    .unwrap();
    desk.pass(0);
    let order = desk.at_hand(1);
    assert_eq!((order.status, order.tied.len()), (Status::Cancelled, 0), "{order:?}");
}

#[test]
fn what_a_late_facility_lets_go_of_goes_in_the_same_tick() {
    let mut desk = lapsing();
    let fulfilment = FulfilmentPolicy { answer_within: Some(Span::from_millis(4 * HOUR)) };
    let orders = *desk.shop.orders().policy();
    let policy = Policy { orders, fulfilment, ..Policy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    desk.place(1, &[("mug", 2)]);
    pay(&mut desk, 1, 247);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    desk.pass(3 * HOUR);
    assert_eq!(until(&desk), Some(START + 4 * HOUR));
    let told = names(&desk.pass(HOUR));
    assert!(told.contains(&"FulfilmentTimedOut"), "{told:?}");
    assert_eq!((desk.at_hand(1).status, desk.available("mug")), (Status::Cancelled, 25));
    assert_eq!(desk.pass(0), [], "the same tick once more");
}

#[test]
fn nothing_puts_the_deadline_off_but_the_payment_of_all_that_is_missing() {
    let mut desk = paid();
    desk.order(amend(1, 0, 5)).unwrap();
    let first = until(&desk);
    desk.now += HOUR / 2;
    desk.order(amend(1, 0, 6)).unwrap();
    pay(&mut desk, 4, 100);
    assert_eq!((until(&desk), desk.at_hand(1).payments_needed), (first, 2));
    desk.order(amend(1, 0, 2)).unwrap();
    assert_eq!(until(&desk), None, "nothing is missing");
    desk.order(amend(1, 0, 3)).unwrap();
    assert_eq!(until(&desk), Some(desk.now + HOUR));
    desk.order(cancel(1, None)).unwrap();
    assert_eq!(until(&desk), None, "nobody waits for it any more");
}

#[test]
fn what_is_missing_once_more_is_told_once_more() {
    let mut desk = paid();
    for (quantity, told) in [(5, 1), (3, 1), (4, 2), (4, 2), (5, 3)] {
        desk.order(amend(1, 0, quantity)).unwrap();
        assert_eq!(desk.at_hand(1).payments_needed, told, "{quantity} mugs");
    }
}

#[test]
fn the_customer_sees_until_when_he_may_pay_and_nothing_of_that_once_all_has_arrived() {
    let mut desk = paid();
    desk.order(ship(1, None)).unwrap();
    desk.order(price(0, 20_000)).unwrap();
    assert_eq!(seen(&desk), (Status::Confirmed, Some(Timestamp::from_millis(START + HOUR))));
    desk.order(kits::deliver(1)).unwrap();
    assert_eq!(seen(&desk), (Status::Completed, None));
}

#[test]
fn under_a_policy_without_payment_there_is_as_much_time_as_there_was_at_first() {
    let mut desk = paid();
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy::default() }));
    desk.now += 5 * HOUR;
    desk.order(amend(1, 0, 5)).unwrap();
    assert_eq!(until(&desk), Some(desk.now + HOUR));
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [2]);
}

#[test]
fn who_was_told_no_deadline_by_an_earlier_version_is_told_one_by_the_next_tick() {
    let mut desk = paid();
    desk.order(amend(1, 0, 5)).unwrap();
    let mut old = desk.history.clone();
    for event in &mut old {
        if let Event::Order(OrderEvent::PaymentNeeded(e)) = event {
            e.until = None;
        }
    }
    desk.shop = Shop::default();
    for event in &old {
        desk.shop.apply(event).unwrap();
    }
    assert_eq!(desk.shop.audit().broken, []);
    assert!(desk.shop.next_deadline().is_some_and(|due| due.as_millis() <= desk.now));
    assert_eq!(names(&desk.pass(0)), ["OrderPaymentNeeded", "CustomerNotified"]);
    assert_eq!(until(&desk), Some(desk.now + HOUR));
    desk.pass(HOUR);
    assert_eq!(wanted(&desk), [2]);
}
