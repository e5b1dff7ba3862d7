//! The door of ABI 1 over the whole shop, natively. Why: whatever a host or a network sends, the
//! plugin must answer; and what it answers must be one history, however it was cut into turns.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod desk;

use desk::{
    Desk, Dice, Sent, customer, day, order_id, outcome, place, principals, slice_request, staff,
    text, who,
};
use earmark::flow::{Command, OrderQuery, OrdersQuery, Query, Slice};
use earmark::order::{CancelOrder, CancelReason, OrderCommand as O};
use earmark::schema::{encode_query, from_bytes};
use earmark_abi::{
    Answer, Call, FailureKind, Form, Input, Principal, Turn, Verdict, chain, encode,
};

/// Sends a day in turns of `size`; the outcomes, and the door's last chain.
fn send(desk: &mut Desk, day: &[Sent], size: usize) -> (Vec<Vec<u8>>, [u8; 32]) {
    let (mut outcomes, mut chain) = (Vec::new(), chain::START);
    for part in day.chunks(size) {
        let inputs = part.iter().map(Sent::input).collect();
        let turn = Turn { principals: principals(), inputs, chain: Some(chain) };
        let (mut told, next) = desk.turn(turn);
        outcomes.append(&mut told);
        chain = next.unwrap();
    }
    (outcomes, chain)
}

#[test]
fn the_host_computes_the_same_chain_from_the_outcomes() {
    let day = day(1, 600);
    let (outcomes, chain) = send(&mut Desk::configured(), &day, 50);
    let principals = principals();
    let mut own = chain::START;
    for (sent, outcome) in day.iter().zip(&outcomes) {
        let by = &principals[usize::from(sent.by)];
        own = chain::extend(&own, by, &sent.input(), outcome).unwrap();
    }
    assert_eq!((outcomes.len(), own), (day.len(), chain));
    let happened = |bytes: &&Vec<u8>| match outcome(bytes).verdict {
        Verdict::Accepted { events } => !events.is_empty(),
        Verdict::Refused(_) => false,
    };
    let happened = outcomes.iter().filter(happened).count();
    assert!((100..500).contains(&happened), "{happened} of 600 led to something");
}

#[test]
fn however_the_inputs_are_cut_into_turns_there_is_one_chain() {
    for seed in 0..5 {
        let day = day(seed, 300);
        let cut = |size| {
            let mut desk = Desk::configured();
            let (outcomes, chain) = send(&mut desk, &day, size);
            (outcomes, chain, desk.digest())
        };
        let one = cut(1);
        assert!([7, 64, 300].into_iter().all(|size| cut(size) == one), "seed {seed}");
    }
}

#[test]
fn the_events_alone_rebuild_the_state_and_so_does_a_snapshot() {
    let day = day(2, 500);
    let (early, late) = day.split_at(400);
    let mut desk = Desk::configured();
    let (outcomes, _) = send(&mut desk, early, 32);
    let mut again = Desk::configured();
    for bytes in &outcomes {
        let Verdict::Accepted { events } = outcome(bytes).verdict else { continue };
        let events = events.iter().map(|event| (event.kind, event.body)).collect();
        again.done(&Call::Apply { events });
    }
    assert_eq!(again.digest(), desk.digest());
    let snapshot = desk.bytes(&Call::Snapshot);
    assert_eq!(chain::digest(&snapshot), desk.digest());
    let mut restored = Desk::default();
    restored.done(&Call::Restore { snapshot: &snapshot });
    let rest = send(&mut desk, late, 32);
    assert_eq!(send(&mut again, late, 32), rest);
    assert_eq!(send(&mut restored, late, 32), rest, "and goes on as if nothing had been");
}

