//! The HTTP client that leaves this process: HTTP/1.1, plain or over TLS.
//!
//! Law: whoever is asked can hold up nobody: to connect, to answer and the answer itself are
//! bounded. No redirect is followed, so nobody is asked but whom the operator named.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{HOST, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// How long whoever is asked may take, and how much he may say.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until there is a connection, with the handshake of TLS.
    pub connect: Duration,
    /// From the first byte of the request to the last of the answer; of a streamed one, to the
    /// end of its headers.
    pub answer: Duration,
    /// The bytes of an answer that is read as a whole, and of one piece of a streamed one.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let (connect, answer) = (Duration::from_secs(5), Duration::from_secs(15));
        Self { connect, answer, bytes: 64 << 10 }
    }
}

/// What is asked of whom.
#[derive(Debug, Clone)]
pub struct Ask {
    /// How.
    pub method: Method,
    /// Whom, and for what: `http://` or `https://`.
    pub url: Uri,
    /// Further headers; `host` is set from the URL.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; it may be empty.
    pub body: Bytes,
}

/// An answer, read as a whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status; 3xx is an answer like any other.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// An answer that is read piece by piece, as server-sent events are.
pub struct Streamed {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    place: String,
    body: Incoming,
    most: usize,
    /// While it is there the connection is.
    _sender: SendRequest<Body>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL can't be asked.
    #[error("`{url}` can't be asked: {why}")]
    Url {
        /// The URL, without a password.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It took too long.
    #[error("`{place}` did not {what} within {} ms", .limit.as_millis())]
    Late {
        /// Host and port.
        place: String,
        /// What it should have done.
        what: &'static str,
        /// The bound.
        limit: Duration,
    },
    /// Nobody is there, or what is there can't be trusted.
    #[error("can't connect to `{place}`")]
    Connect {
        /// Host and port.
        place: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The connection broke, or what came is no HTTP.
    #[error("`{place}` broke off")]
    Broken {
        /// Host and port.
        place: String,
        /// How.
        source: hyper::Error,
    },
    /// The answer is too large.
    #[error("`{place}` answers with more than {most} bytes")]
    TooLarge {
        /// Host and port.
        place: String,
        /// The bound.
        most: usize,
    },
    /// There is nothing to hold a server's certificate against.
    #[error("there are no certificates of authorities in {from}: {why}")]
    NoRoots {
        /// Where they should be.
        from: String,
        /// Why they are not.
        why: String,
    },
}

/// Whose word is taken for who a server is.
#[derive(Debug, Clone, Default)]
pub enum Roots {
    /// The authorities that this machine trusts.
    #[default]
    Machine,
    /// Those of a PEM file, and no others.
    File(PathBuf),
}

/// A client. It keeps one connection for the next request to the same place. When that one breaks
/// before it answers, the request is sent once more over a new one: so it may arrive twice.
pub struct Client {
    tls: Option<TlsConnector>,
    limits: Limits,
    idle: Mutex<Option<(Place, SendRequest<Body>)>>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    secure: bool,
    host: String,
    port: u16,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streamed").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for `http://` and `https://`.
    ///
    /// # Errors
    /// [`ClientError::NoRoots`].
    pub fn new(roots: &Roots, limits: Limits) -> Result<Self, ClientError> {
        let store = match roots {
            Roots::Machine => roots_of_the_machine()?,
            Roots::File(path) => roots_of(path)?,
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| no_roots("the library", &error))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self { tls: Some(Arc::new(config).into()), limits, idle: Mutex::default() })
    }

    /// A client for `http://` alone, which needs no certificates.
    #[must_use]
    pub fn plain(limits: Limits) -> Self {
        Self { tls: None, limits, idle: Mutex::default() }
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// [`ClientError`]; the request may all the same have been carried out.
    pub async fn ask(&self, ask: &Ask) -> Result<Answer, ClientError> {
        let place = Place::of(&ask.url)?;
        let sent = async {
            let mut opened = self.open(&place, ask).await?;
            let mut body = Vec::new();
            while let Some(piece) = opened.read(self.limits.bytes).await? {
                if body.len().saturating_add(piece.len()) > self.limits.bytes {
                    return Err(opened.too_large(self.limits.bytes));
                }
                body.extend_from_slice(&piece);
            }
            let Streamed { status, headers, _sender: sender, .. } = opened;
            self.keep(&place, sender);
            Ok(Answer { status, headers, body: body.into() })
        };
        let limit = self.limits.connect.saturating_add(self.limits.answer);
        within(&place, "answer", limit, sent).await
    }

    /// Asks, and gives the answer as soon as its headers are there.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn stream(&self, ask: &Ask) -> Result<Streamed, ClientError> {
        let place = Place::of(&ask.url)?;
        let limit = self.limits.connect.saturating_add(self.limits.answer);
        within(&place, "answer", limit, self.open(&place, ask)).await
    }

    async fn open(&self, place: &Place, ask: &Ask) -> Result<Streamed, ClientError> {
        let broken = |source| ClientError::Broken { place: place.to_string(), source };
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((_, mut sender)) = kept.filter(|(of, sender)| of == place && sender.is_ready())
        {
            match sender.send_request(request_of(place, ask)?).await {
                Ok(answer) => return Ok(self.streamed(place, answer, sender)),
                // A server may close what is kept whenever it likes, also just now.
                Err(error) => tracing::debug!(%error, %place, "a kept connection was closed"),
            }
        }
        let connecting = self.connect(place);
        let wire = within(place, "take a connection", self.limits.connect, connecting).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(wire)).await.map_err(broken)?;
        // It ends when the sender and the answer are gone.
        tokio::spawn(connection);
        let answer = sender.send_request(request_of(place, ask)?).await.map_err(broken)?;
        Ok(self.streamed(place, answer, sender))
    }

