//! Nothing is answered, read or published before it is durable, and a journal that fails takes
//! nothing along that was acknowledged.
//!
//! Law: after a failed append nothing more is accepted until the journal is opened anew.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::partition_support::*;
use earmark_host::journal::{
    Clock, Fault, Head, Header, Journal, JournalError, JournalReader, MemoryJournal, OpenOptions,
    Record, SqliteJournal,
};
use earmark_host::partition::{NotAccepted, Options, Partition, Where};

fn header() -> Header {
    Header {
        id: [1; 16],
        plugin: "lines".into(),
        roles: Vec::new(),
        clock: Clock::Logical,
        created_at_ms: 0,
    }
}

fn over(journal: Box<dyn Journal>) -> Partition {
    let options = Options { clock: Clock::Logical, turn_inputs: 1, ..Options::new(Where::Memory) };
    Partition::over(Arc::new(Small::new()), journal, &options, &mut |_, _| {}).unwrap()
}

/// A journal whose disk is slow: an append waits until it is let through.
struct Slow {
    inner: MemoryJournal,
    gate: Mutex<Receiver<()>>,
}

impl Slow {
    fn new() -> (Self, SyncSender<()>) {
        let (open, gate) = sync_channel(64);
        (Self { inner: MemoryJournal::new(header()), gate: Mutex::new(gate) }, open)
    }
}

impl Journal for Slow {
    fn header(&self) -> &Header {
        self.inner.header()
    }

    fn head(&self) -> Head {
        self.inner.head()
    }

    fn append(&mut self, record: &Record) -> Result<Head, JournalError> {
        self.gate.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        self.inner.append(record)
    }

    fn sync_anchor(&mut self) -> Result<(), JournalError> {
        self.inner.sync_anchor()
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, JournalError> {
        self.inner.reader()
    }

    fn close(self: Box<Self>) -> Result<(), JournalError> {
        Box::new(self.inner).close()
    }
}

#[test]
fn nobody_sees_what_the_disk_does_not_have() {
    let (journal, gate) = Slow::new();
    let partition = over(Box::new(journal));
    let pending: Vec<Pending> =
        (1..=3).map(|nth| hand_in(&partition, vec![line("a", nth, "x")])).collect();
    // Long enough for the plugin to decide all of them, if it were only for that.
    std::thread::sleep(Duration::from_millis(150));
    for durable in 0..3_usize {
        assert_eq!(lines(&partition).len(), durable, "a query shows what is not durable");
        assert_eq!(partition.position().borrow().inputs, durable as u64);
        assert_eq!(partition.cursor("a").unwrap(), durable as u64);
        assert_eq!(partition.feed(1).unwrap().more().unwrap().len(), durable);
        assert!(pending[durable..].iter().all(Pending::none_answered), "answered too early");
        gate.send(()).unwrap();
        let mut position = partition.position();
        while position.borrow_and_update().inputs == durable as u64 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    for (nth, pending) in (1..).zip(pending) {
        assert_eq!(pending.wait()[0].as_ref().unwrap().input, nth);
    }
}

#[test]
fn a_duplicate_of_what_is_not_durable_yet_waits_with_it() {
    let (journal, gate) = Slow::new();
    let partition = over(Box::new(journal));
    let first = hand_in(&partition, vec![line("a", 1, "one")]);
    let again = hand_in(&partition, vec![line("a", 1, "one")]);
    std::thread::sleep(Duration::from_millis(100));
    assert!(first.none_answered() && again.none_answered(), "the duplicate overtook the first");
    gate.send(()).unwrap();
    assert!(!first.wait()[0].as_ref().unwrap().again);
    assert!(again.wait()[0].as_ref().unwrap().again);
}

#[test]
fn after_a_failed_append_nothing_is_accepted_and_nothing_acknowledged_is_lost() {
    for fault in [Fault::NotKept, Fault::Kept, Fault::Full] {
        let journal = MemoryJournal::new(header());
        let store = journal.store();
        let partition = over(Box::new(journal));
        for nth in 1..=3 {
            assert!(answers(&partition, vec![line("a", nth, "kept")])[0].is_ok());
        }
        store.fail_after(0, fault);
        for nth in 4..=6 {
            let told = answers(&partition, vec![line("a", nth, "after")]);
            let refused = matches!(told[0], Err(NotAccepted::Storage(_)));
            assert!(refused, "{fault:?}, {nth}: {told:?}");
        }
        // A retry of what is durable is not answered either: the partition has to be reopened.
        let retried = answers(&partition, vec![line("a", 3, "kept")]);
        assert!(matches!(retried[0], Err(NotAccepted::Storage(_))), "{fault:?}: {retried:?}");
        assert_eq!(lines(&partition), ["kept"; 3], "{fault:?}: reads show what is durable");
        assert_eq!(partition.position().borrow().inputs, 3);
        drop(partition);
        let partition = over(Box::new(store.open().unwrap()));
        let kept = lines(&partition);
        let more = usize::from(fault == Fault::Kept);
        assert_eq!(kept.len(), 3 + more, "{fault:?}: {kept:?}");
        // Whoever was refused tries again, and it is there once, whether it had been kept or not.
        let told = answers(&partition, vec![line("a", 4, "after")]);
        assert_eq!(told[0].as_ref().unwrap().again, fault == Fault::Kept, "{fault:?}");
        assert_eq!(lines(&partition).len(), 4, "{fault:?}");
    }
}

#[test]
fn a_full_disk_is_a_clean_error_and_all_that_was_acknowledged_is_there_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut cramped = logical(folder.path());
    cramped.journal = OpenOptions { max_bytes: Some(1 << 20), ..OpenOptions::default() };
    let text = "x".repeat(20_000);
    let mut acknowledged = 0_u64;
    let why = {
        let partition = open(Small::new(), &cramped);
        loop {
            match answers(&partition, vec![line("a", acknowledged + 1, &text)]).remove(0) {
                Ok(_) => acknowledged += 1,
                Err(NotAccepted::Storage(why)) => break why,
                Err(other) => panic!("after {acknowledged}: {other:?}"),
            }
            assert!(acknowledged < 1_000, "the disk is never full");
        }
    };
    println!("{acknowledged} acknowledged, then: {why}");
    assert!(acknowledged > 10 && why.contains("full"), "{acknowledged}, then: {why}");
    earmark_host::journal::verify(folder.path(), &mut |_| {}).unwrap();
    let partition = open(Small::new(), &logical(folder.path()));
    assert_eq!(lines(&partition).len() as u64, acknowledged);
    assert!(answers(&partition, vec![line("a", acknowledged + 1, &text)])[0].is_ok());
    drop(partition);
    assert_eq!(
        SqliteJournal::open(folder.path(), &OpenOptions::default()).unwrap().head().next_input,
        acknowledged + 2
    );
}
