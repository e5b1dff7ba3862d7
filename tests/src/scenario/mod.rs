//! Scenarios in plain text: what a shop is given, what happens, and what must be true then.
//! A table says nothing of Rust; what it means is played against the door of the plugin, so that
//! every body can be given the very same inputs.
//!
//! ```text
//! # A line that begins with `#` is for people. A scenario goes on to the next.
//! scenario 06-same-item-twice
//! given facility LON in GB at 51.5074,-0.1278 by LHR 51.4700,-0.4543
//! and item mug
//! and stock LON mug 10
//! when place A 6 mug, 6 mug
//! then order A is rejected
//! and available mug 10
//! ```
//!
//! `given` and `when` begin steps that do something, `then` steps that look; `and` goes on with
//! what the line before began. Every word for doing is in [`say`], every word for looking in
//! [`look`]; `do NAME {json}` gives any command and `answer NAME {json} at /path is json` asks any
//! query by its name on the wire, so a new command needs no new word.
//!
//! What a table need not say, because it is checked after every step: no law is broken; a command
//! that is refused, or causes no event, changes nothing; no event is without a change; the events
//! alone make the same state. A command that is refused must be followed by `then refused CODE`.

pub mod desk;
pub mod look;
pub mod play;
pub mod rows;
pub mod say;
pub mod table;
pub mod words;

use std::fmt;

/// A scenario of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The file it is in.
    pub file: String,
    /// The line it begins in, counted from 1.
    pub line: usize,
    /// Its name, of small letters, digits and dashes.
    pub name: String,
    /// The comments between its name and its first step.
    pub about: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// A line that does or looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line, counted from 1.
    pub line: usize,
    /// What it is.
    pub part: Part,
    /// What follows the first word.
    pub text: String,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Something that is so before, and is never refused.
    Given,
    /// Something that is done.
    When,
    /// Something that is looked at.
    Then,
}

/// What is wrong with a table, or with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What was expected there, and what is there instead.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}:{}: {}", self.file, self.line, self.says)
    }
}
