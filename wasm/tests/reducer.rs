//! A reducer of one's own behind the door: kinds, JSON, and what is refused.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use earmark_abi::{Answer, Call, Form, Input, Outcome, Principal, Turn, Verdict, decode, encode};
use earmark_wasm::{Asked, Door, Kind, Reduced, Reducer, Refusal};
use serde::{Deserialize, Serialize};

/// A number that goes up, and may be set back.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Count(u64);

#[derive(Debug, Serialize, Deserialize)]
enum Command {
    Add { by: u64 },
    Reset,
}

#[derive(Debug, Serialize, Deserialize)]
enum Event {
    Added { by: u64 },
    WasReset,
}

#[derive(Debug, Serialize, Deserialize)]
enum Query {
    HowMany,
}

const fn kind(name: &'static str) -> Kind {
    Kind { name, about: "", scope: "", schema: "true" }
}

impl Reducer for Count {
    const NAME: &'static str = "count";
    const VERSION: &'static str = "1.0.0";
    const DOMAIN: &'static str = "com.example.count";
    const COMMANDS: &'static [Kind] = &[kind("Add"), kind("Reset")];
    const EVENTS: &'static [Kind] = &[kind("Added"), kind("WasReset")];
    const QUERIES: &'static [Kind] = &[kind("HowMany")];
    type Command = Command;
    type Event = Event;
    type Query = Query;
    type Answer = u64;

    fn decide(&self, asked: &Asked<'_, Command>) -> Result<Vec<Event>, Refusal> {
        match asked.what {
            Command::Add { by: 0 } => Err(Refusal { code: "nothing", message: "add more".into() }),
            Command::Add { by } => Ok(vec![Event::Added { by: *by }]),
            Command::Reset if self.0 == 0 => Ok(vec![]),
            Command::Reset => Ok(vec![Event::WasReset]),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Added { by } => self.0 += by,
            Event::WasReset => self.0 = 0,
        }
    }

    fn answer(&self, _asked: &Asked<'_, Query>) -> Result<u64, Refusal> {
        Ok(self.0)
    }
}

type Counting = Door<Reduced<Count>>;

fn ask<T>(door: &mut Counting, call: &Call<'_>, read: impl FnOnce(Answer<'_>) -> T) -> T {
    let call = encode(call).unwrap();
    read(decode("an answer", door.call(&call)).unwrap())
}

fn opened() -> Counting {
    let mut door = Counting::default();
    let done = |answer: Answer<'_>| matches!(answer, Answer::Done { next_deadline: None });
    assert!(ask(&mut door, &Call::Configure { roles: vec![] }, done));
    door
}

fn bytes(door: &mut Counting, form: Form, kind: u16, json: &str) -> Result<Vec<u8>, String> {
    let call = Call::FromJson { form, kind, json: json.as_bytes() };
    ask(door, &call, |answer| match answer {
        Answer::Bytes(bytes) => Ok(bytes.to_vec()),
        Answer::Failed(failed) => Err(failed.message),
        other => panic!("{other:?}"),
    })
}

/// What an input led to: the kinds of its events, or the code of its refusal.
fn turn(door: &mut Counting, kind: u16, command: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, String> {
    let principals = vec![Principal { subject: "ada", scopes: vec![] }];
    let inputs = vec![Input { at: 1, by: 0, kind, command }];
    let call = Call::Turn(Turn { principals, inputs, chain: None });
    ask(door, &call, |answer| {
        let Answer::Turned(turned) = answer else { panic!("{answer:?}") };
        let outcome: Outcome<'_> = decode("an outcome", turned.outcomes[0]).unwrap();
        match outcome.verdict {
            Verdict::Accepted { events } => {
                Ok(events.iter().map(|event| (event.kind, event.body.to_vec())).collect())
            }
            Verdict::Refused(refused) => Err(refused.code.to_string()),
        }
    })
}

fn count(door: &mut Counting) -> u64 {
    let how_many = bytes(door, Form::Query, 0, "{}").unwrap();
    let by = Principal { subject: "ada", scopes: vec![] };
    ask(door, &Call::Query { by, kind: 0, body: &how_many }, |answer| match answer {
        Answer::Bytes(bytes) => decode("an answer", bytes).unwrap(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_command_in_json_becomes_events_and_those_become_the_state() {
    let mut door = opened();
    let add = bytes(&mut door, Form::Command, 0, r#"{"by": 300}"#).unwrap();
    let events = turn(&mut door, 0, &add).unwrap();
    assert_eq!(events.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [0]);
    assert_eq!(count(&mut door), 300);
    for json in ["{}", "null"] {
        let reset = bytes(&mut door, Form::Command, 1, json).unwrap();
        turn(&mut door, 1, &reset).unwrap();
    }
    assert_eq!(count(&mut door), 0);
    // Another body comes to the same by the events alone.
    let mut other = opened();
    let call =
        Call::Apply { events: events.iter().map(|(kind, body)| (*kind, &body[..])).collect() };
    assert!(ask(&mut other, &call, |answer| matches!(answer, Answer::Done { .. })));
    assert_eq!(count(&mut other), 300);
}

#[test]
fn a_snapshot_brings_the_state_back() {
    let mut door = opened();
    let add = bytes(&mut door, Form::Command, 0, r#"{"by": 7}"#).unwrap();
    turn(&mut door, 0, &add).unwrap();
    let snapshot = ask(&mut door, &Call::Snapshot, |answer| match answer {
        Answer::Bytes(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    });
    let mut other = Counting::default();
    let call = Call::Restore { snapshot: &snapshot };
    assert!(ask(&mut other, &call, |answer| matches!(answer, Answer::Done { .. })));
    assert_eq!(count(&mut other), 7);
}

#[test]
fn what_is_refused_changes_nothing_and_what_is_malformed_says_why() {
    let mut door = opened();
    let nothing = bytes(&mut door, Form::Command, 0, r#"{"by": 0}"#).unwrap();
    assert_eq!(turn(&mut door, 0, &nothing).unwrap_err(), "nothing");
    assert_eq!(turn(&mut door, 1, &nothing).unwrap_err(), "malformed", "of another kind");
    assert_eq!(turn(&mut door, 0, b"").unwrap_err(), "malformed");
    assert_eq!(count(&mut door), 0);
    let missing = bytes(&mut door, Form::Command, 0, "{}").unwrap_err();
    assert!(missing.contains("by"), "{missing}");
    let unknown = bytes(&mut door, Form::Command, 9, "{}").unwrap_err();
    assert!(unknown.contains("no kind 9"), "{unknown}");
}

#[test]
fn events_are_shown_without_their_name() {
    let mut door = opened();
    let json = |door: &mut Counting, kind, bytes: &[u8]| {
        ask(door, &Call::ToJson { form: Form::Event, kind, bytes }, |answer| match answer {
            Answer::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        })
    };
    let added = encode(&Event::Added { by: 5 }).unwrap();
    assert_eq!(json(&mut door, 0, &added), r#"{"by":5}"#);
    let reset = encode(&Event::WasReset).unwrap();
    assert_eq!(json(&mut door, 1, &reset), "{}");
}

#[test]
fn a_role_that_nobody_has_is_refused() {
    let mut door = Counting::default();
    let why = ask(&mut door, &Call::Configure { roles: vec!["cook"] }, |answer| match answer {
        Answer::Failed(failed) => failed.message,
        other => panic!("{other:?}"),
    });
    assert!(why.contains("count has no role `cook`"), "{why}");
}
