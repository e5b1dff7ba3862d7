//! How much more time an order may have to be paid.
//!
//! Law: what is read is bounded: a number of times, and a length of each that is not zero. How
//! short and how long that may be is checked with the policy; whoever refuses it says the same.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{EXTENSIONS_PER_ORDER, POLICY_WAIT_MS};
use crate::time::Span;

/// More time for an order that waits for its payment: so often, and so much longer each time at the
/// most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Given", rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Extensions {
    times: u16,
    by: Span,
}

/// What is no bound on extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTime;

/// As it is written, and not looked at yet.
#[derive(Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
#[serde(rename = "Extensions", rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    times: u16,
    by: Span,
}

impl Extensions {
    /// So many times, and so much longer each time.
    ///
    /// # Errors
    /// [`NoTime`] if that is never or no time at all, or more often than can be.
    pub fn new(times: u16, by: Span) -> Result<Self, NoTime> {
        let some = times > 0 && times <= EXTENSIONS_PER_ORDER && by.as_millis() > 0;
        if some { Ok(Self { times, by }) } else { Err(NoTime) }
    }

    /// How often an order may have more time.
    #[must_use]
    pub const fn times(self) -> u16 {
        self.times
    }

    /// How much longer it may wait each time, at the most.
    #[must_use]
    pub const fn by(self) -> Span {
        self.by
    }
}

impl TryFrom<Given> for Extensions {
    type Error = NoTime;

    fn try_from(given: Given) -> Result<Self, NoTime> {
        Self::new(given.times, given.by)
    }
}

impl fmt::Display for NoTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What an old journal has put in force is read as it was; a new policy needs as much as
        // everything that is waited for.
        let least = Span::from_millis(POLICY_WAIT_MS);
        write!(
            f,
            "extensions need `times` from 1 to {EXTENSIONS_PER_ORDER} and `by` of at least \
             {least}; leave them out to give orders no more time"
        )
    }
}

impl core::error::Error for NoTime {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_some_times_and_some_time() {
        let hour = Span::from_millis(3_600_000);
        let two = Extensions::new(2, hour).expect("it is some");
        assert_eq!((two.times(), two.by()), (2, hour));
        for (times, by) in [(0, hour), (EXTENSIONS_PER_ORDER + 1, hour), (1, Span::from_millis(0))]
        {
            assert_eq!(Extensions::new(times, by), Err(NoTime), "{times} by {by}");
        }
        let said = alloc::string::ToString::to_string(&NoTime);
        assert!(said.contains("`by` of at least 1 second;"), "as the check of policies: {said}");
    }
}
