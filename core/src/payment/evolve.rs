//! Folding payment events into the accounts.
//!
//! Law: nothing here decides; an event that tells other sums than its account has is a corrupt
//! history.

use super::account::{Account, Authorization, Capture, Payments, Request, RequestState, What};
use super::event::PaymentEvent;
use super::tick;
use crate::decide::CorruptHistory;
use crate::ids::PaymentNumber;
use crate::time::Timestamp;

const NO_ACCOUNT: CorruptHistory = CorruptHistory::because("a payment of an order that owes none");
const NOT_ASKED: CorruptHistory = CorruptHistory::because("an answer that nobody waits for");
const OTHER_SUMS: CorruptHistory = CorruptHistory::because("a payment with other sums than told");
const NO_SOURCE: CorruptHistory = CorruptHistory::because("more is taken than is there");

/// Folds an event into the state, and keeps the deadlines in step.
pub(super) fn evolve(payments: &mut Payments, event: &PaymentEvent) -> Result<(), CorruptHistory> {
    let id = event.order();
    if let PaymentEvent::DueRecorded(e) = event
        && !payments.accounts.contains_key(&id)
    {
        payments.accounts.insert(id, Account::opened(e.owed.clone()));
    }
    let account = payments.accounts.get_mut(&id).ok_or(NO_ACCOUNT)?;
    let before = tick::deadline(id, account);
    change(account, event)?;
    let is_over = matches!(event, PaymentEvent::Forgotten(_));
    let after = if is_over { None } else { tick::deadline(id, account) };
    if is_over {
        payments.accounts.remove(&id);
    }
    if before != after {
        before.map(|at| payments.deadlines.remove(&(at, id)));
    }
    after.map(|at| payments.deadlines.insert((at, id)));
    Ok(())
}

/// Folds an event into its account.
pub(super) fn change(account: &mut Account, event: &PaymentEvent) -> Result<(), CorruptHistory> {
    match event {
        PaymentEvent::DueRecorded(e) => account.owed = e.owed.clone(),
        PaymentEvent::Requested(e) => {
            ask(account, e.request, What::Authorize, e.amount.minor, e.until)?;
        }
        PaymentEvent::Withdrawn(e) => {
            answer(account, e.request, RequestState::Withdrawn)?;
        }
        PaymentEvent::Repeated(e) => {
            let request = find(account, e.request)?;
            (request.attempt, request.until) = (e.attempt, e.until);
        }
        PaymentEvent::Authorized(e) => account.authorize(e.request, e.amount.minor, e.until)?,
        PaymentEvent::Declined(e) => account.decline(e.request)?,
        PaymentEvent::Lapsed(e) => account.lapse(e.authorization, e.amount.minor)?,
        PaymentEvent::CaptureRequested(e) => {
            account.retry_at = None;
            let what = What::Capture(e.authorization);
            ask(account, e.request, what, e.amount.minor, e.until)?;
        }
        PaymentEvent::Captured(e) => account.capture(e.request, e.amount.minor)?,
        PaymentEvent::CaptureDeclined(e) => {
            answer(account, e.request, RequestState::Declined)?;
            account.retry_at = Some(e.retry_at);
        }
        PaymentEvent::VoidRequested(e) => {
            ask(account, e.request, What::Void(e.authorization), e.amount.minor, e.until)?;
        }
        PaymentEvent::Voided(e) => account.void(e.request)?,
        PaymentEvent::RefundGranted(e) => {
            account.granted = account.granted.saturating_add(e.amount.minor);
        }
        PaymentEvent::RefundRequested(e) => {
            account.retry_at = None;
            let what = What::Refund { capture: e.capture, granted: e.granted };
            ask(account, e.request, what, e.amount.minor, e.until)?;
        }
        PaymentEvent::Refunded(e) => account.refund(e.request)?,
        PaymentEvent::RefundDeclined(e) => {
            answer(account, e.request, RequestState::Declined)?;
            account.retry_at = Some(e.retry_at);
        }
        PaymentEvent::Archived(_) => account.archived = true,
        PaymentEvent::Forgotten(_) => {}
    }
    match event.standing() {
        Some(told) if *told != account.standing() => Err(OTHER_SUMS),
        _ => Ok(()),
    }
}

impl Account {
    /// An amount was authorized.
    pub(super) fn authorize(
        &mut self,
        number: PaymentNumber,
        amount: i64,
        until: Option<Timestamp>,
    ) -> Result<(), CorruptHistory> {
        answer(self, number, RequestState::Done)?;
        let (captured, voided, lapsed) = (0, 0, 0);
        self.authorizations.push(Authorization { number, amount, captured, voided, lapsed, until });
        self.declined = false;
        self.changed();
        Ok(())
    }

