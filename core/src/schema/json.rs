//! The readable form: JSON in and out, and the JSON Schemas generated from the types.
//!
//! Law: what is read from JSON and written as JSON again is the same value.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use super::kinds::{each_command, each_event, each_query};
use super::{NotReadable, SliceRequest, v1};
use crate::flow::{self, Answer, Command, Event, Query, Refusal};
use crate::fulfilment::{self, FulfilmentCommand as F, FulfilmentEvent as FE};
use crate::inventory::{self, InventoryCommand as I, InventoryEvent as IE};
use crate::notification::{self, NotificationEvent as NE};
use crate::order::{self, OrderCommand as O, OrderEvent as OE};
use crate::payment::{self, PaymentCommand as P, PaymentEvent as PE};

/// Reads a payload, or an old one that becomes it.
macro_rules! payload_of {
    ($name:expr, $json:expr, $payload:ty) => {
        read::<$payload>($name, $json)?
    };
    ($name:expr, $json:expr, $payload:ty, $old:ty) => {
        <$payload>::from(read::<$old>($name, $json)?)
    };
}

/// The schema of a payload, in the form that its kind is read in.
macro_rules! schema_of {
    ($payload:ty) => {
        schema::<$payload>()
    };
    ($payload:ty, $old:ty) => {
        schema::<$old>()
    };
}

/// A function over kinds that matches on the kind.
macro_rules! from_json {
    ($(
        $kind:literal $name:ident ($p:ident: $payload:ty $(, from $old:ty)?) { $($form:tt)* }
    )*) => {
        /// The command of a kind from its JSON.
        ///
        /// # Errors
        /// [`NotReadable`] for an unknown kind, or JSON that is not of its form.
        pub fn command_from_json(kind: u16, json: &[u8]) -> Result<Command, NotReadable> {
            match kind {
                $($kind => {
                    let $p: $payload = payload_of!(stringify!($name), json, $payload $(, $old)?);
                    Ok($($form)*)
                })*
                _ => Err(unknown("command")),
            }
        }

        /// The JSON of a command; none for one that never leaves the core.
        ///
        /// # Errors
        /// [`NotReadable`] if it can't be written, which none brings about.
        #[allow(unreachable_patterns, reason = "an old kind has the value of the one in force")]
        pub fn command_to_json(command: &Command) -> Result<Option<Vec<u8>>, NotReadable> {
            match command {
                $($($form)* => write($p).map(Some),)*
                _ => Ok(None),
            }
        }

        /// The JSON Schema of a kind of command, as JSON.
        #[must_use]
        pub fn command_schema(kind: u16) -> String {
            match kind {
                $($kind => schema_of!($payload $(, $old)?),)*
                _ => String::new(),
            }
        }
    };
}
each_command!(from_json);

macro_rules! events_to_json {
    ($(
        $kind:literal $name:ident ($p:ident: $payload:ty $(, from $old:ty)?) { $($form:tt)* }
    )*) => {
        /// The JSON of an event.
        ///
        /// # Errors
        /// [`NotReadable`] if it can't be written, which none brings about.
        #[allow(unreachable_patterns, reason = "an old kind has the value of the one in force")]
        pub fn event_to_json(event: &Event) -> Result<Vec<u8>, NotReadable> {
            match event { $($($form)* => write($p),)* }
        }

        /// The JSON Schema of a kind of event, as JSON.
        #[must_use]
        pub fn event_schema(kind: u16) -> String {
            match kind {
                $($kind => schema_of!($payload $(, $old)?),)*
                _ => String::new(),
            }
        }
    };
}
each_event!(events_to_json);

