//! When the host ticks again, if a tick leaves something due.
//!
//! Law: a plugin that is never done can neither keep its partition busy nor fill its journal: ticks
//! that leave something due come ever more rarely, down to one in ten seconds. A real backlog is
//! worked off long before.

/// The longest pause, and the one after a tick without effect.
const PAUSE_MS: u64 = 10_000;
/// The first pause of a backlog that does not end.
const FIRST_PAUSE_MS: u64 = 10;
/// What counts before the first pause, and before it doubles.
const STEP: u32 = 2_048;
/// What a tick counts that left what was due as it was; one that moved it on counts 1.
const STUCK: u32 = 32;

/// The pace of a partition's ticks.
#[derive(Debug, Default)]
pub(in crate::partition) struct Ticks {
    /// No tick before this moment.
    not_before: u64,
    /// The ticks in a row that left something due, each by what it counts.
    counted: u32,
}

impl Ticks {
    /// When the next tick comes for what is due at this moment.
    pub(super) fn due(&self, deadline: u64) -> u64 {
        deadline.max(self.not_before)
    }

    /// Takes note of a tick at this moment, of what was due before and after it, and of how many
    /// events it brought.
    pub(super) fn ticked(&mut self, at: u64, before: Option<u64>, after: Option<u64>, events: u32) {
        let Some(still) = after.filter(|due| *due <= at) else {
            self.counted = 0;
            return;
        };
        let moved = before.is_some_and(|due| still > due);
        self.counted = self.counted.saturating_add(if moved { 1 } else { STUCK });
        let pause = if events == 0 { PAUSE_MS } else { self.pause() };
        if pause == 0 {
            return;
        }
        self.not_before = at.saturating_add(pause);
        // Once a step, and not once a tick: the log is no journal.
        let weight = if moved { 1 } else { STUCK };
        if events == 0 || self.counted % STEP < weight {
            tracing::warn!(
                due = still,
                pause_ms = pause,
                "the plugin's ticks leave something due that is over: they come more rarely"
            );
        }
    }

    fn pause(&self) -> u64 {
        match (self.counted / STEP).checked_sub(1) {
            None => 0,
            Some(doublings) => {
                let grown = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
                FIRST_PAUSE_MS.saturating_mul(grown).min(PAUSE_MS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks for a day with a plugin whose deadlines move on by so much; how many ticks that were.
    fn a_day(moves: u64) -> u64 {
        const DAY: u64 = 86_400_000;
        let (mut ticks, mut now, mut due, mut count) = (Ticks::default(), DAY, 1, 0_u64);
        while now < 2 * DAY {
            let before = Some(due);
            due += moves;
            // As the leader does: at once, if nothing holds it back; a tick takes a while, too.
            ticks.ticked(now, before, Some(due), 1);
            count += 1;
            now = ticks.due(due).max(now + 1);
        }
        count
    }

    #[test]
    fn a_plugin_that_is_never_done_ticks_a_bounded_number_of_times_a_day() {
        let (stuck, creeping) = (a_day(0), a_day(1));
        assert!((8_000..10_000).contains(&stuck), "{stuck}");
        assert!((20_000..40_000).contains(&creeping), "{creeping}");
    }

    #[test]
    fn a_backlog_that_ends_is_worked_off_without_a_pause_and_forgotten() {
        let mut ticks = Ticks::default();
        for round in 0..3 {
            for tick in 0..2_000 {
                ticks.ticked(9_000, Some(tick), Some(tick + 1), 1);
                assert_eq!(ticks.due(tick + 1), tick + 1, "round {round}, tick {tick}");
            }
            ticks.ticked(9_000, Some(2_000), Some(9_001), 1);
        }
        // Many things due at one moment, as at midnight: some ticks for one deadline.
        for _ in 0..60 {
            ticks.ticked(9_000, Some(5), Some(5), 1_000);
            assert_eq!(ticks.due(5), 5);
        }
        ticks.ticked(9_000, Some(5), None, 1);
        assert_eq!(ticks.due(9_001), 9_001);
    }

    #[test]
    fn a_tick_without_effect_is_followed_by_the_longest_pause_at_once() {
        let mut ticks = Ticks::default();
        ticks.ticked(1_000, Some(5), Some(5), 0);
        assert_eq!(ticks.due(5), 11_000);
    }
}
