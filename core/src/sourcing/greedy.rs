//! Good plans before the proof: greedy cover, then dropping, adding and swapping facilities.
//!
//! Law: every plan that is offered was priced by [`Network::price`], so a poor
//! start costs time and never correctness.

use super::assign::Plan;
use super::problem::{Network, times};
use super::set::{FacilitySet, Table};

/// The best plan so far and the best one with other facilities.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    pub(super) winner: Option<Plan>,
    pub(super) runner_up: Option<Plan>,
}

impl Met {
    /// Keeps the plan if it is good enough, and says whether it is the new winner.
    pub(super) fn offer(&mut self, plan: Plan, max_parcels: Option<u16>) -> bool {
        if max_parcels.is_some_and(|most| plan.open.len() > most) {
            return false;
        }
        match self.winner {
            Some(winner) if winner.open == plan.open => false,
            Some(winner) if !plan.beats(&winner) => {
                if self.runner_up.is_none_or(|second| plan.beats(&second)) {
                    self.runner_up = Some(plan);
                }
                false
            }
            winner => {
                (self.winner, self.runner_up) = (Some(plan), winner);
                true
            }
        }
    }

    /// Offers the plan of every facility that can serve everything alone.
    pub(super) fn singles(&mut self, network: &Network) {
        for facility in network.usable.iter() {
            let alone = network.alone.get(facility);
            if alone.items as usize == network.items.len() {
                let cost = alone.cost.saturating_add(network.fixed.get(facility));
                let plan = Plan { cost, open: FacilitySet::one(facility) };
                self.offer(plan, network.max_parcels);
            }
        }
    }

    /// Offers the plan of `open`, and what becomes of it by leaving out, one after the other, the
    /// facilities that cost more than they save. `kept` is never left out.
    pub(super) fn dropping(
        &mut self,
        network: &Network,
        open: FacilitySet,
        kept: FacilitySet,
    ) -> Option<Plan> {
        let mut plan = network.price(open)?;
        self.offer(plan, network.max_parcels);
        // Plans of one facility were all offered at the start.
        if plan.open.len() <= 2 {
            return Some(plan);
        }
        for facility in plan.open.minus(kept).iter() {
            if let Some(without) = network.price(plan.open.without(facility)) {
                self.offer(without, network.max_parcels);
                if without.beats(&plan) {
                    plan = without;
                }
            }
        }
        Some(plan)
    }

    /// Opens the facility with the lowest cost for each unit still wanted, until nothing is
    /// wanted; then leaves out what is not needed after all.
    pub(super) fn greedy(&mut self, network: &Network) {
        let mut open = FacilitySet::EMPTY;
        while let Some(next) = cheapest_cover(network, open) {
            open = open.with(next);
        }
        self.dropping(network, open, FacilitySet::EMPTY);
    }

    /// Adds a facility to the winner, or swaps one for another, as long as it gets better and the
    /// work stays within [`IMPROVING_ROWS`].
    pub(super) fn improve(&mut self, network: &Network) {
        let Some(mut plan) = self.winner else { return };
        let mut plans_left = IMPROVING_ROWS.checked_div(network.size()).unwrap_or(0);
        loop {
            let mut better = plan;
            for added in network.usable.minus(plan.open).iter() {
                let with = plan.open.with(added);
                let dropped = plan.open.iter().map(|facility| with.without(facility));
                for open in core::iter::once(with).chain(dropped) {
                    plans_left = plans_left.saturating_sub(1);
                    if plans_left == 0 {
                        return;
                    }
                    if let Some(other) = network.price(open) {
                        self.offer(other, network.max_parcels);
                        if other.beats(&better) {
                            better = other;
                        }
                    }
                }
            }
            if better.open == plan.open {
                return;
            }
            plan = better;
        }
    }
}

/// Rows that all plans of one local improvement may look at: some 20 ms at the worst.
const IMPROVING_ROWS: usize = 1 << 24;

/// The shut facility with the lowest cost for each unit that `open` leaves wanting, or `None` if
/// nothing is wanted.
fn cheapest_cover(network: &Network, open: FacilitySet) -> Option<u16> {
    let (mut costs, mut units) = (network.fixed, Table::<u64>::default());
    for item in &network.items {
        let given = network.rows(item).iter().filter(|row| open.contains(row.facility));
        let given = given.fold(0_u32, |sum, row| sum.saturating_add(row.units));
        let wanted = item.demand.saturating_sub(given);
        if wanted == 0 {
            continue;
        }
        for row in network.rows(item) {
            let before = row.upto.saturating_sub(row.units).min(wanted);
            let taken = row.upto.min(wanted).saturating_sub(before);
            let (cost, sum) = (costs.at(row.facility), units.at(row.facility));
            *cost = cost.saturating_add(times(row.cost, taken));
            *sum = sum.saturating_add(taken.into());
        }
    }
    // Cost over units, compared without a division.
    let ratio = |facility: u16, other: u16| {
        u128::from(costs.get(facility)).saturating_mul(u128::from(units.get(other)))
    };
    let useful = network.usable.minus(open).iter().filter(|&f| units.get(f) > 0);
    useful.reduce(|best, next| if ratio(next, best) < ratio(best, next) { next } else { best })
}
