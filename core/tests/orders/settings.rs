//! What is set, and what is read of it: policies, rules of items, and the roles' own states.

use crate::support::{Desk, names, order, sku, units};
use earmark::decide::replay;
use earmark::flow::{Broken, Command, Event, SetPolicy, Shop, Slice};
use earmark::fulfilment::{FulfilmentCommand, Fulfilments, RequestWork};
use earmark::ids::{Country, FacilityId, Text};
use earmark::inventory::{
    Inventory, InventoryCommand as I, InventoryEvent, ItemRules, SetItemRules,
};
use earmark::order::{OrderCommand as O, Orders, ReleaseOrder, ShipOrder};
use earmark::policy::{
    self, Aims, Extensions, OrderPolicy, PaymentPolicy, Policy, SourcingPolicy, v1,
};
use earmark::schema::from_bytes;
use earmark::time::{Span, Timestamp};
use earmark::units::{Currency, UnitPrice};

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
fn what_an_order_policy_does_not_say_is_as_it_was_before_it_could_be_said() {
    let mut said = serde_json::to_value(OrderPolicy::default()).unwrap();
    for later in ["reopen", "prices"] {
        said.as_object_mut().unwrap().remove(later).unwrap();
    }
    let read: OrderPolicy = serde_json::from_value(said).unwrap();
    assert_eq!((read, read.reopen), (OrderPolicy::default(), true));
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

#[test]
fn whoever_hands_in_what_is_none_is_told_what_it_should_be() {
    let unknown = Desk::open_with_payment().place(1, &[("mug", 1)]).pop().unwrap();
    let told = [
        (Country::new("gb").unwrap_err().to_string(), "`gb` is not a country"),
        (Aims::new(&[]).unwrap_err().to_string(), "name 1 to "),
        (Extensions::new(0, Span::from_millis(1)).unwrap_err().to_string(), "extensions need "),
        (read::<UnitPrice>("\"x\""), "`x` is not a decimal number"),
        (read::<Text>("1"), "invalid type: integer `1`, expected "),
        (from_bytes::<Slice>("a slice", &[]).unwrap_err().to_string(), "a slice: "),
        (Shop::default().apply(&unknown).unwrap_err().to_string(), "the history was not written "),
        (Broken { because: "so".into() }.to_string(), "the state does not hold any more: so"),
    ];
    for (told, begins) in told {
        assert!(told.starts_with(begins), "{told}");
    }
    let (gb, three) = (Country::new("GB").unwrap(), units(3));
    assert_eq!(format!("{gb} {gb:?} {three} {:?}", Currency::GBP), "GB GB 3 GBP");
    assert_eq!(format!("{:?}", order(1)), order(1).to_string());
}

fn read<'a, T: serde::Deserialize<'a> + std::fmt::Debug>(json: &'a str) -> String {
    serde_json::from_str::<T>(json).unwrap_err().to_string()
}
