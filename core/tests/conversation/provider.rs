//! The provider of payments, as the third party of the conversation: it hears requests, does or
//! declines them, and answers.
//!
//! No cursor lies between it and the shop: answers come as late as they like and in any order, and
//! by a fault a request comes once more. A sound provider knows its number again and only answers
//! anew: so there is another answer under way, which comes once more whenever that may be. What is
//! asked comes sooner or later, since the shop has it in its journal; an answer may be lost for
//! good where the model says so, and then the shop asks again.

use earmark::flow::{Command, Shop};
use earmark::ids::PaymentNumber;
use earmark::laws;
use earmark::payment::{
    DeclinePayment, DeclineReason, PaymentCommand, PaymentEvent, RecordAuthorization,
    RecordCapture, RecordRefund, RecordVoid, What,
};
use earmark::units::{Amount, Currency};
use serde::{Deserialize, Serialize};

use super::known::CommandId;
use super::{Side, Walk, World};
use crate::support::order;

/// What a provider is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    /// It may hear of a withdrawal too late, and no answer of it is lost for good.
    Sound,
    /// It lets go what is withdrawn, so that its answers may be lost for good.
    Heeds,
    /// Its answers may be lost for good, and it hears of no withdrawal.
    Careless,
    /// It captures what it authorizes at once.
    CapturesAtOnce,
    /// It does a request once more that comes once more.
    KnowsNothingAgain,
    /// It says that an authorization is voided, and holds it still.
    KeepsWhatIsVoided,
}

/// A request, as the shop's account has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Ask {
    /// Which order it is for, from 0.
    at: u8,
    request: u16,
    task: Task,
    amount: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Task {
    Authorize,
    Capture,
    Void,
    Refund,
    /// The shop does not want that request to be done any more.
    Withdraw,
}

/// The provider's own books of an order: every request that it has heard, and whether it was done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Till(Vec<(Ask, bool)>);

/// Letters from and to the provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Mail {
    /// Answers under way to the shop.
    pub(super) answers: Vec<CommandId>,
    /// Answers that never came: the shop must ask once more.
    pub(super) lost: u8,
    /// Payments that may still be declined.
    pub(super) declines: u8,
    /// Requests that the shop has just made.
    #[serde(skip)]
    pub(super) fresh: Vec<Ask>,
}

impl Mail {
    /// Whether nothing is under way.
    pub(super) fn is_silent(&self) -> bool {
        self.answers.is_empty()
    }

    /// The order of what comes in any order is of no interest.
    pub(super) fn tidy(&mut self) {
        self.answers.sort_unstable();
    }
}

impl Till {
    fn sum(&self, task: Task) -> i64 {
        let done = self.0.iter().filter(|(ask, done)| *done && ask.task == task);
        done.map(|(ask, _)| ask.amount).sum()
    }

    fn held(&self) -> i64 {
        self.sum(Task::Authorize) - self.sum(Task::Capture) - self.sum(Task::Void)
    }

    /// What must not be in these books, for an order that was confirmed or not.
    fn wrong(&self, was_confirmed: bool) -> Option<&'static str> {
        let (captured, refunded) = (self.sum(Task::Capture), self.sum(Task::Refund));
        let given = self.sum(Task::Authorize) - self.sum(Task::Void);
        if !laws::captured_in_time(was_confirmed, captured) {
            return Some(laws::CAPTURED_IN_TIME);
        }
        let bounded = laws::payments_are_bounded(given, captured, refunded);
        (!bounded).then_some(laws::PAYMENTS_BOUNDED)
    }

    /// At the end nothing is held, and the shop has the worth of what the customer has.
    pub(super) fn at_the_end(&self, worth: i64) -> Option<String> {
        let (held, net) = (self.held(), self.sum(Task::Capture) - self.sum(Task::Refund));
        if !laws::no_more_is_held(held, 0, 0) {
            return Some(format!("{}: {held} after the end", laws::NO_MORE_HELD));
        }
        (net != worth).then(|| format!("{net} were paid for goods worth {worth}"))
    }
}

impl Walk {
    /// Lets the provider hear at once what the shop has just asked. Nobody sees when it hears, only
    /// when its answer comes: so no way is left out.
    pub(super) fn heard(&self, what: String, mut world: World, go: &mut dyn FnMut(String, World)) {
        let Some(ask) = world.mail.fresh.pop() else { return go(what, world) };
        if world.faults > 0 && self.how.cursors && ask.task != Task::Withdraw {
            let mut twice = world.clone();
            twice.faults -= 1;
            twice.mail.fresh.push(ask);
            self.does(&format!("{what}; not for the last time,"), twice, ask, go);
        }
        self.does(&format!("{what};"), world, ask, go);
    }

