//! How much stock the shop starts with, where it lies, and what is bought in.
//!
//! Law: where an item lies depends on its SKU and the codes of the facilities alone, and the
//! parts always add up to the whole.
//!
//! Each item has a home facility and two or three others, ranked by a stable hash of SKU and
//! facility (rendezvous hashing: a facility more or less moves few items). Home takes what the
//! others' shares leave over; each facility keeps its percentage in the primary tier, rounded up.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::calendar;
use super::documents::{Document, Kind};
use super::hash;
use super::network::{Facility, Network};
use super::products::{Products, Scarcity};

/// The percentages of the facilities after home, for items that lie in three.
const THREE_PLACES: &[i64] = &[30, 20];

/// The same for the quarter of the items that lie in four.
const FOUR_PLACES: &[i64] = &[25, 15, 10];

/// The hour of a Monday at which goods are brought in.
const TOP_UP_HOUR: u64 = 6;

/// The most units per item that can be asked for; the core has the same bound for a shelf.
const PER_ITEM_MAX: i64 = 2_000_000_000;

/// How much stock there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StockPolicy {
    /// Enough for every order wherever it ships from: the units ordered, spread; and in home's
    /// back stock, which adjustments hit, as many again and all that will be lost.
    Ample,
    /// What the products file calls `stock_static_5pct`: nothing is ever bought in.
    Static5Percent,
    /// What the products file calls `stock_weekly_topup_5pct`: the opening stock, and the level
    /// that stock is brought up to every Monday at 06:00.
    Weekly5Percent,
    /// The same number of units for every item.
    PerItem(i64),
}

/// Why there is no stock.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StockError {
    /// The name of a policy is none.
    #[error(
        "`{0}` is no stock policy; write `ample`, `static-5pct`, `weekly-5pct` or a number of \
         units as in `100-per-item`"
    )]
    UnknownPolicy(String),
    /// The policy needs figures that nobody gave.
    #[error(
        "the stock policy `{0}` needs a `products.csv` beside the orders, which says how scarce \
         each item is; add it, or choose `ample` or `100-per-item`"
    )]
    MissingProducts(StockPolicy),
    /// There is no place for stock.
    #[error("the network has no facility; name at least one in the network file")]
    NoFacility,
}

/// Where in a facility units lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// What orders are served from.
    Primary,
    /// What they are served from when primary is empty.
    Back,
}

/// Units of one item in one tier of one facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stocked<'a> {
    /// Which item.
    pub(crate) sku: &'a str,
    /// Which facility.
    pub(crate) facility: &'a Facility,
    /// Which tier.
    pub(crate) tier: Tier,
    /// How many units; above zero.
    pub(crate) units: i64,
}

/// Units that are bought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TopUp<'a> {
    /// When they arrive, in milliseconds since 1970.
    pub(crate) at: u64,
    /// What arrives where.
    pub(crate) stocked: Stocked<'a>,
}

/// The stock of a shop under one policy.
#[derive(Debug)]
pub(crate) struct Stocking<'a> {
    policy: StockPolicy,
    network: &'a Network,
    products: &'a Products,
    needs: BTreeMap<&'a str, Need>,
    step_in: bool,
}

/// What the documents take of one item.
#[derive(Debug, Clone, Copy, Default)]
struct Need {
    ordered: i64,
    lost: i64,
}

impl<'a> Stocking<'a> {
    /// Prepares the stock for these documents.
    ///
    /// # Errors
    /// If the policy needs the products file and there is none, or there is no facility.
    pub(crate) fn new(
        policy: StockPolicy,
        network: &'a Network,
        products: &'a Products,
        documents: &'a [Document],
    ) -> Result<Self, StockError> {
        let scarce = matches!(policy, StockPolicy::Static5Percent | StockPolicy::Weekly5Percent);
        if scarce && products.values().all(|product| product.scarcity.is_none()) {
            return Err(StockError::MissingProducts(policy));
        }
        if network.facilities.is_empty() {
            return Err(StockError::NoFacility);
        }
        let needs = needs(documents);
        Ok(Self { policy, network, products, needs, step_in: false })
    }

    /// Ample stock is ample in each of an item's facilities by itself: whatever one of them can't
    /// do, another can.
    pub(crate) fn that_steps_in(self) -> Self {
        Self { step_in: true, ..self }
    }

