//! What facilities and items may and may not: countries, hazardous goods, parcels a day, and what
//! the caller says a unit is worth where it lies.
//!
//! Law: rules are put in force as a whole and by events, and the default rules nothing out; a
//! facility is never booked beyond its parcels a day.

use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::command::{SetFacilityRules, SetItemRules, SetUnitPrices};
use super::event::{
    FacilityRulesSet, InventoryEvent, ItemRulesSet, ParcelsBooked, UnitPriceAt, UnitPricesSet,
};
use super::ledger::Inventory;
use super::refusal::InventoryRefusal;
use crate::decide::CorruptHistory;
use crate::ids::{Country, FacilityId, FacilityRef, ItemName, ItemRef, OrderId};
use crate::limits::{COUNTRIES, FACILITIES, UNIT_PRICE};
use crate::time::Timestamp;

type Decision = Result<Vec<InventoryEvent>, InventoryRefusal>;

/// What a facility may and may not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct FacilityRules {
    /// It ships nothing for the time being; what is tied there stays tied.
    #[serde(default)]
    pub offline: bool,
    /// It serves these countries only; empty for all.
    #[serde(default)]
    pub serves: Vec<Country>,
    /// It may not ship hazardous items.
    #[serde(default)]
    pub no_hazardous: bool,
    /// The most parcels it takes on in one day; `None` for any number. A parcel counts on the day
    /// it is planned, and is not given back when the order is cancelled: it is the work that was
    /// asked of the facility.
    #[serde(default)]
    pub parcels_per_day: Option<u32>,
}

/// What an item may and may not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ItemRules {
    /// It goes neither by air nor from a facility that may not ship such.
    #[serde(default)]
    pub hazardous: bool,
    /// Countries that it may not be exported to; within its own country it may go.
    #[serde(default)]
    pub no_export_to: Vec<Country>,
}

/// The parcels a facility was asked for on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// The day, see [`SourcingRules::day`](crate::policy::SourcingRules::day).
    pub day: u64,
    /// The parcels.
    pub parcels: u32,
    /// The most it took on that day, as of the last parcel.
    pub most: u32,
}

impl Inventory {
    pub(super) fn set_facility_rules(&self, command: &SetFacilityRules) -> Decision {
        let named = &command.facility;
        let unknown = || InventoryRefusal::UnknownFacility { facility: named.clone() };
        let (facility, known) = self.facility(named).ok_or_else(unknown)?;
        let serves = countries(&command.rules.serves)?;
        let rules = FacilityRules { serves, ..command.rules.clone() };
        if known.rules == rules {
            return Ok(vec![]);
        }
        Ok(vec![InventoryEvent::FacilityRulesSet(FacilityRulesSet { facility, rules })])
    }

    pub(super) fn set_item_rules(&self, command: &SetItemRules) -> Decision {
        let (item, known) = self.named(&command.item)?;
        let no_export_to = countries(&command.rules.no_export_to)?;
        let rules = ItemRules { no_export_to, ..command.rules.clone() };
        if known.rules == rules {
            return Ok(vec![]);
        }
        Ok(vec![InventoryEvent::ItemRulesSet(ItemRulesSet { item, rules })])
    }

    pub(super) fn set_unit_prices(&self, command: &SetUnitPrices) -> Decision {
        let (item, known) = self.named(&command.item)?;
        if command.prices.len() > FACILITIES {
            return Err(too_many(FACILITIES));
        }
        let mut prices = Vec::with_capacity(command.prices.len());
        for at in &command.prices {
            let unknown = || InventoryRefusal::UnknownFacility { facility: at.facility.clone() };
            let (facility, _) = self.facility(&at.facility).ok_or_else(unknown)?;
            if at.price > UNIT_PRICE {
                return Err(InventoryRefusal::UnitPriceTooHigh { allowed: UNIT_PRICE });
            }
            prices.push(UnitPriceAt { facility, price: at.price });
        }
        // Of two prices for one facility the last one named holds; a price of nothing is none.
        prices.reverse();
        prices.sort_by_key(|at: &UnitPriceAt| at.facility);
        prices.dedup_by_key(|at| at.facility);
        prices.retain(|at| at.price > 0);
        if known.prices == prices {
            return Ok(vec![]);
        }
        Ok(vec![InventoryEvent::UnitPricesSet(UnitPricesSet { item, prices })])
    }

