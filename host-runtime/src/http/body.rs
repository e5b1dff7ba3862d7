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

/// Bytes over the limit that are read and thrown away, so that most senders hear the answer instead
/// of a broken connection.
const WASTE: usize = 8 << 20;

/// The body of a request that must be JSON.
pub(super) async fn json(
    headers: &HeaderMap,
    body: Body,
    limits: &HttpLimits,
) -> Result<Bytes, Problem> {
    let given = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let media = given.and_then(|given| given.split(';').next()).unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        let detail = format!("the body must be `application/json`, not `{media}`");
        let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(unsupported, "wrong-content-type", detail));
    }
    read(body, limits).await
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
