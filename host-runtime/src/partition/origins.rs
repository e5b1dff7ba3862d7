//! The inbox: how far each source has come, and its last outcomes.
//!
//! Law: the cursor of a source never goes back; what is at or behind it is not carried out again.
//! What comes again with other contents is no repetition: it is told so, as long as it is known.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::submission::{Origin, Receipt};

/// Outcomes kept of each source, so that a retry hears what the first try would have heard.
const OUTCOMES_KEPT: usize = 256;

/// Outcomes kept of all sources together: anybody can invent a source, nobody the memory for it.
const OUTCOMES_KEPT_IN_ALL: usize = 65_536;

/// How far each source has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    sources: HashMap<Arc<str>, Source>,
    /// Whose outcomes are kept, the oldest first; one entry an outcome.
    order: VecDeque<Arc<str>>,
}

#[derive(Debug, Clone, Default)]
struct Source {
    last: u64,
    kept: VecDeque<Kept>,
    /// Its entries in the order of all; never fewer than it keeps.
    listed: usize,
}

/// The outcome of a place in a source's sequence.
#[derive(Debug, Clone)]
struct Kept {
    sequence: u64,
    command: [u8; 16],
    receipt: Receipt,
}

/// What the inbox says of an input.
#[derive(Debug)]
pub(super) enum Seen {
    /// It is new.
    New,
    /// It was carried out; this was its outcome.
    Again(Receipt),
    /// At its place another command was carried out, as this input of the journal.
    Otherwise(u64),
    /// It, or a later one, was carried out; the outcome is not at hand.
    LongAgo,
}

impl Origins {
    /// What is known of an input, whose command has this digest.
    pub(super) fn look_up(&self, origin: &Origin, command: &[u8; 16]) -> Seen {
        let Some(source) = self.sources.get(&origin.source) else { return Seen::New };
        if origin.sequence > source.last {
            return Seen::New;
        }
        match source.kept.iter().find(|kept| kept.sequence == origin.sequence) {
            Some(Kept { command: was, receipt, .. }) if was != command => {
                Seen::Otherwise(receipt.input)
            }
            Some(kept) => Seen::Again(Receipt { again: true, ..kept.receipt.clone() }),
            None => Seen::LongAgo,
        }
    }

    /// Moves the cursor of a source on, and keeps the outcome.
    pub(super) fn note(&mut self, origin: &Origin, command: [u8; 16], receipt: Receipt) {
        let source = self.sources.entry(Arc::clone(&origin.source)).or_default();
        source.last = source.last.max(origin.sequence);
        source.kept.push_back(Kept { sequence: origin.sequence, command, receipt });
        if source.kept.len() > OUTCOMES_KEPT {
            source.kept.pop_front();
        }
        source.listed = source.listed.saturating_add(1);
        self.order.push_back(Arc::clone(&origin.source));
        if self.order.len() > OUTCOMES_KEPT_IN_ALL {
            self.forget_the_oldest();
        }
    }

    /// Forgets one outcome of the source that was heard longest ago. Those that fell out of their
    /// source's own window are forgotten already; the cursor stays for ever.
    fn forget_the_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        let Some(source) = self.sources.get_mut(&oldest) else { return };
        source.listed = source.listed.saturating_sub(1);
        while source.kept.len() > source.listed {
            source.kept.pop_front();
        }
    }

    /// How far a source has come; 0 if it never was heard of.
    pub(super) fn last(&self, source: &str) -> u64 {
        self.sources.get(source).map_or(0, |source| source.last)
    }

    /// All cursors, in order of the sources: for a snapshot.
    pub(super) fn cursors(&self) -> Vec<(String, u64)> {
        let mut all: Vec<(String, u64)> =
            self.sources.iter().map(|(name, source)| (name.to_string(), source.last)).collect();
        all.sort();
        all
    }

    /// The cursors of a snapshot.
    pub(super) fn restore(cursors: Vec<(String, u64)>) -> Self {
        let source = |(name, last): (String, u64)| {
            (Arc::from(name.as_str()), Source { last, ..Source::default() })
        };
        let sources = cursors.into_iter().map(source).collect();
        Self { sources, order: VecDeque::new() }
    }
}
