//! A life as a picture and as a table, drawn from the data that a `decide` asks.
//!
//! Law: nothing is written here that the data do not say; tests hold the checked-in pages to them.

use alloc::string::String;
use core::fmt::{Debug, Display, Write as _};

/// The states and the events between them, as a Mermaid state diagram; the state before the first
/// event has no name of its own.
pub(crate) fn diagram<S: Copy + Debug + PartialEq>(steps: &[(S, &str, S)], before: S) -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for (from, event, to) in steps {
        text.push_str("    ");
        node(&mut text, *from, before);
        text.push_str(" --> ");
        node(&mut text, *to, before);
        // Writing into a text never fails.
        let _ = writeln!(text, " : {event}");
    }
    text
}

/// What every command meets in every state, as a Markdown table.
pub(crate) fn table<S: Display, K: Debug, V: Copy, const N: usize>(
    states: &[S],
    rows: &[(K, [V; N])],
    word: fn(V) -> &'static str,
) -> String {
    let mut text = String::from("| command |");
    for state in states {
        let _ = write!(text, " {state} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(states.len()));
    for (kind, verdicts) in rows {
        let _ = write!(text, "\n| {kind:?} |");
        for verdict in verdicts {
            let _ = write!(text, " {} |", word(*verdict));
        }
    }
    text.push('\n');
    text
}

fn node<S: Debug + PartialEq>(text: &mut String, state: S, before: S) {
    let _ = if state == before { write!(text, "[*]") } else { write!(text, "{state:?}") };
}
