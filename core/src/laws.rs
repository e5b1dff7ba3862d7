//! The laws as predicates over plain numbers: one text for debug assertions, property tests,
//! simulation and `audit`.
//!
//! Law: a predicate here knows no role; whoever holds state hands it numbers.
//!
//! The laws, their predicates, and who evaluates them: `Shop::audit`, which looks at one state,
//! unless another is named.
//!
//! - (a) units of lines and stock are conserved: [`line_is_conserved`], [`stages_match`],
//!   [`promises_match`], [`transfer_is_conserved`], [`kit_is_whole`]; the tests' witness
//!   [`stock_is_conserved`] by its own books
//! - (b) promises never exceed what is there: [`never_oversold`], [`day_is_not_full`]; the witness
//!   [`safety_is_kept`]; of two orders in one place: [`one_of_two_stands`]
//! - (c) each reservation ends exactly once: the witness [`each_ends_once`]; so does the work of a
//!   facility, as the audit sees by its states
//! - (d) the events alone make the state: [`alert_is_true`]; generated histories [`all_alike`],
//!   named [`EVENTS_TELL_ALL`], after every step
//! - (e) the same command again causes nothing: generated histories [`again_is_nothing`]
//! - (f) any order across aggregates has one end: generated interleavings, and letters between
//!   partitions that overtake each other, [`all_alike`], named [`ANY_ORDER`]
//! - (g) the plan that was checked is booked: the witness [`plan_serves_demand`], at every tie
//! - (h) native and Wasm are equal to the byte: [`all_alike`], named [`BODIES_AGREE`]
//! - (i) what comes back is there: [`returns_are_bounded`], [`claims_fit`]; the witness
//!   [`available_is_physical`]
//! - (j) no plan costs less: the witness [`no_dearer`], at every tie
//!
//! And without a letter, since they came with what the letters do not speak of:
//!
//! - money: [`payments_are_bounded`], [`no_more_is_held`], [`captured_in_time`],
//!   [`missing_has_an_end`], and by name alone [`PAYMENT_SUMS`], [`ANSWERED_ONCE`],
//!   [`PAYMENT_KNOWN`]; the witness [`is_paid_for`], at every release and parcel
//! - waiting: [`waits_as_long`], [`waits_for_a_reason`], [`wait_can_end`], [`ties_something`],
//!   [`request_is_in_work`], [`backorders_match`], and by name alone [`PENDING_FOR_A_REASON`]; the
//!   tests' queue [`within_backorder_limit`], since a limit may be lowered under those who wait
//! - facilities: [`work_matches`]
//!
//! `tests/broken/laws.rs` damages states, `tests/broken/reducers.rs` breaks reducers: each fails.

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
/// Name of [`claims_fit`].
pub const CLAIMS_FIT: &str = "what comes back stands against a parcel that arrived";
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
/// Name of [`is_paid_for`].
pub const PAID_FOR: &str = "nothing is released or leaves that is not paid for";
/// The name of: an order knows of its payment what the payment role knows.
pub const PAYMENT_KNOWN: &str = "an order and its payment tell the same";

/// Name of [`kit_is_whole`].
pub const KIT_WHOLE: &str = "kits are ordered and cancelled as a whole";
/// Name of [`waits_for_a_reason`].
pub const WAITS_FOR_A_REASON: &str = "nobody waits for units that are free for him";
/// Name of [`wait_can_end`].
pub const WAIT_CAN_END: &str = "who waits may be served by some facility";
/// Name of [`ties_something`].
pub const TIES_SOMETHING: &str = "an open reservation ties units, or waits for some";
/// The name of: no order is pending that nothing stands in the way of.
pub const PENDING_FOR_A_REASON: &str = "a pending order waits for stock or for its payment";
/// Name of [`request_is_in_work`].
pub const REQUEST_IN_WORK: &str = "what warehouses are asked to cancel is in work";
/// Name of [`backorders_match`].
pub const BACKORDERS_MATCH: &str = "backordered units equal those that wait in the queues";
/// Name of [`within_backorder_limit`].
pub const WITHIN_LIMIT: &str = "no more is promised without being there than the limit allows";
/// Name of [`each_ends_once`] of work orders.
pub const WORK_ENDS_ONCE: &str = "each work order ends exactly once";
/// Name of [`work_matches`].
pub const WORK_MATCHES: &str = "a facility's work is what the order has in work there";

