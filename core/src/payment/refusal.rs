//! Why the payment role refuses: one enum, in order of precedence.
//!
//! Law: the first that applies is the one that is answered; codes are stable for ever.

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::decide::CorruptHistory;
use crate::ids::{OrderId, PaymentNumber};
use crate::units::{Amount, Currency};

/// Why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PaymentRefusal {
    /// No order of this id owes anything here, or it is one of somebody else.
    UnknownOrder {
        /// The order asked for.
        order: OrderId,
    },
    /// Only those who work for the shop may do that.
    StaffOnly,
    /// No such request of that kind.
    UnknownRequest {
        /// The request that is answered.
        request: PaymentNumber,
    },
    /// The request was answered before, and otherwise.
    AnsweredDifferently {
        /// The request that is answered.
        request: PaymentNumber,
    },
    /// The order is priced in another currency.
    OtherCurrency {
        /// The currency of the order.
        currency: Currency,
    },
    /// The amount is too small.
    AmountTooSmall {
        /// What is needed.
        needed: Amount,
    },
    /// The amount is too large.
    AmountTooLarge {
        /// The most there may be.
        allowed: Amount,
    },
    /// The order has had as many requests as can be counted.
    TooManyRequests {
        /// The most allowed.
        allowed: u16,
    },
    /// The books of the order's payment contradict themselves: nothing is decided on them.
    BooksContradict {
        /// The order.
        order: OrderId,
        /// What does not fit, for those who look after the shop.
        because: String,
    },
    /// So many tries to pay were declined that no further one is asked for.
    TooManyDeclines {
        /// The most allowed.
        allowed: u16,
    },
}

impl PaymentRefusal {
    /// What a history that contradicts itself is to whoever asks.
    pub(super) fn of_books(order: OrderId, corrupt: CorruptHistory) -> Self {
        Self::BooksContradict { order, because: corrupt.because.to_string() }
    }
}

impl PaymentRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOrder { .. } => "unknown-order",
            Self::StaffOnly => "staff-only",
            Self::UnknownRequest { .. } => "unknown-request",
            Self::AnsweredDifferently { .. } => "answered-differently",
            Self::OtherCurrency { .. } => "other-currency",
            Self::AmountTooSmall { .. } => "amount-too-small",
            Self::AmountTooLarge { .. } => "amount-too-large",
            Self::TooManyRequests { .. } => "too-many-requests",
            Self::TooManyDeclines { .. } => "too-many-declines",
            Self::BooksContradict { .. } => "books-contradict",
        }
    }
}

impl fmt::Display for PaymentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOrder { order } => {
                write!(f, "there is no payment of an order `{order}`")
            }
            Self::StaffOnly => f.write_str("only those who work for the shop may do that"),
            Self::UnknownRequest { request } => {
                write!(f, "nobody was asked for `{request}` of the order in that way")
            }
            Self::AnsweredDifferently { request } => {
                write!(f, "`{request}` was answered already, and otherwise: nothing is changed")
            }
            Self::OtherCurrency { currency } => {
                write!(f, "the order is paid in {}", currency.as_str())
            }
            Self::AmountTooSmall { needed } => write!(f, "the payment must be at least {needed}"),
            Self::AmountTooLarge { allowed } => write!(f, "it can be at most {allowed}"),
            Self::TooManyDeclines { allowed } => write!(
                f,
                "{allowed} tries to pay were declined, and no more are made: the staff may cancel \
                 the order"
            ),
            Self::TooManyRequests { allowed } => {
                write!(
                    f,
                    "the order has had {allowed} requests to a provider, and may have no more"
                )
            }
            Self::BooksContradict { order, because } => write!(
                f,
                "the payment of the order `{order}` contradicts itself ({because}): audit the \
                 shop, and rebuild it from its journal"
            ),
        }
    }
}

impl core::error::Error for PaymentRefusal {}
