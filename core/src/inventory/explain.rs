//! Why a plan is as it is: the best plan with its costs, and for every facility why it is or is
//! not in it.
//!
//! Law: an explanation asks the same question of the same stock as a reservation would, and
//! changes nothing.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::choose::{AimValue, Chosen, Puzzle};
use super::filter::{Barred, ItemBarred};
use super::ledger::Inventory;
use super::network::Way;
use super::plan::{Ask, Posed, Unplanned};
use crate::data::data;
use crate::demand::{Alternative, ExplodedKit, Parcel, Portion, Shortfall};
use crate::ids::{FacilityId, ItemId, ReservationNumber, Text, Tier};
use crate::limits::{EXPLAIN_ARCS, EXPLAIN_SEARCHES};
use crate::sourcing::{Proof, Take, Unsolvable};

data! {
    /// Why a plan is as it is.
    Explanation {
        /// The best plan, if there is one.
        plan: Option<ExplainedPlan>,
        /// Items that are unknown, or that those who may ship them have too little of.
        shortfalls: Vec<Shortfall>,
        /// The most parcels allowed, if the order needs more.
        too_many_parcels: Option<u16>,
        /// With the components of its kits the order is too large.
        kits_too_large: bool,
        /// Every facility, by id; none if an item is unknown.
        facilities: Vec<FacilityExplained>,
    }
    /// The best plan.
    ExplainedPlan {
        /// One parcel a facility.
        parcels: Vec<ParcelExplained>,
        /// The costs of all parcels together, in ten-thousandths of the currency's major unit.
        cost: u64,
        /// How good it is by each aim of the policy; empty if cost is all that counts.
        aims: Vec<AimValue>,
        /// How many of the aims, from the first, no plan is better in. Fewer than all only if a
        /// search ended early, or the aims are too many and too wide for one number.
        exact_aims: u16,
        /// Whether it is proven to be the best.
        proof: Proof,
        /// The best plan met that opens other facilities, at the prices of the policy.
        runner_up: Option<Alternative>,
        /// Nodes that the search visited.
        nodes: u32,
        /// The kits among what is asked for: the portions name the lines of their components.
        kits: Vec<ExplodedKit>,
    }
    /// One parcel.
    ParcelExplained {
        /// Its way.
        parcel: Parcel,
        /// What is in it.
        portions: Vec<Portion>,
        /// What it costs.
        costs: ParcelCosts,
    }
    /// What a parcel costs, in ten-thousandths of the currency's major unit.
    ParcelCosts {
        /// Packing and handing over.
        parcel: u64,
        /// Customs and handling abroad.
        export: u64,
        /// Kilometres, on the ground and in the air.
        way: u64,
        /// Picking units from primary stock.
        primary: u64,
        /// Fetching units from back stock.
        back: u64,
        /// What the caller's unit prices add.
        unit_prices: u64,
    }
    /// Why a facility is or is not in the plan.
    FacilityExplained {
        /// The facility.
        facility: FacilityId,
        /// Its code.
        code: Text,
        /// Why.
        verdict: Verdict,
        /// Items it has in stock and may not ship there.
        barred_items: Vec<BarredItem>,
    }
    /// An item that a facility may not ship there.
    BarredItem {
        /// The item.
        item: ItemId,
        /// Why.
        why: ItemBarred,
    }
    /// The best plan that has a facility in it.
    BestWith {
        /// Its cost at the prices of the policy.
        cost: u64,
        /// How good it is by each aim of the policy.
        aims: Vec<AimValue>,
        /// Whether no plan with the facility is better.
        proven: bool,
    }
}

/// Why a facility is or is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// It ships.
    Ships,
    /// A rule keeps it out.
    Barred(Barred),
    /// It has nothing that is wanted, or nothing that it may ship there.
    NoStock,
    /// It could ship; no plan with it is better than the one chosen.
    Beaten(BestWith),
    /// It could ship, but no plan with it serves the whole order in so few parcels, or none was
    /// found.
    NoPlan,
}

