//! `earmark verify`: every record of a journal, and the laws over the state it makes.
//!
//! Law: it changes nothing, and runs beside a host that has the journal open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use earmark_host::journal::verify;
use earmark_host::plugin::Bodies;

use super::laws::{Laws, named, rebuilt};
use super::screen::{grouped, hex, progress, row};

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
        if report.base.records > 0 {
            let (records, inputs) = (report.base.records, report.base.inputs);
            let behind = format!("record {}, input {}", grouped(records), grouped(inputs));
            let copies = match report.base_copies_damaged {
                0 => "both copies of the state there are good",
                _ => "one copy of the state there is damaged: make a backup and use that",
            };
            row("begins behind", format!("{behind}; {copies}"));
        }
        let records = anchor.records.saturating_sub(report.base.records);
        row("records", format!("{}, each hash, link and range", grouped(records)));
        let (inputs, events) = (grouped(anchor.inputs), grouped(anchor.events));
        row("inputs, events", format!("{inputs}, {events}"));
        row("chain", hex(&anchor.chain));
        if self.records_only {
            return Ok(());
        }
        let bodies = bodies()?;
        let rebuilt = rebuilt(bodies.as_ref(), &self.dir, None)?;
        row("chain made from the inputs", "equal");
        row("plugin", named(bodies.as_ref()));
        Laws::check(rebuilt, bodies.as_ref())?.told()
    }
}
