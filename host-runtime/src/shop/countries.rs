//! Where an order goes: countries with the coordinates of their capitals, and the towns of the
//! shop's own country.
//!
//! Law: every order has one destination, the same in every run. What the documents do not
//! say is decided here, by rule, and nowhere else:
//!
//! - an order abroad goes to the capital of its country;
//! - an order at home goes to a town that a stable hash of the customer (without one: of the
//!   document) picks, or to the capital if there is no list of towns;
//! - an order without a country is one at home.

use std::collections::BTreeMap;

use super::documents::Document;
use super::hash;
use super::input::{self, BadInput, Row, Table};

/// A point that goods can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The name of the town.
    pub(crate) town: String,
    /// Micro-degrees north.
    pub(crate) latitude_e6: i32,
    /// Micro-degrees east.
    pub(crate) longitude_e6: i32,
}

/// Where one order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Destination<'a> {
    /// The country, ISO 3166-1 alpha-2.
    pub(crate) country: &'a str,
    /// The town.
    pub(crate) place: &'a Place,
    /// True if it leaves the shop's own country.
    pub(crate) international: bool,
    /// True if the document names no country.
    pub(crate) assumed: bool,
}

/// The countries a shop knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Countries {
    labels: BTreeMap<String, Option<String>>,
    capitals: BTreeMap<String, Capital>,
    home: String,
    towns: Vec<Place>,
}

#[derive(Debug, Clone)]
struct Capital {
    place: Place,
    international: bool,
}

impl Countries {
    /// Reads a table with the columns `label,iso2,ref_city,lat,lon,international`. A label
    /// without a code means "unknown". Exactly one country is not international: the shop's own.
    pub(crate) fn from_table(mut table: Table) -> Result<Self, BadInput> {
        let columns =
            table.columns(["label", "iso2", "ref_city", "lat", "lon", "international"])?;
        let mut countries = Self::default();
        while let Some(row) = table.next_row()? {
            let label = row.code(columns[0])?.to_owned();
            if row.text(columns[1])?.is_empty() {
                countries.labels.insert(label, None);
                continue;
            }
            let (iso2, capital) = capital(&row, columns)?;
            countries.add(&label, iso2, capital);
        }
        if countries.home.is_empty() {
            let advice = "one row must have `international` 0: the shop's own country";
            return Err(BadInput::in_file(table.file(), "no country is the shop's own", advice));
        }
        Ok(countries)
    }

    /// Countries from plain values: label, code, capital with micro-degrees. The first is the
    /// shop's own.
    pub(crate) fn from_list(list: &[(&str, &str, &str, i32, i32)]) -> Self {
        let mut countries = Self::default();
        countries.labels.insert("Unspecified".into(), None);
        for (position, &(label, iso2, town, latitude_e6, longitude_e6)) in list.iter().enumerate() {
            let place = Place { town: town.into(), latitude_e6, longitude_e6 };
            countries.add(label, iso2, Capital { place, international: position > 0 });
        }
        countries
    }

    /// Gives orders at home a town each.
    pub(crate) fn with_towns(mut self, towns: Vec<Place>) -> Self {
        self.towns = towns;
        self
    }

    /// The code for a label: `Some(None)` if the label means "unknown", `None` if there is no
    /// such label.
    pub(crate) fn iso2_of_label(&self, label: &str) -> Option<Option<&str>> {
        self.labels.get(label).map(Option::as_deref)
    }

    #[cfg(test)]
    /// A label for a code, or the first that means "unknown".
    pub(crate) fn label(&self, iso2: Option<&str>) -> Option<&str> {
        let same = |(_, code): &(&String, &Option<String>)| code.as_deref() == iso2;
        self.labels.iter().find(same).map(|(label, _)| label.as_str())
    }

    /// Where a document's goods go; `None` if its country is not in the list.
    pub(crate) fn destination<'a>(&'a self, document: &Document) -> Option<Destination<'a>> {
        let wanted = document.country.as_deref().unwrap_or(&self.home);
        let (country, capital) = self.capitals.get_key_value(wanted)?;
        let town = if capital.international { None } else { self.town_of(document) };
        Some(Destination {
            country,
            place: town.unwrap_or(&capital.place),
            international: capital.international,
            assumed: document.country.is_none(),
        })
    }

    fn town_of(&self, document: &Document) -> Option<&Place> {
        let name = document.customer.as_ref().unwrap_or(&document.number);
        let index = hash::stable(name.as_bytes()).checked_rem(self.towns.len() as u64)?;
        self.towns.get(usize::try_from(index).ok()?)
    }

    fn add(&mut self, label: &str, iso2: &str, capital: Capital) {
        if !capital.international {
            self.home = iso2.into();
        }
        self.labels.insert(label.into(), Some(iso2.into()));
        self.capitals.insert(iso2.into(), capital);
    }
}

