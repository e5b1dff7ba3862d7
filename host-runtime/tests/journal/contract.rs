//! Every journal passes the same contract; without that, a partition could not change its store.
//!
//! Law: the cases know only the traits.

use std::path::{Path, PathBuf};

use earmark_host::journal::contract::{Bench, CASES};
use earmark_host::journal::{
    Fault, Header, Journal, JournalError, MemoryJournal, MemoryStore, OpenOptions, SqliteJournal,
};

#[test]
fn the_memory_journal_keeps_the_contract() {
    run_all(|| Box::new(MemoryBench::default()));
}

#[test]
fn the_sqlite_journal_keeps_the_contract() {
    run_all(|| Box::new(SqliteBench::new(OpenOptions::default())));
}

#[test]
fn the_sqlite_journal_keeps_the_contract_when_its_log_is_moved_at_every_commit() {
    let options =
        OpenOptions { checkpoint_pages: 1, anchor_sync_records: 1, ..OpenOptions::default() };
    run_all(|| Box::new(SqliteBench::new(options.clone())));
}

fn run_all(bench: impl Fn() -> Box<dyn Bench>) {
    for case in CASES {
        if let Err(error) = (case.run)(&mut *bench()) {
            panic!("{}: {error} ({error:?})", case.name);
        }
    }
}

#[derive(Default)]
struct MemoryBench {
    store: Option<MemoryStore>,
}

impl Bench for MemoryBench {
    fn create(&mut self, header: &Header) -> Result<Box<dyn Journal>, JournalError> {
        let journal = MemoryJournal::new(header.clone());
        self.store = Some(journal.store());
        Ok(Box::new(journal))
    }

    fn create_cramped(&mut self, header: &Header) -> Result<Box<dyn Journal>, JournalError> {
        let journal = MemoryJournal::new(header.clone());
        journal.store().fail_after(10, Fault::Full);
        self.store = Some(journal.store());
        Ok(Box::new(journal))
    }

    fn open(&mut self) -> Result<Box<dyn Journal>, JournalError> {
        Ok(Box::new(self.store.as_ref().expect("the case creates first").open()?))
    }
}

struct SqliteBench {
    _dir: tempfile::TempDir,
    path: PathBuf,
    options: OpenOptions,
}

impl SqliteBench {
    fn new(options: OpenOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        Self { _dir: dir, path, options }
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Bench for SqliteBench {
    fn create(&mut self, header: &Header) -> Result<Box<dyn Journal>, JournalError> {
        Ok(Box::new(SqliteJournal::create(self.path(), header, &self.options)?))
    }

    fn create_cramped(&mut self, header: &Header) -> Result<Box<dyn Journal>, JournalError> {
        let options = OpenOptions { max_bytes: Some(4 * 1024 * 1024), ..self.options.clone() };
        Ok(Box::new(SqliteJournal::create(self.path(), header, &options)?))
    }

    fn open(&mut self) -> Result<Box<dyn Journal>, JournalError> {
        Ok(Box::new(SqliteJournal::open(self.path(), &self.options)?))
    }
}
