//! Adjustments: what was seen on a shelf, in three words.
//!
//! Law: a physical fact wins over promises; those that it breaks come before it.

use alloc::vec;

use super::command::{AdjustStock, Adjustment};
use super::condition::Condition;
use super::decide::Decision;
use super::event::{InventoryEvent, StockAdjusted};
use super::evolve::shelf_or_new;
use super::ledger::Inventory;
use super::refusal::InventoryRefusal;
use super::strip;
use crate::decide::CorruptHistory;

pub(super) fn adjust(inventory: &Inventory, command: &AdjustStock) -> Decision {
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let AdjustStock { tier, adjustment, .. } = *command;
    let quantity = command.quantity.get();
    let shelf = inventory.shelf(item.id, facility, tier);
    let mut events = vec![];
    match adjustment {
        Adjustment::Found => shelf.has_room_for(quantity)?,
        Adjustment::Lost | Adjustment::Damaged => {
            let sellable = shelf.sellable();
            let left = sellable.checked_sub(quantity);
            let left = left.ok_or(InventoryRefusal::NotOnHand { sellable })?;
            events = strip::below(inventory, item.id, &shelf, left);
        }
    }
    let adjusted = StockAdjusted { item, facility, tier, adjustment, quantity };
    events.push(InventoryEvent::Adjusted(adjusted));
    Ok(events)
}

pub(super) fn adjusted(
    inventory: &mut Inventory,
    event: &StockAdjusted,
) -> Result<(), CorruptHistory> {
    let shelf = shelf_or_new(inventory, event.item.id, event.facility, event.tier)?;
    match event.adjustment {
        Adjustment::Found => shelf.put(Condition::Sellable, event.quantity),
        Adjustment::Lost => shelf.take(Condition::Sellable, event.quantity),
        Adjustment::Damaged => {
            shelf.take(Condition::Sellable, event.quantity)?;
            shelf.put(Condition::Damaged, event.quantity)
        }
    }
}
