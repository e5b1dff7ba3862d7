//! TLS: a client of rustls on the one side, and those who never end a handshake on the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::http_support::{Served, head, options};
use earmark_host::http::{HttpLimits, HttpOptions, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned, SupportedProtocolVersion,
    crypto::ring,
};

struct Certificate {
    folder: tempfile::TempDir,
    roots: RootCertStore,
}

impl Certificate {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_string()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        Self { folder, roots }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn tls(&self) -> Tls {
        Tls::from_files(&self.path("cert.pem"), &self.path("key.pem")).unwrap()
    }

    fn client(&self, version: &'static SupportedProtocolVersion) -> ClientConfig {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config
    }
}

fn connect(served: &Served, config: ClientConfig) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(client, served.connect())
}

fn ask(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> String {
    let request = head("GET", "/health/ready", "1.1", &[("connection", "close")]);
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn with_tls(certificate: &Certificate, limits: HttpLimits) -> Served {
    Served::start(HttpOptions { tls: Some(certificate.tls()), limits, ..options() })
}

#[test]
fn both_versions_are_spoken_and_requests_answered() {
    let certificate = Certificate::new();
    let served = with_tls(&certificate, HttpLimits::default());
    for version in [&TLS12, &TLS13] {
        let mut stream = connect(&served, certificate.client(version));
        let answer = ask(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(r#""status":"ready""#), "{answer}");
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
}

#[test]
fn who_does_not_know_the_certificate_ends_the_handshake_and_plain_text_is_no_handshake() {
    let certificate = Certificate::new();
    let served = with_tls(&certificate, HttpLimits::default());
    let mut stranger = connect(&served, Certificate::new().client(&TLS13));
    let error = stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap_err();
    let error = error.into_inner().unwrap().downcast::<Error>().unwrap();
    assert!(matches!(*error, Error::InvalidCertificate(_)), "{error}");
    let mut plain = served.connect();
    plain.write_all(head("GET", "/health/ready", "1.1", &[]).as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // An alert, or just the end; never an answer.
    drop(plain.read_to_end(&mut bytes));
    assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
    assert!(ask(&mut connect(&served, certificate.client(&TLS13))).contains("200 OK"));
}

#[test]
fn nobody_holds_the_server_by_not_ending_a_handshake() {
    const READING: Duration = Duration::from_secs(3);
    const SILENT: usize = 8;
    let certificate = Certificate::new();
    let limits = HttpLimits { reading: READING, connections: SILENT + 1, ..HttpLimits::default() };
    let served = with_tls(&certificate, limits);
    let asked = Instant::now();
    let mut silent: Vec<TcpStream> = (0..SILENT).map(|_| served.connect()).collect();
    // The first bytes of a hello that never ends.
    for stream in silent.iter_mut().step_by(2) {
        stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]).unwrap();
    }
    // One place is left, and is used again and again while the others wait.
    for _ in 0..3 {
        assert!(ask(&mut connect(&served, certificate.client(&TLS13))).contains("200 OK"));
    }
    assert!(asked.elapsed() < READING, "nobody waited for those who are silent");
    for stream in &mut silent {
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        assert!(!rest.starts_with(b"HTTP"));
    }
    assert!(asked.elapsed() >= READING, "they were let go when their time was over");
    // Their places are free.
    let streams: Vec<_> =
        (0..SILENT).map(|_| connect(&served, certificate.client(&TLS13))).collect();
    for mut stream in streams {
        assert!(ask(&mut stream).contains("200 OK"));
    }
}

#[test]
fn a_server_ends_while_handshakes_are_under_way() {
    let certificate = Certificate::new();
    let served = with_tls(&certificate, HttpLimits::default());
    let _silent = [served.connect(), served.connect()];
    // Both are accepted before this one.
    assert!(ask(&mut connect(&served, certificate.client(&TLS13))).contains("200 OK"));
    let told = Instant::now();
    served.end();
    assert!(told.elapsed() < HttpLimits::default().reading, "nobody was waited for");
}

#[test]
fn files_that_can_not_be_served_are_refused_by_name() {
    let certificate = Certificate::new();
    let (chain, key) = (certificate.path("cert.pem"), certificate.path("key.pem"));
    let other = Certificate::new();
    let refused = |chain: &Path, key: &Path| Tls::from_files(chain, key).unwrap_err().to_string();
    assert!(refused(&certificate.path("none.pem"), &key).contains("none.pem"));
    assert!(refused(&key, &key).contains("there is no certificate in"));
    assert!(refused(&chain, &chain).contains("a private key in PEM"));
    assert!(refused(&chain, &other.path("key.pem")).contains("can't be served with that key"));
}
