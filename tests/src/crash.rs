//! A shop whose host dies again and again, its clients that count their commands and ask again,
//! and what must be so each time it is back.
//!
//! Law: what was acknowledged is there, with the same outcome; nothing is there twice; and the
//! stock is what the commands that were carried out come to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::built::Built;
use crate::random::Random;

/// No answer takes longer, and no end of a host.
const PATIENCE: Duration = Duration::from_secs(60);
/// Units that the shop begins with: more than all orders together want.
const BEGINS_WITH: u64 = 1_000_000;
/// Clients that send at the same time.
const CLIENTS: usize = 4;
/// Commands of each in one life of the host; most lives are shorter.
const COMMANDS: usize = 40;
/// The signal that ends a process at once.
const KILLED: i32 = 9;

/// How a host is to die.
#[derive(Debug, Clone)]
pub enum Death {
    /// At a place of the program that is built for it, when it comes there so often.
    At(&'static str, u64),
    /// In the middle of what it writes: at a call of `pwrite64`, counted, by strace.
    Writing(u64),
}

/// What a round saw.
#[derive(Debug, Default, Clone, Copy)]
pub struct Round {
    /// Whether the host died of itself, and not because the load was over.
    pub died: bool,
    /// Commands that were acknowledged before it died.
    pub acknowledged: u64,
    /// Commands that nobody knew the outcome of.
    pub unknown: u64,
}

/// A shop, and all that was asked of it.
#[derive(Debug)]
pub struct Shop {
    built: Built,
    dir: PathBuf,
    /// What the host is told to break.
    broken: Option<&'static str>,
    /// Its file of endpoints.
    couriers: Option<PathBuf>,
    clients: Vec<Client>,
    received: u64,
    ordered: u64,
}

/// A client that counts what it sends.
#[derive(Debug)]
struct Client {
    name: String,
    random: Random,
    next: u64,
    /// What it sent in this life of the host.
    sent: Vec<Sent>,
}

#[derive(Debug)]
struct Sent {
    sequence: u64,
    command: &'static str,
    body: Value,
    answer: Option<(u16, Value)>,
}

impl Shop {
    /// A shop with stock, whose journal is in `dir`.
    ///
    /// # Panics
    /// If the host does not take its first commands.
    #[must_use]
    pub fn open(built: &Built, dir: &Path, broken: Option<&'static str>, seed: u64) -> Self {
        let client = |nth: usize| Client {
            name: format!("client-{nth}"),
            random: Random::seeded(seed.wrapping_mul(31).wrapping_add(nth as u64)),
            next: 1,
            sent: Vec::new(),
        };
        let clients = (0..CLIENTS).map(client).collect();
        let (built, dir, received) = (built.clone(), dir.to_owned(), BEGINS_WITH);
        let shop = Self { built, dir, broken, couriers: None, clients, received, ordered: 0 };
        let host = shop.serve(None).expect("the host serves");
        let place = json!({ "lat": 53_797_000, "lon": -1_543_000 });
        for (command, body) in [
            ("DefineItem", json!({ "sku": "MUG", "name": "a mug", "unitPrice": "2.50" })),
            (
                "DefineFacility",
                json!({ "code": "LDS", "name": "Leeds", "country": "GB", "location": place }),
            ),
            ("ReceiveStock", receive(BEGINS_WITH)),
        ] {
            let answer = post(&host.addr, command, &body, None).expect("it answers");
            assert_eq!(answer.0, 200, "{command}: {answer:?}");
        }
        shop
    }

    /// The same, telling the endpoints of a file.
    #[must_use]
    pub fn telling(self, couriers: PathBuf) -> Self {
        Self { couriers: Some(couriers), ..self }
    }

    /// One life of the host that nobody ends before this is done.
    ///
    /// # Panics
    /// If the host does not come back.
    pub fn serving<T>(&self, done: impl FnOnce(&str) -> T) -> T {
        let host = self.serve(None).expect("the host comes back");
        done(&host.addr)
    }

