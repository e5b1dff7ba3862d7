//! Several costs in order of importance: against brute force, and where they no longer fit.
//!
//! A packed cost is wrong in silence when one level spills into the one above. So small instances
//! are solved again by trying every set and comparing lists of numbers.

use crate::sourcing_cases::{Case, Random};
use earmark::limits::SOURCING_LEVELS;
use earmark::sourcing::{Arc, Level, Malformed, Problem, Proof, Ranked, Unsolvable, solve_levels};

/// The costs of one level.
type Costs = (Vec<u64>, Vec<u64>);

fn levels(costs: &[Costs]) -> Vec<Level<'_>> {
    costs.iter().map(|(fixed, unit)| Level { fixed, unit }).collect()
}

/// Random levels: a third counts parcels, a third prices units only, a third all.
fn random_levels(random: &mut Random, case: &Case, count: usize, widest: u32) -> Vec<Costs> {
    let level = |_| {
        let kind = random.below(3);
        let width = 1 + random.below(widest.into());
        let most = 1 + random.below(1 << width);
        let fixed = case.fixed.iter().map(|_| match kind {
            0 => 1,
            1 => 0,
            _ => random.below(most),
        });
        let fixed = fixed.collect();
        let unit = case.arcs.iter().map(|_| if kind == 0 { 0 } else { random.below(most) });
        (fixed, unit.collect())
    };
    (0..count).map(level).collect()
}

/// Tries every set: the best list of costs, then the fewest facilities, then the smallest list.
fn brute_force(case: &Case, costs: &[Costs]) -> Option<(Vec<u64>, Vec<u16>)> {
    let mut order: Vec<usize> = (0..case.arcs.len()).collect();
    let key = |at: usize| -> Vec<u64> { costs.iter().map(|(_, unit)| unit[at]).collect() };
    order.sort_by_key(|&at| (key(at), case.arcs[at].facility, case.arcs[at].tier));
    let sets = 0_u32..1 << case.fixed.len();
    let plans = sets.filter_map(|set| {
        let mut wanted = case.demands.clone();
        let mut values = vec![0; costs.len()];
        let mut ships = 0_u32;
        for &at in order.iter().filter(|&&at| set >> case.arcs[at].facility & 1 == 1) {
            let Arc { facility, item, available, .. } = case.arcs[at];
            let units = available.min(wanted[usize::from(item)]);
            wanted[usize::from(item)] -= units;
            for (value, (_, unit)) in values.iter_mut().zip(costs) {
                *value += unit[at] * u64::from(units);
            }
            ships |= u32::from(units > 0) << facility;
        }
        let open: Vec<u16> = (0..32).filter(|f| ships >> f & 1 == 1).collect();
        let fits = case.max_parcels.is_none_or(|most| open.len() <= usize::from(most));
        for (value, (fixed, _)) in values.iter_mut().zip(costs) {
            *value += open.iter().map(|&f| fixed[usize::from(f)]).sum::<u64>();
        }
        (fits && wanted.iter().all(|&left| left == 0)).then_some((values, open.len(), open))
    });
    plans.min().map(|(values, _, open)| (values, open))
}

#[test]
fn the_plan_equals_brute_force_on_ten_thousand_lists_of_levels() {
    let mut random = Random(3);
    let (mut solved, mut refused) = (0, 0);
    for round in 0..10_000 {
        let case = Case::random(&mut random, round);
        let count = 1 + random.below(5) as usize;
        let costs = random_levels(&mut random, &case, count, 5);
        match (solve_levels(&case.problem(), &levels(&costs)), brute_force(&case, &costs)) {
            (Ok(found), Some(best)) => {
                assert_eq!((found.values, found.open), best, "round {round}: {case:?} {costs:?}");
                assert_eq!((found.exact, found.proof), (count, Proof::Optimal), "round {round}");
                let mut served = vec![0; case.demands.len()];
                for take in &found.takes {
                    served[usize::from(take.item)] += take.quantity;
                }
                assert_eq!(served, case.demands);
                solved += 1;
            }
            (Err(Unsolvable::Short(_) | Unsolvable::TooManyParcels { .. }), None) => refused += 1,
            (found, best) => panic!("round {round}: {found:?} but {best:?}: {case:?} {costs:?}"),
        }
    }
    assert!(solved > 5_000 && refused > 500, "{solved} solved, {refused} refused");
}

