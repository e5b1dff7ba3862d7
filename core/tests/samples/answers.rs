//! Samples of queries, answers, refusals and requests for slices.

use earmark::demand::{Alternative, Parcel};
use earmark::flow::{
    Answer, CancellationView, ExplainQuery, FacilityView, HoldView, ItemView, ItemsQuery, LineView,
    OrderQuery, OrderStatusQuery, OrderStatusView, OrderView, OrdersQuery, ParcelView, Preview,
    PreviewLine, PreviewPlan, PreviewQuery, Query, Refusal, ReturnView, ShelfView,
    ShipmentStatusView, ShipmentView, StockQuery, Summary, SummaryQuery,
};
use earmark::geo::GeoPoint;
use earmark::ids::{
    CancellationNumber, Country, FacilityId, FacilityRef, HoldNumber, ItemId, ItemRef, LineNumber,
    ReturnNumber, ShipmentNumber, Tier,
};
use earmark::inventory::{
    AimValue, Barred, BarredItem, BestWith, ComponentOfKit, ExplainedPlan, Explanation,
    FacilityExplained, InventoryRefusal, ItemBarred, ParcelCosts, ParcelExplained, Verdict,
};
use earmark::order::{
    Buckets, CancelReason, CancellationAnswer, Carriage, FulfilmentStatus, HoldKind, LineRef,
    OrderRefusal, PaymentStatus, Rejection, ReturnState, ReturnsStatus, Status, StockStatus,
    UnitsOfLine,
};
use earmark::policy::{Aim, PolicyFault};
use earmark::schema::SliceRequest;
use earmark::sourcing::Proof;
use earmark::time::{Span, Timestamp};
use earmark::units::UnitPrice;

use super::commands::policy;
use super::events::shortfalls;
use super::{Sample, at_sea, order, portions, pounds, sample, text, units};

const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);

/// Every query, with and without what may be left out.
pub(crate) fn queries() -> Vec<Sample<Query>> {
    let item = || ItemRef::Sku(text("85123A"));
    let lines = vec![PreviewLine { item: item(), quantity: units(6) }];
    let preview = PreviewQuery { lines, destination: at_sea(), at: Some(AT) };
    let untimed = PreviewQuery { at: None, ..preview.clone() };
    let explain = ExplainQuery {
        lines: preview.lines.clone(),
        destination: at_sea(),
        excluded: vec![FacilityRef::Id(FacilityId(300)), FacilityRef::Code(text("LON-1"))],
        at: Some(AT),
    };
    let bare = ExplainQuery { lines: vec![], excluded: vec![], at: None, ..explain.clone() };
    let status = Some(Status::Pending);
    let orders = OrdersQuery { status, before: Some(order()), limit: Some(1_000) };
    let all = OrdersQuery { status: None, before: None, limit: None };
    let search = ItemsQuery { search: Some(text("heart")), skip: Some(300), limit: Some(50) };
    let first = ItemsQuery { search: None, skip: None, limit: None };
    let stock = StockQuery { items: vec![item(), ItemRef::Id(ItemId(7))] };
    let mut all = vec![
        sample("every field", Query::Preview(preview)),
        sample("bare", Query::Preview(untimed)),
        sample("one", Query::Order(OrderQuery { order: order() })),
        sample("every field", Query::Orders(orders)),
        sample("bare", Query::Orders(all)),
        sample("every field", Query::Items(search)),
        sample("bare", Query::Items(first)),
        sample("by sku and id", Query::Stock(stock)),
        sample("plain", Query::Summary(SummaryQuery {})),
        sample("every field", Query::Explain(explain)),
        sample("bare", Query::Explain(bare)),
        sample("one", Query::OrderStatus(OrderStatusQuery { order: order() })),
    ];
    all.push(super::payments::query());
    all.extend(super::stock::queries());
    all.extend(super::work::queries());
    all.extend(super::backorders::queries());
    all
}

