//! The JSON Schemas of answers, refusals and requests for slices, against what is written as JSON.
//!
//! A schema that misses a field is believed all the same: who generates code from it loses data.

use crate::samples;
use std::collections::BTreeSet;

use earmark::flow::Answer;
use earmark::policy::Aim;
use earmark::schema::{
    COMMANDS, QUERIES, answer_schema, answer_to_json, command_schema, refusal_schema,
    refusal_to_json, slice_request_schema,
};
use serde_json::Value;

/// What is wrong with a value, by the part of JSON Schema that says which fields there are.
fn faults(value: &Value, schema: &Value, root: &Value) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return faults(value, &root["$defs"][name], root);
    }
    for either in ["oneOf", "anyOf"] {
        if let Some(forms) = schema[either].as_array() {
            let fits = forms.iter().any(|form| faults(value, form, root).is_empty());
            return if fits { vec![] } else { vec![format!("{value} is none of the forms")] };
        }
    }
    let of_type = |name: &str| match &schema["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => true,
    };
    match value {
        Value::Object(fields) if of_type("object") => {
            let described = |(name, value): (&String, &Value)| {
                let (own, other) = (&schema["properties"][name], &schema["additionalProperties"]);
                match (own, other) {
                    (Value::Null, Value::Object(_)) => faults(value, other, root),
                    (Value::Null, _) => vec![format!("`{name}` is not described")],
                    (own, _) => faults(value, own, root),
                }
            };
            let missing = schema["required"].as_array().into_iter().flatten();
            let missing = missing.filter(|name| !fields.contains_key(name.as_str().unwrap()));
            let missing = missing.map(|name| format!("{name} is missing"));
            missing.chain(fields.iter().flat_map(described)).collect()
        }
        Value::Array(items) if of_type("array") => {
            items.iter().flat_map(|item| faults(item, &schema["items"], root)).collect()
        }
        Value::Object(_) => vec!["an object is not described".into()],
        Value::Array(_) => vec!["a list is not described".into()],
        Value::String(text) => match (schema["enum"].as_array(), &schema["const"]) {
            (Some(words), _) if !words.contains(value) => vec![format!("`{text}` is no word")],
            (None, Value::String(word)) if word != text => vec![format!("`{text}` is no word")],
            _ if of_type("string") => vec![],
            _ => vec!["a text is not described".into()],
        },
        _ => vec![],
    }
}

/// The kinds of questions that are answered so.
fn questions(answer: &Answer) -> &'static [u16] {
    match answer {
        Answer::Preview(_) => &[0, 15],
        Answer::Order(_) => &[1],
        Answer::Orders(_) => &[2],
        Answer::Items(_) => &[3, 4],
        Answer::Summary(_) => &[5],
        Answer::Explained(_) => &[6],
        Answer::Levels(_) => &[7],
        Answer::Incoming(_) => &[8],
        Answer::Alerts(_) => &[9],
        Answer::OrderStatus(_) => &[10],
        Answer::Worklist(_) => &[11],
        Answer::Workload(_) => &[12],
        Answer::Payment(_) => &[13],
        Answer::Backorders(_) => &[14],
    }
}

fn parsed(json: impl AsRef<[u8]>) -> Value {
    serde_json::from_slice(json.as_ref()).unwrap()
}

#[test]
fn every_answer_is_as_its_schema_describes_it() {
    let mut met = BTreeSet::new();
    for sample in samples::answers() {
        let answer = parsed(answer_to_json(&sample.value).unwrap());
        for kind in questions(&sample.value) {
            met.insert(*kind);
            let schema = parsed(answer_schema(*kind));
            assert_eq!(faults(&answer, &schema, &schema), [""; 0], "{} of {kind}", sample.case);
        }
    }
    assert_eq!(met.len(), QUERIES.len(), "a sample of each");
}

#[test]
fn every_refusal_is_as_its_schema_describes_it() {
    let schema = parsed(refusal_schema());
    for sample in samples::refusals() {
        let facts = parsed(refusal_to_json(&sample.value).unwrap());
        assert_eq!(faults(&facts, &schema, &schema), [""; 0], "{}", sample.case);
    }
    assert_ne!(faults(&Value::String("no refusal".into()), &schema, &schema), [""; 0]);
}

#[test]
fn the_schema_of_a_request_for_a_slice_names_its_fields() {
    let schema = parsed(slice_request_schema());
    for sample in samples::slice_requests() {
        let request = serde_json::to_value(&sample.value).unwrap();
        assert_eq!(faults(&request, &schema, &schema), [""; 0], "{}", sample.case);
    }
    assert!(schema["properties"].as_object().is_some_and(|fields| !fields.is_empty()));
}

/// The schema of a command by its name.
fn command(name: &str) -> Value {
    let kind = COMMANDS.iter().rposition(|kind| kind.name == name).unwrap();
    serde_json::from_str(&command_schema(u16::try_from(kind).unwrap())).unwrap()
}

#[test]
fn what_is_written_by_hand_is_described_by_hand() {
    let aims = &command("SetPolicy")["$defs"]["Aims"];
    assert_eq!((&aims["type"], &aims["minItems"]), (&"array".into(), &1.into()));
    assert_eq!((&aims["uniqueItems"], &aims["maxItems"]), (&true.into(), &Aim::ALL.len().into()));
    assert_eq!(aims["items"]["$ref"], "#/$defs/Aim");
    let heard = command("HearEvent");
    let fields: Vec<&String> = heard["properties"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["bytes", "kind"]);
    assert_eq!(heard["additionalProperties"], false);
    let hears = heard["x-hears"].as_array().unwrap();
    for step in earmark::flow::PROCESS {
        let told = serde_json::json!({ "event": step.event, "from": step.from, "to": step.to });
        assert_eq!(hears.iter().filter(|it| **it == told).count(), 1, "{told}");
    }
}
