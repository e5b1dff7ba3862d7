//! What a client makes of its slice: it decides on its own orders as the host does, and knows of
//! the stock what the host knows of it, as far as it is his.

use crate::support::kits::{amend, cancel, kit, named, preview};
use crate::support::{Desk, order, sku, text};
use earmark::decide::{Context, Principal};
use earmark::demand::Portion;
use earmark::flow::{Command, Event, SetPolicy, Shop, Slice};
use earmark::ids::{FacilityId, FacilityRef, ItemRef, ReservationNumber, Tier};
use earmark::inventory::{
    InventoryCommand, Reservation, ReservationId, SetBackorderLimit, SetSafetyStock,
};
use earmark::limits::{SLICE_ITEMS, SLICE_ORDERS};
use earmark::order::{OrderCommand, PickOrder, ReleaseOrder};
use earmark::policy::{BackorderPolicy, OrderPolicy, PaymentPolicy, Policy};
use earmark::schema::SliceRequest;
use earmark::time::{Span, Timestamp};

const LEEDS: FacilityId = FacilityId(1);

/// Whoever pays, does so within the hour; ten pens and ten mugs may be promised beforehand.
fn desk(payment: PaymentPolicy) -> Desk {
    let mut desk = Desk::open();
    let backorders = BackorderPolicy::Accept;
    let orders = OrderPolicy { payment, backorders, ..OrderPolicy::default() };
    desk.must(Command::SetPolicy(SetPolicy { policy: Policy { orders, ..Policy::default() } }));
    for item in ["mug", "pen"] {
        let set = SetBackorderLimit { item: sku(item), limit: Some(10) };
        desk.must(Command::Inventory(InventoryCommand::SetBackorderLimit(set)));
    }
    desk
}

fn free() -> Desk {
    desk(PaymentPolicy::None)
}

fn unpaid() -> Desk {
    desk(PaymentPolicy::required(Span::from_millis(3_600_000)))
}

/// So many pens are not for sale in Leeds.
fn keep(desk: &mut Desk, quantity: u32) {
    let facility = FacilityRef::Code(text("LDS"));
    let set = SetSafetyStock { item: sku("pen"), facility, quantity };
    desk.must(Command::Inventory(InventoryCommand::SetSafety(set)));
}

/// The shop that somebody makes of his slice, with orders 1 to 3.
fn client(host: &Desk, by: &Principal) -> Shop {
    let items = ["mug", "pen"].map(sku);
    let slice = Slice::of(&host.shop, &items, &[1, 2, 3].map(order), by);
    let client = slice.into_shop().unwrap();
    let audit = client.audit();
    assert!(audit.broken.is_empty(), "{:?}", audit.broken);
    client
}

/// What the reservations of order 1 hold, however their portions are ordered.
fn held(shop: &Shop) -> Vec<Reservation> {
    let id = |number| ReservationId { order: order(1), number: ReservationNumber(number) };
    let sorted = |open: &Reservation| {
        let mut open = open.clone();
        open.portions.sort_unstable();
        // Whose turn it is a client does not know.
        open.turn = 0;
        open
    };
    (1..9).filter_map(|number| shop.inventory().reservation(id(number)).map(sorted)).collect()
}

/// Of each item, what is available, and what may be promised beyond that.
fn stock(shop: &Shop) -> Vec<(u64, u32)> {
    let stock = shop.inventory();
    let of = |item: ItemRef| {
        let (id, item) = stock.item(&item).unwrap();
        (item.available(), stock.backorder_room(id))
    };
    ["mug", "pen"].map(sku).map(of).to_vec()
}

/// A client and the host decide alike, and know the same before and after. What facilities are
/// asked for is none of a client's business.
fn decide_alike(host: &mut Desk, by: &Principal, command: OrderCommand) {
    let mut client = client(host, by);
    assert_eq!(client.policy(), host.shop.policy());
    assert_eq!((held(&client), stock(&client)), (held(&host.shop), stock(&host.shop)));
    let command = Command::Order(command);
    let context = Context { at: Timestamp::from_millis(host.now), by: by.clone() };
    let foreseen = client.settle(&command, &context).unwrap().unwrap();
    let mut decided = host.ask_as(by.clone(), command).unwrap();
    assert_ne!(decided, []);
    decided.retain(|event| !matches!(event, Event::Fulfilment(_)));
    assert_eq!(foreseen, decided);
    assert_eq!((held(&client), stock(&client)), (held(&host.shop), stock(&host.shop)));
}

fn ada() -> Principal {
    Principal::Customer(text("ada"))
}

