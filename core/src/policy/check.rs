//! Which policies can be put in force: a bound for every figure, each with its reason.
//!
//! In short, with `null` where a field may be left open:
//!
//! - `orders.payment.required.deadline`, `orders.payment.required.collect.authorizationLasts`
//!   (or `null`), `orders.payment.required.collect.answerWithin`, `orders.extensions.by`,
//!   `fulfilment.answerWithin` (or `null`): 1 second to 3650 days. Nobody pays or answers faster,
//!   and a longer time is a slip of the unit.
//! - `orders.archiveAfter`: 2 days to 3650 days, and longer than `orders.returnWindow`. An order id
//!   may lie a day ahead, and one that was made a day ago, by somebody who was offline, is still to
//!   be placed; and a return needs its order at hand.
//! - `orders.returnWindow`: up to 3650 days, or `null`; 0 means that nothing is taken back.
//! - `sourcing.parcel`, `groundKm`, `airKm`, `export`, `primaryUnit`, `backUnit`: up to 268,435,456
//!   ten-thousandths, so that the cost of the dearest plan can be counted.
//! - `sourcing.maxParcels`: 1 to 128, or `null`. An order can't leave in no parcel, nor from more
//!   facilities than a network has.
//! - `sourcing.rules.maxMetres`: 1 to 100,000,000, or `null`: nothing lies farther.
//! - `sourcing.rules.dayStarts`: less than 1 day, since it is a time of day.
//!
//! Law: a policy is refused as a whole, and everything that is wrong with it is told at once; what
//! an old journal has put in force is read as it was.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{Extensions, PaymentPolicy, Policy};
use crate::data::data;
use crate::limits::{
    ARCHIVE_AFTER_DAYS, FACILITIES, POLICY_DAYS, POLICY_WAIT_MS, UNIT_PRICE, WAY_METRES,
};
use crate::time::Span;

data! {
    /// A field of a policy that can't be as it was given.
    PolicyFault {
        /// The field, by its path in JSON.
        field: String,
        /// What was given, in words.
        given: String,
        /// What it may be, in words.
        allowed: String,
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, given, allowed } = self;
        write!(f, "`{field}` is {given}, and may be {allowed}")
    }
}

/// Everything that is wrong with a policy, so far.
#[derive(Default)]
struct Faults(Vec<PolicyFault>);

impl Policy {
    /// Whether the policy can be put in force: every figure within its bounds.
    ///
    /// # Errors
    /// Every field that is not, in the order of the fields.
    pub fn check(&self) -> Result<(), Vec<PolicyFault>> {
        let mut faults = Faults::default();
        if let PaymentPolicy::Required { deadline, collect } = self.orders.payment {
            faults.wait("orders.payment.required.deadline", Some(deadline), false);
            let field = "orders.payment.required.collect.authorizationLasts";
            faults.wait(field, collect.authorization_lasts, true);
            let field = "orders.payment.required.collect.answerWithin";
            faults.wait(field, Some(collect.answer_within), false);
        }
        let longer = self.orders.extensions.map(Extensions::by);
        faults.wait("orders.extensions.by", longer, false);
        self.check_archive(&mut faults);
        self.check_sourcing(&mut faults);
        faults.wait("fulfilment.answerWithin", self.fulfilment.answer_within, true);
        if faults.0.is_empty() { Ok(()) } else { Err(faults.0) }
    }

    fn check_archive(&self, faults: &mut Faults) {
        let (least, most) = (Span::from_days(ARCHIVE_AFTER_DAYS), Span::from_days(POLICY_DAYS));
        let (after, window) = (self.orders.archive_after, self.orders.return_window);
        let fits = least <= after && after <= most && window.is_none_or(|window| window < after);
        faults.unless(fits, "orders.archiveAfter", &after, || match window {
            Some(window) => {
                format!("{least} to {most}, and longer than `orders.returnWindow` ({window})")
            }
            None => format!("{least} to {most}"),
        });
        if let Some(window) = window {
            let allowed = || format!("up to {most}, or `null` for as long as the order is at hand");
            faults.unless(window <= most, "orders.returnWindow", &window, allowed);
        }
    }

    fn check_sourcing(&self, faults: &mut Faults) {
        let sourcing = &self.sourcing;
        let prices = [
            ("sourcing.parcel", sourcing.parcel),
            ("sourcing.groundKm", sourcing.ground_km),
            ("sourcing.airKm", sourcing.air_km),
            ("sourcing.export", sourcing.export),
            ("sourcing.primaryUnit", sourcing.primary_unit),
            ("sourcing.backUnit", sourcing.back_unit),
        ];
        for (field, price) in prices {
            let allowed = || format!("up to {UNIT_PRICE} ten-thousandths");
            faults.unless(price <= UNIT_PRICE, field, &price, allowed);
        }
        if let Some(most) = sourcing.max_parcels {
            let fits = (1..=FACILITIES).contains(&usize::from(most));
            let allowed = || format!("1 to {FACILITIES}, or `null` for no limit");
            faults.unless(fits, "sourcing.maxParcels", &most, allowed);
        }
        if let Some(metres) = sourcing.rules.max_metres {
            let allowed = || format!("1 to {WAY_METRES}, or `null` for no limit");
            let fits = (1..=WAY_METRES).contains(&metres);
            faults.unless(fits, "sourcing.rules.maxMetres", &metres, allowed);
        }
        let (starts, day) = (sourcing.rules.day_starts, Span::from_days(1));
        let allowed = || format!("less than {day}");
        faults.unless(starts < day, "sourcing.rules.dayStarts", &starts, allowed);
    }
}

