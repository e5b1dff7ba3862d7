//! Opening and reading tables that others wrote.
//!
//! Law: nothing is skipped. What cannot be understood is a [`BadInput`] that names the file,
//! the row, the document, the column, and what to do about it.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use csv::{ByteRecord, ErrorKind};
use flate2::read::MultiGzDecoder;

/// Bytes of a code, a name or a number, so that keys stay small; the core has the same bound.
pub(crate) const TEXT_BYTES: usize = 128;

/// The largest quantity, price or coordinate that is read, in its smallest unit. Sums over
/// a million lines of it still fit 64 bits.
const NUMBER_MAX: i64 = 1_000_000_000_000;

/// The first bytes of every gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file that cannot be used, with the place and the way out.
#[derive(Debug)]
pub(crate) struct BadInput(Box<Place>);

#[derive(Debug)]
struct Place {
    file: String,
    row: Option<u64>,
    document: Option<String>,
    column: Option<String>,
    problem: String,
    advice: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl BadInput {
    /// A problem with a file as a whole.
    pub(crate) fn in_file(file: &str, problem: impl Into<String>, advice: &str) -> Self {
        Self(Box::new(Place {
            file: file.into(),
            row: None,
            document: None,
            column: None,
            problem: problem.into(),
            advice: advice.into(),
            source: None,
        }))
    }

    /// Says which document the row belongs to.
    pub(crate) fn of_document(mut self, number: &str) -> Self {
        self.0.document = Some(number.into());
        self
    }

    fn at_row(mut self, row: u64) -> Self {
        self.0.row = Some(row);
        self
    }

    fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.file)?;
        if let Some(row) = self.0.row {
            write!(f, " row {row}")?;
        }
        if let Some(document) = &self.0.document {
            write!(f, ", document `{document}`")?;
        }
        if let Some(column) = &self.0.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}; {}", self.0.problem, self.0.advice)
    }
}

impl std::error::Error for BadInput {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A table with a header, read row by row; plain or gzip, told by the content.
pub(crate) struct Table {
    file: String,
    columns: Vec<String>,
    rows: csv::Reader<Box<dyn Read>>,
    cells: ByteRecord,
    row: u64,
    /// Where each row stands in the file, if comments were taken out.
    places: Vec<u64>,
}

impl Table {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, BadInput> {
        let file = path.display().to_string();
        let unreadable = |error| {
            BadInput::in_file(&file, "the file cannot be read", "check its name and permissions")
                .because(error)
        };
        let mut bytes = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
        let packed = bytes.fill_buf().map_err(unreadable)?.starts_with(&GZIP_MAGIC);
        let plain: Box<dyn Read> =
            if packed { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        Self::from_reader(file, plain, Vec::new())
    }

    /// Reads a table that is at hand as text, where rows that begin with `#` are comments; `name`
    /// stands for the file in errors.
    pub(crate) fn from_text(name: &str, text: &str) -> Result<Self, BadInput> {
        let (mut rows, mut places) = (String::with_capacity(text.len()), Vec::new());
        for (line, place) in text.lines().zip(1..) {
            if !line.trim().is_empty() && !line.starts_with('#') {
                rows.push_str(line);
                rows.push('\n');
                places.push(place);
            }
        }
        Self::from_reader(name.into(), Box::new(Cursor::new(rows.into_bytes())), places)
    }

    fn from_reader(file: String, bytes: Box<dyn Read>, places: Vec<u64>) -> Result<Self, BadInput> {
        let mut rows = csv::Reader::from_reader(bytes);
        let header = rows.byte_headers().map_err(|error| of_csv(&file, 1, error))?;
        let columns =
            header.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
        Ok(Self { file, columns, rows, cells: ByteRecord::new(), row: 1, places })
    }

    /// The name of the file, for errors.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// True if the header has a column of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }

    /// The positions of the named columns; the first that is missing is the error.
    pub(crate) fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], BadInput> {
        let mut positions = [0; N];
        for (position, name) in positions.iter_mut().zip(names) {
            *position = self.columns.iter().position(|column| column == name).ok_or_else(|| {
                let found = self.columns.join(",");
                BadInput::in_file(
                    &self.file,
                    format!("the header `{found}` has no column `{name}`"),
                    &format!("the first row must name the columns {}", names.join(",")),
                )
            })?;
        }
        Ok(positions)
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_>>, BadInput> {
        self.row += 1;
        let counted = usize::try_from(self.row - 1).ok();
        let number = counted.and_then(|row| self.places.get(row).copied()).unwrap_or(self.row);
        let more = self.rows.read_byte_record(&mut self.cells);
        let more = more.map_err(|error| of_csv(&self.file, number, error))?;
        let (file, columns, cells) = (&self.file, &self.columns, &self.cells);
        Ok(more.then_some(Row { file, columns, number, cells }))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("file", &self.file).finish_non_exhaustive()
    }
}

/// One row of a table. Rows are counted as a spreadsheet shows them: the header is row 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    file: &'a str,
    columns: &'a [String],
    number: u64,
    cells: &'a ByteRecord,
}

impl<'a> Row<'a> {
    /// The text of a cell without the blanks around it.
    pub(crate) fn text(&self, column: usize) -> Result<&'a str, BadInput> {
        let cell = self.cells.get(column).unwrap_or_default();
        let text = std::str::from_utf8(cell).map_err(|error| {
            self.refuse(column, "the text is not UTF-8", "save the file as UTF-8").because(error)
        })?;
        Ok(text.trim())
    }

