//! The follower: a second body that applies what is durable, one step behind.
//!
//! Law: it sees only durable records, so whatever is read from it will still be so after a crash.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Instant;

use earmark_abi::{Answer, Audited, Call, FailureKind, Outcome, Verdict, decode, encode};

use super::bars::{Bars, Question};
use super::body::{Entry, TurnRecord};
use super::meters::Meters;
use super::origins::Origins;
use super::rebuild::{RebuildError, Rebuilt};
use super::saver::{Made, NotSaved, Saved, Saver};
use super::submission::{Caller, Origin, Receipt};
use super::turn::principal;
use super::{Answered, Position};
use crate::chain_of;
use crate::journal::{Anchor, Record, SnapshotHead};
use crate::plugin::{Body, Fault};

/// Inputs that a rebuild may replay before it is worth a snapshot, so that the next one is short.
const LONG_REPLAY: u64 = 50_000;

/// What is asked of the follower.
pub(super) enum Ask {
    Apply {
        record: Arc<Record>,
        anchor: Anchor,
    },
    Query {
        by: Caller,
        kind: u16,
        body: Vec<u8>,
        reply: SyncSender<Result<Answered, Fault>>,
    },
    Slice {
        by: Caller,
        body: Vec<u8>,
        reply: SyncSender<Result<Answered, Fault>>,
    },
    Audit {
        reply: SyncSender<Result<Audited, Fault>>,
    },
    Digest {
        reply: SyncSender<Result<([u8; 32], Position), Fault>>,
    },
    /// The plugin's own snapshot, for a leader that lost its body.
    Snapshot {
        reply: SyncSender<Result<Vec<u8>, Fault>>,
    },
    /// A snapshot on the disk; answered when it is there.
    Save {
        reply: Saved,
    },
    Cursor {
        source: String,
        reply: SyncSender<u64>,
    },
    Sources {
        prefix: String,
        reply: SyncSender<Vec<(String, u64)>>,
    },
    Close,
}

/// Where snapshots go, and how often.
pub(super) struct Snapshots {
    pub(super) saver: Saver,
    pub(super) every_inputs: u64,
    pub(super) plugin: [u8; 32],
}

/// The state of a follower.
pub(super) struct Follower {
    pub(super) body: Box<dyn Body>,
    pub(super) origins: Origins,
    /// Where it stands.
    pub(super) anchor: Anchor,
    pub(super) snapshots: Option<Snapshots>,
    pub(super) saved_at: u64,
    /// Whether a snapshot is due with the next record.
    pub(super) save_soon: bool,
    pub(super) bars: Bars,
    pub(super) meters: Arc<Meters>,
    /// Makes a new body from what is durable.
    pub(super) renew: Renew,
}

/// Makes a new body, and says where it stands.
pub(super) type Renew = Box<dyn FnMut() -> Result<Rebuilt, RebuildError> + Send>;

impl Follower {
    /// Works until told to close.
    pub(super) fn run(mut self, asks: &Receiver<Ask>) {
        let mut lost: Option<Fault> = None;
        while let Ok(ask) = asks.recv() {
            let failed = match ask {
                Ask::Close => break,
                Ask::Apply { .. } if lost.is_some() => None,
                // A body that was renewed has it already.
                Ask::Apply { anchor, .. } if anchor.inputs <= self.anchor.inputs => {
                    self.save_if_due().err()
                }
                Ask::Apply { record, anchor } => self.follow(&record, anchor).err(),
                Ask::Cursor { source, reply } => {
                    // Whoever asked may have gone away.
                    let _ = reply.send(self.origins.last(&source));
                    None
                }
                Ask::Sources { prefix, reply } => {
                    let mut all = self.origins.cursors();
                    all.retain(|(name, _)| name.starts_with(&prefix));
                    let _ = reply.send(all);
                    None
                }
                other => self.answer(other, lost.as_ref()),
            };
            if let Some(fault) = failed.filter(|_| lost.is_none()) {
                lost = self.replace(&fault).err();
            }
        }
    }

    /// A new body in the state of all that is durable: one that failed is of no use any more.
    fn replace(&mut self, fault: &Fault) -> Result<(), Fault> {
        tracing::warn!(%fault, "the follower's body failed; it is made anew");
        let renewed = (self.renew)().map_err(|error| {
            let why = chain_of(&error);
            tracing::error!(why, "the follower can't be brought back");
            Fault::Broken(why)
        })?;
        self.meters.follower_bodies.add(1);
        let Some(body) = renewed.bodies.into_iter().next() else {
            return Err(Fault::Broken("no body was made".to_string()));
        };
        (self.body, self.origins, self.anchor) = (body, renewed.origins, renewed.anchor);
        let replayed = self.anchor.inputs.saturating_sub(renewed.from_snapshot.unwrap_or(0));
        self.save_soon = replayed > LONG_REPLAY;
        self.meters.followed.set(self.anchor.inputs);
        Ok(())
    }

