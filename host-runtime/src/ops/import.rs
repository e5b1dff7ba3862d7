//! `earmark import`: the inputs of an export, decided anew into a journal of their own.
//!
//! Law: each input comes with the moment, the caller and the origin that it had, so that it means
//! what it meant. What is decided otherwise than it was is told, and kept only if that is wanted.
//!
//! The new journal has the clock of the old one, and goes on where it ended: the moments that were
//! recorded never went back, so a live clock can take over behind them. Ticks are inputs like any
//! others and come with the file; the host makes none meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use earmark_abi::Form;
use earmark_host::journal::{Clock, Draft, verify};
use earmark_host::partition::{
    Caller, DeadCode, NotAccepted, Options, Origin, Partition, Receipt, Submission, Where,
};
use earmark_host::plugin::Bodies;

use super::inputs::{Came, End, Head, Kept, Source, Stamps, came, from_hex};
use super::lines::{Found, Lines};
use super::screen::{grouped, hex, progress, row};

/// Inputs handed in at once.
const AT_ONCE: usize = 256;
/// Inputs, and bytes of commands, that are not answered yet at the most.
const AHEAD: (usize, usize) = (4_096, 32 << 20);

/// Decide the inputs of an export anew, into a new journal.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What `earmark export --inputs` wrote; `-` for the standard input
    file: PathBuf,
    /// The directory of the journal, which is made
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Keep the journal although some inputs were decided otherwise
    #[arg(long)]
    accept_differences: bool,
    /// How many of them to tell one by one
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
}

impl Import {
    /// Makes the journal, and tells how it compares.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let shown = self.file.display();
        let failed = || format!("`{shown}` is not imported, and nothing was written");
        let mut lines = Lines::open(&self.file).with_context(failed)?;
        let head = lines.head().with_context(failed)?;
        check(&head, bodies.as_ref()).with_context(failed)?;
        let draft = Draft::begin(&self.dir).with_context(failed)?;
        let filled = self.fill(bodies, &head, &mut lines, draft.path()).with_context(failed)?;
        let report = verify(draft.path(), &mut |_| ()).with_context(failed)?;
        ensure!(report.head.chain == filled.chain, "the new journal is not what was written to it");
        let same = filled.told();
        if !same && !self.accept_differences {
            bail!(
                "inputs were decided otherwise than they were, so `{}` was not made; \
                 --accept-differences makes it all the same",
                self.dir.display()
            );
        }
        draft.place()?;
        row("journal", format!("{}, after {}", hex(&report.header.id), head.journal));
        row("imported", self.dir.display());
        Ok(())
    }

    /// Hands all inputs in, and waits for what becomes of them.
    fn fill(
        &self,
        bodies: &Arc<dyn Bodies>,
        head: &Head,
        lines: &mut Lines,
        dir: &Path,
    ) -> Result<Filled> {
        let clock = match head.clock {
            Stamps::Live => Clock::Live,
            Stamps::Logical => Clock::Logical,
        };
        let place = Where::Directory(dir.to_owned());
        let roles = head.roles.clone();
        let options = Options { clock, roles, recorded_times: true, ..Options::new(place) };
        let partition = Partition::open(Arc::clone(bodies), &options, &mut |_, _| {})?;
        let bar = progress(0, "importing");
        bar.set_length(lines.bytes());
        let (told, answers) = channel();
        let mut hands = Hands {
            partition: &partition,
            told,
            answers,
            waiting: Vec::new(),
            ahead: (0, 0),
            compared: Compared { most: self.show, ..Compared::default() },
        };
        let (mut last, mut entries) = (0, 0_u64);
        let end = loop {
            match lines.next()? {
                Found::Input(number, kept) => {
                    let handed = hands.take(number, *kept, &mut last, clock);
                    handed.with_context(|| format!("line {number}"))?;
                    bar.set_position(lines.read());
                }
                Found::Entry => entries = entries.saturating_add(1),
                Found::End(end) => break end,
            }
        };
        hands.hand_in()?;
        hands.settle((0, 0))?;
        bar.finish_and_clear();
        let compared = std::mem::take(&mut hands.compared);
        drop(hands);
        let (state, position) = partition.digest()?;
        ensure!(
            position.inputs == end.inputs,
            "it has {} inputs, and its last line says {}: lines are missing",
            grouped(position.inputs),
            grouped(end.inputs)
        );
        let (inputs, events) = (position.inputs, position.events);
        Ok(Filled { inputs, events, chain: position.chain, state, end, compared, entries })
    }
}

fn check(head: &Head, bodies: &dyn Bodies) -> Result<()> {
    let plugin = &bodies.description().name;
    ensure!(
        head.plugin == *plugin,
        "its inputs are of the plugin `{}`, not of `{plugin}` (blake3 {}): name its plugin with \
         --plugin FILE",
        head.plugin,
        hex(&bodies.digest())
    );
    ensure!(
        head.from == 1,
        "it begins with input {}, and what comes before can't be made up: export from the first",
        head.from
    );
    Ok(())
}

