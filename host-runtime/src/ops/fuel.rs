//! `earmark fuel`: what commands take of their budget, from the last inputs of a journal.
//!
//! Law: fuel is a count, so the same plugin and the same inputs give the same figures anywhere; it
//! changes nothing, and runs beside a host that has the journal open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, value_parser};
use earmark_host::journal::{SNAPSHOTS, SnapshotStore, SqliteJournal};
use earmark_host::partition::ShadowOptions;
use earmark_host::plugin::Bodies;
use serde_json::json;

use super::screen::grouped;
use super::shadowing::shadowing;

/// Tell how much of its fuel each kind of command takes, from the last inputs of a journal
#[derive(Debug, Args)]
pub(crate) struct Fuel {
    /// The directory of the journal
    dir: PathBuf,
    /// How many inputs, from the last one back
    #[arg(long, value_name = "N", default_value_t = 10_000,
          value_parser = value_parser!(u64).range(1..=10_000_000))]
    last: u64,
    /// One line of JSON a command, for programs
    #[arg(long)]
    json: bool,
}

/// The fuel of one kind of command.
#[derive(Debug, Default)]
struct Taken {
    units: Vec<u64>,
    /// The most, and the input that took it.
    most: (u64, u64),
}

impl Taken {
    /// The value that this share of all lies at or below, by the nearest rank.
    fn percentile(&self, share: usize) -> u64 {
        let rank = self.units.len().saturating_mul(share).div_ceil(100).max(1);
        self.units.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl Fuel {
    /// The directory of the journal.
    pub(crate) fn journal(&self) -> &Path {
        &self.dir
    }

    /// Decides the last inputs anew, on an engine that counts; `budget` is what an input may take.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>, budget: u64) -> Result<()> {
        let mut reader = SqliteJournal::open_reader(&self.dir)?;
        // A host may be writing one.
        let snapshots = SnapshotStore::beside(&self.dir.join(SNAPSHOTS));
        let options = ShadowOptions { last: self.last, metered: true };
        let mut kinds: BTreeMap<u16, Taken> = BTreeMap::new();
        let (mut otherwise, mut uncounted) = (0_u64, 0_u64);
        let body = bodies.as_ref();
        let told = shadowing(body, &mut reader, Some(&snapshots), options, &mut |one| {
            otherwise = otherwise.saturating_add(u64::from(!one.same()));
            match one.fuel {
                Some(fuel) => {
                    let taken = kinds.entry(one.kind).or_default();
                    taken.units.push(fuel);
                    taken.most = taken.most.max((fuel, one.input));
                }
                None => uncounted = uncounted.saturating_add(1),
            }
        });
        told.with_context(|| format!("can't decide the inputs of `{}`", self.dir.display()))?;
        for taken in kinds.values_mut() {
            taken.units.sort_unstable();
        }
        if uncounted > 0 {
            let more = grouped(uncounted);
            eprintln!("note: of {more} inputs no fuel is known: this body does not count it");
        }
        if otherwise > 0 {
            let more = grouped(otherwise);
            eprintln!("note: {more} inputs are decided otherwise by this plugin than is recorded");
        }
        let commands = &bodies.description().commands;
        let name = |kind: u16| {
            commands.get(usize::from(kind)).map_or("(unknown)", |command| command.name.as_str())
        };
        self.print(&kinds, &name, budget);
        Ok(())
    }

    fn print<'a>(&self, kinds: &BTreeMap<u16, Taken>, name: &dyn Fn(u16) -> &'a str, budget: u64) {
        if !self.json {
            println!(
                "{:<24} {:>8} {:>14} {:>14} {:>14} {:>14}  of budget",
                "command", "inputs", "p50", "p90", "p99", "most"
            );
        }
        for (kind, taken) in kinds {
            let [p50, p90, p99] = [50, 90, 99].map(|share| taken.percentile(share));
            let (most, input) = taken.most;
            let share = most as f64 * 100.0 / budget.max(1) as f64;
            let name = name(*kind);
            if self.json {
                let inputs = taken.units.len();
                println!(
                    "{}",
                    json!({ "command": name, "inputs": inputs, "p50": p50, "p90": p90, "p99": p99,
                        "most": most, "mostInput": input, "budget": budget })
                );
            } else {
                let [p50, p90, p99, most] = [p50, p90, p99, most].map(grouped);
                println!(
                    "{name:<24} {:>8} {p50:>14} {p90:>14} {p99:>14} {most:>14}  {share:.2} %",
                    grouped(taken.units.len() as u64)
                );
            }
            if most > budget / 2 {
                eprintln!(
                    "warning: {name} came to {share:.0} % of the {} units of fuel that an input \
                     may take (input {input}): give it more with --max-fuel, or make it take less",
                    grouped(budget)
                );
            }
        }
    }
}
