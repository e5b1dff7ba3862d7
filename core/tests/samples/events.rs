//! Samples of events.

use earmark::demand::{Alternative, Demand, Hold, Parcel, Shortfall, Sourced};
use earmark::flow::{Event, PolicySet};
use earmark::geo::GeoPoint;
use earmark::ids::{
    CancellationNumber, Country, FacilityId, ItemId, ItemRef, LineNumber, PaymentNumber,
    ReservationNumber, ReturnNumber, ShipmentNumber, Tier,
};
use earmark::inventory::{
    Adjustment, FacilityDefined, FacilityRulesSet, GatewaySpec, InventoryAllocated,
    InventoryEvent as I, InventoryExpired, InventoryRejected, InventoryReleased, InventoryTied,
    ItemDefined, ItemRulesSet, ParcelsBooked, PromiseStripped, StockAdjusted, StockReceived,
    StockRestocked, StockShipped, UnitPriceAt, UnitPricesSet,
};
use earmark::notification::{CustomerNotified, News, NotificationEvent as N, OrderForgotten};
use earmark::order::{
    AllocationRequested, CancelReason, Disposition, OrderAllocated, OrderArchived, OrderCancelled,
    OrderCompleted, OrderConfirmed, OrderEvent as O, OrderExpired, OrderLine, OrderLinesCancelled,
    OrderPlaced, OrderRejected, OrderSourced, OrderUnsourced, PaymentAuthorized, PaymentTerms,
    Rejection, ReturnReceived, ReturnRequested, ShipmentDelivered, ShipmentShipped, TieReturned,
    UnitsOfLine, UnitsOfParcel,
};
use earmark::sourcing::Proof;
use earmark::time::Timestamp;
use earmark::units::UnitPrice;

use super::commands::{every_facility_rule, item_rules, policy};
use super::{Sample, at_sea, name, order, portion, portions, pounds, sample, text, units};

const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);
const SOFT: Hold = Hold::Soft { until: Timestamp::from_millis(1_732_752_900_123) };
const SECOND: ReservationNumber = ReservationNumber(2);

/// Every event, every variant inside.
pub(crate) fn events() -> Vec<Sample<Event>> {
    let set = PolicySet { version: 300, policy: policy() };
    let mut all = vec![sample("every field", Event::Policy(set))];
    all.extend(of_orders().into_iter().map(|s| sample(s.case, Event::Order(s.value))));
    all.extend(of_stock().into_iter().map(|s| sample(s.case, Event::Inventory(s.value))));
    all.extend(of_rules().into_iter().map(|s| sample(s.case, Event::Inventory(s.value))));
    all.extend(of_news().into_iter().map(|s| sample(s.case, Event::Notification(s.value))));
    all.extend(super::stock::events());
    all.extend(super::kits::events());
    all.extend(super::payments::events());
    all.extend(super::backorders::events());
    let work = super::fulfilment::events().into_iter();
    let work = work.chain(super::changes::events());
    let work = work.chain(super::replace::events());
    all.extend(work.map(|s| sample(s.case, Event::Order(s.value))));
    let stock = super::fulfilment::stock_events().into_iter();
    all.extend(stock.map(|s| sample(s.case, Event::Inventory(s.value))));
    all.extend(super::work::events());
    all
}

fn of_orders() -> Vec<Sample<O>> {
    let (order, reservation) = (order(), ReservationNumber(1));
    let reject = |case, why, released| {
        sample(case, O::Rejected(OrderRejected { order, at: AT, why, released }))
    };
    let sourced = |case, hold| {
        sample(case, O::Sourced(OrderSourced { order, reservation, hold, portions: portions() }))
    };
    let mut all = vec![
        sample("every field", O::Placed(placed(PaymentTerms::Required { deadline: AT }))),
        sample(
            "bare",
            O::Placed(OrderPlaced {
                owner: None,
                number: None,
                ..placed(PaymentTerms::NotRequired)
            }),
        ),
        sourced("soft", SOFT),
        sourced("hard", Hold::Hard),
        sample("first", O::AllocationRequested(AllocationRequested { order, reservation })),
        sample("first", O::Allocated(OrderAllocated { order, reservation })),
        sample("plain", O::Confirmed(OrderConfirmed { order })),
        reject("stock", Rejection::Stock { shortfalls: shortfalls() }, vec![]),
        reject("too many parcels", Rejection::TooManyParcels { allowed: 3 }, portions()),
        reject("lapsed", Rejection::ReservationLapsed, portions()),
        sample("tied", O::Expired(OrderExpired { order, at: AT, released: portions() })),
        sample(
            "some",
            O::LinesCancelled(OrderLinesCancelled {
                order,
                reason: CancelReason::Inventory,
                unsourced: vec![UnitsOfLine { line: LineNumber(1), quantity: 2 }],
                released: portions(),
            }),
        ),
        sample(
            "by the customer",
            O::Cancelled(OrderCancelled { order, at: AT, reason: CancelReason::Customer }),
        ),
        sample(
            "hard",
            O::Unsourced(OrderUnsourced {
                order,
                portions: portions(),
                reservation: SECOND,
                demands: vec![Demand {
                    line: LineNumber(200),
                    item: ItemRef::Sku(text("85123A")),
                    quantity: units(301),
                }],
                destination: at_sea(),
                hold: Hold::Hard,
            }),
        ),
    ];
    all.extend(of_goods());
    all
}

