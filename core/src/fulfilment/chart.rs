//! The life of a work order as a picture and as a table, drawn from the data that `decide` asks.
//!
//! Law: nothing is written here that the data do not say; a test holds the checked-in page to it.

use alloc::string::String;

use super::transitions::{WORK_STATES, WORK_STEPS, WORK_TRANSITIONS, WorkState, WorkVerdict};
use crate::chart;

/// The states and the events between them, as a Mermaid state diagram.
#[must_use]
pub fn work_diagram() -> String {
    chart::diagram(&WORK_STEPS, WorkState::Unasked)
}

/// What every command meets in every state, as a Markdown table.
#[must_use]
pub fn work_table() -> String {
    chart::table(&WORK_STATES, &WORK_TRANSITIONS, |verdict| match verdict {
        WorkVerdict::Decide => "yes",
        WorkVerdict::Nothing => "nothing",
        WorkVerdict::Unknown => "unknown work",
        WorkVerdict::Gone => "gone",
    })
}
