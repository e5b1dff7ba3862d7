//! The network of facilities, read from a file that people can read too.
//!
//! Law: a network that is not whole is refused. Every gateway a facility names is defined,
//! codes are unique, and coordinates lie on the globe.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::input::{self, BadInput, Row, Table};

/// The network that is used when no other is named.
pub(crate) const DEFAULT: &str = include_str!("network.csv");

/// Facilities one network may have: the sourcing search keeps sets of them in a 128-bit word.
pub(crate) const FACILITIES_MAX: usize = 128;

/// Gateways one facility may have; the core has the same bound.
pub(crate) const GATEWAYS_MAX: usize = 16;

/// The facilities that goods ship from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Network {
    /// At least one, in the order of the file.
    pub(crate) facilities: Vec<Facility>,
}

/// A place with stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facility {
    /// Its short name.
    pub(crate) code: String,
    /// Its full name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: FacilityKind,
    /// The country it lies in, ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// Micro-degrees north.
    pub(crate) latitude_e6: i32,
    /// Micro-degrees east.
    pub(crate) longitude_e6: i32,
    /// Of its stock, how much is in the primary tier.
    pub(crate) primary_percent: u8,
    /// The airports it may export by, in the order of the file; may be empty.
    pub(crate) gateways: Vec<Gateway>,
}

/// What a facility is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FacilityKind {
    /// A warehouse of the shop's own.
    Warehouse,
    /// A logistics partner's.
    ThirdParty,
    /// A store that ships too.
    Store,
}

/// An airport that goods leave the country by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gateway {
    /// IATA code.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Micro-degrees north.
    pub(crate) latitude_e6: i32,
    /// Micro-degrees east.
    pub(crate) longitude_e6: i32,
}

impl fmt::Display for FacilityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warehouse => "warehouse",
            Self::ThirdParty => "3pl",
            Self::Store => "store",
        })
    }
}

impl Network {
    /// The built-in network.
    ///
    /// # Errors
    /// None, as a test shows.
    pub(crate) fn built_in() -> Result<Self, BadInput> {
        Self::parse("network.csv", DEFAULT)
    }

    /// Reads the network of a file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub(crate) fn read(path: &Path) -> Result<Self, BadInput> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            BadInput::in_file(&name, format!("the file cannot be read ({error})"), "check its name")
        })?;
        Self::parse(&name, &text)
    }

    /// Reads a network from text; `name` stands for the file in errors.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, BadInput> {
        let mut table = Table::from_text(name, text)?;
        let columns = table.columns([
            "record",
            "code",
            "name",
            "kind",
            "country",
            "latitude",
            "longitude",
            "primary_percent",
            "gateways",
        ])?;
        let mut gateways = BTreeMap::new();
        let mut facilities: Vec<Facility> = Vec::new();
        while let Some(row) = table.next_row()? {
            let code = row.code(columns[1])?;
            let twice = match row.text(columns[0])? {
                "gateway" => gateways.insert(code.to_owned(), gateway(&row, columns)?).is_some(),
                "facility" => {
                    let twice = facilities.iter().any(|facility| facility.code == code);
                    facilities.push(facility(&row, columns, &gateways)?);
                    twice
                }
                other => {
                    let problem = format!("`{other}` is no record");
                    return Err(row.refuse(columns[0], problem, "write `gateway` or `facility`"));
                }
            };
            if twice {
                let problem = format!("`{code}` comes twice");
                return Err(row.refuse(columns[1], problem, "give each a code of its own"));
            }
        }
        if facilities.is_empty() || facilities.len() > FACILITIES_MAX {
            let problem = format!("the network has {} facilities", facilities.len());
            return Err(BadInput::in_file(name, problem, "name 1 to 128 of them"));
        }
        Ok(Self { facilities })
    }
}

fn gateway(row: &Row<'_>, columns: [usize; 9]) -> Result<Gateway, BadInput> {
    let (latitude_e6, longitude_e6) = coordinates(row, columns)?;
    let (code, name) = (row.code(columns[1])?.to_owned(), row.code(columns[2])?.to_owned());
    Ok(Gateway { code, name, latitude_e6, longitude_e6 })
}

