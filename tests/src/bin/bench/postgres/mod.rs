//! PostgreSQL as the baseline: the same reservation by a stored procedure, asked by `pgbench`.
//!
//! Law: the same facilities, items and spread of orders as the partition's, durable before the
//! answer; a run whose books do not balance afterwards is void.

mod server;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::durable::SPREADS;
use crate::report::{Report, per_second, share};
use crate::world::{self, ITEMS, Spread};
use server::Server;

const SCHEMA: &str = include_str!("reservation.sql");
/// Orders of one statement and one transaction.
const BATCH: u64 = 1_000;

/// Orders a second, to hold ours against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Baseline {
    /// Orders of one line, 64 outstanding: uniform, Zipf 1.5, one hot item.
    pub(crate) singles: [f64; 3],
    /// Orders of 1 to 4 lines, by the number of connections (32, 128).
    pub(crate) lines: [f64; 2],
    /// Orders of 1 to 4 lines, many in one transaction.
    pub(crate) batched: f64,
}

impl Baseline {
    /// How ours stands to one of its figures, if it was measured.
    pub(crate) fn beside(theirs: Option<f64>, ours: f64) -> String {
        theirs.map_or_else(String::new, |theirs| format!("; {:.1}x PostgreSQL", ours / theirs))
    }
}

/// Measures it.
pub(crate) fn run(report: &mut Report, dir: &Path, length: Duration) -> Result<Baseline> {
    let server = Server::start(dir)?;
    let title = format!(
        "1b. PostgreSQL {}: the reservation as a stored procedure, synchronous_commit=on",
        server.version()?
    );
    report.section(&title);
    let mut bench = Bench { server: &server, length, report };
    let mut singles = [0.0; 3];
    for (rate, (name, spread)) in singles.iter_mut().zip(SPREADS) {
        let name = format!("64 connections, singles: {name}");
        *rate = bench.measure(&name, &[single(spread, 1)], 64, 1)?;
    }
    let mut lines = [0.0; 2];
    let mixed: Vec<String> = (1..=4).map(|lines| single(Spread::Uniform, lines)).collect();
    for (rate, connections) in lines.iter_mut().zip([32, 128]) {
        let name = format!("{connections} connections, orders of 1-4 lines");
        *rate = bench.measure(&name, &mixed, connections, 1)?;
    }
    // Two such transactions at a time would wait for each other's rows, crosswise.
    let name = format!("batches of {BATCH}, 1 connection, 1-4 lines");
    let batched = bench.measure(&name, &[many()], 1, BATCH)?;
    Ok(Baseline { singles, lines, batched })
}

struct Bench<'a> {
    server: &'a Server,
    length: Duration,
    report: &'a mut Report,
}

impl Bench<'_> {
    /// Orders a second by these scripts, each as likely as the other.
    fn measure(
        &mut self,
        name: &str,
        scripts: &[String],
        clients: u32,
        orders: u64,
    ) -> Result<f64> {
        self.server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")?;
        self.server.sql(SCHEMA)?;
        self.server.sql(&shop()?)?;
        self.server.sql("CHECKPOINT")?;
        let dir = tempfile::tempdir_in(self.server.dir())?;
        world_may_write(dir.path())?;
        let mut args: Vec<String> =
            ["-n", "-M", "prepared", "-j", "2", "--log", "-c"].map(String::from).into();
        args.extend([clients.to_string(), "-T".into(), self.length.as_secs().to_string()]);
        args.push(format!("--log-prefix={}", dir.path().join("took").display()));
        for (count, script) in scripts.iter().enumerate() {
            let file = dir.path().join(format!("{count}.sql"));
            fs::write(&file, script)?;
            args.extend(["-f".into(), file.display().to_string()]);
        }
        args.push("postgres".into());
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        let said = self.server.pgbench(&args)?;
        let rate = told(&said, "tps = ")? * orders as f64;
        let done = told(&said, "number of transactions actually processed: ")?;
        if told(&said, "number of failed transactions: ")? > 0.0 {
            self.report.void(format!("{name}: transactions failed"));
        }
        self.balance(name, done * orders as f64)?;
        let latencies = latencies(dir.path())?;
        let at = |part| share(&latencies, part) as f64 / 1e3;
        let note = format!("p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99));
        self.report.row(name, &per_second(rate), &note);
        Ok(rate)
    }

    fn balance(&mut self, name: &str, orders: f64) -> Result<()> {
        let wrong = self.server.sql("SELECT what FROM wrong")?;
        let placed = self.server.sql("SELECT count(*) FROM placed")?;
        if !wrong.is_empty() {
            self.report.void(format!("{name}: the books do not balance: {wrong}"));
        }
        if placed.parse::<f64>()? != orders {
            self.report.void(format!("{name}: {orders} acknowledged, {placed} placed"));
        }
        Ok(())
    }
}

