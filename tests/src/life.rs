//! What the whole life of the orders must come to in a shop that has enough of everything, counted
//! from the files by code that shares nothing with the program.
//!
//! It follows the rules that `earmark replay --help` tells, order by order, and needs no stock: no
//! figure here depends on which facility an order ships from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::count::{Count, Given, Row, rows, table};
use crate::documents::Documents;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
/// From an order that nothing keeps back to its packing.
const PACKED_AFTER: i64 = 14 * HOUR;
/// What comes back later is refused.
const TOO_LATE: i64 = 180 * DAY;
/// Pence from which an order is looked at.
const LARGE: i64 = 250_000;

const UNION: &str = "AT BE BG CY CZ DE DK EE ES FI FR GB GR HU IE IT LT LU LV MT NL PL PT RO SE \
                     SI SK";
const USED_UP: &str =
    "CANDLE CANDLES SOAP INCENSE CHOCOLATE SWEETS MINTS BATH CREAM BALM TISSUES MATCHES";
const WORN: &str = "NECKLACE BRACELET EARRINGS BROOCH RING HAIR HAIRCLIP HAIRBAND SLIPPERS SOCKS \
                    GLOVES SCARF APRON UMBRELLA";
const BREAKS: &str = "GLASS GLASSES CERAMIC CHINA PORCELAIN MIRROR MUG MUGS CUP TEACUP TEACUPS \
                      SAUCER BOWL BOWLS PLATE PLATES JUG JAR JARS BOTTLE VASE TEAPOT CAKESTAND \
                      LAMP";

/// How often something is, and how many units or pence in all.
pub type Sum = (u64, i64);

/// Holds of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holds {
    /// All of them.
    pub placed: u64,
    /// Ended by somebody.
    pub released: u64,
    /// Ended by themselves.
    pub lapsed: u64,
    /// There when their order was cancelled.
    pub ended_with_order: u64,
}

/// What the documents come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Life {
    /// Orders.
    pub orders: u64,
    /// Of more than was wanted, and of new countries.
    pub fraud: Holds,
    /// See above.
    pub export: Holds,
    /// Payments and pence.
    pub asked: Sum,
    /// See above.
    pub authorized: Sum,
    /// See above.
    pub never_paid: Sum,
    /// Of orders that were cancelled before.
    pub not_needed: Sum,
    /// Payments that were declined at first.
    pub declined: u64,
    /// What goes wrong, by its name in the figures of a replay.
    pub troubles: BTreeMap<&'static str, u64>,
    /// Units of all orders.
    pub ordered: i64,
    /// Those that were cancelled, and those of orders that were never paid.
    pub cancelled: i64,
    /// Orders of which nothing was left.
    pub wholly_cancelled: u64,
    /// Returns and units.
    pub announced: Sum,
    /// Units by what becomes of them.
    pub taken_in: BTreeMap<&'static str, i64>,
    /// Returns and units that come too late.
    pub refused: Sum,
}

impl Life {
    /// Counts the first `most` documents.
    ///
    /// # Panics
    /// If a table can't be read.
    #[must_use]
    pub fn of(documents: &Documents, most: usize) -> Self {
        let count = Count::of(documents, most);
        let mut given: HashMap<&str, Vec<&Given>> = HashMap::new();
        for part in &count.given {
            given.entry(&part.order).or_default().push(part);
        }
        let names: HashMap<String, String> = table(documents, "products.csv")
            .map(|cells| (cells[0].to_uppercase(), cells[1].to_uppercase()))
            .collect();
        let mut life = Self::default();
        let mut abroad: BTreeMap<String, u32> = BTreeMap::new();
        let orders = rows(documents, most);
        for order in orders.iter().filter(|row| row.kind == "order") {
            let given = given.get(order.number.as_str()).map_or(&[][..], Vec::as_slice);
            let papers = needs_papers(order) && {
                let so_far = abroad.entry(order.country.clone()).or_default();
                *so_far += 1;
                *so_far <= 3
            };
            life.order(order, given, papers, &names);
        }
        life
    }

