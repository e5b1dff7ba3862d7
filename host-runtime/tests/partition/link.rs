//! A link between partitions: what one tells, the other does once, whatever breaks between.
//!
//! Law: the cursor of a link is in the record with the effect, so no crash comes between.

use std::sync::Arc;
use std::time::{Duration, Instant};

use earmark_abi::{
    Audited, CommandType, Description, EventType, Form, Input, Principal, QueryType, decode, encode,
};
use earmark_host::journal::{Clock, Header, MemoryJournal, MemoryStore};
use earmark_host::partition::{
    Beside, Caller, FeedEvent, Link, LinkError, Options, Origin, Outbox, Partition, RunningLink,
    Submission, Where, source_of,
};
use earmark_host::plugin::{Bodies, Body, Fault};
use earmark_wasm::{Broken, Door, EventsOut, Plugin, Settled};
use serde::{Deserialize, Serialize};

const ASK: u16 = 0;
const HEAR: u16 = 1;
const PATIENCE: Duration = Duration::from_secs(30);

/// One role asks, the other replies; each keeps a list of what it said or heard.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Talk {
    replies: bool,
    lines: Vec<String>,
}

/// What is asked of a role: the text after `asked:` or `told:` of the event.
fn heard(command: &[u8]) -> (u16, String) {
    let json: serde_json::Value = serde_json::from_slice(command).unwrap();
    let hex = json["bytes"].as_str().unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let bytes = (0..hex.len()).step_by(2).map(byte).collect();
    let kind = u16::try_from(json["kind"].as_u64().unwrap()).unwrap();
    (kind, String::from_utf8(bytes).unwrap())
}

impl Plugin for Talk {
    fn describe() -> Description {
        let hears = r#"{"x-hears":[{"event":"Asked","from":"asks","to":"replies"},
            {"event":"Told","from":"replies","to":"asks"}]}"#;
        let command = |(name, schema): (&str, &str)| CommandType {
            name: name.into(),
            about: String::new(),
            scope: String::new(),
            schema: schema.into(),
        };
        let event = |name: &str| EventType {
            name: name.into(),
            ce_type: format!("test.{name}.v1"),
            schema: String::new(),
        };
        Description {
            name: "talk".into(),
            version: "1".into(),
            schema_version: 1,
            roles: vec!["asks".into(), "replies".into()],
            commands: [("Ask", ""), ("Hear", hears)].map(command).into(),
            events: ["Asked", "Told", "Noted"].map(event).into(),
            queries: vec![QueryType {
                name: "Lines".into(),
                about: String::new(),
                scope: String::new(),
                schema: String::new(),
                answer_schema: String::new(),
            }],
            tick: None,
            refusal_schema: String::new(),
            slice_schema: String::new(),
        }
    }

    fn configure(roles: &[&str]) -> Result<Self, String> {
        Ok(Self { replies: roles == ["replies"], lines: Vec::new() })
    }

    fn restore(snapshot: &[u8]) -> Result<Self, String> {
        decode("talk", snapshot).map_err(|error| error.to_string())
    }

    fn snapshot(&self) -> Result<Vec<u8>, String> {
        encode(self).map_err(|error| error.to_string())
    }

    fn settle(
        &mut self,
        by: &Principal<'_>,
        input: &Input<'_>,
        events: &mut EventsOut,
    ) -> Result<Settled, Broken> {
        let settled = Settled { subject: "talk".into(), ..Settled::default() };
        let (kind, text) = match input.kind {
            ASK => (0, String::from_utf8_lossy(input.command).into_owned()),
            HEAR => {
                assert_eq!(by.scopes, ["flow"], "only a link brings events");
                let (kind, text) = heard(input.command);
                assert_eq!(kind, if self.replies { 0 } else { 1 }, "it is not to be heard here");
                (kind + 1, text)
            }
            other => return Err(Broken(format!("there is no command {other}"))),
        };
        if self.replies && text.contains("refuse") {
            let refusal = Some(("never", "it is never done".into(), Vec::new()));
            return Ok(Settled { refusal, ..settled });
        }
        events.push(String::new(), String::new(), |mut bytes| {
            bytes.extend_from_slice(text.as_bytes());
            Ok::<_, Broken>((kind, bytes))
        })?;
        self.apply(kind, text.as_bytes())?;
        Ok(settled)
    }

    fn apply(&mut self, kind: u16, body: &[u8]) -> Result<(), Broken> {
        self.lines.push(format!("{kind} {}", String::from_utf8_lossy(body)));
        Ok(())
    }

    fn next_deadline(&self) -> Option<u64> {
        None
    }

    fn query(&self, _: &Principal<'_>, _: u16, _: &[u8]) -> Result<Vec<u8>, Settled> {
        Ok(encode(&self.lines).unwrap_or_default())
    }

    fn slice(&self, by: &Principal<'_>, body: &[u8]) -> Result<Vec<u8>, Settled> {
        self.query(by, 0, body)
    }

    fn audit(&self) -> Audited {
        Audited { checked: 1, broken: Vec::new() }
    }

    fn from_json(_: Form, _: u16, json: &[u8]) -> Result<Vec<u8>, String> {
        Ok(json.to_vec())
    }

    fn to_json(_: Form, _: u16, bytes: &[u8]) -> Result<Vec<u8>, String> {
        Ok(bytes.to_vec())
    }
}

