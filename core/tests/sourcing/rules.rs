//! What keeps a facility out of a plan, and what the policy aims at: each rule by an order that it
//! turns.
//!
//! A rule that is kept in the state and not asked by the plan would pass every other test.

use crate::support::{Desk, START, names, order, sku, text, units};
use earmark::demand::{Demand, Destination, Shortfall};
use earmark::flow::{Command, Event, Preview, PreviewLine, PreviewQuery, Refusal, SetPolicy};
use earmark::geo::GeoPoint;
use earmark::ids::{
    Country, FacilityId, FacilityRef, ItemRef, LineNumber, ReservationNumber, Tier,
};
use earmark::inventory::{
    Ask, DefineFacility, DefineItem, FacilityRules, GatewaySpec, InventoryCommand as I,
    InventoryEvent as IE, InventoryRefusal, ItemRules, ParcelsBooked, SetFacilityRules,
    SetItemRules, SetUnitPrices, UnitPriceFor, Unplanned,
};
use earmark::limits::{COUNTRIES, FACILITIES, UNIT_PRICE};
use earmark::policy::{Aim, Aims, Objective, Policy, SourcingPolicy, SourcingRules};
use earmark::time::{Span, Timestamp};
use earmark::units::UnitPrice;

const DAY: u64 = 86_400_000;

fn country(code: &str) -> Country {
    Country::new(code).unwrap()
}

fn code(code: &str) -> FacilityRef {
    FacilityRef::Code(text(code))
}

fn facility_rules(facility: &str, rules: FacilityRules) -> Command {
    Command::Inventory(I::SetFacilityRules(SetFacilityRules { facility: code(facility), rules }))
}

fn item_rules(item: &str, rules: ItemRules) -> Command {
    Command::Inventory(I::SetItemRules(SetItemRules { item: sku(item), rules }))
}

fn unit_prices(item: &str, prices: &[(&str, u32)]) -> Command {
    let price = |&(facility, price): &(&str, u32)| UnitPriceFor { facility: code(facility), price };
    let prices = prices.iter().map(price).collect();
    Command::Inventory(I::SetUnitPrices(SetUnitPrices { item: sku(item), prices }))
}

fn rules(rules: SourcingRules) -> Command {
    let sourcing = SourcingPolicy { rules, ..SourcingPolicy::default() };
    Command::SetPolicy(SetPolicy { policy: Policy { sourcing, ..Policy::default() } })
}

fn aims(list: &[Aim]) -> Command {
    let objective = Objective::Lexicographic(Aims::new(list).unwrap());
    rules(SourcingRules { objective, ..SourcingRules::default() })
}

fn to(country: &str, lat: i32, lon: i32) -> Destination {
    let location = GeoPoint { lat, lon };
    Destination { country: Country::new(country).unwrap(), location }
}

fn london() -> Destination {
    to("GB", 51_507_400, -127_800)
}

fn new_york() -> Destination {
    to("US", 40_712_800, -74_006_000)
}

/// The facilities of the plan, or the units there are of what is short.
fn plan(
    desk: &Desk,
    lines: &[(&str, u32)],
    destination: &Destination,
) -> Result<Vec<(u16, u32)>, Vec<Option<u64>>> {
    let demand = |(at, &(item, quantity)): (usize, &(&str, u32))| Demand {
        line: LineNumber(at as u16),
        item: sku(item),
        quantity: units(quantity),
    };
    let demands: Vec<Demand> = lines.iter().enumerate().map(demand).collect();
    let at = Some(Timestamp::from_millis(desk.now));
    let ask = Ask { demands: &demands, destination, excluded: &[], freed: &[], at };
    match desk.shop.inventory().plan(&ask, ReservationNumber(1)) {
        Ok(plan) => {
            let of = |parcel: &earmark::demand::Parcel| {
                let inside = plan.portions.iter().filter(|p| p.facility == parcel.facility);
                (parcel.facility.0, inside.map(|p| p.quantity).sum())
            };
            Ok(plan.sourced.parcels.iter().map(of).collect())
        }
        Err(Unplanned::Short(short)) => {
            Err(short.iter().map(|s: &Shortfall| s.available).collect())
        }
        Err(Unplanned::TooManyParcels { .. }) => panic!("no such limit is set"),
        Err(Unplanned::KitsTooLarge { .. }) => panic!("no such kit is defined"),
    }
}

