//! A small reducer behind a real door, that misbehaves when it is told to, and what the tests of
//! the partition share.
//!
//! Law: the reducer is no shop: whatever holds here, holds without the host knowing a domain.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use earmark_abi::{
    Answer, Audited, Call, CommandType, Description, EventType, Form, Input, Outcome, Principal,
    QueryType, Verdict, decode, encode,
};
use earmark_host::journal::Clock;
use earmark_host::partition::{
    Caller, NotAccepted, Options, Origin, Partition, Receipt, Submission, Where,
};
use earmark_host::plugin::{Bodies, Body, Fault};
use earmark_wasm::{Broken, Door, EventsOut, Plugin, Settled};
use serde::{Deserialize, Serialize};

/// Writes a line down: one event.
pub const WRITE: u16 = 0;
/// Is always refused.
pub const REFUSE: u16 = 1;
/// Rings if an alarm is due.
pub const TICK: u16 = 2;
/// Sets an alarm: 8 bytes, little end first.
pub const ALARM: u16 = 3;
/// An alarm that no tick turns off.
pub const STUCK: u16 = 4;
/// An alarm that rings at each tick, and is as due as before.
pub const ENDLESS: u16 = 5;
/// Makes an event of a kind that there is not.
pub const ODD: u16 = 6;
/// Makes an event that is not taken when it is applied.
pub const SOUR: u16 = 7;

/// Nobody waits longer for an answer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A list of lines, and an alarm.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Lines {
    lines: Vec<String>,
    alarm: Option<u64>,
    stuck: bool,
    endless: bool,
}

impl Plugin for Lines {
    fn describe() -> Description {
        let command = |name: &str| CommandType {
            name: name.into(),
            about: String::new(),
            scope: String::new(),
            schema: String::new(),
        };
        let event = |name: &str| EventType {
            name: name.into(),
            ce_type: format!("test.{name}.v1"),
            schema: String::new(),
        };
        let query = QueryType {
            name: "Lines".into(),
            about: String::new(),
            scope: String::new(),
            schema: String::new(),
            answer_schema: String::new(),
        };
        Description {
            name: "lines".into(),
            version: "1".into(),
            schema_version: 1,
            roles: Vec::new(),
            commands: ["Write", "Refuse", "Tick", "Alarm", "Stuck", "Endless", "Odd", "Sour"]
                .map(command)
                .into(),
            events: ["Written", "Set", "Rang", "Stuck", "Endless", "RangAgain", "Sour"]
                .map(event)
                .into(),
            queries: vec![query],
            tick: Some(TICK),
            refusal_schema: String::new(),
            slice_schema: String::new(),
        }
    }

    fn configure(_: &[&str]) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn restore(snapshot: &[u8]) -> Result<Self, String> {
        decode("lines", snapshot).map_err(|error| error.to_string())
    }

    fn snapshot(&self) -> Result<Vec<u8>, String> {
        encode(self).map_err(|error| error.to_string())
    }

    fn settle(
        &mut self,
        _: &Principal<'_>,
        input: &Input<'_>,
        events: &mut EventsOut,
    ) -> Result<Settled, Broken> {
        let settled = Settled { subject: "lines".into(), ..Settled::default() };
        let due = self.alarm.is_some_and(|alarm| alarm <= input.at);
        let kind = match input.kind {
            WRITE => 0,
            ALARM => 1,
            TICK if due && self.endless => 5,
            TICK if due && !self.stuck => 2,
            TICK => return Ok(settled),
            STUCK => 3,
            ENDLESS => 4,
            ODD => 99,
            SOUR => 6,
            _ => {
                let refusal = Some(("never", "it is never carried out".into(), Vec::new()));
                return Ok(Settled { refusal, ..settled });
            }
        };
        let body = input.command.to_vec();
        events.push(String::new(), String::new(), |mut bytes| {
            bytes.extend_from_slice(&body);
            Ok::<_, Broken>((kind, bytes))
        })?;
        // What it would not take, it does not try.
        if kind < 6 {
            self.apply(kind, &body)?;
        }
        Ok(settled)
    }

