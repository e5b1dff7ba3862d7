//! A link: the events of another partition, brought to this one as commands.
//!
//! Law: an event is carried out once, in the order of the other journal, whatever breaks between:
//! the cursor is in the record of its effect. A refusal and a dead letter are outcomes too.

mod afar;
mod error;
mod hearing;
mod outbox;
mod run;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use earmark_abi::{Form, Outcome, Verdict, decode};

pub use afar::{Afar, Follow};
pub use error::LinkError;
pub use hearing::Hearing;
pub use outbox::{Beside, Outbox};
pub use run::{LinkMeters, Running};

use super::submission::{Caller, NotAccepted, Origin, Receipt, Submission};
use super::told::JOURNAL;
use super::{FeedEvent, Partition};
use crate::chaos::{Place, reach};
use crate::plugin::Fault;

/// The scope of those who bring events.
const FLOW: &str = "flow";
/// Whoever brings events, as journals name him.
const LINK: &str = "link";

/// What became of the events that were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Events of the other journal that were looked at.
    pub looked: usize,
    /// Those that were carried out here.
    pub heard: usize,
    /// Those that were refused here, which is journalled.
    pub refused: usize,
    /// Those that the plugin could not answer: dead letters.
    pub dead: usize,
    /// Those that had come before, and were not carried out again.
    pub again: usize,
}

/// A link to a partition from another journal.
pub struct Link<O> {
    outbox: O,
    to: Arc<Partition>,
    hearing: Hearing,
    by: Arc<Caller>,
    /// The other journal, once it is known.
    source: Option<Arc<str>>,
    /// The last event that was looked at.
    after: u64,
    meters: Arc<LinkMeters>,
}

impl<O> std::fmt::Debug for Link<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, after, .. } = self;
        f.debug_struct("Link").field("source", source).field("after", after).finish_non_exhaustive()
    }
}

impl<O: Outbox> Link<O> {
    /// A link that brings `to` what its roles are to hear.
    ///
    /// # Errors
    /// [`LinkError::HearsNothing`].
    pub fn new(outbox: O, to: Arc<Partition>) -> Result<Self, LinkError> {
        let (says, roles) = (to.description(), &to.header().roles);
        let hearing = Hearing::of(says, roles).ok_or_else(|| LinkError::HearsNothing {
            roles: match &roles[..] {
                [] => "all roles".into(),
                some => format!("the roles {}", some.join(", ")),
            },
            all: says.roles.join(", "),
        })?;
        Ok(Self::hearing(outbox, to, hearing))
    }

    /// A link that brings `to` these events.
    #[must_use]
    pub fn hearing(outbox: O, to: Arc<Partition>, hearing: Hearing) -> Self {
        let by = Arc::new(Caller { subject: LINK.into(), scopes: vec![FLOW.into()] });
        let meters = Arc::default();
        Self { outbox, to, hearing, by, source: None, after: 0, meters }
    }

    /// What it counts of its own work.
    #[must_use]
    pub fn meters(&self) -> &Arc<LinkMeters> {
        &self.meters
    }

    /// The last event that it has looked at.
    #[must_use]
    pub fn after(&self) -> u64 {
        self.after
    }

    /// Goes back by so many events, as after a delivery whose acknowledgement was lost: what was
    /// carried out is not carried out again.
    pub fn go_back(&mut self, events: u64) {
        self.after = self.after.saturating_sub(events);
    }

