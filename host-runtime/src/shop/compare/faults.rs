//! The faults of a comparison: what goes wrong at which step.
//!
//! Law: a seed, a wave and a step give the same faults for every topology, whatever happened
//! before.

use std::str::FromStr;

use crate::shop::generate::random::Random;

/// How often something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Faults {
    /// After a delivery a link rests for so many steps at the most.
    pub(super) late: usize,
    /// In one of so many steps a link brings its last events again, as if no acknowledgement had
    /// come, and a customer sends his order twice.
    pub(super) repeat: usize,
    /// In one of so many steps a link is broken, and made anew.
    pub(super) restart: usize,
    /// In one of so many steps a partition is dropped, and opened anew from its journal.
    pub(super) crash: usize,
}

impl Faults {
    /// Nothing goes wrong, and everything comes at once.
    pub(super) const NONE: Self = Self { late: 0, repeat: 0, restart: 0, crash: 0 };
}

impl Default for Faults {
    fn default() -> Self {
        Self { late: 6, repeat: 5, restart: 11, crash: 17 }
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { late, repeat, restart, crash } = self;
        write!(f, "late={late},repeat={repeat},restart={restart},crash={crash}")
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut faults = Self::NONE;
        if text == "none" {
            return Ok(faults);
        }
        for part in text.split(',') {
            let wrong = || {
                format!(
                    "`{part}` is no fault: `none`, or some of late=N, repeat=N, restart=N, crash=N"
                )
            };
            let (name, number) = part.split_once('=').ok_or_else(wrong)?;
            let place = match name {
                "late" => &mut faults.late,
                "repeat" => &mut faults.repeat,
                "restart" => &mut faults.restart,
                "crash" => &mut faults.crash,
                _ => return Err(wrong()),
            };
            *place = number.parse().map_err(|_| wrong())?;
        }
        Ok(faults)
    }
}

/// What goes wrong at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trouble {
    /// How long the links towards a partition rest after this step, for two partitions.
    pub(super) rests: [usize; 2],
    /// By how many events the links go back.
    pub(super) again: usize,
    /// The links are broken and made anew.
    pub(super) restart: bool,
    /// A partition is opened anew: its place, modulo how many there are.
    pub(super) crash: Option<usize>,
}

impl Faults {
    /// What goes wrong at a step of a wave.
    pub(super) fn at(self, seed: u64, wave: usize, step: usize) -> Trouble {
        let place = (wave as u64) << 32 | step as u64;
        let mut random = Random::new(seed ^ Random::new(place).bits());
        // Every number is drawn whether it is used or not: one fault more moves no other.
        let rests = [random.below(self.late + 1), random.below(self.late + 1)];
        let (length, which) = (1 + random.below(8), random.below(1 << 16));
        let mut hits = |often: usize| random.below(often.max(1)) == 0 && often > 0;
        let (again, restart, crash) = (hits(self.repeat), hits(self.restart), hits(self.crash));
        let again = if again { length } else { 0 };
        Trouble { rests, again, restart, crash: crash.then_some(which) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_written() {
        let default = Faults::default();
        assert_eq!(default.to_string().parse(), Ok(default));
        assert_eq!("none".parse(), Ok(Faults::NONE));
        assert_eq!("late=3".parse(), Ok(Faults { late: 3, ..Faults::NONE }));
        for wrong in ["", "late", "late=-1", "lost=3", "late=3;crash=4"] {
            let told = wrong.parse::<Faults>().expect_err(wrong);
            assert!(told.contains("repeat=N"), "{told}");
        }
    }

    #[test]
    fn a_seed_gives_one_schedule_about_as_often_as_it_is_said() {
        let faults = Faults::default();
        let schedule = |seed| (0..6_000).map(|step| faults.at(seed, 1, step)).collect::<Vec<_>>();
        assert_eq!(schedule(1), schedule(1));
        assert_ne!(schedule(1), schedule(2));
        let all = schedule(3);
        let near = |found: usize, often| assert!(found.abs_diff(6_000 / often) < 150, "{found}");
        near(all.iter().filter(|it| it.again > 0).count(), faults.repeat);
        near(all.iter().filter(|it| it.restart).count(), faults.restart);
        near(all.iter().filter(|it| it.crash.is_some()).count(), faults.crash);
        assert!(all.iter().all(|it| it.rests.iter().all(|rest| *rest <= faults.late)));
        let calm = Trouble { rests: [0; 2], again: 0, restart: false, crash: None };
        assert_eq!(Faults::NONE.at(3, 1, 9), calm);
    }
}
