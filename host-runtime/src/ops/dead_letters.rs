//! `earmark dead-letters`: inputs that the plugin could not answer, and what is done about them.
//!
//! Law: looking changes nothing and goes on beside a host; what changes something is done by the
//! host that has the journal, be it one that runs (--url) or this command (--dir).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::http::Method;
use clap::{Args, Subcommand};
use earmark_abi::{Form, Outcome, Verdict, decode, rfc3339};
use earmark_host::journal::{JournalReader as _, SqliteJournal, SqliteReader};
use earmark_host::partition::{
    Caller, DeadLetter, DeadLetters as Letters, NotRedriven, Options, Partition, Question, Receipt,
    Translator, Where, asked,
};
use earmark_host::plugin::Bodies;
use serde_json::{Value, json};

use super::client::Client;
use super::screen::{grouped, open, progress};

/// Look at the inputs that the plugin could not answer, try one again, or give one up
#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    #[command(subcommand)]
    what: What,
}

/// Where they are.
#[derive(Debug, Args)]
struct At {
    /// The directory of the journal
    #[arg(long, value_name = "DIR", default_value = ".earmark/data", conflicts_with = "url")]
    dir: PathBuf,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List those that are open
    List {
        #[command(flatten)]
        at: At,
        /// Settled ones too
        #[arg(long)]
        all: bool,
        /// One line of JSON a letter, for programs
        #[arg(long)]
        json: bool,
    },
    /// Show one, and what was asked
    Show {
        /// Its place among the inputs, as in the list
        input: u64,
        #[command(flatten)]
        at: At,
    },
    /// Try one again, or all that are open: the same command of the same caller, as a new input
    Retry {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        at: At,
    },
    /// Give one up
    Drop {
        /// Its place among the inputs, as in the list
        input: u64,
        /// Why, for whoever reads the journal
        #[arg(long)]
        why: String,
        #[command(flatten)]
        at: At,
    },
}

/// One of them, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Its place among the inputs, as in the list
    input: Option<u64>,
    /// All that are open, the oldest first; the code is 0 if each was accepted
    #[arg(long)]
    all: bool,
}

/// How the plugin is had, if it is needed.
type Load<'a> = &'a dyn Fn() -> Result<Arc<dyn Bodies>>;

impl DeadLetters {
    /// The directory of the journal, if it is one that this command opens.
    pub(crate) fn journal(&self) -> Option<&Path> {
        let (What::List { at, .. }
        | What::Show { at, .. }
        | What::Retry { at, .. }
        | What::Drop { at, .. }) = &self.what;
        (!at.client.is_named()).then_some(at.dir.as_path())
    }

    /// Does what is asked; the plugin is loaded only if it is needed.
    pub(crate) fn run(&self, load: Load<'_>) -> Result<()> {
        match &self.what {
            What::List { at, all, json } => at.list(*all, *json, load),
            What::Show { input, at } => {
                println!("{}", serde_json::to_string_pretty(&at.show(*input, load)?)?);
                Ok(())
            }
            What::Retry { which: Which { input: Some(input), .. }, at } => at.retry(*input, load),
            What::Retry { at, .. } => at.retry_all(load),
            What::Drop { input, why, at } => at.give_up(*input, why, load),
        }
    }
}

impl At {
    fn list(&self, all: bool, as_json: bool, load: Load<'_>) -> Result<()> {
        let letters = if self.client.is_named() {
            self.asked_for(all)?
        } else {
            let (letters, _) = self.read()?;
            tell_left_out(&letters);
            let wanted: Vec<_> = letters.all().filter(|one| all || one.is_open()).collect();
            let bodies = if wanted.is_empty() { None } else { Some(load()?) };
            let name =
                |kind| bodies.as_ref().map_or("", |bodies| command(bodies, kind)).to_string();
            wanted.iter().map(|one| told(one, &name(one.kind))).collect::<Result<_>>()?
        };
        if as_json {
            letters.iter().for_each(|letter| println!("{letter}"));
        } else {
            print_table(&letters);
        }
        Ok(())
    }

    fn show(&self, input: u64, load: Load<'_>) -> Result<Value> {
        if self.client.is_named() {
            return self.client.ask(Method::GET, &format!("/api/dead-letters/{input}"), None);
        }
        let (letters, mut reader) = self.read()?;
        let letter = letters.get(input).ok_or(NotRedriven::Unknown(input))?;
        let asked = asked(&mut reader, input)?.ok_or(NotRedriven::Unknown(input))?;
        let bodies = load()?;
        let mut shown = told(letter, command(&bodies, letter.kind))?;
        let read = Translator::new(bodies).to_json(Form::Command, letter.kind, &asked.command);
        let read = read.map_err(|fault| fault.to_string()).flatten();
        let contents = Question::of(&asked, read);
        shown["asked"] = serde_json::to_value(contents)?;
        Ok(shown)
    }

    /// The letters that a host lists, page after page.
    fn asked_for(&self, all: bool) -> Result<Vec<Value>> {
        let mut letters = Vec::new();
        loop {
            let after = letters.last().map_or(0, |letter: &Value| number(letter, "input"));
            let path = format!("/api/dead-letters?all={all}&after={after}");
            let page = self.client.ask(Method::GET, &path, None)?;
            letters.extend(page["letters"].as_array().cloned().unwrap_or_default());
            if page["more"] != json!(true) {
                return Ok(letters);
            }
        }
    }

