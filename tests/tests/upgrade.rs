//! Another plugin takes over a journal, and gives it back. Why: whoever can't say what a new
//! version decides otherwise, before it decides, upgrades by hope.
//!
//! The candidates are the second plugin with a few bytes of its texts changed: one that only calls
//! itself otherwise, and one that refuses in other words.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use earmark_tests::built::{Built, finished, named, refused, succeeded, text};
use earmark_tests::host::Host;
use serde_json::json;

struct Place {
    built: Built,
    folder: tempfile::TempDir,
    first: PathBuf,
}

impl Place {
    /// A journal of the first plugin, with a guest on seat 12 and one who was refused it.
    fn new() -> Option<Self> {
        let built = Built::find()?;
        let first = named("EARMARK_SECOND_PLUGIN");
        if first.is_none() {
            println!("SKIPPED: EARMARK_SECOND_PLUGIN names no plugin: run `cargo xtask test`");
        }
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let place = Self { built, folder, first: first? };
        let host = place.serve(Some(&place.first));
        assert_eq!(host.command("Take", &json!({ "seat": 12, "guest": "ada" })).0, 200);
        assert_eq!(host.command("Take", &json!({ "seat": 12, "guest": "bob" })).0, 422);
        assert!(host.end().0.success());
        Some(place)
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The first plugin with a text of it changed to one of the same length.
    fn candidate(&self, from: &str, to: &str) -> PathBuf {
        let mut wasm = std::fs::read(&self.first).expect("the plugin can be read");
        let places: Vec<usize> = (0..wasm.len().saturating_sub(from.len()))
            .filter(|at| wasm[*at..].starts_with(from.as_bytes()))
            .collect();
        assert!(!places.is_empty() && from.len() == to.len(), "`{from}` is not in the plugin");
        for at in places {
            wasm[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        let file = self.folder.path().join(format!("{to}.wasm"));
        std::fs::write(&file, wasm).expect("a file can be written");
        file
    }

    fn with(&self, plugin: Option<&Path>) -> Command {
        let mut earmark = self.built.bare();
        earmark.args(plugin.map(|file| [Path::new("--plugin"), file]).into_iter().flatten());
        earmark
    }

    fn serve(&self, plugin: Option<&Path>) -> Host {
        let mut earmark = self.with(plugin);
        earmark.args(["serve", "--addr", "127.0.0.1:0", "--dir"]).arg(self.journal());
        Host::start(&mut earmark)
    }

    fn upgrade(&self, args: &[&str]) -> Command {
        let mut earmark = self.with(Some(&self.first));
        earmark.arg("upgrade").args(args).arg("--dir").arg(self.journal());
        earmark
    }

    fn to(&self, candidate: &Path, more: &[&str]) -> Command {
        let file = candidate.to_str().expect("a path is text");
        self.upgrade(&[&["--candidate", file], more].concat())
    }
}

#[test]
fn a_plugin_that_decides_the_same_is_put_in_force_and_no_other_one_is_served() {
    let Some(place) = Place::new() else { return };
    let candidate = place.candidate("1.0.0", "1.0.1");
    let serve = |plugin: &Path| {
        let mut earmark = place.with(Some(plugin));
        refused(earmark.args(["serve", "--addr", "127.0.0.1:0", "--dir"]).arg(place.journal()))
    };
    let told = serve(&candidate);
    assert!(told.contains("is in force") || told.contains("in force in this journal"), "{told}");
    assert!(told.contains("`earmark upgrade`"), "{told}");

    let looked = succeeded(&mut place.to(&candidate, &["--dry-run"]));
    for said in ["2 inputs decided anew, 0 otherwise", "states     equal", "may be put in force"] {
        assert!(looked.contains(said), "{said}: {looked}");
    }
    let done = succeeded(&mut place.to(&candidate, &[]));
    assert!(done.contains("in force from input 4 on"), "{done}");
    let again = refused(&mut place.to(&candidate, &[]));
    assert!(again.contains("is in force"), "{again}");
    let old = serve(&place.first);
    assert!(old.contains("in force in this journal"), "{old}");

    // The journal keeps its plugins: nobody has to name one.
    let host = place.serve(None);
    assert_eq!(host.get("/health/ready")["version"], "1.0.1");
    assert_eq!(host.query("Guests", &json!({})), json!({ "12": "ada" }));
    assert_eq!(host.command("Take", &json!({ "seat": 7, "guest": "bob" })).0, 200);
    let open = refused(&mut place.upgrade(&["--roll-back"]));
    assert!(open.contains("end the host first"), "{open}");
    let beside = succeeded(&mut place.upgrade(&["--roll-back", "--dry-run"]));
    assert!(beside.contains("3 inputs decided anew, 0 otherwise"), "{beside}");
    assert!(host.end().0.success());
    let verified = succeeded(place.with(None).arg("verify").arg(place.journal()));
    assert!(verified.contains("0 broken"), "{verified}");

    let back = succeeded(&mut place.upgrade(&["--roll-back"]));
    assert!(back.contains("3 inputs decided anew, 0 otherwise"), "{back}");
    let host = place.serve(None);
    assert_eq!(host.get("/health/ready")["version"], "1.0.0");
    assert_eq!(host.query("Guests", &json!({})), json!({ "7": "bob", "12": "ada" }));
    assert!(host.end().0.success());
}

#[test]
fn a_plugin_that_decides_otherwise_is_told_by_kind_and_takes_a_word_to_be_put_in_force() {
    let Some(place) = Place::new() else { return };
    let candidate = place.candidate("seat-taken", "seat-TAKEN");
    let output = finished(&mut place.to(&candidate, &[]));
    assert!(!output.status.success(), "it was put in force");
    let told = [text(&output.stdout), text(&output.stderr)].concat();
    for said in [
        "2 inputs decided anew, 1 otherwise",
        "1 x Take",
        "then: refused, seat-taken",
        "now:  refused, seat-TAKEN",
        "as of input 2",
        "1 inputs are decided otherwise, and 0 may be",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(!place.journal().join("plugins").exists(), "nothing was done");
    let host = place.serve(Some(&place.first));
    assert_eq!(host.get("/health/ready")["inputs"], 2, "nothing was written");
    assert!(host.end().0.success());
    assert!(
        succeeded(&mut place.to(&candidate, &["--allow", "1", "--dry-run"])).contains("may be")
    );
    assert!(succeeded(&mut place.to(&candidate, &["--accept-differences"])).contains("in force"));
    let host = place.serve(None);
    let (_, taken) = host.command("Take", &json!({ "seat": 12, "guest": "bob" }));
    assert_eq!(taken["code"], "seat-TAKEN", "{taken}");
    assert!(host.end().0.success());
}

#[test]
fn an_upgrade_that_is_killed_at_any_moment_leaves_the_one_or_the_other_in_force() {
    let Some(place) = Place::new() else { return };
    let [one, other] = ["1.0.1", "1.0.2"].map(|version| place.candidate("1.0.0", version));
    // The first time compiles; the second one tells about how long an upgrade takes.
    succeeded(&mut place.to(&one, &[]));
    let begun = Instant::now();
    succeeded(&mut place.to(&other, &[]));
    let mut after = begun.elapsed();
    let (mut put, mut cut, mut next) = (0, 0, [&one, &other]);
    for round in 1..=20 {
        // A machine may be slower or faster from one moment to the next, so the kills feel their
        // way to the moment of the activation; the first comes at once, the last one too late.
        let patience = match round {
            1 => Duration::ZERO,
            20 => Duration::from_secs(60),
            _ => after,
        };
        let ended = killed_after(patience, &mut place.to(next[0], &[]));
        let said = text(&ended.stderr);
        // Killed after the activation was written: it is in force, and the next round finds that.
        let was_put = ended.status.success() || said.contains("is in force");
        if was_put {
            next.reverse();
            put += 1;
            after = after * 4 / 5;
        } else {
            assert!(said.is_empty(), "it was not killed, and failed: {said}");
            cut += 1;
            after = after * 9 / 8;
        }
        let mut verify = place.with(Some(&place.first));
        let verified = succeeded(verify.arg("verify").arg(place.journal()));
        assert!(verified.contains("0 broken"), "{verified}");
    }
    println!("{put} upgrades were put in force, {cut} were not");
    assert!(put > 0 && cut > 0, "{put} and {cut} of them: the kills are not spread");
    let back = finished(&mut place.to(&place.first, &[]));
    let said = text(&back.stderr);
    assert!(back.status.success() || said.contains("is in force"), "{said}");
    let host = place.serve(Some(&place.first));
    assert_eq!(host.get("/health/ready")["version"], "1.0.0");
    assert_eq!(host.query("Guests", &json!({})), json!({ "12": "ada" }));
    assert!(host.end().0.success());
}

#[test]
fn an_upgrade_that_dies_at_a_place_of_its_own_is_done_or_not_by_whether_its_entry_is_written() {
    let Some(place) = Place::new() else { return };
    if !place.built.is_for_crash_tests() {
        return;
    }
    let [one, other] = ["1.0.1", "1.0.2"].map(|version| place.candidate("1.0.0", version));
    succeeded(&mut place.to(&one, &[]));
    let mut next = [&other, &one];
    for (at, done) in [
        ("snapshot-begun", false),
        ("snapshot-written", false),
        ("snapshot-placed", false),
        ("activation-begun", false),
        ("append-written", true),
        ("append-anchored", true),
        ("activation-written", true),
    ] {
        let mut upgrade = place.to(next[0], &[]);
        let ended = finished(upgrade.env("EARMARK_KILL_AT", format!("{at}:1")));
        assert_eq!(ended.status.signal(), Some(9), "{at}: {}", text(&ended.stderr));
        let verified = succeeded(place.with(Some(next[0])).arg("verify").arg(place.journal()));
        assert!(verified.contains("0 broken"), "{at}: {verified}");
        if done {
            next.reverse();
        }
        let in_force = next[1];
        let refused = refused(&mut place.to(in_force, &[]));
        assert!(refused.contains("is in force"), "{at}: {refused}");
        let host = place.serve(None);
        assert_eq!(host.query("Guests", &json!({})), json!({ "12": "ada" }), "{at}");
        assert!(host.end().0.success());
    }
}

#[test]
fn without_the_old_plugin_at_hand_an_upgrade_is_done_and_says_what_it_can_not_undo() {
    let Some(place) = Place::new() else { return };
    let candidate = place.candidate("1.0.0", "1.0.1");
    let unseen = finished(&mut place.to(&candidate, &["--last", "0"]));
    assert!(!unseen.status.success(), "it was put in force unseen");
    assert!(text(&unseen.stderr).contains("--last"), "{unseen:?}");
    let broken = place.folder.path().join("broken.wasm");
    std::fs::write(&broken, "no module").expect("a file can be written");
    let mut upgrade = place.with(Some(&broken));
    upgrade.args(["upgrade", "--candidate"]).arg(&candidate).arg("--dir").arg(place.journal());
    let done = finished(&mut upgrade);
    let (told, warned) = (text(&done.stdout), text(&done.stderr));
    assert!(done.status.success(), "{warned}");
    assert!(told.contains("in force from input 4 on"), "{told}");
    assert!(told.contains("not compared"), "{told}");
    assert!(warned.contains("no --roll-back"), "{warned}");
    let back = refused(&mut place.upgrade(&["--roll-back"]));
    assert!(back.contains("does not keep plugin"), "{back}");
}

/// How a command ended that was killed after this long, unless it had ended before.
fn killed_after(patience: Duration, command: &mut Command) -> Output {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = quiet.spawn().expect("the program starts");
    let end = Instant::now() + patience;
    while Instant::now() < end && child.try_wait().expect("a child can be asked").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    // It may have ended by now.
    drop(child.kill());
    child.wait_with_output().expect("a child can be waited for")
}
