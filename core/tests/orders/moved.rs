//! Orders that are to go to another address while their stock is at hand. Why: who asks for what
//! nobody may send hears so at once, and the order stays as it was.

use crate::support::kits::{self, kit};
use crate::support::{Desk, order, sku, units};
use earmark::demand::{Destination, Shortfall};
use earmark::flow::{Command, Event, Refusal};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, LineNumber};
use earmark::inventory::{InventoryCommand, ItemRules, SetItemRules};
use earmark::order::{AmendOrder, OrderCommand as O, OrderLine, OrderRefusal, Rejection, Status};
use earmark::units::UnitPrice;

/// To France, and with so many more of an item.
fn to_france(added: &[(&str, u32)]) -> O {
    let line = |&(item, quantity): &(&str, u32)| OrderLine {
        item: sku(item),
        quantity: units(quantity),
        unit_price: UnitPrice(10_000),
    };
    let location = GeoPoint { lat: 48_856_600, lon: 2_352_200 };
    let destination = Some(Destination { country: Country::new("FR").unwrap(), location });
    let added = added.iter().map(line).collect();
    O::Amend(AmendOrder { order: order(1), lines: vec![], added, destination })
}

fn not_served(why: Rejection) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::Order(OrderRefusal::NotServedThere { why }))
}

#[test]
fn an_order_that_nobody_may_send_to_an_address_stays_as_it_was() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    let rules = ItemRules { no_export_to: vec![Country::new("FR").unwrap()], hazardous: false };
    let at_home = SetItemRules { item: sku("mug"), rules };
    desk.must(Command::Inventory(InventoryCommand::SetItemRules(at_home)));
    let (line, item) = (LineNumber(0), sku("mug"));
    let short = Shortfall { line, item, demanded: 2, available: Some(0) };
    assert_eq!(
        desk.order(to_france(&[])),
        not_served(Rejection::Stock { shortfalls: vec![short] })
    );
    let known = desk.at_hand(1);
    assert_eq!((known.lines[0].buckets.allocated, known.moving.as_ref()), (2, None));
}

#[test]
fn an_order_that_becomes_too_large_with_its_kits_does_not_move() {
    let mut desk = kits::open();
    desk.must(kit("crate", &[("mug", 1_000)]));
    desk.place(1, &[("mug", 1)]);
    let why = Rejection::KitsTooLarge { lines: 3, units: 1_001_000 };
    assert_eq!(desk.order(to_france(&[("crate", 1_001)])), not_served(why));
    assert_eq!((desk.at_hand(1).lines.len(), desk.at_hand(1).status), (1, Status::Confirmed));
}

#[test]
fn an_order_that_waits_for_its_payment_waits_as_long_at_another_address() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 2)]);
    desk.order(to_france(&[])).unwrap();
    let known = desk.at_hand(1);
    assert_eq!((known.status, known.lines[0].buckets.reserved), (Status::Pending, 2));
    assert!(known.tied.iter().all(|t| !t.stage.is_hard()), "{:?}", known.tied);
    desk.pass(3_600_000);
    assert_eq!((desk.at_hand(1).status, desk.available("mug")), (Status::Expired, 25));
}