/// The shop: the facilities of the network, and a million of each item on each shelf.
fn shop() -> Result<String> {
    let mut sql = String::from("INSERT INTO facility VALUES ");
    for (id, facility) in world::facilities()?.iter().enumerate() {
        let (lat, lon) = degrees(facility.location.lat, facility.location.lon);
        write!(sql, "{}({id}, {lat}, {lon})", if id == 0 { "" } else { ", " })?;
    }
    write!(
        sql,
        "; INSERT INTO stock (item, facility, tier, on_hand)
         SELECT item, facility.id, tier, CASE item WHEN 1 THEN 20000000 ELSE 1000000 END
         FROM generate_series(1, {ITEMS}) item, facility, generate_series(0, 1) tier;
         ANALYZE"
    )?;
    Ok(sql)
}

/// A script that places one order of so many lines.
fn single(spread: Spread, lines: usize) -> String {
    let mut script = String::new();
    let (mut items, mut units) = (Vec::new(), Vec::new());
    for line in 1..=lines {
        let item = match spread {
            Spread::Uniform => format!("random(1, {ITEMS})"),
            Spread::Zipf => format!("random_zipfian(1, {ITEMS}, 1.5)"),
            Spread::Hot => "1".to_owned(),
        };
        script.push_str(&format!("\\set item{line} {item}\n\\set units{line} random(1, 3)\n"));
        items.push(format!(":item{line}::int"));
        units.push(format!(":units{line}::int"));
    }
    let (items, units) = (items.join(", "), units.join(", "));
    script.push_str("\\set lat random(50800000, 57200000)\n\\set lon random(-4200000, 0)\n");
    // One order's rows are locked in the order of their items, as those of all others.
    let sorted = format!("ARRAY(SELECT unnest(ARRAY[{items}]) ORDER BY 1)");
    script.push_str(&format!(
        "SELECT place(gen_random_uuid(), :lat::float8 / 1000000, :lon::float8 / 1000000, \
         {sorted}, ARRAY[{units}]);\n"
    ));
    script
}

/// A script that places many orders of 1 to 4 lines in one transaction.
fn many() -> String {
    let random = |what: &str, order: &str| {
        format!("ARRAY(SELECT {what} FROM generate_series(1, 1 + (g * 7919) % 4) {order})")
    };
    let items = random(&format!("1 + floor(random() * {ITEMS})::int + 0 * g"), "ORDER BY 1");
    let units = random("1 + floor(random() * 3)::int + 0 * g", "");
    format!(
        "SELECT count(place(gen_random_uuid(), 50.8::float8 + 6.4 * random(), \
         -4.2::float8 * random(), {items}, {units})) FROM generate_series(1, {BATCH}) g;\n"
    )
}

fn degrees(lat: i32, lon: i32) -> (f64, f64) {
    (f64::from(lat) / 1e6, f64::from(lon) / 1e6)
}

/// A number that `pgbench` tells.
fn told(said: &str, label: &str) -> Result<f64> {
    let rest = said.lines().find_map(|line| line.strip_prefix(label));
    let rest = rest.with_context(|| format!("pgbench does not tell `{label}`: {said}"))?;
    let number = rest.split([' ', '/']).next().unwrap_or(rest);
    number.parse().with_context(|| format!("`{rest}` is no number"))
}

/// How long each transaction took, in microseconds, sorted.
fn latencies(dir: &Path) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with("took") {
            continue;
        }
        for line in fs::read_to_string(entry.path())?.lines() {
            let took = line.split(' ').nth(2).context("a line of pgbench's log has no time")?;
            all.push(took.parse()?);
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// `pgbench` runs as the user of the server.
fn world_may_write(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(dir, fs::Permissions::from_mode(0o777))?)
}
