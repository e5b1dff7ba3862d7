//! The lower bound: dual ascent over item prices.
//!
//! Law: whatever the prices are, [`Dual::bound`] is a true lower bound on every
//! plan of the node. How good it is depends on the prices; that it holds does not.
//!
//! Relax "all demands are met" with a price v_i a unit. Then every facility stands alone: it opens
//! if what it could earn, `earn_f = sum over its rows of units * max(0, v_i - cost)`, is more than
//! its fixed cost, and
//!
//! ```text
//! bound(v) = sum_i demand_i * v_i
//!          - sum_{f free} max(0, earn_f - F_f) - sum_{f open} (earn_f - F_f)
//! ```
//!
//! (Lagrangian duality; with availability unlimited and the prices kept at `earn_f <= F_f` it is
//! Erlenkotter's condensed dual.) The ascent moves one price at a time, up or down, as long as the
//! bound grows: its slope in v_i is the demand less the units of the facilities that earn more
//! than they cost.

use alloc::vec::Vec;

use super::problem::{Item, Network, Row, bit, times};
use super::set::{FacilitySet, Table};

/// Prices of the items, and what they leave of each facility's fixed cost.
///
/// The slack of a facility is its fixed cost less what it earns. While a node is worked on,
/// [`SHUT`] is added for a shut facility (it never stands in the way of a price) and subtracted
/// for an open one (it always does), so that the ascent needs no other look-up.
#[derive(Debug, Clone, Default)]
pub(super) struct Dual {
    prices: Vec<Price>,
    slack: Table<i64>,
    open: FacilitySet,
    shut: FacilitySet,
    /// Items that a facility fixed or freed since the last ascent offers.
    touched: u64,
    /// Items whose prices may still rise; empty between two ascents.
    rising: Vec<usize>,
}

/// The price of a unit of one item.
#[derive(Debug, Clone, Copy)]
struct Price {
    value: u64,
    /// How many of the item's rows cost the price or less.
    reached: usize,
}

/// Beyond every sum of costs: these stay below 2^61.
const SHUT: i64 = 1 << 62;

/// Passes of one ascent over the items. Most end by themselves long before.
const PASSES: u32 = 256;

impl Dual {
    /// Prices each item at its cheapest row.
    pub(super) fn start(&mut self, network: &Network) {
        self.prices.clear();
        self.prices.extend(network.items.iter().map(|item| {
            let rows = network.rows(item);
            let value = rows.first().map_or(0, |row| row.cost);
            Price { value, reached: rows.iter().take_while(|row| row.cost <= value).count() }
        }));
        for facility in network.usable.iter() {
            *self.slack.at(facility) = network.fixed.get(facility).cast_signed();
        }
        (self.open, self.shut, self.touched) = (FacilitySet::EMPTY, FacilitySet::EMPTY, u64::MAX);
    }

    /// Fixes facilities open and shut; what was fixed before and is not named now is free again.
    pub(super) fn fix(&mut self, network: &Network, open: FacilitySet, shut: FacilitySet) {
        for (was, is, sign) in [(self.open, open, -SHUT), (self.shut, shut, SHUT)] {
            for facility in was.minus(is).iter() {
                *self.slack.at(facility) = self.slack.get(facility).saturating_sub(sign);
                self.touched |= network.offers.get(facility);
            }
            for facility in is.minus(was).iter() {
                *self.slack.at(facility) = self.slack.get(facility).saturating_add(sign);
                self.touched |= network.offers.get(facility);
            }
        }
        (self.open, self.shut) = (open, shut);
    }

    /// The facilities without which an item would be short, or `None` if one is short anyway.
    pub(super) fn must_open(&self, network: &Network) -> Option<FacilitySet> {
        let mut must = FacilitySet::EMPTY;
        for item in &network.items {
            let is_shut = |row: &&Row| self.slack.get(row.facility) > SHUT / 2;
            let mut supply = item.supply;
            if !self.shut.is_empty() {
                let shut = network.rows(item).iter().filter(is_shut);
                supply = shut.fold(supply, |sum, row| sum.saturating_sub(row.units.into()));
            }
            let spare = supply.checked_sub(u64::from(item.demand))?;
            if spare < u64::from(item.most) {
                for row in network.rows(item).iter().filter(|row| !is_shut(row)) {
                    if u64::from(row.upto) > spare {
                        must = must.with(row.facility);
                    }
                }
            }
        }
        Some(must)
    }

