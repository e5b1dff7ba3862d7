//! Partitions that have one role, or two: what they make of commands, and what they check.
//!
//! Each role looks after its own; what another has, it neither asks nor doubts.

use crate::support::kits::{deliver, named, ship};
use crate::support::{Desk, START, order};
use earmark::decide::{Context, Decide, Principal};
use earmark::demand::Portion;
use earmark::flow::{Command, Event, Roles, Shop};
use earmark::fulfilment::{
    FulfilmentCommand as F, FulfilmentEvent, Fulfilments, RequestWork, WithdrawWork,
};
use earmark::ids::{FacilityId, ItemId, LineNumber, ReservationNumber, Tier};
use earmark::order::{
    AuthorizePayment, Disposition, HoldKind, OrderCommand as O, OrderEvent, PlaceHold,
    ReceiveReturn, ReleaseOrder, RequestReturn,
};
use earmark::time::Timestamp;
use earmark::units::{Amount, Currency};

/// What the partition with these roles has of a desk's history.
fn only(desk: &Desk, roles: Roles) -> Shop {
    let mut shop = Shop::with_roles(roles);
    let local = |event: &&Event| match event {
        Event::Policy(_) => true,
        Event::Order(_) => roles.order,
        Event::Inventory(_) => roles.inventory,
        Event::Notification(_) => roles.notification,
        Event::Fulfilment(_) => roles.fulfilment,
        Event::Payment(_) => roles.payment,
    };
    desk.history.iter().filter(local).for_each(|event| shop.apply(event).unwrap());
    shop
}

/// What it tells first, or the code of its refusal.
fn hears(shop: &mut Shop, at: u64, command: O) -> &'static str {
    let context = Context { at: Timestamp::from_millis(at), by: Principal::Staff };
    match shop.settle(&Command::Order(command), &context).unwrap() {
        Ok(events) => crate::support::names(&events).first().copied().unwrap_or("nothing"),
        Err(refusal) => refusal.code(),
    }
}

const ORDERS: Roles = Roles { order: true, ..Roles::NONE };
const PAYMENTS: Roles = Roles { payment: true, ..Roles::NONE };
const WORK: Roles = Roles { fulfilment: true, ..Roles::NONE };

#[test]
fn goods_come_back_to_an_order_whose_stock_is_elsewhere() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    desk.order(ship(1, None)).unwrap();
    desk.order(deliver(1)).unwrap();
    let lines = named(0, 1);
    desk.order(O::RequestReturn(RequestReturn { order: order(1), lines })).unwrap();
    let (number, facility, disposition) = (None, None, Disposition::Restock);
    let back = ReceiveReturn { order: order(1), number, facility, disposition };
    let told = hears(&mut only(&desk, ORDERS), START, O::ReceiveReturn(back));
    assert_eq!(told, "ReturnReceived");
}

#[test]
fn a_role_is_not_held_against_one_that_is_elsewhere() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    for roles in [ORDERS, WORK] {
        assert_eq!(only(&desk, roles).audit().broken, [], "{roles:?}");
    }
}

#[test]
fn whoever_has_the_account_of_an_order_hears_of_its_payment() {
    let pay = || {
        let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
        O::AuthorizePayment(AuthorizePayment { order: order(1), amount })
    };
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 1)]);
    let both = Roles { order: true, ..PAYMENTS };
    assert_eq!(hears(&mut only(&desk, both), START, pay()), "AuthorizationRecorded");
    assert_eq!(hears(&mut only(&desk, ORDERS), START, pay()), "role-not-here", "it owes elsewhere");
    assert_eq!(hears(&mut only(&desk, PAYMENTS), START, pay()), "AuthorizationRecorded");
    assert_eq!(hears(&mut Shop::with_roles(PAYMENTS), START, pay()), "unknown-order");
    // The order leaves, and a capture has still to be answered.
    desk.order(pay()).unwrap();
    desk.order(ship(1, None)).unwrap();
    desk.order(deliver(1)).unwrap();
    desk.pass(2 * desk.shop.policy().orders.archive_after.as_millis());
    assert_eq!(desk.shop.orders().get(order(1)), None);
    assert_eq!(hears(&mut desk.shop.clone(), desk.now, pay()), "nothing", "it was paid");
}

#[test]
fn an_order_that_never_told_what_it_owes_does_not_begin_to() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 1)]);
    let told = |event: &Event| !matches!(event, Event::Order(OrderEvent::PaymentDue(_)));
    desk.history.retain(told);
    let (order, reason, auto_release) = (order(1), None, None);
    let hold = O::PlaceHold(PlaceHold { order, kind: HoldKind::Manual, reason, auto_release });
    let context = Context { at: Timestamp::from_millis(START), by: Principal::Staff };
    let events = only(&desk, ORDERS).settle(&Command::Order(hold), &context).unwrap().unwrap();
    assert_eq!(crate::support::names(&events), ["OrderHoldPlaced"]);
}

#[test]
fn a_facility_is_asked_for_units_or_for_nothing() {
    let at = Timestamp::from_millis(START);
    let context = Context { at, by: Principal::Staff };
    let mut work = Fulfilments::default();
    let mut hears = |command: F| {
        let events = work.decide(&command, &context).unwrap();
        events.iter().for_each(|event| work.evolve(event).unwrap());
        events
    };
    let request = |portions| {
        F::Request(RequestWork { order: order(1), at, facility: FacilityId(0), portions })
    };
    assert_eq!(hears(request(vec![])), []);
    let mugs = |quantity| Portion {
        reservation: ReservationNumber(1),
        line: LineNumber(0),
        item: ItemId(0),
        facility: FacilityId(0),
        tier: Tier::Primary,
        quantity,
    };
    hears(request(vec![mugs(3)]));
    // Named twice, and more than there are.
    let withdraw = WithdrawWork { order: order(1), portions: vec![mugs(1), mugs(3)] };
    let events = hears(F::Withdraw(withdraw));
    let FulfilmentEvent::Withdrawn(withdrawn) = &events[0] else { panic!("{events:?}") };
    assert_eq!(withdrawn.portions, [mugs(3)]);
}
