//! Folding inventory events into the ledger.
//!
//! Law: this is the only writer of stock; counters and reservations change together or not at all.

use alloc::vec::Vec;

use super::condition::Condition;
use super::event::{
    FacilityDefined, InventoryAllocated, InventoryEvent, InventoryExpired, InventoryTied,
    StockUnshipped,
};
use super::items::Items;
use super::ledger::{Inventory, Item, Reservation, ReservationId, Shelf};
use super::network::Facility;
use super::rules::ItemRules;
use super::{
    adjust, alerts, backorder, condition, count, expected, kits, reservations, safety, transfers,
};
use crate::decide::CorruptHistory;
use crate::demand::{Hold, Portion};
use crate::ids::{FacilityId, ItemId, OrderId, Text, Tier};
use crate::units::UnitPrice;

pub(super) const NO_ITEM: CorruptHistory =
    CorruptHistory::because("stock of an item that is not defined");
const NO_SHELF: CorruptHistory = CorruptHistory::because("stock of a shelf that is not there");
pub(super) const NO_STOCK: CorruptHistory = CorruptHistory::because("stock that does not add up");
pub(super) const ENDED: CorruptHistory =
    CorruptHistory::because("a reservation that has ended, or never was");

/// Folds an event into the ledger.
pub(super) fn evolve(
    inventory: &mut Inventory,
    event: &InventoryEvent,
) -> Result<(), CorruptHistory> {
    match event {
        InventoryEvent::ItemDefined(e) => {
            define(inventory, e.id, &e.sku, &e.name, e.unit_price)?;
        }
        InventoryEvent::FacilityDefined(e) => facility_defined(inventory, e)?,
        InventoryEvent::Received(e) => {
            let shelf = shelf_or_new(inventory, e.item.id, e.facility, e.tier)?;
            shelf.put(Condition::Sellable, e.quantity)?;
        }
        InventoryEvent::Adjusted(e) => adjust::adjusted(inventory, e)?,
        InventoryEvent::Stripped(e) => {
            backorder::stripped(inventory, e);
            free(inventory, e.order, &e.portions, Books::Promise)?;
        }
        InventoryEvent::Tied(e) => tie(inventory, e)?,
        InventoryEvent::Rejected(_)
        | InventoryEvent::KitsExploded(_)
        | InventoryEvent::ExplosionRejected(_)
        | InventoryEvent::KitsShort(_) => {}
        InventoryEvent::Allocated(e) => harden(inventory, e)?,
        InventoryEvent::Released(e) => free(inventory, e.order, &e.portions, Books::Promise)?,
        InventoryEvent::Expired(e) => expire(inventory, e)?,
        InventoryEvent::Shipped(e) => free(inventory, e.order, &e.portions, Books::Goods)?,
        InventoryEvent::Unshipped(e) => unship(inventory, e)?,
        InventoryEvent::Restocked(e) => {
            for p in &e.portions {
                let shelf = shelf_or_new(inventory, p.item, p.facility, p.tier)?;
                let kept = if e.sellable { Condition::Sellable } else { Condition::Quarantine };
                shelf.put(kept, p.quantity)?;
            }
        }
        InventoryEvent::FacilityRulesSet(e) => inventory.facility_rules_set(e)?,
        InventoryEvent::ItemRulesSet(e) => inventory.item_rules_set(e)?,
        InventoryEvent::UnitPricesSet(e) => inventory.unit_prices_set(e)?,
        InventoryEvent::ParcelsBooked(e) => inventory.booked(e)?,
        InventoryEvent::Moved(e) => condition::moved(inventory, e)?,
        InventoryEvent::WrittenOff(e) => condition::written_off(inventory, e)?,
        InventoryEvent::SafetySet(e) => safety::safety_set(inventory, e)?,
        InventoryEvent::Counted(e) => count::counted(inventory, e)?,
        InventoryEvent::LowStockSet(e) => alerts::low_stock_set(inventory, e)?,
        InventoryEvent::Low(e) => alerts::cross(inventory, e.item.id, alerts::Edge::Low)?,
        InventoryEvent::Replenished(e) => {
            alerts::cross(inventory, e.item.id, alerts::Edge::Replenished)?;
        }
        InventoryEvent::Out(e) => alerts::cross(inventory, e.item.id, alerts::Edge::Out)?,
        InventoryEvent::Back(e) => alerts::cross(inventory, e.item.id, alerts::Edge::Back)?,
        InventoryEvent::TransferSent(e) => transfers::sent(inventory, e)?,
        InventoryEvent::TransferReceived(e) => transfers::received(inventory, e)?,
        InventoryEvent::TransferCancelled(e) => transfers::cancelled(inventory, e)?,
        InventoryEvent::Expected(e) => expected::expected(inventory, e)?,
        InventoryEvent::ExpectedReceived(e) => expected::received(inventory, e)?,
        InventoryEvent::ExpectedWithdrawn(e) => expected::withdrawn(inventory, e)?,
        InventoryEvent::Extended(e) => reservations::extended(inventory, e)?,
        InventoryEvent::KitDefined(e) => kits::kit_defined(inventory, e)?,
        InventoryEvent::BackorderLimitSet(e) => backorder::limit_set(inventory, e)?,
        InventoryEvent::Backordered(e) => backorder::backordered(inventory, e)?,
        InventoryEvent::Filled(e) => backorder::filled(inventory, e)?,
        InventoryEvent::BackorderReleased(e) => backorder::released(inventory, e)?,
        InventoryEvent::BackordersDue(e) => backorder::due(inventory, e)?,
        InventoryEvent::WaitingResumed(e) => backorder::resumed(inventory, e)?,
    }
    Ok(())
}

