//! The HTTP door of a partition: commands, queries, slices, the event feed, and a page's files.
//!
//! Law: it knows no domain. Names, scopes and schemas are the plugin's, and so is every word of a
//! refusal; what is added here is who asks, how much he may ask for, and in which form.
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /api/commands/{Name}` | what became of it: events, position, chain |
//! | `POST /api/queries/{Name}` | the plugin's answer, and in headers the position it is of |
//! | `POST /api/slice` | a client's slice, as bytes, and the position it is of |
//! | `GET /api/events?after=N` | the events behind a position, and then those to come |
//! | `GET /api/description` | what the plugin says of itself |
//! | `GET /metrics` | what is counted, for Prometheus |
//! | `GET /health/live`, `GET /health/ready` | whether it runs, whether it takes commands |
//!
//! Everything that goes wrong is told as `application/problem+json` (RFC 9457) with a stable code.

mod about;
mod access;
mod app;
mod body;
mod commands;
mod feed;
mod metrics;
mod moment;
mod observed;
mod problem;
mod queries;
mod server;
mod statics;
mod trace;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub use access::Access;
pub use server::{Server, bind};

use crate::partition::Partition;
use app::App;

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
    /// Whether the bare echo routes for benchmarks are there.
    pub bench: bool,
    /// How much is taken on.
    pub limits: HttpLimits,
}

impl HttpOptions {
    /// The usual: no page, no benchmark routes, the limits of [`HttpLimits::default`], and for
    /// customers the scopes that a shop's front needs. Scopes that a plugin lacks give nothing.
    #[must_use]
    pub fn new(addr: SocketAddr, access: Access) -> Self {
        let customer_scopes = CUSTOMER_SCOPES.map(String::from).to_vec();
        let limits = HttpLimits::default();
        Self { addr, www: None, access, customer_scopes, bench: false, limits }
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
    /// Streams that read the journal at the same moment.
    pub feed_readers: usize,
    /// How long a stream is silent at most: a proxy drops what is silent for long.
    pub keep_alive: Duration,
    /// How long a stream may take none of what is ready before it is let go, to resume later.
    pub stalled: Duration,
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
            feed_readers: 2,
            keep_alive: Duration::from_secs(15),
            stalled: Duration::from_secs(60),
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
         listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The address can't be had.
    #[error("can't listen on `{addr}`")]
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

/// All routes.
fn router(app: &Arc<App>, options: &HttpOptions) -> Router {
    let mut router = Router::new()
        .route("/api/commands/{name}", post(commands::command))
        .route("/api/queries/{name}", post(queries::query))
        .route("/api/slice", post(queries::slice))
        .route("/api/events", get(feed::events))
        .route("/api/description", get(about::description))
        .route("/metrics", get(metrics::metrics))
        .route("/health/live", get(about::live))
        .route("/health/ready", get(about::ready));
    if options.bench {
        router = router.route("/echo", get(about::hello)).route("/bench/echo", post(about::echo));
    }
    let router = router.method_not_allowed_fallback(problem::wrong_method);
    match &options.www {
        Some(folder) => {
            let page = statics::Page::new(folder);
            router.fallback(move |request| statics::file(page.clone(), request))
        }
        None => router.fallback(problem::unknown_path),
    }
    .layer(from_fn_with_state(Arc::clone(app), observed::request))
    .with_state(Arc::clone(app))
}
