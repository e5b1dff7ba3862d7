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
use super::refusal::OrderRefusal;
use super::state::Order;
use crate::ids::LineNumber;

/// Spreads the units a command names over the lines it names, in order, within `possible` units
/// a line. Two mentions of one line add up.
pub(super) fn spread(
    order: &Order,
    named: &[LineUnits],
    possible: impl Fn(usize) -> u32,
) -> Result<Vec<UnitsOfLine>, OrderRefusal> {
    if named.is_empty() {
        return Err(OrderRefusal::NothingNamed);
    }
    let mut taken: Vec<u32> = vec![0; order.lines.len()];
    for LineUnits { line, quantity } in named {
        let is_named = |number: usize| match line {
            LineRef::Number(wanted) => wanted.index() == number,
            LineRef::Item(item) => order.lines.get(number).is_some_and(|l| l.item == *item),
        };
        if !(0..order.lines.len()).any(is_named) {
            return Err(OrderRefusal::NoSuchLine { line: line.clone() });
        }
        let mut rest = quantity.get();
        for (number, taken) in taken.iter_mut().enumerate().filter(|(n, _)| is_named(*n)) {
            let take = rest.min(possible(number).saturating_sub(*taken));
            *taken = taken.saturating_add(take);
            rest = rest.saturating_sub(take);
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

fn last_number(last: Option<u16>) -> u16 {
    last.unwrap_or(0)
}
