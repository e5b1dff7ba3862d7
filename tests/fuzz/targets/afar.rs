//! A host from afar that says what no host says: its stream of events, with bytes changed.
//!
//! Law: of such a stream come events of the journal that is followed, each with a number of its
//! own behind the one before, or an error that says what is wrong.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolero::{TypeGenerator, check};
use earmark_host::courier::client::Roots;
use earmark_host::partition::{Afar, Follow, Outbox as _};

use crate::damage::Damage;
use crate::http_support::bodies;

#[derive(Debug, Clone, TypeGenerator)]
struct Said {
    head: Damage,
    stream: Damage,
}

/// Answers each connection with the next two texts: one for who it is, one for its events.
fn serve() -> (SocketAddr, Sender<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (says, said) = channel::<Vec<u8>>();
    let said = Mutex::new(said);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Ok(answer) = said.lock().unwrap().recv() else { return };
            let mut asked = [0; 4_096];
            drop(stream.read(&mut asked));
            drop(stream.write_all(&answer));
        }
    });
    (addr, says)
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nearmark-source: j\r\n\
    earmark-position: 3\r\nconnection: close\r\n\r\n";

fn stream(kind: &str) -> String {
    let event = |sequence: u64| {
        format!(
            "id: {sequence}\nevent: {kind}\ndata: {{\"specversion\":\"1.0\",\"source\":\"j\",\
             \"sequence\":\"{sequence}\",\"type\":\"{kind}\",\"subject\":\"o\",\
             \"data_base64\":\"AAEC\"}}\n\n"
        )
    };
    format!("{}: still here\n\n{}{}", event(1), event(2), event(3))
}

/// Found by the fuzzer: a number that came again was taken, and the next read began before it.
#[test]
fn an_event_whose_number_came_already_is_not_taken() {
    let (addr, says) = serve();
    let plugin = Arc::clone(bodies().description());
    let whole = stream(&plugin.events[0].ce_type);
    let (first, again) = (whole.find("id: 1").unwrap(), whole.find("id: 2").unwrap());
    let twice = [&whole[..again], &whole[first..]].concat();
    let url = format!("http://{addr}").parse().unwrap();
    let mut afar = Afar::new(Follow { url, token: None, roots: Roots::Machine }, plugin).unwrap();
    says.send(HEAD.as_bytes().to_vec()).unwrap();
    assert_eq!(afar.source(&[]).unwrap(), "j");
    says.send([HEAD, &twice].concat().into_bytes()).unwrap();
    let mut after = 0;
    let error = loop {
        match afar.read(after, 100) {
            Ok(events) => after = events.last().map_or(after, |event| event.sequence),
            Err(error) => break error,
        }
        if let Err(error) = afar.wait(after, Duration::from_secs(2)) {
            break error;
        }
    };
    assert!(error.to_string().contains("number 1 behind number 1"), "{error}");
}

#[test]
fn a_stream() {
    let (addr, says) = serve();
    let plugin = Arc::clone(bodies().description());
    let whole = stream(&plugin.events[0].ce_type);
    check!().with_type::<Said>().with_iterations(400).for_each(|said: &Said| {
        let url = format!("http://{addr}").parse().unwrap();
        let follow = Follow { url, token: None, roots: Roots::Machine };
        let mut afar = Afar::new(follow, Arc::clone(&plugin)).unwrap();
        says.send(HEAD.as_bytes().to_vec()).unwrap();
        assert_eq!(afar.source(&[]).unwrap(), "j");
        let answer = [said.head.of(HEAD.as_bytes()), said.stream.of(whole.as_bytes())].concat();
        says.send(answer).unwrap();
        let (mut after, mut read) = (0, 0);
        // The stream ends, which is an error in the end.
        let error = loop {
            match afar.read(after, 100) {
                Ok(events) => {
                    for event in &events {
                        assert!(event.sequence > after, "{} behind {after}", event.sequence);
                        (after, read) = (event.sequence, read + 1);
                    }
                }
                Err(error) => break error,
            }
            if let Err(error) = afar.wait(after, Duration::from_secs(2)) {
                break error;
            }
        };
        assert!(error.to_string().contains(' '), "{error}");
        let is_whole = said.head.is_none() && said.stream.is_none();
        assert!(!is_whole || read == 3, "{read} of 3 events, then {error}");
    });
}