/// Every answer, every variant inside.
pub(crate) fn answers() -> Vec<Sample<Answer>> {
    let preview = |preview| Answer::Preview(preview);
    let mut all = vec![
        sample("preview served", preview(Preview::Served(plan()))),
        sample("preview short", preview(super::kits::short(shortfalls()))),
        sample("preview too many parcels", preview(Preview::TooManyParcels { allowed: 1 })),
        sample("preview malformed", preview(Preview::Malformed)),
        sample("order, every field", Answer::Order(order_view())),
        sample("orders, bare", Answer::Orders(vec![bare_view()])),
        sample("items, both faces", Answer::Items(vec![item_view(true), item_view(false)])),
        sample("summary", Answer::Summary(summary())),
        sample("explained, every field", Answer::Explained(explained())),
        sample("explained, refused", Answer::Explained(unexplained())),
        sample("status of an order", Answer::OrderStatus(order_status())),
    ];
    all.push(super::payments::answer());
    all.extend(super::stock::answers());
    all.extend(super::kits::answers());
    all.extend(super::work::answers());
    all.extend(super::backorders::answers());
    all
}

fn plan() -> PreviewPlan {
    let parcel = |gateway| ParcelView {
        facility: facility_view(),
        gateway,
        ground_metres: 23_000,
        air_metres: 17_000_000,
        portions: portions(),
    };
    PreviewPlan {
        parcels: vec![parcel(Some(text("LHR"))), parcel(None)],
        cost: 1_234_567,
        proof: Proof::Optimal,
        runner_up: Some(Alternative { cost: 1_300_000, facilities: vec![FacilityId(300)] }),
        kits: super::kits::exploded(),
        backordered: super::backorders::units(),
    }
}

fn explained() -> Explanation {
    let aim = |aim, value| AimValue { aim, value };
    let aims = vec![aim(Aim::FewestParcels, 2), aim(Aim::LowestCost, 1_234_567)];
    let costs =
        ParcelCosts { parcel: 1, export: 2, way: 300, primary: 4, back: 70_000, unit_prices: 6 };
    let parcel = ParcelExplained {
        parcel: Parcel {
            facility: FacilityId(3),
            gateway: Some(text("LHR")),
            ground_metres: 23_000,
            air_metres: 17_000_000,
        },
        portions: portions(),
        costs,
    };
    let verdicts = [
        Verdict::Ships,
        Verdict::Barred(Barred::Excluded),
        Verdict::Barred(Barred::Offline),
        Verdict::Barred(Barred::NotServed),
        Verdict::Barred(Barred::NoGateway),
        Verdict::Barred(Barred::TooFar { metres: 17_000_000 }),
        Verdict::Barred(Barred::FullToday { parcels: 300 }),
        Verdict::NoStock,
        Verdict::Beaten(BestWith { cost: 1_300_000, aims: aims.clone(), proven: true }),
        Verdict::NoPlan,
    ];
    let barred = [ItemBarred::Hazardous, ItemBarred::HazardousByAir, ItemBarred::NoExport];
    let barred = barred.map(|why| BarredItem { item: ItemId(70_000), why });
    let facility = |(number, verdict)| FacilityExplained {
        facility: FacilityId(number),
        code: text("LON-1"),
        verdict,
        barred_items: barred.to_vec(),
    };
    Explanation {
        plan: Some(ExplainedPlan {
            parcels: vec![parcel],
            cost: 1_234_567,
            aims,
            exact_aims: 2,
            proof: Proof::Bounded { gap: 300, nodes: 70_000 },
            runner_up: Some(Alternative { cost: 1_300_000, facilities: vec![FacilityId(300)] }),
            nodes: 70_001,
            kits: super::kits::exploded(),
        }),
        shortfalls: vec![],
        too_many_parcels: None,
        kits_too_large: false,
        facilities: (0..).zip(verdicts).map(facility).collect(),
    }
}

fn unexplained() -> Explanation {
    Explanation {
        plan: None,
        shortfalls: shortfalls(),
        too_many_parcels: Some(1),
        kits_too_large: true,
        facilities: vec![],
    }
}

fn facility_view() -> FacilityView {
    FacilityView {
        id: FacilityId(3),
        code: text("LON-1"),
        name: text("London, Park Royal"),
        country: Country::new("GB").unwrap(),
        location: GeoPoint { lat: 51_507_400, lon: -127_800 },
    }
}