impl Faults {
    fn unless(
        &mut self,
        fits: bool,
        field: &str,
        given: &impl fmt::Display,
        allowed: impl FnOnce() -> String,
    ) {
        if !fits {
            let (field, given, allowed) = (field.to_string(), given.to_string(), allowed());
            self.0.push(PolicyFault { field, given, allowed });
        }
    }

    /// A time that somebody or something is waited for.
    fn wait(&mut self, field: &str, given: Option<Span>, may_be_none: bool) {
        let Some(given) = given else { return };
        let (least, most) = (Span::from_millis(POLICY_WAIT_MS), Span::from_days(POLICY_DAYS));
        let or_none = if may_be_none { ", or `null` for no such time" } else { "" };
        let allowed = || format!("{least} to {most}{or_none}");
        self.unless(least <= given && given <= most, field, &given, allowed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Collect, FulfilmentPolicy, OrderPolicy, SourcingPolicy, SourcingRules};

    fn faults(policy: &Policy) -> Vec<String> {
        let faults = policy.check().err().unwrap_or_default();
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn what_is_not_chosen_is_within_its_bounds() {
        assert_eq!(Policy::default().check(), Ok(()));
        let payment = PaymentPolicy::required(Span::from_days(1));
        let orders = OrderPolicy { payment, ..OrderPolicy::default() };
        assert_eq!(Policy { orders, ..Policy::default() }.check(), Ok(()));
    }

    #[test]
    fn every_field_is_told_that_is_out_of_its_bounds_at_once() {
        let (never, years) = (Span::from_millis(0), Span::from_days(POLICY_DAYS + 1));
        let (lasts, answer_within) = (Some(never), years);
        let collect = Collect { authorization_lasts: lasts, answer_within, ..Collect::default() };
        let payment = PaymentPolicy::Required { deadline: never, collect };
        let (archive_after, return_window) = (years, Some(years));
        let extensions = Extensions::new(1, years).ok();
        let orders = OrderPolicy {
            payment,
            archive_after,
            return_window,
            extensions,
            ..OrderPolicy::default()
        };
        let (dear, max_metres) = (UNIT_PRICE + 1, Some(0));
        let day_starts = Span::from_days(1);
        let rules = SourcingRules { max_metres, day_starts, ..SourcingRules::default() };
        let sourcing = SourcingPolicy {
            parcel: dear,
            ground_km: dear,
            air_km: dear,
            export: dear,
            primary_unit: dear,
            back_unit: dear,
            max_parcels: Some(0),
            rules,
        };
        let fulfilment = FulfilmentPolicy { answer_within: Some(never) };
        let told = faults(&Policy { orders, sourcing, fulfilment });
        let all = [
            "orders.payment.required.deadline",
            "orders.payment.required.collect.authorizationLasts",
            "orders.payment.required.collect.answerWithin",
            "orders.extensions.by",
            "orders.archiveAfter",
            "orders.returnWindow",
            "sourcing.parcel",
            "sourcing.groundKm",
            "sourcing.airKm",
            "sourcing.export",
            "sourcing.primaryUnit",
            "sourcing.backUnit",
            "sourcing.maxParcels",
            "sourcing.rules.maxMetres",
            "sourcing.rules.dayStarts",
            "fulfilment.answerWithin",
        ];
        assert_eq!(told, all);
    }

    #[test]
    fn an_order_is_at_hand_for_longer_than_it_can_be_returned_and_than_ids_lie_ahead() {
        let policy = |archive_after, return_window| {
            let orders = OrderPolicy { archive_after, return_window, ..OrderPolicy::default() };
            Policy { orders, ..Policy::default() }
        };
        let days = Span::from_days;
        let short = Span::from_millis(days(ARCHIVE_AFTER_DAYS).as_millis() - 1);
        assert_eq!(faults(&policy(short, None)), ["orders.archiveAfter"]);
        assert_eq!(faults(&policy(days(ARCHIVE_AFTER_DAYS), None)), [""; 0]);
        assert_eq!(faults(&policy(days(30), Some(days(30)))), ["orders.archiveAfter"]);
        assert_eq!(faults(&policy(days(31), Some(days(30)))), [""; 0]);
        let told = policy(days(1), Some(days(30))).check().err().unwrap_or_default();
        assert_eq!(
            told.first().map(ToString::to_string).as_deref(),
            Some(
                "`orders.archiveAfter` is 1 day, and may be 2 days to 3650 days, and longer than \
                 `orders.returnWindow` (30 days)"
            )
        );
    }
}
