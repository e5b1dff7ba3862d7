//! The journal's contract as data: what every implementation must pass.
//!
//! Law: a case knows an implementation only through its traits, so that what it shows holds
//! for whoever is behind them.

use super::{Clock, Head, Header, Journal, JournalError, JournalReader, READ_BYTES_MAX, Record};
use super::{RecordError, Sealed};

/// Where an implementation's journals come from. A bench is used for one case.
pub trait Bench {
    /// Creates the bench's journal.
    ///
    /// # Errors
    ///
    /// The implementation's.
    fn create(&mut self, header: &Header) -> Result<Box<dyn Journal>, JournalError>;

    /// Creates the bench's journal such that it runs out of room within about 64 MiB.
    ///
    /// # Errors
    ///
    /// The implementation's.
    fn create_cramped(&mut self, header: &Header) -> Result<Box<dyn Journal>, JournalError>;

    /// Opens the bench's journal, with room enough, whatever became of the last writer.
    ///
    /// # Errors
    ///
    /// The implementation's.
    fn open(&mut self) -> Result<Box<dyn Journal>, JournalError>;
}

/// One case of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What it shows, as a sentence.
    pub name: &'static str,
    /// Runs it; the error says what was not as promised.
    pub run: fn(&mut dyn Bench) -> Outcome,
}

/// What a case comes to.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// All cases.
pub const CASES: &[Case] = &[
    Case { name: "an empty journal begins at one", run: empty_begins_at_one },
    Case { name: "each append moves the head and is linked", run: appends_are_linked },
    Case { name: "a record that does not continue changes nothing", run: gaps_are_refused },
    Case { name: "a read begins at any input", run: reads_from_any_input },
    Case { name: "a read begins at any event", run: reads_from_any_event },
    Case { name: "a read behind the end is refused", run: beyond_the_end },
    Case { name: "bodies of all sizes come back", run: bodies_of_all_sizes },
    Case { name: "a read is bounded in bytes", run: reads_are_bounded },
    Case { name: "an ended writer leaves everything", run: reopening_continues },
    Case { name: "a closed journal opens again", run: closing_in_order },
    Case { name: "a reader on another thread follows the writer", run: reader_follows },
    Case { name: "a reader outlives its writer", run: reader_outlives_writer },
    Case { name: "the journal holds every anchor it gave", run: anchors_are_held },
    Case { name: "a second writer is refused", run: second_writer_is_refused },
    Case { name: "a journal without room is poisoned and loses nothing", run: out_of_room },
];

/// A header for tests.
#[must_use]
pub fn sample_header() -> Header {
    Header {
        id: *b"contract-journal",
        plugin: "contract".to_owned(),
        roles: vec!["order".to_owned(), "inventory".to_owned()],
        clock: Clock::Logical,
        created_at_ms: 1_700_000_000_000,
    }
}

/// The record after `head`, with contents that follow from its place: every seventh has no
/// events, and no two have equal bodies.
#[must_use]
pub fn sample_record(head: &Head, body_bytes: usize) -> Record {
    let number = head.records.wrapping_add(1);
    let inputs = u32::try_from(number % 4).unwrap_or(0).saturating_add(1);
    let events = if number.is_multiple_of(7) { 0 } else { inputs.saturating_add(2) };
    let mut chain = blake3::Hasher::new();
    chain.update(&head.chain).update(&number.to_le_bytes());
    let mut body = vec![0; body_bytes];
    chain.finalize_xof().fill(&mut body);
    Record {
        first_input: head.next_input,
        inputs,
        first_event: head.next_event,
        events,
        chain: *chain.finalize().as_bytes(),
        body,
    }
}

/// Fails the case with a text unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+).into());
        }
    };
}

fn empty_begins_at_one(bench: &mut dyn Bench) -> Outcome {
    let header = sample_header();
    let journal = bench.create(&header)?;
    let start = Head::start(&header);
    ensure!(*journal.header() == header, "the header is {:?}", journal.header());
    ensure!(journal.head() == start, "the head is {:?}", journal.head());
    let numbers = (start.next_input, start.next_event, start.records);
    ensure!(numbers == (1, 1, 0), "the head starts at {numbers:?}");
    let mut reader = journal.reader()?;
    ensure!(*reader.header() == header, "the reader's header is {:?}", reader.header());
    ensure!(reader.head()? == start, "the reader's head is another");
    for from in [0, 1] {
        ensure!(reader.read(from, 9)?.is_empty(), "records from {from} in an empty journal");
        ensure!(reader.read_events_from(from, 9)?.is_empty(), "events in an empty journal");
    }
    reader.holds(&journal.anchor())?;
    Ok(())
}

