//! The leader: takes what waits, lets the plugin decide, hands the record to the writer, and takes
//! the next while that one syncs.
//!
//! Law: when a body fails on a batch, it is thrown away, and what is to blame is found by a count
//! of fuel, never by a clock. Everybody else is served.

mod sift;
mod ticks;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Position;
use super::follower::{Ask, begin};
use super::meters::{Became, Meters};
use super::origins::{Origins, Seen};
use super::submission::{Caller, NotAccepted, Receipt, Reply, Submission};
use super::turn::{self, Decided, Stamped};
use super::writer::Job;
use crate::journal::{Clock, Record};
use crate::plugin::{Bodies, Body, Fault};
pub(super) use ticks::Ticks;

/// Bytes of commands in one turn at the most: a turn's record stays small, and its time short.
const TURN_BYTES: usize = 4 << 20;

/// What is handed to the leader.
pub(super) enum Work {
    One(Submission),
    Many(Vec<Submission>),
    /// An entry of the host's own, which no body has to know of: its record's body, and whom to
    /// tell.
    Deed(Vec<u8>, Reply),
    Close,
}

impl Work {
    /// Inputs in it.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(many) => many.len(),
            // It waits for no turn.
            Self::Deed(..) | Self::Close => 0,
        }
    }
}

/// How a body is made: the fast or the metered one.
type Make = fn(&dyn Bodies) -> Result<Box<dyn Body>, Fault>;

/// A body and its witness.
type Pair = (Box<dyn Body>, Option<Box<dyn Body>>);

/// The state of a leader.
pub(super) struct Leader {
    pub(super) bodies: Arc<dyn Bodies>,
    pub(super) body: Box<dyn Body>,
    /// In the state of the body, unless it is left out.
    pub(super) witness: Option<Box<dyn Body>>,
    pub(super) roles: Vec<String>,
    pub(super) clock: Clock,
    pub(super) origins: Origins,
    pub(super) position: Position,
    /// The moment of the last input.
    pub(super) at: u64,
    /// The same, for those who ask without an input.
    pub(super) stamped: Arc<AtomicU64>,
    pub(super) next_deadline: Option<u64>,
    pub(super) ticks: Ticks,
    pub(super) turn_inputs: usize,
    pub(super) jobs: SyncSender<Job>,
    pub(super) asks: SyncSender<Ask>,
    pub(super) by_host: Arc<Caller>,
    /// Set when the plugin could not be brought back: nothing more is decided.
    pub(super) lost: Option<String>,
    pub(super) meters: Arc<Meters>,
}

