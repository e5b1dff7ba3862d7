//! What a journal says of holds, payments, parcels and returns, counted from its events.
//!
//! Law: whatever begins is counted where it begins and where it ends, and both are held
//! against what is still open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use earmark::demand::Portion;
use earmark::ids::{HoldNumber, OrderId, ShipmentNumber};
use earmark::order::{
    CancelReason, Disposition, HoldKind, OrderEvent, OrderHoldPlaced, OrderPlaced, Resourcing,
    UnitsOfLine,
};
use earmark::time::Timestamp;

use super::money::Money;

/// How often something was, and of how many units (or pence) in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// How often.
    pub(crate) times: u64,
    /// Units, or pence.
    pub(crate) of: i128,
}

/// Holds of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    pub(crate) placed: u64,
    /// Ended by somebody.
    pub(crate) released: u64,
    /// Ended by themselves.
    pub(crate) lapsed: u64,
    /// Still there when their order came to its end.
    pub(crate) ended_with_order: u64,
}

/// What has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Holds by what they are for.
    pub(crate) holds: BTreeMap<&'static str, Holds>,
    /// Payments.
    pub(crate) money: Money,
    /// What facilities were handed, picked and packed: jobs and units.
    pub(crate) released: Sum,
    pub(crate) picked: Sum,
    pub(crate) packed: Sum,
    /// Parcels: that left, and how they ended.
    pub(crate) shipped: Sum,
    pub(crate) delivered: Sum,
    pub(crate) lost: Sum,
    pub(crate) not_taken: Sum,
    pub(crate) voided: Sum,
    /// Orders whose parcels left at different times.
    pub(crate) in_part: u64,
    /// Units sourced again: not found, refused by the facility.
    pub(crate) not_found: Sum,
    pub(crate) refused: Sum,
    /// Units cancelled because nobody had them any more.
    pub(crate) cut_short: Sum,
    /// Units cancelled for any reason, those of rejected and expired orders among them.
    pub(crate) cancelled: i128,
    /// Units of all orders.
    pub(crate) ordered: i128,
    /// Requests to cancel what a facility worked on: made, met, declined.
    pub(crate) asked_to_cancel: Sum,
    pub(crate) let_go: Sum,
    pub(crate) kept: u64,
    /// Returns: announced, taken in by what became of them, refused.
    pub(crate) announced: Sum,
    pub(crate) taken_in: BTreeMap<&'static str, Sum>,
    pub(crate) turned_down: Sum,
    /// Orders that have come to their end.
    pub(crate) ended: u64,
    orders: HashMap<OrderId, Track>,
    parcels: HashMap<(OrderId, ShipmentNumber), i128>,
    open_holds: BTreeMap<(OrderId, HoldNumber), &'static str>,
}

/// What is known of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Track {
    /// Units that are still wanted.
    wanted: i128,
    first_left: Option<Timestamp>,
    in_part: bool,
    ended: bool,
}

impl Sum {
    pub(super) fn add(&mut self, of: i128) {
        self.times += 1;
        self.of += of;
    }
}

impl Figures {
    /// Counts an event.
    pub(crate) fn count(&mut self, event: &OrderEvent) {
        let id = event.order();
        match event {
            OrderEvent::Placed(e) => self.placed(e),
            OrderEvent::Rejected(_)
            | OrderEvent::Expired(_)
            | OrderEvent::Cancelled(_)
            | OrderEvent::Completed(_) => self.end(event),
            OrderEvent::LinesCancelled(e) => {
                let units = of_lines(&e.unsourced) + of(&e.released);
                self.cancel(id, units);
                if e.reason == CancelReason::Inventory {
                    self.cut_short.add(units);
                }
            }
            OrderEvent::Amended(e) => {
                let added: i128 = e.added.iter().map(|l| i128::from(l.quantity.get())).sum();
                let (more, less) = (of_lines(&e.more) + added, of_lines(&e.unsourced));
                self.ordered += more;
                self.track(id).wanted += more;
                self.cancel(id, less + of(&e.released));
            }
            OrderEvent::HoldPlaced(e) => self.hold(e),
            OrderEvent::HoldReleased(e) => {
                let kind = self.open_holds.remove(&(id, e.hold));
                let holds = self.holds.entry(kind.unwrap_or("unknown")).or_default();
                *(if e.lapsed { &mut holds.lapsed } else { &mut holds.released }) += 1;
            }
            OrderEvent::Reopened(_) => {
                self.track(id).ended = false;
                self.ended -= 1;
            }
            OrderEvent::Archived(_) => {
                self.orders.remove(&id);
            }
            _ => self.goods(event),
        }
    }

