//! What a given set of facilities ships, and what it costs: each item takes its cheapest rows
//! first.
//!
//! Law: for a given set no assignment is cheaper, because the items do not
//! share anything once the fixed costs are paid.

use alloc::vec::Vec;

use super::Take;
use super::problem::{Network, times};
use super::set::FacilitySet;

/// A set of facilities that all ship something, and the scaled cost of their plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) cost: u64,
    pub(super) open: FacilitySet,
}

impl Plan {
    /// Whether this plan is to be preferred: cheaper, else fewer facilities, else the smaller list.
    pub(super) fn beats(&self, other: &Self) -> bool {
        if self.cost != other.cost {
            return self.cost < other.cost;
        }
        let (mine, theirs) = (self.open.len(), other.open.len());
        mine < theirs || (mine == theirs && self.open.precedes(other.open))
    }
}

impl Network {
    /// The plan of the facilities of `open`, or `None` if they have too little.
    pub(super) fn price(&self, open: FacilitySet) -> Option<Plan> {
        let (mut cost, mut shipping) = (0_u64, FacilitySet::EMPTY);
        for item in &self.items {
            let mut wanted = item.demand;
            for row in self.rows(item) {
                if !open.contains(row.facility) {
                    continue;
                }
                let units = row.units.min(wanted);
                cost = cost.saturating_add(times(row.cost, units));
                shipping = shipping.with(row.facility);
                wanted = wanted.saturating_sub(units);
                if wanted == 0 {
                    break;
                }
            }
            if wanted > 0 {
                return None;
            }
        }
        let fixed = shipping.iter().fold(0_u64, |sum, f| sum.saturating_add(self.fixed.get(f)));
        Some(Plan { cost: cost.saturating_add(fixed), open: shipping })
    }

    /// What the facilities of `open` ship, by (item, unit cost, facility, tier).
    pub(super) fn takes(&self, open: FacilitySet) -> Vec<Take> {
        let mut takes: Vec<Take> = Vec::with_capacity(self.items.len().saturating_add(4));
        for item in &self.items {
            let mut wanted = item.demand;
            for row in self.rows(item) {
                if wanted == 0 {
                    break;
                }
                if !open.contains(row.facility) {
                    continue;
                }
                let quantity = row.units.min(wanted);
                wanted = wanted.saturating_sub(quantity);
                let (facility, tier, item) = (row.facility, row.tier, item.index);
                takes.push(Take { facility, tier, item, quantity });
            }
        }
        takes
    }
}
