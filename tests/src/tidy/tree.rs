//! Which files there are, and what may lie at the top.
//! The top level is the design's map: whoever adds to it changes the design.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Finding, Source};

/// What may lie at the top, besides files that start with a dot.
pub const TOP: [&str; 14] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "core",
    "deny.toml",
    "host-runtime",
    "rustfmt.toml",
    "tests",
    "wasm",
    "www",
    "xtask",
];

/// Folders that hold what tools made.
const MADE: [&str; 5] = [".git", ".earmark", "target", "node_modules", "dist"];

/// Entries at the top that are not in [`TOP`], and those of [`TOP`] that are missing.
#[must_use]
pub fn strangers(paths: &[&str]) -> Vec<Finding> {
    let tops = || paths.iter().filter_map(|path| path.split('/').next());
    let mut findings = Vec::new();
    for top in tops().filter(|top| !top.starts_with('.') && !TOP.contains(top)) {
        let says = "this may not lie at the top: put it into a room".to_owned();
        findings.push(Finding { path: top.to_owned(), line: 0, says });
    }
    for name in TOP.into_iter().filter(|name| !tops().any(|top| top == *name)) {
        findings.push(Finding { path: name.to_owned(), line: 0, says: "this is missing".into() });
    }
    findings.sort();
    findings.dedup();
    findings
}

/// Every text file of the checkout, as git knows it, or as the folders show it without git.
///
/// # Errors
///
/// If a folder or a file can't be read.
pub fn sources(root: &Path) -> io::Result<Vec<Source>> {
    let paths = match listed(root) {
        Some(paths) => paths,
        None => walked(root)?,
    };
    let mut sources = Vec::new();
    for path in paths {
        let file = root.join(&path);
        // Deleted but not yet committed, or a link to elsewhere.
        if !file.is_file() {
            continue;
        }
        // What is no text is listed, so that links to it lead somewhere, but not read.
        let text = String::from_utf8(fs::read(&file)?).unwrap_or_default();
        sources.push(Source { path, text });
    }
    Ok(sources)
}

fn listed(root: &Path) -> Option<Vec<String>> {
    let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(root).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut paths: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn walked(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                if !MADE.iter().any(|made| name == *made) {
                    folders.push(path);
                }
            } else {
                paths.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_at_the_top_is_found() {
        let mut paths: Vec<&str> = TOP.to_vec();
        paths.extend([".gitignore", "core/src/lib.rs"]);
        assert_eq!(strangers(&paths), []);
        paths.push("notes/today.md");
        let found = strangers(&paths);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "notes");
    }

    #[test]
    fn a_missing_licence_is_found() {
        let paths: Vec<&str> = TOP.into_iter().filter(|name| *name != "LICENSE-MIT").collect();
        assert_eq!(strangers(&paths)[0].path, "LICENSE-MIT");
    }

    #[test]
    fn without_git_the_folders_are_walked_and_what_tools_made_is_left_out() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let walked = walked(root).unwrap();
        assert!(walked.contains(&"src/tidy/tree.rs".to_owned()), "{walked:?}");
        assert!(!walked.iter().any(|path| path.contains("node_modules")), "{walked:?}");
    }
}
