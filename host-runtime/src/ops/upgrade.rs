//! `earmark upgrade`: what another plugin would decide otherwise, and then putting it in force.
//!
//! Law: nothing is in force that was not held against the journal first. The state it would begin
//! with is saved before the activation is written, which is one record: a crash leaves the old
//! plugin in force, or the new one, and never neither.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, value_parser};
use earmark_abi::{Outcome, Verdict, decode};
use earmark_host::journal::{
    Journal as _, JournalReader as _, OpenOptions, SNAPSHOTS, SnapshotStore, SqliteJournal,
    SqliteReader,
};
use earmark_host::partition::{
    Caller, Redecided, ShadowOptions, Shadowed, activate, before_the_last, in_force,
};
use earmark_host::plugin::{Bodies as _, PluginFile};

use super::plugins::Plugins;
use super::screen::{grouped, hex};
use super::shadowing::shadowing;

/// Differences told by input, of each kind.
const EXAMPLES: usize = 3;

/// Hold another plugin against the last inputs of a journal, and put it in force
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// The plugin that is to decide from now on
    #[arg(long, value_name = "FILE", conflicts_with = "roll_back")]
    candidate: Option<PathBuf>,
    /// Put the plugin in force again that was before the last activation
    #[arg(long)]
    roll_back: bool,
    /// The directory of the journal; no host may have it open, but for --dry-run
    #[arg(long, value_name = "DIR", default_value = ".earmark/data")]
    dir: PathBuf,
    /// How many inputs to decide anew, from the last one back
    #[arg(long, value_name = "N", default_value_t = 10_000,
          value_parser = value_parser!(u64).range(1..=10_000_000))]
    last: u64,
    /// How many of them may be decided otherwise
    #[arg(long, value_name = "N", default_value_t = 0)]
    allow: u64,
    /// Put it in force however many are decided otherwise; the journal says so
    #[arg(long)]
    accept_differences: bool,
    /// Look only
    #[arg(long)]
    dry_run: bool,
}

/// What was decided otherwise, in one way.
#[derive(Debug, Default)]
struct Otherwise {
    times: u64,
    examples: Vec<u64>,
}

/// What the shadow found: `(command, then, now)` to how often.
#[derive(Debug, Default)]
struct Found {
    decided: u64,
    ways: BTreeMap<(String, String, String), Otherwise>,
}

impl Found {
    fn differences(&self) -> u64 {
        self.ways.values().map(|way| way.times).sum()
    }

    fn note(&mut self, command: &str, one: &Redecided<'_>) {
        self.decided = self.decided.saturating_add(1);
        if one.same() {
            return;
        }
        let now = match &one.now {
            Ok(now) => in_words(now),
            Err(fault) => format!("no answer: {fault}"),
        };
        let way = (command.to_string(), in_words(one.recorded), now);
        let otherwise = self.ways.entry(way).or_default();
        otherwise.times = otherwise.times.saturating_add(1);
        if otherwise.examples.len() < EXAMPLES {
            otherwise.examples.push(one.input);
        }
    }

    fn print(&self) {
        let (all, otherwise) = (grouped(self.decided), grouped(self.differences()));
        println!("{all} inputs decided anew, {otherwise} otherwise");
        for ((command, then, now), way) in &self.ways {
            let inputs: Vec<String> = way.examples.iter().map(|one| grouped(*one)).collect();
            println!("  {} x {command}", grouped(way.times));
            println!("      then: {then}");
            println!("      now:  {now}");
            println!("      as of input {}", inputs.join(", "));
        }
    }
}

/// An outcome in a line: what tells one decision from another.
fn in_words(outcome: &[u8]) -> String {
    match decode::<Outcome<'_>>("an outcome", outcome) {
        Err(error) => error.to_string(),
        Ok(Outcome { verdict: Verdict::Refused(refused), .. }) => {
            format!("refused, {}: {}", refused.code, refused.message)
        }
        Ok(Outcome { verdict: Verdict::Accepted { events }, .. }) => {
            let bytes: usize = events.iter().map(|event| event.body.len()).sum();
            let kinds: Vec<String> = events.iter().map(|event| event.kind.to_string()).collect();
            match events.len() {
                0 => "accepted, nothing happened".to_string(),
                count => format!("accepted, {count} events of {bytes} bytes: {}", kinds.join(" ")),
            }
        }
    }
}

/// How a plugin is loaded from a file.
type Load<'a> = &'a dyn Fn(&Path) -> Result<PluginFile>;

