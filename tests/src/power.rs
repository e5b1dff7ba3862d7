//! What a power cut would have left: the files of a journal as they were last synced, put together
//! from the system calls of a host that serves.
//!
//! Law: a write counts from when its file was synced on; of those that were not, any may be there,
//! whole or in part. So whatever was acknowledged must be in every such picture.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::built::Built;
use crate::crash::{Serving, post, receive, with};
use crate::random::Random;

/// Clients at the same time, and the commands of each.
const CLIENTS: usize = 3;
const COMMANDS: usize = 20;
/// A log that is not whole by then never will be.
const PATIENCE: Duration = Duration::from_secs(30);
/// `HTTP/1.0 200` as the log writes it: the beginning of an answer that all is well.
const WELL: &str = r"\x48\x54\x54\x50\x2f\x31\x2e\x30\x20\x32\x30\x30";

/// What happened to the files, and whom the host told of a command that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Write {
        file: PathBuf,
        at: u64,
        bytes: Vec<u8>,
    },
    Cut {
        file: PathBuf,
        length: u64,
    },
    /// Of the steps before this one, those of the file are there for good.
    Synced {
        file: PathBuf,
        before: usize,
    },
    Acknowledged,
}

/// The steps of a host that served some commands, on a journal that was there before.
#[derive(Debug)]
pub struct Recorded {
    dir: PathBuf,
    begun_with: BTreeMap<PathBuf, Vec<u8>>,
    steps: Vec<Step>,
}

/// Serves some commands under strace, on the journal in `dir`.
///
/// # Panics
/// If the host does not serve, or the log of its calls can't be read.
#[must_use]
pub fn record(built: &Built, dir: &Path, broken: Option<&str>) -> Recorded {
    let begun_with = files(dir);
    let log = dir.with_extension("calls");
    let mut serve = built.earmark();
    serve.args(["serve", "--addr", "127.0.0.1:0", "--snapshot-every", "0", "--dir"]).arg(dir);
    if let Some(broken) = broken {
        serve.env("EARMARK_BREAK", broken);
    }
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-q", "-y", "-xx", "-s", "1000000", "-o"]).arg(&log);
    strace.args(["-e", "trace=pwrite64,write,writev,sendto,lseek,ftruncate,fsync,fdatasync"]);
    let host = Serving::start(&mut with(strace, &serve)).expect("the host serves");
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                for _ in 0..COMMANDS {
                    let told = post(&host.addr, "ReceiveStock", &receive(1), None);
                    assert!(told.is_ok_and(|told| told.0 == 200), "the host takes commands");
                }
            });
        }
    });
    drop(host);
    let (begun, mut text) = (Instant::now(), String::new());
    while !text.contains("+++ killed by SIGKILL") {
        assert!(begun.elapsed() < PATIENCE, "the log of the calls has no end");
        std::thread::sleep(Duration::from_millis(20));
        text = fs::read_to_string(&log).expect("the log of the calls can be read");
    }
    Recorded { dir: dir.to_owned(), begun_with, steps: steps(&text) }
}

impl Recorded {
    /// How many commands were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.steps.iter().filter(|step| **step == Step::Acknowledged).count() as u64
    }

    /// Cuts the power right behind every `each`th acknowledgement, and looks at what is left:
    /// first without anything that was not synced, then with some of it. `inputs` were there
    /// before. Returns how many pictures were looked at.
    ///
    /// # Errors
    /// What is missing, or why the journal is refused.
    pub fn cuts(
        &self,
        built: &Built,
        inputs: u64,
        each: u64,
        random: &mut Random,
    ) -> Result<u64, String> {
        let mut durable = self.begun_with.clone();
        let mut pending: Vec<(usize, &Step)> = Vec::new();
        let (mut acknowledged, mut looked) = (0, 0);
        for (nth, step) in self.steps.iter().enumerate() {
            match step {
                Step::Write { file, .. } | Step::Cut { file, .. } => {
                    if file.starts_with(&self.dir) {
                        pending.push((nth, step));
                    }
                }
                Step::Synced { file, before } => pending.retain(|(nth, step)| {
                    let done = nth < before && step.file() == Some(file);
                    if done {
                        step.put(&mut durable, None);
                    }
                    !done
                }),
                Step::Acknowledged => {
                    acknowledged += 1;
                    if acknowledged % each == 0 {
                        for some in [false, true, true] {
                            let mut picture = durable.clone();
                            if some {
                                with_some(&pending, &mut picture, random);
                            }
                            self.look_at(built, &picture, inputs + acknowledged)?;
                            looked += 1;
                        }
                    }
                }
            }
        }
        Ok(looked)
    }

    fn look_at(
        &self,
        built: &Built,
        picture: &BTreeMap<PathBuf, Vec<u8>>,
        wanted: u64,
    ) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (path, bytes) in picture {
            let name = path.strip_prefix(&self.dir).expect("it is in the directory");
            fs::write(folder.path().join(name), bytes).expect("a file can be written");
        }
        let kept = built.verify_records(folder.path())?.inputs;
        match kept >= wanted {
            true => Ok(()),
            false => Err(format!("{wanted} inputs were acknowledged, and {kept} are there")),
        }
    }
}

