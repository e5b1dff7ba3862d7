//! Which pages of other hosts may ask (CORS).
//!
//! Law: none, unless it is named, by its exact origin; and never with what a browser sends by
//! itself, such as cookies.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::access::AS;
use super::commands::PREFER;
use super::feed::LAST_EVENT_ID;
use super::once::{KEY, SEQUENCE, SOURCE};
use super::queries::{CHAIN, POSITION};

/// How long a browser may remember what it may send.
const REMEMBERED: Duration = Duration::from_secs(600);

/// A page's origin, such as `https://shop.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text that is no origin.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no origin: write it as browsers do, `https://shop.example` or \
     `http://localhost:5173`, with no path, no `/` at the end, and no `*`"
)]
pub struct NoOrigin(String);

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let wrong = || NoOrigin(text.to_string());
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) =
            (uri.scheme_str(), uri.authority())
        else {
            return Err(wrong());
        };
        let usual = if scheme == "http" { 80 } else { 443 };
        let exact = text == format!("{scheme}://{authority}")
            && text == text.to_ascii_lowercase()
            && !text.contains(['@', '*'])
            && authority.port_u16() != Some(usual);
        let value = HeaderValue::from_str(text).map_err(|_| wrong())?;
        exact.then_some(Self(value)).ok_or_else(wrong)
    }
}

impl Origin {
    /// Whether a browser says this one.
    pub(super) fn is(&self, said: &HeaderValue) -> bool {
        self.0 == said
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// What answers the questions of browsers, if anybody may ask.
pub(super) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let named = HeaderName::from_static;
    let asked = [SOURCE, SEQUENCE, KEY, PREFER, LAST_EVENT_ID, AS].map(named);
    let told = [POSITION, CHAIN, "ratelimit", "ratelimit-policy"].map(named);
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE].into_iter().chain(asked).collect::<Vec<_>>())
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE].into_iter().chain(told).collect::<Vec<_>>())
        .max_age(REMEMBERED);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_says() {
        for origin in ["https://shop.example", "http://localhost:5173", "http://[::1]:8080"] {
            assert_eq!(origin.parse::<Origin>().unwrap().to_string(), origin);
        }
        for none in [
            "*",
            "",
            "null",
            "shop.example",
            "https://shop.example/",
            "https://shop.example/page",
            "https://*.shop.example",
            "https://Shop.example",
            "https://shop.example:443",
            "https://ann@shop.example",
            "ftp://shop.example",
        ] {
            assert!(none.parse::<Origin>().is_err(), "{none}");
        }
    }
}
