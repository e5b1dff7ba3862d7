//! Flipped bits anywhere in a journal's files, at fixed seeds, each outcome classified.
//!
//! Law: after a flip the journal verifies to exactly what was written, or it is refused; bytes
//! of a kept record are never among the harmless ones.

use std::fs;
use std::path::{Path, PathBuf};

use crate::journal_support::*;
use earmark_host::journal::{
    Head, Journal, JournalError, OpenOptions, Place, Record, Sealed, SqliteJournal, verify,
};

const FLIPS: usize = 200;

/// A journal whose records lie partly in the database and partly in the log.
struct Whole {
    _temp: tempfile::TempDir,
    dir: PathBuf,
    copy: PathBuf,
    written: Vec<Record>,
    head: Head,
}

impl Whole {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let (dir, copy) = (temp.path().join("whole"), temp.path().join("copy"));
        let mut written = write_journal(&dir, 30, &all_in_the_log());
        let mut journal = SqliteJournal::open(&dir, &all_in_the_log()).unwrap();
        written.extend(append_samples(&mut journal, 20));
        let head = journal.head();
        drop(journal);
        Self { _temp: temp, dir, copy, written, head }
    }

    /// A fresh copy with one bit changed.
    fn flipped(&self, file: fn(&Path) -> PathBuf, byte: usize, bit: usize) -> &Path {
        copy_dir(&self.dir, &self.copy);
        flip(&file(&self.copy), byte, bit);
        &self.copy
    }

    /// Classifies a damaged copy; panics if it is neither whole nor refused.
    #[track_caller]
    fn classify(&self, dir: &Path, flip: &str) -> Option<JournalError> {
        let verified = verify(dir, &mut |_| ());
        let opened = open(dir);
        match verified {
            Ok(report) => {
                assert_eq!(report.head, self.head, "{flip}: verified to another head");
                let journal = opened.unwrap_or_else(|e| panic!("{flip}: verified, then {e:?}"));
                assert_eq!(journal.head(), self.head, "{flip}");
                let read = read_all(&mut *journal.reader().unwrap()).unwrap();
                self.assert_prefix(&read, flip);
                assert_eq!(read.len(), self.written.len(), "{flip}: verified, then cut short");
                None
            }
            Err(error) => {
                self.check_refusal(&error, flip);
                match opened {
                    // Opening looks at the ends only: what it lets pass must stop the reader.
                    Ok(journal) => {
                        assert_eq!(journal.head(), self.head, "{flip}: opened at another head");
                        self.read_to_the_damage(&journal, flip);
                    }
                    Err(error) => self.check_refusal(&error, flip),
                }
                Some(error)
            }
        }
    }

    fn read_to_the_damage(&self, journal: &SqliteJournal, flip: &str) {
        let mut reader = journal.reader().unwrap();
        let mut read: Vec<Sealed> = Vec::new();
        while let Ok(some) = reader.read(read.last().map_or(1, |s| s.record.next_input()), 1) {
            if some.is_empty() {
                break;
            }
            read.extend(some);
        }
        self.assert_prefix(&read, flip);
    }

    fn assert_prefix(&self, read: &[Sealed], flip: &str) {
        for (sealed, record) in read.iter().zip(&self.written) {
            assert_eq!(sealed.record, *record, "{flip}: record {} changed", sealed.number);
        }
        assert!(read.len() <= self.written.len(), "{flip}: records appeared");
    }

    fn check_refusal(&self, error: &JournalError, flip: &str) {
        let typed = matches!(
            error,
            JournalError::Damaged { .. }
                | JournalError::TailLost { .. }
                | JournalError::OtherHistory { .. }
                | JournalError::AnchorLost { .. }
                | JournalError::Foreign { .. }
                | JournalError::Missing { .. }
                | JournalError::Storage { .. }
        );
        assert!(typed, "{flip}: refused with {error:?}");
    }
}

