//! A partition over a journal that was restored from an older backup: what its sources are told.
//!
//! Law: what the backup has is never carried out again, and what it lacks can be handed in again,
//! once, as long as nothing newer of the same source came first.

use crate::partition_support::*;
use earmark_host::journal::{SNAPSHOTS, SnapshotStore, SqliteJournal, copy};
use earmark_host::partition::{NotAccepted, Options, Partition, rebuild};

/// A partition that took three lines of `a`, was backed up, and took three more; and the one that
/// was restored from that.
fn before_and_after(dir: &std::path::Path, with_snapshot: bool) -> (Partition, Partition) {
    let of = |name: &str| Options { snapshot_every: 1_000, ..logical(&dir.join(name)) };
    let first = open(Small::new(), &of("first"));
    for nth in 1..=3 {
        assert!(answers(&first, vec![line("a", nth, &format!("line {nth}"))])[0].is_ok());
    }
    if with_snapshot {
        first.save_snapshot().unwrap();
    }
    copy(&dir.join("first"), &dir.join("backup"), None, &mut |_| ()).unwrap();
    for nth in 4..=6 {
        assert!(answers(&first, vec![line("a", nth, &format!("line {nth}"))])[0].is_ok());
    }
    let id = Some([5; 16]);
    let restored = copy(&dir.join("backup"), &dir.join("restored"), id, &mut |_| ()).unwrap();
    assert_eq!(restored.snapshot, with_snapshot.then_some(3));
    (first, open(Small::new(), &of("restored")))
}

#[test]
fn a_source_that_begins_again_where_it_is_known_loses_and_repeats_nothing() {
    for with_snapshot in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (first, restored) = before_and_after(dir.path(), with_snapshot);
        assert_ne!(first.header().id, restored.header().id);
        assert_eq!(restored.cursor("a").unwrap(), 3);
        for nth in 1..=6 {
            let told = answers(&restored, vec![line("a", nth, &format!("line {nth}"))]).remove(0);
            match told {
                Ok(receipt) => assert_eq!(receipt.again, nth <= 3, "{nth}"),
                // A snapshot has the cursors, and not the outcomes.
                Err(NotAccepted::LongAgo { sequence, .. }) => {
                    assert!(with_snapshot && sequence == nth && nth <= 3, "{nth}");
                }
                Err(other) => panic!("{nth}: {other}"),
            }
        }
        assert_eq!(lines(&restored), lines(&first));
        assert_eq!(restored.digest().unwrap(), first.digest().unwrap(), "and so is the chain");
    }
}

#[test]
fn a_source_that_goes_on_with_something_new_can_not_make_up_for_what_was_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (_, restored) = before_and_after(dir.path(), false);
    assert!(answers(&restored, vec![line("a", 7, "line 7")])[0].is_ok());
    let told = answers(&restored, vec![line("a", 4, "line 4")]).remove(0);
    assert!(matches!(told, Err(NotAccepted::LongAgo { sequence: 4, .. })), "{told:?}");
    assert_eq!(lines(&restored), ["line 1", "line 2", "line 3", "line 7"]);
}

#[test]
fn a_copied_snapshot_is_begun_with_though_the_journal_has_another_id() {
    let dir = tempfile::tempdir().unwrap();
    let (first, restored) = before_and_after(dir.path(), true);
    drop(restored);
    let store = SnapshotStore::beside(&dir.path().join("restored").join(SNAPSHOTS));
    assert!(store.latest().unwrap().snapshot.is_some_and(|s| s.head.at.inputs == 3));
    let mut reader = SqliteJournal::open_reader(&dir.path().join("restored")).unwrap();
    let rebuilt = rebuild(&Small::new(), &mut reader, Some(&store), 1, &mut |_, _| {}).unwrap();
    assert_eq!((rebuilt.from_snapshot, rebuilt.skipped), (Some(3), Vec::new()));
    assert_eq!(rebuilt.position.inputs, 3);
    drop(first);
}
