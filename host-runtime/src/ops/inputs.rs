//! Inputs as lines of JSON: what `export --inputs` writes and `import` reads.
//!
//! Law: what is read back is what was written, to the byte. A command whose JSON does not give its
//! bytes again carries them along; a file without its last line is one that was cut off.
//!
//! ```text
//! {"head":{"version":1,"journal":"...","plugin":"...","roles":[],"clock":"live","from":1,...}}
//! {"input":{"number":1,"at":...,"by":"...","scopes":[],"kind":0,"command":"...","data":{},...}}
//! {"end":{"inputs":1,"events":2,"chain":"..."}}
//! ```

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use earmark_abi::{Description, Form, Outcome, Verdict, chain, decode, encode};
use earmark_host::journal::{Clock, Header, Sealed};
use earmark_host::partition::{
    Activation, Dropped, Entry, OriginOf, Translator, TurnRecord, one_line,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::screen::hex;

/// The version of the lines.
pub(crate) const VERSION: u32 = 1;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Line {
    /// The first.
    Head(Head),
    /// An input and what became of it.
    Input(Box<Kept>),
    /// Another plugin took over: nothing to carry out.
    Activation(Activated),
    /// Somebody gave a dead letter up: nothing to carry out.
    Dropped(GivenUp),
    /// The last.
    End(End),
}

/// Which journal it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) version: u32,
    pub(crate) journal: String,
    pub(crate) plugin: String,
    pub(crate) roles: Vec<String>,
    pub(crate) clock: Stamps,
    /// The first input that follows.
    pub(crate) from: u64,
}

/// Which clock stamped the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Stamps {
    Live,
    Logical,
}

/// An input and what became of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) number: u64,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) by: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) kind: u16,
    /// The name of the kind.
    pub(crate) command: String,
    pub(crate) data: Option<Box<RawValue>>,
    /// The command's own bytes in hex, where `data` does not give them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) origin: Option<Source>,
    pub(crate) outcome: Came,
    /// Tells this outcome from any other.
    pub(crate) digest: String,
}

/// The place in the sequence of a source.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) source: String,
    pub(crate) sequence: u64,
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Came {
    /// Accepted, with so many events.
    Accepted(u64),
    /// Refused, with this code.
    Refused(String),
    /// No plugin could answer it, for this reason.
    Dead(String),
}

/// Another plugin took over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Activated {
    pub(crate) number: u64,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Somebody gave a dead letter up.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GivenUp {
    pub(crate) number: u64,
    /// The letter, by its number.
    pub(crate) letter: u64,
    pub(crate) by: String,
    pub(crate) why: String,
}

/// What was written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) inputs: u64,
    pub(crate) events: u64,
    /// The chain over them, if they begin with the first.
    pub(crate) chain: Option<String>,
}

impl std::fmt::Display for Came {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accepted(1) => f.write_str("accepted with 1 event"),
            Self::Accepted(events) => write!(f, "accepted with {events} events"),
            Self::Refused(code) => write!(f, "refused: {code}"),
            Self::Dead(code) => write!(f, "a dead letter: {code}"),
        }
    }
}

impl Head {
    pub(crate) fn new(header: &Header, from: u64) -> Self {
        let clock = match header.clock {
            Clock::Live => Stamps::Live,
            Clock::Logical => Stamps::Logical,
        };
        let (plugin, roles) = (header.plugin.clone(), header.roles.clone());
        Self { version: VERSION, journal: hex(&header.id), plugin, roles, clock, from }
    }
}

/// What an outcome says, and its digest.
pub(crate) fn came(outcome: &[u8]) -> Result<(Came, String)> {
    let told: Outcome<'_> = decode("an outcome", outcome)?;
    let came = match told.verdict {
        Verdict::Accepted { events } => Came::Accepted(u64::try_from(events.len())?),
        Verdict::Refused(refused) => Came::Refused(refused.code.to_string()),
    };
    let mut half = [0; 16];
    blake3::Hasher::new().update(outcome).finalize_xof().fill(&mut half);
    Ok((came, hex(&half)))
}

/// Writes the inputs of records, one after the other.
pub(crate) struct Writer<'a> {
    says: &'a Description,
    translator: &'a Translator,
    from: u64,
    to: u64,
    chain: [u8; 32],
    end: End,
}

impl<'a> Writer<'a> {
    /// Of the inputs `from` to `to`.
    pub(crate) fn new(
        says: &'a Description,
        translator: &'a Translator,
        from: u64,
        to: u64,
    ) -> Self {
        Self { says, translator, from, to, chain: chain::START, end: End::default() }
    }

