//! The proof: branch and bound over open and shut facilities, depth first, on a stack of its own.
//!
//! Law: a set of facilities is left unpriced only if a bound says that it can't
//! beat the winner, ties included, or has too many parcels, or if the budget of nodes has ended.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::Unsolvable;
use super::assign::Plan;
use super::bounds::Dual;
use super::greedy::Met;
use super::problem::Network;
use super::set::FacilitySet;

/// What a search found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) winner: Plan,
    /// No plan has a lower scaled cost.
    pub(super) bound: u64,
    pub(super) runner_up: Option<Plan>,
    pub(super) nodes: u32,
}

/// A part of the problem that waits to be looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    open: FacilitySet,
    shut: FacilitySet,
    /// What was shut when the open facilities were last seen to be enough.
    supplied: FacilitySet,
    /// A lower bound on its plans, from the node it was split from.
    bound: u64,
    /// How many splits lie above it; the prices of the node above lie in the slot below.
    depth: usize,
}

/// The search and its room.
#[derive(Debug, Default)]
pub(super) struct Search {
    met: Met,
    dual: Dual,
    stack: Vec<Node>,
    /// The duals of the nodes above the current one, by depth.
    above: Vec<Dual>,
    nodes: u32,
    /// Once it is known that the number of parcels matters.
    parcels: Option<Box<Parcels>>,
    /// Whether plans of equal cost are told apart.
    ties: bool,
}

/// The same demands with one for every facility and nothing for units: how few may do.
#[derive(Debug, Default)]
struct Parcels {
    network: Network,
    dual: Dual,
    /// How many facilities may ship.
    most: u16,
}

/// How often one node is bounded anew after facilities were fixed in it.
const ROUNDS: u32 = 4;

/// After so many nodes without a proof a search has become worth the time of the greedy plans.
const POLISH: u32 = 64;

/// A facility with less slack than this is as good as paid for.
const TIGHT: i64 = 1 << 8;

impl Search {
    /// Finds the best plan.
    ///
    /// # Errors
    /// [`Unsolvable::TooManyParcels`] or [`Unsolvable::Undecided`].
    pub(super) fn run(&mut self, network: &Network, budget: u32) -> Result<Found, Unsolvable> {
        let budget = budget.max(1);
        let limit = network.max_parcels.filter(|&most| most < network.usable.len());
        (self.met, self.nodes, self.parcels, self.ties) = (Met::default(), 0, None, true);
        self.met.singles(network);
        if let Some(winner) = self.met.winner.filter(|plan| plan.cost <= network.floor()) {
            let (bound, runner_up) = (winner.cost, self.met.runner_up);
            return Ok(Found { winner, bound, runner_up, nodes: 0 });
        }
        // Most plans have few parcels anyway: the first node shows whether the limit matters.
        let mut left = self.work(network, if limit.is_some() { 1 } else { budget }, 0);
        if let Some(most) = limit.filter(|_| left.is_some() || self.met.winner.is_none()) {
            let mut parcels = Box::new(Parcels { most, ..Parcels::default() });
            parcels.network.count_parcels(network);
            parcels.dual.start(&parcels.network);
            if self.met.winner.is_none() {
                self.fit(network, &parcels, budget)?;
            }
            self.parcels = Some(parcels);
            left = self.work(network, budget, 0).map(|bound| bound.max(left.unwrap_or(0)));
        }
        let winner = self.met.winner.ok_or(Unsolvable::Short(Vec::new()))?;
        let bound = left.map_or(winner.cost, |bound| bound.min(winner.cost));
        Ok(Found { winner, bound, runner_up: self.met.runner_up, nodes: self.nodes })
    }

    /// Finds any plan with few enough facilities, or why there is none.
    fn fit(&mut self, network: &Network, parcels: &Parcels, budget: u32) -> Result<(), Unsolvable> {
        let met = core::mem::take(&mut self.met);
        self.ties = false;
        self.met.greedy(&parcels.network);
        let left = self.work(&parcels.network, budget, parcels.most);
        self.ties = true;
        let fewest = core::mem::replace(&mut self.met, met).winner;
        let Some(Plan { open, .. }) = fewest else { return Err(Unsolvable::Short(Vec::new())) };
        let (allowed, fewest) = (parcels.most, open.len());
        if fewest <= allowed {
            if let Some(plan) = network.price(open) {
                self.met.offer(plan, Some(allowed));
            }
            return Ok(());
        }
        let needed = left.map_or(fewest, |bound| parcels.network.parcels(bound));
        if needed > allowed {
            return Err(Unsolvable::TooManyParcels { allowed, needed });
        }
        Err(Unsolvable::Undecided { allowed, fewest, nodes: self.nodes })
    }

