//! Every bound at its edge: the last value that is taken, and the first that is refused; and every
//! field of what may be said twice: the same again is a retry, another value a contradiction.

use crate::support::alone::{Alone, HARD};
use crate::support::kits::{amend, cancel, kit, named, preview, release};
use crate::support::{Desk, START, names, order, place, sku, text, units};
use earmark::decide::Principal;
use earmark::demand::Destination;
use earmark::flow::{Command, Event, Preview, Refusal};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, LineNumber, OrderId, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, GatewaySpec, InventoryCommand, ItemRules,
    ReceiveStock, SetBackorderLimit, SetItemRules, SetSafetyStock, SetUnitPrices, UnitPriceFor,
};
use earmark::limits::{
    BACKORDER_LIMIT, CANCELLATIONS_PER_ORDER, COUNTRIES, FACILITIES, GATEWAYS_PER_FACILITY,
    ID_FUTURE_MS, ITEMS, KIT_COMPONENTS, ORDER_LINES, UNITS_PER_LINE, UNITS_PER_LINE_EVER,
    UNITS_PER_SHELF,
};
use earmark::order::{AmendOrder, LineChange, OrderCommand, OrderLine, PlaceOrder};
use earmark::policy::PaymentPolicy;
use earmark::time::Timestamp;
use earmark::units::{Currency, UnitPrice};

/// An order id made at a moment.
fn made_at(millis: u64) -> OrderId {
    let mut bytes = order(1).to_bytes();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    OrderId::from_bytes(bytes).unwrap()
}

fn code(answer: Result<Vec<Event>, Refusal>) -> String {
    match answer {
        Ok(events) if events.is_empty() => "nothing new".into(),
        Ok(_) => "taken".into(),
        Err(refusal) => refusal.code().into(),
    }
}

fn placed(change: impl Fn(&mut PlaceOrder)) -> String {
    let mut desk = Desk::open();
    let mut wish = place(1, &[("mug", 1)]);
    change(&mut wish);
    code(desk.order(OrderCommand::Place(wish)))
}

fn facility(change: impl Fn(&mut DefineFacility)) -> Command {
    let mut define = DefineFacility {
        code: text("MAN"),
        name: text("Manchester"),
        country: Country::new("GB").unwrap(),
        location: GeoPoint { lat: 53_480_000, lon: -2_240_000 },
        gateways: vec![GatewaySpec {
            iata: text("MAN"),
            location: GeoPoint { lat: 53_353_000, lon: -2_275_000 },
        }],
    };
    change(&mut define);
    Command::Inventory(InventoryCommand::DefineFacility(define))
}

#[test]
fn an_id_may_lie_a_day_ahead_and_not_a_millisecond_more() {
    assert_eq!(placed(|p| p.order = made_at(START + ID_FUTURE_MS)), "taken");
    assert_eq!(placed(|p| p.order = made_at(START + ID_FUTURE_MS + 1)), "order-id-from-future");
}

#[test]
fn an_order_has_as_many_lines_as_it_may_and_not_one_more() {
    let lines = |count: usize| {
        move |p: &mut PlaceOrder| p.lines = p.lines.iter().cycle().take(count).cloned().collect()
    };
    assert_eq!(placed(lines(0)), "no-lines");
    assert_eq!(placed(lines(ORDER_LINES)), "taken");
    assert_eq!(placed(lines(ORDER_LINES + 1)), "too-many-lines");
}

#[test]
fn a_facility_has_as_many_gateways_as_it_may_and_not_one_more() {
    let gateways = |count: usize| {
        facility(move |f| f.gateways = f.gateways.iter().cycle().take(count).cloned().collect())
    };
    assert_eq!(code(Desk::open().ask(gateways(GATEWAYS_PER_FACILITY))), "taken");
    assert_eq!(code(Desk::open().ask(gateways(GATEWAYS_PER_FACILITY + 1))), "too-many-defined");
    const { assert!(ITEMS > GATEWAYS_PER_FACILITY) };
}

#[test]
fn as_many_units_may_wait_as_a_limit_may_say_and_not_one_more() {
    let limit = |limit| {
        let limit = SetBackorderLimit { item: sku("mug"), limit: Some(limit) };
        code(Desk::open().ask(Command::Inventory(InventoryCommand::SetBackorderLimit(limit))))
    };
    assert_eq!(limit(BACKORDER_LIMIT), "taken");
    assert_eq!(limit(BACKORDER_LIMIT + 1), "backorder-limit-too-high");
    assert_eq!(limit(0), "nothing new", "none may wait: so every item begins");
}

