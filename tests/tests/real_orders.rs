//! Sourcing over the orders of a real shop: the optimum against the rules of other systems, and
//! the plan of the inventory role against the bare solver.
//!
//! Random orders are all alike; those of a shop run from one mug to a thousand lines. The demands
//! and destinations are the documents', the network is that of the replay; what lies where is made
//! up by a hash, since no document says it.
//!
//! `cargo test -p earmark-tests --test real_orders -- --nocapture` prints the table.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../../core/tests/peer_rules/mod.rs"]
mod peer_rules;

use std::collections::BTreeMap;
use std::path::Path;

use earmark::decide::{Context, Principal};
use earmark::demand::Destination;
use earmark::flow::{
    Answer, Command, ExplainQuery, Preview, PreviewLine, PreviewPlan, PreviewQuery, Query,
    SetPolicy, Shop,
};
use earmark::geo::{GeoPoint, GlobeVector, metres};
use earmark::ids::{Country, FacilityRef, ItemRef, Text, Tier};
use earmark::inventory::{
    DefineFacility, DefineItem, Explanation, GatewaySpec, InventoryCommand as I, ReceiveStock,
    Verdict,
};
use earmark::policy::{Aim, Aims, Objective, Policy, SourcingPolicy, SourcingRules};
use earmark::sourcing::Arc;
use earmark::time::Timestamp;
use earmark::units::{Quantity, UnitPrice};
use earmark_tests::documents::Documents;
use earmark_tests::orders::{Order, hash, micro, read, rows};
use peer_rules::Instance;
use peer_rules::rules::RULES;
use peer_rules::table::Table;

/// A facility, and the airports it exports by.
struct Facility {
    code: String,
    country: String,
    place: GeoPoint,
    gateways: Vec<(String, GeoPoint)>,
}

/// The network of the replay.
fn network() -> Vec<Facility> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host-runtime/src/shop/network.csv");
    let point = |cells: &[String]| GeoPoint { lat: micro(&cells[5]), lon: micro(&cells[6]) };
    let all: Vec<Vec<String>> = rows(&file).collect();
    let gateways = all.iter().filter(|cells| cells[0] == "gateway");
    let gateways: BTreeMap<&str, GeoPoint> =
        gateways.map(|cells| (cells[1].as_str(), point(cells))).collect();
    let facilities = all.iter().filter(|cells| cells[0] == "facility");
    let facility = |cells: &Vec<String>| Facility {
        code: cells[1].clone(),
        country: cells[4].clone(),
        place: point(cells),
        gateways: cells[8].split(' ').map(|code| (code.to_owned(), gateways[code])).collect(),
    };
    facilities.map(facility).collect()
}

impl Facility {
    /// What a parcel costs, and how far it goes, by the default policy; none if it can't go.
    fn way(&self, order: &Order) -> Option<(u64, u64)> {
        let policy = SourcingPolicy::default();
        let apart = |one: GeoPoint, other: GeoPoint| {
            u64::from(metres(&GlobeVector::from(one), &GlobeVector::from(other)))
        };
        let there = GeoPoint { lat: order.place.0, lon: order.place.1 };
        let rate = |metres: u64, per_km: u32| metres * u64::from(per_km) / 1_000;
        let parcel = u64::from(policy.parcel);
        if self.country == order.country {
            let ground = apart(self.place, there);
            return Some((parcel + rate(ground, policy.ground_km), ground));
        }
        let by = |(_, gateway): &(String, GeoPoint)| {
            let (ground, air) = (apart(self.place, *gateway), apart(*gateway, there));
            let ways = rate(ground, policy.ground_km) + rate(air, policy.air_km);
            (parcel + u64::from(policy.export) + ways, ground + air)
        };
        self.gateways.iter().map(by).min_by_key(|(cost, _)| *cost)
    }
}

/// What lies where: an item lies in four of ten facilities, each with some of what an order of it
/// usually wants, and its home has the largest order of it in back stock.
struct Stock {
    facilities: u16,
    /// Orders, units and the most units of one order, by SKU.
    wanted: BTreeMap<String, (u64, u64, u32)>,
}

