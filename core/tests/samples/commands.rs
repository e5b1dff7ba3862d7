//! Samples of commands.

use earmark::flow::{Command, Event, Hear, SetPolicy, Tick};
use earmark::geo::GeoPoint;
use earmark::ids::{
    Country, FacilityId, FacilityRef, ItemId, ItemRef, LineNumber, ReturnNumber, ShipmentNumber,
    Tier,
};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, FacilityRules, GatewaySpec,
    InventoryCommand as I, ItemRules, ReceiveStock, SetFacilityRules, SetItemRules, SetUnitPrices,
    UnitPriceFor,
};
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits,
    OrderCommand as O, OrderLine, PlaceOrder, ReceiveReturn, RequestReturn, ShipOrder,
};
use earmark::policy::{
    Aim, Aims, BackorderPolicy, CaptureWhen, Collect, Extensions, FulfilmentPolicy, Objective,
    OrderPolicy, PaymentPolicy, Policy, PricePolicy, SourcingPolicy, SourcingRules,
};
use earmark::time::Span;
use earmark::units::{Amount, Currency, UnitPrice};

use super::{Sample, at_sea, order, pounds, sample, text, units};

/// Every command, every variant inside.
pub(crate) fn commands() -> Vec<Sample<Command>> {
    let mut all = vec![
        sample("default", Command::SetPolicy(SetPolicy { policy: Policy::default() })),
        sample("every field", Command::SetPolicy(SetPolicy { policy: policy() })),
        sample("empty", Command::Tick(Tick {})),
    ];
    let heard = super::events::events().into_iter();
    let of_order = heard.filter(|s| matches!(s.value, Event::Order(_)));
    all.extend(of_order.take(2).map(|s| {
        let event = Box::new(s.value);
        sample(s.case, Command::Hear(Hear { event }))
    }));
    all.extend(of_orders().into_iter().map(|s| sample(s.case, Command::Order(s.value))));
    all.extend(of_stock().into_iter().map(|s| sample(s.case, Command::Inventory(s.value))));
    all.extend(super::stock::commands());
    all.extend(super::kits::commands());
    all.extend(super::payments::commands());
    all.extend(super::backorders::commands());
    let work = super::fulfilment::commands().into_iter();
    let work = work.chain(super::changes::commands());
    let work = work.chain(super::replace::commands());
    all.extend(work.map(|s| sample(s.case, Command::Order(s.value))));
    all.extend(super::work::commands());
    all
}

pub(super) fn policy() -> Policy {
    let collect = Collect {
        capture: CaptureWhen::AsParcelsShip,
        authorization_lasts: Some(Span::from_days(7)),
        answer_within: Span::from_millis(300_000),
    };
    let payment = PaymentPolicy::Required { deadline: Span::from_millis(900_000), collect };
    Policy {
        orders: OrderPolicy {
            payment,
            archive_after: Span::from_days(30),
            return_window: Some(Span::from_days(14)),
            staged: false,
            reopen: true,
            backorders: BackorderPolicy::Accept,
            extensions: Some(Extensions::new(3, Span::from_millis(900_000)).unwrap()),
            prices: PricePolicy::Staff,
        },
        sourcing: SourcingPolicy {
            parcel: 1,
            ground_km: 2,
            air_km: 3,
            export: 4,
            primary_unit: 5,
            back_unit: 6,
            max_parcels: Some(7),
            rules: SourcingRules {
                objective: Objective::Lexicographic(Aims::new(&Aim::ALL).unwrap()),
                max_metres: Some(30_000_000),
                day_starts: Span::from_millis(14_400_000),
            },
        },
        fulfilment: FulfilmentPolicy { answer_within: Some(Span::from_millis(7_200_000)) },
    }
}

fn of_orders() -> Vec<Sample<O>> {
    let order = order();
    let cancel = |case, reason| sample(case, O::Cancel(CancelOrder { order, lines: None, reason }));
    let back = |case, disposition| {
        let (number, facility) = (None, None);
        sample(case, O::ReceiveReturn(ReceiveReturn { order, number, facility, disposition }))
    };
    let yen = Amount { currency: Currency::new("JPY").unwrap(), minor: 5_000 };
    let some_lines = || {
        vec![
            LineUnits { line: LineRef::Number(LineNumber(3)), quantity: units(2) },
            LineUnits { line: LineRef::Item(ItemRef::Sku(text("85123A"))), quantity: units(1) },
            LineUnits { line: LineRef::Item(ItemRef::Id(ItemId(7))), quantity: units(1_000_000) },
        ]
    };
    vec![
        sample("every field", O::Place(place())),
        sample("bare", O::Place(PlaceOrder { number: None, customer: None, ..place() })),
        sample("pounds", O::AuthorizePayment(AuthorizePayment { order, amount: pounds(1_234) })),
        sample("yen", O::AuthorizePayment(AuthorizePayment { order, amount: yen })),
        cancel("customer", CancelReason::Customer),
        cancel("declined", CancelReason::Declined),
        cancel("fraud", CancelReason::Fraud),
        cancel("inventory", CancelReason::Inventory),
        cancel("staff", CancelReason::Staff),
        cancel("unpaid", CancelReason::Unpaid),
        sample(
            "some lines",
            O::Cancel(CancelOrder {
                order,
                lines: Some(some_lines()),
                reason: CancelReason::Other,
            }),
        ),
        sample("all", O::Ship(ShipOrder { order, facility: None })),
        sample("one facility", O::Ship(ShipOrder { order, facility: Some(FacilityId(300)) })),
        sample("all", O::Deliver(DeliverShipment { order, shipment: None })),
        sample(
            "one shipment",
            O::Deliver(DeliverShipment { order, shipment: Some(ShipmentNumber(2)) }),
        ),
        sample("some lines", O::RequestReturn(RequestReturn { order, lines: some_lines() })),
        back("restock", Disposition::Restock),
        back("quarantine", Disposition::Quarantine),
        back("write off", Disposition::WriteOff),
        sample(
            "every field",
            O::ReceiveReturn(ReceiveReturn {
                order,
                number: Some(ReturnNumber(2)),
                facility: Some(FacilityId(1)),
                disposition: Disposition::BackToCustomer,
            }),
        ),
    ]
}

