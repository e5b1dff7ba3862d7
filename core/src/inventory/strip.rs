//! Promises that a physical fact breaks: who loses them.
//!
//! Law: soft promises are stripped before hard ones, and of each kind the one whose turn came last
//! first (`turns`), so that the oldest promise is kept longest; every stripped unit is told to its
//! order.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::event::{InventoryEvent, PromiseStripped};
use super::ledger::{Inventory, Reservation, ReservationId, Shelf};
use crate::demand::{Hold, Portion};
use crate::ids::{ItemId, OrderId};

/// The promises that break when a shelf has only so many units left to sell; it looks through all
/// open reservations only if some do.
pub(super) fn below(
    inventory: &Inventory,
    item: ItemId,
    shelf: &Shelf,
    left: u32,
) -> Vec<InventoryEvent> {
    let broken = shelf.promised().saturating_sub(left);
    if broken > 0 { strip(inventory, item, shelf, broken) } else { vec![] }
}

/// Takes `broken` units from the promises on a shelf, one event an order.
fn strip(inventory: &Inventory, item: ItemId, shelf: &Shelf, broken: u32) -> Vec<InventoryEvent> {
    let mut rest = broken;
    let mut stripped: Vec<(OrderId, Vec<Portion>)> = Vec::new();
    let here = |p: &&Portion| (p.item, p.facility, p.tier) == (item, shelf.facility, shelf.tier);
    let ties = |open: &Reservation| open.portions.iter().any(|p| here(&p));
    let all = inventory.reservations.iter().filter(|(_, open)| ties(open));
    let mut all: Vec<(&ReservationId, &Reservation)> = all.collect();
    all.sort_unstable_by_key(|(id, open)| (open.hold == Hold::Hard, Reverse((open.turn, *id))));
    for (id, open) in all {
        if rest == 0 {
            break;
        }
        let mut portions = Vec::new();
        for portion in open.portions.iter().filter(here) {
            let quantity = rest.min(portion.quantity);
            rest = rest.saturating_sub(quantity);
            if quantity > 0 {
                portions.push(Portion { quantity, ..*portion });
            }
        }
        match stripped.last_mut() {
            _ if portions.is_empty() => {}
            Some((order, earlier)) if *order == id.order => earlier.append(&mut portions),
            _ => stripped.push((id.order, portions)),
        }
    }
    let event = |(order, portions)| InventoryEvent::Stripped(PromiseStripped { order, portions });
    stripped.into_iter().map(event).collect()
}