#[test]
fn of_what_an_order_waits_for_the_client_knows_the_room_that_is_left() {
    for mut host in [free(), unpaid()] {
        host.place(1, &[("mug", 27), ("pen", 7)]);
        decide_alike(&mut host, &ada(), amend(1, 1, 9));
        decide_alike(&mut host, &ada(), cancel(1, Some(named(0, 1))));
    }
}

#[test]
fn units_that_a_client_frees_are_kept_back_as_far_as_the_host_keeps_them() {
    // Of four pens three are tied. Then all of what is kept back is missing, some, or nothing.
    for kept in [0, 1, 2, 4] {
        let mut host = free();
        host.place(1, &[("pen", 3)]);
        keep(&mut host, kept);
        decide_alike(&mut host, &ada(), cancel(1, Some(named(0, 2))));
    }
}

#[test]
fn units_of_one_shelf_at_several_stages_of_work_are_of_one_reservation() {
    let mut host = free();
    host.place(1, &[("mug", 6)]);
    let release = |n| OrderCommand::Release(ReleaseOrder { order: order(n), facility: None });
    host.order(release(1)).unwrap();
    let facility = host.at_hand(1).tied[0].portion.facility;
    let lines = Some(named(0, 2));
    let pick = PickOrder { order: order(1), facility, lines, missing: None };
    host.order(OrderCommand::Pick(pick)).unwrap();
    assert_eq!(host.at_hand(1).tied.len(), 2, "picked, and not yet");
    decide_alike(&mut host, &ada(), cancel(1, None));
}

#[test]
fn units_that_came_one_after_the_other_for_who_waits_lie_on_a_shelf_as_one() {
    let mut host = free();
    host.place(1, &[("pen", 9)]);
    for quantity in [1, 3] {
        host.receive("pen", "LDS", Tier::Primary, quantity);
    }
    let of_leeds = |p: &Portion| (p.facility == LEEDS).then_some(p.quantity);
    let held: Vec<u32> = held(&host.shop)[0].portions.iter().filter_map(of_leeds).collect();
    assert_eq!(held, [8]);
    decide_alike(&mut host, &ada(), cancel(1, None));
}

#[test]
fn a_client_does_not_tell_again_what_the_host_has_told() {
    let mut host = free();
    host.place(1, &[("pen", 5)]);
    decide_alike(&mut host, &ada(), amend(1, 0, 6));
}

#[test]
fn a_client_of_the_staff_asks_no_facility_for_work() {
    let mut host = free();
    host.place(1, &[("mug", 2)]);
    let release = ReleaseOrder { order: order(1), facility: None };
    decide_alike(&mut host, &Principal::Staff, OrderCommand::Release(release));
}

#[test]
fn a_client_that_watches_a_kit_knows_what_it_is_made_of() {
    let mut host = free();
    host.must(kit("set", &[("mug", 2), ("pen", 1)]));
    let slice = Slice::of(&host.shop, &[sku("set")], &[], &ada());
    let client = Desk { shop: slice.into_shop().unwrap(), now: host.now, history: vec![] };
    for sets in [4, 5] {
        assert_eq!(preview(&client, &[("set", sets)]), preview(&host, &[("set", sets)]));
    }
}

#[test]
fn a_slice_that_names_an_item_twice_is_not_in_order() {
    let host = free();
    let mut slice = Slice::of(&host.shop, &[sku("mug")], &[], &ada());
    slice.items.push(slice.items[0].clone());
    assert!(slice.into_shop().is_none());
}

#[test]
fn an_order_that_is_named_again_and_again_is_in_a_slice_once() {
    let mut host = free();
    host.place(1, &[("mug", 2)]);
    host.place(2, &[("mug", 1)]);
    let named: Vec<_> = (0..200).map(|nth| order(2 - nth % 2)).collect();
    let slice = Slice::of(&host.shop, &[], &named, &Principal::Staff);
    let orders: Vec<_> = slice.orders.iter().map(|(id, _)| *id).collect();
    assert_eq!(orders, [order(2), order(1)]);
}

#[test]
fn a_request_for_a_slice_is_bounded_and_says_by_what() {
    let asks = |items, orders| {
        let (items, orders) = (vec![sku("mug"); items], vec![order(1); orders]);
        SliceRequest { items, orders }.check()
    };
    assert_eq!(asks(SLICE_ITEMS, SLICE_ORDERS), Ok(()));
    for (items, orders) in [(SLICE_ITEMS + 1, 0), (0, SLICE_ORDERS + 1)] {
        let told = asks(items, orders).unwrap_err().to_string();
        assert!(told.contains("may name 2000 and 1000"), "{told}");
    }
}
