//! What a year of documents must come to, counted from the files by code that shares nothing with
//! the program: an order ties its units, a cancellation within a day unties them, a later one
//! brings them back, and an adjustment finds or loses some.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::documents::Documents;

/// Orders leave the house a day after they were placed.
const SHIPS_AFTER_MINUTES: i64 = 24 * 60;

/// Units of one item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    /// In orders.
    pub ordered: i64,
    /// Given up before they were shipped.
    pub cancelled: i64,
    /// Sent back.
    pub returned: i64,
    /// Found.
    pub found: i64,
    /// Lost.
    pub lost: i64,
}

/// What the documents come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    /// Documents by their kind.
    pub kinds: BTreeMap<String, u64>,
    /// Lines of all orders.
    pub order_lines: u64,
    /// Units by item.
    pub items: BTreeMap<String, Units>,
    /// Units of cancellations that belong to no order: whose customer nobody knows, and the rest.
    pub of_nobody: i64,
    /// See above.
    pub of_no_order: i64,
    /// Units that were given up, of orders that had them.
    pub given: Vec<Given>,
}

/// Units of one item that one document gives up of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// When, in minutes.
    pub at: i64,
    /// The document.
    pub cancel: String,
    /// The order.
    pub order: String,
    /// When that was placed, in minutes.
    pub placed: i64,
    /// The item.
    pub sku: String,
    /// Above zero.
    pub units: i64,
}

impl Count {
    /// Counts the first `most` documents.
    ///
    /// # Panics
    /// If a table can't be read.
    #[must_use]
    pub fn of(documents: &Documents, most: usize) -> Self {
        let rows = rows(documents, most);
        let mut links: HashMap<(String, String), Vec<(String, i64)>> = HashMap::new();
        for cells in table(documents, "cancel_links.csv") {
            let (key, units) = ((cells[0].clone(), cells[2].clone()), whole(&cells[3]));
            links.entry(key).or_default().push((cells[1].clone(), units));
        }
        let mut count = Self::default();
        for row in &rows {
            count.add(row);
        }
        count.give_back(&rows, &links);
        for given in &count.given {
            let item = count.items.entry(given.sku.clone()).or_default();
            match given.at - given.placed < SHIPS_AFTER_MINUTES {
                true => item.cancelled += given.units,
                false => item.returned += given.units,
            }
        }
        count
    }

    fn add(&mut self, row: &Row) {
        *self.kinds.entry(row.kind.clone()).or_default() += 1;
        for (sku, quantity) in &row.goods {
            let item = self.items.entry(sku.clone()).or_default();
            match row.kind.as_str() {
                "order" => {
                    self.order_lines += 1;
                    item.ordered += quantity;
                }
                "adjust" if *quantity > 0 => item.found += quantity,
                "adjust" => item.lost -= quantity,
                _ => {}
            }
        }
    }

    /// Every unit that is given up goes to an order that still has it, or to nobody.
    fn give_back(&mut self, rows: &[Row], links: &HashMap<(String, String), Vec<(String, i64)>>) {
        let orders = rows.iter().filter(|row| row.kind == "order");
        let by_number: HashMap<&str, &Row> = orders.map(|row| (row.number.as_str(), row)).collect();
        let mut gone: HashMap<(&str, &str), i64> = HashMap::new();
        for cancel in rows.iter().filter(|row| row.kind == "cancel") {
            for (sku, quantity) in cancel.units() {
                let mut left = -quantity;
                let key = (cancel.number.clone(), sku.to_owned());
                for (order, linked) in links.get(&key).into_iter().flatten() {
                    let claimed = left.min(*linked);
                    left -= claimed;
                    let earlier = by_number.get(order.as_str());
                    let earlier = earlier.filter(|order| order.place() < cancel.place());
                    let Some(order) = earlier else {
                        self.of_no_order += claimed;
                        continue;
                    };
                    let had = order.units().get(sku).copied().unwrap_or(0);
                    let gone = gone.entry((&order.number, sku)).or_default();
                    let given = claimed.min(had - *gone);
                    *gone += given;
                    self.of_no_order += claimed - given;
                    if given > 0 {
                        self.given.push(Given {
                            at: cancel.at,
                            cancel: cancel.number.clone(),
                            order: order.number.clone(),
                            placed: order.at,
                            sku: sku.to_owned(),
                            units: given,
                        });
                    }
                }
                match cancel.customer.is_empty() {
                    true => self.of_nobody += left,
                    false => self.of_no_order += left,
                }
            }
        }
    }
}

