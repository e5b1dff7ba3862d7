//! From happenings to commands of the built-in domain: where the plan meets the plugin's words.
//!
//! Law: one happening is always the same commands, byte for byte, whatever came of those
//! before it.

use anyhow::{Context as _, Result, anyhow};
use earmark::demand::Destination;
use earmark::flow::{Command, SetPolicy, Tick};
use earmark::geo::GeoPoint;
use earmark::ids::{self, Country, FacilityRef, ItemRef, OrderId, Text};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, GatewaySpec, InventoryCommand,
    ReceiveStock,
};
use earmark::order::{
    CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits, OrderCommand,
    OrderLine, PlaceOrder, ReceiveReturn, RequestReturn, ShipOrder,
};
use earmark::policy::Policy;
use earmark::schema;
use earmark::units::{Currency, Quantity, UnitPrice};

use super::cancellations::Units;
use super::countries;
use super::documents::{Document, Price};
use super::hash;
use super::network::Facility;
use super::plan::{self, Happening, Timed};
use super::stock::{Stocked, Tier};

/// A command as the plugin takes it, with its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timely {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// The kind of command.
    pub(crate) kind: u16,
    /// The command, encoded.
    pub(crate) bytes: Vec<u8>,
}

/// The commands of a whole plan, after the policy it runs under.
pub(crate) fn of_plan(policy: Policy, happenings: &[Timed<'_>]) -> Result<Vec<Timely>> {
    let start = happenings.first().map_or(0, |first| first.at);
    let mut all = Vec::with_capacity(happenings.len());
    all.push(encode(start, &Command::SetPolicy(SetPolicy { policy }))?);
    for Timed { at, happening } in happenings {
        for command in of_happening(happening)? {
            all.push(encode(*at, &command)?);
        }
    }
    Ok(all)
}

/// Encodes a command.
pub(crate) fn encode(at: u64, command: &Command) -> Result<Timely> {
    let written = schema::encode_command(command, Vec::new())?;
    let (kind, bytes) = written.context("the command has no kind on the wire")?;
    Ok(Timely { at, kind, bytes })
}

/// The commands of one happening.
pub(crate) fn of_happening(happening: &Happening<'_>) -> Result<Vec<Command>> {
    let order = Command::Order;
    let inventory = Command::Inventory;
    Ok(match happening {
        Happening::Tick => vec![Command::Tick(Tick {})],
        Happening::DefineFacility(it) => {
            vec![inventory(InventoryCommand::DefineFacility(facility(it)?))]
        }
        Happening::DefineItem { sku, name, price } => {
            let (sku, name) = (text(sku)?, text(name)?);
            let unit_price = unit_price(*price)?;
            vec![inventory(InventoryCommand::DefineItem(DefineItem { sku, name, unit_price }))]
        }
        Happening::OpeningStock(stocked) | Happening::TopUp(stocked) => receive(stocked)?,
        Happening::Order { order: document, destination } => {
            vec![order(OrderCommand::Place(place(document, destination)?))]
        }
        Happening::Ship { order: document } => {
            let ship = ShipOrder { order: order_id(document)?, facility: None };
            vec![order(OrderCommand::Ship(ship))]
        }
        Happening::Deliver { order: document } => {
            let deliver = DeliverShipment { order: order_id(document)?, shipment: None };
            vec![order(OrderCommand::Deliver(deliver))]
        }
        Happening::Cancel { order: document, units, .. } => {
            vec![order(OrderCommand::Cancel(CancelOrder {
                order: order_id(document)?,
                lines: Some(lines(units)?),
                reason: CancelReason::Customer,
            }))]
        }
        Happening::Return { order: document, units, .. } => {
            let id = order_id(document)?;
            let request = RequestReturn { order: id, lines: lines(units)? };
            let (number, facility, disposition) = (None, None, Disposition::Restock);
            let receive = ReceiveReturn { order: id, number, facility, disposition };
            vec![
                order(OrderCommand::RequestReturn(request)),
                order(OrderCommand::ReceiveReturn(receive)),
            ]
        }
        Happening::Adjust { sku, facility, tier, change, reason, .. } => {
            vec![inventory(InventoryCommand::Adjust(AdjustStock {
                item: item(sku)?,
                facility: FacilityRef::Code(text(&facility.code)?),
                tier: self::tier(*tier),
                adjustment: match reason {
                    plan::Adjustment::Found => Adjustment::Found,
                    plan::Adjustment::Lost => Adjustment::Lost,
                },
                quantity: quantity(change.abs())?,
            }))]
        }
    })
}

fn facility(it: &Facility) -> Result<DefineFacility> {
    let gateway = |g: &super::network::Gateway| -> Result<GatewaySpec> {
        let location = GeoPoint { lat: g.latitude_e6, lon: g.longitude_e6 };
        Ok(GatewaySpec { iata: text(&g.code)?, location })
    };
    Ok(DefineFacility {
        code: text(&it.code)?,
        name: text(&it.name)?,
        country: country(&it.country)?,
        location: GeoPoint { lat: it.latitude_e6, lon: it.longitude_e6 },
        gateways: it.gateways.iter().map(gateway).collect::<Result<_>>()?,
    })
}

/// A receipt may be larger than one command takes: then it is several.
fn receive(stocked: &Stocked<'_>) -> Result<Vec<Command>> {
    let most = i64::from(earmark::limits::UNITS_PER_LINE);
    let mut rest = stocked.units;
    let mut all = Vec::new();
    while rest > 0 {
        let part = rest.min(most);
        rest -= part;
        all.push(Command::Inventory(InventoryCommand::Receive(ReceiveStock {
            item: item(stocked.sku)?,
            facility: FacilityRef::Code(text(&stocked.facility.code)?),
            tier: tier(stocked.tier),
            quantity: quantity(part)?,
        })));
    }
    Ok(all)
}

fn place(document: &Document, to: &countries::Destination<'_>) -> Result<PlaceOrder> {
    let line = |goods: &super::documents::Goods| -> Result<OrderLine> {
        Ok(OrderLine {
            item: item(&goods.sku)?,
            quantity: quantity(goods.quantity)?,
            unit_price: unit_price(goods.price)?,
        })
    };
    Ok(PlaceOrder {
        order: order_id(document)?,
        number: Some(text(&document.number)?),
        customer: document.customer.as_deref().map(text).transpose()?,
        currency: Currency::GBP,
        lines: document.goods.iter().map(line).collect::<Result<_>>()?,
        destination: Destination {
            country: country(to.country)?,
            location: GeoPoint { lat: to.place.latitude_e6, lon: to.place.longitude_e6 },
        },
    })
}

fn lines(units: &[Units<'_>]) -> Result<Vec<LineUnits>> {
    let line = |units: &Units<'_>| -> Result<LineUnits> {
        let line = LineRef::Item(item(units.sku)?);
        Ok(LineUnits { line, quantity: quantity(units.quantity)? })
    };
    units.iter().map(line).collect()
}

/// The id of a document's order: made from its moment and its number, so always the same.
pub(crate) fn order_id(document: &Document) -> Result<OrderId> {
    let bytes = hash::order_id(document.at, &document.number);
    OrderId::from_bytes(bytes).context("an order id that is no UUID of version 7")
}

/// An item as commands name it.
pub(crate) fn item(sku: &str) -> Result<ItemRef> {
    Ok(ItemRef::Sku(text(sku)?))
}

fn text(text: &str) -> Result<Text> {
    Ok(Text::new(text)?)
}

fn country(code: &str) -> Result<Country> {
    Ok(Country::new(code)?)
}

fn quantity(units: i64) -> Result<Quantity> {
    let units = u32::try_from(units).ok().and_then(Quantity::new);
    units.ok_or_else(|| anyhow!("a quantity is 1 to 1,000,000 units"))
}

fn unit_price(price: Price) -> Result<UnitPrice> {
    Ok(UnitPrice(u64::try_from(price.0).context("a price is never negative")?))
}

fn tier(tier: Tier) -> ids::Tier {
    match tier {
        Tier::Primary => ids::Tier::Primary,
        Tier::Back => ids::Tier::Back,
    }
}
