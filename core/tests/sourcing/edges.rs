//! The corners of the solver's interface: what it refuses, its largest sizes and its largest sums.
//!
//! Each of these would be met once in years of random orders, and on the worst day.

use crate::sourcing_cases::{Random, brute_force};
use earmark::limits::{ORDER_LINES, SOURCING_COST, SOURCING_FACILITIES, SOURCING_NODES};
use earmark::sourcing::{
    Arc, Malformed, Problem, Proof, RunnerUp, Shortfall, Solution, Take, Unsolvable, solve,
};

fn arc(facility: u16, item: u16, unit_cost: u64, available: u32) -> Arc {
    Arc { facility, tier: 0, item, unit_cost, available }
}

fn problem<'a>(fixed: &'a [u64], demands: &'a [u32], arcs: &'a [Arc]) -> Problem<'a> {
    Problem { fixed, demands, arcs, max_parcels: None, nodes: SOURCING_NODES }
}

#[track_caller]
fn check_open(problem: &Problem<'_>, cost: u64, open: &[u16]) -> Solution {
    let solution = solve(problem).expect("there is a plan");
    assert_eq!((solution.cost, solution.open.as_slice()), (cost, open));
    assert_eq!(solution.proof, Proof::Optimal);
    solution
}

#[test]
fn two_cheap_shelves_beat_one_dear_parcel_less() {
    let arcs = [arc(0, 0, 1, 2), arc(0, 1, 1, 2), arc(1, 0, 9, 2), arc(1, 1, 0, 2)];
    let solution = check_open(&problem(&[5, 1], &[2, 2], &arcs), 8, &[0, 1]);
    let take = |facility, item| Take { facility, tier: 0, item, quantity: 2 };
    assert_eq!(solution.takes, [take(0, 0), take(1, 1)]);
    assert_eq!(solution.runner_up, Some(RunnerUp { cost: 9, facilities: vec![0] }));
}

#[test]
fn back_stock_is_taken_only_beyond_the_primary_tier() {
    let back = Arc { tier: 1, ..arc(0, 0, 3, 10) };
    let solution = check_open(&problem(&[7], &[5], &[back, arc(0, 0, 1, 4)]), 14, &[0]);
    let takes: Vec<_> = solution.takes.iter().map(|take| (take.tier, take.quantity)).collect();
    assert_eq!(takes, [(0, 4), (1, 1)]);
}

#[test]
fn equal_costs_go_to_fewer_facilities_and_then_to_the_smaller_list() {
    let one_or_two = [arc(0, 0, 0, 1), arc(1, 1, 0, 1), arc(2, 0, 0, 1), arc(2, 1, 0, 1)];
    check_open(&problem(&[1, 1, 2], &[1, 1], &one_or_two), 2, &[2]);
    check_open(&problem(&[0, 0, 0], &[1, 1], &one_or_two), 0, &[2]);
    let all_alike: Vec<Arc> = (0..60).map(|facility| arc(59 - facility, 0, 4, 3)).collect();
    check_open(&problem(&[7; 60], &[3], &all_alike), 19, &[0]);
    check_open(&problem(&[7; 60], &[8], &all_alike), 53, &[0, 1, 2]);
}

#[test]
fn fewer_facilities_win_a_tie_even_when_costs_leave_no_bits_to_count_them() {
    // Three cheap facilities, or a cheap one and one of twice the price: for any split of items.
    for scale in [1, 1 << 57] {
        for pair in [[0, 1], [0, 2], [1, 2]] {
            let mut arcs: Vec<Arc> = (0..3).map(|at| arc(at, at, 0, 1)).collect();
            arcs.extend(pair.map(|item| arc(3, item, 0, 1)));
            let alone = (0..3).find(|item| !pair.contains(item)).expect("one is left");
            let fixed = [scale, scale, scale, 2 * scale];
            check_open(&problem(&fixed, &[1, 1, 1], &arcs), 3 * scale, &[alone, 3]);
        }
    }
}

#[test]
fn nothing_asked_is_a_plan_of_nothing() {
    let none = check_open(&problem(&[3, 4], &[0, 0], &[arc(0, 0, 1, 1)]), 0, &[]);
    assert!(none.takes.is_empty() && none.runner_up.is_none());
    check_open(&problem(&[], &[], &[]), 0, &[]);
    let mut no_parcels = problem(&[3], &[0], &[]);
    no_parcels.max_parcels = Some(0);
    check_open(&no_parcels, 0, &[]);
}

#[test]
fn every_item_that_is_short_is_named() {
    let arcs = [arc(0, 0, 1, 4), arc(0, 2, 1, 2), arc(0, 2, 2, 1), arc(1, 0, 1, 0)];
    let short = |item, demanded, available| Shortfall { item, demanded, available };
    let expected = vec![short(0, 5, 4), short(1, 1, 0)];
    let refused = solve(&problem(&[1, 1], &[5, 1, 3], &arcs));
    assert_eq!(refused, Err(Unsolvable::Short(expected)));
    let text = refused.expect_err("short").to_string();
    assert_eq!(text, "not enough stock; item 0 wants 5, there are 4; item 1 wants 1, there are 0");
}

