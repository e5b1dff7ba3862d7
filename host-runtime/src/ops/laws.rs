//! The laws over the state of a journal: the part that `verify` and `audit` share.
//!
//! Law: a broken law is told by name, and is an error of whoever asked; what was checked is said.

use std::path::Path;

use anyhow::{Result, bail};
use earmark_abi::Audited;
use earmark_host::journal::{SnapshotStore, SqliteJournal};
use earmark_host::partition::{Position, Rebuilt, rebuild};
use earmark_host::plugin::Bodies;

use super::screen::{grouped, hex, progress, row};

/// What an audit came to, and of which state.
pub(crate) struct Laws {
    pub(crate) audited: Audited,
    pub(crate) position: Position,
    /// The input that the snapshot stood at which was begun with.
    pub(crate) from_snapshot: Option<u64>,
    pub(crate) skipped: Vec<String>,
    /// Who wrote the last record, if that was another plugin than the one that was asked.
    pub(crate) written_by: Option<[u8; 32]>,
}

/// The state of a journal's end, from its records and the snapshots in `store`.
pub(crate) fn rebuilt(
    bodies: &dyn Bodies,
    dir: &Path,
    store: Option<&SnapshotStore>,
) -> Result<Rebuilt> {
    let mut reader = SqliteJournal::open_reader(dir)?;
    let bar = progress(0, "rebuilding");
    let rebuilt = rebuild(bodies, &mut reader, store, 1, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(rebuilt?)
}

/// A plugin by name, version and digest.
pub(crate) fn named(bodies: &dyn Bodies) -> String {
    let says = bodies.description();
    format!("{} {}, blake3 {}", says.name, says.version, hex(&bodies.digest()))
}

impl Laws {
    /// Asks the plugin.
    pub(crate) fn check(mut rebuilt: Rebuilt, bodies: &dyn Bodies) -> Result<Self> {
        Ok(Self {
            audited: rebuilt.audit()?,
            position: rebuilt.position,
            from_snapshot: rebuilt.from_snapshot,
            skipped: rebuilt.skipped,
            written_by: rebuilt.written_by.filter(|by| *by != bodies.digest()),
        })
    }

    /// Tells what was found, and fails if a law is broken.
    pub(crate) fn told(&self) -> Result<()> {
        if let Some(by) = &self.written_by {
            row("  last record by", format!("blake3 {}", hex(by)));
        }
        let Audited { checked, broken } = &self.audited;
        row("laws", format!("{} predicates, {} broken", grouped(*checked), broken.len()));
        for broken in broken {
            row("  broken", format!("{}: {}", broken.law, broken.found));
        }
        self.verdict()
    }

    /// Fails if a law is broken.
    pub(crate) fn verdict(&self) -> Result<()> {
        match self.audited.broken.len() {
            0 => Ok(()),
            broken => bail!("{broken} of the plugin's laws are broken: see above"),
        }
    }
}
