//! The steps of `cargo xtask test`.
//! Each package is checked in a cargo call of its own: features that mix make tests lie.

use std::env;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{self, Rooms, UNOPTIMISED};
use crate::test::{Ended, Stage, Step, closes_a_report};
use crate::toolchain::{self, BARE, WASM, Way};
use crate::{node, setup, stage, wasm};

/// All of them, in their order.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "setup", proves: "the tools are there", act: tools },
    Step { name: "format", proves: "every Rust file is as rustfmt leaves it", act: format },
    Step { name: "tidy", proves: "the house rules hold", act: tidy },
    Step { name: "clippy", proves: "no lint is broken, package by package", act: clippy },
    Step { name: "native", proves: "the tests of every room", act: native },
    Step { name: "doctests", proves: "every example in the docs runs", act: doctests },
    Step { name: "histories", proves: "170,000 histories of an optimised core", act: histories },
    Step { name: "no_std", proves: "the core builds for bare metal", act: no_std },
    Step { name: "docs", proves: "the docs build without a warning", act: docs },
    Step { name: "plugin", proves: "the plugin has the whole door and no imports", act: plugin },
    Step { name: "npm", proves: "the npm package builds", act: npm },
    Step { name: "www", proves: "the web app builds", act: www },
    Step {
        name: "npm-tests",
        proves: "the package and the app in Node and Chromium",
        act: npm_tests,
    },
    Step { name: "cross-room", proves: "what needs more than one room", act: cross_room },
    Step { name: "publish", proves: "the crate packs and builds from its pack", act: publish },
    Step { name: "pack", proves: "the npm package packs", act: pack },
    Step { name: "deny", proves: "licences, bans and sources of dependencies", act: deny },
];

/// The rooms whose tests need nothing that is built first.
const NATIVE: [&[&str]; 6] = [
    &["earmark", "--all-features"],
    &["earmark-abi"],
    &["earmark-wasm", "--features", "plugin,json,reducer"],
    &["earmark-host", "--all-features"],
    &["earmark-fuzz"],
    &["xtask"],
];

/// What each package is linted as.
const LINTED: [&[&str]; 9] = [
    &["earmark", "--all-targets", "--all-features"],
    &["earmark-abi", "--all-targets"],
    &["earmark-wasm", "--all-targets", "--features", "plugin,json,reducer"],
    &["earmark-wasm", "--lib", "--features", "plugin,json", "--target", WASM],
    &["earmark-wasm", "--lib", "--features", "browser", "--target", WASM],
    &["earmark-host", "--all-targets", "--all-features"],
    &["earmark-tests", "--all-targets"],
    &["earmark-fuzz", "--all-targets"],
    &["xtask", "--all-targets"],
];

/// The packages whose docs are read.
const DOCUMENTED: [&[&str]; 4] = [
    &["earmark", "--all-features"],
    &["earmark-abi"],
    &["earmark-wasm", "--features", "plugin,json,reducer"],
    &["earmark-host"],
];

fn tools(stage: &mut Stage<'_>) -> Result<Ended> {
    setup::for_tests(stage.rooms)?;
    Ok(Ended::Done)
}

fn format(stage: &mut Stage<'_>) -> Result<Ended> {
    run::run(&mut stage.rooms.cargo(["fmt", "--all", "--", "--check"]))?;
    Ok(Ended::Done)
}

fn tidy(stage: &mut Stage<'_>) -> Result<Ended> {
    tested(stage, &["earmark-tests", "--test", "tidy"], Needs::Sources)
}

fn clippy(stage: &mut Stage<'_>) -> Result<Ended> {
    let for_wasm = toolchain::way(stage.rooms)? == Way::Rustup;
    for what in LINTED {
        if what.contains(&WASM) && !for_wasm {
            println!("left out: the toolchain in use can't lint `{}` for {WASM}", what.join(" "));
            continue;
        }
        let mut cargo = stage.rooms.cargo(["clippy", "--package"]);
        run::run(cargo.args(what).args(["--", "-D", "warnings"]))?;
    }
    Ok(Ended::Done)
}

