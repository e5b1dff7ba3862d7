//! The fulfilment role: what each facility has been asked to do for an order, and what it answered.
//!
//! Law: where the order role tells of work, this role keeps its other side: a work order holds just
//! the units that the order has in work at that facility, and each work order ends once.

mod chart;
mod command;
mod decide;
mod event;
mod evolve;
mod refusal;
mod state;
mod transitions;

pub use chart::{work_diagram, work_table};
pub use command::{
    AcceptFulfilment, AdvanceWork, ForgetWork, FulfilmentCommand, RejectWork, RequestWork,
    ShipWork, WithdrawWork,
};
pub use event::{
    FulfilmentAccepted, FulfilmentEvent, FulfilmentTimedOut, WorkAdvanced, WorkEnded,
    WorkForgotten, WorkRequested, WorkShipped, WorkWithdrawn,
};
pub use refusal::FulfilmentRefusal;
pub use state::{Fulfilments, WorkOrder, WorkStage, WorkUnits};
pub use transitions::{
    WORK_STATES, WORK_STEPS, WORK_TRANSITIONS, WorkCommandKind, WorkState, WorkVerdict,
    work_verdict,
};
