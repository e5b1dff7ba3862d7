//! The power is cut behind acknowledgements: what was synced by then is a whole journal that has
//! every command that was acknowledged, whatever else the disk has done. A host that does not sync
//! is found out.
//!
//! The cuts are made of the system calls of a real host (strace), since killing a process takes
//! nothing that was written.

use std::process::Command;

use earmark_tests::built::Built;
use earmark_tests::crash::Shop;
use earmark_tests::power::{Recorded, record};
use earmark_tests::random::Random;

/// Three looks at what is left are taken behind each so many acknowledgements.
const EACH: u64 = 1;

/// A shop's journal, and a host that served it; none where the proof can't be made.
fn recorded(broken: Option<&str>) -> Option<(Built, tempfile::TempDir, u64, Recorded)> {
    let built = Built::find()?;
    let strace = Command::new("strace").arg("-V").output();
    if !strace.is_ok_and(|told| told.status.success()) {
        println!("SKIPPED: there is no strace here: `apt-get install strace` gets it");
        return None;
    }
    let folder = tempfile::tempdir().expect("there is a folder");
    let dir = folder.path().join("journal");
    drop(Shop::open(&built, &dir, None, 1));
    let inputs = built.verify_records(&dir).expect("the journal is whole").inputs;
    let recorded = record(&built, &dir, broken);
    Some((built, folder, inputs, recorded))
}

#[test]
fn whatever_was_acknowledged_is_there_after_a_power_cut() {
    let Some((built, _folder, inputs, recorded)) = recorded(None) else { return };
    assert_eq!(recorded.acknowledged(), 60);
    let looked = recorded.cuts(&built, inputs, EACH, &mut Random::seeded(1));
    println!("{} pictures of what is left", looked.as_ref().unwrap_or_else(|why| panic!("{why}")));
    assert_eq!(looked, Ok(180));
}

#[test]
fn a_host_that_does_not_sync_is_found_out() {
    let Some((built, _folder, inputs, recorded)) = recorded(Some("fsync")) else { return };
    if !built.is_for_crash_tests() {
        return;
    }
    let looked = recorded.cuts(&built, inputs, EACH, &mut Random::seeded(1));
    let why = looked.expect_err("nobody noticed that nothing is synced");
    println!("{why}");
    assert!(why.contains("were acknowledged, and") || why.contains("refused"), "{why}");
}
