//! What the READMEs promise: links that lead somewhere, and commands that exist.
//! A command that a reader types in and that fails is worse than none.

use super::code;
use super::{Finding, Source};

/// Where the commands are declared, as an enum of that name.
const DECLARED: (&str, &str) = ("xtask/src/main.rs", "enum Command {");

/// Every command of `cargo xtask`, read from its declaration.
#[must_use]
pub fn commands(sources: &[Source]) -> Vec<String> {
    let (path, opening) = DECLARED;
    let text = sources.iter().find(|source| source.path == path).map(|source| &source.text);
    let Some(code) = text.map(|text| code::bare(text)) else { return Vec::new() };
    let Some((_, body)) = code.split_once(opening) else { return Vec::new() };
    let lines = body.lines().take_while(|line| !line.starts_with('}'));
    lines
        .map(|line| line.trim().chars().take_while(|c| code::in_word(*c)).collect::<String>())
        .filter(|name| name.starts_with(char::is_uppercase))
        .map(|name| kebab(&name))
        .collect()
}

/// Holds a text for people against what there is.
#[must_use]
pub fn check(source: &Source, paths: &[&str], commands: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.extension() == "md" {
        findings.extend(links(source, paths));
    }
    if source.extension() == "md" || source.path == ".ci/run" {
        findings.extend(asked_for(source, commands));
    }
    findings
}

/// Links to files that are not there.
fn links(source: &Source, paths: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        for link in line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()) {
            let file = link.split('#').next().unwrap_or_default();
            let elsewhere = link.contains("://") || link.starts_with("mailto:");
            if !elsewhere && !file.is_empty() && !leads_somewhere(&source.path, file, paths) {
                let says = format!("the link `{link}` leads nowhere");
                findings.push(Finding::new(source, at + 1, says));
            }
        }
    }
    findings
}

fn leads_somewhere(from: &str, link: &str, paths: &[&str]) -> bool {
    let mut place: Vec<&str> = from.split('/').collect();
    place.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                if place.pop().is_none() {
                    return false;
                }
            }
            part => place.push(part),
        }
    }
    let wanted = place.join("/");
    let folder = format!("{wanted}/");
    paths.iter().any(|path| *path == wanted || path.starts_with(&folder))
}

/// Commands that are not there.
fn asked_for(source: &Source, commands: &[String]) -> Vec<Finding> {
    const CALL: &str = "cargo xtask ";
    let mut findings = Vec::new();
    for at in code::places(&source.text, CALL) {
        let rest = &source.text[at + CALL.len()..];
        let is_part = |c: &char| c.is_ascii_lowercase() || *c == '-';
        let name: String = rest.chars().take_while(is_part).collect();
        let name = name.trim_end_matches('-');
        let is_flag = rest.starts_with('-');
        if !name.is_empty() && !is_flag && !commands.iter().any(|command| command == name) {
            let says = format!("there is no `cargo xtask {name}`");
            findings.push(Finding::new(source, code::line_of(&source.text, at), says));
        }
    }
    findings
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "enum Command {\n    /// Test {\n    Test(TestArgs),\n    #[command(x)]\n\
        \x20   TwoWords,\n}\nenum Other {\n    Third,\n}\n";

    #[test]
    fn commands_are_read_from_their_declaration() {
        let sources = [Source::new("xtask/src/main.rs", MAIN)];
        assert_eq!(commands(&sources), ["test", "two-words"]);
        assert_eq!(commands(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_command_that_does_not_exist_is_found() {
        let commands = commands(&[Source::new("xtask/src/main.rs", MAIN)]);
        let readme =
            Source::new("README.md", "Run\n`cargo xtask test --long`, `cargo xtask tset`.");
        let found = check(&readme, &[], &commands);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "README.md:2: there is no `cargo xtask tset`");
        let ci = Source::new(".ci/run", "exec cargo xtask tests\n");
        assert_eq!(check(&ci, &[], &commands).len(), 1);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let paths = ["README.md", "core/README.md", "core/src/lib.rs", "LICENSE-MIT"];
        let found = |path, text| check(&Source::new(path, text), &paths, &[]).len();
        let good = "[a](core/README.md#laws) [b](core/src) [c](#here) [d](./LICENSE-MIT)";
        assert_eq!(found("README.md", good), 0);
        assert_eq!(found("core/README.md", "[up](../LICENSE-MIT)"), 0);
        assert_eq!(found("README.md", "[a](core/MISSING.md) and [b](cor)"), 2);
        assert_eq!(found("README.md", "[a](../outside.md)"), 1);
        assert_eq!(found("README.md", "[a](https://example.com/x)"), 0);
    }
}
