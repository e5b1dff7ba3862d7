//! Builds the Wasm modules: the plugin behind the raw door, the core behind the browser door.
//! The plugin imports nothing, and its bytes depend on the sources alone, never on the machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::module::{self, Outline};
use crate::run::{self, Rooms};
use crate::toolchain::{self, WASM};

/// What the host looks for; the ABI's version is one of the names.
const DOOR: [&str; 4] = ["memory", "earmark_abi_1", "earmark_lend", "earmark_call"];

/// Builds the plugin, checks it, and puts it to `target/earmark/earmark.plugin.wasm`.
///
/// # Errors
///
/// If it can't be built, imports anything, or lacks a part of the door.
pub(crate) fn plugin(rooms: &Rooms) -> Result<PathBuf> {
    let built = build(rooms, "plugin,json", "plugin", "plugin-build")?;
    checked(rooms, &built, "earmark.plugin.wasm")
}

/// Builds the second plugin, which has nothing to do with orders, and puts it beside the first:
/// `target/earmark/seats.plugin.wasm`.
///
/// # Errors
///
/// As [`plugin`].
pub(crate) fn second_plugin(rooms: &Rooms) -> Result<PathBuf> {
    let target = rooms.target.join("plugin-build");
    let mut cargo = toolchain::way(rooms)?.cargo(rooms, "build");
    cargo
        .args(["--package", "earmark-wasm", "--example", "seats"])
        .args(["--no-default-features", "--features", "reducer", "--profile", "plugin"])
        .arg("--target-dir")
        .arg(&target);
    flags(&mut cargo, rooms, &target);
    run::run(&mut cargo)?;
    let built = target.join(WASM).join("plugin").join("examples").join("seats.wasm");
    checked(rooms, &built, "seats.plugin.wasm")
}

/// What was built, without what only a debugger reads, among the artefacts.
fn checked(rooms: &Rooms, built: &Path, name: &str) -> Result<PathBuf> {
    let bytes = fs::read(built).with_context(|| format!("could not read `{}`", built.display()))?;
    let bytes = module::stripped(&bytes)?;
    check_door(&module::outline(&bytes)?)?;
    check_paths(rooms, &bytes)?;
    let file = rooms.artefacts()?.join(name);
    fs::write(&file, &bytes).with_context(|| format!("could not write `{}`", file.display()))?;
    println!("{name}: {} bytes, no imports: {}", bytes.len(), file.display());
    Ok(file)
}

/// Builds the core behind the browser door, as cargo leaves it: the bindgen step comes next.
///
/// # Errors
///
/// If it can't be built.
pub(crate) fn browser(rooms: &Rooms) -> Result<PathBuf> {
    build(rooms, "browser", "browser", "browser-build")
}

/// One door at a time, each with a target folder of its own: features must not mix.
fn build(rooms: &Rooms, features: &str, profile: &str, folder: &str) -> Result<PathBuf> {
    let target = rooms.target.join(folder);
    let mut cargo = toolchain::way(rooms)?.cargo(rooms, "rustc");
    cargo
        .args(["--package", "earmark-wasm", "--lib", "--crate-type", "cdylib"])
        .args(["--no-default-features", "--features", features, "--profile", profile])
        .arg("--target-dir")
        .arg(&target);
    flags(&mut cargo, rooms, &target);
    run::run(&mut cargo)?;
    Ok(target.join(WASM).join(profile).join("earmark_wasm.wasm"))
}

/// Paths of this machine are replaced, so that panics show the same text wherever it was built.
fn flags(cargo: &mut Command, rooms: &Rooms, target: &Path) {
    let mut flags = Vec::new();
    for (here, there) in renamed(rooms, target) {
        flags.push(format!("--remap-path-prefix={}={there}", here.display()));
    }
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
}

/// The later rule wins, so the more special one comes last.
fn renamed(rooms: &Rooms, target: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut renamed = vec![(rooms.root.clone(), "/earmark"), (target.to_path_buf(), "/target")];
    // Where Debian keeps the std that it builds along.
    renamed.push((PathBuf::from("/usr/lib/rustlib/src/rust"), "/rustc"));
    if let Some(sysroot) = run::asked(Command::new("rustc").args(["--print", "sysroot"])) {
        renamed.push((PathBuf::from(sysroot), "/toolchain"));
    }
    if let Some(home) = cargo_home() {
        let sources = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
        renamed.push((home.clone(), "/cargo"));
        // The folder's name depends on the cargo that made it.
        renamed.extend(sources.map(|folder| (folder.path(), "/crates")));
    }
    renamed
}

fn cargo_home() -> Option<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")))
}

fn check_door(outline: &Outline) -> Result<()> {
    ensure!(
        outline.imports.is_empty(),
        "the plugin must import nothing, but it imports `{}`",
        outline.imports.join("`, `")
    );
    for name in DOOR {
        ensure!(
            outline.exports.iter().any(|export| export == name),
            "the plugin does not export `{name}` but only `{}`",
            outline.exports.join("`, `")
        );
    }
    Ok(())
}

fn check_paths(rooms: &Rooms, bytes: &[u8]) -> Result<()> {
    for (path, _) in renamed(rooms, &rooms.target) {
        let path = path.display().to_string();
        ensure!(!holds(bytes, &path), "the plugin holds the path `{path}` of this machine");
    }
    Ok(())
}

/// Whether a path is in there; one as short as `/work` could be any text and is let through.
fn holds(bytes: &[u8], path: &str) -> bool {
    path.len() > 5 && bytes.windows(path.len()).any(|window| window == path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(imports: &[&str], exports: &[&str]) -> Outline {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Outline { imports: owned(imports), exports: owned(exports), customs: Vec::new() }
    }

    #[test]
    fn a_plugin_with_the_whole_door_and_no_imports_is_let_through() {
        check_door(&outline(&[], &DOOR)).unwrap();
    }

    #[test]
    fn a_plugin_that_imports_anything_is_refused() {
        let error = check_door(&outline(&["wasi_snapshot_preview1.fd_write"], &DOOR)).unwrap_err();
        assert!(error.to_string().contains("`wasi_snapshot_preview1.fd_write`"), "{error}");
    }

    #[test]
    fn a_plugin_without_a_part_of_the_door_is_refused() {
        for missing in DOOR {
            let rest: Vec<&str> = DOOR.into_iter().filter(|name| *name != missing).collect();
            let error = check_door(&outline(&[], &rest)).unwrap_err();
            assert!(error.to_string().contains(missing), "{error}");
        }
    }

    #[test]
    fn a_path_of_this_machine_is_found_in_the_bytes() {
        assert!(holds(b"panicked at /home/somebody/earmark/core/src/lib.rs", "/home/somebody"));
        assert!(!holds(b"panicked at /earmark/core/src/lib.rs", "/home/somebody"));
    }
}
