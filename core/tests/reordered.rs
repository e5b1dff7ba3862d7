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
use earmark::demand::Destination;
use earmark::flow::{Broken, Command, Event, Settled, Shop, Tick};
use earmark::fulfilment::FulfilmentEvent;
use earmark::geo::GeoPoint;
use earmark::ids::{Country, ItemId, ItemRef, OrderId};
use earmark::inventory::{InventoryCommand, InventoryEvent};
use earmark::laws;
use earmark::notification::News;
use earmark::order::{AmendOrder, OrderCommand, OrderEvent};
use earmark::time::Timestamp;
use proptest::collection;
use proptest::prelude::{Strategy, any};
use world::mirror::OpenShop;
use world::runner::check;
use world::split::{self, About, Split};
use world::steps::{Step, histories, moved, opening, order_id, two_mugs, unpaid};
use world::{Settle, ensure};

/// What happens by chance on the way.
fn histories_and_chance() -> impl Strategy<Value = (Vec<Step>, Vec<u8>)> {
    (histories(), collection::vec(any::<u8>(), 97))
}

/// The same of orders that are paid for, and not any more.
fn unpaid_and_chance() -> impl Strategy<Value = (Vec<Step>, Vec<u8>)> {
    (unpaid(), collection::vec(any::<u8>(), 97))
}

