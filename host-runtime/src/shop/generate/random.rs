//! A small stream of random numbers that is the same everywhere.
//!
//! Law: a seed gives one stream, on every machine and in every release.

use crate::shop::hash;

/// SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    counter: u64,
}

impl Random {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { counter: hash::mix(seed) }
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
        hash::mix(self.counter)
    }

    /// A number below `bound`, or zero if there is none. The bias of the multiplication is below
    /// one in 2^32 for the small bounds used here.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let product = u128::from(self.bits()) * (bound as u128);
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn within(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).unwrap_or(0);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True in so many of a thousand cases.
    pub(crate) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of several values; `None` if there are none.
    pub(crate) fn pick<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        values.get(self.below(values.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_stream_within_its_bounds() {
        let stream = |seed| {
            let mut random = Random::new(seed);
            (0..1_000).map(|_| random.within(-3, 6)).collect::<Vec<_>>()
        };
        assert_eq!(stream(1), stream(1));
        assert_ne!(stream(1), stream(2));
        let numbers = stream(3);
        for expected in -3..=6 {
            let times = numbers.iter().filter(|&&number| number == expected).count();
            assert!((60..=140).contains(&times), "{expected} came {times} times");
        }
        assert_eq!(Random::new(1).below(0), 0);
        assert_eq!(Random::new(1).pick::<u8>(&[]), None);
    }
}