/// Name of [`waits_as_long`].
pub const WAITS_AS_LONG: &str = "an order and its soft reservations wait equally long";
/// Name of [`missing_has_an_end`].
pub const MISSING_ENDS: &str = "nothing is tied without an end because its payment is missing";
/// Name of [`one_of_two_stands`].
pub const ONE_OF_TWO: &str = "of an order and the one in its place one owes and holds at the most";

/// Name of [`stock_is_conserved`].
pub const STOCK_CONSERVED: &str = "units on the shelves are those that came and have not left";
/// Name of [`all_alike`] over a state, and what its events make.
pub const EVENTS_TELL_ALL: &str = "the events alone make the state";
/// Name of [`again_is_nothing`].
pub const AGAIN_NOTHING: &str = "the same command again causes nothing";
/// Name of [`all_alike`] over the ends of one set of commands in several orders.
pub const ANY_ORDER: &str = "any order across aggregates has one end";
/// Name of [`all_alike`] over what several bodies make of one history.
pub const BODIES_AGREE: &str = "every body makes the same of the same";
/// Name of [`available_is_physical`].
pub const PHYSICAL: &str = "nothing is available that is not there";
/// Name of [`no_dearer`].
pub const NO_DEARER: &str = "no other plan costs less than the chosen one";

/// Units on the shelves and on their way between them are those that came, less those that left.
#[must_use]
pub fn stock_is_conserved(came: u64, left: u64, there: u64) -> bool {
    left.checked_add(there) == Some(came)
}

/// All of some ends are the same, and there are at least two of them to compare.
#[must_use]
pub fn all_alike<T: PartialEq>(ends: &[T]) -> bool {
    ends.len() > 1 && ends.windows(2).all(|pair| matches!(pair, [one, other] if one == other))
}

/// A command that was answered is given again: it causes no event, and is not answered otherwise.
#[must_use]
pub fn again_is_nothing(events: usize, same_answer: bool) -> bool {
    events == 0 && same_answer
}

/// Units that can be sold are units that are somewhere.
#[must_use]
pub fn available_is_physical(available: u64, there: u64) -> bool {
    available <= there
}

/// A plan that is proven cheapest costs no more than any other.
#[must_use]
pub fn no_dearer(cost: u64, mut others: impl Iterator<Item = u64>) -> bool {
    others.all(|other| cost <= other)
}

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

