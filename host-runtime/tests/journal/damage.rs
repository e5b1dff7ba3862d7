//! Damage to a journal's files: whatever is changed, cut or lost is refused and named.
//!
//! Law: after any damage a journal either verifies to exactly what was written, or is refused.
//! SQLite alone does not give that: it drops the rest of its log behind a damaged frame.

use std::fs;
use std::path::Path;

use crate::journal_support::*;
use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{
    Head, Header, Journal, JournalError, JournalReader, OpenOptions, Place, RecordError,
    SqliteJournal, verify,
};
use rusqlite::Connection;

#[test]
fn a_journal_that_lost_its_last_rows_is_refused_and_the_loss_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_journal(dir.path(), 30, &OpenOptions::default());
    let ends = written[26].last_input();
    sql(dir.path(), &format!("DELETE FROM record WHERE first_input > {ends}"));
    let anchor = written[29].last_input();
    let lost = anchor - ends;
    let text = format!(
        "the journal ends at input {ends} but its anchor says {anchor}: {lost} inputs lost"
    );
    assert_eq!(open(dir.path()).unwrap_err().to_string(), text);
    assert_eq!(verify_quietly(dir.path()).unwrap_err().to_string(), text);
}

#[test]
fn a_journal_whose_log_is_gone_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("whole"), dir.path().join("cut"));
    let written = write_journal(&whole, 20, &all_in_the_log());
    let anchor = written[19].last_input();
    copy_dir(&whole, &cut);
    fs::remove_file(log(&cut)).unwrap();
    // The tables themselves were still in the log: what is left is an empty database.
    let error = open(&cut).unwrap_err();
    let expected = matches!(error, JournalError::TailLost { ends: 0, anchor: a } if a == anchor);
    assert!(expected, "{error:?}");
    assert_eq!(open(&whole).unwrap().head().records, 20);
}

#[test]
fn a_journal_that_lost_its_log_after_a_checkpoint_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_journal(dir.path(), 10, &all_in_the_log());
    let mut journal = SqliteJournal::open(dir.path(), &all_in_the_log()).unwrap();
    let second = append_samples(&mut journal, 10);
    drop(journal);
    fs::remove_file(log(dir.path())).unwrap();
    assert_tail_lost(dir.path(), first[9].last_input(), second[9].last_input());
}

#[test]
fn a_log_cut_anywhere_is_refused_or_complete() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("whole"), dir.path().join("cut"));
    let written = write_journal(&whole, 12, &all_in_the_log());
    let bytes = fs::read(log(&whole)).unwrap();
    let mut refused = 0;
    for step in 0..60 {
        let length = bytes.len() * step / 59;
        copy_dir(&whole, &cut);
        fs::write(log(&cut), &bytes[..length]).unwrap();
        match open(&cut) {
            Ok(journal) => assert_eq!(journal.head().records, 12, "cut to {length}"),
            Err(JournalError::TailLost { anchor, .. }) => {
                assert_eq!(anchor, written[11].last_input());
                refused += 1;
            }
            Err(other) => panic!("cut to {length}: {other:?}"),
        }
    }
    assert_eq!(refused, 59, "only the whole log is complete");
}

/// The reason for the anchor: SQLite passes such a journal as being in order.
#[test]
fn a_damaged_log_that_sqlite_calls_ok_is_caught_by_the_anchor() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, hurt) = (dir.path().join("whole"), dir.path().join("hurt"));
    let written = write_journal(&whole, 40, &all_in_the_log());
    copy_dir(&whole, &hurt);
    let length = fs::metadata(log(&hurt)).unwrap().len() as usize;
    flip(&log(&hurt), length * 2 / 3, 5);

    let connection = Connection::open(database(&hurt)).unwrap();
    connection.execute_batch("PRAGMA query_only = 1").unwrap();
    let text = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    let rows: i64 =
        connection.query_row("SELECT count(*) FROM record", (), |row| row.get(0)).unwrap();
    assert!((1..40).contains(&rows), "SQLite dropped the tail and kept {rows} rows");
    drop(connection);

    copy_dir(&whole, &hurt);
    flip(&log(&hurt), length * 2 / 3, 5);
    let ends = written[rows as usize - 1].last_input();
    assert_tail_lost(&hurt, ends, written[39].last_input());
    // Refusing changed nothing: the log is still there for whoever looks into it.
    assert_eq!(fs::metadata(log(&hurt)).unwrap().len() as usize, length);
}