    fn apply(&mut self, kind: u16, body: &[u8]) -> Result<(), Broken> {
        let alarm = || body.try_into().map(u64::from_le_bytes).ok();
        match kind {
            0 => self.lines.push(String::from_utf8_lossy(body).into_owned()),
            1 => self.alarm = alarm(),
            2 => self.alarm = None,
            3 => (self.alarm, self.stuck) = (alarm(), true),
            4 => (self.alarm, self.endless) = (alarm(), true),
            5 => {}
            other => return Err(Broken(format!("there is no event {other}"))),
        }
        Ok(())
    }

    fn next_deadline(&self) -> Option<u64> {
        self.alarm
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

/// What a body does when a turn has a command of this kind with this in it; or a query.
#[derive(Debug, Clone)]
pub struct Deed {
    /// The bytes.
    pub needle: &'static str,
    /// The kind of command, or of query.
    pub kind: u16,
    /// What the fast body does.
    pub fast: Option<Fault>,
    /// What the metered body does.
    pub metered: Option<Fault>,
}

/// Makes bodies over [`Lines`].
#[derive(Debug)]
pub struct Small {
    description: Arc<Description>,
    digest: [u8; 32],
    deeds: Arc<Vec<Deed>>,
    /// How many turns each body, in the order they were made, was asked for.
    pub asked: Arc<Mutex<Vec<usize>>>,
    /// How many bodies were made.
    pub made: Arc<AtomicUsize>,
}

impl Small {
    /// Bodies that do what they should.
    pub fn new() -> Self {
        Self::rogue(Vec::new())
    }

    /// Bodies that misbehave so.
    pub fn rogue(deeds: Vec<Deed>) -> Self {
        let (description, asked) = (Arc::new(Lines::describe()), Arc::default());
        let (deeds, made) = (Arc::new(deeds), Arc::default());
        Self { description, digest: [3; 32], deeds, asked, made }
    }

    /// The same under another name.
    pub fn named(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.description).name = name.into();
        self
    }

    /// The same with another digest, as of another version.
    pub fn digested(mut self, digest: [u8; 32]) -> Self {
        self.digest = digest;
        self
    }

    fn body(&self, metered: bool) -> Box<dyn Body> {
        self.made.fetch_add(1, Ordering::Relaxed);
        let (deeds, asked) = (Arc::clone(&self.deeds), Arc::clone(&self.asked));
        Box::new(SmallBody { door: Door::default(), deeds, metered, failed: false, asked })
    }
}

impl Bodies for Small {
    fn description(&self) -> &Arc<Description> {
        &self.description
    }

    fn digest(&self) -> [u8; 32] {
        self.digest
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(self.body(false))
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(self.body(true))
    }
}

struct SmallBody {
    door: Door<Lines>,
    deeds: Arc<Vec<Deed>>,
    metered: bool,
    failed: bool,
    asked: Arc<Mutex<Vec<usize>>>,
}

impl Body for SmallBody {
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        if std::mem::replace(&mut self.failed, true) {
            return Err(Fault::Trap("it was asked although it had failed".into()));
        }
        let inputs: Vec<(u16, &[u8])> = match decode("a call", call) {
            Ok(Call::Turn(turn)) => {
                self.asked.lock().unwrap().push(turn.inputs.len());
                turn.inputs.iter().map(|input| (input.kind, input.command)).collect()
            }
            Ok(Call::Query { kind, body, .. }) => vec![(kind, body)],
            _ => Vec::new(),
        };
        let hit = |deed: &&Deed| {
            inputs.iter().any(|(kind, bytes)| {
                *kind == deed.kind && String::from_utf8_lossy(bytes).contains(deed.needle)
            })
        };
        let of = |deed: &Deed| match self.metered {
            true => deed.metered.clone(),
            false => deed.fast.clone(),
        };
        let fault = self.deeds.iter().filter(hit).find_map(of);
        self.failed = fault.is_some();
        // The state has changed by the time a body fails: whoever goes on with it is found out.
        let answer = self.door.call(call);
        fault.map_or(Ok(answer), Err)
    }
}

