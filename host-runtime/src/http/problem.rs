//! What went wrong, as `application/problem+json` (RFC 9457).
//!
//! Law: codes are stable for ever, since programs act on them; the text is for people.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::partition::NotAccepted;
use crate::plugin::Fault;

/// Every code of the host's, and what it says. A plugin has codes of its own for its refusals.
pub(super) const CODES: [(&str, &str); 43] = [
    ("malformed", "the request is not of the form it should be"),
    ("caller-unclear", "`Earmark-As` does not say who asks"),
    ("token-missing", "there is no `Authorization: Bearer`"),
    ("token-malformed", "there is more than one token, or it is no signed JWT"),
    ("token-too-long", "the token is too long"),
    ("token-key-unknown", "no key has the token's `kid`"),
    ("token-algorithm", "the token's `alg` is not that of the key"),
    ("token-signature", "the key did not sign the token"),
    ("token-expired", "the token's time is over"),
    ("token-not-yet-valid", "the token's time has not come"),
    ("token-issuer", "the token is of another issuer"),
    ("token-audience", "the token is meant for somebody else"),
    ("token-claims", "a claim of the token is missing, or not of its form"),
    ("token-subject", "the token's `sub` can't be anybody here"),
    ("scope-missing", "whoever asks lacks the scope"),
    ("host-refused", "demo access answers on loopback only"),
    ("origin-refused", "demo access believes no page of another host"),
    ("unknown-path", "there is nothing at this path"),
    ("unknown-command", "there is no such command"),
    ("unknown-query", "there is no such query"),
    ("unknown-event", "there is no such event"),
    ("unknown-dead-letter", "there is no such dead letter"),
    ("wrong-method", "the path does not take this method"),
    ("too-slow", "the body was not there in time"),
    ("too-large", "the body has more bytes than it may have"),
    ("wrong-content-type", "the body's media type is not read here"),
    ("idempotency-key-reused", "the key named another request"),
    ("sequence-reused", "the count named another command"),
    ("sources-exhausted", "the caller has as many sources as he may have"),
    ("processed-long-ago", "it was carried out, and its answer is not at hand any more"),
    ("dead-letter", "the plugin could not answer it, and it is kept as a dead letter"),
    ("dead-letter-settled", "the dead letter was tried again or given up before"),
    ("position-ahead", "the journal has no such position yet"),
    ("position-compacted", "the events there were taken out of the journal"),
    ("other-journal", "the position is of another journal"),
    ("rate-limited", "whoever asks does so too often"),
    ("streams-held", "whoever asks has as many streams open as he may"),
    ("question-barred", "such a question made the plugin fail: wait before asking it again"),
    ("busy", "more waits than may: try again"),
    ("closed", "the host ends"),
    ("storage-failed", "the journal failed: nothing is taken until it is opened anew"),
    ("plugin-failed", "the plugin failed, and not on an input"),
    ("unreadable-file", "a file of the page can't be read"),
];

/// What went wrong.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    /// Whether the plugin refused, or the host.
    refusal: bool,
    code: Cow<'static, str>,
    detail: String,
    /// Facts, as JSON.
    facts: Vec<u8>,
    /// The input that was refused, if it is in the journal.
    input: Option<u64>,
    /// When it is worth another try, in seconds.
    retry: Option<u64>,
    /// How to say who asks (RFC 6750), if that is what is wrong.
    challenge: Option<Box<HeaderValue>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    facts: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<u64>,
}

