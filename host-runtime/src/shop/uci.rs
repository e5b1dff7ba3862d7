//! The original form of the orders file: one row a line, as the UCI repository publishes it.
//!
//! Law: the rows of one invoice become one document that equals the compact form's, by
//! these rules:
//!
//! - codes and SKUs are upper-cased (112 of them occur in two cases);
//! - the codes in [`is_charge`] are charges, all others goods;
//! - an invoice has the time of its earliest row (43 invoices span two minutes);
//! - an empty customer is an unknown one, and `17850.0` is `17850`;
//! - labels of countries are translated by the countries file; some mean "unknown";
//! - the kind follows from the contents ([`Kind::of`]).
//!
//! Descriptions are not read, so their encoding does not matter. Months come before days.

use std::collections::HashMap;

use super::calendar;
use super::countries::Countries;
use super::documents::{Charge, Document, Goods, Kind, Price};
use super::input::{self, BadInput, Row, Table};

/// The columns of the original form, and of its later edition ("Online Retail II").
const HEADERS: [[&str; 7]; 2] = [
    ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"],
    ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"],
];

/// True for codes that have a price but are in no warehouse.
pub(crate) fn is_charge(code: &str) -> bool {
    const CODES: [&str; 11] =
        ["POST", "DOT", "M", "D", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "B", "PADS"];
    CODES.contains(&code) || code.starts_with("GIFT_0001_")
}

/// True if the header is of this form.
pub(crate) fn is_uci(table: &Table) -> bool {
    HEADERS.iter().any(|[invoice, code, ..]| table.has(invoice) && table.has(code))
}

/// Groups the rows of a table into documents, in the order in which they first appear.
pub(crate) fn read(mut table: Table, countries: &Countries) -> Result<Vec<Document>, BadInput> {
    let [first, second] = HEADERS;
    let columns = if table.has(first[0]) { table.columns(first) } else { table.columns(second) }?;
    let mut documents: Vec<Document> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    while let Some(row) = table.next_row()? {
        let line = line(&row, columns, countries)?;
        let of = |error: BadInput| error.of_document(line.number);
        let at = place.get(line.number).copied().unwrap_or(documents.len());
        match documents.get_mut(at) {
            Some(document) => {
                agrees(&row, columns, document, &line).map_err(of)?;
                document.at = document.at.min(line.at);
            }
            None => {
                place.insert(line.number.to_owned(), at);
                documents.push(opened(&line));
            }
        }
        if let Some(document) = documents.get_mut(at) {
            add(document, line);
        }
    }
    let file = table.file();
    documents.iter_mut().try_for_each(|document| close(file, document))?;
    Ok(documents)
}

/// One row, understood.
struct Line<'a> {
    number: &'a str,
    at: u64,
    code: String,
    quantity: i64,
    price: Price,
    customer: Option<&'a str>,
    country: Option<&'a str>,
}

fn line<'a>(
    row: &Row<'a>,
    [number, code, quantity, at, price, customer, country]: [usize; 7],
    countries: &'a Countries,
) -> Result<Line<'a>, BadInput> {
    let invoice = row.code(number)?;
    let read = || {
        let label = row.text(country)?;
        Ok(Line {
            number: invoice,
            at: row.parsed(at, calendar::parse, calendar::FORMS)?,
            code: row.code(code)?.to_uppercase(),
            quantity: row.parsed(quantity, input::whole, "a whole number of units")?,
            price: row.parsed(
                price,
                |text| input::decimal(text, 4).map(Price),
                "pounds with at most four decimals",
            )?,
            customer: known(row.text(customer)?),
            country: countries.iso2_of_label(label).ok_or_else(|| {
                let problem = format!("the country `{label}` is not in the countries file");
                row.refuse(country, problem, "add its row to `countries.csv` beside the orders")
            })?,
        })
    };
    read().map_err(|error: BadInput| error.of_document(invoice))
}

/// Spreadsheets turn customers into decimal numbers, and missing ones into words.
fn known(customer: &str) -> Option<&str> {
    let customer = customer.strip_suffix(".0").unwrap_or(customer);
    let missing = customer.is_empty() || ["nan", "NaN", "NULL", "null"].contains(&customer);
    (!missing).then_some(customer)
}

fn opened(line: &Line<'_>) -> Document {
    Document {
        number: line.number.to_owned(),
        at: line.at,
        kind: Kind::Order,
        customer: line.customer.map(str::to_owned),
        country: line.country.map(str::to_owned),
        goods: Vec::new(),
        charges: Vec::new(),
    }
}

