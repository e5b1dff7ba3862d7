//! The flow between the roles: one command and all it leads to.
//!
//! Law: `settle` is atomic (a refusal changes nothing) and bounded; what leads to what is the table
//! in `route`, the same for every topology.

mod handshake;
mod hear;
mod payment;
mod process;
mod query;
mod route;
mod settle;
mod shop;
mod slice;
mod status;
mod stock;
mod topology;
mod view;
mod worklist;

pub use hear::Hear;
pub use payment::{
    AuthorizationView, CaptureView, PaymentQuery, PaymentRequestKind, PaymentRequestView,
    PaymentView,
};
pub use process::{DEADLINES, Deadline, PROCESS, Purpose, Step, process_page};
pub use query::{
    ExplainQuery, ItemsQuery, OrderQuery, OrdersQuery, PreviewLine, PreviewQuery, Query,
    QueryRefusal, StockQuery, SummaryQuery,
};
pub use route::route;
pub use settle::{Broken, Settled};
pub use shop::{Command, Event, PolicySet, Refusal, Roles, SetPolicy, Shop, Tick};
pub use slice::{Slice, SliceItem};
pub use status::{
    CancellationView, HoldView, OrderStatusQuery, OrderStatusView, ReturnView, ShipmentStatusView,
};
pub use stock::{
    AlertView, AlertsQuery, BackorderView, BackordersQuery, BackordersView, IncomingQuery,
    IncomingView, ItemLevels, LevelsQuery, SafetyView, ShelfLevels,
};
pub use topology::{Answered, NoTopology, Partition, Topology, topology_page};
pub use view::{
    Answer, FacilityView, ItemView, LineView, OrderView, ParcelView, Preview, PreviewPlan,
    ShelfView, ShipmentView, Summary,
};
pub use worklist::{
    WorkAfter, WorkUnitsView, WorkView, WorklistQuery, WorkloadQuery, WorkloadView,
};
