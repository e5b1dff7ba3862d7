//! What names a request, so that it is carried out once however often it is sent.
//!
//! Law: the name is the caller's own, so nobody can take another one's; and what comes under it
//! with other contents is a conflict, never somebody else's answer.
//!
//! A client that counts its commands (`Earmark-Source`, `Earmark-Sequence`) is known for ever; of
//! those a caller has a bounded number, and whoever comes under one more is refused. One
//! that gives each request a key (`Idempotency-Key`, as in the IETF draft of that name) is known by
//! the last 262,144 keys of all callers: for retries, and bounded.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode};

use super::access::Who;
use super::problem::Problem;
use crate::partition::{COUNTED, KEYED, NotAccepted, Origin};

/// Names a client: what it sends is carried out once, by the count in [`SEQUENCE`].
pub(super) const SOURCE: &str = "earmark-source";
/// A client's own count of its commands, ascending from 1.
pub(super) const SEQUENCE: &str = "earmark-sequence";
/// Names one request.
pub(super) const KEY: &str = "idempotency-key";
/// Bytes of a client's name.
const SOURCE_BYTES: usize = 64;
/// Bytes of a key: as long as others allow it to be.
const KEY_BYTES: usize = 255;

/// The place of a request in a sequence, if its headers give it one.
pub(super) fn origin(headers: &HeaderMap, who: &Who) -> Result<Option<Origin>, Problem> {
    // What is no text or no number is none of those that may be.
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_string();
    let source = headers.get(SOURCE).map(text);
    let sequence = headers.get(SEQUENCE).map(|value| text(value).parse().unwrap_or(0));
    let key = headers.get(KEY).map(HeaderValue::as_bytes);
    place(key, source.as_deref(), sequence, who)
}

/// The place in a sequence that a key gives, or a client's name and its count.
pub(super) fn place(
    key: Option<&[u8]>,
    source: Option<&str>,
    sequence: Option<u64>,
    who: &Who,
) -> Result<Option<Origin>, Problem> {
    let (prefix, name, sequence) = match (source, sequence, key) {
        (None, None, None) => return Ok(None),
        (None, None, Some(key)) => (KEYED, key_of(key)?, 1),
        (Some(source), Some(count), None) => {
            let visible = source.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if !visible || !(1..=SOURCE_BYTES).contains(&source.len()) {
                let detail = "`Earmark-Source` is a name of 1 to 64 visible ASCII characters";
                return Err(Problem::malformed(detail));
            }
            if count == 0 {
                let detail = "`Earmark-Sequence` is a whole number from 1, one more each time";
                return Err(Problem::malformed(detail));
            }
            (COUNTED, source.to_string(), count)
        }
        (_, _, Some(_)) => {
            let one = "a request is named by `Idempotency-Key`, or by `Earmark-Source` and \
                       `Earmark-Sequence`: give one of the two";
            return Err(Problem::malformed(one));
        }
        _ => {
            let both = "`Earmark-Source` and `Earmark-Sequence` go together: give both or none";
            return Err(Problem::malformed(both));
        }
    };
    let subject = &who.caller.subject;
    // With its length in front, no subject and name run together to those of another.
    let source = format!("{prefix}{}:{subject}:{name}", subject.len());
    Ok(Some(Origin { source: Arc::from(source), sequence }))
}

/// A key: a string of structured fields (RFC 8941, so in quotes), or the same without the quotes.
fn key_of(given: &[u8]) -> Result<String, Problem> {
    let text = std::str::from_utf8(given).unwrap_or_default();
    let quoted = text.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or_default());
    let key = match quoted {
        Some(inner) => unescaped(inner).unwrap_or_default(),
        None => text.to_string(),
    };
    let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if printable && (1..=KEY_BYTES).contains(&key.len()) {
        return Ok(key);
    }
    let detail = "`Idempotency-Key` is a string of 1 to 255 printable ASCII characters, in quotes \
                  or bare: a new UUID for each request, and the same one for its retries";
    Err(Problem::malformed(detail))
}

/// The characters between the quotes; none if one stands there that may not.
fn unescaped(inner: &str) -> Option<String> {
    let mut key = String::with_capacity(inner.len());
    let mut left = inner.chars();
    while let Some(next) = left.next() {
        match next {
            '\\' => key.push(left.next().filter(|one| matches!(one, '"' | '\\'))?),
            '"' => return None,
            other => key.push(other),
        }
    }
    Some(key)
}

/// Whether a key named the request.
pub(super) fn is_keyed(origin: &Origin) -> bool {
    origin.source.starts_with(KEYED)
}

/// The problem with a request that a key named, in words of keys.
pub(super) fn told_of_key(why: &NotAccepted) -> Problem {
    let (code, detail) = match why {
        NotAccepted::Otherwise { input, .. } => (
            "idempotency-key-reused",
            format!(
                "this `Idempotency-Key` named another request, which is input {input} of the \
                 journal: a new request needs a new key"
            ),
        ),
        NotAccepted::LongAgo { .. } => (
            "processed-long-ago",
            "the request of this `Idempotency-Key` was processed before, and its answer is not at \
             hand any more; ask for what it changed"
                .to_string(),
        ),
        _ => return Problem::not_accepted(why),
    };
    let of = if let NotAccepted::Otherwise { input, .. } = why { Some(*input) } else { None };
    Problem::new(StatusCode::CONFLICT, code, detail).about(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_quotes_and_bare() {
        for (given, key) in [
            (r#""8e03978e-40d5""#, "8e03978e-40d5"),
            ("8e03978e-40d5", "8e03978e-40d5"),
            (r#""a \" and a \\""#, r#"a " and a \"#),
            ("a b", "a b"),
        ] {
            assert_eq!(key_of(given.as_bytes()).ok().as_deref(), Some(key), "{given}");
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let long = "x".repeat(256);
        for given in
            ["", r#""""#, r#"""#, r#""a"#, r#""a"b""#, r#""\n""#, "\u{e9}", "a\u{7f}", &long]
        {
            assert!(key_of(given.as_bytes()).is_err(), "{given}");
        }
        assert!(key_of(b"\xff").is_err() && key_of("x".repeat(255).as_bytes()).is_ok());
    }
}
