//! The lock on the wire form. Why: golden bytes show that known values are read as before; the
//! lock shows that no type has changed its shape, whatever its value.
//!
//! `core/schema.lock` is generated from the types. A change that only adds at the end of a list of
//! kinds or of an enum, or adds a new type, is taken over by `EARMARK_BLESS=1 cargo test -p earmark
//! --test schema_lock`. Any other change would read what was written before as something else: it
//! needs a new kind or version beside the old one, and is never taken over.
//!
//! Snapshots, slices and answers are not locked: they live within one build. A host throws away
//! snapshots of another plugin and goes back to the journal; an answer is read at once.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod samples;
mod wire;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use earmark::flow::Refusal;
use earmark::schema::{
    COMMANDS, EVENTS, QUERIES, SliceRequest, VERSION, encode_command, encode_event, encode_query,
    from_bytes, to_bytes, v1,
};
use earmark::{flow, fulfilment, inventory, notification, order, payment};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wire::Types;

/// The payload of one kind: how it is met, and whether bytes of the kind are bytes of it.
struct Payload {
    meet: fn(&Types) -> String,
    is: fn(&[u8]) -> bool,
}

/// What `flow::Hear` is on the wire: an event inside has the form of its own kind.
#[derive(Serialize, Deserialize)]
struct HearEvent(u16, Vec<u8>);

fn payload<T: Serialize + DeserializeOwned>() -> Payload {
    let is = |bytes: &[u8]| {
        let value = from_bytes::<T>("a payload", bytes);
        value.is_ok_and(|value| to_bytes(&value).unwrap() == bytes)
    };
    Payload { meet: Types::meet::<T>, is }
}

macro_rules! payloads {
    ($($payload:ty),* $(,)?) => { vec![$(payload::<$payload>()),*] };
}

fn commands() -> Vec<Payload> {
    payloads![
        v1::SetPolicy,
        flow::Tick,
        order::PlaceOrder,
        order::AuthorizePayment,
        order::CancelOrder,
        order::ShipOrder,
        order::DeliverShipment,
        order::RequestReturn,
        order::ReceiveReturn,
        inventory::DefineItem,
        inventory::DefineFacility,
        inventory::ReceiveStock,
        inventory::AdjustStock,
        flow::SetPolicy,
        inventory::SetFacilityRules,
        inventory::SetItemRules,
        inventory::SetUnitPrices,
        inventory::MoveStock,
        inventory::WriteOffStock,
        inventory::SetSafetyStock,
        inventory::CountStock,
        inventory::SetLowStock,
        inventory::SendTransfer,
        inventory::ReceiveTransfer,
        inventory::CancelTransfer,
        inventory::ExpectStock,
        inventory::ReceiveExpected,
        inventory::WithdrawExpected,
        order::ReleaseOrder,
        order::PickOrder,
        order::PackOrder,
        order::RejectFulfilment,
        order::VoidShipping,
        order::LoseShipment,
        order::ReturnToSender,
        order::PlaceHold,
        order::ReleaseHold,
        order::AcceptCancellation,
        order::DeclineCancellation,
        order::ReceiveReturnedUnits,
        order::RefuseReturn,
        order::SaveDraft,
        order::AmendOrder,
        order::ReopenOrder,
        order::CompleteOrder,
        inventory::DefineKit,
        HearEvent,
        fulfilment::AcceptFulfilment,
        payment::RecordAuthorization,
        payment::DeclinePayment,
        payment::RecordCapture,
        payment::DeclineCapture,
        payment::RecordVoid,
        payment::RecordRefund,
        payment::DeclineRefund,
        payment::CapturePayment,
        payment::RefundPayment,
        inventory::SetBackorderLimit,
        order::ReplaceOrder,
        order::ExtendOrder,
    ]
}

fn events() -> Vec<Payload> {
    let mut all = first_events();
    all.extend(later_events());
    all.extend(events_of_payments());
    all
}

fn first_events() -> Vec<Payload> {
    payloads![
        v1::PolicySet,
        order::OrderPlaced,
        order::OrderSourced,
        order::AllocationRequested,
        order::OrderAllocated,
        order::OrderConfirmed,
        order::OrderRejected,
        order::OrderExpired,
        order::OrderLinesCancelled,
        order::OrderCancelled,
        order::OrderUnsourced,
        order::TieReturned,
        order::PaymentAuthorized,
        order::ShipmentShipped,
        order::ShipmentDelivered,
        v1::ReturnRequested,
        order::ReturnReceived,
        order::OrderCompleted,
        order::OrderArchived,
        inventory::ItemDefined,
        inventory::FacilityDefined,
        inventory::StockReceived,
        inventory::StockAdjusted,
        inventory::PromiseStripped,
        inventory::InventoryTied,
        inventory::InventoryRejected,
        inventory::InventoryAllocated,
        inventory::InventoryReleased,
        inventory::InventoryExpired,
        inventory::StockShipped,
        inventory::StockRestocked,
        notification::CustomerNotified,
        notification::OrderForgotten,
        flow::PolicySet,
    ]
}

