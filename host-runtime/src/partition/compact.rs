//! Compaction: a journal that begins later, with the state there, beside the one that is kept as
//! its archive.
//!
//! Law: the journal it makes comes to the same state, cursors and chain as the old one, and that is
//! seen before it is put in place. The old one stays as it is, and nobody may write to it
//! meanwhile.

use std::path::Path;

use earmark_abi::{NotDecoded, encode};

use super::Position;
use super::activation::in_force;
use super::dead_letters::DeadLetters;
use super::follower::{digest, snapshot};
use super::rebuild::{AtBase, RebuildError, Rebuilt, rebuild, rebuild_to};
use crate::hex;
use crate::journal::{
    self, Draft, DraftError, Journal as _, JournalError, JournalReader, OpenOptions, Snapshot,
    SnapshotHead, SqliteJournal, verify,
};
use crate::plugin::{Bodies, Fault};

/// What a compaction came to.
#[derive(Debug, Clone, Copy)]
pub struct Compacted {
    /// Where the new journal begins.
    pub base: Position,
    /// Where both end.
    pub end: Position,
}

/// Why a journal is not compacted.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// A journal can't be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A state can't be rebuilt.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The plugin failed.
    #[error("the plugin fails")]
    Plugin(#[from] Fault),
    /// Another plugin decides, and the state at the base would be of one that never did.
    #[error(
        "the plugin in force in this journal is blake3 {in_force}, and this one is {given}: name \
         the one in force, or put this one in force first, with `earmark upgrade`"
    )]
    NotInForce {
        /// The digest of the one in force.
        in_force: String,
        /// The digest of the one given.
        given: String,
    },
    /// The new journal can't be put in its place.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// No record ends at or before the input that was named, or none is left to take out.
    #[error(
        "no record behind input {begins} ends at or before input {before}: nothing to take out"
    )]
    Nothing {
        /// The last input that was taken out before.
        begins: u64,
        /// The input that was named.
        before: u64,
    },
    /// Dead letters would be taken out that somebody has still to do something about.
    #[error(
        "{count} dead letters would be taken out with the inputs up to {before}, and are open; the \
         first is {first}: try them again or give them up with `earmark dead-letters`, or take out \
         no more than what is before it"
    )]
    OpenLetters {
        /// How many.
        count: usize,
        /// The place of the first.
        first: u64,
        /// The last input that would be taken out.
        before: u64,
    },
    /// The state at the base can't be written down.
    #[error("the state at the base can't be written down")]
    State(#[from] NotDecoded),
    /// The new journal is not what the old one is.
    #[error("the new journal does not come to the state of the old one, and was not made")]
    Differs,
}

/// Makes the journal `to` of what the journal `from` holds behind the last record that ends at or
/// before the input `before`. `progress` hears of inputs rebuilt, and of how many, three
/// times over.
///
/// # Errors
/// [`CompactError`]; nothing is at `to` then.
pub fn compact(
    bodies: &dyn Bodies,
    from: &Path,
    to: &Path,
    before: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Compacted, CompactError> {
    // Open, so that no host writes to what is about to be the archive.
    let writer = Box::new(SqliteJournal::open(from, &OpenOptions::default())?);
    let mut reader = SqliteJournal::open_reader(from)?;
    if let Some(other) = in_force(&mut reader)?.filter(|it| *it != bodies.digest()) {
        let (in_force, given) = (hex(&other), hex(&bodies.digest()));
        return Err(CompactError::NotInForce { in_force, given });
    }
    let begins = reader.base().anchor();
    let mut there = rebuild_to(before, bodies, &mut reader, None, 1, progress)?;
    if there.anchor.records == begins.records {
        return Err(CompactError::Nothing { begins: begins.inputs, before });
    }
    let taken_out = there.anchor.inputs;
    let mut letters = DeadLetters::default();
    letters.read_on(&mut reader, &mut |_, _| ())?;
    let open = letters.all().filter(|letter| letter.is_open() && letter.input <= taken_out);
    let open: Vec<u64> = open.map(|letter| letter.input).collect();
    if let Some(&first) = open.first() {
        return Err(CompactError::OpenLetters { count: open.len(), first, before: taken_out });
    }
    let state: AtBase = (there.origins.cursors(), state_of(&mut there)?, there.at);
    let head = SnapshotHead { at: there.anchor, plugin: bodies.digest() };
    let base = there.position;
    drop(there);
    let draft = Draft::begin(to)?;
    let state = Snapshot { head, body: encode(&state)? };
    journal::compact(from, draft.path(), &state, &mut |_| ())?;
    let mut old = rebuild(bodies, &mut reader, None, 1, progress)?;
    let mut made = SqliteJournal::open_reader(draft.path())?;
    let mut new = rebuild(bodies, &mut made, None, 1, progress)?;
    let cursors = old.origins.cursors() == new.origins.cursors();
    let moments = (old.at, old.next_deadline) == (new.at, new.next_deadline);
    let same = old.position == new.position && cursors && moments;
    if !same || digest_of(&mut old)? != digest_of(&mut new)? {
        return Err(CompactError::Differs);
    }
    verify(draft.path(), &mut |_| ())?;
    drop(made);
    draft.place()?;
    writer.close()?;
    Ok(Compacted { base, end: old.position })
}

fn state_of(rebuilt: &mut Rebuilt) -> Result<Vec<u8>, Fault> {
    snapshot(body(rebuilt)?)
}

fn digest_of(rebuilt: &mut Rebuilt) -> Result<[u8; 32], Fault> {
    digest(body(rebuilt)?)
}

fn body(rebuilt: &mut Rebuilt) -> Result<&mut dyn crate::plugin::Body, Fault> {
    let body = rebuilt.bodies.first_mut().map(|body| body.as_mut() as _);
    body.ok_or_else(|| Fault::Trap("no body was made".to_string()))
}
