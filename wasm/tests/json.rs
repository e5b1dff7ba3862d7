//! JSON through the door. Why: the host carries opaque bytes, and yet speaks JSON to the world; it
//! has nothing but these two calls and the schemas.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod desk;

use std::collections::BTreeMap;

use desk::Desk;
use earmark_abi::{Answer, Call, FailureKind, Form};
use serde_json::Value;

/// `(what, kind, bytes, json)` of each golden entry.
fn golden(file: &str) -> Vec<(String, u16, Vec<u8>, String)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/golden/v1");
    let text = std::fs::read_to_string(format!("{dir}/{file}.hex")).unwrap();
    let entry = |entry: &str| {
        let (head, rest) = entry.split_once('\n').unwrap();
        let (hex, json) = rest.split_once("json ").unwrap();
        let mut words = head.trim_start_matches("# ").split(' ');
        let what = words.next().unwrap().trim_end_matches(':').to_string();
        let kind = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let hex: String = hex.split_whitespace().collect();
        let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes = (0..hex.len()).step_by(2).map(digits).collect();
        (what, kind, bytes, json.trim_end().to_string())
    };
    text.split("\n\n").filter(|part| !part.trim().is_empty()).map(entry).collect()
}

#[test]
fn every_golden_command_goes_to_json_and_back() {
    let mut desk = Desk::default();
    let mut kinds = BTreeMap::new();
    for (_, kind, bytes, json) in golden("commands") {
        let form = Form::Command;
        *kinds.entry(kind).or_insert(0) += 1;
        if kind == 0 {
            // An older version is told as the one in force, and is not written any more.
            let told = desk.bytes(&Call::ToJson { form, kind, bytes: &bytes });
            assert!(String::from_utf8(told).unwrap().contains("returnWindow"));
            let read = desk.ask(&Call::FromJson { form, kind, json: json.as_bytes() });
            let Answer::Failed(failure) = read else { panic!("{read:?}") };
            assert!(failure.message.contains("give kind 13"), "{}", failure.message);
            continue;
        }
        let told = desk.bytes(&Call::ToJson { form, kind, bytes: &bytes });
        assert_eq!(String::from_utf8(told).unwrap(), json);
        let read = desk.bytes(&Call::FromJson { form, kind, json: json.as_bytes() });
        assert_eq!(read, bytes, "{json}");
    }
    assert_eq!(kinds.len(), earmark::schema::COMMANDS.len());
}

#[test]
fn every_golden_event_answer_and_refusal_is_told_as_json() {
    let mut desk = Desk::default();
    let mut count = 0;
    for (what, kind, bytes, json) in [golden("events"), golden("answers")].concat() {
        let form = match what.as_str() {
            "event" => Form::Event,
            "answer" => Form::Answer,
            "refusal" => Form::Refusal,
            "query" => {
                let read = Call::FromJson { form: Form::Query, kind, json: json.as_bytes() };
                assert_eq!(desk.bytes(&read), bytes);
                continue;
            }
            _ => {
                let form = Form::SliceRequest;
                let read = Call::FromJson { form, kind: 0, json: json.as_bytes() };
                assert_eq!(desk.bytes(&read), bytes);
                continue;
            }
        };
        let told = desk.bytes(&Call::ToJson { form, kind, bytes: &bytes });
        let told = String::from_utf8(told).unwrap();
        // An older version is told as the one in force.
        let newer = match (what.as_str(), kind) {
            ("event", 0) => Some("returnWindow"),
            ("event", 15) => Some(r#""parcels":[]"#),
            ("event", 62) => Some(r#""placedBy":null"#),
            ("event", 124) => Some(r#""until":null"#),
            _ => None,
        };
        let is_told = told == json || newer.is_some_and(|field| told.contains(field));
        assert!(is_told, "{told}\n{json}");
        count += 1;
    }
    assert!(count > 60, "{count} were told");
}

#[test]
fn every_kind_has_a_schema_that_a_reader_can_use() {
    let mut desk = Desk::default();
    let Answer::Described(told) = desk.ask(&Call::Describe) else { panic!("no description") };
    let mut schemas: Vec<(&str, &str)> = Vec::new();
    schemas.extend(told.commands.iter().map(|c| (c.name.as_str(), c.schema.as_str())));
    schemas.extend(told.events.iter().map(|e| (e.name.as_str(), e.schema.as_str())));
    schemas.extend(told.queries.iter().map(|q| (q.name.as_str(), q.schema.as_str())));
    for (name, schema) in schemas {
        let schema: Value = serde_json::from_str(schema).unwrap();
        assert_eq!(schema["type"], "object", "{name}");
        let says = |key: &str| schema[key].as_str().is_some_and(|text| !text.is_empty());
        assert!(says("title") && says("description") && says("$schema"), "{name}: {schema}");
    }
    let others = told.queries.iter().map(|query| query.answer_schema.as_str());
    for schema in others.chain([told.refusal_schema.as_str(), told.slice_schema.as_str()]) {
        assert!(serde_json::from_str::<Value>(schema).unwrap().is_object(), "{schema}");
    }
}

/// The fields of a value that its schema does not know.
fn unknown_to(schema: &Value, value: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(value).unwrap();
    let fields = value.as_object().map(|object| object.keys().cloned()).into_iter().flatten();
    fields.filter(|field| schema["properties"].get(field).is_none()).collect()
}

#[test]
fn the_schemas_know_every_field_that_is_written() {
    let mut desk = Desk::default();
    let Answer::Described(told) = desk.ask(&Call::Describe) else { panic!("no description") };
    for (what, kind, _, json) in [golden("commands"), golden("events")].concat() {
        let kind = usize::from(kind);
        let schema = match what.as_str() {
            "command" => &told.commands[kind].schema,
            _ => &told.events[kind].schema,
        };
        let schema: Value = serde_json::from_str(schema).unwrap();
        assert_eq!(unknown_to(&schema, &json), Vec::<String>::new(), "{what} {kind}");
    }
}

#[test]
fn what_is_wrong_with_json_is_said_in_words() {
    let mut desk = Desk::default();
    let mut wrong = |kind, json: &[u8]| {
        let failure = desk.failed(&Call::FromJson { form: Form::Command, kind, json });
        assert_eq!(failure.kind, FailureKind::Malformed);
        failure.message
    };
    let nowhere = br#"{"order":"018bcfe5-6800-7000-8000-000000000001","nowhere":1}"#;
    assert!(wrong(5, nowhere).contains("nowhere"));
    assert!(wrong(5, br#"{"order":"018bcfe5-6800-4000-8000-000000000001"}"#).contains("version 7"));
    assert!(wrong(5, b"{").contains("EOF"));
    assert!(wrong(99, b"{}").contains("no such kind"));
    let none = br#"{"item":{"sku":"a"},"facility":{"code":"b"},"tier":"back","quantity":0}"#;
    assert!(wrong(11, none).contains("1 to 1,000,000"));
}
