//! What is known of a kind without its payload.

/// A kind of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindOfCommand {
    /// Its name in the API.
    pub name: &'static str,
    /// The scope needed to give it.
    pub scope: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindOfEvent {
    /// Its name.
    pub name: &'static str,
    /// The version of its contents.
    pub version: u32,
}

/// A kind of query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindOfQuery {
    /// Its name in the API.
    pub name: &'static str,
    /// The scope needed to ask it.
    pub scope: &'static str,
    /// What it tells, in a sentence.
    pub about: &'static str,
}
