//! Whatever road a partition takes back to its state, it is the same state.
//!
//! Law: the journal is the truth; a snapshot only shortens the road, and a bad one only lengthens
//! it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::partition_support::*;
use earmark_host::journal::{Clock, SqliteJournal};
use earmark_host::partition::{Caller, NotSaved, OpenError, Options, Partition, Position, rebuild};
use earmark_host::plugin::Fault;

/// A journal of 60 inputs in 20 turns, with snapshots at 30 and 45; its digest and position.
fn fill(dir: &Path) -> ([u8; 32], Position) {
    let partition = open(Small::new(), &with_snapshots(dir));
    for turn in 0..20_u64 {
        let list = vec![
            line("a", turn * 2 + 1, &format!("a {turn}")),
            command(REFUSE, ""),
            line("b", turn + 1, &format!("b {turn}")),
        ];
        assert!(answers(&partition, list).iter().all(Result::is_ok));
        if [9, 14].contains(&turn) {
            partition.save_snapshot().unwrap();
        }
    }
    partition.digest().unwrap()
}

fn with_snapshots(dir: &Path) -> Options {
    Options { snapshot_every: 1_000_000, ..logical(dir) }
}

/// The snapshots, the newest last.
fn snapshots(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("snapshots")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn a_restart_from_a_snapshot_a_replay_and_a_rebuild_come_to_one_state() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let followed = fill(dir);
    assert_eq!(snapshots(dir).len(), 2, "{:?}", snapshots(dir));
    let from_snapshot = open(Small::new(), &with_snapshots(dir)).digest().unwrap();
    assert_eq!(from_snapshot, followed, "the state after a snapshot");
    let mut reader = SqliteJournal::open_reader(dir).unwrap();
    let mut rebuilt = rebuild(&Small::new(), &mut reader, None, 1, &mut |_, _| {}).unwrap();
    assert_eq!(rebuilt.from_snapshot, None);
    let digest_of_rebuilt = digest(rebuilt.bodies[0].as_mut());
    assert_eq!((digest_of_rebuilt, rebuilt.position), followed, "the state without any");
    fs::remove_dir_all(dir.join("snapshots")).unwrap();
    let partition = open(Small::new(), &with_snapshots(dir));
    assert_eq!(partition.digest().unwrap(), followed, "the state of a whole replay");
    assert_eq!(partition.cursor("a").unwrap(), 39);
    assert_eq!(lines(&partition).len(), 40);
}

/// The leader decides, the follower applies: what the leader decides next shows what it holds.
#[test]
fn the_leader_and_the_follower_hold_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let alarm = |at: u64| (ALARM, at.to_le_bytes().to_vec(), None);
    let at = |dir: &Path, restarts: bool| {
        let mut partition = open(Small::new(), &logical(dir));
        for turn in 1..=20_u64 {
            let list = vec![line("a", turn, "x"), alarm(turn % 3), command(TICK, "")];
            assert!(answers(&partition, list).iter().all(Result::is_ok));
            if restarts {
                // The next leader is what the follower was: a state that was only ever applied.
                drop(partition);
                partition = open(Small::new(), &logical(dir));
            }
        }
        partition.digest().unwrap()
    };
    let steady = at(&folder.path().join("steady"), false);
    let restarted = at(&folder.path().join("restarted"), true);
    assert_eq!(steady, restarted, "what was decided and what was applied differ");
}

#[test]
fn a_damaged_snapshot_only_makes_the_road_longer() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let wanted = fill(dir);
    let newest = snapshots(dir).pop().unwrap();
    let whole = fs::read(&newest).unwrap();
    for damage in 0..6 {
        let mut bytes = whole.clone();
        match damage {
            0 => bytes.truncate(whole.len() / 2),
            1 => bytes.clear(),
            2 => bytes[0] ^= 1,
            3 => bytes[20] ^= 4,
            4 => bytes[whole.len() / 2] ^= 16,
            _ => bytes[whole.len() - 1] ^= 128,
        }
        fs::write(&newest, &bytes).unwrap();
        let partition = open(Small::new(), &with_snapshots(dir));
        assert_eq!(partition.digest().unwrap(), wanted, "damage {damage}");
        assert_eq!(partition.cursor("b").unwrap(), 20, "damage {damage}");
    }
    for path in snapshots(dir) {
        fs::write(path, b"nothing").unwrap();
    }
    assert_eq!(open(Small::new(), &with_snapshots(dir)).digest().unwrap(), wanted);
}

