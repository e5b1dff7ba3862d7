//! The payload of every kind, by the type that it is written with.
//! Why: the list of kinds says names; the lock holds shapes.

use earmark::schema::{from_bytes, to_bytes, v1};
use earmark::{flow, fulfilment, inventory, notification, order, payment};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Types;

/// The payload of one kind: how it is met, and whether bytes of the kind are bytes of it.
pub(crate) struct Payload {
    pub(crate) meet: fn(&Types) -> String,
    pub(crate) is: fn(&[u8]) -> bool,
}

/// What `flow::Hear` is on the wire: an event inside has the form of its own kind.
#[derive(Serialize, Deserialize)]
struct HearEvent(u16, Vec<u8>);

fn payload<T: Serialize + DeserializeOwned>() -> Payload {
    let is = |bytes: &[u8]| {
        let value = from_bytes::<T>("a payload", bytes);
        value.is_ok_and(|value| to_bytes(&value).unwrap() == bytes)
    };
    Payload { meet: Types::meet::<T>, is }
}

macro_rules! payloads {
    ($($payload:ty),* $(,)?) => { vec![$(payload::<$payload>()),*] };
}

/// The payloads of all commands, in the order of their kinds.
pub(crate) fn commands() -> Vec<Payload> {
    payloads![
        v1::SetPolicy,
        flow::Tick,
        order::PlaceOrder,
        order::AuthorizePayment,
        order::CancelOrder,
        order::ShipOrder,
        order::DeliverShipment,
        order::RequestReturn,
        order::ReceiveReturn,
        inventory::DefineItem,
        inventory::DefineFacility,
        inventory::ReceiveStock,
        inventory::AdjustStock,
        flow::SetPolicy,
        inventory::SetFacilityRules,
        inventory::SetItemRules,
        inventory::SetUnitPrices,
        inventory::MoveStock,
        inventory::WriteOffStock,
        inventory::SetSafetyStock,
        inventory::CountStock,
        inventory::SetLowStock,
        inventory::SendTransfer,
        inventory::ReceiveTransfer,
        inventory::CancelTransfer,
        inventory::ExpectStock,
        inventory::ReceiveExpected,
        inventory::WithdrawExpected,
        order::ReleaseOrder,
        order::PickOrder,
        order::PackOrder,
        order::RejectFulfilment,
        order::VoidShipping,
        order::LoseShipment,
        order::ReturnToSender,
        order::PlaceHold,
        order::ReleaseHold,
        order::AcceptCancellation,
        order::DeclineCancellation,
        order::ReceiveReturnedUnits,
        order::RefuseReturn,
        order::SaveDraft,
        order::AmendOrder,
        order::ReopenOrder,
        order::CompleteOrder,
        inventory::DefineKit,
        HearEvent,
        fulfilment::AcceptFulfilment,
        payment::RecordAuthorization,
        payment::DeclinePayment,
        payment::RecordCapture,
        payment::DeclineCapture,
        payment::RecordVoid,
        payment::RecordRefund,
        payment::DeclineRefund,
        payment::CapturePayment,
        payment::RefundPayment,
        inventory::SetBackorderLimit,
        order::ReplaceOrder,
        order::ExtendOrder,
    ]
}

/// The payloads of all events, in the order of their kinds.
pub(crate) fn events() -> Vec<Payload> {
    let mut all = first_events();
    all.extend(later_events());
    all.extend(events_of_payments());
    all
}

fn first_events() -> Vec<Payload> {
    payloads![
        v1::PolicySet,
        order::OrderPlaced,
        order::OrderSourced,
        order::AllocationRequested,
        order::OrderAllocated,
        order::OrderConfirmed,
        order::OrderRejected,
        order::OrderExpired,
        order::OrderLinesCancelled,
        order::OrderCancelled,
        order::OrderUnsourced,
        order::TieReturned,
        order::PaymentAuthorized,
        order::ShipmentShipped,
        order::ShipmentDelivered,
        v1::ReturnRequested,
        order::ReturnReceived,
        order::OrderCompleted,
        order::OrderArchived,
        inventory::ItemDefined,
        inventory::FacilityDefined,
        inventory::StockReceived,
        inventory::StockAdjusted,
        inventory::PromiseStripped,
        inventory::InventoryTied,
        inventory::InventoryRejected,
        inventory::InventoryAllocated,
        inventory::InventoryReleased,
        inventory::InventoryExpired,
        inventory::StockShipped,
        inventory::StockRestocked,
        notification::CustomerNotified,
        notification::OrderForgotten,
        flow::PolicySet,
    ]
}

