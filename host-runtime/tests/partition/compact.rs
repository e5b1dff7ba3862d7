//! A journal that begins later: it is the same partition, and says what it does not have.
//!
//! Law: compaction loses nothing that anybody may still ask of a journal, and touches none.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

use crate::journal_support::{database, flip, full_text, read_all};
use crate::partition_support::*;
use earmark_host::journal::{
    Head, Journal as _, JournalError, JournalReader, OpenOptions, SqliteJournal, SqliteReader,
    copy, rejoin, verify,
};
use earmark_host::partition::{
    Caller, CompactError, NotAccepted, OpenError, Options, Partition, RebuildError, Submission,
    activate, compact, in_force, rebuild,
};
use earmark_host::plugin::Fault;

struct Scene(tempfile::TempDir);

impl Scene {
    /// A journal of 12 records, an input each, of two sources; some are refused.
    fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        let partition = scene.open("whole");
        for nth in 1..=10 {
            let source = if nth % 2 == 0 { "a" } else { "b" };
            assert!(
                answers(&partition, vec![line(source, nth, &format!("line {nth}"))])[0].is_ok()
            );
        }
        assert!(answers(&partition, vec![command(REFUSE, "never")])[0].is_ok());
        assert!(answers(&partition, vec![command(WRITE, "the last")])[0].is_ok());
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn options(&self, name: &str) -> Options {
        logical(&self.at(name))
    }

    fn open(&self, name: &str) -> Partition {
        open(Small::new(), &self.options(name))
    }

    fn compact(&self, from: &str, to: &str, before: u64) -> Result<(u64, u64), CompactError> {
        let (from, to) = (self.at(from), self.at(to));
        let made = compact(&Small::new(), &from, &to, before, &mut |_, _| {})?;
        Ok((made.base.inputs, made.end.inputs))
    }

    fn names(&self) -> usize {
        std::fs::read_dir(self.0.path()).unwrap().count()
    }
}

fn reader(dir: &Path) -> SqliteReader {
    SqliteJournal::open_reader(dir).unwrap()
}

#[test]
fn what_begins_later_is_the_same_partition_and_goes_on() {
    for before in [1, 7, 11, 12, 1_000] {
        let scene = Scene::new();
        let last = before.min(12);
        assert_eq!(scene.compact("whole", "later", before).unwrap(), (last, 12));
        assert_eq!(scene.names(), 2);
        let report = verify(&scene.at("later"), &mut |_| ()).unwrap();
        assert_eq!((report.base.inputs, report.base_copies_damaged), (last, 0));
        let (whole, later) = (scene.open("whole"), scene.open("later"));
        assert_eq!((later.base().inputs, whole.base().inputs), (last, 0));
        assert_eq!(whole.digest().unwrap(), later.digest().unwrap());
        assert_eq!(whole.header(), later.header());
        for source in ["a", "b", "c"] {
            assert_eq!(whole.cursor(source).unwrap(), later.cursor(source).unwrap());
        }
        // What was taken out is not carried out again, and what comes next is the same.
        let again = answers(&later, vec![line("b", 1, "line 1")]).remove(0);
        assert!(matches!(again, Err(NotAccepted::LongAgo { sequence: 1, .. })), "{again:?}");
        for partition in [&whole, &later] {
            let told = answers(partition, vec![line("a", 99, "more")]).remove(0).unwrap();
            assert_eq!((told.input, told.again), (13, false));
        }
        assert_eq!(whole.digest().unwrap(), later.digest().unwrap());
        drop(later);
        assert_eq!(scene.open("later").digest().unwrap(), whole.digest().unwrap(), "reopened");
        let chain = |dir| reader(&scene.at(dir)).head().unwrap().chain;
        assert_eq!(chain("whole"), chain("later"));
    }
}

