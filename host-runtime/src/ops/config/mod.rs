//! Configuration: what a flag says, or else the environment, or else a file, or else the default.
//!
//! Law: the definition of the command line is the one list of settings. A key of the file is the
//! long name of a flag, its section the name of the command (`plugin-inspect` for a command within
//! one); so what the file may say, what `--help` tells and what `earmark config` prints can't
//! differ.
//!
//! What the file says is put behind the command's name as flags, unless a flag or the environment
//! says it already: then clap holds it against everything that it holds flags against.

mod file;
mod print;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use file::{Given, Settings};
pub(crate) use print::Config;

/// The flag that names the file.
const CONFIG: &str = "config";
/// The command that prints the settings; nothing of it is one.
const PRINTS: &str = "config";
/// A file of this name is not read unless it is named: it says which code runs and where is
/// written, and whoever works in a folder of somebody else's did not ask for that.
const USUAL: &str = "earmark.toml";

/// The command line with what a file adds.
#[derive(Debug)]
pub(crate) struct Read {
    /// What was said, by whomever.
    pub(crate) matches: ArgMatches,
    /// The line as it was typed.
    args: Vec<OsString>,
    settings: Option<Settings>,
}

/// Why nothing is to be run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The line is wrong, or asks for help; and who else had a part in it.
    Line(clap::Error, Vec<String>),
    /// The file is wrong.
    File(anyhow::Error),
}

/// Reads the line, and the file if one is named.
pub(crate) fn read(command: &Command, args: Vec<OsString>) -> Result<Read, Stop> {
    let settings = match named_file(command, &args) {
        Some(path) => Some(Settings::read(&path, command).map_err(Stop::File)?),
        None => None,
    };
    let matches = Line::of(command, &args, settings.as_ref()).parse(command, settings.as_ref())?;
    Ok(Read { matches, args, settings })
}

/// Which variable it is that says what is refused, if one does.
fn variable(command: &Command, error: &clap::Error) -> Option<String> {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (flag, value) = (said(ContextKind::InvalidArg)?, said(ContextKind::InvalidValue)?);
    let long = flag.strip_prefix("--")?.split([' ', '=']).next()?;
    let sections = Section::all(command);
    let mut all =
        sections.iter().map(|section| section.command).chain([command]).flat_map(settings_of);
    let named = all.find(|arg| {
        let says = arg.get_env().and_then(std::env::var_os);
        arg.get_long() == Some(long) && says.is_some_and(|says| says == value)
    })?;
    Some(format!("`{}` says so", named.get_env()?.to_string_lossy()))
}

impl Read {
    /// Tells where the settings came from, when logs are open.
    pub(crate) fn tell(&self) {
        match &self.settings {
            Some(settings) => tracing::debug!(file = %settings.path().display(), "configured"),
            None if Path::new(USUAL).is_file() => {
                tracing::debug!("`{USUAL}` lies here and is not read: name it with --config");
            }
            None => {}
        }
    }
}

impl Stop {
    /// Says why, and ends the program.
    fn exit(&self) -> ! {
        std::process::exit(self.told().into())
    }

    /// Says why, where it belongs; the code to end with.
    pub(crate) fn told(&self) -> u8 {
        match self {
            Self::File(error) => {
                eprintln!("error: {error:#}");
                1
            }
            Self::Line(error, notes) => {
                // Nothing can be said where it can't be written.
                drop(error.print());
                for note in notes.iter().filter(|_| error.use_stderr()) {
                    eprintln!("note: {note}");
                }
                u8::try_from(error.exit_code()).unwrap_or(1)
            }
        }
    }
}

/// The settings of a command: its options that are shown. Those above all are global.
fn settings_of(command: &Command) -> impl Iterator<Item = &Arg> {
    let is_setting =
        |arg: &&Arg| arg.get_long().is_some() && !arg.is_hide_set() && arg.get_id() != CONFIG;
    command.get_arguments().filter(is_setting)
}

/// A command that has settings, and the names that lead to it.
struct Section<'a> {
    chain: Vec<String>,
    command: &'a Command,
}

