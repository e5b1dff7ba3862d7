//! What facilities have to do: the list of one, the count of all, and the law that ties both to the
//! orders.
//!
//! Law: a page is bounded in work orders and in rows of units, and the next begins where it ended.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::query::page;
use super::shop::Shop;
use super::status::CancellationView;
use crate::data::data;
use crate::fulfilment::{WorkOrder, WorkState};
use crate::ids::{FacilityId, ItemId, ItemRef, LineNumber, OrderId, Text, Tier, WorkNumber};
use crate::laws::{self, Audit};
use crate::limits::WORKLIST_ROWS;
use crate::order::{Order, Stage};
use crate::time::Timestamp;

/// What a facility has to do now, the oldest first. For those who work for the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct WorklistQuery {
    /// The facility.
    pub facility: FacilityId,
    /// Only what was asked for after this: for the next page, the last of this one.
    #[serde(default)]
    pub after: Option<WorkAfter>,
    /// At most so many work orders; 100 if not said, 1,000 at the most. A page is shorter where
    /// the orders are long.
    #[serde(default)]
    pub limit: Option<u16>,
}

/// A place in a worklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct WorkAfter {
    /// When the work was asked for.
    pub asked_at: Timestamp,
    /// Its order.
    pub order: OrderId,
}

/// How much open work each facility has. For those who work for the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct WorkloadQuery {}

data! {
    /// A work order: what a facility is to do for an order.
    WorkView {
        /// The order.
        order: OrderId,
        /// Its number among those of the order in this facility.
        work: WorkNumber,
        /// How it stands.
        state: WorkState,
        /// When it was asked for.
        asked_at: Timestamp,
        /// The first moment that is too late for an answer; nothing if there is none to wait for.
        answer_by: Option<Timestamp>,
        /// When the facility promised to ship, if it did.
        ship_by: Option<Timestamp>,
        /// The units, in order of lines.
        units: Vec<WorkUnitsView>,
        /// Requests to let go of some of them, which the facility has still to accept or decline;
        /// none where the orders are kept elsewhere.
        cancellations: Vec<CancellationView>,
    }
    /// Units of a line in one tier.
    WorkUnitsView {
        /// The line of the order.
        line: LineNumber,
        /// The item.
        item: ItemId,
        /// Its SKU, where the catalogue is at hand.
        sku: Option<Text>,
        /// The tier they lie in.
        tier: Tier,
        /// Units on the shelf.
        to_pick: u32,
        /// Units picked, and not packed.
        picked: u32,
        /// Units packed.
        packed: u32,
    }
    /// How much open work a facility has, in work orders.
    WorkloadView {
        /// The facility.
        facility: FacilityId,
        /// Those that it has not answered.
        requested: u64,
        /// Those that it takes, and has not begun.
        accepted: u64,
        /// Those that it has begun.
        in_progress: u64,
        /// Those that it did not answer in time, and that are about to be taken back.
        timed_out: u64,
        /// Since when the oldest waits for an answer.
        oldest_waiting: Option<Timestamp>,
    }
}

impl Shop {
    pub(super) fn list_work(&self, query: &WorklistQuery) -> Vec<WorkView> {
        let after = query.after.map(|after| (after.asked_at, after.order));
        let (mut all, mut rows) = (Vec::new(), 0_usize);
        for (order, work) in self.fulfilments.worklist(query.facility, after) {
            if all.len() >= page(query.limit) || rows >= WORKLIST_ROWS {
                break;
            }
            let view = self.view_work(order, query.facility, work);
            rows = rows.saturating_add(view.units.len());
            all.push(view);
        }
        all
    }

    fn view_work(&self, order: OrderId, facility: FacilityId, work: &WorkOrder) -> WorkView {
        let mut units: Vec<WorkUnitsView> = Vec::new();
        // The units of a work order stand in order of lines, items and tiers.
        for of in &work.units {
            let same = |u: &&mut WorkUnitsView| (u.line, u.tier) == (of.line, of.tier);
            if let Some(row) = units.last_mut().filter(same) {
                row.to_pick = row.to_pick.saturating_add(of.to_pick);
                row.picked = row.picked.saturating_add(of.picked);
                row.packed = row.packed.saturating_add(of.packed);
                continue;
            }
            let item = self.inventory.item(&ItemRef::Id(of.item));
            units.push(WorkUnitsView {
                line: of.line,
                item: of.item,
                sku: item.map(|(_, item)| item.sku.clone()),
                tier: of.tier,
                to_pick: of.to_pick,
                picked: of.picked,
                packed: of.packed,
            });
        }
        WorkView {
            order,
            work: work.number,
            state: work.state,
            asked_at: work.asked_at,
            answer_by: work.answer_by,
            ship_by: work.ship_by,
            units,
            cancellations: self.asked_back(order, facility),
        }
    }

    /// The requests that a facility has still to answer.
    fn asked_back(&self, order: OrderId, facility: FacilityId) -> Vec<CancellationView> {
        let all = self.orders.get(order).into_iter().flat_map(|order| &order.cancellations);
        let open = all.filter(|asked| asked.facility == facility && asked.answer.is_none());
        open.map(CancellationView::from).collect()
    }

    pub(super) fn count_work(&self, _: &WorkloadQuery) -> Vec<WorkloadView> {
        let mut all: BTreeMap<FacilityId, WorkloadView> = BTreeMap::new();
        for (facility, work) in self.fulfilments.open() {
            let of = all.entry(facility).or_insert(WorkloadView {
                facility,
                requested: 0,
                accepted: 0,
                in_progress: 0,
                timed_out: 0,
                oldest_waiting: None,
            });
            let count = match work.state {
                WorkState::Requested => {
                    of.oldest_waiting.get_or_insert(work.asked_at);
                    &mut of.requested
                }
                WorkState::Accepted => &mut of.accepted,
                WorkState::InProgress => &mut of.in_progress,
                WorkState::TimedOut => &mut of.timed_out,
                WorkState::Unasked
                | WorkState::Done
                | WorkState::Withdrawn
                | WorkState::Rejected
                | WorkState::TakenBack => continue,
            };
            *count = count.saturating_add(1);
        }
        all.into_values().collect()
    }

    /// Where both roles are local, each work order holds what its order has in work there. Units
    /// that were released before there was this role have no work order, and are left out.
    pub(super) fn audit_work(&self, audit: &mut Audit) {
        for ((id, facility), work) in self.fulfilments.iter() {
            let order = self.orders.get(*id);
            let in_work = order.map_or([0; 3], |order| in_work(order, *facility));
            let (ours, same) = (work.in_work(), laws::work_matches(&work.in_work(), &in_work));
            audit.expect(laws::WORK_MATCHES, same, || {
                format!("order {id}, facility {facility}: {ours:?} against {in_work:?}")
            });
        }
    }
}

/// Units of an order in work in a facility: released, picked, packed.
fn in_work(order: &Order, facility: FacilityId) -> [u64; 3] {
    [Stage::Released, Stage::Picked, Stage::Packed].map(|stage| {
        let here = order.tied.iter().filter(|t| t.stage == stage && t.portion.facility == facility);
        here.map(|t| u64::from(t.portion.quantity)).fold(0, u64::saturating_add)
    })
}
