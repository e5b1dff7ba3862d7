//! A partition that follows another host's event feed over HTTP.
//!
//! Law: what crosses is the event's own bytes, for staff only; where the stream breaks it goes on,
//! and the events of another journal are never taken for those of the first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::http_support::{Place, Served, bodies, new_id, options, order, over};
use earmark_host::courier::client::Roots;
use earmark_host::journal::{Clock, Header, MemoryStore, OpenOptions};
use earmark_host::partition::{
    Afar, Follow, Link, LinkError, Outbox, Partition, new_id as new_journal,
};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(30);

/// A partition with the stock alone.
fn stock() -> Arc<Partition> {
    let (plugin, roles) = (bodies().description().name.clone(), vec!["inventory".to_string()]);
    let (id, clock) = (new_journal(), Clock::Live);
    let store = MemoryStore::new(Header { id, plugin, roles, clock, created_at_ms: 0 });
    over(Box::new(store.open().unwrap()))
}

fn follow(served: &Served) -> Follow {
    let url = format!("http://{}", served.addr).parse().unwrap();
    Follow { url, token: None, roots: Roots::Machine }
}

fn link(served: &Served, to: &Arc<Partition>) -> Link<Afar> {
    let outbox = Afar::new(follow(served), Arc::clone(to.description())).unwrap();
    Link::new(outbox, Arc::clone(to)).unwrap()
}

/// Brings events until so many were looked at.
#[track_caller]
fn bring(link: &mut Link<Afar>, events: u64) -> (usize, usize, usize) {
    let (begun, mut sum) = (Instant::now(), (0, 0, 0));
    while link.after() < events {
        assert!(begun.elapsed() < PATIENCE, "only {} of {events} came", link.after());
        let brought = link.bring(100).unwrap();
        sum.0 += brought.heard + brought.refused;
        sum.1 += brought.again;
        sum.2 += brought.looked;
    }
    sum
}

#[test]
fn the_bytes_of_an_event_are_for_staff_and_are_those_of_the_journal() {
    let place = Place::memory();
    let partition = place.partition();
    let shop = Served::over(Arc::clone(&partition), options());
    shop.stock();
    let events = partition.feed(1).unwrap().more().unwrap();
    // The server is the last to hold it.
    drop(partition);
    let mut stream = shop.follow("/api/events?after=0&data=binary", &[]);
    for event in &events {
        let message = stream.next().unwrap();
        assert_eq!(message.id, event.sequence);
        assert_eq!(message.data["datacontenttype"], "application/octet-stream");
        assert!(message.data.get("data").is_none(), "{}", message.data);
        use base64::Engine as _;
        let bytes = message.data["data_base64"].as_str().unwrap();
        let read = base64::engine::general_purpose::STANDARD.decode(bytes).unwrap();
        assert_eq!(read, event.body);
    }
    let ann = [("earmark-as", "customer:ann")];
    shop.send("GET", "/api/events?data=binary", &ann, b"").problem(403, "scope-missing");
    shop.get("/api/events?data=xml").problem(400, "malformed");
}

#[test]
fn orders_of_another_host_are_heard_once_also_when_it_was_gone_between() {
    let place = Place::sqlite();
    let shop = Served::shop_at(&place);
    let to = stock();
    let mut first = link(&shop, &to);
    for _ in 0..3 {
        shop.accepted("PlaceOrder", &order(&new_id(), 1));
    }
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    let (heard, again, looked) = bring(&mut first, end);
    assert_eq!((heard, again, looked as u64), (3, 0, end));
    first.go_back(end);
    assert_eq!(bring(&mut first, end), (0, 3, end as usize));
    shop.end();
    let begun = Instant::now();
    // That the stream ended may be seen a moment later.
    let told = loop {
        match first.bring(10) {
            Err(told) => break told,
            Ok(_) => assert!(begun.elapsed() < PATIENCE, "nobody notices that the host is gone"),
        }
    };
    assert!(told.passes(), "{told}");
    drop(first);

    let shop = Served::over(over(place.journal(&OpenOptions::default())), options());
    shop.accepted("PlaceOrder", &order(&new_id(), 1));
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    let (heard, again, _) = bring(&mut link(&shop, &to), end);
    assert_eq!((heard, again), (1, 0));
    assert_eq!(to.position().borrow().inputs, 4);
}

#[test]
fn the_events_of_another_journal_are_refused_and_so_is_a_customer() {
    let place = Place::memory();
    let shop = Served::shop_at(&place);
    shop.accepted("PlaceOrder", &order(&new_id(), 1));
    let to = stock();
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    bring(&mut link(&shop, &to), end);
    let other = Served::over(stock(), options());
    let told = link(&other, &to).bring(10).unwrap_err();
    assert!(matches!(told, LinkError::OtherJournal { .. }) && !told.passes(), "{told}");
    assert!(told.to_string().starts_with("other-journal: "), "{told}");

    // A journal of the same name that is shorter: an older copy was put in its place.
    let shorter = Served::over(Place::memory().partition(), options());
    let mut afar = Afar::new(follow(&shorter), Arc::clone(to.description())).unwrap();
    afar.source(&[]).unwrap();
    let told = afar.read(7, 10).unwrap_err();
    assert!(matches!(told, LinkError::Refused(_)), "{told}");
    assert!(told.to_string().contains("position-ahead"), "{told}");

    let missing = Follow { token: Some("/nowhere/token".into()), ..follow(&shop) };
    let told = Afar::new(missing, Arc::clone(to.description())).unwrap().source(&[]).unwrap_err();
    assert!(told.passes() && told.to_string().contains("/nowhere/token"), "{told}");
}

#[test]
fn whoever_serves_shows_how_far_its_links_are() {
    let (shop, to) = (Served::shop(), stock());
    let running = link(&shop, &to).start().unwrap();
    let mut options = options();
    options.links = vec![Arc::clone(running.meters())];
    let served = Served::over(Arc::clone(&to), options);
    shop.accepted("PlaceOrder", &order(&new_id(), 1));
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    let begun = Instant::now();
    let link = loop {
        let link = served.get("/health/ready").json()["links"][0].clone();
        if link["position"] == end {
            break link;
        }
        assert!(begun.elapsed() < PATIENCE, "{link}");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!((&link["state"], &link["behind"]), (&json!("following"), &json!(0)));
    assert_eq!(link["source"], running.meters().source());
    let text = served.get("/metrics").text();
    let heard = "earmark_link_events_total{source=";
    let heard = text.lines().filter(|line| line.starts_with(heard) && line.ends_with(" 1"));
    assert_eq!(heard.count(), 1, "{text}");
    shop.end();
    let begun = Instant::now();
    while running.meters().state().0 != "waiting" {
        assert!(begun.elapsed() < PATIENCE, "{:?}", running.meters());
        std::thread::sleep(Duration::from_millis(10));
    }
    drop((running, to));
    served.end();
}
