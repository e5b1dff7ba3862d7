//! The event feed over HTTP: resume without loss or duplicates, to each his own, and bounds.
//!
//! Law: a feed is the same whatever journal lies under it, so each scenario runs over each.

use crate::http_support;
use std::sync::Arc;
use std::time::Duration;

use crate::http_support::{Message, Place, Served, line, new_id, options, order, order_of};
use earmark_host::journal::{OpenOptions, SqliteJournal};
use earmark_host::partition::compact;
use serde_json::json;

const ANN: (&str, &str) = ("earmark-as", "customer:ann");

/// Makes a test of each scenario over each journal.
macro_rules! over_each_journal {
    ($scenarios:tt $($journal:ident)*) => {
        $(mod $journal { over_each_journal!(@ $journal $scenarios); })*
    };
    (@ $journal:ident { $($scenario:ident)* }) => {
        $(#[test]
        fn $scenario() {
            super::$scenario(&super::Place::$journal());
        })*
    };
}

over_each_journal! {
    {
        a_message_is_a_cloud_event
        resuming_while_commands_run_loses_and_repeats_nothing
        resuming_after_the_host_was_closed_and_opened_again_loses_and_repeats_nothing
        a_customer_hears_of_his_own_orders_only
        a_stream_can_be_narrowed_to_a_subject_or_a_type
        who_asks_for_the_events_of_another_journal_is_told
        a_silent_stream_gives_signs_of_life_that_move_the_cursor
        streams_are_bounded_and_free_their_place
        one_caller_does_not_hold_the_streams_of_all
        who_reads_nothing_holds_nobody_up_and_is_let_go
        an_event_that_can_not_be_read_ends_no_stream
        the_trace_of_a_command_goes_on_with_its_events_also_after_a_restart
    }
    memory sqlite
}

fn a_message_is_a_cloud_event(place: &Place) {
    let shop = Served::shop_at(place);
    let id = new_id();
    let placed = shop.accepted("PlaceOrder", &order(&id, 1));
    let first = placed["events"][0]["sequence"].as_u64().unwrap();
    let message = shop.follow(&format!("/api/events?after={}", first - 1), &[]).next().unwrap();
    assert_eq!((message.id, message.event.as_str()), (first, "OrderPlaced"));
    let data = &message.data;
    assert_eq!(data["specversion"], "1.0");
    assert_eq!(data["type"], "dev.earmark.OrderPlaced.v1");
    assert_eq!((&data["subject"], &data["partitionkey"]), (&json!(id), &json!(id)));
    assert_eq!(data["id"], json!(first.to_string()));
    assert_eq!(data["sequence"], json!(format!("{first:020}")));
    assert_eq!(data["causationid"], json!(placed["input"].to_string()));
    assert!(data["source"].as_str().unwrap().starts_with("urn:earmark:journal:"));
    assert_eq!(data["data"], placed["events"][0]["data"]);
}

fn the_trace_of_a_command_goes_on_with_its_events_also_after_a_restart(place: &Place) {
    let trace = |n: u64| format!("00-{n:032x}-00f067aa0ba902b7-01");
    let shop = Served::shop_at(place);
    let sent = |headers: &[(&str, &str)]| {
        let answer = shop.command("PlaceOrder", &order(&new_id(), 1), headers);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["input"].as_u64().unwrap().to_string()
    };
    let first = sent(&[("traceparent", &trace(1))]);
    let plain = sent(&[]);
    // Malformed: as if it were not there.
    let spoilt = sent(&[("traceparent", &trace(0))]);
    let second = sent(&[("traceparent", &trace(2)), ("tracestate", "a=b")]);
    // Again: the trace of the first time stays.
    let twice = |n| {
        let trace = trace(n);
        sent_twice(&shop, &[("traceparent", &trace)])
    };
    let (again, same) = (twice(3), twice(4));
    assert_eq!(again, same);
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    let check = |shop: &Served| {
        let messages = shop.follow("/api/events?after=0", &[]).up_to(end);
        for (input, wanted) in [
            (&first, Some(trace(1))),
            (&plain, None),
            (&spoilt, None),
            (&second, Some(trace(2))),
            (&again, Some(trace(3))),
        ] {
            let of = |message: &&Message| message.data["causationid"] == json!(input);
            let events: Vec<_> = messages.iter().filter(of).collect();
            assert!(events.len() > 1);
            for event in events {
                assert_eq!(
                    event.data.get("traceparent"),
                    wanted.as_ref().map(|t| json!(t)).as_ref()
                );
            }
        }
    };
    check(&shop);
    shop.end();
    check(&Served::over(place.partition(), options()));
}

