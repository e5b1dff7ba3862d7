//! Samples of what changes an order: drafts, amendments, returns in parts, reopening.

use earmark::ids::{FacilityId, ItemId, ItemRef, LineNumber, ReservationNumber, ReturnNumber};
use earmark::order::{
    AmendOrder, CompleteOrder, Disposition, ExtendOrder, LineChange, LineRef, LineUnits,
    OrderAmended, OrderCommand as C, OrderDrafted, OrderEvent as E, OrderExtended, OrderLine,
    OrderReopened, PriceOfLine, ReceiveReturnedUnits, RefuseReturn, ReopenOrder,
    ReturnPartlyReceived, ReturnRefused, SaveDraft, UnitsOfLine,
};
use earmark::time::Timestamp;
use earmark::units::{Currency, UnitPrice};

use super::{Sample, at_sea, order, portions, pounds, sample, text, units};

const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);

fn lines() -> Vec<OrderLine> {
    let (item, quantity) = (ItemRef::Id(ItemId(70_000)), units(300));
    vec![OrderLine { item, quantity, unit_price: UnitPrice(25_500) }]
}

fn some() -> Vec<UnitsOfLine> {
    vec![UnitsOfLine { line: LineNumber(200), quantity: 300 }]
}

/// Commands that change orders.
pub(super) fn commands() -> Vec<Sample<C>> {
    let (order, number) = (order(), ReturnNumber(300));
    let named = || vec![LineUnits { line: LineRef::Number(LineNumber(200)), quantity: units(2) }];
    let draft = SaveDraft {
        order,
        number: Some(text("536365")),
        customer: Some(text("17850")),
        currency: Currency::GBP,
        lines: lines(),
        destination: at_sea(),
    };
    let bare = SaveDraft { number: None, customer: None, ..draft.clone() };
    let change = |quantity, unit_price| LineChange { line: LineNumber(200), quantity, unit_price };
    let changes = vec![change(Some(units(300)), Some(UnitPrice(25_000))), change(None, None)];
    let amend = AmendOrder { order, lines: changes, added: lines(), destination: Some(at_sea()) };
    let nothing = AmendOrder { order, lines: vec![], added: vec![], destination: None };
    let disposition = Disposition::Quarantine;
    vec![
        sample("every field", C::SaveDraft(draft)),
        sample("bare", C::SaveDraft(bare)),
        sample("every field", C::Amend(amend)),
        sample("bare", C::Amend(nothing)),
        sample("plain", C::Extend(ExtendOrder { order, until: AT })),
        sample("plain", C::Reopen(ReopenOrder { order })),
        sample("plain", C::Complete(CompleteOrder { order })),
        sample(
            "every field",
            C::ReceiveReturnedUnits(ReceiveReturnedUnits {
                order,
                number: Some(number),
                lines: named(),
                facility: Some(FacilityId(300)),
                disposition,
            }),
        ),
        sample(
            "bare",
            C::ReceiveReturnedUnits(ReceiveReturnedUnits {
                order,
                number: None,
                lines: named(),
                facility: None,
                disposition,
            }),
        ),
        sample(
            "with a reason",
            C::RefuseReturn(RefuseReturn { order, number, reason: Some(text("worn")) }),
        ),
        sample("bare", C::RefuseReturn(RefuseReturn { order, number, reason: None })),
    ]
}

/// Events that change orders.
pub(super) fn events() -> Vec<Sample<E>> {
    let (order, number, at) = (order(), ReturnNumber(300), AT);
    let drafted = OrderDrafted {
        order,
        at,
        owner: Some(text("17850")),
        number: Some(text("536365")),
        lines: lines(),
        destination: at_sea(),
        total: pounds(1_530),
    };
    let bare = OrderDrafted { owner: None, number: None, ..drafted.clone() };
    let amended = OrderAmended {
        order,
        at,
        prices: vec![PriceOfLine { line: LineNumber(200), unit_price: UnitPrice(25_000) }],
        unsourced: some(),
        released: portions(),
        more: some(),
        added: lines(),
        destination: Some(at_sea()),
        total: pounds(1_530),
    };
    let reservations = vec![ReservationNumber(1), ReservationNumber(300)];
    let extended = OrderExtended { order, at, until: AT, reservations };
    let refused = |reason| ReturnRefused { order, number, reason, units: some() };
    vec![
        sample("every field", E::Drafted(drafted)),
        sample("bare", E::Drafted(bare)),
        sample("every field", E::Amended(amended)),
        sample("plain", E::Extended(extended)),
        sample("plain", E::Reopened(OrderReopened { order, at })),
        sample(
            "some",
            E::ReturnPartlyReceived(ReturnPartlyReceived {
                order,
                number,
                disposition: Disposition::WriteOff,
                units: portions(),
            }),
        ),
        sample(
            "restocked",
            E::ReturnPartlyReceived(ReturnPartlyReceived {
                order,
                number,
                disposition: Disposition::Restock,
                units: portions(),
            }),
        ),
        sample("with a reason", E::ReturnRefused(refused(Some(text("worn"))))),
        sample("bare", E::ReturnRefused(refused(None))),
    ]
}
