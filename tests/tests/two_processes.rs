//! Orders and inventory as two processes that follow each other's events, with no broker between.
//! Why: each has its own journal, and what the one says must reach the other once, also when it was
//! killed in between.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use earmark_tests::built::{Built, refused};
use earmark_tests::host::Host;
use serde_json::{Value, json};

/// No order waits longer for its end.
const PATIENCE: Duration = Duration::from_secs(60);
const ORDERS: &str = "order,fulfilment,payment,notification";

/// An address that nobody has now: each of the two must know the other's before it runs.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").to_string()
}

fn serve(built: &Built, dir: &Path, roles: &str, own: &str, other: &str) -> Command {
    let mut earmark = built.earmark();
    earmark.args(["serve", "--roles", roles, "--addr", own]).arg("--dir").arg(dir);
    earmark.args(["--follow", &format!("http://{other}")]);
    earmark
}

/// An order's id: a UUID of version 7 of now.
fn id(number: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis();
    format!("{:08x}-{:04x}-7000-8000-{number:012x}", now >> 16, now & 0xffff)
}

#[track_caller]
fn accepted(host: &Host, name: &str, command: &Value) {
    let (status, answer) = host.command(name, command);
    assert_eq!(status, 200, "{name}: {answer}");
}

/// An order of some mugs, and its id.
#[track_caller]
fn place(orders: &Host, number: u64, mugs: u32) -> String {
    let order = id(number);
    let lines = json!([{ "item": { "sku": "MUG" }, "quantity": mugs, "unitPrice": "5.00" }]);
    let destination = json!({ "country": "GB", "location": { "lat": 51_000_000, "lon": 0 } });
    let place = json!({
        "order": order, "currency": "GBP", "lines": lines, "destination": destination,
    });
    accepted(orders, "PlaceOrder", &place);
    order
}

fn status(orders: &Host, order: &str) -> Value {
    orders.query("Order", &json!({ "order": order }))["status"].clone()
}

#[track_caller]
fn ends(orders: &Host, order: &str) -> Value {
    let begun = Instant::now();
    loop {
        let status = status(orders, order);
        if status != "pending" {
            return status;
        }
        assert!(begun.elapsed() < PATIENCE, "it is pending for ever:\n{}", orders.said());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_order_is_confirmed_by_another_process_also_when_that_was_killed_in_between() {
    let Some(built) = Built::find() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (left, right) = (folder.path().join("orders"), folder.path().join("inventory"));
    let (here, there) = (free(), free());
    let inventory = || Host::start(&mut serve(&built, &right, "inventory", &there, &here));
    let stock = inventory();
    let orders = Host::start(&mut serve(&built, &left, ORDERS, &here, &there));
    let london = json!({
        "code": "LON", "name": "London", "country": "GB",
        "location": { "lat": 51_500_000, "lon": -100_000 }, "gateways": [],
    });
    accepted(&stock, "DefineFacility", &london);
    accepted(&stock, "DefineItem", &json!({ "sku": "MUG", "name": "Mug", "unitPrice": "5.00" }));
    let five = json!({
        "item": { "sku": "MUG" }, "facility": { "code": "LON" }, "tier": "primary", "quantity": 5,
    });
    accepted(&stock, "ReceiveStock", &five);
    let first = place(&orders, 1, 3);
    assert_eq!(ends(&orders, &first), "confirmed");
    let too_many = place(&orders, 2, 3);
    assert_eq!(ends(&orders, &too_many), "rejected");

    // It is killed, and not asked to end.
    drop(stock);
    let waits = place(&orders, 3, 2);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(status(&orders, &waits), "pending");
    let stock = inventory();
    assert_eq!(ends(&orders, &waits), "confirmed");
    let begun = Instant::now();
    loop {
        let link = orders.get("/health/ready")["links"][0].clone();
        if (&link["state"], &link["behind"]) == (&json!("following"), &json!(0)) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the link does not come to rest: {link}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(orders.end().0.success());
    assert!(stock.end().0.success());
    for dir in [&left, &right] {
        built.verify(dir).expect("the journal verifies");
    }
    // Each was heard once: nothing was reserved twice.
    let records = built.verify(&right).expect("the journal verifies");
    assert_eq!(records.inputs, 7, "3 of the shop's, 3 orders, and that one was rejected");

    let other = refused(&mut serve(&built, &right, "order", "127.0.0.1:0", &here));
    assert!(other.contains("which it keeps for its life"), "{other}");
    let all = format!("{ORDERS},inventory");
    let new = folder.path().join("new");
    let nothing = refused(&mut serve(&built, &new, &all, "127.0.0.1:0", &here));
    assert!(nothing.contains("leave others out") && !new.exists(), "{nothing}");
}
