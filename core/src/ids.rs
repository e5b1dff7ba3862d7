//! Names of things: orders, items, facilities, and the parts of an order.
//!
//! Law: an id is never reused and never changes; what people may rename (SKU, code) is an
//! attribute. Ids are strings in JSON and small integers or 16 bytes in the binary form.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;
use uuid::Uuid;

use crate::limits::TEXT_BYTES;
use crate::time::Timestamp;

/// An order, named by a UUID of version 7 (RFC 9562) that the client made.
///
/// Its first 48 bits are the client's clock in milliseconds: that is what lets the core forget
/// finished orders and still refuse a late duplicate as stale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId {
    /// The bytes as two numbers: they compare as the bytes do, without a call.
    high: u64,
    low: u64,
}

impl OrderId {
    /// No order's id is less.
    pub(crate) const MIN: Self = Self { high: 0, low: 0 };

    /// Takes 16 bytes; `None` unless they are a UUID of version 7.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let uuid = Uuid::from_bytes(bytes);
        let (high, low) = uuid.as_u64_pair();
        (uuid.get_version_num() == 7).then_some(Self { high, low })
    }

    /// The 16 bytes, in network order: sorting them sorts by time.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        *self.uuid().as_bytes()
    }

    /// The client's clock when it made the id.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_millis(self.high >> 16)
    }

    const fn uuid(self) -> Uuid {
        Uuid::from_u64_pair(self.high, self.low)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid().hyphenated().fmt(f)
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OrderId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let not = || NotAnId { what: "an order id (a UUID of version 7)", given: text.to_string() };
        Uuid::try_parse(text).ok().and_then(|u| Self::from_bytes(*u.as_bytes())).ok_or_else(not)
    }
}

impl Serialize for OrderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.to_bytes().serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for OrderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            let bytes = <[u8; 16]>::deserialize(deserializer)?;
            Self::from_bytes(bytes).ok_or_else(|| de::Error::custom("not a UUID of version 7"))
        }
    }
}

/// An id that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnId {
    what: &'static str,
    given: String,
}

impl NotAnId {
    pub(crate) fn new(what: &'static str, given: &str) -> Self {
        Self { what, given: given.to_string() }
    }
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.given, self.what)
    }
}

impl core::error::Error for NotAnId {}

/// Numbers that the core gives out in order; in JSON `prefix-number`.
macro_rules! counted_id {
    ($(#[$doc:meta])* $name:ident($int:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            /// The id as an index into a list.
            #[must_use]
            pub fn index(self) -> usize {
                usize::try_from(self.0).unwrap_or(usize::MAX)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let number = text.strip_prefix(concat!($prefix, "-"));
                number.and_then(|n| n.parse().ok()).map(Self).ok_or_else(|| NotAnId {
                    what: concat!("an id of the form `", $prefix, "-NUMBER`"),
                    given: text.to_string(),
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
                } else {
                    <$int>::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

counted_id! {
    /// An item that can be stocked and sold; given out by `DefineItem`.
    ItemId(u32), "item"
}
counted_id! {
    /// A place that holds stock (warehouse, store, 3PL); given out by `DefineFacility`.
    FacilityId(u16), "facility"
}
counted_id! {
    /// A line of an order, counted from 0 as placed.
    LineNumber(u16), "line"
}
counted_id! {
    /// A shipment of an order: one parcel from one facility, counted from 1.
    ShipmentNumber(u16), "shipment"
}
counted_id! {
    /// A return of an order, counted from 1.
    ReturnNumber(u16), "return"
}
counted_id! {
    /// A reservation of an order, counted from 1; sourcing again makes a new one.
    ReservationNumber(u16), "reservation"
}
counted_id! {
    /// A hold on an order, counted from 1.
    HoldNumber(u16), "hold"
}
counted_id! {
    /// A request to cancel what a warehouse works on, counted from 1.
    CancellationNumber(u16), "cancellation"
}
counted_id! {
    /// A work order of an order in one facility, counted from 1; work that is asked for after the
    /// last has ended makes a new one.
    WorkNumber(u16), "work"
}

counted_id! {
    /// A request to a payment provider, counted from 1 within its order: together they name the
    /// request for ever, so that making it twice is making it once.
    PaymentNumber(u16), "payment"
}

counted_id! {
    /// A transfer of stock between two shelves, counted from 1.
    TransferNumber(u32), "transfer"
}
counted_id! {
    /// Stock that is expected, such as a line of a purchase order, counted from 1.
    ExpectedNumber(u32), "expected"
}

/// A short text: a SKU, a code, a name, a customer. 1 to 128 bytes, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(SmolStr);

impl Text {
    /// Takes a text within the bounds.
    ///
    /// # Errors
    /// [`NotAnId`] if the text is empty, longer than 128 bytes, or has control characters.
    pub fn new(text: &str) -> Result<Self, NotAnId> {
        if text.is_empty() || text.len() > TEXT_BYTES || text.chars().any(char::is_control) {
            let what = "a text of 1 to 128 bytes without control characters";
            return Err(NotAnId { what, given: text.chars().take(TEXT_BYTES).collect() });
        }
        Ok(Self(SmolStr::new(text)))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl de::Visitor<'_> for Visit {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text of 1 to 128 bytes without control characters")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Text::new(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visit)
    }
}

/// How a command names an item: by its id, or by its SKU of the moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum ItemRef {
    /// By id.
    Id(ItemId),
    /// By SKU, as the shop writes it; case matters.
    Sku(Text),
}

impl fmt::Display for ItemRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Sku(sku) => sku.fmt(f),
        }
    }
}

/// How an event names an item: the id, and the SKU it had at that moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct ItemName {
    /// The id, for ever.
    pub id: ItemId,
    /// The SKU at the moment of the event.
    pub sku: Text,
}

/// How a command names a facility.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum FacilityRef {
    /// By id.
    Id(FacilityId),
    /// By code, as the shop writes it.
    Code(Text),
}

impl fmt::Display for FacilityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Code(code) => code.fmt(f),
        }
    }
}

/// The kind of stock within a facility: what a picker reaches, or what must be fetched first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Tier {
    /// Pick faces: used first (GS1 `sellable_accessible`).
    Primary,
    /// Back stock: bulk, used when primary stock does not do (GS1 `sellable_not_accessible`).
    Back,
}

/// A country by its ISO 3166-1 alpha-2 code, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Takes two capital letters.
    ///
    /// # Errors
    /// [`NotAnId`] for anything else.
    pub fn new(code: &str) -> Result<Self, NotAnId> {
        match *code.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([a, b])),
            _ => Err(NotAnId { what: "a country code of two capitals", given: code.to_string() }),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.as_str())
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
        } else {
            let bytes = <[u8; 2]>::deserialize(deserializer)?;
            let text = core::str::from_utf8(&bytes).map_err(de::Error::custom)?;
            Self::new(text).map_err(de::Error::custom)
        }
    }
}
