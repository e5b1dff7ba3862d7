//! The explanation against what can be found out without it.
//!
//! "No plan with Leeds is cheaper than 8.12" is only worth something if it is true. So small
//! networks are explained, and every way to hand out every unit is priced by hand.

use std::collections::BTreeMap;

use crate::sourcing_cases::Random;
use crate::support::{Desk, START, sku, text, units};
use earmark::decide::{Context, Principal};
use earmark::demand::{Demand, Destination};
use earmark::flow::{
    Answer, Command, ExplainQuery, PreviewLine, Query, QueryRefusal, SetPolicy, Shop,
};
use earmark::geo::GeoPoint;
use earmark::ids::{
    Country, FacilityId, FacilityRef, ItemRef, LineNumber, ReservationNumber, Tier,
};
use earmark::inventory::{
    Ask, Barred, DefineFacility, DefineItem, Explanation, FacilityRules, InventoryCommand as I,
    ItemBarred, ItemRules, ReceiveStock, SetFacilityRules, SetItemRules, SetUnitPrices,
    UnitPriceFor, Verdict,
};
use earmark::policy::{Aim, Aims, Objective, Policy, SourcingPolicy, SourcingRules};
use earmark::sourcing::Proof;
use earmark::time::Timestamp;
use earmark::units::UnitPrice;

fn london() -> Destination {
    let location = GeoPoint { lat: 51_507_400, lon: -127_800 };
    Destination { country: Country::new("GB").unwrap(), location }
}

fn explain(shop: &Shop, query: ExplainQuery) -> Explanation {
    match shop.query(&Query::Explain(query), &Principal::Staff) {
        Ok(Answer::Explained(told)) => told,
        other => panic!("{other:?}"),
    }
}

fn ask(lines: &[(&str, u32)]) -> ExplainQuery {
    let line = |&(item, quantity): &(&str, u32)| PreviewLine {
        item: sku(item),
        quantity: units(quantity),
    };
    let lines = lines.iter().map(line).collect();
    ExplainQuery { lines, destination: london(), excluded: vec![], at: None }
}

/// A random network around London, and two items in it.
fn network(random: &mut Random) -> (Desk, u16) {
    let mut desk = Desk { shop: Shop::default(), now: START, history: vec![] };
    let facilities = 2 + random.below(3) as u16;
    for number in 0..facilities {
        let lat = 51_000_000 + random.below(4_000_000) as i32;
        desk.must(Command::Inventory(I::DefineFacility(DefineFacility {
            code: text(&format!("F{number}")),
            name: text("somewhere"),
            country: Country::new("GB").unwrap(),
            location: GeoPoint { lat, lon: -127_800 },
            gateways: vec![],
        })));
    }
    for item in ["mug", "pen"] {
        let (sku, name, unit_price) = (text(item), text(item), UnitPrice(1));
        desk.must(Command::Inventory(I::DefineItem(DefineItem { sku, name, unit_price })));
        for number in 0..facilities {
            for tier in [Tier::Primary, Tier::Back] {
                if random.below(3) > 0 {
                    let quantity = 1 + random.below(3) as u32;
                    desk.receive(item, &format!("F{number}"), tier, quantity);
                }
            }
        }
        let price = |number| UnitPriceFor {
            facility: FacilityRef::Id(FacilityId(number)),
            price: random.below(20_000) as u32,
        };
        let prices = (0..facilities).map(price).collect();
        let set = SetUnitPrices { item: sku_of(item), prices };
        desk.must(Command::Inventory(I::SetUnitPrices(set)));
    }
    (desk, facilities)
}

fn sku_of(item: &str) -> ItemRef {
    sku(item)
}

/// What a parcel from each facility costs without what is in it.
fn parcels(shop: &Shop, facilities: u16) -> BTreeMap<u16, u64> {
    let destination = london();
    let stock = shop.inventory();
    let mut costs = BTreeMap::new();
    for number in 0..facilities {
        let others: Vec<FacilityId> =
            (0..facilities).filter(|other| *other != number).map(FacilityId).collect();
        for item in ["mug", "pen"] {
            let demands = [Demand { line: LineNumber(0), item: sku(item), quantity: units(1) }];
            let (demands, excluded) = (&demands, &others);
            let ask = Ask { demands, destination: &destination, excluded, freed: &[], at: None };
            let Ok(plan) = stock.plan(&ask, ReservationNumber(1)) else { continue };
            let unit = unit_cost(shop, item, number, plan.portions[0].tier);
            costs.insert(number, plan.sourced.cost - unit);
        }
    }
    costs
}