#[derive(Debug)]
struct Talkers(Arc<Description>);

struct Talker(Door<Talk>);

impl Bodies for Talkers {
    fn description(&self) -> &Arc<Description> {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        [5; 32]
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(Box::new(Talker(Door::default())))
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        self.fast()
    }
}

impl Body for Talker {
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        // What a link brings is text in hexadecimal digits: `poison` of whoever replies.
        let poison = b"706f69736f6e";
        let hits = call.windows(poison.len()).any(|part| part == poison);
        let is_turn = matches!(decode("a call", call), Ok(earmark_abi::Call::Turn(_)));
        if hits && is_turn {
            return Err(Fault::Trap("it is poison".into()));
        }
        Ok(self.0.call(call))
    }
}

fn store(role: &str) -> MemoryStore {
    let roles = vec![role.to_string()];
    let id = earmark_host::partition::new_id();
    let (plugin, clock) = ("talk".to_string(), Clock::Logical);
    MemoryJournal::new(Header { id, plugin, roles, clock, created_at_ms: 0 }).store()
}

#[track_caller]
fn open(store: &MemoryStore) -> Arc<Partition> {
    let bodies = Arc::new(Talkers(Arc::new(Talk::describe())));
    let options = Options { clock: Clock::Logical, ..Options::new(Where::Memory) };
    let journal = Box::new(store.open().unwrap());
    Arc::new(Partition::over(bodies, journal, &options, &mut |_, _| {}).unwrap())
}

fn both() -> (Arc<Partition>, Arc<Partition>) {
    (open(&store("asks")), open(&store("replies")))
}

fn link(from: &Arc<Partition>, to: &Arc<Partition>) -> Link<Beside> {
    Link::new(Beside::new(Arc::clone(from)).unwrap(), Arc::clone(to)).unwrap()
}

#[track_caller]
fn ask(of: &Partition, text: &str) {
    give(of, text, None);
}

#[track_caller]
fn give(of: &Partition, text: &str, origin: Option<Origin>) {
    let (told, answer) = std::sync::mpsc::channel();
    let by = Arc::new(Caller { subject: "tester".into(), scopes: Vec::new() });
    let reply = Box::new(move |answer| drop(told.send(answer)));
    let command = text.as_bytes().to_vec();
    of.submit(Submission { kind: ASK, command, by, origin, trace: None, at: None, reply }).unwrap();
    answer.recv_timeout(PATIENCE).unwrap().unwrap();
}

fn lines(of: &Partition) -> Vec<String> {
    let by = Caller { subject: "reader".into(), scopes: Vec::new() };
    decode("lines", &of.query(&by, 0, &[]).unwrap().answer.unwrap()).unwrap()
}

/// What whoever asks has when each question was replied to once: in order, on both sides.
fn conversation(count: usize) -> (Vec<String>, Vec<String>) {
    let asked = (0..count).map(|n| format!("0 q{n}"));
    let noted = (0..count).map(|n| format!("2 q{n}"));
    (asked.chain(noted).collect(), (0..count).map(|n| format!("1 q{n}")).collect())
}

#[test]
fn each_event_is_heard_once_although_either_side_breaks_after_every_step() {
    let (left, right) = (store("asks"), store("replies"));
    let (mut asks, mut replies) = (open(&left), open(&right));
    for n in 0..12 {
        ask(&asks, &format!("q{n}"));
    }
    let mut steps = 0;
    while lines(&asks).len() < 24 {
        steps += 1;
        assert!(steps < 200, "it does not come to an end");
        // One event a time; every third one is brought again before.
        let (mut to, mut back) = (link(&asks, &replies), link(&replies, &asks));
        to.bring(1).unwrap();
        if steps % 3 == 0 {
            to.go_back(2);
            to.bring(2).unwrap();
        }
        back.bring(1).unwrap();
        drop((to, back));
        let (which, store) =
            if steps % 2 == 0 { (&mut asks, &left) } else { (&mut replies, &right) };
        let old = std::mem::replace(which, open(&self::store("asks")));
        drop(Arc::into_inner(old).expect("a link holds nothing when it is gone"));
        *which = open(store);
    }
    let (mut asked, replied) = conversation(12);
    asked.sort();
    let mut found = lines(&asks);
    found.sort();
    assert_eq!((found, lines(&replies)), (asked, replied));
    assert!(steps >= 12, "{steps}");
}

