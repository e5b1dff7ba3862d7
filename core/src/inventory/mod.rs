//! The inventory role: a typed ledger of stock, and the reservations that tie it.
//!
//! Law: events are the only writer of stock; what is promised on a shelf never exceeds what is
//! there and fit for sale; a reservation ends exactly once.

mod adjust;
mod choose;
mod command;
mod decide;
mod event;
mod evolve;
mod explain;
mod filter;
mod items;
mod ledger;
mod network;
mod plan;
mod refusal;
mod rules;
mod undo;

pub use choose::AimValue;
pub use command::{
    AdjustStock, Adjustment, Allocate, DefineFacility, DefineItem, GatewaySpec, InventoryCommand,
    Miss, ReceiveStock, Release, Reserve, Restock, SetFacilityRules, SetItemRules, SetUnitPrices,
    ShipStock, Unship,
};
pub use event::{
    FacilityDefined, FacilityRulesSet, InventoryAllocated, InventoryEvent, InventoryExpired,
    InventoryRejected, InventoryReleased, InventoryTied, ItemDefined, ItemRulesSet, ParcelsBooked,
    PromiseStripped, StockAdjusted, StockReceived, StockRestocked, StockShipped, StockUnshipped,
    UnitPriceAt, UnitPricesSet,
};
pub use explain::{
    BarredItem, BestWith, ExplainedPlan, Explanation, FacilityExplained, ParcelCosts,
    ParcelExplained, Verdict,
};
pub use filter::{Barred, ItemBarred};
pub use ledger::{Inventory, Item, Reservation, ReservationId, Shelf};
pub use network::{Facility, Gateway};
pub use plan::{Ask, Plan, Unplanned};
pub use refusal::InventoryRefusal;
pub use rules::{DayCount, FacilityRules, ItemRules, UnitPriceFor};
