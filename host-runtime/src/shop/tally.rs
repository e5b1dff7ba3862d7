//! The tally: what a journal says has happened, counted from its events.
//!
//! Law: it reads nothing but the journal, so it tells of all that is durable and of nothing
//! else, whoever put it there and however often the host was restarted.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use earmark::flow::Event;
use earmark::ids::{ItemId, OrderId};
use earmark::inventory::{Adjustment, InventoryEvent};
use earmark::notification::{News, NotificationEvent};
use earmark::order::{CancelReason, OrderEvent, Rejection};
use earmark::schema;
use earmark_abi::{Outcome, Verdict, decode};
use earmark_host::journal::JournalReader;
use earmark_host::partition::Entry;

use super::life::{self, figures::Figures};

/// Records read at once.
const RECORDS: usize = 256;

/// What has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Inputs by the name of their command.
    pub(crate) inputs: BTreeMap<String, u64>,
    /// Events by their name.
    pub(crate) events: BTreeMap<String, u64>,
    /// Refusals by command and code.
    pub(crate) refusals: BTreeMap<(String, String), u64>,
    /// Orders placed, and what became of them.
    pub(crate) placed: u64,
    pub(crate) confirmed: u64,
    /// Rejected orders by reason.
    pub(crate) rejected: BTreeMap<String, u64>,
    pub(crate) cancelled: u64,
    pub(crate) expired: u64,
    /// Orders that some unit of came back.
    pub(crate) returned: u64,
    /// Lines of all orders placed.
    pub(crate) lines: u64,
    /// Parcels sourced at home and abroad, and of how many orders.
    pub(crate) domestic: Parcels,
    pub(crate) international: Parcels,
    /// Plans that are not proven cheapest.
    pub(crate) unproven: u64,
    /// Customers told, by news.
    pub(crate) told: BTreeMap<String, u64>,
    /// Units by item.
    pub(crate) units: BTreeMap<ItemId, Units>,
    /// The SKU of each item.
    pub(crate) skus: BTreeMap<ItemId, String>,
    /// Holds, payments, parcels and returns.
    pub(crate) life: Figures,
    /// A number over all events, in order.
    pub(crate) did: Option<blake3::Hash>,
    returned_orders: BTreeSet<OrderId>,
}

/// Parcels, and the orders they belong to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Parcels {
    /// Orders sourced.
    pub(crate) orders: u64,
    /// Parcels they were planned in.
    pub(crate) parcels: u64,
}

/// Units of one item, as the events tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Units {
    /// Tied for orders, by any reservation.
    pub(crate) tied: u64,
    /// Untied again: cancelled, stripped, expired.
    pub(crate) released: u64,
    /// Left a facility.
    pub(crate) shipped: u64,
    /// Did not leave after all, and are tied as before.
    pub(crate) unshipped: u64,
    /// Came back on hand.
    pub(crate) restocked: u64,
    /// Taken in.
    pub(crate) received: u64,
    /// Found.
    pub(crate) found: u64,
    /// Lost.
    pub(crate) lost: u64,
}

impl Units {
    /// What must lie in the facilities now.
    pub(crate) fn on_hand(&self) -> i128 {
        let back = u128::from(self.restocked) + u128::from(self.unshipped);
        let into = u128::from(self.received) + u128::from(self.found) + back;
        let out = u128::from(self.shipped) + u128::from(self.lost);
        i128::try_from(into).unwrap_or(i128::MAX) - i128::try_from(out).unwrap_or(i128::MAX)
    }

    /// What is still tied.
    pub(crate) fn open(&self) -> i128 {
        let gone = i128::from(self.released) + i128::from(self.shipped);
        i128::from(self.tied) + i128::from(self.unshipped) - gone
    }
}

impl Tally {
    /// Counts a whole journal.
    pub(crate) fn of(reader: &mut dyn JournalReader) -> Result<Self> {
        let end = reader.head()?.next_input;
        let (mut tally, mut did) = (Self::default(), blake3::Hasher::new());
        let mut next = 1;
        while next < end {
            let records = reader.read(next, RECORDS)?;
            let Some(last) = records.last() else { break };
            next = last.record.next_input();
            for sealed in &records {
                let Some(turn) = Entry::decode(&sealed.record.body)?.turn() else { continue };
                for (input, outcome) in turn.inputs.iter().zip(&turn.outcomes) {
                    tally.count(input.kind, outcome, &mut did)?;
                }
            }
        }
        tally.returned = tally.returned_orders.len() as u64;
        tally.did = Some(did.finalize());
        Ok(tally)
    }

    /// All units together.
    pub(crate) fn total(&self) -> Units {
        let add = |mut sum: Units, it: &Units| {
            sum.tied += it.tied;
            sum.released += it.released;
            sum.shipped += it.shipped;
            sum.unshipped += it.unshipped;
            sum.restocked += it.restocked;
            sum.received += it.received;
            sum.found += it.found;
            sum.lost += it.lost;
            sum
        };
        self.units.values().fold(Units::default(), add)
    }

