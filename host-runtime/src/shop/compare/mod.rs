//! `earmark compare-topologies`: one workload and its faults over all four topologies.
//!
//! Law: the same plugin, the same partitions and the same links as a host's; only the steps are
//! counted instead of timed, so that a seed gives one table.

mod faults;
mod place;
mod table;
#[cfg(all(test, feature = "native"))]
mod tests;
mod told;
mod wires;
mod workload;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use earmark::flow::Topology;
use earmark_host::plugin::Bodies;

use self::faults::Faults;
use self::table::Compared;
use self::workload::Workload;
use super::replay::show;
use crate::ops::screen::progress;

/// Run one workload and its faults over all four topologies, and count what customers were told
/// too early
#[derive(Debug, Args)]
pub(crate) struct CompareTopologies {
    /// How many orders
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orders: u32,
    /// What to make orders and faults from: the same seed, the same table
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What goes wrong: `none`, or some of late=N (a link rests for up to N steps), repeat=N,
    /// restart=N and crash=N (in one of N steps events come again, links break, a partition is
    /// opened anew from its journal)
    #[arg(long, default_value_t = Faults::default())]
    faults: Faults,
    /// Keep the journals in this new directory, one a partition, instead of in memory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print the figures, and the outcome of each order, as JSON
    #[arg(long)]
    json: bool,
}

impl CompareTopologies {
    /// Runs all topologies, and prints the table.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        if let Some(dir) = self.dir.as_ref().filter(|dir| dir.exists()) {
            bail!("`{}` is there already: name a new directory with --dir", dir.display());
        }
        let compared = self.compare(bodies)?;
        if self.json {
            show(&format!("{:#}\n", compared.json()))?;
        } else {
            show(&compared.table())?;
        }
        let wrong = compared.wrong();
        if !wrong.is_empty() {
            bail!("{}", wrong.join("; "));
        }
        Ok(())
    }

    fn compare(&self, bodies: &Arc<dyn Bodies>) -> Result<Compared> {
        let orders = usize::try_from(self.orders)?;
        let workload = Workload::new(self.seed, orders)?;
        let bar = progress(Topology::ALL.len() as u64, "comparing");
        let mut runs = Vec::new();
        for topology in Topology::ALL {
            let trouble = (self.seed, self.faults);
            runs.push(world::run(bodies, topology, &workload, trouble, self.dir.as_deref())?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let (seed, faults) = (self.seed, self.faults.to_string());
        let units = (workload.wanted, workload.stocked);
        Ok(Compared { orders, seed, faults, units, runs })
    }
}
