//! Compiled code is kept from one start of the program to the next, and only where nobody else may
//! write. Why: what is found there is run.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use earmark_tests::built::{Built, finished, text};

fn kept(dir: &Path) -> Vec<SystemTime> {
    let files = fs::read_dir(dir).expect("the cache is there");
    let of = |file: fs::DirEntry| file.metadata().and_then(|about| about.modified());
    files.map(|file| file.and_then(of).expect("its file can be read")).collect()
}

#[test]
fn the_second_start_reads_what_the_first_compiled_and_runs_nothing_from_elsewhere() {
    let Some(built) = Built::find() else { return };
    let place = tempfile::tempdir().expect("there is a temporary folder");
    let cache = place.path().join("code");
    let start = || finished(built.earmark().arg("describe").arg("--code-cache").arg(&cache));
    let (first, after_first) = (start(), kept(&cache));
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert_eq!(after_first.len(), 1, "the code of one engine");
    let second = start();
    assert_eq!((second.stdout, kept(&cache)), (first.stdout, after_first), "nothing is made anew");

    fs::set_permissions(&cache, Permissions::from_mode(0o777)).expect("it is ours");
    let refused = start();
    let says = text(&refused.stderr);
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{says}");
    assert!(says.contains("others may write there") && says.contains("0700"), "{says}");
    let without = finished(built.earmark().args(["describe", "--no-code-cache"]));
    assert!(without.status.success(), "{}", text(&without.stderr));
}
