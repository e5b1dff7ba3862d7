//! A plugin in a program of your own: durable turns, without the HTTP API.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use earmark_abi::Form;
use earmark_host::partition::{Caller, Options, Partition, Submission, Where};
use earmark_host::plugin::{Limits, PluginFile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("name the plugin's file")?;
    let plugin = Arc::new(PluginFile::load(Path::new(&file), Limits::default())?);
    let options = Options::new(Where::Directory(PathBuf::from(".earmark/embed")));
    let shop = Partition::open(plugin, &options, &mut |_, _| {})?;

    let mut commands = (0..).zip(&shop.description().commands);
    let (kind, _) = commands.find(|(_, c)| c.name == "DefineItem").ok_or("no such command")?;
    let json = br#"{ "sku": "MUG", "name": "A mug", "unitPrice": "2.50" }"#;
    let (told, answer) = mpsc::channel();
    shop.submit(Submission {
        kind,
        command: shop.from_json(Form::Command, kind, json)??,
        by: Arc::new(Caller { subject: "me".into(), scopes: vec!["staff".into()] }),
        origin: None,
        trace: None,
        at: None,
        reply: Box::new(move |receipt| drop(told.send(receipt))),
    })?;
    let receipt = answer.recv()??;
    println!("durable as input {}, chain {:02x?}", receipt.input, shop.position().borrow().chain);
    Ok(())
}
