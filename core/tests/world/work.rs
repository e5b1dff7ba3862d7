//! Generated steps of warehouses and carriers, and of holds.
//!
//! Law: as of all steps: a value, so that a failing history shrinks.

use earmark::decide::Principal;
use earmark::flow::{Command, SetPolicy, Tick};
use earmark::ids::{
    CancellationNumber, FacilityId, HoldNumber, LineNumber, OrderId, ReturnNumber, ShipmentNumber,
};
use earmark::order::{
    AcceptCancellation, AmendOrder, CancelOrder, CancelReason, CompleteOrder, DeclineCancellation,
    DeliverShipment, Disposition, HoldKind, LineChange, LineRef, LineUnits, LoseShipment,
    OrderCommand, PackOrder, PickOrder, PlaceHold, PlaceOrder, Putaway, ReceiveReturnedUnits,
    RefuseReturn, RejectFulfilment, ReleaseHold, ReleaseOrder, ReopenOrder, RequestReturn,
    ReturnToSender, SaveDraft, ShipOrder, VoidShipping,
};
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy};
use earmark::time::Span;
use earmark::units::UnitPrice;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::{collection, option};

use super::steps::{ARCHIVE_AFTER, Step, cancel, line_units, order, place};
use crate::support::units;

pub(super) fn facility() -> impl Strategy<Value = FacilityId> {
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
        3 => receive_some(),
        1 => (1..4_u16).prop_map(|n| {
            let (order, number, reason) = (nobody(), ReturnNumber(n), None);
            OrderCommand::RefuseReturn(RefuseReturn { order, number, reason })
        }),
        3 => place().prop_map(|placed| OrderCommand::SaveDraft(draft(placed))),
        6 => amend(),
        4 => place().prop_map(|placed| OrderCommand::Amend(AmendOrder {
            order: nobody(),
            lines: vec![],
            added: vec![],
            destination: Some(placed.destination),
        })),
        2 => Just(OrderCommand::Reopen(ReopenOrder { order: nobody() })),
        1 => Just(OrderCommand::Complete(CompleteOrder { order: nobody() })),
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
        OrderCommand::ReceiveReturnedUnits(c) => c.order = order,
        OrderCommand::RefuseReturn(c) => c.order = order,
        OrderCommand::SaveDraft(c) => c.order = order,
        OrderCommand::Amend(c) => c.order = order,
        OrderCommand::Reopen(c) => c.order = order,
        OrderCommand::Complete(c) => c.order = order,
        OrderCommand::Ship(c) => c.order = order,
        _ => {}
    }
}

fn nobody() -> OrderId {
    super::steps::order_id(0)
}

pub(super) fn release() -> impl Strategy<Value = OrderCommand> {
    option::weighted(0.4, facility())
        .prop_map(|facility| OrderCommand::Release(ReleaseOrder { order: nobody(), facility }))
}

pub(super) fn pick() -> impl Strategy<Value = OrderCommand> {
    let some = option::weighted(0.3, line_units());
    let missing = option::weighted(0.4, line_units());
    (facility(), some, missing).prop_map(|(facility, lines, missing)| {
        OrderCommand::Pick(PickOrder { order: nobody(), facility, lines, missing })
    })
}

pub(super) fn pack() -> impl Strategy<Value = OrderCommand> {
    facility().prop_map(|facility| OrderCommand::Pack(PackOrder { order: nobody(), facility }))
}

pub(super) fn reject() -> impl Strategy<Value = OrderCommand> {
    facility().prop_map(|facility| {
        let reason = None;
        OrderCommand::RejectFulfilment(RejectFulfilment { order: nobody(), facility, reason })
    })
}

