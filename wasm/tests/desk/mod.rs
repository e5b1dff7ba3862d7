//! A door to knock at: calls as values, answers as values, and a day in a shop to send through.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use earmark::decide::Principal as Who;
use earmark::demand::Destination;
use earmark::flow::{Command, SetPolicy, Tick};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ItemRef, LineNumber, OrderId, Text, Tier};
use earmark::inventory::{
    AdjustStock, Adjustment, DefineFacility, DefineItem, InventoryCommand as I, ReceiveStock,
};
use earmark::order::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, Disposition, LineRef, LineUnits,
    OrderCommand as O, OrderLine, PlaceOrder, ReceiveReturn, RequestReturn, ShipOrder,
};
use earmark::policy::{OrderPolicy, PaymentPolicy, Policy};
use earmark::schema::{encode_command, to_bytes};
use earmark::time::Span;
use earmark::units::{Amount, Currency, Quantity, UnitPrice};
use earmark_abi::{Answer, Call, Failure, Input, Outcome, Principal, Turn, decode, encode};
use earmark_wasm::{Door, ShopPlugin};

pub(crate) const START: u64 = 1_700_000_000_000;

/// Time flies: of some hundred inputs the first orders are archived, two days after their end.
const PACE: u64 = 3_500;

/// A door with a shop behind it.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) door: Door<ShopPlugin>,
}

impl Desk {
    pub(crate) fn configured() -> Self {
        let mut desk = Self::default();
        desk.done(&Call::Configure { roles: vec![] });
        desk
    }

    /// Bytes in, an answer out: it must always be one.
    pub(crate) fn raw(&mut self, call: &[u8]) -> Answer<'_> {
        decode("an answer", self.door.call(call)).expect("the answer can be read")
    }

    pub(crate) fn ask(&mut self, call: &Call<'_>) -> Answer<'_> {
        self.raw(&encode(call).unwrap())
    }

    pub(crate) fn done(&mut self, call: &Call<'_>) {
        let answer = self.ask(call);
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }

    pub(crate) fn failed(&mut self, call: &Call<'_>) -> Failure {
        match self.ask(call) {
            Answer::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn bytes(&mut self, call: &Call<'_>) -> Vec<u8> {
        match self.ask(call) {
            Answer::Bytes(bytes) => bytes.to_vec(),
            other => panic!("{call:?}: {other:?}"),
        }
    }

    pub(crate) fn digest(&mut self) -> [u8; 32] {
        match self.ask(&Call::Digest) {
            Answer::Digest(digest) => digest,
            other => panic!("{other:?}"),
        }
    }

    /// One turn: the outcomes, and the chain carried on.
    pub(crate) fn turn(&mut self, turn: Turn<'_>) -> (Vec<Vec<u8>>, Option<[u8; 32]>) {
        match self.ask(&Call::Turn(turn)) {
            Answer::Turned(turned) => {
                let outcomes = turned.outcomes.iter().map(|outcome| outcome.to_vec()).collect();
                (outcomes, turned.chain)
            }
            other => panic!("{other:?}"),
        }
    }

    /// One command; the outcome as bytes.
    pub(crate) fn command(&mut self, by: &Principal<'_>, command: &Command) -> Vec<u8> {
        let (kind, command) = encode_command(command, Vec::new()).unwrap().unwrap();
        let inputs = vec![Input { at: START + 1_000_000, by: 0, kind, command: &command }];
        let principals = vec![by.clone()];
        self.turn(Turn { principals, inputs, chain: None }).0.remove(0)
    }
}

pub(crate) fn outcome(bytes: &[u8]) -> Outcome<'_> {
    decode("an outcome", bytes).unwrap()
}

pub(crate) fn customer(subject: &str) -> Principal<'_> {
    Principal { subject, scopes: vec!["orders:write", "orders:read"] }
}

pub(crate) fn staff() -> Principal<'static> {
    Principal { subject: "erin", scopes: vec!["staff"] }
}

/// The principals of a day; inputs name them by index.
pub(crate) fn principals() -> Vec<Principal<'static>> {
    let flow = Principal { subject: "clock", scopes: vec!["flow"] };
    vec![staff(), customer("ada"), customer("bob"), flow, customer("")]
}

/// An input that owns its command.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) by: u16,
    pub(crate) kind: u16,
    pub(crate) command: Vec<u8>,
}

impl Sent {
    pub(crate) fn input(&self) -> Input<'_> {
        Input { at: self.at, by: self.by, kind: self.kind, command: &self.command }
    }
}

/// Numbers that look random and are the same every time (splitmix64 by S. Vigna).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }

    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = self.below(most + 1);
        (0..len).map(|_| self.roll() as u8).collect()
    }
}

/// A day in a shop: the opening, and then anything that may come, nonsense included.
pub(crate) fn day(seed: u64, inputs: usize) -> Vec<Sent> {
    let mut dice = Dice(seed);
    let mut at = START;
    let mut all: Vec<Sent> = opening().iter().map(|command| sent(at, 0, command)).collect();
    while all.len() < inputs {
        at += [0, 0, 1, 70, 900][dice.below(5)] * PACE;
        let by = [0, 0, 0, 0, 1, 1, 1, 2, 3, 4][dice.below(10)];
        let mut next = sent(at, by, &command(&mut dice, at));
        if dice.below(40) == 0 {
            next.command.pop();
        }
        if dice.below(60) == 0 {
            next.kind = 999;
        }
        all.push(next);
    }
    all
}