    /// Moves prices until the bound grows no more, or long enough.
    pub(super) fn ascend(&mut self, network: &Network) {
        let Self { prices, slack, rising, touched, .. } = self;
        if !self.open.is_empty() {
            let (items, fixed) = (prices.iter_mut().zip(&network.items).enumerate(), *touched);
            for (at, (price, item)) in items.filter(|(at, _)| fixed & bit(*at) != 0) {
                let rows = network.rows(item);
                while lower(slack, price, item, rows) {
                    let freed = rows.get(..price.reached).unwrap_or(&[]).iter();
                    *touched |=
                        freed.fold(bit(at), |set, row| set | network.offers.get(row.facility));
                }
            }
        }
        rising.clear();
        rising.extend((0..prices.len()).filter(|&at| *touched & bit(at) != 0));
        *touched = 0;
        for _ in 0..PASSES {
            if rising.is_empty() {
                break;
            }
            rising.retain(|&at| match (prices.get_mut(at), network.items.get(at)) {
                (Some(price), Some(item)) => {
                    raise(slack, price, item, network.rows(item), network.price_limit)
                }
                _ => false,
            });
        }
    }

    /// The lower bound on every plan with these facilities open and shut.
    pub(super) fn bound(&self, network: &Network) -> i64 {
        let demands = network.items.iter().zip(&self.prices);
        let sum = demands
            .fold(0_u64, |sum, (item, price)| sum.saturating_add(times(price.value, item.demand)));
        let mut bound = sum.min(i64::MAX.cast_unsigned()).cast_signed();
        for facility in network.usable.minus(self.shut).iter() {
            let slack = self.slack.get(facility);
            if slack < 0 {
                let open = self.open.contains(facility);
                let slack = if open { slack.saturating_add(SHUT) } else { slack };
                bound = bound.saturating_add(slack);
            }
        }
        bound
    }

    /// A free facility's fixed cost less what it earns at these prices.
    pub(super) fn slack(&self, facility: u16) -> i64 {
        self.slack.get(facility)
    }
}

/// Raises a price by one step, to the next row's cost or to where a facility has earned its fixed
/// cost, and says whether the bound grows by it.
#[inline]
fn raise(slack: &mut Table<i64>, price: &mut Price, item: &Item, rows: &[Row], limit: u64) -> bool {
    let Some((reached, beyond)) = rows.split_at_checked(price.reached) else { return false };
    let next = beyond.first().map_or(limit, |row| row.cost.min(limit));
    let mut step = next.saturating_sub(price.value);
    let mut paid = 0_u64;
    for row in reached {
        let (left, rate) = (slack.get(row.facility), i64::from(row.upto));
        if left < rate {
            paid = paid.saturating_add(u64::from(row.units));
        } else if times(step, row.upto).cast_signed() > left {
            step = left.checked_div(rate).unwrap_or(0).cast_unsigned();
        }
    }
    if paid >= u64::from(item.demand) || step == 0 {
        return false;
    }
    price.value = price.value.saturating_add(step);
    for row in reached {
        let earned = times(step, row.units).cast_signed();
        *slack.at(row.facility) = slack.get(row.facility).saturating_sub(earned);
    }
    let now = beyond.iter().take_while(|row| row.cost <= price.value).count();
    price.reached = price.reached.saturating_add(now);
    true
}

/// Lowers a price by one step, to the next cheaper row's cost or to where a facility no longer
/// earns more than its fixed cost, and says whether the bound grows by it.
fn lower(slack: &mut Table<i64>, price: &mut Price, item: &Item, rows: &[Row]) -> bool {
    let (mut paid, mut active, mut next) = (0_u64, 0_usize, 0_u64);
    for row in rows.iter().take_while(|row| row.cost < price.value) {
        next = row.cost;
        active = active.saturating_add(1);
        if slack.get(row.facility) < 0 {
            paid = paid.saturating_add(u64::from(row.units));
        }
    }
    if paid <= u64::from(item.demand) {
        return false;
    }
    let mut step = price.value.saturating_sub(next);
    let rows = rows.get(..active).unwrap_or(&[]);
    for row in rows {
        let left = slack.get(row.facility);
        if left < 0 && times(step, row.upto) > left.unsigned_abs() {
            step = left.unsigned_abs().div_ceil(row.upto.into());
        }
    }
    price.value = price.value.saturating_sub(step);
    price.reached = active;
    for row in rows {
        let earned = times(step, row.units).cast_signed();
        *slack.at(row.facility) = slack.get(row.facility).saturating_add(earned);
    }
    true
}
