//! Choosing facilities: which of them ship what, at the lowest total cost, with a proof.
//!
//! Law: a plan is never dearer than its proof says, and the same problem gives
//! the same bytes in every body. Integers only, no clock, no randomness, no recursion.
//!
//! **The rule in prose.** A facility that ships at least one unit costs its fixed cost once (a
//! parcel, its handling, the way to the customer). Every unit costs what its arc says. An arc is
//! one shelf: so many units of one item in one tier of one facility. All demands are met, no arc
//! gives more than it has, at most [`Problem::max_parcels`] facilities ship, and the sum is as low
//! as can be:
//!
//! ```text
//! min  sum_f F_f y_f + sum_a c_a x_a
//! s.t. sum_{a of item i} x_a = d_i     0 <= x_a <= available_a * y_f(a)
//!      sum_f y_f <= max_parcels        y binary, x whole
//! ```
//!
//! Once the open facilities are given, the rest is easy: each item takes its cheapest arcs first
//! ([`assign`]). So only sets of facilities are searched.
//!
//! **How.** Branch and bound on facilities, depth first, with a count of nodes for a budget. The
//! lower bound is the dual ascent of D. Erlenkotter ("A dual-based procedure for uncapacitated
//! facility location", *Operations Research* 26(6), 1978), extended to arcs of limited
//! availability; facilities are fixed open or shut by their reduced cost as in that paper. The
//! first plans are the cheapest single facility, the facilities that the dual prices pay for, and
//! a greedy weighted cover of what is left over (V. Chvatal, *Mathematics of Operations Research*
//! 4(3), 1979), each improved by dropping, adding and swapping facilities.
//!
//! **Several costs.** [`solve_levels`] finds the plan that is best by the first of several costs,
//! of equals by the second, and so on, over this same search.
//!
//! **Ties.** Of plans of equal cost the one with fewer facilities wins, then the one whose sorted
//! list of facilities is the lexicographically smallest. The order of the arcs never matters. The
//! tie rule is exact whenever the search ended by itself; if its budget ended, the cheapest plan
//! is chosen by the same rule among those it met.
//!
//! **Complexity.** The problem is NP-hard (set cover). One node costs O(arcs) a round, with a
//! fixed number of rounds; a problem that one facility serves best is mostly one node. Memory is
//! O(arcs + facilities * (facilities + items)).
//!
//! **Not considered.** Weight breaks of a parcel, a capacity of a facility over all items (leave it
//! out beforehand, as the inventory role does with one that is full today), backorders (offer them
//! as a facility of their own), and orders still to come (put their price into the unit costs).

mod assign;
mod bounds;
mod greedy;
mod levels;
mod problem;
mod search;
mod set;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

pub use levels::{Level, Ranked, solve_levels};
pub use set::FacilitySet;

/// A cost in whole units of the caller's choice (cents, grams of carbon, a packed tuple).
///
/// The worst plan of one problem may cost [`limits::SOURCING_COST`] at most.
pub type Cost = u64;

/// One shelf that may serve one item: the edge of the problem.
///
/// Two arcs may name the same shelf; their units then add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    /// The facility, an index into [`Problem::fixed`].
    pub facility: u16,
    /// The tier of the shelf; carried into the plan, and the last key of its order.
    pub tier: u8,
    /// The item, an index into [`Problem::demands`].
    pub item: u16,
    /// The cost of one unit by this arc.
    pub unit_cost: Cost,
    /// How many units the arc has.
    pub available: u32,
}

/// The bare problem: what opening costs, what is wanted, and what there is.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// The cost of shipping anything at all from each facility; at most
    /// [`limits::SOURCING_FACILITIES`] of them.
    pub fixed: &'a [Cost],
    /// Units wanted of each item; at most [`limits::ORDER_LINES`] items. Zero needs nothing.
    pub demands: &'a [u32],
    /// The shelves, in any order.
    pub arcs: &'a [Arc],
    /// How many facilities may ship; `None` for any number.
    pub max_parcels: Option<u16>,
    /// How many nodes the search may visit, see [`node_budget`]; 0 counts as 1.
    pub nodes: u32,
}

/// Units taken by one arc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Take {
    /// The facility that ships.
    pub facility: u16,
    /// The tier of its shelf.
    pub tier: u8,
    /// The item.
    pub item: u16,
    /// Units, at least one.
    pub quantity: u32,
}

