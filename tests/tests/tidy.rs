//! The house rules, held against every file of this checkout, and the pages that are drawn from
//! what the files say of themselves. A finding names the file, the line and what to do; the rules
//! are in `src/tidy`.

use std::fs;
use std::path::{Path, PathBuf};

use earmark_tests::tidy::{self, Source, rooms, tree};

/// The rooms that have a page of where each rule lives.
const ROOMS: [&str; 2] = ["core", "host-runtime"];

#[test]
fn every_file_keeps_the_house_rules() {
    let sources = sources();
    assert!(sources.len() > 20, "only {} files were found", sources.len());
    let findings = tidy::check(&sources);
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} broken rules:\n{}", lines.len(), lines.join("\n"));
}

/// Set `EARMARK_BLESS=1` to draw the pages anew.
#[test]
fn every_file_stands_on_the_page_of_its_room() {
    for room in ROOMS {
        let file = root().join(room).join("docs/rooms.md");
        let page = rooms::page(&sources(), room);
        assert!(page.lines().filter(|line| line.starts_with("| [")).count() > 30, "{room}");
        if std::env::var_os("EARMARK_BLESS").is_some() {
            fs::create_dir_all(file.parent().expect("it has a folder")).unwrap();
            fs::write(&file, &page).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        let differs = kept.lines().zip(page.lines()).find(|(kept, drawn)| kept != drawn);
        let help = "EARMARK_BLESS=1 cargo test -p earmark-tests --test tidy draws it";
        assert!(kept == page, "{}: not what the files say ({help}): {differs:?}", file.display());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root is above").to_owned()
}

fn sources() -> Vec<Source> {
    tree::sources(&root()).expect("the checkout can be read")
}
