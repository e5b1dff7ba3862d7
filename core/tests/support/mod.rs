//! A small shop for tests: two facilities, two items, and words to drive it.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

pub(crate) mod alone;
pub(crate) mod kits;
pub(crate) mod payments;

use earmark::decide::{Context, Principal};
use earmark::demand::Destination;
use earmark::flow::{Command, Event, Refusal, SetPolicy, Shop, Tick};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ItemRef, OrderId, Text, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, GatewaySpec, InventoryCommand,
    ReceiveStock,
};
use earmark::order::{Order, OrderCommand, OrderLine, PlaceOrder};
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy};
use earmark::time::{Span, Timestamp};
use earmark::units::{Currency, Quantity, UnitPrice};

/// The moment the tests begin.
pub(crate) const START: u64 = 1_700_000_000_000;

pub(crate) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn sku(name: &str) -> ItemRef {
    ItemRef::Sku(text(name))
}

pub(crate) fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

/// The n-th order id of the tests.
pub(crate) fn order(n: u8) -> OrderId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&START.to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes[15] = n;
    OrderId::from_bytes(bytes).unwrap()
}

pub(crate) fn place(n: u8, lines: &[(&str, u32)]) -> PlaceOrder {
    let line = |&(item, quantity): &(&str, u32)| OrderLine {
        item: sku(item),
        quantity: units(quantity),
        unit_price: UnitPrice(12_345),
    };
    PlaceOrder {
        order: order(n),
        number: None,
        customer: Some(text("ada")),
        currency: Currency::GBP,
        lines: lines.iter().map(line).collect(),
        destination: Destination {
            country: Country::new("GB").unwrap(),
            location: GeoPoint { lat: 51_507_400, lon: -127_800 },
        },
    }
}

/// A shop that is asked one thing after another.
pub(crate) struct Desk {
    pub(crate) shop: Shop,
    pub(crate) now: u64,
    pub(crate) history: Vec<Event>,
}

impl Desk {
    /// London has 10 mugs to hand and 5 behind; Leeds 10 mugs and 4 pens.
    pub(crate) fn open() -> Self {
        let mut desk = Self { shop: Shop::default(), now: START, history: Vec::new() };
        for (code, lat, lon) in [("LON", 51_507_400, -127_800), ("LDS", 53_801_300, -1_549_100)] {
            desk.must(Command::Inventory(InventoryCommand::DefineFacility(DefineFacility {
                code: text(code),
                name: text(code),
                country: Country::new("GB").unwrap(),
                location: GeoPoint { lat, lon },
                gateways: vec![GatewaySpec {
                    iata: text("LHR"),
                    location: GeoPoint { lat: 51_470_000, lon: -454_300 },
                }],
            })));
        }
        for name in ["mug", "pen"] {
            desk.must(Command::Inventory(InventoryCommand::DefineItem(DefineItem {
                sku: text(name),
                name: text(name),
                unit_price: UnitPrice(10_000),
            })));
        }
        desk.receive("mug", "LON", Tier::Primary, 10);
        desk.receive("mug", "LON", Tier::Back, 5);
        desk.receive("mug", "LDS", Tier::Primary, 10);
        desk.receive("pen", "LDS", Tier::Primary, 4);
        desk
    }

    /// The same, where orders wait an hour for a payment.
    pub(crate) fn open_with_payment() -> Self {
        let mut desk = Self::open();
        let payment = PaymentPolicy::required(Span::from_millis(3_600_000));
        let orders = OrderPolicy { payment, ..OrderPolicy::default() };
        let policy = Policy { orders, ..Policy::default() };
        desk.must(Command::SetPolicy(SetPolicy { policy }));
        desk
    }

    pub(crate) fn receive(&mut self, item: &str, facility: &str, tier: Tier, quantity: u32) {
        self.must(Command::Inventory(InventoryCommand::Receive(ReceiveStock {
            item: sku(item),
            facility: FacilityRef::Code(text(facility)),
            tier,
            quantity: units(quantity),
        })));
    }

    pub(crate) fn adjust(&mut self, facility: &str, tier: Tier, seen: Adjustment, quantity: u32) {
        self.must(Command::Inventory(InventoryCommand::Adjust(AdjustStock {
            item: sku("mug"),
            facility: FacilityRef::Code(text(facility)),
            tier,
            adjustment: seen,
            quantity: units(quantity),
        })));
    }

    /// Asks as staff; the laws must hold after every answer, and no event lists no units.
    pub(crate) fn ask(&mut self, command: Command) -> Result<Vec<Event>, Refusal> {
        self.ask_as(Principal::Staff, command)
    }

    pub(crate) fn ask_as(
        &mut self,
        by: Principal,
        command: Command,
    ) -> Result<Vec<Event>, Refusal> {
        let before = self.shop.clone();
        let context = Context { at: Timestamp::from_millis(self.now), by };
        let settled = self.shop.settle(&command, &context).expect("the state holds");
        let audit = self.shop.audit();
        assert!(audit.broken.is_empty(), "after {command:?}: {:?}", audit.broken);
        match &settled {
            Ok(events) => {
                let empty = events.iter().find(|event| tells_of_nothing(event));
                assert!(empty.is_none(), "after {command:?}: no units in {empty:?}");
                self.history.extend(events.iter().cloned());
            }
            Err(_) => assert_eq!(self.shop, before, "a refusal changes nothing"),
        }
        settled
    }

    pub(crate) fn order(&mut self, command: OrderCommand) -> Result<Vec<Event>, Refusal> {
        self.ask(Command::Order(command))
    }

    pub(crate) fn must(&mut self, command: Command) -> Vec<Event> {
        let told = format!("{command:?}");
        self.ask(command).unwrap_or_else(|refusal| panic!("{told}: {refusal}"))
    }

    pub(crate) fn place(&mut self, n: u8, lines: &[(&str, u32)]) -> Vec<Event> {
        self.must(Command::Order(OrderCommand::Place(place(n, lines))))
    }

    pub(crate) fn pass(&mut self, millis: u64) -> Vec<Event> {
        self.now += millis;
        self.must(Command::Tick(Tick {}))
    }

    pub(crate) fn at_hand(&self, n: u8) -> &Order {
        self.shop.orders().get(order(n)).expect("the order is at hand")
    }

    pub(crate) fn available(&self, item: &str) -> u64 {
        self.shop.inventory().item(&sku(item)).unwrap().1.available()
    }
}

/// Whether an event lists units of something, and there are none.
pub(crate) fn tells_of_nothing(event: &Event) -> bool {
    fn lists_none(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Array(list) => {
                list.iter().any(|of| of["quantity"] == 0 || lists_none(of))
            }
            serde_json::Value::Object(of) => of.values().any(lists_none),
            _ => false,
        }
    }
    lists_none(&serde_json::to_value(event).unwrap())
}

/// The names of events, as people say them.
pub(crate) fn names(events: &[Event]) -> Vec<&'static str> {
    let name = |event: &Event| {
        let (kind, _) = earmark::schema::encode_event(event, Vec::new()).unwrap().unwrap();
        earmark::schema::EVENTS[usize::from(kind)].name
    };
    events.iter().map(name).collect()
}