#[test]
fn a_snapshot_of_another_history_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, other) = (folder.path().join("mine"), folder.path().join("other"));
    let wanted = fill(&mine);
    {
        let partition = open(Small::new(), &with_snapshots(&other));
        let list = (1..=50).map(|nth| line("z", nth, "of another history")).collect();
        assert!(answers(&partition, list).iter().all(Result::is_ok));
        partition.save_snapshot().unwrap();
    }
    let foreign = snapshots(&other).pop().unwrap();
    fs::copy(&foreign, mine.join("snapshots").join(foreign.file_name().unwrap())).unwrap();
    let partition = open(Small::new(), &with_snapshots(&mine));
    assert_eq!(partition.digest().unwrap(), wanted);
    assert_eq!(partition.cursor("z").unwrap(), 0);
}

#[test]
fn a_snapshot_that_is_being_saved_is_there_when_the_partition_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { snapshot_every: 10, ..logical(folder.path()) };
    let partition = open(Small::new(), &options);
    let list = (1..=10).map(|nth| line("a", nth, "one of ten")).collect();
    assert!(answers(&partition, list).iter().all(Result::is_ok));
    drop(partition);
    assert_eq!(snapshots(folder.path()).len(), 1);
}

#[test]
fn who_asks_for_a_snapshot_that_can_not_be_saved_is_told_and_the_partition_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let partition = open(Small::new(), &with_snapshots(folder.path()));
    let place = folder.path().join("snapshots");
    fs::remove_dir(&place).unwrap();
    fs::write(&place, b"in the way").unwrap();
    let told = partition.save_snapshot().unwrap_err();
    assert!(matches!(&told, NotSaved::Store(why) if why.contains("can't write")), "{told}");
    assert_eq!(partition.meters().snapshots_failed.get(), 1);
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    assert!(answers(&partition, vec![line("a", 1, "one")]).iter().all(Result::is_ok));
    partition.save_snapshot().unwrap();
    assert_eq!(snapshots(folder.path()).len(), 1);
}

#[test]
fn a_journal_is_opened_by_its_own_plugin_and_clock_only() {
    let folder = tempfile::tempdir().unwrap();
    let options = with_snapshots(folder.path());
    fill(folder.path());
    let try_open = |bodies: Small, options: &Options| {
        Partition::open(std::sync::Arc::new(bodies), options, &mut |_, _| {}).map(drop)
    };
    let error = try_open(Small::new().named("columns"), &options).unwrap_err();
    assert!(matches!(error, OpenError::OtherPlugin { .. }), "{error:?}");
    let told = "the journal holds turns of the plugin `lines`, not of `columns`: \
         name the file of the journal's own with --plugin, or another directory";
    assert_eq!(error.to_string(), told);
    let live = Options { clock: Clock::Live, ..options.clone() };
    let error = try_open(Small::new(), &live).unwrap_err();
    assert!(matches!(error, OpenError::OtherClock(Clock::Logical)), "{error:?}");
    try_open(Small::new(), &options).unwrap();
}

#[test]
fn a_rebuild_that_replayed_much_is_followed_by_a_snapshot_so_that_the_next_is_short() {
    let deed = Deed { needle: "poison", kind: 0, fast: Some(Fault::Fuel(1)), metered: None };
    let by = Caller { subject: "mallory".into(), scopes: Vec::new() };
    for (count, wanted) in [(50_001_u64, 1), (40_000, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let bodies = Small::rogue(vec![deed.clone()]);
        let partition = open(bodies, &with_snapshots(folder.path()));
        let list = (1..=count).map(|nth| line("a", nth, "x")).collect();
        assert!(answers(&partition, list).iter().all(Result::is_ok));
        assert!(partition.query(&by, 0, b"poison").is_err());
        assert!(answers(&partition, vec![line("a", count + 1, "x")])[0].is_ok());
        assert_eq!(lines(&partition).len() as u64, count + 1);
        assert_eq!(snapshots(folder.path()).len(), wanted, "after {count} inputs");
    }
}
