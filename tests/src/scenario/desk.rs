//! A shop behind the door of the plugin, natively: given commands and asked questions in JSON.
//! After every command it is checked that nothing broke, and that the events tell all and no more.

use std::collections::BTreeMap;
use std::time::Duration;

use earmark_abi::{
    Answer, Audited, Call, Description, EventOut, Form, Input, Outcome, Principal, Turn, Verdict,
    chain, decode, encode,
};
use earmark_wasm::{Door, Plugin as _, ShopPlugin};
use serde_json::Value;

/// The moment a scenario begins: 2024-01-01, noon.
const START: u64 = 1_704_110_400_000;

/// Events that one role says to another: an answer, or a question. They need not change anything.
const MESSAGES: [&str; 5] =
    ["AllocationRequested", "InventoryRejected", "KitsExploded", "KitsShort", "ExplosionRejected"];

/// A shop, and all that was given to it.
#[derive(Debug)]
pub struct Desk {
    door: Door<ShopPlugin>,
    /// Is told the events only.
    follower: Door<ShopPlugin>,
    described: Description,
    orders: BTreeMap<String, String>,
    now: u64,
    by: Who,
    given: Vec<Given>,
    chain: [u8; 32],
    state: [u8; 32],
    happened: Vec<Happened>,
    last: Told,
}

/// Whoever gives commands from here on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    subject: String,
    scopes: Vec<String>,
}

/// A command as it was given.
#[derive(Debug, Clone)]
pub struct Given {
    at: u64,
    by: Who,
    kind: u16,
    command: Vec<u8>,
}

/// An event, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// The name of its kind.
    pub name: String,
    /// Its payload.
    pub data: Value,
}

/// What became of the last command.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// Code and message of a refusal.
    pub refused: Option<(String, String)>,
    /// What happened, in order.
    pub events: Vec<Happened>,
}

/// What a body ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The chain, in hex.
    pub chain: String,
    /// The digest of the state, in hex.
    pub state: String,
}

impl Who {
    /// Staff.
    #[must_use]
    pub fn staff() -> Self {
        Self { subject: "staff".into(), scopes: vec!["staff".into()] }
    }

    /// The flow itself.
    #[must_use]
    pub fn flow() -> Self {
        Self { subject: "flow".into(), scopes: vec!["flow".into()] }
    }

    /// A customer.
    #[must_use]
    pub fn customer(name: &str) -> Self {
        Self { subject: name.to_owned(), scopes: Vec::new() }
    }
}

impl Desk {
    /// A shop where nothing is.
    ///
    /// # Errors
    /// If the door is broken.
    pub fn open() -> Result<Self, String> {
        let mut desk = Self {
            door: Door::default(),
            follower: Door::default(),
            described: ShopPlugin::describe(),
            orders: BTreeMap::new(),
            now: START,
            by: Who::staff(),
            given: Vec::new(),
            chain: chain::START,
            state: [0; 32],
            happened: Vec::new(),
            last: Told::default(),
        };
        for door in [&mut desk.door, &mut desk.follower] {
            done(door, &Call::Configure { roles: Vec::new() })?;
        }
        desk.state = digest(&mut desk.door)?;
        Ok(desk)
    }

    /// Gives a command by its name, as its newest version; commands of the clock come from the
    /// flow, all others from whoever is on.
    ///
    /// # Errors
    /// If there is no such command, its JSON is not of its form, or a law of every step is broken.
    pub fn give(&mut self, name: &str, data: &Value) -> Result<(), String> {
        let named = self.described.commands.iter().rposition(|command| command.name == name);
        let kind = named.ok_or_else(|| format!("expected a command, `{name}` is none"))?;
        let (kind, form) = (u16::try_from(kind).unwrap_or(u16::MAX), Form::Command);
        let json = data.to_string();
        let call = Call::FromJson { form, kind, json: json.as_bytes() };
        let command = bytes(&mut self.door, &call).map_err(|why| format!("{why}\n  {json}"))?;
        let by = if name == "Tick" { Who::flow() } else { self.by.clone() };
        self.take(Given { at: self.now, by, kind, command })
    }

