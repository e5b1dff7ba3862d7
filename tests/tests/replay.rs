//! A year of documents through the plugin, durably; and each figure of it held against a count of
//! the files that shares no code with the program.

use std::path::Path;

use earmark_tests::built::{Built, number, row, succeeded};
use earmark_tests::count::{Count, Units};
use earmark_tests::documents::Documents;
use serde_json::Value;

/// What a replay left behind.
struct Replayed {
    _folder: tempfile::TempDir,
    table: String,
    figures: Value,
}

impl Replayed {
    /// Replays all documents, and holds the journal against the program's own check of it.
    fn new(built: &Built, documents: &Documents, stock: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (dir, file) = (folder.path().join("journal"), folder.path().join("figures.json"));
        let mut command = built.earmark();
        command.arg("replay").arg(documents.folder()).args(["--model", "basic", "--stock", stock]);
        let table = succeeded(command.arg("--dir").arg(&dir).arg("--json").arg(&file));
        println!("{table}");
        let text = std::fs::read(&file).expect("the figures were written");
        let figures = serde_json::from_slice(&text).expect("the figures are JSON");
        let replayed = Self { _folder: folder, table, figures };
        replayed.agrees_with_its_journal(built, &dir);
        replayed
    }

    fn agrees_with_its_journal(&self, built: &Built, dir: &Path) {
        let verified = built.verify(dir).expect("`earmark verify` finds the journal whole");
        assert_eq!(Some(verified.chain.as_str()), self.figures["chain"].as_str());
        assert_eq!(verified.inputs, self.figure("/inputs"));
        assert_eq!(verified.events, self.figure("/events"));
        assert_eq!(self.figures["broken"], Value::Array(Vec::new()), "a law is broken");
        let laws = row(&self.table, "laws").expect("the laws were looked at");
        assert!(laws.starts_with("all hold (") && !laws.contains("(0 "), "{laws}");
    }

    #[track_caller]
    fn figure(&self, place: &str) -> u64 {
        let figure = self.figures.pointer(place).and_then(Value::as_u64);
        figure.unwrap_or_else(|| panic!("there is no figure `{place}`"))
    }

    /// A list of `{name, count}` added up, for those whose name is so.
    fn sum(&self, list: &str, count: &str, wanted: impl Fn(&Value) -> bool) -> u64 {
        let entries = self.figures[list].as_array().expect("a list of figures");
        let of = |entry: &&Value| wanted(entry);
        entries.iter().filter(of).map(|entry| entry[count].as_u64().expect("a number")).sum()
    }

    fn rejected(&self) -> u64 {
        let reasons = self.figures["orders"]["rejected"].as_object().expect("reasons");
        reasons.values().map(|count| count.as_u64().expect("a number")).sum()
    }

    /// The documents that came in, by kind; and those that moved no goods were set aside.
    fn holds_the_documents_of(&self, count: &Count) {
        for (kind, wanted) in &count.kinds {
            let told = row(&self.table, kind).and_then(number);
            assert_eq!(told, Some(*wanted), "documents of the kind {kind}");
        }
        let reason = |word: &str| {
            let word = word.to_owned();
            move |entry: &Value| entry["reason"].as_str().is_some_and(|r| r.starts_with(&word))
        };
        for kind in ["credit", "fee", "debt"] {
            let wanted = count.kinds.get(kind).copied().unwrap_or(0);
            assert_eq!(self.sum("setAside", "entries", reason(kind)), wanted, "{kind} set aside");
        }
        let given_up = |word| i128::from(self.sum("setAside", "units", reason(word)));
        let of_nobody = given_up("cancelled by an unknown customer");
        assert_eq!(of_nobody, i128::from(count.of_nobody));
        assert_eq!(given_up("cancelled") - of_nobody, i128::from(count.of_no_order));
        assert_eq!(self.figure("/orders/placed"), kind(count, "order"), "no order has vanished");
        assert_eq!(self.figure("/orders/lines"), count.order_lines);
    }

    /// Units of each item that can't be otherwise, however much stock there is.
    fn conserves_units(&self) {
        for (sku, item) in self.items() {
            let of = |name: &str| figure_of(item, name);
            assert_eq!(of("tied"), of("released") + of("shipped") + of("open"), "{sku}: {item}");
            let on_hand =
                of("received") + of("found") + of("restocked") - of("shipped") - of("lost");
            assert!(on_hand >= 0 && of("open") >= 0, "{sku}: {on_hand} on hand, {item}");
            assert!(of("restocked") <= of("shipped"), "{sku}: {item}");
        }
    }

