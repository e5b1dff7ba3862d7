//! Events that a plugin makes and does not take: they are never durable, and who made them dies
//! alone.
//!
//! Law: from what the journal holds, its plugin can bring its state back.

use std::path::Path;
use std::sync::Arc;

use crate::partition_support::*;
use earmark_host::partition::{DeadCode, Entry, NotAccepted, OpenError, Options, Partition};
use earmark_host::plugin::Fault;

/// Lines of a source, with such a command at one place.
fn batch(count: u64, bad: (u64, u16)) -> Vec<Command> {
    let of = |nth| if nth == bad.0 { bad.1 } else { WRITE };
    (1..=count).map(|nth| (of(nth), format!("{nth}").into_bytes(), Some(("a", nth)))).collect()
}

fn codes(partition: &Partition) -> Vec<(u64, DeadCode)> {
    let mut all = Vec::new();
    for sealed in partition.reader().unwrap().read(1, usize::MAX).unwrap() {
        let turn = Entry::decode(&sealed.record.body).unwrap().turn().unwrap();
        let first = sealed.record.first_input;
        all.extend(turn.dead.iter().map(|dead| (first + u64::from(dead.input), dead.code)));
    }
    all
}

/// Hands a batch in that has such a command in it, and sees to it that nobody else notices.
#[track_caller]
fn dies_alone(dir: &Path, bad: (u64, u16), count: u64, fault: &Fault, code: DeadCode) {
    let options = logical(dir);
    let partition = open(Small::new(), &options);
    let told = answers(&partition, batch(count, bad));
    for (nth, answer) in (1..).zip(&told) {
        match answer {
            Err(NotAccepted::Dead { verdict, input }) if nth == bad.0 => {
                assert_eq!((verdict, *input), (fault, nth));
            }
            Ok(receipt) if nth != bad.0 => assert_eq!(receipt.input, nth),
            other => panic!("{nth}: {other:?}"),
        }
    }
    let wanted: Vec<String> =
        (1..=count).filter(|nth| *nth != bad.0).map(|nth| nth.to_string()).collect();
    assert_eq!(lines(&partition), wanted);
    assert_eq!(codes(&partition), [(bad.0, code)]);
    assert_eq!(partition.feed(1).unwrap().at_most(10_000).unwrap().len() as u64, count - 1);
    // What the leader decides next follows from the same state.
    assert!(answers(&partition, vec![line("a", count + 1, "later")])[0].is_ok());
    let digest = partition.digest().unwrap();
    drop(partition);
    assert_eq!(open(Small::new(), &options).digest().unwrap(), digest, "after a restart");
}

#[test]
fn an_event_that_its_plugin_does_not_take_is_never_durable() {
    let fault = Fault::EventRefused("there is no event 6".to_string());
    // Alone, in a small batch, and in each part of one that the witness applies beside the leader.
    for (bad, count) in [(1, 1), (3, 5), (1, 1_500), (600, 1_500), (1_500, 1_500)] {
        let folder = tempfile::tempdir().unwrap();
        dies_alone(folder.path(), (bad, SOUR), count, &fault, DeadCode::EventRefused);
    }
}

#[test]
fn an_event_of_a_kind_that_its_plugin_does_not_have_is_never_durable() {
    for witness in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { witness, ..logical(folder.path()) };
        let partition = open(Small::new(), &options);
        let told = answers(&partition, batch(5, (2, ODD)));
        let verdict = match &told[1] {
            Err(NotAccepted::Dead { verdict, .. }) => verdict.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(verdict, Fault::EventUnknown(99), "witness: {witness}");
        assert_eq!(codes(&partition), [(2, DeadCode::EventUnknown)]);
        assert_eq!(lines(&partition), ["1", "3", "4", "5"]);
    }
}

/// What the witness is for: without it the same command ruins the journal.
#[test]
fn without_a_witness_such_an_event_leaves_a_journal_that_nobody_can_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { witness: false, ..logical(folder.path()) };
    let partition = open(Small::new(), &options);
    assert!(answers(&partition, batch(3, (2, SOUR))).iter().all(Result::is_ok));
    assert!(partition.digest().is_err(), "the follower took it");
    drop(partition);
    let again = Partition::open(Arc::new(Small::new()), &options, &mut |_, _| {});
    assert!(matches!(again, Err(OpenError::Rebuild(_))), "{again:?}");
}
