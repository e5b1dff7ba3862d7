//! `GET /api/events`: the journal's events as server-sent events, from any position on.
//!
//! Law: a stream is a cursor and one piece of text. Whoever reads slowly holds no more than that;
//! whoever reads nothing at all is let go, and resumes where he was.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use hyper::body::Frame;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::access::{STAFF, Who};
use super::app::App;
use super::holders::Held;
use super::problem::Problem;
use super::queries::POSITION;
use super::server::until;
use crate::journal::JournalError;
use crate::partition::{Contents, Feed, FeedEvent, event_kinds, one_line, write_cloud_event};
use crate::plugin::Fault;

/// Events read at once.
const EVENTS: usize = 512;
/// What is durable is told of well within this time.
const TELLS_WITHIN: Duration = Duration::from_millis(100);
/// Bytes of text in one piece, or one event.
const PIECE: usize = 256 << 10;
/// Whose events a stream has: the `source` of each of them, also while there are none.
const SOURCE: HeaderName = HeaderName::from_static("earmark-source");
/// What a client that resumes by itself (a browser's `EventSource`) sends.
pub(super) const LAST_EVENT_ID: &str = "last-event-id";

/// What is asked of the feed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The position to start behind; without it, the journal's end of now.
    after: Option<u64>,
    /// Whose events they must be: the `source` of the events that whoever asks had so far.
    source: Option<String>,
    /// Only events about this.
    subject: Option<String>,
    /// Only events of this kind, by name or by CloudEvents type.
    r#type: Option<String>,
    /// In which form the contents of events are told; as JSON unless it is said.
    #[serde(default)]
    data: Form,
    /// Who asks: looked at before, by [`said`].
    #[expect(dead_code, reason = "here it is only known to be no mistake")]
    r#as: Option<String>,
}

/// The form of an event's contents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// `data`, as JSON.
    #[default]
    Json,
    /// `data_base64`, the plugin's own bytes: for a host that follows this one.
    Binary,
}

/// Who asks for a stream, where the client can't send headers, as a browser's `EventSource`.
pub(super) fn said(uri: &Uri) -> Option<String> {
    #[derive(Deserialize)]
    struct Said {
        r#as: Option<String>,
    }
    Query::<Said>::try_from_uri(uri).ok()?.0.r#as
}

/// Which events a stream shows.
#[derive(Debug)]
struct View {
    who: Who,
    subject: Option<String>,
    kinds: Option<Vec<u16>>,
    form: Form,
}

impl View {
    fn shows(&self, event: &FeedEvent) -> bool {
        self.who.sees(&event.owner)
            && self.subject.as_ref().is_none_or(|subject| *subject == event.subject)
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
    }
}

