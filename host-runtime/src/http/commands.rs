//! `POST /api/commands/{Name}`: one input, and what became of it.
//!
//! Law: an answer is given when the input is durable; asked again with what names the request (see
//! `once`) it is the same, or that it was carried out too long ago to be told; with other contents
//! it is a conflict.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use earmark_abi::{EventOut, Form, Outcome, Refused, Verdict, decode};
use tokio::sync::oneshot;

use super::about::json;
use super::access::Who;
use super::app::{App, hex};
use super::body::{self, Sent};
use super::problem::Problem;
use super::{once, trace};
use crate::partition::{NotAccepted, Origin, Position, Receipt, Reply, Submission};
use crate::plugin::Fault;

/// `return=minimal` leaves the events out of the answer (RFC 7240).
pub(super) const PREFER: &str = "prefer";
/// Bodies longer than this are translated off the threads that serve connections.
const SHORT: usize = 32 << 10;

/// Gives a command.
pub(super) async fn command(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let named = app.command(&name)?;
    who.needs(&named.scope)?;
    let (origin, trace) = (once::origin(&parts.headers, &who)?, trace::parent(&parts.headers));
    let minimal = is_minimal(&parts.headers);
    let kind = named.kind;
    let command = match body::commands(&parts.headers, sent, &app.limits).await? {
        Sent::Json(payload) => read(&app, kind, payload).await?,
        // The plugin refuses what it can't read, as it does whatever else is wrong with it.
        Sent::Binary(command) => command.into(),
    };
    let (receipt, durable) = submit(&app, &who, kind, command, (origin, trace)).await?;
    if receipt.outcome.len() > SHORT && !minimal {
        let told = tokio::task::spawn_blocking(move || tell(&app, &who, &receipt, durable, false));
        return told.await.map_err(|_| ended())?;
    }
    tell(&app, &who, &receipt, durable, minimal)
}

/// Whether the events are to be left out of the answer.
pub(super) fn is_minimal(headers: &HeaderMap) -> bool {
    headers.get_all(PREFER).iter().any(|one| one == "return=minimal")
}

/// The command in the plugin's own form. A short one takes microseconds.
async fn read(app: &Arc<App>, kind: u16, payload: Bytes) -> Result<Vec<u8>, Problem> {
    let command = if payload.len() > SHORT {
        let app = Arc::clone(app);
        let read = move || app.partition.from_json(Form::Command, kind, &payload);
        tokio::task::spawn_blocking(read).await.map_err(|_| ended())?
    } else {
        app.partition.from_json(Form::Command, kind, &payload)
    };
    command.map_err(|fault| Problem::fault(&fault))?.map_err(Problem::malformed)
}

/// Hands the command in, and waits until it is durable; and where the journal stood then.
async fn submit(
    app: &App,
    who: &Who,
    kind: u16,
    command: Vec<u8>,
    (origin, trace): (Option<Origin>, Option<Arc<str>>),
) -> Result<(Receipt, Position), Problem> {
    let (reply, told) = ready(app);
    let by = Arc::clone(&who.caller);
    let keyed = origin.as_ref().is_some_and(once::is_keyed);
    let submission = Submission { kind, command, by, origin, trace, at: None, reply };
    let answered = match app.partition.try_submit(submission) {
        // A reply that is dropped uncalled: the partition closed with the input still waiting.
        Ok(()) => told.await.unwrap_or((Err(NotAccepted::Closed), Position::default())),
        Err(why) => (Err(why), Position::default()),
    };
    let receipt = answered.0.map_err(|why| {
        app.heard(&why);
        not_accepted(&why, keyed)
    })?;
    Ok((receipt, answered.1))
}

/// What the writer says of an input, and where the journal stood then.
pub(super) type Told = (Result<Receipt, NotAccepted>, Position);

/// What is told of an input, and where it can be waited for.
pub(super) fn ready(app: &App) -> (Reply, oneshot::Receiver<Told>) {
    let (tell, told) = oneshot::channel();
    let position = app.position.clone();
    // Called by the writer right behind the record: the position is that of the record.
    let reply = Box::new(move |answer| drop(tell.send((answer, *position.borrow()))));
    (reply, told)
}

/// The problem with an input without an outcome, in the words of what named it.
pub(super) fn not_accepted(why: &NotAccepted, keyed: bool) -> Problem {
    if keyed { once::told_of_key(why) } else { Problem::not_accepted(why) }
}

/// The answer, as JSON.
pub(super) fn tell(
    app: &App,
    who: &Who,
    receipt: &Receipt,
    durable: Position,
    minimal: bool,
) -> Result<Response, Problem> {
    outcome(app, who, receipt, durable, minimal).map(json)
}

/// What became of an input, as an object of JSON.
pub(super) fn outcome(
    app: &App,
    who: &Who,
    receipt: &Receipt,
    durable: Position,
    minimal: bool,
) -> Result<Vec<u8>, Problem> {
    let outcome: Outcome<'_> = decode("an outcome", &receipt.outcome)
        .map_err(|error| Problem::fault(&Fault::Answer(error.to_string())))?;
    let events = match &outcome.verdict {
        Verdict::Accepted { events } => events.as_slice(),
        Verdict::Refused(refused) => return Err(refuse(app, refused, Some(receipt.input))),
    };
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(format!(r#"{{"input":{},"subject":"#, receipt.input).as_bytes());
    quote(outcome.subject, &mut text);
    let (at, again) = (receipt.at, receipt.again);
    text.extend_from_slice(format!(r#","at":{at},"again":{again},"events":["#).as_bytes());
    let shown = if minimal { &[] } else { events };
    let mut first = true;
    for (sequence, event) in (receipt.first_event..).zip(shown) {
        let own = event.subject.is_empty();
        let (subject, owner) =
            if own { (outcome.subject, outcome.owner) } else { (event.subject, event.owner) };
        if who.sees(owner) {
            if !first {
                text.push(b',');
            }
            first = false;
            write_event(app, event, sequence, subject, &mut text);
        }
    }
    let (events, chain) = (durable.events, hex(&durable.chain));
    text.extend_from_slice(format!(r#"],"position":{events},"chain":"{chain}"}}"#).as_bytes());
    Ok(text)
}

fn write_event(app: &App, event: &EventOut<'_>, sequence: u64, subject: &str, text: &mut Vec<u8>) {
    let contents = app.contents(event.kind, event.body);
    text.extend_from_slice(br#"{"type":"#);
    quote(app.event_name(event.kind), text);
    text.extend_from_slice(format!(r#","sequence":{sequence},"subject":"#).as_bytes());
    quote(subject, text);
    text.extend_from_slice(contents.called.as_bytes());
    text.extend_from_slice(&contents.json);
    text.push(b'}');
}

/// A refusal of the plugin's, with its facts.
pub(super) fn refuse(app: &App, refused: &Refused<'_>, input: Option<u64>) -> Problem {
    let facts = match app.partition.to_json(Form::Refusal, 0, refused.body) {
        Ok(Ok(facts)) => facts,
        // A refusal without readable facts is still one.
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    Problem::refused(refused.code, refused.message.to_string(), facts, input)
}

/// A text as JSON.
pub(super) fn quote(value: &str, text: &mut Vec<u8>) {
    // Writing a text into memory has no way to fail.
    drop(serde_json::to_writer(text, value));
}

/// A worker that ended while it worked for this request.
pub(super) fn ended() -> Problem {
    let detail = "the request could not be carried out, since the server ends";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "closed", detail)
}
