//! A shop: the documents and what is needed to understand them.
//!
//! Law: data of others is read from where it lies and never copied into the program; what
//! was not there is said in the shop's notes.
//!
//! Beside the orders file lie `countries.csv` (needed), `products.csv` (names, prices, scarcity)
//! and `cancel_links.csv`; in `../geo` of that folder `uk-outcodes.csv`. Each may be packed
//! (`.gz`). Without links, cancellations are matched by [`Links::inferred`].

use std::path::{Path, PathBuf};

use super::countries::{self, Countries};
use super::documents::{self, Document};
use super::input::{BadInput, Table};
use super::links::Links;
use super::network::Network;
use super::plan::{Plan, PlanError, PlanOptions, Sources};
use super::products::{self, Products};
use super::summary::Expected;

/// Documents, and what is known about them.
#[derive(Debug)]
pub(crate) struct Shop {
    /// Where it comes from, for reports.
    pub(crate) origin: String,
    /// In time order.
    pub(crate) documents: Vec<Document>,
    /// Which orders the cancellations undo.
    pub(crate) links: Links,
    /// Where orders go.
    pub(crate) countries: Countries,
    /// The catalogue.
    pub(crate) products: Products,
    /// What was missing, and what is done instead, in whole sentences.
    pub(crate) notes: Vec<String>,
}

impl Shop {
    /// Reads a shop. `orders` is the orders file, or a folder with `orders.csv` or
    /// `orders.csv.gz`; `data` is the folder with the other files, by default the one of the
    /// orders file.
    ///
    /// # Errors
    /// The first file that is missing or cannot be understood, with the place in it.
    pub(crate) fn read(orders: &Path, data: Option<&Path>) -> Result<Self, BadInput> {
        let orders = match orders.is_dir() {
            true => needed(orders, "orders.csv", "the orders")?,
            false if orders.is_file() => orders.to_owned(),
            false => {
                let file = orders.display().to_string();
                let advice = "name the file with the orders, or its folder";
                return Err(BadInput::in_file(&file, "there is no such file or folder", advice));
            }
        };
        let beside = orders.parent().unwrap_or(Path::new(""));
        let data = data.unwrap_or(beside);
        let mut notes = Vec::new();
        let file = needed(data, "countries.csv", "the coordinates of the countries")?;
        let mut countries = Countries::from_table(Table::open(&file)?)?;
        match existing(&data.join("../geo"), "uk-outcodes.csv") {
            Some(file) => {
                countries = countries.with_towns(countries::read_towns(Table::open(&file)?)?);
            }
            None => notes.push("no list of towns: orders at home go to the capital".into()),
        }
        let documents = documents::read(&orders, &countries)?;
        let links = match existing(data, "cancel_links.csv") {
            Some(file) => Links::from_table(Table::open(&file)?)?,
            None => {
                notes.push(
                    "no list of links: a cancellation undoes the customer's latest order".into(),
                );
                Links::inferred(&documents)
            }
        };
        let mut products = match existing(data, "products.csv") {
            Some(file) => products::from_table(Table::open(&file)?)?,
            None => Products::new(),
        };
        let added = products::complete(&mut products, &documents);
        if added > 0 {
            notes.push(format!(
                "{added} ordered items are in no products file: they are named by their SKU"
            ));
        }
        let origin = orders.display().to_string();
        Ok(Self { origin, documents, links, countries, products, notes })
    }

    /// Keeps the first documents only.
    pub(crate) fn first(mut self, documents: usize) -> Self {
        self.documents.truncate(documents);
        self
    }

    /// The plan for this shop.
    ///
    /// # Errors
    /// See [`Plan::new`].
    pub(crate) fn plan<'a>(
        &'a self,
        network: &'a Network,
        options: &PlanOptions,
    ) -> Result<Plan<'a>, PlanError> {
        let Self { documents, links, countries, products, .. } = self;
        Plan::new(Sources { documents, links, countries, products, network }, options)
    }

    /// The figures a replay of this shop must reach.
    pub(crate) fn expected(&self, options: &PlanOptions) -> Expected {
        Expected::of(&self.documents, &self.links, options)
    }
}

fn existing(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

fn needed(folder: &Path, name: &str, what: &str) -> Result<PathBuf, BadInput> {
    existing(folder, name).ok_or_else(|| {
        let problem = format!("there is no file with {what}");
        let advice = format!("put `{name}` or `{name}.gz` there, or name another folder");
        BadInput::in_file(&folder.join(name).display().to_string(), problem, &advice)
    })
}