/// Calls as a host makes them, to be spoiled.
fn valid_calls() -> Vec<Vec<u8>> {
    let day = day(3, 60);
    let mut desk = Desk::configured();
    let (outcomes, _) = send(&mut desk, &day, 60);
    let snapshot = desk.bytes(&Call::Snapshot);
    let slice = slice_request();
    let (kind, query) = query(&Query::Orders(everything()));
    let accepted = outcomes.iter().filter_map(|bytes| match outcome(bytes).verdict {
        Verdict::Accepted { events } => Some(events),
        Verdict::Refused(_) => None,
    });
    let events = accepted.flatten().map(|event| (event.kind, event.body)).collect();
    let inputs = day.iter().map(Sent::input).collect();
    let turn = Turn { principals: principals(), inputs, chain: Some(chain::START) };
    let one = vec![day[59].input()];
    let json = br#"{"order":"018bcfe5-6800-7000-8000-000000000001"}"#;
    let calls = [
        Call::Describe,
        Call::Configure { roles: vec!["order", "inventory"] },
        Call::Restore { snapshot: &snapshot },
        Call::Turn(turn),
        Call::Turn(Turn { principals: vec![staff(); 5], inputs: one, chain: None }),
        Call::Apply { events },
        Call::Query { by: customer("ada"), kind, body: &query },
        Call::Audit,
        Call::Slice { by: customer("ada"), body: &slice },
        Call::Snapshot,
        Call::Digest,
        Call::FromJson { form: Form::Command, kind: 5, json },
        Call::FromJson { form: Form::Query, kind: 1, json },
        Call::ToJson { form: Form::Command, kind: day[59].kind, bytes: &day[59].command },
        Call::ToJson { form: Form::Refusal, kind: 0, bytes: &[] },
    ];
    calls.iter().map(|call| encode(call).unwrap()).collect()
}

fn everything() -> OrdersQuery {
    OrdersQuery { status: None, before: None, limit: None }
}

fn query(query: &Query) -> (u16, Vec<u8>) {
    encode_query(query, Vec::new()).unwrap().unwrap()
}

/// Flips, cuts, doubles, and puts pieces of one call into another.
fn spoil(dice: &mut Dice, calls: &[Vec<u8>]) -> Vec<u8> {
    let mut call = calls[dice.below(calls.len())].clone();
    for _ in 0..=dice.below(3) {
        let at = dice.below(call.len() + 1);
        let other = &calls[dice.below(calls.len())];
        let (a, b) = (dice.below(other.len() + 1), dice.below(other.len() + 1));
        match dice.below(5) {
            0 => call.truncate(at),
            1 => drop(call.splice(at..at, other[a.min(b)..a.max(b)].iter().copied())),
            2 => call.insert(at, dice.roll() as u8),
            _ if at < call.len() => call[at] ^= 1 << dice.below(8),
            _ => call.push(dice.roll() as u8),
        }
    }
    call
}

#[test]
fn any_bytes_get_an_answer() {
    let mut dice = Dice(11);
    let mut desk = Desk::configured();
    for _ in 0..30_000 {
        let call = dice.bytes(120);
        drop(desk.raw(&call));
    }
}

/// The digest of the state, if there is one that holds.
fn digest(desk: &mut Desk) -> Option<[u8; 32]> {
    match desk.ask(&Call::Digest) {
        Answer::Digest(digest) => Some(digest),
        _ => None,
    }
}

#[test]
fn spoiled_calls_get_an_answer_and_a_malformed_one_changes_nothing() {
    let (calls, mut dice) = (valid_calls(), Dice(12));
    let mut desk = Desk::configured();
    let (mut failed, mut answered) = (0, 0);
    for n in 0..20_000 {
        if n % 50 == 0 {
            desk.done(&Call::Configure { roles: vec![] });
            drop(desk.raw(&calls[3]));
        }
        let call = spoil(&mut dice, &calls);
        let before = digest(&mut desk);
        let answer = desk.raw(&call);
        let harmless = match &answer {
            Answer::Failed(failure) => failure.kind != FailureKind::Broken,
            _ => false,
        };
        let is_failure = matches!(answer, Answer::Failed(_));
        failed += usize::from(is_failure);
        answered += usize::from(!is_failure);
        if harmless && before.is_some() {
            assert_eq!(digest(&mut desk), before, "{call:?} changed something");
        }
    }
    assert!(failed > 5_000 && answered > 1_000, "{failed} failed, {answered} were answered");
}

