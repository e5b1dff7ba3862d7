//! What a partition hears of others: which events, and by which command.
//!
//! Law: this comes from the plugin's description and the journal's roles alone, so the host knows
//! no process.

use earmark_abi::Description;
use serde::Deserialize;

/// Which events of another partition are brought, and as which command.
///
/// A plugin says so in the JSON Schema of one command: `"x-hears": [{"event": NAME, "from": ROLE,
/// "to": ROLE}, ...]`. The contents of such a command are `{"kind": N, "bytes": HEX}`: the event's
/// kind, and its bytes as the other journal has them. A partition hears an event of a role that it
/// has not, and that asks something of a role that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    /// The kind of the command.
    command: u16,
    /// The names of the events.
    names: Vec<String>,
    /// Whether a kind of event is brought; the place is the kind.
    kinds: Vec<bool>,
}

/// What of a command's schema says what it hears.
#[derive(Deserialize)]
struct Schema {
    #[serde(rename = "x-hears")]
    hears: Vec<Step>,
}

/// An event of one role that asks something of another.
#[derive(Deserialize)]
struct Step {
    event: String,
    from: String,
    to: String,
}

impl Hearing {
    /// What a partition with these roles hears; none for all roles, as in a journal's header, or
    /// if the plugin has no command that hears.
    #[must_use]
    pub fn of(says: &Description, roles: &[String]) -> Option<Self> {
        let read = |schema: &str| serde_json::from_str::<Schema>(schema).ok();
        let commands = (0..).zip(&says.commands);
        let mut hearing = commands.filter_map(|(kind, one)| Some((kind, read(&one.schema)?)));
        let (command, Schema { hears }) = hearing.next()?;
        let here = |role: &String| roles.is_empty() || roles.contains(role);
        let asks = |step: &Step| !here(&step.from) && here(&step.to);
        let mut names: Vec<String> =
            hears.into_iter().filter(asks).map(|step| step.event).collect();
        names.sort_unstable();
        names.dedup();
        let kinds: Vec<bool> =
            says.events.iter().map(|event| names.contains(&event.name)).collect();
        kinds.contains(&true).then_some(Self { command, names, kinds })
    }

    /// The same, but only of events whose name is so.
    #[must_use]
    pub fn only(mut self, says: &Description, keep: impl Fn(&str) -> bool) -> Self {
        self.names.retain(|name| keep(name));
        self.kinds = says.events.iter().map(|event| self.names.contains(&event.name)).collect();
        self
    }

    /// The names of the events that are brought, in their order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The kind of the command that brings them.
    #[must_use]
    pub fn command(&self) -> u16 {
        self.command
    }

    /// Whether an event of this kind is brought; none if there is no such kind.
    pub(super) fn hears(&self, kind: u16) -> Option<bool> {
        self.kinds.get(usize::from(kind)).copied()
    }

    /// The contents of the command, as JSON.
    pub(super) fn contents(kind: u16, body: &[u8]) -> String {
        use std::fmt::Write as _;
        let mut text = format!(r#"{{"kind":{kind},"bytes":""#);
        for byte in body {
            // Writing into a text never fails.
            let _ = write!(text, "{byte:02x}");
        }
        text.push_str("\"}");
        text
    }
}

#[cfg(test)]
mod tests {
    use earmark_abi::{CommandType, EventType};

    use super::*;

    fn says(schema: &str) -> Description {
        let command = |name: &str, schema: &str| CommandType {
            name: name.into(),
            about: String::new(),
            scope: String::new(),
            schema: schema.into(),
        };
        let event = |name: &str| EventType {
            name: name.into(),
            ce_type: format!("test.{name}"),
            schema: String::new(),
        };
        Description {
            name: "rooms".into(),
            version: "1".into(),
            schema_version: 1,
            roles: vec!["a".into(), "b".into()],
            commands: vec![command("Do", "{}"), command("Hear", schema)],
            events: ["Asked", "Told", "Asked"].map(event).into(),
            queries: Vec::new(),
            tick: None,
            refusal_schema: String::new(),
            slice_schema: String::new(),
        }
    }

    const HEARS: &str = r#"{"x-hears": [
        {"event": "Asked", "from": "a", "to": "b"}, {"event": "Told", "from": "b", "to": "a"},
        {"event": "Asked", "from": "a", "to": "a"}]}"#;

    #[test]
    fn a_partition_hears_what_others_ask_of_it_in_all_versions() {
        let (says, role) = (says(HEARS), |role: &str| vec![role.to_string()]);
        let b = Hearing::of(&says, &role("b")).expect("b hears");
        assert_eq!((b.command(), b.names()), (1, &["Asked".to_string()][..]));
        let heard: Vec<_> = (0..4).map(|kind| b.hears(kind)).collect();
        assert_eq!(heard, [Some(true), Some(false), Some(true), None]);
        let a = Hearing::of(&says, &role("a")).expect("a hears");
        assert_eq!(a.names(), ["Told"]);
        assert_eq!(b.only(&says, |name| name != "Asked").names(), [""; 0]);
    }

    #[test]
    fn whoever_has_all_roles_or_a_plugin_that_does_not_say_so_hears_nothing() {
        let all = ["a", "b"].map(String::from);
        assert_eq!(Hearing::of(&says(HEARS), &[]), None, "none means all");
        assert_eq!(Hearing::of(&says(HEARS), &all), None);
        for schema in ["", "true", "{}", r#"{"x-hears": true}"#, r#"{"x-hears": [1]}"#] {
            assert_eq!(Hearing::of(&says(schema), &all[..1]), None, "{schema}");
        }
    }

    #[test]
    fn the_contents_are_the_kind_and_the_bytes() {
        assert_eq!(Hearing::contents(7, &[0, 171]), r#"{"kind":7,"bytes":"00ab"}"#);
    }
}
