//! A partition: one plugin, one journal, one sequence of turns.
//!
//! ```text
//!  submit --> leader: batch, decide --> writer: append, durable --> answers
//!             witness: apply                 |
//!                ^                           |
//!                '--- snapshot, when one ----+--> follower: apply --> queries, slices, snapshots
//!                     of the two failed
//! ```
//!
//! Law: answers, reads and publications show only what is durable; memory never leads the journal
//! for longer than a turn, and when a turn fails its memory is thrown away.

mod activation;
mod bars;
mod body;
mod compact;
mod dead_letters;
mod feed;
mod follower;
mod leader;
mod link;
mod meters;
mod open;
mod origins;
mod rebuild;
mod redrive;
mod saver;
mod shadow;
mod submission;
mod told;
mod translate;
mod turn;
mod witness;
mod writer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use earmark_abi::{Audited, Description, Form};
use tokio::sync::watch;

pub use activation::{activate, before_the_last, in_force};
pub use body::{
    Activation, Dead, DeadCode, Dropped, Entry, OriginOf, TraceOf, TurnRecord, command_digest,
};
pub use compact::{CompactError, Compacted, compact};
pub use dead_letters::{Asked, DeadLetter, DeadLetters, Question, Standing, asked};
pub use feed::{Feed, FeedEvent};
pub use link::{
    Afar, Beside, Brought, Follow, Hearing, Link, LinkError, LinkMeters, Outbox,
    Running as RunningLink,
};
pub use meters::{Became, Count, Histogram, Measured, Meters};
pub use open::{OpenError, Options, Where, new_id};
pub(crate) use origins::{COUNTED, KEYED};
pub use rebuild::{RebuildError, Rebuilt, check_plugin, rebuild};
pub use redrive::NotRedriven;
pub use saver::NotSaved;
pub use shadow::{Redecided, ShadowOptions, Shadowed, shadow};
pub use submission::{Caller, NotAccepted, Origin, Receipt, Reply, Submission};
pub use told::{Contents, event_kinds, one_line, source_of, write_cloud_event};
pub use translate::Translator;

use crate::journal::{Clock, Header, JournalReader};
use crate::plugin::{Bodies, Fault};
use follower::Ask;
use leader::Work;

/// How far a partition has come, durably.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Inputs in the journal.
    pub inputs: u64,
    /// Events in the journal.
    pub events: u64,
    /// The chain over them.
    pub chain: [u8; 32],
}

/// A partition that is open. Dropping it closes it in order.
pub struct Partition {
    bodies: Arc<dyn Bodies>,
    header: Header,
    work: SyncSender<Work>,
    asks: SyncSender<Ask>,
    seen: Seen,
    readers: Mutex<Box<dyn JournalReader>>,
    translator: Translator,
    /// The dead letters, as far as somebody wanted to know.
    letters: Mutex<DeadLetters>,
    threads: Vec<JoinHandle<()>>,
}

/// What is seen of the threads while they work.
struct Seen {
    position: watch::Receiver<Position>,
    /// The moment of the last input.
    stamped: Arc<AtomicU64>,
    meters: Arc<Meters>,
}

impl std::fmt::Debug for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partition").field("plugin", &self.header.plugin).finish_non_exhaustive()
    }
}

/// The answer to a question, and the state it was asked of.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer, in the plugin's own form; or the refusal: code, message, facts.
    pub answer: Result<Vec<u8>, (String, String, Vec<u8>)>,
    /// The state it was asked of.
    pub position: Position,
}

impl Partition {
    /// What the plugin says of itself.
    #[must_use]
    pub fn description(&self) -> &Arc<Description> {
        self.bodies.description()
    }

    /// The digest of the plugin.
    #[must_use]
    pub fn plugin_digest(&self) -> [u8; 32] {
        self.bodies.digest()
    }

    /// What was stated when the journal was created.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How far it has come, durably; changes can be waited for.
    #[must_use]
    pub fn position(&self) -> watch::Receiver<Position> {
        self.seen.position.clone()
    }

    /// What it counts of its own work.
    #[must_use]
    pub fn meters(&self) -> &Arc<Meters> {
        &self.seen.meters
    }

    /// Where the journal begins: at nothing, unless it was compacted.
    #[must_use]
    pub fn base(&self) -> Position {
        let reader = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        follower::position(&reader.base().anchor())
    }

    /// The moment that an input would be stamped with: the clock's, and never before an earlier
    /// input's; with a logical clock the last one's.
    #[must_use]
    pub fn now(&self) -> u64 {
        let last = self.seen.stamped.load(Ordering::Relaxed);
        match self.header.clock {
            Clock::Live => leader::clock().max(last),
            Clock::Logical => last,
        }
    }

    /// Hands in an input; waits for a place in the queue.
    ///
    /// # Errors
    /// [`NotAccepted::Closed`], and then the reply is not called.
    pub fn submit(&self, submission: Submission) -> Result<(), NotAccepted> {
        self.queued(1, || self.work.send(Work::One(submission)).map_err(|_| NotAccepted::Closed))
    }

    /// Hands in inputs, in order; waits for a place in the queue.
    ///
    /// # Errors
    /// As [`Partition::submit`].
    pub fn submit_all(&self, submissions: Vec<Submission>) -> Result<(), NotAccepted> {
        let work = Work::Many(submissions);
        let count = work.len();
        self.queued(count, || self.work.send(work).map_err(|_| NotAccepted::Closed))
    }

    /// Hands in an input if there is a place in the queue.
    ///
    /// # Errors
    /// [`NotAccepted::Busy`] or [`NotAccepted::Closed`], and then the reply is not called.
    pub fn try_submit(&self, submission: Submission) -> Result<(), NotAccepted> {
        self.try_send(1, Work::One(submission))
    }

