//! The record of a turn, byte for byte: what was written once is read for ever.
//!
//! Law: golden bytes are never changed; a new version adds its own beside them.

use std::sync::Arc;
use std::sync::mpsc::channel;

use crate::partition_support::*;
use earmark_abi::{EventOut, Input, Outcome, Principal, Refused, Verdict, encode};
use earmark_host::journal::{Journal, OpenOptions, Record, SqliteJournal, verify};
use earmark_host::partition::{
    Activation, Caller, Dead, DeadCode, Dropped, Entry, NotAccepted, OriginOf, Partition,
    Submission, TraceOf, TurnRecord, command_digest,
};
use earmark_host::plugin::{Bodies as _, Fault};
use serde::Serialize;

/// Written by the build before version 2.
const TURN_1: &str = include_str!("../golden/turn_1.hex");
const TURN_2: &str = include_str!("../golden/turn_2.hex");
const ACTIVATION_2: &str = include_str!("../golden/activation_2.hex");
const DROPPED_2: &str = include_str!("../golden/dropped_2.hex");

const WORDS: &str = "the plugin could not answer this input: it took more than 9 units of fuel";

fn bytes(hex: &str) -> Vec<u8> {
    let hex = hex.trim();
    let pair = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

fn outcomes() -> [Vec<u8>; 2] {
    let event = EventOut { kind: 0, subject: "", owner: "", body: b"one" };
    let accepted = Verdict::Accepted { events: vec![event] };
    let refused = Refused { code: "dead-letter", message: WORDS, body: b"" };
    [
        encode(&Outcome { subject: "lines", owner: "ann", verdict: accepted }).unwrap(),
        encode(&Outcome { subject: "", owner: "", verdict: Verdict::Refused(refused) }).unwrap(),
    ]
}

/// The turn of the golden bytes: what both versions can say of it.
fn turn(outcomes: &[Vec<u8>; 2]) -> TurnRecord<'_> {
    // A digest that begins as the number of a version: version 1 has nothing to tell it by.
    let mut plugin = [0x11; 32];
    plugin[0] = 2;
    let [accepted, refused] = outcomes;
    let at = |input, sequence, kind, command: &[u8]| {
        let command = command_digest(kind, command);
        OriginOf { input, source: "till-1", sequence, command }
    };
    TurnRecord {
        plugin,
        schema: 7,
        recorded_at: 1_700_000_000_123,
        principals: vec![
            Principal { subject: "ann", scopes: vec!["orders:write", "staff"] },
            Principal { subject: "host", scopes: vec![] },
        ],
        inputs: vec![
            Input { at: 1_700_000_000_100, by: 0, kind: 0, command: b"one" },
            Input { at: 1_700_000_000_101, by: 1, kind: 300, command: b"" },
            Input { at: 1_700_000_000_101, by: 0, kind: 1, command: b"poison" },
        ],
        outcomes: vec![accepted, accepted, refused],
        origins: vec![at(0, 5, 0, b"one"), at(2, 600, 1, b"poison")],
        traces: Vec::new(),
        dead: vec![Dead { input: 2, code: DeadCode::Unrecorded, words: WORDS }],
    }
}

/// The same with what only version 2 can say.
fn turn_2(outcomes: &[Vec<u8>; 2]) -> TurnRecord<'_> {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let dead = Dead { input: 2, code: DeadCode::OutOfFuel, words: "it took more than 9 units" };
    let traces = vec![TraceOf { input: 1, traceparent }];
    TurnRecord { traces, dead: vec![dead], ..turn(outcomes) }
}

fn activation() -> Entry<'static> {
    Entry::Activation(Activation {
        from: [0x11; 32],
        to: [0x22; 32],
        schema: 8,
        recorded_at: 1_700_000_000_124,
        by: Principal { subject: "admin", scopes: vec!["admin"] },
        overridden: true,
    })
}

fn dropped() -> Entry<'static> {
    Entry::Dropped(Dropped {
        letter: 600,
        recorded_at: 1_700_000_000_125,
        by: Principal { subject: "admin", scopes: vec!["admin"] },
        why: "ordered again by telephone",
    })
}

#[test]
fn a_turn_of_version_1_is_read_with_what_it_lacks_said_to_be_unknown() {
    let (golden, outcomes) = (bytes(TURN_1), outcomes());
    assert_eq!(Entry::decode(&golden).unwrap(), Entry::Turn(turn(&outcomes)));
    for cut in 0..golden.len() {
        assert!(Entry::decode(&golden[..cut]).is_err(), "{cut} bytes are read as a turn");
    }
}