#[test]
fn levels_too_wide_to_pack_are_exact_from_the_first_as_far_as_they_say() {
    let mut random = Random(4);
    let (mut all, mut some) = (0, 0);
    for round in 0..3_000 {
        let case = Case::random(&mut random, round);
        let costs = random_levels(&mut random, &case, 4, 36);
        let Ok(found) = solve_levels(&case.problem(), &levels(&costs)) else { continue };
        let (values, _) = brute_force(&case, &costs).expect("there is a plan");
        let Ranked { exact, .. } = found;
        assert_eq!(found.values[..exact], values[..exact], "round {round}: {case:?} {costs:?}");
        assert!(exact >= 1 && found.values >= values);
        assert_eq!(found.proof == Proof::Optimal, exact == 4, "round {round}");
        all += u32::from(exact == 4);
        some += u32::from(exact < 4);
    }
    assert!(all > 300 && some > 100, "{all} all exact, {some} in part");
}

#[test]
fn fewest_parcels_come_before_the_way_and_the_way_before_the_price() {
    let arc = |facility, item| Arc { facility, tier: 0, item, unit_cost: 0, available: 1 };
    // Facility 0 and 1 have everything, 2 and 3 have half each and lie around the corner.
    let arcs = [arc(0, 0), arc(0, 1), arc(1, 0), arc(1, 1), arc(2, 0), arc(3, 1)];
    let problem =
        Problem { fixed: &[0; 4], demands: &[1, 1], arcs: &arcs, max_parcels: None, nodes: 99 };
    let (parcels, way) = ([1; 4], [900, 900, 5, 5]);
    let price = [70, 60, 1, 1];
    let none = [0; 6];
    let level = |fixed| Level { fixed, unit: &none };
    let open = |levels: &[Level<'_>]| solve_levels(&problem, levels).expect("a plan").open;
    assert_eq!(open(&[level(&parcels), level(&way), level(&price)]), [1]);
    assert_eq!(open(&[level(&parcels), level(&way)]), [0], "the smaller id wins a tie");
    assert_eq!(open(&[level(&way), level(&parcels)]), [2, 3]);
}

#[test]
fn a_search_that_ends_early_says_so_and_ranks_no_further() {
    let mut random = Random(5);
    let mut bounded = 0;
    for _ in 0..200 {
        let fixed: Vec<u64> = (0..12).map(|_| 20 + random.below(60)).collect();
        let mut arcs = Vec::new();
        for (item, facility) in (0..8).flat_map(|item| (0..12).map(move |f| (item, f))) {
            if random.below(100) < 45 {
                let available = 1 + random.below(3) as u32;
                arcs.push(Arc { facility, tier: 0, item, unit_cost: 0, available });
            }
        }
        let unit: Vec<u64> = arcs.iter().map(|_| random.below(20)).collect();
        let levels = [Level { fixed: &fixed, unit: &unit }, Level { fixed: &fixed, unit: &unit }];
        let demands = [3; 8];
        let problem =
            Problem { fixed: &fixed, demands: &demands, arcs: &arcs, max_parcels: None, nodes: 1 };
        let Ok(found) = solve_levels(&problem, &levels) else { continue };
        if found.proof != Proof::Optimal {
            assert!(found.exact < 2);
            bounded += 1;
        }
    }
    assert!(bounded > 10, "{bounded} ended early");
}

#[test]
fn levels_of_another_size_are_refused() {
    let arcs = [Arc { facility: 0, tier: 0, item: 0, unit_cost: 0, available: 1 }];
    let problem = Problem { fixed: &[0], demands: &[1], arcs: &arcs, max_parcels: None, nodes: 9 };
    let level = Level { fixed: &[1], unit: &[1] };
    for levels in [
        vec![],
        vec![level; SOURCING_LEVELS + 1],
        vec![Level { fixed: &[], ..level }],
        vec![level, Level { unit: &[1, 2], ..level }],
    ] {
        let refused = solve_levels(&problem, &levels).expect_err("it is refused");
        assert_eq!(refused, Unsolvable::Malformed(Malformed::Levels));
        assert!(refused.to_string().starts_with("give 1 to 8 levels"));
    }
    assert!(solve_levels(&problem, &[level; SOURCING_LEVELS]).is_ok());
}