    /// The text of a cell that may be in any encoding: what is not UTF-8 becomes `\u{fffd}`.
    pub(crate) fn description(&self, column: usize) -> String {
        String::from_utf8_lossy(self.cells.get(column).unwrap_or_default()).trim().to_owned()
    }

    /// A short text that must not be empty: a code, a SKU, the number of a document.
    pub(crate) fn code(&self, column: usize) -> Result<&'a str, BadInput> {
        let text = self.text(column)?;
        if is_code(text) {
            return Ok(text);
        }
        let problem = format!("`{}` is no code", shortened(text));
        Err(self.refuse(column, problem, "a code has 1 to 128 bytes and no control characters"))
    }

    /// A cell that is parsed; `form` says what was expected.
    pub(crate) fn parsed<T>(
        &self,
        column: usize,
        parse: impl FnOnce(&str) -> Option<T>,
        form: &str,
    ) -> Result<T, BadInput> {
        let text = self.text(column)?;
        parse(text).ok_or_else(|| {
            let problem = format!("`{}` cannot be understood", shortened(text));
            self.refuse(column, problem, &format!("write {form}"))
        })
    }

    /// The error for this cell.
    pub(crate) fn refuse(
        &self,
        column: usize,
        problem: impl Into<String>,
        advice: &str,
    ) -> BadInput {
        let mut error = BadInput::in_file(self.file, problem, advice).at_row(self.number);
        error.0.column = self.columns.get(column).cloned();
        error
    }
}

/// True for what may serve as a key.
pub(crate) fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES && !text.chars().any(char::is_control)
}

/// A decimal number as a whole number of its `places`-th decimal: `decimal("2.55", 4)` is 25,500.
/// More decimals are refused unless they are zeros, because nothing is rounded here.
pub(crate) fn decimal(text: &str, places: usize) -> Option<i64> {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let (kept, spare) = part.split_at(part.len().min(places));
    if spare.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let scaled: i64 = format!("{whole}{kept:0<places$}").parse().ok()?;
    (scaled <= NUMBER_MAX).then_some(if minus { -scaled } else { scaled })
}

/// A whole number, with or without a sign.
pub(crate) fn whole(text: &str) -> Option<i64> {
    decimal(text, 0).filter(|_| !text.contains('.'))
}

/// Degrees as micro-degrees within plus or minus `limit` degrees; finer decimals (less than
/// 0.1 m) are cut off.
pub(crate) fn microdegrees(text: &str, limit: i64) -> Option<i32> {
    let end = text.find('.').map_or(text.len(), |dot| text.len().min(dot + 7));
    if !text.get(end..)?.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scaled = decimal(text.get(..end)?, 6)?;
    (scaled.abs() <= limit * 1_000_000).then_some(scaled)?.try_into().ok()
}

fn of_csv(file: &str, row: u64, error: csv::Error) -> BadInput {
    let (problem, advice) = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => (
            format!("the row has {len} fields where the header has {expected_len}"),
            "repair the row: a text with a comma in it needs quotes around it",
        ),
        ErrorKind::Io(_) => ("the file breaks off or is damaged".into(), "fetch it again"),
        _ => ("the row cannot be read".into(), "save the file as comma-separated text"),
    };
    BadInput::in_file(file, problem, advice).at_row(row).because(error)
}

/// Enough of a text to recognise it, on one line.
fn shortened(text: &str) -> String {
    const CHARACTERS: usize = 40;
    let mut short: String = text.chars().take(CHARACTERS).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS).is_some() {
        short.push_str("..");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, expected) in [
            ("2.55", Some(25_500)),
            ("18.0", Some(180_000)),
            ("0.001", Some(10)),
            ("-11062.06", Some(-110_620_600)),
            ("7", Some(70_000)),
            ("2.550000", Some(25_500)),
            ("2.55001", None),
            ("", None),
            (".5", None),
            ("-", None),
            ("1e3", None),
            ("+1", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(decimal(text, 4), expected, "{text}");
        }
        assert_eq!((whole("-12"), whole("1.0"), whole("x")), (Some(-12), None, None));
    }

    #[test]
    fn degrees_are_bounded_and_cut_at_six_decimals() {
        assert_eq!(microdegrees("-0.12574", 180), Some(-125_740));
        assert_eq!(microdegrees("51.123456789", 90), Some(51_123_456));
        assert_eq!(microdegrees("90.000001", 90), None);
        assert_eq!(microdegrees("51.1234567x", 90), None);
        assert_eq!(microdegrees("north", 90), None);
    }

    #[test]
    fn an_error_names_file_row_column_and_the_way_out() {
        let mut table = Table::from_text("t.csv", "a,b\n1,2\n# not a row\n\nx,three\n").unwrap();
        let [_, b] = table.columns(["a", "b"]).unwrap();
        assert_eq!(table.next_row().unwrap().unwrap().parsed(b, whole, "").unwrap(), 2);
        let row = table.next_row().unwrap().unwrap();
        let error = row.parsed(b, whole, "a whole number").unwrap_err().of_document("7");
        assert_eq!(
            error.to_string(),
            "`t.csv` row 5, document `7`, column `b`: `three` cannot be understood; \
             write a whole number"
        );
    }

    #[test]
    fn a_row_of_the_wrong_length_and_a_missing_column_are_errors() {
        let mut table = Table::from_text("t.csv", "a,b\n1,2,3\n").unwrap();
        let error = table.next_row().unwrap_err().to_string();
        assert!(error.starts_with("`t.csv` row 2: the row has 3 fields"), "{error}");
        let error = table.columns(["a", "c"]).unwrap_err().to_string();
        assert!(error.contains("the header `a,b` has no column `c`"), "{error}");
    }
}