/// An invoice has one customer and one country.
fn agrees(
    row: &Row<'_>,
    columns: [usize; 7],
    document: &Document,
    line: &Line<'_>,
) -> Result<(), BadInput> {
    let [.., customer, country] = columns;
    let advice = "all rows of an invoice have one customer and one country: split the invoice";
    if document.customer.as_deref() != line.customer {
        return Err(row.refuse(customer, "differs from the invoice's rows before it", advice));
    }
    if document.country.as_deref() != line.country {
        return Err(row.refuse(country, "differs from the invoice's rows before it", advice));
    }
    Ok(())
}

fn add(document: &mut Document, line: Line<'_>) {
    let Line { code, quantity, price, .. } = line;
    if is_charge(&code) {
        document.charges.push(Charge { code, quantity, price });
    } else {
        document.goods.push(Goods { sku: code, quantity, price });
    }
}

/// Settles the kind, now that all rows are known.
fn close(file: &str, document: &mut Document) -> Result<(), BadInput> {
    document.kind = Kind::of(document);
    let kind = document.kind;
    match document.goods.iter().find(|line| !kind.allows(line.quantity)) {
        None => Ok(()),
        Some(line) => {
            let problem = format!("`{}` has quantity {} in the {kind}", line.sku, line.quantity);
            let advice = "orders have quantities above zero, cancellations (`C..`) below zero, \
                and stock adjustments no customer and no price";
            Err(BadInput::in_file(file, problem, advice).of_document(&document.number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn parsed(rows: &str) -> Result<Vec<Document>, BadInput> {
        let countries = "label,iso2,ref_city,lat,lon,international\n\
            United Kingdom,GB,London,51.50853,-0.12574,0\nUnspecified,,,,,1\n";
        let countries = Countries::from_table(Table::from_text("countries.csv", countries)?)?;
        read(Table::from_text("retail.csv", &format!("{HEADER}{rows}"))?, &countries)
    }

    #[track_caller]
    fn refused(rows: &str, expected: &str) {
        let error = parsed(rows).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn rows_of_one_invoice_are_one_document_even_if_others_come_between() {
        let documents = parsed(
            "1,85123a,\"LAMP, RED\",6,2010-12-01 08:27:00,2.55,17850.0,United Kingdom\n\
             2,B,Adjust bad debt,1,12/1/2010 8:26,11062.06,,Unspecified\n\
             1,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom\n\
             C3,85123A,LAMP,-6,2010-12-02 08:26:00,2.55,17850.0,United Kingdom\n\
             4,85123A,lost,-6,2010-12-02 08:26:00,0.0,,United Kingdom\n",
        )
        .unwrap();
        let [one, two, three, four] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!((one.kind, one.goods.len(), one.charges.len()), (Kind::Order, 1, 1));
        assert_eq!((one.goods[0].sku.as_str(), one.goods[0].price), ("85123A", Price(25_500)));
        assert_eq!(one.at, calendar::parse("2010-12-01T08:26").unwrap());
        assert_eq!(one.customer.as_deref(), Some("17850"));
        assert_eq!((two.kind, &two.country, &two.customer), (Kind::Fee, &None, &None));
        assert_eq!((three.kind, four.kind), (Kind::Cancel, Kind::Adjust));
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_its_place() {
        refused(
            "1,X,,6,2010-12-01 08:27,2.555555,7,United Kingdom\n",
            "`retail.csv` row 2, document `1`, column `UnitPrice`: `2.555555` cannot",
        );
        refused(
            "1,X,,6,1.12.2010,2.5,7,United Kingdom\n",
            "`retail.csv` row 2, document `1`, column `InvoiceDate`: `1.12.2010` cannot",
        );
        refused(
            "1,X,,6,2010-12-01 08:27,2.5,7,Atlantis\n",
            "`retail.csv` row 2, document `1`, column `Country`: the country `Atlantis` is not",
        );
        refused(
            "1,X,,6,2010-12-01 08:27,2.5,7,United Kingdom\n\
             1,X,,6,2010-12-01 08:27,2.5,8,United Kingdom\n",
            "`retail.csv` row 3, document `1`, column `CustomerID`: differs",
        );
        refused(
            "1,X,,-6,2010-12-01 08:27,2.5,7,United Kingdom\n",
            "`retail.csv`, document `1`: `X` has quantity -6 in the order",
        );
    }
}
