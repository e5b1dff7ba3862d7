//! The laws over generated histories. Why: a flow of a dozen commands has more interleavings than
//! anybody writes down, and oversold stock hides in the one that nobody did.
//!
//! `EARMARK_TIMES=22` takes 100,000 histories, `EARMARK_SEED=n` takes other ones. A history that
//! breaks a law is shrunk to its shortest form and printed. `reordered` tells such histories to
//! partitions with letters between them.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;
mod world;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Mutex;

use earmark::decide::{Context, Principal};
use earmark::demand::Demand;
use earmark::flow::{Command, Event, Shop, Slice, Tick};
use earmark::fulfilment::{WORK_STEPS, WorkState};
use earmark::ids::{ItemId, ItemRef, LineNumber, ReservationNumber};
use earmark::inventory::{Ask, InventoryEvent};
use earmark::order::{OrderCommand, OrderEvent, PlaceOrder, ReplaceOrder, STEPS};
use earmark::schema::{EVENTS, encode_event, from_bytes, to_bytes};
use earmark::time::Timestamp;
use proptest::prelude::{Strategy, any};
use proptest::prop_oneof;
use support::{START, text};
use world::runner::check;
use world::steps::{
    Step, authorize, cancel, histories, order, order_id, place, request_return, step, unpaid,
};
use world::{World, ensure};

fn live(steps: &[Step]) -> Result<World, String> {
    let mut world = World::open();
    steps.iter().try_for_each(|step| world.step(step))?;
    Ok(world)
}

/// Kinds of events that only partitions with a broker between them bring about: see `reservations`
/// and `moved_apart`.
const NEVER_IN_ONE_PARTITION: [&str; 2] = ["InventoryExpired", "OrderMoveRefused"];
/// A kind of event that takes many more histories than a quick run has, or a broker: `kits_apart`.
const SELDOM: &str = "OrderKitsAskedAgain";

/// Codes of refusals that some history must meet.
const REFUSED: &[&str] = &[
    "unknown-order",
    "stale-order-id",
    "not-your-order",
    "placed-differently",
    "not-in-this-status",
    "use-return",
    "nothing-to-pay",
    "amount-too-small",
    "nothing-named",
    "no-such-line",
    "too-many-units",
    "nothing-to-ship",
    "no-such-shipment",
    "no-such-return",
    "on-hold",
    "no-such-hold",
    "nothing-to-release",
    "nothing-released",
    "nothing-picked",
    "not-packed",
    "shipment-ended",
    "no-such-cancellation",
    "already-released",
    "price-is-not-yours",
    "not-settled",
    "unknown-item",
    "unknown-facility",
    "defined-differently",
    "not-on-hand",
    "unit-price-too-high",
    "not-in-condition",
    "nothing-moves",
    "not-available",
    "unknown-transfer",
    "unknown-expected",
    "more-than-incoming",
    "too-much-stock",
    "is-a-kit",
    "kit-in-kit",
    "not-so-many-components",
    "too-many-in-kit",
    "part-of-kit",
    "unknown-work",
    "work-gone",
    "ship-by-passed",
    "staff-only",
    "unknown-request",
    "answered-differently",
    "other-currency",
    "amount-too-large",
    "backorder-limit-too-high",
    "replaces-itself",
    "not-replaceable",
    "other-customer",
    "time-is-over",
    "no-more-time",
    "too-much-time",
];

/// A pick that overtakes a timeout: only a broker between order and facilities brings it about,
/// see `facilities_apart`.
const LATE_WORD: (WorkState, &str, WorkState) =
    (WorkState::TimedOut, "WorkAdvanced", WorkState::InProgress);

#[test]
fn every_law_holds_after_every_step_of_any_history() {
    let (met, taken) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    let worked = Mutex::new(BTreeSet::new());
    let law = |steps: Vec<Step>| {
        let world = live(&steps)?;
        met.lock().map_err(|e| e.to_string())?.extend(world.met);
        taken.lock().map_err(|e| e.to_string())?.extend(world.steps);
        worked.lock().map_err(|e| e.to_string())?.extend(world.work_steps);
        Ok(())
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check(1, 1_600, histories(), law));
        check(2, 1_600, histories(), law);
        check(16, 600, unpaid(), law);
    });
    let (met, taken) = (met.into_inner().unwrap(), taken.into_inner().unwrap());
    let untaken: Vec<_> = STEPS.iter().filter(|step| !taken.contains(step)).collect();
    assert!(untaken.is_empty(), "no history took {untaken:?}");
    let worked = worked.into_inner().unwrap();
    let untaken: Vec<_> = WORK_STEPS.iter().filter(|step| !worked.contains(step)).collect();
    assert_eq!(untaken, [&LATE_WORD], "the steps of work that no history took");
    let kinds = EVENTS.iter().map(|kind| kind.name);
    let unmet: Vec<_> = kinds.filter(|name| !met.contains(name) && *name != SELDOM).collect();
    assert_eq!(unmet, NEVER_IN_ONE_PARTITION, "no history led there");
    for code in REFUSED {
        assert!(met.contains(*code), "nobody was refused for `{code}`");
    }
}

