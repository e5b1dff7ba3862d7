//! One endpoint at work: reads behind its cursor, carries, tries again, buries, moves on.
//!
//! Law: the cursor moves only when that is durable; a store that fails is asked again before
//! anything else is carried, so that a full disk does not become a storm of repeats.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::outbox::{Batch, Outbox};
use super::store::{Done, Letter, Store};
use super::{Meters, RelayError, Route};
use crate::chaos::{Place, reach};
use crate::courier::{Message, Told};

/// Events looked at in one go.
const EVENTS: usize = 256;
/// How often what an operator asked for is looked up, and what failed within is tried again.
const POLL: Duration = Duration::from_secs(1);

pub(super) struct Endpoint {
    route: Route,
    outbox: Arc<dyn Outbox>,
    store: Store,
    stopped: watch::Receiver<Option<Instant>>,
    meters: Arc<Meters>,
    cursor: u64,
    /// Tries of the message behind the cursor.
    tries: u32,
    gone: bool,
}

/// The relay ends.
struct Stopped;

type Goes<T> = Result<T, Stopped>;

impl Endpoint {
    pub(super) fn new(
        route: Route,
        outbox: &Arc<dyn Outbox>,
        store: &Store,
        stopped: watch::Receiver<Option<Instant>>,
    ) -> Result<Self, RelayError> {
        let (first, end) = outbox.bounds();
        let name = route.name.clone();
        let is_new = store.standings()?.iter().all(|standing| standing.name != name);
        // Before it is written down where it begins: a slip of the pen is not kept.
        if is_new && route.after > end {
            return Err(RelayError::After { name, after: route.after, end });
        }
        let standing = store.standing(&name, if is_new { route.after.max(first) } else { 0 })?;
        let cursor = standing.cursor;
        if cursor > end {
            return Err(RelayError::Ahead { name, cursor, end });
        }
        if cursor < first {
            return Err(RelayError::TakenOut { name, cursor, first });
        }
        let meters = Arc::new(Meters { name, ..Meters::default() });
        meters.cursor.store(cursor, Ordering::Relaxed);
        meters.gone.store(standing.gone.is_some(), Ordering::Relaxed);
        let (outbox, store) = (Arc::clone(outbox), store.clone());
        let (tries, gone) = (standing.tries, standing.gone.is_some());
        Ok(Self { route, outbox, store, stopped, meters, cursor, tries, gone })
    }

