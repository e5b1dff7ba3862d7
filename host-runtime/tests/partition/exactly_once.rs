//! What a source hands in has its effect once, however often and wherever it comes again.
//!
//! Law: the cursor of a source is in the record with the effect, so no crash comes between.

use crate::partition_support::*;
use earmark_host::partition::NotAccepted;

#[track_caller]
fn long_ago(answer: &Result<earmark_host::partition::Receipt, NotAccepted>, of: u64) {
    let told = matches!(answer, Err(NotAccepted::LongAgo { sequence, .. }) if *sequence == of);
    assert!(told, "{answer:?}");
}

#[test]
fn a_duplicate_in_the_same_batch_hears_what_the_first_heard() {
    let partition = in_memory(Small::new());
    let list =
        vec![line("a", 1, "one"), line("a", 2, "two"), line("a", 1, "one"), line("a", 3, "3")];
    let told: Vec<_> = answers(&partition, list).into_iter().map(Result::unwrap).collect();
    assert_eq!(lines(&partition), ["one", "two", "3"]);
    let again: Vec<bool> = told.iter().map(|receipt| receipt.again).collect();
    assert_eq!(again, [false, false, true, false]);
    assert_eq!((told[2].input, &told[2].outcome), (told[0].input, &told[0].outcome));
    assert_eq!(told[3].input, 3);
}

#[test]
fn a_duplicate_in_a_later_batch_is_answered_without_a_record() {
    let partition = in_memory(Small::new());
    let first = answers(&partition, vec![line("a", 5, "five"), line("b", 1, "b's one")]);
    let before = *partition.position().borrow();
    let again = answers(&partition, vec![line("a", 5, "five")]);
    let (first, again) = (first[0].clone().unwrap(), again[0].clone().unwrap());
    assert!(again.again && !first.again);
    assert_eq!((again.input, again.first_event, &again.outcome), (1, 1, &first.outcome));
    assert_eq!(*partition.position().borrow(), before, "a duplicate wrote a record");
    assert_eq!(lines(&partition), ["five", "b's one"]);
}

#[track_caller]
fn otherwise(answer: &Result<earmark_host::partition::Receipt, NotAccepted>, of: u64) {
    let told = matches!(answer, Err(NotAccepted::Otherwise { input, .. }) if *input == of);
    assert!(told, "{answer:?}");
}

#[test]
fn other_contents_at_the_same_place_are_a_conflict_and_not_the_old_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let partition = open(Small::new(), &logical(folder.path()));
    assert!(answers(&partition, vec![line("b", 1, "b's one"), line("a", 5, "five")])[1].is_ok());
    let before = *partition.position().borrow();
    let told = answers(&partition, vec![line("a", 5, "five, or so they say")]);
    otherwise(&told[0], 2);
    let text = told[0].as_ref().unwrap_err().to_string();
    assert!(text.contains("input 5 of the source `a` was another command, which is input 2"));
    // The same bytes as another kind of command are other contents, too.
    otherwise(&answers(&partition, vec![(REFUSE, b"five".to_vec(), Some(("a", 5)))])[0], 2);
    assert_eq!(*partition.position().borrow(), before, "a conflict wrote a record");
    // In one batch, where the first is not durable yet.
    let told = answers(
        &partition,
        vec![line("a", 6, "six"), line("a", 6, "seven"), line("a", 6, "six"), line("a", 7, "7")],
    );
    otherwise(&told[1], 3);
    assert_eq!(told[2].as_ref().map(|receipt| receipt.again).ok(), Some(true));
    assert!(told[0].is_ok() && told[3].is_ok(), "{told:?}");
    drop(partition);
    let partition = open(Small::new(), &logical(folder.path()));
    otherwise(&answers(&partition, vec![line("a", 5, "five, or so they say")])[0], 2);
    assert!(answers(&partition, vec![line("a", 5, "five")])[0].clone().unwrap().again);
    assert_eq!(lines(&partition), ["b's one", "five", "six", "7"]);
}

#[test]
fn a_refusal_is_remembered_like_any_outcome() {
    let partition = in_memory(Small::new());
    let refused = |at| (REFUSE, Vec::new(), Some(("a", at)));
    let first = answers(&partition, vec![refused(1)])[0].clone().unwrap();
    let again = answers(&partition, vec![refused(1)])[0].clone().unwrap();
    assert_eq!((code(&first), code(&again)), (Some("never".into()), Some("never".into())));
    assert!(again.again);
    assert_eq!(partition.position().borrow().inputs, 1);
}

