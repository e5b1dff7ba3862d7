//! The items a shop knows, and how scarce they are by two published policies.
//!
//! Law: every SKU that was ever ordered is in the catalogue, whether the products file has
//! it or not.

use std::collections::BTreeMap;

use super::documents::{Document, Kind, Price};
use super::input::{self, BadInput, Table};

/// The catalogue, by SKU.
pub(crate) type Products = BTreeMap<String, Product>;

/// One item of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    /// Its name; the SKU if nobody gave it one.
    pub(crate) name: String,
    /// Its usual price.
    pub(crate) price: Price,
    /// How scarce it is; `None` if it is not in the products file.
    pub(crate) scarcity: Option<Scarcity>,
}

/// Stock that is short of the demand, such that 5 % of the order lines cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scarcity {
    /// Units for the whole time, if nothing is ever bought in.
    pub(crate) static_units: i64,
    /// The level that stock is brought up to every Monday.
    pub(crate) weekly_level: i64,
}

/// Reads a table with the columns `sku,description,median_pence,stock_static_5pct,
/// stock_weekly_topup_5pct`.
pub(crate) fn from_table(mut table: Table) -> Result<Products, BadInput> {
    let [sku, name, pence, fixed, weekly] = table.columns([
        "sku",
        "description",
        "median_pence",
        "stock_static_5pct",
        "stock_weekly_topup_5pct",
    ])?;
    let mut products = Products::new();
    let units = |text: &str| input::whole(text).filter(|&units| units >= 0);
    while let Some(row) = table.next_row()? {
        let code = row.code(sku)?.to_uppercase();
        let scarcity = Scarcity {
            static_units: row.parsed(fixed, units, "a number of units")?,
            weekly_level: row.parsed(weekly, units, "a number of units")?,
        };
        let price = |text: &str| input::decimal(text, 2).filter(|&price| price >= 0);
        let product = Product {
            name: named(row.description(name), &code),
            price: Price(row.parsed(pence, price, "pence with at most two decimals")?),
            scarcity: Some(scarcity),
        };
        if products.insert(code.clone(), product).is_some() {
            let problem = format!("`{code}` comes twice");
            return Err(row.refuse(sku, problem, "give each item one row"));
        }
    }
    Ok(products)
}

/// Adds what the documents order but the catalogue lacks, at the price of its first order;
/// returns how many items that were.
pub(crate) fn complete(products: &mut Products, documents: &[Document]) -> usize {
    let before = products.len();
    for document in documents.iter().filter(|document| document.kind == Kind::Order) {
        for line in &document.goods {
            if !products.contains_key(&line.sku) {
                let product = Product { name: line.sku.clone(), price: line.price, scarcity: None };
                products.insert(line.sku.clone(), product);
            }
        }
    }
    products.len() - before
}

/// A name of at most [`input::TEXT_BYTES`]; without one, the SKU.
fn named(mut name: String, sku: &str) -> String {
    let end = (0..=input::TEXT_BYTES).rev().find(|&end| name.is_char_boundary(end));
    name.truncate(end.unwrap_or(0));
    if name.is_empty() { sku.into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_read_with_their_scarcity() {
        let text = "sku,description,median_pence,stock_static_5pct,stock_weekly_topup_5pct\n\
            10002,INFLATABLE GLOBE,85,824,54\n10c,,0.5,1,0\n";
        let products = from_table(Table::from_text("products.csv", text).unwrap()).unwrap();
        let globe = &products["10002"];
        assert_eq!((globe.name.as_str(), globe.price), ("INFLATABLE GLOBE", Price(8_500)));
        let expected = Scarcity { static_units: 824, weekly_level: 54 };
        assert_eq!(globe.scarcity, Some(expected));
        assert_eq!((products["10C"].name.as_str(), products["10C"].price), ("10C", Price(50)));
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let name = named("€".repeat(50), "A");
        assert_eq!((name.len(), name.chars().count()), (126, 42));
    }
}
