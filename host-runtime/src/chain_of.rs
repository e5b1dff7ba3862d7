//! An error and all that it comes from, in one line: for a log, and for whoever is told of it.
//!
//! Law: the text of an error never repeats its source, so each cause is told once.

/// An error and what it comes from.
pub(crate) fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
