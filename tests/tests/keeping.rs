//! Keeping a journal, by the commands that people type: back it up beside its host, restore it,
//! audit, export and import it. Why: a backup that was never restored is a hope, not a backup.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use earmark_tests::built::{Built, finished, number, refused, row, succeeded, text};
use earmark_tests::host::Host;
use serde_json::{Value, json};

struct Scene {
    built: Built,
    folder: tempfile::TempDir,
}

impl Scene {
    /// A shop with some orders in `shop`; none when a proof runs by itself.
    fn new() -> Option<Self> {
        let built = Built::find()?;
        let scene = Self { built, folder: tempfile::tempdir().expect("there is a folder") };
        let mut demo = scene.built.earmark();
        demo.args(["demo", "--documents", "120", "--exit", "--dir"]).arg(scene.at("shop"));
        succeeded(&mut demo);
        Some(scene)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("it can be read").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn earmark(&self, args: &[&str]) -> Command {
        let mut command = self.built.earmark();
        command.args(args).current_dir(self.folder.path());
        command
    }

    fn serve(&self, dir: &str, args: &[&str]) -> Host {
        let mut serve = self.earmark(&["serve", "--addr", "127.0.0.1:0", "--dir", dir]);
        Host::start(serve.args(args))
    }

    fn exported(&self, args: &[&str]) -> Vec<Value> {
        let out = succeeded(self.earmark(&["export"]).args(args));
        out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

fn item(nth: u32) -> Value {
    json!({ "sku": format!("KEPT-{nth}"), "name": "kept", "unitPrice": "1.00" })
}

#[test]
fn a_backup_beside_a_busy_host_is_whole_and_goes_on_as_another_journal() {
    let Some(scene) = Scene::new() else { return };
    let host = scene.serve("shop", &["--snapshot-every", "50"]);
    for nth in 0..60 {
        assert_eq!(host.command("DefineItem", &item(nth)).0, 200);
    }
    let audit = succeeded(&mut scene.earmark(&["audit", "shop"]));
    assert!(row(&audit, "rebuilt from").is_some_and(|row| row.contains("snapshot")), "{audit}");
    let ended = AtomicBool::new(false);
    let backed_up = std::thread::scope(|scope| {
        scope.spawn(|| {
            for nth in 60.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                assert_eq!(host.command("DefineItem", &item(nth)).0, 200);
            }
        });
        let out = succeeded(&mut scene.earmark(&["backup", "shop", "--to", "kept"]));
        ended.store(true, Ordering::Relaxed);
        out
    });
    assert!(host.end().0.success());
    let kept = scene.built.verify(&scene.at("kept")).expect("a backup is whole");
    let whole = scene.built.verify(&scene.at("shop")).expect("the journal is whole");
    assert!(kept.inputs >= 60 && kept.inputs <= whole.inputs, "{kept:?}, {whole:?}");
    assert_eq!(row(&backed_up, "chain"), Some(kept.chain.as_str()));
    assert!(row(&backed_up, "snapshot").is_some_and(|row| row.contains("input")), "{backed_up}");

    let over = refused(&mut scene.earmark(&["backup", "shop", "--to", "kept"]));
    assert!(over.contains("there is something at `kept` already"), "{over}");
    let told = succeeded(&mut scene.earmark(&["restore", "kept", "--to", "new"]));
    assert!(told.contains("was never taken, whatever its sender was told"), "{told}");
    let same = scene.earmark(&["restore", "kept", "--to", "same", "--same-journal"]).output();
    assert!(same.is_ok_and(|same| same.status.success()));
    let source = |dir: &str| scene.exported(&[dir, "--to", "1"])[0]["source"].clone();
    assert!(source("new") != source("shop") && source("same") == source("shop"));
    assert_eq!(scene.built.verify(&scene.at("new")), Ok(kept.clone()));
    let host = scene.serve("new", &[]);
    assert_eq!(host.command("DefineItem", &item(1_000_000)).0, 200);
    assert!(host.end().0.success());
    assert_eq!(scene.names(), ["kept", "new", "same", "shop"]);
}

#[test]
fn a_damaged_backup_is_refused_with_the_place_before_a_byte_is_written() {
    let Some(scene) = Scene::new() else { return };
    succeeded(&mut scene.earmark(&["backup", "shop", "--to", "kept"]));
    let database = scene.at("kept/journal.db");
    let mut bytes = std::fs::read(&database).expect("a backup has a database");
    // Not where a page begins, so that it is a record's own byte.
    let middle = bytes.len() / 2 + 100;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).expect("it can be written");
    let why = refused(&mut scene.earmark(&["restore", "kept", "--to", "new"]));
    assert!(why.contains("is not restored, and nothing was written"), "{why}");
    assert!(why.contains("the journal is damaged at record 1 (inputs from 1)"), "{why}");
    assert_eq!(scene.names(), ["kept", "shop"]);
}

#[test]
fn an_export_says_of_events_what_the_feed_says() {
    let Some(scene) = Scene::new() else { return };
    let host = scene.serve("shop", &[]);
    // Beside the host.
    let events = scene.exported(&["shop", "--from", "3", "--to", "90"]);
    assert_eq!(events, host.events(2, 90));
    assert!(host.end().0.success());
    let all = scene.exported(&["shop"]);
    let placed = scene.exported(&["shop", "--type", "OrderPlaced"]);
    assert!(placed.len() > 50 && placed.len() < all.len());
    assert!(placed.iter().all(|event| event["type"] == "dev.earmark.OrderPlaced.v1"));
    let order = placed[7]["subject"].as_str().expect("an order has a subject");
    let of_order = scene.exported(&["shop", "--subject", order, "--format", "jsonl"]);
    let expected: Vec<&Value> = all.iter().filter(|event| event["subject"] == order).collect();
    assert!(of_order.len() > 2 && of_order.len() == expected.len());
    for (line, event) in of_order.iter().zip(expected) {
        assert_eq!((&line["type"], &line["data"]), (&event["type"], &event["data"]));
        assert_eq!(line["sequence"].to_string(), event["id"].as_str().unwrap_or_default());
    }
    let why = refused(&mut scene.earmark(&["export", "shop", "--type", "OrderPlaces"]));
    assert!(why.contains("there is no event `OrderPlaces`; there are: "), "{why}");
    let why = refused(&mut scene.earmark(&["export", "shop", "--from", "1000000"]));
    assert!(why.contains("there is none from 1000000 on"), "{why}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let Some(scene) = Scene::new() else { return };
    let mut export = scene.earmark(&["export", "shop"]);
    let piped = export.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it starts");
    let mut line = String::new();
    let mut out = BufReader::with_capacity(64, child.stdout.take().expect("it has an output"));
    out.read_line(&mut line).expect("it writes a line");
    drop(out);
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success() && ended.stderr.is_empty(), "{}", text(&ended.stderr));
    assert!(line.starts_with(r#"{"specversion":"1.0""#), "{line}");
}

#[test]
fn what_is_exported_and_imported_is_decided_as_it_was() {
    let Some(scene) = Scene::new() else { return };
    let order = scene.exported(&["shop", "--type", "OrderPlaced"]).pop().expect("an order");
    let host = scene.serve("shop", &[]);
    // What the host makes of its own accord comes along: here the tick that ends a hold.
    let hold = json!({ "order": order["subject"], "kind": "fraud", "autoRelease": 200 });
    let (status, held) = host.command("PlaceHold", &hold);
    let position = held["position"].as_u64().filter(|_| status == 200);
    let position = position.unwrap_or_else(|| panic!("no hold: {held}"));
    let released = host.events(position, position + 1);
    assert_eq!(released[0]["type"], "dev.earmark.OrderHoldReleased.v1", "{released:?}");
    assert_eq!(host.command("DefineItem", &item(1)).0, 200);
    assert_eq!(host.command("DefineItem", &json!({ "sku": "X" })).0, 400);
    assert!(host.end().0.success());
    succeeded(&mut scene.earmark(&["export", "shop", "--inputs", "--out", "shop.jsonl"]));
    let told = succeeded(&mut scene.earmark(&["import", "shop.jsonl", "--dir", "moved"]));
    assert!(told.contains("yes, all of it: the chain is equal"), "{told}");
    let [shop, moved] = ["shop", "moved"].map(|dir| scene.built.verify(&scene.at(dir)));
    assert_eq!(shop, moved);
    // Events are the same but for the journal they come from; and so are origins, for good.
    let events = |dir| {
        let mut events = scene.exported(&[dir]);
        events.iter_mut().for_each(|event| event["source"] = Value::Null);
        events
    };
    assert_eq!(events("shop"), events("moved"));
    let inputs = |dir| scene.exported(&[dir, "--inputs"]).split_off(1);
    assert_eq!(inputs("shop"), inputs("moved"));
    assert!(inputs("shop").iter().any(|line| line["input"]["command"] == "Tick"));
    let origin = &inputs("shop")[0]["input"]["origin"];
    assert_eq!(origin["sequence"], 1, "{origin}");
    // A live host goes on with it.
    let host = scene.serve("moved", &[]);
    assert_eq!(host.command("DefineItem", &item(2)).0, 200);
    assert!(host.end().0.success());
    // The state is what the chain says, in a body that has no JSON too: commands as bytes.
    let Some(mut native) = scene.built.native() else { return };
    let bytes = scene.at("bytes.jsonl");
    native.arg("export").arg(scene.at("shop")).arg("--inputs").arg("--out").arg(&bytes);
    succeeded(&mut native);
    let again = succeeded(scene.earmark(&["import", "--dir", "again"]).arg(&bytes));
    assert_eq!(row(&again, "state"), row(&told, "state"));
    assert!(row(&again, "state").is_some_and(|state| state.len() == 64), "{again}");
}

#[test]
fn what_is_decided_otherwise_is_told_and_kept_only_if_wanted() {
    let Some(scene) = Scene::new() else { return };
    let file = scene.at("shop.jsonl");
    succeeded(scene.earmark(&["export", "shop", "--inputs", "--out"]).arg(&file));
    let whole = std::fs::read_to_string(&file).expect("it is there");
    let line = whole.lines().position(|line| line.contains(r#""command":"PlaceOrder""#));
    let line = line.expect("there is an order");
    let changed = |with: &dyn Fn(&str) -> String| {
        let lines = whole.lines().enumerate();
        let lines: Vec<String> =
            lines.map(|(at, is)| if at == line { with(is) } else { is.to_string() }).collect();
        std::fs::write(&file, lines.join("\n") + "\n").expect("it can be written");
    };
    changed(&|order| order.replacen(r#""quantity":"#, r#""quantity":9"#, 1));
    let import = ["import", "shop.jsonl", "--dir", "moved"];
    let output = finished(&mut scene.earmark(&import));
    let (out, why) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success() && why.contains("`moved` was not made"), "{why}");
    let told = format!("input {line} (line {}), PlaceOrder: was accepted with ", line + 1);
    assert!(out.contains(&told) && out.contains(" x PlaceOrder"), "{out}");
    let accepted = succeeded(scene.earmark(&import).arg("--accept-differences"));
    let made = scene.built.verify(&scene.at("moved")).expect("it was made");
    assert_eq!(row(&accepted, "chain"), Some(made.chain.as_str()));
    assert_ne!(row(&accepted, "chain of the export"), row(&accepted, "chain"));

    let wrong = |with: &dyn Fn(&str) -> String, why: &str| {
        changed(with);
        let said = refused(&mut scene.earmark(&["import", "shop.jsonl", "--dir", "wrong"]));
        assert!(said.contains(&format!("line {}", line + 1)) && said.contains(why), "{said}");
    };
    wrong(&|order| order.replacen(r#""lines":"#, r#""rows":"#, 1), "unknown field `rows`");
    wrong(&|order| order.replacen("PlaceOrder", "PlaceOrders", 1), "not `PlaceOrders`");
    wrong(&|order| order.replacen(r#""at":"#, r#""at":9"#, 1), "which is still to come");
    wrong(&|_| "{}".to_string(), "no line of an export");
    wrong(&|_| r#"{"end":{"inputs":1,"events":1,"chain":null}}"#.into(), "follows the `end`");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("it can be written");
    let said = refused(&mut scene.earmark(&["import", "shop.jsonl", "--dir", "wrong"]));
    assert!(said.contains("it was cut off"), "{said}");
    let half = ["export", "shop", "--inputs", "--from", "7", "--out", "half.jsonl"];
    succeeded(&mut scene.earmark(&half));
    let said = refused(&mut scene.earmark(&["import", "half.jsonl", "--dir", "wrong"]));
    assert!(said.contains("it begins with input 7"), "{said}");
    assert_eq!(scene.names(), ["half.jsonl", "moved", "shop", "shop.jsonl"]);
}

#[test]
fn an_audit_names_the_plugin_that_a_journal_is_of_and_tells_programs_the_same() {
    let Some(scene) = Scene::new() else { return };
    let told = succeeded(&mut scene.earmark(&["audit", "shop", "--json"]));
    let told: Value = serde_json::from_str(&told).expect("it is JSON");
    let verified = scene.built.verify(&scene.at("shop")).expect("it is whole");
    assert_eq!(
        (&told["inputs"], &told["chain"]),
        (&json!(verified.inputs), &json!(verified.chain))
    );
    assert_eq!(told["broken"], json!([]));
    assert!(told["checked"].as_u64().is_some_and(|checked| checked > 1_000), "{told}");
    let text = succeeded(&mut scene.earmark(&["audit", "shop"]));
    let laws = row(&text, "laws").and_then(|row| row.split(' ').next()).and_then(number);
    assert_eq!(laws, told["checked"].as_u64());
    let missing = refused(&mut scene.earmark(&["audit", "nothing"]));
    assert!(missing.contains("nothing"), "{missing}");
    assert!(!Path::new("nothing").exists());
}

#[test]
fn the_commands_of_the_page_on_keeping_a_journal_do_what_it_says() {
    let Some(scene) = Scene::new() else { return };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host-runtime/docs/keeping.md");
    let page = std::fs::read_to_string(page).expect("there is a page");
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands: Vec<&str> = blocks.flat_map(str::lines).collect();
    assert_eq!(commands.len(), 13, "{commands:?}");
    for command in commands {
        let mut words = command.split(' ');
        assert_eq!(words.next(), Some("earmark"), "{command}");
        let out = succeeded(&mut scene.earmark(&words.collect::<Vec<_>>()));
        assert!(command.contains("--out") || !out.is_empty(), "`{command}` says nothing");
    }
    let made = ["backup", "jsonl", "later", "moved", "restored", "whole"];
    let mut names = made.map(|name| format!("shop.{name}")).to_vec();
    names.extend(["placed.jsonl".to_string(), "shop".to_string()]);
    names.sort();
    assert_eq!(scene.names(), names);
}

#[test]
fn a_compacted_journal_is_served_kept_and_joined_with_its_archive_again() {
    let Some(scene) = Scene::new() else { return };
    let host = scene.serve("shop", &[]);
    for nth in 0..5 {
        assert_eq!(host.command("DefineItem", &item(nth)).0, 200);
    }
    let compact = |from: &str, before: u64, to: &str| {
        scene.earmark(&["compact", from, "--before", &before.to_string(), "--to", to])
    };
    let busy = refused(&mut compact("shop", 1_000_000, "later"));
    assert!(busy.contains("is already open by another process"), "{busy}");
    assert!(host.end().0.success());
    let whole = scene.built.verify(&scene.at("shop")).expect("it is whole");
    let told = succeeded(&mut compact("shop", whole.inputs - 2, "later"));
    assert_eq!(row(&told, "state"), Some("equal in both"), "{told}");
    assert_eq!(row(&told, "chain"), Some(whole.chain.as_str()));
    assert_eq!(scene.built.verify(&scene.at("later")), Ok(whole.clone()));
    let size = |dir: &str| std::fs::metadata(scene.at(dir).join("journal.db")).map(|of| of.len());
    let (before, after) = (size("shop").expect("a file"), size("later").expect("a file"));
    assert!(after < before / 2, "{before} and {after} bytes");
    // It is served, backed up, exported from where it begins, and says what it does not have.
    let host = scene.serve("later", &[]);
    assert_eq!(host.command("DefineItem", &item(5)).0, 200);
    succeeded(&mut scene.earmark(&["backup", "later", "--to", "kept"]));
    assert!(host.end().0.success());
    let grown = scene.built.verify(&scene.at("kept")).expect("a backup is whole");
    assert_eq!(grown.inputs, whole.inputs + 1);
    let events = scene.exported(&["later"]);
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(events[0]["id"], (grown.events - 2).to_string());
    let why = refused(&mut scene.earmark(&["export", "later", "--from", "1"]));
    assert!(why.contains("1 is in its archive"), "{why}");
    let why = refused(&mut compact("later", 10, "latest"));
    assert!(why.contains("nothing to take out"), "{why}");
    let join = ["rejoin", "later", "--archive", "shop", "--to", "all"];
    succeeded(&mut scene.earmark(&join));
    assert_eq!(scene.built.verify(&scene.at("all")), Ok(grown));
    assert_eq!(scene.exported(&["all", "--to", "1"]), scene.exported(&["shop", "--to", "1"]));
    assert_eq!(scene.names(), ["all", "kept", "later", "shop"]);
}
