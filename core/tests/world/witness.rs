//! A witness: keeps its own books from events alone, and holds the shop's against them.
//!
//! Law: it shares no code with the reducers, so that one mistake can't hide in both.

use std::collections::{BTreeMap, BTreeSet};

use earmark::demand::{Hold, Portion};
use earmark::flow::{Event, Shop};
use earmark::ids::{FacilityId, ItemId, LineNumber, OrderId, ReservationNumber};
use earmark::inventory::{
    BackorderFilled, InventoryEvent, InventoryTied, KitsExploded, ReservationId, StockUnshipped,
};
use earmark::laws;
use earmark::notification::{News, NotificationEvent};
use earmark::order::{Order, OrderEvent, Payment, Resourcing, Stage, Status};
use earmark::policy::Objective;
use earmark::sourcing::Proof;

use super::books::Books;
use super::ensure;
use super::facilities::Workbook;
use super::payments::Tills;
use super::queue::Queue;

type Reservation = (OrderId, ReservationNumber);

/// The books of the witness.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witness {
    books: Books,
    tills: Tills,
    queue: Queue,
    made: u64,
    asked: BTreeMap<Reservation, BTreeMap<LineNumber, u64>>,
    excluded: BTreeMap<Reservation, Vec<FacilityId>>,
    /// Facilities that what waits may not come from: who was short is only passed over once.
    barred: BTreeMap<Reservation, Vec<FacilityId>>,
    open: BTreeMap<Reservation, u64>,
    ended: BTreeSet<Reservation>,
    told: BTreeSet<(OrderId, News)>,
    days: BTreeMap<FacilityId, Day>,
    objective: Objective,
    work: Workbook,
}

/// The parcels a facility was asked for on its last day, and the most it takes.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    day: u64,
    parcels: u32,
    most: Option<u32>,
}

