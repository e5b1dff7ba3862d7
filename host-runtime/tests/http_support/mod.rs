//! A server over the built-in shop in its native body, and a client that shows every byte.
//!
//! Law: the shop's own logic runs behind the door that a plugin has, so that a test here needs no
//! Wasm; the client is no library's, so that nothing is smoothed over.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use earmark_abi::{Call, Description, Form, decode};
use earmark_host::http::{Access, HttpOptions, bind};
use earmark_host::journal::{Clock, Header, Journal, MemoryStore, OpenOptions, SqliteJournal};
use earmark_host::partition::{Options, Partition, Where};
use earmark_host::plugin::{Bodies, Body, Fault};
use earmark_wasm::{Door, Plugin, ShopPlugin};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// A body that traps when a turn has this in it.
pub const BOMB: &str = "BOMB";
/// A body that traps when an event with this in it is to be read.
pub const DARK: &str = "DARK";

struct Native(Arc<Description>);

impl Bodies for Native {
    fn description(&self) -> &Arc<Description> {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        // As the native body of the program has it: it opens the same journals.
        *blake3::hash(b"native").as_bytes()
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(Box::new(NativeBody(Door::default())))
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        self.fast()
    }
}

struct NativeBody(Door<ShopPlugin>);

impl Body for NativeBody {
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        let has =
            |bytes: &[u8], what: &str| bytes.windows(what.len()).any(|w| w == what.as_bytes());
        let trips = match decode("a call", call) {
            Ok(Call::Turn(turn)) => turn.inputs.iter().any(|input| has(input.command, BOMB)),
            Ok(Call::ToJson { form: Form::Event, bytes, .. }) => has(bytes, DARK),
            _ => false,
        };
        if trips {
            return Err(Fault::Trap("boom".into()));
        }
        Ok(self.0.call(call))
    }
}

/// Bodies of the shop.
pub fn bodies() -> Arc<dyn Bodies> {
    Arc::new(Native(Arc::new(ShopPlugin::describe())))
}

/// A partition of the shop, in memory.
pub fn partition() -> Arc<Partition> {
    Place::memory().partition()
}

/// A partition of the shop over a journal that is open already.
pub fn over(journal: Box<dyn Journal>) -> Arc<Partition> {
    let options = Options::new(Where::Memory);
    Arc::new(Partition::over(bodies(), journal, &options, &mut |_, _| {}).unwrap())
}

/// Where a journal of the shop lies: it is there when the server over it has ended.
pub enum Place {
    Memory(MemoryStore),
    Folder(tempfile::TempDir),
}

impl Place {
    pub fn memory() -> Self {
        Self::Memory(MemoryStore::new(Self::header()))
    }

    /// SQLite, in a folder that goes with this.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let created =
            SqliteJournal::create(folder.path(), &Self::header(), &OpenOptions::default());
        Box::new(created.unwrap()).close().unwrap();
        Self::Folder(folder)
    }

    /// The journal, opened to be written.
    pub fn journal(&self, options: &OpenOptions) -> Box<dyn Journal> {
        match self {
            Self::Memory(store) => Box::new(store.open().unwrap()),
            Self::Folder(folder) => Box::new(SqliteJournal::open(folder.path(), options).unwrap()),
        }
    }

    pub fn partition(&self) -> Arc<Partition> {
        over(self.journal(&OpenOptions::default()))
    }

    fn header() -> Header {
        let (plugin, created_at_ms) = (ShopPlugin::describe().name, 0);
        Header { id: [9; 16], plugin, roles: Vec::new(), clock: Clock::Live, created_at_ms }
    }
}

/// The usual options, on a free port.
pub fn options() -> HttpOptions {
    HttpOptions::new(([127, 0, 0, 1], 0).into(), Access::LoopbackDemo)
}

/// A server that runs until it is dropped.
pub struct Served {
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// A server of a shop with two facilities and plenty of `MUG` and `TEA`.
    pub fn shop() -> Self {
        let served = Self::start(options());
        served.stock();
        served
    }

    /// The same over a journal that is empty.
    pub fn shop_at(place: &Place) -> Self {
        let served = Self::over(place.partition(), options());
        served.stock();
        served
    }

    pub fn start(options: HttpOptions) -> Self {
        Self::over(partition(), options)
    }

