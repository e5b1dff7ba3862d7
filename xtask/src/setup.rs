//! Finds or installs what a build needs, and says line by line what it did.
//! Running it again changes nothing and is quick; what it can't do ends in one clear message.

use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::run::{self, Rooms};
use crate::toolchain::{self, Choice, Way};
use crate::{node, wasm};

/// Which tools are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wants {
    /// Which compiler builds Wasm.
    pub(crate) wasm: Choice,
    /// The tools of the tests: bare metal, Chromium, nextest, deny.
    pub(crate) tests: bool,
}

impl Wants {
    /// What `cargo xtask setup` and `cargo xtask test` want.
    pub(crate) fn all() -> Self {
        Self { wasm: Choice::Auto, tests: true }
    }

    /// What a build wants and no more.
    pub(crate) fn to_build() -> Self {
        Self { wasm: Choice::Auto, tests: false }
    }
}

/// Finds or installs the tools.
///
/// # Errors
///
/// If one that no build can do without is missing and can't be installed. A missing tool that
/// only some tests need is said, and is no error here.
pub(crate) fn tools(rooms: &Rooms, wants: Wants) -> Result<()> {
    let mut missing = Vec::new();
    match toolchain::ensure(rooms, wants.wasm) {
        Ok(Way::Rustup) => say(toolchain::WASM, "found in the toolchain in use"),
        Ok(Way::Debian) => say(toolchain::WASM, "built by Debian's compiler, with its own std"),
        Err(error) => missing.push(format!("{error:#}")),
    }
    match node::find() {
        Ok(versions) => {
            say("node", &versions);
            for folder in [node::NPM, node::WWW] {
                packages(rooms, folder, &mut missing);
            }
        }
        Err(error) => missing.push(format!("{error:#}")),
    }
    if wants.tests {
        tools_of_tests(rooms);
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!("setup is not complete:\n  - {}", missing.join("\n  - "))
}

/// Builds what the rooms that exist so far offer.
///
/// # Errors
///
/// If a build fails.
pub(crate) fn build(rooms: &Rooms) -> Result<()> {
    if rooms.has_module("wasm/src/plugin") {
        wasm::plugin(rooms)?;
    } else {
        say("plugin", "not built: there is no `wasm/src/plugin.rs` yet");
    }
    if rooms.has_module("wasm/src/browser") {
        node::npm(rooms)?;
    } else {
        say("npm package", "not built: there is no `wasm/src/browser.rs` yet");
    }
    if node::is_package(rooms, node::WWW) {
        node::www(rooms)?;
    } else {
        say("web app", "not built: there is no `www/package.json` yet");
    }
    say("ready", "try `cargo xtask demo`");
    Ok(())
}

/// Whether `cargo nextest` is there.
pub(crate) fn has_nextest(rooms: &Rooms) -> bool {
    run::asked(&mut rooms.cargo(["nextest", "--version"])).is_some()
}

/// Whether `cargo deny` is there.
pub(crate) fn has_deny(rooms: &Rooms) -> bool {
    run::asked(&mut rooms.cargo(["deny", "--version"])).is_some()
}

fn packages(rooms: &Rooms, folder: &str, missing: &mut Vec<String>) {
    let what = format!("packages of `{folder}`");
    if !node::is_package(rooms, folder) {
        return say(&what, "none: there is no `package.json` yet");
    }
    match node::install(rooms, folder) {
        Ok(true) => say(&what, "installed"),
        Ok(false) => say(&what, "up to date"),
        Err(error) => missing.push(format!("{what}: {error:#}")),
    }
}

fn tools_of_tests(rooms: &Rooms) {
    let bare = toolchain::BARE;
    if toolchain::has_target(bare) {
        say(bare, "found");
    } else {
        match toolchain::add_target(rooms, bare) {
            Ok(()) => say(bare, "installed"),
            Err(error) => say(bare, &format!("MISSING: {error:#}; the no_std proof is left out")),
        }
    }
    chromium(rooms);
    strace(rooms);
    if has_nextest(rooms) {
        say("cargo-nextest", "found");
    } else {
        say("cargo-nextest", "MISSING: plain `cargo test` does; `cargo install cargo-nextest`");
    }
    if has_deny(rooms) {
        say("cargo-deny", "found");
    } else {
        let how = "MISSING, optional: the step `deny` is left out; \
                   `cargo install cargo-deny --locked`";
        say("cargo-deny", how);
    }
}

fn chromium(rooms: &Rooms) {
    if let Some(path) = node::chromium() {
        return say("chromium", &format!("found: {}", path.display()));
    }
    // Without a font a page has no text.
    match toolchain::apt_install(rooms, &["chromium", "fonts-liberation"]) {
        Ok(()) if node::chromium().is_some() => say("chromium", "installed"),
        Ok(()) => say("chromium", "MISSING although it was installed: set `CHROMIUM` to its path"),
        Err(error) => say(
            "chromium",
            &format!(
                "MISSING: {error:#}; set `CHROMIUM` to the path of one, for the browser tests"
            ),
        ),
    }
}

fn strace(rooms: &Rooms) {
    let has = || run::asked(Command::new("strace").arg("-V")).is_some();
    if has() {
        return say("strace", "found");
    }
    match toolchain::apt_install(rooms, &["strace"]) {
        Ok(()) if has() => say("strace", "installed"),
        Ok(()) => say("strace", "MISSING although it was installed; power cuts are left out"),
        Err(error) => say("strace", &format!("MISSING: {error:#}; power cuts are left out")),
    }
}

/// PostgreSQL, the baseline of the benchmarks, as Debian has it.
///
/// # Errors
///
/// If it is not there and can't be installed.
pub(crate) fn postgres(rooms: &Rooms) -> Result<()> {
    let has = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        versions.map(|version| version.path().join("bin/pgbench")).any(|bench| bench.is_file())
    };
    if has() {
        say("postgresql", "found");
        return Ok(());
    }
    toolchain::apt_install(rooms, &["postgresql"]).context("the benchmarks need PostgreSQL")?;
    ensure!(has(), "PostgreSQL was installed, but there is no `pgbench` in /usr/lib/postgresql");
    say("postgresql", "installed");
    Ok(())
}

fn say(what: &str, how: &str) {
    println!("setup: {what:<24} {how}");
}

/// A command that must find everything that the tests need.
///
/// # Errors
///
/// If the browser tests exist and there is no browser.
pub(crate) fn for_tests(rooms: &Rooms) -> Result<()> {
    tools(rooms, Wants::all())?;
    let browser_tests = [node::NPM, node::WWW].iter().any(|room| node::is_package(rooms, room));
    if browser_tests && node::chromium().is_none() {
        bail!("the browser tests need Chromium: install it, or set `CHROMIUM` to its path");
    }
    let shown = node::chromium().map(|path| run::asked(Command::new(path).arg("--version")));
    if let Some(Some(version)) = shown {
        say("chromium", &version);
    }
    Ok(())
}
