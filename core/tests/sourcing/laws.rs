//! What must hold of every answer of the solver, whatever the problem.
//!
//! The laws are checked on the answer alone: costs are summed anew and stock is counted anew, so
//! that a solver that is wrong in the same way twice is still found out.

use std::collections::BTreeMap;

use crate::sourcing_cases::{Case, Random, brute_force};
use earmark::sourcing::{
    Arc, FacilitySet, Problem, Proof, Scratch, Solution, Unsolvable, assign, evaluate, solve,
    solve_with,
};
use proptest::prelude::*;

/// The cost of the takes by the arcs alone: each shelf gives its cheapest units first.
fn cost_anew(problem: &Problem<'_>, solution: &Solution) -> u64 {
    let mut shelves: BTreeMap<(u16, u8, u16), Vec<Arc>> = BTreeMap::new();
    for arc in problem.arcs {
        shelves.entry((arc.facility, arc.tier, arc.item)).or_default().push(*arc);
    }
    let mut taken: BTreeMap<(u16, u8, u16), u32> = BTreeMap::new();
    for take in &solution.takes {
        *taken.entry((take.facility, take.tier, take.item)).or_default() += take.quantity;
    }
    let mut cost = solution.open.iter().map(|&f| problem.fixed[usize::from(f)]).sum::<u64>();
    for (shelf, mut units) in taken {
        let arcs = shelves.get_mut(&shelf).expect("a take names a shelf that exists");
        arcs.sort_by_key(|arc| arc.unit_cost);
        for arc in arcs {
            let given = arc.available.min(units);
            units -= given;
            cost += u64::from(given) * arc.unit_cost;
        }
        assert_eq!(units, 0, "shelf {shelf:?} gave more than it has");
    }
    cost
}

#[track_caller]
fn check_laws(problem: &Problem<'_>, solution: &Solution) {
    let mut served = vec![0; problem.demands.len()];
    for take in &solution.takes {
        assert!(take.quantity > 0, "an empty take");
        served[usize::from(take.item)] += take.quantity;
    }
    assert_eq!(served, problem.demands, "the takes are not the demands");
    assert_eq!(cost_anew(problem, solution), solution.cost, "the cost is not the takes' cost");
    let mut shipping: Vec<u16> = solution.takes.iter().map(|take| take.facility).collect();
    shipping.sort_unstable();
    shipping.dedup();
    assert_eq!(shipping, solution.open, "a facility is paid that ships nothing, or not paid");
    if let Some(most) = problem.max_parcels {
        assert!(solution.open.len() <= usize::from(most), "too many parcels");
    }
    assert!(solution.takes.is_sorted_by_key(|take| take.item), "takes are not sorted by item");
    if let Some(second) = &solution.runner_up {
        assert_ne!(second.facilities, solution.open, "the runner-up is the winner");
        assert!(second.cost >= solution.cost, "the runner-up is cheaper");
        let open = second.facilities.iter().copied().collect();
        assert_eq!(evaluate(problem, open).ok(), Some(second.cost), "the runner-up is made up");
    }
}

fn bytes(answer: &Result<Solution, Unsolvable>) -> Vec<u8> {
    match answer {
        Ok(solution) => postcard::to_allocvec(solution).expect("a solution encodes"),
        Err(error) => format!("{error:?}").into_bytes(),
    }
}

/// Any random case, by its seed.
fn cases() -> impl Strategy<Value = (Case, u64)> {
    any::<u64>().prop_map(|seed| (Case::random(&mut Random(seed), seed >> 32), seed))
}

