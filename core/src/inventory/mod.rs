//! The inventory role: a typed ledger of stock, and the reservations that tie it.
//!
//! Law: events are the only writer of stock; what is promised on a shelf never exceeds what is
//! there and fit for sale; a reservation ends exactly once.

mod adjust;
mod alerts;
mod command;
mod condition;
mod count;
mod decide;
mod event;
mod evolve;
mod expected;
mod items;
mod ledger;
mod network;
mod plan;
mod reason;
mod refusal;
mod reservations;
mod safety;
mod strip;
mod transfers;

pub use alerts::{
    Alert, BackInStock, LowStock, LowStockSet, OutOfStock, SetLowStock, StockReplenished,
};
pub use command::{
    AdjustStock, Adjustment, Allocate, DefineFacility, DefineItem, Extend, GatewaySpec,
    InventoryCommand, ReceiveStock, Release, Reserve, Restock, ShipStock,
};
pub use condition::{Condition, MoveStock, StockMoved, StockWrittenOff, WriteOffStock};
pub use count::{CountStock, StockCounted};
pub use event::{
    FacilityDefined, InventoryAllocated, InventoryEvent, InventoryExpired, InventoryExtended,
    InventoryRejected, InventoryReleased, InventoryTied, ItemDefined, PromiseStripped,
    StockAdjusted, StockReceived, StockRestocked, StockShipped,
};
pub use expected::{
    ExpectStock, ExpectedReceived, ExpectedStock, ExpectedWithdrawn, Incoming, IncomingBy,
    ReceiveExpected, StockExpected, WithdrawExpected,
};
pub use ledger::{Inventory, Item, Reservation, ReservationId, Shelf};
pub use network::{Facility, Gateway};
pub use plan::{Plan, Unplanned};
pub use reason::StockReason;
pub use refusal::InventoryRefusal;
pub use safety::{SafetyStockSet, SetSafetyStock};
pub use transfers::{
    CancelTransfer, ReceiveTransfer, Rest, SendTransfer, ShelfName, Transfer, TransferCancelled,
    TransferReceived, TransferSent,
};