    pub fn over(partition: Arc<Partition>, options: HttpOptions) -> Self {
        let (told, addr) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
            let shared = Arc::clone(&partition);
            runtime.block_on(async move {
                let server = bind(shared, options).await.unwrap();
                told.send(server.local_addr()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
            drop(runtime);
            // Nobody else has it any more: it closes here.
            assert!(Arc::into_inner(partition).is_some(), "somebody still holds the partition");
        });
        Self { addr: addr.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// Defines two facilities, and plenty of `MUG` and `TEA`.
    pub fn stock(&self) {
        for (code, lat) in [("LON", 51_500_000), ("MAN", 53_480_000)] {
            let facility = json!({ "code": code, "name": code, "country": "GB",
                "location": { "lat": lat, "lon": -1_000_000 } });
            self.accepted("DefineFacility", &facility);
        }
        for sku in ["MUG", "TEA"] {
            self.accepted("DefineItem", &json!({ "sku": sku, "name": sku, "unitPrice": "2.50" }));
            let stock = json!({ "item": { "sku": sku }, "facility": { "code": "LON" },
                "tier": "primary", "quantity": 1_000_000 });
            self.accepted("ReceiveStock", &stock);
        }
    }

    /// A command by staff that must be accepted.
    #[track_caller]
    pub fn accepted(&self, name: &str, payload: &Value) -> Value {
        let answer = self.command(name, payload, &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        answer.json()
    }

    pub fn command(&self, name: &str, payload: &Value, headers: &[(&str, &str)]) -> Answer {
        self.post(&format!("/api/commands/{name}"), payload.to_string().as_bytes(), headers)
    }

    pub fn query(&self, name: &str, payload: &Value, headers: &[(&str, &str)]) -> Answer {
        self.post(&format!("/api/queries/{name}"), payload.to_string().as_bytes(), headers)
    }

    pub fn post(&self, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let length = body.len().to_string();
        let mut all = vec![("connection", "close"), ("content-length", &length)];
        all.extend_from_slice(headers);
        stream.write_all(head(method, path, "1.1", &all).as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        Answer::read(BufReader::new(stream))
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Opens a stream of events.
    #[track_caller]
    pub fn follow(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        let mut stream = self.connect();
        // To version 1.0 an answer without a length is not cut into chunks.
        stream.write_all(head("GET", path, "1.0", headers).as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let (status, headers) = read_head(&mut reader);
        assert_eq!(status, 200, "{headers:?}");
        Stream { reader }
    }

    /// Tells the server to end, and waits until it did.
    pub fn end(mut self) {
        self.tell_to_end();
        self.thread.take().unwrap().join().unwrap();
    }

    pub fn tell_to_end(&mut self) {
        drop(self.stop.take());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.tell_to_end();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the server panicked");
        }
    }
}

pub fn head(method: &str, path: &str, version: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{method} {path} HTTP/{version}\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        text.push_str("host: localhost\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text
}

/// An answer, as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn read(mut reader: BufReader<TcpStream>) -> Self {
        let (status, headers) = read_head(&mut reader);
        let mut body = Vec::new();
        reader.read_to_end(&mut body).unwrap();
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// Checks that it is a problem of this status and code, and gives it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!((self.status, &problem["code"]), (status, &json!(code)), "{problem}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], status);
        let of = problem["type"].as_str().unwrap();
        assert!(of.starts_with("urn:earmark:") && of.ends_with(code), "{of}");
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }
}

pub fn read_head(reader: &mut impl BufRead) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("`{line}`")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_string(), value.to_string()));
    }
    (status, headers)
}

/// One message of a stream.
#[derive(Debug)]
pub struct Message {
    pub id: u64,
    pub event: String,
    pub data: Value,
}

/// A stream of events on its way.
pub struct Stream {
    reader: BufReader<TcpStream>,
}

impl Stream {
    /// The next message with data; none if the stream ended.
    pub fn next(&mut self) -> Option<Message> {
        let (mut id, mut event, mut data) = (0, String::new(), None);
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end_matches('\n').split_once(": ") {
                Some(("id", value)) => id = value.parse().unwrap(),
                Some(("event", value)) => event = value.to_string(),
                Some(("data", value)) => data = Some(serde_json::from_str(value).unwrap()),
                Some(("", _)) => {}
                Some(_) => panic!("`{line}`"),
                None => {
                    if let Some(data) = data.take() {
                        return Some(Message { id, event, data });
                    }
                }
            }
        }
    }

    /// One line, whatever it is; none if the stream ended.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.reader.read_line(&mut line).unwrap() > 0).then_some(line)
    }

    /// Messages up to the one with this id.
    pub fn up_to(&mut self, id: u64) -> Vec<Message> {
        let mut all = Vec::new();
        while all.last().is_none_or(|last: &Message| last.id < id) {
            all.push(self.next().expect("the stream goes on"));
        }
        all
    }
}

/// A new order id: a UUID of version 7.
pub fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{:08x}-{:04x}-7000-8000-{count:012x}", now >> 16, now & 0xffff)
}

/// An order of some mugs.
pub fn order(id: &str, quantity: u64) -> Value {
    order_of(id, vec![line("MUG", quantity)])
}

pub fn line(sku: &str, quantity: u64) -> Value {
    json!({ "item": { "sku": sku }, "quantity": quantity, "unitPrice": "2.50" })
}

pub fn order_of(id: &str, lines: Vec<Value>) -> Value {
    json!({ "order": id, "currency": "GBP", "lines": lines,
        "destination": { "country": "GB", "location": { "lat": 51_000_000, "lon": 0 } } })
}
