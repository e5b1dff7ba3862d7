//! What a plugin answers.
//!
//! Law: an outcome is bytes of its own within the turn, so that the chain and the journal take it
//! as it is.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::describe::Description;
use crate::raw;

/// An answer: one variant a call, and [`Answer::Failed`] for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer<'a> {
    /// To `Describe`.
    Described(Description),
    /// To `Configure`, `Restore` and `Apply`.
    Done {
        /// When a tick has something to do next.
        next_deadline: Option<u64>,
    },
    /// To `Turn`.
    Turned(#[serde(borrow)] Turned<'a>),
    /// To `Query`, `Slice`, `Snapshot`, `FromJson` and `ToJson`.
    Bytes(#[serde(serialize_with = "raw::one")] &'a [u8]),
    /// To `Query`: there is no answer, or not for this one.
    Refused(#[serde(borrow)] Refused<'a>),
    /// To `Audit`.
    Audited(Audited),
    /// To `Digest`.
    Digest([u8; 32]),
    /// The call can't be answered.
    Failed(Failure),
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned<'a> {
    /// One encoded [`Outcome`] an input, in order.
    #[serde(borrow, serialize_with = "raw::each")]
    pub outcomes: Vec<&'a [u8]>,
    /// When a tick has something to do next.
    pub next_deadline: Option<u64>,
    /// The chain carried on, if it was asked for.
    pub chain: Option<[u8; 32]>,
}

/// What became of one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome<'a> {
    /// What it was about: the key of its stream (an order, say); empty if nothing in particular.
    pub subject: &'a str,
    /// Whose that is; empty if nobody's, or if the caller may not know: the outcome is part of the
    /// chain, which everybody sees and could hold his guesses against.
    pub owner: &'a str,
    /// The outcome itself.
    #[serde(borrow)]
    pub verdict: Verdict<'a>,
}

/// Accepted or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict<'a> {
    /// It was carried out; no events if it had been before.
    Accepted {
        /// What happened, in order.
        #[serde(borrow)]
        events: Vec<EventOut<'a>>,
    },
    /// It was refused, and nothing has changed.
    Refused(#[serde(borrow)] Refused<'a>),
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventOut<'a> {
    /// Its kind, an index into the description.
    pub kind: u16,
    /// What it is about, if that differs from the outcome's subject; else empty.
    pub subject: &'a str,
    /// Whose that is, if the subject differs; else empty.
    pub owner: &'a str,
    /// The event.
    #[serde(serialize_with = "raw::one")]
    pub body: &'a [u8],
}

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused<'a> {
    /// Its stable code.
    pub code: &'a str,
    /// What is wrong, for people.
    pub message: &'a str,
    /// The facts, in the plugin's own form.
    #[serde(serialize_with = "raw::one")]
    pub body: &'a [u8],
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// Predicates evaluated.
    pub checked: u64,
    /// Laws that do not hold.
    pub broken: Vec<BrokenLaw>,
}

/// A law that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenLaw {
    /// Which.
    pub law: String,
    /// Where, and how.
    pub found: String,
}

/// Why a call can't be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// What is wrong, for people.
    pub message: String,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The caller's: the bytes or the JSON are not of the form they should be. Nothing changed.
    Malformed,
    /// The caller's: this plugin does not have what was asked for. Nothing changed.
    Unsupported,
    /// The plugin's: its state does not hold any more. Throw the instance away.
    Broken,
}