    /// One life of the host under load, its death, and a look at what is left.
    ///
    /// # Errors
    /// What was lost, is there twice, or does not add up.
    pub fn round(&mut self, death: &Death) -> Result<Round, String> {
        let mut round = Round::default();
        if let Some(mut host) = self.serve(Some(death)) {
            let addr = host.addr.clone();
            std::thread::scope(|scope| {
                for client in &mut self.clients {
                    scope.spawn(|| client.send(&addr));
                }
            });
            let unanswered = |client: &Client| client.sent.iter().any(|one| one.answer.is_none());
            round.died = self.clients.iter().any(unanswered) && host.died();
        } else {
            round.died = true;
        }
        let answered = |one: &&Sent| one.answer.is_some();
        for client in &self.clients {
            round.acknowledged += client.sent.iter().filter(answered).count() as u64;
            round.unknown += client.sent.iter().filter(|one| one.answer.is_none()).count() as u64;
        }
        self.built.verify_records(&self.dir)?;
        self.recover()?;
        Ok(round)
    }

    /// The whole check of the journal, its state and the laws over it.
    ///
    /// # Errors
    /// What the program says.
    pub fn verify(&self) -> Result<(), String> {
        self.built.verify(&self.dir).map(drop)
    }

    /// Asks everything again, as clients do that want to know, and looks at the stock.
    fn recover(&mut self) -> Result<(), String> {
        let host = self.serve(None).ok_or("the host does not come back")?;
        for client in &mut self.clients {
            for one in client.sent.drain(..) {
                let origin = Some((client.name.as_str(), one.sequence));
                let told = post(&host.addr, one.command, &one.body, origin);
                let told = told.map_err(|error| format!("no answer after the crash: {error}"))?;
                let known = told.1["again"] == true || told.1["code"] == "processed-long-ago";
                let what = format!("{} {} of {}", one.command, one.sequence, client.name);
                match &one.answer {
                    Some(before) if !known => {
                        return Err(format!(
                            "{what} was acknowledged and is lost: {before:?}; now {told:?}"
                        ));
                    }
                    Some(before)
                        if told.1["again"] == true && told.1["input"] != before.1["input"] =>
                    {
                        return Err(format!("{what} has another outcome: {before:?}, {told:?}"));
                    }
                    Some(_) | None if known || told.0 == 200 => {}
                    _ => return Err(format!("{what} is not carried out: {told:?}")),
                }
                match one.command {
                    "ReceiveStock" => self.received += 1,
                    _ => self.ordered += 1,
                }
            }
        }
        let stock =
            ask(&host.addr, "/api/queries/Stock", &json!({ "items": [{ "sku": "MUG" }] }), None)
                .map_err(|error| error.to_string())?;
        let sum = |name: &str| -> u64 {
            let shelves = stock.1[0]["shelves"].as_array();
            shelves.into_iter().flatten().filter_map(|shelf| shelf[name].as_u64()).sum()
        };
        let (there, tied) = (sum("onHand"), sum("reserved") + sum("allocated"));
        if (there, tied) != (self.received, self.ordered) {
            let wanted = (self.received, self.ordered);
            return Err(format!(
                "{:?} units are there and tied, and not {wanted:?}: {stock:?}",
                (there, tied)
            ));
        }
        Ok(())
    }

    fn serve(&self, death: Option<&Death>) -> Option<Serving> {
        let mut serve = self.built.earmark();
        serve.args(["serve", "--addr", "127.0.0.1:0", "--snapshot-every", "60", "--dir"]);
        serve.arg(&self.dir);
        if let Some(couriers) = &self.couriers {
            serve.arg("--couriers").arg(couriers);
        }
        if let Some(broken) = self.broken {
            serve.env("EARMARK_BREAK", broken);
        }
        match death {
            None => {}
            Some(Death::At(place, times)) => {
                serve.env("EARMARK_KILL_AT", format!("{place}:{times}"));
            }
            Some(Death::Writing(times)) => serve = under_strace(&serve, *times),
        }
        Serving::start(&mut serve)
    }
}

/// The same command, killed when it comes to `pwrite64` so often. The tracer is a grandchild, so
/// that the child is the program itself.
fn under_strace(command: &Command, times: u64) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-qq", "-e", "trace=pwrite64", "-o", "/dev/null"]);
    strace.args(["-e", &format!("inject=pwrite64:signal=KILL:when={times}")]);
    with(strace, command)
}

