//! `POST /api/commands`: many inputs in one request, in their order, and what became of each.
//!
//! Law: a batch is read whole before any of it is handed in, and is handed in whole: what can't be
//! read, or has no room, is told before anything was carried out. From then on each is an input of
//! its own: that one is refused stops none behind it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use earmark_abi::{BatchItem, Form, decode};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::oneshot::Receiver;

use super::about::json;
use super::access::Who;
use super::app::App;
use super::body::{self, Sent};
use super::commands::{self, Told, ended, ready};
use super::problem::Problem;
use super::rate::Asker;
use super::{once, trace};
use crate::partition::{NotAccepted, Origin, Position, Submission};

/// Commands of one batch: the queue of a partition has room for four of them.
pub(super) const ITEMS: usize = 1_000;

/// One command of a batch of JSON; that of a binary one is [`BatchItem`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item<'a> {
    /// Its name.
    #[serde(borrow)]
    command: Cow<'a, str>,
    /// Its contents, as the command alone would have them for its body.
    #[serde(borrow)]
    data: &'a RawValue,
    /// As the header `Idempotency-Key`.
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    /// As the header `Earmark-Source`.
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    /// As the header `Earmark-Sequence`.
    sequence: Option<u64>,
}

/// A command of a batch, in the plugin's own form.
struct Read {
    kind: u16,
    command: Vec<u8>,
    origin: Option<Origin>,
}

/// What is still to be told of a command: whether a key named it, and its outcome.
type Awaited = (bool, Receiver<Told>);

/// Gives many commands.
pub(super) async fn commands(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    asker: Option<Extension<Asker>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    nothing_for_all(&parts.headers)?;
    let (trace, minimal) = (trace::parent(&parts.headers), commands::is_minimal(&parts.headers));
    let sent = body::commands(&parts.headers, sent, &app.limits).await?;
    let (shared, asks) = (Arc::clone(&app), who.clone());
    let read = tokio::task::spawn_blocking(move || match sent {
        Sent::Json(payload) => read_json(&shared, &asks, &payload),
        Sent::Binary(payload) => read_binary(&shared, &asks, &payload),
    });
    let read = read.await.map_err(|_| ended())??;
    let awaited = hand_in(&app, &who, read, trace.as_ref())?;
    // What was turned away costs no more than the asking.
    if let (Some(buckets), Some(Extension(asker))) = (&app.buckets, asker) {
        let more = u64::try_from(awaited.len().saturating_sub(1)).unwrap_or(u64::MAX);
        buckets.owe(asker, more, Instant::now());
    }
    let mut outcomes = Vec::with_capacity(awaited.len());
    for (keyed, told) in awaited {
        // A reply that is dropped uncalled: the partition closed with the input still waiting.
        let gone = (Err(NotAccepted::Closed), Position::default());
        outcomes.push((keyed, told.await.unwrap_or(gone)));
    }
    let told = tokio::task::spawn_blocking(move || tell(&app, &who, &outcomes, minimal));
    told.await.map(json).map_err(|_| ended())
}

/// What names one request names no batch.
fn nothing_for_all(headers: &HeaderMap) -> Result<(), Problem> {
    match [once::KEY, once::SOURCE, once::SEQUENCE].iter().find(|one| headers.contains_key(**one)) {
        None => Ok(()),
        Some(one) => Err(Problem::malformed(format!(
            "the header `{one}` names one command: in a batch each has its own `key`, or `source` \
             and `sequence`"
        ))),
    }
}

/// All commands of a batch; or what is wrong with the first that is.
fn read_json(app: &App, who: &Who, payload: &[u8]) -> Result<Vec<Read>, Problem> {
    let items: Vec<Item<'_>> = serde_json::from_slice(payload).map_err(|error| {
        let form = "a batch is a list of `{ \"command\": NAME, \"data\": CONTENTS }`, each with a \
                    `key`, or a `source` and a `sequence`, if it is to be carried out once";
        Problem::malformed(format!("{form}: {error}"))
    })?;
    each(&items, |item| {
        let (kind, origin) = named(
            app,
            who,
            &item.command,
            (item.key.as_deref(), item.source.as_deref(), item.sequence),
        )?;
        let command = app.partition.from_json(Form::Command, kind, item.data.get().as_bytes());
        let command =
            command.map_err(|fault| Problem::fault(&fault))?.map_err(Problem::malformed)?;
        Ok(Read { kind, command, origin })
    })
}

/// The same of a batch in the form for programs.
fn read_binary(app: &App, who: &Who, payload: &[u8]) -> Result<Vec<Read>, Problem> {
    let items: Vec<BatchItem<'_>> = decode("a batch of `BatchItem`", payload)
        .map_err(|error| Problem::malformed(error.to_string()))?;
    each(&items, |item| {
        let (kind, origin) = named(app, who, item.command, (item.key, item.source, item.sequence))?;
        Ok(Read { kind, command: item.data.to_vec(), origin })
    })
}

/// Each item of a batch that has neither too few nor too many.
fn each<T>(items: &[T], read: impl Fn(&T) -> Result<Read, Problem>) -> Result<Vec<Read>, Problem> {
    if items.is_empty() || items.len() > ITEMS {
        let detail = format!("a batch has 1 to {ITEMS} commands, and this one {}", items.len());
        return Err(Problem::malformed(detail));
    }
    let read = |(nth, item)| read(item).map_err(|why: Problem| why.of_item(nth));
    items.iter().enumerate().map(read).collect()
}

/// Which command it is, if it is allowed to whoever asks, and what names this one.
fn named(
    app: &App,
    who: &Who,
    command: &str,
    (key, source, sequence): (Option<&str>, Option<&str>, Option<u64>),
) -> Result<(u16, Option<Origin>), Problem> {
    let named = app.command(command)?;
    who.needs(&named.scope)?;
    let origin = once::place(key.map(str::as_bytes), source, sequence, who)?;
    Ok((named.kind, origin))
}

/// Hands all of them in at once, or none.
fn hand_in(
    app: &App,
    who: &Who,
    read: Vec<Read>,
    trace: Option<&Arc<str>>,
) -> Result<Vec<Awaited>, Problem> {
    let mut awaited = Vec::with_capacity(read.len());
    let submission = |Read { kind, command, origin }| {
        let (reply, told) = ready(app);
        awaited.push((origin.as_ref().is_some_and(once::is_keyed), told));
        let (by, trace) = (Arc::clone(&who.caller), trace.cloned());
        Submission { kind, command, by, origin, trace, at: None, reply }
    };
    let submissions = read.into_iter().map(submission).collect();
    app.partition.try_submit_all(submissions).map_err(|why| {
        app.heard(&why);
        Problem::not_accepted(&why)
    })?;
    Ok(awaited)
}

/// A list with an object for each: its status, and beside it what a command alone is answered.
fn tell(app: &App, who: &Who, outcomes: &[(bool, Told)], minimal: bool) -> Vec<u8> {
    let mut text = vec![b'['];
    for (nth, (keyed, (outcome, durable))) in outcomes.iter().enumerate() {
        if nth > 0 {
            text.push(b',');
        }
        let told = match outcome {
            Ok(receipt) => commands::outcome(app, who, receipt, *durable, minimal),
            Err(why) => {
                app.heard(why);
                Err(commands::not_accepted(why, *keyed))
            }
        };
        match told {
            Ok(told) => {
                text.extend_from_slice(br#"{"status":200,"#);
                text.extend_from_slice(told.strip_prefix(b"{").unwrap_or(&told));
            }
            Err(problem) => text.extend(problem.shown()),
        }
    }
    text.push(b']');
    text
}
