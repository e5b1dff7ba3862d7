//! Kits in an order: a line that names one is taken apart into lines of its components when stock
//! is tied, and keeps its number, its price and the name that people gave it.
//!
//! Law: the units of a kit are those of its components, counted once; a kit is as far as the least
//! of them, and what no warehouse works on yet belongs to kits that can still be whole.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::cancel;
use super::command::{CancelReason, RecordExploded};
use super::event::{OrderEvent, OrderKitsAskedAgain, OrderLinesExploded, UnitsOfLine};
use super::evolve;
use super::goods::cut;
use super::news;
use super::state::{Line, Order};
use crate::decide::CorruptHistory;
use crate::demand::{ComponentLine, ExplodedKit};
use crate::ids::{CancellationNumber, ItemRef, LineNumber, OrderId};
use crate::laws::{self, Audit};
use crate::time::Timestamp;
use crate::units::UnitPrice;

/// What a line is among the lines of its order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineKind {
    /// A line by itself; or of a kit that was not taken apart yet.
    #[default]
    Plain,
    /// Of a kit: its own buckets are empty, its units are those of its components.
    Kit {
        /// The first of the lines of its components.
        first: LineNumber,
        /// How many there are, one after the other.
        components: u16,
    },
    /// Of a component: it has no price of its own.
    Component {
        /// The line of the kit.
        kit: LineNumber,
        /// Units in one kit.
        each: u32,
    },
}

/// The least over the components of how many kits a number of units makes up.
fn least<'a>(
    mut components: impl Iterator<Item = (&'a Line, u32)>,
    units: impl Fn(&Buckets) -> u32,
) -> u32 {
    let kits = |(line, each): (&Line, u32)| units(&line.buckets).checked_div(each).unwrap_or(0);
    let first = components.next().map_or(0, kits);
    components.map(kits).fold(first, u32::min)
}

impl Order {
    /// The lines of a kit's components, and units of each in one kit; none if the line is of none.
    pub fn components(&self, number: LineNumber) -> impl Iterator<Item = (LineNumber, &Line, u32)> {
        let (first, count) = match self.line(number).map(|line| line.kind) {
            Some(LineKind::Kit { first, components }) => (first.0, components),
            Some(LineKind::Plain | LineKind::Component { .. }) | None => (0, 0),
        };
        let numbers = (0..count).filter_map(move |n| first.checked_add(n).map(LineNumber));
        numbers.filter_map(|number| {
            let line = self.line(number)?;
            let LineKind::Component { each, .. } = line.kind else { return None };
            Some((number, line, each))
        })
    }

    /// Where the units of a line are: those of a kit are kits, each as far as the least of its
    /// components. A kit that will not be whole any more counts as cancelled.
    #[must_use]
    pub fn buckets_of(&self, number: LineNumber) -> Buckets {
        let Some(line) = self.line(number) else { return Buckets::default() };
        let LineKind::Kit { .. } = line.kind else { return line.buckets };
        let kits = |units: &dyn Fn(&Buckets) -> u32| {
            least(self.components(number).map(|(_, line, each)| (line, each)), units)
        };
        // From the last place a unit can be in to the first: a kit that got so far, or farther.
        let delivered = kits(&|b| b.delivered);
        let places: [fn(&Buckets) -> u32; 10] = [
            |b| b.returned_to_sender,
            |b| b.lost,
            |b| b.in_transit,
            |b| b.packed,
            |b| b.picked,
            |b| b.released,
            |b| b.allocated,
            |b| b.reserved,
            |b| b.backordered,
            |b| b.unsourced,
        ];
        let mut so_far = delivered;
        let mut counts = [0_u32; 10];
        for (at, count) in counts.iter_mut().enumerate() {
            let beyond = |b: &Buckets| {
                let passed = places.iter().take(at.saturating_add(1)).map(|of| of(b));
                passed.fold(b.delivered, u32::saturating_add)
            };
            let reached = kits(&beyond);
            *count = reached.saturating_sub(so_far);
            so_far = reached;
        }
        let ordered = kits(&|b| b.ordered);
        let [
            returned_to_sender,
            lost,
            in_transit,
            packed,
            picked,
            released,
            allocated,
            reserved,
            backordered,
            unsourced,
        ] = counts;
        Buckets {
            ordered,
            cancelled: ordered.saturating_sub(so_far),
            unsourced,
            backordered,
            reserved,
            allocated,
            released,
            picked,
            packed,
            in_transit,
            delivered,
            lost,
            returned_to_sender,
            return_requested: kits(&|b| b.return_requested),
            restocked: kits(&|b| b.restocked),
            quarantined: kits(&|b| b.quarantined),
            written_off: kits(&|b| b.written_off),
            returned_to_customer: kits(&|b| b.returned_to_customer),
        }
    }

