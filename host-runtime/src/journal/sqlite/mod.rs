//! The embedded journal: one SQLite database, one row a record, and an anchor beside it.
//!
//! Law: one writer; a commit is synced before it is answered; what opening finds is checked
//! against the anchor before a byte is changed, and is made durable before it is built upon.
//!
//! ```text
//! DIR/journal.db        the records       CREATE TABLE record (first_input INTEGER PRIMARY KEY,
//! DIR/journal.db-wal    SQLite's log                           first_event, bytes) STRICT
//! DIR/journal.db-shm    its index, rebuilt when missing
//! DIR/journal.anchor    the last confirmed position
//! DIR/journal.lock      held by the writer while it lives
//! ```
//!
//! There is no index over `first_event`: it grows with `first_input`, so a reader finds an event
//! by halving the key range, and a small commit writes one page instead of two.
//!
//! A connection never tidies up when it closes: the log of a journal that is refused stays as it
//! was found, for whoever has to look into it. So a copy of the files is a copy of the whole
//! directory, taken while no writer lives; [`super::copy()`] needs no such moment.

mod bulk;
mod connect;
mod reader;

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};

use super::anchor::{AnchorFile, Found, SyncEvery};
use super::error::JournalError;
use super::record::Record;
use super::{Head, Header, Journal, JournalReader, RecordError};
use crate::chaos::{Place, reach};

pub use self::reader::SqliteReader;

pub(super) use self::bulk::Bulk;
pub(super) use self::connect::{DATABASE, Paths, damaged, open_to_read, storage};
use self::connect::{PAGE_BYTES, create_tables, open_to_write};
pub(super) use self::reader::{Position, Walk};

/// The buffer of an uncommonly large record is given back.
const KEPT_BUFFER_BYTES: usize = 16 * 1024 * 1024;

/// How to open or create a [`SqliteJournal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// Open although the anchor is missing or damaged, and write a new one. It then can't be
    /// told whether the journal lost its tail. Does not excuse a journal that is shorter than
    /// its anchor.
    pub accept_lost_anchor: bool,
    /// The anchor is synced at least after this time, as long as records arrive.
    pub anchor_sync_every: Duration,
    /// The anchor is synced at least after this many records.
    pub anchor_sync_records: u64,
    /// Pages of 16 KiB that gather in SQLite's log before they are moved to the database.
    pub checkpoint_pages: u32,
    /// The database takes no more records when it would grow above this many bytes.
    pub max_bytes: Option<u64>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            accept_lost_anchor: false,
            anchor_sync_every: Duration::from_millis(250),
            anchor_sync_records: 1024,
            checkpoint_pages: 1024,
            max_bytes: None,
        }
    }
}

/// The writer of a journal in a directory. See the module for the files.
///
/// Dropping it releases the journal and loses nothing; [`Journal::close`] also reports errors.
pub struct SqliteJournal {
    connection: Connection,
    paths: Paths,
    options: OpenOptions,
    header: Header,
    head: Head,
    anchors: AnchorFile,
    encoded: Vec<u8>,
    pages_in_log: u64,
    poison: Option<String>,
    /// Held for its lock. Declared last: the lock goes when everything else is closed.
    _lock: File,
}

impl SqliteJournal {
    /// Creates an empty journal in `dir`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// [`JournalError::Exists`] if there is a journal, [`JournalError::TailLost`] if there is an
    /// anchor of one that had inputs, [`JournalError::AlreadyOpen`], or the failure of the store.
    pub fn create(
        dir: &Path,
        header: &Header,
        options: &OpenOptions,
    ) -> Result<Self, JournalError> {
        std::fs::create_dir_all(dir).map_err(JournalError::io("create the directory", dir))?;
        let paths = Paths::of(dir);
        let lock = lock(&paths)?;
        if paths.database.exists() && connect::is_begun(&paths)? {
            return Err(JournalError::Exists { dir: dir.to_owned() });
        }
        refuse_if_anchored(&paths)?;
        let head = Head::start(header);
        // The anchor comes first: a creation that was interrupted then leaves either no header
        // or both, and can be repeated.
        let every = options.sync_every();
        let anchors = AnchorFile::start(paths.anchor.clone(), head.hash, &head.anchor(), 0, every)?;
        let connection = open_to_write(&paths, true)?;
        create_tables(&connection, header)?;
        connect::limit_pages(&connection, options.max_bytes)?;
        sync_dir(dir)?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
        Ok(Self::assemble(connection, paths, options, header.clone(), head, anchors, lock))
    }

