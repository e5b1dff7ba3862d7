//! What commands take of their budget, counted on the plugin as it is shipped. Why: a budget that
//! nobody measures is met for the first time by a customer.

use earmark_tests::built::{Built, finished, succeeded, text};
use serde_json::Value;

#[test]
fn fuel_is_counted_the_same_each_time_and_half_the_budget_is_a_warning() {
    let Some(built) = Built::find() else { return };
    let place = tempfile::tempdir().expect("there is a temporary folder");
    let dir = place.path().join("journal");
    let mut demo = built.earmark();
    succeeded(demo.args(["demo", "--exit", "--documents", "150", "--dir"]).arg(&dir));
    let mut fuel = built.earmark();
    let fuel = fuel.arg("fuel").arg(&dir).args(["--last", "400", "--json"]);
    let (first, second) = (succeeded(fuel), succeeded(fuel));
    assert_eq!(first, second, "a count is the same each time");
    let rows: Vec<Value> =
        first.lines().map(|row| serde_json::from_str(row).expect("a row is JSON")).collect();
    let of = |row: &Value, name: &str| row[name].as_u64().unwrap_or_default();
    let placed = rows.iter().find(|row| row["command"] == "PlaceOrder").expect("orders are placed");
    let [p50, p99, most, budget] = ["p50", "p99", "most", "budget"].map(|name| of(placed, name));
    assert!(0 < p50 && p50 <= p99 && p99 <= most && most < budget, "{placed}");
    let all: u64 = rows.iter().map(|row| of(row, "inputs")).sum();
    assert!(all >= 400, "{all} inputs, and a record is decided on as a whole: {rows:?}");

    let tight = (most + most / 2).to_string();
    let output = finished(built.earmark().arg("fuel").arg(&dir).args([
        "--last",
        "400",
        "--max-fuel",
        &tight,
    ]));
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("warning: PlaceOrder came to 67 % of the"), "{said}");
    assert!(!said.contains("otherwise"), "the plugin that decided decides the same: {said}");
}