    /// What a plan asks of facilities that count their parcels; nothing if there are none.
    pub(super) fn book(
        &self,
        order: OrderId,
        facilities: impl Iterator<Item = FacilityId>,
        at: Timestamp,
    ) -> Option<ParcelsBooked> {
        let counts = |id: &FacilityId| {
            let facility = self.facilities.get(id.index());
            facility.is_some_and(|facility| facility.rules.parcels_per_day.is_some())
        };
        let facilities: Vec<FacilityId> = facilities.filter(counts).collect();
        let day = self.policy.rules.day(at);
        (!facilities.is_empty()).then_some(ParcelsBooked { order, day, facilities })
    }

    pub(super) fn facility_rules_set(
        &mut self,
        event: &FacilityRulesSet,
    ) -> Result<(), CorruptHistory> {
        let facility = self.facilities.get_mut(event.facility.index());
        let facility = facility.ok_or(CorruptHistory::because("rules of no facility"))?;
        facility.rules.clone_from(&event.rules);
        Ok(())
    }

    pub(super) fn item_rules_set(&mut self, event: &ItemRulesSet) -> Result<(), CorruptHistory> {
        let item = self.items.get_mut(event.item.id);
        let item = item.ok_or(CorruptHistory::because("rules of no item"))?;
        item.rules.clone_from(&event.rules);
        Ok(())
    }

    pub(super) fn unit_prices_set(&mut self, event: &UnitPricesSet) -> Result<(), CorruptHistory> {
        let item = self.items.get_mut(event.item.id);
        let item = item.ok_or(CorruptHistory::because("prices of no item"))?;
        item.prices.clone_from(&event.prices);
        Ok(())
    }

    pub(super) fn booked(&mut self, event: &ParcelsBooked) -> Result<(), CorruptHistory> {
        for id in &event.facilities {
            let facility = self.facilities.get_mut(id.index());
            let facility = facility.ok_or(CorruptHistory::because("parcels of no facility"))?;
            let most = facility.rules.parcels_per_day.unwrap_or(u32::MAX);
            let so_far = facility.parcels_on(event.day);
            if so_far >= most {
                return Err(CorruptHistory::because("more parcels than a facility takes in a day"));
            }
            let parcels = so_far.saturating_add(1);
            let day = event.day.max(facility.today.day);
            facility.today = DayCount { day, parcels, most };
        }
        Ok(())
    }

    fn named(&self, item: &ItemRef) -> Result<(ItemName, &super::ledger::Item), InventoryRefusal> {
        let unknown = || InventoryRefusal::UnknownItem { item: item.clone() };
        let (id, known) = self.item(item).ok_or_else(unknown)?;
        self.stocked(id, known)?;
        Ok((ItemName { id, sku: known.sku.clone() }, known))
    }
}

/// A price that the caller sets on units of an item at one facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct UnitPriceFor {
    /// The facility.
    pub facility: FacilityRef,
    /// What one unit from there costs on top, in ten-thousandths of the currency's major unit.
    pub price: u32,
}

/// The countries in order, each once.
fn countries(list: &[Country]) -> Result<Vec<Country>, InventoryRefusal> {
    if list.len() > COUNTRIES {
        return Err(too_many(COUNTRIES));
    }
    let mut list = list.to_vec();
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn too_many(allowed: usize) -> InventoryRefusal {
    InventoryRefusal::TooManyDefined { allowed: u32::try_from(allowed).unwrap_or(u32::MAX) }
}
