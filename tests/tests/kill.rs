//! A replay is killed at 25 moments, and goes on each time: nothing that was acknowledged is lost,
//! nothing is there twice, and the end is that of a replay that nobody disturbed.
//!
//! This shows the death of a process; what a power cut may lose is the disk's own story.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use earmark_tests::built::{Built, Verified, succeeded};
use earmark_tests::corpus::Corpus;
use earmark_tests::documents::Documents;
use earmark_tests::random::Random;
use serde_json::Value;

const SEED: u64 = 0x0020_0b17;
const DOCUMENTS: usize = 3_000;
/// So many kills come amidst acknowledgements: each waits for a random number of them, and for one
/// at least.
const AMIDST: u64 = 20;
/// So many come by the clock, from when the journal is opened on: while it is made, or looked
/// through, or the state is rebuilt.
const BY_THE_CLOCK: u64 = 5;
const KILLS: u64 = AMIDST + BY_THE_CLOCK;
/// About half of it goes into opening, what is left into the first turns.
const OPENING: Duration = Duration::from_millis(24);
/// SQLite's index of its log: made when a journal is opened, and made anew if it is missing.
const INDEX: &str = "journal.db-shm";
/// No replay of these documents is silent for so long.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_replay_killed_twenty_times_amidst_ends_as_if_nobody_had_disturbed_it() {
    let Some(built) = Built::find() else { return };
    let scene = Scene::new(&built);
    let undisturbed = scene.undisturbed();
    let total = undisturbed["inputs"].as_u64().expect("a replay counts its inputs");
    assert!(total > 2_000, "only {total} inputs: the kills would not be spread");
    let chains = scene.chains();
    assert_eq!(chains.len() as u64, total + 1, "the corpus is the replay's");
    let dir = scene.folder.path().join("killed");
    let mut random = Random::seeded(SEED);
    let (mut amidst, mut durable) = (0, 0);
    for kill in 0..KILLS {
        let by_the_clock = kill % (KILLS / BY_THE_CLOCK) == 0;
        // The rest is cut in one part more than there are kills to come: none comes after the end.
        let part = (total - durable) / (KILLS - kill + 1);
        let wanted = match by_the_clock {
            true => Moment::Opened(OPENING.mul_f64(random.below(1_000) as f64 / 1_000.0)),
            false => Moment::Acknowledged(1 + random.below(part)),
        };
        // Whoever was killed left it behind; without it, its coming shows when the next one opens.
        drop(std::fs::remove_file(dir.join(INDEX)));
        let mut replay = Running::start(&mut scene.replay(&dir));
        replay.wait_for(&wanted, &dir);
        std::thread::sleep(Duration::from_micros(random.below(8_000)));
        let (was_running, acknowledged) = replay.kill();
        assert!(was_running, "seed {SEED}, kill {kill}: the replay had ended by itself");
        if let Moment::Acknowledged(count) = wanted {
            assert!(acknowledged.len() as u64 >= count, "kill {kill}: it came too early");
            amidst += 1;
        }
        let first = durable + 1;
        let in_order = (first..).zip(&acknowledged).all(|(place, told)| place == *told);
        assert!(in_order, "seed {SEED}, kill {kill}: not each place once from {first} on");
        let kept = scene.kept(&dir, kill % 8 == 7);
        let told = acknowledged.last().copied().unwrap_or(durable);
        assert!(kept.inputs >= told, "kill {kill}: {told} acknowledged, {} kept", kept.inputs);
        assert_eq!(kept.chain, chains[kept.inputs as usize], "kill {kill}: not the same history");
        println!("kill {kill:>2} {wanted:?}: {told} acknowledged, {} kept of {total}", kept.inputs);
        durable = kept.inputs;
    }
    assert_eq!(amidst, AMIDST, "of {KILLS} kills, so many hit a replay that had answered");
    let ended = scene.to_the_end(&dir);
    assert_eq!(ended, undisturbed, "the figures differ from those of an undisturbed replay");
    assert_eq!(chains.last().map(String::as_str), ended["chain"].as_str());
    let at_last = built.verify(&dir).expect("the journal verifies in the end");
    assert_eq!((at_last.inputs, Some(&at_last.chain)), (total, chains.last()));
}

/// The documents, and where the journals lie.
struct Scene<'a> {
    built: &'a Built,
    documents: Documents,
    folder: tempfile::TempDir,
}

