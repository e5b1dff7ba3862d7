//! A journal that can't go on, seen through HTTP: a disk that is full, and one that fails in the
//! midst of orders.
//!
//! Law: whoever was answered finds his order after the journal is opened anew, whoever was told
//! of the failure sends the same again and has it once, and what is durable can be read throughout.

use std::collections::BTreeMap;

use crate::http_support::{Answer, Place, Served, line, new_id, options, order, order_of, over};
use earmark_host::journal::{
    Fault, Head, Header, Journal, JournalError, JournalReader, OpenOptions, Record,
};
use serde_json::{Value, json};

/// Who places orders at the same time, each one after the other.
const TILLS: [&str; 4] = ["till-1", "till-2", "till-3", "till-4"];
/// A till that is served so often is served for ever.
const ORDERS_MAX: usize = 1_000;
/// Mugs in an order, each on a line of its own.
const UNITS: usize = 50;
/// Room for the tables, the stock and some dozens of orders.
const CRAMPED: u64 = 512 << 10;

#[test]
fn a_full_disk_is_told_and_costs_no_order_that_was_acknowledged() {
    let place = Place::sqlite();
    let cramped = OpenOptions { max_bytes: Some(CRAMPED), ..OpenOptions::default() };
    let shop = Served::over(over(place.journal(&cramped)), options());
    shop.stock();
    let tills = serve_until_it_fails(&shop, TILLS.map(Till::new).into(), "full");
    what_is_durable_can_be_read(&shop, &tills);
    shop.end();
    // Without more room the host comes up all the same, and what it has can be read.
    let shop = Served::over(over(place.journal(&cramped)), options());
    what_is_there(&shop, &tills);
    // A turn of one order may still fit where one of several did not, but then it is full again.
    let tills = serve_until_it_fails(&shop, tills, "full");
    what_is_durable_can_be_read(&shop, &tills);
    shop.end();
    let again = whoever_was_refused_sends_it_again(&place, &tills);
    assert_eq!(again, 0, "the disk had no room for what was refused");
}

#[test]
fn an_append_that_fails_is_told_and_costs_no_order_that_was_acknowledged() {
    for fault in [Fault::NotKept, Fault::Kept] {
        let place = Place::sqlite();
        let (inner, left) = (place.journal(&OpenOptions::default()), 50);
        let shop = Served::over(over(Box::new(Failing { inner, left, fault })), options());
        shop.stock();
        let none = TILLS.map(Till::new).into();
        let tills = serve_until_it_fails(&shop, none, "the cable came loose");
        what_is_durable_can_be_read(&shop, &tills);
        shop.end();
        let again = whoever_was_refused_sends_it_again(&place, &tills);
        // A turn takes whoever waits: one till at least, and all of them at the most.
        assert_eq!(again > 0, fault == Fault::Kept, "{fault:?}: {again} had been kept");
    }
}

#[test]
fn a_disk_that_is_full_from_the_start_is_told_by_an_error_that_says_so() {
    let place = Place::sqlite();
    let none = OpenOptions { max_bytes: Some(1), ..OpenOptions::default() };
    let shop = Served::over(over(place.journal(&none)), options());
    // Longer than what an empty table has room for.
    let id = new_id();
    let long = order_of(&id, vec![line("NONE", 1); 1_000]);
    assert_told(&shop.command("PlaceOrder", &long, &[]), "full");
    shop.query("Order", &json!({ "order": id }), &[]).problem(404, "unknown-order");
    assert_eq!(shop.get("/health/ready").json()["inputs"], 0);
    shop.end();
    let shop = Served::over(place.partition(), options());
    assert_eq!(shop.accepted("PlaceOrder", &long)["input"], 1);
}

/// An order that somebody sent, as the nth of his own.
struct Sent {
    till: &'static str,
    nth: String,
    id: String,
    order: Value,
    answer: Answer,
}

impl Sent {
    fn origin(&self) -> [(&str, &str); 2] {
        [("earmark-source", self.till), ("earmark-sequence", &self.nth)]
    }
}

/// What one till has sent: all answered with 200, but the last.
struct Till {
    name: &'static str,
    sent: Vec<Sent>,
}

impl Till {
    fn new(name: &'static str) -> Self {
        Self { name, sent: Vec::new() }
    }

    fn acknowledged(&self) -> &[Sent] {
        &self.sent[..self.sent.len() - 1]
    }

    fn refused(&self) -> &Sent {
        self.sent.last().unwrap()
    }

    /// Sends what was refused once more, and then new orders, until one is refused.
    fn serve(mut self, shop: &Served) -> Self {
        let mut again = self.sent.pop().map(|refused| refused.id);
        while self.sent.last().is_none_or(|last| last.answer.status == 200) {
            let (id, nth) = (again.take().unwrap_or_else(new_id), self.sent.len() + 1);
            let order = order_of(&id, vec![line("MUG", 1); UNITS]);
            let nth = nth.to_string();
            let origin = [("earmark-source", self.name), ("earmark-sequence", &nth)];
            let answer = shop.command("PlaceOrder", &order, &origin);
            self.sent.push(Sent { till: self.name, nth, id, order, answer });
            assert!(self.sent.len() < ORDERS_MAX, "the journal never fails");
        }
        self
    }
}

