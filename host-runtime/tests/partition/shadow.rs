//! The last inputs of a journal, decided anew beside it by the same plugin and by another one.
//!
//! Law: what a plugin decides otherwise is told of that input and of no later one: the state that
//! the next one finds is the recorded one.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::partition_support::*;
use earmark_abi::{Call, Description, Input, Turn, decode, encode};
use earmark_host::journal::SqliteJournal;
use earmark_host::partition::{ShadowOptions, shadow};
use earmark_host::plugin::{Bodies, Body, Fault};

/// A plugin that writes `odd` down as `even`.
struct Otherwise(Small);

struct OtherwiseBody(Box<dyn Body>);

impl Bodies for Otherwise {
    fn description(&self) -> &Arc<Description> {
        self.0.description()
    }

    fn digest(&self) -> [u8; 32] {
        [4; 32]
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(Box::new(OtherwiseBody(self.0.fast()?)))
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(Box::new(OtherwiseBody(self.0.metered()?)))
    }
}

impl Body for OtherwiseBody {
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        let Ok(Call::Turn(turn)) = decode("a call", call) else { return self.0.call(call) };
        let other = |one: &Input<'_>| one.command == b"odd";
        let inputs = turn.inputs.iter().map(|one| match other(one) {
            true => Input { command: b"even", ..*one },
            false => *one,
        });
        let turn = Turn { inputs: inputs.collect(), ..turn.clone() };
        self.0.call(&encode(&Call::Turn(turn)).unwrap())
    }
}

/// What was decided anew: the input, whether it is the same, and what a body did instead.
fn anew(bodies: &dyn Bodies, dir: &std::path::Path, last: u64) -> Vec<(u64, bool, Option<Fault>)> {
    let mut reader = SqliteJournal::open_reader(dir).unwrap();
    let (mut told, options) = (Vec::new(), ShadowOptions { last, metered: false });
    shadow(bodies, &mut reader, None, options, &mut |_, _| {}, &mut |one| {
        told.push((one.input, one.same(), one.now.as_ref().err().cloned()));
        ControlFlow::Continue(())
    })
    .unwrap();
    told
}

/// Four turns: three lines, one of them odd; a dead letter; a refusal and an odd line; a line.
fn journal(dir: &std::path::Path) {
    let dead = Some(Fault::Fuel(9));
    let deed = Deed { needle: "poison", kind: WRITE, fast: dead.clone(), metered: dead };
    let partition = open(Small::rogue(vec![deed]), &logical(dir));
    answers(&partition, vec![line("a", 1, "one"), line("a", 2, "odd"), line("a", 3, "two")]);
    answers(&partition, vec![line("a", 4, "poison")]);
    answers(&partition, vec![command(REFUSE, "x"), command(WRITE, "odd")]);
    answers(&partition, vec![command(WRITE, "end")]);
}

#[test]
fn the_plugin_that_decided_decides_the_same() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let same = |inputs: &[u64]| inputs.iter().map(|it| (*it, true, None)).collect::<Vec<_>>();
    // Without the dead letter, which nobody decided.
    assert_eq!(anew(&Small::new(), folder.path(), 1_000), same(&[1, 2, 3, 5, 6, 7]));
    assert_eq!(anew(&Small::new(), folder.path(), 1), same(&[7]));
    // A record is decided on as a whole.
    assert_eq!(anew(&Small::new(), folder.path(), 2), same(&[5, 6, 7]));
    assert_eq!(anew(&Small::new(), folder.path(), 0), same(&[]));
}

#[test]
fn what_another_plugin_decides_otherwise_is_told_and_changes_nothing_after_it() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let told = anew(&Otherwise(Small::new()), folder.path(), 1_000);
    let wanted = [1, 2, 3, 5, 6, 7].map(|input| (input, ![2, 6].contains(&input), None));
    assert_eq!(told, wanted);
}

#[test]
fn a_plugin_that_fails_on_an_input_decides_on_the_next() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let fault = Fault::Trap("ouch".into());
    let deed = Deed { needle: "odd", kind: WRITE, fast: Some(fault.clone()), metered: None };
    let bodies = Small::rogue(vec![deed]);
    let told = anew(&bodies, folder.path(), 1_000);
    let failed = |input| (input, false, Some(fault.clone()));
    let same = |input| (input, true, None);
    assert_eq!(told, [same(1), failed(2), same(3), same(5), failed(6), same(7)]);
}

#[test]
fn whoever_has_seen_enough_is_told_no_more() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let mut reader = SqliteJournal::open_reader(folder.path()).unwrap();
    let (mut told, options) = (0, ShadowOptions { last: 1_000, metered: true });
    shadow(&Small::new(), &mut reader, None, options, &mut |_, _| {}, &mut |_| {
        told += 1;
        if told == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(told, 2);
}
