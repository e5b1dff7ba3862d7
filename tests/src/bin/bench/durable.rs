//! The durable path in process: plugin in wasmtime, SQLite journal, answers only when durable.
//!
//! Law: after each run the laws hold over the durable state, and it has as many confirmed orders
//! as were acknowledged, or the figure is void.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use earmark::flow::{Answer, Query, Summary, SummaryQuery};
use earmark::order::Status;
use earmark::schema;
use earmark_host::partition::{Caller, Options, Partition, Position, Submission, Where};
use earmark_host::plugin::PluginFile;
use tempfile::TempDir;

use crate::group;
use crate::load::{Load, Told, Went, closed};
use crate::postgres::Baseline;
use crate::report::{Report, per_second, rate, share};
use crate::world::{self, PLACE, Spread};

/// Orders one shop takes at the most.
const MOST: u64 = 600_000;
const BATCH: u64 = 4_096;
/// What single orders ask for; PostgreSQL is measured in the same order.
pub(crate) const SPREADS: [(&str, Spread); 3] =
    [("uniform", Spread::Uniform), ("Zipf 1.5", Spread::Zipf), ("one hot item", Spread::Hot)];

/// A journal, and what its partition acknowledged.
pub(crate) struct Kept {
    /// Its directory.
    pub(crate) dir: TempDir,
    /// Where it ended.
    pub(crate) position: Position,
}

/// A partition with the shop in it, and orders for it.
pub(crate) struct Counter {
    pub(crate) partition: Arc<Partition>,
    by: Arc<Caller>,
    orders: Vec<(Vec<u8>, u64)>,
    next: u64,
    lines: u64,
}

impl Counter {
    /// Opens a partition in `dir` and sets the shop up.
    pub(crate) fn open(dir: &Path, plugin: &Arc<PluginFile>, kind: (Spread, u64)) -> Result<Self> {
        Self::with(&Options::new(Where::Directory(dir.to_path_buf())), plugin, kind, None)
    }

    /// The same with other options, and at a moment that is said.
    pub(crate) fn with(
        options: &Options,
        plugin: &Arc<PluginFile>,
        kind: (Spread, u64),
        at: Option<u64>,
    ) -> Result<Self> {
        let partition = Partition::open(Arc::clone(plugin) as _, options, &mut |_, _| {})?;
        let made = world::orders(kind.0, kind.1)?;
        let bytes = |o: &_| world::wire_order(o);
        let orders = made.iter().map(|o| Ok((bytes(o)?, o.lines.len() as u64)));
        let orders = orders.collect::<Result<_>>()?;
        let by = Caller { subject: "bench".into(), scopes: vec!["staff".into()] };
        let (partition, by) = (Arc::new(partition), Arc::new(by));
        let counter = Self { partition, by, orders, next: 0, lines: 0 };
        let (tell, told) = channel();
        let setup = world::setup()?;
        let count = setup.len();
        counter.hand_in(setup, at, &tell)?;
        let (_, well) = told.recv_timeout(Duration::from_secs(60))?;
        ensure!(well, "{count} commands could not set the shop up");
        Ok(counter)
    }

