//! The HTTP door of a partition: commands, queries, slices, the event feed, and a page's files.
//!
//! Law: it knows no domain. Names, scopes and schemas are the plugin's, and so is every word of a
//! refusal; what is added here is who asks, how much he may ask for, and in which form.
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /api/commands/{Name}` | what became of it: events, position, chain |
//! | `POST /api/commands` | many, in their order, and what became of each |
//! | `POST /api/queries/{Name}` | the plugin's answer, and in headers the position it is of |
//! | `POST /api/slice` | a client's slice, as bytes, and the position it is of |
//! | `GET /api/events?after=N` | the events behind a position, and then those to come |
//! | `GET /api/events?after=N&source=S` | the same, if they are of the journal S |
//! | `GET /api/events?data=binary` | the same as the plugin's own bytes, for staff |
//! | `GET /api/description` | what the plugin says of itself |
//! | `GET /openapi.json` | all of this, as OpenAPI 3.1 |
//! | `GET /api/dead-letters[/{input}]` | inputs that the plugin could not answer |
//! | `POST /api/dead-letters/{input}/retry`, `.../drop` | what becomes of one |
//! | `GET /metrics` | what is counted, for Prometheus |
//! | `GET /health/live`, `GET /health/ready` | whether it runs, whether it takes commands |
//!
//! Everything that goes wrong is told as `application/problem+json` (RFC 9457) with a stable code.

mod about;
mod access;
mod app;
mod batch;
mod body;
mod commands;
mod cors;
mod dead_letters;
mod feed;
mod holders;
mod metrics;
mod moment;
mod observed;
mod once;
mod openapi;
mod patience;
mod problem;
mod queries;
mod rate;
mod routes;
mod server;
mod statics;
mod tls;
mod trace;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use access::{Access, Keys, KeysError};
pub use cors::{NoOrigin, Origin};
pub use openapi::document as openapi;
pub use rate::RateLimit;
pub use routes::{Route, routes};
pub use server::{Listening, Server, bind, listen};
pub use tls::{Tls, TlsError};

use crate::partition::{LinkMeters, Partition};
use crate::relay;

/// What a customer may do unless it is said otherwise.
const CUSTOMER_SCOPES: [&str; 3] = ["orders:read", "orders:write", "catalogue:read"];

/// How to serve a partition.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where to listen; port 0 for any free one.
    pub addr: SocketAddr,
    /// The folder of the page's files, served at `/`; none for the API alone.
    pub www: Option<PathBuf>,
    /// Who is let in, and as whom.
    pub access: Access,
    /// What a customer may do, where access does not say it by itself.
    pub customer_scopes: Vec<String>,
    /// The certificate to serve with; none for plain HTTP.
    pub tls: Option<Tls>,
    /// Origins of pages of other hosts that may ask.
    pub cors: Vec<Origin>,
    /// How often one caller may ask; none for as often as he likes.
    pub rate: Option<RateLimit>,
    /// Links that bring the partition the events of others, to be shown with it.
    pub links: Vec<Arc<LinkMeters>>,
    /// Whether the bare echo routes for benchmarks are there.
    pub bench: bool,
    /// How far the couriers are, to be told with the metrics.
    pub couriers: Vec<Arc<relay::Meters>>,
    /// How much is taken on.
    pub limits: HttpLimits,
}

impl HttpOptions {
    /// The usual: no page, no TLS, no pages of other hosts, no bound on how often, no benchmark
    /// routes, the limits of [`HttpLimits::default`], and for customers the scopes that a shop's
    /// front needs. Scopes that a plugin lacks give nothing.
    #[must_use]
    pub fn new(addr: SocketAddr, access: Access) -> Self {
        let customer_scopes = CUSTOMER_SCOPES.map(String::from).to_vec();
        let limits = HttpLimits::default();
        let (www, tls, rate, bench) = (None, None, None, false);
        let (cors, links, couriers) = (Vec::new(), Vec::new(), Vec::new());
        Self { addr, www, access, customer_scopes, tls, cors, rate, links, bench, couriers, limits }
    }
}

/// How much is taken on.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Time for reading a request's headers, and again for its body.
    pub reading: Duration,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Queries and slices at once; more wait, as long as `reading`, and are then told to come back.
    pub questions: usize,
    /// Event streams at once; more are told to come back.
    pub streams: usize,
    /// Event streams of one caller at once.
    pub streams_each: usize,
    /// Streams that read the journal at the same moment.
    pub feed_readers: usize,
    /// How long a stream is silent at most: a proxy drops what is silent for long.
    pub keep_alive: Duration,
    /// How long a stream may take none of what is ready before it is let go, to resume later.
    pub stalled: Duration,
    /// How long whoever asked may take nothing of an answer before his connection is ended.
    pub writing: Duration,
    /// Time for requests under way to end when the server does.
    pub drain: Duration,
}

impl Default for HttpLimits {
    /// A body of 1 MiB is an order of 10,000 lines; a stream holds less than 1 MiB, so that all of
    /// them stay within 256 MiB.
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            reading: Duration::from_secs(10),
            connections: 4_096,
            questions: 32,
            streams: 256,
            streams_each: 64,
            feed_readers: 2,
            keep_alive: Duration::from_secs(15),
            stalled: Duration::from_secs(60),
            writing: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}

/// Why a partition can't be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Demo access on an address that others can reach.
    #[error(
        "demo access believes whoever asks, so it is for loopback only, and `{0}` is not: \
         listen on 127.0.0.1 or [::1], or ask callers for tokens with --auth-keys FILE"
    )]
    NotLoopback(SocketAddr),
    /// The address can't be had.
    #[error("can't listen on `{addr}`: end what has it, or name another address with --addr")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The page's folder is not there.
    #[error("the folder of the page's files `{}` is not there", .0.display())]
    NoPage(PathBuf),
}

/// Serves a partition until `shutdown` is done: then accepts nobody, ends the streams, and lets
/// requests under way come to their end.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    partition: Arc<Partition>,
    options: HttpOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    bind(partition, options).await?.run(shutdown).await;
    Ok(())
}