    /// Gives the last command again: the same bytes from the same principal, now.
    ///
    /// # Errors
    /// If there is none, or a law of every step is broken.
    pub fn again(&mut self) -> Result<(), String> {
        let last = self.given.last().cloned();
        let last = last.ok_or("expected a command before `again`, there is none")?;
        self.take(Given { at: self.now, ..last })
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.now += u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    }

    /// The moment so long after now, in milliseconds.
    #[must_use]
    pub fn later(&self, time: Duration) -> u64 {
        self.now.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// From here on commands come from somebody else.
    pub fn put_on(&mut self, who: Who) {
        self.by = who;
    }

    /// The id of an order that a table names; a new name is a new id, of this moment.
    pub fn order(&mut self, name: &str) -> String {
        let (nth, now) = (self.orders.len() + 1, self.now);
        let id = || {
            let (high, low) = (now >> 16, now & 0xffff);
            format!("{high:08x}-{low:04x}-7000-8000-{nth:012x}")
        };
        self.orders.entry(name.to_owned()).or_insert_with(id).clone()
    }

    /// The name that a table has for an order.
    #[must_use]
    pub fn name_of(&self, order: &Value) -> Option<&str> {
        self.orders.iter().find(|(_, id)| order == id.as_str()).map(|(name, _)| name.as_str())
    }

    /// The id of a facility, by its code.
    ///
    /// # Errors
    /// If there is none.
    pub fn facility(&mut self, code: &str) -> Result<Value, String> {
        let summary = self.ask("Summary", &serde_json::json!({}))?;
        let all = summary["facilities"].as_array().cloned().unwrap_or_default();
        let found = all.iter().find(|facility| facility["code"] == code);
        let found = found.ok_or_else(|| format!("expected a facility, `{code}` is none"))?;
        Ok(found["id"].clone())
    }

    /// The answer to a query, asked by staff.
    ///
    /// # Errors
    /// If there is no such query, its JSON is not of its form, or it is refused.
    pub fn ask(&mut self, name: &str, data: &Value) -> Result<Value, String> {
        let named = self.described.queries.iter().rposition(|query| query.name == name);
        let kind = named.ok_or_else(|| format!("expected a query, `{name}` is none"))?;
        let kind = u16::try_from(kind).unwrap_or(u16::MAX);
        let json = data.to_string();
        let call = Call::FromJson { form: Form::Query, kind, json: json.as_bytes() };
        let body = bytes(&mut self.door, &call)?;
        let by = Principal { subject: "staff", scopes: vec!["staff"] };
        let answer = bytes(&mut self.door, &Call::Query { by, kind, body: &body })?;
        self.json(Form::Answer, kind, &answer)
    }

    /// What became of the last command.
    #[must_use]
    pub fn last(&self) -> &Told {
        &self.last
    }

    /// All that happened, in order.
    #[must_use]
    pub fn happened(&self) -> &[Happened] {
        &self.happened
    }

    /// Chain and state of now.
    #[must_use]
    pub fn end(&self) -> End {
        End { chain: hex(&self.chain), state: hex(&self.state) }
    }

    /// How many commands were given.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.given.len()
    }

    /// All that was given, in turns of so many.
    ///
    /// # Panics
    /// If a turn can't be written, which none brings about.
    #[must_use]
    pub fn turns(&self, inputs: usize) -> Vec<Vec<u8>> {
        let turn = |given: &[Given]| {
            let who = |given: &Given| given.by.clone();
            let principals: Vec<Who> = given.iter().map(who).collect();
            let cut: Vec<Input<'_>> = (0..).zip(given).map(|(by, g)| g.input(by)).collect();
            let principals: Vec<Principal<'_>> = principals.iter().map(Who::principal).collect();
            encode(&(principals, cut)).expect("a turn can be written")
        };
        self.given.chunks(inputs.max(1)).map(turn).collect()
    }

