//! Words that do not get in: unfinished work, switched-off tests, a second spelling, floats.
//! Each comes with what to write instead.

use super::code;
use super::{Finding, Source};

/// A word that is banned, in which files, and what to do instead.
struct Banned {
    word: &'static str,
    files: &'static [&'static str],
    instead: &'static str,
}

const TEXT: &[&str] =
    &["rs", "ts", "svelte", "js", "mjs", "cjs", "css", "html", "toml", "sh", "md", "yml", "yaml"];
const RUST: &[&str] = &["rs"];
const SCRIPT: &[&str] = &["ts", "svelte", "js", "mjs", "cjs"];

// The words are cut in two, so that this file does not break its own rules.
const BANNED: &[Banned] = &[
    Banned { word: concat!("TO", "DO"), files: TEXT, instead: "do it, or file it elsewhere" },
    Banned { word: concat!("FIX", "ME"), files: TEXT, instead: "mend it, or file it elsewhere" },
    Banned { word: concat!("to", "do!"), files: RUST, instead: "write it" },
    Banned { word: concat!("unimple", "mented!"), files: RUST, instead: "write it" },
    Banned { word: concat!("db", "g!"), files: RUST, instead: "take it out" },
    Banned { word: concat!("#[ign", "ore"), files: RUST, instead: "a test runs or goes" },
    Banned { word: concat!(".on", "ly("), files: SCRIPT, instead: "let all the tests run" },
    Banned { word: concat!("test.", "skip"), files: SCRIPT, instead: "a test runs or goes" },
    Banned { word: concat!("it.", "skip"), files: SCRIPT, instead: "a test runs or goes" },
    Banned { word: concat!("describe.", "skip"), files: SCRIPT, instead: "a test runs or goes" },
];

const AMERICAN: [&str; 3] =
    [concat!("cancel", "ed"), concat!("cancel", "ing"), concat!("cancel", "ation")];

/// Foreign names that are spelt as they are spelt: a file, and a part of the line.
pub const FOREIGN: &[(&str, &str)] = &[];

/// Holds a file against the rules of this module.
#[must_use]
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = banned(source);
    findings.extend(spelling(source, FOREIGN));
    if source.is_rust() {
        findings.extend(bare_matches(source));
        findings.extend(floats(source));
    }
    findings
}

/// Unfinished work and tests that do not run.
#[must_use]
pub fn banned(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Banned { word, files, instead } in BANNED {
        if files.contains(&source.extension()) {
            for at in code::places(&source.text, word) {
                let line = code::line_of(&source.text, at);
                findings.push(Finding::new(source, line, format!("`{word}`: {instead}")));
            }
        }
    }
    findings
}

/// One spelling, the British one, so that nobody has to look for two.
#[must_use]
pub fn spelling(source: &Source, foreign: &[(&str, &str)]) -> Vec<Finding> {
    if !TEXT.contains(&source.extension()) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        let small = line.to_lowercase();
        let american = AMERICAN.iter().find(|word| small.contains(&word.to_lowercase()));
        let let_through =
            foreign.iter().any(|(path, part)| source.path == *path && line.contains(part));
        if let Some(word) = american.filter(|_| !let_through) {
            let says = format!("`{word}`: the spelling is `cancelled`, with two l");
            findings.push(Finding::new(source, at + 1, says));
        }
    }
    findings
}

/// A comparison whose answer nobody reads looks like a test and is none.
#[must_use]
pub fn bare_matches(source: &Source) -> Vec<Finding> {
    let bare = code::bare(&source.text);
    let mut findings = Vec::new();
    for at in code::places(&bare, "matches!(") {
        let before = bare[..at].trim_end().chars().next_back();
        let is_statement = before.is_none_or(|c| matches!(c, ';' | '{' | '}'));
        let end = code::item_end(&bare, at).unwrap_or(bare.len());
        let call = bare[at..end].trim_end();
        if is_statement && call.ends_with(");") && balanced(call) {
            let says = "a bare `matches!` asserts nothing: put `assert!` around it".to_owned();
            findings.push(Finding::new(source, code::line_of(&bare, at), says));
        }
    }
    findings
}

