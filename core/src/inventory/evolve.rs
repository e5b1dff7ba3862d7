//! Folding inventory events into the ledger.
//!
//! Law: this is the only writer of stock; counters and reservations change together or not at all.

use super::command::Adjustment;
use super::event::{InventoryEvent, InventoryTied, StockAdjusted, StockUnshipped};
use super::items::Items;
use super::ledger::{Inventory, Item, Reservation, ReservationId, Shelf};
use super::network::Facility;
use super::rules::ItemRules;
use crate::decide::CorruptHistory;
use crate::demand::{Hold, Portion};
use crate::ids::{FacilityId, ItemId, OrderId, Tier};

const NO_ITEM: CorruptHistory = CorruptHistory::because("stock of an item that is not defined");
const NO_SHELF: CorruptHistory = CorruptHistory::because("stock of a shelf that is not there");
const NO_STOCK: CorruptHistory = CorruptHistory::because("stock that does not add up");
const ENDED: CorruptHistory = CorruptHistory::because("a reservation that has ended, or never was");

/// Folds an event into the ledger.
pub(super) fn evolve(
    inventory: &mut Inventory,
    event: &InventoryEvent,
) -> Result<(), CorruptHistory> {
    match event {
        InventoryEvent::ItemDefined(e) => {
            if inventory.items.next_id() != Some(e.id) {
                return Err(CorruptHistory::because("item ids are not in order"));
            }
            let (sku, name, unit_price) = (e.sku.clone(), e.name.clone(), e.unit_price);
            inventory.by_sku.insert(sku.clone(), e.id);
            let shelves = alloc::vec::Vec::new();
            let (rules, prices) = (ItemRules::default(), alloc::vec::Vec::new());
            let item = Item { sku, name, unit_price, shelves, rules, prices };
            inventory.items.push(e.id, item);
        }
        InventoryEvent::FacilityDefined(e) => {
            if e.id.index() != inventory.facilities.len() {
                return Err(CorruptHistory::because("facility ids are not in order"));
            }
            inventory.by_code.insert(e.code.clone(), e.id);
            inventory.facilities.push(Facility::new(e));
        }
        InventoryEvent::Received(e) => {
            let shelf = shelf_or_new(inventory, e.item.id, e.facility, e.tier)?;
            shelf.on_hand = shelf.on_hand.checked_add(e.quantity).ok_or(NO_STOCK)?;
        }
        InventoryEvent::Adjusted(e) => adjusted(inventory, e)?,
        InventoryEvent::Stripped(e) => free(inventory, e.order, &e.portions, Books::Promise)?,
        InventoryEvent::Tied(e) => tie(inventory, e)?,
        InventoryEvent::Rejected(_) => {}
        InventoryEvent::Allocated(e) => {
            let id = ReservationId { order: e.order, number: e.reservation };
            let open = inventory.reservations.get_mut(&id).ok_or(ENDED)?;
            if let Hold::Soft { until } = open.hold {
                inventory.deadlines.remove(&(until, id));
            }
            open.hold = Hold::Hard;
            for p in &open.portions {
                let shelf = shelf_of(&mut inventory.items, p)?;
                shelf.reserved = shelf.reserved.checked_sub(p.quantity).ok_or(NO_STOCK)?;
                shelf.allocated = shelf.allocated.checked_add(p.quantity).ok_or(NO_STOCK)?;
            }
        }
        InventoryEvent::Released(e) => free(inventory, e.order, &e.portions, Books::Promise)?,
        InventoryEvent::Expired(e) => {
            let id = ReservationId { order: e.order, number: e.reservation };
            let portions = inventory.reservations.get(&id).ok_or(ENDED)?.portions.clone();
            free(inventory, e.order, &portions, Books::Promise)?;
        }
        InventoryEvent::Shipped(e) => free(inventory, e.order, &e.portions, Books::Goods)?,
        InventoryEvent::Unshipped(e) => unship(inventory, e)?,
        InventoryEvent::Restocked(e) => {
            for p in &e.portions {
                let shelf = shelf_or_new(inventory, p.item, p.facility, p.tier)?;
                shelf.on_hand = shelf.on_hand.checked_add(p.quantity).ok_or(NO_STOCK)?;
                if !e.sellable {
                    let unavailable = shelf.unavailable.checked_add(p.quantity);
                    shelf.unavailable = unavailable.ok_or(NO_STOCK)?;
                }
            }
        }
        InventoryEvent::FacilityRulesSet(e) => inventory.facility_rules_set(e)?,
        InventoryEvent::ItemRulesSet(e) => inventory.item_rules_set(e)?,
        InventoryEvent::UnitPricesSet(e) => inventory.unit_prices_set(e)?,
        InventoryEvent::ParcelsBooked(e) => inventory.booked(e)?,
    }
    Ok(())
}

