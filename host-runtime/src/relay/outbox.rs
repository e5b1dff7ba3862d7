//! The outbox: where a relay reads messages. The journal is one.
//!
//! Law: what is read at a place is the same at each reading, and nothing is taken out by it. A
//! batch is bounded in number and in bytes.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::courier::Message;
use crate::partition::{Contents, Partition, source_of, write_cloud_event};

/// Bytes of messages after which a batch ends.
const BYTES: usize = 1 << 20;

/// Some messages, and how far they were looked for.
#[derive(Debug, Default)]
pub struct Batch {
    /// Those of the wanted types, in order.
    pub messages: Vec<Message>,
    /// The last event that was looked at.
    pub upto: u64,
}

/// Waits for something; dropped, it waits no more.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A sequence of messages that only grows.
pub trait Outbox: Send + Sync {
    /// What names the sequence.
    fn source(&self) -> String;

    /// The event before the first that can be read, and the last one.
    fn bounds(&self) -> (u64, u64);

    /// Waits until there is an event behind this one.
    fn moved(&self, beyond: u64) -> Waiting<'_>;

    /// Looks at no more than `most` events behind this one, for those of the types.
    ///
    /// # Errors
    /// Why it can't be read, in words.
    fn read(&self, after: u64, most: usize, types: Option<&[String]>) -> Result<Batch, String>;
}

/// The events of a partition.
#[derive(Debug)]
pub struct Journalled {
    partition: Arc<Partition>,
    source: String,
    /// The journal's id, which is what of the source fits into a name.
    journal: String,
    /// Events that the clock has cut off, and how often.
    slow: Mutex<BTreeMap<u64, u32>>,
}

/// An event that the clock cuts off is read so often before it is told without its contents.
const READ_AGAIN: u32 = 5;

impl Journalled {
    /// Those of this one.
    #[must_use]
    pub fn new(partition: Arc<Partition>) -> Self {
        let source = source_of(partition.header());
        let journal = format!("{:032x}", u128::from_be_bytes(partition.header().id));
        Self { partition, source, journal, slow: Mutex::default() }
    }

    /// Whether to read an event again that the clock has cut off: so often, and then never more.
    fn is_to_wait(&self, sequence: u64) -> bool {
        let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        let times = slow.entry(sequence).or_default();
        *times = times.saturating_add(1);
        let again = *times < READ_AGAIN;
        if !again {
            slow.remove(&sequence);
        }
        again
    }
}

impl Outbox for Journalled {
    fn source(&self) -> String {
        self.source.clone()
    }

    fn bounds(&self) -> (u64, u64) {
        (self.partition.base().events, self.partition.position().borrow().events)
    }

    fn moved(&self, beyond: u64) -> Waiting<'_> {
        let mut position = self.partition.position();
        Box::pin(async move {
            if position.wait_for(|position| position.events > beyond).await.is_err() {
                // The partition is closed: whoever waits here is about to end too.
                std::future::pending::<()>().await;
            }
        })
    }

    fn read(&self, after: u64, most: usize, types: Option<&[String]>) -> Result<Batch, String> {
        let from = after.saturating_add(1);
        let read = self.partition.feed(from).and_then(|mut feed| feed.at_most(most));
        let events = read.map_err(|error| crate::chain_of(&error))?;
        let (mut batch, mut bytes) = (Batch { upto: after, ..Batch::default() }, 0);
        let says = self.partition.description();
        for event in events {
            if bytes > BYTES {
                break;
            }
            batch.upto = event.sequence;
            let ce_type = says.events.get(usize::from(event.kind)).map(|one| one.ce_type.clone());
            let ce_type = ce_type.unwrap_or_default();
            if types.is_some_and(|types| !types.contains(&ce_type)) {
                continue;
            }
            let read = Contents::read(self.partition.translator(), event.kind, &event.body);
            let contents = match read {
                Ok(contents) => contents,
                // A slow machine's moment is no reason to carry an event without its contents.
                Err(fault) if self.is_to_wait(event.sequence) => return Err(fault.to_string()),
                Err(fault) => Contents::unreadable(fault.to_string()),
            };
            let mut json = Vec::new();
            write_cloud_event(&self.source, says, &event, &contents, &mut json)
                .map_err(|fault| fault.to_string())?;
            bytes = bytes.saturating_add(json.len());
            batch.messages.push(Message {
                id: format!("{}-{}", self.journal, event.sequence),
                sequence: event.sequence,
                ce_type,
                subject: event.subject,
                owner: event.owner,
                json: json.into(),
            });
        }
        Ok(batch)
    }
}
