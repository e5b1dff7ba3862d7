//! What a command to the fulfilment role causes.
//!
//! Law: the table of `transitions` is asked first; what an order's event asks is never refused, and
//! touches no more units than are there.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{
    AcceptFulfilment, AdvanceWork, FulfilmentCommand, RejectWork, RequestWork, ShipWork,
    WithdrawWork,
};
use super::event::{
    FulfilmentAccepted, FulfilmentEvent as E, FulfilmentTimedOut, WorkAdvanced, WorkEnded,
    WorkForgotten, WorkRequested, WorkShipped, WorkWithdrawn,
};
use super::evolve;
use super::refusal::FulfilmentRefusal;
use super::state::{Fulfilments, WorkOrder, WorkStage, WorkUnits};
use super::transitions::{WorkCommandKind as Kind, WorkState, WorkVerdict, work_verdict};
use crate::decide::{Context, CorruptHistory, Decide, Principal};
use crate::demand::Portion;
use crate::ids::{FacilityId, OrderId, WorkNumber};
use crate::limits::DUE_PER_TICK;
use crate::time::Timestamp;

impl Decide for Fulfilments {
    type Command = FulfilmentCommand;
    type Event = E;
    type Refusal = FulfilmentRefusal;

    fn decide(
        &self,
        command: &FulfilmentCommand,
        context: &Context,
    ) -> Result<Vec<E>, FulfilmentRefusal> {
        Ok(match command {
            FulfilmentCommand::Accept(c) => return self.accept(c, context),
            FulfilmentCommand::Request(c) => self.request(c),
            FulfilmentCommand::Advance(c) => self.advance(c),
            FulfilmentCommand::Ship(c) => self.ship(c),
            FulfilmentCommand::Withdraw(c) => self.withdraw(c),
            FulfilmentCommand::Reject(c) => self.reject(c),
            FulfilmentCommand::Forget(c) => self.forget(c.order),
            FulfilmentCommand::Tick => self.tick(context.at),
        })
    }

    fn evolve(&mut self, event: &E) -> Result<(), CorruptHistory> {
        evolve::evolve(self, event)
    }
}

impl Fulfilments {
    /// The facility takes the work; saying so again is nothing new, unless it promises anew.
    fn accept(
        &self,
        command: &AcceptFulfilment,
        context: &Context,
    ) -> Result<Vec<E>, FulfilmentRefusal> {
        let AcceptFulfilment { order, facility, ship_by } = *command;
        let unknown = FulfilmentRefusal::UnknownWork { order, facility };
        // A customer sees nothing of what facilities are asked for.
        let staff = !matches!(context.by, Principal::Customer(_));
        let work = self.get(order, facility).filter(|_| staff).ok_or(unknown.clone())?;
        match work_verdict(Kind::Accept, work.state) {
            WorkVerdict::Decide => {}
            WorkVerdict::Nothing => return Ok(vec![]),
            WorkVerdict::Unknown => return Err(unknown),
            WorkVerdict::Gone => return Err(FulfilmentRefusal::WorkGone { state: work.state }),
        }
        let promised = ship_by.or(work.ship_by);
        if work.state != WorkState::Requested && promised == work.ship_by {
            return Ok(vec![]);
        }
        if let Some(promised) = ship_by.filter(|by| *by < context.at) {
            return Err(FulfilmentRefusal::ShipByPassed { promised });
        }
        let at = context.at;
        Ok(vec![E::Accepted(FulfilmentAccepted { order, at, facility, ship_by: promised })])
    }

    /// More units join open work, as it stands; work that has ended is not taken up again, but
    /// followed by other work.
    fn request(&self, command: &RequestWork) -> Vec<E> {
        let RequestWork { order, at, facility, portions } = command;
        let (order, at, facility) = (*order, *at, *facility);
        if !self.decides(Kind::Request, order, facility) || portions.is_empty() {
            return vec![];
        }
        let open = self.get(order, facility).filter(|work| work.state.is_open());
        let (work, answer_by) = match (open, self.get(order, facility)) {
            (Some(open), _) => (open.number, open.answer_by),
            (None, last) => {
                let last = last.map_or(0, |work| work.number.0);
                let within = self.policy.answer_within;
                (WorkNumber(last.saturating_add(1)), within.map(|within| at.after(within)))
            }
        };
        let portions = portions.clone();
        let late = open.is_some_and(|work| work.state == WorkState::TimedOut);
        // Whoever is taken for silent is not asked for more: the order hears so of each unit.
        let again = late.then(|| {
            let portions = portions.clone();
            E::TimedOut(FulfilmentTimedOut { order, at, facility, portions })
        });
        let asked = WorkRequested { order, at, facility, work, answer_by, portions };
        let mut events = vec![E::Requested(asked)];
        events.extend(again);
        events
    }

    fn advance(&self, command: &AdvanceWork) -> Vec<E> {
        let AdvanceWork { order, facility, to, ref portions } = *command;
        let from = match to {
            WorkStage::ToPick => return vec![],
            WorkStage::Picked => WorkStage::ToPick,
            WorkStage::Packed => WorkStage::Picked,
        };
        let Some(work) = self.hears(Kind::Advance, order, facility) else { return vec![] };
        let portions = present(work, portions, |units| units.in_stage(from));
        if portions.is_empty() {
            return vec![];
        }
        vec![E::Advanced(WorkAdvanced { order, facility, to, portions })]
    }

