//! Bodies that fail on a chosen input: the others of its batch are served, in order, and the
//! chosen one goes through or is a dead letter, by the count of fuel alone.
//!
//! Law: a body that failed is never asked again; what it had changed by then is not seen.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::partition_support::*;
use earmark_host::partition::{Caller, DeadCode, Entry, NotAccepted, Partition};
use earmark_host::plugin::Fault;

const POISON: &str = "poison";

fn deed(fast: Fault, metered: Option<Fault>) -> Deed {
    Deed { needle: POISON, kind: WRITE, fast: Some(fast), metered }
}

/// A batch of so many lines, the poisoned one at this place.
fn batch(count: u64, poisoned: u64) -> Vec<Command> {
    let text = |nth| if nth == poisoned { POISON.to_owned() } else { format!("line {nth}") };
    (1..=count).map(|nth| line("a", nth, &text(nth))).collect()
}

fn wanted(count: u64, without: Option<u64>) -> Vec<String> {
    let numbers = (1..=count).filter(|nth| Some(*nth) != without);
    numbers.map(|nth| format!("line {nth}")).collect()
}

/// The inputs that are dead letters by the journal's own word, and their verdicts.
fn verdicts(partition: &Partition) -> Vec<(u64, DeadCode, String)> {
    let mut all = Vec::new();
    for sealed in partition.reader().unwrap().read(1, usize::MAX).unwrap() {
        let turn = Entry::decode(&sealed.record.body).unwrap().turn().unwrap();
        let first = sealed.record.first_input;
        let dead = turn.dead.iter();
        all.extend(dead.map(|it| (first + u64::from(it.input), it.code, it.words.to_string())));
    }
    all
}

fn dead_letters(partition: &Partition) -> Vec<u64> {
    verdicts(partition).into_iter().map(|(input, ..)| input).collect()
}

#[test]
fn an_input_over_its_fuel_is_the_only_one_of_its_batch_that_dies() {
    for poisoned in [1, 2, 50, 63, 64] {
        let folder = tempfile::tempdir().unwrap();
        let options = logical(folder.path());
        let fault = Fault::Fuel(1_000);
        let bodies =
            || Small::rogue(vec![deed(Fault::Deadline(Duration::ZERO), Some(Fault::Fuel(1_000)))]);
        let (before, dead_at) = {
            let partition = open(bodies(), &options);
            let told = answers(&partition, batch(64, poisoned));
            let mut dead_at = None;
            for (nth, answer) in (1..).zip(&told) {
                match answer {
                    Err(NotAccepted::Dead { verdict, input }) if nth == poisoned => {
                        assert_eq!((verdict, *input), (&fault, nth));
                        dead_at = Some(*input);
                    }
                    Ok(receipt) => assert_eq!(receipt.input, nth, "the order is not kept"),
                    other => panic!("{nth}: {other:?}"),
                }
            }
            assert_eq!(lines(&partition), wanted(64, Some(poisoned)));
            assert_eq!(dead_letters(&partition), [poisoned]);
            // It is served once, too: as the dead letter that it was.
            let again =
                answers(&partition, vec![line("a", 64, "line 64"), line("a", poisoned, POISON)]);
            let refused = again[1].as_ref().map(code);
            assert_eq!(refused.unwrap(), Some("dead-letter".into()));
            (partition.digest().unwrap(), dead_at)
        };
        assert_eq!(dead_at, Some(poisoned));
        let partition = open(bodies(), &options);
        assert_eq!(partition.digest().unwrap(), before, "another state after the restart");
        assert_eq!(lines(&partition), wanted(64, Some(poisoned)));
        assert!(answers(&partition, vec![line("a", 65, "later")])[0].is_ok());
        let report = earmark_host::journal::verify(folder.path(), &mut |_| {}).unwrap();
        assert_eq!(report.head.next_input, 66);
    }
}

#[test]
fn a_slow_machine_kills_nobody() {
    let bodies = Small::rogue(vec![deed(Fault::Deadline(Duration::from_millis(50)), None)]);
    let asked = std::sync::Arc::clone(&bodies.asked);
    let partition = in_memory(bodies);
    let told = answers(&partition, batch(16, 5));
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    let mut all = wanted(16, None);
    all[4] = POISON.into();
    assert_eq!(lines(&partition), all);
    assert_eq!(dead_letters(&partition), [0_u64; 0]);
    let asked = asked.lock().unwrap().clone();
    println!("sizes of the turns that were asked for: {asked:?}");
    // Once together, and once each: the slow one is not waited for a second time.
    assert_eq!(asked, [&[16_usize][..], &[1; 16]].concat());
    // The state goes on from what the metered body decided.
    assert!(answers(&partition, vec![line("a", 17, "line 17")])[0].is_ok());
    assert_eq!(lines(&partition).len(), 17);
}

#[test]
fn every_kind_of_fault_has_its_verdict() {
    for (fault, code) in [
        (Fault::Deadline(Duration::ZERO), DeadCode::TooLong),
        (Fault::Fuel(9), DeadCode::OutOfFuel),
        (Fault::Memory(9), DeadCode::OutOfMemory),
        (Fault::Trap("unreachable".into()), DeadCode::Trap),
        (Fault::TooLarge { given: 2, allowed: 1 }, DeadCode::AnswerTooLarge),
        (Fault::Answer("it is garbage".into()), DeadCode::AnswerUnreadable),
        (Fault::Broken("a law is broken".into()), DeadCode::StateBroken),
    ] {
        let partition = in_memory(Small::rogue(vec![deed(fault.clone(), Some(fault.clone()))]));
        let told = answers(&partition, batch(9, 4));
        let verdict = match &told[3] {
            Err(NotAccepted::Dead { verdict, .. }) => verdict.clone(),
            other => panic!("{fault}: {other:?}"),
        };
        assert_eq!(verdict, fault);
        assert_eq!(verdicts(&partition), [(4, code, fault.to_string())], "in the journal");
        assert_eq!(lines(&partition), wanted(9, Some(4)));
    }
}

