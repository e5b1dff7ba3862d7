//! HTTP: orders over keep-alive connections, alone and in batches, as JSON and as the plugin's own
//! bytes, beside a bare echo of the single ones.
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
use earmark_abi::BatchItem;
use earmark_host::http::{Access, HttpOptions, bind};
use earmark_host::plugin::PluginFile;
use tokio::sync::oneshot;

use crate::durable::{Counter, close};
use crate::postgres::Baseline;
use crate::report::{Report, per_second, rate, share};
use crate::world::{self, Spread};

const CONNECTIONS: [usize; 2] = [32, 128];
/// Characters of an order's id.
const ID: usize = 36;

/// Orders of one request, where it is a batch.
const BATCH: usize = 100;
const MINIMAL: &str = "Prefer: return=minimal\r\n";

/// Orders in both forms, and the counter of their ids.
struct Bodies {
    /// As JSON, each with the place of its id.
    json: Vec<(Vec<u8>, usize)>,
    /// As bytes; the first 16 are the id.
    bytes: Vec<Vec<u8>>,
    /// Counts all ids that were given out.
    ids: AtomicU64,
}

/// How orders are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Bytes,
}

/// What a client asks: where, with which header, in which form, how many at once.
#[derive(Debug, Clone, Copy)]
struct Ask {
    path: &'static str,
    header: &'static str,
    form: Form,
    at_once: usize,
}

/// Measures the server.
pub(crate) fn run(
    report: &mut Report,
    dir: &Path,
    length: Duration,
    plugin: &Arc<PluginFile>,
    postgres: Option<&Baseline>,
) -> Result<()> {
    report.section("3. HTTP, durable: closed loop, server and client here");
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
    for (at, connections) in CONNECTIONS.into_iter().enumerate() {
        let theirs = postgres.and_then(|base| base.lines.get(at).copied());
        placed += measure(report, addr, &bodies, (connections, length), theirs)?;
    }
    counter.balance(report, "http", placed)?;
    drop(end);
    runtime.block_on(serving)?;
    drop(runtime);
    close(counter)
}

/// Echo, orders in all forms, echo; how many orders were placed.
fn measure(
    report: &mut Report,
    addr: SocketAddr,
    bodies: &Arc<Bodies>,
    (connections, length): (usize, Duration),
    postgres: Option<f64>,
) -> Result<u64> {
    let load = |path, header, form, at_once| {
        clients(addr, Ask { path, header, form, at_once }, bodies, (connections, length))
    };
    let (place, many) = ("/api/commands/PlaceOrder", "/api/commands");
    let before = load("/bench/echo", "", Form::Json, 1)?;
    let went = [
        ("orders", 1, load(place, "", Form::Json, 1)?),
        ("orders, short answers", 1, load(place, MINIMAL, Form::Json, 1)?),
        ("orders as bytes", 1, load(place, MINIMAL, Form::Bytes, 1)?),
        ("100 at once", BATCH, load(many, MINIMAL, Form::Json, BATCH)?),
        ("100 at once as bytes", BATCH, load(many, MINIMAL, Form::Bytes, BATCH)?),
    ];
    let after = load("/bench/echo", "", Form::Json, 1)?;
    let echo = (before.0 + after.0) / 2.0;
    let tails = |latencies: &[u64]| {
        let at = |part| share(latencies, part) as f64 / 1e3;
        format!("p50 {:.0} us, p99 {:.0} us", at(0.5), at(0.99))
    };
    let name = format!("{connections} connections: echo");
    report.row(&name, &per_second(echo), &tails(&after.1));
    let mut placed = 0;
    for (what, at_once, (requests, latencies)) in &went {
        let orders = requests * *at_once as f64;
        placed += (latencies.len() * at_once) as u64;
        let name = format!("{connections} connections: {what}");
        let beside = Baseline::beside(postgres, orders);
        let tails = tails(latencies);
        if *what == "orders" {
            let ratio = orders / echo;
            let note = format!("{ratio:.2} of the echo, at least 0.7; {tails}{beside}");
            report.aim(&name, &per_second(orders), &note, ratio >= 0.7);
        } else {
            report.row(&name, &per_second(orders), &format!("{tails}{beside}"));
        }
    }
    Ok(placed)
}

