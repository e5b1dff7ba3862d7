//! What happened to payments: what a provider is asked, and what it answered.
//!
//! Law: an event says everything `evolve` needs; every event that changes the sums tells them, so
//! that the order hears them from it; the order of the variants is the wire form and never changes.

use serde::{Deserialize, Serialize};

use super::command::DeclineReason;
use crate::data::data;
use crate::ids::{OrderId, PaymentNumber, Text};
use crate::owed::{Owed, Standing};
use crate::time::Timestamp;
use crate::units::Amount;

/// An event of the payment role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum PaymentEvent {
    DueRecorded(PaymentDueRecorded),
    Requested(PaymentRequested),
    Withdrawn(PaymentRequestWithdrawn),
    Repeated(PaymentRequestRepeated),
    Authorized(AuthorizationRecorded),
    Declined(PaymentDeclined),
    Lapsed(AuthorizationLapsed),
    CaptureRequested(CaptureRequested),
    Captured(PaymentCaptured),
    CaptureDeclined(CaptureDeclined),
    VoidRequested(VoidRequested),
    Voided(PaymentVoided),
    RefundGranted(RefundGranted),
    RefundRequested(RefundRequested),
    Refunded(PaymentRefunded),
    RefundDeclined(RefundDeclined),
    Archived(PaymentArchived),
    Forgotten(PaymentForgotten),
}

