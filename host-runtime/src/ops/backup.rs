//! `earmark backup` and `earmark restore`: a copy of a journal beside its host, and back.
//!
//! Law: a backup is a journal that `verify` passes, or it is not there; nothing is restored before
//! the whole backup was checked. A journal that goes on from a backup is another journal, unless it
//! is said that nobody saw more of the first one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use earmark_host::journal::{Anchor, Copied, copy, verify};
use earmark_host::partition::new_id;

use super::screen::{grouped, hex, progress, row};

/// Copy a journal, beside the host that has it open or without one.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The directory of the journal
    dir: PathBuf,
    /// The directory of the backup, which is made
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Put the journal of a backup in place, once every record of it was checked.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The directory of the backup
    backup: PathBuf,
    /// The directory of the journal, which is made
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Keep the journal's id. Only if the journal took no input after the backup: else two events
    /// would have one id
    #[arg(long)]
    same_journal: bool,
}

impl Backup {
    /// Makes the backup.
    pub(crate) fn run(&self) -> Result<()> {
        let copied = copied(&self.dir, &self.to, None, "copying").with_context(|| {
            format!("`{}` is not backed up, and nothing was written", self.dir.display())
        })?;
        told(&copied);
        row("backup", self.to.display().to_string());
        Ok(())
    }
}

impl Restore {
    /// Checks the backup, and puts it in place.
    pub(crate) fn run(&self) -> Result<()> {
        let refused =
            || format!("`{}` is not restored, and nothing was written", self.backup.display());
        let bar = progress(0, "verifying");
        let report = verify(&self.backup, &mut |progress| {
            bar.set_length(progress.of_records);
            bar.set_position(progress.records);
        });
        bar.finish_and_clear();
        let was = report.with_context(refused)?.header.id;
        let id = (!self.same_journal).then(new_id);
        let copied = copied(&self.backup, &self.to, id, "restoring").with_context(refused)?;
        told(&copied);
        row("restored", self.to.display().to_string());
        match id {
            None => row("journal", format!("{}, as before", hex(&was))),
            Some(id) => {
                row("journal", format!("{}, going on from {}", hex(&id), hex(&was)));
                println!("{}", to_those_who_saw_more(&copied.anchor));
            }
        }
        Ok(())
    }
}

/// What they have to do.
fn to_those_who_saw_more(end: &Anchor) -> String {
    format!(
        "An input behind {} was never taken, whatever its sender was told, and has to be handed in \
         anew.\nAn event behind {} never happened; whoever acted on it has to look again.",
        grouped(end.inputs),
        grouped(end.events)
    )
}

fn copied(from: &Path, to: &Path, id: Option<[u8; 16]>, what: &'static str) -> Result<Copied> {
    let bar = progress(0, what);
    let copied = copy(from, to, id, &mut |progress| {
        bar.set_length(progress.of_records);
        bar.set_position(progress.records);
    });
    bar.finish_and_clear();
    Ok(copied?)
}

fn told(copied: &Copied) {
    let Anchor { records, inputs, events, chain, .. } = copied.anchor;
    row("records", format!("{}, each hash, link and range", grouped(records)));
    row("inputs, events", format!("{}, {}", grouped(inputs), grouped(events)));
    row("chain", hex(&chain));
    let snapshot = |input| format!("of input {}", grouped(input));
    row("snapshot", copied.snapshot.map_or("none".to_string(), snapshot));
    for skipped in &copied.skipped {
        row("  left behind", format!("{}: {}", skipped.path.display(), skipped.why));
    }
}
