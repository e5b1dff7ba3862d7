//! A copy of a journal, taken beside its writer: for a backup, and from one.
//!
//! Law: a copy is a journal of its own that `verify` passes, or it is not there. It is a prefix of
//! the original that contains all that was confirmed when the copy began.
//!
//! Records are read a few at a time and written anew, not the pages of the database: so each is
//! checked on the way, the writer is never held up, its log never grows, and a busy writer can't
//! make the copy begin again and again.

use std::path::Path;

use super::anchor::Found;
use super::draft::{Draft, DraftError};
use super::sqlite::{Bulk, Paths, Position, SqliteReader, Walk, check_anchor, open_to_read};
use super::verify::RECORDS_A_STEP;
use super::{
    Anchor, Header, JournalError, JournalReader, Progress, SNAPSHOTS, Skipped, Snapshot,
    SnapshotError, SnapshotHead, SnapshotStore, verify,
};

/// What was copied.
#[derive(Debug)]
pub struct Copied {
    /// The header of the copy.
    pub header: Header,
    /// The end of the copy.
    pub anchor: Anchor,
    /// The input that the snapshot stands at that was copied along, if there was one.
    pub snapshot: Option<u64>,
    /// Snapshots that were left behind, and why.
    pub skipped: Vec<Skipped>,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The journal can't be copied, or its copy is not what it should be.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The copy can't be put in its place.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The snapshots can't be looked at, or copied.
    #[error(transparent)]
    Snapshots(#[from] SnapshotError),
}

/// Copies the journal in `from`, whether or not it is open, to the directory `to`, where nothing
/// may be but an empty directory; with the newest snapshot that is good. With an `id` the copy is a
/// journal of its own, whose records have the same contents and other links. Calls `progress`
/// after every record copied, and again after every record of the copy that was read back.
///
/// # Errors
///
/// [`CopyError`]; nothing is at `to` then.
pub fn copy(
    from: &Path,
    to: &Path,
    id: Option<[u8; 16]>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Copied, CopyError> {
    let paths = Paths::of(from);
    // The anchor is read before the journal: a writer may go on, and then the journal is ahead.
    let found = Found::read(&paths.anchor)?;
    let (connection, original) = open_to_read(&paths)?;
    let mut reader = SqliteReader::over(connection, paths.clone(), original.clone())?;
    let head = reader.check_end()?;
    let end = head.anchor();
    check_anchor(&mut reader, &paths, &found, &head)?;
    let latest = SnapshotStore::beside(&from.join(SNAPSHOTS)).latest_accepted(|head| {
        if head.at.inputs > end.inputs {
            return Err("it stands behind the end of the copy".to_owned());
        }
        reader.holds(&head.at).map_err(|error| error.to_string())
    })?;
    let header = Header { id: id.unwrap_or(original.id), ..original };
    let draft = Draft::begin(to)?;
    let mut snapshot = latest.snapshot;
    let base = reader.taken_out().copied();
    let mut bulk = Bulk::begin(draft.path(), &header, base.as_ref())?;
    if let Some(base) = &base {
        let (state, _) = base.load(from)?;
        base.save(draft.path(), state.head.plugin, &state.body)?;
    }
    let parts = Parts { start: reader.begin(), end, of_records: twice(&end) };
    write(&reader, &parts, &mut bulk, &mut snapshot, progress)?;
    let copied = bulk.finish()?.anchor();
    if let Some(Snapshot { head, body }) = &snapshot {
        SnapshotStore::open(&draft.path().join(SNAPSHOTS), 1)?.save(head, body)?;
    }
    // What can't be verified is no copy.
    let report = verify(draft.path(), &mut |read| {
        let records = end.records.saturating_add(read.records);
        progress(Progress { records, of_records: twice(&end), bytes: read.bytes });
    })?;
    if report.anchor != copied || copied.chain != end.chain || copied.inputs != end.inputs {
        return Err(JournalError::OtherHistory { input: end.inputs }.into());
    }
    draft.place()?;
    let snapshot = snapshot.map(|snapshot| snapshot.head.at.inputs);
    Ok(Copied { header, anchor: copied, snapshot, skipped: latest.skipped })
}

/// Each record is written, and read back.
fn twice(end: &Anchor) -> u64 {
    end.records.saturating_mul(2)
}

/// Which records are written.
pub(super) struct Parts {
    pub(super) start: Position,
    pub(super) end: Anchor,
    /// How many there are in all, for whoever looks on.
    pub(super) of_records: u64,
}

/// Writes records to a new journal, and moves the snapshot over: its position is the same,
/// whatever the links are.
pub(super) fn write(
    reader: &SqliteReader,
    parts: &Parts,
    bulk: &mut Bulk,
    snapshot: &mut Option<Snapshot>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), JournalError> {
    let Parts { start, end, of_records } = parts;
    let (mut at, mut bytes) = (*start, 0_u64);
    while at.head.records < end.records {
        let (mut walked, mut failed) = (0_u64, None);
        at = reader.walk(at, |sealed| {
            if sealed.number > end.records {
                return Walk::NotThis;
            }
            let head = match bulk.append(&sealed.record) {
                Ok(head) => head,
                Err(error) => {
                    failed = Some(error);
                    return Walk::NotThis;
                }
            };
            if let Some(Snapshot { head: SnapshotHead { at, .. }, .. }) = snapshot
                && at.records == head.records
            {
                *at = head.anchor();
            }
            walked = walked.saturating_add(1);
            bytes = bytes.saturating_add(sealed.record.body.len() as u64);
            progress(Progress { records: sealed.number, of_records: *of_records, bytes });
            if walked < RECORDS_A_STEP { Walk::On } else { Walk::Enough }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if walked == 0 {
            let (ends, anchor) = (at.head.next_input.saturating_sub(1), end.inputs);
            return Err(JournalError::TailLost { ends, anchor });
        }
    }
    Ok(())
}
