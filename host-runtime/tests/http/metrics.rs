//! `GET /metrics`: the text itself, what it counts, who may read it, and the dashboard over it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::http_support::{BOMB, Served, new_id, options, order};
use serde_json::{Value, json};

const RENEWED: &str = "earmark_body_replacements_total{of=\"leader\"}";

/// The text of a server's metrics, read line by line.
struct Page {
    /// By name, without the suffixes of its samples.
    types: BTreeMap<String, String>,
    /// By name and labels, as they stand there.
    samples: BTreeMap<String, f64>,
}

impl Page {
    #[track_caller]
    fn of(shop: &Served) -> Self {
        let answer = shop.get("/metrics");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answer.header("content-type"), Some(media));
        Self::parse(&answer.text())
    }

    #[track_caller]
    fn parse(text: &str) -> Self {
        let mut page = Self { types: BTreeMap::new(), samples: BTreeMap::new() };
        let mut helped = BTreeSet::new();
        let text = text.strip_suffix("# EOF\n").expect("it ends");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').expect(line);
                assert!(words.len() > 5 && helped.insert(name.to_string()), "{line}");
            } else if let Some(of) = line.strip_prefix("# TYPE ") {
                let (name, of) = of.split_once(' ').expect(line);
                assert!(helped.contains(name), "{line}");
                assert!(page.types.insert(name.to_string(), of.to_string()).is_none(), "{line}");
            } else {
                let (sample, value) = line.rsplit_once(' ').expect(line);
                let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
                assert!(page.metric(sample).is_some(), "{line}");
                assert!(page.samples.insert(sample.to_string(), value).is_none(), "{line}");
            }
        }
        page
    }

    /// The metric that a sample belongs to, by the suffixes that its type has.
    fn metric(&self, sample: &str) -> Option<&str> {
        let name = sample.split('{').next()?;
        let suffixes: [&str; 5] = ["", "_total", "_info", "_sum", "_count"];
        let mut stems = suffixes.iter().chain(&["_bucket"]).filter_map(|end| {
            let stem = name.strip_suffix(end)?;
            let (known, of) = self.types.get_key_value(stem)?;
            let fits = match of.as_str() {
                "counter" => *end == "_total",
                "gauge" => end.is_empty(),
                "info" => *end == "_info",
                "histogram" => matches!(*end, "_sum" | "_count" | "_bucket"),
                _ => false,
            };
            fits.then_some(known.as_str())
        });
        stems.next()
    }

    #[track_caller]
    fn get(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample}: {:#?}", self.samples))
    }

    fn inputs(&self, command: &str, outcome: &str) -> f64 {
        self.get(&format!("earmark_inputs_total{{command=\"{command}\",outcome=\"{outcome}\"}}"))
    }
}

