//! The lists of commands, events and queries: kind, name, version, scope, payload.
//!
//! Law: append only. The place in a list is the kind on the wire. A payload that changes gets a new
//! kind of the same name at the end; the old one says what it is read `from`, and is never written
//! again.

use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use super::codec::{codec, payload_of};
use super::kind::{KindOfCommand, KindOfEvent, KindOfQuery};
use super::{NotReadable, from_bytes, v1, write};
use crate::flow::{self, Answer, Command, Event, Query};
use crate::fulfilment::{self, FulfilmentCommand as F, FulfilmentEvent as FE};
use crate::inventory::{self, InventoryCommand as I, InventoryEvent as IE};
use crate::notification::{self, NotificationEvent as NE};
use crate::order::{self, OrderCommand as O, OrderEvent as OE};
use crate::payment::{self, PaymentCommand as P, PaymentEvent as PE};

/// No value is written in an old form: the guard of its place in a list.
#[allow(clippy::extra_unused_type_parameters, reason = "the lists hand over what is old")]
const fn is_in_force<Old>() -> bool {
    false
}

codec! {
    COMMANDS, KindOfCommand, Command, "command", encode_command, decode_command, each_command;
    0 SetPolicy(p: flow::SetPolicy, from v1::SetPolicy) { Command::SetPolicy(p) }
        scope: "policy:write", about: "Put a policy in force, for all that comes after.";
    1 Tick(p: flow::Tick) { Command::Tick(p) }
        scope: "flow", about: "Time has passed: end what is due.";
    2 PlaceOrder(p: order::PlaceOrder) { Command::Order(O::Place(p)) }
        scope: "orders:write", about: "Place an order: it is recorded, and stock is asked for.";
    3 AuthorizePayment(p: order::AuthorizePayment) { Command::Order(O::AuthorizePayment(p)) }
        scope: "payments:write", about: "Tell that a payment was authorized.";
    4 CancelOrder(p: order::CancelOrder) { Command::Order(O::Cancel(p)) }
        scope: "orders:write", about: "Cancel an order, or units of some of its lines.";
    5 ShipOrder(p: order::ShipOrder) { Command::Order(O::Ship(p)) }
        scope: "fulfilment:write", about: "Ship what is allocated, one shipment per facility.";
    6 DeliverShipment(p: order::DeliverShipment) { Command::Order(O::Deliver(p)) }
        scope: "fulfilment:write", about: "Tell that a shipment arrived.";
    7 RequestReturn(p: order::RequestReturn) { Command::Order(O::RequestReturn(p)) }
        scope: "orders:write", about: "Announce that delivered units come back.";
    8 ReceiveReturn(p: order::ReceiveReturn) { Command::Order(O::ReceiveReturn(p)) }
        scope: "fulfilment:write", about: "Take in a return that was announced.";
    9 DefineItem(p: inventory::DefineItem) { Command::Inventory(I::DefineItem(p)) }
        scope: "inventory:write", about: "Define an item that can be stocked and sold.";
    10 DefineFacility(p: inventory::DefineFacility) { Command::Inventory(I::DefineFacility(p)) }
        scope: "inventory:write", about: "Define a place that holds stock.";
    11 ReceiveStock(p: inventory::ReceiveStock) { Command::Inventory(I::Receive(p)) }
        scope: "inventory:write", about: "Take in stock.";
    12 AdjustStock(p: inventory::AdjustStock) { Command::Inventory(I::Adjust(p)) }
        scope: "inventory:write", about: "Correct stock by what was seen; it wins over promises.";
    13 SetPolicy(p: flow::SetPolicy) { Command::SetPolicy(p) }
        scope: "policy:write", about: "Put a policy in force, for all that comes after.";
    14 SetFacilityRules(p: inventory::SetFacilityRules)
        { Command::Inventory(I::SetFacilityRules(p)) }
        scope: "inventory:write", about: "Say what a facility may and may not ship.";
    15 SetItemRules(p: inventory::SetItemRules) { Command::Inventory(I::SetItemRules(p)) }
        scope: "inventory:write", about: "Say how and where an item may not go.";
    16 SetUnitPrices(p: inventory::SetUnitPrices) { Command::Inventory(I::SetUnitPrices(p)) }
        scope: "inventory:write", about: "Say what units are worth where they lie.";
    17 MoveStock(p: inventory::MoveStock) { Command::Inventory(I::Move(p)) }
        scope: "inventory:write", about: "Units are in another condition, such as damaged.";
    18 WriteOffStock(p: inventory::WriteOffStock) { Command::Inventory(I::WriteOff(p)) }
        scope: "inventory:write", about: "Take units off the books, with a reason.";
    19 SetSafetyStock(p: inventory::SetSafetyStock) { Command::Inventory(I::SetSafety(p)) }
        scope: "inventory:write", about: "Keep units of an item back from sale in a facility.";
    20 CountStock(p: inventory::CountStock) { Command::Inventory(I::Count(p)) }
        scope: "inventory:write", about: "Tell what was counted on a shelf; it wins over promises.";
    21 SetLowStock(p: inventory::SetLowStock) { Command::Inventory(I::SetLowStock(p)) }
        scope: "inventory:write", about: "Tell when an item runs low or out, or stop telling.";
    22 SendTransfer(p: inventory::SendTransfer) { Command::Inventory(I::SendTransfer(p)) }
        scope: "inventory:write", about: "Send available units from one shelf to another.";
    23 ReceiveTransfer(p: inventory::ReceiveTransfer) { Command::Inventory(I::ReceiveTransfer(p)) }
        scope: "inventory:write", about: "Units of a transfer arrived; the rest may be lost.";
    24 CancelTransfer(p: inventory::CancelTransfer) { Command::Inventory(I::CancelTransfer(p)) }
        scope: "inventory:write", about: "What is still on its way goes back where it came from.";
    25 ExpectStock(p: inventory::ExpectStock) { Command::Inventory(I::Expect(p)) }
        scope: "inventory:write", about: "Stock is expected, such as a line of a purchase order.";
    26 ReceiveExpected(p: inventory::ReceiveExpected) { Command::Inventory(I::ReceiveExpected(p)) }
        scope: "inventory:write", about: "Units that were expected came.";
    27 WithdrawExpected(p: inventory::WithdrawExpected)
        { Command::Inventory(I::WithdrawExpected(p)) }
        scope: "inventory:write", about: "What has not come is not expected any more.";
    28 ReleaseOrder(p: order::ReleaseOrder) { Command::Order(O::Release(p)) }
        scope: "fulfilment:write", about: "Hand what is allocated to the warehouses that have it.";
    29 PickOrder(p: order::PickOrder) { Command::Order(O::Pick(p)) }
        scope: "fulfilment:write", about: "Tell which units were picked, and which not found.";
    30 PackOrder(p: order::PackOrder) { Command::Order(O::Pack(p)) }
        scope: "fulfilment:write", about: "Tell that what is picked in a facility is packed.";
    31 RejectFulfilment(p: order::RejectFulfilment) { Command::Order(O::RejectFulfilment(p)) }
        scope: "fulfilment:write", about: "Refuse what was released: it is sourced anew.";
    32 VoidShipping(p: order::VoidShipping) { Command::Order(O::VoidShipping(p)) }
        scope: "fulfilment:write", about: "Tell that a shipment did not leave after all.";
    33 LoseShipment(p: order::LoseShipment) { Command::Order(O::LoseShipment(p)) }
        scope: "fulfilment:write", about: "Tell that a shipment was lost on its way.";
    34 ReturnToSender(p: order::ReturnToSender) { Command::Order(O::ReturnToSender(p)) }
        scope: "fulfilment:write", about: "Tell that a shipment came back undelivered.";
    35 PlaceHold(p: order::PlaceHold) { Command::Order(O::PlaceHold(p)) }
        scope: "fulfilment:write", about: "Keep an order from being released.";
    36 ReleaseHold(p: order::ReleaseHold) { Command::Order(O::ReleaseHold(p)) }
        scope: "fulfilment:write", about: "End a hold.";
    37 AcceptCancellation(p: order::AcceptCancellation) { Command::Order(O::AcceptCancellation(p)) }
        scope: "fulfilment:write", about: "Answer a request to cancel: it is not too late.";
    38 DeclineCancellation(p: order::DeclineCancellation)
        { Command::Order(O::DeclineCancellation(p)) }
        scope: "fulfilment:write", about: "Answer a request to cancel: it is too late.";
    39 ReceiveReturnedUnits(p: order::ReceiveReturnedUnits)
        { Command::Order(O::ReceiveReturnedUnits(p)) }
        scope: "fulfilment:write", about: "Take in some units of a return that was announced.";
    40 RefuseReturn(p: order::RefuseReturn) { Command::Order(O::RefuseReturn(p)) }
        scope: "fulfilment:write", about: "Say no to a return, or to what of it has not come.";
    41 SaveDraft(p: order::SaveDraft) { Command::Order(O::SaveDraft(p)) }
        scope: "orders:write", about: "Save an order that is not placed yet.";
    42 AmendOrder(p: order::AmendOrder) { Command::Order(O::Amend(p)) }
        scope: "orders:write", about: "Change an order that was placed, by the difference.";
    43 ReopenOrder(p: order::ReopenOrder) { Command::Order(O::Reopen(p)) }
        scope: "fulfilment:write", about: "Take a completed order up again.";
    44 CompleteOrder(p: order::CompleteOrder) { Command::Order(O::Complete(p)) }
        scope: "fulfilment:write", about: "Tell that a reopened order is done after all.";
    45 DefineKit(p: inventory::DefineKit) { Command::Inventory(I::DefineKit(p)) }
        scope: "inventory:write", about: "Define an item that is sold as one and made of others.";
    46 HearEvent(p: flow::Hear) { Command::Hear(p) }
        scope: "flow", about: "Tell what happened in another partition; couriers do.";
    47 AcceptFulfilment(p: fulfilment::AcceptFulfilment) { Command::Fulfilment(F::Accept(p)) }
        scope: "fulfilment:write", about: "Take the work that was released to a facility.";
    48 RecordAuthorization(p: payment::RecordAuthorization)
        { Command::Payment(P::RecordAuthorization(p)) }
        scope: "payments:write", about: "Answer a request to pay: so much was authorized.";
    49 DeclinePayment(p: payment::DeclinePayment) { Command::Payment(P::Decline(p)) }
        scope: "payments:write", about: "Answer a request to pay: it was declined.";
    50 RecordCapture(p: payment::RecordCapture) { Command::Payment(P::RecordCapture(p)) }
        scope: "payments:write", about: "Answer a request to capture: so much was captured.";
    51 DeclineCapture(p: payment::DeclineCapture) { Command::Payment(P::DeclineCapture(p)) }
        scope: "payments:write", about: "Answer a request to capture: it was declined.";
    52 RecordVoid(p: payment::RecordVoid) { Command::Payment(P::RecordVoid(p)) }
        scope: "payments:write", about: "Answer a request to void: it is done.";
    53 RecordRefund(p: payment::RecordRefund) { Command::Payment(P::RecordRefund(p)) }
        scope: "payments:write", about: "Answer a request to refund: it is done.";
    54 DeclineRefund(p: payment::DeclineRefund) { Command::Payment(P::DeclineRefund(p)) }
        scope: "payments:write", about: "Answer a request to refund: it was declined.";
    55 CapturePayment(p: payment::CapturePayment) { Command::Payment(P::Capture(p)) }
        scope: "payments:write", about: "Capture by hand what is authorized of a confirmed order.";
    56 RefundPayment(p: payment::RefundPayment) { Command::Payment(P::Refund(p)) }
        scope: "payments:write", about: "Pay money back, whatever becomes of the goods.";
    57 SetBackorderLimit(p: inventory::SetBackorderLimit)
        { Command::Inventory(I::SetBackorderLimit(p)) }
        scope: "inventory:write", about: "Say how many units may be promised that are not there.";
    58 ReplaceOrder(p: order::ReplaceOrder) { Command::Order(O::Replace(p)) }
        scope: "orders:write", about: "Place an order in place of an earlier, unpaid one.";
    59 ExtendOrder(p: order::ExtendOrder) { Command::Order(O::Extend(p)) }
        scope: "orders:write", about: "Ask that an order may be paid until later.";
}

