//! The generated histories in three partitions. Why: between order, stock and payment lie brokers,
//! which promise no more than that what is about one thing comes in its order, sooner or later.
//!
//! `EARMARK_TIMES` and `EARMARK_SEED` as in `properties`.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;
mod world;

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use earmark::decide::{Context, Principal};
use earmark::flow::{Broken, Command, Event, Settled, Shop};
use earmark::fulfilment::FulfilmentEvent;
use earmark::ids::{ItemId, ItemRef, OrderId};
use earmark::inventory::{InventoryCommand, InventoryEvent};
use earmark::laws;
use earmark::order::{OrderCommand, OrderEvent};
use earmark::time::Timestamp;
use proptest::collection;
use proptest::prelude::{Strategy, any};
use world::mirror::OpenShop;
use world::runner::check;
use world::split::{About, Split};
use world::steps::{Step, histories, opening, unpaid};
use world::{Settle, ensure};

/// What happens by chance on the way.
fn histories_and_chance() -> impl Strategy<Value = (Vec<Step>, Vec<u8>)> {
    (histories(), collection::vec(any::<u8>(), 97))
}

/// The same of orders that are paid for, and not any more.
fn unpaid_and_chance() -> impl Strategy<Value = (Vec<Step>, Vec<u8>)> {
    (unpaid(), collection::vec(any::<u8>(), 97))
}

/// Letters about an order come in their order.
fn by_order(event: &Event) -> About {
    event.order().map_or(u8::MAX, |id| id.to_bytes()[15])
}

#[test]
fn whatever_is_late_comes_again_or_overtakes_every_law_holds_and_the_roles_agree() {
    let [letters, again, early] = [(); 3].map(|()| AtomicU64::new(0));
    let late = |(steps, chance): (Vec<Step>, Vec<u8>)| {
        let mut split = Split::open(by_order);
        let mut chance = chance.into_iter().cycle();
        let mut draw = move || usize::from(chance.next().unwrap_or(0));
        for (number, step) in steps.iter().enumerate() {
            split.step(step)?;
            let luck = draw();
            if luck.is_multiple_of(16) {
                // Whoever had no answer asks once more; each partition has a clock of its own.
                let earlier = &steps[draw() % (number + 1)];
                split.step(&Step { wait: 0, ..earlier.clone() })?;
                split.tick(draw())?;
            }
            for _ in 0..luck % 5 {
                split.bring(draw(), draw().is_multiple_of(4), |_| true)?;
            }
        }
        split.bring_all(&mut draw, |_| true)?;
        letters.fetch_add(split.letters, Relaxed);
        again.fetch_add(split.again, Relaxed);
        early.fetch_add(u64::from(split.dead.is_some()), Relaxed);
        if split.dead.is_some() { Ok(()) } else { split.agrees() }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check(11, 1_000, histories_and_chance(), late));
        check(12, 1_000, histories_and_chance(), late);
        check(18, 500, unpaid_and_chance(), late);
    });
    let [letters, again, early] = [letters, again, early].map(AtomicU64::into_inner);
    println!("{letters} letters, {again} came again, {early} histories with one that could not");
    assert!(letters > 10_000 && again > 1_000 && early < letters / 100);
}

/// Orders are in groups that share nothing, each with an item of its own.
fn group(n: u8) -> About {
    n % 3
}

/// Letters about a group come in their order.
fn by_group(event: &Event) -> About {
    let of_order = event.order().map(|id| group(id.to_bytes()[15]));
    of_order.unwrap_or(u8::MAX)
}

/// The step as it is told where groups share nothing: each order is for the item of its group, and
/// nobody counts the parcels of a day.
fn shared_by_none(step: &Step) -> Step {
    let mut step = step.clone();
    let own = |n: OrderId| ItemRef::Id(ItemId(u32::from(group(n.to_bytes()[15]))));
    match &mut step.command {
        Command::Order(OrderCommand::Place(c)) => {
            c.lines.iter_mut().for_each(|line| line.item = own(c.order));
        }
        // One cart takes the place of another of its group.
        Command::Order(OrderCommand::Replace(c)) => {
            c.place.lines.iter_mut().for_each(|line| line.item = own(c.place.order));
            let [new, mut old] = [c.place.order, c.replaces].map(OrderId::to_bytes);
            old[15] = old[15] / 3 * 3 + group(new[15]);
            c.replaces = OrderId::from_bytes(old).unwrap();
        }
        Command::Order(OrderCommand::SaveDraft(c)) => {
            c.lines.iter_mut().for_each(|line| line.item = own(c.order));
        }
        Command::Order(OrderCommand::Amend(c)) => {
            c.added.iter_mut().for_each(|line| line.item = own(c.order));
        }
        Command::Inventory(InventoryCommand::SetFacilityRules(c)) => c.rules.parcels_per_day = None,
        _ => {}
    }
    step
}

