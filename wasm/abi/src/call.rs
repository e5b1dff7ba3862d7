//! What a host asks of a plugin.
//!
//! Law: a call borrows its bytes; decoding one copies no command and no event.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::raw;

/// A call. Only the first must be [`Call::Configure`] or [`Call::Describe`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call<'a> {
    /// Who are you?
    Describe,
    /// Start empty, with these roles local to the partition (none: all that you have).
    Configure {
        /// Names of roles, of those in the description.
        #[serde(borrow)]
        roles: Vec<&'a str>,
    },
    /// Replace the state by a snapshot that you made.
    Restore {
        /// The snapshot.
        #[serde(serialize_with = "raw::one")]
        snapshot: &'a [u8],
    },
    /// Decide on inputs, in order.
    Turn(#[serde(borrow)] Turn<'a>),
    /// Fold in events that were decided on before: `(kind, body)`, in order.
    Apply {
        /// The events.
        #[serde(borrow, serialize_with = "raw::pairs")]
        events: Vec<(u16, &'a [u8])>,
    },
    /// Answer a question.
    Query {
        /// Whoever asks.
        #[serde(borrow)]
        by: Principal<'a>,
        /// The kind of question, an index into the description.
        kind: u16,
        /// The question.
        #[serde(serialize_with = "raw::one")]
        body: &'a [u8],
    },
    /// Check your laws over the state of now.
    Audit,
    /// Cut out what a client needs.
    Slice {
        /// The client's principal.
        #[serde(borrow)]
        by: Principal<'a>,
        /// What he watches, in the plugin's own form.
        #[serde(serialize_with = "raw::one")]
        body: &'a [u8],
    },
    /// Write down the whole state.
    Snapshot,
    /// A digest of the whole state.
    Digest,
    /// Turn JSON into bytes.
    FromJson {
        /// What it is.
        form: Form,
        /// Its kind, an index into the description.
        kind: u16,
        /// The JSON text.
        #[serde(serialize_with = "raw::one")]
        json: &'a [u8],
    },
    /// Turn bytes into JSON.
    ToJson {
        /// What they are.
        form: Form,
        /// Their kind, an index into the description.
        kind: u16,
        /// The bytes.
        #[serde(serialize_with = "raw::one")]
        bytes: &'a [u8],
    },
}

/// Which call it is: the variants of [`Call`], in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at `Call`")]
pub enum CallKind {
    Describe,
    Configure,
    Restore,
    Turn,
    Apply,
    Query,
    Audit,
    Slice,
    Snapshot,
    Digest,
    FromJson,
    ToJson,
}

impl CallKind {
    /// The kind of an encoded call, by its beginning alone; none if it is not a call.
    #[must_use]
    pub fn of(call: &[u8]) -> Option<Self> {
        postcard::take_from_bytes(call).ok().map(|(kind, _)| kind)
    }
}

/// A batch of inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn<'a> {
    /// Whoever asks; inputs name them by index.
    #[serde(borrow)]
    pub principals: Vec<Principal<'a>>,
    /// The inputs, in order.
    #[serde(borrow)]
    pub inputs: Vec<Input<'a>>,
    /// The chain so far, if the plugin is to carry it on.
    pub chain: Option<[u8; 32]>,
}

/// One input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input<'a> {
    /// The moment stamped on it, milliseconds since the epoch; never before an earlier input's.
    pub at: u64,
    /// Whoever asks, an index into [`Turn::principals`].
    pub by: u16,
    /// The kind of command, an index into the description.
    pub kind: u16,
    /// The command.
    #[serde(serialize_with = "raw::one")]
    pub command: &'a [u8],
}

/// Whoever asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal<'a> {
    /// Who, as his token says.
    pub subject: &'a str,
    /// What he may do.
    #[serde(borrow)]
    pub scopes: Vec<&'a str>,
}

/// What is to be turned into JSON, or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A command.
    Command,
    /// An event.
    Event,
    /// A query.
    Query,
    /// The answer to a query of this kind.
    Answer,
    /// A refusal; its kind is 0.
    Refusal,
    /// A request for a slice; its kind is 0.
    SliceRequest,
}
