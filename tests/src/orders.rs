//! The orders of the documents as bare demands: what is wanted, and where it goes.
//!
//! Law: an item stands once in an order, with the units of all its lines; what the documents do not
//! say (the town of a customer at home) is decided by a hash, the same in every run.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::documents::Documents;

/// A point, in micro-degrees north and east.
pub type Point = (i32, i32);

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub number: String,
    /// The country it goes to (ISO 3166-1 alpha-2).
    pub country: String,
    /// Where in the country.
    pub place: Point,
    /// Units by SKU.
    pub units: BTreeMap<String, u32>,
}

/// Reads every order of the documents, as they stand there.
///
/// # Panics
/// If a table can't be read.
#[must_use]
pub fn read(documents: &Documents) -> Vec<Order> {
    let capitals: BTreeMap<String, Point> = rows(&documents.table("countries.csv"))
        .filter_map(|cells| Some((cells[1].clone(), point(&cells[3], &cells[4])?)))
        .collect();
    // The towns lie beside the real documents; an invented shop has its capital only.
    let towns = documents.folder().join("../geo/uk-outcodes.csv.gz");
    let towns: Vec<Point> = match towns.is_file() {
        true => rows(&towns).filter_map(|cells| point(&cells[1], &cells[2])).collect(),
        false => Vec::new(),
    };
    let order = |cells: Vec<String>| {
        if cells[1] != "order" {
            return None;
        }
        let country = if cells[4].is_empty() { "GB".to_string() } else { cells[4].clone() };
        let who = if cells[3].is_empty() { &cells[0] } else { &cells[3] };
        let town = hash(who).checked_rem(towns.len() as u64).filter(|_| country == "GB");
        let place = town.map_or_else(
            || capitals.get(&country).copied(),
            |at| towns.get(at as usize).copied(),
        )?;
        let mut units = BTreeMap::new();
        for line in cells[5].split('|').filter(|text| !text.is_empty()) {
            let mut parts = line.split(':');
            let sku = parts.next().expect("a line names its item").to_uppercase();
            let of_line: u32 = parts.next().and_then(|n| n.parse().ok()).expect("it has units");
            *units.entry(sku).or_default() += of_line;
        }
        (!units.is_empty()).then_some(Order { number: cells[0].clone(), country, place, units })
    };
    rows(&documents.table("orders.csv")).filter_map(order).collect()
}

/// A number that spreads texts (FNV-1a, 64 bits), and is mixed once more for its low bits.
#[must_use]
pub fn hash(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

/// The rows of a table, packed or not.
///
/// # Panics
/// If it can't be read.
pub fn rows(path: &Path) -> impl Iterator<Item = Vec<String>> + use<> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let plain: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(plain);
    reader.into_records().map(|record| {
        let record = record.expect("a table has whole rows");
        record.iter().map(|cell| cell.trim().to_owned()).collect()
    })
}

/// A point of a table, if it has one.
fn point(lat: &str, lon: &str) -> Option<Point> {
    (!lat.is_empty() && !lon.is_empty()).then(|| (micro(lat), micro(lon)))
}

/// Degrees as micro-degrees.
///
/// # Panics
/// If the text is no decimal number.
#[must_use]
pub fn micro(degrees: &str) -> i32 {
    let degrees: f64 = degrees.parse().unwrap_or_else(|_| panic!("`{degrees}` is no coordinate"));
    (degrees * 1e6).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_shop_has_orders_that_go_somewhere() {
        let orders = read(&Documents::invented(300));
        assert!(orders.len() > 100, "{}", orders.len());
        assert!(orders.iter().all(|order| order.units.values().all(|units| *units > 0)));
        assert!(orders.iter().any(|order| order.country != "GB"));
    }
}