    /// Opens the journal in `dir`: checks the header, the last record and its link, and the
    /// anchor; [`super::verify()`] checks every record.
    ///
    /// # Errors
    ///
    /// [`JournalError::Missing`], [`JournalError::AlreadyOpen`], [`JournalError::Foreign`],
    /// [`JournalError::Damaged`], [`JournalError::TailLost`], [`JournalError::OtherHistory`],
    /// [`JournalError::AnchorLost`], or the failure of the store.
    pub fn open(dir: &Path, options: &OpenOptions) -> Result<Self, JournalError> {
        let paths = Paths::of(dir);
        if !paths.database.exists() {
            refuse_if_anchored(&paths)?;
            return Err(JournalError::Missing { dir: dir.to_owned() });
        }
        let lock = lock(&paths)?;
        if !connect::is_begun(&paths)? {
            refuse_if_anchored(&paths)?;
            return Err(JournalError::Missing { dir: dir.to_owned() });
        }
        let connection = open_to_write(&paths, false)?;
        let header = connect::load_header(&connection, &paths)?;
        let found = Found::read(&paths.anchor)?;
        let mut reader = SqliteReader::over(connection, paths.clone(), header.clone())?;
        let head = reader.check_end()?;
        let counter = match check_anchor(&mut reader, &paths, &found, &head) {
            Err(JournalError::AnchorLost { .. }) if options.accept_lost_anchor => 0,
            other => other?,
        };
        let connection = reader.into_connection();
        // What an earlier writer wrote but could not sync is in the log as good as the rest.
        // Moving it into the database syncs it, before anything is built on it.
        checkpoint(&connection, CheckpointMode::TRUNCATE)?;
        connect::limit_pages(&connection, options.max_bytes)?;
        let start = Head::start(&header);
        let path = paths.anchor.clone();
        let anchors =
            AnchorFile::start(path, start.hash, &head.anchor(), counter, options.sync_every())?;
        sync_dir(dir)?;
        Ok(Self::assemble(connection, paths, options, header, head, anchors, lock))
    }

    /// A reader of the journal in `dir`, from this or another process, whether or not a writer
    /// has it open.
    ///
    /// # Errors
    ///
    /// [`JournalError::Missing`], [`JournalError::Foreign`], [`JournalError::Damaged`], or the
    /// failure of the store.
    pub fn open_reader(dir: &Path) -> Result<SqliteReader, JournalError> {
        SqliteReader::open(&Paths::of(dir))
    }

    fn assemble(
        connection: Connection,
        paths: Paths,
        options: &OpenOptions,
        header: Header,
        head: Head,
        anchors: AnchorFile,
        lock: File,
    ) -> Self {
        Self {
            connection,
            paths,
            options: options.clone(),
            header,
            head,
            anchors,
            encoded: Vec::new(),
            pages_in_log: 0,
            poison: None,
            _lock: lock,
        }
    }

    /// Moves SQLite's log to the database when it has grown enough. A reader in the middle of a
    /// read may keep a part or all of it back; a later move takes it.
    fn checkpoint_if_due(&mut self, bytes: usize) -> Result<(), JournalError> {
        let pages = (bytes as u64).div_ceil(PAGE_BYTES).saturating_add(2);
        self.pages_in_log = self.pages_in_log.saturating_add(pages);
        if self.pages_in_log < u64::from(self.options.checkpoint_pages) {
            return Ok(());
        }
        self.pages_in_log = 0;
        match checkpoint(&self.connection, CheckpointMode::PASSIVE) {
            Err(JournalError::LogInUse { .. }) => Ok(()),
            moved => moved,
        }
    }

    fn poisoned<T>(&mut self, result: Result<T, JournalError>) -> Result<T, JournalError> {
        if let Err(error) = &result {
            self.poison.get_or_insert_with(|| chain_text(error));
        }
        result
    }