fn sent(at: u64, by: u16, command: &Command) -> Sent {
    let (kind, command) = encode_command(command, Vec::new()).unwrap().unwrap();
    Sent { at, by, kind, command }
}

const ITEMS: [&str; 3] = ["mug", "pen", "hat"];
const PLACES: [(&str, i32); 2] = [("LON", 51_507_400), ("LDS", 53_801_300)];

pub(crate) fn opening() -> Vec<Command> {
    let country = Country::new("GB").unwrap();
    let facility = |(code, lat): (&str, i32)| DefineFacility {
        code: text(code),
        name: text(code),
        country,
        location: GeoPoint { lat, lon: -127_800 },
        gateways: vec![],
    };
    let item =
        |sku: &str| DefineItem { sku: text(sku), name: text(sku), unit_price: UnitPrice(10_000) };
    let payment = PaymentPolicy::required(Span::from_millis(6_000 * PACE));
    let orders =
        OrderPolicy { payment, archive_after: Span::from_days(2), ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    let mut all = vec![Command::SetPolicy(SetPolicy { policy })];
    all.extend(PLACES.map(facility).map(I::DefineFacility).map(Command::Inventory));
    all.extend(["mug", "pen"].map(item).map(I::DefineItem).map(Command::Inventory));
    for (n, (place, _)) in (0..4).zip(PLACES.iter().cycle()) {
        all.push(Command::Inventory(I::Receive(ReceiveStock {
            item: sku(ITEMS[n / 2]),
            facility: FacilityRef::Code(text(place)),
            tier: Tier::Primary,
            quantity: units(40),
        })));
    }
    all
}

/// A command about one of the few orders of these minutes.
fn command(dice: &mut Dice, at: u64) -> Command {
    let newest = (at - START) / (2_000 * PACE);
    let order = order_id(newest.saturating_sub(dice.below(6) as u64) as u16);
    let line = |n| LineUnits { line: LineRef::Number(LineNumber(0)), quantity: units(n) };
    let lines = vec![line(1 + dice.below(3) as u32)];
    Command::Order(match dice.below(14) {
        0..=3 => O::Place(place(order, dice.below(5) % 3, 1 + dice.below(4) as u32)),
        4 | 5 => {
            let amount = Amount { currency: Currency::GBP, minor: 100_000 };
            O::AuthorizePayment(AuthorizePayment { order, amount })
        }
        6 => O::Cancel(CancelOrder { order, lines: None, reason: CancelReason::Customer }),
        7 => O::Cancel(CancelOrder { order, lines: Some(lines), reason: CancelReason::Staff }),
        8 => O::Ship(ShipOrder { order, facility: None }),
        9 => O::Deliver(DeliverShipment { order, shipment: None }),
        10 => O::RequestReturn(RequestReturn { order, lines }),
        11 => {
            let (number, facility, disposition) = (None, None, Disposition::Restock);
            O::ReceiveReturn(ReceiveReturn { order, number, facility, disposition })
        }
        12 => return Command::Tick(Tick {}),
        _ => return Command::Inventory(adjust(dice)),
    })
}

fn adjust(dice: &mut Dice) -> I {
    I::Adjust(AdjustStock {
        item: sku(ITEMS[dice.below(3)]),
        facility: FacilityRef::Code(text(PLACES[dice.below(2)].0)),
        tier: Tier::Primary,
        adjustment: [Adjustment::Found, Adjustment::Lost, Adjustment::Damaged][dice.below(3)],
        quantity: units(1 + dice.below(9) as u32),
    })
}

pub(crate) fn place(order: OrderId, item: usize, quantity: u32) -> PlaceOrder {
    let location = GeoPoint { lat: 51_500_000, lon: 0 };
    let (item, quantity) = (sku(ITEMS[item]), units(quantity));
    PlaceOrder {
        order,
        number: None,
        customer: Some(text("ada")),
        currency: Currency::GBP,
        lines: vec![OrderLine { item, quantity, unit_price: UnitPrice(10_000) }],
        destination: Destination { country: Country::new("GB").unwrap(), location },
    }
}

pub(crate) fn order_id(n: u16) -> OrderId {
    let mut bytes = [0; 16];
    let made = START + u64::from(n) * 2_000 * PACE;
    bytes[..6].copy_from_slice(&made.to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes[14..].copy_from_slice(&n.to_be_bytes());
    OrderId::from_bytes(bytes).unwrap()
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn sku(name: &str) -> ItemRef {
    ItemRef::Sku(text(name))
}

pub(crate) fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

/// A request for a slice of everything the tests have.
pub(crate) fn slice_request() -> Vec<u8> {
    let orders = (0..12).map(order_id).collect();
    let items = vec![sku("mug"), sku("pen")];
    to_bytes(&earmark::schema::SliceRequest { items, orders }).unwrap()
}

/// The core's own word for a customer, to hold the door's translation against.
pub(crate) fn who(subject: &str) -> Who {
    Who::Customer(text(subject))
}
