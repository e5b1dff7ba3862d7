//! Tells how large a built file is: raw, gzip and brotli.
//! What crosses a network has a budget, and going over it is said aloud.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;

/// Node has both compressors; nothing else here needs them.
const MEASURE: &str = "const z = require('zlib'); \
    const bytes = require('fs').readFileSync(process.argv[1]); \
    console.log(bytes.length, z.gzipSync(bytes, { level: 9 }).length, \
    z.brotliCompressSync(bytes).length)";

/// How large a file may be, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// As it lies on the disk.
    pub(crate) raw: u64,
    /// As it crosses a network.
    pub(crate) brotli: u64,
}

/// The browser's module: 120 kB raw, 45 kB brotli.
pub(crate) const BROWSER: Budget = Budget { raw: 120_000, brotli: 45_000 };

/// The sizes of one file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Measures a file and prints a line about it.
///
/// # Errors
///
/// If there is no Node, or it can't read the file.
pub(crate) fn tell(file: &Path, budget: Option<Budget>) -> Result<()> {
    let said = run::asked(Command::new("node").args(["-e", MEASURE]).arg(file))
        .with_context(|| format!("node could not measure `{}`", file.display()))?;
    let sizes = read(&said).with_context(|| format!("node said `{said}` for sizes"))?;
    println!("{}", line(&file.display().to_string(), sizes, budget));
    Ok(())
}

fn read(said: &str) -> Option<Sizes> {
    let mut numbers = said.split_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some(Sizes { raw: next()?, gzip: next()?, brotli: next()? })
}

fn line(name: &str, sizes: Sizes, budget: Option<Budget>) -> String {
    let Sizes { raw, gzip, brotli } = sizes;
    let verdict = match budget {
        Some(budget) if raw > budget.raw || brotli > budget.brotli => {
            format!(" OVER THE BUDGET of {} raw, {} brotli", budget.raw, budget.brotli)
        }
        Some(budget) => {
            format!(" (within the budget of {} raw, {} brotli)", budget.raw, budget.brotli)
        }
        None => String::new(),
    };
    format!("size: {raw:>9} raw {gzip:>8} gzip {brotli:>8} brotli  {name}{verdict}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_its_budget_is_said_to_be() {
        let budget = Some(Budget { raw: 100, brotli: 50 });
        let over = |raw, brotli| line("x", Sizes { raw, gzip: 0, brotli }, budget).contains("OVER");
        assert!(!over(100, 50));
        assert!(over(101, 50));
        assert!(over(100, 51));
    }

    #[test]
    fn what_node_says_is_read_or_refused() {
        assert_eq!(read("10 8 7"), Some(Sizes { raw: 10, gzip: 8, brotli: 7 }));
        assert_eq!(read("10 8"), None);
        assert_eq!(read("ten 8 7"), None);
    }
}
