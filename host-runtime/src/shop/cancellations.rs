//! What becomes of the units that customers gave up.
//!
//! Law: every unit of every cancellation is in exactly one place: taken from an order before
//! it ships, returned after it, or unmatched with a reason.

use std::collections::HashMap;

use super::documents::{Document, Kind};
use super::links::Links;

/// Units of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Units<'a> {
    /// Which item.
    pub(crate) sku: &'a str,
    /// How many; above zero.
    pub(crate) quantity: i64,
}

/// What one cancellation takes from one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken<'a> {
    /// The position of the cancellation among the documents.
    pub(crate) cancel: usize,
    /// The position of the order, before it.
    pub(crate) order: usize,
    /// Each SKU once, never more than the order has left.
    pub(crate) units: Vec<Units<'a>>,
}

/// Units of a cancellation that were taken from no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unmatched<'a> {
    /// The position of the cancellation among the documents.
    pub(crate) cancel: usize,
    /// The units.
    pub(crate) units: Units<'a>,
    /// Why.
    pub(crate) reason: NoMatch,
}

/// Why units were taken from no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NoMatch {
    /// The cancellation names no customer, so no order can be told.
    UnknownCustomer,
    /// No earlier order is known to have had these units.
    NoEarlierOrder,
    /// The order they are linked to is not among the documents.
    OrderMissing,
    /// The order they are linked to was placed later.
    OrderLater,
    /// The order they are linked to has fewer units of the item left.
    MoreThanOrdered,
}

/// Resolves all cancellations, in document order.
pub(crate) fn resolve<'a>(
    documents: &'a [Document],
    links: &Links,
) -> (Vec<Taken<'a>>, Vec<Unmatched<'a>>) {
    let mut orders = Orders::of(documents);
    let (mut taken, mut unmatched) = (Vec::new(), Vec::new());
    for (cancel, document) in documents.iter().enumerate() {
        if document.kind != Kind::Cancel {
            continue;
        }
        let mut parts: Vec<Taken<'_>> = Vec::new();
        for wanted in by_sku(document) {
            let mut left = wanted.quantity;
            for link in links.of(&document.number, wanted.sku) {
                let linked = link.quantity.min(left);
                left -= linked;
                let units = |quantity| Units { sku: wanted.sku, quantity };
                let (given, reason) = match orders.take(cancel, &link.order, wanted.sku, linked) {
                    Ok((order, given)) if given > 0 => {
                        add(&mut parts, Taken { cancel, order, units: vec![units(given)] });
                        (given, NoMatch::MoreThanOrdered)
                    }
                    Ok(_) => (0, NoMatch::MoreThanOrdered),
                    Err(reason) => (0, reason),
                };
                if given < linked {
                    unmatched.push(Unmatched { cancel, units: units(linked - given), reason });
                }
            }
            if left > 0 {
                let known = document.customer.is_some();
                let reason = if known { NoMatch::NoEarlierOrder } else { NoMatch::UnknownCustomer };
                let units = Units { sku: wanted.sku, quantity: left };
                unmatched.push(Unmatched { cancel, units, reason });
            }
        }
        taken.append(&mut parts);
    }
    (taken, unmatched)
}

/// The orders, with the units that each of them still has.
struct Orders<'a> {
    positions: HashMap<&'a str, usize>,
    left: HashMap<(usize, &'a str), i64>,
}

impl<'a> Orders<'a> {
    fn of(documents: &'a [Document]) -> Self {
        let mut orders = Self { positions: HashMap::new(), left: HashMap::new() };
        for (position, document) in documents.iter().enumerate() {
            if document.kind == Kind::Order {
                orders.positions.insert(&document.number, position);
                for line in &document.goods {
                    *orders.left.entry((position, line.sku.as_str())).or_default() += line.quantity;
                }
            }
        }
        orders
    }

    /// Takes as many units as there are: the order's position, and what it gave.
    fn take(
        &mut self,
        cancel: usize,
        order: &str,
        sku: &'a str,
        wanted: i64,
    ) -> Result<(usize, i64), NoMatch> {
        let position = *self.positions.get(order).ok_or(NoMatch::OrderMissing)?;
        if position > cancel {
            return Err(NoMatch::OrderLater);
        }
        let left = self.left.entry((position, sku)).or_default();
        let given = wanted.min(*left);
        *left -= given;
        Ok((position, given))
    }
}

