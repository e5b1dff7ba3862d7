//! Requests that no client sends: paths, headers, bodies and tokens with bytes changed.
//!
//! Law: every request is answered, none by a fault of the server; a refusal is a problem with a
//! code, but where the bytes are no HTTP at all; and a token that was changed opens nothing.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bolero::{TypeGenerator, check};
use earmark_host::http::{HttpOptions, routes};
use serde_json::{Value, json};

use crate::damage::{Damage, one};
use crate::http_support::{Served, head, line, new_id, order, order_of, read_head};
use crate::token_support::{CUSTOMER, Issuer, claims};

/// A request, and what is damaged of it.
#[derive(Debug, Clone, TypeGenerator)]
struct Asked {
    route: u8,
    path: Damage,
    headers: Vec<(u8, Damage)>,
    body: u8,
    damage: Damage,
}

const HEADERS: [(&str, &str); 14] = [
    ("content-type", "application/json"),
    ("content-type", "application/octet-stream"),
    ("accept", "application/octet-stream"),
    ("earmark-as", "customer:ann"),
    ("earmark-source", "till-7"),
    ("earmark-sequence", "7"),
    ("idempotency-key", "\"3f1c\""),
    ("last-event-id", "3"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("origin", "http://localhost:3000"),
    ("authorization", "Bearer abc.def.ghi"),
    ("earmark-position", "3"),
    ("host", "localhost"),
    ("sec-fetch-site", "same-origin"),
];

const PATHS: [(&str, &str); 14] = [
    ("POST", "/api/commands/PlaceOrder"),
    ("POST", "/api/commands/CancelOrder"),
    ("POST", "/api/commands/ReceiveStock"),
    ("POST", "/api/commands/SetPolicy"),
    ("POST", "/api/commands"),
    ("POST", "/api/queries/Preview"),
    ("POST", "/api/queries/Orders"),
    ("GET", "/api/events?after=1&data=binary"),
    ("GET", "/api/events?limit=7&wait=0"),
    ("GET", "/api/dead-letters?after=1"),
    ("POST", "/api/slice"),
    ("OPTIONS", "/api/commands/PlaceOrder"),
    ("HEAD", "/api/about"),
    ("DELETE", "/api/dead-letters/1"),
];

fn bodies() -> Vec<Vec<u8>> {
    let id = new_id();
    let placed = json!({ "name": "PlaceOrder", "payload": order(&id, 2) });
    let all: [Value; 7] = [
        order(&id, 2),
        order_of(&id, vec![line("MUG", 1), line("TEA", 2)]),
        json!({ "order": id, "reason": "customer" }),
        json!({ "item": { "sku": "MUG" }, "facility": { "code": "LON" },
            "tier": "primary", "quantity": 4 }),
        json!({ "order": { "cancellationGraceSeconds": 60 } }),
        json!({ "items": [{ "sku": "MUG" }], "orders": [id] }),
        json!([placed.clone(), placed]),
    ];
    all.iter().map(|json| json.to_string().into_bytes()).collect()
}

/// Bytes that stay within one line.
fn within_a_line(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().filter(|byte| !b"\r\n".contains(byte)).collect()
}

impl Asked {
    fn method(&self, all: &[(&'static str, String)]) -> &'static str {
        one(all, self.route).0
    }

    fn bytes(&self, all: &[(&'static str, String)], bodies: &[Vec<u8>]) -> Vec<u8> {
        let (method, path) = one(all, self.route);
        let body = self.damage.of(one(bodies, self.body).as_slice());
        let mut bytes = format!("{method} ").into_bytes();
        bytes.extend(within_a_line(self.path.of(path.as_bytes())));
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        bytes.extend(format!("connection: close\r\ncontent-length: {}\r\n", body.len()).bytes());
        let mut has_host = false;
        for (name, damage) in self.headers.iter().take(6) {
            let (name, value) = one(&HEADERS, *name);
            has_host |= *name == "host";
            bytes.extend(format!("{name}: ").bytes());
            bytes.extend(within_a_line(damage.of(value.as_bytes())));
            bytes.extend_from_slice(b"\r\n");
        }
        if !has_host {
            bytes.extend_from_slice(b"host: localhost\r\n");
        }
        if !self.headers.iter().any(|(name, _)| one(&HEADERS, *name).0 == "content-type") {
            bytes.extend_from_slice(b"content-type: application/json\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend(body);
        bytes
    }
}

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Checks what is answered to the bytes of a request, and gives the status.
fn answered(addr: SocketAddr, method: &str, bytes: &[u8]) -> u16 {
    let mut stream = connect(addr);
    // Who is refused early may find the connection closed before all of it is sent.
    drop(stream.write_all(bytes));
    let mut reader = BufReader::new(stream);
    let (status, headers) = read_head(&mut reader);
    assert!(status < 500, "{status}: {headers:?}");
    let header = |name: &str| {
        let found = headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    };
    if status < 400 || method == "HEAD" {
        return status;
    }
    let length = header("content-length").unwrap_or("0").parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    if body.is_empty() {
        assert!([400, 414, 431].contains(&status), "{status} without a word: {headers:?}");
        return status;
    }
    assert_eq!(header("content-type"), Some("application/problem+json"));
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["status"], status, "{problem}");
    let has = |name: &str| problem[name].as_str().is_some_and(|text| !text.is_empty());
    assert!(has("code") && has("title") && has("detail"), "{problem}");
    status
}

#[test]
fn requests() {
    let served = Served::shop();
    let mut all: Vec<_> = PATHS.iter().map(|(method, path)| (*method, path.to_string())).collect();
    all.extend(routes().filter(|route| !route.bench).map(|route| {
        let path = route.path.replace("{name}", "Order").replace("{sequence}", "1");
        (route.method, path)
    }));
    let (bodies, addr) = (bodies(), served.addr);
    // Without damage many are accepted, or nothing behind the first check was ever reached.
    let mut accepted = 0;
    for (route, body) in (0..all.len()).flat_map(|route| (0..bodies.len()).map(move |b| (route, b)))
    {
        let (route, body) = (u8::try_from(route).unwrap(), u8::try_from(body).unwrap());
        let none = Damage::none();
        let asked = Asked { route, path: none.clone(), headers: vec![], body, damage: none };
        let status = answered(addr, asked.method(&all), &asked.bytes(&all, &bodies));
        accepted += usize::from(status == 200);
    }
    assert!(accepted > 60, "{accepted} of {}", all.len() * bodies.len());
    check!().with_type::<Asked>().with_iterations(1_500).for_each(|asked: &Asked| {
        answered(addr, asked.method(&all), &asked.bytes(&all, &bodies));
    });
    assert_eq!(served.get("/health/live").status, 200);
}

#[test]
fn tokens() {
    let issuer = Issuer::new();
    let served = Served::start(HttpOptions::new(([127, 0, 0, 1], 0).into(), issuer.access()));
    let (addr, claims) = (served.addr, claims("ann", CUSTOMER));
    let good: Vec<String> = issuer
        .keys
        .iter()
        .map(|(kid, key)| format!("Bearer {}", key.token(kid, &claims)))
        .collect();
    check!().with_type::<(u8, Damage)>().with_iterations(1_500).for_each(
        |(which, damage): &(u8, Damage)| {
            let whole = one(&good, *which);
            let shown = within_a_line(damage.of(whole.as_bytes()));
            let mut bytes = head("POST", "/api/queries/Summary", "1.1", &[("connection", "close")])
                .into_bytes();
            bytes.truncate(bytes.len() - 2);
            bytes.extend_from_slice(b"content-type: application/json\r\ncontent-length: 2\r\n");
            bytes.extend_from_slice(b"authorization: ");
            bytes.extend_from_slice(&shown);
            bytes.extend_from_slice(b"\r\n\r\n{}");
            let mut stream = connect(addr);
            drop(stream.write_all(&bytes));
            let (status, _) = read_head(&mut BufReader::new(stream));
            let is_whole = is_same(&shown, whole.as_bytes());
            match status {
                200 => assert!(is_whole, "a token that was changed is let in"),
                400 | 401 | 431 => assert!(!is_whole, "a token that is right is not let in"),
                other => panic!("{other}"),
            }
        },
    );
}

/// Whether it is the same to HTTP: blanks around a value are none of it, and a scheme has no case.
fn is_same(shown: &[u8], whole: &[u8]) -> bool {
    let split = |bytes: &[u8]| {
        let bytes = bytes.trim_ascii();
        let at = bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len());
        (bytes[..at].to_ascii_lowercase(), bytes[at..].trim_ascii().to_vec())
    };
    split(shown) == split(whole)
}
