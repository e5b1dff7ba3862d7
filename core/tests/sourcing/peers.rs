//! The solver against the rules of other systems, on one cost model.
//!
//! An optimum that any rule of thumb undercuts is none. The table that this prints
//! (`cargo test -p earmark --test sourcing_peers -- --nocapture`) also says what the rules cost.

use crate::peer_rules::Instance;
use crate::peer_rules::rules::RULES;
use crate::peer_rules::table::Table;
use crate::sourcing_cases::Random;
use earmark::sourcing::Arc;

/// A random order on a plane of 4,000 x 2,500 km: a parcel costs 5.00 and 0.01/km, a unit
/// 0.0002/km, counted in hundredths of a cent. Demands are 1 to 3 units, shelves hold 1 to 6.
/// One of two instances has back stock too, at a price of its own.
fn on_a_plane(random: &mut Random, facilities: u16, items: u16) -> Instance {
    let place = |random: &mut Random| (random.below(4_000), random.below(2_500));
    let to = place(random);
    let distance: Vec<u64> = (0..facilities)
        .map(|_| {
            let from = place(random);
            (from.0.abs_diff(to.0).pow(2) + from.1.abs_diff(to.1).pow(2)).isqrt()
        })
        .collect();
    let demands: Vec<u32> = (0..items).map(|_| 1 + random.below(3) as u32).collect();
    let tiers = 1 + random.below(2) as u8;
    let mut arcs = Vec::new();
    for (item, facility) in (0..items).flat_map(|i| (0..facilities).map(move |f| (i, f))) {
        for tier in 0..tiers {
            if random.below(100) < 60 / u64::from(tiers) {
                let available = 1 + random.below(6) as u32;
                let unit_cost = 2 * distance[usize::from(facility)] + 1_000 * u64::from(tier);
                arcs.push(Arc { facility, tier, item, unit_cost, available });
            }
        }
    }
    let fixed = distance.iter().map(|km| 50_000 + 100 * km).collect();
    Instance { fixed, distance, demands, arcs }
}

#[test]
fn no_rule_of_a_peer_ever_costs_less_than_the_optimum() {
    let mut random = Random(2_026);
    for (facilities, items, orders) in [(10, 3, 6_000), (10, 6, 4_000), (12, 10, 1_000)] {
        let mut table = Table::default();
        while table.instances < orders {
            table.add(&on_a_plane(&mut random, facilities, items));
        }
        println!("{facilities} facilities, {items} items: {table}");
        assert_eq!(table.unproven, 0);
        for ((name, _), row) in RULES.iter().zip(&table.rows) {
            // A rule that always hits the optimum would compare the solver with itself.
            assert!(row.served == 0 || row.gap() > 0, "`{name}` is never dearer");
            assert_eq!(row.served + row.refused, orders, "`{name}`");
        }
        let [priority, stock, nearest, _, whole_line, splits, first] = table.rows;
        for takes_anything in [priority, stock, nearest] {
            assert_eq!(takes_anything.refused, 0, "it takes what there is");
        }
        assert!(whole_line.refused > 0 && first.refused > orders / 2);
        assert!(splits.gap() < nearest.gap() && nearest.gap() < priority.gap());
    }
}

#[test]
fn every_rule_hands_out_what_its_source_says() {
    // Three places, the nearest last; item 0 is whole only in the middle, item 1 everywhere.
    let arc = |facility, item, available| Arc { facility, tier: 0, item, unit_cost: 1, available };
    let arcs = vec![arc(0, 0, 1), arc(1, 0, 3), arc(2, 0, 2), arc(0, 1, 4), arc(1, 1, 1)];
    let instance = Instance {
        fixed: vec![1, 1, 1],
        distance: vec![30, 20, 10],
        demands: vec![3, 1],
        arcs: [arcs, vec![arc(2, 1, 2)]].concat(),
    };
    let handed: Vec<_> = RULES.iter().map(|(_, rule)| rule(&instance)).collect();
    let expected = [
        Some(vec![(0, 0, 1), (1, 0, 2), (0, 1, 1)]),
        Some(vec![(1, 0, 3), (0, 1, 1)]),
        Some(vec![(2, 0, 2), (1, 0, 1), (2, 1, 1)]),
        Some(vec![(1, 0, 3), (1, 1, 1)]),
        Some(vec![(1, 0, 3), (1, 1, 1)]),
        Some(vec![(1, 0, 3), (1, 1, 1)]),
        None,
    ];
    assert_eq!(handed, expected);
}

#[test]
fn the_fewest_splits_go_to_the_nearest_pair_and_never_beyond_five() {
    let arc = |facility, item| Arc { facility, tier: 0, item, unit_cost: 1, available: 1 };
    let mut instance = Instance {
        fixed: vec![1; 4],
        distance: vec![1, 50, 20, 30],
        demands: vec![1, 1],
        arcs: vec![arc(0, 0), arc(1, 1), arc(2, 0), arc(3, 1)],
    };
    let rule = RULES[5].1;
    assert_eq!(rule(&instance), Some(vec![(0, 0, 1), (3, 1, 1)]));
    instance.demands = vec![1; 6];
    instance.fixed = vec![1; 6];
    instance.distance = vec![1; 6];
    instance.arcs = (0..6).map(|at| arc(at, at)).collect();
    assert_eq!(rule(&instance), None);
}
