//! Time as the core knows it: told with the input, never read.
//!
//! Law: a timestamp counts milliseconds since 1970-01-01T00:00:00Z without leap seconds, and sums
//! saturate, so that a deadline far away is simply never reached.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment so many milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `span` later; the end of time if that lies beyond it.
    #[must_use]
    pub const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A length of time, in milliseconds.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Span(u64);

impl Span {
    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// So many days of 24 hours.
    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        Self((days as u64).saturating_mul(86_400_000))
    }

    /// Its milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Span {
    /// In the largest unit that has no rest: `30 days`, `90 minutes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] =
            [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second")];
        let whole =
            UNITS.into_iter().find(|(millis, _)| self.0 > 0 && self.0.is_multiple_of(*millis));
        let (millis, unit) = whole.unwrap_or((1, "millisecond"));
        let count = self.0.checked_div(millis).unwrap_or(0);
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}
