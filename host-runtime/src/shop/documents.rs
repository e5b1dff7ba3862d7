//! The documents of a shop, and the compact file they are read from.
//!
//! Law: a document means the same whichever form it was read from, and documents are in
//! time order (then by number), each number once.
//!
//! The compact form has one document a row: `doc,kind,at,customer,country,lines,charges`, where
//! `lines` and `charges` are `SKU:quantity:pence` joined by `|`. The other form is in
//! [`super::uci`]; the header tells which of the two a file has.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use super::calendar;
use super::countries::Countries;
use super::input::{self, BadInput, Row, Table};
use super::uci;

/// One document of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// The invoice number; `C..` undoes something, `A..` is an entry of the bookkeeper's.
    pub(crate) number: String,
    /// When it was written, in milliseconds since 1970, local time read as UTC.
    pub(crate) at: u64,
    /// What it is.
    pub(crate) kind: Kind,
    /// Who it was for, if known.
    pub(crate) customer: Option<String>,
    /// Where it went, as ISO 3166-1 alpha-2, if known.
    pub(crate) country: Option<String>,
    /// Physical items, in the order of the rows; one SKU may come several times.
    pub(crate) goods: Vec<Goods>,
    /// Postage, discounts, fees: what has a price but is in no warehouse.
    pub(crate) charges: Vec<Charge>,
}

/// What a document is. [`Kind::of`] tells it from the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Goods for a price.
    Order,
    /// Goods that are not wanted after all, before or after shipping; quantities are negative.
    Cancel,
    /// Free of charge and for nobody: stock that was found or lost.
    Adjust,
    /// Money back, without goods.
    Credit,
    /// Charges, without goods.
    Fee,
    /// A bad debt.
    Debt,
}

/// One line of a document that moves goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goods {
    /// The upper-case SKU.
    pub(crate) sku: String,
    /// Units; negative in a cancellation and for a loss, never zero.
    pub(crate) quantity: i64,
    /// The price of one unit.
    pub(crate) price: Price,
}

/// One line of a document that moves money only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The upper-case code, such as `POST`.
    pub(crate) code: String,
    /// How many times; negative in a credit.
    pub(crate) quantity: i64,
    /// The price of one; negative when a debt is written off.
    pub(crate) price: Price,
}

/// A price in 1/10,000 of the major unit: a tenth of a penny is 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Price(pub(crate) i64);

impl Kind {
    #[cfg(test)]
    /// All kinds, in the order they are reported.
    pub(crate) const ALL: [Self; 6] =
        [Self::Order, Self::Cancel, Self::Adjust, Self::Credit, Self::Fee, Self::Debt];

