//! Steps of payments, and the witness's own books of money.
//!
//! Law: the books are added up from events alone; a request that is answered twice, or money that
//! nobody gave, is heard at once.

use std::collections::{BTreeMap, BTreeSet};

use earmark::flow::{Command, SetPolicy, Shop, Tick};
use earmark::ids::{LineNumber, OrderId, PaymentNumber};
use earmark::laws;
use earmark::order::{AmendOrder, LineChange, OrderCommand, PlaceOrder, ReleaseOrder};
use earmark::payment::{
    CaptureDeclined, CapturePayment, DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund,
    PaymentCommand, PaymentDeclined, PaymentEvent as E, RecordAuthorization, RecordCapture,
    RecordRefund, RecordVoid, RefundDeclined, RefundPayment,
};
use earmark::policy::{CaptureWhen, Collect, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::Span;
use earmark::units::{Amount, Currency, Quantity};
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;

use super::ensure;
use super::steps::{Step, order, place, two_mugs, waited};

/// After how many milliseconds a provider that said no is asked again.
const WITHIN: u64 = 10_000;

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
        5 => Just(Amount { currency: Currency::new("EUR").unwrap(), minor: 100 }),
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

/// What a provider says on the way of one payment, and how much of it is taken and given back.
#[derive(Debug, Clone, Copy)]
struct Course {
    is_declined: bool,
    is_capture_declined: bool,
    is_refund_declined: bool,
    some: i64,
    refund: i64,
}

fn course() -> impl Strategy<Value = Course> {
    let declines = (any::<bool>(), any::<bool>(), any::<bool>());
    // Less than any order of these histories is worth, so that the rest is asked for anew.
    (declines, 1..120_i64, 1..200_i64).prop_map(|((is_declined, c, r), some, refund)| Course {
        is_declined,
        is_capture_declined: c,
        is_refund_declined: r,
        some,
        refund: refund.min(some),
    })
}

/// An order that is placed, paid, captured, and refunded in parts. The numbers of the requests are
/// those of an order that is new, worth less than 50 pounds, and captured once confirmed.
fn paid(placed: PlaceOrder, payment: PaymentPolicy, course: Course) -> Vec<Step> {
    use PaymentCommand as P;
    let Course { is_declined, is_capture_declined, is_refund_declined, some, refund } = course;
    let (order, reason) = (placed.order, DeclineReason::Provider);
    let orders = OrderPolicy { payment, ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    let mut steps = vec![
        Step::now(Command::SetPolicy(SetPolicy { policy })),
        Step::now(Command::Order(OrderCommand::Place(placed))),
    ];
    let say = |answer| Step::now(Command::Payment(answer));
    // After a no, a request is made anew, by the next number.
    let later = || Step { wait: WITHIN, ..Step::now(Command::Tick(Tick {})) };
    let mut last = 1;
    if is_declined {
        let request = PaymentNumber(last);
        steps.push(say(P::Decline(DeclinePayment { order, request, reason })));
        last += 1;
    }
    let (request, amount) = (PaymentNumber(last), pounds(5_000));
    steps.push(say(P::RecordAuthorization(RecordAuthorization { order, request, amount })));
    // What is too much is voided at once; what is due is captured once the order is confirmed.
    let (too_much, mut request) = (PaymentNumber(last + 1), PaymentNumber(last + 2));
    last += 2;
    if is_capture_declined {
        steps.push(say(P::DeclineCapture(DeclineCapture { order, request, reason })));
        steps.push(later());
        last += 1;
        request = PaymentNumber(last);
    }
    let amount = pounds(some);
    steps.push(say(P::RecordCapture(RecordCapture { order, request, amount })));
    let rest = PaymentNumber(last + 1);
    steps.push(say(P::RecordVoid(RecordVoid { order, request: too_much })));
    let amount = pounds(refund);
    steps.push(say(P::Refund(RefundPayment { order, amount, reason: None })));
    last += 2;
    if is_refund_declined {
        let request = PaymentNumber(last);
        steps.push(say(P::DeclineRefund(DeclineRefund { order, request, reason })));
        steps.push(later());
        last += 1;
    }
    let back = RecordRefund { order, request: PaymentNumber(last) };
    steps.push(say(P::RecordRefund(back)));
    let amount = pounds(some);
    steps.push(say(P::RecordCapture(RecordCapture { order, request: rest, amount })));
    steps
}

/// Any order that is paid and refunded, under any policy; steps are left out, so that the next
/// ones are early, or of numbers that are not there.
pub(crate) fn journey() -> impl Strategy<Value = Vec<Step>> {
    (place(), required(), course(), any::<u64>()).prop_map(|(placed, payment, course, keep)| {
        let steps = (0..).zip(paid(placed, payment, course));
        steps.filter(|(n, _)| *n < 2 || keep >> (n * 3) & 7 != 0).map(|(_, step)| step).collect()
    })
}

/// An order of a world that is still as it was opened, which is surely paid and refunded.
pub(crate) fn refunded() -> impl Strategy<Value = Vec<Step>> {
    course().prop_map(|course| {
        let (deadline, answer_within) = (Span::from_millis(60_000), Span::from_millis(WITHIN));
        let collect = Collect { answer_within, ..Collect::default() };
        paid(two_mugs(), PaymentPolicy::Required { deadline, collect }, course)
    })
}

/// An order that was paid for, and then amended above that, or held until what is authorized has
/// lapsed; some of it may be in the hands of warehouses by then. Each step may be left out.
pub(crate) fn unpaid() -> impl Strategy<Value = Vec<Step>> {
    let amended = (any::<bool>(), place(), 1..9_u32, 0..3_u16);
    let late = select(vec![0, 30_000, 60_000, 90_000_u64]);
    (place(), required(), amended, late, any::<u32>()).prop_map(
        |(placed, payment, (releases, other, quantity, line), late, keep)| {
            use PaymentCommand as P;
            let order = placed.order;
            let orders = OrderPolicy { payment, ..OrderPolicy::default() };
            let policy = Policy { orders, ..Policy::default() };
            let say = |answer| Step::now(Command::Payment(answer));
            let pay = |request: u16, minor| {
                let (request, amount) = (PaymentNumber(request), pounds(minor));
                say(P::RecordAuthorization(RecordAuthorization { order, request, amount }))
            };
            let quantity = Quantity::new(quantity);
            let change = LineChange { line: LineNumber(line), quantity, unit_price: None };
            let amend =
                AmendOrder { order, lines: vec![change], added: other.lines, destination: None };
            let release = OrderCommand::Release(ReleaseOrder { order, facility: None });
            let release = releases.then_some(Step::now(Command::Order(release)));
            let later = |wait| Step { wait, ..Step::now(Command::Tick(Tick {})) };
            let first = vec![
                Step::now(Command::SetPolicy(SetPolicy { policy })),
                Step::now(Command::Order(OrderCommand::Place(placed))),
                pay(1, 5_000),
            ];
            let then = vec![
                Step::now(Command::Order(OrderCommand::Amend(amend))),
                Step { wait: late, ..pay(4, 200) },
                later(60_000),
                later(60_000),
            ];
            let steps = first.into_iter().chain(release).chain(then);
            let kept = |n: u32| n < 3 || (keep >> (n * 3)) & 7 != 0;
            (0..).zip(steps).filter(|(n, _)| kept(*n)).map(|(_, step)| step).collect()
        },
    )
}

/// Payment required, and collected in any way.
pub(crate) fn required() -> impl Strategy<Value = PaymentPolicy> {
    let capture =
        select(vec![CaptureWhen::OnConfirmation, CaptureWhen::AsParcelsShip, CaptureWhen::ByHand]);
    let lasts = option::weighted(0.5, (1_000..100_000_u64).prop_map(Span::from_millis));
    let within = prop_oneof![3 => 1_000..50_000_u64, 1 => waited()];
    let deadline = prop_oneof![3 => Just(60_000), 1 => waited()];
    (deadline, capture, lasts, within).prop_map(
        |(deadline, capture, authorization_lasts, within)| {
            let answer_within = Span::from_millis(within);
            let collect = Collect { capture, authorization_lasts, answer_within };
            PaymentPolicy::Required { deadline: Span::from_millis(deadline), collect }
        },
    )
}

/// What a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wish {
    Pay,
    Capture,
    Void,
    Refund,
}

/// The money of one order, by the events.
#[derive(Debug, Clone, Default, PartialEq)]
struct Money {
    authorized: i64,
    captured: i64,
    refunded: i64,
    /// Requests without an answer, and what they take.
    open: BTreeMap<PaymentNumber, (i64, Wish)>,
    answered: BTreeSet<PaymentNumber>,
    may_capture: i64,
    /// What the order said last that it owes.
    owed: i64,
    /// Of that the staff granted to be paid back; or a provider paid back twice.
    granted: i64,
    declined: BTreeMap<PaymentNumber, i64>,
    /// A provider said no to a capture and then yes: what was asked for meanwhile is too much.
    contradicted: bool,
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
            E::DueRecorded(e) => {
                till.may_capture = till.may_capture.max(e.owed.capture.minor);
                till.owed = e.owed.authorize.minor;
            }
            E::Requested(e) => till.ask(e.request, e.amount.minor, Wish::Pay)?,
            E::CaptureRequested(e) => {
                till.ask(e.request, e.amount.minor, Wish::Capture)?;
                let net = till.captured - till.refunded - till.asked(Wish::Refund);
                let fair = net + till.asked(Wish::Capture) <= till.may_capture;
                ensure(fair, || format!("{till:?} may not have {e:?}"))?;
            }
            E::VoidRequested(e) => till.ask(e.request, e.amount.minor, Wish::Void)?,
            E::RefundRequested(e) => till.ask(e.request, e.amount.minor, Wish::Refund)?,
            E::Authorized(e) => {
                till.answer(e.request)?;
                till.authorized += e.amount.minor;
            }
            E::Declined(PaymentDeclined { request, .. })
            | E::CaptureDeclined(CaptureDeclined { request, .. })
            | E::RefundDeclined(RefundDeclined { request, .. }) => {
                let asked = till.answer(*request)?;
                till.declined.insert(*request, asked);
            }
            E::Lapsed(e) => till.authorized -= e.amount.minor,
            E::Captured(e) => {
                let late = till.declined.contains_key(&e.request);
                let asked = till.answer(e.request)?;
                ensure(e.amount.minor <= asked, || format!("{asked} were asked for: {e:?}"))?;
                // What had lapsed, or was voided, was not gone if it is captured all the same.
                let told = e.standing.authorized.minor;
                till.contradicted |= late;
                let left = till.authorized - e.amount.minor;
                till.authorized = if till.contradicted { told } else { left };
                till.captured += e.amount.minor;
                let fair = till.captured - till.refunded <= till.may_capture;
                ensure(fair || till.contradicted, || format!("{till:?} may not have {e:?}"))?;
            }
            E::Voided(e) => till.authorized -= till.answer(e.request)?.min(e.amount.minor),
            E::Refunded(e) => {
                let late = till.declined.contains_key(&e.request);
                let back = till.answer(e.request)?.min(e.amount.minor);
                till.refunded += back;
                till.granted += if late { back } else { 0 };
            }
            E::Withdrawn(e) => {
                let known = till.open.get(&e.request).is_some_and(|(_, what)| *what == Wish::Pay);
                ensure(known, || format!("nobody waits for it: {e:?}"))?;
            }
            E::RefundGranted(e) => till.granted += e.amount.minor,
            E::Repeated(_) | E::Archived(_) => {}
            E::Forgotten(e) => {
                let gone = self.of.remove(&e.order).unwrap_or_default();
                ensure(gone.authorized == 0, || format!("{gone:?} is held and forgotten"))?;
                return Ok(());
            }
        }
        let bounds = till.authorized >= 0 && till.refunded <= till.captured;
        ensure(bounds, || format!("{till:?} after {event:?}"))
    }

    /// Units of an order are released, or leave.
    pub(crate) fn lets_go(&self, order: OrderId) -> Result<(), String> {
        let Some(till) = self.of.get(&order) else { return Ok(()) };
        let held = till.authorized + till.captured - till.refunded;
        let kept = laws::is_paid_for(held, till.owed - till.granted);
        ensure(kept, || format!("{}: {order}: {till:?}", laws::PAID_FOR))
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
    /// What is asked for so, and not answered yet.
    fn asked(&self, what: Wish) -> i64 {
        self.open.values().filter(|(_, open)| *open == what).map(|(amount, _)| amount).sum()
    }

    fn ask(&mut self, number: PaymentNumber, amount: i64, what: Wish) -> Result<(), String> {
        ensure(amount > 0, || format!("{number} asks for nothing"))?;
        let next = self.open.len() + self.answered.len() + 1;
        ensure(usize::from(number.0) == next, || format!("{number} comes as number {next}"))?;
        self.open.insert(number, (amount, what));
        Ok(())
    }

    fn answer(&mut self, number: PaymentNumber) -> Result<i64, String> {
        // A no may turn out to have been a yes.
        if let Some(asked) = self.declined.remove(&number) {
            return Ok(asked);
        }
        let open = self.open.remove(&number);
        let first = self.answered.insert(number);
        let (amount, _) = open
            .filter(|_| first)
            .ok_or_else(|| format!("{}: {number} is answered and not open", laws::ANSWERED_ONCE))?;
        Ok(amount)
    }
}