#[test]
fn a_shelf_takes_as_many_units_as_it_may_and_not_one_more() {
    let mut desk = Desk::open();
    let mut receive = |quantity| {
        let (item, facility) = (sku("pen"), FacilityRef::Code(text("LON")));
        let (tier, quantity) = (Tier::Back, units(quantity));
        let receive = ReceiveStock { item, facility, tier, quantity };
        code(desk.ask(Command::Inventory(InventoryCommand::Receive(receive))))
    };
    for _ in 0..UNITS_PER_SHELF / 1_000_000 {
        assert_eq!(receive(1_000_000), "taken");
    }
    assert_eq!(receive(1), "too-much-stock");
}

#[test]
fn as_many_units_may_be_lost_as_there_are_and_not_one_more() {
    let lose = |quantity| {
        code(Desk::open().ask(Command::Inventory(InventoryCommand::Adjust(AdjustStock {
            item: sku("mug"),
            facility: FacilityRef::Code(text("LON")),
            tier: Tier::Primary,
            adjustment: Adjustment::Lost,
            quantity: units(quantity),
        }))))
    };
    assert_eq!((lose(10).as_str(), lose(11).as_str()), ("taken", "not-on-hand"));
}

#[test]
fn a_shop_has_as_many_facilities_as_it_may_and_not_one_more() {
    let mut desk = Desk::open();
    let mut define = |n: usize| {
        code(desk.ask(facility(|f| (f.code, f.gateways) = (text(&format!("F{n}")), vec![]))))
    };
    assert!((2..FACILITIES).all(|n| define(n) == "taken"), "there are two to begin with");
    assert_eq!(define(FACILITIES), "too-many-defined");
}

#[test]
fn rules_and_prices_name_as_much_as_they_may_and_not_one_more() {
    let ask = |command| code(Desk::open().ask(Command::Inventory(command)));
    let prices = |count| {
        let at = || UnitPriceFor { facility: FacilityRef::Code(text("LON")), price: 1 };
        let prices = std::iter::repeat_with(at).take(count).collect();
        ask(InventoryCommand::SetUnitPrices(SetUnitPrices { item: sku("mug"), prices }))
    };
    assert_eq!((&*prices(FACILITIES), &*prices(FACILITIES + 1)), ("taken", "too-many-defined"));
    let countries = |count| {
        let no_export_to = vec![Country::new("US").unwrap(); count];
        let rules = ItemRules { no_export_to, ..ItemRules::default() };
        ask(InventoryCommand::SetItemRules(SetItemRules { item: sku("mug"), rules }))
    };
    let told = (countries(COUNTRIES), countries(COUNTRIES + 1));
    assert_eq!(told, ("taken".into(), "too-many-defined".into()));
    let kept = |quantity| {
        let (item, facility) = (sku("mug"), FacilityRef::Code(text("LON")));
        ask(InventoryCommand::SetSafety(SetSafetyStock { item, facility, quantity }))
    };
    let told = (kept(UNITS_PER_SHELF), kept(UNITS_PER_SHELF + 1));
    assert_eq!(told, ("taken".into(), "too-much-stock".into()));
}

#[test]
fn a_kit_has_as_many_components_as_it_may_and_an_order_as_many_lines_with_them() {
    let mut desk = Desk::open();
    let mut define = |name, count| code(desk.ask(kit(name, &vec![("mug", 1); count])));
    assert_eq!(define("gift", KIT_COMPONENTS), "taken");
    assert_eq!(define("box", KIT_COMPONENTS + 1), "not-so-many-components");
    desk.must(kit("set", &[("mug", 2), ("pen", 1)]));
    desk.must(kit("crate", &[("mug", 1_000)]));
    // A set makes three lines of one.
    let lines = |sets: usize| {
        let mut lines = vec![("set", 1); sets];
        lines.extend(vec![("mug", 1); ORDER_LINES - 666 * 3]);
        lines
    };
    let short = |lines: &[(&str, u32)]| matches!(preview(&desk, lines), Preview::Short { .. });
    assert!(short(&lines(666)) && !short(&lines(667)));
    assert!(short(&[("crate", UNITS_PER_LINE / 1_000)]));
    assert!(!short(&[("crate", UNITS_PER_LINE / 1_000 + 1)]));
}

