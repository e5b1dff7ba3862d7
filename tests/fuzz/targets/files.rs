//! The files of a journal and of a snapshot, with bytes that were changed on the disk.
//!
//! Law: what is read is what was written, from its beginning on, or it is refused; a snapshot that
//! was damaged is passed over.

use std::fs;
use std::path::{Path, PathBuf};

use bolero::{TypeGenerator, check};
use earmark_host::journal::contract::sample_header;
use earmark_host::journal::{
    Head, Journal as _, JournalError, Record, SnapshotHead, SnapshotStore, SqliteJournal, verify,
};

use crate::damage::Damage;
use crate::journal_support::*;

#[derive(Debug, Clone, TypeGenerator)]
struct Disk {
    database: Far,
    log: Far,
    anchor: Damage,
}

/// Damage that begins anywhere in a file that is larger than a place can say.
#[derive(Debug, Clone, TypeGenerator)]
struct Far {
    from: u32,
    damage: Damage,
}

impl Far {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        if self.damage.is_none() || bytes.is_empty() {
            return bytes.to_vec();
        }
        let from = usize::try_from(self.from).unwrap() % bytes.len();
        let (before, behind) = bytes.split_at(from);
        [before, &self.damage.of(behind)].concat()
    }
}

/// The files of a journal whose records lie partly in the database and partly in the log.
struct Whole {
    folder: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
    written: Vec<Record>,
    head: Head,
}

impl Whole {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("journal");
        let mut written = write_journal(&dir, 5, &all_in_the_log());
        let mut journal = SqliteJournal::open(&dir, &all_in_the_log()).unwrap();
        written.extend(append_samples(&mut journal, 4));
        let head = journal.head();
        drop(journal);
        let of = |name: fn(&Path) -> PathBuf| (name(&dir), fs::read(name(&dir)).unwrap());
        let files = vec![of(database), of(log), of(anchor)];
        Self { folder, files, written, head }
    }

    fn with(&self, disk: &Disk) -> PathBuf {
        let dir = self.folder.path().join("journal");
        fs::remove_dir_all(&dir).unwrap();
        fs::create_dir(&dir).unwrap();
        let [database, log, anchor] = self.files.as_slice() else { panic!("three files") };
        fs::write(&database.0, disk.database.of(&database.1)).unwrap();
        fs::write(&log.0, disk.log.of(&log.1)).unwrap();
        fs::write(&anchor.0, disk.anchor.of(&anchor.1)).unwrap();
        dir
    }

    /// Checks what is read of files. Where the anchor is damaged too, what is told may end earlier:
    /// of its two places the older one says less.
    fn is_as_written(&self, dir: &Path, with_anchor: bool) {
        let verified = verify(dir, &mut |_| ());
        let all = |head: &Head| match with_anchor {
            true => assert_eq!(*head, self.head, "another head"),
            false => assert!(head.records <= self.head.records, "{head:?}"),
        };
        if let Ok(report) = &verified {
            all(&report.head);
        }
        let Ok(journal) = open(dir) else { return };
        let head = journal.head();
        all(&head);
        let mut reader = journal.reader().unwrap();
        let mut read = Vec::new();
        loop {
            let from = read.last().map_or(1, Record::next_input);
            match reader.read(from, 1) {
                Ok(some) if some.is_empty() => break,
                Ok(some) => read.extend(some.into_iter().map(|sealed| sealed.record)),
                Err(JournalError::Damaged { .. } | JournalError::Storage { .. }) => break,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(self.written.starts_with(&read), "a record is not as it was written");
        let is_cut = u64::try_from(read.len()).unwrap() != head.records;
        assert!(verified.is_err() || !is_cut, "verified, then cut short");
    }
}

#[test]
fn files_of_a_journal() {
    let whole = Whole::new();
    check!().with_type::<Disk>().with_iterations(150).for_each(|disk: &Disk| {
        whole.is_as_written(&whole.with(disk), disk.anchor.is_none());
    });
}

#[test]
fn a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let store = SnapshotStore::open(folder.path(), 1).unwrap();
    let at = Head::start(&sample_header()).anchor();
    let (head, body) = (SnapshotHead { at, plugin: [7; 32] }, vec![5; 700]);
    let path = store.save(&head, &body).unwrap();
    let written = fs::read(&path).unwrap();
    check!().with_type::<Damage>().with_iterations(1_000).for_each(|damage: &Damage| {
        let damaged = damage.of(&written);
        fs::write(&path, &damaged).unwrap();
        let latest = store.latest().unwrap();
        match latest.snapshot {
            Some(snapshot) => assert_eq!((snapshot.head, &snapshot.body), (head, &body)),
            None => assert!(latest.skipped.len() == 1 && damaged != written),
        }
    });
}
