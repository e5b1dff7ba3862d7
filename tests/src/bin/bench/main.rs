//! The benchmarks of Earmark, in one readable report: `cargo xtask bench`.
//!
//! Law: a figure counts only beside a baseline of the same run, and a run whose books do not
//! balance afterwards is void: it says so, and the exit code is not zero.

mod bodies;
mod browser;
mod durable;
mod group;
mod history;
mod load;
mod pauses;
mod postgres;
mod recovery;
mod reducer;
mod report;
mod size;
mod soak;
mod sourcing;
mod web;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use earmark_host::plugin::{Limits, PluginFile};

use report::Report;

const HELP: &str = "\
Usage: cargo xtask bench [--only NAME]... [--seconds N] [--dir DIR]

  --only NAME   sourcing, reducer, postgres, durable, recovery, snapshots, http, preview or sizes;
                all if not said. Only beside postgres are durable and http held against it
  --soak N      instead: N minutes, 1 to 60, of load on a host with snapshots, streams and webhooks
  --seconds N   how long one figure is measured, 1 to 60 [3]; sourcing solves 2,000 orders a size
  --dir DIR     where journals are made: on a disk, or durability means nothing [the system's
                place for temporary files]
";

/// What was asked for.
struct Options {
    only: Vec<String>,
    length: Duration,
    soak: Option<Duration>,
    dir: PathBuf,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what was asked for; whether every figure counts.
fn run() -> Result<bool> {
    let Some(options) = options(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(true);
    };
    let wants = |name: &str| options.only.is_empty() || options.only.iter().any(|o| o == name);
    let path = plugin_path()?;
    let plugin = PluginFile::load(&path, Limits::default())
        .with_context(|| format!("can't run the plugin `{}`", path.display()))?;
    let plugin = Arc::new(plugin);
    let mut report = Report::default();
    report::environment(&options.dir);
    if let Some(length) = options.soak {
        soak::run(&mut report, &options.dir, &path, length)?;
        return Ok(report.end());
    }
    if wants("sourcing") {
        sourcing::run(&mut report);
    }
    if wants("reducer") {
        reducer::run(&mut report, options.length, &plugin)?;
    }
    let postgres = wants("postgres")
        .then(|| postgres::run(&mut report, &options.dir, options.length))
        .transpose()?;
    let base = postgres.as_ref();
    if wants("durable") || wants("recovery") || wants("snapshots") {
        let kept = durable::batched(&mut report, &options.dir, options.length, &plugin, base)?;
        if wants("durable") {
            durable::singles(&mut report, &options.dir, options.length, &plugin, base)?;
        }
        if wants("recovery") {
            recovery::run(&mut report, &kept, &plugin)?;
            history::run(&mut report, &options.dir, &plugin)?;
        }
        if wants("snapshots") {
            pauses::run(&mut report, &kept, options.length, &plugin)?;
        }
    }
    if wants("http") {
        web::run(&mut report, &options.dir, options.length, &plugin, base)?;
    }
    if wants("preview") {
        browser::run(&mut report)?;
    }
    if wants("sizes") {
        size::run(&mut report, &path);
    }
    Ok(report.end())
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>> {
    const NAMES: [&str; 9] = [
        "sourcing",
        "reducer",
        "postgres",
        "durable",
        "recovery",
        "snapshots",
        "http",
        "preview",
        "sizes",
    ];
    let (mut only, mut length) = (Vec::new(), Duration::from_secs(3));
    let (mut dir, mut soak) = (std::env::temp_dir(), None);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("`{arg}` needs a value"));
        match arg.as_str() {
            "--only" => {
                let name = value()?;
                let known = NAMES.join(", ");
                ensure!(NAMES.contains(&name.as_str()), "no bench `{name}`; there are: {known}");
                only.push(name);
            }
            "--seconds" => {
                let given = value()?;
                let seconds = given.parse().ok().filter(|n| (1..=60).contains(n));
                let seconds = seconds.with_context(|| format!("`{given}` is not 1 to 60"))?;
                length = Duration::from_secs(seconds);
            }
            "--soak" => {
                let given = value()?;
                let minutes = given.parse().ok().filter(|n| (1..=60).contains(n));
                let minutes: u64 = minutes.with_context(|| format!("`{given}` is not 1 to 60"))?;
                soak = Some(Duration::from_secs(minutes * 60));
            }
            "--dir" => dir = PathBuf::from(value()?),
            "--help" | "-h" => return Ok(None),
            other => bail!("there is no option `{other}`; see --help"),
        }
    }
    Ok(Some(Options { only, length, soak, dir }))
}

/// The plugin that `cargo xtask` built.
fn plugin_path() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("EARMARK_PLUGIN") {
        return Ok(path.into());
    }
    let program = std::env::current_exe()?;
    let beside = |dir: &std::path::Path| dir.join("earmark").join("earmark.plugin.wasm");
    let found = program.ancestors().skip(1).map(beside).find(|path| path.is_file());
    found.context("there is no plugin: run `cargo xtask bench`, or set EARMARK_PLUGIN")
}
