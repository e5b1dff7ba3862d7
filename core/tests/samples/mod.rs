//! Values of every kind of command, event, query and answer, rich enough to show each field and
//! each variant on the wire.
//!
//! Law: nothing here changes once it is released; what is new is added.
#![allow(dead_code, unused_imports, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod answers;
mod backorders;
mod changes;
mod commands;
mod events;
mod fulfilment;
mod kits;
mod old;
mod payments;
mod replace;
mod state;
mod stock;
mod work;

use earmark::demand::{Destination, Portion};
use earmark::geo::GeoPoint;
use earmark::ids::{
    Country, FacilityId, ItemId, ItemName, LineNumber, OrderId, ReservationNumber, Text, Tier,
};
use earmark::units::{Amount, Currency, Quantity};

pub(crate) use answers::{answers, queries, refusals, slice_requests};
pub(crate) use commands::commands;
pub(crate) use events::events;
pub(crate) use old::{Old, old_commands, old_events, old_holds, old_needs, old_returns};
pub(crate) use state::{lived, slice};

/// A value with a name: kind and case.
pub(crate) struct Sample<T> {
    pub(crate) case: &'static str,
    pub(crate) value: T,
}

fn sample<T>(case: &'static str, value: T) -> Sample<T> {
    Sample { case, value }
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

fn order() -> OrderId {
    "01936f2a-7c00-7abc-8def-0123456789ab".parse().unwrap()
}

fn pounds(minor: i64) -> Amount {
    Amount { currency: Currency::GBP, minor }
}

fn at_sea() -> Destination {
    let location = GeoPoint { lat: -33_868_800, lon: 151_209_300 };
    Destination { country: Country::new("AU").unwrap(), location }
}

fn name() -> ItemName {
    ItemName { id: ItemId(70_000), sku: text("85123A") }
}

/// A portion with a number in every field that needs two bytes of its own.
fn portion() -> Portion {
    Portion {
        reservation: ReservationNumber(1),
        line: LineNumber(200),
        item: ItemId(70_000),
        facility: FacilityId(3),
        tier: Tier::Primary,
        quantity: 300,
    }
}

fn portions() -> Vec<Portion> {
    vec![portion(), Portion { tier: Tier::Back, quantity: 1, ..portion() }]
}
