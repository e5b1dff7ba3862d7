//! The snapshot store: a damaged snapshot is skipped and named, a whole one comes back.
//!
//! Law: whatever happens to the files, `latest` gives a snapshot as it was saved, or none.

use std::fs;
use std::path::Path;

use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{
    Anchor, Journal, MemoryJournal, Snapshot, SnapshotHead, SnapshotStore,
};

fn head(inputs: u64) -> SnapshotHead {
    let at = Anchor {
        records: inputs / 2,
        inputs,
        events: inputs * 3,
        chain: [inputs as u8; 32],
        hash: [0xaa; 32],
    };
    SnapshotHead { at, plugin: [0x99; 32] }
}

fn body(inputs: u64) -> Vec<u8> {
    inputs.to_le_bytes().repeat(40)
}

fn store_with(dir: &Path, keep: usize, inputs: &[u64]) -> SnapshotStore {
    let store = SnapshotStore::open(dir, keep).unwrap();
    for &inputs in inputs {
        store.save(&head(inputs), &body(inputs)).unwrap();
    }
    store
}

fn whole(inputs: u64) -> Option<Snapshot> {
    Some(Snapshot { head: head(inputs), body: body(inputs) })
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_empty_store_has_no_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let latest = store_with(&dir.path().join("snapshots"), 2, &[]).latest().unwrap();
    assert!(latest.snapshot.is_none() && latest.skipped.is_empty());
}

#[test]
fn the_newest_snapshot_comes_back_as_saved() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with(dir.path(), 9, &[10, 9, 100, 20]);
    let latest = store.latest().unwrap();
    assert_eq!(latest.snapshot, whole(100));
    assert!(latest.skipped.is_empty());
    store.save(&head(101), &[]).unwrap();
    assert_eq!(store.latest().unwrap().snapshot.unwrap().body, Vec::<u8>::new());
}

#[test]
fn every_flipped_byte_of_a_snapshot_makes_it_skipped_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with(dir.path(), 2, &[5, 6]);
    let path = dir.path().join("00000000000000000006.snap");
    let bytes = fs::read(&path).unwrap();
    for byte in 0..bytes.len() {
        let mut hurt = bytes.clone();
        hurt[byte] ^= 1 << (byte % 8);
        fs::write(&path, hurt).unwrap();
        let latest = store.latest().unwrap();
        assert_eq!(latest.snapshot, whole(5), "byte {byte}");
        let named = latest.skipped.len() == 1 && latest.skipped[0].path == path;
        assert!(named, "byte {byte}: {:?}", latest.skipped);
    }
}

#[test]
fn every_cut_of_a_snapshot_makes_it_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with(dir.path(), 2, &[5, 6]);
    let path = dir.path().join("00000000000000000006.snap");
    let bytes = fs::read(&path).unwrap();
    let longer = [bytes.as_slice(), b"x"].concat();
    for length in (0..bytes.len()).chain([longer.len()]) {
        fs::write(&path, &longer[..length]).unwrap();
        let latest = store.latest().unwrap();
        assert_eq!(latest.snapshot, whole(5), "cut to {length}");
        assert_eq!(latest.skipped.len(), 1, "cut to {length}");
    }
}

#[test]
fn a_stated_length_beyond_the_file_reserves_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with(dir.path(), 2, &[6]);
    let path = dir.path().join("00000000000000000006.snap");
    let mut bytes = fs::read(&path).unwrap();
    bytes[126..134].copy_from_slice(&u64::MAX.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let latest = store.latest().unwrap();
    assert!(latest.snapshot.is_none());
    assert!(latest.skipped[0].why.contains("it states a body of"), "{:?}", latest.skipped);
}

#[test]
fn a_snapshot_under_another_name_is_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with(dir.path(), 2, &[5, 6]);
    let (old, new) = ("00000000000000000006.snap", "00000000000000000700.snap");
    fs::rename(dir.path().join(old), dir.path().join(new)).unwrap();
    let latest = store.latest().unwrap();
    assert_eq!(latest.snapshot, whole(5));
    assert_eq!(latest.skipped[0].why, "it holds the state at input 6");
}

#[test]
fn only_the_newest_snapshots_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 2, &[1, 20, 300, 4_000]);
    assert_eq!(names(dir.path()), ["00000000000000000300.snap", "00000000000000004000.snap"]);
}

#[test]
fn snapshots_ahead_of_the_saved_one_do_not_push_it_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with(dir.path(), 2, &[900, 1_000]);
    for inputs in [500, 510, 520] {
        store.save(&head(inputs), &body(inputs)).unwrap();
    }
    let left: Vec<u64> = names(dir.path()).iter().map(|name| name[..20].parse().unwrap()).collect();
    assert_eq!(left, [510, 520, 900, 1_000]);
    let latest = store
        .latest_accepted(|head| match head.at.inputs {
            ..=600 => Ok(()),
            _ => Err("the journal ends before it".to_owned()),
        })
        .unwrap();
    assert_eq!(latest.snapshot, whole(520));
    assert_eq!(latest.skipped.len(), 2);
    assert_eq!(latest.skipped[0].why, "the journal ends before it");
}

#[test]
fn what_an_interrupted_save_left_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 2, &[6]);
    fs::write(dir.path().join("00000000000000000007.snap.tmp"), b"half").unwrap();
    fs::write(dir.path().join("notes.txt"), b"not ours").unwrap();
    let store = SnapshotStore::open(dir.path(), 2).unwrap();
    assert_eq!(names(dir.path()), ["00000000000000000006.snap", "notes.txt"]);
    assert_eq!(store.latest().unwrap().snapshot, whole(6));
}

#[test]
fn a_snapshot_is_accepted_only_at_a_position_the_journal_holds() {
    let mut journal = MemoryJournal::new(sample_header());
    let dir = tempfile::tempdir().unwrap();
    let store = SnapshotStore::open(dir.path(), 9).unwrap();
    for _ in 0..3 {
        journal.append(&sample_record(&journal.head(), 10)).unwrap();
        let head = SnapshotHead { at: journal.anchor(), plugin: [1; 32] };
        store.save(&head, b"state").unwrap();
    }
    let held = journal.anchor();
    let mut ahead = held;
    (ahead.inputs, ahead.records) = (held.inputs + 5, held.records + 1);
    store.save(&SnapshotHead { at: ahead, plugin: [1; 32] }, b"state").unwrap();
    let mut reader = journal.reader().unwrap();
    let latest = store
        .latest_accepted(|head| reader.holds(&head.at).map_err(|error| error.to_string()))
        .unwrap();
    assert_eq!(latest.snapshot.unwrap().head.at, held);
    assert!(latest.skipped[0].why.contains("inputs lost"), "{:?}", latest.skipped);
}