#[test]
fn a_malformed_problem_is_named_before_a_shortage() {
    let check = |problem: Problem<'_>, expected| {
        assert_eq!(solve(&problem), Err(Unsolvable::Malformed(expected)));
    };
    let unknown = Malformed::UnknownFacility { arc: 1, facility: 2 };
    check(problem(&[1, 1], &[9], &[arc(0, 0, 1, 1), arc(2, 0, 1, 1)]), unknown);
    let unknown = Malformed::UnknownItem { arc: 0, item: 1 };
    check(problem(&[1], &[9], &[arc(0, 1, 1, 1)]), unknown);
    let many = [0; SOURCING_FACILITIES + 1];
    check(problem(&many, &[9], &[]), Malformed::TooManyFacilities(129));
    let many = [1; ORDER_LINES + 1];
    check(problem(&[1], &many, &[]), Malformed::TooManyItems(2_001));
    check(problem(&[1], &[9], &[arc(0, 0, u64::MAX, 1)]), Malformed::CostTooLarge);
}

#[test]
fn too_few_parcels_are_refused_with_the_number_that_is_needed() {
    let arcs: Vec<Arc> = (0..6).map(|at| arc(at, at % 3, 1, 1)).collect();
    let mut problem = problem(&[1; 6], &[1, 1, 1], &arcs);
    problem.max_parcels = Some(2);
    let refused = Unsolvable::TooManyParcels { allowed: 2, needed: 3 };
    assert_eq!(solve(&problem), Err(refused));
    problem.max_parcels = Some(3);
    check_open(&problem, 6, &[0, 1, 2]);
}

#[test]
fn a_bound_on_parcels_forces_the_dearer_single_facility() {
    let arcs = [arc(0, 0, 0, 1), arc(1, 1, 0, 1), arc(2, 0, 50, 1), arc(2, 1, 50, 1)];
    let mut problem = problem(&[1, 1, 9], &[1, 1], &arcs);
    check_open(&problem, 2, &[0, 1]);
    problem.max_parcels = Some(1);
    check_open(&problem, 109, &[2]);
}

#[test]
fn costs_up_to_the_limit_are_solved_and_one_more_is_refused() {
    let half = SOURCING_COST / 2;
    let arcs = [arc(0, 0, half, 1), arc(1, 0, half - 1, 1)];
    check_open(&problem(&[0, 1], &[1], &arcs), half, &[0]);
    let units = SOURCING_COST / u64::from(u32::MAX);
    let all = [arc(0, 0, units, u32::MAX)];
    let rest = SOURCING_COST % u64::from(u32::MAX);
    check_open(&problem(&[rest], &[u32::MAX], &all), SOURCING_COST, &[0]);
    let refused = solve(&problem(&[rest + 1], &[u32::MAX], &all));
    assert_eq!(refused, Err(Unsolvable::Malformed(Malformed::CostTooLarge)));
    let overflowing = [arc(0, 0, u64::MAX / 2, u32::MAX); 3];
    let refused = solve(&problem(&[u64::MAX], &[u32::MAX], &overflowing));
    assert_eq!(refused, Err(Unsolvable::Malformed(Malformed::CostTooLarge)));
}

#[test]
fn a_facility_that_can_not_be_used_may_have_any_cost() {
    let arcs = [arc(0, 0, 2, 3), arc(1, 0, u64::MAX, 0), arc(1, 1, u64::MAX, 9)];
    check_open(&problem(&[1, u64::MAX], &[3, 0], &arcs), 7, &[0]);
}

#[test]
fn large_demands_with_large_costs_agree_with_brute_force() {
    let mut random = Random(9);
    for _ in 0..300 {
        let most = 1 + random.below(5) as u32;
        let demands: Vec<u32> = (0..3).map(|_| u32::MAX - random.below(1 << 31) as u32).collect();
        let fixed: Vec<u64> = (0..6).map(|_| random.below(1 << 50)).collect();
        let arcs: Vec<Arc> = (0..6)
            .flat_map(|facility| (0..3).map(move |item| (facility, item)))
            .map(|(f, i)| arc(f, i, random.below(1 << 24), u32::MAX / most))
            .collect();
        let problem = problem(&fixed, &demands, &arcs);
        let found = solve(&problem).ok().map(|found| (found.cost, found.open));
        assert_eq!(found, brute_force(&problem).map(|best| (best.cost, best.open)));
    }
}

#[test]
fn the_longest_real_order_is_solved_within_few_nodes() {
    let mut random = Random(1_112);
    let fixed: Vec<u64> = (0..10).map(|_| 50_000 + random.below(400_000)).collect();
    let demands: Vec<u32> = (0..1_112).map(|_| 1 + random.below(12) as u32).collect();
    let mut arcs = Vec::new();
    for item in 0..1_112 {
        for facility in 0..10 {
            if facility == 0 || random.below(100) < 60 {
                let available = if facility == 0 { 12 } else { random.below(30) as u32 };
                arcs.push(arc(facility, item, random.below(10_000), available));
            }
        }
    }
    let problem = problem(&fixed, &demands, &arcs);
    let found = solve(&problem).expect("facility 0 has everything");
    let best = brute_force(&problem).expect("facility 0 has everything");
    assert_eq!((found.cost, found.open), (best.cost, best.open));
    assert!(found.nodes < 200, "{} nodes", found.nodes);
}

#[test]
fn all_facilities_and_all_items_at_once_end_within_the_budget() {
    let mut random = Random(128);
    let fixed: Vec<u64> = (0..128).map(|_| random.below(1 << 20)).collect();
    let demands = [2; ORDER_LINES];
    let arcs: Vec<Arc> = (0..ORDER_LINES as u16)
        .flat_map(|item| (0..128).map(move |facility| (facility, item)))
        .map(|(f, i)| arc(f, i, random.below(100), random.below(4) as u32))
        .collect();
    let mut problem = problem(&fixed, &demands, &arcs);
    problem.nodes = 2;
    let found = solve(&problem).expect("there is plenty");
    assert!(found.nodes <= 2);
    if let Proof::Bounded { gap, .. } = found.proof {
        assert!(gap < found.cost);
    }
}
