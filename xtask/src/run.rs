//! Runs other programs and knows where the rooms are.
//! Every command line is shown before it runs, and a failure names it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

/// Dependencies that are built but hardly run need no optimising: that takes a third of the time.
pub(crate) const UNOPTIMISED: &str = "profile.dev.package.\"*\".opt-level=0";

/// Where things are in this checkout.
#[derive(Debug, Clone)]
pub(crate) struct Rooms {
    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Rooms {
    /// Finds the checkout that this program was started from.
    ///
    /// # Errors
    ///
    /// If cargo can't say where it builds to.
    pub(crate) fn find() -> Result<Self> {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest)
            .parent()
            .context("the xtask folder has no parent folder")?
            .to_path_buf();
        let target = target_dir(&root)?;
        Ok(Self { root, target })
    }

    /// A path below the root.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Whether a file or folder is there yet.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).exists()
    }

    /// Whether a Rust module is there yet, as a file or as a folder.
    pub(crate) fn has_module(&self, path: &str) -> bool {
        self.has(&format!("{path}.rs")) || self.has(&format!("{path}/mod.rs"))
    }

    /// Where finished artefacts go: `target/earmark`.
    ///
    /// # Errors
    ///
    /// If the folder can't be made.
    pub(crate) fn artefacts(&self) -> Result<PathBuf> {
        let folder = self.target.join("earmark");
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
        Ok(folder)
    }

    /// Cargo, started in the root.
    pub(crate) fn cargo<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).args(args);
        forget_our_package(&mut command);
        command
    }

    /// Any program, started in a folder below the root.
    pub(crate) fn tool<S: AsRef<OsStr>>(
        &self,
        folder: &str,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.at(folder)).args(args);
        forget_our_package(&mut command);
        command
    }
}

/// Shows a command line, runs it, and fails unless it succeeds.
///
/// # Errors
///
/// If the program can't be started or ends badly; the error shows the command line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Like [`run`], but what the program prints is shown only if it fails.
///
/// # Errors
///
/// If the program can't be started or ends badly.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("could not start `{line}`"))?;
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stdout));
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("`{line}` failed ({})", output.status);
    }
    Ok(())
}

/// Runs a command, passes on every line that it prints, and hands back those that `keep` wants,
/// also when it fails.
pub(crate) fn run_keeping(
    command: &mut Command,
    keep: fn(&str) -> bool,
) -> (Vec<String>, Result<()>) {
    let line = shown(command);
    println!("$ {line}");
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned.with_context(|| format!("could not start `{line}`")) {
        Ok(child) => child,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let stdout = child.stdout.take().map(BufReader::new);
    let stderr = child.stderr.take().map(BufReader::new);
    let kept = thread::scope(|scope| {
        let out = scope.spawn(|| pass_on(stdout, keep, |text| println!("{text}")));
        let err = pass_on(stderr, keep, |text| eprintln!("{text}"));
        let mut kept = out.join().unwrap_or_default();
        kept.extend(err);
        kept
    });
    let ended = match child.wait().with_context(|| format!("could not wait for `{line}`")) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(anyhow!("`{line}` failed ({status})")),
        Err(error) => Err(error),
    };
    (kept, ended)
}

fn pass_on(source: Option<impl BufRead>, keep: fn(&str) -> bool, show: fn(&str)) -> Vec<String> {
    let lines = source.into_iter().flat_map(|source| source.split(b'\n')).map_while(Result::ok);
    let mut kept = Vec::new();
    for text in lines {
        let text = String::from_utf8_lossy(&text);
        show(&text);
        let plain = without_colour(&text);
        if keep(&plain) {
            kept.push(plain);
        }
    }
    kept
}

/// What a program prints, or nothing if it is not there or ends badly.
pub(crate) fn asked(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a person is looking: colours only then.
pub(crate) fn on_terminal() -> bool {
    std::io::stderr().is_terminal() && env::var_os("CI").is_none()
}

/// A command line as a person would type it.
fn shown(command: &Command) -> String {
    let mut words = vec![file_name(command.get_program())];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

fn file_name(program: &OsStr) -> String {
    Path::new(program)
        .file_name()
        .map_or_else(|| program.to_string_lossy(), OsStr::to_string_lossy)
        .into_owned()
}

/// `cargo run` tells us who we are; the programs that we start must not think they are us.
fn forget_our_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let known = name.to_string_lossy();
        if known.starts_with("CARGO_PKG_") || known.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

fn target_dir(root: &Path) -> Result<PathBuf> {
    if let Some(folder) = env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
        let here = env::current_dir().context("could not read the current folder")?;
        return Ok(here.join(folder));
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let said = asked(&mut cargo).context("`cargo metadata` failed")?;
    target_in(&said).context("`cargo metadata` names no target folder")
}

/// Reads `target_directory` out of cargo's JSON: one string, not worth a parser.
fn target_in(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once("\"target_directory\":\"")?;
    let (path, _) = rest.split_once('"')?;
    Some(PathBuf::from(path.replace("\\\\", "\\")))
}

fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_read_from_the_metadata() {
        let said = r#"{"packages":[],"target_directory":"/somewhere/target","version":1}"#;
        assert_eq!(target_in(said), Some(PathBuf::from("/somewhere/target")));
        assert_eq!(target_in("{}"), None);
    }

    #[test]
    fn colours_are_taken_off() {
        let line = "\u{1b}[1m\u{1b}[32m     Summary\u{1b}[0m [ 0.1s] 3 tests run";
        assert_eq!(without_colour(line), "     Summary [ 0.1s] 3 tests run");
    }

    #[test]
    fn lines_are_kept_from_both_streams_also_of_a_failure() {
        let mut sh = Command::new("sh");
        sh.args(["-c", "echo keep out; echo drop; echo keep err >&2; exit 3"]);
        let (kept, ended) = run_keeping(&mut sh, |line| line.starts_with("keep"));
        assert_eq!(kept, ["keep out", "keep err"]);
        assert!(ended.unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn a_failure_names_the_command_line() {
        let error = run(Command::new("false").arg("--really")).unwrap_err();
        assert_eq!(error.to_string(), "`false --really` failed (exit status: 1)");
    }
}
