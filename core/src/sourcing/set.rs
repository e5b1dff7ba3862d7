//! Sets of facilities in one machine word pair, and tables with one entry a facility.
//!
//! Law: an index beyond the last facility is never in a set.

use alloc::vec::Vec;

use crate::limits::SOURCING_FACILITIES;

/// A set of facilities, by their index in the problem; iterates in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FacilitySet(u128);

impl FacilitySet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The facilities `0..count`.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= SOURCING_FACILITIES {
            Self(u128::MAX)
        } else {
            Self((1_u128 << count).wrapping_sub(1))
        }
    }

    /// The set of one facility; empty if there is no such facility.
    #[must_use]
    pub const fn one(facility: u16) -> Self {
        // By halves: a shift of 128 bits costs a call in Wasm.
        match facility {
            0..64 => Self(1_u64.wrapping_shl(facility as u32) as u128),
            64..128 => Self((1_u64.wrapping_shl(facility as u32) as u128) << 64),
            _ => Self::EMPTY,
        }
    }

    /// Whether `facility` is in the set.
    #[must_use]
    pub const fn contains(self, facility: u16) -> bool {
        self.0 & Self::one(facility).0 != 0
    }

    /// This set and `facility`.
    #[must_use]
    pub const fn with(self, facility: u16) -> Self {
        Self(self.0 | Self::one(facility).0)
    }

    /// This set without `facility`.
    #[must_use]
    pub const fn without(self, facility: u16) -> Self {
        Self(self.0 & !Self::one(facility).0)
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this one only.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many facilities there are.
    #[must_use]
    pub const fn len(self) -> u16 {
        self.0.count_ones() as u16
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The facilities, ascending.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let lowest = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (lowest < u128::BITS).then_some(lowest as u16)
        })
    }

    /// The facilities, ascending.
    #[must_use]
    pub fn to_vec(self) -> Vec<u16> {
        let mut list = Vec::with_capacity(usize::from(self.len()));
        list.extend(self.iter());
        list
    }

    /// Whether this set's list comes before the other's, of two sets of the same size.
    pub(super) const fn precedes(self, other: Self) -> bool {
        let differing = self.0 ^ other.0;
        self.0 & differing & differing.wrapping_neg() != 0
    }

    /// The `count` smallest facilities of the set.
    pub(super) fn smallest(self, count: u16) -> Self {
        self.iter().take(usize::from(count)).collect()
    }
}

impl FromIterator<u16> for FacilitySet {
    fn from_iter<I: IntoIterator<Item = u16>>(facilities: I) -> Self {
        facilities.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// One entry a facility. The index is masked, which is the identity on every valid one, so that
/// no look-up can fail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<T>(pub(super) [T; SOURCING_FACILITIES]);

impl<T: Copy + Default> Default for Table<T> {
    fn default() -> Self {
        Self([T::default(); SOURCING_FACILITIES])
    }
}

impl<T: Copy> Table<T> {
    const MASK: usize = SOURCING_FACILITIES - 1;

    /// The facility's entry.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the mask keeps the index inside")]
    pub(super) const fn get(&self, facility: u16) -> T {
        self.0[facility as usize & Self::MASK]
    }

    /// The facility's entry, to be changed.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the mask keeps the index inside")]
    pub(super) const fn at(&mut self, facility: u16) -> &mut T {
        &mut self.0[facility as usize & Self::MASK]
    }
}

const _: () = assert!(SOURCING_FACILITIES == u128::BITS as usize);
