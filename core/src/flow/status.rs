//! The answer to how an order stands: its axes, and the records behind them.
//!
//! Law: as of all views: a function of the state, and nothing stored.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::data::data;
use crate::decide::Principal;
use crate::demand::Portion;
use crate::ids::{
    CancellationNumber, FacilityId, HoldNumber, OrderId, ReturnNumber, ShipmentNumber, Text,
};
use crate::order::{
    CancelReason, CancellationAnswer, CancellationRecord, Carriage, FulfilmentStatus, HoldKind,
    Order, PaymentStatus, PlacedBy, ReturnState, ReturnsStatus, Status, StockStatus, UnitsOfLine,
};
use crate::time::Timestamp;

/// How one order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderStatusQuery {
    /// The order.
    pub order: OrderId,
}

data! {
    /// How an order stands.
    OrderStatusView {
        /// Its id.
        order: OrderId,
        /// Where it stands in its life.
        status: Status,
        /// How its payment stands.
        payment: PaymentStatus,
        /// How its stock stands.
        stock: StockStatus,
        /// How far warehouses and carriers have come.
        fulfilment: FulfilmentStatus,
        /// How far returns have come.
        returns: ReturnsStatus,
        /// Holds that are open; for those who work for the shop.
        holds: Vec<HoldView>,
        /// Requests to cancel what warehouses work on.
        cancellations: Vec<CancellationView>,
        /// Its parcels.
        shipments: Vec<ShipmentStatusView>,
        /// What comes back.
        returned: Vec<ReturnView>,
        /// Facilities that are out of the question for it.
        excluded: Vec<FacilityId>,
    }
    /// A hold that is open.
    HoldView {
        /// Its number.
        number: HoldNumber,
        /// What it is for.
        kind: HoldKind,
        /// More of it.
        reason: Option<Text>,
        /// When it was placed.
        placed_at: Timestamp,
        /// When it ends by itself.
        until: Option<Timestamp>,
        /// Who placed it, if that was recorded.
        placed_by: Option<PlacedBy>,
    }
    /// A request to cancel.
    CancellationView {
        /// Its number.
        number: CancellationNumber,
        /// The facility that is to answer.
        facility: FacilityId,
        /// Why.
        reason: CancelReason,
        /// What the facility said; nothing yet, if nothing.
        answer: Option<CancellationAnswer>,
        /// The units.
        portions: Vec<Portion>,
    }
    /// A parcel, and how far it has come.
    ShipmentStatusView {
        /// Its number.
        number: ShipmentNumber,
        /// Where it started.
        facility: FacilityId,
        /// How far it has come.
        state: Carriage,
        /// When it arrived, if it did.
        delivered_at: Option<Timestamp>,
    }
    /// A return, and how far it has come.
    ReturnView {
        /// Its number.
        number: ReturnNumber,
        /// How far it has come.
        state: ReturnState,
        /// What was announced; nothing for a parcel that came back undelivered.
        units: Vec<UnitsOfLine>,
        /// What of it has come.
        received: Vec<UnitsOfLine>,
    }
}

impl OrderStatusView {
    /// What holds an order back is a matter of those who work for the shop: a customer sees that it
    /// is held, and not for what.
    pub(super) fn of(id: OrderId, order: &Order, by: &Principal) -> Self {
        let is_customer = matches!(by, Principal::Customer(_));
        let holds = if is_customer { &[][..] } else { &order.holds[..] };
        let hold = |h: &crate::order::HoldRecord| HoldView {
            number: h.number,
            kind: h.kind,
            reason: h.reason.clone(),
            placed_at: h.placed_at,
            until: h.until,
            placed_by: h.placed_by.clone(),
        };
        let shipment = |s: &crate::order::Shipment| ShipmentStatusView {
            number: s.number,
            facility: s.facility,
            state: s.state,
            delivered_at: s.delivered_at,
        };
        let returned = |r: &crate::order::Return| ReturnView {
            number: r.number,
            state: r.state,
            units: r.units.clone(),
            received: r.received.clone(),
        };
        Self {
            order: id,
            status: order.status,
            payment: order.payment_status(),
            stock: order.stock_status(),
            fulfilment: order.fulfilment_status(),
            returns: order.returns_status(),
            holds: holds.iter().map(hold).collect(),
            cancellations: order.cancellations.iter().map(CancellationView::from).collect(),
            shipments: order.shipments.iter().map(shipment).collect(),
            returned: order.returns.iter().map(returned).collect(),
            excluded: order.refused.clone(),
        }
    }
}

impl From<&CancellationRecord> for CancellationView {
    fn from(record: &CancellationRecord) -> Self {
        let CancellationRecord { number, facility, reason, portions, answer } = record;
        Self {
            number: *number,
            facility: *facility,
            reason: *reason,
            answer: *answer,
            portions: portions.clone(),
        }
    }
}
