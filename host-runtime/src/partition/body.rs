//! What a journal record holds: one turn, as it was decided.
//!
//! Law: inputs, outcomes and cursors of a turn are in one record, so they are durable together or
//! not at all. The form is postcard, under the schema version of the plugin that is written in it.

use earmark_abi::{Input, Principal};
use serde::{Deserialize, Serialize};

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
    /// The inputs (by place in the turn) that no plugin could answer; their outcome is the host's.
    pub dead: Vec<u32>,
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
}
