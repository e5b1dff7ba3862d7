//! Orders that are to go to another address while the stock is in another partition. Why: until it
//! has answered the order has what it had, and whatever the answer is it must not lose that.

use crate::linked::Linked;
use crate::support::alone::{Alone, HARD};
use crate::support::kits::amend;
use crate::support::{START, order, place, sku, text, units};
use earmark::demand::Destination;
use earmark::flow::{Command, Refusal, SetPolicy, Shop, Topology};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ReservationNumber, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, GatewaySpec, InventoryCommand, ItemRules,
    ReceiveStock, SetItemRules,
};
use earmark::order::{
    AmendOrder, AuthorizePayment, CancelOrder, CancelReason, ExtendOrder, Order, OrderCommand,
    ReleaseOrder, ShipOrder, Status,
};
use earmark::policy::{PaymentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency, UnitPrice};

/// London has so many mugs, which may not go to America if that is said.
fn apart(mugs: u32, at_home: bool, paid: bool) -> Linked {
    let mut linked = Linked::new(Topology::ReserveFirst);
    let mut stock =
        |command| linked.ask("inventory", Command::Inventory(command)).map(drop).unwrap();
    stock(InventoryCommand::DefineFacility(DefineFacility {
        code: text("LON"),
        name: text("London"),
        country: Country::new("GB").unwrap(),
        location: GeoPoint { lat: 51_507_400, lon: -127_800 },
        gateways: vec![GatewaySpec {
            iata: text("LHR"),
            location: GeoPoint { lat: 51_470_000, lon: -454_300 },
        }],
    }));
    let (sku_of, name, unit_price) = (text("mug"), text("mug"), UnitPrice(0));
    stock(InventoryCommand::DefineItem(DefineItem { sku: sku_of, name, unit_price }));
    let (item, facility) = (sku("mug"), FacilityRef::Code(text("LON")));
    let (tier, quantity) = (Tier::Primary, units(mugs));
    stock(InventoryCommand::Receive(ReceiveStock { item, facility, tier, quantity }));
    if at_home {
        let no_export_to = vec![Country::new("US").unwrap()];
        let rules = ItemRules { no_export_to, ..ItemRules::default() };
        stock(InventoryCommand::SetItemRules(SetItemRules { item: sku("mug"), rules }));
    }
    if paid {
        let mut policy = Policy::default();
        policy.orders.payment = PaymentPolicy::required(Span::from_millis(3_600_000));
        for role in ["order", "inventory"] {
            linked.ask(role, Command::SetPolicy(SetPolicy { policy })).unwrap();
        }
    }
    linked.quieten();
    linked
}

/// Two mugs are placed and tied; then they are to go to America, and nobody has heard of that.
fn moving(mugs: u32, at_home: bool, paid: bool) -> Linked {
    let mut linked = apart(mugs, at_home, paid);
    ask(&mut linked, OrderCommand::Place(place(1, &[("mug", 2)]))).unwrap();
    linked.quieten();
    ask(&mut linked, to_america()).unwrap();
    linked
}

fn america() -> Destination {
    let location = GeoPoint { lat: 40_700_000, lon: -74_000_000 };
    Destination { country: Country::new("US").unwrap(), location }
}

fn to_america() -> OrderCommand {
    let destination = Some(america());
    OrderCommand::Amend(AmendOrder { order: order(1), lines: vec![], added: vec![], destination })
}

fn ask(linked: &mut Linked, command: OrderCommand) -> Result<(), Refusal> {
    linked.ask("order", Command::Order(command)).map(drop)
}

fn pay(linked: &mut Linked) {
    let amount = Amount { currency: Currency::GBP, minor: 247 };
    let pay = AuthorizePayment { order: order(1), amount };
    ask(linked, OrderCommand::AuthorizePayment(pay)).unwrap();
}

fn lose(linked: &mut Linked, quantity: u32) {
    let (item, facility) = (sku("mug"), FacilityRef::Code(text("LON")));
    let (tier, adjustment, quantity) = (Tier::Primary, Adjustment::Lost, units(quantity));
    let lost = AdjustStock { item, facility, tier, adjustment, quantity };
    linked.ask("inventory", Command::Inventory(InventoryCommand::Adjust(lost))).unwrap();
}

fn at_hand(linked: &Linked) -> &Order {
    linked.with("order").orders().get(order(1)).unwrap()
}

/// All is told: what the order knows of its stock is what the stock knows.
fn settled(linked: &mut Linked) -> &Order {
    linked.quieten();
    for shop in linked.shops() {
        let broken = Shop::audit(shop).broken;
        assert!(broken.is_empty(), "{broken:?}");
    }
    let tied: u64 = at_hand(linked).tied.iter().map(|t| u64::from(t.portion.quantity)).sum();
    let stock = linked.with("inventory").inventory();
    let (_, mug) = stock.item(&sku("mug")).unwrap();
    let promised: u64 = mug.shelves.iter().map(|s| u64::from(s.promised())).sum();
    assert_eq!(tied, promised, "{:?}", at_hand(linked));
    assert_eq!(at_hand(linked).moving, None);
    at_hand(linked)
}