/// Units that did not leave are there again, and tied by a reservation of their own.
fn unship(inventory: &mut Inventory, event: &StockUnshipped) -> Result<(), CorruptHistory> {
    for p in &event.portions {
        let shelf = shelf_of(&mut inventory.items, p)?;
        shelf.on_hand = shelf.on_hand.checked_add(p.quantity).ok_or(NO_STOCK)?;
        shelf.allocated = shelf.allocated.checked_add(p.quantity).ok_or(NO_STOCK)?;
        let id = ReservationId { order: event.order, number: p.reservation };
        let fresh = || Reservation { hold: Hold::Hard, portions: alloc::vec::Vec::new() };
        inventory.reservations.entry(id).or_insert_with(fresh).portions.push(*p);
    }
    Ok(())
}

/// What freeing units changes: the promise only, or the goods too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Books {
    Promise,
    Goods,
}

fn tie(inventory: &mut Inventory, event: &InventoryTied) -> Result<(), CorruptHistory> {
    for p in &event.portions {
        let shelf = shelf_of(&mut inventory.items, p)?;
        if shelf.available() < p.quantity {
            return Err(CorruptHistory::because("more is tied than is available"));
        }
        let side = match event.hold {
            Hold::Soft { .. } => &mut shelf.reserved,
            Hold::Hard => &mut shelf.allocated,
        };
        *side = side.checked_add(p.quantity).ok_or(NO_STOCK)?;
    }
    let id = ReservationId { order: event.order, number: event.reservation };
    if let Hold::Soft { until } = event.hold {
        inventory.deadlines.insert((until, id));
    }
    let portions = event.portions.clone();
    let before = inventory.reservations.insert(id, Reservation { hold: event.hold, portions });
    if before.is_some() {
        Err(CorruptHistory::because("a reservation is made twice"))
    } else {
        Ok(())
    }
}

/// Frees tied units; a reservation that ties nothing more has ended.
fn free(
    inventory: &mut Inventory,
    order: OrderId,
    portions: &[Portion],
    books: Books,
) -> Result<(), CorruptHistory> {
    for freed in portions {
        let id = ReservationId { order, number: freed.reservation };
        let open = inventory.reservations.get_mut(&id).ok_or(ENDED)?;
        let same = |held: &Portion| Portion { quantity: freed.quantity, ..*held } == *freed;
        let at = open.portions.iter().position(same).ok_or(ENDED)?;
        let held = open.portions.get_mut(at).ok_or(ENDED)?;
        held.quantity = held.quantity.checked_sub(freed.quantity).ok_or(NO_STOCK)?;
        if held.quantity == 0 {
            open.portions.remove(at);
        }
        let shelf = shelf_of(&mut inventory.items, freed)?;
        let side = match open.hold {
            Hold::Soft { .. } => &mut shelf.reserved,
            Hold::Hard => &mut shelf.allocated,
        };
        *side = side.checked_sub(freed.quantity).ok_or(NO_STOCK)?;
        if books == Books::Goods {
            shelf.on_hand = shelf.on_hand.checked_sub(freed.quantity).ok_or(NO_STOCK)?;
        }
        if open.portions.is_empty() {
            if let Hold::Soft { until } = open.hold {
                inventory.deadlines.remove(&(until, id));
            }
            inventory.reservations.remove(&id);
        }
    }
    Ok(())
}

fn adjusted(inventory: &mut Inventory, event: &StockAdjusted) -> Result<(), CorruptHistory> {
    let shelf = shelf_or_new(inventory, event.item.id, event.facility, event.tier)?;
    match event.adjustment {
        Adjustment::Found => {
            shelf.on_hand = shelf.on_hand.checked_add(event.quantity).ok_or(NO_STOCK)?;
        }
        Adjustment::Lost => {
            shelf.on_hand = shelf.on_hand.checked_sub(event.quantity).ok_or(NO_STOCK)?;
        }
        Adjustment::Damaged => {
            let unavailable = shelf.unavailable.checked_add(event.quantity);
            shelf.unavailable = unavailable.ok_or(NO_STOCK)?;
        }
    }
    if shelf.sellable() < shelf.promised() { Err(NO_STOCK) } else { Ok(()) }
}

fn shelf_of<'a>(items: &'a mut Items, p: &Portion) -> Result<&'a mut Shelf, CorruptHistory> {
    let item = items.get_mut(p.item).ok_or(NO_ITEM)?;
    item.shelf_mut(p.facility, p.tier).ok_or(NO_SHELF)
}

fn shelf_or_new(
    inventory: &mut Inventory,
    item: ItemId,
    facility: FacilityId,
    tier: Tier,
) -> Result<&mut Shelf, CorruptHistory> {
    if facility.index() >= inventory.facilities.len() {
        return Err(CorruptHistory::because("stock in a facility that is not defined"));
    }
    let item = inventory.items.get_mut(item).ok_or(NO_ITEM)?;
    let key = (facility, tier);
    let at = match item.shelves.binary_search_by_key(&key, |s| (s.facility, s.tier)) {
        Ok(at) => at,
        Err(at) => {
            item.shelves.insert(at, Shelf::empty(facility, tier));
            at
        }
    };
    item.shelves.get_mut(at).ok_or(NO_SHELF)
}
