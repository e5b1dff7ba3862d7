//! The journal: one durable, gapless, hash-linked sequence of records, one record a turn.
//!
//! Law: what an append has returned is there after any crash, and no change to a kept record
//! goes unseen. The journal knows neither plugins nor what its records mean.
//!
//! `record` is the codec, `sqlite` the embedded default, `memory` the one for tests, `anchor`
//! the confirmed position beside the database, `base` where a journal begins whose older records
//! were taken out, `compact` what takes them out and puts them back, `verify` the check of every
//! record, `snapshot` the files that shorten recovery, `copy` a journal beside its writer, `draft`
//! a directory that appears whole, and `contract` what every implementation must pass.

mod anchor;
mod base;
mod compact;
#[doc(hidden)]
pub mod contract;
mod copy;
mod draft;
mod error;
mod header;
mod memory;
mod record;
mod snapshot;
mod sqlite;
mod verify;

pub use compact::{compact, rejoin};
pub use copy::{Copied, CopyError, copy};
pub use draft::{Draft, DraftError};
pub use error::{Cause, JournalError, Place};
pub use header::{Clock, Header};
pub use memory::{Fault, MemoryJournal, MemoryStore};
pub use record::{BODY_BYTES_MAX, FRAME_BYTES, Record, RecordError, Sealed};
pub use snapshot::{
    Latest, SNAPSHOTS, Skipped, Snapshot, SnapshotError, SnapshotHead, SnapshotStore,
};
pub use sqlite::{OpenOptions, SqliteJournal, SqliteReader};
pub use verify::{Progress, Report, verify};

/// Bytes of records that one read returns before it stops, unless one record alone is larger:
/// enough to keep a recovery busy, little enough for many feeds side by side.
pub const READ_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The single writer of one journal.
///
/// # Invariants this trait keeps
///
/// - *Durable before returned.* When [`append`](Self::append) returns `Ok`, the record survives
///   the end of the process and the loss of power. When it returns an error other than
///   [`JournalError::NotContinuing`], the record may or may not be kept: opening anew tells.
/// - *Gapless.* Inputs, events and records are numbered from 1 without gaps; a record that does
///   not continue the head is refused and changes nothing.
/// - *Linked.* Each record carries the hash of the one before, the first that of the header, so
///   a head names one history.
/// - *A prefix.* After a crash the journal is a prefix of what was handed in, and contains all
///   that was returned.
/// - *Poisoned once, poisoned until reopened.* After any failed write or sync every further
///   append returns [`JournalError::Poisoned`]; nothing is tried again behind the caller's back.
/// - *Read what is durable.* Readers see records only once they are durable, and in order.
/// - *Never silently other.* Whatever is read is verified: hash, link and ranges.
/// - *One writer.* A second writer of the same journal is refused.
pub trait Journal: Send {
    /// What was stated when the journal was created.
    fn header(&self) -> &Header;

    /// Where the journal goes on.
    fn head(&self) -> Head;

    /// Adds one record and returns when it is durable.
    ///
    /// # Errors
    ///
    /// [`JournalError::NotContinuing`] if the record is not the next one (nothing changed), else
    /// [`JournalError::Poisoned`], [`JournalError::Full`] or the failure of the store.
    fn append(&mut self, record: &Record) -> Result<Head, JournalError>;

    /// The last position that was confirmed: what may be handed to clients to hold against the
    /// journal later (see [`JournalReader::holds`]).
    fn anchor(&self) -> Anchor {
        self.head().anchor()
    }

    /// Makes the anchor durable now instead of at its next interval.
    ///
    /// # Errors
    ///
    /// The failure of the store; the journal is then poisoned.
    fn sync_anchor(&mut self) -> Result<(), JournalError>;

    /// A reader of its own, for another thread, that sees what this writer appends.
    ///
    /// # Errors
    ///
    /// The failure of the store.
    fn reader(&self) -> Result<Box<dyn JournalReader>, JournalError>;

    /// One read on a fresh reader: see [`JournalReader::read`]. Who reads often keeps a reader.
    ///
    /// # Errors
    ///
    /// As [`JournalReader::read`].
    fn read(&self, from_input: u64, limit: usize) -> Result<Vec<Sealed>, JournalError> {
        self.reader()?.read(from_input, limit)
    }

    /// Ends the writer in order: everything synced, the place free for the next writer.
    /// Dropping it instead loses nothing that was appended.
    ///
    /// # Errors
    ///
    /// The failure of the store, also one that came earlier.
    fn close(self: Box<Self>) -> Result<(), JournalError>;
}

/// A reader of one journal, on any thread, beside the writer.
///
/// # Invariants this trait keeps
///
/// - Records come in order, verified: hash, link to the record before, ranges.
/// - A read holds at most [`READ_BYTES_MAX`] bytes of records, or one record.
/// - A reader never changes the journal and never keeps the writer from appending.
/// - A reader outlives its writer and sees what the next writer appends.
pub trait JournalReader: Send {
    /// What was stated when the journal was created.
    fn header(&self) -> &Header;