pub(super) fn void() -> impl Strategy<Value = OrderCommand> {
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

fn receive_some() -> impl Strategy<Value = OrderCommand> {
    let disposition = select(vec![Disposition::Restock, Disposition::WriteOff]);
    let number = option::weighted(0.3, (1..4_u16).prop_map(ReturnNumber));
    (number, line_units(), disposition).prop_map(|(number, lines, disposition)| {
        let (order, facility) = (nobody(), None);
        OrderCommand::ReceiveReturnedUnits(ReceiveReturnedUnits {
            order,
            number,
            lines,
            facility,
            disposition,
        })
    })
}

/// An order goes to another address; mostly nothing else of it changes.
pub(super) fn elsewhere() -> impl Strategy<Value = OrderCommand> {
    let only = (order(), place(), amend(), 0..4_u8);
    only.prop_map(|(order, placed, amended, alone)| {
        let OrderCommand::Amend(mut amend) = amended else { return amended };
        if alone > 0 {
            (amend.lines, amend.added) = (vec![], vec![]);
        }
        (amend.order, amend.destination) = (order, Some(placed.destination));
        OrderCommand::Amend(amend)
    })
}

fn draft(placed: PlaceOrder) -> SaveDraft {
    let PlaceOrder { order, number, customer, currency, lines, destination } = placed;
    SaveDraft { order, number, customer, currency, lines, destination }
}

fn amend() -> impl Strategy<Value = OrderCommand> {
    let quantity = option::weighted(0.8, (1..9_u32).prop_map(units));
    let price = option::weighted(0.2, (1..30_000_u64).prop_map(UnitPrice));
    let change = ((0..4_u16).prop_map(LineNumber), quantity, price)
        .prop_map(|(line, quantity, unit_price)| LineChange { line, quantity, unit_price });
    let lines = collection::vec(change, 0..3);
    (lines, option::weighted(0.2, place()), option::weighted(0.15, place())).prop_map(
        |(lines, added, elsewhere)| {
            OrderCommand::Amend(AmendOrder {
                order: nobody(),
                lines,
                added: added.map_or_else(Vec::new, |placed| placed.lines),
                destination: elsewhere.map(|placed| placed.destination),
            })
        },
    )
}

pub(super) fn answer() -> impl Strategy<Value = OrderCommand> {
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

/// An order that is saved twice and placed, and that nobody pays for, or cancelled as a draft,
/// until it is forgotten.
pub(crate) fn forgotten() -> impl Strategy<Value = Vec<Step>> {
    (place(), any::<bool>()).prop_map(|(placed, cancelled)| {
        let payment = PaymentPolicy::required(Span::from_millis(60_000));
        let archive_after = ARCHIVE_AFTER;
        let orders = OrderPolicy { payment, archive_after, ..OrderPolicy::default() };
        let policy = Policy { orders, ..Policy::default() };
        let later = |wait| Step { wait, ..Step::now(Command::Tick(Tick {})) };
        let saved = draft(placed.clone());
        let mut before = saved.clone();
        before.lines.extend(saved.lines.iter().cloned());
        let (order, lines, reason) = (placed.order, None, CancelReason::Customer);
        let then = if cancelled {
            OrderCommand::Cancel(CancelOrder { order, lines, reason })
        } else {
            OrderCommand::Place(placed)
        };
        vec![
            Step::now(Command::SetPolicy(SetPolicy { policy })),
            Step::now(Command::Order(OrderCommand::SaveDraft(before))),
            Step::now(Command::Order(OrderCommand::SaveDraft(saved))),
            Step::now(Command::Order(then)),
            later(60_000),
            later(ARCHIVE_AFTER.as_millis()),
        ]
    })
}

/// An order that comes back in parts.
pub(crate) fn returned() -> impl Strategy<Value = Vec<Step>> {
    (place(), 1..4_u32, any::<bool>()).prop_map(|(placed, n, refused)| {
        let (order, facility, number) = (placed.order, None, ReturnNumber(1));
        let of_first =
            |quantity| vec![LineUnits { line: LineRef::Number(LineNumber(0)), quantity }];
        let all = of_first(placed.lines[0].quantity);
        let disposition = Disposition::Restock;
        let mut commands = vec![
            OrderCommand::Place(placed),
            OrderCommand::Ship(ShipOrder { order, facility }),
            OrderCommand::Deliver(DeliverShipment { order, shipment: None }),
            OrderCommand::RequestReturn(RequestReturn { order, lines: all }),
            OrderCommand::ReceiveReturnedUnits(ReceiveReturnedUnits {
                order,
                number: None,
                lines: of_first(units(n)),
                facility,
                disposition,
            }),
        ];
        if refused {
            commands.push(OrderCommand::RefuseReturn(RefuseReturn { order, number, reason: None }));
        }
        commands.into_iter().map(|command| Step::now(Command::Order(command))).collect()
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

/// A customer would like his mugs cheaper.
pub(crate) fn haggled() -> Vec<Step> {
    let placed = super::steps::two_mugs();
    let order = placed.order;
    let by = placed.customer.clone().map_or(Principal::Staff, Principal::Customer);
    let (line, unit_price) = (LineNumber(0), Some(UnitPrice(1)));
    let lines = vec![LineChange { line, quantity: None, unit_price }];
    let amend = AmendOrder { order, lines, added: vec![], destination: None };
    let both = [OrderCommand::Place(placed), OrderCommand::Amend(amend)];
    both.map(|c| Step { wait: 0, by: by.clone(), command: Command::Order(c) }).to_vec()
}