/// Whether the first parenthesis is closed only at the very end, before the semicolon.
fn balanced(call: &str) -> bool {
    let mut depth = 0;
    for (at, c) in call.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return &call[at..] == ");";
        }
    }
    false
}

/// Floats differ between bodies: in the core and the ABI only `geo.rs` may know any.
#[must_use]
pub fn floats(source: &Source) -> Vec<Finding> {
    let pure = source.path.starts_with("core/") || source.path.starts_with("wasm/abi/");
    if !pure || source.is_test() || source.path == "core/src/geo.rs" {
        return Vec::new();
    }
    let code = code::without_tests(&code::bare(&source.text));
    let mut findings = Vec::new();
    for float in ["f32", "f64"] {
        for at in code::places(&code, float) {
            let says = format!("`{float}`: the core counts in integers, outside `geo.rs`");
            findings.push(Finding::new(source, code::line_of(&code, at), says));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(text: &str) -> Source {
        Source::new("core/src/order/mod.rs", text)
    }

    #[test]
    fn every_banned_word_is_found_where_it_is_banned_and_only_there() {
        for Banned { word, files, .. } in BANNED {
            for extension in TEXT {
                let source = Source::new(&format!("www/a.{extension}"), &format!("\n a {word}"));
                let lines: Vec<_> = banned(&source).into_iter().map(|found| found.line).collect();
                let wanted: &[usize] = if files.contains(extension) { &[2] } else { &[] };
                assert_eq!(lines, wanted, "`{word}` in .{extension}");
            }
        }
    }

    #[test]
    fn words_that_only_contain_a_banned_one_are_let_through() {
        assert_eq!(banned(&rust("fn mastodon() { TODOS; autodo!(); }")), []);
    }

    #[test]
    fn the_american_spelling_is_found_unless_it_is_a_foreign_name() {
        let text = format!("//! One.\nlet Is{} = 1;\n", concat!("Cancel", "ed"));
        assert_eq!(spelling(&rust(&text), &[])[0].line, 2);
        assert_eq!(spelling(&rust("cancelled, cancelling, cancellation"), &[]), []);
        assert_eq!(spelling(&rust(&text), &[("core/src/order/mod.rs", "let Is")]), []);
        assert_eq!(spelling(&rust(&text), &[("core/src/other.rs", "let Is")]).len(), 1);
    }

    #[test]
    fn a_comparison_that_nobody_reads_is_found() {
        let found = |text| bare_matches(&rust(text)).len();
        assert_eq!(found("fn t() {\n    matches!(a, B { .. });\n}"), 1);
        assert_eq!(
            found("fn t() {\n    f();\n    matches!(\n        a,\n        B(_)\n    );\n}"),
            1
        );
        assert_eq!(found("fn t() {\n    assert!(matches!(a, B));\n}"), 0);
        assert_eq!(found("fn t() -> bool {\n    matches!(a, B)\n}"), 0);
        assert_eq!(found("fn t() {\n    let a =\n        matches!(a, B);\n}"), 0);
        assert_eq!(found("fn t() {\n    // matches!(a, B);\n}"), 0);
        assert_eq!(found("fn t() -> bool {\n    matches!(a, B) && f(matches!(a, C));\n}"), 0);
    }

    #[test]
    fn a_float_in_the_core_is_found_outside_geo_and_tests() {
        let text = "fn one() -> f64 { 1.0 }\n";
        let found = |path| floats(&Source::new(path, text)).len();
        assert_eq!(found("core/src/units.rs"), 1);
        assert_eq!(found("wasm/abi/src/lib.rs"), 1);
        assert_eq!(found("core/src/geo.rs"), 0);
        assert_eq!(found("core/tests/geo.rs"), 0);
        assert_eq!(found("host-runtime/src/ops.rs"), 0);
        assert_eq!(floats(&rust("// f64\n#[cfg(test)]\nmod tests { fn a(b: f64) {} }\n")), []);
    }
}
