//! The laws as predicates over plain numbers: one text for debug assertions, property tests,
//! simulation and `audit`.
//!
//! Law: a predicate here knows no role; whoever holds state hands it numbers.

use alloc::vec::Vec;

/// A law that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The law, by its name below.
    pub law: &'static str,
    /// What breaks it, for people.
    pub found: alloc::string::String,
}

/// Collects what is broken while a state is walked.
#[derive(Debug, Default)]
pub struct Audit {
    /// Everything found so far.
    pub broken: Vec<Broken>,
    /// Predicates evaluated so far: an audit that looked at nothing proves nothing.
    pub checked: u64,
}

impl Audit {
    /// Records whether a law holds; `found` is called only when it does not.
    pub fn expect(
        &mut self,
        law: &'static str,
        holds: bool,
        found: impl FnOnce() -> alloc::string::String,
    ) {
        self.checked = self.checked.saturating_add(1);
        if !holds {
            self.broken.push(Broken { law, found: found() });
        }
    }
}

/// Name of [`line_is_conserved`].
pub const LINE_CONSERVED: &str = "line units are conserved";
/// Name of [`returns_are_bounded`].
pub const RETURNS_BOUNDED: &str = "returns never exceed what was delivered";
/// Name of [`never_oversold`].
pub const NEVER_OVERSOLD: &str = "promises never exceed sellable stock";
/// Name of [`promises_match`].
pub const PROMISES_MATCH: &str = "counters equal the open reservations";
/// Name of [`plan_serves_demand`].
pub const PLAN_SERVES: &str = "the plan books what was asked";

/// Name of [`day_is_not_full`].
pub const DAY_NOT_FULL: &str = "a facility takes on no more parcels than it may in a day";
/// Name of [`transfer_is_conserved`].
pub const TRANSFER_CONSERVED: &str = "transferred units are conserved";
/// Name of [`alert_is_true`].
pub const ALERT_TRUE: &str = "alerts say what is available";
/// Name of [`safety_is_kept`].
pub const SAFETY_KEPT: &str = "safety stock is never promised by planning";
/// Name of [`each_ends_once`].
pub const ENDS_ONCE: &str = "each reservation ends exactly once";
/// Name of [`payments_are_bounded`].
pub const PAYMENTS_BOUNDED: &str = "refunded never exceeds captured, captured never authorized";
/// The name of: what was captured is what was taken from the authorizations, each within bounds.
pub const PAYMENT_SUMS: &str = "captures are taken from authorizations";
/// The name of: a request is answered once.
pub const ANSWERED_ONCE: &str = "each request to a provider is answered once";
/// Name of [`no_more_is_held`].
pub const NO_MORE_HELD: &str = "no more is held than is owed, unless it is on its way back";
/// Name of [`captured_in_time`].
pub const CAPTURED_IN_TIME: &str = "nothing is captured before the order is confirmed";
/// The name of: an order knows of its payment what the payment role knows.
pub const PAYMENT_KNOWN: &str = "an order and its payment tell the same";

/// Every unit ordered lies in exactly one bucket.
#[must_use]
pub fn line_is_conserved(ordered: u32, buckets: &[u32]) -> bool {
    let sum = buckets.iter().try_fold(0_u32, |sum, &n| sum.checked_add(n));
    sum == Some(ordered)
}

/// `delivered >= requested back >= received back = sum of dispositions`.
#[must_use]
pub fn returns_are_bounded(delivered: u32, requested: u32, dispositions: &[u32]) -> bool {
    let received = dispositions.iter().try_fold(0_u32, |sum, &n| sum.checked_add(n));
    delivered >= requested && received.is_some_and(|received| requested >= received)
}

/// What is promised on a shelf is there and fit for sale.
#[must_use]
pub fn never_oversold(on_hand: u32, unavailable: &[u32], reserved: u32, allocated: u32) -> bool {
    let mut all = unavailable.iter().chain([&reserved, &allocated]);
    let taken = all.try_fold(0_u64, |sum, &n| sum.checked_add(u64::from(n)));
    taken.is_some_and(|taken| taken <= u64::from(on_hand))
}

/// A shelf's counters are the sums over the reservations that name it.
#[must_use]
pub fn promises_match(counter: (u32, u32), sums: (u64, u64)) -> bool {
    (u64::from(counter.0), u64::from(counter.1)) == sums
}

/// What was sent is either on its way, or received, or lost; and an open transfer has units under
/// way.
#[must_use]
pub fn transfer_is_conserved(sent: u32, on_its_way: u32, received: u32, lost: u32) -> bool {
    let parts = [on_its_way, received, lost];
    let sum = parts.iter().try_fold(0_u32, |sum, &n| sum.checked_add(n));
    sum == Some(sent) && on_its_way > 0
}

