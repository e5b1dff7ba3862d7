//! The courier over HTTP: a POST of the CloudEvent, signed by the Standard Webhooks specification.
//!
//! Law: an endpoint is named by the operator alone, and no redirect is followed: nobody who sends
//! commands can make this process ask whom he likes. 2xx is delivered; everything else is not.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::client::{Answer, Ask, Client};
use super::{Courier, Delivery, Message, Told};
use crate::chain_of;

/// The fewest and the most bytes of a secret, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const PREFIX: &str = "whsec_";
/// Of what an endpoint says of its failure so much is kept.
const WHY_CHARS: usize = 200;
const AGENT: &str = concat!("earmark/", env!("CARGO_PKG_VERSION"));

/// A secret that an endpoint and its operator share.
#[derive(Clone)]
pub struct Secret(hmac::Key);

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is not in base64.
    #[error("it is not in base64: write it as `whsec_` and base64")]
    NotBase64,
    /// It is too short to be safe, or too long.
    #[error("it has {0} bytes: by the specification 24 to 64, from a good source of randomness")]
    Size(usize),
}

impl Secret {
    /// Reads `whsec_` and base64; without the prefix too.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text));
        let bytes = bytes.map_err(|_| SecretError::NotBase64)?;
        match SECRET_BYTES.contains(&bytes.len()) {
            true => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
            false => Err(SecretError::Size(bytes.len())),
        }
    }

    /// The signature of a message, as the header has it.
    fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut signed = hmac::Context::with_key(&self.0);
        signed.update(format!("{id}.{timestamp}.").as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Posts each message to a URL.
#[derive(Debug)]
pub struct Webhook {
    url: Uri,
    /// While a secret is exchanged, the old one and the new one.
    secrets: Vec<Secret>,
    client: Client,
}

impl Webhook {
    /// Posts to this URL, signed with each of the secrets.
    #[must_use]
    pub fn new(url: Uri, secrets: Vec<Secret>, client: Client) -> Self {
        Self { url, secrets, client }
    }

    fn ask(&self, message: &Message, timestamp: u64) -> Option<Ask> {
        let mut signatures = String::new();
        for secret in &self.secrets {
            let signature = secret.sign(&message.id, timestamp, &message.json);
            let gap = if signatures.is_empty() { "" } else { " " };
            // Writing into a text has no way to fail.
            let _ = write!(signatures, "{gap}{signature}");
        }
        let media = HeaderValue::from_static("application/cloudevents+json; charset=utf-8");
        let mut headers = vec![
            (CONTENT_TYPE, media),
            (USER_AGENT, HeaderValue::from_static(AGENT)),
            (HeaderName::from_static("webhook-id"), HeaderValue::from_str(&message.id).ok()?),
            (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(timestamp)),
        ];
        if !signatures.is_empty() {
            let value = HeaderValue::from_str(&signatures).ok()?;
            headers.push((HeaderName::from_static("webhook-signature"), value));
        }
        let (url, body) = (self.url.clone(), message.json.clone());
        Some(Ask { method: Method::POST, url, headers, body })
    }
}

impl Courier for Webhook {
    fn deliver<'a>(&'a self, message: &'a Message) -> Delivery<'a> {
        Box::pin(async move {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let Some(ask) = self.ask(message, now.as_secs()) else {
                return Told::Refused { why: "its id can't be a header".to_string() };
            };
            match self.client.ask(&ask).await {
                Ok(answer) => judged(&answer),
                Err(error) => Told::retry(chain_of(&error)),
            }
        })
    }
}

/// What an answer means.
fn judged(answer: &Answer) -> Told {
    let status = answer.status;
    if status.is_success() {
        return Told::Delivered;
    }
    let said = String::from_utf8_lossy(&answer.body);
    let said: String = said.chars().filter(|one| !one.is_control()).take(WHY_CHARS).collect();
    let why = match said.trim() {
        "" => format!("it answers {status}"),
        said => format!("it answers {status}: {said}"),
    };
    match status {
        StatusCode::GONE => Told::Gone { why },
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Told::Retry { after: retry_after(&answer.headers), why }
        }
        _ if status.is_redirection() => {
            Told::retry(format!("{why}; redirects are not followed: name the new URL"))
        }
        _ => Told::retry(why),
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110), by this machine's clock; a date that is over
/// asks for no wait. What is neither is passed over, and the usual wait is taken.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(said).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where it fails")]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The vector of the reference implementations.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = secret.sign(id, 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_base64_of_a_safe_length() {
        assert_eq!(Secret::parse("whsec_!").err(), Some(SecretError::NotBase64));
        assert_eq!(Secret::parse("whsec_c2hvcnQ=").err(), Some(SecretError::Size(5)));
        let secret = Secret::parse(" MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret", "it is not shown");
    }

    #[test]
    fn an_answer_says_what_became_of_it() {
        let told = |status: u16, after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(after) = after {
                headers.insert(RETRY_AFTER, after.parse().unwrap());
            }
            let status = StatusCode::from_u16(status).unwrap();
            judged(&Answer { status, headers, body: "no\r\nroom".into() })
        };
        assert_eq!(told(204, None), Told::Delivered);
        assert!(matches!(told(410, None), Told::Gone { why } if why.contains("410 Gone: noroom")));
        for status in [429, 503] {
            let Told::Retry { after, .. } = told(status, Some("7")) else { panic!("{status}") };
            assert_eq!(after, Some(Duration::from_secs(7)));
        }
        for status in [302, 400, 404, 500] {
            let Told::Retry { after, .. } = told(status, Some("7")) else { panic!("{status}") };
            assert_eq!(after, None, "{status}");
        }
        let waits = |date: &str| match told(503, Some(date)) {
            Told::Retry { after, .. } => after.map(|after| after.as_secs()),
            other => panic!("{other:?}"),
        };
        let soon = SystemTime::now() + Duration::from_secs(100);
        let soon = waits(&httpdate::fmt_http_date(soon)).unwrap();
        assert!((90..=100).contains(&soon), "{soon}");
        assert_eq!(waits("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0));
        assert_eq!(waits("tomorrow"), None);
    }
}
