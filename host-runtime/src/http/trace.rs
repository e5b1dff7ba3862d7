//! The trace that a request is part of: the header `traceparent` of W3C Trace Context, level 1.
//!
//! Law: what is no `traceparent` by that text is as if it were not there; nobody's command fails
//! for it. What is kept has the form of version 00, whatever version it came in.

use std::sync::Arc;

use axum::http::HeaderMap;

/// The header.
const TRACEPARENT: &str = "traceparent";
/// Bytes of version 00: `00-` and 32 digits, `-` and 16, `-` and 2.
const LENGTH: usize = 55;
/// The flag that later versions know, too: that the caller records the trace.
const SAMPLED: u8 = 1;

/// The trace of a request, if it has one.
pub(super) fn parent(headers: &HeaderMap) -> Option<Arc<str>> {
    let mut all = headers.get_all(TRACEPARENT).iter();
    let (only, more) = (all.next()?, all.next());
    // Of several nobody knows which is meant.
    read(only.to_str().ok().filter(|_| more.is_none())?)
}

/// The id of the trace itself, of one that was read here: it finds the trace.
pub(super) fn id(parent: &str) -> &str {
    parent.split('-').nth(1).unwrap_or_default()
}

fn read(given: &str) -> Option<Arc<str>> {
    let (known, rest) = given.split_at_checked(LENGTH)?;
    let parts: Vec<&str> = known.split('-').collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return None };
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |text: &str, count| digits(text, count) && text.bytes().any(|b| b != b'0');
    if !digits(version, 2) || !is_id(trace, 32) || !is_id(parent, 16) || !digits(flags, 2) {
        return None;
    }
    match *version {
        "00" if rest.is_empty() => Some(Arc::from(given)),
        "00" | "ff" => None,
        // A later version may say more, behind a dash; what it is nobody knows yet.
        _ if rest.is_empty() || rest.starts_with('-') => {
            let flags = u8::from_str_radix(flags, 16).ok()? & SAMPLED;
            Some(Arc::from(format!("00-{trace}-{parent}-{flags:02x}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[track_caller]
    fn check(given: &str, wanted: Option<&str>) {
        assert_eq!(read(given).as_deref(), wanted, "{given}");
    }

    #[test]
    fn version_00_is_kept_as_it_is() {
        for flags in ["00", "01", "ff"] {
            let given = format!("00-{TRACE}-{PARENT}-{flags}");
            check(&given, Some(&given));
            assert_eq!(id(&given), TRACE);
        }
    }

    #[test]
    fn of_a_later_version_what_is_known_is_kept() {
        let known = format!("00-{TRACE}-{PARENT}-01");
        check(&format!("01-{TRACE}-{PARENT}-03"), Some(&known));
        check(&format!("cc-{TRACE}-{PARENT}-01-what the future will be"), Some(&known));
        check(&format!("cc-{TRACE}-{PARENT}-01.what"), None);
    }

    #[test]
    fn whatever_else_is_none() {
        let zeros = |count| "0".repeat(count);
        for given in [
            String::new(),
            "00".into(),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-1"),
            format!("00-{TRACE}-{PARENT}-01-"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("0x-{TRACE}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", zeros(32)),
            format!("00-{TRACE}-{}-01", zeros(16)),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{PARENT}-0g"),
            format!("00_{TRACE}_{PARENT}_01"),
            format!("00-{TRACE}é{PARENT}-01"),
            format!(" 0-{TRACE}-{PARENT}-01"),
        ] {
            check(&given, None);
        }
    }

    #[test]
    fn of_two_headers_neither_counts() {
        let given = format!("00-{TRACE}-{PARENT}-01");
        let headers = |count| -> HeaderMap {
            (0..count).map(|_| (TRACEPARENT.parse().unwrap(), given.parse().unwrap())).collect()
        };
        assert_eq!(parent(&headers(1)).as_deref(), Some(given.as_str()));
        assert_eq!((parent(&headers(0)), parent(&headers(2))), (None, None));
    }
}
