//! The moment of asking: a question may depend on it, and whoever asks need not know the time.
//!
//! Law: which property it is, the description says; a moment that is said, even `null`, stays.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What of a JSON Schema says which property is the moment of asking.
#[derive(Deserialize)]
struct Schema {
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

/// The property that a schema marks with `"x-now": true`.
pub(super) fn named_by(schema: &str) -> Option<String> {
    let schema: Schema = serde_json::from_str(schema).ok()?;
    let marked = |of: &Value| of.get("x-now").and_then(Value::as_bool) == Some(true);
    schema.properties.into_iter().find(|(_, of)| marked(of)).map(|(name, _)| name)
}

/// A question with this moment, unless it says one itself. What is no object is left to those who
/// say what is wrong with it.
pub(super) fn said(ask: Bytes, property: &str, now: u64) -> Bytes {
    let Ok(says) = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&ask) else { return ask };
    let text = ask.trim_ascii_end();
    let (Some(open), Ok(name)) = (text.strip_suffix(b"}"), serde_json::to_string(property)) else {
        return ask;
    };
    if says.contains_key(property) {
        return ask;
    }
    let comma = if says.is_empty() { "" } else { "," };
    let mut whole = Vec::with_capacity(text.len().saturating_add(40));
    whole.extend_from_slice(open);
    whole.extend_from_slice(format!("{comma}{name}:{now}}}").as_bytes());
    whole.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_property_is_the_one_that_is_marked() {
        let marked = r#"{"properties":{"a":{"type":"null"},"when":{"x-now":true}}}"#;
        assert_eq!(named_by(marked).as_deref(), Some("when"));
        for none in ["", "true", "{}", r#"{"properties":{"when":{"x-now":false},"b":true}}"#] {
            assert_eq!(named_by(none), None, "{none}");
        }
    }

    #[test]
    fn a_moment_is_said_for_those_who_do_not_say_one() {
        for (ask, whole) in [
            (r#"{}"#, r#"{"at":7}"#),
            ("{\"a\":{\"at\":1}} \n", r#"{"a":{"at":1},"at":7}"#),
            (r#"{"at":null}"#, r#"{"at":null}"#),
            (r#"{"b":[2],"at":3}"#, r#"{"b":[2],"at":3}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":2,"at":7}"#),
            ("[]", "[]"),
            ("{", "{"),
            ("", ""),
        ] {
            assert_eq!(said(Bytes::from_static(ask.as_bytes()), "at", 7), whole, "{ask}");
        }
    }
}
