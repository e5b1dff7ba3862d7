//! Dead letters over HTTP: looked at, tried again and given up by an administrator, and by nobody
//! else.

use crate::http_support::{Answer, BOMB, Served, new_id, order};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("earmark-as", "customer:ann");

/// A shop with one dead letter, and its place among the inputs.
fn shop_with_a_letter() -> (Served, u64) {
    let shop = Served::shop();
    let bomb = json!({ "sku": BOMB, "name": "x" });
    let dead = shop.command("DefineItem", &bomb, &[]).problem(422, "dead-letter");
    let input = dead["input"].as_u64();
    (shop, input.unwrap_or_default())
}

fn post(shop: &Served, path: &str, body: &Value) -> Answer {
    shop.post(path, body.to_string().as_bytes(), &[])
}

#[test]
fn a_letter_is_listed_and_shown_with_what_was_asked() {
    let (shop, input) = shop_with_a_letter();
    let list = shop.get("/api/dead-letters").json();
    let letter = &list["letters"][0];
    assert_eq!(list["letters"].as_array().map(Vec::len), Some(1), "{list}");
    for (name, value) in [
        ("input", json!(input)),
        ("command", json!("DefineItem")),
        ("subject", json!("staff")),
        ("code", json!("trap")),
        ("retries", json!(0)),
        ("standing", json!("open")),
    ] {
        assert_eq!(letter[name], value, "{list}");
    }
    assert_eq!((&list["more"], &letter["words"]), (&json!(false), &json!("it trapped: boom")));
    let shown = shop.get(&format!("/api/dead-letters/{input}")).json();
    assert_eq!(shown["asked"]["data"]["sku"], BOMB, "{shown}");
    let scopes = shown["asked"]["scopes"].as_array();
    assert!(scopes.is_some_and(|scopes| scopes.contains(&json!("inventory:write"))), "{shown}");
    let behind = shop.get(&format!("/api/dead-letters?after={input}")).json();
    assert_eq!(behind["letters"], json!([]));
}

#[test]
fn a_retry_that_dies_again_is_told_and_counted() {
    let (shop, input) = shop_with_a_letter();
    let path = format!("/api/dead-letters/{input}/retry");
    let dead = post(&shop, &path, &json!({})).problem(422, "dead-letter");
    assert_eq!(dead["input"], json!(input + 1), "{dead}");
    let list = shop.get("/api/dead-letters").json();
    assert_eq!(list["letters"].as_array().map(Vec::len), Some(1), "a retry is no new letter");
    assert_eq!(list["letters"][0]["retries"], json!(1), "{list}");
}

#[test]
fn a_letter_is_given_up_once_and_with_a_reason() {
    let (shop, input) = shop_with_a_letter();
    let path = format!("/api/dead-letters/{input}/drop");
    for body in [json!({}), json!({ "why": "" }), json!({ "why": 1 }), json!({ "because": "x" })] {
        post(&shop, &path, &body).problem(400, "malformed");
    }
    let why = json!({ "why": "the item is called otherwise" });
    let dropped = post(&shop, &path, &why).json();
    assert_eq!(dropped, json!({ "letter": input, "input": input + 1 }));
    let again = post(&shop, &path, &why).problem(409, "dead-letter-settled");
    assert!(again["detail"].as_str().is_some_and(|said| said.contains("gave it up")), "{again}");
    let retry = format!("/api/dead-letters/{input}/retry");
    post(&shop, &retry, &json!({})).problem(409, "dead-letter-settled");
    assert_eq!(shop.get("/api/dead-letters").json()["letters"], json!([]));
    let all = shop.get("/api/dead-letters?all=true").json();
    assert_eq!(all["letters"][0]["standing"], "dropped", "{all}");
    assert_eq!(all["letters"][0]["why"], why["why"]);
    assert_eq!(all["letters"][0]["droppedBy"], "staff");
    // The entry has its place among the inputs, and orders go on behind it.
    let next = shop.accepted("PlaceOrder", &order(&new_id(), 1));
    assert_eq!(next["input"], json!(input + 2));
}

#[test]
fn nobody_but_an_administrator_hears_of_letters() {
    let (shop, input) = shop_with_a_letter();
    let one = format!("/api/dead-letters/{input}");
    for path in ["/api/dead-letters", one.as_str()] {
        shop.send("GET", path, &[ANN], b"").problem(403, "scope-missing");
    }
    for path in [format!("{one}/retry"), format!("{one}/drop")] {
        shop.post(&path, b"{\"why\":\"x\"}", &[ANN]).problem(403, "scope-missing");
    }
    assert_eq!(shop.get(&one).json()["retries"], json!(0), "nothing was done");
    for (path, status, code) in [
        ("/api/dead-letters/1", 404, "unknown-dead-letter"),
        ("/api/dead-letters/18446744073709551615", 404, "unknown-dead-letter"),
        ("/api/dead-letters/x", 400, "malformed"),
        ("/api/dead-letters?before=1", 400, "malformed"),
    ] {
        shop.get(path).problem(status, code);
    }
}
