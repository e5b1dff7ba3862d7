//! A real journal that lost its end, or in which one bit changed, is refused, and the place named:
//! by `earmark verify`, and by whoever would go on with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use earmark_tests::built::{Built, refused, succeeded};
use earmark_tests::corpus::Corpus;
use earmark_tests::documents::Documents;
use earmark_tests::random::Random;

const SEED: u64 = 0x000b_17f1;
const FLIPS: u64 = 200;
/// Of the flips, so many are shown to a replay that would go on, which starts up each time.
const SHOWN_TO_A_REPLAY: u64 = 12;

#[test]
fn a_journal_cut_shorter_than_its_anchor_is_refused() {
    let Some(built) = Built::find() else { return };
    let scene = Scene::new(&built);
    let (older, whole) = (scene.folder.path().join("older"), scene.dir());
    succeeded(&mut scene.replay(&older, "600", "32"));
    let cut = scene.folder.path().join("cut");
    let (ends, anchor) = scene.cut_back(&whole, &cut);
    for text in scene.refusals(&cut, "1000") {
        println!("{}", text.trim());
        let named = format!("the journal ends at input {ends} but its anchor says {anchor}");
        let lost = format!("{} inputs lost", anchor - ends);
        assert!(text.contains(&named) && text.contains(&lost), "the place is not named: {text}");
    }
    // An older journal beside the newer anchor: another history, or one that is too short.
    let mixed = scene.folder.path().join("mixed");
    copy(&older, &mixed);
    fs::copy(whole.join("journal.anchor"), mixed.join("journal.anchor")).expect("a copy");
    for text in scene.refusals(&mixed, "600") {
        println!("{}", text.trim());
        assert!(text.contains("anchor"), "the reason is not told: {text}");
    }
    // And without any anchor nobody can tell.
    let loose = scene.folder.path().join("loose");
    copy(&whole, &loose);
    fs::remove_file(loose.join("journal.anchor")).expect("there is an anchor");
    for text in scene.refusals(&loose, "1000") {
        assert!(text.contains("is missing"), "the reason is not told: {text}");
    }
    assert_eq!(built.verify(&whole).expect("the original is whole").inputs, anchor);
}

#[test]
fn a_flipped_bit_in_a_record_is_refused_and_its_inputs_named() {
    let Some(built) = Built::find() else { return };
    let scene = Scene::new(&built);
    let dir = scene.dir();
    succeeded(&mut scene.replay(&dir, "1000", "32"));
    let whole = fs::read(dir.join("journal.db")).expect("a database");
    let places = scene.places(&whole);
    assert!(places.len() as u64 > 2 * FLIPS, "only {} places are known", places.len());
    let copy_of = scene.folder.path().join("flipped");
    copy(&dir, &copy_of);
    let mut random = Random::seeded(SEED);
    let mut records = std::collections::BTreeSet::new();
    for flip in 0..FLIPS {
        let (input, byte) = places[random.below(places.len() as u64) as usize];
        let (byte, bit) = (byte + random.below(WINDOW as u64) as usize, random.below(8));
        let mut bytes = whole.clone();
        bytes[byte] ^= 1 << bit;
        fs::write(copy_of.join("journal.db"), &bytes).expect("a copy is written");
        let name = format!("seed {SEED}, flip {flip}: input {input}, byte {byte}, bit {bit}");
        let texts = match flip % (FLIPS / SHOWN_TO_A_REPLAY) {
            0 => scene.refusals(&copy_of, "1000"),
            _ => vec![refused(built.earmark().arg("verify").arg("--records-only").arg(&copy_of))],
        };
        for text in texts {
            let (first, last) = inputs_named(&text).unwrap_or_else(|| panic!("{name}: {text}"));
            assert!((first..=last).contains(&input), "{name}: another place is named: {text}");
            if records.insert((first, last)) && records.len() <= 3 {
                println!("{}", text.trim());
            }
        }
        // What is left of the log belongs to the copy before.
        drop(fs::remove_file(copy_of.join("journal.db-shm")));
    }
    println!("{FLIPS} flips in {} records, all refused", records.len());
    assert!(records.len() > 60, "only {} records were hit", records.len());
    fs::write(copy_of.join("journal.db"), &whole).expect("a copy is written");
    built.verify(&copy_of).expect("without a flip the copy is whole");
}

