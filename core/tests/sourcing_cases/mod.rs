//! Small instances for the sourcing tests, and the answer by trying everything.
//!
//! The oracle shares no code with the solver: it knows only what a plan is.

#![allow(dead_code, reason = "each test file uses a part of it")]

use earmark::limits::SOURCING_NODES;
use earmark::sourcing::{Arc, Problem};

/// The parts of a problem.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) fixed: Vec<u64>,
    pub(crate) demands: Vec<u32>,
    pub(crate) arcs: Vec<Arc>,
    pub(crate) max_parcels: Option<u16>,
}

impl Case {
    /// A random instance. Every eighth or so has costs so small that ties are everywhere, others
    /// have fixed costs only, unit costs only, costs so large that no bits are left for counting,
    /// scarce stock or a bound on parcels.
    pub(crate) fn random(random: &mut Random, round: u64) -> Self {
        let facilities = 1 + random.below(if round.is_multiple_of(16) { 9 } else { 7 }) as u16;
        let items = 1 + random.below(6) as u16;
        let (fixed_most, unit_most, shift) = match round % 8 {
            0 => (3, 2, 0),
            1 => (2, 1, 0),
            2 => (100, 1, 0),
            3 => (1, 100, 0),
            4 => (1_000_000, 300, 0),
            5 => (4, 2, 52),
            _ => (100, 30, 0),
        };
        let demand_most = 1 + random.below(6);
        let stock_most = 1 + random.below(8);
        let density = 30 + random.below(71);
        let fixed = (0..facilities).map(|_| random.below(fixed_most) << shift).collect();
        let demands = (0..items).map(|_| random.below(demand_most + 1) as u32).collect();
        let mut arcs = Vec::new();
        for item in 0..items {
            for facility in 0..facilities {
                for tier in 0..2 {
                    if random.below(100) < density {
                        let unit_cost = (random.below(unit_most) + u64::from(tier)) << shift;
                        let available = random.below(stock_most + 1) as u32;
                        arcs.push(Arc { facility, tier, item, unit_cost, available });
                    }
                }
            }
        }
        let bounded = random.below(3) == 0;
        let max_parcels = bounded.then(|| 1 + random.below(3) as u16);
        Self { fixed, demands, arcs, max_parcels }
    }

    pub(crate) fn problem(&self) -> Problem<'_> {
        let Self { fixed, demands, arcs, max_parcels } = self;
        Problem { fixed, demands, arcs, max_parcels: *max_parcels, nodes: SOURCING_NODES }
    }

    pub(crate) fn with_parcels(&self, most: u16) -> Self {
        Self { max_parcels: Some(most), ..self.clone() }
    }
}

/// The best plan: its cost and its facilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BestPlan {
    pub(crate) cost: u64,
    pub(crate) open: Vec<u16>,
}

/// Tries every set of facilities; of equal costs the fewest facilities, then the smallest list.
pub(crate) fn brute_force(problem: &Problem<'_>) -> Option<BestPlan> {
    let mut sorted = problem.arcs.to_vec();
    sorted.sort_by_key(|arc| (arc.unit_cost, arc.facility, arc.tier));
    let mut best: Option<(u64, usize, Vec<u16>)> = None;
    for set in 0_u32..1 << problem.fixed.len() {
        let Some((cost, open)) = greedy_fill(problem, &sorted, set) else { continue };
        if problem.max_parcels.is_some_and(|most| open.len() > usize::from(most)) {
            continue;
        }
        let key = (cost, open.len(), open);
        if best.as_ref().is_none_or(|best| key < *best) {
            best = Some(key);
        }
    }
    best.map(|(cost, _, open)| BestPlan { cost, open })
}

/// What the facilities of `set` cost, cheapest units first, and which of them ship.
fn greedy_fill(problem: &Problem<'_>, sorted: &[Arc], set: u32) -> Option<(u64, Vec<u16>)> {
    let (mut cost, mut shipping) = (0, 0_u32);
    let mut wanted = problem.demands.to_vec();
    for arc in sorted.iter().filter(|arc| set >> arc.facility & 1 == 1) {
        let wanted = &mut wanted[usize::from(arc.item)];
        let units = arc.available.min(*wanted);
        if units > 0 {
            *wanted -= units;
            cost += arc.unit_cost * u64::from(units);
            shipping |= 1 << arc.facility;
        }
    }
    if wanted.iter().any(|&units| units > 0) {
        return None;
    }
    let open: Vec<u16> = (0..32).filter(|f| shipping >> f & 1 == 1).collect();
    cost += open.iter().map(|&f| problem.fixed[usize::from(f)]).sum::<u64>();
    Some((cost, open))
}

/// The generator `splitmix64` (G. Steele et al., 2014): enough for instances.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