/// Those that came after the first release.
fn later_events() -> Vec<Payload> {
    payloads![
        inventory::FacilityRulesSet,
        inventory::ItemRulesSet,
        inventory::UnitPricesSet,
        inventory::ParcelsBooked,
        inventory::StockMoved,
        inventory::StockWrittenOff,
        inventory::SafetyStockSet,
        inventory::StockCounted,
        inventory::LowStockSet,
        inventory::LowStock,
        inventory::StockReplenished,
        inventory::OutOfStock,
        inventory::BackInStock,
        inventory::TransferSent,
        inventory::TransferReceived,
        inventory::TransferCancelled,
        inventory::StockExpected,
        inventory::ExpectedReceived,
        inventory::ExpectedWithdrawn,
        inventory::InventoryExtended,
        order::FulfilmentReleased,
        order::ItemsPicked,
        order::ItemsPacked,
        order::FulfilmentRejected,
        order::OrderResourced,
        order::ShippingVoided,
        order::ShipmentLost,
        order::ShipmentReturnedToSender,
        v1::OrderHoldPlaced,
        order::OrderHoldReleased,
        inventory::StockUnshipped,
        order::CancellationRequested,
        order::CancellationAccepted,
        order::CancellationDeclined,
        order::ReturnPartlyReceived,
        order::ReturnRefused,
        order::OrderDrafted,
        order::OrderAmended,
        order::OrderReopened,
        inventory::KitDefined,
        inventory::KitsExploded,
        inventory::ExplosionRejected,
        order::OrderLinesExploded,
        inventory::KitsShort,
        order::OrderKitsAskedAgain,
        fulfilment::WorkRequested,
        fulfilment::FulfilmentAccepted,
        fulfilment::FulfilmentTimedOut,
        fulfilment::WorkAdvanced,
        fulfilment::WorkShipped,
        fulfilment::WorkWithdrawn,
        fulfilment::WorkEnded,
        fulfilment::WorkForgotten,
    ]
}

fn events_of_payments() -> Vec<Payload> {
    payloads![
        order::OrderPaymentDue,
        order::OrderPaymentRecorded,
        payment::PaymentDueRecorded,
        payment::PaymentRequested,
        payment::PaymentRequestWithdrawn,
        payment::PaymentRequestRepeated,
        payment::AuthorizationRecorded,
        payment::PaymentDeclined,
        payment::AuthorizationLapsed,
        payment::CaptureRequested,
        payment::PaymentCaptured,
        payment::CaptureDeclined,
        payment::VoidRequested,
        payment::PaymentVoided,
        payment::RefundGranted,
        payment::RefundRequested,
        payment::PaymentRefunded,
        payment::RefundDeclined,
        payment::PaymentArchived,
        payment::PaymentForgotten,
        inventory::BackorderLimitSet,
        inventory::InventoryBackordered,
        inventory::BackorderFilled,
        inventory::BackorderReleased,
        inventory::BackordersDue,
        order::OrderBackordered,
        order::BackorderSourced,
        order::BackorderDropped,
        order::BackorderReturned,
        order::OrderSetAside,
        order::ReplacementPlaced,
        order::OrderReplaced,
        order::OrderKept,
        order::OrderExtended,
        order::OrderHoldPlaced,
        order::CancellationMet,
        order::OrderStockLost,
        order::OrderPaymentNeeded,
        order::ReturnRequested,
        order::OrderShortened,
    ]
}

fn queries() -> Vec<Payload> {
    payloads![
        flow::PreviewQuery,
        flow::OrderQuery,
        flow::OrdersQuery,
        flow::ItemsQuery,
        flow::StockQuery,
        flow::SummaryQuery,
        flow::ExplainQuery,
        flow::LevelsQuery,
        flow::IncomingQuery,
        flow::AlertsQuery,
        flow::OrderStatusQuery,
        flow::WorklistQuery,
        flow::WorkloadQuery,
        flow::PaymentQuery,
        flow::BackordersQuery,
    ]
}

