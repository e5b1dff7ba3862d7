//! The problem as the search reads it: checked, cut to what can matter, sorted and scaled.
//!
//! Law: the network is the same whatever the order of the arcs, and no sum of
//! costs in it can reach 2^61.

use alloc::vec::Vec;

use super::assign::Plan;
use super::set::{FacilitySet, Table};
use super::{Arc, Cost, Malformed, Problem, Shortfall, Unsolvable};
use crate::limits;

/// Units of one item that one facility offers at one cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The scaled cost of a unit.
    pub(super) cost: u64,
    /// Units, cut so that one facility never offers more of an item than is wanted.
    pub(super) units: u32,
    /// Units of this row and of the same facility's cheaper rows of the item.
    pub(super) upto: u32,
    pub(super) facility: u16,
    pub(super) tier: u8,
}

impl Row {
    /// The order of an item's rows.
    const fn order(&self) -> (u64, u32) {
        (self.cost, (self.facility as u32) << u8::BITS | self.tier as u32)
    }
}

/// An item that somebody wants; its rows are sorted by (cost, facility, tier).
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) index: u16,
    pub(super) demand: u32,
    /// The units of all its rows.
    pub(super) supply: u64,
    /// The most units that one facility has.
    pub(super) most: u32,
    start: u32,
    end: u32,
}

/// The problem, ready for the search.
///
/// Costs are shifted left: the low bits hold first the number of facilities, so that of two plans
/// of equal cost the one with fewer facilities is cheaper here, and then room for the fractions of
/// dual prices. When costs are so large that there is no room, the shift is zero.
#[derive(Debug, Default)]
pub(super) struct Network {
    /// The scaled fixed cost of each facility.
    pub(super) fixed: Table<u64>,
    /// How many facilities the problem names.
    pub(super) facilities: usize,
    /// The facilities that have anything to offer.
    pub(super) usable: FacilitySet,
    pub(super) items: Vec<Item>,
    rows: Vec<Row>,
    /// Whether the low bits of a scaled cost count facilities.
    pub(super) counts: bool,
    /// How many facilities may ship.
    pub(super) max_parcels: Option<u16>,
    /// Scaled costs of plans are multiples of two to this power.
    pub(super) grain: u32,
    /// By how many bits costs are shifted.
    shift: u32,
    /// No dual price goes beyond this, so that no sum of them overflows.
    pub(super) price_limit: u64,
    /// The cost of serving everything from one facility, where that is possible.
    pub(super) alone: Table<Alone>,
    /// The items that each facility offers, see [`bit`].
    pub(super) offers: Table<u64>,
    /// Where each item's rows begin, then end, while they are sorted in.
    places: Vec<u32>,
}

/// What one facility could do without any other.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Alone {
    /// Items that it can serve in full.
    pub(super) items: u32,
    /// The cost of the units that it offers.
    pub(super) cost: u64,
}

/// Bits of a scaled cost, see [`limits::SOURCING_COST`].
const COST_BITS: u32 = 60;
/// Bits below one whole cost unit that count facilities.
const COUNT_BITS: u32 = 8;
/// The most bits that are spent on fractions of dual prices.
const FRACTION_BITS: u32 = 24;

impl Network {
    /// Reads the problem.
    ///
    /// # Errors
    /// [`Unsolvable::Malformed`] or [`Unsolvable::Short`].
    pub(super) fn read(&mut self, problem: &Problem<'_>) -> Result<(), Unsolvable> {
        self.read_if(problem, |_| true)
    }

