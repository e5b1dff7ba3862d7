//! What a journal record holds: one turn, as it was decided, or another deed of the host's.
//!
//! Law: inputs, outcomes and cursors of a turn are in one record, so they are durable together or
//! not at all. A version that was written is read for ever.
//!
//! ```text
//! version 2   "EMBD", the byte 2, postcard of `Entry`
//! version 1   postcard of `v1::TurnRecord`, which begins with the 32 bytes of a digest
//! ```
//!
//! Version 1 has no byte of its own to tell it by, and a digest may begin with any byte: hence the
//! four before the version. A plugin whose digest begins with all five is one in 2^40.

mod dead;
mod v1;

use earmark_abi::{Input, NotDecoded, Principal, decode, encode_into};
use serde::{Deserialize, Serialize};

pub use dead::{Dead, DeadCode};

const MARK: [u8; 4] = *b"EMBD";
const VERSION: u8 = 2;
const WHAT: &str = "the body of a record";

/// What one record holds. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry<'a> {
    /// A turn.
    Turn(#[serde(borrow)] TurnRecord<'a>),
    /// Another plugin takes over. It has one place among the inputs, no event, and leaves the
    /// chain as it is: the chain is the same whoever decided.
    Activation(#[serde(borrow)] Activation<'a>),
    /// Somebody gives a dead letter up. As with an activation, it has one place among the inputs,
    /// no event, and leaves the chain as it is.
    Dropped(#[serde(borrow)] Dropped<'a>),
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnRecord<'a> {
    /// The digest of the plugin that decided.
    pub plugin: [u8; 32],
    /// The version of its schemas.
    pub schema: u32,
    /// When it was recorded, milliseconds since the epoch, by the clock of the machine. Not part of
    /// the chain.
    pub recorded_at: u64,
    /// Whoever asked; inputs name them by index.
    #[serde(borrow)]
    pub principals: Vec<Principal<'a>>,
    /// What was asked, in order.
    #[serde(borrow)]
    pub inputs: Vec<Input<'a>>,
    /// One encoded outcome an input.
    #[serde(borrow, serialize_with = "earmark_abi::raw::each")]
    pub outcomes: Vec<&'a [u8]>,
    /// The sources of the inputs that have one.
    #[serde(borrow)]
    pub origins: Vec<OriginOf<'a>>,
    /// The traces of the inputs that came with one.
    #[serde(borrow)]
    pub traces: Vec<TraceOf<'a>>,
    /// The inputs that no plugin could answer, and why; their outcome is the host's.
    #[serde(borrow)]
    pub dead: Vec<Dead<'a>>,
}

/// The source of an input: what makes it exactly-once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginOf<'a> {
    /// The input, by its place in the turn.
    pub input: u32,
    /// The source: a client, or another journal.
    pub source: &'a str,
    /// Its place in the source's own sequence.
    pub sequence: u64,
    /// What was asked, as [`command_digest`] has it: the same place with another one is a conflict.
    pub command: [u8; 16],
}

/// The trace that an input is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOf<'a> {
    /// The input, by its place in the turn.
    pub input: u32,
    /// As in W3C Trace Context.
    pub traceparent: &'a str,
}

/// Another plugin takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation<'a> {
    /// The digest of the plugin so far.
    pub from: [u8; 32],
    /// The digest of the one from here on.
    pub to: [u8; 32],
    /// The version of its schemas.
    pub schema: u32,
    /// When it was recorded, as in a turn.
    pub recorded_at: u64,
    /// Whoever wanted it.
    #[serde(borrow)]
    pub by: Principal<'a>,
    /// Whether it was activated although more decisions differ than may.
    pub overridden: bool,
}

/// Somebody gives a dead letter up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped<'a> {
    /// The letter, by its place among the inputs of the journal.
    pub letter: u64,
    /// When it was recorded, as in a turn.
    pub recorded_at: u64,
    /// Who.
    #[serde(borrow)]
    pub by: Principal<'a>,
    /// Why, in his own words.
    pub why: &'a str,
}

impl<'a> Entry<'a> {
    /// Reads the body of a record, of any version that ever was written.
    ///
    /// # Errors
    /// [`NotDecoded`]: of an unknown version, or not of the form of its own.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, NotDecoded> {
        match bytes.strip_prefix(&MARK).and_then(<[u8]>::split_first) {
            None => v1::decode(bytes).map(Entry::Turn),
            Some((&VERSION, entry)) => decode(WHAT, entry),
            Some((version, _)) => {
                let because = format!("version {version} is unknown, 1 and {VERSION} are known");
                Err(NotDecoded { what: WHAT, because })
            }
        }
    }

    /// Writes it as the body of a record, in the version of now.
    ///
    /// # Errors
    /// [`NotDecoded`] if it can't be written, which none brings about.
    pub fn encode(&self) -> Result<Vec<u8>, NotDecoded> {
        let mut bytes = Vec::with_capacity(MARK.len().saturating_add(1));
        bytes.extend_from_slice(&MARK);
        bytes.push(VERSION);
        encode_into(self, &mut bytes)?;
        Ok(bytes)
    }

    /// The turn, if it is one.
    #[must_use]
    pub fn turn(self) -> Option<TurnRecord<'a>> {
        match self {
            Self::Turn(turn) => Some(turn),
            Self::Activation(_) | Self::Dropped(_) => None,
        }
    }
}

/// What tells two commands of one place in a sequence apart: half of a BLAKE3 over kind and bytes.
#[must_use]
pub fn command_digest(kind: u16, command: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&kind.to_le_bytes());
    hasher.update(command);
    let mut half = [0; 16];
    hasher.finalize_xof().fill(&mut half);
    half
}
