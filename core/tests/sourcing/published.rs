//! The example that reads published facility-location files, on files small enough to check.
//!
//! A reader that misplaces one column still prints a cost, so its answer is held against trying
//! every set of facilities on numbers written down here.

use crate::example::Instance;
use crate::sourcing_cases::{Random, brute_force};
use earmark::limits::SOURCING_NODES;
use earmark::sourcing::{Proof, solve};

#[test]
fn decimals_are_read_exactly_and_capacities_are_ignored() {
    let text = "2 3\n capacity 7500.\n 1 12.5\n 146\n 6.05 1\n 87 0.125 2\n 672\n 3 4.";
    let instance = Instance::parse(text).expect("it is well formed");
    assert_eq!(instance.fixed, [7_500_000, 12_500]);
    let costs: Vec<u64> = instance.arcs.iter().map(|arc| arc.unit_cost).collect();
    assert_eq!(costs, [6_050, 1_000, 125, 2_000, 3_000, 4_000]);
    let solution = solve(&instance.problem(SOURCING_NODES)).expect("it has a plan");
    assert_eq!(instance.decimal(solution.cost), "19.500");
    assert_eq!(solution.open, [1]);
}

#[test]
fn what_is_no_instance_is_refused_with_the_word_that_is_wrong() {
    let refusal = |text| Instance::parse(text).err();
    assert_eq!(refusal("2 1 5 5"), Some("the file ends too early".into()));
    let expected = "`x` is no number of facilities or customers";
    assert_eq!(refusal("x 1"), Some(expected.into()));
    let expected = "`1e5` is no cost, or too large to be read exactly";
    assert_eq!(refusal("1 1 0 1e5"), Some(expected.into()));
}

#[test]
fn instances_of_twelve_facilities_agree_with_brute_force() {
    let mut random = Random(41);
    for round in 0..40 {
        let mut text = String::from("12 20\n");
        for _ in 0..12 {
            text += &format!("5000 {}.\n", random.below(7_500));
        }
        for _ in 0..20 {
            text += &format!("{}\n", random.below(700));
            for _ in 0..12 {
                text += &format!("{}.{:02} ", random.below(4_000), random.below(100));
            }
        }
        let instance = Instance::parse(&text).expect("it is well formed");
        let problem = instance.problem(SOURCING_NODES);
        let found = solve(&problem).expect("every customer can be served");
        let best = brute_force(&problem).expect("every customer can be served");
        assert_eq!((found.cost, found.open), (best.cost, best.open), "round {round}");
        assert_eq!(found.proof, Proof::Optimal, "round {round}");
    }
}
