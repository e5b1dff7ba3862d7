//! Words about kits for tests.

use earmark::demand::Shortfall;
use earmark::flow::{Command, Event, Preview, PreviewLine, PreviewQuery};
use earmark::ids::{FacilityId, LineNumber};
use earmark::inventory::{DefineKit, InventoryCommand, InventoryEvent, KitComponent};
use earmark::order::{
    AmendOrder, Buckets, CancelOrder, CancelReason, DeliverShipment, LineChange, LineRef,
    LineUnits, OrderCommand, PickOrder, ReleaseOrder, ShipOrder,
};
use earmark::units::UnitPrice;

use super::{Desk, order, place, sku, text, units};

pub(crate) const LEEDS: FacilityId = FacilityId(1);

pub(crate) fn kit(name: &str, components: &[(&str, u32)]) -> Command {
    let component = |&(item, quantity): &(&str, u32)| KitComponent {
        item: sku(item),
        quantity: units(quantity),
    };
    Command::Inventory(InventoryCommand::DefineKit(DefineKit {
        sku: text(name),
        name: text(name),
        unit_price: UnitPrice(50_000),
        components: components.iter().map(component).collect(),
    }))
}

/// A desk that sells sets of two mugs and a pen. There are 25 mugs and 4 pens.
pub(crate) fn open() -> Desk {
    let mut desk = Desk::open();
    desk.must(kit("set", &[("mug", 2), ("pen", 1)]));
    desk
}

pub(crate) fn line(desk: &Desk, n: u8, line: u16) -> Buckets {
    desk.at_hand(n).buckets_of(LineNumber(line))
}

pub(crate) fn named(line: u16, quantity: u32) -> Vec<LineUnits> {
    vec![LineUnits { line: LineRef::Number(LineNumber(line)), quantity: units(quantity) }]
}

pub(crate) fn cancel(n: u8, lines: Option<Vec<LineUnits>>) -> OrderCommand {
    OrderCommand::Cancel(CancelOrder { order: order(n), lines, reason: CancelReason::Customer })
}

pub(crate) fn amend(n: u8, line: u16, quantity: u32) -> OrderCommand {
    let (line, quantity) = (LineNumber(line), Some(units(quantity)));
    let lines = vec![LineChange { line, quantity, unit_price: None }];
    OrderCommand::Amend(AmendOrder { order: order(n), lines, added: vec![], destination: None })
}

pub(crate) fn ship(n: u8, facility: Option<FacilityId>) -> OrderCommand {
    OrderCommand::Ship(ShipOrder { order: order(n), facility })
}

pub(crate) fn deliver(n: u8) -> OrderCommand {
    OrderCommand::Deliver(DeliverShipment { order: order(n), shipment: None })
}

pub(crate) fn release(n: u8) -> OrderCommand {
    OrderCommand::Release(ReleaseOrder { order: order(n), facility: None })
}

pub(crate) fn missing(n: u8, facility: FacilityId, missing: Vec<LineUnits>) -> OrderCommand {
    let (lines, missing) = (None, Some(missing));
    OrderCommand::Pick(PickOrder { order: order(n), facility, lines, missing })
}

pub(crate) fn preview(desk: &Desk, lines: &[(&str, u32)]) -> Preview {
    let line = |&(item, quantity): &(&str, u32)| PreviewLine {
        item: sku(item),
        quantity: units(quantity),
    };
    let destination = place(1, lines).destination;
    let query = PreviewQuery { lines: lines.iter().map(line).collect(), destination, at: None };
    desk.shop.preview(&query)
}

pub(crate) fn shortfalls(events: &[Event]) -> Vec<Shortfall> {
    let rejected = events.iter().find_map(|event| match event {
        Event::Inventory(InventoryEvent::Rejected(e)) => Some(e.shortfalls.clone()),
        _ => None,
    });
    rejected.expect("it was rejected")
}

pub(crate) fn short(line: u16, item: &str, demanded: u64, available: u64) -> Shortfall {
    let (line, item) = (LineNumber(line), sku(item));
    Shortfall { line, item, demanded, available: Some(available) }
}
