//! Which facilities may serve an ask at all, and with which items: hard rules, before any search.
//!
//! Law: what is filtered is filtered for one reason that can be told, the first of the list.

use serde::{Deserialize, Serialize};

use super::ledger::{Inventory, Item};
use super::network::{Facility, Way};
use super::plan::Ask;
use crate::demand::Destination;
use crate::geo::GlobeVector;
use crate::ids::FacilityId;

/// Why a facility may not serve an order, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Barred {
    /// Whoever asks excluded it.
    Excluded,
    /// It is offline.
    Offline,
    /// It does not serve the country.
    NotServed,
    /// It lies in another country and has no airport to export by.
    NoGateway,
    /// It lies farther than the policy allows.
    TooFar {
        /// The metres of its way.
        metres: u32,
    },
    /// It was asked for all the parcels that it takes on in a day.
    FullToday {
        /// How many those are.
        parcels: u32,
    },
}

/// Why a facility that may serve an order may not ship one of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum ItemBarred {
    /// The item is hazardous, and the facility may not ship such.
    Hazardous,
    /// The item is hazardous, and the way goes by air.
    HazardousByAir,
    /// The item may not be exported to that country.
    NoExport,
}

impl Inventory {
    /// The way from each facility, or why there is none.
    pub(super) fn ways(&self, ask: &Ask<'_>) -> alloc::vec::Vec<Result<Way, Barred>> {
        let there = GlobeVector::from(ask.destination.location);
        let day = ask.at.map(|at| self.policy.rules.day(at));
        self.facilities().map(|(id, place)| self.way(id, place, ask, &there, day)).collect()
    }

    fn way(
        &self,
        id: FacilityId,
        place: &Facility,
        ask: &Ask<'_>,
        there: &GlobeVector,
        day: Option<u64>,
    ) -> Result<Way, Barred> {
        if ask.excluded.contains(&id) {
            return Err(Barred::Excluded);
        }
        let rules = &place.rules;
        if rules.offline {
            return Err(Barred::Offline);
        }
        if !rules.serves.is_empty() && !rules.serves.contains(&ask.destination.country) {
            return Err(Barred::NotServed);
        }
        let way = place.way(ask.destination, there, &self.policy).ok_or(Barred::NoGateway)?;
        let metres = way.metres();
        if self.policy.rules.max_metres.is_some_and(|most| metres > most) {
            return Err(Barred::TooFar { metres });
        }
        match (rules.parcels_per_day, day) {
            (Some(parcels), Some(day)) if place.parcels_on(day) >= parcels => {
                Err(Barred::FullToday { parcels })
            }
            _ => Ok(way),
        }
    }
}

impl Item {
    /// Whether the item may go from a facility by a way; most items have no rules at all.
    pub(super) fn barred(
        &self,
        place: &Facility,
        way: &Way,
        destination: &Destination,
    ) -> Option<ItemBarred> {
        if self.rules.hazardous && place.rules.no_hazardous {
            return Some(ItemBarred::Hazardous);
        }
        if self.rules.hazardous && way.gateway.is_some() {
            return Some(ItemBarred::HazardousByAir);
        }
        let abroad = place.country != destination.country;
        let barred = abroad && self.rules.no_export_to.contains(&destination.country);
        barred.then_some(ItemBarred::NoExport)
    }
}