#[test]
fn a_facility_that_is_offline_ships_nothing_until_it_is_back() {
    let mut desk = Desk::open();
    assert_eq!(plan(&desk, &[("mug", 2)], &london()), Ok(vec![(0, 2)]));
    let off = FacilityRules { offline: true, ..FacilityRules::default() };
    let events = desk.must(facility_rules("LON", off.clone()));
    assert_eq!(names(&events), ["FacilityRulesSet"]);
    assert_eq!(plan(&desk, &[("mug", 2)], &london()), Ok(vec![(1, 2)]));
    assert_eq!(plan(&desk, &[("mug", 11)], &london()), Err(vec![Some(10)]));
    assert_eq!(desk.must(facility_rules("LON", off)), [], "the same rules are no news");
    desk.must(facility_rules("LON", FacilityRules::default()));
    assert_eq!(plan(&desk, &[("mug", 11)], &london()), Ok(vec![(0, 11)]));
}

#[test]
fn what_is_tied_in_a_facility_stays_tied_when_it_goes_offline() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    let off = FacilityRules { offline: true, ..FacilityRules::default() };
    desk.must(facility_rules("LON", off));
    assert_eq!(desk.at_hand(1).tied[0].portion.facility, FacilityId(0));
}

#[test]
fn a_facility_serves_the_countries_it_names_and_no_others() {
    let mut desk = Desk::open();
    let serves = vec![country("US"), country("FR"), country("US")];
    desk.must(facility_rules("LON", FacilityRules { serves, ..FacilityRules::default() }));
    assert_eq!(plan(&desk, &[("mug", 2)], &london()), Ok(vec![(1, 2)]));
    assert_eq!(plan(&desk, &[("mug", 2)], &new_york()), Ok(vec![(0, 2)]));
    let (_, london) = desk.shop.inventory().facility(&code("LON")).unwrap();
    assert_eq!(london.rules.serves, [country("FR"), country("US")], "in order, each once");
}

#[test]
fn a_hazardous_item_goes_neither_by_air_nor_from_where_it_may_not() {
    let mut desk = Desk::open();
    desk.must(item_rules("mug", ItemRules { hazardous: true, no_export_to: vec![] }));
    assert_eq!(plan(&desk, &[("mug", 2)], &london()), Ok(vec![(0, 2)]));
    assert_eq!(plan(&desk, &[("mug", 2)], &new_york()), Err(vec![Some(0)]));
    assert_eq!(plan(&desk, &[("pen", 2)], &new_york()), Ok(vec![(1, 2)]), "another may fly");
    let none = FacilityRules { no_hazardous: true, ..FacilityRules::default() };
    desk.must(facility_rules("LON", none.clone()));
    assert_eq!(plan(&desk, &[("mug", 2)], &london()), Ok(vec![(1, 2)]));
    desk.must(facility_rules("LDS", none));
    assert_eq!(plan(&desk, &[("mug", 2)], &london()), Err(vec![Some(0)]));
    assert_eq!(plan(&desk, &[("pen", 2)], &london()), Ok(vec![(1, 2)]));
}

#[test]
fn an_item_is_not_exported_where_it_may_not_go_but_goes_there_from_within() {
    let mut desk = Desk::open();
    let no_export_to = vec![country("US"), country("GB")];
    desk.must(item_rules("mug", ItemRules { hazardous: false, no_export_to }));
    assert_eq!(plan(&desk, &[("mug", 1)], &new_york()), Err(vec![Some(0)]));
    assert_eq!(plan(&desk, &[("mug", 1)], &to("CA", 45_000_000, -75_000_000)), Ok(vec![(0, 1)]));
    assert_eq!(plan(&desk, &[("mug", 1)], &london()), Ok(vec![(0, 1)]));
}

#[test]
fn no_facility_farther_than_the_policy_allows_serves_an_order() {
    let mut desk = Desk::open();
    let near = |metres| SourcingRules { max_metres: Some(metres), ..SourcingRules::default() };
    // From Leeds to London it is some 272 km.
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Ok(vec![(1, 1)]));
    desk.must(rules(near(272_000)));
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Err(vec![Some(0)]));
    desk.must(rules(near(274_000)));
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Ok(vec![(1, 1)]));
    assert_eq!(plan(&desk, &[("pen", 1)], &new_york()), Err(vec![Some(0)]), "ground and air");
}

