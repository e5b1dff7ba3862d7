//! Generated steps: every command over a few orders, items and facilities, so that ids repeat.
//!
//! Law: a step is a value, so that a failing history shrinks to its shortest form.

use earmark::decide::Principal;
use earmark::demand::Destination;
use earmark::flow::{Command, SetPolicy, Tick};
use earmark::geo::GeoPoint;
use earmark::ids::{
    Country, FacilityId, FacilityRef, ItemId, ItemRef, LineNumber, OrderId, ReturnNumber,
    ShipmentNumber, Tier,
};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, FacilityRules, GatewaySpec,
    InventoryCommand, ItemRules, ReceiveStock, SetBackorderLimit, SetFacilityRules, SetItemRules,
    SetUnitPrices, UnitPriceFor,
};
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits,
    OrderCommand, OrderLine, PlaceOrder, ReceiveReturn, RequestReturn, SaveDraft, ShipOrder,
};
use earmark::policy::{
    Aim, Aims, BackorderPolicy, FulfilmentPolicy, Objective, OrderPolicy, PaymentPolicy, Policy,
    SourcingPolicy, SourcingRules,
};
use earmark::time::Span;
use earmark::units::{Amount, Currency, UnitPrice};
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{self, select};
use proptest::{collection, prop_oneof};

use super::{handshake, loose, payments, replace, work};
use crate::support::{START, sku, text, units};

/// One input: who asks what, and how long after the last.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) wait: u64,
    pub(crate) by: Principal,
    pub(crate) command: Command,
}

impl Step {
    pub(crate) fn now(command: Command) -> Self {
        Self { wait: 0, by: Principal::Staff, command }
    }
}

const ITEMS: [&str; 3] = ["mug", "pen", "cup"];
const PLACES: [(&str, &str, i32, i32, Option<&str>); 3] = [
    ("LON", "GB", 51_507_400, -127_800, Some("LHR")),
    ("LDS", "GB", 53_801_300, -1_549_100, None),
    ("PAR", "FR", 48_856_600, 2_352_200, Some("CDG")),
];

/// The n-th order id: each is made 20 seconds after the one before, so that archiving one leaves
/// the later ones fresh.
pub(crate) fn order_id(n: u8) -> OrderId {
    let mut bytes = [0; 16];
    let made = START + u64::from(n) * 20_000;
    bytes[..6].copy_from_slice(&made.to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes[15] = n;
    OrderId::from_bytes(bytes).unwrap()
}

/// What the world begins with.
pub(crate) fn opening() -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let all = |n: usize| 0..n;
    commands.extend(all(3).map(|n| define_facility(n, "as it is")));
    commands.extend(all(3).map(|n| define_item(n, "as it is")));
    commands.extend(super::kits::opening());
    let stock = [(0, 0, 6), (0, 1, 6), (0, 2, 3), (1, 1, 5), (1, 0, 2), (2, 2, 8), (2, 0, 1)];
    for (item, facility, quantity) in stock {
        for tier in [Tier::Primary, Tier::Back] {
            commands.push(Command::Inventory(InventoryCommand::Receive(ReceiveStock {
                item: sku(ITEMS[item]),
                facility: FacilityRef::Id(FacilityId(facility)),
                tier,
                quantity: units(quantity),
            })));
        }
    }
    commands
}

fn define_item(n: usize, name: &str) -> Command {
    let (sku, name) = (text(ITEMS[n]), text(name));
    let define = DefineItem { sku, name, unit_price: UnitPrice(12_345) };
    Command::Inventory(InventoryCommand::DefineItem(define))
}

fn define_facility(n: usize, name: &str) -> Command {
    let (code, country, lat, lon, gateway) = PLACES[n];
    let location = GeoPoint { lat, lon };
    Command::Inventory(InventoryCommand::DefineFacility(DefineFacility {
        code: text(code),
        name: text(name),
        country: Country::new(country).unwrap(),
        location,
        gateways: gateway.iter().map(|iata| GatewaySpec { iata: text(iata), location }).collect(),
    }))
}