impl Inventory {
    /// Explains the best plan for an ask on the stock of now.
    #[must_use]
    pub fn explain(&self, ask: &Ask<'_>) -> Explanation {
        let mut told = Explanation {
            plan: None,
            shortfalls: Vec::new(),
            too_many_parcels: None,
            kits_too_large: false,
            facilities: Vec::new(),
        };
        let refused = |told: &mut Explanation, why| match why {
            Unplanned::Short(shortfalls) => told.shortfalls = shortfalls,
            Unplanned::TooManyParcels { allowed } => told.too_many_parcels = Some(allowed),
            Unplanned::KitsTooLarge { .. } => told.kits_too_large = true,
        };
        let posed = match self.pose(ask, None) {
            Ok(posed) => posed,
            Err(why) => {
                refused(&mut told, why);
                return told;
            }
        };
        let chosen = match posed.puzzle.solve() {
            Ok(chosen) => Some(chosen),
            Err(why) => {
                refused(&mut told, posed.in_words(why, self.policy.max_parcels));
                None
            }
        };
        let mut effort = Effort::of(&posed.puzzle);
        for (number, ((facility, place), way)) in (0_u16..).zip(self.facilities().zip(&posed.ways))
        {
            let barred_items = way.as_ref().map_or(Vec::new(), |way| {
                let barred = posed.wanted.iter().filter(|w| w.item.is_stocked_at(facility));
                let barred = barred.filter_map(|w| {
                    let why = w.item.barred(place, way, ask.destination)?;
                    Some(BarredItem { item: w.id, why })
                });
                barred.collect()
            });
            let stocked = posed.puzzle.arcs.iter().any(|arc| arc.facility == number);
            let verdict = match (way, &chosen) {
                (Err(barred), _) => Verdict::Barred(*barred),
                (Ok(_), _) if !stocked => Verdict::NoStock,
                (Ok(_), Some(chosen)) if chosen.open.contains(&number) => Verdict::Ships,
                (Ok(_), Some(_)) => best_with(&posed.puzzle, number, &mut effort)
                    .map_or(Verdict::NoPlan, Verdict::Beaten),
                (Ok(_), None) => Verdict::NoPlan,
            };
            let code = place.code.clone();
            told.facilities.push(FacilityExplained { facility, code, verdict, barred_items });
        }
        told.plan = chosen.map(|chosen| self.tell(chosen, &posed));
        told
    }

    fn tell(&self, chosen: Chosen, posed: &Posed<'_>) -> ExplainedPlan {
        let portions = posed.spread(&chosen.takes, ReservationNumber(1));
        let parcel = |&facility: &u16| {
            let facility = FacilityId(facility);
            let way = posed.ways.get(facility.index())?.as_ref().ok()?;
            let inside = portions.iter().filter(|portion| portion.facility == facility);
            let portions: Vec<Portion> = inside.copied().collect();
            let parcel = self.facilities.get(facility.index())?.parcel(facility, way);
            let costs = self.costs(way, &portions, posed);
            Some(ParcelExplained { parcel, portions, costs })
        };
        let (cost, runner_up) = (chosen.cost, chosen.runner_up.map(alternative));
        ExplainedPlan {
            parcels: chosen.open.iter().filter_map(parcel).collect(),
            cost,
            aims: chosen.values,
            exact_aims: u16::try_from(chosen.exact).unwrap_or(u16::MAX),
            proof: chosen.proof,
            runner_up,
            nodes: chosen.nodes,
            kits: posed.asked.kits.clone(),
        }
    }