    fn streamed(
        &self,
        place: &Place,
        answer: hyper::Response<Incoming>,
        sender: SendRequest<Body>,
    ) -> Streamed {
        let (head, body) = answer.into_parts();
        let (status, headers) = (head.status, head.headers);
        let (place, most) = (place.to_string(), self.limits.bytes);
        Streamed { status, headers, place, body, most, _sender: sender }
    }

    async fn connect(&self, place: &Place) -> Result<Box<dyn Wire>, ClientError> {
        let cannot = |source| ClientError::Connect { place: place.to_string(), source };
        let stream = TcpStream::connect(place.to_string()).await.map_err(cannot)?;
        stream.set_nodelay(true).map_err(cannot)?;
        if !place.secure {
            return Ok(Box::new(stream));
        }
        let unspoken =
            ClientError::Url { url: place.to_string(), why: "this client speaks `http://` alone" };
        let tls = self.tls.as_ref().ok_or(unspoken)?;
        let bare = place.host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_string()).map_err(std::io::Error::other);
        let name = name.map_err(cannot)?;
        Ok(Box::new(tls.connect(name, stream).await.map_err(cannot)?))
    }

    fn keep(&self, place: &Place, sender: SendRequest<Body>) {
        if !sender.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            *idle = Some((place.clone(), sender));
        }
    }
}

impl Streamed {
    /// The next piece of the body, waiting for it so long; `None` at its end.
    ///
    /// # Errors
    /// [`ClientError::Late`], and what else can break.
    pub async fn next(&mut self, patience: Duration) -> Result<Option<Bytes>, ClientError> {
        let place = self.place.clone();
        let most = self.most;
        let late = ClientError::Late { place, what: "say more", limit: patience };
        timeout(patience, self.read(most)).await.map_err(|_| late)?
    }

    async fn read(&mut self, most: usize) -> Result<Option<Bytes>, ClientError> {
        loop {
            let frame =
                std::future::poll_fn(|context| Pin::new(&mut self.body).poll_frame(context));
            let Some(frame) = frame.await else { return Ok(None) };
            let broken = |source| ClientError::Broken { place: self.place.clone(), source };
            // Trailers say nothing here.
            let Ok(piece) = frame.map_err(broken)?.into_data() else { continue };
            if piece.len() > most {
                return Err(self.too_large(most));
            }
            return Ok(Some(piece));
        }
    }

    fn too_large(&self, most: usize) -> ClientError {
        ClientError::TooLarge { place: self.place.clone(), most }
    }
}

impl Place {
    fn of(url: &Uri) -> Result<Self, ClientError> {
        let no = |why| ClientError::Url { url: without_password(url), why };
        let secure = match url.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(no("it must begin with `http://` or `https://`")),
        };
        let authority = url.authority().ok_or_else(|| no("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(no("a name or password in a URL is not sent; use a header"));
        }
        let usual = if secure { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        Ok(Self { secure, host: authority.host().to_string(), port })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Whether a URL can be asked, before anybody asks it.
///
/// # Errors
/// [`ClientError::Url`].
pub fn check(url: &Uri) -> Result<(), ClientError> {
    Place::of(url).map(|_| ())
}

fn without_password(url: &Uri) -> String {
    let text = url.to_string();
    match (text.split_once("://"), text.split_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => text,
    }
}

fn request_of(place: &Place, ask: &Ask) -> Result<Request<Body>, ClientError> {
    let url = &ask.url;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let host = url.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder().method(&ask.method).uri(path).header(HOST, host);
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    let why = "it is no URL by HTTP";
    request
        .body(Body::from(ask.body.clone()))
        .map_err(|_| ClientError::Url { url: place.to_string(), why })
}

async fn within<T>(
    place: &Place,
    what: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    let late = |_| ClientError::Late { place: place.to_string(), what, limit };
    timeout(limit, work).await.map_err(late)?
}

fn no_roots(from: &str, why: &impl ToString) -> ClientError {
    ClientError::NoRoots { from: from.to_string(), why: why.to_string() }
}

fn roots_of_the_machine() -> Result<RootCertStore, ClientError> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // One that nobody can read makes the others no worse.
    let (good, _) = store.add_parsable_certificates(found.certs);
    if good == 0 {
        let why = found.errors.first().map_or_else(|| "none is there".into(), ToString::to_string);
        return Err(no_roots("this machine", &why));
    }
    Ok(store)
}

fn roots_of(path: &Path) -> Result<RootCertStore, ClientError> {
    let from = format!("`{}`", path.display());
    let unreadable = |error: pem::Error| no_roots(&from, &error);
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let certificate = certificate.map_err(unreadable)?;
        store.add(certificate).map_err(|error: rustls::Error| no_roots(&from, &error))?;
    }
    match store.is_empty() {
        true => Err(no_roots(&from, &"none is there")),
        false => Ok(store),
    }
}
