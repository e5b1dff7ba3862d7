//! What can be asked without changing anything.
//!
//! Law: a query sees one state, and of orders only what the one who asks may see.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::payment::PaymentQuery;
use super::shop::Shop;
use super::status::{OrderStatusQuery, OrderStatusView};
use super::stock::{AlertsQuery, BackordersQuery, IncomingQuery, LevelsQuery};
use super::view::{
    Answer, FacilityView, ItemView, OrderView, ParcelView, Preview, PreviewPlan, Summary,
};
use super::worklist::{WorklistQuery, WorkloadQuery};
use crate::decide::Principal;
use crate::demand::{Demand, Destination};
use crate::ids::{FacilityId, FacilityRef, ItemRef, LineNumber, OrderId, ReservationNumber, Text};
use crate::inventory::{Ask, Explanation, Parted, Plan, Unplanned};
use crate::limits::{FACILITIES, ORDER_LINES};
use crate::order::{Order, Status};
use crate::policy::Policy;
use crate::time::Timestamp;
use crate::units::Quantity;

/// A question about a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query {
    /// What would become of an order, if it were placed now?
    Preview(PreviewQuery),
    /// One order.
    Order(OrderQuery),
    /// Orders, the newest first.
    Orders(OrdersQuery),
    /// Items, by id.
    Items(ItemsQuery),
    /// Stock of some items, shelf by shelf.
    Stock(StockQuery),
    /// All facilities, and how many there are of everything.
    Summary(SummaryQuery),
    /// Why are facilities in an order's plan, or not?
    Explain(ExplainQuery),
    /// All counters of some items, shelf by shelf.
    Levels(LevelsQuery),
    /// Transfers under way, and stock that is expected.
    Incoming(IncomingQuery),
    /// The items that are watched: which are low, or out.
    Alerts(AlertsQuery),
    /// How one order stands.
    OrderStatus(OrderStatusQuery),
    /// What a facility has to do now, the oldest first.
    Worklist(WorklistQuery),
    /// How much work each facility has.
    Workload(WorkloadQuery),
    /// The payment of one order.
    Payment(PaymentQuery),
    /// Who waits for an item, in order.
    Backorders(BackordersQuery),
}

/// What would become of an order, if it were placed at this moment?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "PreviewQueryV2", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct PreviewQuery {
    /// What would be ordered.
    pub lines: Vec<PreviewLine>,
    /// Where it would go.
    pub destination: Destination,
    /// When it would be placed: facilities that are full on that day are left out. If not said,
    /// none is left out for that; a host says its own time for whoever does not.
    #[serde(default)]
    #[cfg_attr(feature = "json", schemars(extend("x-now" = true)))]
    pub at: Option<Timestamp>,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct PreviewLine {
    /// The item, by id or by SKU.
    pub item: ItemRef,
    /// Units wanted.
    pub quantity: Quantity,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrderQuery {
    /// The order.
    pub order: OrderId,
}

/// Orders, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct OrdersQuery {
    /// Only those in this status.
    #[serde(default)]
    pub status: Option<Status>,
    /// Only those older than this one: for the next page.
    #[serde(default)]
    pub before: Option<OrderId>,
    /// At most so many; 100 if not said, 1,000 at the most.
    #[serde(default)]
    pub limit: Option<u16>,
}

/// Items, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ItemsQuery {
    /// Only those whose SKU or name has this text in it, in any case (ASCII).
    #[serde(default)]
    pub search: Option<Text>,
    /// Skip so many: for the next page.
    #[serde(default)]
    pub skip: Option<u32>,
    /// At most so many; 100 if not said, 1,000 at the most.
    #[serde(default)]
    pub limit: Option<u16>,
}

/// Stock of some items, shelf by shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct StockQuery {
    /// The items: at most 1,000.
    pub items: Vec<ItemRef>,
}

/// All facilities, and how many there are of everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SummaryQuery {}

/// Why are facilities in an order's plan, or not? For those who work for the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ExplainQuery {
    /// What would be ordered.
    pub lines: Vec<PreviewLine>,
    /// Where it would go.
    pub destination: Destination,
    /// Facilities that may not serve it; one that does not exist is as good as excluded.
    #[serde(default)]
    pub excluded: Vec<FacilityRef>,
    /// When it would be placed: facilities that are full on that day are left out. If not said,
    /// none is left out for that.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum QueryRefusal {
    /// No such order at hand, or one of somebody else.
    UnknownOrder {
        /// The order asked for.
        order: OrderId,
    },
    /// Only those who work for the shop may ask that.
    StaffOnly,
    /// More lines than an order may have, or a destination that is no point on the globe.
    Malformed,
    /// No such item.
    UnknownItem {
        /// The item asked for.
        item: ItemRef,
    },
}

