//! The soak: minutes of load on a host with all that it does beside it: snapshots, streams, and
//! webhooks of which one is slow.
//!
//! Law: arrivals do not wait for answers, and a latency is counted from the moment at which its
//! request was due; one answer that is not 200, one event that a stream leaves out, or books that
//! do not balance afterwards, and the figures are void.

mod clients;
mod graph;
mod listeners;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use earmark_tests::host::Host;
use earmark_wasm::Plugin as _;
use serde_json::json;

use crate::report::{Report, grouped, share};
use crate::world;
use clients::{KINDS, Shop};
use listeners::{Endpoint, Stream};

/// Requests a second, by the clock.
const RATE: u32 = 400;
const CONNECTIONS: u32 = 16;
/// Inputs between two snapshots.
const SNAPSHOT_EVERY: &str = "20000";
/// How long the slow endpoint takes for each message.
const SLOW: Duration = Duration::from_secs(2);
/// How long the streams and the quick endpoint may take to have what was there at the end.
const CATCHING_UP: Duration = Duration::from_secs(30);

/// Loads a host for so long.
pub(crate) fn run(report: &mut Report, dir: &Path, plugin: &Path, length: Duration) -> Result<()> {
    let minutes = length.as_secs() / 60;
    report.section(&format!(
        "7. soak: {minutes} min, {RATE} requests/s by the clock over {CONNECTIONS} connections, \
         2 streams, 2 webhooks"
    ));
    let program = program()?;
    let dir = tempfile::tempdir_in(dir).context("no place for the journal")?;
    let stop = Arc::new(AtomicBool::new(false));
    let quick = Endpoint::start(Duration::ZERO)?;
    let slow = Endpoint::start(SLOW)?;
    let couriers = couriers(dir.path(), &quick, &slow)?;
    let journal = dir.path().join("journal");
    let mut serve = Command::new(&program);
    serve.args(["serve", "--addr", "127.0.0.1:0", "--log", "warn,earmark=info"]);
    serve.args(["--snapshot-every", SNAPSHOT_EVERY]).arg("--dir").arg(&journal);
    serve.arg("--plugin").arg(plugin).arg("--couriers").arg(couriers);
    let host = Host::start(&mut serve);
    let addr = host.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    set_up(&addr)?;
    let streams = [Stream::start(&addr, "", &stop)?, Stream::start(&addr, "", &stop)?];
    let shop = Arc::new(Shop::new()?);
    let begun = Instant::now();
    let watching = watch::start(host.id(), &shop, &stop)?;
    let went = clients::load(&addr, &shop, (CONNECTIONS, RATE), begun + length)?;
    let last =
        host.get("/health/ready")["position"].as_u64().context("a host tells its position")?;
    let late = Instant::now();
    let cancelled = shop.cancelled.load(Ordering::Relaxed);
    let caught_up = |streams: &[Stream]| streams.iter().all(|one| one.last() >= last);
    while late.elapsed() < CATCHING_UP && !(caught_up(&streams) && quick.told() >= cancelled) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let late = late.elapsed();
    stop.store(true, Ordering::Relaxed);
    let seconds = watching.join().map_err(|_| anyhow::anyhow!("the watch panicked"))??;
    for stream in &streams {
        if stream.last() < last || stream.gaps() > 0 {
            let (at, gaps) = (stream.last(), stream.gaps());
            report.void(format!("a stream ended at event {at} of {last}, with {gaps} gaps"));
        }
    }
    if quick.told() < cancelled {
        let told = quick.told();
        report.void(format!("the quick endpoint was told {told} of {cancelled} messages"));
    }
    tell(report, &went);
    let snapshots = count(&host.said(), "saved a snapshot");
    report.row("snapshots saved meanwhile", &grouped(snapshots), "");
    let delays = quick.delays();
    let at = |part| share(&delays, part) as f64;
    let note = format!("p50 {:.0} ms, p99 {:.0} ms, p99.9 {:.0} ms", at(0.5), at(0.99), at(0.999));
    report.row(
        "quick webhook: messages",
        &grouped(quick.told()),
        &format!("{note} behind the event"),
    );
    let note = format!("{} s for each, so it stays behind: nobody waits for it", SLOW.as_secs());
    report.row("slow webhook: messages", &grouped(slow.told()), &note);
    let note =
        format!("2 streams had all of them, in order, {} ms after the end", late.as_millis());
    report.row("events", &grouped(last), &note);
    memory(report, &seconds);
    let file = std::env::temp_dir().join("earmark-soak.svg");
    fs::write(&file, graph::draw(&seconds))?;
    println!("  graph: {}", file.display());
    books(report, host, (&program, &journal, plugin), &shop)
}

