//! The state of the fulfilment role: the work of every facility, and the deadlines among it.
//!
//! Law: an ended work order keeps no units, only how it ended, and only until its order is
//! archived: so long a facility may ask or answer late, and must be told what became of its work;
//! after that the order's id itself is stale.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::transitions::WorkState;
use crate::demand::Portion;
use crate::ids::{FacilityId, ItemId, LineNumber, OrderId, ReservationNumber, Tier, WorkNumber};
use crate::laws::{self, Audit};
use crate::policy::FulfilmentPolicy;
use crate::time::Timestamp;

/// The work of all facilities, for the orders at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilments {
    pub(super) policy: FulfilmentPolicy,
    pub(super) work: BTreeMap<(OrderId, FacilityId), WorkOrder>,
    /// Open work by facility, the oldest first; see [`Fulfilments::restore`].
    #[serde(skip)]
    pub(super) queue: BTreeSet<(FacilityId, Timestamp, OrderId)>,
    /// Answers that are due; derived in the same way.
    #[serde(skip)]
    pub(super) deadlines: BTreeSet<(Timestamp, OrderId, FacilityId)>,
}

/// The last work order of an order in a facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// Its number; counts the work orders there have been of this order in this facility.
    pub number: WorkNumber,
    /// How many of them have ended.
    pub ended: u16,
    /// How it stands.
    pub state: WorkState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The first moment that is too late for an answer; nothing once there is one.
    pub answer_by: Option<Timestamp>,
    /// When the facility promised to ship, if it did.
    pub ship_by: Option<Timestamp>,
    /// Whether any of it has left.
    pub shipped: bool,
    /// What is left of it, in order of lines; empty once it has ended.
    pub units: Vec<WorkUnits>,
}

/// Units of one kind in a work order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkUnits {
    /// The line of the order.
    pub line: LineNumber,
    /// The item.
    pub item: ItemId,
    /// The tier they lie in.
    pub tier: Tier,
    /// The reservation that ties them.
    pub reservation: ReservationNumber,
    /// Units on the shelf.
    pub to_pick: u32,
    /// Units picked, and not packed.
    pub picked: u32,
    /// Units packed.
    pub packed: u32,
}

/// How far units in work have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum WorkStage {
    /// On the shelf.
    ToPick,
    /// Taken from the shelf.
    Picked,
    /// In the parcel.
    Packed,
}

impl WorkStage {
    /// Every stage, in order.
    pub const ALL: [Self; 3] = [Self::ToPick, Self::Picked, Self::Packed];
}

impl WorkUnits {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.to_pick.saturating_add(self.picked).saturating_add(self.packed)
    }

    /// Those in a stage.
    #[must_use]
    pub fn in_stage(&self, stage: WorkStage) -> u32 {
        match stage {
            WorkStage::ToPick => self.to_pick,
            WorkStage::Picked => self.picked,
            WorkStage::Packed => self.packed,
        }
    }

    pub(super) fn none_of(portion: &Portion) -> Self {
        let Portion { reservation, line, item, tier, .. } = *portion;
        Self { line, item, tier, reservation, to_pick: 0, picked: 0, packed: 0 }
    }

    pub(super) fn in_stage_mut(&mut self, stage: WorkStage) -> &mut u32 {
        match stage {
            WorkStage::ToPick => &mut self.to_pick,
            WorkStage::Picked => &mut self.picked,
            WorkStage::Packed => &mut self.packed,
        }
    }

    pub(super) fn order_to(&self, portion: &Portion) -> Ordering {
        let key = |line, item, tier, reservation| (line, item, tier, reservation);
        let ours = key(self.line, self.item, self.tier, self.reservation);
        ours.cmp(&key(portion.line, portion.item, portion.tier, portion.reservation))
    }
}

impl WorkOrder {
    /// The units of it that are of a portion's kind.
    pub(super) fn of(&self, portion: &Portion) -> Option<&WorkUnits> {
        let at = self.units.binary_search_by(|units| units.order_to(portion)).ok()?;
        self.units.get(at)
    }

    /// What is left of it, as portions.
    #[must_use]
    pub fn portions(&self, facility: FacilityId) -> Vec<Portion> {
        let portion = |u: &WorkUnits| Portion {
            reservation: u.reservation,
            line: u.line,
            item: u.item,
            facility,
            tier: u.tier,
            quantity: u.total(),
        };
        self.units.iter().map(portion).collect()
    }

    /// Units of it, stage by stage.
    #[must_use]
    pub fn in_work(&self) -> [u64; 3] {
        WorkStage::ALL.map(|stage| {
            let units = self.units.iter().map(|u| u64::from(u.in_stage(stage)));
            units.fold(0, u64::saturating_add)
        })
    }
}

impl Fulfilments {
    /// The last work order of an order in a facility, if its order is at hand.
    #[must_use]
    pub fn get(&self, order: OrderId, facility: FacilityId) -> Option<&WorkOrder> {
        self.work.get(&(order, facility))
    }

    /// Every last work order, by order and facility.
    pub fn iter(&self) -> impl Iterator<Item = (&(OrderId, FacilityId), &WorkOrder)> {
        self.work.iter()
    }

    /// What a facility has to do, the oldest first: only what was asked for after this work.
    pub fn worklist(
        &self,
        facility: FacilityId,
        after: Option<(Timestamp, OrderId)>,
    ) -> impl Iterator<Item = (OrderId, &WorkOrder)> {
        use core::ops::Bound::{Excluded, Included, Unbounded};
        let from = match after {
            Some((at, order)) => Excluded((facility, at, order)),
            None => Included((facility, Timestamp::default(), OrderId::MIN)),
        };
        let queued = self.queue.range((from, Unbounded));
        let here = queued.take_while(move |(place, ..)| *place == facility);
        here.filter_map(|&(place, _, order)| Some((order, self.get(order, place)?)))
    }

    /// All open work, by facility, the oldest first.
    pub fn open(&self) -> impl Iterator<Item = (FacilityId, &WorkOrder)> {
        self.queue.iter().filter_map(|&(place, _, order)| Some((place, self.get(order, place)?)))
    }

    /// Puts a policy in force, for what is asked for from now on.
    pub fn set_policy(&mut self, policy: FulfilmentPolicy) {
        self.policy = policy;
    }

    /// The next moment at which a tick has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(at, ..)| at)
    }

    /// Rebuilds what is derived and not part of a snapshot.
    pub fn restore(&mut self) {
        let open = |(_, work): &(&(OrderId, FacilityId), &WorkOrder)| work.state.is_open();
        let place = |(&(order, facility), work): (&(OrderId, FacilityId), &WorkOrder)| {
            (facility, work.asked_at, order)
        };
        self.queue = self.work.iter().filter(open).map(place).collect();
        let due = |(&(order, facility), work): (&(OrderId, FacilityId), &WorkOrder)| {
            Some((work.answer_by?, order, facility))
        };
        self.deadlines = self.work.iter().filter_map(due).collect();
    }

    /// Checks that every work order has ended, or is open, and only then has units.
    pub fn audit(&self, audit: &mut Audit) {
        for ((order, facility), work) in &self.work {
            let open = work.state.is_open();
            let (made, ended) = (u64::from(work.number.0), u64::from(work.ended));
            let once = laws::each_ends_once(made, ended, u64::from(open));
            audit.expect(laws::WORK_ENDS_ONCE, once && open != work.units.is_empty(), || {
                format!("order {order}, facility {facility}: {work:?}")
            });
        }
    }
}
