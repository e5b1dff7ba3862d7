//! The server: a socket, its connections, and their end.
//!
//! Law: a request that was taken on is answered, also while the server ends, within a bound.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::app::App;
use super::patience::Patient;
use super::routes::{Peer, router};
use super::tls::Tls;
use super::{HttpOptions, ServeError, access};
use crate::partition::Partition;

/// How long to wait when no connection can be accepted (too many open files, say).
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// A server that has its address, and waits to be run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    app: Arc<App>,
    router: Router,
    close: watch::Sender<bool>,
    tls: Option<Tls>,
}

/// An address that is taken, before there is anything to serve.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    addr: SocketAddr,
}

/// Takes the address; from then on connections wait to be accepted. Whoever makes what is to be
/// served after this makes nothing in vain.
///
/// # Errors
/// [`ServeError`].
pub async fn listen(options: &HttpOptions) -> Result<Listening, ServeError> {
    if let Some(folder) = options.www.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(ServeError::NoPage(folder.clone()));
    }
    access::check(options)?;
    let cannot = |source| ServeError::Bind { addr: options.addr, source };
    let listener = TcpListener::bind(options.addr).await.map_err(cannot)?;
    let addr = listener.local_addr().map_err(cannot)?;
    Ok(Listening { listener, addr })
}

impl Listening {
    /// What serves a partition at this address.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn over(
        self,
        partition: Arc<Partition>,
        options: HttpOptions,
    ) -> Result<Server, ServeError> {
        let (close, closing) = watch::channel(false);
        let app = Arc::new(App::new(partition, &options, closing)?);
        let router = router(&app, &options);
        let (Self { listener, addr }, tls) = (self, options.tls);
        Ok(Server { listener, addr, app, router, close, tls })
    }
}

/// Takes the address, to serve a partition there.
///
/// # Errors
/// [`ServeError`].
pub async fn bind(partition: Arc<Partition>, options: HttpOptions) -> Result<Server, ServeError> {
    listen(&options).await?.over(partition, options)
}

impl Server {
    /// The address it has.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `shutdown` is done, and then until everybody is served, or the time for that
    /// is over. The partition is then free to be dropped (which blocks: not on a thread that serves
    /// others).
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, app, router, close, tls, .. } = self;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(app.limits.reading);
        let tls = tls.as_ref().map(Tls::acceptor);
        let door = Door { http, service: TowerToHyperService::new(router), tls };
        let places = Arc::new(Semaphore::new(app.limits.connections.max(1)));
        let mut open = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let (stream, peer, place) = tokio::select! {
                () = &mut shutdown => break,
                Some(_) = open.join_next() => continue,
                accepted = accept(&listener, &places) => accepted,
            };
            let (door, closing) = (door.clone(), close.subscribe());
            let reading = app.limits.reading;
            let stream = Patient::new(stream, app.limits.writing);
            open.spawn(async move {
                door.open(stream, Peer(peer.ip()), reading, closing).await;
                drop(place);
            });
        }
        drop(listener);
        close.send_replace(true);
        let streams = u32::try_from(app.limits.streams).unwrap_or(u32::MAX);
        let drained = async {
            while open.join_next().await.is_some() {}
            // Streams have tasks of their own.
            drop(app.streams.acquire_many(streams).await);
        };
        if tokio::time::timeout(app.limits.drain, drained).await.is_err() {
            tracing::warn!(left = open.len(), "connections were cut off when the server ended");
            open.shutdown().await;
        }
    }
}

/// What a connection is served with.
#[derive(Clone)]
struct Door {
    http: http1::Builder,
    service: TowerToHyperService<Router>,
    tls: Option<TlsAcceptor>,
}

impl Door {
    /// Serves a connection, after the handshake if there is one. Whoever does not end that in time
    /// holds only his own place, and only so long.
    async fn open(
        &self,
        stream: Patient<TcpStream>,
        peer: Peer,
        reading: Duration,
        mut closing: watch::Receiver<bool>,
    ) {
        let Some(tls) = &self.tls else { return self.converse(stream, peer, closing).await };
        let handshake = tokio::time::timeout(reading, tls.accept(stream));
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = until(&mut closing) => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.converse(stream, peer, closing).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake was not done in time"),
        }
    }

    /// Answers the requests of a connection.
    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: Peer,
        mut closing: watch::Receiver<bool>,
    ) {
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            self.service.call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = until(&mut closing) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// Waits until the server ends.
pub(super) async fn until(closing: &mut watch::Receiver<bool>) {
    drop(closing.wait_for(|closing| *closing).await);
}

/// The next connection, when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole; waiting for more only delays them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection without `nodelay`");
                }
                return (stream, peer, place);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}
