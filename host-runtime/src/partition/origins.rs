//! The inbox: how far each source has come, and its last outcomes.
//!
//! Law: the cursor of a source never goes back; what is at or behind it is not carried out again.
//! What comes again with other contents is no repetition: it is told so, as long as it is known.
//!
//! A source that counts costs a cursor for ever, so a caller has so many and no more (see
//! [`SOURCES_EACH`]), and none is forgotten for another one. One that sends a key a request
//! (`Idempotency-Key`) would cost as much a request, so of keys only the last ones are known: see
//! [`KEYS_KEPT`].

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::submission::{Origin, Receipt};
use crate::chaos::{Broken, breaks};

/// Outcomes kept of each source, so that a retry hears what the first try would have heard.
const OUTCOMES_KEPT: usize = 256;

/// Outcomes kept of all sources together: anybody can invent a source, nobody the memory for it.
const OUTCOMES_KEPT_IN_ALL: usize = 65_536;

/// What the name of a source begins with that is one key of one request, and nothing more.
pub(crate) const KEYED: &str = "key:";

/// What the name of a source begins with that a caller counts by: its length, his name and the
/// source's follow.
pub(crate) const COUNTED: &str = "client:";

/// Sources that one caller may count by: more than he has tills, and a few megabytes.
const SOURCES_EACH: usize = 1 << 14;

/// Keys known at the most, the last ones: at 100 requests a second those of three quarters of an
/// hour. An order's own id holds for ever whatever became of the key.
const KEYS_KEPT: usize = 1 << 18;

/// How far each source has come.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    sources: HashMap<Arc<str>, Source>,
    /// The sources that are keys, the oldest first; and how many there may be.
    keys: VecDeque<Arc<str>>,
    keys_kept: usize,
    /// How many sources each caller counts by, and how many he may.
    counted: HashMap<Arc<str>, usize>,
    sources_each: usize,
    /// Whose outcomes are kept, the oldest first; one entry an outcome.
    order: VecDeque<Arc<str>>,
}

#[derive(Debug, Clone, Default)]
struct Source {
    last: u64,
    kept: VecDeque<Kept>,
    /// Its entries in the order of all; never fewer than it keeps.
    listed: usize,
}

/// The outcome of a place in a source's sequence.
#[derive(Debug, Clone)]
struct Kept {
    sequence: u64,
    command: [u8; 16],
    receipt: Receipt,
}

/// What the inbox says of an input.
#[derive(Debug)]
pub(super) enum Seen {
    /// It is new.
    New,
    /// It was carried out; this was its outcome.
    Again(Receipt),
    /// At its place another command was carried out, as this input of the journal.
    Otherwise(u64),
    /// It, or a later one, was carried out; the outcome is not at hand.
    LongAgo,
    /// It is of a new source, and its caller has all that he may have.
    Crowded(usize),
}

impl Default for Origins {
    fn default() -> Self {
        let (sources, keys, order, counted) = Default::default();
        let (keys_kept, sources_each) = (KEYS_KEPT, SOURCES_EACH);
        Self { sources, keys, keys_kept, counted, sources_each, order }
    }
}

impl Origins {
    /// What is known of an input, whose command has this digest.
    pub(super) fn look_up(&self, origin: &Origin, command: &[u8; 16]) -> Seen {
        if breaks(Broken::Dedupe) {
            return Seen::New;
        }
        let Some(source) = self.sources.get(&origin.source) else {
            let has = caller_of(&origin.source).and_then(|caller| self.counted.get(caller));
            return match has {
                Some(has) if *has >= self.sources_each => Seen::Crowded(self.sources_each),
                _ => Seen::New,
            };
        };
        if origin.sequence > source.last && !is_key(&origin.source) {
            return Seen::New;
        }
        match source.kept.iter().find(|kept| kept.sequence == origin.sequence) {
            Some(Kept { command: was, receipt, .. }) if was != command => {
                Seen::Otherwise(receipt.input)
            }
            Some(kept) => Seen::Again(Receipt { again: true, ..kept.receipt.clone() }),
            None => Seen::LongAgo,
        }
    }

    /// Moves the cursor of a source on, and keeps the outcome.
    pub(super) fn note(&mut self, origin: &Origin, command: [u8; 16], receipt: Receipt) {
        let key = is_key(&origin.source);
        if !self.sources.contains_key(&origin.source) {
            match key {
                true => self.keys.push_back(Arc::clone(&origin.source)),
                false => self.count(&origin.source),
            }
        }
        let source = self.sources.entry(Arc::clone(&origin.source)).or_default();
        // A key has one place, so its cursor can say when it came: a snapshot keeps their order.
        let last = if key { receipt.input } else { origin.sequence };
        source.last = source.last.max(last);
        source.kept.push_back(Kept { sequence: origin.sequence, command, receipt });
        if source.kept.len() > OUTCOMES_KEPT {
            source.kept.pop_front();
        }
        source.listed = source.listed.saturating_add(1);
        self.order.push_back(Arc::clone(&origin.source));
        if self.order.len() > OUTCOMES_KEPT_IN_ALL {
            self.forget_the_oldest();
        }
        if self.keys.len() > self.keys_kept
            && let Some(oldest) = self.keys.pop_front()
        {
            self.sources.remove(&oldest);
        }
    }

    /// Takes note of a new source of its caller's.
    fn count(&mut self, source: &str) {
        let Some(caller) = caller_of(source) else { return };
        let has = self.counted.entry(Arc::from(caller)).or_default();
        *has = has.saturating_add(1);
    }

