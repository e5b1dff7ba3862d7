//! The plugin's JSON Schemas as components of one document.
//!
//! Law: a schema means in the document what it meant by itself. Definitions that are the same
//! wherever they stand are there once; those that only share a name keep apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

const DEFINITION: &str = "#/$defs/";
const COMPONENT: &str = "#/components/schemas/";

/// Schemas by the name of their owner, such as `Command.PlaceOrder`.
#[derive(Default)]
pub(super) struct Schemas {
    owned: BTreeMap<String, Value>,
    definitions: BTreeMap<String, Map<String, Value>>,
}

impl Schemas {
    /// Takes a schema in, and gives the reference to it. Anything goes where the plugin names none.
    pub(super) fn add(&mut self, owner: &str, text: &str) -> Value {
        let mut schema: Value = serde_json::from_str(text).unwrap_or(Value::Bool(true));
        let name = key(owner);
        if let Some(fields) = schema.as_object_mut().filter(|fields| !fields.contains_key("$id")) {
            fields.remove("$schema");
            if let Some(Value::Object(definitions)) = fields.remove("$defs") {
                self.definitions.insert(name.clone(), definitions);
            }
        }
        self.owned.insert(name.clone(), schema);
        reference(&name)
    }

    /// All components, with what refers to a definition referring to its new place.
    pub(super) fn components(self) -> Map<String, Value> {
        let apart = self.apart();
        let place = |owner: &str, name: &str| match apart.contains(name) {
            true => key(&format!("{owner}.{name}")),
            // The owners have a dot in their names, and what is shared has none.
            false => key(&name.replace('.', "_")),
        };
        let mut all = Map::new();
        for (owner, schema) in self.owned {
            let mut inner = self.definitions.get(&owner).cloned().unwrap_or_default();
            let resource = schema.get("$id").is_some();
            let mut put = |name: String, mut schema: Value| {
                if !resource {
                    rebase(&mut schema, &owner, &|name| place(&owner, name));
                }
                all.insert(name, schema);
            };
            let names: Vec<String> = inner.keys().cloned().collect();
            for name in names {
                if let Some(definition) = inner.remove(&name) {
                    put(place(&owner, &name), definition);
                }
            }
            put(owner.clone(), schema);
        }
        all
    }

    /// Names that mean different things to different owners: by their own text, or by that of
    /// another definition that they refer to.
    fn apart(&self) -> BTreeSet<String> {
        let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
        let mut apart = BTreeSet::new();
        let mut links: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (name, schema) in self.definitions.values().flatten() {
            if *first.entry(name).or_insert(schema) != schema {
                apart.insert(name.clone());
            }
            let linked = links.entry(name).or_default();
            each_reference(&mut schema.clone(), &mut |target| {
                linked.extend(definition(target).map(|(name, _)| name));
                // The root of a schema is its owner, so what refers to it is the owner's.
                if target == "#" {
                    apart.insert(name.clone());
                }
            });
        }
        loop {
            let found = links.iter().filter(|(name, _)| !apart.contains(**name));
            let more: Vec<String> = found
                .filter(|(_, linked)| !linked.is_disjoint(&apart))
                .map(|(name, _)| (*name).to_string())
                .collect();
            if more.is_empty() {
                return apart;
            }
            apart.extend(more);
        }
    }
}

/// A reference to a component.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{COMPONENT}{name}") })
}

/// A name as OpenAPI lets components have it.
pub(super) fn key(name: &str) -> String {
    let allowed = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_');
    name.chars().map(|one| if allowed(one) { one } else { '_' }).collect()
}

fn rebase(schema: &mut Value, owner: &str, place: &dyn Fn(&str) -> String) {
    each_reference(schema, &mut |target| {
        if target == "#" {
            *target = format!("{COMPONENT}{owner}");
        } else if let Some((name, rest)) = definition(target) {
            *target = format!("{COMPONENT}{}{rest}", place(&name));
        }
    });
}

/// The definition that a reference names, and the way from there.
fn definition(target: &str) -> Option<(String, String)> {
    let path = target.strip_prefix(DEFINITION)?;
    let (name, rest) = path.find('/').map_or((path, ""), |slash| path.split_at(slash));
    Some((name.replace("~1", "/").replace("~0", "~"), rest.to_string()))
}

/// Looks at every reference of a schema, and at nothing that is a value or a name.
fn each_reference(schema: &mut Value, look: &mut dyn FnMut(&mut String)) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(|one| each_reference(one, look)),
        Value::Object(fields) => {
            for (keyword, inside) in fields {
                match (keyword.as_str(), inside) {
                    ("$ref" | "$dynamicRef", Value::String(target)) => look(target),
                    ("const" | "enum" | "default" | "examples", _) => {}
                    (
                        "properties" | "patternProperties" | "dependentSchemas" | "$defs",
                        Value::Object(named),
                    ) => named.values_mut().for_each(|one| each_reference(one, look)),
                    (_, inside) => each_reference(inside, look),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components(all: &[(&str, Value)]) -> Value {
        let mut schemas = Schemas::default();
        for (owner, schema) in all {
            schemas.add(owner, &schema.to_string());
        }
        Value::Object(schemas.components())
    }

    #[test]
    fn what_is_the_same_is_there_once_and_what_only_shares_a_name_is_apart() {
        let of = |id: &str, units: &str| {
            json!({ "$ref": "#/$defs/Line", "$defs": {
                "Id": { "type": id },
                "Units": { "type": units },
                "Line": { "properties": { "of": { "$ref": "#/$defs/Units" } } },
            } })
        };
        let all = components(&[
            ("Command.A", of("string", "integer")),
            ("Command.B", of("string", "number")),
        ]);
        let names: Vec<&String> = all.as_object().unwrap().keys().collect();
        // A line is apart, since its units are.
        let apart = ["Command.A", "Command.A.Line", "Command.A.Units", "Command.B"];
        assert_eq!(names, [&apart[..], &["Command.B.Line", "Command.B.Units", "Id"]].concat());
        let target = &all["Command.B.Line"]["properties"]["of"]["$ref"];
        assert_eq!(target, "#/components/schemas/Command.B.Units");
        assert_eq!(all["Command.B.Units"]["type"], "number");
    }

    #[test]
    fn a_reference_keeps_its_way_and_values_are_no_references() {
        let all = components(&[(
            "Query.A",
            json!({
                "properties": {
                    "$ref": { "type": "string" },
                    "a": { "$ref": "#/$defs/X~1Y/items" },
                },
                "const": { "$ref": "#/$defs/X" },
                "items": { "$ref": "#" },
                "$defs": { "X/Y": { "items": true } },
            }),
        )]);
        let schema = &all["Query.A"];
        assert_eq!(schema["properties"]["a"]["$ref"], "#/components/schemas/X_Y/items");
        assert_eq!(schema["properties"]["$ref"], json!({ "type": "string" }));
        assert_eq!(schema["const"]["$ref"], "#/$defs/X");
        assert_eq!(schema["items"]["$ref"], "#/components/schemas/Query.A");
        assert_eq!(all["X_Y"]["items"], true);
    }

    #[test]
    fn a_schema_with_an_id_means_itself() {
        let own = json!({ "$id": "urn:own", "$ref": "#/$defs/A", "$defs": { "A": true } });
        assert_eq!(components(&[("Command.A", own.clone())])["Command.A"], own);
    }
}
