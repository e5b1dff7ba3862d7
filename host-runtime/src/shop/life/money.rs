//! What a journal says of payments, counted from its events.
//!
//! Law: every penny that was asked for was authorized, declined or withdrawn, or is still asked
//! for; every penny that was authorized was captured, voided or has lapsed, or is still held.

use std::collections::{BTreeMap, BTreeSet};

use earmark::ids::{OrderId, PaymentNumber};
use earmark::payment::PaymentEvent;

use super::figures::Sum;

/// Payments, in pence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Money {
    /// Asked for, each time anew.
    pub(crate) asked: Sum,
    /// Declined.
    pub(crate) declined: Sum,
    /// Not wanted any more, since the order was changed, cancelled or rejected.
    pub(crate) withdrawn: Sum,
    /// Not wanted any more, since the order expired.
    pub(crate) never_paid: Sum,
    pub(crate) authorized: Sum,
    pub(crate) lapsed: Sum,
    pub(crate) voided: Sum,
    pub(crate) captured: Sum,
    pub(crate) refunded: Sum,
    /// What the staff granted, by its reason.
    pub(crate) granted: BTreeMap<String, Sum>,
    open: BTreeMap<(OrderId, PaymentNumber), i128>,
    expired: BTreeSet<OrderId>,
    held: BTreeMap<OrderId, i128>,
}

impl Money {
    /// Counts an event.
    pub(crate) fn count(&mut self, event: &PaymentEvent) {
        let order = event.order();
        match event {
            PaymentEvent::Requested(e) => {
                self.asked.add(e.amount.minor.into());
                self.open.insert((order, e.request), e.amount.minor.into());
            }
            PaymentEvent::Withdrawn(e) => {
                let amount = self.close(order, e.request);
                let expired = self.expired.contains(&order);
                (if expired { &mut self.never_paid } else { &mut self.withdrawn }).add(amount);
            }
            PaymentEvent::Declined(e) => {
                let amount = self.close(order, e.request);
                self.declined.add(amount);
            }
            PaymentEvent::Authorized(e) => {
                self.close(order, e.request);
                self.authorized.add(e.amount.minor.into());
                self.hold(order, e.amount.minor);
            }
            PaymentEvent::Lapsed(e) => {
                self.lapsed.add(e.amount.minor.into());
                self.hold(order, -e.amount.minor);
            }
            PaymentEvent::Voided(e) => {
                self.voided.add(e.amount.minor.into());
                self.hold(order, -e.amount.minor);
            }
            PaymentEvent::Captured(e) => {
                self.captured.add(e.amount.minor.into());
                self.hold(order, -e.amount.minor);
            }
            PaymentEvent::Refunded(e) => self.refunded.add(e.amount.minor.into()),
            PaymentEvent::RefundGranted(e) => {
                let why = e.reason.as_ref().map_or("granted", |reason| reason.as_str());
                self.granted.entry(why.to_owned()).or_default().add(e.amount.minor.into());
            }
            _ => {}
        }
    }

    /// An order was never paid.
    pub(crate) fn expired(&mut self, order: OrderId) {
        self.expired.insert(order);
    }

    /// What is authorized, and neither captured nor voided nor lapsed.
    pub(crate) fn held(&self) -> Sum {
        Sum { times: self.held.len() as u64, of: self.held.values().sum() }
    }

    /// What was captured and not refunded.
    pub(crate) fn kept(&self) -> Sum {
        Sum { times: self.captured.times, of: self.captured.of - self.refunded.of }
    }

    /// Sums that do not come out even, in words.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let sum = |sums: &[Sum]| sums.iter().map(|sum| sum.of).sum::<i128>();
        let asked = sum(&[self.authorized, self.declined, self.withdrawn, self.never_paid]);
        let open: i128 = self.open.values().sum();
        let held = sum(&[self.captured, self.voided, self.lapsed, self.held()]);
        let mut found = Vec::new();
        for (what, one, other) in [
            ("pence asked for", self.asked.of, asked + open),
            ("pence authorized", self.authorized.of, held),
        ] {
            if one != other {
                found.push(format!("{what}: {one} began, {other} ended or are open"));
            }
        }
        if self.refunded.of > self.captured.of {
            let (refunded, captured) = (self.refunded.of, self.captured.of);
            found.push(format!("pence refunded: {refunded} of {captured} captured"));
        }
        if self.held.values().any(|held| *held < 0) {
            found.push("pence captured or voided of an order that were never authorized".into());
        }
        found
    }

    fn close(&mut self, order: OrderId, request: PaymentNumber) -> i128 {
        self.open.remove(&(order, request)).unwrap_or(0)
    }

    fn hold(&mut self, order: OrderId, pence: i64) {
        let held = self.held.entry(order).or_default();
        *held += i128::from(pence);
        if *held == 0 {
            self.held.remove(&order);
        }
    }
}