impl Upgrade {
    /// Holds the candidate against the journal, and puts it in force if it may be.
    ///
    /// The plugin in force is looked for beside the journal, and in the file of now (`usual`).
    pub(crate) fn run(&self, usual: Option<PathBuf>, load: Load<'_>) -> Result<()> {
        let mut reader = SqliteJournal::open_reader(&self.dir)?;
        let plugins = Plugins::of(&self.dir);
        let file = match &self.candidate {
            Some(file) => file.clone(),
            None if !self.roll_back => bail!("name the plugin: --candidate FILE, or --roll-back"),
            None => {
                let before = before_the_last(&mut reader)?;
                let before =
                    before.context("no plugin was activated yet: nothing to go back to")?;
                plugins.kept(&before).with_context(|| {
                    format!("`{}` does not keep plugin {}", self.dir.display(), hex(&before))
                })?
            }
        };
        let candidate = load(&file)?;
        let (journals, its) = (reader.header().plugin.clone(), &candidate.description().name);
        ensure!(journals == *its, "the journal is of the plugin `{journals}`, and this is `{its}`");
        let digest = candidate.digest();
        let now = in_force(&mut reader)?;
        let Some(from) = now.filter(|now| *now != digest) else {
            bail!("the plugin {} is in force, or the first to be: just serve it", hex(&digest));
        };
        // Before the long part: whoever has to end the host first is told so now.
        let journal = if self.dry_run { None } else { Some(self.to_be_written()?) };
        println!("in force   {}", hex(&from));
        println!("candidate  {} {}", hex(&digest), candidate.description().version);
        let (found, mut shadowed) = self.shadow(&mut reader, &candidate)?;
        found.print();
        // What is kept may be damaged, and the usual one another or none: then it is not at hand.
        let files = plugins.kept(&from).into_iter().chain(usual);
        let old = files.filter_map(|file| load(&file).ok()).find(|old| old.digest() == from);
        self.compare_states(old.as_ref(), &mut shadowed)?;
        let otherwise = found.differences();
        let overridden = otherwise > self.allow;
        if overridden && !self.accept_differences {
            bail!(
                "{} inputs are decided otherwise, and {} may be (--allow): not put in force; \
                 --accept-differences does it all the same",
                grouped(otherwise),
                grouped(self.allow)
            );
        }
        let Some(journal) = journal else {
            let but = if old.is_some() { "" } else { "; the states were not compared (--plugin)" };
            println!("it may be put in force{but}");
            return Ok(());
        };
        match &old {
            Some(old) => plugins.keep(old)?,
            None => eprintln!(
                "warning: plugin {} is not at hand and was not kept: there is no --roll-back to it",
                hex(&from)
            ),
        }
        self.put_in_force(journal, &plugins, &candidate, (from, overridden), &mut shadowed)
    }

    fn to_be_written(&self) -> Result<SqliteJournal> {
        let opened = SqliteJournal::open(&self.dir, &OpenOptions::default());
        opened.context(
            "end the host first: an upgrade writes to the journal (--dry-run looks at it while \
             the host goes on)",
        )
    }

    fn shadow(
        &self,
        reader: &mut SqliteReader,
        candidate: &PluginFile,
    ) -> Result<(Found, Shadowed)> {
        let options = ShadowOptions { last: self.last, metered: false };
        let commands = &candidate.description().commands;
        let mut found = Found::default();
        let shadowed = shadowing(candidate, reader, None, options, &mut |one| {
            let command = commands.get(usize::from(one.kind));
            found.note(command.map_or("(unknown)", |command| command.name.as_str()), one);
        });
        let shadowed = shadowed.context("the candidate can't take the journal's events")?;
        Ok((found, shadowed))
    }

    fn put_in_force(
        &self,
        mut journal: SqliteJournal,
        plugins: &Plugins,
        candidate: &PluginFile,
        (from, overridden): ([u8; 32], bool),
        shadowed: &mut Shadowed,
    ) -> Result<()> {
        ensure!(
            journal.anchor() == shadowed.anchor(),
            "the journal went on meanwhile: hold the candidate against it again"
        );
        plugins.keep(candidate)?;
        let store = SnapshotStore::open(&self.dir.join(SNAPSHOTS), usize::MAX)?;
        shadowed.save(&store, candidate.digest()).context("can't save the state")?;
        let subject = std::env::var("USER").unwrap_or_else(|_| "operator".to_string());
        let by = Caller { subject, scopes: vec!["admin".to_string()] };
        let head = activate(&mut journal, from, candidate, &by, overridden)?;
        Box::new(journal).close()?;
        println!("in force from input {} on", grouped(head.next_input));
        Ok(())
    }

    /// Tells whether the plugin in force and the candidate have the same state of the journal.
    fn compare_states(&self, old: Option<&PluginFile>, shadowed: &mut Shadowed) -> Result<()> {
        let Some(old) = old else {
            println!("states     not compared: the plugin in force is not at hand (--plugin)");
            return Ok(());
        };
        let mut reader = SqliteJournal::open_reader(&self.dir)?;
        let options = ShadowOptions { last: 0, metered: false };
        let mut its = shadowing(old, &mut reader, None, options, &mut |_| {})?;
        let told = if its.anchor() != shadowed.anchor() {
            "not compared: the journal went on meanwhile"
        } else if its.digest()? == shadowed.digest()? {
            "equal"
        } else {
            "differ: the candidate keeps it otherwise"
        };
        println!("states     {told}");
        Ok(())
    }
}
