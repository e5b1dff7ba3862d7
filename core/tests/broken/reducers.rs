//! Reducers that are broken on purpose, each in one way, over the generated histories. Why: a law
//! that holds is worth something only if it is the one that finds the reducer that breaks it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::support::{START, text, units};
use crate::world::mirror::OpenShop;
use crate::world::steps::{Step, histories, order_id, two_mugs};
use crate::world::{Settle, World};
use earmark::decide::{Context, Principal};
use earmark::demand::{Demand, Hold, Portion};
use earmark::flow::{Broken, Command, Event, SetPolicy, Settled, Shop, Tick};
use earmark::ids::{FacilityId, ItemId, LineNumber, OrderId, ReservationNumber, Tier};
use earmark::inventory::{Ask, InventoryEvent, Reservation, ReservationId, Shelf};
use earmark::laws;
use earmark::order::{AuthorizePayment, OrderCommand, OrderEvent, PlaceOrder, RecordTied};
use earmark::payment::PaymentEvent;
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy};
use earmark::schema::to_bytes;
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

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

/// The same of a reducer whose events no sound reducer would take: the audit of its own state must
/// find it.
fn found_in_state(law: &str, mut told: impl Iterator<Item = Vec<Step>>, settle: Settle) {
    let found = |steps: Vec<Step>| {
        let (mut shop, mut now) = (World::open().shop, START);
        steps.iter().any(|step| {
            now += step.wait;
            let context = Context { at: Timestamp::from_millis(now), by: step.by.clone() };
            // The sound rest of the reducer may throw a state away in which it can't go on.
            let went_on = settle(&mut shop, &step.command, &context).is_ok();
            went_on && shop.audit().broken.iter().any(|broken| broken.law == law)
        })
    };
    assert!(told.any(found), "`{law}` did not find it");
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

/// Looks for stock line by line, each against all that is there, and books what it found.
fn line_by_line(shop: &mut Shop, command: &Command, context: &Context) -> Result<Settled, Broken> {
    let mut each = shop.clone();
    let settled = shop.settle(command, context)?;
    let (Command::Order(OrderCommand::Place(place)), Ok(events)) = (command, &settled) else {
        return Ok(settled);
    };
    let refused = |e: &Event| matches!(e, Event::Inventory(InventoryEvent::Rejected(_)));
    let Some(placed) = events.first().filter(|_| events.iter().any(refused)) else {
        return Ok(settled);
    };
    let (order, reservation, hold) = (place.order, ReservationNumber(1), Hold::Hard);
    let mut portions = Vec::new();
    for (line, wanted) in (0..).map(LineNumber).zip(&place.lines) {
        let demands = [Demand { line, item: wanted.item.clone(), quantity: wanted.quantity }];
        let destination = &place.destination;
        let ask = Ask { demands: &demands, destination, excluded: &[], freed: &[], at: None };
        match each.inventory().plan(&ask, reservation) {
            Ok(plan) if plan.kits.is_empty() => portions.extend(plan.portions),
            _ => return Ok(settled),
        }
    }
    each.apply(placed)?;
    let mut open = OpenShop::of(&each);
    for p in &portions {
        let there = shelf(&mut open, p.item, p.facility, p.tier);
        there.into_iter().for_each(|shelf| shelf.allocated += p.quantity);
    }
    let booked = Reservation { hold, portions: portions.clone(), waiting: None, turn: 0 };
    open.inventory.reservations.insert(ReservationId { order, number: reservation }, booked);
    *shop = open.shut();
    let heard = OrderCommand::RecordTied(RecordTied { order, reservation, hold, portions });
    let by = Principal::System;
    shop.settle(&Command::Order(heard), &Context { at: context.at, by })
}

#[test]
fn b_a_reducer_that_does_not_add_up_what_two_lines_want_of_an_item_is_found() {
    found_in_state(laws::NEVER_OVERSOLD, generated(), line_by_line);
}

thread_local! {
    /// What was tied for the orders that have expired.
    static EXPIRED: RefCell<BTreeMap<OrderId, Vec<Portion>>> = RefCell::default();
}

/// Lets a hold that has expired hold again once its order is paid, without a look at the stock.
fn revived(shop: &mut Shop, command: &Command, context: &Context) -> Result<Settled, Broken> {
    let settled = damaged(shop, command, context, |event, open| {
        let Event::Payment(PaymentEvent::Authorized(e)) = event else { return };
        let Some(portions) = EXPIRED.with_borrow_mut(|gone| gone.remove(&e.order)) else { return };
        for p in &portions {
            let there = shelf(open, p.item, p.facility, p.tier);
            there.into_iter().for_each(|shelf| shelf.allocated += p.quantity);
            let id = ReservationId { order: e.order, number: p.reservation };
            let fresh =
                || Reservation { hold: Hold::Hard, portions: Vec::new(), waiting: None, turn: 0 };
            open.inventory.reservations.entry(id).or_insert_with(fresh).portions.push(*p);
        }
    })?;
    let mut expired = None;
    for event in settled.iter().flatten() {
        match event {
            Event::Order(OrderEvent::Placed(e)) => {
                EXPIRED.with_borrow_mut(|gone| gone.remove(&e.order));
            }
            Event::Order(OrderEvent::Expired(e)) => expired = Some(e.order),
            Event::Inventory(InventoryEvent::Released(e)) if expired == Some(e.order) => {
                EXPIRED.with_borrow_mut(|gone| gone.insert(e.order, e.portions.clone()));
            }
            _ => {}
        }
    }
    Ok(settled)
}

/// A cart whose hold runs out, another one that takes the same shelf, and the first is paid.
fn overtaken() -> Vec<Step> {
    let minute = 60_000;
    let payment = PaymentPolicy::required(Span::from_millis(minute));
    let orders = OrderPolicy { payment, ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    let cart = |n| {
        let mut placed = PlaceOrder { order: order_id(n), ..two_mugs() };
        placed.lines[0].quantity = units(6);
        Step::now(Command::Order(OrderCommand::Place(placed)))
    };
    let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
    let pay = OrderCommand::AuthorizePayment(AuthorizePayment { order: order_id(0), amount });
    vec![
        Step::now(Command::SetPolicy(SetPolicy { policy })),
        cart(0),
        Step { wait: minute, ..Step::now(Command::Tick(Tick {})) },
        cart(1),
        Step::now(Command::Order(pay)),
    ]
}

#[test]
fn b_a_reducer_that_revives_an_expired_hold_is_found_to_oversell() {
    let sound = overtaken().iter().try_fold(World::open(), |mut world, step| {
        world.step(step)?;
        Ok::<_, String>(world)
    });
    assert!(sound.unwrap().met.contains("VoidRequested"), "nothing is paid that is not held");
    found_in_state(laws::NEVER_OVERSOLD, std::iter::once(overtaken()), revived);
}

#[test]
fn c_a_reducer_that_revives_an_expired_hold_is_found() {
    found_by(laws::ENDS_ONCE, revived);
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
                let is_hard = hold == Hold::Hard;
                *(if is_hard { &mut shelf.allocated } else { &mut shelf.reserved }) += p.quantity;
                let fresh = || Reservation { hold, portions: Vec::new(), waiting: None, turn: 0 };
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
        // An order in place of another shares its units with it.
        if matches!(command, OrderCommand::Replace(_)) {
            continue;
        }
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

/// The names of the tests of a file.
fn tests_of(file: &str) -> BTreeSet<&str> {
    let lines: Vec<&str> = file.lines().collect();
    let named = lines.windows(2).filter(|pair| pair[0] == "#[test]").map(|pair| pair[1]);
    named.filter_map(|line| line.strip_prefix("fn ")?.strip_suffix("() {")).collect()
}

/// Letters of laws that no broken reducer of a file breaks, and names of laws that neither it nor
/// a damaged state does.
fn unbroken<'a>(laws: &'a str, reducers: &str, states: &str) -> Vec<&'a str> {
    let tests = tests_of(reducers);
    let of = |letter: &str| {
        tests.iter().any(|test| test.split_once('_').is_some_and(|(first, _)| first == letter))
    };
    let names = laws.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(':'));
    let shown =
        |name: &str| [reducers, states].iter().any(|f| f.contains(&format!("laws::{name}")));
    let letters = letters_of(laws).into_iter().filter(|letter| !of(letter));
    letters.chain(names.map(|(name, _)| name).filter(|name| !shown(name))).collect()
}

fn letters_of(laws: &str) -> Vec<&str> {
    laws.lines().filter_map(|line| line.strip_prefix("//! - (")?.get(..1)).collect()
}

#[test]
fn every_law_has_a_reducer_that_breaks_it() {
    let laws = include_str!("../../src/laws.rs");
    let reducers = include_str!("reducers.rs");
    let states =
        concat!(include_str!("laws.rs"), include_str!("kits.rs"), include_str!("orders.rs"));
    assert_eq!(letters_of(laws).concat(), "abcdefghij", "the laws, in their order");
    assert_eq!(unbroken(laws, reducers, states), [""; 0], "nothing shows that these can fail");
    let without_f = reducers.replace("\nfn f_", "\nfn no_");
    assert_eq!(unbroken(laws, &without_f, states), ["f"]);
    let without_one = states.replace("laws::WAITS_FOR", "laws::");
    assert_eq!(unbroken(laws, reducers, &without_one), ["WAITS_FOR_A_REASON"]);
}