fn native(stage: &mut Stage<'_>) -> Result<Ended> {
    for what in NATIVE {
        tested(stage, what, Needs::Sources)?;
    }
    Ok(Ended::Done)
}

fn doctests(stage: &mut Stage<'_>) -> Result<Ended> {
    for what in DOCUMENTED {
        run::run(stage.rooms.cargo(["test", "--quiet", "--doc", "--package"]).args(what))?;
    }
    Ok(Ended::Done)
}

/// What is optimised is another program: it must keep the laws too, and is fast enough for many
/// histories. `core/tests/properties.rs` has 4,700 of its own, `core/tests/reordered.rs` 3,220; and
/// `core/tests/model.rs` walks through more of its world.
fn histories(stage: &mut Stage<'_>) -> Result<Ended> {
    let mut cargo = stage.rooms.cargo(["test", "--quiet", "--release", "--all-features"]);
    cargo.args(["--package", "earmark", "--test", "properties", "--test", "reordered"]);
    cargo.args(["--test", "model", "--", "--nocapture"]);
    run::run(cargo.env("EARMARK_TIMES", if stage.long { "220" } else { "22" }))?;
    Ok(Ended::Done)
}

fn no_std(stage: &mut Stage<'_>) -> Result<Ended> {
    if !toolchain::has_target(BARE) {
        return Ok(Ended::LeftOut(format!("the toolchain has no `{BARE}`")));
    }
    for package in ["earmark", "earmark-abi"] {
        let mut cargo = stage.rooms.cargo(["build", "--config", UNOPTIMISED, "--target", BARE]);
        run::run(cargo.args(["--package", package]))?;
    }
    Ok(Ended::Done)
}

