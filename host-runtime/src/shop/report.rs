//! The report of a replay: the table people read, and the same figures as JSON.
//!
//! Law: every figure is counted from the journal; what was set aside before it got there is
//! named with its reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::life::rows;
use super::plan::Plan;
use super::summary::Expected;
use super::tally::{Parcels, Tally};
use crate::ops::screen::grouped;

/// What a replay came to, besides the tally.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Where the documents come from.
    pub(crate) origin: String,
    /// What was missing, and done instead.
    pub(crate) notes: Vec<String>,
    /// Commands in the list, those an earlier run had handed in, and those handed in by this one.
    pub(crate) commands: u64,
    pub(crate) before: u64,
    pub(crate) now: u64,
    /// Seconds from the first to the last durable answer of this run.
    pub(crate) seconds: f64,
    /// Inputs and events in the journal, and the chain over them.
    pub(crate) inputs: u64,
    pub(crate) events: u64,
    pub(crate) chain: String,
    /// Bytes of the journal's files; none in memory.
    pub(crate) journal_bytes: Option<u64>,
    /// Predicates that the audit evaluated, and what it found broken.
    pub(crate) audited: u64,
    pub(crate) broken: Vec<String>,
    /// What the figures should be and are not.
    pub(crate) differences: Vec<String>,
    /// Whether the figures were held against the documents.
    pub(crate) compared: bool,
    /// Of a whole life: units that were given back and nobody could take.
    pub(crate) life: Option<LeftOut>,
}

/// Entries and units, by the reason why nobody could take them.
pub(crate) type LeftOut = BTreeMap<&'static str, (u64, u64)>;

/// The report as a table.
pub(crate) fn table(facts: &Facts, plan: &Plan<'_>, expected: &Expected, tally: &Tally) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: String| {
        // Writing into a string never fails.
        let _ = writeln!(out, "  {name:<28} {value}");
    };
    row("documents", facts.origin.clone());
    for note in &facts.notes {
        row("", note.clone());
    }
    for (kind, count) in &expected.documents {
        row(&format!("  {}", kind.word()), grouped(*count));
    }
    for (reason, (entries, units)) in plan.set_aside_by_reason() {
        let units = if units == 0 { String::new() } else { format!(", {units} units") };
        row("  set aside", format!("{entries} x {}{units}", reason.words()));
    }
    row("orders placed", format!("{} with {} lines", grouped(tally.placed), grouped(tally.lines)));
    row("  confirmed", grouped(tally.confirmed));
    for (why, count) in &tally.rejected {
        row("  rejected", format!("{} ({why})", grouped(*count)));
    }
    row("  cancelled before shipping", grouped(tally.cancelled));
    row("  expired", grouped(tally.expired));
    row("  with returned units", grouped(tally.returned));
    row("parcels, domestic", parcels(tally.domestic));
    row("parcels, international", parcels(tally.international));
    row("plans not proven cheapest", grouped(tally.unproven));
    for ((command, code), count) in &tally.refusals {
        row("refused", format!("{} x {command} ({code})", grouped(*count)));
    }
    if let Some(life) = &facts.life {
        out.push_str(&rows::of(&tally.life, life));
    }
    out.push_str(&proof(facts, tally));
    out
}

/// What became of the units, whether the laws hold, and where the journal stands.
fn proof(facts: &Facts, tally: &Tally) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: String| {
        // Writing into a string never fails.
        let _ = writeln!(out, "  {name:<28} {value}");
    };
    let told: Vec<String> =
        tally.told.iter().map(|(n, c)| format!("{} {n}", grouped(*c))).collect();
    row("customers told", told.join(", "));
    let units = tally.total();
    row("units tied", format!("{} - released {}", grouped(units.tied), grouped(units.released)));
    row(
        "units shipped, restocked",
        format!("{}, {}", grouped(units.shipped), grouped(units.restocked)),
    );
    row(
        "units received",
        format!(
            "{} + found {} - lost {}",
            grouped(units.received),
            grouped(units.found),
            grouped(units.lost)
        ),
    );
    row("units on hand, still tied", format!("{}, {}", units.on_hand(), units.open()));
    let laws = if facts.broken.is_empty() { "all hold" } else { "BROKEN" };
    row("laws", format!("{laws} ({} predicates)", grouped(facts.audited)));
    for broken in facts.broken.iter().take(10) {
        row("  broken", broken.clone());
    }
    if facts.compared {
        let same = if facts.differences.is_empty() { "equal" } else { "DIFFERENT" };
        row("figures and documents", same.to_string());
    }
    for difference in facts.differences.iter().take(10) {
        row("  different", difference.clone());
    }
    row("inputs, events", format!("{}, {}", grouped(facts.inputs), grouped(facts.events)));
    row("chain", facts.chain.clone());
    if let Some(bytes) = facts.journal_bytes {
        row("journal", format!("{:.1} MB", bytes as f64 / 1e6));
    }
    if facts.before > 0 {
        row("went on after command", grouped(facts.before));
    }
    if facts.now > 0 {
        let rate = |n: f64| grouped((n / facts.seconds.max(1e-9)) as u64);
        let lines = tally.lines as f64 * facts.now as f64 / facts.commands.max(1) as f64;
        let (commands, seconds) = (rate(facts.now as f64), facts.seconds);
        row(
            "rate",
            format!("{commands} commands/s, {} order lines/s, {seconds:.2} s", rate(lines)),
        );
    }
    out
}

/// The report as JSON; the figures by item under their SKUs.
pub(crate) fn json(facts: &Facts, plan: &Plan<'_>, tally: &Tally) -> Value {
    let items: serde_json::Map<String, Value> = tally
        .skus
        .iter()
        .map(|(id, sku)| {
            let units = tally.units.get(id).copied().unwrap_or_default();
            let figures = json!({
                "tied": units.tied, "released": units.released, "shipped": units.shipped,
                "unshipped": units.unshipped, "restocked": units.restocked,
                "received": units.received, "found": units.found,
                "lost": units.lost, "open": units.open() as i64,
            });
            (sku.clone(), figures)
        })
        .collect();
    let refusals: Vec<Value> = tally
        .refusals
        .iter()
        .map(|((command, code), count)| json!({"command": command, "code": code, "count": count}))
        .collect();
    let aside: Vec<Value> = plan
        .set_aside_by_reason()
        .into_iter()
        .map(|(reason, (entries, units))| {
            json!({"reason": reason.words(), "entries": entries, "units": units})
        })
        .collect();
    json!({
        "orders": {
            "placed": tally.placed, "lines": tally.lines, "confirmed": tally.confirmed,
            "rejected": tally.rejected, "cancelled": tally.cancelled, "expired": tally.expired,
            "returned": tally.returned,
        },
        "parcels": {
            "domestic": [tally.domestic.orders, tally.domestic.parcels],
            "international": [tally.international.orders, tally.international.parcels],
        },
        "refusals": refusals, "setAside": aside, "told": tally.told, "items": items,
        "inputs": facts.inputs, "events": facts.events, "chain": facts.chain,
        "commands": facts.commands, "now": facts.now, "seconds": facts.seconds,
        "broken": facts.broken, "differences": facts.differences,
        "life": facts.life.as_ref().map(|left_out| rows::json(&tally.life, left_out)),
    })
}

fn parcels(Parcels { orders, parcels }: Parcels) -> String {
    let each = parcels as f64 / orders.max(1) as f64;
    format!("{} for {} orders, {each:.2} each", grouped(parcels), grouped(orders))
}