#[test]
fn records_of_version_2_keep_their_bytes() {
    let outcomes = outcomes();
    for (golden, entry) in [
        (TURN_2, Entry::Turn(turn_2(&outcomes))),
        (ACTIVATION_2, activation()),
        (DROPPED_2, dropped()),
    ] {
        let golden = bytes(golden);
        assert_eq!(entry.encode().unwrap(), golden, "another form needs another version");
        assert_eq!(Entry::decode(&golden).unwrap(), entry);
        for cut in 0..golden.len() {
            assert!(Entry::decode(&golden[..cut]).is_err(), "{cut} bytes are read as an entry");
        }
        let longer = [golden.as_slice(), b"\0"].concat();
        assert!(Entry::decode(&longer).is_err(), "a byte is left over");
    }
}

#[test]
fn a_version_of_tomorrow_is_refused_by_its_number() {
    for version in [0_u8, 1, 3, 255] {
        let mut newer = bytes(TURN_2);
        newer[4] = version;
        let told = Entry::decode(&newer).unwrap_err().to_string();
        assert!(told.contains(&format!("version {version} is unknown")), "{told}");
    }
}

#[test]
fn every_verdict_has_a_code_of_its_own_for_ever() {
    let codes = [
        (DeadCode::Unrecorded, "unrecorded"),
        (DeadCode::TooLong, "too-long"),
        (DeadCode::OutOfFuel, "out-of-fuel"),
        (DeadCode::OutOfMemory, "out-of-memory"),
        (DeadCode::Trap, "trap"),
        (DeadCode::AnswerTooLarge, "answer-too-large"),
        (DeadCode::AnswerUnreadable, "answer-unreadable"),
        (DeadCode::StateBroken, "state-broken"),
        (DeadCode::EventUnknown, "event-unknown"),
        (DeadCode::EventRefused, "event-refused"),
    ];
    for (number, (code, name)) in (0_u8..).zip(codes) {
        assert_eq!((encode(&code).unwrap(), code.as_str()), (vec![number], name));
    }
}

/// A turn as version 1 wrote it.
#[derive(Serialize)]
struct Turn1<'a> {
    plugin: [u8; 32],
    schema: u32,
    recorded_at: u64,
    principals: Vec<Principal<'a>>,
    inputs: Vec<Input<'a>>,
    outcomes: Vec<&'a [u8]>,
    origins: Vec<(u32, &'a str, u64)>,
    dead: Vec<u32>,
}

fn as_version_1(body: &[u8]) -> Vec<u8> {
    let turn = Entry::decode(body).unwrap().turn().unwrap();
    let TurnRecord { plugin, schema, recorded_at, principals, inputs, outcomes, .. } = turn;
    let origins = turn.origins.iter().map(|one| (one.input, one.source, one.sequence)).collect();
    let dead = turn.dead.iter().map(|dead| dead.input).collect();
    let old = Turn1 { plugin, schema, recorded_at, principals, inputs, outcomes, origins, dead };
    encode(&old).unwrap()
}

#[test]
fn the_old_form_written_here_is_that_of_the_golden_bytes() {
    let outcomes = outcomes();
    let now = Entry::Turn(turn(&outcomes)).encode().unwrap();
    assert_eq!(as_version_1(&now), bytes(TURN_1));
}

/// Copies a journal record by record, each body changed so; and more behind them.
fn copied(
    from: &std::path::Path,
    to: &std::path::Path,
    body: impl Fn(&[u8]) -> Vec<u8>,
    more: Option<Vec<u8>>,
) {
    let mut reader = SqliteJournal::open_reader(from).unwrap();
    let header = earmark_host::journal::JournalReader::header(&reader).clone();
    let mut journal = SqliteJournal::create(to, &header, &OpenOptions::default()).unwrap();
    for sealed in earmark_host::journal::JournalReader::read(&mut reader, 1, usize::MAX).unwrap() {
        let body = body(&sealed.record.body);
        journal.append(&Record { body, ..sealed.record }).unwrap();
    }
    if let Some(body) = more {
        let head = journal.head();
        let (first_input, first_event) = (head.next_input, head.next_event);
        let chain = head.chain;
        let alone = Record { first_input, inputs: 1, first_event, events: 0, chain, body };
        journal.append(&alone).unwrap();
    }
    Box::new(journal).close().unwrap();
}

fn rogue() -> Small {
    let fault = Some(Fault::Fuel(9));
    Small::rogue(vec![Deed { needle: "poison", kind: WRITE, fast: fault.clone(), metered: fault }])
}

/// A journal of three turns: with an alarm, a dead letter, and places of two sources.
fn filled(dir: &std::path::Path) -> [u8; 32] {
    let partition = open(rogue(), &logical(dir));
    let alarm = (ALARM, 77_u64.to_le_bytes().to_vec(), None);
    let told = answers(&partition, vec![line("a", 5, "five"), alarm, line("b", 1, "b")]);
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    assert!(answers(&partition, vec![line("a", 6, "poison")])[0].is_err());
    assert!(answers(&partition, vec![line("b", 2, "b's two")])[0].is_ok());
    partition.digest().unwrap().0
}

