//! Copies of a journal: beside its writer, interrupted, of a damaged one, under another id.
//!
//! Law: a copy is a whole journal that holds all that was confirmed before it began, or nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::journal_support::*;
use earmark_host::journal::contract::sample_header;
use earmark_host::journal::{
    CopyError, Header, Journal, JournalError, JournalReader, OpenOptions, SNAPSHOTS, SnapshotHead,
    SnapshotStore, SqliteJournal, copy, verify,
};

const CHILD_DIR: &str = "EARMARK_TEST_COPY_DIR";

fn copied(from: &Path, to: &Path) -> Result<earmark_host::journal::Copied, CopyError> {
    copy(from, to, None, &mut |_| ())
}

/// What a directory holds besides those names.
fn others(dir: &Path, known: &[&str]) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| !known.iter().any(|name| path.ends_with(name))).collect()
}

#[test]
fn a_copy_beside_a_busy_writer_is_a_prefix_with_all_that_was_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("journal");
    let mut journal = SqliteJournal::create(&from, &sample_header(), &OpenOptions::default());
    let journal = journal.as_mut().unwrap();
    append_samples(journal, 300);
    let (ended, confirmed) = (AtomicBool::new(false), AtomicU64::new(300));
    let copies = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                append_samples(journal, 1);
                confirmed.store(journal.head().records, Ordering::Relaxed);
            }
        });
        let copies: Vec<(u64, PathBuf)> = (0..4)
            .map(|nth| {
                let (before, to) =
                    (confirmed.load(Ordering::Relaxed), dir.path().join(nth.to_string()));
                assert!(copied(&from, &to).unwrap().anchor.records >= before);
                (before, to)
            })
            .collect();
        ended.store(true, Ordering::Relaxed);
        copies
    });
    let written = confirmed.load(Ordering::Relaxed);
    assert!(written > 300 + 4, "the writer was held up: {written} records");
    let mut original = SqliteJournal::open_reader(&from).unwrap();
    for (before, to) in copies {
        let report = verify(&to, &mut |_| ()).unwrap();
        assert!((before..=written).contains(&report.head.records));
        assert_eq!((&report.header, report.anchor), (&sample_header(), report.head.anchor()));
        original.holds(&report.anchor).unwrap();
        // It goes on like any journal.
        let mut again = open(&to).unwrap();
        append_samples(&mut again, 3);
    }
    assert_eq!(others(dir.path(), &["journal", "0", "1", "2", "3"]), Vec::<PathBuf>::new());
}

#[test]
fn a_copy_under_another_id_has_the_same_contents_and_chain_and_is_another_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("journal"), dir.path().join("copy"));
    let records = write_journal(&from, 20, &OpenOptions::default());
    let whole = verify(&from, &mut |_| ()).unwrap();
    let copied = copy(&from, &to, Some([9; 16]), &mut |_| ()).unwrap();
    assert_eq!(copied.header, Header { id: [9; 16], ..sample_header() });
    assert_eq!(copied.anchor.chain, whole.head.chain);
    let mut reader = SqliteJournal::open_reader(&to).unwrap();
    let read: Vec<_> = read_all(&mut reader).unwrap().into_iter().map(|s| s.record).collect();
    assert_eq!(read, records);
    let other = reader.holds(&whole.anchor).unwrap_err();
    assert!(matches!(other, JournalError::OtherHistory { .. }), "{other:?}");
}

#[test]
fn the_newest_good_snapshot_goes_along_and_stands_where_it_stood() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("journal");
    let mut journal =
        SqliteJournal::create(&from, &sample_header(), &OpenOptions::default()).unwrap();
    let store = SnapshotStore::open(&from.join(SNAPSHOTS), 9).unwrap();
    let mut heads = Vec::new();
    for _ in 0..3 {
        append_samples(&mut journal, 5);
        let head = SnapshotHead { at: journal.anchor(), plugin: [4; 32] };
        heads.push(head);
        store.save(&head, &head.at.inputs.to_le_bytes()).unwrap();
    }
    drop(journal);
    let newest = from.join(SNAPSHOTS).join(format!("{:020}.snap", heads[2].at.inputs));
    flip(&newest, 140, 0);
    for id in [None, Some([9; 16])] {
        let to = dir.path().join(format!("copy-{}", id.is_some()));
        let copied = copy(&from, &to, id, &mut |_| ()).unwrap();
        assert_eq!((copied.snapshot, copied.skipped.len()), (Some(heads[1].at.inputs), 1));
        let mut reader = SqliteJournal::open_reader(&to).unwrap();
        let latest = SnapshotStore::beside(&to.join(SNAPSHOTS)).latest().unwrap();
        let snapshot = latest.snapshot.unwrap();
        reader.holds(&snapshot.head.at).unwrap();
        assert_eq!(snapshot.body, heads[1].at.inputs.to_le_bytes());
        assert_eq!(snapshot.head.at.chain, heads[1].at.chain);
    }
}