impl Stock {
    fn new(orders: &[Order], facilities: usize) -> Self {
        let mut wanted: BTreeMap<String, (u64, u64, u32)> = BTreeMap::new();
        for (sku, units) in orders.iter().flat_map(|order| &order.units) {
            let (orders, sum, most) = wanted.entry(sku.clone()).or_default();
            (*orders, *sum, *most) = (*orders + 1, *sum + u64::from(*units), (*most).max(*units));
        }
        Self { facilities: u16::try_from(facilities).unwrap(), wanted }
    }

    /// The shelves of an item, `(facility, tier, units)`.
    fn shelves(&self, sku: &str) -> Vec<(u16, u8, u32)> {
        let (orders, sum, most) = self.wanted[sku];
        let usual = 1 + u32::try_from(sum / orders).unwrap();
        let home = (hash(sku) % u64::from(self.facilities)) as u16;
        let mut shelves = vec![(home, 1, most)];
        for facility in 0..self.facilities {
            let chance = hash(&format!("{sku} {facility}"));
            if chance % 10 < 4 {
                shelves.push((facility, 0, 1 + (chance >> 8) as u32 % (2 * usual)));
            }
        }
        shelves.sort_unstable();
        shelves
    }
}

fn instance(order: &Order, network: &[Facility], stock: &Stock) -> Instance {
    let policy = SourcingPolicy::default();
    let ways: Vec<Option<(u64, u64)>> = network.iter().map(|place| place.way(order)).collect();
    let mut arcs = Vec::new();
    for (item, sku) in (0..).zip(order.units.keys()) {
        for (facility, tier, available) in stock.shelves(sku) {
            let unit = if tier == 0 { policy.primary_unit } else { policy.back_unit };
            if ways[usize::from(facility)].is_some() {
                arcs.push(Arc { facility, tier, item, unit_cost: unit.into(), available });
            }
        }
    }
    Instance {
        fixed: ways.iter().map(|way| way.map_or(0, |(cost, _)| cost)).collect(),
        distance: ways.iter().map(|way| way.map_or(u64::MAX / 1_000, |(_, far)| far)).collect(),
        demands: order.units.values().copied().collect(),
        arcs,
    }
}

/// A shop with the same facilities and stock.
fn shop(orders: &[&Order], network: &[Facility], stock: &Stock) -> Shop {
    let mut shop = Shop::default();
    let context = Context { at: Timestamp::from_millis(0), by: Principal::Staff };
    let mut tell = |command: I| {
        shop.settle(&Command::Inventory(command), &context).unwrap().unwrap();
    };
    let text = |text: &str| Text::new(text).unwrap();
    for place in network {
        let gateway = |(iata, location): &(String, GeoPoint)| GatewaySpec {
            iata: text(iata),
            location: *location,
        };
        tell(I::DefineFacility(DefineFacility {
            code: text(&place.code),
            name: text(&place.code),
            country: Country::new(&place.country).unwrap(),
            location: place.place,
            gateways: place.gateways.iter().map(gateway).collect(),
        }));
    }
    let mut skus: Vec<&String> = orders.iter().flat_map(|order| order.units.keys()).collect();
    skus.sort_unstable();
    skus.dedup();
    for sku in skus {
        let (name, unit_price) = (text(sku), UnitPrice(1));
        tell(I::DefineItem(DefineItem { sku: text(sku), name, unit_price }));
        for (facility, tier, units) in stock.shelves(sku) {
            tell(I::Receive(ReceiveStock {
                item: ItemRef::Sku(text(sku)),
                facility: FacilityRef::Code(text(&network[usize::from(facility)].code)),
                tier: if tier == 0 { Tier::Primary } else { Tier::Back },
                quantity: Quantity::new(units).unwrap(),
            }));
        }
    }
    shop
}

#[test]
fn no_rule_of_a_peer_costs_less_than_the_optimum_of_any_real_order() {
    let documents = Documents::at_hand(3_000);
    let orders = read(&documents);
    let network = network();
    let stock = Stock::new(&orders, network.len());
    let mut table = Table::default();
    for order in &orders {
        table.add(&instance(order, &network, &stock));
    }
    let which = if documents.real { "real" } else { "invented" };
    println!("{which} orders, stock made up: {table}");
    assert_eq!((table.short, table.instances), (0, orders.len() as u64));
    assert!(table.instances > 500 && table.unproven * 100 <= table.instances);
    for ((name, _), row) in RULES.iter().zip(&table.rows) {
        assert!(row.served + row.refused == table.instances, "`{name}`");
        assert!(row.served == 0 || row.gap() > 0, "`{name}` is never dearer");
    }
}