impl QueryRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOrder { .. } => "unknown-order",
            Self::StaffOnly => "staff-only",
            Self::Malformed => "malformed",
            Self::UnknownItem { .. } => "unknown-item",
        }
    }
}

impl fmt::Display for QueryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOrder { order } => write!(
                f,
                "there is no order `{order}` at hand; if it ended long ago, it is in the journal"
            ),
            Self::StaffOnly => f.write_str("only those who work for the shop may ask that"),
            Self::Malformed => {
                write!(f, "ask for at most {ORDER_LINES} lines, and for a destination on the globe")
            }
            Self::UnknownItem { item } => write!(f, "there is no item `{item}`"),
        }
    }
}

impl core::error::Error for QueryRefusal {}

const PAGE: u16 = 100;
pub(super) const PAGE_MAX: u16 = 1_000;

pub(super) fn page(limit: Option<u16>) -> usize {
    usize::from(limit.unwrap_or(PAGE).min(PAGE_MAX))
}

impl Shop {
    /// Answers a question on the state of now.
    ///
    /// # Errors
    /// [`QueryRefusal`] if there is nothing to see, or not for this one.
    pub fn query(&self, query: &Query, by: &Principal) -> Result<Answer, QueryRefusal> {
        match query {
            Query::Preview(query) => Ok(Answer::Preview(self.preview(query))),
            Query::Order(OrderQuery { order: id }) => {
                let order = self.order_for(*id, by)?;
                Ok(Answer::Order(OrderView::of(*id, order, &self.inventory)))
            }
            Query::OrderStatus(OrderStatusQuery { order: id }) => {
                let order = self.order_for(*id, by)?;
                Ok(Answer::OrderStatus(OrderStatusView::of(*id, order, by)))
            }
            Query::Payment(query) => self.payment(query, by).map(Answer::Payment),
            Query::Orders(query) => Ok(Answer::Orders(self.list_orders(query, by))),
            Query::Items(query) => Ok(Answer::Items(self.list_items(query))),
            Query::Stock(StockQuery { items }) => {
                let known = items.iter().take(usize::from(PAGE_MAX));
                let known = known.filter_map(|item| self.inventory.item(item));
                let public = matches!(by, Principal::Customer(_));
                let view = |(id, item)| ItemView::of(id, item, &self.inventory, public);
                Ok(Answer::Items(known.map(view).collect()))
            }
            Query::Summary(SummaryQuery {}) => Ok(Answer::Summary(self.summary(by))),
            Query::Explain(_) if matches!(by, Principal::Customer(_)) => {
                Err(QueryRefusal::StaffOnly)
            }
            Query::Explain(query) => self.explain(query).map(Answer::Explained),
            Query::Levels(_)
            | Query::Incoming(_)
            | Query::Alerts(_)
            | Query::Worklist(_)
            | Query::Workload(_)
            | Query::Backorders(_)
                if matches!(by, Principal::Customer(_)) =>
            {
                Err(QueryRefusal::StaffOnly)
            }
            Query::Levels(query) => Ok(Answer::Levels(self.levels(query))),
            Query::Incoming(query) => Ok(Answer::Incoming(self.list_incoming(query))),
            Query::Alerts(query) => Ok(Answer::Alerts(self.list_alerts(query))),
            Query::Worklist(query) => Ok(Answer::Worklist(self.list_work(query))),
            Query::Workload(query) => Ok(Answer::Workload(self.count_work(query))),
            Query::Backorders(query) => self.list_backorders(query).map(Answer::Backorders),
        }
    }

    /// An order at hand that the one who asks may see.
    fn order_for(&self, id: OrderId, by: &Principal) -> Result<&Order, QueryRefusal> {
        let order = self.orders.get(id).filter(|o| by.may_touch(o.owner.as_ref()));
        order.ok_or(QueryRefusal::UnknownOrder { order: id })
    }

    /// What would become of an order, if it were placed at the moment that the question names.
    #[must_use]
    pub fn preview(&self, query: &PreviewQuery) -> Preview {
        let Some(demands) = demands(&query.lines, &query.destination) else {
            return Preview::Malformed;
        };
        let (demands, destination) = (&demands, &query.destination);
        let ask = Ask { demands, destination, excluded: &[], freed: &[], at: query.at };
        match self.inventory.plan_or_wait(&ask, ReservationNumber(1), None, ask.excluded) {
            Ok(parted) => Preview::Served(self.tell_plan(parted)),
            Err(Unplanned::Short(shortfalls)) => {
                let kits = self.inventory.kits_short(demands, &shortfalls);
                Preview::Short { shortfalls, kits }
            }
            Err(Unplanned::TooManyParcels { allowed }) => Preview::TooManyParcels { allowed },
            Err(Unplanned::KitsTooLarge { lines, units }) => Preview::KitsTooLarge { lines, units },
        }
    }

