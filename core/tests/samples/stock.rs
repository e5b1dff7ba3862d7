//! Samples of what keeps stock: conditions, counts, safety stock, alerts, transfers, expectations.

use earmark::flow::{
    AlertView, AlertsQuery, Answer, Command, Event, IncomingQuery, IncomingView, ItemLevels,
    LevelsQuery, Query, Refusal, SafetyView, ShelfLevels,
};
use earmark::ids::{
    ExpectedNumber, FacilityId, FacilityRef, ItemId, ItemRef, ReservationNumber, Tier,
    TransferNumber,
};
use earmark::inventory::{
    BackInStock, CancelTransfer, Condition, CountStock, ExpectStock, ExpectedReceived,
    ExpectedWithdrawn, InventoryCommand as I, InventoryEvent as E, InventoryExtended,
    InventoryRefusal as R, LowStock, LowStockSet, MoveStock, OutOfStock, ReceiveExpected,
    ReceiveTransfer, Rest, SafetyStockSet, SendTransfer, SetLowStock, SetSafetyStock, ShelfName,
    StockCounted, StockExpected, StockMoved, StockReason, StockReplenished, StockWrittenOff,
    TransferCancelled, TransferReceived, TransferSent, WithdrawExpected, WriteOffStock,
};
use earmark::time::Timestamp;

use super::{Sample, name, order, sample, text, units};

const DUE: Timestamp = Timestamp::from_millis(1_732_752_000_123);
const REASONS: [(&str, StockReason); 11] = [
    ("received", StockReason::Received),
    ("damaged", StockReason::Damaged),
    ("lost", StockReason::Lost),
    ("stolen", StockReason::Stolen),
    ("found", StockReason::Found),
    ("sample", StockReason::Sample),
    ("count", StockReason::Count),
    ("misship out", StockReason::MisshipOut),
    ("misship in", StockReason::MisshipIn),
    ("expired", StockReason::Expired),
    ("integration", StockReason::Integration),
];
const CONDITIONS: [(&str, Condition); 4] = [
    ("sellable", Condition::Sellable),
    ("damaged", Condition::Damaged),
    ("quality control", Condition::QualityControl),
    ("quarantine", Condition::Quarantine),
];

fn item() -> ItemRef {
    ItemRef::Sku(text("85123A"))
}

fn place() -> FacilityRef {
    FacilityRef::Code(text("LON-1"))
}

fn shelf(tier: Tier) -> ShelfName {
    ShelfName { facility: FacilityId(3), tier }
}

/// The commands.
pub(super) fn commands() -> Vec<Sample<Command>> {
    let (tier, quantity) = (Tier::Back, units(300));
    let moves = CONDITIONS.map(|(case, from)| {
        let to = if from == Condition::Sellable { Condition::Damaged } else { Condition::Sellable };
        let (item, facility) = (item(), place());
        sample(case, I::Move(MoveStock { item, facility, tier, from, to, quantity }))
    });
    let gone = REASONS.map(|(case, reason)| {
        let (item, facility, condition) = (item(), place(), Condition::Quarantine);
        let write_off = WriteOffStock { item, facility, tier, condition, quantity, reason };
        sample(case, I::WriteOff(write_off))
    });
    let (condition, reason) = (Condition::QualityControl, StockReason::Count);
    let (facility, counted) = (place(), 300);
    let count = CountStock { item: item(), facility, tier, condition, counted, reason };
    let safety = SetSafetyStock { item: item(), facility: place(), quantity: 300 };
    let low = |threshold| I::SetLowStock(SetLowStock { item: item(), threshold });
    let send = SendTransfer {
        item: item(),
        from: place(),
        from_tier: Tier::Primary,
        to: FacilityRef::Id(FacilityId(3)),
        to_tier: Tier::Back,
        quantity,
    };
    let transfer = TransferNumber(300);
    let receive = |rest| I::ReceiveTransfer(ReceiveTransfer { transfer, quantity: 200, rest });
    let expect = |reference| {
        let (item, facility) = (item(), place());
        I::Expect(ExpectStock { item, facility, tier, quantity, due: DUE, reference })
    };
    let expected = ExpectedNumber(300);
    let rest = [
        sample("quality control", I::Count(count)),
        sample("plain", I::SetSafety(safety)),
        sample("on", low(Some(300))),
        sample("off", low(None)),
        sample("plain", I::SendTransfer(send)),
        sample("rest on its way", receive(Rest::OnItsWay)),
        sample("rest lost", receive(Rest::Lost)),
        sample("plain", I::CancelTransfer(CancelTransfer { transfer })),
        sample("referenced", expect(Some(text("PO-4711")))),
        sample("bare", expect(None)),
        sample("plain", I::ReceiveExpected(ReceiveExpected { expected, quantity })),
        sample("plain", I::WithdrawExpected(WithdrawExpected { expected })),
    ];
    let all = moves.into_iter().chain(gone).chain(rest);
    all.map(|s| sample(s.case, Command::Inventory(s.value))).collect()
}