#[test]
fn a_damaged_journal_is_not_copied_and_the_place_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("journal"), dir.path().join("copy"));
    write_journal(&from, 40, &OpenOptions::default());
    open(&from).unwrap();
    let whole = std::fs::read(database(&from)).unwrap();
    // In the middle of the body of record 17, which is found by its first bytes.
    let sealed = SqliteJournal::open_reader(&from).unwrap();
    let record = { sealed }.read(1, 1_000).unwrap().swap_remove(16).record;
    let needle = &record.body[..16];
    let place = whole.windows(needle.len()).position(|window| window == needle).unwrap();
    flip(&database(&from), place + 3, 5);
    let refused = copied(&from, &to).unwrap_err();
    let named = format!("record 17 (inputs {}..{})", record.first_input, record.last_input());
    assert!(refused.to_string().contains(&named), "{refused}");
    std::fs::write(database(&from), &whole).unwrap();
    // A journal that lost its tail is none to keep for a rainy day either.
    let lost = dir.path().join("lost");
    write_journal(&lost, 50, &OpenOptions::default());
    copy_dir(&from, &dir.path().join("mixed"));
    std::fs::copy(anchor(&lost), anchor(&dir.path().join("mixed"))).unwrap();
    let refused = copied(&dir.path().join("mixed"), &to).unwrap_err();
    assert!(matches!(refused, CopyError::Journal(JournalError::TailLost { .. })), "{refused:?}");
    assert_eq!(others(dir.path(), &["journal", "lost", "mixed"]), Vec::<PathBuf>::new());
}

#[test]
fn nothing_is_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("journal"), dir.path().join("copy"));
    write_journal(&from, 3, &OpenOptions::default());
    copied(&from, &to).unwrap();
    let before = std::fs::read(database(&to)).unwrap();
    for taken in [&to, &from] {
        let refused = copied(&from, taken).unwrap_err();
        assert!(matches!(refused, CopyError::Draft(_)), "{refused:?}");
        assert!(refused.to_string().contains("there is something at"), "{refused}");
    }
    assert_eq!(std::fs::read(database(&to)).unwrap(), before);
    let missing = copied(&dir.path().join("nothing"), &dir.path().join("new")).unwrap_err();
    assert!(matches!(missing, CopyError::Journal(JournalError::Missing { .. })), "{missing:?}");
}

#[test]
fn an_empty_journal_can_be_copied() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("journal"), dir.path().join("copy"));
    write_journal(&from, 0, &OpenOptions::default());
    assert_eq!(copied(&from, &to).unwrap().anchor.records, 0);
    append_samples(&mut open(&to).unwrap(), 2);
}

/// Runs as parent and, told so by its environment, as the child that is killed.
#[test]
fn a_killed_copy_leaves_nothing_at_its_place_and_the_next_one_succeeds() {
    const NAME: &str = "copy::a_killed_copy_leaves_nothing_at_its_place_and_the_next_one_succeeds";
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        copy_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("journal"), dir.path().join("copy"));
    write_journal(&from, 60, &OpenOptions::default());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture"])
        .env(CHILD_DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "halfway"), "the child copies");
    let busy = copied(&from, &to).unwrap_err();
    assert!(busy.to_string().contains("another process is at work"), "{busy}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!to.exists());
    assert_eq!(others(dir.path(), &["journal"]).len(), 1, "what was begun is still there");
    assert_eq!(copied(&from, &to).unwrap().anchor.records, 60);
    verify(&to, &mut |_| ()).unwrap();
    assert_eq!(others(dir.path(), &["journal", "copy"]), Vec::<PathBuf>::new());
}

/// A limit on file size makes a write fail in the middle, below SQLite.
#[test]
fn a_copy_without_room_says_so_and_leaves_nothing() {
    const NAME: &str = "copy::a_copy_without_room_says_so_and_leaves_nothing";
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        let dir = Path::new(&dir);
        eprintln!(
            "refused: {}",
            full_text(&copied(&dir.join("journal"), &dir.join("copy")).unwrap_err())
        );
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    write_journal(&dir.path().join("journal"), 60, &OpenOptions::default());
    for kilobytes in [1, 64, 700] {
        let limited = format!("ulimit -f {kilobytes} && trap '' XFSZ && exec \"$@\"");
        let output = Command::new("bash")
            .args(["-c", &limited, "bash"])
            .arg(std::env::current_exe().unwrap())
            .args([NAME, "--exact", "--nocapture"])
            .env(CHILD_DIR, dir.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && text.contains("refused: "), "{kilobytes} kB: {text}");
        println!("{kilobytes} kB: {}", text.trim());
        assert_eq!(others(dir.path(), &["journal"]), Vec::<PathBuf>::new());
    }
    copied(&dir.path().join("journal"), &dir.path().join("copy")).unwrap();
}

fn copy_until_killed(dir: &Path) -> ! {
    let failed = copy(&dir.join("journal"), &dir.join("copy"), None, &mut |progress| {
        if progress.records == 30 {
            let mut out = std::io::stdout();
            writeln!(out, "\nhalfway").unwrap();
            out.flush().unwrap();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    });
    panic!("nobody killed it: {failed:?}");
}