    /// Does a request or declines it, and then hears the next.
    fn does(&self, what: &str, mut world: World, ask: Ask, go: &mut dyn FnMut(String, World)) {
        let till = &mut world.tills[usize::from(ask.at)];
        let known = till.0.iter().find(|(a, _)| a.request == ask.request).map(|(_, done)| *done);
        let what = format!("{what} {} is heard", ask.name());
        if ask.task == Task::Withdraw {
            if self.how.provider == Provider::Heeds && known == Some(true) && till.held() > 0 {
                till.0.push((Ask { task: Task::Void, ..ask }, true));
            }
            return self.heard(what, world, go);
        }
        if known.is_none() && ask.task == Task::Authorize && world.mail.declines > 0 {
            let mut no = world.clone();
            no.mail.declines -= 1;
            no.tills[usize::from(ask.at)].0.push((ask, false));
            no.mail.answers.push(self.known.command(&ask.answer(false)));
            self.heard(format!("{what} and declined"), no, go);
        }
        let done = self.write(&mut world, ask, known);
        world.mail.answers.push(self.known.command(&ask.answer(done)));
        self.heard(what, world, go);
    }

    /// The provider writes its books; whether it says that the request is done.
    fn write(&self, world: &mut World, ask: Ask, known: Option<bool>) -> bool {
        let (at, like) = (usize::from(ask.at), self.how.provider);
        let till = &mut world.tills[at];
        if known.is_none() || like == Provider::KnowsNothingAgain {
            // What was let go already is there no more to be voided.
            let keeps = like == Provider::KeepsWhatIsVoided || till.held() == 0;
            till.0.push((ask, ask.task != Task::Void || !keeps));
            if like == Provider::CapturesAtOnce && ask.task == Task::Authorize {
                till.0.push((Ask { task: Task::Capture, request: u16::MAX, ..ask }, true));
            }
        }
        if let Some(law) = till.wrong(world.confirmed[at]) {
            let told = format!("{law}: order {} at the provider: {till:?}", ask.at + 1);
            world.wrong.get_or_insert(told);
        }
        known.unwrap_or(true)
    }

    /// Answers of the provider come, or never come.
    pub(super) fn payments(&self, world: &World, go: &mut dyn FnMut(String, World)) {
        for (at, answer) in world.mail.answers.iter().enumerate() {
            if at > 0 && world.mail.answers[at - 1] == *answer {
                continue;
            }
            let name = self.known.name(*answer);
            let mut gone = world.clone();
            gone.mail.answers.remove(at);
            let may_be_lost = matches!(self.how.provider, Provider::Heeds | Provider::Careless);
            if world.faults > 0 && may_be_lost {
                let mut lost = gone.clone();
                lost.faults -= 1;
                lost.mail.lost += 1;
                go(format!("{name} is lost"), lost);
            }
            let heard = self.carried_out(gone, Side::Orders, *answer, true);
            self.heard(format!("Orders: {name} comes"), heard, go);
        }
    }
}

impl Ask {
    /// What an event asks of the provider; the shop is as the event has left it.
    pub(super) fn of(at: usize, event: &PaymentEvent, shop: &Shop) -> Option<Self> {
        let (request, is_withdrawn) = match event {
            PaymentEvent::Requested(e) => (e.request, false),
            PaymentEvent::CaptureRequested(e) => (e.request, false),
            PaymentEvent::VoidRequested(e) => (e.request, false),
            PaymentEvent::RefundRequested(e) => (e.request, false),
            PaymentEvent::Repeated(e) => (e.request, false),
            PaymentEvent::Withdrawn(e) => (e.request, true),
            _ => return None,
        };
        let known = shop.payments().get(event.order())?.request(request)?;
        let task = match known.what {
            _ if is_withdrawn => Task::Withdraw,
            What::Authorize => Task::Authorize,
            What::Capture(_) => Task::Capture,
            What::Void(_) => Task::Void,
            What::Refund { .. } => Task::Refund,
        };
        let at = u8::try_from(at).unwrap();
        Some(Self { at, request: request.0, task, amount: known.amount })
    }

    fn name(self) -> String {
        format!("{:?} of order {}", self.task, self.at + 1)
    }

    fn answer(self, done: bool) -> Command {
        use PaymentCommand as P;
        let (order, request) = (order(self.at + 1), PaymentNumber(self.request));
        let amount = Amount { currency: Currency::GBP, minor: self.amount };
        let reason = DeclineReason::InsufficientFunds;
        Command::Payment(match self.task {
            Task::Authorize if done => {
                P::RecordAuthorization(RecordAuthorization { order, request, amount })
            }
            Task::Authorize | Task::Withdraw => {
                P::Decline(DeclinePayment { order, request, reason })
            }
            Task::Capture => P::RecordCapture(RecordCapture { order, request, amount }),
            Task::Void => P::RecordVoid(RecordVoid { order, request }),
            Task::Refund => P::RecordRefund(RecordRefund { order, request }),
        })
    }
}
