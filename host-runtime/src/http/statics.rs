//! The page's files.
//!
//! Law: a page loads nothing from elsewhere and runs no script but its own: the headers say so.

use std::io::ErrorKind;
use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

use super::problem::{Problem, no_such_path, wrong_method};

/// Own scripts and Wasm, own and inline styles, own and inline images, and no other host.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// A name that changes with its contents may be kept for good.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Any other is asked after each time.
const ASK_AGAIN: &str = "no-cache";
/// Digits and letters of a hash in a file's name, at the least.
const HASH: usize = 8;

/// A folder with a page.
#[derive(Debug, Clone)]
pub(super) struct Page(ServeDir);

impl Page {
    pub(super) fn new(folder: &Path) -> Self {
        Self(ServeDir::new(folder).precompressed_br().precompressed_gzip())
    }
}

/// Serves a file.
pub(super) async fn file(mut page: Page, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let path = uri.path();
    // A dot may be written as `%2e`, and is one when the file is looked for.
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    let is_hidden = plain.split('/').any(|part| part.starts_with('.'));
    let is_api = path.starts_with("/api/") || path.starts_with("/health/");
    if is_hidden || is_api {
        return no_such_path(path).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return wrong_method(method, uri).await.into_response();
    }
    let served = match page.0.try_call(request).await {
        Ok(served) => served,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return no_such_path(path).into_response();
        }
        Err(error) => {
            tracing::error!(%error, path, "a file can't be read");
            let detail = format!("the file at `{path}` can't be read");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Problem::new(status, "unreadable-file", detail).into_response();
        }
    };
    // What is no path at all is not there either.
    if matches!(served.status(), StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST) {
        return no_such_path(path).into_response();
    }
    let mut response = served.map(Body::new);
    let headers = response.headers_mut();
    if headers.get(CONTENT_TYPE).is_some_and(|media| media == "text/html") {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let keep = if has_hash(path) { FOR_GOOD } else { ASK_AGAIN };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

/// Whether a file's name carries a hash of its contents, as in `app-3f9a01bc.js`.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = name.split_once('.').filter(|(stem, _)| !stem.is_empty()) else {
        return false;
    };
    let in_stem = stem.rsplit('-').next().filter(|last| last.len() < stem.len());
    let between = name.split('.').skip(1).take(name.matches('.').count().saturating_sub(1));
    in_stem.into_iter().chain(between).any(is_hash)
}

fn is_hash(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    part.len() >= HASH && digits > 0 && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_good() {
        for name in ["/app-3f9a01bc.js", "/a/app.3f9a01bcd.css", "/earmark_bg-0A1b2C3d.wasm"] {
            assert!(has_hash(name), "{name}");
        }
        for name in
            ["/", "/index.html", "/app.js", "/browser-integration.js", "/20240101.png", "/.1"]
        {
            assert!(!has_hash(name), "{name}");
        }
    }
}
