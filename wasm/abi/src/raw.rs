//! Bytes on the wire, written in one piece: for `#[serde(serialize_with = ..)]`.
//!
//! Law: the form is that of a list of bytes, as serde has it; only the way is shorter. (Left to
//! itself, serde writes a slice byte by byte: a tenth of a turn's time went there.)

use serde::{Serialize, Serializer};

/// Writes bytes.
///
/// # Errors
/// That of the serializer.
pub fn one<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// Writes a list of bytes.
///
/// # Errors
/// That of the serializer.
pub fn each<S: Serializer>(list: &[&[u8]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|bytes| Raw(bytes)))
}

/// Writes a list of bytes, each behind a number.
///
/// # Errors
/// That of the serializer.
pub fn pairs<S: Serializer>(list: &[(u16, &[u8])], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|(number, bytes)| (number, Raw(bytes))))
}

struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        one(self.0, serializer)
    }
}