    /// Answers; and tells the fault, if the body failed on it.
    fn answer(&mut self, ask: Ask, lost: Option<&Fault>) -> Option<Fault> {
        let holds = lost.cloned().map_or(Ok(()), Err);
        match ask {
            Ask::Query { by, kind, body, reply } => {
                let call = Call::Query { by: principal(&by), kind, body: &body };
                self.asked(&by.subject, Some(kind), &call, lost, &reply)
            }
            Ask::Slice { by, body, reply } => {
                let call = Call::Slice { by: principal(&by), body: &body };
                self.asked(&by.subject, None, &call, lost, &reply)
            }
            Ask::Audit { reply } => tell(&reply, holds.and_then(|()| audit(self.body.as_mut()))),
            Ask::Digest { reply } => {
                let digest = holds.and_then(|()| digest(self.body.as_mut()));
                tell(&reply, digest.map(|digest| (digest, position(&self.anchor))))
            }
            Ask::Snapshot { reply } => {
                tell(&reply, holds.and_then(|()| snapshot(self.body.as_mut())))
            }
            Ask::Save { reply } => {
                let saved = holds.and_then(|()| self.save(Some(reply.clone())));
                // Who is not told by the saver is told here.
                let told = saved.clone().map_err(NotSaved::from);
                if told.is_err() || self.snapshots.is_none() {
                    drop(reply.send(told));
                }
                saved.err()
            }
            Ask::Apply { .. } | Ask::Cursor { .. } | Ask::Sources { .. } | Ask::Close => None,
        }
    }

    /// Answers a question that anybody may ask; the fault, if the body is of no use after it.
    fn asked(
        &mut self,
        asker: &str,
        question: Question,
        call: &Call<'_>,
        lost: Option<&Fault>,
        reply: &SyncSender<Result<Answered, Fault>>,
    ) -> Option<Fault> {
        let now = Instant::now();
        let barred = self.bars.holds(asker, question, now).map(Fault::Barred);
        if let Some(why) = lost.cloned().or(barred) {
            if matches!(why, Fault::Barred(_)) {
                self.meters.questions_barred.add(1);
            }
            tell(reply, Err(why));
            return None;
        }
        let answer = self.read(call);
        match tell(reply, answer)? {
            // It came back from the call: only what it said is of no use.
            Fault::Answer(_) | Fault::TooLarge { .. } => None,
            fault => {
                self.bars.failed(asker, question, now);
                self.meters.questions_failed.add(1);
                Some(fault)
            }
        }
    }

    fn follow(&mut self, record: &Record, anchor: Anchor) -> Result<(), Fault> {
        let began = Instant::now();
        apply(self.body.as_mut(), &[record])?;
        self.meters.apply.took(began.elapsed());
        note_origins(&mut self.origins, record)?;
        self.anchor = anchor;
        self.meters.followed.set(anchor.inputs);
        self.save_if_due()
    }

    fn save_if_due(&mut self) -> Result<(), Fault> {
        let since = self.anchor.inputs.saturating_sub(self.saved_at);
        let is_due = |s: &Snapshots| self.save_soon || since >= s.every_inputs;
        // One that is due while another is written waits for a later record.
        let may = |s: &Snapshots| is_due(s) && s.saver.is_idle();
        if self.snapshots.as_ref().is_some_and(may) { self.save(None) } else { Ok(()) }
    }

    /// Makes a snapshot, and hands it over to be saved.
    fn save(&mut self, reply: Option<Saved>) -> Result<(), Fault> {
        // Once: a plugin that can't make one is asked no sooner than it would have been.
        self.save_soon = false;
        let Some(snapshots) = &self.snapshots else { return Ok(()) };
        let began = Instant::now();
        let state = snapshot(self.body.as_mut())?;
        let head = SnapshotHead { at: self.anchor, plugin: snapshots.plugin };
        let cursors = self.origins.cursors();
        snapshots.saver.save(Made { head, cursors, state, began, reply });
        self.meters.snapshot_pauses.took(began.elapsed());
        self.saved_at = self.anchor.inputs;
        Ok(())
    }

    fn read(&mut self, call: &Call<'_>) -> Result<Answered, Fault> {
        let bytes = encode(call).map_err(|error| Fault::Answer(error.to_string()))?;
        let answer = match read_answer(self.body.call(&bytes)?)? {
            Answer::Bytes(bytes) => Ok(bytes.to_vec()),
            Answer::Refused(refused) => {
                Err((refused.code.to_string(), refused.message.to_string(), refused.body.to_vec()))
            }
            Answer::Failed(failed) if failed.kind != FailureKind::Broken => {
                Err(("malformed".to_string(), failed.message, Vec::new()))
            }
            other => return Err(unexpected(&other)),
        };
        Ok(Answered { answer, position: position(&self.anchor) })
    }
}

/// Tells whoever asked; and gives back the fault, if it was one.
fn tell<T>(reply: &SyncSender<Result<T, Fault>>, answer: Result<T, Fault>) -> Option<Fault> {
    let fault = answer.as_ref().err().cloned();
    // Whoever asked may have gone away.
    drop(reply.send(answer));
    fault
}

/// The laws over a body's state.
pub(super) fn audit(body: &mut dyn Body) -> Result<Audited, Fault> {
    let call = encode(&Call::Audit).map_err(|error| Fault::Answer(error.to_string()))?;
    match read_answer(body.call(&call)?)? {
        Answer::Audited(audited) => Ok(audited),
        other => Err(unexpected(&other)),
    }
}

