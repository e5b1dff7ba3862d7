//! What can be asked of the inventory role.
//!
//! Law: what comes from the flow (reserve, allocate, release, ship, restock) names the order and
//! the reservation, never "the stock of that item".

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::alerts::SetLowStock;
use super::backorder::{ReleaseAwaited, ResumeWaiting, SetBackorderLimit};
use super::condition::{MoveStock, WriteOffStock};
use super::count::CountStock;
use super::expected::{ExpectStock, ReceiveExpected, WithdrawExpected};
use super::kits::DefineKit;
use super::rules::{FacilityRules, ItemRules, UnitPriceFor};
use super::safety::SetSafetyStock;
use super::transfers::{CancelTransfer, ReceiveTransfer, SendTransfer};
use crate::demand::{Demand, Destination, Hold, Portion};
use crate::geo::GeoPoint;
use crate::ids::{
    Country, FacilityId, FacilityRef, ItemRef, LineNumber, OrderId, ReservationNumber,
    ReturnNumber, ShipmentNumber, Text, Tier,
};
use crate::time::Timestamp;
use crate::units::{Quantity, UnitPrice};

/// A command to the inventory role. Those from `Reserve` to `Tick` come from the flow, and so does
/// `Extend`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each variant is documented at its payload")]
pub enum InventoryCommand {
    DefineItem(DefineItem),
    DefineFacility(DefineFacility),
    Receive(ReceiveStock),
    Adjust(AdjustStock),
    SetFacilityRules(SetFacilityRules),
    SetItemRules(SetItemRules),
    SetUnitPrices(SetUnitPrices),
    Reserve(Reserve),
    Allocate(Allocate),
    Release(Release),
    Ship(ShipStock),
    Restock(Restock),
    Unship(Unship),
    Miss(Miss),
    /// Ends the reservations that are due.
    Tick,
    Move(MoveStock),
    WriteOff(WriteOffStock),
    SetSafety(SetSafetyStock),
    Count(CountStock),
    SetLowStock(SetLowStock),
    SendTransfer(SendTransfer),
    ReceiveTransfer(ReceiveTransfer),
    CancelTransfer(CancelTransfer),
    Expect(ExpectStock),
    ReceiveExpected(ReceiveExpected),
    WithdrawExpected(WithdrawExpected),
    Extend(Extend),
    DefineKit(DefineKit),
    ReserveFrom(ReserveFrom),
    SetBackorderLimit(SetBackorderLimit),
    /// From the flow, as `Release`.
    ReleaseAwaited(ReleaseAwaited),
    /// From the flow: the order has heard what it lost.
    ResumeWaiting(ResumeWaiting),
    /// From the flow: a new policy may let more be served; whoever waits is looked at.
    LookAtQueues,
}

/// Define an item that can be stocked and sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct DefineItem {
    /// The SKU: what people call it; unique, case matters.
    pub sku: Text,
    /// What it is.
    pub name: Text,
    /// The list price of one unit, for a catalogue; orders carry their own prices.
    #[serde(default)]
    pub unit_price: UnitPrice,
}

/// Define a place that holds stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct DefineFacility {
    /// The code: what people call it; unique, case matters.
    pub code: Text,
    /// What it is.
    pub name: Text,
    /// The country it lies in.
    pub country: Country,
    /// Where it lies.
    pub location: GeoPoint,
    /// The airports it exports by; without any it ships within its country only.
    #[serde(default)]
    pub gateways: Vec<GatewaySpec>,
}

/// An airport a facility exports by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct GatewaySpec {
    /// Its IATA code.
    pub iata: Text,
    /// Where it lies.
    pub location: GeoPoint,
}

/// Take in stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ReceiveStock {
    /// The item.
    pub item: ItemRef,
    /// The facility.
    pub facility: FacilityRef,
    /// The tier.
    pub tier: Tier,
    /// Units received.
    pub quantity: Quantity,
}

/// Correct stock by what was seen: a physical fact, which wins over promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct AdjustStock {
    /// The item.
    pub item: ItemRef,
    /// The facility.
    pub facility: FacilityRef,
    /// The tier.
    pub tier: Tier,
    /// What was seen.
    pub adjustment: Adjustment,
    /// How many units.
    pub quantity: Quantity,
}

