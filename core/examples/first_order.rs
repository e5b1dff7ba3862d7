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
    let (mug, leeds) = (Text::new("MUG")?, Text::new("LDS")?);
    let (item, country) = (ItemRef::Sku(mug.clone()), Country::new("GB")?);
    let (location, home) = (GeoPoint { lat: 53_800_000, lon: -1_550_000 }, Vec::new());
    let price = UnitPrice(25_000); // ten-thousandths of a pound
    let units = |n| Quantity::new(n).ok_or("1 to 1,000,000 units");
    let (code, name) = (leeds.clone(), leeds.clone());
    let facility = FacilityRef::Code(leeds);
    let mut shop = Shop::default();
    for command in [
        Command::Inventory(Stock::DefineItem(DefineItem {
            sku: mug.clone(),
            name: mug,
            unit_price: price,
        })),
        Command::Inventory(Stock::DefineFacility(DefineFacility {
            code,
            name,
            country,
            location,
            gateways: home,
        })),
        Command::Inventory(Stock::Receive(ReceiveStock {
            item: item.clone(),
            facility,
            tier: Tier::Primary,
            quantity: units(10)?,
        })),
        Command::Order(OrderCommand::Place(PlaceOrder {
            order: "018bcfe5-6800-7000-8000-000000000001".parse::<OrderId>()?,
            number: None,
            customer: None,
            currency: Currency::GBP,
            lines: vec![OrderLine { item, quantity: units(2)?, unit_price: price }],
            destination: Destination { country, location },
        })),
    ] {
        let at = Timestamp::from_millis(1_700_000_000_000);
        for event in shop.settle(&command, &Context { at, by: Principal::Staff })?? {
            println!("{event:?}"); // ... Placed, Tied, Sourced, Confirmed, Told
        }
    }
    Ok(())
}