/// Asks until it holds: what is counted off the way of an answer may come after it.
#[track_caller]
fn until(shop: &Served, holds: impl Fn(&Page) -> bool) -> Page {
    let began = Instant::now();
    loop {
        let page = Page::of(shop);
        if holds(&page) {
            return page;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{:#?}", page.samples);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_line_is_of_the_format_and_every_histogram_adds_up() {
    let shop = Served::shop();
    shop.accepted("PlaceOrder", &order(&new_id(), 2));
    let page = Page::of(&shop);
    assert!(page.types.len() >= 20, "{:?}", page.types);
    for (name, of) in &page.types {
        assert!(name.starts_with("earmark_"), "{name}");
        if of != "histogram" || name.contains("http") {
            continue;
        }
        let count = page.get(&format!("{name}_count"));
        assert_eq!(page.get(&format!("{name}_bucket{{le=\"+Inf\"}}")), count, "{name}");
        let buckets = page.samples.keys().filter(|key| key.starts_with(&format!("{name}_bucket")));
        assert!(buckets.count() > 10, "{name}");
    }
    let build = page.samples.keys().find(|key| key.starts_with("earmark_build_info")).unwrap();
    let digest = format!("plugin_digest=\"{}\"", blake3::hash(b"native"));
    assert!(build.contains("plugin=\"earmark-shop\"") && build.contains(&digest), "{build}");
}

#[test]
fn counts_move_by_what_was_asked() {
    let shop = Served::shop();
    let before = until(&shop, |page| page.get("earmark_follower_lag_inputs") == 0.0);
    let id = new_id();
    let again = [("earmark-source", "till"), ("earmark-sequence", "1")];
    assert_eq!(shop.command("PlaceOrder", &order(&id, 1), &again).status, 200);
    assert_eq!(shop.command("PlaceOrder", &order(&id, 1), &again).status, 200);
    let ghost = json!({ "item": { "sku": "GHOST" }, "facility": { "code": "LON" },
        "tier": "primary", "quantity": 1 });
    assert_eq!(shop.command("ReceiveStock", &ghost, &[]).status, 404);
    let bomb = json!({ "sku": BOMB, "name": "x", "unitPrice": "1" });
    assert_eq!(shop.command("DefineItem", &bomb, &[]).status, 422);
    assert_eq!(shop.get("/nowhere").status, 404);
    assert_eq!(shop.query("Nothing", &json!({}), &[]).status, 404);
    let now = until(&shop, |page| {
        let done = page.get("earmark_journal_inputs") - before.get("earmark_journal_inputs");
        // The answer to a dead letter comes before its turn is over.
        let renewed = page.get(RENEWED) - before.get(RENEWED);
        done >= 3.0 && renewed >= 1.0 && page.get("earmark_follower_lag_inputs") == 0.0
    });
    let moved = |sample: &str| now.get(sample) - before.get(sample);
    let inputs = |command: &str, of: &str| now.inputs(command, of) - before.inputs(command, of);
    assert_eq!(inputs("PlaceOrder", "accepted"), 1.0);
    assert_eq!((inputs("PlaceOrder", "refused"), inputs("ReceiveStock", "refused")), (0.0, 1.0));
    assert_eq!((inputs("PlaceOrder", "dead"), inputs("DefineItem", "dead")), (0.0, 1.0));
    assert_eq!(inputs("DefineItem", "accepted"), 0.0);
    assert_eq!(moved("earmark_repeats_total"), 1.0);
    assert_eq!(moved("earmark_turns_total"), moved("earmark_append_seconds_count"));
    assert_eq!(moved("earmark_turn_inputs_sum"), moved("earmark_journal_inputs"));
    assert_eq!(moved(RENEWED), 1.0);
    assert_eq!(now.get("earmark_queue_inputs"), 0.0);
    assert_eq!(now.get("earmark_ready"), 1.0);
    let requests = |route: &str, class: &str| {
        let labels = format!("route=\"{route}\",method=\"POST\",status=\"{class}\"");
        now.get(&format!("earmark_http_requests_total{{{labels}}}"))
    };
    assert_eq!(requests("/api/commands/{name}", "4xx"), 2.0);
    assert_eq!(requests("/api/queries/{name}", "4xx"), 1.0);
    let lost = "earmark_http_requests_total{route=\"other\",method=\"GET\",status=\"4xx\"}";
    assert_eq!(now.get(lost), 1.0);
}

#[test]
fn an_open_stream_is_a_level_and_goes_down_with_it() {
    let shop = Served::shop();
    assert_eq!(Page::of(&shop).get("earmark_streams"), 0.0);
    let stream = shop.follow("/api/events", &[]);
    assert_eq!(Page::of(&shop).get("earmark_streams"), 1.0);
    drop(stream);
    until(&shop, |page| page.get("earmark_streams") == 0.0);
}

#[test]
fn a_question_that_waits_is_a_level_too() {
    let mut options = options();
    // Nobody has his turn, so it waits until its time is over.
    (options.limits.questions, options.limits.reading) = (0, Duration::from_secs(2));
    let shop = Served::start(options);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| shop.query("Order", &json!({ "order": new_id() }), &[]));
        until(&shop, |page| page.get("earmark_questions_waiting") == 1.0);
        asked.join().unwrap().problem(503, "busy");
    });
    let page = until(&shop, |page| page.get("earmark_questions_waiting") == 0.0);
    assert_eq!(page.get("earmark_questions"), 0.0);
}

#[test]
fn a_customer_may_not_read_them() {
    let shop = Served::shop();
    let answer = shop.send("GET", "/metrics", &[("earmark-as", "customer:ann")], b"");
    answer.problem(403, "scope-missing");
}

/// The names of metrics in a text of the query language.
fn names(expression: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c: char| !is_name(c));
    words.filter(|word| word.starts_with("earmark_")).map(String::from).collect()
}

#[test]
fn the_dashboard_shows_exactly_what_is_counted() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ops/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let page = Page::of(&Served::shop());
    let mut shown = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let names = names(expression);
            assert!(!names.is_empty(), "{expression}");
            for name in names {
                let metric = page.metric(&name);
                shown.insert(
                    metric.unwrap_or_else(|| panic!("no {name}: {expression}")).to_string(),
                );
            }
        }
    }
    let counted: BTreeSet<String> = page.types.keys().cloned().collect();
    assert_eq!(shown, counted);
    let variable = &dashboard["templating"]["list"][1]["query"];
    assert_eq!(names(variable.as_str().unwrap()), ["earmark_ready".to_string()].into());
}

#[test]
fn the_page_of_operations_names_every_metric() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `earmark_"));
    let listed: BTreeSet<String> = rows
        .filter_map(|row| row.split('`').next())
        .map(|name| format!("earmark_{name}"))
        .collect();
    let page = Page::of(&Served::shop());
    let sampled: BTreeSet<String> = page
        .types
        .iter()
        .map(|(name, of)| match of.as_str() {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.clone(),
        })
        .collect();
    assert_eq!(listed, sampled);
}
