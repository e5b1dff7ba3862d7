//! A partition of a comparison, which can be dropped and opened anew from its journal.
//!
//! Law: what it gives back is durable; nothing of it but the journal outlives a crash.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use anyhow::{Context as _, Result, bail};
use earmark::flow::{Command, Event};
use earmark::schema;
use earmark_abi::{Outcome, Verdict, decode};
use earmark_host::journal::{Clock, Header, MemoryJournal, MemoryStore};
use earmark_host::partition::{
    Caller, Options, Origin, Partition, Receipt, Submission, Where, new_id,
};
use earmark_host::plugin::Bodies;

use crate::shop::commands::encode;

/// Where its journal lives on while it is closed.
#[derive(Debug)]
enum Kept {
    Memory(MemoryStore),
    Directory(PathBuf),
}

/// A partition, open or about to be opened.
pub(super) struct Place {
    bodies: Arc<dyn Bodies>,
    kept: Kept,
    roles: Vec<String>,
    open: Option<Arc<Partition>>,
}

/// Whoever works for the shop.
pub(super) fn staff() -> Arc<Caller> {
    Arc::new(Caller { subject: "comparison".into(), scopes: vec!["staff".into()] })
}

/// What became of a command: its events, or the code of its refusal.
pub(super) type Became = std::result::Result<Vec<Event>, String>;

impl Place {
    /// A new one with these roles, in memory or below a directory.
    pub(super) fn new(
        bodies: &Arc<dyn Bodies>,
        roles: Vec<String>,
        dir: Option<PathBuf>,
    ) -> Result<Self> {
        let kept = match dir {
            Some(dir) => Kept::Directory(dir),
            None => {
                let plugin = bodies.description().name.clone();
                let (clock, roles) = (Clock::Logical, roles.clone());
                let header = Header { id: new_id(), plugin, roles, clock, created_at_ms: 0 };
                Kept::Memory(MemoryJournal::new(header).store())
            }
        };
        let mut place = Self { bodies: Arc::clone(bodies), kept, roles, open: None };
        place.reopen()?;
        Ok(place)
    }

    /// Drops the partition, and opens it anew from its journal.
    pub(super) fn reopen(&mut self) -> Result<()> {
        if let Some(open) = self.open.take() {
            let last = Arc::into_inner(open).context("a link still holds the partition")?;
            drop(last);
        }
        let options = |place| Options {
            clock: Clock::Logical,
            roles: self.roles.clone(),
            snapshot_every: 0,
            ..Options::new(place)
        };
        let bodies = Arc::clone(&self.bodies);
        let opened = match &self.kept {
            Kept::Directory(dir) => {
                let options = options(Where::Directory(dir.clone()));
                Partition::open(bodies, &options, &mut |_, _| {})
            }
            Kept::Memory(store) => {
                let journal = Box::new(store.open()?);
                Partition::over(bodies, journal, &options(Where::Memory), &mut |_, _| {})
            }
        };
        self.open = Some(Arc::new(opened?));
        Ok(())
    }

    /// The partition.
    pub(super) fn partition(&self) -> Result<&Arc<Partition>> {
        self.open.as_ref().context("the partition is closed")
    }

    /// Gives a command as staff, and waits until it is durable.
    pub(super) fn give(
        &self,
        at: u64,
        command: &Command,
        origin: Option<Origin>,
    ) -> Result<(Receipt, Became)> {
        let command = encode(at, command)?;
        self.hand_in(at, command.kind, command.bytes, origin)
    }

    /// Hands in a command as it is written.
    pub(super) fn hand_in(
        &self,
        at: u64,
        kind: u16,
        command: Vec<u8>,
        origin: Option<Origin>,
    ) -> Result<(Receipt, Became)> {
        let (told, answer) = channel();
        let reply = Box::new(move |answer| drop(told.send(answer)));
        let (by, trace, at) = (staff(), None, Some(at));
        let submission = Submission { kind, command, by, origin, trace, at, reply };
        self.partition()?.submit(submission)?;
        let receipt = answer.recv().context("the partition closed before it answered")??;
        let became = became(&receipt)?;
        Ok((receipt, became))
    }
}

/// What a receipt tells.
fn became(receipt: &Receipt) -> Result<Became> {
    let outcome: Outcome<'_> = decode("an outcome", &receipt.outcome)?;
    Ok(match outcome.verdict {
        Verdict::Accepted { events } => {
            let read =
                |event: &earmark_abi::EventOut<'_>| schema::decode_event(event.kind, event.body);
            Ok(events.iter().map(read).collect::<Result<_, _>>()?)
        }
        Verdict::Refused(refused) if refused.code == "malformed" => {
            bail!("a command is malformed: {}", refused.message)
        }
        Verdict::Refused(refused) => Err(refused.code.to_string()),
    })
}