fn item_view(with_shelves: bool) -> ItemView {
    let shelf = ShelfView {
        facility: FacilityId(3),
        tier: Tier::Back,
        on_hand: 300,
        unavailable: 4,
        reserved: 3,
        allocated: 2,
        available: 291,
    };
    ItemView {
        id: ItemId(70_000),
        sku: text("85123A"),
        name: text("White hanging heart T-light holder"),
        unit_price: UnitPrice(25_500),
        available: 70_000,
        kit: Some(vec![ComponentOfKit { item: super::name(), each: 300 }]),
        backorder_room: 300,
        shelves: with_shelves.then(|| vec![shelf]),
    }
}

fn order_view() -> OrderView {
    let buckets = Buckets {
        ordered: 66,
        cancelled: 1,
        unsourced: 2,
        backordered: 3,
        reserved: 4,
        allocated: 5,
        released: 6,
        picked: 7,
        packed: 8,
        in_transit: 9,
        delivered: 10,
        lost: 5,
        returned_to_sender: 6,
        return_requested: 9,
        restocked: 1,
        quarantined: 2,
        written_off: 3,
        returned_to_customer: 1,
    };
    OrderView {
        order: order(),
        number: Some(text("536365")),
        owner: Some(text("17850")),
        status: Status::Rejected,
        rejection: Some(Rejection::TooManyParcels { allowed: 1 }),
        placed_at: AT,
        ended_at: Some(AT),
        replaces: Some(order()),
        replaced_by: Some(order()),
        pay_until: Some(AT),
        total: pounds(-1_530),
        cancellable: true,
        lines: vec![LineView {
            item: ItemRef::Id(ItemId(7)),
            name: Some(text("Holder")),
            unit_price: UnitPrice(25_500),
            buckets,
            kit: Some(LineNumber(200)),
            each: Some(300),
            is_kit: false,
        }],
        tied: portions(),
        shipments: vec![ShipmentView {
            number: ShipmentNumber(1),
            facility: FacilityId(3),
            delivered: true,
            portions: portions(),
        }],
    }
}

fn bare_view() -> OrderView {
    let line = LineView {
        item: ItemRef::Sku(text("85123A")),
        name: None,
        unit_price: UnitPrice(0),
        buckets: Buckets::ordered(1),
        kit: None,
        each: None,
        is_kit: true,
    };
    OrderView {
        number: None,
        owner: None,
        status: Status::Pending,
        rejection: None,
        ended_at: None,
        replaces: None,
        replaced_by: None,
        pay_until: None,
        cancellable: false,
        lines: vec![line],
        tied: vec![],
        shipments: vec![],
        ..order_view()
    }
}

fn order_status() -> OrderStatusView {
    let some = || vec![UnitsOfLine { line: LineNumber(200), quantity: 300 }];
    OrderStatusView {
        order: order(),
        status: Status::Confirmed,
        payment: PaymentStatus::Authorized,
        stock: StockStatus::PartiallyReserved,
        fulfilment: FulfilmentStatus::PartiallyShipped,
        returns: ReturnsStatus::PartiallyReturned,
        holds: vec![HoldView {
            number: HoldNumber(1),
            kind: HoldKind::Export,
            reason: Some(text("papers")),
            placed_at: AT,
            until: Some(AT),
            placed_by: Some(earmark::order::PlacedBy::Staff),
        }],
        cancellations: vec![CancellationView {
            number: CancellationNumber(1),
            facility: FacilityId(3),
            reason: CancelReason::Customer,
            answer: Some(CancellationAnswer::Declined),
            portions: portions(),
        }],
        shipments: vec![ShipmentStatusView {
            number: ShipmentNumber(1),
            facility: FacilityId(3),
            state: Carriage::Delivered,
            delivered_at: Some(AT),
        }],
        returned: vec![ReturnView {
            number: ReturnNumber(1),
            state: ReturnState::PartlyReceived,
            units: some(),
            received: some(),
        }],
        excluded: vec![FacilityId(300)],
    }
}

fn summary() -> Summary {
    use Status::{Cancelled, Completed, Confirmed, Expired, Pending, Rejected};
    let statuses = [Pending, Confirmed, Completed, Rejected, Expired, Cancelled];
    Summary {
        policy: policy(),
        policy_version: 300,
        facilities: vec![facility_view()],
        items: 4_070,
        open_reservations: 70_000,
        orders_at_hand: statuses.into_iter().zip(1..).collect(),
    }
}

