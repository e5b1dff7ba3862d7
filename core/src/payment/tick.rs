//! What time alone does to payments: authorizations lapse, requests without an answer are made
//! once more, and what a provider said no to is asked for again.
//!
//! Law: a request that is made once more keeps its number, so that whoever has carried it out
//! already knows it; it is made so only a few times.

use alloc::vec::Vec;

use super::account::{Account, Payments, Request, RequestState};
use super::balance::{self, Story};
use super::event::{AuthorizationLapsed, PaymentEvent, PaymentRequestRepeated};
use crate::decide::CorruptHistory;
use crate::ids::{OrderId, PaymentNumber};
use crate::limits::{DUE_PER_TICK, PAYMENT_REPEATS};
use crate::time::Timestamp;

/// Does what is due at `at`.
pub(super) fn tick(payments: &Payments, at: Timestamp) -> Vec<PaymentEvent> {
    let due = payments.deadlines.iter().take_while(|(deadline, _)| *deadline <= at);
    let mut events = Vec::new();
    for (_, id) in due.take(DUE_PER_TICK) {
        let Some(account) = payments.get(*id) else { continue };
        let mut story = Story::of(*id, account.clone(), at);
        // A story that contradicts itself is not told: the deadline stays due, and is seen.
        if pass(&mut story).is_ok() {
            events.append(&mut story.events);
        }
    }
    events
}

/// When a tick has something to do for an account.
pub(super) fn deadline(order: OrderId, account: &Account) -> Option<Timestamp> {
    let repeats = account.requests.iter().filter(|r| may_repeat(r)).map(|r| r.until);
    let lapses = account.authorizations.iter().filter_map(|a| {
        let until = a.until?;
        (balance::free(account, a.number) > 0).then_some(until)
    });
    let retry = account.retry_at.filter(|_| balance::is_off(order, account));
    repeats.chain(lapses).chain(retry).min()
}

fn pass(story: &mut Story) -> Result<(), CorruptHistory> {
    let (order, at) = (story.order, story.at);
    let lapses = |a: &&super::Authorization| a.until.is_some_and(|until| until <= at);
    let lapsed: Vec<_> = story.account.authorizations.iter().filter(lapses).copied().collect();
    for authorization in lapsed {
        lapse(story, authorization.number)?;
    }
    let missed = |(number, request): (PaymentNumber, &Request)| {
        (may_repeat(request) && request.until <= at)
            .then_some((number, request.attempt.saturating_add(1)))
    };
    let missed: Vec<_> = story.account.numbered().filter_map(missed).collect();
    for (request, attempt) in missed {
        let until = balance::answer_by(&story.account, at);
        let repeated = PaymentRequestRepeated { order, request, attempt, until };
        story.tell(PaymentEvent::Repeated(repeated))?;
    }
    // Time may have come for what a provider said no to.
    if story.account.retry_at.is_some_and(|retry| retry <= at) {
        story.balance()?;
    }
    story.end()
}

/// What of an authorization nobody captures or voids just now does not hold any more.
pub(super) fn lapse(story: &mut Story, authorization: PaymentNumber) -> Result<(), CorruptHistory> {
    let (order, at, lapsed) = (story.order, story.at, balance::free(&story.account, authorization));
    if lapsed <= 0 {
        return Ok(());
    }
    let mut after = story.account.clone();
    after.lapse(authorization, lapsed)?;
    let (amount, standing) = (after.amount(lapsed), after.standing());
    let event = AuthorizationLapsed { order, at, authorization, amount, standing };
    story.tell(PaymentEvent::Lapsed(event))
}

fn may_repeat(request: &Request) -> bool {
    let is_reached = request.until < Timestamp::from_millis(u64::MAX);
    request.state == RequestState::Asked && request.attempt < PAYMENT_REPEATS && is_reached
}
