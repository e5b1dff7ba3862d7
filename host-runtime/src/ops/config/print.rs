//! `earmark config`: the settings in effect, and who says each.
//!
//! Law: what is printed is itself a file that `--config` takes, and means the same.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::file::{Form, form_of};
use super::{Line, Read, Said, Section, is_secret, look, said, settings_of};

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
        if self.check && !self.print {
            return Ok(());
        }
        let program = read.args.first().cloned().unwrap_or_default();
        let mut typed = vec![program];
        typed.extend(self.line.iter().cloned());
        let (chain, _) = match self.line.as_slice() {
            [] => (Vec::new(), ArgMatches::default()),
            _ => {
                command.clone().try_get_matches_from(&typed)?;
                let Some(seen) = look(command, &typed) else { bail!("it asks for help") };
                seen
            }
        };
        let whole = if chain.is_empty() { read.args.clone() } else { typed.clone() };
        let mut text = String::from(
            "# The settings in effect. A flag overrides the environment, the environment the file, \
             and\n# the file the default.\n",
        );
        let page = Page { command, read };
        page.section(&mut text, command, &[], &page.seen(&whole))?;
        page.sections(&mut text, &chain, &typed)?;
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }
}

struct Page<'a> {
    command: &'a Command,
    read: &'a Read,
}

/// What is known of a line, and which keys the file decides.
type Seen = (Option<ArgMatches>, Vec<String>);

impl Page<'_> {
    fn seen(&self, args: &[OsString]) -> Seen {
        let line = Line::of(self.command, args, self.read.settings.as_ref());
        (look(self.command, &line.args).map(|(_, matches)| matches), line.from_file)
    }

    /// All sections; `typed` is the line that was asked about.
    fn sections(&self, text: &mut String, chain: &[String], typed: &[OsString]) -> Result<()> {
        for Section { chain: of, command } in Section::all(self.command) {
            let args = if of == chain {
                typed.to_vec()
            } else {
                let program = self.read.args.first().cloned().unwrap_or_default();
                std::iter::once(program).chain(of.iter().map(OsString::from)).collect()
            };
            writeln!(text, "\n[{}]", of.join("-"))?;
            self.section(text, command, &of, &self.seen(&args))?;
        }
        Ok(())
    }

    fn section(
        &self,
        text: &mut String,
        command: &Command,
        chain: &[String],
        (matches, from_file): &Seen,
    ) -> Result<()> {
        for arg in settings_of(command) {
            let Some(key) = arg.get_long() else { continue };
            if chain.is_empty() {
                writeln!(text)?;
            }
            if let Some(help) = arg.get_help() {
                let help = help.to_string();
                writeln!(text, "# {}", help.split_whitespace().collect::<Vec<_>>().join(" "))?;
            }
            let id = arg.get_id().as_str();
            let values = matches.as_ref().and_then(|matches| values(matches, id));
            let Some(values) = values else {
                writeln!(text, "# {key} is not set")?;
                continue;
            };
            let by = if from_file.iter().any(|one| one == key) {
                let file = self.read.settings.as_ref();
                let file = file.map(|file| file.path().display().to_string());
                format!("file {}", file.unwrap_or_default().replace(char::is_control, "?"))
            } else {
                match matches.as_ref().and_then(|matches| said(matches, id)) {
                    Some(Said::Flag) => "flag".to_string(),
                    Some(Said::Environment) => {
                        let name = arg.get_env().unwrap_or_default().to_string_lossy();
                        format!("environment {name}")
                    }
                    Some(Said::Nobody) | None => "default".to_string(),
                }
            };
            if is_secret(id.as_ref()) {
                writeln!(text, "# {key} is set, and not shown  # {by}")?;
                continue;
            }
            writeln!(text, "{key} = {}  # {by}", shown(arg, &values))?;
        }
        Ok(())
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
