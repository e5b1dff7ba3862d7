//! What a plugin says of itself, so that a host can serve it without knowing its domain.
//!
//! Law: the place of a command, event or query in its list is its kind, for ever. Where a name
//! stands there several times, the last is the form in force and the others are its older versions.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What a plugin is and has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Its name, in lower case.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of its schemas, written into every record of a journal.
    pub schema_version: u32,
    /// The roles it can take.
    pub roles: Vec<String>,
    /// Its commands; the place is the kind.
    pub commands: Vec<CommandType>,
    /// Its events; the place is the kind.
    pub events: Vec<EventType>,
    /// Its queries; the place is the kind.
    pub queries: Vec<QueryType>,
    /// The kind of command that ends what is due, if it has deadlines.
    pub tick: Option<u16>,
    /// JSON Schema of a refusal's facts.
    pub refusal_schema: String,
    /// JSON Schema of a request for a slice; empty if it has none.
    pub slice_schema: String,
}

/// A kind of command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandType {
    /// Its name, as in the HTTP API.
    pub name: String,
    /// What it does, in a sentence.
    pub about: String,
    /// The scope that a principal needs.
    pub scope: String,
    /// JSON Schema of its contents.
    pub schema: String,
}

/// A kind of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// Its type as in CloudEvents: reverse-DNS, and the version.
    pub ce_type: String,
    /// JSON Schema of its contents.
    pub schema: String,
}

/// A kind of query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryType {
    /// Its name, as in the HTTP API.
    pub name: String,
    /// What it tells, in a sentence.
    pub about: String,
    /// The scope that a principal needs.
    pub scope: String,
    /// JSON Schema of the question. A property at its top with `"x-now": true` is a moment in
    /// milliseconds that the host names for whoever does not.
    pub schema: String,
    /// JSON Schema of the answer.
    pub answer_schema: String,
}
