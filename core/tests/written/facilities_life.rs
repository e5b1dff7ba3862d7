//! The table of work orders, the code and the documentation say the same. Why: the table is what
//! the console, the documentation and the tests believe.

use crate::support::{START, order};
use earmark::decide::{Context, Decide, Principal};
use earmark::demand::Portion;
use earmark::fulfilment::{
    AcceptFulfilment, AdvanceWork, ForgetWork, FulfilmentCommand as F, FulfilmentEvent as E,
    FulfilmentRefusal, Fulfilments, RejectWork, RequestWork, ShipWork, WORK_STATES,
    WORK_TRANSITIONS, WithdrawWork, WorkCommandKind as Kind, WorkStage, WorkState, WorkVerdict,
    work_diagram, work_table,
};
use earmark::ids::{FacilityId, ItemId, LineNumber, ReservationNumber, ShipmentNumber, Tier};
use earmark::policy::FulfilmentPolicy;
use earmark::time::{Span, Timestamp};

const HERE: FacilityId = FacilityId(0);
const AT: Timestamp = Timestamp::from_millis(START);
const LATE: Timestamp = Timestamp::from_millis(START + 1_000);

fn portions(quantity: u32) -> Vec<Portion> {
    vec![Portion {
        reservation: ReservationNumber(1),
        line: LineNumber(0),
        item: ItemId(0),
        facility: HERE,
        tier: Tier::Primary,
        quantity,
    }]
}

/// A command of every kind; a tick is the last moment's.
fn command(kind: Kind) -> F {
    let (order, facility, portions) = (order(1), HERE, portions(1));
    match kind {
        Kind::Accept => {
            let ship_by = Some(Timestamp::from_millis(START + 9_000));
            F::Accept(AcceptFulfilment { order, facility, ship_by })
        }
        Kind::Request => F::Request(RequestWork { order, at: AT, facility, portions }),
        Kind::Advance => {
            F::Advance(AdvanceWork { order, facility, to: WorkStage::Picked, portions })
        }
        Kind::Ship => {
            let shipment = ShipmentNumber(1);
            F::Ship(ShipWork { order, facility, shipment, portions })
        }
        Kind::Withdraw => F::Withdraw(WithdrawWork { order, portions }),
        Kind::Reject => F::Reject(RejectWork { order, facility }),
        Kind::TimeOut => F::Tick,
        Kind::Forget => F::Forget(ForgetWork { order }),
    }
}

fn decide(work: &Fulfilments, command: &F) -> Result<Vec<E>, FulfilmentRefusal> {
    let at = if *command == F::Tick { LATE } else { AT };
    work.decide(command, &Context { at, by: Principal::Staff })
}

fn must(work: &mut Fulfilments, command: &F) {
    for event in decide(work, command).unwrap() {
        work.evolve(&event).unwrap();
    }
}

/// Four units of work that has come to a state; one of them is picked and one packed, if so far.
fn brought_to(state: WorkState) -> Fulfilments {
    let mut work = Fulfilments::default();
    work.set_policy(FulfilmentPolicy { answer_within: Some(Span::from_millis(1_000)) });
    if state != WorkState::Unasked {
        let (order, facility, portions) = (order(1), HERE, portions(4));
        must(&mut work, &F::Request(RequestWork { order, at: AT, facility, portions }));
    }
    let to = |to| {
        let (order, facility, portions) = (order(1), HERE, portions(1));
        F::Advance(AdvanceWork { order, facility, to, portions })
    };
    let path = match state {
        WorkState::Unasked | WorkState::Requested => vec![],
        WorkState::Accepted => vec![command(Kind::Accept)],
        WorkState::TimedOut => vec![F::Tick],
        WorkState::Rejected => vec![command(Kind::Reject)],
        WorkState::TakenBack => vec![F::Tick, command(Kind::Reject)],
        WorkState::InProgress => vec![to(WorkStage::Picked), to(WorkStage::Packed)],
        WorkState::Withdrawn => vec![command(Kind::Withdraw); 4],
        WorkState::Done => {
            let ship = command(Kind::Ship);
            let mut path = vec![to(WorkStage::Picked), to(WorkStage::Packed), ship];
            path.extend(vec![command(Kind::Withdraw); 3]);
            path
        }
    };
    path.iter().for_each(|command| must(&mut work, command));
    let known = work.get(order(1), HERE).map_or(WorkState::Unasked, |work| work.state);
    assert_eq!(known, state);
    work
}