    /// The opening stock of an item: none, one or several parts, home first.
    pub(crate) fn opening(&self, sku: &'a str) -> Vec<Stocked<'a>> {
        let need = self.needs.get(sku).copied().unwrap_or_default();
        let scarcity = self.products.get(sku).and_then(|product| product.scarcity);
        let of = |figure: fn(Scarcity) -> i64| scarcity.map_or(0, figure);
        match self.policy {
            StockPolicy::Static5Percent => {
                spread(self.network, sku, of(|scarcity| scarcity.static_units))
            }
            StockPolicy::Weekly5Percent => {
                spread(self.network, sku, of(|scarcity| scarcity.weekly_level))
            }
            StockPolicy::PerItem(units) => spread(self.network, sku, units),
            StockPolicy::Ample => {
                let mut parts = spread(self.network, sku, need.ordered);
                let Some((home, others)) = places(self.network, sku) else { return parts };
                add_to_back(&mut parts, sku, home, need.ordered + need.lost);
                for (facility, _) in others.into_iter().filter(|_| self.step_in) {
                    add_to_back(&mut parts, sku, facility, need.ordered);
                }
                parts
            }
        }
    }

    /// What is bought in, in time order: nothing, unless the policy is weekly.
    ///
    /// The amounts bring a stock of the opening levels back up to them, from which all orders in
    /// question were served, each of them wholly or not at all. They depend on the documents
    /// only, so cancelled and returned units come on top. They arrive in home's primary tier.
    pub(crate) fn top_ups(&self, documents: &'a [Document]) -> Vec<TopUp<'a>> {
        let (Some(first), Some(last)) = (documents.first(), documents.last()) else {
            return Vec::new();
        };
        if self.policy != StockPolicy::Weekly5Percent {
            return Vec::new();
        }
        let mut sold: BTreeMap<&str, i64> = BTreeMap::new();
        let mut top_ups = Vec::new();
        let mut orders =
            documents.iter().filter(|document| document.kind == Kind::Order).peekable();
        for monday in calendar::mondays(first.at, last.at, TOP_UP_HOUR) {
            while let Some(order) = orders.next_if(|order| order.at < monday) {
                self.sell(order, &mut sold);
            }
            for (sku, units) in std::mem::take(&mut sold) {
                if let Some(facility) = home(self.network, sku) {
                    let stocked = Stocked { sku, facility, tier: Tier::Primary, units };
                    top_ups.push(TopUp { at: monday, stocked });
                }
            }
        }
        top_ups
    }

    /// Serves an order from the weekly levels, if they are enough for all of it.
    fn sell(&self, order: &'a Document, sold: &mut BTreeMap<&'a str, i64>) {
        let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
        for line in &order.goods {
            *wanted.entry(&line.sku).or_default() += line.quantity;
        }
        let level = |sku: &str| {
            let scarcity = self.products.get(sku).and_then(|product| product.scarcity);
            scarcity.map_or(0, |scarcity| scarcity.weekly_level)
        };
        let enough = |(sku, units): (&&str, &i64)| {
            sold.get(sku).copied().unwrap_or_default() + units <= level(sku)
        };
        if wanted.iter().all(enough) {
            for (sku, units) in wanted {
                *sold.entry(sku).or_default() += units;
            }
        }
    }
}

/// More units in the back stock of a facility.
fn add_to_back<'a>(parts: &mut Vec<Stocked<'a>>, sku: &'a str, facility: &'a Facility, units: i64) {
    let back =
        |part: &&mut Stocked<'_>| part.tier == Tier::Back && part.facility.code == facility.code;
    match parts.iter_mut().find(back) {
        Some(part) => part.units += units,
        None if units > 0 => parts.push(Stocked { sku, facility, tier: Tier::Back, units }),
        None => {}
    }
}

/// The facility whose back stock an adjustment of an item changes; `None` if there is none.
pub(crate) fn home<'a>(network: &'a Network, sku: &str) -> Option<&'a Facility> {
    let item = hash::stable(sku.as_bytes());
    network.facilities.iter().min_by_key(|facility| score(item, facility))
}

/// Spreads units of an item over its facilities and their tiers; the parts add up to `units`.
pub(crate) fn spread<'a>(network: &'a Network, sku: &'a str, units: i64) -> Vec<Stocked<'a>> {
    let Some((home, others)) = places(network, sku) else { return Vec::new() };
    let others: Vec<_> = others
        .into_iter()
        .map(|(facility, percent)| (facility, percent_of(units, percent)))
        .collect();
    let rest = units - others.iter().map(|(_, units)| units).sum::<i64>();
    let mut parts = Vec::new();
    for (facility, units) in std::iter::once((home, rest)).chain(others) {
        let back = percent_of(units, 100 - i64::from(facility.primary_percent));
        for (tier, units) in [(Tier::Primary, units - back), (Tier::Back, back)] {
            if units > 0 {
                parts.push(Stocked { sku, facility, tier, units });
            }
        }
    }
    parts
}

