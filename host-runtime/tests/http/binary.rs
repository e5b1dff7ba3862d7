//! Commands as the plugin's own bytes: the same as JSON, alone and in batches.

use crate::http_support::{Answer, Served, new_id, order, partition};
use earmark_abi::{BatchItem, Form, encode};
use serde_json::{Value, json};

const BINARY: (&str, &str) = ("content-type", "application/octet-stream");
const ANN: (&str, &str) = ("earmark-as", "customer:ann");

/// A command in the plugin's own form.
fn bytes(name: &str, payload: &Value) -> Vec<u8> {
    let partition = partition();
    let all = &partition.description().commands;
    let kind = all.iter().rposition(|one| one.name == name).expect("there is such a command");
    let kind = u16::try_from(kind).expect("a kind is a small number");
    let read = partition.from_json(Form::Command, kind, payload.to_string().as_bytes());
    read.expect("the plugin answers").expect("the command is well-formed")
}

fn give(shop: &Served, name: &str, command: &[u8], headers: &[(&str, &str)]) -> Answer {
    let headers = [&[BINARY], headers].concat();
    shop.send("POST", &format!("/api/commands/{name}"), &headers, command)
}

fn batch(shop: &Served, items: &[BatchItem<'_>], headers: &[(&str, &str)]) -> Answer {
    let headers = [&[BINARY], headers].concat();
    shop.send("POST", "/api/commands", &headers, &encode(items).expect("a batch has bytes"))
}

fn item<'a>(command: &'a str, data: &'a [u8]) -> BatchItem<'a> {
    BatchItem { command, data, key: None, source: None, sequence: None }
}

fn of_each<'a>(told: &'a Value, field: &str) -> Vec<&'a Value> {
    told.as_array().expect("a list is told").iter().map(|one| &one[field]).collect()
}

#[test]
fn a_command_is_the_same_in_both_forms() {
    let shop = Served::shop();
    let (payload, key) = (order(&new_id(), 2), ("idempotency-key", "one"));
    let first = give(&shop, "PlaceOrder", &bytes("PlaceOrder", &payload), &[key]);
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    assert_eq!(first["events"][0]["data"]["order"], payload["order"]);
    // Were it another command, the key would be taken.
    let again = shop.command("PlaceOrder", &payload, &[key]).json();
    assert_eq!((&again["again"], &again["input"]), (&json!(true), &first["input"]));
    let other = bytes("PlaceOrder", &order(&new_id(), 2));
    give(&shop, "PlaceOrder", &other, &[key]).problem(409, "idempotency-key-reused");
    let define = bytes("DefineItem", &json!({ "sku": "CUP", "name": "a cup" }));
    give(&shop, "DefineItem", &define, &[ANN]).problem(403, "scope-missing");
}

#[test]
fn bytes_that_are_no_command_are_refused_and_poison_nothing() {
    let shop = Served::shop();
    let good = bytes("PlaceOrder", &order(&new_id(), 1));
    let cut = good.get(..good.len() / 2).expect("half of it");
    for wrong in [&[][..], cut, &[&good[..], b"more"].concat(), &[0xff; 64]] {
        give(&shop, "PlaceOrder", wrong, &[]).problem(400, "malformed");
    }
    // One byte of it changed, wherever: refused or another order, and never a failure.
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x55;
        let answer = give(&shop, "PlaceOrder", &changed, &[]);
        assert!(answer.status < 500, "byte {at}: {}", answer.text());
    }
    let letters = shop.get("/api/dead-letters").json();
    assert_eq!(letters["letters"], json!([]), "{letters}");
    let placed = give(&shop, "PlaceOrder", &bytes("PlaceOrder", &order(&new_id(), 1)), &[]);
    assert_eq!(placed.status, 200, "{}", placed.text());
}

#[test]
fn a_batch_is_the_same_in_both_forms() {
    let shop = Served::shop();
    let (id, other) = (new_id(), new_id());
    let place = bytes("PlaceOrder", &order(&id, 2));
    let otherwise = bytes("PlaceOrder", &order(&id, 3));
    let unknown = json!({ "order": other, "reason": "customer" });
    let cancel = bytes("CancelOrder", &unknown);
    let counted =
        BatchItem { source: Some("dock"), sequence: Some(1), ..item("PlaceOrder", &place) };
    let items = [counted, item("CancelOrder", &cancel), item("PlaceOrder", &otherwise), counted];
    let answer = batch(&shop, &items, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    assert_eq!(of_each(&told, "status"), [200, 404, 409, 200]);
    assert_eq!(told[3]["again"], true, "the same place in the client's count");
    let json = json!([{ "command": "PlaceOrder", "data": order(&id, 2), "source": "dock",
        "sequence": 1 }]);
    let told = shop.post("/api/commands", json.to_string().as_bytes(), &[]).json();
    assert_eq!(told[0]["again"], true, "{told}");
}

#[test]
fn of_a_binary_batch_that_can_not_be_read_nothing_is_carried_out() {
    let shop = Served::shop();
    let before = shop.get("/health/ready").json()["inputs"].clone();
    let place = bytes("PlaceOrder", &order(&new_id(), 1));
    let good = item("PlaceOrder", &place);
    let odd = BatchItem { source: Some("me"), ..good };
    for (items, headers, status, code, says) in [
        (vec![], &[][..], 400, "malformed", "1 to 1000 commands"),
        (vec![good; 1_001], &[], 400, "malformed", "this one 1001"),
        (vec![good, item("Tick", b"")], &[], 404, "unknown-command", "command 1 of"),
        (vec![good, odd], &[], 400, "malformed", "go together"),
        (vec![good, item("DefineItem", b"")], &[ANN], 403, "scope-missing", "command 1 of"),
    ] {
        let problem = batch(&shop, &items, headers).problem(status, code);
        assert!(problem["detail"].as_str().unwrap_or_default().contains(says), "{says}: {problem}");
    }
    let whole = encode(&[good, good][..]).expect("a batch has bytes");
    for wrong in [&b""[..], &whole[..whole.len() - 1], &[&whole[..], b"x"].concat()] {
        let problem = shop.send("POST", "/api/commands", &[BINARY], wrong);
        let problem = problem.problem(400, "malformed");
        assert!(problem["detail"].as_str().unwrap_or_default().contains("batch"), "{problem}");
    }
    assert_eq!(shop.get("/health/ready").json()["inputs"], before, "something was carried out");
}

#[test]
fn only_commands_come_in_bytes() {
    let shop = Served::shop();
    for path in ["/api/queries/Summary", "/api/slice"] {
        let problem = shop.send("POST", path, &[BINARY], b"");
        problem.problem(415, "wrong-content-type");
    }
}