    pub(super) fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.meters)
    }

    /// Carries until the relay ends.
    pub(super) async fn run(mut self) {
        while self.round().await.is_ok() {}
    }

    async fn round(&mut self) -> Goes<()> {
        if self.stopped.borrow().is_some() {
            return Err(Stopped);
        }
        if self.gone {
            self.pause(POLL).await?;
            let name = self.route.name.clone();
            let standing = self.kept(|store| store.standing(&name, 0)).await?;
            self.disabled(standing.gone.is_some());
            return Ok(());
        }
        let name = self.route.name.clone();
        if let Some(letter) = self.kept(|store| store.next_again(&name)).await? {
            return self.again(&letter).await;
        }
        let types = self.route.types.as_deref();
        let batch = match self.outbox.read(self.cursor, EVENTS, types) {
            Ok(batch) => batch,
            Err(why) => {
                tracing::error!(endpoint = self.route.name, why, "the journal can't be read");
                return self.pause(POLL).await;
            }
        };
        self.batch(batch).await
    }

    async fn batch(&mut self, batch: Batch) -> Goes<()> {
        if batch.upto == self.cursor {
            return self.wait().await;
        }
        for message in &batch.messages {
            // Nothing new is begun when the relay ends.
            if self.stopped.borrow().is_some() {
                return Err(Stopped);
            }
            self.carry(message).await?;
            if self.gone {
                return Ok(());
            }
        }
        if batch.upto > self.cursor {
            let (name, upto) = (self.route.name.clone(), batch.upto);
            self.kept(|store| store.passed(&name, upto)).await?;
            self.at(upto);
        }
        Ok(())
    }

    /// Waits for an event, or for an operator.
    async fn wait(&mut self) -> Goes<()> {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            _ = stopped.wait_for(Option::is_some) => Err(Stopped),
            () = self.outbox.moved(self.cursor) => Ok(()),
            () = sleep(POLL) => Ok(()),
        }
    }

    /// Carries one message until it is settled, or the endpoint is gone.
    async fn carry(&mut self, message: &Message) -> Goes<()> {
        let (name, at) = (self.route.name.clone(), message.sequence);
        loop {
            reach(Place::RelayRead);
            let told = self.deliver(message).await?;
            let (after, why, hopeless) = match told {
                Told::Delivered => {
                    reach(Place::RelayDelivered);
                    self.kept(|store| store.delivered(&name, at)).await?;
                    reach(Place::RelayMoved);
                    self.meters.delivered.fetch_add(1, Ordering::Relaxed);
                    self.at(at);
                    return Ok(());
                }
                Told::Gone { why } => {
                    self.meters.failed.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(endpoint = name, why, "an endpoint wants no more messages");
                    self.kept(|store| store.gone(&name, &why)).await?;
                    self.disabled(true);
                    return Ok(());
                }
                Told::Retry { after, why } => (after, why, false),
                Told::Refused { why } => (None, why, true),
            };
            self.meters.failed.fetch_add(1, Ordering::Relaxed);
            self.tries = self.tries.saturating_add(1);
            let tries = self.tries;
            if hopeless || tries >= self.route.backoff.tries {
                let id = &message.id;
                tracing::error!(endpoint = name, id, tries, why, "a message is a dead letter");
                self.kept(|store| store.buried(&name, message, tries, &why)).await?;
                self.meters.letters.fetch_add(1, Ordering::Relaxed);
                self.at(at);
                return Ok(());
            }
            let wait = self.route.backoff.wait(tries, after);
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(endpoint = name, id = message.id, tries, wait_ms, why, "not delivered");
            self.kept(|store| store.tried(&name, tries, &why)).await?;
            self.pause(wait).await?;
        }
    }

    /// Tries a letter once more.
    async fn again(&mut self, letter: &Letter) -> Goes<()> {
        let (name, at) = (self.route.name.clone(), letter.message.sequence);
        let why = match self.deliver(&letter.message).await? {
            Told::Delivered => {
                self.meters.delivered.fetch_add(1, Ordering::Relaxed);
                return self.kept(|store| store.redelivered(&name, at)).await;
            }
            Told::Retry { why, .. } | Told::Refused { why } | Told::Gone { why } => why,
        };
        self.meters.failed.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(endpoint = name, id = letter.message.id, why, "a dead letter failed again");
        self.kept(|store| store.failed_again(&name, at, &why)).await
    }

    /// Hands a message to the courier; when the relay ends, it may take so long as was said.
    async fn deliver(&self, message: &Message) -> Goes<Told> {
        let mut stopped = self.stopped.clone();
        let over = async {
            let until = stopped.wait_for(Option::is_some).await.ok().and_then(|until| *until);
            sleep_until(until.unwrap_or_else(Instant::now)).await;
        };
        tokio::select! {
            biased;
            told = self.route.courier.deliver(message) => Ok(told),
            () = over => Err(Stopped),
        }
    }

    /// Has the store do something, however long it takes until it can.
    async fn kept<T>(&self, work: impl Fn(&Store) -> Done<T>) -> Goes<T> {
        loop {
            match work(&self.store) {
                Ok(done) => return Ok(done),
                Err(error) => {
                    let why = crate::chain_of(&error);
                    let endpoint = &self.route.name;
                    tracing::error!(endpoint, why, "nothing is carried until this is kept");
                    self.pause(POLL).await?;
                }
            }
        }
    }

    async fn pause(&self, so_long: Duration) -> Goes<()> {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            _ = stopped.wait_for(Option::is_some) => Err(Stopped),
            () = sleep(so_long) => Ok(()),
        }
    }

    fn at(&mut self, cursor: u64) {
        (self.cursor, self.tries) = (cursor, 0);
        self.meters.cursor.store(cursor, Ordering::Relaxed);
    }

    fn disabled(&mut self, gone: bool) {
        self.gone = gone;
        self.meters.gone.store(gone, Ordering::Relaxed);
    }
}