/// No more of a line is announced to come back than was in the parcel it came in.
#[must_use]
pub fn claims_fit(arrived: u64, claimed: u64) -> bool {
    claimed <= arrived
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

/// What a facility is to pick, to pack and to ship of an order is what the order has released,
/// picked and packed there.
#[must_use]
pub fn work_matches(work: &[u64; 3], in_work: &[u64; 3]) -> bool {
    work == in_work
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

/// Of a kit's components whole kits are ordered, equally many of each; and units that no warehouse
/// works on are units of kits that can be whole. So as long as nothing is worked on or shipped,
/// equally many kits are wanted of each. A component is its units in a kit, and its units that are
/// ordered, wanted, and not worked on.
#[must_use]
pub fn kit_is_whole(components: &[[u32; 4]]) -> bool {
    let kits = |units: u32, each: u32| units.checked_div(each).unwrap_or(0);
    let ordered = components.first().map_or(0, |&[each, ordered, ..]| kits(ordered, each));
    let whole = components.iter().map(|&[each, _, wanted, _]| kits(wanted, each)).min();
    let units = |kits: u32, each: u32| u64::from(kits).saturating_mul(u64::from(each));
    let fits = |&[each, in_all, _, open]: &[u32; 4]| {
        u64::from(in_all) == units(ordered, each)
            && u64::from(open) <= units(whole.unwrap_or(0), each)
    };
    !components.is_empty() && components.iter().all(fits)
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

/// Of what leaves, or is handed to a warehouse, as much is held as is owed.
#[must_use]
pub fn is_paid_for(held: i64, owed: i64) -> bool {
    held >= owed
}

/// The soft reservations of an order hold until the moment at which its time to pay is over.
#[must_use]
pub fn waits_as_long(deadline: u64, mut held_until: impl Iterator<Item = u64>) -> bool {
    held_until.all(|until| until == deadline)
}

/// What is missing of what was paid for once has a deadline, unless its customer is still to hear
/// of it: then a tick is due.
#[must_use]
pub fn missing_has_an_end(missing: i64, told: i64, has_deadline: bool) -> bool {
    missing == 0 || missing > told || has_deadline
}

/// Of an order and the one in its place one at the most owes anything, and one holds units.
#[must_use]
pub fn one_of_two_stands(owes: [bool; 2], holds: [bool; 2]) -> bool {
    owes != [true; 2] && holds != [true; 2]
}

/// One who waits for an item can be served with none of what is free of it.
#[must_use]
pub fn waits_for_a_reason(free_for_him: u64) -> bool {
    free_for_him == 0
}

/// Of the facilities there are, not all are barred for one who waits.
#[must_use]
pub fn wait_can_end(facilities: usize, barred: usize) -> bool {
    barred < facilities
}

/// A reservation that has not ended is about something.
#[must_use]
pub fn ties_something(portions: usize, waits: usize) -> bool {
    portions > 0 || waits > 0
}

/// Units that a warehouse is asked to let go of, and has not answered for, are units it has.
#[must_use]
pub fn request_is_in_work(asked: u64, in_work: u64) -> bool {
    asked <= in_work
}

/// A line's units on backorder are those that wait for it, in the order's own list and in the
/// queues.
#[must_use]
pub fn backorders_match(counter: u64, waiting: u64) -> bool {
    counter == waiting
}

/// With these units more there wait no more than the limit allows.
#[must_use]
pub fn within_backorder_limit(limit: u32, waiting: u64, more: u64) -> bool {
    waiting.checked_add(more).is_some_and(|all| all <= u64::from(limit))
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
        assert!(work_matches(&[1, 2, 3], &[1, 2, 3]) && !work_matches(&[1, 2, 3], &[1, 3, 2]));
        assert!(plan_serves_demand(3, [1, 2].into_iter()));
        assert!(!plan_serves_demand(3, [1, 1].into_iter()));
        assert!(kit_is_whole(&[[2, 6, 6, 6], [1, 3, 3, 0]]));
        assert!(!kit_is_whole(&[[2, 6, 6, 6], [1, 2, 2, 2]]), "of one more kits are ordered");
        assert!(!kit_is_whole(&[[1, 3, 3, 3], [1, 3, 2, 2]]), "one waits for nothing");
        assert!(kit_is_whole(&[[1, 3, 3, 2], [1, 3, 2, 2]]), "one is on its way alone");
        assert!(!kit_is_whole(&[]));
        assert!(stock_is_conserved(5, 2, 3) && !stock_is_conserved(5, 2, 4));
        assert!(all_alike(&[1, 1, 1]) && !all_alike(&[1, 1, 2]) && !all_alike(&[2, 1, 1]));
        assert!(!all_alike(&[1]), "one end proves nothing");
        assert!(again_is_nothing(0, true) && !again_is_nothing(1, true));
        assert!(!again_is_nothing(0, false));
        assert!(available_is_physical(3, 3) && !available_is_physical(4, 3));
        assert!(no_dearer(2, [2, 3].into_iter()) && !no_dearer(3, [4, 2].into_iter()));
        assert!(waits_as_long(5, [5, 5].into_iter()) && !waits_as_long(5, [5, 4].into_iter()));
        assert!(missing_has_an_end(2, 2, true) && missing_has_an_end(2, 1, false));
        assert!(!missing_has_an_end(2, 2, false) && missing_has_an_end(0, 2, false));
        let both = [true, true];
        assert!(one_of_two_stands([true, false], [false, true]));
        assert!(!one_of_two_stands(both, [true, false]) && !one_of_two_stands([true, false], both));
        assert!(payments_are_bounded(3, 2, 1) && !payments_are_bounded(3, 4, 1));
        assert!(!payments_are_bounded(3, 1, 2) && !payments_are_bounded(3, 1, -1));
        assert!(no_more_is_held(5, 3, 2) && !no_more_is_held(5, 3, 1));
        assert!(is_paid_for(3, 3) && !is_paid_for(2, 3));
        assert!(captured_in_time(true, 1) && !captured_in_time(false, 1));
        assert!(day_is_not_full(2, 2) && !day_is_not_full(3, 2));
        assert!(waits_for_a_reason(0) && !waits_for_a_reason(1));
        assert!(wait_can_end(2, 1) && !wait_can_end(1, 1));
        assert!(ties_something(1, 0) && ties_something(0, 1) && !ties_something(0, 0));
        assert!(request_is_in_work(2, 2) && !request_is_in_work(2, 1));
        assert!(backorders_match(2, 2) && !backorders_match(2, 1));
        assert!(within_backorder_limit(3, 1, 2) && !within_backorder_limit(3, 2, 2));
        assert!(!within_backorder_limit(u32::MAX, u64::MAX, 1));
    }
}
