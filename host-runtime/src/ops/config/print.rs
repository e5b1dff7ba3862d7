//! `earmark config`: the settings in effect, and who says each.
//!
//! Law: what is printed is itself a file that `--config` takes, and means the same.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::file::{Form, Settings, form_of};
use super::{CONFIG, Line, Read, Said, Section, Stop, is_secret, look, said, settings_of};

/// Print the settings in effect as TOML, with who says each: flag, environment, file or default.
#[derive(Debug, Args)]
pub(crate) struct Config {
    /// Print them, as is done without it
    #[arg(long, conflicts_with = "check")]
    print: bool,
    /// Print nothing: a file that is not as it must be is an error
    #[arg(long)]
    check: bool,
    /// The settings as they would be for this line, such as `-- serve --addr 127.0.0.1:0`
    #[arg(last = true, value_name = "COMMAND")]
    line: Vec<OsString>,
}

impl Config {
    /// Prints them; a file that is not as it must be was refused before.
    pub(crate) fn run(&self, command: &Command, read: &Read) -> Result<()> {
        let text = self.text(command, read).unwrap_or_else(|stop| stop.exit());
        if self.print || !self.check {
            std::io::stdout().write_all(text.as_bytes())?;
        }
        Ok(())
    }

    fn text(&self, command: &Command, read: &Read) -> Result<String, Stop> {
        let program = read.args.first().cloned().unwrap_or_default();
        let mut page = Page { command, settings: read.settings.as_ref(), program };
        let (mut whole, mut asked, own) = (read.args.clone(), None, self.file(command)?);
        if !self.line.is_empty() {
            page.settings = own.as_ref().or(page.settings);
            whole = page.typed(&self.line);
            Line::of(command, &whole, page.settings).parse(command, page.settings)?;
            asked = look(command, &whole).map(|(chain, _)| chain);
        }
        let mut text = String::from(
            "# The settings in effect. A flag overrides the environment, the environment the file, \
             and\n# the file the default.\n",
        );
        page.section(&mut text, command, &page.seen(&whole)?);
        for section in Section::all(command) {
            let seen = match &asked {
                Some(chain) if *chain == section.chain => page.seen(&whole)?,
                _ => page.seen(&page.typed(&section.chain))?,
            };
            text.push_str(&format!("\n[{}]\n", section.name()));
            page.section(&mut text, section.command, &seen);
        }
        Ok(text)
    }

    /// The file that the line which is asked about names itself.
    fn file(&self, command: &Command) -> Result<Option<Settings>, Stop> {
        let line: Vec<OsString> =
            std::iter::once(OsString::new()).chain(self.line.iter().cloned()).collect();
        let seen = look(command, &line).filter(|(_, seen)| said(seen, CONFIG) == Some(Said::Flag));
        let path = seen.and_then(|(_, seen)| seen.get_one::<PathBuf>(CONFIG).cloned());
        path.map(|path| Settings::read(&path, command).map_err(Stop::File)).transpose()
    }
}

struct Page<'a> {
    command: &'a Command,
    settings: Option<&'a Settings>,
    program: OsString,
}

/// What is known of a line, and which keys the file decides.
type Seen = (Option<ArgMatches>, Vec<String>);

impl Page<'_> {
    /// A line of the program with these behind its name.
    fn typed<T: Clone + Into<OsString>>(&self, rest: &[T]) -> Vec<OsString> {
        std::iter::once(self.program.clone()).chain(rest.iter().cloned().map(Into::into)).collect()
    }

    /// A line may lack what its command needs; what it, a variable or the file does say must hold.
    fn seen(&self, args: &[OsString]) -> Result<Seen, Stop> {
        let line = Line::of(self.command, args, self.settings);
        match line.parse(self.command, self.settings) {
            Err(Stop::Line(error, _)) if lacks_its_object(self.command, &error) => {}
            parsed => drop(parsed?),
        }
        Ok((look(self.command, &line.args).map(|(_, matches)| matches), line.from_file))
    }

    fn section(&self, text: &mut String, command: &Command, (matches, from_file): &Seen) {
        let of_all = std::ptr::eq(command, self.command);
        for arg in settings_of(command) {
            let Some(key) = arg.get_long() else { continue };
            if of_all {
                text.push('\n');
            }
            if let Some(help) = arg.get_help() {
                let help = help.to_string();
                let words: Vec<&str> = help.split_whitespace().collect();
                text.push_str(&format!("# {}\n", words.join(" ")));
            }
            let id = arg.get_id().as_str();
            let values = matches.as_ref().and_then(|matches| values(matches, id));
            let Some(values) = values else {
                text.push_str(&format!("# {key} is not set\n"));
                continue;
            };
            let by = if from_file.iter().any(|one| one == key) {
                self.file()
            } else {
                let said = matches.as_ref().and_then(|matches| said(matches, id));
                who(arg, said.unwrap_or(Said::Nobody))
            };
            if is_secret(id.as_ref()) {
                text.push_str(&format!("# {key} is set, and not shown  # {by}\n"));
            } else {
                text.push_str(&format!("{key} = {}  # {by}\n", shown(arg, &values)));
            }
        }
    }

    fn file(&self) -> String {
        let path = self.settings.map(|file| file.path().display().to_string());
        format!("file {}", path.unwrap_or_default().replace(char::is_control, "?"))
    }
}

/// Whether nothing is wrong but that what a command always needs is not named: that is for whoever
/// runs it, and no fault of the settings.
fn lacks_its_object(command: &Command, error: &clap::Error) -> bool {
    let lacks = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(lacks)) => lacks.as_slice(),
        _ => return false,
    };
    let missing = error.kind() == ErrorKind::MissingRequiredArgument;
    missing && lacks.iter().all(|name| is_always_needed(command, name))
}

/// Whether `<NAME>` or `--name <NAME>` is needed whatever else is said, by some command.
fn is_always_needed(command: &Command, name: &str) -> bool {
    let Some(flag) = name.strip_prefix("--") else { return true };
    let long = flag.split([' ', '=']).next();
    let is_it = |arg: &Arg| arg.get_long() == long && arg.is_required_set();
    command.get_arguments().any(is_it)
        || command.get_subcommands().any(|inner| is_always_needed(inner, name))
}

fn who(arg: &Arg, said: Said) -> String {
    match said {
        Said::Flag => "flag".to_string(),
        Said::Environment => {
            format!("environment {}", arg.get_env().unwrap_or_default().to_string_lossy())
        }
        Said::Nobody => "default".to_string(),
    }
}

fn values(matches: &ArgMatches, id: &str) -> Option<Vec<String>> {
    let raw = matches.try_get_raw(id).ok().flatten()?;
    Some(raw.map(|value| value.to_string_lossy().into_owned()).collect())
}

/// Values as TOML.
fn shown(arg: &Arg, values: &[String]) -> String {
    let one = |value: &String| match (arg.get_action(), form_of(arg)) {
        (ArgAction::SetTrue, _) | (_, Form::Whole | Form::Real) => value.clone(),
        (_, Form::Text) => toml::Value::String(value.clone()).to_string(),
    };
    match arg.get_action() {
        ArgAction::Append => {
            let values: Vec<String> = values.iter().map(one).collect();
            format!("[{}]", values.join(", "))
        }
        _ => values.last().map(one).unwrap_or_default(),
    }
}