/// Sections by their heads; those that may grow at their end say so in the head.
type Lock = BTreeMap<String, Vec<String>>;

const GROWS: &str = ", append only";

fn add_types(lock: &mut Lock, types: &Types) {
    for (name, (is_enum, parts)) in types.all() {
        let head = if is_enum { format!("enum {name}{GROWS}") } else { format!("struct {name}") };
        lock.insert(head, parts);
    }
}

/// The lock of the types as they are now.
fn now() -> Lock {
    let types = Types::default();
    let list = |names: Vec<String>, payloads: Vec<Payload>| -> Vec<String> {
        assert_eq!(names.len(), payloads.len(), "name the payload of every kind in this file");
        let told = payloads.iter().map(|payload| (payload.meet)(&types));
        names.iter().zip(told).map(|(name, told)| format!("{name}: {told}")).collect()
    };
    let of_commands = COMMANDS.iter().map(|kind| kind.name.to_string()).collect();
    let of_events = EVENTS.iter().map(|kind| format!("{} v{}", kind.name, kind.version)).collect();
    let of_queries = QUERIES.iter().map(|kind| kind.name.to_string()).collect();
    let mut lock = Lock::new();
    lock.insert(format!("commands{GROWS}"), list(of_commands, commands()));
    lock.insert(format!("events{GROWS}"), list(of_events, events()));
    lock.insert(format!("queries{GROWS}"), list(of_queries, queries()));
    let others = vec![
        format!("refusal: {}", types.meet::<Refusal>()),
        format!("request for a slice: {}", types.meet::<SliceRequest>()),
    ];
    lock.insert(format!("values without a kind{GROWS}"), others);
    lock.insert("version".to_string(), vec![VERSION.to_string()]);
    add_types(&mut lock, &types);
    lock
}

fn write(lock: &Lock) -> String {
    let mut text = String::from(
        "# The wire form: what each kind holds, in the order it is written.\n\
         # Generated by core/tests/schema_lock.rs; its head says what may change, and how.\n",
    );
    for (head, parts) in lock {
        writeln!(text, "\n{head}").unwrap();
        let grows = head.ends_with(GROWS);
        for (place, part) in parts.iter().enumerate() {
            let place = if grows { format!("{place} ") } else { String::new() };
            writeln!(text, "    {place}{part}").unwrap();
        }
    }
    text
}

fn read(text: &str) -> Lock {
    let mut lock = Lock::new();
    let mut head = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(part) = line.strip_prefix("    ") {
            let part = if head.ends_with(GROWS) { part.split_once(' ').unwrap().1 } else { part };
            lock.get_mut(&head).unwrap().push(part.to_string());
        } else {
            head = line.to_string();
            lock.insert(head.clone(), Vec::new());
        }
    }
    lock
}

/// What breaks, and what is only added.
#[derive(Debug, Default, PartialEq)]
struct Changes {
    breaks: Vec<String>,
    adds: Vec<String>,
}

fn compare(old: &Lock, new: &Lock) -> Changes {
    let mut changes = Changes::default();
    for (head, was) in old {
        let Some(is) = new.get(head) else {
            changes.breaks.push(format!("`{head}` is gone"));
            continue;
        };
        for (place, part) in was.iter().enumerate() {
            match is.get(place) {
                Some(same) if same == part => {}
                Some(other) => changes
                    .breaks
                    .push(format!("`{head}`: place {place} was `{part}` and is `{other}`")),
                None => changes.breaks.push(format!("`{head}`: place {place}, `{part}`, is gone")),
            }
        }
        for part in is.iter().skip(was.len()) {
            let told = format!("`{head}`: `{part}` is new at the end");
            let side = if head.ends_with(GROWS) { &mut changes.adds } else { &mut changes.breaks };
            side.push(told);
        }
    }
    let fresh = new.keys().filter(|head| !old.contains_key(*head));
    changes.adds.extend(fresh.map(|head| format!("`{head}` is new")));
    changes
}

#[test]
fn the_wire_form_is_the_one_that_is_locked() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.lock");
    let old = read(&std::fs::read_to_string(path).unwrap_or_default());
    let new = now();
    assert_eq!(read(&write(&new)), new, "the lock reads what it writes");
    let Changes { breaks, adds } = compare(&old, &new);
    assert!(
        breaks.is_empty(),
        "the wire form is broken: what was written before would be read as something else.\n  \
         {}\nKeep the old form, and add a new kind, variant or version at the end.",
        breaks.join("\n  ")
    );
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::write(path, write(&new)).unwrap();
        return;
    }
    assert!(
        adds.is_empty(),
        "the wire form has grown:\n  {}\nIf that is meant, EARMARK_BLESS=1 takes it over.",
        adds.join("\n  ")
    );
}

