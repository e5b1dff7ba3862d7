//! The host is killed at each place of a turn, of a snapshot, and in the middle of what it writes,
//! under load, two hundred times: nothing that was acknowledged is lost, nothing is there twice.
//!
//! Three hosts that are broken on purpose show that this would be noticed. What a power cut may
//! take is shown elsewhere (`power_cut`): a kill takes nothing that was written.

use std::collections::BTreeMap;
use std::process::Command;

use earmark_tests::built::Built;
use earmark_tests::crash::{Death, Shop};
use earmark_tests::random::Random;

/// Rounds of each of the four proofs; together they are two hundred.
const ROUNDS: u64 = 50;
/// Where a host dies under load, and how often it may come there before, at the most.
const PLACES: [(&str, u64); 8] = [
    ("before-append", 60),
    ("append-written", 60),
    ("append-anchored", 60),
    ("before-answer", 60),
    ("after-answer", 60),
    ("snapshot-begun", 2),
    ("snapshot-written", 2),
    ("snapshot-placed", 2),
];

#[test]
fn killed_at_every_place_with_seed_1() {
    killed(1);
}

#[test]
fn killed_at_every_place_with_seed_2() {
    killed(2);
}

#[test]
fn killed_at_every_place_with_seed_3() {
    killed(3);
}

#[test]
fn killed_at_every_place_with_seed_4() {
    killed(4);
}

fn killed(seed: u64) {
    let Some(built) = Built::find() else { return };
    if !built.is_for_crash_tests() {
        return;
    }
    let folder = tempfile::tempdir().expect("there is a folder");
    let mut shop = Shop::open(&built, &folder.path().join("journal"), None, seed);
    let mut random = Random::seeded(seed);
    let places = PLACES.len() as u64 + u64::from(has_strace());
    let mut seen: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let (mut acknowledged, mut unknown) = (0, 0);
    for nth in 0..ROUNDS {
        let (name, death) = match PLACES.get((nth % places) as usize) {
            Some((name, most)) => (*name, Death::At(name, 1 + random.below(*most))),
            None => ("writing", Death::Writing(12 + random.below(150))),
        };
        let round = shop.round(&death);
        let round =
            round.unwrap_or_else(|why| panic!("seed {seed}, round {nth}, {death:?}: {why}"));
        let of = seen.entry(name).or_default();
        (of.0, of.1) = (of.0 + 1, of.1 + u64::from(round.died));
        acknowledged += round.acknowledged;
        unknown += round.unknown;
    }
    shop.verify().unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    println!("{acknowledged} acknowledged, {unknown} whose outcome nobody knew; deaths by place:");
    for (name, (rounds, died)) in &seen {
        println!("  {name:<18} {died} of {rounds}");
        assert!(*died > 0, "seed {seed}: no host died at {name}");
    }
    assert!(unknown > ROUNDS, "only {unknown} outcomes were unknown: the kills miss the load");
}

#[test]
fn a_host_that_answers_early_is_found_out() {
    let places = [("before-append", 20)];
    let Some(why) = found_out("early-answer", &places) else { return };
    assert!(why.contains("was acknowledged and is lost"), "{why}");
}

#[test]
fn a_host_that_forgets_what_it_carried_out_is_found_out() {
    let Some(why) = found_out("dedupe", &[("before-answer", 20)]) else { return };
    assert!(why.contains("is lost") || why.contains("units are there"), "{why}");
}

/// What the rounds say of a host that is broken; none if nothing was built for it.
fn found_out(broken: &'static str, places: &[(&'static str, u64)]) -> Option<String> {
    let built = Built::find().filter(Built::is_for_crash_tests)?;
    let folder = tempfile::tempdir().expect("there is a folder");
    let mut shop = Shop::open(&built, &folder.path().join("journal"), Some(broken), 5);
    for (place, times) in places.iter().cycle().take(5) {
        if let Err(why) = shop.round(&Death::At(place, *times)) {
            println!("{broken}: {why}");
            return Some(why);
        }
    }
    panic!("nobody noticed that `{broken}` is broken");
}

fn has_strace() -> bool {
    let has = Command::new("strace").arg("-V").output().is_ok_and(|told| told.status.success());
    if !has {
        println!("left out: a kill in the middle of a write, for there is no strace here");
    }
    has
}