impl<'a> Scene<'a> {
    fn new(built: &'a Built) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let documents = Documents::at_hand(DOCUMENTS as u64).first(DOCUMENTS);
        Self { built, documents, folder }
    }

    /// Small turns and few commands ahead, so that there is time to be killed in; and snapshots,
    /// so that it happens while one is written too.
    fn replay(&self, dir: &Path) -> Command {
        let mut command = self.built.earmark();
        command.arg("replay").arg(self.documents.folder()).args(["--model", "basic"]);
        command.args(["--turn", "16", "--ahead", "64"]);
        command.args(["--snapshot-every", "2000", "--print-acknowledged"]);
        command.arg("--dir").arg(dir);
        command
    }

    fn undisturbed(&self) -> Value {
        self.to_the_end(&self.folder.path().join("undisturbed"))
    }

    /// The figures of a replay that goes to its end, without those that time it.
    fn to_the_end(&self, dir: &Path) -> Value {
        let file = self.folder.path().join("figures.json");
        succeeded(self.replay(dir).arg("--json").arg(&file));
        let text = std::fs::read(&file).expect("the figures were written");
        let mut figures: Value = serde_json::from_slice(&text).expect("the figures are JSON");
        let timed = figures.as_object_mut().expect("the figures have names");
        for name in ["seconds", "now"] {
            assert!(timed.remove(name).is_some(), "there is no figure `{name}`");
        }
        figures
    }

    /// The chain after each input, by the native body of this process.
    fn chains(&self) -> Vec<String> {
        let file = self.folder.path().join("inputs.corpus");
        let mut command = self.replay(&self.folder.path().join("unused"));
        succeeded(command.arg("--write-inputs").arg(&file));
        Corpus::read(&file).chains()
    }

    /// What the journal has, each record checked, and the state and its laws too if `wholly`; one
    /// that was killed before it was made has nothing.
    fn kept(&self, dir: &Path, wholly: bool) -> Verified {
        let verified = match wholly {
            true => self.built.verify(dir),
            false => self.built.verify_records(dir),
        };
        match verified {
            Ok(verified) => verified,
            Err(why) if why.contains("there is no journal") => {
                Verified { inputs: 0, events: 0, chain: "0".repeat(64) }
            }
            Err(why) => panic!("the journal is refused after a kill: {why}"),
        }
    }
}

/// When to kill.
#[derive(Debug)]
enum Moment {
    /// So long after it opened the journal.
    Opened(Duration),
    /// When so many places have been acknowledged.
    Acknowledged(u64),
}

/// A replay, and the places it has acknowledged.
struct Running {
    child: Child,
    places: Receiver<u64>,
    heard: Vec<u64>,
    reader: JoinHandle<()>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("it has an output"));
        let (told, places) = channel();
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                // A line that the kill has cut short acknowledges nothing.
                let place = line.strip_suffix('\n').and_then(|text| text.parse().ok());
                if place.is_some_and(|place| told.send(place).is_err()) {
                    break;
                }
                line.clear();
            }
        });
        Self { child, places, heard: Vec::new(), reader }
    }

    /// Waits for the moment, or for the end of the replay.
    fn wait_for(&mut self, moment: &Moment, dir: &Path) {
        match moment {
            Moment::Opened(time) => {
                let start = Instant::now();
                while !dir.join(INDEX).exists() {
                    self.patient(start.elapsed() < PATIENCE);
                    std::thread::sleep(Duration::from_micros(500));
                }
                std::thread::sleep(*time);
            }
            Moment::Acknowledged(count) => {
                while (self.heard.len() as u64) < *count {
                    match self.places.recv_timeout(PATIENCE) {
                        Ok(place) => self.heard.push(place),
                        Err(RecvTimeoutError::Disconnected) => break,
                        Err(RecvTimeoutError::Timeout) => self.patient(false),
                    }
                }
            }
        }
    }

    /// A proof that gives up leaves no process behind.
    #[track_caller]
    fn patient(&mut self, still: bool) {
        if !still {
            drop(self.child.kill());
            panic!("nothing was heard of the replay for {PATIENCE:?}");
        }
    }

    /// Kills it: whether it was running still, and all that it acknowledged.
    fn kill(mut self) -> (bool, Vec<u64>) {
        self.child.kill().expect("a child can be killed");
        let status = self.child.wait().expect("a child can be waited for");
        self.reader.join().expect("the output was read to its end");
        self.heard.extend(self.places.try_iter());
        (status.code().is_none(), self.heard)
    }
}
