//! Reducers that are broken on purpose, each in one way, over the generated histories. Why: a law
//! that holds is worth something only if it is the one that finds the reducer that breaks it.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;
mod world;

use earmark::decide::{Context, Principal};
use earmark::flow::{Broken, Command, Event, Settled, Shop};
use earmark::ids::{FacilityId, ItemId, Tier};
use earmark::inventory::{InventoryEvent, Reservation, ReservationId, Shelf};
use earmark::laws;
use earmark::order::{OrderCommand, OrderEvent};
use earmark::schema::to_bytes;
use earmark::time::Timestamp;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use support::{START, text};
use world::mirror::OpenShop;
use world::steps::{Step, histories};
use world::{Settle, World};

/// Histories a broken reducer may get through before it is found.
const HISTORIES: usize = 400;

/// The generated histories, the same each time.
fn generated() -> impl Iterator<Item = Vec<Step>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let all = histories();
    std::iter::repeat_with(move || all.new_tree(&mut runner).unwrap().current()).take(HISTORIES)
}

/// A broken reducer must be found, and by this law.
fn found_by(law: &str, settle: Settle) {
    let mut others = Vec::new();
    for steps in generated() {
        let mut world = World { settle, ..World::open() };
        match steps.iter().try_for_each(|step| world.step(step)) {
            Err(told) if told.contains(law) => return,
            Err(told) => others.push(told.chars().take(120).collect::<String>()),
            Ok(()) => {}
        }
    }
    panic!("`{law}` did not find it; {} histories were found by others: {others:#?}", others.len());
}

/// Settles as it should be, and then damages the state for each event.
fn damaged(
    shop: &mut Shop,
    command: &Command,
    context: &Context,
    damage: impl Fn(&Event, &mut OpenShop),
) -> Result<Settled, Broken> {
    let settled = shop.settle(command, context)?;
    if let Ok(events) = &settled
        && !events.is_empty()
    {
        let mut open = OpenShop::of(shop);
        events.iter().for_each(|event| damage(event, &mut open));
        *shop = open.shut();
    }
    Ok(settled)
}

fn shelf(
    open: &mut OpenShop,
    item: ItemId,
    facility: FacilityId,
    tier: Tier,
) -> Option<&mut Shelf> {
    let item = open.inventory.items.get_mut(item.0 as usize)?;
    item.shelves.iter_mut().find(|s| s.facility == facility && s.tier == tier)
}

#[test]
fn a_a_reducer_that_loses_a_cancelled_unit_is_found() {
    found_by(laws::LINE_CONSERVED, |shop, command, context| {
        damaged(shop, command, context, |event, open| {
            let Event::Order(OrderEvent::LinesCancelled(e)) = event else { return };
            let lines = open.orders.orders.get_mut(&e.order).into_iter().flat_map(|o| &mut o.lines);
            lines
                .for_each(|line| line.buckets.cancelled = line.buckets.cancelled.saturating_sub(1));
        })
    });
}

#[test]
fn a_a_reducer_that_ships_without_taking_from_the_shelf_is_found() {
    found_by(laws::STOCK_CONSERVED, |shop, command, context| {
        damaged(shop, command, context, |event, open| {
            let Event::Inventory(InventoryEvent::Shipped(e)) = event else { return };
            for p in &e.portions {
                let there = shelf(open, p.item, p.facility, p.tier);
                there.into_iter().for_each(|shelf| shelf.on_hand += p.quantity);
            }
        })
    });
}

#[test]
fn b_a_reducer_that_takes_units_off_the_shelf_and_promises_them_still_is_found() {
    found_by(laws::NEVER_OVERSOLD, |shop, command, context| {
        damaged(shop, command, context, |event, open| {
            let Event::Inventory(InventoryEvent::Tied(e)) = event else { return };
            for p in &e.portions {
                let there = shelf(open, p.item, p.facility, p.tier);
                there.into_iter().for_each(|s| s.on_hand = s.on_hand.saturating_sub(p.quantity));
            }
        })
    });
}

#[test]
fn c_a_reducer_that_forgets_to_release_is_found() {
    found_by(laws::ENDS_ONCE, |shop, command, context| {
        let before = OpenShop::of(shop).inventory.reservations;
        damaged(shop, command, context, |event, open| {
            let Event::Inventory(InventoryEvent::Released(e)) = event else { return };
            for p in &e.portions {
                let id = ReservationId { order: e.order, number: p.reservation };
                let Some(Reservation { hold, .. }) = before.get(&id).cloned() else { continue };
                let Some(shelf) = shelf(open, p.item, p.facility, p.tier) else { continue };
                let is_hard = hold == earmark::demand::Hold::Hard;
                *(if is_hard { &mut shelf.allocated } else { &mut shelf.reserved }) += p.quantity;
                let fresh = || Reservation { hold, portions: Vec::new() };
                open.inventory.reservations.entry(id).or_insert_with(fresh).portions.push(*p);
            }
        })
    });
}

#[test]
fn d_a_reducer_that_changes_what_no_event_tells_is_found() {
    found_by(laws::EVENTS_TELL_ALL, |shop, command, context| {
        damaged(shop, command, context, |event, open| {
            let Event::Inventory(InventoryEvent::Received(e)) = event else { return };
            open.inventory.items[e.item.id.0 as usize].name = text("another name");
        })
    });
}

#[test]
fn e_a_reducer_that_does_not_know_a_command_again_is_found() {
    found_by(laws::AGAIN_NOTHING, |shop, command, context| {
        let settled = shop.settle(command, context)?;
        match (command, &settled) {
            (Command::Order(OrderCommand::Place(place)), Ok(events)) if events.is_empty() => {
                let mut open = OpenShop::of(shop);
                open.orders.orders.remove(&place.order);
                open.inventory.reservations.retain(|id, _| id.order != place.order);
                open.shut().settle(command, context)
            }
            _ => Ok(settled),
        }
    });
}

