//! What the journal's tests share: making journals, copying them, changing a bit.
//!
//! Law: files are touched only while no connection is open on them.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{
    Journal, JournalError, JournalReader, OpenOptions, Record, Sealed, SqliteJournal,
};

/// A small generator with a fixed seed (splitmix64): the same places in every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Body size of the record with this number: small, page-sized and many-paged ones in turn.
pub(crate) fn body_bytes(number: u64) -> usize {
    [10, 700, 40_000, 5_000, 16_000, 100_000, 1][(number % 7) as usize]
}

pub(crate) fn append_samples(journal: &mut dyn Journal, count: u64) -> Vec<Record> {
    (0..count)
        .map(|_| {
            let head = journal.head();
            let record = sample_record(&head, body_bytes(head.records + 1));
            journal.append(&record).unwrap();
            record
        })
        .collect()
}

/// A journal of `count` sample records whose writer ended without closing.
pub(crate) fn write_journal(dir: &Path, count: u64, options: &OpenOptions) -> Vec<Record> {
    let mut journal = SqliteJournal::create(dir, &sample_header(), options).unwrap();
    append_samples(&mut journal, count)
}

/// Options that leave every record in SQLite's log.
pub(crate) fn all_in_the_log() -> OpenOptions {
    OpenOptions { checkpoint_pages: u32::MAX, ..OpenOptions::default() }
}

pub(crate) fn open(dir: &Path) -> Result<SqliteJournal, JournalError> {
    SqliteJournal::open(dir, &OpenOptions::default())
}

/// All records from the beginning, in reads of any size.
pub(crate) fn read_all(reader: &mut dyn JournalReader) -> Result<Vec<Sealed>, JournalError> {
    let mut all: Vec<Sealed> = Vec::new();
    loop {
        let from = all.last().map_or(1, |last| last.record.next_input());
        let some = reader.read(from, 17)?;
        if some.is_empty() {
            return Ok(all);
        }
        all.extend(some);
    }
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

pub(crate) fn flip(path: &Path, byte: usize, bit: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[byte] ^= 1 << bit;
    fs::write(path, bytes).unwrap();
}

pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

pub(crate) fn log(dir: &Path) -> PathBuf {
    dir.join("journal.db-wal")
}

pub(crate) fn anchor(dir: &Path) -> PathBuf {
    dir.join("journal.anchor")
}

/// The error's text with all its causes.
pub(crate) fn full_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