#[test]
fn a_flip_anywhere_leaves_the_journal_as_written_or_refused() {
    let whole = Whole::new();
    let files: [fn(&Path) -> PathBuf; 2] = [database, log];
    let sizes = files.map(|file| fs::metadata(file(&whole.dir)).unwrap().len() as usize);
    assert!(sizes[0] > 500_000 && sizes[1] > 300_000, "both files hold records: {sizes:?}");
    let mut seeded = Seeded(0x0ea2_3a2c);
    let (mut refused, mut harmless) = (0, 0);
    for _ in 0..FLIPS {
        let at = seeded.below(sizes[0] + sizes[1]);
        let (file, byte) = if at < sizes[0] { (0, at) } else { (1, at - sizes[0]) };
        let bit = seeded.below(8);
        let name = format!("file {file}, byte {byte}, bit {bit}");
        let copy = whole.flipped(files[file], byte, bit);
        match whole.classify(copy, &name) {
            Some(_) => refused += 1,
            None => harmless += 1,
        }
    }
    println!("{refused} refused, {harmless} harmless of {FLIPS}");
    // Most bytes are records' bytes; the harmless ones lie in unused parts of pages.
    assert!(refused > FLIPS / 2, "{refused} of {FLIPS} refused");
    assert!(harmless > 0, "unused parts of pages were never hit: the test sees only one side");
}

/// The first pages hold the file header, the tables and the roots: flips hurt most there.
#[test]
fn a_flip_in_the_heads_of_the_files_leaves_the_journal_as_written_or_refused() {
    let whole = Whole::new();
    for byte in 0..110 {
        let name = format!("database byte {byte}");
        whole.classify(whole.flipped(database, byte, byte % 8), &name);
    }
    for byte in 0..60 {
        let name = format!("log byte {byte}");
        whole.classify(whole.flipped(log, byte, byte % 8), &name);
    }
}

#[test]
fn a_flip_in_a_kept_record_is_always_refused_and_its_place_named() {
    let whole = Whole::new();
    let database_bytes = fs::read(database(&whole.dir)).unwrap();
    let log_bytes = fs::read(log(&whole.dir)).unwrap();
    let mut seeded = Seeded(0x7e57);
    let (mut in_database, mut in_log) = (0, 0);
    for _ in 0..FLIPS {
        let number = seeded.below(whole.written.len()) + 1;
        let record = &whole.written[number - 1];
        if record.body.len() < 16 {
            continue;
        }
        let window = seeded.below(record.body.len() - 15);
        let needle = &record.body[window..window + 16];
        let places = [find(&database_bytes, needle), find(&log_bytes, needle)];
        let bit = seeded.below(8);
        let name = format!("record {number}, body byte {window}, bit {bit}");
        match &places.each_ref().map(Vec::as_slice) {
            [[byte], []] => {
                in_database += 1;
                let error = whole.classify(whole.flipped(database, *byte, bit), &name);
                let place = Place::Record {
                    number: number as u64,
                    first_input: record.first_input,
                    last_input: Some(record.last_input()),
                };
                let named = matches!(
                    &error, Some(JournalError::Damaged { place: p, .. }) if *p == place
                );
                assert!(named, "{name}: expected {place:?}, got {error:?}");
            }
            [[], [byte]] => {
                in_log += 1;
                let error = whole.classify(whole.flipped(log, *byte, bit), &name);
                let lost = matches!(
                    error, Some(JournalError::TailLost { ends, .. }) if ends < record.first_input
                );
                assert!(lost, "{name}: {error:?}");
            }
            // A window across two pages, or a page that is in both files or twice in the log.
            _ => {}
        }
    }
    println!("{in_database} places in the database, {in_log} in the log");
    assert!(in_database >= 60 && in_log >= 30, "{in_database} and {in_log} places were tried");
}

#[test]
fn a_flip_in_the_anchor_costs_nothing() {
    let whole = Whole::new();
    let mut seeded = Seeded(0xa2c);
    for slot in [0, 4096] {
        for _ in 0..20 {
            let byte = slot + seeded.below(166);
            let name = format!("anchor byte {byte}");
            let error = whole.classify(whole.flipped(anchor, byte, seeded.below(8)), &name);
            assert!(error.is_none(), "{name}: {error:?}");
        }
    }
}

#[test]
fn the_whole_journal_reads_back_in_the_meantime() {
    let whole = Whole::new();
    let mut reader = SqliteJournal::open_reader(&whole.dir).unwrap();
    let read = read_all(&mut reader).unwrap();
    whole.assert_prefix(&read, "no flip");
    assert_eq!(read.len(), whole.written.len());
    let journal = SqliteJournal::open(&whole.dir, &OpenOptions::default()).unwrap();
    assert_eq!(journal.head(), whole.head);
}

fn find(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    let first = needle[0];
    let mut found = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == first && bytes[at..].starts_with(needle) {
            found.push(at);
        }
    }
    found
}
