//! An event as it is told outside: a CloudEvent 1.0 in JSON, in one line.
//!
//! Law: an event is told in the same bytes whoever tells it, the feed or an export. It is durable:
//! what the plugin can't read any more is told as that, and does not end what comes after it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earmark_abi::{Description, Envelope, Form};

use super::feed::FeedEvent;
use super::translate::Translator;
use crate::journal::Header;
use crate::plugin::Fault;

/// What the `source` of each journal's events begins with.
pub(super) const JOURNAL: &str = "urn:earmark:journal:";

/// The `source` of a journal's events.
#[must_use]
pub fn source_of(header: &Header) -> String {
    let id: String = header.id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{JOURNAL}{id}")
}

/// The kinds of events of a name in all their versions, or of one version by its CloudEvents type.
///
/// # Errors
/// The names that there are, if it is none of them.
pub fn event_kinds<'a>(says: &'a Description, name: &str) -> Result<Vec<u16>, Vec<&'a str>> {
    let all = &says.events;
    let named = (0..).zip(all).filter(|(_, event)| event.name == name || event.ce_type == name);
    let kinds: Vec<u16> = named.map(|(kind, _)| kind).collect();
    if !kinds.is_empty() {
        return Ok(kinds);
    }
    let mut known: Vec<&str> = all.iter().map(|event| event.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    Err(known)
}

/// The contents of an event, as its JSON has them.
#[derive(Debug)]
pub struct Contents {
    /// What they are called, with the comma before it.
    pub called: &'static str,
    /// They, or why the plugin can't read them.
    pub json: Vec<u8>,
    /// Why it can't, if it can't.
    pub unreadable: Option<String>,
    /// Whether they are the event's own bytes, in Base64.
    pub is_bytes: bool,
}

impl Contents {
    /// Of an event of this kind.
    #[must_use]
    pub fn of(translator: &Translator, kind: u16, body: &[u8]) -> Self {
        let read = Self::read(translator, kind, body);
        read.unwrap_or_else(|fault| Self::unreadable(fault.to_string()))
    }

    /// Of an event of this kind, for whoever can wait until the machine is less busy.
    ///
    /// # Errors
    /// [`Fault::Deadline`]: the clock ended the call, which says nothing of the event.
    pub fn read(translator: &Translator, kind: u16, body: &[u8]) -> Result<Self, Fault> {
        match translator.to_json(Form::Event, kind, body) {
            Ok(Ok(json)) => {
                Ok(Self { called: r#","data":"#, json, unreadable: None, is_bytes: false })
            }
            Ok(Err(why)) => Ok(Self::unreadable(why)),
            Err(fault @ Fault::Deadline(_)) => Err(fault),
            Err(fault) => Ok(Self::unreadable(fault.to_string())),
        }
    }

    /// Of an event that the plugin can't read, and why.
    #[must_use]
    pub fn unreadable(why: String) -> Self {
        let (called, json) = (r#","data":null,"unreadable":"#, serde_json::to_vec(&why));
        let (json, unreadable) = (json.unwrap_or_default(), Some(why));
        Self { called, json, unreadable, is_bytes: false }
    }

    /// The event's own bytes, for a host that hands them to its own plugin.
    #[must_use]
    pub fn bytes(body: &[u8]) -> Self {
        let json = format!("\"{}\"", STANDARD.encode(body)).into_bytes();
        Self { called: r#","data_base64":"#, json, unreadable: None, is_bytes: true }
    }
}

/// Writes an event of the journal `source` with its contents as a CloudEvent: one line of JSON,
/// without its end.
///
/// # Errors
/// [`Fault`] if the envelope can't be written, which none brings about.
pub fn write_cloud_event(
    source: &str,
    says: &Description,
    event: &FeedEvent,
    contents: &Contents,
    text: &mut Vec<u8>,
) -> Result<(), Fault> {
    let FeedEvent { sequence, input, at, kind, subject, trace, .. } = event;
    let ce_type = says.events.get(usize::from(*kind)).map_or("", |event| &event.ce_type);
    let mut envelope = Envelope {
        traceparent: trace.clone().unwrap_or_default(),
        ..Envelope::new(source, *sequence, *input, ce_type, subject, *at)
    };
    if contents.is_bytes {
        envelope.datacontenttype = "application/octet-stream".into();
    }
    serde_json::to_writer(&mut *text, &envelope)
        .map_err(|error| Fault::Answer(error.to_string()))?;
    // The contents go inside of the envelope's braces.
    text.pop();
    text.extend_from_slice(contents.called.as_bytes());
    text.extend(one_line(&contents.json));
    text.push(b'}');
    Ok(())
}

/// A line's end would end the message; in JSON it can only stand where a blank can.
pub fn one_line(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte })
}
