//! Every law can fail. Why: a law that no damage breaks proves nothing by holding.

use crate::support::{Desk, order, sku, text, units};
use crate::world::mirror::OpenShop;
use crate::world::witness::{Witness, roles_agree};
use earmark::demand::Hold;
use earmark::flow::{Command, Event, SetPolicy};
use earmark::fulfilment::{FulfilmentEvent, WorkOrder, WorkState};
use earmark::ids::{
    CancellationNumber, FacilityId, FacilityRef, ItemId, OrderId, PaymentNumber, ReservationNumber,
    Tier, TransferNumber, WorkNumber,
};
use earmark::inventory::{
    Alert, FacilityRules, InventoryCommand, InventoryEvent, Reservation, ReservationId,
    SafetyStockSet, SetBackorderLimit, SetFacilityRules, ShelfName, Transfer,
};
use earmark::laws;
use earmark::notification::NotificationEvent;
use earmark::order::{
    AuthorizePayment, CancelReason, CancellationRecord, DeliverShipment, LineRef, LineUnits,
    OrderCommand, PackOrder, PickOrder, ReleaseOrder, RequestReturn, ShipOrder, Stage, Status,
};
use earmark::payment::{
    Account, Authorization, Capture, PaymentCommand, RecordCapture, Request, RequestState, What,
};
use earmark::policy::{BackorderPolicy, OrderPolicy, PaymentPolicy, Policy};
use earmark::schema::to_bytes;
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

/// A shop with an order in each state of its life: delivered, on its way, allocated, reserved.
fn lived() -> Desk {
    let mut desk = Desk::open();
    // Pens lie in Leeds only: the first three orders fill its day.
    let rules = FacilityRules { parcels_per_day: Some(3), ..FacilityRules::default() };
    let facility = FacilityRef::Code(text("LDS"));
    let set = SetFacilityRules { facility, rules };
    desk.must(Command::Inventory(InventoryCommand::SetFacilityRules(set)));
    for n in 1..=3 {
        desk.place(n, &[("mug", 3), ("pen", 1)]);
    }
    for n in 1..=2 {
        desk.order(OrderCommand::Ship(ShipOrder { order: order(n), facility: None })).unwrap();
    }
    let (order, shipment) = (order(1), None);
    desk.order(OrderCommand::Deliver(DeliverShipment { order, shipment })).unwrap();
    let lines = vec![LineUnits { line: LineRef::Item(sku("mug")), quantity: units(2) }];
    desk.order(OrderCommand::RequestReturn(RequestReturn { order, lines })).unwrap();
    let payment = PaymentPolicy::required(Span::from_millis(60_000));
    let orders = OrderPolicy { payment, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    desk.place(4, &[("mug", 2)]);
    in_work(&mut desk);
    desk
}

/// A fifth order, which one facility has partly picked and packed.
fn in_work(desk: &mut Desk) {
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy::default() }));
    desk.place(5, &[("mug", 3)]);
    let order = order(5);
    desk.order(OrderCommand::Release(ReleaseOrder { order, facility: None })).unwrap();
    let facility = desk.at_hand(5).tied[0].portion.facility;
    let (lines, missing) = (Some(vec![one_mug()]), None);
    desk.order(OrderCommand::Pick(PickOrder { order, facility, lines, missing })).unwrap();
    desk.order(OrderCommand::Pack(PackOrder { order, facility })).unwrap();
    let (lines, missing) = (Some(vec![one_mug()]), None);
    desk.order(OrderCommand::Pick(PickOrder { order, facility, lines, missing })).unwrap();
}

fn one_mug() -> LineUnits {
    LineUnits { line: LineRef::Item(sku("mug")), quantity: units(1) }
}

/// The laws that a damaged state breaks, by the audit and by what the roles know of each other.
fn broken_by(damage: impl Fn(&mut OpenShop)) -> Vec<&'static str> {
    broken_in(&lived(), damage)
}

