//! A journal in memory, for tests and for runs that need not outlive their process.
//!
//! Law: it keeps the same invariants as the one on disk, except that its records end with its
//! store; it keeps encoded records and verifies what it reads, so the codec is never passed by.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{Cause, JournalError, Place};
use super::record::{Record, Sealed};
use super::{Head, Header, Journal, JournalReader, READ_BYTES_MAX};

/// What an appointed append does instead of succeeding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and the record is not kept.
    NotKept,
    /// It fails and the record is kept: the caller can't tell it from the other.
    Kept,
    /// It fails for want of room, and the record is not kept.
    Full,
}

/// The place where a journal in memory lives on when its writer ends: the "disk".
#[derive(Debug, Clone)]
pub struct MemoryStore {
    header: Header,
    inner: Arc<Mutex<Inner>>,
}

impl MemoryStore {
    /// A store with an empty journal in it.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { header, inner: Arc::default() }
    }

    /// Opens the journal to write; what was kept is there, and nothing is poisoned.
    ///
    /// # Errors
    ///
    /// [`JournalError::AlreadyOpen`] while another writer lives, [`JournalError::Damaged`] if
    /// the last record does not verify.
    pub fn open(&self) -> Result<MemoryJournal, JournalError> {
        let head = self.reader().head()?;
        let mut inner = self.lock();
        if inner.has_writer {
            return Err(JournalError::AlreadyOpen { dir: PathBuf::from("memory") });
        }
        inner.has_writer = true;
        drop(inner);
        Ok(MemoryJournal { store: self.clone(), head, poison: None })
    }

    /// Lets the append after `appends` further ones fail, once, whoever the writer is then.
    pub fn fail_after(&self, appends: u64, fault: Fault) {
        self.lock().fault = Some((appends, fault));
    }

    fn reader(&self) -> MemoryReader {
        MemoryReader { store: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Rows are only ever pushed whole, so a thread that ended while it held the lock left
        // nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer of a journal in memory.
#[derive(Debug)]
pub struct MemoryJournal {
    store: MemoryStore,
    head: Head,
    poison: Option<String>,
}

impl MemoryJournal {
    /// An empty journal in a store of its own.
    #[must_use]
    pub fn new(header: Header) -> Self {
        let (head, store) = (Head::start(&header), MemoryStore::new(header));
        store.lock().has_writer = true;
        Self { store, head, poison: None }
    }

    /// The place this journal lives in: to appoint faults, and to open it again later.
    #[must_use]
    pub fn store(&self) -> MemoryStore {
        self.store.clone()
    }

    fn refuse_if_poisoned(&self) -> Result<(), JournalError> {
        match &self.poison {
            Some(cause) => Err(JournalError::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }
}

impl Drop for MemoryJournal {
    fn drop(&mut self) {
        self.store.lock().has_writer = false;
    }
}

impl Journal for MemoryJournal {
    fn header(&self) -> &Header {
        &self.store.header
    }

    fn head(&self) -> Head {
        self.head
    }

    fn append(&mut self, record: &Record) -> Result<Head, JournalError> {
        self.refuse_if_poisoned()?;
        self.head.accepts(record).map_err(JournalError::NotContinuing)?;
        let mut bytes = Vec::new();
        let number = self.head.records.saturating_add(1);
        let hash = record
            .encode(number, &self.head.hash, &mut bytes)
            .map_err(JournalError::NotContinuing)?;
        let mut inner = self.store.lock();
        let fault = inner.due_fault();
        if matches!(fault, None | Some(Fault::Kept)) {
            let first = (record.first_input, record.first_event);
            inner.rows.push(Row { first, bytes: bytes.into() });
        }
        drop(inner);
        if let Some(fault) = fault {
            let source = Cause::from("the appointed fault");
            self.poison = Some(source.to_string());
            return Err(match fault {
                Fault::Full => JournalError::Full { source },
                Fault::Kept | Fault::NotKept => {
                    JournalError::Storage { doing: "append the record", source }
                }
            });
        }
        self.head = Head {
            next_input: record.next_input(),
            next_event: record.next_event(),
            chain: record.chain,
            hash,
            records: number,
        };
        Ok(self.head)
    }

    fn sync_anchor(&mut self) -> Result<(), JournalError> {
        self.refuse_if_poisoned()
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, JournalError> {
        Ok(Box::new(self.store.reader()))
    }

    fn close(self: Box<Self>) -> Result<(), JournalError> {
        self.refuse_if_poisoned()
    }
}

/// A reader of a [`MemoryJournal`].
#[derive(Debug)]
struct MemoryReader {
    store: MemoryStore,
}

impl MemoryReader {
    /// The verified records from row `start`, bounded, for which `wanted` holds.
    fn gather(
        &self,
        start: usize,
        limit: usize,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Sealed>, JournalError> {
        let rows = &self.store.lock().rows;
        let mut head = match start.checked_sub(1).and_then(|before| rows.get(before)) {
            Some(row) => Head::at(&row.decode(start)?),
            None => Head::start(&self.store.header),
        };
        let (mut taken, mut bytes) = (Vec::new(), 0_usize);
        for (number, row) in (start.saturating_add(1)..).zip(rows.iter().skip(start)) {
            if taken.len() >= limit {
                break;
            }
            let sealed = row.decode(number)?;
            head = head.follow(&sealed).map_err(|error| row.damaged(number, error.into()))?;
            if !wanted(&sealed.record) {
                continue;
            }
            bytes = bytes.saturating_add(sealed.record.body.len());
            if !taken.is_empty() && bytes > READ_BYTES_MAX {
                break;
            }
            taken.push(sealed);
        }
        Ok(taken)
    }
}

impl JournalReader for MemoryReader {
    fn header(&self) -> &Header {
        &self.store.header
    }

    fn another(&self) -> Result<Box<dyn JournalReader>, JournalError> {
        Ok(Box::new(self.store.reader()))
    }

    fn head(&mut self) -> Result<Head, JournalError> {
        let rows = &self.store.lock().rows;
        match rows.last() {
            Some(row) => Ok(Head::at(&row.decode(rows.len())?)),
            None => Ok(Head::start(&self.store.header)),
        }
    }

    fn read(&mut self, from_input: u64, limit: usize) -> Result<Vec<Sealed>, JournalError> {
        let from = from_input.max(1);
        let next = self.head()?.next_input;
        if limit > 0 && from > next {
            return Err(JournalError::Beyond { what: "input", asked: from, next });
        }
        let start = self.store.lock().rows.partition_point(|row| row.first.0 <= from);
        self.gather(start.saturating_sub(1), limit, |record| record.next_input() > from)
    }

    fn read_events_from(
        &mut self,
        from_event: u64,
        limit: usize,
    ) -> Result<Vec<Sealed>, JournalError> {
        let from = from_event.max(1);
        let next = self.head()?.next_event;
        if limit > 0 && from > next {
            return Err(JournalError::Beyond { what: "event", asked: from, next });
        }
        let start = self.store.lock().rows.partition_point(|row| row.first.1 <= from);
        self.gather(start.saturating_sub(1), limit, |record| {
            record.events > 0 && record.next_event() > from
        })
    }
}

#[derive(Debug, Default)]
struct Inner {
    rows: Vec<Row>,
    /// Appends to come before the appointed fault.
    fault: Option<(u64, Fault)>,
    has_writer: bool,
}

impl Inner {
    /// Counts down to the appointed fault; returns it when it is due.
    fn due_fault(&mut self) -> Option<Fault> {
        let (left, fault) = self.fault?;
        self.fault = left.checked_sub(1).map(|left| (left, fault));
        (left == 0).then_some(fault)
    }
}

#[derive(Debug)]
struct Row {
    /// First input and first event.
    first: (u64, u64),
    bytes: Arc<[u8]>,
}

impl Row {
    fn decode(&self, number: usize) -> Result<Sealed, JournalError> {
        Sealed::decode(&self.bytes).map_err(|error| self.damaged(number, error.into()))
    }

    fn damaged(&self, number: usize, source: Cause) -> JournalError {
        let (number, first_input) = (number as u64, self.first.0);
        let place = Place::Record { number, first_input, last_input: None };
        JournalError::Damaged { place, source }
    }
}
