//! A state with something in every field, and the slice of it that a customer gets.

use earmark::decide::{Context, Principal};
use earmark::demand::Destination;
use earmark::flow::{Command, SetPolicy, Shop, Slice};
use earmark::ids::{FacilityId, FacilityRef, ItemId, ItemRef, LineNumber, OrderId, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineItem, InventoryCommand as I, ReceiveStock,
};
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits,
    OrderCommand as O, OrderLine, PlaceOrder, ReceiveReturn, RequestReturn, ShipOrder,
};
use earmark::time::Timestamp;
use earmark::units::{Currency, UnitPrice};

use super::commands::{define_facility, policy};
use super::{pounds, text, units};

/// A shop that has lived: orders in every status, stock on both tiers, news told.
pub(crate) fn lived() -> Shop {
    let mut shop = Shop::default();
    let mut at = 1_732_752_000_000;
    for command in history() {
        at += 1_000;
        let context = Context { at: Timestamp::from_millis(at), by: Principal::Staff };
        shop.settle(&command, &context).unwrap().unwrap();
    }
    shop
}

/// The slice for the customer of the orders.
pub(crate) fn slice() -> Slice {
    let orders: Vec<OrderId> = (1..=6).map(order).collect();
    let by = Principal::Customer(text("17850"));
    Slice::of(&lived(), &[ItemRef::Id(ItemId(1))], &orders, &by)
}

fn order(n: u8) -> OrderId {
    format!("01936f2a-7c00-7abc-8def-0123456789{n:02x}").parse().unwrap()
}

fn history() -> Vec<Command> {
    let lines = |quantity| {
        vec![LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(quantity) }]
    };
    let (facility, shipment, number) = (None, None, None);
    let disposition = Disposition::Quarantine;
    let stock = [
        I::DefineFacility(define_facility()),
        define("85123A"),
        define("22423"),
        receive(0, Tier::Primary, 300),
        receive(0, Tier::Back, 70_000),
        receive(1, Tier::Back, 5),
    ];
    let unpaid = [O::Place(place(1, 0, 3)), O::Place(place(2, 1, 6)), O::Place(place(3, 0, 2))];
    let reason = CancelReason::Customer;
    let rest = [
        O::Cancel(CancelOrder { order: order(3), lines: None, reason }),
        O::Place(place(4, 0, 20)),
        pay(4),
        O::Ship(ShipOrder { order: order(4), facility }),
        O::Deliver(DeliverShipment { order: order(4), shipment }),
        O::RequestReturn(RequestReturn { order: order(4), lines: lines(3) }),
        O::ReceiveReturn(ReceiveReturn { order: order(4), number, facility, disposition }),
        O::RequestReturn(RequestReturn { order: order(4), lines: lines(2) }),
        O::Place(place(5, 0, 10)),
        O::Cancel(CancelOrder { order: order(5), lines: Some(lines(4)), reason }),
        pay(5),
        O::Place(place(6, 0, 7)),
        pay(6),
        O::Ship(ShipOrder { order: order(6), facility }),
    ];
    let damaged = I::Adjust(AdjustStock {
        item: ItemRef::Id(ItemId(0)),
        facility: FacilityRef::Id(FacilityId(0)),
        tier: Tier::Primary,
        adjustment: Adjustment::Damaged,
        quantity: units(9),
    });
    let mut all = vec![Command::SetPolicy(SetPolicy { policy: policy() })];
    all.extend(stock.map(Command::Inventory));
    all.extend(unpaid.into_iter().chain(rest).map(Command::Order));
    all.push(Command::Inventory(damaged));
    all
}

fn define(sku: &str) -> I {
    let (sku, name) = (text(sku), text("Something to hold"));
    I::DefineItem(DefineItem { sku, name, unit_price: UnitPrice(25_500) })
}

fn receive(item: u32, tier: Tier, quantity: u32) -> I {
    let (item, facility) = (ItemRef::Id(ItemId(item)), FacilityRef::Id(FacilityId(0)));
    I::Receive(ReceiveStock { item, facility, tier, quantity: units(quantity) })
}

fn pay(n: u8) -> O {
    O::AuthorizePayment(AuthorizePayment { order: order(n), amount: pounds(100_000) })
}

fn place(n: u8, item: u32, quantity: u32) -> PlaceOrder {
    let destination: Destination = super::at_sea();
    let item = ItemRef::Id(ItemId(item));
    PlaceOrder {
        order: order(n),
        number: Some(text("536365")),
        customer: Some(text("17850")),
        currency: Currency::GBP,
        lines: vec![OrderLine { item, quantity: units(quantity), unit_price: UnitPrice(25_500) }],
        destination,
    }
}