    /// The lines that people named, with their numbers: all but those of components.
    pub fn named_lines(&self) -> impl Iterator<Item = (LineNumber, &Line)> {
        let numbered = (0_u16..).map(LineNumber).zip(&self.lines);
        numbered.filter(|(_, line)| !matches!(line.kind, LineKind::Component { .. }))
    }

    /// The lines of kits that were taken apart.
    pub(super) fn kit_lines(&self) -> impl Iterator<Item = LineNumber> {
        let numbered = (0_u16..).map(LineNumber).zip(&self.lines);
        let kits = numbered.filter(|(_, line)| matches!(line.kind, LineKind::Kit { .. }));
        kits.map(|(number, _)| number)
    }

    /// Kits of a line that can be made up from so many units of each component.
    pub(super) fn whole_kits(&self, kit: LineNumber, units: impl Fn(&Buckets) -> u32) -> u32 {
        least(self.components(kit).map(|(_, line, each)| (line, each)), units)
    }

    /// So many units of a line; of a kit, those that can be made up of the components' units.
    pub(super) fn units_of(&self, number: LineNumber, units: impl Fn(&Buckets) -> u32) -> u32 {
        match self.line(number).map(|line| line.kind) {
            Some(LineKind::Kit { .. }) => self.whole_kits(number, units),
            _ => self.line(number).map_or(0, |line| units(&line.buckets)),
        }
    }

    /// Units of a line as those that have buckets: of a kit, units of its components.
    pub(super) fn in_units(&self, number: LineNumber, quantity: u32) -> Vec<UnitsOfLine> {
        if quantity == 0 {
            return Vec::new();
        }
        let part = |(line, _, each): (LineNumber, &Line, u32)| UnitsOfLine {
            line,
            quantity: quantity.saturating_mul(each),
        };
        match self.line(number).map(|line| line.kind) {
            Some(LineKind::Kit { .. }) => self.components(number).map(part).collect(),
            _ => vec![UnitsOfLine { line: number, quantity }],
        }
    }
}

/// Kits were taken apart: their lines get those of their components, as numbered.
pub(super) fn exploded(news: &RecordExploded, order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let RecordExploded { order: id, reservation, kits } = news;
    if *reservation != order.asked {
        return Vec::new();
    }
    let is_fresh = |kit: &&ExplodedKit| {
        order.line(kit.line).is_some_and(|line| {
            let Buckets { ordered, cancelled, unsourced, .. } = line.buckets;
            let rest = Buckets { ordered, cancelled, unsourced, ..Buckets::default() };
            line.kind == LineKind::Plain && line.buckets == rest
        })
    };
    let numbers = kits.iter().flat_map(|kit| &kit.components).map(|c| c.line.index());
    let on = (order.lines.len()..).zip(numbers).all(|(next, number)| next == number);
    let fresh: Vec<&ExplodedKit> = kits.iter().filter(is_fresh).collect();
    if on && fresh.len() == kits.len() {
        let (order, reservation, kits) = (*id, *reservation, kits.clone());
        return vec![OrderEvent::LinesExploded(OrderLinesExploded { order, reservation, kits })];
    }
    // Numbered on from the last line that was asked for, and the order has more.
    let waits =
        |kit: &&ExplodedKit| order.line(kit.line).is_some_and(|line| line.buckets.unsourced > 0);
    if fresh.iter().any(waits) { ask_again(*id, order, at) } else { Vec::new() }
}

