//! The state of the inventory role: items, facilities, shelves, and open reservations.
//!
//! Law: a shelf's `reserved` and `allocated` are the sums over the open reservations that name it;
//! only shipping and physical facts lower `on_hand`.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::alerts::{self, Alert};
use super::backorder::{self, Backorders, Waiting};
use super::event::UnitPriceAt;
use super::expected::ExpectedStock;
use super::items::Items;
use super::kits::Component;
use super::network::Facility;
use super::rules::{DayCount, ItemRules};
use super::transfers::{self, Transfer};
use crate::demand::{Hold, Portion};
use crate::ids::{
    ExpectedNumber, FacilityId, FacilityRef, ItemId, ItemName, ItemRef, OrderId, ReservationNumber,
    Text, Tier, TransferNumber,
};
use crate::laws::{self, Audit};
use crate::policy::SourcingPolicy;
use crate::time::Timestamp;
use crate::units::UnitPrice;

/// The whole ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    pub(super) policy: SourcingPolicy,
    pub(super) items: Items,
    pub(super) facilities: Vec<Facility>,
    pub(super) reservations: BTreeMap<ReservationId, Reservation>,
    pub(super) alerts: BTreeMap<ItemId, Alert>,
    /// What kits are made of, by item; those that are none are left out.
    pub(super) kits: BTreeMap<ItemId, Vec<Component>>,
    /// Those under way; how many there ever were.
    pub(super) transfers: BTreeMap<TransferNumber, Transfer>,
    pub(super) last_transfer: u32,
    /// What is still to come; how many there ever were.
    pub(super) expected: BTreeMap<ExpectedNumber, ExpectedStock>,
    pub(super) last_expected: u32,
    pub(super) backorders: Backorders,
    /// Derived; see [`Inventory::restore`].
    #[serde(skip)]
    pub(super) by_sku: BTreeMap<Text, ItemId>,
    /// Derived; see [`Inventory::restore`].
    #[serde(skip)]
    pub(super) by_code: BTreeMap<Text, FacilityId>,
    /// Derived; see [`Inventory::restore`].
    #[serde(skip)]
    pub(super) deadlines: BTreeSet<(Timestamp, ReservationId)>,
}

/// One item and its shelves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its SKU.
    pub sku: Text,
    /// What it is.
    pub name: Text,
    /// Its list price.
    pub unit_price: UnitPrice,
    /// Its shelves, by facility and tier; a shelf is there once something was put on it.
    pub shelves: Vec<Shelf>,
    /// What it may and may not.
    pub rules: ItemRules,
    /// What the caller says a unit costs on top, by facility.
    pub prices: Vec<UnitPriceAt>,
    /// Units each facility keeps back from sale, by facility; those that keep none are left out.
    pub safety: Vec<(FacilityId, u32)>,
    /// The last turn that was given to whoever asked for it.
    pub turn: u64,
}

/// The stock of one item in one tier of one facility, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// The facility.
    pub facility: FacilityId,
    /// The tier.
    pub tier: Tier,
    /// What can be counted there.
    pub on_hand: u32,
    /// Of that: damaged.
    pub damaged: u32,
    /// Of that: being looked at, before anybody says what it is.
    pub quality_control: u32,
    /// Of that: set aside, such as what customers sent back.
    pub quarantined: u32,
    /// Promised softly: free again after a deadline.
    pub reserved: u32,
    /// Promised hard: waits to be shipped.
    pub allocated: u32,
}

/// A reservation: the order's id and a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReservationId {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: ReservationNumber,
}

/// Stock tied for an order, or waited for, as long as any of it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// How firmly.
    pub hold: Hold,
    /// The units that are still tied.
    pub portions: Vec<Portion>,
    /// The units that wait for stock to come, if any do.
    pub waiting: Option<Box<Waiting>>,
    /// Its turn among those who want the same: the earliest is served first, and keeps longest.
    pub turn: u64,
}

impl Reservation {
    /// A reservation that ties this.
    #[must_use]
    pub fn of(hold: Hold, portions: Vec<Portion>) -> Self {
        Self { hold, portions, waiting: None, turn: 0 }
    }

    /// Whether it ties nothing, and waits for nothing.
    pub(super) fn has_ended(&self) -> bool {
        self.portions.is_empty() && self.waiting.is_none()
    }
}