#[test]
fn the_payloads_named_here_are_those_of_the_kinds() {
    let check = |what: &str, payloads: &[Payload], (kind, bytes): (u16, Vec<u8>)| {
        let payload = &payloads[usize::from(kind)];
        assert!((payload.is)(&bytes), "{what} {kind} has another payload than this file says");
    };
    for sample in samples::commands() {
        check("command", &commands(), encode_command(&sample.value, vec![]).unwrap().unwrap());
    }
    for sample in samples::events() {
        check("event", &events(), encode_event(&sample.value, vec![]).unwrap().unwrap());
    }
    for sample in samples::queries() {
        check("query", &queries(), encode_query(&sample.value, vec![]).unwrap().unwrap());
    }
}

/// Declares a version of two example types in a module of its own.
macro_rules! version {
    ($module:ident { $($parts:tt)* } { $($variants:tt)* }) => {
        mod $module {
            #[derive(super::Deserialize)]
            #[allow(dead_code, reason = "only its shape is of interest")]
            pub(super) struct Parcel { $($parts)* }
            #[derive(super::Deserialize)]
            #[allow(dead_code, reason = "only its shape is of interest")]
            pub(super) enum State { $($variants)* }
        }
    };
}

version!(released { id: u32, state: State, tags: Vec<String> } { Open, Sent { at: u64 } });
version!(reordered { id: u32, state: State, tags: Vec<String> } { Sent { at: u64 }, Open });
version!(inserted { id: u32, no: u8, state: State, tags: Vec<String> } { Open, Sent { at: u64 } });
version!(added { id: u32, state: State, tags: Vec<String>, no: u8 } { Open, Sent { at: u64 } });
version!(removed { id: u32, tags: Vec<String> } { Open, Sent { at: u64 } });
version!(swapped { state: State, id: u32, tags: Vec<String> } { Open, Sent { at: u64 } });
version!(widened { id: u64, state: State, tags: Vec<String> } { Open, Sent { at: u64 } });
version!(optional { id: u32, state: State, tags: Vec<String> } { Open, Sent { at: Option<u64> } });
version!(dropped { id: u32, state: State, tags: Vec<String> } { Open });
version!(grown { id: u32, state: State, tags: Vec<String> } { Open, Sent { at: u64 }, Lost(u8) });

fn lock_of<'de, Parcel: Deserialize<'de>, State: Deserialize<'de>>() -> Lock {
    let (types, mut lock) = (Types::default(), Lock::new());
    types.meet::<Parcel>();
    types.meet::<State>();
    add_types(&mut lock, &types);
    lock
}

#[test]
fn every_change_that_postcard_would_misread_is_caught() {
    macro_rules! changes {
        ($module:ident) => {
            compare(
                &lock_of::<released::Parcel, released::State>(),
                &lock_of::<$module::Parcel, $module::State>(),
            )
        };
    }
    assert_eq!(changes!(released), Changes::default());
    for (how, changes) in [
        ("reordered variants", changes!(reordered)),
        ("an inserted field", changes!(inserted)),
        ("a field at the end", changes!(added)),
        ("a removed field", changes!(removed)),
        ("swapped fields", changes!(swapped)),
        ("a wider number", changes!(widened)),
        ("an option", changes!(optional)),
        ("a dropped variant", changes!(dropped)),
    ] {
        assert!(!changes.breaks.is_empty(), "{how}: {changes:?}");
    }
    let grown = changes!(grown);
    assert_eq!(grown.breaks, Vec::<String>::new(), "a variant at the end breaks nothing");
    assert_eq!(grown.adds, ["`enum State, append only`: `Lost(u8)` is new at the end"]);
}

#[test]
fn a_kind_that_moves_or_changes_its_version_is_caught() {
    let mut moved = now();
    moved.get_mut(&format!("commands{GROWS}")).unwrap().swap(0, 1);
    assert_eq!(compare(&now(), &moved).breaks.len(), 2);
    let mut renamed = now();
    let events = renamed.get_mut(&format!("events{GROWS}")).unwrap();
    events[1] = events[1].replace("v1", "v2");
    assert_eq!(compare(&now(), &renamed).breaks.len(), 1);
    assert_eq!(compare(&now(), &Lock::new()).adds, Vec::<String>::new());
}
