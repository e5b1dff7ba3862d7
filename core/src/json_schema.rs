//! JSON Schemas of the values that write themselves: ids, prices, countries.
//!
//! Law: a schema here says what the value's own `Serialize` writes as JSON.

use alloc::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::ids::{
    CancellationNumber, Country, ExpectedNumber, FacilityId, HoldNumber, ItemId, LineNumber,
    OrderId, PaymentNumber, ReservationNumber, ReturnNumber, ShipmentNumber, Text, TransferNumber,
    WorkNumber,
};
use crate::limits::UNITS_PER_LINE;
use crate::units::{Amount, Currency, Quantity, UnitPrice};

macro_rules! schema_of {
    ($($name:ident => $schema:tt;)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

schema_of! {
    OrderId => { "type": "string", "format": "uuid", "description": "a UUID of version 7" };
    ItemId => { "type": "string", "pattern": "^item-[0-9]+$" };
    FacilityId => { "type": "string", "pattern": "^facility-[0-9]+$" };
    LineNumber => { "type": "string", "pattern": "^line-[0-9]+$" };
    ShipmentNumber => { "type": "string", "pattern": "^shipment-[0-9]+$" };
    ReturnNumber => { "type": "string", "pattern": "^return-[0-9]+$" };
    HoldNumber => { "type": "string", "pattern": "^hold-[0-9]+$" };
    CancellationNumber => { "type": "string", "pattern": "^cancellation-[0-9]+$" };
    WorkNumber => { "type": "string", "pattern": "^work-[0-9]+$" };
    PaymentNumber => { "type": "string", "pattern": "^payment-[0-9]+$" };
    ReservationNumber => { "type": "string", "pattern": "^reservation-[0-9]+$" };
    TransferNumber => { "type": "string", "pattern": "^transfer-[0-9]+$" };
    ExpectedNumber => { "type": "string", "pattern": "^expected-[0-9]+$" };
    Text => { "type": "string", "minLength": 1, "maxLength": 128 };
    Country => { "type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2" };
    Currency => { "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217" };
    Quantity => { "type": "integer", "minimum": 1, "maximum": UNITS_PER_LINE };
    UnitPrice => {
        "type": "string",
        "pattern": "^[0-9]{1,24}([.][0-9]{0,4})?$",
        "description": "a decimal number of the major unit, at most 4 decimals"
    };
    Amount => {
        "type": "object",
        "properties": {
            "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
            "value": { "type": "string", "pattern": "^-?[0-9]{1,24}([.][0-9]{0,4})?$" }
        },
        "required": ["currency", "value"],
        "additionalProperties": false
    };
}
