//! Transfers: stock on its way from one shelf to another, in two steps.
//!
//! Law: what was sent is on its way, received, or lost, and nothing else; units on their way are
//! on no shelf, and are never sold.

use alloc::format;
use alloc::vec;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::decide::{Decision, bound};
use super::event::InventoryEvent;
use super::evolve::{NO_STOCK, shelf_or_new};
use super::ledger::Inventory;
use super::refusal::InventoryRefusal;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::ids::{FacilityId, FacilityRef, ItemId, ItemName, ItemRef, Tier, TransferNumber};
use crate::laws::{self, Audit};
use crate::limits::TRANSFERS;
use crate::units::Quantity;

asks! {
    /// Send units that are available from one shelf to another.
    SendTransfer {
        /// The item.
        item: ItemRef,
        /// The facility they leave.
        from: FacilityRef,
        /// The tier they leave.
        from_tier: Tier,
        /// The facility they go to.
        to: FacilityRef,
        /// The tier they go to.
        to_tier: Tier,
        /// How many units.
        quantity: Quantity,
    }
    /// Units of a transfer arrived.
    ReceiveTransfer {
        /// The transfer.
        transfer: TransferNumber,
        /// Units that arrived, fit for sale; 0 if none did, and the rest is lost.
        quantity: u32,
        /// What is known of the rest.
        rest: Rest,
    }
    /// What is still on its way goes back to the shelf that it came from.
    CancelTransfer {
        /// The transfer.
        transfer: TransferNumber,
    }
}

/// What is known of units that did not arrive with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Rest {
    /// They are still on their way.
    OnItsWay,
    /// They are lost: the transfer ends.
    Lost,
}

data! {
    /// A place for the units of an item.
    ShelfName {
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
    }
    /// Units left a shelf for another.
    TransferSent {
        /// The transfer.
        transfer: TransferNumber,
        /// The item.
        item: ItemName,
        /// The shelf they left.
        from: ShelfName,
        /// The shelf they go to.
        to: ShelfName,
        /// How many units.
        quantity: u32,
    }
    /// Units of a transfer arrived, or are lost; with the last of them it ends.
    TransferReceived {
        /// The transfer.
        transfer: TransferNumber,
        /// The item.
        item: ItemName,
        /// The shelf they are on.
        to: ShelfName,
        /// Units that arrived.
        received: u32,
        /// Units that are lost.
        lost: u32,
        /// Units that are still on their way.
        on_its_way: u32,
    }
    /// A transfer ended: what was on its way is back where it came from.
    TransferCancelled {
        /// The transfer.
        transfer: TransferNumber,
        /// The item.
        item: ItemName,
        /// The shelf they are on.
        from: ShelfName,
        /// Units that came back.
        quantity: u32,
    }
}

/// A transfer that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The item.
    pub item: ItemId,
    /// The shelf it left.
    pub from: ShelfName,
    /// The shelf it goes to.
    pub to: ShelfName,
    /// Units that were sent.
    pub sent: u32,
    /// Units of them that are on their way; never none.
    pub on_its_way: u32,
    /// Units of them that arrived.
    pub received: u32,
    /// Units of them that are lost.
    pub lost: u32,
}

impl Inventory {
    /// The transfers under way, by number.
    pub fn transfers(&self) -> impl Iterator<Item = (TransferNumber, &Transfer)> {
        self.transfers.iter().map(|(number, transfer)| (*number, transfer))
    }

    fn transfer(&self, number: TransferNumber) -> Result<(&Transfer, ItemName), InventoryRefusal> {
        let unknown = InventoryRefusal::UnknownTransfer { transfer: number };
        let open = self.transfers.get(&number).ok_or(unknown.clone())?;
        Ok((open, self.name(open.item).ok_or(unknown)?))
    }
}

pub(super) fn send(inventory: &Inventory, command: &SendTransfer) -> Decision {
    let (item, left) = inventory.resolve(&command.item, &command.from)?;
    let (_, right) = inventory.resolve(&command.item, &command.to)?;
    let from = ShelfName { facility: left, tier: command.from_tier };
    let to = ShelfName { facility: right, tier: command.to_tier };
    if from == to {
        return Err(InventoryRefusal::NothingMoves);
    }
    let quantity = command.quantity.get();
    let shelf = inventory.shelf(item.id, left, from.tier);
    let on_shelf = inventory.items.get(item.id).map_or(0, |item| item.available_on(&shelf));
    // From tier to tier, safety stock stays in its facility.
    let available = if left == right { shelf.free() } else { on_shelf };
    if quantity > available {
        return Err(InventoryRefusal::NotAvailable { available });
    }
    let too_many = || InventoryRefusal::TooManyOpen { allowed: bound(TRANSFERS) };
    let next = inventory.last_transfer.checked_add(1);
    let next = next.filter(|_| inventory.transfers.len() < TRANSFERS).ok_or_else(too_many)?;
    let transfer = TransferNumber(next);
    let sent = TransferSent { transfer, item, from, to, quantity };
    Ok(vec![InventoryEvent::TransferSent(sent)])
}