#[test]
fn what_was_taken_out_is_told_and_what_is_left_is_read() {
    let scene = Scene::new();
    scene.compact("whole", "later", 7).unwrap();
    let (mut whole, mut later) = (reader(&scene.at("whole")), reader(&scene.at("later")));
    let all = read_all(&mut whole).unwrap();
    assert_eq!(later.read(8, 100).unwrap(), all[7..]);
    let events: Vec<_> = all[7..].iter().filter(|s| s.record.events > 0).cloned().collect();
    assert_eq!(later.read_events_from(8, 100).unwrap(), events);
    for (asked, read) in
        [(1, later.read(1, 9)), (7, later.read(7, 9)), (3, later.read_events_from(3, 9))]
    {
        let error = read.unwrap_err();
        let told = matches!(error, JournalError::Compacted { base: 7, asked: a, .. } if a == asked);
        assert!(told, "{error:?}");
    }
    let anchor = |records: usize| {
        let start = Head::start(whole.header());
        all[..records].iter().fold(start, |head, next| head.follow(next).unwrap()).anchor()
    };
    later.holds(&anchor(7)).unwrap();
    later.holds(&anchor(9)).unwrap();
    let error = later.holds(&anchor(6)).unwrap_err();
    assert!(matches!(error, JournalError::Compacted { asked: 6, base: 7, .. }), "{error:?}");
    let mut other = anchor(7);
    other.hash = [0; 32];
    let error = later.holds(&other).unwrap_err();
    assert!(matches!(error, JournalError::OtherHistory { input: 7 }), "{error:?}");
}

#[test]
fn with_its_archive_it_is_the_whole_journal_again_record_by_record() {
    let scene = Scene::new();
    scene.compact("whole", "later", 5).unwrap();
    scene.compact("later", "latest", 9).unwrap();
    drop(answers(&scene.open("latest"), vec![command(WRITE, "more")]));
    let join = |archive: &str, from: &str, to: &str| {
        std::fs::create_dir(scene.at(to)).unwrap();
        rejoin(&scene.at(archive), &scene.at(from), &scene.at(to), &mut |_| ())
    };
    join("later", "latest", "half").unwrap();
    assert_eq!(verify(&scene.at("half"), &mut |_| ()).unwrap().base.inputs, 5);
    let end = join("whole", "half", "all").unwrap();
    assert_eq!((end.inputs, verify(&scene.at("all"), &mut |_| ()).unwrap().base.records), (13, 0));
    let records = |dir: &str| read_all(&mut reader(&scene.at(dir))).unwrap();
    assert_eq!(records("all")[..12], records("whole"));
    assert_eq!(scene.open("all").digest().unwrap(), scene.open("latest").digest().unwrap());
    // A restored one has another id, and its archive is still its archive.
    copy(&scene.at("latest"), &scene.at("restored"), Some([7; 16]), &mut |_| ()).unwrap();
    join("later", "restored", "half-restored").unwrap();
    join("whole", "half-restored", "all-restored").unwrap();
    let report = verify(&scene.at("all-restored"), &mut |_| ()).unwrap();
    assert_eq!((report.header.id, report.head.records), ([7; 16], 13));
    let bodies = |dir| records(dir).into_iter().map(|sealed| sealed.record).collect::<Vec<_>>();
    assert_eq!(bodies("all-restored"), bodies("all"));
    // An archive that lacks what is between, or that is of another journal, is none.
    copy(&scene.at("whole"), &scene.at("foreign"), Some([1; 16]), &mut |_| ()).unwrap();
    let error = join("foreign", "latest", "no").unwrap_err();
    assert!(matches!(error, JournalError::OtherHistory { .. }), "{error:?}");
    let error = join("latest", "later", "nor").unwrap_err();
    assert!(matches!(error, JournalError::Compacted { .. }), "{error:?}");
}

#[test]
fn the_state_it_begins_with_is_needed_and_kept_twice() {
    let scene = Scene::new();
    scene.compact("whole", "later", 6).unwrap();
    let states = ["journal.base.1", "journal.base.2"].map(|name| scene.at("later").join(name));
    let digest = scene.open("whole").digest().unwrap();
    for (state, other) in [(&states[0], &states[1]), (&states[1], &states[0])] {
        flip(state, 150, 3);
        assert_eq!(verify(&scene.at("later"), &mut |_| ()).unwrap().base_copies_damaged, 1);
        assert_eq!(scene.open("later").digest().unwrap(), digest);
        flip(other, 150, 3);
        let error = verify(&scene.at("later"), &mut |_| ()).unwrap_err();
        let text = full_text(&error);
        assert!(text.contains("damaged at its base") && text.contains("journal.base.2"), "{text}");
        let refused =
            Partition::open(Arc::new(Small::new()), &scene.options("later"), &mut |_, _| {});
        assert!(
            matches!(refused, Err(OpenError::Rebuild(RebuildError::Journal(_)))),
            "{refused:?}"
        );
        flip(state, 150, 3);
        flip(other, 150, 3);
    }
    // A copy has both again, and so has one under another id.
    flip(&states[0], 150, 3);
    for (to, id) in [("copy", None), ("other", Some([8; 16]))] {
        copy(&scene.at("later"), &scene.at(to), id, &mut |_| ()).unwrap();
        let report = verify(&scene.at(to), &mut |_| ()).unwrap();
        assert_eq!((report.base.inputs, report.base_copies_damaged), (6, 0));
        assert_eq!(scene.open(to).digest().unwrap(), digest);
    }
}

