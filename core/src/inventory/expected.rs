//! Expected stock: lines of purchase orders, until they come or are withdrawn; and all that is
//! incoming to a shelf.
//!
//! Law: what is expected is shown and never sold; incoming is derived from what is expected and
//! from the transfers under way, and is stored nowhere.

use alloc::vec;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::decide::{Decision, bound};
use super::event::InventoryEvent;
use super::evolve::{NO_ITEM, shelf_or_new};
use super::ledger::Inventory;
use super::refusal::InventoryRefusal;
use super::transfers::ShelfName;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::ids::{
    ExpectedNumber, FacilityId, FacilityRef, ItemId, ItemName, ItemRef, Text, Tier, TransferNumber,
};
use crate::limits::EXPECTED;
use crate::time::Timestamp;
use crate::units::Quantity;

asks! {
    /// Stock is expected, such as a line of a purchase order.
    ExpectStock {
        /// The item.
        item: ItemRef,
        /// The facility.
        facility: FacilityRef,
        /// The tier.
        tier: Tier,
        /// How many units.
        quantity: Quantity,
        /// When they are due, in milliseconds since 1970.
        due: Timestamp,
        /// What people call it, such as the number of the purchase order.
        #[serde(default)]
        reference: Option<Text>,
    }
    /// Units that were expected came. The rest is still expected.
    ReceiveExpected {
        /// What was expected.
        expected: ExpectedNumber,
        /// Units that came.
        quantity: Quantity,
    }
    /// What has not come is not expected any more.
    WithdrawExpected {
        /// What was expected.
        expected: ExpectedNumber,
    }
}

data! {
    /// Stock is expected.
    StockExpected {
        /// Its number.
        expected: ExpectedNumber,
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// How many units.
        quantity: u32,
        /// When they are due.
        due: Timestamp,
        /// What people call it.
        reference: Option<Text>,
    }
    /// Expected units came on hand.
    ExpectedReceived {
        /// What was expected.
        expected: ExpectedNumber,
        /// The item.
        item: ItemName,
        /// The facility.
        facility: FacilityId,
        /// The tier.
        tier: Tier,
        /// Units that came.
        quantity: u32,
        /// Units that are still expected.
        left: u32,
    }
    /// What had not come is not expected any more.
    ExpectedWithdrawn {
        /// What was expected.
        expected: ExpectedNumber,
        /// The item.
        item: ItemName,
        /// Units that will not come.
        quantity: u32,
    }
}

/// Stock that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedStock {
    /// The item.
    pub item: ItemId,
    /// The shelf it is for.
    pub to: ShelfName,
    /// Units that are still to come; never none.
    pub left: u32,
    /// When they are due.
    pub due: Timestamp,
    /// What people call it.
    pub reference: Option<Text>,
}

/// Units that will come to a shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming<'a> {
    /// The item.
    pub item: ItemId,
    /// The shelf.
    pub to: &'a ShelfName,
    /// How many units.
    pub quantity: u32,
    /// Where they come from.
    pub by: IncomingBy<'a>,
}

/// Where units come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncomingBy<'a> {
    /// A transfer under way.
    Transfer(TransferNumber, &'a ShelfName),
    /// Stock that is expected.
    Expected(ExpectedNumber, &'a ExpectedStock),
}

impl Inventory {
    /// All that is incoming: transfers first, then what is expected, each by number.
    pub fn incoming(&self) -> impl Iterator<Item = Incoming<'_>> {
        let transfers = self.transfers.iter().map(|(number, open)| Incoming {
            item: open.item,
            to: &open.to,
            quantity: open.on_its_way,
            by: IncomingBy::Transfer(*number, &open.from),
        });
        let expected = self.expected.iter().map(|(number, open)| Incoming {
            item: open.item,
            to: &open.to,
            quantity: open.left,
            by: IncomingBy::Expected(*number, open),
        });
        transfers.chain(expected)
    }

    fn expected(
        &self,
        number: ExpectedNumber,
    ) -> Result<(&ExpectedStock, ItemName), InventoryRefusal> {
        let unknown = InventoryRefusal::UnknownExpected { expected: number };
        let open = self.expected.get(&number).ok_or(unknown.clone())?;
        Ok((open, self.name(open.item).ok_or(unknown)?))
    }
}