    fn order(
        &mut self,
        order: &Row,
        given: &[&Given],
        papers: bool,
        names: &HashMap<String, String>,
    ) {
        let units: i64 = order.goods.iter().map(|(_, units)| units).sum();
        self.orders += 1;
        self.ordered += units;
        add(&mut self.asked, order.pence);
        let chance = hash(&format!("payment:{}", order.number));
        let bought = (chance >> 8) % 128;
        if bought == 0 && given.is_empty() {
            self.hold(order, papers, None);
            add(&mut self.never_paid, order.pence);
            self.cancelled += units;
            return;
        }
        let declined = (1..=8).contains(&bought);
        self.declined += u64::from(declined);
        let again = if declined { 6 * HOUR } else { 0 };
        let paid = order.at + 2 + (chance % 14) as i64 + again;
        let free = paid.max(order.at + longest_hold(order, papers));
        let packed = free + PACKED_AFTER;
        let mut left = units;
        let mut gone = None;
        for part in given.iter().filter(|part| part.at <= packed) {
            left -= part.units;
            self.cancelled += part.units;
            if left == 0 {
                gone = Some(part.at);
            }
        }
        self.wholly_cancelled += u64::from(gone.is_some());
        self.hold(order, papers, gone);
        match gone.is_some_and(|at| at <= paid) {
            true => add(&mut self.not_needed, order.pence),
            false => add(&mut self.authorized, order.pence),
        }
        if given.is_empty() {
            self.trouble(order);
        }
        let late: Vec<&Given> = given.iter().filter(|part| part.at > packed).copied().collect();
        self.come_back(&late, names);
    }

    /// Holds last until their time, or until nothing is left of the order.
    fn hold(&mut self, order: &Row, papers: bool, gone: Option<i64>) {
        let known = !order.customer.is_empty();
        let kinds = [
            (order.pence >= LARGE, &mut self.fraud, if known { 3 * HOUR } else { DAY }, !known),
            (papers, &mut self.export, DAY, false),
        ];
        for (is_held, holds, length, lapses) in kinds {
            if !is_held {
                continue;
            }
            holds.placed += 1;
            let ended = gone.is_some_and(|at| at <= order.at + length);
            let counter = match (ended, lapses) {
                (true, _) => &mut holds.ended_with_order,
                (false, true) => &mut holds.lapsed,
                (false, false) => &mut holds.released,
            };
            *counter += 1;
        }
    }

    fn trouble(&mut self, order: &Row) {
        let what = match hash(&format!("trouble:{}", order.number)) % 1_000 {
            0..=14 => "/jobs/notFound/0",
            15..=24 => "/jobs/refused/0",
            25..=34 => "/parcels/voided/0",
            35..=39 => "/parcels/lost/0",
            40..=49 => "/parcels/notTaken/0",
            _ => return,
        };
        *self.troubles.entry(what).or_default() += 1;
    }

    /// One return for each document that gives something of the order back.
    fn come_back(&mut self, given: &[&Given], names: &HashMap<String, String>) {
        let returns: BTreeSet<(&str, bool)> = given
            .iter()
            .map(|part| (part.cancel.as_str(), part.at > part.placed + TOO_LATE))
            .collect();
        self.announced.0 += returns.len() as u64;
        self.refused.0 += returns.iter().filter(|(_, late)| *late).count() as u64;
        for part in given {
            self.announced.1 += part.units;
            if part.at > part.placed + TOO_LATE {
                self.refused.1 += part.units;
                continue;
            }
            let becomes = becomes(names.get(&part.sku).unwrap_or(&part.sku));
            *self.taken_in.entry(becomes).or_default() += part.units;
        }
    }
}

fn needs_papers(order: &Row) -> bool {
    !order.country.is_empty() && !UNION.split(' ').any(|state| state == order.country)
}

/// Minutes after placing at which the last hold ends; nothing if there is none.
fn longest_hold(order: &Row, papers: bool) -> i64 {
    let large = order.pence >= LARGE;
    match (papers || (large && order.customer.is_empty()), large) {
        (true, _) => DAY,
        (false, true) => 3 * HOUR,
        (false, false) => 0,
    }
}

fn becomes(name: &str) -> &'static str {
    let words: BTreeSet<&str> = name.split(|c: char| !c.is_ascii_uppercase()).collect();
    let has = |list: &str| list.split(' ').any(|word| words.contains(word));
    if has(USED_UP) {
        "written off"
    } else if has(WORN) {
        "back to the customer"
    } else if has(BREAKS) {
        "quarantined"
    } else {
        "restocked"
    }
}

fn add((times, sum): &mut Sum, of: i64) {
    *times += 1;
    *sum += of;
}

/// FNV-1a (64 bits), and the finaliser of SplitMix64 over it: as the program documents it.
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_shop_sees_a_bit_of_everything() {
        let life = Life::of(&Documents::invented(2_000), usize::MAX);
        assert!(life.orders > 1_000 && life.asked.0 == life.orders, "{life:?}");
        let paid = [life.authorized, life.never_paid, life.not_needed];
        assert_eq!(paid.iter().map(|sum| sum.1).sum::<i64>(), life.asked.1);
        assert!(life.never_paid.0 > 0 && life.declined > 0, "{life:?}");
        assert!(life.announced.1 > 0 && life.cancelled > 0, "{life:?}");
        assert!(!life.troubles.is_empty(), "{life:?}");
    }
}
