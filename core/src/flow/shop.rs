//! The shop: all roles of one partition, and the commands, events and refusals among them.
//!
//! Law: the order of the variants is the wire form and never changes.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::hear::Hear;
use crate::decide::{CorruptHistory, Decide};
use crate::demand::{Awaited, Hold};
use crate::fulfilment::{FulfilmentCommand, FulfilmentEvent, FulfilmentRefusal, Fulfilments};
use crate::ids::OrderId;
use crate::inventory::{
    Inventory, InventoryCommand, InventoryEvent, InventoryRefusal, ReservationId,
};
use crate::laws::{self, Audit};
use crate::notification::{NotificationCommand, NotificationEvent, Notifications};
use crate::order::{Backordered, OrderCommand, OrderEvent, OrderRefusal, Orders, Payment, Status};
use crate::payment::{Account, PaymentCommand, PaymentEvent, PaymentRefusal, Payments};
use crate::policy::{Policy, PolicyFault};
use crate::time::Timestamp;

/// The state of one partition: the roles that are local to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    pub(super) roles: Roles,
    pub(super) policy: Policy,
    pub(super) policy_version: u64,
    pub(super) orders: Orders,
    pub(super) inventory: Inventory,
    pub(super) notifications: Notifications,
    pub(super) fulfilments: Fulfilments,
    pub(super) payments: Payments,
}

/// Which roles are local to a partition; fixed for its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// The order role.
    pub order: bool,
    /// The inventory role.
    pub inventory: bool,
    /// The notification role.
    pub notification: bool,
    /// The fulfilment role.
    pub fulfilment: bool,
    /// The payment role.
    pub payment: bool,
}

impl Roles {
    /// All of them: the sequential topology.
    pub const ALL: Self =
        Self { order: true, inventory: true, notification: true, fulfilment: true, payment: true };
    /// None of them.
    pub const NONE: Self = Self {
        order: false,
        inventory: false,
        notification: false,
        fulfilment: false,
        payment: false,
    };

    /// Every role by its name, and whether it is local.
    const fn by_name(self) -> [(&'static str, bool); 5] {
        let Self { order, inventory, notification, fulfilment, payment } = self;
        [
            ("order", order),
            ("inventory", inventory),
            ("notification", notification),
            ("fulfilment", fulfilment),
            ("payment", payment),
        ]
    }

    /// Whether a role is local, by its name.
    #[must_use]
    pub fn has(self, role: &str) -> bool {
        self.by_name().iter().any(|&(name, local)| local && name == role)
    }

    /// These roles and one more, by its name; `None` if there is no such role.
    #[must_use]
    pub fn and(self, role: &str) -> Option<Self> {
        match role {
            "order" => Some(Self { order: true, ..self }),
            "inventory" => Some(Self { inventory: true, ..self }),
            "notification" => Some(Self { notification: true, ..self }),
            "fulfilment" => Some(Self { fulfilment: true, ..self }),
            "payment" => Some(Self { payment: true, ..self }),
            _ => None,
        }
    }

    /// The names of the local roles.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.by_name().into_iter().filter(|&(_, local)| local).map(|(name, _)| name).collect()
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self::ALL
    }
}

/// Anything that can be asked of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Put a policy in force.
    SetPolicy(SetPolicy),
    /// Time has passed.
    Tick(Tick),
    /// For the order role.
    Order(OrderCommand),
    /// For the inventory role.
    Inventory(InventoryCommand),
    /// For the notification role.
    Notification(NotificationCommand),
    /// Something happened in another partition.
    Hear(Hear),
    /// For the fulfilment role.
    Fulfilment(FulfilmentCommand),
    /// For the payment role.
    Payment(PaymentCommand),
}

/// Put a policy in force, for all that comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "SetPolicyV2", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SetPolicy {
    /// The whole policy.
    pub policy: Policy,
}

/// Time has passed: end what is due. The host says so when a deadline has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Tick {}

/// Anything that happens in a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A policy is in force.
    Policy(PolicySet),
    /// Of the order role.
    Order(OrderEvent),
    /// Of the inventory role.
    Inventory(InventoryEvent),
    /// Of the notification role.
    Notification(NotificationEvent),
    /// Of the fulfilment role.
    Fulfilment(FulfilmentEvent),
    /// Of the payment role.
    Payment(PaymentEvent),
}

/// A policy is in force from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "PolicySetV2", rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct PolicySet {
    /// Counts the policies of this shop, from 1.
    pub version: u64,
    /// The whole policy.
    pub policy: Policy,
}

