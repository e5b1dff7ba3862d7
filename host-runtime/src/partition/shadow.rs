//! The shadow: the last inputs of a journal, decided anew beside it.
//!
//! Law: the state is always the one that the journal says. Whatever a body decides otherwise, or
//! fails on, is told, and the next input finds the recorded events all the same.

use std::ops::ControlFlow;

use earmark_abi::{Answer, Call, Input, Outcome, Turn, Verdict, decode, encode};

use super::body::TurnRecord;
use super::follower::{begin, digest, note_origins, snapshot, turn_of};
use super::origins::Origins;
use super::rebuild::{RebuildError, rebuild_to};
use crate::journal::{Anchor, Head, JournalReader, Sealed, SnapshotHead, SnapshotStore};
use crate::plugin::{Bodies, Body, Fault};

/// An input of the journal, decided anew.
#[derive(Debug)]
pub struct Redecided<'a> {
    /// Its place among the inputs.
    pub input: u64,
    /// The kind of command.
    pub kind: u16,
    /// The encoded [`Outcome`] in the journal.
    pub recorded: &'a [u8],
    /// The one of now, or what the body did instead.
    pub now: Result<&'a [u8], Fault>,
    /// Units of fuel, on a body that counts them.
    pub fuel: Option<u64>,
}

impl Redecided<'_> {
    /// Whether it was decided as it is recorded.
    #[must_use]
    pub fn same(&self) -> bool {
        self.now.as_ref().is_ok_and(|now| *now == self.recorded)
    }
}

/// How the last inputs are decided anew.
#[derive(Debug, Clone, Copy)]
pub struct ShadowOptions {
    /// How many inputs, from the last one back; those of the first one's record come along.
    pub last: u64,
    /// Whether a body decides that counts fuel; it is slower.
    pub metered: bool,
}

/// Where a shadow ended.
pub struct Shadowed {
    keeper: Box<dyn Body>,
    origins: Origins,
    anchor: Anchor,
}

impl std::fmt::Debug for Shadowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shadowed").field("anchor", &self.anchor).finish_non_exhaustive()
    }
}

impl Shadowed {
    /// The last record that was applied.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// The digest of the recorded state, as the plugin has it.
    ///
    /// # Errors
    /// The fault of the body.
    pub fn digest(&mut self) -> Result<[u8; 32], Fault> {
        digest(self.keeper.as_mut())
    }

    /// Saves the recorded state as a snapshot of the plugin's, so that its first start is short.
    ///
    /// # Errors
    /// The fault of the body, or [`Fault::Answer`] if the snapshot can't be saved.
    pub fn save(&mut self, store: &SnapshotStore, plugin: [u8; 32]) -> Result<(), Fault> {
        let saved = (self.origins.cursors(), snapshot(self.keeper.as_mut())?);
        let body = encode(&saved).map_err(|error| Fault::Answer(error.to_string()))?;
        let head = SnapshotHead { at: self.anchor, plugin };
        let saved = store.save(&head, &body);
        saved.map(drop).map_err(|error| Fault::Answer(format!("it can't be saved: {error}")))
    }
}

/// Decides the last inputs of a journal anew, one by one, and tells of each, until told to end.
/// Dead letters are left out: nobody decided them. `progress` hears of inputs rebuilt.
///
/// # Errors
/// [`RebuildError`]: the state before them can't be had, or the recorded events are not taken.
pub fn shadow(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    snapshots: Option<&SnapshotStore>,
    options: ShadowOptions,
    progress: &mut dyn FnMut(u64, u64),
    each: &mut dyn FnMut(&Redecided<'_>) -> ControlFlow<()>,
) -> Result<Shadowed, RebuildError> {
    let end = reader.head()?.next_input.saturating_sub(1);
    let until = end.saturating_sub(options.last);
    let rebuilt = rebuild_to(until, bodies, reader, snapshots, 1, progress)?;
    let (mut anchor, mut origins) = (rebuilt.anchor, rebuilt.origins);
    let keeper = rebuilt.bodies.into_iter().next();
    let keeper = keeper.ok_or_else(|| Fault::Trap("no body was made".to_string()))?;
    let roles = reader.header().roles.clone();
    let mut beside = Beside { bodies, metered: options.metered, roles, keeper, decider: None };
    'reading: while anchor.inputs < end {
        let records = reader.read(anchor.inputs.saturating_add(1), usize::MAX)?;
        for sealed in &records {
            if beside.record(sealed, each)?.is_break() {
                break 'reading;
            }
            note_origins(&mut origins, &sealed.record)?;
            anchor = Head::at(sealed).anchor();
        }
        if records.is_empty() {
            break;
        }
    }
    Ok(Shadowed { keeper: beside.keeper, origins, anchor })
}

