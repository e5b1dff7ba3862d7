//! The operations of each route.
//!
//! Law: a command or a query is told if it can be asked for, with the scope it needs and the schema
//! in force.

use earmark_abi::Description;
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, key, reference};
use super::shared::problems;
use crate::http::Route;
use crate::http::access::{ADMIN, FLOW, METRICS, STAFF};
use crate::http::batch::ITEMS;
use crate::http::body::BINARY;

/// What may go wrong with any request of a route that is closed.
const ASKED: [u16; 5] = [400, 401, 403, 429, 503];
/// What may go wrong with one that has a body.
const WITH_BODY: [u16; 9] = [400, 401, 403, 408, 413, 415, 422, 429, 503];

/// The operations of a route: one for each path that it stands for.
pub(super) fn operations(
    plugin: &Description,
    route: &Route,
    schemas: &mut Schemas,
) -> Vec<(String, Value)> {
    let operation = match (route.method, route.path) {
        ("POST", "/api/commands/{name}") => return commands(plugin, schemas),
        ("POST", "/api/commands") => batch(),
        ("POST", "/api/queries/{name}") => return queries(plugin, schemas),
        ("POST", "/api/slice") if plugin.slice_schema.is_empty() => return Vec::new(),
        ("POST", "/api/slice") => slice(plugin, schemas),
        ("GET", "/api/events") => events(),
        ("GET", "/api/dead-letters") => letters(),
        ("GET", "/api/dead-letters/{input}") => of_letter("showDeadLetter", "One dead letter."),
        ("POST", "/api/dead-letters/{input}/retry") => retry(),
        ("POST", "/api/dead-letters/{input}/drop") => give_up(),
        ("GET", "/metrics") => metrics(),
        ("GET", "/api/description") => {
            plain("describe", "What the plugin says of itself.", "operations", &[])
        }
        ("GET", "/openapi.json") => plain("openapi", "This document.", "operations", &[]),
        ("GET", "/health/live") => plain("live", "Whether the host runs.", "operations", &[]),
        ("GET", "/health/ready") => ready(),
        _ => return Vec::new(),
    };
    vec![(route.path.to_string(), operation)]
}

/// The last of each name is in force; and what HTTP never reaches is not told.
fn in_force<T>(all: &[T], name: impl Fn(&T) -> &str) -> Vec<(usize, &T)> {
    let is_last = |at: usize, one: &T| {
        all.iter().skip(at.saturating_add(1)).all(|later| name(later) != name(one))
    };
    all.iter().enumerate().filter(|(at, one)| is_last(*at, one)).collect()
}

fn commands(plugin: &Description, schemas: &mut Schemas) -> Vec<(String, Value)> {
    let all = in_force(&plugin.commands, |one| &one.name).into_iter();
    let reached = all.filter(|(kind, one)| {
        one.scope != FLOW && plugin.tick.is_none_or(|tick| usize::from(tick) != *kind)
    });
    let told = reached.map(|(_, one)| {
        let schema = schemas.add(&format!("Command.{}", one.name), &one.schema);
        let answer = json!({ "application/json": { "schema": reference("Outcome") } });
        let mut told = asked(&format!("command.{}", key(&one.name)), &one.about, "commands");
        told["security"] = secured(&[&one.scope]);
        told["requestBody"] = commands_body(&schema);
        told["parameters"] = parameters(&[
            "Idempotency-Key",
            "Earmark-Source",
            "Earmark-Sequence",
            "Prefer",
            "traceparent",
        ]);
        let also = [&WITH_BODY[..], &[404, 409]].concat();
        told["responses"] = answered("What became of it.", answer, None, &also);
        (format!("/api/commands/{}", one.name), told)
    });
    told.collect()
}

