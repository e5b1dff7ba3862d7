//! The HTTP client that leaves this process, against servers that are slow, large or false.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use crate::http_support::{Served, options};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use earmark_host::courier::client::{Ask, Client, ClientError, Limits, Roots, check};
use earmark_host::http::{HttpOptions, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(2), answer: Duration::from_secs(1), bytes: 1024 };

/// A server that says these pieces to each request of a connection, and waits before each.
fn server(pieces: Vec<(Duration, String)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let pieces = pieces.clone();
            std::thread::spawn(move || {
                let mut read = [0; 4096];
                while stream.read(&mut read).is_ok_and(|read| read > 0) {
                    for (wait, piece) in &pieces {
                        std::thread::sleep(*wait);
                        if stream.write_all(piece.as_bytes()).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    addr
}

fn at_once(text: &str) -> Vec<(Duration, String)> {
    vec![(Duration::ZERO, text.to_string())]
}

fn ask(addr: SocketAddr) -> Ask {
    let url: Uri = format!("http://{addr}/hook?a=b").parse().expect("a URL");
    let key = HeaderName::from_static("x-key");
    let headers = vec![(key, HeaderValue::from_static("1"))];
    Ask { method: Method::POST, url, headers, body: "{}".into() }
}

#[tokio::test]
async fn an_answer_is_given_as_it_is_and_no_redirect_is_followed() {
    let elsewhere = server(at_once("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    let text = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{elsewhere}/\r\n\
         content-length: 2\r\n\r\nno"
    );
    let addr = server(at_once(&text));
    let client = Client::plain(LIMITS);
    // The second goes over the connection that was kept.
    for _ in 0..2 {
        let answer = client.ask(&ask(addr)).await.expect("an answer");
        assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (307, b"no".as_ref()));
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_made_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut read = [0; 4096];
            if stream.read(&mut read).is_ok() {
                let said = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
                drop((said, stream));
            }
        }
    });
    let client = Client::plain(LIMITS);
    for _ in 0..20 {
        assert_eq!(client.ask(&ask(addr)).await.expect("an answer").status.as_u16(), 204);
    }
}

#[tokio::test]
async fn who_says_nothing_or_too_much_is_let_go() {
    let client = Client::plain(LIMITS);
    let silent = server(vec![(Duration::from_secs(60), String::new())]);
    let begun = Instant::now();
    let late = client.ask(&ask(silent)).await;
    assert!(matches!(late, Err(ClientError::Late { .. })), "{late:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));

    let long = "x".repeat(2000);
    let large = server(at_once(&format!("HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n{long}")));
    let large = client.ask(&ask(large)).await;
    assert!(matches!(large, Err(ClientError::TooLarge { most: 1024, .. })), "{large:?}");

    let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let nobody = client.ask(&ask(gone.expect("an address"))).await;
    assert!(matches!(nobody, Err(ClientError::Connect { .. })), "{nobody:?}");
}

#[tokio::test]
async fn a_stream_is_read_piece_by_piece_as_it_comes() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_string();
    let quick = Duration::from_millis(50);
    let addr = server(vec![
        (Duration::ZERO, head),
        (quick, "data: 1\n\n".to_string()),
        (quick, "data: 2\n\n".to_string()),
        (Duration::from_secs(60), String::new()),
    ]);
    let client = Client::plain(LIMITS);
    let mut stream = client.stream(&ask(addr)).await.expect("headers");
    assert_eq!(stream.status.as_u16(), 200);
    let mut heard = Vec::new();
    while heard.len() < 18 {
        let piece = stream.next(Duration::from_secs(5)).await.expect("a piece");
        heard.extend_from_slice(&piece.expect("it goes on"));
    }
    assert_eq!(heard, b"data: 1\n\ndata: 2\n\n");
    let late = stream.next(Duration::from_millis(100)).await;
    assert!(matches!(late, Err(ClientError::Late { .. })), "{late:?}");
}

#[test]
fn a_server_is_believed_only_on_the_word_of_an_authority_that_is_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let certificate = |names: &str| {
        let made = generate_simple_self_signed(["localhost".to_string()]);
        let CertifiedKey { cert, signing_key } = made.expect("a certificate");
        let (cert, key) = (cert.pem(), signing_key.serialize_pem());
        std::fs::write(path(&format!("{names}.pem")), cert).expect("a file");
        std::fs::write(path(&format!("{names}.key")), key).expect("a file");
    };
    certificate("own");
    certificate("other");
    let tls = Tls::from_files(&path("own.pem"), &path("own.key")).expect("a certificate");
    let served = Served::start(HttpOptions { tls: Some(tls), ..options() });
    let url = format!("https://localhost:{}/health/live", served.addr.port());
    let url: Uri = url.parse().expect("a URL");
    let ask = Ask { method: Method::GET, url, headers: Vec::new(), body: "".into() };
    let asked = |roots: &str| {
        let client = Client::new(&Roots::File(path(roots)), LIMITS).expect("a client");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(client.ask(&ask))
    };
    assert_eq!(asked("own.pem").expect("an answer").status.as_u16(), 200);
    let other = asked("other.pem");
    assert!(matches!(other, Err(ClientError::Connect { .. })), "{other:?}");
    let none = Client::new(&Roots::File(path("own.key")), LIMITS);
    assert!(matches!(none, Err(ClientError::NoRoots { .. })), "{none:?}");
}

#[test]
fn a_url_that_can_not_be_asked_is_told_without_its_password() {
    for url in ["ftp://a/", "http://me:secret@a/", "/only/a/path"] {
        let error = check(&url.parse().expect("a URI")).expect_err(url).to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert!(check(&"https://a.example:8443/x".parse().expect("a URI")).is_ok());
}
