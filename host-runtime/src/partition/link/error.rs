//! Why a link can't bring events.
//!
//! Law: what passes by itself is tried again; for everything else somebody is told what to do.

use crate::journal::JournalError;
use crate::partition::NotAccepted;
use crate::plugin::Fault;

/// Why a link can't bring events.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The partition hears nothing.
    #[error(
        "a partition with {roles} hears nothing of others: give it some of the plugin's roles \
         only ({all}), and a plugin whose description says what it hears"
    )]
    HearsNothing {
        /// Its roles.
        roles: String,
        /// All roles of the plugin.
        all: String,
    },
    /// The other journal can't be read.
    #[error("the events of the other journal can't be read")]
    Read(#[from] JournalError),
    /// The other host can't be reached, or breaks off.
    #[error("the other host can't be followed: {0}")]
    Unreachable(String),
    /// The other host does not serve this.
    #[error("the other host refuses to be followed: {0}")]
    Refused(String),
    /// The events are those of another journal than before.
    #[error(
        "other-journal: the events are those of `{found}`, and this partition has heard \
         `{pinned}`: follow that journal again (a restored one keeps its name with `earmark \
         restore --same-journal`), or begin with a new directory"
    )]
    OtherJournal {
        /// Whose events it has heard.
        pinned: String,
        /// Whose these are.
        found: String,
    },
    /// The other journal is shorter than what was heard of it.
    #[error(
        "position-ahead: {after} events of `{source_name}` were heard, and it has only {end}: it \
         is an older copy; restore a newer one there"
    )]
    Ahead {
        /// The other journal.
        source_name: String,
        /// What was heard.
        after: u64,
        /// What it has.
        end: u64,
    },
    /// Events that were not heard were taken out of the other journal.
    #[error(
        "position-compacted: `{source_name}` has no events before {base} any more, and only \
         {after} were heard: bring the archive back there with `earmark rejoin`"
    )]
    Compacted {
        /// The other journal.
        source_name: String,
        /// What was heard.
        after: u64,
        /// Where it begins.
        base: u64,
    },
    /// An event that this plugin does not know.
    #[error(
        "event {sequence} of `{source_name}` is of a kind that this plugin does not know \
         ({kind}): upgrade the plugin here before the one there"
    )]
    UnknownEvent {
        /// The other journal.
        source_name: String,
        /// Its place there.
        sequence: u64,
        /// Its kind, or its CloudEvents type.
        kind: String,
    },
    /// An event that this plugin can't read.
    #[error("event {sequence} of `{source_name}` can't be heard: {why}")]
    Unreadable {
        /// The other journal.
        source_name: String,
        /// Its place there.
        sequence: u64,
        /// What the plugin says.
        why: String,
    },
    /// The plugin failed while it was to read an event.
    #[error("the plugin failed on an event that was to be heard")]
    Plugin(#[from] Fault),
    /// The partition does not take it.
    #[error("the partition takes no event: {0}")]
    NotAccepted(#[from] NotAccepted),
}

impl LinkError {
    /// Whether it may go by itself, so that it is worth to try again.
    #[must_use]
    pub fn passes(&self) -> bool {
        // The clock may have ended a call for a slow machine's sake.
        matches!(
            self,
            Self::Unreachable(_)
                | Self::NotAccepted(NotAccepted::Busy)
                | Self::Plugin(Fault::Deadline(_))
        )
    }
}
