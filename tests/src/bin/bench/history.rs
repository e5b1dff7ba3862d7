//! Recovery of a long history: ten million events, of orders that end and are archived.
//!
//! Law: as of `recovery`; and the state stays as small as a shop's is, since what has ended leaves
//! it, so that what is measured is the history.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use earmark::flow::{Command, SetPolicy, Tick};
use earmark::ids::OrderId;
use earmark::order::{CancelOrder, CancelReason, OrderCommand};
use earmark::policy::{OrderPolicy, Policy};
use earmark::time::Span;
use earmark_host::journal::Clock;
use earmark_host::partition::{Options, Where};
use earmark_host::plugin::PluginFile;

use crate::bodies::{AT, Native};
use crate::durable::{Counter, Kept, close};
use crate::recovery::recover;
use crate::report::{Report, grouped, per_second, rate};
use crate::world::{self, PLACE, Spread, Wire};

const EVENTS: u64 = 10_000_000;
/// Orders of one turn; each is placed in one and cancelled in the next.
const ORDERS: u64 = 1_500;
/// How far apart turns are: some 36,000 orders a day.
const STEP_MS: u64 = 3_600_000;
/// Turns that may be under way at once.
const AHEAD: u64 = 3;

/// Writes the history, and measures how long it takes to come back from it.
pub(crate) fn run(report: &mut Report, dir: &Path, plugin: &Arc<PluginFile>) -> Result<()> {
    let title = format!("6b. recovery: {} events of orders that end", grouped(EVENTS));
    report.section(&title);
    let kept = written(report, dir, plugin)?;
    let events = kept.position.events;
    for (name, bodies) in [("native", &Native::new() as &_), ("wasmtime", plugin.as_ref() as &_)] {
        let took = recover(report, &kept, bodies, None)?;
        let speed = rate(events, took);
        let name = format!("journal, {name}: events");
        let note = format!("{:.1} s; at least 1,000,000", took.as_secs_f64());
        report.aim(&name, &per_second(speed), &note, speed >= 1e6);
    }
    Ok(())
}

/// A journal of that many events.
fn written(report: &mut Report, dir: &Path, plugin: &Arc<PluginFile>) -> Result<Kept> {
    let kept = tempfile::tempdir_in(dir).context("no place for the journal")?;
    let place = Where::Directory(kept.path().to_path_buf());
    let options = Options { clock: Clock::Logical, snapshot_every: 0, ..Options::new(place) };
    let mut counter = Counter::with(&options, plugin, (Spread::Uniform, 4), Some(AT))?;
    let archive_after = Span::from_days(2);
    let orders = OrderPolicy { archive_after, return_window: None, ..OrderPolicy::default() };
    let policy = Policy { orders, ..Policy::default() };
    let (tell, told) = channel();
    let policy = world::wire(&Command::SetPolicy(SetPolicy { policy }))?;
    counter.hand_in(vec![policy], Some(AT), &tell)?;
    let (mut open, mut turns) = (1, 0);
    let begun = Instant::now();
    let mut last = Vec::new();
    while counter.position().events < EVENTS {
        turns += 1;
        let at = AT + turns * STEP_MS;
        let placed = counter.next_orders(ORDERS, at);
        let mut list = cancelled(&last)?;
        // An archived order is one event of a tick, which ends so many at the most.
        let tick = world::wire(&Command::Tick(Tick {}))?;
        list.extend([tick.clone(), tick.clone(), tick]);
        list.extend(placed.iter().cloned());
        last = placed;
        counter.hand_in(list, Some(at), &tell)?;
        open += 1;
        while open > AHEAD {
            let (_, well) = told.recv_timeout(Duration::from_secs(60))?;
            ensure!(well, "a turn of the history failed");
            open -= 1;
        }
    }
    for _ in 0..open {
        let (_, well) = told.recv_timeout(Duration::from_secs(60))?;
        ensure!(well, "a turn of the history failed");
    }
    let (position, took) = (counter.position(), begun.elapsed());
    let note = format!("{} orders, placed and cancelled in turns", grouped(turns * ORDERS));
    report.row("written: events", &per_second(rate(position.events, took)), &note);
    let (at_hand, size) = (counter.at_hand()?, disk(kept.path()));
    let note = format!("{at_hand} orders at hand, the others archived");
    report.row("... on disk", &format!("{:.0} MB", size as f64 / 1e6), &note);
    close(counter)?;
    Ok(Kept { dir: kept, position })
}

/// Cancels orders.
fn cancelled(placed: &[Wire]) -> Result<Vec<Wire>> {
    let one = |(kind, order): &Wire| {
        ensure!(*kind == PLACE, "only orders are cancelled");
        let id: [u8; 16] = order[..16].try_into()?;
        let order = OrderId::from_bytes(id).context("an order id")?;
        let reason = CancelReason::Customer;
        let cancel = CancelOrder { order, lines: None, reason };
        world::wire(&Command::Order(OrderCommand::Cancel(cancel)))
    };
    placed.iter().map(one).collect()
}

fn disk(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}
