//! The workload of a comparison: a generated shop whose stock is too little for its orders.
//!
//! Law: a seed and a number of orders give one workload, byte for byte, whoever runs it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use earmark::flow::{Command, SetPolicy};
use earmark::ids::OrderId;
use earmark::order::{CancelOrder, CancelReason, OrderCommand, PlaceOrder};

use crate::shop::commands;
use crate::shop::documents::{Document, Kind};
use crate::shop::generate;
use crate::shop::network::Network;
use crate::shop::plan::{Happening, PlanOptions};
use crate::shop::replay::policy;
use crate::shop::sources::Shop;
use crate::shop::stock::Stocked;

/// Lines of an order at the most, and units of a line: customers who want the same few items.
const LINES: usize = 3;
const UNITS: i64 = 12;
/// Of ten units that are wanted, so many are there.
const STOCKED_OF_TEN: i64 = 6;
/// The orders come in so many waves. Between two, everything comes to rest, and one order in
/// [`CANCELLED`] of the wave before is cancelled.
const WAVES: usize = 3;
const CANCELLED: usize = 6;

/// What happens.
#[derive(Debug)]
pub(super) struct Workload {
    /// For each partition: the policy.
    pub(super) policy: Command,
    /// For the stock: facilities, items, and units.
    pub(super) opening: Vec<Command>,
    /// The orders, wave by wave.
    pub(super) waves: Vec<Wave>,
    /// When it begins, in milliseconds since 1970.
    pub(super) begins: u64,
    /// Units wanted, and units there are.
    pub(super) wanted: i64,
    pub(super) stocked: i64,
}

/// Orders that are placed one by one, and those that are cancelled when all came to rest.
#[derive(Debug, Default)]
pub(super) struct Wave {
    pub(super) orders: Vec<PlaceOrder>,
    pub(super) cancelled: Vec<OrderId>,
}

impl Wave {
    /// The command that cancels an order as a whole.
    pub(super) fn cancel(order: OrderId) -> Command {
        let reason = CancelReason::Customer;
        Command::Order(OrderCommand::Cancel(CancelOrder { order, lines: None, reason }))
    }
}

impl Workload {
    /// So many orders, made up from a seed.
    pub(super) fn new(seed: u64, orders: usize) -> Result<Self> {
        let shop = scarce(seed, orders);
        let wanted = wanted(&shop.documents);
        let network = Network::built_in()?;
        let plan = shop.plan(&network, &PlanOptions::default())?;
        let (mut opening, mut placed) = (Vec::new(), Vec::new());
        // An order's id tells when it was placed: all of them were, when the first step begins.
        let orders =
            plan.happenings.iter().filter(|it| matches!(it.happening, Happening::Order { .. }));
        let begins = orders.map(|timed| timed.at).max().unwrap_or_default();
        let mut left: BTreeMap<&str, i64> =
            wanted.iter().map(|(sku, units)| (sku.as_str(), units * STOCKED_OF_TEN / 10)).collect();
        let stocked = left.values().sum();
        for timed in &plan.happenings {
            let happening = match &timed.happening {
                Happening::DefineItem { sku, .. } if !wanted.contains_key(*sku) => continue,
                Happening::OpeningStock(there) => {
                    let units = left.remove(there.sku).unwrap_or(0);
                    Happening::OpeningStock(Stocked { units, ..*there })
                }
                Happening::Order { .. }
                | Happening::DefineFacility(_)
                | Happening::DefineItem { .. } => timed.happening.clone(),
                _ => continue,
            };
            let commands = commands::of_happening(&happening)?;
            for command in commands {
                match command {
                    Command::Order(OrderCommand::Place(place)) => placed.push(place),
                    other => opening.push(other),
                }
            }
        }
        Ok(Self {
            policy: Command::SetPolicy(SetPolicy { policy: policy() }),
            opening,
            waves: waves(placed)?,
            begins,
            wanted: wanted.values().sum(),
            stocked,
        })
    }
}

/// A generated shop, cut to orders of a few lines.
fn scarce(seed: u64, orders: usize) -> Shop {
    // Three documents of four are orders; the others only make the shop's proportions.
    let mut shop = generate::shop(seed, orders.saturating_mul(2).max(16));
    shop.documents.retain(|document| document.kind == Kind::Order);
    shop.documents.truncate(orders);
    for document in &mut shop.documents {
        document.goods.truncate(LINES);
        document.goods.iter_mut().for_each(|line| line.quantity = line.quantity.min(UNITS));
    }
    shop
}

fn wanted(documents: &[Document]) -> BTreeMap<String, i64> {
    let mut wanted = BTreeMap::new();
    for line in documents.iter().flat_map(|document| &document.goods) {
        *wanted.entry(line.sku.clone()).or_default() += line.quantity;
    }
    wanted
}

fn waves(placed: Vec<PlaceOrder>) -> Result<Vec<Wave>> {
    let size = placed.len().div_ceil(WAVES).max(1);
    let mut waves: Vec<Wave> = Vec::new();
    for (nth, place) in placed.into_iter().enumerate() {
        if nth % size == 0 {
            waves.push(Wave::default());
        }
        let wave = waves.last_mut().context("a wave was begun")?;
        if nth % CANCELLED == 0 {
            wave.cancelled.push(place.order);
        }
        wave.orders.push(place);
    }
    Ok(waves)
}
