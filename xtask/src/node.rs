//! Builds what JavaScript uses: the npm package and the web app.
//! Packages are installed from the lock file, and only when it has changed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{self, Rooms, UNOPTIMISED};
use crate::{sizes, wasm};

/// The npm package's folder.
pub(crate) const NPM: &str = "wasm/npm";
/// The web app's folder.
pub(crate) const WWW: &str = "www";

/// What Vite and the package's own tests ask for.
const NODE_AT_LEAST: (u32, u32) = (20, 19);
/// Older ones write modules that crash at the start.
const WASM_OPT_AT_LEAST: u32 = 120;
/// The stem of the bindgen step's files: `core.js`, `core_bg.wasm`, and their types.
const STEM: &str = "core";
/// What rustc has switched on for the target, and the glue relies on.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Finds Node and npm.
///
/// # Errors
///
/// If one of them is missing or too old; the message says which.
pub(crate) fn find() -> Result<String> {
    let (major, minor) = NODE_AT_LEAST;
    let node = run::asked(Command::new("node").arg("--version"))
        .with_context(|| format!("there is no Node: install Node {major}.{minor} or later"))?;
    ensure!(
        version(&node).is_some_and(|found| found >= NODE_AT_LEAST),
        "Node {node} is too old: install Node {major}.{minor} or later"
    );
    let npm = run::asked(Command::new("npm").arg("--version"))
        .context("there is Node but no npm: install npm")?;
    Ok(format!("{node}, npm {npm}"))
}

/// Whether a folder is an npm package yet.
pub(crate) fn is_package(rooms: &Rooms, folder: &str) -> bool {
    rooms.has(&format!("{folder}/package.json"))
}

/// Whether a package has a script.
pub(crate) fn has_script(rooms: &Rooms, folder: &str, script: &str) -> bool {
    let mut npm = rooms.tool(folder, "npm", ["pkg", "get", &format!("scripts.{script}")]);
    run::asked(&mut npm).is_some_and(|said| said.starts_with('"'))
}

/// Installs a package's dependencies, unless they are there already; says whether it did.
///
/// # Errors
///
/// If npm fails.
pub(crate) fn install(rooms: &Rooms, folder: &str) -> Result<bool> {
    let locked = rooms.has(&format!("{folder}/package-lock.json"));
    let source = if locked { "package-lock.json" } else { "package.json" };
    let wanted = read(&rooms.at(folder).join(source))?;
    let stamp = rooms.at(folder).join("node_modules/.earmark-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(false);
    }
    let verb = if locked { "ci" } else { "install" };
    run::run(&mut rooms.tool(folder, "npm", [verb, "--no-audit", "--no-fund"]))?;
    // Without a lock npm has written one, and next time that one is compared.
    let now = if rooms.has(&format!("{folder}/package-lock.json")) {
        read(&rooms.at(folder).join("package-lock.json"))?
    } else {
        wanted
    };
    if let Some(modules) = stamp.parent() {
        fs::create_dir_all(modules).context("could not make the folder `node_modules`")?;
    }
    fs::write(&stamp, now).with_context(|| format!("could not write `{}`", stamp.display()))?;
    Ok(true)
}

/// Builds the npm package: core, bindgen step, `wasm-opt` if there is one, then its own build.
///
/// # Errors
///
/// If any part of it fails.
pub(crate) fn npm(rooms: &Rooms) -> Result<()> {
    let input = wasm::browser(rooms)?;
    let glue = rooms.artefacts()?.join("browser");
    // A file of an earlier build must not be packed with this one.
    if glue.exists() {
        fs::remove_dir_all(&glue).context("could not clear the folder of the bindgen step")?;
    }
    bindgen(rooms, &input, &glue)?;
    let module = glue.join(format!("{STEM}_bg.wasm"));
    if is_package(rooms, NPM) {
        install(rooms, NPM)?;
    }
    optimise(rooms, &module)?;
    let dist = rooms.at(NPM).join("dist");
    copy_files(&glue, &dist)?;
    if is_package(rooms, NPM) && has_script(rooms, NPM, "build") {
        let mut build = rooms.tool(NPM, "npm", ["run", "build"]);
        run::run(build.env("EARMARK_GLUE", &glue))?;
    } else {
        println!("npm: `{NPM}` has no build script yet: the glue alone is in `{NPM}/dist`");
    }
    sizes::tell(&module, Some(sizes::BROWSER))?;
    sizes::tell(&glue.join(format!("{STEM}.js")), None)
}

