//! Which compiler builds Wasm, and how it is told to.
//! Two ways: the target of the toolchain in use, else Debian's compiler with a std of its own.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::run::{self, Rooms};

/// The target that plugins and the browser share.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// The target that has no std, and so proves that none is used.
pub(crate) const BARE: &str = "thumbv7em-none-eabihf";
/// Debian's compiler for the web, the sources of its std, and a linker.
pub(crate) const DEBIAN: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

const REMEMBERED: &str = ".earmark/toolchain.toml";
const LINKER: &str = "wasm-ld-19";

/// Which way to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// The target of the toolchain in use if it can be had, else Debian's compiler
    Auto,
    /// The target of the toolchain in use
    Rustup,
    /// Debian's compiler
    Debian,
}

/// A way that works here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The toolchain in use has the target.
    Rustup,
    /// Debian's compiler builds std along.
    Debian,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Rustup, Self::Debian].into_iter().find(|way| way.word() == word)
    }

    /// Whether everything that this way needs is installed.
    pub(crate) fn works(self) -> bool {
        match self {
            Self::Rustup => has_target(WASM),
            Self::Debian => {
                Path::new("/usr/bin/cargo").exists()
                    && Path::new("/usr/bin/rustc").exists()
                    && run::asked(Command::new(LINKER).arg("--version")).is_some()
                    && debian_has_sources()
            }
        }
    }

    /// Cargo, set up to build for [`WASM`] this way; the caller adds the package.
    pub(crate) fn cargo(self, rooms: &Rooms, verb: &str) -> Command {
        match self {
            Self::Rustup => rooms.cargo([verb, "--target", WASM]),
            Self::Debian => {
                let mut cargo = rooms.tool(".", "/usr/bin/cargo", [verb, "--target", WASM]);
                cargo
                    .args(["-Zbuild-std=std,panic_abort", "--ignore-rust-version"])
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", "/usr/bin/rustc")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER)
                    // What `cargo run` set for the toolchain in use would mislead this one.
                    .env_remove("LD_LIBRARY_PATH")
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env_remove("CARGO");
                cargo
            }
        }
    }
}

/// Whether the toolchain in use can build for a target.
pub(crate) fn has_target(target: &str) -> bool {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", target]);
    run::asked(&mut rustc).is_some_and(|folder| {
        fs::read_dir(folder)
            .is_ok_and(|files| files.flatten().any(|file| is_core(&file.file_name())))
    })
}

fn is_core(file: &std::ffi::OsStr) -> bool {
    file.to_string_lossy().starts_with("libcore-")
}

fn debian_has_sources() -> bool {
    run::asked(Command::new("/usr/bin/rustc").args(["--print", "sysroot"])).is_some_and(|root| {
        Path::new(&root).join("lib/rustlib/src/rust/library/std/Cargo.toml").exists()
    })
}

/// The way that setup chose, or one that happens to work.
///
/// # Errors
///
/// If no way works; the message says what to run.
pub(crate) fn way(rooms: &Rooms) -> Result<Way> {
    let remembered = fs::read_to_string(rooms.at(REMEMBERED)).ok().and_then(|text| recalled(&text));
    [remembered, Some(Way::Rustup), Some(Way::Debian)]
        .into_iter()
        .flatten()
        .find(|way| way.works())
        .with_context(|| {
            format!("nothing here can build for `{WASM}`: run `cargo xtask setup` first")
        })
}

/// Makes a way work, and remembers it.
///
/// # Errors
///
/// If no way can be made to work; the message says what was tried and what to do.
pub(crate) fn ensure(rooms: &Rooms, choice: Choice) -> Result<Way> {
    let ways = match choice {
        Choice::Auto => &[Way::Rustup, Way::Debian][..],
        Choice::Rustup => &[Way::Rustup],
        Choice::Debian => &[Way::Debian],
    };
    let mut tried = Vec::new();
    for &way in ways {
        if !way.works() {
            let installed = match way {
                Way::Rustup => add_target(rooms, WASM),
                Way::Debian => apt_install(rooms, &DEBIAN),
            };
            if let Err(error) = installed {
                tried.push(format!("{error:#}"));
                continue;
            }
        }
        if way.works() {
            remember(rooms, way)?;
            return Ok(way);
        }
        tried.push(format!("the `{}` way was installed but does not work", way.word()));
    }
    bail!(
        "no compiler for `{WASM}`: {}; add the target to your Rust toolchain \
         (`rustup target add {WASM}`) and run `cargo xtask setup` again",
        tried.join("; ")
    )
}

/// Asks rustup for a target.
///
/// # Errors
///
/// If there is no rustup, or it can't.
pub(crate) fn add_target(rooms: &Rooms, target: &str) -> Result<()> {
    if run::asked(Command::new("rustup").arg("--version")).is_none() {
        bail!("there is no rustup to ask for `{target}`");
    }
    run::run(&mut rooms.tool(".", "rustup", ["target", "add", target]))
}

/// Asks Debian for packages.
///
/// # Errors
///
/// If this is no Debian, or one has no right to install, or the packages are not to be had.
pub(crate) fn apt_install(rooms: &Rooms, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if run::asked(Command::new("apt-get").arg("--version")).is_none() {
        bail!("there is no apt-get here to install `{names}`");
    }
    if run::asked(Command::new("id").arg("-u")).as_deref() != Some("0") {
        bail!("only root can install `{names}`: run `sudo apt-get install {names}`");
    }
    const WAIT: [&str; 2] = ["-o", "DPkg::Lock::Timeout=300"];
    run::run_quietly(rooms.tool(".", "apt-get", ["update", "-q"]).args(WAIT))?;
    let mut install =
        rooms.tool(".", "apt-get", ["install", "-q", "-y", "--no-install-recommends"]);
    install.args(WAIT).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    run::run_quietly(&mut install)
}

fn remember(rooms: &Rooms, way: Way) -> Result<()> {
    let file = rooms.at(REMEMBERED);
    let text = remembered(way);
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(rooms.at(".earmark")).context("could not make the folder `.earmark`")?;
    fs::write(&file, text).with_context(|| format!("could not write `{REMEMBERED}`"))
}

fn remembered(way: Way) -> String {
    format!(
        "# Written by `cargo xtask setup`; delete it to look again.\nwasm = \"{}\"\n",
        way.word()
    )
}

fn recalled(text: &str) -> Option<Way> {
    let word = text.lines().find_map(|line| line.strip_prefix("wasm = "))?;
    Way::from_word(word.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_recalled() {
        for way in [Way::Rustup, Way::Debian] {
            assert_eq!(recalled(&remembered(way)), Some(way));
        }
        assert_eq!(recalled("wasm = \"gcc\""), None);
        assert_eq!(recalled(""), None);
    }

    #[test]
    fn a_target_nobody_has_heard_of_is_not_there() {
        assert!(!has_target("pdp11-unknown-none"));
    }
}
