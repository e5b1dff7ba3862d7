//! The solver's question by the policy's objective: one cost, or several in order of importance.
//!
//! Law: whatever the objective, a plan's cost is told by the prices of the policy, so that the
//! plans of two policies can be compared.

use alloc::vec;
use alloc::vec::Vec;

use super::ledger::Inventory;
use super::network::Way;
use crate::data::data;
use crate::policy::{Aim, Aims, Objective};
use crate::sourcing::{
    Arc, FacilitySet, Level, Problem, Proof, Take, Unsolvable, evaluate, node_budget, solve,
    solve_levels,
};

data! {
    /// How good a plan is by one aim.
    AimValue {
        /// The aim.
        aim: Aim,
        /// Parcels, units, kilometres, thousandths of stock, or cost: less is better.
        value: u64,
    }
}

/// The bare question.
#[derive(Debug, Clone)]
pub(super) struct Puzzle {
    /// The prices of the policy: a parcel and its way, by facility.
    pub(super) fixed: Vec<u64>,
    pub(super) demands: Vec<u32>,
    /// The shelves at the prices of the policy, by (item, tier, facility).
    pub(super) arcs: Vec<Arc>,
    max_parcels: Option<u16>,
    /// The nodes that one search may visit.
    pub(super) nodes: u32,
    /// What to look at, in this order; the prices alone if there is nothing.
    aims: Vec<Aimed>,
}

/// One aim as costs.
#[derive(Debug, Clone)]
struct Aimed {
    aim: Aim,
    fixed: Vec<u64>,
    unit: Vec<u64>,
}

impl Aimed {
    fn level(&self) -> Level<'_> {
        Level { fixed: &self.fixed, unit: &self.unit }
    }
}

/// The best plan.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) takes: Vec<Take>,
    pub(super) open: Vec<u16>,
    /// By the prices of the policy.
    pub(super) cost: u64,
    pub(super) proof: Proof,
    pub(super) nodes: u32,
    /// By the prices of the policy too: under several aims it may be the lower one.
    pub(super) runner_up: Option<(u64, Vec<u16>)>,
    /// By the aims, if there are any.
    pub(super) values: Vec<AimValue>,
    /// How many of the aims are exact, from the first.
    pub(super) exact: usize,
}

impl Inventory {
    /// Puts the question by the objective in force.
    pub(super) fn puzzle<B>(
        &self,
        ways: &[Result<Way, B>],
        demands: Vec<u32>,
        arcs: Vec<Arc>,
    ) -> Puzzle {
        let cost = |way: &Result<Way, B>| way.as_ref().map_or(0, |way| way.cost);
        let fixed = ways.iter().map(cost).collect();
        let (max_parcels, nodes) = (self.policy.max_parcels, node_budget(arcs.len()));
        let mut puzzle = Puzzle { fixed, demands, arcs, max_parcels, nodes, aims: Vec::new() };
        if let Objective::Lexicographic(aims) = self.policy.rules.objective {
            let metres = |way: &Result<Way, B>| way.as_ref().map_or(0, Way::metres);
            let metres: Vec<u32> = ways.iter().map(metres).collect();
            puzzle.aim(aims, &metres);
        }
        puzzle
    }
}

impl Puzzle {
    /// Finds the best plan.
    pub(super) fn solve(&self) -> Result<Chosen, Unsolvable> {
        let Self { fixed, demands, arcs, aims, .. } = self;
        let (max_parcels, nodes) = (self.max_parcels, self.nodes);
        let problem = Problem { fixed, demands, arcs, max_parcels, nodes };
        if aims.is_empty() {
            let found = solve(&problem)?;
            return Ok(Chosen {
                takes: found.takes,
                open: found.open,
                cost: found.cost,
                proof: found.proof,
                nodes: found.nodes,
                runner_up: found.runner_up.map(|other| (other.cost, other.facilities)),
                values: Vec::new(),
                exact: 0,
            });
        }
        let levels: Vec<Level<'_>> = aims.iter().map(Aimed::level).collect();
        let found = solve_levels(&problem, &levels)?;
        let cost = self.price(&found.takes, &found.open);
        let other = |list: Vec<u16>| {
            let set: FacilitySet = list.iter().copied().collect();
            Some((evaluate(&problem, set).ok()?, list))
        };
        let value = |(aimed, &value): (&Aimed, &u64)| AimValue { aim: aimed.aim, value };
        Ok(Chosen {
            cost,
            proof: found.proof,
            nodes: found.nodes,
            runner_up: found.runner_up.and_then(other),
            values: aims.iter().zip(&found.values).map(value).collect(),
            exact: found.exact,
            takes: found.takes,
            open: found.open,
        })
    }