/// The units of a cancellation, each SKU once, in the order of its lines.
fn by_sku(document: &Document) -> Vec<Units<'_>> {
    let mut units: Vec<Units<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for line in &document.goods {
        let place = *places.entry(&line.sku).or_insert(units.len());
        match units.get_mut(place) {
            Some(known) => known.quantity -= line.quantity,
            None => units.push(Units { sku: &line.sku, quantity: -line.quantity }),
        }
    }
    units
}

fn add<'a>(parts: &mut Vec<Taken<'a>>, new: Taken<'a>) {
    let Some(part) = parts.iter_mut().find(|part| part.order == new.order) else {
        parts.push(new);
        return;
    };
    for units in new.units {
        match part.units.iter_mut().find(|known| known.sku == units.sku) {
            Some(known) => known.quantity += units.quantity,
            None => part.units.push(units),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::documents::{Goods, Price};
    use crate::shop::links::Link;

    fn document(number: &str, goods: &[(&str, i64)]) -> Document {
        let line = |&(sku, quantity): &(&str, i64)| Goods {
            sku: sku.to_owned(),
            quantity,
            price: Price(1),
        };
        Document {
            number: number.into(),
            at: 0,
            kind: if number.starts_with('C') { Kind::Cancel } else { Kind::Order },
            customer: Some("x".into()),
            country: None,
            goods: goods.iter().map(line).collect(),
            charges: Vec::new(),
        }
    }

    #[track_caller]
    fn check(
        documents: &[Document],
        links: &[(&str, &str, i64)],
        taken: &[(usize, usize, i64)],
        unmatched: &[(NoMatch, i64)],
    ) {
        let mut known = Links::default();
        for &(cancel, order, quantity) in links {
            known.add(cancel, "A", Link { order: order.into(), quantity });
        }
        let (found, lost) = resolve(documents, &known);
        let found: Vec<_> =
            found.iter().map(|part| (part.cancel, part.order, part.units[0].quantity)).collect();
        let lost: Vec<_> = lost.iter().map(|part| (part.reason, part.units.quantity)).collect();
        assert_eq!((found.as_slice(), lost.as_slice()), (taken, unmatched));
    }

    #[test]
    fn lines_of_one_item_and_links_to_one_order_are_added_up() {
        let documents =
            [document("1", &[("A", 3), ("A", 4)]), document("C2", &[("A", -2), ("A", -4)])];
        check(&documents, &[("C2", "1", 1), ("C2", "1", 5)], &[(1, 0, 6)], &[]);
    }

    #[test]
    fn an_order_never_gives_more_than_it_has_left() {
        let documents = [
            document("1", &[("A", 5)]),
            document("C2", &[("A", -4)]),
            document("C3", &[("A", -4)]),
        ];
        let links = [("C2", "1", 4), ("C3", "1", 4)];
        let expected = [(NoMatch::MoreThanOrdered, 3)];
        check(&documents, &links, &[(1, 0, 4), (2, 0, 1)], &expected);
    }

    #[test]
    fn units_without_a_usable_link_are_unmatched_with_the_reason() {
        let mut documents = [document("C1", &[("A", -4)]), document("2", &[("A", 5)])];
        check(&documents, &[("C1", "2", 4)], &[], &[(NoMatch::OrderLater, 4)]);
        check(
            &documents,
            &[("C1", "9", 3)],
            &[],
            &[(NoMatch::OrderMissing, 3), (NoMatch::NoEarlierOrder, 1)],
        );
        documents[0].customer = None;
        check(&documents, &[], &[], &[(NoMatch::UnknownCustomer, 4)]);
    }

    #[test]
    fn a_link_never_takes_more_than_the_cancellation_gives_up() {
        let documents = [document("1", &[("A", 9)]), document("C2", &[("A", -4)])];
        check(&documents, &[("C2", "1", 9)], &[(1, 0, 4)], &[]);
    }
}
