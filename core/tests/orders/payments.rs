//! Payments: what a provider is asked, what it answers, and what becomes of the order. Why: money
//! moves between two programs that don't see each other, and every answer may come late or twice.

use crate::support::kits::amend;
use crate::support::payments::{HOUR, authorized, captured, open, pounds, refunded, view, voided};
use crate::support::{Desk, names, order, text, units};
use earmark::decide::Principal;
use earmark::flow::{Command, Event, Refusal};
use earmark::ids::{FacilityId, LineNumber, PaymentNumber};
use earmark::order::{
    AmendOrder, AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, LineRef, LineUnits,
    OrderCommand as O, OrderRefusal, PaymentStatus, ShipOrder, Status,
};
use earmark::payment::{
    CapturePayment, DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund,
    PaymentCommand as P, PaymentRefusal, RefundPayment, RequestState,
};
use earmark::policy::{CaptureWhen, Collect};
use earmark::time::Span;

fn told(desk: &mut Desk, command: P) -> Vec<&'static str> {
    names(&desk.must(Command::Payment(command)))
}

fn declined(n: u16, reason: DeclineReason) -> P {
    P::Decline(DeclinePayment { order: order(1), request: PaymentNumber(n), reason })
}

fn refund(minor: i64) -> P {
    let reason = Some(text("came broken"));
    P::Refund(RefundPayment { order: order(1), amount: pounds(minor), reason })
}

fn cancel() -> O {
    O::Cancel(CancelOrder { order: order(1), lines: None, reason: CancelReason::Customer })
}

fn axis(desk: &Desk) -> PaymentStatus {
    desk.at_hand(1).payment_status()
}

/// The sums: authorized, captured, refunded.
fn sums(desk: &Desk) -> (i64, i64, i64) {
    let standing = view(desk).standing;
    (standing.authorized.minor, standing.captured.minor, standing.refunded.minor)
}

/// What is asked and not answered.
fn asked(desk: &Desk) -> Vec<(u16, i64)> {
    let open = view(desk).requests.into_iter().filter(|r| r.state == RequestState::Asked);
    open.map(|r| (r.number.0, r.amount.minor)).collect()
}

#[test]
fn an_order_is_paid_in_parts_confirmed_and_only_then_captured() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    assert_eq!((axis(&desk), asked(&desk)), (PaymentStatus::Awaiting, vec![(1, 247)]));
    let first = told(&mut desk, authorized(1, 100));
    assert_eq!(first, ["AuthorizationRecorded", "PaymentRequested", "OrderPaymentRecorded"]);
    let partly = (PaymentStatus::PartiallyAuthorized, vec![(2, 147)]);
    assert_eq!((axis(&desk), asked(&desk)), partly);
    assert_eq!(desk.at_hand(1).status, Status::Pending);
    let second = told(&mut desk, authorized(2, 147));
    let first = ["AuthorizationRecorded", "OrderPaymentRecorded", "PaymentAuthorized"];
    assert_eq!(second[..3], first);
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    assert_eq!(second[second.len() - 2..], ["CaptureRequested", "CaptureRequested"]);
    assert_eq!(asked(&desk), [(3, 100), (4, 147)], "one for each authorization");
    told(&mut desk, captured(4, 47));
    assert_eq!(
        (axis(&desk), asked(&desk)),
        (PaymentStatus::PartiallyPaid, vec![(3, 100), (5, 100)])
    );
    told(&mut desk, captured(3, 100));
    told(&mut desk, captured(5, 100));
    assert_eq!(
        (axis(&desk), sums(&desk), asked(&desk)),
        (PaymentStatus::Paid, (0, 247, 0), vec![])
    );
}

