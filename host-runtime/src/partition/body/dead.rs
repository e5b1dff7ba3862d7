//! Why an input is a dead letter, such as too much fuel, as its record says.
//!
//! Law: a code is stable for ever, since programs act on it; the words are for people. Codes are
//! only ever appended.

use serde::{Deserialize, Serialize};

use crate::plugin::Fault;

/// An input that no plugin could answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dead<'a> {
    /// The input, by its place in the turn.
    pub input: u32,
    /// What the plugin did.
    pub code: DeadCode,
    /// The same, in words.
    pub words: &'a str,
}

/// What a plugin did instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeadCode {
    /// It was recorded in version 1, which had words only.
    Unrecorded,
    /// It took too long, on a body that has no count to be judged by.
    TooLong,
    /// It took more than its fuel.
    OutOfFuel,
    /// It wanted more memory than it may have.
    OutOfMemory,
    /// It ran into a trap.
    Trap,
    /// Its answer is longer than an answer may be.
    AnswerTooLarge,
    /// Its answer can't be read, or is none to a turn.
    AnswerUnreadable,
    /// Its state does not hold any more, by its own word.
    StateBroken,
    /// It made an event of a kind that it does not have.
    EventUnknown,
    /// It made an event that it does not take itself.
    EventRefused,
}

impl DeadCode {
    /// The name that programs know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unrecorded => "unrecorded",
            Self::TooLong => "too-long",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::Trap => "trap",
            Self::AnswerTooLarge => "answer-too-large",
            Self::AnswerUnreadable => "answer-unreadable",
            Self::StateBroken => "state-broken",
            Self::EventUnknown => "event-unknown",
            Self::EventRefused => "event-refused",
        }
    }
}

impl From<&Fault> for DeadCode {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Deadline(_) | Fault::Barred(_) => Self::TooLong,
            Fault::Fuel(_) => Self::OutOfFuel,
            Fault::Memory(_) => Self::OutOfMemory,
            Fault::Trap(_) => Self::Trap,
            Fault::TooLarge { .. } => Self::AnswerTooLarge,
            Fault::Answer(_) => Self::AnswerUnreadable,
            Fault::Broken(_) => Self::StateBroken,
            Fault::EventUnknown(_) => Self::EventUnknown,
            Fault::EventRefused(_) => Self::EventRefused,
        }
    }
}
