//! Whether an order waits for a payment, and how it is collected.
//!
//! Law: what is not said is as it was before there was a choice: captured on confirmation, and no
//! authorization lapses.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// Whether an order waits for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "PaymentPolicyV2", rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PaymentPolicy {
    /// It does not: stock is allocated and the order confirmed in the same turn.
    None,
    /// It does: stock is reserved until the deadline, and the order expires without a payment.
    Required {
        /// Time to pay, from the moment the order is placed.
        deadline: Span,
        /// How it is collected.
        #[serde(default)]
        collect: Collect,
    },
}

impl PaymentPolicy {
    /// A payment is required until a deadline, and collected as it is by default.
    #[must_use]
    pub fn required(deadline: Span) -> Self {
        Self::Required { deadline, collect: Collect::default() }
    }
}

/// How payments are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Collect {
    /// When what is authorized is captured; never before the order is confirmed.
    #[serde(default)]
    pub capture: CaptureWhen,
    /// How long an authorization lasts; then it is asked for anew. `None` if it does not lapse.
    #[serde(default)]
    pub authorization_lasts: Option<Span>,
    /// How long a request to a provider may go unanswered before it is made once more, and how
    /// long to wait after it said no to a capture or a refund.
    #[serde(default = "a_day")]
    pub answer_within: Span,
}

/// What is not said of answers.
fn a_day() -> Span {
    Span::from_days(1)
}

impl Default for Collect {
    /// On confirmation; no authorization lapses; a day for an answer.
    fn default() -> Self {
        let capture = CaptureWhen::OnConfirmation;
        Self { capture, authorization_lasts: None, answer_within: a_day() }
    }
}

/// When what is authorized is captured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum CaptureWhen {
    /// As soon as the order is confirmed.
    #[default]
    OnConfirmation,
    /// As its parcels ship: the worth of all that has shipped so far, less what was captured, so
    /// that roundings never add up.
    AsParcelsShip,
    /// When the staff says so.
    ByHand,
}
