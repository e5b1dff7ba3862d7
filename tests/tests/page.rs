//! The page at the real host: what a visitor sees in Chromium is what the host's journal says.
//!
//! Why: the page's own tests run at a host in memory, without HTTP door, disk or feed between.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use earmark_tests::built::{Built, named, text};
use earmark_tests::host::{Host, finished_within};
use serde_json::{Value, json};

/// A walk takes some 10 seconds; a page that does not answer is given up by itself after 10 more
/// for each of its steps.
const WALK: Duration = Duration::from_secs(150);

#[test]
fn what_the_page_shows_is_what_the_hosts_journal_says() {
    let Some((built, www, chromium)) = artefacts() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let dir = folder.path().join("demo");
    let mut demo = built.earmark();
    demo.args(["demo", "--addr", "127.0.0.1:0", "--dir"]).arg(&dir).arg("--www").arg(&www);
    let host = Host::start(&mut demo);
    let before = host.get("/health/ready");
    let told = walk(&host, &chromium);
    println!("{told}");
    previews_change_and_predictions_come_first(&told);
    let after = host.get("/health/ready");
    let (from, to) = (number(&before["position"]), number(&after["position"]));
    let events = host.events(from, to);
    let of_inputs = shown_is_recorded(&told, &events);
    let inputs = number(&after["inputs"]);
    assert_eq!(number(&before["inputs"]) + of_inputs, inputs, "{events:?}");
    stock_went_where_the_page_says(&told, &events, &host.query("Summary", &json!({})));
    let (status, said) = host.end();
    assert!(status.success(), "it ended with {status}:\n{said}");
    let kept = built.verify(&dir).unwrap_or_else(|why| panic!("{why}\nthe host said:\n{said}"));
    assert_eq!((kept.inputs, kept.events), (inputs, to), "{said}");
    assert_eq!(Some(kept.chain.as_str()), after["chain"].as_str(), "{said}");
}

/// The program, the page's files, and Chromium; none, and a line that says what is not there.
fn artefacts() -> Option<(Built, PathBuf, PathBuf)> {
    let built = Built::find()?;
    let found = named("EARMARK_WWW").zip(named("CHROMIUM"));
    if found.is_none() {
        println!(
            "SKIPPED: this proof walks through the page in Chromium, and nobody has named them \
             (EARMARK_WWW, CHROMIUM): run `cargo xtask test`"
        );
    }
    found.map(|(www, chromium)| (built, www, chromium))
}

/// Walks through the page; what the walk saw.
#[track_caller]
fn walk(host: &Host, chromium: &Path) -> Value {
    let mut node = Command::new("node");
    node.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../www"));
    node.args(["e2e/run.mjs", "--url", &host.url(), "--program"]).arg(chromium);
    let output = finished_within(&mut node, WALK);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let said = || format!("{out}\n{err}\nthe host said:\n{}", host.said());
    assert!(output.status.success(), "the walk ended with {}:\n{}", output.status, said());
    serde_json::from_str(out.trim()).unwrap_or_else(|error| panic!("{error}:\n{}", said()))
}

#[track_caller]
fn previews_change_and_predictions_come_first(told: &Value) {
    let (short, abroad) = (words(&told["short"]), words(&told["abroad"]));
    assert!(short != abroad && short.contains("999,999") && abroad.contains("by air"), "{told}");
    let (delay, predicted) = (number(&told["delayMs"]), number(&told["predictedAfterMs"]));
    // Nothing is sent before the delay is over: the prediction is the page's own.
    assert!(predicted < delay && delay <= number(&told["settledAfterMs"]), "{told}");
}

/// Each order of the page stands in the journal with the same events at the same places; how many
/// inputs these events come from.
#[track_caller]
fn shown_is_recorded(told: &Value, events: &[Value]) -> u64 {
    let placed: Vec<&Value> = events.iter().filter(|event| is(event, "OrderPlaced")).collect();
    let orders = told["orders"].as_array().expect("the walk tells of orders");
    assert_eq!((orders.len(), placed.len()), (3, 3), "{told}\n{events:?}");
    let statuses = ["Confirmed, as predicted", "Confirmed, with changes", "Cancelled"];
    for ((order, placed), status) in orders.iter().zip(placed).zip(statuses) {
        assert_eq!(order["status"], status, "{told}");
        let mut recorded = json!({});
        for event in events.iter().filter(|event| event["subject"] == placed["subject"]) {
            // A cancelled order shows no longer what had been tied for it.
            let step = match words(&event["type"]) {
                "dev.earmark.OrderPlaced.v1" => "Recorded",
                "dev.earmark.InventoryTied.v1" if status != "Cancelled" => "Stock tied",
                "dev.earmark.OrderConfirmed.v1" if status != "Cancelled" => "Confirmed",
                "dev.earmark.OrderCancelled.v1" => "Cancelled",
                _ => continue,
            };
            recorded[step] = json!(sequence(event));
        }
        assert_eq!(order["events"], recorded, "{status}: the page and the journal differ");
    }
    let mut inputs: Vec<&str> = events.iter().map(|event| words(&event["causationid"])).collect();
    inputs.dedup();
    inputs.len() as u64
}

/// The order that was served otherwise than predicted: from where not, and from where instead.
#[track_caller]
fn stock_went_where_the_page_says(told: &Value, events: &[Value], summary: &Value) {
    let facilities = summary["facilities"].as_array().expect("the shop has facilities");
    let name = |id: &Value| {
        let found = facilities.iter().find(|facility| facility["id"] == *id);
        words(&found.unwrap_or_else(|| panic!("there is no {id}"))["name"])
    };
    let adjusted = words(&told["adjusted"]);
    let lost: Vec<&Value> = events.iter().filter(|event| is(event, "StockAdjusted")).collect();
    assert!(!lost.is_empty(), "{events:?}");
    for event in lost {
        let none = format!("none from {} any more", name(&event["data"]["facility"]));
        assert!(adjusted.contains(&none), "`{adjusted}` does not say `{none}`");
    }
    let tied: Vec<&Value> = events.iter().filter(|event| is(event, "InventoryTied")).collect();
    for portion in tied[1]["data"]["portions"].as_array().expect("something was tied") {
        let now = format!("{} from {} now", portion["quantity"], name(&portion["facility"]));
        assert!(adjusted.contains(&now), "`{adjusted}` does not say `{now}`");
    }
}

fn is(event: &Value, name: &str) -> bool {
    event["type"] == format!("dev.earmark.{name}.v1")
}

/// The place of an event in the journal.
#[track_caller]
fn sequence(event: &Value) -> u64 {
    words(&event["sequence"]).parse().expect("a sequence is a number")
}

#[track_caller]
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("`{value}` is not a whole number"))
}

#[track_caller]
fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("`{value}` is not a text"))
}
