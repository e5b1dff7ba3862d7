//! Which earlier order a cancellation undoes.
//!
//! Law: a link is a claim, not a booking. It says where units were taken from; whether the
//! order still has them is checked when the plan is made.

use std::collections::{BTreeMap, HashMap};

use super::documents::{Document, Kind};
use super::input::{self, BadInput, Table};

/// Links by cancellation and SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Links {
    by_cancel: BTreeMap<String, BTreeMap<String, Vec<Link>>>,
}

/// Some units of one SKU that a cancellation takes from one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The number of the order.
    pub(crate) order: String,
    /// Units, above zero.
    pub(crate) quantity: i64,
}

impl Links {
    /// Reads a table with the columns `cancel_invoice,order_invoice,sku,qty`.
    pub(crate) fn from_table(mut table: Table) -> Result<Self, BadInput> {
        let [cancel, order, sku, quantity] =
            table.columns(["cancel_invoice", "order_invoice", "sku", "qty"])?;
        let mut links = Self::default();
        while let Some(row) = table.next_row()? {
            let positive = |text: &str| input::whole(text).filter(|&units| units > 0);
            let link = Link {
                order: row.code(order)?.to_owned(),
                quantity: row.parsed(quantity, positive, "a number of units above zero")?,
            };
            links.add(row.code(cancel)?, &row.code(sku)?.to_uppercase(), link);
        }
        Ok(links)
    }

    /// Links found by rule, for documents (in time order) that come without any: units go back
    /// to the *latest* earlier order of the same customer that has enough units of the SKU left;
    /// if no single order has enough, to the latest ones in turn, as far as they go. Units that
    /// no order has, and those of unknown customers, get no link.
    pub(crate) fn inferred(documents: &[Document]) -> Self {
        let mut links = Self::default();
        let mut bought: HashMap<(&str, &str), Vec<Left<'_>>> = HashMap::new();
        for document in documents {
            let Some(customer) = document.customer.as_deref() else { continue };
            for line in &document.goods {
                let left = bought.entry((customer, &line.sku)).or_default();
                match document.kind {
                    Kind::Order => remember(left, &document.number, line.quantity),
                    Kind::Cancel => {
                        for link in take(left, -line.quantity) {
                            links.add(&document.number, &line.sku, link);
                        }
                    }
                    Kind::Adjust | Kind::Credit | Kind::Fee | Kind::Debt => {}
                }
            }
        }
        links
    }

    /// The orders that a cancellation takes units of a SKU from.
    pub(crate) fn of(&self, cancel: &str, sku: &str) -> &[Link] {
        self.by_cancel.get(cancel).and_then(|skus| skus.get(sku)).map_or(&[], Vec::as_slice)
    }

    #[cfg(test)]
    /// How many links there are, and how many units they have.
    pub(crate) fn totals(&self) -> (usize, i64) {
        let links = || self.by_cancel.values().flat_map(BTreeMap::values).flatten();
        (links().count(), links().map(|link| link.quantity).sum())
    }

    /// Adds one link.
    pub(crate) fn add(&mut self, cancel: &str, sku: &str, link: Link) {
        let skus = self.by_cancel.entry(cancel.into()).or_default();
        skus.entry(sku.into()).or_default().push(link);
    }
}

/// Units of one SKU that an order of the customer still has.
struct Left<'a> {
    order: &'a str,
    units: i64,
}

fn remember<'a>(left: &mut Vec<Left<'a>>, order: &'a str, units: i64) {
    match left.last_mut() {
        Some(last) if last.order == order => last.units += units,
        _ => left.push(Left { order, units }),
    }
}

fn take(left: &mut [Left<'_>], mut wanted: i64) -> Vec<Link> {
    let mut links = Vec::new();
    let enough = left.iter().rposition(|left| left.units >= wanted);
    let end = enough.map_or(left.len(), |position| position + 1);
    for left in left.iter_mut().take(end).rev() {
        let quantity = left.units.min(wanted);
        if quantity > 0 {
            left.units -= quantity;
            wanted -= quantity;
            links.push(Link { order: left.order.into(), quantity });
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::documents::{Goods, Price};

    fn document(number: &str, customer: &str, quantity: i64) -> Document {
        Document {
            number: number.into(),
            at: 0,
            kind: if quantity > 0 { Kind::Order } else { Kind::Cancel },
            customer: Some(customer.into()).filter(|name: &String| !name.is_empty()),
            country: None,
            goods: vec![Goods { sku: "A".into(), quantity, price: Price(1) }],
            charges: Vec::new(),
        }
    }

    #[track_caller]
    fn check(documents: &[(&str, &str, i64)], cancel: &str, expected: &[(&str, i64)]) {
        let documents: Vec<_> =
            documents.iter().map(|&(number, who, units)| document(number, who, units)).collect();
        let links = Links::inferred(&documents);
        let found: Vec<_> =
            links.of(cancel, "A").iter().map(|link| (link.order.as_str(), link.quantity)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_latest_order_with_enough_units_is_undone() {
        check(&[("1", "x", 5), ("2", "x", 2), ("C3", "x", -3)], "C3", &[("1", 3)]);
        check(&[("1", "x", 5), ("2", "x", 5), ("C3", "x", -3)], "C3", &[("2", 3)]);
    }

    #[test]
    fn several_orders_are_undone_if_no_single_one_is_enough() {
        let documents = [("1", "x", 5), ("2", "x", 2), ("C3", "x", -9)];
        check(&documents, "C3", &[("2", 2), ("1", 5)]);
    }

    #[test]
    fn units_are_undone_once_and_only_for_the_customer_who_bought_them() {
        let documents = [("1", "x", 5), ("C2", "x", -4), ("C3", "x", -4), ("C4", "y", -1)];
        check(&documents, "C2", &[("1", 4)]);
        check(&documents, "C3", &[("1", 1)]);
        check(&documents, "C4", &[]);
        check(&[("1", "", 5), ("C2", "", -4)], "C2", &[]);
        check(&[("C1", "x", -4), ("2", "x", 5)], "C1", &[]);
    }
}