#[test]
fn an_answer_that_comes_twice_is_heard_once_and_another_one_is_refused() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    told(&mut desk, authorized(1, 247));
    assert_eq!(told(&mut desk, authorized(1, 247)), [""; 0]);
    let request = PaymentNumber(1);
    let differs = Err(Refusal::Payment(PaymentRefusal::AnsweredDifferently { request }));
    assert_eq!(desk.ask(Command::Payment(authorized(1, 200))), differs);
    assert_eq!(desk.ask(Command::Payment(declined(1, DeclineReason::Fraud))), differs);
    let request = PaymentNumber(9);
    let unknown = Err(Refusal::Payment(PaymentRefusal::UnknownRequest { request }));
    assert_eq!(desk.ask(Command::Payment(authorized(9, 247))), unknown);
    let allowed = pounds(247);
    let too_much = Err(Refusal::Payment(PaymentRefusal::AmountTooLarge { allowed }));
    assert_eq!(desk.ask(Command::Payment(captured(2, 248))), too_much);
    told(&mut desk, captured(2, 247));
    assert_eq!(told(&mut desk, captured(2, 247)), [""; 0]);
    assert_eq!(sums(&desk), (0, 247, 0));
    let by = Principal::Customer(text("ada"));
    let own = desk.ask_as(by, Command::Payment(refund(1)));
    assert_eq!(own, Err(Refusal::Payment(PaymentRefusal::StaffOnly)));
    let by = Principal::Customer(text("bob"));
    let others = desk.ask_as(by, Command::Payment(refund(1)));
    let unknown = PaymentRefusal::UnknownOrder { order: order(1) };
    assert_eq!(others, Err(Refusal::Payment(unknown)), "and does not hear that it is there");
}

#[test]
fn a_customer_who_is_declined_tries_again_until_the_deadline() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    let first = told(&mut desk, declined(1, DeclineReason::InsufficientFunds));
    let expected =
        ["PaymentDeclined", "PaymentRequested", "OrderPaymentRecorded", "CustomerNotified"];
    assert_eq!(first, expected);
    assert_eq!((axis(&desk), asked(&desk)), (PaymentStatus::Failed, vec![(2, 247)]));
    assert_eq!(told(&mut desk, declined(1, DeclineReason::InsufficientFunds)), [""; 0]);
    told(&mut desk, declined(2, DeclineReason::CardExpired));
    desk.pass(HOUR);
    assert_eq!((desk.at_hand(1).status, axis(&desk)), (Status::Expired, PaymentStatus::Voided));
    assert_eq!(asked(&desk), [], "the third request is withdrawn");
}

#[test]
fn what_is_authorized_after_the_order_has_ended_is_recorded_and_voided() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    desk.pass(HOUR);
    let late = told(&mut desk, authorized(1, 247));
    assert_eq!(late, ["AuthorizationRecorded", "VoidRequested", "OrderPaymentRecorded"]);
    assert_eq!(axis(&desk), PaymentStatus::Authorized);
    let done = told(&mut desk, voided(2));
    assert_eq!(done, ["PaymentVoided", "OrderPaymentRecorded"]);
    assert_eq!((axis(&desk), sums(&desk)), (PaymentStatus::Voided, (0, 0, 0)));
    assert_eq!(desk.at_hand(1).status, Status::Expired);
}

#[test]
fn a_payment_without_a_number_after_the_end_is_voided_too_and_once() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    desk.order(cancel()).unwrap();
    let pay = O::AuthorizePayment(AuthorizePayment { order: order(1), amount: pounds(300) });
    let late = names(&desk.order(pay.clone()).unwrap());
    assert_eq!(late, ["AuthorizationRecorded", "VoidRequested", "OrderPaymentRecorded"]);
    assert_eq!(desk.order(pay), Ok(vec![]));
}

#[test]
fn cancelling_voids_what_is_authorized_and_refunds_what_is_captured() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    told(&mut desk, authorized(1, 247));
    let events = names(&desk.order(cancel()).unwrap());
    assert!(!events.contains(&"VoidRequested"), "a capture is under way: {events:?}");
    let late = told(&mut desk, captured(2, 200));
    assert_eq!(late[..3], ["PaymentCaptured", "RefundRequested", "VoidRequested"]);
    assert_eq!((axis(&desk), asked(&desk)), (PaymentStatus::Overpaid, vec![(3, 200), (4, 47)]));
    told(&mut desk, voided(4));
    let done = told(&mut desk, refunded(3));
    assert_eq!(done, ["PaymentRefunded", "OrderPaymentRecorded", "CustomerNotified"]);
    assert_eq!((axis(&desk), sums(&desk)), (PaymentStatus::Refunded, (0, 200, 200)));
}

