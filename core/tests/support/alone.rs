//! The order role by itself, as behind a broker: it hears the answers of a stock that nobody sees.

use earmark::decide::{Context, Decide, Principal};
use earmark::demand::{Awaited, Hold, Portion, Shortfall};
use earmark::flow::Event;
use earmark::ids::{FacilityId, ItemId, LineNumber, ReservationNumber, Tier};
use earmark::laws::Audit;
use earmark::order::{
    AuthorizePayment, Order, OrderCommand as O, OrderEvent, OrderRefusal, Orders, RecordAllocated,
    RecordBackordered, RecordFilled, RecordLapsed, RecordRejected, RecordStripped, RecordTied,
    Rejection, Status,
};
use earmark::policy::{OrderPolicy, PaymentPolicy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

use super::kits::{cancel, named};
use super::{START, names, order, place, sku, tells_of_nothing};

pub(crate) const HARD: Hold = Hold::Hard;
/// Units of a line.
pub(crate) type Units = (u16, u32);

/// The order role by itself, with one order; and what it is told.
pub(crate) struct Alone {
    pub(crate) orders: Orders,
    pub(crate) now: u64,
}

impl Alone {
    /// Three mugs in line 0, and two pens in line 1.
    pub(crate) fn open(payment: PaymentPolicy) -> Self {
        Self::of(payment, &[("mug", 3), ("pen", 2)])
    }

    pub(crate) fn of(payment: PaymentPolicy, lines: &[(&str, u32)]) -> Self {
        let mut desk = Self { orders: Orders::default(), now: START };
        desk.orders.set_policy(OrderPolicy { payment, ..OrderPolicy::default() });
        desk.hear(O::Place(place(1, lines)));
        desk
    }

    pub(crate) fn paid() -> Self {
        Self::open(PaymentPolicy::None)
    }

    pub(crate) fn unpaid() -> Self {
        Self::open(PaymentPolicy::required(Span::from_millis(3_600_000)))
    }

    /// What is told, in short: names of events, and the units of those that tie, promise or return.
    pub(crate) fn hear(&mut self, command: O) -> Vec<String> {
        self.tell(&command).iter().map(in_short).collect()
    }

    /// What is told.
    pub(crate) fn tell(&mut self, command: &O) -> Vec<OrderEvent> {
        self.ask(command).unwrap()
    }

    pub(crate) fn ask(&mut self, command: &O) -> Result<Vec<OrderEvent>, OrderRefusal> {
        let context = Context { at: Timestamp::from_millis(self.now), by: Principal::Staff };
        let events = self.orders.decide(command, &context)?;
        events.iter().for_each(|event| self.orders.evolve(event).unwrap());
        let mut audit = Audit::default();
        self.orders.audit(&mut audit);
        assert!(audit.broken.is_empty(), "after {command:?}: {:?}", audit.broken);
        Ok(events)
    }

    pub(crate) fn pay(&mut self) -> Vec<String> {
        let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
        self.hear(O::AuthorizePayment(AuthorizePayment { order: order(1), amount }))
    }

    pub(crate) fn cancel(&mut self, line: u16, quantity: u32) {
        self.hear(cancel(1, Some(named(line, quantity))));
    }

    pub(crate) fn tied(&mut self, reservation: u16, hold: Hold, units: &[Units]) -> Vec<String> {
        let portions = portions(reservation, units);
        let (order, reservation) = (order(1), ReservationNumber(reservation));
        self.hear(O::RecordTied(RecordTied { order, reservation, hold, portions }))
    }

    pub(crate) fn promised(
        &mut self,
        reservation: u16,
        hold: Hold,
        units: &[Units],
    ) -> Vec<String> {
        let reservation = ReservationNumber(reservation);
        let awaits = |&(line, quantity): &Units| {
            let (line, item) = (LineNumber(line), ItemId(line.into()));
            Awaited { reservation, line, item, quantity }
        };
        let (order, units) = (order(1), units.iter().map(awaits).collect());
        self.hear(O::RecordBackordered(RecordBackordered { order, reservation, hold, units }))
    }

    pub(crate) fn filled(&mut self, reservation: u16, units: &[Units]) -> Vec<String> {
        let portions = portions(reservation, units);
        let (order, reservation, hold) = (order(1), ReservationNumber(reservation), HARD);
        self.hear(O::RecordFilled(RecordFilled { order, reservation, hold, portions }))
    }

    pub(crate) fn stripped(&mut self, reservation: u16, units: &[Units]) -> Vec<String> {
        let portions = portions(reservation, units);
        self.hear(O::RecordStripped(RecordStripped { order: order(1), portions }))
    }

    pub(crate) fn allocated(&mut self, reservation: u16) -> Vec<String> {
        let (order, reservation) = (order(1), ReservationNumber(reservation));
        self.hear(O::RecordAllocated(RecordAllocated { order, reservation }))
    }

    pub(crate) fn lapsed(&mut self, reservation: u16) -> Vec<String> {
        let (order, reservation) = (order(1), ReservationNumber(reservation));
        self.hear(O::RecordLapsed(RecordLapsed { order, reservation }))
    }

    /// So many units of an item were asked for, and so many are there.
    pub(crate) fn refused(
        &mut self,
        reservation: u16,
        item: &str,
        units: (u64, u64),
    ) -> Vec<String> {
        let (line, item) = (LineNumber(u16::from(item == "pen")), sku(item));
        let short = Shortfall { line, item, demanded: units.0, available: Some(units.1) };
        self.rejected(reservation, Rejection::Stock { shortfalls: vec![short] })
    }

    pub(crate) fn rejected(&mut self, reservation: u16, why: Rejection) -> Vec<String> {
        let (order, reservation) = (order(1), ReservationNumber(reservation));
        self.hear(O::RecordRejected(RecordRejected { order, reservation, why }))
    }

    pub(crate) fn order(&self) -> &Order {
        self.orders.get(order(1)).unwrap()
    }

    pub(crate) fn status(&self) -> Status {
        self.order().status
    }
}

pub(crate) fn portions(reservation: u16, units: &[Units]) -> Vec<Portion> {
    let portion = |&(line, quantity): &Units| Portion {
        reservation: ReservationNumber(reservation),
        line: LineNumber(line),
        item: ItemId(line.into()),
        facility: FacilityId(0),
        tier: Tier::Primary,
        quantity,
    };
    units.iter().map(portion).collect()
}

fn in_short(event: &OrderEvent) -> String {
    let of = |portions: &[Portion]| portions.iter().map(|p| (p.line.0, p.quantity)).collect();
    let waits = |units: &[Awaited]| units.iter().map(|u| (u.line.0, u.quantity)).collect();
    let units: Vec<Units> = match event {
        OrderEvent::Sourced(e) => of(&e.portions),
        OrderEvent::BackorderSourced(e) => of(&e.portions),
        OrderEvent::TieReturned(e) => of(&e.portions),
        OrderEvent::StockLost(e) => of(&[&e.untouched[..], &e.in_work].concat()),
        OrderEvent::Backordered(e) => waits(&e.units),
        OrderEvent::BackorderDropped(e) => waits(&e.units),
        OrderEvent::BackorderReturned(e) => waits(&e.units),
        OrderEvent::LinesCancelled(e) => {
            e.unsourced.iter().map(|u| (u.line.0, u.quantity)).collect()
        }
        _ => Vec::new(),
    };
    let event = Event::Order(event.clone());
    assert!(!tells_of_nothing(&event), "no units in {event:?}");
    let units: String = units.iter().map(|(line, units)| format!(" {line}:{units}")).collect();
    format!("{}{units}", names(&[event])[0])
}
