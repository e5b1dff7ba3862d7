//! The built-in plugin: the core's whole shop behind the door.
//!
//! Law: translation only: kinds to commands, principals to principals, refusals to codes.

use earmark::decide::{Context, Principal as Who};
use earmark::flow::{Command, Event, QueryRefusal, Roles, Shop, Slice};
use earmark::ids::{OrderId, Text};
use earmark::inventory::InventoryEvent;
use earmark::limits::COMMAND_BYTES;
use earmark::schema;
use earmark::time::Timestamp;
use earmark_abi::{
    Audited, BrokenLaw, CommandType, Description, EventType, Form, Input, Principal, QueryType,
};

use crate::door::{Broken, EventsOut, Plugin, Settled};

/// The scope of those who work for the shop, and may act for any customer.
const STAFF: &str = "staff";
/// The scope of the flow itself: couriers, and the host's clock.
const FLOW: &str = "flow";

/// The core's shop as a plugin.
#[derive(Debug, Default)]
pub struct ShopPlugin {
    shop: Shop,
}

impl ShopPlugin {
    /// The shop itself, for whoever links the core natively.
    #[must_use]
    pub fn shop(&self) -> &Shop {
        &self.shop
    }
}

impl Plugin for ShopPlugin {
    fn describe() -> Description {
        let command = |(kind, of): (u16, &schema::KindOfCommand)| CommandType {
            name: of.name.into(),
            about: of.about.into(),
            scope: of.scope.into(),
            schema: text::command_schema(kind),
        };
        let event = |(kind, of): (u16, &schema::KindOfEvent)| EventType {
            name: of.name.into(),
            ce_type: format!("dev.earmark.{}.v{}", of.name, of.version),
            schema: text::event_schema(kind),
        };
        let query = |(kind, of): (u16, &schema::KindOfQuery)| QueryType {
            name: of.name.into(),
            about: of.about.into(),
            scope: of.scope.into(),
            schema: text::query_schema(kind),
            answer_schema: text::answer_schema(kind),
        };
        Description {
            name: "earmark-shop".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            schema_version: schema::VERSION,
            roles: Roles::ALL.names().into_iter().map(String::from).collect(),
            commands: (0..).zip(schema::COMMANDS).map(command).collect(),
            events: (0..).zip(schema::EVENTS).map(event).collect(),
            queries: (0..).zip(schema::QUERIES).map(query).collect(),
            tick: schema::COMMANDS.iter().position(|c| c.name == "Tick").map(|at| at as u16),
            refusal_schema: text::refusal_schema(),
            slice_schema: text::slice_request_schema(),
        }
    }

    fn configure(roles: &[&str]) -> Result<Self, String> {
        if roles.is_empty() {
            return Ok(Self::default());
        }
        let mut local = Roles::NONE;
        for role in roles {
            let unknown = || {
                let known = Roles::ALL.names().join(", ");
                format!("there is no role `{role}`; there are: {known}")
            };
            local = local.and(role).ok_or_else(unknown)?;
        }
        Ok(Self { shop: Shop::with_roles(local) })
    }

    fn restore(snapshot: &[u8]) -> Result<Self, String> {
        let mut shop: Shop =
            schema::from_bytes("a snapshot", snapshot).map_err(|e| e.to_string())?;
        shop.restore();
        Ok(Self { shop })
    }

    fn snapshot(&self) -> Result<Vec<u8>, String> {
        schema::to_bytes(&self.shop).map_err(|e| e.to_string())
    }

    fn settle(
        &mut self,
        by: &Principal<'_>,
        input: &Input<'_>,
        events: &mut EventsOut,
    ) -> Result<Settled, Broken> {
        let by = match who(by) {
            Ok(by) => by,
            Err(refusal) => return Ok(refusal),
        };
        if input.command.len() > COMMAND_BYTES {
            let given = input.command.len();
            let message = format!("the command has {given} bytes, at most {COMMAND_BYTES} go");
            return Ok(refuse("too-large", message));
        }
        let command = match schema::decode_command(input.kind, input.command) {
            Ok(command) => command,
            Err(error) => return Ok(refuse("malformed", error.to_string())),
        };
        let context = Context { at: Timestamp::from_millis(input.at), by };
        let order = subject_of(&command);
        let settled = self.shop.settle(&command, &context).map_err(|e| Broken(e.to_string()))?;
        let subject = order.map(|order| order.to_string()).unwrap_or_default();
        let mut outcome = Settled { subject, ..Settled::default() };
        match settled {
            Ok(happened) => {
                // Not of a refusal: whoever was refused may not know whose the order is.
                outcome.owner = order.map(|order| self.owner(order)).unwrap_or_default();
                self.write(order, &happened, events)?;
            }
            Err(refusal) => {
                let body = schema::to_bytes(&refusal).map_err(|e| Broken(e.to_string()))?;
                outcome.refusal = Some((refusal.code(), refusal.to_string(), body));
            }
        }
        Ok(outcome)
    }