fn appends_are_linked(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let written = fill(&mut *journal, 40, 300)?;
    let read = journal.read(1, usize::MAX)?;
    ensure!(read.len() == written.len(), "{} records of {}", read.len(), written.len());
    let mut head = Head::start(journal.header());
    for (sealed, (record, after)) in read.iter().zip(&written) {
        ensure!(sealed.record == *record, "record {} is not as written", sealed.number);
        head = head.follow(sealed)?;
        ensure!(head == *after, "append returned {after:?}, the record gives {head:?}");
    }
    ensure!(head == journal.head(), "the journal's head is another");
    Ok(())
}

fn gaps_are_refused(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    fill(&mut *journal, 3, 10)?;
    let head = journal.head();
    let good = sample_record(&head, 10);
    let wrong = [
        Record { first_input: good.first_input + 1, ..good.clone() },
        Record { first_input: good.first_input - 1, ..good.clone() },
        Record { first_event: good.first_event + 1, ..good.clone() },
        Record { first_event: good.first_event - 1, ..good.clone() },
        Record { inputs: 0, ..good.clone() },
    ];
    for record in &wrong {
        let refused = journal.append(record);
        let typed = matches!(refused, Err(JournalError::NotContinuing(_)));
        ensure!(typed, "appending {record:?} gave {refused:?}");
        ensure!(journal.head() == head, "a refused record moved the head");
    }
    let refused = journal.append(&Record { inputs: 0, ..good.clone() });
    let named = matches!(refused, Err(JournalError::NotContinuing(RecordError::NoInputs)));
    ensure!(named, "a record without inputs gave {refused:?}");
    journal.append(&good)?;
    ensure!(journal.read(1, 99)?.len() == 4, "a refused record is in the journal");
    Ok(())
}

fn reads_from_any_input(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let written = records(fill(&mut *journal, 25, 20)?);
    let mut reader = journal.reader()?;
    for from in 0..journal.head().next_input {
        for limit in [0, 1, 3, 100] {
            let expected: Vec<&Record> =
                written.iter().filter(|record| record.next_input() > from.max(1)).collect();
            check_read(reader.read(from, limit)?, &expected, limit, from)?;
            check_read(journal.read(from, limit)?, &expected, limit, from)?;
        }
    }
    let next = journal.head().next_input;
    ensure!(reader.read(next, 5)?.is_empty(), "records from the next input on");
    ensure!(journal.read(next, 5)?.is_empty(), "a fresh reader has records from there on");
    Ok(())
}

fn reads_from_any_event(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let written = records(fill(&mut *journal, 35, 20)?);
    let eventless = written.iter().filter(|record| record.events == 0).count();
    ensure!(eventless > 2, "the sample has too few records without events");
    let mut reader = journal.reader()?;
    for from in 0..journal.head().next_event {
        for limit in [0, 1, 3, 100] {
            let has = |record: &&Record| record.events > 0 && record.next_event() > from.max(1);
            let expected: Vec<&Record> = written.iter().filter(has).collect();
            check_read(reader.read_events_from(from, limit)?, &expected, limit, from)?;
        }
        let fresh = journal.reader()?.read_events_from(from, 1)?;
        let first = fresh.first().map(|sealed| &sealed.record);
        let has = |record: &&Record| record.events > 0 && record.next_event() > from.max(1);
        ensure!(first == written.iter().find(has), "a fresh reader from {from} has {first:?}");
    }
    let next = journal.head().next_event;
    ensure!(reader.read_events_from(next, 5)?.is_empty(), "records from the next event on");
    let fresh = journal.reader()?.read_events_from(next, 5)?;
    ensure!(fresh.is_empty(), "a fresh reader has events from there on");
    Ok(())
}