fn unit_cost(shop: &Shop, item: &str, facility: u16, tier: Tier) -> u64 {
    let (_, item) = shop.inventory().item(&sku(item)).unwrap();
    let policy = SourcingPolicy::default();
    let unit = if tier == Tier::Primary { policy.primary_unit } else { policy.back_unit };
    u64::from(unit + item.price_at(FacilityId(facility)))
}

/// The lowest cost of all ways to hand out the units, by the set of facilities that ship.
fn every_way(
    shop: &Shop,
    lines: &[(&str, u32)],
    parcels: &BTreeMap<u16, u64>,
) -> BTreeMap<u32, u64> {
    let mut ways = BTreeMap::from([(0_u32, 0_u64)]);
    for &(item, quantity) in lines {
        // All ways to take this item alone, one shelf after the other.
        let mut taken = BTreeMap::from([((0_u32, 0_u32), 0_u64)]);
        let (_, stocked) = shop.inventory().item(&sku(item)).unwrap();
        for shelf in &stocked.shelves {
            let unit = unit_cost(shop, item, shelf.facility.0, shelf.tier);
            let before = taken.clone();
            for ((set, units), cost) in before {
                for more in 1..=stocked.available_on(shelf).min(quantity - units) {
                    let key = (set | 1 << shelf.facility.0, units + more);
                    let cost = cost + unit * u64::from(more);
                    let known = taken.entry(key).or_insert(cost);
                    *known = cost.min(*known);
                }
            }
        }
        let whole = taken.iter().filter(|((_, units), _)| *units == quantity);
        let whole: Vec<(u32, u64)> = whole.map(|((set, _), cost)| (*set, *cost)).collect();
        let mut both = BTreeMap::new();
        for (set, cost) in &ways {
            for (with, more) in &whole {
                let known = both.entry(set | with).or_insert(cost + more);
                *known = (cost + more).min(*known);
            }
        }
        ways = both;
    }
    let open = |set: u32| parcels.iter().filter(move |(number, _)| set >> **number & 1 == 1);
    ways.into_iter()
        .map(|(set, cost)| (set, cost + open(set).map(|(_, c)| c).sum::<u64>()))
        .collect()
}