codec! {
    EVENTS, KindOfEvent, Event, "event", encode_event, decode_event, each_event;
    0 PolicySet(p: flow::PolicySet, from v1::PolicySet) { Event::Policy(p) } version: 1;
    1 OrderPlaced(p: order::OrderPlaced) { Event::Order(OE::Placed(p)) } version: 1;
    2 OrderSourced(p: order::OrderSourced) { Event::Order(OE::Sourced(p)) } version: 1;
    3 AllocationRequested(p: order::AllocationRequested)
        { Event::Order(OE::AllocationRequested(p)) } version: 1;
    4 OrderAllocated(p: order::OrderAllocated) { Event::Order(OE::Allocated(p)) } version: 1;
    5 OrderConfirmed(p: order::OrderConfirmed) { Event::Order(OE::Confirmed(p)) } version: 1;
    6 OrderRejected(p: order::OrderRejected) { Event::Order(OE::Rejected(p)) } version: 1;
    7 OrderExpired(p: order::OrderExpired) { Event::Order(OE::Expired(p)) } version: 1;
    8 OrderLinesCancelled(p: order::OrderLinesCancelled)
        { Event::Order(OE::LinesCancelled(p)) } version: 1;
    9 OrderCancelled(p: order::OrderCancelled) { Event::Order(OE::Cancelled(p)) } version: 1;
    10 OrderUnsourced(p: order::OrderUnsourced) { Event::Order(OE::Unsourced(p)) } version: 1;
    11 TieReturned(p: order::TieReturned) { Event::Order(OE::TieReturned(p)) } version: 1;
    12 PaymentAuthorized(p: order::PaymentAuthorized)
        { Event::Order(OE::PaymentAuthorized(p)) } version: 1;
    13 ShipmentShipped(p: order::ShipmentShipped) { Event::Order(OE::Shipped(p)) } version: 1;
    14 ShipmentDelivered(p: order::ShipmentDelivered)
        { Event::Order(OE::Delivered(p)) } version: 1;
    15 ReturnRequested(p: order::ReturnRequested, from v1::ReturnRequested)
        { Event::Order(OE::ReturnRequested(p)) } version: 1;
    16 ReturnReceived(p: order::ReturnReceived)
        { Event::Order(OE::ReturnReceived(p)) } version: 1;
    17 OrderCompleted(p: order::OrderCompleted) { Event::Order(OE::Completed(p)) } version: 1;
    18 OrderArchived(p: order::OrderArchived) { Event::Order(OE::Archived(p)) } version: 1;
    19 ItemDefined(p: inventory::ItemDefined) { Event::Inventory(IE::ItemDefined(p)) } version: 1;
    20 FacilityDefined(p: inventory::FacilityDefined)
        { Event::Inventory(IE::FacilityDefined(p)) } version: 1;
    21 StockReceived(p: inventory::StockReceived) { Event::Inventory(IE::Received(p)) } version: 1;
    22 StockAdjusted(p: inventory::StockAdjusted) { Event::Inventory(IE::Adjusted(p)) } version: 1;
    23 PromiseStripped(p: inventory::PromiseStripped)
        { Event::Inventory(IE::Stripped(p)) } version: 1;
    24 InventoryTied(p: inventory::InventoryTied) { Event::Inventory(IE::Tied(p)) } version: 1;
    25 InventoryRejected(p: inventory::InventoryRejected)
        { Event::Inventory(IE::Rejected(p)) } version: 1;
    26 InventoryAllocated(p: inventory::InventoryAllocated)
        { Event::Inventory(IE::Allocated(p)) } version: 1;
    27 InventoryReleased(p: inventory::InventoryReleased)
        { Event::Inventory(IE::Released(p)) } version: 1;
    28 InventoryExpired(p: inventory::InventoryExpired)
        { Event::Inventory(IE::Expired(p)) } version: 1;
    29 StockShipped(p: inventory::StockShipped) { Event::Inventory(IE::Shipped(p)) } version: 1;
    30 StockRestocked(p: inventory::StockRestocked)
        { Event::Inventory(IE::Restocked(p)) } version: 1;
    31 CustomerNotified(p: notification::CustomerNotified)
        { Event::Notification(NE::Told(p)) } version: 1;
    32 OrderForgotten(p: notification::OrderForgotten)
        { Event::Notification(NE::Forgotten(p)) } version: 1;
    33 PolicySet(p: flow::PolicySet) { Event::Policy(p) } version: 2;
    34 FacilityRulesSet(p: inventory::FacilityRulesSet)
        { Event::Inventory(IE::FacilityRulesSet(p)) } version: 1;
    35 ItemRulesSet(p: inventory::ItemRulesSet)
        { Event::Inventory(IE::ItemRulesSet(p)) } version: 1;
    36 UnitPricesSet(p: inventory::UnitPricesSet)
        { Event::Inventory(IE::UnitPricesSet(p)) } version: 1;
    37 ParcelsBooked(p: inventory::ParcelsBooked)
        { Event::Inventory(IE::ParcelsBooked(p)) } version: 1;
    38 StockMoved(p: inventory::StockMoved) { Event::Inventory(IE::Moved(p)) } version: 1;
    39 StockWrittenOff(p: inventory::StockWrittenOff)
        { Event::Inventory(IE::WrittenOff(p)) } version: 1;
    40 SafetyStockSet(p: inventory::SafetyStockSet)
        { Event::Inventory(IE::SafetySet(p)) } version: 1;
    41 StockCounted(p: inventory::StockCounted) { Event::Inventory(IE::Counted(p)) } version: 1;
    42 LowStockSet(p: inventory::LowStockSet) { Event::Inventory(IE::LowStockSet(p)) } version: 1;
    43 LowStock(p: inventory::LowStock) { Event::Inventory(IE::Low(p)) } version: 1;
    44 StockReplenished(p: inventory::StockReplenished)
        { Event::Inventory(IE::Replenished(p)) } version: 1;
    45 OutOfStock(p: inventory::OutOfStock) { Event::Inventory(IE::Out(p)) } version: 1;
    46 BackInStock(p: inventory::BackInStock) { Event::Inventory(IE::Back(p)) } version: 1;
    47 TransferSent(p: inventory::TransferSent)
        { Event::Inventory(IE::TransferSent(p)) } version: 1;
    48 TransferReceived(p: inventory::TransferReceived)
        { Event::Inventory(IE::TransferReceived(p)) } version: 1;
    49 TransferCancelled(p: inventory::TransferCancelled)
        { Event::Inventory(IE::TransferCancelled(p)) } version: 1;
    50 StockExpected(p: inventory::StockExpected) { Event::Inventory(IE::Expected(p)) } version: 1;
    51 ExpectedReceived(p: inventory::ExpectedReceived)
        { Event::Inventory(IE::ExpectedReceived(p)) } version: 1;
    52 ExpectedWithdrawn(p: inventory::ExpectedWithdrawn)
        { Event::Inventory(IE::ExpectedWithdrawn(p)) } version: 1;
    53 InventoryExtended(p: inventory::InventoryExtended)
        { Event::Inventory(IE::Extended(p)) } version: 1;
    54 FulfilmentReleased(p: order::FulfilmentReleased)
        { Event::Order(OE::Released(p)) } version: 1;
    55 ItemsPicked(p: order::ItemsPicked) { Event::Order(OE::Picked(p)) } version: 1;
    56 ItemsPacked(p: order::ItemsPacked) { Event::Order(OE::Packed(p)) } version: 1;
    57 FulfilmentRejected(p: order::FulfilmentRejected)
        { Event::Order(OE::FulfilmentRejected(p)) } version: 1;
    58 OrderResourced(p: order::OrderResourced) { Event::Order(OE::Resourced(p)) } version: 1;
    59 ShippingVoided(p: order::ShippingVoided)
        { Event::Order(OE::ShippingVoided(p)) } version: 1;
    60 ShipmentLost(p: order::ShipmentLost) { Event::Order(OE::Lost(p)) } version: 1;
    61 ShipmentReturnedToSender(p: order::ShipmentReturnedToSender)
        { Event::Order(OE::ReturnedToSender(p)) } version: 1;
    62 OrderHoldPlaced(p: order::OrderHoldPlaced, from v1::OrderHoldPlaced)
        { Event::Order(OE::HoldPlaced(p)) } version: 1;
    63 OrderHoldReleased(p: order::OrderHoldReleased)
        { Event::Order(OE::HoldReleased(p)) } version: 1;
    64 StockUnshipped(p: inventory::StockUnshipped)
        { Event::Inventory(IE::Unshipped(p)) } version: 1;
    65 CancellationRequested(p: order::CancellationRequested)
        { Event::Order(OE::CancellationRequested(p)) } version: 1;
    66 CancellationAccepted(p: order::CancellationAccepted)
        { Event::Order(OE::CancellationAccepted(p)) } version: 1;
    67 CancellationDeclined(p: order::CancellationDeclined)
        { Event::Order(OE::CancellationDeclined(p)) } version: 1;
    68 ReturnPartlyReceived(p: order::ReturnPartlyReceived)
        { Event::Order(OE::ReturnPartlyReceived(p)) } version: 1;
    69 ReturnRefused(p: order::ReturnRefused) { Event::Order(OE::ReturnRefused(p)) } version: 1;
    70 OrderDrafted(p: order::OrderDrafted) { Event::Order(OE::Drafted(p)) } version: 1;
    71 OrderAmended(p: order::OrderAmended) { Event::Order(OE::Amended(p)) } version: 1;
    72 OrderReopened(p: order::OrderReopened) { Event::Order(OE::Reopened(p)) } version: 1;
    73 KitDefined(p: inventory::KitDefined) { Event::Inventory(IE::KitDefined(p)) } version: 1;
    74 KitsExploded(p: inventory::KitsExploded)
        { Event::Inventory(IE::KitsExploded(p)) } version: 1;
    75 ExplosionRejected(p: inventory::ExplosionRejected)
        { Event::Inventory(IE::ExplosionRejected(p)) } version: 1;
    76 OrderLinesExploded(p: order::OrderLinesExploded)
        { Event::Order(OE::LinesExploded(p)) } version: 1;
    77 KitsShort(p: inventory::KitsShort) { Event::Inventory(IE::KitsShort(p)) } version: 1;
    78 OrderKitsAskedAgain(p: order::OrderKitsAskedAgain)
        { Event::Order(OE::KitsAskedAgain(p)) } version: 1;
    79 WorkRequested(p: fulfilment::WorkRequested)
        { Event::Fulfilment(FE::Requested(p)) } version: 1;
    80 FulfilmentAccepted(p: fulfilment::FulfilmentAccepted)
        { Event::Fulfilment(FE::Accepted(p)) } version: 1;
    81 FulfilmentTimedOut(p: fulfilment::FulfilmentTimedOut)
        { Event::Fulfilment(FE::TimedOut(p)) } version: 1;
    82 WorkAdvanced(p: fulfilment::WorkAdvanced)
        { Event::Fulfilment(FE::Advanced(p)) } version: 1;
    83 WorkShipped(p: fulfilment::WorkShipped) { Event::Fulfilment(FE::Shipped(p)) } version: 1;
    84 WorkWithdrawn(p: fulfilment::WorkWithdrawn)
        { Event::Fulfilment(FE::Withdrawn(p)) } version: 1;
    85 WorkEnded(p: fulfilment::WorkEnded) { Event::Fulfilment(FE::Ended(p)) } version: 1;
    86 WorkForgotten(p: fulfilment::WorkForgotten)
        { Event::Fulfilment(FE::Forgotten(p)) } version: 1;
    87 OrderPaymentDue(p: order::OrderPaymentDue)
        { Event::Order(OE::PaymentDue(p)) } version: 1;
    88 OrderPaymentRecorded(p: order::OrderPaymentRecorded)
        { Event::Order(OE::PaymentRecorded(p)) } version: 1;
    89 PaymentDueRecorded(p: payment::PaymentDueRecorded)
        { Event::Payment(PE::DueRecorded(p)) } version: 1;
    90 PaymentRequested(p: payment::PaymentRequested)
        { Event::Payment(PE::Requested(p)) } version: 1;
    91 PaymentRequestWithdrawn(p: payment::PaymentRequestWithdrawn)
        { Event::Payment(PE::Withdrawn(p)) } version: 1;
    92 PaymentRequestRepeated(p: payment::PaymentRequestRepeated)
        { Event::Payment(PE::Repeated(p)) } version: 1;
    93 AuthorizationRecorded(p: payment::AuthorizationRecorded)
        { Event::Payment(PE::Authorized(p)) } version: 1;
    94 PaymentDeclined(p: payment::PaymentDeclined)
        { Event::Payment(PE::Declined(p)) } version: 1;
    95 AuthorizationLapsed(p: payment::AuthorizationLapsed)
        { Event::Payment(PE::Lapsed(p)) } version: 1;
    96 CaptureRequested(p: payment::CaptureRequested)
        { Event::Payment(PE::CaptureRequested(p)) } version: 1;
    97 PaymentCaptured(p: payment::PaymentCaptured)
        { Event::Payment(PE::Captured(p)) } version: 1;
    98 CaptureDeclined(p: payment::CaptureDeclined)
        { Event::Payment(PE::CaptureDeclined(p)) } version: 1;
    99 VoidRequested(p: payment::VoidRequested)
        { Event::Payment(PE::VoidRequested(p)) } version: 1;
    100 PaymentVoided(p: payment::PaymentVoided)
        { Event::Payment(PE::Voided(p)) } version: 1;
    101 RefundGranted(p: payment::RefundGranted)
        { Event::Payment(PE::RefundGranted(p)) } version: 1;
    102 RefundRequested(p: payment::RefundRequested)
        { Event::Payment(PE::RefundRequested(p)) } version: 1;
    103 PaymentRefunded(p: payment::PaymentRefunded)
        { Event::Payment(PE::Refunded(p)) } version: 1;
    104 RefundDeclined(p: payment::RefundDeclined)
        { Event::Payment(PE::RefundDeclined(p)) } version: 1;
    105 PaymentArchived(p: payment::PaymentArchived)
        { Event::Payment(PE::Archived(p)) } version: 1;
    106 PaymentForgotten(p: payment::PaymentForgotten)
        { Event::Payment(PE::Forgotten(p)) } version: 1;
    107 BackorderLimitSet(p: inventory::BackorderLimitSet)
        { Event::Inventory(IE::BackorderLimitSet(p)) } version: 1;
    108 InventoryBackordered(p: inventory::InventoryBackordered)
        { Event::Inventory(IE::Backordered(p)) } version: 1;
    109 BackorderFilled(p: inventory::BackorderFilled)
        { Event::Inventory(IE::Filled(p)) } version: 1;
    110 BackorderReleased(p: inventory::BackorderReleased)
        { Event::Inventory(IE::BackorderReleased(p)) } version: 1;
    111 BackordersDue(p: inventory::BackordersDue)
        { Event::Inventory(IE::BackordersDue(p)) } version: 1;
    112 OrderBackordered(p: order::OrderBackordered)
        { Event::Order(OE::Backordered(p)) } version: 1;
    113 BackorderSourced(p: order::BackorderSourced)
        { Event::Order(OE::BackorderSourced(p)) } version: 1;
    114 BackorderDropped(p: order::BackorderDropped)
        { Event::Order(OE::BackorderDropped(p)) } version: 1;
    115 BackorderReturned(p: order::BackorderReturned)
        { Event::Order(OE::BackorderReturned(p)) } version: 1;
    116 OrderSetAside(p: order::OrderSetAside) { Event::Order(OE::SetAside(p)) } version: 1;
    117 ReplacementPlaced(p: order::ReplacementPlaced)
        { Event::Order(OE::PlacedInstead(p)) } version: 1;
    118 OrderReplaced(p: order::OrderReplaced) { Event::Order(OE::Replaced(p)) } version: 1;
    119 OrderKept(p: order::OrderKept) { Event::Order(OE::Kept(p)) } version: 1;
    120 OrderExtended(p: order::OrderExtended) { Event::Order(OE::Extended(p)) } version: 1;
    121 OrderHoldPlaced(p: order::OrderHoldPlaced) { Event::Order(OE::HoldPlaced(p)) } version: 2;
    122 CancellationMet(p: order::CancellationMet)
        { Event::Order(OE::CancellationMet(p)) } version: 1;
    123 OrderStockLost(p: order::OrderStockLost)
        { Event::Order(OE::StockLost(p)) } version: 1;
    124 OrderPaymentNeeded(p: order::OrderPaymentNeeded, from v1::OrderPaymentNeeded)
        { Event::Order(OE::PaymentNeeded(p)) } version: 1;
    125 ReturnRequested(p: order::ReturnRequested)
        { Event::Order(OE::ReturnRequested(p)) } version: 2;
    126 OrderShortened(p: order::OrderShortened)
        { Event::Order(OE::Shortened(p)) } version: 1;
    127 OrderMoveRequested(p: order::OrderMoveRequested)
        { Event::Order(OE::MoveRequested(p)) } version: 1;
    128 OrderMoved(p: order::OrderMoved) { Event::Order(OE::Moved(p)) } version: 1;
    129 OrderMoveRefused(p: order::OrderMoveRefused)
        { Event::Order(OE::MoveRefused(p)) } version: 1;
    130 OrderPaymentNeeded(p: order::OrderPaymentNeeded)
        { Event::Order(OE::PaymentNeeded(p)) } version: 2;
    131 OrderPaymentMissed(p: order::OrderPaymentMissed)
        { Event::Order(OE::PaymentMissed(p)) } version: 1;
    132 OrderStripHeard(p: order::OrderStripHeard)
        { Event::Order(OE::StripHeard(p)) } version: 1;
    133 WaitingResumed(p: inventory::WaitingResumed)
        { Event::Inventory(IE::WaitingResumed(p)) } version: 1;
}