fn beyond_the_end(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    for appended in 0..3 {
        let head = journal.head();
        let mut reader = journal.reader()?;
        for ahead in [1, 1000, u64::MAX - head.next_input.max(head.next_event)] {
            let input = reader.read(head.next_input + ahead, 1);
            let event = reader.read_events_from(head.next_event + ahead, 1);
            for refused in [input, event] {
                let typed = matches!(refused, Err(JournalError::Beyond { .. }));
                ensure!(typed, "{ahead} behind the end of {appended} records gave {refused:?}");
            }
        }
        journal.append(&sample_record(&head, 30))?;
    }
    Ok(())
}

fn bodies_of_all_sizes(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let page = 16 * 1024;
    let around_a_page = (page - 400)..(page + 10);
    let sizes = [0, 1, 2, 100, 2 * page, 100_000, 1_000_000].into_iter();
    let mut written = Vec::new();
    for size in sizes.chain(around_a_page.step_by(13)) {
        let record = sample_record(&journal.head(), size);
        journal.append(&record)?;
        written.push(record);
    }
    let read: Vec<Record> =
        journal.read(1, usize::MAX)?.into_iter().map(|sealed| sealed.record).collect();
    ensure!(read == written, "a body came back changed");
    Ok(())
}

fn reads_are_bounded(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    fill(&mut *journal, 3, READ_BYTES_MAX / 2 + 1)?;
    fill(&mut *journal, 1, READ_BYTES_MAX + 1)?;
    fill(&mut *journal, 2, 10)?;
    let mut reader = journal.reader()?;
    let (mut from, mut counts) = (1, Vec::new());
    loop {
        let some = reader.read(from, usize::MAX)?;
        let Some(last) = some.last() else { break };
        from = last.record.next_input();
        counts.push(some.len());
    }
    ensure!(counts == [1, 1, 1, 1, 2], "the reads had {counts:?} records");
    Ok(())
}

fn reopening_continues(bench: &mut dyn Bench) -> Outcome {
    let header = sample_header();
    let mut journal = bench.create(&header)?;
    let mut written = Vec::new();
    for round in 0..5 {
        written.extend(records(fill(&mut *journal, round, 500)?));
        let before = journal.head();
        drop(journal);
        journal = bench.open()?;
        ensure!(journal.head() == before, "round {round}: the head is {:?}", journal.head());
        ensure!(*journal.header() == header, "round {round}: the header changed");
    }
    let read = journal.read(1, usize::MAX)?;
    let expected: Vec<&Record> = written.iter().collect();
    check_read(read, &expected, usize::MAX, 1)
}

fn closing_in_order(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    fill(&mut *journal, 5, 500)?;
    let before = journal.head();
    journal.close()?;
    let mut journal = bench.open()?;
    ensure!(journal.head() == before, "the head is {:?}", journal.head());
    fill(&mut *journal, 5, 500)?;
    journal.sync_anchor()?;
    journal.close()?;
    ensure!(bench.open()?.head().records == 10, "the second half is missing");
    Ok(())
}

fn reader_follows(bench: &mut dyn Bench) -> Outcome {
    const RECORDS: u64 = 200;
    let mut journal = bench.create(&sample_header())?;
    let mut reader = journal.reader()?;
    let following = std::thread::spawn(move || follow_to(&mut *reader, RECORDS));
    fill(&mut *journal, RECORDS, 2_000)?;
    let followed = following.join().map_err(|_| "the reader's thread panicked")?;
    let head = followed.map_err(|error| format!("the reader failed: {error:?}"))?;
    ensure!(head == journal.head(), "the reader ended at {head:?}");
    Ok(())
}

fn reader_outlives_writer(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let mut reader = journal.reader()?;
    fill(&mut *journal, 6, 20_000)?;
    let from = journal.head().next_input;
    ensure!(reader.read(1, 99)?.len() == 6, "the first writer's records are not all there");
    drop(journal);
    let mut journal = bench.open()?;
    let written = records(fill(&mut *journal, 6, 20_000)?);
    let expected: Vec<&Record> = written.iter().collect();
    check_read(reader.another()?.read(from, 99)?, &expected, 99, from)?;
    check_read(reader.read(from, 99)?, &expected, 99, from)?;
    ensure!(reader.head()? == journal.head(), "the reader sees another head");
    Ok(())
}

