//! Samples of kits: defined, exploded, and refused.

use earmark::demand::{ComponentLine, Demand, ExplodedKit, Hold, Shortfall};
use earmark::flow::{Answer, Command, Event, Preview, Refusal};
use earmark::ids::{FacilityId, ItemId, ItemName, ItemRef, LineNumber, ReservationNumber};
use earmark::inventory::{
    ComponentOfKit, DefineKit, ExplosionRejected, InventoryCommand, InventoryEvent as I,
    InventoryRefusal as R, KitComponent, KitDefined, KitShort, KitsExploded, KitsShort,
};
use earmark::order::{
    OrderEvent as O, OrderKitsAskedAgain, OrderLinesExploded, OrderRefusal, OrderRejected,
    Rejection,
};
use earmark::time::Timestamp;
use earmark::units::UnitPrice;

use super::{Sample, at_sea, name, order, portions, sample, text, units};

const SECOND: ReservationNumber = ReservationNumber(2);

fn by_sku() -> ItemRef {
    ItemRef::Sku(text("SET-3"))
}

fn set() -> ItemName {
    ItemName { id: ItemId(70_001), sku: text("SET-3") }
}

/// What a kit in line 200 became.
pub(super) fn exploded() -> Vec<ExplodedKit> {
    let component = ComponentLine { line: LineNumber(300), item: name(), each: 300 };
    let components = vec![component];
    vec![ExplodedKit { line: LineNumber(200), kit: set(), quantity: 300, components }]
}

fn kits_short() -> Vec<KitShort> {
    vec![KitShort { line: LineNumber(200), kit: set(), asked: 300, available: 70_000 }]
}

/// A preview of what can't be had.
pub(super) fn short(shortfalls: Vec<Shortfall>) -> Preview {
    Preview::Short { shortfalls, kits: kits_short() }
}

/// The commands.
pub(super) fn commands() -> Vec<Sample<Command>> {
    let (sku, name, unit_price) = (text("SET-3"), text("A set of holders"), UnitPrice(70_000));
    let by_id = KitComponent { item: ItemRef::Id(ItemId(70_000)), quantity: units(300) };
    let by_sku = KitComponent { item: ItemRef::Sku(text("22423")), quantity: units(1) };
    let components = vec![by_id, by_sku];
    let define = DefineKit { sku, name, unit_price, components };
    vec![sample("by id and sku", Command::Inventory(InventoryCommand::DefineKit(define)))]
}

/// The events.
pub(super) fn events() -> Vec<Sample<Event>> {
    let (order, reservation, kits) = (order(), SECOND, exploded());
    let defined = KitDefined {
        id: ItemId(70_001),
        sku: text("SET-3"),
        name: text("A set of holders"),
        unit_price: UnitPrice(70_000),
        components: vec![ComponentOfKit { item: name(), each: 300 }],
    };
    let too_large = Rejection::KitsTooLarge { lines: 2_001, units: 70_000 };
    let rejected = OrderRejected {
        order,
        at: Timestamp::from_millis(1_732_752_000_123),
        why: too_large,
        released: portions(),
    };
    let again = OrderKitsAskedAgain {
        order,
        reservation,
        demands: vec![Demand { line: LineNumber(200), item: by_sku(), quantity: units(300) }],
        destination: at_sea(),
        hold: Hold::Hard,
        excluded: vec![FacilityId(300)],
        next: LineNumber(300),
    };
    let refused = ExplosionRejected { order, reservation, lines: 2_001, units: 70_000 };
    let lines = OrderLinesExploded { order, reservation, kits: kits.clone() };
    vec![
        sample("every field", Event::Inventory(I::KitDefined(defined))),
        sample(
            "every field",
            Event::Inventory(I::KitsExploded(KitsExploded { order, reservation, kits })),
        ),
        sample("every field", Event::Inventory(I::ExplosionRejected(refused))),
        sample("every field", Event::Order(O::LinesExploded(lines))),
        sample(
            "every field",
            Event::Inventory(I::KitsShort(KitsShort { order, reservation, kits: kits_short() })),
        ),
        sample("every field", Event::Order(O::KitsAskedAgain(again))),
        sample("kits too large", Event::Order(O::Rejected(rejected))),
    ]
}

/// The answers.
pub(super) fn answers() -> Vec<Sample<Answer>> {
    let too_large = Preview::KitsTooLarge { lines: 2_001, units: 70_000 };
    vec![sample("preview too large", Answer::Preview(too_large))]
}

/// The refusals.
pub(super) fn refusals() -> Vec<Sample<Refusal>> {
    let of_stock = [
        R::IsKit { kit: text("SET-3"), components: vec![text("85123A"), text("22423")] },
        R::KitInKit { kit: text("SET-3") },
        R::NotSoManyComponents { given: 300, allowed: 64 },
        R::TooManyInKit { item: text("85123A"), allowed: 1_000 },
    ];
    let part = OrderRefusal::PartOfKit { line: LineNumber(300), kit: LineNumber(200) };
    let mut all = vec![sample(part.code(), Refusal::Order(part))];
    all.extend(of_stock.map(|r| sample(r.code(), Refusal::Inventory(r))));
    all
}
