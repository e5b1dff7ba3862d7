//! What the operations share: problems, headers, and who may ask.
//!
//! Law: the codes are those of `problem`, all of them, so that what is told here is what is
//! answered.

use earmark_abi::Description;
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, reference};
use crate::http::problem::CODES;

/// Statuses of problems, each as a response that all operations share.
const PROBLEMS: [(u16, &str, &str); 11] = [
    (400, "Malformed", "The request is not of the form it should be."),
    (401, "WhoAsks", "It is not known who asks: there is no token that holds."),
    (403, "NotAllowed", "Whoever asks lacks the scope, or asks from where he may not."),
    (404, "Unknown", "There is no such thing, or it is somebody else's."),
    (408, "TooSlow", "The body was not there in time."),
    (409, "Conflict", "It is not what was there before under the same name."),
    (410, "Gone", "The events there were taken out of the journal."),
    (413, "TooLarge", "The body has more bytes than it may have."),
    (415, "WrongType", "The body is not of a media type that is read here."),
    (422, "Refused", "The plugin refused, and nothing has changed; or it could not answer."),
    (429, "TooOften", "Whoever asks does so too often; `Retry-After` says when to come again."),
];
const UNAVAILABLE: &str = "Not now: too much waits, or the host can't go on. `Retry-After` says \
                           when to come again; with a key or a count a retry is carried out once.";

/// References to the responses of these statuses.
pub(super) fn problems(statuses: &[u16]) -> Map<String, Value> {
    let known = PROBLEMS.iter().map(|(status, name, _)| (*status, *name));
    let known = known.chain([(503, "Unavailable")]);
    let wanted = known.filter(|(status, _)| statuses.contains(status));
    let link = |name| json!({ "$ref": format!("#/components/responses/{name}") });
    wanted.map(|(status, name)| (status.to_string(), link(name))).collect()
}

/// The components beside the plugin's own schemas.
pub(super) fn components(plugin: &Description, mut schemas: Schemas) -> Value {
    let facts = match plugin.refusal_schema.as_str() {
        "" => json!(true),
        text => schemas.add("Refusal.facts", text),
    };
    let events = events(plugin, &mut schemas);
    let mut all = schemas.components();
    all.insert("Problem".to_string(), problem(&facts));
    all.insert("Outcome".to_string(), outcome(&events));
    json!({
        "schemas": all,
        "responses": responses(),
        "parameters": parameters(),
        "headers": headers(),
        "securitySchemes": {
            "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "A signed token with the scopes that an operation names." },
            "demo": { "type": "apiKey", "in": "header", "name": "Earmark-As",
                "description": "Only where the host was started without keys, on loopback: \
                    `staff`, or `customer:NAME`. Without it, whoever asks is staff." },
        },
    })
}

fn problem(facts: &Value) -> Value {
    let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
    let list: String = CODES.iter().map(|(code, what)| format!("\n- `{code}`: {what}")).collect();
    let known = json!({ "type": "object", "required": ["known"], "properties": {
        "known": { "type": "array", "items": { "type": "string" } } } });
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457). Programs act on `code`, which is stable.",
        "required": ["type", "title", "status", "code", "detail", "facts"],
        "properties": {
            "type": { "type": "string", "pattern": "^urn:earmark:(problem|refusal):" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "code": {
                "description":
                    format!("A code of the host's, or of a refusal of the plugin's.{list}"),
                "anyOf": [{ "enum": codes }, { "type": "string", "pattern": "^[a-z0-9-]+$" }],
            },
            "detail": { "type": "string" },
            "facts": {
                "description": "What the refusal is about; or the names that there are.",
                "anyOf": [{ "type": "null" }, known, facts],
            },
            "input": { "type": "integer", "minimum": 1,
                "description": "The input of the journal that it is about, if there is one." },
        },
    })
}

