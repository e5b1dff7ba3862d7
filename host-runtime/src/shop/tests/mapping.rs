//! The plan, held against the documents and against figures computed without it.
//!
//! Law: no document and no unit vanishes between a file and its plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::shop::countries::Countries;
use crate::shop::documents::{Document, Goods, Kind, Price};
use crate::shop::generate;
use crate::shop::input::Table;
use crate::shop::network::{Gateway, Network};
use crate::shop::plan::{Happening, Plan, PlanOptions, Reason};
use crate::shop::sources::Shop;
use crate::shop::stock::{StockPolicy, Tier};
use crate::shop::summary::{Expected, ItemFigures};

fn options(stock: StockPolicy) -> PlanOptions {
    PlanOptions { stock, ..PlanOptions::default() }
}

#[test]
fn every_figure_of_the_plan_equals_the_one_computed_without_it() {
    let network = Network::built_in().unwrap();
    let generated = generate::shop(3, 2_000);
    for shop in [super::any(), &generated] {
        let options = PlanOptions::default();
        let plan = shop.plan(&network, &options).unwrap();
        check_figures(&plan, &shop.expected(&options));
        check_documents(&plan, shop);
        check_order(&plan);
    }
}

/// Adds up the happenings by item.
fn check_figures(plan: &Plan<'_>, expected: &Expected) {
    let mut items: BTreeMap<String, ItemFigures> = BTreeMap::new();
    let mut figures = |sku: &str, change: &mut dyn FnMut(&mut ItemFigures)| {
        change(items.entry(sku.to_owned()).or_default());
    };
    for timed in &plan.happenings {
        match &timed.happening {
            Happening::Order { order, .. } => {
                for line in &order.goods {
                    figures(&line.sku, &mut |item| item.ordered += line.quantity);
                }
            }
            Happening::Cancel { units, .. } => {
                for units in units {
                    figures(units.sku, &mut |item| item.cancelled += units.quantity);
                }
            }
            Happening::Return { units, .. } => {
                for units in units {
                    figures(units.sku, &mut |item| item.returned += units.quantity);
                }
            }
            Happening::Adjust { sku, change, .. } => figures(sku, &mut |item| {
                item.found += change.max(&0);
                item.lost -= change.min(&0);
            }),
            _ => {}
        }
    }
    let mut unmatched = BTreeMap::new();
    for aside in &plan.set_aside {
        if let (Reason::NoMatch(reason), Some(units)) = (aside.reason, aside.units) {
            figures(units.sku, &mut |item| item.unmatched += units.quantity);
            *unmatched.entry(reason).or_insert(0) += units.quantity;
        }
    }
    assert_eq!(items, expected.items);
    assert_eq!(unmatched, expected.unmatched);
}

/// Every document is in the plan or set aside; those without goods are set aside by kind.
fn check_documents(plan: &Plan<'_>, shop: &Shop) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for timed in &plan.happenings {
        match &timed.happening {
            Happening::Order { order, .. } => assert!(seen.insert(&order.number)),
            Happening::Cancel { cancel: document, .. }
            | Happening::Return { cancel: document, .. }
            | Happening::Adjust { document, .. } => _ = seen.insert(&document.number),
            _ => {}
        }
    }
    let aside = plan.set_aside.iter().map(|aside| aside.document.number.as_str());
    seen.extend(aside);
    assert_eq!(seen.len(), shop.documents.len());
    let money: usize = plan
        .set_aside_by_reason()
        .iter()
        .filter(|(reason, _)| matches!(reason, Reason::MoneyOnly(_)))
        .map(|(_, (entries, _))| entries)
        .sum();
    let without = shop.documents.iter().filter(|document| document.goods.is_empty()).count();
    assert_eq!(money, without);
}