/// Places one and the same order as one and the same of a client's commands; its input.
fn sent_twice(shop: &Served, headers: &[(&str, &str)]) -> String {
    let id = "018bcfe5-6800-7000-8000-0000000000aa";
    let mut all = vec![("earmark-source", "till"), ("earmark-sequence", "1")];
    all.extend_from_slice(headers);
    let answer = shop.command("PlaceOrder", &order(id, 1), &all);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["input"].as_u64().unwrap().to_string()
}

fn resuming_while_commands_run_loses_and_repeats_nothing(place: &Place) {
    const ORDERS: usize = 400;
    let shop = Arc::new(Served::shop_at(place));
    let placing = Arc::clone(&shop);
    let placing = std::thread::spawn(move || {
        let mut end = 0;
        for _ in 0..ORDERS {
            end =
                placing.accepted("PlaceOrder", &order(&new_id(), 1))["position"].as_u64().unwrap();
        }
        end
    });
    // Breaks off after a few messages, again and again; the second way to resume wins.
    let (mut seen, mut orders, mut lives) = (0, 0, 0);
    while orders < ORDERS {
        let last = seen.to_string();
        let mut stream = if lives % 2 == 0 {
            shop.follow(&format!("/api/events?after={seen}"), &[])
        } else {
            shop.follow("/api/events?after=1", &[("last-event-id", &last)])
        };
        lives += 1;
        for _ in 0..100 {
            let message = stream.next().unwrap();
            assert_eq!(message.id, seen + 1, "nothing is lost, nothing comes twice");
            seen = message.id;
            orders += usize::from(message.event == "OrderPlaced");
            if orders == ORDERS {
                break;
            }
        }
    }
    let end = placing.join().unwrap();
    let rest = shop.follow(&format!("/api/events?after={}", seen - 1), &[]).up_to(end);
    assert_eq!(rest.len() as u64, end - seen + 1);
    assert!(lives > 5, "it broke off {lives} times");
}

