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
    /// As RFC 3339 has it, in UTC, to the millisecond: `2024-11-28T00:00:00.123Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, of_day) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, millis) = (of_day / 1_000 % 60, of_day % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Year, month and day of the Gregorian calendar, so many days after 1970-01-01.
///
/// Source: `civil_from_days` in Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*, for
/// days that are not negative. Years begin in March there, so that the odd day comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = (day_of_era / 1_460)
        .saturating_add(day_of_era / 146_096)
        .saturating_sub(day_of_era / 36_524);
    let year = day_of_era.saturating_sub(leap_days) / 365;
    let before = year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100);
    let day_of_year = day_of_era.saturating_sub(before);
    let month = day_of_year.saturating_mul(5).saturating_add(2) / 153;
    let first = month.saturating_mul(153).saturating_add(2) / 5;
    let day = day_of_year.saturating_sub(first).saturating_add(1);
    let year = era.saturating_mul(400).saturating_add(year);
    match month.checked_sub(10) {
        Some(month) => (year.saturating_add(1), month.saturating_add(1), day),
        None => (year, month.saturating_add(3), day),
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