fn of_goods() -> Vec<Sample<O>> {
    let (order, shipment, number) = (order(), ShipmentNumber(1), ReturnNumber(1));
    let facility = FacilityId(3);
    let back = |case, disposition| {
        let units = portions();
        sample(case, O::ReturnReceived(ReturnReceived { order, number, disposition, units }))
    };
    vec![
        sample("all", O::TieReturned(TieReturned { order, portions: portions() })),
        sample("pounds", O::PaymentAuthorized(PaymentAuthorized { order, amount: pounds(1_234) })),
        sample(
            "one parcel",
            O::Shipped(ShipmentShipped { order, at: AT, shipment, facility, portions: portions() }),
        ),
        sample("first", O::Delivered(ShipmentDelivered { order, at: AT, shipment })),
        sample(
            "some",
            O::ReturnRequested(ReturnRequested {
                order,
                number,
                units: vec![UnitsOfLine { line: LineNumber(200), quantity: 301 }],
                parcels: vec![UnitsOfParcel { shipment, line: LineNumber(200), quantity: 301 }],
            }),
        ),
        back("restock", Disposition::Restock),
        back("quarantine", Disposition::Quarantine),
        back("write off", Disposition::WriteOff),
        back("to the customer", Disposition::BackToCustomer),
        sample("plain", O::Completed(OrderCompleted { order, at: AT })),
        sample("plain", O::Archived(OrderArchived { order })),
    ]
}

fn placed(payment: PaymentTerms) -> OrderPlaced {
    OrderPlaced {
        order: order(),
        at: AT,
        owner: Some(text("17850")),
        number: Some(text("536365")),
        lines: vec![OrderLine {
            item: ItemRef::Sku(text("85123A")),
            quantity: units(6),
            unit_price: UnitPrice(25_500),
        }],
        destination: at_sea(),
        payment,
        total: pounds(1_530),
    }
}

pub(super) fn shortfalls() -> Vec<Shortfall> {
    let (line, item) = (LineNumber(0), ItemRef::Sku(text("85123A")));
    vec![
        Shortfall { line, item, demanded: 70_000, available: Some(300) },
        Shortfall {
            line: LineNumber(1),
            item: ItemRef::Id(ItemId(7)),
            demanded: 1,
            available: None,
        },
    ]
}

pub(super) fn sourced(proof: Proof) -> Sourced {
    let (facility, gateway) = (FacilityId(3), Some(text("LHR")));
    Sourced {
        cost: 1_234_567,
        proof,
        runner_up: Some(Alternative {
            cost: 1_300_000,
            facilities: vec![FacilityId(0), FacilityId(300)],
        }),
        parcels: vec![
            Parcel { facility, gateway, ground_metres: 23_000, air_metres: 17_000_000 },
            Parcel { facility, gateway: None, ground_metres: 300, air_metres: 0 },
        ],
    }
}