    /// Reads the problem as if only the facilities of `open` had stock.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_open(
        &mut self,
        problem: &Problem<'_>,
        open: FacilitySet,
    ) -> Result<(), Unsolvable> {
        self.read_if(problem, |facility| open.contains(facility))
    }

    fn read_if(
        &mut self,
        problem: &Problem<'_>,
        may_ship: impl Fn(u16) -> bool,
    ) -> Result<(), Unsolvable> {
        self.count(problem, &may_ship)?;
        self.sort_in(problem, &may_ship);
        let shortfalls = self.trim(problem);
        self.scale(problem).ok_or(Unsolvable::Malformed(Malformed::CostTooLarge))?;
        if shortfalls.is_empty() { Ok(()) } else { Err(Unsolvable::Short(shortfalls)) }
    }

    /// Becomes the same demands and stock at other costs: one for each facility, nothing for units.
    pub(super) fn count_parcels(&mut self, of: &Self) {
        self.items.clone_from(&of.items);
        self.rows.clone_from(&of.rows);
        (self.facilities, self.usable) = (of.facilities, of.usable);
        self.offers = of.offers;
        (self.price_limit, self.max_parcels, self.counts) = (of.price_limit, None, true);
        (self.grain, self.shift) = (FRACTION_BITS, FRACTION_BITS);
        for row in &mut self.rows {
            row.cost = 0;
        }
        for facility in self.usable.iter() {
            *self.fixed.at(facility) = 1 << FRACTION_BITS;
        }
    }

    /// Facilities that a bound of [`Self::count_parcels`] stands for.
    pub(super) const fn parcels(&self, bound: u64) -> u16 {
        (bound >> self.shift) as u16
    }

    /// No plan costs less: somebody ships, and each unit costs what the cheapest one does. A
    /// plan of one facility at this cost is the best, since every plan of one facility is priced
    /// before a search, and one of more loses even a tie. Nearly every order from ample stock ends
    /// here.
    pub(super) fn floor(&self) -> u64 {
        let ships = self.usable.iter().map(|facility| self.fixed.get(facility)).min();
        self.items.iter().fold(ships.unwrap_or(0), |sum, item| {
            let cheapest = self.rows(item).first().map_or(0, |row| row.cost);
            sum.saturating_add(times(cheapest, item.demand))
        })
    }

    /// The rows of an item, cheapest first.
    #[inline]
    pub(super) fn rows(&self, item: &Item) -> &[Row] {
        self.rows.get(item.start as usize..item.end as usize).unwrap_or(&[])
    }

    /// How many rows there are.
    pub(super) const fn size(&self) -> usize {
        self.rows.len()
    }

    /// The plan's cost as the caller counts it.
    pub(super) fn whole(&self, plan: &Plan) -> Cost {
        plan.cost >> self.shift
    }

    /// How far below a plan's scaled cost another plan may be, given a scaled lower bound, as the
    /// caller counts it.
    pub(super) fn gap(&self, cost: u64, bound: u64) -> Cost {
        // Facilities are counted in the low bits; they fill less than half of a whole unit.
        let half = (1_u64 << self.shift) >> 1;
        let bound = bound.saturating_sub(half).div_ceil(1 << self.shift);
        (cost >> self.shift).saturating_sub(bound)
    }

    /// The lowest scaled cost that a plan can have if it costs at least `bound`.
    #[inline]
    pub(super) fn round_up(&self, bound: i64) -> u64 {
        let below = (1_u64 << self.grain).wrapping_sub(1);
        bound.max(0).cast_unsigned().saturating_add(below) & !below
    }

    /// Checks the indices and counts the rows of each item.
    fn count(
        &mut self,
        problem: &Problem<'_>,
        may_ship: impl Fn(u16) -> bool,
    ) -> Result<(), Unsolvable> {
        let Problem { fixed, demands, arcs, .. } = problem;
        if fixed.len() > limits::SOURCING_FACILITIES {
            return Err(Unsolvable::Malformed(Malformed::TooManyFacilities(fixed.len())));
        }
        if demands.len() > limits::ORDER_LINES {
            return Err(Unsolvable::Malformed(Malformed::TooManyItems(demands.len())));
        }
        if arcs.len() > limits::SOURCING_ARCS {
            return Err(Unsolvable::Malformed(Malformed::TooManyArcs(arcs.len())));
        }
        self.places.clear();
        self.places.resize(demands.len(), 0);
        for (arc, &Arc { facility, item, available, .. }) in arcs.iter().enumerate() {
            if usize::from(facility) >= fixed.len() {
                let unknown = Malformed::UnknownFacility { arc, facility };
                return Err(Unsolvable::Malformed(unknown));
            }
            let Some(place) = self.places.get_mut(usize::from(item)) else {
                return Err(Unsolvable::Malformed(Malformed::UnknownItem { arc, item }));
            };
            if available > 0 && may_ship(facility) {
                *place = place.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Puts every arc that can be used into its item's rows, and sorts them.
    fn sort_in(&mut self, problem: &Problem<'_>, may_ship: impl Fn(u16) -> bool) {
        self.items.clear();
        let mut end = 0_u32;
        for (index, (place, &demand)) in self.places.iter_mut().zip(problem.demands).enumerate() {
            let start = end;
            if demand > 0 {
                end = end.saturating_add(*place);
                let (supply, most) = (0, 0);
                self.items.push(Item { index: index as u16, demand, supply, most, start, end });
            }
            *place = start;
        }
        let nothing = Row { cost: 0, units: 0, upto: 0, facility: 0, tier: 0 };
        self.rows.clear();
        self.rows.resize(end as usize, nothing);
        for &Arc { facility, tier, item, unit_cost, available } in problem.arcs {
            let wanted = problem.demands.get(usize::from(item)).copied().unwrap_or(0);
            if available == 0 || wanted == 0 || !may_ship(facility) {
                continue;
            }
            let Some(place) = self.places.get_mut(usize::from(item)) else { continue };
            if let Some(row) = self.rows.get_mut(*place as usize) {
                *row = Row { cost: unit_cost, units: available, upto: 0, facility, tier };
            }
            *place = place.saturating_add(1);
        }
        for item in &self.items {
            if let Some(rows) = self.rows.get_mut(item.start as usize..item.end as usize) {
                rows.sort_unstable_by_key(Row::order);
            }
        }
    }

    /// Cuts each facility's units to the demand, drops rows that can't be used, merges equal ones,
    /// and says what is short.
    fn trim(&mut self, problem: &Problem<'_>) -> Vec<Shortfall> {
        self.facilities = problem.fixed.len();
        self.max_parcels = problem.max_parcels;
        let mut shortfalls = Vec::new();
        let mut taken = Table::<u32>::default();
        let mut kept = 0_u32;
        for facility in (0..).take(self.facilities) {
            *self.offers.at(facility) = 0;
        }
        for (at, item) in self.items.iter_mut().enumerate() {
            let (start, mut available) = (kept, 0_u32);
            for from in item.start..item.end {
                let Some(&row) = self.rows.get(from as usize) else { continue };
                available = available.saturating_add(row.units);
                let before = taken.get(row.facility);
                let units = row.units.min(item.demand.saturating_sub(before));
                if units == 0 {
                    continue;
                }
                let upto = before.saturating_add(units);
                item.supply = item.supply.saturating_add(units.into());
                item.most = item.most.max(upto);
                *taken.at(row.facility) = upto;
                *self.offers.at(row.facility) |= bit(at);
                let last = kept.saturating_sub(1).max(start);
                match self.rows.get_mut(last as usize) {
                    Some(same) if kept > start && same.order() == row.order() => {
                        (same.units, same.upto) = (same.units.saturating_add(units), upto);
                        continue;
                    }
                    _ => {}
                }
                if let Some(into) = self.rows.get_mut(kept as usize) {
                    *into = Row { units, upto, ..row };
                }
                kept = kept.saturating_add(1);
            }
            for row in self.rows.get(start as usize..kept as usize).unwrap_or(&[]) {
                *taken.at(row.facility) = 0;
            }
            (item.start, item.end) = (start, kept);
            if available < item.demand {
                let Item { index, demand, .. } = *item;
                shortfalls.push(Shortfall { item: index, demanded: demand, available });
            }
        }
        self.rows.truncate(kept as usize);
        let offering = (0..).take(self.facilities).filter(|&f| self.offers.get(f) != 0);
        self.usable = offering.collect();
        shortfalls
    }

    /// Scales all costs, or says that they are too large.
    fn scale(&mut self, problem: &Problem<'_>) -> Option<()> {
        let (mut worst, mut wanted) = (0_u64, 0_u64);
        for item in &self.items {
            let dearest = self.rows(item).last().map_or(0, |row| row.cost);
            worst = worst.checked_add(dearest.checked_mul(u64::from(item.demand))?)?;
            wanted = wanted.saturating_add(u64::from(item.demand));
        }
        for facility in self.usable.iter() {
            worst = worst.checked_add(*problem.fixed.get(usize::from(facility))?)?;
        }
        if worst > limits::SOURCING_COST {
            return None;
        }
        let room = COST_BITS.saturating_sub(bits(worst)).saturating_sub(1);
        self.counts = room >= COUNT_BITS;
        self.grain = room.saturating_sub(COUNT_BITS).min(bits(wanted)).min(FRACTION_BITS);
        self.shift = if self.counts { self.grain.saturating_add(COUNT_BITS) } else { 0 };
        self.price_limit = (1_u64 << COST_BITS).checked_div(wanted).unwrap_or(0);
        let parcel = u64::from(self.counts) << self.grain;
        for (facility, &fixed) in (0..).zip(problem.fixed) {
            *self.fixed.at(facility) = (fixed << self.shift).saturating_add(parcel);
            *self.alone.at(facility) = Alone::default();
        }
        for item in &self.items {
            let rows = self.rows.get_mut(item.start as usize..item.end as usize);
            for row in rows.unwrap_or_default() {
                row.cost <<= self.shift;
                let alone = self.alone.at(row.facility);
                alone.cost = alone.cost.saturating_add(times(row.cost, row.units));
                alone.items = alone.items.saturating_add(u32::from(row.upto == item.demand));
            }
        }
        Some(())
    }
}

/// The bit that stands for an item in a set of items; 64 items on, the bits are shared, so that a
/// set may say too much and never too little.
#[inline]
pub(super) const fn bit(at: usize) -> u64 {
    1_u64.rotate_left(at as u32)
}

/// What units cost, or earn at a price. The law of this module and [`Network::price_limit`] keep it
/// below 2^61, so nothing is lost by not looking; a product that looks costs a call in Wasm.
#[inline]
pub(super) const fn times(cost: u64, units: u32) -> u64 {
    debug_assert!(cost.checked_mul(units as u64).is_some());
    cost.wrapping_mul(units as u64)
}

/// How many bits a number has.
const fn bits(number: u64) -> u32 {
    u64::BITS.saturating_sub(number.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(cost: u64) -> Network {
        let arcs = [0, 1].map(|facility| Arc {
            facility,
            tier: 0,
            item: 0,
            unit_cost: cost,
            available: 1,
        });
        let problem = Problem {
            fixed: &[cost, cost],
            demands: &[2],
            arcs: &arcs,
            max_parcels: None,
            nodes: 1,
        };
        let mut network = Network::default();
        network.read(&problem).expect("two shelves serve two units");
        network
    }

    #[test]
    fn the_count_in_the_low_bits_never_hides_a_whole_unit_of_gap() {
        for cost in [1, 1_000, 1 << 40, 1 << 57] {
            let network = network(cost);
            let both = network.price(FacilitySet::first(2)).expect("both have a unit");
            assert_eq!(network.whole(&both), 4 * cost);
            assert_eq!(network.gap(both.cost, both.cost), 0);
            let one_less = both.cost - (1 << network.shift);
            assert_eq!(network.gap(both.cost, one_less), 1, "of a plan one unit cheaper");
        }
    }

    #[test]
    fn bounds_round_up_to_what_a_plan_can_cost() {
        let network = network(1_000);
        let plan = network.price(FacilitySet::first(2)).expect("both have a unit").cost;
        let bound = plan.cast_signed();
        assert_eq!(network.round_up(bound), plan);
        assert_eq!(network.round_up(bound - 1), plan);
        assert_eq!(network.round_up(-5), 0);
        assert!(network.round_up(bound + 1) > plan);
    }
}