#[test]
fn any_moments_in_any_order_break_nothing() {
    let moments = proptest::collection::vec((any::<u64>(), step()), 1..30);
    check(3, 300, moments, |steps| {
        let mut world = World::open();
        steps.into_iter().try_for_each(|(now, step)| {
            world.now = now;
            world.step(&Step { wait: 0, ..step })
        })
    });
}

#[test]
fn after_a_tick_nothing_is_due_any_more() {
    let over = |steps: Vec<Step>| {
        let mut world = live(&steps)?;
        while let Some(due) = world.shop.next_deadline() {
            world.now = world.now.max(due.as_millis());
            world.step(&Step::now(Command::Tick(Tick {})))?;
            let next = world.shop.next_deadline();
            ensure(next.is_none_or(|next| next.as_millis() > world.now), || {
                format!("{next:?} is due at {}, and was not ended", world.now)
            })?;
            if world.now == u64::MAX {
                break;
            }
        }
        Ok(())
    };
    check(4, 300, histories(), over);
    check(17, 200, unpaid(), over);
}

#[test]
fn two_shops_that_hear_the_same_write_the_same_bytes() {
    check(5, 200, histories(), |steps| {
        let mut shops = [World::open().shop, World::open().shop];
        let mut now = START;
        for step in steps {
            now += step.wait;
            let context = Context { at: Timestamp::from_millis(now), by: step.by };
            let [one, other] = shops.each_mut().map(|shop| told(shop, &step.command, &context));
            ensure(one? == other?, || format!("{:?} is answered in two ways", step.command))?;
        }
        let [one, other] = shops.map(|shop| to_bytes(&shop).unwrap());
        ensure(one == other, || "two states came of one history".to_string())
    });
}

/// What a command led to, in bytes.
fn told(shop: &mut Shop, command: &Command, context: &Context) -> Result<Vec<u8>, String> {
    match shop.settle(command, context).map_err(|e| e.to_string())? {
        Ok(events) => events.iter().try_fold(Vec::new(), |bytes, event| {
            let (_, bytes) =
                encode_event(event, bytes).map_err(|e| e.to_string())?.ok_or("no kind")?;
            Ok(bytes)
        }),
        Err(refusal) => to_bytes(&refusal).map_err(|e| e.to_string()),
    }
}

/// What a client may ask for in a preview.
fn client_command() -> impl Strategy<Value = OrderCommand> {
    let fresh = place().prop_map(|place| PlaceOrder { order: order_id(9), ..place });
    let again = (place(), order()).prop_map(|(place, replaces)| {
        let place = PlaceOrder { order: order_id(9), ..place };
        OrderCommand::Replace(ReplaceOrder { place, replaces })
    });
    prop_oneof![
        4 => fresh.prop_map(OrderCommand::Place),
        2 => again,
        1 => authorize(),
        1 => cancel(),
        1 => request_return(),
    ]
}

