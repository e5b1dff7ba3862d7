//! The figures a replay must reach, computed straight from the documents.
//!
//! Law: nothing here uses the plan, so a mistake there shows as a difference here. What is
//! counted twice, here and there, is counted in two ways.

use std::collections::{BTreeMap, BTreeSet};

use super::cancellations::NoMatch;
use super::documents::{Document, Kind, Price};
use super::links::Links;
use super::plan::PlanOptions;

/// What is in the documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    /// How many documents there are of each kind.
    pub(crate) documents: BTreeMap<Kind, u64>,
    /// Rows of goods and charges together.
    pub(crate) rows: u64,
    /// All quantities added up, goods and charges, cancellations negative.
    pub(crate) net_units: i64,
    /// All values added up, in 1/10,000 of the major unit.
    pub(crate) net_value: i128,
    /// The lines of all orders.
    pub(crate) order_lines: u64,
    /// Orders in which an item comes more than once.
    pub(crate) orders_repeating_an_item: u64,
    /// The lines of the longest order.
    pub(crate) longest_order: u64,
    /// Orders by country; those that name none under the empty name.
    pub(crate) orders_by_country: BTreeMap<String, u64>,
    /// Order lines that cost nothing.
    pub(crate) free_order_lines: u64,
    /// Rows with a price above zero and below a penny.
    pub(crate) rows_below_a_penny: u64,
    /// Charges on orders and cancellations, which move no goods and are not applied.
    pub(crate) charges_with_goods: u64,
    /// Documents that have no goods at all, by kind.
    pub(crate) money_only: BTreeMap<Kind, u64>,
    /// Units by SKU.
    pub(crate) items: BTreeMap<String, ItemFigures>,
    /// Cancelled units that match no order, by reason.
    pub(crate) unmatched: BTreeMap<NoMatch, i64>,
}

/// Units of one item; nothing is negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ItemFigures {
    /// In orders.
    pub(crate) ordered: i64,
    /// Cancelled before shipping.
    pub(crate) cancelled: i64,
    /// Returned after it.
    pub(crate) returned: i64,
    /// Cancelled, but of no order.
    pub(crate) unmatched: i64,
    /// Found.
    pub(crate) found: i64,
    /// Lost.
    pub(crate) lost: i64,
}

impl ItemFigures {
    /// What leaves the house if every order is confirmed.
    pub(crate) fn shipped(&self) -> i64 {
        self.ordered - self.cancelled
    }
}

impl Expected {
    /// Counts documents, which are in time order.
    pub(crate) fn of(documents: &[Document], links: &Links, options: &PlanOptions) -> Self {
        let mut expected = Self::default();
        for document in documents {
            expected.count(document);
        }
        expected.count_cancelled(documents, links, options.ship_after);
        expected
    }

    #[cfg(test)]
    /// The figures of all items together.
    pub(crate) fn total(&self) -> ItemFigures {
        self.items.values().fold(ItemFigures::default(), |sum, item| ItemFigures {
            ordered: sum.ordered + item.ordered,
            cancelled: sum.cancelled + item.cancelled,
            returned: sum.returned + item.returned,
            unmatched: sum.unmatched + item.unmatched,
            found: sum.found + item.found,
            lost: sum.lost + item.lost,
        })
    }

    #[cfg(test)]
    /// Items that were adjusted but never ordered.
    pub(crate) fn never_sold(&self) -> usize {
        let adjusted = |item: &ItemFigures| item.found + item.lost > 0;
        self.items.values().filter(|item| item.ordered == 0 && adjusted(item)).count()
    }

    #[cfg(test)]
    /// Orders that name no country.
    pub(crate) fn orders_without_country(&self) -> u64 {
        self.orders_by_country.get("").copied().unwrap_or(0)
    }