#[test]
fn code_and_table_agree_for_every_command_in_every_state() {
    for (column, state) in WORK_STATES.into_iter().enumerate() {
        let work = brought_to(state);
        for (kind, verdicts) in WORK_TRANSITIONS {
            let heard = decide(&work, &command(kind));
            let told = format!("{kind:?} to work that is {state}: {heard:?}");
            let (order, facility) = (order(1), HERE);
            match verdicts[column] {
                WorkVerdict::Unknown => {
                    let unknown = FulfilmentRefusal::UnknownWork { order, facility };
                    assert_eq!(heard, Err(unknown), "{told}");
                }
                WorkVerdict::Gone => {
                    assert_eq!(heard, Err(FulfilmentRefusal::WorkGone { state }), "{told}");
                }
                WorkVerdict::Nothing => assert_eq!(heard, Ok(vec![]), "{told}"),
                // What is not packed does not ship, whatever the table lets the guards decide.
                WorkVerdict::Decide if kind == Kind::Ship && state != WorkState::InProgress => {
                    assert_eq!(heard, Ok(vec![]), "{told}");
                }
                // Who promised it already promises nothing new.
                WorkVerdict::Decide if kind == Kind::Accept && state == WorkState::Accepted => {
                    assert_eq!(heard, Ok(vec![]), "{told}");
                }
                WorkVerdict::Decide => assert!(heard.is_ok_and(|e| !e.is_empty()), "{told}"),
            }
        }
    }
}

#[test]
fn whoever_is_taken_for_silent_is_not_asked_for_more() {
    let work = brought_to(WorkState::TimedOut);
    let events = decide(&work, &command(Kind::Request)).unwrap();
    assert!(matches!(events[..], [E::Requested(_), E::TimedOut(_)]), "{events:?}");
}

#[test]
fn units_that_are_not_in_the_work_are_left_alone() {
    let mut work = brought_to(WorkState::Requested);
    let (order, facility) = (order(1), HERE);
    let other = |quantity| {
        let of = |p: &Portion| Portion { reservation: ReservationNumber(2), ..*p };
        portions(quantity).iter().map(of).collect::<Vec<_>>()
    };
    let nothing = WithdrawWork { order, portions: other(1) };
    assert_eq!(decide(&work, &F::Withdraw(nothing)), Ok(vec![]));
    let twice = [portions(3), portions(3)].concat();
    let to = WorkStage::Picked;
    must(&mut work, &F::Advance(AdvanceWork { order, facility, to, portions: twice }));
    assert_eq!(work.get(order, facility).unwrap().in_work(), [0, 4, 0], "no more than are there");
}

#[test]
fn the_page_about_the_life_of_work_is_drawn_from_the_data() {
    let page = format!(
        "# The life of a work order\n\n\
         A work order is what one facility is to do for one order. Drawn from the data in\n\
         `fulfilment::transitions`; a test holds this page to them, and\n\
         `EARMARK_BLESS=1 cargo test -p earmark --test written facilities_life` draws it anew.\n\n\
         ```mermaid\n{}```\n\n\
         What a command meets in each state: `yes` means that its guards decide, `nothing` that\n\
         it is too late to matter or already so, `gone` that the work is not the facility's any\n\
         more. `Accept` comes from the facility; `TimeOut` is a tick at the deadline; all others\n\
         follow from the order's events.\n\n{}",
        work_diagram(),
        work_table()
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fulfilment.md");
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "draw the page anew");
}