    fn ship(&self, command: &ShipWork) -> Vec<E> {
        let ShipWork { order, facility, shipment, ref portions } = *command;
        let Some(work) = self.hears(Kind::Ship, order, facility) else { return vec![] };
        let portions = present(work, portions, |units| units.packed);
        if portions.is_empty() {
            return vec![];
        }
        let end = left_by(order, facility, work, &portions, true);
        let mut events = vec![E::Shipped(WorkShipped { order, facility, shipment, portions })];
        events.extend(end);
        events
    }

    /// Takes units out of the work of whoever has them.
    fn withdraw(&self, command: &WithdrawWork) -> Vec<E> {
        let order = command.order;
        let mut facilities: Vec<FacilityId> =
            command.portions.iter().map(|portion| portion.facility).collect();
        facilities.sort_unstable();
        facilities.dedup();
        let mut events = Vec::new();
        for facility in facilities {
            let Some(work) = self.hears(Kind::Withdraw, order, facility) else { continue };
            let here = command.portions.iter().filter(|p| p.facility == facility);
            let here: Vec<Portion> = here.copied().collect();
            let portions = present(work, &here, WorkUnits::total);
            if portions.is_empty() {
                continue;
            }
            let end = left_by(order, facility, work, &portions, false);
            events.push(E::Withdrawn(WorkWithdrawn { order, facility, portions }));
            events.extend(end);
        }
        events
    }

    fn reject(&self, command: &RejectWork) -> Vec<E> {
        let RejectWork { order, facility } = *command;
        let work = self.hears(Kind::Reject, order, facility);
        work.map(|work| end(order, facility, work, WorkState::Rejected)).into_iter().collect()
    }

    fn forget(&self, order: OrderId) -> Vec<E> {
        let decides = |((_, _), work): (&(OrderId, FacilityId), &WorkOrder)| {
            work_verdict(Kind::Forget, work.state) == WorkVerdict::Decide
        };
        let known = self.work.range(evolve::of_order(order)).any(decides);
        if known { vec![E::Forgotten(WorkForgotten { order })] } else { vec![] }
    }

    /// Whoever has not answered by now is not waited for any longer.
    fn tick(&self, at: Timestamp) -> Vec<E> {
        let due = self.deadlines.iter().take_while(|(deadline, ..)| *deadline <= at);
        let late = |&(_, order, facility): &(Timestamp, OrderId, FacilityId)| {
            let work = self.hears(Kind::TimeOut, order, facility)?;
            let portions = work.portions(facility);
            Some(E::TimedOut(FulfilmentTimedOut { order, at, facility, portions }))
        };
        due.take(DUE_PER_TICK).filter_map(late).collect()
    }

    /// The work that the guards of a command decide on, if it is there.
    fn hears(&self, kind: Kind, order: OrderId, facility: FacilityId) -> Option<&WorkOrder> {
        let work = self.get(order, facility)?;
        (work_verdict(kind, work.state) == WorkVerdict::Decide).then_some(work)
    }

    fn decides(&self, kind: Kind, order: OrderId, facility: FacilityId) -> bool {
        let state = self.get(order, facility).map_or(WorkState::Unasked, |work| work.state);
        work_verdict(kind, state) == WorkVerdict::Decide
    }
}

/// The units of some portions that are in the work, as far as `there` counts them.
fn present(
    work: &WorkOrder,
    portions: &[Portion],
    there: impl Fn(&WorkUnits) -> u32,
) -> Vec<Portion> {
    let mut merged = portions.to_vec();
    merged.sort_unstable();
    merged.dedup_by(|next, kept| {
        let same = Portion { quantity: kept.quantity, ..*next } == *kept;
        if same {
            kept.quantity = kept.quantity.saturating_add(next.quantity);
        }
        same
    });
    for portion in &mut merged {
        portion.quantity = work.of(portion).map_or(0, &there).min(portion.quantity);
    }
    merged.retain(|portion| portion.quantity > 0);
    merged
}

/// How the work ends once these units are gone, if nothing else is left.
fn left_by(
    order: OrderId,
    facility: FacilityId,
    work: &WorkOrder,
    gone: &[Portion],
    shipped: bool,
) -> Option<E> {
    let gone = gone.iter().map(|p| u64::from(p.quantity)).fold(0, u64::saturating_add);
    let all = work.in_work().into_iter().fold(0, u64::saturating_add);
    let left = shipped || work.shipped;
    let state = if left { WorkState::Done } else { WorkState::Withdrawn };
    (gone == all).then(|| end(order, facility, work, state))
}

/// Work that had timed out ends as the order role's answer to that.
fn end(order: OrderId, facility: FacilityId, work: &WorkOrder, state: WorkState) -> E {
    let late = work.state == WorkState::TimedOut;
    let state = if late { WorkState::TakenBack } else { state };
    E::Ended(WorkEnded { order, facility, work: work.number, state })
}
