//! Taking old records out of a journal, and putting them back.
//!
//! Law: neither touches a journal that is there. Each writes a new one beside it, of the same id
//! and history: what was taken out is the old journal, which is kept as the archive.

use std::path::Path;

use super::base::Base;
use super::copy::{Parts, write};
use super::sqlite::{Bulk, Paths, Position, SqliteReader, open_to_read};
use super::{Anchor, Header, JournalError, JournalReader as _, Progress, Snapshot};

/// Writes what the journal in `from` holds behind the position of `state` to a new journal in `to`,
/// a directory without one, that begins there with that state.
///
/// # Errors
///
/// What [`JournalReader::holds`](super::JournalReader::holds) says against the position, or the
/// failure of the store.
pub fn compact(
    from: &Path,
    to: &Path,
    state: &Snapshot,
    progress: &mut dyn FnMut(Progress),
) -> Result<Anchor, JournalError> {
    let mut reader = open(from)?;
    let end = reader.check_end()?.anchor();
    reader.holds(&state.head.at)?;
    let base = Base::of(state.head.at, &state.body);
    let mut bulk = Bulk::begin(to, reader.header(), Some(&base))?;
    base.save(to, state.head.plugin, &state.body)?;
    let parts = Parts { start: Position::behind(&base.at), end, of_records: end.records };
    write(&reader, &parts, &mut bulk, &mut None, progress)?;
    Ok(bulk.finish()?.anchor())
}

/// Writes the records of `archive` up to the base of the journal in `from`, and then that journal's
/// own, to a new journal in `to`, a directory without one.
///
/// # Errors
///
/// [`JournalError::TailLost`] or [`JournalError::OtherHistory`] if the archive does not have the
/// base, or the failure of the store.
pub fn rejoin(
    archive: &Path,
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Anchor, JournalError> {
    let (mut before, mut after) = (open(archive)?, open(from)?);
    let (base, end) = (after.base().anchor(), after.check_end()?.anchor());
    // A restored journal has another id than its archive, and the same base.
    let header = after.header().clone();
    if (Header { id: header.id, ..before.header().clone() }) != header {
        return Err(JournalError::OtherHistory { input: base.inputs });
    }
    before.holds(&base)?;
    let older = before.taken_out().copied();
    let mut bulk = Bulk::begin(to, &header, older.as_ref())?;
    if let Some(older) = older {
        let (state, _) = older.load(archive)?;
        older.save(to, state.head.plugin, &state.body)?;
    }
    let of_records = end.records;
    let first = Parts { start: before.begin(), end: base, of_records };
    write(&before, &first, &mut bulk, &mut None, progress)?;
    let second = Parts { start: after.begin(), end, of_records };
    write(&after, &second, &mut bulk, &mut None, progress)?;
    Ok(bulk.finish()?.anchor())
}

fn open(dir: &Path) -> Result<SqliteReader, JournalError> {
    let paths = Paths::of(dir);
    let (connection, header) = open_to_read(&paths)?;
    SqliteReader::over(connection, paths, header)
}