    /// A try to pay was declined.
    pub(super) fn decline(&mut self, number: PaymentNumber) -> Result<(), CorruptHistory> {
        answer(self, number, RequestState::Declined)?;
        self.declines = self.declines.saturating_add(1);
        self.declined = true;
        self.changed();
        Ok(())
    }

    /// Some of an authorization does not hold any more.
    pub(super) fn lapse(&mut self, of: PaymentNumber, amount: i64) -> Result<(), CorruptHistory> {
        let authorization = self.authorization(of, amount)?;
        authorization.lapsed = authorization.lapsed.saturating_add(amount);
        self.changed();
        Ok(())
    }

    /// An amount was captured.
    pub(super) fn capture(
        &mut self,
        number: PaymentNumber,
        amount: i64,
    ) -> Result<(), CorruptHistory> {
        let What::Capture(of) = answer(self, number, RequestState::Done)?.what else {
            return Err(NOT_ASKED);
        };
        let found = self.authorizations.iter_mut().find(|a| a.number == of);
        let authorization = found.ok_or(NO_SOURCE)?;
        authorization.make_room(amount);
        authorization.captured = authorization.captured.saturating_add(amount);
        self.captures.push(Capture { number, amount, refunded: 0 });
        self.changed();
        Ok(())
    }

    /// What was asked for was voided.
    pub(super) fn void(&mut self, number: PaymentNumber) -> Result<(), CorruptHistory> {
        let request = answer(self, number, RequestState::Done)?;
        let What::Void(of) = request.what else { return Err(NOT_ASKED) };
        let authorization = self.authorization(of, request.amount)?;
        authorization.voided = authorization.voided.saturating_add(request.amount);
        self.changed();
        Ok(())
    }

    /// Whether so much of its capture is left.
    pub(super) fn may_refund(&self, request: Request) -> bool {
        let What::Refund { capture, .. } = request.what else { return false };
        let taken = self.captures.iter().find(|c| c.number == capture);
        taken.is_some_and(|c| c.amount.saturating_sub(c.refunded) >= request.amount)
    }

    /// What was asked for was refunded.
    pub(super) fn refund(&mut self, number: PaymentNumber) -> Result<(), CorruptHistory> {
        let request = answer(self, number, RequestState::Done)?;
        let What::Refund { capture: of, .. } = request.what else { return Err(NOT_ASKED) };
        let capture = self.captures.iter_mut().find(|c| c.number == of).ok_or(NO_SOURCE)?;
        let left = capture.amount.saturating_sub(capture.refunded);
        if left < request.amount {
            return Err(NO_SOURCE);
        }
        capture.refunded = capture.refunded.saturating_add(request.amount);
        self.changed();
        Ok(())
    }

    /// An authorization that has so much left.
    fn authorization(
        &mut self,
        number: PaymentNumber,
        amount: i64,
    ) -> Result<&mut Authorization, CorruptHistory> {
        let found = self.authorizations.iter_mut().find(|a| a.number == number);
        found.filter(|a| a.left() >= amount).ok_or(NO_SOURCE)
    }

    fn changed(&mut self) {
        self.revision = self.revision.saturating_add(1);
    }
}

impl Authorization {
    /// What was captured was there to be captured, whatever was believed: it had not lapsed, or it
    /// was not voided, or more was authorized than was said.
    fn make_room(&mut self, amount: i64) {
        let mut short = amount.saturating_sub(self.left()).max(0);
        for ended in [&mut self.lapsed, &mut self.voided] {
            let taken = short.min(*ended);
            *ended = ended.saturating_sub(taken);
            short = short.saturating_sub(taken);
        }
        self.amount = self.amount.saturating_add(short);
    }
}

fn ask(
    account: &mut Account,
    number: PaymentNumber,
    what: What,
    amount: i64,
    until: Timestamp,
) -> Result<(), CorruptHistory> {
    account.requests.push(Request { what, amount, until, attempt: 1, state: RequestState::Asked });
    let gapless = usize::from(number.0) == account.requests.len();
    if gapless { Ok(()) } else { Err(CorruptHistory::because("a request is numbered wrongly")) }
}

fn find(account: &mut Account, number: PaymentNumber) -> Result<&mut Request, CorruptHistory> {
    let at = number.0.checked_sub(1).ok_or(NOT_ASKED)?;
    account.requests.get_mut(usize::from(at)).ok_or(NOT_ASKED)
}

/// A request is answered, or withdrawn. One that was withdrawn may be answered all the same; and
/// one that a provider said no to may turn out to be done, since money that moved is recorded.
fn answer(
    account: &mut Account,
    number: PaymentNumber,
    state: RequestState,
) -> Result<Request, CorruptHistory> {
    let request = find(account, number)?;
    let is_open = match request.state {
        RequestState::Asked => true,
        RequestState::Withdrawn | RequestState::Declined => state == RequestState::Done,
        RequestState::Done => false,
    };
    if !is_open {
        return Err(NOT_ASKED);
    }
    request.state = state;
    Ok(*request)
}