/// The group that a command is about; all of them, if it does not say.
fn group_of(command: &Command) -> Option<About> {
    use InventoryCommand as I;
    let item = match command {
        Command::Order(c) => return c.order().map(|id| group(id.to_bytes()[15])),
        Command::Inventory(I::Receive(c)) => &c.item,
        Command::Inventory(I::Adjust(c)) => &c.item,
        Command::Inventory(I::Count(c)) => &c.item,
        Command::Inventory(I::Move(c)) => &c.item,
        Command::Inventory(I::SetLowStock(c)) => &c.item,
        Command::Inventory(I::SetSafety(c)) => &c.item,
        _ => return None,
    };
    let ItemRef::Id(ItemId(n)) = item else { return None };
    u8::try_from(*n).ok().filter(|n| *n < 3)
}

/// Whether a tick has two facilities that were silent (see `facilities_apart`), or one while stock
/// came for what waits: apart, an order may ask for all of it anew before it hears of that stock.
fn is_silent(events: &[Event]) -> bool {
    let silent = |event: &&Event| matches!(event, Event::Fulfilment(FulfilmentEvent::TimedOut(_)));
    let filled = |event: &Event| matches!(event, Event::Inventory(InventoryEvent::Filled(_)));
    match events.iter().filter(silent).count() {
        0 => false,
        1 => events.iter().any(filled),
        _ => true,
    }
}

/// Tells the steps to one partition, and to three with letters between them; no letter waits for
/// longer than until something is asked about the same, or time passes.
fn ends(steps: &[Step], settle: Settle, chance: Vec<u8>) -> Result<Option<[OpenShop; 2]>, String> {
    let (mut one, mut split) = (Shop::default(), Split::open(by_group));
    for command in opening() {
        let context = Context { at: Timestamp::from_millis(split.now), by: Principal::Staff };
        settle(&mut one, &command, &context).map_err(|e| e.to_string())?.unwrap();
    }
    let mut chance = chance.into_iter().cycle();
    let mut draw = move || usize::from(chance.next().unwrap_or(0));
    for step in steps.iter().map(shared_by_none) {
        let about = group_of(&step.command).filter(|_| step.wait == 0);
        split.bring_all(&mut draw, |other| about.is_none_or(|about| about == other))?;
        let at = Timestamp::from_millis(split.now.saturating_add(step.wait));
        let context = Context { at, by: step.by.clone() };
        let settled = settle(&mut one, &step.command, &context).map_err(|e| e.to_string())?;
        if settled.is_ok_and(|events| is_silent(&events)) {
            return Ok(None);
        }
        if let Command::Tick(_) = step.command {
            split.now = at.as_millis();
            for part in 0..3 {
                split.tick(part)?;
                split.bring_all(&mut draw, |_| true)?;
            }
        } else {
            split.step(&step)?;
        }
        for _ in 0..draw() % 3 {
            split.bring(draw(), draw().is_multiple_of(4), |_| true)?;
        }
    }
    split.bring_all(&mut draw, |_| true)?;
    if split.dead.is_some() {
        return Ok(None);
    }
    split.agrees()?;
    let mut one = OpenShop::of(&one);
    one.told.values_mut().for_each(|news| news.sort_unstable());
    Ok(Some([one, split.together()]))
}

#[test]
fn any_order_across_aggregates_ends_as_one_partition_does() {
    let compared = AtomicU64::new(0);
    let alike = |(steps, chance): (Vec<Step>, Vec<u8>)| {
        let Some([one, other]) = ends(&steps, Shop::settle, chance)? else { return Ok(()) };
        compared.fetch_add(1, Relaxed);
        let alike = laws::all_alike(&[&one, &other]);
        ensure(alike, || format!("{}: {}", laws::ANY_ORDER, one.differs(&other)))
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check(13, 600, histories_and_chance(), alike));
        check(14, 600, histories_and_chance(), alike);
        check(19, 300, unpaid_and_chance(), alike);
    });
    let compared = compared.into_inner();
    println!("{compared} histories were compared");
    assert!(compared > 1_000, "{compared} were compared");
}

/// A reducer that looks at the orders of others.
fn counts_orders(shop: &mut Shop, command: &Command, context: &Context) -> Result<Settled, Broken> {
    let settled = shop.settle(command, context)?;
    let mut open = OpenShop::of(shop);
    let others = i64::try_from(open.orders.orders.len()).unwrap();
    for event in settled.iter().flatten() {
        let Event::Order(OrderEvent::Placed(e)) = event else { continue };
        open.orders.orders.get_mut(&e.order).unwrap().total.minor += others;
        *shop = open.shut();
        break;
    }
    Ok(settled)
}

#[test]
fn a_reducer_that_looks_at_the_orders_of_others_ends_otherwise() {
    let found = Cell::new(0);
    check(15, 20, histories_and_chance(), |(steps, chance)| {
        let Some(ends) = ends(&steps, counts_orders, chance)? else { return Ok(()) };
        found.set(found.get() + u32::from(!laws::all_alike(&ends)));
        Ok(())
    });
    assert!(found.get() > 10, "`{}` found it in {} histories", laws::ANY_ORDER, found.get());
}