fn broken_in(desk: &Desk, damage: impl Fn(&mut OpenShop)) -> Vec<&'static str> {
    let mut open = OpenShop::of(&desk.shop);
    damage(&mut open);
    assert_ne!(open, OpenShop::of(&desk.shop), "nothing was damaged");
    let shop = open.shut();
    let mut broken: Vec<_> = shop.audit().broken.iter().map(|b| b.law).collect();
    if roles_agree(&shop).is_err() {
        broken.push("the roles agree");
    }
    broken.dedup();
    broken
}

const AGREE: &str = "the roles agree";

#[test]
fn the_open_form_of_a_shop_is_its_snapshot() {
    let desk = lived();
    let open = OpenShop::of(&desk.shop);
    assert_eq!(to_bytes(&open).unwrap(), to_bytes(&desk.shop).unwrap());
    assert_eq!(open.shut(), desk.shop);
    assert!(desk.shop.audit().broken.is_empty());
    assert_eq!(roles_agree(&desk.shop), Ok(()));
}

#[test]
fn a_unit_that_appears_or_vanishes_in_a_line_breaks_its_conservation() {
    let id = order(1);
    let line = |shop: &mut OpenShop, by: i32| {
        let buckets = &mut shop.orders.orders.get_mut(&id).unwrap().lines[0].buckets;
        buckets.delivered = buckets.delivered.checked_add_signed(by).unwrap();
    };
    assert_eq!(broken_by(|shop| line(shop, 1)), [laws::LINE_CONSERVED, AGREE]);
    assert!(broken_by(|shop| line(shop, -1)).contains(&laws::LINE_CONSERVED));
}

#[test]
fn more_returns_than_deliveries_break_their_bound() {
    let damage = |shop: &mut OpenShop, back: u32, asked: u32| {
        let buckets = &mut shop.orders.orders.get_mut(&order(1)).unwrap().lines[0].buckets;
        (buckets.restocked, buckets.return_requested) = (back, asked);
    };
    assert_eq!(broken_by(|shop| damage(shop, 3, 2)), [laws::RETURNS_BOUNDED]);
    assert_eq!(broken_by(|shop| damage(shop, 0, 4)), [laws::CLAIMS_FIT, laws::RETURNS_BOUNDED]);
}

#[test]
fn fewer_units_on_hand_than_promised_are_oversold() {
    let on_hand = |shop: &mut OpenShop| shop.inventory.items[0].shelves[0].on_hand = 1;
    assert_eq!(broken_by(on_hand), [laws::NEVER_OVERSOLD]);
    let damaged = |shop: &mut OpenShop| shop.inventory.items[0].shelves[0].quarantined = 9;
    assert_eq!(broken_by(damaged), [laws::NEVER_OVERSOLD]);
}

#[test]
fn a_counter_that_drifts_from_the_reservations_is_found() {
    let drift = |shop: &mut OpenShop| shop.inventory.items[0].shelves[1].allocated += 1;
    assert_eq!(broken_by(drift), [laws::PROMISES_MATCH]);
    let swap = |shop: &mut OpenShop| {
        let shelf = &mut shop.inventory.items[0].shelves[0];
        core::mem::swap(&mut shelf.reserved, &mut shelf.allocated);
    };
    assert_eq!(broken_by(swap), [laws::PROMISES_MATCH]);
    let no_shelf = |shop: &mut OpenShop| shop.inventory.items[1].shelves.clear();
    assert_eq!(broken_by(no_shelf), [laws::PROMISES_MATCH]);
    let order_side = |shop: &mut OpenShop| {
        shop.orders.orders.get_mut(&order(3)).unwrap().tied[0].stage = Stage::Reserved
    };
    assert_eq!(broken_by(order_side), [laws::PROMISES_MATCH, AGREE]);
}

#[test]
fn a_facility_with_more_parcels_than_its_day_has_is_found() {
    let overbooked = |shop: &mut OpenShop| shop.inventory.facilities[1].today.parcels = 4;
    assert_eq!(broken_by(overbooked), [laws::DAY_NOT_FULL]);
}

