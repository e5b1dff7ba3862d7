//! The `earmark` command: serve, replay, run, verify, describe, plugin, demo, health, config.
//!
//! Law: errors go to stderr with what, where and what to do, and end with a code that is not zero.

mod ops;
mod shop;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use earmark_host::plugin::{Bodies, CodeCache, Limits, PluginFile};

use ops::{config, describe, health, inspect, logs, run as corpora, serve, verify};

/// An order-and-inventory host: a plugin's decisions, made durable and served.
#[derive(Debug, Parser)]
#[command(name = "earmark", version, arg_required_else_help = true)]
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
    Serve(serve::Serve),
    /// Replay the documents of a shop through the plugin, durably
    Replay(Box<shop::replay::Replay>),
    /// Run corpora of turns, and print the chain and the state each ends with
    Run(corpora::Run),
    /// Check every record of a journal, and the laws over the state it makes
    Verify(verify::Verify),
    /// Tell what the plugin hears, says and answers
    Describe(describe::Describe),
    /// Look at plugins
    #[command(subcommand)]
    Plugin(inspect::Plugin),
    /// Fill a generated shop with orders, print what came of them, and serve it
    Demo(shop::demo::Demo),
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
        Command::Serve(serve) => serve.run(&bodies(cli)?),
        Command::Replay(replay) => replay.run(&bodies(cli)?),
        Command::Run(run) => run.run(&bodies(cli)?),
        Command::Verify(verify) => verify.run(|| bodies(cli)),
        Command::Describe(describe) => describe.run(&bodies(cli)?),
        Command::Plugin(plugin) => plugin.run(|| cli.code.cache()),
        Command::Demo(demo) => demo.run(&bodies(cli)?),
        Command::Health(health) => health.run(),
        Command::Config(config) => config.run(&Cli::command(), read),
    }
}

fn bodies(cli: &Cli) -> Result<Arc<dyn Bodies>> {
    #[cfg(feature = "native")]
    if cli.native {
        return Ok(Arc::new(shop::native::NativeBodies::new()));
    }
    let path = match &cli.plugin {
        Some(path) => path.clone(),
        None => built()?,
    };
    let plugin = PluginFile::load_cached(&path, Limits::default(), cli.code.cache()?)
        .with_context(|| format!("can't run the plugin `{}`", path.display()))?;
    Ok(Arc::new(plugin))
}

/// The plugin that `cargo xtask` put beside this program.
fn built() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let beside = |dir: &std::path::Path| dir.join("earmark").join("earmark.plugin.wasm");
    let found = program.ancestors().skip(1).map(beside).find(|path| path.is_file());
    found.context(
        "there is no plugin: build it with `cargo xtask plugin`, or name one with --plugin FILE",
    )
}
