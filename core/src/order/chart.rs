//! The life of an order as a picture and as a table, drawn from the data that `decide` asks.
//!
//! Law: nothing is written here that the data do not say; a test holds the checked-in page to it.

use alloc::string::String;

use super::transitions::{STATUSES, STEPS, Status, TRANSITIONS, Verdict};
use crate::chart;

/// The statuses and the events between them, as a Mermaid state diagram.
#[must_use]
pub fn state_diagram() -> String {
    chart::diagram(&STEPS, Status::Unplaced)
}

/// What every command meets in every status, as a Markdown table.
#[must_use]
pub fn transition_table() -> String {
    chart::table(&STATUSES, &TRANSITIONS, |verdict| match verdict {
        Verdict::Decide => "yes",
        Verdict::Nothing => "nothing",
        Verdict::Unknown => "unknown order",
        Verdict::NotWhen => "not now",
        Verdict::UseReturn => "use a return",
    })
}
