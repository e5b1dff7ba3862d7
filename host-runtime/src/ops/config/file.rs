//! The file: TOML, each key a flag, each section a command.
//!
//! Law: whatever the command line does not know is an error with its line, also in a section that
//! is not asked for now; a value is accepted if the flag would take it.

use std::any::TypeId;
use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Section, settings_of};

/// Names less alike than this are not suggested, by Jaro and Winkler.
const ALIKE: f64 = 0.8;

/// What a file says.
#[derive(Debug)]
pub(super) struct Settings {
    path: PathBuf,
    given: Vec<Given>,
}

/// One setting of the file.
#[derive(Debug)]
pub(super) struct Given {
    /// The names of the command it belongs to; none for all of them.
    section: Vec<String>,
    /// The long name of the flag.
    pub(super) key: String,
    /// Clap's name of it.
    pub(super) id: String,
    /// It, as flags.
    pub(super) args: Vec<OsString>,
}

impl Settings {
    /// Reads a file, and holds all of it against the command line.
    pub(super) fn read(path: &Path, command: &Command) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read the configuration `{shown}`"))?;
        Self::parse(path, &text, command)
    }

    /// The same, of a text that came from there.
    pub(super) fn parse(path: &Path, text: &str, command: &Command) -> Result<Self> {
        let shown = path.display();
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            anyhow!("`{shown}`, line {line}: it is no TOML: {}", error.message())
        })?;
        let sections = Section::all(command);
        let mut reader = Reader { path, text, root: command, sections, given: Vec::new() };
        reader.file(table.get_ref())?;
        Ok(Self { path: path.to_path_buf(), given: reader.given })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of a command.
    pub(super) fn of(&self, chain: &[String]) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(move |one| one.section.is_empty() || one.section == chain)
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    root: &'a Command,
    sections: Vec<Section<'a>>,
    given: Vec<Given>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) -> Result<()> {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let DeValue::Table(inner) = value.get_ref() else {
                let given = self.setting(None, key, value)?;
                self.given.push(given);
                continue;
            };
            let found = self.sections.iter().position(|section| section.name() == name);
            let Some(section) = found else {
                bail!("{}{}", self.place(key), self.unknown_section(name));
            };
            for (key, value) in inner {
                let given = self.setting(self.sections.get(section), key, value)?;
                self.given.push(given);
            }
        }
        Ok(())
    }

    fn setting(
        &self,
        section: Option<&Section<'_>>,
        key: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Given> {
        let name = key.get_ref().as_ref();
        let command = section.map_or(self.root, |section| section.command);
        let Some(arg) = settings_of(command).find(|arg| arg.get_long() == Some(name)) else {
            bail!("{}{}", self.place(key), self.unknown_key(section, name));
        };
        let args = flags(arg, name, value.get_ref())
            .with_context(|| format!("{}`{name}`", self.place(key)))?;
        let section = section.map(|section| section.chain.clone()).unwrap_or_default();
        Ok(Given { section, key: name.to_string(), id: arg.get_id().to_string(), args })
    }

    fn place(&self, key: &Spanned<Cow<'_, str>>) -> String {
        format!("`{}`, line {}: ", self.path.display(), line_of(self.text, key.span().start))
    }

    fn unknown_section(&self, name: &str) -> String {
        let known: Vec<String> = self.sections.iter().map(Section::name).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let meant = meant(&known, name);
        format!("there is no command with settings `{name}`{meant}; there are {}", known.join(", "))
    }

    fn unknown_key(&self, section: Option<&Section<'_>>, name: &str) -> String {
        let has = |command: &Command| settings_of(command).any(|arg| arg.get_long() == Some(name));
        if section.is_some() && has(self.root) {
            return format!(
                "`{name}` is a setting of all commands: put it above the first section"
            );
        }
        let command = section.map_or(self.root, |section| section.command);
        let known: Vec<&str> = settings_of(command).filter_map(Arg::get_long).collect();
        let owners = self.sections.iter().filter(|section| has(section.command));
        let owners: Vec<String> = owners.map(|section| format!("[{}]", section.name())).collect();
        let elsewhere = match owners.as_slice() {
            [] => meant(&known, name),
            owners => format!(", but one of {}", owners.join(", ")),
        };
        let of = section.map_or("of all commands".to_string(), |section| {
            format!("of `{}`", section.chain.join(" "))
        });
        format!("`{name}` is no setting {of}{elsewhere}; there are {}", known.join(", "))
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// `: did you mean X?`, if there is one like it.
fn meant(known: &[&str], name: &str) -> String {
    let alike = known.iter().map(|one| (strsim::jaro_winkler(one, name), one));
    match alike.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((score, one)) if score >= ALIKE => format!(": did you mean `{one}`?"),
        _ => String::new(),
    }
}

/// A value as the flags that say it.
fn flags(arg: &Arg, name: &str, value: &DeValue<'_>) -> Result<Vec<OsString>> {
    let values = match (arg.get_action(), value) {
        (ArgAction::SetTrue, DeValue::Boolean(true)) => {
            return Ok(vec![OsString::from(format!("--{name}"))]);
        }
        (ArgAction::SetTrue, DeValue::Boolean(false)) => return Ok(Vec::new()),
        (ArgAction::SetTrue, other) => {
            bail!("it is {}, and must be true or false", kind_of(other));
        }
        (ArgAction::Append, DeValue::Array(values)) => {
            let each = values.iter().map(|value| scalar(arg, value.get_ref()));
            each.collect::<Result<Vec<String>>>()?
        }
        (ArgAction::Append, other) => {
            bail!("it is {}, and must be an array, since it may be given often", kind_of(other));
        }
        (_, value) => vec![scalar(arg, value)?],
    };
    values.iter().try_for_each(|value| taken(arg, value))?;
    Ok(values.iter().map(|value| OsString::from(format!("--{name}={value}"))).collect())
}

/// Fails if the flag does not take a value, in its own words.
fn taken(arg: &Arg, value: &str) -> Result<()> {
    let alone = Arg::new("it").long("it").value_parser(arg.get_value_parser().clone());
    let alone = Command::new("file").no_binary_name(true).arg(alone);
    let Err(error) = alone.try_get_matches_from([format!("--it={value}")]) else { return Ok(()) };
    let text = error.to_string().replace(" for '--it <it>'", "");
    let words: Vec<&str> =
        text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let words = words.join(" ");
    bail!("{}", words.strip_prefix("error: ").unwrap_or(&words))
}

fn scalar(arg: &Arg, value: &DeValue<'_>) -> Result<String> {
    match (form_of(arg), value) {
        (Form::Whole, DeValue::Integer(number)) => {
            let digits = number.as_str().replace('_', "");
            let read = i128::from_str_radix(&digits, number.radix());
            Ok(read.context("the number is too large")?.to_string())
        }
        (Form::Real, DeValue::Float(number)) => Ok(number.as_str().replace('_', "")),
        (Form::Real, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(number.as_str().replace('_', ""))
        }
        (Form::Text, DeValue::String(text)) => Ok(text.to_string()),
        (form, other) => bail!("it is {}, and must be {}", kind_of(other), form.name()),
    }
}

/// In which form a value stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Real,
    Text,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Whole => "a whole number",
            Self::Real => "a number",
            Self::Text => "a text in quotes",
        }
    }
}

/// The form of a flag's values, by the type it reads.
pub(super) fn form_of(arg: &Arg) -> Form {
    let id = arg.get_value_parser().type_id();
    let is = |types: &[TypeId]| types.iter().any(|one| id == *one);
    let whole = [
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
        TypeId::of::<i32>(),
        TypeId::of::<i64>(),
    ];
    match () {
        () if is(&whole) => Form::Whole,
        () if is(&[TypeId::of::<f32>(), TypeId::of::<f64>()]) => Form::Real,
        () => Form::Text,
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
