//! The life of an order as a picture and as a table, drawn from the data that `decide` asks.
//!
//! Law: nothing is written here that the data do not say; a test holds the checked-in page to it.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write as _;

use super::transitions::{STATUSES, STEPS, Status, TRANSITIONS, Verdict};

/// The statuses and the events between them, as a Mermaid state diagram.
#[must_use]
pub fn state_diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for (from, event, to) in STEPS {
        // Writing into a text never fails.
        let _ = writeln!(text, "    {} --> {} : {event}", node(from), node(to));
    }
    text
}

/// What every command meets in every status, as a Markdown table.
#[must_use]
pub fn transition_table() -> String {
    let mut text = String::from("| command |");
    for status in STATUSES {
        let _ = write!(text, " {status} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(STATUSES.len()));
    for (kind, verdicts) in TRANSITIONS {
        let _ = write!(text, "\n| {kind:?} |");
        for verdict in verdicts {
            let _ = write!(text, " {} |", word(verdict));
        }
    }
    text.push('\n');
    text
}

fn node(status: Status) -> String {
    match status {
        Status::Unplaced => "[*]".to_string(),
        _ => format!("{status:?}"),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Decide => "yes",
        Verdict::Nothing => "nothing",
        Verdict::Unknown => "unknown order",
        Verdict::NotWhen => "not now",
        Verdict::UseReturn => "use a return",
    }
}