#[test]
fn an_order_is_amended_to_as_many_lines_as_it_may_have_and_not_one_more() {
    let mut desk = Desk::open();
    desk.receive("mug", "LON", Tier::Primary, u32::try_from(ORDER_LINES).unwrap());
    desk.place(1, &vec![("mug", 1); ORDER_LINES - 1]);
    let mut add = || {
        let added = place(1, &[("mug", 1)]).lines;
        let amend = AmendOrder { order: order(1), lines: vec![], added, destination: None };
        code(desk.order(OrderCommand::Amend(amend)))
    };
    assert_eq!((add(), add()), ("taken".into(), "too-many-lines".into()));
}

#[test]
fn a_line_is_amended_to_as_many_units_as_it_may_ever_have_and_not_one_more() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    let mut to = |quantity| code(desk.order(amend(1, 0, quantity)));
    // In vain: there are no more than 25. But they were asked for.
    for _ in 0..UNITS_PER_LINE_EVER / UNITS_PER_LINE {
        assert_eq!(to(UNITS_PER_LINE), "taken");
    }
    assert_eq!(to(5), "too-many-units", "three more may be asked for");
    assert_eq!(to(4), "taken");
    assert_eq!(to(5), "too-many-units");
}

#[test]
fn a_warehouse_is_asked_to_let_go_as_often_as_may_be_and_not_once_more() {
    let mut role = Alone::of(PaymentPolicy::None, &[("mug", 300)]);
    role.tied(1, HARD, &[(0, 300)]);
    role.hear(release(1));
    let mut ask = || match role.ask(&cancel(1, Some(named(0, 1)))) {
        Ok(events) => events.len().to_string(),
        Err(refusal) => refusal.code().into(),
    };
    assert!((0..CANCELLATIONS_PER_ORDER).all(|_| ask() == "1"));
    assert_eq!(ask(), "too-many-parts");
}

#[test]
fn an_id_that_is_older_than_an_order_that_has_left_is_refused_and_one_as_young_is_not() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 1)]);
    desk.order(cancel(1, None)).unwrap();
    desk.pass(desk.shop.policy().orders.archive_after.as_millis());
    assert_eq!(desk.shop.orders().get(order(1)), None);
    let mut made = |at| {
        let mut bytes = made_at(at).to_bytes();
        bytes[15] = 7;
        let order = OrderId::from_bytes(bytes).unwrap();
        code(desk.order(OrderCommand::Place(PlaceOrder { order, ..place(1, &[("mug", 1)]) })))
    };
    assert_eq!(made(START), "stale-order-id");
    assert_eq!(made(START + 1), "taken");
}

/// One field of an order changed, each.
fn other_orders() -> Vec<(&'static str, PlaceOrder)> {
    let change = |what: &'static str, change: &dyn Fn(&mut PlaceOrder)| {
        let mut other = place(1, &[("mug", 2), ("pen", 1)]);
        change(&mut other);
        (what, other)
    };
    let line = |p: &mut PlaceOrder, f: &dyn Fn(&mut OrderLine)| f(&mut p.lines[0]);
    let there = |p: &mut PlaceOrder, to: Destination| p.destination = to;
    let (gb, nl) = (Country::new("GB").unwrap(), Country::new("NL").unwrap());
    let (here, near) = (GeoPoint { lat: 51_507_400, lon: -127_800 }, GeoPoint { lat: 0, lon: 0 });
    vec![
        change("number", &|p| p.number = Some(text("A-1"))),
        change("customer", &|p| p.customer = Some(text("bob"))),
        change("no customer", &|p| p.customer = None),
        change("currency", &|p| p.currency = Currency::new("EUR").unwrap()),
        change("item", &|p| line(p, &|l| l.item = sku("pen"))),
        change("quantity", &|p| line(p, &|l| l.quantity = units(3))),
        change("price", &|p| line(p, &|l| l.unit_price = UnitPrice(1))),
        change("fewer lines", &|p| drop(p.lines.pop())),
        change("more lines", &|p| p.lines.push(p.lines[0].clone())),
        change("order of lines", &|p| p.lines.reverse()),
        change("country", &|p| there(p, Destination { country: nl, location: here })),
        change("location", &|p| there(p, Destination { country: gb, location: near })),
    ]
}

