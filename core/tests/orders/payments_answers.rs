//! Answers of a provider that come once more, and the bounds of what it is asked.
//!
//! An answer counts once: the same again changes nothing, another one is refused, and what is
//! asked for comes to an end.

use crate::support::payments::{HOUR, authorized, captured, open, pounds, refunded, view, voided};
use crate::support::{Desk, names, order};
use earmark::decide::{Context, Principal};
use earmark::flow::Command;
use earmark::ids::PaymentNumber;
use earmark::limits::{PAYMENT_DECLINES, PAYMENT_REQUESTS};
use earmark::order::{AuthorizePayment, OrderCommand};
use earmark::payment::{
    CapturePayment, DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund,
    PaymentCommand as P, RefundPayment, RequestState,
};
use earmark::policy::{CaptureWhen, Collect};
use earmark::time::{Span, Timestamp};

const DAY: u64 = 24 * HOUR;

fn captured_when(capture: CaptureWhen) -> Desk {
    open(Collect { capture, ..Collect::default() })
}

/// An order of 247 that was paid in two parts, of which both were captured: 100 as request 3, and
/// 147 as request 4.
fn captured_twice() -> Desk {
    let mut desk = captured_when(CaptureWhen::default());
    desk.place(1, &[("mug", 2)]);
    for answer in [authorized(1, 100), authorized(2, 147), captured(3, 100), captured(4, 147)] {
        desk.must(Command::Payment(answer));
    }
    desk
}

fn capture_declined(n: u16) -> P {
    let (order, request, reason) = (order(1), PaymentNumber(n), DeclineReason::Provider);
    P::DeclineCapture(DeclineCapture { order, request, reason })
}

fn refund_declined(n: u16) -> P {
    let (order, request, reason) = (order(1), PaymentNumber(n), DeclineReason::Provider);
    P::DeclineRefund(DeclineRefund { order, request, reason })
}

fn declined(n: u16) -> P {
    let (order, request, reason) = (order(1), PaymentNumber(n), DeclineReason::Provider);
    P::Decline(DeclinePayment { order, request, reason })
}

fn refund(minor: i64) -> P {
    P::Refund(RefundPayment { order: order(1), amount: pounds(minor), reason: None })
}

/// The first event that an answer leads to, or the code of its refusal.
fn heard(desk: &mut Desk, answer: P) -> &'static str {
    match desk.ask(Command::Payment(answer)) {
        Ok(events) => names(&events).first().copied().unwrap_or("nothing"),
        Err(refusal) => refusal.code(),
    }
}

#[test]
fn the_same_answer_again_changes_nothing_and_another_one_is_refused() {
    let mut desk = captured_twice();
    assert_eq!(heard(&mut desk, captured(3, 100)), "nothing");
    assert_eq!(heard(&mut desk, captured(3, 147)), "answered-differently", "that was the other");
    assert_eq!(heard(&mut desk, captured(4, 100)), "answered-differently");
    assert_eq!(heard(&mut desk, capture_declined(3)), "answered-differently");

    assert_eq!(heard(&mut desk, refund(50)), "RefundGranted");
    assert_eq!(heard(&mut desk, refunded(5)), "PaymentRefunded");
    assert_eq!(heard(&mut desk, refunded(5)), "nothing");
    assert_eq!(heard(&mut desk, refund_declined(5)), "answered-differently");

    let mut desk = captured_when(CaptureWhen::default());
    desk.place(1, &[("mug", 2)]);
    desk.must(Command::Payment(authorized(1, 247)));
    assert_eq!(heard(&mut desk, capture_declined(2)), "CaptureDeclined");
    assert_eq!(heard(&mut desk, capture_declined(2)), "nothing");

    let mut desk = captured_when(CaptureWhen::default());
    desk.place(1, &[("mug", 2)]);
    desk.must(Command::Payment(authorized(1, 300)));
    assert_eq!(heard(&mut desk, voided(2)), "PaymentVoided", "the 53 that are too much");
    assert_eq!(heard(&mut desk, voided(2)), "nothing");
}

#[test]
fn a_refund_that_was_declined_is_believed_later_unless_it_was_made_once_more() {
    let mut desk = captured_twice();
    desk.must(Command::Payment(refund(147)));
    assert_eq!(heard(&mut desk, refund_declined(5)), "RefundDeclined");
    assert_eq!(heard(&mut desk, refund_declined(5)), "nothing");
    assert_eq!(heard(&mut desk, refunded(5)), "PaymentRefunded", "it was made after all");
    assert_eq!(view(&desk).standing.refunded, pounds(147));

    let mut desk = captured_twice();
    desk.must(Command::Payment(refund(147)));
    desk.must(Command::Payment(refund_declined(5)));
    assert_eq!(names(&desk.pass(DAY)), ["RefundRequested"]);
    assert_eq!(heard(&mut desk, refunded(6)), "PaymentRefunded");
    assert_eq!(heard(&mut desk, refunded(5)), "answered-differently", "nothing of it is left");
    assert_eq!(view(&desk).standing.refunded, pounds(147));
}