impl Problem {
    /// A problem of the host's.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(CODES.iter().any(|(one, _)| *one == code), "`{code}` is not in the list");
        let (code, detail) = (Cow::Borrowed(code), detail.into());
        let retry = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        let (facts, input, challenge) = (Vec::new(), None, None);
        Self { status, refusal: false, code, detail, facts, input, retry, challenge }
    }

    /// The same, with the header `WWW-Authenticate`.
    pub(super) fn challenge(self, how: &str) -> Self {
        Self { challenge: HeaderValue::from_str(how).ok().map(Box::new), ..self }
    }

    /// A refusal of the plugin's; the status follows from the form of its code.
    pub(super) fn refused(code: &str, detail: String, facts: Vec<u8>, input: Option<u64>) -> Self {
        let status = match code {
            "malformed" => StatusCode::BAD_REQUEST,
            _ if code.starts_with("unknown-") => StatusCode::NOT_FOUND,
            _ if code.ends_with("-differently") => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let code = Cow::Owned(code.to_string());
        let (retry, challenge) = (None, None);
        Self { status, refusal: true, code, detail, facts, input, retry, challenge }
    }

    /// The same, of an input of the journal.
    pub(super) fn about(self, input: Option<u64>) -> Self {
        Self { input, ..self }
    }

    /// The same, of a command of a batch, none of which was carried out.
    pub(super) fn of_item(self, nth: usize) -> Self {
        let detail = format!(
            "command {nth} of the batch (counted from 0): {}; none of the batch was carried out",
            self.detail
        );
        Self { detail, ..self }
    }

    /// The body is not what it should be.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// A name that is not there, and those that are.
    pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> Self {
        let code = match what {
            "command" => "unknown-command",
            "query" => "unknown-query",
            _ => "unknown-event",
        };
        let detail = format!("there is no {what} `{name}`; there are: {}", known.join(", "));
        let facts = serde_json::to_vec(&serde_json::json!({ "known": known }));
        Self { facts: facts.unwrap_or_default(), ..Self::new(StatusCode::NOT_FOUND, code, detail) }
    }

    /// Too much is asked for at once.
    pub(super) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    }

    /// It is not known who asks.
    pub(super) fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// Somebody asks too often.
    pub(super) fn too_often(seconds: u64) -> Self {
        let detail = format!("that is more than is answered: ask again in {seconds} s");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail);
        Self { retry: Some(seconds), ..problem }
    }

    /// The plugin failed on something other than an input.
    pub(super) fn fault(fault: &Fault) -> Self {
        if let Fault::Barred(left) = fault {
            let retry = Some(left.as_secs().saturating_add(1));
            let (status, detail) = (StatusCode::TOO_MANY_REQUESTS, format!("the plugin: {fault}"));
            return Self { retry, ..Self::new(status, "question-barred", detail) };
        }
        tracing::error!(%fault, "the plugin failed on a request");
        let detail = format!("the plugin failed: {fault}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "plugin-failed", detail)
    }

    /// An input without an outcome.
    pub(super) fn not_accepted(why: &NotAccepted) -> Self {
        let (status, code) = match why {
            NotAccepted::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            NotAccepted::Closed => (StatusCode::SERVICE_UNAVAILABLE, "closed"),
            NotAccepted::Storage(_) => (StatusCode::SERVICE_UNAVAILABLE, "storage-failed"),
            NotAccepted::Plugin(_) => (StatusCode::SERVICE_UNAVAILABLE, "plugin-failed"),
            NotAccepted::LongAgo { .. } => (StatusCode::CONFLICT, "processed-long-ago"),
            NotAccepted::Otherwise { .. } => (StatusCode::CONFLICT, "sequence-reused"),
            NotAccepted::Crowded { .. } => (StatusCode::CONFLICT, "sources-exhausted"),
            NotAccepted::Dead { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "dead-letter"),
        };
        let input = match why {
            NotAccepted::Dead { input, .. } | NotAccepted::Otherwise { input, .. } => Some(*input),
            _ => None,
        };
        let mut detail = why.to_string();
        if let NotAccepted::Storage(_) = why {
            // A sync that failed may have come too late to keep the record off the disk.
            detail.push_str(
                "; whether this input was kept is not known yet: under the same source and count \
                 it can be sent again, and is carried out once",
            );
        }
        Self { input, ..Self::new(status, code, detail) }
    }
}

