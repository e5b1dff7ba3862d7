//! What is read of a journal's rows and of a plugin's answers: bytes that are none.
//!
//! Law: what can be read is written and read again as the same.

use bolero::{TypeGenerator, check};
use earmark_abi::{
    Answer, Description, Form, Input, Outcome, Principal, Turned, Verdict, decode, encode,
};
use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{Head, Header, Sealed};
use earmark_host::partition::{Activation, Dropped, Entry, OriginOf, TraceOf, TurnRecord};
use earmark_wasm::{Plugin as _, ShopPlugin};

use crate::damage::{Damage, one};

#[derive(Debug, Clone, TypeGenerator)]
struct Row {
    of: u8,
    damage: Damage,
}

fn principal() -> Principal<'static> {
    Principal { subject: "ann", scopes: vec!["orders:write", "orders:read"] }
}

/// The body of a record, of each kind.
fn entries() -> Vec<Vec<u8>> {
    let outcome =
        Outcome { subject: "o", owner: "ann", verdict: Verdict::Accepted { events: vec![] } };
    let outcome = encode(&outcome).unwrap();
    let turn = TurnRecord {
        plugin: [1; 32],
        schema: 1,
        recorded_at: 1_700_000_000_000,
        principals: vec![principal()],
        inputs: vec![Input { at: 1_700_000_000_000, by: 0, kind: 3, command: b"command" }],
        outcomes: vec![&outcome],
        origins: vec![OriginOf { input: 0, source: "till-7", sequence: 1, command: [2; 16] }],
        traces: vec![TraceOf {
            input: 0,
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        }],
        dead: vec![],
    };
    let activation = Activation {
        from: [1; 32],
        to: [2; 32],
        schema: 1,
        recorded_at: 1_700_000_000_000,
        by: principal(),
        overridden: false,
    };
    let why = "it was tried by hand";
    let dropped = Dropped { letter: 1, recorded_at: 1_700_000_000_000, by: principal(), why };
    let all = [Entry::Turn(turn), Entry::Activation(activation), Entry::Dropped(dropped)];
    all.iter().map(|entry| entry.encode().unwrap()).collect()
}

#[test]
fn entries_of_a_journal() {
    let all = entries();
    check!().with_type::<Row>().with_iterations(4_000).for_each(|row: &Row| {
        let bytes = row.damage.of(one(&all, row.of).as_slice());
        if let Ok(entry) = Entry::decode(&bytes) {
            let again = entry.encode().expect("what was read can be written");
            assert_eq!(Entry::decode(&again).unwrap(), entry);
        }
    });
}

#[test]
fn rows_of_a_journal() {
    let header = sample_header();
    let record = sample_record(&Head::start(&header), 90);
    let mut row = Vec::new();
    record.encode(1, &header.hash(), &mut row).unwrap();
    let all = [header.encode(), row];
    check!().with_type::<(Row, bool)>().with_iterations(4_000).for_each(
        |(row, is_sealed): &(Row, bool)| {
            let mut bytes = row.damage.of(one(&all, row.of).as_slice());
            // Else nothing gets past the hash.
            if *is_sealed && let Some(end) = bytes.len().checked_sub(32) {
                bytes.truncate(end);
                let hash = blake3::hash(&bytes);
                bytes.extend_from_slice(hash.as_bytes());
            }
            if let Ok(header) = Header::decode(&bytes) {
                assert_eq!(Header::decode(&header.encode()).unwrap(), header);
            }
            if let Ok(sealed) = Sealed::decode(&bytes) {
                let mut again = Vec::new();
                let written = sealed.record.encode(sealed.number, &sealed.previous, &mut again);
                assert_eq!(written.unwrap(), sealed.hash);
                assert_eq!(again, bytes, "a record has one form");
            }
        },
    );
}

#[test]
fn answers_of_a_plugin() {
    let outcome =
        Outcome { subject: "o", owner: "ann", verdict: Verdict::Accepted { events: vec![] } };
    let outcome = encode(&outcome).unwrap();
    let turned = Turned { outcomes: vec![&outcome], next_deadline: Some(7), chain: Some([3; 32]) };
    let all = [
        encode(&Answer::Described(ShopPlugin::describe())).unwrap(),
        encode(&Answer::Turned(turned)).unwrap(),
        encode(&Answer::Bytes(b"bytes")).unwrap(),
        encode(&Answer::Digest([4; 32])).unwrap(),
        outcome.clone(),
        encode(&Form::Event).unwrap(),
    ];
    check!().with_type::<Row>().with_iterations(4_000).for_each(|row: &Row| {
        let bytes = row.damage.of(one(&all, row.of).as_slice());
        if let Ok(answer) = decode::<Answer<'_>>("an answer", &bytes) {
            let again = encode(&answer).unwrap();
            assert_eq!(decode::<Answer<'_>>("an answer", &again).unwrap(), answer);
        }
        if let Ok(outcome) = decode::<Outcome<'_>>("an outcome", &bytes) {
            let again = encode(&outcome).unwrap();
            assert_eq!(decode::<Outcome<'_>>("an outcome", &again).unwrap(), outcome);
        }
        drop(decode::<Description>("a description", &bytes));
    });
}