#[test]
fn a_row_missing_in_the_middle_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_journal(dir.path(), 20, &OpenOptions::default());
    let (gone, last) = (written[4].first_input, written[4].last_input());
    sql(dir.path(), &format!("DELETE FROM record WHERE first_input = {gone}"));
    let place = Place::Record { number: 5, first_input: gone, last_input: Some(last) };
    assert_damaged_at(dir.path(), &place);
    let error = verify_quietly(dir.path()).unwrap_err();
    let named = format!("the journal is damaged at record 5 (inputs {gone}..{last})");
    assert!(error.to_string().starts_with(&named), "{error}");

    // The end is whole, so the journal opens; the reader stops at the gap.
    let journal = open(dir.path()).unwrap();
    let mut reader = journal.reader().unwrap();
    assert_eq!(reader.read(1, 4).unwrap().len(), 4);
    for from in [1, gone, last] {
        let read = reader.read(from, 99);
        assert!(matches!(read, Err(JournalError::Damaged { .. })), "{from}: {read:?}");
    }
    let behind = reader.read(written[5].first_input, 99);
    assert!(matches!(behind, Err(JournalError::Damaged { .. })), "its link leads nowhere");
    assert_eq!(reader.read(written[6].first_input, 99).unwrap().len(), 14);
}

#[test]
fn rows_with_exchanged_records_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_journal(dir.path(), 12, &OpenOptions::default());
    let (a, b) = (written[6].first_input, written[7].first_input);
    sql(
        dir.path(),
        &format!(
            "CREATE TEMP TABLE kept AS SELECT bytes FROM record WHERE first_input = {a};
             UPDATE record SET bytes = (SELECT bytes FROM record WHERE first_input = {b})
                WHERE first_input = {a};
             UPDATE record SET bytes = (SELECT bytes FROM kept) WHERE first_input = {b};"
        ),
    );
    let place = Place::Record { number: 7, first_input: a, last_input: Some(b - 1) };
    assert_damaged_at(dir.path(), &place);
}

#[test]
fn a_row_that_states_other_positions_than_its_record_is_named() {
    for column in ["first_event = first_event + 1", "first_input = first_input + 1"] {
        let dir = tempfile::tempdir().unwrap();
        write_journal(dir.path(), 12, &OpenOptions::default());
        let last = "(SELECT max(first_input) FROM record)";
        sql(dir.path(), &format!("UPDATE record SET {column} WHERE first_input = {last}"));
        for error in [verify_quietly(dir.path()).unwrap_err(), open(dir.path()).unwrap_err()] {
            let at_twelve = matches!(
                error,
                JournalError::Damaged { place: Place::Record { number: 12, .. }, .. }
            );
            assert!(at_twelve, "{column}: {error:?}");
        }
    }
}

#[test]
fn event_columns_never_mislead_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, hurt) = (dir.path().join("whole"), dir.path().join("hurt"));
    let written = write_journal(&whole, 40, &OpenOptions::default());
    let events = written[39].next_event();
    let mut seeded = Seeded(0xe7e);
    let (mut right, mut refused) = (0, 0);
    for _ in 0..20 {
        copy_dir(&whole, &hurt);
        let key = written[seeded.below(40)].first_input;
        let stated = seeded.below(2 * events as usize);
        sql(&hurt, &format!("UPDATE record SET first_event = {stated} WHERE first_input = {key}"));
        for event in 1..events {
            let mut reader = SqliteJournal::open_reader(&hurt).unwrap();
            match reader.read_events_from(event, 1) {
                Ok(read) => {
                    let record = &read[0].record;
                    assert!((record.first_event..record.next_event()).contains(&event), "{event}");
                    right += 1;
                }
                Err(JournalError::Damaged { .. }) => refused += 1,
                Err(other) => panic!("event {event}: {other:?}"),
            }
        }
    }
    assert!(right > 100 && refused > 100, "{right} right, {refused} refused");
}

#[test]
fn another_history_of_the_same_length_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    let written = write_journal(&ours, 8, &OpenOptions::default());
    let mut journal =
        SqliteJournal::create(&theirs, &sample_header(), &OpenOptions::default()).unwrap();
    append_samples(&mut journal, 7);
    let mut last = sample_record(&journal.head(), body_bytes(8));
    last.body[0] ^= 1;
    journal.append(&last).unwrap();
    drop(journal);
    fs::copy(anchor(&ours), anchor(&theirs)).unwrap();
    let input = written[7].last_input();
    for error in [open(&theirs).unwrap_err(), verify_quietly(&theirs).unwrap_err()] {
        let other = matches!(error, JournalError::OtherHistory { input: i } if i == input);
        assert!(other, "{error:?}");
    }
}