fn capital<'a>(
    row: &Row<'a>,
    [_, iso2, town, lat, lon, international]: [usize; 6],
) -> Result<(&'a str, Capital), BadInput> {
    let place = place(row, town, lat, lon)?;
    let flag = |text: &str| match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    let international = row.parsed(international, flag, "0 for the shop's own country, else 1")?;
    Ok((row.code(iso2)?, Capital { place, international }))
}

/// Reads the towns of the shop's own country: the columns `outcode,lat,lon,town,country`, of
/// which only England, Scotland, Wales and Northern Ireland are kept (the islands are countries
/// of their own in the orders).
pub(crate) fn read_towns(mut table: Table) -> Result<Vec<Place>, BadInput> {
    let [outcode, lat, lon, country] = table.columns(["outcode", "lat", "lon", "country"])?;
    let mut towns = Vec::new();
    while let Some(row) = table.next_row()? {
        let islands = ["IM", "IOM", "JE", "GG", ""].contains(&row.text(country)?);
        if !islands {
            towns.push(place(&row, outcode, lat, lon)?);
        }
    }
    Ok(towns)
}

fn place(row: &Row<'_>, town: usize, lat: usize, lon: usize) -> Result<Place, BadInput> {
    let degrees = |limit| move |text: &str| input::microdegrees(text, limit);
    Ok(Place {
        town: row.code(town)?.to_owned(),
        latitude_e6: row.parsed(lat, degrees(90), "degrees north, as in `51.50853`")?,
        longitude_e6: row.parsed(lon, degrees(180), "degrees east, as in `-0.12574`")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::documents::Kind;

    fn order(number: &str, customer: Option<&str>, country: Option<&str>) -> Document {
        Document {
            number: number.into(),
            at: 0,
            kind: Kind::Order,
            customer: customer.map(str::to_owned),
            country: country.map(str::to_owned),
            goods: Vec::new(),
            charges: Vec::new(),
        }
    }

    fn countries() -> Countries {
        Countries::from_list(&[
            ("United Kingdom", "GB", "London", 51_508_530, -125_740),
            ("France", "FR", "Paris", 48_853_410, 2_348_800),
        ])
    }

    #[test]
    fn an_order_without_a_country_stays_at_home_and_says_so() {
        let known = countries();
        let destination = known.destination(&order("1", None, None)).unwrap();
        assert_eq!((destination.country, destination.place.town.as_str()), ("GB", "London"));
        assert!(destination.assumed && !destination.international);
        let abroad = known.destination(&order("1", None, Some("FR"))).unwrap();
        assert!(abroad.international && !abroad.assumed);
        assert_eq!(known.destination(&order("1", None, Some("XX"))), None);
    }

    #[test]
    fn a_customer_always_lives_in_the_same_town() {
        let town = |name: &str| Place { town: name.into(), latitude_e6: 0, longitude_e6: 0 };
        let known = countries().with_towns(vec![town("A"), town("B"), town("C")]);
        let home = |number: &str, customer: Option<&str>| {
            known.destination(&order(number, customer, Some("GB"))).unwrap().place.town.clone()
        };
        assert_eq!(home("1", Some("17850")), home("2", Some("17850")));
        let towns: std::collections::BTreeSet<_> =
            (0..50).map(|customer| home("1", Some(&customer.to_string()))).collect();
        assert_eq!(towns.len(), 3);
        let paris = known.destination(&order("1", None, Some("FR"))).unwrap();
        assert_eq!(paris.place.town, "Paris");
    }

    #[test]
    fn bad_coordinates_and_a_list_without_a_home_are_refused() {
        let table = |rows: &str| {
            let header = "label,iso2,ref_city,lat,lon,international\n";
            Table::from_text("countries.csv", &format!("{header}{rows}"))
                .and_then(Countries::from_table)
        };
        let error = table("France,FR,Paris,91.0,2.3,1\n").unwrap_err().to_string();
        assert!(error.starts_with("`countries.csv` row 2, column `lat`: `91.0`"), "{error}");
        let error = table("France,FR,Paris,48.0,2.3,1\n").unwrap_err().to_string();
        assert!(error.contains("no country is the shop's own"), "{error}");
    }
}
