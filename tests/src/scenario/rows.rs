//! Which known bugs of other systems the tables hold against this one.
//! Each is a row with a number; a scenario of it is named `NN-..`, and what is put off says why.

use std::collections::{BTreeMap, BTreeSet};

use super::Scenario;

/// The rows there are.
pub const ROWS: std::ops::RangeInclusive<u8> = 1..=24;

/// The row that a scenario is about, by its name; none for one of its own.
#[must_use]
pub fn row(scenario: &Scenario) -> Option<u8> {
    let (number, _) = scenario.name.split_once('-')?;
    let row: u8 = (number.len() == 2).then(|| number.parse().ok())??;
    ROWS.contains(&row).then_some(row)
}

/// The rows of a table of what is put off: `21 lots: why`, a line each.
///
/// # Errors
/// The first line that is none.
pub fn put_off(table: &str) -> Result<BTreeMap<u8, String>, String> {
    let read = |text: &str| {
        let (row, rest) = text.split_once(' ')?;
        let (feature, why) = rest.split_once(':')?;
        let row: u8 = row.parse().ok().filter(|row| ROWS.contains(row))?;
        let told = !feature.trim().is_empty() && !why.trim().is_empty();
        told.then(|| (row, rest.to_owned()))
    };
    let says =
        |at: usize, text: &str| format!("line {at}: expected `21 lots: why`, there is `{text}`");
    let lines = (1..).zip(table.lines().map(str::trim));
    let told = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    told.map(|(at, text)| read(text).ok_or_else(|| says(at, text))).collect()
}

/// The rows that no scenario is about, and that are not put off.
#[must_use]
pub fn uncovered(scenarios: &[Scenario], put_off: &BTreeMap<u8, String>) -> BTreeSet<u8> {
    let covered: BTreeSet<u8> = scenarios.iter().filter_map(row).collect();
    ROWS.filter(|row| !covered.contains(row) && !put_off.contains_key(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Scenario {
        let (file, about) = (String::new(), String::new());
        Scenario { file, line: 1, name: name.to_owned(), about, steps: Vec::new() }
    }

    #[test]
    fn a_row_is_the_number_that_a_name_begins_with() {
        assert_eq!(row(&named("06-medusa-16502")), Some(6));
        for other in ["6-medusa", "25-x", "00-x", "06", "payment-06", "a6-x"] {
            assert_eq!(row(&named(other)), None, "{other}");
        }
    }

    #[test]
    fn what_nobody_covers_is_found() {
        let scenarios: Vec<_> = (1..=23).map(|n| named(&format!("{n:02}-x"))).collect();
        let none = BTreeMap::new();
        assert_eq!(uncovered(&scenarios, &none), BTreeSet::from([24]));
        let put_off = put_off("# Put off.\n\n24 lots: later\n").expect("a table");
        assert_eq!(uncovered(&scenarios, &put_off), BTreeSet::new());
        assert_eq!(uncovered(&scenarios[1..], &put_off), BTreeSet::from([1]));
    }

    #[test]
    fn a_line_without_a_row_a_feature_or_a_reason_is_told() {
        for line in ["25 lots: later", "lots: later", "21 lots", "21 : later", "21 lots:"] {
            let says = put_off(&format!("\n{line}")).expect_err(line);
            assert_eq!(says, format!("line 2: expected `21 lots: why`, there is `{line}`"));
        }
    }
}
