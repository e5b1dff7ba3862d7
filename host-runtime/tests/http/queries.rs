//! Questions over HTTP: answers of a position, and to each his own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http_support::{Served, line, new_id, order};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("earmark-as", "customer:ann");
const BOB: (&str, &str) = ("earmark-as", "customer:bob");

#[test]
fn an_answer_sees_what_was_answered_before_it() {
    let shop = Served::shop();
    for _ in 0..20 {
        let id = new_id();
        let placed = shop.accepted("PlaceOrder", &order(&id, 1));
        let answer = shop.query("Order", &json!({ "order": id }), &[]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["order"], json!(id));
        assert_eq!(answer.header("earmark-position"), Some(&*placed["position"].to_string()));
        assert_eq!(answer.header("earmark-chain"), placed["chain"].as_str());
    }
}

#[test]
fn a_customer_sees_his_own_orders_only() {
    let shop = Served::shop();
    let id = new_id();
    assert_eq!(shop.command("PlaceOrder", &order(&id, 1), &[ANN]).status, 200);
    let ask = json!({ "order": id });
    assert_eq!(shop.query("Order", &ask, &[ANN]).json()["owner"], json!("ann"));
    assert_eq!(shop.query("Order", &ask, &[]).status, 200, "staff sees it");
    shop.query("Order", &ask, &[BOB]).problem(404, "unknown-order");
    assert_eq!(shop.query("Orders", &json!({}), &[BOB]).json(), json!([]));
    assert_eq!(shop.query("Orders", &json!({}), &[ANN]).json().as_array().unwrap().len(), 1);
    let stock = json!({ "items": [{ "sku": "MUG" }] });
    assert!(shop.query("Stock", &stock, &[BOB]).json()[0]["shelves"].is_null());
    assert!(shop.query("Stock", &stock, &[]).json()[0]["shelves"].is_array());
}

#[test]
fn a_preview_tells_what_an_order_would_come_to() {
    let shop = Served::shop();
    let destination = json!({ "country": "GB", "location": { "lat": 51_000_000, "lon": 0 } });
    let mut mugs = line("MUG", 3);
    mugs.as_object_mut().unwrap().remove("unitPrice");
    let served = json!({ "lines": [mugs], "destination": destination });
    let answer = shop.query("Preview", &served, &[ANN]).json();
    assert_eq!(answer["served"]["parcels"][0]["facility"]["code"], "LON", "{answer}");
    shop.query("Preview", &json!({ "lines": [] }), &[]).problem(400, "malformed");
    let unknown = shop.query("Nonsense", &json!({}), &[]).problem(404, "unknown-query");
    assert!(unknown["facts"]["known"].as_array().unwrap().contains(&json!("Preview")));
}

/// Now; not in the last moments of a day, since on the next one a facility is not full any more.
fn early_enough() -> u64 {
    const DAY: u64 = 86_400_000;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let left = DAY - now() % DAY;
    if left < 20_000 {
        std::thread::sleep(Duration::from_millis(left + 1));
    }
    now()
}

#[test]
fn a_preview_is_of_the_moment_of_asking_if_it_names_none() {
    let now = early_enough();
    let shop = Served::shop();
    let rules = json!({ "offline": false, "serves": [], "noHazardous": false, "parcelsPerDay": 1 });
    let facility = json!({ "code": "LON" });
    shop.accepted("SetFacilityRules", &json!({ "facility": facility, "rules": rules }));
    shop.accepted("PlaceOrder", &order(&new_id(), 1));
    let destination = json!({ "country": "GB", "location": { "lat": 51_000_000, "lon": 0 } });
    let lines = json!([{ "item": { "sku": "MUG" }, "quantity": 1 }]);
    let ask = |at: Option<Value>| {
        let mut ask = json!({ "lines": lines, "destination": destination });
        if let Some(at) = at {
            ask["at"] = at;
        }
        shop.query("Preview", &ask, &[ANN]).json()
    };
    let today = ask(None);
    assert_eq!(today["short"]["shortfalls"][0]["available"], 0, "London is full: {today}");
    let placed = shop.accepted("PlaceOrder", &order(&new_id(), 1));
    let told = placed["events"].as_array().unwrap().iter();
    let rejected = told.clone().find(|event| event["type"] == "InventoryRejected");
    assert_eq!(rejected.unwrap()["data"]["shortfalls"], today["short"]["shortfalls"]);
    for open in [json!(null), json!(now + 86_400_000)] {
        assert!(ask(Some(open.clone()))["served"].is_object(), "{open}");
    }
}

#[test]
fn a_slice_is_bytes_of_a_position() {
    let shop = Served::shop();
    let placed = shop.accepted("PlaceOrder", &order(&new_id(), 1));
    let ask = json!({ "items": [{ "sku": "MUG" }], "orders": [] });
    let slice = shop.post("/api/slice", ask.to_string().as_bytes(), &[ANN]);
    assert_eq!(slice.status, 200, "{}", slice.text());
    assert_eq!(slice.header("content-type"), Some("application/octet-stream"));
    assert_eq!(slice.header("earmark-position"), Some(&*placed["position"].to_string()));
    let more = json!({ "items": [{ "sku": "MUG" }, { "sku": "TEA" }] });
    let larger = shop.post("/api/slice", more.to_string().as_bytes(), &[ANN]);
    assert!(larger.body.len() > slice.body.len() && !slice.body.is_empty());
    shop.post("/api/slice", b"{}", &[ANN]).problem(400, "malformed");
}

#[test]
fn the_description_is_json_through_and_through() {
    let shop = Served::shop();
    let says = shop.get("/api/description").json();
    assert_eq!(says["name"], "earmark-shop");
    let commands = says["commands"].as_array().unwrap();
    let place = commands.iter().find(|one| one["name"] == "PlaceOrder").unwrap();
    assert_eq!(place["scope"], "orders:write");
    assert!(place["schema"]["properties"]["lines"].is_object(), "{place}");
    assert!(commands.iter().all(|one| one["name"] != "Tick"));
    let queries = says["queries"].as_array().unwrap();
    assert!(queries.iter().all(|one| one["schema"].is_object() && !one["answer"].is_null()));
    let events = says["events"].as_array().unwrap();
    assert!(events.iter().any(|one| one["type"] == "dev.earmark.OrderPlaced.v1"));
    assert!(says["refusal"].is_object() && says["slice"].is_object());
}
