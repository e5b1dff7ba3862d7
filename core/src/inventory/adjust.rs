//! Adjustments below what is promised: a physical fact wins.
//!
//! Law: soft promises are stripped before hard ones, and of each kind the youngest order's first,
//! so that the oldest promise is kept longest; every stripped unit is told to its order.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{AdjustStock, Adjustment};
use super::event::{InventoryEvent, PromiseStripped, StockAdjusted};
use super::ledger::{Inventory, Shelf};
use super::refusal::InventoryRefusal;
use crate::demand::{Hold, Portion};
use crate::ids::{ItemId, OrderId};
use crate::limits::UNITS_PER_SHELF;

/// Decides on an adjustment. It looks through all open reservations only if promises break.
pub(super) fn adjust(
    inventory: &Inventory,
    command: &AdjustStock,
) -> Result<Vec<InventoryEvent>, InventoryRefusal> {
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let AdjustStock { tier, adjustment, .. } = *command;
    let quantity = command.quantity.get();
    let known = inventory.items.get(item.id).and_then(|i| i.shelf(facility, tier));
    let shelf = known.copied().unwrap_or(Shelf::empty(facility, tier));
    let mut events = vec![];
    match adjustment {
        Adjustment::Found => {
            let room = UNITS_PER_SHELF.saturating_sub(shelf.on_hand);
            if quantity > room {
                return Err(InventoryRefusal::TooMuchStock { room });
            }
        }
        Adjustment::Lost | Adjustment::Damaged => {
            let sellable = shelf.sellable();
            let left = sellable.checked_sub(quantity);
            let left = left.ok_or(InventoryRefusal::NotOnHand { sellable })?;
            let broken = shelf.promised().saturating_sub(left);
            if broken > 0 {
                events = strip(inventory, item.id, &shelf, broken);
            }
        }
    }
    let adjusted = StockAdjusted { item, facility, tier, adjustment, quantity };
    events.push(InventoryEvent::Adjusted(adjusted));
    Ok(events)
}

/// Takes `broken` units from the promises on a shelf, one event an order.
fn strip(inventory: &Inventory, item: ItemId, shelf: &Shelf, broken: u32) -> Vec<InventoryEvent> {
    let mut rest = broken;
    let mut stripped: Vec<(OrderId, Vec<Portion>)> = Vec::new();
    for hard in [false, true] {
        let of_kind = inventory.reservations.iter().rev();
        for (id, open) in of_kind.filter(|(_, r)| (r.hold == Hold::Hard) == hard) {
            if rest == 0 {
                break;
            }
            let here =
                |p: &&Portion| (p.item, p.facility, p.tier) == (item, shelf.facility, shelf.tier);
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
    }
    let event = |(order, portions)| InventoryEvent::Stripped(PromiseStripped { order, portions });
    stripped.into_iter().map(event).collect()
}
