//! The envelope of a published event: the attributes of CloudEvents 1.0, by their names there.
//!
//! Law: `source` and `id` together are unique for ever, and `sequence` has no gaps within a source,
//! so a receiver needs nothing but a cursor to have each event once.

use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};

/// An event on its way out, without its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// The journal the event comes from.
    pub source: String,
    /// Unique within the source: the sequence number.
    pub id: String,
    /// Its type: reverse-DNS, and the version.
    #[serde(rename = "type")]
    pub ce_type: String,
    /// What it is about.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub subject: String,
    /// When it happened, in RFC 3339.
    pub time: String,
    /// Events with one key keep their order everywhere.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub partitionkey: String,
    /// Its place among the events of the source, 20 digits, from 1, without gaps.
    pub sequence: String,
    /// The input that caused it, by its place among the inputs of the source.
    pub causationid: String,
    /// The trace of that input, as in W3C Trace Context (the extension "Distributed Tracing").
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub traceparent: String,
    /// The media type of `data`.
    pub datacontenttype: String,
}

impl Envelope {
    /// The envelope of event `sequence`, caused by input `input` of the journal `source`.
    #[must_use]
    pub fn new(
        source: &str,
        sequence: u64,
        input: u64,
        ce_type: &str,
        subject: &str,
        at_millis: u64,
    ) -> Self {
        Self {
            specversion: "1.0".into(),
            source: source.into(),
            id: format!("{sequence}"),
            ce_type: ce_type.into(),
            subject: subject.into(),
            time: rfc3339(at_millis),
            partitionkey: subject.into(),
            sequence: format!("{sequence:020}"),
            causationid: format!("{input}"),
            traceparent: String::new(),
            datacontenttype: "application/json".into(),
        }
    }
}

/// A moment in RFC 3339 with milliseconds, UTC; the civil calendar by H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms" (`civil_from_days`).
#[must_use]
pub fn rfc3339(at_millis: u64) -> String {
    let (days, rest) = (at_millis.wrapping_div(86_400_000), at_millis.wrapping_rem(86_400_000));
    let (seconds, millis) = (rest.wrapping_div(1_000), rest.wrapping_rem(1_000));
    let (hours, minutes) = (seconds.wrapping_div(3_600), seconds.wrapping_div(60).wrapping_rem(60));
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days.wrapping_div(146_097), days.wrapping_rem(146_097));
    let leap = day_of_era
        .wrapping_sub(day_of_era.wrapping_div(1_460))
        .wrapping_add(day_of_era.wrapping_div(36_524))
        .wrapping_sub(day_of_era.wrapping_div(146_096));
    let year_of_era = leap.wrapping_div(365);
    let before = year_of_era
        .wrapping_mul(365)
        .wrapping_add(year_of_era.wrapping_div(4))
        .wrapping_sub(year_of_era.wrapping_div(100));
    let day_of_year = day_of_era.wrapping_sub(before);
    let month_from_march = day_of_year.wrapping_mul(5).wrapping_add(2).wrapping_div(153);
    let month_start = month_from_march.wrapping_mul(153).wrapping_add(2).wrapping_div(5);
    let day = day_of_year.wrapping_sub(month_start).wrapping_add(1);
    let march_shift: u64 = if month_from_march < 10 { 3 } else { 0 };
    let month = if march_shift == 3 {
        month_from_march.wrapping_add(3)
    } else {
        month_from_march.wrapping_sub(9)
    };
    let january = u64::from(month <= 2);
    let year = era.wrapping_mul(400).wrapping_add(year_of_era).wrapping_add(january);
    let second = seconds.wrapping_rem(60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_400_123), "2000-02-29T00:00:00.123Z");
        assert_eq!(rfc3339(1_291_191_960_000), "2010-12-01T08:26:00.000Z");
        assert_eq!(rfc3339(4_107_542_399_999), "2100-02-28T23:59:59.999Z");
        assert_eq!(rfc3339(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn sequences_sort_as_text() {
        let sequence = |n| Envelope::new("s", n, 1, "t", "", 0).sequence;
        assert!(sequence(9) < sequence(10) && sequence(u64::MAX) > sequence(10));
    }
}
