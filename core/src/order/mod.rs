//! The order role: what was asked for, how far it has come, and what may still be done.
//!
//! Law: per line, units move between named buckets and are never lost; the status of an order is
//! stored once, everything else about it is a function of its buckets.

mod amend;
mod axes;
mod backorder;
mod buckets;
mod cancel;
mod chart;
mod claims;
mod command;
mod confirm;
mod decide;
mod due;
mod event;
mod evolve;
mod extend;
mod goods;
mod holds;
mod kits;
mod moving;
mod news;
mod payment;
mod place;
mod refusal;
mod replace;
mod short;
mod stage;
mod state;
mod transitions;
mod unpaid;

pub use axes::{FulfilmentStatus, PaymentStatus, ReturnsStatus, StockStatus};
pub use buckets::{Bucket, Buckets};
pub use chart::{state_diagram, transition_table};
pub use command::{
    AcceptCancellation, AmendOrder, AuthorizePayment, CancelOrder, CancelReason, CompleteOrder,
    DeclineCancellation, DeliverShipment, ExtendOrder, LineChange, LineRef, LineUnits,
    LoseShipment, OrderCommand, OrderLine, PackOrder, PickOrder, PlaceHold, PlaceOrder,
    ReceiveReturn, ReceiveReturnedUnits, RecordAllocated, RecordBackordered, RecordExploded,
    RecordFilled, RecordLapsed, RecordPayment, RecordRejected, RecordStripped, RecordTied,
    RecordTimedOut, RefuseReturn, RejectFulfilment, ReleaseHold, ReleaseOrder, ReopenOrder,
    ReplaceOrder, RequestReturn, ReturnToSender, SaveDraft, ShipOrder, VoidShipping,
};
pub use event::{
    AllocationRequested, BackorderDropped, BackorderReturned, BackorderSourced,
    CancellationAccepted, CancellationDeclined, CancellationMet, CancellationRequested,
    Disposition, FulfilmentRejected, FulfilmentReleased, HoldKind, ItemsPacked, ItemsPicked,
    OrderAllocated, OrderAmended, OrderArchived, OrderBackordered, OrderCancelled, OrderCompleted,
    OrderConfirmed, OrderDrafted, OrderEvent, OrderExpired, OrderExtended, OrderHoldPlaced,
    OrderHoldReleased, OrderKept, OrderKitsAskedAgain, OrderLinesCancelled, OrderLinesExploded,
    OrderMoveRefused, OrderMoveRequested, OrderMoved, OrderPaymentDue, OrderPaymentMissed,
    OrderPaymentNeeded, OrderPaymentRecorded, OrderPlaced, OrderRejected, OrderReopened,
    OrderReplaced, OrderResourced, OrderSetAside, OrderShortened, OrderSourced, OrderStockLost,
    OrderStripHeard, OrderUnsourced, PaymentAuthorized, PaymentTerms, PlacedBy, PriceOfLine,
    Putaway, Rejection, ReplacementPlaced, Resourcing, ReturnPartlyReceived, ReturnReceived,
    ReturnRefused, ReturnRequested, ShipmentDelivered, ShipmentLost, ShipmentReturnedToSender,
    ShipmentShipped, ShippingVoided, TieReturned, UnitsOfLine, UnitsOfParcel,
};
pub use kits::LineKind;
pub use refusal::OrderRefusal;
pub use stage::Stage;
pub use state::{
    Backordered, CancellationAnswer, CancellationRecord, Carriage, HoldRecord, Line, Moving, Order,
    Orders, Payment, Placed, Raised, Return, ReturnState, Shipment, Tied,
};
pub use transitions::{CommandKind, STATUSES, STEPS, Status, TRANSITIONS, Verdict, verdict};
