//! What is to be done, and when.
//!
//! Law: of two things to be done at one moment, the one that was known of first comes first.

use std::collections::BTreeMap;

use earmark::ids::{FacilityId, HoldNumber, OrderId, PaymentNumber, ReturnNumber, ShipmentNumber};
use earmark::payment::PaymentCommand;

use crate::shop::cancellations::Units;
use crate::shop::plan::Happening;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act<'a> {
    /// Something that the documents say.
    Document(Happening<'a>),
    /// Time passes, so that a deadline fires.
    Wake,
    /// The provider answers a request.
    Provider(OrderId, PaymentNumber, PaymentCommand),
    /// Somebody ends a hold.
    EndHold(OrderId, HoldNumber),
    /// The desk hands an order to its facilities.
    Release(OrderId),
    /// A facility picks.
    Pick(Job),
    /// A facility packs.
    Pack(Job),
    /// A facility's parcel leaves.
    Leave(Job),
    /// A parcel comes to its end.
    End(OrderId, ShipmentNumber, Ending),
    /// Units of an order are to come back.
    GiveBack(OrderId, GivenUp<'a>),
    /// A return arrives.
    Arrive(OrderId, ReturnNumber),
    /// A return is refused.
    SayNo(OrderId, ReturnNumber),
}

/// What one facility does for one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) order: OrderId,
    pub(super) facility: FacilityId,
    /// Its place among the facilities of the release, from 0.
    pub(super) place: u64,
}

/// How a parcel ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Delivered,
    Voided,
    Lost,
    NotTaken,
}

/// Units that a document gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenUp<'a> {
    /// When, in milliseconds since 1970.
    pub(super) at: u64,
    /// Each SKU once.
    pub(super) units: Vec<Units<'a>>,
}

/// What is to be done, in order.
#[derive(Debug, Default)]
pub(super) struct Queue<'a> {
    acts: BTreeMap<(u64, u64), Act<'a>>,
    known: u64,
}

impl<'a> Queue<'a> {
    /// Puts something into the queue.
    pub(super) fn push(&mut self, at: u64, act: Act<'a>) {
        self.known += 1;
        self.acts.insert((at, self.known), act);
    }

    /// Takes what comes next.
    pub(super) fn pop(&mut self) -> Option<(u64, Act<'a>)> {
        self.acts.pop_first().map(|((at, _), act)| (at, act))
    }

    /// How many things are to be done.
    pub(super) fn len(&self) -> usize {
        self.acts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_known_first_comes_first_at_one_moment() {
        let mut queue = Queue::default();
        let order = OrderId::from_bytes(crate::shop::hash::order_id(1, "1")).unwrap();
        queue.push(5, Act::Release(order));
        queue.push(5, Act::Wake);
        queue.push(4, Act::EndHold(order, HoldNumber(1)));
        let all: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(
            all,
            [(4, Act::EndHold(order, HoldNumber(1))), (5, Act::Release(order)), (5, Act::Wake)]
        );
        assert_eq!(queue.len(), 0);
    }
}