    /// Looks at nodes until none is left, or the budget ends: then the lowest bound that is left.
    /// Also ends with any plan of `enough` facilities.
    fn work(&mut self, network: &Network, budget: u32, enough: u16) -> Option<u64> {
        self.stack.clear();
        self.stack.push(Node::default());
        self.dual.start(network);
        while let Some(node) = self.stack.pop() {
            if self.met.winner.is_some_and(|winner| winner.open.len() <= enough) {
                break;
            }
            if self.is_beaten(network, &node) {
                continue;
            }
            if self.nodes >= budget {
                let waiting = self.stack.iter().map(|node| node.bound);
                return Some(waiting.fold(node.bound, u64::min));
            }
            self.nodes = self.nodes.saturating_add(1);
            self.visit(network, node);
            if self.nodes == POLISH.min(budget) && !self.stack.is_empty() {
                self.met.greedy(network);
                self.met.improve(network);
            }
        }
        None
    }

    /// Bounds a node, offers its plan, and splits it if it may hold a better one.
    fn visit(&mut self, network: &Network, mut node: Node) {
        if let Some(above) = node.depth.checked_sub(1).and_then(|slot| self.above.get(slot)) {
            self.dual.clone_from(above);
        }
        let mut plan = None;
        for _ in 0..ROUNDS {
            self.dual.fix(network, node.open, node.shut);
            if node.depth == 0 || node.shut != node.supplied {
                let Some(must) = self.dual.must_open(network) else { return };
                node.open = node.open.or(must);
                node.supplied = node.shut;
            }
            if self.has_too_many_parcels(&mut node) {
                return;
            }
            self.dual.fix(network, node.open, node.shut);
            self.dual.ascend(network);
            let bound = self.dual.bound(network);
            node.bound = node.bound.max(network.round_up(bound));
            if self.is_beaten(network, &node) {
                return;
            }
            let paid = self.free(network, &node).iter().filter(|&f| self.dual.slack(f) < TIGHT);
            plan = self.met.dropping(network, node.open.or(paid.collect()), node.open);
            if self.is_beaten(network, &node) {
                return;
            }
            if !self.fix_by_cost(network, &mut node, bound) {
                break;
            }
        }
        let free = self.free(network, &node);
        if free.is_empty() {
            self.met.dropping(network, node.open, node.open);
        } else {
            self.split(network, node, free, plan);
        }
    }

    /// The facilities that a node leaves free.
    fn free(&self, network: &Network, node: &Node) -> FacilitySet {
        network.usable.minus(node.shut).minus(node.open)
    }

    /// Whether every plan of the node has too many parcels; shuts the facilities that would be
    /// one too many.
    fn has_too_many_parcels(&mut self, node: &mut Node) -> bool {
        let Some(parcels) = &mut self.parcels else { return false };
        let Parcels { network, dual, most } = parcels.as_mut();
        if node.open.len() >= *most {
            node.shut = network.usable.minus(node.open);
            return node.open.len() > *most;
        }
        dual.fix(network, node.open, node.shut);
        dual.ascend(network);
        let bound = dual.bound(network);
        for facility in network.usable.minus(node.shut).minus(node.open).iter() {
            let with = bound.saturating_add(dual.slack(facility).max(0));
            if network.parcels(network.round_up(with)) > *most {
                node.shut = node.shut.with(facility);
            }
        }
        network.parcels(network.round_up(bound)) > *most
    }

    /// Opens and shuts the facilities of which the other choice can't beat the winner, and says
    /// whether there were any.
    fn fix_by_cost(&self, network: &Network, node: &mut Node, bound: i64) -> bool {
        let Some(winner) = self.met.winner else { return false };
        let before = (node.open, node.shut);
        for facility in self.free(network, node).iter() {
            let slack = self.dual.slack(facility);
            let otherwise = network.round_up(bound.saturating_add(slack.saturating_abs()));
            if otherwise > winner.cost || (otherwise == winner.cost && !self.ties) {
                let into = if slack > 0 { &mut node.shut } else { &mut node.open };
                *into = into.with(facility);
            }
        }
        before != (node.open, node.shut)
    }

    /// Splits a node on one facility.
    fn split(&mut self, network: &Network, node: Node, free: FacilitySet, plan: Option<Plan>) {
        let used = plan.map_or(FacilitySet::EMPTY, |plan| plan.open.and(free));
        let choice = if used.is_empty() { free } else { used };
        let dearest = choice.iter().max_by_key(|&f| (network.fixed.get(f), Reverse(f)));
        let Some(facility) = dearest else { return };
        match self.above.get_mut(node.depth) {
            Some(slot) => slot.clone_from(&self.dual),
            None => self.above.push(self.dual.clone()),
        }
        let depth = node.depth.saturating_add(1);
        self.stack.push(Node { shut: node.shut.with(facility), depth, ..node });
        self.stack.push(Node { open: node.open.with(facility), depth, ..node });
    }

    /// Whether no plan of the node can beat the winner.
    fn is_beaten(&self, network: &Network, node: &Node) -> bool {
        let Some(winner) = self.met.winner else { return false };
        if node.bound != winner.cost || !self.ties {
            return node.bound >= winner.cost;
        }
        let parcels = winner.open.len();
        let Some(more) = parcels.checked_sub(node.open.len()) else { return true };
        if more > 0 && !network.counts {
            return false;
        }
        let first = node.open.or(self.free(network, node).smallest(more));
        !first.precedes(winner.open)
    }
}
