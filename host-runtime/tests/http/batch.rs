//! Many commands in one request: read whole, handed in whole, and each with an outcome of its own.

use crate::http_support::{Answer, Served, new_id, order};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("earmark-as", "customer:ann");

fn place(id: &str, quantity: u64) -> Value {
    json!({ "command": "PlaceOrder", "data": order(id, quantity) })
}

fn batch(shop: &Served, items: &Value, headers: &[(&str, &str)]) -> Answer {
    shop.post("/api/commands", items.to_string().as_bytes(), headers)
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let told = answer.json();
    let all = told.as_array().unwrap_or_else(|| panic!("it is no list: {}", answer.text()));
    all.iter().map(|one| one["status"].as_u64().expect("it has a status")).collect()
}

#[test]
fn each_command_of_a_batch_has_its_own_outcome_in_their_order() {
    let shop = Served::shop();
    let ids = [new_id(), new_id()];
    let cancel =
        json!({ "command": "CancelOrder", "data": { "order": new_id(), "reason": "customer" } });
    let items = json!([place(&ids[0], 2), cancel, place(&ids[0], 3), place(&ids[1], 1)]);
    let answer = batch(&shop, &items, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(statuses(&answer), [200, 404, 409, 200]);
    let told = answer.json();
    assert_eq!(told[0]["events"][0]["type"], "OrderPlaced");
    assert_eq!(told[1]["code"], "unknown-order");
    assert_eq!(told[2]["code"], "placed-differently");
    assert_eq!(told[3]["subject"], json!(ids[1]));
    let inputs: Vec<_> = told.as_array().unwrap().iter().map(|one| one["input"].as_u64()).collect();
    assert!(inputs.is_sorted() && inputs.iter().all(Option::is_some), "{inputs:?}");
    let minimal = batch(&shop, &json!([place(&new_id(), 1)]), &[("prefer", "return=minimal")]);
    assert_eq!(minimal.json()[0]["events"], json!([]));
}

#[test]
fn of_a_batch_that_can_not_be_read_nothing_is_carried_out() {
    let shop = Served::shop();
    let before = shop.get("/health/ready").json()["inputs"].clone();
    let good = place(&new_id(), 1);
    let with = |other: Value| json!([good, other]);
    for (items, status, code, says) in [
        (with(json!({ "command": "PlaceOrder", "data": {} })), 400, "malformed", "command 1 of"),
        (with(json!({ "command": "Tick", "data": {} })), 404, "unknown-command", "command 1 of"),
        (with(json!({ "command": "Nonsense", "data": {} })), 404, "unknown-command", "command 1"),
        (with(json!({ "command": "PlaceOrder" })), 400, "malformed", "missing field `data`"),
        (with(json!({ "command": "X", "data": 1, "odd": 1 })), 400, "malformed", "`odd`"),
        (json!([]), 400, "malformed", "1 to 1000 commands"),
        (json!({}), 400, "malformed", "a batch is a list"),
        (json!(vec![good.clone(); 1_001]), 400, "malformed", "this one 1001"),
        (
            with(json!({ "command": "PlaceOrder", "data": {}, "source": "me" })),
            400,
            "malformed",
            "go together",
        ),
    ] {
        let problem = batch(&shop, &items, &[]).problem(status, code);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{says}: {problem}");
    }
    for header in [("idempotency-key", "one"), ("earmark-source", "me")] {
        let problem = batch(&shop, &json!([good]), &[header]).problem(400, "malformed");
        assert!(problem["detail"].as_str().unwrap().contains(header.0), "{problem}");
    }
    assert_eq!(shop.get("/health/ready").json()["inputs"], before, "something was carried out");
}

#[test]
fn a_batch_that_comes_again_is_carried_out_once() {
    let shop = Served::shop();
    let receive = json!({
        "item": { "sku": "MUG" }, "facility": { "code": "LON" }, "tier": "primary", "quantity": 5,
    });
    let command = "ReceiveStock";
    let counted = |nth: u64| {
        let (data, source) = (&receive, "dock");
        json!({ "command": command, "data": data, "source": source, "sequence": nth })
    };
    let keyed = json!({ "command": "ReceiveStock", "data": receive, "key": "a-key" });
    let items = json!([counted(1), counted(2), keyed, counted(2), keyed]);
    let first = batch(&shop, &items, &[]);
    assert_eq!(statuses(&first), [200; 5], "{}", first.text());
    let again = |answer: &Answer| -> Vec<Value> {
        answer.json().as_array().unwrap().iter().map(|one| one["again"].clone()).collect()
    };
    assert_eq!(again(&first), [false, false, false, true, true]);
    let second = batch(&shop, &items, &[]);
    assert_eq!(again(&second), [true; 5]);
    let inputs = |answer: &Answer| -> Vec<Value> {
        answer.json().as_array().unwrap().iter().map(|one| one["input"].clone()).collect()
    };
    assert_eq!(inputs(&first), inputs(&second));
    // The same as the command alone, under the same name.
    let alone = shop.command("ReceiveStock", &receive, &[("idempotency-key", "a-key")]);
    assert_eq!(alone.json()["again"], true, "{}", alone.text());
}

#[test]
fn a_customer_gives_his_own_commands_only() {
    let shop = Served::shop();
    let own = batch(&shop, &json!([place(&new_id(), 1)]), &[ANN]);
    assert_eq!(statuses(&own), [200], "{}", own.text());
    let item = json!({ "sku": "CUP", "name": "a cup" });
    let items = json!([place(&new_id(), 1), { "command": "DefineItem", "data": item }]);
    batch(&shop, &items, &[ANN]).problem(403, "scope-missing");
}