/// Whole histories of about forty steps: single ones, and journeys of one order through its life,
/// which chance alone would seldom take to their end.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let part = prop_oneof![
        12 => step().prop_map(|step| vec![step]),
        2 => journey(),
        1 => payments::journey(),
        1 => dropped(),
        2 => work::journey(),
        2 => work::returned(),
        1 => work::forgotten(),
        3 => handshake::asked(),
        2 => loose::loose(),
        1 => handshake::again_asked(),
        1 => super::stock::out_and_back(),
        2 => backlog(),
        1 => replace::retried(),
    ];
    // What must find the world as it was opened comes first.
    let first = prop_oneof![
        18 => Just(vec![]),
        2 => payments::refunded(),
        1 => super::stock::moved(),
        1 => Just(work::haggled()),
        1 => Just(replace::surely()),
        1 => Just(replace::surely_extended()),
    ];
    (first, collection::vec(part, 16..38))
        .prop_map(|(first, parts)| [first, parts.concat()].concat())
}

/// Shorter histories of orders that are paid for, and not any more, among others.
pub(crate) fn unpaid() -> impl Strategy<Value = Vec<Step>> {
    let part = prop_oneof![
        4 => payments::unpaid(),
        2 => payments::journey(),
        3 => step().prop_map(|step| vec![step]),
    ];
    collection::vec(part, 6..12).prop_map(|parts| parts.concat())
}

/// Shorter histories of orders that go to other addresses, among others.
pub(crate) fn moved() -> impl Strategy<Value = Vec<Step>> {
    let staff = |command| Step::now(Command::Order(command));
    let part = prop_oneof![
        4 => place().prop_map(move |placed| vec![staff(OrderCommand::Place(placed))]),
        8 => work::elsewhere().prop_map(move |amend| vec![staff(amend)]),
        2 => work::command().prop_map(move |command| vec![staff(command)]),
        1 => backlog(),
        4 => step().prop_map(|step| vec![step]),
    ];
    collection::vec(part, 16..40).prop_map(|parts| parts.concat())
}

/// More is ordered than is there, and what is missing comes later; each may be left out.
fn backlog() -> impl Strategy<Value = Vec<Step>> {
    let orders = OrderPolicy { backorders: BackorderPolicy::Accept, ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    let unpaid = PaymentPolicy::required(Span::from_millis(60_000));
    let limit = |n: usize, most| {
        let (item, limit) = (sku(ITEMS[n]), Some(most));
        InventoryCommand::SetBackorderLimit(SetBackorderLimit { item, limit })
    };
    let parts = (collection::vec(place(), 2..5), 5..40_u32, receive(), receive(), cancel());
    (parts, any::<u8>()).prop_map(move |((placed, most, come, more, cancelled), keep)| {
        let mut policy = policy;
        if keep % 3 == 0 {
            policy.orders.payment = unpaid;
        }
        let limits = (0..3).map(|n| Command::Inventory(limit(n, most)));
        let placed = placed.into_iter().map(|p| Command::Order(OrderCommand::Place(p)));
        let rest = [
            Command::Inventory(come),
            Command::Order(cancelled),
            Command::Inventory(more),
            Command::Tick(Tick {}),
        ];
        let first = [Command::SetPolicy(SetPolicy { policy })].into_iter();
        let all = first.chain(limits).chain(placed).chain(rest).enumerate();
        let kept = all.filter(|(n, _)| *n < 4 || usize::from(keep % 17) != *n);
        kept.map(|(_, command)| Step::now(command)).collect()
    })
}

/// What mostly happens to an order, one thing after the other; each may be left out.
fn journey() -> impl Strategy<Value = Vec<Step>> {
    let parts = (place(), authorize(), ship(), deliver(), request_return(), receive_return());
    (parts, any::<u8>()).prop_map(|((placed, paid, shipped, arrived, asked, back), keep)| {
        let order = placed.order;
        let mut all = [OrderCommand::Place(placed), paid, shipped, arrived, asked, back];
        for command in &mut all {
            match command {
                OrderCommand::AuthorizePayment(c) => c.order = order,
                OrderCommand::Ship(c) => c.order = order,
                OrderCommand::Deliver(c) => c.order = order,
                OrderCommand::RequestReturn(c) => c.order = order,
                OrderCommand::ReceiveReturn(c) => c.order = order,
                _ => {}
            }
        }
        let kept = (0..8).zip(all).filter(|(n, _)| *n == 0 || keep % 11 != *n);
        kept.map(|(_, command)| Step::now(Command::Order(command))).collect()
    })
}

/// A draft that is dropped at once.
fn dropped() -> impl Strategy<Value = Vec<Step>> {
    place().prop_map(|placed| {
        let PlaceOrder { order, number, customer, currency, lines, destination } = placed;
        let draft = SaveDraft { order, number, customer, currency, lines, destination };
        let (lines, reason) = (None, CancelReason::Customer);
        let both = [
            OrderCommand::SaveDraft(draft),
            OrderCommand::Cancel(CancelOrder { order, lines, reason }),
        ];
        both.map(|command| Step::now(Command::Order(command))).to_vec()
    })
}

/// One step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        24 => Just(0),
        12 => 1..5_000_u64,
        4 => 5_000..200_000_u64,
        1 => Just(Span::from_days(80).as_millis()),
        1 => Just(ARCHIVE_AFTER.as_millis()),
    ];
    (wait, principal(), command()).prop_map(|(wait, by, command)| Step { wait, by, command })
}

