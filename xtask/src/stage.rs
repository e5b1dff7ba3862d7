//! Builds everything in its fast form and puts it on: the demo and the benchmarks.
//! What follows the command's name is handed on untouched.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::run::{self, Rooms};
use crate::setup::{self, Wants};
use crate::{node, wasm};

/// Runs the host on the built-in example shop.
///
/// # Errors
///
/// If something can't be built, or the demo itself fails.
pub(crate) fn demo(rooms: &Rooms, args: &[String]) -> Result<()> {
    ensure!(rooms.has("host-runtime/src/shop"), "there is no `host-runtime/src/shop` to demo yet");
    setup::tools(rooms, Wants::to_build())?;
    setup::build(rooms)?;
    run::run(&mut rooms.cargo(["build", "--release", "-p", "earmark-host", "--bin", "earmark"]))?;
    let program = rooms.target.join("release").join(format!("earmark{}", env::consts::EXE_SUFFIX));
    let mut earmark = rooms.tool(".", program, ["demo", "--plugin"]);
    earmark
        .arg(plugin_file(rooms)?)
        .args(args)
        .env("EARMARK_WWW", rooms.at(node::WWW).join("dist"));
    become_it(earmark)
}

/// Runs the benchmarks.
///
/// # Errors
///
/// If something can't be built, or a benchmark is void.
pub(crate) fn bench(rooms: &Rooms, args: &[String]) -> Result<()> {
    let sources = ["tests/src/bin/bench.rs", "tests/src/bin/bench/main.rs"];
    ensure!(sources.iter().any(|file| rooms.has(file)), "there is no `{}` to run yet", sources[0]);
    setup::tools(rooms, Wants::to_build())?;
    let plugin = wasm::plugin(rooms)?;
    // The figures of the preview and the sizes are those of the module of now, not of an older one.
    if node::is_package(rooms, node::NPM) {
        node::npm(rooms)?;
    }
    let soak = args.iter().any(|arg| arg == "--soak");
    let some = args.iter().any(|arg| arg == "--only");
    if !soak && (!some || args.iter().any(|arg| arg == "postgres")) {
        setup::postgres(rooms)?;
    }
    // The soak runs the host as a process of its own.
    if soak {
        run::run(&mut rooms.cargo([
            "build",
            "--release",
            "-p",
            "earmark-host",
            "--bin",
            "earmark",
        ]))?;
    }
    let mut cargo = rooms.cargo(["run", "--release", "-p", "earmark-tests", "--features", "bench"]);
    cargo.args(["--bin", "bench", "--"]).args(args).env("EARMARK_PLUGIN", plugin);
    become_it(cargo)
}

/// Where [`wasm::plugin`] puts the plugin.
///
/// # Errors
///
/// If there is no room for artefacts.
pub(crate) fn plugin_file(rooms: &Rooms) -> Result<PathBuf> {
    Ok(rooms.artefacts()?.join("earmark.plugin.wasm"))
}

/// Takes our place, so that Ctrl-C and the exit status are the program's own.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("could not start `{:?}`", command.get_program())))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<()> {
    run::run(&mut command)
}