/// What the search can say about its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Proof {
    /// No plan is cheaper.
    Optimal,
    /// The budget ended: no plan is cheaper by more than `gap`.
    Bounded {
        /// The cost of the plan minus the best lower bound.
        gap: Cost,
        /// The nodes that were visited.
        nodes: u32,
    },
}

/// The best plan with another set of facilities than the winner, *of those the search met*.
///
/// It is a plan that would work and what it costs, so that the winner's advantage can be told. It
/// is not proven to be the second best of all: sets that the bound ruled out were never priced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct RunnerUp {
    /// Its total cost, never below the winner's.
    pub cost: Cost,
    /// Its facilities, ascending.
    pub facilities: Vec<u16>,
}

/// A plan, its cost and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Solution {
    /// What is taken where, sorted by (item, unit cost, facility, tier).
    pub takes: Vec<Take>,
    /// Fixed costs of the facilities that ship plus the unit costs of all takes.
    pub cost: Cost,
    /// The facilities that ship, ascending.
    pub open: Vec<u16>,
    /// Whether a cheaper plan can exist.
    pub proof: Proof,
    /// Nodes that the search visited.
    pub nodes: u32,
    /// The best other plan that was met, if any.
    pub runner_up: Option<RunnerUp>,
}

/// What a given set of facilities would ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// What is taken where, sorted by (item, unit cost, facility, tier).
    pub takes: Vec<Take>,
    /// Fixed costs of the facilities that ship plus the unit costs of all takes.
    pub cost: Cost,
    /// The facilities that ship: a facility of the set that gives nothing is not among them.
    pub open: FacilitySet,
}

/// An item that the stock can't serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Shortfall {
    /// The item, an index into [`Problem::demands`].
    pub item: u16,
    /// Units wanted.
    pub demanded: u32,
    /// Units there are, over all facilities that may ship.
    pub available: u32,
}

/// Why a problem can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// More facilities than [`limits::SOURCING_FACILITIES`].
    TooManyFacilities(usize),
    /// More items than [`limits::ORDER_LINES`].
    TooManyItems(usize),
    /// More arcs than [`limits::SOURCING_ARCS`].
    TooManyArcs(usize),
    /// The arc at this index names a facility that does not exist.
    UnknownFacility {
        /// The arc's index.
        arc: usize,
        /// The facility it names.
        facility: u16,
    },
    /// The arc at this index names an item that does not exist.
    UnknownItem {
        /// The arc's index.
        arc: usize,
        /// The item it names.
        item: u16,
    },
    /// The dearest plan might cost more than [`limits::SOURCING_COST`].
    CostTooLarge,
    /// No level, too many, or one that is not of the problem's size: see [`solve_levels`].
    Levels,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsolvable {
    /// The problem can't be read.
    Malformed(Malformed),
    /// There is not enough stock: every item that is short, ascending.
    Short(Vec<Shortfall>),
    /// Proven: there is enough stock, but not in so few facilities.
    TooManyParcels {
        /// The facilities that may ship.
        allowed: u16,
        /// The least number of facilities that can serve the demands.
        needed: u16,
    },
    /// The node budget ended before a plan with so few facilities was met, or ruled out.
    Undecided {
        /// The facilities that may ship.
        allowed: u16,
        /// The fewest facilities of a plan that was met.
        fewest: u16,
        /// The nodes that were visited.
        nodes: u32,
    },
}

/// Room that one search leaves for the next, so that the hot path allocates only its answer.
///
/// It carries nothing from one problem to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    network: problem::Network,
    search: search::Search,
}

/// The nodes that a problem of so many arcs may visit for about the same time as any other.
///
/// [`limits::SOURCING_NODES`] for the smallest; one node looks at every arc, so the number falls
/// as the arcs grow: an order of 1,112 lines in 10 facilities has some 280. It never falls below
/// 16. Searches that end by themselves, as nearly all do, never feel it.
#[must_use]
pub const fn node_budget(arcs: usize) -> u32 {
    let most = limits::SOURCING_NODES as usize;
    let nodes = match most.saturating_mul(16).checked_div(arcs) {
        Some(nodes) => nodes,
        None => most,
    };
    if nodes < 16 {
        16
    } else if nodes > most {
        limits::SOURCING_NODES
    } else {
        nodes as u32
    }
}