/// What each kind of request took.
fn tell(report: &mut Report, went: &clients::Went) {
    for (kind, took) in KINDS.iter().zip(&went.took) {
        let at = |part| share(took, part) as f64 / 1e3;
        let note = format!(
            "p50 {:.2} ms, p99 {:.1} ms, p99.9 {:.1} ms, longest {:.0} ms",
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0),
        );
        report.row(kind, &grouped(took.len() as u64), &note);
    }
    report.row("answers that were not 200", &grouped(went.wrong.len() as u64), "none may be");
    if let Some(wrong) = went.wrong.first() {
        report.void(format!("{} requests went wrong, the first with: {wrong}", went.wrong.len()));
    }
}

/// Whether memory grows by anything but the orders at hand, which stay for their 90 days.
fn memory(report: &mut Report, seconds: &[watch::Second]) {
    let at = |part: usize| seconds.get(seconds.len().saturating_sub(1) * part / 4);
    let (Some(first), Some(half), Some(end)) = (at(1), at(2), at(4)) else { return };
    let each = |from: &watch::Second, to: &watch::Second| {
        let orders = to.orders.saturating_sub(from.orders).max(1);
        (to.resident as f64 - from.resident as f64) / orders as f64
    };
    let megabytes = |second: &watch::Second| format!("{} MB", second.resident / 1_000_000);
    report.row("memory after a quarter", &megabytes(first), "");
    let note = format!("{} orders at hand", grouped(end.orders));
    report.row("memory at the end", &megabytes(end), &note);
    let (early, late) = (each(first, half), each(half, end));
    let note = format!("{early:.0} B in the second quarter; no more than 1.2 times that");
    let figure = format!("{late:.0} B");
    report.aim("an order in memory, second half", &figure, &note, late <= early * 1.2);
}

/// Ends the host in order, and checks every record and every law.
fn books(
    report: &mut Report,
    host: Host,
    (program, journal, plugin): (&Path, &Path, &Path),
    shop: &Shop,
) -> Result<()> {
    let told = host.query("Summary", &json!({}));
    let orders: u64 = told["ordersAtHand"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| pair.get(1)?.as_u64())
        .sum();
    let placed = shop.placed.load(Ordering::Relaxed);
    if orders != placed {
        report.void(format!("{placed} orders were acknowledged, {orders} are there: {told}"));
    }
    let (ended, said) = host.end();
    ensure!(ended.success(), "the host ended with {ended}: {said}");
    let mut verify = Command::new(program);
    verify.arg("verify").arg(journal).arg("--plugin").arg(plugin);
    let verified = verify.output()?;
    if verified.status.success() {
        report.row("verify: every record and law", "holds", "");
    } else {
        report.void(format!("verify: {}", String::from_utf8_lossy(&verified.stderr)));
    }
    Ok(())
}

/// The whole shop, in batches of the plugin's own bytes.
fn set_up(addr: &str) -> Result<()> {
    let description = earmark_wasm::ShopPlugin::describe();
    let setup = world::setup()?;
    let mut connection = clients::Connection::open(addr)?;
    for part in setup.chunks(1_000) {
        let mut items = Vec::with_capacity(part.len());
        for (kind, data) in part {
            let command = description.commands.get(usize::from(*kind));
            let command = command.context("a command has a name")?.name.as_str();
            let (key, source, sequence) = (None, None, None);
            items.push(earmark_abi::BatchItem { command, data, key, source, sequence });
        }
        let body = earmark_abi::encode(&items)?;
        let told = connection.ask("/api/commands", "application/octet-stream", &body)?;
        let accepted = told.matches(r#"{"status":200,"#).count();
        ensure!(accepted == part.len(), "the shop could not be set up: {told:.400}");
    }
    Ok(())
}

/// The file of the endpoints.
fn couriers(dir: &Path, quick: &Endpoint, slow: &Endpoint) -> Result<PathBuf> {
    let secret = dir.join("secret");
    fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
    let one = |name: &str, addr| {
        format!(
            "[[webhook]]\nname = \"{name}\"\nurl = \"http://{addr}/\"\nsecret-file = \"secret\"\n\
             types = [\"OrderCancelled\"]\nafter = 0\n"
        )
    };
    let file = dir.join("couriers.toml");
    fs::write(&file, one("quick", quick.addr()) + &one("slow", slow.addr()))?;
    Ok(file)
}

/// The host's own program, which `cargo xtask bench` built beside this one.
fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("EARMARK_BIN") {
        return Ok(named.into());
    }
    let beside = std::env::current_exe()?.with_file_name("earmark");
    ensure!(beside.is_file(), "there is no `{}`: run `cargo xtask bench`", beside.display());
    Ok(beside)
}

fn count(said: &str, what: &str) -> u64 {
    said.lines().filter(|line| line.contains(what)).count() as u64
}