/// Every refusal.
pub(crate) fn refusals() -> Vec<Sample<Refusal>> {
    use OrderRefusal as O;
    let (order, item) = (order(), ItemRef::Sku(text("85123A")));
    let line = LineRef::Item(item.clone());
    let of_orders = [
        O::UnknownOrder { order },
        O::StaleId { order },
        O::IdFromFuture { order },
        O::NotYourOrder,
        O::PlacedDifferently { order },
        O::NoLines,
        O::TooManyLines { given: 2_001, allowed: 2_000 },
        O::NoSuchPlace,
        O::TotalTooLarge,
        O::NotWhen { status: Status::Completed },
        O::UseReturn,
        O::NothingToPay,
        O::AmountTooSmall { needed: pounds(1_530) },
        O::NothingNamed,
        O::NoSuchLine { line: LineRef::Number(LineNumber(3)) },
        O::TooManyUnits { line, asked: 300, possible: 1 },
        O::NothingToShip,
        O::NoSuchShipment,
        O::NoSuchReturn,
        O::TooManyParts,
        O::ReturnWindowClosed { window: Span::from_days(14) },
        O::OnHold { hold: HoldNumber(1), kind: HoldKind::Fraud },
        O::NoSuchHold { hold: HoldNumber(300) },
        O::TooManyHolds { allowed: 64 },
        O::NothingToRelease,
        O::NothingReleased,
        O::NothingPicked,
        O::NotPacked,
        O::AlreadyReleased,
        O::PriceIsNotYours,
        O::NoReopening,
        O::NotSettled,
        O::NoSuchCancellation { cancellation: CancellationNumber(300) },
        O::PaymentNotCovered { needed: pounds(1_530), missing: pounds(300) },
        O::NotServedThere { why: Rejection::TooManyParcels { allowed: 1 } },
        O::BeingMoved,
        O::ShipmentEnded { shipment: ShipmentNumber(2), state: Carriage::Lost },
    ];
    let of_stock = [
        InventoryRefusal::UnknownItem { item },
        InventoryRefusal::UnknownFacility { facility: FacilityRef::Code(text("LON-1")) },
        InventoryRefusal::DefinedDifferently { name: text("85123A") },
        InventoryRefusal::NoSuchPlace,
        InventoryRefusal::TooManyDefined { allowed: 128 },
        InventoryRefusal::TooMuchStock { room: 7 },
        InventoryRefusal::NotOnHand { sellable: 300 },
        InventoryRefusal::NotTied,
        InventoryRefusal::UnitPriceTooHigh { allowed: 1 << 28 },
    ];
    let not_here = Refusal::NotHere { role: "inventory".to_string() };
    let happened = Refusal::HappenedHere { role: "order".to_string() };
    let of_any = [not_here, happened, Refusal::NotACourier, out_of_bounds()];
    let mut all: Vec<_> = of_any.into_iter().map(|r| sample(r.code(), r)).collect();
    all.extend(of_orders.map(Refusal::Order).map(|r| sample(r.code(), r)));
    // Two roles share the code `no-such-place`: the head of the entry names the role as well.
    all.extend(of_stock.map(Refusal::Inventory).map(|r| sample(r.code(), r)));
    all.extend(super::stock::refusals());
    all.extend(super::kits::refusals());
    all.extend(super::work::refusals());
    all.extend(super::payments::refusals());
    all.push(super::backorders::refusal());
    all.extend(super::replace::refusals());
    all
}

fn out_of_bounds() -> Refusal {
    let [field, given, allowed] =
        ["orders.archiveAfter", "0 milliseconds", "2 days to 3650 days"].map(str::to_string);
    Refusal::PolicyOutOfBounds { faults: vec![PolicyFault { field, given, allowed }] }
}

/// Requests for slices.
pub(crate) fn slice_requests() -> Vec<Sample<SliceRequest>> {
    let items = vec![ItemRef::Sku(text("85123A")), ItemRef::Id(ItemId(7))];
    let request = SliceRequest { items, orders: vec![order()] };
    vec![sample("every field", request), sample("bare", SliceRequest::default())]
}
