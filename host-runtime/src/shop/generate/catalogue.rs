//! What the generated shop sells, and where it sends it.
//!
//! Law: everything here is invented or common knowledge; no row of anybody's data is in it.

use std::collections::BTreeMap;

use super::random::Random;
use crate::shop::countries::{Countries, Place};
use crate::shop::documents::{Document, Kind, Price};
use crate::shop::products::{Product, Products, Scarcity};

/// Countries with their capitals in micro-degrees; the first is the shop's own.
const COUNTRIES: [(&str, &str, &str, i32, i32); 16] = [
    ("United Kingdom", "GB", "London", 51_507_400, -127_800),
    ("Germany", "DE", "Berlin", 52_520_000, 13_405_000),
    ("France", "FR", "Paris", 48_856_600, 2_352_200),
    ("Ireland", "IE", "Dublin", 53_349_800, -6_260_300),
    ("Spain", "ES", "Madrid", 40_416_800, -3_703_800),
    ("Netherlands", "NL", "Amsterdam", 52_367_600, 4_904_100),
    ("Belgium", "BE", "Brussels", 50_850_300, 4_351_700),
    ("Switzerland", "CH", "Bern", 46_948_000, 7_447_400),
    ("Portugal", "PT", "Lisbon", 38_722_300, -9_139_300),
    ("Italy", "IT", "Rome", 41_902_800, 12_496_400),
    ("Norway", "NO", "Oslo", 59_913_900, 10_752_200),
    ("Sweden", "SE", "Stockholm", 59_329_300, 18_068_600),
    ("Australia", "AU", "Canberra", -35_280_900, 149_130_000),
    ("Japan", "JP", "Tokyo", 35_676_200, 139_650_300),
    ("United States", "US", "Washington", 38_907_200, -77_036_900),
    ("Singapore", "SG", "Singapore", 1_352_100, 103_819_800),
];

/// Towns of the shop's own country, in micro-degrees.
const TOWNS: [(&str, i32, i32); 16] = [
    ("London", 51_507_400, -127_800),
    ("Birmingham", 52_486_200, -1_890_400),
    ("Manchester", 53_480_800, -2_242_600),
    ("Leeds", 53_800_800, -1_549_100),
    ("Liverpool", 53_408_400, -2_991_600),
    ("Bristol", 51_454_500, -2_587_900),
    ("Newcastle", 54_978_300, -1_617_800),
    ("Nottingham", 52_954_800, -1_158_100),
    ("Southampton", 50_909_700, -1_404_400),
    ("Plymouth", 50_375_500, -4_142_700),
    ("Norwich", 52_630_900, 1_297_400),
    ("Cardiff", 51_481_600, -3_179_100),
    ("Edinburgh", 55_953_300, -3_188_300),
    ("Glasgow", 55_864_200, -4_251_800),
    ("Aberdeen", 57_149_700, -2_094_300),
    ("Belfast", 54_597_300, -5_930_100),
];

const COLOURS: [&str; 12] = [
    "red", "blue", "ivory", "green", "silver", "pink", "black", "natural", "amber", "striped",
    "spotted", "plain",
];
const MATERIALS: [&str; 10] =
    ["glass", "tin", "wooden", "ceramic", "paper", "felt", "wicker", "enamel", "cotton", "zinc"];
const THINGS: [&str; 20] = [
    "lantern", "bowl", "frame", "mug", "garland", "basket", "clock", "candle", "box", "bell",
    "jar", "hook", "tray", "teapot", "puzzle", "bag", "doormat", "ribbon", "bird", "star",
];

/// Usual prices in pence.
const PENCE: [i64; 18] =
    [29, 29, 42, 55, 65, 85, 85, 125, 125, 145, 165, 195, 210, 255, 295, 425, 795, 1_495];

/// One item, before anything is known about its demand.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) price: Price,
}

/// Items with a popularity: the weight of the item of rank r is 1 / (r + 8), Zipf's law with
/// a blunted head.
#[derive(Debug)]
pub(super) struct Range {
    items: Vec<Item>,
    cumulative: Vec<usize>,
}