/// A position as those outside know it.
pub(super) fn position(anchor: &Anchor) -> Position {
    Position { inputs: anchor.inputs, events: anchor.events, chain: anchor.chain }
}

/// Applies the events of records to a body, in one call.
pub(super) fn apply(body: &mut dyn Body, records: &[&Record]) -> Result<Option<u64>, Fault> {
    let mut events = Vec::new();
    for record in records {
        let Some(turn) = turn_of(record)? else { continue };
        for outcome in &turn.outcomes {
            let outcome: Outcome<'_> =
                decode("an outcome", outcome).map_err(|e| Fault::Answer(e.to_string()))?;
            if let Verdict::Accepted { events: happened } = outcome.verdict {
                events.extend(happened.iter().map(|event| (event.kind, event.body)));
            }
        }
    }
    let call = encode(&Call::Apply { events }).map_err(|error| Fault::Answer(error.to_string()))?;
    match read_answer(body.call(&call)?)? {
        Answer::Done { next_deadline } => Ok(next_deadline),
        other => Err(unexpected(&other)),
    }
}

/// Moves the cursors of a record's sources on, and keeps their outcomes.
pub(super) fn note_origins(origins: &mut Origins, record: &Record) -> Result<(), Fault> {
    let turn = turn_of(record)?.filter(|turn| !turn.origins.is_empty());
    let Some(turn) = turn else { return Ok(()) };
    let position = record.first_event.saturating_add(u64::from(record.events)).saturating_sub(1);
    let mut first_events = Vec::with_capacity(turn.outcomes.len());
    let mut next = record.first_event;
    for outcome in &turn.outcomes {
        first_events.push(next);
        let outcome: Outcome<'_> =
            decode("an outcome", outcome).map_err(|e| Fault::Answer(e.to_string()))?;
        if let Verdict::Accepted { events } = outcome.verdict {
            next = next.saturating_add(u64::try_from(events.len()).unwrap_or(0));
        }
    }
    for one in &turn.origins {
        let at = usize::try_from(one.input).unwrap_or(usize::MAX);
        let (Some(input), Some(outcome)) = (turn.inputs.get(at), turn.outcomes.get(at)) else {
            return Err(Fault::Answer("a record names an input that it does not have".to_string()));
        };
        let origin = Origin { source: Arc::from(one.source), sequence: one.sequence };
        let receipt = Receipt {
            input: record.first_input.saturating_add(u64::from(one.input)),
            first_event: first_events.get(at).copied().unwrap_or(next),
            position,
            at: input.at,
            outcome: Arc::from(*outcome),
            again: true,
        };
        origins.note(&origin, one.command, receipt);
    }
    Ok(())
}

/// The turn in a record, if it is one.
pub(super) fn turn_of(record: &Record) -> Result<Option<TurnRecord<'_>>, Fault> {
    Entry::decode(&record.body).map(Entry::turn).map_err(|e| Fault::Answer(e.to_string()))
}

/// The plugin's own snapshot.
pub(super) fn snapshot(body: &mut dyn Body) -> Result<Vec<u8>, Fault> {
    let call = encode(&Call::Snapshot).map_err(|error| Fault::Answer(error.to_string()))?;
    match read_answer(body.call(&call)?)? {
        Answer::Bytes(bytes) => Ok(bytes.to_vec()),
        other => Err(unexpected(&other)),
    }
}

/// Puts a body in the state of a snapshot, or without one in the empty state of the roles.
pub(super) fn begin(
    body: &mut dyn Body,
    roles: &[String],
    snapshot: Option<&[u8]>,
) -> Result<Option<u64>, Fault> {
    let roles = roles.iter().map(String::as_str).collect();
    let call = match snapshot {
        Some(snapshot) => encode(&Call::Restore { snapshot }),
        None => encode(&Call::Configure { roles }),
    };
    let call = call.map_err(|error| Fault::Answer(error.to_string()))?;
    match read_answer(body.call(&call)?)? {
        Answer::Done { next_deadline } => Ok(next_deadline),
        other => Err(unexpected(&other)),
    }
}

pub(super) fn digest(body: &mut dyn Body) -> Result<[u8; 32], Fault> {
    let call = encode(&Call::Digest).map_err(|error| Fault::Answer(error.to_string()))?;
    match read_answer(body.call(&call)?)? {
        Answer::Digest(digest) => Ok(digest),
        other => Err(unexpected(&other)),
    }
}

fn read_answer(bytes: &[u8]) -> Result<Answer<'_>, Fault> {
    decode("an answer of ABI 1", bytes).map_err(|error| Fault::Answer(error.to_string()))
}

fn unexpected(answer: &Answer<'_>) -> Fault {
    match answer {
        Answer::Failed(failed) if failed.kind == FailureKind::Broken => {
            Fault::Broken(failed.message.clone())
        }
        Answer::Failed(failed) => Fault::Answer(failed.message.clone()),
        _ => Fault::Answer("it answers another question".to_string()),
    }
}
