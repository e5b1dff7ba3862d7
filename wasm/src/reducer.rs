//! The short way to a plugin: a reducer over serde types, and nothing else to write.
//!
//! [`Reduced`] makes any [`Reducer`] a [`Plugin`]: commands, events, queries and answers are enums,
//! the place of a variant is its kind, and JSON is theirs by serde. Whoever needs more (roles,
//! deadlines, slices, older versions of an event, bytes of his own) implements [`Plugin`] itself,
//! as the built-in shop does.
//!
//! Law: no logic lives here. What a reducer did not decide is not in any event.

use earmark_abi::{
    Audited, BrokenLaw, CommandType, Description, EventType, Form, Input, Principal, QueryType,
    decode, encode,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::door::{Broken, EventsOut, Plugin, Settled};

/// A state that decides what a command causes, and folds in what was caused.
///
/// Both must be functions of what they are given alone: no clock, no chance, no order of a hash
/// table. Variants of the enums are only ever appended: their places are their kinds for ever.
pub trait Reducer: Default + Serialize + DeserializeOwned {
    /// Its name, in lower case.
    const NAME: &'static str;
    /// Its version.
    const VERSION: &'static str;
    /// What the types of its events begin with: reverse-DNS, such as `com.example.seats`.
    const DOMAIN: &'static str;
    /// The variants of [`Reducer::Command`], in their order.
    const COMMANDS: &'static [Kind];
    /// The variants of [`Reducer::Event`], in their order.
    const EVENTS: &'static [Kind];
    /// The variants of [`Reducer::Query`], in their order.
    const QUERIES: &'static [Kind];
    /// What can be asked of it: an enum.
    type Command: Serialize + DeserializeOwned;
    /// What happens: an enum.
    type Event: Serialize + DeserializeOwned;
    /// What can be asked without changing anything: an enum.
    type Query: Serialize + DeserializeOwned;
    /// What is answered.
    type Answer: Serialize + DeserializeOwned;

    /// What a command causes at a moment (milliseconds since the epoch): nothing if it was carried
    /// out before.
    ///
    /// # Errors
    /// Why it is refused; nothing changes then.
    fn decide(&self, asked: &Asked<'_, Self::Command>) -> Result<Vec<Self::Event>, Refusal>;

    /// Folds in an event: of its own deciding, now or long ago.
    fn evolve(&mut self, event: &Self::Event);

    /// Answers a question.
    ///
    /// # Errors
    /// Why there is no answer, or not for this one.
    fn answer(&self, asked: &Asked<'_, Self::Query>) -> Result<Self::Answer, Refusal>;

    /// The laws it checks over its state: how many, and those that do not hold.
    fn audit(&self) -> (u64, Vec<BrokenLaw>) {
        (0, Vec::new())
    }
}

/// A command or a question, with whoever asks and when.
#[derive(Debug)]
pub struct Asked<'a, T> {
    /// What is asked.
    pub what: &'a T,
    /// Who asks, and what he may do. His scopes were checked by the host.
    pub by: &'a Principal<'a>,
    /// When, in milliseconds since the epoch; 0 of a question.
    pub at: u64,
}

/// A variant, as the API shows it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name, exactly as in the enum.
    pub name: &'static str,
    /// What it does or tells, in a sentence.
    pub about: &'static str,
    /// The scope that it needs; of an event none.
    pub scope: &'static str,
    /// JSON Schema of its fields; `true` for any.
    pub schema: &'static str,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its stable code, such as `seat-taken`.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
}

/// A reducer behind the door.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reduced<R>(R);

impl<R: Reducer> Plugin for Reduced<R> {
    fn describe() -> Description {
        let text = String::from;
        let command = |kind: &Kind| CommandType {
            name: text(kind.name),
            about: text(kind.about),
            scope: text(kind.scope),
            schema: text(kind.schema),
        };
        let event = |kind: &Kind| EventType {
            name: text(kind.name),
            ce_type: format!("{}.{}.v1", R::DOMAIN, kind.name),
            schema: text(kind.schema),
        };
        let query = |kind: &Kind| QueryType {
            name: text(kind.name),
            about: text(kind.about),
            scope: text(kind.scope),
            schema: text(kind.schema),
            answer_schema: text("true"),
        };
        Description {
            name: text(R::NAME),
            version: text(R::VERSION),
            schema_version: 1,
            roles: Vec::new(),
            commands: R::COMMANDS.iter().map(command).collect(),
            events: R::EVENTS.iter().map(event).collect(),
            queries: R::QUERIES.iter().map(query).collect(),
            tick: None,
            refusal_schema: text("true"),
            slice_schema: String::new(),
        }
    }

    fn configure(roles: &[&str]) -> Result<Self, String> {
        match roles {
            [] => Ok(Self::default()),
            [role, ..] => Err(format!("{} has no role `{role}`, nor any other", R::NAME)),
        }
    }

    fn restore(snapshot: &[u8]) -> Result<Self, String> {
        decode("a snapshot", snapshot).map(Self).map_err(|e| e.to_string())
    }

    fn snapshot(&self) -> Result<Vec<u8>, String> {
        encode(&self.0).map_err(|e| e.to_string())
    }

    fn settle(
        &mut self,
        by: &Principal<'_>,
        input: &Input<'_>,
        events: &mut EventsOut,
    ) -> Result<Settled, Broken> {
        let command: R::Command = match of_kind(input.kind, "a command", input.command) {
            Ok(command) => command,
            Err(why) => return Ok(refused("malformed", why)),
        };
        match self.0.decide(&Asked { what: &command, by, at: input.at }) {
            Err(Refusal { code, message }) => Ok(refused(code, message)),
            Ok(happened) => {
                for event in &happened {
                    self.0.evolve(event);
                    events.push(String::new(), String::new(), |mut out| {
                        let bytes = encode(event).map_err(|e| Broken(e.to_string()))?;
                        let kind = kind_of(&bytes).map_err(Broken)?;
                        out.extend_from_slice(&bytes);
                        Ok((kind, out))
                    })?;
                }
                Ok(Settled::default())
            }
        }
    }

    fn apply(&mut self, kind: u16, body: &[u8]) -> Result<(), Broken> {
        self.0.evolve(&of_kind(kind, "an event", body).map_err(Broken)?);
        Ok(())
    }

    fn next_deadline(&self) -> Option<u64> {
        None
    }

    fn query(&self, by: &Principal<'_>, kind: u16, body: &[u8]) -> Result<Vec<u8>, Settled> {
        let malformed = |why| refused("malformed", why);
        let what: R::Query = of_kind(kind, "a query", body).map_err(malformed)?;
        let answer = self.0.answer(&Asked { what: &what, by, at: 0 });
        let answer = answer.map_err(|Refusal { code, message }| refused(code, message))?;
        encode(&answer).map_err(|e| malformed(e.to_string()))
    }

    fn slice(&self, _by: &Principal<'_>, _body: &[u8]) -> Result<Vec<u8>, Settled> {
        Err(refused("no-slices", format!("{} has no slices", R::NAME)))
    }

    fn audit(&self) -> Audited {
        let (checked, broken) = self.0.audit();
        Audited { checked, broken }
    }

    fn from_json(form: Form, kind: u16, json: &[u8]) -> Result<Vec<u8>, String> {
        match form {
            Form::Command => variant_from::<R::Command>(R::COMMANDS, kind, json),
            Form::Event => variant_from::<R::Event>(R::EVENTS, kind, json),
            Form::Query => variant_from::<R::Query>(R::QUERIES, kind, json),
            Form::Answer => {
                let answer: R::Answer = serde_json::from_slice(json).map_err(|e| e.to_string())?;
                encode(&answer).map_err(|e| e.to_string())
            }
            Form::Refusal | Form::SliceRequest => Ok(Vec::new()),
        }
    }

    fn to_json(form: Form, kind: u16, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let json = match form {
            Form::Command => fields(&of_kind::<R::Command>(kind, "a command", bytes)?)?,
            Form::Event => fields(&of_kind::<R::Event>(kind, "an event", bytes)?)?,
            Form::Query => fields(&of_kind::<R::Query>(kind, "a query", bytes)?)?,
            Form::Answer => {
                let answer: R::Answer = decode("an answer", bytes).map_err(|e| e.to_string())?;
                serde_json::to_value(&answer).map_err(|e| e.to_string())?
            }
            Form::Refusal | Form::SliceRequest => Value::Null,
        };
        Ok(json.to_string().into_bytes())
    }
}

fn refused(code: &'static str, message: String) -> Settled {
    Settled { refusal: Some((code, message, Vec::new())), ..Settled::default() }
}

/// The variant that bytes begin with: postcard writes its place first.
fn kind_of(bytes: &[u8]) -> Result<u16, String> {
    let (place, _) = postcard::take_from_bytes::<u32>(bytes).map_err(|e| e.to_string())?;
    u16::try_from(place).map_err(|_| "there are too many kinds".to_string())
}

fn of_kind<T: DeserializeOwned>(kind: u16, what: &'static str, bytes: &[u8]) -> Result<T, String> {
    let found = kind_of(bytes)?;
    if found != kind {
        return Err(format!("these are the bytes of kind {found}, and not of kind {kind}"));
    }
    decode(what, bytes).map_err(|e| e.to_string())
}

/// A variant of the name and the fields that are given apart.
fn variant_from<T>(kinds: &[Kind], kind: u16, json: &[u8]) -> Result<Vec<u8>, String>
where
    T: Serialize + DeserializeOwned,
{
    let name = kinds.get(usize::from(kind)).map(|kind| kind.name);
    let name = name.ok_or_else(|| format!("there is no kind {kind}"))?;
    let given: Value = serde_json::from_slice(json).map_err(|e| e.to_string())?;
    let nothing = given.is_null() || given.as_object().is_some_and(serde_json::Map::is_empty);
    let mut read: Result<T, _> = serde_json::from_value(json!({ name: given }));
    if nothing && read.is_err() {
        // A variant without fields.
        read = serde_json::from_value(Value::from(name)).or(read);
    }
    encode(&read.map_err(|e| e.to_string())?).map_err(|e| e.to_string())
}

/// What a variant has, without its name.
fn fields<T: Serialize>(value: &T) -> Result<Value, String> {
    match serde_json::to_value(value).map_err(|e| e.to_string())? {
        Value::Object(variant) => Ok(variant.into_iter().next().map_or(json!({}), |(_, is)| is)),
        _ => Ok(json!({})),
    }
}