    fn explain(&self, query: &ExplainQuery) -> Result<Explanation, QueryRefusal> {
        let demands = demands(&query.lines, &query.destination);
        let demands = demands.ok_or(QueryRefusal::Malformed)?;
        let excluded = query.excluded.iter().take(FACILITIES);
        let excluded = excluded.filter_map(|named| self.inventory.facility(named));
        let excluded: Vec<FacilityId> = excluded.map(|(id, _)| id).collect();
        Ok(self.inventory.explain(&Ask {
            demands: &demands,
            destination: &query.destination,
            excluded: &excluded,
            freed: &[],
            at: query.at,
        }))
    }

    fn tell_plan(&self, Parted { plan, awaited }: Parted) -> PreviewPlan {
        let facilities = &self.inventory;
        let plan = plan.unwrap_or_else(Plan::of_nothing);
        let parcels = plan.sourced.parcels.iter().filter_map(|parcel| {
            let portions = plan.portions.iter().filter(|p| p.facility == parcel.facility);
            ParcelView::of(parcel, portions.copied().collect(), facilities)
        });
        PreviewPlan {
            parcels: parcels.collect(),
            cost: plan.sourced.cost,
            proof: plan.sourced.proof,
            runner_up: plan.sourced.runner_up,
            kits: plan.kits,
            backordered: awaited,
        }
    }

    fn list_orders(&self, query: &OrdersQuery, by: &Principal) -> Vec<OrderView> {
        let wanted = |(id, order): &(&OrderId, &Order)| {
            by.may_touch(order.owner.as_ref())
                && query.status.is_none_or(|status| status == order.status)
                && query.before.is_none_or(|before| **id < before)
        };
        let view = |(id, order): (&OrderId, &Order)| OrderView::of(*id, order, &self.inventory);
        self.orders.iter().rev().filter(wanted).take(page(query.limit)).map(view).collect()
    }

    fn list_items(&self, query: &ItemsQuery) -> Vec<ItemView> {
        let search = query.search.as_ref().map(|text| text.as_str().to_ascii_lowercase());
        let has = |text: &Text, search: &str| text.as_str().to_ascii_lowercase().contains(search);
        let found = self.inventory.items().filter(|(_, item)| match &search {
            Some(search) => has(&item.sku, search) || has(&item.name, search),
            None => true,
        });
        let skip = usize::try_from(query.skip.unwrap_or(0)).unwrap_or(usize::MAX);
        let view = |(id, item)| ItemView::of(id, item, &self.inventory, true);
        found.skip(skip).take(page(query.limit)).map(view).collect()
    }

    /// What a shop weighs and how much it has to do is its own affair: a customer sees the default
    /// in place of what sourcing weighs and how facilities are waited for, and counts nothing.
    fn summary(&self, by: &Principal) -> Summary {
        let facilities = self.inventory.facilities().map(FacilityView::of).collect();
        if matches!(by, Principal::Customer(_)) {
            return Summary {
                policy: Policy { orders: self.policy.orders, ..Policy::default() },
                policy_version: self.policy_version,
                facilities,
                items: u64::try_from(self.inventory.item_count()).unwrap_or(u64::MAX),
                open_reservations: 0,
                orders_at_hand: Vec::new(),
            };
        }
        let mut orders: BTreeMap<Status, u64> = BTreeMap::new();
        for (_, order) in self.orders.iter() {
            let count = orders.entry(order.status).or_default();
            *count = count.saturating_add(1);
        }
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Summary {
            policy: self.policy,
            policy_version: self.policy_version,
            facilities,
            items: count(self.inventory.item_count()),
            open_reservations: count(self.inventory.open_reservations()),
            orders_at_hand: orders.into_iter().collect(),
        }
    }
}

/// What the lines of a cart ask of the stock; `None` if there are too many, or no place to go.
fn demands(lines: &[PreviewLine], destination: &Destination) -> Option<Vec<Demand>> {
    let demand = |(number, line): (usize, &PreviewLine)| Demand {
        line: LineNumber(u16::try_from(number).unwrap_or(u16::MAX)),
        item: line.item.clone(),
        quantity: line.quantity,
    };
    let fits = lines.len() <= ORDER_LINES && destination.location.is_valid();
    fits.then(|| lines.iter().enumerate().map(demand).collect())
}
