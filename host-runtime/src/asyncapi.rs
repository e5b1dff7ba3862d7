//! What a plugin hears and says, as an AsyncAPI 3.0 document: from its own description alone.
//!
//! Law: every command and every event is a message of the document, with the plugin's own JSON
//! Schema; so the document can't lag behind the plugin.

use earmark_abi::Description;
use serde_json::{Map, Value, json};

/// The schemas of the plugins' descriptions are of this dialect.
const DIALECT: &str = "application/schema+json;version=draft-2020-12";

/// The document. Events are told in the structured form of CloudEvents 1.0.
#[must_use]
pub fn document(plugin: &Description) -> Value {
    let commands = Channel::of(plugin.commands.iter().map(|command| {
        let (name, schema) = (&command.name, schema(&command.schema));
        let told = json!({
            "name": name,
            "title": name,
            "summary": command.about,
            "contentType": "application/json",
            "payload": { "schemaFormat": DIALECT, "schema": schema },
            "x-scope": command.scope,
        });
        (name.clone(), told)
    }));
    let events = Channel::of(plugin.events.iter().map(|event| {
        let told = json!({
            "name": event.ce_type,
            "title": event.name,
            "contentType": "application/cloudevents+json",
            "payload": { "schemaFormat": DIALECT, "schema": enveloped(event) },
        });
        (event.ce_type.clone(), told)
    }));
    let address = |what: &str| format!("{}.{what}", plugin.name);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": plugin.name,
            "version": plugin.version,
            "description": "Commands go to one partition, and each is answered once it is durable. \
                            Events leave in the order of their sequence, which has no gaps.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "commands": { "address": address("commands"), "messages": commands.named },
            "events": { "address": address("events"), "messages": events.named },
        },
        "operations": {
            "carryOut": { "action": "receive", "channel": { "$ref": "#/channels/commands" } },
            "tell": { "action": "send", "channel": { "$ref": "#/channels/events" } },
        },
        "components": { "messages": commands.messages.into_iter().chain(events.messages)
            .collect::<Map<_, _>>() },
    })
}

/// Messages by name, and the references to them. Of several with one name the last is in force.
struct Channel {
    named: Map<String, Value>,
    messages: Map<String, Value>,
}

impl Channel {
    fn of(all: impl Iterator<Item = (String, Value)>) -> Self {
        let messages: Map<String, Value> = all.collect();
        let link = |name: &String| json!({ "$ref": format!("#/components/messages/{name}") });
        let named = messages.keys().map(|name| (name.clone(), link(name))).collect();
        Self { named, messages }
    }
}

/// A schema of the description; anything goes where the plugin names none.
fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Bool(true))
}

/// The attributes of CloudEvents 1.0 that a published event has, around its data.
fn enveloped(event: &earmark_abi::EventType) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let mut data = schema(&event.schema);
    // Definitions are found from the root of a document, so they move there.
    let definitions = data.as_object_mut().and_then(|data| data.remove("$defs"));
    let mut envelope = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["specversion", "source", "id", "type", "time", "sequence", "causationid",
            "datacontenttype", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "source": text(),
            "id": text(),
            "type": { "const": event.ce_type },
            "subject": text(),
            "time": { "type": "string", "format": "date-time" },
            "partitionkey": text(),
            "sequence": { "type": "string", "pattern": "^[0-9]{20}$" },
            "causationid": text(),
            "traceparent": text(),
            "datacontenttype": { "const": "application/json" },
            "data": data,
        },
    });
    if let (Some(definitions), Some(envelope)) = (definitions, envelope.as_object_mut()) {
        envelope.insert("$defs".to_string(), definitions);
    }
    envelope
}