fn facility(
    row: &Row<'_>,
    columns: [usize; 9],
    known: &BTreeMap<String, Gateway>,
) -> Result<Facility, BadInput> {
    let (latitude_e6, longitude_e6) = coordinates(row, columns)?;
    let [_, code, name, kind, country, _, _, percent, gateways] = columns;
    let mut found: Vec<Gateway> = Vec::new();
    for airport in row.text(gateways)?.split_whitespace() {
        let gateway = known.get(airport).ok_or_else(|| {
            let problem = format!("the gateway `{airport}` is not defined");
            row.refuse(gateways, problem, "add a `gateway` row above the facility")
        })?;
        if found.contains(gateway) || found.len() == GATEWAYS_MAX {
            let problem = format!("the gateway `{airport}` comes twice, or is the 17th");
            return Err(row.refuse(gateways, problem, "name at most 16 different ones"));
        }
        found.push(gateway.clone());
    }
    let hundred = |text: &str| text.parse().ok().filter(|&percent: &u8| percent <= 100);
    Ok(Facility {
        code: row.code(code)?.to_owned(),
        name: row.code(name)?.to_owned(),
        kind: row.parsed(kind, kind_of, "`warehouse`, `3pl` or `store`")?,
        country: row.parsed(country, iso2, "two capital letters, as in `GB`")?,
        latitude_e6,
        longitude_e6,
        primary_percent: row.parsed(percent, hundred, "a whole number from 0 to 100")?,
        gateways: found,
    })
}

fn coordinates(row: &Row<'_>, columns: [usize; 9]) -> Result<(i32, i32), BadInput> {
    let degrees = |limit| move |text: &str| input::microdegrees(text, limit);
    Ok((
        row.parsed(columns[5], degrees(90), "degrees north, as in `51.4700`")?,
        row.parsed(columns[6], degrees(180), "degrees east, as in `-0.4543`")?,
    ))
}

fn iso2(text: &str) -> Option<String> {
    let capitals = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    capitals.then(|| text.to_owned())
}

fn kind_of(text: &str) -> Option<FacilityKind> {
    match text {
        "warehouse" => Some(FacilityKind::Warehouse),
        "3pl" => Some(FacilityKind::ThirdParty),
        "store" => Some(FacilityKind::Store),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "record,code,name,kind,country,latitude,longitude,primary_percent,gateways\n";

    #[track_caller]
    fn refused(rows: &str, expected: &str) {
        let error = Network::parse("n.csv", &format!("{HEADER}{rows}")).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn the_built_in_network_is_whole() {
        let network = Network::built_in().unwrap();
        assert_eq!(network.facilities.len(), 10);
        for facility in &network.facilities {
            assert!(!facility.gateways.is_empty(), "{}", facility.code);
            assert!((1..100).contains(&facility.primary_percent), "{}", facility.code);
            assert!((49_900_000..=59_000_000).contains(&facility.latitude_e6));
            assert!((-8_200_000..=1_800_000).contains(&facility.longitude_e6));
        }
    }

    #[test]
    fn a_network_that_is_not_whole_is_refused_with_its_place() {
        let lhr = "gateway,LHR,Heathrow,,,51.47,-0.45,,\n";
        refused(
            "facility,A,A,store,GB,51.0,0.0,60,LHR\n",
            "`n.csv` row 2, column `gateways`: the gateway `LHR` is not defined",
        );
        refused(
            &format!("{lhr}# a comment\n{lhr}"),
            "`n.csv` row 4, column `code`: `LHR` comes twice",
        );
        refused(lhr, "`n.csv`: the network has 0 facilities");
        refused(
            "facility,A,A,shed,GB,51.0,0.0,60,\n",
            "`n.csv` row 2, column `kind`: `shed` cannot be understood",
        );
        refused(
            "facility,A,A,store,GB,51.0,0.0,101,\n",
            "`n.csv` row 2, column `primary_percent`: `101` cannot be understood",
        );
        refused(
            "facility,A,A,store,GB,north,0.0,60,\n",
            "`n.csv` row 2, column `latitude`: `north` cannot be understood",
        );
        refused(
            "facility,A,A,store,England,51.0,0.0,60,\n",
            "`n.csv` row 2, column `country`: `England` cannot be understood",
        );
        refused("airport,A,A,,,51.0,0.0,,\n", "`n.csv` row 2, column `record`: `airport`");
    }
}