impl Shelf {
    /// Units fit for sale that nobody is promised; safety stock among them.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.sellable().saturating_sub(self.promised())
    }

    /// Units there and fit for sale, promised or not.
    #[must_use]
    pub fn sellable(&self) -> u32 {
        self.on_hand.saturating_sub(self.unavailable())
    }

    /// Units there and not fit for sale, whatever the reason.
    #[must_use]
    pub fn unavailable(&self) -> u32 {
        self.damaged.saturating_add(self.quality_control).saturating_add(self.quarantined)
    }

    /// Units promised, softly or hard.
    #[must_use]
    pub fn promised(&self) -> u32 {
        self.reserved.saturating_add(self.allocated)
    }

    /// An empty shelf.
    #[must_use]
    pub fn empty(facility: FacilityId, tier: Tier) -> Self {
        Self {
            facility,
            tier,
            on_hand: 0,
            damaged: 0,
            quality_control: 0,
            quarantined: 0,
            reserved: 0,
            allocated: 0,
        }
    }
}

impl Item {
    /// One of its shelves.
    #[must_use]
    pub fn shelf(&self, facility: FacilityId, tier: Tier) -> Option<&Shelf> {
        let at = self.shelves.binary_search_by_key(&(facility, tier), |s| (s.facility, s.tier));
        at.ok().and_then(|at| self.shelves.get(at))
    }

    /// Whether any of it is available at a facility.
    pub(super) fn is_stocked_at(&self, facility: FacilityId) -> bool {
        let mut there = self.shelves.iter().filter(|shelf| shelf.facility == facility);
        there.any(|shelf| self.available_on(shelf) > 0)
    }

    /// What the caller says a unit costs on top at a facility.
    #[must_use]
    pub fn price_at(&self, facility: FacilityId) -> u32 {
        let at = self.prices.binary_search_by_key(&facility, |at| at.facility);
        at.ok().and_then(|at| self.prices.get(at)).map_or(0, |at| at.price)
    }

    /// Units available to sell, over all facilities.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.shelves.iter().map(|s| u64::from(self.available_on(s))).fold(0, u64::saturating_add)
    }

    pub(crate) fn shelf_mut(&mut self, facility: FacilityId, tier: Tier) -> Option<&mut Shelf> {
        let at = self.shelves.binary_search_by_key(&(facility, tier), |s| (s.facility, s.tier));
        at.ok().and_then(|at| self.shelves.get_mut(at))
    }
}

impl Inventory {
    /// An item by id or SKU.
    #[must_use]
    pub fn item(&self, item: &ItemRef) -> Option<(ItemId, &Item)> {
        let id = match item {
            ItemRef::Id(id) => *id,
            ItemRef::Sku(sku) => *self.by_sku.get(sku)?,
        };
        Some((id, self.items.get(id)?))
    }

    /// A facility by id or code.
    #[must_use]
    pub fn facility(&self, facility: &FacilityRef) -> Option<(FacilityId, &Facility)> {
        let id = match facility {
            FacilityRef::Id(id) => *id,
            FacilityRef::Code(code) => *self.by_code.get(code)?,
        };
        Some((id, self.facilities.get(id.index())?))
    }

    /// All items, by id.
    pub fn items(&self) -> impl Iterator<Item = (ItemId, &Item)> {
        self.items.iter()
    }

    /// How many items there are.
    #[must_use]
    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    /// A ledger that knows a few items and reservations only, for a client's slice; `None` unless
    /// the ids ascend.
    #[must_use]
    pub fn slice(
        policy: SourcingPolicy,
        facilities: Vec<Facility>,
        items: Vec<(ItemId, Item)>,
        kits: BTreeMap<ItemId, Vec<Component>>,
        reservations: BTreeMap<ReservationId, Reservation>,
    ) -> Option<Self> {
        let items = Items::some_of(items)?;
        let mut ledger = Self { policy, facilities, items, kits, reservations, ..Self::default() };
        ledger.restore();
        Some(ledger)
    }

    /// All facilities, by id.
    pub fn facilities(&self) -> impl ExactSizeIterator<Item = (FacilityId, &Facility)> {
        let number = |at: usize| FacilityId(u16::try_from(at).unwrap_or(u16::MAX));
        self.facilities.iter().enumerate().map(move |(at, facility)| (number(at), facility))
    }