/// Two bodies side by side.
struct Beside<'a> {
    bodies: &'a dyn Bodies,
    metered: bool,
    roles: Vec<String>,
    /// Applies what is recorded.
    keeper: Box<dyn Body>,
    /// Decides anew; none if it has to begin in the keeper's state.
    decider: Option<Box<dyn Body>>,
}

impl Beside<'_> {
    /// Decides on the inputs of a record.
    fn record(
        &mut self,
        sealed: &Sealed,
        each: &mut dyn FnMut(&Redecided<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, RebuildError> {
        let record = &sealed.record;
        let Some(turn) = turn_of(record)? else { return Ok(ControlFlow::Continue(())) };
        for (place, (one, recorded)) in (0_u32..).zip(turn.inputs.iter().zip(&turn.outcomes)) {
            if turn.dead.iter().any(|dead| dead.input == place) {
                continue;
            }
            let input = record.first_input.saturating_add(u64::from(place));
            let answer = self.decide(&turn, *one)?;
            let (now, fuel) = match &answer {
                (Ok(bytes), fuel) => (Ok(bytes.as_slice()), *fuel),
                (Err(fault), fuel) => (Err(fault.clone()), *fuel),
            };
            let told = Redecided { input, kind: one.kind, recorded, now, fuel };
            let same = told.same();
            if each(&told).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.keep(recorded)?;
            if !same {
                self.decider = None;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Lets the decider decide on one input: its outcome, or what it did instead; and the fuel.
    #[allow(clippy::type_complexity, reason = "a pair of two plain things")]
    fn decide(
        &mut self,
        turn: &TurnRecord<'_>,
        one: Input<'_>,
    ) -> Result<(Result<Vec<u8>, Fault>, Option<u64>), RebuildError> {
        let mut decider = match self.decider.take() {
            Some(decider) => decider,
            None => {
                let state = snapshot(self.keeper.as_mut())?;
                let make = if self.metered { Bodies::metered } else { Bodies::fast };
                let mut decider = make(self.bodies)?;
                begin(decider.as_mut(), &self.roles, Some(&state))?;
                decider
            }
        };
        let principals = turn.principals.get(usize::from(one.by)).cloned().into_iter().collect();
        let inputs = vec![Input { by: 0, ..one }];
        let call = encode(&Call::Turn(Turn { principals, inputs, chain: None }));
        let call = call.map_err(|error| Fault::Answer(error.to_string()))?;
        let outcome = outcome_of(decider.as_mut(), &call);
        let fuel = decider.fuel_taken();
        if outcome.is_ok() {
            self.decider = Some(decider);
        }
        Ok((outcome, fuel))
    }

    /// Lets the keeper take what is recorded.
    fn keep(&mut self, recorded: &[u8]) -> Result<(), RebuildError> {
        let not = |error: earmark_abi::NotDecoded| Fault::Answer(error.to_string());
        let outcome: Outcome<'_> = decode("an outcome", recorded).map_err(not)?;
        let Verdict::Accepted { events } = outcome.verdict else { return Ok(()) };
        let events = events.iter().map(|event| (event.kind, event.body)).collect();
        let call = encode(&Call::Apply { events }).map_err(not)?;
        match decode("an answer of ABI 1", self.keeper.call(&call)?).map_err(not)? {
            Answer::Done { .. } => Ok(()),
            Answer::Failed(failed) => Err(Fault::EventRefused(failed.message).into()),
            _ => Err(Fault::Answer("it answers another question".to_string()).into()),
        }
    }
}

fn outcome_of(decider: &mut dyn Body, call: &[u8]) -> Result<Vec<u8>, Fault> {
    let answer = decode("an answer of ABI 1", decider.call(call)?);
    match answer.map_err(|error| Fault::Answer(error.to_string()))? {
        Answer::Turned(turned) => match turned.outcomes.as_slice() {
            [one] => Ok(one.to_vec()),
            other => Err(Fault::Answer(format!("it has {} outcomes for 1 input", other.len()))),
        },
        Answer::Failed(failed) => Err(Fault::Answer(failed.message)),
        _ => Err(Fault::Answer("it is not the outcome of a turn".to_string())),
    }
}