impl Witness {
    /// Where orders and payments are in one partition, nothing leaves that is not paid for. Apart,
    /// an order hears later of an authorization that has lapsed.
    pub(crate) fn lets_go(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Order(event @ (OrderEvent::Released(_) | OrderEvent::Shipped(_))) => {
                self.tills.lets_go(event.order())
            }
            _ => Ok(()),
        }
    }

    /// Hears an event, and says if it can't be.
    pub(crate) fn hear(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Order(event) => self.hear_order(event),
            Event::Inventory(event) => self.hear_inventory(event),
            Event::Payment(event) => self.tills.hear(event),
            Event::Notification(NotificationEvent::Told(e)) => {
                let first = self.told.insert((e.order, e.news));
                ensure(first, || format!("{:?} of {} was told twice", e.news, e.order))
            }
            Event::Policy(set) => {
                self.objective = set.policy.sourcing.rules.objective;
                Ok(())
            }
            Event::Notification(NotificationEvent::Forgotten(_)) => Ok(()),
            Event::Fulfilment(event) => self.work.hear(event),
        }
    }

    fn hear_order(&mut self, event: &OrderEvent) -> Result<(), String> {
        match event {
            OrderEvent::Placed(e) => {
                let lines = (0..).map(LineNumber).zip(&e.lines);
                let asked = lines.map(|(n, line)| (n, u64::from(line.quantity.get()))).collect();
                self.ask((e.order, ReservationNumber(1)), asked)
            }
            OrderEvent::PlacedInstead(e) => {
                let lines = (0..).map(LineNumber).zip(&e.lines);
                let asked = lines.map(|(n, line)| (n, u64::from(line.quantity.get()))).collect();
                self.ask((e.order, ReservationNumber(1)), asked)
            }
            OrderEvent::Unsourced(e) => {
                let of = |d: &earmark::demand::Demand| (d.line, u64::from(d.quantity.get()));
                self.ask((e.order, e.reservation), e.demands.iter().map(of).collect())
            }
            OrderEvent::MoveRequested(e) => {
                let of = |d: &earmark::demand::Demand| (d.line, u64::from(d.quantity.get()));
                let (id, asked) = ((e.order, e.reservation), e.demands.iter().map(of).collect());
                self.barred.insert(id, e.excluded.clone());
                self.excluded.insert(id, e.excluded.clone());
                self.ask(id, asked)
            }
            OrderEvent::StockLost(e) => {
                let of = |d: &earmark::demand::Demand| (d.line, u64::from(d.quantity.get()));
                let (id, asked) = ((e.order, e.reservation), e.demands.iter().map(of).collect());
                self.excluded.insert(id, e.excluded.clone());
                self.ask(id, asked)
            }
            OrderEvent::Resourced(e) => {
                let of = |d: &earmark::demand::Demand| (d.line, u64::from(d.quantity.get()));
                let (id, asked) = ((e.order, e.reservation), e.demands.iter().map(of).collect());
                let missing = e.why == Resourcing::ItemsMissing;
                let short = |f: &FacilityId| missing && e.portions.iter().any(|p| p.facility == *f);
                let barred = e.excluded.iter().copied().filter(|f| !short(f)).collect();
                self.barred.insert(id, barred);
                self.excluded.insert(id, e.excluded.clone());
                self.ask(id, asked)
            }
            OrderEvent::KitsAskedAgain(e) => {
                let of = |d: &earmark::demand::Demand| (d.line, u64::from(d.quantity.get()));
                let (id, asked) = ((e.order, e.reservation), e.demands.iter().map(of).collect());
                self.excluded.insert(id, e.excluded.clone());
                self.ask(id, asked)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn ask(
        &mut self,
        id: Reservation,
        of: BTreeMap<LineNumber, u64>,
    ) -> Result<(), String> {
        let before = self.asked.insert(id, of);
        ensure(before.is_none(), || format!("{id:?} was asked for twice"))
    }

    fn hear_inventory(&mut self, event: &InventoryEvent) -> Result<(), String> {
        self.books.hear(event)?;
        match event {
            InventoryEvent::Backordered(e) => {
                let id = (e.order, e.reservation);
                let asked = self.asked.get(&id).ok_or("it was never asked for")?;
                let twice = self.open.contains_key(&id) || self.ended.contains(&id);
                ensure(!twice, || format!("{id:?} is made twice"))?;
                self.made += 1;
                let items: Vec<_> = e.units.iter().map(|units| units.item).collect();
                self.queue.join(e, asked)?;
                self.come(id, &items);
                Ok(())
            }
            InventoryEvent::Filled(e) => self.fill(e),
            InventoryEvent::BackorderReleased(e) => {
                for units in &e.units {
                    let id = (e.order, units.reservation);
                    self.queue.leave(id, units)?;
                    if !self.open.contains_key(&id) && !self.queue.has(id) {
                        self.end(id, true)?;
                    }
                }
                Ok(())
            }
            InventoryEvent::BackorderLimitSet(e) => {
                self.queue.set_limit(e.item.id, e.limit.unwrap_or(0));
                Ok(())
            }
            InventoryEvent::Tied(e) => self.tie(e),
            InventoryEvent::KitsExploded(e) => self.explode(e),
            InventoryEvent::Stripped(e) => {
                self.queue.lose(e.order, &e.portions);
                self.free(e.order, &e.portions)
            }
            InventoryEvent::WaitingResumed(e) => self.queue.resume(e),
            InventoryEvent::Released(e) => self.free(e.order, &e.portions),
            InventoryEvent::Expired(e) => {
                let id = (e.order, e.reservation);
                let was = self.open.remove(&id).is_some();
                let waited = self.queue.expire(id);
                self.end(id, was || waited)
            }
            InventoryEvent::Shipped(e) => self.free(e.order, &e.portions),
            InventoryEvent::Unshipped(e) => self.unship(e),
            InventoryEvent::Allocated(e) => {
                let id = (e.order, e.reservation);
                let is_open = self.open.contains_key(&id) || self.queue.has(id);
                ensure(is_open, || format!("{id:?} hardens after its end"))
            }
            InventoryEvent::FacilityRulesSet(e) => {
                self.days.entry(e.facility).or_default().most = e.rules.parcels_per_day;
                Ok(())
            }
            InventoryEvent::ParcelsBooked(e) => {
                e.facilities.iter().try_for_each(|id| self.book(*id, e.day))
            }
            _ => Ok(()),
        }
    }

    /// Units that did not leave are there again, tied by a reservation of their own.
    fn unship(&mut self, e: &StockUnshipped) -> Result<(), String> {
        let mut items: BTreeMap<Reservation, Vec<ItemId>> = BTreeMap::new();
        for p in &e.portions {
            items.entry((e.order, p.reservation)).or_default().push(p.item);
        }
        items.iter().for_each(|(id, items)| self.come(*id, items));
        for p in &e.portions {
            let id = (e.order, p.reservation);
            let known = self.asked.contains_key(&id) || self.ended.contains(&id);
            ensure(!known, || format!("{id:?} is made twice"))?;
            self.made += u64::from(!self.open.contains_key(&id));
            *self.open.entry(id).or_default() += u64::from(p.quantity);
        }
        Ok(())
    }

    /// A reservation is made: it has its turn from here on.
    fn come(&mut self, id: Reservation, items: &[ItemId]) {
        let Self { open, queue, .. } = self;
        let waits: BTreeSet<Reservation> = queue.ids().copied().collect();
        queue.come(id, items, |other| open.contains_key(other) || waits.contains(other));
    }

    fn fill(&mut self, e: &BackorderFilled) -> Result<(), String> {
        self.queue.fill(e)?;
        let barred = self.barred.get(&(e.order, e.reservation)).map_or(&[][..], Vec::as_slice);
        let kept = !e.portions.iter().any(|p| barred.contains(&p.facility));
        ensure(kept, || format!("{e:?} comes from who refused it"))?;
        let units: u64 = e.portions.iter().map(|p| u64::from(p.quantity)).sum();
        *self.open.entry((e.order, e.reservation)).or_default() += units;
        Ok(())
    }

    /// In place of the kits their components are asked for.
    fn explode(&mut self, exploded: &KitsExploded) -> Result<(), String> {
        let id = (exploded.order, exploded.reservation);
        let asked = self.asked.get_mut(&id).ok_or_else(|| format!("{id:?} was never asked for"))?;
        for kit in &exploded.kits {
            let units = asked.remove(&kit.line);
            ensure(units == Some(kit.quantity.into()), || {
                format!("{id:?}: {units:?} for {kit:?}")
            })?;
            for c in &kit.components {
                let units = u64::from(kit.quantity) * u64::from(c.each);
                let other = asked.insert(c.line, units);
                ensure(other.is_none(), || format!("{id:?}: {} is another line", c.line))?;
            }
        }
        Ok(())
    }

    fn book(&mut self, id: FacilityId, day: u64) -> Result<(), String> {
        let days = self.days.entry(id).or_default();
        if day > days.day {
            (days.day, days.parcels) = (day, 0);
        }
        days.parcels += 1;
        let most = days.most.ok_or_else(|| format!("{id} counts no parcels"))?;
        let kept = laws::day_is_not_full(days.parcels, most);
        ensure(kept, || format!("{}: {id}: {days:?}", laws::DAY_NOT_FULL))
    }

    fn tie(&mut self, tied: &InventoryTied) -> Result<(), String> {
        let id = (tied.order, tied.reservation);
        let asked = self.asked.get(&id).ok_or_else(|| format!("{id:?} was never asked for"))?;
        for (line, units) in asked {
            let units = units - self.queue.of_line(id, *line);
            let of_line = tied.portions.iter().filter(|p| p.line == *line).map(|p| p.quantity);
            let serves = laws::plan_serves_demand(units, of_line);
            ensure(serves, || format!("{}: {line} of {id:?}", laws::PLAN_SERVES))?;
        }
        if self.objective == Objective::default() && tied.sourced.proof == Proof::Optimal {
            let others = tied.sourced.runner_up.iter().map(|plan| plan.cost);
            let least = laws::no_dearer(tied.sourced.cost, others);
            ensure(least, || format!("{}: {:?}", laws::NO_DEARER, tied.sourced))?;
        }
        let excluded = self.excluded.get(&id).map_or(&[][..], Vec::as_slice);
        let kept = !tied.portions.iter().any(|p| excluded.contains(&p.facility));
        ensure(kept, || format!("{id:?} ties what lies in an excluded facility"))?;
        let all = tied.portions.iter().map(|p| u64::from(p.quantity)).sum();
        let waits = self.queue.of(id);
        let asked = asked.values().sum::<u64>();
        let items: Vec<_> = tied.portions.iter().map(|p| p.item).collect();
        self.come(id, &items);
        ensure(all + waits == asked, || format!("{id:?} ties more than asked"))?;
        let twice = self.open.insert(id, all).is_some() || self.ended.contains(&id);
        self.made += u64::from(waits == 0);
        ensure(!twice, || format!("{id:?} is made twice"))
    }

    fn free(&mut self, order: OrderId, portions: &[Portion]) -> Result<(), String> {
        for p in portions {
            let id = (order, p.reservation);
            let rest = self.open.get_mut(&id).ok_or_else(|| format!("{id:?} ends twice"))?;
            let less = rest.checked_sub(u64::from(p.quantity));
            *rest = less.ok_or_else(|| format!("{id:?} frees more than it ties"))?;
            if *rest == 0 {
                self.open.remove(&id);
                if !self.queue.has(id) {
                    self.end(id, true)?;
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, id: Reservation, was_open: bool) -> Result<(), String> {
        let first = self.ended.insert(id);
        ensure(first && was_open, || format!("{id:?} ends twice, or never was"))
    }

    /// Holds the shop's books against the witness's.
    pub(crate) fn agrees(&self, shop: &Shop) -> Result<(), String> {
        self.work.agrees(shop)?;
        let (ended, open) = (self.ended.len() as u64, shop.inventory().open_reservations());
        let once = laws::each_ends_once(self.made, ended, open as u64);
        let told = || format!("{}: {} made, {ended} ended, {open}", laws::ENDS_ONCE, self.made);
        ensure(once, told)?;
        self.books.agrees(shop)?;
        self.tills.agrees(shop)?;
        self.queue.agrees(shop)?;
        let open = shop.inventory().open_reservations();
        let late = self.queue.ids().filter(|id| !self.open.contains_key(id));
        let heard = self.open.len() + late.count();
        ensure(open == heard, || format!("{open} reservations are open, {heard} by the events"))?;
        for (&(order, number), units) in &self.open {
            let known = shop.inventory().reservation(ReservationId { order, number });
            let tied = known.map(|r| r.portions.iter().map(|p| u64::from(p.quantity)).sum());
            ensure(tied == Some(*units), || format!("{order} {number}: {tied:?} for {units}"))?;
        }
        Ok(())
    }
}

/// Where all roles are local, an order and the stock agree after every input, and nothing waits
/// for anything but a payment.
pub(crate) fn roles_agree(shop: &Shop) -> Result<(), String> {
    let mut reservations = 0;
    super::facilities::roles_agree(shop.orders(), shop.fulfilments())?;
    for (id, order) in shop.orders().iter() {
        let mut by_reservation: BTreeMap<ReservationNumber, Vec<(Portion, bool)>> = BTreeMap::new();
        for tied in &order.tied {
            let of = by_reservation.entry(tied.portion.reservation).or_default();
            let hard = tied.stage != Stage::Reserved;
            let same = |(p, h): &&mut (Portion, bool)| {
                *h == hard && Portion { quantity: p.quantity, ..tied.portion } == *p
            };
            match of.iter_mut().find(same) {
                Some((p, _)) => p.quantity += tied.portion.quantity,
                None => of.push((tied.portion, hard)),
            }
        }
        let late: BTreeSet<_> = order.backordered.iter().map(|b| b.units.reservation).collect();
        reservations += late.iter().filter(|number| !by_reservation.contains_key(number)).count();
        reservations += by_reservation.len();
        for (number, mut ours) in by_reservation {
            let open = shop.inventory().reservation(ReservationId { order: *id, number });
            let open = open.ok_or_else(|| format!("{id} counts on {number}, which has ended"))?;
            let hard = open.hold == Hold::Hard;
            let mut theirs: Vec<_> = open.portions.iter().map(|p| (*p, hard)).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            ensure(ours == theirs, || format!("{id} {number}: {ours:?} against {theirs:?}"))?;
        }
        ensure(!order.is_set_aside(), || format!("{id} waits for the stock to answer another"))?;
        ensure(order.moving.is_none(), || format!("{id} waits for an answer for an address"))?;
        waits_for_a_payment_only(order).map_err(|why| format!("{id}: {why}: {order:?}"))?;
    }
    let open = shop.inventory().open_reservations();
    ensure(open == reservations, || format!("{open} reservations, orders know {reservations}"))
}

fn waits_for_a_payment_only(order: &Order) -> Result<(), String> {
    let sum = |of: fn(&earmark::order::Buckets) -> u32| -> u32 {
        order.lines.iter().map(|l| of(&l.buckets)).sum()
    };
    let (unsourced, reserved) = (sum(|b| b.unsourced), sum(|b| b.reserved));
    let late = sum(|b| b.backordered);
    let soft = order.backordered.iter().any(|b| !b.hard);
    let (open, wanted) = (sum(|b| b.open()), sum(|b| b.wanted()));
    let says = |holds: bool, why: &str| ensure(holds, || why.to_string());
    says(
        unsourced == 0 || order.status == Status::Draft,
        "units wait for stock that nobody looks for",
    )?;
    match order.status {
        Status::Pending => {
            let waits = matches!(order.payment, Payment::Awaiting(_));
            says(waits, "it is paid for, and still pending")?;
            let all = reserved + late == open && open == wanted && open > 0;
            says(all, "its stock is not all reserved, or promised")?;
            says(order.backordered.iter().all(|b| !b.hard), "it is pending, and promised for ever")
        }
        Status::Confirmed => {
            says(reserved == 0 && !soft, "it is confirmed, and its stock may lapse")?;
            says(wanted > 0, "it is confirmed, and nothing is wanted")?;
            says(!order.is_settled() || order.reopened, "it is settled, and not completed")
        }
        Status::Completed => says(order.is_settled() && wanted > 0, "it is completed too early"),
        Status::Rejected | Status::Expired | Status::Cancelled => {
            says(wanted == 0, "it has ended, and units are still wanted")
        }
        Status::Draft => says(open == unsourced, "a draft has asked for stock"),
        Status::Unplaced => says(false, "it is at hand, and was never placed"),
    }
}
