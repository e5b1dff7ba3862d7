//! How long exact sourcing takes: times and nodes over random orders of several sizes.
//!
//! The instances are seeded, so that two runs measure the same orders; only the times differ.
//! A plane of 4,000 x 2,500 km; a parcel costs 5.00 and 0.01/km, a unit 0.0002/km; costs are
//! counted in hundredths of a cent. Demands are 1 to 3 units, shelves hold 1 to 6.
//!
//! `cargo run --release -p earmark --example sourcing_times [ORDERS]`

#![expect(clippy::disallowed_types, reason = "an example may look at the clock; the core may not")]

use std::time::{Duration, Instant};

use earmark::limits::SOURCING_NODES;
use earmark::sourcing::{Arc, Problem, Proof, Scratch, solve_with};

/// Facilities, items, and how many of 100 facilities stock an item.
const SIZES: [(u16, u16, u64); 6] =
    [(10, 1, 60), (20, 3, 50), (20, 6, 40), (40, 8, 30), (60, 10, 25), (60, 20, 25)];

fn main() {
    let orders = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2_000);
    println!(
        "{:>9} {:>7} {:>10} {:>10} {:>10} {:>8} {:>9} {:>8}",
        "F x items", "density", "p50 us", "p99 us", "max us", "p50 node", "max node", "unproven"
    );
    for (facilities, items, density) in SIZES {
        row(facilities, items, density, orders);
    }
}

/// Solves `orders` random orders of one size, and prints what it took.
fn row(facilities: u16, items: u16, density: u64, orders: usize) {
    let mut random = Random(0x5eed ^ u64::from(facilities) << 32 ^ u64::from(items));
    let mut scratch = Scratch::default();
    let (mut times, mut nodes, mut unproven) = (Vec::new(), Vec::new(), 0);
    while times.len() < orders {
        let order = Order::random(&mut random, facilities, items, density);
        let problem = order.problem();
        let start = Instant::now();
        let solved = solve_with(&mut scratch, &problem);
        let time = start.elapsed();
        let Ok(solution) = solved else { continue };
        times.push(time);
        nodes.push(solution.nodes);
        unproven += usize::from(solution.proof != Proof::Optimal);
    }
    times.sort_unstable();
    nodes.sort_unstable();
    let micros = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e6);
    let at = |share: usize| (orders * share / 100).min(orders - 1);
    println!(
        "{:>9} {:>6}% {:>10} {:>10} {:>10} {:>8} {:>9} {:>8}",
        format!("{facilities}x{items}"),
        density,
        micros(times[at(50)]),
        micros(times[at(99)]),
        micros(times[orders - 1]),
        nodes[at(50)],
        nodes[orders - 1],
        unproven
    );
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
}

/// The generator `splitmix64` (G. Steele et al., 2014): enough for instances.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
