//! Orders and inventory as two processes, of which one is killed while it hears the other: every
//! order is confirmed, and its units are tied once.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use earmark_tests::built::Built;
use earmark_tests::crash::{Serving, ask, post};
use serde_json::{Value, json};

const ROUNDS: usize = 16;
const PLACES: [&str; 2] = ["link-handed-in", "link-durable"];
const ROLES: [&str; 2] = ["order,fulfilment,payment,notification", "inventory"];
/// Orders of one round: more than a host that is to die hears before.
const ORDERS: usize = 200;
const PATIENCE: Duration = Duration::from_secs(60);

/// Two hosts that follow each other, orders first; of each its journal and address.
struct Pair {
    built: Built,
    dirs: [PathBuf; 2],
    addrs: [String; 2],
}

impl Pair {
    fn new(built: Built, folder: &Path) -> Self {
        // Each must know the other's address before it runs.
        let free = || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
            listener.local_addr().expect("it has an address").to_string()
        };
        let dirs = [folder.join("orders"), folder.join("inventory")];
        Self { built, dirs, addrs: [free(), free()] }
    }

    fn serve(&self, nth: usize, kill_at: Option<String>) -> Option<Serving> {
        let mut earmark = self.built.earmark();
        earmark.args(["serve", "--roles", ROLES[nth], "--addr", &self.addrs[nth]]);
        earmark.args(["--follow", &format!("http://{}", self.addrs[1 - nth])]);
        earmark.arg("--dir").arg(&self.dirs[nth]);
        if let Some(place) = kill_at {
            earmark.env("EARMARK_KILL_AT", place);
        }
        Serving::start(&mut earmark)
    }

    fn lives(&self, nth: usize) -> Serving {
        self.serve(nth, None).expect("a host comes back")
    }
}

fn order(number: usize) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis();
    let id = format!("{:08x}-{:04x}-7000-8000-{number:012x}", now >> 16, now & 0xffff);
    let destination = json!({ "country": "GB", "location": { "lat": 51_000_000, "lon": 0 } });
    let lines = json!([{ "item": { "sku": "MUG" }, "quantity": 1, "unitPrice": "5.00" }]);
    json!({ "order": id, "currency": "GBP", "lines": lines, "destination": destination })
}

fn stock(addr: &str) {
    let london = json!({
        "code": "LON", "name": "London", "country": "GB",
        "location": { "lat": 51_500_000, "lon": -100_000 }, "gateways": [],
    });
    let plenty = json!({
        "item": { "sku": "MUG" }, "facility": { "code": "LON" }, "tier": "primary",
        "quantity": 100_000,
    });
    for (name, command) in [
        ("DefineFacility", london),
        ("DefineItem", json!({ "sku": "MUG", "name": "Mug", "unitPrice": "5.00" })),
        ("ReceiveStock", plenty),
    ] {
        let answer = post(addr, name, &command, None).expect("it answers");
        assert_eq!(answer.0, 200, "{name}: {answer:?}");
    }
}

#[test]
fn killed_at_every_place_of_a_link() {
    let Some(built) = Built::find().filter(Built::is_for_crash_tests) else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let pair = Pair::new(built, folder.path());
    {
        let (_orders, inventory) = (pair.lives(0), pair.lives(1));
        stock(&inventory.addr);
    }
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let (victim, place) = (round % 2, PLACES[round / 2 % 2]);
        let at = format!("{place}:{}", 1 + round / 4);
        let other = pair.lives(1 - victim);
        // It may hear what was left over, and die before it serves.
        let Some(mut dies) = pair.serve(victim, Some(at.clone())) else { continue };
        let mut sent = 0;
        while !dies.has_ended() {
            assert!(sent < ORDERS, "round {round}: nobody dies at {at}");
            let order = order(all.len());
            // Whether it arrived, the end tells.
            drop(post(&pair.addrs[0], "PlaceOrder", &order, None));
            all.push(order);
            sent += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(dies.died(), "round {round}: the host ended otherwise than at {at}");
        drop(other);
    }
    let (orders, inventory) = (pair.lives(0), pair.lives(1));
    for order in &all {
        let told = post(&orders.addr, "PlaceOrder", order, None).expect("it answers");
        assert_eq!(told.0, 200, "{told:?}");
    }
    let begun = Instant::now();
    for order in &all {
        let ask_for = json!({ "order": order["order"] });
        loop {
            let told = ask(&orders.addr, "/api/queries/Order", &ask_for, None);
            let told = told.expect("it answers").1;
            if told["status"] == "confirmed" {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "an order is not confirmed: {told}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let wanted = json!({ "items": [{ "sku": "MUG" }] });
    let stock = ask(&inventory.addr, "/api/queries/Stock", &wanted, None).expect("it answers").1;
    let shelf = &stock[0]["shelves"][0];
    let tied = ["reserved", "allocated"].map(|name| shelf[name].as_u64().unwrap_or(0));
    assert_eq!(tied.iter().sum::<u64>(), all.len() as u64, "{stock}");
    drop((orders, inventory));
    for dir in &pair.dirs {
        pair.built.verify(dir).expect("the journal verifies");
    }
    println!("{} orders over {ROUNDS} rounds, each confirmed and tied once", all.len());
}
