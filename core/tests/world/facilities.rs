//! The books of facilities that a witness keeps: what each was asked for and what became of it,
//! from events alone; and the steps that work orders take.
//!
//! Law: it shares no code with the reducer; each work order ends once, with nothing left.

use std::collections::BTreeMap;

use earmark::decide::Principal;
use earmark::demand::Portion;
use earmark::flow::{
    Answer, Event, Query, Shop, WorkAfter, WorkUnitsView, WorklistQuery, WorkloadQuery,
};
use earmark::fulfilment::{FulfilmentEvent as E, Fulfilments, WORK_STEPS, WorkStage, WorkState};
use earmark::ids::{FacilityId, OrderId, WorkNumber};
use earmark::order::{Orders, Stage};

use super::ensure;

/// A step of a work order.
pub(crate) type WorkStep = (WorkState, &'static str, WorkState);

type Place = (OrderId, FacilityId);

/// Units of one kind in a facility's work: to pick, picked, packed.
type Stages = [i64; 3];

/// Units of a facility's work, by their portion without its quantity.
type Units = BTreeMap<Portion, Stages>;

/// The books.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workbook {
    open: BTreeMap<Place, (WorkNumber, Units)>,
    last: BTreeMap<Place, WorkNumber>,
    silent: BTreeMap<Place, WorkNumber>,
}

impl Workbook {
    /// Hears an event of the fulfilment role.
    pub(crate) fn hear(&mut self, event: &E) -> Result<(), String> {
        match event {
            E::Requested(e) => self.request((e.order, e.facility), e.work, &e.portions),
            E::Accepted(e) => {
                let place = (e.order, e.facility);
                let open = self.open.get(&place).map(|(number, _)| *number);
                let late = open.is_some() && open == self.silent.get(&place).copied();
                ensure(open.is_some() && !late, || format!("{event:?} of no work to accept"))
            }
            E::TimedOut(e) => {
                let place = (e.order, e.facility);
                let (number, units) = self.open.get(&place).ok_or("a timeout of no work")?;
                let begun = units.values().any(|n| n[1] + n[2] > 0);
                ensure(!begun, || format!("{event:?}: it had begun"))?;
                let all = e.portions.iter().all(|p| units.get(&kind(p)).is_some());
                ensure(all, || format!("{event:?} of {units:?}"))?;
                self.silent.insert(place, *number);
                Ok(())
            }
            E::Advanced(e) => {
                let to = e.to as usize;
                let from = to.checked_sub(1).ok_or("units go back to the shelf")?;
                e.portions.iter().try_for_each(|p| {
                    let of = self.of((e.order, e.facility), p)?;
                    of[from] -= i64::from(p.quantity);
                    of[to] += i64::from(p.quantity);
                    not_negative(of)
                })
            }
            E::Shipped(e) => e.portions.iter().try_for_each(|p| {
                let of = self.of((e.order, e.facility), p)?;
                of[2] -= i64::from(p.quantity);
                not_negative(of)
            }),
            E::Withdrawn(e) => e.portions.iter().try_for_each(|p| {
                let of = self.of((e.order, e.facility), p)?;
                let mut rest = i64::from(p.quantity);
                for side in of.iter_mut() {
                    let taken = rest.min(*side);
                    *side -= taken;
                    rest -= taken;
                }
                ensure(rest == 0, || format!("{event:?} takes {rest} too many"))
            }),
            E::Ended(e) => {
                let place = (e.order, e.facility);
                let open = self.open.remove(&place);
                let (number, units) = open.ok_or_else(|| format!("{event:?} ends twice"))?;
                ensure(number == e.work, || format!("{event:?} ends another than {number}"))?;
                let left = sum(&units);
                let given_up = matches!(e.state, WorkState::Rejected | WorkState::TakenBack);
                ensure(given_up == (left > 0), || format!("{event:?} with {left} units left"))?;
                let silent = self.silent.remove(&place) == Some(number);
                let back = e.state == WorkState::TakenBack;
                ensure(silent == back, || format!("{event:?}, and silent: {silent}"))
            }
            E::Forgotten(e) => {
                let of = |place: &Place| place.0 == e.order;
                let open = self.open.keys().any(of);
                self.last.retain(|place, _| !of(place));
                ensure(!open, || format!("{event:?} while work is open"))
            }
        }
    }

    fn request(
        &mut self,
        place: Place,
        number: WorkNumber,
        portions: &[Portion],
    ) -> Result<(), String> {
        let last = self.last.insert(place, number);
        let open = self.open.get(&place).map(|(number, _)| *number);
        let next = last.map_or(1, |last| last.0 + 1);
        ensure(open.unwrap_or(WorkNumber(next)) == number, || format!("{place:?}: {number}"))?;
        let (_, units) = self.open.entry(place).or_insert((number, Units::new()));
        for p in portions {
            units.entry(kind(p)).or_default()[0] += i64::from(p.quantity);
        }
        Ok(())
    }

    fn of(&mut self, place: Place, portion: &Portion) -> Result<&mut Stages, String> {
        let open = self.open.get_mut(&place).and_then(|(_, units)| units.get_mut(&kind(portion)));
        open.ok_or_else(|| format!("{place:?} has no {portion:?} in work"))
    }