fn resuming_after_the_host_was_closed_and_opened_again_loses_and_repeats_nothing(place: &Place) {
    const LIVES: u64 = 5;
    let mut shop = Served::shop_at(place);
    let (mut heard, mut anns): (Vec<Message>, Vec<Message>) = (Vec::new(), Vec::new());
    let mut source = None;
    for life in 1..=LIVES {
        // Everybody was away while these were placed.
        let mut end = 0;
        for who in ["staff", "customer:ann", "customer:bob", "customer:ann"] {
            let placed =
                shop.command("PlaceOrder", &order(&new_id(), life), &[("earmark-as", who)]);
            assert_eq!(placed.status, 200, "{}", placed.text());
            end = placed.json()["position"].as_u64().unwrap();
        }
        for (heard, who) in [(&mut heard, ("earmark-as", "staff")), (&mut anns, ANN)] {
            let last = heard.last().map_or(0, |message| message.id).to_string();
            // What a browser says by itself wins over what the address says.
            let headers = [("last-event-id", &*last), who];
            let mut stream = shop.follow(&format!("/api/events?after={end}"), &headers);
            let mut next = || stream.next().expect("the stream goes on");
            while heard.last().is_none_or(|last| last.id < end) {
                heard.push(next());
            }
            // An order while somebody listens, of which he hears the beginning at least.
            let live = shop.command("PlaceOrder", &order(&new_id(), life), &[ANN]);
            assert_eq!(live.status, 200, "{}", live.text());
            end = live.json()["position"].as_u64().unwrap();
            let first = live.json()["events"][0]["sequence"].as_u64().unwrap();
            while heard.last().is_none_or(|last| last.id < first) {
                heard.push(next());
            }
            shop.get(&format!("/api/events?after={}", end + 1)).problem(409, "position-ahead");
        }
        shop.end();
        shop = Served::over(place.partition(), options());
        let of = heard[0].data["source"].clone();
        assert_eq!(source.get_or_insert(of.clone()), &of, "it is the same journal still");
    }
    let end = shop.get("/health/ready").json()["position"].as_u64().unwrap();
    for (heard, who) in [(&mut heard, ("earmark-as", "staff")), (&mut anns, ANN)] {
        let last = heard.last().map_or(0, |message| message.id).to_string();
        let rest = shop.follow("/api/events", &[("last-event-id", &*last), who]).up_to(end);
        heard.extend(rest);
        // What was heard bit by bit over all the lives is what one stream tells at once.
        let at_once = shop.follow("/api/events?after=0", &[who]).up_to(end);
        assert_eq!(ids(heard), ids(&at_once));
        let differs = heard.iter().zip(&at_once).find(|(then, now)| then.data != now.data);
        assert!(differs.is_none(), "{differs:?}");
    }
    assert_eq!(ids(&heard), (1..=end).collect::<Vec<_>>());
    let placed = anns.iter().filter(|message| message.event == "OrderPlaced").count() as u64;
    assert_eq!(placed, LIVES * 4, "two while away and two live, in each life");
}

fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.id).collect()
}

fn a_customer_hears_of_his_own_orders_only(place: &Place) {
    let shop = Served::shop_at(place);
    let (anns, bobs) = (new_id(), new_id());
    let bob = ("earmark-as", "customer:bob");
    let mut live = shop.follow("/api/events?as=customer:ann", &[]);
    for (id, who) in [(&bobs, bob), (&anns, ANN), (&bobs, bob)] {
        assert_eq!(shop.command("PlaceOrder", &order(id, 1), &[who]).status, 200);
    }
    let cancelled = json!({ "order": anns, "reason": "customer" });
    let end = shop.command("CancelOrder", &cancelled, &[ANN]).json();
    let end = end["events"].as_array().unwrap().last().unwrap()["sequence"].as_u64().unwrap();
    let heard = live.up_to(end);
    assert!(heard.iter().all(|message| message.data["subject"] == json!(anns)), "{heard:?}");
    assert!(heard.iter().any(|message| message.event == "OrderPlaced"));
    // The same by header, from the beginning; staff hears everything.
    let again = shop.follow("/api/events?after=0", &[ANN]).up_to(end);
    assert_eq!(again.len(), heard.len());
    assert_eq!(shop.follow("/api/events?after=0", &[]).up_to(end).len() as u64, end);
}

fn a_stream_can_be_narrowed_to_a_subject_or_a_type(place: &Place) {
    let shop = Served::shop_at(place);
    let ids: Vec<String> = (0..5).map(|_| new_id()).collect();
    let mut end = 0;
    for id in &ids {
        end = shop.accepted("PlaceOrder", &order(id, 1))["position"].as_u64().unwrap();
    }
    let mut stream = shop.follow("/api/events?after=0&type=OrderPlaced", &[]);
    for id in &ids {
        assert_eq!(stream.next().unwrap().data["subject"], json!(id));
    }
    let by_type = "/api/events?after=0&type=dev.earmark.OrderPlaced.v1";
    assert_eq!(shop.follow(by_type, &[]).next().unwrap().data["subject"], json!(ids[0]));
    let mut about = shop.follow(&format!("/api/events?after=0&subject={}", ids[4]), &[]);
    let about = about.up_to(end);
    assert!(about.len() > 2 && about.iter().all(|m| m.data["subject"] == json!(ids[4])));
    shop.get("/api/events?type=Nonsense").problem(404, "unknown-event");
    shop.get("/api/events?after=x").problem(400, "malformed");
    shop.get("/api/events?nonsense=1").problem(400, "malformed");
    shop.get(&format!("/api/events?after={}", end + 1)).problem(409, "position-ahead");
    let odd = shop.send("GET", "/api/events", &[("last-event-id", "x")], b"");
    odd.problem(400, "malformed");
}

