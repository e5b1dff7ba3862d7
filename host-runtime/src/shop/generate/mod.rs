//! A shop made up from a seed, of the same shape as the real one.
//!
//! Law: a seed and a size give one shop, byte for byte; its kinds, its order sizes and its
//! oddities (repeated items, hundreds of lines, prices below a penny, missing countries and
//! customers, items that were never sold) come in about the proportions of the real year.

mod catalogue;
pub(crate) mod random;

use self::catalogue::{Item, Range};
use self::random::Random;
use super::calendar::{self, DAY, HOUR, MINUTE, WEEK};
use super::documents::{self, Charge, Document, Goods, Kind, Price};
use super::links::{Link, Links};
use super::sources::Shop;

/// The first day of the generated year: Monday, 2024-01-01, in milliseconds.
const FIRST_DAY: u64 = 1_704_067_200_000;

/// The number of the first document.
const FIRST_NUMBER: usize = 100_001;

/// The most items the shop sells; the real one sells 3,798.
const ITEMS_MAX: usize = 3_800;

/// How many of a thousand documents are of which kind; the rest are fees.
const MIX: [(Kind, usize); 4] =
    [(Kind::Order, 764), (Kind::Cancel, 132), (Kind::Adjust, 81), (Kind::Credit, 16)];

/// Units of an ordinary line: packs, rather than any number.
const PACKS: [i64; 18] = [1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 6, 6, 8, 10, 12, 12, 24, 48];

/// How often an order is looked for that a cancellation can undo.
const TRIES: usize = 16;

/// Makes a shop with so many documents.
pub(crate) fn shop(seed: u64, documents: usize) -> Shop {
    let mut maker = Maker::new(seed, documents);
    let times = times(&mut maker.random, documents);
    // Three bad debts, as in the real year, at the quarters of a year that is long enough.
    let quarter = (documents / 4).max(8);
    for (count, at) in times.iter().copied().enumerate() {
        let debt = count > 0 && count % quarter == 0 && count / quarter <= 3;
        maker.document(at, if debt { Some(Kind::Debt) } else { None });
    }
    let first_and_last = times.first().zip(times.last());
    let span = first_and_last.map_or(0, |(first, last)| last - first);
    let weeks = i64::try_from(span.div_ceil(WEEK)).unwrap_or(i64::MAX);
    documents::sort(&mut maker.documents);
    Shop {
        origin: format!("generated from seed {seed}, {documents} documents"),
        products: catalogue::products(&maker.range, &maker.documents, weeks),
        documents: maker.documents,
        links: maker.links,
        countries: catalogue::countries(),
        notes: Vec::new(),
    }
}

struct Maker {
    random: Random,
    range: Range,
    customers: Vec<Customer>,
    documents: Vec<Document>,
    links: Links,
    /// The positions of orders whose customer is known, with what each line still has.
    open: Vec<(usize, Vec<i64>)>,
}

#[derive(Clone)]
struct Customer {
    name: String,
    country: &'static str,
}

impl Maker {
    fn new(seed: u64, documents: usize) -> Self {
        let mut random = Random::new(seed);
        let range = Range::new(&mut random, (documents / 5).clamp(40, ITEMS_MAX));
        let customers = (0..documents / 6 + 5)
            .map(|number| Customer {
                name: (12_346 + number).to_string(),
                country: catalogue::country(&mut random),
            })
            .collect();
        let (documents, links, open) = (Vec::new(), Links::default(), Vec::new());
        Self { random, range, customers, documents, links, open }
    }

    fn document(&mut self, at: u64, kind: Option<Kind>) {
        let kind = kind.unwrap_or_else(|| self.kind());
        let number = FIRST_NUMBER + self.documents.len();
        let document = match kind {
            Kind::Order => self.order(at, number),
            Kind::Cancel => match self.cancel(at, number) {
                Some(cancel) => cancel,
                None => self.order(at, number),
            },
            Kind::Adjust => self.adjust(at, number),
            Kind::Credit => {
                let number = format!("C{number}");
                self.charges(at, number, Kind::Credit, &["M", "D", "S", "POST"], -1)
            }
            Kind::Fee => {
                let codes = ["AMAZONFEE", "BANK CHARGES", "M", "DOT"];
                self.charges(at, number.to_string(), Kind::Fee, &codes, 1)
            }
            Kind::Debt => self.charges(at, format!("A{number}"), Kind::Debt, &["B"], 1),
        };
        debug_assert_eq!(Kind::of(&document), document.kind, "{document:?}");
        self.documents.push(document);
    }

    fn kind(&mut self) -> Kind {
        let mut roll = self.random.below(1_000);
        for (kind, share) in MIX {
            if roll < share {
                return kind;
            }
            roll -= share;
        }
        Kind::Fee
    }

