//! The wire form: which command, event, query and answer has which kind, name, version and scope,
//! and its bytes.
//!
//! Law: a kind is a place in a list and never changes; a list only grows at its end. The binary
//! form is postcard, the readable one JSON (feature `json`); golden bytes and `schema.lock` in the
//! tests hold both.

mod codec;
mod hear;
#[cfg(feature = "json")]
mod json;
mod kind;
mod kinds;
pub mod v1;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "json")]
pub use json::{
    answer_schema, answer_to_json, command_from_json, command_schema, command_to_json,
    event_schema, event_to_json, query_from_json, query_schema, refusal_schema, refusal_to_json,
    slice_request_from_json, slice_request_schema,
};
pub use kind::{KindOfCommand, KindOfEvent, KindOfQuery};
pub use kinds::{
    COMMANDS, EVENTS, QUERIES, decode_answer, decode_command, decode_event, decode_query,
    encode_answer, encode_command, encode_event, encode_query, serialize_event_payload,
};

use crate::ids::{ItemRef, OrderId};
use crate::limits::{SLICE_ITEMS, SLICE_ORDERS};

/// The version of the wire form as a whole, written into every journal record.
pub const VERSION: u32 = 1;

/// What a client asks a slice of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SliceRequest {
    /// The items it watches: at most [`SLICE_ITEMS`].
    pub items: Vec<ItemRef>,
    /// Its own orders among those it follows: at most [`SLICE_ORDERS`].
    #[serde(default)]
    pub orders: Vec<OrderId>,
}

impl SliceRequest {
    /// Whether it asks for no more than a slice may hold.
    ///
    /// # Errors
    /// [`NotReadable`], with how many it may name.
    pub fn check(&self) -> Result<(), NotReadable> {
        let (items, orders) = (self.items.len(), self.orders.len());
        if items <= SLICE_ITEMS && orders <= SLICE_ORDERS {
            return Ok(());
        }
        let because = format!(
            "it names {items} items and {orders} orders, and may name {SLICE_ITEMS} and \
             {SLICE_ORDERS}: ask for them in several slices"
        );
        Err(NotReadable { what: "a request for a slice", because })
    }
}

/// Bytes or JSON that are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReadable {
    /// What was expected.
    pub what: &'static str,
    /// Why this is not it.
    pub because: String,
}

impl fmt::Display for NotReadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.because)
    }
}

impl core::error::Error for NotReadable {}

/// Encodes a value; for snapshots, slices and refusals, which have no kind.
///
/// # Errors
/// [`NotReadable`] if it can't be written, which no type of this crate brings about.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, NotReadable> {
    write(value, Vec::new())
}

/// Decodes a value that takes up all of the bytes.
///
/// # Errors
/// [`NotReadable`] if the bytes are too few, too many, or not of this form.
pub fn from_bytes<'a, T: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<T, NotReadable> {
    let not = |because: String| NotReadable { what, because };
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|error| not(error.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(not("bytes are left over".to_string())) }
}

fn write<T: Serialize>(value: &T, out: Vec<u8>) -> Result<Vec<u8>, NotReadable> {
    postcard::to_extend(value, out)
        .map_err(|error| NotReadable { what: "not writable", because: error.to_string() })
}
