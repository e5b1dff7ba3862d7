//! The inventory role: a typed ledger of stock, and the reservations that tie it.
//!
//! Law: events are the only writer of stock; what is promised on a shelf never exceeds what is
//! there and fit for sale; a reservation ends exactly once.

mod adjust;
mod command;
mod decide;
mod event;
mod evolve;
mod items;
mod ledger;
mod network;
mod plan;
mod refusal;
mod undo;

pub use command::{
    AdjustStock, Adjustment, Allocate, DefineFacility, DefineItem, GatewaySpec, InventoryCommand,
    Miss, ReceiveStock, Release, Reserve, Restock, ShipStock, Unship,
};
pub use event::{
    FacilityDefined, InventoryAllocated, InventoryEvent, InventoryExpired, InventoryRejected,
    InventoryReleased, InventoryTied, ItemDefined, PromiseStripped, StockAdjusted, StockReceived,
    StockRestocked, StockShipped, StockUnshipped,
};
pub use ledger::{Inventory, Item, Reservation, ReservationId, Shelf};
pub use network::{Facility, Gateway};
pub use plan::{Plan, Unplanned};
pub use refusal::InventoryRefusal;
