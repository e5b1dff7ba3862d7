//! `earmark plugin inspect`: what a file holds, before anybody runs it.
//!
//! Law: what is told was read from the module itself or said by it; a file that is no plugin is
//! refused with the reason, as it would be by `serve`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use earmark_host::plugin::{Bodies as _, CodeCache, Limits, PluginFile};
use serde_json::{Value, json};

use super::describe::print_questions;
use super::screen::hex;

/// Look at plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Tell name, version, ABI, roles, commands, limits, size and digest of a plugin's file
    Inspect(Inspect),
}

/// Which plugin, and in which form.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The plugin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One line of JSON, for programs
    #[arg(long)]
    json: bool,
}

impl Plugin {
    pub(crate) fn run(
        &self,
        limits: Limits,
        cache: impl FnOnce() -> Result<Option<CodeCache>>,
    ) -> Result<()> {
        let Self::Inspect(Inspect { file, json }) = self;
        let plugin = PluginFile::load_cached(file, limits, cache()?)
            .with_context(|| format!("`{}` can't be run as a plugin", file.display()))?;
        let said = told(file, &plugin);
        if *json {
            println!("{said}");
        } else {
            print_table(&plugin, &said);
        }
        Ok(())
    }
}

/// Everything, by name.
fn told(file: &Path, plugin: &PluginFile) -> Value {
    let says = plugin.description();
    let names = |all: &mut dyn Iterator<Item = &String>| -> Vec<String> { all.cloned().collect() };
    let (begins, most) = plugin.memory();
    let limits = plugin.limits();
    json!({
        "file": file.display().to_string(),
        "name": says.name,
        "version": says.version,
        "abi": 1,
        "schemaVersion": says.schema_version,
        "roles": says.roles,
        "commands": names(&mut says.commands.iter().map(|c| &c.name)),
        "events": names(&mut says.events.iter().map(|e| &e.ce_type)),
        "queries": names(&mut says.queries.iter().map(|q| &q.name)),
        "ticks": says.tick.is_some(),
        "slices": !says.slice_schema.is_empty(),
        "bytes": plugin.bytes().len(),
        "blake3": hex(&plugin.digest()),
        "memory": { "beginsWithBytes": begins, "asksForAtMostBytes": most },
        "limits": {
            "moduleBytes": limits.module_bytes,
            "memoryBytes": limits.memory_bytes,
            "stackBytes": limits.stack_bytes,
            "answerBytes": limits.answer_bytes,
            "deadlineMillis": u64::try_from(limits.deadline.as_millis()).unwrap_or(u64::MAX),
            "fuel": limits.fuel,
        },
    })
}

fn print_table(plugin: &PluginFile, said: &Value) {
    let says = plugin.description();
    let limits = plugin.limits();
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let (begins, most) = plugin.memory();
    let asks =
        most.map_or("has no maximum of its own".to_string(), |m| format!("asks for {}", mib(m)));
    let row = |name: &str, is: String| println!("{name:<10}{is}");
    row("name", format!("{} {}", says.name, says.version));
    row("abi", "1, no imports".to_string());
    row("size", format!("{} bytes", plugin.bytes().len()));
    row("digest", format!("blake3 {}", said["blake3"].as_str().unwrap_or_default()));
    row("roles", if says.roles.is_empty() { "none".to_string() } else { says.roles.join(", ") });
    row("schemas", format!("version {}", says.schema_version));
    let memory = u64::try_from(limits.memory_bytes).unwrap_or(u64::MAX);
    row("memory", format!("begins with {}, {asks}, may have {}", mib(begins), mib(memory)));
    let seconds = limits.deadline.as_secs_f64();
    row("limits", format!("{seconds} s a call, {} units of fuel an input", limits.fuel));
    let has = |is: bool| if is { "yes" } else { "no" };
    row("ticks", has(says.tick.is_some()).to_string());
    row("slices", has(!says.slice_schema.is_empty()).to_string());
    row("events", format!("{}", says.events.len()));
    print_questions(says);
}
