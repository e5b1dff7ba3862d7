//! Many commands in one request, in the form for programs: what `POST /api/commands` takes as
//! `application/octet-stream`.
//!
//! Law: the same as the list of JSON says, with each command as the plugin's own bytes; so the host
//! need not ask the plugin what a command means before it is carried out.

use serde::{Deserialize, Serialize};

/// One command of a batch; a batch is a postcard sequence of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItem<'a> {
    /// The name of the command.
    pub command: &'a str,
    /// Its contents, as the plugin writes them.
    pub data: &'a [u8],
    /// What names it, as the header `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// The client that counts its commands, as the header `Earmark-Source`.
    pub source: Option<&'a str>,
    /// Its place in the count of that client, from 1, as the header `Earmark-Sequence`.
    pub sequence: Option<u64>,
}