#[test]
fn many_poisoned_inputs_in_one_batch_leave_the_others_in_order() {
    let fault = Fault::Trap("unreachable".into());
    let partition = in_memory(Small::rogue(vec![deed(fault.clone(), Some(fault))]));
    let is_poisoned = |nth: u64| nth.is_multiple_of(3);
    let text =
        |nth| if is_poisoned(nth) { format!("{POISON} {nth}") } else { format!("line {nth}") };
    let told = answers(&partition, (1..=30).map(|nth| line("a", nth, &text(nth))).collect());
    for (nth, answer) in (1..).zip(&told) {
        assert_eq!(answer.is_err(), is_poisoned(nth), "{nth}: {answer:?}");
    }
    let others: Vec<String> = (1..=30).filter(|nth| !is_poisoned(*nth)).map(text).collect();
    assert_eq!(lines(&partition), others);
    assert_eq!(dead_letters(&partition), (1..=10).map(|nth| nth * 3).collect::<Vec<_>>());
}

#[test]
fn a_query_that_fails_is_told_and_the_next_one_is_answered_by_a_new_body() {
    for folder in [None, Some(tempfile::tempdir().unwrap())] {
        let bodies = Small::rogue(vec![deed(Fault::Deadline(Duration::ZERO), None)]);
        let partition = match &folder {
            Some(folder) => open(bodies, &logical(folder.path())),
            None => in_memory(bodies),
        };
        assert!(answers(&partition, (1..=5).map(|nth| line("a", nth, "x")).collect())[4].is_ok());
        let before = partition.digest().unwrap();
        for nth in 6..=8 {
            let by = Caller { subject: format!("asker {nth}"), scopes: Vec::new() };
            let failed = partition.query(&by, 0, POISON.as_bytes());
            assert!(matches!(failed, Err(Fault::Deadline(_))), "{failed:?}");
            if nth == 6 {
                assert_eq!(partition.digest().unwrap(), before, "another state");
            }
            assert!(answers(&partition, vec![line("a", nth, "x")])[0].is_ok());
            assert_eq!(partition.cursor("a").unwrap(), nth);
            if nth < 8 {
                assert_eq!(lines(&partition).len() as u64, nth);
            }
        }
        // The third asker for whom it failed was one too many.
        let reader = Caller { subject: "reader".into(), scopes: Vec::new() };
        let barred = partition.query(&reader, 0, &[]);
        assert!(matches!(barred, Err(Fault::Barred(_))), "{barred:?}");
        let other_kind = partition.query(&reader, 1, &[]).unwrap();
        assert_eq!(other_kind.position.inputs, 8);
        assert!(partition.audit().is_ok());
    }
}

#[test]
fn one_poison_in_a_batch_of_thousands_is_waited_for_once_and_costs_six_bodies() {
    const COUNT: u64 = 4_096;
    for poisoned in [1, 2_000, COUNT] {
        let deed = deed(Fault::Deadline(Duration::from_secs(2)), Some(Fault::Fuel(9)));
        let bodies = Small::rogue(vec![deed]);
        let (asked, made) = (bodies.asked.clone(), bodies.made.clone());
        let partition = in_memory(bodies);
        let before = made.load(Ordering::Relaxed);
        let told = answers(&partition, batch(COUNT, poisoned));
        assert!((1..).zip(&told).all(|(nth, answer)| answer.is_err() == (nth == poisoned)));
        let asked = asked.lock().unwrap().clone();
        // Once together, in parts, one of which is where a clock trips; then once each, where only
        // fuel counts.
        let parts = poisoned.div_ceil(512) as usize;
        assert_eq!(asked.len(), parts + COUNT as usize);
        assert!(asked[..parts].iter().all(|inputs| *inputs == 512));
        assert!(asked[parts..].iter().all(|inputs| *inputs == 1));
        // Each with a witness: one to judge up to the poison, one for those behind it, one to go
        // on with.
        assert!(answers(&partition, vec![line("a", COUNT + 1, "later")])[0].is_ok());
        let bodies = made.load(Ordering::Relaxed) - before;
        assert_eq!(bodies, if poisoned == COUNT { 4 } else { 6 });
        assert_eq!(verdicts(&partition).len(), 1);
        assert_eq!(lines(&partition).len() as u64, COUNT);
    }
}

#[test]
fn whoever_asks_what_fails_again_and_again_makes_nobody_wait() {
    let bodies = Small::rogue(vec![deed(Fault::Trap("unreachable".into()), None)]);
    let made = bodies.made.clone();
    let partition = in_memory(bodies);
    assert!(answers(&partition, vec![line("a", 1, "x")])[0].is_ok());
    let before = made.load(Ordering::Relaxed);
    let mallory = Caller { subject: "mallory".into(), scopes: Vec::new() };
    let first = partition.query(&mallory, 0, POISON.as_bytes());
    assert!(matches!(first, Err(Fault::Trap(_))), "{first:?}");
    for _ in 0..50 {
        let again = partition.query(&mallory, 0, POISON.as_bytes());
        assert!(matches!(again, Err(Fault::Barred(_))), "{again:?}");
        assert_eq!(lines(&partition), ["x"]);
    }
    assert_eq!(made.load(Ordering::Relaxed) - before, 1, "bodies made for one asker");
}