    fn count(&mut self, kind: u16, outcome: &[u8], did: &mut blake3::Hasher) -> Result<()> {
        let command = schema::COMMANDS.get(usize::from(kind)).map_or("unknown", |c| c.name);
        *self.inputs.entry(command.to_string()).or_default() += 1;
        let outcome: Outcome<'_> = decode("an outcome", outcome)?;
        let events = match outcome.verdict {
            Verdict::Accepted { events } => events,
            Verdict::Refused(refused) => {
                let why = (command.to_string(), refused.code.to_string());
                *self.refusals.entry(why).or_default() += 1;
                return Ok(());
            }
        };
        for event in events {
            life::add(did, event.kind, event.body);
            let name = schema::EVENTS.get(usize::from(event.kind)).context("an unknown event")?;
            *self.events.entry(name.name.to_string()).or_default() += 1;
            match schema::decode_event(event.kind, event.body)? {
                Event::Order(event) => self.order(&event),
                Event::Inventory(event) => self.inventory(&event),
                Event::Notification(NotificationEvent::Told(told)) => {
                    *self.told.entry(news(told.news).to_string()).or_default() += 1;
                }
                Event::Payment(event) => self.life.money.count(&event),
                Event::Notification(NotificationEvent::Forgotten(_))
                | Event::Fulfilment(_)
                | Event::Policy(_) => {}
            }
        }
        Ok(())
    }

    fn order(&mut self, event: &OrderEvent) {
        self.life.count(event);
        match event {
            OrderEvent::Placed(placed) => {
                self.placed += 1;
                self.lines += placed.lines.len() as u64;
            }
            OrderEvent::Confirmed(_) => self.confirmed += 1,
            OrderEvent::Rejected(rejected) => {
                *self.rejected.entry(rejection(&rejected.why).to_string()).or_default() += 1;
            }
            OrderEvent::Expired(_) => self.expired += 1,
            OrderEvent::Cancelled(cancelled) => {
                self.cancelled += u64::from(cancelled.reason != CancelReason::Inventory);
            }
            OrderEvent::ReturnReceived(back) => {
                self.returned_orders.insert(back.order);
            }
            _ => {}
        }
    }

    fn inventory(&mut self, event: &InventoryEvent) {
        match event {
            InventoryEvent::ItemDefined(item) => {
                self.skus.insert(item.id, item.sku.to_string());
            }
            InventoryEvent::Received(got) => {
                self.item(got.item.id).received += u64::from(got.quantity);
            }
            InventoryEvent::Adjusted(seen) => {
                let units = u64::from(seen.quantity);
                match seen.adjustment {
                    Adjustment::Found => self.item(seen.item.id).found += units,
                    Adjustment::Lost => self.item(seen.item.id).lost += units,
                    Adjustment::Damaged => {}
                }
            }
            InventoryEvent::Tied(tied) => {
                let abroad = tied.sourced.parcels.iter().any(|p| p.gateway.is_some());
                let side = if abroad { &mut self.international } else { &mut self.domestic };
                side.orders += 1;
                side.parcels += tied.sourced.parcels.len() as u64;
                self.unproven += u64::from(tied.sourced.proof != earmark::sourcing::Proof::Optimal);
                for portion in &tied.portions {
                    self.item(portion.item).tied += u64::from(portion.quantity);
                }
            }
            InventoryEvent::Released(released) => {
                for portion in &released.portions {
                    self.item(portion.item).released += u64::from(portion.quantity);
                }
            }
            InventoryEvent::Stripped(stripped) => {
                for portion in &stripped.portions {
                    self.item(portion.item).released += u64::from(portion.quantity);
                }
            }
            InventoryEvent::Shipped(shipped) => {
                for portion in &shipped.portions {
                    self.item(portion.item).shipped += u64::from(portion.quantity);
                }
            }
            InventoryEvent::Unshipped(back) => {
                for portion in &back.portions {
                    self.item(portion.item).unshipped += u64::from(portion.quantity);
                }
            }
            InventoryEvent::Restocked(back) => {
                for portion in &back.portions {
                    self.item(portion.item).restocked += u64::from(portion.quantity);
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, item: ItemId) -> &mut Units {
        self.units.entry(item).or_default()
    }
}

fn rejection(why: &Rejection) -> &'static str {
    match why {
        Rejection::Stock { shortfalls } if shortfalls.iter().any(|s| s.available.is_none()) => {
            "unknown item"
        }
        Rejection::Stock { .. } => "not enough stock",
        Rejection::TooManyParcels { .. } => "too many parcels",
        Rejection::ReservationLapsed => "reservation lapsed",
        Rejection::KitsTooLarge { .. } => "kits too large",
    }
}

fn news(news: News) -> &'static str {
    match news {
        News::Accepted => "accepted",
        News::Rejected => "rejected",
        News::Expired => "expired",
        News::Cancelled => "cancelled",
        News::Shortened => "shortened",
        News::ShortenedAgain(_) => "shortened again",
        News::MoveRefused(_) => "move refused",
        News::Shipped(_) => "shipped",
        News::Delivered(_) => "delivered",
        News::Lost(_) => "lost",
        News::ReturnedToSender(_) => "returned to sender",
        News::CancellationAccepted(_) => "cancellation accepted",
        News::CancellationDeclined(_) => "cancellation declined",
        News::ReturnRefused(_) => "return refused",
        News::PaymentDeclined(_) => "payment declined",
        News::Refunded(_) => "refunded",
        News::Backordered => "backordered",
        News::PaymentNeeded(_) => "payment needed",
        News::PaymentMissed(_) => "payment missed",
        News::Replaced(_) => "replaced",
    }
}
