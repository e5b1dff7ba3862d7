//! The schemas that `earmark describe` gives out take what the plugin writes. Why: others generate
//! their programs from them, and a schema that is too narrow refuses true events.

use earmark_abi::{Envelope, Form};
use earmark_tests::built::{Built, succeeded};
use earmark_wasm::{Plugin as _, ShopPlugin};
use serde_json::{Value, json};

#[test]
fn the_schemas_take_what_the_plugin_writes_and_nothing_else() {
    let Some(built) = Built::find() else { return };
    let told = succeeded(built.earmark().args(["describe", "--form", "asyncapi"]));
    let document: Value = serde_json::from_str(&told).expect("a document is JSON");
    let schema = |name: &str| {
        let schema = &document["components"]["messages"][name]["payload"]["schema"];
        jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let plugin = ShopPlugin::describe();
    let mut count = 0;
    for (what, kind, json) in golden() {
        if what == "command" {
            let command = &plugin.commands[kind];
            let old = plugin.commands[kind + 1..].iter().any(|later| later.name == command.name);
            if old {
                continue;
            }
            assert!(schema(&command.name).is_valid(&json), "{}: {json}", command.name);
        } else {
            let name = &plugin.events[kind].ce_type;
            let envelope = Envelope::new("urn:test", 7, 3, name, "somebody", 1_700_000_000_000);
            let mut event = serde_json::to_value(envelope).expect("an envelope is JSON");
            let schema = schema(name);
            assert!(!schema.is_valid(&event), "{name}: an event needs its data");
            event["data"] = json;
            assert!(schema.is_valid(&event), "{name}: {event}");
            event["type"] = json!("another");
            assert!(!schema.is_valid(&event), "{name}: another type");
        }
        count += 1;
    }
    assert!(count > 80, "{count} values were looked at");
    let place = schema("PlaceOrder");
    assert!(!place.is_valid(&json!({ "order": 7 })), "an order without lines");
    // The schemas are the readers' own: what they refuse, the plugin refuses too.
    assert!(ShopPlugin::from_json(Form::Command, 2, br#"{"order":7}"#).is_err());
}

#[test]
fn the_schemas_of_the_openapi_document_find_their_parts_and_take_golden_commands() {
    let Some(built) = Built::find() else { return };
    let told = succeeded(built.earmark().args(["describe", "--form", "openapi"]));
    let document: Value = serde_json::from_str(&told).expect("a document is JSON");
    let all = document["components"]["schemas"].as_object().expect("schemas");
    let schema = |name: &str| {
        let whole = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": { "schemas": all },
        });
        jsonschema::draft202012::new(&whole).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    for (name, one) in all {
        assert!(jsonschema::draft202012::meta::is_valid(one), "{name} is no schema");
    }
    let plugin = ShopPlugin::describe();
    let (mut count, mut nothing) = (0, 0);
    for (_, kind, json) in golden().into_iter().filter(|(what, ..)| what == "command") {
        let command = &plugin.commands[kind];
        let old = plugin.commands[kind + 1..].iter().any(|later| later.name == command.name);
        if old || command.scope == "flow" {
            continue;
        }
        let schema = schema(&format!("Command.{}", command.name));
        assert!(schema.is_valid(&json), "{}: {json}", command.name);
        nothing += usize::from(schema.is_valid(&json!({ "nobody": 1 })));
        count += 1;
    }
    assert!(count > 20 && nothing == 0, "{count} commands, of which {nothing} may say anything");
    let problem = schema("Problem");
    assert!(!problem.is_valid(&json!({ "code": "malformed" })));
}

/// `(what, kind, json)` of each golden command and event.
fn golden() -> Vec<(String, usize, Value)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/golden/v1");
    let mut all = Vec::new();
    for file in ["commands", "events"] {
        let text = std::fs::read_to_string(format!("{dir}/{file}.hex")).expect("golden bytes");
        let mut head = (String::new(), 0);
        for line in text.lines() {
            if let Some(words) = line.strip_prefix("# ") {
                let mut words = words.split(' ');
                let what = words.next().expect("a word").to_string();
                head = (what, words.next().and_then(|kind| kind.parse().ok()).expect("a kind"));
            } else if let Some(json) = line.strip_prefix("json ") {
                let json = serde_json::from_str(json).expect("golden JSON");
                all.push((head.0.clone(), head.1, json));
            }
        }
    }
    all
}
