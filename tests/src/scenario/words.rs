//! The words of a step, one after another.
//! Whatever is not there, or is something else, is told by what was expected in its place.

use std::time::Duration;

use serde_json::{Value, json};

/// The words of a step that are still to be read.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    rest: &'a str,
}

/// Units of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units {
    /// The SKU.
    pub item: String,
    /// How many.
    pub quantity: u32,
}

impl<'a> Words<'a> {
    /// The words of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    /// Whether there is none any more.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next word, which stays.
    #[must_use]
    pub fn peek(&self) -> &'a str {
        self.rest.split_whitespace().next().unwrap_or_default()
    }

    /// The next word.
    ///
    /// # Errors
    /// If there is none; `what` is what was expected.
    pub fn next(&mut self, what: &str) -> Result<&'a str, String> {
        let word = self.peek();
        if word.is_empty() {
            return Err(format!("expected {what}, there is nothing more"));
        }
        self.rest = self.rest.get(word.len()..).unwrap_or_default().trim_start();
        Ok(word)
    }

    /// Takes the next word if it is this one.
    pub fn take(&mut self, word: &str) -> bool {
        let there = self.peek() == word;
        if there {
            self.rest = self.rest.get(word.len()..).unwrap_or_default().trim_start();
        }
        there
    }

    /// This very word.
    ///
    /// # Errors
    /// If it is another.
    pub fn must(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.instead(&format!("`{word}`"))) }
    }

    /// A number.
    ///
    /// # Errors
    /// If the next word is none.
    pub fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, String> {
        let there = self.instead(&format!("{what}, a number"));
        self.next(what)?.parse().map_err(|_| there)
    }

    /// All that is left.
    #[must_use]
    pub fn rest(&mut self) -> &'a str {
        std::mem::take(&mut self.rest)
    }

    /// All that is left up to a word, which goes too.
    ///
    /// # Errors
    /// If the word is not there.
    pub fn until(&mut self, word: &str) -> Result<&'a str, String> {
        let mark = format!(" {word} ");
        let there = self.instead(&format!("`{word}` further on"));
        let (before, after) = self.rest.split_once(&mark).ok_or(there)?;
        self.rest = after.trim_start();
        Ok(before.trim())
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// If something is.
    pub fn end(&self) -> Result<(), String> {
        if self.is_done() { Ok(()) } else { Err(self.instead("the end of the line")) }
    }

    /// JSON, up to the end of the line.
    ///
    /// # Errors
    /// If it is none.
    pub fn json(&mut self) -> Result<Value, String> {
        json_of(self.rest())
    }

    /// `3 mug, 2 pen`.
    ///
    /// # Errors
    /// If there is not at least one number with an item.
    pub fn units(&mut self) -> Result<Vec<Units>, String> {
        let mut all = Vec::new();
        loop {
            let quantity = self.number("units")?;
            let item = self.next("an item")?;
            all.push(Units { item: item.trim_end_matches(',').to_owned(), quantity });
            if !item.ends_with(',') {
                return Ok(all);
            }
        }
    }

    /// `51.5074,-0.1278`, degrees, as the JSON of a place.
    ///
    /// # Errors
    /// If that is not there.
    pub fn place(&mut self) -> Result<Value, String> {
        let there = self.instead("a place like `51.5074,-0.1278`");
        let (lat, lon) = self.next("a place")?.split_once(',').ok_or(there.clone())?;
        let millionths = |text: &str| {
            let degrees: f64 = text.parse().ok()?;
            Some((degrees * 1e6).round() as i64)
        };
        match (millionths(lat), millionths(lon)) {
            (Some(lat), Some(lon)) => Ok(json!({ "lat": lat, "lon": lon })),
            _ => Err(there),
        }
    }

    /// `90s`, `10m`, `1h`, `2d`.
    ///
    /// # Errors
    /// If the next word is no time.
    pub fn time(&mut self) -> Result<Duration, String> {
        let there = self.instead("a time like `90s`, `10m`, `1h` or `2d`");
        let word = self.next("a time")?;
        let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
        let of = |(unit, seconds): (&str, u64)| {
            let count: u64 = word.strip_suffix(unit)?.parse().ok()?;
            Some(Duration::from_secs(count * seconds))
        };
        units.into_iter().find_map(of).ok_or(there)
    }

    /// What to say where something else was expected.
    #[must_use]
    pub fn instead(&self, expected: &str) -> String {
        let there = if self.rest.is_empty() { "nothing more" } else { self.rest };
        format!("expected {expected}, there is `{there}`")
    }
}

/// The JSON of a text.
///
/// # Errors
/// If it is none.
pub fn json_of(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("expected JSON, there is `{text}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_one_after_another() {
        let mut words = Words::new("A 3 mug, 2 pen to 51.5074,-0.1278 90s {\"a\": 1}");
        assert_eq!(words.next("an order"), Ok("A"));
        let units = words.units().expect("units");
        let named: Vec<_> = units.iter().map(|u| (u.quantity, u.item.as_str())).collect();
        assert_eq!(named, [(3, "mug"), (2, "pen")]);
        assert!(!words.take("from") && words.take("to"));
        assert_eq!(words.place(), Ok(json!({ "lat": 51_507_400, "lon": -127_800 })));
        assert_eq!(words.time(), Ok(Duration::from_secs(90)));
        assert_eq!(words.json(), Ok(json!({ "a": 1 })));
        assert_eq!(words.end(), Ok(()));
    }

    #[test]
    fn what_was_expected_is_told() {
        let says = |result: Result<_, String>| result.expect_err("it is not there");
        let mut words = Words::new("mug");
        assert_eq!(says(words.must("to")), "expected `to`, there is `mug`");
        assert_eq!(says(words.end()), "expected the end of the line, there is `mug`");
        let number = says(words.clone().number::<u32>("units").map(drop));
        assert_eq!(number, "expected units, a number, there is `mug`");
        assert!(says(words.clone().time().map(drop)).starts_with("expected a time like"));
        assert!(says(words.clone().place().map(drop)).starts_with("expected a place like"));
        assert!(says(words.clone().json().map(drop)).starts_with("expected JSON, there is `mug`"));
        let until = says(words.clone().until("at").map(drop));
        assert_eq!(until, "expected `at` further on, there is `mug`");
        assert_eq!(words.rest(), "mug");
        let nothing = says(words.next("an item").map(drop));
        assert_eq!(nothing, "expected an item, there is nothing more");
    }
}
