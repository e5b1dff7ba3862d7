//! The life of a work order as a picture and as a table, drawn from the data that `decide` asks.
//!
//! Law: nothing is written here that the data do not say; a test holds the checked-in page to it.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write as _;

use super::transitions::{WORK_STATES, WORK_STEPS, WORK_TRANSITIONS, WorkState, WorkVerdict};

/// The states and the events between them, as a Mermaid state diagram.
#[must_use]
pub fn work_diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for (from, event, to) in WORK_STEPS {
        // Writing into a text never fails.
        let _ = writeln!(text, "    {} --> {} : {event}", node(from), node(to));
    }
    text
}

/// What every command meets in every state, as a Markdown table.
#[must_use]
pub fn work_table() -> String {
    let mut text = String::from("| command |");
    for state in WORK_STATES {
        let _ = write!(text, " {state} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(WORK_STATES.len()));
    for (kind, verdicts) in WORK_TRANSITIONS {
        let _ = write!(text, "\n| {kind:?} |");
        for verdict in verdicts {
            let _ = write!(text, " {} |", word(verdict));
        }
    }
    text.push('\n');
    text
}

fn node(state: WorkState) -> String {
    match state {
        WorkState::Unasked => "[*]".to_string(),
        _ => format!("{state:?}"),
    }
}

fn word(verdict: WorkVerdict) -> &'static str {
    match verdict {
        WorkVerdict::Decide => "yes",
        WorkVerdict::Nothing => "nothing",
        WorkVerdict::Unknown => "unknown work",
        WorkVerdict::Gone => "gone",
    }
}
