//! `earmark audit`: the plugin's laws over the state of a journal, from its newest snapshot on.
//!
//! Law: it changes nothing, and runs beside a host that has the journal open. It believes a
//! snapshot that verifies and that the journal holds; `verify` believes the records only.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use earmark_host::journal::{JournalReader as _, SNAPSHOTS, SnapshotStore, SqliteJournal};
use earmark_host::plugin::Bodies;
use serde_json::{Value, json};

use super::laws::{Laws, named, rebuilt};
use super::screen::{grouped, hex, row};

/// Check the plugin's laws over the state of a journal, beside the host that has it open.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// The directory of the journal
    dir: PathBuf,
    /// One line of JSON, for programs
    #[arg(long)]
    json: bool,
}

impl Audit {
    /// The directory of the journal.
    pub(crate) fn journal(&self) -> &Path {
        &self.dir
    }

    /// Brings the state back, and asks the plugin.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let journal = SqliteJournal::open_reader(&self.dir)?.header().id;
        let store = SnapshotStore::beside(&self.dir.join(SNAPSHOTS));
        let rebuilt = rebuilt(bodies.as_ref(), &self.dir, Some(&store))?;
        let laws = Laws::check(rebuilt, bodies.as_ref())?;
        if self.json {
            println!("{}", as_json(&laws, bodies.as_ref(), &journal));
            return laws.verdict();
        }
        row("journal", hex(&journal));
        row("plugin", named(bodies.as_ref()));
        let (inputs, events) = (laws.position.inputs, laws.position.events);
        row("inputs, events", format!("{}, {}", grouped(inputs), grouped(events)));
        row("chain", hex(&laws.position.chain));
        let after = |at: u64| {
            let since = grouped(inputs.saturating_sub(at));
            format!("the snapshot of input {}, and {since} inputs after it", grouped(at))
        };
        row("rebuilt from", laws.from_snapshot.map_or("all inputs".to_string(), after));
        for skipped in &laws.skipped {
            row("  passed over", skipped);
        }
        laws.told()
    }
}

fn as_json(laws: &Laws, bodies: &dyn Bodies, journal: &[u8]) -> Value {
    let says = bodies.description();
    let broken = |law: &earmark_abi::BrokenLaw| json!({ "law": law.law, "found": law.found });
    json!({
        "journal": hex(journal),
        "plugin": {
            "name": says.name,
            "version": says.version,
            "blake3": hex(&bodies.digest()),
            "lastRecordBy": laws.written_by.map(|by| hex(&by)),
        },
        "inputs": laws.position.inputs,
        "events": laws.position.events,
        "chain": hex(&laws.position.chain),
        "snapshot": laws.from_snapshot,
        "passedOver": laws.skipped,
        "checked": laws.audited.checked,
        "broken": laws.audited.broken.iter().map(broken).collect::<Vec<_>>(),
    })
}
