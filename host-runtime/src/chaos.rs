//! What a crash test does to a host: kill it at a named place, or break what it must never break.
//!
//! Law: without the feature `chaos` nothing of this is in the program; with it, nothing happens
//! that the environment does not ask for.
//!
//! `EARMARK_KILL_AT=before-answer:3` kills the process, as `kill -9` does, when it comes to that
//! place for the third time. `EARMARK_BREAK=fsync` (or `early-answer`, `dedupe`) makes a host that
//! a crash test must find out.

/// A place where a crash test kills the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A turn is decided, and nothing of it written.
    BeforeAppend,
    /// A turn is durable, and the anchor does not say so yet.
    AppendWritten,
    /// The anchor says so too.
    AppendAnchored,
    /// The follower and the feed were told, and nobody has his answer.
    BeforeAnswer,
    /// Whoever asked has his answer.
    AfterAnswer,
    /// A snapshot is about to be written.
    SnapshotBegun,
    /// It is written, under the name of a draft.
    SnapshotWritten,
    /// It has its name, and its directory is not synced.
    SnapshotPlaced,
    /// Another plugin is about to be put in force.
    ActivationBegun,
    /// It is in force, and nobody was told.
    ActivationWritten,
    /// An endpoint is about to be told of an event.
    RelayRead,
    /// It was told, and the cursor does not say so yet.
    RelayDelivered,
    /// The cursor says so too.
    RelayMoved,
    /// Events of another journal are handed in, and none of them is known to be durable.
    LinkHandedIn,
    /// All of them are durable, and the link still stands before them.
    LinkDurable,
}

/// What is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing is synced.
    Fsync,
    /// Answers are given before the record is durable.
    EarlyAnswer,
    /// What comes again is carried out again.
    Dedupe,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::BeforeAppend,
        Self::AppendWritten,
        Self::AppendAnchored,
        Self::BeforeAnswer,
        Self::AfterAnswer,
        Self::SnapshotBegun,
        Self::SnapshotWritten,
        Self::SnapshotPlaced,
        Self::ActivationBegun,
        Self::ActivationWritten,
        Self::RelayRead,
        Self::RelayDelivered,
        Self::RelayMoved,
        Self::LinkHandedIn,
        Self::LinkDurable,
    ];

    /// Its name, as the environment says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeAppend => "before-append",
            Self::AppendWritten => "append-written",
            Self::AppendAnchored => "append-anchored",
            Self::BeforeAnswer => "before-answer",
            Self::AfterAnswer => "after-answer",
            Self::SnapshotBegun => "snapshot-begun",
            Self::SnapshotWritten => "snapshot-written",
            Self::SnapshotPlaced => "snapshot-placed",
            Self::ActivationBegun => "activation-begun",
            Self::ActivationWritten => "activation-written",
            Self::RelayRead => "relay-read",
            Self::RelayDelivered => "relay-delivered",
            Self::RelayMoved => "relay-moved",
            Self::LinkHandedIn => "link-handed-in",
            Self::LinkDurable => "link-durable",
        }
    }
}

impl Broken {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fsync, Self::EarlyAnswer, Self::Dedupe];

    /// Its name, as the environment says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fsync => "fsync",
            Self::EarlyAnswer => "early-answer",
            Self::Dedupe => "dedupe",
        }
    }
}

/// The process has come to this place: it ends here, if a crash test wants that.
#[inline]
pub(crate) fn reach(place: Place) {
    #[cfg(feature = "chaos")]
    armed::reach(place);
    let _ = place;
}

/// Whether this is broken on purpose.
#[inline]
#[must_use]
pub(crate) fn breaks(broken: Broken) -> bool {
    #[cfg(feature = "chaos")]
    return armed::breaks(broken);
    #[cfg(not(feature = "chaos"))]
    {
        let _ = broken;
        false
    }
}

#[cfg(feature = "chaos")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    use super::{Broken, Place};

    /// The place, and how often the process may come there.
    struct Kill {
        at: Place,
        left: AtomicU64,
    }

    pub(super) fn reach(place: Place) {
        static KILL: OnceLock<Option<Kill>> = OnceLock::new();
        let Some(kill) = KILL.get_or_init(asked_for) else { return };
        if kill.at == place && kill.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            // What can't be caught, and leaves nobody time for a last word; it comes or not.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }

    fn asked_for() -> Option<Kill> {
        let asked = std::env::var("EARMARK_KILL_AT").ok()?;
        let (name, times) = asked.split_once(':')?;
        let at = Place::ALL.into_iter().find(|place| place.name() == name)?;
        let left = AtomicU64::new(times.parse().ok().filter(|times| *times > 0)?);
        Some(Kill { at, left })
    }

    pub(super) fn breaks(broken: Broken) -> bool {
        static BROKEN: OnceLock<Option<Broken>> = OnceLock::new();
        let asked = || {
            let asked = std::env::var("EARMARK_BREAK").ok()?;
            Broken::ALL.into_iter().find(|broken| broken.name() == asked)
        };
        *BROKEN.get_or_init(asked) == Some(broken)
    }
}