    /// Lets everybody have as many sources as he comes with: another journal has let them in.
    pub(super) fn let_all_in(&mut self) {
        self.sources_each = usize::MAX;
    }

    /// Forgets one outcome of the source that was heard longest ago. Those that fell out of their
    /// source's own window are forgotten already; the cursor stays for ever.
    fn forget_the_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        let Some(source) = self.sources.get_mut(&oldest) else { return };
        source.listed = source.listed.saturating_sub(1);
        while source.kept.len() > source.listed {
            source.kept.pop_front();
        }
    }

    /// How far a source has come; 0 if it never was heard of.
    pub(super) fn last(&self, source: &str) -> u64 {
        self.sources.get(source).map_or(0, |source| source.last)
    }

    /// All cursors, in order of the sources: for a snapshot.
    pub(super) fn cursors(&self) -> Vec<(String, u64)> {
        let mut all: Vec<(String, u64)> =
            self.sources.iter().map(|(name, source)| (name.to_string(), source.last)).collect();
        all.sort();
        all
    }

    /// The cursors of a snapshot.
    pub(super) fn restore(cursors: Vec<(String, u64)>) -> Self {
        let source = |(name, last): (String, u64)| {
            (Arc::from(name.as_str()), Source { last, ..Source::default() })
        };
        let mut keys: Vec<(u64, Arc<str>)> = cursors
            .iter()
            .filter(|(name, _)| is_key(name))
            .map(|(name, came)| (*came, Arc::from(name.as_str())))
            .collect();
        keys.sort();
        let keys = keys.into_iter().map(|(_, name)| name).collect();
        let mut restored = Self { keys, ..Self::default() };
        cursors.iter().for_each(|(name, _)| restored.count(name));
        restored.sources = cursors.into_iter().map(source).collect();
        restored
    }
}

/// Whose source it is, if a caller counts by it.
fn caller_of(source: &str) -> Option<&str> {
    let (length, rest) = source.strip_prefix(COUNTED)?.split_once(':')?;
    rest.get(..length.parse().ok()?)
}

fn is_key(source: &str) -> bool {
    source.starts_with(KEYED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Origin {
        Origin { source: Arc::from(format!("{KEYED}3:ann:{number}")), sequence: 1 }
    }

    fn noted(origins: &mut Origins, origin: &Origin, input: u64) {
        let outcome = Arc::from(&[][..]);
        let receipt = Receipt { input, first_event: 1, position: 0, at: 0, outcome, again: false };
        origins.note(origin, [7; 16], receipt);
    }

    fn till(caller: &str, number: u64) -> Origin {
        let source = format!("{COUNTED}{}:{caller}:till-{number}", caller.len());
        Origin { source: Arc::from(source), sequence: 1 }
    }

    #[test]
    fn a_caller_has_so_many_sources_and_none_is_forgotten_for_another() {
        let mut origins = Origins { sources_each: 3, ..Origins::default() };
        for number in 0..3 {
            assert!(matches!(origins.look_up(&till("ann", number), &[7; 16]), Seen::New));
            noted(&mut origins, &till("ann", number), number + 1);
            // The next of a source is no new one.
            noted(&mut origins, &Origin { sequence: 2, ..till("ann", number) }, number + 10);
        }
        let again = Origins::restore(origins.cursors());
        let again = Origins { sources_each: 3, ..again };
        for mut origins in [origins, again] {
            let sees = |origins: &Origins, one: &Origin| origins.look_up(one, &[7; 16]);
            assert!(matches!(sees(&origins, &till("ann", 3)), Seen::Crowded(3)));
            assert!(!matches!(sees(&origins, &till("ann", 0)), Seen::New | Seen::Crowded(_)));
            let next = Origin { sequence: 3, ..till("ann", 0) };
            assert!(matches!(sees(&origins, &next), Seen::New), "who is known goes on");
            // Neither another caller nor a key has to do with it.
            assert!(matches!(sees(&origins, &till("ann:till", 3)), Seen::New));
            assert!(matches!(sees(&origins, &key(3)), Seen::New));
            origins.let_all_in();
            assert!(matches!(sees(&origins, &till("ann", 3)), Seen::New));
        }
    }

    #[test]
    fn of_keys_only_the_last_ones_are_known_and_a_client_that_counts_for_ever() {
        let mut origins = Origins { keys_kept: 300, ..Origins::default() };
        let till = Origin { source: Arc::from("client:3:ann:till"), sequence: 1 };
        noted(&mut origins, &till, 1);
        let most = 300;
        for number in 0..=most {
            noted(&mut origins, &key(number), number + 2);
        }
        assert!(matches!(origins.look_up(&key(0), &[7; 16]), Seen::New), "it is forgotten");
        assert!(matches!(origins.look_up(&key(1), &[7; 16]), Seen::Again(_)));
        assert!(matches!(origins.look_up(&key(most), &[7; 16]), Seen::Again(_)));
        assert!(matches!(origins.look_up(&key(most), &[8; 16]), Seen::Otherwise(_)));
        assert_eq!(origins.last("client:3:ann:till"), 1);
        assert_eq!((origins.keys.len(), origins.sources.len()), (300, 301));

        // From a snapshot they are forgotten in the order they came, not in that of their names.
        let again = Origins::restore(origins.cursors());
        let mut again = Origins { keys_kept: 300, ..again };
        assert_eq!(again.keys, origins.keys);
        noted(&mut again, &key(most + 1), most + 3);
        assert!(matches!(again.look_up(&key(1), &[7; 16]), Seen::New));
        assert!(matches!(again.look_up(&key(2), &[7; 16]), Seen::LongAgo));
    }
}
