//! Names turned into numbers that never change.
//!
//! Law: the same name gives the same number on every machine and in every release, so
//! nothing here may use the standard library's hasher.

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), then mixed so that the high
/// bits of short names differ too.
pub(crate) fn stable(name: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    mix(name.iter().fold(OFFSET, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME)))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits.
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The id of an order: a UUIDv7 (RFC 9562, 5.7) whose time is when it was placed (milliseconds)
/// and whose random bits are the hash of the document's number. The same document always gets
/// the same id, so a document that is sent twice is one order.
pub(crate) fn order_id(at: u64, number: &str) -> [u8; 16] {
    let low = stable(number.as_bytes());
    let high = mix(low ^ 0x9e37_79b9_7f4a_7c15);
    let time = (at & 0xffff_ffff_ffff) << 16;
    let version = 0x7000 | (high & 0x0fff);
    let variant = (0b10 << 62) | (low >> 2);
    let word = (u128::from(time | version) << 64) | u128::from(variant);
    word.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(stable(b""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(mix(0), 0);
        assert_ne!(stable(b"536365"), stable(b"536366"));
    }

    #[test]
    fn an_order_id_has_time_version_and_variant_where_they_belong() {
        let id = order_id(0x0123_4567_89ab, "536365");
        assert_eq!(id[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
        assert_eq!((id[6] >> 4, id[8] >> 6), (7, 0b10));
        assert_eq!(u128::from_be_bytes(id), 0x0123_4567_89ab_7bc7_b9d4_8119_f3d7_b7eb);
        assert_ne!(id, order_id(0x0123_4567_89ab, "536366"));
    }
}