    /// The next orders, with ids of this moment.
    pub(crate) fn next_orders(&mut self, count: u64, at: u64) -> Vec<world::Wire> {
        let mut list = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let (order, lines) = &self.orders[self.next as usize % self.orders.len()];
            let mut order = order.clone();
            order[..16].copy_from_slice(&world::id(at, self.next));
            list.push((PLACE, order));
            self.next += 1;
            self.lines += lines;
        }
        list
    }

    /// Hands commands in; told when the last of them is durable.
    pub(crate) fn hand_in(
        &self,
        commands: Vec<world::Wire>,
        at: Option<u64>,
        tell: &Sender<Told>,
    ) -> Result<()> {
        let begun = Instant::now();
        let left = Arc::new((AtomicU64::new(commands.len() as u64), AtomicBool::new(true)));
        let submission = |(kind, command): world::Wire| {
            let (left, tell) = (Arc::clone(&left), tell.clone());
            let by = Arc::clone(&self.by);
            let reply = Box::new(move |answer: Result<_, _>| {
                if answer.is_err() {
                    left.1.store(false, Ordering::Relaxed);
                }
                if left.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                    // Nobody listens any more only when the loop has failed.
                    let _ = tell.send((begun, left.1.load(Ordering::Relaxed)));
                }
            });
            Submission { kind, command, by, origin: None, trace: None, at, reply }
        };
        let mut list: Vec<Submission> = commands.into_iter().map(submission).collect();
        match list.pop() {
            Some(only) if list.is_empty() => self.partition.submit(only)?,
            Some(last) => {
                list.push(last);
                self.partition.submit_all(list)?;
            }
            None => {}
        }
        Ok(())
    }

    /// Runs a closed loop over it.
    pub(crate) fn run(&mut self, load: Load) -> Result<Went> {
        let (tell, told) = channel();
        closed(load, &told, || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let orders = self.next_orders(load.list, u64::try_from(now.as_millis()).unwrap_or(0));
            self.hand_in(orders, None, &tell)
        })
    }

    /// Where its journal ends.
    pub(crate) fn position(&self) -> Position {
        *self.partition.position().borrow()
    }

    /// The books of the durable state: every law, and as many orders as were acknowledged.
    pub(crate) fn balance(&self, report: &mut Report, what: &str, orders: u64) -> Result<()> {
        let audited = self.partition.audit()?;
        if let Some(broken) = audited.broken.first() {
            report.void(format!("{what}: {} is broken: {}", broken.law, broken.found));
        }
        let confirmed = self.confirmed()?;
        if confirmed != orders {
            report.void(format!("{what}: {orders} orders acknowledged, {confirmed} confirmed"));
        }
        Ok(())
    }

    fn confirmed(&self) -> Result<u64> {
        let summary = self.summary()?;
        let of = |(status, count): &(Status, u64)| (*status == Status::Confirmed).then_some(*count);
        Ok(summary.orders_at_hand.iter().find_map(of).unwrap_or(0))
    }

    /// Orders of any status that are not archived.
    pub(crate) fn at_hand(&self) -> Result<u64> {
        Ok(self.summary()?.orders_at_hand.iter().map(|(_, count)| count).sum())
    }

    fn summary(&self) -> Result<Summary> {
        let query = schema::encode_query(&Query::Summary(SummaryQuery {}), Vec::new())?;
        let (kind, body) = query.context("the query has no kind")?;
        let answered = self.partition.query(&self.by, kind, &body)?;
        let answer = answered.answer.map_err(|(_, why, _)| anyhow!(why))?;
        match schema::decode_answer(&answer)? {
            Answer::Summary(summary) => Ok(summary),
            other => bail!("not a summary: {other:?}"),
        }
    }
}

/// Batches of 4,096 orders; leaves its journal for the recovery.
pub(crate) fn batched(
    report: &mut Report,
    dir: &Path,
    length: Duration,
    plugin: &Arc<PluginFile>,
    postgres: Option<&Baseline>,
) -> Result<Kept> {
    report.section("2. in process, durable: SQLite WAL, synchronous=FULL, answered when durable");
    let load = Load { list: BATCH, outstanding: 3, length, most: MOST };
    let bare = group::run(dir, Load { most: u64::MAX, ..load })?;
    let kept = tempfile::tempdir_in(dir).context("no place for the journal")?;
    let mut counter = Counter::open(kept.path(), plugin, (Spread::Uniform, 4))?;
    let went = counter.run(load)?;
    let ended = Instant::now();
    counter.balance(report, "batched", went.orders)?;
    let behind = ended.elapsed();
    let (orders, lines) = (rate(went.orders, went.took), rate(counter.lines, went.took));
    let base = rate(bare.orders, bare.took);
    report.row("batches of 4,096, 3 outstanding: bare commit", &per_second(base), "160 B each");
    let note = format!("{:.2} of the bare commit; {} orders", orders / base, went.orders);
    let note = note + &Baseline::beside(postgres.map(|base| base.batched), orders);
    report.row("batches of 4,096, 3 outstanding: orders", &per_second(orders), &note);
    let note = "aim 1,000,000";
    report.aim("... order lines", &per_second(lines), note, lines >= 1e6);
    let p99 = format!("{:.0} ms", share(&went.latencies, 0.99) as f64 / 1e6);
    report.row("... p99 of a batch", &p99, "");
    let behind = format!("{:.0} ms", behind.as_millis());
    report.row("... follower caught up and audited after", &behind, "the laws hold");
    let position = counter.position();
    close(counter)?;
    let alone = without_witness(report, dir, load, plugin)?;
    let note = format!("what the witness costs: {:.2} of that with it", orders / alone);
    report.row("... orders without a witness", &per_second(alone), &note);
    Ok(Kept { dir: kept, position })
}

