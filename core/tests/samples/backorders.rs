//! Samples of what is promised before it is there.

use earmark::demand::{Awaited, Hold, Sourced};
use earmark::flow::{
    Answer, BackorderView, BackordersQuery, BackordersView, Command, Event, Query, Refusal,
};
use earmark::ids::{FacilityId, ItemId, ItemRef, LineNumber, ReservationNumber};
use earmark::inventory::{
    BackorderFilled, BackorderLimitSet, BackorderReleased, BackordersDue, InventoryBackordered,
    InventoryCommand as I, InventoryEvent as IE, InventoryRefusal, SetBackorderLimit,
    WaitingResumed,
};
use earmark::order::{
    BackorderDropped, BackorderReturned, BackorderSourced, OrderBackordered, OrderEvent as OE,
    OrderStripHeard,
};
use earmark::sourcing::Proof;
use earmark::time::Timestamp;

use super::{Sample, at_sea, name, order, portions, sample, text};

const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);

/// Units that wait, with a number in every field.
pub(super) fn units() -> Vec<Awaited> {
    let (reservation, line, item) = (ReservationNumber(300), LineNumber(200), ItemId(70_000));
    vec![Awaited { reservation, line, item, quantity: 301 }]
}

/// The commands.
pub(super) fn commands() -> Vec<Sample<Command>> {
    let item = || ItemRef::Sku(text("85123A"));
    let set =
        |limit| Command::Inventory(I::SetBackorderLimit(SetBackorderLimit { item: item(), limit }));
    vec![sample("some", set(Some(300))), sample("none", set(None))]
}

/// The events.
pub(super) fn events() -> Vec<Sample<Event>> {
    let (order, reservation) = (order(), ReservationNumber(300));
    let (soft, hard) = (Hold::Soft { until: AT }, Hold::Hard);
    let limit = |limit| IE::BackorderLimitSet(BackorderLimitSet { item: name(), limit });
    let backordered = InventoryBackordered {
        order,
        reservation,
        hold: soft,
        units: units(),
        items: vec![name()],
        destination: at_sea(),
        excluded: vec![FacilityId(300)],
    };
    let (proof, parcels) = (Proof::Optimal, Vec::new());
    let filled = BackorderFilled {
        order,
        reservation,
        hold: hard,
        portions: portions(),
        items: vec![name()],
        sourced: Sourced { cost: 300, proof, runner_up: None, parcels },
    };
    let (after, after_reservation) = (Some(order), Some(reservation));
    let due = BackordersDue { item: name(), at: Some(AT), after, after_reservation };
    let done = BackordersDue { item: name(), at: None, after: None, after_reservation: None };
    let stock = [
        sample("some", limit(Some(300))),
        sample("none", limit(None)),
        sample("every field", IE::Backordered(backordered)),
        sample("plain", IE::Filled(filled)),
        sample("plain", IE::BackorderReleased(BackorderReleased { order, units: units() })),
        sample("later", IE::BackordersDue(due)),
        sample("looked through", IE::BackordersDue(done)),
        sample(
            "plain",
            IE::WaitingResumed(WaitingResumed { order, reservations: vec![reservation] }),
        ),
    ];
    let promised =
        |hold| OE::Backordered(OrderBackordered { order, reservation, hold, units: units() });
    let sourced = |hold| {
        let portions = portions();
        OE::BackorderSourced(BackorderSourced { order, reservation, hold, portions })
    };
    let orders = [
        sample("soft", promised(soft)),
        sample("hard", promised(hard)),
        sample("soft", sourced(soft)),
        sample("hard", sourced(hard)),
        sample("plain", OE::BackorderDropped(BackorderDropped { order, units: units() })),
        sample("plain", OE::BackorderReturned(BackorderReturned { order, units: units() })),
        sample("plain", OE::StripHeard(OrderStripHeard { order, reservations: vec![reservation] })),
    ];
    let stock = stock.into_iter().map(|s| sample(s.case, Event::Inventory(s.value)));
    stock.chain(orders.into_iter().map(|s| sample(s.case, Event::Order(s.value)))).collect()
}

/// The queries.
pub(super) fn queries() -> Vec<Sample<Query>> {
    let item = || ItemRef::Id(ItemId(70_000));
    let (after, limit) = (Some(order()), Some(300));
    vec![
        sample("every field", Query::Backorders(BackordersQuery { item: item(), after, limit })),
        sample(
            "bare",
            Query::Backorders(BackordersQuery { item: item(), after: None, limit: None }),
        ),
    ]
}

/// The answers.
pub(super) fn answers() -> Vec<Sample<Answer>> {
    let entry = |until| BackorderView { order: order(), until, units: units()[0] };
    let view = BackordersView {
        item: name(),
        backorder_limit: 900,
        backordered: 602,
        backorder_room: 298,
        due: Some(AT),
        entries: vec![entry(Some(AT)), entry(None)],
    };
    vec![sample("backorders", Answer::Backorders(view))]
}

/// The refusal.
pub(super) fn refusal() -> Sample<Refusal> {
    let refusal = InventoryRefusal::BackorderLimitTooHigh { allowed: 1_000_000 };
    sample(refusal.code(), Refusal::Inventory(refusal))
}
