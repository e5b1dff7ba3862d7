//! What a command to the payment role causes: the fact, and then what it makes due.
//!
//! Law: an answer is recorded whenever it comes, and heard once; only the guards refuse. A provider
//! that said no and then yes is believed: money that moved is in the books, and what is too much of
//! it goes back.

use alloc::vec;
use alloc::vec::Vec;

use super::account::{Account, Payments, Request, RequestState, What};
use super::balance::{self, Story};
use super::command::{
    Authorize, CapturePayment, DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund,
    PaymentCommand, RecordAuthorization, RecordCapture, RecordDue, RecordRefund, RecordVoid,
    RefundPayment,
};
use super::event::{
    AuthorizationRecorded, CaptureDeclined, PaymentArchived, PaymentCaptured, PaymentDeclined,
    PaymentDueRecorded, PaymentEvent, PaymentRefunded, PaymentVoided, RefundDeclined,
    RefundGranted,
};
use super::refusal::PaymentRefusal;
use super::{evolve, tick};
use crate::decide::{Context, CorruptHistory, Decide, Principal};
use crate::ids::PaymentNumber;
use crate::limits::{PAYMENT_AMOUNT, PAYMENT_DECLINES, PAYMENT_REQUESTS};
use crate::units::Amount;

type Decision = Result<Vec<PaymentEvent>, PaymentRefusal>;

impl Decide for Payments {
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Refusal = PaymentRefusal;

    fn decide(&self, command: &PaymentCommand, context: &Context) -> Decision {
        let Some(order) = command.order() else { return Ok(tick::tick(self, context.at)) };
        let account = self.get(order);
        match (command, account) {
            (PaymentCommand::Due(c), known) => return due(c, known, context),
            (PaymentCommand::Forget(_), None) => return Ok(vec![]),
            _ => {}
        }
        let own = account.filter(|a| context.by.may_touch(a.owed.owner.as_ref()));
        let account = own.ok_or(PaymentRefusal::UnknownOrder { order })?;
        let is_customer = matches!(context.by, Principal::Customer(_));
        if is_customer && !matches!(command, PaymentCommand::Authorize(_)) {
            return Err(PaymentRefusal::StaffOnly);
        }
        let mut desk = Desk { story: Story::of(order, account.clone(), context.at) };
        let told = match command {
            PaymentCommand::Authorize(c) => desk.authorize_all(c)?,
            PaymentCommand::RecordAuthorization(c) => desk.authorized(c)?,
            PaymentCommand::Decline(c) => desk.declined(c)?,
            PaymentCommand::RecordCapture(c) => desk.captured(c)?,
            PaymentCommand::DeclineCapture(c) => desk.capture_declined(c)?,
            PaymentCommand::RecordVoid(c) => desk.voided(c)?,
            PaymentCommand::RecordRefund(c) => desk.refunded(c)?,
            PaymentCommand::DeclineRefund(c) => desk.refund_declined(c)?,
            PaymentCommand::Capture(c) => desk.capture(c)?,
            PaymentCommand::Refund(c) => desk.refund(c)?,
            PaymentCommand::Forget(_) => desk.forget(),
            PaymentCommand::Due(_) | PaymentCommand::Tick => Ok(()),
        };
        let mut story = desk.story;
        let whole = told.and_then(|()| story.end());
        whole.map(|()| story.events).map_err(|e| PaymentRefusal::of_books(order, e))
    }

    fn evolve(&mut self, event: &PaymentEvent) -> Result<(), CorruptHistory> {
        evolve::evolve(self, event)
    }
}

/// What is said later stands; what comes out of order is late news.
fn due(command: &RecordDue, known: Option<&Account>, context: &Context) -> Decision {
    let RecordDue { order, owed } = command;
    if known.is_some_and(|account| account.owed.sequence >= owed.sequence) {
        return Ok(vec![]);
    }
    let account = known.cloned().unwrap_or_else(|| Account::opened(owed.clone()));
    let mut story = Story::of(*order, account, context.at);
    let recorded = PaymentDueRecorded { order: *order, owed: owed.clone() };
    let told = story.tell(PaymentEvent::DueRecorded(recorded)).and_then(|()| story.end());
    told.map(|()| story.events).map_err(|e| PaymentRefusal::of_books(*order, e))
}

/// What a command adds to a story: a refusal of the caller, or a story that contradicts itself.
type Told = Result<Result<(), CorruptHistory>, PaymentRefusal>;

struct Desk {
    story: Story,
}