/// What is known of an input when its answer comes.
struct Expected {
    line: u64,
    number: u64,
    command: String,
    outcome: Came,
    digest: String,
    bytes: usize,
}

type Answer = (Expected, Result<Receipt, NotAccepted>);

/// Hands inputs in, and compares what comes back.
struct Hands<'a> {
    partition: &'a Partition,
    told: Sender<Answer>,
    answers: Receiver<Answer>,
    waiting: Vec<Submission>,
    /// Inputs and bytes that are not answered yet.
    ahead: (usize, usize),
    compared: Compared,
}

impl Hands<'_> {
    fn take(&mut self, line: u64, kept: Kept, last: &mut u64, clock: Clock) -> Result<()> {
        let at = kept.at;
        ensure!(at >= *last, "input {} is of {at}, before the one before it", kept.number);
        if clock == Clock::Live && at > self.partition.now() {
            bail!("input {} is of {at}, which is still to come: look at the clocks", kept.number);
        }
        *last = at;
        let command = command(self.partition, &kept)?;
        let origin = kept
            .origin
            .map(|Source { source, sequence }| Origin { source: Arc::from(source), sequence });
        let bytes = command.len();
        let (number, outcome, digest) = (kept.number, kept.outcome, kept.digest);
        let expected = Expected { line, number, command: kept.command, outcome, digest, bytes };
        let told = self.told.clone();
        self.waiting.push(Submission {
            kind: kept.kind,
            command,
            by: Arc::new(Caller { subject: kept.by, scopes: kept.scopes }),
            origin,
            // The trace was the caller's, and is over.
            trace: None,
            at: Some(at),
            // Nobody listens any more only when the import has failed already.
            reply: Box::new(move |answer| drop(told.send((expected, answer)))),
        });
        self.ahead = (self.ahead.0.saturating_add(1), self.ahead.1.saturating_add(bytes));
        if self.waiting.len() >= AT_ONCE || self.ahead.1 > AHEAD.1 {
            self.hand_in()?;
            self.settle(AHEAD)?;
        }
        Ok(())
    }

    fn hand_in(&mut self) -> Result<()> {
        Ok(self.partition.submit_all(std::mem::take(&mut self.waiting))?)
    }

    /// Waits until no more than that is unanswered.
    fn settle(&mut self, most: (usize, usize)) -> Result<()> {
        while self.ahead.0 > most.0 || self.ahead.1 > most.1 {
            let (expected, answer) =
                self.answers.recv().context("the partition closed before it answered")?;
            self.ahead.0 = self.ahead.0.saturating_sub(1);
            self.ahead.1 = self.ahead.1.saturating_sub(expected.bytes);
            self.compared.compare(&expected, answer)?;
        }
        Ok(())
    }
}

/// The bytes of a command.
fn command(partition: &Partition, kept: &Kept) -> Result<Vec<u8>> {
    let Kept { kind, command, .. } = kept;
    let known = partition.description().commands.get(usize::from(*kind));
    ensure!(
        known.is_some_and(|known| known.name == *command),
        "the plugin's command {kind} is `{}`, not `{command}`",
        known.map_or("not there", |known| &known.name)
    );
    if let Some(bytes) = &kept.bytes {
        return from_hex(bytes);
    }
    let data = kept.data.as_ref().context("it has neither `data` nor `bytes`")?;
    let read = partition.from_json(Form::Command, *kind, data.get().as_bytes())?;
    read.map_err(|why| anyhow::anyhow!("the plugin can't read the command `{command}`: {why}"))
}

/// What was decided otherwise.
#[derive(Debug, Default)]
struct Compared {
    most: usize,
    first: Vec<String>,
    /// By command.
    counts: BTreeMap<String, u64>,
}

impl Compared {
    fn compare(&mut self, expected: &Expected, answer: Result<Receipt, NotAccepted>) -> Result<()> {
        let Expected { line, number, command, outcome, digest, .. } = expected;
        let (now, same) = match answer {
            Ok(receipt) if receipt.again => {
                bail!("line {line}: the place of its origin was there before: a line is doubled");
            }
            Ok(receipt) => {
                let (now, is) = came(&receipt.outcome)?;
                (now, is == *digest)
            }
            Err(NotAccepted::Dead { verdict, .. }) => {
                let now = Came::Dead(DeadCode::from(&verdict).as_str().to_string());
                let same = now == *outcome;
                (now, same)
            }
            Err(why) => return Err(why).with_context(|| format!("line {line}")),
        };
        if same {
            return Ok(());
        }
        let count = self.counts.entry(command.clone()).or_default();
        *count = count.saturating_add(1);
        if self.first.len() < self.most {
            let otherwise = if now == *outcome { ", but with other contents" } else { "" };
            let told = format!("was {outcome}; is {now}{otherwise}");
            self.first.push(format!("input {number} (line {line}), {command}: {told}"));
        }
        Ok(())
    }
}

