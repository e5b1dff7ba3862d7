//! Comparisons by the native body. Why: that the two agree and the others do not is the whole point
//! of the table, and the table of the docs must be the one that users get.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::path::Path;
use std::sync::Arc;

use earmark::flow::Topology;
use earmark_host::plugin::Bodies;

use super::table::Compared;
use super::told::Ended;
use super::{CompareTopologies, Faults};
use crate::shop::native::NativeBodies;

fn compared(orders: u32, seed: u64, faults: &str) -> Compared {
    let bodies: Arc<dyn Bodies> = Arc::new(NativeBodies::new());
    let faults: Faults = faults.parse().unwrap();
    let it = CompareTopologies { orders, seed, faults, dir: None, json: false };
    it.compare(&bodies).unwrap()
}

#[test]
fn whatever_goes_wrong_two_agree_and_the_other_two_answer_too_early() {
    for seed in 1..=3 {
        let compared = compared(45, seed, "late=6,repeat=3,restart=5,crash=7");
        assert_eq!(compared.wrong(), [""; 0], "seed {seed}");
        let [sequential, reserve_first, order_first, listen] = &compared.runs[..] else {
            panic!("four topologies");
        };
        assert_eq!(sequential.told.ended.len(), 45);
        assert_eq!(sequential.told.ended, reserve_first.told.ended, "seed {seed}");
        for ended in [Ended::Confirmed, Ended::Rejected, Ended::Cancelled] {
            assert!(sequential.told.count(ended) > 0, "seed {seed}: {ended:?}");
        }
        let early = |run: &super::world::Run| {
            (run.told.taken_back() > 0, run.told.unknown_after_answer() > 0)
        };
        assert_eq!(early(sequential), (false, false), "seed {seed}");
        assert_eq!(early(reserve_first), (false, false), "seed {seed}");
        assert_eq!(early(order_first), (true, false), "seed {seed}");
        assert_eq!(early(listen), (true, true), "seed {seed}");
        assert_eq!(sequential.told.waited().most, 0);
        assert!(reserve_first.told.waited().most > 0);
        for run in &compared.runs {
            assert!(run.tied > 0 && run.hits.crashes > 0 && run.hits.again > 0, "{run:?}");
            assert_eq!(run.hits.refused, 0, "{run:?}");
        }
    }
}

#[test]
fn without_faults_nobody_asks_too_early_and_answers_are_taken_back_all_the_same() {
    let compared = compared(30, 4, "none");
    assert_eq!(compared.wrong(), [""; 0]);
    for run in &compared.runs {
        assert_eq!((run.hits.crashes, run.told.unknown_after_answer()), (0, 0));
        assert_eq!(run.told.ended, compared.runs[0].told.ended, "{}", run.topology);
        let early = [Topology::OrderFirst, Topology::ListenToSelf].contains(&run.topology);
        assert_eq!(run.told.taken_back() > 0, early, "{}", run.topology);
    }
}

#[test]
fn an_order_that_ends_otherwise_is_found() {
    let mut compared = compared(9, 1, "none");
    assert_eq!(compared.unlike(), 0);
    *compared.runs[1].told.ended.values_mut().next().unwrap() = Ended::Pending;
    assert_eq!(compared.unlike(), 1);
    let ended = &mut compared.runs[1].told.ended;
    let last = *ended.keys().next_back().unwrap();
    ended.remove(&last);
    assert_eq!(compared.unlike(), 2);
    let wrong = compared.wrong();
    assert!(wrong[0].contains("2 orders end otherwise"), "{wrong:?}");
    assert!(compared.table().contains("7 of 9 orders end alike"));
    compared.runs[0].oversold = 3;
    assert!(compared.wrong()[1].contains("oversold 3"), "{:?}", compared.wrong());
}

/// `EARMARK_BLESS=1` writes the table anew.
#[test]
fn the_table_of_the_docs_is_what_the_command_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/topologies.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (begin, end) = ("earmark compare-topologies --orders 120\n```\n\n```text\n", "```\n");
    let (before, rest) = text.split_once(begin).expect("the command is on the page");
    let (table, after) = rest.split_once(end).expect("the table ends");
    let printed = compared(120, 1, &Faults::default().to_string()).table();
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::write(&page, format!("{before}{begin}{printed}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(table, printed, "EARMARK_BLESS=1 writes it anew");
}
