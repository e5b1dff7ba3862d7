//! The AsyncAPI document of the built-in plugin. Why: others generate their programs from it.

use std::collections::BTreeSet;

use earmark_host::asyncapi;
use earmark_wasm::{Plugin as _, ShopPlugin};
use serde_json::Value;

/// Every reference in the document, by its target.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            // Inside a schema references mean the schema.
            for (name, inside) in fields.iter().filter(|(name, _)| *name != "payload") {
                match (name.as_str(), inside.as_str()) {
                    ("$ref", Some(target)) => found.push(target),
                    _ => references(inside, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inside| references(inside, found)),
        _ => {}
    }
}

#[test]
fn every_command_and_event_is_a_message_and_every_reference_has_a_target() {
    let plugin = ShopPlugin::describe();
    let document = asyncapi::document(&plugin);
    assert_eq!(document["asyncapi"], "3.0.0");
    let messages = document["components"]["messages"].as_object().expect("messages");
    let commands = plugin.commands.iter().map(|command| command.name.as_str());
    let events = plugin.events.iter().map(|event| event.ce_type.as_str());
    let named: BTreeSet<&str> = commands.chain(events).collect();
    assert_eq!(messages.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
    let mut found = Vec::new();
    references(&document, &mut found);
    assert_eq!(found.len(), named.len() + 2, "a link to each message, and two to the channels");
    for target in found {
        let target = target.strip_prefix('#').expect("within the document");
        assert!(document.pointer(target).is_some(), "nothing is at `{target}`");
    }
}
