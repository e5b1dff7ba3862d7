//! Safety stock: units each facility keeps back from sale.
//!
//! Law: safety stock is never promised by planning, and never breaks a promise; it lies in back
//! stock as far as that goes, so that what pickers reach is sold first.

use alloc::vec;

use super::decide::Decision;
use super::event::InventoryEvent;
use super::evolve::NO_ITEM;
use super::ledger::{Inventory, Item, Shelf};
use super::refusal::InventoryRefusal;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::ids::{FacilityId, FacilityRef, ItemName, ItemRef, Tier};
use crate::limits::UNITS_PER_SHELF;

asks! {
    /// Keep so many units of an item back from sale in a facility.
    SetSafetyStock {
        /// The item.
        item: ItemRef,
        /// The facility.
        facility: FacilityRef,
        /// Units over both tiers; 0 for none.
        quantity: u32,
    }
}

data! {
    /// A facility keeps so many units of an item back from sale from here on.
    SafetyStockSet {
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// Units over both tiers; 0 for none.
        quantity: u32,
    }
}

impl Item {
    /// Units a facility keeps back from sale, as far as they are there.
    #[must_use]
    pub fn safety_at(&self, facility: FacilityId) -> u32 {
        let at = self.safety.binary_search_by_key(&facility, |&(facility, _)| facility);
        at.ok().and_then(|at| self.safety.get(at)).map_or(0, |&(_, units)| units)
    }

    /// Units of one of its shelves that are available to sell: what is free, less the part of the
    /// safety stock that lies there.
    #[must_use]
    pub fn available_on(&self, shelf: &Shelf) -> u32 {
        self.available_if(shelf, Shelf::free)
    }

    /// The safety stock that back stock does not cover: by facility, the units of it that lie in
    /// front, and those that are missing.
    pub fn safety_in_front(&self) -> impl Iterator<Item = (FacilityId, u32, u32)> {
        let free = |facility, tier| self.shelf(facility, tier).map_or(0, Shelf::free);
        let uncovered = move |&(facility, units): &(FacilityId, u32)| {
            let in_front = units.saturating_sub(free(facility, Tier::Back));
            let kept = in_front.min(free(facility, Tier::Primary));
            (facility, kept, in_front.saturating_sub(kept))
        };
        self.safety.iter().map(uncovered).filter(|(_, kept, missing)| (*kept, *missing) != (0, 0))
    }

    /// Units of a shelf that would be available to sell, if so many of a shelf were free.
    pub(super) fn available_if(&self, shelf: &Shelf, free: impl Fn(&Shelf) -> u32) -> u32 {
        if self.safety.is_empty() {
            return free(shelf);
        }
        let safety = self.safety_at(shelf.facility);
        let kept_behind = match shelf.tier {
            Tier::Primary => self.shelf(shelf.facility, Tier::Back).map_or(0, &free),
            Tier::Back => 0,
        };
        free(shelf).saturating_sub(safety.saturating_sub(kept_behind))
    }

    pub(crate) fn set_safety(&mut self, facility: FacilityId, units: u32) {
        match self.safety.binary_search_by_key(&facility, |&(facility, _)| facility) {
            Ok(at) => {
                self.safety.remove(at);
                if units > 0 {
                    self.safety.insert(at, (facility, units));
                }
            }
            Err(at) if units > 0 => self.safety.insert(at, (facility, units)),
            Err(_) => {}
        }
    }
}

pub(super) fn set_safety(inventory: &Inventory, command: &SetSafetyStock) -> Decision {
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let quantity = command.quantity;
    if quantity > UNITS_PER_SHELF {
        return Err(InventoryRefusal::TooMuchStock { room: UNITS_PER_SHELF });
    }
    let known = inventory.items.get(item.id).map(|item| item.safety_at(facility));
    if known == Some(quantity) {
        return Ok(vec![]);
    }
    Ok(vec![InventoryEvent::SafetySet(SafetyStockSet { item, facility, quantity })])
}

pub(super) fn safety_set(
    inventory: &mut Inventory,
    event: &SafetyStockSet,
) -> Result<(), CorruptHistory> {
    if event.facility.index() >= inventory.facilities.len() {
        return Err(CorruptHistory::because("safety stock in a facility that is not defined"));
    }
    let item = inventory.items.get_mut(event.item.id).ok_or(NO_ITEM)?;
    item.set_safety(event.facility, event.quantity);
    Ok(())
}