fn who_asks_for_the_events_of_another_journal_is_told(place: &Place) {
    let shop = Served::shop_at(place);
    let first = shop.follow("/api/events?after=0", &[]).next().unwrap();
    let source = first.data["source"].as_str().unwrap();
    let of = |source: &str| format!("/api/events?after=0&source={source}");
    let again = shop.follow(&of(source), &[]).next().unwrap();
    assert_eq!((again.id, again.data), (first.id, first.data.clone()));
    // As after a restore: this journal has come further than the other one's receiver had.
    let other = "urn:earmark:journal:00000000000000000000000000000000";
    let problem = shop.get(&of(other)).problem(409, "other-journal");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(source) && detail.contains(other), "{detail}");
}

#[test]
fn who_asks_for_what_was_taken_out_is_told_where_the_journal_begins() {
    let place = Place::sqlite();
    Served::shop_at(&place).end();
    let Place::Folder(folder) = &place else { panic!("it is in a folder") };
    let later = folder.path().join("later");
    let bodies = http_support::bodies();
    let made = compact(bodies.as_ref(), folder.path(), &later, 4, &mut |_, _| {}).unwrap();
    let journal = SqliteJournal::open(&later, &OpenOptions::default()).unwrap();
    let shop = Served::over(http_support::over(Box::new(journal)), options());
    let base = made.base.events;
    assert!(base > 0 && base < made.end.events, "{made:?}");
    let gone = shop.get(&format!("/api/events?after={}", base - 1));
    let problem = gone.problem(410, "position-compacted");
    assert!(problem["detail"].as_str().unwrap().contains(&format!("`after={base}`")));
    let rest = shop.follow(&format!("/api/events?after={base}"), &[]).up_to(made.end.events);
    assert_eq!(ids(&rest), (base + 1..=made.end.events).collect::<Vec<_>>());
}

fn a_silent_stream_gives_signs_of_life_that_move_the_cursor(place: &Place) {
    let mut quick = options();
    quick.limits.keep_alive = Duration::from_millis(50);
    let shop = Served::over(place.partition(), quick);
    let mut stream = shop.follow("/api/events?as=customer:ann", &[]);
    shop.accepted("DefineItem", &json!({ "sku": "A", "name": "a" }));
    let mut line = String::new();
    for _ in 0..100 {
        line = stream.line().unwrap();
        if line == "id: 1\n" {
            break;
        }
    }
    assert_eq!(line, "id: 1\n", "ann is told how far the journal is, and nothing else");
}

fn streams_are_bounded_and_free_their_place(place: &Place) {
    let mut few = options();
    few.limits.streams = 2;
    let shop = Served::over(place.partition(), few);
    let (first, _second) = (shop.follow("/api/events", &[]), shop.follow("/api/events", &[]));
    let third = shop.get("/api/events");
    third.problem(503, "busy");
    assert_eq!(third.header("retry-after"), Some("1"));
    drop(first);
    // The server hears of it when it next looks.
    let mut freed = false;
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(20));
        let mut probe = shop.connect();
        let asked = http_support::head("GET", "/api/events", "1.0", &[]);
        std::io::Write::write_all(&mut probe, asked.as_bytes()).unwrap();
        let mut status = [0; 12];
        std::io::Read::read_exact(&mut probe, &mut status).unwrap();
        if &status[9..] == b"200" {
            freed = true;
            break;
        }
    }
    assert!(freed, "a place is free again");
}