pub(super) fn expect(inventory: &Inventory, command: &ExpectStock) -> Decision {
    let (item, facility) = inventory.resolve(&command.item, &command.facility)?;
    let too_many = || InventoryRefusal::TooManyOpen { allowed: bound(EXPECTED) };
    let next = inventory.last_expected.checked_add(1);
    let next = next.filter(|_| inventory.expected.len() < EXPECTED).ok_or_else(too_many)?;
    Ok(vec![InventoryEvent::Expected(StockExpected {
        expected: ExpectedNumber(next),
        item,
        facility,
        tier: command.tier,
        quantity: command.quantity.get(),
        due: command.due,
        reference: command.reference.clone(),
    })])
}

pub(super) fn receive(inventory: &Inventory, command: &ReceiveExpected) -> Decision {
    let expected = command.expected;
    let (open, item) = inventory.expected(expected)?;
    let (incoming, quantity) = (open.left, command.quantity.get());
    let left = incoming.checked_sub(quantity);
    let left = left.ok_or(InventoryRefusal::MoreThanIncoming { incoming })?;
    let ShelfName { facility, tier } = open.to;
    inventory.shelf(item.id, facility, tier).has_room_for(quantity)?;
    let came = ExpectedReceived { expected, item, facility, tier, quantity, left };
    Ok(vec![InventoryEvent::ExpectedReceived(came)])
}

pub(super) fn withdraw(inventory: &Inventory, command: &WithdrawExpected) -> Decision {
    let expected = command.expected;
    let (open, item) = inventory.expected(expected)?;
    let quantity = open.left;
    let withdrawn = ExpectedWithdrawn { expected, item, quantity };
    Ok(vec![InventoryEvent::ExpectedWithdrawn(withdrawn)])
}

const NOT_EXPECTED: CorruptHistory = CorruptHistory::because("stock that was not expected so");

pub(super) fn expected(
    inventory: &mut Inventory,
    event: &StockExpected,
) -> Result<(), CorruptHistory> {
    let StockExpected { expected, item, facility, tier, quantity, due, .. } = event;
    let in_order = inventory.last_expected.checked_add(1) == Some(expected.0);
    if !in_order || *quantity == 0 || facility.index() >= inventory.facilities.len() {
        return Err(NOT_EXPECTED);
    }
    inventory.items.get(item.id).ok_or(NO_ITEM)?;
    inventory.last_expected = expected.0;
    let to = ShelfName { facility: *facility, tier: *tier };
    let (item, left, due, reference) = (item.id, *quantity, *due, event.reference.clone());
    inventory.expected.insert(*expected, ExpectedStock { item, to, left, due, reference });
    Ok(())
}

pub(super) fn received(
    inventory: &mut Inventory,
    event: &ExpectedReceived,
) -> Result<(), CorruptHistory> {
    let ExpectedReceived { expected, item, facility, tier, quantity, left } = event;
    let open = inventory.expected.get_mut(expected).ok_or(NOT_EXPECTED)?;
    open.left = open.left.checked_sub(*quantity).ok_or(NOT_EXPECTED)?;
    let to = ShelfName { facility: *facility, tier: *tier };
    if (open.item, &open.to, open.left) != (item.id, &to, *left) {
        return Err(NOT_EXPECTED);
    }
    if *left == 0 {
        inventory.expected.remove(expected);
    }
    shelf_or_new(inventory, item.id, *facility, *tier)?.put(Condition::Sellable, *quantity)
}

pub(super) fn withdrawn(
    inventory: &mut Inventory,
    event: &ExpectedWithdrawn,
) -> Result<(), CorruptHistory> {
    let open = inventory.expected.remove(&event.expected).ok_or(NOT_EXPECTED)?;
    if (open.item, open.left) != (event.item.id, event.quantity) {
        return Err(NOT_EXPECTED);
    }
    Ok(())
}
