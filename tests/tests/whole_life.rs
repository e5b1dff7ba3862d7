//! A year of documents with the whole life of its orders: paid, held, worked on, shipped in parts,
//! lost, returned; and each figure that needs no stock held against a count of the files that
//! shares no code with the program.

use earmark_tests::built::{Built, row, succeeded};
use earmark_tests::documents::Documents;
use earmark_tests::life::{Holds, Life, Sum};
use serde_json::Value;

/// What a replay left behind.
struct Replayed {
    table: String,
    figures: Value,
}

impl Replayed {
    /// Replays all documents, and holds the journal against the program's own check of it.
    fn new(built: &Built, documents: &Documents, stock: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (dir, file) = (folder.path().join("journal"), folder.path().join("figures.json"));
        let mut command = built.earmark();
        command.arg("replay").arg(documents.folder()).args(["--model", "full", "--stock", stock]);
        let table = succeeded(command.arg("--dir").arg(&dir).arg("--json").arg(&file));
        println!("{table}");
        let text = std::fs::read(&file).expect("the figures were written");
        let figures: Value = serde_json::from_slice(&text).expect("the figures are JSON");
        let verified = built.verify(&dir).expect("`earmark verify` finds the journal whole");
        assert_eq!(Some(verified.chain.as_str()), figures["chain"].as_str());
        assert_eq!(figures["broken"], Value::Array(Vec::new()), "a law is broken");
        assert_eq!(figures["differences"], Value::Array(Vec::new()), "a sum is not even");
        let laws = row(&table, "laws").expect("the laws were looked at");
        assert!(laws.starts_with("all hold (") && !laws.contains("(0 "), "{laws}");
        assert_eq!(row(&table, "figures and documents"), Some("equal"));
        Self { table, figures }
    }

    /// A figure of the life.
    #[track_caller]
    fn life(&self, place: &str) -> i64 {
        let figure = self.figures["life"].pointer(place).and_then(Value::as_i64);
        figure.unwrap_or_else(|| panic!("there is no figure `{place}`"))
    }

    #[track_caller]
    fn order(&self, name: &str) -> i64 {
        let figure = self.figures["orders"][name].as_i64();
        figure.unwrap_or_else(|| panic!("there is no figure `{name}`"))
    }

    fn rejected(&self) -> i64 {
        let reasons = self.figures["orders"]["rejected"].as_object().expect("reasons");
        reasons.values().map(|count| count.as_i64().expect("a number")).sum()
    }

    #[track_caller]
    fn pair(&self, place: &str) -> Sum {
        (self.life(&format!("{place}/0")) as u64, self.life(&format!("{place}/1")))
    }

    fn holds(&self, kind: &str) -> Holds {
        let Some(found) = self.figures["life"]["holds"].get(kind) else { return Holds::default() };
        let of = |name: &str| found[name].as_u64().expect("a number");
        let (placed, released) = (of("placed"), of("released"));
        Holds { placed, released, lapsed: of("lapsed"), ended_with_order: of("endedWithOrder") }
    }

    /// Whatever began has come to its end, and the sums come out even.
    fn comes_to_an_end(&self) {
        for open in ["/parcels/underWay/0", "/units/stillHere"] {
            assert_eq!(self.life(open), 0, "{open}");
        }
        assert_eq!(self.life("/ended"), self.order("placed"), "every order has come to its end");
        for unit in [0, 1] {
            let of = |what: &str| self.life(&format!("/parcels/{what}/{unit}"));
            let ends = of("delivered") + of("lost") + of("notTaken") + of("voided");
            assert_eq!(of("shipped"), ends, "{}", self.table);
        }
        let left = self.life("/parcels/shipped/1") - self.life("/parcels/voided/1");
        assert_eq!(self.life("/units/ordered"), self.life("/units/cancelled") + left);
        let taken_in = self.figures["life"]["returns"]["takenIn"].as_object().expect("returns");
        let taken_in: i64 = taken_in.values().map(|sum| sum[1].as_i64().expect("units")).sum();
        let refused = self.life("/returns/refused/1");
        assert_eq!(self.life("/returns/announced/1"), taken_in + refused);
        let pence = |what: &str| self.life(&format!("/payments/{what}/1"));
        let ends = ["authorized", "declined", "withdrawn", "neverPaid"].map(pence);
        assert_eq!(pence("asked"), ends.iter().sum::<i64>(), "{}", self.table);
        assert_eq!(pence("authorized"), pence("captured") + pence("voided"), "{}", self.table);
        assert_eq!(pence("held"), 0, "everything was captured or voided");
        assert_eq!(pence("kept"), pence("captured") - pence("refunded"));
        let granted = self.figures["life"]["payments"]["granted"].as_object().expect("refunds");
        let granted: i64 = granted.values().map(|sum| sum[1].as_i64().expect("pence")).sum();
        assert_eq!(pence("refunded"), granted);
        let answered = self.life("/cancellations/letGo/0") + self.life("/cancellations/declined");
        assert_eq!(self.life("/cancellations/asked/0"), answered, "facilities have answered");
    }
}