    fn count(&mut self, document: &Document) {
        *self.documents.entry(document.kind).or_default() += 1;
        self.rows += (document.goods.len() + document.charges.len()) as u64;
        self.net_units += document.goods.iter().map(|line| line.quantity).sum::<i64>();
        self.net_units += document.charges.iter().map(|line| line.quantity).sum::<i64>();
        let goods = document.goods.iter().map(|line| (line.quantity, line.price));
        let charges = document.charges.iter().map(|line| (line.quantity, line.price));
        for (quantity, price) in goods.chain(charges) {
            self.net_value += i128::from(quantity) * i128::from(price.0);
            self.rows_below_a_penny += u64::from((1..100).contains(&price.0));
        }
        if document.goods.is_empty() {
            *self.money_only.entry(document.kind).or_default() += 1;
        } else {
            self.charges_with_goods += document.charges.len() as u64;
        }
        match document.kind {
            Kind::Order => self.count_order(document),
            Kind::Adjust => {
                for line in &document.goods {
                    let item = self.items.entry(line.sku.clone()).or_default();
                    item.found += line.quantity.max(0);
                    item.lost += line.quantity.min(0).abs();
                }
            }
            Kind::Cancel | Kind::Credit | Kind::Fee | Kind::Debt => {}
        }
    }

    fn count_order(&mut self, order: &Document) {
        let lines = order.goods.len();
        let different: BTreeSet<_> = order.goods.iter().map(|line| &line.sku).collect();
        self.order_lines += lines as u64;
        self.longest_order = self.longest_order.max(lines as u64);
        self.orders_repeating_an_item += u64::from(different.len() < lines);
        let country = order.country.clone().unwrap_or_default();
        *self.orders_by_country.entry(country).or_default() += 1;
        let free = order.goods.iter().filter(|line| line.price == Price(0)).count();
        self.free_order_lines += free as u64;
        for line in &order.goods {
            self.items.entry(line.sku.clone()).or_default().ordered += line.quantity;
        }
    }

    /// Follows each row through its links, with one count of what every order still has and one
    /// of what every link was used for.
    fn count_cancelled(&mut self, documents: &[Document], links: &Links, ship_after: u64) {
        let mut orders = open_orders(documents);
        let cancels = documents.iter().enumerate().filter(|(_, it)| it.kind == Kind::Cancel);
        for (position, cancel) in cancels {
            let mut used: BTreeMap<(&str, usize), i64> = BTreeMap::new();
            for line in &cancel.goods {
                let mut units = -line.quantity;
                for (which, link) in links.of(&cancel.number, &line.sku).iter().enumerate() {
                    let used = used.entry((&line.sku, which)).or_default();
                    let part = units.min(link.quantity - *used);
                    *used += part;
                    units -= part;
                    let (fits, late, reason) = match orders.get_mut(link.order.as_str()) {
                        None => (0, false, NoMatch::OrderMissing),
                        Some(order) if order.position > position => (0, false, NoMatch::OrderLater),
                        Some(order) => {
                            let late = cancel.at >= order.at + ship_after;
                            (order.take(&line.sku, part), late, NoMatch::MoreThanOrdered)
                        }
                    };
                    let item = self.items.entry(line.sku.clone()).or_default();
                    *(if late { &mut item.returned } else { &mut item.cancelled }) += fits;
                    self.unmatched(&line.sku, reason, part - fits);
                }
                let reason = match cancel.customer {
                    Some(_) => NoMatch::NoEarlierOrder,
                    None => NoMatch::UnknownCustomer,
                };
                self.unmatched(&line.sku, reason, units);
            }
        }
    }

    fn unmatched(&mut self, sku: &str, reason: NoMatch, units: i64) {
        if units > 0 {
            self.items.entry(sku.to_owned()).or_default().unmatched += units;
            *self.unmatched.entry(reason).or_default() += units;
        }
    }
}

/// An order with what it still has.
struct Open<'a> {
    position: usize,
    at: u64,
    left: BTreeMap<&'a str, i64>,
}

impl Open<'_> {
    fn take(&mut self, sku: &str, wanted: i64) -> i64 {
        let Some(left) = self.left.get_mut(sku) else { return 0 };
        let fits = wanted.min(*left);
        *left -= fits;
        fits
    }
}

fn open_orders(documents: &[Document]) -> BTreeMap<&str, Open<'_>> {
    let mut orders = BTreeMap::new();
    for (position, order) in documents.iter().enumerate() {
        if order.kind == Kind::Order {
            let mut left: BTreeMap<&str, i64> = BTreeMap::new();
            for line in &order.goods {
                *left.entry(&line.sku).or_default() += line.quantity;
            }
            orders.insert(order.number.as_str(), Open { position, at: order.at, left });
        }
    }
    orders
}
