//! The result of a comparison: the table people read, and the same figures as JSON.
//!
//! Law: it says how outcomes are held against each other, and what was found.

use std::fmt::Write as _;

use earmark::flow::{Answered, Topology};
use serde_json::{Value, json};

use super::told::Ended;
use super::world::Run;

/// All runs of one workload.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) orders: usize,
    pub(super) seed: u64,
    pub(super) faults: String,
    /// Units wanted, and units there are.
    pub(super) units: (i64, i64),
    /// In the order of [`Topology::ALL`].
    pub(super) runs: Vec<Run>,
}

/// What is held against each other: the two that answer only what stands.
const ALIKE: [Topology; 2] = [Topology::Sequential, Topology::ReserveFirst];

impl Compared {
    fn run(&self, topology: Topology) -> Option<&Run> {
        self.runs.iter().find(|run| run.topology == topology)
    }

    /// Orders that do not end alike in the two that must agree.
    pub(super) fn unlike(&self) -> usize {
        let [Some(one), Some(other)] = ALIKE.map(|topology| self.run(topology)) else { return 0 };
        let differs = |(order, ended)| other.told.ended.get(order) != Some(ended);
        let missing = other.told.ended.keys().filter(|it| !one.told.ended.contains_key(it));
        one.told.ended.iter().filter(|it| differs(*it)).count() + missing.count()
    }

    /// What must not be, in whole sentences.
    pub(super) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let unlike = self.unlike();
        if unlike > 0 {
            let [one, other] = ALIKE;
            wrong.push(format!("{unlike} orders end otherwise in {other} than in {one}"));
        }
        for run in &self.runs {
            let topology = run.topology;
            wrong.extend(run.broken.iter().map(|law| format!("{topology}: {law}")));
            if run.oversold > 0 {
                wrong.push(format!("{topology} has oversold {} units", run.oversold));
            }
            if ALIKE.contains(&topology) {
                let (back, unknown) = (run.told.taken_back(), run.told.unknown_after_answer());
                if back + unknown > 0 {
                    let found = format!("{back} answers taken back, {unknown} of orders unknown");
                    wrong.push(format!("{topology} answers too early: {found}"));
                }
            }
        }
        wrong
    }

    /// The table.
    pub(super) fn table(&self) -> String {
        let (wanted, there) = self.units;
        let mut out = format!(
            "{} orders for {wanted} units, of which there are {there}; seed {}, faults {}\n\n",
            self.orders, self.seed, self.faults
        );
        let mut line = |name: &str, cells: Vec<String>| {
            // Writing into a string never fails.
            let _ = write!(out, "| {name:<30} |");
            for cell in cells {
                let _ = write!(out, " {cell:>14} |");
            }
            out.push('\n');
        };
        line("", self.runs.iter().map(|run| run.topology.to_string()).collect());
        line(&"-".repeat(30), vec![format!("{}:", "-".repeat(13)); self.runs.len()]);
        for (name, _, figure) in figures() {
            line(name, self.runs.iter().map(|run| shown(&figure(run))).collect());
        }
        out.push('\n');
        out.push_str(&self.verdict());
        out
    }

    fn verdict(&self) -> String {
        let [one, other] = ALIKE;
        let placed = self.run(one).map_or(0, |run| run.told.placed());
        let same = placed.saturating_sub(self.unlike());
        format!(
            "{one} and {other}: {same} of {placed} orders end alike, order by order.\n\
             They must: the events of one journal are heard in its order, so late, repeated and\n\
             broken links bring the same orders to the stock in the same order. Orders are\n\
             cancelled when nothing is under way; amidst, who gets the last units is a race.\n"
        )
    }

    /// The figures as JSON.
    pub(super) fn json(&self) -> Value {
        let run = |run: &Run| {
            let figures = figures().into_iter().map(|(_, key, figure)| (key, figure(run)));
            let mut all: serde_json::Map<String, Value> =
                figures.map(|(key, value)| (key.to_string(), value)).collect();
            all.insert("topology".into(), json!(run.topology.name()));
            let ended = run.told.ended.iter();
            let ended = ended.map(|(order, ended)| (order.to_string(), json!(ended.name())));
            all.insert("outcomes".into(), Value::Object(ended.collect()));
            Value::Object(all)
        };
        json!({
            "orders": self.orders,
            "seed": self.seed,
            "faults": self.faults,
            "unitsWanted": self.units.0,
            "unitsStocked": self.units.1,
            "endUnlike": self.unlike(),
            "wrong": self.wrong(),
            "topologies": self.runs.iter().map(run).collect::<Vec<_>>(),
        })
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// What is counted of a run: its name, its key in JSON, and the figure.
type Figure = (&'static str, &'static str, fn(&Run) -> Value);

fn figures() -> [Figure; 18] {
    [
        ("customer answered when", "answered", |r| {
            json!(match r.topology.answered() {
                Answered::Settled => "settled",
                Answered::Placed => "recorded",
                Answered::Posted => "announced",
            })
        }),
        ("orders placed", "placed", |r| json!(r.told.placed())),
        ("confirmed", "confirmed", |r| json!(r.told.count(Ended::Confirmed))),
        ("rejected", "rejected", |r| json!(r.told.count(Ended::Rejected))),
        ("cancelled by the customer", "cancelled", |r| json!(r.told.count(Ended::Cancelled))),
        ("without an end", "pending", |r| json!(r.told.count(Ended::Pending))),
        ("units tied at last", "tied", |r| number(r.tied)),
        ("units oversold", "oversold", |r| number(r.oversold)),
        ("ANSWERS TAKEN BACK", "takenBack", |r| json!(r.told.taken_back())),
        ("ANSWERED, BUT UNKNOWN", "unknownAfterAnswer", |r| json!(r.told.unknown_after_answer())),
        ("steps to the answer, median", "stepsToAnswerMedian", |r| json!(r.told.waited().median)),
        ("steps to the answer, most", "stepsToAnswerMost", |r| json!(r.told.waited().most)),
        ("steps in all", "steps", |r| json!(r.steps)),
        ("events heard", "heard", |r| json!(r.hits.heard)),
        ("came again, not done again", "cameAgain", |r| json!(r.hits.again)),
        ("heard and refused", "heardRefused", |r| json!(r.hits.refused)),
        ("links broken", "linksBroken", |r| json!(r.hits.restarts)),
        ("partitions crashed", "crashes", |r| json!(r.hits.crashes)),
    ]
}

/// Units of a comparison are few.
fn number(units: i128) -> Value {
    json!(i64::try_from(units).unwrap_or(i64::MAX))
}
