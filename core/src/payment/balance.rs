//! What a provider is to be asked next: the difference between what is due and what is.
//!
//! Law: computed from the account of now, whatever happened before; what is under way counts as
//! done, so that nothing is asked for twice; nothing is captured that is not ripe.

use alloc::vec::Vec;

use super::account::{Account, RequestState, What};
use super::event::{
    CaptureRequested, PaymentEvent, PaymentForgotten, PaymentRequestWithdrawn, PaymentRequested,
    RefundRequested, VoidRequested,
};
use super::evolve;
use crate::decide::CorruptHistory;
use crate::ids::{OrderId, PaymentNumber};
use crate::limits::{PAYMENT_DECLINES, PAYMENT_REQUESTS};
use crate::policy::CaptureWhen;
use crate::time::{Span, Timestamp};

/// A history of one account that goes on: every event is told and folded in at once.
pub(super) struct Story {
    pub(super) order: OrderId,
    pub(super) at: Timestamp,
    pub(super) account: Account,
    pub(super) events: Vec<PaymentEvent>,
}

type Told = Result<(), CorruptHistory>;

impl Story {
    pub(super) fn of(order: OrderId, account: Account, at: Timestamp) -> Self {
        Self { order, at, account, events: Vec::new() }
    }

    /// Tells an event.
    pub(super) fn tell(&mut self, event: PaymentEvent) -> Told {
        evolve::change(&mut self.account, &event)?;
        self.events.push(event);
        Ok(())
    }

    /// Ends a story: if anything happened, a provider is asked for what that makes due, and an
    /// account that nothing is left of is forgotten.
    pub(super) fn end(&mut self) -> Told {
        if self.events.is_empty() {
            return Ok(());
        }
        self.balance()?;
        let order = self.order;
        if self.account.archived && self.account.is_settled(order) {
            self.tell(PaymentEvent::Forgotten(PaymentForgotten { order }))?;
        }
        Ok(())
    }

    /// Asks for the difference between what is due and what is.
    pub(super) fn balance(&mut self) -> Told {
        let may_move = self.account.retry_at.is_none_or(|at| at <= self.at);
        if may_move {
            self.refund()?;
        }
        if may_move && self.account.owed.capture_when != CaptureWhen::ByHand {
            self.capture(i64::MAX)?;
        }
        self.hold()
    }

    /// Asks for what is ripe, up to an amount, the oldest authorization first.
    pub(super) fn capture(&mut self, at_most: i64) -> Told {
        let mut rest = capturable(&self.account).min(at_most);
        let authorizations: Vec<_> = self.account.authorizations.iter().map(|a| a.number).collect();
        for authorization in authorizations {
            let amount = free(&self.account, authorization).min(rest);
            if amount <= 0 || !self.has_room(PAYMENT_REQUESTS / 2) {
                continue;
            }
            rest = rest.saturating_sub(amount);
            let (request, until, order) = (self.next(), self.answer_by(), self.order);
            let amount = self.account.amount(amount);
            let asked = CaptureRequested { order, request, authorization, amount, until };
            self.tell(PaymentEvent::CaptureRequested(asked))?;
        }
        Ok(())
    }

    /// Authorized is what is still to come: what is missing is asked for, what is too much is let
    /// go of, the newest first.
    fn hold(&mut self) -> Told {
        let account = &self.account;
        let capturing = account.capturing();
        let voiding = account.asked(|what| matches!(what, What::Void(_)));
        let open = account.authorized().saturating_sub(capturing).saturating_sub(voiding);
        let wanted = account.worth().saturating_sub(net(account).saturating_add(capturing)).max(0);
        let missing = missing(account);
        let mut rest = open.saturating_sub(wanted);
        let authorizations: Vec<_> = account.authorizations.iter().map(|a| a.number).collect();
        for authorization in authorizations.into_iter().rev() {
            let amount = free(&self.account, authorization).min(rest);
            if amount <= 0 || !self.has_room(PAYMENT_REQUESTS) {
                continue;
            }
            rest = rest.saturating_sub(amount);
            let (request, until, order) = (self.next(), self.answer_by(), self.order);
            let amount = self.account.amount(amount);
            let asked = VoidRequested { order, request, authorization, amount, until };
            self.tell(PaymentEvent::VoidRequested(asked))?;
        }
        self.ask_to_pay(missing)
    }

