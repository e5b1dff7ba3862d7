//! ABI 1 of Earmark plugins: what crosses the door between a reducer in WebAssembly and its host.
//!
//! A plugin is a core WebAssembly module with **zero imports** that exports
//!
//! | export | what it does |
//! | --- | --- |
//! | `memory` | the only memory |
//! | `earmark_abi_1` | a function that does nothing: its name is the version of the ABI |
//! | `earmark_lend(len: i32) -> i32` | gives a place for `len` bytes, good for one call |
//! | `earmark_call(ptr: i32, len: i32) -> i64` | takes a [`Call`], gives an [`Answer`] |
//!
//! The answer lies at `result >> 32` and has `result & 0xffff_ffff` bytes.
//! The answer is valid until the next `earmark_lend` or `earmark_call`. Calls and answers are
//! [postcard](https://postcard.jamesmunns.com/wire-format); commands, events, queries, answers and
//! snapshots inside them are bytes that only the plugin reads.
//!
//! Law: this crate knows no domain. Variants are only ever appended.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
extern crate alloc;

mod answer;
mod batch;
mod call;
pub mod chain;
mod describe;
mod envelope;
pub mod raw;

pub use answer::{
    Answer, Audited, BrokenLaw, EventOut, Failure, FailureKind, Outcome, Refused, Turned, Verdict,
};
pub use batch::BatchItem;
pub use call::{Call, CallKind, Form, Input, Principal, Turn};
pub use describe::{CommandType, Description, EventType, QueryType};
pub use envelope::{Envelope, rfc3339};

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// The version of the ABI, as the name of an export.
pub const ABI_EXPORT: &str = "earmark_abi_1";
/// The export that lends memory for a call.
pub const LEND_EXPORT: &str = "earmark_lend";
/// The export that answers a call.
pub const CALL_EXPORT: &str = "earmark_call";
/// The export of the memory.
pub const MEMORY_EXPORT: &str = "memory";

/// Bytes that are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDecoded {
    /// What was expected.
    pub what: &'static str,
    /// Why these bytes are not it.
    pub because: String,
}

impl fmt::Display for NotDecoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the bytes are not {}: {}", self.what, self.because)
    }
}

impl core::error::Error for NotDecoded {}

/// Encodes a value.
///
/// # Errors
/// [`NotDecoded`] if the value can't be written, which no type of this crate brings about.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, NotDecoded> {
    postcard::to_allocvec(value).map_err(|error| not("a value that can be written", &error))
}

/// Encodes a value behind what `out` has already.
///
/// # Errors
/// As [`encode`].
pub fn encode_into<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), NotDecoded> {
    let taken = core::mem::take(out);
    *out = postcard::to_extend(value, taken)
        .map_err(|error| not("a value that can be written", &error))?;
    Ok(())
}

/// Decodes a value that takes up all of the bytes.
///
/// # Errors
/// [`NotDecoded`] if the bytes are too few, too many, or not of this form.
pub fn decode<'a, T: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<T, NotDecoded> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|error| not(what, &error))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        let because = alloc::format!("{} bytes are left over", rest.len());
        Err(NotDecoded { what, because })
    }
}

fn not(what: &'static str, error: &postcard::Error) -> NotDecoded {
    NotDecoded { what, because: alloc::format!("{error}") }
}
