//! Bytes as people read them: pairs of lower-case hexadecimal digits.
//!
//! Law: the same bytes are the same text wherever they are told.

/// Bytes as text.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    // Every answer has a chain in it: no allocation a byte.
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
