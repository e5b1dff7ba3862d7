//! `earmark verify`: every record of a journal, and the laws over the state it makes.
//!
//! Law: it changes nothing, and runs beside a host that has the journal open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use earmark_host::journal::{SqliteJournal, verify};
use earmark_host::partition::rebuild;
use earmark_host::plugin::Bodies;

use super::screen::{grouped, progress};

/// Check every record of a journal, and the laws over the state it makes.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The directory of the journal
    dir: PathBuf,
    /// Check the records only, without a plugin
    #[arg(long)]
    records_only: bool,
}

impl Verify {
    /// The directory of the journal.
    pub(crate) fn journal(&self) -> &Path {
        &self.dir
    }

    /// Runs the check. The plugin is loaded only if it is needed.
    pub(crate) fn run(&self, bodies: impl FnOnce() -> Result<Arc<dyn Bodies>>) -> Result<()> {
        let bar = progress(0, "verifying");
        let report = verify(&self.dir, &mut |progress| {
            bar.set_length(progress.of_records);
            bar.set_position(progress.records);
        });
        bar.finish_and_clear();
        let report = report?;
        let anchor = report.head.anchor();
        let row = |name: &str, value: String| println!("  {name:<28} {value}");
        row("records", format!("{}, each hash, link and range", grouped(anchor.records)));
        let (inputs, events) = (grouped(anchor.inputs), grouped(anchor.events));
        row("inputs, events", format!("{inputs}, {events}"));
        row("chain", blake3::Hash::from_bytes(anchor.chain).to_hex().to_string());
        if self.records_only {
            return Ok(());
        }
        let bodies = bodies()?;
        let mut reader = SqliteJournal::open_reader(&self.dir)?;
        let bar = progress(anchor.inputs, "rebuilding");
        let rebuilt = rebuild(bodies.as_ref(), &mut reader, None, 1, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let (checked, broken) = rebuilt?.audit()?;
        row("chain made from the inputs", "equal".to_string());
        row("laws", format!("{} predicates, {} broken", grouped(checked), broken.len()));
        for broken in &broken {
            row("  broken", broken.clone());
        }
        if broken.is_empty() { Ok(()) } else { bail!("laws are broken: see above") }
    }
}
