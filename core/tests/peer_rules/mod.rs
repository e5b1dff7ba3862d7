//! What other systems do to choose facilities, each rule a function, on one cost model.
//!
//! The rules are written down from the peers' sources and manuals; each names its own. None of them
//! knows the cost: it hands out units, and what that costs is told by [`Instance::price`] alone, as
//! for the solver's plan.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod rules;
pub(crate) mod table;

use earmark::limits::SOURCING_NODES;
use earmark::sourcing::{Arc, Problem};

/// A demand, the stock and the ways to one destination.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    /// What shipping anything costs, by facility; the order of facilities is the shop's priority.
    pub(crate) fixed: Vec<u64>,
    /// How far each facility is from the destination, in any unit.
    pub(crate) distance: Vec<u64>,
    /// Units wanted of each item.
    pub(crate) demands: Vec<u32>,
    /// The shelves.
    pub(crate) arcs: Vec<Arc>,
}

/// Units of one item from one facility.
pub(crate) type Given = (usize, usize, u32);

/// What a rule hands out; `None` if it refuses the order.
pub(crate) type Handed = Option<Vec<Given>>;

impl Instance {
    pub(crate) fn problem(&self) -> Problem<'_> {
        let Self { fixed, demands, arcs, .. } = self;
        Problem { fixed, demands, arcs, max_parcels: None, nodes: SOURCING_NODES }
    }

    pub(crate) fn facilities(&self) -> usize {
        self.fixed.len()
    }

    /// Units of every item at every facility, `[item][facility]`.
    pub(crate) fn stock(&self) -> Vec<Vec<u32>> {
        let mut stock = vec![vec![0; self.facilities()]; self.demands.len()];
        for arc in &self.arcs {
            stock[usize::from(arc.item)][usize::from(arc.facility)] += arc.available;
        }
        stock
    }

    /// The facilities by distance, of equals the first.
    pub(crate) fn nearest(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.facilities()).collect();
        order.sort_by_key(|&facility| self.distance[facility]);
        order
    }

    /// What the units cost and how many parcels they make; the cheapest shelves of a facility give
    /// first. Fails if it is not what was asked, or more than there is.
    pub(crate) fn price(&self, given: &[Given]) -> (u64, usize) {
        let mut units = vec![vec![0_u32; self.facilities()]; self.demands.len()];
        for &(facility, item, quantity) in given {
            units[item][facility] += quantity;
        }
        let mut shelves = self.arcs.clone();
        shelves.sort_by_key(|arc| (arc.unit_cost, arc.tier));
        let mut cost = 0;
        let mut ships = vec![false; self.facilities()];
        for (item, demand) in self.demands.iter().enumerate() {
            assert_eq!(units[item].iter().sum::<u32>(), *demand, "item {item} is not served");
        }
        for arc in shelves {
            let left = &mut units[usize::from(arc.item)][usize::from(arc.facility)];
            let taken = arc.available.min(*left);
            *left -= taken;
            cost += arc.unit_cost * u64::from(taken);
            ships[usize::from(arc.facility)] |= taken > 0;
        }
        assert!(units.iter().flatten().all(|left| *left == 0), "more is given than there is");
        let open = (0..self.facilities()).filter(|&facility| ships[facility]);
        let fixed: u64 = open.clone().map(|facility| self.fixed[facility]).sum();
        (cost + fixed, open.count())
    }
}
