//! Generated steps of warehouses and carriers, and of holds.
//!
//! Law: as of all steps: a value, so that a failing history shrinks.

use earmark::flow::Command;
use earmark::ids::{CancellationNumber, FacilityId, HoldNumber, OrderId, ShipmentNumber};
use earmark::order::{
    AcceptCancellation, DeclineCancellation, HoldKind, LoseShipment, OrderCommand, PackOrder,
    PickOrder, PlaceHold, Putaway, RejectFulfilment, ReleaseHold, ReleaseOrder, ReturnToSender,
    ShipOrder, VoidShipping,
};
use earmark::time::Span;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;

use super::steps::{Step, cancel, line_units, order, place};

fn facility() -> impl Strategy<Value = FacilityId> {
    (0..4_u16).prop_map(FacilityId)
}

fn shipment() -> impl Strategy<Value = ShipmentNumber> {
    (1..5_u16).prop_map(ShipmentNumber)
}

/// One command about an order.
pub(crate) fn command() -> impl Strategy<Value = OrderCommand> {
    let kinds = prop_oneof![
        4 => release(),
        4 => pick(),
        2 => pack(),
        2 => reject(),
        2 => void(),
        1 => lose(),
        2 => send_back(),
        2 => place_hold(),
        2 => release_hold(),
        3 => answer(),
    ];
    (order(), kinds).prop_map(|(order, mut command)| {
        set_order(&mut command, order);
        command
    })
}

/// Gives an order's id to a command.
pub(crate) fn set_order(command: &mut OrderCommand, order: OrderId) {
    match command {
        OrderCommand::Release(c) => c.order = order,
        OrderCommand::Pick(c) => c.order = order,
        OrderCommand::Pack(c) => c.order = order,
        OrderCommand::RejectFulfilment(c) => c.order = order,
        OrderCommand::VoidShipping(c) => c.order = order,
        OrderCommand::LoseShipment(c) => c.order = order,
        OrderCommand::ReturnToSender(c) => c.order = order,
        OrderCommand::PlaceHold(c) => c.order = order,
        OrderCommand::ReleaseHold(c) => c.order = order,
        OrderCommand::AcceptCancellation(c) => c.order = order,
        OrderCommand::DeclineCancellation(c) => c.order = order,
        OrderCommand::Cancel(c) => c.order = order,
        OrderCommand::Ship(c) => c.order = order,
        _ => {}
    }
}

fn nobody() -> OrderId {
    super::steps::order_id(0)
}

fn release() -> impl Strategy<Value = OrderCommand> {
    option::weighted(0.4, facility())
        .prop_map(|facility| OrderCommand::Release(ReleaseOrder { order: nobody(), facility }))
}

fn pick() -> impl Strategy<Value = OrderCommand> {
    let some = option::weighted(0.3, line_units());
    let missing = option::weighted(0.4, line_units());
    (facility(), some, missing).prop_map(|(facility, lines, missing)| {
        OrderCommand::Pick(PickOrder { order: nobody(), facility, lines, missing })
    })
}

fn pack() -> impl Strategy<Value = OrderCommand> {
    facility().prop_map(|facility| OrderCommand::Pack(PackOrder { order: nobody(), facility }))
}

fn reject() -> impl Strategy<Value = OrderCommand> {
    facility().prop_map(|facility| {
        let reason = None;
        OrderCommand::RejectFulfilment(RejectFulfilment { order: nobody(), facility, reason })
    })
}

fn void() -> impl Strategy<Value = OrderCommand> {
    shipment()
        .prop_map(|shipment| OrderCommand::VoidShipping(VoidShipping { order: nobody(), shipment }))
}

fn lose() -> impl Strategy<Value = OrderCommand> {
    shipment()
        .prop_map(|shipment| OrderCommand::LoseShipment(LoseShipment { order: nobody(), shipment }))
}

fn send_back() -> impl Strategy<Value = OrderCommand> {
    let putaway = select(vec![Putaway::Restock, Putaway::Quarantine, Putaway::WriteOff]);
    (shipment(), option::weighted(0.4, facility()), putaway).prop_map(
        |(shipment, facility, putaway)| {
            let order = nobody();
            OrderCommand::ReturnToSender(ReturnToSender { order, shipment, facility, putaway })
        },
    )
}

fn place_hold() -> impl Strategy<Value = OrderCommand> {
    let kind = select(vec![HoldKind::Fraud, HoldKind::Address, HoldKind::Manual]);
    let span = prop_oneof![(0..20_000_u64), any::<u64>()];
    let auto_release = option::weighted(0.7, span.prop_map(Span::from_millis));
    (kind, auto_release).prop_map(|(kind, auto_release)| {
        let reason = None;
        OrderCommand::PlaceHold(PlaceHold { order: nobody(), kind, reason, auto_release })
    })
}

fn answer() -> impl Strategy<Value = OrderCommand> {
    (1..5_u16, any::<bool>()).prop_map(|(n, accept)| {
        let (order, cancellation) = (nobody(), CancellationNumber(n));
        if accept {
            OrderCommand::AcceptCancellation(AcceptCancellation { order, cancellation })
        } else {
            let reason = None;
            OrderCommand::DeclineCancellation(DeclineCancellation { order, cancellation, reason })
        }
    })
}

fn release_hold() -> impl Strategy<Value = OrderCommand> {
    (0..4_u16).prop_map(|n| {
        OrderCommand::ReleaseHold(ReleaseHold { order: nobody(), hold: HoldNumber(n) })
    })
}

/// An order on its way through the warehouses; each step may be left out.
pub(crate) fn journey() -> impl Strategy<Value = Vec<Step>> {
    let all = prop_oneof![2 => Just(None), 1 => facility().prop_map(Some)];
    let parts = (all, pick(), pick(), pack(), pack(), option::of(cancel()), command());
    (place(), parts, any::<u8>()).prop_map(|(placed, parts, keep)| {
        let (facility, first, second, packed, more, asked, other) = parts;
        let order = placed.order;
        let release = ReleaseOrder { order, facility };
        let ship = ShipOrder { order, facility: None };
        let asked = asked.unwrap_or(OrderCommand::Release(release.clone()));
        let mut all = [
            OrderCommand::Place(placed),
            OrderCommand::Release(release),
            first,
            asked,
            second,
            packed,
            more,
            OrderCommand::Ship(ship),
            other,
        ];
        all.iter_mut().for_each(|command| set_order(command, order));
        let kept = (0..10).zip(all).filter(|(n, _)| *n == 0 || keep % 13 != *n);
        kept.map(|(_, command)| Step::now(Command::Order(command))).collect()
    })
}