/// Asks for all that waits, and says the number of the next line; if so many reservations can't be
/// counted, what waits is given up.
fn ask_again(id: OrderId, order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let next = u16::try_from(order.lines.len()).map(LineNumber);
    let (Ok(next), Ok(reservation)) = (next, news::next_reservation(order)) else {
        return cut::into_events(id, order, cut::unsourced(order), CancelReason::Inventory, at);
    };
    vec![OrderEvent::KitsAskedAgain(OrderKitsAskedAgain {
        order: id,
        reservation,
        demands: news::demands(&[], &[], order),
        destination: order.destination.clone(),
        hold: order.hold(),
        excluded: order.excluded.clone(),
        next,
    })]
}

/// Gives the kits' lines those of their components.
pub(super) fn explode(order: &mut Order, kits: &[ExplodedKit]) -> Result<(), CorruptHistory> {
    let corrupt = CorruptHistory::because("a kit is taken apart that is none, or not so");
    for kit in kits {
        let first = LineNumber(u16::try_from(order.lines.len()).map_err(|_| corrupt)?);
        let components = u16::try_from(kit.components.len()).map_err(|_| corrupt)?;
        let header = order.lines.get_mut(kit.line.index()).ok_or(corrupt)?;
        let whole = core::mem::take(&mut header.buckets);
        let Buckets { ordered, cancelled, unsourced, .. } = whole;
        let fresh = Buckets { ordered, cancelled, unsourced, ..Buckets::default() };
        if whole != fresh || header.kind != LineKind::Plain || components == 0 {
            return Err(corrupt);
        }
        header.kind = LineKind::Kit { first, components };
        for ComponentLine { line, item, each } in &kit.components {
            if line.index() != order.lines.len() || *each == 0 {
                return Err(corrupt);
            }
            let units = |kits: u32| kits.checked_mul(*each).ok_or(corrupt);
            let buckets = Buckets {
                ordered: units(ordered)?,
                cancelled: units(cancelled)?,
                unsourced: units(unsourced)?,
                ..Buckets::default()
            };
            let kind = LineKind::Component { kit: kit.line, each: *each };
            let (item, unit_price) = (ItemRef::Sku(item.sku.clone()), UnitPrice(0));
            order.lines.push(Line { item, unit_price, buckets, kind });
        }
    }
    Ok(())
}

/// Cancels, in the same decision, what is left of kits that can't be whole any more: at once what
/// nobody works on, and by asking what a warehouse has got to work on.
pub(super) fn mend(id: OrderId, order: &Order, at: Timestamp, events: &mut Vec<OrderEvent>) {
    if events.is_empty() || !order.lines.iter().any(|l| l.kind != LineKind::Plain) {
        return;
    }
    let mut after = order.clone();
    if events.iter().any(|event| evolve::change(&mut after, event).is_err()) {
        return;
    }
    let reason = events.iter().rev().find_map(|event| match event {
        OrderEvent::LinesCancelled(e) => Some(e.reason),
        OrderEvent::CancellationAccepted(e) => asked_for(order, e.cancellation),
        OrderEvent::CancellationMet(e) => asked_for(order, e.cancellation),
        _ => None,
    });
    let reason = reason.unwrap_or(CancelReason::Inventory);
    let asked = newly(&incomplete(order, worked_on), incomplete(&after, worked_on));
    let cut = cut::of(&after, &incomplete(&after, open)).0;
    if !cut.is_empty() {
        events.extend(cut::into_events(id, &after, cut, reason, at));
    }
    cancel::ask_for(id, &after, &asked, reason, at, events);
}

/// Why a request was made.
fn asked_for(order: &Order, number: CancellationNumber) -> Option<CancelReason> {
    order.cancellations.iter().find(|c| c.number == number).map(|asked| asked.reason)
}

