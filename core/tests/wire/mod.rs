//! The shape of a type on the wire, found by reading it: a deserializer that hands out sample
//! values and writes down what it was asked for.
//!
//! Law: what postcard would read, in that order, is what is written down: names of fields and
//! variants are for people, places are what counts.

pub(crate) mod payloads;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::value::{Error, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

/// Every named type met so far.
#[derive(Default)]
pub(crate) struct Types(RefCell<BTreeMap<String, Shape>>);

/// The shape of a named type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Fields in order.
    Struct(Vec<String>),
    /// Variants in order, as far as they were met, and which comes next.
    Enum(Vec<Option<String>>, usize),
}

/// Passes over one type: each meets at least one more variant somewhere, or the end is near.
const PASSES: usize = 10_000;

impl Types {
    /// The name of a type, after it and all in it were met.
    pub(crate) fn meet<'de, T: Deserialize<'de>>(&self) -> String {
        for _ in 0..PASSES {
            let mut told = String::new();
            T::deserialize(Reader { types: self, told: &mut told, byte: 1 })
                .unwrap_or_else(|error| panic!("{}: {error}", std::any::type_name::<T>()));
            if self.0.borrow().values().all(Shape::is_complete) {
                return told;
            }
        }
        panic!("{} has variants that can't be reached", std::any::type_name::<T>())
    }

    /// The types by name, each with its parts.
    pub(crate) fn all(&self) -> BTreeMap<String, (bool, Vec<String>)> {
        let parts = |shape: &Shape| match shape {
            Shape::Struct(fields) => (false, fields.clone()),
            Shape::Enum(variants, _) => (true, variants.iter().flatten().cloned().collect()),
        };
        self.0.borrow().iter().map(|(name, shape)| (name.clone(), parts(shape))).collect()
    }

    fn record(&self, name: &str, shape: Shape) -> Result<(), Error> {
        let mut types = self.0.borrow_mut();
        let known = types.entry(name.to_string()).or_insert_with(|| shape.clone());
        if *known == shape {
            return Ok(());
        }
        Err(Error::custom(format!("two types are called `{name}`: {known:?} and {shape:?}")))
    }

    /// The variant to take now: each in turn, so that what lies within is met again and again.
    fn next_variant(&self, name: &str, count: usize) -> usize {
        let mut types = self.0.borrow_mut();
        let fresh = || Shape::Enum(vec![None; count], 0);
        match types.entry(name.to_string()).or_insert_with(fresh) {
            Shape::Enum(_, next) => {
                let now = *next % count;
                *next += 1;
                now
            }
            Shape::Struct(_) => panic!("a struct and an enum are called `{name}`"),
        }
    }

    fn record_variant(&self, name: &str, at: usize, told: String) -> Result<(), Error> {
        match self.0.borrow_mut().get_mut(name) {
            Some(Shape::Enum(variants, _)) => {
                let known = variants[at].get_or_insert_with(|| told.clone());
                let same = *known == told;
                same.then_some(()).ok_or_else(|| Error::custom(format!("two are called `{name}`")))
            }
            other => Err(Error::custom(format!("`{name}` is no enum: {other:?}"))),
        }
    }
}

impl Shape {
    fn is_complete(&self) -> bool {
        match self {
            Self::Struct(_) => true,
            Self::Enum(variants, _) => variants.iter().all(Option::is_some),
        }
    }
}

/// Reads one value out of nothing, and tells its type.
struct Reader<'t> {
    types: &'t Types,
    told: &'t mut String,
    /// The sample for a byte: what the checked types (ids, countries) take.
    byte: u8,
}