fn of_stock() -> Vec<Sample<I>> {
    let (order, reservation) = (order(), ReservationNumber(1));
    let (facility, tier) = (FacilityId(3), Tier::Back);
    let tied = |case, hold, sourced| {
        let (portions, items) = (portions(), vec![name()]);
        let tied = InventoryTied { order, reservation, hold, portions, items, sourced };
        sample(case, I::Tied(tied))
    };
    let alone = Sourced { runner_up: None, ..sourced(Proof::Optimal) };
    let rejected = |case, shortfalls, too_many_parcels, lapsed| {
        let rejected =
            InventoryRejected { order, reservation, shortfalls, too_many_parcels, lapsed };
        sample(case, I::Rejected(rejected))
    };
    let adjusted = |case, adjustment| {
        let (item, quantity) = (name(), 300);
        sample(case, I::Adjusted(StockAdjusted { item, facility, tier, adjustment, quantity }))
    };
    let restocked = |case, sellable| {
        let (number, portions) = (ReturnNumber(1), portions());
        sample(case, I::Restocked(StockRestocked { order, number, sellable, portions }))
    };
    let (sku, unit_price) = (text("85123A"), UnitPrice(25_500));
    let defined = ItemDefined { id: ItemId(70_000), sku, name: text("Holder"), unit_price };
    vec![
        sample("priced", I::ItemDefined(defined)),
        sample("with a gateway", I::FacilityDefined(facility_defined())),
        sample(
            "back stock",
            I::Received(StockReceived { item: name(), facility, tier, quantity: 70_000 }),
        ),
        adjusted("found", Adjustment::Found),
        adjusted("lost", Adjustment::Lost),
        adjusted("damaged", Adjustment::Damaged),
        sample("some", I::Stripped(PromiseStripped { order, portions: vec![portion()] })),
        tied("soft", SOFT, sourced(Proof::Bounded { gap: 300, nodes: 200_000 })),
        tied("hard", Hold::Hard, alone),
        rejected("short", shortfalls(), None, false),
        rejected("too many parcels", vec![], Some(3), false),
        rejected("lapsed", vec![], None, true),
        sample("first", I::Allocated(InventoryAllocated { order, reservation })),
        sample("some", I::Released(InventoryReleased { order, portions: portions() })),
        sample("first", I::Expired(InventoryExpired { order, reservation })),
        sample(
            "one parcel",
            I::Shipped(StockShipped { order, shipment: ShipmentNumber(1), portions: portions() }),
        ),
        restocked("for sale", true),
        restocked("put aside", false),
    ]
}

fn of_rules() -> Vec<Sample<I>> {
    let order = order();
    vec![
        sample(
            "every field",
            I::FacilityRulesSet(FacilityRulesSet {
                facility: FacilityId(300),
                rules: every_facility_rule(),
            }),
        ),
        sample("every field", I::ItemRulesSet(ItemRulesSet { item: name(), rules: item_rules() })),
        sample(
            "one",
            I::UnitPricesSet(UnitPricesSet {
                item: name(),
                prices: vec![UnitPriceAt { facility: FacilityId(300), price: 70_000 }],
            }),
        ),
        sample(
            "two",
            I::ParcelsBooked(ParcelsBooked {
                order,
                day: 20_055,
                facilities: vec![FacilityId(3), FacilityId(300)],
            }),
        ),
    ]
}

fn facility_defined() -> FacilityDefined {
    let location = GeoPoint { lat: 51_470_000, lon: -454_300 };
    FacilityDefined {
        id: FacilityId(3),
        code: text("LON-1"),
        name: text("London, Park Royal"),
        country: Country::new("GB").unwrap(),
        location: GeoPoint { lat: 51_507_400, lon: -127_800 },
        gateways: vec![GatewaySpec { iata: text("LHR"), location }],
    }
}

fn of_news() -> Vec<Sample<N>> {
    let order = order();
    let told = |case, news| sample(case, N::Told(CustomerNotified { order, news }));
    vec![
        told("replaced", News::Replaced(order)),
        told("accepted", News::Accepted),
        told("rejected", News::Rejected),
        told("expired", News::Expired),
        told("cancelled", News::Cancelled),
        told("shortened", News::Shortened),
        told("shortened again", News::ShortenedAgain(300)),
        told("move refused", News::MoveRefused(ReservationNumber(300))),
        told("payment needed", News::PaymentNeeded(300)),
        told("payment missed", News::PaymentMissed(300)),
        told("shipped", News::Shipped(ShipmentNumber(1))),
        told("delivered", News::Delivered(ShipmentNumber(300))),
        told("lost", News::Lost(ShipmentNumber(300))),
        told("let go", News::CancellationAccepted(CancellationNumber(300))),
        told("not let go", News::CancellationDeclined(CancellationNumber(300))),
        told("return refused", News::ReturnRefused(ReturnNumber(300))),
        told("payment declined", News::PaymentDeclined(PaymentNumber(300))),
        told("refunded", News::Refunded(PaymentNumber(300))),
        told("backordered", News::Backordered),
        told("returned to sender", News::ReturnedToSender(ShipmentNumber(300))),
        sample("plain", N::Forgotten(OrderForgotten { order })),
    ]
}