    /// Where the journal begins: the head of the empty journal, unless older records were taken
    /// out.
    fn base(&self) -> Head {
        Head::start(self.header())
    }

    /// The state at the base, as whoever compacted the journal gave it; none if nothing was taken
    /// out.
    ///
    /// # Errors
    ///
    /// [`JournalError::Damaged`] if neither of its copies is good.
    fn base_state(&self) -> Result<Option<Snapshot>, JournalError> {
        Ok(None)
    }

    /// Where the journal goes on, as of now.
    ///
    /// # Errors
    ///
    /// [`JournalError::Damaged`] or the failure of the store.
    fn head(&mut self) -> Result<Head, JournalError>;

    /// The records from the one that contains input `from_input` (0 and 1 both mean the
    /// beginning), at most `limit` and at most [`READ_BYTES_MAX`] bytes, but at least one if
    /// there is one and `limit` is not 0. Nothing if `from_input` is the next to come.
    ///
    /// # Errors
    ///
    /// [`JournalError::Beyond`] if `from_input` lies behind the next input,
    /// [`JournalError::Compacted`] if it lies before the base,
    /// [`JournalError::Damaged`] or the failure of the store.
    fn read(&mut self, from_input: u64, limit: usize) -> Result<Vec<Sealed>, JournalError>;

    /// The records that contain events numbered `from_event` and above (0 and 1 both mean the
    /// first), bounded as in [`JournalReader::read`]. Records without events are left out.
    ///
    /// # Errors
    ///
    /// As [`JournalReader::read`].
    fn read_events_from(
        &mut self,
        from_event: u64,
        limit: usize,
    ) -> Result<Vec<Sealed>, JournalError>;

    /// One more reader of the same journal, for another thread.
    ///
    /// # Errors
    ///
    /// The failure of the store.
    fn another(&self) -> Result<Box<dyn JournalReader>, JournalError>;

    /// Checks that the journal still contains the history that `anchor` names.
    ///
    /// # Errors
    ///
    /// [`JournalError::TailLost`] if the journal ends before it, [`JournalError::OtherHistory`]
    /// if another record stands at its position, [`JournalError::Compacted`] if it lies before the
    /// base, [`JournalError::Damaged`] or the failure of the store.
    fn holds(&mut self, anchor: &Anchor) -> Result<(), JournalError> {
        let (head, base) = (self.head()?, self.base().anchor());
        if anchor.inputs < base.inputs {
            let (asked, base) = (anchor.inputs, base.inputs);
            return Err(JournalError::Compacted { what: "input", asked, base });
        }
        if head.next_input <= anchor.inputs {
            let ends = head.next_input.saturating_sub(1);
            return Err(JournalError::TailLost { ends, anchor: anchor.inputs });
        }
        let found = if anchor.inputs == base.inputs {
            base
        } else {
            let at = self.read(anchor.inputs, 1)?;
            at.first().map_or_else(|| head.anchor(), |sealed| Head::at(sealed).anchor())
        };
        if found != *anchor {
            return Err(JournalError::OtherHistory { input: anchor.inputs });
        }
        Ok(())
    }
}

/// Where a journal goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the next input, 1 in an empty journal.
    pub next_input: u64,
    /// Number of the next event, 1 in an empty journal.
    pub next_event: u64,
    /// The domain's chain after the last record, all zero in an empty journal.
    pub chain: [u8; 32],
    /// Hash of the last record, of the header in an empty journal.
    pub hash: [u8; 32],
    /// How many records there are.
    pub records: u64,
}

impl Head {
    /// The head of the empty journal with this header.
    #[must_use]
    pub fn start(header: &Header) -> Self {
        Self { next_input: 1, next_event: 1, chain: [0; 32], hash: header.hash(), records: 0 }
    }

    /// The position that this head confirms.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor {
            records: self.records,
            inputs: self.next_input.saturating_sub(1),
            events: self.next_event.saturating_sub(1),
            chain: self.chain,
            hash: self.hash,
        }
    }
}

impl Anchor {
    /// The head of a journal that ends here.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            next_input: self.inputs.saturating_add(1),
            next_event: self.events.saturating_add(1),
            chain: self.chain,
            hash: self.hash,
            records: self.records,
        }
    }
}

/// A confirmed position: the journal had these many inputs and events, and this history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// How many records.
    pub records: u64,
    /// How many inputs, which is the number of the last one.
    pub inputs: u64,
    /// How many events, which is the number of the last one.
    pub events: u64,
    /// The domain's chain at this position.
    pub chain: [u8; 32],
    /// Hash of the last record, of the header if there is none.
    pub hash: [u8; 32],
}
