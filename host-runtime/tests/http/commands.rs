//! Commands over HTTP: what is accepted, what is refused, and how each is told.

use crate::http_support;
use crate::http_support::{Served, line, new_id, order, order_of};
use serde_json::json;

const ANN: (&str, &str) = ("earmark-as", "customer:ann");
const BOB: (&str, &str) = ("earmark-as", "customer:bob");

#[test]
fn an_order_is_answered_with_its_events_and_the_position() {
    let shop = Served::shop();
    let id = new_id();
    let before = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    let answer = shop.accepted("PlaceOrder", &order(&id, 2));
    let events = answer["events"].as_array().unwrap();
    assert_eq!(events[0]["type"], "OrderPlaced");
    assert_eq!(events[0]["data"]["order"], json!(id));
    let names: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert!(names.contains(&"InventoryTied") && names.contains(&"OrderConfirmed"), "{names:?}");
    for (sequence, event) in (before + 1..).zip(events) {
        assert_eq!((&event["sequence"], &event["subject"]), (&json!(sequence), &json!(id)));
    }
    assert_eq!(answer["subject"], json!(id));
    assert_eq!(answer["position"], json!(before + events.len() as u64));
    assert_eq!(answer["again"], json!(false));
    assert!(answer["at"].as_u64().unwrap() > 1_700_000_000_000);
    let ready = shop.get("/health/ready").json();
    assert_eq!((&answer["chain"], &answer["input"]), (&ready["chain"], &ready["inputs"]));
    assert_eq!(answer["chain"].as_str().unwrap().len(), 64);
}

#[test]
fn the_same_order_again_changes_nothing_and_another_of_its_id_is_refused() {
    let shop = Served::shop();
    let id = new_id();
    shop.accepted("PlaceOrder", &order(&id, 2));
    let again = shop.accepted("PlaceOrder", &order(&id, 2));
    assert_eq!(again["events"], json!([]));
    let other = shop.command("PlaceOrder", &order(&id, 3), &[]).problem(409, "placed-differently");
    assert_eq!(other["facts"]["order"]["placedDifferently"]["order"], json!(id), "{other}");
    assert!(other["input"].as_u64().unwrap() > again["input"].as_u64().unwrap());
    assert_eq!(other["type"], "urn:earmark:refusal:placed-differently");
}

#[test]
fn a_refusal_is_told_with_its_facts() {
    let shop = Served::shop();
    let cancel = json!({ "order": new_id(), "reason": "customer" });
    let unknown = shop.command("CancelOrder", &cancel, &[]).problem(404, "unknown-order");
    assert!(unknown["facts"].is_object() && unknown["input"].is_u64(), "{unknown}");
    let many = vec![line("MUG", 1); 10_000];
    let refused = shop.command("PlaceOrder", &order_of(&new_id(), many), &[]);
    let refused = refused.problem(422, "too-many-lines");
    assert!(refused["detail"].as_str().unwrap().contains("10000 lines"), "{refused}");
}