    fn refuse_if_poisoned(&self) -> Result<(), JournalError> {
        match &self.poison {
            Some(cause) => Err(JournalError::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }
}

impl Journal for SqliteJournal {
    fn header(&self) -> &Header {
        &self.header
    }

    fn head(&self) -> Head {
        self.head
    }

    fn append(&mut self, record: &Record) -> Result<Head, JournalError> {
        self.refuse_if_poisoned()?;
        self.head.accepts(record).map_err(JournalError::NotContinuing)?;
        let number = self.head.records.saturating_add(1);
        if i64::try_from(record.next_input().max(record.next_event())).is_err() {
            let (first_input, first_event) = (record.first_input, record.first_event);
            let numbers = RecordError::Numbers { first_input, first_event };
            return Err(JournalError::NotContinuing(numbers));
        }
        let hash = record
            .encode(number, &self.head.hash, &mut self.encoded)
            .map_err(JournalError::NotContinuing)?;
        let head = Head {
            next_input: record.next_input(),
            next_event: record.next_event(),
            chain: record.chain,
            hash,
            records: number,
        };
        let inserted = insert(&self.connection, record, &self.encoded);
        self.poisoned(inserted)?;
        reach(Place::AppendWritten);
        let anchored = self.anchors.write(&head.anchor());
        self.poisoned(anchored)?;
        reach(Place::AppendAnchored);
        self.head = head;
        if self.encoded.capacity() > KEPT_BUFFER_BYTES {
            self.encoded = Vec::new();
        }
        // The record is durable whatever comes of this; a failure closes the door behind it.
        let moved = self.checkpoint_if_due(record.body.len());
        let _ = self.poisoned(moved);
        Ok(head)
    }

    fn sync_anchor(&mut self) -> Result<(), JournalError> {
        self.refuse_if_poisoned()?;
        let synced = self.anchors.sync();
        self.poisoned(synced)
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, JournalError> {
        Ok(Box::new(SqliteReader::open(&self.paths)?))
    }

    fn close(mut self: Box<Self>) -> Result<(), JournalError> {
        self.sync_anchor()?;
        // Leaves one plain file, unless a reader is in the middle of a read; then the log stays,
        // which is as good.
        match checkpoint(&self.connection, CheckpointMode::TRUNCATE) {
            Err(JournalError::LogInUse { .. }) => Ok(()),
            moved => self.poisoned(moved),
        }
    }
}

impl Drop for SqliteJournal {
    fn drop(&mut self) {
        // Best effort: every record is durable already, and the file holds its anchor; only a
        // loss of power could still take the anchor back to its last sync.
        if self.poison.is_none() {
            let _ = self.anchors.sync();
        }
    }
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteJournal")
            .field("dir", &self.paths.dir)
            .field("head", &self.head)
            .field("poison", &self.poison)
            .finish_non_exhaustive()
    }
}

impl OpenOptions {
    fn sync_every(&self) -> SyncEvery {
        SyncEvery { records: self.anchor_sync_records, time: self.anchor_sync_every }
    }
}

/// Checks what the anchor file says against the journal; returns the anchor's write counter.
pub(super) fn check_anchor(
    reader: &mut SqliteReader,
    paths: &Paths,
    found: &Found,
    head: &Head,
) -> Result<u64, JournalError> {
    let lost = |state| {
        let ends = head.next_input.saturating_sub(1);
        Err(JournalError::AnchorLost { path: paths.anchor.clone(), state, ends })
    };
    match found {
        Found::Missing => lost("is missing"),
        Found::Damaged => lost("is damaged in both slots"),
        Found::Anchor { anchor, header, counter, .. } => {
            if *header != reader.header().hash() {
                return Err(JournalError::OtherHistory { input: anchor.inputs });
            }
            reader.holds(anchor)?;
            Ok(*counter)
        }
    }
}

/// Where there is no journal, an anchor that confirms inputs says that there was one.
fn refuse_if_anchored(paths: &Paths) -> Result<(), JournalError> {
    match Found::read(&paths.anchor)? {
        Found::Anchor { anchor, .. } if anchor.inputs > 0 => {
            Err(JournalError::TailLost { ends: 0, anchor: anchor.inputs })
        }
        _ => Ok(()),
    }
}

/// Writes the row of a record that was encoded.
fn insert(connection: &Connection, record: &Record, encoded: &[u8]) -> Result<(), JournalError> {
    // Both fit: `append` refuses positions that SQLite's integers can't hold.
    let (input, event) = (record.first_input.cast_signed(), record.first_event.cast_signed());
    connection
        .prepare_cached("INSERT INTO record (first_input, first_event, bytes) VALUES (?, ?, ?)")
        .and_then(|mut insert| insert.execute((input, event, encoded)))
        .map_err(storage("append the record"))?;
    Ok(())
}

fn lock(paths: &Paths) -> Result<File, JournalError> {
    let path = &paths.lock;
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(JournalError::io("open the lock file", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::AlreadyOpen { dir: paths.dir.clone() }),
        Err(TryLockError::Error(error)) => Err(JournalError::io("lock", path)(error)),
    }
}

fn checkpoint(connection: &Connection, mode: CheckpointMode) -> Result<(), JournalError> {
    connection.wal_checkpoint_v2(None::<&str>, mode).map(|_| ()).map_err(|error| {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => JournalError::LogInUse { source: error.into() },
            _ => storage("move the log into the database")(error),
        }
    })
}

pub(super) fn sync_dir(dir: &Path) -> Result<(), JournalError> {
    let path: PathBuf = dir.to_owned();
    File::open(dir)
        .and_then(|file| file.sync_all())
        .map_err(JournalError::io("sync the directory", &path))
}

fn chain_text(error: &JournalError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::contract::sample_header;
    use super::*;

    /// What makes a commit durable is a setting; a killed process does not miss it.
    #[test]
    fn a_writer_syncs_its_log_at_every_commit_and_moves_it_itself() {
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions::default();
        let created = SqliteJournal::create(dir.path(), &sample_header(), &options).unwrap();
        check_settings(&created.connection);
        drop(created);
        check_settings(&SqliteJournal::open(dir.path(), &options).unwrap().connection);
    }

    fn check_settings(connection: &Connection) {
        let number =
            |name| -> i64 { connection.pragma_query_value(None, name, |row| row.get(0)).unwrap() };
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("fullfsync"), 1);
        assert_eq!(number("wal_autocheckpoint"), 0);
        assert_eq!(number("page_size"), PAGE_BYTES.cast_signed());
        let mode: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }
}
