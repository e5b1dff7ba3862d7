//! The transition table, the code and the documentation say the same. Why: the table is what the
//! console, the documentation and the tests believe, so that a cell that lies misleads them all.

use crate::support;
use crate::support::{Desk, order, place, sku, units};
use earmark::decide::{Context, Decide, Principal};
use earmark::demand::Hold;
use earmark::flow::{Command, SetPolicy};
use earmark::ids::{
    CancellationNumber, FacilityId, HoldNumber, LineNumber, ReservationNumber, ReturnNumber,
    ShipmentNumber,
};
use earmark::order::{
    AcceptCancellation, AmendOrder, AuthorizePayment, CancelOrder, CancelReason, CommandKind,
    CompleteOrder, DeclineCancellation, DeliverShipment, Disposition, ExtendOrder, HoldKind,
    LineChange, LineRef, LineUnits, LoseShipment, OrderCommand as O, OrderRefusal, PackOrder,
    PickOrder, PlaceHold, PlaceOrder, Putaway, ReceiveReturn, ReceiveReturnedUnits,
    RecordAllocated, RecordBackordered, RecordExploded, RecordFilled, RecordLapsed, RecordPayment,
    RecordRejected, RecordStripped, RecordTied, RecordTimedOut, RefuseReturn, RejectFulfilment,
    Rejection, ReleaseHold, ReleaseOrder, ReopenOrder, ReplaceOrder, RequestReturn, ReturnToSender,
    STATUSES, SaveDraft, ShipOrder, Status, TRANSITIONS, Verdict, VoidShipping, state_diagram,
    transition_table,
};
use earmark::owed::Standing;
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

fn number_of(status: Status) -> u8 {
    u8::try_from(STATUSES.iter().position(|&s| s == status).unwrap()).unwrap()
}

fn draft(n: u8) -> O {
    let PlaceOrder { order, number, customer, currency, lines, destination } =
        place(n, &[("mug", 2)]);
    O::SaveDraft(SaveDraft { order, number, customer, currency, lines, destination })
}

/// One order in each status; its number is the place of the status in the table.
fn one_in_each() -> Desk {
    let mut desk = Desk::open();
    let reason = CancelReason::Customer;
    desk.place(number_of(Status::Confirmed), &[("mug", 2)]);
    let done = number_of(Status::Completed);
    desk.place(done, &[("mug", 2)]);
    desk.order(O::Ship(ShipOrder { order: order(done), facility: None })).unwrap();
    desk.order(O::Deliver(DeliverShipment { order: order(done), shipment: None })).unwrap();
    desk.place(number_of(Status::Rejected), &[("mug", 1_000)]);
    let gone = number_of(Status::Cancelled);
    desk.place(gone, &[("mug", 2)]);
    desk.order(O::Cancel(CancelOrder { order: order(gone), lines: None, reason })).unwrap();
    desk.order(draft(number_of(Status::Draft))).unwrap();
    let payment = PaymentPolicy::required(Span::from_millis(1_000));
    let orders = OrderPolicy { payment, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk.place(number_of(Status::Expired), &[("mug", 2)]);
    desk.pass(1_000);
    desk.place(number_of(Status::Pending), &[("mug", 2)]);
    for status in STATUSES {
        let known = desk.shop.orders().get(order(number_of(status)));
        assert_eq!(known.map_or(Status::Unplaced, |o| o.status), status);
    }
    desk
}

fn mugs() -> Vec<LineUnits> {
    vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(1) }]
}

