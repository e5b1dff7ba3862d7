//! The browser door: the core's whole shop as a class for JavaScript.
//!
//! Law: translation only, and no panic and no half-done change crosses it: what can't be read is a
//! thrown `Error`, and commands are tried on a copy of what the server confirmed.

use earmark::decide::{Context, Principal};
use earmark::flow::{
    Answer, Command, Event, OrderQuery, PreviewQuery, Query, Refusal, Shop, Slice,
};
use earmark::ids::Text;
use earmark::order::OrderCommand;
use earmark::schema::{from_bytes, serialize_event_payload};
use earmark::time::Timestamp;
use earmark_abi::{Audited, Description, Form, Input};
use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use crate::ShopPlugin;
use crate::door::{Broken, Door, EventsOut, Plugin, Settled};

/// What the server confirmed, what is predicted on top of it, and the raw door.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Core {
    confirmed: Shop,
    predicted: Shop,
    door: Door<Decider>,
}

#[wasm_bindgen]
impl Core {
    /// A core that knows nothing yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a slice of the server's state for what is confirmed; nothing is predicted then.
    ///
    /// # Errors
    /// If the bytes are no slice of this version; the core stays as it was.
    pub fn load(&mut self, slice: &[u8]) -> Result<(), JsError> {
        let slice: Slice = from_bytes("these bytes are no slice of this version", slice)?;
        let shop = slice.into_shop();
        self.confirmed = shop.ok_or_else(|| JsError::new("the slice contradicts itself"))?;
        self.predicted = self.confirmed.clone();
        Ok(())
    }

    /// What would become of an order, if it were placed after all that is predicted, at the
    /// moment that the question names.
    ///
    /// # Errors
    /// If the question can't be read.
    pub fn preview(&self, query: JsValue) -> Result<JsValue, JsError> {
        let query: PreviewQuery = read(query)?;
        write(&self.predicted.preview(&query))
    }

    /// What one command would lead to after all that is predicted; changes nothing.
    ///
    /// # Errors
    /// If the command can't be read.
    pub fn place(
        &self,
        command: &JsValue,
        at: f64,
        subject: Option<String>,
    ) -> Result<JsValue, JsError> {
        settle(&mut self.predicted.clone(), command, &context(at, subject)?)
    }

    /// Predicts anew: carries out pending commands, in order, on a copy of what is confirmed.
    ///
    /// # Errors
    /// If a command can't be read; what was predicted stays as it was.
    pub fn predict(
        &mut self,
        commands: &Array,
        at: f64,
        subject: Option<String>,
    ) -> Result<JsValue, JsError> {
        let context = context(at, subject)?;
        let mut shop = self.confirmed.clone();
        let outcomes = Array::new();
        for command in commands.iter() {
            outcomes.push(&settle(&mut shop, &command, &context)?);
        }
        self.predicted = shop;
        Ok(outcomes.into())
    }

    /// An order as predicted; `null` if there is none, or it is somebody else's.
    ///
    /// # Errors
    /// If the id is none.
    pub fn order(&self, order: &str, subject: Option<String>) -> Result<JsValue, JsError> {
        let query = Query::Order(OrderQuery { order: order.parse()? });
        match self.predicted.query(&query, &principal(subject)?) {
            Ok(Answer::Order(order)) => write(&order),
            Ok(_) | Err(_) => Ok(JsValue::NULL),
        }
    }

    /// The raw door of ABI 1, with a state of its own: what the host's plugin answers to
    /// `Configure`, `Turn`, `Slice`, `Digest` and `Snapshot`, byte for byte; all else is not in
    /// this build.
    #[must_use]
    pub fn call(&mut self, call: &[u8]) -> Vec<u8> {
        self.door.call(call).to_vec()
    }
}

/// The built-in plugin, as far as it decides: so that this very build can be held against others.
/// What only a host asks for is left out: an eighth of the module.
#[derive(Debug, Default)]
struct Decider(ShopPlugin);

const NOT_HERE: &str = "this build decides, and answers nothing else";

impl Plugin for Decider {
    fn describe() -> Description {
        ShopPlugin::describe()
    }

    fn configure(roles: &[&str]) -> Result<Self, String> {
        ShopPlugin::configure(roles).map(Self)
    }

    fn restore(_: &[u8]) -> Result<Self, String> {
        Err(NOT_HERE.into())
    }

