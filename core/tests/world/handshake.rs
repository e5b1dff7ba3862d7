//! Generated steps of facilities that answer, or do not, and journeys of their work.
//!
//! Law: as of all steps: a value, so that a failing history shrinks.

use earmark::flow::{Command, SetPolicy, Tick};
use earmark::fulfilment::{AcceptFulfilment, FulfilmentCommand};
use earmark::ids::{
    CancellationNumber, FacilityId, FacilityRef, ItemId, ItemRef, LineNumber, ShipmentNumber, Tier,
};
use earmark::inventory::{AdjustStock, Adjustment, InventoryCommand};
use earmark::order::{
    AcceptCancellation, CancelOrder, CancelReason, DeliverShipment, LineRef, LineUnits,
    OrderCommand, OrderLine, PackOrder, PickOrder, PlaceOrder, RejectFulfilment, ReleaseOrder,
    ShipOrder, VoidShipping,
};
use earmark::policy::{FulfilmentPolicy, OrderPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::UnitPrice;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::{collection, option};

use super::steps::{ARCHIVE_AFTER, Step, cancel, order, place};
use super::work::{answer, facility, pack, pick, reject, release, set_order};
use crate::support::{START, units};

/// A facility takes what was released to it, or means to.
pub(crate) fn accept() -> impl Strategy<Value = Command> {
    let moment = prop_oneof![Just(START), Just(START + 1_000_000_000), any::<u64>()];
    let ship_by = option::weighted(0.4, moment.prop_map(Timestamp::from_millis));
    (order(), facility(), ship_by).prop_map(|(order, facility, ship_by)| {
        let accept = AcceptFulfilment { order, facility, ship_by };
        Command::Fulfilment(FulfilmentCommand::Accept(accept))
    })
}

/// An order that is released under a policy with a deadline for answers; some facilities answer,
/// some begin, some refuse, and some are silent; then it ends, or is forgotten.
pub(crate) fn asked() -> impl Strategy<Value = Vec<Step>> {
    let answers = collection::vec(prop_oneof![3 => accept(), 2 => of_order(), 1 => again()], 0..5);
    (place(), answers, any::<bool>(), any::<bool>()).prop_map(
        |(placed, mut answers, waits, forgets)| {
            let order = placed.order;
            let archive_after = ARCHIVE_AFTER;
            let orders = OrderPolicy { archive_after, ..OrderPolicy::default() };
            let fulfilment = FulfilmentPolicy { answer_within: Some(Span::from_millis(10_000)) };
            let policy = Policy { orders, fulfilment, ..Policy::default() };
            let tick = |wait| Step { wait, ..Step::now(Command::Tick(Tick {})) };
            let release = OrderCommand::Release(ReleaseOrder { order, facility: None });
            let mut steps = vec![
                Step::now(Command::SetPolicy(SetPolicy { policy })),
                Step::now(Command::Order(OrderCommand::Place(placed))),
                Step::now(Command::Order(release)),
            ];
            for answer in &mut answers {
                match answer {
                    Command::Order(command) => set_order(command, order),
                    Command::Fulfilment(FulfilmentCommand::Accept(c)) => c.order = order,
                    _ => {}
                }
            }
            steps.extend(answers.into_iter().map(Step::now));
            if waits {
                steps.push(tick(10_000));
            }
            if forgets {
                let (facility, shipment) = (None, None);
                let end = [
                    OrderCommand::Ship(ShipOrder { order, facility }),
                    OrderCommand::Deliver(DeliverShipment { order, shipment }),
                ];
                steps.extend(end.map(Command::Order).map(Step::now));
                steps.push(tick(ARCHIVE_AFTER.as_millis()));
            }
            steps
        },
    )
}

fn of_order() -> impl Strategy<Value = Command> {
    let kinds = prop_oneof![3 => pick(), 3 => pack(), 2 => reject(), 2 => cancel(), 2 => answer()];
    kinds.prop_map(Command::Order)
}

fn again() -> impl Strategy<Value = Command> {
    release().prop_map(Command::Order)
}

/// How the work of an order goes on once it was released.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Picked, and cancelled all the same.
    Cancelled,
    /// Shipped, which is voided.
    Voided,
    /// Lost on the shelf, and sourced from the same facility once more.
    Lost,
    /// Half of it shipped, the other half refused, and the shipping voided.
    Refused,
}

/// An order for a unit or two that is released, and released again after something went wrong.
pub(crate) fn again_asked() -> impl Strategy<Value = Vec<Step>> {
    let turn = select(vec![Turn::Cancelled, Turn::Voided, Turn::Lost, Turn::Refused]);
    (place(), turn).prop_map(|(placed, turn)| {
        let quantity = units(if matches!(turn, Turn::Refused) { 2 } else { 1 });
        let (item, unit_price) = (ItemRef::Id(ItemId(0)), UnitPrice(12_345));
        let lines = vec![OrderLine { item, quantity, unit_price }];
        let order = placed.order;
        let release = || {
            Step::now(Command::Order(OrderCommand::Release(ReleaseOrder { order, facility: None })))
        };
        let policy = Command::SetPolicy(SetPolicy { policy: Policy::default() });
        let placed = PlaceOrder { lines, ..placed };
        let mut steps =
            vec![Step::now(policy), Step::now(Command::Order(OrderCommand::Place(placed)))];
        steps.push(release());
        steps.extend(turned(order, turn).into_iter().map(Step::now));
        steps.push(release());
        steps
    })
}

fn turned(order: earmark::ids::OrderId, turn: Turn) -> Vec<Command> {
    let everywhere = || (0..3).map(FacilityId);
    let pick =
        |facility| OrderCommand::Pick(PickOrder { order, facility, lines: None, missing: None });
    let one = || vec![LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(1) }];
    let pick_one = |facility| {
        OrderCommand::Pick(PickOrder { order, facility, lines: Some(one()), missing: None })
    };
    let refuse = |facility| {
        OrderCommand::RejectFulfilment(RejectFulfilment { order, facility, reason: None })
    };
    let pack = |facility| OrderCommand::Pack(PackOrder { order, facility });
    let mut commands: Vec<OrderCommand> = match turn {
        Turn::Cancelled | Turn::Voided => everywhere().map(pick).collect(),
        Turn::Refused => everywhere().map(pick_one).collect(),
        Turn::Lost => return lost(),
    };
    if let Turn::Voided | Turn::Refused = turn {
        commands.extend(everywhere().map(pack));
        commands.push(OrderCommand::Ship(ShipOrder { order, facility: None }));
        if let Turn::Refused = turn {
            commands.extend(everywhere().map(refuse));
        }
        let shipment = ShipmentNumber(1);
        commands.push(OrderCommand::VoidShipping(VoidShipping { order, shipment }));
    } else {
        let reason = CancelReason::Customer;
        commands.push(OrderCommand::Cancel(CancelOrder { order, lines: None, reason }));
        let cancellation = CancellationNumber(1);
        commands.push(OrderCommand::AcceptCancellation(AcceptCancellation { order, cancellation }));
    }
    commands.into_iter().map(Command::Order).collect()
}

/// Every unit on a shelf, in parts of which those are refused that are too many.
fn lost() -> Vec<Command> {
    let lose = |n| {
        Command::Inventory(InventoryCommand::Adjust(AdjustStock {
            item: ItemRef::Id(ItemId(0)),
            facility: FacilityRef::Id(FacilityId(0)),
            tier: Tier::Primary,
            adjustment: Adjustment::Lost,
            quantity: units(n),
        }))
    };
    [16, 8, 4, 2, 1].map(lose).into()
}
