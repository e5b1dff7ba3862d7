//! `POST /api/queries/{Name}` and `POST /api/slice`: questions of the durable state.
//!
//! Law: an answer says of which position it is. Questions wait for each other off the threads that
//! serve connections, and are bounded, so that they can't hold commands up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use earmark_abi::{Form, Refused};

use super::about::json;
use super::access::Who;
use super::app::{App, hex};
use super::commands::{ended, refuse};
use super::problem::Problem;
use super::{body, moment};
use crate::partition::{Answered, Position};
use crate::plugin::Fault;

/// The header that says of which position an answer is: events so far.
pub(super) const POSITION: &str = "earmark-position";
/// The header with the chain at that position.
pub(super) const CHAIN: &str = "earmark-chain";

/// Asks a question.
pub(super) async fn query(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let named = app.query(&name)?;
    who.needs(&named.scope)?;
    let kind = named.kind;
    let ask = body::json(&parts.headers, sent, &app.limits).await?;
    let ask = match &named.moment {
        Some(moment) => moment::said(ask, moment, app.partition.now()),
        None => ask,
    };
    ask_off_thread(&app, move |app| {
        let ask = read(app.partition.from_json(Form::Query, kind, &ask))?;
        let answered = app.partition.query(&who.caller, kind, &ask);
        let (answer, position) = answer_of(app, answered)?;
        let text = app.partition.to_json(Form::Answer, kind, &answer);
        let unread = |why| Problem::fault(&Fault::Answer(why));
        let text = text.map_err(|fault| Problem::fault(&fault))?.map_err(unread)?;
        Ok(with_position(json(text), position))
    })
    .await
}

/// Cuts out a slice.
pub(super) async fn slice(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    if app.says().slice_schema.is_empty() {
        let detail = "the plugin has no slices";
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-path", detail));
    }
    let ask = body::json(&parts.headers, sent, &app.limits).await?;
    ask_off_thread(&app, move |app| {
        let ask = read(app.partition.from_json(Form::SliceRequest, 0, &ask))?;
        let (bytes, position) = answer_of(app, app.partition.slice(&who.caller, &ask))?;
        let mut response = with_position(Response::new(bytes.into()), position);
        let binary = HeaderValue::from_static("application/octet-stream");
        response.headers_mut().insert(CONTENT_TYPE, binary);
        Ok(response)
    })
    .await
}

/// A question that waits for its turn, counted until it has it or whoever asked is gone.
struct Waits(Arc<AtomicU64>);

impl Waits {
    fn begin(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs a question where it may wait, when there is room for it.
async fn ask_off_thread(
    app: &Arc<App>,
    ask: impl FnOnce(&App) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let room = Arc::clone(&app.questions).acquire_owned();
    let waits = Waits::begin(&app.waiting);
    let room = tokio::time::timeout(app.limits.reading, room).await;
    drop(waits);
    let Ok(Ok(room)) = room else {
        return Err(Problem::busy("too many questions are asked at once: try again in a moment"));
    };
    let app = Arc::clone(app);
    let asked = tokio::task::spawn_blocking(move || {
        let answer = ask(&app);
        drop(room);
        answer
    });
    asked.await.map_err(|_| ended())?
}

fn read(read: Result<Result<Vec<u8>, String>, Fault>) -> Result<Vec<u8>, Problem> {
    read.map_err(|fault| Problem::fault(&fault))?.map_err(Problem::malformed)
}

fn answer_of(app: &App, answered: Result<Answered, Fault>) -> Result<(Vec<u8>, Position), Problem> {
    let answered = answered.map_err(|fault| Problem::fault(&fault))?;
    match answered.answer {
        Ok(bytes) => Ok((bytes, answered.position)),
        Err((code, message, body)) => {
            let refused = Refused { code: &code, message: &message, body: &body };
            Err(refuse(app, &refused, None))
        }
    }
}

fn with_position(mut response: Response, position: Position) -> Response {
    let headers = response.headers_mut();
    headers.insert(POSITION, HeaderValue::from(position.events));
    if let Ok(chain) = HeaderValue::try_from(hex(&position.chain)) {
        headers.insert(CHAIN, chain);
    }
    response
}
