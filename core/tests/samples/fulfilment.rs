//! Samples of what warehouses and carriers say, and of holds.

use earmark::demand::{Demand, Hold};
use earmark::ids::{
    CancellationNumber, FacilityId, HoldNumber, ItemId, ItemRef, LineNumber, ReservationNumber,
    ReturnNumber, ShipmentNumber,
};
use earmark::inventory::{InventoryEvent, StockUnshipped};
use earmark::order::{
    AcceptCancellation, CancelReason, CancellationAccepted, CancellationDeclined, CancellationMet,
    CancellationRequested, DeclineCancellation, FulfilmentRejected, FulfilmentReleased, HoldKind,
    ItemsPacked, ItemsPicked, LineRef, LineUnits, LoseShipment, OrderCommand as C, OrderEvent as E,
    OrderHoldPlaced, OrderHoldReleased, OrderResourced, OrderStockLost, PackOrder, PickOrder,
    PlaceHold, PlacedBy, Putaway, RejectFulfilment, ReleaseHold, ReleaseOrder, Resourcing,
    ReturnToSender, ShipmentLost, ShipmentReturnedToSender, ShippingVoided, VoidShipping,
};
use earmark::time::{Span, Timestamp};

use super::{Sample, at_sea, order, portions, sample, text, units};

pub(super) const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);
const THERE: FacilityId = FacilityId(300);
const SECOND: ShipmentNumber = ShipmentNumber(2);

pub(super) const HOLDS: [(&str, HoldKind); 9] = [
    ("fraud", HoldKind::Fraud),
    ("payment", HoldKind::Payment),
    ("address", HoldKind::Address),
    ("credit", HoldKind::Credit),
    ("approval", HoldKind::Approval),
    ("export", HoldKind::Export),
    ("stock", HoldKind::Stock),
    ("manual", HoldKind::Manual),
    ("recall", HoldKind::Recall),
];

const PUTAWAYS: [(&str, Putaway); 3] = [
    ("restock", Putaway::Restock),
    ("quarantine", Putaway::Quarantine),
    ("write off", Putaway::WriteOff),
];

/// Commands of warehouses and carriers.
pub(super) fn commands() -> Vec<Sample<C>> {
    let (order, facility, shipment) = (order(), THERE, SECOND);
    let cancellation = CancellationNumber(300);
    let some = |n| {
        let line = LineRef::Item(ItemRef::Id(ItemId(7)));
        Some(vec![LineUnits { line, quantity: units(n) }])
    };
    let reason = Some(text("flooded"));
    let decline = |reason| DeclineCancellation { order, cancellation, reason };
    let mut all = vec![
        sample("all", C::Release(ReleaseOrder { order, facility: None })),
        sample("one facility", C::Release(ReleaseOrder { order, facility: Some(facility) })),
        sample("all", C::Pick(PickOrder { order, facility, lines: None, missing: None })),
        sample(
            "some, some missing",
            C::Pick(PickOrder { order, facility, lines: some(300), missing: some(2) }),
        ),
        sample("plain", C::Pack(PackOrder { order, facility })),
        sample("bare", C::RejectFulfilment(RejectFulfilment { order, facility, reason: None })),
        sample("with a reason", C::RejectFulfilment(RejectFulfilment { order, facility, reason })),
        sample("plain", C::VoidShipping(VoidShipping { order, shipment })),
        sample("plain", C::LoseShipment(LoseShipment { order, shipment })),
        sample("plain", C::AcceptCancellation(AcceptCancellation { order, cancellation })),
        sample("bare", C::DeclineCancellation(decline(None))),
        sample("with a reason", C::DeclineCancellation(decline(Some(text("in the van"))))),
        sample("plain", C::ReleaseHold(ReleaseHold { order, hold: HoldNumber(300) })),
    ];
    for (case, putaway) in PUTAWAYS {
        let facility = (putaway == Putaway::Restock).then_some(facility);
        let back = ReturnToSender { order, shipment, facility, putaway };
        all.push(sample(case, C::ReturnToSender(back)));
    }
    for (case, kind) in HOLDS {
        let fraud = kind == HoldKind::Fraud;
        let (reason, auto_release) =
            (fraud.then(|| text("new card")), fraud.then(|| Span::from_days(2)));
        all.push(sample(case, C::PlaceHold(PlaceHold { order, kind, reason, auto_release })));
    }
    all
}