/// Why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Refusal {
    /// The role is not local to this partition.
    NotHere {
        /// The role.
        role: String,
    },
    /// The order role refuses.
    Order(OrderRefusal),
    /// The inventory role refuses.
    Inventory(InventoryRefusal),
    /// An event is heard that is of a role local to this partition: it would count twice.
    HappenedHere {
        /// The role.
        role: String,
    },
    /// Only couriers tell what happened elsewhere.
    NotACourier,
    /// The fulfilment role refuses.
    Fulfilment(FulfilmentRefusal),
    /// The payment role refuses.
    Payment(PaymentRefusal),
    /// The policy has figures out of their bounds: it is not put in force.
    PolicyOutOfBounds {
        /// Each of them.
        faults: Vec<PolicyFault>,
    },
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotHere { .. } => "role-not-here",
            Self::Order(refusal) => refusal.code(),
            Self::Inventory(refusal) => refusal.code(),
            Self::HappenedHere { .. } => "happened-here",
            Self::NotACourier => "not-a-courier",
            Self::Fulfilment(refusal) => refusal.code(),
            Self::Payment(refusal) => refusal.code(),
            Self::PolicyOutOfBounds { .. } => "policy-out-of-bounds",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHere { role } => {
                write!(f, "this partition does not have the role `{role}`: ask the one that has")
            }
            Self::Order(refusal) => refusal.fmt(f),
            Self::Inventory(refusal) => refusal.fmt(f),
            Self::HappenedHere { role } => write!(
                f,
                "an event of the role `{role}` is heard from elsewhere, but this partition has \
                 that role itself: give each role to one partition"
            ),
            Self::NotACourier => {
                f.write_str("a customer can't tell what happened in another partition")
            }
            Self::Fulfilment(refusal) => refusal.fmt(f),
            Self::Payment(refusal) => refusal.fmt(f),
            Self::PolicyOutOfBounds { faults } => {
                f.write_str("the policy is not put in force")?;
                for (at, fault) in faults.iter().enumerate() {
                    write!(f, "{} {fault}", if at == 0 { ":" } else { ";" })?;
                }
                Ok(())
            }
        }
    }
}

impl core::error::Error for Refusal {}

impl Event {
    /// The order it is about, if it is about one.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::Policy(_) => None,
            Self::Order(event) => Some(event.order()),
            Self::Inventory(event) => event.order(),
            Self::Notification(event) => Some(event.order()),
            Self::Fulfilment(event) => Some(event.order()),
            Self::Payment(event) => Some(event.order()),
        }
    }
}