    /// Hands inputs in, in order, if there is a place in the queue: all of them, or none.
    ///
    /// # Errors
    /// As [`Partition::try_submit`], and then no reply is called.
    pub fn try_submit_all(&self, submissions: Vec<Submission>) -> Result<(), NotAccepted> {
        let count = submissions.len();
        self.try_send(count, Work::Many(submissions))
    }

    fn try_send(&self, count: usize, work: Work) -> Result<(), NotAccepted> {
        self.queued(count, || {
            self.work.try_send(work).map_err(|error| match error {
                TrySendError::Full(_) => NotAccepted::Busy,
                TrySendError::Disconnected(_) => NotAccepted::Closed,
            })
        })
    }

    /// Counts what waits; before it is sent, since it may be taken at once.
    fn queued(
        &self,
        count: usize,
        send: impl FnOnce() -> Result<(), NotAccepted>,
    ) -> Result<(), NotAccepted> {
        self.seen.meters.queued.add(count);
        send().inspect_err(|_| self.seen.meters.queued.less(count))
    }

    /// Asks a question of the durable state; waits for the answer.
    ///
    /// # Errors
    /// The fault of the follower's body, or that it is gone.
    pub fn query(&self, by: &Caller, kind: u16, body: &[u8]) -> Result<Answered, Fault> {
        let (by, body) = (by.clone(), body.to_vec());
        self.ask(|reply| Ask::Query { by, kind, body, reply })?
    }

    /// Cuts a client's slice out of the durable state; waits for it.
    ///
    /// # Errors
    /// As [`Partition::query`].
    pub fn slice(&self, by: &Caller, body: &[u8]) -> Result<Answered, Fault> {
        let (by, body) = (by.clone(), body.to_vec());
        self.ask(|reply| Ask::Slice { by, body, reply })?
    }

    /// Checks the plugin's laws over the durable state.
    ///
    /// # Errors
    /// As [`Partition::query`].
    pub fn audit(&self) -> Result<Audited, Fault> {
        self.ask(|reply| Ask::Audit { reply })?
    }

    /// The digest of the durable state, and where it stands.
    ///
    /// # Errors
    /// As [`Partition::query`].
    pub fn digest(&self) -> Result<([u8; 32], Position), Fault> {
        self.ask(|reply| Ask::Digest { reply })?
    }

    /// Saves a snapshot of the durable state now, if the partition has a place for them; it is on
    /// the disk when this returns.
    ///
    /// # Errors
    /// That the plugin made none, or that it can't be written.
    pub fn save_snapshot(&self) -> Result<(), NotSaved> {
        self.ask(|reply| Ask::Save { reply })?
    }

    /// How far a source has come: what it hands in at or before this is not carried out again.
    ///
    /// # Errors
    /// As [`Partition::query`].
    pub fn cursor(&self, source: &str) -> Result<u64, Fault> {
        let source = source.to_string();
        self.ask(|reply| Ask::Cursor { source, reply })
    }

    /// The sources whose names begin so, and how far each has come.
    ///
    /// # Errors
    /// As [`Partition::query`].
    pub fn sources(&self, prefix: &str) -> Result<Vec<(String, u64)>, Fault> {
        let prefix = prefix.to_string();
        self.ask(|reply| Ask::Sources { prefix, reply })
    }

    /// A feed of the events from this one on.
    ///
    /// # Errors
    /// The failure of the store.
    pub fn feed(&self, from_event: u64) -> Result<Feed, crate::journal::JournalError> {
        Ok(Feed::new(self.reader()?, from_event))
    }

    /// A reader of the journal itself.
    ///
    /// # Errors
    /// The failure of the store.
    pub fn reader(&self) -> Result<Box<dyn JournalReader>, crate::journal::JournalError> {
        match self.readers.lock() {
            Ok(reader) => reader.another(),
            Err(poisoned) => poisoned.into_inner().another(),
        }
    }

    /// JSON to bytes, on an instance off the partition's threads.
    ///
    /// # Errors
    /// What is wrong with the JSON (outer), or with the plugin.
    pub fn from_json(
        &self,
        form: Form,
        kind: u16,
        json: &[u8],
    ) -> Result<Result<Vec<u8>, String>, Fault> {
        self.translator.from_json(form, kind, json)
    }

    /// Bytes to JSON, on an instance off the partition's threads.
    ///
    /// # Errors
    /// As [`Partition::from_json`].
    pub fn to_json(
        &self,
        form: Form,
        kind: u16,
        bytes: &[u8],
    ) -> Result<Result<Vec<u8>, String>, Fault> {
        self.translator.to_json(form, kind, bytes)
    }

    /// What translates, off the partition's threads.
    #[must_use]
    pub fn translator(&self) -> &Translator {
        &self.translator
    }

    fn ask<T>(&self, ask: impl FnOnce(SyncSender<T>) -> Ask) -> Result<T, Fault> {
        let gone = || Fault::Trap("the follower is gone".to_string());
        let (reply, told): (_, Receiver<T>) = sync_channel(1);
        self.asks.send(ask(reply)).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())
    }
}

impl Drop for Partition {
    fn drop(&mut self) {
        // In the order of the work: the leader, the writer, and the follower last, which is told
        // here too in case the writer did not live to tell it. Who is gone already is no matter.
        drop(self.work.send(Work::Close));
        let last = self.threads.len().saturating_sub(1);
        for (at, thread) in self.threads.drain(..).enumerate() {
            if at == last {
                drop(self.asks.send(Ask::Close));
            }
            if thread.join().is_err() {
                tracing::error!("a thread of the partition panicked");
            }
        }
    }
}