/// What an import came to.
struct Filled {
    inputs: u64,
    events: u64,
    chain: [u8; 32],
    state: [u8; 32],
    end: End,
    compared: Compared,
    entries: u64,
}

impl Filled {
    /// Tells it; whether everything was decided as it was.
    fn told(&self) -> bool {
        row("inputs, events", format!("{}, {}", grouped(self.inputs), grouped(self.events)));
        row("chain", hex(&self.chain));
        row("state", hex(&self.state));
        if self.entries > 0 {
            row("entries of the host's own", format!("{}, left out", grouped(self.entries)));
        }
        let chain = self.end.chain.as_deref().unwrap_or_default();
        if chain == hex(&self.chain) {
            row("decided as it was", "yes, all of it: the chain is equal");
            return true;
        }
        let differ: u64 = self.compared.counts.values().sum();
        row("decided as it was", format!("no: {} inputs otherwise", grouped(differ)));
        if differ == 0 {
            row("  why", "the inputs are not those that were exported: the file was changed");
        }
        for (command, count) in &self.compared.counts {
            row("  otherwise", format!("{} x {command}", grouped(*count)));
        }
        for told in &self.compared.first {
            println!("    {told}");
        }
        let rest = differ.saturating_sub(u64::try_from(self.compared.first.len()).unwrap_or(0));
        if rest > 0 {
            println!("    and {} more: --show N tells more of them", grouped(rest));
        }
        row("chain of the export", chain);
        false
    }
}

#[cfg(test)]
mod tests {
    use earmark_abi::{Outcome, Refused, Verdict, encode};
    use earmark_host::plugin::Fault;

    use super::*;

    fn receipt(code: &str, again: bool) -> Receipt {
        let refused = Refused { code, message: "", body: &[] };
        let outcome = Outcome { subject: "", owner: "", verdict: Verdict::Refused(refused) };
        let outcome = Arc::from(encode(&outcome).unwrap());
        Receipt { input: 7, first_event: 1, position: 0, at: 5, outcome, again }
    }

    fn expected(outcome: Came, digest: &str) -> Expected {
        let (command, digest) = ("Place".to_string(), digest.to_string());
        Expected { line: 8, number: 7, command, outcome, digest, bytes: 0 }
    }

    fn compared(expected: &Expected, answer: Result<Receipt, NotAccepted>) -> Result<Vec<String>> {
        let mut compared = Compared { most: 9, ..Compared::default() };
        compared.compare(expected, answer)?;
        assert_eq!(compared.counts.values().sum::<u64>() as usize, compared.first.len());
        Ok(compared.first)
    }

    #[test]
    fn outcomes_are_compared_by_their_bytes_and_told_by_their_codes() {
        let receipt_of = |code| receipt(code, false);
        let (came, digest) = came(&receipt_of("stale").outcome).unwrap();
        let is = expected(came, &digest);
        assert_eq!(compared(&is, Ok(receipt_of("stale"))).unwrap(), Vec::<String>::new());
        let told = compared(&is, Ok(receipt_of("known"))).unwrap();
        assert_eq!(told, ["input 7 (line 8), Place: was refused: stale; is refused: known"]);
        let other = expected(Came::Refused("stale".into()), "00");
        let told = compared(&other, Ok(receipt_of("stale"))).unwrap();
        assert!(told[0].ends_with("is refused: stale, but with other contents"), "{told:?}");
    }

    #[test]
    fn a_dead_letter_is_one_again_for_the_same_reason_or_it_differs() {
        let dead = |verdict| Err(NotAccepted::Dead { verdict, input: 7 });
        let is = expected(Came::Dead("out-of-fuel".into()), "00");
        assert_eq!(compared(&is, dead(Fault::Fuel(1))).unwrap(), Vec::<String>::new());
        let told = compared(&is, dead(Fault::Memory(1))).unwrap();
        assert!(
            told[0].ends_with("was a dead letter: out-of-fuel; is a dead letter: out-of-memory")
        );
        let told = compared(&is, Ok(receipt("stale", false))).unwrap();
        assert!(told[0].ends_with("was a dead letter: out-of-fuel; is refused: stale"));
    }

    #[test]
    fn what_was_not_carried_out_here_is_an_error_of_its_line() {
        let is = expected(Came::Accepted(1), "00");
        let twice = compared(&is, Ok(receipt("stale", true))).unwrap_err();
        assert!(twice.to_string().contains("line 8"), "{twice}");
        let (source_name, sequence) = ("a".to_string(), 3);
        let ago = compared(&is, Err(NotAccepted::LongAgo { source_name, sequence })).unwrap_err();
        assert!(format!("{ago:#}").contains("line 8: input 3 of the source `a`"), "{ago:#}");
    }
}
