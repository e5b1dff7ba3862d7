//! One order, natively: stock is tied and the order confirmed in one step.

use earmark::decide::{Context, Principal};
use earmark::demand::Destination;
use earmark::flow::{Command, Shop};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ItemRef, OrderId, Text, Tier};
use earmark::inventory::{DefineFacility, DefineItem, InventoryCommand as Stock, ReceiveStock};
use earmark::order::{OrderCommand, OrderLine, PlaceOrder};
use earmark::time::Timestamp;
use earmark::units::{Currency, Quantity, UnitPrice};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let units = |n| Quantity::new(n).ok_or("1 to 1,000,000 units");
    let (sku, code, tier) = (Text::new("MUG")?, Text::new("LDS")?, Tier::Primary);
    let (item, facility) = (ItemRef::Sku(sku.clone()), FacilityRef::Code(code.clone()));
    let (country, location) = (Country::new("GB")?, GeoPoint { lat: 53_800_000, lon: -1_550_000 });
    let unit_price = UnitPrice(25_000); // ten-thousandths of a pound

    let mug = DefineItem { name: sku.clone(), sku, unit_price };
    let leeds = DefineFacility { name: code.clone(), code, country, location, gateways: vec![] };
    let stock = ReceiveStock { item: item.clone(), facility, tier, quantity: units(10)? };
    let order = PlaceOrder {
        order: "018bcfe5-6800-7000-8000-000000000001".parse::<OrderId>()?,
        number: None,
        customer: None,
        currency: Currency::GBP,
        lines: vec![OrderLine { item, quantity: units(2)?, unit_price }],
        destination: Destination { country, location },
    };

    let (mut shop, at) = (Shop::default(), Timestamp::from_millis(1_700_000_000_000));
    for command in [
        Command::Inventory(Stock::DefineItem(mug)),
        Command::Inventory(Stock::DefineFacility(leeds)),
        Command::Inventory(Stock::Receive(stock)),
        Command::Order(OrderCommand::Place(order)),
    ] {
        for event in shop.settle(&command, &Context { at, by: Principal::Staff })?? {
            println!("{event:?}"); // ... Placed, Tied, Sourced, Confirmed, Told
        }
    }
    Ok(())
}
