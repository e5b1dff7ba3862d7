//! What can be asked of the payment role: answers of a provider, and wishes of the staff.
//!
//! Law: an answer names the request it answers, so that hearing it twice is safe.

use serde::{Deserialize, Serialize};

use crate::data::asks;
use crate::ids::{OrderId, PaymentNumber, Text};
use crate::owed::Owed;
use crate::units::Amount;

/// A command to the payment role. `Due`, `Authorize`, `Forget` and `Tick` come from the flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum PaymentCommand {
    Due(RecordDue),
    Authorize(Authorize),
    RecordAuthorization(RecordAuthorization),
    Decline(DeclinePayment),
    RecordCapture(RecordCapture),
    DeclineCapture(DeclineCapture),
    RecordVoid(RecordVoid),
    RecordRefund(RecordRefund),
    DeclineRefund(DeclineRefund),
    Capture(CapturePayment),
    Refund(RefundPayment),
    /// The order has left: nothing is owed any more.
    Forget(OrderId),
    /// Ends what is due: authorizations lapse, requests without an answer are made once more.
    Tick,
}

/// An order says what it owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDue {
    /// The order.
    pub order: OrderId,
    /// What it owes.
    pub owed: Owed,
}

/// All that is missing was authorized; which request that answers is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorize {
    /// The order.
    pub order: OrderId,
    /// What was authorized: at least what is missing.
    pub amount: Amount,
}

/// Why a provider says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum DeclineReason {
    /// The account does not hold so much.
    InsufficientFunds,
    /// The card is not valid any more.
    CardExpired,
    /// The customer did not prove who he is, or went away.
    NotAuthenticated,
    /// Somebody may mean to cheat.
    Fraud,
    /// More than may be paid at once.
    LimitExceeded,
    /// The authorization does not hold any more: it is asked for anew.
    AuthorizationExpired,
    /// The provider could not do it.
    Provider,
    /// Something else.
    Other,
}

asks! {
    /// Answer a request for a payment: so much was authorized, all of it or a part.
    RecordAuthorization {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
        /// What was authorized; what is missing is asked for anew, what is too much is voided.
        amount: Amount,
    }
    /// Answer a request for a payment: it was declined. The customer may try again in time.
    DeclinePayment {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
        /// Why.
        reason: DeclineReason,
    }
    /// Answer a request to capture: so much was captured, all of it or a part.
    RecordCapture {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
        /// What was captured: at most what was asked for.
        amount: Amount,
    }
    /// Answer a request to capture: it was declined.
    DeclineCapture {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
        /// Why.
        reason: DeclineReason,
    }
    /// Answer a request to void: it is done.
    RecordVoid {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
    }
    /// Answer a request to refund: it is done.
    RecordRefund {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
    }
    /// Answer a request to refund: it was declined.
    DeclineRefund {
        /// The order.
        order: OrderId,
        /// The request that is answered.
        request: PaymentNumber,
        /// Why.
        reason: DeclineReason,
    }
    /// Capture what is authorized of a confirmed order, as far as the policy leaves it to people.
    CapturePayment {
        /// The order.
        order: OrderId,
        /// How much; `null` for all that may be captured.
        #[serde(default)]
        amount: Option<Amount>,
    }
    /// Pay money back, whatever becomes of the goods.
    RefundPayment {
        /// The order.
        order: OrderId,
        /// How much: at most what was captured and is not refunded.
        amount: Amount,
        /// Why, for people.
        #[serde(default)]
        reason: Option<Text>,
    }
}

impl PaymentCommand {
    /// The order it is about; none for a tick.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        Some(match self {
            Self::Due(c) => c.order,
            Self::Authorize(c) => c.order,
            Self::RecordAuthorization(c) => c.order,
            Self::Decline(c) => c.order,
            Self::RecordCapture(c) => c.order,
            Self::DeclineCapture(c) => c.order,
            Self::RecordVoid(c) => c.order,
            Self::RecordRefund(c) => c.order,
            Self::DeclineRefund(c) => c.order,
            Self::Capture(c) => c.order,
            Self::Refund(c) => c.order,
            Self::Forget(order) => *order,
            Self::Tick => return None,
        })
    }
}
