//! How an event that is heard from another partition is written: its kind and its bytes.
//!
//! Law: it is read as any event of the journal is, so old forms are taken for ever.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
#[cfg(feature = "json")]
use alloc::string::ToString as _;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::kinds::{decode_event, encode_event};
use crate::flow::Hear;
#[cfg(feature = "json")]
use crate::flow::PROCESS;

/// The kind, and the bytes as they are.
#[derive(Serialize, Deserialize)]
struct Binary(u16, Vec<u8>);

/// The kind, and the bytes in hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(rename = "HearEvent", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
struct Readable {
    /// The kind of the event: its place in the list of events.
    kind: u16,
    /// Its bytes, as the journal has them, in hexadecimal digits.
    #[cfg_attr(feature = "json", schemars(regex(pattern = "^([0-9a-f]{2})*$")))]
    bytes: String,
}

impl Serialize for Hear {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let encoded = encode_event(&self.event, Vec::new()).map_err(ser::Error::custom)?;
        let none = || ser::Error::custom("the event has no kind");
        let (kind, bytes) = encoded.ok_or_else(none)?;
        if serializer.is_human_readable() {
            let bytes = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Readable { kind, bytes }.serialize(serializer)
        } else {
            Binary(kind, bytes).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Hear {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Binary(kind, bytes) = if deserializer.is_human_readable() {
            let Readable { kind, bytes } = Readable::deserialize(deserializer)?;
            let not = || de::Error::custom("the bytes of an event are pairs of hexadecimal digits");
            Binary(kind, from_hex(&bytes).ok_or_else(not)?)
        } else {
            Binary::deserialize(deserializer)?
        };
        let event = decode_event(kind, &bytes).map_err(de::Error::custom)?;
        Ok(Self { event: Box::new(event) })
    }
}

#[cfg(feature = "json")]
impl schemars::JsonSchema for Hear {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        Readable::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = Readable::json_schema(generator);
        schema.insert("x-hears".into(), hears());
        schema
    }
}

/// What a courier brings between partitions, for a host that knows no process: each event that asks
/// something of another role, whose it is, and who is asked. `x-hears` marks a command whose
/// contents are an event of another partition, `{kind, bytes}`.
#[cfg(feature = "json")]
fn hears() -> serde_json::Value {
    let mut steps: Vec<_> = PROCESS.iter().map(|step| (step.event, step.from, step.to)).collect();
    steps.sort_unstable();
    steps.dedup();
    let step = |(event, from, to)| serde_json::json!({ "event": event, "from": from, "to": to });
    steps.into_iter().map(step).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |&[high, low]: &[u8; 2]| Some((digit(high)? << 4) | digit(low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}