#[test]
fn an_order_that_can_not_move_keeps_its_address_and_its_stock_and_its_customer_is_told() {
    let mut linked = moving(2, true, false);
    assert_eq!(at_hand(&linked).lines[0].buckets.allocated, 2, "nothing is given up before");
    let known = settled(&mut linked);
    assert_eq!((known.status, known.lines[0].buckets.allocated), (Status::Confirmed, 2));
    assert_eq!(known.destination, place(1, &[("mug", 2)]).destination);
    assert_eq!(known.tied[0].portion.reservation, ReservationNumber(1), "the very reservation");
    assert_eq!(linked.told.not_moved, [order(1)]);
}

#[test]
fn an_order_that_can_move_takes_what_it_had_along() {
    let mut linked = moving(2, false, false);
    let known = settled(&mut linked);
    assert_eq!((known.status, known.lines[0].buckets.allocated), (Status::Confirmed, 2));
    assert_eq!(known.destination, america());
    let placed = known.placed.as_ref().unwrap();
    assert_eq!(placed.destination, place(1, &[("mug", 2)]).destination);
    assert_eq!(linked.told.not_moved, []);
}

#[test]
fn nothing_leaves_and_nothing_changes_until_the_stock_has_answered() {
    let mut linked = moving(2, true, true);
    let until = Timestamp::from_millis(START + 7_200_000);
    let (id, facility) = (order(1), None);
    let (release, ship) = (ReleaseOrder { order: id, facility }, ShipOrder { order: id, facility });
    let extend = OrderCommand::Extend(ExtendOrder { order: id, until });
    for early in [extend.clone(), to_america()] {
        assert_eq!(ask(&mut linked, early).unwrap_err().code(), "being-moved");
    }
    settled(&mut linked);
    assert_eq!(ask(&mut linked, extend).unwrap_err().code(), "no-more-time", "it may be asked");
    let mut linked = moving(2, true, false);
    for early in [OrderCommand::Release(release), OrderCommand::Ship(ship.clone())] {
        assert_eq!(ask(&mut linked, early).unwrap_err().code(), "being-moved");
    }
    settled(&mut linked);
    ask(&mut linked, OrderCommand::Ship(ship)).unwrap();
}

#[test]
fn what_happens_before_the_answer_is_not_lost() {
    for at_home in [false, true] {
        // It is paid for meanwhile.
        let mut linked = moving(2, at_home, true);
        pay(&mut linked);
        let known = settled(&mut linked);
        assert_eq!((known.status, known.lines[0].buckets.allocated), (Status::Confirmed, 2));
        // It is cancelled meanwhile.
        let mut linked = moving(2, at_home, false);
        let reason = CancelReason::Customer;
        let cancel = CancelOrder { order: order(1), lines: None, reason };
        ask(&mut linked, OrderCommand::Cancel(cancel)).unwrap();
        assert_eq!(settled(&mut linked).status, Status::Cancelled);
        // One is lost before the stock is asked, and another is there.
        let mut linked = moving(3, at_home, false);
        lose(&mut linked, 2);
        let known = settled(&mut linked);
        assert_eq!((known.status, known.lines[0].buckets.wanted()), (Status::Confirmed, 1));
        assert_eq!(known.destination == america(), !at_home && known.lines[0].buckets.wanted() > 1);
    }
}

/// The order role alone, whose stock has tied three mugs and two pens.
fn alone() -> Alone {
    let mut desk = Alone::paid();
    desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    desk
}

#[test]
fn an_order_that_has_all_it_wants_asks_for_nothing_when_it_can_not_move() {
    let mut desk = alone();
    assert_eq!(desk.hear(to_america()), ["OrderMoveRequested"]);
    assert_eq!(desk.refused(2, "mug", (3, 0)), ["OrderMoveRefused"]);
    assert_eq!((desk.order().asked, desk.status()), (ReservationNumber(2), Status::Confirmed));
}

#[test]
fn an_order_that_can_not_move_asks_for_what_it_lacks_where_it_is() {
    let mut desk = alone();
    desk.hear(amend(1, 0, 4));
    desk.hear(to_america());
    assert_eq!(desk.refused(2, "mug", (1, 0)), [""; 0], "that was asked for before");
    assert_eq!(desk.order().moving.as_ref().unwrap().reservation, ReservationNumber(3));
    assert_eq!(desk.refused(3, "mug", (4, 0)), ["OrderMoveRefused", "OrderResourced"]);
    assert_eq!((&desk.order().moving, desk.order().asked), (&None, ReservationNumber(4)));
    assert_eq!(desk.tied(4, HARD, &[(0, 1)]), ["OrderSourced 0:1"]);
}

#[test]
fn what_was_asked_for_since_it_was_to_move_is_not_asked_for_again() {
    let mut desk = alone();
    desk.hear(to_america());
    assert_eq!(desk.stripped(1, &[(0, 1)]), ["OrderUnsourced"]);
    assert_eq!(desk.refused(2, "mug", (3, 0)), ["OrderMoveRefused"]);
    assert_eq!(desk.tied(3, HARD, &[(0, 1)]), ["OrderSourced 0:1"]);
}

#[test]
fn whoever_moves_takes_what_is_tied_for_that_and_nothing_that_was_asked_for_meanwhile() {
    let mut desk = alone();
    desk.hear(to_america());
    desk.stripped(1, &[(0, 1)]);
    let all = [(0, 3), (1, 2)];
    assert_eq!(desk.tied(2, HARD, &all), ["OrderMoved", "OrderSourced 0:3 1:2"]);
    assert_eq!(desk.order().destination, america());
    assert_eq!(desk.tied(3, HARD, &[(0, 1)]), ["TieReturned 0:1"]);
}
