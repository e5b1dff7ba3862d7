//! What somebody is told who names a directory without a journal, or a plugin that is not there.
#![cfg(feature = "native")]

use std::path::Path;
use std::process::Command;

use crate::http_support::Place;
use earmark_host::journal::{Clock, Header, Journal as _, OpenOptions, SqliteJournal};

/// What it says when it fails.
#[track_caller]
fn refused(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_earmark")).args(args).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}: {told}");
    told
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_directory_without_a_journal_says_where_one_is() {
    let place = Place::sqlite();
    let Place::Folder(journal) = &place else { panic!("it is in memory") };
    let journal = journal.path();
    let holder = tempfile::tempdir().unwrap();
    let (shop, empty) = (holder.path().join("shop"), holder.path().join("empty"));
    std::fs::create_dir_all(journal.join("snapshots")).unwrap();
    std::fs::create_dir(&empty).unwrap();
    std::fs::create_dir(&shop).unwrap();
    for entry in std::fs::read_dir(journal).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), shop.join(entry.file_name())).unwrap();
        }
    }
    let verify = |dir: &Path| refused(&["--native", "verify", text(dir)]);
    for (dir, is) in [(journal.join("snapshots"), journal), (holder.path().to_owned(), &shop)] {
        let told = verify(&dir);
        assert!(told.contains("`journal.db` in it"), "{told}");
        assert!(told.contains(&format!("there is one in `{}`\n", is.display())), "{told}");
    }
    let told = verify(&empty);
    assert!(told.contains("no journal in") && told.contains("earmark serve --dir"), "{told}");
    let told = verify(&holder.path().join("nowhere"));
    assert!(told.contains("there is no directory"), "{told}");
    let told = refused(&["couriers", "list", text(holder.path())]);
    assert!(told.contains(&format!("there is one in `{}`", shop.display())), "{told}");
    let told = refused(&["couriers", "list", text(&shop)]);
    assert!(told.contains("serve the journal with --couriers first"), "{told}");
}

#[test]
fn a_plugin_that_is_not_there_says_where_it_was_looked_for_and_how_to_have_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lost.wasm");
    let here = std::env::current_dir().unwrap();
    let told = refused(&["--plugin", text(&file), "describe"]);
    for word in [text(&file), text(&here), "cargo xtask plugin"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    // A program that lies alone finds none.
    let program = folder.path().join("earmark");
    std::fs::copy(env!("CARGO_BIN_EXE_earmark"), &program).unwrap();
    let output = Command::new(&program).arg("describe").env_remove("EARMARK_PLUGIN").output();
    let told = String::from_utf8(output.unwrap().stderr).unwrap();
    for word in [text(folder.path()), "earmark/earmark.plugin.wasm", "--plugin FILE"] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

#[test]
fn a_plugin_that_the_journal_is_not_of_says_whose_it_is_and_how_to_name_that() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("seats");
    let (plugin, clock) = ("seats".to_string(), Clock::Live);
    let header = Header { id: [3; 16], plugin, roles: Vec::new(), clock, created_at_ms: 0 };
    let made = SqliteJournal::create(&dir, &header, &OpenOptions::default()).unwrap();
    Box::new(made).close().unwrap();
    let native = blake3::hash(b"native").to_hex();
    for command in ["verify", "audit", "export"] {
        let mut earmark = Command::new(env!("CARGO_BIN_EXE_earmark"));
        let output = earmark.args(["--native", command, text(&dir)]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{command}: {told}");
        for word in ["`seats`", "`earmark-shop`", native.as_str(), "--plugin", "plugin inspect"] {
            assert!(told.contains(word), "{command}, {word}: {told}");
        }
    }
}
