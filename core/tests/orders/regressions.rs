//! Histories that once broke a law, each in its shortest form. Why: what generated histories and
//! review have found must stay found, and be read in a minute.

use crate::support::{Desk, START, names, order, place, sku, text, units};
use earmark::decide::{Context, Decide, Principal};
use earmark::demand::{Hold, Portion};
use earmark::flow::{Command, Refusal, SetPolicy};
use earmark::ids::{FacilityId, FacilityRef, ReservationNumber, ShipmentNumber, Tier};
use earmark::inventory::{
    Adjustment, Allocate, Inventory, InventoryCommand, InventoryEvent, InventoryRefusal,
    ReceiveStock,
};
use earmark::limits::UNITS_PER_SHELF;
use earmark::order::{
    AmendOrder, AuthorizePayment, DeliverShipment, Disposition, LineChange, LineRef, LineUnits,
    OrderCommand, OrderEvent, Orders, PickOrder, ReceiveReturn, RecordAllocated, RecordStripped,
    RecordTied, ReleaseOrder, RequestReturn, ShipOrder, Status, VoidShipping,
};
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy, SourcingPolicy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

fn pay(n: u8) -> OrderCommand {
    let amount = Amount { currency: Currency::GBP, minor: 1_000_000 };
    OrderCommand::AuthorizePayment(AuthorizePayment { order: order(n), amount })
}

fn arrive(desk: &mut Desk, n: u8) {
    desk.order(OrderCommand::Ship(ShipOrder { order: order(n), facility: None })).unwrap();
    desk.order(OrderCommand::Deliver(DeliverShipment { order: order(n), shipment: None })).unwrap();
}

fn send_back(desk: &mut Desk, n: u8, quantity: u32) {
    let lines = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(quantity) }];
    desk.order(OrderCommand::RequestReturn(RequestReturn { order: order(n), lines })).unwrap();
}

fn take_back(n: u8, facility: Option<FacilityId>) -> OrderCommand {
    let (order, number, disposition) = (order(n), None, Disposition::Restock);
    OrderCommand::ReceiveReturn(ReceiveReturn { order, number, facility, disposition })
}

#[test]
fn a_payment_hardens_every_reservation_of_the_order() {
    let mut desk = Desk::open_with_payment();
    desk.place(1, &[("mug", 10)]);
    desk.adjust("LON", Tier::Primary, Adjustment::Lost, 4);
    assert_eq!(desk.at_hand(1).reservations, ReservationNumber(2), "some of it is tied elsewhere");
    let events = desk.order(pay(1)).unwrap();
    assert_eq!(names(&events).iter().filter(|n| **n == "OrderAllocated").count(), 2);
    assert_eq!(desk.at_hand(1).status, Status::Confirmed);
    desk.pass(3_600_000);
    assert_eq!(desk.at_hand(1).status, Status::Confirmed, "what is paid for does not expire");
}

#[test]
fn a_return_to_a_place_that_nobody_defined_is_refused_and_the_shop_goes_on() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    arrive(&mut desk, 1);
    send_back(&mut desk, 1, 1);
    let facility = FacilityRef::Id(FacilityId(9));
    let refused = desk.order(take_back(1, Some(FacilityId(9))));
    assert_eq!(
        refused,
        Err(Refusal::Inventory(InventoryRefusal::UnknownFacility { facility })),
        "it was let into the order, and broke the stock behind it"
    );
    desk.order(take_back(1, None)).unwrap();
    assert_eq!(desk.available("mug"), 24);
}

#[test]
fn a_return_to_a_full_shelf_is_refused_and_the_shop_goes_on() {
    let mut desk = Desk::open();
    desk.place(1, &[("mug", 2)]);
    arrive(&mut desk, 1);
    send_back(&mut desk, 1, 2);
    let mut room = UNITS_PER_SHELF - 8;
    while room > 0 {
        let quantity = room.min(1_000_000);
        desk.must(Command::Inventory(InventoryCommand::Receive(ReceiveStock {
            item: sku("mug"),
            facility: FacilityRef::Code(text("LON")),
            tier: Tier::Primary,
            quantity: units(quantity),
        })));
        room -= quantity;
    }
    let full = InventoryRefusal::TooMuchStock { room: 0 };
    assert_eq!(desk.order(take_back(1, None)), Err(Refusal::Inventory(full)));
    desk.order(take_back(1, Some(FacilityId(1)))).unwrap();
}

