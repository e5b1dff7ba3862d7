//! The process among the roles as data: its steps, its deadlines, and what makes up for what.
//!
//! Law: a step stands here exactly if `route` takes it; a test walks every kind of event.

use alloc::string::String;
use core::fmt::{self, Write as _};

/// A step of the process: an event of one role leads to a command to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The role whose event it is.
    pub from: &'static str,
    /// The event, by its name on the wire.
    pub event: &'static str,
    /// The role that is asked.
    pub to: &'static str,
    /// What it is asked; a command that never leaves the core.
    pub command: &'static str,
    /// What the step is for.
    pub purpose: Purpose,
}

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The order comes nearer to its customer.
    Forward,
    /// What an earlier step did is made up for, computed from the state of now.
    Compensation,
    /// Somebody is told.
    News,
}

/// A moment after which time alone brings something about, by a `Tick`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The role that keeps it.
    pub role: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Which field of the policy, or of a command, sets it.
    pub set_by: &'static str,
    /// The event when it has passed.
    pub event: &'static str,
}

use Purpose::{Compensation, Forward, News};

const fn step([from, event, to, command]: [&'static str; 4], purpose: Purpose) -> Step {
    Step { from, event, to, command, purpose }
}

/// Every step, in the order of an order's life.
pub const PROCESS: &[Step] = &[
    step(["order", "OrderPlaced", "inventory", "Reserve"], Forward),
    step(["order", "ReplacementPlaced", "inventory", "Reserve"], Forward),
    step(["inventory", "KitsExploded", "order", "RecordExploded"], Forward),
    step(["inventory", "InventoryTied", "order", "RecordTied"], Forward),
    step(["inventory", "InventoryRejected", "order", "RecordRejected"], Forward),
    step(["inventory", "ExplosionRejected", "order", "RecordRejected"], Forward),
    step(["inventory", "InventoryBackordered", "order", "RecordBackordered"], Forward),
    step(["inventory", "BackorderFilled", "order", "RecordFilled"], Forward),
    step(["order", "OrderBackordered", "notification", "Tell"], News),
    step(["order", "OrderExtended", "inventory", "Extend"], Forward),
    step(["order", "AllocationRequested", "inventory", "Allocate"], Forward),
    step(["inventory", "InventoryAllocated", "order", "RecordAllocated"], Forward),
    step(["order", "OrderConfirmed", "notification", "Tell"], News),
    step(["order", "OrderRejected", "inventory", "Release"], Compensation),
    step(["order", "OrderRejected", "notification", "Tell"], News),
    step(["order", "OrderExpired", "inventory", "Release"], Compensation),
    step(["order", "OrderExpired", "notification", "Tell"], News),
    step(["order", "OrderReplaced", "inventory", "Release"], Compensation),
    step(["order", "OrderReplaced", "inventory", "ReleaseAwaited"], Compensation),
    step(["order", "OrderReplaced", "notification", "Tell"], News),
    step(["inventory", "InventoryExpired", "order", "RecordLapsed"], Compensation),
    step(["inventory", "PromiseStripped", "order", "RecordStripped"], Compensation),
    step(["order", "OrderStripHeard", "inventory", "ResumeWaiting"], Compensation),
    step(["order", "OrderKitsAskedAgain", "inventory", "ReserveFrom"], Compensation),
    step(["order", "OrderMoveRequested", "inventory", "ReserveFrom"], Forward),
    step(["order", "OrderMoveRefused", "notification", "Tell"], News),
    step(["order", "OrderUnsourced", "inventory", "Reserve"], Compensation),
    step(["order", "OrderStockLost", "inventory", "Reserve"], Compensation),
    step(["order", "OrderResourced", "inventory", "Release"], Compensation),
    step(["order", "OrderResourced", "inventory", "Miss"], Compensation),
    step(["order", "OrderResourced", "inventory", "Reserve"], Compensation),
    step(["order", "TieReturned", "inventory", "Release"], Compensation),
    step(["order", "BackorderReturned", "inventory", "ReleaseAwaited"], Compensation),
    step(["order", "BackorderDropped", "inventory", "ReleaseAwaited"], Compensation),
    step(["order", "OrderAmended", "inventory", "Release"], Compensation),
    step(["order", "OrderLinesCancelled", "inventory", "Release"], Compensation),
    step(["order", "OrderShortened", "notification", "Tell"], News),
    step(["order", "OrderCancelled", "notification", "Tell"], News),
    step(["order", "CancellationAccepted", "inventory", "Release"], Compensation),
    step(["order", "CancellationAccepted", "notification", "Tell"], News),
    step(["order", "CancellationDeclined", "notification", "Tell"], News),
    step(["order", "FulfilmentReleased", "fulfilment", "Request"], Forward),
    step(["order", "ItemsPicked", "fulfilment", "Advance"], Forward),
    step(["order", "ItemsPacked", "fulfilment", "Advance"], Forward),
    step(["order", "FulfilmentRejected", "fulfilment", "Reject"], Compensation),
    step(["fulfilment", "FulfilmentTimedOut", "order", "RecordTimedOut"], Compensation),
    step(["order", "OrderUnsourced", "fulfilment", "Withdraw"], Compensation),
    step(["order", "OrderStockLost", "fulfilment", "Withdraw"], Compensation),
    step(["order", "OrderResourced", "fulfilment", "Withdraw"], Compensation),
    step(["order", "CancellationAccepted", "fulfilment", "Withdraw"], Compensation),
    step(["order", "ShipmentShipped", "fulfilment", "Ship"], Forward),
    step(["order", "ShipmentShipped", "inventory", "Ship"], Forward),
    step(["order", "ShipmentShipped", "notification", "Tell"], News),
    step(["order", "ShippingVoided", "inventory", "Unship"], Compensation),
    step(["order", "ShipmentDelivered", "notification", "Tell"], News),
    step(["order", "ShipmentLost", "notification", "Tell"], News),
    step(["order", "ShipmentReturnedToSender", "inventory", "Restock"], Compensation),
    step(["order", "ShipmentReturnedToSender", "notification", "Tell"], News),
    step(["order", "ReturnReceived", "inventory", "Restock"], Compensation),
    step(["order", "ReturnPartlyReceived", "inventory", "Restock"], Compensation),
    step(["order", "ReturnRefused", "notification", "Tell"], News),
    step(["order", "OrderArchived", "fulfilment", "Forget"], Forward),
    step(["order", "OrderArchived", "notification", "Forget"], Forward),
    step(["order", "OrderArchived", "payment", "Forget"], Forward),
    step(["order", "OrderPaymentDue", "payment", "Due"], Forward),
    step(["payment", "AuthorizationRecorded", "order", "RecordPayment"], Forward),
    step(["payment", "PaymentDeclined", "order", "RecordPayment"], Compensation),
    step(["payment", "PaymentDeclined", "notification", "Tell"], News),
    step(["payment", "AuthorizationLapsed", "order", "RecordPayment"], Compensation),
    step(["order", "OrderPaymentNeeded", "notification", "Tell"], News),
    step(["order", "OrderPaymentMissed", "notification", "Tell"], News),
    step(["payment", "PaymentCaptured", "order", "RecordPayment"], Forward),
    step(["payment", "PaymentVoided", "order", "RecordPayment"], Compensation),
    step(["payment", "PaymentRefunded", "order", "RecordPayment"], Compensation),
    step(["payment", "PaymentRefunded", "notification", "Tell"], News),
    step(["payment", "PaymentForgotten", "notification", "Forget"], Forward),
];

/// Every deadline.
pub const DEADLINES: &[Deadline] = &[
    Deadline {
        role: "order",
        what: "a pending order waits for its payment",
        set_by: "policy orders.payment.required.deadline; ExtendOrder, within orders.extensions",
        event: "OrderExpired",
    },
    Deadline {
        role: "order",
        what: "an order that was paid for, and is not any more, waits for what is missing",
        set_by: "policy orders.payment.required.deadline, from when it is missing",
        event: "OrderLinesCancelled",
    },
    Deadline {
        role: "order",
        what: "a hold ends by itself",
        set_by: "PlaceHold.autoRelease",
        event: "OrderHoldReleased",
    },
    Deadline {
        role: "order",
        what: "an order that ended, or a draft, leaves the state at hand",
        set_by: "policy orders.archiveAfter",
        event: "OrderArchived",
    },
    Deadline {
        role: "fulfilment",
        what: "a facility answers for what was released to it",
        set_by: "policy fulfilment.answerWithin",
        event: "FulfilmentTimedOut",
    },
    Deadline {
        role: "inventory",
        what: "a reservation is soft",
        set_by: "the payment's deadline, carried by OrderPlaced and OrderExtended",
        event: "InventoryExpired",
    },
    Deadline {
        role: "payment",
        what: "an authorization holds",
        set_by: "policy orders.payment.required.collect.authorizationLasts",
        event: "AuthorizationLapsed",
    },
    Deadline {
        role: "payment",
        what: "a provider answers",
        set_by: "policy orders.payment.required.collect.answerWithin",
        event: "PaymentRequestRepeated",
    },
    Deadline {
        role: "payment",
        what: "after a refusal, a capture is asked for again",
        set_by: "policy orders.payment.required.collect.answerWithin",
        event: "CaptureRequested",
    },
    Deadline {
        role: "payment",
        what: "after a refusal, a refund is asked for again",
        set_by: "policy orders.payment.required.collect.answerWithin",
        event: "RefundRequested",
    },
    Deadline {
        role: "inventory",
        what: "a queue waits for the day on which a full facility takes parcels again",
        set_by: "policy sourcing.rules.dayStarts, and parcelsPerDay of the facility",
        event: "BackorderFilled",
    },
];

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Forward => "forward",
            Compensation => "compensation",
            News => "news",
        })
    }
}

/// The process as a page of Markdown: steps and deadlines.
#[must_use]
pub fn process_page() -> String {
    let mut page =
        String::from("| event | of | asks | for | purpose |\n| --- | --- | --- | --- | --- |\n");
    for Step { from, event, to, command, purpose } in PROCESS {
        // Writing into a text never fails.
        let _ = writeln!(page, "| {event} | {from} | {to} | {command} | {purpose} |");
    }
    page.push_str(
        "\n| deadline | kept by | set by | when it has passed |\n| --- | --- | --- | --- |\n",
    );
    for Deadline { role, what, set_by, event } in DEADLINES {
        let _ = writeln!(page, "| {what} | {role} | {set_by} | {event} |");
    }
    page
}