/// Some of the steps that were not synced, each whole or in part, as a disk does them in any order.
fn with_some(
    pending: &[(usize, &Step)],
    picture: &mut BTreeMap<PathBuf, Vec<u8>>,
    random: &mut Random,
) {
    for (_, step) in pending {
        match random.below(3) {
            0 => {}
            1 => step.put(picture, None),
            _ => step.put(picture, Some(random.below(4096) as usize)),
        }
    }
}

impl Step {
    fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::Write { file, .. } | Self::Cut { file, .. } | Self::Synced { file, .. } => {
                Some(file)
            }
            Self::Acknowledged => None,
        }
    }

    /// Does it to the files; of a write, no more than the first `part` bytes.
    fn put(&self, files: &mut BTreeMap<PathBuf, Vec<u8>>, part: Option<usize>) {
        match self {
            Self::Write { file, at, bytes } => {
                let bytes = &bytes[..part.unwrap_or(bytes.len()).min(bytes.len())];
                let held = files.entry(file.clone()).or_default();
                let (from, to) = (*at as usize, *at as usize + bytes.len());
                held.resize(held.len().max(to), 0);
                held[from..to].copy_from_slice(bytes);
            }
            Self::Cut { file, length } => {
                files.entry(file.clone()).or_default().resize(*length as usize, 0);
            }
            Self::Synced { .. } | Self::Acknowledged => {}
        }
    }
}

/// The files of a directory; the index that every host makes anew is left out.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(dir).expect("the journal is there").flatten();
    let paths = entries.map(|entry| entry.path()).filter(|path| path.is_file());
    let kept = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
    kept.map(|path| (path.clone(), fs::read(path).expect("it can be read"))).collect()
}

/// The steps of a log; a call that another thread's came between stands in two lines.
fn steps(log: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut places: BTreeMap<PathBuf, u64> = BTreeMap::new();
    let mut begun: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(char::is_whitespace) else { continue };
        let call = call.trim_start();
        let resumed = call.strip_prefix("<... ").and_then(|rest| rest.split_once("resumed>"));
        if resumed.is_none() && is_an_answer(call) {
            steps.push(Step::Acknowledged);
        }
        if let Some(first) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, (first.trim_end(), steps.len()));
            continue;
        }
        let whole = match resumed {
            None => Some((call.to_owned(), steps.len())),
            Some((_, rest)) => {
                let first = begun.remove(thread);
                first.map(|(first, before)| (format!("{first}{rest}"), before))
            }
        };
        steps.extend(whole.and_then(|(call, before)| step(&call, before, &mut places)));
    }
    steps
}

/// Whether the call sends the beginning of an answer that all is well.
fn is_an_answer(call: &str) -> bool {
    let sends = ["sendto(", "write(", "writev("].iter().any(|name| call.starts_with(name));
    sends && call.contains(WELL)
}

fn step(call: &str, before: usize, places: &mut BTreeMap<PathBuf, u64>) -> Option<Step> {
    let (head, result) = call.rsplit_once(" = ")?;
    let result: u64 = result.split_whitespace().next()?.parse().ok()?;
    let (name, args) = head.split_once('(')?;
    let (path, rest) = args.split_once('<')?.1.split_once('>')?;
    let file = PathBuf::from(String::from_utf8(unescaped(path)).ok()?);
    let bytes = || rest.split('"').nth(1).map(unescaped);
    let last = || rest.trim_end_matches([')', ' ']).rsplit(", ").next()?.parse::<u64>().ok();
    match name {
        "pwrite64" => Some(Step::Write { file, at: last()?, bytes: bytes()? }),
        "write" => {
            let place = places.entry(file.clone()).or_default();
            let at = std::mem::replace(place, *place + result);
            Some(Step::Write { file, at, bytes: bytes()? })
        }
        "lseek" => {
            places.insert(file, result);
            None
        }
        "ftruncate" => Some(Step::Cut { file, length: last()? }),
        "fsync" | "fdatasync" => Some(Step::Synced { file, before }),
        _ => None,
    }
}

/// The bytes of a text in which each is written with two hexadecimal digits.
fn unescaped(text: &str) -> Vec<u8> {
    let digits = text.split(r"\x").skip(1);
    digits.filter_map(|pair| u8::from_str_radix(pair.get(..2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_were_cut_in_two_are_put_together_and_a_sync_is_of_what_was_before_it() {
        let log = r#"
7 lseek(3<\x2f\x61>, 4, SEEK_SET)  = 4
7 write(3<\x2f\x61>, "\x01\x02", 2) = 2
8 fdatasync(3<\x2f\x61> <unfinished ...>
7 pwrite64(4<\x2f\x62>, "\x03", 1, 16 <unfinished ...>
8 <... fdatasync resumed>)   = 0
7 <... pwrite64 resumed>)    = 1
9 sendto(5<\x73>, "\x48\x54\x54\x50\x2f\x31\x2e\x30\x20\x32\x30\x30", 12, 0, NULL, 0) = 12
7 ftruncate(4<\x2f\x62>, 0) = 0
7 +++ killed by SIGKILL +++
"#;
        let (a, b) = (PathBuf::from("/a"), PathBuf::from("/b"));
        let wanted = [
            Step::Write { file: a.clone(), at: 4, bytes: vec![1, 2] },
            Step::Synced { file: a, before: 1 },
            Step::Write { file: b.clone(), at: 16, bytes: vec![3] },
            Step::Acknowledged,
            Step::Cut { file: b, length: 0 },
        ];
        assert_eq!(steps(log), wanted);
    }
}
