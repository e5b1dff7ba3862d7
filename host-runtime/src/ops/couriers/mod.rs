//! `earmark couriers`, and the couriers of `earmark serve`: who is told of events, and how far.
//!
//! Law: looking goes on beside a host, and so does what changes a letter: the host that carries
//! finds it in the same file, and acts on it before the next events that it looks at.

mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};
use earmark_abi::rfc3339;
use earmark_host::journal::{JournalReader as _, SqliteJournal};
use earmark_host::partition::Partition;
use earmark_host::relay::{FILE, Journalled, Outbox, Relay, Standing, Store};
use serde_json::json;

/// Look at who is told of events, and at messages that could not be delivered
#[derive(Debug, Args)]
pub(crate) struct Couriers {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the endpoints: how far each is, and what is wrong
    List {
        /// The directory of the journal
        dir: PathBuf,
        /// One line of JSON an endpoint, for programs
        #[arg(long)]
        json: bool,
    },
    /// List the dead letters of an endpoint
    Letters {
        /// The directory of the journal
        dir: PathBuf,
        /// The endpoint, as in the list
        endpoint: String,
        /// One line of JSON a letter, with the message, for programs
        #[arg(long)]
        json: bool,
    },
    /// Have a dead letter tried once more, or all of an endpoint, by the host that carries
    Retry {
        /// The directory of the journal
        dir: PathBuf,
        /// The endpoint, as in the list
        endpoint: String,
        /// The letter's place among the events
        #[arg(required_unless_present = "all")]
        event: Option<u64>,
        /// All letters of the endpoint
        #[arg(long, conflicts_with = "event")]
        all: bool,
    },
    /// Give a dead letter up
    Drop {
        /// The directory of the journal
        dir: PathBuf,
        /// The endpoint, as in the list
        endpoint: String,
        /// The letter's place among the events
        event: u64,
    },
    /// Carry again to an endpoint that answered 410 (Gone), from where it stands
    Enable {
        /// The directory of the journal
        dir: PathBuf,
        /// The endpoint, as in the list
        endpoint: String,
    },
}

impl Couriers {
    /// Does what is asked.
    pub(crate) fn run(&self) -> Result<()> {
        match &self.what {
            What::List { dir, json } => list(dir, *json),
            What::Letters { dir, endpoint, json } => letters(dir, endpoint, *json),
            What::Retry { dir, endpoint, event: None, .. } => {
                match known(dir, endpoint)?.retry_all(endpoint)? {
                    0 => println!("no dead letters"),
                    all => println!("tried again by the host that carries: {all} dead letters"),
                }
                Ok(())
            }
            What::Retry { dir, endpoint, event: Some(event), .. } => {
                let done = known(dir, endpoint)?.retry(endpoint, *event)?;
                ensure!(done, "`{endpoint}` has no dead letter {event}: see `couriers letters`");
                println!("event {event} is tried again by the host that carries");
                Ok(())
            }
            What::Drop { dir, endpoint, event } => {
                let done = known(dir, endpoint)?.give_up(endpoint, *event)?;
                ensure!(done, "`{endpoint}` has no dead letter {event}: see `couriers letters`");
                println!("event {event} is given up");
                Ok(())
            }
            What::Enable { dir, endpoint } => {
                let done = known(dir, endpoint)?.enable(endpoint)?;
                ensure!(done, "`{endpoint}` is not disabled");
                println!("`{endpoint}` is carried to again");
                Ok(())
            }
        }
    }
}

/// Begins to carry a partition's events to the endpoints of a file; where they stand is kept in
/// the journal's directory, or nowhere if the journal is in memory.
pub(super) fn start(file: &Path, dir: Option<&Path>, partition: &Arc<Partition>) -> Result<Relay> {
    let routes = file::read(file, partition.description())?;
    let outbox: Arc<dyn Outbox> = Arc::new(Journalled::new(Arc::clone(partition)));
    let source = outbox.source();
    let store = match dir {
        Some(dir) => Store::open(dir, &source)?,
        None => Store::memory(&source)?,
    };
    for route in &routes {
        tracing::info!(endpoint = route.name, types = ?route.types, "events are carried");
    }
    Ok(Relay::start(&outbox, &store, routes)?)
}

fn store_of(dir: &Path) -> Result<Store> {
    if let Some(store) = Store::existing(dir)? {
        return Ok(store);
    }
    SqliteJournal::open_reader(dir)?;
    let shown = dir.display();
    bail!("there is no `{FILE}` in `{shown}`: serve the journal with --couriers first")
}

/// The store, if it knows the endpoint.
fn known(dir: &Path, endpoint: &str) -> Result<Store> {
    let store = store_of(dir)?;
    let names: Vec<String> = store.standings()?.into_iter().map(|one| one.name).collect();
    if !names.iter().any(|name| name == endpoint) {
        bail!("there is no endpoint `{endpoint}`; there are: {}", names.join(", "));
    }
    Ok(store)
}

fn list(dir: &Path, as_json: bool) -> Result<()> {
    let standings = store_of(dir)?.standings()?;
    let end = SqliteJournal::open_reader(dir)?.head()?.next_event.saturating_sub(1);
    if as_json {
        for one in &standings {
            let Standing { name, cursor, tries, error, delivered, gone, letters } = one;
            let lag = end.saturating_sub(*cursor);
            let told = json!({
                "endpoint": name, "cursor": cursor, "lag": lag, "tries": tries, "error": error,
                "delivered": delivered, "disabled": gone, "deadLetters": letters,
            });
            println!("{told}");
        }
        return Ok(());
    }
    println!("the journal ends with event {end}");
    let width = standings.iter().map(|one| one.name.len()).max().unwrap_or(0).max(8);
    println!(
        "{:width$}  {:>10}  {:>8}  {:>9}  {:>5}  {:>7}  trouble",
        "endpoint", "cursor", "lag", "delivered", "tries", "letters"
    );
    for one in &standings {
        let trouble = match (&one.gone, &one.error) {
            (Some(why), _) => format!("disabled: {why}"),
            (None, Some(why)) => why.clone(),
            (None, None) => "-".to_string(),
        };
        println!(
            "{:width$}  {:>10}  {:>8}  {:>9}  {:>5}  {:>7}  {trouble}",
            one.name,
            one.cursor,
            end.saturating_sub(one.cursor),
            one.delivered,
            one.tries,
            one.letters,
        );
    }
    Ok(())
}

fn letters(dir: &Path, endpoint: &str, as_json: bool) -> Result<()> {
    let letters = known(dir, endpoint)?.letters(endpoint)?;
    if letters.is_empty() && !as_json {
        println!("no dead letters");
    }
    for letter in &letters {
        let (message, at) = (&letter.message, rfc3339(letter.at_ms));
        if as_json {
            let told = json!({
                "event": message.sequence, "id": message.id, "type": message.ce_type,
                "tries": letter.tries, "error": letter.error, "at": at, "again": letter.again,
                "message": serde_json::from_slice::<serde_json::Value>(&message.json)?,
            });
            println!("{told}");
            continue;
        }
        let again = if letter.again { "  (to be tried again)" } else { "" };
        println!("event {}  {}  {}{again}", message.sequence, message.ce_type, message.subject);
        println!("  {} tries, the last {at}: {}", letter.tries, letter.error);
    }
    Ok(())
}