impl Shop {
    /// The role an event is of, if it is local; what is said of all roles is of none.
    pub(super) fn local_role(&self, event: &Event) -> Option<&'static str> {
        let (local, role) = match event {
            Event::Policy(_) => (false, "policy"),
            Event::Order(_) => (self.roles.order, "order"),
            Event::Inventory(_) => (self.roles.inventory, "inventory"),
            Event::Notification(_) => (self.roles.notification, "notification"),
            Event::Fulfilment(_) => (self.roles.fulfilment, "fulfilment"),
            Event::Payment(_) => (self.roles.payment, "payment"),
        };
        local.then_some(role)
    }

    /// An empty shop with these roles.
    #[must_use]
    pub fn with_roles(roles: Roles) -> Self {
        Self { roles, ..Self::default() }
    }

    /// The order role's state.
    #[must_use]
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The inventory role's state.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The fulfilment role's state.
    #[must_use]
    pub fn fulfilments(&self) -> &Fulfilments {
        &self.fulfilments
    }

    /// The payment role's state.
    #[must_use]
    pub fn payments(&self) -> &Payments {
        &self.payments
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Folds an event into the role it belongs to.
    ///
    /// # Errors
    /// [`CorruptHistory`] as [`Decide::evolve`].
    pub fn apply(&mut self, event: &Event) -> Result<(), CorruptHistory> {
        match event {
            Event::Policy(set) => {
                self.policy = set.policy;
                self.policy_version = set.version;
                self.orders.set_policy(set.policy.orders);
                self.inventory.set_policy(set.policy.sourcing);
                self.fulfilments.set_policy(set.policy.fulfilment);
                self.inventory.set_backorders(set.policy.orders.backorders);
                Ok(())
            }
            Event::Order(event) => self.orders.evolve(event),
            Event::Inventory(event) => self.inventory.evolve(event),
            Event::Notification(event) => self.notifications.evolve(event),
            Event::Fulfilment(event) => self.fulfilments.evolve(event),
            Event::Payment(event) => self.payments.evolve(event),
        }
    }

    /// Rebuilds what is derived and not part of a snapshot; call it after decoding one.
    pub fn restore(&mut self) {
        self.orders.restore();
        self.inventory.restore();
        self.fulfilments.restore();
        self.payments.restore();
    }

    /// The next moment at which a tick has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let all = [
            self.orders.next_deadline(),
            self.inventory.next_deadline(),
            self.fulfilments.next_deadline(),
            self.payments.next_deadline(),
        ];
        all.into_iter().flatten().min()
    }

    /// Checks the laws that can be seen in one state; `laws` says which, and who checks the others.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let mut audit = Audit::default();
        self.orders.audit(&mut audit);
        self.inventory.audit(&mut audit);
        self.fulfilments.audit(&mut audit);
        if self.roles.order && self.roles.inventory {
            self.audit_backorders(&mut audit);
            self.audit_deadlines(&mut audit);
        }
        if self.roles.order && self.roles.fulfilment {
            self.audit_work(&mut audit);
        }
        self.payments.audit(&mut audit);
        if self.roles.order && self.roles.payment {
            self.audit_payments(&mut audit);
        }
        audit
    }

    /// What the orders wait for is what waits in the queues.
    fn audit_backorders(&self, audit: &mut Audit) {
        let mut waiting: BTreeMap<(OrderId, Awaited), u64> = BTreeMap::new();
        let key = |units: &Awaited| Awaited { quantity: 0, ..*units };
        for (id, units) in self.inventory.waiting() {
            let sum = waiting.entry((id, key(units))).or_default();
            *sum = sum.saturating_add(u64::from(units.quantity));
        }
        for (id, order) in self.orders.iter() {
            for Backordered { units, .. } in &order.backordered {
                let (ours, theirs) = (u64::from(units.quantity), (*id, key(units)));
                let theirs = waiting.remove(&theirs).unwrap_or(0);
                let same = laws::backorders_match(ours, theirs);
                audit.expect(laws::BACKORDERS_MATCH, same, || {
                    format!("order {id}: {units:?}, and {theirs} wait")
                });
            }
        }
        let none =
            laws::backorders_match(0, waiting.values().copied().fold(0, u64::saturating_add));
        let told = || format!("units wait for no order: {waiting:?}");
        audit.expect(laws::BACKORDERS_MATCH, none, told);
    }

    /// What is tied softly for an order is held as long as it waits for its payment.
    fn audit_deadlines(&self, audit: &mut Audit) {
        for (id, order) in self.orders.iter() {
            let (Status::Pending, Payment::Awaiting(deadline)) = (order.status, order.payment)
            else {
                continue;
            };
            let late = order.backordered.iter().map(|b| b.units.reservation);
            let numbers = order.tied.iter().map(|t| t.portion.reservation).chain(late);
            let id = *id;
            let open = numbers.filter_map(|number| {
                self.inventory.reservation(ReservationId { order: id, number })
            });
            let until = open.filter_map(|open| match open.hold {
                Hold::Soft { until } => Some(until.as_millis()),
                Hold::Hard => None,
            });
            let same = laws::waits_as_long(deadline.as_millis(), until);
            audit.expect(laws::WAITS_AS_LONG, same, || format!("order {id}: {deadline}"));
        }
    }

    /// Where both are local, an order and its payment tell the same after every input.
    fn audit_payments(&self, audit: &mut Audit) {
        for (id, order) in self.orders.iter() {
            let account = self.payments.get(*id);
            let told = account.map(|a| &a.owed);
            let heard = account.filter(|a| a.revision > 0).map(Account::standing);
            let same = told == order.owed.as_deref() && heard.as_ref() == order.standing.as_deref();
            audit.expect(laws::PAYMENT_KNOWN, same, || {
                format!("order {id}: {told:?}, {heard:?} against {order:?}")
            });
            let early = [Status::Pending, Status::Rejected, Status::Expired];
            let captured = account.map_or(0, |a| a.captured().saturating_add(a.capturing()));
            let in_time = laws::captured_in_time(!early.contains(&order.status), captured);
            audit.expect(laws::CAPTURED_IN_TIME, in_time, || format!("order {id}: {account:?}"));
        }
    }
}