#[test]
fn what_comes_again_is_counted_and_not_done_again() {
    let (asks, replies) = both();
    for n in 0..300 {
        ask(&asks, &format!("q{n}"));
    }
    let mut to = link(&asks, &replies);
    assert_eq!(to.bring(1_000).unwrap().heard, 300);
    to.go_back(1_000);
    // Those whose outcome is at hand, and those that were long ago.
    let again = to.bring(1_000).unwrap();
    assert_eq!((again.looked, again.heard, again.again), (300, 0, 300));
    assert_eq!(lines(&replies), conversation(300).1);
    assert_eq!((to.meters().again.get(), to.meters().behind()), (300, 0));
    assert_eq!(to.bring(1_000).unwrap().looked, 0);
}

#[test]
fn a_refusal_and_a_dead_letter_are_outcomes_and_the_link_goes_on() {
    let (asks, replies) = both();
    for text in ["q0", "refuse this", "poison", "q1"] {
        ask(&asks, text);
    }
    let mut to = link(&asks, &replies);
    let brought = to.bring(100).unwrap();
    assert_eq!((brought.heard, brought.refused, brought.dead), (2, 1, 1));
    assert_eq!(lines(&replies), conversation(2).1);
    assert_eq!(replies.position().borrow().inputs, 4, "both are journalled");
    assert_eq!(replies.cursor(&source_of(asks.header())).unwrap(), 4);
}

#[test]
fn links_in_both_directions_work_by_themselves_and_end_in_order() {
    let (asks, replies) = both();
    let running: Vec<RunningLink> =
        vec![link(&asks, &replies).start().unwrap(), link(&replies, &asks).start().unwrap()];
    for n in 0..200 {
        ask(&asks, &format!("q{n}"));
    }
    let begun = Instant::now();
    while lines(&asks).len() < 400 {
        assert!(begun.elapsed() < PATIENCE, "{:?}", running[0].meters());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(lines(&replies), conversation(200).1);
    let meters = Arc::clone(running[0].meters());
    assert_eq!((meters.heard.get(), meters.state().0), (200, "following"));
    assert_eq!(meters.source(), source_of(asks.header()));
    drop(running);
    drop(Arc::into_inner(asks).expect("nobody holds it any more"));
}

#[test]
fn a_partition_with_all_roles_and_one_that_heard_of_a_longer_journal_are_told() {
    let (asks, replies) = both();
    let whole = open(&store_of_all());
    let outbox = Beside::new(Arc::clone(&asks)).unwrap();
    let told = Link::new(outbox, whole).unwrap_err();
    assert!(matches!(told, LinkError::HearsNothing { .. }), "{told}");
    // Somebody has put an older copy in the place of the other journal.
    let origin = Origin { source: source_of(asks.header()).into(), sequence: 7 };
    give(&replies, "by hand", Some(origin));
    let told = link(&asks, &replies).bring(10).unwrap_err();
    assert!(matches!(told, LinkError::Ahead { after: 7, end: 0, .. }), "{told}");
    assert!(!told.passes() && told.to_string().contains("position-ahead"), "{told}");
}

fn store_of_all() -> MemoryStore {
    let id = earmark_host::partition::new_id();
    let (plugin, clock) = ("talk".to_string(), Clock::Logical);
    let roles = Vec::new();
    MemoryJournal::new(Header { id, plugin, roles, clock, created_at_ms: 0 }).store()
}

/// An outbox whose events are of a kind that nobody knows, and that breaks off twice before.
#[derive(Debug)]
struct Odd {
    breaks: usize,
}

impl Outbox for Odd {
    fn source(&mut self, _: &[String]) -> Result<String, LinkError> {
        Ok("odd".into())
    }

    fn read(&mut self, after: u64, _: usize) -> Result<Vec<FeedEvent>, LinkError> {
        if self.breaks > 0 {
            self.breaks -= 1;
            return Err(LinkError::Unreachable("it broke off".into()));
        }
        let event = FeedEvent {
            sequence: after + 1,
            input: 1,
            at: 0,
            kind: 99,
            subject: String::new(),
            owner: String::new(),
            trace: None,
            body: Vec::new(),
        };
        Ok(vec![event])
    }

    fn end(&self) -> u64 {
        9
    }

    fn wait(&mut self, _: u64, most: Duration) -> Result<(), LinkError> {
        std::thread::sleep(most);
        Ok(())
    }
}

#[test]
fn what_passes_is_waited_out_and_an_unknown_event_stops_the_link() {
    let (_, replies) = both();
    let running = Link::new(Odd { breaks: 2 }, Arc::clone(&replies)).unwrap().start().unwrap();
    let begun = Instant::now();
    while running.meters().state().0 != "stopped" {
        assert!(begun.elapsed() < PATIENCE, "{:?}", running.meters());
        std::thread::sleep(Duration::from_millis(5));
    }
    let (_, why) = running.meters().state();
    assert!(why.as_ref().is_some_and(|why| why.contains("upgrade the plugin here")), "{why:?}");
    assert_eq!(running.meters().failures.get(), 2);
    assert_eq!(replies.position().borrow().inputs, 0);
}