macro_rules! plain {
    ($($method:ident $visit:ident $told:literal $sample:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            *self.told = $told.to_string();
            visitor.$visit($sample)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    plain! {
        deserialize_bool visit_bool "bool" false;
        deserialize_u16 visit_u16 "u16" 1;
        deserialize_u32 visit_u32 "u32" 1;
        deserialize_u64 visit_u64 "u64" 1;
        deserialize_u128 visit_u128 "u128" 1;
        deserialize_i8 visit_i8 "i8" 1;
        deserialize_i16 visit_i16 "i16" 1;
        deserialize_i32 visit_i32 "i32" 1;
        deserialize_i64 visit_i64 "i64" 1;
        deserialize_i128 visit_i128 "i128" 1;
        deserialize_str visit_str "text" "a";
        deserialize_string visit_str "text" "a";
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.told = "u8".to_string();
        visitor.visit_u8(self.byte)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut inside = String::new();
        let value = visitor.visit_some(Reader { told: &mut inside, ..self })?;
        *self.told = format!("option<{inside}>");
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.told = "()".to_string();
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut inside = String::new();
        let types = self.types;
        let value = visitor.visit_newtype_struct(Reader { told: &mut inside, ..self })?;
        types.record(name, Shape::Struct(vec![inside]))?;
        *self.told = name.to_string();
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut parts = Parts { types: self.types, rest: 1, byte: 1, told: Vec::new() };
        let value = visitor.visit_seq(&mut parts)?;
        *self.told = format!("list<{}>", parts.told.concat());
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        // A UUID of version 7 has a 7 in its seventh byte; codes are capitals.
        let byte = if len == 16 { 0x70 } else { b'A' };
        let mut parts = Parts { types: self.types, rest: len, byte, told: Vec::new() };
        let value = visitor.visit_seq(&mut parts)?;
        let alike = parts.told.iter().all(|told| told == "u8");
        *self.told =
            if alike { format!("[u8; {len}]") } else { format!("({})", parts.told.join(", ")) };
        Ok(value)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut parts = Parts { types: self.types, rest: len, byte: 1, told: Vec::new() };
        let value = visitor.visit_seq(&mut parts)?;
        self.types.record(name, Shape::Struct(parts.told))?;
        *self.told = name.to_string();
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut parts = Parts { types: self.types, rest: 2, byte: 1, told: Vec::new() };
        let value = visitor.visit_map(&mut parts)?;
        *self.told = format!("map<{}>", parts.told.join(", "));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let rest = fields.len();
        let mut parts = Parts { types: self.types, rest, byte: 1, told: Vec::new() };
        let value = visitor.visit_seq(&mut parts)?;
        self.types.record(name, Shape::Struct(named(fields, &parts.told)))?;
        *self.told = name.to_string();
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let at = self.types.next_variant(name, variants.len());
        let mut told = variants[at].to_string();
        let value = visitor.visit_enum(Variant { types: self.types, at, told: &mut told })?;
        self.types.record_variant(name, at, told)?;
        *self.told = name.to_string();
        Ok(value)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("a type asks what there is, which postcard can't tell"))
    }

    forward_to_deserialize_any! { f32 f64 char bytes byte_buf identifier ignored_any }
}

fn named(fields: &[&str], told: &[String]) -> Vec<String> {
    fields.iter().zip(told).map(|(field, told)| format!("{field}: {told}")).collect()
}

/// The parts of a list, a tuple, a map or a struct.
struct Parts<'t> {
    types: &'t Types,
    rest: usize,
    byte: u8,
    told: Vec<String>,
}

impl<'de> SeqAccess<'de> for &mut Parts<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(rest) = self.rest.checked_sub(1) else { return Ok(None) };
        self.rest = rest;
        let mut told = String::new();
        let reader = Reader { types: self.types, told: &mut told, byte: self.byte };
        let value = seed.deserialize(reader)?;
        self.told.push(told);
        Ok(Some(value))
    }
}

impl<'de> MapAccess<'de> for &mut Parts<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        SeqAccess::next_element_seed(self, seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = SeqAccess::next_element_seed(self, seed)?;
        value.ok_or_else(|| Error::custom("a key without a value"))
    }
}

/// One variant of an enum.
struct Variant<'t> {
    types: &'t Types,
    at: usize,
    told: &'t mut String,
}

impl<'t, 'de> EnumAccess<'de> for Variant<'t> {
    type Error = Error;
    type Variant = Variant<'t>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let at = u32::try_from(self.at).map_err(Error::custom)?;
        let place: U32Deserializer<Error> = at.into_deserializer();
        Ok((seed.deserialize(place)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        let mut inside = String::new();
        let value = seed.deserialize(Reader { types: self.types, told: &mut inside, byte: 1 })?;
        self.told.push_str(&format!("({inside})"));
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let mut parts = Parts { types: self.types, rest: len, byte: 1, told: Vec::new() };
        let value = visitor.visit_seq(&mut parts)?;
        self.told.push_str(&format!("({})", parts.told.join(", ")));
        Ok(value)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let rest = fields.len();
        let mut parts = Parts { types: self.types, rest, byte: 1, told: Vec::new() };
        let value = visitor.visit_seq(&mut parts)?;
        self.told.push_str(&format!(" {{ {} }}", named(fields, &parts.told).join(", ")));
        Ok(value)
    }
}
