//! Which command a work order hears in which state: the table that `decide`, the documentation and
//! the tests share.
//!
//! Law: the table is complete (every command has a verdict in every state), and `decide` asks it
//! before anything else.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How a facility stands to the work it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum WorkState {
    /// Nothing was ever asked of it, or the order is forgotten.
    Unasked,
    /// It was asked, and has not answered.
    Requested,
    /// It takes the work.
    Accepted,
    /// It has picked something.
    InProgress,
    /// It did not answer in time: the order is about to take the units back, or to say that the
    /// facility had begun all the same.
    TimedOut,
    /// What was left to do has left the facility.
    Done,
    /// All of it was cancelled or sourced elsewhere before any of it left.
    Withdrawn,
    /// It refused.
    Rejected,
    /// It did not answer in time, and the order has taken the units back.
    TakenBack,
}

use WorkState::{
    Accepted, Done, InProgress, Rejected, Requested, TakenBack, TimedOut, Unasked, Withdrawn,
};

impl WorkState {
    /// Whether the work order has units, and has not ended.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Requested | Accepted | InProgress | TimedOut)
    }
}

impl fmt::Display for WorkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unasked => "not asked for",
            Requested => "requested",
            Accepted => "accepted",
            InProgress => "in progress",
            TimedOut => "timed out",
            Done => "done",
            Withdrawn => "withdrawn",
            Rejected => "rejected",
            TakenBack => "taken back",
        })
    }
}

/// A command without its contents. `TimeOut` is what a tick does to a work order that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each kind is the command of the same name")]
pub enum WorkCommandKind {
    Accept,
    Request,
    Advance,
    Ship,
    Withdraw,
    Reject,
    TimeOut,
    Forget,
}

/// What the table says of a command in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkVerdict {
    /// The guards of the command decide.
    Decide,
    /// Already so, or too late to matter: nothing happens.
    Nothing,
    /// There is no such work.
    Unknown,
    /// The work is not the facility's any more.
    Gone,
}

/// The states in the order of the table's columns.
pub const WORK_STATES: [WorkState; 9] =
    [Unasked, Requested, Accepted, InProgress, TimedOut, Done, Withdrawn, Rejected, TakenBack];

use WorkVerdict::{Decide as D, Gone as G, Nothing as N, Unknown as U};

/// The table: a row a command, a column a state as in [`WORK_STATES`].
#[rustfmt::skip]
pub const WORK_TRANSITIONS: [(WorkCommandKind, [WorkVerdict; 9]); 8] = [
    //                            none req  acc  prog late done with rej  back
    (WorkCommandKind::Accept,   [U,   D,   D,   D,   G,   N,   G,   G,   G]),
    (WorkCommandKind::Request,  [D,   D,   D,   D,   D,   D,   D,   D,   D]),
    (WorkCommandKind::Advance,  [N,   D,   D,   D,   D,   N,   N,   N,   N]),
    (WorkCommandKind::Ship,     [N,   D,   D,   D,   D,   N,   N,   N,   N]),
    (WorkCommandKind::Withdraw, [N,   D,   D,   D,   D,   N,   N,   N,   N]),
    (WorkCommandKind::Reject,   [N,   D,   D,   D,   D,   N,   N,   N,   N]),
    (WorkCommandKind::TimeOut,  [N,   D,   N,   N,   N,   N,   N,   N,   N]),
    (WorkCommandKind::Forget,   [N,   D,   D,   D,   D,   D,   D,   D,   D]),
];

/// Every step of a work order's life: from a state, by an event, to another state. A test holds it
/// against generated histories: no other step is ever seen, and each of these is.
#[rustfmt::skip]
pub const WORK_STEPS: [(WorkState, &str, WorkState); 22] = [
    (Unasked,    "WorkRequested",      Requested),
    (Requested,  "FulfilmentAccepted", Accepted),
    (Requested,  "FulfilmentTimedOut", TimedOut),
    (Requested,  "WorkAdvanced",       InProgress),
    (Accepted,   "WorkAdvanced",       InProgress),
    (TimedOut,   "WorkAdvanced",       InProgress),
    (InProgress, "WorkEnded",          Done),
    (Requested,  "WorkEnded",          Withdrawn),
    (Accepted,   "WorkEnded",          Withdrawn),
    (InProgress, "WorkEnded",          Withdrawn),
    (Requested,  "WorkEnded",          Rejected),
    (Accepted,   "WorkEnded",          Rejected),
    (InProgress, "WorkEnded",          Rejected),
    (TimedOut,   "WorkEnded",          TakenBack),
    (Done,       "WorkRequested",      Requested),
    (Withdrawn,  "WorkRequested",      Requested),
    (Rejected,   "WorkRequested",      Requested),
    (TakenBack,  "WorkRequested",      Requested),
    (Done,       "WorkForgotten",      Unasked),
    (Withdrawn,  "WorkForgotten",      Unasked),
    (Rejected,   "WorkForgotten",      Unasked),
    (TakenBack,  "WorkForgotten",      Unasked),
];

/// The verdict on a command in a state.
#[must_use]
pub fn work_verdict(kind: WorkCommandKind, state: WorkState) -> WorkVerdict {
    let column = WORK_STATES.iter().position(|&s| s == state);
    let row = WORK_TRANSITIONS.iter().find(|(k, _)| *k == kind);
    // Both are always there (a test says so); a table with a hole must do nothing.
    match (row, column) {
        (Some((_, row)), Some(column)) => row.get(column).copied().unwrap_or(WorkVerdict::Nothing),
        _ => WorkVerdict::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_stand_in_the_order_of_the_kinds() {
        assert!(WORK_TRANSITIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(WORK_STATES.is_sorted());
    }

    #[test]
    fn only_open_work_can_time_out_and_what_timed_out_can_not_be_accepted() {
        for state in WORK_STATES {
            let due = work_verdict(WorkCommandKind::TimeOut, state) == WorkVerdict::Decide;
            assert_eq!(due, state == Requested);
        }
        for state in [TimedOut, TakenBack, Rejected, Withdrawn] {
            assert_eq!(work_verdict(WorkCommandKind::Accept, state), WorkVerdict::Gone);
        }
    }
}
