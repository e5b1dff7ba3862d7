//! Templates: text with places that are taken out of an event, such as `{/data/order}`.
//!
//! Law: a place is a JSON pointer into the CloudEvent (RFC 6901), or `{owner}`. What is not there
//! is an error and never an empty text: a mail to nobody, or about nothing, is worse than none. A
//! text is written as it is, and everything else as JSON.

use serde_json::Value;

/// A text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Pointer(String),
    Owner,
}

/// Why a text is no template, or can't be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace has no other.
    #[error("`{{` without its `}}`, or the other way round: a brace itself is written twice")]
    Brace,
    /// What stands in braces is no place.
    #[error(
        "`{{{0}}}` is no place: write a JSON pointer such as `{{/data/order}}`, or `{{owner}}`"
    )]
    NoPlace(String),
    /// The message has nothing there.
    #[error("the event has nothing at `{0}`")]
    Missing(String),
}

impl Template {
    /// Reads a template; `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// [`TemplateError::Brace`] and [`TemplateError::NoPlace`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut rest = text.chars().peekable();
        while let Some(one) = rest.next() {
            match one {
                '{' | '}' if rest.next_if_eq(&one).is_some() => plain.push(one),
                '{' => {
                    let mut place = String::new();
                    loop {
                        match rest.next().ok_or(TemplateError::Brace)? {
                            '}' => break,
                            '{' => return Err(TemplateError::Brace),
                            other => place.push(other),
                        }
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    pieces.push(match place.as_str() {
                        "owner" => Piece::Owner,
                        pointer if pointer.starts_with('/') => Piece::Pointer(place),
                        _ => return Err(TemplateError::NoPlace(place)),
                    });
                }
                '}' => return Err(TemplateError::Brace),
                other => plain.push(other),
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// The text for this CloudEvent.
    ///
    /// # Errors
    /// [`TemplateError::Missing`].
    pub fn fill(&self, event: &Value, owner: &str) -> Result<String, TemplateError> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Owner if owner.is_empty() => {
                    return Err(TemplateError::Missing("owner".to_string()));
                }
                Piece::Owner => text.push_str(owner),
                Piece::Pointer(pointer) => match event.pointer(pointer) {
                    Some(Value::String(word)) => text.push_str(word),
                    None | Some(Value::Null) => {
                        return Err(TemplateError::Missing(pointer.clone()));
                    }
                    Some(one) => text.push_str(&one.to_string()),
                },
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where it fails")]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_out_of_the_event() {
        let data = r#"{"order":"7","n":3,"a/b":"x","none":null,"list":[1,2]}"#;
        let event = serde_json::json!({ "data": serde_json::from_str::<Value>(data).unwrap() });
        let fill = |text: &str| Template::parse(text).unwrap().fill(&event, "ann");
        assert_eq!(fill("{/data/order} of {owner}: {/data/n}").unwrap(), "7 of ann: 3");
        assert_eq!(fill("{{{/data/a~1b}}}").unwrap(), "{x}");
        assert_eq!(fill("{/data/list}").unwrap(), "[1,2]");
        for absent in ["/data/none", "/data/nobody", "/nowhere"] {
            let told = fill(&format!("{{{absent}}}"));
            assert_eq!(told, Err(TemplateError::Missing(absent.to_string())));
        }
        for broken in ["{/data", "a}", "{/a{b}}"] {
            assert_eq!(Template::parse(broken), Err(TemplateError::Brace), "{broken}");
        }
        assert_eq!(Template::parse("{data}"), Err(TemplateError::NoPlace("data".to_string())));
    }
}
