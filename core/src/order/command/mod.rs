//! What can be asked of the order role.
//!
//! Law: a command names its order by the client's id, so that sending it twice is safe.

mod backorder;
mod change;
mod fulfil;
mod replace;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::event::{Disposition, Rejection};
use crate::demand::{Destination, ExplodedKit, Hold, Portion};
use crate::ids::{
    FacilityId, ItemRef, LineNumber, OrderId, ReservationNumber, ReturnNumber, ShipmentNumber, Text,
};
use crate::owed::Standing;
use crate::units::{Amount, Currency, Quantity, UnitPrice};

pub use backorder::{RecordBackordered, RecordFilled};
pub use change::{
    AmendOrder, CompleteOrder, ExtendOrder, LineChange, ReceiveReturnedUnits, RefuseReturn,
    ReopenOrder, SaveDraft,
};
pub use fulfil::{
    AcceptCancellation, DeclineCancellation, LoseShipment, PackOrder, PickOrder, PlaceHold,
    RejectFulfilment, ReleaseHold, ReleaseOrder, ReturnToSender, VoidShipping,
};
pub use replace::ReplaceOrder;

/// A command to the order role. `Record..` and `Tick` come from the flow, never from people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum OrderCommand {
    Place(PlaceOrder),
    AuthorizePayment(AuthorizePayment),
    Cancel(CancelOrder),
    Ship(ShipOrder),
    Deliver(DeliverShipment),
    RequestReturn(RequestReturn),
    ReceiveReturn(ReceiveReturn),
    RecordTied(RecordTied),
    RecordRejected(RecordRejected),
    RecordAllocated(RecordAllocated),
    RecordLapsed(RecordLapsed),
    RecordStripped(RecordStripped),
    /// Ends what is due: unpaid orders expire, finished ones are archived.
    Tick,
    Release(ReleaseOrder),
    Pick(PickOrder),
    Pack(PackOrder),
    RejectFulfilment(RejectFulfilment),
    VoidShipping(VoidShipping),
    LoseShipment(LoseShipment),
    ReturnToSender(ReturnToSender),
    PlaceHold(PlaceHold),
    ReleaseHold(ReleaseHold),
    AcceptCancellation(AcceptCancellation),
    DeclineCancellation(DeclineCancellation),
    ReceiveReturnedUnits(ReceiveReturnedUnits),
    RefuseReturn(RefuseReturn),
    SaveDraft(SaveDraft),
    Amend(AmendOrder),
    Reopen(ReopenOrder),
    Complete(CompleteOrder),
    RecordExploded(RecordExploded),
    RecordTimedOut(RecordTimedOut),
    RecordPayment(RecordPayment),
    RecordBackordered(RecordBackordered),
    RecordFilled(RecordFilled),
    Replace(ReplaceOrder),
    Extend(ExtendOrder),
}

/// Place an order: it is recorded as pending, and stock is asked for.
///
/// The same order again is answered as before; the same id with other contents is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct PlaceOrder {
    /// The client's id for the order: a UUID of version 7, new for every order.
    pub order: OrderId,
    /// The number the shop shows people, if it has one.
    #[serde(default)]
    pub number: Option<Text>,
    /// The customer, if staff places the order for one; a customer's own orders are his.
    #[serde(default)]
    pub customer: Option<Text>,
    /// The currency of all prices.
    pub currency: Currency,
    /// What is ordered: 1 to 2,000 lines; an item may stand in several.
    pub lines: Vec<OrderLine>,
    /// Where it goes.
    pub destination: Destination,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// The item, by id or by SKU.
    pub item: ItemRef,
    /// Units wanted.
    pub quantity: Quantity,
    /// The price agreed for one unit.
    pub unit_price: UnitPrice,
}

/// Tell that a payment was authorized: confirms the order once its stock is tied too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct AuthorizePayment {
    /// The order.
    pub order: OrderId,
    /// What was authorized: at least the order's total.
    pub amount: Amount,
}

/// Cancel an order, or units of some of its lines. What no warehouse works on is cancelled at
/// once; for what one works on it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct CancelOrder {
    /// The order.
    pub order: OrderId,
    /// Which units; `null` for everything that is not shipped yet.
    #[serde(default)]
    pub lines: Option<Vec<LineUnits>>,
    /// Why.
    pub reason: CancelReason,
}

/// Why units are cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum CancelReason {
    /// The customer changed his mind.
    Customer,
    /// The payment was declined.
    Declined,
    /// Somebody meant to cheat.
    Fraud,
    /// The stock that was promised is not there.
    Inventory,
    /// The shop decided so.
    Staff,
    /// Something else.
    Other,
    /// It was paid for, and is not any more.
    Unpaid,
}

