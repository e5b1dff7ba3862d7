//! From an order's demand to a plan: aggregate per item, ask the solver, spread over the lines.
//!
//! Law: demand is added up per item before anything is checked, so that an order that names an item
//! twice is never promised one unit twice.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::ledger::{Inventory, Item, Shelf};
use super::network::Way;
use crate::demand::{Alternative, Demand, Destination, Portion, Shortfall, Sourced};
use crate::geo::GlobeVector;
use crate::ids::{FacilityId, ItemId, ItemName, ReservationNumber, Tier};
use crate::sourcing::{Arc, Problem, Solution, Take, Unsolvable, node_budget, solve};

/// A plan for an order: where its units come from, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The units, per line.
    pub portions: Vec<Portion>,
    /// The items among them.
    pub items: Vec<ItemName>,
    /// Cost, proof, runner-up and the way of each parcel.
    pub sourced: Sourced,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplanned {
    /// Items are unknown, or there is not enough of them.
    Short(Vec<Shortfall>),
    /// There is enough, but not in so few parcels.
    TooManyParcels {
        /// The most parcels allowed.
        allowed: u16,
    },
}

/// What the order wants of one item, over all its lines.
struct Wanted<'a> {
    id: ItemId,
    item: &'a Item,
    units: u64,
    /// Indices into the demands, in order of the lines.
    lines: Vec<usize>,
}

/// Units that are tied and would be free, by item and shelf.
struct Freed(BTreeMap<(ItemId, FacilityId, Tier), u32>);

impl Freed {
    fn of(portions: &[Portion]) -> Self {
        let mut freed: BTreeMap<_, u32> = BTreeMap::new();
        for p in portions {
            let sum = freed.entry((p.item, p.facility, p.tier)).or_default();
            *sum = sum.saturating_add(p.quantity);
        }
        Self(freed)
    }

    fn available(&self, wanted: &Wanted<'_>, shelf: &Shelf) -> u32 {
        if self.0.is_empty() {
            return wanted.item.available_on(shelf);
        }
        let freed = |s: &Shelf| self.0.get(&(wanted.id, s.facility, s.tier)).copied().unwrap_or(0);
        wanted.item.available_if(shelf, |s| s.free().saturating_add(freed(s)))
    }
}

impl Inventory {
    /// The best plan for a demand on the stock of now. Changes nothing: a preview and a
    /// reservation ask the same question. What lies in the `excluded` facilities is not seen.
    ///
    /// # Errors
    /// [`Unplanned`], with every item that is short.
    pub fn plan(
        &self,
        demands: &[Demand],
        destination: &Destination,
        reservation: ReservationNumber,
        excluded: &[FacilityId],
    ) -> Result<Plan, Unplanned> {
        self.plan_if_freed(demands, destination, reservation, excluded, &[])
    }

    /// The same, if some units that are tied were free.
    ///
    /// # Errors
    /// As [`Inventory::plan`].
    pub fn plan_if_freed(
        &self,
        demands: &[Demand],
        destination: &Destination,
        reservation: ReservationNumber,
        excluded: &[FacilityId],
        freed: &[Portion],
    ) -> Result<Plan, Unplanned> {
        let wanted = self.aggregate(demands)?;
        let mut ways = self.ways(destination);
        for facility in excluded {
            if let Some(way) = ways.get_mut(facility.index()) {
                *way = None;
            }
        }
        let arcs = self.arcs(&wanted, &ways, &Freed::of(freed));
        let fixed: Vec<u64> = ways.iter().map(|way| way.map_or(0, |way| way.cost)).collect();
        let demand = |w: &Wanted<'_>| u32::try_from(w.units).unwrap_or(u32::MAX);
        let units: Vec<u32> = wanted.iter().map(demand).collect();
        let (max_parcels, nodes) = (self.policy.max_parcels, node_budget(arcs.len()));
        let problem = Problem { fixed: &fixed, demands: &units, arcs: &arcs, max_parcels, nodes };
        let solution =
            solve(&problem).map_err(|why| explain(why, demands, &wanted, max_parcels))?;
        let name = |w: &Wanted<'_>| ItemName { id: w.id, sku: w.item.sku.clone() };
        Ok(Plan {
            portions: spread(&solution.takes, &wanted, demands, reservation),
            items: wanted.iter().map(name).collect(),
            sourced: self.sourced(&solution, &ways),
        })
    }

