//! A journal written in bulk, as a copy is: many records a commit, and no sync before the end.
//!
//! Law: it is a journal only once it is finished: then every byte is synced, and the anchor, which
//! is written last, confirms its end.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use super::super::anchor::{AnchorFile, SyncEvery};
use super::super::base::Base;
use super::super::error::JournalError;
use super::super::record::Record;
use super::super::{Head, Header};
use super::connect::{Paths, create_base, create_tables, open_to_write, storage};
use super::{checkpoint, insert, lock, sync_dir};

/// Bytes of records in one commit: SQLite's log does not grow much larger.
const COMMIT_BYTES: usize = 32 * 1024 * 1024;

/// The writer of a journal that nobody reads before it is finished.
pub(in super::super) struct Bulk {
    connection: Connection,
    paths: Paths,
    /// Hash of the header.
    header: [u8; 32],
    head: Head,
    encoded: Vec<u8>,
    uncommitted: usize,
    _lock: File,
}

impl Bulk {
    /// Begins a journal in `dir`, which is there and has none; behind the base, if there is one.
    pub(in super::super) fn begin(
        dir: &Path,
        header: &Header,
        base: Option<&Base>,
    ) -> Result<Self, JournalError> {
        let paths = Paths::of(dir);
        let lock = lock(&paths)?;
        let connection = open_to_write(&paths, true)?;
        create_tables(&connection, header)?;
        let start = Head::start(header);
        if let Some(base) = base {
            create_base(&connection, &start.hash, base)?;
        }
        connection
            .pragma_update(None, "synchronous", 0)
            .and_then(|()| connection.execute_batch("BEGIN"))
            .map_err(storage("begin a copy"))?;
        let head = base.map_or(start, |base| base.at.head());
        let (header, encoded) = (start.hash, Vec::new());
        Ok(Self { connection, paths, header, head, encoded, uncommitted: 0, _lock: lock })
    }

    /// Adds a record behind the last one.
    pub(in super::super) fn append(&mut self, record: &Record) -> Result<Head, JournalError> {
        self.head.accepts(record).map_err(JournalError::NotContinuing)?;
        let number = self.head.records.saturating_add(1);
        let hash = record
            .encode(number, &self.head.hash, &mut self.encoded)
            .map_err(JournalError::NotContinuing)?;
        insert(&self.connection, record, &self.encoded)?;
        self.head = Head {
            next_input: record.next_input(),
            next_event: record.next_event(),
            chain: record.chain,
            hash,
            records: number,
        };
        self.uncommitted = self.uncommitted.saturating_add(self.encoded.len());
        if self.uncommitted >= COMMIT_BYTES {
            self.uncommitted = 0;
            self.commit()?;
            checkpoint(&self.connection, CheckpointMode::PASSIVE)?;
            self.connection.execute_batch("BEGIN").map_err(storage("go on with a copy"))?;
        }
        Ok(self.head)
    }

    /// Makes it durable, with an anchor at its end.
    pub(in super::super) fn finish(self) -> Result<Head, JournalError> {
        self.commit()?;
        self.connection
            .pragma_update(None, "synchronous", 2)
            .map_err(storage("set up the database"))?;
        checkpoint(&self.connection, CheckpointMode::TRUNCATE)?;
        // What earlier moves brought into the file was never synced by SQLite.
        let database = &self.paths.database;
        File::open(database)
            .and_then(|file| file.sync_all())
            .map_err(JournalError::io("sync", database))?;
        let every = SyncEvery { records: 1, time: Duration::ZERO };
        let path = self.paths.anchor.clone();
        AnchorFile::start(path, self.header, &self.head.anchor(), 0, every)?;
        sync_dir(&self.paths.dir)?;
        Ok(self.head)
    }

    fn commit(&self) -> Result<(), JournalError> {
        self.connection.execute_batch("COMMIT").map_err(storage("commit a copy"))
    }
}