/// Units of one line, or of all lines of one item in the order placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct LineUnits {
    /// The line, or the item.
    pub line: LineRef,
    /// How many units.
    pub quantity: Quantity,
}

/// How a command names a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum LineRef {
    /// By its number, counted from 0 as placed.
    Number(LineNumber),
    /// By the item, as the order named it: its lines in order.
    Item(ItemRef),
}

/// Ship what is allocated: one shipment per facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ShipOrder {
    /// The order.
    pub order: OrderId,
    /// Only what lies in this facility; `null` for all.
    #[serde(default)]
    pub facility: Option<FacilityId>,
}

/// Tell that a shipment arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct DeliverShipment {
    /// The order.
    pub order: OrderId,
    /// The shipment; `null` for all that are on the way.
    #[serde(default)]
    pub shipment: Option<ShipmentNumber>,
}

/// Announce that delivered units come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct RequestReturn {
    /// The order.
    pub order: OrderId,
    /// Which units.
    pub lines: Vec<LineUnits>,
}

/// Take in a return that was announced, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ReceiveReturn {
    /// The order.
    pub order: OrderId,
    /// Which return; `null` for the oldest that is still on its way.
    #[serde(default)]
    pub number: Option<ReturnNumber>,
    /// Where it arrived; `null` for where each line was shipped from.
    #[serde(default)]
    pub facility: Option<FacilityId>,
    /// What becomes of the units.
    pub disposition: Disposition,
}

/// The inventory tied stock for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordTied {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
    /// How firmly.
    pub hold: Hold,
    /// Where the units lie.
    pub portions: Vec<Portion>,
}

/// The inventory could not tie stock for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRejected {
    /// The order.
    pub order: OrderId,
    /// The reservation that was asked for.
    pub reservation: ReservationNumber,
    /// Why not.
    pub why: Rejection,
}

/// The inventory made a soft reservation hard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAllocated {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
}

/// A soft reservation came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLapsed {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
}

/// Stock that was promised turned out not to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordStripped {
    /// The order.
    pub order: OrderId,
    /// The units that are not there.
    pub portions: Vec<Portion>,
}

/// The inventory took kits of the order apart; the tie comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordExploded {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
    /// The kits, by line.
    pub kits: Vec<ExplodedKit>,
}

/// A facility did not answer in time whether it takes what was released to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordTimedOut {
    /// The order.
    pub order: OrderId,
    /// The facility.
    pub facility: FacilityId,
    /// The units it was asked for.
    pub portions: Vec<Portion>,
}

/// The payment tells how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPayment {
    /// The order.
    pub order: OrderId,
    /// How it stands.
    pub standing: Standing,
}

impl OrderCommand {
    /// The order it is about; none for a tick.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        Some(match self {
            Self::Place(c) => c.order,
            Self::AuthorizePayment(c) => c.order,
            Self::Cancel(c) => c.order,
            Self::Ship(c) => c.order,
            Self::Deliver(c) => c.order,
            Self::RequestReturn(c) => c.order,
            Self::ReceiveReturn(c) => c.order,
            Self::RecordTied(c) => c.order,
            Self::RecordRejected(c) => c.order,
            Self::RecordAllocated(c) => c.order,
            Self::RecordLapsed(c) => c.order,
            Self::RecordStripped(c) => c.order,
            Self::Tick => return None,
            Self::Release(c) => c.order,
            Self::Pick(c) => c.order,
            Self::Pack(c) => c.order,
            Self::RejectFulfilment(c) => c.order,
            Self::VoidShipping(c) => c.order,
            Self::LoseShipment(c) => c.order,
            Self::ReturnToSender(c) => c.order,
            Self::PlaceHold(c) => c.order,
            Self::ReleaseHold(c) => c.order,
            Self::AcceptCancellation(c) => c.order,
            Self::DeclineCancellation(c) => c.order,
            Self::ReceiveReturnedUnits(c) => c.order,
            Self::RefuseReturn(c) => c.order,
            Self::SaveDraft(c) => c.order,
            Self::Amend(c) => c.order,
            Self::Reopen(c) => c.order,
            Self::Complete(c) => c.order,
            Self::RecordExploded(c) => c.order,
            Self::RecordTimedOut(c) => c.order,
            Self::RecordPayment(c) => c.order,
            Self::RecordBackordered(c) => c.order,
            Self::RecordFilled(c) => c.order,
            Self::Replace(c) => c.place.order,
            Self::Extend(c) => c.order,
        })
    }
}
