//! Bytes from anywhere. Why: the core stands behind a network and behind a disk, and whoever
//! sends it nonsense must get an answer, never a panic.

use crate::samples;
use crate::support;
use crate::support::{Desk, START};
use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Shop, Slice, Tick};
use earmark::ids::{ItemId, ItemRef};
use earmark::order::OrderCommand;
use earmark::schema::{
    COMMANDS, EVENTS, QUERIES, SliceRequest, decode_answer, decode_command, decode_event,
    decode_query, encode_command, encode_event, from_bytes, to_bytes,
};
use earmark::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use proptest::{prop_assert, prop_assert_eq};

fn runner(cases: u32) -> TestRunner {
    let is_long = std::env::var_os("EARMARK_LONG").is_some();
    let cases = if is_long { cases.saturating_mul(50) } else { cases };
    TestRunner::new_with_rng(
        Config { cases, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
}

/// One way to spoil bytes.
type Damage = (Index, u8, Index, u8);

/// Flips a bit, puts in a byte, cuts off the end, or doubles a piece.
fn spoil(bytes: &mut Vec<u8>, (at, how, other, byte): &Damage) {
    if bytes.is_empty() {
        bytes.push(*byte);
        return;
    }
    let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
    match how % 5 {
        0 => bytes[at] ^= 1 << (byte % 8),
        1 => bytes[at] = *byte,
        2 => bytes.truncate(at),
        3 => bytes.insert(at, *byte),
        _ => {
            let piece = bytes[at.min(other)..at.max(other)].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

fn context() -> Context {
    Context { at: Timestamp::from_millis(START), by: Principal::Staff }
}

/// Everything that can be asked of a state, whatever state it is.
fn use_up(mut shop: Shop) {
    shop.restore();
    let (_, _) = (shop.audit(), shop.next_deadline());
    for query in samples::queries() {
        // An answer or a refusal: both are none of this test's concern.
        drop(shop.query(&query.value, &Principal::Staff));
    }
    let items: Vec<ItemRef> = (0..4).map(|n| ItemRef::Id(ItemId(n))).collect();
    let ids: Vec<_> = shop.orders().iter().map(|(id, _)| *id).take(8).collect();
    let slice = Slice::of(&shop, &items, &ids, &Principal::Staff);
    drop(slice.into_shop());
    let own = ids.into_iter().flat_map(|order| {
        let (facility, shipment) = (None, None);
        let ship = earmark::order::ShipOrder { order, facility };
        let deliver = earmark::order::DeliverShipment { order, shipment };
        let reason = earmark::order::CancelReason::Staff;
        let cancel = earmark::order::CancelOrder { order, lines: None, reason };
        [OrderCommand::Ship(ship), OrderCommand::Deliver(deliver), OrderCommand::Cancel(cancel)]
    });
    let mut commands: Vec<Command> = samples::commands().into_iter().map(|s| s.value).collect();
    commands.extend(own.map(Command::Order));
    commands.push(Command::Tick(Tick {}));
    for command in commands {
        // A state that contradicts itself may break; it must say so.
        if shop.settle(&command, &context()).is_err() {
            return;
        }
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    let given = (any::<u16>(), vec(any::<u8>(), 0..300));
    let run = runner(20_000).run(&given, |(kind, bytes)| {
        let few = kind % 160;
        if let Ok(command) = decode_command(few, &bytes) {
            let (again, written) = encode_command(&command, Vec::new()).unwrap().unwrap();
            prop_assert_eq!(again, few);
            prop_assert_eq!(decode_command(again, &written).unwrap(), command);
        }
        if let Ok(event) = decode_event(few, &bytes) {
            let (again, written) = encode_event(&event, Vec::new()).unwrap().unwrap();
            prop_assert_eq!(again, few);
            prop_assert_eq!(decode_event(again, &written).unwrap(), event);
        }
        for unknown in [kind.max(160), u16::MAX] {
            prop_assert!(decode_command(unknown, &bytes).is_err());
            prop_assert!(decode_event(unknown, &bytes).is_err());
            prop_assert!(decode_query(unknown, &bytes).is_err());
        }
        drop((decode_query(few % 24, &bytes), decode_answer(&bytes)));
        drop((from_bytes::<Slice>("a slice", &bytes), from_bytes::<SliceRequest>("it", &bytes)));
        if let Ok(shop) = from_bytes::<Shop>("a snapshot", &bytes) {
            use_up(shop);
        }
        Ok(())
    });
    run.unwrap();
    assert!(COMMANDS.len() < 160 && EVENTS.len() < 160 && QUERIES.len() < 24, "ask for more kinds");
}

#[test]
fn spoiled_commands_are_read_or_refused_and_never_break_the_shop() {
    let samples: Vec<_> = samples::commands()
        .iter()
        .map(|sample| encode_command(&sample.value, Vec::new()).unwrap().unwrap())
        .collect();
    let desk = Desk::open();
    let given = (any::<Index>(), vec(any::<Damage>(), 1..4));
    let run = runner(10_000).run(&given, |(which, damage)| {
        let (kind, mut bytes) = which.get(&samples).clone();
        damage.iter().for_each(|damage| spoil(&mut bytes, damage));
        if let Ok(command) = decode_command(kind, &bytes) {
            let settled = desk.shop.clone().settle(&command, &context());
            prop_assert!(settled.is_ok(), "{:?} broke it: {:?}", command, settled);
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn spoiled_events_are_applied_or_called_corrupt() {
    let desk = lived();
    let own: Vec<_> = desk.history.iter().map(|e| encode_event(e, Vec::new())).collect();
    let samples: Vec<_> = samples::events()
        .iter()
        .map(|sample| encode_event(&sample.value, Vec::new()))
        .chain(own)
        .map(|written| written.unwrap().unwrap())
        .collect();
    let given = (any::<Index>(), vec(any::<Damage>(), 0..3));
    let run = runner(10_000).run(&given, |(which, damage)| {
        let (kind, mut bytes) = which.get(&samples).clone();
        damage.iter().for_each(|damage| spoil(&mut bytes, damage));
        if let Ok(event) = decode_event(kind, &bytes) {
            let mut shop = desk.shop.clone();
            if shop.apply(&event).is_ok() {
                use_up(shop);
            }
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn spoiled_snapshots_and_slices_are_refused_or_used_without_a_panic() {
    let desk = lived();
    let orders: Vec<_> = (1..=4).map(support::order).collect();
    let items = [ItemRef::Id(ItemId(0)), ItemRef::Id(ItemId(1))];
    let slice = to_bytes(&Slice::of(&desk.shop, &items, &orders, &Principal::Staff)).unwrap();
    let snapshot = to_bytes(&desk.shop).unwrap();
    let given = vec(any::<Damage>(), 1..4);
    let run = runner(6_000).run(&given, |damage| {
        let mut bytes = snapshot.clone();
        damage.iter().for_each(|damage| spoil(&mut bytes, damage));
        if let Ok(shop) = from_bytes::<Shop>("a snapshot", &bytes) {
            use_up(shop);
        }
        let mut bytes = slice.clone();
        damage.iter().for_each(|damage| spoil(&mut bytes, damage));
        if let Ok(slice) = from_bytes::<Slice>("a slice", &bytes)
            && let Some(shop) = slice.into_shop()
        {
            use_up(shop);
        }
        Ok(())
    });
    run.unwrap();
}

/// Orders placed, shipped, delivered and waiting.
fn lived() -> Desk {
    let mut desk = Desk::open();
    for n in 1..=4 {
        desk.place(n, &[("mug", 3), ("pen", 1)]);
    }
    let (facility, shipment) = (None, None);
    for n in 1..=2 {
        let order = support::order(n);
        desk.order(OrderCommand::Ship(earmark::order::ShipOrder { order, facility })).unwrap();
    }
    let order = support::order(1);
    let deliver = earmark::order::DeliverShipment { order, shipment };
    desk.order(OrderCommand::Deliver(deliver)).unwrap();
    desk
}