#[test]
fn every_flipped_bit_of_the_base_is_seen() {
    let scene = Scene::new();
    scene.compact("whole", "later", 6).unwrap();
    drop(scene.open("later"));
    let file = database(&scene.at("later"));
    let bytes = std::fs::read(&file).unwrap();
    let place = bytes.windows(4).position(|four| four == b"EMBS").unwrap();
    for bit in (0..190 * 8).step_by(7) {
        flip(&file, place + bit / 8, bit % 8);
        let error = SqliteJournal::open(&scene.at("later"), &OpenOptions::default()).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "bit {bit}: {error:?}");
        std::fs::write(&file, &bytes).unwrap();
    }
    SqliteJournal::open(&scene.at("later"), &OpenOptions::default()).unwrap();
}

#[test]
fn a_new_version_of_the_plugin_needs_the_archive() {
    let scene = Scene::new();
    scene.compact("whole", "later", 6).unwrap();
    let newer = || Small::new().digested([9; 32]);
    let mut later = reader(&scene.at("later"));
    let error = rebuild(&newer(), &mut later, None, 1, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, RebuildError::OtherBase { inputs: 6, .. }), "{error:?}");
    assert!(error.to_string().contains("put its archive back first"), "{error}");
    std::fs::create_dir(scene.at("all")).unwrap();
    rejoin(&scene.at("whole"), &scene.at("later"), &scene.at("all"), &mut |_| ()).unwrap();
    let mut all = reader(&scene.at("all"));
    let all = rebuild(&newer(), &mut all, None, 1, &mut |_, _| {}).unwrap();
    assert_eq!(all.position, scene.open("later").digest().unwrap().1);
}

#[test]
fn a_journal_in_use_or_with_nothing_to_take_out_is_left_alone() {
    let scene = Scene::new();
    let busy = scene.open("whole");
    let error = scene.compact("whole", "later", 6).unwrap_err();
    assert!(matches!(error, CompactError::Journal(JournalError::AlreadyOpen { .. })), "{error:?}");
    drop(busy);
    let error = scene.compact("whole", "later", 0).unwrap_err();
    assert!(matches!(error, CompactError::Nothing { begins: 0, before: 0 }), "{error:?}");
    let error = scene.compact("whole", "whole", 6).unwrap_err();
    assert!(matches!(error, CompactError::Draft(_)), "{error:?}");
    assert_eq!(scene.names(), 1);
    scene.compact("whole", "later", 6).unwrap();
    let error = scene.compact("later", "latest", 6).unwrap_err();
    assert!(matches!(error, CompactError::Nothing { begins: 6, before: 6 }), "{error:?}");
    assert_eq!(scene.names(), 2);
}

#[test]
fn time_never_goes_back_behind_a_base() {
    let scene = Scene::new();
    let whole = scene.open("whole");
    let at = Some(77_000);
    let by = Arc::new(Caller { subject: "tester".into(), scopes: Vec::new() });
    let (told, answer) = channel();
    let reply = Box::new(move |answer| drop(told.send(answer)));
    let (kind, late) = (WRITE, b"late".to_vec());
    whole
        .submit(Submission { kind, command: late, by, origin: None, trace: None, at, reply })
        .unwrap();
    assert_eq!(answer.recv_timeout(PATIENCE).unwrap().unwrap().at, 77_000);
    drop(whole);
    scene.compact("whole", "later", 13).unwrap();
    let told = answers(&scene.open("later"), vec![command(WRITE, "later")]).remove(0).unwrap();
    assert_eq!((told.input, told.at), (14, 77_000));
}

