//! Exact sourcing by itself, size by size: times and nodes, and what the nearest shelves would
//! have cost.
//!
//! Law: the instances are seeded, so that two runs measure the same orders; a plan that is dearer
//! than the baseline's, or that does not meet its order, makes the figure void.
//!
//! A plane of 4,000 x 2,500 km; a parcel costs 5.00 and 0.01/km, a unit 0.0002/km; costs are
//! counted in hundredths of a cent. Demands are 1 to 3 units, shelves hold 1 to 6.

use std::time::Instant;

use earmark::limits::SOURCING_NODES;
use earmark::sourcing::{Arc, Problem, Proof, Scratch, Solution, solve_with};

use crate::report::{Report, grouped, share};
use crate::world::Random;

/// Facilities, items, and how many of 100 facilities stock an item.
const SIZES: [(u16, u16, u64); 6] =
    [(10, 1, 60), (20, 3, 50), (20, 6, 40), (40, 8, 30), (60, 10, 25), (60, 20, 25)];
/// Orders of a size.
const ORDERS: usize = 2_000;
/// The size, and the nanoseconds at p50, that DESIGN section 9 asks for.
const AIM: ((u16, u16), u64) = ((20, 3), 10_000);

/// Measures every size.
pub(crate) fn run(report: &mut Report) {
    report.section("0. sourcing: exact plans; the baseline takes the nearest shelves of each item");
    for size in SIZES {
        row(report, size);
    }
}

/// What was found over the orders of one size.
#[derive(Default)]
struct Found {
    exact: Vec<u64>,
    nearest: Vec<u64>,
    nodes: Vec<u64>,
    unproven: usize,
    /// Sums of what the plans cost.
    costs: (u64, u64),
}

fn row(report: &mut Report, (facilities, items, density): (u16, u16, u64)) {
    let name = format!("{facilities}x{items}, {density} % of the shelves");
    let mut random = Random(0x5eed ^ u64::from(facilities) << 32 ^ u64::from(items));
    let mut scratch = Scratch::default();
    let mut found = Found::default();
    while found.exact.len() < ORDERS {
        let order = Order::random(&mut random, facilities, items, density);
        let problem = order.problem();
        let begun = Instant::now();
        let solved = std::hint::black_box(solve_with(&mut scratch, &problem));
        let took = begun.elapsed();
        // What nobody can serve is no order.
        let Ok(solution) = solved else { continue };
        let begun = Instant::now();
        let nearest = std::hint::black_box(order.nearest());
        let nearest_took = begun.elapsed();
        if let Err(why) = order.check(&solution, nearest) {
            report.void(format!("{name}: {why}"));
            return;
        }
        found.exact.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        found.nearest.push(u64::try_from(nearest_took.as_nanos()).unwrap_or(u64::MAX));
        found.nodes.push(u64::from(solution.nodes));
        found.unproven += usize::from(solution.proof != Proof::Optimal);
        found.costs = (found.costs.0 + solution.cost, found.costs.1 + nearest);
    }
    tell(report, (facilities, items), &name, found);
}

fn tell(report: &mut Report, size: (u16, u16), name: &str, mut found: Found) {
    for figures in [&mut found.exact, &mut found.nearest, &mut found.nodes] {
        figures.sort_unstable();
    }
    let micros = |nanos: u64| format!("{:.1}", nanos as f64 / 1e3);
    let (p50, p99) = (share(&found.exact, 0.5), share(&found.exact, 0.99));
    let ratio = p50 as f64 / share(&found.nearest, 0.5).max(1) as f64;
    let dearer = (found.costs.1 as f64 / found.costs.0.max(1) as f64 - 1.0) * 100.0;
    let note = format!(
        "p50 / p99 us; {} / {} nodes; {} unproven; {ratio:.1}x the time of nearest, which costs \
         {dearer:.0} % more",
        share(&found.nodes, 0.5),
        grouped(share(&found.nodes, 0.99)),
        found.unproven,
    );
    let figure = format!("{} / {}", micros(p50), micros(p99));
    let (aimed, at_most) = AIM;
    if size == aimed {
        let note = format!("{note}; p50 at most {} us, all proven", at_most / 1_000);
        report.aim(name, &figure, &note, p50 <= at_most && found.unproven == 0);
    } else {
        report.row(name, &figure, &note);
    }
}

/// The parts of a problem.
struct Order {
    fixed: Vec<u64>,
    demands: Vec<u32>,
    arcs: Vec<Arc>,
}

impl Order {
    fn random(random: &mut Random, facilities: u16, items: u16, density: u64) -> Self {
        let place = |random: &mut Random| (random.below(4_000), random.below(2_500));
        let to = place(random);
        let km: Vec<u64> = (0..facilities)
            .map(|_| {
                let from = place(random);
                (from.0.abs_diff(to.0).pow(2) + from.1.abs_diff(to.1).pow(2)).isqrt()
            })
            .collect();
        let demands: Vec<u32> = (0..items).map(|_| 1 + random.below(3) as u32).collect();
        let mut arcs = Vec::new();
        for item in 0..items {
            for facility in 0..facilities {
                if random.below(100) < density {
                    let available = 1 + random.below(6) as u32;
                    let unit_cost = 2 * km[usize::from(facility)];
                    arcs.push(Arc { facility, tier: 0, item, unit_cost, available });
                }
            }
        }
        let fixed = km.iter().map(|km| 50_000 + 100 * km).collect();
        Self { fixed, demands, arcs }
    }

    fn problem(&self) -> Problem<'_> {
        let Self { fixed, demands, arcs } = self;
        Problem { fixed, demands, arcs, max_parcels: None, nodes: SOURCING_NODES }
    }

    /// The cost of the rule most shops have: each item from the nearest shelves, whatever parcels
    /// that makes.
    fn nearest(&self) -> u64 {
        let mut opened = vec![false; self.fixed.len()];
        let mut cost = 0;
        for (item, demand) in (0_u16..).zip(&self.demands) {
            let mut shelves: Vec<&Arc> = self.arcs.iter().filter(|arc| arc.item == item).collect();
            shelves.sort_unstable_by_key(|arc| (arc.unit_cost, arc.facility));
            let mut missing = *demand;
            for shelf in shelves {
                let taken = missing.min(shelf.available);
                missing -= taken;
                cost += shelf.unit_cost * u64::from(taken);
                let open = &mut opened[usize::from(shelf.facility)];
                if taken > 0 && !std::mem::replace(open, true) {
                    cost += self.fixed[usize::from(shelf.facility)];
                }
            }
        }
        cost
    }

    /// Whether a plan meets the order, costs what it says, and no more than the nearest shelves.
    fn check(&self, solution: &Solution, nearest: u64) -> Result<(), String> {
        let Solution { cost, takes, open, .. } = solution;
        let mut met = vec![0; self.demands.len()];
        let mut sum: u64 = open.iter().map(|&facility| self.fixed[usize::from(facility)]).sum();
        for take in takes {
            let here = |arc: &&Arc| (arc.item, arc.facility) == (take.item, take.facility);
            let shelf = self.arcs.iter().find(here).filter(|arc| take.quantity <= arc.available);
            let shelf = shelf.ok_or("a plan takes more than there is")?;
            met[usize::from(take.item)] += take.quantity;
            sum += shelf.unit_cost * u64::from(take.quantity);
        }
        if met != self.demands || sum != *cost {
            return Err(format!("a plan of {cost} costs {sum} and serves {met:?}"));
        }
        if *cost > nearest && solution.proof == Proof::Optimal {
            return Err(format!("a plan costs {cost}, the nearest shelves {nearest}"));
        }
        Ok(())
    }
}