#[test]
fn a_facility_that_is_full_today_is_left_out_until_its_day_begins_anew() {
    let mut desk = Desk::open();
    let two = FacilityRules { parcels_per_day: Some(2), ..FacilityRules::default() };
    desk.must(facility_rules("LON", two.clone()));
    desk.must(rules(SourcingRules {
        day_starts: Span::from_millis(4 * 3_600_000),
        ..SourcingRules::default()
    }));
    let from = |desk: &mut Desk, n| {
        let events = desk.place(n, &[("mug", 1)]);
        let booked = events.iter().find_map(|event| match event {
            Event::Inventory(IE::ParcelsBooked(e)) => Some(e.clone()),
            _ => None,
        });
        (desk.at_hand(n).tied[0].portion.facility.0, booked)
    };
    let day = (START + DAY - 4 * 3_600_000) / DAY;
    let booked = |n, day| {
        let facilities = vec![FacilityId(0)];
        Some(ParcelsBooked { order: order(n), day, facilities })
    };
    assert_eq!(from(&mut desk, 1), (0, booked(1, day)));
    assert_eq!(from(&mut desk, 2), (0, booked(2, day)));
    assert_eq!(from(&mut desk, 3), (1, None), "London is full, and Leeds counts nothing");
    let seen = |at| parcels_seen(&desk, &[("mug", 1)], at);
    assert_eq!(seen(None), [FacilityId(0)], "nobody said on which day");
    assert_eq!(seen(Some(desk.now)), [FacilityId(1)], "today London is full");
    assert_eq!(seen(Some(desk.now + DAY)), [FacilityId(0)], "tomorrow it is not");
    desk.must(facility_rules("LON", FacilityRules { parcels_per_day: Some(3), ..two }));
    assert_eq!(from(&mut desk, 4), (0, booked(4, day)));
    assert_eq!(from(&mut desk, 5), (1, None));
    let next = (day + 1) * DAY - DAY + 4 * 3_600_000;
    desk.pass(next - 1 - desk.now);
    assert_eq!(from(&mut desk, 6), (1, None), "one millisecond before the day begins");
    desk.pass(1);
    assert_eq!(from(&mut desk, 7), (0, booked(7, day + 1)));
}

/// The facilities that a preview foresees, for a moment or for some day.
fn parcels_seen(desk: &Desk, lines: &[(&str, u32)], at: Option<u64>) -> Vec<FacilityId> {
    match foreseen(desk, lines, at) {
        Preview::Served(plan) => plan.parcels.iter().map(|parcel| parcel.facility.id).collect(),
        other => panic!("there is stock: {other:?}"),
    }
}

fn foreseen(desk: &Desk, lines: &[(&str, u32)], at: Option<u64>) -> Preview {
    let line = |&(item, n): &(&str, u32)| PreviewLine { item: sku(item), quantity: units(n) };
    desk.shop.preview(&PreviewQuery {
        lines: lines.iter().map(line).collect(),
        destination: london(),
        at: at.map(Timestamp::from_millis),
    })
}

#[test]
fn when_every_facility_is_full_today_a_preview_says_what_an_order_would_hear() {
    let mut desk = Desk::open();
    let one = FacilityRules { parcels_per_day: Some(1), ..FacilityRules::default() };
    desk.must(facility_rules("LON", one.clone()));
    desk.must(facility_rules("LDS", one));
    desk.place(1, &[("mug", 1)]);
    desk.place(2, &[("pen", 1)]);
    let told = |events: &[Event]| {
        let rejected = events.iter().find_map(|event| match event {
            Event::Inventory(IE::Rejected(e)) => Some(e.shortfalls.clone()),
            _ => None,
        });
        rejected.map(|shortfalls| Preview::Short { shortfalls, kits: Vec::new() })
    };
    let today = foreseen(&desk, &[("mug", 2)], Some(desk.now));
    assert_eq!(told(&desk.place(3, &[("mug", 2)])), Some(today), "the order hears the same");
    let (seen, some_day) = (parcels_seen, None);
    assert_eq!(seen(&desk, &[("mug", 2)], some_day), [FacilityId(0)], "there is enough of it");
    let tomorrow = desk.now - desk.now % DAY + DAY;
    let last = foreseen(&desk, &[("mug", 2)], Some(tomorrow - 1));
    assert!(matches!(last, Preview::Short { .. }), "{last:?} in the last moment of the day");
    assert_eq!(seen(&desk, &[("mug", 2)], Some(tomorrow)), [FacilityId(0)]);
    desk.pass(tomorrow - desk.now);
    assert_eq!(told(&desk.place(4, &[("mug", 2)])), None);
    assert_eq!(desk.at_hand(4).tied[0].portion.facility, FacilityId(0));
}