/// Time never goes back, no hour of activity is without a tick, and what needs something comes
/// after it.
fn check_order(plan: &Plan<'_>) {
    let mut ticked = plan.happenings[0].at;
    let mut now = ticked;
    let (mut items, mut facilities) = (BTreeSet::new(), BTreeSet::new());
    let (mut placed, mut shipped, mut delivered) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for timed in &plan.happenings {
        assert!(timed.at >= now);
        now = timed.at;
        match &timed.happening {
            Happening::Tick => ticked = now,
            Happening::DefineFacility(facility) => assert!(facilities.insert(&facility.code)),
            Happening::DefineItem { sku, .. } => assert!(items.insert(*sku)),
            Happening::OpeningStock(stocked) | Happening::TopUp(stocked) => {
                assert!(items.contains(stocked.sku) && stocked.units > 0);
                assert!(facilities.contains(&stocked.facility.code));
            }
            Happening::Order { order, .. } => {
                assert!(order.goods.iter().all(|line| items.contains(line.sku.as_str())));
                placed.insert(&order.number);
            }
            Happening::Ship { order } => {
                assert!(placed.contains(&order.number) && shipped.insert(&order.number));
            }
            Happening::Deliver { order } => {
                assert!(shipped.contains(&order.number) && delivered.insert(&order.number));
            }
            Happening::Cancel { order, units, .. } => {
                assert!(placed.contains(&order.number) && !shipped.contains(&order.number));
                assert!(units.iter().all(|units| units.quantity > 0));
            }
            Happening::Return { order, units, .. } => {
                assert!(delivered.contains(&order.number));
                assert!(units.iter().all(|units| units.quantity > 0));
            }
            Happening::Adjust { sku, change, .. } => assert!(items.contains(sku) && *change != 0),
        }
        assert!(now - ticked < PlanOptions::default().tick_every);
    }
    assert_eq!(shipped, delivered);
}

#[test]
fn the_plan_is_the_same_every_time() {
    let network = Network::built_in().unwrap();
    let made = || {
        let shop = generate::shop(9, 600);
        let plan = shop.plan(&network, &options(StockPolicy::Weekly5Percent)).unwrap();
        format!("{:?}{:?}", plan.happenings, plan.set_aside)
    };
    assert_eq!(made(), made());
}

#[test]
fn the_opening_stock_follows_its_policy() {
    let network = Network::built_in().unwrap();
    let shop = super::any();
    let expected = shop.expected(&PlanOptions::default());
    let opening = |stock| {
        let plan = shop.plan(&network, &options(stock)).unwrap();
        let mut units: BTreeMap<String, i64> = BTreeMap::new();
        for timed in &plan.happenings {
            if let Happening::OpeningStock(stocked) = timed.happening {
                *units.entry(stocked.sku.to_owned()).or_default() += stocked.units;
            }
        }
        units
    };
    let ample = opening(StockPolicy::Ample);
    for (sku, item) in &expected.items {
        let units = ample.get(sku).copied().unwrap_or(0);
        assert_eq!(units, 2 * item.ordered + item.lost, "{sku}");
    }
    let scarce = opening(StockPolicy::Static5Percent);
    for (sku, product) in &shop.products {
        let units = product.scarcity.map_or(0, |scarcity| scarcity.static_units);
        assert_eq!(scarce.get(sku).copied().unwrap_or(0), units, "{sku}");
    }
    let hundred = opening(StockPolicy::PerItem(100));
    assert!(shop.products.keys().all(|sku| hundred.get(sku) == Some(&100)));
}

#[test]
fn ample_stock_bears_every_loss_even_if_all_orders_ship_from_there() {
    let network = Network::built_in().unwrap();
    let shop = super::any();
    let plan = shop.plan(&network, &PlanOptions::default()).unwrap();
    let mut back: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for timed in &plan.happenings {
        match &timed.happening {
            Happening::OpeningStock(stocked) if stocked.tier == Tier::Back => {
                let place = (stocked.sku, stocked.facility.code.as_str());
                *back.entry(place).or_default() += stocked.units;
            }
            Happening::Adjust { sku, facility, tier, change, .. } => {
                assert_eq!(*tier, Tier::Back);
                *back.entry((sku, &facility.code)).or_default() += change;
            }
            _ => {}
        }
    }
    let expected = shop.expected(&PlanOptions::default());
    for ((sku, facility), units) in back {
        let home = crate::shop::stock::home(&network, sku).unwrap();
        if home.code == facility {
            assert!(units >= expected.items[sku].ordered, "{sku} at {facility}: {units}");
        }
    }
}

#[test]
fn weekly_receipts_come_on_mondays_and_never_exceed_the_level() {
    let network = Network::built_in().unwrap();
    let shop = super::any();
    let plan = shop.plan(&network, &options(StockPolicy::Weekly5Percent)).unwrap();
    let mut receipts = 0;
    for timed in &plan.happenings {
        if let Happening::TopUp(stocked) = timed.happening {
            receipts += 1;
            let level = shop.products[stocked.sku].scarcity.unwrap().weekly_level;
            assert!((1..=level).contains(&stocked.units), "{stocked:?}");
            let time = crate::shop::calendar::format(timed.at);
            assert!(time.ends_with("T06:00"), "{time}");
        }
    }
    assert!(receipts > 100, "{receipts}");
}

