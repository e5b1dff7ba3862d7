//! The `earmark` command: serve, replay, run, look at plugins, and keep journals.
//!
//! Law: errors go to stderr with what, where and what to do, and end with a code that is not zero.

mod ops;
mod shop;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use earmark_host::plugin::{Bodies, CodeCache, PluginFile};

use ops::budget::Budget;
use ops::plugins::Plugins;
use ops::{
    audit, backup, compact, config, couriers, dead_letters, describe, export, fuel, health, import,
    inspect, logs, run as corpora, serve, upgrade, verify,
};

/// What this program is: one that crash tests may kill and break says so.
const VERSION: &str = if cfg!(feature = "chaos") {
    concat!(env!("CARGO_PKG_VERSION"), "+chaos: for crash tests, and nothing else")
} else {
    env!("CARGO_PKG_VERSION")
};

/// An order-and-inventory host: a plugin's decisions, made durable and served.
#[derive(Debug, Parser)]
#[command(name = "earmark", version = VERSION, arg_required_else_help = true)]
struct Cli {
    /// A TOML file with settings: each flag a key, those of a command in a section of its name
    #[arg(long, global = true, value_name = "FILE", env = "EARMARK_CONFIG")]
    config: Option<PathBuf>,
    /// The plugin to run [default: the one `cargo xtask setup` built]
    #[arg(long, global = true, value_name = "FILE", env = "EARMARK_PLUGIN")]
    plugin: Option<PathBuf>,
    /// Run the built-in shop linked in instead of a plugin
    #[cfg(feature = "native")]
    #[arg(long, global = true, conflicts_with = "plugin")]
    native: bool,
    #[command(flatten)]
    code: Code,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    logs: logs::Logs,
    #[command(subcommand)]
    command: Command,
}

/// Where the compiled code of plugins is kept.
#[derive(Debug, Args)]
struct Code {
    /// Keep compiled code here, in a directory of this user alone [default: `earmark/code` in the
    /// user's cache]
    #[arg(long, global = true, value_name = "DIR", env = "EARMARK_CODE_CACHE")]
    code_cache: Option<PathBuf>,
    /// Compile the plugin at each start, and keep nothing
    #[arg(long, global = true, env = "EARMARK_NO_CODE_CACHE")]
    no_code_cache: bool,
}

impl Code {
    /// The cache; what was not asked for by name is done without if it can't be had.
    fn cache(&self) -> Result<Option<CodeCache>> {
        if self.no_code_cache {
            return Ok(None);
        }
        if let Some(dir) = &self.code_cache {
            return Ok(Some(CodeCache::open(dir)?));
        }
        let Some(dir) = usual_cache() else { return Ok(None) };
        match CodeCache::open(&dir) {
            Ok(cache) => Ok(Some(cache)),
            Err(error) => {
                tracing::warn!(%error, "compiled code is not kept");
                Ok(None)
            }
        }
    }
}

/// By the XDG Base Directory Specification: an absolute `XDG_CACHE_HOME`, or else `~/.cache`.
fn usual_cache() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("earmark").join("code"))
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a partition over HTTP, and the page
    Serve(Box<serve::Serve>),
    /// Replay the documents of a shop through the plugin, durably
    Replay(Box<shop::replay::Replay>),
    /// Run corpora of turns, and print the chain and the state each ends with
    Run(corpora::Run),
    /// Check every record of a journal, and the laws over the state it makes
    Verify(verify::Verify),
    DeadLetters(dead_letters::DeadLetters),
    Couriers(couriers::Couriers),
    Fuel(fuel::Fuel),
    Upgrade(upgrade::Upgrade),
    /// Check the plugin's laws over the state of a journal, beside the host that has it open
    Audit(audit::Audit),
    /// Copy a journal, beside the host that has it open or without one
    Backup(backup::Backup),
    /// Put the journal of a backup in place, once every record of it was checked
    Restore(backup::Restore),
    /// Make a journal that begins later; the one that is there becomes its archive
    Compact(compact::Compact),
    /// Make the whole journal again from a compacted one and its archive
    Rejoin(compact::Rejoin),
    /// Write what a journal holds as lines of JSON, beside the host that has it open
    Export(Box<export::Export>),
    /// Decide the inputs of an export anew, into a new journal
    Import(import::Import),
    /// Tell what the plugin hears, says and answers
    Describe(describe::Describe),
    /// Look at plugins
    #[command(subcommand)]
    Plugin(inspect::Plugin),
    /// Fill a generated shop with orders, print what came of them, and serve it
    Demo(shop::demo::Demo),
    /// Run one workload and its faults over all four topologies, and count the anomalies
    CompareTopologies(shop::compare::CompareTopologies),
    /// Ask a server on this machine whether it takes commands; the code is 0 if it does
    Health(health::Health),
    /// Print the settings in effect as TOML, with who says each: flag, environment, file or default
    Config(config::Config),
}

