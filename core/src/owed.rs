//! What an order owes, and what of it has come: the words between the order role and the payment
//! role.
//!
//! Law: one side says only what is due, the other only what is; neither tells the other what to do.

use crate::data::data;
use crate::ids::Text;
use crate::policy::CaptureWhen;
use crate::time::{Span, Timestamp};
use crate::units::Amount;

data! {
    /// What an order owes, and under which terms. The terms are those of its placing.
    Owed {
        /// Counts what was said of one order, from 1: what is said later stands.
        sequence: u32,
        /// Whose order it is.
        owner: Option<Text>,
        /// The first moment that is too late for the customer to pay.
        pay_until: Timestamp,
        /// What must be authorized, with what was captured already: the worth of what is wanted;
        /// zero for an order that has come to nothing.
        authorize: Amount,
        /// What of it may be captured by now; zero until the order is confirmed.
        capture: Amount,
        /// When it is captured.
        capture_when: CaptureWhen,
        /// How long an authorization lasts; `None` if it does not lapse.
        authorization_lasts: Option<Span>,
        /// How long a request may go unanswered before it is made once more.
        answer_within: Span,
    }
    /// How the payment of an order stands.
    Standing {
        /// Counts the changes, from 1: the later one stands.
        revision: u32,
        /// Authorized, and neither captured nor voided nor lapsed.
        authorized: Amount,
        /// Captured, refunds not taken off.
        captured: Amount,
        /// Refunded.
        refunded: Amount,
        /// The last try to pay was declined, and nothing is authorized since.
        declined: bool,
    }
}

impl Standing {
    /// What the shop has got, in minor units.
    #[must_use]
    pub fn net(&self) -> i64 {
        self.captured.minor.saturating_sub(self.refunded.minor)
    }

    /// What the shop has got or can get, in minor units.
    #[must_use]
    pub fn covered(&self) -> i64 {
        self.authorized.minor.saturating_add(self.net())
    }
}