/// Bytes of a command by which its place in the database is found.
const WINDOW: usize = 16;

struct Scene<'a> {
    built: &'a Built,
    documents: Documents,
    folder: tempfile::TempDir,
}

impl<'a> Scene<'a> {
    fn new(built: &'a Built) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        // The invented shop: its journal is orders, not the stock of thousands of items.
        Self { built, documents: Documents::invented(1_000), folder }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("whole")
    }

    fn replay(&self, dir: &Path, documents: &str, turn: &str) -> Command {
        let mut command = self.built.earmark();
        command.arg("replay").arg(self.documents.folder()).args(["--model", "basic"]);
        command.arg("--dir").arg(dir);
        command.args(["--documents", documents, "--turn", turn, "--stock", "1000-per-item"]);
        command
    }

    /// What both say that have to refuse a journal.
    fn refusals(&self, dir: &Path, documents: &str) -> Vec<String> {
        let verify = refused(self.built.earmark().arg("verify").arg(dir));
        vec![verify, refused(&mut self.replay(dir, documents, "32"))]
    }

    /// Puts the database of a replay as it was halfway beside the anchor of its end; and tells
    /// where both stand.
    fn cut_back(&self, whole: &Path, cut: &Path) -> (u64, u64) {
        let mut command = self.replay(whole, "1000", "16");
        command.args(["--ahead", "32", "--print-acknowledged"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("it has an output"));
        let mut line = String::new();
        for _ in 0..1_500 {
            line.clear();
            out.read_line(&mut line).expect("it acknowledges");
        }
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
        copy(whole, cut);
        let ends = self.built.verify_records(cut).expect("what was killed is whole").inputs;
        succeeded(&mut self.replay(whole, "1000", "32"));
        let anchor = self.built.verify_records(whole).expect("the journal is whole").inputs;
        assert!(ends >= 1_500 && anchor > ends + 500, "{anchor} and {ends} inputs");
        fs::copy(whole.join("journal.anchor"), cut.join("journal.anchor")).expect("a copy");
        (ends, anchor)
    }

    /// Places of the database that hold a part of a command, with the number of its input; those
    /// that are in it once only, so that it is known whose they are.
    fn places(&self, database: &[u8]) -> Vec<(u64, usize)> {
        let file = self.folder.path().join("inputs.corpus");
        let mut replay = self.replay(&self.folder.path().join("unused"), "1000", "32");
        succeeded(replay.arg("--write-inputs").arg(&file));
        let mut windows: std::collections::HashMap<[u8; WINDOW], Option<u64>> =
            std::collections::HashMap::new();
        for (input, command) in (1..).zip(Corpus::read(&file).commands()) {
            for window in command.chunks_exact(WINDOW) {
                let window: [u8; WINDOW] = window.try_into().expect("chunks of this size");
                windows.entry(window).and_modify(|whose| *whose = None).or_insert(Some(input));
            }
        }
        let mut found: std::collections::HashMap<u64, Vec<(usize, [u8; WINDOW])>> =
            std::collections::HashMap::new();
        for (byte, window) in database.windows(WINDOW).enumerate() {
            let window: [u8; WINDOW] = window.try_into().expect("windows of this size");
            if let Some(Some(input)) = windows.get(&window) {
                found.entry(*input).or_default().push((byte, window));
            }
        }
        let once = |(input, places): (u64, Vec<(usize, [u8; WINDOW])>)| {
            let of = |window| places.iter().filter(move |(_, other)| *other == window).count();
            let only = places.iter().filter(|(_, window)| of(*window) == 1);
            only.map(|(byte, _)| (input, *byte)).collect::<Vec<_>>()
        };
        let mut places: Vec<(u64, usize)> = found.into_iter().flat_map(once).collect();
        places.sort_unstable();
        places
    }
}

/// The inputs of the record that a refusal names: `record 3 (inputs 17..32)`.
fn inputs_named(text: &str) -> Option<(u64, u64)> {
    let (_, after) = text.split_once("record ")?;
    let (_, after) = after.split_once("inputs ")?;
    let mut numbers = after.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let name = path.file_name().expect("a file has a name");
            fs::copy(&path, to.join(name)).expect("a file can be copied");
        }
    }
}