/// The clock of the machine, in milliseconds since the epoch.
pub(super) fn clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Leader {
    /// Works until told to close, or until nobody can hand anything in.
    pub(super) fn run(mut self, work: &Receiver<Work>) {
        let mut waiting: Vec<Submission> = Vec::new();
        let mut open = true;
        while open || !waiting.is_empty() {
            if waiting.is_empty() {
                open = self.wait(work, &mut waiting);
            }
            while open && waiting.len() < self.turn_inputs {
                match work.try_recv() {
                    Ok(Work::One(one)) => waiting.push(one),
                    Ok(Work::Many(many)) => waiting.extend(many),
                    Ok(Work::Deed(body, reply)) => self.deed(body, reply),
                    Ok(Work::Close) => open = false,
                    Err(_) => break,
                }
            }
            let rest = waiting.split_off(self.cut(&waiting));
            let batch = std::mem::replace(&mut waiting, rest);
            self.meters.queued.less(batch.len());
            self.take(batch);
        }
    }

    /// Waits for work, or for a deadline; whether the partition is still open.
    fn wait(&mut self, work: &Receiver<Work>, waiting: &mut Vec<Submission>) -> bool {
        let ticks = self.lost.is_none() && self.bodies.description().tick.is_some();
        let got = match (self.clock, self.next_deadline) {
            (Clock::Live, Some(deadline)) if ticks => {
                let due = self.ticks.due(deadline);
                work.recv_timeout(Duration::from_millis(due.saturating_sub(clock())))
            }
            (Clock::Live | Clock::Logical, _) => {
                work.recv().map_err(|_| RecvTimeoutError::Disconnected)
            }
        };
        match got {
            Ok(Work::One(one)) => waiting.push(one),
            Ok(Work::Many(many)) => waiting.extend(many),
            Ok(Work::Deed(body, reply)) => self.deed(body, reply),
            Ok(Work::Close) | Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {}
        }
        true
    }

    /// How many of those waiting make one turn.
    fn cut(&self, waiting: &[Submission]) -> usize {
        let mut bytes = 0_usize;
        let fits = |one: &&Submission| {
            bytes = bytes.saturating_add(one.command.len());
            bytes <= TURN_BYTES
        };
        let most = waiting.len().min(self.turn_inputs);
        waiting.iter().take(most).take_while(fits).count().max(1).min(waiting.len())
    }

    /// One batch: what is due first, then the inputs, without those that were handed in before.
    fn take(&mut self, batch: Vec<Submission>) {
        if let Some(why) = self.lost.clone() {
            let lost = |one: Submission| (one.reply, Err(NotAccepted::Plugin(why.clone())));
            let answers = batch.into_iter().map(lost).collect();
            drop(self.jobs.send(Job::Tell { answers }));
            return;
        }
        let mut inputs: Vec<Stamped> = Vec::with_capacity(batch.len().saturating_add(1));
        let mut replies: Vec<Option<Reply>> = Vec::with_capacity(inputs.capacity());
        if self.clock == Clock::Live {
            self.stamp(clock());
            if let Some(tick) = self.tick() {
                inputs.push(tick);
                replies.push(None);
            }
        }
        // How far each source has come in the turn that is being gathered.
        let mut gathered: HashMap<Arc<str>, u64> = HashMap::new();
        for mut one in batch {
            if self.clock == Clock::Logical {
                self.stamp(one.at.unwrap_or(self.at));
            }
            let digest = turn::digest_of(&one);
            if let Some((origin, digest)) = one.origin.clone().zip(digest) {
                // Whether it is new may depend on what the source handed in earlier in this turn.
                let waits = |last: &u64| origin.sequence <= *last;
                if gathered.get(&origin.source).is_some_and(waits) {
                    self.settle(&mut inputs, &mut replies);
                    gathered.clear();
                }
                let answer = match self.origins.look_up(&origin, &digest) {
                    Seen::New => None,
                    Seen::Again(receipt) => Some(Ok(receipt)),
                    Seen::Otherwise(input) => Some(Err(NotAccepted::Otherwise {
                        source_name: origin.source.to_string(),
                        sequence: origin.sequence,
                        input,
                    })),
                    Seen::Crowded(most) => Some(Err(NotAccepted::Crowded {
                        source_name: origin.source.to_string(),
                        most,
                    })),
                    Seen::LongAgo => Some(Err(NotAccepted::LongAgo {
                        source_name: origin.source.to_string(),
                        sequence: origin.sequence,
                    })),
                };
                if let Some(answer) = answer {
                    self.meters.repeats.add(1);
                    self.settle(&mut inputs, &mut replies);
                    gathered.clear();
                    drop(self.jobs.send(Job::Tell { answers: vec![(one.reply, answer)] }));
                    continue;
                }
                gathered.insert(origin.source, origin.sequence);
            }
            inputs.push(Stamped::of(&mut one, self.at, digest));
            replies.push(Some(one.reply));
        }
        self.settle(&mut inputs, &mut replies);
    }

    /// Decides on the inputs gathered so far.
    fn settle(&mut self, inputs: &mut Vec<Stamped>, replies: &mut Vec<Option<Reply>>) {
        if !inputs.is_empty() {
            self.decide(std::mem::take(inputs), std::mem::take(replies));
        }
    }

    /// Time goes on, and never back.
    fn stamp(&mut self, at: u64) {
        self.at = at.max(self.at);
        self.stamped.store(self.at, Ordering::Relaxed);
    }

    /// A tick, if one is due.
    fn tick(&self) -> Option<Stamped> {
        let due = self.ticks.due(self.next_deadline?);
        let kind = self.bodies.description().tick.filter(|_| due <= self.at)?;
        // A tick has nothing to say: its contents are empty in any plugin's form.
        let (command, by) = (Vec::new(), Arc::clone(&self.by_host));
        Some(Stamped { at: self.at, kind, command, by, origin: None, trace: None })
    }

    /// Makes the record of a turn, and moves on.
    fn hand_over(
        &mut self,
        batch: &[Stamped],
        decided: &Decided,
        replies: Vec<Option<Reply>>,
        verdict: Option<Fault>,
    ) {
        let plugin = (self.bodies.digest(), self.bodies.description().schema_version);
        let made = turn::record(plugin, self.position, batch, decided, verdict.as_ref());
        let (record, after) = match made {
            Ok(made) => made,
            Err(fault) => return self.lose(&fault.to_string(), replies),
        };
        let mut next_event = record.first_event;
        let mut answers = Vec::with_capacity(batch.len());
        let outcomes = decided.outcomes.iter().zip(batch).zip(replies);
        for (input, (((outcome, events), one), reply)) in (record.first_input..).zip(outcomes) {
            let receipt = Receipt {
                input,
                first_event: next_event,
                position: after.events,
                at: one.at,
                outcome: Arc::clone(outcome),
                again: false,
            };
            next_event = next_event.saturating_add(u64::from(*events));
            if let Some((origin, command)) = &one.origin {
                self.origins.note(origin, *command, receipt.clone());
            }
            if let Some(reply) = reply {
                let answer = match &verdict {
                    Some(verdict) => Err(NotAccepted::Dead { verdict: verdict.clone(), input }),
                    None => Ok(receipt),
                };
                answers.push((reply, answer));
            }
        }
        self.count(batch, decided, verdict.is_some());
        self.position = after;
        self.note_tick(batch, decided);
        self.next_deadline = decided.next_deadline;
        drop(self.jobs.send(Job::Append { record: Arc::new(record), after, answers }));
    }

    /// Hands over an entry of the host's own: it has one place among the inputs, and no event.
    fn deed(&mut self, body: Vec<u8>, reply: Reply) {
        let before = self.position;
        let after = Position { inputs: before.inputs.saturating_add(1), ..before };
        let first_event = before.events.saturating_add(1);
        let receipt = Receipt {
            input: after.inputs,
            first_event,
            position: after.events,
            at: self.at,
            outcome: Arc::from([]),
            again: false,
        };
        let (first_input, chain) = (after.inputs, after.chain);
        let record = Record { first_input, inputs: 1, first_event, events: 0, chain, body };
        self.position = after;
        let answers = vec![(reply, Ok(receipt))];
        drop(self.jobs.send(Job::Append { record: Arc::new(record), after, answers }));
    }

    /// Counts a turn.
    fn count(&self, batch: &[Stamped], decided: &Decided, dead: bool) {
        self.meters.turns.add(1);
        self.meters.turn_inputs.measured(u64::try_from(batch.len()).unwrap_or(u64::MAX));
        for (one, outcome) in batch.iter().zip(&decided.outcomes) {
            let became = match turn::is_refused(outcome) {
                _ if dead => Became::Dead,
                true => Became::Refused,
                false => Became::Accepted,
            };
            self.meters.input(one.kind, became);
        }
    }

    /// Lets the pace of ticks know of one that the host made.
    fn note_tick(&mut self, batch: &[Stamped], decided: &Decided) {
        let tick = batch.first().filter(|one| Arc::ptr_eq(&one.by, &self.by_host));
        if let Some((tick, (_, events))) = tick.zip(decided.outcomes.first()) {
            self.ticks.ticked(tick.at, self.next_deadline, decided.next_deadline, *events);
        }
    }

    /// New bodies in the state of all that is durable.
    fn replace(&mut self) -> Result<(), String> {
        (self.body, self.witness) = self.pair(|bodies| bodies.fast())?;
        self.meters.leader_bodies.add(1);
        Ok(())
    }

    /// A body and a witness in the state of all that is durable.
    fn pair(&mut self, make: Make) -> Result<Pair, String> {
        let state = self.state()?;
        let one = || -> Result<_, Fault> {
            let mut body = make(self.bodies.as_ref())?;
            let next_deadline = begin(body.as_mut(), &self.roles, Some(&state))?;
            Ok((body, next_deadline))
        };
        let (body, next_deadline) = one().map_err(|fault| fault.to_string())?;
        let witness = self.witness.is_some().then(one).transpose();
        let witness = witness.map_err(|fault| fault.to_string())?.map(|(witness, _)| witness);
        self.next_deadline = next_deadline;
        Ok((body, witness))
    }

    /// The follower's state, once everything handed over is durable.
    fn state(&self) -> Result<Vec<u8>, String> {
        let gone = || "a thread of the partition is gone".to_string();
        let (done, told) = sync_channel(1);
        self.jobs.send(Job::Flush { done }).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())??;
        let (reply, told) = sync_channel(1);
        self.asks.send(Ask::Snapshot { reply }).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())?.map_err(|fault| fault.to_string())
    }

    fn lose(&mut self, why: &str, replies: Vec<Option<Reply>>) {
        tracing::error!(why, "the plugin could not be brought back");
        self.lost = Some(why.to_string());
        let lost = |reply| (reply, Err(NotAccepted::Plugin(why.to_string())));
        let answers = replies.into_iter().flatten().map(lost).collect();
        drop(self.jobs.send(Job::Tell { answers }));
    }
}
