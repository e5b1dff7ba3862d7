//! The door of ABI 1 with the whole shop behind it: calls that nobody made.
//!
//! Law: every call has an answer that can be read; one that failed changed nothing, unless the
//! plugin says that it is broken, which it then stays; and no command brings about a state that
//! breaks a law of the shop.

use std::sync::OnceLock;

use bolero::{TypeGenerator, check};
use earmark::ids::{ItemRef, Text};
use earmark::schema::{SliceRequest, to_bytes};
use earmark_abi::{
    Answer, Call, CallKind, Description, FailureKind, Form, Input, Outcome, Principal, Turn,
    Verdict, decode, encode,
};
use earmark_wasm::{Door, Plugin as _, ShopPlugin};
use serde_json::{Value, json};

use crate::damage::{Damage, one};
use crate::http_support::order;

const AT: u64 = 1_700_000_000_000;
/// How many commands open the shop; the others are about an order.
const OPENING: usize = 4;
const ORDER: &str = "018bcfe5-6800-7000-8000-000000000001";

/// Calls to a door, one after the other; what is damaged is the call or what it carries.
#[derive(Debug, Clone, TypeGenerator)]
struct Asked {
    calls: Vec<(u8, Damage, bool)>,
}

type Shop = Door<ShopPlugin>;

fn ask(door: &mut Shop, call: &[u8]) -> Vec<u8> {
    let answer = door.call(call).to_vec();
    decode::<Answer<'_>>("an answer", &answer).expect("every answer can be read");
    answer
}

fn asked(door: &mut Shop, call: &Call<'_>) -> Vec<u8> {
    ask(door, &encode(call).unwrap())
}

/// The digest of the state; none if the plugin is broken.
fn digest(door: &mut Shop) -> Option<[u8; 32]> {
    match decode("an answer", &asked(door, &Call::Digest)).unwrap() {
        Answer::Digest(digest) => Some(digest),
        Answer::Failed(failure) if failure.kind == FailureKind::Broken => None,
        other => panic!("{other:?}"),
    }
}

fn keeps_the_laws(door: &mut Shop) {
    match decode("an answer", &asked(door, &Call::Audit)).unwrap() {
        Answer::Audited(audited) => assert!(audited.broken.is_empty(), "{:?}", audited.broken),
        other => panic!("{other:?}"),
    }
}

/// The bytes of a JSON form.
fn from_json(door: &mut Shop, form: Form, kind: u16, json: &Value) -> Vec<u8> {
    let json = json.to_string();
    let answer = asked(door, &Call::FromJson { form, kind, json: json.as_bytes() });
    match decode("an answer", &answer).unwrap() {
        Answer::Bytes(bytes) => bytes.to_vec(),
        other => panic!("{json}: {other:?}"),
    }
}

/// What the calls carry: commands with their kinds, a query, a slice's request, a snapshot.
struct Things {
    commands: Vec<(u16, Vec<u8>)>,
    queries: Vec<(u16, Vec<u8>)>,
    events: Vec<(u16, Vec<u8>)>,
    slice: Vec<u8>,
    snapshot: Vec<u8>,
}

fn says() -> &'static Description {
    static SAYS: OnceLock<Description> = OnceLock::new();
    SAYS.get_or_init(ShopPlugin::describe)
}

fn command_kind(name: &str) -> u16 {
    let found = says().commands.iter().position(|one| one.name == name);
    u16::try_from(found.unwrap()).unwrap()
}

fn query_kind(name: &str) -> u16 {
    let found = says().queries.iter().position(|one| one.name == name);
    u16::try_from(found.unwrap()).unwrap()
}

fn opening() -> Vec<(&'static str, Value)> {
    let place = |code: &str, lat: i64| {
        json!({ "code": code, "name": code, "country": "GB",
            "location": { "lat": lat, "lon": -1_000_000 } })
    };
    vec![
        ("DefineFacility", place("LON", 51_500_000)),
        ("DefineFacility", place("MAN", 53_480_000)),
        ("DefineItem", json!({ "sku": "MUG", "name": "MUG", "unitPrice": "2.50" })),
        (
            "ReceiveStock",
            json!({ "item": { "sku": "MUG" }, "facility": { "code": "LON" },
                "tier": "primary", "quantity": 100 }),
        ),
        ("PlaceOrder", order(ORDER, 3)),
        ("CancelOrder", json!({ "order": ORDER, "reason": "customer" })),
    ]
}

fn staff() -> Vec<Principal<'static>> {
    vec![Principal { subject: "erin", scopes: vec!["staff"] }]
}

fn turn(commands: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let input = |(kind, command): &(u16, Vec<u8>)| (*kind, command.clone());
    let owned: Vec<_> = commands.iter().map(input).collect();
    let inputs = owned.iter().map(|(kind, command)| Input { at: AT, by: 0, kind: *kind, command });
    encode(&Call::Turn(Turn { principals: staff(), inputs: inputs.collect(), chain: None }))
        .unwrap()
}

