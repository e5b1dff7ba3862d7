//! Every scenario of every table holds in the native body, and ends alike in all others.
//! Every known bug of other systems is one of them, or is put off with a reason.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use earmark::laws;
use earmark_tests::built::{Built, named, succeeded};
use earmark_tests::corpus::Corpus;
use earmark_tests::scenario::desk::{Desk, End};
use earmark_tests::scenario::{Scenario, play, rows, table};
use serde_json::Value;

/// Inputs of one turn, where bodies are given them.
const TURN: usize = 3;

#[test]
fn every_scenario_holds() {
    let mut faults = Vec::new();
    for scenario in scenarios() {
        match play::play(&scenario) {
            Ok(desk) => println!("{} commands  {}", desk.inputs(), scenario.name),
            Err(fault) => faults.push(format!("tests/scenarios/{fault}")),
        }
    }
    assert!(faults.is_empty(), "{} scenarios do not hold:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_known_bug_is_a_scenario_or_put_off_with_a_reason() {
    let scenarios = scenarios();
    let text = std::fs::read_to_string(folder().join("put-off")).expect("the table is there");
    let put_off = rows::put_off(&text).unwrap_or_else(|says| panic!("put-off: {says}"));
    let uncovered = rows::uncovered(&scenarios, &put_off);
    assert!(uncovered.is_empty(), "nothing is about the rows {uncovered:?}");
    let bugs = scenarios.iter().filter(|scenario| rows::row(scenario).is_some());
    for Scenario { file, line, name, about, .. } in bugs.clone() {
        assert!(about.contains("Law"), "{file}:{line}: `{name}` does not say which law forbids it");
    }
    println!("{} scenarios of known bugs", bugs.count());
    for (row, why) in put_off {
        println!("row {row} is put off, {why}");
    }
}

#[test]
fn every_body_ends_every_scenario_alike() {
    let Some(built) = Built::find() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let played: Vec<(Scenario, Desk)> = scenarios().into_iter().map(played).collect();
    let write = |(nth, (_, desk)): (usize, &(Scenario, Desk))| {
        let file = folder.path().join(format!("{nth}.corpus"));
        Corpus::of(desk.turns(TURN)).write(&file);
        file
    };
    let corpora: Vec<PathBuf> = played.iter().enumerate().map(write).collect();
    let mut bodies = BTreeMap::new();
    bodies.insert("plugin in wasmtime".to_owned(), ends(built.earmark().arg("run").args(&corpora)));
    if let Some(mut native) = built.native() {
        bodies.insert("native in the host".to_owned(), ends(native.arg("run").args(&corpora)));
    }
    match named("EARMARK_NPM") {
        Some(npm) => scripted(&built, &npm, &corpora, &mut bodies),
        None => println!("left out: Node and Chromium, for nobody has named EARMARK_NPM"),
    }
    let mut differ = Vec::new();
    for (body, ends) in &bodies {
        println!("{} scenarios  {body}", ends.len());
        assert_eq!(ends.len(), played.len(), "{body} ran another number of scenarios");
        for ((scenario, desk), end) in played.iter().zip(ends) {
            if desk.end() != *end {
                let Scenario { file, line, name, .. } = scenario;
                differ.push(format!("{file}:{line}: `{name}` in the {body}: {end:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "not what the native body ends with:\n{}", differ.join("\n"));
}

/// The law that all bodies are alike to the byte finds the least that one could do otherwise.
#[test]
fn a_body_of_which_one_byte_is_altered_is_found() {
    let Some(built) = Built::find() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut plugin = std::fs::read(built.plugin()).expect("the plugin can be read");
    let code = b"no-such-return";
    let at = plugin.windows(code.len()).position(|window| window == code);
    plugin[at.expect("the code of a refusal lies in the plugin")] = b'N';
    let altered = folder.path().join("altered.wasm");
    std::fs::write(&altered, plugin).expect("it can be written");
    let refuses = |s: &Scenario| s.steps.iter().any(|step| step.text == "refused no-such-return");
    let (met, others): (Vec<Scenario>, _) = scenarios().into_iter().partition(refuses);
    for (scenarios, is_alike) in [(met, false), (others, true)] {
        assert!(!scenarios.is_empty(), "no scenario is refused so, or all are");
        let desks: Vec<Desk> = scenarios.into_iter().map(|scenario| played(scenario).1).collect();
        let file = |n: usize| folder.path().join(format!("{is_alike}-{n}.corpus"));
        let files: Vec<PathBuf> = (0..desks.len()).map(file).collect();
        desks.iter().zip(&files).for_each(|(desk, f)| Corpus::of(desk.turns(TURN)).write(f));
        let body = |plugin: &Path| {
            let run = ["--plugin".as_ref(), plugin.as_os_str(), "run".as_ref()];
            ends(built.bare().args(run).args(&files))
        };
        for (desk, end) in desks.iter().zip(body(built.plugin())) {
            assert_eq!(desk.end(), end, "the plugin as it is");
        }
        for (desk, end) in desks.iter().zip(body(&altered)) {
            assert_eq!(laws::all_alike(&[desk.end(), end]), is_alike, "{}", laws::BODIES_AGREE);
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn scenarios() -> Vec<Scenario> {
    let scenarios = table::of_folder(&folder());
    let scenarios = scenarios.unwrap_or_else(|fault| panic!("tests/scenarios/{fault}"));
    assert!(scenarios.len() >= 24, "only {} scenarios", scenarios.len());
    scenarios
}

fn played(scenario: Scenario) -> (Scenario, Desk) {
    match play::play(&scenario) {
        Ok(desk) => (scenario, desk),
        Err(fault) => panic!("tests/scenarios/{fault}"),
    }
}

/// The plugin's file and the npm package, in Node and in Chromium.
fn scripted(
    built: &Built,
    npm: &Path,
    corpora: &[PathBuf],
    bodies: &mut BTreeMap<String, Vec<End>>,
) {
    let chromium = named("CHROMIUM");
    if chromium.is_none() {
        println!("left out: Chromium, for nobody has named CHROMIUM");
    }
    let places = [("Node", None), ("Chromium", chromium.as_deref())];
    let there = places.into_iter().filter(|(place, path)| *place == "Node" || path.is_some());
    for (place, program) in there {
        for (body, plugin) in [("plugin", Some(built.plugin())), ("npm package", None)] {
            let mut node = Command::new("node");
            node.arg(npm.join("conformance/run.mjs"));
            node.args(corpora.iter().flat_map(|corpus| [Path::new("--corpus"), corpus]));
            node.args(plugin.iter().flat_map(|plugin| [Path::new("--plugin"), plugin]));
            if let Some(program) = program {
                node.arg("--chromium").arg("--program").arg(program);
            }
            bodies.insert(format!("{body} in {place}"), ends(&mut node));
        }
    }
}

/// What a body prints: a line of JSON a corpus.
fn ends(command: &mut Command) -> Vec<End> {
    let end = |line: &str| {
        let told: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |field: &str| told[field].as_str().expect("a digest").to_owned();
        End { chain: text("chain"), state: text("state") }
    };
    succeeded(command).lines().map(end).collect()
}
