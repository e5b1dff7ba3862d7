//! The answer to how an order is paid: its sums, and everything a provider was asked for.
//!
//! Law: as of all views: a function of the state, and nothing stored.

use alloc::vec::Vec;

use super::query::QueryRefusal;
use super::shop::Shop;
use crate::data::{asks, data};
use crate::decide::Principal;
use crate::ids::{OrderId, PaymentNumber};
use crate::owed::{Owed, Standing};
use crate::payment::{Account, RequestState, What};
use crate::time::Timestamp;
use crate::units::Amount;

asks! {
    /// The payment of one order, if it has one.
    PaymentQuery {
        /// The order.
        order: OrderId,
    }
}

data! {
    /// The payment of an order.
    PaymentView {
        /// The order.
        order: OrderId,
        /// What it owes, and under which terms.
        owed: Owed,
        /// How the payment stands.
        standing: Standing,
        /// What the staff granted to be paid back.
        granted: Amount,
        /// Every request to a provider.
        requests: Vec<PaymentRequestView>,
        /// What was authorized.
        authorizations: Vec<AuthorizationView>,
        /// What was captured.
        captures: Vec<CaptureView>,
        /// A provider said no: nothing is captured or refunded before this moment.
        retry_at: Option<Timestamp>,
    }
    /// A request to a provider.
    PaymentRequestView {
        /// Its number: with the order it names the request for ever.
        number: PaymentNumber,
        /// What it is for.
        kind: PaymentRequestKind,
        /// The authorization or the capture that it takes from.
        of: Option<PaymentNumber>,
        /// How much.
        amount: Amount,
        /// How far it has come.
        state: RequestState,
        /// How many times it was made.
        attempt: u16,
        /// When it is made once more, if nobody answers.
        until: Timestamp,
    }
    /// What was authorized by one request.
    AuthorizationView {
        /// The request.
        number: PaymentNumber,
        /// How much.
        amount: Amount,
        /// What of it can still be captured.
        left: Amount,
        /// When that lapses.
        until: Option<Timestamp>,
    }
    /// What was captured by one request.
    CaptureView {
        /// The request.
        number: PaymentNumber,
        /// How much.
        amount: Amount,
        /// Of that: refunded.
        refunded: Amount,
    }
}

/// What a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PaymentRequestKind {
    /// To authorize an amount.
    Authorize,
    /// To capture some of an authorization.
    Capture,
    /// To let go of some of an authorization.
    Void,
    /// To pay back some of a capture.
    Refund,
}

impl Shop {
    pub(super) fn payment(
        &self,
        query: &PaymentQuery,
        by: &Principal,
    ) -> Result<PaymentView, QueryRefusal> {
        let order = query.order;
        let own = self.payments.get(order).filter(|a| by.may_touch(a.owed.owner.as_ref()));
        let account = own.ok_or(QueryRefusal::UnknownOrder { order })?;
        let request = |(number, request)| request_view(account, number, request);
        let authorization = |a: &crate::payment::Authorization| AuthorizationView {
            number: a.number,
            amount: account.amount(a.amount),
            left: account.amount(a.left()),
            until: a.until,
        };
        let capture = |c: &crate::payment::Capture| CaptureView {
            number: c.number,
            amount: account.amount(c.amount),
            refunded: account.amount(c.refunded),
        };
        Ok(PaymentView {
            order,
            owed: account.owed.clone(),
            standing: account.standing(),
            granted: account.amount(account.granted),
            requests: account.numbered().map(request).collect(),
            authorizations: account.authorizations.iter().map(authorization).collect(),
            captures: account.captures.iter().map(capture).collect(),
            retry_at: account.retry_at,
        })
    }
}

fn request_view(
    account: &Account,
    number: PaymentNumber,
    request: &crate::payment::Request,
) -> PaymentRequestView {
    let (kind, of) = match request.what {
        What::Authorize => (PaymentRequestKind::Authorize, None),
        What::Capture(of) => (PaymentRequestKind::Capture, Some(of)),
        What::Void(of) => (PaymentRequestKind::Void, Some(of)),
        What::Refund { capture, .. } => (PaymentRequestKind::Refund, Some(capture)),
    };
    PaymentRequestView {
        number,
        kind,
        of,
        amount: account.amount(request.amount),
        state: request.state,
        attempt: request.attempt,
        until: request.until,
    }
}
