//! The last inputs of a journal decided anew, with bars: for whoever compares and whoever counts.
//!
//! Law: what is told of an input is the library's; here people only see how far it is.

use std::ops::ControlFlow;

use earmark_host::journal::{JournalReader, SnapshotStore};
use earmark_host::partition::{RebuildError, Redecided, ShadowOptions, Shadowed, shadow};
use earmark_host::plugin::Bodies;

use super::screen::progress;

/// Decides the last inputs anew, and tells of each.
pub(crate) fn shadowing(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    snapshots: Option<&SnapshotStore>,
    options: ShadowOptions,
    each: &mut dyn FnMut(&Redecided<'_>),
) -> Result<Shadowed, RebuildError> {
    let (rebuilding, deciding) = (progress(0, "rebuilding"), progress(options.last, "deciding"));
    let shadowed = shadow(
        bodies,
        reader,
        snapshots,
        options,
        &mut |done, of| {
            rebuilding.set_length(of);
            rebuilding.set_position(done);
        },
        &mut |one| {
            deciding.inc(1);
            each(one);
            ControlFlow::Continue(())
        },
    );
    rebuilding.finish_and_clear();
    deciding.finish_and_clear();
    shadowed
}
