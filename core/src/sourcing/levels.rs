//! Several costs in order of importance, over the one solver.
//!
//! Law: of two plans the one with the lower cost at the first level in which
//! they differ wins, exactly, for as many levels as [`Ranked::exact`] says.
//!
//! **How.** The levels are packed into one whole cost, one after the other. Let `a` be the lowest
//! packed cost of the levels so far and `b` the next level's cost of a plan that reaches it. With
//! `packed = before * (b + 1) + next`, a plan that is worse before costs at least
//! `a * (b + 1) + b + 1`, and the plan that is known costs less: so the best plan by `packed` is
//! the best one by both. What is larger than `a` before, or than `b` at the next level, can't be
//! part of that plan and is cut to one more than that; what every plan pays is left out. So the
//! width that a level needs is that of its own optimum, not of the dearest plan.
//!
//! A level that does not fit all the same is told apart in coarser units, the finest powers of two
//! that fit; that is the only rounding, it never touches a level above, and it is told.

use alloc::vec::Vec;

use super::{Arc, Cost, FacilitySet, Malformed, Problem, Proof, Scratch, Take, Unsolvable};
use crate::limits;

/// One cost among several.
#[derive(Debug, Clone, Copy)]
pub struct Level<'a> {
    /// What shipping anything costs, one for each facility.
    pub fixed: &'a [Cost],
    /// What one unit costs, one for each arc.
    pub unit: &'a [Cost],
}

/// The plan that is best by several levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// What is taken where, by item.
    pub takes: Vec<Take>,
    /// Its cost at each level.
    pub values: Vec<Cost>,
    /// The facilities that ship, ascending.
    pub open: Vec<u16>,
    /// So many levels, from the first, are exact: no plan is better in them.
    pub exact: usize,
    /// Optimal only if all levels are exact. Otherwise the gap counts the packed cost of the level
    /// whose search ended early; none at all means that every search ended by itself, and that
    /// levels from [`Ranked::exact`] on were told apart in coarser units.
    pub proof: Proof,
    /// Nodes of all searches.
    pub nodes: u32,
    /// The facilities of the best other plan that the last search met.
    pub runner_up: Option<Vec<u16>>,
}

/// Finds the plan that is best by the first level, of equals by the second, and so on; the costs
/// in the problem itself are not looked at. Of plans that are equal in all of them, the one with
/// fewer facilities wins, then the smallest list. Each level may visit [`Problem::nodes`] nodes.
///
/// # Errors
/// As [`solve`](super::solve); [`Malformed::Levels`] if there is no level, more than
/// [`limits::SOURCING_LEVELS`], or one that is not of the problem's size.
pub fn solve_levels(problem: &Problem<'_>, levels: &[Level<'_>]) -> Result<Ranked, Unsolvable> {
    let sizes = |level: &Level<'_>| {
        level.fixed.len() == problem.fixed.len() && level.unit.len() == problem.arcs.len()
    };
    let some = (1..=limits::SOURCING_LEVELS).contains(&levels.len());
    let levels = Some(levels).filter(|levels| some && levels.iter().all(sizes));
    let levels = levels.ok_or(Unsolvable::Malformed(Malformed::Levels))?;
    let (first, rest) = levels.split_first().ok_or(Unsolvable::Malformed(Malformed::Levels))?;

    let mut scratch = Scratch::default();
    let mut packed = Costs::of(problem, first);
    let mut best = Found::solve(&mut scratch, problem, &packed)?;
    let mut exact = usize::from(best.proof == Proof::Optimal);
    let mut parcels_are_equal = packed.counts_parcels();
    for (at, level) in (1..).zip(rest) {
        if best.proof != Proof::Optimal {
            break;
        }
        let mut next = Costs::of(problem, level);
        let counts = next.counts_parcels();
        if parcels_are_equal {
            next.less_the_least_parcel(problem);
        }
        let is_exact = best.refine(&mut scratch, problem, &mut packed, &next)?;
        parcels_are_equal |= counts && is_exact;
        if is_exact && exact == at && best.proof == Proof::Optimal {
            exact = at.saturating_add(1);
        }
    }
    let units = fill(problem, best.open, &packed.unit, &packed.unit);
    let (takes, ships) = taken(problem, &units, &packed.unit);
    let proof = match best.proof {
        Proof::Optimal if exact < levels.len() => Proof::Bounded { gap: 0, nodes: best.nodes },
        proof => proof,
    };
    let value = |level: &Level<'_>| total(level.fixed, level.unit, &units, ships);
    Ok(Ranked {
        takes,
        values: levels.iter().map(value).collect(),
        open: ships.to_vec(),
        exact,
        proof,
        nodes: best.nodes,
        runner_up: best.runner_up,
    })
}