#[test]
fn a_unit_in_work_that_no_portion_ties_is_found() {
    let work = |shop: &mut OpenShop| {
        let buckets = &mut shop.orders.orders.get_mut(&order(3)).unwrap().lines[0].buckets;
        (buckets.allocated, buckets.picked) = (buckets.allocated - 1, buckets.picked + 1);
    };
    assert_eq!(broken_by(work), [laws::PROMISES_MATCH]);
    let stage = |shop: &mut OpenShop| {
        shop.orders.orders.get_mut(&order(3)).unwrap().tied[0].stage = Stage::Packed;
    };
    assert_eq!(broken_by(stage), [laws::PROMISES_MATCH, AGREE]);
}

#[test]
fn what_stands_open_for_nothing_is_found() {
    let reservation = |shop: &mut OpenShop| {
        let id = ReservationId { order: order(3), number: ReservationNumber(9) };
        shop.inventory.reservations.insert(id, Reservation::of(Hold::Hard, vec![]));
    };
    assert_eq!(broken_by(reservation), [laws::TIES_SOMETHING, AGREE]);
    let pending = |shop: &mut OpenShop| {
        shop.orders.orders.get_mut(&order(3)).unwrap().status = Status::Pending;
    };
    assert_eq!(broken_by(pending), [laws::PENDING_FOR_A_REASON, AGREE]);
    let request = |shop: &mut OpenShop| {
        let order = shop.orders.orders.get_mut(&order(3)).unwrap();
        let (facility, portions) = (FacilityId(0), vec![order.tied[0].portion]);
        let (number, reason, answer) = (CancellationNumber(1), CancelReason::Customer, None);
        let asked = CancellationRecord { number, facility, reason, portions, answer };
        order.cancellations.push(asked);
    };
    assert_eq!(broken_by(request), [laws::REQUEST_IN_WORK]);
}

/// The work of the last order in its facility.
fn work_of(shop: &mut OpenShop) -> &mut WorkOrder {
    let of = |(id, _): &(OrderId, FacilityId)| *id == order(5);
    let place = *shop.fulfilments.work.keys().find(|key| of(key)).unwrap();
    shop.fulfilments.work.get_mut(&place).unwrap()
}

#[test]
fn work_that_the_order_knows_nothing_of_is_found() {
    let more = |shop: &mut OpenShop| work_of(shop).units[0].to_pick += 1;
    assert_eq!(broken_by(more), [laws::WORK_MATCHES, AGREE]);
    let further = |shop: &mut OpenShop| {
        let units = &mut work_of(shop).units[0];
        (units.to_pick, units.packed) = (units.to_pick - 1, units.packed + 1);
    };
    assert_eq!(broken_by(further), [laws::WORK_MATCHES, AGREE]);
    let forgotten = |shop: &mut OpenShop| shop.fulfilments.work.clear();
    assert_eq!(broken_by(forgotten), [AGREE]);
}

#[test]
fn work_that_ends_twice_or_never_is_found() {
    let twice = |shop: &mut OpenShop| work_of(shop).ended += 1;
    assert_eq!(broken_by(twice), [laws::WORK_ENDS_ONCE]);
    let never = |shop: &mut OpenShop| work_of(shop).number = WorkNumber(2);
    assert_eq!(broken_by(never), [laws::WORK_ENDS_ONCE]);
    let with_units = |shop: &mut OpenShop| {
        let work = work_of(shop);
        (work.state, work.ended) = (WorkState::Done, 1);
    };
    assert_eq!(broken_by(with_units), [laws::WORK_ENDS_ONCE]);
    let waits = |shop: &mut OpenShop| work_of(shop).state = WorkState::TimedOut;
    assert_eq!(broken_by(waits), [AGREE]);
}

#[test]
fn a_witness_hears_work_that_is_left_out_or_told_twice() {
    type Is = fn(&FulfilmentEvent) -> bool;
    let work = |is: Is| move |e: &Event| matches!(e, Event::Fulfilment(of) if is(of));
    let asked = work(|e| matches!(e, FulfilmentEvent::Requested(_)));
    let advanced = work(|e| matches!(e, FulfilmentEvent::Advanced(_)));
    without(asked).unwrap_err();
    without(advanced).unwrap_err();
    twice(asked).unwrap_err();
    twice(advanced).unwrap_err();
}

