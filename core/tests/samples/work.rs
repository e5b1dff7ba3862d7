//! Samples of what order and facilities tell each other.

use earmark::flow::{
    Answer, CancellationView, Command, Event, Query, Refusal, WorkAfter, WorkUnitsView, WorkView,
    WorklistQuery, WorkloadQuery, WorkloadView,
};
use earmark::fulfilment::{
    AcceptFulfilment, FulfilmentAccepted, FulfilmentCommand, FulfilmentEvent as E,
    FulfilmentRefusal, FulfilmentTimedOut, WORK_STATES, WorkAdvanced, WorkEnded, WorkForgotten,
    WorkRequested, WorkShipped, WorkStage, WorkState, WorkWithdrawn,
};
use earmark::ids::{
    CancellationNumber, FacilityId, ItemId, LineNumber, ShipmentNumber, Tier, WorkNumber,
};
use earmark::order::CancelReason;
use earmark::time::Timestamp;

use super::{Sample, order, portions, sample, text};

const AT: Timestamp = Timestamp::from_millis(1_732_752_000_123);
const LATER: Timestamp = Timestamp::from_millis(1_732_759_200_123);
const THERE: FacilityId = FacilityId(300);
const SECOND: WorkNumber = WorkNumber(2);

pub(super) fn commands() -> Vec<Sample<Command>> {
    let accept = |ship_by| {
        let accept = AcceptFulfilment { order: order(), facility: THERE, ship_by };
        Command::Fulfilment(FulfilmentCommand::Accept(accept))
    };
    vec![sample("bare", accept(None)), sample("with a promise", accept(Some(LATER)))]
}

pub(super) fn events() -> Vec<Sample<Event>> {
    let (order, facility, at, work) = (order(), THERE, AT, SECOND);
    let shipment = ShipmentNumber(2);
    let asked = |answer_by| {
        let portions = portions();
        E::Requested(WorkRequested { order, at, facility, work, answer_by, portions })
    };
    let accepted = |ship_by| E::Accepted(FulfilmentAccepted { order, at, facility, ship_by });
    let advanced = |to| E::Advanced(WorkAdvanced { order, facility, to, portions: portions() });
    let mut all = vec![
        sample("bare", asked(None)),
        sample("with a deadline", asked(Some(LATER))),
        sample("bare", accepted(None)),
        sample("with a promise", accepted(Some(LATER))),
        sample(
            "some",
            E::TimedOut(FulfilmentTimedOut { order, at, facility, portions: portions() }),
        ),
        sample("to pick", advanced(WorkStage::ToPick)),
        sample("picked", advanced(WorkStage::Picked)),
        sample("packed", advanced(WorkStage::Packed)),
        sample("some", E::Shipped(WorkShipped { order, facility, shipment, portions: portions() })),
        sample("some", E::Withdrawn(WorkWithdrawn { order, facility, portions: portions() })),
        sample("plain", E::Forgotten(WorkForgotten { order })),
    ];
    let cases = [
        "unasked",
        "requested",
        "accepted",
        "in progress",
        "timed out",
        "done",
        "withdrawn",
        "rejected",
        "taken back",
    ];
    for (case, state) in cases.into_iter().zip(WORK_STATES) {
        all.push(sample(case, E::Ended(WorkEnded { order, facility, work, state })));
    }
    all.into_iter().map(|s| sample(s.case, Event::Fulfilment(s.value))).collect()
}

pub(super) fn queries() -> Vec<Sample<Query>> {
    let after = Some(WorkAfter { asked_at: AT, order: order() });
    let all = WorklistQuery { facility: THERE, after: None, limit: None };
    vec![
        sample("bare", Query::Worklist(all.clone())),
        sample("every field", Query::Worklist(WorklistQuery { after, limit: Some(300), ..all })),
        sample("plain", Query::Workload(WorkloadQuery {})),
    ]
}

pub(super) fn answers() -> Vec<Sample<Answer>> {
    let units = WorkUnitsView {
        line: LineNumber(200),
        item: ItemId(70_000),
        sku: Some(text("85123A")),
        tier: Tier::Back,
        to_pick: 300,
        picked: 2,
        packed: 1,
    };
    let asked_back = CancellationView {
        number: CancellationNumber(2),
        facility: THERE,
        reason: CancelReason::Customer,
        answer: None,
        portions: portions(),
    };
    let work = WorkView {
        order: order(),
        work: SECOND,
        state: WorkState::Requested,
        asked_at: AT,
        answer_by: Some(LATER),
        ship_by: Some(LATER),
        units: vec![units.clone(), WorkUnitsView { sku: None, ..units }],
        cancellations: vec![asked_back],
    };
    let bare = WorkView {
        answer_by: None,
        ship_by: None,
        units: vec![],
        cancellations: vec![],
        ..work.clone()
    };
    let load = WorkloadView {
        facility: THERE,
        requested: 300,
        accepted: 2,
        in_progress: 1,
        timed_out: 0,
        oldest_waiting: Some(AT),
    };
    let idle = WorkloadView { oldest_waiting: None, ..load.clone() };
    vec![
        sample("worklist", Answer::Worklist(vec![work, bare])),
        sample("workload", Answer::Workload(vec![load, idle])),
    ]
}

pub(super) fn refusals() -> Vec<Sample<Refusal>> {
    let all = [
        FulfilmentRefusal::UnknownWork { order: order(), facility: THERE },
        FulfilmentRefusal::WorkGone { state: WorkState::TakenBack },
        FulfilmentRefusal::ShipByPassed { promised: AT },
    ];
    all.map(Refusal::Fulfilment).map(|r| sample(r.code(), r)).into()
}
