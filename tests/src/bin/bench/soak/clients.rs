//! Clients by the clock: what is due is sent, and a late answer makes the next ones late as well.
//!
//! Law: a latency counts from the moment the request was due (C. Tene's "coordinated omission"),
//! not from when its connection was free.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, ensure};
use earmark::flow::Command;
use earmark::ids::OrderId;
use earmark::order::{OrderCommand, PlaceOrder};
use earmark::schema;
use serde_json::json;

use crate::world::{self, Spread};

/// What is asked.
pub(super) const KINDS: [&str; 3] = ["PlaceOrder", "CancelOrder, every fifth", "query Order"];
/// In this order: of eight requests five place, one cancels, and two look.
const ROUND: [usize; 8] = [0, 2, 0, 0, 1, 0, 2, 0];
/// How long an answer may take before it counts as an error.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all clients share.
pub(super) struct Shop {
    templates: Vec<PlaceOrder>,
    next: AtomicU64,
    /// Orders that were acknowledged.
    pub(super) placed: AtomicU64,
    /// Of these, how many were cancelled.
    pub(super) cancelled: AtomicU64,
    /// The longest answer since it was asked last, in microseconds.
    pub(super) longest: AtomicU64,
}

/// How it went.
pub(super) struct Went {
    /// Microseconds of each request by kind, sorted.
    pub(super) took: [Vec<u64>; 3],
    /// What was not answered with 200.
    pub(super) wrong: Vec<String>,
}

impl Shop {
    pub(super) fn new() -> Result<Self> {
        let zero = || AtomicU64::new(0);
        let templates = world::orders(Spread::Zipf, 4)?;
        let (next, placed, cancelled, longest) = (zero(), zero(), zero(), zero());
        Ok(Self { templates, next, placed, cancelled, longest })
    }

    /// A new order and its JSON.
    fn order(&self) -> Result<(String, Vec<u8>)> {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let id = world::id(u64::try_from(now.as_millis())?, count);
        let mut order = self.templates[count as usize % self.templates.len()].clone();
        order.order = OrderId::from_bytes(id).context("an order id")?;
        let id = order.order.to_string();
        let json = schema::command_to_json(&Command::Order(OrderCommand::Place(order)))?;
        Ok((id, json.context("an order has a JSON form")?))
    }
}

/// Asks by the clock until then.
pub(super) fn load(
    addr: &str,
    shop: &Arc<Shop>,
    (connections, rate): (u32, u32),
    until: Instant,
) -> Result<Went> {
    let apart = Duration::from_secs(1) * connections / rate;
    let begun = Instant::now();
    let mut threads = Vec::new();
    for nth in 0..connections {
        let (addr, shop) = (addr.to_owned(), Arc::clone(shop));
        let first = begun + apart * nth / connections;
        threads.push(std::thread::spawn(move || client(&addr, &shop, first, apart, until)));
    }
    let mut all = Went { took: [const { Vec::new() }; 3], wrong: Vec::new() };
    for thread in threads {
        let went = thread.join().map_err(|_| anyhow!("a client panicked"))??;
        all.took.iter_mut().zip(went.took).for_each(|(all, took)| all.extend(took));
        all.wrong.extend(went.wrong);
    }
    all.took.iter_mut().for_each(|took| took.sort_unstable());
    Ok(all)
}

fn client(
    addr: &str,
    shop: &Shop,
    first: Instant,
    apart: Duration,
    until: Instant,
) -> Result<Went> {
    let mut went = Went { took: [const { Vec::new() }; 3], wrong: Vec::new() };
    let mut connection = Connection::open(addr)?;
    let (mut due, mut open) = (first, Vec::<String>::new());
    for kind in ROUND.into_iter().cycle() {
        if due >= until {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let asked = match (kind, open.first()) {
            (0, _) | (_, None) => place(&mut connection, shop, &mut open),
            (1, Some(_)) => cancel(&mut connection, shop, &open.remove(0)),
            (_, Some(order)) => {
                let ask = json!({ "order": order }).to_string();
                connection.ask("/api/queries/Order", JSON, ask.as_bytes()).map(drop)
            }
        };
        match asked {
            Ok(()) => {
                let took = u64::try_from(due.elapsed().as_micros())?;
                shop.longest.fetch_max(took, Ordering::Relaxed);
                went.took[kind].push(took);
            }
            Err(error) => {
                went.wrong.push(format!("{error:#}"));
                connection = Connection::open(addr)?;
            }
        }
        due += apart;
    }
    Ok(went)
}

const JSON: &str = "application/json";

fn place(connection: &mut Connection, shop: &Shop, open: &mut Vec<String>) -> Result<()> {
    let (id, body) = shop.order()?;
    connection.ask("/api/commands/PlaceOrder", JSON, &body)?;
    shop.placed.fetch_add(1, Ordering::Relaxed);
    // Enough to cancel and to look at; the rest stays as it is.
    if open.len() < 64 {
        open.push(id);
    }
    Ok(())
}

fn cancel(connection: &mut Connection, shop: &Shop, order: &str) -> Result<()> {
    let body = json!({ "order": order, "reason": "customer" }).to_string();
    connection.ask("/api/commands/CancelOrder", JSON, body.as_bytes())?;
    shop.cancelled.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// A connection that stays open.
pub(super) struct Connection {
    stream: TcpStream,
    addr: String,
    answer: Vec<u8>,
}

impl Connection {
    pub(super) fn open(addr: &str) -> Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, addr: addr.to_owned(), answer: Vec::new() })
    }

    /// Posts, and gives the body of the answer, which must be a good one.
    pub(super) fn ask(&mut self, path: &str, media: &str, body: &[u8]) -> Result<String> {
        let (addr, length) = (&self.addr, body.len());
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {addr}\r\ncontent-type: {media}\r\n\
             content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request)?;
        self.answer.clear();
        let mut piece = [0; 16 << 10];
        loop {
            let count = self.stream.read(&mut piece)?;
            ensure!(count > 0, "{path}: the connection ended");
            self.answer.extend_from_slice(&piece[..count]);
            if let Some((head, end)) = whole(&self.answer)?
                && self.answer.len() >= end
            {
                let told = String::from_utf8_lossy(&self.answer[head..end]).into_owned();
                ensure!(self.answer.starts_with(b"HTTP/1.1 200"), "{path}: {told:.400}");
                return Ok(told);
            }
        }
    }
}

/// Where the body begins and ends, once the head is there.
pub(super) fn whole(message: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(at) = message.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&message[..at])?;
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Ok(0), |(_, length)| length.parse())?;
    Ok(Some((at + 4, at + 4 + length)))
}
