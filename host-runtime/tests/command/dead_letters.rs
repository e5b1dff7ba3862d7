//! `earmark dead-letters`, as an operator types it: beside a host that runs, and when none does.
#![cfg(feature = "native")]

use std::path::Path;
use std::process::{Command, Output};

use crate::http_support::{BOMB, Place, Served};
use serde_json::{Value, json};

/// What it says, and whether it went well.
fn earmark(args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
    command.env_remove("EARMARK_URL").env("RUST_LOG", "warn").env("RUST_BACKTRACE", "0");
    let Output { status, stdout, stderr } = command.arg("--native").args(args).output().unwrap();
    let said = [stdout, stderr].concat();
    (status.success(), String::from_utf8(said).unwrap())
}

#[track_caller]
fn well(args: &[&str]) -> String {
    let (well, said) = earmark(args);
    assert!(well, "{args:?}: {said}");
    said
}

#[track_caller]
fn refused(args: &[&str]) -> String {
    let (well, said) = earmark(args);
    assert!(!well, "{args:?}: {said}");
    said
}

/// Hands in what kills the body, so often; the letters' places among the inputs.
fn kill(served: &Served, times: usize) -> Vec<String> {
    let bomb = |nth| json!({ "sku": BOMB, "name": format!("name {nth}") });
    let one = |nth| served.command("DefineItem", &bomb(nth), &[]).problem(422, "dead-letter");
    (0..times).map(one).map(|dead| dead["input"].to_string()).collect()
}

fn folder(place: &Place) -> &Path {
    match place {
        Place::Folder(folder) => folder.path(),
        Place::Memory(_) => panic!("it is in memory"),
    }
}

#[test]
fn letters_of_a_host_that_runs_are_listed_tried_and_given_up_over_http() {
    let served = Served::shop();
    let url = format!("http://{}/", served.addr);
    assert_eq!(well(&["dead-letters", "list", "--url", &url]), "no dead letters\n");
    let [letter] = kill(&served, 1).try_into().unwrap();
    let list = well(&["dead-letters", "list", "--url", &url]);
    let row = list.lines().nth(1).unwrap();
    for word in [letter.as_str(), "DefineItem", "trap", "open", "staff"] {
        assert!(row.contains(word), "{word}: {list}");
    }
    let shown = well(&["dead-letters", "show", &letter, "--url", &url]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["asked"]["data"]["sku"], BOMB);
    let again = refused(&["dead-letters", "retry", &letter, "--url", &url]);
    assert!(again.contains("boom") && again.contains("422 dead-letter"), "{again}");
    let drop = ["dead-letters", "drop", &letter, "--why", "a test", "--url", &url];
    assert!(well(&drop).contains("is given up"), "once");
    assert!(refused(&drop).contains("409 dead-letter-settled"), "not twice");
    assert_eq!(well(&["dead-letters", "list", "--url", &url]), "no dead letters\n");
    let all = well(&["dead-letters", "list", "--all", "--json", "--url", &url]);
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!((&all["standing"], &all["why"]), (&json!("dropped"), &json!("a test")));
}

#[test]
fn letters_of_a_journal_that_nobody_has_open_are_tried_with_a_plugin_that_is_mended() {
    let place = Place::sqlite();
    let served = Served::shop_at(&place);
    let [first, second] = kill(&served, 2).try_into().unwrap();
    let dir = folder(&place).to_str().unwrap();
    // Beside the host they can be looked at, and no more.
    assert_eq!(well(&["dead-letters", "list", "--dir", dir]).lines().count(), 3);
    let busy = refused(&["dead-letters", "retry", &first, "--dir", dir]);
    assert!(busy.contains("name that one with --url"), "{busy}");
    served.end();

    let shown = well(&["dead-letters", "show", &first, "--dir", dir]);
    assert!(shown.contains(&format!("\"sku\": \"{BOMB}\"")), "{shown}");
    let answered = well(&["dead-letters", "retry", &first, "--dir", dir]);
    assert!(answered.contains("answered as input") && answered.contains("1 events"), "{answered}");
    // The other one wants the same SKU under another name: it is answered too, and refused.
    let other = refused(&["dead-letters", "retry", &second, "--dir", dir]);
    assert!(other.contains("refused as input"), "{other}");
    assert_eq!(well(&["dead-letters", "list", "--dir", dir]), "no dead letters\n");
    let all = well(&["dead-letters", "list", "--all", "--dir", dir]);
    assert_eq!(all.matches("answered").count(), 2, "{all}");
    assert!(well(&["verify", dir]).contains("0 broken"));
}

#[test]
fn all_that_are_open_are_tried_again_at_once() {
    let place = Place::sqlite();
    let served = Served::shop_at(&place);
    let letters = kill(&served, 3);
    let dir = folder(&place).to_str().unwrap();
    let url = format!("http://{}/", served.addr);
    let again = refused(&["dead-letters", "retry", "--all", "--url", &url]);
    assert_eq!(again.matches("422 dead-letter").count(), 3, "{again}");
    assert!(again.contains("3 of 3 dead letters were not accepted"), "{again}");
    assert!(refused(&["dead-letters", "retry", "--url", &url]).contains("<INPUT|--all>"));
    let both = ["dead-letters", "retry", "--all", &letters[0], "--dir", dir];
    assert!(refused(&both).contains("cannot be used with"));
    served.end();

    // The plugin is mended: the first is carried out, and the others want its SKU.
    let told = refused(&["dead-letters", "retry", "--all", "--dir", dir]);
    assert!(told.contains(&format!("{}: answered as input", letters[0])), "{told}");
    for letter in &letters[1..] {
        assert!(told.contains(&format!("{letter}: refused as input")), "{told}");
    }
    assert!(told.contains("2 of 3 dead letters were not accepted"), "{told}");
    assert_eq!(well(&["dead-letters", "retry", "--all", "--dir", dir]), "no dead letters\n");
}

#[test]
fn what_is_not_there_is_told_in_words() {
    let place = Place::sqlite();
    let dir = folder(&place).to_str().unwrap();
    for (args, said) in [
        (&["dead-letters", "show", "7", "--dir", dir][..], "input 7 is no dead letter"),
        (&["dead-letters", "drop", "7", "--dir", dir, "--why", " "], "say why"),
        (&["dead-letters", "drop", "7", "--dir", dir], "--why"),
        (&["dead-letters", "list", "--dir", "/nowhere/at/all"], "/nowhere/at/all"),
        (&["dead-letters", "list", "--url", "http://127.0.0.1:1/"], "does it run?"),
        (&["dead-letters", "list", "--url", "https://127.0.0.1/"], "only `http://`"),
        (&["dead-letters", "list", "--url", "http://a/", "--dir", dir], "cannot be used with"),
    ] {
        let told = refused(args);
        assert!(told.contains(said), "{args:?}: {told}");
    }
}