codec! {
    QUERIES, KindOfQuery, Query, "query", encode_query, decode_query, each_query;
    0 Preview(p: flow::PreviewQuery, from v1::PreviewQuery) { Query::Preview(p) }
        scope: "orders:read", about: "What would become of an order, if it were placed now?";
    1 Order(p: flow::OrderQuery) { Query::Order(p) }
        scope: "orders:read", about: "One order.";
    2 Orders(p: flow::OrdersQuery) { Query::Orders(p) }
        scope: "orders:read", about: "Orders, the newest first.";
    3 Items(p: flow::ItemsQuery) { Query::Items(p) }
        scope: "catalogue:read", about: "Items, by id.";
    4 Stock(p: flow::StockQuery) { Query::Stock(p) }
        scope: "catalogue:read", about: "Stock of some items, shelf by shelf for staff.";
    5 Summary(p: flow::SummaryQuery) { Query::Summary(p) }
        scope: "catalogue:read", about: "The facilities, and how many there are of everything.";
    6 Explain(p: flow::ExplainQuery) { Query::Explain(p) }
        scope: "inventory:read", about: "Why facilities are or are not in an order's plan.";
    7 Levels(p: flow::LevelsQuery) { Query::Levels(p) }
        scope: "inventory:read", about: "All counters of some items, shelf by shelf.";
    8 Incoming(p: flow::IncomingQuery) { Query::Incoming(p) }
        scope: "inventory:read", about: "Transfers under way, and stock that is expected.";
    9 Alerts(p: flow::AlertsQuery) { Query::Alerts(p) }
        scope: "inventory:read", about: "The items that are watched: which are low, or out.";
    10 OrderStatus(p: flow::OrderStatusQuery) { Query::OrderStatus(p) }
        scope: "orders:read", about: "How one order stands: payment, stock, fulfilment, returns.";
    11 Worklist(p: flow::WorklistQuery) { Query::Worklist(p) }
        scope: "fulfilment:read", about: "What a facility has to do now, the oldest first.";
    12 Workload(p: flow::WorkloadQuery) { Query::Workload(p) }
        scope: "fulfilment:read", about: "How much work each facility has, and since when.";
    13 Payment(p: flow::PaymentQuery) { Query::Payment(p) }
        scope: "orders:read", about: "The payment of one order, and what a provider is asked for.";
    14 Backorders(p: flow::BackordersQuery) { Query::Backorders(p) }
        scope: "inventory:read", about: "Who waits for an item, in order, and how many more may.";
    15 Preview(p: flow::PreviewQuery) { Query::Preview(p) }
        scope: "orders:read", about: "What would become of an order, if it were placed now?";
}