impl Desk {
    /// An answer without a number is to the last request to pay, if that is open; if not, it was
    /// heard before. What comes for an order that has ended meanwhile answers what it withdrew.
    fn authorize_all(&mut self, command: &Authorize) -> Told {
        let account = &self.story.account;
        let is_to_pay = |(_, r): &(PaymentNumber, &Request)| r.what == What::Authorize;
        let last = account.numbered().rev().find(is_to_pay).filter(|(_, r)| match r.state {
            RequestState::Asked => true,
            RequestState::Withdrawn => account.worth() == 0,
            RequestState::Done | RequestState::Declined => false,
        });
        let Some((request, open)) = last else {
            return self.may_try().map(|()| Ok(()));
        };
        let needed = if open.state == RequestState::Asked { open.amount } else { 1 };
        self.check(command.amount, needed, PAYMENT_AMOUNT)?;
        Ok(self.authorize(request, command.amount))
    }

    /// Nobody is asked to pay: nothing is missing, or it can't be asked for any more.
    fn may_try(&self) -> Result<(), PaymentRefusal> {
        let account = &self.story.account;
        if account.archived || balance::missing(account) == 0 {
            return Ok(());
        }
        if account.declines >= PAYMENT_DECLINES {
            return Err(PaymentRefusal::TooManyDeclines { allowed: PAYMENT_DECLINES });
        }
        self.has_room()
    }

    fn authorized(&mut self, command: &RecordAuthorization) -> Told {
        let RecordAuthorization { request, amount, .. } = *command;
        let known = self.known(request, |what| what == What::Authorize)?;
        match known.state {
            RequestState::Asked | RequestState::Withdrawn | RequestState::Declined => {}
            RequestState::Done => {
                let mut heard = self.story.account.authorizations.iter();
                let same = heard.any(|a| a.number == request && a.amount == amount.minor);
                return self.again(request, same);
            }
        }
        self.check(amount, 1, PAYMENT_AMOUNT)?;
        Ok(self.authorize(request, amount))
    }

    fn authorize(&mut self, request: PaymentNumber, amount: Amount) -> Result<(), CorruptHistory> {
        let Story { order, at, ref account, .. } = self.story;
        let until = account.owed.authorization_lasts.map(|span| at.after(span));
        let mut after = account.clone();
        after.authorize(request, amount.minor, until)?;
        let standing = after.standing();
        let event = AuthorizationRecorded { order, at, request, amount, until, standing };
        self.story.tell(PaymentEvent::Authorized(event))
    }

    fn declined(&mut self, command: &DeclinePayment) -> Told {
        let DeclinePayment { request, reason, .. } = *command;
        let known = self.known(request, |what| what == What::Authorize)?;
        match known.state {
            RequestState::Asked => {}
            // Nobody waits for it any more.
            RequestState::Withdrawn => return Ok(Ok(())),
            state => return self.again(request, state == RequestState::Declined),
        }
        let Story { order, at, ref account, .. } = self.story;
        let mut after = account.clone();
        let told = after.decline(request).and_then(|()| {
            let (attempt, standing) = (after.declines, after.standing());
            let event = PaymentDeclined { order, at, request, attempt, reason, standing };
            self.story.tell(PaymentEvent::Declined(event))
        });
        Ok(told)
    }

    fn captured(&mut self, command: &RecordCapture) -> Told {
        let RecordCapture { request, amount, .. } = *command;
        let known = self.known(request, |what| matches!(what, What::Capture(_)))?;
        if known.state == RequestState::Done {
            let mut heard = self.story.account.captures.iter();
            let same = heard.any(|c| c.number == request && c.amount == amount.minor);
            return self.again(request, same);
        }
        self.check(amount, 1, known.amount)?;
        let Story { order, at, ref account, .. } = self.story;
        let mut after = account.clone();
        let told = after.capture(request, amount.minor).and_then(|()| {
            let standing = after.standing();
            let event = PaymentCaptured { order, at, request, amount, standing };
            self.story.tell(PaymentEvent::Captured(event))
        });
        Ok(told)
    }

    fn capture_declined(&mut self, command: &DeclineCapture) -> Told {
        let DeclineCapture { request, reason, .. } = *command;
        let known = self.known(request, |what| matches!(what, What::Capture(_)))?;
        if known.state != RequestState::Asked {
            return self.again(request, known.state == RequestState::Declined);
        }
        let Story { order, at, ref account, .. } = self.story;
        let retry_at = balance::answer_by(account, at);
        let event = CaptureDeclined { order, at, request, reason, retry_at };
        let mut told = self.story.tell(PaymentEvent::CaptureDeclined(event));
        if let (DeclineReason::AuthorizationExpired, What::Capture(of)) = (reason, known.what) {
            told = told.and_then(|()| tick::lapse(&mut self.story, of));
        }
        Ok(told)
    }

    fn voided(&mut self, command: &RecordVoid) -> Told {
        let request = command.request;
        let known = self.known(request, |what| matches!(what, What::Void(_)))?;
        if known.state != RequestState::Asked {
            return self.again(request, known.state == RequestState::Done);
        }
        let Story { order, at, ref account, .. } = self.story;
        let mut after = account.clone();
        let told = after.void(request).and_then(|()| {
            let (amount, standing) = (after.amount(known.amount), after.standing());
            let event = PaymentVoided { order, at, request, amount, standing };
            self.story.tell(PaymentEvent::Voided(event))
        });
        Ok(told)
    }