    /// One request to pay is open at a time, and it asks for all that is missing.
    fn ask_to_pay(&mut self, missing: i64) -> Told {
        if self.account.asked(|what| what == What::Authorize) == missing {
            return Ok(());
        }
        let order = self.order;
        let open = |(number, request): (PaymentNumber, &super::Request)| {
            let is_open = request.what == What::Authorize && request.state == RequestState::Asked;
            is_open.then_some(number)
        };
        let open: Vec<_> = self.account.numbered().filter_map(open).collect();
        for request in open {
            let withdrawn = PaymentRequestWithdrawn { order, request };
            self.tell(PaymentEvent::Withdrawn(withdrawn))?;
        }
        let account = &self.account;
        let may_try = account.declines < PAYMENT_DECLINES && !account.archived;
        if missing == 0 || !may_try || !self.has_room(PAYMENT_REQUESTS / 2) {
            return Ok(());
        }
        // Until the order expires, nobody but the customer can be waited for.
        let until = self.answer_by().max(self.account.owed.pay_until);
        let (request, amount) = (self.next(), self.account.amount(missing));
        let attempt = self.account.declines.saturating_add(1);
        let asked = PaymentRequested { order, request, attempt, amount, until };
        self.tell(PaymentEvent::Requested(asked))
    }

    /// What the staff granted and what is more than is owed goes back, the newest capture first.
    fn refund(&mut self) -> Told {
        let granted = |what| matches!(what, What::Refund { granted: true, .. });
        let given = self.account.asked_or_done(granted);
        let owed = self.account.granted.saturating_sub(given);
        self.refund_up_to(owed, true)?;
        let account = &self.account;
        let under_way = account.asked(|what| matches!(what, What::Refund { .. }));
        let kept = net_of(account).saturating_sub(under_way);
        self.refund_up_to(kept.saturating_sub(account.worth()), false)
    }

    fn refund_up_to(&mut self, mut rest: i64, granted: bool) -> Told {
        let captures: Vec<_> = self.account.captures.iter().rev().copied().collect();
        for taken in captures {
            let capture = taken.number;
            let of = |what| matches!(what, What::Refund { capture: c, .. } if c == capture);
            let left = taken.amount.saturating_sub(taken.refunded);
            let amount = left.saturating_sub(self.account.asked(of)).min(rest);
            if amount <= 0 || !self.has_room(PAYMENT_REQUESTS) {
                continue;
            }
            rest = rest.saturating_sub(amount);
            let (request, until, order) = (self.next(), self.answer_by(), self.order);
            let amount = self.account.amount(amount);
            let asked = RefundRequested { order, request, capture, amount, granted, until };
            self.tell(PaymentEvent::RefundRequested(asked))?;
        }
        Ok(())
    }

    /// The number of the next request.
    fn next(&self) -> PaymentNumber {
        let made = u16::try_from(self.account.requests.len()).unwrap_or(u16::MAX);
        PaymentNumber(made.saturating_add(1))
    }

    fn has_room(&self, requests: u16) -> bool {
        self.account.requests.len() < usize::from(requests)
    }

    fn answer_by(&self) -> Timestamp {
        answer_by(&self.account, self.at)
    }
}

/// When an answer to a request made now is missed.
pub(super) fn answer_by(account: &Account, at: Timestamp) -> Timestamp {
    // At least a moment later, so that a tick comes to its end.
    at.after(account.owed.answer_within.max(Span::from_millis(1)))
}

/// What is still to be authorized: what is owed, less all that is held or was taken. What is under
/// way back to the customer is neither. Of more captures than there is left to take from, since one
/// that was declined took place after all, only what is left can still come.
pub(super) fn missing(account: &Account) -> i64 {
    let voiding = account.asked(|what| matches!(what, What::Void(_)));
    let held = account.authorized().saturating_sub(voiding).max(0);
    account.worth().saturating_sub(net(account)).saturating_sub(held).max(0)
}

/// What may be captured now, of what is authorized.
pub(super) fn capturable(account: &Account) -> i64 {
    let capturing = account.capturing();
    let voiding = account.asked(|what| matches!(what, What::Void(_)));
    let open = account.authorized().saturating_sub(capturing).saturating_sub(voiding);
    account.ripe().saturating_sub(net(account).saturating_add(capturing)).min(open).max(0)
}

/// Whether a provider would be asked for something, if it had not said no lately.
pub(super) fn is_off(order: OrderId, account: &Account) -> bool {
    let mut story = Story::of(order, account.clone(), Timestamp::from_millis(u64::MAX));
    story.balance().is_err() || !story.events.is_empty()
}

/// What of an authorization nothing is asked for.
pub(super) fn free(account: &Account, number: PaymentNumber) -> i64 {
    let left = account.authorizations.iter().find(|a| a.number == number).map_or(0, |a| a.left());
    let of = |what| what == What::Capture(number) || what == What::Void(number);
    left.saturating_sub(account.asked(of))
}

/// What the shop has got, with what is under way back to the customer taken off.
fn net(account: &Account) -> i64 {
    net_of(account).saturating_sub(account.asked(|what| matches!(what, What::Refund { .. })))
}

fn net_of(account: &Account) -> i64 {
    account.captured().saturating_sub(account.refunded())
}