/// Finds the cheapest plan; see the module's own page for the rule.
///
/// # Errors
/// [`Unsolvable`], in the order of its variants: a malformed problem before a shortage, a shortage
/// before too many parcels.
pub fn solve(problem: &Problem<'_>) -> Result<Solution, Unsolvable> {
    solve_with(&mut Scratch::default(), problem)
}

/// [`solve`] in room that was used before; the answer does not depend on what was solved there.
///
/// # Errors
/// As [`solve`].
pub fn solve_with(scratch: &mut Scratch, problem: &Problem<'_>) -> Result<Solution, Unsolvable> {
    scratch.network.read(problem)?;
    let found = scratch.search.run(&scratch.network, problem.nodes)?;
    let (gap, nodes) = (scratch.network.gap(found.winner.cost, found.bound), found.nodes);
    let whole = |plan: &assign::Plan| scratch.network.whole(plan);
    Ok(Solution {
        takes: scratch.network.takes(found.winner.open),
        cost: whole(&found.winner),
        open: found.winner.open.to_vec(),
        proof: if gap == 0 { Proof::Optimal } else { Proof::Bounded { gap, nodes } },
        nodes,
        runner_up: found
            .runner_up
            .map(|plan| RunnerUp { cost: whole(&plan), facilities: plan.open.to_vec() }),
    })
}

/// What the facilities of `open` would ship if nobody else did: exact, since each item takes its
/// cheapest arcs first. [`Problem::max_parcels`] is not looked at.
///
/// # Errors
/// [`Unsolvable::Malformed`], or [`Unsolvable::Short`] with what `open` can't serve.
pub fn assign(problem: &Problem<'_>, open: FacilitySet) -> Result<Assignment, Unsolvable> {
    let mut network = problem::Network::default();
    network.read_open(problem, open)?;
    let plan = network.price(open).ok_or(Unsolvable::Short(Vec::new()))?;
    Ok(Assignment { takes: network.takes(plan.open), cost: network.whole(&plan), open: plan.open })
}

/// What the facilities of `open` would cost if nobody else shipped, without the list of takes.
///
/// # Errors
/// As [`assign`].
pub fn evaluate(problem: &Problem<'_>, open: FacilitySet) -> Result<Cost, Unsolvable> {
    let mut network = problem::Network::default();
    network.read_open(problem, open)?;
    let plan = network.price(open).ok_or(Unsolvable::Short(Vec::new()))?;
    Ok(network.whole(&plan))
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyFacilities(count) => write!(
                f,
                "{count} facilities to choose from, at most {} can be searched; filter them first",
                limits::SOURCING_FACILITIES
            ),
            Self::TooManyItems(count) => {
                write!(f, "{count} items, at most {} may be asked for", limits::ORDER_LINES)
            }
            Self::TooManyArcs(count) => {
                write!(f, "{count} arcs, at most {} can be searched", limits::SOURCING_ARCS)
            }
            Self::UnknownFacility { arc, facility } => {
                write!(f, "arc {arc} names facility `{facility}`, which has no fixed cost")
            }
            Self::UnknownItem { arc, item } => {
                write!(f, "arc {arc} names item `{item}`, which nobody asked for")
            }
            Self::CostTooLarge => write!(
                f,
                "the dearest plan would cost more than {}; use a coarser unit of cost",
                limits::SOURCING_COST
            ),
            Self::Levels => write!(
                f,
                "give 1 to {} levels, each with a cost for every facility and every arc",
                limits::SOURCING_LEVELS
            ),
        }
    }
}

impl fmt::Display for Unsolvable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Short(shortfalls) => {
                write!(f, "not enough stock")?;
                shortfalls.iter().try_for_each(|short| {
                    let Shortfall { item, demanded, available } = short;
                    write!(f, "; item {item} wants {demanded}, there are {available}")
                })
            }
            Self::TooManyParcels { allowed, needed } => {
                write!(f, "{allowed} parcels are allowed, {needed} are needed at least")
            }
            Self::Undecided { allowed, fewest, nodes } => write!(
                f,
                "no plan with {allowed} parcels was met in {nodes} nodes, the fewest was {fewest}; \
                 allow more parcels or more nodes"
            ),
        }
    }
}

impl core::error::Error for Malformed {}
impl core::error::Error for Unsolvable {}
