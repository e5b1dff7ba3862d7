//! What happens to the goods of an order: released, picked, packed, shipped, delivered, sent back.
//!
//! Law: only what is tied hard is worked on and ships, only what is on its way arrives, only what
//! arrived comes back.

pub(super) mod cut;
pub(super) mod parcels;
pub(super) mod returns;
pub(super) mod work;

use alloc::vec;
use alloc::vec::Vec;

use super::command::{LineRef, LineUnits};
use super::event::UnitsOfLine;
use super::kits::LineKind;
use super::refusal::OrderRefusal;
use super::state::{Line, Order};
use crate::ids::LineNumber;

/// Whether a command may name lines of a kit's components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// It may: one cup of a set can be sent back.
    Named,
    /// It may not: it is about whole kits.
    Refused,
}

/// Spreads the units a command names over the lines it names, in order, within `possible` units
/// a line. Two mentions of one line add up; kits are spread over their components.
pub(super) fn spread(
    order: &Order,
    named: &[LineUnits],
    parts: Parts,
    possible: impl Fn(usize) -> u32,
) -> Result<Vec<UnitsOfLine>, OrderRefusal> {
    if named.is_empty() {
        return Err(OrderRefusal::NothingNamed);
    }
    let mut taken: Vec<u32> = vec![0; order.lines.len()];
    for LineUnits { line, quantity } in named {
        let mut rest = quantity.get();
        for number in meant(order, line, parts)? {
            let left = |at: LineNumber| {
                let taken = taken.get(at.index()).copied().unwrap_or(0);
                possible(at.index()).saturating_sub(taken)
            };
            let kits = order.components(number);
            let kits = kits.map(|(at, _, each)| left(at).checked_div(each).unwrap_or(0)).min();
            let take = rest.min(kits.unwrap_or_else(|| left(number)));
            rest = rest.saturating_sub(take);
            let units: Vec<(LineNumber, u32)> = match kits {
                Some(_) => order.components(number).map(|(at, _, each)| (at, each)).collect(),
                None => vec![(number, 1)],
            };
            for (at, each) in units {
                if let Some(taken) = taken.get_mut(at.index()) {
                    *taken = taken.saturating_add(take.saturating_mul(each));
                }
            }
        }
        if rest > 0 {
            let (asked, line) = (quantity.get(), line.clone());
            let possible = asked.saturating_sub(rest);
            return Err(OrderRefusal::TooManyUnits { line, asked, possible });
        }
    }
    let units = |(number, &quantity): (usize, &u32)| {
        let line = LineNumber(u16::try_from(number).ok()?);
        (quantity > 0).then_some(UnitsOfLine { line, quantity })
    };
    Ok(taken.iter().enumerate().filter_map(units).collect())
}

/// The lines that are meant, in order.
fn meant(order: &Order, line: &LineRef, parts: Parts) -> Result<Vec<LineNumber>, OrderRefusal> {
    let is_meant = |known: &(LineNumber, &Line)| match line {
        LineRef::Number(wanted) => *wanted == known.0,
        LineRef::Item(item) => known.1.item == *item,
    };
    let all = (0_u16..).map(LineNumber).zip(&order.lines).filter(is_meant);
    let (mut meant, mut part) = (Vec::new(), None);
    for (number, known) in all {
        match known.kind {
            LineKind::Component { kit, .. } if parts == Parts::Refused => {
                part = part.or(Some(OrderRefusal::PartOfKit { line: number, kit }));
            }
            _ => meant.push(number),
        }
    }
    if meant.is_empty() {
        return Err(part.unwrap_or_else(|| OrderRefusal::NoSuchLine { line: line.clone() }));
    }
    Ok(meant)
}

fn last_number(last: Option<u16>) -> u16 {
    last.unwrap_or(0)
}