    fn snapshot(&self) -> Result<Vec<u8>, String> {
        self.0.snapshot()
    }

    fn settle(
        &mut self,
        by: &earmark_abi::Principal<'_>,
        input: &Input<'_>,
        events: &mut EventsOut,
    ) -> Result<Settled, Broken> {
        self.0.settle(by, input, events)
    }

    fn apply(&mut self, _: u16, _: &[u8]) -> Result<(), Broken> {
        Err(Broken(NOT_HERE.into()))
    }

    fn next_deadline(&self) -> Option<u64> {
        self.0.next_deadline()
    }

    fn query(&self, _: &earmark_abi::Principal<'_>, _: u16, _: &[u8]) -> Result<Vec<u8>, Settled> {
        Err(Settled { refusal: Some(("not-here", NOT_HERE.into(), vec![])), ..Settled::default() })
    }

    fn slice(&self, by: &earmark_abi::Principal<'_>, body: &[u8]) -> Result<Vec<u8>, Settled> {
        self.0.slice(by, body)
    }

    fn audit(&self) -> Audited {
        Audited { checked: 0, broken: vec![] }
    }

    fn from_json(_: Form, _: u16, _: &[u8]) -> Result<Vec<u8>, String> {
        Err(NOT_HERE.into())
    }

    fn to_json(_: Form, _: u16, _: &[u8]) -> Result<Vec<u8>, String> {
        Err(NOT_HERE.into())
    }
}

/// Carries out a command: `{ events }`, or `{ refusal }` and nothing has changed.
fn settle(shop: &mut Shop, command: &JsValue, context: &Context) -> Result<JsValue, JsError> {
    match shop.settle(&command_of(command)?, context)? {
        Ok(happened) => {
            let events = Array::new();
            for event in &happened {
                events.push(&typed(event)?);
            }
            object([("events", events.into())])
        }
        Err(refusal) => object([("refusal", refused(&refusal)?)]),
    }
}

/// A customer's command from `{ type, data }`.
fn command_of(given: &JsValue) -> Result<Command, JsError> {
    let part = |name: &str| Reflect::get(given, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let (name, data) = (part("type").as_string().unwrap_or_default(), part("data"));
    let command = match name.as_str() {
        "PlaceOrder" => OrderCommand::Place(read(data)?),
        "CancelOrder" => OrderCommand::Cancel(read(data)?),
        "AuthorizePayment" => OrderCommand::AuthorizePayment(read(data)?),
        "RequestReturn" => OrderCommand::RequestReturn(read(data)?),
        _ => return Err(JsError::new(&["there is no command `", &name, "` to predict"].concat())),
    };
    Ok(Command::Order(command))
}

fn context(at: f64, subject: Option<String>) -> Result<Context, JsError> {
    // A float to an integer saturates, and what is no number becomes 0.
    Ok(Context { at: Timestamp::from_millis(at as u64), by: principal(subject)? })
}

/// Without a subject the shop's staff asks.
fn principal(subject: Option<String>) -> Result<Principal, JsError> {
    match subject {
        Some(subject) => Ok(Principal::Customer(Text::new(&subject)?)),
        None => Ok(Principal::Staff),
    }
}

/// An event as `{ type, data }`.
fn typed(event: &Event) -> Result<JsValue, JsError> {
    let (name, data) = serialize_event_payload(event, &like_json())?;
    object([("type", name.into()), ("data", data)])
}

fn refused(refusal: &Refusal) -> Result<JsValue, JsError> {
    let (code, message) = (refusal.code().into(), refusal.to_string().into());
    object([("code", code), ("message", message), ("facts", write(refusal)?)])
}

fn object<const N: usize>(parts: [(&str, JsValue); N]) -> Result<JsValue, JsError> {
    let object = Object::new();
    for (name, value) in parts {
        let set = Reflect::set(&object, &name.into(), &value);
        set.map_err(|_| JsError::new("an object could not be written"))?;
    }
    Ok(object.into())
}

fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    Ok(serde_wasm_bindgen::from_value(value)?)
}

fn write<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    Ok(value.serialize(&like_json())?)
}

/// Objects with the fields, strings, numbers and nulls that the HTTP API's JSON has.
fn like_json() -> Serializer {
    Serializer::json_compatible()
}
