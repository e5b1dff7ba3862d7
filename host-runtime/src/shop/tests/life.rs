//! The whole life of the orders of an invented shop, taken by a second core.
//!
//! Law: nothing that a hold keeps back is released, nothing unpaid leaves, and all comes to
//! an end.

use std::collections::{HashMap, HashSet};

use earmark::decide::{Context, Principal};
use earmark::flow::{Event, Refusal, Shop};
use earmark::ids::{HoldNumber, OrderId};
use earmark::order::{OrderEvent, Status};
use earmark::payment::PaymentEvent;
use earmark::schema;
use earmark::time::Timestamp;

use crate::shop::generate;
use crate::shop::life::{self, Foreseen, figures::Figures};
use crate::shop::network::Network;
use crate::shop::plan::PlanOptions;
use crate::shop::replay::policy;
use crate::shop::sources;
use crate::shop::stock::StockPolicy;

fn foreseen(shop: &sources::Shop, stock: StockPolicy) -> Foreseen {
    let network = Network::built_in().unwrap();
    let options = PlanOptions { stock, step_in: true, ..PlanOptions::default() };
    let plan = shop.plan(&network, &options).unwrap();
    let policy = life::policy(policy());
    life::foresee(&plan, &shop.products, policy, &options, &|_, _| {}).unwrap()
}

/// What a second core makes of the commands: its events, its refusals, and how it stands then.
fn taken(foreseen: &Foreseen) -> (Vec<Event>, Vec<Refusal>, Shop) {
    let (mut shop, mut events, mut refusals) = (Shop::default(), Vec::new(), Vec::new());
    let mut now = 0;
    for command in &foreseen.commands {
        assert!(command.at >= now, "time goes back");
        now = command.at;
        let context = Context { at: Timestamp::from_millis(now), by: Principal::Staff };
        let command = schema::decode_command(command.kind, &command.bytes).unwrap();
        match shop.settle(&command, &context).unwrap() {
            Ok(mut happened) => events.append(&mut happened),
            Err(refusal) => refusals.push(refusal),
        }
    }
    (events, refusals, shop)
}

#[test]
fn what_is_held_or_unpaid_is_not_released_and_everything_ends() {
    let shop = generate::shop(7, 1_500);
    let (events, refusals, after) = taken(&foreseen(&shop, StockPolicy::Ample));
    assert_eq!(refusals, []);
    let mut held: HashMap<OrderId, HashSet<HoldNumber>> = HashMap::new();
    let (mut paid, mut figures) = (HashSet::new(), Figures::default());
    let mut kept_back = 0;
    for event in &events {
        let event = match event {
            Event::Order(event) => event,
            Event::Payment(event) => {
                figures.money.count(event);
                continue;
            }
            _ => continue,
        };
        figures.count(event);
        let order = event.order();
        match event {
            OrderEvent::HoldPlaced(e) => {
                kept_back += 1;
                held.entry(order).or_default().insert(e.hold);
            }
            OrderEvent::HoldReleased(e) => {
                assert!(held.entry(order).or_default().remove(&e.hold));
            }
            OrderEvent::PaymentAuthorized(_) => assert!(paid.insert(order), "paid twice"),
            OrderEvent::Released(_) => {
                assert!(held.get(&order).is_none_or(HashSet::is_empty), "{order} is held");
                assert!(paid.contains(&order), "{order} is not paid");
            }
            _ => {}
        }
    }
    assert!(kept_back > 0, "no order was held");
    assert_eq!(figures.contradictions(), Vec::<String>::new());
    assert_eq!((figures.still_here(), figures.under_way().times), (0, 0));
    let open = |status| matches!(status, Status::Draft | Status::Pending | Status::Confirmed);
    assert_eq!(after.orders().iter().filter(|(_, order)| open(order.status)).count(), 0);
    assert!(after.audit().broken.is_empty(), "{:?}", after.audit().broken);
    let troubles = [figures.not_found, figures.refused, figures.voided, figures.not_taken];
    assert!(troubles.iter().all(|sum| sum.times > 0), "{troubles:?}");
}

#[test]
fn the_same_documents_have_the_same_life() {
    let shop = generate::shop(11, 300);
    let made = || foreseen(&shop, StockPolicy::PerItem(40));
    let (one, other) = (made(), made());
    assert_eq!((one.did, &one.commands), (other.did, &other.commands));
    assert_ne!(one.did, foreseen(&shop, StockPolicy::PerItem(41)).did);
}

#[test]
fn in_a_shop_with_little_everybody_still_gives_only_commands_that_make_sense() {
    let shop = generate::shop(13, 800);
    let (events, refusals, _) = taken(&foreseen(&shop, StockPolicy::PerItem(30)));
    let of_orders = |refusal: &&Refusal| !matches!(refusal, Refusal::Inventory(_));
    assert_eq!(refusals.iter().filter(of_orders).count(), 0, "{refusals:?}");
    let rejected =
        events.iter().filter(|event| matches!(event, Event::Order(OrderEvent::Rejected(_))));
    assert!(rejected.count() > 0, "the shop has too much");
}

#[test]
fn a_sum_that_is_not_even_is_told() {
    let shop = generate::shop(17, 200);
    let (events, ..) = taken(&foreseen(&shop, StockPolicy::Ample));
    let orders = |wanted: &dyn Fn(&OrderEvent) -> bool, paid: &dyn Fn(&PaymentEvent) -> bool| {
        let mut figures = Figures::default();
        for event in &events {
            match event {
                Event::Order(event) if wanted(event) => figures.count(event),
                Event::Payment(event) if paid(event) => figures.money.count(event),
                _ => {}
            }
        }
        figures.contradictions()
    };
    assert_eq!(orders(&|_| true, &|_| true), Vec::<String>::new());
    let told = |found: Vec<String>, what: &str| {
        assert!(found.iter().any(|found| found.starts_with(what)), "{what}: {found:?}");
    };
    told(orders(&|event| !matches!(event, OrderEvent::Shipped(_)), &|_| true), "parcels");
    let asked = |event: &PaymentEvent| !matches!(event, PaymentEvent::Requested(_));
    told(orders(&|_| true, &asked), "pence asked for");
    let captured = |event: &PaymentEvent| !matches!(event, PaymentEvent::Captured(_));
    told(orders(&|_| true, &captured), "pence refunded");
    let authorized = |event: &PaymentEvent| !matches!(event, PaymentEvent::Authorized(_));
    told(orders(&|_| true, &authorized), "pence captured or voided");
}
