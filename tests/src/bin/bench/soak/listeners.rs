//! Who listens: streams of events, and endpoints of webhooks, quick or slow.
//!
//! Law: a stream is held to have every event once and in order; an endpoint notes how far behind
//! its event each message came.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::clients::whole;

const DAY: u64 = 86_400_000;

/// A stream of events.
pub(super) struct Stream {
    last: Arc<AtomicU64>,
    gaps: Arc<AtomicU64>,
}

impl Stream {
    /// Follows all events from the first on.
    pub(super) fn start(addr: &str, more: &str, stop: &Arc<AtomicBool>) -> Result<Self> {
        let mut stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        // To version 1.0 an answer is not cut into chunks.
        write!(stream, "GET /api/events?after=0{more} HTTP/1.0\r\nhost: {addr}\r\n\r\n")?;
        let (last, gaps) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let told = (Arc::clone(&last), Arc::clone(&gaps), Arc::clone(stop));
        std::thread::spawn(move || {
            let (last, gaps, stop) = told;
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let id = line.strip_prefix("id: ").or_else(|| line.strip_prefix("id:"));
                let Some(id) = id.and_then(|id| id.trim().parse::<u64>().ok()) else { continue };
                let before = last.swap(id, Ordering::Relaxed);
                if id != before + 1 {
                    gaps.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Ok(Self { last, gaps })
    }

    /// The event it has come to.
    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// How often the next one was not the next one.
    pub(super) fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }
}

/// An endpoint of webhooks.
pub(super) struct Endpoint {
    addr: SocketAddr,
    delays: Arc<Mutex<Vec<u64>>>,
}

impl Endpoint {
    /// One that takes so long for each message.
    pub(super) fn start(takes: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (addr, delays) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
        let told = Arc::clone(&delays);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&told);
                std::thread::spawn(move || drop(serve(stream, takes, &told)));
            }
        });
        Ok(Self { addr, delays })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many messages came.
    pub(super) fn told(&self) -> u64 {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// How far behind its event each came, in milliseconds, sorted.
    pub(super) fn delays(&self) -> Vec<u64> {
        let mut all = self.delays.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_unstable();
        all
    }
}

fn serve(mut stream: TcpStream, takes: Duration, delays: &Mutex<Vec<u64>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut message, mut piece) = (Vec::new(), [0; 16 << 10]);
    loop {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        message.extend_from_slice(&piece[..count]);
        while let Some((head, end)) = whole(&message)?.filter(|(_, end)| message.len() >= *end) {
            std::thread::sleep(takes);
            let delay = behind(&message[head..end]);
            delays.lock().unwrap_or_else(PoisonError::into_inner).push(delay);
            message.drain(..end);
            stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
}

/// Milliseconds since the moment in the event, by the time of day.
fn behind(event: &[u8]) -> u64 {
    let event: serde_json::Value = serde_json::from_slice(event).unwrap_or_default();
    let time = event["time"].as_str().unwrap_or_default();
    let digits = |at: usize, count: usize| -> u64 {
        time.get(at..at + count).and_then(|part| part.parse().ok()).unwrap_or(0)
    };
    let happened =
        ((digits(11, 2) * 60 + digits(14, 2)) * 60 + digits(17, 2)) * 1_000 + digits(20, 3);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    (now % DAY + DAY - happened) % DAY
}