/// The costs of one level, or of several packed into one.
#[derive(Debug, Clone)]
struct Costs {
    fixed: Vec<Cost>,
    unit: Vec<Cost>,
}

impl Costs {
    /// The costs of a level, less what every plan pays for its units.
    fn of(problem: &Problem<'_>, level: &Level<'_>) -> Self {
        let mut least: Vec<Option<Cost>> = alloc::vec![None; problem.demands.len()];
        let usable = |arc: &Arc| arc.available > 0;
        for (arc, &unit) in problem.arcs.iter().zip(level.unit) {
            if let Some(least) = least.get_mut(usize::from(arc.item)).filter(|_| usable(arc)) {
                *least = Some(least.map_or(unit, |least| least.min(unit)));
            }
        }
        let reduced = |(arc, &unit): (&Arc, &Cost)| {
            let least = least.get(usize::from(arc.item)).copied().flatten();
            unit.saturating_sub(least.unwrap_or(0))
        };
        let unit = problem.arcs.iter().zip(level.unit).map(reduced).collect();
        Self { fixed: level.fixed.to_vec(), unit }
    }

    /// Whether this is nothing but the number of parcels, at any price.
    fn counts_parcels(&self) -> bool {
        let one = self.fixed.first().copied().unwrap_or(0);
        one > 0 && self.fixed.iter().all(|&cost| cost == one) && self.unit.iter().all(|&c| c == 0)
    }

    /// Takes from every facility what the cheapest one costs: as long as a level above allows for
    /// one number of parcels only, every plan that matters pays that as often.
    fn less_the_least_parcel(&mut self, problem: &Problem<'_>) {
        let stocked = problem.arcs.iter().filter(|arc| arc.available > 0);
        let stocked: FacilitySet = stocked.map(|arc| arc.facility).collect();
        let costs = stocked.iter().filter_map(|f| self.fixed.get(usize::from(f)).copied());
        let least = costs.min().unwrap_or(0);
        self.fixed.iter_mut().for_each(|cost| *cost = cost.saturating_sub(least));
    }

    /// `before`, whose lowest cost is `lowest`, and then this one in units of two to the power of
    /// `coarse`, of which a plan of lowest cost has `known`; `None` if that is too wide.
    fn packed(&self, before: &Self, lowest: Cost, known: Cost, coarse: u32) -> Option<Self> {
        let base = known.checked_add(1)?;
        let pack = |(&before, &next): (&Cost, &Cost)| {
            let high = before.min(lowest.saturating_add(1)).checked_mul(base)?;
            high.checked_add((next >> coarse).min(base))
        };
        let fixed: Option<Vec<Cost>> = before.fixed.iter().zip(&self.fixed).map(pack).collect();
        let unit: Option<Vec<Cost>> = before.unit.iter().zip(&self.unit).map(pack).collect();
        Some(Self { fixed: fixed?, unit: unit? })
    }
}

/// A plan on the way.
#[derive(Debug)]
struct Found {
    open: FacilitySet,
    cost: Cost,
    proof: Proof,
    nodes: u32,
    runner_up: Option<Vec<u16>>,
}

impl Found {
    fn solve(
        scratch: &mut Scratch,
        problem: &Problem<'_>,
        costs: &Costs,
    ) -> Result<Self, Unsolvable> {
        let priced = |(arc, &unit_cost): (&Arc, &Cost)| Arc { unit_cost, ..*arc };
        let arcs: Vec<Arc> = problem.arcs.iter().zip(&costs.unit).map(priced).collect();
        let of_level = Problem { fixed: &costs.fixed, arcs: &arcs, ..*problem };
        let solution = super::solve_with(scratch, &of_level)?;
        Ok(Self {
            open: solution.open.iter().copied().collect(),
            cost: solution.cost,
            proof: solution.proof,
            nodes: solution.nodes,
            runner_up: solution.runner_up.map(|other| other.facilities),
        })
    }