#[test]
fn cancelled_units_are_refunded_and_the_goods_have_no_part_in_it() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 4)]);
    told(&mut desk, authorized(1, 494));
    told(&mut desk, captured(2, 494));
    let line = LineRef::Number(LineNumber(0));
    let lines = Some(vec![LineUnits { line, quantity: units(1) }]);
    let less = CancelOrder { order: order(1), lines, reason: CancelReason::Customer };
    desk.order(O::Cancel(less)).unwrap();
    assert_eq!(asked(&desk), [(3, 124)], "three of 1.2345 are 3.70");
    told(&mut desk, refunded(3));
    assert_eq!((axis(&desk), sums(&desk)), (PaymentStatus::PartiallyRefunded, (0, 494, 124)));
    let on_hand = desk.available("mug");
    let too_much = Err(Refusal::Payment(PaymentRefusal::AmountTooLarge { allowed: pounds(370) }));
    assert_eq!(desk.ask(Command::Payment(refund(371))), too_much);
    let granted = told(&mut desk, refund(70));
    assert_eq!(granted, ["RefundGranted", "RefundRequested"]);
    told(&mut desk, refunded(4));
    assert_eq!((sums(&desk), desk.available("mug")), ((0, 494, 194), on_hand));
    assert_eq!(asked(&desk), [], "what was given back is not captured again");
}

#[test]
fn what_is_captured_as_parcels_ship_is_the_worth_of_what_has_shipped() {
    let collect = Collect { capture: CaptureWhen::AsParcelsShip, ..Collect::default() };
    let mut desk = open(collect);
    // 17 mugs can't come from one place: 15 lie in London.
    desk.place(1, &[("mug", 17)]);
    let worth = desk.at_hand(1).total.minor;
    told(&mut desk, authorized(1, worth));
    assert_eq!((desk.at_hand(1).status, asked(&desk)), (Status::Confirmed, vec![]));
    let mut places: Vec<FacilityId> =
        desk.at_hand(1).tied.iter().map(|t| t.portion.facility).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 2);
    let mut request = 1;
    for facility in places {
        desk.order(O::Ship(ShipOrder { order: order(1), facility: Some(facility) })).unwrap();
        request += 1;
        let [(number, amount)] = asked(&desk)[..] else { panic!("{:?}", asked(&desk)) };
        assert_eq!(number, request);
        told(&mut desk, captured(number, amount));
    }
    assert_eq!(sums(&desk), (0, worth, 0), "to the penny, whatever each parcel was rounded to");
    desk.order(O::Deliver(DeliverShipment { order: order(1), shipment: None })).unwrap();
    assert_eq!((desk.at_hand(1).status, axis(&desk)), (Status::Completed, PaymentStatus::Paid));
}

#[test]
fn by_hand_the_staff_captures_what_it_likes_of_a_confirmed_order() {
    let collect = Collect { capture: CaptureWhen::ByHand, ..Collect::default() };
    let mut desk = open(collect);
    desk.place(1, &[("mug", 2)]);
    let by_hand = |amount| {
        let amount: Option<i64> = amount;
        P::Capture(CapturePayment { order: order(1), amount: amount.map(pounds) })
    };
    assert_eq!(told(&mut desk, by_hand(None)), [""; 0], "nothing before it is confirmed");
    let none = Err(Refusal::Payment(PaymentRefusal::AmountTooLarge { allowed: pounds(0) }));
    assert_eq!(desk.ask(Command::Payment(by_hand(Some(1)))), none);
    told(&mut desk, authorized(1, 247));
    assert_eq!((desk.at_hand(1).status, asked(&desk)), (Status::Confirmed, vec![]));
    assert_eq!(told(&mut desk, by_hand(Some(100))), ["CaptureRequested"]);
    assert_eq!(told(&mut desk, by_hand(None)), ["CaptureRequested"]);
    assert_eq!(asked(&desk), [(2, 100), (3, 147)]);
}

