//! What becomes of dead letters: each is listed as the journal says, tried again once, or given up.
//!
//! Law: whatever is done about a letter is in the journal, so a restart knows it too.

use std::path::Path;

use crate::partition_support::*;
use earmark_host::journal::verify;
use earmark_host::partition::{
    Caller, DeadCode, DeadLetter, NotAccepted, NotRedriven, Partition, Standing, rebuild,
};
use earmark_host::plugin::Fault;

const POISON: &str = "poison";

/// A plugin that can't answer what has the poison in it.
fn sick() -> Small {
    let deed = |kind| Deed {
        needle: POISON,
        kind,
        fast: Some(Fault::Trap("ouch".into())),
        metered: Some(Fault::Fuel(9)),
    };
    Small::rogue(vec![deed(WRITE), deed(REFUSE)])
}

fn letters(partition: &Partition) -> Vec<DeadLetter> {
    partition.dead_letters(|letters| letters.all().cloned().collect()).unwrap()
}

fn admin() -> Caller {
    Caller { subject: "eve".into(), scopes: vec!["admin".into()] }
}

/// A journal with three lines, and two dead letters as inputs 2 and 4.
fn with_two_letters(dir: &Path) -> Partition {
    let partition = open(sick(), &logical(dir));
    let list = vec![
        line("a", 1, "one"),
        line("a", 2, POISON),
        line("a", 3, "two"),
        (REFUSE, POISON.into(), None),
        line("a", 4, "three"),
    ];
    answers(&partition, list);
    partition
}

#[test]
fn a_letter_is_listed_with_its_verdict_and_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let partition = with_two_letters(folder.path());
    let [first, second] = letters(&partition).try_into().unwrap();
    assert_eq!((first.input, second.input), (2, 4));
    assert_eq!((first.kind, second.kind), (WRITE, REFUSE));
    assert_eq!((first.code, first.subject.as_str()), (DeadCode::OutOfFuel, "tester"));
    assert!(first.words.contains("more than 9 units of fuel"), "{}", first.words);
    assert!(first.is_open() && first.retries == 0);
    let (letter, asked) = partition.dead_letter(2).unwrap();
    assert_eq!((letter, asked.command.as_slice()), (first, POISON.as_bytes()));
    assert_eq!((asked.by.subject.as_str(), asked.origin), ("tester", Some(("a".into(), 2))));
    for no_letter in [0, 1, 3, 5, 6, u64::MAX] {
        let told = partition.dead_letter(no_letter);
        assert!(matches!(told, Err(NotRedriven::Unknown(it)) if it == no_letter), "{told:?}");
    }
}

#[test]
fn a_letter_that_dies_again_stays_open_and_one_that_is_answered_does_not() {
    let folder = tempfile::tempdir().unwrap();
    {
        let partition = with_two_letters(folder.path());
        let again = partition.retry_dead_letter(2).unwrap_err();
        let dead = matches!(again, NotRedriven::NotAccepted(NotAccepted::Dead { input: 6, .. }));
        assert!(dead, "{again:?}");
        let [first, _] = letters(&partition).try_into().unwrap();
        assert!(first.is_open() && first.retries == 1, "{first:?}");
    }
    // The plugin is mended, and the letters go through as what they were.
    let partition = open(Small::new(), &logical(folder.path()));
    let receipt = partition.retry_dead_letter(2).unwrap();
    assert_eq!((receipt.input, receipt.again, code(&receipt)), (7, false, None));
    let refused = partition.retry_dead_letter(4).unwrap();
    assert_eq!(code(&refused), Some("never".into()));
    assert_eq!(lines(&partition), ["one", "two", "three", POISON]);
    let check = |partition: &Partition| {
        let [first, second] = letters(partition).try_into().unwrap();
        assert_eq!(first.standing, Standing::Answered { input: 7, refused: None });
        let never = Some("never".to_string());
        assert_eq!(second.standing, Standing::Answered { input: 8, refused: never });
        assert_eq!((first.retries, second.retries), (2, 1));
    };
    check(&partition);
    let settled = partition.retry_dead_letter(2).unwrap_err().to_string();
    assert!(settled.contains("was answered as input 7"), "{settled}");
    drop(partition);
    check(&open(Small::new(), &logical(folder.path())));
}

#[test]
fn a_letter_that_is_given_up_stays_so_and_the_state_knows_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let partition = with_two_letters(folder.path());
    let (digest, before) = partition.digest().unwrap();
    for why in ["", "  ", &"x".repeat(1_001)] {
        let told = partition.drop_dead_letter(2, &admin(), why).unwrap_err();
        assert!(matches!(told, NotRedriven::Why), "{told:?}");
    }
    let told = partition.drop_dead_letter(3, &admin(), "no letter").unwrap_err();
    assert!(matches!(told, NotRedriven::Unknown(3)), "{told:?}");
    assert_eq!(partition.digest().unwrap(), (digest, before), "nothing was written");

    let receipt = partition.drop_dead_letter(2, &admin(), " ordered again ").unwrap();
    assert_eq!(receipt.input, 6);
    let (same, after) = partition.digest().unwrap();
    assert_eq!((same, after.chain, after.events), (digest, before.chain, before.events));
    assert_eq!(after.inputs, before.inputs + 1);
    let settled = partition.retry_dead_letter(2).unwrap_err().to_string();
    assert!(settled.contains("`eve` gave it up"), "{settled}");
    assert!(partition.drop_dead_letter(2, &admin(), "twice").is_err());
    // Work goes on behind it, as input 7.
    assert_eq!(answers(&partition, vec![line("a", 5, "four")])[0].as_ref().unwrap().input, 7);
    let digest = partition.digest().unwrap();
    drop(partition);

    let partition = open(sick(), &logical(folder.path()));
    assert_eq!(partition.digest().unwrap(), digest, "another state after the restart");
    let [first, second] = letters(&partition).try_into().unwrap();
    let (by, why) = ("eve".to_string(), "ordered again".to_string());
    assert_eq!(first.standing, Standing::Dropped { input: 6, by, why });
    assert!(second.is_open());
    let mut reader = partition.reader().unwrap();
    let rebuilt = rebuild(&sick(), reader.as_mut(), None, 1, &mut |_, _| {}).unwrap();
    assert_eq!(rebuilt.position, digest.1);
    assert_eq!(verify(folder.path(), &mut |_| {}).unwrap().head.next_input, 8);
    let events = partition.feed(1).unwrap().more().unwrap();
    assert_eq!(events.iter().map(|event| event.input).collect::<Vec<_>>(), [1, 3, 5, 7]);
}

#[test]
fn of_two_who_try_the_same_letter_at_once_one_is_told_that_it_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_two_letters(folder.path()));
    let partition = open(Small::new(), &logical(folder.path()));
    let told: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..4).map(|_| scope.spawn(|| partition.retry_dead_letter(2).is_ok())).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(told.iter().filter(|went| **went).count(), 1, "{told:?}");
    assert_eq!(lines(&partition), ["one", "two", "three", POISON]);
}
