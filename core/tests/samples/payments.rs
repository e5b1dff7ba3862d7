//! Samples of the payment role, and of what the order role says to it.

use earmark::flow::{
    Answer, AuthorizationView, CaptureView, Command, Event, PaymentQuery, PaymentRequestKind,
    PaymentRequestView, PaymentView, Query, Refusal,
};
use earmark::ids::PaymentNumber;
use earmark::order::{
    OrderEvent, OrderPaymentDue, OrderPaymentMissed, OrderPaymentNeeded, OrderPaymentRecorded,
    OrderShortened,
};
use earmark::owed::{Owed, Standing};
use earmark::payment::{
    AuthorizationLapsed, AuthorizationRecorded, CaptureDeclined, CapturePayment, CaptureRequested,
    DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund, PaymentArchived, PaymentCaptured,
    PaymentCommand as C, PaymentDeclined, PaymentDueRecorded, PaymentEvent as E, PaymentForgotten,
    PaymentRefunded, PaymentRefusal, PaymentRequestRepeated, PaymentRequestWithdrawn,
    PaymentRequested, PaymentVoided, RecordAuthorization, RecordCapture, RecordRefund, RecordVoid,
    RefundDeclined, RefundGranted, RefundPayment, RefundRequested, RequestState, VoidRequested,
};
use earmark::policy::CaptureWhen;
use earmark::time::{Span, Timestamp};
use earmark::units::Currency;

use super::{Sample, order, pounds, sample, text};

const REQUEST: PaymentNumber = PaymentNumber(300);
const OF: PaymentNumber = PaymentNumber(2);
const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);
const UNTIL: Timestamp = Timestamp::from_millis(1_732_838_400_000);

fn owed() -> Owed {
    Owed {
        sequence: 300,
        owner: Some(text("17850")),
        pay_until: UNTIL,
        authorize: pounds(70_000),
        capture: pounds(1_530),
        capture_when: CaptureWhen::AsParcelsShip,
        authorization_lasts: Some(Span::from_days(7)),
        answer_within: Span::from_days(1),
    }
}

fn bare_owed() -> Owed {
    Owed {
        owner: None,
        capture_when: CaptureWhen::ByHand,
        authorization_lasts: None,
        capture: pounds(0),
        ..owed()
    }
}

fn standing() -> Standing {
    Standing {
        revision: 300,
        authorized: pounds(70_000),
        captured: pounds(1_530),
        refunded: pounds(30),
        declined: true,
    }
}

/// Commands to the payment role.
pub(super) fn commands() -> Vec<Sample<Command>> {
    let (order, request, amount) = (order(), REQUEST, pounds(1_530));
    let declined =
        |case, reason| sample(case, C::Decline(DeclinePayment { order, request, reason }));
    let reason = DeclineReason::Provider;
    let all = vec![
        sample("a part", C::RecordAuthorization(RecordAuthorization { order, request, amount })),
        declined("no funds", DeclineReason::InsufficientFunds),
        declined("card", DeclineReason::CardExpired),
        declined("not authenticated", DeclineReason::NotAuthenticated),
        declined("fraud", DeclineReason::Fraud),
        declined("limit", DeclineReason::LimitExceeded),
        declined("other", DeclineReason::Other),
        sample("a part", C::RecordCapture(RecordCapture { order, request, amount })),
        sample(
            "expired",
            C::DeclineCapture(DeclineCapture {
                order,
                request,
                reason: DeclineReason::AuthorizationExpired,
            }),
        ),
        sample("plain", C::RecordVoid(RecordVoid { order, request })),
        sample("plain", C::RecordRefund(RecordRefund { order, request })),
        sample("provider", C::DeclineRefund(DeclineRefund { order, request, reason })),
        sample("some", C::Capture(CapturePayment { order, amount: Some(amount) })),
        sample("all", C::Capture(CapturePayment { order, amount: None })),
        sample(
            "with a reason",
            C::Refund(RefundPayment { order, amount, reason: Some(text("came broken")) }),
        ),
        sample("bare", C::Refund(RefundPayment { order, amount, reason: None })),
    ];
    all.into_iter().map(|s| sample(s.case, Command::Payment(s.value))).collect()
}

/// Events of the payment role, and of the order role to it.
pub(super) fn events() -> Vec<Sample<Event>> {
    let order = order();
    let due = |case, owed| {
        sample(case, Event::Order(OrderEvent::PaymentDue(OrderPaymentDue { order, owed })))
    };
    let (at, number, missing) = (UNTIL, 300, pounds(1_530));
    let needed = |until| OrderPaymentNeeded { order, at, number, missing, until };
    let missed = OrderPaymentMissed { order, at, number, missing };
    let shortened = OrderShortened { order, at, number };
    let heard = OrderPaymentRecorded { order, standing: standing() };
    let mut all = vec![
        due("every field", owed()),
        due("bare", bare_owed()),
        sample("every field", Event::Order(OrderEvent::PaymentRecorded(heard))),
        sample("a deadline", Event::Order(OrderEvent::PaymentNeeded(needed(Some(UNTIL))))),
        sample("bare", Event::Order(OrderEvent::PaymentNeeded(needed(None)))),
        sample("plain", Event::Order(OrderEvent::PaymentMissed(missed))),
        sample("plain", Event::Order(OrderEvent::Shortened(shortened))),
    ];
    let own = asked().into_iter().chain(answered());
    all.extend(own.map(|s| sample(s.case, Event::Payment(s.value))));
    all
}

