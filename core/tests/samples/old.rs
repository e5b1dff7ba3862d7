//! Values of kinds that are read and never written again, as they were written once, and what they
//! are read as.

use earmark::flow::{Command, Event, PolicySet, SetPolicy};
use earmark::ids::{HoldNumber, LineNumber, ReturnNumber};
use earmark::order::{
    HoldKind, OrderEvent, OrderHoldPlaced, OrderPaymentNeeded, ReturnRequested, UnitsOfLine,
};
use earmark::policy::{Policy, v1};
use earmark::schema::v1 as forms;
use earmark::time::{Span, Timestamp};
use earmark::units::{Amount, Currency};

use super::fulfilment::{AT, HOLDS};
use super::{Sample, order, sample, text};

/// A value in its old form, and what it is today.
#[derive(Debug, Clone)]
pub(crate) struct Old<Was, Is> {
    pub(crate) was: Was,
    pub(crate) is: Is,
}

/// Commands of kind 0: policies of version 1.
pub(crate) fn old_commands() -> Vec<Sample<Old<forms::SetPolicy, Command>>> {
    let old = |case, policy: v1::Policy| {
        let is = Command::SetPolicy(SetPolicy { policy: policy.into() });
        sample(case, Old { was: forms::SetPolicy { policy }, is })
    };
    vec![old("default", the_default()), old("every field", every_field())]
}

/// Events of kind 0: policies of version 1.
pub(crate) fn old_events() -> Vec<Sample<Old<forms::PolicySet, Event>>> {
    let (version, policy) = (300, every_field());
    let is = Event::Policy(PolicySet { version, policy: policy.into() });
    vec![sample("every field", Old { was: forms::PolicySet { version, policy }, is })]
}

/// Events of kind 62: holds of which nobody said who placed them.
pub(crate) fn old_holds() -> Vec<Sample<Old<forms::OrderHoldPlaced, Event>>> {
    let (order, at, hold) = (order(), AT, HoldNumber(300));
    let old = |(case, kind)| {
        let fraud = kind == HoldKind::Fraud;
        let (reason, until) = (fraud.then(|| text("new card")), fraud.then_some(AT));
        let was = forms::OrderHoldPlaced { order, at, hold, kind, reason: reason.clone(), until };
        let placed_by = None;
        let placed = OrderHoldPlaced { order, at, hold, kind, reason, until, placed_by };
        sample(case, Old { was, is: Event::Order(OrderEvent::HoldPlaced(placed)) })
    };
    HOLDS.into_iter().map(old).collect()
}

/// Events of kind 15: returns of which nobody said which parcels they came in.
pub(crate) fn old_returns() -> Vec<Sample<Old<forms::ReturnRequested, Event>>> {
    let (order, number) = (order(), ReturnNumber(1));
    let units = vec![UnitsOfLine { line: LineNumber(200), quantity: 301 }];
    let was = forms::ReturnRequested { order, number, units: units.clone() };
    let requested = ReturnRequested { order, number, units, parcels: Vec::new() };
    vec![sample("some", Old { was, is: Event::Order(OrderEvent::ReturnRequested(requested)) })]
}

/// Events of kind 124: what is missing was told, and not until when it may be paid.
pub(crate) fn old_needs() -> Vec<Sample<Old<forms::OrderPaymentNeeded, Event>>> {
    let (order, at, number) = (order(), Timestamp::from_millis(1_732_838_400_000), 300);
    let missing = Amount { currency: Currency::GBP, minor: 1_530 };
    let was = forms::OrderPaymentNeeded { order, at, number, missing };
    let needed = OrderPaymentNeeded { order, at, number, missing, until: None };
    vec![sample("plain", Old { was, is: Event::Order(OrderEvent::PaymentNeeded(needed)) })]
}

fn every_field() -> v1::Policy {
    let payment = v1::PaymentPolicy::Required { deadline: Span::from_millis(900_000) };
    v1::Policy {
        orders: v1::OrderPolicy { payment, archive_after: Span::from_days(30) },
        sourcing: v1::SourcingPolicy {
            parcel: 1,
            ground_km: 2,
            air_km: 3,
            export: 4,
            primary_unit: 5,
            back_unit: 6,
            max_parcels: Some(7),
        },
    }
}

/// The default of version 1, in the figures of then.
fn the_default() -> v1::Policy {
    let old = v1::Policy {
        orders: v1::OrderPolicy {
            payment: v1::PaymentPolicy::None,
            archive_after: Span::from_days(90),
        },
        sourcing: v1::SourcingPolicy {
            parcel: 35_000,
            ground_km: 80,
            air_km: 5,
            export: 60_000,
            primary_unit: 200,
            back_unit: 1_200,
            max_parcels: None,
        },
    };
    assert_eq!(Policy::from(old), Policy::default(), "an old default goes on as it went");
    old
}