/// The same of orders that go to other addresses, and can't.
fn moved_and_chance() -> impl Strategy<Value = (Vec<Step>, Vec<u8>)> {
    (moved(), collection::vec(any::<u8>(), 97))
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

/// A step, and what a host does after it. A policy makes every queue due at once, and until the
/// stock has looked at a queue it gives nothing of that item to anybody new. It looks with whatever
/// it is asked next, about whichever item: the host wakes it before that, since it is due.
fn woken(step: &Step) -> impl Iterator<Item = Step> {
    let sets = matches!(step.command, Command::SetPolicy(_));
    let wakes = Step { by: Principal::System, ..Step::now(Command::Tick(Tick {})) };
    core::iter::once(step.clone()).chain(sets.then_some(wakes))
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

/// One partition asks its stock before an order is to go to another address, and refuses that if
/// it can't (`not-served-there`); apart, the order has decided before its stock is asked, and its
/// customer is told. One partition is told that as well, so that all else may be compared: the
/// order has its address and all it had, and only a number of a reservation is used up.
fn stays(one: &mut Shop, step: &Step, context: &Context) -> Result<(), String> {
    let Command::Order(OrderCommand::Amend(amend)) = &step.command else {
        return Err(format!("refused as if it were to go elsewhere: {step:?}"));
    };
    let known = |one: &Shop| one.orders().get(amend.order).cloned().ok_or("it was not placed");
    let before = known(one)?;
    let events = split::asked_after(one, &step.command, context)?;
    let refused = |event: &&Event| matches!(event, Event::Order(OrderEvent::MoveRefused(_)));
    let (told, mut after) = (events.iter().filter(refused).count(), known(one)?);
    ensure(told == 1, || format!("{told} times told that it stays: {events:?}"))?;
    ensure(after.destination == before.destination, || format!("it went: {after:?}"))?;
    if amend.lines.is_empty() && amend.added.is_empty() {
        let used = after.reservations.0.checked_sub(before.reservations.0);
        let asked = after.asked == after.reservations && used == Some(1);
        ensure(asked, || format!("asked {used:?} times: {after:?}"))?;
        (after.reservations, after.asked) = (before.reservations, before.asked);
        (after.excluded, after.amending) = (before.excluded.clone(), before.amending);
        ensure(after == before, || format!("{before:?} became {after:?}"))?;
    }
    Ok(())
}

/// What one partition and three came to, and how many orders could not go to another address.
struct Ends {
    both: [OpenShop; 2],
    stayed: u64,
}

/// Tells the steps to one partition, and to three with letters between them; no letter waits for
/// longer than until something is asked about the same, or time passes.
fn ends(steps: &[Step], settle: Settle, chance: Vec<u8>) -> Result<Option<Ends>, String> {
    let mut stayed = 0;
    let (mut one, mut split) = (Shop::default(), Split::open(by_group));
    for command in opening() {
        let context = Context { at: Timestamp::from_millis(split.now), by: Principal::Staff };
        settle(&mut one, &command, &context).map_err(|e| e.to_string())?.unwrap();
    }
    let mut chance = chance.into_iter().cycle();
    let mut draw = move || usize::from(chance.next().unwrap_or(0));
    for step in steps.iter().flat_map(woken).map(|step| shared_by_none(&step)) {
        let about = group_of(&step.command).filter(|_| step.wait == 0);
        split.bring_all(&mut draw, |other| about.is_none_or(|about| about == other))?;
        let at = Timestamp::from_millis(split.now.saturating_add(step.wait));
        let context = Context { at, by: step.by.clone() };
        let settled = settle(&mut one, &step.command, &context).map_err(|e| e.to_string())?;
        match settled {
            Ok(events) if is_silent(&events) => return Ok(None),
            Err(refusal) if refusal.code() == "not-served-there" => {
                stayed += 1;
                stays(&mut one, &step, &context)?;
            }
            _ => {}
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
    Ok(Some(Ends { both: [one, split.together()], stayed }))
}

#[test]
fn any_order_across_aggregates_ends_as_one_partition_does() {
    let [compared, stayed] = [(); 2].map(|()| AtomicU64::new(0));
    let alike = |(steps, chance): (Vec<Step>, Vec<u8>)| {
        let Some(ends) = ends(&steps, Shop::settle, chance)? else { return Ok(()) };
        compared.fetch_add(1, Relaxed);
        stayed.fetch_add(ends.stayed, Relaxed);
        let [one, other] = ends.both;
        let alike = laws::all_alike(&[&one, &other]);
        ensure(alike, || format!("{}: {}", laws::ANY_ORDER, one.differs(&other)))
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check(13, 600, histories_and_chance(), alike));
        check(14, 600, histories_and_chance(), alike);
        check(19, 300, unpaid_and_chance(), alike);
        check(20, 300, moved_and_chance(), alike);
    });
    let [compared, stayed] = [compared, stayed].map(AtomicU64::into_inner);
    println!("{compared} histories were compared, and {stayed} orders could not move");
    assert!(compared > 1_000, "{compared} were compared");
    assert!(stayed > 10, "{stayed} could not move");
}

#[test]
fn an_order_that_can_not_move_ends_apart_as_where_that_is_refused_at_once() {
    // Only London has a way to France, and the first order takes all pens that lie there.
    let pens = |n: u8, quantity: u32| {
        let mut place = two_mugs();
        (place.order, place.lines[0].quantity) = (order_id(n), support::units(quantity));
        Step::now(Command::Order(OrderCommand::Place(place)))
    };
    let location = GeoPoint { lat: 48_856_600, lon: 2_352_200 };
    let france = Destination { country: Country::new("FR").unwrap(), location };
    let (order, destination) = (order_id(4), Some(france));
    let amend = AmendOrder { order, lines: vec![], added: vec![], destination };
    let steps = [pens(1, 4), pens(4, 3), Step::now(Command::Order(OrderCommand::Amend(amend)))];
    let Ends { both: [one, other], stayed } =
        ends(&steps, Shop::settle, vec![0]).unwrap().expect("every letter could be carried out");
    assert_eq!(stayed, 1, "one partition refused it");
    assert!(laws::all_alike(&[&one, &other]), "{}", one.differs(&other));
    for shop in [one, other] {
        let known = &shop.orders.orders[&order];
        assert_eq!(known.destination, two_mugs().destination);
        assert_eq!(known.lines[0].buckets.allocated, 3);
        let told = |news: &News| matches!(news, News::MoveRefused(_));
        assert_eq!(shop.told[&order].iter().filter(|news| told(news)).count(), 1);
    }
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
        found.set(found.get() + u32::from(!laws::all_alike(&ends.both)));
        Ok(())
    });
    assert!(found.get() > 10, "`{}` found it in {} histories", laws::ANY_ORDER, found.get());
}
