//! What is told about the server itself: the plugin's description, health, and a bare echo.
//!
//! Law: nothing here touches the partition's threads, so it answers when they are busy.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use earmark_abi::Description;
use serde::Serialize;
use serde_json::value::RawValue;

use super::access::FLOW;
use super::app::{App, hex};
use super::body;
use super::problem::Problem;
use crate::partition::LinkMeters;

/// JSON, with the type that says so.
pub(super) fn json(text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    name: &'a str,
    version: &'a str,
    schema_version: u32,
    roles: &'a [String],
    commands: Vec<Asked<'a>>,
    queries: Vec<Asked<'a>>,
    events: Vec<Happened<'a>>,
    refusal: Option<&'a RawValue>,
    slice: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Asked<'a> {
    name: &'a str,
    about: &'a str,
    scope: &'a str,
    schema: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Happened<'a> {
    name: &'a str,
    r#type: &'a str,
    schema: Option<&'a RawValue>,
}

/// A description as JSON, without the commands that HTTP never reaches.
pub(super) fn describe(says: &Description) -> Bytes {
    let schema = |text| serde_json::from_str::<&RawValue>(text).ok();
    let commands = says.commands.iter().filter(|one| one.scope != FLOW).map(|one| Asked {
        name: &one.name,
        about: &one.about,
        scope: &one.scope,
        schema: schema(&one.schema),
        answer: None,
    });
    let queries = says.queries.iter().map(|one| Asked {
        name: &one.name,
        about: &one.about,
        scope: &one.scope,
        schema: schema(&one.schema),
        answer: schema(&one.answer_schema),
    });
    let events = says.events.iter().map(|one| Happened {
        name: &one.name,
        r#type: &one.ce_type,
        schema: schema(&one.schema),
    });
    let shown = Shown {
        name: &says.name,
        version: &says.version,
        schema_version: says.schema_version,
        roles: &says.roles,
        commands: commands.collect(),
        queries: queries.collect(),
        events: events.collect(),
        refusal: schema(&says.refusal_schema),
        slice: schema(&says.slice_schema),
    };
    Bytes::from(serde_json::to_vec(&shown).unwrap_or_default())
}

/// `GET /api/description`.
pub(super) async fn description(State(app): State<Arc<App>>) -> Response {
    let mut response = json(app.description.clone());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `GET /openapi.json`: how to ask for all of it.
pub(super) async fn openapi(State(app): State<Arc<App>>) -> Response {
    let mut response = json(app.openapi.clone());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `GET /health/live`: it runs.
pub(super) async fn live() -> Response {
    json(r#"{"status":"live"}"#)
}

/// `GET /health/ready`: it takes commands; and where it stands.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let position = *app.position.borrow();
    let status = if app.is_ready() { "ready" } else { "not-ready" };
    let mut shown = serde_json::json!({
        "status": status,
        "plugin": app.says().name,
        "version": app.says().version,
        "inputs": position.inputs,
        "position": position.events,
        "chain": hex(&position.chain),
    });
    if !app.links.is_empty() {
        // What went wrong may name hosts; whoever may ask that reads the log.
        let link = |link: &Arc<LinkMeters>| {
            serde_json::json!({
                "source": link.source(),
                "state": link.state().0,
                "position": link.looked.get(),
                "behind": link.behind(),
            })
        };
        shown["links"] = app.links.iter().map(link).collect();
    }
    let mut response = json(shown.to_string());
    if !app.is_ready() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// `GET /echo`: the least an answer can cost here.
pub(super) async fn hello() -> Response {
    json(r#"{"echo":true}"#)
}

/// `POST /bench/echo`: the least that a request with a body can cost here.
pub(super) async fn echo(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let bytes = body::json(&parts.headers, sent, &app.limits).await?;
    Ok(json(bytes).into_response())
}
