//! The feed: the journal read as a sequence of events, from any place on.
//!
//! Law: the journal is the outbox; a feed is a cursor on it, and needs nothing else to go on.

use earmark_abi::{Outcome, Verdict, decode};

use super::dead_letters::damaged;
use super::follower::turn_of;
use crate::journal::{JournalError, JournalReader, Sealed};

/// Records read at once.
const RECORDS: usize = 64;

/// One event of a journal, as it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEvent {
    /// Its place among the events, from 1.
    pub sequence: u64,
    /// The input that caused it.
    pub input: u64,
    /// The moment of that input.
    pub at: u64,
    /// Its kind.
    pub kind: u16,
    /// What it is about.
    pub subject: String,
    /// Whose that is; empty if nobody's.
    pub owner: String,
    /// The trace of that input, as in the `traceparent` of W3C Trace Context, if it came with one.
    pub trace: Option<String>,
    /// The event, in the plugin's own form.
    pub body: Vec<u8>,
}

/// A cursor on the events of a journal.
pub struct Feed {
    reader: Box<dyn JournalReader>,
    next: u64,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Feed {
    /// A cursor before this event.
    #[must_use]
    pub fn new(reader: Box<dyn JournalReader>, from_event: u64) -> Self {
        Self { reader, next: from_event.max(1) }
    }

    /// The event it gives next.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Goes on with this event, wherever it stood: so that one cursor can serve many.
    pub fn seek(&mut self, from_event: u64) {
        self.next = from_event.max(1);
    }

    /// The last event that is durable. It can be so a moment before the partition's position tells.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn end(&mut self) -> Result<u64, JournalError> {
        Ok(self.reader.head()?.next_event.saturating_sub(1))
    }

    /// The next events, a few turns of them; empty when it has caught up.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn more(&mut self) -> Result<Vec<FeedEvent>, JournalError> {
        let (mut found, end) = (Vec::new(), self.reader.head()?.next_event);
        self.read(RECORDS, usize::MAX, end, &mut found)?;
        Ok(found)
    }

    /// The next events, not more than `most`; empty when it has caught up.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn at_most(&mut self, most: usize) -> Result<Vec<FeedEvent>, JournalError> {
        let (mut found, end) = (Vec::new(), self.reader.head()?.next_event);
        // One record may have thousands of events, or one: more of them only when they are small.
        let mut records = 1;
        while found.len() < most && self.read(records, most, end, &mut found)? {
            records = records.saturating_mul(4).min(RECORDS);
        }
        Ok(found)
    }

    /// Reads some records; whether that found anything.
    fn read(
        &mut self,
        records: usize,
        most: usize,
        end: u64,
        found: &mut Vec<FeedEvent>,
    ) -> Result<bool, JournalError> {
        if self.next >= end {
            return Ok(false);
        }
        let before = found.len();
        for sealed in &self.reader.read_events_from(self.next, records)? {
            read_turn(sealed, self.next, most, found)?;
        }
        if let Some(last) = found.last() {
            self.next = last.sequence.saturating_add(1);
        }
        Ok(found.len() > before)
    }
}

/// The events of one record from `from` on, until there are `most`.
fn read_turn(
    sealed: &Sealed,
    from: u64,
    most: usize,
    found: &mut Vec<FeedEvent>,
) -> Result<(), JournalError> {
    let record = &sealed.record;
    let damaged = |why: String| damaged(sealed, why);
    let turn = turn_of(record).map_err(|fault| damaged(fault.to_string()))?;
    let Some(turn) = turn else { return Ok(()) };
    let mut sequence = record.first_event;
    let outcomes = turn.inputs.iter().zip(&turn.outcomes);
    let mut traces = turn.traces.iter().peekable();
    for (place, (input, bytes)) in (0..).zip(outcomes) {
        let number = record.first_input.saturating_add(u64::from(place));
        let trace = traces.next_if(|trace| trace.input == place).map(|trace| trace.traceparent);
        let outcome: Outcome<'_> =
            decode("an outcome", bytes).map_err(|error| damaged(error.to_string()))?;
        let Verdict::Accepted { events } = outcome.verdict else { continue };
        for event in events {
            if found.len() >= most {
                return Ok(());
            }
            let own = event.subject.is_empty();
            let subject = if own { outcome.subject } else { event.subject };
            let owner = if own { outcome.owner } else { event.owner };
            if sequence >= from {
                found.push(FeedEvent {
                    sequence,
                    input: number,
                    at: input.at,
                    kind: event.kind,
                    subject: subject.to_string(),
                    owner: owner.to_string(),
                    trace: trace.map(String::from),
                    body: event.body.to_vec(),
                });
            }
            sequence = sequence.saturating_add(1);
        }
    }
    Ok(())
}
