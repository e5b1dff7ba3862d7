//! A plugin that has nothing to do with orders: who sits where.
//!
//! It is here so that the host provably knows no domain, and as a beginning for plugins of your own
//! (`docs/plugins.md` in `host-runtime/`). The reducer is `decide`, `evolve` and `answer`; all else
//! says what the API shows.

use std::collections::BTreeMap;

use earmark_wasm::{Asked, Kind, Reducer, Refusal};
use serde::{Deserialize, Serialize};

/// Who sits where.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Seats(BTreeMap<u16, String>);

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "said in `COMMANDS`")]
pub enum Command {
    Take { seat: u16, guest: String },
    Leave { seat: u16 },
}

/// What happens.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "said in `EVENTS`")]
pub enum Event {
    Taken { seat: u16, guest: String },
    Left { seat: u16 },
}

/// What can be asked without changing anything.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "said in `QUERIES`")]
pub enum Query {
    Guests,
}

impl Reducer for Seats {
    const NAME: &'static str = "seats";
    const VERSION: &'static str = "1.0.0";
    const DOMAIN: &'static str = "com.example.seats";
    const COMMANDS: &'static [Kind] = &[
        Kind { name: "Take", about: "Take a seat.", scope: "seats:write", schema: TAKE },
        Kind { name: "Leave", about: "Leave a seat.", scope: "seats:write", schema: LEAVE },
    ];
    const EVENTS: &'static [Kind] = &[
        Kind { name: "Taken", about: "Somebody sits there.", scope: "", schema: TAKE },
        Kind { name: "Left", about: "Nobody sits there.", scope: "", schema: LEAVE },
    ];
    const QUERIES: &'static [Kind] =
        &[Kind { name: "Guests", about: "Who sits where?", scope: "seats:read", schema: "true" }];
    type Command = Command;
    type Event = Event;
    type Query = Query;
    type Answer = BTreeMap<u16, String>;

    fn decide(&self, asked: &Asked<'_, Command>) -> Result<Vec<Event>, Refusal> {
        match asked.what {
            Command::Take { seat, guest } => match self.0.get(seat) {
                Some(known) if known == guest => Ok(vec![]),
                Some(_) => Err(Refusal {
                    code: "seat-taken",
                    message: format!("somebody sits on seat {seat}: take another one"),
                }),
                None => Ok(vec![Event::Taken { seat: *seat, guest: guest.clone() }]),
            },
            Command::Leave { seat } if self.0.contains_key(seat) => {
                Ok(vec![Event::Left { seat: *seat }])
            }
            Command::Leave { .. } => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Taken { seat, guest } => drop(self.0.insert(*seat, guest.clone())),
            Event::Left { seat } => drop(self.0.remove(seat)),
        }
    }

    fn answer(&self, asked: &Asked<'_, Query>) -> Result<BTreeMap<u16, String>, Refusal> {
        match asked.what {
            Query::Guests => Ok(self.0.clone()),
        }
    }
}

const TAKE: &str = r#"{"type": "object", "required": ["seat", "guest"], "properties": {
    "seat": {"type": "integer", "minimum": 0, "maximum": 65535},
    "guest": {"type": "string"}}}"#;
const LEAVE: &str = r#"{"type": "object", "required": ["seat"], "properties": {
    "seat": {"type": "integer", "minimum": 0, "maximum": 65535}}}"#;

earmark_wasm::plugin!(earmark_wasm::Reduced<crate::Seats>);