#[test]
fn a_journal_of_version_1_is_opened_and_goes_on_in_version_2() {
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    let digest = filled(&new);
    copied(&new, &old, as_version_1, None);
    let partition = open(rogue(), &logical(&old));
    assert_eq!(partition.digest().unwrap().0, digest);
    assert_eq!(lines(&partition), ["five", "b", "b's two"]);
    // Exactly once over the change: with the old outcomes, and the old contents.
    let again = answers(&partition, vec![line("a", 5, "five"), line("a", 6, "poison")]);
    assert!(again.iter().all(|answer| answer.as_ref().unwrap().again));
    let other = answers(&partition, vec![line("a", 5, "five, or so they say")]);
    assert!(matches!(other[0], Err(NotAccepted::Otherwise { input: 1, .. })), "{other:?}");
    assert!(answers(&partition, vec![line("a", 7, "seven")])[0].is_ok());
    drop(partition);
    let mut versions = Vec::new();
    let partition = open(rogue(), &logical(&old));
    for sealed in partition.reader().unwrap().read(1, usize::MAX).unwrap() {
        versions.push(sealed.record.body.starts_with(b"EMBD\x02"));
    }
    assert_eq!(versions, [false, false, false, true]);
    assert_eq!(lines(&partition), ["five", "b", "b's two", "seven"]);
    assert_eq!(partition.feed(1).unwrap().more().unwrap().len(), 5);
    drop(partition);
    assert_eq!(verify(&old, &mut |_| {}).unwrap().head.next_input, 7);
}

#[test]
fn an_activation_has_a_place_among_the_inputs_and_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, activated) = (folder.path().join("plain"), folder.path().join("activated"));
    let digest = filled(&plain);
    copied(&plain, &activated, <[u8]>::to_vec, Some(activation().encode().unwrap()));
    // From there on another plugin decides, and this one may not.
    let refused = Partition::open(Arc::new(rogue()), &logical(&activated), &mut |_, _| {});
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("blake3 2222") && told.contains("`earmark upgrade`"), "{told}");

    let Entry::Activation(other) = activation() else { panic!("it is an activation") };
    let this = Entry::Activation(Activation { to: rogue().digest(), ..other });
    let activated = folder.path().join("this");
    copied(&plain, &activated, <[u8]>::to_vec, Some(this.encode().unwrap()));
    let (before, after) = (open(rogue(), &logical(&plain)), open(rogue(), &logical(&activated)));
    assert_eq!(after.digest().unwrap().0, digest);
    let [before, now] = [&before, &after].map(|partition| *partition.position().borrow());
    assert_eq!((now.events, now.chain), (before.events, before.chain));
    assert_eq!(now.inputs, before.inputs + 1);
    let next = answers(&after, vec![line("b", 3, "three")])[0].clone().unwrap();
    assert_eq!((next.input, next.first_event), (now.inputs + 1, now.events + 1));
    assert_eq!(after.feed(now.events).unwrap().more().unwrap().len(), 2);
    drop(after);
    assert_eq!(lines(&open(rogue(), &logical(&activated))).len(), 4);
    assert_eq!(verify(&activated, &mut |_| {}).unwrap().head.next_input, now.inputs + 2);
}

#[test]
fn a_trace_is_in_the_record_and_in_the_feed_and_no_part_of_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let run = |name: &str, trace: Option<&str>| {
        let partition = open(Small::new(), &logical(&folder.path().join(name)));
        let by = Arc::new(Caller { subject: "tester".into(), scopes: Vec::new() });
        let (told, answer) = channel();
        let one = |(text, trace): (&str, Option<&str>)| Submission {
            kind: WRITE,
            command: text.as_bytes().to_vec(),
            by: Arc::clone(&by),
            origin: None,
            trace: trace.map(Arc::from),
            at: Some(5),
            reply: Box::new({
                let told = told.clone();
                move |receipt| drop(told.send(receipt))
            }),
        };
        let all = [("plain", None), ("traced", trace), ("plain too", None)];
        partition.submit_all(all.into_iter().map(one).collect()).unwrap();
        for _ in 0..all.len() {
            answer.recv_timeout(PATIENCE).unwrap().unwrap();
        }
        let chain = partition.position().borrow().chain;
        let sealed = partition.reader().unwrap().read(1, usize::MAX).unwrap().remove(0);
        let turn = Entry::decode(&sealed.record.body).unwrap().turn().unwrap();
        let traces: Vec<(u32, String)> =
            turn.traces.iter().map(|one| (one.input, one.traceparent.to_string())).collect();
        let fed = partition.feed(1).unwrap().more().unwrap();
        (chain, traces, fed.into_iter().map(|event| event.trace).collect::<Vec<_>>())
    };
    let (without, with) = (run("without", None), run("with", Some(parent)));
    assert_eq!(without.0, with.0);
    assert_eq!((without.1, without.2), (Vec::new(), vec![None, None, None]));
    assert_eq!(with.1, [(1, parent.to_string())]);
    assert_eq!(with.2, [None, Some(parent.to_string()), None]);
}
