//! The shop of the benchmarks: the ten facilities of the built-in network, 1,000 items, ample
//! stock, and orders for it.
//!
//! Law: the same seed makes the same orders; only their ids are new.

use anyhow::{Context as _, Result};
use earmark::demand::Destination;
use earmark::flow::Command;
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ItemRef, OrderId, Text, Tier};
use earmark::inventory::{DefineFacility, DefineItem, GatewaySpec, InventoryCommand, ReceiveStock};
use earmark::order::{OrderCommand, OrderLine, PlaceOrder};
use earmark::schema;
use earmark::units::{Currency, Quantity, UnitPrice};

/// The network that `earmark replay` ships from.
const NETWORK: &str = include_str!("../../../../host-runtime/src/shop/network.csv");
/// Items of the shop.
pub(crate) const ITEMS: usize = 1_000;
/// The kind of `PlaceOrder` on the wire.
pub(crate) const PLACE: u16 = 2;
/// Orders that are made once, and handed in again and again under new ids.
pub(crate) const TEMPLATES: usize = 8_192;

/// Towns that orders go to: nine in ten within the country.
const HOME: [(i32, i32); 9] = [
    (51_507_000, -128_000),
    (53_483_000, -2_244_000),
    (52_486_000, -1_890_000),
    (55_953_000, -3_188_000),
    (51_454_000, -2_588_000),
    (54_597_000, -5_930_000),
    (53_801_000, -1_549_000),
    (50_910_000, -1_404_000),
    (57_150_000, -2_094_000),
];
const ABROAD: [(&str, i32, i32); 4] = [
    ("DE", 52_520_000, 13_405_000),
    ("FR", 48_857_000, 2_352_000),
    ("IE", 53_350_000, -6_260_000),
    ("AU", -33_869_000, 151_209_000),
];

/// What orders ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Any item as likely as any other.
    Uniform,
    /// One item only.
    Hot,
    /// The n-th item in proportion to n to the power of -1.5.
    Zipf,
}

/// A command on the wire: its kind and bytes.
pub(crate) type Wire = (u16, Vec<u8>);

/// All commands that set the shop up.
pub(crate) fn setup() -> Result<Vec<Wire>> {
    let mut all = Vec::new();
    let facilities = facilities()?;
    for item in 0..ITEMS {
        let (sku, name) = (sku(item)?, text(&format!("Item {item}"))?);
        let define = DefineItem { sku, name, unit_price: UnitPrice(25_000) };
        all.push(wire(&Command::Inventory(InventoryCommand::DefineItem(define)))?);
    }
    for facility in &facilities {
        let define = InventoryCommand::DefineFacility(facility.clone());
        all.push(wire(&Command::Inventory(define))?);
    }
    for item in 0..ITEMS {
        // The first item is the hot one.
        let receipts = if item == 0 { 20 } else { 1 };
        for facility in &facilities {
            for tier in [Tier::Primary, Tier::Back] {
                let receive = ReceiveStock {
                    item: ItemRef::Sku(sku(item)?),
                    facility: FacilityRef::Code(facility.code.clone()),
                    tier,
                    quantity: Quantity::new(1_000_000).context("a million is a quantity")?,
                };
                let command = Command::Inventory(InventoryCommand::Receive(receive));
                let written = wire(&command)?;
                all.extend(std::iter::repeat_n(written, receipts));
            }
        }
    }
    Ok(all)
}

/// The facilities of the built-in network.
pub(crate) fn facilities() -> Result<Vec<DefineFacility>> {
    let rows = NETWORK.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (mut gateways, mut facilities) = (Vec::new(), Vec::new());
    for row in rows {
        match *row.as_slice() {
            ["gateway", code, _, _, _, lat, lon, ..] => {
                gateways.push(GatewaySpec { iata: text(code)?, location: point(lat, lon)? });
            }
            ["facility", code, name, _, country, lat, lon, _, by] => {
                let named = |g: &&GatewaySpec| by.split(' ').any(|code| code == g.iata.as_str());
                facilities.push(DefineFacility {
                    code: text(code)?,
                    name: text(name)?,
                    country: Country::new(country)?,
                    location: point(lat, lon)?,
                    gateways: gateways.iter().filter(named).cloned().collect(),
                });
            }
            _ => {}
        }
    }
    Ok(facilities)
}