/// A shop that has been opened.
fn open(things: Option<&Things>) -> Shop {
    let mut door = Shop::default();
    asked(&mut door, &Call::Configure { roles: vec![] });
    if let Some(things) = things {
        ask(&mut door, &turn(&things.commands[..OPENING]));
    }
    door
}

fn things() -> &'static Things {
    static THINGS: OnceLock<Things> = OnceLock::new();
    THINGS.get_or_init(|| {
        let mut door = open(None);
        let of = |door: &mut Shop, (name, json): &(&str, Value)| {
            let kind = command_kind(name);
            (kind, from_json(door, Form::Command, kind, json))
        };
        let commands: Vec<_> = opening().iter().map(|one| of(&mut door, one)).collect();
        let answer = ask(&mut door, &turn(&commands));
        let Answer::Turned(turned) = decode("an answer", &answer).unwrap() else { panic!() };
        let mut events = Vec::new();
        for outcome in turned.outcomes.iter().skip(OPENING) {
            let outcome: Outcome<'_> = decode("an outcome", outcome).unwrap();
            let Verdict::Accepted { events: some } = outcome.verdict else { panic!("{outcome:?}") };
            events.extend(some.iter().map(|event| (event.kind, event.body.to_vec())));
        }
        assert!(events.len() >= 4, "{} events", events.len());
        let queries = ["Order", "Stock", "Summary"].map(|name| {
            let kind = query_kind(name);
            let json = match name {
                "Order" => json!({ "order": ORDER }),
                "Stock" => json!({ "items": [{ "sku": "MUG" }] }),
                _ => json!({}),
            };
            (kind, from_json(&mut door, Form::Query, kind, &json))
        });
        let snapshot = match decode("an answer", &asked(&mut door, &Call::Snapshot)).unwrap() {
            Answer::Bytes(bytes) => bytes.to_vec(),
            other => panic!("{other:?}"),
        };
        let items = vec![ItemRef::Sku(Text::new("MUG").unwrap())];
        let slice = to_bytes(&SliceRequest { items, orders: vec![] }).unwrap();
        Things { commands, queries: queries.to_vec(), events, slice, snapshot }
    })
}

/// A call that is right but for what it carries, which is damaged if `inside`.
fn call(which: u8, damage: &Damage, inside: bool) -> Vec<u8> {
    let things = things();
    let of = |bytes: &[u8]| if inside { damage.of(bytes) } else { bytes.to_vec() };
    let by = staff().remove(0);
    let at = |list: &[(u16, Vec<u8>)]| {
        let (kind, bytes) = one(list, which / 12);
        (*kind, of(bytes))
    };
    let whole = match which % 12 {
        0 => encode(&Call::Snapshot),
        1 => encode(&Call::Configure { roles: vec!["order", "inventory"] }),
        2 => encode(&Call::Restore { snapshot: &of(&things.snapshot) }),
        3..=5 => Ok(turn(&[at(&things.commands)])),
        6 => {
            let events: Vec<_> =
                things.events.iter().map(|(kind, body)| (*kind, of(body))).collect();
            let events = events.iter().map(|(kind, body)| (*kind, body.as_slice())).collect();
            encode(&Call::Apply { events })
        }
        7 => {
            let (kind, body) = at(&things.queries);
            encode(&Call::Query { by, kind, body: &body })
        }
        8 => encode(&Call::Slice { by, body: &of(&things.slice) }),
        9 => {
            let all = opening();
            let (name, json) = one(&all, which / 12);
            let json = of(json.to_string().as_bytes());
            encode(&Call::FromJson { form: Form::Command, kind: command_kind(name), json: &json })
        }
        10 => {
            let (kind, bytes) = at(&things.events);
            encode(&Call::ToJson { form: Form::Event, kind, bytes: &bytes })
        }
        _ => encode(&Call::Audit),
    };
    let whole = whole.unwrap();
    if inside { whole } else { damage.of(&whole) }
}

#[test]
fn calls() {
    // Without damage each is understood, or nothing behind the first check was ever reached.
    for which in 0..=u8::MAX {
        let answer = ask(&mut open(Some(things())), &call(which, &Damage::none(), true));
        let answer = decode("an answer", &answer).unwrap();
        assert!(!matches!(answer, Answer::Failed(_)), "{which}: {answer:?}");
    }
    check!().with_type::<Asked>().with_iterations(400).for_each(|asked: &Asked| {
        let (mut door, mut is_shop) = (open(Some(things())), true);
        for (which, damage, inside) in asked.calls.iter().take(8) {
            let before = digest(&mut door);
            let whole = call(*which, damage, *inside);
            let answer = ask(&mut door, &whole);
            if let Ok(Answer::Failed(failure)) = decode("an answer", &answer) {
                let same = failure.kind == FailureKind::Broken || digest(&mut door) == before;
                assert!(same, "a call that failed changed the state: {failure:?}");
            }
            let kind = CallKind::of(&whole);
            is_shop &=
                !matches!(kind, Some(CallKind::Configure | CallKind::Restore | CallKind::Apply));
        }
        if is_shop {
            keeps_the_laws(&mut door);
        }
    });
}