    fn apply(&mut self, kind: u16, body: &[u8]) -> Result<(), Broken> {
        let event = schema::decode_event(kind, body).map_err(|e| Broken(e.to_string()))?;
        self.shop.apply(&event).map_err(|e| Broken(e.to_string()))
    }

    fn next_deadline(&self) -> Option<u64> {
        self.shop.next_deadline().map(Timestamp::as_millis)
    }

    fn query(&self, by: &Principal<'_>, kind: u16, body: &[u8]) -> Result<Vec<u8>, Settled> {
        let by = who(by)?;
        let query = schema::decode_query(kind, body)
            .map_err(|error| refuse("malformed", error.to_string()))?;
        let answer = self.shop.query(&query, &by).map_err(|refusal| query_refused(&refusal))?;
        schema::encode_answer(&answer).map_err(|error| refuse("malformed", error.to_string()))
    }

    fn slice(&self, by: &Principal<'_>, body: &[u8]) -> Result<Vec<u8>, Settled> {
        let by = who(by)?;
        let request: schema::SliceRequest = schema::from_bytes("a request for a slice", body)
            .map_err(|error| refuse("malformed", error.to_string()))?;
        request.check().map_err(|error| refuse("malformed", error.to_string()))?;
        let slice = Slice::of(&self.shop, &request.items, &request.orders, &by);
        schema::to_bytes(&slice).map_err(|error| refuse("malformed", error.to_string()))
    }

    fn audit(&self) -> Audited {
        let audit = self.shop.audit();
        let law = |b: earmark::laws::Broken| BrokenLaw { law: b.law.into(), found: b.found };
        Audited { checked: audit.checked, broken: audit.broken.into_iter().map(law).collect() }
    }

    fn from_json(form: Form, kind: u16, json: &[u8]) -> Result<Vec<u8>, String> {
        text::from_json(form, kind, json)
    }

    fn to_json(form: Form, kind: u16, bytes: &[u8]) -> Result<Vec<u8>, String> {
        text::to_json(form, kind, bytes)
    }
}

impl ShopPlugin {
    fn owner(&self, order: OrderId) -> String {
        let order = self.shop.orders().get(order);
        order.and_then(|o| o.owner.as_ref()).map(Text::to_string).unwrap_or_default()
    }

    fn write(
        &self,
        about: Option<OrderId>,
        happened: &[Event],
        out: &mut EventsOut,
    ) -> Result<(), Broken> {
        for event in happened {
            let (subject, owner) = match event.order() {
                Some(order) if Some(order) == about => (String::new(), String::new()),
                Some(order) => (order.to_string(), self.owner(order)),
                None => (thing(event), String::new()),
            };
            out.push(subject, owner, |bytes| {
                let written = schema::encode_event(event, bytes).map_err(|e| e.to_string())?;
                written.ok_or_else(|| "an event without a kind".to_string())
            })
            .map_err(Broken)?;
        }
        Ok(())
    }
}

/// The order a command is about.
fn subject_of(command: &Command) -> Option<OrderId> {
    match command {
        Command::Order(command) => command.order(),
        Command::Hear(heard) => heard.event.order(),
        Command::Fulfilment(command) => command.order(),
        Command::Payment(command) => command.order(),
        Command::SetPolicy(_)
        | Command::Tick(_)
        | Command::Inventory(_)
        | Command::Notification(_) => None,
    }
}

/// What an event without an order is about.
fn thing(event: &Event) -> String {
    match event {
        Event::Inventory(InventoryEvent::ItemDefined(e)) => e.id.to_string(),
        Event::Inventory(InventoryEvent::FacilityDefined(e)) => e.id.to_string(),
        Event::Inventory(InventoryEvent::Received(e)) => e.item.id.to_string(),
        Event::Inventory(InventoryEvent::Adjusted(e)) => e.item.id.to_string(),
        Event::Inventory(InventoryEvent::FacilityRulesSet(e)) => e.facility.to_string(),
        Event::Inventory(InventoryEvent::ItemRulesSet(e)) => e.item.id.to_string(),
        Event::Inventory(InventoryEvent::UnitPricesSet(e)) => e.item.id.to_string(),
        Event::Inventory(InventoryEvent::KitDefined(e)) => e.id.to_string(),
        Event::Policy(_)
        | Event::Order(_)
        | Event::Inventory(_)
        | Event::Notification(_)
        | Event::Fulfilment(_)
        | Event::Payment(_) => String::new(),
    }
}

