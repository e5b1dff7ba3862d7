//! Both forms of an orders file, written here and read back.
//!
//! Law: the same documents in either form, packed or not, are equal.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::shop::calendar::{self, MINUTE};
use crate::shop::countries::Countries;
use crate::shop::documents::{self, Document, Kind, Price};
use crate::shop::generate;
use crate::shop::sources::Shop;

#[test]
fn both_forms_of_the_same_documents_are_equal() {
    let shop = super::any();
    let sample = sample(&shop.documents);
    for kind in Kind::ALL {
        assert!(sample.iter().any(|document| document.kind == kind), "no {kind} in the sample");
    }
    let folder = tempfile::tempdir().unwrap();
    let read = |path: &Path| documents::read(path, &shop.countries).unwrap();
    let original = write(folder.path(), "retail.csv", &uci(&sample, &shop.countries));
    assert_eq!(read(&original), sample);
    let compact = write(folder.path(), "orders.csv", compact(&sample).as_bytes());
    assert_eq!(read(&compact), sample);
}

#[test]
fn a_packed_file_is_told_by_its_content_and_a_broken_one_is_refused() {
    let shop = generate::shop(5, 300);
    let folder = tempfile::tempdir().unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(compact(&shop.documents).as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let path = write(folder.path(), "orders.csv", &packed);
    assert_eq!(documents::read(&path, &shop.countries).unwrap(), shop.documents);

    let path = write(folder.path(), "short.csv", &packed[..packed.len() / 2]);
    let error = documents::read(&path, &shop.countries).unwrap_err().to_string();
    assert!(error.contains("short.csv` row ") && error.contains("breaks off"), "{error}");

    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let path = write(folder.path(), "flipped.csv", &flipped);
    let error = documents::read(&path, &shop.countries).unwrap_err().to_string();
    assert!(error.contains("breaks off or is damaged"), "{error}");
}

#[test]
fn a_file_of_neither_form_and_a_missing_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "other.csv", b"id,name\n1,x\n");
    let countries = Countries::default();
    let error = documents::read(&path, &countries).unwrap_err().to_string();
    assert!(error.contains("of neither form"), "{error}");
    let error = documents::read(&folder.path().join("none.csv"), &countries).unwrap_err();
    assert!(error.to_string().contains("none.csv`: the file cannot be read"), "{error}");
    let error = Shop::read(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("orders.csv`: there is no file with the orders"), "{error}");
}

#[test]
fn a_shop_without_the_other_files_says_what_it_does_instead() {
    let made = generate::shop(5, 300);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "orders.csv", compact(&made.documents).as_bytes());
    let error = Shop::read(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("there is no file with the coordinates of the countries"), "{error}");

    let mut rows = String::from("label,iso2,ref_city,lat,lon,international\n");
    let codes: std::collections::BTreeSet<_> =
        made.documents.iter().filter_map(|document| document.country.as_deref()).collect();
    for code in codes {
        writeln!(rows, "{code},{code},Town,51.5,-0.1,{}", u8::from(code != "GB")).unwrap();
    }
    write(folder.path(), "countries.csv", rows.as_bytes());
    let shop = Shop::read(folder.path(), None).unwrap();
    assert_eq!(shop.documents, made.documents);
    assert_eq!(shop.notes.len(), 3, "{:?}", shop.notes);
    assert!(shop.links.totals().0 > 0 && shop.products.len() > 10);
}

/// The first documents, all of the rare kinds, and all with a charge that is not just postage.
fn sample(documents: &[Document]) -> Vec<Document> {
    let rare = |document: &Document| {
        !matches!(document.kind, Kind::Order | Kind::Cancel)
            || document.charges.iter().any(|row| row.code != "POST" && row.code != "DOT")
    };
    let chosen = documents.iter().enumerate().filter(|(at, it)| *at < 1_500 || rare(it));
    chosen.map(|(_, document)| document.clone()).collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A whole number of 1/10,000 as a decimal number of its `places`-th part.
fn decimal(Price(price): Price, places: u32) -> String {
    let scale = 10_i64.pow(places);
    let sign = if price < 0 { "-" } else { "" };
    let (whole, part) = (price.abs() / scale, price.abs() % scale);
    format!("{sign}{whole}.{part:0width$}", width = places as usize)
}

fn compact(documents: &[Document]) -> String {
    let mut text = String::from("doc,kind,at,customer,country,lines,charges\n");
    for document in documents {
        let entry = |code: &str, quantity: i64, price: Price| {
            format!("{code}:{quantity}:{}", decimal(price, 2))
        };
        let goods: Vec<_> =
            document.goods.iter().map(|row| entry(&row.sku, row.quantity, row.price)).collect();
        let charges: Vec<_> =
            document.charges.iter().map(|row| entry(&row.code, row.quantity, row.price)).collect();
        let Document { number, kind, at, customer, country, .. } = document;
        let (at, goods, charges) = (calendar::format(*at), goods.join("|"), charges.join("|"));
        let (customer, country) =
            (customer.as_deref().unwrap_or(""), country.as_deref().unwrap_or(""));
        writeln!(text, "{number},{kind},{at},{customer},{country},{goods},{charges}").unwrap();
    }
    text
}

/// The original form with its oddities: both ways to write a time, codes in lower case,
/// customers as decimal numbers, documents over two minutes, descriptions that are not UTF-8.
fn uci(documents: &[Document], countries: &Countries) -> Vec<u8> {
    let mut bytes = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,\
        Country\r\n"
        .to_vec();
    for (which, document) in documents.iter().enumerate() {
        let country = countries.label(document.country.as_deref()).unwrap();
        let customer = match &document.customer {
            Some(name) if which % 2 == 0 => format!("{name}.0"),
            Some(name) => name.clone(),
            None => String::new(),
        };
        let goods = document.goods.iter().map(|row| (&row.sku, row.quantity, row.price));
        let charges = document.charges.iter().map(|row| (&row.code, row.quantity, row.price));
        for (place, (code, quantity, price)) in goods.chain(charges).enumerate() {
            let late = if which % 7 == 0 && place > 0 { MINUTE } else { 0 };
            let at = written(document.at + late, which % 3 == 0);
            let code = if place % 3 == 1 { code.to_lowercase() } else { code.clone() };
            let price = decimal(price, 4);
            bytes.extend(format!("{},{code},\"LAMP, 5", document.number).bytes());
            bytes.push(0xa3);
            bytes.extend(format!("\",{quantity},{at},{price},{customer},{country}\r\n").bytes());
        }
    }
    bytes
}

fn written(at: u64, american: bool) -> String {
    let text = calendar::format(at);
    let (date, time) = text.split_once('T').unwrap();
    if american {
        let (year, month, day) = calendar::date(at);
        return format!("{month}/{day}/{year} {}", time.trim_start_matches('0'));
    }
    format!("{date} {time}:00")
}