    /// Holds what the shop tells facilities against these books.
    pub(crate) fn agrees(&self, shop: &Shop) -> Result<(), String> {
        let mut seen = 0;
        for facility in (0..4).map(FacilityId) {
            let mut after = None;
            loop {
                // Small pages, so that there are several.
                let query = WorklistQuery { facility, after, limit: Some(2) };
                let Ok(Answer::Worklist(page)) =
                    shop.query(&Query::Worklist(query), &Principal::Staff)
                else {
                    return Err("the worklist is not told".to_string());
                };
                let Some(last) = page.last() else { break };
                after = Some(WorkAfter { asked_at: last.asked_at, order: last.order });
                for work in &page {
                    let of = |u: &WorkUnitsView| [u.to_pick, u.picked, u.packed].map(i64::from);
                    let told = added(work.units.iter().map(of));
                    let heard = self.open.get(&(work.order, facility));
                    let all = |units: &Units| added(units.values().copied());
                    let same = heard.map(|(n, units)| (*n, all(units)));
                    ensure(same == Some((work.work, told)), || {
                        format!("{work:?} in {facility}, by the events {heard:?}")
                    })?;
                    seen += 1;
                }
            }
        }
        let open = self.open.len();
        ensure(seen == open, || format!("{seen} work orders are listed of {open}"))?;
        let load = shop.query(&Query::Workload(WorkloadQuery {}), &Principal::Staff);
        let Ok(Answer::Workload(load)) = load else { return Err("no workload".to_string()) };
        let count = load.iter().map(|l| l.requested + l.accepted + l.in_progress + l.timed_out);
        ensure(count.sum::<u64>() == open as u64, || format!("{load:?} are {open}"))
    }
}

/// Where all roles are local, every unit in work is in a work order, and the other way round.
pub(crate) fn roles_agree(orders: &Orders, work: &Fulfilments) -> Result<(), String> {
    let mut by_orders: BTreeMap<(Place, u16, WorkStage), i64> = BTreeMap::new();
    for (id, order) in orders.iter() {
        for tied in &order.tied {
            let stage = match tied.stage {
                Stage::Released => WorkStage::ToPick,
                Stage::Picked => WorkStage::Picked,
                Stage::Packed => WorkStage::Packed,
                Stage::Reserved | Stage::Allocated => continue,
            };
            let key = ((*id, tied.portion.facility), tied.portion.line.0, stage);
            *by_orders.entry(key).or_default() += i64::from(tied.portion.quantity);
        }
    }
    let mut by_work: BTreeMap<(Place, u16, WorkStage), i64> = BTreeMap::new();
    for (place, work) in work.iter() {
        let waits = work.state == WorkState::TimedOut;
        ensure(!waits, || format!("{place:?} waits for the order's word: {work:?}"))?;
        for units in &work.units {
            for stage in WorkStage::ALL {
                let n = i64::from(units.in_stage(stage));
                *by_work.entry((*place, units.line.0, stage)).or_default() += n;
            }
        }
    }
    by_work.retain(|_, n| *n > 0);
    ensure(by_orders == by_work, || format!("{by_orders:?} in work, {by_work:?} in work orders"))
}

/// The states of the work that an event is about, before it.
pub(crate) fn states(shop: &Shop, event: &Event) -> Vec<(Place, WorkState)> {
    let Event::Fulfilment(event) = event else { return Vec::new() };
    let order = event.order();
    let facility = match event {
        E::Requested(e) => e.facility,
        E::Accepted(e) => e.facility,
        E::TimedOut(e) => e.facility,
        E::Advanced(e) => e.facility,
        E::Shipped(e) => e.facility,
        E::Withdrawn(e) => e.facility,
        E::Ended(e) => e.facility,
        E::Forgotten(_) => {
            let all = shop.fulfilments().iter().filter(|((id, _), _)| *id == order);
            return all.map(|(place, work)| (*place, work.state)).collect();
        }
    };
    vec![((order, facility), state(shop, (order, facility)))]
}

fn state(shop: &Shop, (order, facility): Place) -> WorkState {
    shop.fulfilments().get(order, facility).map_or(WorkState::Unasked, |work| work.state)
}

/// The steps they took by it.
pub(crate) fn steps(
    shop: &Shop,
    before: Vec<(Place, WorkState)>,
    name: &'static str,
) -> Result<Vec<WorkStep>, String> {
    let taken = before.into_iter().map(|(place, from)| (from, name, state(shop, place)));
    let taken: Vec<WorkStep> = taken.filter(|(from, _, to)| from != to).collect();
    let unknown = taken.iter().find(|step| !WORK_STEPS.contains(step));
    ensure(unknown.is_none(), || format!("{unknown:?} is a step of no work order"))?;
    Ok(taken)
}

fn kind(portion: &Portion) -> Portion {
    Portion { quantity: 0, ..*portion }
}

fn sum(units: &Units) -> i64 {
    units.values().flatten().sum()
}

fn added(all: impl Iterator<Item = Stages>) -> Stages {
    all.fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z])
}

fn not_negative(of: &Stages) -> Result<(), String> {
    ensure(of.iter().all(|n| *n >= 0), || format!("{of:?} units are in work"))
}