    /// A reservation that has not ended.
    #[must_use]
    pub fn reservation(&self, id: ReservationId) -> Option<&Reservation> {
        self.reservations.get(&id)
    }

    /// Reservations that have not ended.
    #[must_use]
    pub fn open_reservations(&self) -> usize {
        self.reservations.len()
    }

    /// What sourcing weighs.
    #[must_use]
    pub fn policy(&self) -> &SourcingPolicy {
        &self.policy
    }

    /// Weighs differently from now on.
    pub fn set_policy(&mut self, policy: SourcingPolicy) {
        self.look_at_all_queues();
        self.policy = policy;
    }

    /// The next moment at which a tick has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let ends = self.deadlines.first().map(|&(at, _)| at);
        ends.into_iter().chain(self.backorders.next_due()).min()
    }

    /// The name of an item at this moment.
    #[must_use]
    pub fn name(&self, id: ItemId) -> Option<ItemName> {
        self.items.get(id).map(|item| ItemName { id, sku: item.sku.clone() })
    }

    /// Rebuilds what is derived and not part of a snapshot.
    pub fn restore(&mut self) {
        self.by_sku = self.items.iter().map(|(id, item)| (item.sku.clone(), id)).collect();
        self.by_code = self.facilities().map(|(id, place)| (place.code.clone(), id)).collect();
        let due = |(id, reservation): (&ReservationId, &Reservation)| match reservation.hold {
            Hold::Soft { until } => Some((until, *id)),
            Hold::Hard => None,
        };
        self.deadlines = self.reservations.iter().filter_map(due).collect();
        self.backorders.restore(&self.reservations);
    }

    /// A shelf as it is; an empty one if nothing was ever put on it.
    pub(super) fn shelf(&self, item: ItemId, facility: FacilityId, tier: Tier) -> Shelf {
        let known = self.items.get(item).and_then(|item| item.shelf(facility, tier));
        known.copied().unwrap_or(Shelf::empty(facility, tier))
    }

    /// Checks the laws of stock: every shelf against the reservations, alerts against what is
    /// available, transfers against what was sent.
    pub fn audit(&self, audit: &mut Audit) {
        for (id, facility) in self.facilities() {
            let DayCount { parcels, most, .. } = facility.today;
            let kept = laws::day_is_not_full(parcels, most);
            audit.expect(laws::DAY_NOT_FULL, kept, || format!("{id}: {:?}", facility.today));
        }
        alerts::audit(self, audit);
        transfers::audit(self, audit);
        backorder::audit(self, audit);
        self.audit_shelves(audit);
    }

    fn audit_shelves(&self, audit: &mut Audit) {
        let mut sums: BTreeMap<(ItemId, FacilityId, Tier), (u64, u64)> = BTreeMap::new();
        for (id, reservation) in &self.reservations {
            let waits = reservation.waiting.as_ref().map_or(0, |waiting| waiting.units.len());
            let holds = laws::ties_something(reservation.portions.len(), waits);
            audit.expect(laws::TIES_SOMETHING, holds, || format!("{id:?}: {reservation:?}"));
            for p in &reservation.portions {
                let sum = sums.entry((p.item, p.facility, p.tier)).or_default();
                let hard = reservation.hold == Hold::Hard;
                let side = if hard { &mut sum.1 } else { &mut sum.0 };
                *side = side.saturating_add(u64::from(p.quantity));
            }
        }
        for (id, item) in self.items() {
            for shelf in &item.shelves {
                let Shelf { on_hand, reserved, allocated, .. } = *shelf;
                let aside = [shelf.damaged, shelf.quality_control, shelf.quarantined];
                let kept = laws::never_oversold(on_hand, &aside, reserved, allocated);
                audit.expect(laws::NEVER_OVERSOLD, kept, || format!("{id}: {shelf:?}"));
                let sum = sums.remove(&(id, shelf.facility, shelf.tier)).unwrap_or_default();
                let same = laws::promises_match((reserved, allocated), sum);
                audit.expect(laws::PROMISES_MATCH, same, || format!("{id}: {shelf:?}, {sum:?}"));
            }
        }
        let found = || format!("reservations name shelves that are not there: {sums:?}");
        audit.expect(laws::PROMISES_MATCH, sums.is_empty(), found);
    }
}