#[test]
fn only_a_parcel_that_is_planned_counts_and_one_for_each_order() {
    let mut desk = Desk::open();
    let one = FacilityRules { parcels_per_day: Some(1), ..FacilityRules::default() };
    desk.must(facility_rules("LDS", one));
    let events = desk.place(1, &[("pen", 9)]);
    assert!(!names(&events).contains(&"ParcelsBooked"), "a rejected order books nothing");
    let events = desk.place(2, &[("pen", 1), ("mug", 12)]);
    let booked = names(&events).into_iter().filter(|name| *name == "ParcelsBooked").count();
    assert_eq!(booked, 1);
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Err(vec![Some(0)]));
}

#[test]
fn a_history_without_rules_has_no_events_about_them() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 12), ("pen", 1)]);
    let new = ["FacilityRulesSet", "ItemRulesSet", "UnitPricesSet", "ParcelsBooked"];
    assert!(names(&desk.history).iter().all(|name| !new.contains(name)));
}

#[test]
fn a_unit_price_turns_a_plan_and_is_part_of_its_cost() {
    let mut desk = Desk::open();
    let cost = |desk: &Desk| {
        let demands = [Demand { line: LineNumber(0), item: sku("mug"), quantity: units(3) }];
        let destination = london();
        let ask = Ask {
            demands: &demands,
            destination: &destination,
            excluded: &[],
            freed: &[],
            at: None,
        };
        let plan = desk.shop.inventory().plan(&ask, ReservationNumber(1)).unwrap();
        (plan.sourced.parcels[0].facility.0, plan.sourced.cost)
    };
    let (at, before) = cost(&desk);
    assert_eq!(at, 0);
    desk.must(unit_prices("mug", &[("LON", 100), ("LDS", 40)]));
    assert_eq!(cost(&desk), (0, before + 300));
    desk.must(unit_prices("mug", &[("LON", 1), ("LON", 90_000)]));
    assert_eq!(cost(&desk).0, 1, "of two prices the last holds, and Leeds has none");
    assert_eq!(desk.must(unit_prices("mug", &[("LDS", 0), ("LON", 90_000)])), []);
    desk.must(unit_prices("mug", &[]));
    assert_eq!(cost(&desk), (0, before));
}

#[test]
fn rules_and_prices_that_can_not_be_are_refused() {
    let mut desk = Desk::open();
    let mut check = |command, expected| {
        assert_eq!(desk.ask(command), Err(Refusal::Inventory(expected)));
    };
    let nowhere = InventoryRefusal::UnknownFacility { facility: code("ROM") };
    check(facility_rules("ROM", FacilityRules::default()), nowhere.clone());
    let unknown = InventoryRefusal::UnknownItem { item: sku("hat") };
    check(item_rules("hat", ItemRules::default()), unknown.clone());
    check(unit_prices("hat", &[]), unknown);
    check(unit_prices("mug", &[("ROM", 1)]), nowhere);
    let too_high = InventoryRefusal::UnitPriceTooHigh { allowed: UNIT_PRICE };
    check(unit_prices("mug", &[("LON", UNIT_PRICE + 1)]), too_high);
    let serves = vec![country("GB"); COUNTRIES + 1];
    let allowed = COUNTRIES as u32;
    let too_many = InventoryRefusal::TooManyDefined { allowed };
    check(
        facility_rules("LON", FacilityRules { serves: serves.clone(), ..Default::default() }),
        too_many.clone(),
    );
    check(item_rules("mug", ItemRules { hazardous: false, no_export_to: serves }), too_many);
    let allowed = FACILITIES as u32;
    let too_many = InventoryRefusal::TooManyDefined { allowed };
    check(unit_prices("mug", &[("LON", 1); FACILITIES + 1]), too_many);
    desk.must(unit_prices("mug", &[("LON", UNIT_PRICE)]));
}

/// Three places around London: two near ones that share the order, one far that has all of it.
fn three_places() -> Desk {
    let mut desk = Desk { shop: Default::default(), now: START, history: vec![] };
    for (name, lat) in [("NEAR", 51_600_000), ("NEXT", 51_700_000), ("FAR", 55_000_000)] {
        desk.must(Command::Inventory(I::DefineFacility(DefineFacility {
            code: text(name),
            name: text(name),
            country: country("GB"),
            location: GeoPoint { lat, lon: -127_800 },
            gateways: Vec::<GatewaySpec>::new(),
        })));
    }
    for item in ["mug", "pen"] {
        let (sku, name, unit_price) = (text(item), text(item), UnitPrice(1));
        desk.must(Command::Inventory(I::DefineItem(DefineItem { sku, name, unit_price })));
    }
    desk.receive("mug", "NEAR", Tier::Primary, 5);
    desk.receive("pen", "NEXT", Tier::Primary, 5);
    desk.receive("mug", "FAR", Tier::Back, 90);
    desk.receive("pen", "FAR", Tier::Primary, 5);
    desk
}