    fn order(&mut self, at: u64, number: usize) -> Document {
        let random = &mut self.random;
        let size = order_size(random);
        let mut goods: Vec<_> = self
            .range
            .choose(random, size)
            .into_iter()
            .map(|item| Goods {
                sku: item.sku.clone(),
                quantity: units(random),
                price: asked(random, item),
            })
            .collect();
        // A gift now and then, but never as the first line: an order has a price.
        if let Some(gift) = goods.get_mut(1..).and_then(<[Goods]>::last_mut)
            && random.chance(20)
        {
            gift.price = Price(0);
        }
        if random.chance(140) {
            for _ in 0..=random.below(2) {
                let again = random.pick(&goods).cloned();
                goods.extend(again.map(|line| Goods { quantity: units(random), ..line }));
            }
        }
        let customer = if random.chance(70) { None } else { random.pick(&self.customers).cloned() };
        let country = customer.as_ref().map_or("GB", |customer| customer.country);
        let postage = match (&customer, country) {
            (None, _) => Some("DOT"),
            (_, "GB") => None,
            _ => Some("POST"),
        };
        let mut charges: Vec<_> =
            postage.map(|code| charge(code, 1, random.within(1, 40) * 4_500)).into_iter().collect();
        if random.chance(2) {
            charges.push(charge("PADS", 1, 10));
        }
        if customer.is_some() {
            let left = goods.iter().map(|line| line.quantity).collect();
            self.open.push((self.documents.len(), left));
        }
        let known = !random.chance(4);
        Document {
            number: number.to_string(),
            at,
            kind: Kind::Order,
            customer: customer.map(|customer| customer.name),
            country: known.then(|| country.to_owned()),
            goods,
            charges,
        }
    }

    /// Undoes lines of an earlier order; `None` if there is nothing to undo.
    fn cancel(&mut self, at: u64, number: usize) -> Option<Document> {
        let place = self.undoable()?;
        let (position, left) = self.open.get_mut(place)?;
        let order = self.documents.get(*position)?;
        let random = &mut self.random;
        let number = format!("C{number}");
        // Now and then nobody can say which order it was, or who asked.
        let (linked, named) = (!random.chance(70), !random.chance(30));
        let (size, start) = (order.goods.len(), random.below(order.goods.len()));
        let lines = if random.chance(100) { size } else { 1 + random.below(3) };
        let mut goods = Vec::new();
        for line in (start..size).chain(0..start) {
            let (Some(ordered), Some(left)) = (order.goods.get(line), left.get_mut(line)) else {
                continue;
            };
            if *left == 0 || goods.len() == lines {
                continue;
            }
            let quantity = if random.chance(600) { *left } else { random.within(1, *left) };
            let Goods { sku, price, .. } = ordered.clone();
            if linked && named {
                *left -= quantity;
                self.links.add(&number, &sku, Link { order: order.number.clone(), quantity });
            }
            goods.push(Goods { sku, quantity: -quantity, price });
        }
        Some(Document {
            number,
            at,
            kind: Kind::Cancel,
            customer: order.customer.clone().filter(|_| named),
            country: order.country.clone(),
            goods,
            charges: Vec::new(),
        })
    }

    /// An order that still has units; in one of four cases a recent one, which has not shipped.
    fn undoable(&mut self) -> Option<usize> {
        let recent = if self.random.chance(250) { 50 } else { usize::MAX };
        (0..TRIES).find_map(|_| {
            let back = 1 + self.random.below(self.open.len().min(recent));
            let place = self.open.len().checked_sub(back)?;
            let (_, left) = self.open.get(place)?;
            left.iter().any(|&units| units > 0).then_some(place)
        })
    }

    fn adjust(&mut self, at: u64, number: usize) -> Document {
        let random = &mut self.random;
        let sku = match self.range.choose(random, 1).first() {
            Some(item) if !random.chance(60) => item.sku.clone(),
            _ => catalogue::stray(random),
        };
        let found = random.chance(360);
        let quantity = if found { random.within(1, 140) } else { -random.within(1, 300) };
        let (goods, charges) = match random.chance(5) {
            true => (Vec::new(), vec![charge("DOT", quantity, 0)]),
            false => (vec![Goods { sku, quantity, price: Price(0) }], Vec::new()),
        };
        Document {
            number: number.to_string(),
            at,
            kind: Kind::Adjust,
            customer: None,
            country: Some("GB".into()),
            goods,
            charges,
        }
    }

