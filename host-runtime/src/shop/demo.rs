//! `earmark demo`: a generated shop through the plugin and the journal, and then open for orders.
//!
//! Law: the demo runs the same code as a replay and a server; only the documents are invented.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use earmark_host::partition::{Options, Where};
use earmark_host::plugin::Bodies;

use super::commands;
use super::drive::drive;
use super::generate;
use super::network::Network;
use super::plan::{Happening, Plan, PlanOptions};
use super::replay::{look, policy, show};
use super::report;
use super::stock::StockPolicy;
use crate::ops::screen::{open, progress};
use crate::ops::serve::{Serve, run_server};

/// Fill a generated shop with orders, print what came of them, and serve it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// How many documents to invent
    #[arg(long, default_value_t = 2_000)]
    documents: usize,
    /// What to invent them from: the same seed, the same shop
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much stock: ample, or N-per-item
    #[arg(long, default_value = "2000-per-item")]
    stock: StockPolicy,
    /// Where the journal is; it is made anew
    #[arg(long, value_name = "DIR", default_value = ".earmark/demo")]
    dir: PathBuf,
    /// End after the summary, without serving
    #[arg(long)]
    exit: bool,
    /// Where to serve
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// The folder of the page
    #[arg(long, value_name = "DIR", env = "EARMARK_WWW", default_value = "www/dist")]
    www: PathBuf,
}

impl Demo {
    /// Runs the demo.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let serve = Serve::demo(self.addr, self.www.clone());
        let door = (!self.exit).then(|| serve.open_door()).transpose()?;
        self.clear()?;
        let shop = generate::shop(self.seed, self.documents);
        let network = Network::built_in()?;
        let options = PlanOptions { stock: self.stock, ..PlanOptions::default() };
        let mut plan = shop.plan(&network, &options)?;
        leave_the_last_day_open(&mut plan);
        let commands = commands::of_plan(policy(), &plan.happenings)?;
        let place = Where::Directory(self.dir.clone());
        let options_of_partition = Options::new(place.clone());
        let partition = open(bodies, &options_of_partition)?;
        let bar = progress(commands.len() as u64, "placing");
        let driven = drive(&partition, &commands, 8_192, &|at| bar.set_position(at));
        bar.finish_and_clear();
        let driven = driven?;
        let expected = shop.expected(&options);
        let (origin, notes) = (shop.origin.clone(), shop.notes.clone());
        let (facts, tally) =
            look(&partition, &place, origin, notes, (commands.len(), &driven), |_| None)?;
        show(&report::table(&facts, &plan, &expected, &tally))?;
        if !facts.broken.is_empty() {
            bail!("laws are broken: see above");
        }
        match door {
            Some(door) => run_server(Arc::new(partition), &serve, door),
            None => Ok(()),
        }
    }

    /// Removes what an earlier demo left, and nothing else.
    fn clear(&self) -> Result<()> {
        let journal = self.dir.join("journal.db");
        if self.dir.exists() && !journal.exists() && self.dir.read_dir()?.next().is_some() {
            bail!(
                "`{}` is not the directory of a demo: name another with --dir",
                self.dir.display()
            );
        }
        if self.dir.exists() {
            let failed = || format!("can't make `{}` anew", self.dir.display());
            std::fs::remove_dir_all(&self.dir).with_context(failed)?;
        }
        Ok(())
    }
}

/// Keeps the happenings up to the last order: the orders of its day are not shipped yet.
fn leave_the_last_day_open(plan: &mut Plan<'_>) {
    let placed = |it: &super::plan::Timed<'_>| matches!(it.happening, Happening::Order { .. });
    if let Some(last) = plan.happenings.iter().rposition(placed) {
        plan.happenings.truncate(last + 1);
    }
}
