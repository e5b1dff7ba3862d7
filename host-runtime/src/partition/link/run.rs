//! A link at work on a thread of its own.
//!
//! Law: it waits for whoever comes back, ever longer and never in step with others, and gives up
//! only what trying again does not mend. Told to end, it ends when what it handed in is durable.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Brought, Link, LinkError, Outbox};
use crate::chain_of;
use crate::partition::meters::Count;

/// Events looked at before those that are heard must be durable.
const WINDOW: usize = 256;
/// How long to wait for an event before looking whether it is time to end.
const LOOK: Duration = Duration::from_millis(100);
/// The first wait after a failure, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How a link stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum State {
    #[default]
    Following,
    /// What went wrong; it is tried again.
    Waiting(String),
    /// What went wrong, for good.
    Stopped(String),
}

/// What a link counts of its own work since it was made.
#[derive(Debug, Default)]
pub struct LinkMeters {
    /// The last event that was looked at, by its place in the other journal.
    pub looked: Count,
    /// The events of the other journal, as far as is known.
    pub end: Count,
    /// Events carried out here.
    pub heard: Count,
    /// Events refused here.
    pub refused: Count,
    /// Events that became dead letters.
    pub dead: Count,
    /// Events that had come before.
    pub again: Count,
    /// Failures that were waited out.
    pub failures: Count,
    source: Mutex<String>,
    state: Mutex<State>,
}

impl LinkMeters {
    /// The other journal; empty until it is known.
    #[must_use]
    pub fn source(&self) -> String {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many events of the other journal were not looked at yet, as far as is known.
    #[must_use]
    pub fn behind(&self) -> u64 {
        self.end.get().saturating_sub(self.looked.get())
    }

    /// `following`, `waiting` after a failure, or `stopped`; and what went wrong.
    #[must_use]
    pub fn state(&self) -> (&'static str, Option<String>) {
        match self.state.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            State::Following => ("following", None),
            State::Waiting(why) => ("waiting", Some(why)),
            State::Stopped(why) => ("stopped", Some(why)),
        }
    }

    pub(super) fn follows(&self, source: &str) {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source.to_string();
    }

    pub(super) fn stands(&self, after: u64, end: u64) {
        self.looked.set(after);
        self.end.set(end.max(after));
    }

    pub(super) fn brought(&self, brought: &Brought) {
        self.heard.add(brought.heard);
        self.refused.add(brought.refused);
        self.dead.add(brought.dead);
        self.again.add(brought.again);
    }

    fn is(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// A link at work. Dropping it ends it in order.
#[derive(Debug)]
pub struct Running {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    meters: Arc<LinkMeters>,
}

impl Running {
    /// What it counts of its own work.
    #[must_use]
    pub fn meters(&self) -> &Arc<LinkMeters> {
        &self.meters
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of a link panicked");
        }
    }
}

impl<O: Outbox + 'static> Link<O> {
    /// Works on a thread of its own until what this gives is dropped.
    ///
    /// # Errors
    /// That no thread can be started.
    pub fn start(self) -> std::io::Result<Running> {
        let (end, meters) = (Arc::new(AtomicBool::new(false)), Arc::clone(&self.meters));
        let told = Arc::clone(&end);
        let thread = std::thread::Builder::new().name("earmark-link".to_string());
        let thread = Some(thread.spawn(move || self.work(&told))?);
        Ok(Running { end, thread, meters })
    }

    fn work(mut self, end: &AtomicBool) {
        let mut failures = 0;
        while !end.load(Ordering::Relaxed) {
            match self.go_on() {
                Ok(()) if failures > 0 => {
                    tracing::info!(after = self.after, "a link goes on");
                    failures = 0;
                }
                Ok(()) => {}
                Err(error) if error.passes() => {
                    let pause = pause(failures, RandomState::new().hash_one(failures));
                    self.failed(&error, pause);
                    failures = failures.saturating_add(1);
                    sleep(pause, end);
                }
                Err(error) => {
                    let why = chain_of(&error);
                    tracing::error!(why, "a link stops: nothing more is heard by it");
                    return self.meters.is(State::Stopped(why));
                }
            }
        }
    }

    /// Brings what is there, and waits if that is nothing. A stream that ends as soon as it is
    /// open is a failure: else it would be opened again and again without a pause.
    fn go_on(&mut self) -> Result<(), LinkError> {
        let brought = self.bring(WINDOW)?;
        self.meters.is(State::Following);
        if brought.looked == 0 { self.outbox.wait(self.after, LOOK) } else { Ok(()) }
    }

    fn failed(&self, error: &LinkError, pause: Duration) {
        let why = chain_of(error);
        tracing::warn!(why, ?pause, "a link waits, and tries again");
        self.meters.failures.add(1);
        self.meters.is(State::Waiting(why));
    }
}

/// How long to wait after so many failures: twice as long each time up to a bound, and of that a
/// random half to all, so that many who lost the same host do not come back as one.
fn pause(failures: u32, random: u64) -> Duration {
    let (first, longest) = BACKOFF;
    let whole = first.saturating_mul(1_u32 << failures.min(16)).min(longest);
    let half = whole / 2;
    half.saturating_add(half.mul_f64((random >> 11) as f64 / (1_u64 << 53) as f64))
}

/// Waits so long, or until told to end.
fn sleep(pause: Duration, end: &AtomicBool) {
    let mut left = pause;
    while !left.is_zero() && !end.load(Ordering::Relaxed) {
        let part = left.min(LOOK);
        std::thread::sleep(part);
        left = left.saturating_sub(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_a_bound_and_is_never_under_half_of_it() {
        let (first, longest) = BACKOFF;
        for failures in 0..40 {
            let whole = first.saturating_mul(1 << failures.min(16)).min(longest);
            assert_eq!(pause(failures, 0), whole / 2);
            let most = pause(failures, u64::MAX);
            assert!(most > whole.mul_f64(0.99) && most <= whole, "{failures}: {most:?}");
        }
    }
}