#[test]
fn a_journal_under_another_header_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write_journal(dir.path(), 3, &OpenOptions::default());
    let other = Header { id: *b"another-journal!", ..sample_header() };
    let hex: String = other.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    sql(dir.path(), &format!("UPDATE header SET bytes = x'{hex}'"));
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, JournalError::OtherHistory { .. }), "{error:?}");
    let error = verify_quietly(dir.path()).unwrap_err();
    let first = matches!(
        &error,
        JournalError::Damaged { place: Place::Record { number: 1, .. }, source }
            if source.downcast_ref() == Some(&RecordError::Previous)
    );
    assert!(first, "{error:?}");
}

#[test]
fn a_lost_anchor_is_refused_unless_it_is_accepted() {
    let lose: [fn(&Path); 2] = [
        |anchor| fs::remove_file(anchor).unwrap(),
        |anchor| {
            flip(anchor, 20, 0);
            flip(anchor, 4096 + 20, 0);
        },
    ];
    for lose in lose {
        let dir = tempfile::tempdir().unwrap();
        let written = write_journal(dir.path(), 5, &OpenOptions::default());
        lose(&anchor(dir.path()));
        for error in [open(dir.path()).unwrap_err(), verify_quietly(dir.path()).unwrap_err()] {
            let ends = written[4].last_input();
            let lost = matches!(error, JournalError::AnchorLost { ends: e, .. } if e == ends);
            assert!(lost, "{error:?}");
        }
        let accept = OpenOptions { accept_lost_anchor: true, ..OpenOptions::default() };
        assert_eq!(SqliteJournal::open(dir.path(), &accept).unwrap().head().records, 5);
        let report = verify_quietly(dir.path()).unwrap();
        assert_eq!((report.anchor, report.anchor_slots_damaged), (report.head.anchor(), 0));
    }
}

#[test]
fn accepting_a_lost_anchor_does_not_excuse_a_lost_tail() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_journal(dir.path(), 5, &OpenOptions::default());
    let last = written[4].first_input;
    sql(dir.path(), &format!("DELETE FROM record WHERE first_input = {last}"));
    let accept = OpenOptions { accept_lost_anchor: true, ..OpenOptions::default() };
    let error = SqliteJournal::open(dir.path(), &accept).unwrap_err();
    assert!(matches!(error, JournalError::TailLost { .. }), "{error:?}");
}

#[test]
fn one_damaged_anchor_slot_is_reported_and_mended_by_opening() {
    let dir = tempfile::tempdir().unwrap();
    write_journal(dir.path(), 5, &OpenOptions::default());
    for slot in [0, 4096] {
        flip(&anchor(dir.path()), slot + 40, 3);
        assert_eq!(verify_quietly(dir.path()).unwrap().anchor_slots_damaged, 1);
        assert_eq!(open(dir.path()).unwrap().head().records, 5);
        assert_eq!(verify_quietly(dir.path()).unwrap().anchor_slots_damaged, 0);
    }
}

#[test]
fn an_interrupted_creation_is_no_journal_and_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    write_journal(dir.path(), 0, &OpenOptions::default());
    fs::remove_file(database(dir.path())).unwrap();
    fs::remove_file(log(dir.path())).unwrap();
    for leave_empty_database in [false, true] {
        if leave_empty_database {
            fs::write(database(dir.path()), b"").unwrap();
        }
        let error = open(dir.path()).unwrap_err();
        assert!(matches!(error, JournalError::Missing { .. }), "{error:?}");
    }
    let written = write_journal(dir.path(), 3, &OpenOptions::default());
    let error =
        SqliteJournal::create(dir.path(), &sample_header(), &OpenOptions::default()).unwrap_err();
    assert!(matches!(error, JournalError::Exists { .. }), "{error:?}");
    fs::remove_file(database(dir.path())).unwrap();
    fs::remove_file(log(dir.path())).unwrap();
    let again = SqliteJournal::create(dir.path(), &sample_header(), &OpenOptions::default());
    let anchor = written[2].last_input();
    let lost = matches!(again, Err(JournalError::TailLost { ends: 0, anchor: a }) if a == anchor);
    assert!(lost, "{again:?}");
    assert_tail_lost(dir.path(), 0, anchor);
}

