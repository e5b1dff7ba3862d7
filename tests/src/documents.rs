//! The documents that the proofs replay: the real ones, or an invented shop of the same form.
//! Whichever it is, is said; the invented one is the same in every run.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tempfile::TempDir;

use crate::random::Random;

const COUNTRIES: &str = "\
label,iso2,ref_city,lat,lon,nearest_large_airport,airport_km,international,orders
United Kingdom,GB,London,51.50853,-0.12574,LCY,12.1,0,1
Germany,DE,Berlin,52.52437,13.41053,BER,19.0,1,1
France,FR,Paris,48.85341,2.3488,ORY,13.9,1,1
";

/// How many items the invented shop has.
const ITEMS: u64 = 120;

/// A folder with a shop's documents.
#[derive(Debug)]
pub struct Documents {
    folder: PathBuf,
    /// The real documents of a year.
    pub real: bool,
    _made: Option<TempDir>,
}

impl Documents {
    /// The real documents if they lie beside the checkout, else `count` invented ones.
    ///
    /// # Panics
    /// If the invented ones can't be written.
    #[must_use]
    pub fn at_hand(count: u64) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = root.join("shared/data/online-retail");
        if folder.join("orders.csv.gz").is_file() {
            return Self { folder, real: true, _made: None };
        }
        println!("the real documents are not at hand: {count} invented ones take their place");
        Self::invented(count)
    }

    /// So many invented documents.
    ///
    /// # Panics
    /// If they can't be written.
    #[must_use]
    pub fn invented(count: u64) -> Self {
        let made = tempfile::tempdir().expect("a folder can be made");
        let Tables { orders, links, products } = Tables::invent(count);
        for (name, table) in [
            ("orders.csv", orders.as_str()),
            ("cancel_links.csv", &links),
            ("products.csv", &products),
            ("countries.csv", COUNTRIES),
        ] {
            std::fs::write(made.path().join(name), table).expect("a table can be written");
        }
        Self { folder: made.path().to_owned(), real: false, _made: Some(made) }
    }

    /// The first `count` of these, with all that is known of the items: to read a whole year takes
    /// longer than to replay a few weeks of it.
    ///
    /// # Panics
    /// If they can't be copied.
    #[must_use]
    pub fn first(self, count: usize) -> Self {
        let made = tempfile::tempdir().expect("a folder can be made");
        for name in ["cancel_links.csv", "products.csv", "countries.csv"] {
            let table = self.table(name);
            let to = made.path().join(table.file_name().expect("a table has a name"));
            std::fs::copy(table, to).expect("a table can be copied");
        }
        let orders = self.table("orders.csv");
        let file = File::open(&orders).expect("the orders can be read");
        let unpacked: Box<dyn Read> = match orders.extension().is_some_and(|end| end == "gz") {
            true => Box::new(GzDecoder::new(file)),
            false => Box::new(file),
        };
        // A row is a document, below one with the names of the columns.
        let rows = BufReader::new(unpacked).lines().take(count + 1);
        let rows = rows.map(|row| row.expect("a row can be read") + "\n");
        std::fs::write(made.path().join("orders.csv"), rows.collect::<String>())
            .expect("the orders can be written");
        Self { folder: made.path().to_owned(), real: self.real, _made: Some(made) }
    }

    /// The folder with the tables.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of the tables, packed or not.
    #[must_use]
    pub fn table(&self, name: &str) -> PathBuf {
        let packed = self.folder.join(format!("{name}.gz"));
        if packed.is_file() { packed } else { self.folder.join(name) }
    }
}

struct Tables {
    orders: String,
    links: String,
    products: String,
}

/// An order that may be given up: one item of it.
struct Placed {
    number: u64,
    customer: u64,
    sku: String,
    units: u64,
}

impl Tables {
    fn invent(count: u64) -> Self {
        let mut random = Random::seeded(0x5407);
        let mut orders = String::from("doc,kind,at,customer,country,lines,charges\n");
        let mut links = String::from("cancel_invoice,order_invoice,sku,qty\n");
        let mut placed: Vec<Placed> = Vec::new();
        for nth in 0..count {
            let (number, at) = (500_000 + nth, moment(nth));
            let customer = 12_000 + random.below(300);
            let kind = random.below(20);
            let row = match kind {
                0 if !placed.is_empty() => {
                    let at_random = random.below(placed.len() as u64) as usize;
                    let Placed { number: order, customer, sku, units } =
                        placed.swap_remove(at_random);
                    let some = 1 + random.below(units);
                    links.push_str(&format!("C{number},{order},{sku},{some}\n"));
                    format!("C{number},cancel,{at},{customer},GB,{sku}:-{some}:250,")
                }
                1 => {
                    let sku = sku(random.below(ITEMS + 5));
                    format!("{number},adjust,{at},,GB,{sku}:{}:0,", 1 + random.below(9))
                }
                2 => {
                    let (sku, lost) = (sku(random.below(ITEMS)), 1 + random.below(3));
                    format!("{number},adjust,{at},,GB,{sku}:-{lost}:0,")
                }
                3 => format!("{number},fee,{at},{customer},GB,,M:1:1500"),
                _ => {
                    let lines: Vec<(String, u64)> = (0..=random.below(12))
                        .map(|_| (sku(random.below(ITEMS)), 1 + random.below(24)))
                        .collect();
                    let first = lines.first().cloned();
                    placed.extend(first.map(|(sku, units)| Placed {
                        number,
                        customer,
                        sku,
                        units,
                    }));
                    let cell = |(sku, units): &(String, u64)| format!("{sku}:{units}:250");
                    let cells: Vec<String> = lines.iter().map(cell).collect();
                    let country = ["GB", "GB", "GB", "DE", "FR", ""][random.below(6) as usize];
                    format!("{number},order,{at},{customer},{country},{},", cells.join("|"))
                }
            };
            orders.push_str(&row);
            orders.push('\n');
        }
        Self { orders, links, products: products(count) }
    }
}

fn sku(item: u64) -> String {
    format!("S{item:03}")
}

/// Twenty minutes from document to document, from 2011-01-01 on.
fn moment(nth: u64) -> String {
    let (day, minutes) = (nth / 24, (nth % 24) * 20 + 480);
    let (month, day) = (1 + day / 28, 1 + day % 28);
    let (year, month) = (2011 + (month - 1) / 12, 1 + (month - 1) % 12);
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}", minutes / 60, minutes % 60)
}

fn products(documents: u64) -> String {
    let head = "sku,description,median_pence,first_sold,last_sold,orders,lines,units,\
                stock_static_5pct,stock_weekly_topup_5pct\n";
    // An item is asked for in one of about twenty documents, twelve units at a time: half of that.
    let stock = documents * 7 * 12 / ITEMS / 2;
    let row = |item| format!("{},thing,250,,,0,0,0,{stock},{}\n", sku(item), stock / 50);
    std::iter::once(head.to_owned()).chain((0..ITEMS).map(row)).collect()
}
