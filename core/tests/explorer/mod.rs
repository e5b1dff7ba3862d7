//! Walks through every state of a small world, the nearest first.
//!
//! Law: nothing is left out. A state is known by 128 bits of its bytes; that two of a million
//! states share them is less likely than one in 10^26.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};

/// A world that can be walked through: its states are bytes.
pub(crate) trait Model {
    /// The state before anything happened.
    fn initial(&self) -> Vec<u8>;

    /// Everything that can happen next, and what comes of it.
    fn next(&self, state: &[u8], to: &mut dyn FnMut(String, Vec<u8>));

    /// What must never be, if it is so here.
    fn broken(&self, state: &[u8]) -> Option<String>;

    /// Whether everything has come to its end here.
    fn is_end(&self, state: &[u8]) -> bool;
}

/// What a walk saw.
#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) steps: usize,
    pub(crate) depth: u32,
    pub(crate) ends: usize,
    /// The shortest way to something that must never be.
    pub(crate) broken: Option<Story>,
    /// The shortest way to a state from which no end can be reached.
    pub(crate) stuck: Option<Story>,
}

/// A way from the beginning, and what is found there.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) steps: Vec<String>,
    pub(crate) found: String,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {}. {step}", number + 1)?;
        }
        write!(f, "  => {}", self.found)
    }
}

/// How a state was met first.
struct Met {
    from: u32,
    by: String,
    depth: u32,
}

/// Walks until nothing is new, or something is broken; at most through so many states.
pub(crate) fn explore(model: &impl Model, at_most: usize) -> Explored {
    let first = model.initial();
    let mut known = BTreeMap::from([(name(&first), 0_u32)]);
    let mut met = vec![Met { from: 0, by: String::new(), depth: 0 }];
    let mut waiting = std::collections::VecDeque::from([(0_u32, first)]);
    let (mut edges, mut ends) = (Vec::new(), Vec::new());
    let mut broken = None;
    while let Some((id, state)) = waiting.pop_front() {
        if let Some(found) = model.broken(&state) {
            broken = Some(story(&met, id, found));
            break;
        }
        if model.is_end(&state) {
            ends.push(id);
        }
        let depth = met[id as usize].depth + 1;
        model.next(&state, &mut |by, next| {
            let fresh = u32::try_from(met.len()).unwrap();
            let to = match known.entry(name(&next)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    met.push(Met { from: id, by, depth });
                    waiting.push_back((fresh, next));
                    *place.insert(fresh)
                }
            };
            edges.push((to, id));
        });
        assert!(met.len() <= at_most, "more than {at_most} states: the world is too large");
    }
    let stuck = match broken {
        Some(_) => None,
        None => stuck(&edges, &ends, met.len())
            .map(|id| story(&met, id, "from here nothing comes to its end any more".to_string())),
    };
    let depth = met.iter().map(|met| met.depth).max().unwrap_or(0);
    Explored { states: met.len(), steps: edges.len(), depth, ends: ends.len(), broken, stuck }
}

/// The first state from which no end can be reached; `edges` lead backwards.
fn stuck(edges: &[(u32, u32)], ends: &[u32], states: usize) -> Option<u32> {
    let mut sorted = edges.to_vec();
    sorted.sort_unstable();
    let mut reaches = vec![false; states];
    let mut waiting = ends.to_vec();
    while let Some(id) = waiting.pop() {
        if std::mem::replace(&mut reaches[id as usize], true) {
            continue;
        }
        let first = sorted.partition_point(|(to, _)| *to < id);
        waiting.extend(sorted[first..].iter().take_while(|(to, _)| *to == id).map(|e| e.1));
    }
    reaches.iter().position(|reaches| !reaches).map(|id| u32::try_from(id).unwrap())
}

fn story(met: &[Met], mut id: u32, found: String) -> Story {
    let mut steps = Vec::new();
    while id != 0 {
        let Met { from, by, .. } = &met[id as usize];
        steps.push(by.clone());
        id = *from;
    }
    steps.reverse();
    Story { steps, found }
}

fn name(state: &[u8]) -> (u64, u64) {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher.write(state);
        hasher.finish()
    };
    (half(0), half(1))
}
