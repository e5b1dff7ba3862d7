//! The rules themselves.
//!
//! Lines of one item count as one line, which flatters the peers: some of them see the same units
//! twice when an order names an item on two lines.

use super::{Handed, Instance};

/// A rule and its name.
pub(crate) type Rule = (&'static str, fn(&Instance) -> Handed);

/// Every rule, as the table prints them.
pub(crate) const RULES: [Rule; 7] = [
    ("fixed priority per line", fixed_priority_per_line),
    ("highest stock per line", highest_stock_per_line),
    ("nearest per line", nearest_per_line),
    ("coverage rank", coverage_rank),
    ("one location, else whole line", one_location_else_whole_line),
    ("fewest splits, then mean distance", fewest_splits_then_mean_distance),
    ("first location only", first_location_only),
];

/// Each line takes what it can from the locations in the shop's order.
///
/// Saleor `allocate_stocks` by sorting order, Magento MSI source selection by priority, Solidus
/// `SimpleCoordinator`.
pub(crate) fn fixed_priority_per_line(instance: &Instance) -> Handed {
    let priority: Vec<usize> = (0..instance.facilities()).collect();
    per_line(instance, |_, _| priority.clone())
}

/// Each line takes what it can from the locations with the most stock of it.
///
/// Saleor `allocate_stocks`, strategy `prioritize-high-stock`.
pub(crate) fn highest_stock_per_line(instance: &Instance) -> Handed {
    per_line(instance, |_, stock| {
        let mut order: Vec<usize> = (0..stock.len()).collect();
        order.sort_by_key(|&facility| std::cmp::Reverse(stock[facility]));
        order
    })
}

/// Each line takes what it can from the nearest locations.
///
/// Magento MSI, distance-based source selection.
pub(crate) fn nearest_per_line(instance: &Instance) -> Handed {
    let nearest = instance.nearest();
    per_line(instance, |_, _| nearest.clone())
}

/// Locations ranked once by how many lines each could serve in full by itself; then each line takes
/// what it can in that order.
///
/// Spree 6 `Strategy::Rules` with `MinimizeSplits`, packer and prioritizer: coverage is counted on
/// the original demand, never on what is left.
pub(crate) fn coverage_rank(instance: &Instance) -> Handed {
    let stock = instance.stock();
    let covered = |facility: usize| {
        let lines = stock.iter().zip(&instance.demands);
        lines.filter(|(stock, demand)| **demand > 0 && stock[facility] >= **demand).count()
    };
    let mut order: Vec<usize> = (0..instance.facilities()).collect();
    order.sort_by_key(|&facility| std::cmp::Reverse(covered(facility)));
    per_line(instance, |_, _| order.clone())
}

/// The nearest location that has everything; else each line whole from the nearest location that
/// has all of that line; an order with a line that no location has whole is refused.
///
/// Shopify's help page on order routing ("do not split line items").
pub(crate) fn one_location_else_whole_line(instance: &Instance) -> Handed {
    let stock = instance.stock();
    let nearest = instance.nearest();
    let has = |facility: usize, item: usize| stock[item][facility] >= instance.demands[item];
    let items = 0..instance.demands.len();
    let whole = |facility: usize, item: usize| (facility, item, instance.demands[item]);
    if let Some(&one) = nearest.iter().find(|&&f| items.clone().all(|item| has(f, item))) {
        return Some(items.map(|item| whole(one, item)).collect());
    }
    let place = |item| nearest.iter().find(|&&f| has(f, item)).map(|&f| whole(f, item));
    items.map(place).collect()
}

/// The smallest sets of locations that have everything, of at most five; of those the one with the
/// least mean distance, which gives from its nearest first.
///
/// Salesforce Order Management, "Find Routes with Fewest Splits" (split limit 5, at most 10,000
/// combinations), then "Rank by Average Distance".
pub(crate) fn fewest_splits_then_mean_distance(instance: &Instance) -> Handed {
    let stock = instance.stock();
    let covers = |set: &[usize]| {
        let mut lines = stock.iter().zip(&instance.demands);
        lines.all(|(stock, demand)| set.iter().map(|&f| stock[f]).sum::<u32>() >= *demand)
    };
    let mut looked_at = 0;
    for size in 1..=5.min(instance.facilities()) {
        let mut best: Option<(u64, Vec<usize>)> = None;
        let mut set: Vec<usize> = (0..size).collect();
        loop {
            looked_at += 1;
            let sum: u64 = set.iter().map(|&f| instance.distance[f]).sum();
            // The sets of one size have the order of their sums.
            if best.as_ref().is_none_or(|(least, _)| sum < *least) && covers(&set) {
                best = Some((sum, set.clone()));
            }
            if looked_at >= 10_000 || !next_combination(&mut set, instance.facilities()) {
                break;
            }
        }
        if let Some((_, mut set)) = best {
            set.sort_by_key(|&facility| instance.distance[facility]);
            return per_line(instance, |_, _| set.clone());
        }
    }
    None
}

/// Everything from the first location, though the sum over all of them was asked before.
///
/// Medusa: `confirmInventory` adds up all locations, `reserveInventoryStep` books at
/// `location_ids[0]` (issue 14987).
pub(crate) fn first_location_only(instance: &Instance) -> Handed {
    per_line(instance, |_, _| vec![0])
}

/// Each line takes what it can from the locations in an order of its own.
fn per_line(instance: &Instance, order: impl Fn(usize, &[u32]) -> Vec<usize>) -> Handed {
    let mut given = Vec::new();
    for (item, (stock, demand)) in instance.stock().iter().zip(&instance.demands).enumerate() {
        let mut left = *demand;
        for facility in order(item, stock) {
            let taken = stock[facility].min(left);
            left -= taken;
            if taken > 0 {
                given.push((facility, item, taken));
            }
        }
        if left > 0 {
            return None;
        }
    }
    Some(given)
}

/// The next set of the same size in lexicographic order.
fn next_combination(set: &mut [usize], of: usize) -> bool {
    let size = set.len();
    let Some(at) = (0..size).rev().find(|&at| set[at] < of - (size - at)) else { return false };
    set[at] += 1;
    for after in at + 1..size {
        set[after] = set[after - 1] + 1;
    }
    true
}