#[test]
fn an_authorization_lapses_and_is_asked_for_anew() {
    let lasts = Some(Span::from_millis(3 * HOUR));
    let capture = CaptureWhen::AsParcelsShip;
    let collect = Collect { capture, authorization_lasts: lasts, ..Collect::default() };
    let mut desk = open(collect);
    desk.place(1, &[("mug", 2)]);
    told(&mut desk, authorized(1, 247));
    assert_eq!(desk.pass(3 * HOUR - 1), []);
    let events = names(&desk.pass(1));
    assert_eq!(
        events,
        [
            "AuthorizationLapsed",
            "PaymentRequested",
            "OrderPaymentRecorded",
            "OrderPaymentNeeded",
            "CustomerNotified",
        ]
    );
    assert_eq!((axis(&desk), asked(&desk)), (PaymentStatus::Awaiting, vec![(2, 247)]));
    assert_eq!(desk.at_hand(1).status, Status::Confirmed, "it is confirmed all the same");
    let ship = || O::Ship(ShipOrder { order: order(1), facility: None });
    let refused = desk.order(ship()).unwrap_err();
    assert_eq!(refused.code(), "payment-not-covered", "nothing leaves for what has lapsed");
    told(&mut desk, authorized(2, 247));
    desk.order(ship()).unwrap();
    assert_eq!(asked(&desk), [(3, 247)]);
    let (order, request) = (order(1), PaymentNumber(3));
    let reason = DeclineReason::AuthorizationExpired;
    let lost = told(&mut desk, P::DeclineCapture(DeclineCapture { order, request, reason }));
    assert_eq!(lost[..3], ["CaptureDeclined", "AuthorizationLapsed", "PaymentRequested"]);
}

#[test]
fn a_request_that_nobody_answers_is_made_again_by_its_number_and_not_for_ever() {
    let within = Span::from_millis(2 * HOUR);
    let mut desk = open(Collect { answer_within: within, ..Collect::default() });
    desk.place(1, &[("mug", 2)]);
    told(&mut desk, authorized(1, 247));
    assert_eq!(desk.pass(2 * HOUR - 1), []);
    assert_eq!(names(&desk.pass(1)), ["PaymentRequestRepeated"]);
    for _ in 0..14 {
        assert_eq!(names(&desk.pass(2 * HOUR)), ["PaymentRequestRepeated"]);
    }
    assert_eq!(desk.pass(2 * HOUR), [], "now somebody must look");
    assert_eq!(view(&desk).requests[1].attempt, 16);
    told(&mut desk, captured(2, 247));
    assert_eq!(sums(&desk), (0, 247, 0));
}

#[test]
fn a_refund_that_is_declined_is_asked_for_again_later() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    told(&mut desk, authorized(1, 247));
    told(&mut desk, captured(2, 247));
    told(&mut desk, refund(100));
    let (order, request, reason) = (order(1), PaymentNumber(3), DeclineReason::Provider);
    let decline = P::DeclineRefund(DeclineRefund { order, request, reason });
    assert_eq!(told(&mut desk, decline), ["RefundDeclined"]);
    let allowed = pounds(147);
    let promised = Err(Refusal::Payment(PaymentRefusal::AmountTooLarge { allowed }));
    assert_eq!(desk.ask(Command::Payment(refund(148))), promised, "100 are promised already");
    assert_eq!(names(&desk.pass(24 * HOUR)), ["RefundRequested"]);
    told(&mut desk, refunded(4));
    assert_eq!(sums(&desk), (0, 247, 100));
}

