//! The state of the payment role: an account per order, with every request made for it.
//!
//! Law: sums are added up from the records, never kept beside them; a request is answered once.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{balance, tick};
use crate::ids::{OrderId, PaymentNumber};
use crate::laws::{self, Audit};
use crate::owed::{Owed, Standing};
use crate::time::Timestamp;
use crate::units::Amount;

/// The accounts of all orders at hand that wait for a payment, or did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payments {
    pub(super) accounts: BTreeMap<OrderId, Account>,
    /// Derived from the accounts; see [`Payments::restore`].
    #[serde(skip)]
    pub(super) deadlines: BTreeSet<(Timestamp, OrderId)>,
}

/// The payment of one order. Amounts are minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What the order owes, as it said last.
    pub owed: Owed,
    /// Every request, in order of their numbers from 1.
    pub requests: Vec<Request>,
    /// What was authorized, in order of the answers.
    pub authorizations: Vec<Authorization>,
    /// What was captured, in order of the answers.
    pub captures: Vec<Capture>,
    /// What the staff granted to be paid back.
    pub granted: i64,
    /// Counts the changes of the sums.
    pub revision: u32,
    /// Tries to pay that were declined.
    pub declines: u16,
    /// The last try was declined, and nothing was authorized since.
    pub declined: bool,
    /// A provider said no: nothing is captured or refunded before this moment.
    pub retry_at: Option<Timestamp>,
    /// The order has left: the account goes as soon as nothing of it is open.
    pub archived: bool,
}

/// Something that a provider was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What for.
    pub what: What,
    /// How much.
    pub amount: i64,
    /// When it is made once more.
    pub until: Timestamp,
    /// How many times it was made.
    pub attempt: u16,
    /// How far it has come.
    pub state: RequestState,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Authorize an amount.
    Authorize,
    /// Capture some of an authorization.
    Capture(PaymentNumber),
    /// Let go of some of an authorization.
    Void(PaymentNumber),
    /// Pay back some of a capture.
    Refund {
        /// The capture.
        capture: PaymentNumber,
        /// Whether the staff granted it.
        granted: bool,
    },
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum RequestState {
    /// Nobody has answered yet.
    Asked,
    /// Nobody has answered, and it is not wanted any more.
    Withdrawn,
    /// It was done, or some of it.
    Done,
    /// It was declined.
    Declined,
}

/// What was authorized by one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The request.
    pub number: PaymentNumber,
    /// How much.
    pub amount: i64,
    /// Of that: captured.
    pub captured: i64,
    /// Of that: voided.
    pub voided: i64,
    /// Of that: lapsed.
    pub lapsed: i64,
    /// When what is left lapses.
    pub until: Option<Timestamp>,
}

/// What was captured by one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The request.
    pub number: PaymentNumber,
    /// How much.
    pub amount: i64,
    /// Of that: refunded.
    pub refunded: i64,
}

impl Authorization {
    /// What of it can still be captured.
    #[must_use]
    pub fn left(&self) -> i64 {
        let ended = self.captured.saturating_add(self.voided).saturating_add(self.lapsed);
        self.amount.saturating_sub(ended)
    }
}

impl Payments {
    /// The payment of an order at hand, if it has one.
    #[must_use]
    pub fn get(&self, order: OrderId) -> Option<&Account> {
        self.accounts.get(&order)
    }

    /// All payments at hand, by order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&OrderId, &Account)> {
        self.accounts.iter()
    }

    /// The next moment at which a tick has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// Takes over accounts as they are, for a client's slice.
    pub(crate) fn adopt(&mut self, accounts: impl IntoIterator<Item = (OrderId, Account)>) {
        self.accounts.extend(accounts);
        self.restore();
    }

    /// Rebuilds what is derived and not part of a snapshot.
    pub fn restore(&mut self) {
        let due = |(id, account): (&OrderId, &Account)| Some((tick::deadline(*id, account)?, *id));
        self.deadlines = self.accounts.iter().filter_map(due).collect();
    }

    /// Checks the laws of every account.
    pub fn audit(&self, audit: &mut Audit) {
        for (id, account) in &self.accounts {
            account.audit(*id, audit);
        }
    }
}

impl Account {
    /// A new account.
    pub(super) fn opened(owed: Owed) -> Self {
        Self {
            owed,
            requests: Vec::new(),
            authorizations: Vec::new(),
            captures: Vec::new(),
            granted: 0,
            revision: 0,
            declines: 0,
            declined: false,
            retry_at: None,
            archived: false,
        }
    }

    /// An amount in the order's currency.
    #[must_use]
    pub fn amount(&self, minor: i64) -> Amount {
        Amount { currency: self.owed.authorize.currency, minor }
    }

    /// The request of a number.
    #[must_use]
    pub fn request(&self, number: PaymentNumber) -> Option<&Request> {
        self.requests.get(usize::from(number.0.checked_sub(1)?))
    }

