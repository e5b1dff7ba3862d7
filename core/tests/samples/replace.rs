//! Samples of orders in place of others, and refusals of what changes an order as a whole.

use earmark::demand::{Demand, Hold};
use earmark::flow::Refusal;
use earmark::ids::{FacilityId, ItemId, ItemRef, LineNumber, OrderId, ReservationNumber};
use earmark::order::{
    OrderCommand as C, OrderEvent as E, OrderKept, OrderLine, OrderMoveRefused, OrderMoveRequested,
    OrderMoved, OrderRefusal, OrderReplaced, OrderSetAside, PaymentTerms, PlaceOrder, Rejection,
    ReplaceOrder, ReplacementPlaced, Status,
};
use earmark::payment::PaymentRefusal;
use earmark::time::Timestamp;
use earmark::units::{Currency, UnitPrice};

use super::{Sample, at_sea, order, portions, pounds, sample, text, units};

const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);

fn other() -> OrderId {
    "01936f2a-7c01-7abc-8def-0123456789ab".parse().unwrap()
}

fn lines() -> Vec<OrderLine> {
    let (item, quantity) = (ItemRef::Id(ItemId(70_000)), units(300));
    vec![OrderLine { item, quantity, unit_price: UnitPrice(25_500) }]
}

/// The command.
pub(super) fn commands() -> Vec<Sample<C>> {
    let place = PlaceOrder {
        order: order(),
        number: Some(text("536365")),
        customer: Some(text("17850")),
        currency: Currency::GBP,
        lines: lines(),
        destination: at_sea(),
    };
    let bare = PlaceOrder { number: None, customer: None, ..place.clone() };
    let replace = |place| C::Replace(ReplaceOrder { place, replaces: other() });
    vec![sample("every field", replace(place)), sample("bare", replace(bare))]
}

/// The events.
pub(super) fn events() -> Vec<Sample<E>> {
    let (order, by, at) = (order(), other(), AT);
    let placed = ReplacementPlaced {
        order,
        at,
        replaces: other(),
        owner: Some(text("17850")),
        number: Some(text("536365")),
        lines: lines(),
        destination: at_sea(),
        payment: PaymentTerms::Required { deadline: AT },
        total: pounds(1_530),
    };
    let payment = PaymentTerms::NotRequired;
    let bare = ReplacementPlaced { owner: None, number: None, payment, ..placed.clone() };
    let dropped = super::backorders::units();
    let replaced = OrderReplaced { order, at, by, released: portions(), dropped };
    let draft = OrderReplaced { released: vec![], dropped: vec![], ..replaced.clone() };
    vec![
        sample("plain", E::SetAside(OrderSetAside { order, at, by })),
        sample("every field", E::PlacedInstead(placed)),
        sample("bare", E::PlacedInstead(bare)),
        sample("every field", E::Replaced(replaced)),
        sample("of a draft", E::Replaced(draft)),
        sample("plain", E::Kept(OrderKept { order, by })),
    ]
    .into_iter()
    .chain(moves())
    .collect()
}

/// The events of an order that is to go to another address.
fn moves() -> Vec<Sample<E>> {
    let (order, at, destination) = (order(), AT, at_sea());
    let (reservation, next) = (ReservationNumber(300), LineNumber(200));
    let (item, quantity) = (ItemRef::Id(ItemId(70_000)), units(300));
    let demands = vec![Demand { line: LineNumber(1), item, quantity }];
    let (hold, excluded) = (Hold::Soft { until: AT }, vec![FacilityId(3)]);
    let requested = OrderMoveRequested {
        order,
        at,
        destination: destination.clone(),
        reservation,
        demands,
        hold,
        excluded,
        next,
    };
    let (released, dropped) = (portions(), super::backorders::units());
    let there = destination.clone();
    let moved = OrderMoved { order, at, destination: there, reservation, released, dropped };
    let why = Rejection::TooManyParcels { allowed: 1 };
    let refused = OrderMoveRefused { order, at, reservation, destination, why };
    vec![
        sample("every field", E::MoveRequested(requested)),
        sample("every field", E::Moved(moved)),
        sample("too many parcels", E::MoveRefused(refused)),
    ]
}

/// The refusals.
pub(super) fn refusals() -> Vec<Sample<Refusal>> {
    use OrderRefusal as O;
    let (order, by) = (order(), other());
    let not = |status| O::NotReplaceable { order, status };
    let all = [
        ("replaces-itself", O::ReplacesItself { order }),
        ("not-replaceable: confirmed", not(Status::Confirmed)),
        ("not-replaceable: paid", not(Status::Pending)),
        ("not-replaceable: ended", not(Status::Expired)),
        ("other-customer", O::OtherCustomer { order }),
        ("being-replaced", O::BeingReplaced { order, by }),
        ("time-is-over", O::TimeIsOver { since: AT }),
        ("no-more-time", O::NoMoreTime { allowed: 3 }),
        ("no-more-time: at all", O::NoMoreTime { allowed: 0 }),
        ("too-much-time", O::TooMuchTime { latest: AT }),
    ];
    let of_orders = all.into_iter().map(|(case, refusal)| sample(case, Refusal::Order(refusal)));
    let because = "more is taken than is there".to_string();
    let books = PaymentRefusal::BooksContradict { order, because };
    of_orders.chain([sample("books-contradict", Refusal::Payment(books))]).collect()
}