fn title(status: StatusCode, refusal: bool) -> &'static str {
    match status {
        _ if refusal => "the request was refused, and nothing has changed",
        StatusCode::BAD_REQUEST => "the request is not of the form it should be",
        StatusCode::UNAUTHORIZED => "it is not known who asks",
        StatusCode::FORBIDDEN => "that is not allowed to whoever asks",
        StatusCode::NOT_FOUND => "there is no such thing",
        StatusCode::UNPROCESSABLE_ENTITY => "the request could not be carried out",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => "not now",
        _ => status.canonical_reason().unwrap_or("something went wrong"),
    }
}

impl Problem {
    /// As an object of JSON.
    pub(super) fn shown(&self) -> Vec<u8> {
        let of = if self.refusal { "refusal" } else { "problem" };
        let shown = Shown {
            r#type: format!("urn:earmark:{of}:{}", self.code),
            title: title(self.status, self.refusal),
            status: self.status.as_u16(),
            code: &self.code,
            detail: &self.detail,
            facts: serde_json::from_slice(&self.facts).ok(),
            input: self.input,
        };
        serde_json::to_vec(&shown).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.shown()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(seconds) = self.retry {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(how) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, *how);
        }
        response
    }
}

/// The answer to a path that is not there.
pub(super) async fn unknown_path(uri: Uri) -> Problem {
    no_such_path(uri.path())
}

pub(super) fn no_such_path(path: &str) -> Problem {
    let detail = format!("there is nothing at `{path}`: `/openapi.json` tells what there is");
    Problem::new(StatusCode::NOT_FOUND, "unknown-path", detail)
}

/// The answer to a path that is there, but not for this method.
pub(super) async fn wrong_method(method: axum::http::Method, uri: Uri) -> Problem {
    let detail = format!("`{}` does not take `{method}`: see the header `allow`", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", detail)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(why: &NotAccepted, status: u16, code: &str, again: bool) {
        let problem = Problem::not_accepted(why);
        assert_eq!((problem.status.as_u16(), &*problem.code), (status, code));
        let retry = problem.into_response().headers().contains_key(RETRY_AFTER);
        assert_eq!(retry, again, "{code}");
    }

    #[test]
    fn what_may_pass_says_when_to_come_again() {
        check(&NotAccepted::Busy, 503, "busy", true);
        check(&NotAccepted::Closed, 503, "closed", true);
        check(&NotAccepted::Storage("full".into()), 503, "storage-failed", true);
        check(&NotAccepted::Plugin("gone".into()), 503, "plugin-failed", true);
        let (source_name, sequence) = ("a".to_string(), 1);
        check(&NotAccepted::LongAgo { source_name, sequence }, 409, "processed-long-ago", false);
        let (source_name, sequence, input) = ("a".to_string(), 1, 7);
        let otherwise = NotAccepted::Otherwise { source_name, sequence, input };
        check(&otherwise, 409, "sequence-reused", false);
        let source_name = "a".to_string();
        let crowded = NotAccepted::Crowded { source_name, most: 3 };
        check(&crowded, 409, "sources-exhausted", false);
        let dead = NotAccepted::Dead { verdict: Fault::Fuel(1), input: 7 };
        check(&dead, 422, "dead-letter", false);
    }

    #[test]
    fn whoever_asked_what_fails_is_told_when_to_ask_again() {
        let problem = Problem::fault(&Fault::Barred(Duration::from_millis(19_500)));
        assert_eq!((problem.status.as_u16(), &*problem.code), (429, "question-barred"));
        assert!(problem.detail.contains("again in 20 s"), "{}", problem.detail);
        let response = problem.into_response();
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "20");
        let failed = Problem::fault(&Fault::Fuel(1));
        assert_eq!((failed.status.as_u16(), failed.retry), (503, Some(1)));
    }

    #[test]
    fn the_form_of_a_code_says_the_status() {
        for (code, status) in [
            ("unknown-order", 404),
            ("placed-differently", 409),
            ("too-many-lines", 422),
            ("malformed", 400),
        ] {
            let problem = Problem::refused(code, String::new(), Vec::new(), None);
            assert_eq!(problem.status.as_u16(), status, "{code}");
        }
    }
}