#[test]
fn a_reservation_that_its_order_does_not_know_of_is_found() {
    let forgotten = |shop: &mut OpenShop| {
        shop.orders.orders.remove(&order(3)).unwrap();
    };
    assert_eq!(broken_by(forgotten), [AGREE]);
}

#[test]
fn an_alert_that_does_not_say_what_is_available_is_found() {
    let watched = |is_low, is_out| {
        move |shop: &mut OpenShop| {
            let alert = Alert { threshold: 3, is_low, is_out };
            shop.inventory.alerts.insert(ItemId(0), alert);
        }
    };
    assert_eq!(broken_by(watched(true, false)), [laws::ALERT_TRUE]);
    assert_eq!(broken_by(watched(false, true)), [laws::ALERT_TRUE]);
    assert_eq!(broken_by(watched(false, false)), [""; 0], "it is not low");
}

#[test]
fn a_transfer_that_loses_units_on_its_way_is_found() {
    let sent = |on_its_way| {
        move |shop: &mut OpenShop| {
            let place = |tier| ShelfName { facility: FacilityId(0), tier };
            let (from, to, item) = (place(Tier::Primary), place(Tier::Back), ItemId(0));
            let (sent, received, lost) = (5, 2, 1);
            let open = Transfer { item, from, to, sent, on_its_way, received, lost };
            shop.inventory.transfers.insert(TransferNumber(1), open);
        }
    };
    assert_eq!(broken_by(sent(1)), [laws::TRANSFER_CONSERVED]);
    assert_eq!(broken_by(sent(2)), [""; 0], "two arrived, one is lost, two are on their way");
}

/// The same shop, in which two more orders wait for pens.
fn with_backlog() -> Desk {
    let mut desk = lived();
    let orders = OrderPolicy { backorders: BackorderPolicy::Accept, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    let set = SetBackorderLimit { item: sku("pen"), limit: Some(6) };
    desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(set)));
    // Leeds may take on as many parcels as it likes.
    let facility = FacilityRef::Code(text("LDS"));
    let set = SetFacilityRules { facility, rules: FacilityRules::default() };
    desk.must(Command::Inventory(InventoryCommand::SetFacilityRules(set)));
    desk.place(7, &[("pen", 3)]);
    desk.place(8, &[("pen", 2)]);
    desk
}

#[test]
fn a_promise_that_the_roles_tell_differently_is_found() {
    let line = |shop: &mut OpenShop| {
        let order = shop.orders.orders.get_mut(&order(7)).unwrap();
        let buckets = &mut order.lines[0].buckets;
        (buckets.backordered, buckets.cancelled) = (buckets.backordered - 1, 1);
    };
    assert_eq!(broken_in(&with_backlog(), line), [laws::BACKORDERS_MATCH]);
    let queue = |shop: &mut OpenShop| {
        let mut open = shop.inventory.reservations.values_mut();
        let waiting = open.find_map(|open| open.waiting.as_mut()).unwrap();
        waiting.units[0].quantity += 1;
    };
    assert_eq!(broken_in(&with_backlog(), queue), [laws::BACKORDERS_MATCH]);
    let forgotten = |shop: &mut OpenShop| {
        shop.orders.orders.remove(&order(8)).unwrap();
    };
    assert_eq!(broken_in(&with_backlog(), forgotten), [laws::BACKORDERS_MATCH, AGREE]);
}

