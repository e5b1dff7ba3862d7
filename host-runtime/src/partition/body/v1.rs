//! Version 1 of a turn's record: no digest of a command, no trace, and no code of a dead letter.
//!
//! Law: frozen. What it lacks is made from what it has, or said to be unknown; nothing is guessed.

use earmark_abi::{Input, NotDecoded, Outcome, Principal, Verdict};
use serde::Deserialize;

use super::{Dead, DeadCode, WHAT, command_digest};

#[derive(Deserialize)]
struct TurnRecord<'a> {
    plugin: [u8; 32],
    schema: u32,
    recorded_at: u64,
    #[serde(borrow)]
    principals: Vec<Principal<'a>>,
    #[serde(borrow)]
    inputs: Vec<Input<'a>>,
    #[serde(borrow)]
    outcomes: Vec<&'a [u8]>,
    #[serde(borrow)]
    origins: Vec<OriginOf<'a>>,
    dead: Vec<u32>,
}

#[derive(Deserialize)]
struct OriginOf<'a> {
    input: u32,
    source: &'a str,
    sequence: u64,
}

/// Reads a turn of version 1 as one of now.
pub(super) fn decode(bytes: &[u8]) -> Result<super::TurnRecord<'_>, NotDecoded> {
    let turn: TurnRecord<'_> = earmark_abi::decode(WHAT, bytes)?;
    let TurnRecord { plugin, schema, recorded_at, principals, inputs, outcomes, .. } = turn;
    let mut origins = Vec::with_capacity(turn.origins.len());
    for OriginOf { input, source, sequence } in turn.origins {
        let asked = at(&inputs, input)?;
        let command = command_digest(asked.kind, asked.command);
        origins.push(super::OriginOf { input, source, sequence, command });
    }
    let mut dead = Vec::with_capacity(turn.dead.len());
    for input in turn.dead {
        let outcome: Outcome<'_> = earmark_abi::decode("an outcome", at(&outcomes, input)?)?;
        let words = match outcome.verdict {
            Verdict::Refused(refused) => refused.message,
            Verdict::Accepted { .. } => "",
        };
        dead.push(Dead { input, code: DeadCode::Unrecorded, words });
    }
    let traces = Vec::new();
    Ok(super::TurnRecord {
        plugin,
        schema,
        recorded_at,
        principals,
        inputs,
        outcomes,
        origins,
        traces,
        dead,
    })
}

/// What stands at an input's place in a list of the turn.
fn at<T: Copy>(list: &[T], input: u32) -> Result<T, NotDecoded> {
    let place = usize::try_from(input).unwrap_or(usize::MAX);
    list.get(place).copied().ok_or_else(|| {
        let because = format!("it names input {input}, and has {}", list.len());
        NotDecoded { what: WHAT, because }
    })
}