/// A command of every kind about an order.
fn each_command(n: u8) -> Vec<O> {
    let (order, reservation, facility) = (order(n), ReservationNumber(9), FacilityId(0));
    let (shipment, reason, disposition) = (ShipmentNumber(1), None, Disposition::Restock);
    let (cancellation, number, tie) = (CancellationNumber(1), ReturnNumber(1), Hold::Hard);
    let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
    let why = Rejection::ReservationLapsed;
    let change = LineChange { line: LineNumber(0), quantity: Some(units(3)), unit_price: None };
    let (hold, kind, auto_release) = (HoldNumber(1), HoldKind::Manual, None);
    let portions = Vec::new();
    let standing = Standing {
        revision: 1,
        authorized: amount,
        captured: amount,
        refunded: amount,
        declined: false,
    };
    vec![
        O::Place(place(n, &[("mug", 2)])),
        O::AuthorizePayment(AuthorizePayment { order, amount }),
        O::Cancel(CancelOrder { order, lines: None, reason: CancelReason::Customer }),
        O::Ship(ShipOrder { order, facility: None }),
        O::Deliver(DeliverShipment { order, shipment: None }),
        O::RequestReturn(RequestReturn { order, lines: mugs() }),
        O::ReceiveReturn(ReceiveReturn { order, number: None, facility: None, disposition }),
        O::RecordTied(RecordTied { order, reservation, hold: tie, portions: vec![] }),
        O::RecordRejected(RecordRejected { order, reservation, why }),
        O::RecordAllocated(RecordAllocated { order, reservation }),
        O::RecordLapsed(RecordLapsed { order, reservation }),
        O::RecordStripped(RecordStripped { order, portions }),
        O::Release(ReleaseOrder { order, facility: None }),
        O::Pick(PickOrder { order, facility, lines: None, missing: None }),
        O::Pack(PackOrder { order, facility }),
        O::RejectFulfilment(RejectFulfilment { order, facility, reason: None }),
        O::VoidShipping(VoidShipping { order, shipment }),
        O::LoseShipment(LoseShipment { order, shipment }),
        O::ReturnToSender(ReturnToSender {
            order,
            shipment,
            facility: None,
            putaway: Putaway::Restock,
        }),
        O::PlaceHold(PlaceHold { order, kind, reason: None, auto_release }),
        O::ReleaseHold(ReleaseHold { order, hold }),
        O::AcceptCancellation(AcceptCancellation { order, cancellation }),
        O::DeclineCancellation(DeclineCancellation { order, cancellation, reason: None }),
        O::ReceiveReturnedUnits(ReceiveReturnedUnits {
            order,
            number: None,
            lines: mugs(),
            facility: None,
            disposition,
        }),
        O::RefuseReturn(RefuseReturn { order, number, reason }),
        draft(n),
        O::Amend(AmendOrder { order, lines: vec![change], added: vec![], destination: None }),
        O::Reopen(ReopenOrder { order }),
        O::Complete(CompleteOrder { order }),
        O::RecordExploded(RecordExploded { order, reservation, kits: Vec::new() }),
        O::RecordTimedOut(RecordTimedOut { order, facility, portions: vec![] }),
        O::RecordPayment(RecordPayment { order, standing }),
        O::RecordBackordered(RecordBackordered { order, reservation, hold: tie, units: vec![] }),
        O::RecordFilled(RecordFilled { order, reservation, hold: tie, portions: vec![] }),
        O::Replace(ReplaceOrder {
            place: place(n, &[("mug", 2)]),
            replaces: support::order(number_of(Status::Pending)),
        }),
        O::Extend(ExtendOrder { order, until: Timestamp::from_millis(support::START) }),
    ]
}

#[test]
fn code_and_table_agree_for_every_command_in_every_status() {
    let desk = one_in_each();
    let context = Context { at: Timestamp::from_millis(desk.now), by: Principal::Staff };
    let mut cells = 0;
    for (column, status) in STATUSES.into_iter().enumerate() {
        let n = number_of(status);
        let commands = each_command(n);
        let kinds: Vec<_> = commands.iter().filter_map(CommandKind::of).collect();
        assert_eq!(kinds, TRANSITIONS.map(|(kind, _)| kind), "one command of every kind");
        for (command, (kind, verdicts)) in commands.iter().zip(TRANSITIONS) {
            let heard = desk.shop.orders().decide(command, &context);
            let unknown = Err(OrderRefusal::UnknownOrder { order: order(n) });
            let not_now = Err(OrderRefusal::NotWhen { status });
            let told = format!("{kind:?} to an order that is {status}: {heard:?}");
            match verdicts[column] {
                Verdict::Unknown => assert_eq!(heard, unknown, "{told}"),
                Verdict::NotWhen => assert_eq!(heard, not_now, "{told}"),
                Verdict::Nothing => assert_eq!(heard, Ok(vec![]), "{told}"),
                Verdict::UseReturn => assert_eq!(heard, Err(OrderRefusal::UseReturn), "{told}"),
                Verdict::Decide => assert!(heard != unknown && heard != not_now, "{told}"),
            }
            cells += 1;
        }
    }
    assert_eq!(cells, TRANSITIONS.len() * STATUSES.len());
}

#[test]
fn the_page_about_an_order_s_life_is_drawn_from_the_data() {
    let page = format!(
        "# The life of an order\n\n\
         Drawn from the data in `order::transitions`; a test holds this page to them, and\n\
         `EARMARK_BLESS=1 cargo test -p earmark --test written order_life` draws it anew.\n\n\
         ```mermaid\n{}```\n\n\
         What a command meets in each status: `yes` means that its guards decide, `nothing` that\n\
         it is too late to matter or already so.\n\n{}",
        state_diagram(),
        transition_table()
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.md");
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "draw the page anew");
}
