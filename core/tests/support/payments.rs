//! Words about payments for tests: of order 1, what a provider answers and how it stands.

use earmark::decide::Principal;
use earmark::flow::{Answer, Command, PaymentQuery, PaymentView, Query, SetPolicy};
use earmark::ids::PaymentNumber;
use earmark::payment::{
    PaymentCommand as P, RecordAuthorization, RecordCapture, RecordRefund, RecordVoid,
};
use earmark::policy::{Collect, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::Span;
use earmark::units::{Amount, Currency};

use super::{Desk, order};

pub(crate) const HOUR: u64 = 3_600_000;

pub(crate) fn pounds(minor: i64) -> Amount {
    Amount { currency: Currency::GBP, minor }
}

/// A shop where orders wait an hour for a payment, collected so.
pub(crate) fn open(collect: Collect) -> Desk {
    let mut desk = Desk::open();
    let payment = PaymentPolicy::Required { deadline: Span::from_millis(HOUR), collect };
    let orders = OrderPolicy { payment, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk
}

pub(crate) fn authorized(n: u16, minor: i64) -> P {
    let (request, amount) = (PaymentNumber(n), pounds(minor));
    P::RecordAuthorization(RecordAuthorization { order: order(1), request, amount })
}

pub(crate) fn captured(n: u16, minor: i64) -> P {
    let (request, amount) = (PaymentNumber(n), pounds(minor));
    P::RecordCapture(RecordCapture { order: order(1), request, amount })
}

pub(crate) fn voided(n: u16) -> P {
    P::RecordVoid(RecordVoid { order: order(1), request: PaymentNumber(n) })
}

pub(crate) fn refunded(n: u16) -> P {
    P::RecordRefund(RecordRefund { order: order(1), request: PaymentNumber(n) })
}

pub(crate) fn view(desk: &Desk) -> PaymentView {
    let query = Query::Payment(PaymentQuery { order: order(1) });
    match desk.shop.query(&query, &Principal::Staff).unwrap() {
        Answer::Payment(view) => view,
        other => panic!("{other:?}"),
    }
}
