//! `GET /metrics`: what the partition and the server count, in the text format of OpenMetrics.
//!
//! Law: whoever asks reads atomics: no thread of the partition waits for him. Names of commands
//! are the plugin's; their number is bounded by its description.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use super::access::{METRICS, STAFF, Who};
use super::app::{App, hex};
use super::problem::Problem;
use crate::partition::{Became, LinkMeters, Measured, Meters, Partition};
use crate::relay;

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper bounds of the times of requests, in seconds.
const TIMES: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// A request as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Asked {
    pub(super) route: String,
    pub(super) method: &'static str,
    /// The class of its status, such as `2xx`.
    pub(super) status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// All that can be read.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Requests,
}

/// What is counted of requests; clones count together.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    answered: Family<Asked, Counter>,
    times: Family<Route, Histogram, fn() -> Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        let times = Family::new_with_constructor((|| Histogram::new(TIMES)) as fn() -> Histogram);
        Self { answered: Family::default(), times }
    }
}

impl Metrics {
    pub(super) fn new(watched: Watched) -> Self {
        let (mut registry, requests) = (Registry::default(), watched.requests.clone());
        registry.register_collector(Box::new(watched));
        Self { registry, requests }
    }

    /// Counts a request.
    pub(super) fn answered(&self, asked: Asked, took: Duration) {
        let route = Route { route: asked.route.clone() };
        self.requests.answered.get_or_create(&asked).inc();
        self.requests.times.get_or_create(&route).observe(took.as_secs_f64());
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
) -> Result<Response, Problem> {
    who.needs(STAFF).or_else(|_| who.needs(METRICS))?;
    let mut text = String::new();
    // Writing a text into memory has no way to fail.
    let _ = encode(&mut text, &app.metrics.registry);
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What is read at the moment of asking.
#[derive(Debug)]
pub(super) struct Watched {
    partition: Arc<Partition>,
    questions: (Arc<Semaphore>, usize),
    waiting: Arc<AtomicU64>,
    streams: (Arc<Semaphore>, usize),
    failed: Arc<AtomicBool>,
    /// Seconds since the epoch.
    started: f64,
    /// Commands by name, each with its kinds: a name has one for each version of its form.
    commands: BTreeMap<String, Vec<u16>>,
    requests: Requests,
    couriers: Vec<Arc<relay::Meters>>,
    links: Vec<Arc<LinkMeters>>,
}

impl Watched {
    /// The semaphores are of questions and streams; of each so many permits are there in all, and
    /// of questions some wait for one.
    pub(super) fn new(
        partition: Arc<Partition>,
        (semaphore, all, waiting): (Arc<Semaphore>, usize, Arc<AtomicU64>),
        streams: (Arc<Semaphore>, usize),
        failed: Arc<AtomicBool>,
        links: Vec<Arc<LinkMeters>>,
    ) -> Self {
        let questions = (semaphore, all);
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut commands: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        for (kind, command) in (0..).zip(&partition.description().commands) {
            commands.entry(command.name.clone()).or_default().push(kind);
        }
        let (started, requests) = (started.as_secs_f64(), Requests::default());
        let couriers = Vec::new();
        Self {
            partition,
            questions,
            waiting,
            streams,
            failed,
            started,
            commands,
            requests,
            couriers,
            links,
        }
    }

    /// And of these endpoints.
    pub(super) fn and(self, couriers: Vec<Arc<relay::Meters>>) -> Self {
        Self { couriers, ..self }
    }

    /// What links bring, by the journal it comes from; no sample where there are none.
    fn links(&self, page: &mut Page<'_>) -> fmt::Result {
        let help = "Events of another journal that were brought here, by what became of them";
        let mut all =
            page.0.encode_descriptor("earmark_link_events", help, None, MetricType::Counter)?;
        for link in &self.links {
            let (source, became) = (
                link.source(),
                [
                    ("heard", &link.heard),
                    ("refused", &link.refused),
                    ("dead", &link.dead),
                    ("again", &link.again),
                ],
            );
            for (outcome, count) in became {
                let labels = [("source", source.as_str()), ("outcome", outcome)];
                let count = count.get();
                all.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
            }
        }
        let help = "Events of another journal that were not looked at yet, as far as is known";
        let mut all =
            page.0.encode_descriptor("earmark_link_behind", help, None, MetricType::Gauge)?;
        for link in &self.links {
            let labels = [("source", link.source())];
            all.encode_family(&labels)?.encode_gauge(&link.behind())?;
        }
        let help = "1 while the events of another journal are followed, 0 while they are not";
        let mut all =
            page.0.encode_descriptor("earmark_link_following", help, None, MetricType::Gauge)?;
        for link in &self.links {
            let labels = [("source", link.source())];
            let follows = u64::from(link.state().0 == "following");
            all.encode_family(&labels)?.encode_gauge(&follows)?;
        }
        Ok(())
    }

    fn server(&self, page: &mut Page<'_>) -> fmt::Result {
        let (says, header) = (self.partition.description(), self.partition.header());
        let labels = [
            ("version", env!("CARGO_PKG_VERSION").to_string()),
            ("plugin", says.name.clone()),
            ("plugin_version", says.version.clone()),
            ("plugin_digest", hex(&self.partition.plugin_digest())),
            ("journal", hex(&header.id)),
        ];
        page.0
            .encode_descriptor("earmark_build", "What runs", None, MetricType::Info)?
            .encode_info(&labels)?;
        let help = "When the server took its address, in seconds since the epoch";
        page.0
            .encode_descriptor("earmark_start_time_seconds", help, None, MetricType::Gauge)?
            .encode_gauge(&self.started)?;
        let ready = u64::from(!self.failed.load(Ordering::Relaxed));
        page.gauge("earmark_ready", "1 while commands are taken, 0 when no more are", ready)?;
        let held = |(semaphore, all): &(Arc<Semaphore>, usize)| {
            u64::try_from(all.saturating_sub(semaphore.available_permits())).unwrap_or(0)
        };
        page.gauge("earmark_streams", "Streams of events that are open", held(&self.streams))?;
        let help = "Queries and slices that had their turn and are not yet answered";
        page.gauge("earmark_questions", help, held(&self.questions))?;
        let help = "Queries and slices that wait for their turn to be asked";
        let waiting = self.waiting.load(Ordering::Relaxed);
        page.gauge("earmark_questions_waiting", help, waiting)
    }

    fn requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let (name, help) = ("earmark_http_requests", "Requests that were answered");
        let Requests { answered, times } = &self.requests;
        answered.encode(page.0.encode_descriptor(name, help, None, answered.metric_type())?)?;
        let name = "earmark_http_request_duration_seconds";
        let help = "Time from a request's headers to those of its answer";
        times.encode(page.0.encode_descriptor(name, help, None, times.metric_type())?)
    }

    fn inputs(&self, page: &mut Page<'_>, meters: &Meters) -> fmt::Result {
        let help = "Inputs decided on, ticks too, by command and what became of them";
        let mut all =
            page.0.encode_descriptor("earmark_inputs", help, None, MetricType::Counter)?;
        for (command, kinds) in &self.commands {
            for became in Became::ALL {
                let labels = [("command", command.as_str()), ("outcome", became.name())];
                let count: u64 = kinds.iter().map(|kind| meters.inputs(*kind, became)).sum();
                all.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
            }
        }
        page.counter("earmark_turns", "Turns decided on: one record each", meters.turns.get())?;
        let help = "Inputs handed in again, and answered without being carried out again";
        page.counter("earmark_repeats", help, meters.repeats.get())?;
        let help = "Inputs handed in and not yet in a turn";
        page.gauge("earmark_queue_inputs", help, meters.queued.get())?;
        page.histogram("earmark_turn_inputs", "Inputs of a turn", &meters.turn_inputs.read())
    }

    fn work(&self, page: &mut Page<'_>, meters: &Meters) -> fmt::Result {
        let help = "Time to decide on a turn, its witness included";
        page.histogram("earmark_decide_seconds", help, &meters.decide.read())?;
        let help = "Time until a turn's record was durable";
        page.histogram("earmark_append_seconds", help, &meters.append.read())?;
        let help = "Time in which the follower applied a turn";
        page.histogram("earmark_apply_seconds", help, &meters.apply.read())?;
        let followed = meters.followed.get();
        // Read after it: the follower is never ahead.
        let position = *self.partition.position().borrow();
        page.gauge("earmark_journal_inputs", "Inputs that are durable", position.inputs)?;
        page.gauge("earmark_journal_events", "Events that are durable", position.events)?;
        let help = "Inputs that are durable and not yet in the state that questions are asked of";
        let lag = position.inputs.saturating_sub(followed);
        page.gauge("earmark_follower_lag_inputs", help, lag)
    }

    fn couriers(&self, page: &mut Page<'_>) -> fmt::Result {
        if self.couriers.is_empty() {
            return Ok(());
        }
        let end = self.partition.position().borrow().events;
        let lag = |one: &relay::Meters| end.saturating_sub(one.cursor());
        let gone = |one: &relay::Meters| u64::from(one.is_gone());
        let help = "Events that are durable and not yet settled, by endpoint";
        self.levels(page, "earmark_courier_lag_events", help, lag)?;
        let help = "1 while an endpoint is disabled, since it answered that it is gone";
        self.levels(page, "earmark_courier_disabled", help, gone)?;
        let help = "Messages that were delivered, by endpoint";
        self.counts(page, "earmark_courier_deliveries", help, relay::Meters::delivered)?;
        let help = "Tries of deliveries that failed, by endpoint";
        self.counts(page, "earmark_courier_failures", help, relay::Meters::failed)?;
        let help = "Messages that became dead letters, by endpoint";
        self.counts(page, "earmark_courier_dead_letters", help, relay::Meters::letters)
    }

    fn levels(
        &self,
        page: &mut Page<'_>,
        name: &str,
        help: &str,
        of: impl Fn(&relay::Meters) -> u64,
    ) -> fmt::Result {
        let mut all = page.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for one in &self.couriers {
            all.encode_family(&[("endpoint", one.name.as_str())])?.encode_gauge(&of(one))?;
        }
        Ok(())
    }

    fn counts(
        &self,
        page: &mut Page<'_>,
        name: &str,
        help: &str,
        of: impl Fn(&relay::Meters) -> u64,
    ) -> fmt::Result {
        let mut all = page.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for one in &self.couriers {
            let labels = [("endpoint", one.name.as_str())];
            all.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&of(one), None)?;
        }
        Ok(())
    }

