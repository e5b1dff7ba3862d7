//! Dead letters: inputs that no plugin could answer, and what became of each since.
//!
//! Law: the journal is the truth. A list is read out of it and can be thrown away; what somebody
//! does with a letter is an entry of the journal, too: a retry an input of its own, carried out
//! once, and giving one up a deed with a reason.

use std::collections::BTreeMap;

use earmark_abi::{Outcome, Verdict, decode};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::body::{DeadCode, Dropped, Entry, TurnRecord};
use super::submission::{Caller, Origin};
use crate::journal::{JournalError, JournalReader, Place, Sealed};

/// What the name of a source begins with whose inputs are retries of a letter.
const RETRY: &str = "dead-letter:";

/// Letters listed at the most, so that a list never grows with the journal; beyond it the oldest
/// that are settled are left out, and then the oldest.
const LISTED: usize = 65_536;

/// An input that no plugin could answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its place among the inputs of the journal: its name.
    pub input: u64,
    /// The moment stamped on it.
    pub at: u64,
    /// The kind of command.
    pub kind: u16,
    /// Whoever asked.
    pub subject: String,
    /// What the plugin did, the last time.
    #[serde(serialize_with = "by_name")]
    pub code: DeadCode,
    /// The same, in words.
    pub words: String,
    /// How often it was tried again.
    pub retries: u64,
    /// What became of it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "camelCase")]
pub enum Standing {
    /// Nothing yet.
    Open,
    /// It was tried again, and the plugin answered.
    Answered {
        /// The input that was the retry.
        #[serde(rename = "answeredAs")]
        input: u64,
        /// The code of the refusal, if it was refused.
        refused: Option<String>,
    },
    /// Somebody gave it up.
    Dropped {
        /// The entry that says so, by its place among the inputs.
        #[serde(rename = "droppedAs")]
        input: u64,
        /// Who.
        #[serde(rename = "droppedBy")]
        by: String,
        /// Why.
        why: String,
    },
}

impl DeadLetter {
    /// Whether something is still to be done about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.standing == Standing::Open
    }
}

/// The letters of a journal, as far as it was read.
#[derive(Debug, Clone, Default)]
pub struct DeadLetters {
    letters: BTreeMap<u64, DeadLetter>,
    /// Inputs read so far.
    read: u64,
    /// How many were left out of the list for its bound.
    left_out: u64,
}

impl DeadLetters {
    /// Reads on to the journal's end; `progress` hears of inputs read, and of how many there are.
    ///
    /// # Errors
    /// [`JournalError`]; what was read until then stays.
    pub fn read_on(
        &mut self,
        reader: &mut dyn JournalReader,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), JournalError> {
        let end = reader.head()?.next_input.saturating_sub(1);
        // What was taken out of the journal, its letters too, is in its archive.
        self.read = self.read.max(reader.base().anchor().inputs);
        while self.read < end {
            let records = reader.read(self.read.saturating_add(1), usize::MAX)?;
            if records.is_empty() {
                break;
            }
            for sealed in &records {
                self.note(sealed)?;
                self.read = sealed.record.last_input();
            }
            progress(self.read, end);
        }
        Ok(())
    }

    /// All letters, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &DeadLetter> {
        self.letters.values()
    }

    /// One letter, by its place among the inputs.
    #[must_use]
    pub fn get(&self, input: u64) -> Option<&DeadLetter> {
        self.letters.get(&input)
    }

    /// How many more there were than can be listed.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn note(&mut self, sealed: &Sealed) -> Result<(), JournalError> {
        let record = &sealed.record;
        let entry = Entry::decode(&record.body).map_err(|e| damaged(sealed, e.to_string()))?;
        match entry {
            Entry::Turn(turn) => self.note_turn(record.first_input, &turn, sealed),
            Entry::Dropped(dropped) => {
                self.note_dropped(record.first_input, &dropped);
                Ok(())
            }
            Entry::Activation(_) => Ok(()),
        }
    }

    fn note_turn(
        &mut self,
        first: u64,
        turn: &TurnRecord<'_>,
        sealed: &Sealed,
    ) -> Result<(), JournalError> {
        let retries = turn.origins.iter().filter_map(|of| Some((of.input, letter_of(of.source)?)));
        let retries: BTreeMap<u32, u64> = retries.collect();
        for (place, letter) in &retries {
            let at = usize::try_from(*place).unwrap_or(usize::MAX);
            let died = turn.dead.iter().find(|dead| dead.input == *place);
            let Some(letter) = self.letters.get_mut(letter) else { continue };
            letter.retries = letter.retries.saturating_add(1);
            if let Some(dead) = died {
                (letter.code, letter.words) = (dead.code, dead.words.to_string());
            } else if let Some(bytes) = turn.outcomes.get(at) {
                let outcome: Outcome<'_> =
                    decode("an outcome", bytes).map_err(|e| damaged(sealed, e.to_string()))?;
                let refused = match outcome.verdict {
                    Verdict::Refused(refused) => Some(refused.code.to_string()),
                    Verdict::Accepted { .. } => None,
                };
                let input = first.saturating_add(u64::from(*place));
                letter.standing = Standing::Answered { input, refused };
            }
        }
        for dead in turn.dead.iter().filter(|dead| !retries.contains_key(&dead.input)) {
            let at = usize::try_from(dead.input).unwrap_or(usize::MAX);
            let Some(input) = turn.inputs.get(at) else {
                let why = format!("it names input {at}, and has {}", turn.inputs.len());
                return Err(damaged(sealed, why));
            };
            let by = turn.principals.get(usize::from(input.by)).map_or("", |by| by.subject);
            self.list(DeadLetter {
                input: first.saturating_add(u64::from(dead.input)),
                at: input.at,
                kind: input.kind,
                subject: by.to_string(),
                code: dead.code,
                words: dead.words.to_string(),
                retries: 0,
                standing: Standing::Open,
            });
        }
        Ok(())
    }

    fn note_dropped(&mut self, input: u64, dropped: &Dropped<'_>) {
        if let Some(letter) = self.letters.get_mut(&dropped.letter) {
            let (by, why) = (dropped.by.subject.to_string(), dropped.why.to_string());
            letter.standing = Standing::Dropped { input, by, why };
        }
    }

    fn list(&mut self, letter: DeadLetter) {
        self.letters.insert(letter.input, letter);
        if self.letters.len() > LISTED {
            let settled = self.letters.values().find(|letter| !letter.is_open());
            let oldest = settled.or(self.letters.values().next()).map(|letter| letter.input);
            self.letters.remove(&oldest.unwrap_or_default());
            self.left_out = self.left_out.saturating_add(1);
        }
    }
}