    fn items(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.figures["items"].as_object().expect("figures by item").iter()
    }
}

#[test]
fn with_ample_stock_every_figure_equals_one_counted_from_the_files() {
    let Some(built) = Built::find() else { return };
    let documents = Documents::at_hand(2_000);
    let (replayed, count) = (Replayed::new(&built, &documents, "ample"), whole_count(&documents));
    replayed.holds_the_documents_of(&count);
    replayed.conserves_units();
    assert_eq!(replayed.figure("/orders/confirmed"), kind(&count, "order"));
    assert_eq!((replayed.rejected(), replayed.figure("/orders/expired")), (0, 0));
    assert_eq!(replayed.figures["refusals"], Value::Array(Vec::new()), "nothing was refused");
    let mut held = 0;
    for (sku, wanted) in &count.items {
        if *wanted == Units::default() {
            continue;
        }
        let item = &replayed.figures["items"][sku];
        assert!(item.is_object(), "{sku} is not among the items");
        let of = |name: &str| figure_of(item, name);
        let found = Units {
            ordered: of("tied"),
            cancelled: of("released"),
            returned: of("restocked"),
            found: of("found"),
            lost: of("lost"),
        };
        assert_eq!(found, *wanted, "{sku}");
        assert_eq!(of("shipped"), wanted.ordered - wanted.cancelled, "{sku} shipped");
        assert_eq!(of("open"), 0, "{sku} open");
        held += 1;
    }
    for (sku, item) in replayed.items().filter(|(sku, _)| !count.items.contains_key(*sku)) {
        let idle = ["tied", "shipped", "found", "lost"].map(|name| figure_of(item, name));
        assert_eq!(idle, [0; 4], "{sku} is in no document");
    }
    println!("{held} items, seven figures each, are equal");
    if documents.real {
        assert_eq!((kind(&count, "order"), held > 3_700), (19_785, true), "{held} items");
    }
}

#[test]
fn with_scarce_stock_every_order_is_confirmed_or_rejected_with_a_reason() {
    let Some(built) = Built::find() else { return };
    let documents = Documents::at_hand(2_000);
    let replayed = Replayed::new(&built, &documents, "static-5pct");
    let count = whole_count(&documents);
    replayed.holds_the_documents_of(&count);
    replayed.conserves_units();
    let (confirmed, rejected) = (replayed.figure("/orders/confirmed"), replayed.rejected());
    assert_eq!(confirmed + rejected, kind(&count, "order"), "confirmed and rejected are all");
    assert!(rejected > 0 && confirmed > rejected, "{confirmed} confirmed, {rejected} rejected");
    let reasons = replayed.figures["orders"]["rejected"].as_object().expect("reasons");
    assert!(reasons.keys().all(|reason| !reason.is_empty()), "{reasons:?}");
    assert_eq!(replayed.figure("/told/rejected"), rejected, "each customer is told once");
    assert_eq!(replayed.figure("/told/accepted"), confirmed);
    let of = |command: &'static str| {
        replayed.sum("refusals", "count", move |entry| entry["command"] == command)
    };
    assert_eq!(of("PlaceOrder"), 0, "an order without stock is rejected, not refused");
    // Orders that were rejected can't be shipped; nor can those given up whole, which nobody
    // tries to ship.
    assert!(of("ShipOrder") >= rejected / 2 && of("ShipOrder") <= rejected, "{}", replayed.table);
    for (sku, wanted) in &count.items {
        let item = &replayed.figures["items"][sku];
        let of = |name: &str| if item.is_object() { figure_of(item, name) } else { 0 };
        // Units that were tied to an order and got lost are released, and tied anew elsewhere.
        let tied = of("tied") - of("released");
        assert!(tied <= wanted.ordered, "{sku}: {tied} tied of {} ordered", wanted.ordered);
        assert!(of("lost") <= wanted.lost && of("found") == wanted.found, "{sku}: {item}");
        assert!(of("restocked") <= wanted.returned, "{sku}: {item}");
    }
}

fn whole_count(documents: &Documents) -> Count {
    Count::of(documents, usize::MAX)
}

fn kind(count: &Count, kind: &str) -> u64 {
    count.kinds.get(kind).copied().unwrap_or(0)
}

#[track_caller]
fn figure_of(item: &Value, name: &str) -> i64 {
    item[name].as_i64().unwrap_or_else(|| panic!("there is no figure `{name}` in {item}"))
}
