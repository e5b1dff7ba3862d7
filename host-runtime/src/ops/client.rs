//! A host that runs, asked over HTTP.
//!
//! Law: what it answers is told as it is; a problem ends the command with its code and its words.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Method, Request, Uri};
use clap::Args;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// No answer takes longer: a first list of dead letters reads the whole journal.
const PATIENCE: Duration = Duration::from_secs(600);
/// Bytes of an answer.
const ANSWER_BYTES: usize = 64 << 20;

/// Which host, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Client {
    /// A host that runs, as `http://127.0.0.1:8080`; without it the journal of --dir is opened
    #[arg(long, value_name = "URL", env = "EARMARK_URL")]
    url: Option<Uri>,
    /// A file with the bearer token to show it
    #[arg(long, value_name = "FILE", env = "EARMARK_TOKEN_FILE", requires = "url")]
    token_file: Option<PathBuf>,
}

impl Client {
    /// Whether a host was named.
    pub(crate) fn is_named(&self) -> bool {
        self.url.is_some()
    }

    /// Asks for a path, and gives the answer as JSON.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = self.url.as_ref().context("name the host with --url")?;
        let secure = "only `http://` can be spoken here: ask on the host's own machine";
        ensure!(url.scheme_str() == Some("http"), "{secure}, not `{url}`");
        let authority = url.authority().with_context(|| format!("`{url}` names no host"))?;
        let mut request =
            Request::builder().method(method).uri(path).header(HOST, authority.as_str());
        if let Some(file) = &self.token_file {
            let read = std::fs::read_to_string(file);
            let token = read.with_context(|| format!("can't read `{}`", file.display()))?;
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.trim()));
        }
        let body = body.map(|body| Bytes::from(body.to_string()));
        let request = match body {
            Some(body) => {
                request.header(CONTENT_TYPE, "application/json").body(Body::from(body))?
            }
            None => request.body(Body::empty())?,
        };
        let place = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked =
            runtime.block_on(async { tokio::time::timeout(PATIENCE, send(&place, request)).await });
        let (status, bytes) = asked
            .with_context(|| format!("`{url}` did not answer within {} s", PATIENCE.as_secs()))?
            .with_context(|| format!("can't ask the host at `{url}`; does it run?"))?;
        let told: Value = serde_json::from_slice(&bytes).with_context(|| {
            format!("`{url}` answers {status}, and not in JSON: is it Earmark?")
        })?;
        if status < 400 {
            return Ok(told);
        }
        let word = |name: &str| told[name].as_str().unwrap_or_default().to_string();
        bail!("{} ({status} {})", word("detail"), word("code"));
    }
}

async fn send(place: &str, request: Request<Body>) -> Result<(u16, Bytes)> {
    let stream = TcpStream::connect(place).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends when the answer is read and the sender is gone.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    Ok((status, to_bytes(Body::new(answer.into_body()), ANSWER_BYTES).await?))
}
