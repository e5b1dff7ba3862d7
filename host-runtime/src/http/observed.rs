//! What is told of each request: a line of the log, and its place in the metrics.
//!
//! Law: what is told is bounded. A request has the name of its route and never its path, so nobody
//! fills a memory by asking for what is not there.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::app::App;
use super::metrics::Asked;
use super::trace;

/// The route of whatever is none: a file of the page, or nothing.
const NO_ROUTE: &str = "other";

/// Lets a request through, and tells of it.
pub(super) async fn request(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = named(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let subject = tracing::field::Empty;
    let parent = trace::parent(request.headers());
    let trace = parent.as_deref().map(trace::id);
    let span = tracing::debug_span!("request", method, path, subject, trace);
    let response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (began.elapsed(), response.status());
    let asked = Asked { route: path.to_string(), method, status: class(status) };
    app.metrics.answered(asked, took);
    span.in_scope(|| {
        let (status, seconds) = (status.as_u16(), took.as_secs_f64());
        tracing::debug!(status, seconds, "answered");
    });
    response
}

/// Tells who asks, when that is known.
pub(super) fn asks(subject: &str) {
    tracing::Span::current().record("subject", subject);
}

/// A method by its name; anybody can invent others.
fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