    /// Units that have neither left nor been cancelled.
    pub(crate) fn still_here(&self) -> i128 {
        self.ordered - self.cancelled - (self.shipped.of - self.voided.of)
    }

    /// Parcels that are on their way.
    pub(crate) fn under_way(&self) -> Sum {
        Sum { times: self.parcels.len() as u64, of: self.parcels.values().sum() }
    }

    /// Units of returns that were taken in, however.
    pub(crate) fn came_back(&self) -> i128 {
        self.taken_in.values().map(|sum| sum.of).sum()
    }

    /// Sums that do not come out even, in words.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let ends = [self.delivered, self.lost, self.not_taken, self.voided, self.under_way()];
        let (times, units) =
            ends.iter().fold((0, 0), |(times, units), end| (times + end.times, units + end.of));
        let wanted: i128 =
            self.orders.values().filter(|o| !o.ended).map(|order| order.wanted).sum();
        let mut found = self.money.contradictions();
        let mut equal = |what: &str, one: i128, other: i128| {
            if one != other {
                found.push(format!("{what}: {one} began, {other} ended or are open"));
            }
        };
        equal("parcels", self.shipped.times.into(), times.into());
        equal("units in parcels", self.shipped.of, units);
        let turned = self.came_back() + self.turned_down.of;
        if turned > self.announced.of {
            equal("units announced to come back", self.announced.of, turned);
        }
        for (kind, holds) in &self.holds {
            let open = self.open_holds.values().filter(|open| *open == kind).count() as u64;
            let ended = holds.released + holds.lapsed + holds.ended_with_order;
            equal(&format!("holds ({kind})"), holds.placed.into(), i128::from(ended + open));
        }
        if self.still_here() < 0 || wanted < self.still_here() {
            equal("units of open orders", wanted, self.still_here());
        }
        found
    }

    fn placed(&mut self, event: &OrderPlaced) {
        let units = event.lines.iter().map(|line| i128::from(line.quantity.get())).sum();
        self.ordered += units;
        self.orders.insert(event.order, Track { wanted: units, ..Track::default() });
    }

    fn hold(&mut self, event: &OrderHoldPlaced) {
        let kind = word_of_hold(event.kind);
        self.holds.entry(kind).or_default().placed += 1;
        self.open_holds.insert((event.order, event.hold), kind);
    }

    fn goods(&mut self, event: &OrderEvent) {
        let id = event.order();
        match event {
            OrderEvent::Released(e) => self.released.add(of(&e.portions)),
            OrderEvent::Picked(e) => self.picked.add(of(&e.portions)),
            OrderEvent::Packed(e) => self.packed.add(of(&e.portions)),
            OrderEvent::Resourced(e) => match e.why {
                Resourcing::ItemsMissing => self.not_found.add(of(&e.portions)),
                Resourcing::FacilityRefused => self.refused.add(of(&e.portions)),
                Resourcing::StockLost | Resourcing::Amended => {}
            },
            OrderEvent::Shipped(e) => {
                self.parcels.insert((id, e.shipment), of(&e.portions));
                self.shipped.add(of(&e.portions));
                let order = self.track(id);
                let later = *order.first_left.get_or_insert(e.at) < e.at && !order.in_part;
                order.in_part |= later;
                self.in_part += u64::from(later);
            }
            OrderEvent::Delivered(e) => self.parcel(id, e.shipment, |f| &mut f.delivered),
            OrderEvent::Lost(e) => self.parcel(id, e.shipment, |f| &mut f.lost),
            OrderEvent::ReturnedToSender(e) => {
                self.parcel(id, e.shipment, |f| &mut f.not_taken);
            }
            OrderEvent::ShippingVoided(e) => self.parcel(id, e.shipment, |f| &mut f.voided),
            OrderEvent::CancellationRequested(e) => self.asked_to_cancel.add(of(&e.portions)),
            OrderEvent::CancellationAccepted(e) => {
                self.let_go.add(of(&e.portions));
                self.cancel(id, of(&e.portions));
            }
            OrderEvent::CancellationMet(e) => self.cancel(id, of(&e.portions)),
            OrderEvent::CancellationDeclined(_) => self.kept += 1,
            OrderEvent::ReturnRequested(e) => self.announced.add(of_lines(&e.units)),
            OrderEvent::ReturnReceived(e) => self.take_in(e.disposition, &e.units),
            OrderEvent::ReturnPartlyReceived(e) => self.take_in(e.disposition, &e.units),
            OrderEvent::ReturnRefused(e) => self.turned_down.add(of_lines(&e.units)),
            _ => {}
        }
    }

    fn track(&mut self, order: OrderId) -> &mut Track {
        self.orders.entry(order).or_default()
    }

    fn cancel(&mut self, order: OrderId, units: i128) {
        self.cancelled += units;
        self.track(order).wanted -= units;
    }

    /// An order comes to its end; one that was rejected or never paid loses what is left of it.
    fn end(&mut self, event: &OrderEvent) {
        let id = event.order();
        let expired = matches!(event, OrderEvent::Expired(_));
        let loses_all = expired || matches!(event, OrderEvent::Rejected(_));
        let order = self.track(id);
        order.ended = true;
        let left = if loses_all { std::mem::take(&mut order.wanted) } else { 0 };
        self.cancelled += left;
        self.ended += 1;
        if expired {
            self.money.expired(id);
        }
        let of_order = (id, HoldNumber(0))..=(id, HoldNumber(u16::MAX));
        let open: BTreeSet<HoldNumber> =
            self.open_holds.range(of_order).map(|((_, hold), _)| *hold).collect();
        for hold in open {
            if let Some(kind) = self.open_holds.remove(&(id, hold)) {
                self.holds.entry(kind).or_default().ended_with_order += 1;
            }
        }
    }

    fn parcel(
        &mut self,
        order: OrderId,
        shipment: ShipmentNumber,
        end: impl Fn(&mut Self) -> &mut Sum,
    ) {
        let units = self.parcels.remove(&(order, shipment)).unwrap_or(0);
        end(self).add(units);
    }

    fn take_in(&mut self, disposition: Disposition, units: &[Portion]) {
        self.taken_in.entry(word_of_disposition(disposition)).or_default().add(of(units));
    }
}

fn of(portions: &[Portion]) -> i128 {
    portions.iter().map(|portion| i128::from(portion.quantity)).sum()
}

fn of_lines(units: &[UnitsOfLine]) -> i128 {
    units.iter().map(|units| i128::from(units.quantity)).sum()
}

fn word_of_hold(kind: HoldKind) -> &'static str {
    match kind {
        HoldKind::Fraud => "fraud",
        HoldKind::Payment => "payment",
        HoldKind::Address => "address",
        HoldKind::Credit => "credit",
        HoldKind::Approval => "approval",
        HoldKind::Export => "export",
        HoldKind::Stock => "stock",
        HoldKind::Manual => "manual",
        HoldKind::Recall => "recall",
    }
}

fn word_of_disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Restock => "restocked",
        Disposition::Quarantine => "quarantined",
        Disposition::WriteOff => "written off",
        Disposition::BackToCustomer => "back to the customer",
    }
}
