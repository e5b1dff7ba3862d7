//! Cycle counts: what somebody counted on a shelf, against what the books say.
//!
//! Law: what was counted is there, and the books follow; the event tells both and the difference.

use alloc::vec;

use super::condition::Condition;
use super::decide::Decision;
use super::event::InventoryEvent;
use super::evolve::{NO_STOCK, shelf_or_new};
use super::ledger::Inventory;
use super::reason::StockReason;
use super::strip;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::ids::{FacilityId, FacilityRef, ItemName, ItemRef, Tier};

asks! {
    /// So many units were counted on a shelf: a physical fact, which wins over promises.
    CountStock {
        /// The item.
        item: ItemRef,
        /// The facility.
        facility: FacilityRef,
        /// The tier.
        tier: Tier,
        /// Which units were counted; those fit for sale, if not said.
        #[serde(default)]
        condition: Condition,
        /// How many there are.
        counted: u32,
        /// Why it was counted, or what is known of the difference.
        reason: StockReason,
    }
}

data! {
    /// A shelf was counted. The promises it strips come before it, as events of their own.
    StockCounted {
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// Which units were counted.
        condition: Condition,
        /// Units there by the books.
        expected: u32,
        /// Units there by the count: the books say so from here on.
        counted: u32,
        /// `counted` less `expected`.
        difference: i64,
        /// Why it was counted, or what is known of the difference.
        reason: StockReason,
    }
}

pub(super) fn count(inventory: &Inventory, command: &CountStock) -> Decision {
    let CountStock { tier, condition, counted, reason, .. } = *command;
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let shelf = inventory.shelf(item.id, facility, tier);
    let expected = shelf.in_condition(condition);
    shelf.has_room_for(counted.saturating_sub(expected))?;
    let mut events = match condition {
        Condition::Sellable => strip::below(inventory, item.id, &shelf, counted),
        Condition::Damaged | Condition::QualityControl | Condition::Quarantine => vec![],
    };
    let difference = i64::from(counted).saturating_sub(i64::from(expected));
    events.push(InventoryEvent::Counted(StockCounted {
        item,
        facility,
        tier,
        condition,
        expected,
        counted,
        difference,
        reason,
    }));
    Ok(events)
}

pub(super) fn counted(
    inventory: &mut Inventory,
    event: &StockCounted,
) -> Result<(), CorruptHistory> {
    let StockCounted { condition, expected, counted, .. } = *event;
    let shelf = shelf_or_new(inventory, event.item.id, event.facility, event.tier)?;
    if shelf.in_condition(condition) != expected {
        return Err(NO_STOCK);
    }
    shelf.put(condition, counted.saturating_sub(expected))?;
    shelf.take(condition, expected.saturating_sub(counted))
}
