//! Recovery: the state rebuilt from the journal of the batched run, and from a snapshot.
//!
//! Law: a rebuilt state ends at the position and chain that were acknowledged, and its laws hold,
//! or the figure is void.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use earmark_host::journal::{Journal as _, OpenOptions, SnapshotStore, SqliteJournal};
use earmark_host::partition::{Options, Partition, Where, rebuild};
use earmark_host::plugin::{Bodies, PluginFile};

use crate::bodies::Native;
use crate::durable::Kept;
use crate::report::{Report, grouped, per_second, rate};

/// Measures rebuilding.
pub(crate) fn run(report: &mut Report, kept: &Kept, plugin: &Arc<PluginFile>) -> Result<()> {
    let events = kept.position.events;
    let title = format!("6. recovery: {} events of the batches above", grouped(events));
    report.section(&title);
    let took = recover(report, kept, &Native::new(), None)?;
    let note = format!("{} ms", took.as_millis());
    report.row("journal, native: events", &per_second(rate(events, took)), &note);
    let took = recover(report, kept, plugin.as_ref(), None)?;
    let speed = rate(events, took);
    let note = format!("{} ms; at least 1,000,000", took.as_millis());
    report.aim("journal, wasmtime: events", &per_second(speed), &note, speed >= 1e6);
    let options = Options::new(Where::Directory(kept.dir.path().to_path_buf()));
    let partition = Partition::open(Arc::clone(plugin) as _, &options, &mut |_, _| {})?;
    partition.save_snapshot()?;
    drop(partition);
    let store = SnapshotStore::open(&kept.dir.path().join("snapshots"), 2)?;
    let took = recover(report, kept, plugin.as_ref(), Some(&store))?;
    let note = format!("{} of it on disk; at most 1 s", size(&kept.dir.path().join("snapshots")));
    let figure = format!("{} ms", took.as_millis());
    report.aim("snapshot, wasmtime", &figure, &note, took <= Duration::from_secs(1));
    Ok(())
}

/// Rebuilds one body, and holds it against what was acknowledged.
pub(crate) fn recover(
    report: &mut Report,
    kept: &Kept,
    bodies: &dyn Bodies,
    snapshots: Option<&SnapshotStore>,
) -> Result<Duration> {
    let journal = SqliteJournal::open(kept.dir.path(), &OpenOptions::default())?;
    let mut reader = journal.reader()?;
    let begun = Instant::now();
    let mut rebuilt = rebuild(bodies, reader.as_mut(), snapshots, 1, &mut |_, _| {})?;
    let took = begun.elapsed();
    if rebuilt.position != kept.position || rebuilt.from_snapshot.is_some() != snapshots.is_some() {
        report.void("the rebuilt state is not the one that was acknowledged".to_string());
    }
    if let Some(broken) = rebuilt.audit()?.broken.first() {
        let (law, found) = (&broken.law, &broken.found);
        report.void(format!("the rebuilt state breaks a law: {law}: {found}"));
    }
    drop(rebuilt);
    Box::new(journal).close()?;
    Ok(took)
}

fn size(dir: &Path) -> String {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let bytes = files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum::<u64>();
    format!("{:.0} MB", bytes as f64 / 1e6)
}
