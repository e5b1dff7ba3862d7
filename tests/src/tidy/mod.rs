//! The house rules that a machine can check, each a pure function over text.
//! Every rule has tests of its own that show it failing, so a silent rule is a kept rule.

pub mod arrows;
pub mod code;
pub mod packages;
pub mod readme;
pub mod rooms;
pub mod shape;
pub mod tree;
pub mod words;

use std::fmt;

/// A file of the checkout: its path from the root, with `/`, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// From the root, with `/` between folders.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// A file with this path and text.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// What follows the last dot of the file's name.
    #[must_use]
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Whether this is Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    /// Whether the whole file is a test, an example or a benchmark.
    #[must_use]
    pub fn is_test(&self) -> bool {
        let mut folders = self.path.split('/').collect::<Vec<_>>();
        let name = folders.pop().unwrap_or_default();
        name == "tests.rs"
            || self.path.starts_with("tests/")
            || folders.iter().any(|folder| matches!(*folder, "tests" | "examples" | "benches"))
    }
}

/// A broken rule: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// From the root.
    pub path: String,
    /// Counted from 1; 0 is the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub says: String,
}

impl Finding {
    /// A finding in a line of a file.
    #[must_use]
    pub fn new(source: &Source, line: usize, says: String) -> Self {
        Self { path: source.path.clone(), line, says }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}:{}: {}", self.path, self.line, self.says)
    }
}

/// Holds every file against every rule; the findings come in the order of path and line.
#[must_use]
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let paths: Vec<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let mut findings = tree::strangers(&paths);
    let commands = readme::commands(sources);
    for source in sources {
        findings.extend(shape::check(source));
        findings.extend(words::check(source));
        findings.extend(arrows::check(source));
        findings.extend(packages::check(source));
        findings.extend(readme::check(source, &paths, &commands));
    }
    findings.sort();
    findings.dedup();
    findings
}