/// All tills place orders at once, each until it is told that the journal failed, and why.
fn serve_until_it_fails(shop: &Served, tills: Vec<Till>, why: &str) -> Vec<Till> {
    let tills: Vec<Till> = std::thread::scope(|scope| {
        let tills = tills.into_iter().map(|till| scope.spawn(|| till.serve(shop)));
        let tills: Vec<_> = tills.collect();
        tills.into_iter().map(|till| till.join().unwrap()).collect()
    });
    for till in &tills {
        let acknowledged = till.acknowledged().len();
        println!("{}: {acknowledged} acknowledged, then {}", till.name, till.refused().id);
        assert!(acknowledged > 0, "{}: it failed before anything was acknowledged", till.name);
        assert_told(&till.refused().answer, why);
    }
    tills
}

/// The failure has one status and one code, says why, and what to do.
#[track_caller]
fn assert_told(answer: &Answer, why: &str) {
    let told = answer.problem(503, "storage-failed");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains(why) && detail.contains("can be sent again"), "{detail}");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(told.get("input").is_none(), "it has no place in the journal: {told}");
}

/// The host is up: it says that it takes nothing, takes nothing, and answers what it is asked.
fn what_is_durable_can_be_read(shop: &Served, tills: &[Till]) {
    assert_eq!(shop.get("/health/live").status, 200);
    let ready = shop.get("/health/ready");
    assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("not-ready")));
    what_is_there(shop, tills);
    let new = shop.command("PlaceOrder", &order(&new_id(), 1), &[]);
    assert_told(&new, "");
    // Even what is durable is not answered a second time by a writer that failed.
    let known = &tills[0].acknowledged()[0];
    assert_told(&shop.command("PlaceOrder", &known.order, &known.origin()), "");
}

/// What was acknowledged is there, and what was refused is not to be seen.
fn what_is_there(shop: &Served, tills: &[Till]) {
    let ready = shop.get("/health/ready").json();
    let end = ready["position"].as_u64().unwrap();
    let placed = placed(shop, end);
    for till in tills {
        for sent in till.acknowledged() {
            assert_eq!(placed.get(&sent.id), Some(&1), "an acknowledged order is not in the feed");
            let asked = shop.query("Order", &json!({ "order": sent.id }), &[]);
            assert_eq!(asked.status, 200, "{}: {}", sent.id, asked.text());
            assert_eq!(asked.header("earmark-position"), Some(&*end.to_string()));
        }
        let refused = json!({ "order": till.refused().id });
        shop.query("Order", &refused, &[]).problem(404, "unknown-order");
    }
    let slice = json!({ "items": [{ "sku": "MUG" }], "orders": [] });
    assert_eq!(shop.post("/api/slice", slice.to_string().as_bytes(), &[]).status, 200);
}

/// The journal is opened anew, with room: everybody sends all that he has sent, and each order is
/// there once. Tells how many of those refused had been kept all the same.
fn whoever_was_refused_sends_it_again(place: &Place, tills: &[Till]) -> usize {
    let shop = Served::over(place.partition(), options());
    let mut kept = 0;
    for sent in tills.iter().flat_map(|till| &till.sent) {
        let answers = [(); 2].map(|()| shop.command("PlaceOrder", &sent.order, &sent.origin()));
        let [first, second] = answers.map(|answer| {
            assert_eq!(answer.status, 200, "{} {}: {}", sent.till, sent.nth, answer.text());
            answer.json()
        });
        let had = sent.answer.status == 200;
        let then = if had { sent.answer.json() } else { first.clone() };
        for same in ["input", "at", "subject", "events"] {
            assert_eq!((&first[same], &second[same]), (&then[same], &then[same]), "{same}");
        }
        assert_eq!((had && first["again"] != true, &second["again"]), (false, &json!(true)));
        kept += usize::from(!had && first["again"] == true);
    }
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    let placed = placed(&shop, end);
    let sent: BTreeMap<String, u64> =
        tills.iter().flat_map(|till| &till.sent).map(|sent| (sent.id.clone(), 1)).collect();
    assert_eq!(placed, sent, "each order once, and no other");
    let stock = shop.query("Stock", &json!({ "items": [{ "sku": "MUG" }] }), &[]).json();
    assert_eq!(stock[0]["available"], json!(1_000_000 - UNITS * sent.len()), "{stock}");
    shop.end();
    if let Place::Folder(folder) = place {
        earmark_host::journal::verify(folder.path(), &mut |_| {}).unwrap();
    }
    kept
}

/// How often each order was placed, as the feed up to this position says.
fn placed(shop: &Served, end: u64) -> BTreeMap<String, u64> {
    let mut placed = BTreeMap::new();
    for message in shop.follow("/api/events?after=0", &[]).up_to(end) {
        if message.event == "OrderPlaced" && message.id <= end {
            *placed.entry(message.data["subject"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    placed
}

/// A journal on a disk that fails once.
struct Failing {
    inner: Box<dyn Journal>,
    /// Appends that still succeed.
    left: u64,
    fault: Fault,
}

impl Journal for Failing {
    fn header(&self) -> &Header {
        self.inner.header()
    }

    fn head(&self) -> Head {
        self.inner.head()
    }

    fn append(&mut self, record: &Record) -> Result<Head, JournalError> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return self.inner.append(record);
        }
        if self.fault == Fault::Kept {
            self.inner.append(record)?;
        }
        let source = "the cable came loose".into();
        Err(JournalError::Storage { doing: "append the record", source })
    }

    fn sync_anchor(&mut self) -> Result<(), JournalError> {
        self.inner.sync_anchor()
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, JournalError> {
        self.inner.reader()
    }

    fn close(self: Box<Self>) -> Result<(), JournalError> {
        self.inner.close()
    }
}