#[test]
fn g_a_reducer_that_books_another_plan_than_it_checked_is_found() {
    found_by(laws::PLAN_SERVES, |shop, command, context| {
        let mut settled = shop.settle(command, context)?;
        for event in settled.iter_mut().flatten() {
            if let Event::Inventory(InventoryEvent::Tied(e)) = event {
                let more = e.portions.iter_mut().find(|p| p.quantity > 1);
                more.into_iter().for_each(|p| p.quantity -= 1);
            }
        }
        Ok(settled)
    });
}

#[test]
fn i_a_reducer_that_counts_what_comes_back_twice_is_found() {
    found_by(laws::PHYSICAL, |shop, command, context| {
        damaged(shop, command, context, |event, open| {
            let Event::Inventory(InventoryEvent::Restocked(e)) = event else { return };
            for p in e.portions.iter().filter(|_| e.sellable) {
                let there = shelf(open, p.item, p.facility, p.tier);
                there.into_iter().for_each(|shelf| shelf.on_hand += p.quantity);
            }
        })
    });
}

#[test]
fn j_a_reducer_that_takes_the_second_best_plan_is_found() {
    found_by(laws::NO_DEARER, |shop, command, context| {
        let mut settled = shop.settle(command, context)?;
        for event in settled.iter_mut().flatten() {
            if let Event::Inventory(InventoryEvent::Tied(e)) = event
                && let Some(second) = &mut e.sourced.runner_up
            {
                std::mem::swap(&mut second.cost, &mut e.sourced.cost);
            }
        }
        Ok(settled)
    });
}

/// Steps over three orders, each of an item of its own, told order by order, or in turns.
fn interleaved(steps: &[Step], in_turns: bool, settle: Settle) -> Vec<u8> {
    let mut by_order: Vec<Vec<Command>> = vec![Vec::new(); 3];
    for step in steps {
        let Command::Order(command) = &step.command else { continue };
        let Some(nth) = command.order().map(|id| usize::from(id.to_bytes()[15])) else { continue };
        let Some(own) = by_order.get_mut(nth) else { continue };
        let mut command = command.clone();
        let item = earmark::ids::ItemRef::Id(ItemId(u32::try_from(nth).unwrap()));
        match &mut command {
            OrderCommand::Place(c) => c.lines.iter_mut().for_each(|l| l.item = item.clone()),
            OrderCommand::SaveDraft(c) => c.lines.iter_mut().for_each(|l| l.item = item.clone()),
            OrderCommand::Amend(c) => c.added.iter_mut().for_each(|l| l.item = item.clone()),
            _ => {}
        }
        own.push(Command::Order(command));
    }
    let mut shop = World::open().shop;
    let context = Context { at: Timestamp::from_millis(START + 60_000), by: Principal::Staff };
    let mut tell = |command: &Command| drop(settle(&mut shop, command, &context).unwrap());
    if in_turns {
        let longest = by_order.iter().map(Vec::len).max().unwrap_or(0);
        for nth in 0..longest {
            by_order.iter().rev().filter_map(|own| own.get(nth)).for_each(&mut tell);
        }
    } else {
        by_order.iter().flatten().for_each(&mut tell);
    }
    to_bytes(&shop).unwrap()
}

#[test]
fn f_orders_that_share_nothing_end_alike_in_any_order_and_a_reducer_that_counts_them_is_found() {
    let counts: Settle = |shop, command, context| {
        damaged(shop, command, context, |event, open| {
            let Event::Order(OrderEvent::Placed(e)) = event else { return };
            let nth = i64::try_from(open.orders.orders.len()).unwrap();
            open.orders.orders.get_mut(&e.order).unwrap().total.minor += nth;
        })
    };
    let mut found = 0;
    for steps in generated() {
        let ends = [false, true].map(|in_turns| interleaved(&steps, in_turns, Shop::settle));
        assert!(laws::all_alike(&ends), "{}: {steps:?}", laws::ANY_ORDER);
        let ends = [false, true].map(|in_turns| interleaved(&steps, in_turns, counts));
        found += usize::from(!laws::all_alike(&ends));
    }
    assert!(found > HISTORIES / 4, "`{}` found it in {found} histories", laws::ANY_ORDER);
}

#[test]
fn h_a_body_that_writes_other_bytes_is_found() {
    let other: Settle = |shop, command, context| {
        let mut settled = shop.settle(command, context)?;
        for event in settled.iter_mut().flatten() {
            if let Event::Inventory(InventoryEvent::Tied(e)) = event {
                e.portions.reverse();
            }
        }
        Ok(settled)
    };
    let told = |steps: &[Step], settle: Settle| {
        let (mut shop, mut now, mut told) = (World::open().shop, START, Vec::new());
        for step in steps {
            now += step.wait;
            let context = Context { at: Timestamp::from_millis(now), by: step.by.clone() };
            told.push(settle(&mut shop, &step.command, &context).unwrap());
        }
        (told, to_bytes(&shop).unwrap())
    };
    let mut found = 0;
    for steps in generated().take(HISTORIES / 4) {
        let native = told(&steps, Shop::settle);
        assert!(laws::all_alike(&[&native, &told(&steps, Shop::settle)]), "{}", laws::BODIES_AGREE);
        found += usize::from(!laws::all_alike(&[&native, &told(&steps, other)]));
    }
    assert!(found > 0, "`{}` did not find it", laws::BODIES_AGREE);
}
