//! What is handed to a partition, and what comes back.
//!
//! Law: an answer is given only when the record it speaks of is durable.

use std::sync::Arc;

use crate::plugin::Fault;

/// One input, and whom to tell its outcome.
pub struct Submission {
    /// The kind of command.
    pub kind: u16,
    /// The command, in the plugin's own form.
    pub command: Vec<u8>,
    /// Whoever asks.
    pub by: Arc<Caller>,
    /// The place in the sequence of a source, if it has one: then it has its effect once.
    pub origin: Option<Origin>,
    /// The trace it is part of, as in the `traceparent` of W3C Trace Context: it goes on with the
    /// events, and has no part in what is decided.
    pub trace: Option<Arc<str>>,
    /// The moment of the input, for a journal with a logical clock; else the host's clock counts.
    pub at: Option<u64>,
    /// Told once.
    pub reply: Reply,
}

impl std::fmt::Debug for Submission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, by, origin, trace, at, .. } = self;
        f.debug_struct("Submission")
            .field("kind", kind)
            .field("by", by)
            .field("origin", origin)
            .field("trace", trace)
            .field("at", at)
            .finish_non_exhaustive()
    }
}

/// Whoever asks, as his token says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// Who he is.
    pub subject: String,
    /// What he may do.
    pub scopes: Vec<String>,
}

/// A place in the sequence of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source: a client, or another journal.
    pub source: Arc<str>,
    /// Its own count, ascending; gaps are allowed.
    pub sequence: u64,
}

/// Told the outcome of a submission, on a thread of the partition: it must be quick.
pub type Reply = Box<dyn FnOnce(Result<Receipt, NotAccepted>) + Send>;

/// What became of an input, durably.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Its place among the inputs of the journal.
    pub input: u64,
    /// The place of its first event among the events of the journal (the next one, if it has none).
    pub first_event: u64,
    /// The last event of the journal when this was durable.
    pub position: u64,
    /// The moment stamped on it.
    pub at: u64,
    /// The encoded [`Outcome`](earmark_abi::Outcome).
    pub outcome: Arc<[u8]>,
    /// It had been handed in before: this is the outcome of then.
    pub again: bool,
}

/// Why a submission has no outcome.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotAccepted {
    /// More waits than may.
    #[error("the partition has more work than it can take: try again in a moment")]
    Busy,
    /// The partition is closing, or was closed.
    #[error("the partition is closed")]
    Closed,
    /// The journal failed: nothing more is accepted until it is opened anew.
    #[error("the journal failed, and nothing more is accepted until it is opened anew: {0}")]
    Storage(String),
    /// The source has handed in this or a later input long ago; its outcome is not at hand.
    #[error(
        "input {sequence} of the source `{source_name}` was processed before; ask for what it \
         changed"
    )]
    LongAgo {
        /// The source.
        source_name: String,
        /// Its count.
        sequence: u64,
    },
    /// The source has handed in another command at this place of its sequence.
    #[error(
        "input {sequence} of the source `{source_name}` was another command, which is input \
         {input} of the journal: a new command needs a new count"
    )]
    Otherwise {
        /// The source.
        source_name: String,
        /// Its count.
        sequence: u64,
        /// The place of the other one among the inputs of the journal.
        input: u64,
    },
    /// It is of a new source, and its caller has as many as he may have.
    #[error(
        "`{source_name}` is a new source, and the caller has {most} already, each of which is \
         known for ever: go on with one of them, or name each request by `Idempotency-Key`"
    )]
    Crowded {
        /// The source.
        source_name: String,
        /// How many he may have.
        most: usize,
    },
    /// The plugin could not answer it; it is kept as a dead letter.
    #[error("the plugin could not answer this input, which is kept as a dead letter: {verdict}")]
    Dead {
        /// What the plugin did.
        verdict: Fault,
        /// Its place among the inputs of the journal.
        input: u64,
    },
    /// The plugin can't be brought back.
    #[error("the plugin failed and could not be brought back: {0}")]
    Plugin(String),
}
