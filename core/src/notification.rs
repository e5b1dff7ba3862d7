//! The notification role: which news of an order a customer is told, each once.
//!
//! Law: the same news is told once, however often it is heard; what is told is an event, and
//! whoever sends letters follows the events.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::decide::{Context, CorruptHistory, Decide};
use crate::ids::{
    CancellationNumber, OrderId, PaymentNumber, ReservationNumber, ReturnNumber, ShipmentNumber,
};

/// A command to the notification role; all come from the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationCommand {
    /// Tell the customer some news.
    Tell(Tell),
    /// Nobody will have news of the order any more.
    Forget(OrderId),
}

/// News of an order to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tell {
    /// The order.
    pub order: OrderId,
    /// What about it.
    pub news: News,
}

/// What a customer is told about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum News {
    /// It is confirmed.
    Accepted,
    /// It can't be had.
    Rejected,
    /// It was not paid in time.
    Expired,
    /// It is cancelled.
    Cancelled,
    /// Some of it is cancelled, because stock that was promised is not there: the first time.
    Shortened,
    /// A parcel of it is on its way.
    Shipped(ShipmentNumber),
    /// A parcel of it arrived.
    Delivered(ShipmentNumber),
    /// A parcel of it was lost on its way.
    Lost(ShipmentNumber),
    /// A parcel of it came back undelivered.
    ReturnedToSender(ShipmentNumber),
    /// A warehouse let go of units that were to be cancelled.
    CancellationAccepted(CancellationNumber),
    /// A warehouse had gone too far: units that were to be cancelled will come.
    CancellationDeclined(CancellationNumber),
    /// A return is refused.
    ReturnRefused(ReturnNumber),
    /// A try to pay was declined; he may try again.
    PaymentDeclined(PaymentNumber),
    /// Money was paid back.
    Refunded(PaymentNumber),
    /// Some of it is promised, and comes later.
    Backordered,
    /// Another order of his has taken its place.
    Replaced(OrderId),
    /// It was paid for, and is not any more: the how-manieth time.
    PaymentNeeded(u16),
    /// Some of it is cancelled once more, because stock is not there: the how-manieth time.
    ShortenedAgain(u16),
    /// It can't go to the other address: it stays as it was.
    MoveRefused(ReservationNumber),
    /// Some of it is cancelled, because it was not paid for in time: the how-manieth time.
    PaymentMissed(u16),
}

/// An event of the notification role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationEvent {
    /// A customer was told some news.
    Told(CustomerNotified),
    /// An order was forgotten.
    Forgotten(OrderForgotten),
}

/// A customer is to be told some news, now and once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct CustomerNotified {
    /// The order.
    pub order: OrderId,
    /// What about it.
    pub news: News,
}

/// The notification role remembers nothing of the order any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderForgotten {
    /// The order.
    pub order: OrderId,
}

/// What was told of each order at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    told: BTreeMap<OrderId, Vec<News>>,
}

/// Nothing is refused: news that were told are not told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {}

impl Decide for Notifications {
    type Command = NotificationCommand;
    type Event = NotificationEvent;
    type Refusal = Never;

    fn decide(
        &self,
        command: &NotificationCommand,
        _: &Context,
    ) -> Result<Vec<NotificationEvent>, Never> {
        Ok(match *command {
            NotificationCommand::Tell(Tell { order, news }) => {
                if self.told.get(&order).is_some_and(|told| told.contains(&news)) {
                    return Ok(vec![]);
                }
                vec![NotificationEvent::Told(CustomerNotified { order, news })]
            }
            NotificationCommand::Forget(order) => {
                if !self.told.contains_key(&order) {
                    return Ok(vec![]);
                }
                vec![NotificationEvent::Forgotten(OrderForgotten { order })]
            }
        })
    }

    fn evolve(&mut self, event: &NotificationEvent) -> Result<(), CorruptHistory> {
        match *event {
            NotificationEvent::Told(CustomerNotified { order, news }) => {
                let told = self.told.entry(order).or_default();
                if told.contains(&news) {
                    return Err(CorruptHistory::because("the same news is told twice"));
                }
                told.push(news);
            }
            NotificationEvent::Forgotten(OrderForgotten { order }) => {
                let known = self.told.remove(&order);
                known.ok_or(CorruptHistory::because("an unknown order is forgotten"))?;
            }
        }
        Ok(())
    }
}

impl Notifications {
    /// What was told of an order.
    #[must_use]
    pub fn told(&self, order: OrderId) -> &[News] {
        self.told.get(&order).map_or(&[], Vec::as_slice)
    }

    /// Takes over what was told of some orders, for a client's slice.
    pub(crate) fn adopt(&mut self, told: impl IntoIterator<Item = (OrderId, Vec<News>)>) {
        self.told.extend(told);
    }
}

impl NotificationEvent {
    /// The order it is about.
    #[must_use]
    pub fn order(&self) -> OrderId {
        match self {
            Self::Told(e) => e.order,
            Self::Forgotten(e) => e.order,
        }
    }
}