/// Whoever asks, as the core knows him.
fn who(by: &Principal<'_>) -> Result<Who, Settled> {
    if by.scopes.contains(&FLOW) {
        return Ok(Who::System);
    }
    if by.scopes.contains(&STAFF) {
        return Ok(Who::Staff);
    }
    let subject = Text::new(by.subject);
    subject.map(Who::Customer).map_err(|error| refuse("no-subject", error.to_string()))
}

fn refuse(code: &'static str, message: String) -> Settled {
    Settled { refusal: Some((code, message, Vec::new())), ..Settled::default() }
}

fn query_refused(refusal: &QueryRefusal) -> Settled {
    refuse(refusal.code(), refusal.to_string())
}

/// JSON, where the build has it.
mod text {
    #[cfg(feature = "json")]
    pub(super) use earmark::schema::{
        answer_schema, command_schema, event_schema, query_schema, refusal_schema,
        slice_request_schema,
    };

    use earmark_abi::Form;

    #[cfg(feature = "json")]
    pub(super) fn from_json(form: Form, kind: u16, json: &[u8]) -> Result<Vec<u8>, String> {
        use earmark::schema::{
            command_from_json, encode_command, encode_query, query_from_json,
            slice_request_from_json, to_bytes,
        };
        let told = |error: earmark::schema::NotReadable| error.to_string();
        let of_kind = |written: Option<(u16, Vec<u8>)>| match written {
            Some((now, bytes)) if now == kind => Ok(bytes),
            Some((now, _)) => Err(format!("kind {kind} is an older version: give kind {now}")),
            None => Err("it has no kind".to_string()),
        };
        match form {
            Form::Command => {
                let command = command_from_json(kind, json).map_err(told)?;
                of_kind(encode_command(&command, Vec::new()).map_err(told)?)
            }
            Form::Query => {
                let query = query_from_json(kind, json).map_err(told)?;
                of_kind(encode_query(&query, Vec::new()).map_err(told)?)
            }
            Form::SliceRequest => {
                to_bytes(&slice_request_from_json(json).map_err(told)?).map_err(told)
            }
            Form::Event | Form::Answer | Form::Refusal => {
                Err("events, answers and refusals are written, never read, as JSON".to_string())
            }
        }
    }

    #[cfg(feature = "json")]
    pub(super) fn to_json(form: Form, kind: u16, bytes: &[u8]) -> Result<Vec<u8>, String> {
        use earmark::flow::Refusal;
        use earmark::schema::{
            answer_to_json, command_to_json, decode_answer, decode_command, decode_event,
            event_to_json, from_bytes, refusal_to_json,
        };
        let told = |error: earmark::schema::NotReadable| error.to_string();
        match form {
            Form::Command => command_to_json(&decode_command(kind, bytes).map_err(told)?)
                .map_err(told)?
                .ok_or_else(|| "it has no kind".to_string()),
            Form::Event => event_to_json(&decode_event(kind, bytes).map_err(told)?).map_err(told),
            Form::Answer => answer_to_json(&decode_answer(bytes).map_err(told)?).map_err(told),
            Form::Refusal if bytes.is_empty() => Ok(b"null".to_vec()),
            Form::Refusal => {
                let refusal: Refusal = from_bytes("a refusal", bytes).map_err(told)?;
                refusal_to_json(&refusal).map_err(told)
            }
            Form::Query | Form::SliceRequest => {
                Err("queries are read, never written, as JSON".to_string())
            }
        }
    }

    #[cfg(not(feature = "json"))]
    mod without {
        use super::Form;

        const NONE: &str = "this build of the plugin has no JSON";

        pub(in super::super) fn from_json(_: Form, _: u16, _: &[u8]) -> Result<Vec<u8>, String> {
            Err(NONE.to_string())
        }
        pub(in super::super) fn to_json(_: Form, _: u16, _: &[u8]) -> Result<Vec<u8>, String> {
            Err(NONE.to_string())
        }
        pub(in super::super) fn command_schema(_: u16) -> String {
            String::new()
        }
        pub(in super::super) fn event_schema(_: u16) -> String {
            String::new()
        }
        pub(in super::super) fn query_schema(_: u16) -> String {
            String::new()
        }
        pub(in super::super) fn answer_schema(_: u16) -> String {
            String::new()
        }
        pub(in super::super) fn refusal_schema() -> String {
            String::new()
        }
        pub(in super::super) fn slice_request_schema() -> String {
            String::new()
        }
    }
    #[cfg(not(feature = "json"))]
    pub(super) use without::{
        answer_schema, command_schema, event_schema, from_json, query_schema, refusal_schema,
        slice_request_schema, to_json,
    };
}