/// One schema for each name of an event, and a list of references to them.
fn events(plugin: &Description, schemas: &mut Schemas) -> Value {
    let event = |of: Value, data: Value| {
        json!({
            "type": "object",
            "required": ["type", "sequence", "subject", "data"],
            "properties": {
                "type": of,
                "sequence": { "type": "integer", "minimum": 1 },
                "subject": { "type": "string" },
                "data": data,
                "unreadable": { "type": "string" },
            },
        })
    };
    let later = |at: usize, name: &str| plugin.events.iter().skip(at).any(|one| one.name == name);
    let in_force = (1..).zip(&plugin.events).filter(|(next, one)| !later(*next, &one.name));
    let mut all: Vec<Value> = in_force
        .map(|(_, one)| {
            let data = schemas.add(&format!("Event.{}", one.name), &one.schema);
            event(json!({ "const": one.name }), data)
        })
        .collect();
    all.push(event(json!({ "type": "string" }), json!({ "type": "null" })));
    Value::Array(all)
}

fn outcome(events: &Value) -> Value {
    json!({
        "type": "object",
        "description": "What became of a command, durably.",
        "required": ["input", "subject", "at", "again", "events", "position", "chain"],
        "properties": {
            "input": { "type": "integer", "minimum": 1,
                "description": "Its place among the inputs of the journal." },
            "subject": { "type": "string", "description": "What it was about." },
            "at": { "type": "integer",
                "description": "The moment stamped on it, in milliseconds since 1970." },
            "again": { "type": "boolean",
                "description": "Whether it was carried out before: this is the answer of then." },
            "events": { "type": "array", "items": { "anyOf": events },
                "description": "What happened, as far as whoever asks may see it." },
            "position": { "type": "integer", "minimum": 0,
                "description": "Events of the journal when this was durable." },
            "chain": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
        },
    })
}

fn responses() -> Map<String, Value> {
    let content = json!({ "application/problem+json": { "schema": reference("Problem") } });
    let header = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    let told = |(status, name, about): &(u16, &str, &str)| {
        let mut told = json!({ "description": about, "content": content });
        match status {
            401 => told["headers"] = json!({ "WWW-Authenticate": header("WWW-Authenticate") }),
            429 => {
                told["headers"] = json!({
                    "Retry-After": header("Retry-After"),
                    "RateLimit": header("RateLimit"),
                    "RateLimit-Policy": header("RateLimit-Policy"),
                });
            }
            503 => told["headers"] = json!({ "Retry-After": header("Retry-After") }),
            _ => {}
        }
        ((*name).to_string(), told)
    };
    PROBLEMS.iter().chain([&(503, "Unavailable", UNAVAILABLE)]).map(told).collect()
}

fn parameters() -> Value {
    let header = |name: &str, schema: Value, about: &str| {
        json!({ "name": name, "in": "header", "required": false, "schema": schema,
            "description": about })
    };
    json!({
        "Idempotency-Key": header("Idempotency-Key",
            json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
            "Names the request: sent again with the same key it is carried out once. Not together \
             with `Earmark-Source`."),
        "Earmark-Source": header("Earmark-Source",
            json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
            "Names a client that counts its commands in `Earmark-Sequence`; both or none."),
        "Earmark-Sequence": header("Earmark-Sequence",
            json!({ "type": "integer", "format": "uint64", "minimum": 1 }),
            "The client's own count of its commands: more each time, and the same for a retry."),
        "Prefer": header("Prefer", json!({ "type": "string", "examples": ["return=minimal"] }),
            "`return=minimal` leaves the events out of the answer (RFC 7240)."),
        "traceparent": header("traceparent", json!({ "type": "string" }),
            "The trace it is part of (W3C Trace Context): it goes on with the events."),
        "Last-Event-ID": header("Last-Event-ID",
            json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
            "The last event that was seen; goes before `after`."),
    })
}

fn headers() -> Value {
    let header = |schema: Value, about: &str| json!({ "schema": schema, "description": about });
    let text = || json!({ "type": "string" });
    let count = || json!({ "type": "integer", "minimum": 0 });
    json!({
        "Earmark-Position": header(count(), "The events of the journal that the answer is of."),
        "Earmark-Chain": header(json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
            "The chain at that position."),
        "Retry-After": header(count(), "Seconds until it is worth another try."),
        "RateLimit": header(text(), "What is left to whoever asks."),
        "RateLimit-Policy": header(text(), "How often one caller may ask."),
        "WWW-Authenticate": header(text(), "How to say who asks (RFC 6750)."),
    })
}
