//! `GET /api/dead-letters`, and what may be done about one: look, retry, drop. For `admin` only.
//!
//! Law: the letters are the journal's; a letter is named by its place among the inputs.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use earmark_abi::Form;
use serde::{Deserialize, Serialize};

use super::about::json;
use super::access::{ADMIN, Who};
use super::app::App;
use super::body;
use super::commands::{ended, tell};
use super::problem::Problem;
use crate::partition::{Asked, DeadLetter, NotRedriven, Position, Question, Receipt};

/// Letters in one answer at the most.
const PAGE: usize = 1_000;

/// Which letters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Those behind this input.
    #[serde(default)]
    after: u64,
    /// Settled ones too.
    #[serde(default)]
    all: bool,
}

/// Why one is given up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    why: String,
}

#[derive(Serialize)]
struct List<'a> {
    letters: Vec<Shown<'a>>,
    /// Whether there are more behind the last one.
    more: bool,
}

/// A letter, and what its command is called.
#[derive(Serialize)]
struct Shown<'a> {
    command: &'a str,
    #[serde(flatten)]
    letter: &'a DeadLetter,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Question<'a>>,
}

/// The letters, the oldest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Problem> {
    who.needs(ADMIN)?;
    let asked: Result<Query<Ask>, _> = Query::try_from_uri(request.uri());
    let Query(ask) = asked.map_err(|error| Problem::malformed(error.to_string()))?;
    off_thread(&app, move |app| {
        let told = app.partition.dead_letters(|letters| {
            let wanted = letters.all().filter(|letter| letter.input > ask.after);
            let mut wanted = wanted.filter(|letter| ask.all || letter.is_open());
            let letters = wanted.by_ref().take(PAGE).map(|one| shown(app, one, None)).collect();
            serde_json::to_vec(&List { letters, more: wanted.next().is_some() })
        });
        let told = told.map_err(|error| not_done(app, NotRedriven::Journal(error)))?;
        Ok(json(told.unwrap_or_default()))
    })
    .await
}

/// One letter, and what was asked.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(input): Path<String>,
) -> Result<Response, Problem> {
    who.needs(ADMIN)?;
    let input = place(&input)?;
    off_thread(&app, move |app| {
        let (letter, asked) = app.partition.dead_letter(input).map_err(|no| not_done(app, no))?;
        Ok(json(told(app, &letter, &asked)))
    })
    .await
}

/// Tries one again; the answer is that of the command.
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(input): Path<String>,
) -> Result<Response, Problem> {
    who.needs(ADMIN)?;
    let input = place(&input)?;
    off_thread(&app, move |app| {
        let receipt = app.partition.retry_dead_letter(input).map_err(|no| not_done(app, no))?;
        answer(app, &who, &receipt)
    })
    .await
}

/// Gives one up.
pub(super) async fn give_up(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(input): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    who.needs(ADMIN)?;
    let input = place(&input)?;
    let (parts, sent) = request.into_parts();
    let said = body::json(&parts.headers, sent, &app.limits).await?;
    let Why { why } = serde_json::from_slice(&said)
        .map_err(|error| Problem::malformed(format!("say `{{\"why\": \"...\"}}`: {error}")))?;
    off_thread(&app, move |app| {
        let dropped = app.partition.drop_dead_letter(input, &who.caller, &why);
        let receipt = dropped.map_err(|no| not_done(app, no))?;
        Ok(json(serde_json::json!({ "input": receipt.input, "letter": input }).to_string()))
    })
    .await
}

fn place(input: &str) -> Result<u64, Problem> {
    let none = || Problem::malformed(format!("a dead letter is named by a number, not `{input}`"));
    input.parse().map_err(|_| none())
}

fn answer(app: &App, who: &Who, receipt: &Receipt) -> Result<Response, Problem> {
    // It is the position of the answer or a later one: whoever waits for it waits for enough.
    let durable: Position = *app.position.borrow();
    tell(app, who, receipt, durable, false)
}

fn told(app: &App, letter: &DeadLetter, asked: &Asked) -> Vec<u8> {
    let read = app.partition.to_json(Form::Command, letter.kind, &asked.command);
    let read = read.map_err(|fault| fault.to_string()).flatten();
    serde_json::to_vec(&shown(app, letter, Some(Question::of(asked, read)))).unwrap_or_default()
}

fn shown<'a>(app: &'a App, letter: &'a DeadLetter, asked: Option<Question<'a>>) -> Shown<'a> {
    let command = app.says().commands.get(usize::from(letter.kind));
    Shown { command: command.map_or("", |command| command.name.as_str()), letter, asked }
}

fn not_done(app: &App, why: NotRedriven) -> Problem {
    let detail = why.to_string();
    match why {
        NotRedriven::Unknown(_) => {
            Problem::new(StatusCode::NOT_FOUND, "unknown-dead-letter", detail)
        }
        NotRedriven::Settled(letter) => {
            Problem::new(StatusCode::CONFLICT, "dead-letter-settled", detail)
                .about(Some(letter.input))
        }
        NotRedriven::Why => Problem::malformed(detail),
        NotRedriven::Journal(error) => {
            let detail = format!("{detail}: {error}");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage-failed", detail)
        }
        NotRedriven::NotAccepted(why) => {
            app.heard(&why);
            Problem::not_accepted(&why)
        }
    }
}

/// Runs what reads the journal, or waits for it, where it may.
async fn off_thread(
    app: &Arc<App>,
    run: impl FnOnce(&App) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let app = Arc::clone(app);
    tokio::task::spawn_blocking(move || run(&app)).await.map_err(|_| ended())?
}
