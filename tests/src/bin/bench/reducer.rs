//! The reducer by itself: nanoseconds a command and a line, native and in wasmtime.
//!
//! Law: both bodies get the same calls in turn, and end in the same state, or the figure is void.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use earmark_host::plugin::{Bodies, Body, PluginFile};

use crate::bodies::{self, AT, Native};
use crate::report::{Report, grouped, median};
use crate::world::{self, PLACE, Spread};

/// Orders of one round: enough that the state no longer fits the caches.
const ORDERS: usize = 65_536;
const BATCHES: [usize; 3] = [1, 64, 4_096];
/// Calls without inputs of one round.
const EMPTY_CALLS: u32 = 200_000;
const ROUNDS_AT_MOST: usize = 9;

/// Measures both bodies.
pub(crate) fn run(report: &mut Report, length: Duration, plugin: &Arc<PluginFile>) -> Result<()> {
    report.section("1. reducer: one Turn call a batch, orders of 1-4 lines, 10 facilities");
    let native = Native::new();
    let snapshot = bodies::opened(native.fast()?.as_mut(), &world::setup()?)?;
    let made = world::orders(Spread::Uniform, 4)?;
    let mut orders: Vec<Vec<u8>> = Vec::with_capacity(ORDERS);
    let mut lines = 0;
    for (count, order) in (0_u64..).zip(made.iter().cycle().take(ORDERS)) {
        let mut bytes = world::wire_order(order)?;
        // Ids of some 64,000 orders a second, as clients make them: nearly in order.
        bytes[..16].copy_from_slice(&world::id(AT + count / 64, count));
        lines += order.lines.len();
        orders.push(bytes);
    }
    for batch in BATCHES {
        let turn = |part: &[Vec<u8>]| bodies::turn(part.iter().map(|o| (PLACE, o.as_slice())));
        let calls = orders.chunks(batch).map(turn).collect::<Result<Vec<_>>>()?;
        let (mut natives, mut plugins, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut metered = Vec::new();
        let begun = Instant::now();
        while ratios.len() < 3 || begun.elapsed() < length && ratios.len() < ROUNDS_AT_MOST {
            let (linked, one) = round(native.fast()?, &snapshot, &calls)?;
            let (hosted, other) = round(plugin.fast()?, &snapshot, &calls)?;
            if one != other {
                report.void(format!("batch {batch}: native and plugin end in different states"));
            }
            natives.push(linked);
            plugins.push(hosted);
            ratios.push(hosted / linked);
            // A budget of fuel is that of one input.
            if batch == 1 {
                let (counted, last) = round(plugin.metered()?, &snapshot, &calls)?;
                if last != other {
                    report.void("metered and fast end in different states".to_string());
                }
                metered.push(counted / hosted);
            }
        }
        let note = |total: f64| {
            let of_line = total / lines as f64;
            format!("{of_line:.0} ns a line, median of {} rounds", ratios.len())
        };
        let (linked, hosted) = (median(natives.clone()), median(plugins.clone()));
        let each = |total: f64| format!("{} ns", grouped((total / ORDERS as f64) as u64));
        report.row(&format!("batch {batch}: native, a command"), &each(linked), &note(linked));
        report.row(&format!("batch {batch}: wasmtime, a command"), &each(hosted), &note(hosted));
        let ratio = median(ratios);
        let (name, figure) = (format!("batch {batch}: wasmtime / native"), format!("{ratio:.2}x"));
        report.aim(&name, &figure, "at most 1.25x", ratio <= 1.25);
        if !metered.is_empty() {
            let figure = format!("{:.2}x", median(metered));
            let note = "counting fuel: only to judge an input that was stopped";
            report.row(&format!("batch {batch}: metered / wasmtime"), &figure, note);
        }
    }
    let linked = empty(native.fast()?, &snapshot)?;
    let hosted = empty(plugin.fast()?, &snapshot)?;
    report.row("a call without inputs: native", &format!("{linked:.0} ns"), "");
    let figure = format!("{hosted:.0} ns");
    let more = hosted - linked;
    let note = format!("{more:.0} ns more than native; at most 150");
    report.aim("a call without inputs: wasmtime", &figure, &note, more <= 150.0);
    Ok(())
}

/// One round: nanoseconds, and the digest of the state it ends in.
fn round(mut body: Box<dyn Body>, snapshot: &[u8], calls: &[Vec<u8>]) -> Result<(f64, [u8; 32])> {
    bodies::restore(body.as_mut(), snapshot)?;
    let begun = Instant::now();
    for call in calls {
        std::hint::black_box(body.call(call)?);
    }
    let took = begun.elapsed();
    Ok((took.as_nanos() as f64, bodies::audited(body.as_mut())?))
}

/// Nanoseconds of a call that has nothing to decide.
fn empty(mut body: Box<dyn Body>, snapshot: &[u8]) -> Result<f64> {
    bodies::restore(body.as_mut(), snapshot)?;
    let call = bodies::turn(std::iter::empty())?;
    let mut rounds = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        for _ in 0..EMPTY_CALLS {
            std::hint::black_box(body.call(std::hint::black_box(&call))?);
        }
        rounds.push(begun.elapsed().as_nanos() as f64 / f64::from(EMPTY_CALLS));
    }
    Ok(median(rounds))
}
