//! What changes nothing of what can be sold tells no alert, and what changes it tells one, whoever
//! brings it about. Why: an alert that is wrong stops a sale, or orders goods that are there.

use crate::support::{Desk, START, names, order, place, sku, text, units};
use earmark::decide::{Context, Principal};
use earmark::demand::{Demand, Hold};
use earmark::flow::{Command, Roles, Shop, Tick};
use earmark::ids::{FacilityRef, LineNumber, ReservationNumber, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, Condition, CountStock, DefineFacility, DefineItem,
    InventoryCommand as I, MoveStock, ReceiveStock, Reserve, SetLowStock, StockReason,
    WriteOffStock,
};
use earmark::order::{
    DeliverShipment, Disposition, LineRef, LineUnits, OrderCommand as O, ReceiveReturn,
    RequestReturn, ShipOrder,
};
use earmark::time::Timestamp;
use earmark::units::UnitPrice;

const MINUTE: u64 = 60_000;

fn london() -> FacilityRef {
    FacilityRef::Code(text("LON"))
}

fn watch(threshold: u32) -> I {
    I::SetLowStock(SetLowStock { item: sku("mug"), threshold: Some(threshold) })
}

/// The inventory role alone, as in a partition of its own, with ten mugs in London.
struct Stock {
    shop: Shop,
    now: u64,
}

impl Stock {
    fn open() -> Self {
        let roles = Roles { inventory: true, ..Roles::NONE };
        let mut stock = Self { shop: Shop::with_roles(roles), now: START };
        let (code, destination) = (text("LON"), place(1, &[]).destination);
        stock.ask(I::DefineFacility(DefineFacility {
            name: code.clone(),
            code,
            country: destination.country,
            location: destination.location,
            gateways: vec![],
        }));
        let (name, unit_price) = (text("mug"), UnitPrice(10_000));
        stock.ask(I::DefineItem(DefineItem { sku: name.clone(), name, unit_price }));
        let (item, facility, tier) = (sku("mug"), london(), Tier::Primary);
        stock.ask(I::Receive(ReceiveStock { item, facility, tier, quantity: units(10) }));
        stock
    }

    fn ask(&mut self, command: I) -> Vec<&'static str> {
        self.settle(&Command::Inventory(command))
    }

    fn settle(&mut self, command: &Command) -> Vec<&'static str> {
        let context = Context { at: Timestamp::from_millis(self.now), by: Principal::Staff };
        let events = self.shop.settle(command, &context).unwrap().unwrap();
        let broken = self.shop.audit().broken;
        assert!(broken.is_empty(), "after {command:?}: {broken:?}");
        names(&events)
    }

    fn reserve(&mut self, n: u8, mugs: u32, hold: Hold) -> Vec<&'static str> {
        let (line, item, quantity) = (LineNumber(0), sku("mug"), units(mugs));
        let demands = vec![Demand { line, item, quantity }];
        let to = place(1, &[]).destination;
        self.ask(I::Reserve(Reserve::anywhere(order(n), ReservationNumber(1), demands, to, hold)))
    }
}

#[test]
fn a_reservation_that_expires_brings_its_units_back() {
    let mut stock = Stock::open();
    assert_eq!(stock.ask(watch(2)), ["LowStockSet"]);
    let until = Timestamp::from_millis(START + MINUTE);
    let told = stock.reserve(1, 10, Hold::Soft { until });
    assert_eq!(told, ["InventoryTied", "LowStock", "OutOfStock"]);
    stock.now += MINUTE;
    let told = stock.settle(&Command::Tick(Tick {}));
    assert_eq!(told, ["InventoryExpired", "BackInStock", "StockReplenished"]);
}

#[test]
fn a_promise_that_is_broken_takes_nothing_that_could_be_sold() {
    let mut stock = Stock::open();
    assert_eq!(stock.ask(watch(2)), ["LowStockSet"]);
    assert_eq!(stock.reserve(1, 7, Hold::Hard), ["InventoryTied"], "three are left");
    let (item, facility, tier) = (sku("mug"), london(), Tier::Primary);
    let (adjustment, quantity) = (Adjustment::Lost, units(5));
    let lost = I::Adjust(AdjustStock { item, facility, tier, adjustment, quantity });
    // Three that could be sold, and two that were promised: none are left.
    assert_eq!(stock.ask(lost), ["PromiseStripped", "StockAdjusted", "LowStock", "OutOfStock"]);
    let mut stock = Stock::open();
    stock.ask(watch(1));
    stock.reserve(1, 6, Hold::Hard);
    stock.reserve(2, 2, Hold::Hard);
    let (item, facility, reason) = (sku("mug"), london(), StockReason::Count);
    let condition = Condition::Sellable;
    let count = I::Count(CountStock { item, facility, tier, condition, counted: 8, reason });
    assert_eq!(stock.ask(count), ["StockCounted", "LowStock", "OutOfStock"]);
}

#[test]
fn what_is_not_fit_for_sale_crosses_no_edge() {
    let mut desk = Desk::open();
    let mut ask = |command| names(&desk.must(Command::Inventory(command)));
    let (facility, tier, quantity) = (london(), Tier::Primary, units(3));
    let (from, to) = (Condition::Sellable, Condition::Damaged);
    ask(I::Move(MoveStock { item: sku("mug"), facility, tier, from, to, quantity }));
    // Of 25 mugs 22 can be sold; one less would be low.
    assert_eq!(ask(watch(21)), ["LowStockSet"]);
    let (item, facility, condition, quantity) = (sku("mug"), london(), to, units(1));
    let reason = StockReason::Stolen;
    let thrown = WriteOffStock { item, facility, tier, condition, quantity, reason };
    assert_eq!(ask(I::WriteOff(thrown)), ["StockWrittenOff"]);
    let (item, facility, reason) = (sku("mug"), london(), StockReason::Count);
    let counted = CountStock { item, facility, tier, condition, counted: 0, reason };
    assert_eq!(ask(I::Count(counted)), ["StockCounted"]);
}

#[test]
fn what_comes_back_and_is_kept_apart_replenishes_nothing() {
    for (disposition, is_back) in [(Disposition::Quarantine, false), (Disposition::Restock, true)] {
        let mut desk = Desk::open();
        desk.place(1, &[("mug", 1)]);
        desk.order(O::Ship(ShipOrder { order: order(1), facility: None })).unwrap();
        desk.order(O::Deliver(DeliverShipment { order: order(1), shipment: None })).unwrap();
        let told = names(&desk.must(Command::Inventory(watch(24))));
        assert_eq!(told, ["LowStockSet", "LowStock"]);
        let lines = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(1) }];
        desk.order(O::RequestReturn(RequestReturn { order: order(1), lines })).unwrap();
        let (number, facility) = (None, None);
        let back = ReceiveReturn { order: order(1), number, disposition, facility };
        let told = names(&desk.order(O::ReceiveReturn(back)).unwrap());
        assert_eq!(told.contains(&"StockReplenished"), is_back, "{told:?}");
    }
}