/// What was seen when stock was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Adjustment {
    /// More than the books say.
    Found,
    /// Less than the books say.
    Lost,
    /// There, and not fit for sale.
    Damaged,
}

/// Put a facility's rules in force, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SetFacilityRules {
    /// The facility.
    pub facility: FacilityRef,
    /// Its rules.
    pub rules: FacilityRules,
}

/// Put an item's rules in force, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SetItemRules {
    /// The item.
    pub item: ItemRef,
    /// Its rules.
    pub rules: ItemRules,
}

/// Say what a unit of an item is worth where it lies, beyond what the policy counts: what orders
/// still to come would give for it there (a bid price). Sets all prices of the item at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SetUnitPrices {
    /// The item.
    pub item: ItemRef,
    /// The prices; a facility that is not named has none.
    pub prices: Vec<UnitPriceFor>,
}

/// Tie stock for an order, all of it or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// The order.
    pub order: OrderId,
    /// The reservation to make.
    pub reservation: ReservationNumber,
    /// What it is to tie.
    pub demands: Vec<Demand>,
    /// Where the order goes.
    pub destination: Destination,
    /// How firmly.
    pub hold: Hold,
    /// Facilities that are not to serve it, now or later: those that refused.
    pub excluded: Vec<FacilityId>,
    /// Facilities that are not to serve it this time: what waits may come from there.
    pub passed_over: Vec<FacilityId>,
    /// What it takes the place of, such as the units of a facility that turned them down, or those
    /// of an earlier order of the same cart. They are released in the same step, whatever comes of
    /// it, and the plan counts them as free. A unit is named once.
    pub replaces: Vec<Release>,
    /// The order whose place this one takes: all that its reservations tie or wait for counts as
    /// free. It is released in the same step if this order can be served, and stays if not.
    pub instead_of: Option<OrderId>,
}

impl Reserve {
    /// To tie units wherever they lie, in the place of nothing.
    #[must_use]
    pub const fn anywhere(
        order: OrderId,
        reservation: ReservationNumber,
        demands: Vec<Demand>,
        destination: Destination,
        hold: Hold,
    ) -> Self {
        Self {
            order,
            reservation,
            demands,
            destination,
            hold,
            excluded: Vec::new(),
            passed_over: Vec::new(),
            replaces: Vec::new(),
            instead_of: None,
        }
    }
}

/// Tie stock for an order that has more lines than it asks for: those of its kits' components are
/// numbered on from the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveFrom {
    /// What to tie.
    pub reserve: Reserve,
    /// The order's next line.
    pub next: LineNumber,
}

/// Let a soft reservation hold longer. One that has ended, or is due, is not revived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extend {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
    /// The first moment at which it no longer holds; an earlier one than now changes nothing.
    pub until: Timestamp,
}

/// Make a soft reservation hard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocate {
    /// The order.
    pub order: OrderId,
    /// The reservation.
    pub reservation: ReservationNumber,
}

/// Free tied units. Never fails: what is not tied any more is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The order.
    pub order: OrderId,
    /// The units.
    pub portions: Vec<Portion>,
}

/// Book units out that left the facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipStock {
    /// The order.
    pub order: OrderId,
    /// The shipment.
    pub shipment: ShipmentNumber,
    /// The units.
    pub portions: Vec<Portion>,
}

/// Book units in that came back and are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restock {
    /// The order.
    pub order: OrderId,
    /// The return.
    pub number: ReturnNumber,
    /// Whether they are fit for sale.
    pub sellable: bool,
    /// The units, and where they are now.
    pub portions: Vec<Portion>,
}

/// Book units in again that did not leave after all; they are tied as the portions say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unship {
    /// The order.
    pub order: OrderId,
    /// The shipment.
    pub shipment: ShipmentNumber,
    /// The units, with the reservation that ties them from now on.
    pub portions: Vec<Portion>,
}

/// Free tied units that were not found on the shelf, and correct it. Never fails, as [`Release`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Miss {
    /// The order.
    pub order: OrderId,
    /// The units.
    pub portions: Vec<Portion>,
}
