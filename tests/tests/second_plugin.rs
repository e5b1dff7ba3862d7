//! A plugin that has nothing to do with orders, on the same host, HTTP API and tools. Why: the host
//! knows no domain, and whoever brings a reducer of his own finds that out first.

use std::path::PathBuf;

use earmark_tests::built::{Built, finished, named, refused, succeeded, text};
use earmark_tests::host::Host;
use serde_json::{Value, json};

/// Who sits where; none, and a line that says what to do, when a proof runs by itself.
fn seats() -> Option<(Built, PathBuf)> {
    let built = Built::find()?;
    let plugin = named("EARMARK_SECOND_PLUGIN");
    if plugin.is_none() {
        println!(
            "SKIPPED: nobody has named the second plugin (EARMARK_SECOND_PLUGIN): run `cargo xtask \
             test`"
        );
    }
    Some((built, plugin?))
}

#[test]
fn a_plugin_of_another_domain_is_served_made_durable_and_verified() {
    let Some((built, plugin)) = seats() else { return };
    let place = tempfile::tempdir().expect("there is a temporary folder");
    let journal = place.path().join("journal");
    let begin = || {
        let mut earmark = built.bare();
        earmark.args(["serve", "--addr", "127.0.0.1:0", "--plugin"]).arg(&plugin);
        Host::start(earmark.arg("--dir").arg(&journal))
    };
    let host = begin();
    let (status, taken) = host.command("Take", &json!({ "seat": 12, "guest": "ada" }));
    assert_eq!((status, &taken["events"][0]["type"]), (200, &json!("Taken")));
    assert_eq!(taken["events"][0]["data"], json!({ "seat": 12, "guest": "ada" }));
    let (status, taken_by) = host.command("Take", &json!({ "seat": 12, "guest": "bob" }));
    assert_eq!((status, &taken_by["code"]), (422, &json!("seat-taken")), "{taken_by}");
    assert_eq!(taken_by["detail"], "somebody sits on seat 12: take another one");
    let (status, malformed) = host.command("Take", &json!({ "seat": "twelve" }));
    assert_eq!(status, 400, "{malformed}");
    assert_eq!(host.command("Leave", &json!({ "seat": 12 })).0, 200);
    assert_eq!(host.command("Take", &json!({ "seat": 7, "guest": "bob" })).0, 200);
    assert_eq!(host.query("Guests", &json!({})), json!({ "7": "bob" }));
    let types: Vec<Value> = host.events(0, 3).iter().map(|event| event["type"].clone()).collect();
    let told = ["Taken", "Left", "Taken"].map(|name| format!("com.example.seats.{name}.v1"));
    assert_eq!(types, told);
    assert!(host.end().0.success());

    let host = begin();
    assert_eq!(host.query("Guests", &json!({})), json!({ "7": "bob" }), "after a restart");
    assert!(host.end().0.success());
    let verify = succeeded(built.bare().arg("verify").arg(&journal).arg("--plugin").arg(&plugin));
    assert!(verify.contains("events"), "{verify}");
    // The shop's own journal it is not.
    let other = refused(built.earmark().arg("verify").arg(&journal));
    assert!(other.contains("turns of the plugin `seats` (blake3 "), "{other}");
    assert!(other.contains("not of `earmark-shop` (blake3 "), "{other}");
    let mut shop = built.earmark();
    let other = refused(shop.args(["serve", "--addr", "127.0.0.1:0", "--dir"]).arg(&journal));
    assert!(other.contains("turns of the plugin `seats`, not of `earmark-shop`"), "{other}");
}

#[test]
fn whoever_has_a_file_can_see_what_plugin_it_is() {
    let Some((built, plugin)) = seats() else { return };
    let inspect = |file: &PathBuf| succeeded(built.bare().args(["plugin", "inspect"]).arg(file));
    let told = inspect(&plugin);
    for part in ["seats 1.0.0", "1, no imports", "blake3 ", "seats:write", "Take a seat.", "Guests"]
    {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    let mut earmark = built.bare();
    let json = succeeded(earmark.args(["plugin", "inspect", "--json"]).arg(built.plugin()));
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["name"], &json["abi"]), (&json!("earmark-shop"), &json!(1)));
    let bytes = std::fs::metadata(built.plugin()).expect("it is there").len();
    assert_eq!(json["bytes"], bytes);
    assert!(json["commands"].as_array().is_some_and(|all| all.len() > 50), "{json}");

    let place = tempfile::tempdir().expect("there is a temporary folder");
    let no_module = place.path().join("letter.wasm");
    std::fs::write(&no_module, "Dear host, please run me.").expect("it can be written");
    let told = finished(built.bare().args(["plugin", "inspect"]).arg(&no_module));
    let why = text(&told.stderr);
    assert!(!told.status.success() && told.stdout.is_empty(), "{why}");
    assert!(why.contains("letter.wasm") && why.contains("no WebAssembly module"), "{why}");
}