    /// Adds the demand up per item; unknown items are short of everything.
    fn aggregate(&self, demands: &[Demand]) -> Result<Vec<Wanted<'_>>, Unplanned> {
        let mut known = Vec::with_capacity(demands.len());
        let mut unknown = Vec::new();
        for (at, demand) in demands.iter().enumerate() {
            match self.item(&demand.item) {
                Some((id, item)) => known.push((id, at, item, u64::from(demand.quantity.get()))),
                None => unknown.push(Shortfall {
                    line: demand.line,
                    item: demand.item.clone(),
                    demanded: u64::from(demand.quantity.get()),
                    available: None,
                }),
            }
        }
        if !unknown.is_empty() {
            return Err(Unplanned::Short(unknown));
        }
        known.sort_unstable_by_key(|&(id, at, ..)| (id, at));
        let mut wanted: Vec<Wanted<'_>> = Vec::with_capacity(known.len());
        for (id, at, item, units) in known {
            match wanted.last_mut() {
                Some(last) if last.id == id => {
                    last.units = last.units.saturating_add(units);
                    last.lines.push(at);
                }
                _ => wanted.push(Wanted { id, item, units, lines: vec![at] }),
            }
        }
        Ok(wanted)
    }

    /// The way from each facility; none from one that can't ship there.
    fn ways(&self, destination: &Destination) -> Vec<Option<Way>> {
        let there = GlobeVector::from(destination.location);
        self.facilities.iter().map(|f| f.way(destination, &there, &self.policy)).collect()
    }

    /// The shelves of what is wanted, each tier in order of the facilities: nearly as the solver
    /// sorts them.
    fn arcs(&self, wanted: &[Wanted<'_>], ways: &[Option<Way>], freed: &Freed) -> Vec<Arc> {
        let shelves = wanted.iter().map(|wanted| wanted.item.shelves.len()).sum();
        let mut arcs = Vec::with_capacity(shelves);
        for (item, wanted) in (0_u16..).zip(wanted) {
            let tiers = [
                (Tier::Primary, 0, self.policy.primary_unit),
                (Tier::Back, 1, self.policy.back_unit),
            ];
            for (of, tier, unit) in tiers {
                for shelf in wanted.item.shelves.iter().filter(|shelf| shelf.tier == of) {
                    let reachable = ways.get(shelf.facility.index()).is_some_and(Option::is_some);
                    let available = freed.available(wanted, shelf);
                    if reachable && available > 0 {
                        let (facility, unit_cost) = (shelf.facility.0, u64::from(unit));
                        arcs.push(Arc { facility, tier, item, unit_cost, available });
                    }
                }
            }
        }
        arcs
    }

    fn sourced(&self, solution: &Solution, ways: &[Option<Way>]) -> Sourced {
        let parcel = |&facility: &u16| {
            let id = FacilityId(facility);
            let way = ways.get(id.index())?.as_ref()?;
            Some(self.facilities.get(id.index())?.parcel(id, way))
        };
        let runner_up = solution.runner_up.as_ref().map(|other| Alternative {
            cost: other.cost,
            facilities: other.facilities.iter().map(|&f| FacilityId(f)).collect(),
        });
        let parcels = solution.open.iter().filter_map(parcel).collect();
        Sourced { cost: solution.cost, proof: solution.proof, runner_up, parcels }
    }
}

/// Hands the units of each item to its lines, in order of the lines.
fn spread(
    takes: &[Take],
    wanted: &[Wanted<'_>],
    demands: &[Demand],
    reservation: ReservationNumber,
) -> Vec<Portion> {
    let mut portions = Vec::with_capacity(takes.len().max(demands.len()));
    for of_item in takes.chunk_by(|a, b| a.item == b.item) {
        let Some(w) = of_item.first().and_then(|t| wanted.get(usize::from(t.item))) else {
            continue;
        };
        let wants = w.lines.iter().filter_map(|&at| demands.get(at));
        let mut wants = wants.map(|d| (d.line, d.quantity.get()));
        let mut want = wants.next();
        for take in of_item {
            let mut left = take.quantity;
            while let (Some((line, units)), true) = (want, left > 0) {
                let quantity = units.min(left);
                let (facility, item) = (FacilityId(take.facility), w.id);
                let tier = if take.tier == 0 { Tier::Primary } else { Tier::Back };
                portions.push(Portion { reservation, line, item, facility, tier, quantity });
                left = left.saturating_sub(quantity);
                let rest = units.saturating_sub(quantity);
                want = if rest == 0 { wants.next() } else { Some((line, rest)) };
            }
        }
    }
    portions.sort_unstable();
    portions
}

/// Tells the solver's answer in words of the order.
fn explain(
    why: Unsolvable,
    demands: &[Demand],
    wanted: &[Wanted<'_>],
    max_parcels: Option<u16>,
) -> Unplanned {
    let short = |item: usize, available: u64| {
        let w = wanted.get(item)?;
        let first = demands.get(*w.lines.first()?)?;
        let (line, item) = (first.line, first.item.clone());
        Some(Shortfall { line, item, demanded: w.units, available: Some(available) })
    };
    match why {
        Unsolvable::Short(items) => {
            let tell =
                |s: &crate::sourcing::Shortfall| short(usize::from(s.item), u64::from(s.available));
            Unplanned::Short(items.iter().filter_map(tell).collect())
        }
        Unsolvable::TooManyParcels { allowed, .. } | Unsolvable::Undecided { allowed, .. } => {
            Unplanned::TooManyParcels { allowed }
        }
        // The limits of an order lie within those of a problem; and if they did not, an order
        // that can't be searched is an order that can't be served in so few parcels.
        Unsolvable::Malformed(_) => {
            Unplanned::TooManyParcels { allowed: max_parcels.unwrap_or(u16::MAX) }
        }
    }
}