    fn costs(&self, way: &Way, portions: &[Portion], posed: &Posed<'_>) -> ParcelCosts {
        let parcel = u64::from(self.policy.parcel);
        let export = way.gateway.map_or(0, |_| u64::from(self.policy.export));
        let mut costs = ParcelCosts {
            parcel,
            export,
            way: way.cost.saturating_sub(parcel).saturating_sub(export),
            primary: 0,
            back: 0,
            unit_prices: 0,
        };
        for portion in portions {
            let units = |price: u32| u64::from(portion.quantity).saturating_mul(price.into());
            let (of_tier, price) = match portion.tier {
                Tier::Primary => (&mut costs.primary, self.policy.primary_unit),
                Tier::Back => (&mut costs.back, self.policy.back_unit),
            };
            *of_tier = of_tier.saturating_add(units(price));
            let item = posed.wanted.iter().find(|wanted| wanted.id == portion.item);
            let price = item.map_or(0, |wanted| wanted.item.price_at(portion.facility));
            costs.unit_prices = costs.unit_prices.saturating_add(units(price));
        }
        costs
    }
}

pub(super) fn alternative((cost, facilities): (u64, Vec<u16>)) -> Alternative {
    Alternative { cost, facilities: facilities.into_iter().map(FacilityId).collect() }
}

/// What an explanation may still do: as a search costs time by its arcs and its nodes, both are
/// counted over all of them.
#[derive(Debug)]
struct Effort {
    searches: usize,
    nodes: u32,
}

impl Effort {
    fn of(puzzle: &Puzzle) -> Self {
        let searches = EXPLAIN_ARCS.checked_div(puzzle.arcs.len()).unwrap_or(EXPLAIN_SEARCHES);
        let searches = searches.min(EXPLAIN_SEARCHES);
        Self { searches, nodes: puzzle.nodes.saturating_mul(4) }
    }

    /// Solves a puzzle, if there is one and enough is left for it.
    fn solve(&mut self, puzzle: Option<Puzzle>) -> Option<Result<Chosen, Unsolvable>> {
        let mut puzzle = puzzle?;
        self.searches = self.searches.checked_sub(1)?;
        puzzle.nodes = puzzle.nodes.min(self.nodes);
        if self.nodes == 0 {
            return None;
        }
        let found = puzzle.solve();
        let visited = match &found {
            Ok(chosen) => chosen.nodes,
            Err(Unsolvable::Undecided { nodes, .. }) => *nodes,
            Err(_) => 0,
        };
        self.nodes = self.nodes.saturating_sub(visited);
        Some(found)
    }
}

/// The best plan in which a facility ships at least one unit.
///
/// First it is made to ship an empty parcel. If it then ships something anyway, no plan with it is
/// better; if not, one unit after the other is made to come from there.
fn best_with(puzzle: &Puzzle, facility: u16, effort: &mut Effort) -> Option<BestWith> {
    let empty = effort.solve(puzzle.forcing(facility, None))?.ok()?;
    let items = puzzle.demands.len();
    let is_real = |take: &Take| usize::from(take.item) < items;
    if empty.takes.iter().any(|take| take.facility == facility && is_real(take)) {
        return Some(BestWith::of(empty, true));
    }
    let (mut best, mut all_seen): (Option<Chosen>, bool) = (None, true);
    for (at, _) in puzzle.arcs.iter().enumerate().filter(|(_, arc)| arc.facility == facility) {
        let Some(found) = effort.solve(puzzle.forcing(facility, Some(at))) else {
            all_seen = false;
            break;
        };
        let Ok(found) = found else { continue };
        all_seen &= found.proof == Proof::Optimal;
        let rank = |plan: &Chosen| {
            let values: Vec<u64> = plan.values.iter().map(|of| of.value).collect();
            (values, plan.cost)
        };
        if best.as_ref().is_none_or(|best| rank(&found) < rank(best)) {
            best = Some(found);
        }
    }
    best.map(|best| BestWith::of(best, all_seen))
}

impl BestWith {
    fn of(plan: Chosen, all_seen: bool) -> Self {
        let exact = plan.exact == plan.values.len();
        let proven = all_seen && exact && plan.proof == Proof::Optimal;
        Self { cost: plan.cost, aims: plan.values, proven }
    }
}