    /// The lines of a record.
    pub(crate) fn record(&mut self, sealed: &Sealed, text: &mut Vec<u8>) -> Result<()> {
        let record = &sealed.record;
        match Entry::decode(&record.body)? {
            Entry::Turn(turn) => self.turn(record.first_input, &turn, text)?,
            Entry::Activation(activation) => {
                self.activation(record.first_input, &activation, text)?;
            }
            Entry::Dropped(dropped) => self.dropped(record.first_input, &dropped, text)?,
        }
        let whole = self.from == 1 && record.last_input() <= self.to;
        let (from, to) = (record.first_input, record.last_input());
        ensure!(
            !whole || self.chain == record.chain,
            "the chain breaks in the inputs {from}..{to}"
        );
        Ok(())
    }

    fn turn(&mut self, first: u64, turn: &TurnRecord<'_>, text: &mut Vec<u8>) -> Result<()> {
        let origins: HashMap<u32, &OriginOf<'_>> =
            turn.origins.iter().map(|origin| (origin.input, origin)).collect();
        let all = turn.inputs.iter().zip(&turn.outcomes);
        for (place, (number, (input, outcome))) in (0_u32..).zip((first..).zip(all)) {
            if !(self.from..=self.to).contains(&number) {
                continue;
            }
            let by = turn.principals.get(usize::from(input.by)).context("it is by nobody")?;
            let (mut came, digest) = came(outcome)?;
            if let Some(dead) = turn.dead.iter().find(|dead| dead.input == place) {
                came = Came::Dead(dead.code.as_str().to_string());
            }
            if let Came::Accepted(events) = came {
                self.end.events = self.end.events.saturating_add(events);
            }
            self.chain = chain::extend_encoded(&self.chain, &encode(by)?, input, outcome);
            self.end.inputs = self.end.inputs.saturating_add(1);
            let (data, bytes) = self.command(input.kind, input.command)?;
            let command = self.says.commands.get(usize::from(input.kind));
            let origin = origins.get(&place).map(|origin| Source {
                source: origin.source.to_string(),
                sequence: origin.sequence,
            });
            let kept = Kept {
                number,
                at: input.at,
                by: by.subject.to_string(),
                scopes: by.scopes.iter().map(ToString::to_string).collect(),
                kind: input.kind,
                command: command.map(|command| command.name.clone()).unwrap_or_default(),
                data,
                bytes,
                origin,
                outcome: came,
                digest,
            };
            write(&Line::Input(Box::new(kept)), text)?;
        }
        Ok(())
    }

    /// A command as JSON; and as bytes, if the JSON does not give them again.
    fn command(&self, kind: u16, bytes: &[u8]) -> Result<(Option<Box<RawValue>>, Option<String>)> {
        let Ok(json) = self.translator.to_json(Form::Command, kind, bytes)? else {
            return Ok((None, Some(hex(bytes))));
        };
        let again = self.translator.from_json(Form::Command, kind, &json)?;
        let same = again.is_ok_and(|again| again == bytes);
        let line = String::from_utf8(one_line(&json).collect())?;
        let data = RawValue::from_string(line).context("the plugin tells a command in no JSON")?;
        Ok((Some(data), (!same).then(|| hex(bytes))))
    }

    fn activation(&self, number: u64, it: &Activation<'_>, text: &mut Vec<u8>) -> Result<()> {
        if !(self.from..=self.to).contains(&number) {
            return Ok(());
        }
        let activated = Activated { number, from: hex(&it.from), to: hex(&it.to) };
        write(&Line::Activation(activated), text)
    }

    fn dropped(&self, number: u64, it: &Dropped<'_>, text: &mut Vec<u8>) -> Result<()> {
        if !(self.from..=self.to).contains(&number) {
            return Ok(());
        }
        let (by, why) = (it.by.subject.to_string(), it.why.to_string());
        write(&Line::Dropped(GivenUp { number, letter: it.letter, by, why }), text)
    }

    /// The last line.
    pub(crate) fn end(mut self, text: &mut Vec<u8>) -> Result<()> {
        self.end.chain = (self.from == 1).then(|| hex(&self.chain));
        write(&Line::End(self.end), text)
    }
}

/// Writes a line.
pub(crate) fn write(line: &Line, text: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(&mut *text, line)?;
    text.push(b'\n');
    Ok(())
}

/// The bytes of a text in hex.
pub(crate) fn from_hex(text: &str) -> Result<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks(2) {
        let &[high, low] = pair else { bail!("`{text}` has an odd number of digits") };
        let both = digit(high).zip(digit(low));
        let (high, low) = both.with_context(|| format!("`{text}` is not in hex"))?;
        bytes.push(high << 4 | low);
    }
    Ok(bytes)
}