/// A command that runs another one, in the same environment.
pub(crate) fn with(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

impl Client {
    fn send(&mut self, addr: &str) {
        for _ in 0..COMMANDS {
            let (command, body) = match self.random.below(2) {
                0 => ("ReceiveStock", receive(1)),
                _ => ("PlaceOrder", self.order()),
            };
            let sequence = self.next;
            self.next += 1;
            let answer = post(addr, command, &body, Some((&self.name, sequence))).ok();
            let gone = answer.is_none();
            self.sent.push(Sent { sequence, command, body, answer });
            if gone {
                return;
            }
        }
    }

    /// An order of one mug, with an id of its own (UUID version 7).
    fn order(&mut self) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (millis, bits) = (now.as_millis() as u64, self.random.bits());
        let id = format!(
            "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
            millis >> 16,
            millis & 0xffff,
            bits >> 52,
            (bits >> 40) & 0xfff,
            self.random.bits() >> 16,
        );
        let london = json!({ "lat": 51_507_000, "lon": -128_000 });
        json!({
            "order": id, "currency": "GBP",
            "lines": [{ "item": { "sku": "MUG" }, "quantity": 1, "unitPrice": "2.50" }],
            "destination": { "country": "GB", "location": london },
        })
    }
}

pub(crate) fn receive(quantity: u64) -> Value {
    let (item, facility) = (json!({ "sku": "MUG" }), json!({ "code": "LDS" }));
    json!({ "item": item, "facility": facility, "tier": "primary", "quantity": quantity })
}

/// A host that serves, until it dies or is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// Where: an address and a port.
    pub addr: String,
}

impl Serving {
    /// None if it died before it served.
    ///
    /// # Panics
    /// If the program can't be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Option<Self> {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        while out.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            if let Some((_, rest)) = line.split_once("serving on http://") {
                let addr = rest.split('/').next().unwrap_or_default().to_owned();
                return Some(Self { child, addr });
            }
            line.clear();
        }
        drop(child.wait());
        None
    }

    /// Whether it is gone, however.
    ///
    /// # Panics
    /// If the system does not tell.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be looked at").is_some()
    }

    /// Whether it was killed by itself; if it lives, that is waited for.
    ///
    /// # Panics
    /// If the system does not tell.
    pub fn died(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(ended) = self.child.try_wait().expect("a child can be looked at") {
                return ended.signal() == Some(KILLED);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Gives a command as staff.
///
/// # Errors
/// That no answer came, or not a whole one.
pub fn post(
    addr: &str,
    command: &str,
    body: &Value,
    origin: Option<(&str, u64)>,
) -> io::Result<(u16, Value)> {
    ask(addr, &format!("/api/commands/{command}"), body, origin)
}

/// Asks as staff; an answer that did not come whole did not come.
///
/// # Errors
/// That no answer came, or not a whole one.
pub fn ask(
    addr: &str,
    path: &str,
    body: &Value,
    origin: Option<(&str, u64)>,
) -> io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.to_string();
    let named = origin.map_or_else(String::new, |(source, sequence)| {
        format!("earmark-source: {source}\r\nearmark-sequence: {sequence}\r\n")
    });
    let request = format!(
        "POST {path} HTTP/1.0\r\nhost: {addr}\r\nearmark-as: staff\r\n{named}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let status = answer.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
    Ok((status, serde_json::from_str(body).map_err(|_| cut())?))
}