impl<'a> Section<'a> {
    /// All of a command line, in its order.
    fn all(root: &'a Command) -> Vec<Self> {
        let mut all = Vec::new();
        Self::within(root, &[], &mut all);
        all
    }

    fn within(command: &'a Command, chain: &[String], all: &mut Vec<Self>) {
        let shown = |one: &&Command| !one.is_hide_set() && one.get_name() != PRINTS;
        for command in command.get_subcommands().filter(shown) {
            let chain = [chain, &[command.get_name().to_string()]].concat();
            if settings_of(command).next().is_some() {
                all.push(Self { chain: chain.clone(), command });
            }
            Self::within(command, &chain, all);
        }
    }

    /// What it is called in a file.
    fn name(&self) -> String {
        self.chain.join("-")
    }
}

/// A look at the line that errors do not end: the names of the commands, and what is known of it.
fn look(command: &Command, args: &[OsString]) -> Option<(Vec<String>, ArgMatches)> {
    let whole = command.clone().ignore_errors(true).try_get_matches_from(args).ok()?;
    let (mut chain, mut of) = (Vec::new(), whole);
    while let Some((name, inner)) = of.remove_subcommand() {
        chain.push(name);
        of = inner;
    }
    Some((chain, of))
}

fn named_file(command: &Command, args: &[OsString]) -> Option<PathBuf> {
    let (_, matches) = look(command, args)?;
    matches.try_get_one::<PathBuf>(CONFIG).ok().flatten().cloned()
}

/// A line with what a file adds to it.
struct Line {
    args: Vec<OsString>,
    /// The keys that the file decides.
    from_file: Vec<String>,
}

impl Line {
    fn of(command: &Command, args: &[OsString], settings: Option<&Settings>) -> Self {
        let mut line = Self { args: args.to_vec(), from_file: Vec::new() };
        let Some(settings) = settings else { return line };
        let Some((chain, matches)) = look(command, args) else { return line };
        let Some(at) = behind(command, args, &chain) else { return line };
        let mut added = Vec::new();
        for Given { key, id, args, .. } in settings.of(&chain) {
            if !matches!(said(&matches, id), Some(Said::Flag | Said::Environment)) {
                added.extend(args.iter().cloned());
                line.from_file.push(key.clone());
            }
        }
        line.args.splice(at..at, added);
        line
    }

    /// All of it, held against the definition.
    fn parse(&self, command: &Command, settings: Option<&Settings>) -> Result<ArgMatches, Stop> {
        command.clone().try_get_matches_from(&self.args).map_err(|error| {
            let file = settings.filter(|_| !self.from_file.is_empty());
            let file = file
                .map(|file| format!("some of these settings are from `{}`", file.path().display()));
            let notes = variable(command, &error).into_iter().chain(file).collect();
            Stop::Line(error, notes)
        })
    }
}

/// The place in the line behind the last name of a command. A name may be the value of a flag, too:
/// it is the command's if the line up to it names that command.
fn behind(command: &Command, args: &[OsString], chain: &[String]) -> Option<usize> {
    (1..=args.len()).find(|&end| {
        let is_end = |(found, _): (Vec<String>, ArgMatches)| found == chain;
        args.get(..end).and_then(|args| look(command, args)).is_some_and(is_end)
    })
}

/// Who said it on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Flag,
    Environment,
    Nobody,
}

fn said(matches: &ArgMatches, id: &str) -> Option<Said> {
    if !matches.try_contains_id(id).unwrap_or(false) {
        return None;
    }
    Some(match matches.value_source(id)? {
        ValueSource::CommandLine => Said::Flag,
        ValueSource::EnvVariable => Said::Environment,
        _ => Said::Nobody,
    })
}

/// Whether it must not be shown. Files that hold secrets are named by path, which is none.
fn is_secret(id: &OsStr) -> bool {
    id.to_str().is_some_and(|id| id.ends_with("secret"))
}

#[cfg(test)]
mod tests;