/// The first documents, in order of time.
pub(crate) fn rows(documents: &Documents, most: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = table(documents, "orders.csv").map(|cells| Row::of(&cells)).collect();
    rows.sort_by(|one, other| one.place().cmp(&other.place()));
    rows.truncate(most);
    rows
}

/// A document.
pub(crate) struct Row {
    pub(crate) number: String,
    pub(crate) kind: String,
    /// In minutes; only differences count.
    pub(crate) at: i64,
    pub(crate) customer: String,
    pub(crate) country: String,
    pub(crate) goods: Vec<(String, i64)>,
    /// The price of a unit of each line, in hundredths of a penny.
    pub(crate) prices: Vec<i64>,
}

impl Row {
    fn of(cells: &[String]) -> Self {
        let line = |line: &str| {
            let mut parts = line.split(':');
            let sku = parts.next().expect("a line names its item").to_uppercase();
            (sku, whole(parts.next().expect("a line has units")))
        };
        let lines = || cells[5].split('|').filter(|text| !text.is_empty());
        let goods = lines().map(line).collect();
        let prices = lines().map(price).collect();
        let [number, kind, customer, country] = [0, 1, 3, 4].map(|cell| cells[cell].clone());
        Self { number, kind, at: minutes(&cells[2]), customer, country, goods, prices }
    }

    /// Its place in time.
    fn place(&self) -> (i64, &str) {
        (self.at, &self.number)
    }

    /// Its units, each item once.
    pub(crate) fn units(&self) -> BTreeMap<&str, i64> {
        let mut units = BTreeMap::new();
        for (sku, quantity) in &self.goods {
            *units.entry(sku.as_str()).or_default() += quantity;
        }
        units
    }
}

/// Minutes of a moment such as `2010-12-01T08:26`, days counted by the calendar.
fn minutes(moment: &str) -> i64 {
    let mut parts = moment.split(['-', 'T', ':']).map(whole);
    let mut next = || parts.next().expect("a moment has five parts");
    let (year, month, day, hour, minute) = (next(), next(), next(), next(), next());
    let leap = |year: i64| i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let before: i64 = (1970..year).map(|year| 365 + leap(year)).sum();
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i64 = lengths.iter().take(month as usize - 1).sum();
    ((before + months + day - 1) * 24 + hour) * 60 + minute
}

/// The price of a line `SKU:units:pence`, where pence may have two decimals.
fn price(line: &str) -> i64 {
    let price = line.rsplit(':').next().expect("a line has a price");
    let (pence, part) = price.split_once('.').unwrap_or((price, ""));
    whole(pence) * 100 + whole(&format!("{part:0<2}"))
}

/// What units come to, the half to the even penny.
pub(crate) fn pence(price: i64, units: i64) -> i64 {
    let (down, rest) = ((price * units).div_euclid(100), (price * units).rem_euclid(100));
    down + i64::from(rest > 50 || (rest == 50 && down % 2 == 1))
}

fn whole(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no whole number"))
}

pub(crate) fn table(documents: &Documents, name: &str) -> impl Iterator<Item = Vec<String>> {
    let path = documents.table(name);
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let plain: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    csv::Reader::from_reader(plain).into_records().map(|record| {
        let record = record.expect("a table has whole rows");
        record.iter().map(|cell| cell.trim().to_owned()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_penny_goes_to_the_even_one() {
        let line = |line, units| pence(price(line), units);
        assert_eq!((line("A:6:255", 6), line("A:15:0.1", 15)), (1_530, 2));
        assert_eq!((line("A:25:0.1", 25), line("A:3:0.55", 3)), (2, 2));
    }

    #[test]
    fn minutes_follow_the_calendar() {
        assert_eq!(minutes("1970-01-01T00:00"), 0);
        assert_eq!(minutes("2012-03-01T00:00") - minutes("2012-02-28T00:00"), 2 * 24 * 60);
        assert_eq!(minutes("2011-03-01T08:26") - minutes("2011-02-28T08:25"), 24 * 60 + 1);
    }

    #[test]
    fn an_invented_shop_has_documents_of_every_sort() {
        let count = Count::of(&Documents::invented(600), usize::MAX);
        for kind in ["order", "cancel", "adjust", "fee"] {
            assert!(count.kinds.get(kind).is_some_and(|&some| some > 5), "{kind}: {count:?}");
        }
        let sum = |of: fn(&Units) -> i64| count.items.values().map(of).sum::<i64>();
        assert!(sum(|units| units.ordered) > 5_000 && sum(|units| units.found) > 0);
        assert!(sum(|units| units.cancelled) > 0 && sum(|units| units.lost) > 0);
    }
}
