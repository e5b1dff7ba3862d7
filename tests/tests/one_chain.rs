//! One history, one chain: the core linked natively, the plugin in the host with turns of three
//! sizes, the same file in Node and in Chromium, and the npm package in both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use earmark_tests::built::{Built, long, named, succeeded};
use earmark_tests::corpus::Corpus;
use earmark_tests::documents::Documents;
use serde_json::Value;

/// Documents that are replayed, unless it may take longer.
const DOCUMENTS: &str = "5000";

#[test]
fn every_body_makes_the_same_chain_of_the_same_inputs() {
    one_chain("basic");
}

#[test]
fn every_body_makes_the_same_chain_of_the_whole_life_of_the_orders() {
    one_chain("full");
}

fn one_chain(model: &'static str) {
    let Some(built) = Built::find() else { return };
    let scene = Scene::new(built, model);
    let mut chains: BTreeMap<String, String> = BTreeMap::new();
    let corpora = ["64", "4096"].map(|turn| (turn, scene.corpus(turn)));
    let native = Corpus::read(&corpora[0].1).chains();
    let inputs = (native.len() - 1) as u64;
    assert!(inputs > 5_000, "only {inputs} inputs");
    assert!(corpora.iter().map(|(_, file)| Corpus::read(file).turns()).is_sorted_by(|a, b| a > b));
    chains.extend(native.last().map(|chain| ("native, in this process".into(), chain.clone())));
    for turn in ["1", "64", "4096"] {
        let name = format!("plugin in wasmtime, turns of {turn}");
        chains.insert(name, scene.replayed(scene.built.earmark(), turn, inputs));
    }
    match scene.built.native() {
        Some(native) => {
            chains.insert("native in the host".into(), scene.replayed(native, "4096", inputs));
        }
        None => println!("left out: the program has no native body linked in"),
    }
    match named("EARMARK_NPM") {
        Some(npm) => {
            for (turn, corpus) in &corpora {
                for (name, chain) in scene.scripted(&npm, corpus, inputs) {
                    chains.insert(format!("{name}, turns of {turn}"), chain);
                }
            }
        }
        None => println!("left out: Node and Chromium, for nobody has named EARMARK_NPM"),
    }
    println!("{inputs} inputs");
    for (name, chain) in &chains {
        println!("{chain}  {name}");
    }
    let first = native.last().expect("there is a chain");
    let others: Vec<_> = chains.iter().filter(|(_, chain)| *chain != first).collect();
    assert!(others.is_empty(), "not the chain {first} of the native body: {others:#?}");
    assert!(chains.len() >= 4, "only {} bodies", chains.len());
}

/// The documents, and what was built to take them.
struct Scene {
    built: Built,
    /// How much of an order's life happens.
    model: &'static str,
    documents: Documents,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(built: Built, model: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self { built, model, documents: Documents::at_hand(5_000), folder }
    }

    /// `earmark replay` of the documents, in turns of so many.
    fn replay(&self, mut earmark: Command, turn: &str) -> Command {
        earmark.arg("replay").arg(self.documents.folder()).args(["--turn", turn]);
        earmark.args(["--model", self.model]);
        // Orders that are rejected and commands that are refused are part of the history.
        earmark.args(["--stock", "static-5pct"]);
        if !long() {
            earmark.args(["--documents", DOCUMENTS]);
        }
        earmark
    }

    fn corpus(&self, turn: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{turn}.corpus"));
        let mut replay = self.replay(self.built.earmark(), turn);
        succeeded(replay.arg("--write-inputs").arg(&file));
        file
    }

    /// The chain of a replay.
    fn replayed(&self, earmark: Command, turn: &str, inputs: u64) -> String {
        let file = self.folder.path().join("figures.json");
        let mut replay = self.replay(earmark, turn);
        succeeded(replay.arg("--ephemeral").arg("--json").arg(&file));
        let text = std::fs::read(&file).expect("the figures were written");
        let told: Value = serde_json::from_slice(&text).expect("the figures are JSON");
        chain_of(&told, inputs)
    }

    /// The chains of the plugin's file and of the npm package, in Node and in Chromium.
    fn scripted(&self, npm: &Path, corpus: &Path, inputs: u64) -> Vec<(String, String)> {
        let chromium = named("CHROMIUM");
        if chromium.is_none() {
            println!("left out: Chromium, for nobody has named CHROMIUM");
        }
        let mut chains = Vec::new();
        for page in
            [None, chromium.as_deref()].into_iter().take(1 + usize::from(chromium.is_some()))
        {
            for plugin in [true, false] {
                let mut node = Command::new("node");
                node.arg(npm.join("conformance/run.mjs")).arg("--corpus").arg(corpus);
                if plugin {
                    node.arg("--plugin").arg(self.built.plugin());
                }
                if let Some(program) = page {
                    node.arg("--chromium").arg("--program").arg(program);
                }
                let out = succeeded(&mut node);
                let told: Value = serde_json::from_str(out.trim()).expect("a line of JSON");
                println!("{}", out.trim());
                let name = format!("{} in {}", told["body"], told["in"]).replace('"', "");
                chains.push((name, chain_of(&told, inputs)));
            }
        }
        chains
    }
}

fn chain_of(told: &Value, inputs: u64) -> String {
    assert_eq!(told["inputs"].as_u64(), Some(inputs), "the body took another number of inputs");
    told["chain"].as_str().expect("a chain").to_owned()
}
