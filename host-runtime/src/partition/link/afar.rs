//! A partition in another process: its event feed, followed over HTTP.
//!
//! Law: a broken stream is opened anew where this one stands; a stream of another journal, or one
//! that leaves events out, is never read.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earmark_abi::Description;
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use super::{LinkError, Outbox};
use crate::courier::client::{Ask, Client, ClientError, Limits, Roots, Streamed};
use crate::partition::FeedEvent;

/// Bytes of one piece of a stream, and of one event, at the most: an event has at most 4 MiB.
const PIECE: usize = 8 << 20;
/// A stream that is silent for so long is broken: the other side gives a sign of life each 15
/// seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// How long to look for what is there already.
const LOOK: Duration = Duration::from_millis(1);
/// How long the other side may take to say why it refuses.
const TELLING: Duration = Duration::from_secs(2);
/// What trying again does not mend: another journal than before, one that is shorter or compacted,
/// a token that may not see everybody's events, a host that has no such feed.
const FINAL: [&str; 5] =
    ["other-journal", "position-ahead", "position-compacted", "scope-missing", "malformed"];
/// Bytes of a problem's text that are shown.
const PROBLEM: usize = 4 << 10;

/// Whom to follow, and how.
#[derive(Debug, Clone)]
pub struct Follow {
    /// Where the other host serves: `http://HOST:PORT` or `https://HOST:PORT`.
    pub url: Uri,
    /// A file with the token to show there, which needs the scope `staff`; read at each connect.
    pub token: Option<PathBuf>,
    /// Whose word is taken for who the other host is.
    pub roots: Roots,
}

/// A partition in another process.
pub struct Afar {
    follow: Follow,
    client: Client,
    says: Arc<Description>,
    runtime: Runtime,
    stream: Option<Reading>,
    source: String,
    end: u64,
}

/// A stream that is open.
struct Reading {
    streamed: Streamed,
    /// What came and is no whole message yet.
    text: Vec<u8>,
    /// The last event that was given to whoever reads.
    given: u64,
    ready: VecDeque<Message>,
    heard_at: Instant,
}

/// A message of the stream: an event, or the type of one that is not known here.
type Message = (u64, Result<FeedEvent, String>);

/// What is read of a CloudEvent.
#[derive(Deserialize)]
struct CloudEvent {
    source: String,
    sequence: String,
    #[serde(rename = "type")]
    ce_type: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    traceparent: Option<String>,
    data_base64: String,
}

/// What is read of a problem.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    code: String,
    detail: String,
}

impl std::fmt::Debug for Afar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Afar").field("url", &self.follow.url).finish_non_exhaustive()
    }
}

impl Afar {
    /// The events of another host, which runs a plugin that says the same of its events.
    ///
    /// # Errors
    /// [`LinkError::Refused`] if it can't be asked at all.
    pub fn new(follow: Follow, says: Arc<Description>) -> Result<Self, LinkError> {
        crate::courier::client::check(&follow.url).map_err(|error| refused(&error))?;
        let limits = Limits { bytes: PIECE, ..Limits::default() };
        let client = match follow.url.scheme_str() {
            Some("https") => Client::new(&follow.roots, limits).map_err(|error| refused(&error))?,
            _ => Client::plain(limits),
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| LinkError::Unreachable(error.to_string()))?;
        let (stream, source, end) = (None, String::new(), 0);
        Ok(Self { follow, client, says, runtime, stream, source, end })
    }

    /// Opens a stream behind an event; at the journal's end if none is said.
    fn open(&mut self, after: Option<u64>) -> Result<Streamed, LinkError> {
        let mut path = String::from("/api/events?data=binary");
        if let Some(after) = after {
            path.push_str(&format!("&after={after}&source={}", self.source));
        }
        let base = self.follow.url.to_string();
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let url: Uri = url.parse().map_err(|error| refused(&error))?;
        let ask = Ask { method: Method::GET, url, headers: self.headers()?, body: Bytes::new() };
        let opened = self.runtime.block_on(self.client.stream(&ask)).map_err(unreachable)?;
        if opened.status == StatusCode::OK {
            return Ok(opened);
        }
        Err(self.told(opened))
    }

    fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, LinkError> {
        let Some(path) = &self.follow.token else { return Ok(Vec::new()) };
        let place = path.display();
        let token = std::fs::read_to_string(path)
            .map_err(|error| LinkError::Unreachable(format!("the token `{place}`: {error}")))?;
        let value = HeaderValue::from_str(&format!("Bearer {}", token.trim()));
        let mut value = value.map_err(|_| refused(&format!("`{place}` is no token")))?;
        value.set_sensitive(true);
        Ok(vec![(AUTHORIZATION, value)])
    }

    /// What a refused stream comes to.
    fn told(&self, mut answer: Streamed) -> LinkError {
        let mut text = Vec::new();
        let reading = async {
            while let Ok(Some(piece)) = answer.next(TELLING).await {
                text.extend_from_slice(&piece);
                if text.len() > PROBLEM {
                    break;
                }
            }
        };
        // Whoever is slow to say why has said that it is refused.
        drop(self.runtime.block_on(async { tokio::time::timeout(TELLING, reading).await }));
        let Told { code, detail } = serde_json::from_slice(&text).unwrap_or_default();
        let why = match code.is_empty() {
            true => format!("{}, which is no feed of events", answer.status),
            false => format!("{code}: {detail}"),
        };
        // Another token, another proxy, or the host itself may be there in a moment.
        if FINAL.contains(&code.as_str()) { refused(&why) } else { LinkError::Unreachable(why) }
    }

    /// Takes what comes in within a time into the open stream.
    fn fill(&mut self, most: Duration) -> Result<(), LinkError> {
        let Some(reading) = &mut self.stream else { return Ok(()) };
        match self.runtime.block_on(reading.streamed.next(most)) {
            Ok(Some(piece)) => reading.text.extend_from_slice(&piece),
            Err(ClientError::Late { .. }) if reading.heard_at.elapsed() < SILENCE => return Ok(()),
            Ok(None) => return Err(LinkError::Unreachable("the stream ended".to_string())),
            Err(error) => return Err(unreachable(error)),
        }
        reading.heard_at = Instant::now();
        let mut begin = 0;
        while let Some(length) = end_of_message(reading.text.get(begin..).unwrap_or_default()) {
            let end = begin.saturating_add(length);
            let message = reading.text.get(begin..end).unwrap_or_default();
            let read = event_of(message, &self.says, &self.source)?;
            let last = reading.ready.back().map_or(reading.given, |(sequence, _)| *sequence);
            // Taken, one that comes again would be asked for again and again.
            if let Some((sequence, _)) = read.as_ref().filter(|(sequence, _)| *sequence <= last) {
                let why = format!("an odd event: number {sequence} behind number {last}");
                return Err(LinkError::Unreachable(why));
            }
            reading.ready.extend(read);
            begin = end;
        }
        reading.text.drain(..begin);
        if reading.text.len() > PIECE {
            return Err(refused(&"an event is too large"));
        }
        let last = reading.ready.back().map_or(0, |(sequence, _)| *sequence);
        self.end = self.end.max(last);
        Ok(())
    }

