//! What the shop may choose: payment, time limits, and what sourcing weighs.
//!
//! Law: policy is an input like any other (`SetPolicy`), so a replay follows the policy of then.
//!
//! What each figure may be, and why, is said in [`check`](mod@check): a policy that is out of
//! bounds is refused whole, and every field that is wrong is named.
//!
//! The version in force is 2; what was set under version 1 is read as [`v1`] says.

pub mod v1;

pub mod check;
mod extensions;
mod payment;
mod rules;

use serde::{Deserialize, Serialize};

pub use check::PolicyFault;
pub use extensions::{Extensions, NoTime};
pub use payment::{CaptureWhen, Collect, PaymentPolicy};
pub use rules::{Aim, Aims, NotAims, Objective, SourcingRules};

use crate::time::Span;

/// The policy of a shop, as `SetPolicy` sets it as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "PolicyV2", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct Policy {
    /// For the order role.
    pub orders: OrderPolicy,
    /// For the inventory role.
    pub sourcing: SourcingPolicy,
    /// For the fulfilment role.
    #[serde(default)]
    pub fulfilment: FulfilmentPolicy,
}

/// What the fulfilment role may choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct FulfilmentPolicy {
    /// How long a facility has to accept what is released to it, or to begin; then its units are
    /// sourced again from others. `None` to wait for ever.
    #[serde(default)]
    pub answer_within: Option<Span>,
}

/// What the order role may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "OrderPolicyV2", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderPolicy {
    /// Whether an order waits for a payment.
    pub payment: PaymentPolicy,
    /// How long after its end an order, and after its last change a draft, stays at hand; an order
    /// with an open return as long again. Then it is archived, and only the journal knows it.
    pub archive_after: Span,
    /// How long after its delivery a unit may be announced to come back; `None` for as long as the
    /// order is at hand.
    pub return_window: Option<Span>,
    /// Whether everything must be released, picked and packed before it ships; if not, what was
    /// never released may ship as it is.
    #[serde(default)]
    pub staged: bool,
    /// Whether a completed order may be reopened, as long as it is at hand.
    #[serde(default = "yes")]
    pub reopen: bool,
    /// Whether an order may be confirmed while some of its units are on backorder, within the
    /// limit of each item; what waits already goes on waiting.
    #[serde(default)]
    pub backorders: BackorderPolicy,
    /// Whether an order may have more time to be paid; `None` if not.
    #[serde(default)]
    pub extensions: Option<Extensions>,
    /// Whose prices an order that a customer places may have.
    #[serde(default)]
    pub prices: PricePolicy,
}

/// What is not said of reopening.
fn yes() -> bool {
    true
}

impl Default for OrderPolicy {
    /// No payment; 90 days for returns, as long as the longest common return window; what is
    /// allocated may ship directly, and what is completed be reopened; nothing is promised that is
    /// not there, and no order has more time to be paid.
    fn default() -> Self {
        Self {
            payment: PaymentPolicy::None,
            archive_after: Span::from_days(90),
            return_window: None,
            staged: false,
            reopen: true,
            backorders: BackorderPolicy::Refuse,
            extensions: None,
            prices: PricePolicy::Caller,
        }
    }
}

/// Whether units may be promised that are not there yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum BackorderPolicy {
    /// They may not: an order that the stock can't serve is rejected.
    #[default]
    Refuse,
    /// They may, of each item as many as its limit says.
    Accept,
}

/// Whose prices an order may have.
///
/// An order carries its own prices: the core keeps no price list, and believes whoever places it.
/// So where customers reach the core themselves (an HTTP API that is open to the public), choose
/// [`Staff`](Self::Staff), and let the shop's own backend quote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum PricePolicy {
    /// Those of whoever places the order, customer or staff: for shops whose customers are trusted,
    /// or whose own backend stands between.
    #[default]
    Caller,
    /// Those of the staff only. The shop's backend places the order for its customer, or saves it
    /// as a draft: that is a quote, which the customer may place as it is. Any other order that a
    /// customer places or saves is refused as `price-is-not-yours`.
    Staff,
}

/// What sourcing weighs, in ten-thousandths of the currency's major unit.
///
/// The cheapest plan wins. A facility costs `parcel` once, and the way to the destination per
/// kilometre; a parcel that leaves the country goes by the gateway airport that makes ground and
/// air together cheapest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "SourcingPolicyV2", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SourcingPolicy {
    /// Packing and handing over one parcel.
    pub parcel: u32,
    /// A parcel's kilometre on the ground.
    pub ground_km: u32,
    /// A parcel's kilometre in the air.
    pub air_km: u32,
    /// Customs and handling of a parcel that leaves the country.
    pub export: u32,
    /// Picking one unit from primary stock.
    pub primary_unit: u32,
    /// Fetching one unit from back stock.
    pub back_unit: u32,
    /// The most parcels one plan may have; `None` for no limit. What is asked for later (by an
    /// amendment, or of another facility) is a plan of its own, and backorders come as they come.
    pub max_parcels: Option<u16>,
    /// What it looks at besides prices.
    #[serde(default)]
    pub rules: SourcingRules,
}

impl Default for SourcingPolicy {
    /// Plausible figures in pounds: a parcel 3.50, a kilometre 0.8 p on the ground and 0.05 p in
    /// the air, export papers 6.00, a unit 2 p to pick and 12 p to fetch. They are a starting
    /// point, not a measurement: set your own.
    fn default() -> Self {
        Self {
            parcel: 35_000,
            ground_km: 80,
            air_km: 5,
            export: 60_000,
            primary_unit: 200,
            back_unit: 1_200,
            max_parcels: None,
            rules: SourcingRules::default(),
        }
    }
}
