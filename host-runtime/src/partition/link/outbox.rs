//! The other side of a link: a journal whose events are read in order.
//!
//! Law: an outbox forgets nothing and reads from any place on; how far one has come is the
//! reader's to know.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::LinkError;
use crate::partition::{Feed, FeedEvent, Partition, Position, source_of};

/// A journal whose events can be followed.
pub trait Outbox: Send {
    /// Whose events these are: the `source` of its CloudEvents. `known` are the journals that were
    /// heard before.
    ///
    /// # Errors
    /// [`LinkError`] if the other side can't be asked, or is none of those and should be.
    fn source(&mut self, known: &[String]) -> Result<String, LinkError>;

    /// The events that are there after this one, `most` at the most, without waiting for any.
    ///
    /// # Errors
    /// [`LinkError`].
    fn read(&mut self, after: u64, most: usize) -> Result<Vec<FeedEvent>, LinkError>;

    /// How many events it has, as far as is known.
    fn end(&self) -> u64;

    /// Waits until there may be an event after this one, and not longer than this.
    ///
    /// # Errors
    /// [`LinkError`]: nothing more comes as it stands.
    fn wait(&mut self, after: u64, most: Duration) -> Result<(), LinkError>;
}

/// A partition in this process.
#[derive(Debug)]
pub struct Beside {
    of: Arc<Partition>,
    position: watch::Receiver<Position>,
    feed: Feed,
    waiting: tokio::runtime::Runtime,
}

impl Beside {
    /// The events of this partition.
    ///
    /// # Errors
    /// [`LinkError::Read`] if its journal can't be read, [`LinkError::Unreachable`] if nothing can
    /// be waited for.
    pub fn new(of: Arc<Partition>) -> Result<Self, LinkError> {
        let waiting = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let waiting = waiting.map_err(|error| LinkError::Unreachable(error.to_string()))?;
        Ok(Self { position: of.position(), feed: of.feed(1)?, waiting, of })
    }
}

impl Outbox for Beside {
    fn source(&mut self, _: &[String]) -> Result<String, LinkError> {
        Ok(source_of(self.of.header()))
    }

    fn read(&mut self, after: u64, most: usize) -> Result<Vec<FeedEvent>, LinkError> {
        let (end, base) = (self.feed.end()?, self.of.base().events);
        let source_name = || source_of(self.of.header());
        if after > end {
            return Err(LinkError::Ahead { source_name: source_name(), after, end });
        }
        if after < base {
            return Err(LinkError::Compacted { source_name: source_name(), after, base });
        }
        self.feed.seek(after.saturating_add(1));
        Ok(self.feed.at_most(most)?)
    }

    fn end(&self) -> u64 {
        self.position.borrow().events
    }

    fn wait(&mut self, after: u64, most: Duration) -> Result<(), LinkError> {
        let position = &mut self.position;
        self.waiting.block_on(async {
            let more = position.wait_for(|position| position.events > after);
            if let Ok(Err(_)) = tokio::time::timeout(most, more).await {
                // The partition is closing: nothing more comes.
                tokio::time::sleep(most).await;
            }
        });
        Ok(())
    }
}