#[test]
fn gaps_are_legal_and_what_lies_in_them_comes_too_late() {
    let partition = in_memory(Small::new());
    let told = answers(&partition, vec![line("a", 10, "ten"), line("a", 20, "twenty")]);
    assert!(told.iter().all(Result::is_ok));
    long_ago(&answers(&partition, vec![line("a", 15, "fifteen")])[0], 15);
    // In one batch too, where the later one is not durable yet.
    let told = answers(&partition, vec![line("b", 9, "nine"), line("b", 4, "four")]);
    assert!(told[0].is_ok());
    long_ago(&told[1], 4);
    assert_eq!(lines(&partition), ["ten", "twenty", "nine"]);
    assert_eq!(partition.cursor("a").unwrap(), 20);
    assert_eq!(partition.cursor("nobody").unwrap(), 0);
}

#[test]
fn an_outcome_that_is_out_of_the_window_is_refused_as_long_ago() {
    let partition = in_memory(Small::new());
    let list = (1..=400).map(|at| line("a", at, "x")).collect();
    assert!(answers(&partition, list).iter().all(Result::is_ok));
    long_ago(&answers(&partition, vec![line("a", 1, "x")])[0], 1);
    assert!(answers(&partition, vec![line("a", 400, "x")])[0].clone().unwrap().again);
    assert_eq!(lines(&partition).len(), 400);
}

#[test]
fn a_restart_forgets_no_source() {
    let folder = tempfile::tempdir().unwrap();
    let options = logical(folder.path());
    let first = {
        let partition = open(Small::new(), &options);
        answers(&partition, vec![line("a", 7, "seven"), line("b", 1, "b")])[0].clone().unwrap()
    };
    let partition = open(Small::new(), &options);
    assert_eq!(partition.cursor("a").unwrap(), 7);
    // Its outcome is in the journal that was read: whoever lost it in the crash hears it now.
    let again = answers(&partition, vec![line("a", 7, "seven")])[0].clone().unwrap();
    assert!(again.again);
    assert_eq!((again.input, again.first_event, &again.outcome), (1, 1, &first.outcome));
    long_ago(&answers(&partition, vec![line("a", 6, "six")])[0], 6);
    assert!(!answers(&partition, vec![line("a", 8, "eight")])[0].clone().unwrap().again);
    assert_eq!(lines(&partition), ["seven", "b", "eight"]);
}

#[test]
fn a_restart_from_a_snapshot_knows_the_cursors_if_not_the_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        earmark_host::partition::Options { snapshot_every: 1_000, ..logical(folder.path()) };
    {
        let partition = open(Small::new(), &options);
        assert!(answers(&partition, vec![line("a", 7, "seven")])[0].is_ok());
        partition.save_snapshot().unwrap();
        assert!(answers(&partition, vec![line("b", 1, "b")])[0].is_ok());
    }
    let partition = open(Small::new(), &options);
    long_ago(&answers(&partition, vec![line("a", 7, "seven")])[0], 7);
    assert!(answers(&partition, vec![line("b", 1, "b")])[0].clone().unwrap().again);
    assert_eq!(lines(&partition), ["seven", "b"]);
}

/// Three sources that hand in their next, or anything earlier, in batches of any size, with a
/// restart now and then: each place has its effect once.
#[test]
fn whatever_three_sources_repeat_each_place_has_its_effect_once() {
    const SOURCES: [&str; 3] = ["a", "b", "c"];
    let folder = tempfile::tempdir().unwrap();
    let mut seed = 0x00e0_5eed_u64;
    let mut below = |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    let mut partition = open(Small::new(), &logical(folder.path()));
    let (mut last, mut wanted, mut repeated) = ([0_u64; 3], Vec::new(), 0);
    for round in 0..60 {
        let mut list = Vec::new();
        for _ in 0..=below(40) {
            let which = below(3) as usize;
            let sequence = match below(3) {
                0 if last[which] > 0 => 1 + below(last[which]),
                _ => last[which] + 1 + below(2),
            };
            let text = format!("{}{sequence}", SOURCES[which]);
            if sequence > last[which] {
                last[which] = sequence;
                wanted.push(text.clone());
            } else {
                repeated += 1;
            }
            list.push(line(SOURCES[which], sequence, &text));
        }
        for answer in answers(&partition, list) {
            let settled = matches!(answer, Ok(_) | Err(NotAccepted::LongAgo { .. }));
            assert!(settled, "round {round}: {answer:?}");
        }
        if round % 20 == 19 {
            drop(partition);
            partition = open(Small::new(), &logical(folder.path()));
        }
        assert_eq!(lines(&partition), wanted, "round {round}");
    }
    assert!(repeated > 100, "only {repeated} repetitions");
}
