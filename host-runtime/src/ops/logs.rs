//! The log: on stderr, one line an event, for people or for programs.
//!
//! Law: what a command answers goes to stdout and its log to stderr, so neither spoils the other.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// What is logged, and how.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// What is logged, such as `debug` or `info,earmark_host::http=debug` [default: what RUST_LOG
    /// says, or else `info`]
    #[arg(long, global = true, value_name = "FILTER", env = "EARMARK_LOG", value_parser = filter)]
    log: Option<String>,
    /// How it is written
    #[arg(
        long, global = true, value_enum, value_name = "FORMAT", env = "EARMARK_LOG_FORMAT",
        default_value_t = Format::Text
    )]
    log_format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// An object of JSON a line
    Json,
}

/// A filter that can be read, as it was given.
fn filter(given: &str) -> Result<String, String> {
    EnvFilter::try_new(given).map(|_| given.to_string()).map_err(|error| error.to_string())
}

impl Logs {
    /// Opens the log; once, before anything is logged.
    pub(crate) fn open(&self) {
        let filter = match &self.log {
            Some(given) => EnvFilter::try_new(given).ok(),
            None => EnvFilter::try_from_default_env().ok(),
        };
        let filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.log_format {
            Format::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
            Format::Json => log.json().flatten_event(true).with_span_list(false).init(),
        }
    }
}
