//! The condition of stock: fit for sale, damaged, in quality control, in quarantine.
//!
//! Law: what is on hand is in one condition each, and only what is fit for sale can be promised; a
//! move out of what is sellable is a physical fact, and wins over promises.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::decide::Decision;
use super::event::InventoryEvent;
use super::evolve::{NO_STOCK, shelf_or_new};
use super::ledger::{Inventory, Shelf};
use super::reason::StockReason;
use super::refusal::InventoryRefusal;
use super::strip;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::ids::{FacilityId, FacilityRef, ItemName, ItemRef, Tier};
use crate::limits::UNITS_PER_SHELF;
use crate::units::Quantity;

/// What state units on hand are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Condition {
    /// Fit for sale.
    #[default]
    Sellable,
    /// Damaged.
    Damaged,
    /// Being looked at, before anybody says what it is.
    QualityControl,
    /// Set aside, such as what customers sent back.
    Quarantine,
}

asks! {
    /// Units are in another condition than the books say: move them to it, on the same shelf.
    MoveStock {
        /// The item.
        item: ItemRef,
        /// The facility.
        facility: FacilityRef,
        /// The tier.
        tier: Tier,
        /// The condition they were in.
        from: Condition,
        /// The condition they are in.
        to: Condition,
        /// How many units.
        quantity: Quantity,
    }
    /// Units are gone, or are thrown away: take them off the books.
    WriteOffStock {
        /// The item.
        item: ItemRef,
        /// The facility.
        facility: FacilityRef,
        /// The tier.
        tier: Tier,
        /// The condition they are in.
        #[serde(default)]
        condition: Condition,
        /// How many units.
        quantity: Quantity,
        /// Why.
        reason: StockReason,
    }
}

data! {
    /// Units of a shelf went from one condition to another. The promises it strips come before it,
    /// as events of their own.
    StockMoved {
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// The condition they were in.
        from: Condition,
        /// The condition they are in.
        to: Condition,
        /// How many units.
        quantity: u32,
    }
    /// Units were taken off the books. The promises it strips come before it, as events of their
    /// own.
    StockWrittenOff {
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// The condition they were in.
        condition: Condition,
        /// How many units.
        quantity: u32,
        /// Why.
        reason: StockReason,
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sellable => "fit for sale",
            Self::Damaged => "damaged",
            Self::QualityControl => "in quality control",
            Self::Quarantine => "in quarantine",
        })
    }
}

impl Shelf {
    /// Units in a condition.
    #[must_use]
    pub fn in_condition(&self, condition: Condition) -> u32 {
        match condition {
            Condition::Sellable => self.sellable(),
            Condition::Damaged => self.damaged,
            Condition::QualityControl => self.quality_control,
            Condition::Quarantine => self.quarantined,
        }
    }

    /// Whether so many more units may be put there.
    pub(super) fn has_room_for(&self, units: u32) -> Result<(), InventoryRefusal> {
        let room = UNITS_PER_SHELF.saturating_sub(self.on_hand);
        if units > room { Err(InventoryRefusal::TooMuchStock { room }) } else { Ok(()) }
    }

    /// Books units in, in a condition.
    pub(super) fn put(&mut self, condition: Condition, units: u32) -> Result<(), CorruptHistory> {
        self.on_hand = self.on_hand.checked_add(units).ok_or(NO_STOCK)?;
        if let Some(aside) = self.aside(condition) {
            *aside = aside.checked_add(units).ok_or(NO_STOCK)?;
        }
        Ok(())
    }

    /// Books units out that were in a condition; what is promised must still be there.
    pub(super) fn take(&mut self, condition: Condition, units: u32) -> Result<(), CorruptHistory> {
        if self.in_condition(condition) < units {
            return Err(NO_STOCK);
        }
        self.on_hand = self.on_hand.checked_sub(units).ok_or(NO_STOCK)?;
        if let Some(aside) = self.aside(condition) {
            *aside = aside.checked_sub(units).ok_or(NO_STOCK)?;
        }
        if self.sellable() < self.promised() { Err(NO_STOCK) } else { Ok(()) }
    }

    /// The counter of a condition; what is sellable has none, since it is all the rest.
    fn aside(&mut self, condition: Condition) -> Option<&mut u32> {
        match condition {
            Condition::Sellable => None,
            Condition::Damaged => Some(&mut self.damaged),
            Condition::QualityControl => Some(&mut self.quality_control),
            Condition::Quarantine => Some(&mut self.quarantined),
        }
    }
}

pub(super) fn move_stock(inventory: &Inventory, command: &MoveStock) -> Decision {
    let MoveStock { tier, from, to, .. } = *command;
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let quantity = command.quantity.get();
    if from == to {
        return Err(InventoryRefusal::NothingMoves);
    }
    let shelf = inventory.shelf(item.id, facility, tier);
    let mut events = take_out(inventory, &item, &shelf, from, quantity)?;
    let moved = StockMoved { item, facility, tier, from, to, quantity };
    events.push(InventoryEvent::Moved(moved));
    Ok(events)
}

pub(super) fn write_off(inventory: &Inventory, command: &WriteOffStock) -> Decision {
    let WriteOffStock { tier, condition, reason, .. } = *command;
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let quantity = command.quantity.get();
    let shelf = inventory.shelf(item.id, facility, tier);
    let mut events = take_out(inventory, &item, &shelf, condition, quantity)?;
    let gone = StockWrittenOff { item, facility, tier, condition, quantity, reason };
    events.push(InventoryEvent::WrittenOff(gone));
    Ok(events)
}

/// The promises that break when units leave a condition, if they are in it at all.
fn take_out(
    inventory: &Inventory,
    item: &ItemName,
    shelf: &Shelf,
    condition: Condition,
    units: u32,
) -> Decision {
    let there = shelf.in_condition(condition);
    let left = there.checked_sub(units);
    let left = left.ok_or(InventoryRefusal::NotInCondition { condition, there })?;
    Ok(match condition {
        Condition::Sellable => strip::below(inventory, item.id, shelf, left),
        Condition::Damaged | Condition::QualityControl | Condition::Quarantine => Vec::new(),
    })
}

pub(super) fn moved(inventory: &mut Inventory, event: &StockMoved) -> Result<(), CorruptHistory> {
    let shelf = shelf_or_new(inventory, event.item.id, event.facility, event.tier)?;
    shelf.take(event.from, event.quantity)?;
    shelf.put(event.to, event.quantity)
}

pub(super) fn written_off(
    inventory: &mut Inventory,
    event: &StockWrittenOff,
) -> Result<(), CorruptHistory> {
    let shelf = shelf_or_new(inventory, event.item.id, event.facility, event.tier)?;
    shelf.take(event.condition, event.quantity)
}