#[test]
fn one_who_waits_for_what_is_free_is_found() {
    let free = |shop: &mut OpenShop| shop.inventory.items[1].shelves[0].on_hand += 1;
    assert_eq!(broken_in(&with_backlog(), free), [laws::WAITS_FOR_A_REASON]);
    let barred = |shop: &mut OpenShop| {
        let mut open = shop.inventory.reservations.values_mut();
        let waiting = open.find_map(|open| open.waiting.as_mut()).unwrap();
        waiting.excluded = vec![FacilityId(0), FacilityId(1)];
    };
    assert_eq!(broken_in(&with_backlog(), barred), [laws::WAIT_CAN_END]);
    let due = |shop: &mut OpenShop| {
        free(shop);
        shop.inventory.backorders.due.insert(ItemId(1), (Timestamp::default(), None));
    };
    assert_eq!(broken_in(&with_backlog(), due), [""; 0], "he is served by the next tick");
}

#[test]
fn a_witness_hears_a_promise_beyond_the_limit_and_a_turn_that_is_passed_over() {
    let mut desk = with_backlog();
    desk.receive("pen", "LON", Tier::Primary, 2);
    let hear = |change: fn(&mut InventoryEvent)| {
        let mut witness = Witness::default();
        desk.history.iter().try_for_each(|event| {
            let mut event = event.clone();
            if let Event::Inventory(event) = &mut event {
                change(event);
            }
            witness.hear(&event)
        })
    };
    assert_eq!(hear(|_| {}), Ok(()));
    let lower = hear(|event| {
        if let InventoryEvent::BackorderLimitSet(set) = event {
            set.limit = Some(3);
        }
    });
    assert!(lower.unwrap_err().contains(laws::WITHIN_LIMIT));
    let passed = hear(|event| {
        if let InventoryEvent::Filled(filled) = event {
            filled.order = order(8);
        }
    });
    assert!(passed.unwrap_err().contains("is served before"));
}

/// A paid order at hand, and what of its account is damaged.
fn paid_and(damage: impl Fn(&mut Account)) -> Vec<&'static str> {
    let pay = |desk: &mut Desk| {
        let amount = Amount { currency: Currency::GBP, minor: 10_000 };
        let pay = AuthorizePayment { order: order(4), amount };
        desk.order(OrderCommand::AuthorizePayment(pay)).unwrap();
        let (order, request) = (order(4), PaymentNumber(3));
        let amount = Amount { currency: Currency::GBP, minor: 247 };
        let capture = PaymentCommand::RecordCapture(RecordCapture { order, request, amount });
        desk.must(Command::Payment(capture));
    };
    let mut desk = lived();
    pay(&mut desk);
    assert!(desk.shop.audit().broken.is_empty());
    let mut open = OpenShop::of(&desk.shop);
    damage(open.payments.get_mut(&order(4)).unwrap());
    let mut broken: Vec<_> = open.shut().audit().broken.iter().map(|b| b.law).collect();
    broken.dedup();
    broken
}

#[test]
fn money_that_nobody_gave_or_got_back_twice_is_found() {
    let more_back = |account: &mut Account| account.captures[0].refunded = 300;
    assert!(paid_and(more_back).contains(&laws::PAYMENTS_BOUNDED));
    let more_taken = |account: &mut Account| account.captures[0].amount = 246;
    assert!(paid_and(more_taken).contains(&laws::PAYMENT_SUMS));
    let answered = |account: &mut Account| account.requests[2].state = RequestState::Declined;
    assert_eq!(paid_and(answered), [laws::ANSWERED_ONCE]);
    let kept = |account: &mut Account| account.requests[1].state = RequestState::Declined;
    assert_eq!(paid_and(kept), [laws::NO_MORE_HELD], "nobody voids what is too much any more");
    let drifted = |account: &mut Account| account.revision += 1;
    assert_eq!(paid_and(drifted), [laws::PAYMENT_KNOWN]);
}

#[test]
fn what_is_captured_before_an_order_is_confirmed_is_found() {
    let early = |shop: &mut OpenShop| {
        let (number, amount, until) = (PaymentNumber(1), 247, None);
        let account = shop.payments.get_mut(&order(4)).unwrap();
        account.requests[0].state = RequestState::Done;
        let (captured, voided, lapsed) = (247, 0, 0);
        let given = Authorization { number, amount, captured, voided, lapsed, until };
        account.authorizations.push(given);
        let what = What::Capture(number);
        account.requests.push(Request { what, ..account.requests[0] });
        account.captures.push(Capture { number: PaymentNumber(2), amount, refunded: 0 });
    };
    assert_eq!(broken_by(early), [laws::CAPTURED_IN_TIME]);
}

