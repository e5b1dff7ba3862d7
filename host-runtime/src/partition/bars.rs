//! Who may not ask for a while: a question that makes the plugin fail costs everybody a new body.
//!
//! Law: no reader makes all others wait more than now and then. Whoever asked what failed waits
//! before he may ask the like again, each time twice as long; and when it fails for several askers,
//! nobody may ask it for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long the first failure bars.
const FIRST: Duration = Duration::from_secs(10);
/// How long a failure bars at the most.
const LONGEST: Duration = Duration::from_secs(600);
/// So long after its end a bar is forgotten.
const KEPT: Duration = Duration::from_secs(3_600);
/// Askers for whom a question failed, all barred now, before it is barred for everybody.
const ASKERS: usize = 3;

/// What is asked: a kind of query, or a slice.
pub(super) type Question = Option<u16>;

/// The bars of a partition.
#[derive(Debug, Default)]
pub(super) struct Bars {
    askers: HashMap<(String, Question), Bar>,
    everybody: HashMap<Question, Bar>,
}

#[derive(Debug, Clone, Copy)]
struct Bar {
    failures: u32,
    until: Instant,
}

impl Bars {
    /// How long he may not ask this yet, if he may not.
    pub(super) fn holds(&self, asker: &str, question: Question, now: Instant) -> Option<Duration> {
        if self.askers.is_empty() {
            return None;
        }
        let own = self.askers.get(&(asker.to_string(), question));
        let of_all = self.everybody.get(&question);
        let left = |bar: &Bar| bar.until.checked_duration_since(now).filter(|left| !left.is_zero());
        own.and_then(left).max(of_all.and_then(left))
    }

    /// Takes note that the plugin failed on his question.
    pub(super) fn failed(&mut self, asker: &str, question: Question, now: Instant) {
        let known = |bar: &Bar| now.saturating_duration_since(bar.until) < KEPT;
        self.askers.retain(|_, bar| known(bar));
        self.everybody.retain(|_, bar| known(bar));
        let bar = longer(self.askers.get(&(asker.to_string(), question)), now);
        self.askers.insert((asker.to_string(), question), bar);
        let barred =
            |((_, of), bar): &(&(String, Question), &Bar)| *of == question && bar.until > now;
        if self.askers.iter().filter(barred).count() >= ASKERS {
            let bar = longer(self.everybody.get(&question), now);
            tracing::warn!(
                ?question,
                ?bar,
                "nobody may ask this for a while: it makes the plugin fail"
            );
            self.everybody.insert(question, bar);
        }
    }
}

/// The bar after one more failure.
fn longer(bar: Option<&Bar>, now: Instant) -> Bar {
    let failures = bar.map_or(0, |bar| bar.failures).saturating_add(1);
    let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let length = FIRST.checked_mul(doubled).unwrap_or(LONGEST).min(LONGEST);
    Bar { failures, until: now.checked_add(length).unwrap_or(now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Question = Some(3);

    #[test]
    fn whoever_made_it_fail_waits_ever_longer_and_nobody_else() {
        let (mut bars, mut now) = (Bars::default(), Instant::now());
        for wanted in [10, 20, 40, 80, 160, 320, 600, 600] {
            assert_eq!(bars.holds("mallory", KIND, now), None);
            bars.failed("mallory", KIND, now);
            let wanted = Duration::from_secs(wanted);
            assert_eq!(bars.holds("mallory", KIND, now), Some(wanted));
            assert_eq!(bars.holds("ann", KIND, now), None);
            assert_eq!(bars.holds("mallory", Some(4), now), None);
            assert_eq!(bars.holds("mallory", None, now), None);
            now += wanted;
        }
        now += KEPT;
        bars.failed("mallory", KIND, now);
        assert_eq!(bars.holds("mallory", KIND, now), Some(FIRST), "it is forgotten after an hour");
    }

    #[test]
    fn what_fails_for_several_is_asked_by_nobody_and_each_failure_is_counted() {
        let (mut bars, now) = (Bars::default(), Instant::now());
        for asker in ["a", "b"] {
            bars.failed(asker, KIND, now);
            assert_eq!(bars.holds("ann", KIND, now), None);
        }
        bars.failed("c", KIND, now);
        assert_eq!(bars.holds("ann", KIND, now), Some(FIRST));
        assert_eq!(bars.holds("ann", None, now), None);
        // Askers are cheap to invent: failures in a day are few all the same.
        let (mut failures, mut second) = (0, 0);
        while second < 86_400 {
            let asker = format!("invented {failures}");
            let at = now + Duration::from_secs(second);
            match bars.holds(&asker, KIND, at) {
                None => {
                    bars.failed(&asker, KIND, at);
                    failures += 1;
                }
                Some(left) => second += left.as_secs().max(1),
            }
        }
        assert!((100..1_000).contains(&failures), "{failures}");
    }
}
