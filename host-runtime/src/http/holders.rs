//! How many streams each caller has open.
//!
//! Law: nobody takes the places of all others; what is remembered is as much as is open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who has how many open.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<HashMap<Arc<str>, usize>>);

/// One of them; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    all: Arc<Holders>,
    who: Arc<str>,
}

impl Holders {
    /// One more for this caller, if he may have it.
    pub(super) fn take(self: &Arc<Self>, who: &str, most: usize) -> Option<Held> {
        let mut counts = self.counts();
        let who: Arc<str> = Arc::from(who);
        let has = counts.get(&who).copied().unwrap_or(0);
        if has >= most {
            return None;
        }
        counts.insert(Arc::clone(&who), has.saturating_add(1));
        drop(counts);
        Some(Held { all: Arc::clone(self), who })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        match counts.get_mut(&self.who) {
            Some(has) if *has > 1 => *has -= 1,
            _ => drop(counts.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_so_many_and_nothing_stays_of_one_who_has_none() {
        let all = Arc::<Holders>::default();
        let (first, second) = (all.take("ann", 2), all.take("ann", 2));
        assert!(first.is_some() && second.is_some() && all.take("ann", 2).is_none());
        assert!(all.take("bob", 2).is_some());
        drop(first);
        assert!(all.take("ann", 2).is_some());
        drop(second);
        assert!(all.counts().is_empty());
    }
}