#[test]
fn with_enough_of_everything_each_figure_equals_one_counted_from_the_files() {
    let Some(built) = Built::find() else { return };
    let documents = Documents::at_hand(2_000);
    let replayed = Replayed::new(&built, &documents, "ample");
    let life = Life::of(&documents, usize::MAX);
    replayed.comes_to_an_end();
    assert_eq!(replayed.figures["refusals"], Value::Array(Vec::new()), "nothing was refused");
    assert_eq!(replayed.figures["life"]["leftOut"], Value::Array(Vec::new()));
    assert_eq!(replayed.order("placed") as u64, life.orders);
    assert_eq!((replayed.holds("fraud"), replayed.holds("export")), (life.fraud, life.export));
    for (place, wanted) in [
        ("/payments/asked", life.asked),
        ("/payments/authorized", life.authorized),
        ("/payments/declined", life.declined),
        ("/payments/withdrawn", life.withdrawn),
        ("/payments/neverPaid", life.never_paid),
        ("/payments/granted/it came back", life.paid_back),
        ("/returns/announced", life.announced),
        ("/returns/refused", life.refused),
    ] {
        assert_eq!(replayed.pair(place), wanted, "{place}");
    }
    for place in [
        "/jobs/notFound/0",
        "/jobs/refused/0",
        "/parcels/voided/0",
        "/parcels/lost/0",
        "/parcels/notTaken/0",
    ] {
        let wanted = life.troubles.get(place).copied().unwrap_or(0);
        assert_eq!(replayed.life(place) as u64, wanted, "{place}");
    }
    assert_eq!(replayed.life("/units/ordered"), life.ordered);
    assert_eq!(replayed.life("/units/cancelled"), life.cancelled);
    assert_eq!(replayed.order("cancelled") as u64, life.wholly_cancelled);
    assert_eq!(replayed.order("expired") as u64, life.expired);
    assert_eq!(replayed.life("/payments/captured/1"), life.captured);
    assert_eq!((replayed.rejected(), replayed.life("/jobs/cutShort/0")), (0, 0));
    let confirmed = life.orders - life.expired - life.never_confirmed;
    assert_eq!(replayed.order("confirmed") as u64, confirmed);
    let taken_in = replayed.figures["life"]["returns"]["takenIn"].as_object().expect("returns");
    let taken_in = taken_in.iter().map(|(what, sum)| (what.as_str(), sum[1].as_i64()));
    let wanted = life.taken_in.iter().map(|(what, units)| (*what, Some(*units)));
    assert!(taken_in.eq(wanted), "{} units came back: {:?}", replayed.table, life.taken_in);
    let in_part = replayed.life("/shippedInPart");
    assert!(in_part > 0 && in_part < replayed.order("confirmed"), "{in_part} in part");
    if documents.real {
        assert_eq!(life.orders, 19_785);
        assert!(life.fraud.released > 100 && life.fraud.lapsed > 10, "{:?}", life.fraud);
        assert!(life.export.released > 30 && life.taken_in.len() == 4, "{life:?}");
        assert!(life.troubles.values().all(|&times| times > 50) && life.refused.0 > 50);
    }
}

#[test]
fn with_scarce_stock_every_order_comes_to_its_end_all_the_same() {
    let Some(built) = Built::find() else { return };
    let documents = Documents::at_hand(2_000);
    let replayed = Replayed::new(&built, &documents, "static-5pct");
    let life = Life::of(&documents, usize::MAX);
    replayed.comes_to_an_end();
    assert_eq!(replayed.order("placed") as u64, life.orders);
    assert_eq!(replayed.life("/units/ordered"), life.ordered);
    assert!(replayed.rejected() > 0, "some can't be had");
    let ended = replayed.rejected() + replayed.order("expired") + replayed.order("confirmed");
    assert!(ended <= replayed.order("placed"));
    let refusals = replayed.figures["refusals"].as_array().expect("a list");
    let other = refusals.iter().filter(|refusal| refusal["command"] != "AdjustStock");
    assert_eq!(other.count(), 0, "whoever acts looks first: {refusals:?}");
    let left_out = replayed.figures["life"]["leftOut"].as_array().expect("a list");
    let left_out: i64 = left_out.iter().filter_map(|why| why["units"].as_i64()).sum();
    assert!(left_out > 0, "what was rejected can't come back");
}