impl Range {
    /// So many items, whose popularity has nothing to do with their SKUs.
    pub(super) fn new(random: &mut Random, size: usize) -> Self {
        let mut items: Vec<_> = (0..size).map(|number| item(random, number)).collect();
        for place in (1..items.len()).rev() {
            items.swap(place, random.below(place + 1));
        }
        let mut sum = 0;
        let cumulative = (0..size)
            .map(|rank| {
                sum += 10_000_000 / (rank + 8);
                sum
            })
            .collect();
        Self { items, cumulative }
    }

    /// Different items, popular ones rather than others; at most as many as there are.
    pub(super) fn choose(&self, random: &mut Random, count: usize) -> Vec<&Item> {
        let mut taken = vec![false; self.items.len()];
        let mut chosen = Vec::with_capacity(count.min(self.items.len()));
        for _ in 0..count.min(self.items.len()) {
            let mark = random.below(self.cumulative.last().copied().unwrap_or(0));
            let start = self.cumulative.partition_point(|&sum| sum <= mark);
            let places = (start..taken.len()).chain(0..start);
            for place in places {
                if let (Some(taken), Some(item)) = (taken.get_mut(place), self.items.get(place))
                    && !*taken
                {
                    *taken = true;
                    chosen.push(item);
                    break;
                }
            }
        }
        chosen
    }
}

/// The SKU of an item that is in no list, but is found or lost now and then.
pub(super) fn stray(random: &mut Random) -> String {
    format!("9{:04}X", random.below(60))
}

/// The countries of the generated shop.
pub(super) fn countries() -> Countries {
    let place = |&(town, latitude_e6, longitude_e6): &(&str, i32, i32)| Place {
        town: town.into(),
        latitude_e6,
        longitude_e6,
    };
    Countries::from_list(&COUNTRIES).with_towns(TOWNS.iter().map(place).collect())
}

/// A country to live in: in nine of ten cases the shop's own, and else a near one rather than a
/// far one.
pub(super) fn country(random: &mut Random) -> &'static str {
    if random.chance(900) {
        return "GB";
    }
    let abroad = 1 + random.below(COUNTRIES.len() - 1).min(random.below(COUNTRIES.len() - 1));
    COUNTRIES.get(abroad).map_or("GB", |&(_, iso2, ..)| iso2)
}

/// The catalogue, scarce in proportion to the demand of these documents.
pub(super) fn products(range: &Range, documents: &[Document], weeks: i64) -> Products {
    let mut ordered: BTreeMap<&str, i64> = BTreeMap::new();
    for order in documents.iter().filter(|document| document.kind == Kind::Order) {
        for line in &order.goods {
            *ordered.entry(&line.sku).or_default() += line.quantity;
        }
    }
    let product = |item: &Item| {
        let units = ordered.get(item.sku.as_str()).copied().unwrap_or(0);
        let scarcity = Scarcity {
            static_units: units * 958 / 1_000,
            weekly_level: units * 14 / (10 * weeks.max(1)),
        };
        let (name, price) = (item.name.clone(), item.price);
        (item.sku.clone(), Product { name, price, scarcity: Some(scarcity) })
    };
    range.items.iter().map(product).collect()
}

fn item(random: &mut Random, number: usize) -> Item {
    let letter = ["", "", "", "", "A", "B"].get(random.below(6)).copied().unwrap_or("");
    let word = |random: &mut Random, words: &[&'static str]| {
        random.pick(words).copied().unwrap_or("thing")
    };
    let name = [&COLOURS[..], &MATERIALS[..], &THINGS[..]].map(|words| word(random, words));
    let pence = random.pick(&PENCE).copied().unwrap_or(100);
    // Confetti and beads: one item in a hundred costs less than a penny.
    let price = if random.chance(10) { random.within(1, 9) * 10 } else { pence * 100 };
    Item {
        sku: format!("{}{letter}", 20_000 + number * 7),
        name: name.join(" "),
        price: Price(price),
    }
}
