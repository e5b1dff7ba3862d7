//! Generated orders in place of others, and more time for orders.
//!
//! Law: as of all steps: a step is a value.

use earmark::decide::Principal;
use earmark::flow::{Command, SetPolicy, Tick};
use earmark::order::{ExtendOrder, OrderCommand, OrderLine, PlaceOrder, ReplaceOrder, SaveDraft};
use earmark::policy::{Extensions, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use proptest::prelude::Strategy;

use super::steps::{Step, authorize, order, order_id, place, two_mugs};
use crate::support::{START, text, units};

/// An order in place of another; now and then in its own place.
pub(crate) fn replace() -> impl Strategy<Value = OrderCommand> {
    (place(), order())
        .prop_map(|(place, replaces)| OrderCommand::Replace(ReplaceOrder { place, replaces }))
}

/// More time for an order, now and then more than there may be.
pub(crate) fn extend() -> impl Strategy<Value = OrderCommand> {
    (order(), 0..200_000_u64).prop_map(|(order, later)| {
        OrderCommand::Extend(ExtendOrder { order, until: Timestamp::from_millis(START + later) })
    })
}

/// Orders are given more time once, and no longer than half a minute.
pub(crate) fn once() -> Extensions {
    Extensions::new(1, Span::from_millis(30_000)).unwrap()
}

/// An order in the world as it was opened that is given more time, as far as it may, and expires.
pub(crate) fn surely_extended() -> Vec<Step> {
    let payment = PaymentPolicy::required(Span::from_millis(60_000));
    let extensions = Some(once());
    let orders = OrderPolicy { payment, extensions, ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    let until = |later: u64| {
        let until = Timestamp::from_millis(START + later);
        let extend = ExtendOrder { order: two_mugs().order, until };
        Step::now(Command::Order(OrderCommand::Extend(extend)))
    };
    let at = |wait, step| Step { wait, ..step };
    let tick = Step::now(Command::Tick(Tick {}));
    vec![
        Step::now(Command::SetPolicy(SetPolicy { policy })),
        Step::now(Command::Order(OrderCommand::Place(two_mugs()))),
        until(90_001),
        until(90_000),
        until(91_000),
        at(60_000, tick.clone()),
        at(30_000, until(91_000)),
        tick,
        until(91_000),
    ]
}

/// A cart that is tried again while its first order waits to be paid, and once more with other
/// contents; then something is paid.
pub(crate) fn retried() -> impl Strategy<Value = Vec<Step>> {
    let unpaid = PaymentPolicy::required(Span::from_millis(60_000));
    let orders = OrderPolicy { payment: unpaid, ..OrderPolicy::default() };
    let policy = Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } });
    (place(), place(), 0..5_u8, 1..5_u8, authorize()).prop_map(move |(cart, other, n, by, paid)| {
        let id = |n: u8| order_id(n % 5);
        let first = PlaceOrder { order: id(n), ..cart };
        let again = PlaceOrder { order: id(n + by), ..first.clone() };
        let other = PlaceOrder { order: id(n + by + 1), customer: first.customer.clone(), ..other };
        let commands = [
            OrderCommand::Place(first),
            OrderCommand::Replace(ReplaceOrder { place: again, replaces: id(n) }),
            OrderCommand::Replace(ReplaceOrder { place: other, replaces: id(n + by) }),
            paid,
        ];
        let steps = commands.map(|command| Step::now(Command::Order(command)));
        core::iter::once(Step::now(policy.clone())).chain(steps).collect()
    })
}

/// A cart that is tried again in the world as it was opened: by its customer, by another one, by
/// staff for another one, for more than there is, and once it is paid; and a draft that is ordered.
pub(crate) fn surely() -> Vec<Step> {
    let unpaid = PaymentPolicy::required(Span::from_millis(60_000));
    let orders = OrderPolicy { payment: unpaid, ..OrderPolicy::default() };
    let policy = Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } });
    let as_ada = |command| Step {
        wait: 0,
        by: Principal::Customer(text("ada")),
        command: Command::Order(command),
    };
    let cart = |n: u8, mugs: u32| {
        let line = |line: OrderLine| OrderLine { quantity: units(mugs), ..line };
        let lines = two_mugs().lines.into_iter().map(line).collect();
        PlaceOrder { order: order_id(n), lines, ..two_mugs() }
    };
    let instead =
        |place, n: u8| OrderCommand::Replace(ReplaceOrder { place, replaces: order_id(n) });
    let of_bob = PlaceOrder { customer: Some(text("bob")), ..cart(1, 2) };
    let draft = |n| {
        let PlaceOrder { number, customer, currency, lines, destination, .. } = two_mugs();
        let order = order_id(n);
        OrderCommand::SaveDraft(SaveDraft { order, number, customer, currency, lines, destination })
    };
    vec![
        Step::now(policy),
        as_ada(OrderCommand::Place(cart(0, 30))),
        as_ada(instead(cart(0, 30), 0)),
        Step::now(Command::Order(instead(of_bob, 0))),
        as_ada(instead(cart(1, 1_001), 0)),
        as_ada(instead(cart(2, 30), 0)),
        as_ada(instead(cart(4, 2), 0)),
        as_ada(draft(3)),
        as_ada(instead(cart(3, 2), 2)),
        as_ada(draft(4)),
        as_ada(instead(cart(5, 2), 4)),
    ]
}
