//! How data that leaves the core are declared: events and views are structs of public fields.
//!
//! Law: all of them have the same derives and camel case in JSON, so that none is read or written
//! in a way of its own.

/// Declares structs of public data: `Name { field: Type, .. }`, each with its docs.
macro_rules! data {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
    )*};
}

pub(crate) use data;
