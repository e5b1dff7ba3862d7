//! Facilities and the ways from them: on the ground, or by the best gateway airport.
//!
//! Law: distances are integers; of equally cheap gateways the first named wins.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::rules::{DayCount, FacilityRules};
use crate::demand::{Destination, Parcel};
use crate::geo::{GeoPoint, GlobeVector, metres};
use crate::ids::{Country, FacilityId, Text};
use crate::policy::SourcingPolicy;

/// A place that holds stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility {
    /// Its code.
    pub code: Text,
    /// What it is.
    pub name: Text,
    /// Its country.
    pub country: Country,
    /// Where it lies.
    pub location: GeoPoint,
    /// The airports it exports by.
    pub gateways: Vec<Gateway>,
    /// What it may and may not.
    pub rules: FacilityRules,
    /// The parcels it was asked for on the last day it was asked for any.
    pub today: DayCount,
    pub(super) vector: GlobeVector,
}

/// An airport a facility exports by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// Its IATA code.
    pub iata: Text,
    /// Where it lies.
    pub location: GeoPoint,
    vector: GlobeVector,
    /// From the facility, on the ground.
    ground_metres: u32,
}

/// The cost of a way, and which gateway it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) cost: u64,
    pub(super) gateway: Option<usize>,
    pub(super) ground_metres: u32,
    pub(super) air_metres: u32,
}

impl Way {
    /// The whole way, on the ground and in the air.
    pub(super) const fn metres(&self) -> u32 {
        self.ground_metres.saturating_add(self.air_metres)
    }
}

impl Facility {
    pub(super) fn new(event: &super::event::FacilityDefined) -> Self {
        let vector = GlobeVector::from(event.location);
        let gateway = |spec: &super::command::GatewaySpec| {
            let there = GlobeVector::from(spec.location);
            Gateway {
                iata: spec.iata.clone(),
                location: spec.location,
                vector: there,
                ground_metres: metres(&vector, &there),
            }
        };
        Self {
            code: event.code.clone(),
            name: event.name.clone(),
            country: event.country,
            location: event.location,
            gateways: event.gateways.iter().map(gateway).collect(),
            rules: FacilityRules::default(),
            today: DayCount::default(),
            vector,
        }
    }

    /// The parcels it was asked for on a day; a day never begins twice.
    pub(super) fn parcels_on(&self, day: u64) -> u32 {
        if day > self.today.day { 0 } else { self.today.parcels }
    }

    /// The cheapest way of one parcel to the destination; `None` if it can't leave the country.
    pub(super) fn way(
        &self,
        destination: &Destination,
        there: &GlobeVector,
        policy: &SourcingPolicy,
    ) -> Option<Way> {
        let parcel = u64::from(policy.parcel);
        if self.country == destination.country {
            let ground_metres = metres(&self.vector, there);
            let cost = parcel.saturating_add(travel(ground_metres, policy.ground_km));
            return Some(Way { cost, gateway: None, ground_metres, air_metres: 0 });
        }
        let base = parcel.saturating_add(u64::from(policy.export));
        let by = |(at, gateway): (usize, &Gateway)| {
            let air_metres = metres(&gateway.vector, there);
            let ground = travel(gateway.ground_metres, policy.ground_km);
            let cost =
                base.saturating_add(ground).saturating_add(travel(air_metres, policy.air_km));
            Way { cost, gateway: Some(at), ground_metres: gateway.ground_metres, air_metres }
        };
        self.gateways.iter().enumerate().map(by).min_by_key(|way| way.cost)
    }

    /// The way as the event tells it.
    pub(super) fn parcel(&self, facility: FacilityId, way: &Way) -> Parcel {
        let gateway = way.gateway.and_then(|at| self.gateways.get(at));
        Parcel {
            facility,
            gateway: gateway.map(|gateway| gateway.iata.clone()),
            ground_metres: way.ground_metres,
            air_metres: way.air_metres,
        }
    }
}

/// The cost of so many metres at a rate per kilometre, rounded down; 32 bits by 32 fit into 64.
fn travel(metres: u32, per_km: u32) -> u64 {
    u64::from(metres).wrapping_mul(u64::from(per_km)).checked_div(1_000).unwrap_or(0)
}
