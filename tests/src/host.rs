//! A host that serves, as a process of its own: started on a free port, asked, ended in order.
//! Every wait has an end, and what the process said is in the message of the proof that fails.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::built::text;

/// No host takes longer to begin, to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a host says when it serves, before its address.
const SERVING: &str = "serving on http://";
/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A host that serves until it is ended, or dropped.
#[derive(Debug)]
pub struct Host {
    child: Child,
    addr: String,
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Host {
    /// Starts `earmark serve` or `earmark demo` (give it port 0), and waits until it answers.
    ///
    /// # Panics
    /// If it does not, with what it said instead.
    #[track_caller]
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = piped.spawn().expect("the program starts");
        let mut host =
            Self { child, addr: String::new(), said: Arc::default(), readers: Vec::new() };
        let (out, err) = (host.child.stdout.take(), host.child.stderr.take());
        host.readers.extend(out.map(|out| keep(out, &host.said)));
        host.readers.extend(err.map(|err| keep(err, &host.said)));
        let begun = Instant::now();
        loop {
            if let Some(addr) = host.served_at() {
                host.addr = addr;
                break;
            }
            let ended = host.child.try_wait().expect("a child can be looked at");
            assert!(ended.is_none(), "it ended with {ended:?} before it served:\n{}", host.said());
            assert!(begun.elapsed() < PATIENCE, "it serves nobody:\n{}", host.said());
            std::thread::sleep(LOOK);
        }
        assert_eq!(host.get("/health/ready")["status"], "ready", "{}", host.said());
        host
    }

    /// Where it serves: `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it answers to a `GET`, as staff.
    ///
    /// # Panics
    /// If that is not 200 and JSON.
    #[track_caller]
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        self.asked("GET", path, "")
    }

    /// What it answers to a query, as staff.
    ///
    /// # Panics
    /// As [`Host::get`].
    #[track_caller]
    #[must_use]
    pub fn query(&self, name: &str, ask: &Value) -> Value {
        self.asked("POST", &format!("/api/queries/{name}"), &ask.to_string())
    }

    /// What becomes of a command, given as staff: the status, and the answer or the problem.
    ///
    /// # Panics
    /// If no answer comes, or none in JSON.
    #[track_caller]
    #[must_use]
    pub fn command(&self, name: &str, command: &Value) -> (u16, Value) {
        let mut answer = String::new();
        let path = format!("/api/commands/{name}");
        let read = self.send("POST", &path, &command.to_string()).read_to_string(&mut answer);
        assert!(read.is_ok(), "{path}: {answer}\n{}", self.said());
        let status = answer.get(9..12).and_then(|status| status.parse().ok());
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let body = serde_json::from_str(body).expect("an answer is JSON");
        (status.expect("an answer has a status"), body)
    }

    /// The journal's events behind `after` up to `last`, each a CloudEvent.
    ///
    /// # Panics
    /// If the stream ends before.
    #[track_caller]
    #[must_use]
    pub fn events(&self, after: u64, last: u64) -> Vec<Value> {
        let mut stream = self.send("GET", &format!("/api/events?after={after}"), "");
        let mut events: Vec<Value> = Vec::new();
        while (events.len() as u64) < last.saturating_sub(after) {
            let mut line = String::new();
            let read = stream.read_line(&mut line);
            assert!(read.is_ok_and(|read| read > 0), "the stream ended after {events:?}");
            let data = line.strip_prefix("data: ").map(serde_json::from_str);
            events.extend(data.map(|event| event.expect("an event is JSON")));
        }
        events
    }

    /// Asks it to end, by its id, and waits until it has.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        assert!(told.is_ok_and(|told| told.success()), "the host can't be told to end");
        let ended = ended_within(&mut self.child, PATIENCE);
        for reader in self.readers.drain(..) {
            reader.join().expect("the output was read to its end");
        }
        (ended.unwrap_or_else(|| panic!("the host does not end:\n{}", self.said())), self.said())
    }

    fn served_at(&self) -> Option<String> {
        let said = self.said();
        let (_, rest) = said.split_once(SERVING)?;
        rest.split_once('/').map(|(addr, _)| addr.to_owned())
    }

    #[track_caller]
    fn asked(&self, method: &str, path: &str, body: &str) -> Value {
        let mut answer = String::new();
        let read = self.send(method, path, body).read_to_string(&mut answer);
        let whole = read.is_ok() && answer.starts_with("HTTP/1.0 200 ");
        assert!(whole, "{method} {path}: {answer}\n{}", self.said());
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        serde_json::from_str(body).expect("an answer is JSON")
    }

    /// To version 1.0 an answer comes in one piece, and the connection ends with it.
    #[track_caller]
    fn send(&self, method: &str, path: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(&self.addr).expect("the host takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a wait can be bounded");
        let (addr, bytes) = (&self.addr, body.len());
        let request = format!(
            "{method} {path} HTTP/1.0\r\nhost: {addr}\r\nearmark-as: staff\r\n\
             content-type: application/json\r\ncontent-length: {bytes}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("the host takes a request");
        BufReader::new(stream)
    }
}

impl Drop for Host {
    /// A proof that failed leaves no process behind; of one that has ended, nothing is left to do.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs a command that must end by itself within this time, and gives what it printed.
///
/// # Panics
/// If it can't be started, or does not end; with what it said until then.
#[track_caller]
pub fn finished_within(command: &mut Command, time: Duration) -> Output {
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program starts");
    let (out, err) = (child.stdout.take().map(gather), child.stderr.take().map(gather));
    let status = ended_within(&mut child, time);
    if status.is_none() {
        drop(child.kill());
        drop(child.wait());
    }
    let gathered = |reader: Option<JoinHandle<Vec<u8>>>| {
        reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    let (stdout, stderr) = (gathered(out), gathered(err));
    let Some(status) = status else {
        panic!("not done after {time:?}:\n{}\n{}", text(&stdout), text(&stderr));
    };
    Output { status, stdout, stderr }
}

fn ended_within(child: &mut Child, time: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        let ended = child.try_wait().expect("a child can be looked at");
        if ended.is_some() || begun.elapsed() > time {
            return ended;
        }
        std::thread::sleep(LOOK);
    }
}

fn gather(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before a failure is shown as well.
        drop(from.read_to_end(&mut bytes));
        bytes
    })
}

fn keep(from: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let (said, mut from) = (Arc::clone(said), BufReader::new(from));
    std::thread::spawn(move || {
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text(&line));
            line.clear();
        }
    })
}