fn principal() -> impl Strategy<Value = Principal> {
    let customer = |name: &str| Principal::Customer(text(name));
    prop_oneof![
        12 => Just(Principal::Staff),
        3 => Just(customer("ada")),
        1 => Just(customer("bob")),
        1 => Just(Principal::System),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        14 => place().prop_map(OrderCommand::Place).prop_map(Command::Order),
        4 => replace::replace().prop_map(Command::Order),
        3 => replace::extend().prop_map(Command::Order),
        8 => authorize().prop_map(Command::Order),
        6 => cancel().prop_map(Command::Order),
        8 => ship().prop_map(Command::Order),
        6 => deliver().prop_map(Command::Order),
        5 => request_return().prop_map(Command::Order),
        5 => receive_return().prop_map(Command::Order),
        20 => work::command().prop_map(Command::Order),
        4 => handshake::accept(),
        4 => receive().prop_map(Command::Inventory),
        7 => adjust().prop_map(Command::Inventory),
        23 => super::stock::command().prop_map(Command::Inventory),
        5 => payments::command(),
        4 => Just(Command::Tick(Tick {})),
        3 => policy(),
        3 => facility_rules().prop_map(Command::Inventory),
        2 => item_rules().prop_map(Command::Inventory),
        2 => unit_prices().prop_map(Command::Inventory),
        2 => super::kits::define_kit(),
        1 => (0..3_usize, select(vec!["as it is", "other"])).prop_map(|(n, s)| define_item(n, s)),
        1 => (0..3_usize, select(vec!["as it is", "other"]))
            .prop_map(|(n, s)| define_facility(n, s)),
    ]
}

pub(crate) fn order() -> impl Strategy<Value = OrderId> {
    (0..5_u8).prop_map(order_id)
}

/// An item by SKU or by id, or a kit; one is known to nobody.
pub(super) fn item() -> impl Strategy<Value = ItemRef> {
    prop_oneof![
        3 => super::kits::kit(),
        8 => (0..3_usize).prop_map(|n| sku(ITEMS[n])),
        3 => (0..3_u32).prop_map(|n| ItemRef::Id(ItemId(n))),
        1 => Just(sku("hat")),
    ]
}

/// A facility; the fourth is known to nobody.
pub(super) fn facility() -> impl Strategy<Value = FacilityRef> {
    prop_oneof![
        8 => (0..3_usize).prop_map(|n| FacilityRef::Code(text(PLACES[n].0))),
        2 => (0..4_u16).prop_map(|n| FacilityRef::Id(FacilityId(n))),
    ]
}

pub(super) fn tier() -> impl Strategy<Value = Tier> {
    prop_oneof![Just(Tier::Primary), Just(Tier::Back)]
}

/// An order of few contents, so that the same one comes again now and then.
pub(crate) fn place() -> impl Strategy<Value = PlaceOrder> {
    let quantity = prop_oneof![40 => 1..7_u32, 1 => Just(1_001)];
    let line = (item(), quantity).prop_map(|(item, quantity)| OrderLine {
        item,
        quantity: units(quantity),
        unit_price: UnitPrice(12_345),
    });
    let home = prop_oneof![3 => Just(0_usize), 1 => Just(2)];
    let customer = option::weighted(0.8, Just(text("ada")));
    (order(), customer, collection::vec(line, 1..4), home).prop_map(
        |(order, customer, lines, home)| {
            let (_, country, lat, lon, _) = PLACES[home];
            let country = Country::new(country).unwrap();
            let destination = Destination { country, location: GeoPoint { lat, lon } };
            let currency = Currency::GBP;
            PlaceOrder { order, number: None, customer, currency, lines, destination }
        },
    )
}

