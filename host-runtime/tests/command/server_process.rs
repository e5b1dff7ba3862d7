//! A server as a process of its own: its log, the signals it hears, and how its health is asked.
#![cfg(feature = "native")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A server of the native body, and its log.
struct Server {
    child: Child,
    addr: String,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.args(["--native", "serve", "--ephemeral", "--addr=127.0.0.1:0"]).args(args);
        command.env_remove("RUST_LOG").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        Self { addr: addr.unwrap_or_else(|| panic!("`{line}`")).to_string(), child }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Tells it to end; its log.
    fn end(mut self) -> String {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success(), "{status}");
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ended, or the test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn every_line_is_json_and_tells_beginning_requests_and_end() {
    let server = Server::start(&["--log-format=json", "--log=info,earmark_host::http=debug"]);
    let ready = server.get("/health/ready");
    assert!(ready.starts_with("HTTP/1.0 200"), "{ready}");
    assert!(server.get("/metrics").contains("earmark_ready 1"));
    let addr = server.addr.clone();
    let log = server.end();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let with = |message: &str| -> Vec<&Value> {
        lines.iter().filter(|line| line["message"] == message).collect()
    };
    let [begun] = with("serving")[..] else { panic!("{log}") };
    assert_eq!((&begun["level"], &begun["addr"]), (&"INFO".into(), &addr.into()));
    assert_eq!((&begun["inputs"], &begun["plugin"]), (&0.into(), &"earmark-shop".into()));
    let lengths = ["plugin_digest", "journal"].map(|key| begun[key].as_str().unwrap().len());
    assert_eq!(lengths, [64, 32]);
    let [told, read] = with("answered")[..] else { panic!("{log}") };
    assert_eq!((&told["status"], &told["span"]["path"]), (&200.into(), &"/health/ready".into()));
    assert!(told["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&read["span"]["method"], &read["span"]["subject"]),
        (&"GET".into(), &"staff".into())
    );
    let [ending] = with("told to end: nothing new is taken")[..] else { panic!("{log}") };
    assert_eq!(ending["signal"], "SIGTERM");
    assert_eq!(lines.last().unwrap()["message"], "everything that was taken is answered");
}

#[test]
fn a_server_that_gets_no_address_makes_no_journal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("shop");
    for (addr, words) in
        [(taken.as_str(), [taken.as_str(), "--addr"]), ("0.0.0.0:0", ["loopback", "--auth-keys"])]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
        command.args(["--native", "serve", "--addr", addr, "--dir"]).arg(&dir);
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{told}");
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!dir.exists(), "nothing was made for {addr}");
    }
}

fn health(addr: &str, timeout: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
    command.args(["health", "--timeout", timeout, "--addr", addr]).output().unwrap()
}

#[track_caller]
fn unwell(addr: &str, timeout: &str, wanted: &str) {
    let output = health(addr, timeout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(told.starts_with("error: ") && told.contains(wanted), "{told}");
}

#[test]
fn health_is_asked_of_a_server_and_is_a_code() {
    let server = Server::start(&[]);
    let output = health(&server.addr, "20");
    assert!(output.status.success(), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["status"], &told["inputs"]), (&"ready".into(), &0.into()));
    let addr = server.addr.clone();
    server.end();
    unwell(&addr, "20", &format!("can't ask the server on {addr}: "));
}

#[test]
fn a_server_that_is_silent_or_takes_no_commands_is_unwell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    unwell(&addr, "1", "gave no answer within 1 s");
    let answering = std::thread::spawn(move || {
        // The one that was silent first, and then this one.
        for stream in listener.incoming().take(2) {
            let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";
            let mut stream = stream.unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap()).lines();
            while request.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            // Nobody listens any more to the first one.
            drop(stream.write_all(head.as_bytes()));
        }
    });
    unwell(&addr, "20", "takes no commands: 503 Service Unavailable busy");
    answering.join().unwrap();
}

#[test]
fn a_log_that_no_terminal_reads_has_no_colours() {
    let log = Server::start(&[]).end();
    assert!(log.contains(" INFO ") && log.contains("serving"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}
