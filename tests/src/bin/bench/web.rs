//! HTTP: single orders over keep-alive connections, beside a bare echo of the same bodies.
//!
//! Law: same server, same client, same bodies; the echo is measured before and after the orders,
//! and the figure is held against the mean of both.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use earmark::flow::Command;
use earmark::ids::OrderId;
use earmark::order::OrderCommand;
use earmark::schema;
use earmark_host::http::{Access, HttpOptions, bind};
use earmark_host::plugin::PluginFile;
use tokio::sync::oneshot;

use crate::durable::{Counter, close};
use crate::report::{Report, per_second, rate, share};
use crate::world::{self, Spread};

const CONNECTIONS: [usize; 2] = [32, 128];
/// Characters of an order's id.
const ID: usize = 36;

/// Orders as JSON, each with the place of its id.
struct Bodies {
    orders: Vec<(Vec<u8>, usize)>,
    /// Counts all ids that were given out.
    ids: AtomicU64,
}

/// Measures the server.
pub(crate) fn run(
    report: &mut Report,
    dir: &Path,
    length: Duration,
    plugin: &Arc<PluginFile>,
) -> Result<()> {
    report.section("3. HTTP, durable: closed loop, one order a request, server and client here");
    let dir = tempfile::tempdir_in(dir).context("no place for the journal")?;
    let counter = Counter::open(dir.path(), plugin, (Spread::Uniform, 4))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut options =
        HttpOptions::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Access::LoopbackDemo);
    options.bench = true;
    let server = runtime.block_on(bind(Arc::clone(&counter.partition), options))?;
    let addr = server.local_addr();
    let (end, ended) = oneshot::channel::<()>();
    let serving = runtime.spawn(server.run(async move { drop(ended.await) }));
    let bodies = Arc::new(bodies()?);
    let mut placed = 0;
    for connections in CONNECTIONS {
        placed += measure(report, addr, &bodies, connections, length)?;
    }
    counter.balance(report, "http", placed)?;
    drop(end);
    runtime.block_on(serving)?;
    drop(runtime);
    close(counter)
}

/// Echo, orders, orders with short answers, echo; how many orders were placed.
fn measure(
    report: &mut Report,
    addr: SocketAddr,
    bodies: &Arc<Bodies>,
    connections: usize,
    length: Duration,
) -> Result<u64> {
    const PLACE: &str = "/api/commands/PlaceOrder";
    let load = |path, header| clients(addr, (path, header), bodies, connections, length);
    let before = load("/bench/echo", "")?;
    let whole = load(PLACE, "")?;
    let minimal = load(PLACE, "Prefer: return=minimal\r\n")?;
    let after = load("/bench/echo", "")?;
    let echo = (before.0 + after.0) / 2.0;
    let tails = |latencies: &[u64]| {
        let at = |part| share(latencies, part) as f64 / 1e3;
        format!("p50 {:.0} us, p99 {:.0} us", at(0.5), at(0.99))
    };
    let name = format!("{connections} connections: echo");
    report.row(&name, &per_second(echo), &tails(&after.1));
    for (what, (orders, latencies)) in [("orders", &whole), ("orders, short answers", &minimal)] {
        let name = format!("{connections} connections: {what}");
        let ratio = orders / echo;
        let note = format!("{ratio:.2} of the echo, at least 0.7; {}", tails(latencies));
        if what == "orders" {
            report.aim(&name, &per_second(*orders), &note, ratio >= 0.7);
        } else {
            report.row(&name, &per_second(*orders), &note);
        }
    }
    Ok((whole.1.len() + minimal.1.len()) as u64)
}

/// Requests a second, and the latency of each in nanoseconds, sorted.
fn clients(
    addr: SocketAddr,
    (path, header): (&str, &str),
    bodies: &Arc<Bodies>,
    connections: usize,
    length: Duration,
) -> Result<(f64, Vec<u64>)> {
    let begun = Instant::now();
    let mut threads = Vec::new();
    for _ in 0..connections {
        let bodies = Arc::clone(bodies);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\n{header}"
        );
        let client = move || client(addr, &head, &bodies, begun + length);
        threads.push(std::thread::Builder::new().stack_size(256 << 10).spawn(client)?);
    }
    let mut latencies = Vec::new();
    for thread in threads {
        latencies.extend(thread.join().map_err(|_| anyhow!("a client panicked"))??);
    }
    let took = begun.elapsed();
    latencies.sort_unstable();
    Ok((rate(latencies.len() as u64, took), latencies))
}

/// One connection: asks, reads, asks again.
fn client(addr: SocketAddr, head: &str, bodies: &Bodies, until: Instant) -> Result<Vec<u64>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (mut request, mut answer, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
    while Instant::now() < until {
        let begun = Instant::now();
        let count = bodies.ids.fetch_add(1, Ordering::Relaxed);
        let (body, at) = &bodies.orders[count as usize % bodies.orders.len()];
        request.clear();
        write!(request, "{head}Content-Length: {}\r\n\r\n", body.len())?;
        let start = request.len() + at;
        request.extend_from_slice(body);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let id = OrderId::from_bytes(world::id(u64::try_from(now.as_millis())?, count));
        let id = id.context("an order id")?.to_string();
        request[start..start + ID].copy_from_slice(id.as_bytes());
        stream.write_all(&request)?;
        read(&mut stream, &mut answer)?;
        latencies.push(u64::try_from(begun.elapsed().as_nanos())?);
    }
    Ok(latencies)
}

/// Reads one answer, which must be a good one.
fn read(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    let mut piece = [0; 16 << 10];
    answer.clear();
    let mut end = None;
    loop {
        let count = stream.read(&mut piece)?;
        ensure!(count > 0, "the server closed the connection");
        answer.extend_from_slice(&piece[..count]);
        if end.is_none() {
            end = whole(answer)?;
        }
        if end.is_some_and(|end| answer.len() >= end) {
            return Ok(());
        }
    }
}

/// How long the answer is, once its head is there.
fn whole(answer: &[u8]) -> Result<Option<usize>> {
    let Some(at) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..at])?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("the server answers `{}`", String::from_utf8_lossy(answer));
    }
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.context("an answer without a length")?.1.parse()?;
    Ok(Some(at + 4 + length))
}

fn bodies() -> Result<Bodies> {
    let json = |order: earmark::order::PlaceOrder| -> Result<(Vec<u8>, usize)> {
        let id = order.order.to_string();
        let json = schema::command_to_json(&Command::Order(OrderCommand::Place(order)))?;
        let json = json.context("an order has a JSON form")?;
        let at = json.windows(ID).position(|part| part == id.as_bytes());
        Ok((json, at.context("the JSON of an order has its id")?))
    };
    let orders = world::orders(Spread::Uniform, 4)?.into_iter().map(json).collect::<Result<_>>()?;
    Ok(Bodies { orders, ids: AtomicU64::new(0) })
}