/// The first order, of two mugs, which lie in London.
pub(crate) fn two_mugs() -> PlaceOrder {
    let (_, country, lat, lon, _) = PLACES[0];
    let country = Country::new(country).unwrap();
    let line = OrderLine { item: sku(ITEMS[0]), quantity: units(2), unit_price: UnitPrice(12_345) };
    PlaceOrder {
        order: order_id(0),
        number: None,
        customer: Some(text("ada")),
        currency: Currency::GBP,
        lines: vec![line],
        destination: Destination { country, location: GeoPoint { lat, lon } },
    }
}

pub(crate) fn authorize() -> impl Strategy<Value = OrderCommand> {
    let minor = prop_oneof![4 => Just(1_000_000), 1 => 0..500_i64];
    (order(), minor).prop_map(|(order, minor)| {
        let amount = Amount { currency: Currency::GBP, minor };
        OrderCommand::AuthorizePayment(AuthorizePayment { order, amount })
    })
}

pub(crate) fn line_units() -> impl Strategy<Value = Vec<LineUnits>> {
    let line = prop_oneof![
        3 => (0..3_u16).prop_map(|n| LineRef::Number(LineNumber(n))),
        1 => item().prop_map(LineRef::Item),
    ];
    let some = (line, 1..5_u32).prop_map(|(line, n)| LineUnits { line, quantity: units(n) });
    collection::vec(some, 0..3)
}

pub(crate) fn cancel() -> impl Strategy<Value = OrderCommand> {
    let reason = select(vec![CancelReason::Customer, CancelReason::Fraud, CancelReason::Inventory]);
    (order(), option::weighted(0.7, line_units()), reason).prop_map(|(order, lines, reason)| {
        OrderCommand::Cancel(CancelOrder { order, lines, reason })
    })
}

fn ship() -> impl Strategy<Value = OrderCommand> {
    let facility = option::weighted(0.4, (0..4_u16).prop_map(FacilityId));
    (order(), facility)
        .prop_map(|(order, facility)| OrderCommand::Ship(ShipOrder { order, facility }))
}

fn deliver() -> impl Strategy<Value = OrderCommand> {
    let shipment = option::weighted(0.4, (1..4_u16).prop_map(ShipmentNumber));
    (order(), shipment)
        .prop_map(|(order, shipment)| OrderCommand::Deliver(DeliverShipment { order, shipment }))
}

pub(crate) fn request_return() -> impl Strategy<Value = OrderCommand> {
    (order(), line_units())
        .prop_map(|(order, lines)| OrderCommand::RequestReturn(RequestReturn { order, lines }))
}

fn receive_return() -> impl Strategy<Value = OrderCommand> {
    let disposition = select(vec![
        Disposition::Restock,
        Disposition::Quarantine,
        Disposition::WriteOff,
        Disposition::BackToCustomer,
    ]);
    let number = option::weighted(0.5, (1..3_u16).prop_map(ReturnNumber));
    let facility = option::weighted(0.5, (0..4_u16).prop_map(FacilityId));
    (order(), number, facility, disposition).prop_map(|(order, number, facility, disposition)| {
        OrderCommand::ReceiveReturn(ReceiveReturn { order, number, facility, disposition })
    })
}

fn receive() -> impl Strategy<Value = InventoryCommand> {
    let quantity = prop_oneof![9 => 1..9_u32, 1 => Just(1_000_000)];
    (item(), facility(), tier(), quantity).prop_map(|(item, facility, tier, quantity)| {
        let quantity = units(quantity);
        InventoryCommand::Receive(ReceiveStock { item, facility, tier, quantity })
    })
}

fn adjust() -> impl Strategy<Value = InventoryCommand> {
    let seen = select(vec![Adjustment::Found, Adjustment::Lost, Adjustment::Damaged]);
    (item(), facility(), tier(), seen, 1..7_u32).prop_map(
        |(item, facility, tier, adjustment, n)| {
            let quantity = units(n);
            InventoryCommand::Adjust(AdjustStock { item, facility, tier, adjustment, quantity })
        },
    )
}

