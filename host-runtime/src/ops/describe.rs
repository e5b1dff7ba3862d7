//! `earmark describe`: what a plugin hears, says and answers.
//!
//! Law: it asks the plugin, and knows nothing of its own.

use std::sync::Arc;

use anyhow::Result;
use clap::{Args, ValueEnum};
use earmark_abi::Description;
use earmark_host::asyncapi;
use earmark_host::http::openapi;
use earmark_host::plugin::Bodies;
use serde_json::{Map, Value, json};

use super::screen::hex;

/// Tell what the plugin hears, says and answers.
#[derive(Debug, Args)]
pub(crate) struct Describe {
    /// In which form
    #[arg(long, value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A list for people
    Text,
    /// An AsyncAPI 3.0 document
    Asyncapi,
    /// An OpenAPI 3.1 document of what `serve` answers
    Openapi,
    /// The JSON Schema of every command, event, query and answer, by name
    JsonSchema,
}

impl Describe {
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let plugin = bodies.description();
        match self.form {
            Form::Asyncapi => {
                println!("{}", serde_json::to_string_pretty(&asyncapi::document(plugin))?);
            }
            Form::Openapi => {
                println!("{}", serde_json::to_string_pretty(&openapi(plugin))?);
            }
            Form::JsonSchema => {
                println!("{}", serde_json::to_string_pretty(&schemas(plugin))?);
            }
            Form::Text => text(bodies),
        }
        Ok(())
    }
}

fn schemas(plugin: &Description) -> Value {
    let read = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let list = |all: &mut dyn Iterator<Item = (&str, &str)>| -> Map<String, Value> {
        all.map(|(name, schema)| (name.to_string(), read(schema))).collect()
    };
    json!({
        "commands": list(&mut plugin.commands.iter().map(|c| (c.name.as_str(), c.schema.as_str()))),
        "events": list(&mut plugin.events.iter().map(|e| (e.ce_type.as_str(), e.schema.as_str()))),
        "queries": list(&mut plugin.queries.iter().map(|q| (q.name.as_str(), q.schema.as_str()))),
        "answers":
            list(&mut plugin.queries.iter().map(|q| (q.name.as_str(), q.answer_schema.as_str()))),
        "refusal": read(&plugin.refusal_schema),
        "slice": read(&plugin.slice_schema),
    })
}

fn text(bodies: &Arc<dyn Bodies>) {
    let plugin = bodies.description();
    println!("{} {}, ABI 1", plugin.name, plugin.version);
    println!("digest    {}", hex(&bodies.digest()));
    println!("roles     {}", plugin.roles.join(", "));
    print_questions(plugin);
    println!("\nevents");
    for event in &plugin.events {
        println!("  {}", event.ce_type);
    }
}

/// What may be asked of a plugin, as a table: commands and queries.
pub(crate) fn print_questions(says: &Description) {
    println!("\ncommands, and the scope each needs");
    for command in &says.commands {
        println!("  {:<22} {:<20} {}", command.name, command.scope, command.about);
    }
    println!("\nqueries");
    for query in &says.queries {
        println!("  {:<22} {:<20} {}", query.name, query.scope, query.about);
    }
}
