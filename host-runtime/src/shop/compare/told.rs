//! What customers were told, and when; and what became of their orders.
//!
//! Law: this is counted from answers and events alone, as a customer sees them.

use std::collections::BTreeMap;

use earmark::flow::{Answered, Event};
use earmark::ids::OrderId;
use earmark::notification::{News, NotificationEvent};
use earmark::order::OrderEvent;

/// How an order stands at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    Pending,
    Confirmed,
    Rejected,
    Cancelled,
}

impl Ended {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One order as its customer sees it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The step of the order, and of the answer.
    placed: usize,
    answered: Option<usize>,
    /// Whether the answer was that it is accepted.
    accepted: bool,
    taken_back: bool,
    unknown: bool,
}

/// What customers were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    orders: BTreeMap<OrderId, Seen>,
    pub(super) ended: BTreeMap<OrderId, Ended>,
    /// Orders that were answered since somebody asked.
    fresh: Vec<OrderId>,
}

/// Steps from the order to the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waited {
    pub(super) median: usize,
    pub(super) most: usize,
}

impl Told {
    /// A customer orders.
    pub(super) fn orders(&mut self, order: OrderId, step: usize) {
        let (answered, accepted, taken_back, unknown) = (None, false, false, false);
        let seen = Seen { placed: step, answered, accepted, taken_back, unknown };
        self.orders.entry(order).or_insert(seen);
    }

    /// A customer has his answer.
    pub(super) fn answer(&mut self, order: OrderId, accepted: bool, step: usize) {
        let Some(seen) = self.orders.get_mut(&order).filter(|seen| seen.answered.is_none()) else {
            return;
        };
        (seen.answered, seen.accepted) = (Some(step), accepted);
        self.fresh.push(order);
    }

    /// An event of the order service.
    pub(super) fn happened(&mut self, event: &Event, answered: Answered, step: usize) {
        match event {
            Event::Order(event) => {
                let order = event.order();
                let ended = match event {
                    OrderEvent::Placed(_) => Ended::Pending,
                    OrderEvent::Confirmed(_) => Ended::Confirmed,
                    OrderEvent::Rejected(_) => Ended::Rejected,
                    OrderEvent::Cancelled(_) => Ended::Cancelled,
                    _ => return,
                };
                self.ended.insert(order, ended);
                if ended == Ended::Pending && answered == Answered::Placed {
                    self.answer(order, true, step);
                }
            }
            Event::Notification(NotificationEvent::Told(told)) => match told.news {
                News::Accepted => self.answer(told.order, true, step),
                News::Rejected => {
                    if let Some(seen) = self.orders.get_mut(&told.order) {
                        seen.taken_back |= seen.accepted;
                    }
                    self.answer(told.order, false, step);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The orders that were answered since this was asked last.
    pub(super) fn fresh(&mut self) -> Vec<OrderId> {
        std::mem::take(&mut self.fresh)
    }

    /// The order service did not know an order that was answered.
    pub(super) fn unknown(&mut self, order: OrderId) {
        if let Some(seen) = self.orders.get_mut(&order) {
            seen.unknown = true;
        }
    }

    /// Whether every customer has his answer, and every order its end.
    pub(super) fn all_ended(&self) -> bool {
        let ended = |order| self.ended.get(order).is_some_and(|ended| *ended != Ended::Pending);
        self.orders.iter().all(|(order, seen)| seen.answered.is_some() && ended(order))
    }

    pub(super) fn placed(&self) -> usize {
        self.orders.len()
    }

    pub(super) fn count(&self, what: Ended) -> usize {
        self.ended.values().filter(|ended| **ended == what).count()
    }

    pub(super) fn taken_back(&self) -> usize {
        self.orders.values().filter(|seen| seen.taken_back).count()
    }

    pub(super) fn unknown_after_answer(&self) -> usize {
        self.orders.values().filter(|seen| seen.unknown).count()
    }

    /// How long customers waited.
    pub(super) fn waited(&self) -> Waited {
        let waits = self.orders.values().filter_map(|s| Some(s.answered?.saturating_sub(s.placed)));
        let mut waits: Vec<usize> = waits.collect();
        waits.sort_unstable();
        let median = waits.get(waits.len() / 2).copied().unwrap_or_default();
        Waited { median, most: waits.last().copied().unwrap_or_default() }
    }
}
