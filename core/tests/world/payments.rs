//! Steps of payments, and the witness's own books of money.
//!
//! Law: the books are added up from events alone; a request that is answered twice, or money that
//! nobody gave, is heard at once.

use std::collections::{BTreeMap, BTreeSet};

use earmark::flow::{Command, SetPolicy, Shop};
use earmark::ids::{OrderId, PaymentNumber};
use earmark::order::OrderCommand;
use earmark::payment::{
    CapturePayment, DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund, PaymentCommand,
    PaymentEvent as E, RecordAuthorization, RecordCapture, RecordRefund, RecordVoid, RefundPayment,
};
use earmark::policy::{CaptureWhen, Collect, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::Span;
use earmark::units::{Amount, Currency};
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;

use super::ensure;
use super::steps::{Step, order, place};

fn pounds(minor: i64) -> Amount {
    Amount { currency: Currency::GBP, minor }
}

fn number() -> impl Strategy<Value = PaymentNumber> {
    (1..7_u16).prop_map(PaymentNumber)
}

/// Amounts of the size of the orders of these histories, and some that fit nothing.
fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        12 => (1..2_500_i64).prop_map(pounds),
        6 => (1..9_i64).prop_map(|units| pounds(units * 123)),
        1 => Just(pounds(0)),
        1 => Just(pounds(i64::MAX)),
        1 => Just(Amount { currency: Currency::new("EUR").unwrap(), minor: 100 }),
    ]
}

fn reason() -> impl Strategy<Value = DeclineReason> {
    select(vec![
        DeclineReason::InsufficientFunds,
        DeclineReason::AuthorizationExpired,
        DeclineReason::Provider,
    ])
}

/// Any answer to anything, in time or late, wanted or not.
pub(crate) fn command() -> impl Strategy<Value = Command> {
    (order(), number(), amount(), reason(), option::of(amount()), 0..24_u8).prop_map(
        |(order, request, amount, reason, some, which)| {
            use PaymentCommand as P;
            Command::Payment(match which {
                0..5 => P::RecordAuthorization(RecordAuthorization { order, request, amount }),
                5..7 => P::Decline(DeclinePayment { order, request, reason }),
                7..11 => P::RecordCapture(RecordCapture { order, request, amount }),
                11..13 => P::DeclineCapture(DeclineCapture { order, request, reason }),
                13..16 => P::RecordVoid(RecordVoid { order, request }),
                16..19 => P::RecordRefund(RecordRefund { order, request }),
                19..20 => P::DeclineRefund(DeclineRefund { order, request, reason }),
                20..21 => P::Capture(CapturePayment { order, amount: some }),
                _ => P::Refund(RefundPayment { order, amount, reason: None }),
            })
        },
    )
}

/// An order that is placed, declined once or not, paid, captured, and refunded in parts; each
/// answer may be left out or come twice, so that the next ones are early or late.
pub(crate) fn journey() -> impl Strategy<Value = Vec<Step>> {
    let (refund, some) = (1..200_i64, 1..120_i64);
    (place(), required(), refund, some, any::<u16>(), any::<bool>()).prop_map(
        |(placed, payment, refund, some, keep, is_late)| {
            use PaymentCommand as P;
            let (order, reason) = (placed.order, DeclineReason::Provider);
            let number = |n: u16| PaymentNumber(n + u16::from(is_late));
            let all = [
                P::Decline(DeclinePayment { order, request: PaymentNumber(1), reason }),
                P::RecordAuthorization(RecordAuthorization {
                    order,
                    request: number(1),
                    amount: pounds(5_000),
                }),
                P::DeclineCapture(DeclineCapture { order, request: number(3), reason }),
                P::RecordCapture(RecordCapture { order, request: number(3), amount: pounds(some) }),
                P::RecordVoid(RecordVoid { order, request: number(2) }),
                P::Refund(RefundPayment { order, amount: pounds(refund.min(some)), reason: None }),
                P::DeclineRefund(DeclineRefund { order, request: number(5), reason }),
                P::RecordRefund(RecordRefund { order, request: number(5) }),
                P::RecordCapture(RecordCapture { order, request: number(4), amount: pounds(some) }),
                P::RecordRefund(RecordRefund { order, request: number(6) }),
            ];
            let orders = OrderPolicy { payment, ..OrderPolicy::default() };
            let policy = Policy { orders, ..Policy::default() };
            let mut steps = vec![
                Step::now(Command::SetPolicy(SetPolicy { policy })),
                Step::now(Command::Order(OrderCommand::Place(placed))),
            ];
            for (n, command) in (0..).zip(all) {
                // The first is sent if the rest counts on it.
                let is_left_out = if n == 0 { !is_late } else { keep >> n & 3 == 0 };
                let times = if is_left_out { 0 } else { 1 + usize::from(keep >> n & 7 == 7) };
                steps.extend(vec![Step::now(Command::Payment(command)); times]);
            }
            steps
        },
    )
}

