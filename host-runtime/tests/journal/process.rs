//! Journals under real ends of real processes: killed, out of file size, or still alive.
//!
//! Law: what a process acknowledged before it ended is there when the next one opens.
//! A killed process shows the order of writes, not the loss of unsynced ones: the system keeps
//! what a dead process wrote.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::journal_support::*;
use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{
    Head, Journal, JournalError, JournalReader, OpenOptions, SqliteJournal, verify,
};

const CHILD_DIR: &str = "EARMARK_TEST_JOURNAL_DIR";
const ROUNDS: u64 = 20;

/// Runs as parent and, told so by its environment, as the child that is killed.
#[test]
fn everything_acknowledged_survives_kill_nine() {
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        append_until_ended(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged_before = 0;
    for round in 0..ROUNDS {
        let mut child =
            child("process::everything_acknowledged_survives_kill_nine", dir.path(), None);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = first_ack(&mut lines);
        let refused = open(dir.path()).unwrap_err();
        assert!(matches!(refused, JournalError::AlreadyOpen { .. }), "{refused:?}");
        std::thread::sleep(Duration::from_millis(5 + round * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = lines.map_while(Result::ok).filter_map(ack).last().unwrap_or(acknowledged);
        assert!(acknowledged > acknowledged_before, "round {round} acknowledged nothing");
        let report = verify(dir.path(), &mut |_| ()).unwrap();
        // One record may have become durable just before its acknowledgement was cut off.
        let kept = report.head.records;
        assert!((acknowledged..=acknowledged + 1).contains(&kept), "{kept} of {acknowledged}");
        let journal = open(dir.path()).unwrap();
        assert_eq!(journal.head(), report.head);
        assert_samples(&mut *journal.reader().unwrap(), kept);
        acknowledged_before = acknowledged;
    }
    assert!(acknowledged_before > 100, "only {acknowledged_before} records in all rounds");
}

/// A limit on file size makes a write fail in the middle of a commit, below SQLite.
#[test]
fn a_failed_write_poisons_and_reopening_recovers_all_acknowledged() {
    const NAME: &str = "process::a_failed_write_poisons_and_reopening_recovers_all_acknowledged";
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        append_until_ended(Path::new(&dir));
    }
    for kilobytes in [200, 333, 1_000, 2_047] {
        let dir = tempfile::tempdir().unwrap();
        let child = child(NAME, dir.path(), Some(kilobytes));
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("then: the journal takes no more records"), "{text}");
        let acknowledged = output.stdout.lines().map_while(Result::ok).filter_map(ack).last();
        let acknowledged = acknowledged.expect("some records fit");
        let journal = open(dir.path()).unwrap();
        let kept = journal.head().records;
        assert!((acknowledged..=acknowledged + 1).contains(&kept), "{kept} of {acknowledged}");
        assert_samples(&mut *journal.reader().unwrap(), kept);
        assert_eq!(verify(dir.path(), &mut |_| ()).unwrap().head.records, kept);
    }
}

/// Starts this very test as a child; `kilobytes` limits the size of any file it writes.
fn child(test: &str, dir: &Path, kilobytes: Option<u64>) -> Child {
    let limit = kilobytes.map_or("true".to_owned(), |most| format!("ulimit -f {most}"));
    Command::new("bash")
        .args(["-c", &format!("{limit} && trap '' XFSZ && exec \"$@\""), "bash"])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The child: appends and acknowledges each record; after a failure says what a second try gave.
fn append_until_ended(dir: &Path) -> ! {
    let options = OpenOptions { checkpoint_pages: 64, ..OpenOptions::default() };
    let mut journal = match SqliteJournal::open(dir, &options) {
        Err(JournalError::Missing { .. }) => {
            SqliteJournal::create(dir, &sample_header(), &options).unwrap()
        }
        other => other.unwrap(),
    };
    let mut out = std::io::stdout();
    loop {
        let head = journal.head();
        match journal.append(&sample_record(&head, body_bytes(head.records + 1))) {
            Ok(head) => {
                writeln!(out, "\nack {}", head.records).unwrap();
                out.flush().unwrap();
            }
            Err(first) => {
                let again = journal.append(&sample_record(&head, 1)).unwrap_err();
                eprintln!("first: {}", full_text(&first));
                eprintln!("then: {again}");
                std::process::exit(3);
            }
        }
    }
}

fn ack(line: String) -> Option<u64> {
    line.strip_prefix("ack ")?.parse().ok()
}

fn first_ack(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> u64 {
    lines.map_while(Result::ok).find_map(ack).expect("the child acknowledges a record")
}

/// The records are exactly the samples, byte for byte.
fn assert_samples(reader: &mut dyn JournalReader, count: u64) {
    let mut head = Head::start(&sample_header());
    let read = read_all(reader).unwrap();
    assert_eq!(read.len() as u64, count);
    for sealed in read {
        assert_eq!(sealed.record, sample_record(&head, body_bytes(head.records + 1)));
        head = head.follow(&sealed).unwrap();
    }
}
