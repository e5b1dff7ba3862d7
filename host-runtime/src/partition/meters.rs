//! What a partition counts of its own work, for whoever watches it.
//!
//! Law: a count is an atomic that is made when the partition is opened: counting takes no lock, no
//! memory and no part in what is decided. Numbers of one moment may be of slightly different ones.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of times, in nanoseconds: 50 microseconds to a minute.
const TIMES: &[u64] = &[
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
    60_000_000_000,
];
/// Upper bounds of counts of inputs: one to the most that a turn has by default, and one more.
const INPUTS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 16_384];
/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Became {
    /// It was carried out.
    Accepted,
    /// The plugin refused it.
    Refused,
    /// No plugin could answer it.
    Dead,
}

impl Became {
    /// All, in the order in which they are counted.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Refused, Self::Dead];

    /// Its name, which is stable.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Dead => "dead",
        }
    }
}

/// A number that only grows, or a level.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// What it is.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, more: usize) {
        self.0.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn less(&self, fewer: usize) {
        self.0.fetch_sub(u64::try_from(fewer).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn set(&self, to: u64) {
        self.0.store(to, Ordering::Relaxed);
    }
}

/// How often a measure was how large.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, and one for what is above them all.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
    /// How much of what is counted makes one of what is told.
    scale: f64,
}

/// A histogram at some moment, in the unit that is told: seconds, or inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Everything that was measured, added up.
    pub sum: f64,
    /// How many measures there were.
    pub count: u64,
    /// How many were above the bound before and not above this one; the last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
}

impl Histogram {
    fn of_seconds() -> Self {
        Self::new(TIMES, SECOND)
    }

    fn of_inputs() -> Self {
        Self::new(INPUTS, 1.0)
    }

    fn new(bounds: &'static [u64], scale: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0), scale }
    }

    pub(super) fn took(&self, time: Duration) {
        self.measured(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(super) fn measured(&self, measure: u64) {
        let at = self.bounds.partition_point(|bound| *bound < measure);
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(measure, Ordering::Relaxed);
    }

    /// What it is now.
    #[must_use]
    pub fn read(&self) -> Measured {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.scale);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        Measured { sum: self.sum.load(Ordering::Relaxed) as f64 / self.scale, count, buckets }
    }
}

/// What a partition counts since it was opened.
#[derive(Debug)]
pub struct Meters {
    /// Inputs handed in, and not yet in a turn.
    pub queued: Count,
    /// Records of turns handed to the journal.
    pub turns: Count,
    /// Inputs of a turn.
    pub turn_inputs: Histogram,
    /// Inputs that were known by their place in a source's sequence, and not carried out again.
    pub repeats: Count,
    /// The time a body takes to decide on a turn, and its witness to apply it.
    pub decide: Histogram,
    /// The time until a turn's record is durable.
    pub append: Histogram,
    /// The time in which the follower applies a turn.
    pub apply: Histogram,
    /// Inputs of the journal that the follower has applied.
    pub followed: Count,
    /// Snapshots saved, and the time each took.
    pub snapshots: Histogram,
    /// The time in which the follower does nothing else, and questions wait, for a snapshot.
    pub snapshot_pauses: Histogram,
    /// Snapshots that could not be saved.
    pub snapshots_failed: Count,
    /// Bodies of the leader's that failed and were made anew.
    pub leader_bodies: Count,
    /// The same of the follower's.
    pub follower_bodies: Count,
    /// Questions that made the follower's body fail.
    pub questions_failed: Count,
    /// Questions that were not asked, since the like of them made a body fail.
    pub questions_barred: Count,
    /// By the kind of command.
    inputs: Box<[[Count; Became::ALL.len()]]>,
}

impl Meters {
    /// Of a plugin with so many kinds of commands, and a follower at this input.
    pub(super) fn new(kinds: usize, followed: u64) -> Self {
        Self {
            queued: Count::default(),
            turns: Count::default(),
            turn_inputs: Histogram::of_inputs(),
            repeats: Count::default(),
            decide: Histogram::of_seconds(),
            append: Histogram::of_seconds(),
            apply: Histogram::of_seconds(),
            followed: Count(AtomicU64::new(followed)),
            snapshots: Histogram::of_seconds(),
            snapshot_pauses: Histogram::of_seconds(),
            snapshots_failed: Count::default(),
            leader_bodies: Count::default(),
            follower_bodies: Count::default(),
            questions_failed: Count::default(),
            questions_barred: Count::default(),
            inputs: (0..kinds).map(|_| Default::default()).collect(),
        }
    }

    /// Inputs of a kind of command that became this. What the plugin has no name for is not
    /// counted here.
    #[must_use]
    pub fn inputs(&self, kind: u16, became: Became) -> u64 {
        self.cell(kind, became).map_or(0, Count::get)
    }

    pub(super) fn input(&self, kind: u16, became: Became) {
        if let Some(count) = self.cell(kind, became) {
            count.add(1);
        }
    }

    fn cell(&self, kind: u16, became: Became) -> Option<&Count> {
        let [accepted, refused, dead] = self.inputs.get(usize::from(kind))?;
        Some(match became {
            Became::Accepted => accepted,
            Became::Refused => refused,
            Became::Dead => dead,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_in_the_bucket_whose_bound_it_does_not_exceed() {
        let histogram = Histogram::of_inputs();
        for measure in [0, 1, 2, 3, 4, 16_384, 16_385, 1 << 40] {
            histogram.measured(measure);
        }
        let read = histogram.read();
        assert_eq!((read.count, read.buckets.len()), (8, INPUTS.len() + 1));
        assert_eq!(read.buckets[..3], [(1.0, 2), (2.0, 1), (4.0, 2)]);
        assert_eq!(read.buckets[13..], [(16_384.0, 1), (f64::INFINITY, 2)]);
        assert_eq!(read.sum, (16_384 + 16_385 + 10 + (1_u64 << 40)) as f64);
    }

    #[test]
    fn times_are_told_in_seconds() {
        let histogram = Histogram::of_seconds();
        histogram.took(Duration::from_millis(20));
        let read = histogram.read();
        assert!((read.sum - 0.02).abs() < 1e-9);
        assert_eq!(read.buckets.iter().find(|(_, count)| *count == 1), Some(&(0.025, 1)));
        assert!(TIMES.is_sorted() && INPUTS.is_sorted());
    }

    #[test]
    fn inputs_are_counted_by_kind_and_a_kind_that_is_unknown_is_not() {
        let meters = Meters::new(2, 0);
        meters.input(1, Became::Refused);
        meters.input(2, Became::Refused);
        assert_eq!(meters.inputs(1, Became::Refused), 1);
        assert_eq!(meters.inputs(1, Became::Dead) + meters.inputs(2, Became::Refused), 0);
    }
}
