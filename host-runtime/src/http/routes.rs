//! All routes, as a table; and what every request passes before its own.
//!
//! Law: a route is closed unless the table says that it is open, so that one that is forgotten lets
//! nobody in.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};

use super::access::Who;
use super::app::App;
use super::problem::{self, Problem};
use super::rate::Asker;
use super::{
    HttpOptions, about, batch, commands, cors, dead_letters, feed, metrics, observed, queries,
    statics,
};

/// A route of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method; `GET` answers `HEAD` too.
    pub method: &'static str,
    /// The path, with `{name}` for what differs.
    pub path: &'static str,
    /// Whether anybody is answered, whoever he is.
    pub open: bool,
    /// Whether it is there for benchmarks only.
    pub bench: bool,
}

type At = fn() -> MethodRouter<Arc<App>>;

const EVENTS: &str = "/api/events";
const HEALTH: &str = "/health/";

const TABLE: [(Route, At); 16] = [
    (closed("POST", "/api/commands"), || post(batch::commands)),
    (closed("POST", "/api/commands/{name}"), || post(commands::command)),
    (closed("POST", "/api/queries/{name}"), || post(queries::query)),
    (closed("POST", "/api/slice"), || post(queries::slice)),
    (closed("GET", EVENTS), || get(feed::events)),
    (closed("GET", "/api/dead-letters"), || get(dead_letters::list)),
    (closed("GET", "/api/dead-letters/{input}"), || get(dead_letters::show)),
    (closed("POST", "/api/dead-letters/{input}/retry"), || post(dead_letters::retry)),
    (closed("POST", "/api/dead-letters/{input}/drop"), || post(dead_letters::give_up)),
    (closed("GET", "/metrics"), || get(metrics::metrics)),
    // The same for everybody, without a word about anybody: a client needs it to know what to ask
    // for, and which scopes its token has to have.
    (open("GET", "/api/description"), || get(about::description)),
    (open("GET", "/openapi.json"), || get(about::openapi)),
    (open("GET", "/health/live"), || get(about::live)),
    (open("GET", "/health/ready"), || get(about::ready)),
    (bench("GET", "/echo"), || get(about::hello)),
    (bench("POST", "/bench/echo"), || post(about::echo)),
];

const fn closed(method: &'static str, path: &'static str) -> Route {
    Route { method, path, open: false, bench: false }
}

const fn open(method: &'static str, path: &'static str) -> Route {
    Route { open: true, ..closed(method, path) }
}

const fn bench(method: &'static str, path: &'static str) -> Route {
    Route { bench: true, ..open(method, path) }
}

/// All routes of the API, as they are served. A page's files are no part of it: they are open.
pub fn routes() -> impl Iterator<Item = Route> {
    TABLE.iter().map(|(route, _)| *route)
}

/// What serves the routes.
pub(super) fn router(app: &Arc<App>, options: &HttpOptions) -> Router {
    let served = TABLE.iter().filter(|(route, _)| options.bench || !route.bench);
    let router = served.fold(Router::new(), |router, (route, at)| match route.open {
        true => router.route(route.path, at()),
        false => router.route(route.path, at().route_layer(from_fn(let_in))),
    });
    let router = router.method_not_allowed_fallback(problem::wrong_method);
    let router = match &options.www {
        Some(folder) => {
            let page = statics::Page::new(folder);
            router.fallback(move |request| statics::file(page.clone(), request))
        }
        None => router.fallback(problem::unknown_path),
    };
    let router = router.layer(from_fn_with_state(Arc::clone(app), meet));
    let router = match cors::layer(&options.cors) {
        Some(layer) => router.layer(layer),
        None => router,
    };
    let router = router.layer(from_fn_with_state(Arc::clone(app), observed::request));
    router.with_state(Arc::clone(app))
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Finds out who asks, and whether he asks too often.
async fn meet(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    // A probe that is turned away takes the whole server for dead.
    if path.starts_with(HEALTH) {
        return next.run(request).await;
    }
    let said = if path == EVENTS { feed::said(request.uri()) } else { None };
    let who = app.gate.who(request.headers(), said.as_deref());
    let mut left = None;
    if let Some(buckets) = &app.buckets {
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(Peer(ip))| ip);
        let proven = who.as_ref().ok().and_then(Who::proven);
        let asker = proven.map_or_else(|| Asker::peer(peer), Asker::subject);
        request.extensions_mut().insert(asker.clone());
        let taken = buckets.take(asker, Instant::now());
        if let Some(seconds) = taken.wait_seconds {
            let mut response = Problem::too_often(seconds).into_response();
            buckets.tell(&taken, response.headers_mut());
            return response;
        }
        left = Some(taken);
    }
    request.extensions_mut().insert(who);
    let mut response = next.run(request).await;
    if let (Some(buckets), Some(taken)) = (&app.buckets, &left) {
        buckets.tell(taken, response.headers_mut());
    }
    response
}

/// Lets in whoever is somebody.
async fn let_in(
    who: Option<Extension<Result<Who, Problem>>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let nobody = || Problem::unauthorized("caller-unclear", "nobody asks");
    let Extension(who) = who.ok_or_else(nobody)?;
    request.extensions_mut().insert(who?);
    Ok(next.run(request).await)
}