/// The same without the body that applies each turn before it is durable.
fn without_witness(
    report: &mut Report,
    dir: &Path,
    load: Load,
    plugin: &Arc<PluginFile>,
) -> Result<f64> {
    let dir = tempfile::tempdir_in(dir).context("no place for the journal")?;
    let place = Where::Directory(dir.path().to_path_buf());
    let options = Options { witness: false, ..Options::new(place) };
    let mut counter = Counter::with(&options, plugin, (Spread::Uniform, 4), None)?;
    let went = counter.run(load)?;
    counter.balance(report, "batched, without a witness", went.orders)?;
    close(counter)?;
    Ok(rate(went.orders, went.took))
}

/// Single orders of one line, 64 outstanding: one hot item, Zipf, uniform.
pub(crate) fn singles(
    report: &mut Report,
    dir: &Path,
    length: Duration,
    plugin: &Arc<PluginFile>,
    postgres: Option<&Baseline>,
) -> Result<()> {
    let load = Load { list: 1, outstanding: 64, length, most: MOST };
    let bare = group::run(dir, Load { most: u64::MAX, ..load })?;
    let base = rate(bare.orders, bare.took);
    let tails = |went: &Went| {
        let at = |part| share(&went.latencies, part) as f64 / 1e3;
        format!("p50 {:.0} us, p99 {:.0} us", at(0.5), at(0.99))
    };
    report.row("64 outstanding singles: bare commit", &per_second(base), &tails(&bare));
    let mut uniform = None;
    for (at, (name, spread)) in SPREADS.into_iter().enumerate() {
        let dir = tempfile::tempdir_in(dir).context("no place for the journal")?;
        let mut counter = Counter::open(dir.path(), plugin, (spread, 1))?;
        let went = counter.run(load)?;
        counter.balance(report, name, went.orders)?;
        close(counter)?;
        let orders = rate(went.orders, went.took);
        let note = format!("{:.2} of the bare commit; {}", orders / base, tails(&went));
        let theirs = postgres.and_then(|base| base.singles.get(at).copied());
        let note = note + &Baseline::beside(theirs, orders);
        let name = format!("64 outstanding singles: {name}");
        if spread == Spread::Hot {
            let fast = orders >= 1e5 && share(&went.latencies, 0.99) <= 5_000_000;
            report.aim(&name, &per_second(orders), &format!("{note}; 100,000, 5 ms"), fast);
        } else {
            report.row(&name, &per_second(orders), &note);
        }
        match uniform {
            None => uniform = Some(orders),
            Some(uniform) => {
                let ratio = orders / uniform;
                report.aim("... / uniform", &format!("{ratio:.2}"), "at least 0.9", ratio >= 0.9);
            }
        }
    }
    Ok(())
}

/// Closes a partition in order.
pub(crate) fn close(counter: Counter) -> Result<()> {
    let partition = Arc::into_inner(counter.partition);
    drop(partition.context("somebody still holds the partition")?);
    Ok(())
}