/// A function over the kinds of events.
macro_rules! payload {
    ($(
        $kind:literal $name:ident ($p:ident: $payload:ty $(, from $old:ty)?) { $($form:tt)* }
    )*) => {
        /// The name of an event's kind, and its payload in any form that serde can write.
        ///
        /// # Errors
        /// That of the serializer.
        pub fn serialize_event_payload<S: Serializer>(
            event: &Event,
            serializer: S,
        ) -> Result<(&'static str, S::Ok), S::Error> {
            match event {
                $($($form)* $(if is_in_force::<$old>())? => {
                    $p.serialize(serializer).map(|ok| (stringify!($name), ok))
                })*
            }
        }
    };
}
each_event!(payload);

/// The bytes of an answer.
///
/// # Errors
/// As [`encode_event`].
pub fn encode_answer(answer: &Answer) -> Result<Vec<u8>, NotReadable> {
    write(answer, Vec::new())
}

/// An answer from its bytes.
///
/// # Errors
/// As [`decode_event`].
pub fn decode_answer(bytes: &[u8]) -> Result<Answer, NotReadable> {
    from_bytes("an answer", bytes)
}

fn unknown(what: &'static str, kind: u16) -> NotReadable {
    let because = alloc::format!("there is no {what} of kind {kind}");
    NotReadable { what, because }
}