/// Requests a second, and the latency of each in nanoseconds, sorted.
fn clients(
    addr: SocketAddr,
    ask: Ask,
    bodies: &Arc<Bodies>,
    (connections, length): (usize, Duration),
) -> Result<(f64, Vec<u64>)> {
    let begun = Instant::now();
    let mut threads = Vec::new();
    for _ in 0..connections {
        let bodies = Arc::clone(bodies);
        let client = move || client(addr, ask, &bodies, begun + length);
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
fn client(addr: SocketAddr, ask: Ask, bodies: &Bodies, until: Instant) -> Result<Vec<u64>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (mut request, mut answer, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
    let Ask { path, header, form, at_once } = ask;
    let media = if form == Form::Json { "application/json" } else { "application/octet-stream" };
    while Instant::now() < until {
        let begun = Instant::now();
        let body = if at_once == 1 { bodies.next(form)? } else { bodies.batch(form, at_once)? };
        request.clear();
        let length = body.len();
        write!(
            request,
            "POST {path} HTTP/1.1\r\nHost: {addr}\r\nContent-Type: {media}\r\n{header}\
             Content-Length: {length}\r\n\r\n"
        )?;
        request.extend_from_slice(&body);
        stream.write_all(&request)?;
        read(&mut stream, &mut answer)?;
        latencies.push(u64::try_from(begun.elapsed().as_nanos())?);
        if at_once > 1 {
            let told = String::from_utf8_lossy(&answer);
            let accepted = told.matches(r#"{"status":200,"#).count();
            ensure!(accepted == at_once, "of a batch {accepted} were accepted: {told:.400}");
        }
    }
    Ok(latencies)
}

impl Bodies {
    /// The next order, with an id of now.
    fn next(&self, form: Form) -> Result<Vec<u8>> {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let id = world::id(u64::try_from(now.as_millis())?, count);
        if form == Form::Bytes {
            let mut body = self.bytes[count as usize % self.bytes.len()].clone();
            body[..16].copy_from_slice(&id);
            return Ok(body);
        }
        let (body, at) = &self.json[count as usize % self.json.len()];
        let (mut body, id) = (body.clone(), OrderId::from_bytes(id).context("an order id")?);
        body[*at..at + ID].copy_from_slice(id.to_string().as_bytes());
        Ok(body)
    }

    /// The next orders, in one body.
    fn batch(&self, form: Form, count: usize) -> Result<Vec<u8>> {
        let orders = (0..count).map(|_| self.next(form)).collect::<Result<Vec<_>>>()?;
        if form == Form::Bytes {
            let (key, source, sequence) = (None, None, None);
            let item = |data| BatchItem { command: "PlaceOrder", data, key, source, sequence };
            let items: Vec<_> = orders.iter().map(|order| item(order.as_slice())).collect();
            return Ok(earmark_abi::encode(&items)?);
        }
        let mut body = Vec::new();
        for (nth, order) in orders.iter().enumerate() {
            body.extend_from_slice(if nth == 0 { b"[" } else { b"," });
            body.extend_from_slice(br#"{"command":"PlaceOrder","data":"#);
            body.extend_from_slice(order);
            body.push(b'}');
        }
        body.push(b']');
        Ok(body)
    }
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
    let orders = world::orders(Spread::Uniform, 4)?;
    let bytes = orders.iter().map(world::wire_order).collect::<Result<_>>()?;
    let json = orders.into_iter().map(json).collect::<Result<_>>()?;
    Ok(Bodies { json, bytes, ids: AtomicU64::new(0) })
}