    /// The word for it in files and tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Cancel => "cancel",
            Self::Adjust => "adjust",
            Self::Credit => "credit",
            Self::Fee => "fee",
            Self::Debt => "debt",
        }
    }

    /// Tells the kind from the contents, the same way for every form of file: `A..` is a debt,
    /// `C..` a cancellation or (without goods) a credit, what is free and for nobody an
    /// adjustment, what has goods an order, and the rest are fees.
    pub(crate) fn of(document: &Document) -> Self {
        let goods = !document.goods.is_empty();
        let free = document.goods.iter().all(|line| line.price == Price(0))
            && document.charges.iter().all(|line| line.price == Price(0));
        match document.number.as_bytes().first() {
            Some(b'A') => Self::Debt,
            Some(b'C') if goods => Self::Cancel,
            Some(b'C') => Self::Credit,
            _ if free && document.customer.is_none() => Self::Adjust,
            _ if goods => Self::Order,
            _ => Self::Fee,
        }
    }

    /// True if a line of goods may have this quantity.
    pub(crate) fn allows(self, quantity: i64) -> bool {
        match self {
            Self::Order | Self::Fee => quantity > 0,
            Self::Cancel | Self::Credit => quantity < 0,
            Self::Adjust | Self::Debt => quantity != 0,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Document {
    /// Units of goods, negative ones counted as such.
    pub(crate) fn units(&self) -> i64 {
        self.goods.iter().map(|line| line.quantity).sum()
    }

    #[cfg(test)]
    /// Goods and charges, in 1/10,000 of the major unit.
    pub(crate) fn value(&self) -> i128 {
        let of = |quantity: i64, price: Price| i128::from(quantity) * i128::from(price.0);
        let goods: i128 = self.goods.iter().map(|line| of(line.quantity, line.price)).sum();
        let charges: i128 = self.charges.iter().map(|line| of(line.quantity, line.price)).sum();
        goods + charges
    }
}

/// Reads the documents of a file of either form, packed or not.
///
/// `countries` translates the labels of the original form; the compact form needs none.
///
/// # Errors
/// The first thing that cannot be understood, with its place.
pub(crate) fn read(path: &Path, countries: &Countries) -> Result<Vec<Document>, BadInput> {
    let table = Table::open(path)?;
    let file = table.file().to_owned();
    let documents = if table.has("doc") {
        read_compact(table)?
    } else if uci::is_uci(&table) {
        uci::read(table, countries)?
    } else {
        let problem = "the header is of neither form of an orders file";
        let forms = "it must be `doc,kind,at,customer,country,lines,charges` or `InvoiceNo,\
            StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country`";
        return Err(BadInput::in_file(&file, problem, forms));
    };
    in_order(&file, documents)
}

/// Puts documents in order, and refuses a number that comes twice.
fn in_order(file: &str, mut documents: Vec<Document>) -> Result<Vec<Document>, BadInput> {
    let mut seen = HashMap::with_capacity(documents.len());
    for document in &documents {
        if let Some(at) = seen.insert(document.number.as_str(), document.at) {
            let (first, second) = (calendar::format(at), calendar::format(document.at));
            let problem = format!("the number comes twice, at {first} and at {second}");
            let advice = "give each document one row and a number of its own";
            return Err(BadInput::in_file(file, problem, advice).of_document(&document.number));
        }
    }
    sort(&mut documents);
    Ok(documents)
}

/// Sorts documents by time, then by number.
pub(crate) fn sort(documents: &mut [Document]) {
    documents.sort_by(|a, b| (a.at, &a.number).cmp(&(b.at, &b.number)));
}

fn read_compact(mut table: Table) -> Result<Vec<Document>, BadInput> {
    let columns =
        table.columns(["doc", "kind", "at", "customer", "country", "lines", "charges"])?;
    let mut documents = Vec::new();
    while let Some(row) = table.next_row()? {
        let number = row.code(columns[0])?;
        documents.push(compact(&row, columns).map_err(|error| error.of_document(number))?);
    }
    Ok(documents)
}

fn compact(row: &Row<'_>, columns: [usize; 7]) -> Result<Document, BadInput> {
    let [number, kind, at, customer, country, lines, charges] = columns;
    let mut document = Document {
        number: row.code(number)?.to_owned(),
        at: row.parsed(at, calendar::parse, calendar::FORMS)?,
        kind: Kind::Order,
        customer: optional(row, customer)?,
        country: optional(row, country)?,
        goods: Vec::new(),
        charges: Vec::new(),
    };
    each_line(row, lines, |sku, quantity, price| {
        document.goods.push(Goods { sku, quantity, price });
    })?;
    each_line(row, charges, |code, quantity, price| {
        document.charges.push(Charge { code, quantity, price });
    })?;
    document.kind = Kind::of(&document);
    let (written, kind) = (row.text(kind)?, document.kind);
    if written != kind.word() {
        let problem = format!("the kind is `{written}` but the contents are of kind `{kind}`");
        let advice = "correct the kind, or the number, customer and prices that it follows from";
        return Err(row.refuse(columns[1], problem, advice));
    }
    if let Some(line) = document.goods.iter().find(|line| !kind.allows(line.quantity)) {
        let problem = format!("`{}` has quantity {}", line.sku, line.quantity);
        let advice = "an order has quantities above zero, a cancellation below, and none is zero";
        return Err(row.refuse(lines, problem, advice));
    }
    Ok(document)
}

fn optional(row: &Row<'_>, column: usize) -> Result<Option<String>, BadInput> {
    if row.text(column)?.is_empty() {
        return Ok(None);
    }
    row.code(column).map(|text| Some(text.to_owned()))
}

fn each_line(
    row: &Row<'_>,
    column: usize,
    mut line: impl FnMut(String, i64, Price),
) -> Result<(), BadInput> {
    let text = row.text(column)?;
    for part in text.split('|').filter(|_| !text.is_empty()) {
        let (sku, quantity, price) = entry(part).ok_or_else(|| {
            let problem = format!("`{}` is no line", part.escape_debug());
            row.refuse(column, problem, "write `SKU:quantity:pence`, as in `85123A:6:255`")
        })?;
        line(sku, quantity, price);
    }
    Ok(())
}

/// `SKU:quantity:pence`; pence may have two decimals.
fn entry(text: &str) -> Option<(String, i64, Price)> {
    let mut parts = text.splitn(3, ':');
    let (sku, quantity, pence) = (parts.next()?.trim(), parts.next()?, parts.next()?);
    let price = Price(input::decimal(pence, 2)?);
    input::is_code(sku).then_some((sku.to_uppercase(), input::whole(quantity)?, price))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "doc,kind,at,customer,country,lines,charges\n";

    fn parsed(rows: &str) -> Result<Vec<Document>, BadInput> {
        read_compact(Table::from_text("orders.csv", &format!("{HEADER}{rows}"))?)
            .and_then(|documents| in_order("orders.csv", documents))
    }

    #[track_caller]
    fn refused(rows: &str, expected: &str) {
        let error = parsed(rows).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_tenth_of_a_penny_is_ten() {
        let documents = parsed("1,order,2010-12-01T08:26,17850,GB,85123a:6:0.1,POST:1:12.34\n");
        let document = documents.unwrap().remove(0);
        assert_eq!(document.goods, [Goods { sku: "85123A".into(), quantity: 6, price: Price(10) }]);
        assert_eq!(document.charges[0].price, Price(1_234));
        assert_eq!((document.units(), document.value()), (6, 1_294));
    }

    #[test]
    fn documents_come_out_in_time_order() {
        let row = |number, at| format!("{number},order,2010-12-01T{at},7,GB,A:1:100,\n");
        let rows = [row("3", "09:00"), row("2", "08:00"), row("1", "09:00")].concat();
        let numbers: Vec<_> =
            parsed(&rows).unwrap().into_iter().map(|document| document.number).collect();
        assert_eq!(numbers, ["2", "1", "3"]);
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_its_place() {
        refused(
            "1,order,2010-12-01T08:26,7,GB,A:six:255,\n",
            "`orders.csv` row 2, document `1`, column `lines`: `A:six:255` is no line; \
             write `SKU:quantity:pence`",
        );
        refused(
            "1,order,yesterday,7,GB,A:1:255,\n",
            "`orders.csv` row 2, document `1`, column `at`: `yesterday` cannot be understood",
        );
        refused(
            "1,order,2010-12-01T08:26,7,GB,A:-1:255,\n",
            "`orders.csv` row 2, document `1`, column `lines`: `A` has quantity -1",
        );
        refused(
            "1,cancel,2010-12-01T08:26,7,GB,A:1:255,\n",
            "`orders.csv` row 2, document `1`, column `kind`: the kind is `cancel` but",
        );
        refused(
            "1,order,2010-12-01T08:26,7,GB,A:1:255|,\n",
            "`orders.csv` row 2, document `1`, column `lines`: `` is no line",
        );
        let twice = "1,order,2010-12-01T08:26,7,GB,A:1:255,\n".repeat(2);
        refused(&twice, "`orders.csv`, document `1`: the number comes twice");
        refused(",order,2010-12-01T08:26,7,GB,A:1:255,\n", "`orders.csv` row 2, column `doc`");
    }
}