    fn take(&mut self, given: Given) -> Result<(), String> {
        let turn = Turn {
            principals: vec![given.by.principal()],
            inputs: vec![given.input(0)],
            chain: Some(self.chain),
        };
        let (chain, outcome) = match call(&mut self.door, &Call::Turn(turn))? {
            Answer::Turned(turned) => (turned.chain.unwrap_or_default(), turned.outcomes.concat()),
            other => return Err(format!("the door answered a turn with {other:?}")),
        };
        let outcome: Outcome<'_> = decode("an outcome", &outcome).map_err(|e| e.to_string())?;
        self.given.push(given);
        self.chain = chain;
        self.last = Told::default();
        match outcome.verdict {
            Verdict::Refused(refused) => {
                self.last.refused = Some((refused.code.to_owned(), refused.message.to_owned()));
            }
            Verdict::Accepted { events } => self.follow(&events)?,
        }
        self.check()
    }

    /// Tells the follower the events, each of which must change something.
    fn follow(&mut self, events: &[EventOut<'_>]) -> Result<(), String> {
        for event in events {
            let before = digest(&mut self.follower)?;
            done(&mut self.follower, &Call::Apply { events: vec![(event.kind, event.body)] })?;
            let data = self.json(Form::Event, event.kind, event.body)?;
            let name = &self.described.events[usize::from(event.kind)].name;
            let same = before == digest(&mut self.follower)?;
            if same && !MESSAGES.contains(&name.as_str()) {
                return Err(format!("`{name}` happened, and nothing has changed: {data}"));
            }
            self.last.events.push(Happened { name: name.clone(), data });
        }
        self.happened.extend(self.last.events.iter().cloned());
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        let state = digest(&mut self.door)?;
        if self.last.events.is_empty() && state != self.state {
            return Err("nothing happened, and the state has changed".to_owned());
        }
        if state != digest(&mut self.follower)? {
            return Err("the events do not make the state".to_owned());
        }
        self.state = state;
        match call(&mut self.door, &Call::Audit)? {
            Answer::Audited(Audited { broken, .. }) if broken.is_empty() => Ok(()),
            Answer::Audited(Audited { broken, .. }) => Err(format!("laws are broken: {broken:?}")),
            other => Err(format!("the door answered an audit with {other:?}")),
        }
    }

    fn json(&mut self, form: Form, kind: u16, body: &[u8]) -> Result<Value, String> {
        let json = bytes(&mut self.door, &Call::ToJson { form, kind, bytes: body })?;
        serde_json::from_slice(&json).map_err(|error| error.to_string())
    }
}

impl Who {
    fn principal(&self) -> Principal<'_> {
        let scopes = self.scopes.iter().map(String::as_str).collect();
        Principal { subject: &self.subject, scopes }
    }
}

impl Given {
    fn input(&self, by: u16) -> Input<'_> {
        Input { at: self.at, by, kind: self.kind, command: &self.command }
    }
}

fn call<'a>(door: &'a mut Door<ShopPlugin>, call: &Call<'_>) -> Result<Answer<'a>, String> {
    let call = encode(call).map_err(|error| error.to_string())?;
    match decode("an answer", door.call(&call)) {
        Ok(Answer::Failed(failure)) => Err(failure.message),
        Ok(answer) => Ok(answer),
        Err(error) => Err(error.to_string()),
    }
}

fn done(door: &mut Door<ShopPlugin>, asked: &Call<'_>) -> Result<(), String> {
    match call(door, asked)? {
        Answer::Done { .. } => Ok(()),
        other => Err(format!("the door answered with {other:?}")),
    }
}

fn bytes(door: &mut Door<ShopPlugin>, asked: &Call<'_>) -> Result<Vec<u8>, String> {
    match call(door, asked)? {
        Answer::Bytes(bytes) => Ok(bytes.to_vec()),
        Answer::Refused(refused) => Err(format!("{}: {}", refused.code, refused.message)),
        other => Err(format!("the door answered with {other:?}")),
    }
}

fn digest(door: &mut Door<ShopPlugin>) -> Result<[u8; 32], String> {
    match call(door, &Call::Digest)? {
        Answer::Digest(digest) => Ok(digest),
        other => Err(format!("the door answered with {other:?}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
