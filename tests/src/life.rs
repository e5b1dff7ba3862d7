//! What the whole life of the orders must come to in a shop that has enough of everything, counted
//! from the files by code that shares nothing with the program.
//!
//! It follows the rules that `earmark replay --help` tells, order by order, and needs no stock: no
//! figure here depends on which facility an order ships from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::count::{Count, Given, Row, pence, rows, table};
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
    pub declined: Sum,
    /// What was asked for and not wanted any more, since units were cancelled.
    pub withdrawn: Sum,
    /// The same, since the order expired.
    pub never_paid: Sum,
    /// Pence that parcels were worth.
    pub captured: i64,
    /// Of what came back and was kept: returns and pence.
    pub paid_back: Sum,
    /// Orders that expired, and those that were cancelled before they were paid.
    pub expired: u64,
    /// See above.
    pub never_confirmed: u64,
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
        let mut basket = Basket::of(order);
        let units: i64 = basket.left.iter().sum();
        let total = basket.pence();
        self.orders += 1;
        self.ordered += units;
        let chance = hash(&format!("payment:{}", order.number));
        let bought = (chance >> 8) % 128;
        if bought == 0 && given.is_empty() && total > 0 {
            self.hold(order, total, papers, None);
            add(&mut self.asked, total);
            add(&mut self.never_paid, total);
            self.expired += 1;
            self.cancelled += units;
            return;
        }
        let first = order.at + 2 + (chance % 14) as i64;
        let declined = (1..=8).contains(&bought);
        // What costs nothing is paid at once.
        let paid = match (total > 0, declined) {
            (false, _) => order.at,
            (true, false) => first,
            (true, true) => first + 6 * HOUR,
        };
        let packed = paid.max(order.at + longest_hold(order, total, papers)) + PACKED_AFTER;
        let (in_time, late): (Vec<&Given>, Vec<&Given>) =
            given.iter().copied().partition(|part| part.at <= packed);
        let mut asked = Asked::new(self, total, declined.then_some(first), paid);
        let mut gone = None;
        // One document is one cancellation, whatever it names.
        for of_one in in_time.chunk_by(|one, other| one.cancel == other.cancel) {
            for part in of_one {
                basket.take(&part.sku, part.units);
            }
            let at = of_one[0].at;
            asked.changes(at, basket.pence());
            if basket.left.iter().all(|left| *left == 0) {
                gone = Some(at);
            }
        }
        asked.ends();
        self.cancelled += in_time.iter().map(|part| part.units).sum::<i64>();
        self.wholly_cancelled += u64::from(gone.is_some());
        self.never_confirmed += u64::from(gone.is_some_and(|at| at <= paid && total > 0));
        self.captured += basket.pence();
        self.hold(order, total, papers, gone);
        if given.is_empty() {
            self.trouble(order);
        }
        self.come_back(&late, &mut basket, names);
    }

    /// Holds last until their time, or until nothing is left of the order.
    fn hold(&mut self, order: &Row, total: i64, papers: bool, gone: Option<i64>) {
        let known = !order.customer.is_empty();
        let kinds = [
            (total >= LARGE, &mut self.fraud, if known { 3 * HOUR } else { DAY }, !known),
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
    fn come_back(
        &mut self,
        given: &[&Given],
        basket: &mut Basket<'_>,
        names: &HashMap<String, String>,
    ) {
        for of_one in given.chunk_by(|one, other| one.cancel == other.cancel) {
            let late = of_one.iter().any(|part| part.at > part.placed + TOO_LATE);
            self.announced.0 += 1;
            self.refused.0 += u64::from(late);
            let mut back = 0;
            for part in of_one {
                self.announced.1 += part.units;
                if late {
                    // It stays with the customer, and could be given back once more.
                    self.refused.1 += part.units;
                    continue;
                }
                let becomes = becomes(names.get(&part.sku).unwrap_or(&part.sku));
                *self.taken_in.entry(becomes).or_default() += part.units;
                let pence = basket.take(&part.sku, part.units);
                back += if becomes == "back to the customer" { 0 } else { pence };
            }
            if back > 0 {
                add(&mut self.paid_back, back);
            }
        }
    }
}

/// What is left of an order, line by line.
struct Basket<'a> {
    order: &'a Row,
    left: Vec<i64>,
}

impl<'a> Basket<'a> {
    fn of(order: &'a Row) -> Self {
        Self { order, left: order.goods.iter().map(|(_, units)| *units).collect() }
    }

    /// What is left is worth, each line rounded by itself.
    fn pence(&self) -> i64 {
        self.left.iter().zip(&self.order.prices).map(|(units, price)| pence(*price, *units)).sum()
    }

    /// Takes units of an item, from its lines in order; what they cost.
    fn take(&mut self, sku: &str, mut units: i64) -> i64 {
        let mut cost = 0;
        for (line, left) in self.left.iter_mut().enumerate() {
            if self.order.goods[line].0 == sku {
                let taken = units.min(*left);
                *left -= taken;
                units -= taken;
                cost += pence(self.order.prices[line], taken);
            }
        }
        cost
    }
}

/// What is asked for of one order, as it changes.
struct Asked<'a> {
    life: &'a mut Life,
    open: i64,
    /// When it is declined, if it is.
    declined: Option<i64>,
    paid: i64,
}

impl<'a> Asked<'a> {
    fn new(life: &'a mut Life, total: i64, declined: Option<i64>, paid: i64) -> Self {
        let mut asked = Self { life, open: 0, declined, paid };
        asked.ask(total);
        asked
    }

    fn ask(&mut self, pence: i64) {
        self.open = pence;
        if pence > 0 {
            add(&mut self.life.asked, pence);
        }
    }

    /// What is declined meanwhile is asked for again.
    fn until(&mut self, at: i64) {
        if self.declined.is_some_and(|declined| declined < at && self.open > 0) {
            add(&mut self.life.declined, self.open);
            self.declined = None;
            let pence = self.open;
            self.ask(pence);
        }
        if self.open > 0 && self.paid < at {
            add(&mut self.life.authorized, self.open);
            self.open = 0;
        }
    }

    /// The order is worth less from a moment on: until it is paid, so much less is asked for.
    fn changes(&mut self, at: i64, pence: i64) {
        self.until(at);
        if self.open > 0 && self.open != pence {
            add(&mut self.life.withdrawn, self.open);
            self.ask(pence);
        }
    }

    fn ends(&mut self) {
        self.until(i64::MAX);
    }
}

fn needs_papers(order: &Row) -> bool {
    !order.country.is_empty() && !UNION.split(' ').any(|state| state == order.country)
}

/// Minutes after placing at which the last hold ends; nothing if there is none.
fn longest_hold(order: &Row, total: i64, papers: bool) -> i64 {
    let large = total >= LARGE;
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
        assert!(life.orders > 1_000 && life.asked.0 > life.orders, "{life:?}");
        let ends = [life.authorized, life.declined, life.withdrawn, life.never_paid];
        assert_eq!(ends.iter().map(|sum| sum.1).sum::<i64>(), life.asked.1);
        assert!(life.declined.0 > 0 && life.never_paid.0 > 0 && life.paid_back.1 > 0, "{life:?}");
        assert!(life.announced.1 > 0 && life.cancelled > 0, "{life:?}");
        assert!(!life.troubles.is_empty(), "{life:?}");
    }
}
