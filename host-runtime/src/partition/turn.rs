//! The turn: from a batch of inputs to a record, as a plan without side effects.
//!
//! Law: what a plan says of the journal (numbers, chain, cursors) follows from the plan before it
//! and the plugin's answer alone.

use std::collections::HashMap;
use std::sync::Arc;

use earmark_abi::{
    Answer, Call, FailureKind, Input, Outcome, Principal, Refused, Turn, Verdict, chain, decode,
    encode,
};

use super::Position;
use super::body::{Dead, DeadCode, Entry, OriginOf, TraceOf, TurnRecord, command_digest};
use super::submission::{Caller, Origin, Submission};
use crate::journal::Record;
use crate::plugin::{Body, Fault};

/// An input with its moment: what a turn is made of.
pub(super) struct Stamped {
    pub(super) at: u64,
    pub(super) kind: u16,
    pub(super) command: Vec<u8>,
    pub(super) by: Arc<Caller>,
    /// Its place in the sequence of a source, and the digest that tells it from others there.
    pub(super) origin: Option<(Origin, [u8; 16])>,
    pub(super) trace: Option<Arc<str>>,
}

impl Stamped {
    pub(super) fn of(submission: &mut Submission, at: u64, digest: Option<[u8; 16]>) -> Self {
        Self {
            at,
            kind: submission.kind,
            command: std::mem::take(&mut submission.command),
            by: Arc::clone(&submission.by),
            origin: submission.origin.clone().zip(digest),
            trace: submission.trace.take(),
        }
    }
}

/// The digest of a command that has a place in a sequence; others need none.
pub(super) fn digest_of(submission: &Submission) -> Option<[u8; 16]> {
    let Submission { kind, command, origin, .. } = submission;
    origin.as_ref().map(|_| command_digest(*kind, command))
}

/// An encoded outcome, and how many events it has.
pub(super) type EncodedOutcome = (Arc<[u8]>, u32);

/// What the plugin made of a batch.
pub(super) struct Decided {
    /// One outcome an input.
    pub(super) outcomes: Vec<EncodedOutcome>,
    pub(super) next_deadline: Option<u64>,
}

/// The principals of a batch, each once, and each input's place among them.
struct Cast<'a> {
    principals: Vec<Principal<'a>>,
    inputs: Vec<Input<'a>>,
}

fn cast(batch: &[Stamped]) -> Cast<'_> {
    let mut known: HashMap<&Caller, u16> = HashMap::new();
    let mut principals = Vec::new();
    let mut inputs = Vec::with_capacity(batch.len());
    for one in batch {
        let by = *known.entry(&one.by).or_insert_with(|| {
            principals.push(principal(&one.by));
            // A turn has fewer inputs than a place has values: see `TURN_INPUTS_MAX`.
            u16::try_from(principals.len().saturating_sub(1)).unwrap_or(u16::MAX)
        });
        inputs.push(Input { at: one.at, by, kind: one.kind, command: &one.command });
    }
    Cast { principals, inputs }
}

/// A caller as the plugin hears of him.
pub(super) fn principal(caller: &Caller) -> Principal<'_> {
    let scopes = caller.scopes.iter().map(String::as_str).collect();
    Principal { subject: &caller.subject, scopes }
}