/// One order of 5 units at 10:00, and cancellations at the given hours after it.
fn cancelled(hours: &[(u64, i64)]) -> Shop {
    let mut shop = generate::shop(1, 0);
    let document = |number: String, at, kind, quantity| Document {
        number,
        at,
        kind,
        customer: Some("x".into()),
        country: Some("FR".into()),
        goods: vec![Goods { sku: "A".into(), quantity, price: Price(100) }],
        charges: Vec::new(),
    };
    let placed = 1_704_103_200_000;
    shop.documents.push(document("1".into(), placed, Kind::Order, 5));
    for (which, &(hours, units)) in hours.iter().enumerate() {
        let at = placed + hours * 3_600_000;
        shop.documents.push(document(format!("C{which}"), at, Kind::Cancel, -units));
    }
    shop.links = crate::shop::links::Links::inferred(&shop.documents);
    shop
}

#[track_caller]
fn check(hours: &[(u64, i64)], expected: &[&str]) {
    let network = Network::built_in().unwrap();
    let shop = cancelled(hours);
    let plan = shop.plan(&network, &PlanOptions::default()).unwrap();
    check_figures(&plan, &shop.expected(&PlanOptions::default()));
    let placed = shop.documents[0].at;
    let mut found = Vec::new();
    for timed in &plan.happenings {
        let what = match &timed.happening {
            Happening::Order { .. } => "order".to_owned(),
            Happening::Ship { .. } => "ship".to_owned(),
            Happening::Deliver { .. } => "deliver".to_owned(),
            Happening::Cancel { units, .. } => format!("cancel {}", units[0].quantity),
            Happening::Return { units, .. } => format!("return {}", units[0].quantity),
            _ => continue,
        };
        found.push(format!("{}h {what}", (timed.at - placed) / 3_600_000));
    }
    assert_eq!(found, expected);
}

#[test]
fn a_cancellation_before_shipping_takes_units_out_and_later_they_are_returned() {
    check(
        &[(23, 1), (24, 1), (300, 1)],
        &["0h order", "23h cancel 1", "24h ship", "144h deliver", "144h return 1", "300h return 1"],
    );
}

#[test]
fn an_order_that_is_wholly_cancelled_never_ships() {
    check(&[(1, 2), (2, 3)], &["0h order", "1h cancel 2", "2h cancel 3"]);
}

#[test]
fn the_gateways_lie_where_the_airports_list_has_them() {
    let network = Network::built_in().unwrap();
    let Some(path) = super::shared("geo/airports.csv.gz") else { return };
    let mut table = Table::open(&path).unwrap();
    let [iata, lat, lon] = table.columns(["iata", "lat", "lon"]).unwrap();
    let mut airports: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    while let Some(row) = table.next_row().unwrap() {
        let number = |column| row.text(column).unwrap().parse().unwrap();
        airports.insert(row.text(iata).unwrap().to_owned(), (number(lat), number(lon)));
    }
    let gateways: Vec<&Gateway> =
        network.facilities.iter().flat_map(|facility| &facility.gateways).collect();
    assert!(gateways.len() >= 10);
    for gateway in gateways {
        let (lat, lon) = airports[&gateway.code];
        let north = (f64::from(gateway.latitude_e6) / 1e6 - lat) * 111.2;
        let east = (f64::from(gateway.longitude_e6) / 1e6 - lon) * 111.2 * lat.to_radians().cos();
        let km = north.hypot(east);
        assert!(km < 2.0, "{} is {km} km away from where it should be", gateway.code);
    }
}

#[test]
fn an_order_to_an_unknown_country_is_an_error() {
    let network = Network::built_in().unwrap();
    let mut shop = cancelled(&[]);
    shop.countries = Countries::from_list(&[("United Kingdom", "GB", "London", 0, 0)]);
    let error = shop.plan(&network, &PlanOptions::default()).unwrap_err().to_string();
    assert!(error.starts_with("document `1` goes to the country `FR`, which is not"), "{error}");
}
