//! What an order asks of the stock, and where the answer lies: the words two roles share.
//!
//! Law: a portion names the reservation that ties it, so that whoever releases or ships it never
//! has to guess.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::geo::GeoPoint;
use crate::ids::{
    Country, FacilityId, ItemId, ItemName, ItemRef, LineNumber, ReservationNumber, Text, Tier,
};
use crate::sourcing::Proof;
use crate::time::Timestamp;
use crate::units::Quantity;

/// Where an order goes: enough to source it, and nothing that names a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Destination {
    /// The country; sourcing is international when a facility lies in another one.
    pub country: Country,
    /// Where in the country, to the precision of a town or a postcode.
    pub location: GeoPoint,
}

/// What one line asks of the stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Demand {
    /// The line of the order.
    pub line: LineNumber,
    /// The item wanted.
    pub item: ItemRef,
    /// Units wanted.
    pub quantity: Quantity,
}

/// How firmly stock is tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Hold {
    /// Reserved until a moment, and then free again.
    Soft {
        /// The first moment at which the reservation no longer holds.
        until: Timestamp,
    },
    /// Allocated: tied until shipped or released.
    Hard,
}

/// Units of a line tied at one tier of one facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Portion {
    /// The reservation that ties them.
    pub reservation: ReservationNumber,
    /// The line of the order.
    pub line: LineNumber,
    /// The item, by the id that never changes.
    pub item: ItemId,
    /// The facility they lie in.
    pub facility: FacilityId,
    /// The tier they lie in.
    pub tier: Tier,
    /// How many; never zero.
    pub quantity: u32,
}

/// A line that the stock cannot serve, and by how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Shortfall {
    /// The first line of the order that asks for the item.
    pub line: LineNumber,
    /// The item as the order named it.
    pub item: ItemRef,
    /// Units of this item that the whole order asks for.
    pub demanded: u64,
    /// Units that are available to sell over all facilities; `None` if the item is unknown.
    pub available: Option<u64>,
}

/// A line of a kit, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ExplodedKit {
    /// The line that names the kit.
    pub line: LineNumber,
    /// The kit.
    pub kit: ItemName,
    /// Kits that were asked for.
    pub quantity: u32,
    /// Its components, by line.
    pub components: Vec<ComponentLine>,
}

/// A line of an order that a kit made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ComponentLine {
    /// Its number: after all lines that were there.
    pub line: LineNumber,
    /// The item.
    pub item: ItemName,
    /// Units in one kit.
    pub each: u32,
}

/// The decision behind a tie: what it costs, how far it is proven, and what came second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Sourced {
    /// Cost of the plan by the sourcing policy, in ten-thousandths of the currency's major unit.
    pub cost: u64,
    /// Whether the plan is proven cheapest.
    pub proof: Proof,
    /// The cheapest plan met that opens other facilities.
    pub runner_up: Option<Alternative>,
    /// One parcel per facility used, and the way it takes.
    pub parcels: Vec<Parcel>,
}

/// A plan that was not chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Alternative {
    /// Its cost, by the same policy.
    pub cost: u64,
    /// The facilities it opens.
    pub facilities: Vec<FacilityId>,
}

/// The way of one parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Parcel {
    /// Where it starts.
    pub facility: FacilityId,
    /// The export gateway airport (IATA code), for a parcel that leaves the country.
    pub gateway: Option<Text>,
    /// Great-circle metres on the ground: to the destination, or to the gateway.
    pub ground_metres: u32,
    /// Great-circle metres in the air, from the gateway to the destination.
    pub air_metres: u32,
}
