//! How large a file, a function and a line may be, and how a module opens.
//! What does not fit on a screen is read by nobody.

use super::code;
use super::{Finding, Source};

/// Lines in a file of code.
pub const FILE_LINES: usize = 500;
/// Lines in a function, from `fn` to its closing brace.
pub const FUNCTION_LINES: usize = 70;
/// Characters in a line of Rust.
pub const COLUMNS: usize = 100;

/// Holds a file against the rules of this module.
#[must_use]
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = file_length(source);
    if source.is_rust() {
        findings.extend(opening(source));
        findings.extend(line_length(source));
        findings.extend(function_length(source));
    }
    findings
}

/// A file of code has at most [`FILE_LINES`] lines.
#[must_use]
pub fn file_length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if !matches!(source.extension(), "rs" | "ts" | "svelte") || lines <= FILE_LINES {
        return Vec::new();
    }
    let says = format!("{lines} lines: cut it along its concepts, {FILE_LINES} are the most");
    vec![Finding::new(source, FILE_LINES + 1, says)]
}

/// A module opens with `//!`, after inner attributes; a crate may open with its README instead.
#[must_use]
pub fn opening(source: &Source) -> Vec<Finding> {
    const README: &str = "#![doc = include_str!(";
    let first = source.text.lines().enumerate().find(|(_, line)| {
        let line = line.trim();
        line.starts_with(README) || (!line.is_empty() && !line.starts_with("#!"))
    });
    match first {
        Some((_, line)) if line.starts_with("//!") || line.starts_with(README) => Vec::new(),
        other => {
            let at = other.map_or(1, |(at, _)| at + 1);
            let says = "a module opens with `//!`: what it is, and the law it keeps".to_owned();
            vec![Finding::new(source, at, says)]
        }
    }
}

/// A line of Rust has at most [`COLUMNS`] characters.
#[must_use]
pub fn line_length(source: &Source) -> Vec<Finding> {
    let long = |line: &str| line.chars().count() > COLUMNS;
    let numbered = source.text.lines().enumerate();
    numbered
        .filter(|(_, line)| long(line))
        .map(|(at, line)| {
            let says = format!("{} columns, {COLUMNS} are the most", line.chars().count());
            Finding::new(source, at + 1, says)
        })
        .collect()
}

/// A function has at most [`FUNCTION_LINES`] lines.
#[must_use]
pub fn function_length(source: &Source) -> Vec<Finding> {
    functions(&code::bare(&source.text))
        .into_iter()
        .filter(|function| function.lines > FUNCTION_LINES)
        .map(|Function { name, line, lines }| {
            let says = format!("`fn {name}` has {lines} lines, {FUNCTION_LINES} are the most");
            Finding::new(source, line, says)
        })
        .collect()
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

fn functions(bare: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for at in code::places(bare, "fn") {
        let after = &bare[at + 2..];
        let name: String = after.trim_start().chars().take_while(|c| code::in_word(*c)).collect();
        // `fn(u8)` is a type and `fn $name` a pattern.
        if name.is_empty() || !after.starts_with(char::is_whitespace) {
            continue;
        }
        let Some(end) = code::item_end(bare, at) else { continue };
        if bare[..end].ends_with('}') {
            let line = code::line_of(bare, at);
            found.push(Function { name, line, lines: code::line_of(bare, end) - line + 1 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(text: &str) -> Source {
        Source::new("core/src/geo.rs", text)
    }

    #[test]
    fn a_module_without_an_opening_is_found() {
        assert_eq!(opening(&rust("//! Distances.\n")), []);
        assert_eq!(opening(&rust("#![no_std]\n\n//! Distances.\n")), []);
        assert_eq!(opening(&rust("#![no_std]\n#![doc = include_str!(\"../README.md\")]\n")), []);
        assert_eq!(opening(&rust("use core::fmt;\n//! Late.\n"))[0].line, 1);
        assert_eq!(opening(&rust("/// Distances.\n")).len(), 1);
        assert_eq!(opening(&rust("")).len(), 1);
    }

    #[test]
    fn a_file_of_501_lines_is_found_and_one_of_500_is_not() {
        assert_eq!(file_length(&rust(&"x\n".repeat(500))), []);
        assert_eq!(file_length(&rust(&"x\n".repeat(501))).len(), 1);
        assert_eq!(file_length(&Source::new("www/src/a.svelte", &"x\n".repeat(501))).len(), 1);
        assert_eq!(file_length(&Source::new("tests/data/a.csv", &"x\n".repeat(501))), []);
    }

    #[test]
    fn a_line_of_101_columns_is_found_counted_in_characters() {
        assert_eq!(line_length(&rust(&"ä".repeat(100))), []);
        assert_eq!(line_length(&rust(&format!("ok\n{}", "x".repeat(101))))[0].line, 2);
    }

    #[test]
    fn a_function_of_71_lines_is_found_and_one_of_70_is_not() {
        let body = |lines: usize| format!("//! A.\n\nfn long() {{\n{}}}\n", "a();\n".repeat(lines));
        assert_eq!(function_length(&rust(&body(68))), []);
        let found = function_length(&rust(&body(69)));
        assert_eq!(found[0].line, 3);
        assert!(found[0].says.starts_with("`fn long` has 71 lines"), "{}", found[0]);
    }

    #[test]
    fn functions_are_told_from_types_declarations_and_text() {
        let text = "fn one(f: fn(u8) -> u8, a: [u8; 4]) -> [u8; 2]\nwhere\n    T: Ord,\n{\n    \
            let s = \"fn two() {\";\n    // fn three() {\n    inner(|| { '{' })\n}\ntrait T { fn \
            four(&self); }\nimpl T { const fn five() {} }\n";
        let names: Vec<_> = functions(&code::bare(text));
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!((names[0].name.as_str(), names[0].lines), ("one", 8));
        assert_eq!((names[1].name.as_str(), names[1].lines), ("five", 1));
    }
}