/// Lets a body decide on a batch; it has so many kinds of events.
pub(super) fn decide(
    body: &mut dyn Body,
    batch: &[Stamped],
    kinds: usize,
) -> Result<Decided, Fault> {
    let not = |error: earmark_abi::NotDecoded| Fault::Answer(error.to_string());
    let Cast { principals, inputs } = cast(batch);
    let call = encode(&Call::Turn(Turn { principals, inputs, chain: None })).map_err(not)?;
    let turned = match decode("an answer of ABI 1", body.call(&call)?).map_err(not)? {
        Answer::Turned(turned) => turned,
        Answer::Failed(failed) if failed.kind == FailureKind::Broken => {
            return Err(Fault::Broken(failed.message));
        }
        Answer::Failed(failed) => return Err(Fault::Answer(failed.message)),
        _ => return Err(Fault::Answer("it is not the outcome of a turn".to_string())),
    };
    if turned.outcomes.len() != batch.len() {
        let (given, asked) = (turned.outcomes.len(), batch.len());
        return Err(Fault::Answer(format!("it has {given} outcomes for {asked} inputs")));
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    for bytes in &turned.outcomes {
        let outcome: Outcome<'_> = decode("an outcome", bytes).map_err(not)?;
        let events = match outcome.verdict {
            Verdict::Accepted { events } => {
                if let Some(event) = events.iter().find(|event| usize::from(event.kind) >= kinds) {
                    return Err(Fault::EventUnknown(event.kind));
                }
                events.len()
            }
            Verdict::Refused(_) => 0,
        };
        outcomes.push((Arc::from(*bytes), u32::try_from(events).unwrap_or(u32::MAX)));
    }
    Ok(Decided { outcomes, next_deadline: turned.next_deadline })
}

/// Whether an outcome is a refusal. One with events is none, and of others little is to be read.
pub(super) fn is_refused((outcome, events): &EncodedOutcome) -> bool {
    let refused = |outcome: Outcome<'_>| matches!(outcome.verdict, Verdict::Refused(_));
    *events == 0 && decode("an outcome", outcome).is_ok_and(refused)
}

/// The host's own outcome for an input that no plugin could answer.
pub(super) fn dead(verdict: &Fault) -> Result<Decided, Fault> {
    let message = format!("the plugin could not answer this input: {verdict}");
    let refused = Refused { code: "dead-letter", message: &message, body: &[] };
    let outcome = Outcome { subject: "", owner: "", verdict: Verdict::Refused(refused) };
    let bytes = encode(&outcome).map_err(|error| Fault::Answer(error.to_string()))?;
    Ok(Decided { outcomes: vec![(Arc::from(bytes), 0)], next_deadline: None })
}

fn origin_of((input, one): (u32, &Stamped)) -> Option<OriginOf<'_>> {
    let (Origin { source, sequence }, command) = one.origin.as_ref()?;
    Some(OriginOf { input, source, sequence: *sequence, command: *command })
}

fn trace_of((input, one): (u32, &Stamped)) -> Option<TraceOf<'_>> {
    Some(TraceOf { input, traceparent: one.trace.as_deref()? })
}

/// The record of a turn, and where the journal stands after it. With a verdict, the turn is one
/// dead letter.
pub(super) fn record(
    plugin: ([u8; 32], u32),
    before: Position,
    batch: &[Stamped],
    decided: &Decided,
    verdict: Option<&Fault>,
) -> Result<(Record, Position), Fault> {
    let not = |error: earmark_abi::NotDecoded| Fault::Answer(error.to_string());
    let Cast { principals, inputs } = cast(batch);
    let encoded: Result<Vec<Vec<u8>>, _> = principals.iter().map(encode).collect();
    let encoded = encoded.map_err(not)?;
    let mut after = before;
    for (input, (outcome, events)) in inputs.iter().zip(&decided.outcomes) {
        let by = encoded.get(usize::from(input.by)).map(Vec::as_slice).unwrap_or_default();
        after.chain = chain::extend_encoded(&after.chain, by, input, outcome);
        after.events = after.events.saturating_add(u64::from(*events));
    }
    let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
    after.inputs = after.inputs.saturating_add(u64::from(count));
    let words = verdict.map(Fault::to_string).unwrap_or_default();
    let dead = verdict.map(|fault| Dead { input: 0, code: DeadCode::from(fault), words: &words });
    let body = TurnRecord {
        plugin: plugin.0,
        schema: plugin.1,
        recorded_at: super::leader::clock(),
        principals,
        inputs,
        outcomes: decided.outcomes.iter().map(|(outcome, _)| &**outcome).collect(),
        origins: (0..).zip(batch).filter_map(origin_of).collect(),
        traces: (0..).zip(batch).filter_map(trace_of).collect(),
        dead: dead.into_iter().collect(),
    };
    let record = Record {
        first_input: before.inputs.saturating_add(1),
        inputs: count,
        first_event: before.events.saturating_add(1),
        events: u32::try_from(after.events.saturating_sub(before.events)).unwrap_or(u32::MAX),
        chain: after.chain,
        body: Entry::Turn(body).encode().map_err(not)?,
    };
    Ok((record, after))
}
