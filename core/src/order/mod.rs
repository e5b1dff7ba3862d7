//! The order role: what was asked for, how far it has come, and what may still be done.
//!
//! Law: per line, units move between named buckets and are never lost; the status of an order is
//! stored once, everything else about it is a function of its buckets.

mod buckets;
mod command;
mod decide;
mod due;
mod event;
mod evolve;
mod goods;
mod refusal;
mod state;
mod transitions;

pub use buckets::{Bucket, Buckets};
pub use command::{
    AuthorizePayment, CancelOrder, CancelReason, DeliverShipment, LineRef, LineUnits, OrderCommand,
    OrderLine, PlaceOrder, ReceiveReturn, RecordAllocated, RecordLapsed, RecordRejected,
    RecordStripped, RecordTied, RequestReturn, ShipOrder,
};
pub use event::{
    AllocationRequested, Disposition, OrderAllocated, OrderArchived, OrderCancelled,
    OrderCompleted, OrderConfirmed, OrderEvent, OrderExpired, OrderLinesCancelled, OrderPlaced,
    OrderRejected, OrderSourced, OrderUnsourced, PaymentAuthorized, PaymentTerms, Rejection,
    ReturnReceived, ReturnRequested, ShipmentDelivered, ShipmentShipped, TieReturned, UnitsOfLine,
};
pub use refusal::OrderRefusal;
pub use state::{Line, Order, Orders, Payment, Return, Shipment, Tied};
pub use transitions::{CommandKind, STATUSES, Status, TRANSITIONS, Verdict, verdict};