    /// Looks for the best plan by one level more, and says whether that was done exactly.
    fn refine(
        &mut self,
        scratch: &mut Scratch,
        problem: &Problem<'_>,
        packed: &mut Costs,
        next: &Costs,
    ) -> Result<bool, Unsolvable> {
        let units = fill(problem, self.open, &packed.unit, &next.unit);
        let (_, ships) = taken(problem, &units, &packed.unit);
        for coarse in 0..u64::BITS {
            let rounded: Vec<Cost> = next.fixed.iter().map(|cost| cost >> coarse).collect();
            let rounded_unit: Vec<Cost> = next.unit.iter().map(|cost| cost >> coarse).collect();
            let known = total(&rounded, &rounded_unit, &units, ships);
            let Some(finer) = next.packed(packed, self.cost, known, coarse) else { continue };
            match Self::solve(scratch, problem, &finer) {
                Ok(found) => {
                    let nodes = self.nodes.saturating_add(found.nodes);
                    *self = Self { nodes, ..found };
                    *packed = finer;
                    return Ok(coarse == 0);
                }
                Err(Unsolvable::Malformed(Malformed::CostTooLarge)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(false)
    }
}

/// The units that each arc gives if the facilities of `open` ship: of each item the cheapest
/// first, by `first` and then by `then`.
fn fill(problem: &Problem<'_>, open: FacilitySet, first: &[Cost], then: &[Cost]) -> Vec<u32> {
    let cost = |costs: &[Cost], at: usize| costs.get(at).copied().unwrap_or(0);
    let mut order: Vec<(u16, Cost, Cost, u16, u8, usize)> = (problem.arcs.iter().enumerate())
        .filter(|(_, arc)| open.contains(arc.facility))
        .map(|(at, arc)| (arc.item, cost(first, at), cost(then, at), arc.facility, arc.tier, at))
        .collect();
    order.sort_unstable();
    let mut wanted = problem.demands.to_vec();
    let mut units = alloc::vec![0; problem.arcs.len()];
    for (item, .., at) in order {
        let (Some(left), Some(arc)) = (wanted.get_mut(usize::from(item)), problem.arcs.get(at))
        else {
            continue;
        };
        let given = arc.available.min(*left);
        *left = left.saturating_sub(given);
        if let Some(units) = units.get_mut(at) {
            *units = given;
        }
    }
    units
}

/// The units as takes, by (item, cost, facility, tier), and who ships.
fn taken(problem: &Problem<'_>, units: &[u32], costs: &[Cost]) -> (Vec<Take>, FacilitySet) {
    let used = problem.arcs.iter().zip(units).zip(costs).filter(|((_, units), _)| **units > 0);
    let mut order: Vec<(u16, Cost, u16, u8, u32)> = used
        .map(|((arc, &units), &cost)| (arc.item, cost, arc.facility, arc.tier, units))
        .collect();
    order.sort_unstable();
    let ships = order.iter().map(|&(_, _, facility, ..)| facility).collect();
    let mut takes: Vec<Take> = Vec::with_capacity(order.len());
    for (item, _, facility, tier, quantity) in order {
        match takes.last_mut() {
            Some(last) if (last.item, last.facility, last.tier) == (item, facility, tier) => {
                last.quantity = last.quantity.saturating_add(quantity);
            }
            _ => takes.push(Take { facility, tier, item, quantity }),
        }
    }
    (takes, ships)
}

/// What the units cost at a level.
fn total(fixed: &[Cost], unit: &[Cost], units: &[u32], ships: FacilitySet) -> Cost {
    let parcels = ships.iter().filter_map(|facility| fixed.get(usize::from(facility)));
    let parcels = parcels.fold(0_u64, |sum, &cost| sum.saturating_add(cost));
    let priced = unit.iter().zip(units).filter(|(_, units)| **units > 0);
    priced.fold(parcels, |sum, (&cost, &units)| {
        sum.saturating_add(cost.saturating_mul(u64::from(units)))
    })
}