#[test]
fn the_best_plan_with_each_facility_is_the_best_of_all_ways_to_hand_out_units() {
    let mut random = Random(11);
    let (mut beaten, mut ships, mut idle) = (0, 0, 0);
    for _ in 0..400 {
        let (desk, facilities) = network(&mut random);
        let lines = [("mug", 1 + random.below(4) as u32), ("pen", 1 + random.below(3) as u32)];
        let told = explain(&desk.shop, ask(&lines));
        let ways = every_way(&desk.shop, &lines, &parcels(&desk.shop, facilities));
        let Some(plan) = &told.plan else {
            assert!(ways.is_empty() && !told.shortfalls.is_empty());
            continue;
        };
        assert_eq!(Some(&plan.cost), ways.values().min());
        for facility in &told.facilities {
            let number = facility.facility.0;
            let with = ways.iter().filter(|(set, _)| **set >> number & 1 == 1);
            let best = with.map(|(_, cost)| *cost).min();
            match &facility.verdict {
                Verdict::Ships => {
                    assert_eq!(best, Some(plan.cost));
                    ships += 1;
                }
                Verdict::Beaten(found) => {
                    assert_eq!((Some(found.cost), found.proven), (best, true), "{told:?}");
                    assert!(found.cost >= plan.cost);
                    beaten += 1;
                }
                Verdict::NoStock => {
                    assert_eq!(best, None);
                    idle += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(beaten > 200 && ships > 200 && idle > 5, "{beaten} {ships} {idle}");
}

#[test]
fn the_costs_of_the_parcels_are_the_cost_of_the_plan() {
    let mut random = Random(12);
    let mut split = 0;
    for _ in 0..200 {
        let (desk, _) = network(&mut random);
        let told = explain(&desk.shop, ask(&[("mug", 3), ("pen", 2)]));
        let Some(plan) = told.plan else { continue };
        let of = |c: &earmark::inventory::ParcelCosts| {
            c.parcel + c.export + c.way + c.primary + c.back + c.unit_prices
        };
        assert_eq!(plan.parcels.iter().map(|parcel| of(&parcel.costs)).sum::<u64>(), plan.cost);
        assert_eq!(plan.proof, Proof::Optimal);
        split += u32::from(plan.parcels.len() > 1);
    }
    assert!(split > 30, "{split} were split");
}

#[test]
fn an_explanation_is_the_plan_that_a_reservation_would_get() {
    let mut random = Random(13);
    for round in 0..200 {
        let (mut desk, _) = network(&mut random);
        let all: Vec<Aim> = Aim::ALL.into_iter().filter(|_| random.below(2) == 0).collect();
        let objective = Aims::new(&all).map_or(Objective::Weighted, Objective::Lexicographic);
        let rules = SourcingRules { objective, ..SourcingRules::default() };
        let sourcing = SourcingPolicy { rules, ..SourcingPolicy::default() };
        let policy = Policy { sourcing, ..Policy::default() };
        desk.must(Command::SetPolicy(SetPolicy { policy }));
        let lines = [("mug", 2), ("pen", 3)];
        let told = explain(&desk.shop, ask(&lines));
        desk.place(1, &lines);
        let mut tied: Vec<_> = desk.at_hand(1).tied.iter().map(|tied| tied.portion).collect();
        tied.sort_unstable();
        let planned = told.plan.iter().flat_map(|plan| &plan.parcels);
        let mut planned: Vec<_> = planned.flat_map(|p| p.portions.clone()).collect();
        planned.sort_unstable();
        assert_eq!(planned, tied, "round {round}");
        let Some(plan) = told.plan else { continue };
        assert_eq!(plan.aims.iter().map(|value| value.aim).collect::<Vec<_>>(), all);
        assert_eq!(usize::from(plan.exact_aims), all.len());
        for facility in &told.facilities {
            if let Verdict::Beaten(best) = &facility.verdict {
                assert!(best.aims.iter().map(|a| a.value).ge(plan.aims.iter().map(|a| a.value)));
            }
        }
    }
}

#[test]
fn every_facility_is_told_why_it_is_out() {
    let mut desk = Desk::open();
    for (code, country) in
        [("PAR", "FR"), ("OFF", "GB"), ("SPA", "GB"), ("FUL", "GB"), ("FAR", "GB")]
    {
        let lat = if code == "FAR" { 58_000_000 } else { 51_000_000 };
        desk.must(Command::Inventory(I::DefineFacility(DefineFacility {
            code: text(code),
            name: text(code),
            country: Country::new(country).unwrap(),
            location: GeoPoint { lat, lon: 0 },
            gateways: vec![],
        })));
        desk.receive("mug", code, Tier::Primary, 5);
    }
    let mut rules = |facility: &str, rules: FacilityRules| {
        let facility = FacilityRef::Code(text(facility));
        let set = SetFacilityRules { facility, rules };
        desk.must(Command::Inventory(I::SetFacilityRules(set)));
    };
    rules("OFF", FacilityRules { offline: true, ..FacilityRules::default() });
    let serves = vec![Country::new("ES").unwrap()];
    rules("SPA", FacilityRules { serves, ..FacilityRules::default() });
    rules("FUL", FacilityRules { parcels_per_day: Some(0), ..FacilityRules::default() });
    rules("LDS", FacilityRules { no_hazardous: true, ..FacilityRules::default() });
    let dangerous = ItemRules { hazardous: true, no_export_to: vec![] };
    let set = SetItemRules { item: sku("mug"), rules: dangerous };
    desk.must(Command::Inventory(I::SetItemRules(set)));
    let near = SourcingRules { max_metres: Some(400_000), ..SourcingRules::default() };
    let sourcing = SourcingPolicy { rules: near, ..SourcingPolicy::default() };
    let policy = Policy { sourcing, ..Policy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    let excluded = vec![FacilityRef::Code(text("LON")), FacilityRef::Code(text("ROM"))];
    let at = Some(Timestamp::from_millis(START));
    let told = explain(&desk.shop, ExplainQuery { excluded, at, ..ask(&[("mug", 2)]) });
    let verdict = |at: usize| &told.facilities[at].verdict;
    assert_eq!(verdict(0), &Verdict::Barred(Barred::Excluded));
    assert_eq!(verdict(1), &Verdict::NoStock);
    assert_eq!(told.facilities[1].barred_items[0].why, ItemBarred::Hazardous);
    assert_eq!(verdict(2), &Verdict::Barred(Barred::NoGateway));
    assert_eq!(verdict(3), &Verdict::Barred(Barred::Offline));
    assert_eq!(verdict(4), &Verdict::Barred(Barred::NotServed));
    assert_eq!(verdict(5), &Verdict::Barred(Barred::FullToday { parcels: 0 }));
    assert!(matches!(verdict(6), Verdict::Barred(Barred::TooFar { metres: 700_000.. })));
    assert_eq!(told.plan, None);
    assert_eq!(told.shortfalls[0].available, Some(0));
    let later = explain(&desk.shop, ask(&[("mug", 2)]));
    assert_eq!(later.facilities[0].verdict, Verdict::Ships);
    assert!(matches!(later.facilities[5].verdict, Verdict::Beaten(_)), "no day, no full facility");
}

#[test]
fn a_facility_whose_shelf_is_empty_has_no_stock() {
    let mut desk = Desk::open();
    desk.receive("pen", "LON", Tier::Primary, 1);
    let verdict =
        |desk: &Desk| explain(&desk.shop, ask(&[("pen", 1)])).facilities[0].verdict.clone();
    assert_eq!(verdict(&desk), Verdict::Ships);
    desk.place(1, &[("pen", 1)]);
    assert_eq!(verdict(&desk), Verdict::NoStock);
}

/// One facility has all that is wanted on its front shelves; 23 others have all but one item
/// too, and farther behind.
fn wide() -> (Shop, Vec<String>) {
    let mut shop = Shop::default();
    let mut must = |command| {
        let context = Context { at: Timestamp::from_millis(START), by: Principal::Staff };
        shop.settle(&Command::Inventory(command), &context).unwrap().unwrap();
    };
    let items: Vec<String> = (0..24).map(|n| format!("item {n}")).collect();
    for sku in &items {
        let (sku, name, unit_price) = (text(sku), text(sku), UnitPrice(1));
        must(I::DefineItem(DefineItem { sku, name, unit_price }));
    }
    for number in 0..24 {
        let (code, country) = (text(&format!("F{number}")), Country::new("GB").unwrap());
        let location = GeoPoint { lat: 51_507_400 + number * 100_000, lon: -127_800 };
        let (name, gateways) = (code.clone(), vec![]);
        must(I::DefineFacility(DefineFacility { code, name, country, location, gateways }));
        for item in &items[usize::from(number > 0)..] {
            let facility = FacilityRef::Id(FacilityId(u16::try_from(number).unwrap()));
            let tier = if number == 0 { Tier::Primary } else { Tier::Back };
            let (item, quantity) = (sku(item), units(1));
            must(I::Receive(ReceiveStock { item, facility, tier, quantity }));
        }
    }
    (shop, items)
}

#[test]
fn what_is_not_looked_at_to_the_end_is_not_said_to_be_proven() {
    let (shop, items) = wide();
    let lines: Vec<(&str, u32)> = items.iter().map(|item| (&**item, 1)).collect();
    let told = explain(&shop, ask(&lines));
    assert_eq!(told.facilities[0].verdict, Verdict::Ships);
    // To make sure of one facility takes 24 searches, and there are 512.
    let proven = told.facilities[1..].iter().map(|facility| match &facility.verdict {
        Verdict::Beaten(best) => Some(best.proven),
        Verdict::NoPlan => None,
        other => panic!("{other:?}"),
    });
    let proven: Vec<_> = proven.collect();
    assert_eq!(proven, [vec![Some(true); 21], vec![Some(false)], vec![None]].concat());
}

#[test]
fn a_facility_that_would_need_one_parcel_too_many_has_no_plan() {
    let mut desk = Desk::open();
    let sourcing = SourcingPolicy { max_parcels: Some(1), ..SourcingPolicy::default() };
    let policy = Policy { sourcing, ..Policy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    let told = explain(&desk.shop, ask(&[("mug", 1), ("pen", 1)]));
    assert_eq!(told.facilities[0].verdict, Verdict::NoPlan);
    assert_eq!(told.facilities[1].verdict, Verdict::Ships);
    let told = explain(&desk.shop, ask(&[("mug", 13), ("pen", 1)]));
    assert_eq!((told.plan, told.too_many_parcels), (None, Some(1)));
}

#[test]
fn only_staff_may_ask_and_only_for_what_can_be_an_order() {
    let desk = Desk::open();
    let query = Query::Explain(ask(&[("mug", 1)]));
    let customer = Principal::Customer(text("ada"));
    assert_eq!(desk.shop.query(&query, &customer), Err(QueryRefusal::StaffOnly));
    let many = ask(&vec![("mug", 1); 2_001]);
    let refused = desk.shop.query(&Query::Explain(many), &Principal::Staff);
    assert_eq!(refused, Err(QueryRefusal::Malformed));
    let mut nowhere = ask(&[("mug", 1)]);
    nowhere.destination.location.lat = 91_000_000;
    let refused = desk.shop.query(&Query::Explain(nowhere), &Principal::Staff);
    assert_eq!(refused.unwrap_err().code(), "malformed");
    let unknown = explain(&desk.shop, ask(&[("hat", 1)]));
    assert_eq!((unknown.shortfalls[0].available, unknown.facilities), (None, vec![]));
}