#[test]
fn a_second_return_goes_to_the_facility_its_units_came_from() {
    let mut desk = Desk::open();
    let sourcing = SourcingPolicy { back_unit: 1_000_000, ..SourcingPolicy::default() };
    let policy = Policy { sourcing, ..Policy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy }));
    desk.place(1, &[("mug", 13)]);
    arrive(&mut desk, 1);
    for _ in 0..2 {
        send_back(&mut desk, 1, 6);
        desk.order(take_back(1, None)).unwrap();
    }
    let (_, mug) = desk.shop.inventory().item(&sku("mug")).unwrap();
    let on_hand = |facility| mug.shelf(FacilityId(facility), Tier::Primary).unwrap().on_hand;
    assert_eq!((on_hand(0), on_hand(1)), (10, 9), "10 came from London and 3 from Leeds");
}

/// The order role by itself, as behind a broker, where news are under way for a while.
struct Alone {
    orders: Orders,
    context: Context,
}

impl Alone {
    fn new(payment: PaymentPolicy) -> Self {
        let mut orders = Orders::default();
        orders.set_policy(OrderPolicy { payment, ..OrderPolicy::default() });
        let context = Context { at: Timestamp::from_millis(START), by: Principal::System };
        Self { orders, context }
    }

    fn hear(&mut self, command: OrderCommand) -> Vec<OrderEvent> {
        let events = self.orders.decide(&command, &self.context).unwrap();
        events.iter().for_each(|event| self.orders.evolve(event).unwrap());
        events
    }

    fn tied(&mut self, reservation: u16, hold: Hold, quantity: u32) -> Vec<OrderEvent> {
        let portions = vec![portion(reservation, quantity)];
        let reservation = ReservationNumber(reservation);
        self.hear(OrderCommand::RecordTied(RecordTied {
            order: order(1),
            reservation,
            hold,
            portions,
        }))
    }

    fn stripped(&mut self, reservation: u16, quantity: u32) -> Vec<OrderEvent> {
        let portions = vec![portion(reservation, quantity)];
        self.hear(OrderCommand::RecordStripped(RecordStripped { order: order(1), portions }))
    }

    fn status(&self) -> Status {
        self.orders.get(order(1)).unwrap().status
    }
}

fn portion(reservation: u16, quantity: u32) -> Portion {
    Portion {
        reservation: ReservationNumber(reservation),
        line: earmark::ids::LineNumber(0),
        item: earmark::ids::ItemId(0),
        facility: FacilityId(0),
        tier: Tier::Primary,
        quantity,
    }
}

#[test]
fn two_losses_in_a_row_are_both_sourced_again_behind_a_broker() {
    let mut alone = Alone::new(PaymentPolicy::None);
    alone.hear(OrderCommand::Place(place(1, &[("mug", 10)])));
    alone.tied(1, Hold::Hard, 10);
    alone.stripped(1, 4);
    let again = alone.stripped(1, 3);
    let OrderEvent::Unsourced(asked) = &again[0] else { panic!("{again:?}") };
    assert_eq!(asked.demands[0].quantity, units(7), "the answer to the first will be too late");
    assert!(matches!(alone.tied(2, Hold::Hard, 4)[..], [OrderEvent::TieReturned(_)]));
    alone.tied(3, Hold::Hard, 7);
    let buckets = alone.orders.get(order(1)).unwrap().lines[0].buckets;
    assert_eq!((buckets.allocated, buckets.unsourced), (10, 0));
}

#[test]
fn a_loss_that_crosses_a_cancellation_takes_what_is_left() {
    let mut alone = Alone::new(PaymentPolicy::None);
    alone.hear(OrderCommand::Place(place(1, &[("mug", 5)])));
    alone.tied(1, Hold::Hard, 5);
    let lines = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(2) }];
    alone.hear(OrderCommand::Cancel(earmark::order::CancelOrder {
        order: order(1),
        lines: Some(lines),
        reason: earmark::order::CancelReason::Customer,
    }));
    alone.stripped(1, 5);
    let buckets = alone.orders.get(order(1)).unwrap().lines[0].buckets;
    assert_eq!((buckets.allocated, buckets.unsourced), (0, 3), "none of the five is there");
}

