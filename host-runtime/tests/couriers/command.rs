//! Couriers as an operator has them: a file of endpoints, a server, and `earmark couriers`.
#![cfg(feature = "native")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

fn earmark(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
    command.env_remove("EARMARK_COURIERS").env("RUST_LOG", "error").env("RUST_BACKTRACE", "0");
    command.arg("--native").args(args);
    command
}

fn said(args: &[&str]) -> (bool, String) {
    let output = earmark(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

struct Served {
    child: Child,
    addr: SocketAddr,
}

impl Served {
    fn begin(dir: &Path, file: &Path) -> Self {
        let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
        let mut child =
            earmark(&["serve", "--dir", dir, "--addr", "127.0.0.1:0", "--couriers", file])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.split("://").nth(1).unwrap_or_else(|| panic!("{line}"));
        Self { addr: addr.split('/').next().unwrap().parse().unwrap(), child }
    }

    fn define(&self, sku: &str) {
        let body = json!({ "sku": sku, "name": sku, "unitPrice": "2.50" }).to_string();
        let head = "POST /api/commands/DefineItem HTTP/1.1\r\nhost: localhost\r\nconnection: close";
        let media = "content-type: application/json";
        let answer = self.ask(&format!("{head}\r\n{media}\r\n"), &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // As a crash would end it.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A receiver that gives on what comes, and answers each message with this.
fn receiver(status: &'static str) -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (addr, (send, came)) = (listener.local_addr().unwrap(), channel());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(given) = line.strip_prefix("content-length: ") {
                    length = given.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            if send.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (addr, came)
}

struct Folder {
    temp: tempfile::TempDir,
    dir: PathBuf,
    file: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
        std::fs::write(temp.path().join("secret"), secret).unwrap();
        let (dir, file) = (temp.path().join("shop"), temp.path().join("couriers.toml"));
        Self { temp, dir, file }
    }

    fn says(&self, addr: SocketAddr, more: &str) {
        let text = format!(
            "[[webhook]]\nname = \"erp\"\nurl = \"http://{addr}/\"\nsecret-file = \"secret\"\n\
             after = 0\n{more}\n"
        );
        std::fs::write(&self.file, text).unwrap();
    }

    fn couriers(&self, what: &str, more: &[&str]) -> (bool, String) {
        let dir = self.dir.to_str().unwrap();
        said(&[&["couriers", what, dir], more].concat())
    }

    fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (well, list) = self.couriers("list", &["--json"]);
            assert!(well, "{list}");
            let one: Value = serde_json::from_str(&list).unwrap();
            if holds(&one) {
                return one;
            }
            assert!(begun.elapsed() < PATIENCE, "not so: {what}: {one}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn events_arrive_are_tried_again_and_letters_are_redriven() {
    let folder = Folder::new();
    let (broken, refused) = receiver("500 Internal Server Error");
    folder.says(broken, "types = [\"ItemDefined\"]\ntries = 2\nlongest-wait-s = 1");
    let served = Served::begin(&folder.dir, &folder.file);
    served.define("MUG");
    for _ in 0..2 {
        assert_eq!(refused.recv_timeout(PATIENCE).unwrap()["data"]["sku"], "MUG");
    }
    let one = folder.until("it is a letter", |one| one["deadLetters"] == 1);
    assert_eq!((&one["cursor"], &one["lag"], &one["delivered"]), (&json!(1), &json!(0), &json!(0)));
    let page = served.ask("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n", "");
    for sample in [
        "earmark_courier_lag_events{endpoint=\"erp\"} 0",
        "earmark_courier_failures_total{endpoint=\"erp\"} 2",
        "earmark_courier_dead_letters_total{endpoint=\"erp\"} 1",
        "earmark_courier_disabled{endpoint=\"erp\"} 0",
        "earmark_courier_deliveries_total{endpoint=\"erp\"} 0",
    ] {
        assert!(page.contains(sample), "{sample}: {page}");
    }
    drop(served);
    let (_, letters) = folder.couriers("letters", &["erp"]);
    assert!(
        letters.contains("500 Internal Server Error") && letters.contains("2 tries"),
        "{letters}"
    );

    let (sound, arrived) = receiver("204 No Content");
    folder.says(sound, "types = [\"ItemDefined\"]");
    let served = Served::begin(&folder.dir, &folder.file);
    served.define("TEA");
    assert_eq!(arrived.recv_timeout(PATIENCE).unwrap()["data"]["sku"], "TEA");
    let (well, told) = folder.couriers("retry", &["erp", "7"]);
    assert!(!well && told.contains("no dead letter 7"), "{told}");
    let (well, told) = folder.couriers("retry", &["erp", "--all"]);
    assert!(well && told.contains("that carries: 1"), "{told}");
    assert_eq!(arrived.recv_timeout(PATIENCE).unwrap()["data"]["sku"], "MUG");
    folder.until("nothing is left", |one| one["deadLetters"] == 0 && one["delivered"] == 2);
    assert_eq!(folder.couriers("retry", &["erp", "--all"]), (true, "no dead letters\n".into()));
    drop(served);
}

#[test]
fn an_endpoint_that_is_gone_is_left_alone_until_it_is_enabled() {
    let folder = Folder::new();
    let (gone, came) = receiver("410 Gone");
    folder.says(gone, "");
    let served = Served::begin(&folder.dir, &folder.file);
    served.define("MUG");
    served.define("TEA");
    assert_eq!(came.recv_timeout(PATIENCE).unwrap()["data"]["sku"], "MUG");
    let one = folder.until("it is disabled", |one| one["disabled"].is_string());
    assert_eq!((&one["cursor"], &one["deadLetters"]), (&json!(0), &json!(0)));
    assert!(came.recv_timeout(Duration::from_millis(1_500)).is_err(), "it is left alone");
    assert!(folder.couriers("enable", &["erp"]).0);
    assert_eq!(came.recv_timeout(PATIENCE).unwrap()["data"]["sku"], "MUG");
    drop(served);
}

#[test]
fn the_example_of_the_page_is_a_file_and_its_metrics_are_there() {
    const PAGE: &str = include_str!("../../docs/couriers.md");
    let folder = Folder::new();
    let example = PAGE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    std::fs::write(&folder.file, example.unwrap()).unwrap();
    std::fs::copy(folder.temp.path().join("secret"), folder.temp.path().join("erp.secret"))
        .unwrap();
    std::fs::write(folder.temp.path().join("mail.password"), "secret\n").unwrap();
    let served = Served::begin(&folder.dir, &folder.file);
    let page = served.ask("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n", "");
    let (_, list) = folder.couriers("list", &[]);
    for name in ["customers", "erp"] {
        assert!(list.contains(name), "{list}");
    }
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `earmark_courier_"));
    let rows: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    for row in &rows {
        let sample = format!("earmark_courier_{row}{{endpoint=\"erp\"}} 0");
        assert!(page.contains(&sample), "{sample}: {page}");
    }
    assert_eq!(rows.len(), page.matches("# HELP earmark_courier_").count());
    drop(served);
}

#[test]
fn a_file_that_is_wrong_is_told_before_anything_is_carried() {
    let folder = Folder::new();
    let addr: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let refusal = |more: &str| {
        folder.says(addr, more);
        let (dir, file) = (folder.temp.path().join("other"), folder.file.to_str().unwrap());
        let dir = dir.to_str().unwrap();
        let served = ["serve", "--dir", dir, "--addr", "127.0.0.1:0", "--couriers", file];
        let (well, told) = said(&served);
        assert!(!well, "{more}: {told}");
        told
    };
    const BEYOND: &str =
        "[[webhook]]\nname = \"b\"\nurl = \"http://a/\"\nsecret-file = \"secret\"\nafter = 99";
    for (more, words) in [
        // Twice: a slip of the pen is not kept for the endpoint's place.
        (BEYOND, vec!["`b` is to begin behind event 99", "ends with 0"]),
        (BEYOND, vec!["`b` is to begin behind event 99", "ends with 0"]),
        ("colour = 1", vec!["line 6", "colour"]),
        ("types = [\"Nothing\"]", vec!["webhook `erp`", "no event `Nothing`", "OrderPlaced"]),
        ("tries = 0", vec!["`tries` is 0"]),
        (
            "[[webhook]]\nname = \"erp\"\nurl = \"http://a/\"\nsecret-file = \"secret\"\nafter = 0",
            vec!["two endpoints `erp`"],
        ),
        (
            "[[webhook]]\nname = \"b\"\nurl = \"http://a/\"\nsecret-file = \"none\"\nafter = 0",
            vec!["webhook `b`", "can't read"],
        ),
    ] {
        let told = refusal(more);
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
    let (well, told) = folder.couriers("list", &[]);
    assert!(!well && told.contains("there is no directory"), "{told}");
}