#[test]
fn a_foreign_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let missing = open(&dir.path().join("nothing")).unwrap_err();
    assert!(matches!(missing, JournalError::Missing { .. }), "{missing:?}");
    sql(dir.path(), "CREATE TABLE record (first_input INTEGER PRIMARY KEY)");
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error:?}");
    let error = SqliteJournal::open_reader(dir.path()).unwrap_err();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error:?}");
}

#[test]
fn a_second_writer_is_refused_while_the_first_lives() {
    let dir = tempfile::tempdir().unwrap();
    let mut first =
        SqliteJournal::create(dir.path(), &sample_header(), &OpenOptions::default()).unwrap();
    for error in [
        open(dir.path()).unwrap_err(),
        SqliteJournal::create(dir.path(), &sample_header(), &OpenOptions::default()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("is already open by another process"), "{error}");
    }
    append_samples(&mut first, 2);
    let mut reader = SqliteJournal::open_reader(dir.path()).unwrap();
    assert_eq!(reader.head().unwrap(), first.head());
    assert_eq!(verify_quietly(dir.path()).unwrap().head, first.head());
    drop(first);
    assert_eq!(open(dir.path()).unwrap().head().records, 2);
}

/// Here every record is whole, and only SQLite's own check of its pages sees the damage.
#[test]
fn damage_outside_all_records_is_found_by_the_full_check() {
    let dir = tempfile::tempdir().unwrap();
    write_journal(dir.path(), 10, &OpenOptions::default());
    Box::new(open(dir.path()).unwrap()).close().unwrap();
    // Byte 39 is the lowest one of the count of free pages in the database's file header.
    flip(&database(dir.path()), 39, 0);
    let error = verify_quietly(dir.path()).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { place: Place::Pages, .. }), "{error:?}");
    let mut reader = SqliteJournal::open_reader(dir.path()).unwrap();
    assert_eq!(read_all(&mut reader).unwrap().len(), 10);
}

#[test]
fn an_empty_journal_verifies_to_its_start() {
    let dir = tempfile::tempdir().unwrap();
    write_journal(dir.path(), 0, &OpenOptions::default());
    let report = verify_quietly(dir.path()).unwrap();
    assert_eq!(report.head, Head::start(&sample_header()));
    assert_eq!(report.header, sample_header());
}

/// Opening must not build on a log that it could not make durable.
#[test]
fn a_reader_in_the_middle_of_a_long_read_keeps_a_new_writer_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal =
        SqliteJournal::create(dir.path(), &sample_header(), &all_in_the_log()).unwrap();
    append_samples(&mut journal, 3);
    let reading = Connection::open(database(dir.path())).unwrap();
    reading.execute_batch("BEGIN; SELECT count(*) FROM record").unwrap();
    append_samples(&mut journal, 3);
    drop(journal);
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, JournalError::LogInUse { .. }), "{error:?}");
    reading.execute_batch("COMMIT").unwrap();
    assert_eq!(open(dir.path()).unwrap().head().records, 6);
}

fn verify_quietly(dir: &Path) -> Result<earmark_host::journal::Report, JournalError> {
    let mut steps: Vec<u64> = Vec::new();
    let report = verify(dir, &mut |progress| {
        assert!(progress.records <= progress.of_records);
        steps.push(progress.records);
    })?;
    let expected: Vec<u64> = (1..=report.head.records).collect();
    assert_eq!(steps, expected, "progress is called once a record");
    Ok(report)
}

#[track_caller]
fn assert_tail_lost(dir: &Path, ends: u64, anchor: u64) {
    let error = open(dir).unwrap_err();
    let expected = matches!(
        error,
        JournalError::TailLost { ends: e, anchor: a } if (e, a) == (ends, anchor)
    );
    assert!(expected, "expected the end at {ends} and the anchor at {anchor}, got {error:?}");
}

#[track_caller]
fn assert_damaged_at(dir: &Path, place: &Place) {
    let error = verify_quietly(dir).unwrap_err();
    let expected = matches!(&error, JournalError::Damaged { place: p, .. } if p == place);
    assert!(expected, "expected damage at {place:?}, got {}", full_text(&error));
}

/// Changes the database behind the journal's back.
fn sql(dir: &Path, statements: &str) {
    let connection = Connection::open(database(dir)).unwrap();
    connection.execute_batch(statements).unwrap();
}