/// Builds the web app.
///
/// # Errors
///
/// If there is none, or its build fails.
pub(crate) fn www(rooms: &Rooms) -> Result<()> {
    ensure!(is_package(rooms, WWW), "there is no web app in `{WWW}` yet");
    install(rooms, WWW)?;
    run::run(&mut rooms.tool(WWW, "npm", ["run", "build"]))
}

/// Where the browser of the browser tests is.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named)).filter(|path| path.exists());
    }
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

/// The bindgen library is heavy, so cargo builds the program that has it only here, and without
/// optimising it: that takes a third of the time, and the step itself stays a matter of seconds.
fn bindgen(rooms: &Rooms, input: &Path, glue: &Path) -> Result<()> {
    let mut cargo = rooms.cargo(["run", "--quiet", "--config", UNOPTIMISED, "--package", "xtask"]);
    cargo.args(["--features", "bindgen", "--bin", "xtask-bindgen", "--"]);
    run::run(cargo.arg(input).arg(glue).arg(STEM))
}

fn optimise(rooms: &Rooms, module: &Path) -> Result<()> {
    let tool = rooms.at(NPM).join("node_modules/.bin/wasm-opt");
    let Some(said) = run::asked(Command::new(&tool).arg("--version")) else {
        println!("npm: no `wasm-opt` in `{NPM}` (npm's `binaryen`): the module stays as it is");
        return Ok(());
    };
    match wasm_opt_version(&said) {
        Some(version) if version >= WASM_OPT_AT_LEAST => {}
        _ => bail!("`{said}` is not to be trusted: version {WASM_OPT_AT_LEAST} or later is needed"),
    }
    let small = module.with_extension("small");
    let mut opt = Command::new(&tool);
    opt.args(["-Oz", "--strip-producers", "--strip-target-features"]).args(WASM_FEATURES);
    run::run(opt.arg(module).arg("-o").arg(&small))?;
    fs::rename(&small, module)
        .with_context(|| format!("could not replace `{}`", module.display()))?;
    validate(module)
}

/// A module that an engine refuses must not be packed.
fn validate(module: &Path) -> Result<()> {
    const COMPILE: &str =
        "new WebAssembly.Module(require('fs').readFileSync(process.argv[1])); console.log('ok')";
    let mut node = Command::new("node");
    node.args(["-e", COMPILE]).arg(module);
    ensure!(
        run::asked(&mut node).as_deref() == Some("ok"),
        "Node refuses the optimised module `{}`",
        module.display()
    );
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("could not make `{}`", to.display()))?;
    let entries =
        fs::read_dir(from).with_context(|| format!("could not read `{}`", from.display()))?;
    for entry in entries {
        let entry = entry.context("could not read a folder entry")?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_files(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("could not copy `{}`", from.display()))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("could not read `{}`", path.display()))
}

/// `v20.20.2` is (20, 20).
fn version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// `wasm-opt version 132 (version_132)` is 132.
fn wasm_opt_version(said: &str) -> Option<u32> {
    said.split_whitespace().find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_compared_as_numbers() {
        assert_eq!(version("v20.20.2"), Some((20, 20)));
        assert!(version("v20.9.0") < Some(NODE_AT_LEAST));
        assert!(version("v22.1.0") > Some(NODE_AT_LEAST));
        assert_eq!(version("nonsense"), None);
    }

    #[test]
    fn an_old_wasm_opt_is_known_by_its_version() {
        assert_eq!(wasm_opt_version("wasm-opt version 132 (version_132)"), Some(132));
        assert_eq!(wasm_opt_version("wasm-opt version 108"), Some(108));
        assert_eq!(wasm_opt_version("wasm-opt"), None);
    }

    #[test]
    fn files_are_copied_with_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("inner")).unwrap();
        fs::write(from.join("core.js"), "export {}").unwrap();
        fs::write(from.join("inner/snippet.js"), "").unwrap();
        copy_files(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("core.js")).unwrap(), "export {}");
        assert!(to.join("inner/snippet.js").exists());
    }
}
