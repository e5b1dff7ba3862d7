//! Which command an order hears in which status: the table that `decide`, the documentation, the
//! console and the tests share.
//!
//! Law: the table is complete (every command has a verdict in every status), and `decide` asks it
//! before anything else.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::command::OrderCommand;

/// The lifecycle of an order, stored; all other statuses are derived from its buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Status {
    /// Not there (yet, or any more).
    Unplaced,
    /// Placed: cancellable without anybody's consent, and invisible to fulfilment.
    Pending,
    /// Stock allocated and payment satisfied: fulfilment sees it.
    Confirmed,
    /// Every unit delivered, lost, returned to its sender or cancelled.
    Completed,
    /// Refused for want of stock.
    Rejected,
    /// Not paid in time.
    Expired,
    /// Cancelled to the last unit.
    Cancelled,
    /// Saved, and not placed yet: no stock is asked for.
    Draft,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unplaced => "not placed",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Draft => "a draft",
        })
    }
}

/// A command without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each kind is the command of the same name")]
pub enum CommandKind {
    Place,
    AuthorizePayment,
    Cancel,
    Ship,
    Deliver,
    RequestReturn,
    ReceiveReturn,
    RecordTied,
    RecordRejected,
    RecordAllocated,
    RecordLapsed,
    RecordStripped,
    Release,
    Pick,
    Pack,
    RejectFulfilment,
    VoidShipping,
    LoseShipment,
    ReturnToSender,
    PlaceHold,
    ReleaseHold,
    AcceptCancellation,
    DeclineCancellation,
    ReceiveReturnedUnits,
    RefuseReturn,
    SaveDraft,
    Amend,
    Reopen,
    Complete,
    RecordExploded,
    RecordTimedOut,
    RecordPayment,
    RecordBackordered,
    RecordFilled,
    Replace,
    Extend,
}

/// What the table says of a command in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The guards of the command decide.
    Decide,
    /// Already so, or too late to matter: nothing happens.
    Nothing,
    /// There is no such order.
    Unknown,
    /// The status does not allow it.
    NotWhen,
    /// Shipped already: a return is the way.
    UseReturn,
}

/// The statuses in the order of the table's columns.
pub const STATUSES: [Status; 8] = [
    Status::Unplaced,
    Status::Pending,
    Status::Confirmed,
    Status::Completed,
    Status::Rejected,
    Status::Expired,
    Status::Cancelled,
    Status::Draft,
];

use Verdict::{Decide as D, NotWhen as W, Nothing as N, Unknown as U, UseReturn as R};

