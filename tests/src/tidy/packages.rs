//! What the manifests say: which crate may depend on which, and where versions live.
//! Versions live in the root manifest and nowhere else.

use super::{Finding, Source};

/// The crates of this workspace that a crate may depend on, in any of its tables.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("core/Cargo.toml", &[]),
    ("wasm/abi/Cargo.toml", &[]),
    ("wasm/Cargo.toml", &["earmark", "earmark-abi"]),
    // The library runs the plugin's bytes; only the binary may link the domain.
    ("host-runtime/Cargo.toml", &["earmark", "earmark-abi", "earmark-wasm"]),
    ("tests/Cargo.toml", &["earmark", "earmark-abi", "earmark-wasm", "earmark-host"]),
    ("tests/fuzz/Cargo.toml", &["earmark", "earmark-abi", "earmark-wasm", "earmark-host"]),
    ("xtask/Cargo.toml", &[]),
];

/// Holds a manifest against the rules of this module.
#[must_use]
pub fn check(source: &Source) -> Vec<Finding> {
    if !source.path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let allowed = MAY_USE.iter().find(|(path, _)| source.path == *path).map(|(_, names)| *names);
    let mut findings = Vec::new();
    for Dependency { line, name, value } in dependencies(&source.text) {
        let ours = name == "earmark" || name.starts_with("earmark-");
        if ours && allowed.is_some_and(|names| !names.contains(&name)) {
            let says = format!("this crate may not depend on `{name}`");
            findings.push(Finding::new(source, line, says));
        }
        if allowed.is_some() && !value.replace(' ', "").contains("workspace=true") {
            let says = format!("`{name}`: versions live in the root `Cargo.toml`");
            findings.push(Finding::new(source, line, says));
        }
    }
    findings
}

struct Dependency<'a> {
    line: usize,
    name: &'a str,
    value: &'a str,
}

/// Every `name = value` of the dependency tables, also where the value spans lines.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut inside = false;
    for (at, line) in manifest.lines().enumerate() {
        let text = line.trim();
        if let Some(table) = text.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
        } else if let Some((name, value)) = text.split_once('=')
            && inside
            && !line.starts_with(char::is_whitespace)
            && !text.starts_with('#')
        {
            let (name, dotted) = name.trim().split_once('.').unwrap_or((name.trim(), ""));
            let value = if dotted == "workspace" { text } else { value.trim() };
            found.push(Dependency { line: at + 1, name, value });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).into_iter().map(|found| found.to_string()).collect()
    }

    #[test]
    fn a_forbidden_arrow_between_crates_is_found() {
        assert_eq!(
            found("core/Cargo.toml", "[dependencies]\nearmark-abi = { workspace = true }\n"),
            ["core/Cargo.toml:2: this crate may not depend on `earmark-abi`"]
        );
        let dev = "[dev-dependencies]\nearmark-tests.workspace = true\n";
        assert_eq!(found("host-runtime/Cargo.toml", dev).len(), 1);
    }

    #[test]
    fn an_allowed_arrow_is_let_through() {
        let text = "[package]\nname = \"x\"\n[dependencies]\nearmark = { workspace = true }\n\
            # earmark-host = 1\n[target.'cfg(unix)'.dependencies]\nlibc.workspace = true\n";
        assert_eq!(found("wasm/Cargo.toml", text), Vec::<String>::new());
    }

    #[test]
    fn a_version_outside_the_root_manifest_is_found() {
        assert_eq!(
            found("core/Cargo.toml", "[dependencies]\nserde = \"1\"\nuuid = { version = \"1\" }\n"),
            [
                "core/Cargo.toml:2: `serde`: versions live in the root `Cargo.toml`",
                "core/Cargo.toml:3: `uuid`: versions live in the root `Cargo.toml`",
            ]
        );
    }

    #[test]
    fn the_root_manifest_is_where_versions_live() {
        assert_eq!(found("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n"), [""; 0]);
    }
}
