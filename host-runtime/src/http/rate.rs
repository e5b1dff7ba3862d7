//! How often one caller may ask: a token bucket for each, by the generic cell rate algorithm.
//!
//! Law: memory is bounded, and nobody gets more by coming under many names: a bucket is forgotten
//! only when it is full again, and while there is no room for another one, newcomers share one.
//! (That is why it is no library's: those at hand keep a bucket for every name they ever saw.)

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue};

/// Buckets at once: at most some 12 MiB.
const BUCKETS: usize = 1 << 16;
/// Time between two searches for buckets that are full, in nanoseconds.
const SWEEP: u64 = 1_000_000_000;
/// Providers give each customer a network of this many bits at least (RFC 6177): it counts as one.
const V6_NETWORK: u128 = u128::MAX << 64;

/// How often one caller may ask.
#[derive(Debug, Clone, Copy)]
pub struct RateLimit {
    /// Requests in each `per`, in the long run.
    pub requests: NonZeroU32,
    /// The time that `requests` are for.
    pub per: Duration,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    /// Whoever has proven who he is.
    Subject(String),
    /// Anybody from an address.
    Peer(IpAddr),
    /// All for whom there was no room.
    Crowd,
}

impl Asker {
    pub(super) fn subject(name: &str) -> Self {
        Self::Subject(name.to_string())
    }

    pub(super) fn peer(ip: IpAddr) -> Self {
        Self::Peer(match ip.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & V6_NETWORK)),
            v4 => v4,
        })
    }
}

/// What came of asking.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// How many more could be asked right now.
    pub(super) left: u64,
    /// Seconds until the next one is answered, if this one is not.
    pub(super) wait_seconds: Option<u64>,
}

/// A bucket for each caller.
#[derive(Debug)]
pub(super) struct Buckets {
    start: Instant,
    /// Nanoseconds in which one request flows back.
    interval: u64,
    burst: u64,
    /// The policy, as a header says it.
    policy: Option<HeaderValue>,
    room: usize,
    filled: Mutex<Filled>,
}

/// When each bucket is full again, in nanoseconds since the start; and the last sweep.
#[derive(Debug, Default)]
struct Filled {
    at: HashMap<Asker, u64>,
    swept: u64,
}