fn one_caller_does_not_hold_the_streams_of_all(place: &Place) {
    let mut few = options();
    (few.limits.streams, few.limits.streams_each) = (4, 2);
    let shop = Served::over(place.partition(), few);
    let ann = [("earmark-as", "customer:ann")];
    let follow = || shop.follow("/api/events", &ann);
    let held = [follow(), follow()];
    let opens = || {
        let mut probe = shop.connect();
        let asked = http_support::head("GET", "/api/events", "1.0", &ann);
        std::io::Write::write_all(&mut probe, asked.as_bytes()).unwrap();
        let mut status = [0; 12];
        std::io::Read::read_exact(&mut probe, &mut status).unwrap();
        &status[9..] == b"200"
    };
    assert!(!opens(), "a third is one too many");
    let third = shop.send("GET", "/api/events", &ann, b"");
    let told = third.problem(429, "streams-held");
    assert!(told["detail"].as_str().unwrap().contains("2 streams"), "{told}");
    let _others = ["customer:bob", "staff"].map(|who| {
        let follows = shop.follow("/api/events", &[("earmark-as", who)]);
        assert_eq!(shop.get("/health/live").status, 200);
        follows
    });
    drop(held);
    // The server hears of it when it next looks.
    let began = std::time::Instant::now();
    while !opens() {
        assert!(began.elapsed() < Duration::from_secs(20), "a place is free again");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn who_reads_nothing_holds_nobody_up_and_is_let_go(place: &Place) {
    // Far more than the sockets of one connection hold.
    const ORDERS: u64 = 250;
    let mut impatient = options();
    impatient.limits.stalled = Duration::from_millis(300);
    let shop = Served::over(place.partition(), impatient);
    let mut asleep = shop.follow("/api/events?after=0", &[]);
    let mut awake = shop.follow("/api/events?after=0", &[]);
    let end = std::thread::scope(|scope| {
        let place = || {
            let large = order_of(&new_id(), vec![line("NONE", 1); 400]);
            shop.accepted("PlaceOrder", &large)["position"].as_u64().unwrap()
        };
        let placing = scope.spawn(move || (0..ORDERS).map(|_| place()).max().unwrap());
        let (mut seen, mut placed) = (0, 0);
        while placed < ORDERS {
            let message = awake.next().unwrap();
            assert_eq!(message.id, seen + 1);
            seen = message.id;
            placed += u64::from(message.event == "OrderPlaced");
        }
        placing.join().unwrap()
    });
    std::thread::sleep(Duration::from_millis(600));
    // What the sockets held comes, without a gap, and then the end: there was more.
    let mut seen = 0;
    while let Some(message) = asleep.next() {
        assert_eq!(message.id, seen + 1);
        seen = message.id;
    }
    assert!(seen > 0 && seen < end, "{seen} of {end}");
    let resumed = shop.follow(&format!("/api/events?after={seen}"), &[]).next().unwrap();
    assert_eq!(resumed.id, seen + 1);
}

fn an_event_that_can_not_be_read_ends_no_stream(place: &Place) {
    let shop = Served::shop_at(place);
    let item = |sku: &str| shop.accepted("DefineItem", &json!({ "sku": sku, "name": "x" }));
    let before = item("HAT")["position"].as_u64().unwrap();
    // It is durable, and so it is told, in the answer too.
    let dark = item(http_support::DARK);
    assert_eq!(dark["events"][0]["data"], json!(null), "{dark}");
    assert!(dark["events"][0]["unreadable"].as_str().unwrap().contains("boom"), "{dark}");
    item("SCARF");
    let mut feed = shop.follow(&format!("/api/events?after={before}"), &[]);
    let (first, second) = (feed.next().unwrap(), feed.next().unwrap());
    assert_eq!((first.id, second.id), (before + 1, before + 2));
    assert_eq!((&first.event, &first.data["data"]), (&"ItemDefined".to_string(), &json!(null)));
    assert!(first.data["unreadable"].as_str().unwrap().contains("boom"), "{:?}", first.data);
    assert_eq!(second.data["data"]["sku"], json!("SCARF"), "{:?}", second.data);
    assert_eq!(second.data["unreadable"], json!(null));
}
