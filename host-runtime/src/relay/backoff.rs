//! How long to wait before a message is tried again.
//!
//! Law: exponential, with full jitter, and bounded; what the endpoint asks for is kept to, within
//! the same bound.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

/// When a message is tried again, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Tries in all; after the last one the message is a dead letter of the endpoint.
    pub tries: u32,
    /// The longest wait after the first try; it doubles with each one.
    pub first: Duration,
    /// The longest wait of all.
    pub most: Duration,
}

impl Default for Backoff {
    /// 16 tries, within about two hours, and at most within four and a quarter.
    fn default() -> Self {
        Self { tries: 16, first: Duration::from_secs(1), most: Duration::from_secs(3_600) }
    }
}

impl Backoff {
    /// The wait after so many tries, if the endpoint asked for this one.
    #[must_use]
    pub fn wait(&self, tries: u32, asked: Option<Duration>) -> Duration {
        let mut random = [0; 4];
        // Without randomness the wait is the longest one: none the worse for the endpoint.
        let filled = SystemRandom::new().fill(&mut random);
        let share =
            filled.map_or(1.0, |()| f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX));
        let wait = self.longest(tries).mul_f64(share);
        wait.max(asked.unwrap_or_default()).min(self.most)
    }

    fn longest(&self, tries: u32) -> Duration {
        let doubled = 2_u32.checked_pow(tries.saturating_sub(1));
        doubled
            .and_then(|times| self.first.checked_mul(times))
            .map_or(self.most, |wait| wait.min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_has_jitter_and_is_bounded() {
        let backoff = Backoff::default();
        assert_eq!(backoff.longest(1), Duration::from_secs(1));
        assert_eq!(backoff.longest(5), Duration::from_secs(16));
        assert_eq!(backoff.longest(13), backoff.most);
        assert_eq!(backoff.longest(u32::MAX), backoff.most);
        let waits: Vec<_> = (0..64).map(|_| backoff.wait(5, None)).collect();
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(16)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_secs(8)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(8)));
        let asked = Some(Duration::from_secs(60));
        assert_eq!(backoff.wait(1, asked), Duration::from_secs(60));
        assert_eq!(backoff.wait(1, Some(Duration::MAX)), backoff.most);
        let all: Duration = (1..backoff.tries).map(|tries| backoff.longest(tries)).sum();
        assert_eq!(all.as_secs() / 60, 248, "as the documentation has it");
    }
}
