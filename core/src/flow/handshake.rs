//! What order and facilities tell each other: which event of one is a command to the other.
//!
//! ```text
//! FulfilmentReleased -------------> Request        ItemsPicked, ItemsPacked -> Advance
//! ShipmentShipped ----------------> Ship           FulfilmentRejected -------> Reject
//! CancellationAccepted, Unsourced, StockLost,      OrderArchived ------------> Forget
//!   Resourced (not found, lost) --> Withdraw
//! FulfilmentTimedOut -------------> RecordTimedOut -> FulfilmentRejected, Resourced
//! ```
//! Other cancellations and amendments take only what no facility works on; a facility that refused
//! has lost all its work by that; and units whose shipping was voided are to be released anew.
//!
//! Law: as of all routes: nothing is read but the event.

use super::shop::Command;
use crate::demand::Portion;
use crate::fulfilment::{
    AdvanceWork, ForgetWork, FulfilmentCommand as F, FulfilmentEvent, RejectWork, RequestWork,
    ShipWork, WithdrawWork, WorkStage,
};
use crate::ids::OrderId;
use crate::order::{OrderCommand, OrderEvent, RecordTimedOut, Resourcing};

/// What an order's event is to the facilities.
pub(super) fn from_order(event: &OrderEvent, to: &mut impl FnMut(Command)) {
    let order = event.order();
    let command = match event {
        OrderEvent::Released(e) => {
            let (at, facility, portions) = (e.at, e.facility, e.portions.clone());
            F::Request(RequestWork { order, at, facility, portions })
        }
        OrderEvent::Picked(e) => {
            let (facility, to, portions) = (e.facility, WorkStage::Picked, e.portions.clone());
            F::Advance(AdvanceWork { order, facility, to, portions })
        }
        OrderEvent::Packed(e) => {
            let (facility, to, portions) = (e.facility, WorkStage::Packed, e.portions.clone());
            F::Advance(AdvanceWork { order, facility, to, portions })
        }
        OrderEvent::Shipped(e) => {
            let (facility, shipment, portions) = (e.facility, e.shipment, e.portions.clone());
            F::Ship(ShipWork { order, facility, shipment, portions })
        }
        OrderEvent::FulfilmentRejected(e) => F::Reject(RejectWork { order, facility: e.facility }),
        OrderEvent::CancellationAccepted(e) => withdraw(order, &e.portions),
        OrderEvent::Unsourced(e) => withdraw(order, &e.portions),
        OrderEvent::StockLost(e) => withdraw(order, &e.in_work),
        OrderEvent::Resourced(e) => match e.why {
            Resourcing::ItemsMissing | Resourcing::StockLost => withdraw(order, &e.portions),
            Resourcing::FacilityRefused | Resourcing::Amended => return,
        },
        OrderEvent::Archived(_) => F::Forget(ForgetWork { order }),
        _ => return,
    };
    to(Command::Fulfilment(command));
}

/// What a facility's silence is to the order.
pub(super) fn from_fulfilment(event: &FulfilmentEvent, to: &mut impl FnMut(Command)) {
    if let FulfilmentEvent::TimedOut(e) = event {
        let (order, facility, portions) = (e.order, e.facility, e.portions.clone());
        let late = RecordTimedOut { order, facility, portions };
        to(Command::Order(OrderCommand::RecordTimedOut(late)));
    }
}

fn withdraw(order: OrderId, portions: &[Portion]) -> F {
    F::Withdraw(WithdrawWork { order, portions: portions.to_vec() })
}