fn main() -> ExitCode {
    let read = match config::read(&Cli::command(), std::env::args_os().collect()) {
        Ok(read) => read,
        Err(stop) => return ExitCode::from(stop.told()),
    };
    let cli = Cli::from_arg_matches(&read.matches).unwrap_or_else(|error| error.exit());
    cli.logs.open();
    read.tell();
    match run(&cli, &read) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli, read: &config::Read) -> Result<()> {
    match &cli.command {
        Command::Serve(serve) => serve.run(&bodies_of(cli, serve.journal())?),
        Command::Replay(replay) => replay.run(&bodies(cli)?),
        Command::Run(run) => run.run(&bodies(cli)?),
        Command::Verify(verify) => verify.run(|| bodies_of(cli, Some(verify.journal()))),
        Command::DeadLetters(letters) => letters.run(&|| bodies_of(cli, letters.journal())),
        Command::Couriers(couriers) => couriers.run(),
        Command::Fuel(fuel) => {
            fuel.run(&bodies_of(cli, Some(fuel.journal()))?, cli.budget.limits().fuel)
        }
        Command::Upgrade(upgrade) => upgrade.run(named(cli), &|file| plugin(cli, file)),
        Command::Audit(audit) => audit.run(&bodies_of(cli, Some(audit.journal()))?),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Compact(compact) => compact.run(&bodies_of(cli, Some(compact.journal()))?),
        Command::Rejoin(rejoin) => rejoin.run(),
        Command::Export(export) => export.run(&bodies_of(cli, Some(export.journal()))?),
        Command::Import(import) => import.run(&bodies(cli)?),
        Command::Describe(describe) => describe.run(&bodies(cli)?),
        Command::Plugin(plugin) => plugin.run(cli.budget.limits(), || cli.code.cache()),
        Command::Demo(demo) => demo.run(&bodies(cli)?),
        Command::CompareTopologies(compare) => compare.run(&bodies(cli)?),
        Command::Health(health) => health.run(),
        Command::Config(config) => config.run(&Cli::command(), read),
    }
}

fn bodies(cli: &Cli) -> Result<Arc<dyn Bodies>> {
    bodies_of(cli, None)
}

/// The plugin: the one that was named; or else the one in force in this journal, if it is kept
/// there; or else the one that was built.
fn bodies_of(cli: &Cli, journal: Option<&Path>) -> Result<Arc<dyn Bodies>> {
    #[cfg(feature = "native")]
    if cli.native {
        return Ok(Arc::new(shop::native::NativeBodies::new()));
    }
    let kept = || journal.and_then(Plugins::in_force);
    let path = match cli.plugin.clone().or_else(kept) {
        Some(path) => path,
        None => built()?,
    };
    Ok(Arc::new(plugin(cli, &path)?))
}

/// The file that was named, or was built, if there is one.
fn named(cli: &Cli) -> Option<PathBuf> {
    cli.plugin.clone().or_else(|| built().ok())
}

fn plugin(cli: &Cli, path: &Path) -> Result<PluginFile> {
    if !path.exists() {
        let from = std::env::current_dir().unwrap_or_default();
        bail!(
            "there is no plugin `{}`, seen from `{}`: build ours with `cargo xtask plugin`, which \
             is then found without a name, or name another file",
            path.display(),
            from.display()
        );
    }
    PluginFile::load_cached(path, cli.budget.limits(), cli.code.cache()?)
        .with_context(|| format!("can't run the plugin `{}`", path.display()))
}

/// The plugin that `cargo xtask` put beside this program.
fn built() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let beside = |dir: &Path| dir.join("earmark").join("earmark.plugin.wasm");
    let found = program.ancestors().skip(1).map(beside).find(|path| path.is_file());
    found.with_context(|| {
        let from = program.parent().unwrap_or(&program).display();
        format!(
            "there is no plugin: none was named, and `{from}` and the directories above it have no \
             `earmark/earmark.plugin.wasm`; build it with `cargo xtask plugin`, or name one with \
             --plugin FILE"
        )
    })
}