    /// What is there of an open stream that stands behind this event; and opens it if need be.
    fn taken(&mut self, after: u64, most: usize) -> Result<Vec<FeedEvent>, LinkError> {
        if self.stream.as_ref().is_none_or(|reading| reading.given != after) {
            let streamed = self.open(Some(after))?;
            self.end = number(&streamed.headers, "earmark-position").unwrap_or(self.end);
            let (text, ready, heard_at) = (Vec::new(), VecDeque::new(), Instant::now());
            self.stream = Some(Reading { streamed, text, given: after, ready, heard_at });
        }
        if self.stream.as_ref().is_some_and(|reading| reading.ready.is_empty()) {
            self.fill(LOOK)?;
        }
        let source_name = self.source.clone();
        let Some(reading) = &mut self.stream else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        while events.len() < most {
            // One that is not known waits until those before it are heard.
            let known = reading.ready.front().is_some_and(|(_, event)| event.is_ok());
            if !known && !events.is_empty() {
                break;
            }
            let Some((sequence, event)) = reading.ready.pop_front() else { break };
            let kind = match event {
                Ok(event) => {
                    reading.given = sequence;
                    events.push(event);
                    continue;
                }
                Err(kind) => kind,
            };
            return Err(LinkError::UnknownEvent { source_name, sequence, kind });
        }
        Ok(events)
    }
}

impl Outbox for Afar {
    fn source(&mut self, known: &[String]) -> Result<String, LinkError> {
        let opened = self.open(None)?;
        let found = named(&opened.headers);
        let found = found.ok_or_else(|| refused(&"it does not say whose events it has"))?;
        if let Some(pinned) = known.last().filter(|_| !known.contains(&found)) {
            return Err(LinkError::OtherJournal { pinned: pinned.clone(), found });
        }
        self.source.clone_from(&found);
        Ok(found)
    }

    fn read(&mut self, after: u64, most: usize) -> Result<Vec<FeedEvent>, LinkError> {
        let taken = self.taken(after, most);
        if taken.is_err() {
            self.stream = None;
        }
        taken
    }

    fn end(&self) -> u64 {
        self.end
    }

    fn wait(&mut self, _: u64, most: Duration) -> Result<(), LinkError> {
        self.fill(most).inspect_err(|_| self.stream = None)
    }
}

/// The length of the first message, with the blank line that ends it.
fn end_of_message(text: &[u8]) -> Option<usize> {
    text.windows(2).position(|pair| pair == b"\n\n").map(|at| at.saturating_add(2))
}

/// The event of a message; none if it is a sign of life.
fn event_of(
    message: &[u8],
    says: &Description,
    source: &str,
) -> Result<Option<Message>, LinkError> {
    let odd = |why: &dyn std::fmt::Display| LinkError::Unreachable(format!("an odd event: {why}"));
    let mut lines = message.split(|byte| *byte == b'\n');
    let Some(data) = lines.find_map(|line| line.strip_prefix(b"data: ")) else { return Ok(None) };
    let event: CloudEvent = serde_json::from_slice(data).map_err(|error| odd(&error))?;
    if event.source != source {
        let (pinned, found) = (source.to_string(), event.source);
        return Err(LinkError::OtherJournal { pinned, found });
    }
    let sequence: u64 = event.sequence.parse().map_err(|error| odd(&error))?;
    let body = STANDARD.decode(&event.data_base64).map_err(|error| odd(&error))?;
    let named = says.events.iter().position(|one| one.ce_type == event.ce_type);
    let Some(kind) = named.and_then(|kind| u16::try_from(kind).ok()) else {
        return Ok(Some((sequence, Err(event.ce_type))));
    };
    let (subject, trace) = (event.subject, event.traceparent);
    // Of the other's clock and inputs nothing is needed here.
    let (input, at, owner) = (0, 0, String::new());
    let event = FeedEvent { sequence, input, at, kind, subject, owner, trace, body };
    Ok(Some((sequence, Ok(event))))
}

fn named(headers: &HeaderMap) -> Option<String> {
    headers.get("earmark-source")?.to_str().ok().map(String::from)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn refused(why: &dyn std::fmt::Display) -> LinkError {
    LinkError::Refused(why.to_string())
}

fn unreachable(error: ClientError) -> LinkError {
    match error {
        ClientError::Url { .. } | ClientError::NoRoots { .. } => refused(&error),
        other => LinkError::Unreachable(crate::chain_of(&other)),
    }
}