    fn trouble(&self, page: &mut Page<'_>, meters: &Meters) -> fmt::Result {
        let help = "Snapshots that were saved, and the time each took";
        page.histogram("earmark_snapshot_seconds", help, &meters.snapshots.read())?;
        let help = "The time in which questions waited for a snapshot to be made";
        let pauses = meters.snapshot_pauses.read();
        page.histogram("earmark_snapshot_pause_seconds", help, &pauses)?;
        let help = "Snapshots that could not be saved";
        page.counter("earmark_snapshots_failed", help, meters.snapshots_failed.get())?;
        let help = "Bodies of the plugin that failed and were made anew, by whose they were";
        let name = "earmark_body_replacements";
        let mut all = page.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (of, count) in
            [("leader", &meters.leader_bodies), ("follower", &meters.follower_bodies)]
        {
            let (labels, count) = ([("of", of)], count.get());
            all.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
        }
        let help = "Questions that made the plugin fail: whoever asked is barred for a while";
        page.counter("earmark_questions_failed", help, meters.questions_failed.get())?;
        let help = "Questions that were not asked, since whoever asked is barred";
        page.counter("earmark_questions_barred", help, meters.questions_barred.get())
    }
}

impl Collector for Watched {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (page, meters) = (&mut Page(encoder), self.partition.meters());
        self.server(page)?;
        self.requests(page)?;
        self.inputs(page, meters)?;
        self.work(page, meters)?;
        self.trouble(page, meters)?;
        self.couriers(page)?;
        self.links(page)
    }
}

/// Where metrics are written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.0
            .encode_descriptor(name, help, None, MetricType::Counter)?
            .encode_counter::<NoLabelSet, _, f64>(&value, None)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    fn histogram(&mut self, name: &str, help: &str, read: &Measured) -> fmt::Result {
        self.0
            .encode_descriptor(name, help, None, MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(read.sum, read.count, &read.buckets, None)
    }
}
