//! The four ways to cut the roles into partitions, as configuration: one artefact serves them all.
//!
//! Law: a role is local to exactly one partition of a topology, and what a partition is to hear
//! follows from the steps of the process.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::str::FromStr;

use super::process::PROCESS;
use super::shop::Roles;

/// How an order service and an inventory service agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// All roles in one partition: one atomic turn, the final answer in one round trip.
    Sequential,
    /// Two partitions: the order is pending until the stock is tied, and only then accepted.
    ReserveFirst,
    /// Two partitions: the order is accepted when it is placed, and the stock follows. Kept for
    /// comparison: it accepts what it must take back.
    OrderFirst,
    /// Two partitions, and the order service learns of an order from its own announcement. Kept for
    /// comparison: it has answered for orders that it does not know yet.
    ListenToSelf,
}

/// When a customer has his answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Once stock and payment are settled: it stands.
    Settled,
    /// Once the order is recorded.
    Placed,
    /// Once the order is announced, and before anybody has recorded it.
    Posted,
}

/// One partition of a topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// What it is called.
    pub name: &'static str,
    /// The roles it has.
    pub roles: Roles,
}

/// One partition has it all.
const WHOLE: &[Partition] = &[Partition { name: "shop", roles: Roles::ALL }];
/// The stock apart.
const SPLIT: &[Partition] = &[
    Partition { name: "orders", roles: Roles { inventory: false, ..Roles::ALL } },
    Partition { name: "inventory", roles: Roles { inventory: true, ..Roles::NONE } },
];

impl Topology {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Sequential, Self::ReserveFirst, Self::OrderFirst, Self::ListenToSelf];

    /// Its name in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::ReserveFirst => "reserve-first",
            Self::OrderFirst => "order-first",
            Self::ListenToSelf => "listen-to-self",
        }
    }

    /// Its partitions.
    #[must_use]
    pub const fn partitions(self) -> &'static [Partition] {
        match self {
            Self::Sequential => WHOLE,
            Self::ReserveFirst | Self::OrderFirst | Self::ListenToSelf => SPLIT,
        }
    }

    /// When a customer has his answer.
    #[must_use]
    pub const fn answered(self) -> Answered {
        match self {
            Self::Sequential | Self::ReserveFirst => Answered::Settled,
            Self::OrderFirst => Answered::Placed,
            Self::ListenToSelf => Answered::Posted,
        }
    }
}

impl Partition {
    /// The events of other partitions that ask something of this one, by their names: what a
    /// courier is to bring, and nothing else.
    #[must_use]
    pub fn hears(&self) -> Vec<&'static str> {
        let asks = |step: &&super::Step| !self.roles.has(step.from) && self.roles.has(step.to);
        let mut events: Vec<_> = PROCESS.iter().filter(asks).map(|step| step.event).collect();
        events.sort_unstable();
        events.dedup();
        events
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTopology {
    /// What was asked for.
    pub given: String,
}

impl fmt::Display for NoTopology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no topology `{}`; there are: ", self.given)?;
        let [first, others @ ..] = Topology::ALL;
        f.write_str(first.name())?;
        others.iter().try_for_each(|other| write!(f, ", {other}"))
    }
}

impl core::error::Error for NoTopology {}

impl FromStr for Topology {
    type Err = NoTopology;

    fn from_str(name: &str) -> Result<Self, NoTopology> {
        let known = Self::ALL.into_iter().find(|topology| topology.name() == name);
        known.ok_or_else(|| NoTopology { given: name.into() })
    }
}

/// The topologies as a page of Markdown: partitions, their roles, and what couriers bring them.
#[must_use]
pub fn topology_page() -> String {
    let mut page = String::from(
        "| topology | customer answered | partition | roles | hears |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for topology in Topology::ALL {
        for partition in topology.partitions() {
            let answered = match topology.answered() {
                Answered::Settled => "when it is settled",
                Answered::Placed => "when it is placed",
                Answered::Posted => "when it is announced",
            };
            let (name, roles) = (partition.name, partition.roles.names().join(", "));
            let hears = partition.hears().join(", ");
            // Writing into a text never fails.
            let _ = writeln!(page, "| {topology} | {answered} | {name} | {roles} | {hears} |");
        }
    }
    page
}