fn anchors_are_held(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let mut anchors = vec![journal.anchor()];
    for _ in 0..12 {
        fill(&mut *journal, 1, 50)?;
        anchors.push(journal.anchor());
    }
    let mut reader = journal.reader()?;
    for anchor in &anchors {
        reader.holds(anchor)?;
        let mut other = *anchor;
        other.hash = [0xee; 32];
        let refused = reader.holds(&other);
        let typed = matches!(refused, Err(JournalError::OtherHistory { .. }));
        ensure!(typed, "another hash at input {} gave {refused:?}", anchor.inputs);
    }
    let mut ahead = journal.anchor();
    ahead.records += 1;
    ahead.inputs += 9;
    let (ends, anchor) = (ahead.inputs - 9, ahead.inputs);
    match reader.holds(&ahead) {
        Err(JournalError::TailLost { ends: e, anchor: a }) if (e, a) == (ends, anchor) => Ok(()),
        other => Err(format!("an anchor ahead of the journal gave {other:?}").into()),
    }
}

fn second_writer_is_refused(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create(&sample_header())?;
    let second = bench.open().map(|second| second.head());
    let typed = matches!(second, Err(JournalError::AlreadyOpen { .. }));
    ensure!(typed, "the second writer got {second:?}");
    fill(&mut *journal, 2, 50)?;
    drop(journal);
    ensure!(bench.open()?.head().records == 2, "the first writer's records are missing");
    Ok(())
}

fn out_of_room(bench: &mut dyn Bench) -> Outcome {
    let mut journal = bench.create_cramped(&sample_header())?;
    let mut kept = Vec::new();
    let refused = loop {
        ensure!(kept.len() < 1024, "64 MiB found room");
        let record = sample_record(&journal.head(), 64 * 1024);
        match journal.append(&record) {
            Ok(_) => kept.push(record),
            Err(error) => break error,
        }
    };
    ensure!(!kept.is_empty(), "not one record found room");
    ensure!(matches!(refused, JournalError::Full { .. }), "without room came {refused:?}");
    let head = journal.head();
    for body_bytes in [64 * 1024, 1] {
        let again = journal.append(&sample_record(&head, body_bytes));
        let typed = matches!(again, Err(JournalError::Poisoned { .. }));
        ensure!(typed, "after the failure came {again:?}");
    }
    let synced = journal.sync_anchor();
    let typed = matches!(synced, Err(JournalError::Poisoned { .. }));
    ensure!(typed, "the anchor of a poisoned journal gave {synced:?}");
    let expected: Vec<&Record> = kept.iter().collect();
    check_read(journal.read(1, kept.len())?, &expected, kept.len(), 1)?;
    drop(journal);
    let mut journal = bench.open()?;
    check_read(journal.read(1, kept.len())?, &expected, kept.len(), 1)?;
    fill(&mut *journal, 1, 64 * 1024)?;
    Ok(())
}

/// Appends `count` sample records; returns each with the head that its append returned.
fn fill(
    journal: &mut dyn Journal,
    count: u64,
    body_bytes: usize,
) -> Result<Vec<(Record, Head)>, JournalError> {
    let mut written = Vec::new();
    for _ in 0..count {
        let record = sample_record(&journal.head(), body_bytes);
        let head = journal.append(&record)?;
        written.push((record, head));
    }
    Ok(written)
}

fn records(written: Vec<(Record, Head)>) -> Vec<Record> {
    written.into_iter().map(|(record, _)| record).collect()
}

fn check_read(read: Vec<Sealed>, expected: &[&Record], limit: usize, from: u64) -> Outcome {
    let wanted = expected.iter().take(limit);
    ensure!(read.len() == wanted.len(), "{} records from {from}, limit {limit}", read.len());
    for (sealed, record) in read.iter().zip(wanted) {
        ensure!(sealed.record == **record, "from {from} came {:?}", sealed.number);
    }
    Ok(())
}

/// Reads on and on until `records` records came; each read must go on where the last ended.
fn follow_to(reader: &mut dyn JournalReader, records: u64) -> Result<Head, JournalError> {
    let mut head = Head::start(reader.header());
    while head.records < records {
        for sealed in reader.read(head.next_input, 3)? {
            head = head.follow(&sealed).map_err(JournalError::NotContinuing)?;
        }
        std::thread::yield_now();
    }
    Ok(head)
}