/// The events.
pub(super) fn events() -> Vec<Sample<Event>> {
    let (facility, tier, quantity) = (FacilityId(3), Tier::Back, 300);
    let moves = CONDITIONS.map(|(case, from)| {
        let to = if from == Condition::Sellable { Condition::Damaged } else { Condition::Sellable };
        let item = name();
        sample(case, E::Moved(StockMoved { item, facility, tier, from, to, quantity }))
    });
    let gone = REASONS.map(|(case, reason)| {
        let (item, condition) = (name(), Condition::Quarantine);
        let gone = StockWrittenOff { item, facility, tier, condition, quantity, reason };
        sample(case, E::WrittenOff(gone))
    });
    let counted = |case, expected, counted, difference| {
        let (item, condition, reason) = (name(), Condition::Sellable, StockReason::Count);
        sample(
            case,
            E::Counted(StockCounted {
                item,
                facility,
                tier,
                condition,
                expected,
                counted,
                difference,
                reason,
            }),
        )
    };
    let (available, threshold) = (70_000, 300);
    let low_set =
        |case, threshold| sample(case, E::LowStockSet(LowStockSet { item: name(), threshold }));
    let all = moves.into_iter().chain(gone).chain([
        sample("plain", E::SafetySet(SafetyStockSet { item: name(), facility, quantity })),
        counted("fewer", 300, 200, -100),
        counted("more", 200, 300, 100),
        low_set("on", Some(threshold)),
        low_set("off", None),
        sample("plain", E::Low(LowStock { item: name(), available, threshold })),
        sample("plain", E::Replenished(StockReplenished { item: name(), available, threshold })),
        sample("plain", E::Out(OutOfStock { item: name() })),
        sample("plain", E::Back(BackInStock { item: name(), available })),
    ]);
    let (order, reservation, until) = (order(), ReservationNumber(1), DUE);
    let extended = E::Extended(InventoryExtended { order, reservation, until });
    let all = all.chain(of_transfers()).chain(of_expected()).chain([sample("first", extended)]);
    all.map(|s| sample(s.case, Event::Inventory(s.value))).collect()
}

fn of_transfers() -> [Sample<E>; 3] {
    let (transfer, quantity) = (TransferNumber(300), 300);
    let (from, to) = (shelf(Tier::Primary), shelf(Tier::Back));
    let sent =
        TransferSent { transfer, item: name(), from: from.clone(), to: to.clone(), quantity };
    let (received, lost, on_its_way) = (200, 300, 400);
    let item = name();
    let arrived = TransferReceived { transfer, item, to, received, lost, on_its_way };
    let cancelled = TransferCancelled { transfer, item: name(), from, quantity };
    [
        sample("plain", E::TransferSent(sent)),
        sample("every field", E::TransferReceived(arrived)),
        sample("plain", E::TransferCancelled(cancelled)),
    ]
}

fn of_expected() -> [Sample<E>; 4] {
    let (facility, tier, quantity) = (FacilityId(3), Tier::Back, 300);
    let expected = ExpectedNumber(300);
    let stock = |reference| {
        let (item, due) = (name(), DUE);
        E::Expected(StockExpected { expected, item, facility, tier, quantity, due, reference })
    };
    let came = ExpectedReceived { expected, item: name(), facility, tier, quantity, left: 200 };
    let withdrawn = ExpectedWithdrawn { expected, item: name(), quantity };
    [
        sample("referenced", stock(Some(text("PO-4711")))),
        sample("bare", stock(None)),
        sample("plain", E::ExpectedReceived(came)),
        sample("plain", E::ExpectedWithdrawn(withdrawn)),
    ]
}

/// The queries.
pub(super) fn queries() -> Vec<Sample<Query>> {
    let all = IncomingQuery { item: None, skip: None, limit: None };
    let some = IncomingQuery { item: Some(item()), skip: Some(300), limit: Some(50) };
    vec![
        sample(
            "by sku and id",
            Query::Levels(LevelsQuery { items: vec![item(), ItemRef::Id(ItemId(7))] }),
        ),
        sample("every field", Query::Incoming(some)),
        sample("bare", Query::Incoming(all)),
        sample("every field", Query::Alerts(AlertsQuery { skip: Some(300), limit: Some(50) })),
        sample("bare", Query::Alerts(AlertsQuery { skip: None, limit: None })),
    ]
}

/// The answers.
pub(super) fn answers() -> Vec<Sample<Answer>> {
    let levels = ItemLevels {
        item: name(),
        available: 70_000,
        incoming: 70_001,
        safety: vec![SafetyView { facility: FacilityId(3), quantity: 300 }],
        backorder_limit: 300,
        backordered: 200,
        shelves: vec![ShelfLevels {
            facility: FacilityId(3),
            tier: Tier::Back,
            on_hand: 300,
            damaged: 1,
            quality_control: 2,
            quarantined: 3,
            reserved: 4,
            allocated: 5,
            available: 6,
            incoming: 70_000,
        }],
    };
    let transfer = IncomingView {
        item: name(),
        to: shelf(Tier::Back),
        quantity: 300,
        transfer: Some(TransferNumber(1)),
        from: Some(shelf(Tier::Primary)),
        expected: None,
        due: None,
        reference: None,
    };
    let expected = IncomingView {
        transfer: None,
        from: None,
        expected: Some(ExpectedNumber(1)),
        due: Some(DUE),
        reference: Some(text("PO-4711")),
        ..transfer.clone()
    };
    let (threshold, available) = (300, 200);
    let alert = AlertView { item: name(), threshold, available, is_low: true, is_out: false };
    vec![
        sample("levels", Answer::Levels(vec![levels])),
        sample("incoming, by both", Answer::Incoming(vec![transfer, expected])),
        sample("alerts", Answer::Alerts(vec![alert])),
    ]
}

/// The refusals.
pub(super) fn refusals() -> Vec<Sample<Refusal>> {
    let not_in = CONDITIONS
        .map(|(case, condition)| sample(case, R::NotInCondition { condition, there: 300 }));
    let rest = [
        R::NothingMoves,
        R::NotAvailable { available: 300 },
        R::UnknownTransfer { transfer: TransferNumber(300) },
        R::UnknownExpected { expected: ExpectedNumber(300) },
        R::MoreThanIncoming { incoming: 300 },
        R::TooManyOpen { allowed: 1_000_000 },
    ];
    let all = not_in.into_iter().chain(rest.map(|r| sample(r.code(), r)));
    all.map(|s| sample(s.case, Refusal::Inventory(s.value))).collect()
}
