//! What the other rooms have built, and how the proofs run it.
//! A proof that finds nothing built says so, and how to get it; it never builds anything itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The host's program and the plugin.
#[derive(Debug, Clone)]
pub struct Built {
    program: PathBuf,
    plugin: PathBuf,
}

/// What `earmark verify` says of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many inputs the journal has.
    pub inputs: u64,
    /// How many events.
    pub events: u64,
    /// The chain over them, in hex.
    pub chain: String,
}

/// Whether the proofs that can run longer are to do so.
#[must_use]
pub fn long() -> bool {
    std::env::var_os("EARMARK_LONG").is_some()
}

/// A path that `cargo xtask test` names, if it does.
#[must_use]
pub fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists())
}

impl Built {
    /// What was built; none, and a line that says what to do, when a proof runs by itself.
    #[must_use]
    pub fn find() -> Option<Self> {
        let found = named("EARMARK_BIN").zip(named("EARMARK_PLUGIN"));
        if found.is_none() {
            println!(
                "SKIPPED: this proof drives the host's program with the plugin, and nobody has \
                 named them (EARMARK_BIN, EARMARK_PLUGIN): run `cargo xtask test`"
            );
        }
        found.map(|(program, plugin)| Self { program, plugin })
    }

    /// The plugin's file.
    #[must_use]
    pub fn plugin(&self) -> &Path {
        &self.plugin
    }

    /// `earmark` with the plugin; it says warnings and errors only.
    #[must_use]
    pub fn earmark(&self) -> Command {
        let mut command = self.bare();
        command.arg("--plugin").arg(&self.plugin);
        command
    }

    /// `earmark --native`, if the program has the native body linked in.
    #[must_use]
    pub fn native(&self) -> Option<Command> {
        let help = finished(self.bare().arg("--help"));
        let mut command = self.bare();
        command.arg("--native");
        text(&help.stdout).contains("--native").then_some(command)
    }

    /// Whether the program can be told to die at a place of its own; a line that says so if not.
    #[must_use]
    pub fn is_for_crash_tests(&self) -> bool {
        let is = text(&finished(self.bare().arg("--version")).stdout).contains("chaos");
        if !is {
            println!("SKIPPED: the program has not the feature `chaos`: run `cargo xtask test`");
        }
        is
    }

    /// Checks a journal: every record, the state they make, and the laws over it.
    ///
    /// # Errors
    /// What the program says when it refuses the journal.
    pub fn verify(&self, dir: &Path) -> Result<Verified, String> {
        verified(self.earmark().arg("verify").arg(dir))
    }

    /// Checks the records of a journal only.
    ///
    /// # Errors
    /// As [`Built::verify`].
    pub fn verify_records(&self, dir: &Path) -> Result<Verified, String> {
        verified(self.earmark().arg("verify").arg(dir).arg("--records-only"))
    }

    /// `earmark` with no body named yet.
    #[must_use]
    pub fn bare(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_remove("EARMARK_PLUGIN").env("RUST_LOG", "warn").env("RUST_BACKTRACE", "0");
        command
    }
}

/// Runs a command to its end.
///
/// # Panics
/// If it can't be started.
pub fn finished(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{command:?} can't be started: {error}"),
    }
}

/// Runs a command that must succeed, and gives what it printed.
///
/// # Panics
/// If it fails; with what it said.
#[track_caller]
pub fn succeeded(command: &mut Command) -> String {
    let output = finished(command);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}:\n{out}\n{err}", output.status);
    out
}

/// Runs a command that must refuse with an error of its own, and gives what it said.
///
/// # Panics
/// If it succeeds, panics, or is killed.
#[track_caller]
pub fn refused(command: &mut Command) -> String {
    let output = finished(command);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{command:?} did not refuse:\n{out}\n{err}");
    let panicked = err.contains("panicked at");
    assert!(!panicked && output.status.code() == Some(1), "{command:?} broke down:\n{out}\n{err}");
    assert!(err.contains("error: "), "{command:?} refused without a reason:\n{out}\n{err}");
    err
}

/// The value of a row of a table that the program printed.
#[must_use]
pub fn row<'a>(table: &'a str, name: &str) -> Option<&'a str> {
    table
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix("  "))
        .map(str::trim)
}

/// A number as tables print it: `12,345`.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

/// What a program wrote.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn verified(command: &mut Command) -> Result<Verified, String> {
    let output = finished(command);
    if !output.status.success() {
        return Err(text(&output.stderr));
    }
    let out = text(&output.stdout);
    let read = || {
        let (inputs, events) = row(&out, "inputs, events")?.split_once(", ")?;
        let chain = row(&out, "chain")?.to_owned();
        Some(Verified { inputs: number(inputs)?, events: number(events)?, chain })
    };
    read().ok_or_else(|| format!("`earmark verify` does not say what it should:\n{out}"))
}