    fn retry(&self, input: u64, load: Load<'_>) -> Result<()> {
        let partition = self.own_partition(load)?;
        println!("{}", self.retried(input, partition.as_ref())?);
        Ok(())
    }

    fn retry_all(&self, load: Load<'_>) -> Result<()> {
        let open: Vec<u64> = if self.client.is_named() {
            self.asked_for(false)?.iter().map(|letter| number(letter, "input")).collect()
        } else {
            let (letters, _) = self.read()?;
            tell_left_out(&letters);
            letters.all().filter(|letter| letter.is_open()).map(|letter| letter.input).collect()
        };
        if open.is_empty() {
            println!("no dead letters");
            return Ok(());
        }
        let partition = self.own_partition(load)?;
        let mut not: u64 = 0;
        for input in &open {
            match self.retried(*input, partition.as_ref()) {
                Ok(told) => println!("{input}: {told}"),
                Err(error) => {
                    not = not.saturating_add(1);
                    println!("{input}: {error:#}");
                }
            }
        }
        if not > 0 {
            bail!(
                "{} of {} dead letters were not accepted: see above, and `dead-letters list` for \
                 those that are still open",
                grouped(not),
                grouped(open.len() as u64)
            );
        }
        Ok(())
    }

    /// What became of one that is tried again by this partition, or by the host that was named.
    fn retried(&self, input: u64, partition: Option<&Partition>) -> Result<String> {
        let Some(partition) = partition else {
            let path = format!("/api/dead-letters/{input}/retry");
            let answer = self.client.ask(Method::POST, &path, None)?;
            let happened = answer["events"].as_array().map_or(0, Vec::len);
            return Ok(format!(
                "answered as input {}: {happened} events",
                number(&answer, "input")
            ));
        };
        let Receipt { input: answered, outcome, .. } = partition.retry_dead_letter(input)?;
        let outcome: Outcome<'_> = decode("an outcome", &outcome)?;
        match outcome.verdict {
            Verdict::Accepted { events } => {
                Ok(format!("answered as input {answered}: {} events", events.len()))
            }
            Verdict::Refused(refused) => {
                bail!("refused as input {answered}: {} ({})", refused.message, refused.code)
            }
        }
    }

    fn give_up(&self, input: u64, why: &str, load: Load<'_>) -> Result<()> {
        let entry = if self.client.is_named() {
            let path = format!("/api/dead-letters/{input}/drop");
            number(&self.client.ask(Method::POST, &path, Some(&json!({ "why": why })))?, "input")
        } else {
            let subject = std::env::var("USER").unwrap_or_else(|_| "operator".to_string());
            let by = Caller { subject, scopes: vec!["admin".to_string()] };
            self.partition(load)?.drop_dead_letter(input, &by, why)?.input
        };
        println!("the dead letter {input} is given up, as entry {entry} says");
        Ok(())
    }

    /// The letters of the journal in the directory, and a reader of it.
    fn read(&self) -> Result<(Letters, SqliteReader)> {
        let mut reader = SqliteJournal::open_reader(&self.dir)?;
        let (mut letters, bar) = (Letters::default(), progress(0, "reading"));
        let read = letters.read_on(&mut reader, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        read?;
        Ok((letters, reader))
    }

    /// The journal in the directory, opened to write, if no host was named.
    fn own_partition(&self, load: Load<'_>) -> Result<Option<Partition>> {
        (!self.client.is_named()).then(|| self.partition(load)).transpose()
    }

    /// The journal in the directory, opened to write.
    fn partition(&self, load: Load<'_>) -> Result<Partition> {
        let clock = SqliteJournal::open_reader(&self.dir)?.header().clock;
        let place = Where::Directory(self.dir.clone());
        let options = Options { clock, snapshot_every: 0, ..Options::new(place) };
        open(&load()?, &options).with_context(|| busy(&self.dir))
    }
}

fn busy(dir: &Path) -> String {
    let dir = dir.display();
    format!("can't open `{dir}` to write; if a host has it open, name that one with --url")
}

fn tell_left_out(letters: &Letters) {
    if letters.left_out() > 0 {
        eprintln!("{} more are too old or too many to be listed", grouped(letters.left_out()));
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

fn command(bodies: &Arc<dyn Bodies>, kind: u16) -> &str {
    let commands = &bodies.description().commands;
    commands.get(usize::from(kind)).map_or("", |command| command.name.as_str())
}

fn told(letter: &DeadLetter, command: &str) -> Result<Value> {
    let mut told = serde_json::to_value(letter)?;
    told["command"] = json!(command);
    Ok(told)
}

fn print_table(letters: &[Value]) {
    if letters.is_empty() {
        println!("no dead letters");
        return;
    }
    let cell = |letter: &Value, name: &str| letter[name].as_str().unwrap_or_default().to_string();
    println!(
        "{:>12}  {:<24}  {:<20}  {:<18}  {:>5}  {:<8}  by",
        "input", "at", "command", "code", "tries", "standing"
    );
    for letter in letters {
        let (input, tries) = (number(letter, "input"), number(letter, "retries"));
        let at = rfc3339(number(letter, "at"));
        let [command, code, standing, by] =
            ["command", "code", "standing", "subject"].map(|name| cell(letter, name));
        println!(
            "{input:>12}  {at:<24}  {command:<20}  {code:<18}  {tries:>5}  {standing:<8}  {by}"
        );
    }
}