/// The table: a row a command, a column a status as in [`STATUSES`].
#[rustfmt::skip]
pub const TRANSITIONS: [(CommandKind, [Verdict; 8]); 36] = [
    //                                   none  pend  conf  compl rej   exp   canc  draft
    (CommandKind::Place,                [D,    D,    D,    D,    D,    D,    D,    D]),
    (CommandKind::AuthorizePayment,     [U,    D,    D,    D,    W,    W,    W,    W]),
    (CommandKind::Cancel,               [U,    D,    D,    R,    W,    W,    N,    D]),
    (CommandKind::Ship,                 [U,    W,    D,    N,    W,    W,    W,    W]),
    (CommandKind::Deliver,              [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::RequestReturn,        [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::ReceiveReturn,        [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::RecordTied,           [D,    D,    D,    D,    D,    D,    D,    D]),
    (CommandKind::RecordRejected,       [N,    D,    D,    N,    N,    N,    N,    N]),
    (CommandKind::RecordAllocated,      [N,    D,    D,    N,    N,    N,    N,    N]),
    (CommandKind::RecordLapsed,         [N,    D,    N,    N,    N,    N,    N,    N]),
    (CommandKind::RecordStripped,       [N,    D,    D,    N,    N,    N,    N,    N]),
    (CommandKind::Release,              [U,    W,    D,    N,    W,    W,    W,    W]),
    (CommandKind::Pick,                 [U,    W,    D,    N,    W,    W,    W,    W]),
    (CommandKind::Pack,                 [U,    W,    D,    N,    W,    W,    W,    W]),
    (CommandKind::RejectFulfilment,     [U,    W,    D,    N,    W,    W,    N,    W]),
    (CommandKind::VoidShipping,         [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::LoseShipment,         [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::ReturnToSender,       [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::PlaceHold,            [U,    D,    D,    W,    W,    W,    W,    W]),
    (CommandKind::ReleaseHold,          [U,    D,    D,    N,    N,    N,    N,    W]),
    (CommandKind::AcceptCancellation,   [U,    W,    D,    N,    W,    W,    N,    W]),
    (CommandKind::DeclineCancellation,  [U,    W,    D,    N,    W,    W,    N,    W]),
    (CommandKind::ReceiveReturnedUnits, [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::RefuseReturn,         [U,    W,    D,    D,    W,    W,    W,    W]),
    (CommandKind::SaveDraft,            [D,    W,    W,    W,    W,    W,    W,    D]),
    (CommandKind::Amend,                [U,    D,    D,    W,    W,    W,    W,    W]),
    (CommandKind::Reopen,               [U,    W,    N,    D,    W,    W,    W,    W]),
    (CommandKind::Complete,             [U,    W,    D,    N,    W,    W,    W,    W]),
    (CommandKind::RecordExploded,       [N,    D,    D,    N,    N,    N,    N,    N]),
    (CommandKind::RecordTimedOut,       [N,    N,    D,    N,    N,    N,    N,    N]),
    (CommandKind::RecordPayment,        [N,    D,    D,    D,    D,    D,    D,    N]),
    (CommandKind::RecordBackordered,    [D,    D,    D,    D,    D,    D,    D,    D]),
    (CommandKind::RecordFilled,         [D,    D,    D,    D,    D,    D,    D,    D]),
    (CommandKind::Replace,              [D,    D,    D,    D,    D,    D,    D,    D]),
    (CommandKind::Extend,               [U,    D,    D,    W,    W,    D,    W,    W]),
];

/// Every step of an order's life: from a status, by an event, to a status. A test holds it against
/// generated histories: no other step is ever seen, and each of these is.
#[rustfmt::skip]
pub const STEPS: [(Status, &str, Status); 21] = [
    (Status::Unplaced,  "OrderDrafted",   Status::Draft),
    (Status::Unplaced,  "OrderPlaced",    Status::Pending),
    (Status::Draft,     "OrderDrafted",   Status::Draft),
    (Status::Draft,     "OrderPlaced",    Status::Pending),
    (Status::Draft,     "OrderCancelled", Status::Cancelled),
    (Status::Draft,     "OrderArchived",  Status::Unplaced),
    (Status::Pending,   "OrderConfirmed", Status::Confirmed),
    (Status::Pending,   "OrderRejected",  Status::Rejected),
    (Status::Pending,   "OrderExpired",   Status::Expired),
    (Status::Pending,   "OrderCancelled", Status::Cancelled),
    (Status::Confirmed, "OrderCompleted", Status::Completed),
    (Status::Confirmed, "OrderCancelled", Status::Cancelled),
    (Status::Completed, "OrderReopened",  Status::Confirmed),
    (Status::Completed, "OrderArchived",  Status::Unplaced),
    (Status::Rejected,  "OrderArchived",  Status::Unplaced),
    (Status::Expired,   "OrderArchived",  Status::Unplaced),
    (Status::Cancelled, "OrderArchived",  Status::Unplaced),
    (Status::Unplaced,  "ReplacementPlaced", Status::Pending),
    (Status::Draft,     "ReplacementPlaced", Status::Pending),
    (Status::Pending,   "OrderReplaced",  Status::Cancelled),
    (Status::Draft,     "OrderReplaced",  Status::Cancelled),
];

/// The verdict on a command in a status.
#[must_use]
pub fn verdict(kind: CommandKind, status: Status) -> Verdict {
    let column = STATUSES.iter().position(|&s| s == status);
    let row = TRANSITIONS.iter().find(|(k, _)| *k == kind);
    // Both are always there (a test says so); a table with a hole must refuse, not allow.
    match (row, column) {
        (Some((_, row)), Some(column)) => row.get(column).copied().unwrap_or(Verdict::NotWhen),
        _ => Verdict::NotWhen,
    }
}

impl CommandKind {
    /// The kind of a command; none for a tick, which is about no single order.
    #[must_use]
    pub fn of(command: &OrderCommand) -> Option<Self> {
        Some(match command {
            OrderCommand::Place(_) => Self::Place,
            OrderCommand::AuthorizePayment(_) => Self::AuthorizePayment,
            OrderCommand::Cancel(_) => Self::Cancel,
            OrderCommand::Ship(_) => Self::Ship,
            OrderCommand::Deliver(_) => Self::Deliver,
            OrderCommand::RequestReturn(_) => Self::RequestReturn,
            OrderCommand::ReceiveReturn(_) => Self::ReceiveReturn,
            OrderCommand::RecordTied(_) => Self::RecordTied,
            OrderCommand::RecordRejected(_) => Self::RecordRejected,
            OrderCommand::RecordAllocated(_) => Self::RecordAllocated,
            OrderCommand::RecordLapsed(_) => Self::RecordLapsed,
            OrderCommand::RecordStripped(_) => Self::RecordStripped,
            OrderCommand::Tick => return None,
            OrderCommand::Release(_) => Self::Release,
            OrderCommand::Pick(_) => Self::Pick,
            OrderCommand::Pack(_) => Self::Pack,
            OrderCommand::RejectFulfilment(_) => Self::RejectFulfilment,
            OrderCommand::VoidShipping(_) => Self::VoidShipping,
            OrderCommand::LoseShipment(_) => Self::LoseShipment,
            OrderCommand::ReturnToSender(_) => Self::ReturnToSender,
            OrderCommand::PlaceHold(_) => Self::PlaceHold,
            OrderCommand::ReleaseHold(_) => Self::ReleaseHold,
            OrderCommand::AcceptCancellation(_) => Self::AcceptCancellation,
            OrderCommand::DeclineCancellation(_) => Self::DeclineCancellation,
            OrderCommand::ReceiveReturnedUnits(_) => Self::ReceiveReturnedUnits,
            OrderCommand::RefuseReturn(_) => Self::RefuseReturn,
            OrderCommand::SaveDraft(_) => Self::SaveDraft,
            OrderCommand::Amend(_) => Self::Amend,
            OrderCommand::Reopen(_) => Self::Reopen,
            OrderCommand::Complete(_) => Self::Complete,
            OrderCommand::RecordExploded(_) => Self::RecordExploded,
            OrderCommand::RecordTimedOut(_) => Self::RecordTimedOut,
            OrderCommand::RecordPayment(_) => Self::RecordPayment,
            OrderCommand::RecordBackordered(_) => Self::RecordBackordered,
            OrderCommand::RecordFilled(_) => Self::RecordFilled,
            OrderCommand::Replace(_) => Self::Replace,
            OrderCommand::Extend(_) => Self::Extend,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_stand_in_the_order_of_the_kinds() {
        assert!(TRANSITIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(STATUSES.is_sorted());
    }

    #[test]
    fn a_pending_order_is_cancellable_and_invisible_to_fulfilment() {
        assert_eq!(verdict(CommandKind::Cancel, Status::Pending), Verdict::Decide);
        assert_eq!(verdict(CommandKind::Ship, Status::Pending), Verdict::NotWhen);
        assert_eq!(verdict(CommandKind::Cancel, Status::Completed), Verdict::UseReturn);
    }
}
