//! The solver against brute force over every set of facilities.
//!
//! An exact solver has one way to be wrong that no example shows: a bound that is a little too
//! high. So thousands of small instances are solved twice, here by trying everything.

use crate::sourcing_cases::{Case, Random, brute_force};
use earmark::sourcing::{Proof, Unsolvable, solve};

#[test]
fn the_plan_equals_brute_force_on_twelve_thousand_instances() {
    let mut random = Random(1);
    let (mut solved, mut refused) = (0, 0);
    for round in 0..12_000_u64 {
        let case = Case::random(&mut random, round);
        let problem = case.problem();
        match (solve(&problem), brute_force(&problem)) {
            (Ok(found), Some(best)) => {
                assert_eq!(found.cost, best.cost, "round {round}: {case:?}");
                assert_eq!(found.open, best.open, "round {round}: ties: {case:?}");
                assert_eq!(found.proof, Proof::Optimal, "round {round}: {case:?}");
                solved += 1;
            }
            (Err(Unsolvable::Short(_)), None) => refused += 1,
            (Err(Unsolvable::TooManyParcels { allowed, needed }), None) => {
                let more = case.with_parcels(needed);
                let fewer = case.with_parcels(needed - 1);
                assert!(allowed < needed, "round {round}");
                assert!(brute_force(&more.problem()).is_some(), "round {round}: {case:?}");
                assert!(brute_force(&fewer.problem()).is_none(), "round {round}: {case:?}");
                refused += 1;
            }
            (found, best) => panic!("round {round}: {found:?} but {best:?}: {case:?}"),
        }
    }
    assert!(solved > 6_000 && refused > 500, "{solved} solved, {refused} refused");
}