#[test]
fn the_plan_of_the_inventory_role_costs_what_the_bare_solver_says() {
    let orders = read(&Documents::at_hand(3_000));
    let network = network();
    let stock = Stock::new(&orders, network.len());
    let some: Vec<&Order> = orders.iter().step_by(orders.len().div_ceil(150)).collect();
    let shop = shop(&some, &network, &stock);
    let (mut table, mut abroad, mut split) = (Table::default(), 0, 0);
    for order in some {
        let best = table.add(&instance(order, &network, &stock)).unwrap();
        let (plan, _) = asked(&shop, order);
        assert_eq!((plan.cost, plan.parcels.len()), (best.cost, best.open.len()));
        abroad += u32::from(plan.parcels.iter().any(|parcel| parcel.gateway.is_some()));
        split += u32::from(plan.parcels.len() > 1);
    }
    assert!(abroad > 3 && split > 50, "{abroad} abroad, {split} split");
}

/// What would become of an order, as the shop says it, and why.
fn asked(shop: &Shop, order: &Order) -> (PreviewPlan, Explanation) {
    let line = |(sku, units): (&String, &u32)| PreviewLine {
        item: ItemRef::Sku(Text::new(sku).unwrap()),
        quantity: Quantity::new(*units).unwrap(),
    };
    let destination = Destination {
        country: Country::new(&order.country).unwrap(),
        location: GeoPoint { lat: order.place.0, lon: order.place.1 },
    };
    let lines: Vec<PreviewLine> = order.units.iter().map(line).collect();
    let query = PreviewQuery { lines: lines.clone(), destination: destination.clone(), at: None };
    let Preview::Served(plan) = shop.preview(&query) else {
        panic!("order {} has stock", order.number);
    };
    let query = ExplainQuery { lines, destination, excluded: vec![], at: None };
    match shop.query(&Query::Explain(query), &Principal::Staff) {
        Ok(Answer::Explained(told)) => (plan, told),
        other => panic!("{other:?}"),
    }
}

#[test]
fn real_orders_are_explained_and_aims_are_met_in_their_order() {
    let orders = read(&Documents::at_hand(3_000));
    let network = network();
    let stock = Stock::new(&orders, network.len());
    let mut some: Vec<&Order> = orders.iter().step_by(orders.len().div_ceil(60)).collect();
    some.extend(orders.iter().max_by_key(|order| order.units.len()));
    let mut shop = shop(&some, &network, &stock);
    let weighted: Vec<PreviewPlan> = some.iter().map(|order| asked(&shop, order).0).collect();
    let objective = Objective::Lexicographic(Aims::new(&Aim::ALL).unwrap());
    let rules = SourcingRules { objective, ..SourcingRules::default() };
    let sourcing = SourcingPolicy { rules, ..SourcingPolicy::default() };
    let policy = Policy { sourcing, ..Policy::default() };
    let context = Context { at: Timestamp::from_millis(0), by: Principal::Staff };
    shop.settle(&Command::SetPolicy(SetPolicy { policy }), &context).unwrap().unwrap();
    let (mut exact, mut beaten, mut proven) = (0, 0, 0);
    for (order, by_cost) in some.iter().zip(&weighted) {
        let (plan, told) = asked(&shop, order);
        let why = told.plan.unwrap();
        assert_eq!((why.cost, why.parcels.len()), (plan.cost, plan.parcels.len()));
        assert!(plan.parcels.len() <= by_cost.parcels.len() && plan.cost >= by_cost.cost);
        exact += u32::from(usize::from(why.exact_aims) == Aim::ALL.len());
        for facility in told.facilities {
            if let Verdict::Beaten(best) = facility.verdict {
                assert!(best.aims[0].value >= plan.parcels.len() as u64);
                beaten += 1;
                proven += u32::from(best.proven);
            }
        }
    }
    println!("{} orders: {exact} exact in all aims; {proven} of {beaten} proven", some.len());
    assert!(beaten > 200 && proven * 10 > beaten * 8 && exact * 10 > some.len() as u32 * 8);
}
