//! The HTTP API of a plugin, as an OpenAPI 3.1 document: from its own description and the routes.
//!
//! Law: every route is told, each command and each query with its own schema; so the document can't
//! lag behind what is served.

mod routes;
mod schemas;
mod shared;

use earmark_abi::Description;
use serde_json::{Map, Value, json};

use schemas::Schemas;

/// The document of all that is served for this plugin, but for benchmarks and a page's files.
#[must_use]
pub fn document(plugin: &Description) -> Value {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    for route in super::routes().filter(|route| !route.bench) {
        for (path, mut operation) in routes::operations(plugin, &route, &mut schemas) {
            if route.open {
                operation["security"] = json!([]);
            }
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[route.method.to_ascii_lowercase()] = operation;
        }
    }
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": format!("{} over HTTP", plugin.name),
            "version": plugin.version,
            "description": "Commands are answered once they are durable. Questions are answered of \
                            the durable state, and say of which position. What goes wrong is told \
                            as `application/problem+json` with a stable code. The events of \
                            `/api/events` are in the AsyncAPI document: `earmark describe --form \
                            asyncapi`.",
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "commands", "description": "What changes something." },
            { "name": "queries", "description": "What asks for something." },
            { "name": "events", "description": "What happened." },
            { "name": "operations", "description": "For those who run the host." },
        ],
        "paths": paths,
        "components": shared::components(plugin, schemas),
    })
}