/// A command: its kind, its bytes, and its place in the sequence of a source, if it has one.
pub type Command = (u16, Vec<u8>, Option<(&'static str, u64)>);

/// A command of nobody in particular.
pub fn command(kind: u16, text: &str) -> Command {
    (kind, text.as_bytes().to_vec(), None)
}

/// A line from a source, at this place of its sequence.
pub fn line(source: &'static str, sequence: u64, text: &str) -> Command {
    (WRITE, text.as_bytes().to_vec(), Some((source, sequence)))
}

/// What became of each input of a list.
pub type Answers = Vec<Result<Receipt, NotAccepted>>;

/// A list handed in, whose answers are still to come.
pub struct Pending(Vec<Receiver<Result<Receipt, NotAccepted>>>);

impl Pending {
    /// The answers, each of which must come.
    #[track_caller]
    pub fn wait(self) -> Answers {
        let told = |(nth, answer): (usize, &Receiver<_>)| {
            answer.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("input {nth} has no answer"))
        };
        self.0.iter().enumerate().map(told).collect()
    }

    /// Whether none has been answered.
    pub fn none_answered(&self) -> bool {
        self.0.iter().all(|answer| answer.try_recv().is_err())
    }
}

/// Hands a list in as one batch.
pub fn hand_in(partition: &Partition, list: Vec<Command>) -> Pending {
    let by = Arc::new(Caller { subject: "tester".into(), scopes: Vec::new() });
    let mut pending = Vec::new();
    let submission = |(kind, command, origin): Command| {
        let (told, answer) = channel();
        pending.push(answer);
        let origin = origin.map(|(source, sequence)| Origin { source: source.into(), sequence });
        let reply = Box::new(move |answer| drop(told.send(answer)));
        Submission { kind, command, by: Arc::clone(&by), origin, trace: None, at: None, reply }
    };
    let list = list.into_iter().map(submission).collect();
    partition.submit_all(list).unwrap();
    Pending(pending)
}

/// Hands a list in as one batch, and waits for the answers.
#[track_caller]
pub fn answers(partition: &Partition, list: Vec<Command>) -> Answers {
    hand_in(partition, list).wait()
}

/// The lines that the durable state has.
pub fn lines(partition: &Partition) -> Vec<String> {
    let by = Caller { subject: "reader".into(), scopes: Vec::new() };
    let answered = partition.query(&by, 0, &[]).unwrap();
    decode("lines", &answered.answer.unwrap()).unwrap()
}

/// The code of a refusal; none if it was accepted.
pub fn code(receipt: &Receipt) -> Option<String> {
    let outcome: Outcome<'_> = decode("an outcome", &receipt.outcome).unwrap();
    match outcome.verdict {
        Verdict::Refused(refused) => Some(refused.code.to_string()),
        Verdict::Accepted { .. } => None,
    }
}

/// Options of a partition in a directory, whose clock is the inputs' own.
pub fn logical(dir: &Path) -> Options {
    let place = Where::Directory(dir.to_owned());
    Options { clock: Clock::Logical, snapshot_every: 0, ..Options::new(place) }
}

/// Opens a partition over these bodies.
#[track_caller]
pub fn open(bodies: Small, options: &Options) -> Partition {
    Partition::open(Arc::new(bodies), options, &mut |_, _| {}).unwrap()
}

/// A partition in memory.
#[track_caller]
pub fn in_memory(bodies: Small) -> Partition {
    open(bodies, &Options { clock: Clock::Logical, ..Options::new(Where::Memory) })
}

/// The digest of a body's state.
pub fn digest(body: &mut dyn Body) -> [u8; 32] {
    match decode("an answer", body.call(&encode(&Call::Digest).unwrap()).unwrap()).unwrap() {
        Answer::Digest(digest) => digest,
        other => panic!("it is no digest: {other:?}"),
    }
}
