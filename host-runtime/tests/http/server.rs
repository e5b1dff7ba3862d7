//! The server itself: its beginning, its end, its page, and clients that misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::http_support::{Answer, Served, head, new_id, options, order, partition};
use earmark_host::http::{ServeError, bind};
use serde_json::json;

#[test]
fn the_end_answers_what_is_under_way_and_takes_nothing_new() {
    let mut shop = Served::shop();
    let mut live = shop.follow("/api/events", &[]);
    // An idle connection, and one whose body is half there.
    let idle = shop.connect();
    let mut half = shop.connect();
    let body = order(&new_id(), 1).to_string();
    let length = body.len().to_string();
    let headers = [("content-type", "application/json"), ("content-length", &*length)];
    half.write_all(head("POST", "/api/commands/PlaceOrder", "1.1", &headers).as_bytes()).unwrap();
    half.write_all(&body.as_bytes()[..20]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let asked = Instant::now();
    shop.tell_to_end();
    while live.next().is_some() {}
    std::thread::sleep(Duration::from_millis(100));
    assert!(TcpStream::connect(shop.addr).is_err(), "nobody new is let in");
    half.write_all(&body.as_bytes()[20..]).unwrap();
    let answer = Answer::read(BufReader::new(half));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["events"][0]["type"], "OrderPlaced");
    shop.end();
    assert!(asked.elapsed() < Duration::from_secs(5), "nothing had to be cut off");
    drop(idle);
}

