//! The year of real orders, held against the figures its description states.
//!
//! Law: a figure here is copied from the description of the data, never from a run.

use std::collections::{BTreeMap, BTreeSet};

use crate::shop::documents::Kind;
use crate::shop::hash;
use crate::shop::plan::PlanOptions;

#[test]
fn the_real_file_has_the_figures_of_its_description() {
    let Some(shop) = super::real() else { return };
    let expected = shop.expected(&PlanOptions::default());
    let kinds = [
        (Kind::Order, 19_785),
        (Kind::Cancel, 3_422),
        (Kind::Adjust, 2_098),
        (Kind::Credit, 414),
        (Kind::Fee, 178),
        (Kind::Debt, 3),
    ];
    assert_eq!(expected.documents, BTreeMap::from(kinds));
    assert_eq!(shop.documents.len(), 25_900);
    assert_eq!(expected.rows, 541_909);
    assert_eq!(expected.net_units, 5_176_450);
    assert_eq!(expected.net_value, 97_477_479_340);
    assert_eq!(expected.orders_repeating_an_item, 2_779);
    assert_eq!(expected.longest_order, 1_112);
    let total = expected.total();
    // The description counts the charges that were adjusted too: 4,571 units without goods.
    let charges = shop.documents.iter().filter(|document| document.kind == Kind::Adjust);
    let charged: i64 = charges.flat_map(|document| &document.charges).map(|row| row.quantity).sum();
    assert_eq!((total.found + charged, total.lost), (57_447, 206_957));
}

#[test]
fn every_document_of_the_real_file_gets_an_id_of_its_own() {
    let Some(shop) = super::real() else { return };
    let ids: BTreeSet<_> = shop
        .documents
        .iter()
        .map(|document| hash::order_id(document.at, &document.number))
        .collect();
    assert_eq!(ids.len(), shop.documents.len());
}
