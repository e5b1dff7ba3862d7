//! Kits where the order and the stock live apart: their messages come late, twice, or cross with a
//! change of mind. Why: then the order hears of components before, after or without their tie.

use crate::support::kits::{amend, cancel, named};
use crate::support::{START, order, place, text};
use earmark::decide::{Context, Decide, Principal};
use earmark::demand::{ComponentLine, ExplodedKit, Hold, Portion};
use earmark::flow::{Command, Event, route};
use earmark::ids::{FacilityId, ItemId, ItemName, LineNumber, ReservationNumber, Tier};
use earmark::laws::Audit;
use earmark::order::{
    LineKind, Order, OrderCommand, OrderEvent, OrderRefusal, Orders, RecordExploded, RecordTied,
    Status,
};
use earmark::time::Timestamp;

/// The order role alone.
#[derive(Default)]
struct Desk {
    orders: Orders,
}

impl Desk {
    fn ask(&mut self, command: &OrderCommand) -> Result<Vec<OrderEvent>, OrderRefusal> {
        let context = Context { at: Timestamp::from_millis(START), by: Principal::Staff };
        let events = self.orders.decide(command, &context)?;
        events.iter().for_each(|event| self.orders.evolve(event).unwrap());
        let mut audit = Audit::default();
        self.orders.audit(&mut audit);
        assert!(audit.broken.is_empty(), "after {command:?}: {:?}", audit.broken);
        Ok(events)
    }

    fn place(&mut self, lines: &[(&str, u32)]) {
        self.ask(&OrderCommand::Place(place(1, lines))).unwrap();
    }

    fn one(&self) -> &Order {
        self.orders.get(order(1)).unwrap()
    }
}

/// The stock takes so many sets of two mugs in line 0 apart into the line `first`.
fn exploded(reservation: u16, quantity: u32, first: u16) -> OrderCommand {
    let named = |id, sku| ItemName { id: ItemId(id), sku: text(sku) };
    let components =
        vec![ComponentLine { line: LineNumber(first), item: named(0, "mug"), each: 2 }];
    let kits =
        vec![ExplodedKit { line: LineNumber(0), kit: named(2, "set"), quantity, components }];
    let (order, reservation) = (order(1), ReservationNumber(reservation));
    OrderCommand::RecordExploded(RecordExploded { order, reservation, kits })
}

fn tied(reservation: u16, line: u16, quantity: u32) -> OrderCommand {
    let (order, reservation, hold) = (order(1), ReservationNumber(reservation), Hold::Hard);
    let (line, item, facility, tier) = (LineNumber(line), ItemId(0), FacilityId(0), Tier::Primary);
    let portions = vec![Portion { reservation, line, item, facility, tier, quantity }];
    OrderCommand::RecordTied(RecordTied { order, reservation, hold, portions })
}

#[test]
fn news_of_an_explosion_that_come_twice_change_nothing_the_second_time() {
    let mut desk = Desk::default();
    desk.place(&[("set", 3)]);
    assert_eq!(desk.ask(&exploded(1, 3, 1)).unwrap().len(), 1);
    assert_eq!(desk.ask(&exploded(1, 3, 1)), Ok(vec![]));
    desk.ask(&tied(1, 1, 6)).unwrap();
    assert_eq!(desk.one().status, Status::Confirmed);
    assert_eq!(desk.ask(&exploded(1, 3, 1)), Ok(vec![]));
}

#[test]
fn kits_that_were_cancelled_before_the_stock_answers_go_back() {
    let mut desk = Desk::default();
    desk.place(&[("set", 3)]);
    desk.ask(&cancel(1, Some(named(0, 1)))).unwrap();
    desk.ask(&exploded(1, 3, 1)).unwrap();
    let mugs = desk.one().lines[1].buckets;
    assert_eq!((mugs.ordered, mugs.cancelled, mugs.unsourced), (6, 2, 4));
    let events = desk.ask(&tied(1, 1, 6)).unwrap();
    let back = events.iter().find_map(|event| match event {
        OrderEvent::TieReturned(e) => Some(e.portions.iter().map(|p| p.quantity).sum::<u32>()),
        _ => None,
    });
    assert_eq!(back, Some(2), "the mugs of one set are not wanted any more");
    assert_eq!(desk.one().buckets_of(LineNumber(0)).allocated, 2);
}

#[test]
fn a_change_of_mind_between_the_explosion_and_its_tie_is_heard() {
    let mut desk = Desk::default();
    desk.place(&[("set", 3)]);
    desk.ask(&exploded(1, 3, 1)).unwrap();
    let events = desk.ask(&amend(1, 0, 5)).unwrap();
    let asked = events.iter().find_map(|event| match event {
        OrderEvent::Resourced(e) => Some(e.demands.clone()),
        _ => None,
    });
    let asked = asked.unwrap();
    assert_eq!((asked[0].line, asked[0].quantity.get()), (LineNumber(1), 10), "mugs, not sets");
    let events = desk.ask(&tied(1, 1, 6)).unwrap();
    assert!(matches!(events[..], [OrderEvent::TieReturned(_)]), "it was asked for anew");
    desk.ask(&tied(2, 1, 10)).unwrap();
    assert_eq!(desk.one().buckets_of(LineNumber(0)).allocated, 5);
    assert_eq!(desk.one().status, Status::Confirmed);
}

#[test]
fn an_explosion_of_an_order_that_has_ended_is_not_heard() {
    let mut desk = Desk::default();
    desk.place(&[("set", 3)]);
    desk.ask(&cancel(1, None)).unwrap();
    assert_eq!(desk.ask(&exploded(1, 3, 1)), Ok(vec![]));
    let events = desk.ask(&tied(1, 1, 6)).unwrap();
    assert!(matches!(events[..], [OrderEvent::TieReturned(_)]));
    assert_eq!(desk.one().lines[0].kind, LineKind::Plain);
}

/// The stock numbers on from the last line it was asked for. One after that whose units were all
/// cancelled meanwhile, and an amendment, and it is another line's number.
#[test]
fn a_number_that_is_another_line_s_is_never_taken_and_asked_for_again() {
    let mut desk = Desk::default();
    desk.place(&[("set", 3), ("pen", 1)]);
    desk.ask(&cancel(1, Some(named(1, 1)))).unwrap();
    desk.ask(&amend(1, 0, 4)).unwrap();
    let events = desk.ask(&exploded(2, 4, 1)).unwrap();
    let [OrderEvent::KitsAskedAgain(again)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((again.next, again.demands[0].quantity.get()), (LineNumber(2), 4));
    let mut told = Vec::new();
    route(&Event::Order(events[0].clone()), |command| told.push(command));
    let [Command::Inventory(reserve)] = &told[..] else { panic!("{told:?}") };
    let mut stock = crate::support::kits::open().shop.inventory().clone();
    let context = Context { at: Timestamp::from_millis(START), by: Principal::System };
    let answer = stock.decide(reserve, &context).unwrap();
    answer.iter().for_each(|event| stock.evolve(event).unwrap());
    let late = desk.ask(&tied(2, 1, 8)).unwrap();
    assert!(matches!(late[..], [OrderEvent::TieReturned(_)]), "the stock has it back");
    for event in answer {
        let mut told = Vec::new();
        route(&Event::Inventory(event), |command| told.push(command));
        for command in told {
            let Command::Order(command) = command else { panic!("{command:?}") };
            desk.ask(&command).unwrap();
        }
    }
    assert_eq!(desk.one().lines[0].kind, LineKind::Kit { first: LineNumber(2), components: 2 });
    assert_eq!(desk.one().status, Status::Confirmed);
}
