//! A request's body, read whole, within its bounds.
//!
//! Law: nobody holds a place by sending slowly, or memory by sending much.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use hyper::body::Body as _;

use super::HttpLimits;
use super::problem::Problem;

/// The media type of the plugin's own bytes.
pub(super) const BINARY: &str = "application/octet-stream";
/// Bytes over the limit that are read and thrown away, so that most senders hear the answer instead
/// of a broken connection.
const WASTE: usize = 8 << 20;

/// In which form commands come.
pub(super) enum Sent {
    /// `application/json`, by the plugin's schemas.
    Json(Bytes),
    /// `application/octet-stream`: the plugin's own bytes.
    Binary(Bytes),
}

/// The body of a request that must be JSON.
pub(super) async fn json(
    headers: &HeaderMap,
    body: Body,
    limits: &HttpLimits,
) -> Result<Bytes, Problem> {
    let media = media(headers);
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(wrong(format!("the body must be `application/json`, not `{media}`")));
    }
    read(body, limits).await
}

/// The body of a request that has a command, or many.
pub(super) async fn commands(
    headers: &HeaderMap,
    body: Body,
    limits: &HttpLimits,
) -> Result<Sent, Problem> {
    let media = media(headers);
    let form = if media.eq_ignore_ascii_case("application/json") {
        Sent::Json
    } else if media.eq_ignore_ascii_case(BINARY) {
        Sent::Binary
    } else {
        return Err(wrong(format!(
            "the body must be `application/json`, or `{BINARY}` if it is the plugin's own bytes, \
             not `{media}`"
        )));
    };
    read(body, limits).await.map(form)
}

/// The media type that a request says its body has.
fn media(headers: &HeaderMap) -> &str {
    let given = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    given.and_then(|given| given.split(';').next()).unwrap_or_default().trim()
}

fn wrong(detail: String) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type", detail)
}

/// The body of a request.
pub(super) async fn read(body: Body, limits: &HttpLimits) -> Result<Bytes, Problem> {
    match tokio::time::timeout(limits.reading, gather(body, limits.body_bytes)).await {
        Ok(read) => read,
        Err(_) => {
            let detail = format!("the body was not there within {:?}", limits.reading);
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail))
        }
    }
}

async fn gather(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    // Most bodies come in one piece, and are not copied.
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() && first.len() <= limit {
        return Ok(first);
    }
    let mut all = Vec::from(first);
    let mut seen = all.len();
    while let Some(more) = next(&mut body).await? {
        seen = seen.saturating_add(more.len());
        if seen <= limit {
            all.extend_from_slice(&more);
        } else if seen > limit.saturating_add(WASTE) {
            break;
        }
    }
    if seen > limit {
        let detail = format!("the body has more than the {limit} bytes it may have");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail));
    }
    Ok(Bytes::from(all))
}

/// The next piece of a body.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return Ok(None),
            Some(Err(error)) => {
                return Err(Problem::malformed(format!("the body broke off: {error}")));
            }
            // Trailers are no part of it.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