fn countries() -> impl Strategy<Value = Vec<Country>> {
    let code = select(vec!["GB", "FR", "US"]);
    collection::vec(code.prop_map(|code| Country::new(code).unwrap()), 0..3)
}

fn facility_rules() -> impl Strategy<Value = InventoryCommand> {
    let switches = (any::<u8>(), any::<bool>());
    let parcels_per_day = option::weighted(0.6, 0..4_u32);
    (facility(), switches, countries(), parcels_per_day).prop_map(
        |(facility, (offline, no_hazardous), serves, parcels_per_day)| {
            let offline = offline % 8 == 0;
            let serves = if no_hazardous { serves } else { vec![] };
            let rules = FacilityRules { offline, serves, no_hazardous, parcels_per_day };
            InventoryCommand::SetFacilityRules(SetFacilityRules { facility, rules })
        },
    )
}

fn item_rules() -> impl Strategy<Value = InventoryCommand> {
    (item(), any::<bool>(), countries()).prop_map(|(item, hazardous, no_export_to)| {
        let rules = ItemRules { hazardous, no_export_to };
        InventoryCommand::SetItemRules(SetItemRules { item, rules })
    })
}

fn unit_prices() -> impl Strategy<Value = InventoryCommand> {
    let price = prop_oneof![9 => 0..50_000_u32, 1 => Just(u32::MAX)];
    let price = (facility(), price).prop_map(|(facility, price)| UnitPriceFor { facility, price });
    (item(), collection::vec(price, 0..4))
        .prop_map(|(item, prices)| InventoryCommand::SetUnitPrices(SetUnitPrices { item, prices }))
}

/// No aims half of the time, else some, in any order.
fn sourcing_rules() -> impl Strategy<Value = SourcingRules> {
    let aims = sample::subsequence(Aim::ALL.to_vec(), 1..=5).prop_shuffle();
    let objective = prop_oneof![
        Just(Objective::Weighted),
        aims.prop_map(|aims| Objective::Lexicographic(Aims::new(&aims).unwrap())),
    ];
    let max_metres = option::weighted(0.2, 1..2_000_000_u32);
    (objective, max_metres, 0..100_000_u64).prop_map(|(objective, max_metres, starts)| {
        SourcingRules { objective, max_metres, day_starts: Span::from_millis(starts) }
    })
}

/// As short as the policy lets an order be at hand after its end.
pub(crate) const ARCHIVE_AFTER: Span = Span::from_days(earmark::limits::ARCHIVE_AFTER_DAYS);

/// As long as a policy may wait for anything; now and then longer, or not at all: such a policy is
/// refused.
pub(crate) fn waited() -> impl Strategy<Value = u64> {
    let most = Span::from_days(earmark::limits::POLICY_DAYS).as_millis();
    let least = earmark::limits::POLICY_WAIT_MS;
    prop_oneof![8 => least..=most, 2 => Just(least), 2 => Just(most), 1 => any::<u64>()]
}

fn policy() -> impl Strategy<Value = Command> {
    let payment = prop_oneof![
        1 => Just(PaymentPolicy::None),
        3 => Just(PaymentPolicy::required(Span::from_millis(60_000))),
        2 => payments::required(),
    ];
    let archive_after = prop_oneof![Just(ARCHIVE_AFTER), Just(Span::from_days(90))];
    let max_parcels = option::weighted(0.3, 1..3_u16);
    let rules = sourcing_rules();
    let late = prop_oneof![1 => Just(BackorderPolicy::Refuse), 2 => Just(BackorderPolicy::Accept)];
    let answer_within = option::weighted(0.5, prop_oneof![Just(10_000_u64), waited()])
        .prop_map(|within| within.map(Span::from_millis));
    (payment, archive_after, max_parcels, rules, late, answer_within).prop_map(
        |(payment, archive_after, max_parcels, rules, backorders, answer_within)| {
            let extensions = max_parcels.is_none().then(replace::once);
            let orders = OrderPolicy {
                payment,
                archive_after,
                backorders,
                extensions,
                ..Default::default()
            };
            let sourcing = SourcingPolicy { max_parcels, rules, ..SourcingPolicy::default() };
            let fulfilment = FulfilmentPolicy { answer_within };
            Command::SetPolicy(SetPolicy { policy: Policy { orders, sourcing, fulfilment } })
        },
    )
}
