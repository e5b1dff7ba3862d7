//! What customers give up: before it is packed it is cancelled, after that it is sent back.
//!
//! Law: every unit that a document gives up is cancelled, refused or sent back, or left out
//! with a reason.

use anyhow::Result;
use earmark::demand::Portion;
use earmark::flow::{Command, Event};
use earmark::ids::{CancellationNumber, ItemRef, OrderId, ReturnNumber};
use earmark::order::{
    AcceptCancellation, CancelOrder, CancelReason, DeclineCancellation, Disposition, Line, LineRef,
    LineUnits, Order, OrderCommand, OrderEvent, ReceiveReturn, ReceiveReturnedUnits, RefuseReturn,
    RequestReturn, Stage, Status, UnitsOfLine,
};
use earmark::units::Quantity;

use super::desk::World;
use super::pay::CAME_BACK;
use super::queue::{Act, GivenUp};
use super::rules;
use crate::shop::cancellations::Units;
use crate::shop::commands;

const KINDS: [Disposition; 4] = [
    Disposition::Restock,
    Disposition::Quarantine,
    Disposition::WriteOff,
    Disposition::BackToCustomer,
];

impl<'a> World<'a> {
    /// A document gives units up.
    pub(super) fn give_up(&mut self, id: OrderId, given: GivenUp<'a>) -> Result<()> {
        let why = match self.order(id).map(|order| (order.status, order.shipments.is_empty())) {
            None => "given up, but the order is in the archive",
            Some((Status::Rejected, _)) => "given up, but the order was rejected",
            Some((Status::Expired, _)) => "given up, but the order was never paid",
            Some((Status::Completed, _)) => {
                self.queue.push(self.now, Act::GiveBack(id, given));
                return Ok(());
            }
            Some((Status::Pending | Status::Confirmed, true)) => return self.cancel(id, &given),
            Some((Status::Pending | Status::Confirmed, false)) => {
                self.wait(id, given);
                return Ok(());
            }
            Some(_) => "given up, but nothing was left of the order",
        };
        self.leave_out(why, units(&given.units));
        Ok(())
    }

    /// The order has come to its end: what waits for that comes back.
    pub(super) fn complete(&mut self, id: OrderId) {
        let Some(known) = self.known.get_mut(&id) else { return };
        for given in std::mem::take(&mut known.waiting) {
            self.queue.push(self.now, Act::GiveBack(id, given));
        }
    }

    fn wait(&mut self, id: OrderId, given: GivenUp<'a>) {
        if let Some(known) = self.known.get_mut(&id) {
            known.waiting.push(given);
        }
    }

