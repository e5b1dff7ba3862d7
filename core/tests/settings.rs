//! What is set, and what is read of it: policies, rules of items, and the roles' own states.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;

use earmark::decide::replay;
use earmark::flow::{Command, Event, SetPolicy, Shop};
use earmark::fulfilment::{FulfilmentCommand, Fulfilments, RequestWork};
use earmark::ids::{Country, FacilityId};
use earmark::inventory::{
    Inventory, InventoryCommand as I, InventoryEvent, ItemRules, SetItemRules,
};
use earmark::order::{OrderCommand as O, Orders, ReleaseOrder, ShipOrder};
use earmark::policy::{self, OrderPolicy, PaymentPolicy, Policy, SourcingPolicy, v1};
use earmark::time::{Span, Timestamp};
use support::{Desk, names, order, sku};

#[test]
fn a_shop_that_sets_what_is_the_default_has_set_it() {
    let mut desk = Desk::open();
    let set = || Command::SetPolicy(SetPolicy { policy: Policy::default() });
    assert_eq!(names(&desk.must(set())), ["PolicySet"], "so that a later default changes nothing");
    assert_eq!(names(&desk.must(set())), [""; 0]);
}

#[test]
fn the_policy_in_force_is_the_one_that_was_set() {
    let sourcing = SourcingPolicy { parcel: 7, ..SourcingPolicy::default() };
    let orders = OrderPolicy { reopen: false, ..OrderPolicy::default() };
    let policy = Policy { orders, sourcing, ..Policy::default() };
    let mut desk = Desk::open();
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    assert_eq!(desk.shop.policy(), &policy);
    assert_eq!(desk.shop.inventory().policy(), &sourcing);
}

#[test]
fn whatever_the_first_version_of_a_policy_said_is_in_force() {
    let (deadline, archive_after) = (Span::from_millis(61_000), Span::from_days(9));
    let payment = v1::PaymentPolicy::Required { deadline };
    let old = v1::Policy {
        orders: v1::OrderPolicy { payment, archive_after },
        sourcing: v1::SourcingPolicy {
            parcel: 1,
            ground_km: 2,
            air_km: 3,
            export: 4,
            primary_unit: 5,
            back_unit: 6,
            max_parcels: Some(7),
        },
    };
    let Policy { orders, sourcing, fulfilment } = Policy::from(old);
    let payment = PaymentPolicy::required(deadline);
    assert_eq!(orders, OrderPolicy { payment, archive_after, ..OrderPolicy::default() });
    let figures = [sourcing.parcel, sourcing.ground_km, sourcing.air_km, sourcing.export];
    assert_eq!(figures, [1, 2, 3, 4]);
    assert_eq!((sourcing.primary_unit, sourcing.back_unit, sourcing.max_parcels), (5, 6, Some(7)));
    assert_eq!(sourcing.rules, policy::SourcingRules::default());
    assert_eq!(fulfilment, policy::FulfilmentPolicy::default());
}

#[test]
fn the_countries_an_item_may_not_go_to_are_a_set() {
    let mut desk = Desk::open();
    let mut set = |countries: &[&str]| {
        let no_export_to = countries.iter().map(|code| Country::new(code).unwrap()).collect();
        let rules = ItemRules { hazardous: false, no_export_to };
        let item = sku("mug");
        names(&desk.must(Command::Inventory(I::SetItemRules(SetItemRules { item, rules }))))
    };
    assert_eq!(set(&["US", "FR"]), ["ItemRulesSet"]);
    assert_eq!(set(&["FR", "US", "FR"]), [""; 0], "the same, told in another order and twice");
}

#[test]
fn each_role_is_what_its_own_events_make() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 12), ("pen", 1)]);
    desk.order(O::Release(ReleaseOrder { order: order(1), facility: None })).unwrap();
    desk.place(2, &[("pen", 2)]);
    desk.order(O::Ship(ShipOrder { order: order(2), facility: None })).unwrap();
    let of = &desk.history;
    let orders = of.iter().filter_map(|e| if let Event::Order(e) = e { Some(e) } else { None });
    assert_eq!(&replay::<Orders>(orders).unwrap(), desk.shop.orders());
    let stock = of.iter().filter_map(|e| if let Event::Inventory(e) = e { Some(e) } else { None });
    assert_eq!(&replay::<Inventory>(stock).unwrap(), desk.shop.inventory());
    let work = of.iter().filter_map(|e| if let Event::Fulfilment(e) = e { Some(e) } else { None });
    assert_eq!(&replay::<Fulfilments>(work).unwrap(), desk.shop.fulfilments());
    let mut shop = Shop::default();
    of.iter().for_each(|event| shop.apply(event).unwrap());
    assert_eq!(shop, desk.shop);
}

#[test]
fn commands_and_events_tell_which_order_they_are_about() {
    let mut desk = Desk::open();
    let placed = desk.place(1, &[("mug", 1)]);
    let tied = placed.iter().find_map(|event| match event {
        Event::Inventory(InventoryEvent::Tied(e)) => Some(InventoryEvent::Tied(e.clone())),
        _ => None,
    });
    assert_eq!(tied.unwrap().order(), Some(order(1)));
    let (facility, portions) = (FacilityId(0), vec![]);
    let at = Timestamp::from_millis(desk.now);
    let asked = RequestWork { order: order(1), at, facility, portions };
    assert_eq!(FulfilmentCommand::Request(asked).order(), Some(order(1)));
    assert_eq!(FulfilmentCommand::Tick.order(), None);
}