    /// Looks at the next events, `most` at the most, hands in those that are to be heard, and waits
    /// until all of them are durable.
    ///
    /// # Errors
    /// [`LinkError`]; what was handed in before is brought again with the next call, and has its
    /// effect once.
    pub fn bring(&mut self, most: usize) -> Result<Brought, LinkError> {
        let source = self.begun()?;
        let events = self.outbox.read(self.after, most)?;
        let Some(last) = events.last().map(|event| event.sequence) else {
            self.meters.stands(self.after, self.outbox.end());
            return Ok(Brought::default());
        };
        let mut brought = Brought { looked: events.len(), ..Brought::default() };
        let (mut list, mut answers) = (Vec::new(), Vec::new());
        for event in events {
            if self.is_heard(&source, &event)? {
                let (submission, answer) = self.submission(&source, event)?;
                list.push(submission);
                answers.push(answer);
            }
        }
        if !list.is_empty() {
            self.to.submit_all(list)?;
            reach(Place::LinkHandedIn);
        }
        let waited = !answers.is_empty();
        for answer in answers {
            let answer = answer.recv().unwrap_or(Err(NotAccepted::Closed));
            brought.count(answer)?;
        }
        if waited {
            reach(Place::LinkDurable);
        }
        self.after = last;
        self.meters.brought(&brought);
        self.meters.stands(self.after, self.outbox.end());
        Ok(brought)
    }

    /// The other journal; at first, goes on where the partition stands with it.
    fn begun(&mut self) -> Result<Arc<str>, LinkError> {
        if let Some(source) = &self.source {
            return Ok(Arc::clone(source));
        }
        let known = self.to.sources(JOURNAL)?.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let source: Arc<str> = Arc::from(self.outbox.source(&known)?);
        self.after = self.to.cursor(&source)?;
        self.meters.follows(&source);
        self.source = Some(Arc::clone(&source));
        Ok(source)
    }

    fn is_heard(&self, source: &str, event: &FeedEvent) -> Result<bool, LinkError> {
        self.hearing.hears(event.kind).ok_or_else(|| LinkError::UnknownEvent {
            source_name: source.to_string(),
            sequence: event.sequence,
            kind: event.kind.to_string(),
        })
    }

    #[allow(clippy::type_complexity, reason = "an input and where its answer comes")]
    fn submission(
        &self,
        source: &Arc<str>,
        event: FeedEvent,
    ) -> Result<(Submission, Receiver<Result<Receipt, NotAccepted>>), LinkError> {
        let FeedEvent { sequence, at, kind, trace, body, .. } = event;
        let (json, command) = (Hearing::contents(kind, &body), self.hearing.command());
        let read = self.to.from_json(Form::Command, command, json.as_bytes())?;
        let command_bytes = read.map_err(|why| {
            let source_name = source.to_string();
            LinkError::Unreadable { source_name, sequence, why }
        })?;
        let (told, answer) = channel();
        let submission = Submission {
            kind: command,
            command: command_bytes,
            by: Arc::clone(&self.by),
            origin: Some(Origin { source: Arc::clone(source), sequence }),
            trace: trace.map(Arc::from),
            // A clock of its own stamps it anyhow; a logical one has the moment it happened.
            at: Some(at),
            // Whoever waits may have gone on with an error.
            reply: Box::new(move |answer| drop(told.send(answer))),
        };
        Ok((submission, answer))
    }
}

impl Brought {
    /// Counts what became of one event that was handed in.
    fn count(&mut self, answer: Result<Receipt, NotAccepted>) -> Result<(), LinkError> {
        let receipt = match answer {
            Ok(receipt) if receipt.again => {
                self.again += 1;
                return Ok(());
            }
            Ok(receipt) => receipt,
            Err(NotAccepted::LongAgo { .. }) => {
                self.again += 1;
                return Ok(());
            }
            Err(NotAccepted::Dead { verdict, input }) => {
                tracing::error!(%verdict, input, "an event that was heard is a dead letter");
                self.dead += 1;
                return Ok(());
            }
            Err(why) => return Err(why.into()),
        };
        let outcome: Outcome<'_> = decode("an outcome", &receipt.outcome)
            .map_err(|error| Fault::Answer(error.to_string()))?;
        match outcome.verdict {
            Verdict::Accepted { .. } => self.heard += 1,
            Verdict::Refused(refused) => {
                let (code, why, input) = (refused.code, refused.message, receipt.input);
                tracing::warn!(code, %why, input, "an event that was heard is refused");
                self.refused += 1;
            }
        }
        Ok(())
    }
}