#[test]
fn a_capture_that_was_declined_and_took_place_costs_the_customer_nothing_more() {
    // Of what is authorized, 53 are on their way back, and 247 are asked for a second time.
    let again = || {
        let mut desk = captured_when(CaptureWhen::default());
        desk.place(1, &[("mug", 2)]);
        desk.must(Command::Payment(authorized(1, 300)));
        assert_eq!(heard(&mut desk, capture_declined(3)), "CaptureDeclined");
        assert!(names(&desk.pass(DAY)).contains(&"CaptureRequested"));
        desk
    };
    for (first, second) in [(200, 47), (200, 247), (247, 247)] {
        let mut desk = again();
        for (answer, minor) in [(captured(3, first), first), (captured(4, second), second)] {
            let told = names(&desk.must(Command::Payment(answer)));
            assert!(told.contains(&"PaymentCaptured"), "{told:?}");
            assert!(!told.contains(&"PaymentRequested"), "{minor} of {first}, {second}: {told:?}");
        }
        let too_much = first + second - 247;
        let back = view(&desk).requests.get(4).map_or(0, |request| request.amount.minor);
        assert_eq!(back, too_much, "goes back");
    }
}

#[test]
fn a_customer_whose_every_try_is_declined_is_asked_no_more() {
    let mut desk = captured_when(CaptureWhen::default());
    desk.place(1, &[("mug", 2)]);
    let amount = pounds(247);
    let pay = OrderCommand::AuthorizePayment(AuthorizePayment { order: order(1), amount });
    for n in 1..PAYMENT_DECLINES {
        assert_eq!(heard(&mut desk, declined(n)), "PaymentDeclined");
        assert_eq!(view(&desk).requests.last().unwrap().state, RequestState::Asked, "try {n}");
    }
    desk.must(Command::Payment(declined(PAYMENT_DECLINES)));
    assert_eq!(view(&desk).requests.len(), usize::from(PAYMENT_DECLINES));
    assert_eq!(desk.order(pay.clone()).unwrap_err().code(), "too-many-declines");
    // The last try went through after all.
    assert_eq!(heard(&mut desk, authorized(PAYMENT_DECLINES, 247)), "AuthorizationRecorded");
    assert_eq!(desk.order(pay), Ok(vec![]), "nothing is missing");
}

#[test]
fn half_of_the_requests_are_kept_for_what_goes_back() {
    let (capture, lasts) = (CaptureWhen::ByHand, Some(Span::from_millis(DAY)));
    let mut desk = open(Collect { capture, authorization_lasts: lasts, ..Collect::default() });
    desk.place(1, &[("mug", 25)]);
    desk.must(Command::Payment(authorized(1, 3_000)));
    desk.must(Command::Payment(authorized(2, 86)));
    let capture = |amount: Option<i64>| {
        let amount = amount.map(pounds);
        Command::Payment(P::Capture(CapturePayment { order: order(1), amount }))
    };
    let context = Context { at: Timestamp::from_millis(desk.now), by: Principal::Staff };
    for _ in 3..PAYMENT_REQUESTS / 2 {
        desk.shop.settle(&capture(Some(1)), &context).unwrap().unwrap();
    }
    // What is left lies in two authorizations, and there is room for one more capture.
    let told = names(&desk.must(capture(None)));
    assert_eq!(told.iter().filter(|name| **name == "CaptureRequested").count(), 1);
    desk.must(Command::Payment(captured(3, 1)));
    assert_eq!(view(&desk).requests.len(), usize::from(PAYMENT_REQUESTS / 2));
    assert_eq!(desk.ask(capture(Some(1))).unwrap_err().code(), "too-many-requests");
    let by_hand = heard(&mut desk, refund(1));
    assert_eq!(by_hand, "too-many-requests", "the staff grants no more");
    // What is left of the second authorization lapses in a day.
    let mut later = Desk { shop: desk.shop.clone(), now: desk.now, history: vec![] };
    let told = names(&later.pass(DAY));
    assert!(told.contains(&"AuthorizationLapsed"), "{told:?}");
    assert!(!told.contains(&"PaymentRequested"), "the customer is asked for no more");
    let reason = earmark::order::CancelReason::Customer;
    let cancel = earmark::order::CancelOrder { order: order(1), lines: None, reason };
    let told = names(&desk.order(OrderCommand::Cancel(cancel)).unwrap());
    assert!(told.contains(&"VoidRequested") && told.contains(&"RefundRequested"), "{told:?}");
}

#[test]
fn the_shop_says_when_a_provider_is_to_be_asked_again() {
    let mut desk = captured_when(CaptureWhen::default());
    let next = |desk: &Desk| desk.shop.next_deadline();
    desk.place(1, &[("mug", 2)]);
    assert_eq!(next(&desk), Some(Timestamp::from_millis(desk.now + HOUR)), "the order's own time");
    desk.must(Command::Payment(authorized(1, 247)));
    let until = view(&desk).requests[1].until;
    assert_eq!(next(&desk), Some(until), "when the capture is not answered");
    desk.must(Command::Payment(captured(2, 247)));
    assert_eq!(next(&desk), None);
    // What is authorized lapses in a day, unless it is captured before.
    let lasts = Some(Span::from_millis(DAY));
    let mut desk = open(Collect { authorization_lasts: lasts, ..Collect::default() });
    desk.place(1, &[("mug", 2)]);
    desk.must(Command::Payment(authorized(1, 247)));
    desk.must(Command::Payment(captured(2, 247)));
    assert_eq!(next(&desk), None, "nothing is left of it");
}