#[test]
fn whatever_the_budget_the_gap_is_true() {
    let mut random = Random(77);
    let (mut bounded, mut optimal) = (0, 0);
    for _ in 0..120 {
        let fixed: Vec<u64> = (0..11).map(|_| 20 + random.below(60)).collect();
        let demands: Vec<u32> = (0..7).map(|_| 1 + random.below(4) as u32).collect();
        let mut arcs = Vec::new();
        for (item, facility) in (0..7).flat_map(|item| (0..11).map(move |f| (item, f))) {
            if random.below(100) < 45 {
                let (unit_cost, available) = (random.below(20), 1 + random.below(3) as u32);
                arcs.push(Arc { facility, tier: 0, item, unit_cost, available });
            }
        }
        let case = Case { fixed, demands, arcs, max_parcels: None };
        let Some(best) = brute_force(&case.problem()) else { continue };
        for nodes in 1..12 {
            let solution = solve(&Problem { nodes, ..case.problem() }).expect("there is a plan");
            assert!(solution.nodes <= nodes);
            match solution.proof {
                Proof::Optimal => {
                    assert_eq!(solution.cost, best.cost);
                    optimal += 1;
                }
                Proof::Bounded { gap, .. } => {
                    assert!(
                        gap > 0 && solution.cost - gap <= best.cost && best.cost <= solution.cost
                    );
                    bounded += 1;
                }
            }
        }
    }
    assert!(bounded > 300 && optimal > 300, "{bounded} bounded, {optimal} optimal");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn every_plan_serves_exactly_what_was_asked_at_the_cost_it_says((case, _) in cases()) {
        let problem = case.problem();
        if let Ok(solution) = solve(&problem) {
            check_laws(&problem, &solution);
        }
    }

    #[test]
    fn used_room_and_the_order_of_arcs_change_no_byte((case, seed) in cases()) {
        let first = bytes(&solve(&case.problem()));
        let mut scratch = Scratch::default();
        let mut random = Random(seed);
        let other = Case::random(&mut random, seed);
        let _ = solve_with(&mut scratch, &other.problem());
        prop_assert_eq!(&first, &bytes(&solve_with(&mut scratch, &case.problem())));
        let mut shuffled = case.clone();
        for at in (1..shuffled.arcs.len()).rev() {
            shuffled.arcs.swap(at, random.below(at as u64 + 1) as usize);
        }
        prop_assert_eq!(&first, &bytes(&solve_with(&mut scratch, &shuffled.problem())));
    }

    #[test]
    fn a_shelf_cut_in_two_is_the_same_shelf((case, seed) in cases()) {
        let mut cut = case.clone();
        for arc in &case.arcs {
            let part = (seed % u64::from(arc.available + 1)) as u32;
            cut.arcs.push(Arc { available: part, ..*arc });
        }
        for (whole, part) in case.arcs.iter().zip(&mut cut.arcs) {
            part.available = whole.available - (seed % u64::from(whole.available + 1)) as u32;
        }
        prop_assert_eq!(bytes(&solve(&case.problem())), bytes(&solve(&cut.problem())));
    }

    #[test]
    fn more_stock_never_makes_the_best_plan_dearer((case, seed) in cases()) {
        let mut richer = case.clone();
        let mut random = Random(seed);
        for arc in &mut richer.arcs {
            arc.available += random.below(3) as u32;
        }
        if let Ok(before) = solve(&case.problem()) {
            let after = solve(&richer.problem()).expect("more stock serves what less stock served");
            prop_assert!(after.cost <= before.cost);
        }
    }

    #[test]
    fn one_node_still_gives_a_plan_and_a_true_gap((case, _) in cases()) {
        let mut problem = case.problem();
        problem.nodes = 1;
        match (solve(&problem), brute_force(&problem)) {
            (Ok(solution), Some(best)) => {
                check_laws(&problem, &solution);
                match solution.proof {
                    Proof::Optimal => prop_assert_eq!(solution.cost, best.cost),
                    Proof::Bounded { gap, nodes } => {
                        prop_assert!(gap > 0 && nodes == solution.nodes);
                        prop_assert!(solution.cost - gap <= best.cost);
                        prop_assert!(solution.cost >= best.cost);
                    }
                }
            }
            (Err(Unsolvable::Short(_) | Unsolvable::TooManyParcels { .. }), None) => {}
            (Err(Unsolvable::Undecided { allowed, fewest, .. }), _) => {
                prop_assert!(fewest > allowed);
            }
            (found, best) => prop_assert!(false, "{:?} but {:?}", found, best),
        }
    }

    #[test]
    fn a_given_set_is_assigned_as_brute_force_assigns_it((case, seed) in cases()) {
        let problem = case.problem();
        let open: FacilitySet = (0..9).filter(|f| seed >> f & 1 == 1).collect();
        let mut alone = case.clone();
        alone.max_parcels = None;
        alone.arcs.retain(|arc| open.contains(arc.facility));
        match (assign(&problem, open), solve(&alone.problem())) {
            (Ok(assigned), Ok(best)) => {
                prop_assert!(assigned.cost >= best.cost);
                prop_assert!(assigned.open.minus(open).is_empty());
                prop_assert_eq!(evaluate(&problem, open), Ok(assigned.cost));
                let solution = Solution {
                    takes: assigned.takes,
                    cost: assigned.cost,
                    open: assigned.open.to_vec(),
                    proof: Proof::Optimal,
                    nodes: 0,
                    runner_up: None,
                };
                check_laws(&Problem { max_parcels: None, ..problem }, &solution);
                let best_set = best.open.iter().copied().collect();
                prop_assert_eq!(evaluate(&problem, best_set), Ok(best.cost));
            }
            (Err(Unsolvable::Short(a)), Err(Unsolvable::Short(b))) => prop_assert_eq!(a, b),
            (assigned, best) => prop_assert!(false, "{:?} but {:?}", assigned, best),
        }
    }
}