#[test]
fn a_turn_that_names_a_stranger_changes_nothing() {
    let mut desk = Desk::configured();
    let day = day(4, 30);
    let mut inputs: Vec<Input<'_>> = day.iter().map(Sent::input).collect();
    inputs.push(Input { by: 99, ..inputs[0] });
    let before = desk.digest();
    let failure = desk.failed(&Call::Turn(Turn { principals: principals(), inputs, chain: None }));
    assert_eq!(failure.kind, FailureKind::Malformed);
    assert_eq!(desk.digest(), before, "malformed means that nothing changed");
}

#[test]
fn a_broken_state_answers_nothing_until_it_is_replaced() {
    let mut desk = Desk::configured();
    let day = day(5, 100);
    send(&mut desk, &day, 100);
    let snapshot = desk.bytes(&Call::Snapshot);
    let digest = desk.digest();
    // An order that nobody placed is confirmed.
    let nobodys = order_id(77);
    let nobodys = nobodys.to_bytes();
    let events = vec![(5, &nobodys[..])];
    assert_eq!(desk.failed(&Call::Apply { events: events.clone() }).kind, FailureKind::Broken);
    let (kind, body) = query(&Query::Orders(everything()));
    let slice = slice_request();
    let turn = Turn { principals: principals(), inputs: vec![day[0].input()], chain: None };
    let of_state = [
        Call::Turn(turn),
        Call::Apply { events },
        Call::Query { by: staff(), kind, body: &body },
        Call::Slice { by: staff(), body: &slice },
        Call::Audit,
        Call::Snapshot,
        Call::Digest,
    ];
    for call in &of_state {
        assert_eq!(desk.failed(call).kind, FailureKind::Broken, "{call:?}");
    }
    assert!(matches!(desk.ask(&Call::Describe), Answer::Described(_)), "this needs no state");
    desk.done(&Call::Restore { snapshot: &snapshot });
    assert_eq!(desk.digest(), digest);
}

#[test]
fn a_door_without_a_state_says_so() {
    let mut desk = Desk::default();
    assert_eq!(desk.failed(&Call::Audit).kind, FailureKind::Unsupported);
    let unknown = desk.failed(&Call::Configure { roles: vec!["order", "astrology"] });
    assert_eq!(unknown.kind, FailureKind::Malformed);
    assert!(unknown.message.contains("`astrology`"), "{}", unknown.message);
    assert_eq!(desk.failed(&Call::Digest).kind, FailureKind::Unsupported, "and stays without");
}

#[test]
fn a_spoiled_snapshot_is_refused_or_taken_and_never_panics() {
    let mut desk = Desk::configured();
    let day = day(6, 200);
    send(&mut desk, &day, 200);
    let snapshot = desk.bytes(&Call::Snapshot);
    let (digest, mut dice) = (desk.digest(), Dice(7));
    let mut refused = 0;
    for at in 0..snapshot.len() {
        let mut spoiled = snapshot.clone();
        spoiled[at] ^= 1 << dice.below(8);
        let mut other = Desk::default();
        match other.ask(&Call::Restore { snapshot: &spoiled }) {
            Answer::Failed(failure) => {
                assert_eq!(failure.kind, FailureKind::Malformed);
                refused += 1;
            }
            Answer::Done { .. } => {
                let audited = other.ask(&Call::Audit);
                assert!(matches!(audited, Answer::Audited(_)), "{audited:?}");
                let inputs = day[9..40].iter().map(Sent::input).collect();
                let turn = Turn { principals: principals(), inputs, chain: None };
                drop(other.ask(&Call::Turn(turn)));
            }
            answer => panic!("{answer:?}"),
        }
        if at % 16 == 0 {
            assert_eq!(
                desk.failed(&Call::Restore { snapshot: &snapshot[..at] }).kind,
                FailureKind::Malformed
            );
            assert_eq!(desk.digest(), digest, "a refused snapshot leaves the state");
        }
    }
    assert!(refused > snapshot.len() / 20, "{refused} of {} were refused", snapshot.len());
}