#[test]
fn the_first_aim_decides_and_the_next_only_among_equals() {
    let mut desk = three_places();
    let both = [("mug", 2), ("pen", 2)];
    let mut open = |list: &[Aim]| {
        desk.must(aims(list));
        let plan = plan(&desk, &both, &london()).unwrap();
        plan.iter().map(|(facility, _)| *facility).collect::<Vec<u16>>()
    };
    assert_eq!(open(&[Aim::FewestParcels]), [2]);
    assert_eq!(open(&[Aim::FewestParcels, Aim::ShortestWays]), [2]);
    assert_eq!(open(&[Aim::ShortestWays, Aim::FewestParcels]), [0, 1], "31 km, not 388");
    assert_eq!(
        open(&[Aim::PrimaryFirst, Aim::FewestParcels]),
        [0, 1],
        "the mugs in FAR lie behind"
    );
    assert_eq!(open(&[Aim::PrimaryFirst, Aim::ShortestWays]), [0, 1]);
    assert_eq!(open(&[Aim::EvenStock, Aim::FewestParcels]), [2], "FAR has 90 of 95 mugs");
    assert_eq!(open(&[Aim::LowestCost]), open(&[Aim::LowestCost, Aim::FewestParcels]));
}

#[test]
fn the_lowest_cost_as_the_only_aim_is_the_weighted_plan() {
    let mut desk = three_places();
    let lines = [("mug", 7), ("pen", 1)];
    let weighted = plan(&desk, &lines, &london());
    desk.must(aims(&[Aim::LowestCost]));
    assert_eq!(plan(&desk, &lines, &london()), weighted);
    let demands =
        [Demand { line: LineNumber(0), item: ItemRef::Sku(text("mug")), quantity: units(7) }];
    let destination = london();
    let ask =
        Ask { demands: &demands, destination: &destination, excluded: &[], freed: &[], at: None };
    let by_aim = desk.shop.inventory().plan(&ask, ReservationNumber(1)).unwrap();
    desk.must(rules(SourcingRules::default()));
    let by_cost = desk.shop.inventory().plan(&ask, ReservationNumber(1)).unwrap();
    assert_eq!(by_aim.sourced.cost, by_cost.sourced.cost, "the cost is told by the same prices");
}

#[test]
fn excluded_facilities_serve_nothing() {
    let desk = Desk::open();
    let demands = [Demand { line: LineNumber(0), item: sku("mug"), quantity: units(3) }];
    let destination = london();
    let excluded = [FacilityId(0), FacilityId(77)];
    let ask = Ask {
        demands: &demands,
        destination: &destination,
        excluded: &excluded,
        freed: &[],
        at: None,
    };
    let plan = desk.shop.inventory().plan(&ask, ReservationNumber(1)).unwrap();
    assert_eq!(plan.sourced.parcels[0].facility, FacilityId(1));
}

#[test]
fn a_facility_exactly_as_far_as_allowed_still_serves() {
    let mut desk = Desk::open();
    let demands = [Demand { line: LineNumber(0), item: sku("pen"), quantity: units(1) }];
    let destination = london();
    let ask =
        Ask { demands: &demands, destination: &destination, excluded: &[], freed: &[], at: None };
    let far = desk.shop.inventory().plan(&ask, ReservationNumber(1)).unwrap();
    let far = far.sourced.parcels[0].ground_metres;
    let near = |metres| SourcingRules { max_metres: Some(metres), ..SourcingRules::default() };
    desk.must(rules(near(far)));
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Ok(vec![(1, 1)]));
    desk.must(rules(near(far - 1)));
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Err(vec![Some(0)]));
}

#[test]
fn a_day_never_begins_twice_though_the_policy_moves_its_beginning() {
    let mut desk = Desk::open();
    let hours = |hours: u64| SourcingRules {
        day_starts: Span::from_millis(hours * 3_600_000),
        ..SourcingRules::default()
    };
    let most = |parcels| FacilityRules { parcels_per_day: Some(parcels), ..Default::default() };
    desk.must(facility_rules("LDS", most(2)));
    // It is past ten in the evening: the day that begins at eleven is still the one before.
    for (n, starts) in [(1, 0), (2, 23)] {
        desk.must(rules(hours(starts)));
        desk.place(n, &[("pen", 1)]);
        assert_eq!(desk.at_hand(n).tied[0].portion.facility, FacilityId(1));
    }
    desk.must(rules(hours(0)));
    assert_eq!(plan(&desk, &[("pen", 1)], &london()), Err(vec![Some(0)]), "both count today");
}