/// Orders of 1 to `lines` lines, without ids of their own.
pub(crate) fn orders(spread: Spread, lines: u64) -> Result<Vec<PlaceOrder>> {
    let mut random = Random(42);
    let weights = (1..=ITEMS).map(|n| (n as f64).powf(-1.5));
    let sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let whole = sums.last().copied().unwrap_or(1.0);
    (0..TEMPLATES).map(|_| order(&mut random, spread, lines, (&sums, whole))).collect()
}

fn order(
    random: &mut Random,
    spread: Spread,
    lines: u64,
    (sums, whole): (&[f64], f64),
) -> Result<PlaceOrder> {
    let mut bought: Vec<usize> = Vec::new();
    for _ in 0..=random.below(lines) {
        let item = match spread {
            Spread::Uniform => random.below(ITEMS as u64) as usize,
            Spread::Hot => 0,
            Spread::Zipf => {
                let at = random.part() * whole;
                sums.partition_point(|sum| *sum <= at).min(ITEMS - 1)
            }
        };
        bought.push(item);
    }
    let line = |item: usize| -> Result<OrderLine> {
        let units = 1 + u32::try_from(random.below(3))?;
        Ok(OrderLine {
            item: ItemRef::Sku(sku(item)?),
            quantity: Quantity::new(units).context("1 to 3 units are a quantity")?,
            unit_price: UnitPrice(25_000),
        })
    };
    let lines = bought.into_iter().map(line).collect::<Result<_>>()?;
    let (country, lat, lon) = match random.below(10) {
        9 => ABROAD[random.below(4) as usize],
        home => ("GB", HOME[home as usize].0, HOME[home as usize].1),
    };
    // Not everybody lives in the same street.
    let around = |random: &mut Random| random.below(200_000) as i32 - 100_000;
    let location = GeoPoint { lat: lat + around(random), lon: lon + around(random) };
    Ok(PlaceOrder {
        order: OrderId::from_bytes(id(0, 0)).context("an order id")?,
        number: None,
        customer: None,
        currency: Currency::GBP,
        lines,
        destination: Destination { country: Country::new(country)?, location },
    })
}

/// A UUID of version 7 (RFC 9562): a moment, and bits that nobody can tell beforehand.
pub(crate) fn id(at_millis: u64, count: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at_millis.to_be_bytes()[2..]);
    let mut random = Random(count);
    bytes[6..8].copy_from_slice(&((random.next() as u16 & 0x0fff) | 0x7000).to_be_bytes());
    // Whatever the bits are, the count makes it new.
    let low = (random.next() << 40 | count & 0xff_ffff_ffff) & !(3 << 62) | 1 << 63;
    bytes[8..].copy_from_slice(&low.to_be_bytes());
    bytes
}

/// A command on the wire.
pub(crate) fn wire(command: &Command) -> Result<Wire> {
    schema::encode_command(command, Vec::new())?.context("the command has no kind on the wire")
}

/// An order on the wire; the first 16 bytes are its id.
pub(crate) fn wire_order(order: &PlaceOrder) -> Result<Vec<u8>> {
    Ok(wire(&Command::Order(OrderCommand::Place(order.clone())))?.1)
}

pub(crate) fn sku(item: usize) -> Result<Text> {
    text(&format!("SKU-{item:04}"))
}

pub(crate) fn text(text: &str) -> Result<Text> {
    Ok(Text::new(text)?)
}

fn point(lat: &str, lon: &str) -> Result<GeoPoint> {
    let micro =
        |degrees: &str| -> Result<i32> { Ok((degrees.parse::<f64>()? * 1e6).round() as i32) };
    Ok(GeoPoint { lat: micro(lat)?, lon: micro(lon)? })
}

/// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