/// Events of warehouses and carriers.
pub(super) fn events() -> Vec<Sample<E>> {
    let (order, facility, shipment, at) = (order(), THERE, SECOND, AT);
    let all_of = portions;
    let cancellation = CancellationNumber(300);
    let declined = |reason| CancellationDeclined { order, at, cancellation, reason };
    let mut all = vec![
        sample("some", E::Released(FulfilmentReleased { order, at, facility, portions: all_of() })),
        sample("some", E::Picked(ItemsPicked { order, facility, portions: all_of() })),
        sample("some", E::Packed(ItemsPacked { order, facility, portions: all_of() })),
        sample(
            "with a reason",
            E::FulfilmentRejected(FulfilmentRejected {
                order,
                at,
                facility,
                reason: Some(text("flooded")),
            }),
        ),
        sample(
            "bare",
            E::FulfilmentRejected(FulfilmentRejected { order, at, facility, reason: None }),
        ),
        sample(
            "some",
            E::ShippingVoided(ShippingVoided { order, at, shipment, portions: all_of() }),
        ),
        sample(
            "some",
            E::CancellationRequested(CancellationRequested {
                order,
                at,
                cancellation,
                facility,
                reason: CancelReason::Customer,
                portions: all_of(),
            }),
        ),
        sample(
            "some",
            E::CancellationAccepted(CancellationAccepted {
                order,
                at,
                cancellation,
                portions: all_of(),
            }),
        ),
        sample(
            "some",
            E::CancellationMet(CancellationMet { order, at, cancellation, portions: all_of() }),
        ),
        sample("bare", E::CancellationDeclined(declined(None))),
        sample("with a reason", E::CancellationDeclined(declined(Some(text("in the van"))))),
        sample("plain", E::Lost(ShipmentLost { order, at, shipment })),
    ];
    all.extend(resourced());
    all.extend(held());
    for (case, putaway) in PUTAWAYS {
        let number = ReturnNumber(300);
        let back =
            ShipmentReturnedToSender { order, at, shipment, number, putaway, units: all_of() };
        all.push(sample(case, E::ReturnedToSender(back)));
    }
    all
}

fn resourced() -> Vec<Sample<E>> {
    let (order, facility, mut all) = (order(), THERE, Vec::new());
    let (line, item, quantity) = (LineNumber(200), ItemRef::Sku(text("85123A")), units(301));
    all.push(sample(
        "some",
        E::StockLost(OrderStockLost {
            order,
            untouched: portions(),
            in_work: portions(),
            reservation: ReservationNumber(2),
            demands: vec![Demand { line, item, quantity }],
            destination: at_sea(),
            hold: Hold::Hard,
            excluded: vec![FacilityId(3), facility],
        }),
    ));
    for (case, why) in [
        ("refused", Resourcing::FacilityRefused),
        ("missing", Resourcing::ItemsMissing),
        ("lost", Resourcing::StockLost),
        ("amended", Resourcing::Amended),
    ] {
        all.push(sample(
            case,
            E::Resourced(OrderResourced {
                order,
                why,
                portions: portions(),
                reservation: ReservationNumber(2),
                demands: vec![Demand {
                    line: LineNumber(200),
                    item: ItemRef::Sku(text("85123A")),
                    quantity: units(301),
                }],
                destination: at_sea(),
                hold: Hold::Hard,
                excluded: vec![FacilityId(3), facility],
            }),
        ));
    }
    all
}

fn held() -> Vec<Sample<E>> {
    let (order, at, mut all) = (order(), AT, Vec::new());
    for (case, kind) in HOLDS {
        let fraud = kind == HoldKind::Fraud;
        let (reason, until) = (fraud.then(|| text("new card")), fraud.then_some(AT));
        let hold = HoldNumber(300);
        let placed_by = Some(match kind {
            HoldKind::Fraud => PlacedBy::System,
            HoldKind::Address => PlacedBy::Customer(text("17850")),
            _ => PlacedBy::Staff,
        });
        let placed = OrderHoldPlaced { order, at, hold, kind, reason, until, placed_by };
        all.push(sample(case, E::HoldPlaced(placed)));
    }
    for (case, lapsed) in [("by hand", false), ("by itself", true)] {
        let hold = HoldNumber(300);
        all.push(sample(case, E::HoldReleased(OrderHoldReleased { order, at, hold, lapsed })));
    }
    all
}

/// Events of the stock that follow from them.
pub(super) fn stock_events() -> Vec<Sample<InventoryEvent>> {
    let unshipped = StockUnshipped { order: order(), shipment: SECOND, portions: portions() };
    vec![sample("some", InventoryEvent::Unshipped(unshipped))]
}