/// Units of components, of those counted, that are of no whole kit.
fn incomplete(order: &Order, units: fn(&Buckets, u32) -> u32) -> Vec<UnitsOfLine> {
    let mut surplus = Vec::new();
    for kit in order.kit_lines() {
        let whole = order.whole_kits(kit, Buckets::wanted);
        for (line, component, each) in order.components(kit) {
            let quantity = units(&component.buckets, whole.saturating_mul(each));
            if quantity > 0 {
                surplus.push(UnitsOfLine { line, quantity });
            }
        }
    }
    surplus
}

/// What no warehouse works on, beyond so many units.
fn open(buckets: &Buckets, whole: u32) -> u32 {
    buckets.open().saturating_sub(whole)
}

/// What a warehouse works on, beyond so many units with those that have left.
fn worked_on(buckets: &Buckets, whole: u32) -> u32 {
    let left = buckets.wanted().saturating_sub(buckets.open()).saturating_sub(in_work(buckets));
    in_work(buckets).saturating_sub(whole.saturating_sub(left))
}

fn in_work(buckets: &Buckets) -> u32 {
    buckets.released.saturating_add(buckets.picked).saturating_add(buckets.packed)
}

fn newly(before: &[UnitsOfLine], mut after: Vec<UnitsOfLine>) -> Vec<UnitsOfLine> {
    for units in &mut after {
        let known = before.iter().find(|b| b.line == units.line).map_or(0, |b| b.quantity);
        units.quantity = units.quantity.saturating_sub(known);
    }
    after.retain(|units| units.quantity > 0);
    after
}

/// Everything that no warehouse works on, but for the rest of kits that one has begun with: those
/// are cancelled once it lets go.
pub(super) fn all_but_begun(order: &Order) -> Vec<UnitsOfLine> {
    let mut units = Vec::new();
    for (line, of_line) in (0_u16..).map(LineNumber).zip(&order.lines) {
        let kept = match of_line.kind {
            LineKind::Component { kit, each } => {
                let begun = |(_, line, each): (LineNumber, &Line, u32)| {
                    in_work(&line.buckets).div_ceil(each.max(1))
                };
                let begun = order.components(kit).map(begun).max().unwrap_or(0);
                let gone = of_line.buckets.wanted().saturating_sub(of_line.buckets.open());
                begun.saturating_mul(each).saturating_sub(gone)
            }
            LineKind::Plain | LineKind::Kit { .. } => 0,
        };
        let quantity = of_line.buckets.open().saturating_sub(kept);
        if quantity > 0 {
            units.push(UnitsOfLine { line, quantity });
        }
    }
    units
}

/// Of the units named, those to cancel at once, and those to ask warehouses for: of a kit that one
/// has begun with, only what it works on.
pub(super) fn at_once(
    order: &Order,
    named: Vec<UnitsOfLine>,
) -> (Vec<UnitsOfLine>, Vec<UnitsOfLine>) {
    let (mut now, mut later) = (Vec::new(), Vec::new());
    for units in named {
        let Some(LineKind::Component { kit, each }) = order.line(units.line).map(|l| l.kind) else {
            now.push(units);
            continue;
        };
        let free = order.whole_kits(kit, Buckets::open).saturating_mul(each).min(units.quantity);
        let split = |quantity: u32| UnitsOfLine { quantity, ..units };
        now.extend((free > 0).then(|| split(free)));
        let rest = units.quantity.saturating_sub(free);
        later.extend((rest > 0).then(|| split(rest)));
    }
    (now, later)
}

/// Checks the law of kits.
pub(super) fn audit(id: OrderId, order: &Order, audit: &mut Audit) {
    for kit in order.kit_lines() {
        let part = |(_, line, each): (LineNumber, &Line, u32)| {
            [each, line.buckets.ordered, line.buckets.wanted(), line.buckets.open()]
        };
        let parts: Vec<[u32; 4]> = order.components(kit).map(part).collect();
        let whole = laws::kit_is_whole(&parts);
        audit.expect(laws::KIT_WHOLE, whole, || format!("order {id}, {kit}: {parts:?}"));
    }
}