fn batch() -> Value {
    let about = "Many commands, in their order. It is read whole before any is carried out, and \
                 an item that can't be read is told for the whole. Then each is an input of its \
                 own, with its own status in the answer.";
    let mut told = asked("commands", about, "commands");
    let item = json!({
        "type": "object", "required": ["command", "data"], "additionalProperties": false,
        "properties": {
            "command": { "type": "string", "description": "The name of a command." },
            "data": { "description": "Its contents, as for the command alone." },
            "key": { "type": "string", "description": "As the header `Idempotency-Key`." },
            "source": { "type": "string", "description": "As the header `Earmark-Source`." },
            "sequence": { "type": "integer", "minimum": 1,
                "description": "As the header `Earmark-Sequence`." },
        },
    });
    let items = json!({ "type": "array", "minItems": 1, "maxItems": ITEMS, "items": item });
    told["requestBody"] = commands_body(&items);
    told["parameters"] = parameters(&["Prefer", "traceparent"]);
    let status = json!({ "type": "integer" });
    let one = json!({
        "type": "object", "required": ["status"], "properties": { "status": status },
        "anyOf": [reference("Outcome"), reference("Problem")],
    });
    let answer = json!({ "application/json": { "schema": { "type": "array", "items": one } } });
    let also = [&WITH_BODY[..], &[404]].concat();
    told["responses"] = answered("What became of each, in their order.", answer, None, &also);
    told
}

fn queries(plugin: &Description, schemas: &mut Schemas) -> Vec<(String, Value)> {
    let all = in_force(&plugin.queries, |one| &one.name).into_iter();
    let told = all.map(|(_, one)| {
        let schema = schemas.add(&format!("Query.{}", one.name), &one.schema);
        let answer = schemas.add(&format!("Answer.{}", one.name), &one.answer_schema);
        let content = json!({ "application/json": { "schema": answer } });
        let mut told = asked(&format!("query.{}", key(&one.name)), &one.about, "queries");
        told["security"] = secured(&[&one.scope]);
        told["requestBody"] = body(&schema);
        let also = [&WITH_BODY[..], &[404, 409]].concat();
        told["responses"] = answered("The answer.", content, positioned(), &also);
        (format!("/api/queries/{}", one.name), told)
    });
    told.collect()
}

fn slice(plugin: &Description, schemas: &mut Schemas) -> Value {
    let schema = schemas.add("Slice.Request", &plugin.slice_schema);
    let mut told =
        asked("slice", "A client's slice of the state, as the plugin writes it.", "queries");
    told["requestBody"] = body(&schema);
    let content = json!({ "application/octet-stream": {} });
    let also = [&WITH_BODY[..], &[404, 409]].concat();
    told["responses"] = answered("The slice.", content, positioned(), &also);
    told
}

fn events() -> Value {
    let about = "Events as server-sent events, from a position on, and then those to come. The \
                 `data` of a message is a CloudEvent in JSON, its `id` the position behind it. A \
                 customer gets what is his own.";
    let mut told = asked("events", about, "events");
    let text = || json!({ "type": "string" });
    let mut given = vec![
        query(
            "after",
            json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
            "The position to start behind; without it, the end of now.",
        ),
        query("source", text(), "The journal that the position is of."),
        query("subject", text(), "Only events about this."),
        query("type", text(), "Only events of this name or CloudEvents type."),
        query(
            "data",
            json!({ "enum": ["json", "binary"] }),
            "For staff: `binary` gives the plugin's own bytes in base64, for a host that follows.",
        ),
        query("as", text(), "Demo access only: who asks, where headers can't be sent."),
    ];
    given.extend(parameters(&["Last-Event-ID"]).as_array().cloned().unwrap_or_default());
    told["parameters"] = Value::Array(given);
    let content = json!({ "text/event-stream": { "schema": text() } });
    let also = [&ASKED[..], &[404, 409, 410]].concat();
    told["responses"] = answered("The stream.", content, None, &also);
    told
}

fn query(name: &str, schema: Value, about: &str) -> Value {
    json!({ "name": name, "in": "query", "schema": schema, "description": about })
}

fn letters() -> Value {
    let mut told =
        asked("listDeadLetters", "Inputs that the plugin could not answer.", "operations");
    told["security"] = secured(&[ADMIN]);
    told["parameters"] = json!([
        { "name": "after", "in": "query", "description": "Those behind this input.",
          "schema": { "type": "integer", "format": "uint64", "minimum": 0 } },
        { "name": "all", "in": "query", "schema": { "type": "boolean" },
          "description": "Settled ones too." },
    ]);
    let letters = json!({
        "type": "object", "required": ["letters", "more"],
        "properties": {
            "letters": { "type": "array", "items": { "type": "object" } },
            "more": { "type": "boolean" },
        },
    });
    let content = json!({ "application/json": { "schema": letters } });
    told["responses"] = answered("The letters, the oldest first.", content, None, &ASKED);
    told
}