    fn refunded(&mut self, command: &RecordRefund) -> Told {
        let request = command.request;
        let known = self.known(request, |what| matches!(what, What::Refund { .. }))?;
        if known.state == RequestState::Done {
            return Ok(Ok(()));
        }
        let Story { order, at, ref account, .. } = self.story;
        let mut after = account.clone();
        if known.state == RequestState::Declined && !after.may_refund(known) {
            // It was made once more meanwhile: not even a provider pays back what it never took.
            return self.again(request, false);
        }
        let told = after.refund(request).and_then(|()| {
            let (amount, standing) = (after.amount(known.amount), after.standing());
            let event = PaymentRefunded { order, at, request, amount, standing };
            self.story.tell(PaymentEvent::Refunded(event))
        });
        Ok(told)
    }

    fn refund_declined(&mut self, command: &DeclineRefund) -> Told {
        let DeclineRefund { request, reason, .. } = *command;
        let known = self.known(request, |what| matches!(what, What::Refund { .. }))?;
        if known.state != RequestState::Asked {
            return self.again(request, known.state == RequestState::Declined);
        }
        let Story { order, at, ref account, .. } = self.story;
        let retry_at = balance::answer_by(account, at);
        let event = RefundDeclined { order, at, request, reason, retry_at };
        Ok(self.story.tell(PaymentEvent::RefundDeclined(event)))
    }

    /// What may be captured is a matter of the order; that it is, of the staff.
    fn capture(&mut self, command: &CapturePayment) -> Told {
        let possible = balance::capturable(&self.story.account);
        let Some(amount) = command.amount else {
            return Ok(self.story.capture(possible));
        };
        self.check(amount, 1, possible)?;
        self.has_room()?;
        Ok(self.story.capture(amount.minor))
    }

    fn refund(&mut self, command: &RefundPayment) -> Told {
        let RefundPayment { order, amount, ref reason } = *command;
        let account = &self.story.account;
        let under_way = account.asked(|what| matches!(what, What::Refund { .. }));
        let kept = account.captured().saturating_sub(account.refunded());
        // What was granted before and could not be paid back yet is not there to be granted again.
        let granted = |what| matches!(what, What::Refund { granted: true, .. });
        let waiting = account.granted.saturating_sub(account.asked_or_done(granted)).max(0);
        let possible = kept.saturating_sub(under_way).saturating_sub(waiting);
        self.check(amount, 1, possible)?;
        self.has_room()?;
        let (at, reason) = (self.story.at, reason.clone());
        let event = RefundGranted { order, at, amount, reason };
        Ok(self.story.tell(PaymentEvent::RefundGranted(event)))
    }

    fn forget(&mut self) -> Result<(), CorruptHistory> {
        if self.story.account.archived {
            return Ok(());
        }
        let order = self.story.order;
        self.story.tell(PaymentEvent::Archived(PaymentArchived { order }))
    }

    /// A request of that kind.
    fn known(
        &self,
        request: PaymentNumber,
        is_meant: impl Fn(What) -> bool,
    ) -> Result<Request, PaymentRefusal> {
        let known = self.story.account.request(request).filter(|r| is_meant(r.what));
        known.copied().ok_or(PaymentRefusal::UnknownRequest { request })
    }

    /// The same answer again is no news; another one is refused.
    fn again(&self, request: PaymentNumber, same: bool) -> Told {
        if same { Ok(Ok(())) } else { Err(PaymentRefusal::AnsweredDifferently { request }) }
    }

    /// An amount in the order's currency, and within these bounds.
    fn check(&self, amount: Amount, least: i64, most: i64) -> Result<(), PaymentRefusal> {
        let account = &self.story.account;
        let currency = account.amount(0).currency;
        if amount.currency != currency {
            return Err(PaymentRefusal::OtherCurrency { currency });
        }
        let allowed = account.amount(most.clamp(0, PAYMENT_AMOUNT));
        if amount.minor > allowed.minor {
            return Err(PaymentRefusal::AmountTooLarge { allowed });
        }
        if amount.minor < least {
            return Err(PaymentRefusal::AmountTooSmall { needed: account.amount(least) });
        }
        Ok(())
    }

    /// The staff may make no more requests than leave room for what must follow.
    fn has_room(&self) -> Result<(), PaymentRefusal> {
        let allowed = PAYMENT_REQUESTS / 2;
        let made = self.story.account.requests.len();
        if made < usize::from(allowed) {
            Ok(())
        } else {
            Err(PaymentRefusal::TooManyRequests { allowed })
        }
    }
}