fn docs(stage: &mut Stage<'_>) -> Result<Ended> {
    for what in DOCUMENTED {
        let mut cargo = stage.rooms.cargo(["doc", "--no-deps", "--lib", "--package"]);
        run::run(cargo.args(what).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(Ended::Done)
}

fn plugin(stage: &mut Stage<'_>) -> Result<Ended> {
    if !stage.rooms.has_module("wasm/src/plugin") {
        return Ok(Ended::LeftOut("there is no `wasm/src/plugin.rs` yet".to_owned()));
    }
    wasm::plugin(stage.rooms)?;
    wasm::second_plugin(stage.rooms)?;
    Ok(Ended::Done)
}

fn npm(stage: &mut Stage<'_>) -> Result<Ended> {
    if !stage.rooms.has_module("wasm/src/browser") {
        return Ok(Ended::LeftOut("there is no `wasm/src/browser.rs` yet".to_owned()));
    }
    node::npm(stage.rooms)?;
    Ok(Ended::Done)
}

fn www(stage: &mut Stage<'_>) -> Result<Ended> {
    if !node::is_package(stage.rooms, node::WWW) {
        return Ok(Ended::LeftOut("there is no `www/package.json` yet".to_owned()));
    }
    node::www(stage.rooms)?;
    Ok(Ended::Done)
}

fn npm_tests(stage: &mut Stage<'_>) -> Result<Ended> {
    let rooms = stage.rooms;
    let mut ran = 0;
    for folder in [node::NPM, node::WWW] {
        if !node::is_package(rooms, folder) {
            println!("left out: there is no `{folder}/package.json` yet");
            continue;
        }
        node::install(rooms, folder)?;
        for script in ["check", "test"] {
            if node::has_script(rooms, folder, script) {
                let npm = rooms.tool(folder, "npm", ["run", script]);
                run::run(&mut with_artefacts(stage, npm)?)?;
                ran += 1;
            } else {
                println!("left out: `{folder}` has no script `{script}`");
            }
        }
    }
    if ran == 0 {
        return Ok(Ended::LeftOut("neither package has tests yet".to_owned()));
    }
    Ok(Ended::Done)
}

fn cross_room(stage: &mut Stage<'_>) -> Result<Ended> {
    let host = ["build", "--package", "earmark-host", "--bin", "earmark", "--all-features"];
    run::run(&mut stage.rooms.cargo(host))?;
    tested(stage, &["earmark-tests"], Needs::Artefacts)
}

fn publish(stage: &mut Stage<'_>) -> Result<Ended> {
    let args = ["publish", "--dry-run", "--package", "earmark", "--allow-dirty"];
    run::run(&mut stage.rooms.cargo(args))?;
    Ok(Ended::Done)
}

fn pack(stage: &mut Stage<'_>) -> Result<Ended> {
    if !node::is_package(stage.rooms, node::NPM) {
        return Ok(Ended::LeftOut("there is no `wasm/npm/package.json` yet".to_owned()));
    }
    run::run(&mut stage.rooms.tool(node::NPM, "npm", ["pack", "--dry-run", "--ignore-scripts"]))?;
    Ok(Ended::Done)
}

fn deny(stage: &mut Stage<'_>) -> Result<Ended> {
    if !setup::has_deny(stage.rooms) {
        let how = "nobody looked at the licences, bans and sources of dependencies, since there is \
                   no cargo-deny: `cargo install cargo-deny --locked` gets it";
        return Ok(Ended::LeftOut(how.to_owned()));
    }
    let args = ["deny", "--all-features", "check", "bans", "licenses", "sources"];
    run::run(&mut stage.rooms.cargo(args))?;
    Ok(Ended::Done)
}

/// What tests are told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// The checkout, and nothing that was built from it.
    Sources,
    /// The plugin, the npm package, the host's program, the web app and the browser.
    Artefacts,
}

/// Runs a package's tests with nextest, or with plain cargo where there is none.
fn tested(stage: &mut Stage<'_>, what: &[&str], needs: Needs) -> Result<Ended> {
    let rooms: &Rooms = stage.rooms;
    let mut cargo = if setup::has_nextest(rooms) {
        let mut cargo = rooms.cargo(["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]);
        if run::on_terminal() {
            cargo.args(["--color", "always"]);
        }
        cargo
    } else {
        rooms.cargo(["test", "--tests"])
    };
    cargo.arg("--package").args(what);
    if needs == Needs::Artefacts {
        cargo = with_artefacts(stage, cargo)?;
    }
    let name = what.first().context("no package was named")?;
    let (kept, ended) = run::run_keeping(&mut cargo, closes_a_report);
    stage.summaries.extend(kept.into_iter().map(|line| format!("{line} ({name})")));
    ended?;
    Ok(Ended::Done)
}

/// Tells a test where the things are that earlier steps have built.
fn with_artefacts(stage: &Stage<'_>, mut command: Command) -> Result<Command> {
    let rooms = stage.rooms;
    let host = rooms.target.join(format!("debug/earmark{}", env::consts::EXE_SUFFIX));
    let named = [
        ("EARMARK_PLUGIN", Some(stage::plugin_file(rooms)?)),
        ("EARMARK_SECOND_PLUGIN", Some(rooms.artefacts()?.join("seats.plugin.wasm"))),
        ("EARMARK_NPM", Some(rooms.at(node::NPM))),
        ("EARMARK_BIN", Some(host)),
        ("EARMARK_WWW", Some(rooms.at(node::WWW).join("dist"))),
        ("CHROMIUM", node::chromium()),
    ];
    for (name, path) in named {
        if let Some(path) = path.filter(|path| path.exists()) {
            command.env(name, path);
        }
    }
    // Each start of the host would compile the plugin anew, which takes longer than most proofs.
    command.env("EARMARK_CODE_CACHE", rooms.artefacts()?.join("code"));
    if stage.long {
        command.env("EARMARK_LONG", "1");
    }
    Ok(command)
}
