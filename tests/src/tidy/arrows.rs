//! Which room may know which, between crates and inside them.
//! An arrow that is not in these tables is a finding: the tables are the design.

use super::code;
use super::{Finding, Source};

/// A floor of modules; a module may know those of the floors below it.
struct Floor {
    modules: &'static [&'static str],
    /// Whether its modules may also know each other.
    open: bool,
}

/// A crate's modules, the lowest floor first.
struct House {
    /// Where its sources are, with a `/` at the end.
    folder: &'static str,
    floors: &'static [Floor],
    /// Files that may know everything, by their path below the folder.
    roofs: &'static [&'static str],
    /// Whether a module that is on no floor is a finding.
    complete: bool,
}

const CORE: House = House {
    folder: "core/src/",
    floors: &[
        Floor { modules: &["chart", "data"], open: false },
        Floor { modules: &["ids", "units", "time", "geo", "limits", "laws", "decide"], open: true },
        Floor { modules: &["json_schema"], open: false },
        Floor { modules: &["sourcing"], open: false },
        // The words that the roles share.
        Floor { modules: &["demand", "owed", "policy"], open: true },
        Floor {
            modules: &["order", "inventory", "payment", "fulfilment", "notification"],
            open: false,
        },
        Floor { modules: &["flow"], open: false },
        Floor { modules: &["schema"], open: false },
    ],
    roofs: &["lib.rs"],
    complete: true,
};

const HOST: House = House {
    folder: "host-runtime/src/",
    floors: &[
        Floor { modules: &["plugin", "journal", "courier"], open: false },
        Floor { modules: &["partition"], open: false },
        Floor { modules: &["relay"], open: false },
        Floor { modules: &["http", "ops"], open: true },
        Floor { modules: &["shop"], open: false },
    ],
    roofs: &["lib.rs", "main.rs"],
    complete: false,
};

/// Crates that a folder's sources may not name, and who may all the same.
struct Foreign {
    folder: &'static str,
    crates: &'static [&'static str],
    but: &'static [&'static str],
}

const FOREIGN: [Foreign; 3] = [
    Foreign {
        folder: "host-runtime/src/",
        crates: &["earmark", "earmark_wasm"],
        but: &["host-runtime/src/main.rs", "host-runtime/src/shop/", "host-runtime/src/shop.rs"],
    },
    Foreign { folder: "core/", crates: &["earmark_abi", "earmark_wasm", "earmark_host"], but: &[] },
    Foreign { folder: "wasm/", crates: &["earmark_host"], but: &[] },
];

/// Folders of scripts that may not reach out of themselves.
const CLOSED: [&str; 2] = ["www/", "wasm/npm/"];

/// Holds a file against the rules of this module.
#[must_use]
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.is_rust() {
        findings.extend(modules(source, &CORE));
        findings.extend(modules(source, &HOST));
        findings.extend(crates(source));
    }
    findings.extend(scripts(source));
    findings
}

/// Arrows between the modules of one crate.
fn modules(source: &Source, house: &House) -> Vec<Finding> {
    let Some(path) = source.path.strip_prefix(house.folder) else { return Vec::new() };
    if house.roofs.contains(&path) || source.is_test() {
        return Vec::new();
    }
    let home = module_path(path);
    let Some(own) = home.first().copied() else { return Vec::new() };
    let Some(own_floor) = floor(house, own) else {
        let says = format!("`{own}` is on no floor: say in the tidy test what it may know");
        let finding = Finding::new(source, 0, says);
        return if house.complete { vec![finding] } else { Vec::new() };
    };
    let code = code::without_tests(&code::bare(&source.text));
    let mut findings = Vec::new();
    for (line, name) in named(&code, &home) {
        let Some(other_floor) = floor(house, &name) else { continue };
        let open = house.floors[own_floor].open;
        let down = other_floor < own_floor || (other_floor == own_floor && open);
        if name != own && !down {
            let says = format!("`{own}` may not know `{name}`");
            findings.push(Finding::new(source, line, says));
        }
    }
    findings
}

fn floor(house: &House, module: &str) -> Option<usize> {
    house.floors.iter().position(|floor| floor.modules.contains(&module))
}

/// `order/event.rs` is `order::event`.
fn module_path(path: &str) -> Vec<&str> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<&str> = path.split('/').collect();
    if matches!(parts.last(), Some(&"mod" | &"lib" | &"main")) {
        parts.pop();
    }
    parts
}

/// Every name of a top-level module in a path that starts with `crate` or climbs to it.
fn named(code: &str, home: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in code::places(code, "crate::") {
        let line = code::line_of(code, at);
        let names = heads(&code[at + "crate::".len()..]);
        found.extend(names.into_iter().map(|name| (line, name)));
    }
    for at in code::places(code, "super::") {
        // `super::super::x` is read from its first `super`.
        if code[..at].ends_with("super::") {
            continue;
        }
        let climbs = code[at..].split("super::").take_while(|part| part.is_empty()).count();
        let rest = &code[at + climbs * "super::".len()..];
        if climbs == home.len() {
            let line = code::line_of(code, at);
            found.extend(heads(rest).into_iter().map(|name| (line, name)));
        }
    }
    found
}

/// The first names of a path or of a group of paths: `{a::b, c}` gives `a` and `c`.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| code::in_word(*c)).collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let mut found = Vec::new();
    let mut depth = 0;
    let mut starts = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts = true,
            c if starts && code::in_word(c) => {
                found.push(word(&group[at..]));
                starts = false;
            }
            _ => {}
        }
    }
    found
}

