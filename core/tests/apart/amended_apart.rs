//! Orders that are changed while the stock, which is in another partition, has not answered. Why:
//! whatever the answers are, an order must end confirmed or told why not, and never wait for ever.

use crate::linked::Linked;
use crate::support::{order, place, sku, text, units};
use earmark::flow::{Command, SetPolicy, Shop, Topology};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, LineNumber, Tier};
use earmark::inventory::{DefineFacility, DefineItem, InventoryCommand, ReceiveStock};
use earmark::order::{
    AmendOrder, AuthorizePayment, CancelOrder, CancelReason, LineChange, LineRef, LineUnits, Order,
    OrderCommand, OrderLine, Status,
};
use earmark::policy::{PaymentPolicy, Policy};
use earmark::time::Span;
use earmark::units::{Amount, Currency, UnitPrice};

const APART: [Topology; 3] = [Topology::ReserveFirst, Topology::OrderFirst, Topology::ListenToSelf];

/// London has ten mugs; nobody has a pen.
fn apart(topology: Topology, paid: bool) -> Linked {
    let mut linked = Linked::new(topology);
    let stock = |command| Command::Inventory(command);
    let define = DefineFacility {
        code: text("LON"),
        name: text("London"),
        country: Country::new("GB").unwrap(),
        location: GeoPoint { lat: 51_507_400, lon: -127_800 },
        gateways: vec![],
    };
    linked.ask("inventory", stock(InventoryCommand::DefineFacility(define))).unwrap();
    for name in ["mug", "pen"] {
        let (sku, name, unit_price) = (text(name), text(name), UnitPrice(0));
        let define = DefineItem { sku, name, unit_price };
        linked.ask("inventory", stock(InventoryCommand::DefineItem(define))).unwrap();
    }
    let (item, facility) = (sku("mug"), FacilityRef::Code(text("LON")));
    let receive = ReceiveStock { item, facility, tier: Tier::Primary, quantity: units(10) };
    linked.ask("inventory", stock(InventoryCommand::Receive(receive))).unwrap();
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

fn ask(linked: &mut Linked, command: OrderCommand) {
    linked.ask("order", Command::Order(command)).unwrap();
}

/// Two mugs are placed, tied and paid for; before the stock hears of that, one becomes another.
fn paid_and_amended(topology: Topology, into: &str) -> Linked {
    let mut linked = apart(topology, true);
    ask(&mut linked, OrderCommand::Place(place(1, &[("mug", 2)])));
    linked.quieten();
    let amount = Amount { currency: Currency::GBP, minor: 247 };
    ask(&mut linked, OrderCommand::AuthorizePayment(AuthorizePayment { order: order(1), amount }));
    let lines =
        vec![LineChange { line: LineNumber(0), quantity: Some(units(1)), unit_price: None }];
    let (item, unit_price) = (sku(into), UnitPrice(10_000));
    let added = vec![OrderLine { item, quantity: units(1), unit_price }];
    let amend = AmendOrder { order: order(1), lines, added, destination: None };
    ask(&mut linked, OrderCommand::Amend(amend));
    linked
}

fn at_hand(linked: &Linked) -> &Order {
    linked.with("order").orders().get(order(1)).unwrap()
}

fn is_sound(linked: &Linked) {
    for shop in linked.shops() {
        let broken = Shop::audit(shop).broken;
        assert!(broken.is_empty(), "{broken:?}");
    }
}

#[test]
fn an_order_is_confirmed_when_what_it_still_waited_for_is_refused() {
    for topology in APART {
        let mut linked = paid_and_amended(topology, "pen");
        linked.quieten();
        is_sound(&linked);
        let known = at_hand(&linked);
        assert_eq!(known.status, Status::Confirmed, "{topology}");
        let [mugs, pens] = [0, 1].map(|line: usize| known.lines[line].buckets);
        assert_eq!((mugs.allocated, pens.cancelled), (1, 1), "{topology}");
    }
}

#[test]
fn an_order_is_confirmed_when_what_it_still_waited_for_is_cancelled() {
    for topology in APART {
        let mut linked = paid_and_amended(topology, "mug");
        // The first mug is hard before the stock has answered for the second.
        let is_hard = |linked: &Linked| at_hand(linked).tied.iter().all(|t| t.stage.is_hard());
        while !is_hard(&linked) && (linked.deliver(1) | linked.deliver(0)) {}
        let line = LineRef::Number(LineNumber(1));
        let lines = Some(vec![LineUnits { line, quantity: units(1) }]);
        let reason = CancelReason::Customer;
        let cancel = CancelOrder { order: order(1), lines, reason };
        ask(&mut linked, OrderCommand::Cancel(cancel));
        linked.quieten();
        is_sound(&linked);
        let known = at_hand(&linked);
        assert_eq!(known.status, Status::Confirmed, "{topology}");
        assert_eq!(known.lines[0].buckets.allocated, 1, "{topology}");
        assert_eq!(linked.with("inventory").inventory().open_reservations(), 1, "{topology}");
    }
}

#[test]
fn an_amendment_that_can_not_be_had_leaves_the_order_what_it_had_asked_for() {
    for topology in [Topology::ReserveFirst, Topology::OrderFirst] {
        let mut linked = apart(topology, false);
        ask(&mut linked, OrderCommand::Place(place(1, &[("mug", 1)])));
        let lines =
            vec![LineChange { line: LineNumber(0), quantity: Some(units(100)), unit_price: None }];
        let amend = AmendOrder { order: order(1), lines, added: vec![], destination: None };
        ask(&mut linked, OrderCommand::Amend(amend));
        linked.quieten();
        is_sound(&linked);
        let known = at_hand(&linked);
        assert_eq!(known.status, Status::Confirmed, "{topology}");
        let mugs = known.lines[0].buckets;
        assert_eq!((mugs.allocated, mugs.cancelled), (1, 99), "{topology}");
    }
}