/// Payment required, and collected in any way.
pub(crate) fn required() -> impl Strategy<Value = PaymentPolicy> {
    let capture =
        select(vec![CaptureWhen::OnConfirmation, CaptureWhen::AsParcelsShip, CaptureWhen::ByHand]);
    let lasts = option::weighted(0.5, (0..100_000_u64).prop_map(Span::from_millis));
    let within = prop_oneof![3 => 0..50_000_u64, 1 => any::<u64>()];
    let deadline = prop_oneof![3 => Just(60_000), 1 => any::<u64>()];
    (deadline, capture, lasts, within).prop_map(
        |(deadline, capture, authorization_lasts, within)| {
            let answer_within = Span::from_millis(within);
            let collect = Collect { capture, authorization_lasts, answer_within };
            PaymentPolicy::Required { deadline: Span::from_millis(deadline), collect }
        },
    )
}

/// The money of one order, by the events.
#[derive(Debug, Clone, Default, PartialEq)]
struct Money {
    authorized: i64,
    captured: i64,
    refunded: i64,
    /// Requests without an answer, and what they take.
    open: BTreeMap<PaymentNumber, (i64, bool)>,
    answered: BTreeSet<PaymentNumber>,
    may_capture: i64,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tills {
    of: BTreeMap<OrderId, Money>,
}

impl Tills {
    /// Hears an event of the payment role.
    pub(crate) fn hear(&mut self, event: &E) -> Result<(), String> {
        let till = self.of.entry(event.order()).or_default();
        match event {
            E::DueRecorded(e) => till.may_capture = till.may_capture.max(e.owed.capture.minor),
            E::Requested(e) => till.ask(e.request, e.amount.minor, true)?,
            E::CaptureRequested(e) => till.ask(e.request, e.amount.minor, false)?,
            E::VoidRequested(e) => till.ask(e.request, e.amount.minor, false)?,
            E::RefundRequested(e) => till.ask(e.request, e.amount.minor, false)?,
            E::Authorized(e) => {
                till.answer(e.request)?;
                till.authorized += e.amount.minor;
            }
            E::Declined(e) => drop(till.answer(e.request)?),
            E::CaptureDeclined(e) => drop(till.answer(e.request)?),
            E::RefundDeclined(e) => drop(till.answer(e.request)?),
            E::Lapsed(e) => till.authorized -= e.amount.minor,
            E::Captured(e) => {
                let asked = till.answer(e.request)?;
                ensure(e.amount.minor <= asked, || format!("{asked} were asked for: {e:?}"))?;
                till.authorized -= e.amount.minor;
                till.captured += e.amount.minor;
                let fair = till.captured - till.refunded <= till.may_capture;
                ensure(fair, || format!("{till:?} may not have {e:?}"))?;
            }
            E::Voided(e) => till.authorized -= till.answer(e.request)?.min(e.amount.minor),
            E::Refunded(e) => till.refunded += till.answer(e.request)?.min(e.amount.minor),
            E::Withdrawn(e) => {
                let known = till.open.get(&e.request).is_some_and(|(_, is_wish)| *is_wish);
                ensure(known, || format!("nobody waits for it: {e:?}"))?;
            }
            E::Repeated(_) | E::RefundGranted(_) | E::Archived(_) => {}
            E::Forgotten(e) => {
                let gone = self.of.remove(&e.order).unwrap_or_default();
                ensure(gone.authorized == 0, || format!("{gone:?} is held and forgotten"))?;
                return Ok(());
            }
        }
        let bounds = till.authorized >= 0 && till.refunded <= till.captured;
        ensure(bounds, || format!("{till:?} after {event:?}"))
    }

    /// Holds the shop's accounts against these.
    pub(crate) fn agrees(&self, shop: &Shop) -> Result<(), String> {
        ensure(shop.payments().iter().count() == self.of.len(), || "other accounts".into())?;
        for (id, account) in shop.payments().iter() {
            let till = self.of.get(id).ok_or("an account that nobody heard of")?;
            let told = (account.authorized(), account.captured(), account.refunded());
            let heard = (till.authorized, till.captured, till.refunded);
            ensure(told == heard, || format!("{id}: {told:?}, {heard:?} by the events"))?;
        }
        Ok(())
    }
}

impl Money {
    fn ask(&mut self, number: PaymentNumber, amount: i64, is_wish: bool) -> Result<(), String> {
        ensure(amount > 0, || format!("{number} asks for nothing"))?;
        let next = self.open.len() + self.answered.len() + 1;
        ensure(usize::from(number.0) == next, || format!("{number} comes as number {next}"))?;
        self.open.insert(number, (amount, is_wish));
        Ok(())
    }

    fn answer(&mut self, number: PaymentNumber) -> Result<i64, String> {
        let open = self.open.remove(&number);
        let first = self.answered.insert(number);
        let (amount, _) = open.filter(|_| first).ok_or_else(|| {
            format!("{}: {number} is answered and not open", earmark::laws::ANSWERED_ONCE)
        })?;
        Ok(amount)
    }
}