fn place() -> PlaceOrder {
    let line = |item, quantity, price| OrderLine {
        item,
        quantity: units(quantity),
        unit_price: UnitPrice(price),
    };
    PlaceOrder {
        order: order(),
        number: Some(text("536365")),
        customer: Some(text("17850")),
        currency: Currency::GBP,
        lines: vec![
            line(ItemRef::Sku(text("85123A")), 6, 25_500),
            line(ItemRef::Id(ItemId(70_000)), 1_000_000, 10),
        ],
        destination: at_sea(),
    }
}

fn of_stock() -> Vec<Sample<I>> {
    let (sku, name) = (text("85123A"), text("White hanging heart T-light holder"));
    let facility = define_facility();
    let bare = DefineFacility { gateways: vec![], ..facility.clone() };
    let item = || ItemRef::Sku(text("85123A"));
    let place = || FacilityRef::Id(FacilityId(300));
    let none = FacilityRules::default();
    let price = UnitPriceFor { facility: place(), price: 70_000 };
    let second = UnitPriceFor { facility: FacilityRef::Code(text("LON-1")), price: 1 };
    let adjust = |case, adjustment, quantity| {
        let (item, facility) = (ItemRef::Sku(text("85123A")), FacilityRef::Code(text("LON-1")));
        let (tier, quantity) = (Tier::Back, units(quantity));
        sample(case, I::Adjust(AdjustStock { item, facility, tier, adjustment, quantity }))
    };
    vec![
        sample("priced", I::DefineItem(DefineItem { sku, name, unit_price: UnitPrice(25_500) })),
        sample("with a gateway", I::DefineFacility(facility)),
        sample("without gateways", I::DefineFacility(bare)),
        sample(
            "by id",
            I::Receive(ReceiveStock {
                item: ItemRef::Id(ItemId(70_000)),
                facility: FacilityRef::Id(FacilityId(3)),
                tier: Tier::Primary,
                quantity: units(1_000_000),
            }),
        ),
        adjust("found", Adjustment::Found, 1),
        adjust("lost", Adjustment::Lost, 200),
        adjust("damaged", Adjustment::Damaged, 20_000),
        sample("every field", I::SetFacilityRules(facility_rules())),
        sample("none", I::SetFacilityRules(SetFacilityRules { facility: place(), rules: none })),
        sample("every field", I::SetItemRules(SetItemRules { item: item(), rules: item_rules() })),
        sample("none", I::SetItemRules(SetItemRules { item: item(), rules: ItemRules::default() })),
        sample(
            "two",
            I::SetUnitPrices(SetUnitPrices { item: item(), prices: vec![price, second] }),
        ),
        sample("none", I::SetUnitPrices(SetUnitPrices { item: item(), prices: vec![] })),
    ]
}

fn facility_rules() -> SetFacilityRules {
    let facility = FacilityRef::Code(text("LON-1"));
    SetFacilityRules { facility, rules: every_facility_rule() }
}

pub(super) fn every_facility_rule() -> FacilityRules {
    FacilityRules {
        offline: true,
        serves: vec![Country::new("AU").unwrap(), Country::new("GB").unwrap()],
        no_hazardous: true,
        parcels_per_day: Some(70_000),
    }
}

pub(super) fn item_rules() -> ItemRules {
    ItemRules { hazardous: true, no_export_to: vec![Country::new("US").unwrap()] }
}

pub(super) fn define_facility() -> DefineFacility {
    let gateway =
        GatewaySpec { iata: text("LHR"), location: GeoPoint { lat: 51_470_000, lon: -454_300 } };
    DefineFacility {
        code: text("LON-1"),
        name: text("London, Park Royal"),
        country: Country::new("GB").unwrap(),
        location: GeoPoint { lat: 51_507_400, lon: -127_800 },
        gateways: vec![gateway],
    }
}
