//! The README is true: its code blocks are files that are compiled or run elsewhere. Why: READMEs
//! rot, and the first thing a stranger tries must work.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Blocks of code under a comment that names a file.
fn blocks(readme: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = readme;
    while let Some((_, after)) = rest.split_once("<!-- ") {
        let Some((file, after)) = after.split_once(" -->") else { break };
        let Some((_, after)) = after.split_once("```") else { break };
        let Some((_, after)) = after.split_once('\n') else { break };
        let Some((code, after)) = after.split_once("```") else { break };
        found.push((file.trim().to_string(), code.trim().to_string()));
        rest = after;
    }
    found
}

fn stands_in(code: &str, file: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    !code.is_empty() && squeeze(file).contains(&squeeze(code))
}

#[test]
fn every_example_of_the_readme_stands_in_the_file_it_names() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    assert_eq!(blocks.len(), 3, "one example a body");
    for (file, code) in blocks {
        let text = std::fs::read_to_string(root().join(&file))
            .unwrap_or_else(|error| panic!("the README names `{file}`: {error}"));
        assert!(stands_in(&code, &text), "the README's example differs from `{file}`");
    }
}

#[test]
fn an_example_that_differs_is_found() {
    let readme = "<!-- a.rs -->\n```rust\nlet a = 1;\n```\n";
    assert_eq!(blocks(readme), [("a.rs".to_string(), "let a = 1;".to_string())]);
    assert!(stands_in("let a = 1;", "fn main() {\n    let a = 1;\n}"));
    assert!(!stands_in("let a = 1;", "let a = 2;"));
    assert!(!stands_in("", "anything"));
}
