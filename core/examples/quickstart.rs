//! A shop in one file: a facility, an item, some stock, and two orders that want the same units.
//!
//! `cargo run -p earmark --example quickstart`

use std::error::Error;

use earmark::decide::{Context, Principal};
use earmark::demand::Destination;
use earmark::flow::{Command, Event, Shop};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ItemRef, OrderId, Text, Tier};
use earmark::inventory::{DefineFacility, DefineItem, InventoryCommand, ReceiveStock};
use earmark::order::{OrderCommand, OrderLine, PlaceOrder, ShipOrder};
use earmark::schema::{EVENTS, encode_event};
use earmark::time::Timestamp;
use earmark::units::{Currency, Quantity, UnitPrice};

const LONDON: GeoPoint = GeoPoint { lat: 51_507_400, lon: -127_800 };
const LEEDS: GeoPoint = GeoPoint { lat: 53_801_300, lon: -1_549_100 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut shop = Shop::default();
    let (first, second) = (
        "01936f2a-7c00-7abc-8def-000000000001".parse()?,
        "01936f2a-7c00-7abc-8def-000000000002".parse()?,
    );
    let told = [
        ("define London", define_facility("LON", LONDON)?),
        ("define mugs", define_item("mug")?),
        ("take in 10 mugs", receive("mug", "LON", 10)?),
        ("order 7 mugs", place(first, "mug", 7)?),
        ("order 7 more", place(second, "mug", 7)?),
        ("the first order again", place(first, "mug", 7)?),
        ("ship the first", ship(first)),
        ("ship the second", ship(second)),
    ];
    for (at, (what, command)) in (1_732_752_000_000..).zip(told) {
        let context = Context { at: Timestamp::from_millis(at), by: Principal::Staff };
        println!("{what}");
        match shop.settle(&command, &context)? {
            Ok(events) if events.is_empty() => println!("    nothing new"),
            Ok(events) => events.iter().try_for_each(tell)?,
            Err(refusal) => println!("    refused: {refusal}"),
        }
    }
    let audit = shop.audit();
    println!("{} laws checked, {} broken", audit.checked, audit.broken.len());
    Ok(())
}

/// Says an event by its name on the wire.
fn tell(event: &Event) -> Result<(), Box<dyn Error>> {
    if let Some((kind, bytes)) = encode_event(event, Vec::new())? {
        let name = EVENTS.get(usize::from(kind)).map_or("unknown", |kind| kind.name);
        println!("    {name}, {} bytes", bytes.len());
    }
    Ok(())
}

fn define_facility(code: &str, location: GeoPoint) -> Result<Command, Box<dyn Error>> {
    Ok(Command::Inventory(InventoryCommand::DefineFacility(DefineFacility {
        code: Text::new(code)?,
        name: Text::new(code)?,
        country: Country::new("GB")?,
        location,
        gateways: vec![],
    })))
}

fn define_item(sku: &str) -> Result<Command, Box<dyn Error>> {
    let (sku, name, unit_price) = (Text::new(sku)?, Text::new(sku)?, UnitPrice(49_500));
    Ok(Command::Inventory(InventoryCommand::DefineItem(DefineItem { sku, name, unit_price })))
}

fn receive(sku: &str, code: &str, units: u32) -> Result<Command, Box<dyn Error>> {
    Ok(Command::Inventory(InventoryCommand::Receive(ReceiveStock {
        item: ItemRef::Sku(Text::new(sku)?),
        facility: FacilityRef::Code(Text::new(code)?),
        tier: Tier::Primary,
        quantity: Quantity::new(units).ok_or("a quantity is positive")?,
    })))
}

fn place(order: OrderId, sku: &str, units: u32) -> Result<Command, Box<dyn Error>> {
    let line = OrderLine {
        item: ItemRef::Sku(Text::new(sku)?),
        quantity: Quantity::new(units).ok_or("a quantity is positive")?,
        unit_price: UnitPrice(49_500),
    };
    Ok(Command::Order(OrderCommand::Place(PlaceOrder {
        order,
        number: None,
        customer: Some(Text::new("ada")?),
        currency: Currency::GBP,
        lines: vec![line],
        destination: Destination { country: Country::new("GB")?, location: LEEDS },
    })))
}

fn ship(order: OrderId) -> Command {
    Command::Order(OrderCommand::Ship(ShipOrder { order, facility: None }))
}