    /// The same question with one demand more that only `facility` can serve, so that it must
    /// ship; and one unit of the arc `unit`, if named, must be from there.
    pub(super) fn forcing(&self, facility: u16, unit: Option<usize>) -> Option<Self> {
        let mut forced = self.clone();
        let item = u16::try_from(forced.demands.len()).ok()?;
        let mut unit_cost = 0;
        if let Some(arc) = unit {
            let arc = forced.arcs.get_mut(arc)?;
            arc.available = arc.available.checked_sub(1)?;
            unit_cost = arc.unit_cost;
            let demand = forced.demands.get_mut(usize::from(arc.item))?;
            *demand = demand.checked_sub(1)?;
        }
        forced.demands.push(1);
        forced.arcs.push(Arc { facility, tier: 0, item, unit_cost, available: 1 });
        for aimed in &mut forced.aims {
            let cost = unit.and_then(|arc| aimed.unit.get(arc).copied());
            aimed.unit.push(cost.unwrap_or(0));
        }
        Some(forced)
    }

    /// What takes cost by the prices of the policy.
    fn price(&self, takes: &[Take], open: &[u16]) -> u64 {
        let fixed = open.iter().filter_map(|&facility| self.fixed.get(usize::from(facility)));
        let fixed = fixed.fold(0_u64, |sum, &cost| sum.saturating_add(cost));
        takes.iter().fold(fixed, |sum, take| {
            let key = (take.item, take.tier, take.facility);
            let at = self.arcs.binary_search_by_key(&key, |arc| (arc.item, arc.tier, arc.facility));
            let unit = at.ok().and_then(|at| self.arcs.get(at)).map_or(0, |arc| arc.unit_cost);
            sum.saturating_add(unit.saturating_mul(u64::from(take.quantity)))
        })
    }

    fn aim(&mut self, aims: Aims, metres: &[u32]) {
        let facilities = self.fixed.len();
        let no_parcel = || vec![0; facilities];
        let no_unit = || vec![0; self.arcs.len()];
        let aimed = |aim| {
            let (fixed, unit) = match aim {
                Aim::FewestParcels => (vec![1; facilities], no_unit()),
                Aim::PrimaryFirst => {
                    let back = self.arcs.iter().map(|arc| u64::from(arc.tier > 0));
                    (no_parcel(), back.collect())
                }
                Aim::ShortestWays => {
                    let kilometres = metres.iter().map(|&metres| u64::from(metres / 1_000));
                    (kilometres.collect(), no_unit())
                }
                Aim::EvenStock => (no_parcel(), self.elsewhere()),
                Aim::LowestCost => {
                    let unit = self.arcs.iter().map(|arc| arc.unit_cost);
                    (self.fixed.clone(), unit.collect())
                }
            };
            Aimed { aim, fixed, unit }
        };
        self.aims = aims.iter().map(aimed).collect();
    }

    /// For each arc the share of its item, in thousandths rounded up, that lies elsewhere.
    fn elsewhere(&self) -> Vec<u64> {
        let mut shares = Vec::with_capacity(self.arcs.len());
        for of_item in self.arcs.chunk_by(|a, b| a.item == b.item) {
            let mut held = vec![0_u64; self.fixed.len()];
            let mut all = 0_u64;
            for arc in of_item {
                let units = u64::from(arc.available);
                all = all.saturating_add(units);
                if let Some(held) = held.get_mut(usize::from(arc.facility)) {
                    *held = held.saturating_add(units);
                }
            }
            shares.extend(of_item.iter().map(|arc| {
                let held = held.get(usize::from(arc.facility)).copied().unwrap_or(0);
                let share = held.saturating_mul(1_000).checked_div(all).unwrap_or(0);
                1_000_u64.saturating_sub(share)
            }));
        }
        shares
    }
}