fn asked() -> Vec<Sample<E>> {
    let (order, request, amount, until) = (order(), REQUEST, pounds(1_530), UNTIL);
    let (authorization, capture, attempt) = (OF, OF, 300);
    let due = |owed| E::DueRecorded(PaymentDueRecorded { order, owed });
    vec![
        sample("every field", due(owed())),
        sample("bare", due(bare_owed())),
        sample("plain", E::Requested(PaymentRequested { order, request, attempt, amount, until })),
        sample("plain", E::Withdrawn(PaymentRequestWithdrawn { order, request })),
        sample("plain", E::Repeated(PaymentRequestRepeated { order, request, attempt, until })),
        sample(
            "plain",
            E::CaptureRequested(CaptureRequested { order, request, authorization, amount, until }),
        ),
        sample(
            "plain",
            E::VoidRequested(VoidRequested { order, request, authorization, amount, until }),
        ),
        sample(
            "granted",
            E::RefundRequested(RefundRequested {
                order,
                request,
                capture,
                amount,
                granted: true,
                until,
            }),
        ),
    ]
}

fn answered() -> Vec<Sample<E>> {
    let (order, request, amount, at) = (order(), REQUEST, pounds(1_530), AT);
    let (authorization, retry_at, reason) = (OF, UNTIL, DeclineReason::Provider);
    let authorized = |until| {
        let standing = standing();
        E::Authorized(AuthorizationRecorded { order, at, request, amount, until, standing })
    };
    let granted = |reason| E::RefundGranted(RefundGranted { order, at, amount, reason });
    let standing = standing;
    vec![
        sample("that lapses", authorized(Some(UNTIL))),
        sample("that does not", authorized(None)),
        sample(
            "plain",
            E::Declined(PaymentDeclined {
                order,
                at,
                request,
                attempt: 300,
                reason: DeclineReason::InsufficientFunds,
                standing: standing(),
            }),
        ),
        sample(
            "plain",
            E::Lapsed(AuthorizationLapsed {
                order,
                at,
                authorization,
                amount,
                standing: standing(),
            }),
        ),
        sample(
            "plain",
            E::Captured(PaymentCaptured { order, at, request, amount, standing: standing() }),
        ),
        sample(
            "plain",
            E::CaptureDeclined(CaptureDeclined { order, at, request, reason, retry_at }),
        ),
        sample(
            "plain",
            E::Voided(PaymentVoided { order, at, request, amount, standing: standing() }),
        ),
        sample("with a reason", granted(Some(text("came broken")))),
        sample("bare", granted(None)),
        sample(
            "plain",
            E::Refunded(PaymentRefunded { order, at, request, amount, standing: standing() }),
        ),
        sample("plain", E::RefundDeclined(RefundDeclined { order, at, request, reason, retry_at })),
        sample("plain", E::Archived(PaymentArchived { order })),
        sample("plain", E::Forgotten(PaymentForgotten { order })),
    ]
}

/// The question about a payment.
pub(super) fn query() -> Sample<Query> {
    sample("one", Query::Payment(PaymentQuery { order: order() }))
}

/// Its answer.
pub(super) fn answer() -> Sample<Answer> {
    let amount = pounds(1_530);
    let request = |kind, of, state| PaymentRequestView {
        number: REQUEST,
        kind,
        of,
        amount,
        state,
        attempt: 300,
        until: UNTIL,
    };
    let view = PaymentView {
        order: order(),
        owed: owed(),
        standing: standing(),
        granted: pounds(30),
        requests: vec![
            request(PaymentRequestKind::Authorize, None, RequestState::Withdrawn),
            request(PaymentRequestKind::Capture, Some(OF), RequestState::Done),
            request(PaymentRequestKind::Void, Some(OF), RequestState::Asked),
            request(PaymentRequestKind::Refund, Some(OF), RequestState::Declined),
        ],
        authorizations: vec![AuthorizationView {
            number: OF,
            amount,
            left: amount,
            until: Some(UNTIL),
        }],
        captures: vec![CaptureView { number: OF, amount, refunded: pounds(30) }],
        retry_at: Some(UNTIL),
    };
    sample("payment of an order", Answer::Payment(view))
}

/// Refusals of the payment role.
pub(super) fn refusals() -> Vec<Sample<Refusal>> {
    let request = REQUEST;
    let all = [
        PaymentRefusal::UnknownOrder { order: order() },
        PaymentRefusal::StaffOnly,
        PaymentRefusal::UnknownRequest { request },
        PaymentRefusal::AnsweredDifferently { request },
        PaymentRefusal::OtherCurrency { currency: Currency::GBP },
        PaymentRefusal::AmountTooSmall { needed: pounds(1_530) },
        PaymentRefusal::AmountTooLarge { allowed: pounds(1_530) },
        PaymentRefusal::TooManyRequests { allowed: 2_048 },
        PaymentRefusal::TooManyDeclines { allowed: 64 },
    ];
    all.map(Refusal::Payment).into_iter().map(|r| sample(r.code(), r)).collect()
}