/// What was asked, of one dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The command, in the plugin's own form.
    pub command: Vec<u8>,
    /// Whoever asked.
    pub by: Caller,
    /// The source it came from, if it had one.
    pub origin: Option<(String, u64)>,
}

/// Reads what was asked, out of the journal.
///
/// # Errors
/// [`JournalError`]; none is there if that place has no input.
pub fn asked(reader: &mut dyn JournalReader, input: u64) -> Result<Option<Asked>, JournalError> {
    let found = reader.read(input, 1)?;
    let Some(sealed) = found.first() else { return Ok(None) };
    let entry = Entry::decode(&sealed.record.body);
    let turn = entry.map_err(|e| damaged(sealed, e.to_string()))?.turn();
    let Some(turn) = turn else { return Ok(None) };
    let place = input.saturating_sub(sealed.record.first_input);
    let at = usize::try_from(place).unwrap_or(usize::MAX);
    let Some(one) = turn.inputs.get(at) else { return Ok(None) };
    let by = turn.principals.get(usize::from(one.by));
    let by = by.ok_or_else(|| damaged(sealed, format!("input {input} is nobody's")))?;
    let origin = turn.origins.iter().find(|of| u64::from(of.input) == place);
    Ok(Some(Asked {
        command: one.command.to_vec(),
        by: Caller {
            subject: by.subject.to_string(),
            scopes: by.scopes.iter().map(ToString::to_string).collect(),
        },
        origin: origin.map(|of| (of.source.to_string(), of.sequence)),
    }))
}

/// What was asked, for people to read.
#[derive(Debug, Serialize)]
pub struct Question<'a> {
    /// What whoever asked may do.
    pub scopes: &'a [String],
    /// The source it came from, if it had one.
    pub source: Option<&'a str>,
    /// Its place in the source's own sequence.
    pub sequence: Option<u64>,
    /// Bytes of the command.
    pub bytes: usize,
    /// The command as JSON; none if the plugin can't even read it.
    pub data: Option<Box<RawValue>>,
    /// Why not, then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

impl<'a> Question<'a> {
    /// What was asked, and its JSON by the plugin, or why there is none.
    #[must_use]
    pub fn of(asked: &'a Asked, json: Result<Vec<u8>, String>) -> Self {
        let json = json.and_then(|text| {
            let text = String::from_utf8(text).map_err(|error| error.to_string())?;
            RawValue::from_string(text).map_err(|error| error.to_string())
        });
        let (data, unreadable) = match json {
            Ok(data) => (Some(data), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            scopes: &asked.by.scopes,
            source: asked.origin.as_ref().map(|(source, _)| source.as_str()),
            sequence: asked.origin.as_ref().map(|(_, sequence)| *sequence),
            bytes: asked.command.len(),
            data,
            unreadable,
        }
    }
}

fn by_name<S: Serializer>(code: &DeadCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// The place of a retry in its letter's own sequence: two that are asked for at once are one.
pub(super) fn retry_of(letter: &DeadLetter) -> Origin {
    let source = format!("{RETRY}{}", letter.input).into();
    Origin { source, sequence: letter.retries.saturating_add(1) }
}

fn letter_of(source: &str) -> Option<u64> {
    source.strip_prefix(RETRY)?.parse().ok()
}

/// A record whose contents do not hold.
pub(super) fn damaged(sealed: &Sealed, why: String) -> JournalError {
    let (number, record) = (sealed.number, &sealed.record);
    let (first_input, last_input) = (record.first_input, Some(record.last_input()));
    let place = Place::Record { number, first_input, last_input };
    JournalError::Damaged { place, source: why.into() }
}