/// A new item, without stock.
pub(super) fn define(
    inventory: &mut Inventory,
    id: ItemId,
    sku: &Text,
    name: &Text,
    unit_price: UnitPrice,
) -> Result<(), CorruptHistory> {
    if inventory.items.next_id() != Some(id) {
        return Err(CorruptHistory::because("item ids are not in order"));
    }
    let (sku, name) = (sku.clone(), name.clone());
    inventory.by_sku.insert(sku.clone(), id);
    let (shelves, rules) = (Vec::new(), ItemRules::default());
    let (prices, safety, turn) = (Vec::new(), Vec::new(), 0);
    inventory.items.push(id, Item { sku, name, unit_price, shelves, rules, prices, safety, turn });
    Ok(())
}

fn facility_defined(
    inventory: &mut Inventory,
    event: &FacilityDefined,
) -> Result<(), CorruptHistory> {
    if event.id.index() != inventory.facilities.len() {
        return Err(CorruptHistory::because("facility ids are not in order"));
    }
    inventory.by_code.insert(event.code.clone(), event.id);
    inventory.facilities.push(Facility::new(event));
    Ok(())
}

/// Units that did not leave are there again, and tied by a reservation of their own.
fn unship(inventory: &mut Inventory, event: &StockUnshipped) -> Result<(), CorruptHistory> {
    for p in &event.portions {
        let shelf = shelf_of(&mut inventory.items, p)?;
        shelf.put(Condition::Sellable, p.quantity)?;
        shelf.allocated = shelf.allocated.checked_add(p.quantity).ok_or(NO_STOCK)?;
        let id = ReservationId { order: event.order, number: p.reservation };
        let fresh = || Reservation::of(Hold::Hard, Vec::new());
        inventory.reservations.entry(id).or_insert_with(fresh).portions.push(*p);
    }
    // One turn for all its items: whoever comes later for any of them comes after it.
    for number in backorder::reservations(&event.portions) {
        let id = ReservationId { order: event.order, number };
        let of = event.portions.iter().filter(|p| p.reservation == number);
        let turn = inventory.take_turn(id, of.map(|p| p.item));
        if let Some(open) = inventory.reservations.get_mut(&id) {
            open.turn = open.turn.max(turn);
        }
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
    promise(inventory, event.hold, &event.portions)?;
    let id = ReservationId { order: event.order, number: event.reservation };
    if let Hold::Soft { until } = event.hold {
        inventory.deadlines.insert((until, id));
    }
    // What of it is not there waits already.
    let waits = |open: &Reservation| open.portions.is_empty() && open.hold == event.hold;
    let turn = match inventory.reservations.get(&id) {
        Some(open) if !waits(open) => {
            return Err(CorruptHistory::because("a reservation is made twice"));
        }
        Some(_) => backorder::later(inventory, id, &event.portions),
        None => inventory.take_turn(id, event.portions.iter().map(|p| p.item)),
    };
    let fresh = Reservation::of(event.hold, Vec::new());
    let open = inventory.reservations.entry(id).or_insert(fresh);
    open.portions.clone_from(&event.portions);
    open.turn = turn;
    Ok(())
}

/// Promises units that are available.
pub(super) fn promise(
    inventory: &mut Inventory,
    hold: Hold,
    portions: &[Portion],
) -> Result<(), CorruptHistory> {
    for p in portions {
        let item = inventory.items.get_mut(p.item).ok_or(NO_ITEM)?;
        let known = item.shelf(p.facility, p.tier).ok_or(NO_SHELF)?;
        if item.available_on(known) < p.quantity {
            return Err(CorruptHistory::because("more is tied than is available"));
        }
        let shelf = item.shelf_mut(p.facility, p.tier).ok_or(NO_SHELF)?;
        let side = match hold {
            Hold::Soft { .. } => &mut shelf.reserved,
            Hold::Hard => &mut shelf.allocated,
        };
        *side = side.checked_add(p.quantity).ok_or(NO_STOCK)?;
    }
    Ok(())
}

/// Forgets a reservation that has ended.
pub(super) fn end(inventory: &mut Inventory, id: ReservationId) {
    let Some(open) = inventory.reservations.get(&id).filter(|open| open.has_ended()) else {
        return;
    };
    if let Hold::Soft { until } = open.hold {
        inventory.deadlines.remove(&(until, id));
    }
    inventory.reservations.remove(&id);
}

/// A soft reservation becomes hard.
fn harden(inventory: &mut Inventory, event: &InventoryAllocated) -> Result<(), CorruptHistory> {
    let id = ReservationId { order: event.order, number: event.reservation };
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
    Ok(())
}

/// What a reservation waits for and what it ties is given up.
fn expire(inventory: &mut Inventory, event: &InventoryExpired) -> Result<(), CorruptHistory> {
    let id = ReservationId { order: event.order, number: event.reservation };
    backorder::give_up(inventory, id)?;
    let open = inventory.reservations.get(&id).ok_or(ENDED)?;
    let portions = open.portions.clone();
    free(inventory, event.order, &portions, Books::Promise)?;
    end(inventory, id);
    Ok(())
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
        end(inventory, id);
    }
    Ok(())
}

fn shelf_of<'a>(items: &'a mut Items, p: &Portion) -> Result<&'a mut Shelf, CorruptHistory> {
    let item = items.get_mut(p.item).ok_or(NO_ITEM)?;
    item.shelf_mut(p.facility, p.tier).ok_or(NO_SHELF)
}

pub(super) fn shelf_or_new(
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
