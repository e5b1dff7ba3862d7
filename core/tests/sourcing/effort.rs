//! What the search finds, and how much it looks at, pinned for one set of instances.
//!
//! The node budget decides between *optimal* and *bounded*, and both the nodes and the best other
//! plan are told in events. So the effort is a part of the decision: a bound that became weaker
//! finds the same plan, later, and no oracle of costs sees it. `EARMARK_BLESS=1 cargo test -p
//! earmark --test sourcing_effort` writes the table anew; a change of it is a change of decisions.

use std::fmt::Write as _;

use crate::sourcing_cases::{Case, Random};
use earmark::sourcing::{Arc, Level, Problem, Proof, RunnerUp, Unsolvable, solve, solve_levels};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/effort.txt");
const SEEDS: u64 = 16;

/// A family of instances: facilities, items, which share of the items a facility has (per cent),
/// the most that a facility and a unit cost, the most units wanted and there, parcels allowed.
struct Family {
    name: &'static str,
    size: (u16, u16),
    density: u64,
    costs: (u64, u64),
    units: (u64, u64),
    parcels: Option<u16>,
    nodes: u32,
}

impl Family {
    const fn new(name: &'static str, size: (u16, u16), density: u64) -> Self {
        let (costs, units) = ((900, 40), (3, 5));
        Self { name, size, density, costs, units, parcels: None, nodes: 20_000 }
    }
}

/// Chosen so that every rule of the search is the one that matters in one of them.
fn families() -> Vec<Family> {
    let of = Family::new;
    vec![
        of("one line", (10, 1), 60),
        of("few lines", (20, 3), 50),
        of("some lines", (20, 6), 40),
        of("many lines", (30, 8), 30),
        of("scattered stock", (24, 12), 25),
        Family { units: (6, 2), ..of("scarce units", (14, 5), 60) },
        Family { costs: (4, 2), ..of("ties everywhere", (14, 5), 50) },
        Family { costs: (2, 1), ..of("parcels only", (16, 6), 40) },
        Family { costs: (1, 60), ..of("units only", (16, 6), 50) },
        Family { costs: (90, 60), ..of("dear units", (18, 6), 50) },
        Family { parcels: Some(2), ..of("two parcels", (16, 4), 60) },
        Family { parcels: Some(3), units: (6, 3), ..of("three parcels", (16, 4), 70) },
        Family { parcels: Some(4), costs: (9, 60), ..of("four cheap parcels", (18, 5), 60) },
        Family { parcels: Some(3), nodes: 6, ..of("three parcels, soon", (20, 8), 50) },
        Family { nodes: 3, ..of("three nodes", (20, 8), 30) },
        Family {
            nodes: 400,
            units: (9, 3),
            costs: (40, 2),
            ..of("past the greedy plans", (44, 22), 35)
        },
    ]
}

/// Every item has one facility with all of it, so that only bounds on parcels refuse.
fn instance(family: &Family, seed: u64) -> Case {
    let mut random = Random(seed << 8 | u64::from(family.size.0));
    let (facilities, items) = family.size;
    let fixed = (0..facilities).map(|_| 1 + random.below(family.costs.0)).collect();
    let demands: Vec<u32> = (0..items).map(|_| 1 + random.below(family.units.0) as u32).collect();
    let mut arcs = Vec::new();
    for (item, &demand) in (0..).zip(&demands) {
        let sure = random.below(facilities.into()) as u16;
        for facility in 0..facilities {
            let there = facility == sure || random.below(100) < family.density;
            let units = 1 + random.below(family.units.1) as u32;
            let available = if facility == sure { demand.max(units) } else { units };
            let arc =
                Arc { facility, tier: 0, item, unit_cost: random.below(family.costs.1), available };
            arcs.extend(there.then_some(arc));
        }
    }
    Case { fixed, demands, arcs, max_parcels: family.parcels }
}

fn proof(proof: Proof) -> String {
    match proof {
        Proof::Optimal => "optimal".into(),
        Proof::Bounded { gap, nodes } => format!("gap {gap} after {nodes}"),
    }
}

fn refused(why: &Unsolvable) -> String {
    match why {
        Unsolvable::TooManyParcels { needed, .. } => format!("needs {needed} parcels"),
        Unsolvable::Undecided { fewest, nodes, .. } => {
            format!("undecided at {fewest} parcels after {nodes}")
        }
        other => format!("{other:?}"),
    }
}

fn by_cost(problem: &Problem<'_>) -> String {
    match solve(problem) {
        Ok(found) => {
            let other = found.runner_up.map_or("none".into(), |RunnerUp { cost, facilities }| {
                format!("{cost} {facilities:?}")
            });
            let proof = proof(found.proof);
            format!("{} {:?}, {proof}, {} nodes, next {other}", found.cost, found.open, found.nodes)
        }
        Err(why) => refused(&why),
    }
}

/// Fewest parcels, then the cheapest units, then the cheapest facilities.
fn by_levels(case: &Case) -> String {
    let (ones, none) = (vec![1; case.fixed.len()], vec![0; case.fixed.len()]);
    let (free, units) = (vec![0; case.arcs.len()], case.arcs.iter().map(|arc| arc.unit_cost));
    let units: Vec<u64> = units.collect();
    let levels = [
        Level { fixed: &ones, unit: &free },
        Level { fixed: &none, unit: &units },
        Level { fixed: &case.fixed, unit: &free },
    ];
    match solve_levels(&case.problem(), &levels) {
        Ok(found) => {
            let (values, proof, nodes) = (&found.values, proof(found.proof), found.nodes);
            format!("{values:?} {:?}, {proof}, {} exact, {nodes} nodes", found.open, found.exact)
        }
        Err(why) => refused(&why),
    }
}

#[test]
fn the_search_finds_what_it_found_and_looks_at_as_much() {
    let mut table = String::new();
    for family in families() {
        for seed in 1..=SEEDS {
            let case = instance(&family, seed);
            let problem = Problem { nodes: family.nodes, ..case.problem() };
            let _ = writeln!(table, "{} {seed}: {}", family.name, by_cost(&problem));
            if seed <= 4 {
                let _ = writeln!(table, "{} {seed} by levels: {}", family.name, by_levels(&case));
            }
        }
    }
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::write(TABLE, &table).expect("the table is written");
    }
    let kept = std::fs::read_to_string(TABLE).expect("there is a table");
    for (now, then) in table.lines().zip(kept.lines()) {
        assert_eq!(now, then, "EARMARK_BLESS=1 writes the table anew");
    }
    assert_eq!(table.lines().count(), kept.lines().count());
}