    fn charges(
        &mut self,
        at: u64,
        number: String,
        kind: Kind,
        codes: &[&str],
        quantity: i64,
    ) -> Document {
        let random = &mut self.random;
        let code = random.pick(codes).copied().unwrap_or("M");
        let customer = if random.chance(600) { random.pick(&self.customers) } else { None };
        let country = customer.map_or("GB", |customer| customer.country).to_owned();
        let customer = customer.map(|customer| customer.name.clone());
        let charges = vec![charge(code, quantity, random.within(1, 900_000))];
        let (country, goods) = (Some(country), Vec::new());
        Document { number, at, kind, customer, country, goods, charges }
    }
}

/// The lines of an order: mostly a few dozen, sometimes one, now and then hundreds.
fn order_size(random: &mut Random) -> usize {
    let (low, high) = match random.below(1_000) {
        0..120 => (1, 1),
        120..450 => (2, 10),
        450..850 => (8, 30),
        850..985 => (25, 120),
        985..998 => (120, 300),
        _ => (300, 1_100),
    };
    low + random.below(high - low + 1)
}

fn units(random: &mut Random) -> i64 {
    match random.chance(2) {
        true => random.within(200, 3_000),
        false => random.pick(&PACKS).copied().unwrap_or(1),
    }
}

/// The usual price; for one line in twenty-five a fifth more.
fn asked(random: &mut Random, item: &Item) -> Price {
    let Price(usual) = item.price;
    Price(if random.chance(40) { usual + usual / 5 } else { usual })
}

fn charge(code: &str, quantity: i64, price: i64) -> Charge {
    Charge { code: code.into(), quantity, price: Price(price) }
}

/// Times in order: 60 to 110 documents a working day, from 8 to 18 o'clock, no Saturdays.
fn times(random: &mut Random, documents: usize) -> Vec<u64> {
    let mut times = Vec::with_capacity(documents);
    let mut day = FIRST_DAY;
    while times.len() < documents {
        if !calendar::is_saturday(day) {
            let count = (60 + random.below(51)).min(documents - times.len());
            let minute = |random: &mut Random| 8 * HOUR + random.below(600) as u64 * MINUTE;
            let mut minutes: Vec<_> = (0..count).map(|_| day + minute(random)).collect();
            minutes.sort_unstable();
            times.append(&mut minutes);
        }
        day += DAY;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::plan::PlanOptions;

    #[test]
    fn a_seed_gives_one_shop_and_another_seed_another() {
        let bytes = |seed| {
            let shop = shop(seed, 400);
            format!("{:?}{:?}{:?}", shop.documents, shop.links, shop.products)
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
    }

    #[test]
    fn a_shop_of_any_size_has_that_many_documents_in_time_order() {
        for size in [0, 1, 2, 7, 100] {
            let shop = shop(1, size);
            assert_eq!(shop.documents.len(), size);
            let key = |document: &Document| (document.at, document.number.clone());
            assert!(shop.documents.is_sorted_by_key(key));
        }
    }

    #[test]
    fn the_proportions_are_those_of_the_real_year() {
        let shop = shop(11, 6_000);
        let expected = shop.expected(&PlanOptions::default());
        let share = |kind| expected.documents.get(&kind).copied().unwrap_or(0) * 1_000 / 6_000;
        let near = |found: u64, low, high| assert!((low..=high).contains(&found), "{found}");
        near(share(Kind::Order), 740, 790);
        near(share(Kind::Cancel), 115, 150);
        near(share(Kind::Adjust), 65, 95);
        near(share(Kind::Credit), 8, 25);
        near(share(Kind::Fee), 2, 14);
        assert_eq!(expected.documents.get(&Kind::Debt), Some(&3));
        let orders = expected.documents[&Kind::Order];
        near(expected.orders_repeating_an_item * 1_000 / orders, 110, 170);
        near(expected.order_lines / orders, 18, 32);
        near(expected.total().ordered.unsigned_abs() / expected.order_lines, 7, 15);
        near(expected.longest_order, 400, 1_112);
        assert!(expected.orders_without_country() > 0 && expected.rows_below_a_penny > 0);
        assert!(expected.free_order_lines > 0 && expected.charges_with_goods > 0);
        let total = expected.total();
        assert!(total.cancelled > 0 && total.returned > total.cancelled, "{total:?}");
        assert!(total.found > 0 && total.lost > total.found, "{total:?}");
        assert!(expected.never_sold() > 0);
        assert_eq!(expected.unmatched.len(), 2, "{:?}", expected.unmatched);
        let abroad = shop.documents.iter().filter_map(|document| document.country.as_deref());
        let countries: std::collections::BTreeSet<_> = abroad.collect();
        assert!(countries.len() >= 14, "{countries:?}");
    }
}
