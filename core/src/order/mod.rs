//! The order role: what was asked for, how far it has come, and what may still be done.
//!
//! Law: per line, units move between named buckets and are never lost; the status of an order is
//! stored once, everything else about it is a function of its buckets.

mod buckets;
mod cancel;
mod command;
mod decide;
mod due;
mod event;
mod evolve;
mod goods;
mod holds;
mod news;
mod place;
mod refusal;
mod stage;
mod state;
mod transitions;

pub use buckets::{Bucket, Buckets};
pub use command::{
    AcceptCancellation, AuthorizePayment, CancelOrder, CancelReason, DeclineCancellation,
    DeliverShipment, LineRef, LineUnits, LoseShipment, OrderCommand, OrderLine, PackOrder,
    PickOrder, PlaceHold, PlaceOrder, ReceiveReturn, RecordAllocated, RecordLapsed, RecordRejected,
    RecordStripped, RecordTied, RejectFulfilment, ReleaseHold, ReleaseOrder, RequestReturn,
    ReturnToSender, ShipOrder, VoidShipping,
};
pub use event::{
    AllocationRequested, CancellationAccepted, CancellationDeclined, CancellationRequested,
    Disposition, FulfilmentRejected, FulfilmentReleased, HoldKind, ItemsPacked, ItemsPicked,
    OrderAllocated, OrderArchived, OrderCancelled, OrderCompleted, OrderConfirmed, OrderEvent,
    OrderExpired, OrderHoldPlaced, OrderHoldReleased, OrderLinesCancelled, OrderPlaced,
    OrderRejected, OrderResourced, OrderSourced, OrderUnsourced, PaymentAuthorized, PaymentTerms,
    Putaway, Rejection, Resourcing, ReturnReceived, ReturnRequested, ShipmentDelivered,
    ShipmentLost, ShipmentReturnedToSender, ShipmentShipped, ShippingVoided, TieReturned,
    UnitsOfLine,
};
pub use refusal::OrderRefusal;
pub use stage::Stage;
pub use state::{
    CancellationAnswer, CancellationRecord, Carriage, HoldRecord, Line, Order, Orders, Payment,
    Return, Shipment, Tied,
};
pub use transitions::{CommandKind, STATUSES, Status, TRANSITIONS, Verdict, verdict};