pub(super) fn receive(inventory: &Inventory, command: &ReceiveTransfer) -> Decision {
    let ReceiveTransfer { transfer, quantity: received, rest } = *command;
    let (open, item) = inventory.transfer(transfer)?;
    let incoming = open.on_its_way;
    let short = incoming.checked_sub(received);
    let short = short.ok_or(InventoryRefusal::MoreThanIncoming { incoming })?;
    let (lost, on_its_way) = match rest {
        Rest::OnItsWay => (0, short),
        Rest::Lost => (short, 0),
    };
    if received == 0 && lost == 0 {
        return Err(InventoryRefusal::NothingMoves);
    }
    let to = open.to.clone();
    inventory.shelf(item.id, to.facility, to.tier).has_room_for(received)?;
    let arrived = TransferReceived { transfer, item, to, received, lost, on_its_way };
    Ok(vec![InventoryEvent::TransferReceived(arrived)])
}

pub(super) fn cancel(inventory: &Inventory, command: &CancelTransfer) -> Decision {
    let transfer = command.transfer;
    let (open, item) = inventory.transfer(transfer)?;
    let (from, quantity) = (open.from.clone(), open.on_its_way);
    inventory.shelf(item.id, from.facility, from.tier).has_room_for(quantity)?;
    let cancelled = TransferCancelled { transfer, item, from, quantity };
    Ok(vec![InventoryEvent::TransferCancelled(cancelled)])
}

const NO_TRANSFER: CorruptHistory = CorruptHistory::because("a transfer that does not add up");

pub(super) fn sent(inventory: &mut Inventory, event: &TransferSent) -> Result<(), CorruptHistory> {
    let TransferSent { transfer, item, from, to, quantity } = event;
    if inventory.last_transfer.checked_add(1) != Some(transfer.0) || *quantity == 0 {
        return Err(NO_TRANSFER);
    }
    shelf_or_new(inventory, item.id, from.facility, from.tier)?
        .take(Condition::Sellable, *quantity)?;
    inventory.last_transfer = transfer.0;
    let (from, to) = (from.clone(), to.clone());
    let (sent, on_its_way, received, lost) = (*quantity, *quantity, 0, 0);
    let open = Transfer { item: item.id, from, to, sent, on_its_way, received, lost };
    inventory.transfers.insert(*transfer, open);
    Ok(())
}

pub(super) fn received(
    inventory: &mut Inventory,
    event: &TransferReceived,
) -> Result<(), CorruptHistory> {
    let TransferReceived { transfer, item, to, received, lost, on_its_way } = event;
    let open = inventory.transfers.get_mut(transfer).ok_or(NO_TRANSFER)?;
    open.received = open.received.checked_add(*received).ok_or(NO_STOCK)?;
    open.lost = open.lost.checked_add(*lost).ok_or(NO_STOCK)?;
    let gone = received.checked_add(*lost).and_then(|gone| open.on_its_way.checked_sub(gone));
    open.on_its_way = gone.ok_or(NO_TRANSFER)?;
    if (open.item, &open.to, open.on_its_way) != (item.id, to, *on_its_way) {
        return Err(NO_TRANSFER);
    }
    if *on_its_way == 0 {
        inventory.transfers.remove(transfer);
    }
    shelf_or_new(inventory, item.id, to.facility, to.tier)?.put(Condition::Sellable, *received)
}

pub(super) fn cancelled(
    inventory: &mut Inventory,
    event: &TransferCancelled,
) -> Result<(), CorruptHistory> {
    let TransferCancelled { transfer, item, from, quantity } = event;
    let open = inventory.transfers.remove(transfer).ok_or(NO_TRANSFER)?;
    if (open.item, &open.from, open.on_its_way) != (item.id, from, *quantity) {
        return Err(NO_TRANSFER);
    }
    shelf_or_new(inventory, item.id, from.facility, from.tier)?.put(Condition::Sellable, *quantity)
}

/// What was sent is somewhere.
pub(super) fn audit(inventory: &Inventory, audit: &mut Audit) {
    for (number, open) in &inventory.transfers {
        let Transfer { sent, on_its_way, received, lost, .. } = *open;
        let kept = laws::transfer_is_conserved(sent, on_its_way, received, lost);
        audit.expect(laws::TRANSFER_CONSERVED, kept, || format!("{number}: {open:?}"));
    }
}