    /// All requests with their numbers.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (PaymentNumber, &Request)> {
        let number =
            |at: usize| PaymentNumber(u16::try_from(at).unwrap_or(u16::MAX).saturating_add(1));
        self.requests.iter().enumerate().map(move |(at, request)| (number(at), request))
    }

    /// What requests that nobody has answered ask for, of those that are meant.
    pub(super) fn asked(&self, is_meant: impl Fn(What) -> bool) -> i64 {
        let open = self.requests.iter().filter(|r| r.state == RequestState::Asked);
        sum(open.filter(|r| is_meant(r.what)).map(|r| r.amount))
    }

    /// What requests ask for that were done or may still be, of those that are meant.
    pub(super) fn asked_or_done(&self, is_meant: impl Fn(What) -> bool) -> i64 {
        let counts = |r: &&Request| matches!(r.state, RequestState::Asked | RequestState::Done);
        let meant = self.requests.iter().filter(counts).filter(|r| is_meant(r.what));
        sum(meant.map(|r| r.amount))
    }

    /// Authorized, and neither captured nor voided nor lapsed.
    #[must_use]
    pub fn authorized(&self) -> i64 {
        sum(self.authorizations.iter().map(Authorization::left))
    }

    /// What is asked to be captured, and not answered yet.
    #[must_use]
    pub fn capturing(&self) -> i64 {
        self.asked(|what| matches!(what, What::Capture(_)))
    }

    /// Captured, refunds not taken off.
    #[must_use]
    pub fn captured(&self) -> i64 {
        sum(self.captures.iter().map(|c| c.amount))
    }

    /// Refunded.
    #[must_use]
    pub fn refunded(&self) -> i64 {
        sum(self.captures.iter().map(|c| c.refunded))
    }

    /// What the order is worth, less what the staff granted to be paid back.
    #[must_use]
    pub fn worth(&self) -> i64 {
        self.owed.authorize.minor.saturating_sub(self.granted).max(0)
    }

    /// What may be captured by now, less what the staff granted to be paid back.
    #[must_use]
    pub fn ripe(&self) -> i64 {
        self.owed.capture.minor.saturating_sub(self.granted).max(0)
    }

    /// How the payment stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            revision: self.revision,
            authorized: self.amount(self.authorized()),
            captured: self.amount(self.captured()),
            refunded: self.amount(self.refunded()),
            declined: self.declined,
        }
    }

    /// Whether nothing is under way and nothing is held: then it can be forgotten.
    pub(super) fn is_settled(&self, order: OrderId) -> bool {
        let open = self.requests.iter().any(|r| r.state == RequestState::Asked);
        !open && self.authorized() == 0 && !balance::is_off(order, self)
    }

    fn audit(&self, id: OrderId, audit: &mut Audit) {
        let (captured, refunded) = (self.captured(), self.refunded());
        let authorized = sum(self.authorizations.iter().map(|a| a.amount));
        let bounded = laws::payments_are_bounded(authorized, captured, refunded);
        audit.expect(laws::PAYMENTS_BOUNDED, bounded, || {
            format!("order {id}: {refunded} of {captured} of {authorized}")
        });
        let parts = self.authorizations.iter();
        let parts = sum(parts.map(|a| a.captured));
        let each = self.authorizations.iter().all(|a| a.left() >= 0)
            && self.captures.iter().all(|c| c.refunded >= 0 && c.refunded <= c.amount);
        audit.expect(laws::PAYMENT_SUMS, parts == captured && each, || {
            format!("order {id}: {self:?}")
        });
        let done = |what: fn(What) -> bool| {
            let done = self.numbered().filter(|(_, r)| r.state == RequestState::Done);
            done.filter(|(_, r)| what(r.what)).map(|(number, _)| number).collect::<Vec<_>>()
        };
        let mut authorizations: Vec<_> = self.authorizations.iter().map(|a| a.number).collect();
        let mut captures: Vec<_> = self.captures.iter().map(|c| c.number).collect();
        authorizations.sort_unstable();
        captures.sort_unstable();
        let once = authorizations == done(|what| what == What::Authorize)
            && captures == done(|what| matches!(what, What::Capture(_)));
        audit.expect(laws::ANSWERED_ONCE, once, || format!("order {id}: {:?}", self.requests));
        let capturing = self.capturing();
        let ending = self.asked(|what| matches!(what, What::Void(_) | What::Refund { .. }));
        let net = captured.saturating_sub(refunded);
        let held = self.authorized().saturating_sub(capturing).saturating_add(net);
        let kept = self.retry_at.is_some() || laws::no_more_is_held(held, self.worth(), ending);
        audit.expect(laws::NO_MORE_HELD, kept, || {
            format!("order {id}: {held} for {}, {ending} under way", self.worth())
        });
    }
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}