/// Opens a stream of events.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let asked: Result<Query<Ask>, _> = Query::try_from_uri(request.uri());
    let Query(ask) = asked.map_err(|error| Problem::malformed(error.to_string()))?;
    let kinds = ask.r#type.map(|name| kinds_of(&app, &name)).transpose()?;
    if ask.data == Form::Binary {
        // The bytes are the plugin's own, with whatever JSON leaves out.
        who.needs(STAFF)?;
    }
    let view = View { who, subject: ask.subject, kinds, form: ask.data };
    let mut end = app.position.borrow().events;
    if let Some(source) = ask.source.filter(|source| *source != app.source) {
        let detail = format!(
            "these are the events of `{}`, and positions among those of `{source}` mean nothing \
             here: begin with a slice, or with `after=0`; of a journal that was restored from \
             that one, go on behind the position that `earmark restore` printed",
            app.source
        );
        return Err(Problem::new(StatusCode::CONFLICT, "other-journal", detail));
    }
    let after = last_event_id(headers)?.or(ask.after).unwrap_or(end);
    let base = app.partition.base().events;
    if after < base {
        let detail = format!(
            "the events up to {base} were taken out of the journal: begin with a slice, or with \
             `after={base}`"
        );
        return Err(Problem::new(StatusCode::GONE, "position-compacted", detail));
    }
    if after > end {
        // A reader may have seen an event a moment before the position tells of it.
        let mut position = app.position.clone();
        let told = position.wait_for(|position| position.events >= after);
        drop(tokio::time::timeout(TELLS_WITHIN, told).await);
        end = app.position.borrow().events;
    }
    if after > end {
        let detail = format!("the journal has {end} events, and none behind {after} to wait for");
        return Err(Problem::new(StatusCode::CONFLICT, "position-ahead", detail));
    }
    let Ok(slot) = Arc::clone(&app.streams).try_acquire_owned() else {
        return Err(Problem::busy("too many streams are open: try again in a moment"));
    };
    let most = app.limits.streams_each;
    let Some(held) = app.holders.take(&view.who.caller.subject, most) else {
        let detail = format!("you have {most} streams open: end one of them first");
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "streams-held", detail));
    };
    let (send, pieces) = mpsc::channel(1);
    let source = HeaderValue::from_str(&app.source).ok();
    let (view, next) = (Arc::new(view), after.saturating_add(1));
    let stream = Stream { app, view, next, send, slot, _held: held };
    tokio::spawn(stream.run());
    let mut response = Response::new(Body::new(Pieces(pieces)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert(POSITION, HeaderValue::from(end));
    headers.extend(source.map(|source| (SOURCE, source)));
    Ok(response)
}

/// The kinds of a name in all their versions, or of one version by its CloudEvents type.
fn kinds_of(app: &App, name: &str) -> Result<Vec<u16>, Problem> {
    event_kinds(app.says(), name).map_err(|known| Problem::unknown("event", name, &known))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(given) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let number = given.to_str().ok().and_then(|given| given.parse().ok());
    number.map(Some).ok_or_else(|| Problem::malformed("`Last-Event-ID` is not a position"))
}

/// A stream on its way.
struct Stream {
    app: Arc<App>,
    view: Arc<View>,
    /// The event to look at next.
    next: u64,
    send: mpsc::Sender<Bytes>,
    slot: OwnedSemaphorePermit,
    _held: Held,
}

impl Stream {
    /// Works until the client is gone, stalls or is not believed any more, the server ends, or the
    /// journal can't be read.
    async fn run(mut self) {
        let mut position = self.app.position.clone();
        let mut closing = self.app.closing.clone();
        let mut sent = Instant::now();
        let believed = self.view.who.until;
        let over = async {
            tokio::select! {
                () = until(&mut closing) => {}
                () = expiry(believed) => {}
            }
        };
        tokio::pin!(over);
        // The first bytes say that the stream is open.
        let mut piece = Some(Bytes::from_static(b": events follow\n\n"));
        loop {
            if let Some(piece) = piece.take() {
                let room = self.send.reserve();
                let room = tokio::select! {
                    room = tokio::time::timeout(self.app.limits.stalled, room) => room,
                    () = &mut over => return,
                };
                let Ok(Ok(room)) = room else { return };
                room.send(piece);
                sent = Instant::now();
            }
            let keep_alive = self.app.limits.keep_alive;
            if self.next <= position.borrow_and_update().events {
                match self.read().await {
                    Ok(text) if !text.is_empty() => piece = Some(Bytes::from(text)),
                    Ok(_) if sent.elapsed() >= keep_alive => piece = Some(self.cursor()),
                    Ok(_) => {}
                    Err(why) => {
                        tracing::error!(why, "a stream of events ends");
                        return;
                    }
                }
                continue;
            }
            tokio::select! {
                changed = position.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(keep_alive.saturating_sub(sent.elapsed())) => {
                    piece = Some(self.cursor());
                }
                () = self.send.closed() => return,
                () = &mut over => return,
            }
        }
    }

    /// A sign of life that moves the client's cursor over what it does not see.
    fn cursor(&self) -> Bytes {
        Bytes::from(format!("id: {}\n\n", self.next.saturating_sub(1)))
    }

    /// The next piece, which is empty if none of the events read is to be shown.
    async fn read(&mut self) -> Result<Vec<u8>, String> {
        let turn = Arc::clone(&self.app.readers.turns).acquire_owned().await;
        let turn = turn.map_err(|error| error.to_string())?;
        let (app, view, next) = (Arc::clone(&self.app), Arc::clone(&self.view), self.next);
        let read = tokio::task::spawn_blocking(move || {
            let read = app.readers.read(&app, &view, next);
            drop(turn);
            read
        });
        let (text, next) = read.await.map_err(|error| error.to_string())?;
        self.next = next;
        text
    }
}

/// Waits until a token ends, if it does.
async fn expiry(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        tracing::debug!(next = self.next, left = self.slot.num_permits(), "a stream ends");
    }
}

/// Cursors on the journal, lent to whichever stream reads.
#[derive(Debug)]
pub(super) struct Readers {
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Feed>>,
}

impl Readers {
    pub(super) fn new(at_once: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once.max(1))), idle: Mutex::default() }
    }

    /// Events from `next` on as text, and the event after them. Blocks.
    fn read(&self, app: &App, view: &View, next: u64) -> (Result<Vec<u8>, String>, u64) {
        match self.events(app, next) {
            Ok(events) => write(app, view, &events, next),
            Err(error) => (Err(error.to_string()), next),
        }
    }

    fn events(&self, app: &App, next: u64) -> Result<Vec<FeedEvent>, JournalError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut feed = match idle {
            Some(feed) => feed,
            None => app.partition.feed(next)?,
        };
        feed.seek(next);
        let events = feed.at_most(EVENTS)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(feed);
        Ok(events)
    }
}

fn write(
    app: &App,
    view: &View,
    events: &[FeedEvent],
    mut next: u64,
) -> (Result<Vec<u8>, String>, u64) {
    let mut text = Vec::new();
    for event in events {
        if text.len() >= PIECE {
            break;
        }
        if view.shows(event)
            && let Err(fault) = write_event(app, event, view.form, &mut text)
        {
            return (Err(format!("event {}: {fault}", event.sequence)), next);
        }
        next = event.sequence.saturating_add(1);
    }
    (Ok(text), next)
}

/// One event as a message: its data are a CloudEvent in JSON.
fn write_event(app: &App, event: &FeedEvent, form: Form, text: &mut Vec<u8>) -> Result<(), Fault> {
    let name = one_line(app.event_name(event.kind).as_bytes());
    text.extend_from_slice(format!("id: {}\nevent: ", event.sequence).as_bytes());
    text.extend(name);
    text.extend_from_slice(b"\ndata: ");
    let contents = match form {
        Form::Json => app.contents(event.kind, &event.body),
        Form::Binary => Contents::bytes(&event.body),
    };
    write_cloud_event(&app.source, app.says(), event, &contents, text)?;
    text.extend_from_slice(b"\n\n");
    Ok(())
}

/// The body of a stream.
struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