#[test]
fn a_customer_sees_and_touches_nothing_of_others() {
    let mut desk = Desk::configured();
    for command in desk::opening() {
        desk.command(&staff(), &command);
    }
    let order = order_id(1);
    let placed = Command::Order(O::Place(place(order, 0, 2)));
    let refusal = |bytes: &[u8]| match outcome(bytes).verdict {
        Verdict::Refused(refused) => refused.code.to_string(),
        Verdict::Accepted { .. } => "accepted".to_string(),
    };
    let bob = customer("bob");
    assert_eq!(refusal(&desk.command(&bob, &placed)), "not-your-order");
    assert_eq!(refusal(&desk.command(&customer("ada"), &placed)), "accepted");
    let digest = desk.digest();
    let (lines, reason) = (None, CancelReason::Customer);
    let cancel = Command::Order(O::Cancel(CancelOrder { order, lines, reason }));
    for command in [&placed, &cancel] {
        assert_ne!(refusal(&desk.command(&bob, command)), "accepted");
    }
    let refused = desk.command(&bob, &cancel);
    assert_eq!(refusal(&refused), "unknown-order", "as if it were not there");
    assert_eq!(outcome(&refused).owner, "", "whose it is goes into no chain");
    let nobody = Principal { subject: "", scopes: vec!["orders:write"] };
    assert_eq!(refusal(&desk.command(&nobody, &cancel)), "no-subject");
    let slice = slice_request();
    let sliced = desk.bytes(&Call::Slice { by: bob.clone(), body: &slice });
    let sliced: Slice = from_bytes("a slice", &sliced).unwrap();
    assert_eq!(sliced.orders, []);
    let (kind, body) = query(&Query::Order(OrderQuery { order }));
    let answer = desk.ask(&Call::Query { by: bob.clone(), kind, body: &body });
    assert!(matches!(answer, Answer::Refused(refused) if refused.code == "unknown-order"));
    let (kind, body) = query(&Query::Orders(everything()));
    let none = desk.bytes(&Call::Query { by: bob, kind, body: &body });
    let own = desk.bytes(&Call::Query { by: customer("ada"), kind, body: &body });
    assert_eq!(none, [2, 0], "a list of no orders");
    assert!(own.len() > 40, "ada sees hers");
    assert_eq!(desk.digest(), digest);
    let shop = desk.door.state().unwrap().shop();
    assert_eq!(shop.orders().get(order).unwrap().owner, Some(text("ada")));
    assert!(!who("bob").may_touch(Some(&text("ada"))));
}

#[test]
fn the_description_names_every_kind_once_in_each_version() {
    let mut desk = Desk::default();
    let Answer::Described(told) = desk.ask(&Call::Describe) else { panic!("no description") };
    use earmark::schema::{COMMANDS, EVENTS, QUERIES};
    let kinds = (told.commands.len(), told.events.len(), told.queries.len());
    assert_eq!(kinds, (COMMANDS.len(), EVENTS.len(), QUERIES.len()));
    let events: Vec<&str> = told.events.iter().map(|e| e.ce_type.as_str()).collect();
    let mut queries: Vec<&str> = told.queries.iter().map(|q| q.name.as_str()).collect();
    let mut commands: Vec<&str> = told.commands.iter().map(|c| c.name.as_str()).collect();
    // Kinds 0 are the older versions of later ones.
    assert_eq!((commands.remove(0), queries.remove(0)), ("SetPolicy", "Preview"));
    for mut list in [commands, events, queries] {
        let all = list.len();
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), all, "two kinds have one name");
    }
    for kind in &told.commands {
        assert!(!kind.scope.is_empty() && kind.about.ends_with('.'), "{kind:?}");
    }
    for kind in &told.events {
        let version = kind.ce_type.strip_prefix(&format!("dev.earmark.{}.v", kind.name));
        assert!(version.is_some_and(|v| v.parse::<u32>().is_ok()), "{}", kind.ce_type);
    }
    let tick = told.tick.map(|at| told.commands[usize::from(at)].name.as_str());
    assert_eq!(tick, Some("Tick"));
}

#[test]
fn a_command_larger_than_the_bound_is_refused_before_it_is_decoded() {
    let mut desk = Desk::configured();
    let command = vec![0; earmark::limits::COMMAND_BYTES + 1];
    let input = Input { at: 1, by: 0, kind: 2, command: &command };
    let turn = Turn { principals: vec![staff()], inputs: vec![input], chain: None };
    let (outcomes, _) = desk.turn(turn);
    let Verdict::Refused(refused) = outcome(&outcomes[0]).verdict else { panic!("accepted") };
    assert_eq!(refused.code, "too-large");
}
