//! Generated journeys of units that come loose in a warehouse while something else goes on: a
//! request to cancel them, stock that comes for those who wait, or a refusal.
//!
//! Law: as of all steps: a value, so that a failing history shrinks.

use earmark::flow::{Command, SetPolicy};
use earmark::ids::{
    CancellationNumber, FacilityId, FacilityRef, ItemId, ItemRef, LineNumber, Tier,
};
use earmark::inventory::{
    AdjustStock, Adjustment, InventoryCommand, ReceiveStock, SetBackorderLimit,
};
use earmark::order::{
    AcceptCancellation, CancelOrder, CancelReason, LineRef, LineUnits, OrderCommand, OrderLine,
    PickOrder, PlaceOrder, RejectFulfilment, ReleaseOrder,
};
use earmark::policy::{BackorderPolicy, OrderPolicy, Policy};
use earmark::units::UnitPrice;
use proptest::prelude::{Strategy, any};
use proptest::{collection, option, prop_oneof};

use super::steps::{Step, place};
use super::work::set_order;
use crate::support::units;

/// An order for one item, mostly more than there is of it, is released; then things happen.
pub(crate) fn loose() -> impl Strategy<Value = Vec<Step>> {
    let parts = (place(), 0..3_u32, 1..24_u32, any::<bool>(), collection::vec(happens(), 2..7));
    parts.prop_map(|(placed, item, quantity, waits, mut then)| {
        let order = placed.order;
        let item = ItemRef::Id(ItemId(item));
        let backorders = if waits { BackorderPolicy::Accept } else { BackorderPolicy::Refuse };
        let orders = OrderPolicy { backorders, ..OrderPolicy::default() };
        let policy = Policy { orders, ..Policy::default() };
        let limit = SetBackorderLimit { item: item.clone(), limit: Some(12) };
        let line = OrderLine {
            item: item.clone(),
            quantity: units(quantity),
            unit_price: UnitPrice(12_345),
        };
        let release = ReleaseOrder { order, facility: None };
        for command in &mut then {
            match command {
                Command::Order(command) => set_order(command, order),
                Command::Inventory(InventoryCommand::Receive(c)) => c.item = item.clone(),
                Command::Inventory(InventoryCommand::Adjust(c)) => c.item = item.clone(),
                _ => {}
            }
        }
        let mut all = vec![
            Command::SetPolicy(SetPolicy { policy }),
            Command::Inventory(InventoryCommand::SetBackorderLimit(limit)),
            Command::Order(OrderCommand::Place(PlaceOrder { lines: vec![line], ..placed })),
            Command::Order(OrderCommand::Release(release)),
        ];
        all.extend(then);
        all.into_iter().map(Step::now).collect()
    })
}

/// What happens to it; whose order and which item is said later.
fn happens() -> impl Strategy<Value = Command> {
    let of = |command: OrderCommand| Command::Order(command);
    let order = super::steps::order_id(0);
    let some = || (1..4_u32).prop_map(|n| vec![first(n)]);
    let facility = || (0..3_u16).prop_map(FacilityId);
    prop_oneof![
        2 => option::weighted(0.5, some()).prop_map(move |lines| {
            let reason = CancelReason::Customer;
            of(OrderCommand::Cancel(CancelOrder { order, lines, reason }))
        }),
        3 => (facility(), some()).prop_map(move |(facility, missing)| {
            let (lines, missing) = (Some(vec![first(1)]), Some(missing));
            of(OrderCommand::Pick(PickOrder { order, facility, lines, missing }))
        }),
        1 => facility().prop_map(move |facility| {
            let reason = None;
            of(OrderCommand::RejectFulfilment(RejectFulfilment { order, facility, reason }))
        }),
        1 => (1..3_u16).prop_map(move |n| {
            let cancellation = CancellationNumber(n);
            of(OrderCommand::AcceptCancellation(AcceptCancellation { order, cancellation }))
        }),
        2 => (facility(), 1..4_u32).prop_map(|(facility, n)| come(facility, n)),
        3 => (facility(), 1..4_u32).prop_map(|(facility, n)| lose(facility, n)),
    ]
}

fn first(n: u32) -> LineUnits {
    LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(n) }
}

fn come(facility: FacilityId, n: u32) -> Command {
    Command::Inventory(InventoryCommand::Receive(ReceiveStock {
        item: ItemRef::Id(ItemId(0)),
        facility: FacilityRef::Id(facility),
        tier: Tier::Primary,
        quantity: units(n),
    }))
}

fn lose(facility: FacilityId, n: u32) -> Command {
    Command::Inventory(InventoryCommand::Adjust(AdjustStock {
        item: ItemRef::Id(ItemId(0)),
        facility: FacilityRef::Id(facility),
        tier: Tier::Primary,
        adjustment: Adjustment::Lost,
        quantity: units(n),
    }))
}
