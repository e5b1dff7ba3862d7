//! Sizes of the Wasm files, raw and brotli.
//!
//! Law: what crosses a network has a budget, and going over it is said.

use std::path::Path;
use std::process::Command;

use crate::browser::PACKAGE;
use crate::report::{Report, grouped};

/// Node has brotli; nothing else here needs it.
const MEASURE: &str = "const bytes = require('fs').readFileSync(process.argv[1]); \
    console.log(bytes.length, require('zlib').brotliCompressSync(bytes).length)";

/// The browser's module: 120 kB raw, 45 kB brotli.
const BUDGET: (u64, u64) = (120_000, 45_000);

/// Measures the files.
pub(crate) fn run(report: &mut Report, plugin: &Path) {
    report.section("5. sizes, bytes");
    let browser = Path::new(PACKAGE).join("dist/earmark_bg.wasm");
    for (name, file, budget) in [("plugin", plugin, None), ("npm", &browser, Some(BUDGET))] {
        let Some((raw, brotli)) = sizes(file) else {
            report.row(name, "skipped", "it is not built, or there is no Node");
            continue;
        };
        let (name, figure) = (format!("{name}: raw"), grouped(raw));
        let note = format!("{} brotli", grouped(brotli));
        match budget {
            None => report.row(&name, &figure, &note),
            Some((most, most_brotli)) => {
                let within = raw <= most && brotli <= most_brotli;
                let budget =
                    format!("{note}; at most {} and {}", grouped(most), grouped(most_brotli));
                report.aim(&name, &figure, &budget, within);
            }
        }
    }
}

fn sizes(file: &Path) -> Option<(u64, u64)> {
    let said = Command::new("node").args(["-e", MEASURE]).arg(file).output().ok()?;
    let text = String::from_utf8(said.stdout).ok().filter(|_| said.status.success())?;
    let mut numbers = text.split_whitespace().map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}
