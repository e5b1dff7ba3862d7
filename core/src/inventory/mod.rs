//! The inventory role: a typed ledger of stock, and the reservations that tie it.
//!
//! Law: events are the only writer of stock; what is promised on a shelf never exceeds what is
//! there and fit for sale; a reservation ends exactly once.

mod adjust;
mod alerts;
mod backorder;
mod choose;
mod command;
mod condition;
mod count;
mod decide;
mod event;
mod evolve;
mod expected;
mod explain;
mod filter;
mod items;
mod kits;
mod ledger;
mod network;
mod plan;
mod reason;
mod refusal;
mod reservations;
mod rules;
mod safety;
mod strip;
mod transfers;
mod turns;
mod undo;

pub use alerts::{
    Alert, BackInStock, LowStock, LowStockSet, OutOfStock, SetLowStock, StockReplenished,
};
pub use backorder::{
    BackorderFilled, BackorderLimitSet, BackorderReleased, BackordersDue, InventoryBackordered,
    Parted, ReleaseAwaited, ResumeWaiting, SetBackorderLimit, Waiting, WaitingResumed,
};
pub use choose::AimValue;
pub use command::{
    AdjustStock, Adjustment, Allocate, DefineFacility, DefineItem, Extend, GatewaySpec,
    InventoryCommand, Miss, ReceiveStock, Release, Reserve, ReserveFrom, Restock, SetFacilityRules,
    SetItemRules, SetUnitPrices, ShipStock, Unship,
};
pub use condition::{Condition, MoveStock, StockMoved, StockWrittenOff, WriteOffStock};
pub use count::{CountStock, StockCounted};
pub use event::{
    FacilityDefined, FacilityRulesSet, InventoryAllocated, InventoryEvent, InventoryExpired,
    InventoryExtended, InventoryRejected, InventoryReleased, InventoryTied, ItemDefined,
    ItemRulesSet, ParcelsBooked, PromiseStripped, StockAdjusted, StockReceived, StockRestocked,
    StockShipped, StockUnshipped, UnitPriceAt, UnitPricesSet,
};
pub use expected::{
    ExpectStock, ExpectedReceived, ExpectedStock, ExpectedWithdrawn, Incoming, IncomingBy,
    ReceiveExpected, StockExpected, WithdrawExpected,
};
pub use explain::{
    BarredItem, BestWith, ExplainedPlan, Explanation, FacilityExplained, ParcelCosts,
    ParcelExplained, Verdict,
};
pub use filter::{Barred, ItemBarred};
pub use kits::{
    Component, ComponentOfKit, DefineKit, ExplosionRejected, KitComponent, KitDefined, KitShort,
    KitsExploded, KitsShort,
};
pub use ledger::{Inventory, Item, Reservation, ReservationId, Shelf};
pub use network::{Facility, Gateway};
pub use plan::{Ask, Plan, Unplanned};
pub use reason::StockReason;
pub use refusal::InventoryRefusal;
pub use rules::{DayCount, FacilityRules, ItemRules, UnitPriceFor};
pub use safety::{SafetyStockSet, SetSafetyStock};
pub use transfers::{
    CancelTransfer, ReceiveTransfer, Rest, SendTransfer, ShelfName, Transfer, TransferCancelled,
    TransferReceived, TransferSent,
};