/// Declares payloads, which all name their order first.
macro_rules! of_payment {
    ($($(#[$doc:meta])* $name:ident { $($field:tt)* })*) => {
        data! {$(
            $(#[$doc])*
            $name {
                /// The order.
                order: OrderId,
                $($field)*
            }
        )*}
    };
}

of_payment! {
    /// It is known what the order owes.
    PaymentDueRecorded {
        /// What it owes.
        owed: Owed,
    }
    /// The customer is asked to pay. The order and the number name the request to a provider.
    PaymentRequested {
        /// The request.
        request: PaymentNumber,
        /// The how-manieth try it is, after those that were declined.
        attempt: u16,
        /// What is to be authorized.
        amount: Amount,
        /// When the request is made once more, if nobody answers.
        until: Timestamp,
    }
    /// The request is not wanted any more; if it is answered all the same, that is recorded.
    PaymentRequestWithdrawn {
        /// The request.
        request: PaymentNumber,
    }
    /// Nobody answered: the same request is made once more, by the same number.
    PaymentRequestRepeated {
        /// The request.
        request: PaymentNumber,
        /// The how-manieth time it is made.
        attempt: u16,
        /// When it is made once more again.
        until: Timestamp,
    }
    /// An amount was authorized.
    AuthorizationRecorded {
        /// When.
        at: Timestamp,
        /// The request, and from now on the authorization.
        request: PaymentNumber,
        /// What was authorized.
        amount: Amount,
        /// When it lapses.
        until: Option<Timestamp>,
        /// How the payment stands now.
        standing: Standing,
    }
    /// A try to pay was declined.
    PaymentDeclined {
        /// When.
        at: Timestamp,
        /// The request.
        request: PaymentNumber,
        /// The how-manieth try it was.
        attempt: u16,
        /// Why.
        reason: DeclineReason,
        /// How the payment stands now.
        standing: Standing,
    }
    /// An authorization does not hold any more, as far as nobody captures or voids it just now.
    AuthorizationLapsed {
        /// When.
        at: Timestamp,
        /// The authorization.
        authorization: PaymentNumber,
        /// What of it lapsed.
        amount: Amount,
        /// How the payment stands now.
        standing: Standing,
    }
    /// A provider is to capture some of what is authorized.
    CaptureRequested {
        /// The request.
        request: PaymentNumber,
        /// The authorization it is taken from.
        authorization: PaymentNumber,
        /// How much.
        amount: Amount,
        /// When the request is made once more, if nobody answers.
        until: Timestamp,
    }
    /// An amount was captured.
    PaymentCaptured {
        /// When.
        at: Timestamp,
        /// The request, and from now on the capture.
        request: PaymentNumber,
        /// What was captured.
        amount: Amount,
        /// How the payment stands now.
        standing: Standing,
    }
    /// A provider did not capture.
    CaptureDeclined {
        /// When.
        at: Timestamp,
        /// The request.
        request: PaymentNumber,
        /// Why.
        reason: DeclineReason,
        /// When it is asked for again, if it is still wanted then.
        retry_at: Timestamp,
    }
    /// A provider is to let go of some of what is authorized.
    VoidRequested {
        /// The request.
        request: PaymentNumber,
        /// The authorization.
        authorization: PaymentNumber,
        /// How much of it.
        amount: Amount,
        /// When the request is made once more, if nobody answers.
        until: Timestamp,
    }
    /// An authorization was let go of, or some of it.
    PaymentVoided {
        /// When.
        at: Timestamp,
        /// The request.
        request: PaymentNumber,
        /// What was voided.
        amount: Amount,
        /// How the payment stands now.
        standing: Standing,
    }
    /// The staff pays money back: from now on so much less is owed.
    RefundGranted {
        /// When.
        at: Timestamp,
        /// How much.
        amount: Amount,
        /// Why, for people.
        reason: Option<Text>,
    }
    /// A provider is to pay back some of what was captured.
    RefundRequested {
        /// The request.
        request: PaymentNumber,
        /// The capture.
        capture: PaymentNumber,
        /// How much of it.
        amount: Amount,
        /// Whether the staff granted it; if not, it is more than is owed.
        granted: bool,
        /// When the request is made once more, if nobody answers.
        until: Timestamp,
    }
    /// An amount was refunded.
    PaymentRefunded {
        /// When.
        at: Timestamp,
        /// The request.
        request: PaymentNumber,
        /// What was refunded.
        amount: Amount,
        /// How the payment stands now.
        standing: Standing,
    }
    /// A provider did not refund.
    RefundDeclined {
        /// When.
        at: Timestamp,
        /// The request.
        request: PaymentNumber,
        /// Why.
        reason: DeclineReason,
        /// When it is asked for again, if it is still wanted then.
        retry_at: Timestamp,
    }
    /// The order has left: its payment is forgotten too, as soon as nothing of it is open.
    PaymentArchived {}
    /// The payment role remembers nothing of the order any more.
    PaymentForgotten {}
}

impl PaymentEvent {
    /// The order it is about.
    #[must_use]
    pub fn order(&self) -> OrderId {
        match self {
            Self::DueRecorded(e) => e.order,
            Self::Requested(e) => e.order,
            Self::Withdrawn(e) => e.order,
            Self::Repeated(e) => e.order,
            Self::Authorized(e) => e.order,
            Self::Declined(e) => e.order,
            Self::Lapsed(e) => e.order,
            Self::CaptureRequested(e) => e.order,
            Self::Captured(e) => e.order,
            Self::CaptureDeclined(e) => e.order,
            Self::VoidRequested(e) => e.order,
            Self::Voided(e) => e.order,
            Self::RefundGranted(e) => e.order,
            Self::RefundRequested(e) => e.order,
            Self::Refunded(e) => e.order,
            Self::RefundDeclined(e) => e.order,
            Self::Archived(e) => e.order,
            Self::Forgotten(e) => e.order,
        }
    }

    /// How the payment stands after it, if it changed that.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        match self {
            Self::Authorized(e) => Some(&e.standing),
            Self::Declined(e) => Some(&e.standing),
            Self::Lapsed(e) => Some(&e.standing),
            Self::Captured(e) => Some(&e.standing),
            Self::Voided(e) => Some(&e.standing),
            Self::Refunded(e) => Some(&e.standing),
            Self::DueRecorded(_)
            | Self::Requested(_)
            | Self::Withdrawn(_)
            | Self::Repeated(_)
            | Self::CaptureRequested(_)
            | Self::CaptureDeclined(_)
            | Self::VoidRequested(_)
            | Self::RefundGranted(_)
            | Self::RefundRequested(_)
            | Self::RefundDeclined(_)
            | Self::Archived(_)
            | Self::Forgotten(_) => None,
        }
    }
}