/// The home of an item, and the others it lies in, each with its percentage.
fn places<'a>(network: &'a Network, sku: &str) -> Option<(&'a Facility, Vec<(&'a Facility, i64)>)> {
    let four = hash::stable(sku.as_bytes()).is_multiple_of(4);
    let shares = if four { FOUR_PLACES } else { THREE_PLACES };
    let mut facilities = ranked(network, sku).into_iter();
    let home = facilities.next()?;
    Some((home, facilities.zip(shares.iter().copied()).collect()))
}

fn ranked<'a>(network: &'a Network, sku: &str) -> Vec<&'a Facility> {
    let item = hash::stable(sku.as_bytes());
    let mut facilities: Vec<_> = network.facilities.iter().collect();
    facilities.sort_by_cached_key(|facility| score(item, facility));
    facilities
}

/// The least score is home; codes decide between equal ones.
fn score(item: u64, facility: &Facility) -> (u64, &str) {
    let place = hash::stable(facility.code.as_bytes());
    (hash::mix(item.wrapping_add(place)), &facility.code)
}

fn percent_of(units: i64, percent: i64) -> i64 {
    units.saturating_mul(percent) / 100
}

fn needs(documents: &[Document]) -> BTreeMap<&str, Need> {
    let mut needs: BTreeMap<&str, Need> = BTreeMap::new();
    for document in documents {
        for line in &document.goods {
            let need = needs.entry(&line.sku).or_default();
            match document.kind {
                Kind::Order => need.ordered += line.quantity,
                Kind::Adjust => need.lost += (-line.quantity).max(0),
                Kind::Cancel | Kind::Credit | Kind::Fee | Kind::Debt => {}
            }
        }
    }
    needs
}

impl fmt::Display for StockPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ample => f.write_str("ample"),
            Self::Static5Percent => f.write_str("static-5pct"),
            Self::Weekly5Percent => f.write_str("weekly-5pct"),
            Self::PerItem(units) => write!(f, "{units}-per-item"),
        }
    }
}

impl FromStr for StockPolicy {
    type Err = StockError;

    fn from_str(text: &str) -> Result<Self, StockError> {
        let per_item = |text: &str| {
            let units: i64 = text.strip_suffix("-per-item")?.parse().ok()?;
            (0..=PER_ITEM_MAX).contains(&units).then_some(Self::PerItem(units))
        };
        match text {
            "ample" => Ok(Self::Ample),
            "static-5pct" => Ok(Self::Static5Percent),
            "weekly-5pct" => Ok(Self::Weekly5Percent),
            other => per_item(other).ok_or_else(|| StockError::UnknownPolicy(other.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_policy_is_read_as_it_is_written() {
        for text in ["ample", "static-5pct", "weekly-5pct", "0-per-item", "250-per-item"] {
            assert_eq!(text.parse::<StockPolicy>().unwrap().to_string(), text);
        }
        for text in ["", "Ample", "-1-per-item", "x-per-item", "2000000001-per-item"] {
            assert!(text.parse::<StockPolicy>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_parts_add_up_and_lie_in_three_or_four_facilities() {
        let network = Network::built_in().unwrap();
        let mut homes = BTreeSet::new();
        let mut places = BTreeSet::new();
        for item in 0..500 {
            let sku = item.to_string();
            for units in [0, 1, 2, 7, 99, 1_000, 80_995] {
                let parts = spread(&network, &sku, units);
                assert_eq!(parts.iter().map(|part| part.units).sum::<i64>(), units);
                assert!(parts.iter().all(|part| part.units > 0));
            }
            let parts = spread(&network, &sku, 1_000);
            let codes: BTreeSet<_> = parts.iter().map(|part| &part.facility.code).collect();
            places.insert(codes.len());
            let home = home(&network, &sku).unwrap();
            let at_home = parts.iter().filter(|part| part.facility.code == home.code);
            assert_eq!(at_home.map(|part| part.units).sum::<i64>(), 500);
            homes.insert(&home.code);
        }
        assert_eq!(places.into_iter().collect::<Vec<_>>(), [3, 4]);
        assert_eq!(homes.len(), network.facilities.len());
    }

    #[test]
    fn an_item_keeps_its_home_when_another_facility_closes() {
        let network = Network::built_in().unwrap();
        for item in 0..100 {
            let sku = item.to_string();
            let before = home(&network, &sku).unwrap().code.clone();
            let mut smaller = network.clone();
            smaller.facilities.retain(|facility| facility.code == before || facility.code != "DAV");
            assert_eq!(home(&smaller, &sku).unwrap().code, before);
        }
    }

    #[test]
    fn a_scarce_policy_without_the_products_file_is_refused() {
        let network = Network::built_in().unwrap();
        let products = Products::new();
        let error = Stocking::new(StockPolicy::Static5Percent, &network, &products, &[]);
        assert!(error.unwrap_err().to_string().contains("needs a `products.csv`"));
    }
}
