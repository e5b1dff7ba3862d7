//! The house rules, held against every file of this checkout.
//! A finding names the file, the line and what to do; the rules are in `src/tidy`.

use std::path::Path;

use earmark_tests::tidy::{self, tree};

#[test]
fn every_file_keeps_the_house_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root is above");
    let sources = tree::sources(root).expect("the checkout can be read");
    assert!(sources.len() > 20, "only {} files were found", sources.len());
    let findings = tidy::check(&sources);
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} broken rules:\n{}", lines.len(), lines.join("\n"));
}
