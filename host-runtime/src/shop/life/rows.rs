//! The rows of a report that tell of a whole life, and the same as JSON.
//!
//! Law: where something began, the row says what became of it, so that a reader can add it up.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::figures::{Figures, Sum};
use super::money::Money;
use crate::ops::screen::grouped;
use crate::shop::report::LeftOut;

/// The rows.
pub(crate) fn of(figures: &Figures, left_out: &LeftOut) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: String| {
        // Writing into a string never fails.
        let _ = writeln!(out, "  {name:<28} {value}");
    };
    for (kind, holds) in &figures.holds {
        row(
            &format!("holds, {kind}"),
            format!(
                "{} = released {} + lapsed {} + ended with the order {}",
                grouped(holds.placed),
                grouped(holds.released),
                grouped(holds.lapsed),
                grouped(holds.ended_with_order)
            ),
        );
    }
    for (name, sum) in money(&figures.money) {
        row(&name, paid(sum));
    }
    for (name, jobs) in [
        ("jobs released", figures.released),
        ("  picked", figures.picked),
        ("  packed", figures.packed),
    ] {
        row(name, units(jobs));
    }
    row("picked short", units(figures.not_found));
    row("refused by a facility", units(figures.refused));
    row("cut short for want of stock", units(figures.cut_short));
    row("parcels shipped", units(figures.shipped));
    for (name, parcels) in [
        ("  delivered", figures.delivered),
        ("  lost", figures.lost),
        ("  back to the sender", figures.not_taken),
        ("  voided, and shipped again", figures.voided),
        ("  on their way", figures.under_way()),
    ] {
        row(name, units(parcels));
    }
    row("orders shipped in part", grouped(figures.in_part));
    row("asked facilities to cancel", units(figures.asked_to_cancel));
    row("  let go", units(figures.let_go));
    row("  declined", grouped(figures.kept));
    row("returns announced", units(figures.announced));
    for (becomes, sum) in &figures.taken_in {
        row(&format!("  {becomes}"), units(*sum));
    }
    row("  refused", units(figures.turned_down));
    for (why, (entries, units)) in left_out {
        row("left out", format!("{} x {why}, {} units", grouped(*entries), grouped(*units)));
    }
    row(
        "units ordered",
        format!(
            "{} = cancelled {} + left {} + still here {}",
            figures.ordered,
            figures.cancelled,
            figures.shipped.of - figures.voided.of,
            figures.still_here()
        ),
    );
    out
}

/// The rows of payments.
fn money(money: &Money) -> Vec<(String, Sum)> {
    let rows = [
        ("payments asked for", money.asked),
        ("  declined, asked for again", money.declined),
        ("  withdrawn, order changed", money.withdrawn),
        ("  never paid, order expired", money.never_paid),
        ("  authorized", money.authorized),
        ("    voided", money.voided),
        ("    captured", money.captured),
        ("    still authorized", money.held()),
        ("refunded", money.refunded),
    ];
    let granted = money.granted.iter().map(|(why, sum)| (format!("  {why}"), *sum));
    let rows = rows.into_iter().map(|(name, sum)| (name.to_string(), sum));
    rows.chain(granted).chain([("kept".to_string(), money.kept())]).collect()
}

/// The same as JSON.
pub(crate) fn json(figures: &Figures, left_out: &LeftOut) -> Value {
    let holds: serde_json::Map<String, Value> = figures
        .holds
        .iter()
        .map(|(kind, holds)| {
            let told = json!({
                "placed": holds.placed, "released": holds.released, "lapsed": holds.lapsed,
                "endedWithOrder": holds.ended_with_order,
            });
            ((*kind).to_string(), told)
        })
        .collect();
    let taken_in: serde_json::Map<String, Value> =
        figures.taken_in.iter().map(|(what, sum)| ((*what).to_string(), pair(*sum))).collect();
    let left_out: Vec<Value> = left_out
        .iter()
        .map(|(why, (entries, units))| json!({"reason": why, "entries": entries, "units": units}))
        .collect();
    let money = &figures.money;
    let granted: serde_json::Map<String, Value> =
        money.granted.iter().map(|(why, sum)| (why.clone(), pair(*sum))).collect();
    json!({
        "holds": holds,
        "payments": {
            "asked": pair(money.asked), "declined": pair(money.declined),
            "withdrawn": pair(money.withdrawn), "neverPaid": pair(money.never_paid),
            "authorized": pair(money.authorized), "voided": pair(money.voided),
            "captured": pair(money.captured), "held": pair(money.held()),
            "refunded": pair(money.refunded), "kept": pair(money.kept()), "granted": granted,
        },
        "jobs": {
            "released": pair(figures.released), "picked": pair(figures.picked),
            "packed": pair(figures.packed), "notFound": pair(figures.not_found),
            "refused": pair(figures.refused), "cutShort": pair(figures.cut_short),
        },
        "parcels": {
            "shipped": pair(figures.shipped), "delivered": pair(figures.delivered),
            "lost": pair(figures.lost), "notTaken": pair(figures.not_taken),
            "voided": pair(figures.voided), "underWay": pair(figures.under_way()),
        },
        "shippedInPart": figures.in_part,
        "cancellations": {
            "asked": pair(figures.asked_to_cancel), "letGo": pair(figures.let_go),
            "declined": figures.kept,
        },
        "returns": {
            "announced": pair(figures.announced), "takenIn": taken_in,
            "refused": pair(figures.turned_down),
        },
        "units": {
            "ordered": figures.ordered as i64, "cancelled": figures.cancelled as i64,
            "stillHere": figures.still_here() as i64,
        },
        "ended": figures.ended, "leftOut": left_out,
    })
}

fn pair(sum: Sum) -> Value {
    json!([sum.times, sum.of as i64])
}

fn units(sum: Sum) -> String {
    format!("{}, {} units", grouped(sum.times), grouped(u64::try_from(sum.of).unwrap_or(0)))
}

fn paid(sum: Sum) -> String {
    let (pounds, pence) = (sum.of / 100, sum.of % 100);
    let pounds = grouped(u64::try_from(pounds).unwrap_or(0));
    format!("{}, {pounds}.{pence:02} GBP", grouped(sum.times))
}