macro_rules! queries {
    ($(
        $kind:literal $name:ident ($p:ident: $payload:ty $(, from $old:ty)?) { $($form:tt)* }
    )*) => {
        /// The query of a kind from its JSON.
        ///
        /// # Errors
        /// As [`command_from_json`].
        pub fn query_from_json(kind: u16, json: &[u8]) -> Result<Query, NotReadable> {
            match kind {
                $($kind => {
                    let $p: $payload = payload_of!(stringify!($name), json, $payload $(, $old)?);
                    Ok($($form)*)
                })*
                _ => Err(unknown("query")),
            }
        }

        /// The JSON Schema of a kind of query, as JSON.
        #[must_use]
        pub fn query_schema(kind: u16) -> String {
            match kind {
                $($kind => schema_of!($payload $(, $old)?),)*
                _ => String::new(),
            }
        }
    };
}
each_query!(queries);

/// The JSON of an answer: what is inside, without the name of the question.
///
/// # Errors
/// [`NotReadable`] if it can't be written, which none brings about.
pub fn answer_to_json(answer: &Answer) -> Result<Vec<u8>, NotReadable> {
    match answer {
        Answer::Preview(inside) => write(inside),
        Answer::Order(inside) => write(inside),
        Answer::Orders(inside) => write(inside),
        Answer::Items(inside) => write(inside),
        Answer::Summary(inside) => write(inside),
        Answer::Explained(inside) => write(inside),
        Answer::Levels(inside) => write(inside),
        Answer::Incoming(inside) => write(inside),
        Answer::Alerts(inside) => write(inside),
        Answer::OrderStatus(inside) => write(inside),
        Answer::Worklist(inside) => write(inside),
        Answer::Workload(inside) => write(inside),
        Answer::Payment(inside) => write(inside),
        Answer::Backorders(inside) => write(inside),
    }
}

/// The JSON Schema of the answer to a kind of query, as JSON.
#[must_use]
pub fn answer_schema(kind: u16) -> String {
    match kind {
        0 | 15 => schema::<flow::Preview>(),
        1 => schema::<flow::OrderView>(),
        2 => schema::<Vec<flow::OrderView>>(),
        3 | 4 => schema::<Vec<flow::ItemView>>(),
        5 => schema::<flow::Summary>(),
        6 => schema::<inventory::Explanation>(),
        7 => schema::<Vec<flow::ItemLevels>>(),
        8 => schema::<Vec<flow::IncomingView>>(),
        9 => schema::<Vec<flow::AlertView>>(),
        10 => schema::<flow::OrderStatusView>(),
        11 => schema::<Vec<flow::WorkView>>(),
        12 => schema::<Vec<flow::WorkloadView>>(),
        13 => schema::<flow::PaymentView>(),
        14 => schema::<flow::BackordersView>(),
        _ => String::new(),
    }
}

/// The JSON of a refusal's facts.
///
/// # Errors
/// [`NotReadable`] if it can't be written, which none brings about.
pub fn refusal_to_json(refusal: &Refusal) -> Result<Vec<u8>, NotReadable> {
    write(refusal)
}

/// The JSON Schema of a refusal's facts, as JSON.
#[must_use]
pub fn refusal_schema() -> String {
    schema::<Refusal>()
}

/// A request for a slice from its JSON.
///
/// # Errors
/// As [`command_from_json`].
pub fn slice_request_from_json(json: &[u8]) -> Result<SliceRequest, NotReadable> {
    read("a request for a slice", json)
}

/// The JSON Schema of a request for a slice, as JSON.
#[must_use]
pub fn slice_request_schema() -> String {
    schema::<SliceRequest>()
}

fn schema<T: JsonSchema>() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    serde_json::to_string(&generator.into_root_schema_for::<T>()).unwrap_or_default()
}

fn read<'a, T: Deserialize<'a>>(what: &'static str, json: &'a [u8]) -> Result<T, NotReadable> {
    serde_json::from_slice(json).map_err(|error| NotReadable { what, because: error.to_string() })
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, NotReadable> {
    serde_json::to_vec(value)
        .map_err(|error| NotReadable { what: "not writable", because: error.to_string() })
}

fn unknown(what: &'static str) -> NotReadable {
    NotReadable { what, because: "there is no such kind".to_string() }
}
