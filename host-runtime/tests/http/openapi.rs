//! The OpenAPI document of the built-in plugin. Why: others generate their clients from it.

use crate::http_support;
use std::collections::BTreeSet;

use crate::http_support::Served;
use earmark_host::http::{openapi, routes};
use earmark_wasm::{Plugin as _, ShopPlugin};
use serde_json::{Value, json};

const METHODS: [&str; 2] = ["get", "post"];

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, inside) in fields {
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
fn every_route_is_told_and_every_command_and_query() {
    let plugin = ShopPlugin::describe();
    let document = openapi(&plugin);
    assert_eq!(document["openapi"], "3.1.0");
    let told: BTreeSet<&String> = document["paths"].as_object().unwrap().keys().collect();
    let mut wanted = BTreeSet::new();
    for route in routes().filter(|route| !route.bench) {
        let names: Vec<&str> = match route.path {
            "/api/commands/{name}" => {
                let all = plugin.commands.iter().filter(|one| one.scope != "flow");
                all.map(|one| one.name.as_str()).collect()
            }
            "/api/queries/{name}" => plugin.queries.iter().map(|one| one.name.as_str()).collect(),
            _ => vec![""],
        };
        for name in names {
            let path = route.path.replace("{name}", name);
            let operation = &document["paths"][&path][route.method.to_ascii_lowercase()];
            assert!(operation["operationId"].is_string(), "`{} {path}` is not told", route.method);
            assert_eq!(operation["security"] == json!([]), route.open, "{path}");
            let limited = operation["responses"]["429"].is_object();
            assert_eq!(limited, !route.open, "{path}: who asks too often is told so");
            wanted.insert(path);
        }
    }
    assert_eq!(told, wanted.iter().collect());
}

#[test]
fn names_are_unique_and_every_reference_has_a_target() {
    let document = openapi(&ShopPlugin::describe());
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in METHODS.iter().filter_map(|method| item.get(method)) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{path}: `{id}` is there twice");
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 1_000, "{}", found.len());
    for target in found {
        let pointer = target.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "nothing is at `{target}`");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let allowed = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
        assert!(name.chars().all(allowed), "{name}");
        let text = schema.to_string();
        assert!(!text.contains("$schema") && !text.contains("#/$defs"), "{name}: {text}");
    }
}

#[test]
fn it_is_served_as_it_is_written() {
    let answer = Served::start(http_support::options()).get("/openapi.json");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), openapi(&ShopPlugin::describe()));
}