#[test]
fn an_order_is_confirmed_only_when_all_of_it_is_hard() {
    let deadline = Span::from_millis(60_000);
    let mut alone = Alone::new(PaymentPolicy::required(deadline));
    let until = Timestamp::from_millis(START + 60_000);
    alone.hear(OrderCommand::Place(place(1, &[("mug", 10)])));
    alone.tied(1, Hold::Soft { until }, 10);
    alone.hear(pay(1));
    alone.stripped(1, 4);
    alone.tied(2, Hold::Hard, 4);
    assert_eq!(alone.status(), Status::Pending, "six units may still lapse");
    let reservation = ReservationNumber(1);
    alone.hear(OrderCommand::RecordAllocated(RecordAllocated { order: order(1), reservation }));
    assert_eq!(alone.status(), Status::Confirmed);
}

#[test]
fn making_an_ended_reservation_hard_is_told_as_lapsed() {
    let context = Context { at: Timestamp::from_millis(START), by: Principal::System };
    let (order, reservation) = (order(1), ReservationNumber(1));
    let events = Inventory::default()
        .decide(&InventoryCommand::Allocate(Allocate { order, reservation }), &context)
        .unwrap();
    let [InventoryEvent::Rejected(rejected)] = &events[..] else { panic!("{events:?}") };
    assert!(rejected.lapsed && rejected.shortfalls.is_empty());
}

#[test]
fn an_answer_that_crosses_a_voided_shipment_is_still_heard() {
    let mut alone = Alone::new(PaymentPolicy::None);
    alone.hear(OrderCommand::Place(place(1, &[("mug", 5)])));
    alone.tied(1, Hold::Hard, 5);
    alone.hear(OrderCommand::Ship(ShipOrder { order: order(1), facility: None }));
    let void = VoidShipping { order: order(1), shipment: ShipmentNumber(1) };
    alone.hear(OrderCommand::VoidShipping(void));
    alone.stripped(2, 2);
    alone.hear(OrderCommand::Ship(ShipOrder { order: order(1), facility: None }));
    let second = VoidShipping { order: order(1), shipment: ShipmentNumber(2) };
    alone.hear(OrderCommand::VoidShipping(second));
    alone.tied(3, Hold::Hard, 2);
    let buckets = alone.orders.get(order(1)).unwrap().lines[0].buckets;
    assert_eq!((buckets.allocated, buckets.unsourced), (5, 0), "two are not waited for in vain");
}

#[test]
fn an_amendment_that_crosses_the_first_answer_asks_for_all_of_it() {
    let mut alone = Alone::new(PaymentPolicy::None);
    alone.hear(OrderCommand::Place(place(1, &[("mug", 5)])));
    let line = earmark::ids::LineNumber(0);
    let change = LineChange { line, quantity: Some(units(8)), unit_price: None };
    let events = alone.hear(OrderCommand::Amend(AmendOrder {
        order: order(1),
        lines: vec![change],
        added: vec![],
        destination: None,
    }));
    let OrderEvent::Resourced(asked) = &events[1] else { panic!("{events:?}") };
    assert_eq!(asked.demands[0].quantity, units(8), "the first answer will be too late");
    assert!(matches!(alone.tied(1, Hold::Hard, 5)[..], [OrderEvent::TieReturned(_)]));
    alone.tied(2, Hold::Hard, 8);
    assert_eq!(alone.status(), Status::Confirmed);
}

#[test]
fn a_loss_takes_units_in_work_only_after_those_that_nobody_works_on() {
    let mut alone = Alone::new(PaymentPolicy::None);
    alone.hear(OrderCommand::Place(place(1, &[("mug", 5)])));
    alone.tied(1, Hold::Hard, 5);
    alone.hear(OrderCommand::Release(ReleaseOrder { order: order(1), facility: None }));
    let some = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(3) }];
    let (facility, missing) = (FacilityId(0), None);
    let pick = PickOrder { order: order(1), facility, lines: Some(some), missing };
    alone.hear(OrderCommand::Pick(pick));
    alone.stripped(1, 4);
    let buckets = alone.orders.get(order(1)).unwrap().lines[0].buckets;
    assert_eq!((buckets.released, buckets.picked, buckets.unsourced), (0, 1, 4));
}
