//! The built-in plugin in a plain wasmtime program, without Earmark's host: ABI 1 is all it takes.
//! Why: whoever has a host of his own needs our bytes, and nothing else of ours.
//!
//! `cargo run -p earmark-abi --example plain_wasmtime -- target/earmark/earmark.plugin.wasm`

use std::error::Error;

use earmark_abi::{Answer, Call, Form, Input, Outcome, Principal, Turn, Verdict, decode, encode};
use earmark_abi::{CALL_EXPORT, LEND_EXPORT, MEMORY_EXPORT};
use wasmtime::{Engine, Memory, Module, Store, TypedFunc};

/// The plugin: its state lives in the instance, from call to call.
struct Plugin {
    store: Store<()>,
    memory: Memory,
    lend: TypedFunc<u32, u32>,
    call: TypedFunc<(u32, u32), u64>,
}

impl Plugin {
    fn load(wasm: &[u8]) -> Result<Self, Box<dyn Error>> {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        // No imports: it can reach nothing but its own memory.
        let instance = wasmtime::Instance::new(&mut store, &Module::new(&engine, wasm)?, &[])?;
        let memory = instance.get_memory(&mut store, MEMORY_EXPORT).ok_or("it has no memory")?;
        let lend = instance.get_typed_func(&mut store, LEND_EXPORT)?;
        let call = instance.get_typed_func(&mut store, CALL_EXPORT)?;
        Ok(Self { store, memory, lend, call })
    }

    /// Bytes in, bytes out: lend a place, write the call there, call, read the answer.
    fn ask(&mut self, call: &Call<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
        let bytes = encode(call)?;
        let len = u32::try_from(bytes.len())?;
        let at = self.lend.call(&mut self.store, len)?;
        self.memory.write(&mut self.store, usize::try_from(at)?, &bytes)?;
        let answer = self.call.call(&mut self.store, (at, len))?;
        let mut told = vec![0; usize::try_from(answer & 0xffff_ffff)?];
        self.memory.read(&self.store, usize::try_from(answer >> 32)?, &mut told)?;
        Ok(told)
    }

    /// What the plugin makes of JSON, or JSON of what it made.
    fn translate(&mut self, call: &Call<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
        match decode("an answer", &self.ask(call)?)? {
            Answer::Bytes(bytes) => Ok(bytes.to_vec()),
            other => Err(format!("it does not translate that: {other:?}").into()),
        }
    }
}

/// Carries out commands, given by name as JSON, and tells what happened: events by name, as JSON.
pub(crate) fn run(wasm: &[u8], commands: &[(&str, &str)]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut plugin = Plugin::load(wasm)?;
    let says = plugin.ask(&Call::Describe)?;
    let Answer::Described(says) = decode("an answer", &says)? else { return Err("who?".into()) };
    plugin.ask(&Call::Configure { roles: Vec::new() })?;
    let mut happened = Vec::new();
    for (name, json) in commands {
        let kind = says.commands.iter().rposition(|one| one.name == *name).ok_or("no such")?;
        let (form, kind) = (Form::Command, u16::try_from(kind)?);
        let command = plugin.translate(&Call::FromJson { form, kind, json: json.as_bytes() })?;
        let input = Input { at: 1_790_000_000_000, by: 0, kind, command: &command };
        let me = Principal { subject: "me", scopes: vec!["staff"] };
        let turn = Turn { principals: vec![me], inputs: vec![input], chain: None };
        // Whoever wants it durable writes the turn and this answer down, and applies the events
        // again (`Call::Apply`) when he starts anew.
        let answer = plugin.ask(&Call::Turn(turn))?;
        let Answer::Turned(turned) = decode("an answer", &answer)? else { return Err("?".into()) };
        for outcome in turned.outcomes {
            let outcome: Outcome<'_> = decode("an outcome", outcome)?;
            let Verdict::Accepted { events } = outcome.verdict else {
                return Err(format!("{name} was refused: {:?}", outcome.verdict).into());
            };
            for event in events {
                let (form, kind, bytes) = (Form::Event, event.kind, event.body);
                let json = plugin.translate(&Call::ToJson { form, kind, bytes })?;
                let name = &says.events.get(usize::from(kind)).ok_or("an unknown event")?.name;
                happened.push(format!("{name} {}", String::from_utf8(json)?));
            }
        }
    }
    Ok(happened)
}

/// Defines an item, and prints what happened.
fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("name the plugin's file")?;
    let mug = r#"{ "sku": "MUG", "name": "A mug", "unitPrice": "2.50" }"#;
    for event in run(&std::fs::read(file)?, &[("DefineItem", mug)])? {
        println!("{event}");
    }
    Ok(())
}
