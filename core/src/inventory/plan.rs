//! From an order's demand to a plan: aggregate per item, filter, ask the solver, spread over the
//! lines.
//!
//! Law: demand is added up per item before anything is checked, so that an order that names an item
//! twice is never promised one unit twice.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::choose::{Chosen, Puzzle};
use super::explain::alternative;
use super::filter::Barred;
use super::kits::Exploded;
use super::ledger::{Inventory, Item, Shelf};
use super::network::Way;
use super::rules::ItemRules;
use crate::demand::{Demand, Destination, ExplodedKit, Portion, Shortfall, Sourced};
use crate::ids::{FacilityId, ItemId, ItemName, LineNumber, ReservationNumber, Tier};
use crate::sourcing::{Arc, Proof, Take, Unsolvable};
use crate::time::Timestamp;

/// What is asked of the stock.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What is wanted, line by line.
    pub demands: &'a [Demand],
    /// Where it goes.
    pub destination: &'a Destination,
    /// Facilities that may not serve it.
    pub excluded: &'a [FacilityId],
    /// Units that are tied, and free for it: those of what it takes the place of.
    pub freed: &'a [Portion],
    /// When: a facility that is full on that day is left out. `None` leaves none out for that:
    /// whoever asks so does not know the day on which the order will come.
    pub at: Option<Timestamp>,
}

/// A plan for an order: where its units come from, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The units, per line.
    pub portions: Vec<Portion>,
    /// The items among them.
    pub items: Vec<ItemName>,
    /// Cost, proof, runner-up and the way of each parcel.
    pub sourced: Sourced,
    /// The kits that were asked for: the portions name the lines of their components.
    pub kits: Vec<ExplodedKit>,
}

impl Plan {
    /// The plan for nothing, such as for an order of which nothing is there yet.
    #[must_use]
    pub fn of_nothing() -> Self {
        let (proof, parcels) = (Proof::Optimal, Vec::new());
        let sourced = Sourced { cost: 0, proof, runner_up: None, parcels };
        Self { portions: Vec::new(), items: Vec::new(), sourced, kits: Vec::new() }
    }
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
    /// With the components of its kits the order is too large.
    KitsTooLarge {
        /// Lines that it would have.
        lines: u32,
        /// Units that the largest of them would ask for.
        units: u64,
    },
}

/// What the order wants of one item, over all its lines.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) id: ItemId,
    pub(super) item: &'a Item,
    units: u64,
    /// Indices into the demands, in order of the lines.
    lines: Vec<usize>,
}