#[test]
fn who_never_ends_is_cut_off() {
    let mut hasty = options();
    hasty.limits.drain = Duration::from_millis(200);
    let shop = Served::start(hasty);
    let mut half = shop.connect();
    let headers = [("content-type", "application/json"), ("content-length", "10")];
    half.write_all(head("POST", "/api/commands/PlaceOrder", "1.1", &headers).as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let asked = Instant::now();
    shop.end();
    assert!(asked.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_slow_body_and_slow_headers_are_not_waited_for() {
    let mut hasty = options();
    hasty.limits.reading = Duration::from_millis(200);
    let shop = Served::start(hasty);
    let mut slow = shop.connect();
    let headers =
        [("content-type", "application/json"), ("content-length", "10"), ("connection", "close")];
    slow.write_all(head("POST", "/api/commands/PlaceOrder", "1.1", &headers).as_bytes()).unwrap();
    Answer::read(BufReader::new(slow)).problem(408, "too-slow");
    let mut slower = shop.connect();
    slower.write_all(b"POST /api").unwrap();
    let mut rest = Vec::new();
    let began = Instant::now();
    slower.read_to_end(&mut rest).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "the connection was closed");
}

#[test]
fn a_body_in_chunks_is_read_and_a_connection_serves_many() {
    let shop = Served::shop();
    let mut stream = shop.connect();
    let mut inputs = Vec::new();
    for _ in 0..3 {
        let headers = [("content-type", "application/json"), ("transfer-encoding", "chunked")];
        let asked = head("POST", "/api/commands/PlaceOrder", "1.1", &headers);
        stream.write_all(asked.as_bytes()).unwrap();
        let body = order(&new_id(), 1).to_string();
        for piece in body.as_bytes().chunks(50) {
            write!(stream, "{:x}\r\n", piece.len()).unwrap();
            stream.write_all(piece).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
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
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        inputs.push(answer["input"].as_u64().unwrap());
    }
    assert_eq!(inputs, [inputs[0], inputs[0] + 1, inputs[0] + 2]);
}

#[test]
fn who_breaks_off_harms_nobody() {
    let shop = Served::shop();
    for cut in [5, 40, 120, 200] {
        let body = order(&new_id(), 1).to_string();
        let length = body.len().to_string();
        let headers = [("content-type", "application/json"), ("content-length", &*length)];
        let request = head("POST", "/api/commands/PlaceOrder", "1.1", &headers) + &body;
        let mut stream = shop.connect();
        stream.write_all(&request.as_bytes()[..cut]).unwrap();
        drop(stream);
        // And one that hands a whole order in, and does not wait for the answer.
        let mut stream = shop.connect();
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
    }
    let next = shop.accepted("PlaceOrder", &order(&new_id(), 1));
    assert_eq!(next["events"][0]["type"], "OrderPlaced");
}

#[test]
fn who_reads_no_answer_holds_his_place_for_a_while_only() {
    let mut one = options();
    one.limits.connections = 1;
    one.limits.writing = Duration::from_millis(300);
    let served = Served::start(one);
    let mut asleep = served.connect();
    // Their answers are far more than the sockets of one connection hold.
    let many = head("GET", "/openapi.json", "1.1", &[]).repeat(400);
    asleep.write_all(many.as_bytes()).unwrap();
    assert_eq!(served.get("/health/live").status, 200, "his place is free again");
    drop(asleep);
}

#[test]
fn in_a_demo_the_form_of_another_page_orders_nothing() {
    let shop = Served::shop();
    let body = order(&new_id(), 1).to_string();
    for page in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let refused = shop.post("/api/commands/PlaceOrder", body.as_bytes(), &[page]);
        let told = refused.problem(403, "origin-refused");
        assert!(told["detail"].as_str().unwrap().contains("--cors-origin"), "{told}");
    }
    let own = [("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")];
    let answer = shop.post("/api/commands/PlaceOrder", body.as_bytes(), &own);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn demo_access_on_an_open_address_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let partition = partition();
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let open = earmark_host::http::HttpOptions { addr: addr.parse().unwrap(), ..options() };
        let refused = runtime.block_on(bind(partition.clone(), open)).unwrap_err();
        assert!(matches!(refused, ServeError::NotLoopback(_)), "{addr}: {refused}");
        let said = refused.to_string();
        assert!(said.contains("loopback") && said.contains("--auth-keys"), "{said}");
    }
    let taken = Served::start(options());
    let same = earmark_host::http::HttpOptions { addr: taken.addr, ..options() };
    let refused = runtime.block_on(bind(partition.clone(), same)).unwrap_err();
    assert!(matches!(refused, ServeError::Bind { .. }), "{refused}");
    let mut lost = options();
    lost.www = Some("/nonexistent".into());
    let refused = runtime.block_on(bind(partition, lost)).unwrap_err();
    assert!(matches!(refused, ServeError::NoPage(_)), "{refused}");
}

#[test]
fn the_page_is_served_with_headers_that_keep_others_out() {
    let folder = tempfile::tempdir().unwrap();
    let www = folder.path().join("www");
    std::fs::create_dir_all(www.join("assets")).unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html>"),
        ("assets/app-3f9a01bc.js", "1"),
        ("earmark.wasm", "\0asm"),
        (".env", "secret"),
    ] {
        std::fs::write(www.join(name), text).unwrap();
    }
    let mut with_page = options();
    with_page.www = Some(www);
    let shop = Served::start(with_page);
    let index = shop.get("/");
    assert_eq!((index.status, index.text().as_str()), (200, "<!doctype html>"));
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(index.header("cache-control"), Some("no-cache"));
    assert_eq!(index.header("x-content-type-options"), Some("nosniff"));
    let policy = index.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self'; script-src 'self' 'wasm-unsafe-eval';"));
    let script = shop.get("/assets/app-3f9a01bc.js");
    assert!(script.header("content-type").unwrap().contains("javascript"));
    assert!(script.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(shop.get("/earmark.wasm").header("content-type"), Some("application/wasm"));
    let outside = [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f../secret.txt",
        "/.env",
        "/%2eenv",
        "/%2Eenv",
        "/none.js",
        "/index.html/x",
        "/assets/",
        "/%00",
    ];
    for path in outside {
        let answer = shop.get(path);
        assert_ne!(answer.text(), "secret", "{path}");
        answer.problem(404, "unknown-path");
    }
    let told = shop.get("/api/none").problem(404, "unknown-path");
    assert!(told["detail"].as_str().unwrap().contains("`/openapi.json`"), "{told}");
    shop.send("POST", "/index.html", &[], b"").problem(405, "wrong-method");
    assert_eq!(shop.get("/api/description").status, 200, "the API is beside it");
}

#[test]
fn health_and_the_bare_echo_answer() {
    let mut with_echo = options();
    with_echo.bench = true;
    let shop = Served::start(with_echo);
    assert_eq!(shop.get("/health/live").json(), json!({ "status": "live" }));
    let ready = shop.get("/health/ready").json();
    assert_eq!((&ready["status"], &ready["position"]), (&json!("ready"), &json!(0)));
    assert_eq!(shop.get("/echo").status, 200);
    let echoed = shop.post("/bench/echo", br#"{"a":1}"#, &[]);
    assert_eq!((echoed.status, echoed.text().as_str()), (200, r#"{"a":1}"#));
}
