//! Bytes as people read them: pairs of lower-case hexadecimal digits.
//!
//! Law: the same bytes are the same text wherever they are told.

/// Bytes as text.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
