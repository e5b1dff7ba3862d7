//! A host is killed at each place of the relay, under load: whoever is told by webhook has every
//! event, in order, and one twice only where a host died with it in its hands.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use earmark_tests::built::Built;
use earmark_tests::crash::{Death, Shop, ask};
use earmark_tests::random::Random;
use serde_json::{Value, json};

const ROUNDS: u64 = 30;
const PLACES: [&str; 3] = ["relay-read", "relay-delivered", "relay-moved"];
/// How long the endpoint may take to have what is there at the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// An endpoint, and the events it was told of, by their places in the journal.
struct Endpoint {
    addr: SocketAddr,
    told: Arc<Mutex<Vec<u64>>>,
}

impl Endpoint {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let addr = listener.local_addr().expect("it has an address");
        let told = Arc::<Mutex<Vec<u64>>>::default();
        let keeps = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keeps = Arc::clone(&keeps);
                // A host that dies in the middle breaks the connection off.
                std::thread::spawn(move || serve(stream, &keeps));
            }
        });
        Self { addr, told }
    }

    fn told(&self) -> Vec<u64> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Takes messages until the connection ends.
fn serve(stream: TcpStream, keeps: &Mutex<Vec<u64>>) -> Option<()> {
    let mut answers = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let event: Value = serde_json::from_slice(&body).expect("an event is JSON");
        let sequence = event["sequence"].as_str().and_then(|text| text.parse().ok());
        let sequence = sequence.expect("an event has its place");
        keeps.lock().unwrap_or_else(PoisonError::into_inner).push(sequence);
        answers.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}

#[test]
fn killed_at_every_place_of_the_relay() {
    let Some(built) = Built::find().filter(Built::is_for_crash_tests) else { return };
    let folder = tempfile::tempdir().expect("there is a folder");
    let endpoint = Endpoint::start();
    let (secret, file) = (folder.path().join("secret"), folder.path().join("couriers.toml"));
    std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("it is written");
    let addr = endpoint.addr;
    let couriers = format!(
        "[[webhook]]\nname = \"erp\"\nurl = \"http://{addr}/\"\nsecret-file = \"secret\"\n\
         after = 0\n"
    );
    std::fs::write(&file, couriers).expect("it is written");
    let shop = Shop::open(&built, &folder.path().join("journal"), None, 7);
    let mut shop = shop.telling(file);
    let mut random = Random::seeded(7);
    let mut died = [0; PLACES.len()];
    for nth in 0..ROUNDS {
        let at = (nth % PLACES.len() as u64) as usize;
        let death = Death::At(PLACES[at], 1 + random.below(30));
        let round = shop.round(&death);
        let round = round.unwrap_or_else(|why| panic!("round {nth}, {death:?}: {why}"));
        died[at] += u64::from(round.died);
    }
    let end = shop.serving(|addr| {
        let ready = ask(addr, "/api/queries/Summary", &json!({}), None).expect("it answers");
        assert_eq!(ready.0, 200, "{ready:?}");
        let begun = Instant::now();
        let mut before = 0;
        loop {
            let now = endpoint.told().len();
            // It is at rest when nothing came for a while.
            if now > 0 && now == before {
                return now;
            }
            assert!(begun.elapsed() < PATIENCE, "the endpoint is told more and more: {now}");
            before = now;
            std::thread::sleep(Duration::from_secs(2));
        }
    });
    let told = endpoint.told();
    let events = built.verify(&folder.path().join("journal")).expect("it verifies").events;
    println!("{end} messages of {events} events; deaths by place: {PLACES:?} {died:?}");
    assert!(died.iter().all(|died| *died > 0), "nobody died at one of {PLACES:?}: {died:?}");
    assert_eq!(told.first(), Some(&1), "it was told from the first on");
    assert_eq!(told.last(), Some(&events), "it was told up to the last");
    for pair in told.windows(2) {
        let (one, next) = (pair[0], pair[1]);
        assert!(next == one + 1 || next == one, "behind {one} it was told of {next}");
    }
    let twice = told.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
    // Each round ends two lives of a host, and none of them in order.
    assert!(twice <= 2 * ROUNDS, "{twice} messages came twice");
    assert!(twice > 0, "no host died with a message in its hands");
}