/// An alert says that an item is low, or out of stock, just when it is.
#[must_use]
pub fn alert_is_true(threshold: u32, available: u64, is_low: bool, is_out: bool) -> bool {
    let low = threshold > 0 && available <= u64::from(threshold);
    (is_low, is_out) == (low, available == 0)
}

/// After a plan is booked, a facility that it takes from still has its safety stock free.
#[must_use]
pub fn safety_is_kept(safety: u32, free: u64) -> bool {
    free >= u64::from(safety)
}

/// Reservations that were made have ended, or are open.
#[must_use]
pub fn each_ends_once(made: u64, ended: u64, open: u64) -> bool {
    ended.checked_add(open) == Some(made)
}

/// A line's counters of tied units, stage by stage, are the sums over the portions that are tied.
#[must_use]
pub fn stages_match(counters: &[u32], sums: &[u64]) -> bool {
    counters.len() == sums.len() && counters.iter().zip(sums).all(|(&n, &sum)| u64::from(n) == sum)
}

/// The plan that was checked is the plan that is booked: it sums to the demand.
#[must_use]
pub fn plan_serves_demand(demanded: u64, mut booked: impl Iterator<Item = u32>) -> bool {
    let sum = booked.try_fold(0_u64, |sum, n| sum.checked_add(u64::from(n)));
    sum == Some(demanded)
}

/// A facility was asked for no more parcels than it took on that day.
#[must_use]
pub fn day_is_not_full(parcels: u32, most: u32) -> bool {
    parcels <= most
}

/// No more is refunded than was captured, and no more captured than was authorized.
#[must_use]
pub fn payments_are_bounded(authorized: i64, captured: i64, refunded: i64) -> bool {
    0 <= refunded && refunded <= captured && captured <= authorized
}

/// What is held of a customer's money, that on its way back taken off, is no more than is owed.
#[must_use]
pub fn no_more_is_held(held: i64, owed: i64, on_its_way_back: i64) -> bool {
    held.saturating_sub(on_its_way_back) <= owed
}

/// Of an order that was not confirmed yet nothing is captured, and nothing asked to be.
#[must_use]
pub fn captured_in_time(was_confirmed: bool, captured: i64) -> bool {
    was_confirmed || captured == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_can_fail() {
        assert!(line_is_conserved(5, &[2, 3]) && !line_is_conserved(5, &[2, 2]));
        assert!(!line_is_conserved(0, &[u32::MAX, 1]));
        assert!(returns_are_bounded(5, 4, &[3, 1]) && !returns_are_bounded(5, 4, &[3, 2]));
        assert!(!returns_are_bounded(3, 4, &[]));
        assert!(never_oversold(10, &[1, 1], 4, 4) && !never_oversold(10, &[2], 4, 5));
        assert!(!never_oversold(1, &[1, 0, 1], 0, 0));
        assert!(!never_oversold(u32::MAX, &[u32::MAX], 1, 0));
        assert!(promises_match((1, 2), (1, 2)) && !promises_match((1, 2), (2, 1)));
        assert!(transfer_is_conserved(5, 2, 2, 1) && !transfer_is_conserved(5, 2, 2, 0));
        assert!(!transfer_is_conserved(5, 0, 4, 1), "it has ended");
        assert!(alert_is_true(3, 3, true, false) && !alert_is_true(3, 4, true, false));
        assert!(!alert_is_true(3, 0, true, false) && alert_is_true(0, 0, false, true));
        assert!(safety_is_kept(2, 2) && !safety_is_kept(2, 1));
        assert!(each_ends_once(3, 2, 1) && !each_ends_once(3, 3, 1));
        assert!(!each_ends_once(3, 1, 1));
        assert!(stages_match(&[1, 2], &[1, 2]) && !stages_match(&[1, 2], &[2, 1]));
        assert!(!stages_match(&[1], &[1, 0]));
        assert!(plan_serves_demand(3, [1, 2].into_iter()));
        assert!(!plan_serves_demand(3, [1, 1].into_iter()));
        assert!(payments_are_bounded(3, 2, 1) && !payments_are_bounded(3, 4, 1));
        assert!(!payments_are_bounded(3, 1, 2) && !payments_are_bounded(3, 1, -1));
        assert!(no_more_is_held(5, 3, 2) && !no_more_is_held(5, 3, 1));
        assert!(captured_in_time(true, 1) && !captured_in_time(false, 1));
        assert!(day_is_not_full(2, 2) && !day_is_not_full(3, 2));
    }
}
