//! A live partition ticks when something is due, and only then.
//!
//! Law: a tick is an input like any other: journalled, with its moment, and never a busy loop.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::partition_support::*;
use earmark_host::journal::Clock;
use earmark_host::partition::{Caller, Options, Partition, Submission, Where};
use earmark_host::plugin::Fault;

fn live(bodies: Small) -> Partition {
    open(bodies, &Options::new(Where::Memory))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn alarm(kind: u16, at: u64) -> Command {
    (kind, at.to_le_bytes().to_vec(), None)
}

/// Waits until there are so many inputs, or gives up.
fn reaches(partition: &Partition, inputs: u64) -> bool {
    let (position, start) = (partition.position(), Instant::now());
    while position.borrow().inputs < inputs && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    position.borrow().inputs >= inputs
}

/// What happened, as pairs of kind and moment.
fn events(partition: &Partition) -> Vec<(u16, u64)> {
    let mut feed = partition.feed(1).unwrap();
    feed.more().unwrap().iter().map(|event| (event.kind, event.at)).collect()
}

#[test]
fn a_deadline_brings_a_tick_though_nobody_asks() {
    let partition = live(Small::new());
    let due = now() + 120;
    assert!(answers(&partition, vec![alarm(ALARM, due)])[0].is_ok());
    assert!(reaches(&partition, 2), "no tick came");
    let events = events(&partition);
    assert_eq!(events.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [1, 2]);
    assert!(events[1].1 >= due, "it rang at {}, due at {due}", events[1].1);
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(partition.position().borrow().inputs, 2, "it ticks although nothing is due");
}

#[test]
fn what_is_due_comes_before_the_inputs_of_the_same_turn() {
    let partition = live(Small::new());
    // Due at once: the next turn begins with the tick, whoever is first to wake the leader.
    assert!(answers(&partition, vec![alarm(ALARM, 1)])[0].is_ok());
    assert!(answers(&partition, vec![command(WRITE, "x")])[0].is_ok());
    let kinds: Vec<u16> = events(&partition).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [1, 2, 0]);
}

#[test]
fn a_logical_clock_ticks_never_by_itself_and_never_goes_back() {
    let partition = in_memory(Small::new());
    assert!(answers(&partition, vec![alarm(ALARM, 1)])[0].is_ok());
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(partition.position().borrow().inputs, 1);
    let told = answers(&partition, vec![command(TICK, ""), command(WRITE, "x")]);
    assert!(
        told.windows(2).all(|two| { two[0].as_ref().unwrap().at <= two[1].as_ref().unwrap().at })
    );
}

#[test]
fn a_tick_without_effect_is_not_repeated_at_once() {
    let partition = live(Small::new());
    assert!(answers(&partition, vec![alarm(STUCK, 1)])[0].is_ok());
    std::thread::sleep(Duration::from_millis(400));
    assert!(answers(&partition, vec![command(WRITE, "x")])[0].is_ok());
    let inputs = partition.position().borrow().inputs;
    assert!(inputs <= 3, "{inputs} inputs: it ticks in a loop");
    assert_eq!(lines(&partition), ["x"]);
}

#[test]
fn a_deadline_that_stays_in_the_past_does_not_fill_the_journal_with_ticks() {
    let partition = live(Small::new());
    assert!(answers(&partition, vec![alarm(ENDLESS, 1)])[0].is_ok());
    std::thread::sleep(Duration::from_millis(1_500));
    let ticks = partition.position().borrow().events;
    println!("{ticks} events in 1.5 s");
    // The first come without a pause, as those of a backlog; then ever more rarely.
    assert!((64..300).contains(&ticks), "{ticks} events of a plugin that is never done");
    let begun = Instant::now();
    for nth in 1..=100 {
        assert!(answers(&partition, vec![line("a", nth, "x")])[0].is_ok());
    }
    println!("100 others were served in {:?}", begun.elapsed());
    assert_eq!(lines(&partition).len(), 100);
    let inputs = partition.position().borrow().inputs;
    assert!(inputs < 500, "{inputs} inputs: each input brings a tick");
}

#[test]
fn a_tick_that_kills_the_body_is_not_repeated_at_once() {
    let fault = Some(Fault::Fuel(1));
    let deed = Deed { needle: "", kind: TICK, fast: fault.clone(), metered: fault };
    let partition = live(Small::rogue(vec![deed]));
    assert!(answers(&partition, vec![alarm(ALARM, 1)])[0].is_ok());
    assert!(reaches(&partition, 2), "the tick is a dead letter");
    std::thread::sleep(Duration::from_millis(400));
    assert!(answers(&partition, vec![command(WRITE, "x")])[0].is_ok());
    let inputs = partition.position().borrow().inputs;
    assert!(inputs <= 3, "{inputs} inputs: it ticks in a loop");
    assert_eq!(lines(&partition), ["x"]);
}

/// Hands in a command of this moment; the moment it was stamped with.
fn stamped(partition: &Partition, (kind, command, _): Command, at: u64) -> u64 {
    let (told, answer) = channel();
    let by = Arc::new(Caller { subject: "tester".into(), scopes: Vec::new() });
    let reply = Box::new(move |answer| drop(told.send(answer)));
    let submission =
        Submission { kind, command, by, origin: None, trace: None, at: Some(at), reply };
    partition.submit(submission).unwrap();
    answer.recv_timeout(PATIENCE).unwrap().unwrap().at
}

#[test]
fn recorded_moments_count_for_an_import_and_the_live_clock_goes_on_behind_them() {
    let dir = tempfile::tempdir().unwrap();
    let live = Options::new(Where::Directory(dir.path().to_owned()));
    let recorded = Options { recorded_times: true, ..live.clone() };
    let partition = open(Small::new(), &recorded);
    assert_eq!(stamped(&partition, alarm(ALARM, 2_000), 1_000), 1_000);
    assert_eq!(stamped(&partition, command(WRITE, "x"), 5_000), 5_000);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(partition.position().borrow().inputs, 2, "a tick that nobody recorded");
    assert_eq!(stamped(&partition, alarm(STUCK, 9_000), 6_000), 6_000);
    assert_eq!(partition.header().clock, Clock::Live);
    drop(partition);
    let begun = now();
    let partition = open(Small::new(), &live);
    assert!(reaches(&partition, 4), "what is due by now brings a tick");
    assert!(stamped(&partition, command(WRITE, "y"), 7_000) >= begun);
    assert_eq!(lines(&partition), ["x", "y"]);
}