impl Buckets {
    pub(super) fn new(limit: RateLimit, start: Instant) -> Self {
        let interval = nanos(limit.per) / u64::from(limit.requests.get());
        let seconds = limit.per.as_secs().max(1);
        let policy = format!(r#""caller";q={};w={seconds}"#, limit.requests);
        Self {
            start,
            interval: interval.max(1),
            burst: u64::from(limit.burst.get()),
            policy: HeaderValue::try_from(policy).ok(),
            room: BUCKETS,
            filled: Mutex::default(),
        }
    }

    /// Takes a request out of the caller's bucket, if there is one in it.
    pub(super) fn take(&self, asker: Asker, now: Instant) -> Taken {
        let now = nanos(now.saturating_duration_since(self.start));
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let asker = self.find_room(&mut filled, asker, now);
        let full = filled.at.get(&asker).copied().unwrap_or(0).max(now);
        let most = self.interval.saturating_mul(self.burst);
        let then = full.saturating_add(self.interval);
        let missing = then.saturating_sub(now);
        if missing > most {
            let wait = missing.saturating_sub(most).div_ceil(1_000_000_000);
            return Taken { left: 0, wait_seconds: Some(wait.max(1)) };
        }
        filled.at.insert(asker, then);
        Taken { left: most.saturating_sub(missing) / self.interval, wait_seconds: None }
    }

    /// Charges a caller who was answered for more requests than one: his bucket may come to lack
    /// some, and then he waits until it has one again.
    pub(super) fn owe(&self, asker: Asker, more: u64, now: Instant) {
        let now = nanos(now.saturating_duration_since(self.start));
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let asker = self.find_room(&mut filled, asker, now);
        let full = filled.at.entry(asker).or_insert(0);
        *full = (*full).max(now).saturating_add(self.interval.saturating_mul(more));
    }

    fn find_room(&self, filled: &mut Filled, asker: Asker, now: u64) -> Asker {
        if filled.at.len() < self.room || filled.at.contains_key(&asker) {
            return asker;
        }
        if now.saturating_sub(filled.swept) >= SWEEP {
            filled.swept = now;
            filled.at.retain(|_, full| *full > now);
        }
        if filled.at.len() < self.room { asker } else { Asker::Crowd }
    }

    /// Tells what is left, in the headers of the IETF's draft `RateLimit header fields for HTTP`.
    pub(super) fn tell(&self, taken: &Taken, headers: &mut HeaderMap) {
        let left = match taken.wait_seconds {
            None => format!(r#""caller";r={}"#, taken.left),
            Some(wait) => format!(r#""caller";r={};t={wait}"#, taken.left),
        };
        if let (Some(policy), Ok(left)) = (&self.policy, HeaderValue::try_from(left)) {
            headers.insert("ratelimit-policy", policy.clone());
            headers.insert("ratelimit", left);
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets_of(requests: u32, seconds: u64, burst: u32) -> (Buckets, Instant) {
        let start = Instant::now();
        let [requests, burst] = [requests, burst].map(|one| NonZeroU32::new(one).unwrap());
        let per = Duration::from_secs(seconds);
        (Buckets::new(RateLimit { requests, per, burst }, start), start)
    }

    fn buckets(requests: u32, burst: u32) -> (Buckets, Instant) {
        buckets_of(requests, 1, burst)
    }

    fn wait(taken: &Taken) -> Option<u64> {
        taken.wait_seconds
    }

    #[test]
    fn a_burst_is_answered_and_then_as_much_as_flows_back() {
        let (buckets, start) = buckets(2, 3);
        let ask =
            |after_ms| buckets.take(Asker::subject("ann"), start + Duration::from_millis(after_ms));
        assert_eq!([ask(0).left, ask(0).left, ask(0).left], [2, 1, 0]);
        assert_eq!(wait(&ask(0)), Some(1));
        assert_eq!(wait(&ask(499)), Some(1), "what was refused cost nothing");
        assert_eq!(wait(&ask(500)), None);
        assert_eq!(wait(&ask(999)), Some(1));
        assert_eq!(wait(&ask(1_000)), None);
        // A long pause fills it, and no more than that.
        assert_eq!([ask(99_000), ask(99_000), ask(99_000)].map(|one| wait(&one)), [None; 3]);
        assert_eq!(wait(&ask(99_000)), Some(1));
    }

    #[test]
    fn whoever_sends_many_at_once_waits_for_all_of_them() {
        let (buckets, start) = buckets(2, 3);
        let ann = || Asker::subject("ann");
        let ask = |after_ms| buckets.take(ann(), start + Duration::from_millis(after_ms));
        assert_eq!(wait(&ask(0)), None);
        buckets.owe(ann(), 9, start);
        // Ten are owed and three are free: seven flow back in 3.5 s, and one more is asked for.
        assert_eq!(wait(&ask(3_999)), Some(1));
        assert_eq!(wait(&ask(4_000)), None);
    }

    #[test]
    fn the_wait_is_long_enough() {
        let (slow, start) = buckets_of(1, 90, 1);
        assert_eq!(wait(&slow.take(Asker::Crowd, start)), None);
        let later = start + Duration::from_millis(500);
        let seconds = wait(&slow.take(Asker::Crowd, later)).unwrap();
        assert_eq!(seconds, 90);
        assert_eq!(wait(&slow.take(Asker::Crowd, later + Duration::from_secs(seconds))), None);
    }

    #[test]
    fn callers_do_not_share_and_networks_do() {
        let (buckets, now) = buckets(1, 1);
        let ip = |text: &str| Asker::peer(text.parse().unwrap());
        for asker in [Asker::subject("ann"), Asker::subject("10.0.0.1"), ip("10.0.0.1")] {
            assert_eq!(wait(&buckets.take(asker.clone(), now)), None, "{asker:?}");
            assert!(wait(&buckets.take(asker.clone(), now)).is_some(), "{asker:?}");
        }
        assert!(wait(&buckets.take(ip("::ffff:10.0.0.1"), now)).is_some());
        assert_eq!(wait(&buckets.take(ip("2001:db8::1"), now)), None);
        assert!(wait(&buckets.take(ip("2001:db8::ffff:2"), now)).is_some());
        assert_eq!(wait(&buckets.take(ip("2001:db8:0:1::1"), now)), None);
    }

    #[test]
    fn many_names_take_no_more_memory_and_give_no_more_requests() {
        let (mut buckets, start) = buckets(1, 1);
        buckets.room = 10;
        let ask = |name: usize, at: Instant| {
            wait(&buckets.take(Asker::subject(&name.to_string()), at)).is_none()
        };
        let answered = (0..1_000).filter(|name| ask(*name, start)).count();
        assert_eq!(answered, 11, "ten, and the crowd");
        assert!(!ask(3, start), "whoever had a bucket still has it");
        assert_eq!(buckets.filled.lock().unwrap().at.len(), 11);
        let later = start + Duration::from_secs(2);
        assert_eq!((2_000..2_010).filter(|name| ask(*name, later)).count(), 10);
        assert!(buckets.filled.lock().unwrap().at.len() <= 11);
    }
}
