//! What turned out otherwise than it was booked: units that did not leave, or were not there.
//!
//! Law: the books follow the goods: what did not leave is on hand and tied again, what is not there
//! is neither.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{Adjustment, Miss, Unship};
use super::event::{InventoryEvent, InventoryReleased, StockAdjusted, StockUnshipped};
use super::ledger::Inventory;
use super::refusal::InventoryRefusal;

/// Units of a voided shipment come back on hand, tied.
pub(super) fn unship(
    inventory: &Inventory,
    command: &Unship,
) -> Result<Vec<InventoryEvent>, InventoryRefusal> {
    inventory.has_room(&command.portions)?;
    let Unship { order, shipment, portions } = command.clone();
    Ok(vec![InventoryEvent::Unshipped(StockUnshipped { order, shipment, portions })])
}

/// Units that were not found: nobody has them any more. Only units that are still tied are booked
/// out, so that no other promise on the shelf can break by it.
pub(super) fn miss(inventory: &Inventory, command: &Miss) -> Vec<InventoryEvent> {
    let order = command.order;
    let portions = inventory.held(order, &command.portions);
    if portions.is_empty() {
        return vec![];
    }
    let lost = portions.iter().filter_map(|p| {
        let (item, facility, tier) = (inventory.name(p.item)?, p.facility, p.tier);
        let (adjustment, quantity) = (Adjustment::Lost, p.quantity);
        let lost = StockAdjusted { item, facility, tier, adjustment, quantity };
        Some(InventoryEvent::Adjusted(lost))
    });
    let lost: Vec<InventoryEvent> = lost.collect();
    let mut events = vec![InventoryEvent::Released(InventoryReleased { order, portions })];
    events.extend(lost);
    events
}