#[test]
fn a_client_with_a_slice_predicts_what_the_host_decides() {
    let history = proptest::collection::vec(step(), 0..30);
    let accepted = Cell::new(0);
    check(6, 1_000, (history, client_command()), |(steps, command)| {
        let World { mut shop, now, .. } = live(&steps)?;
        let ada = Principal::Customer(text("ada"));
        let items: Vec<ItemRef> = (0..8).map(|n| ItemRef::Id(ItemId(n))).collect();
        let orders: Vec<_> = (0..6).map(order_id).collect();
        let own = command.order().and_then(|id| shop.orders().get(id));
        if own.is_some_and(|order| !ada.may_touch(order.owner.as_ref())) {
            return Ok(());
        }
        let sent = to_bytes(&Slice::of(&shop, &items, &orders, &ada)).unwrap();
        let slice: Slice = from_bytes("a slice", &sent).map_err(|e| e.to_string())?;
        let mut client = slice.into_shop().ok_or("the slice contradicts itself")?;
        let audit = client.audit();
        ensure(audit.broken.is_empty(), || format!("{:?}", audit.broken))?;
        let context = Context { at: Timestamp::from_millis(now), by: ada };
        let command = Command::Order(command);
        let predicted = client.settle(&command, &context).map_err(|e| e.to_string())?;
        let decided = shop.settle(&command, &context).map_err(|e| e.to_string())?;
        accepted.set(accepted.get() + usize::from(decided.is_ok()));
        // Alerts are of no order: they are for those who look after the stock.
        let decided = decided.map(|mut events| {
            events.retain(|event| event.order().is_some());
            without_turns(events)
        });
        ensure(predicted == decided, || format!("{predicted:?} was predicted for {decided:?}"))
    });
    assert!(accepted.get() > 400, "{} were accepted", accepted.get());
}

/// Only the host knows whose turn it is when units become free for those who wait.
fn without_turns(mut events: Vec<Event>) -> Vec<Event> {
    let mut of_turn = false;
    events.retain(|event| {
        let filled = matches!(event, Event::Inventory(InventoryEvent::Filled(_)));
        let booked = matches!(event, Event::Inventory(InventoryEvent::ParcelsBooked(_)));
        let sourced = matches!(event, Event::Order(OrderEvent::BackorderSourced(_)));
        let turn = filled || sourced || (of_turn && booked);
        of_turn = filled;
        !turn
    });
    events
}

/// Those who amend an order plan on units that it frees in the same step.
#[test]
fn a_client_plans_on_units_that_become_free_as_the_host_does() {
    let planned = Cell::new(0);
    check(8, 600, (histories(), 1..9_u32), |(steps, n)| {
        let World { shop, .. } = live(&steps)?;
        let ada = Principal::Customer(text("ada"));
        let items: Vec<ItemRef> = (0..8).map(|n| ItemRef::Id(ItemId(n))).collect();
        let orders: Vec<_> = (0..6).map(order_id).collect();
        let slice = Slice::of(&shop, &items, &orders, &ada);
        let own: Vec<_> = slice.orders.clone();
        let client = slice.into_shop().ok_or("the slice contradicts itself")?;
        for (_, order) in own {
            let freed: Vec<_> = order.tied.iter().map(|t| t.portion).collect();
            let demand = |(line, item): (LineNumber, &ItemRef)| Demand {
                line,
                item: item.clone(),
                quantity: support::units(n),
            };
            let demands: Vec<_> = (0..).map(LineNumber).zip(&items[..2]).map(demand).collect();
            let ask = |shop: &Shop| {
                let (demands, destination, freed) = (&demands, &order.destination, &freed);
                let ask = Ask { demands, destination, excluded: &[], freed, at: None };
                shop.inventory().plan(&ask, ReservationNumber(9))
            };
            let (foreseen, planned_so) = (ask(&client), ask(&shop));
            planned.set(planned.get() + usize::from(planned_so.is_ok() && !freed.is_empty()));
            ensure(foreseen == planned_so, || format!("{foreseen:?} for {planned_so:?}"))?;
        }
        Ok(())
    });
    assert!(planned.get() > 100, "{} were planned", planned.get());
}

#[test]
fn a_slice_tells_a_customer_nothing_of_others() {
    check(7, 300, histories(), |steps| {
        let World { shop, .. } = live(&steps)?;
        let bob = Principal::Customer(text("bob"));
        let items: Vec<ItemRef> = (0..8).map(|n| ItemRef::Id(ItemId(n))).collect();
        let orders: Vec<_> = (0..6).map(order_id).collect();
        let slice = Slice::of(&shop, &items, &orders, &bob);
        let others = slice.orders.iter().any(|(_, o)| o.owner != Some(text("bob")));
        ensure(!others, || "somebody else's order is in it".to_string())?;
        for item in &slice.items {
            let of_shop = shop.inventory().item(&ItemRef::Id(item.id)).ok_or("no such item")?.1;
            let told: u64 = item.available.iter().map(|(_, _, n)| u64::from(*n)).sum();
            ensure(told == of_shop.available(), || format!("{told} units of {}", item.sku))?;
        }
        Ok(())
    });
}
