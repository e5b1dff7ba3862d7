//! The provider of payments, and the desk that pays back.
//!
//! Law: the provider answers what it is asked, and nothing that was withdrawn meanwhile; the
//! desk pays back what came back, and what never arrived.

use anyhow::Result;
use earmark::flow::Command;
use earmark::ids::{OrderId, PaymentNumber, Text};
use earmark::order::UnitsOfLine;
use earmark::payment::{
    DeclinePayment, DeclineReason, PaymentCommand, PaymentEvent, RecordAuthorization,
    RecordCapture, RecordRefund, RecordVoid, RefundPayment, RequestState,
};

use super::desk::World;
use super::queue::Act;
use super::rules::{self, Says};

/// Goods that the customer sent back.
pub(super) const CAME_BACK: &str = "it came back";
/// Goods that the customer never saw.
pub(super) const NEVER_ARRIVED: &str = "it never arrived";

impl World<'_> {
    /// What the provider is asked for, it answers in time.
    pub(super) fn hear_payment(&mut self, event: &PaymentEvent) {
        let order = event.order();
        let soon = self.now + rules::ANSWER;
        let (at, answer) = match event {
            PaymentEvent::Requested(e) => {
                let Some(known) = self.known.get(&order) else { return };
                let paying = rules::paying(known.document, known.came_back);
                let (request, amount) = (e.request, e.amount);
                let first = known.document.at + paying.after;
                let yes = RecordAuthorization { order, request, amount };
                let yes = PaymentCommand::RecordAuthorization(yes);
                match (paying.says, e.attempt) {
                    (Says::Nothing, _) => (e.until.as_millis(), None),
                    (Says::DeclinedFirst, 1) => {
                        let reason = DeclineReason::InsufficientFunds;
                        let no = DeclinePayment { order, request, reason };
                        (first, Some((request, PaymentCommand::Decline(no))))
                    }
                    (Says::DeclinedFirst, _) => (first + rules::PAY_AGAIN, Some((request, yes))),
                    (Says::Authorized, _) => (first, Some((request, yes))),
                }
            }
            PaymentEvent::CaptureRequested(e) => {
                let (request, amount) = (e.request, e.amount);
                let done = RecordCapture { order, request, amount };
                (soon, Some((request, PaymentCommand::RecordCapture(done))))
            }
            PaymentEvent::VoidRequested(e) => {
                let done = RecordVoid { order, request: e.request };
                (soon, Some((e.request, PaymentCommand::RecordVoid(done))))
            }
            PaymentEvent::RefundRequested(e) => {
                let done = RecordRefund { order, request: e.request };
                (soon, Some((e.request, PaymentCommand::RecordRefund(done))))
            }
            _ => return,
        };
        let act = match answer {
            Some((request, answer)) => Act::Provider(order, request, answer),
            None => Act::Wake,
        };
        self.queue.push(at.max(self.now), act);
    }

    /// The provider answers, if anybody still waits for it.
    pub(super) fn provide(
        &mut self,
        order: OrderId,
        request: PaymentNumber,
        answer: PaymentCommand,
    ) -> Result<()> {
        let account = self.shop.payments().get(order);
        let asked = account.and_then(|account| account.request(request));
        if asked.is_some_and(|request| request.state == RequestState::Asked) {
            self.issue(&Command::Payment(answer))?;
        }
        Ok(())
    }

    /// Pays back what these units cost, as far as it was paid.
    pub(super) fn pay_back(
        &mut self,
        id: OrderId,
        units: &[UnitsOfLine],
        reason: &str,
    ) -> Result<()> {
        let Some(order) = self.order(id) else { return Ok(()) };
        let Some(account) = self.shop.payments().get(id) else { return Ok(()) };
        let price = |units: &UnitsOfLine| {
            let line = order.lines.get(units.line.index())?;
            line.unit_price.times(units.quantity, order.currency)
        };
        let cost: i64 = units.iter().filter_map(price).sum();
        let minor = cost.min(account.captured() - account.refunded());
        if minor > 0 {
            let (amount, reason) = (account.amount(minor), Some(Text::new(reason)?));
            let refund = RefundPayment { order: id, amount, reason };
            self.issue(&Command::Payment(PaymentCommand::Refund(refund)))?;
        }
        Ok(())
    }
}
