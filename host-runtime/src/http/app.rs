//! What all requests share: the partition, and what its description comes to.
//!
//! Law: everything here is made once, from the description; a request only looks it up.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Bytes;
use earmark_abi::Description;
use tokio::sync::{Semaphore, watch};

use super::access::{FLOW, Gate};
use super::feed::Readers;
use super::holders::Holders;
use super::metrics::{Metrics, Watched};
use super::problem::Problem;
use super::rate::Buckets;
use super::{HttpOptions, ServeError, about, moment, openapi};
pub(super) use crate::hex;
use crate::partition::{Contents, LinkMeters, NotAccepted, Partition, Position, source_of};

/// A command or a query, by its name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) kind: u16,
    pub(super) scope: String,
    /// The property of a query that is the moment of asking, if it has one.
    pub(super) moment: Option<String>,
}

/// What all requests share.
#[derive(Debug)]
pub(super) struct App {
    pub(super) partition: Arc<Partition>,
    pub(super) position: watch::Receiver<Position>,
    pub(super) gate: Gate,
    /// How often each caller may ask, if that is bounded.
    pub(super) buckets: Option<Buckets>,
    pub(super) limits: super::HttpLimits,
    commands: HashMap<String, Named>,
    queries: HashMap<String, Named>,
    /// The description, as JSON.
    pub(super) description: Bytes,
    /// The API, as an OpenAPI document in JSON.
    pub(super) openapi: Bytes,
    /// The `source` of the journal's events.
    pub(super) source: String,
    /// Queries and slices at once.
    pub(super) questions: Arc<Semaphore>,
    /// Questions that wait for their turn.
    pub(super) waiting: Arc<AtomicU64>,
    pub(super) streams: Arc<Semaphore>,
    /// How many of them each caller has.
    pub(super) holders: Arc<Holders>,
    pub(super) readers: Readers,
    /// True when the server ends.
    pub(super) closing: watch::Receiver<bool>,
    /// Set when the partition takes no commands any more.
    failed: Arc<AtomicBool>,
    pub(super) metrics: Metrics,
    /// What brings the partition the events of others.
    pub(super) links: Vec<Arc<LinkMeters>>,
}

impl App {
    pub(super) fn new(
        partition: Arc<Partition>,
        options: &HttpOptions,
        closing: watch::Receiver<bool>,
    ) -> Result<Self, ServeError> {
        let says = Arc::clone(partition.description());
        let commands = (0..)
            .zip(&says.commands)
            .filter(|(kind, one)| one.scope != FLOW && says.tick != Some(*kind));
        let commands = commands.map(|(kind, one)| named(kind, &one.name, &one.scope, "")).collect();
        let queries = (0..).zip(&says.queries);
        let queries =
            queries.map(|(kind, one)| named(kind, &one.name, &one.scope, &one.schema)).collect();
        let limits = options.limits.clone();
        let questions = Arc::new(Semaphore::new(limits.questions));
        let streams = Arc::new(Semaphore::new(limits.streams));
        let (failed, waiting) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let watched = Watched::new(
            Arc::clone(&partition),
            (Arc::clone(&questions), limits.questions, Arc::clone(&waiting)),
            (Arc::clone(&streams), limits.streams),
            Arc::clone(&failed),
            options.links.clone(),
        );
        Ok(Self {
            position: partition.position(),
            gate: Gate::new(options, &says)?,
            buckets: options.rate.map(|limit| Buckets::new(limit, Instant::now())),
            commands,
            queries,
            description: about::describe(&says),
            openapi: Bytes::from(openapi::document(&says).to_string()),
            source: source_of(partition.header()),
            questions,
            waiting,
            streams,
            holders: Arc::default(),
            metrics: Metrics::new(watched.and(options.couriers.clone())),
            links: options.links.clone(),
            readers: Readers::new(limits.feed_readers),
            limits,
            closing,
            failed,
            partition,
        })
    }

    pub(super) fn says(&self) -> &Description {
        self.partition.description()
    }

    pub(super) fn command(&self, name: &str) -> Result<&Named, Problem> {
        look_up(&self.commands, "command", name)
    }

    pub(super) fn query(&self, name: &str) -> Result<&Named, Problem> {
        look_up(&self.queries, "query", name)
    }

    /// The name of a kind of event.
    pub(super) fn event_name(&self, kind: u16) -> &str {
        self.says().events.get(usize::from(kind)).map_or("", |event| event.name.as_str())
    }

    /// The contents of an event. It is durable: whoever looks on goes on, and is told if the plugin
    /// can't read it.
    pub(super) fn contents(&self, kind: u16, body: &[u8]) -> Contents {
        let contents = Contents::of(self.partition.translator(), kind, body);
        if let Some(why) = &contents.unreadable {
            tracing::error!(kind, why, "the plugin can't read an event of its own");
        }
        contents
    }

    /// Takes note of a partition that fails for good.
    pub(super) fn heard(&self, why: &NotAccepted) {
        match why {
            NotAccepted::Closed | NotAccepted::Storage(_) | NotAccepted::Plugin(_) => {
                self.failed.store(true, Ordering::Relaxed);
            }
            NotAccepted::Busy
            | NotAccepted::LongAgo { .. }
            | NotAccepted::Otherwise { .. }
            | NotAccepted::Crowded { .. }
            | NotAccepted::Dead { .. } => {}
        }
    }

    /// Whether commands are taken.
    pub(super) fn is_ready(&self) -> bool {
        !self.failed.load(Ordering::Relaxed) && !*self.closing.borrow()
    }
}

fn named(kind: u16, name: &str, scope: &str, schema: &str) -> (String, Named) {
    (name.to_string(), Named { kind, scope: scope.to_string(), moment: moment::named_by(schema) })
}

fn look_up<'a>(
    all: &'a HashMap<String, Named>,
    what: &str,
    name: &str,
) -> Result<&'a Named, Problem> {
    all.get(name).ok_or_else(|| {
        let mut known: Vec<&str> = all.keys().map(String::as_str).collect();
        known.sort_unstable();
        Problem::unknown(what, name, &known)
    })
}