#[test]
fn a_witness_hears_that_units_are_released_which_nobody_has_paid_for() {
    let mut witness = Witness::default();
    lived().history.iter().try_for_each(|event| witness.hear(event)).unwrap();
    let (order, at) = (order(4), Timestamp::default());
    let facility = FacilityId(0);
    let released = earmark::order::FulfilmentReleased { order, at, facility, portions: Vec::new() };
    let told =
        witness.lets_go(&Event::Order(earmark::order::OrderEvent::Released(released))).unwrap_err();
    assert!(told.contains(laws::PAID_FOR), "{told}");
}

/// What a witness says of a history; each event may be left out, told twice, or changed.
fn heard(tell: impl Fn(&Event) -> Vec<Event>) -> Result<(), String> {
    let mut desk = lived();
    let amount = Amount { currency: Currency::GBP, minor: 10_000 };
    let pay = AuthorizePayment { order: order(4), amount };
    desk.order(OrderCommand::AuthorizePayment(pay)).unwrap();
    let mut witness = Witness::default();
    desk.history.iter().flat_map(tell).try_for_each(|event| witness.hear(&event))?;
    witness.agrees(&desk.shop)
}

fn without(is_it: impl Fn(&Event) -> bool) -> Result<(), String> {
    heard(|event| if is_it(event) { vec![] } else { vec![event.clone()] })
}

fn twice(is_it: impl Fn(&Event) -> bool) -> Result<(), String> {
    heard(|event| vec![event.clone(); if is_it(event) { 2 } else { 1 }])
}

#[test]
fn a_witness_hears_nothing_wrong_in_a_true_history() {
    assert_eq!(heard(|event| vec![event.clone()]), Ok(()));
}

#[test]
fn a_witness_hears_every_fact_that_is_left_out_or_told_twice() {
    let received = |e: &Event| matches!(e, Event::Inventory(InventoryEvent::Received(_)));
    let shipped = |e: &Event| matches!(e, Event::Inventory(InventoryEvent::Shipped(_)));
    let tied = |e: &Event| matches!(e, Event::Inventory(InventoryEvent::Tied(_)));
    let told = |e: &Event| matches!(e, Event::Notification(NotificationEvent::Told(_)));
    for wrong in [without(received), without(shipped), without(tied)] {
        wrong.unwrap_err();
    }
    let booked = |e: &Event| matches!(e, Event::Inventory(InventoryEvent::ParcelsBooked(_)));
    assert!(twice(booked).unwrap_err().contains(laws::DAY_NOT_FULL));
    for wrong in [twice(received), twice(shipped), twice(tied), twice(told)] {
        wrong.unwrap_err();
    }
}

#[test]
fn a_witness_hears_a_plan_that_books_other_units_than_asked() {
    let wrong = heard(|event| {
        let mut event = event.clone();
        if let Event::Inventory(InventoryEvent::Tied(tied)) = &mut event {
            tied.portions[0].quantity += 1;
        }
        vec![event]
    });
    assert!(wrong.unwrap_err().contains(laws::PLAN_SERVES));
}

#[test]
fn a_witness_hears_a_plan_that_takes_safety_stock() {
    let wrong = heard(|event| {
        let mut events = vec![event.clone()];
        if let Event::Inventory(InventoryEvent::Tied(tied)) = event {
            let (item, facility, quantity) = (tied.items[0].clone(), FacilityId(1), 1_000);
            let set = SafetyStockSet { item, facility, quantity };
            events.insert(0, Event::Inventory(InventoryEvent::SafetySet(set)));
        }
        events
    });
    assert!(wrong.unwrap_err().contains(laws::SAFETY_KEPT));
}