    /// Nothing was shipped: it is cancelled. A facility lets go of what it has not packed; what
    /// it has comes back once it has arrived.
    fn cancel(&mut self, id: OrderId, given: &GivenUp<'a>) -> Result<()> {
        let (lines, missing) = self.within(id, &given.units, |line| line.buckets.wanted())?;
        if missing > 0 {
            self.leave_out("given up, but nothing was left of it", missing);
        }
        if lines.is_empty() {
            return Ok(());
        }
        let lines = Some(lines);
        let cancel = CancelOrder { order: id, lines, reason: CancelReason::Customer };
        let events = self.issue(&Command::Order(OrderCommand::Cancel(cancel)))?;
        let mut kept: Vec<Portion> = Vec::new();
        for event in events {
            let Event::Order(OrderEvent::CancellationRequested(asked)) = event else { continue };
            let packed = |order: &Order| {
                let tied = &order.tied;
                tied.iter()
                    .any(|t| t.stage == Stage::Packed && t.portion.facility == asked.facility)
            };
            let too_late = self.order(id).is_some_and(packed);
            self.answer(id, asked.cancellation, too_late)?;
            if too_late {
                kept.extend(asked.portions);
            }
        }
        let of = |units: &Units<'a>| {
            let item = commands::item(units.sku).ok()?;
            let lines = &self.order(id)?.lines;
            let is_it =
                |p: &&Portion| lines.get(p.line.index()).is_some_and(|line| line.item == item);
            let quantity = kept.iter().filter(is_it).map(|p| i64::from(p.quantity)).sum();
            (quantity > 0).then_some(Units { sku: units.sku, quantity })
        };
        let units: Vec<Units<'a>> = given.units.iter().filter_map(of).collect();
        if !units.is_empty() {
            self.wait(id, GivenUp { at: given.at, units });
        }
        Ok(())
    }

    fn answer(&mut self, order: OrderId, of: CancellationNumber, too_late: bool) -> Result<()> {
        let cancellation = of;
        let command = if too_late {
            let reason = Some(earmark::ids::Text::new("it is packed")?);
            OrderCommand::DeclineCancellation(DeclineCancellation { order, cancellation, reason })
        } else {
            OrderCommand::AcceptCancellation(AcceptCancellation { order, cancellation })
        };
        self.issue(&Command::Order(command)).map(|_| ())
    }

    /// Announces what comes back, as far as it ever arrived.
    pub(super) fn give_back(&mut self, id: OrderId, given: &GivenUp<'a>) -> Result<()> {
        let at_customer =
            |line: &Line| line.buckets.delivered.saturating_sub(line.buckets.return_requested);
        let (lines, missing) = self.within(id, &given.units, at_customer)?;
        if missing > 0 {
            self.leave_out("given up, but it never arrived", missing);
        }
        let Some(order) = self.order(id).filter(|_| !lines.is_empty()) else { return Ok(()) };
        let too_late = given.at > order.placed_at.as_millis() + rules::TOO_LATE;
        let request = RequestReturn { order: id, lines };
        let events = self.issue(&Command::Order(OrderCommand::RequestReturn(request)))?;
        for event in events {
            if let Event::Order(OrderEvent::ReturnRequested(asked)) = event {
                let (after, act) = match too_late {
                    true => (rules::SAY_NO, Act::SayNo(id, asked.number)),
                    false => (self.transit(id), Act::Arrive(id, asked.number)),
                };
                self.queue.push(self.now + after, act);
            }
        }
        Ok(())
    }

    /// A return is taken in, in as many parts as there are things to be done with it.
    pub(super) fn arrive(&mut self, order: OrderId, number: ReturnNumber) -> Result<()> {
        let Some(parts) = self.parts(order, number) else { return Ok(()) };
        let (kept, whole) = (self.kept(order, number), parts.len() == 1);
        let (number, facility) = (Some(number), None);
        for (disposition, lines) in parts {
            let command = if whole {
                let receive = ReceiveReturn { order, number, facility, disposition };
                OrderCommand::ReceiveReturn(receive)
            } else {
                let part = ReceiveReturnedUnits { order, number, lines, facility, disposition };
                OrderCommand::ReceiveReturnedUnits(part)
            };
            self.issue(&Command::Order(command))?;
        }
        self.pay_back(order, &kept, CAME_BACK)
    }

    pub(super) fn say_no(&mut self, order: OrderId, number: ReturnNumber) -> Result<()> {
        let reason = Some(earmark::ids::Text::new("it comes too late")?);
        let refuse = RefuseReturn { order, number, reason };
        self.issue(&Command::Order(OrderCommand::RefuseReturn(refuse))).map(|_| ())
    }

    /// The units of a return, by what becomes of them.
    fn parts(
        &self,
        order: OrderId,
        number: ReturnNumber,
    ) -> Option<Vec<(Disposition, Vec<LineUnits>)>> {
        let order = self.order(order)?;
        let back = order.returns.iter().find(|back| back.number == number)?;
        let of_kind = |kind: Disposition| {
            let mut lines = Vec::new();
            let becomes = |units: &&UnitsOfLine| self.becomes(order, units) == Some(kind);
            for units in back.units.iter().filter(becomes) {
                let line = LineRef::Number(units.line);
                lines.push(LineUnits { line, quantity: Quantity::new(units.quantity)? });
            }
            (!lines.is_empty()).then_some((kind, lines))
        };
        Some(KINDS.into_iter().filter_map(of_kind).collect())
    }

    /// The units of a return that do not go back to the customer.
    fn kept(&self, order: OrderId, number: ReturnNumber) -> Vec<UnitsOfLine> {
        let Some(order) = self.order(order) else { return Vec::new() };
        let units = order.returns.iter().filter(|back| back.number == number);
        let kept =
            |units: &&UnitsOfLine| self.becomes(order, units) != Some(Disposition::BackToCustomer);
        units.flat_map(|back| &back.units).filter(kept).copied().collect()
    }

    /// What becomes of units that come back.
    fn becomes(&self, order: &Order, units: &UnitsOfLine) -> Option<Disposition> {
        let sku = match &order.lines.get(units.line.index())?.item {
            ItemRef::Sku(sku) => sku.as_str(),
            ItemRef::Id(_) => return None,
        };
        Some(rules::disposition(self.products.get(sku).map_or(sku, |known| &known.name)))
    }

    /// The units as a command names them, as far as the lines of their items have them, and how
    /// many they have not.
    fn within(
        &self,
        id: OrderId,
        given: &[Units<'a>],
        has: impl Fn(&Line) -> u32,
    ) -> Result<(Vec<LineUnits>, u64)> {
        let Some(order) = self.order(id) else { return Ok((Vec::new(), units(given))) };
        let (mut lines, mut missing) = (Vec::new(), 0);
        for units in given {
            let item = commands::item(units.sku)?;
            let of_item = order.lines.iter().filter(|line| line.item == item);
            let there: u64 = of_item.map(|line| u64::from(has(line))).sum();
            let wanted = units.quantity.unsigned_abs();
            let taken = wanted.min(there);
            missing += wanted - taken;
            if let Some(quantity) = u32::try_from(taken).ok().and_then(Quantity::new) {
                lines.push(LineUnits { line: LineRef::Item(item), quantity });
            }
        }
        Ok((lines, missing))
    }
}

fn units(given: &[Units<'_>]) -> u64 {
    given.iter().map(|units| units.quantity.unsigned_abs()).sum()
}