/// Those that came after the first release.
fn later_events() -> Vec<Payload> {
    payloads![
        inventory::FacilityRulesSet,
        inventory::ItemRulesSet,
        inventory::UnitPricesSet,
        inventory::ParcelsBooked,
        inventory::StockMoved,
        inventory::StockWrittenOff,
        inventory::SafetyStockSet,
        inventory::StockCounted,
        inventory::LowStockSet,
        inventory::LowStock,
        inventory::StockReplenished,
        inventory::OutOfStock,
        inventory::BackInStock,
        inventory::TransferSent,
        inventory::TransferReceived,
        inventory::TransferCancelled,
        inventory::StockExpected,
        inventory::ExpectedReceived,
        inventory::ExpectedWithdrawn,
        inventory::InventoryExtended,
        order::FulfilmentReleased,
        order::ItemsPicked,
        order::ItemsPacked,
        order::FulfilmentRejected,
        order::OrderResourced,
        order::ShippingVoided,
        order::ShipmentLost,
        order::ShipmentReturnedToSender,
        v1::OrderHoldPlaced,
        order::OrderHoldReleased,
        inventory::StockUnshipped,
        order::CancellationRequested,
        order::CancellationAccepted,
        order::CancellationDeclined,
        order::ReturnPartlyReceived,
        order::ReturnRefused,
        order::OrderDrafted,
        order::OrderAmended,
        order::OrderReopened,
        inventory::KitDefined,
        inventory::KitsExploded,
        inventory::ExplosionRejected,
        order::OrderLinesExploded,
        inventory::KitsShort,
        order::OrderKitsAskedAgain,
        fulfilment::WorkRequested,
        fulfilment::FulfilmentAccepted,
        fulfilment::FulfilmentTimedOut,
        fulfilment::WorkAdvanced,
        fulfilment::WorkShipped,
        fulfilment::WorkWithdrawn,
        fulfilment::WorkEnded,
        fulfilment::WorkForgotten,
    ]
}

fn events_of_payments() -> Vec<Payload> {
    payloads![
        order::OrderPaymentDue,
        order::OrderPaymentRecorded,
        payment::PaymentDueRecorded,
        payment::PaymentRequested,
        payment::PaymentRequestWithdrawn,
        payment::PaymentRequestRepeated,
        payment::AuthorizationRecorded,
        payment::PaymentDeclined,
        payment::AuthorizationLapsed,
        payment::CaptureRequested,
        payment::PaymentCaptured,
        payment::CaptureDeclined,
        payment::VoidRequested,
        payment::PaymentVoided,
        payment::RefundGranted,
        payment::RefundRequested,
        payment::PaymentRefunded,
        payment::RefundDeclined,
        payment::PaymentArchived,
        payment::PaymentForgotten,
        inventory::BackorderLimitSet,
        inventory::InventoryBackordered,
        inventory::BackorderFilled,
        inventory::BackorderReleased,
        inventory::BackordersDue,
        order::OrderBackordered,
        order::BackorderSourced,
        order::BackorderDropped,
        order::BackorderReturned,
        order::OrderSetAside,
        order::ReplacementPlaced,
        order::OrderReplaced,
        order::OrderKept,
        order::OrderExtended,
        order::OrderHoldPlaced,
        order::CancellationMet,
        order::OrderStockLost,
        v1::OrderPaymentNeeded,
        order::ReturnRequested,
        order::OrderShortened,
        order::OrderMoveRequested,
        order::OrderMoved,
        order::OrderMoveRefused,
        order::OrderPaymentNeeded,
        order::OrderPaymentMissed,
        order::OrderStripHeard,
        inventory::WaitingResumed,
    ]
}

/// The payloads of all queries, in the order of their kinds.
pub(crate) fn queries() -> Vec<Payload> {
    payloads![
        v1::PreviewQuery,
        flow::OrderQuery,
        flow::OrdersQuery,
        flow::ItemsQuery,
        flow::StockQuery,
        flow::SummaryQuery,
        flow::ExplainQuery,
        flow::LevelsQuery,
        flow::IncomingQuery,
        flow::AlertsQuery,
        flow::OrderStatusQuery,
        flow::WorklistQuery,
        flow::WorkloadQuery,
        flow::PaymentQuery,
        flow::BackordersQuery,
        flow::PreviewQuery,
    ]
}
