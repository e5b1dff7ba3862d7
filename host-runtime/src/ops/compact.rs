//! `earmark compact` and `earmark rejoin`: a journal that begins later, and the whole one again.
//!
//! Law: both make a journal beside those that are there, and touch none of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use earmark_host::journal::{Draft, rejoin, verify};
use earmark_host::partition::compact;
use earmark_host::plugin::Bodies;

use super::screen::{grouped, hex, progress, row};

/// Make a journal that begins later; the one that is there becomes its archive.
#[derive(Debug, Args)]
pub(crate) struct Compact {
    /// The directory of the journal, which no host may have open
    dir: PathBuf,
    /// Take out all whole records up to this input
    #[arg(long, value_name = "INPUT")]
    before: u64,
    /// The directory of the new journal, which is made
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Make the whole journal again from a compacted one and its archive.
#[derive(Debug, Args)]
pub(crate) struct Rejoin {
    /// The directory of the compacted journal
    dir: PathBuf,
    /// The journal that it was made from
    #[arg(long, value_name = "DIR")]
    archive: PathBuf,
    /// The directory of the whole journal, which is made
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

impl Compact {
    /// The directory of the journal.
    pub(crate) fn journal(&self) -> &Path {
        &self.dir
    }

    /// Makes the new journal, and tells what is in which.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let bar = progress(0, "compacting");
        let made = compact(bodies.as_ref(), &self.dir, &self.to, self.before, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let made = made.with_context(|| {
            format!("`{}` is not compacted, and nothing was written", self.dir.display())
        })?;
        let (base, end) = (made.base, made.end);
        let span = |from: u64, to: u64| match from <= to {
            true => format!("{} to {}", grouped(from), grouped(to)),
            false => format!("none yet; the next is {}", grouped(from)),
        };
        let next = base.inputs.saturating_add(1);
        row("chain", hex(&end.chain));
        row("state", "equal in both");
        row("journal", self.to.display());
        row("  inputs", span(next, end.inputs));
        row("archive", self.dir.display());
        row("  inputs taken out", span(1, base.inputs));
        println!(
            "Serve `{}` from now on, and `{}` never again: keep it for reading, and for a new \
             version of the plugin.",
            self.to.display(),
            self.dir.display()
        );
        Ok(())
    }
}

impl Rejoin {
    /// Makes the whole journal, and checks it.
    pub(crate) fn run(&self) -> Result<()> {
        let failed =
            || format!("`{}` is not rejoined, and nothing was written", self.dir.display());
        for dir in [&self.archive, &self.dir] {
            verify(dir, &mut |_| ()).with_context(failed)?;
        }
        let draft = Draft::begin(&self.to).with_context(failed)?;
        let bar = progress(0, "rejoining");
        let end = rejoin(&self.archive, &self.dir, draft.path(), &mut |progress| {
            bar.set_length(progress.of_records);
            bar.set_position(progress.records);
        });
        bar.finish_and_clear();
        let end = end.with_context(failed)?;
        verify(draft.path(), &mut |_| ()).with_context(failed)?;
        draft.place().with_context(failed)?;
        row("inputs, events", format!("{}, {}", grouped(end.inputs), grouped(end.events)));
        row("chain", hex(&end.chain));
        row("journal", self.to.display());
        Ok(())
    }
}