#[test]
fn a_journal_is_only_compacted_by_the_plugin_that_is_in_force() {
    let scene = Scene::new();
    let (whole, later) = (scene.at("whole"), scene.at("later"));
    let other = Small::new().digested([7; 32]);
    let compact = |by: &Small| compact(by, &whole, &later, 5, &mut |_, _| {}).map(|made| made.base);
    match compact(&other) {
        Err(CompactError::NotInForce { in_force, given }) => {
            assert_eq!((in_force, given), ("03".repeat(32), "07".repeat(32)));
        }
        did => panic!("a plugin that never decided made the state at the base: {did:?}"),
    }
    assert_eq!(scene.names(), 1, "nothing was left lying");
    activated(&whole, &other);
    assert!(matches!(compact(&Small::new()), Err(CompactError::NotInForce { .. })));
    assert_eq!(compact(&other).unwrap().inputs, 5);
}

#[test]
fn a_snapshot_behind_an_activation_knows_the_moment_of_the_last_input() {
    let (scene, moment) = (Scene::new(), 1_700_000_000_000);
    let partition = scene.open("whole");
    let (told, answer) = channel();
    let by = Arc::new(Caller { subject: "tester".into(), scopes: Vec::new() });
    let reply = Box::new(move |answer| drop(told.send(answer)));
    let (command, origin, trace, at) = (b"late".to_vec(), None, None, Some(moment));
    partition.submit(Submission { kind: WRITE, command, by, origin, trace, at, reply }).unwrap();
    answer.recv_timeout(PATIENCE).unwrap().unwrap();
    drop(partition);
    // With nothing but the activation behind the base, and with a turn there too.
    for (name, before) in [("nothing", u64::MAX), ("all", 0)] {
        let place = scene.at(name);
        if before == 0 {
            copy(&scene.at("whole"), &place, None, &mut |_| ()).unwrap();
        } else {
            scene.compact("whole", name, before).unwrap();
        }
        activated(&place, &Small::new());
        let options = Options { snapshot_every: 1_000, ..scene.options(name) };
        let partition = open(Small::new(), &options);
        assert_eq!(partition.now(), moment, "{name}, before the snapshot");
        partition.save_snapshot().unwrap();
        drop(partition);
        let partition = open(Small::new(), &options);
        assert_eq!(partition.now(), moment, "{name}: the clock of the journal went back");
    }
}

#[test]
fn open_dead_letters_are_not_taken_out_without_a_word() {
    let scene = Scene::new();
    let trap = || Some(Fault::Trap("unreachable".into()));
    let poison = Deed { needle: "poison", kind: WRITE, fast: trap(), metered: trap() };
    let partition = open(Small::rogue(vec![poison]), &scene.options("whole"));
    for text in ["poison", "fine", "poison", "the end"] {
        let told = answers(&partition, vec![command(WRITE, text)]);
        assert_eq!(told[0].is_err(), text == "poison");
    }
    drop(partition);
    match scene.compact("whole", "later", 15) {
        Err(CompactError::OpenLetters { count: 2, first: 13, before: 15 }) => {}
        did => panic!("{did:?}"),
    }
    assert_eq!(scene.compact("whole", "before", 12).unwrap(), (12, 16));
    let partition = scene.open("whole");
    let by = Caller { subject: "operator".into(), scopes: vec!["admin".into()] };
    partition.drop_dead_letter(13, &by, "ordered again").unwrap();
    partition.retry_dead_letter(15).unwrap();
    drop(partition);
    assert_eq!(scene.compact("whole", "later", 15).unwrap(), (15, 18));
}

/// Puts a plugin in force in a journal that nobody has open.
fn activated(dir: &Path, to: &Small) {
    let from = in_force(&mut reader(dir)).unwrap().unwrap();
    let mut journal = SqliteJournal::open(dir, &OpenOptions::default()).unwrap();
    let by = Caller { subject: "operator".into(), scopes: Vec::new() };
    activate(&mut journal, from, to, &by, false).unwrap();
    Box::new(journal).close().unwrap();
}