#[test]
fn the_same_order_again_is_a_retry_and_any_other_field_a_contradiction() {
    let mut desk = Desk::open();
    let wish = place(1, &[("mug", 2), ("pen", 1)]);
    desk.must(Command::Order(OrderCommand::Place(wish.clone())));
    let retry = |desk: &mut Desk, when: &str| {
        let again = desk.order(OrderCommand::Place(wish.clone()));
        assert_eq!(code(again), "nothing new", "{when}");
        for (what, other) in other_orders() {
            let answer = code(desk.order(OrderCommand::Place(other)));
            assert_eq!(answer, "placed-differently", "{what}, {when}");
        }
    };
    retry(&mut desk, "as it was placed");
    let one = LineChange { line: LineNumber(0), quantity: Some(units(1)), unit_price: None };
    let lines = vec![one];
    let amend = AmendOrder { order: order(1), lines, added: vec![], destination: None };
    desk.must(Command::Order(OrderCommand::Amend(amend)));
    retry(&mut desk, "after an amendment");
}

#[test]
fn the_same_facility_again_is_a_retry_and_any_other_field_a_contradiction() {
    let mut desk = Desk::open();
    assert_eq!(code(desk.ask(facility(|_| {}))), "taken");
    assert_eq!(code(desk.ask(facility(|_| {}))), "nothing new");
    let away = GeoPoint { lat: 1, lon: 1 };
    let others = [
        facility(|f| f.name = text("Salford")),
        facility(|f| f.country = Country::new("IE").unwrap()),
        facility(move |f| f.location = away),
        facility(|f| f.gateways.clear()),
        facility(|f| f.gateways.push(f.gateways[0].clone())),
        facility(|f| f.gateways[0].iata = text("LPL")),
        facility(move |f| f.gateways[0].location = away),
    ];
    for other in others {
        assert_eq!(code(desk.ask(other.clone())), "defined-differently", "{other:?}");
    }
}

#[test]
fn the_same_item_again_is_a_retry_and_any_other_field_a_contradiction() {
    let mut desk = Desk::open();
    let mut define = |name: &str, price| {
        let (sku, name, unit_price) = (text("cup"), text(name), UnitPrice(price));
        let define = InventoryCommand::DefineItem(DefineItem { sku, name, unit_price });
        code(desk.ask(Command::Inventory(define)))
    };
    assert_eq!(define("Cup", 5), "taken");
    assert_eq!(define("Cup", 5), "nothing new");
    assert_eq!(define("Mug", 5), "defined-differently");
    assert_eq!(define("Cup", 6), "defined-differently");
}

#[test]
fn a_customer_places_for_nobody_else() {
    let wish = |customer: Option<&str>| {
        let wish = PlaceOrder { customer: customer.map(text), ..place(1, &[("mug", 1)]) };
        let mut desk = Desk::open();
        let ada = Principal::Customer(text("ada"));
        let answer = desk.ask_as(ada, Command::Order(OrderCommand::Place(wish)));
        answer.map(|events| names(&events)[0]).map_err(|refusal| refusal.code())
    };
    assert_eq!(wish(None), Ok("OrderPlaced"));
    assert_eq!(wish(Some("ada")), Ok("OrderPlaced"));
    assert_eq!(wish(Some("bob")), Err("not-your-order"));
}

#[test]
fn a_moment_is_told_as_people_and_programs_write_it() {
    let told = |millis| Timestamp::from_millis(millis).to_string();
    assert_eq!(told(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(told(951_782_399_999), "2000-02-28T23:59:59.999Z");
    assert_eq!(told(951_782_400_000), "2000-02-29T00:00:00.000Z");
    assert_eq!(told(4_107_542_399_000), "2100-02-28T23:59:59.000Z");
    assert_eq!(told(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    assert_eq!(told(1_735_689_599_123), "2024-12-31T23:59:59.123Z");
    assert_eq!(told(1_735_689_600_000), "2025-01-01T00:00:00.000Z");
    assert!(told(u64::MAX).ends_with('Z'), "no moment is too far away to be told");
}
