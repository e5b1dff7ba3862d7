//! Snapshots: what somebody waits for while one of a large state is made and saved.
//!
//! Law: the same load without snapshots is the baseline, in the same run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use earmark_host::partition::{Options, Where};
use earmark_host::plugin::PluginFile;

use crate::durable::{Counter, Kept, close};
use crate::load::{Load, Went};
use crate::report::{Report, grouped, share};
use crate::world::Spread;

/// Singles under way at once.
const OUTSTANDING: u64 = 64;
/// Orders of the load: the state must not outgrow the one that is measured.
const MOST: u64 = 60_000;

/// Measures turns with and without a snapshot under way.
pub(crate) fn run(
    report: &mut Report,
    kept: &Kept,
    length: Duration,
    plugin: &Arc<PluginFile>,
) -> Result<()> {
    let title =
        "6c. snapshots: 64 outstanding singles while the state above is saved, again and again";
    report.section(title);
    let options = Options::new(Where::Directory(kept.dir.path().to_path_buf()));
    let mut counter = Counter::with(&options, plugin, (Spread::Uniform, 1), None)?;
    let load = Load { list: 1, outstanding: OUTSTANDING, length, most: MOST };
    let without = counter.run(load)?;
    let end = Arc::new(AtomicBool::new(false));
    let saver = {
        let (end, partition) = (Arc::clone(&end), Arc::clone(&counter.partition));
        std::thread::spawn(move || {
            let (mut saved, begun) = (0_u32, Instant::now());
            while !end.load(Ordering::Relaxed) {
                partition.save_snapshot()?;
                saved += 1;
            }
            Ok::<_, earmark_host::partition::NotSaved>((saved, begun.elapsed()))
        })
    };
    let with = counter.run(load);
    end.store(true, Ordering::Relaxed);
    let saved = saver.join();
    let with = with?;
    let (saved, took) = match saved {
        Ok(saved) => saved?,
        Err(_) => anyhow::bail!("the thread that asks for snapshots panicked"),
    };
    report.row("without a snapshot: longest answer", &longest(&without), &tails(&without));
    let more = Duration::from_nanos(most(&with).saturating_sub(most(&without)));
    let note = format!("{}; at most 50 ms more", tails(&with));
    let reached = more <= Duration::from_millis(50);
    report.aim("with snapshots: longest answer", &longest(&with), &note, reached);
    let pauses = counter.partition.meters().snapshot_pauses.read();
    let each = pauses.sum / (pauses.count.max(1) as f64);
    let note = format!("{} snapshots, {:.0} ms each with the disk", grouped(saved.into()), {
        took.as_secs_f64() * 1e3 / f64::from(saved.max(1))
    });
    report.row("... questions wait for the plugin", &format!("{:.0} ms", each * 1e3), &note);
    close(counter)
}

fn most(went: &Went) -> u64 {
    went.latencies.last().copied().unwrap_or(0)
}

fn longest(went: &Went) -> String {
    format!("{:.1} ms", most(went) as f64 / 1e6)
}

fn tails(went: &Went) -> String {
    let at = |part| share(&went.latencies, part) as f64 / 1e6;
    format!("p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms", at(0.5), at(0.99), at(0.999))
}