/// Crates that a room may not name in its code.
fn crates(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Foreign { folder, crates, but } in FOREIGN {
        let excepted = but.iter().any(|path| source.path.starts_with(path));
        if !source.path.starts_with(folder) || excepted || source.is_test() {
            continue;
        }
        let code = code::bare(&source.text);
        for name in crates {
            for path in [format!("{name}::"), format!("use {name}"), format!("crate {name}")] {
                for at in code::places(&code, &path) {
                    let says = format!("`{folder}` may not know the crate `{name}`");
                    findings.push(Finding::new(source, code::line_of(&code, at), says));
                }
            }
        }
    }
    findings
}

/// Scripts that import across the wall of their own folder.
fn scripts(source: &Source) -> Vec<Finding> {
    let closed = CLOSED.iter().find(|folder| source.path.starts_with(**folder));
    let is_script = matches!(source.extension(), "ts" | "svelte" | "js" | "mjs" | "cjs");
    let (Some(folder), true) = (closed, is_script) else { return Vec::new() };
    let depth = source.path.matches('/').count() - folder.matches('/').count();
    let mut findings = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        let imports = line.contains("import") || line.contains(" from ");
        let climbs = line.split(['"', '\'']).map(leading_climbs).max().unwrap_or(0);
        if imports && climbs > depth {
            let says = format!("an import that leaves `{folder}`: use a package or the HTTP API");
            findings.push(Finding::new(source, at + 1, says));
        }
    }
    findings
}

fn leading_climbs(path: &str) -> usize {
    path.strip_prefix("./").unwrap_or(path).split('/').take_while(|part| *part == "..").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_one(path: &str, text: &str, wanted: &[&str]) {
        let found: Vec<_> =
            check(&Source::new(path, text)).into_iter().map(|found| found.to_string()).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_lower_floors_may_be_known() {
        check_one("core/src/order/decide.rs", "use crate::{ids::OrderId, units};", &[]);
        check_one("core/src/flow.rs", "use crate::{inventory, order::Order};", &[]);
        check_one("core/src/units.rs", "use crate::limits::LINES_MAX;", &[]);
        check_one("core/src/order/goods/cut.rs", "use super::super::state; use super::sum;", &[]);
        check_one("core/src/lib.rs", "pub use crate::schema::V1;", &[]);
    }

    #[test]
    fn roles_do_not_know_each_other() {
        check_one(
            "core/src/order/decide.rs",
            "\nuse crate::inventory::Ledger;",
            &["core/src/order/decide.rs:2: `order` may not know `inventory`"],
        );
        check_one(
            "core/src/order/mod.rs",
            "use super::inventory::Ledger;",
            &["core/src/order/mod.rs:1: `order` may not know `inventory`"],
        );
        check_one(
            "core/src/inventory/ledger.rs",
            "fn f() { super::super::order::g() }",
            &["core/src/inventory/ledger.rs:1: `inventory` may not know `order`"],
        );
    }

    #[test]
    fn nothing_is_known_upwards() {
        for (module, above) in
            [("units", "sourcing"), ("sourcing", "order"), ("order", "flow"), ("flow", "schema")]
        {
            let path = format!("core/src/{module}.rs");
            let text = format!("use crate::{{\n    ids::{{A, B}},\n    {above}::{{C}},\n}};");
            check_one(&path, &text, &[&format!("{path}:1: `{module}` may not know `{above}`")]);
        }
    }

    #[test]
    fn a_core_module_on_no_floor_is_found() {
        check_one(
            "core/src/misc.rs",
            "",
            &["core/src/misc.rs:0: `misc` is on no floor: say in the tidy test what it may know"],
        );
    }

    #[test]
    fn tests_and_comments_may_say_what_they_like() {
        let text = "// crate::flow\n#[cfg(test)]\nmod tests { use crate::flow; }\n";
        check_one("core/src/order/mod.rs", text, &[]);
        check_one("core/src/order/tests.rs", "use crate::flow;", &[]);
    }

    #[test]
    fn plugin_journal_and_courier_know_nothing_of_each_other() {
        for (own, other) in [
            ("plugin", "journal"),
            ("journal", "courier"),
            ("courier", "plugin"),
            ("journal", "partition"),
            ("partition", "http"),
            ("http", "shop"),
        ] {
            let path = format!("host-runtime/src/{own}/mod.rs");
            let text = format!("use crate::{other}::X;");
            check_one(&path, &text, &[&format!("{path}:1: `{own}` may not know `{other}`")]);
        }
        check_one("host-runtime/src/partition/mod.rs", "use crate::{plugin, journal};", &[]);
    }

    #[test]
    fn the_host_library_does_not_know_the_domain() {
        check_one(
            "host-runtime/src/journal/mod.rs",
            "let id = earmark::ids::OrderId;",
            &["host-runtime/src/journal/mod.rs:1: `host-runtime/src/` may not know the crate \
               `earmark`"],
        );
        assert!(!check(&Source::new("host-runtime/src/clock.rs", "use earmark as e;")).is_empty());
        check_one("host-runtime/src/journal/mod.rs", "use earmark_abi::Call;", &[]);
        check_one("host-runtime/src/shop/demo.rs", "use earmark::ids::OrderId;", &[]);
        check_one("host-runtime/src/main.rs", "use earmark_host::earmark_of;", &[]);
    }

    #[test]
    fn scripts_do_not_reach_over_the_wall() {
        let found = |path, text| check(&Source::new(path, text)).len();
        assert_eq!(found("www/src/app.ts", "import x from '../../wasm/npm/dist/core.js';"), 1);
        assert_eq!(found("www/src/app.ts", "import x from '../lib/y';"), 0);
        assert_eq!(found("www/src/shop/a.svelte", "  import x from \"../../vite.config\";"), 0);
        assert_eq!(found("wasm/npm/src/web.ts", "export * from '../../../www/src/a';"), 1);
        assert_eq!(found("wasm/npm/src/web.ts", "import init from '../dist/core.js';"), 0);
    }
}
