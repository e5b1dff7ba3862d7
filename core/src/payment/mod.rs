//! The payment role: what of an order is paid, and what a provider is asked for next.
//!
//! Law: requests are the difference between what is due and what is, computed from the state of
//! now; nothing is ever undone. A provider is a port: it is asked by events and answers by
//! commands, and an answer that comes late or twice does no harm.

mod account;
mod balance;
mod command;
mod decide;
mod event;
mod evolve;
mod refusal;
mod tick;

pub use account::{Account, Authorization, Capture, Payments, Request, RequestState, What};
pub use command::{
    Authorize, CapturePayment, DeclineCapture, DeclinePayment, DeclineReason, DeclineRefund,
    PaymentCommand, RecordAuthorization, RecordCapture, RecordDue, RecordRefund, RecordVoid,
    RefundPayment,
};
pub use event::{
    AuthorizationLapsed, AuthorizationRecorded, CaptureDeclined, CaptureRequested, PaymentArchived,
    PaymentCaptured, PaymentDeclined, PaymentDueRecorded, PaymentEvent, PaymentForgotten,
    PaymentRefunded, PaymentRequestRepeated, PaymentRequestWithdrawn, PaymentRequested,
    PaymentVoided, RefundDeclined, RefundGranted, RefundRequested, VoidRequested,
};
pub use refusal::PaymentRefusal;
