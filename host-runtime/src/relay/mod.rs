//! The relay: carries the events of a journal to endpoints, each at least once and in order.
//!
//! ```text
//!  journal --> outbox --> endpoint (cursor, tries, letters) --> courier --> whoever listens
//!                    '--> endpoint ...
//! ```
//!
//! Law: the journal is the outbox, and a cursor is all that an endpoint adds to it. Each endpoint
//! has its own cursor, order and thread: one that is slow or dead delays nobody else. A cursor
//! passes a message when it was delivered, or is kept as a letter; so nothing is lost.

mod backoff;
pub mod contract;
mod endpoint;
mod outbox;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

pub use backoff::Backoff;
pub use outbox::{Batch, Journalled, Outbox, Waiting};
pub use store::{FILE, Letter, Standing, Store, StoreError};

use crate::courier::Courier;
use endpoint::Endpoint;

/// One endpoint: who is told of what, and how.
pub struct Route {
    /// Its name, under which its cursor is kept.
    pub name: String,
    /// The event behind which a new endpoint begins; 0 for all of them.
    pub after: u64,
    /// The CloudEvents types that it is told of; all if there are none.
    pub types: Option<Vec<String>>,
    /// When a message is tried again.
    pub backoff: Backoff,
    /// What carries to it.
    pub courier: Arc<dyn Courier>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a relay can't begin.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Where the endpoints stand can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An endpoint stands behind the journal's end: it was of a longer journal.
    #[error(
        "endpoint `{name}` stands at event {cursor}, and the journal ends with {end}: it is an \
         older copy of the journal. Move `couriers.sqlite` away, and say with `after` where the \
         endpoint begins"
    )]
    Ahead {
        /// The endpoint.
        name: String,
        /// Where it stands.
        cursor: u64,
        /// The last event.
        end: u64,
    },
    /// A new endpoint is to begin behind the journal's end.
    #[error(
        "endpoint `{name}` is to begin behind event {after}, and the journal ends with {end}: say \
         with `after` an event that is there, or 0 for the first"
    )]
    After {
        /// The endpoint.
        name: String,
        /// Where it is to begin.
        after: u64,
        /// The last event.
        end: u64,
    },
    /// Events that an endpoint has still to get were taken out of the journal.
    #[error(
        "endpoint `{name}` stands at event {cursor}, and the journal has none up to {first} any \
         more: serve the whole journal until it has them (`earmark rejoin`), or give the endpoint \
         another name, with `after = {first}`"
    )]
    TakenOut {
        /// The endpoint.
        name: String,
        /// Where it stands.
        cursor: u64,
        /// The last event that was taken out.
        first: u64,
    },
    /// A thread can't be had.
    #[error("there is no thread for endpoint `{name}`")]
    Thread {
        /// The endpoint.
        name: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// What is counted of an endpoint, since the relay began.
#[derive(Debug, Default)]
pub struct Meters {
    /// Its name.
    pub name: String,
    cursor: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    letters: AtomicU64,
    gone: AtomicBool,
}

impl Meters {
    /// The last event that is settled.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        self.cursor.load(Ordering::Relaxed)
    }

    /// Messages that were delivered.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Tries that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Messages that became letters.
    #[must_use]
    pub fn letters(&self) -> u64 {
        self.letters.load(Ordering::Relaxed)
    }

    /// Whether it said that it wants no more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

/// A relay at work. Dropped, it gives up the deliveries that are under way: they will be repeated.
#[derive(Debug)]
pub struct Relay {
    /// Until when what is under way may end, once it is told to end.
    stop: watch::Sender<Option<Instant>>,
    threads: Vec<JoinHandle<()>>,
    meters: Vec<Arc<Meters>>,
}

impl Relay {
    /// Begins to carry, where each endpoint stands.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn start(
        outbox: &Arc<dyn Outbox>,
        store: &Store,
        routes: Vec<Route>,
    ) -> Result<Self, RelayError> {
        let (stop, stopped) = watch::channel(None);
        let mut relay = Self { stop, threads: Vec::new(), meters: Vec::new() };
        for route in routes {
            let name = route.name.clone();
            let endpoint = Endpoint::new(route, outbox, store, stopped.clone())?;
            relay.meters.push(endpoint.meters());
            let cannot = |source| RelayError::Thread { name: name.clone(), source };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(cannot)?;
            let thread = std::thread::Builder::new().name(format!("courier-{name}"));
            let work = move || runtime.block_on(endpoint.run());
            relay.threads.push(thread.spawn(work).map_err(cannot)?);
        }
        Ok(relay)
    }

    /// What is counted of each endpoint.
    #[must_use]
    pub fn meters(&self) -> Vec<Arc<Meters>> {
        self.meters.clone()
    }

    /// Ends when what is under way was answered, or so much time is over; then it is as dropped.
    pub fn close(self, grace: Duration) {
        self.end(grace);
    }

    fn end(&self, grace: Duration) {
        let now = Instant::now();
        self.stop.send_replace(Some(now.checked_add(grace).unwrap_or(now)));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.stop.borrow().is_none() {
            self.end(Duration::ZERO);
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("the thread of an endpoint panicked");
            }
        }
    }
}