#[test]
fn too_much_is_voided_and_too_little_asked_for_when_the_order_changes() {
    let mut desk = open(Collect { capture: CaptureWhen::ByHand, ..Collect::default() });
    desk.place(1, &[("mug", 4)]);
    told(&mut desk, authorized(1, 1_000));
    assert_eq!(asked(&desk), [(2, 506)]);
    told(&mut desk, voided(2));
    let line = LineRef::Number(LineNumber(0));
    let lines = Some(vec![LineUnits { line, quantity: units(2) }]);
    let less = CancelOrder { order: order(1), lines, reason: CancelReason::Customer };
    desk.order(O::Cancel(less)).unwrap();
    assert_eq!((sums(&desk), asked(&desk)), ((494, 0, 0), vec![(3, 247)]));
}

#[test]
fn a_payment_is_forgotten_with_its_order_unless_something_is_open() {
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    desk.order(cancel()).unwrap();
    let days = 90 * 24 * HOUR;
    assert_eq!(
        names(&desk.pass(days)),
        ["OrderArchived", "OrderForgotten", "PaymentArchived", "PaymentForgotten"]
    );
    assert!(desk.shop.payments().get(order(1)).is_none());
    let mut desk = open(Collect::default());
    desk.place(1, &[("mug", 2)]);
    told(&mut desk, authorized(1, 247));
    told(&mut desk, captured(2, 247));
    desk.order(cancel()).unwrap();
    let events = names(&desk.pass(days));
    assert!(events.contains(&"PaymentArchived") && !events.contains(&"PaymentForgotten"));
    let done = told(&mut desk, refunded(3));
    assert_eq!(done, ["PaymentRefunded", "PaymentForgotten", "CustomerNotified", "OrderForgotten"]);
}

#[test]
fn a_shop_that_takes_no_payment_has_no_record_of_one() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    desk.order(cancel()).unwrap();
    let of_payment = |e: &&Event| names(std::slice::from_ref(*e))[0].contains("Payment");
    assert_eq!(desk.history.iter().filter(of_payment).count(), 0);
    assert_eq!(desk.shop.payments().iter().count(), 0);
    assert_eq!(axis(&desk), PaymentStatus::NotRequired);
}

/// Order 1, of two mugs, was placed when there was no payment role.
fn old() -> Desk {
    let mut new = open(Collect::default());
    new.place(1, &[("mug", 2)]);
    let is_new = |e: &Event| {
        let name = names(std::slice::from_ref(e))[0];
        matches!(e, Event::Payment(_)) || name.starts_with("OrderPayment")
    };
    let mut old = Desk::open();
    old.shop = earmark::flow::Shop::default();
    for event in new.history.iter().filter(|e| !is_new(e)) {
        old.shop.apply(event).unwrap();
    }
    old.now = new.now;
    old
}

#[test]
fn a_history_of_the_time_before_this_role_goes_on_as_it_went() {
    let mut old = old();
    let pay = O::AuthorizePayment(AuthorizePayment { order: order(1), amount: pounds(247) });
    let told = names(&old.order(pay).unwrap());
    let as_ever = [
        "PaymentAuthorized",
        "AllocationRequested",
        "InventoryAllocated",
        "OrderAllocated",
        "OrderConfirmed",
        "CustomerNotified",
    ];
    assert_eq!(told, as_ever);
    let cancelled = names(&old.order(cancel()).unwrap());
    assert!(!cancelled.contains(&"OrderPaymentDue"));
    assert_eq!(axis(&old), PaymentStatus::Authorized);
}

#[test]
fn without_an_account_nothing_is_added_above_what_is_paid() {
    let mut old = old();
    let pay = O::AuthorizePayment(AuthorizePayment { order: order(1), amount: pounds(247) });
    old.order(pay).unwrap();
    let refused = old.order(amend(1, 0, 3)).unwrap_err();
    assert_eq!(refused, Refusal::Order(OrderRefusal::AmountTooSmall { needed: pounds(370) }));
    let mut destination = old.at_hand(1).destination.clone();
    destination.location.lat += 1;
    let (lines, added, destination) = (vec![], vec![], Some(destination));
    let worth_as_much = AmendOrder { order: order(1), lines, added, destination };
    old.order(O::Amend(worth_as_much)).unwrap();
    old.order(amend(1, 0, 1)).unwrap();
    assert_eq!(old.at_hand(1).total, pounds(123));
}