#[test]
fn malformed_payloads_name_the_field_and_the_line() {
    let shop = Served::shop();
    let before = shop.get("/health/ready").json()["inputs"].clone();
    for (body, said) in [
        ("{", "line 1"),
        ("", "line 1"),
        ("[1]", "PlaceOrder"),
        (r#"{"order":"x"}"#, "order id"),
        (r#"{"nonsense":1}"#, "`nonsense`"),
        (&order(&new_id(), 0).to_string(), "a quantity is 1 to 1,000,000 units"),
        (&order(&new_id(), 1_000_001).to_string(), "a quantity is 1 to 1,000,000 units"),
        (&order(&new_id(), u64::MAX).to_string(), "18446744073709551615"),
        (&order(&new_id(), 1).to_string().replace(r#""quantity":1,"#, ""), "`quantity`"),
        ("{\"order\":\"\u{0}\"}", "line 1"),
    ] {
        let answer = shop.post("/api/commands/PlaceOrder", body.as_bytes(), &[]);
        let problem = answer.problem(400, "malformed");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{body}: {problem}");
    }
    shop.post("/api/commands/PlaceOrder", b"\xff\xfe{}", &[]).problem(400, "malformed");
    assert_eq!(shop.get("/health/ready").json()["inputs"], before, "none of it is journalled");
}

#[test]
fn what_is_not_there_is_told_apart() {
    let shop = Served::shop();
    let unknown = shop.command("Nonsense", &json!({}), &[]).problem(404, "unknown-command");
    let known = unknown["facts"]["known"].as_array().unwrap();
    assert!(known.contains(&json!("PlaceOrder")) && !known.contains(&json!("Tick")), "{known:?}");
    shop.command("Tick", &json!({}), &[]).problem(404, "unknown-command");
    let wrong = shop.get("/api/commands/PlaceOrder");
    wrong.problem(405, "wrong-method");
    assert_eq!(wrong.header("allow"), Some("POST"));
    shop.get("/api/commands").problem(405, "wrong-method");
    shop.send("DELETE", "/api/events", &[], b"").problem(405, "wrong-method");
    for path in ["/api/nonsense", "/", "/api/commands/a/b", "/echo", "/bench/echo"] {
        shop.get(path).problem(404, "unknown-path");
    }
    let plain = [("content-type", "text/plain")];
    let body = order(&new_id(), 1).to_string();
    let answer = shop.send("POST", "/api/commands/PlaceOrder", &plain, body.as_bytes());
    answer.problem(415, "wrong-content-type");
    let none = shop.send("POST", "/api/commands/PlaceOrder", &[], body.as_bytes());
    none.problem(415, "wrong-content-type");
    let utf8 = [("content-type", "application/JSON; charset=utf-8")];
    let answer = shop.send("POST", "/api/commands/PlaceOrder", &utf8, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let shop = Served::shop();
    let at_limit = |bytes: usize| {
        let mut body = order(&new_id(), 1).to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        shop.post("/api/commands/PlaceOrder", body.as_bytes(), &[])
    };
    assert_eq!(at_limit(1 << 20).status, 200);
    at_limit((1 << 20) + 1).problem(413, "too-large");
    at_limit(5 << 20).problem(413, "too-large");
    assert_eq!(at_limit(1_000).status, 200, "the server goes on");
}

#[test]
fn a_customer_may_do_only_what_his_scopes_say() {
    let shop = Served::shop();
    let item = json!({ "sku": "NEW", "name": "new" });
    let missing = shop.command("DefineItem", &item, &[ANN]).problem(403, "scope-missing");
    assert!(missing["detail"].as_str().unwrap().contains("`inventory:write`"), "{missing}");
    assert_eq!(shop.command("PlaceOrder", &order(&new_id(), 1), &[ANN]).status, 200);
    for unclear in ["customer:", "customer:staff", "nobody"] {
        let answer = shop.command("PlaceOrder", &order(&new_id(), 1), &[("earmark-as", unclear)]);
        answer.problem(401, "caller-unclear");
    }
    let elsewhere = [("host", "shop.example")];
    let answer = shop.command("PlaceOrder", &order(&new_id(), 1), &elsewhere);
    answer.problem(403, "host-refused");
}

#[test]
fn nobody_learns_whose_an_order_is_by_trying_to_change_it() {
    let shop = Served::shop();
    let owner = ("earmark-as", "customer:Marguerite");
    let (hers, nobodys) = (new_id(), new_id());
    assert_eq!(shop.command("PlaceOrder", &order(&hers, 1), &[owner]).status, 200);
    let tries = |id: &str| {
        let units = json!([{ "line": { "item": { "sku": "MUG" } }, "quantity": 1 }]);
        [
            ("CancelOrder", json!({ "order": id, "reason": "customer" })),
            ("CancelOrder", json!({ "order": id, "reason": "customer", "lines": units })),
            ("RequestReturn", json!({ "order": id, "lines": units })),
        ]
    };
    for ((name, at_hers), (_, at_none)) in tries(&hers).into_iter().zip(tries(&nobodys)) {
        let [told, of_none] = [at_hers, at_none].map(|ask| shop.command(name, &ask, &[BOB]));
        told.problem(404, "unknown-order");
        assert!(!format!("{:?} {}", told.headers, told.text()).contains("Marguerite"), "{name}");
        let as_of_none = |text: String, id: &str| text.replace(id, "ID");
        let without_input = |text: String| text.rsplit_once(",\"input\"").unwrap().0.to_string();
        let [told, of_none] = [(told, &hers), (of_none, &nobodys)]
            .map(|(answer, id)| without_input(as_of_none(answer.text(), id)));
        assert_eq!(told, of_none, "{name}: as if it were not there");
    }
    let again = shop.command("PlaceOrder", &order(&hers, 1), &[BOB]);
    again.problem(404, "unknown-order");
    assert!(!again.text().contains("Marguerite"));
}

#[test]
fn a_command_of_a_source_is_carried_out_once() {
    let shop = Served::shop();
    let payload = |item: &str| {
        json!({ "item": { "sku": item }, "facility": { "code": "LON" }, "tier": "primary",
            "quantity": 5 })
    };
    let count = |n: &'static str| [("earmark-source", "till-1"), ("earmark-sequence", n)];
    let first = shop.command("ReceiveStock", &payload("MUG"), &count("1")).json();
    let again = shop.command("ReceiveStock", &payload("MUG"), &count("1")).json();
    assert_eq!((&first["again"], &again["again"]), (&json!(false), &json!(true)));
    for same in ["input", "at", "events", "subject"] {
        assert_eq!(first[same], again[same], "{same}");
    }
    let other = shop.command("ReceiveStock", &payload("HAT"), &count("1"));
    let other = other.problem(409, "sequence-reused");
    assert_eq!(other["input"], first["input"], "{other}");
    // The outcome of a refusal is kept too.
    let refused = shop.command("ReceiveStock", &payload("NONE"), &count("2"));
    let once_more = shop.command("ReceiveStock", &payload("NONE"), &count("2"));
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert_eq!(refused.json(), once_more.json());
    // A gap is legal, and what it left out is over.
    assert_eq!(shop.command("ReceiveStock", &payload("MUG"), &count("9")).status, 200);
    let late = shop.command("ReceiveStock", &payload("MUG"), &count("5"));
    late.problem(409, "processed-long-ago");
    let stock = shop.query("Stock", &json!({ "items": [{ "sku": "MUG" }] }), &[]).json();
    assert_eq!(stock[0]["available"], json!(1_000_000 + 10), "{stock}");
}

#[test]
fn nobody_can_take_the_counts_of_another_ones_source() {
    let shop = Served::shop();
    let place = |who, count| {
        let origin = [who, ("earmark-source", "browser"), ("earmark-sequence", count)];
        shop.command("PlaceOrder", &order(&new_id(), 1), &origin)
    };
    assert_eq!(place(BOB, "1000").json()["again"], json!(false));
    assert_eq!(place(ANN, "1").json()["again"], json!(false), "ann counts for herself");
    place(BOB, "999").problem(409, "processed-long-ago");
    for bad in [
        &[("earmark-source", "a")][..],
        &[("earmark-sequence", "1")],
        &[("earmark-source", "a"), ("earmark-sequence", "0")],
        &[("earmark-source", "a"), ("earmark-sequence", "-1")],
        &[("earmark-source", ""), ("earmark-sequence", "1")],
    ] {
        shop.command("PlaceOrder", &order(&new_id(), 1), bad).problem(400, "malformed");
    }
}

#[test]
fn a_request_with_a_key_is_carried_out_once() {
    let shop = Served::shop();
    let id = new_id();
    let place = |key: &str, of: u64, who| {
        shop.command("PlaceOrder", &order(&id, of), &[who, ("idempotency-key", key)])
    };
    let first = place(r#""8e03978e-40d5""#, 1, ANN).json();
    let again = place("8e03978e-40d5", 1, ANN).json();
    assert_eq!((&first["again"], &again["again"]), (&json!(false), &json!(true)));
    assert_eq!((&first["events"], &first["input"]), (&again["events"], &again["input"]));
    assert!(!first["events"].as_array().unwrap().is_empty());
    let other = place("8e03978e-40d5", 2, ANN).problem(409, "idempotency-key-reused");
    assert_eq!(other["input"], first["input"], "{other}");
    assert!(!other["detail"].as_str().unwrap().contains("customer:"), "{other}");
    // The key of another customer is another key: his order is refused as his, not answered.
    place("8e03978e-40d5", 1, BOB).problem(404, "unknown-order");
    // Without a key the order's own id still holds.
    let bare = shop.command("PlaceOrder", &order(&id, 1), &[ANN]).json();
    assert_eq!((&bare["again"], &bare["events"]), (&json!(false), &json!([])));
}

#[test]
fn a_key_that_is_none_or_one_name_too_many_is_refused() {
    let shop = Served::shop();
    let before = shop.get("/health/ready").json()["inputs"].clone();
    let long = "x".repeat(256);
    for bad in [
        &[("idempotency-key", "")][..],
        &[("idempotency-key", r#""a"#)],
        &[("idempotency-key", &long)],
        &[("idempotency-key", "a"), ("earmark-source", "b"), ("earmark-sequence", "1")],
        &[("idempotency-key", "a"), ("earmark-source", "b")],
    ] {
        let told = shop.command("PlaceOrder", &order(&new_id(), 1), bad).problem(400, "malformed");
        assert!(told["detail"].as_str().unwrap().contains("`Idempotency-Key`"), "{told}");
    }
    assert_eq!(shop.get("/health/ready").json()["inputs"], before);
}

#[test]
fn the_events_are_left_out_on_request() {
    let shop = Served::shop();
    let minimal = [("prefer", "return=minimal")];
    let answer = shop.command("PlaceOrder", &order(&new_id(), 1), &minimal).json();
    assert_eq!(answer["events"], json!([]));
    assert!(answer["position"].as_u64().unwrap() > 0);
}

#[test]
fn an_input_that_kills_the_plugin_is_told_and_the_others_go_on() {
    let shop = Served::shop();
    let bomb = json!({ "sku": http_support::BOMB, "name": "x" });
    let origin = [("earmark-source", "a"), ("earmark-sequence", "1")];
    let dead = shop.command("DefineItem", &bomb, &origin).problem(422, "dead-letter");
    assert!(dead["detail"].as_str().unwrap().contains("boom"), "{dead}");
    assert!(dead["input"].is_u64());
    let again = shop.command("DefineItem", &bomb, &origin).problem(422, "dead-letter");
    assert_eq!(again["input"], dead["input"]);
    let next = shop.accepted("PlaceOrder", &order(&new_id(), 1));
    assert_eq!(next["input"].as_u64(), dead["input"].as_u64().map(|input| input + 1));
}