/// An ask in the solver's terms.
#[derive(Debug)]
pub(super) struct Posed<'a> {
    /// What is asked for, without kits.
    pub(super) asked: Exploded<'a>,
    pub(super) wanted: Vec<Wanted<'a>>,
    /// The way from each facility, or why it has none.
    pub(super) ways: Vec<Result<Way, Barred>>,
    pub(super) puzzle: Puzzle,
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
    /// The best plan for an ask on the stock of now. Changes nothing: a preview and a reservation
    /// ask the same question.
    ///
    /// # Errors
    /// [`Unplanned`], with every item that is short.
    pub fn plan(&self, ask: &Ask<'_>, reservation: ReservationNumber) -> Result<Plan, Unplanned> {
        self.plan_from(ask, reservation, None)
    }

    /// The same, for an order whose next line has this number.
    pub(super) fn plan_from(
        &self,
        ask: &Ask<'_>,
        reservation: ReservationNumber,
        next: Option<LineNumber>,
    ) -> Result<Plan, Unplanned> {
        let posed = self.pose(ask, next)?;
        let chosen = posed.puzzle.solve();
        let chosen = chosen.map_err(|why| posed.in_words(why, self.policy.max_parcels))?;
        let name = |w: &Wanted<'_>| ItemName { id: w.id, sku: w.item.sku.clone() };
        Ok(Plan {
            portions: posed.spread(&chosen.takes, reservation),
            items: posed.wanted.iter().map(name).collect(),
            sourced: self.sourced(chosen, &posed.ways),
            kits: posed.asked.kits,
        })
    }

    /// Puts an ask into the solver's terms.
    pub(super) fn pose<'a>(
        &'a self,
        ask: &Ask<'a>,
        next: Option<LineNumber>,
    ) -> Result<Posed<'a>, Unplanned> {
        let asked = self.explode(ask.demands, next)?;
        let wanted = self.aggregate(&asked.demands)?;
        let ways = self.ways(ask);
        let arcs = self.arcs(&wanted, &ways, ask);
        let demand = |w: &Wanted<'_>| u32::try_from(w.units).unwrap_or(u32::MAX);
        let demands = wanted.iter().map(demand).collect();
        let puzzle = self.puzzle(&ways, demands, arcs);
        Ok(Posed { asked, wanted, ways, puzzle })
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

    /// The shelves of what is wanted, each tier in order of the facilities: nearly as the solver
    /// sorts them.
    fn arcs(&self, wanted: &[Wanted<'_>], ways: &[Result<Way, Barred>], ask: &Ask<'_>) -> Vec<Arc> {
        let freed = Freed::of(ask.freed);
        let shelves = wanted.iter().map(|wanted| wanted.item.shelves.len()).sum();
        let mut arcs = Vec::with_capacity(shelves);
        for (item, wanted) in (0_u16..).zip(wanted) {
            let tiers = [
                (Tier::Primary, 0, self.policy.primary_unit),
                (Tier::Back, 1, self.policy.back_unit),
            ];
            let has_rules = wanted.item.rules != ItemRules::default();
            let may_go = |facility: FacilityId| {
                let Some(Ok(way)) = ways.get(facility.index()) else { return false };
                if !has_rules {
                    return true;
                }
                let Some(place) = self.facilities.get(facility.index()) else { return false };
                wanted.item.barred(place, way, ask.destination).is_none()
            };
            for (of, tier, unit) in tiers {
                for shelf in wanted.item.shelves.iter().filter(|shelf| shelf.tier == of) {
                    let available = freed.available(wanted, shelf);
                    if available > 0 && may_go(shelf.facility) {
                        let price = wanted.item.price_at(shelf.facility);
                        let unit_cost = u64::from(unit).saturating_add(price.into());
                        let facility = shelf.facility.0;
                        arcs.push(Arc { facility, tier, item, unit_cost, available });
                    }
                }
            }
        }
        arcs
    }

    fn sourced(&self, chosen: Chosen, ways: &[Result<Way, Barred>]) -> Sourced {
        let parcel = |&facility: &u16| {
            let id = FacilityId(facility);
            let way = ways.get(id.index())?.as_ref().ok()?;
            Some(self.facilities.get(id.index())?.parcel(id, way))
        };
        let parcels = chosen.open.iter().filter_map(parcel).collect();
        let runner_up = chosen.runner_up.map(alternative);
        Sourced { cost: chosen.cost, proof: chosen.proof, runner_up, parcels }
    }
}

impl Posed<'_> {
    /// Hands the units of each item to its lines, in order of the lines.
    pub(super) fn spread(&self, takes: &[Take], reservation: ReservationNumber) -> Vec<Portion> {
        let demands = &self.asked.demands;
        let mut portions = Vec::with_capacity(takes.len().max(demands.len()));
        for of_item in takes.chunk_by(|a, b| a.item == b.item) {
            let Some(w) = of_item.first().and_then(|t| self.wanted.get(usize::from(t.item))) else {
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
    pub(super) fn in_words(&self, why: Unsolvable, max_parcels: Option<u16>) -> Unplanned {
        let short = |item: usize, available: u64| {
            let w = self.wanted.get(item)?;
            let asking = w.lines.iter().filter_map(|&at| self.asked.demands.get(at));
            let first = asking.min_by_key(|d| self.asked.named_by(d.line))?;
            let (line, item) = (self.asked.named_by(first.line), first.item.clone());
            Some(Shortfall { line, item, demanded: w.units, available: Some(available) })
        };
        match why {
            Unsolvable::Short(items) => {
                let tell = |s: &crate::sourcing::Shortfall| {
                    short(usize::from(s.item), u64::from(s.available))
                };
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
}