fn of_letter(id: &str, about: &str) -> Value {
    let mut told = asked(id, about, "operations");
    told["security"] = secured(&[ADMIN]);
    told["parameters"] = json!([{ "name": "input", "in": "path", "required": true,
        "description": "Its place among the inputs of the journal.",
        "schema": { "type": "integer", "format": "uint64", "minimum": 1 } }]);
    let content = json!({ "application/json": { "schema": { "type": "object" } } });
    let also = [&ASKED[..], &[404]].concat();
    told["responses"] = answered(about, content, None, &also);
    told
}

fn retry() -> Value {
    let mut told = of_letter("retryDeadLetter", "Tries a dead letter again.");
    let content = json!({ "application/json": { "schema": reference("Outcome") } });
    let also = [&ASKED[..], &[404, 409, 422]].concat();
    told["responses"] = answered("What became of it.", content, None, &also);
    told
}

fn give_up() -> Value {
    let mut told = of_letter("dropDeadLetter", "Gives a dead letter up.");
    told["requestBody"] = body(&json!({ "type": "object", "required": ["why"],
        "additionalProperties": false, "properties": { "why": { "type": "string" } } }));
    let done = json!({ "type": "object", "required": ["input", "letter"], "properties": {
        "input": { "type": "integer" }, "letter": { "type": "integer" } } });
    let content = json!({ "application/json": { "schema": done } });
    let also = [&WITH_BODY[..], &[404, 409]].concat();
    told["responses"] = answered("The input that says so.", content, None, &also);
    told
}

fn metrics() -> Value {
    let mut told = asked("metrics", "What is counted, for Prometheus.", "operations");
    told["security"] = json!([{ "token": [METRICS] }, { "token": [STAFF] }, { "demo": [] }]);
    let content = json!({ "application/openmetrics-text": { "schema": { "type": "string" } } });
    told["responses"] = answered("The counts.", content, None, &ASKED);
    told
}

fn ready() -> Value {
    let mut told = plain("ready", "Whether commands are taken.", "operations", &[]);
    let same = told["responses"]["200"]["content"].clone();
    told["responses"]["503"] = json!({ "description": "They are not.", "content": same });
    told
}

/// An operation that answers an object, whoever asks.
fn plain(id: &str, about: &str, tag: &str, statuses: &[u16]) -> Value {
    let mut told = asked(id, about, tag);
    let content = json!({ "application/json": { "schema": { "type": "object" } } });
    told["responses"] = answered(about, content, None, statuses);
    told
}

fn asked(id: &str, about: &str, tag: &str) -> Value {
    json!({ "operationId": id, "summary": about, "tags": [tag], "security": secured(&[]) })
}

/// Whoever has a token with the scopes; or whoever asks, in a demo.
fn secured(scopes: &[&str]) -> Value {
    json!([{ "token": scopes }, { "demo": [] }])
}

fn body(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

/// The same, or the plugin's own bytes.
fn commands_body(schema: &Value) -> Value {
    let mut told = body(schema);
    told["content"][BINARY] = json!({});
    told
}

fn parameters(names: &[&str]) -> Value {
    let link = |name: &&str| json!({ "$ref": format!("#/components/parameters/{name}") });
    Value::Array(names.iter().map(link).collect())
}

/// The headers that say of which position an answer is.
fn positioned() -> Option<Value> {
    let link = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    Some(json!({
        "Earmark-Position": link("Earmark-Position"),
        "Earmark-Chain": link("Earmark-Chain"),
    }))
}

fn answered(about: &str, content: Value, headers: Option<Value>, also: &[u16]) -> Value {
    let mut fine = json!({ "description": about, "content": content });
    if let Some(headers) = headers {
        fine["headers"] = headers;
    }
    let mut all: Map<String, Value> = problems(also);
    all.insert("200".to_string(), fine);
    Value::Object(all)
}
